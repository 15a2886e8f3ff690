"""One machine serves every region and every account."""

import contextlib
import platform
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest

from harness import control, images, tasks
from harness.installation import Installation, Keys, Place
from harness.services import Web

REGION = "eu-west-1"
WHY = f"There are no nodes in {REGION}: nodes are in us-east-1."


@pytest.fixture
def ecs(wharf):
    client = wharf.client("ecs", region=REGION)
    with contextlib.suppress(botocore.exceptions.ClientError):
        client.create_cluster(clusterName="default")
    return client


@pytest.fixture(scope="module")
def places(unstarted_module):
    """Two regions of one account and another account, while nothing is checked."""
    wharf = unstarted_module(arguments=("--iam", "off", "--tasks-as-root")).start()
    other = Keys("111122223333", "anything")
    made = {"home": Place(wharf, "us-east-1"), "far": Place(wharf, REGION), "other": Place(wharf, REGION, other)}
    for place in made.values():
        place.client("ecs").create_cluster(clusterName="default")
    return made


@pytest.fixture(scope="module")
def unstarted_module():
    made = []

    def make(**options):
        made.append(Installation(**options))
        return made[-1]

    yield make
    for installation in made:
        installation.close()


def test_services_answer_in_every_region_and_account(places):
    """Behind load balancers of their own; their addresses are the same, and nobody hears another."""
    webs = {}
    for port, (name, place) in enumerate(places.items(), 8080):
        account = place.client("sts").get_caller_identity()["Account"]
        web = webs[name] = Web(place, images.push(place, "web"), name="web")
        define = web.define
        web.define = lambda _, define=define, name=name: define(f"of-{name}")
        web.make(1, port=port)
        (task,) = web.tasks()
        assert task["taskArn"].startswith(f"arn:aws:ecs:{place.region}:{account}:task/default/")
        assert task["availabilityZone"].startswith(place.region)
    assert account == "111122223333"
    vpcs = {place.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"] for place in places.values()}
    assert len(vpcs) == 3, "each has a default VPC of its own"
    for name, web in webs.items():
        assert all(f"of-{name} " in body for body in web.answers(20))
    for web in webs.values():
        web.close()


def test_one_ledger_for_all(places):
    """What one region has taken is no other's: the tasks of all fit into the machine, and no more."""
    home = places["home"].client("ecs")
    (arn,) = home.list_container_instances()["containerInstanceArns"]

    def left():
        (instance,) = home.describe_container_instances(containerInstances=[arn])["containerInstances"]
        return next(row["integerValue"] for row in instance["remainingResources"] if row["name"] == "CPU")

    before, started = left(), []
    for place in places.values():
        image = images.push(place, "busybox")
        options = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
        definition = tasks.register(
            place, image, network="awsvpc", task=options, execution_role=tasks.execution_role(place), stopTimeout=2, **tasks.sh("nslookup $(hostname) && echo $AWS_REGION; sleep 600")
        )  # fmt: skip
        started.append(tasks.start(place, definition, launchType="FARGATE", **tasks.in_vpc(place)))
    assert left() == before - 3 * 256
    for place, task in zip(places.values(), started, strict=True):
        task.wait("RUNNING")
        task.wait_line(place.region)
        task.stop()
    assert left() == before


def test_a_cluster_without_instances_names_them_too(ecs):
    definition = ecs.register_task_definition(
        family=tasks.unique("far"), containerDefinitions=[{"name": "main", "image": "busybox", "memory": 16}]
    )["taskDefinition"]["taskDefinitionArn"]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        ecs.run_task(taskDefinition=definition)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterException"
    assert error["Message"] == f"No Container Instances were found in your cluster. {WHY}"


def test_what_no_node_can_run_says_so(wharf):
    """Where there are nodes, and the task is too large for each of them."""
    ecs = wharf.client("ecs")
    definition = ecs.register_task_definition(
        family=tasks.unique("big"), networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="16384", memory="122880",
        containerDefinitions=[{"name": "main", "image": "busybox"}],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    (subnet, *_) = wharf.client("ec2").describe_subnets()["Subnets"]
    network = {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]]}}
    (failure,) = ecs.run_task(taskDefinition=definition, launchType="FARGATE", networkConfiguration=network)["failures"]
    lack = r"has insufficient (CPU units|memory) available \(\d+( MiB)? needed, \d+ in all\)\."
    closest = rf"The closest matching \(container-instance \w+\) {lack} No node here can ever run it, whatever else ends\."
    assert re.fullmatch(closest, failure["detail"]), failure


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_what_is_for_another_processor_says_so(wharf, launch):
    ecs = wharf.client("ecs")
    (subnet, *_) = wharf.client("ec2").describe_subnets()["Subnets"]
    network = {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]]}}
    other = {"x86_64": "ARM64", "aarch64": "X86_64"}[platform.machine()]
    definition = ecs.register_task_definition(
        family=tasks.unique("other"), networkMode="awsvpc", requiresCompatibilities=[launch], cpu="256", memory="512",
        runtimePlatform={"cpuArchitecture": other, "operatingSystemFamily": "LINUX"},
        containerDefinitions=[{"name": "main", "image": "busybox"}],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    ran = ecs.run_task(taskDefinition=definition, launchType=launch, networkConfiguration=network)
    assert ran["tasks"] == []
    (failure,) = ran["failures"]
    assert f"is missing an attribute required by your task: ecs.cpu-architecture = {other.lower()}, it has " in failure["detail"], failure
    assert "can ever run it" in failure["detail"] or "can never run the task" in failure["detail"], failure


def test_an_account_is_not_the_installation(places):
    """Root of another account is nobody to the endpoints of the installation."""

    def status(place, operation):
        return control.call(place.wharf, operation, place.keys or place.wharf.root).status_code

    for operation in ("ListNodes", "ListKeys", "GetBackup"):
        assert (status(places["home"], operation), status(places["other"], operation)) == (200, 403), operation
    assert status(places["other"], "Overview") == 200

    def scrape(place):
        return control.scrape(place.wharf, place.keys, place.region).status_code

    assert (scrape(places["home"]), scrape(places["other"])) == (200, 403)
