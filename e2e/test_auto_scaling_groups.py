"""EC2 Auto Scaling through boto3: groups, what launches them, what becomes of them where no host takes instances."""

import pytest

from harness import tasks
from harness.refusals import refused
from harness.waiting import wait_for
from test_ec2_instances import own_image_of

DEADLINE_S = 30
# No image: each launch is refused, and the activities say so.
NO_IMAGE = "ami-0123456789abcdef0"


@pytest.fixture
def groups(wharf):
    return wharf.client("autoscaling")


@pytest.fixture
def subnets(wharf):
    found = wharf.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    return sorted(found, key=lambda it: it["AvailabilityZone"])


@pytest.fixture
def configuration(wharf, groups):
    name, user_data = tasks.unique("launch"), "IyEvYmluL3NoCg=="
    kind = {"ImageId": own_image_of(wharf), "InstanceType": "t3.small"}
    groups.create_launch_configuration(LaunchConfigurationName=name, UserData=user_data, **kind)
    return {"LaunchConfigurationName": name}


@pytest.fixture
def failing(wharf):
    """A launch template, whose image is looked for when an instance is launched."""
    ec2, name = wharf.client("ec2"), tasks.unique("launch")
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"ImageId": NO_IMAGE, "InstanceType": "t3.small"})
    yield {"LaunchTemplate": {"LaunchTemplateName": name, "Version": "$Latest"}}
    ec2.delete_launch_template(LaunchTemplateName=name)


def described(groups, name):
    return groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]


def made(groups, source, subnets, **more):
    name = tasks.unique("group")
    settings = {"MinSize": 0, "MaxSize": 3, "VPCZoneIdentifier": ",".join(it["SubnetId"] for it in subnets[:2])}
    groups.create_auto_scaling_group(AutoScalingGroupName=name, **(settings | source | more))
    return name


def test_a_group_is_shown_as_it_was_made(groups, configuration, subnets):
    tag = {"Key": "team", "Value": "shop", "PropagateAtLaunch": True}
    name = made(groups, configuration, subnets, Tags=[tag], HealthCheckGracePeriod=30, NewInstancesProtectedFromScaleIn=True)
    (group,) = described(groups, name)
    assert group["AutoScalingGroupARN"].endswith(f":autoScalingGroupName/{name}")
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"], group["DefaultCooldown"]) == (0, 3, 0, 300)
    assert group["AvailabilityZones"] == [it["AvailabilityZone"] for it in subnets[:2]]
    assert group["LaunchConfigurationName"] == configuration["LaunchConfigurationName"]
    assert (group["HealthCheckType"], group["HealthCheckGracePeriod"]) == ("EC2", 30)
    assert group["TerminationPolicies"] == ["Default"]
    assert group["NewInstancesProtectedFromScaleIn"]
    assert [(it["Key"], it["Value"], it["PropagateAtLaunch"]) for it in group["Tags"]] == [("team", "shop", True)]
    assert group["ServiceLinkedRoleARN"].endswith("/AWSServiceRoleForAutoScaling")
    groups.update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=5, TerminationPolicies=["OldestInstance"])
    (group,) = described(groups, name)
    assert (group["MaxSize"], group["TerminationPolicies"]) == (5, ["OldestInstance"])
    groups.delete_tags(Tags=[{"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": "team"}])
    assert described(groups, name)[0]["Tags"] == []
    in_use = refused(groups.delete_launch_configuration, **configuration)
    assert in_use[0] == "ResourceInUse"
    groups.delete_auto_scaling_group(AutoScalingGroupName=name)
    wait_for(lambda: not described(groups, name), DEADLINE_S, "the group is gone")
    groups.delete_launch_configuration(**configuration)


def test_how_instances_are_replaced_and_what_is_launched_at_once(groups, failing, subnets):
    policy = {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120}
    evenly = {"CapacityDistributionStrategy": "balanced-only"}
    settings = {"InstanceMaintenancePolicy": policy, "AvailabilityZoneDistribution": evenly, "CapacityRebalance": True}
    name = made(groups, failing, subnets, DeletionProtection="prevent-all-deletion", **settings)
    (group,) = described(groups, name)
    assert {key: group[key] for key in settings} == settings
    code, message = refused(groups.delete_auto_scaling_group, AutoScalingGroupName=name, ForceDelete=True)
    assert code == "ValidationError" and "deletion protection is prevent-all-deletion" in message
    nothing = {"MinHealthyPercentage": -1, "MaxHealthyPercentage": -1}
    groups.update_auto_scaling_group(AutoScalingGroupName=name, DeletionProtection="none", InstanceMaintenancePolicy=nothing)
    assert "InstanceMaintenancePolicy" not in described(groups, name)[0]
    launch = {"AutoScalingGroupName": name, "RequestedCapacity": 2, "SubnetIds": [subnets[1]["SubnetId"]], "ClientToken": "one"}
    launched = groups.launch_instances(**launch)
    (error,) = launched["Errors"]
    assert launched["Instances"] == [] and NO_IMAGE in error["ErrorMessage"]
    assert (error["SubnetId"], error["MarketType"]) == (subnets[1]["SubnetId"], "on-demand")
    assert described(groups, name)[0]["DesiredCapacity"] == 0
    again = groups.launch_instances(**launch)
    assert again["Errors"] == launched["Errors"]
    code, _ = refused(groups.launch_instances, **launch | {"RequestedCapacity": 1})
    assert code == "IdempotentParameterMismatch"
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    wait_for(lambda: not described(groups, name), DEADLINE_S, "the group is gone")


def test_what_cannot_be_launched_is_told_in_activities(groups, failing, subnets):
    name = made(groups, failing, subnets)
    groups.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=1)

    def failed():
        found = groups.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
        return [it for it in found if it["StatusCode"] == "Failed"]

    activity = wait_for(failed, DEADLINE_S, "an activity failed")[-1]
    assert activity["StatusMessage"].endswith("Launching EC2 instance failed.")
    assert NO_IMAGE in activity["StatusMessage"]
    assert "a user request explicitly set group desired capacity changing the desired capacity from 0 to 1" in activity["Cause"]
    assert activity["Progress"] == 100
    assert described(groups, name)[0]["Instances"] == []
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    wait_for(lambda: not described(groups, name), DEADLINE_S, "the group is gone")


def test_processes_and_hooks(groups, failing, subnets):
    name = made(groups, failing, subnets)
    groups.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])
    assert [it["ProcessName"] for it in described(groups, name)[0]["SuspendedProcesses"]] == ["Launch"]
    groups.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=1)
    groups.resume_processes(AutoScalingGroupName=name)
    assert described(groups, name)[0]["SuspendedProcesses"] == []
    transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    groups.put_lifecycle_hook(LifecycleHookName="drain", AutoScalingGroupName=name, LifecycleTransition=transition)
    (hook,) = groups.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    assert (hook["HeartbeatTimeout"], hook["GlobalTimeout"], hook["DefaultResult"]) == (3600, 172800, "ABANDON")
    code, message = refused(
        groups.complete_lifecycle_action,
        LifecycleHookName="drain", AutoScalingGroupName=name, LifecycleActionResult="CONTINUE", InstanceId="i-0123456789abcdef0",
    )  # fmt: skip
    assert (code, message) == ("ValidationError", "No active Lifecycle Action found with instance ID i-0123456789abcdef0")
    groups.delete_lifecycle_hook(LifecycleHookName="drain", AutoScalingGroupName=name)
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def test_what_is_refused(wharf, groups, configuration, subnets):
    missing = "AutoScalingGroup name not found - no such group: nothing"
    call = groups.update_auto_scaling_group
    assert refused(call, AutoScalingGroupName="nothing", MaxSize=1) == ("ValidationError", missing)
    name = made(groups, configuration, subnets)
    call = groups.set_desired_capacity
    above = "New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup."
    assert refused(call, AutoScalingGroupName=name, DesiredCapacity=4) == ("ValidationError", above)
    again = {"AutoScalingGroupName": name, **configuration, "MinSize": 0, "MaxSize": 1}
    code, message = refused(groups.create_auto_scaling_group, **again, VPCZoneIdentifier=subnets[0]["SubnetId"])
    assert (code, name in message) == ("AlreadyExists", True)
    kind = {"LaunchConfigurationName": "none", "ImageId": NO_IMAGE, "InstanceType": "t3.small"}
    missing = f"AMI {NO_IMAGE} is invalid: The image id '[{NO_IMAGE}]' does not exist"
    assert refused(groups.create_launch_configuration, **kind) == ("ValidationError", missing)
    kind["ImageId"] = own_image_of(wharf)
    for more, missing in (
        ({"InstanceType": "t0.small"}, "The specified instance type t0.small is not valid"),
        ({"KeyName": "lost"}, "The key pair 'lost' does not exist"),
        ({"SecurityGroups": ["sg-0123456789abcdef0"]}, "The security group 'sg-0123456789abcdef0' does not exist"),
    ):
        assert refused(groups.create_launch_configuration, **(kind | more)) == ("ValidationError", missing)
    call = groups.terminate_instance_in_auto_scaling_group
    code, message = refused(call, InstanceId="i-0123456789abcdef0", ShouldDecrementDesiredCapacity=True)
    assert (code, message.startswith("Instance Id not found")) == ("ValidationError", True)
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateName": "web", "Version": "1"}}}
    call = groups.create_auto_scaling_group
    code, message = refused(call, AutoScalingGroupName="mixed", MinSize=0, MaxSize=1, MixedInstancesPolicy=policy)
    assert code == "ValidationError" and "launch template" in message, (code, message)
    groups.delete_auto_scaling_group(AutoScalingGroupName=name)


def test_capacity_in_units(wharf, groups, subnets):
    ec2 = wharf.client("ec2")
    ec2.create_launch_template(LaunchTemplateName="units", LaunchTemplateData={"ImageId": NO_IMAGE, "InstanceType": "t3.small"})
    template = {"LaunchTemplateName": "units", "Version": "$Latest"}

    def policy(*weights):
        overrides = [{"InstanceType": of, "WeightedCapacity": weight} for of, weight in weights]
        return {"LaunchTemplate": {"LaunchTemplateSpecification": template, "Overrides": overrides}}

    sizes = {"AutoScalingGroupName": "units", "MinSize": 0, "MaxSize": 9, "DesiredCapacity": 0}
    place = {"VPCZoneIdentifier": subnets[0]["SubnetId"]}
    for weight in ("0", "1000", "x"):
        code, message = refused(
            groups.create_auto_scaling_group, **sizes, **place, MixedInstancesPolicy=policy(("t3.small", weight))
        )  # fmt: skip
        assert code == "ValidationError" and "WeightedCapacity" in message
    groups.create_auto_scaling_group(**sizes, **place, MixedInstancesPolicy=policy(("t3.small", "1"), ("t3.large", "4")))
    shown = described(groups, "units")[0]["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert [(it["InstanceType"], it["WeightedCapacity"]) for it in shown] == [("t3.small", "1"), ("t3.large", "4")]
    groups.delete_auto_scaling_group(AutoScalingGroupName="units", ForceDelete=True)
    ec2.delete_launch_template(LaunchTemplateName="units")


def test_lists_that_are_the_same_for_all(groups):
    kinds = groups.describe_adjustment_types()["AdjustmentTypes"]
    assert [it["AdjustmentType"] for it in kinds] == ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]
    assert "Default" in groups.describe_termination_policy_types()["TerminationPolicyTypes"]
    processes = [it["ProcessName"] for it in groups.describe_scaling_process_types()["Processes"]]
    assert "Launch" in processes and "AZRebalance" in processes
    limits = groups.describe_account_limits()
    assert limits["MaxNumberOfAutoScalingGroups"] == 500
    assert limits["NumberOfAutoScalingGroups"] <= 500


def test_warm_pools_are_described_and_refused_as_aws_does(groups, configuration, subnets):
    name = made(groups, configuration, subnets)
    named = {"AutoScalingGroupName": name}
    assert "WarmPoolConfiguration" not in groups.describe_warm_pool(**named)
    # With the group's maximum of 3 prepared nothing can be launched here, and the pool stays empty.
    groups.put_warm_pool(**named, MinSize=1, PoolState="Running")
    groups.put_warm_pool(**named, MaxGroupPreparedCapacity=2)
    shown = groups.describe_warm_pool(**named)["WarmPoolConfiguration"]
    assert shown == {"MinSize": 1, "MaxGroupPreparedCapacity": 2, "PoolState": "Running"}
    groups.put_warm_pool(**named, MaxGroupPreparedCapacity=-1)
    assert "MaxGroupPreparedCapacity" not in groups.describe_warm_pool(**named)["WarmPoolConfiguration"]
    nobody = "AutoScalingGroup name not found - no such group: nobody"
    for call in (groups.put_warm_pool, groups.describe_warm_pool, groups.delete_warm_pool):
        assert refused(call, AutoScalingGroupName="nobody") == ("ValidationError", nobody)
    assert refused(groups.put_warm_pool, **named, PoolState="Asleep")[0] == "ValidationError"
    assert refused(groups.put_warm_pool, **named, PoolState="Hibernated")[0] == "UnsupportedOperation"
    assert refused(groups.put_warm_pool, **named, MinSize=1000)[0] == "ValidationError"
    groups.delete_warm_pool(**named, ForceDelete=True)
    wait_for(lambda: "WarmPoolConfiguration" not in groups.describe_warm_pool(**named), DEADLINE_S, "no pool")
    assert refused(groups.delete_warm_pool, **named)[0] == "ValidationError"
    groups.delete_auto_scaling_group(**named, ForceDelete=True)
