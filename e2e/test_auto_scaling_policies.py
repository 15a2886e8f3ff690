"""EC2 Auto Scaling's policies, schedules, notifications and refreshes through boto3; on a host with its instances."""

import datetime
import json

import pytest

from harness import tasks
from harness.installation import Installation
from harness.refusals import refused
from harness.waiting import wait_for
from test_auto_scaling_groups import configuration, described, groups, made, subnets  # noqa: F401
from test_ec2_instances import own_image_of

DEADLINE_S = 30
UTC = datetime.UTC
STEPS = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
METRIC = {"MetricName": "Jobs", "Namespace": "App", "Statistic": "Average"}


@pytest.fixture
def group(groups, configuration, subnets):  # noqa: F811
    name = made(groups, configuration, subnets)
    yield name
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def desired(groups, name):  # noqa: F811
    return described(groups, name)[0]["DesiredCapacity"]


def hot(cloudwatch, name, *actions):
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="App", MetricName="Heat", Statistic="Maximum", Period=60, EvaluationPeriods=1, Threshold=10,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=list(actions), TreatMissingData="ignore",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="it is hot")


def test_an_alarm_calls_a_step_policy(wharf, groups, group):  # noqa: F811
    cloudwatch, name = wharf.client("cloudwatch"), tasks.unique("hot")
    put = groups.put_scaling_policy(
        AutoScalingGroupName=group, PolicyName="more", PolicyType="StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=STEPS
    )
    groups.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    hot(cloudwatch, name, put["PolicyARN"])
    wait_for(lambda: desired(groups, group) == 1, DEADLINE_S, "the alarm is heeded")
    (shown,) = groups.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    assert [it["AlarmName"] for it in shown["Alarms"]] == [name]
    assert (shown["PolicyType"], shown["MetricAggregationType"], shown["Enabled"]) == ("StepScaling", "Average", True)
    groups.execute_policy(AutoScalingGroupName=group, PolicyName="more", MetricValue=20, BreachThreshold=10)
    cloudwatch.delete_alarms(AlarmNames=[name])
    groups.delete_policy(AutoScalingGroupName=group, PolicyName="more")
    assert groups.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"] == []
    code, message = refused(groups.put_scaling_policy, AutoScalingGroupName=group, PolicyName="p", PolicyType="PredictiveScaling")
    assert (code, "a PredictiveScalingConfiguration" in message) == ("ValidationError", True)


def test_a_target_makes_alarms_and_takes_them_along(wharf, groups, configuration, subnets):  # noqa: F811
    cloudwatch, group = wharf.client("cloudwatch"), made(groups, configuration, subnets)
    average = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 50.0}
    own = {"CustomizedMetricSpecification": METRIC, "TargetValue": 10.0, "DisableScaleIn": True}
    tracking = {"AutoScalingGroupName": group, "PolicyType": "TargetTrackingScaling"}
    first = groups.put_scaling_policy(**tracking, PolicyName="cpu", TargetTrackingConfiguration=average)["Alarms"]
    second = groups.put_scaling_policy(**tracking, PolicyName="jobs", TargetTrackingConfiguration=own)["Alarms"]
    assert (len(first), len(second)) == (2, 1)
    names = [it["AlarmName"] for it in first + second]
    assert all(it.startswith(f"TargetTracking-{group}-Alarm") for it in names)
    alarms = {it["AlarmName"]: it for it in cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]}
    high = alarms[first[0]["AlarmName"]]
    assert (high["Namespace"], high["MetricName"]) == ("AWS/EC2", "CPUUtilization")
    assert high["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": group}]
    groups.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    wait_for(lambda: not cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"], DEADLINE_S, "the alarms are gone")


def test_schedules_resize_a_group(groups, group):  # noqa: F811
    groups.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    soon = datetime.datetime.now(UTC) + datetime.timedelta(seconds=3)
    groups.put_scheduled_update_group_action(
        AutoScalingGroupName=group, ScheduledActionName="soon", StartTime=soon, DesiredCapacity=2, MinSize=1
    )
    groups.put_scheduled_update_group_action(
        AutoScalingGroupName=group,
        ScheduledActionName="night",
        Recurrence="0 22 * * *",
        TimeZone="Europe/Berlin",
        DesiredCapacity=0,
        MinSize=0,
    )
    wait_for(lambda: desired(groups, group) == 2, DEADLINE_S, "the moment came")
    (night,) = groups.describe_scheduled_actions(AutoScalingGroupName=group)["ScheduledUpdateGroupActions"]
    assert (night["ScheduledActionName"], night["TimeZone"]) == ("night", "Europe/Berlin")
    assert night["StartTime"] > datetime.datetime.now(UTC)
    failed = groups.batch_delete_scheduled_action(AutoScalingGroupName=group, ScheduledActionNames=["night", "none"])
    assert [it["ScheduledActionName"] for it in failed["FailedScheduledActions"]] == ["none"]


def test_topics_hear_and_metrics_are_collected(wharf, groups, group):  # noqa: F811
    sns, sqs = wharf.client("sns"), wharf.client("sqs")
    topic, queue = sns.create_topic(Name=group)["TopicArn"], sqs.create_queue(QueueName=group)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    error = "autoscaling:EC2_INSTANCE_LAUNCH_ERROR"
    groups.put_notification_configuration(AutoScalingGroupName=group, TopicARN=topic, NotificationTypes=[error])
    heard = []

    def hears(event):
        for it in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", []):
            heard.append(json.loads(it["Body"]))
        return any(it["Event"] == event for it in heard)

    groups.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    wait_for(lambda: hears("autoscaling:TEST_NOTIFICATION"), DEADLINE_S, "the test is heard")
    # There is no host that takes instances.
    wait_for(lambda: hears(error), DEADLINE_S, "the failed launch is heard")
    groups.enable_metrics_collection(AutoScalingGroupName=group, Granularity="1Minute", Metrics=["GroupDesiredCapacity"])
    (shown,) = described(groups, group)
    assert shown["EnabledMetrics"] == [{"Metric": "GroupDesiredCapacity", "Granularity": "1Minute"}]
    groups.disable_metrics_collection(AutoScalingGroupName=group)
    assert described(groups, group)[0]["EnabledMetrics"] == []


@pytest.fixture
def fresh():
    """An installation whose machine keeps instances."""
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def test_a_group_on_a_host_grows_by_an_alarm_and_is_refreshed(fresh):
    ec2, groups, cloudwatch = fresh.client("ec2"), fresh.client("autoscaling"), fresh.client("cloudwatch")  # noqa: F811
    template = {"ImageId": own_image_of(fresh), "InstanceType": "t3.nano", "Monitoring": {"Enabled": True}}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=template)
    (subnet, *_) = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    groups.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=1, MaxSize=3, VPCZoneIdentifier=subnet["SubnetId"], DefaultInstanceWarmup=0,
        HealthCheckGracePeriod=300,
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
    )  # fmt: skip
    groups.enable_metrics_collection(AutoScalingGroupName="web", Granularity="1Minute")

    def serving():
        instances = described(groups, "web")[0]["Instances"]
        return {it["InstanceId"] for it in instances if it["LifecycleState"] == "InService"}

    wait_for(lambda: len(serving()) == 1, 90, "the first instance")
    put = groups.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="more", PolicyType="StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=STEPS
    )
    hot(cloudwatch, "hot", put["PolicyARN"])
    fresh.kill_child("server")
    wait_for(lambda: len(serving()) == 2, 90, "the alarm added an instance")
    activities = groups.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    assert "monitor alarm hot in state ALARM triggered policy more changing the desired capacity from 1 to 2" in activities[0]["Cause"]
    cloudwatch.set_alarm_state(AlarmName="hot", StateValue="OK", StateReason="it is cool")

    before = serving()
    data = template | {"Monitoring": {"Enabled": False}}
    ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=data)
    groups.start_instance_refresh(
        AutoScalingGroupName="web", Preferences={"MinHealthyPercentage": 50, "InstanceWarmup": 0},
        DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateName": "web", "Version": "2"}},
    )  # fmt: skip
    wait_for(lambda: serving() - before, 120, "the first is replaced")
    fresh.kill_child("server")

    def refreshed():
        (refresh,) = groups.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"]
        assert refresh["Status"] in ("Pending", "InProgress", "Successful"), refresh
        return refresh["Status"] == "Successful" and refresh["PercentageComplete"] == 100

    wait_for(refreshed, 120, "the refresh is over")
    assert not serving() & before
    (group,) = described(groups, "web")  # noqa: F811
    assert group["LaunchTemplate"]["Version"] == "2"
    assert {it["LaunchTemplate"]["Version"] for it in group["Instances"]} == {"2"}

    def measured(namespace, metric):
        now = datetime.datetime.now(UTC)
        found = cloudwatch.get_metric_statistics(
            Namespace=namespace, MetricName=metric, Dimensions=[{"Name": "AutoScalingGroupName", "Value": "web"}], Period=60,
            Statistics=["Average", "Maximum"], StartTime=now - datetime.timedelta(minutes=15), EndTime=now + datetime.timedelta(minutes=1),
        )  # fmt: skip
        return found["Datapoints"]

    wait_for(lambda: any(it["Maximum"] == 2 for it in measured("AWS/AutoScaling", "GroupDesiredCapacity")), 90, "the group's size")
    wait_for(lambda: measured("AWS/EC2", "CPUUtilization"), 150, "what its instances used")
    assert all(0 <= it["Average"] <= 100 for it in measured("AWS/EC2", "CPUUtilization"))
    assert measured("AWS/EC2", "StatusCheckFailed")
