"""Anomaly detection through boto3 and the AWS CLI: detectors, bands, alarms on them, and what they are after kill -9."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.waiting import wait_for

UTC = datetime.UTC


def minute(ago=0):
    """The beginning of a minute, some minutes ago."""
    now = datetime.datetime.now(UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=ago)


def put(cloudwatch, namespace, name, points):
    data = [{"MetricName": name, "Value": value, "Timestamp": at} for at, value in points]
    for begin in range(0, len(data), 500):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[begin : begin + 500])


def usual(number):
    """To and fro between 9 and 11."""
    return 9.0 + number % 3


def queries(namespace, name, expression="ANOMALY_DETECTION_BAND(m1, 2)", period=60):
    metric = {"Namespace": namespace, "MetricName": name}
    return [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Average"}},
        {"Id": "ad1", "Expression": expression},
    ]


def states(cloudwatch, **parameters):
    found = cloudwatch.describe_anomaly_detectors(**parameters)["AnomalyDetectors"]
    return [it["StateValue"] for it in found]


def test_a_detector_and_its_band(wharf):
    cloudwatch, namespace = wharf.client("cloudwatch"), tasks.unique("App")
    begin = minute(240)
    put(cloudwatch, namespace, "Latency", [(begin + datetime.timedelta(minutes=it), usual(it)) for it in range(235)])
    single = {"Namespace": namespace, "MetricName": "Latency", "Stat": "Average"}
    detector = cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=single)["AnomalyDetectorId"]
    wait_for(lambda: states(cloudwatch, Namespace=namespace) == ["TRAINED"], what="the detector is trained")
    [shown] = wharf.aws("cloudwatch", "describe-anomaly-detectors", "--namespace", namespace)["AnomalyDetectors"]
    assert (shown["MetricName"], shown["Stat"]) == ("Latency", "Average")
    assert shown["SingleMetricAnomalyDetector"]["MetricName"] == "Latency"

    def band():
        asked = {"StartTime": minute(5), "EndTime": minute(), "ScanBy": "TimestampAscending"}
        found = cloudwatch.get_metric_data(MetricDataQueries=queries(namespace, "Latency"), **asked)["MetricDataResults"]
        upper, lower = [it for it in found if it["Id"] == "ad1"]
        assert upper["Label"] == lower["Label"] == "Latency (expected)"
        assert len(upper["Values"]) == len(lower["Values"]) == 5
        return upper["Values"][0], lower["Values"][0]

    upper, lower = band()
    assert 11 < upper < 13 and 7 < lower < 9
    wharf.kill_child("server")
    assert band() == pytest.approx((upper, lower), rel=0.05), "learned again from the same points"
    wait_for(lambda: states(cloudwatch, Namespace=namespace) == ["TRAINED"], what="the detector is trained again")
    # What was excluded is not learned from.
    ranges = [{"StartTime": begin - datetime.timedelta(minutes=1), "EndTime": minute()}]
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=single, Configuration={"ExcludedTimeRanges": ranges})
    asked = {"StartTime": minute(5), "EndTime": minute()}
    found = cloudwatch.get_metric_data(MetricDataQueries=queries(namespace, "Latency"), **asked)["MetricDataResults"]
    assert [it["Values"] for it in found if it["Id"] == "ad1"] == [[], []]
    wait_for(lambda: states(cloudwatch, Namespace=namespace) == ["TRAINED_INSUFFICIENT_DATA"], what="too little is left")
    cloudwatch.delete_anomaly_detector(AnomalyDetectorId=detector)
    assert states(cloudwatch, Namespace=namespace) == []
    with pytest.raises(ClientError) as caught:
        cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_week_has_its_seasons(wharf):
    """Two weeks of hours, low at night: what is usual at noon is too much at midnight."""
    cloudwatch, namespace = wharf.client("cloudwatch"), tasks.unique("App")
    hour = datetime.datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    times = [hour - datetime.timedelta(hours=it) for it in range(14 * 24 - 2, 0, -1)]
    put(cloudwatch, namespace, "Visits", [(at, (100 if 8 <= at.hour < 20 else 10) + at.day % 3) for at in times])
    asked = {"StartTime": hour, "EndTime": hour + datetime.timedelta(hours=24), "ScanBy": "TimestampAscending"}
    found = cloudwatch.get_metric_data(MetricDataQueries=queries(namespace, "Visits", period=3600), **asked)
    upper, lower = [it for it in found["MetricDataResults"] if it["Id"] == "ad1"]
    bounds = {at.hour: (low, high) for at, low, high in zip(upper["Timestamps"], lower["Values"], upper["Values"], strict=True)}
    assert len(bounds) == 24, "of the day that is to come"
    low, high = bounds[13]
    assert low < 101 < high < 150 and low > 50
    low, high = bounds[1]
    assert low < 11 < high < 50
    # Over math, by a detector of its own.
    over = [
        {**queries(namespace, "Visits", period=3600)[0], "ReturnData": False},
        {"Id": "e1", "Expression": "m1 * 2", "ReturnData": True},
    ]
    cloudwatch.put_anomaly_detector(MetricMathAnomalyDetector={"MetricDataQueries": over}, MetricCharacteristics={"PeriodicSpikes": True})
    of_math = lambda: states(cloudwatch, AnomalyDetectorTypes=["METRIC_MATH"])  # noqa: E731
    wait_for(lambda: "TRAINED" in of_math(), what="the detector over math is trained")
    cloudwatch.delete_anomaly_detector(MetricMathAnomalyDetector={"MetricDataQueries": over})


def test_an_alarm_on_a_band_tells_what_is_unusual(wharf):
    cloudwatch, namespace, name = wharf.client("cloudwatch"), tasks.unique("App"), tasks.unique("odd")
    begin = minute(180)
    put(cloudwatch, namespace, "Latency", [(begin + datetime.timedelta(minutes=it), usual(it)) for it in range(178)])
    rule = {
        "AlarmName": name,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
        "ThresholdMetricId": "ad1",
        "TreatMissingData": "ignore",
        "Metrics": queries(namespace, "Latency"),
    }
    cloudwatch.put_metric_alarm(**rule)

    def shown():
        return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]

    wait_for(lambda: shown()["StateValue"] == "OK", 100, what="the alarm is OK")
    assert "was not less than the lower thresholds [" in shown()["StateReason"]
    wharf.kill_child("server")
    put(cloudwatch, namespace, "Latency", [(minute(it), 80.0) for it in (0, 1)])
    wait_for(lambda: shown()["StateValue"] == "ALARM", 150, what="the alarm is in ALARM")
    found = shown()
    assert found["StateReason"].startswith("Thresholds Crossed: 1 out of the last 1 datapoints [80.0 (")
    assert "] or greater than the upper thresholds [" in found["StateReason"]
    data = json.loads(found["StateReasonData"])
    assert data["recentDatapoints"] == [80.0] and 11 < data["recentUpperThresholds"][0] < 13
    assert found["ThresholdMetricId"] == "ad1" and "Threshold" not in found


def quiet_alarm(cloudwatch, name, actions=()):
    """Moved by hand alone: its metric has no points, and gaps change nothing."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="App",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=list(actions),
    )


def move(cloudwatch, name, state):
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def taken(cloudwatch, name):
    items = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
    return [it["HistorySummary"] for it in items if it["HistorySummary"].startswith("Successfully")]


def test_a_suppressor_holds_actions_back_over_kill_9(wharf):
    cloudwatch = wharf.client("cloudwatch")
    topic = wharf.client("sns").create_topic(Name=tasks.unique("ops"))["TopicArn"]
    part, works, whole = (tasks.unique(it) for it in ("part", "works", "whole"))
    for name in (part, works):
        quiet_alarm(cloudwatch, name)
    rule = {"AlarmName": whole, "AlarmRule": f"ALARM({part})", "AlarmActions": [topic]}
    periods = {"ActionsSuppressorWaitPeriod": 5, "ActionsSuppressorExtensionPeriod": 10}
    cloudwatch.put_composite_alarm(**rule, ActionsSuppressor=works, **periods)

    def shown():
        [found] = cloudwatch.describe_alarms(AlarmNames=[whole], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return found["StateValue"], found.get("ActionsSuppressedBy")

    move(cloudwatch, works, "ALARM")
    move(cloudwatch, part, "ALARM")
    wait_for(lambda: shown() == ("ALARM", "Alarm"), what="the suppressor holds it back")
    [found] = wharf.aws("cloudwatch", "describe-alarms", "--alarm-names", whole, "--alarm-types", "CompositeAlarm")["CompositeAlarms"]
    assert (found["ActionsSuppressor"], found["ActionsSuppressedReason"]) == (works, "Actions suppressed by Alarm")
    assert (found["ActionsSuppressorWaitPeriod"], found["ActionsSuppressorExtensionPeriod"]) == (5, 10)
    wharf.kill_child("server")
    move(cloudwatch, works, "OK")
    wait_for(lambda: shown() == ("ALARM", "ExtensionPeriod"), what="the extension has begun")
    wharf.kill_child("server")
    assert taken(cloudwatch, whole) == []
    wait_for(lambda: shown() == ("ALARM", None), 40, what="the extension is over")
    assert taken(cloudwatch, whole) == [f"Successfully accepted action {topic}"]


def test_a_rule_mutes_an_alarm_until_it_is_deleted(wharf):
    cloudwatch, name, rule = wharf.client("cloudwatch"), tasks.unique("part"), tasks.unique("night")
    topic = wharf.client("sns").create_topic(Name=tasks.unique("ops"))["TopicArn"]
    quiet_alarm(cloudwatch, name, [topic])
    begun = minute().strftime("%Y-%m-%dT%H:%M")
    cloudwatch.put_alarm_mute_rule(
        Name=rule,
        Rule={"Schedule": {"Expression": f"at({begun})", "Duration": "PT4H"}},
        MuteTargets={"AlarmNames": [name]},
        Tags=[{"Key": "team", "Value": "web"}],
    )
    found = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName=rule)
    assert (found["Status"], found["MuteType"], found["MuteTargets"]["AlarmNames"]) == ("ACTIVE", "ONE_TIME", [name])
    assert cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmMuteRuleArn"])["Tags"] == [{"Key": "team", "Value": "web"}]
    move(cloudwatch, name, "ALARM")
    wharf.kill_child("server")
    listed = cloudwatch.list_alarm_mute_rules(AlarmName=name, Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"]
    assert [it["AlarmMuteRuleArn"] for it in listed] == [found["AlarmMuteRuleArn"]]
    assert taken(cloudwatch, name) == []
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName=rule)
    wait_for(lambda: taken(cloudwatch, name) == [f"Successfully accepted action {topic}"], what="it is told at once")
