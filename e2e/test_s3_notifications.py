"""Notifications of buckets: to queues, topics and EventBridge."""

import json
import urllib.parse

import pytest
import requests

from harness import tasks
from harness.refusals import refused
from harness.waiting import wait_for
from test_s3 import signing
from test_sns import received

ALL = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]


@pytest.fixture
def s3(wharf):
    return wharf.client("s3")


@pytest.fixture
def bucket(s3):
    name = tasks.unique("telling")
    s3.create_bucket(Bucket=name)
    return name


def queue(wharf, bucket=None):
    """A queue that takes what the bucket tells; its address and ARN."""
    sqs = wharf.client("sqs")
    url = sqs.create_queue(QueueName=tasks.unique("told"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if bucket:
        policy = letting(arn, bucket, "sqs:SendMessage")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def letting(arn, bucket, action):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}, "StringEquals": {"aws:SourceAccount": "000000000000"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def records(messages):
    bodies = [json.loads(message["Body"]) for message in messages]
    return sorted((record for body in bodies for record in body.get("Records", [])), key=lambda it: it["eventName"])


def to_queue(arn, events=ALL, **filters):
    rules = [{"Name": name, "Value": value} for name, value in filters.items()]
    chosen = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {"QueueConfigurations": [{"Id": "one", "QueueArn": arn, "Events": events, **chosen}]}


def test_a_queue_is_told_what_its_rule_chooses(wharf, s3, bucket):
    url, arn = queue(wharf, bucket)
    wanted = to_queue(arn, prefix="in/", suffix=".jpg")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    (tested,) = received(wharf, url, 1)
    test = json.loads(tested["Body"])
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    shown = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert (shown[0]["Id"], shown[0]["QueueArn"], shown[0]["Events"]) == ("one", arn, ALL)
    assert {it["Name"].lower(): it["Value"] for it in shown[0]["Filter"]["Key"]["FilterRules"]} == {"prefix": "in/", "suffix": ".jpg"}
    s3.put_object(Bucket=bucket, Key="out/a.jpg", Body=b"no")
    put = s3.put_object(Bucket=bucket, Key="in/a ü.jpg", Body=b"12345")
    s3.copy_object(Bucket=bucket, Key="in/b.jpg", CopySource={"Bucket": bucket, "Key": "out/a.jpg"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="in/c.jpg")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="in/c.jpg", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="in/c.jpg", UploadId=upload, MultipartUpload=parts)
    form = signing(wharf).generate_presigned_post(bucket, "in/d.jpg")
    assert requests.post(form["url"], data=form["fields"], files={"file": b"x"}, timeout=10).status_code == 204
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "in/b.jpg"}, {"Key": "out/a.jpg"}]})
    told = records(received(wharf, url, 5))
    assert [it["eventName"] for it in told] == [
        "ObjectCreated:CompleteMultipartUpload", "ObjectCreated:Copy", "ObjectCreated:Post", "ObjectCreated:Put", "ObjectRemoved:Delete",
    ]  # fmt: skip
    made = told[3]
    assert urllib.parse.unquote_plus(made["s3"]["object"]["key"]) == "in/a ü.jpg"
    assert (made["s3"]["object"]["size"], made["s3"]["object"]["eTag"]) == (5, put["ETag"].strip('"'))
    assert (made["eventSource"], made["awsRegion"], made["s3"]["configurationId"]) == ("aws:s3", "us-east-1", "one")
    assert made["requestParameters"]["sourceIPAddress"] == "127.0.0.1" and made["userIdentity"]["principalId"].startswith("AWS:")


def test_versions_tags_and_topics(wharf, s3, bucket):
    sns, sqs = wharf.client("sns"), wharf.client("sqs")
    topic = sns.create_topic(Name=tasks.unique("told"))["TopicArn"]
    url, arn = queue(wharf)
    to_topic = {"TopicConfigurations": [{"TopicArn": topic, "Events": ALL}]}
    said = refused(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=to_topic)
    assert said == ("InvalidArgument", "Unable to validate the following destination configurations")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=letting(topic, bucket, "sns:Publish"))
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allowed]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=to_topic)
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    told = records(received(wharf, url, 5))
    assert [(it["eventName"], it["s3"]["object"]["versionId"]) for it in told] == [
        ("ObjectCreated:Put", version),
        ("ObjectRemoved:Delete", version),
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectTagging:Put", version),
    ]


def test_event_bridge_hears_of_objects(wharf, s3, bucket):
    events = wharf.client("events")
    url, arn = queue(wharf)
    rule = tasks.unique("objects")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    made = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    allowed["Condition"] = {"ArnEquals": {"aws:SourceArn": made}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    wharf.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn}])
    s3.put_object(Bucket=bucket, Key="before", Body=b"1")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
    put = s3.put_object(Bucket=bucket, Key="a b", Body=b"12345")
    s3.delete_object(Bucket=bucket, Key="a b")
    told = sorted((json.loads(it["Body"]) for it in received(wharf, url, 2)), key=lambda it: it["detail-type"])
    assert [it["detail-type"] for it in told] == ["Object Created", "Object Deleted"]
    created, deleted = (it["detail"] for it in told)
    assert told[0]["resources"] == [f"arn:aws:s3:::{bucket}"] and told[0]["source"] == "aws.s3"
    assert (created["object"]["key"], created["object"]["size"], created["object"]["etag"]) == ("a b", 5, put["ETag"].strip('"'))
    assert (created["reason"], created["requester"], created["source-ip-address"]) == ("PutObject", "000000000000", "127.0.0.1")
    assert (deleted["reason"], deleted["deletion-type"]) == ("DeleteObject", "Permanently Deleted")


def test_what_is_refused(wharf, s3, bucket):
    url, arn = queue(wharf)

    def said(configuration, **more):
        return refused(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=configuration, **more)

    unable = ("InvalidArgument", "Unable to validate the following destination configurations")
    assert said(to_queue(arn)) == unable
    assert said(to_queue(arn + "-gone")) == unable
    assert said(to_queue("jobs")) == ("InvalidArgument", "The ARN could not be parsed")
    assert said(to_queue(arn, ["s3:ObjectCreated:Sung"]))[0] in ("InvalidArgument", "MalformedXML")
    function = {"LambdaFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Events": ["s3:ObjectCreated:*"]}
    assert said({"LambdaFunctionConfigurations": [function]})[0] == "NotImplemented"
    two = [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}, {"QueueArn": arn, "Events": ["s3:ObjectCreated:Put"]}]
    overlap = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
    assert said({"QueueConfigurations": two}) == ("InvalidArgument", overlap)
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=to_queue(arn), SkipDestinationValidation=True)
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"][0]["QueueArn"] == arn
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_what_is_owed_outlives_a_restart(own):
    """Told although the server was killed between the change and the message."""
    s3 = own.client("s3")
    s3.create_bucket(Bucket="kept")
    url, arn = queue(own, "kept")
    s3.put_bucket_notification_configuration(Bucket="kept", NotificationConfiguration=to_queue(arn))
    keys = [str(number) for number in range(50)]
    for key in keys:
        s3.put_object(Bucket="kept", Key=key, Body=b"x")
    own.kill_child("server")
    own.wait_ready()
    seen = set()

    def all_told():
        got = own.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        seen.update(it["s3"]["object"]["key"] for it in records(got))
        return seen >= set(keys)

    wait_for(all_told, what="all that was owed")


@pytest.fixture
def own():
    from harness.installation import Installation

    with Installation() as installation:
        installation.start(node=False)
        yield installation
