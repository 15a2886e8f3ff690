"""Logs of event buses through the AWS CLI and boto3: what happens to events reaches log groups and buckets, over a restart of the server too."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.installation import Place
from harness.waiting import wait_for
from test_accounts import create
from test_sns import queue

HOME = "000000000000"
WRITER = {"Service": "delivery.logs.amazonaws.com"}
STREAM = "EventBridgeEventBusLogs"


@pytest.fixture(scope="module")
def wharf(installation):
    """One of its own, for its server is killed here."""
    return installation


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put(wharf, bus, **detail):
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps(detail), "EventBusName": bus}
    answer = wharf.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer
    return answer["Entries"][0]["EventId"]


def records(wharf, group):
    """What the CLI finds in a group, as records."""
    found = wharf.aws("logs", "filter-log-events", "--log-group-name", group)
    return [json.loads(event["message"]) for event in found["events"]]


def steps(wharf, group, event):
    return {it["message_type"] for it in records(wharf, group) if it.get("event_id") == event}


def destination(place, name, target, **more):
    configuration = {"destinationResourceArn": target}
    made = place.client("logs").put_delivery_destination(name=name, deliveryDestinationConfiguration=configuration, **more)
    return made["deliveryDestination"]["arn"]


def test_a_bus_logs_into_a_group_before_and_after_a_restart(wharf):
    name = tasks.unique("shop")
    group, logs, events = f"/aws/vendedlogs/events/{name}", wharf.client("logs"), wharf.client("events")
    made = wharf.aws("events", "create-event-bus", "--name", name, "--log-config", "IncludeDetail=FULL,Level=INFO")
    assert made["LogConfig"] == {"IncludeDetail": "FULL", "Level": "INFO"}
    bus = made["EventBusArn"]
    rule = events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["shop"]}))["RuleArn"]
    _, queue_arn = queue(wharf, rule, service="events.amazonaws.com")
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "q", "Arn": queue_arn}])
    logs.create_log_group(logGroupName=group)
    source = wharf.aws("logs", "put-delivery-source", "--name", name, "--resource-arn", bus, "--log-type", "INFO_LOGS")["deliverySource"]
    assert (source["service"], source["resourceArns"]) == ("events", [bus])
    group_arn = f"arn:aws:logs:us-east-1:{HOME}:log-group:{group}"
    to = wharf.aws(
        "logs", "put-delivery-destination", "--name", name, "--delivery-destination-configuration", f"destinationResourceArn={group_arn}"
    )["deliveryDestination"]
    assert to["deliveryDestinationType"] == "CWL"
    delivery = wharf.aws(
        "logs", "create-delivery", "--delivery-source-name", name, "--delivery-destination-arn", to["arn"], "--tags", "a=b"
    )["delivery"]
    assert logs.list_tags_for_resource(resourceArn=delivery["arn"])["tags"] == {"a": "b"}
    expected = {"EVENT_INGEST_SUCCESS", "RULE_MATCH", "INVOCATION_SUCCESS"}
    event = put(wharf, name, total=120)
    wait_for(lambda: expected <= steps(wharf, group, event), what="the steps of an event")
    assert steps(wharf, group, event) == expected, "no more than its level has"
    (ingested,) = (it for it in records(wharf, group) if it["message_type"] == "EVENT_INGEST_SUCCESS")
    assert (ingested["resource_arn"], ingested["event_bus_name"], ingested["log_level"]) == (bus, name, "INFO")
    assert json.loads(ingested["details"]["event_detail"]) == {"total": 120}
    assert [it["logStreamName"] for it in logs.describe_log_streams(logGroupName=group)["logStreams"]] == [STREAM]

    # A server that is killed as soon as it has answered knows its deliveries again once it is there, and what it had to deliver.
    answered = put(wharf, name, total=0)
    wharf.kill_child("server")
    wharf.wait_ready()
    first = put(wharf, name, total=1)
    wait_for(lambda: expected <= steps(wharf, group, first), what="the steps of the first event after the restart")
    wait_for(lambda: expected <= steps(wharf, group, answered), what="the steps of the last event before it")
    told = [it["message_type"] for it in records(wharf, group) if it.get("event_id") == answered]
    assert (told.count("EVENT_INGEST_SUCCESS"), told.count("RULE_MATCH")) == (1, 1), told
    assert logs.get_delivery(id=delivery["id"])["delivery"]["deliverySourceName"] == name
    # Off is off at once.
    events.update_event_bus(Name=name, LogConfig={"Level": "OFF"})
    silent = put(wharf, name, total=2)
    events.update_event_bus(Name=name, LogConfig={"Level": "INFO"})
    last = put(wharf, name, total=3)
    wait_for(lambda: expected <= steps(wharf, group, last), what="the steps of the last event")
    assert "EVENT_INGEST_SUCCESS" not in steps(wharf, group, silent)
    assert not any("event_detail" in it["details"] for it in records(wharf, group) if it.get("event_id") == last)
    # What is in use stays; in the right order all of it goes.
    with pytest.raises(ClientError) as kept:
        logs.delete_delivery_source(name=name)
    assert kept.value.response["Error"]["Code"] == "ConflictException"
    logs.delete_delivery(id=delivery["id"])
    logs.delete_delivery_source(name=name)
    logs.delete_delivery_destination(name=name)


def test_a_bucket_and_a_group_of_another_account_get_logs_once_their_destination_and_their_policy_say_so(wharf):
    number, root = create(wharf, tasks.unique("central"))
    central, name = Place(wharf, "us-east-1", root), tasks.unique("shop")
    logs, theirs, s3 = wharf.client("logs"), central.client("logs"), central.client("s3")
    bus = wharf.client("events").create_event_bus(Name=name, LogConfig={"Level": "TRACE"})["EventBusArn"]
    s3.create_bucket(Bucket=name)
    source = logs.put_delivery_source(name=name, resourceArn=bus, logType="TRACE_LOGS")["deliverySource"]["arn"]
    to = destination(central, name, f"arn:aws:s3:::{name}/kept", outputFormat="w3c")
    asked = {
        "deliverySourceName": name,
        "deliveryDestinationArn": to,
        "recordFields": ["event_bus_name", "message_type", "log_level"],
        "fieldDelimiter": ",",
        "s3DeliveryConfiguration": {"suffixPath": "{event-bus-name}/{yyyy}", "enableHiveCompatiblePath": True},
    }
    with pytest.raises(ClientError) as refused:
        logs.create_delivery(**asked)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    allow = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "logs:CreateDelivery", "Resource": to}
    with pytest.raises(ClientError, match="Invalid Delivery Destination resource Policy"):
        theirs.put_delivery_destination_policy(deliveryDestinationName=name, deliveryDestinationPolicy="{")
    theirs.put_delivery_destination_policy(deliveryDestinationName=name, deliveryDestinationPolicy=policy(allow))
    # The destination is open; its bucket is not.
    with pytest.raises(ClientError, match="policy of the bucket"):
        logs.create_delivery(**asked)
    condition = {
        "StringEquals": {"aws:SourceAccount": HOME, "s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": source},
    }
    write = {"Effect": "Allow", "Principal": WRITER, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*", "Condition": condition}
    s3.put_bucket_policy(Bucket=name, Policy=policy(write))
    logs.create_delivery(**asked)
    # It does not move to where the bucket lets nobody in.
    with pytest.raises(ClientError, match="policy of the bucket") as refused:
        destination(central, name, f"arn:aws:s3:::{name}-none", outputFormat="w3c")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    # Neither is a log group open until a policy of its account says so.
    group, of_group = f"/aws/vendedlogs/events/{name}", f"{name}-group"
    group_arn = f"arn:aws:logs:us-east-1:{number}:log-group:{group}"
    theirs.create_log_group(logGroupName=group)
    ends = {"deliverySourceName": name, "deliveryDestinationArn": destination(central, of_group, group_arn)}
    allow["Resource"] = ends["deliveryDestinationArn"]
    theirs.put_delivery_destination_policy(deliveryDestinationName=of_group, deliveryDestinationPolicy=policy(allow))
    with pytest.raises(ClientError, match="no resource policy of the account") as refused:
        logs.create_delivery(**ends)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    condition = {"StringEquals": {"aws:SourceAccount": HOME}, "ArnLike": {"aws:SourceArn": source}}
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    write = {"Effect": "Allow", "Principal": WRITER, "Action": actions, "Resource": f"{group_arn}:log-stream:*", "Condition": condition}
    theirs.put_resource_policy(policyName=name, policyDocument=policy(write))
    logs.create_delivery(**ends)
    put(wharf, name, total=1)

    def logged():
        events = theirs.filter_log_events(logGroupName=group)["events"]
        return [json.loads(it["message"])["message_type"] for it in events]

    wait_for(lambda: logged() == ["EVENT_RECEIPT", "RULE_MATCH_START"], what="the steps in the other account's group")

    def files():
        return [it["Key"] for it in s3.list_objects_v2(Bucket=name).get("Contents", [])]

    wait_for(files, deadline_s=60, what="a file")
    (key,) = files()
    assert key.startswith(f"kept/AWSLogs/aws-account-id={HOME}/EventBusLogs/event-bus-name={name}/year=20"), key
    body = gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()).decode()
    head, *lines = body.splitlines()
    assert head == "#Version: 1.0" and lines[0] == "#Fields: event_bus_name message_type log_level", body
    assert lines[1:] == [f"{name},{step},TRACE" for step in ("EVENT_RECEIPT", "RULE_MATCH_START")]


def test_what_cannot_be_is_refused_by_name(wharf):
    logs, name = wharf.client("logs"), tasks.unique("bad")
    bus = f"arn:aws:events:us-east-1:{HOME}:event-bus/default"
    for wanted, code, text in (
        (
            {"resourceArn": "arn:aws:cloudfront::000000000000:distribution/E1", "logType": "ACCESS_LOGS"},
            "ResourceNotFoundException",
            "provided service",
        ),
        ({"resourceArn": bus + "-none", "logType": "INFO_LOGS"}, "ResourceNotFoundException", "does not exist"),
        ({"resourceArn": bus, "logType": "ACCESS_LOGS"}, "ValidationException", "LogSource"),
    ):
        with pytest.raises(ClientError, match=text) as refused:
            logs.put_delivery_source(name=name, **wanted)
        assert refused.value.response["Error"]["Code"] == code
    for more, target, text in (
        ({"outputFormat": "parquet"}, "arn:aws:s3:::b", "outputFormat"),
        ({"deliveryDestinationType": "XRAY"}, "arn:aws:s3:::b", "deliveryDestinationType"),
        ({}, f"arn:aws:firehose:us-east-1:{HOME}:deliverystream/a", "firehose"),
    ):
        with pytest.raises(ClientError, match=text):
            destination(wharf, name, target, **more)
