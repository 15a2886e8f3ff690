"""The main job: services behind a load balancer that heal, roll and survive."""

import pytest
from harness import processes, tasks, tools
from harness.load import Load
from harness.services import Web, address
from harness.waiting import wait_for


@pytest.fixture(scope="module")
def service(wharf, web):
    made = Web(wharf, web).make(3)
    yield made
    made.close()


def test_every_task_answers_and_none_else(service):
    seen = service.answers(100)
    assert sorted(body.split()[1] for body in seen) == service.addresses()
    assert {body.split()[0] for body in seen} == {"v1"}


def test_tasks_are_spread_over_three_zones(service):
    assert len({task["availabilityZone"] for task in service.tasks()}) == 3


def test_the_public_address_answers_as_well(service):
    printed = tools.run("curl", "-sS", "--fail", service.url).stdout
    assert printed.split()[1] in service.addresses()


def test_a_killed_container_is_replaced(service):
    victim = service.tasks()[0]
    pid = processes.of_container(victim)
    processes.kill(pid)
    ended = tasks.Task(service.wharf, victim["taskArn"]).wait("STOPPED")
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["containers"][0]["exitCode"] == 137
    service.wait_stable()
    now = service.tasks()
    assert len(now) == 3 and victim["taskArn"] not in {task["taskArn"] for task in now}
    assert address(victim) not in {address(task) for task in now}
    wait_for(lambda: sorted(body.split()[1] for body in service.answers(30)) == service.addresses(), what="the new task's answers")


@pytest.mark.parametrize("kept", [False, True], ids=["new connections", "kept-alive connections"])
def test_a_new_version_under_load_fails_no_request(service, kept):
    before = service.describe()["taskDefinition"]
    wanted = "v2" if not kept else "v3"
    with Load(service, connections=16, keep_alive=kept) as load:
        load.run_for(5)
        service.ecs.update_service(service=service.name, taskDefinition=service.define(wanted))
        service.wait_stable()
        load.run_for(5)
    assert load.failures == []
    assert load.requests >= 1000
    versions = {body.split()[0] for body in load.bodies}
    assert wanted in versions and len(versions) == 2, (versions, before)
