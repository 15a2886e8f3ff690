"""Subscription filters and metric filters of log groups, as boto3 uses them."""

import base64
import datetime
import gzip
import json

import pytest
from botocore.exceptions import ClientError

from harness import log_groups, tasks
from harness.log_groups import put
from harness.waiting import wait_for


@pytest.fixture
def group(wharf):
    return log_groups.make(wharf, "filters")


@pytest.fixture
def queue(wharf, group):
    """A queue that takes what the service sends for the group: its URL and ARN."""
    sqs = wharf.client("sqs")
    url = sqs.create_queue(QueueName=tasks.unique("lines"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def received(sqs, url, messages):
    """Adds what is there now, unpacked, and takes it off the queue."""
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        messages.append(json.loads(gzip.decompress(base64.b64decode(message["Body"]))))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


def texts(messages):
    return [event["message"] for message in messages if message["messageType"] == "DATA_MESSAGE" for event in message["logEvents"]]


def test_what_matches_reaches_the_queue(wharf, group, queue):
    logs, sqs, (url, arn) = wharf.client("logs"), wharf.client("sqs"), queue
    logs.put_subscription_filter(logGroupName=group, filterName="errors", filterPattern="ERROR", destinationArn=arn)
    (shown,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert (shown["filterName"], shown["destinationArn"]) == ("errors", arn)
    put(logs, group, "ERROR one", "fine", "ERROR two")
    messages = []
    wait_for(lambda: len(texts(received(sqs, url, messages))) >= 2, what="the lines")
    assert texts(messages) == ["ERROR one", "ERROR two"]
    assert messages[0]["messageType"] == "CONTROL_MESSAGE"
    assert messages[1]["logGroup"] == group and messages[1]["subscriptionFilters"] == ["errors"]


def test_a_topic_tells_all_who_listen(wharf, group, queue):
    logs, sns, sqs, (url, arn) = wharf.client("logs"), wharf.client("sns"), wharf.client("sqs"), queue
    topic = sns.create_topic(Name=tasks.unique("lines"))["TopicArn"]

    def lets_in(service, action, resource):
        statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": action, "Resource": resource}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=lets_in("logs", "sns:Publish", topic))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": lets_in("sns", "sqs:SendMessage", arn)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    logs.put_subscription_filter(logGroupName=group, filterName="errors", filterPattern="ERROR", destinationArn=topic)
    put(logs, group, "fine", "ERROR one")
    messages = []
    wait_for(lambda: texts(received(sqs, url, messages)), what="the line")
    assert texts(messages) == ["ERROR one"]


def test_nothing_is_lost_with_the_server(wharf, group, queue):
    logs, sqs, (url, arn) = wharf.client("logs"), wharf.client("sqs"), queue
    logs.put_subscription_filter(logGroupName=group, filterName="all", filterPattern="", destinationArn=arn)
    expected, messages = set(), []
    for round_ in range(3):
        lines = [f"line {round_}-{n}" for n in range(200)]
        put(logs, group, *lines)
        expected.update(lines)
        wharf.kill_child("server")
        wharf.wait_ready()
    wait_for(lambda: expected <= set(texts(received(sqs, url, messages))), what="all lines")


def test_a_destination_that_takes_nothing_is_refused(wharf, group, queue):
    logs, sqs, (url, arn) = wharf.client("logs"), wharf.client("sqs"), queue
    with pytest.raises(ClientError, match="Could not deliver test message"):
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=arn + "-nowhere")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    with pytest.raises(ClientError, match="Could not deliver test message"):
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=arn)
    with pytest.raises(ClientError, match="lambda"):
        destination = "arn:aws:lambda:us-east-1:000000000000:function:f"
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=destination)


def test_what_matches_is_counted_and_measured(wharf, group):
    """Once each, also over a kill -9 right behind the answer."""
    logs, namespace = wharf.client("logs"), tasks.unique("shop")

    def measures(name, pattern, value, **more):
        transformation = {"metricName": name, "metricNamespace": namespace, "metricValue": value, **more}
        logs.put_metric_filter(logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[transformation])

    measures("Errors", "ERROR", "1", unit="Count")
    measures("Took", "{ $.ms = * }", "$.ms", unit="Milliseconds", dimensions={"Path": "$.path"})

    def points(name, *statistics, **dimensions):
        now = datetime.datetime.now(datetime.UTC)
        found = wharf.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName=name, Period=3600, Statistics=list(statistics),
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - datetime.timedelta(hours=2), EndTime=now + datetime.timedelta(hours=1),
        )  # fmt: skip
        return found["Datapoints"]

    def summed(name, statistic="Sum", **dimensions):
        return sum(it[statistic] for it in points(name, statistic, **dimensions))

    put(logs, group, "ERROR one", "fine", "ERROR two")
    wharf.kill_child("server")
    put(logs, group, "ERROR three", *(json.dumps({"path": path, "ms": ms}) for path, ms in (("/a", 7), ("/b", 9), ("/a", 3))))
    wait_for(lambda: summed("Errors") >= 3, what="the errors being counted")
    wait_for(lambda: summed("Took", "SampleCount", Path="/a") >= 2, what="the times being measured")
    assert summed("Errors") == summed("Errors", "SampleCount") == 3
    assert (summed("Took", Path="/a"), summed("Took", Path="/b"), points("Took", "Sum")) == (10, 9, [])
    assert {it["Unit"] for it in points("Took", "Sum", Path="/a")} == {"Milliseconds"}
    assert max(it["Maximum"] for it in points("Took", "Maximum", Path="/a")) == 7


def test_an_account_says_whose_events_make_no_metrics(wharf, group):
    logs, namespace, region = wharf.client("logs", region="eu-west-1"), tasks.unique("shop"), "eu-west-1"
    quiet = group + "-quiet"
    for name in (group, quiet):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")
    named = {"policyName": tasks.unique("quiet"), "policyType": "METRIC_EXTRACTION_POLICY"}
    selection = f'LogGroupNamePrefix IN ["{quiet}"]'
    policy = logs.put_account_policy(policyDocument="{}", selectionCriteria=selection, **named)["accountPolicy"]
    with pytest.raises(ClientError, match="cannot overlap"):
        other = {**named, "policyName": named["policyName"] + "-too"}
        logs.put_account_policy(policyDocument="{}", selectionCriteria=f'LogGroupName IN ["{quiet}"]', **other)
    wharf.kill_child("server")
    wharf.wait_ready()
    logs = wharf.client("logs", region=region)
    assert logs.describe_account_policies(policyType=named["policyType"])["accountPolicies"] == [policy]

    def event(metric):
        now = int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)
        directive = {"Namespace": namespace, "Metrics": [{"Name": metric}]}
        return json.dumps({"_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]}, metric: 1})

    put(logs, quiet, event("Quiet"))
    put(logs, group, event("Loud"))
    cloudwatch = wharf.client("cloudwatch", region=region)

    def metrics():
        return {it["MetricName"] for it in cloudwatch.list_metrics(Namespace=namespace)["Metrics"]}

    wait_for(metrics, what="the metric of the other group")
    assert metrics() == {"Loud"}
    logs.delete_account_policy(**named)
    put(logs, quiet, event("Quiet"))
    wait_for(lambda: metrics() == {"Loud", "Quiet"}, what="the metric once there is no policy")


def test_metric_filters_are_kept(wharf, group):
    logs = wharf.client("logs")
    transformation = {"metricName": "Errors", "metricNamespace": "shop", "metricValue": "1", "defaultValue": 0.0}
    logs.put_metric_filter(logGroupName=group, filterName="errors", filterPattern="ERROR", metricTransformations=[transformation])
    (shown,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert (shown["filterName"], shown["metricTransformations"]) == ("errors", [transformation])
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"] == 1
    put(logs, group, "ERROR one")
    with pytest.raises(ClientError, match="mutually exclusive"):
        both = {**transformation, "dimensions": {"Path": "$.path"}}
        logs.put_metric_filter(logGroupName=group, filterName="x", filterPattern="{ $.path = * }", metricTransformations=[both])
    where = ["@aws.account", "@aws.region"]
    logs.put_metric_filter(
        logGroupName=group,
        filterName="errors",
        filterPattern="ERROR",
        metricTransformations=[transformation],
        emitSystemFieldDimensions=where,
    )
    (shown,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert shown["emitSystemFieldDimensions"] == where
    with pytest.raises(ClientError, match="@aws.zone is no system field"):
        logs.put_metric_filter(
            logGroupName=group,
            filterName="x",
            filterPattern="",
            metricTransformations=[transformation],
            emitSystemFieldDimensions=["@aws.zone"],
        )
    logs.delete_metric_filter(logGroupName=group, filterName="errors")
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_a_metric_filter_is_tried_on_messages(wharf):
    logs = wharf.client("logs")

    def tried(pattern, messages):
        return logs.test_metric_filter(filterPattern=pattern, logEventMessages=messages)["matches"]

    (match,) = tried("{ $.ms > 5 }", ['{"ms": 4}', '{"ms": 6}'])
    assert match == {"eventNumber": 2, "eventMessage": '{"ms": 6}', "extractedValues": {"$.ms": "6"}}
    with pytest.raises(ClientError, match="less than or equal to 50"):
        tried("", ["x"] * 51)
    with pytest.raises(ClientError, match="at most 1048576 bytes together"):
        tried("", ["x" * 1_000_000] * 2)
    with pytest.raises(ClientError, match="take more than 8388608 bytes together"):
        tried("[...]", ["a " * 400_000])
