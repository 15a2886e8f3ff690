"""Fifty short tasks asked for at once, until all have ended."""

import concurrent.futures
import itertools
import os
import statistics
import subprocess
import time

from harness import images, tasks
from harness.installation import Installation

from . import peers

TITLE = "Fifty tasks at once"
METHOD = (
    "Fifty containers of `true`, the image cached: from the first call until the last of them has ended, five rounds of each in turn, the "
    "machine given time to clear up between them. wharf: five RunTask calls of ten at the same time, ended when DescribeTasks has said of each that "
    "it is STOPPED, asked every 25 ms about one of those that are left; request throttling is off. crun and runc: fifty `run` with a network namespace of its own, as many at a time as there are cores; they "
    "remove what they made before they end. CPU is all of the machine's, a task."
)
COLUMNS = ("program", "containers a second", "fewest", "most", "CPU ms a container")
ROUNDS = 5
TASKS = 50
A_CALL = 10
DEADLINE_S = 60
# Asking about fifty tasks costs the client and the server ten milliseconds of a core that the tasks want too: about all
# that are left it is asked only when the last of them has ended.
POLL_S = 0.025


def run():
    peers.hide_hybrid_control_groups()
    bundle = peers.Bundle(["true"])
    try:
        with Installation() as installation:
            installation.start()
            image = images.push(installation, "busybox")
            ways = {
                "wharf, network none": _wharf(installation, image, "none"),
                "wharf, awsvpc": _wharf(installation, image, "awsvpc"),
                "crun": _runtime("crun", bundle),
                "runc": _runtime("runc", bundle),
            }
            return _measure(ways)
    finally:
        bundle.close()


def _measure(ways):
    rates, spent = {name: [] for name in ways}, {name: [] for name in ways}
    for measure in ways.values():
        measure()
    for name, measure in list(ways.items()) * ROUNDS:
        time.sleep(3)
        begun, busy = time.monotonic(), _busy_seconds()
        measure()
        rates[name].append(TASKS / (time.monotonic() - begun))
        spent[name].append((_busy_seconds() - busy) * 1000 / TASKS)
    return [
        (name, f"{statistics.median(of):.1f}", f"{min(of):.1f}", f"{max(of):.1f}", f"{statistics.median(spent[name]):.1f}")
        for name, of in rates.items()
    ]


def _busy_seconds():
    """Processor time of the whole machine but for what was idle."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, *_ = map(int, stat.readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _wharf(installation, image, network):
    definition = tasks.register(installation, image, network=network, memory=16, entryPoint=["true"], command=[])
    options = tasks.in_vpc(installation) if network == "awsvpc" else {}
    ecs = installation.client("ecs")

    def ten(_):
        answer = ecs.run_task(taskDefinition=definition, count=A_CALL, **options)
        assert not answer["failures"], answer["failures"]
        return [one["taskArn"] for one in answer["tasks"]]

    def running(arns):
        described = ecs.describe_tasks(tasks=arns)["tasks"]
        left = [one for one in described if one["lastStatus"] != "STOPPED"]
        codes = [container.get("exitCode") for one in described if one not in left for container in one["containers"]]
        assert not any(code != 0 for code in codes), [one.get("stoppedReason") for one in described]
        return [one["taskArn"] for one in left]

    def measure():
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(TASKS // A_CALL) as pool:
            left = [arn for arns in pool.map(ten, range(TASKS // A_CALL)) for arn in arns]
        while left:
            while running(left[-1:]):
                assert time.monotonic() - begun < DEADLINE_S, f"{len(left)} have not ended"
                time.sleep(POLL_S)
            left = running(left)

    return measure


def _runtime(program, bundle):
    numbers = itertools.count()
    root = bundle.folder / f"state-{program}"

    def one(_):
        name = f"bench-{os.getpid()}-{next(numbers)}"
        subprocess.run([program, "--root", root, "run", "--bundle", bundle.folder, name], check=True, timeout=DEADLINE_S)

    def measure():
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(one, range(TASKS)))

    return measure
