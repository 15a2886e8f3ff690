"""Where the time between RunTask and RUNNING goes: what the kernel saw of it."""

import contextlib
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time

from harness import images, tasks
from harness.installation import Installation

from .run_task import WAIT

TITLE = "RunTask to RUNNING: where the time goes"
METHOD = (
    "awsvpc, cached image, twenty tasks, one after the other; medians of the time since the call. perf records when the shim and the "
    "container's program were executed and when a process was forked for the container; the rest is the client's clock (both monotonic). "
    "Recording costs a few milliseconds: the measure above is the one to quote for the whole."
)
COLUMNS = ("stage", "reached after ms", "took ms")
ROUNDS = 20
EVENTS = ("sched:sched_process_exec", "sched:sched_process_fork")
LINE = re.compile(r"\s*(?P<comm>.*?)\s+(?P<time>[\d.]+):\s+sched:sched_process_(?P<what>exec|fork):\s*(?P<rest>.*)")


def run():
    with Installation() as installation, tempfile.NamedTemporaryFile(suffix=".perf") as record:
        installation.start()
        image = images.push(installation, "busybox")
        definition = tasks.register(installation, image, network="awsvpc", memory=16, stopTimeout=2, entryPoint=WAIT[:2], command=WAIT[2:])
        options, ecs = tasks.in_vpc(installation), installation.client("ecs")
        _one(installation, ecs, definition, options)
        with _recording(record.name):
            marks = [_one(installation, ecs, definition, options) for _ in range(ROUNDS)]
        script = ["perf", "script", "-i", record.name, "-F", "comm,time,event,trace"]
        seen = [
            found
            for line in subprocess.run(script, capture_output=True, text=True, check=True).stdout.splitlines()
            if (found := LINE.match(line))
        ]
    rounds = [_stages(seen, *mark) for mark in marks]
    rows, before = [], 0.0
    for name in rounds[0]:
        reached = statistics.median(one[name] for one in rounds) * 1000
        rows.append((name, f"{reached:.1f}", f"{reached - before:.1f}"))
        before = reached
    return rows


@contextlib.contextmanager
def _recording(path):
    """perf writes to the file from the first line of the block to the last."""
    read_control, control = os.pipe()
    acknowledged, acknowledge = os.pipe()
    command = [
        "perf",
        "record",
        "-q",
        "-a",
        "-k",
        "CLOCK_MONOTONIC",
        "-D",
        "-1",
        "--control",
        f"fd:{read_control},{acknowledge}",
        "-o",
        path,
    ]
    recorder = subprocess.Popen(command + [part for event in EVENTS for part in ("-e", event)], pass_fds=(read_control, acknowledge))
    try:
        os.write(control, b"enable\n")
        assert os.read(acknowledged, 16).startswith(b"ack"), "perf did not begin"
        yield
    finally:
        recorder.send_signal(signal.SIGINT)
        recorder.wait()
        for fd in (read_control, control, acknowledged, acknowledge):
            os.close(fd)


def _one(installation, ecs, definition, options):
    begun = time.monotonic()
    arn = ecs.run_task(taskDefinition=definition, **options)["tasks"][0]["taskArn"]
    answered = time.monotonic()
    while ecs.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] != "RUNNING":
        assert time.monotonic() - begun < 30, "not RUNNING within 30 s"
    running = time.monotonic()
    tasks.Task(installation, arn).stop()
    return begun, answered, running


def _stages(seen, begun, answered, running):
    events = [(float(one["time"]), one["what"], one["comm"], one["rest"]) for one in seen if begun <= float(one["time"]) <= running]
    shim = next(time for time, what, _, rest in events if what == "exec" and "/proc/self/fd/" in rest)
    # The shim forks the process that makes the container, and that one the first of the container.
    _, forked = [time for time, what, comm, _ in events if what == "fork" and time > shim and comm == "wharf-shim"][:2]
    program = next(time for time, what, _, rest in events if what == "exec" and time > forked and "/bin/sh" in rest)
    return {
        "RunTask answered: the task and its claim are on disk": answered - begun,
        "its interface made, the payload at the node, network wired, shim executed": shim - begun,
        "image mounted, bundle ready, container's first process forked": forked - begun,
        "namespaces and root file system ready, program executed": program - begun,
        "reported, stored and answered by DescribeTasks": running - begun,
    }
