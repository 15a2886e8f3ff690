"""A service behind its load balancer, and the API, while another task of the machine takes all it can get."""

import contextlib
import os
import re
import socket
import statistics
import time
import urllib.parse

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
    f"real-time priority, as if it ran elsewhere: what it waits for a core is no part of the figures. All answers of {ROUNDS} rounds together, in each of which all rows take their turn."
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
    taken = {name: ([], [], 0) for name in attacks}
    _ask(installation, web)
    for _ in range(ROUNDS):
        for name, attack in attacks.items():
            with _beside(installation, attack):
                answers = zip(taken[name], _ask(installation, web), strict=True)
                taken[name] = [before + more for before, more in answers]
    rows = []
    alone = percentiles(taken["nobody"][0])
    for name, (service, api, failed) in taken.items():
        middle, tail = percentiles(service)
        of_api = percentiles(api)
        ratio = tail / alone[1]
        rows.append((name, *(f"{value:.2f}" for value in (middle, tail, ratio, *of_api)), failed))
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


def percentiles(seconds):
    """The middle and the 99th of a hundred, in milliseconds."""
    cut = statistics.quantiles(seconds, n=100)
    return cut[49] * 1000, cut[98] * 1000


def _ask(installation, web):
    """Seconds of requests to the service and to the API in turn, at a fixed pace, and how many failed."""
    with first_in_line():
        return _ask_both(installation, web)


@contextlib.contextmanager
def first_in_line():
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _ask_both(installation, web):
    (arn,) = (task["taskArn"] for task in web.tasks())
    service = _Line(("127.0.0.1", web.port), f"GET / HTTP/1.1\r\nHost: {web.host}\r\n\r\n".encode())
    api = _Line(("127.0.0.1", installation.port), _signed(installation.client("ecs"), arn))
    end = due = time.monotonic()
    end += SECONDS
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        service.ask()
        api.ask()
        due += PACE_S
    return service.seconds, api.seconds, service.failed + api.failed


def _signed(ecs, arn):
    """The bytes of a DescribeTasks; its signature holds for longer than it is used."""
    caught = []
    ecs.meta.events.register("before-send.ecs.DescribeTasks", lambda request, **_: caught.append(request))
    ecs.describe_tasks(tasks=[arn])
    (request,) = caught
    url = urllib.parse.urlsplit(request.url)
    headers = {"Host": url.netloc, **{k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


class _Line:
    """One connection with the same request again and again. It knows as little of HTTP as it can: what it takes of
    the processor the others lack."""

    def __init__(self, address, request):
        self.address, self.request = address, request
        self.seconds, self.failed, self.line = [], 0, None

    def ask(self):
        begun = time.monotonic()
        try:
            if self.line is None:
                self.line = socket.create_connection(self.address, timeout=10)
            self.line.sendall(self.request)
            got = self.line.recv(65536)
            while (end := got.find(b"\r\n\r\n")) < 0:
                got += self._more()
            length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", got[:end])[1])
            left = end + 4 + length - len(got)
            while left > 0:
                left -= len(self._more())
            self.failed += not got.startswith(b"HTTP/1.1 200 ")
            self.seconds.append(time.monotonic() - begun)
        except (OSError, TypeError):
            self.failed += 1
            self.line = None

    def _more(self):
        more = self.line.recv(65536)
        if not more:
            raise ConnectionResetError
        return more
