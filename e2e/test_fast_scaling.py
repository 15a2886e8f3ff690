"""A service whose metrics come every 20 seconds is scaled by them, whatever dies meanwhile."""

import datetime

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.tasks import sh
from harness.waiting import wait_for

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
