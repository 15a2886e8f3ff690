"""Queues with order at high throughput, who may use a queue for dead letters, purges and moves, through boto3."""

import json
import threading

import pytest

from harness import tasks
from harness.refusals import refused_code
from harness.waiting import wait_for

FIFO = {"FifoQueue": "true"}
HIGH = FIFO | {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


@pytest.fixture
def sqs(wharf):
    return wharf.client("sqs")


def queue(sqs, name="jobs", **attributes):
    name = tasks.unique(name) + (".fifo" if "FifoQueue" in attributes else "")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def drained(sqs, url):
    """All bodies, in the order in which they come; none is left."""
    found = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]).get("Messages"):
        found += got
        gone = [{"Id": str(number), "ReceiptHandle": it["ReceiptHandle"]} for number, it in enumerate(got)]
        assert len(sqs.delete_message_batch(QueueUrl=url, Entries=gone)["Successful"]) == len(got)
    return [it["Body"] for it in found]


def counts(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return tuple(int(got[name]) for name in names)


def redrive(arn, most=1):
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": most})


def test_ids_of_duplicates_count_in_their_group(sqs):
    url, _ = queue(sqs, **HIGH)
    for group in ["a", "b", "a"]:
        sqs.send_message(QueueUrl=url, MessageBody=group, MessageGroupId=group, MessageDeduplicationId="same")
    assert sorted(drained(sqs, url)) == ["a", "b"]
    # In the whole queue, once that is the scope again.
    normal = {"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=normal)
    for group in ["a", "b"]:
        sqs.send_message(QueueUrl=url, MessageBody=group, MessageGroupId=group, MessageDeduplicationId="other")
    assert drained(sqs, url) == ["a"]
    assert (
        refused_code(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoThroughputLimit": "perMessageGroupId"})
        == "InvalidAttributeValue"
    )
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert {name: shown[name] for name in normal} == normal
    standard, _ = queue(sqs)
    for name, value in normal.items():
        assert refused_code(sqs.set_queue_attributes, QueueUrl=standard, Attributes={name: value}) == "InvalidAttributeName"


@pytest.mark.parametrize("attributes", [HIGH, FIFO], ids=["per group", "per queue"])
def test_many_senders_keep_the_order_of_each_group(wharf, sqs, attributes):
    url, _ = queue(sqs, **attributes)
    groups, each = 6, 40
    failures = []

    def send(group):
        client = wharf.client("sqs")
        for number in range(each):
            # Batches have messages of the neighbour's group too.
            entries = [
                {"Id": "own", "MessageBody": f"{group}-{number}", "MessageGroupId": f"g{group}"},
                {"Id": "other", "MessageBody": f"x{group}-{number}", "MessageGroupId": f"x{(group + 1) % groups}"},
            ]
            entries = [it | {"MessageDeduplicationId": it["MessageBody"]} for it in entries]
            # The second time nothing comes of it.
            for _ in range(2):
                answer = client.send_message_batch(QueueUrl=url, Entries=entries)
                failures.extend(answer.get("Failed", []))

    senders = [threading.Thread(target=send, args=(group,)) for group in range(groups)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(120)
    assert failures == []
    found = drained(sqs, url)
    assert len(found) == len(set(found)) == 2 * groups * each
    for kind in ["", "x"]:
        for group in range(groups):
            numbers = [int(it.split("-")[1]) for it in found if it.split("-")[0] == f"{kind}{group}"]
            assert numbers == list(range(each))


def test_who_may_use_a_queue_for_dead_letters(sqs):
    dead, dead_arn = queue(sqs, "dead")
    friend, friend_arn = queue(sqs, "friend")
    stranger, _ = queue(sqs, "stranger")

    def allow(permission, **more):
        policy = json.dumps({"redrivePermission": permission, **more})
        sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": policy})
        shown = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["RedriveAllowPolicy"])["Attributes"]
        assert json.loads(shown["RedriveAllowPolicy"]) == json.loads(policy)

    wanted = {"RedrivePolicy": redrive(dead_arn)}
    allow("denyAll")
    assert refused_code(sqs.set_queue_attributes, QueueUrl=friend, Attributes=wanted) == "InvalidParameterValue"
    assert refused_code(sqs.create_queue, QueueName=tasks.unique("new"), Attributes=wanted) == "InvalidParameterValue"
    allow("byQueue", sourceQueueArns=[friend_arn])
    sqs.set_queue_attributes(QueueUrl=friend, Attributes=wanted)
    assert refused_code(sqs.set_queue_attributes, QueueUrl=stranger, Attributes=wanted) == "InvalidParameterValue"
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [friend]
    sqs.send_message(QueueUrl=friend, MessageBody="poison")
    assert len(sqs.receive_message(QueueUrl=friend, VisibilityTimeout=0)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=friend)
    (letter,) = sqs.receive_message(QueueUrl=dead, MessageSystemAttributeNames=["All"])["Messages"]
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == friend_arn
    allow("allowAll")
    sqs.set_queue_attributes(QueueUrl=stranger, Attributes=wanted)
    assert sorted(sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]) == sorted([friend, stranger])
    for bad in [
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "byQueue", "sourceQueueArns": []},
        {"redrivePermission": "byQueue", "sourceQueueArns": [f"{friend_arn}{number}" for number in range(11)]},
        {"redrivePermission": "denyAll", "sourceQueueArns": [friend_arn]},
        {"redrivePermission": "some"},
    ]:
        policy = {"RedriveAllowPolicy": json.dumps(bad)}
        assert refused_code(sqs.set_queue_attributes, QueueUrl=dead, Attributes=policy) == "InvalidAttributeValue", bad


@pytest.mark.parametrize("attributes", [{}, FIFO | {"ContentBasedDeduplication": "true"}], ids=["standard", "fifo"])
def test_a_purge_empties_a_queue_once_a_minute(wharf, sqs, attributes):
    url, _ = queue(sqs, "purged", **attributes)
    group = {"MessageGroupId": "a"} if attributes else {}
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=str(number), **group)
    (held,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.purge_queue(QueueUrl=url)
    assert counts(sqs, url) == (0, 0)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=url)
    # What was held is gone as well, and holds nothing up.
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    sqs.send_message(QueueUrl=url, MessageBody="after", **group)
    assert drained(sqs, url) == ["after"]
    # Another queue has a minute of its own.
    sqs.purge_queue(QueueUrl=queue(sqs, "purged", **attributes)[0])


def test_dead_letters_with_order_go_and_come_back_in_order(sqs):
    dead, dead_arn = queue(sqs, "dead", **FIFO)
    jobs, jobs_arn = queue(sqs, **(FIFO | {"RedrivePolicy": redrive(dead_arn)}))
    bodies = [f"{group}{number}" for number in range(5) for group in "ab"]
    for body in bodies:
        sqs.send_message(QueueUrl=jobs, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body)

    def all_are_dead():
        sqs.receive_message(QueueUrl=jobs, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return counts(sqs, dead)[0] == len(bodies)

    wait_for(all_are_dead, what="all are dead letters")
    sqs.start_message_move_task(SourceArn=dead_arn)
    wait_for(lambda: counts(sqs, jobs)[0] == len(bodies), what="all are back")
    (task,) = wait_for(lambda: ended(sqs, dead_arn), what="the task has ended")
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", len(bodies))
    assert task["SourceArn"] == dead_arn and "TaskHandle" not in task
    found = drained(sqs, jobs)
    for group in "ab":
        assert [it for it in found if it[0] == group] == [f"{group}{number}" for number in range(5)]
    assert refused_code(sqs.start_message_move_task, SourceArn=jobs_arn) == "InvalidParameterValue"


def ended(sqs, arn):
    results = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=10)["Results"]
    return results if all(it["Status"] not in ("RUNNING", "CANCELLING") for it in results) else None


def test_a_slow_move_is_cancelled(sqs):
    dead, dead_arn = queue(sqs, "dead")
    queue(sqs, RedrivePolicy=redrive(dead_arn))
    goal, goal_arn = queue(sqs, "goal")
    total = 40
    for first in range(0, total, 10):
        entries = [{"Id": str(number), "MessageBody": str(first + number)} for number in range(10)]
        sqs.send_message_batch(QueueUrl=dead, Entries=entries)
    for rate in (0, 501):
        bad = {"SourceArn": dead_arn, "DestinationArn": goal_arn, "MaxNumberOfMessagesPerSecond": rate}
        assert refused_code(sqs.start_message_move_task, **bad) == "InvalidParameterValue"
    # All of them would take forty seconds.
    move = {"SourceArn": dead_arn, "DestinationArn": goal_arn, "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**move)["TaskHandle"]
    (task,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
    assert (task["Status"], task["TaskHandle"], task["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 1)
    assert (task["DestinationArn"], task["ApproximateNumberOfMessagesToMove"]) == (goal_arn, total)
    assert refused_code(sqs.start_message_move_task, **move) == "AWS.SimpleQueueService.UnsupportedOperation"

    def moved():
        (task,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
        return task["ApproximateNumberOfMessagesMoved"] > 0

    wait_for(moved, what="something is moved")
    said = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    (task,) = wait_for(lambda: ended(sqs, dead_arn), what="the task has ended")
    moved = task["ApproximateNumberOfMessagesMoved"]
    assert task["Status"] == "CANCELLED" and 0 < said <= moved < total
    assert (counts(sqs, goal), counts(sqs, dead)) == ((moved, 0), (total - moved, 0))
    assert refused_code(sqs.cancel_message_move_task, TaskHandle=handle) == "ResourceNotFoundException"
    # Another moves the rest, as fast as it can.
    sqs.start_message_move_task(SourceArn=dead_arn, DestinationArn=goal_arn)
    done, before = wait_for(lambda: ended(sqs, dead_arn), what="the second task has ended")
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"], before["Status"]) == ("COMPLETED", total - moved, "CANCELLED")
    assert sorted(map(int, drained(sqs, goal))) == list(range(total))
