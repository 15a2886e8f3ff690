"""Regions that no node serves: their objects can be made, and what waits there says why it never runs."""

import contextlib
import platform
import re

import botocore.exceptions
import pytest

from harness import tasks
from harness.waiting import wait_for

REGION = "eu-west-1"
WHY = f"There are no nodes in {REGION}: nodes are in us-east-1."


@pytest.fixture
def ecs(wharf):
    client = wharf.client("ecs", region=REGION)
    with contextlib.suppress(botocore.exceptions.ClientError):
        client.create_cluster(clusterName="default")
    return client


@pytest.fixture
def network(wharf):
    ec2 = wharf.client("ec2", region=REGION)
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    return {"awsvpcConfiguration": {"subnets": subnets[:1]}}


def define(ecs):
    defined = ecs.register_task_definition(
        family=tasks.unique("far"), networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[{"name": "main", "image": "busybox"}],
    )  # fmt: skip
    return defined["taskDefinition"]["taskDefinitionArn"]


def test_run_task_names_the_regions_with_nodes(ecs, network):
    ran = ecs.run_task(taskDefinition=define(ecs), launchType="FARGATE", networkConfiguration=network)
    (failure,) = ran["failures"]
    assert ran["tasks"] == [] and failure["reason"].startswith("Capacity is unavailable at this time.")
    assert failure["detail"] == WHY


def test_a_cluster_without_instances_names_them_too(ecs):
    definition = ecs.register_task_definition(
        family=tasks.unique("far"), containerDefinitions=[{"name": "main", "image": "busybox", "memory": 16}]
    )["taskDefinition"]["taskDefinitionArn"]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        ecs.run_task(taskDefinition=definition)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterException"
    assert error["Message"] == f"No Container Instances were found in your cluster. {WHY}"


def test_a_service_says_it_in_its_events(ecs, network):
    name = tasks.unique("far")
    ecs.create_service(serviceName=name, taskDefinition=define(ecs), desiredCount=1, launchType="FARGATE", networkConfiguration=network)
    try:
        wait_for(
            lambda: any(WHY in one["message"] for one in ecs.describe_services(services=[name])["services"][0]["events"]), what="the event"
        )
    finally:
        ecs.delete_service(service=name, force=True)


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
