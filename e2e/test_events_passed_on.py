"""EventBridge through boto3 and the AWS CLI: events that go on to other buses and accounts, into log groups, into archives and out of
them again, and to the queue of dead letters."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.installation import Place
from harness.waiting import wait_for
from test_accounts import create
from test_sns import queue, received

HOME = "000000000000"
UTC = datetime.UTC


def entry(source, bus="default", **detail):
    return {"Source": source, "DetailType": "order", "Detail": json.dumps(detail), "EventBusName": bus}


def put(client, *entries):
    answer = client.put_events(Entries=list(entries))
    assert answer["FailedEntryCount"] == 0, answer
    return [it["EventId"] for it in answer["Entries"]]


def to_queue(wharf, rule, pattern, place=None, bus="default", **target):
    """A rule whose events a queue of the same place gets; the queue's URL."""
    place = place or wharf
    events = place.client("events")
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern), EventBusName=bus)["RuleArn"]
    url, queue_arn = queue(place, arn, service="events.amazonaws.com")
    answer = events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "q", "Arn": queue_arn, **target}])
    assert answer["FailedEntryCount"] == 0, answer
    return url


def test_an_event_goes_on_to_a_bus_of_another_account(wharf):
    number, root = create(wharf, tasks.unique("partner"))
    theirs, name = Place(wharf, "us-east-1", root), tasks.unique("shop")
    bus = theirs.client("events").create_event_bus(Name=name)["EventBusArn"]
    url = to_queue(wharf, name, {"source": [name]}, place=theirs, bus=name)
    events = wharf.client("events")
    # Not before the other account lets it in; who is not let in is told of by a dead letter.
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    letters, letters_arn = queue(wharf, rule, service="events.amazonaws.com")
    target = {"Id": "bus", "Arn": bus, "DeadLetterConfig": {"Arn": letters_arn}}
    assert events.put_targets(Rule=name, Targets=[target])["FailedEntryCount"] == 0
    (refused,) = put(events, entry(name, state="refused"))
    (letter,) = received(wharf, letters, 1)
    assert json.loads(letter["Body"])["id"] == refused
    attributes = {key: it["StringValue"] for key, it in letter["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == rule and attributes["TARGET_ARN"] == bus
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS", attributes
    theirs.client("events").put_permission(EventBusName=name, StatementId="home", Action="events:PutEvents", Principal=HOME)
    (passed,) = put(events, entry(name, state="passed"))
    (message,) = received(theirs, url, 1)
    event = json.loads(message["Body"])
    # It arrives as it was sent: of the account that sent it.
    assert (event["id"], event["account"], event["detail"]) == (passed, HOME, {"state": "passed"})
    assert number != HOME
    # And straight onto the bus, by its ARN.
    (direct,) = put(events, entry(name, bus=bus, state="direct"))
    (message,) = received(theirs, url, 1)
    assert json.loads(message["Body"])["id"] == direct


def test_a_log_group_keeps_events(wharf):
    events, logs, name = wharf.client("events"), wharf.client("logs"), tasks.unique("kept")
    group = f"/aws/events/{name}"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:{HOME}:log-group:{group}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*",
    }
    logs.put_resource_policy(policyName=name, policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    assert events.put_targets(Rule=name, Targets=[{"Id": "log", "Arn": arn}])["FailedEntryCount"] == 0
    ids = put(events, *(entry(name, number=number) for number in range(5)))

    def kept():
        found = logs.filter_log_events(logGroupName=group)["events"]
        return {json.loads(it["message"])["id"] for it in found}

    wait_for(lambda: kept() == set(ids), what="the events in the log")
    logs.delete_resource_policy(policyName=name)


def test_an_archive_sends_its_events_once_more(wharf):
    events, name = wharf.client("events"), tasks.unique("archive")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    pattern = json.dumps({"detail": {"keep": [True]}})
    made = wharf.aws("events", "create-archive", "--archive-name", name, "--event-source-arn", bus, "--event-pattern", pattern)
    url = to_queue(wharf, name, {"source": [name]}, bus=name)
    begun = datetime.datetime.now(UTC) - datetime.timedelta(seconds=5)
    kept, _ = put(events, entry(name, bus=name, keep=True), entry(name, bus=name, keep=False))
    assert len(received(wharf, url, 2)) == 2
    wait_for(lambda: events.describe_archive(ArchiveName=name)["EventCount"] == 1, what="the event in the archive")
    until = datetime.datetime.now(UTC) + datetime.timedelta(seconds=5)
    with pytest.raises(ClientError) as caught:
        other = f"arn:aws:events:us-east-1:{HOME}:event-bus/default"
        events.start_replay(
            ReplayName=name, EventSourceArn=made["ArchiveArn"], EventStartTime=begun, EventEndTime=until, Destination={"Arn": other}
        )
    assert caught.value.response["Error"]["Message"].endswith("Cross event bus replay is not permitted.")
    events.start_replay(
        ReplayName=name, EventSourceArn=made["ArchiveArn"], EventStartTime=begun, EventEndTime=until, Destination={"Arn": bus}
    )
    (message,) = received(wharf, url, 1)
    event = json.loads(message["Body"])
    assert (event["replay-name"], event["detail"]) == (name, {"keep": True}) and kept
    wait_for(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED", what="the end of the replay")
    # What was replayed is not kept once more.
    assert events.describe_archive(ArchiveName=name)["EventCount"] == 1
    events.delete_archive(ArchiveName=name)


def test_what_nobody_takes_goes_to_the_dead_letters(wharf):
    events, sqs, name = wharf.client("events"), wharf.client("sqs"), tasks.unique("dead")
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    url, gone = queue(wharf, rule, service="events.amazonaws.com")
    sqs.delete_queue(QueueUrl=url)
    letters, letters_arn = queue(wharf, rule, service="events.amazonaws.com")
    shape = {"InputPathsMap": {"n": "$.detail.number"}, "InputTemplate": '"number <n>"'}
    target = {"Id": "q", "Arn": gone, "DeadLetterConfig": {"Arn": letters_arn}, "InputTransformer": shape}
    assert events.put_targets(Rule=name, Targets=[target])["FailedEntryCount"] == 0
    (sent,) = put(events, entry(name, number=7))
    (letter,) = received(wharf, letters, 1)
    # The event itself, not what was made of it.
    assert json.loads(letter["Body"])["id"] == sent
    attributes = {key: it["StringValue"] for key, it in letter["MessageAttributes"].items()}
    assert {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE"} <= set(attributes), attributes
    assert attributes["RULE_ARN"] == rule and attributes["TARGET_ARN"] == gone
    assert attributes["ERROR_CODE"] == "NO_RESOURCE", attributes
