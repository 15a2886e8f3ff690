"""Several machines: tasks spread over them, a machine lost, one cut off and back, one drained."""

import contextlib
import socket
import time

import pytest
from botocore.exceptions import ClientError

from harness import capture, images, processes, tasks, tools
from harness.hosts import Host
from harness.load import Load
from harness.services import Web, address
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)


@pytest.fixture
def hosts(server):
    made = [Host(server, number).join() for number in (1, 2, 3)]
    yield made
    ecs = server.client("ecs")
    for host in made:
        host.close()
        with contextlib.suppress(ClientError):
            ecs.deregister_container_instance(containerInstance=host.instance, force=True)


@pytest.fixture
def service(server, hosts):
    image = images.push(server, "web")
    made = Web(server, image, launch_type="EC2")
    made.make(6, placementStrategy=[{"type": "spread", "field": "instanceId"}])
    yield made
    made.close()


def by_host(service):
    found = {}
    for task in service.tasks():
        if task["lastStatus"] == "RUNNING":
            found.setdefault(task["containerInstanceArn"], []).append(task)
    return found


def test_tasks_are_spread_and_reached_across_hosts(service, hosts):
    placed = by_host(service)
    assert set(placed) >= {host.instance for host in hosts}
    assert sorted(body.split()[1] for body in service.answers(100)) == service.addresses()


def test_an_address_is_reached_from_another_host_at_once(server, hosts, service):
    """From a task on one host to a task on another, within 250 ms of RUNNING: neighbours and routes are there before, and the first packet
    is not sent again. An address that refuses the connection is reached as well: RUNNING does not say that a program listens already."""
    one, two = hosts[0], hosts[1]
    definition = service.define("probe")
    pid = processes.of_container(next(task for task in by_host(service)[two.instance]))
    with open(f"/proc/{pid}/ns/net") as namespace:
        asker = capture.made_in(namespace.fileno(), socket.socket)
    started = server.client("ecs").start_task(
        taskDefinition=definition, containerInstances=[one.instance], networkConfiguration=service.network
    )["tasks"][0]["taskArn"]
    task = tasks.Task(server, started)
    there = address(task.wait("RUNNING"))
    with asker:
        asker.settimeout(2)
        begun = time.monotonic()
        with contextlib.suppress(ConnectionRefusedError):
            asker.connect((there, 80))
        assert time.monotonic() - begun < 0.25

    def answers():
        asked = ("curl", "-sS", "--retry", "0", "--max-time", "2", f"http://{there}/")
        return tools.run("nsenter", "--target", pid, "--net", *asked).stdout.startswith("probe")

    # It was the task that answered, and not somebody on the way.
    wait_for(answers, 20, "its web server")
    task.stop()


def test_a_lost_host_is_replaced(service, hosts):
    lost = hosts[0]
    gone = {task["taskArn"] for task in by_host(service)[lost.instance]}
    assert gone
    lost.kill()
    lost.wait_connected(False)
    noticed = time.monotonic()

    def replaced():
        return len(service.addresses()) == 6 and not gone & {task["taskArn"] for task in service.tasks()}

    with Load(service, connections=4) as load:
        load.run_for(max(0.0, 2 - (time.monotonic() - noticed)))
        load.failures.clear()
        wait_for(replaced, 60, "the replacements")
        load.run_for(3)
    failed = [failure for failure in load.failures if isinstance(failure, tuple)]
    assert failed == []
    reasons = {task["stoppedReason"] for task in service.tasks("STOPPED") if task["taskArn"] in gone}
    # The load balancer may notice before the control plane does.
    assert all(reason.startswith(("Host EC2 (instance i-", "Task failed ELB health checks in")) for reason in reasons), reasons


def test_a_host_that_was_cut_off_runs_nothing_twice(service, hosts):
    away = hosts[1]
    there = {task["taskArn"]: address(task) for task in by_host(service)[away.instance]}
    strays = {processes.of_container(task) for task in by_host(service)[away.instance]}
    with away.cut_off():
        away.wait_connected(False)
        wait_for(
            lambda: len(service.addresses()) == 6 and not set(there) & {task["taskArn"] for task in service.tasks()}, 60, "replacements"
        )
        assert not set(there.values()) & set(service.addresses()), "an address is used twice"
    away.wait_connected(True, 60)
    wait_for(lambda: not any(processes.alive(pid) for pid in strays), 60, "the end of the strays")
    service.wait_stable()
    service.wait_healthy()
    assert sorted(body.split()[1] for body in service.answers(60)) == service.addresses()


def test_a_drain_moves_tasks_without_a_failed_request(service, hosts):
    drained = hosts[2]
    assert by_host(service).get(drained.instance)
    with Load(service, connections=8) as load:
        load.run_for(1)
        service.ecs.update_container_instances_state(containerInstances=[drained.instance], status="DRAINING")
        wait_for(lambda: not by_host(service).get(drained.instance) and len(service.addresses()) == 6, 90, "the drain")
        service.wait_stable()
        load.run_for(1)
    assert load.failures == [] and load.requests > 100
    service.ecs.update_container_instances_state(containerInstances=[drained.instance], status="ACTIVE")
