"""ECS Managed Instances: an instance comes for a task, is nobody's to change, and goes when it is idle, over deaths of the server."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(0.5)

CLUSTER, PROVIDER = "managed", "own"
TYPE = "t3.small"
INFRASTRUCTURE = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances"
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
OF_INSTANCES = "arn:aws:iam::aws:policy/AmazonECSInstanceRolePolicyForManagedInstances"


@pytest.fixture
def fresh():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def make_role(wharf, name, service, policy):
    """A role that a service assumes, with a policy of AWS's; its ARN."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    iam = wharf.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return made["Role"]["Arn"]


def make_provider(wharf):
    """By AWS's own policies: the infrastructure role may pass roles of this name alone."""
    iam = wharf.client("iam")
    infrastructure = make_role(wharf, "infrastructure", "ecs.amazonaws.com", INFRASTRUCTURE)
    make_role(wharf, "ecsInstanceRole", "ec2.amazonaws.com", OF_INSTANCES)
    profile = iam.create_instance_profile(InstanceProfileName="ecsInstanceRole")["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName="ecsInstanceRole", RoleName="ecsInstanceRole")
    ecs = wharf.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    requirements = {
        "vCpuCount": {"min": 1, "max": 2},
        "memoryMiB": {"min": 512, "max": 2048},
        "burstablePerformance": "included",
        "allowedInstanceTypes": [TYPE],
    }
    provider = {
        "infrastructureRoleArn": infrastructure,
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": profile,
            "networkConfiguration": {"subnets": tasks.default_subnets(wharf)},
            "instanceRequirements": requirements,
        },
        "propagateTags": "CAPACITY_PROVIDER",
        "infrastructureOptimization": {"scaleInAfter": 5},
    }
    made = ecs.create_capacity_provider(
        name=PROVIDER, cluster=CLUSTER, managedInstancesProvider=provider, tags=[{"key": "team", "value": "a"}]
    )["capacityProvider"]
    assert (made["type"], made["status"]) == ("MANAGED_INSTANCES", "ACTIVE")
    assert made["managedInstancesProvider"]["instanceLaunchTemplate"]["instanceRequirements"] == requirements


def describe(wharf):
    (found,) = wharf.client("ecs").describe_capacity_providers(capacityProviders=[PROVIDER])["capacityProviders"]
    return found


def instances(wharf):
    pages = wharf.client("ec2").describe_instances(Filters=[{"Name": "operator.principal", "Values": ["ecs.amazonaws.com"]}])
    return [it for one in pages["Reservations"] for it in one["Instances"]]


def run(wharf, image):
    ecs = wharf.client("ecs")
    # What instances may do by AWS's policy is not to pull images.
    execution = make_role(wharf, "execution", "ecs-tasks.amazonaws.com", EXECUTION)
    container = {"name": "main", "image": image, "cpu": 256, "memory": 128, **sh("trap exit TERM; while true; do sleep 1; done")}
    ecs.register_task_definition(
        family="worker",
        networkMode="awsvpc",
        requiresCompatibilities=["MANAGED_INSTANCES"],
        executionRoleArn=execution,
        containerDefinitions=[container],
    )
    started = ecs.run_task(
        cluster=CLUSTER,
        taskDefinition="worker",
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": tasks.default_subnets(wharf)}},
    )
    assert started["failures"] == []
    return started["tasks"][0]


def test_an_instance_comes_for_a_task_and_goes_when_it_is_idle(fresh):
    ecs, ec2 = fresh.client("ecs"), fresh.client("ec2")
    image = images.push(fresh, "busybox")
    make_provider(fresh)
    started = run(fresh, image)
    assert (started["lastStatus"], started["launchType"]) == ("PROVISIONING", "MANAGED_INSTANCES")
    arn = started["taskArn"]
    # The server dies while the instance is on its way.
    fresh.kill_child("server")

    def status():
        return ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]["lastStatus"]

    wait_for(lambda: status() == "RUNNING", 120, "the task on an instance that came for it")
    (instance,) = instances(fresh)
    assert instance["InstanceType"] == TYPE
    assert instance["Operator"]["Managed"] and instance["Operator"]["Principal"] == "ecs.amazonaws.com"
    assert {"Key": "AmazonECSManaged", "Value": "true"} in instance["Tags"] and {"Key": "team", "Value": "a"} in instance["Tags"]
    (joined,) = ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
    (shown,) = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=[joined])["containerInstances"]
    assert (shown["ec2InstanceId"], shown["capacityProviderName"]) == (instance["InstanceId"], PROVIDER)

    for change in (ec2.terminate_instances, ec2.stop_instances, ec2.reboot_instances):
        with pytest.raises(ClientError) as refused:
            change(InstanceIds=[instance["InstanceId"]])
        assert refused.value.response["Error"]["Code"] == "UnauthorizedOperation"
    with pytest.raises(ClientError) as refused:
        ecs.delete_capacity_provider(capacityProvider=PROVIDER, cluster=CLUSTER)
    assert refused.value.response["Error"]["Code"] == "ResourceInUseException"

    ecs.stop_task(cluster=CLUSTER, task=arn)
    fresh.kill_child("server")
    wait_for(lambda: {it["State"]["Name"] for it in instances(fresh)} == {"terminated"}, 120, "the end of the idle instance")
    wait_for(lambda: not ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"], 90, "a cluster without instances")
    assert len(instances(fresh)) == 1, "no instance too many"

    ecs.delete_capacity_provider(capacityProvider=PROVIDER, cluster=CLUSTER)
    wait_for(lambda: describe(fresh)["status"] == "INACTIVE", 30, "the end of the provider")
    ecs.delete_cluster(cluster=CLUSTER)


def test_a_role_that_may_not_launch_is_told_of(fresh):
    image = images.push(fresh, "busybox")
    make_provider(fresh)
    fresh.client("iam").detach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)
    run(fresh, image)
    found = wait_for(lambda: (it := describe(fresh)).get("updateStatusReason") and it, 60, "why no instance comes")
    assert found["updateStatus"] == "UPDATE_FAILED"
    assert instances(fresh) == []
