"""Prometheus' storage with as many series and the same day of samples as `figures` of wharf-series has."""

import json
import math
import os
import pathlib
import re
import subprocess
import time
import urllib.parse
import urllib.request

from harness import tools
from harness.installation import free_port

from . import peers

SERIES = 1_000_000
# It writes a hundred rounds whatever it is told.
ROUNDS = 100
DAY_SERIES, DAY_SAMPLES = 1000, 1440
DAY_BEGIN = 1_700_000_000 - 1_700_000_000 % 86_400
MIB = 1 << 20


def ingested(folder):
    """Samples a second of its own benchmark of writing, and the most memory that took, in MiB."""
    labels = pathlib.Path(folder) / "labels"
    with labels.open("w", encoding="utf-8") as out:
        for number in range(SERIES):
            out.write(json.dumps(_labels(number)) + "\n")
    command = [
        tools.program("promtool"), "tsdb", "bench", "write",
        f"--out={folder}/written", f"--metrics={SERIES}", f"--scrapes={ROUNDS}", str(labels),
    ]  # fmt: skip
    with (pathlib.Path(folder) / "said").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    assert process.returncode == 0, text
    return float(re.search(r"samples/sec: ([0-9.e+]+)", text)[1]), used.ru_maxrss / 1024


def day(folder):
    """Bytes of chunks and index that a sample of the day takes, and the seconds in which it answers with all of it."""
    text, kept = pathlib.Path(folder) / "day", pathlib.Path(folder) / "kept"
    with text.open("w", encoding="utf-8") as out:
        for number in range(DAY_SERIES):
            labels = _labels(number)
            name = labels.pop("__name__")
            shown = ",".join(f'{it}="{value}"' for it, value in labels.items())
            for turn in range(DAY_SAMPLES):
                out.write(f"{name}{{{shown}}} {_value(number, turn)} {DAY_BEGIN + turn * 60}\n")
        out.write("# EOF\n")
    tools.run(tools.program("promtool"), "tsdb", "create-blocks-from", "--max-block-duration=24h", "openmetrics", text, kept, timeout_s=600)
    size = sum(it.stat().st_size for it in kept.rglob("*") if it.parent.name == "chunks" or it.name == "index")
    config, port = pathlib.Path(folder) / "prometheus.yml", free_port()
    config.write_text("{}")
    command = [
        tools.program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={kept}", "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with peers.running(command, peers.answers(f"http://127.0.0.1:{port}/-/ready")):
        took = sorted(_read(port) for _ in range(3))
    return size / (DAY_SERIES * DAY_SAMPLES), took[1]


def _labels(number):
    return {"__name__": f"Metric{number % 50}", "account": str(number % 4), "cluster": "production", "service": f"service-{number // 50}"}


def _value(series, turn):
    """As `figures` makes it: per cent with two decimals."""
    mixed = (series * 0x9E3779B97F4A7C15) ^ (turn * 0xBF58476D1CE4E5B9)
    noise = ((mixed & (1 << 64) - 1) >> 40) / (1 << 24)
    return round(40 + 20 * math.sin(turn / 200) + noise * 5, 2)


def _read(port):
    span = {"query": '{cluster="production"}', "start": DAY_BEGIN, "end": DAY_BEGIN + 86_399, "step": 60}
    begun = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query_range?{urllib.parse.urlencode(span)}", timeout=60) as answer:
        text = answer.read()
    took = time.monotonic() - begun
    assert len(json.loads(text)["data"]["result"]) == DAY_SERIES
    return took
