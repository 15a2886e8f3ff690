"""What pushes notice of the collector."""

import os
import re
import statistics
import tempfile

from harness import tools

TITLE = "Registry: pushes beside the collector"
BLOBS = 100_000 // int(os.environ.get("WHARF_BENCH_PART", "1"))
ROUNDS = 5
METHOD = (
    f"The registry's catalog in process, on the disk (`collecting` of wharf-svc-ecr): images of a layer of 64 KiB and a manifest are pushed by four at once, each durable when it is answered, "
    f"for ten seconds alone and then beside the collector until it has removed {BLOBS // ROUNDS:,} blobs that nobody names; {ROUNDS} rounds, {BLOBS:,} blobs in all. Medians of the rounds' figures, and the worst."
)
COLUMNS = ("what", "p50 ms", "p99 ms", "worst p99 ms", "pushes / s or blobs / s")
IN_MS = {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3}


def run():
    program = os.environ.get("WHARF_COLLECTING") or tools.REPOSITORY / "target" / "release" / "examples" / "collecting"
    assert os.path.isfile(program), f"no {program}: cargo build --release -p wharf-svc-ecr --example collecting"
    with tempfile.TemporaryDirectory(prefix="wharf-bench-collecting-") as folder:
        said = tools.run(program, folder, BLOBS, ROUNDS, timeout_s=7200).stdout
    collected = [_ms(*found) / 1000 for found in re.findall(r"blobs collected in ([\d.]+)(ns|µs|ms|s)", said)]
    alone, beside = (_pushes(what, said) for what in ("alone", "beside the collector"))
    assert len(collected) == len(alone) == len(beside) == ROUNDS, said
    rows = [
        (what, f"{statistics.median(p50):.1f}", f"{statistics.median(p99):.1f}", f"{max(p99):.1f}", f"{statistics.median(rate):,.0f}")
        for what, (p50, p99, rate) in (
            ("pushes alone", list(zip(*[(*one, count / 10) for count, *one in alone], strict=True))),
            (
                "pushes beside the collector",
                list(zip(*[(*one, count / took) for (count, *one), took in zip(beside, collected, strict=True)], strict=True)),
            ),
        )
    ]
    ratios = [with_it[2] / without[2] for with_it, without in zip(beside, alone, strict=True)]
    return [
        *rows,
        ("beside the collector, of alone", "", f"{statistics.median(ratios):.2f}", f"{max(ratios):.2f}", ""),
        ("collected", "", "", "", f"{BLOBS / sum(collected):,.0f}"),
    ]


def _ms(value, unit):
    return float(value) * IN_MS[unit]


def _pushes(what, said):
    """Number, p50 and p99 in ms of each round."""
    found = re.findall(rf"^{what}: (\d+) pushes, p50 ([\d.]+)(ns|µs|ms|s), p99 ([\d.]+)(ns|µs|ms|s)$", said, re.MULTILINE)
    return [(int(count), _ms(p50, unit), _ms(p99, other)) for count, p50, unit, p99, other in found]
