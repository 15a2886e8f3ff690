"""Runs the measures asked for and writes RESULTS.md. Started by bench/run, which makes the namespaces."""

import datetime
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from measures import (  # noqa: E402 the harness had to be found first
    api,
    at_once,
    audit,
    cold_start,
    collecting,
    committed,
    events,
    files,
    floods,
    instances,
    kube_api,
    kube_pods,
    kube_services,
    layers,
    load_balancer,
    logs,
    many_images,
    memory,
    metering,
    metrics,
    neighbours,
    networks,
    objects,
    placements,
    pulls,
    pushes,
    queues,
    registered,
    registry,
    run_task,
    scans,
    services,
    stages,
    start,
    tcp_balancer,
    volumes,
)

MEASURES = {
    "start": start,
    "memory": memory,
    "run-task": run_task,
    "stages": stages,
    "at-once": at_once,
    "api": api,
    "audit": audit,
    "services": services,
    "load-balancer": load_balancer,
    "tcp-load-balancer": tcp_balancer,
    "networks": networks,
    "neighbours": neighbours,
    "floods": floods,
    "placements": placements,
    "committed": committed,
    "registered": registered,
    "registry": registry,
    "cold-start": cold_start,
    "pushes": pushes,
    "layers": layers,
    "pulls": pulls,
    "many-images": many_images,
    "collecting": collecting,
    "scans": scans,
    "queues": queues,
    "objects": objects,
    "instances": instances,
    "volumes": volumes,
    "files": files,
    "events": events,
    "logs": logs,
    "metrics": metrics,
    "metering": metering,
    "kube-api": kube_api,
    "kube-pods": kube_pods,
    "kube-services": kube_services,
}


def machine():
    """What the numbers were taken on, and how busy it was."""
    model = next(
        line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    )
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} × {model}, {memory_kib >> 20} GiB, Linux {platform.release()}; load before: {load}"


def commit():
    """What was measured; dirty if it is not what is committed. The rows of the measure before this one change nothing that is."""

    def git(*arguments):
        return subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=HERE, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/bench/RESULTS.md")
    return git("describe", "--always") + ("-dirty" if changed else "")


def section(measure):
    """A measure's rows as a Markdown table under its heading, with what they were taken on."""
    rows = measure.run()
    taken = f"`bench/run` · {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC · {commit()}, release build · {machine()}."
    head = "| " + " | ".join(measure.COLUMNS) + " |\n|" + " --- |" * len(measure.COLUMNS)
    body = "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)
    return f"## {measure.TITLE}\n\n{taken}\n\n{measure.METHOD}\n\n{head}\n{body}\n"


def put(text):
    """Writes a section into RESULTS.md in the place of the one with its heading; the others stay."""
    path = HERE / "RESULTS.md"
    first, *rest = path.read_text(encoding="utf-8").split("\n## ")
    sections = dict.fromkeys(["## " + one.rstrip("\n") + "\n" for one in rest])
    heading = text.partition("\n")[0]
    kept = [one for one in sections if one.partition("\n")[0] != heading]
    path.write_text("\n".join([first.rstrip("\n") + "\n", *kept, text]), encoding="utf-8")


def main():
    wanted = sys.argv[1:] or list(MEASURES)
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        sys.exit(f"bench: no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        text = section(MEASURES[name])
        print(text, flush=True)
        put(text)


if __name__ == "__main__":
    main()
