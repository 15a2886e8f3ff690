"""A service whose metrics come every 20 seconds, or 10, is scaled by them, whatever dies meanwhile."""

import datetime
import subprocess

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation
from harness.services import Web
from harness.tasks import sh
from harness.waiting import wait_for
from harness.watcher import Watcher

UTC = datetime.UTC
CLOSELY = {"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]}
TARGET = {"ServiceNamespace": "ecs", "ResourceId": "service/default/quick", "ScalableDimension": "ecs:service:DesiredCount"}


def seen(wharf, name, period):
    now = datetime.datetime.now(UTC)
    dimensions = [{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": "quick"}]
    span = {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now + datetime.timedelta(minutes=1)}
    found = wharf.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS", MetricName=name, Dimensions=dimensions, Period=period, Statistics=["Average", "SampleCount"], **span
    )
    return sorted(found["Datapoints"], key=lambda it: it["Timestamp"])


def test_load_adds_a_task_within_a_minute_and_a_half(fresh):
    image, ecs = images.push(fresh, "busybox"), fresh.client("ecs")
    spins = sh("while :; do :; done")
    definition = tasks.register(fresh, image, stopTimeout=2, task={"cpu": "256", "memory": "128"}, **spins)
    made = ecs.create_service(serviceName="quick", taskDefinition=definition, desiredCount=1, monitoring=CLOSELY)["service"]
    revision = ecs.describe_service_deployments(
        serviceDeploymentArns=[ecs.list_service_deployments(service="quick")["serviceDeployments"][0]["serviceDeploymentArn"]]
    )["serviceDeployments"][0]["targetServiceRevision"]["arn"]
    shown = ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert shown["monitoring"] == CLOSELY and made["status"] == "ACTIVE"
    scaling = fresh.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=3)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilizationHighResolution"}
    tracking = {"TargetValue": 60.0, "PredefinedMetricSpecification": metric, "ScaleOutCooldown": 300}
    put = scaling.put_scaling_policy(
        **TARGET, PolicyName="quick", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking
    )
    names = [it["AlarmName"] for it in put["Alarms"]]
    alarms = fresh.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert {(it["Period"], it["EvaluationPeriods"]) for it in alarms} == {(20, 3), (20, 45)}
    wait_for(lambda: seen(fresh, "CPUUtilization", 20), 60, "the first twenty seconds")
    fresh.kill_child("server")
    begun = datetime.datetime.now(UTC)

    def wanted():
        return ecs.describe_services(services=["quick"])["services"][0]["desiredCount"] == 2

    wait_for(wanted, 120, "a second task")
    assert (datetime.datetime.now(UTC) - begun).total_seconds() < 100, "it came with its alarm's three periods"
    ecs.get_waiter("services_stable").wait(services=["quick"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    points = seen(fresh, "CPUUtilization", 20)
    between = {(later["Timestamp"] - former["Timestamp"]).total_seconds() for former, later in zip(points, points[1:], strict=False)}
    assert between == {20.0}, "a stretch is missing"
    assert {it["SampleCount"] for it in points} <= {1.0, 2.0}
    assert all(it["SampleCount"] == 1.0 for it in seen(fresh, "MemoryUtilization", 60)[:-1]), "memory is told each minute"


def test_bad_monitoring_is_refused_by_name(fresh):
    ecs = fresh.client("ecs")
    image = images.push(fresh, "busybox")
    definition = tasks.register(fresh, image, memory=16, **sh("sleep 60"))
    for metrics, seconds, why in [
        (["CPUUtilization"], 30, "resolutionSeconds"),
        (["RunningTaskCount"], 20, "RunningTaskCount"),
        (["CPUUtilization", "CPUUtilization"], 20, "more than once"),
    ]:
        monitoring = {"metricConfigurations": [{"metricNames": metrics, "resolutionSeconds": seconds}]}
        with pytest.raises(ClientError, match=why):
            ecs.create_service(serviceName="bad", taskDefinition=definition, desiredCount=1, monitoring=monitoring)


@pytest.mark.slow
def test_load_comes_and_goes_and_no_request_fails(fresh, record_property):
    web = Web(fresh, images.push(fresh, "web")).make(1, monitoring=CLOSELY)
    scaling, cloudwatch = fresh.client("application-autoscaling"), fresh.client("cloudwatch")
    of = TARGET | {"ResourceId": f"service/default/{web.name}"}
    scaling.register_scalable_target(**of, MinCapacity=1, MaxCapacity=2)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilizationHighResolution"}
    # Little enough that it is reached beside other tests.
    tracking = {"TargetValue": 25.0, "PredefinedMetricSpecification": metric, "DisableScaleIn": True}
    put = scaling.put_scaling_policy(
        **of, PolicyName="more", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking
    )
    # What tracks a target waits for 15 minutes before it takes a task away; an alarm of one's own need not.
    step = {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 10,
        "StepAdjustments": [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": -1}],
    }
    less = scaling.put_scaling_policy(**of, PolicyName="less", PolicyType="StepScaling", StepScalingPolicyConfiguration=step)
    cloudwatch.put_metric_alarm(
        AlarmName="idle",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": web.name}],
        Statistic="Average",
        Period=20,
        EvaluationPeriods=2,
        Threshold=15,
        ComparisonOperator="LessThanThreshold",
        AlarmActions=[less["PolicyARN"]],
    )

    def count():
        described = web.describe()
        return described["desiredCount"], described["runningCount"]

    # Few enough that they are no load.
    with Watcher(web, askers=4, pause_s=0.2) as watcher:
        load = subprocess.Popen(["wrk", "-t1", "-c4", "-d300s", "-H", f"Host: {web.host}", f"http://127.0.0.1:{web.port}/"])
        try:
            wait_for(lambda: count() == (2, 2), 150, "a second task under load")
        finally:
            load.terminate()
            load.wait()
        high = cloudwatch.describe_alarms(AlarmNames=[put["Alarms"][0]["AlarmName"]])["MetricAlarms"][0]
        started = max(task["startedAt"] for task in web.tasks())
        after_s = (started - high["StateUpdatedTimestamp"]).total_seconds()
        record_property("alarm_to_running_s", after_s)
        assert after_s < 5, "the alarm's word was heard at once"
        wait_for(lambda: count() == (1, 1), 180, "one task without load")
    assert not watcher.failures, watcher.failures[:5]
    web.close()


@pytest.mark.slow
def test_at_ten_seconds_a_task_runs_soon_after_the_load(record_property):
    with Installation(arguments=["--metrics-period", "10"]) as installation:
        installation.start(node=True)
        web = Web(installation, images.push(installation, "web")).make(1, monitoring=CLOSELY)
        scaling, cloudwatch = installation.client("application-autoscaling"), installation.client("cloudwatch")
        of = TARGET | {"ResourceId": f"service/default/{web.name}"}
        scaling.register_scalable_target(**of, MinCapacity=1, MaxCapacity=2)
        step = {
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 60,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        }
        more = scaling.put_scaling_policy(**of, PolicyName="more", PolicyType="StepScaling", StepScalingPolicyConfiguration=step)
        dimensions = [{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": web.name}]
        cloudwatch.put_metric_alarm(
            AlarmName="busy",
            Namespace="AWS/ECS",
            MetricName="CPUUtilization",
            Dimensions=dimensions,
            Statistic="Average",
            Period=10,
            EvaluationPeriods=1,
            Threshold=40,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[more["PolicyARN"]],
        )

        def busy():
            return cloudwatch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"][0]

        # What the start of the task took is over.
        wait_for(lambda: busy()["StateValue"] == "OK", 90, "a service without load")
        assert web.describe()["desiredCount"] == 1
        before = datetime.datetime.now(UTC)
        load = subprocess.Popen(["wrk", "-t1", "-c4", "-d120s", "-H", f"Host: {web.host}", f"http://127.0.0.1:{web.port}/"])
        try:
            wait_for(lambda: web.describe()["runningCount"] == 2, 90, "a second task under load")
        finally:
            load.terminate()
            load.wait()
        started = max(task["startedAt"] for task in web.tasks())
        alarmed_s = (busy()["StateTransitionedTimestamp"] - before).total_seconds()
        running_s = (started - before).total_seconds()
        record_property("load_to_alarm_s", alarmed_s)
        record_property("load_to_running_s", running_s)
        # The first whole period under load has ended by then, and its alarm was heard at once.
        assert running_s < 25
        now = datetime.datetime.now(UTC)
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/ECS", MetricName="CPUUtilization", Dimensions=dimensions, Period=10, Statistics=["SampleCount"],
            StartTime=now - datetime.timedelta(minutes=10), EndTime=now,
        )["Datapoints"]  # fmt: skip
        times = sorted(it["Timestamp"] for it in found)
        assert {(later - former).total_seconds() for former, later in zip(times, times[1:], strict=False)} == {10.0}
        web.close()
