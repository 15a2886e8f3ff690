"""Predictive scaling through boto3: two weeks of samples, forecasts of them, and capacity before the hour, over kill -9 too."""

import datetime

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_for
from test_ec2_instances import own_image_of

UTC = datetime.UTC
HOUR = datetime.timedelta(hours=1)
FOREVER = ": a task that is scaled; trap exit TERM; while :; do sleep 1; done"


NOW = datetime.datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def load(at):
    """Twice as much in the hours that come after the next."""
    ahead = int((at - NOW) / HOUR) % 24
    return 600.0 if 2 <= ahead < 6 else 300.0


@pytest.fixture(scope="module")
def measured(wharf):
    """Two weeks of a load, and of three units that carry it."""
    cloudwatch, namespace = wharf.client("cloudwatch"), tasks.unique("App")
    # Two weeks are all that is taken, and NOW may be two hours ago by now.
    hours = [NOW - it * HOUR for it in range(1, 14 * 24 - 2)]
    for name, value in (("Load", load), ("Each", lambda at: load(at) / 3), ("Units", lambda at: 3.0)):
        data = [{"MetricName": name, "Value": value(at), "Timestamp": at} for at in hours]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    return namespace


def customized(namespace, name):
    metric = {"Namespace": namespace, "MetricName": name}
    return {"MetricDataQueries": [{"Id": "m", "MetricStat": {"Metric": metric, "Stat": "Average"}}]}


def configuration(namespace, **more):
    specification = {
        "TargetValue": 100.0,
        "CustomizedLoadMetricSpecification": customized(namespace, "Load"),
        "CustomizedScalingMetricSpecification": customized(namespace, "Each"),
        "CustomizedCapacityMetricSpecification": customized(namespace, "Units"),
    }
    return {"MetricSpecifications": [specification], "Mode": "ForecastAndScale", "SchedulingBufferTime": 0, **more}


def made(forecast, **target):
    """The forecast, once there is one."""

    def found():
        try:
            return forecast(**target, PolicyName="tides", StartTime=NOW, EndTime=NOW + 48 * HOUR)
        except ClientError as error:
            assert "There is no forecast" in error.response["Error"]["Message"], error
            return None

    return wait_for(found, 30, "a forecast")


def check(forecast):
    capacity, [of_load] = forecast["CapacityForecast"], forecast["LoadForecast"]
    # It begins with the hour in which it was made, which may have come since NOW.
    first = capacity["Timestamps"][0]
    assert NOW <= first <= datetime.datetime.now(UTC)
    assert len(capacity["Timestamps"]) == len(of_load["Values"]) == (NOW + 48 * HOUR - first) / HOUR
    for at, needed, expected in zip(capacity["Timestamps"], capacity["Values"], of_load["Values"], strict=True):
        assert (needed, expected) == (load(at) / 100, load(at)), at


def test_a_service_has_what_is_forecast(wharf, busybox, measured):
    ecs, scaling = wharf.client("ecs"), wharf.client("application-autoscaling")
    name = tasks.unique("tides")
    definition = tasks.register(wharf, busybox, stopTimeout=2, memory=16, **sh(FOREVER))
    ecs.create_service(serviceName=name, taskDefinition=definition, desiredCount=1, launchType="EC2")
    resource = {"ServiceNamespace": "ecs", "ResourceId": f"service/default/{name}", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**resource, MinCapacity=1, MaxCapacity=2)

    def count():
        return ecs.describe_services(services=[name])["services"][0]["desiredCount"]

    def put(policy="tides", **given):
        return scaling.put_scaling_policy(**resource, PolicyName=policy, PolicyType="PredictiveScaling", **given)

    given = configuration(measured, MaxCapacityBreachBehavior="IncreaseMaxCapacity", MaxCapacityBuffer=0)
    put(PredictiveScalingPolicyConfiguration=given)
    check(made(scaling.get_predictive_scaling_forecast, **resource))
    # More than the maximum was: it is raised.
    wait_for(lambda: count() == 3, 30, "three tasks")
    [target] = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource["ResourceId"]])["ScalableTargets"]
    assert target["MaxCapacity"] == 3
    told = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=resource["ResourceId"])["ScalingActivities"]
    assert {it["Description"] for it in told} == {"Setting max capacity to 3", "Setting desired count to 3."}
    assert {it["Cause"] for it in told} == {"predictive scaling policy tides forecast a capacity of 3"}

    # Whoever sets less has what is forecast again, and a forecast outlives the server.
    wharf.kill_child("server")
    ecs.update_service(service=name, desiredCount=1)
    wait_for(lambda: count() == 3, 90, "three tasks again")
    check(made(scaling.get_predictive_scaling_forecast, **resource))

    [shown] = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=resource["ResourceId"])["ScalingPolicies"]
    assert shown["PredictiveScalingPolicyConfiguration"] == {
        **given,
        "MetricSpecifications": shown["PredictiveScalingPolicyConfiguration"]["MetricSpecifications"],
    }
    bad = {
        "MetricSpecifications must contain exactly one": {"MetricSpecifications": []},
        "MaxCapacityBuffer is required": {"MaxCapacityBreachBehavior": "IncreaseMaxCapacity"},
        "MaxCapacityBuffer can only be specified": {"MaxCapacityBuffer": 10},
    }
    for text, change in bad.items():
        code, said = refused(put, policy="bad", PredictiveScalingPolicyConfiguration=configuration(measured, **change))
        assert code == "ValidationException" and said.startswith(text), said
    broken = configuration(measured)
    queries = {"MetricDataQueries": [{"Id": "e", "Expression": "NOSUCH(1)"}]}
    broken["MetricSpecifications"][0]["CustomizedLoadMetricSpecification"] = queries
    code, said = refused(put, policy="bad", PredictiveScalingPolicyConfiguration=broken)
    assert code == "ValidationException" and said.startswith("The metrics of the policy cannot be read"), said

    scaling.delete_scaling_policy(**resource, PolicyName="tides")
    asked = {"PolicyName": "tides", "StartTime": NOW, "EndTime": NOW + HOUR}
    assert refused(scaling.get_predictive_scaling_forecast, **resource, **asked)[0] == "ValidationException"
    scaling.deregister_scalable_target(**resource)
    ecs.delete_service(service=name, force=True)


def test_a_group_wants_what_is_forecast(wharf, measured):
    ec2, groups = wharf.client("ec2"), wharf.client("autoscaling")
    name = tasks.unique("tides")
    subnet = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]["SubnetId"]
    groups.create_launch_configuration(LaunchConfigurationName=name, ImageId=own_image_of(wharf), InstanceType="t3.small")
    sizes = {"MinSize": 0, "MaxSize": 2, "DesiredCapacity": 0}
    groups.create_auto_scaling_group(AutoScalingGroupName=name, LaunchConfigurationName=name, VPCZoneIdentifier=subnet, **sizes)
    # What it wants is told without machines.
    groups.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch", "ScheduledActions"])

    def described():
        return groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]

    given = configuration(measured)
    policy = {"AutoScalingGroupName": name, "PolicyName": "tides", "PolicyType": "PredictiveScaling"}
    groups.put_scaling_policy(**policy, PredictiveScalingConfiguration=given)
    check(made(groups.get_predictive_scaling_forecast, AutoScalingGroupName=name))
    assert described()["DesiredCapacity"] == 0
    groups.resume_processes(AutoScalingGroupName=name, ScalingProcesses=["ScheduledActions"])
    # The maximum is honoured, and may be raised.
    wait_for(lambda: described()["DesiredCapacity"] == 2, 60, "the maximum")
    given = configuration(measured, MaxCapacityBreachBehavior="IncreaseMaxCapacity", MaxCapacityBuffer=50)
    groups.put_scaling_policy(**policy, PredictiveScalingConfiguration=given)
    wait_for(lambda: described()["DesiredCapacity"] == 3, 60, "what is forecast")
    assert described()["MaxSize"] == 5
    [shown] = groups.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    assert (shown["PolicyType"], shown["PredictiveScalingConfiguration"]["MaxCapacityBuffer"]) == ("PredictiveScaling", 50)
    assert "cannot be executed" in refused(groups.execute_policy, AutoScalingGroupName=name, PolicyName="tides")[1]
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
