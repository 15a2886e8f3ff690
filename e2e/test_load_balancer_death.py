"""kill -9 of `wharf lb`: its listening sockets live on in the supervisor, so that nobody is refused."""

import os
import signal
import socket
import time

import pytest

from harness import images, processes
from harness.services import Web
from harness.waiting import wait_for
from harness.watcher import CLOSED, CUT, Watcher

KILLS = 10
# The supervisor's.
STEADY_AFTER_S = 1.2
# A debug build on a busy machine; a release build takes some ten milliseconds.
AGAIN_WITHIN_S = 1.5


@pytest.fixture(name="web")
def served(fresh):
    web = Web(fresh, images.push(fresh, "web")).make(2)
    yield web
    web.close()


def kill(wharf):
    """When the kill began and when the process, with all its threads, was gone."""
    old = wait_for(lambda: wharf.child("lb"), 20, "a wharf lb")
    begin = time.monotonic()
    os.kill(old, signal.SIGKILL)
    processes.wait_reaped(old)
    return begin, time.monotonic()


def answered_since(watcher, moment):
    return [request for request in watcher.requests if request.begin > moment and not request.failed]


@pytest.mark.slow
def test_no_connection_is_refused_and_none_that_waited_is_lost(fresh, web, record_property):
    kills = []
    with Watcher(web, repeat=False, askers=8) as watcher:
        # The next process starts from the configuration on disk, which may be some tens of milliseconds old.
        begun = time.monotonic()
        wait_for(lambda: answered_since(watcher, begun + STEADY_AFTER_S), 20, "answers before the first kill")
        for _ in range(KILLS):
            kills.append(kill(fresh))
            # One that is killed as soon as it started is started again after a pause.
            wait_for(lambda: answered_since(watcher, kills[-1][1] + STEADY_AFTER_S), 20, "answers of the new load balancer")
    assert all(answered_since(watcher, end) for _, end in kills)
    for request in watcher.failures:
        assert request.outcome in (CLOSED, CUT), f"{request} with kills at {kills}"
        assert any(request.open_at(*one) for one in kills), f"its connection was not open at a kill: {request} with kills at {kills}"
    again_ms = [1000 * (min(one.end for one in answered_since(watcher, end)) - begin) for begin, end in kills]
    print("from kill -9 to the first answer of a request begun afterwards, ms:", [round(one) for one in again_ms])
    record_property("kill_to_answer_ms", again_ms)
    assert max(again_ms) < 1000 * AGAIN_WITHIN_S
    assert "Address already in use" not in fresh.output.text, fresh.output.text


@pytest.mark.slow
def test_what_is_deleted_is_let_go(fresh, web):
    """Also while the load balancer is dead: its successor lets go of what it no longer needs."""

    def listening(port):
        with socket.socket() as probe:
            probe.settimeout(2)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def free(port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))
        return True

    made = [
        web.elb.create_listener(
            LoadBalancerArn=web.balancer["LoadBalancerArn"], Protocol="HTTP", Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": web.target_group}],
        )["Listeners"][0]["ListenerArn"]
        for port in (8081, 8082)
    ]  # fmt: skip
    wait_for(lambda: listening(8081) and listening(8082), 10, "two more listeners")
    kill(fresh)
    wait_for(lambda: web.ask()[0] == 200, 10, "an answer")
    web.elb.delete_listener(ListenerArn=made[0])
    wait_for(lambda: free(8081), 5, "a free port")

    old = wait_for(lambda: fresh.child("lb"), 20, "a wharf lb")
    processes.kill(old, signal.SIGSTOP)
    web.elb.delete_listener(ListenerArn=made[1])
    assert listening(8082), "the held socket takes connections while nobody serves"
    processes.kill(old, signal.SIGKILL)
    wait_for(lambda: free(8082), 10, "a free port")
    assert web.ask()[0] == 200
    fresh.process.send_signal(signal.SIGTERM)
    fresh.process.wait(30)
    assert free(web.port), "the supervisor's end frees what it held"
    fresh.launch()
    fresh.wait_ready()
    wait_for(lambda: web.ask()[0] == 200, 20, "an answer after a new start")
