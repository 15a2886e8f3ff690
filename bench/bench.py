"""Runs the measures asked for and writes RESULTS.md. Started by bench/run, which makes the namespaces."""

import datetime
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from measures import api, memory, run_task, start, store  # noqa: E402 the harness had to be found first

MEASURES = {"start": start, "memory": memory, "run-task": run_task, "api": api, "store": store}


def machine():
    """What the numbers were taken on, and how busy it was."""
    model = next(
        line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    )
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} × {model}, {memory_kib >> 20} GiB, Linux {platform.release()}; load before: {load}"


def commit():
    return subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=HERE, check=True).stdout.strip()


def table(measure):
    """A measure's rows as a Markdown table under its heading."""
    rows = measure.run()
    head = "| " + " | ".join(measure.COLUMNS) + " |\n|" + " --- |" * len(measure.COLUMNS)
    body = "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)
    return f"## {measure.TITLE}\n{measure.METHOD}\n\n{head}\n{body}\n"


def main():
    wanted = sys.argv[1:] or list(MEASURES)
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        sys.exit(f"bench: no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    parts = [
        "# Results",
        f"Written by `make bench` at {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC from {commit()}, release build.",
        f"{machine()}. Every peer ran in the same run, on the same disk, in turns with wharf. Medians unless said otherwise.",
        "",
    ]
    for name in wanted:
        print(f"== {name}", flush=True)
        text = table(MEASURES[name])
        print(text, flush=True)
        parts.append(text)
    if wanted == list(MEASURES):
        (HERE / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")
        print("written to bench/RESULTS.md")


if __name__ == "__main__":
    main()
