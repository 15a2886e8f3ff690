"""Topics through boto3 and the AWS CLI: published, filtered, delivered to queues whose policies let them."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.waiting import wait_for


def queue(wharf, source=None, service="sns.amazonaws.com"):
    """A queue, and its ARN; the topic, or another source of that service, may send to it."""
    sqs = wharf.client("sqs")
    url = sqs.create_queue(QueueName=tasks.unique("subscriber"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if source:
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    return url, arn


def received(wharf, url, number):
    found = []

    def all_there():
        got = wharf.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"])
        found.extend(got.get("Messages", []))
        return len(found) >= number

    wait_for(all_there, what="the messages arrive")
    return found


def test_queues_get_what_is_published(wharf):
    sns = wharf.client("sns")
    topic = sns.create_topic(Name=tasks.unique("news"), Tags=[{"Key": "team", "Value": "web"}])["TopicArn"]
    (plain, plain_arn), (raw, raw_arn), (shut, shut_arn) = queue(wharf, topic), queue(wharf, topic), queue(wharf)
    dead, dead_arn = queue(wharf, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn)
    only = json.dumps({"price": [{"numeric": [">=", 100]}]})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw_arn, Attributes={"RawMessageDelivery": "true", "FilterPolicy": only})
    letters = json.dumps({"deadLetterTargetArn": dead_arn})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shut_arn, Attributes={"RedrivePolicy": letters})
    price = {"price": {"DataType": "Number", "StringValue": "120"}}
    sent = sns.publish(TopicArn=topic, Message="dear", Subject="one", MessageAttributes=price)
    wharf.aws("sns", "publish", "--topic-arn", topic, "--message", "cheap")
    envelopes = {it["Message"]: it for it in (json.loads(it["Body"]) for it in received(wharf, plain, 2))}
    assert set(envelopes) == {"dear", "cheap"}
    dear = envelopes["dear"]
    assert (dear["MessageId"], dear["TopicArn"], dear["Subject"]) == (sent["MessageId"], topic, "one")
    (message,) = received(wharf, raw, 1)
    assert (message["Body"], message["MessageAttributes"]["price"]["StringValue"]) == ("dear", "120")
    codes = {it["MessageAttributes"]["ERROR_CODE"]["StringValue"] for it in received(wharf, dead, 2)}
    assert all(code.startswith("AccessDenied") for code in codes)
    assert "Messages" not in wharf.client("sqs").receive_message(QueueUrl=shut)
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["sns"])
    assert topic in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]


def test_what_a_body_says_decides_who_gets_it(wharf):
    sns = wharf.client("sns")
    topic = sns.create_topic(Name=tasks.unique("orders"))["TopicArn"]
    (url, arn), (all_of_it, all_arn) = queue(wharf, topic), queue(wharf, topic)
    wanted = json.dumps({"store": ["web"], "order": {"lines": {"price": [{"numeric": [">", 10]}]}}})
    policy = {"FilterPolicyScope": "MessageBody", "FilterPolicy": wanted}
    with pytest.raises(ClientError, match="does not support nested filter policy"):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": wanted})
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=policy, ReturnSubscriptionArn=True)["SubscriptionArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=all_arn, Attributes={"RawMessageDelivery": "true"})
    assert sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"]["FilterPolicyScope"] == "MessageBody"
    with pytest.raises(ClientError, match="does not support nested filter policy"):
        sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="FilterPolicyScope", AttributeValue="MessageAttributes")
    cheap, dear = ({"store": "web", "order": {"lines": [{"price": 3}, {"price": price}]}} for price in (10, 11))
    bodies = [json.dumps(cheap), json.dumps({**dear, "store": "shop"}), "not JSON", json.dumps(dear)]
    sent = [sns.publish(TopicArn=topic, Message=body)["MessageId"] for body in bodies]
    assert sorted(it["Body"] for it in received(wharf, all_of_it, 4)) == sorted(bodies)
    assert [json.loads(it["Body"])["MessageId"] for it in received(wharf, url, 1)] == sent[-1:]


def test_a_topic_whose_key_is_disabled_takes_nothing(wharf):
    kms, sns = wharf.client("kms"), wharf.client("sns")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    topic = sns.create_topic(Name=tasks.unique("sealed"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"] == key
    url, arn = queue(wharf, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="before")
    assert [it["Body"] for it in received(wharf, url, 1)] == ["before"]
    kms.disable_key(KeyId=key)

    def is_refused():
        try:
            sns.publish(TopicArn=topic, Message="meanwhile")
        except ClientError as refused:
            return refused.response["Error"]["Code"]
        return None

    # A data key may serve for some minutes, as with AWS.
    assert wait_for(is_refused, 400, "the key counts as disabled") in ("KMSDisabled", "KMSDisabledException")
    kms.enable_key(KeyId=key)
    sns.publish(TopicArn=topic, Message="after")


def test_topics_are_made_shown_and_deleted(wharf):
    sns, (_, arn) = wharf.client("sns"), queue(wharf)
    topic = wharf.aws("sns", "create-topic", "--name", tasks.unique("shown"), "--attributes", "DisplayName=Shown")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)["SubscriptionArn"]
    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (shown["DisplayName"], shown["SubscriptionsConfirmed"]) == ("Shown", "1")
    assert topic in [it["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for it in page["Topics"]]
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
    assert sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]["RawMessageDelivery"] == "true"
    listed = wharf.aws("sns", "list-subscriptions-by-topic", "--topic-arn", topic)["Subscriptions"]
    assert [(it["SubscriptionArn"], it["Endpoint"]) for it in listed] == [(subscription, arn)]
    sns.unsubscribe(SubscriptionArn=subscription)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    with pytest.raises(ClientError) as caught:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    assert caught.value.response["Error"]["Code"] == "InvalidParameter"
    sns.delete_topic(TopicArn=topic)
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn=topic, Message="x")


def test_order_is_kept_when_wharf_is_killed(fresh):
    """Two groups, forty messages, the server killed in the middle: a queue with order has each once and in order."""
    sns, sqs = fresh.client("sns"), fresh.client("sqs")
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true", "ArchivePolicy": '{"MessageRetentionPeriod": "1"}'}
    topic = sns.create_topic(Name="orders.fifo", Attributes=attributes)["TopicArn"]
    url = sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:orders.fifo"
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]
    numbers = []
    for number in range(40):
        sent = sns.publish(TopicArn=topic, Message=str(number), MessageGroupId=f"g{number % 2}")
        numbers.append(sent["SequenceNumber"])
        if number == 20:
            fresh.kill_child("server")
    assert numbers == sorted(numbers) and len(set(numbers)) == 40
    again = sns.publish(TopicArn=topic, Message="39", MessageGroupId="g1")
    assert again["SequenceNumber"] == numbers[-1]

    def take(wanted):
        groups = {"g0": [], "g1": []}

        def all_there():
            got = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageSystemAttributeNames=["MessageGroupId"]
            )
            for message in got.get("Messages", []):
                groups[message["Attributes"]["MessageGroupId"]].append(int(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return sum(map(len, groups.values())) >= wanted

        wait_for(all_there, what="the messages arrive")
        return groups

    assert take(40) == {"g0": list(range(0, 40, 2)), "g1": list(range(1, 40, 2))}
    policy = {"PointType": "Timestamp", "StartingPoint": "2020-01-01T00:00:00.000Z"}
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="ReplayPolicy", AttributeValue=json.dumps(policy))
    assert take(40) == {"g0": list(range(0, 40, 2)), "g1": list(range(1, 40, 2))}
