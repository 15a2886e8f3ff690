"""Capacity providers over Auto Scaling groups: what is made and refused, and tasks that wait for instances."""

import base64
import json

import pytest

from harness import images, tasks
from harness.installation import Installation
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(0.5)

# Shown by Parameter Store, as AWS shows its own.
OWN_IMAGE = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
}
MAY_JOIN = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"


def template(wharf, cluster):
    """A launch template whose instances join a cluster; returns its name."""
    iam, name = wharf.client("iam"), tasks.unique("machines")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.attach_role_policy(RoleName=name, PolicyArn=MAY_JOIN)
    joins = f"#!/bin/sh\nmkdir -p /etc/ecs && echo ECS_CLUSTER={cluster} >> /etc/ecs/ecs.config\n"
    data = {
        "ImageId": wharf.client("ssm").get_parameter(Name=OWN_IMAGE)["Parameter"]["Value"],
        "InstanceType": "t3.nano",
        "IamInstanceProfile": {"Name": name},
        "UserData": base64.b64encode(joins.encode()).decode(),
    }
    wharf.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    return name


def group(wharf, template):
    """An Auto Scaling group without instances; returns its name and ARN."""
    groups, name = wharf.client("autoscaling"), tasks.unique("group")
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": template, "Version": "$Latest"},
        MinSize=0,
        MaxSize=2,
        VPCZoneIdentifier=",".join(tasks.default_subnets(wharf)),
    )
    (made,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return name, made["AutoScalingGroupARN"]


def provider(wharf, arn, **settings):
    name = tasks.unique("provider")
    given = {"autoScalingGroupArn": arn, **settings}
    made = wharf.client("ecs").create_capacity_provider(name=name, autoScalingGroupProvider=given)
    assert made["capacityProvider"]["status"] == "ACTIVE"
    return name


def test_a_provider_is_associated_and_goes_again(wharf):
    ecs, cluster = wharf.client("ecs"), tasks.unique("cluster")
    ecs.create_cluster(clusterName=cluster)
    name, arn = group(wharf, template(wharf, cluster))
    made = provider(wharf, arn, managedScaling={"status": "ENABLED", "targetCapacity": 90})
    (tagged,) = wharf.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    assert "AmazonECSManaged" in [tag["Key"] for tag in tagged["Tags"]]
    (shown,) = ecs.describe_capacity_providers(capacityProviders=[made])["capacityProviders"]
    assert shown["autoScalingGroupProvider"]["managedScaling"]["targetCapacity"] == 90
    assert shown["autoScalingGroupProvider"]["managedDraining"] == "ENABLED"
    code, text = refused(ecs.create_capacity_provider, name="second", autoScalingGroupProvider={"autoScalingGroupArn": arn})
    assert code == "ClientException" and "already being used by another capacity provider" in text
    code, text = refused(ecs.update_capacity_provider, name=made, autoScalingGroupProvider={"managedTerminationProtection": "ENABLED"})
    assert code == "ClientException" and "instance protection from scale in enabled" in text
    strategy = [{"capacityProvider": made, "weight": 1}]
    put = {"cluster": cluster, "capacityProviders": [made], "defaultCapacityProviderStrategy": strategy}
    assert ecs.put_cluster_capacity_providers(**put)["cluster"]["attachmentsStatus"] == "UPDATE_COMPLETE"
    code, text = refused(ecs.delete_capacity_provider, capacityProvider=made)
    assert code == "ClientException" and f"associated with cluster: {cluster}" in text
    arn = shown["capacityProviderArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "shop"}])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "shop"}]
    ecs.delete_cluster(cluster=cluster)
    assert ecs.delete_capacity_provider(capacityProvider=made)["capacityProvider"]["status"] == "INACTIVE"


@pytest.fixture
def fresh():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def test_tasks_wait_until_the_group_has_an_instance(fresh):
    ecs, groups = fresh.client("ecs"), fresh.client("autoscaling")
    ecs.create_cluster(clusterName="machines")
    image, machines = images.push(fresh, "busybox"), template(fresh, "machines")
    (name, arn), (other, other_arn) = group(fresh, machines), group(fresh, machines)
    waited_for = provider(fresh, arn, managedScaling={"status": "ENABLED"})
    # Managed scaling brings none before the test has looked.
    largest = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]["MaxSize"]
    groups.update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=0)
    stranger = provider(fresh, other_arn)
    ecs.put_cluster_capacity_providers(cluster="machines", capacityProviders=[waited_for, stranger], defaultCapacityProviderStrategy=[])

    def instances():
        arns = ecs.list_container_instances(cluster="machines", status="ACTIVE")["containerInstanceArns"]
        known = ecs.describe_container_instances(cluster="machines", containerInstances=arns)["containerInstances"] if arns else []
        return {it["containerInstanceArn"]: it.get("capacityProviderName") for it in known}

    # An instance of another group takes none of them.
    groups.set_desired_capacity(AutoScalingGroupName=other, DesiredCapacity=1)
    wait_for(lambda: stranger in instances().values(), 90, "an instance of the other group")
    definition = tasks.register(fresh, image, **sh("sleep 600"))
    options = {"cluster": "machines", "capacityProviderStrategy": [{"capacityProvider": waited_for, "weight": 1}]}
    first, second = (tasks.start(fresh, definition, **options) for _ in range(2))
    ecs.create_service(
        cluster="machines",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=1,
        capacityProviderStrategy=options["capacityProviderStrategy"],
    )

    def pending():
        (service,) = ecs.describe_services(cluster="machines", services=["web"])["services"]
        return service["pendingCount"] == 1

    wait_for(pending, 30, "a task of the service that waits")
    fresh.kill_child("server")
    for task in (first, second):
        shown = task.describe()
        assert shown["lastStatus"] == "PROVISIONING" and "containerInstanceArn" not in shown
        assert shown["capacityProviderName"] == waited_for
    second.stop()

    groups.update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=largest, DesiredCapacity=1)
    wait_for(lambda: waited_for in instances().values(), 90, "an instance of the group")
    # Managed scaling may have brought one more.
    assert instances()[first.wait("RUNNING")["containerInstanceArn"]] == waited_for
    ecs.get_waiter("services_stable").wait(cluster="machines", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    said = ecs.describe_services(cluster="machines", services=["web"])["services"][0]["events"]
    assert not [it["message"] for it in said if "unable to place" in it["message"]]
