"""Bad input of SQS, SNS, EventBridge and its Scheduler: what the models do not say, with AWS's codes and texts."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks

ACCOUNT, REGION = "000000000000", "us-east-1"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:nobody"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/nobody"


def refusal(client, operation, parameters):
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    error = caught.value.response["Error"]
    return error["Code"].removeprefix("AWS.SimpleQueueService."), error["Message"]


@pytest.fixture(scope="module")
def queues(wharf):
    sqs, name = wharf.client("sqs"), tasks.unique("refusals")
    urls = {
        "plain": sqs.create_queue(QueueName=name)["QueueUrl"],
        "fifo": sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"],
    }
    yield urls
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


def entries(count, **more):
    return [{"Id": str(number), "MessageBody": "x"} | more for number in range(count)]


OF_QUEUES = [
    ("create_queue", None, {"QueueName": "a b"}, "InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"),
    ("create_queue", None, {"QueueName": "a" * 81}, "InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"),
    ("create_queue", None, {"QueueName": "a", "Attributes": {"VisibilityTimeout": "43201"}}, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
    ("create_queue", None, {"QueueName": "a", "Attributes": {"FifoQueue": "true"}}, "InvalidParameterValue", "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."),
    ("create_queue", None, {"QueueName": "a", "Attributes": {"Nothing": "1"}}, "InvalidAttributeName", "Unknown Attribute Nothing."),
    ("set_queue_attributes", "plain", {"Attributes": {"Nothing": "1"}}, "InvalidAttributeName", "Unknown Attribute Nothing."),
    ("get_queue_attributes", "plain", {"AttributeNames": ["Nothing"]}, "InvalidAttributeName", "Unknown Attribute Nothing."),
    ("get_queue_url", None, {"QueueName": "nobody"}, "NonExistentQueue", "The specified queue does not exist."),
    ("send_message", "plain", {"MessageBody": ""}, "MissingParameter", "The request must contain the parameter MessageBody."),
    ("send_message", "plain", {"MessageBody": "\x00"}, "InvalidMessageContents", None),
    ("send_message", "plain", {"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue", "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."),
    ("send_message", "fifo", {"MessageBody": "x"}, "MissingParameter", "The request must contain the parameter MessageGroupId."),
    ("send_message", "fifo", {"MessageBody": "x", "MessageGroupId": "g"}, "InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
    ("send_message", "fifo", {"MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 1}, "InvalidParameterValue", "Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."),
    ("send_message_batch", "plain", {"Entries": []}, "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."),
    ("send_message_batch", "plain", {"Entries": entries(11)}, "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11."),
    ("send_message_batch", "plain", {"Entries": entries(1) * 2}, "BatchEntryIdsNotDistinct", "Id 0 repeated."),
    ("send_message_batch", "plain", {"Entries": [{"Id": "a b", "MessageBody": "x"}]}, "InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."),
    ("receive_message", "plain", {"MaxNumberOfMessages": 11}, "InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
    ("receive_message", "plain", {"WaitTimeSeconds": 21}, "InvalidParameterValue", "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
    ("delete_message", "plain", {"ReceiptHandle": "x"}, "ReceiptHandleIsInvalid", 'The input receipt handle "x" is not a valid receipt handle.'),
    ("change_message_visibility", "plain", {"ReceiptHandle": "x", "VisibilityTimeout": 1}, "ReceiptHandleIsInvalid", 'The input receipt handle "x" is not a valid receipt handle.'),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "queue", "parameters", "code", "text"), OF_QUEUES)
def test_queues(wharf, queues, operation, queue, parameters, code, text):
    of = {"QueueUrl": queues[queue]} if queue else {}
    found = refusal(wharf.client("sqs"), operation, of | parameters)
    assert found[0] == code and text in (None, found[1]), found


def topic(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


OF_TOPICS = [
    ("create_topic", {"Name": "a b"}, "InvalidParameter", "Invalid parameter: Topic Name"),
    ("create_topic", {"Name": "a" * 257}, "InvalidParameter", "Invalid parameter: Topic Name"),
    ("publish", {"TopicArn": topic("nobody"), "Message": "x"}, "NotFound", "Topic does not exist"),
    ("publish", {"TopicArn": "nobody", "Message": "x"}, "InvalidParameter", None),
    ("publish", {"TopicArn": "{topic}", "Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
    ("publish", {"TopicArn": "{topic}", "Message": "x" * 262145}, "InvalidParameter", "Invalid parameter: Message too long"),
    ("publish", {"TopicArn": "{topic}", "Message": "x", "Subject": "a\nb"}, "InvalidParameter", "Invalid parameter: Subject"),
    ("publish", {"TopicArn": "{topic}", "Message": "x", "MessageStructure": "json"}, "InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse"),
    ("publish", {"TopicArn": "{topic}", "Message": "{}", "MessageStructure": "json"}, "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body"),
    ("publish_batch", {"TopicArn": "{topic}", "PublishBatchRequestEntries": []}, "EmptyBatchRequest", "The batch request doesn't contain any entries."),
    ("subscribe", {"TopicArn": "{topic}", "Protocol": "pigeon", "Endpoint": "x"}, "InvalidParameter", "Invalid parameter: Protocol Reason: Does not support this protocol string: pigeon"),
    ("subscribe", {"TopicArn": "{topic}", "Protocol": "sqs", "Endpoint": "x"}, "InvalidParameter", "Invalid parameter: Endpoint Reason: SQS endpoint ARN"),
    ("subscribe", {"TopicArn": topic("nobody"), "Protocol": "sqs", "Endpoint": QUEUE}, "NotFound", "Topic does not exist"),
    ("get_topic_attributes", {"TopicArn": topic("nobody")}, "NotFound", "Topic does not exist"),
    ("confirm_subscription", {"TopicArn": "{topic}", "Token": "x"}, "InvalidParameter", "Invalid parameter: Token Reason: Invalid token"),
    ("get_subscription_attributes", {"SubscriptionArn": topic("nobody") + ":7f6bd4b3-9f5c-4f0e-8d0c-0c4ef51a7b6a"}, "NotFound", "Subscription does not exist"),
]  # fmt: skip


@pytest.fixture(scope="module")
def plain_topic(wharf):
    sns = wharf.client("sns")
    arn = sns.create_topic(Name=tasks.unique("refusals"))["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_TOPICS)
def test_topics(wharf, plain_topic, operation, parameters, code, text):
    given = {name: plain_topic if value == "{topic}" else value for name, value in parameters.items()}
    found = refusal(wharf.client("sns"), operation, given)
    assert found[0] == code and text in (None, found[1]), found


BAD_PATTERN = "Event pattern is not valid. Reason: "

OF_EVENTS = [
    ("put_rule", {"Name": "a"}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."),
    ("put_rule", {"Name": "a", "EventPattern": "{"}, "InvalidEventPatternException", None),
    ("put_rule", {"Name": "a", "EventPattern": '{"source": "x"}'}, "InvalidEventPatternException", None),
    ("put_rule", {"Name": "a", "EventPattern": '{"source": [{"starts": "x"}]}'}, "InvalidEventPatternException", None),
    ("put_rule", {"Name": "a", "ScheduleExpression": "rate(1 minutes)"}, "ValidationException", "Parameter ScheduleExpression is not valid."),
    ("put_rule", {"Name": "a", "ScheduleExpression": "cron(0 0 1 1 1 ?)"}, "ValidationException", "Parameter ScheduleExpression is not valid."),
    ("put_rule", {"Name": "a", "EventBusName": "nobody", "EventPattern": "{}"}, "ResourceNotFoundException", "Event bus nobody does not exist."),
    ("describe_rule", {"Name": "nobody"}, "ResourceNotFoundException", "Rule nobody does not exist on EventBus default."),
    ("put_targets", {"Rule": "nobody", "Targets": [{"Id": "1", "Arn": QUEUE}]}, "ResourceNotFoundException", "Rule nobody does not exist on EventBus default."),
    ("describe_event_bus", {"Name": "nobody"}, "ResourceNotFoundException", "Event bus nobody does not exist."),
    ("create_event_bus", {"Name": "default"}, "ResourceAlreadyExistsException", "Event bus default already exists."),
    ("delete_event_bus", {"Name": "default"}, "ValidationException", "Cannot delete event bus default."),
    ("describe_archive", {"ArchiveName": "nobody"}, "ResourceNotFoundException", "Archive nobody does not exist."),
    ("describe_connection", {"Name": "nobody"}, "ResourceNotFoundException", "Failed to describe the connection(s). Connection 'nobody' does not exist."),
    ("test_event_pattern", {"EventPattern": '{"source": ["x"]}', "Event": "{"}, "ValidationException", None),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_EVENTS)
def test_events(wharf, operation, parameters, code, text):
    found = refusal(wharf.client("events"), operation, parameters)
    assert found[0] == code and text in (None, found[1]), found
    if code == "InvalidEventPatternException":
        assert found[1].startswith(BAD_PATTERN), found


OFF = {"Mode": "OFF"}
TARGET = {"Arn": QUEUE, "RoleArn": ROLE}


def schedule(**more):
    return {"Name": "refused", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": OFF, "Target": TARGET} | more


OF_SCHEDULES = [
    ("create_schedule", schedule(ScheduleExpression="rate(0 hours)"), "ValidationException", "Invalid Schedule Expression rate(0 hours)."),
    ("create_schedule", schedule(ScheduleExpression="at(tomorrow)"), "ValidationException", "Invalid Schedule Expression at(tomorrow)."),
    ("create_schedule", schedule(ScheduleExpressionTimezone="Moon/Base"), "ValidationException", None),
    ("create_schedule", schedule(FlexibleTimeWindow={"Mode": "FLEXIBLE"}), "ValidationException", None),
    ("create_schedule", schedule(FlexibleTimeWindow={"Mode": "OFF", "MaximumWindowInMinutes": 5}), "ValidationException", None),
    ("create_schedule", schedule(GroupName="nobody"), "ResourceNotFoundException", "Schedule group nobody does not exist."),
    ("create_schedule", schedule(Target={"Arn": "nobody", "RoleArn": ROLE}), "ValidationException", None),
    ("get_schedule", {"Name": "nobody"}, "ResourceNotFoundException", "Schedule nobody does not exist."),
    ("delete_schedule", {"Name": "nobody"}, "ResourceNotFoundException", "Schedule nobody does not exist."),
    ("get_schedule_group", {"Name": "nobody"}, "ResourceNotFoundException", "Schedule group nobody does not exist."),
    ("create_schedule_group", {"Name": "default"}, "ConflictException", "Schedule group default already exists."),
    ("delete_schedule_group", {"Name": "default"}, "ValidationException", None),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_SCHEDULES)
def test_schedules(wharf, operation, parameters, code, text):
    found = refusal(wharf.client("scheduler"), operation, json.loads(json.dumps(parameters)))
    assert found[0] == code and text in (None, found[1]), found
