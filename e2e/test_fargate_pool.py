"""Machines for Fargate that the operator's own maker makes when tasks wait for room, and that end when nothing is on them: the maker of
docs/machine-makers.md, with real nodes."""

import json

import pytest

from harness import images, tasks
from harness.hosts import SERVER
from harness.installation import Installation
from harness.machine_maker import Rack
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(2)

OWN = "wharf-node"
JOIN_WITHIN_S = 90
MOST = 2
FARGATE = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
TOO_LARGE = {"requiresCompatibilities": ["FARGATE"], "cpu": "4096", "memory": "8192"}
NO_ROOM = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
STAYS = "trap exit TERM; while true; do sleep 1; done"


@pytest.fixture(scope="module")
def rack():
    made = Rack()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(lan, rack):
    """An installation whose own node takes nothing of Fargate's."""
    of_pool = ["--fargate-pool-machine", "1vcpu,2gib", "--fargate-pool-most", str(MOST), "--fargate-pool-idle", "3"]
    of_maker = ["--machine-maker-join-within", str(JOIN_WITHIN_S)]
    with Installation(arguments=["--listen", SERVER, *rack.arguments, *of_maker, *of_pool]) as alone:
        rack.wharf = alone
        alone.start()
        alone.run("node", "retire", OWN)
        yield alone


@pytest.fixture(scope="module")
def image(server):
    return images.push(server, "busybox")


def definition(server, image, size=FARGATE):
    role = tasks.execution_role(server)
    return tasks.register(server, image, network="awsvpc", task=size, execution_role=role, **tasks.sh(STAYS))


def ask(server, definition, **options):
    """RunTask as it is answered."""
    how = options or {"launchType": "FARGATE"}
    return server.client("ecs").run_task(taskDefinition=definition, **how, **tasks.in_vpc(server))


def begin(server, definition, **options):
    answer = ask(server, definition, **options)
    assert not answer["failures"], answer["failures"]
    (task,) = answer["tasks"]
    return tasks.Task(server, task["taskArn"], "/e2e"), task


def pool(server):
    return json.loads(server.run("status", "--json").stdout)["fargatePool"]


def joined(server):
    return [it["id"] for it in pool(server)["machines"] if it["state"] == "joined"]


def wait_empty(server, rack):
    wait_for(lambda: not pool(server)["machines"], 60, "the end of all machines")
    assert not rack.hosts and not rack.maker.machines
    listed = server.run("node", "list").stdout
    assert not any(it in listed for it in rack.made), listed


def test_a_machine_comes_for_a_task_and_goes_after_it(server, rack, image):
    ecs, ec2 = server.client("ecs"), server.client("ec2")
    assert pool(server)["machines"] == []
    of = definition(server, image)
    task, waiting = begin(server, of)
    assert waiting["lastStatus"] == "PROVISIONING"
    wait_for(lambda: pool(server)["machines"], 30, "an order")
    # In the middle of it, whatever that is.
    server.kill_child("server")
    running = task.wait("RUNNING", JOIN_WITHIN_S)
    assert running["launchType"] == "FARGATE" and running["availabilityZone"] == "us-east-1a"
    assert len(rack.made) == 1
    (machine,) = rack.made
    assert joined(server) == [machine]
    # It is no instance of an account, and takes nothing but what is for Fargate.
    assert not [it for one in ec2.describe_instances()["Reservations"] for it in one["Instances"]]
    on_instances = tasks.register(server, image, **tasks.sh(STAYS))
    placed = tasks.start(server, on_instances)
    found = ecs.list_container_instances()["containerInstanceArns"]
    found = ecs.describe_container_instances(containerInstances=found)["containerInstances"]
    (of_pool,) = [it for it in found if it["ec2InstanceId"] == machine]
    assert of_pool["agentConnected"] and of_pool["containerInstanceArn"] != placed.describe()["containerInstanceArn"]
    # Not where it is named either.
    named = ecs.start_task(taskDefinition=on_instances, containerInstances=[of_pool["containerInstanceArn"]])
    assert [it["reason"] for it in named["failures"]] == ["MISSING"]
    placed.stop()

    # Another finds room beside it, on capacity of Spot too.
    ecs.put_cluster_capacity_providers(cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[])
    spot, _ = begin(server, of, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT"}])
    spot.wait("RUNNING")
    assert len(rack.made) == 1
    # What no machine has room for is nothing to wait for.
    (failure,) = ask(server, definition(server, image, TOO_LARGE))["failures"]
    assert failure["reason"] == NO_ROOM

    spot.stop()
    task.stop()
    server.kill_child("server")
    wait_empty(server, rack)


def test_a_service_grows_the_pool_as_far_as_it_may(server, rack, image):
    ecs, before = server.client("ecs"), len(rack.made)
    network = tasks.in_vpc(server)["networkConfiguration"]
    # Four on each machine at most.
    wanted = 4 * MOST + 1
    ecs.create_service(
        serviceName="web",
        taskDefinition=definition(server, image),
        desiredCount=wanted,
        launchType="FARGATE",
        networkConfiguration=network,
    )

    def counts():
        (service,) = ecs.describe_services(services=["web"])["services"]
        return service["runningCount"]

    wait_for(lambda: len(joined(server)) == MOST, JOIN_WITHIN_S, "as many machines as may be")
    wait_for(lambda: counts() >= MOST, 60, "tasks on them")
    full = wait_for(lambda: [it for it in pool(server)["reasons"] if "--fargate-pool-most" in it], 30, "why there are no more")
    assert len(rack.made) - before == MOST, full
    ecs.update_service(service="web", desiredCount=0)
    ecs.delete_service(service="web", force=True)
    wait_empty(server, rack)


def test_a_maker_that_fails_is_asked_again(server, rack, image):
    rack.broken = True
    try:
        task, _ = begin(server, definition(server, image))
        wait_for(lambda: [it for it in pool(server)["reasons"] if "the rack has no power" in it], 60, "a word of it")
        assert task.describe()["lastStatus"] == "PROVISIONING"
    finally:
        rack.broken = False
    task.wait("RUNNING", JOIN_WITHIN_S + 60)
    task.stop()
    wait_empty(server, rack)
