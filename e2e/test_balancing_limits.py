"""What one client, or one load balancer, may take of what all load balancers of a machine share."""

import contextlib
import http.client
import socket
import threading
import time

import pytest

from harness import images, tasks
from harness.installation import Installation, free_port
from harness.services import Web, address
from harness.waiting import wait_for
from test_guarded_ports import Balancer
from test_metrics import of_part

pytestmark = pytest.mark.minutes(1)

# Connections of clients: of all load balancers, of one client, of one load balancer.
ALL, SOURCE, BALANCER = 160, 20, 60
# The slowest of bodies have so long before their pace counts.
GRACE_S = 30


@pytest.fixture(scope="module")
def small():
    shares = {"--lb-connections": ALL, "--lb-source-connections": SOURCE, "--lb-balancer-connections": BALANCER}
    with Installation(arguments=[str(part) for pair in shares.items() for part in pair]) as alone:
        yield alone.start()


@pytest.fixture
def make(small):
    """Load balancers that answer with their name, each at a port of its own."""
    made = []

    def one(name):
        balancer = Balancer(small, tasks.open_group(small))
        made.append(balancer)
        port = free_port()
        balancer.listen(port, name)
        wait_for(lambda: ask(port) == name, 30, f"an answer of {name}")
        return port

    yield one
    for balancer in made:
        balancer.close()


def connect(port, source):
    """A connection from an address of this machine."""
    return socket.create_connection(("127.0.0.1", port), 20, source_address=(source, 0))


def answer(port, source):
    """The body that a client at that address gets."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
    with contextlib.closing(line):
        line.request("GET", "/", headers={"Connection": "close"})
        return line.getresponse().read().decode()


def ask(port, source="127.0.0.1"):
    """The same; `None` if it is refused."""
    try:
        return answer(port, source)
    except OSError:
        return None


def connect_or_not(port, source):
    """The same; a closed one if the other side was faster to end it than this one to take it."""
    try:
        return connect(port, source)
    except ConnectionResetError:
        closed = socket.socket()
        closed.close()
        return closed


def is_closed(connection):
    """Whether the other side has ended a connection over which nothing was asked."""
    try:
        connection.setblocking(False)
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextlib.contextmanager
def silent(port, sources, each):
    """So many connections from each source, over which nothing is said."""
    with contextlib.ExitStack() as held:
        yield [held.enter_context(connect_or_not(port, source)) for source in sources for _ in range(each)]


def counted(wharf, name):
    return of_part(wharf, "load-balancer-metrics.sock")[(name,)]


def test_a_flooded_load_balancer_leaves_the_others_alone(small, make):
    flooded, other = make("flooded"), make("other")
    sources = [f"127.0.7.{number}" for number in range(1, 13)]
    late = []
    with silent(flooded, sources, SOURCE - 2):
        wait_for(lambda: counted(small, "wharf_lb_connections") >= BALANCER, 20, "a share that is full")
        # Whoever comes now waits behind the flood.
        waiting = threading.Thread(target=lambda: late.append(ask(flooded, "127.0.8.1")), daemon=True)
        waiting.start()
        for number in range(20):
            assert answer(other, f"127.0.8.{2 + number % 3}") == "other"
        assert counted(small, "wharf_lb_connections") <= BALANCER + 2, "the flood has its share and no more"
        assert late == []
    waiting.join(20)
    assert late == ["flooded"], "with the flood gone, who waited is served"


def test_a_source_beyond_its_share_is_refused_and_the_others_are_not(small, make):
    port = make("web")
    wait_for(lambda: counted(small, "wharf_lb_connections") == 0, 20, "the end of what was asked before")
    rejected = counted(small, "wharf_lb_rejected_connections_total")
    with silent(port, ["127.0.9.1"], SOURCE + 10) as held:
        refused = wait_for(lambda: len(closed := [one for one in held if is_closed(one)]) >= 10 and closed, 20, "refusals")
        assert ask(port, "127.0.9.1") is None
        assert ask(port, "127.0.9.2") == "web"
        assert len([one for one in held if is_closed(one)]) == len(refused) == 10
        assert counted(small, "wharf_lb_rejected_connections_total") - rejected >= 11
    wait_for(lambda: ask(port, "127.0.9.1") == "web", 20, "an answer once its connections have ended")


# Answers a body when all of it has come.
PATIENT = """
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"done")

    do_GET = do_POST = answer


http.server.ThreadingHTTPServer(("0.0.0.0", 80), Handler).serve_forever()
"""


class Drip(threading.Thread):
    """A body of which a byte comes each second; `answer` is the status that the client gets."""

    def __init__(self, web, source):
        super().__init__(daemon=True)
        self._web, self._source, self.answer = web, source, None

    def run(self):
        head = f"POST / HTTP/1.1\r\nHost: {self._web.host}\r\nContent-Length: 100000\r\n\r\n"
        with connect(self._web.port, self._source) as connection:
            connection.sendall(head.encode())
            connection.settimeout(1)
            while not self.answer:
                try:
                    self.answer = connection.recv(12).decode() or "closed"
                except TimeoutError:
                    connection.sendall(b"x")


def test_bodies_that_trickle_are_given_up_and_others_are_served(small):
    """Their clients never fall silent for as long as the idle timeout, and would hold their connections for ever."""
    web = Web(small, images.push(small, "python"))
    web.make_balancer(free_port())
    network = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": web.subnets, "securityGroups": [web.group]}}}
    server = tasks.run(small, web.image, "awsvpc", network, memory=128, entryPoint=["python3", "-c"], command=[PATIENT])
    web.elb.register_targets(TargetGroupArn=web.target_group, Targets=[{"Id": address(server.wait("RUNNING"))}])
    wait_for(lambda: web.ask() == (200, "done"), 40, "an answer of the target")

    drips = [Drip(web, f"127.0.10.{1 + number % 3}") for number in range(45)]
    begun = time.monotonic()
    for drip in drips:
        drip.start()

    def ended():
        assert web.ask() == (200, "done"), "others are served"
        return not any(drip.is_alive() for drip in drips)

    wait_for(ended, 3 * GRACE_S, "the end of the bodies that trickle")
    assert {drip.answer for drip in drips} == {"HTTP/1.1 408"}
    assert time.monotonic() - begun > GRACE_S / 2, "they were given time"
    # A body that keeps the pace is taken.
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    with contextlib.closing(line):
        line.request("POST", "/", body=b"x" * 100_000, headers={"Host": web.host})
        assert line.getresponse().read() == b"done"
    server.stop(wait=False)
    web.elb.delete_load_balancer(LoadBalancerArn=web.balancer["LoadBalancerArn"])
