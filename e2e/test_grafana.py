"""Grafana's CloudWatch data source by its requests: the forms and documents that its plugin sends over AWS's SDK for Go, signed as
that signs them, for the calls behind its health check, its editors, its panels, its logs and its annotations."""

import datetime
import json
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests

from harness import log_groups, tasks
from harness.waiting import wait_for

UTC = datetime.UTC
AGENT = "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.2 md/GOOS#linux md/GOARCH#amd64 api/{} m/E,g"
VERSIONS = {"monitoring": "2010-08-01", "ec2": "2016-11-15"}
TARGETS = {"logs": "Logs_20140328", "tagging": "ResourceGroupsTaggingAPI_20170126"}


def flat(value, at="", member=".member"):
    """As the query protocol writes it; lists with nothing in them are there as well, and EC2's have no `member`."""
    if isinstance(value, dict):
        return {name: it for key, inner in value.items() for name, it in flat(inner, f"{at}.{key}" if at else key, member).items()}
    if isinstance(value, list) and value:
        return {name: it for n, inner in enumerate(value, 1) for name, it in flat(inner, f"{at}{member}.{n}", member).items()}
    if isinstance(value, bool):
        return {at: str(value).lower()}
    if isinstance(value, datetime.datetime):
        return {at: f"{value:%Y-%m-%dT%H:%M:%SZ}"}
    return {at: "" if value == [] else str(value)}


class Grafana:
    """What its back end sends with the keys of a data source."""

    def __init__(self, wharf, keys):
        self.url = wharf.endpoint + "/"
        self.keys = botocore.credentials.Credentials(keys.access_key, keys.secret_key, keys.token)

    def send(self, service, body, headers):
        body = body.encode()
        headers |= {
            "Content-Length": str(len(body)),
            "User-Agent": AGENT.format(service),
            "Amz-Sdk-Invocation-Id": str(uuid.uuid4()),
            "Amz-Sdk-Request": "attempt=1; max=3",
        }
        request = botocore.awsrequest.AWSRequest(method="POST", url=self.url, data=body, headers=headers)
        botocore.auth.SigV4Auth(self.keys, service, "us-east-1").add_auth(request)
        answer = requests.post(self.url, data=body, headers=dict(request.headers) | {"Accept-Encoding": "gzip"}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer

    def form(self, service, action, **given):
        """The root of the answer, with the names of its elements alone."""
        member = "" if service == "ec2" else ".member"
        pairs = {"Action": action, "Version": VERSIONS[service]} | flat(given, member=member)
        body = urllib.parse.urlencode(sorted(pairs.items()))
        root = ElementTree.fromstring(self.send(service, body, {"Content-Type": "application/x-www-form-urlencoded"}).content)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    def document(self, service, action, **given):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGETS[service]}.{action}"}
        return self.send(service, json.dumps(given, separators=(",", ":")), headers).json()


@pytest.fixture(scope="module")
def grafana(wharf):
    """With the rights that Grafana's own documentation asks for."""
    rights = [
        "cloudwatch:DescribeAlarmsForMetric", "cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:ListMetrics",
        "cloudwatch:GetMetricData", "cloudwatch:GetInsightRuleReport", "logs:DescribeLogGroups", "logs:GetLogGroupFields",
        "logs:StartQuery", "logs:StopQuery", "logs:GetQueryResults", "logs:GetLogEvents", "ec2:DescribeTags", "ec2:DescribeInstances",
        "ec2:DescribeRegions", "tag:GetResources",
    ]  # fmt: skip
    _, keys = tasks.user(wharf, tasks.document(rights))
    return Grafana(wharf, keys)


@pytest.fixture(scope="module")
def namespace(wharf):
    """Each of two hosts has the metric `Load`, and there is one of none."""
    name, at = tasks.unique("Graf"), datetime.datetime.now(UTC).replace(second=0, microsecond=0)
    data = [{"MetricName": "Load", "Value": 4, "Timestamp": at}]
    data += [{**data[0], "Value": value, "Dimensions": [{"Name": "Host", "Value": host}]} for host, value in (("a", 1), ("b", 2))]
    wharf.client("cloudwatch").put_metric_data(Namespace=name, MetricData=data)
    return name


def texts(root, path):
    return [it.text for it in root.findall(path)]


def test_the_health_check_and_the_editors(grafana, namespace):
    grafana.form("monitoring", "ListMetrics", Namespace="AWS/Billing", MetricName="EstimatedCharges")
    assert "logGroups" in grafana.document("logs", "DescribeLogGroups", limit=1)
    assert "us-east-1" in texts(grafana.form("ec2", "DescribeRegions"), "regionInfo/item/regionName")
    metrics = grafana.form("monitoring", "ListMetrics", Namespace=namespace, IncludeLinkedAccounts=False)
    assert texts(metrics, "ListMetricsResult/Metrics/member/MetricName") == ["Load"] * 3
    # A dimension's values: a filter has a name alone.
    of_hosts = grafana.form("monitoring", "ListMetrics", Namespace=namespace, MetricName="Load", Dimensions=[{"Name": "Host"}])
    assert sorted(texts(of_hosts, "ListMetricsResult/Metrics/member/Dimensions/member/Value")) == ["a", "b"]
    # Template variables.
    grafana.form("ec2", "DescribeInstances", Filter=[{"Name": "instance-state-name", "Value": ["running"]}])
    found = grafana.document("tagging", "GetResources", ResourceTypeFilters=["ec2:instance"], TagFilters=[{"Key": "a", "Values": ["b"]}])
    assert found["ResourceTagMappingList"] == []


def test_panels(grafana, namespace):
    now = datetime.datetime.now(UTC)

    def metric(name, value, **more):
        return {"Id": name, "ReturnData": True, **value, **more}

    def stat(*dimensions):
        of = {"Namespace": namespace, "MetricName": "Load", "Dimensions": list(dimensions)}
        return {"MetricStat": {"Metric": of, "Period": 60, "Stat": "Average"}}

    exact = f"""REMOVE_EMPTY(SEARCH('{{"{namespace}","Host"}} MetricName="Load" "Host"=("a" OR "b")', 'Average', 60))"""
    broad = f"""REMOVE_EMPTY(SEARCH('Namespace="{namespace}" MetricName="Load" "Host"', 'Sum', 60))"""
    label = "${LABEL}|&|${PROP('Dim.Host')}"
    queries = [
        metric("queryA", stat()),
        metric("queryB", stat({"Name": "Host", "Value": "a"}), Label="${PROP('MetricName')} of ${PROP('Dim.Host')}"),
        metric("queryC", {"Expression": exact}, Label=label),
        metric("queryD", {"Expression": broad}, Label=label),
        metric("queryE", {"Expression": "queryA * 2", "Period": 60}),
        metric("queryF", {"Expression": f'SELECT SUM(Load) FROM SCHEMA("{namespace}", Host) GROUP BY Host', "Period": 60}),
    ]
    root = grafana.form(
        "monitoring", "GetMetricData", MetricDataQueries=queries, ScanBy="TimestampAscending", LabelOptions={"Timezone": "+0100"},
        StartTime=now - datetime.timedelta(minutes=15), EndTime=now + datetime.timedelta(minutes=1),
    )  # fmt: skip
    found = {}
    for result in root.findall("GetMetricDataResult/MetricDataResults/member"):
        assert result.findtext("StatusCode") == "Complete" and len(result.findall("Timestamps/member")) == 1
        lines = found.setdefault(result.findtext("Id"), {})
        lines[result.findtext("Label").rpartition("|&|")[2]] = float(result.findtext("Values/member"))
    hosts = {"a": 1, "b": 2}
    assert found == {
        "queryA": {"Load": 4}, "queryB": {"Load of a": 1}, "queryC": hosts, "queryD": hosts, "queryE": {"queryE": 8}, "queryF": hosts,
    }  # fmt: skip


def test_logs(wharf, grafana):
    logs, group = wharf.client("logs"), log_groups.make(wharf, "grafana")
    log_groups.put(logs, group, "GET /a", "GET /b", "POST /a")
    [listed] = grafana.document("logs", "DescribeLogGroups", logGroupNamePattern=group, limit=50)["logGroups"]
    assert listed["logGroupName"] == group
    fields = grafana.document("logs", "GetLogGroupFields", logGroupName=group)["logGroupFields"]
    assert {"@message", "@timestamp"} <= {it["name"] for it in fields}
    # Two fields are asked for beside the user's query, so that Grafana finds what is around a line.
    asked = (
        "fields @timestamp,ltrim(@log) as __log__grafana_internal__,ltrim(@logStream) as __logstream__grafana_internal__|"
        "fields @timestamp, @message | filter @message like /GET/ | sort @message desc"
    )
    now = int(time.time())
    span = {"startTime": now - 600, "endTime": now + 60}
    query = grafana.document("logs", "StartQuery", queryString=asked, logGroupNames=[group], limit=20, **span)["queryId"]

    def complete():
        answer = grafana.document("logs", "GetQueryResults", queryId=query)
        return answer if answer["status"] == "Complete" else None

    rows = [{it["field"]: it["value"] for it in row} for row in wait_for(complete, what="the query's end")["results"]]
    assert [row["@message"] for row in rows] == ["GET /b", "GET /a"]
    internal = {(row["__log__grafana_internal__"], row["__logstream__grafana_internal__"]) for row in rows}
    assert internal == {(f"000000000000:{group}", log_groups.STREAM)}
    around = {"logGroupName": group, "logStreamName": log_groups.STREAM, "startFromHead": True, "limit": 10}
    events = grafana.document("logs", "GetLogEvents", **around)["events"]
    assert [it["message"] for it in events] == ["GET /a", "GET /b", "POST /a"]
    # By ARN, as where it asks over accounts: the star at its end is cut off, and no more.
    arn = listed["arn"].removesuffix("*")
    counted = {"queryString": "stats count(*) as n by bin(1h)", "logGroupIdentifiers": [arn], **span}
    query = grafana.document("logs", "StartQuery", **counted)["queryId"]
    assert sum(int(cell["value"]) for row in wait_for(complete)["results"] for cell in row if cell["field"] == "n") == 3


def test_annotations(wharf, grafana, namespace):
    cloudwatch, alarm = wharf.client("cloudwatch"), tasks.unique("graf")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm, Namespace=namespace, MetricName="Load", Statistic="Average", Period=300, EvaluationPeriods=1, Threshold=9,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    of = {"Namespace": namespace, "MetricName": "Load", "Dimensions": [], "Statistic": "Average", "Period": 300}
    names = texts(
        grafana.form("monitoring", "DescribeAlarmsForMetric", **of), "DescribeAlarmsForMetricResult/MetricAlarms/member/AlarmName"
    )
    assert names == [alarm]
    prefixed = grafana.form("monitoring", "DescribeAlarms", MaxRecords=100, AlarmNamePrefix=alarm)
    assert texts(prefixed, "DescribeAlarmsResult/MetricAlarms/member/AlarmName") == [alarm]
    now = datetime.datetime.now(UTC)
    span = {"StartDate": now - datetime.timedelta(hours=1), "EndDate": now + datetime.timedelta(minutes=1)}

    def changes():
        history = grafana.form("monitoring", "DescribeAlarmHistory", AlarmName=alarm, MaxRecords=100, **span)
        return texts(history, "DescribeAlarmHistoryResult/AlarmHistoryItems/member/HistorySummary")

    assert "Alarm updated from INSUFFICIENT_DATA to ALARM" in wait_for(changes, what="the alarm's history")
    cloudwatch.delete_alarms(AlarmNames=[alarm])
