"""Contributor Insights: rules over log groups, their reports, and alarms on them."""

import datetime
import json
import time

import pytest

from harness import tasks
from harness.installation import Keys
from harness.refusals import refused
from harness.waiting import wait_for

ACCOUNT = "000000000000"


def definition(*groups, **change):
    rule = {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": list(groups),
        "LogFormat": "JSON",
        "Contribution": {"Keys": ["$.ip"], "Filters": [{"Match": "$.status", "EqualTo": 200}]},
        "AggregateOn": "Count",
    }
    return json.dumps({**rule, **change})


@pytest.fixture
def group(wharf):
    logs, name = wharf.client("logs"), "/e2e/" + tasks.unique("insight")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield name
    wharf.client("logs").delete_log_group(logGroupName=name)


def put(wharf, group, *events):
    now = int(time.time() * 1000)
    messages = [event if isinstance(event, str) else json.dumps(event) for event in events]
    given = [{"timestamp": now, "message": message} for message in messages]
    wharf.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=given)


def report(wharf, rule, **more):
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    given = {"StartTime": now - hour, "EndTime": now + hour, "Period": 3600, **more}
    return wharf.client("cloudwatch").get_insight_rule_report(RuleName=rule, **given)


def counted(wharf, rule, **more):
    return {tuple(one["Keys"]): one["ApproximateAggregateValue"] for one in report(wharf, rule, **more)["Contributors"]}


def test_each_event_counts_once_whatever_is_killed(wharf, group):
    cloudwatch, rule = wharf.client("cloudwatch"), tasks.unique("rule")
    # What came in before the rule does not count.
    put(wharf, group, {"ip": "early", "status": 200})
    wharf.aws("cloudwatch", "put-insight-rule", "--rule-name", rule, "--rule-definition", definition(group[:-1] + "*"))
    put(wharf, group, *[{"ip": "a", "status": 200}] * 3, {"ip": "b", "status": 200}, {"ip": "a", "status": 404}, "no JSON", {"status": 200})
    assert counted(wharf, rule) == {("a",): 3, ("b",): 1}
    # Killed right after a put was answered.
    put(wharf, group, {"ip": "b", "status": 200}, {"ip": "c", "status": 200})
    wharf.kill_child("server")
    wharf.wait_ready()
    assert counted(wharf, rule) == {("a",): 3, ("b",): 2, ("c",): 1}
    whole = report(wharf, rule, MaxContributorCount=1, Metrics=["UniqueContributors", "Sum", "MaxContributorValue", "Average"])
    assert (whole["KeyLabels"], whole["AggregationStatistic"], whole["AggregateValue"]) == (["$.ip"], "SampleCount", 6)
    assert (whole["ApproximateUniqueCount"], len(whole["Contributors"])) == (3, 1)
    points = whole["MetricDatapoints"]
    assert sum(point["Sum"] for point in points) == 6 and all(point["Average"] == 1 and "Minimum" not in point for point in points)

    # While it is disabled nothing counts, and it is again from then on.
    cloudwatch = wharf.client("cloudwatch")
    assert cloudwatch.disable_insight_rules(RuleNames=[rule, "nobody"])["Failures"] == [
        {
            "FailureResource": "nobody",
            "ExceptionType": "ResourceNotFoundException",
            "FailureCode": "404",
            "FailureDescription": "The rule nobody does not exist.",
        }
    ]
    put(wharf, group, {"ip": "c", "status": 200})
    (shown,) = [one for one in cloudwatch.describe_insight_rules()["InsightRules"] if one["Name"] == rule]
    assert (shown["State"], json.loads(shown["Schema"])["Name"], shown["ManagedRule"]) == ("DISABLED", "CloudWatchLogRule", False)
    assert cloudwatch.enable_insight_rules(RuleNames=[rule])["Failures"] == []
    put(wharf, group, {"ip": "d", "status": 200})
    assert counted(wharf, rule) == {("a",): 3, ("b",): 2, ("c",): 1, ("d",): 1}
    # Another definition counts anew.
    cloudwatch.put_insight_rule(RuleName=rule, RuleDefinition=definition(group, Contribution={"Keys": ["$.ip", "$.status"]}))
    put(wharf, group, {"ip": "e", "status": 500})
    assert counted(wharf, rule) == {("e", "500"): 1}
    assert cloudwatch.delete_insight_rules(RuleNames=[rule])["Failures"] == []
    assert refused(cloudwatch.get_insight_rule_report, RuleName=rule, StartTime=0, EndTime=60, Period=60)[0] == "ResourceNotFoundException"


def test_sums_of_lines(wharf, group):
    cloudwatch, rule = wharf.client("cloudwatch"), tasks.unique("rule")
    fields = {"1": "host", "4": "verb", "5": "code", "6": "bytes"}
    contribution = {"Keys": ["host", "verb"], "ValueOf": "bytes", "Filters": [{"Match": "code", "In": ["200", "206"]}]}
    given = definition(group, LogFormat="CLF", Fields=fields, Contribution=contribution, AggregateOn="Sum")
    cloudwatch.put_insight_rule(RuleName=rule, RuleDefinition=given, RuleState="ENABLED", Tags=[{"Key": "team", "Value": "red"}])
    line = '{} - [10/Oct/2000:13:55:36 -0700] "{}" {} {}'
    put(wharf, group, line.format("x", "GET /", 200, 10), line.format("x", "GET /", 206, 5.5), line.format("y", "PUT /", 200, 12))
    put(wharf, group, line.format("y", "PUT /", 404, 1000), line.format("y", "PUT /", 200, "-"))
    assert counted(wharf, rule) == {("x", "GET /"): 15.5, ("y", "PUT /"): 12}
    whole = report(wharf, rule, Metrics=["Minimum", "Maximum", "SampleCount"], OrderBy="Maximum")
    assert (whole["AggregationStatistic"], whole["AggregateValue"]) == ("Sum", 27.5)
    assert max(point["Maximum"] for point in whole["MetricDatapoints"]) == 12
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:insight-rule/{rule}"
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "red"}]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    cloudwatch.delete_insight_rules(RuleNames=[rule])


def test_an_alarm_on_contributors(wharf, group):
    cloudwatch, rule = wharf.client("cloudwatch"), tasks.unique("rule")
    cloudwatch.put_insight_rule(RuleName=rule, RuleDefinition=definition(group))
    # In the past, since math is over whole minutes.
    then = int(time.time() // 60 * 60 - 60) * 1000
    events = [{"timestamp": then + n, "message": json.dumps({"ip": ip, "status": 200})} for n, ip in enumerate(["a", "a", "b"])]
    wharf.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    def metric(name, **more):
        return {"Id": "e1", "Expression": f"INSIGHT_RULE_METRIC('{rule}', '{name}')", "Period": 60, **more}

    def values(name):
        span = {"StartTime": then // 1000 - 600, "EndTime": then // 1000 + 60}
        return cloudwatch.get_metric_data(MetricDataQueries=[metric(name)], **span)["MetricDataResults"][0]["Values"]

    assert [values(name) for name in ("UniqueContributors", "MaxContributorValue", "Sum")] == [[2], [2], [3]]

    def image(name):
        line = {"expression": metric(name)["Expression"], "period": 60, "label": "each"}
        start, end = (datetime.datetime.fromtimestamp(then // 1000 + it, datetime.UTC).isoformat() for it in (-600, 60))
        widget = {"metrics": [[line]], "start": start, "end": end}
        return cloudwatch.get_metric_widget_image(MetricWidget=json.dumps(widget))["MetricWidgetImage"]

    assert image("UniqueContributors") == image("MaxContributorValue") != image("Sum")
    alarm = tasks.unique("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        Metrics=[metric("UniqueContributors", ReturnData=True)],
        EvaluationPeriods=3,
        DatapointsToAlarm=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    wait_for(lambda: cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"] == "ALARM", 90, "the alarm goes off")
    assert cloudwatch.describe_alarm_contributors(AlarmName=alarm)["AlarmContributors"] == []
    assert refused(cloudwatch.describe_alarm_contributors, AlarmName="nobody")[0] == "ResourceNotFoundException"
    cloudwatch.delete_alarms(AlarmNames=[alarm])
    cloudwatch.delete_insight_rules(RuleNames=[rule])


def test_what_is_wrong_is_refused(wharf):
    cloudwatch, invalid = wharf.client("cloudwatch"), "InvalidParameterValue"
    for given, wanted in [
        ({"RuleDefinition": "{}"}, "missing field `Schema`"),
        ({"RuleDefinition": definition()}, "LogGroupNames must have at least 1 member"),
        ({"RuleDefinition": definition("g", LogGroupARNs=["*"])}, "unknown field `LogGroupARNs`"),
        ({"RuleDefinition": definition("g", LogFormat="XML")}, "LogFormat XML is not JSON or CLF"),
        ({"RuleDefinition": definition("g", Contribution={"Keys": ["ip"]})}, "Keys has ip, which is no field of JSON"),
        ({"RuleDefinition": definition("g"), "RuleState": "ON"}, "it must be ENABLED or DISABLED"),
        ({"RuleDefinition": definition("g"), "RuleName": "ü"}, "'ruleName' failed to satisfy"),
        ({"RuleDefinition": definition("g" * 9000)}, "'ruleDefinition' failed to satisfy"),
    ]:
        code, text = refused(cloudwatch.put_insight_rule, **{"RuleName": "wrong", **given})
        assert wanted in text, (given, code, text)
    cloudwatch.put_insight_rule(RuleName="right", RuleDefinition=definition("nowhere"))
    asked = {"RuleName": "right", "StartTime": 0, "EndTime": 3600, "Period": 60}
    assert cloudwatch.get_insight_rule_report(**asked)["Contributors"] == []
    for change, wanted in [
        ({"EndTime": 0}, "StartTime must be less than"),
        ({"EndTime": 16 * 86400}, "at most 15 days apart"),
        ({"Period": 61}, "Period must be a multiple of 60"),
        ({"MaxContributorCount": 101}, "MaxContributorCount must be from 1 to 100"),
        ({"OrderBy": "Median"}, "OrderBy is invalid"),
        ({"Metrics": ["Median"]}, "value Median for parameter Metrics"),
    ]:
        code, text = refused(cloudwatch.get_insight_rule_report, **{**asked, **change})
        assert code == invalid and wanted in text, text
    query = {"Id": "e", "Expression": "INSIGHT_RULE_METRIC('right', 'Median')", "Period": 60}
    code, text = refused(cloudwatch.get_metric_data, MetricDataQueries=[query], StartTime=0, EndTime=60)
    assert "INSIGHT_RULE_METRIC takes the name of a rule" in text
    assert "not supported" in refused(cloudwatch.put_managed_insight_rules, ManagedRules=[])[1]
    cloudwatch.delete_insight_rules(RuleNames=["right"])


def test_others_see_nothing(wharf, group):
    cloudwatch, rule = wharf.client("cloudwatch"), tasks.unique("rule")
    cloudwatch.put_insight_rule(RuleName=rule, RuleDefinition=definition(group))
    put(wharf, group, {"ip": "a", "status": 200})
    made = json.loads(wharf.run("account", "create", tasks.unique("other"), "--json").stdout)
    keys = Keys(made["accessKeyId"], made["secretAccessKey"])
    theirs = wharf.client("cloudwatch", keys)
    assert theirs.describe_insight_rules()["InsightRules"] == []
    # A rule of the same name counts what is theirs.
    theirs.put_insight_rule(RuleName=rule, RuleDefinition=definition("/e2e/*"))
    now = int(time.time())
    assert theirs.get_insight_rule_report(RuleName=rule, StartTime=now - 600, EndTime=now + 60, Period=60)["Contributors"] == []
    # Whoever may put rules over some groups alone.
    iam, user = wharf.client("iam"), tasks.unique("putter")
    iam.create_user(UserName=user)
    condition = {"ForAllValues:StringLike": {"cloudwatch:requestInsightRuleLogGroups": ["/open/*"]}}
    allowed = {"Effect": "Allow", "Action": ["cloudwatch:PutInsightRule", "cloudwatch:GetMetricData"], "Resource": "*"}
    statements = [
        {**allowed, "Action": "cloudwatch:PutInsightRule", "Condition": condition},
        {**allowed, "Action": "cloudwatch:GetMetricData"},
    ]
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    putter = wharf.client("cloudwatch", Keys(key["AccessKeyId"], key["SecretAccessKey"]))
    putter.put_insight_rule(RuleName=rule + "-open", RuleDefinition=definition("/open/a"))
    assert refused(putter.put_insight_rule, RuleName=rule, RuleDefinition=definition("/open/a", group))[0] == "AccessDeniedException"
    # Reports are behind their own right, also in expressions.
    query = {"Id": "e", "Expression": f"INSIGHT_RULE_METRIC('{rule}', 'Sum')", "Period": 60}
    assert refused(putter.get_metric_data, MetricDataQueries=[query], StartTime=now - 600, EndTime=now)[0] == "AccessDeniedException"
    cloudwatch.delete_insight_rules(RuleNames=[rule, rule + "-open"])
