"""Queues, events and schedules on a disk that is full: what is accepted is kept and delivered, what is not is refused by name, and
what came due meanwhile is made up for."""

import datetime
import json
import os

from botocore.exceptions import ClientError

from harness.waiting import wait_for
from test_full_disk import fill, small_disk  # noqa: F401
from test_scheduler import role_for
from test_sns import queue

FULL = "The disk of the control plane is full"


def until_refused(disk, write, most=4000):
    """Writes until there is no room; the store makes some of what it needs no more, which is taken, too."""
    for number in range(most):
        if number % 50 == 0:
            fill(disk)
        try:
            write(number)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500, error.response
            assert FULL in error.response["Error"]["Message"], error.response
            return
    raise AssertionError(f"{most} writes fit onto a full disk")


def taken(sqs, url, **more):
    """The bodies of some messages, which are deleted."""
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **more).get("Messages", [])
    for message in got:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in got]


def test_nothing_that_was_accepted_is_lost(small_disk, unstarted):  # noqa: F811
    wharf = unstarted(data=small_disk / "data").start(node=False)
    sqs, events, scheduler = (wharf.client(service) for service in ("sqs", "events", "scheduler"))
    (jobs, _), (moments, moments_arn) = queue(wharf), queue(wharf)
    rule = events.put_rule(Name="told", EventPattern=json.dumps({"source": ["shop"]}))["RuleArn"]
    told, told_arn = queue(wharf, rule, service="events.amazonaws.com")
    events.put_targets(Rule="told", Targets=[{"Id": "q", "Arn": told_arn}])
    role = role_for(wharf, "sqs:SendMessage")
    sent, put, received, heard = set(), set(), set(), set()

    def send(body):
        sqs.send_message(QueueUrl=jobs, MessageBody=body)
        sent.add(body)

    def put_event(number):
        entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"number": number, "text": "x" * 300})}
        answer = events.put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        put.add(answer["Entries"][0]["EventId"])

    for number in range(20):
        send(f"before {number}")
    put_event(-1)
    due = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(seconds=12)
    scheduler.create_schedule(
        Name="moment",
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": moments_arn, "RoleArn": role, "Input": "the moment"},
    )

    until_refused(small_disk, lambda number: send(f"large {number} " + "x" * 150_000))
    until_refused(small_disk, put_event)
    until_refused(small_disk, lambda number: send(f"small {number}"))
    # What is there can be received and deleted meanwhile.
    some = taken(sqs, jobs)
    assert some and set(some) <= sent
    received.update(some)
    # The moment of the schedule comes while nothing can be added.
    fill(small_disk)
    wait_for(lambda: datetime.datetime.now(datetime.UTC) > due + datetime.timedelta(seconds=2), 30, "the moment")
    until_refused(small_disk, put_event)

    os.unlink(small_disk / "filler")
    wait_for(lambda: send("after") or True, 30, "a message once there is room")

    def all_there():
        received.update(taken(sqs, jobs))
        heard.update(json.loads(body)["id"] for body in taken(sqs, told))
        return sent <= received and put <= heard

    wait_for(all_there, 90, "all that was accepted", interval_s=0)
    came = []
    wait_for(lambda: came.extend(taken(sqs, moments, WaitTimeSeconds=1)) or came, 60, "the schedule's message")
    wharf.kill_child("server")
    # What was deleted does not come back, nor does the moment.
    assert taken(sqs, jobs) == [] and came + taken(sqs, moments, WaitTimeSeconds=1) == ["the moment"]
