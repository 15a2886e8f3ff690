"""A service behind its load balancer, and the API, while another task of the machine takes all it can get."""

import contextlib
import http.client
import os
import statistics
import time

from harness import images, tasks
from harness.installation import Installation, free_port
from harness.services import Web
from harness.tasks import sh

TITLE = "Neighbours"
SECONDS = 20
PACE_S = 0.01
ROUNDS = int(os.environ.get("WHARF_BENCH_ROUNDS", "3"))
METHOD = (
    f"`wharf up` with its defaults. A Fargate service of one task (0.25 vCPU) behind a load balancer is asked every {PACE_S * 1000:.0f} ms over one "
    f"connection for {SECONDS} s, and DescribeTasks beside it as often; alone, and beside one task of launch type EC2 in bridge mode without CPU "
    f"reservation that does what the row says without pause. Client, control plane, load balancer and tasks share the machine's cores; the client has "
    f"real-time priority, as if it ran elsewhere: what it waits for a core is no part of the figures. Medians of {ROUNDS} rounds, in each of which all rows take their turn; `of alone` compares the 99th percentile with that of the same round's first row."
)
COLUMNS = ("beside", "service p50 ms", "p99 ms", "of alone", "API p50 ms", "p99 ms", "requests that failed")

# A shell that cannot fork ends; awk goes on.
FORK_BOMB = 'exec awk \'BEGIN { while (1) { system("b() { b | b & }; b 2>/dev/null"); system("usleep 1000") } }\''
# The kernel takes the inner shell, so that the hog goes on.
MEMORY_HOG = "while :; do (echo 1000 > /proc/self/oom_score_adj; x=0123456789abcdef; while :; do x=$x$x; done) 2>/dev/null; done"
DISK_FILLER = "cd /; while :; do dd if=/dev/zero of=/f bs=1M count=4000 2>/dev/null; mkdir -p /d; n=0; while [ $n -lt 20000 ]; do true > /d/$n; n=$((n+1)); done; rm -rf /f /d; done"
CPU_SPIN = "for n in 1 2 3; do while :; do :; done & done; while :; do :; done"
LOG_FLOOD = "yes $(head -c 1000 /dev/zero | tr '\\0' x)"
CONNECTIONS = """
import socket, time
while True:
    held = []
    for n in range(800):
        s = socket.socket(); s.setblocking(False)
        s.connect_ex(("169.254.170.2", 4566 if n % 2 else 80)); held.append(s)
    time.sleep(0.5)
"""
PACKETS = """
import socket, struct
lines = open("/proc/net/route").read().splitlines()[1:]
gateway = next(socket.inet_ntoa(struct.pack("<I", int(l.split()[2], 16))) for l in lines if l.split()[1] == "00000000")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try: s.sendto(b"x", (gateway, 9))
    except OSError: pass
"""


def _python(program):
    return {"command": ["python3", "-c", program]}


def run():
    with Installation() as installation:
        return _measure(installation.start())


def _measure(installation):
    busybox, python = (images.push(installation, name) for name in ("busybox", "python"))
    web = Web(installation, images.push(installation, "web")).make(tasks_wanted=1, port=free_port())
    attacks = {
        "nobody": None,
        "fork bomb": (busybox, {**sh(FORK_BOMB), "memory": 512}),
        "memory hog": (busybox, {**sh(MEMORY_HOG), "memory": 256}),
        "disk and inode filler": (busybox, {**sh(DISK_FILLER), "memory": 256}),
        "CPU spin, 4 processes": (busybox, sh(CPU_SPIN)),
        "log flood": (busybox, sh(LOG_FLOOD)),
        "connection flood": (python, {**_python(CONNECTIONS), "memory": 128}),
        "packet flood": (python, {**_python(PACKETS), "memory": 128}),
    }
    taken = {name: [] for name in attacks}
    _ask(installation, web)
    for _ in range(ROUNDS):
        for name, attack in attacks.items():
            with _beside(installation, attack):
                taken[name].append(_ask(installation, web))
    rows = []
    for name, rounds in taken.items():
        ratio = statistics.median(one["p99"] / alone["p99"] for one, alone in zip(rounds, taken["nobody"], strict=True))
        middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        failed = sum(one["failed"] for one in rounds)
        cells = [f"{middle[key]:.2f}" for key in ("p50", "p99", "api p50", "api p99")]
        rows.append((name, *cells[:2], f"{ratio:.2f}", *cells[2:], failed))
    web.close()
    return rows


@contextlib.contextmanager
def _beside(installation, attack):
    if attack is None:
        yield
        return
    image, container = attack
    task = tasks.run(installation, image, network="bridge", stopTimeout=2, **container)
    task.wait("RUNNING")
    # What a flood costs at first (images, first allocations) is over by then.
    time.sleep(2)
    try:
        yield
        assert task.describe()["lastStatus"] == "RUNNING", task.describe()
    finally:
        task.stop()


def _ask(installation, web):
    """Milliseconds of requests to the service and to the API in turn, at a fixed pace."""
    with _first_in_line():
        return _ask_both(installation, web)


@contextlib.contextmanager
def _first_in_line():
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _ask_both(installation, web):
    ecs = installation.client("ecs")
    (arn,) = (task["taskArn"] for task in web.tasks())
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    service, api, failed = [], [], 0
    end = time.monotonic() + SECONDS
    due = time.monotonic()
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        begun = time.monotonic()
        try:
            line.request("GET", "/", headers={"Host": web.host})
            answer = line.getresponse()
            answer.read()
            failed += answer.status != 200
            service.append(time.monotonic() - begun)
        except OSError:
            failed += 1
            line.close()
        begun = time.monotonic()
        ecs.describe_tasks(tasks=[arn])
        api.append(time.monotonic() - begun)
        due += PACE_S
    line.close()
    cut = {name: statistics.quantiles(values, n=100) for name, values in (("", service), ("api ", api))}
    return {f"{name}p{at}": cut[name][at - 1] * 1000 for name in cut for at in (50, 99)} | {"failed": failed}
