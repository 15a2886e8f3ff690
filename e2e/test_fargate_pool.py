"""Machines for Fargate that the operator's own maker makes when tasks wait for room, and that end when nothing is on them: the maker of
docs/machine-makers.md, with real nodes."""

import json

import pytest

from harness import images, tasks
from harness.hosts import SERVER
from harness.installation import Installation, Place
from harness.machine_maker import Rack
from harness.waiting import wait_for
from test_accounts import create

pytestmark = pytest.mark.minutes(2.5)

OWN = "wharf-node"
JOIN_WITHIN_S = 90
# All, and of one account.
MOST, OF_ONE = 3, 2
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
    bounds = ["--fargate-pool-most", str(MOST), "--fargate-pool-most-per-account", str(OF_ONE)]
    of_pool = ["--fargate-pool-machine", "1vcpu,2gib", *bounds, "--fargate-pool-idle", "3"]
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


def wait_reason(server, flag):
    """Why there are no more machines, by the option that says so."""
    return wait_for(lambda: [it for it in pool(server)["reasons"] if f"({flag})" in it], 30, f"that {flag} is why there are no more")


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


def test_accounts_grow_the_pool_as_far_as_they_may_and_share_it(server, rack, image):
    ecs, before = server.client("ecs"), len(rack.made)
    network = tasks.in_vpc(server)["networkConfiguration"]
    # Four on each machine at most.
    wanted = 4 * OF_ONE + 1
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

    wait_for(lambda: len(joined(server)) == OF_ONE, JOIN_WITHIN_S, "as many machines as one account may have")
    wait_for(lambda: counts() >= OF_ONE, 60, "tasks on them")
    full = wait_reason(server, "--fargate-pool-most-per-account")
    assert len(rack.made) - before == OF_ONE, full

    # Though some of the first account have waited longer, another has the machine that is left.
    _, root = create(server, "blue")
    blue = Place(server, "us-east-1", root)
    others = blue.client("ecs")
    others.create_cluster(clusterName="default")
    of = definition(blue, images.push(blue, "busybox"))
    answer = others.run_task(taskDefinition=of, launchType="FARGATE", count=6, **tasks.in_vpc(blue))
    assert not answer["failures"], answer["failures"]
    arns = [it["taskArn"] for it in answer["tasks"]]
    assert {it["lastStatus"] for it in answer["tasks"]} == {"PROVISIONING"}

    def running():
        return sum(it["lastStatus"] == "RUNNING" for it in others.describe_tasks(tasks=arns)["tasks"])

    wait_for(lambda: len(joined(server)) == MOST, JOIN_WITHIN_S, "as many machines as may be")
    wait_for(running, 60, "tasks of the other account")
    full = wait_reason(server, "--fargate-pool-most")
    assert len(rack.made) - before == MOST, full

    # Those for whom there is no machine come to what the first account leaves of its own.
    ecs.update_service(service="web", desiredCount=0)
    ecs.delete_service(service="web", force=True)
    wait_for(lambda: running() == len(arns), 60, "all tasks of the other account")
    assert len(rack.made) - before == MOST
    for arn in arns:
        others.stop_task(task=arn)
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
