"""CloudWatch through boto3 and both AWS CLIs: samples in, statistics, math and searches out, kept over kill -9."""

import base64
import datetime
import gzip
import json
import threading
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests

from harness import tasks
from harness.refusals import refused
from harness.waiting import wait_for

UTC = datetime.UTC


def minute(ago=0):
    """The beginning of a minute, some minutes ago."""
    now = datetime.datetime.now(UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=ago)


def host(name):
    return [{"Name": "Host", "Value": name}]


def statistic(id, namespace, name, stat, period=60, **more):
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": more.pop("dimensions", [])}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, **more}


def test_samples_are_put_listed_and_read(wharf):
    cloudwatch, namespace = wharf.client("cloudwatch"), tasks.unique("App")
    begin = minute(10)
    values = {"MetricName": "Latency", "Dimensions": host("a"), "Unit": "Milliseconds", "Timestamp": begin}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{**values, "Values": [1.0 * it for it in range(1, 101)]}])
    wharf.aws(
        "cloudwatch", "put-metric-data", "--namespace", namespace, "--metric-name", "Latency", "--value", "7", "--dimensions", "Host=b"
    )
    several = {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Size", "Timestamp": begin, "StatisticValues": several}])

    listed = cloudwatch.list_metrics(Namespace=namespace, RecentlyActive="PT3H")["Metrics"]
    assert [(it["MetricName"], [d["Value"] for d in it["Dimensions"]]) for it in listed] == [
        ("Latency", ["a"]),
        ("Latency", ["b"]),
        ("Size", []),
    ]
    filtered = wharf.aws("cloudwatch", "list-metrics", "--namespace", namespace, "--dimensions", "Name=Host,Value=b")["Metrics"]
    assert [it["MetricName"] for it in filtered] == ["Latency"]

    span = {"StartTime": begin, "EndTime": minute(-1), "Period": 60}
    asked = {"Namespace": namespace, "MetricName": "Latency", "Dimensions": host("a"), **span}
    [point] = cloudwatch.get_metric_statistics(**asked, Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"])["Datapoints"]
    assert (point["SampleCount"], point["Sum"], point["Average"]) == (100, 5050, 50.5)
    assert (point["Minimum"], point["Maximum"], point["Unit"], point["Timestamp"]) == (1, 100, "Milliseconds", begin)
    [point] = cloudwatch.get_metric_statistics(**asked, ExtendedStatistics=["p90", "tm50", "TC(:50%)"])["Datapoints"]
    found = point["ExtendedStatistics"]
    assert found == {"p90": pytest.approx(90, rel=0.01), "tm50": pytest.approx(25.5, rel=0.01), "TC(:50%)": pytest.approx(50, rel=0.01)}
    size = {"Namespace": namespace, "MetricName": "Size", **span}
    assert cloudwatch.get_metric_statistics(**size, Statistics=["Average"])["Datapoints"][0]["Average"] == 2.5
    assert cloudwatch.get_metric_statistics(**size, ExtendedStatistics=["p50"])["Datapoints"] == [], "a set hides its values"


def test_each_protocol_says_the_same(wharf):
    namespace, begin = tasks.unique("App"), minute(5)
    wharf.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "Requests", "Value": it, "Timestamp": begin} for it in (1, 2)]
    )
    arguments = ["--namespace", namespace, "--metric-name", "Requests", "--statistics", "Sum", "--period", "60"]
    arguments += ["--start-time", begin.isoformat(), "--end-time", minute(-1).isoformat()]
    for aws in (wharf.aws, wharf.aws2):
        assert [it["Sum"] for it in aws("cloudwatch", "get-metric-statistics", *arguments)["Datapoints"]] == [3]
    # As SDKs speak that know JSON or forms alone; the JSON is packed.
    body = json.dumps({"Namespace": namespace, "MetricData": [{"MetricName": "Requests", "Value": 4, "Timestamp": begin.timestamp()}]})
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData"}
    packed = signed(wharf, gzip.compress(body.encode()), {**headers, "Content-Encoding": "gzip"})
    assert packed.status_code == 200, packed.text
    form = "Action=PutMetricData&Version=2010-08-01&MetricData.member.1.MetricName=Requests&MetricData.member.1.Value=8"
    form += f"&MetricData.member.1.Timestamp={begin.strftime('%Y-%m-%dT%H:%M:%SZ')}&Namespace={namespace}"
    answer = signed(wharf, form.encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200 and "PutMetricDataResponse" in answer.text
    assert [it["Sum"] for it in wharf.aws("cloudwatch", "get-metric-statistics", *arguments)["Datapoints"]] == [15]


def signed(wharf, body, headers):
    request = botocore.awsrequest.AWSRequest(method="POST", url=wharf.endpoint + "/", data=body, headers=headers)
    keys = botocore.credentials.Credentials(wharf.root.access_key, wharf.root.secret_key, wharf.root.token)
    botocore.auth.SigV4Auth(keys, "monitoring", "us-east-1").add_auth(request)
    return requests.post(request.url, data=body, headers=dict(request.headers), timeout=30)


def test_math_searches_and_queries(wharf):
    cloudwatch, namespace, begin = wharf.client("cloudwatch"), tasks.unique("App"), minute(6)
    data = []
    for number, name in enumerate(("a", "b", "c"), 1):
        for step in range(4):
            at = begin + datetime.timedelta(minutes=step)
            data.append({"MetricName": "Errors", "Dimensions": host(name), "Value": number * step, "Timestamp": at})
            data.append({"MetricName": "Requests", "Dimensions": host(name), "Value": 10, "Timestamp": at})
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    def ask(*queries, **more):
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=list(queries), StartTime=begin, EndTime=minute(-1), ScanBy="TimestampAscending", **more
        )
        return answer["MetricDataResults"]

    errors = statistic("errors", namespace, "Errors", "Sum", dimensions=host("b"), ReturnData=False)
    all_requests = statistic("requests", namespace, "Requests", "Sum", dimensions=host("b"), ReturnData=False)
    share = {"Id": "share", "Expression": "100 * errors / requests", "Label": "max ${MAX}"}
    [line] = ask(errors, all_requests, share)
    assert (line["Label"], line["Values"], line["StatusCode"]) == ("max 60", [0, 20, 40, 60], "Complete")
    assert line["Timestamps"][0] == begin

    search = f"SEARCH('{{{namespace},Host}} MetricName=\"Errors\"', 'Sum', 60)"
    found = ask({"Id": "all", "Expression": search})
    assert sorted(it["Label"] for it in found) == ["a Errors", "b Errors", "c Errors"]
    [total] = ask({"Id": "total", "Expression": f"SUM({search})"})
    assert total["Values"] == [0, 6, 12, 18]
    [worst] = ask({"Id": "worst", "Expression": f"SLICE(SORT({search}, MAX, DESC), 0, 1)"})
    assert worst["Values"] == [0, 3, 6, 9]
    [high] = ask({"Id": "high", "Expression": f"IF(SUM({search}) > 6, SUM({search}))"})
    assert high["Values"] == [12, 18]
    assert ask({"Id": "exact", "Expression": search.replace('"Errors"', '"errors"')}) == []

    sql = f'SELECT MAX(Errors) FROM SCHEMA("{namespace}", Host) GROUP BY Host ORDER BY MAX() DESC LIMIT 2'
    found = ask({"Id": "sql", "Expression": sql, "Period": 60})
    assert [(it["Label"], it["Values"][-1]) for it in found] == [("c", 9), ("b", 6)]
    sql = f'SELECT MAX(Errors) FROM "{namespace}" GROUP BY Host, Rack'
    assert [it["Label"] for it in ask({"Id": "racks", "Expression": sql, "Period": 60})] == ["a Other", "b Other", "c Other"]

    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[statistic("e", namespace, "Errors", "Sum", dimensions=host("c"))],
        StartTime=begin,
        EndTime=minute(-1),
        MaxDatapoints=3,
    )
    pages = [page["MetricDataResults"][0] for page in pages]
    assert [(it["Values"], it["StatusCode"]) for it in pages] == [([9, 6, 3], "PartialData"), ([0], "Complete")]

    code, text = refused(
        cloudwatch.get_metric_data, MetricDataQueries=[{"Id": "x", "Expression": "nothing + 1"}], StartTime=begin, EndTime=minute()
    )
    assert (code, text) == ("ValidationError", "Error in expression 'x': Undefined variable 'nothing'")


def test_bad_data_and_those_who_may_not(wharf):
    cloudwatch = wharf.client("cloudwatch")
    put = {"Namespace": "App", "MetricData": [{"MetricName": "m", "Value": 1}]}
    assert refused(cloudwatch.put_metric_data, **{**put, "Namespace": "AWS/ECS"}) == (
        "InvalidParameterValue",
        "The value AWS/ECS for parameter Namespace is invalid.",
    )
    late = datetime.datetime.now(UTC) - datetime.timedelta(days=15)
    assert (
        refused(cloudwatch.put_metric_data, Namespace="App", MetricData=[{"MetricName": "m", "Value": 1, "Timestamp": late}])[0]
        == "InvalidParameterValue"
    )
    entity = [{"Entity": {"KeyAttributes": {"Type": "Service", "Name": "x"}}, "MetricData": put["MetricData"]}]
    code, text = refused(cloudwatch.put_metric_data, Namespace="App", EntityMetricData=entity)
    assert "EntityMetricData is not supported by this version of wharf" in text, code
    only = tasks.document("cloudwatch:PutMetricData", Condition={"StringEquals": {"cloudwatch:namespace": "Mine"}})
    _, keys = tasks.user(wharf, only)
    bound = wharf.client("cloudwatch", keys)
    bound.put_metric_data(**{**put, "Namespace": "Mine"})
    assert refused(bound.put_metric_data, **put)[0] == "AccessDeniedException"
    assert refused(bound.list_metrics)[0] == "AccessDeniedException"


def test_what_was_acknowledged_outlives_kill_9(wharf):
    cloudwatch, namespace, begin = wharf.client("cloudwatch"), tasks.unique("App"), minute(5)
    acknowledged, stop = [], threading.Event()

    def flood():
        while not stop.is_set():
            try:
                cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Counted", "Value": 1, "Timestamp": begin}])
            except Exception:  # noqa: BLE001 the server is being killed
                continue
            acknowledged.append(1)

    def counted():
        span = {"StartTime": begin, "EndTime": minute(-1), "Period": 60}
        asked = cloudwatch.get_metric_statistics(Namespace=namespace, MetricName="Counted", Statistics=["Sum"], **span)
        return sum(it["Sum"] for it in asked["Datapoints"])

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(2):
            before = len(acknowledged)
            wait_for(lambda before=before: len(acknowledged) > before + 5, what="samples are acknowledged before the death")
            wharf.kill_child("server")
    finally:
        stop.set()
        thread.join()
    assert len(acknowledged) > 10
    # One that was under way at each death may be there without its answer.
    assert len(acknowledged) <= counted() <= len(acknowledged) + 2


def test_an_alarm_tells_its_topic_and_eventbridge(wharf):
    cloudwatch, sns, sqs, events = (wharf.client(it) for it in ("cloudwatch", "sns", "sqs", "events"))
    name, namespace = tasks.unique("alarm"), tasks.unique("App")

    def queue(kind, allowed):
        url = sqs.create_queue(QueueName=tasks.unique(kind))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"Effect": "Allow", "Principal": {"Service": allowed}, "Action": "sqs:SendMessage", "Resource": arn}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [policy]})})
        return url, arn

    def received(url):
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])

    told, told_arn = queue("told", "sns.amazonaws.com")
    seen, seen_arn = queue("seen", "events.amazonaws.com")
    topic = sns.create_topic(Name=tasks.unique("ops"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=told_arn)
    pattern = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"], "detail": {"alarmName": [name]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": seen_arn}])
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName="Load",
        Statistic="Maximum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=70,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
        Tags=[{"Key": "team", "Value": "web"}],
    )
    data = {"MetricName": "Load", "Value": 95, "StorageResolution": 1}
    now = datetime.datetime.now(UTC)
    stamps = [now + datetime.timedelta(seconds=it) for it in range(30)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{**data, "Timestamp": it} for it in stamps])
    message = wait_for(lambda: received(told), 60, "the message of the alarm")
    assert message["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    body = json.loads(message["Message"])
    assert (body["NewStateValue"], body["OldStateValue"], body["Trigger"]["MetricName"]) == ("ALARM", "INSUFFICIENT_DATA", "Load")
    assert body["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [95.0 (")
    event = wait_for(lambda: received(seen), 60, "the event of the alarm")
    assert (event["detail"]["state"]["value"], event["detail"]["previousState"]["value"]) == ("ALARM", "INSUFFICIENT_DATA")
    wharf.kill_child("server")
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["AlarmActions"]) == ("ALARM", [topic])
    wharf.aws("cloudwatch", "set-alarm-state", "--alarm-name", name, "--state-value", "OK", "--state-reason", "by hand")
    history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert "Alarm updated from ALARM to OK" in [it["HistorySummary"] for it in history]
    # Not of the alarm itself, which the next evaluation may change.
    assert "by hand" in [json.loads(it["HistoryData"])["newState"]["stateReason"] for it in history]
    arn = alarm["AlarmArn"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "web"}]
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["cloudwatch:alarm"])["ResourceTagMappingList"]
    assert arn in [it["ResourceARN"] for it in tagged]
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    alarm = {"AlarmName": "x", "Namespace": "App", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    alarm.update(Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[function])
    assert "is not supported by this version of wharf" in refused(cloudwatch.put_metric_alarm, **alarm)[1]
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert refused(cloudwatch.delete_alarms, AlarmNames=[name])[0] == "ResourceNotFound"


def test_the_policy_of_a_topic_says_which_alarms_it_hears(wharf):
    cloudwatch, sns = wharf.client("cloudwatch"), wharf.client("sns")
    name = tasks.unique("alarm")

    def topic(**statement):
        arn = sns.create_topic(Name=tasks.unique("ops"))["TopicArn"]
        statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": arn, **statement}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        return arn

    account = "000000000000"
    of = f"arn:aws:cloudwatch:us-east-1:{account}:alarm:"
    service = {"Service": "cloudwatch.amazonaws.com"}

    def condition(account, alarm):
        return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": of + alarm}}

    open_to = topic(Principal=service, Condition=condition(account, name))
    closed = [
        topic(Principal={"AWS": f"arn:aws:iam::{account}:root"}),
        topic(Principal=service, Condition=condition("111111111111", name)),
        topic(Principal=service, Condition=condition(account, name + "-other")),
    ]
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=tasks.unique("App"),
        MetricName="Load",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=70,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[open_to, *closed],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    def failed():
        items = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
        found = [it["HistorySummary"] for it in items if it["HistorySummary"].startswith("Failed")]
        return found if len(found) >= len(closed) else None

    said = wait_for(failed, 60, "the topics refuse the alarm")
    assert all(any(arn in it for it in said) for arn in closed), said
    assert not any(open_to in it for it in said)
    cloudwatch.delete_alarms(AlarmNames=[name])


def test_an_alarm_on_several_lines_has_contributors(wharf):
    cloudwatch, sns, sqs = (wharf.client(it) for it in ("cloudwatch", "sns", "sqs"))
    name, namespace = tasks.unique("alarm"), tasks.unique("App")
    url = sqs.create_queue(QueueName=tasks.unique("told"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    topic = sns.create_topic(Name=tasks.unique("ops"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    loads = {"a": 95, "b": 10, "c": 99}
    data = [
        {"MetricName": "Load", "Value": value, "Timestamp": minute(ago), "Dimensions": host(it)}
        for it, value in loads.items()
        for ago in range(4)
    ]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    sql = f'SELECT MAX(Load) FROM SCHEMA("{namespace}", Host) GROUP BY Host'
    alarm = {
        "AlarmName": name,
        "Metrics": [{"Id": "q", "Expression": sql, "Period": 60}],
        "EvaluationPeriods": 1,
        "Threshold": 70,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    policy = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:1:autoScalingGroupName/g:policyName/p"
    assert refused(cloudwatch.put_metric_alarm, **alarm, AlarmActions=[policy])[0] == "ValidationError"
    grouped = [{"Id": "q", "Expression": sql, "Period": 60, "ReturnData": False}, {"Id": "e", "Expression": "q * 2"}]
    assert "single time series" in refused(cloudwatch.put_metric_alarm, **{**alarm, "Metrics": grouped})[1]
    cloudwatch.put_metric_alarm(**alarm, AlarmActions=[topic])
    told = {}

    def received():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(json.loads(message["Body"])["Message"])
            told[body["AlarmContributorAttributes"]["Host"]] = body
        return len(told) == 2

    wait_for(received, 90, "both lines being told")
    assert {it["NewStateValue"] for it in told.values()} == {"ALARM"} and set(told) == {"a", "c"}
    wharf.kill_child("server")
    [shown] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (shown["StateValue"], shown["StateReason"]) == ("ALARM", "2 out of 3 time series evaluated to ALARM")
    found = cloudwatch.describe_alarm_contributors(AlarmName=name)["AlarmContributors"]
    assert {it["ContributorAttributes"]["Host"]: it["ContributorId"] for it in found} == {
        it: body["AlarmContributorId"] for it, body in told.items()
    }
    assert all("datapoint was greater than the threshold (70.0)" in it["StateReason"] for it in found)
    history = cloudwatch.describe_alarm_history(AlarmName=name, AlarmContributorId=told["a"]["AlarmContributorId"])["AlarmHistoryItems"]
    assert {it["HistoryItemType"] for it in history} == {"AlarmContributorStateUpdate", "AlarmContributorAction"}
    assert all(it["AlarmContributorAttributes"] == {"Host": "a"} for it in history)
    cloudwatch.delete_alarms(AlarmNames=[name])


def test_queries_are_kept_for_later(wharf):
    cloudwatch = wharf.client("cloudwatch")
    path = f"shop/{tasks.unique('load')}"
    given = {"Path": path, "Expression": "SELECT MAX(Load) FROM App GROUP BY Host", "Type": "SQL"}
    made = cloudwatch.put_metric_data_query_definition(**given)
    assert {it: made[it] for it in given} == given
    assert made["Arn"].endswith(f":metric-data-query-definition/{made['Id']}")
    assert refused(cloudwatch.put_metric_data_query_definition, **given)[0] == "ConflictException"
    changed = {"Path": path, "Expression": "sum by (host) (rate(requests_total[5m]))", "Type": "PROMQL"}
    cloudwatch.put_metric_data_query_definition(Id=made["Id"], **changed)
    shown = cloudwatch.get_metric_data_query_definition(Id=made["Id"])
    assert ({it: shown[it] for it in changed}, shown["CreatedAt"]) == (changed, made["CreatedAt"])
    listed = {it["Id"]: it for it in cloudwatch.list_metric_data_query_definitions()["Items"]}
    assert (listed[made["Id"]]["Path"], listed[made["Id"]]["Type"]) == (path, "PROMQL")
    for kind, expression in (("SQL", "SELECT"), ("METRIC_MATH", "m1 +"), ("PROMQL", "sum by (")):
        code, text = refused(cloudwatch.put_metric_data_query_definition, Path=f"{path}/bad", Expression=expression, Type=kind)
        assert code == "InvalidParameterValue" and text.startswith("The parameter Expression is not valid"), text
    cloudwatch.delete_metric_data_query_definition(Id=made["Id"])
    assert refused(cloudwatch.get_metric_data_query_definition, Id=made["Id"])[0] == "ResourceNotFoundException"


def test_dashboards_are_kept_as_they_are(wharf):
    cloudwatch, name = wharf.client("cloudwatch"), tasks.unique("board")
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 3, "properties": {"markdown": "hello"}}]})
    assert cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)["DashboardValidationMessages"] == []
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == body
    [listed] = wharf.aws("cloudwatch", "list-dashboards", "--dashboard-name-prefix", name)["DashboardEntries"]
    assert (listed["DashboardName"], listed["Size"]) == (name, len(body))
    assert refused(cloudwatch.put_dashboard, DashboardName=name, DashboardBody="{}")[0] in (
        "InvalidParameterInput",
        "DashboardInvalidInputError",
    )
    cloudwatch.delete_dashboards(DashboardNames=[name])
    assert refused(cloudwatch.get_dashboard, DashboardName=name)[0] in ("ResourceNotFound", "DashboardNotFoundError")


def pixels(image):
    """Width, height and the lines of an image as it is made here: of eight bits, with nothing filtered."""
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(image):
        length = int.from_bytes(image[at : at + 4])
        kind, data = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == int.from_bytes(image[at + 8 + length : at + 12 + length]), kind
        chunks[kind], at = data, at + 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height = int.from_bytes(chunks[b"IHDR"][:4]), int.from_bytes(chunks[b"IHDR"][4:8])
    raw, step = zlib.decompress(chunks[b"IDAT"]), 1 + 3 * width
    assert len(raw) == height * step and not any(raw[::step])
    return width, height, [raw[it * step + 1 : (it + 1) * step] for it in range(height)]


def rows_of(lines, colour):
    """The rows in which pixels have a colour."""
    return {row for row, line in enumerate(lines) if colour in {line[it : it + 3] for it in range(0, len(line), 3)}}


def test_a_widget_is_an_image_of_its_data(wharf):
    cloudwatch, namespace = wharf.client("cloudwatch"), tasks.unique("App")
    blue, pink, green = b"\x00\x00\xff", b"\xff\x00\xff", b"\x00\xff\x00"
    widget = {
        "width": 420, "height": 230, "title": "Orders", "start": "-PT1H", "period": 60, "stat": "Sum",
        "yAxis": {"left": {"min": 0, "max": 100}},
        "annotations": {"horizontal": [{"value": 50, "label": "enough", "color": "#00ff00"}]},
        "metrics": [
            [namespace, "Orders", "Host", "a", {"color": "#0000ff", "id": "m1"}],
            ["...", "b", {"visible": False, "id": "m2"}],
            [{"expression": "m1 * 8", "label": "eight times", "color": "#ff00ff"}],
        ],
    }  # fmt: skip

    def drawn(**more):
        done = wharf.aws("cloudwatch", "get-metric-widget-image", "--metric-widget", json.dumps({**widget, **more}))
        width, height, lines = pixels(base64.b64decode(done["MetricWidgetImage"]))
        assert (width, height) == (more.get("width", 420), more.get("height", 230))
        return lines

    empty = drawn()
    # Squares of the legend are there without any data.
    few = {row for row in rows_of(empty, blue) if row < 180}
    assert not few and len([row for row in rows_of(empty, green) if row < 180]) >= 1
    for ago in range(5, 40):
        data = {"MetricName": "Orders", "Dimensions": host("a"), "Value": 10, "Timestamp": minute(ago)}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[data])
    lines = drawn()
    low, high = (min(row for row in rows_of(lines, colour)) for colour in (blue, pink))
    middle = min(rows_of(lines, green))
    assert high < middle < low, "80 is above the line at 50, 10 below it"
    deployed = drawn(annotations={"vertical": [{"value": minute(30).isoformat(), "label": "deployed", "color": "#00ff00"}]})
    assert len([row for row in rows_of(deployed, green) if row < 180]) > 100, "from top to bottom"
    assert drawn(stacked=True) != lines != drawn(view="singleValue")
    assert drawn(width=1, height=1) is not None and drawn(width=2000, height=60)
    image = cloudwatch.get_metric_widget_image(MetricWidget=json.dumps(widget), OutputFormat="png")["MetricWidgetImage"]
    assert pixels(image)[:2] == (420, 230), "boto3 speaks another protocol"

    def said(**more):
        return refused(cloudwatch.get_metric_widget_image, MetricWidget=json.dumps({**widget, **more}))[1]

    assert "liveData is not supported" in said(liveData=True)
    assert "view must be one of timeSeries, singleValue" in said(view="pie")
    assert "width has no value that is valid" in said(width=2001)
    assert "OutputFormat" in refused(cloudwatch.get_metric_widget_image, MetricWidget="{}", OutputFormat="image/png")[1]
