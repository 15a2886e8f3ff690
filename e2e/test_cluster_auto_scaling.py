"""ECS scales an Auto Scaling group: tasks wait, instances come, tasks run; and back, over deaths of the server."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from harness import images, tasks
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import told, wait_for
from test_ec2_instances import MAY_JOIN, own_image_of, profile

pytestmark = pytest.mark.minutes(0.5)

CLUSTER = "elastic"
JOINS = f"""#!/bin/sh
mkdir -p /etc/ecs && echo ECS_CLUSTER={CLUSTER} >> /etc/ecs/ecs.config
"""
HOOK = "ecs-managed-draining-termination-hook"
# Two tasks of the service fit on an instance of this type.
TYPE, CPU = "t3.small", 1024


@pytest.fixture
def fresh():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def make_group(wharf, name, **options):
    """A group without instances, whose instances join the cluster; its ARN."""
    data = {
        "ImageId": own_image_of(wharf),
        "InstanceType": TYPE,
        "IamInstanceProfile": {"Name": profile(wharf, MAY_JOIN)},
        "UserData": base64.b64encode(JOINS.encode()).decode(),
    }
    wharf.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    groups = wharf.client("autoscaling")
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
        MinSize=0,
        MaxSize=3,
        DesiredCapacity=0,
        VPCZoneIdentifier=",".join(tasks.default_subnets(wharf)),
        **options,
    )
    return group_of(wharf, name)["AutoScalingGroupARN"]


def group_of(wharf, name):
    (group,) = wharf.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return group


def make_provider(wharf, group, **options):
    ecs = wharf.client("ecs")
    # Longer than a machine takes to join where others work beside it: until it counts, more would be launched.
    scaling = {"status": "ENABLED", "targetCapacity": 100, "instanceWarmupPeriod": 60}
    provider = {"autoScalingGroupArn": group, "managedScaling": scaling, **options}
    ecs.create_capacity_provider(name="spare", autoScalingGroupProvider=provider)
    strategy = [{"capacityProvider": "spare", "weight": 1}]
    ecs.create_cluster(clusterName=CLUSTER, capacityProviders=["spare"], defaultCapacityProviderStrategy=strategy)


def make_service(wharf, image, count):
    ecs = wharf.client("ecs")
    container = {
        "name": "main",
        "image": image,
        "essential": True,
        "cpu": CPU,
        "memory": 128,
        **sh("trap exit TERM; while true; do sleep 1; done"),
    }
    ecs.register_task_definition(family="worker", networkMode="awsvpc", containerDefinitions=[container])
    network = {"awsvpcConfiguration": {"subnets": tasks.default_subnets(wharf)}}
    ecs.create_service(cluster=CLUSTER, serviceName="worker", taskDefinition="worker", desiredCount=count, networkConfiguration=network)


def statuses(wharf):
    ecs = wharf.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName="worker")["taskArns"]
    known = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    return sorted(it["lastStatus"] for it in known)


def some(found, *names):
    """Of each of a list these members, as texts."""
    return [{name: str(it[name]) for name in names if name in it} for it in found]


def standing(wharf):
    """Why instances may still be there, or not yet: what a wait that failed has to say. One part that cannot be had leaves the others."""
    ecs, ec2, groups = wharf.client("ecs"), wharf.client("ec2"), wharf.client("autoscaling")
    of_group = {"AutoScalingGroupName": "elastic"}

    def group():
        found = group_of(wharf, "elastic")
        members = some(found["Instances"], "InstanceId", "LifecycleState", "HealthStatus", "ProtectedFromScaleIn")
        return {name: found[name] for name in ("MinSize", "DesiredCapacity", "MaxSize")} | {"Instances": members}

    def hooks():
        found = groups.describe_lifecycle_hooks(**of_group)["LifecycleHooks"]
        return some(found, "LifecycleHookName", "LifecycleTransition", "HeartbeatTimeout", "DefaultResult")

    def activities():
        # The latest come first; those that a hook holds say so by their status.
        found = groups.describe_scaling_activities(**of_group)["Activities"][:20]
        return some(found, "StartTime", "EndTime", "StatusCode", "StatusMessage", "Description", "Cause")

    def alarms():
        return some(alarms_of(wharf, policy_of(wharf, "elastic")), "AlarmName", "StateValue", "StateUpdatedTimestamp", "StateReason")

    def container_instances():
        arns = ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
        found = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=arns)["containerInstances"] if arns else []
        return some(found, "ec2InstanceId", "containerInstanceArn", "status", "agentConnected", "runningTasksCount", "pendingTasksCount")

    def tasks_of_cluster():
        listed = (ecs.list_tasks(cluster=CLUSTER, desiredStatus=it)["taskArns"] for it in ("RUNNING", "STOPPED"))
        arns = [arn for each in listed for arn in each]
        found = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
        return some(found, "taskArn", "containerInstanceArn", "desiredStatus", "lastStatus", "stopCode", "stoppedReason")

    def instances():
        found = [it for each in ec2.describe_instances()["Reservations"] for it in each["Instances"]]
        return some(found, "InstanceId", "State", "StateReason", "StateTransitionReason")

    parts = [group, hooks, activities, alarms, container_instances, tasks_of_cluster, instances]
    return "\n".join(f"{it.__name__}: {told(it)}" for it in parts)


def until(wharf, condition, deadline_s, what):
    """As `wait_for`, and what fails says how all stands."""
    return wait_for(condition, deadline_s, what, tell=lambda: standing(wharf))


def policy_of(wharf, group):
    policies = wharf.client("autoscaling").describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    return policies[0] if policies else None


def alarms_of(wharf, policy):
    names = [it["AlarmName"] for it in policy["Alarms"]]
    return wharf.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]


def test_a_service_has_the_instances_that_it_needs(fresh):
    image = images.push(fresh, "busybox")
    group = make_group(fresh, "elastic", NewInstancesProtectedFromScaleIn=True)
    make_provider(fresh, group, managedTerminationProtection="ENABLED")

    policy = until(fresh, lambda: policy_of(fresh, "elastic"), 30, "the policy of ECS")
    assert policy["PolicyName"].startswith("ECSManagedAutoScalingPolicy-")
    tracked = policy["TargetTrackingConfiguration"]
    assert tracked["TargetValue"] == 100.0
    assert tracked["CustomizedMetricSpecification"]["MetricName"] == "CapacityProviderReservation"
    periods = until(
        fresh, lambda: sorted(it["EvaluationPeriods"] for it in alarms_of(fresh, policy_of(fresh, "elastic"))), 30, "its alarms"
    )
    assert periods == [1, 15]
    hooks = fresh.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName="elastic")["LifecycleHooks"]
    assert [it["LifecycleHookName"] for it in hooks] == [HOOK]
    assert "AmazonECSManaged" in [it["Key"] for it in group_of(fresh, "elastic")["Tags"]]

    make_service(fresh, image, 3)
    until(fresh, lambda: statuses(fresh) == ["RUNNING"] * 3, 60, "three tasks on instances that came for them")
    reservation = fresh.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS/ManagedScaling",
        MetricName="CapacityProviderReservation",
        Dimensions=[{"Name": "CapacityProviderName", "Value": "spare"}, {"Name": "ClusterName", "Value": CLUSTER}],
        StartTime=datetime.now(UTC) - timedelta(hours=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    assert max(it["Maximum"] for it in reservation) == 200.0
    grown = group_of(fresh, "elastic")
    assert grown["DesiredCapacity"] == 2, grown
    until(
        fresh,
        lambda: all(it["ProtectedFromScaleIn"] for it in group_of(fresh, "elastic")["Instances"]),
        30,
        "protected instances with tasks",
    )

    # The server dies while there is more to come.
    fresh.client("ecs").update_service(cluster=CLUSTER, service="worker", desiredCount=5)
    fresh.kill_child("server")
    until(fresh, lambda: statuses(fresh) == ["RUNNING"] * 5, 90, "five tasks on three instances")

    fresh.client("ecs").update_service(cluster=CLUSTER, service="worker", desiredCount=0)
    until(fresh, lambda: not statuses(fresh), 60, "no task")
    until(fresh, lambda: not any(it["ProtectedFromScaleIn"] for it in group_of(fresh, "elastic")["Instances"]), 90, "instances that may go")
    (high,) = [it["AlarmName"] for it in alarms_of(fresh, policy_of(fresh, "elastic")) if "AlarmHigh" in it["AlarmName"]]
    # The policy would do it after a quarter of an hour below the target.
    fresh.client("autoscaling").set_desired_capacity(AutoScalingGroupName="elastic", DesiredCapacity=0)
    # The word of the minute in which tasks waited may come as late as this.
    waited = json.dumps({"recentDatapoints": [150.0]})
    fresh.client("cloudwatch").set_alarm_state(AlarmName=high, StateValue="ALARM", StateReason="tasks waited", StateReasonData=waited)
    fresh.kill_child("server")

    def emptied():
        found = group_of(fresh, "elastic")
        return found["DesiredCapacity"] == 0 and not found["Instances"]

    until(fresh, emptied, 150, "an empty group")
    found = fresh.client("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}])
    assert found["Reservations"] == []


def test_an_instance_that_goes_is_drained_first(fresh):
    image = images.push(fresh, "busybox")
    make_provider(fresh, make_group(fresh, "elastic"))
    make_service(fresh, image, 2)
    until(fresh, lambda: statuses(fresh) == ["RUNNING"] * 2, 60, "two tasks on an instance")
    (instance,) = group_of(fresh, "elastic")["Instances"]

    # It goes, and another comes for its tasks.
    fresh.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=instance["InstanceId"], ShouldDecrementDesiredCapacity=False
    )
    least = []

    def replaced():
        running = statuses(fresh).count("RUNNING")
        least.append(running)
        others = [it["InstanceId"] for it in group_of(fresh, "elastic")["Instances"]]
        return running == 2 and others and instance["InstanceId"] not in others

    until(fresh, replaced, 150, "both tasks on another instance")
    assert min(least) >= 2, "the service had fewer tasks than its minimum"

    def state():
        (found,) = fresh.client("ec2").describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"]
        return found["Instances"][0]["State"]["Name"]

    until(fresh, lambda: state() == "terminated", 60, "the end of the first instance")
