"""Bad input of SQS, SNS, EventBridge and its Scheduler, S3 and Secrets Manager: what the models do not say, with AWS's codes and
texts."""

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


BUCKET_GONE = "The specified bucket does not exist"
NO_UPLOAD = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
BAD_XML = "The XML you provided was not well-formed or did not validate against our published schema"
BAD_PART = "Part number must be an integer between 1 and 10000, inclusive"
TO_ITSELF = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, "
    "website redirect location or encryption attributes."
)
MISSING_PART = (
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match "
    "the part's entity tag."
)
BAD_MD5 = {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}

# `{bucket}` holds the object `there`; `{upload}` is an upload of `parts` with one part.
OF_BUCKETS = [
    ("create_bucket", {"Bucket": "Capitals"}, "InvalidBucketName", "The specified bucket is not valid."),
    ("create_bucket", {"Bucket": "a..b"}, "InvalidBucketName", "The specified bucket is not valid."),
    ("create_bucket", {"Bucket": "192.168.5.4"}, "InvalidBucketName", "The specified bucket is not valid."),
    ("create_bucket", {"Bucket": "xn--a-bucket"}, "InvalidBucketName", "The specified bucket is not valid."),
    ("create_bucket", {"Bucket": "elsewhere-1", "CreateBucketConfiguration": {"LocationConstraint": "moon-1"}}, "InvalidLocationConstraint", "The specified location-constraint is not valid"),
    ("delete_bucket", {"Bucket": "{bucket}"}, "BucketNotEmpty", "The bucket you tried to delete is not empty"),
    ("head_bucket", {"Bucket": "no-such-bucket-0"}, "404", "Not Found"),
    ("list_objects_v2", {"Bucket": "no-such-bucket-0"}, "NoSuchBucket", BUCKET_GONE),
    ("get_bucket_location", {"Bucket": "no-such-bucket-0"}, "NoSuchBucket", BUCKET_GONE),
    ("list_objects_v2", {"Bucket": "{bucket}", "MaxKeys": -1}, "InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647"),
    ("list_objects_v2", {"Bucket": "{bucket}", "ContinuationToken": "nonsense"}, "InvalidArgument", "The continuation token provided is incorrect"),
    ("list_object_versions", {"Bucket": "{bucket}", "VersionIdMarker": "x"}, "InvalidArgument", "A version-id marker cannot be specified without a key marker."),
    ("list_objects_v2", {"Bucket": "{bucket}", "EncodingType": "rot13"}, "InvalidArgument", "Invalid Encoding Method specified in Request"),
    ("get_bucket_policy", {"Bucket": "{bucket}"}, "NoSuchBucketPolicy", "The bucket policy does not exist"),
    ("get_bucket_lifecycle_configuration", {"Bucket": "{bucket}"}, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    ("get_bucket_cors", {"Bucket": "{bucket}"}, "NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    ("get_bucket_tagging", {"Bucket": "{bucket}"}, "NoSuchTagSet", "The TagSet does not exist"),
    ("get_bucket_website", {"Bucket": "{bucket}"}, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    ("put_bucket_policy", {"Bucket": "{bucket}", "Policy": "{"}, "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'"),
    ("put_bucket_versioning", {"Bucket": "{bucket}", "VersioningConfiguration": {"Status": "On"}}, "MalformedXML", BAD_XML),
    ("put_bucket_acl", {"Bucket": "{bucket}", "ACL": "public-read"}, "AccessControlListNotSupported", "The bucket does not allow ACLs"),
    ("put_bucket_tagging", {"Bucket": "{bucket}", "Tagging": {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}}, "InvalidTag", "Cannot provide multiple Tags with the same key"),
    ("put_bucket_tagging", {"Bucket": "{bucket}", "Tagging": {"TagSet": [{"Key": "aws:a", "Value": "1"}]}}, "InvalidTag", "System tags cannot be added/updated by requester"),
    ("put_bucket_tagging", {"Bucket": "{bucket}", "Tagging": {"TagSet": [{"Key": "a" * 129, "Value": "1"}]}}, "InvalidTag", "The TagKey you have provided is invalid"),
    ("put_bucket_cors", {"Bucket": "{bucket}", "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}}, "InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is PATCH"),
    ("put_bucket_lifecycle_configuration", {"Bucket": "{bucket}", "LifecycleConfiguration": {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {}}]}}, "InvalidRequest", "At least one action needs to be specified in a rule."),
    ("put_bucket_notification_configuration", {"Bucket": "{bucket}", "NotificationConfiguration": {"QueueConfigurations": [{"QueueArn": QUEUE + ".fifo", "Events": ["s3:ObjectCreated:*"]}]}}, "InvalidArgument", "FIFO SQS queues are not supported."),
    ("put_bucket_notification_configuration", {"Bucket": "{bucket}", "NotificationConfiguration": {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:Nothing"]}]}}, "InvalidArgument", None),
]  # fmt: skip

OF_OBJECTS = [
    ("get_object", {"Key": "nothing"}, "NoSuchKey", "The specified key does not exist."),
    ("get_object", {"Bucket": "no-such-bucket-0", "Key": "there"}, "NoSuchBucket", BUCKET_GONE),
    ("head_object", {"Key": "nothing"}, "404", "Not Found"),
    ("get_object", {"Key": "there", "VersionId": "x"}, "InvalidArgument", "Invalid version id specified"),
    ("get_object", {"Key": "nothing", "VersionId": "null"}, "NoSuchVersion", "The specified version does not exist."),
    ("get_object", {"Key": "there", "Range": "bytes=100-200"}, "InvalidRange", "The requested range is not satisfiable"),
    ("get_object", {"Key": "there", "IfMatch": '"nothing"'}, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    ("get_object", {"Key": "there", "PartNumber": 2}, "InvalidPartNumber", "The requested partnumber is not satisfiable"),
    ("get_object", {"Key": "there", "PartNumber": 1, "Range": "bytes=0-1"}, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter"),
    ("put_object", {"Key": "k" * 1025, "Body": b"x"}, "KeyTooLongError", "Your key is too long"),
    ("put_object", {"Key": "a", "Body": b"x", "ContentMD5": "nonsense"}, "InvalidDigest", "The Content-MD5 you specified was invalid."),
    ("put_object", {"Key": "a", "Body": b"x"} | BAD_MD5, "BadDigest", "The Content-MD5 you specified did not match what we received."),
    ("put_object", {"Key": "a", "Body": b"x", "ChecksumSHA256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "BadDigest", "The SHA256 you specified did not match the calculated checksum."),
    ("put_object", {"Key": "there", "Body": b"x", "IfNoneMatch": "*"}, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    ("put_object", {"Key": "a", "Body": b"x", "StorageClass": "BASEMENT"}, "InvalidStorageClass", "The storage class you specified is not valid"),
    ("put_object", {"Key": "a", "Body": b"x", "ServerSideEncryption": "ROT13"}, "InvalidArgument", "The encryption method specified is not supported"),
    ("put_object", {"Key": "a", "Body": b"x", "ACL": "public-read"}, "AccessControlListNotSupported", "The bucket does not allow ACLs"),
    ("put_object", {"Key": "a", "Body": b"x", "Metadata": {"a": "x" * 3000}}, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"),
    ("copy_object", {"Key": "there", "CopySource": "{bucket}/there"}, "InvalidRequest", TO_ITSELF),
    ("copy_object", {"Key": "a", "CopySource": "{bucket}/nothing"}, "NoSuchKey", "The specified key does not exist."),
    ("copy_object", {"Key": "a", "CopySource": "no-such-bucket-0/a"}, "NoSuchBucket", BUCKET_GONE),
    ("delete_objects", {"Delete": {"Objects": []}}, "MalformedXML", BAD_XML),
    ("put_object_tagging", {"Key": "there", "Tagging": {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}}, "BadRequest", "Object tags cannot be greater than 10"),
    ("put_object_tagging", {"Key": "nothing", "Tagging": {"TagSet": []}}, "NoSuchKey", "The specified key does not exist."),
    ("upload_part", {"Key": "parts", "UploadId": "nothing", "PartNumber": 1, "Body": b"x"}, "NoSuchUpload", NO_UPLOAD),
    ("upload_part", {"Key": "parts", "UploadId": "{upload}", "PartNumber": 0, "Body": b"x"}, "InvalidArgument", BAD_PART),
    ("upload_part", {"Key": "parts", "UploadId": "{upload}", "PartNumber": 10001, "Body": b"x"}, "InvalidArgument", BAD_PART),
    ("list_parts", {"Key": "parts", "UploadId": "nothing"}, "NoSuchUpload", NO_UPLOAD),
    ("abort_multipart_upload", {"Key": "parts", "UploadId": "nothing"}, "NoSuchUpload", NO_UPLOAD),
    ("complete_multipart_upload", {"Key": "parts", "UploadId": "{upload}"}, "MalformedXML", BAD_XML),
    ("complete_multipart_upload", {"Key": "parts", "UploadId": "{upload}", "MultipartUpload": {"Parts": [{"PartNumber": 2, "ETag": '"x"'}]}}, "InvalidPart", MISSING_PART),
    ("complete_multipart_upload", {"Key": "parts", "UploadId": "{upload}", "MultipartUpload": {"Parts": [{"PartNumber": 2, "ETag": '"x"'}, {"PartNumber": 1, "ETag": '"x"'}]}}, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number."),
    ("complete_multipart_upload", {"Key": "parts", "UploadId": "{upload}", "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": '"{etag}"'}, {"PartNumber": 2, "ETag": '"{etag}"'}]}}, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"),
]  # fmt: skip


@pytest.fixture(scope="module")
def bucket(wharf):
    s3, name = wharf.client("s3"), tasks.unique("refusals")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="there", Body=b"ten bytes.")
    upload = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    etags = [s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=number, Body=b"x")["ETag"] for number in (1, 2)]
    yield {"{bucket}": name, "{upload}": upload, "{etag}": etags[0].strip('"')}
    s3.abort_multipart_upload(Bucket=name, Key="parts", UploadId=upload)
    s3.delete_object(Bucket=name, Key="there")
    s3.delete_bucket(Bucket=name)


def filled(value, names):
    """Parameters with the names of what a fixture made."""
    if isinstance(value, str):
        for name, meant in names.items():
            value = value.replace(name, meant)
        return value
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return {key: filled(one, names) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_BUCKETS)
def test_buckets(wharf, bucket, operation, parameters, code, text):
    found = refusal(wharf.client("s3"), operation, filled(parameters, bucket))
    assert found[0] == code and text in (None, found[1]), found


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_OBJECTS)
def test_objects(wharf, bucket, operation, parameters, code, text):
    found = refusal(wharf.client("s3"), operation, filled({"Bucket": "{bucket}"} | parameters, bucket))
    assert found[0] == code and text in (None, found[1]), found


NO_SECRET = "Secrets Manager can't find the specified secret."
BAD_NAME = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
ONE_VALUE = "You can't specify both a binary secret value and a string secret value in the same secret."
DELETED = "You can't perform this operation on the secret because it was marked for deletion."
BAD_WINDOW = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."

# `{secret}` has one version, `{deleted}` is in its recovery window.
OF_SECRETS = [
    ("create_secret", {"Name": "a b", "SecretString": "x"}, "ValidationException", BAD_NAME),
    ("create_secret", {"Name": "{secret}", "SecretString": "x"}, "ResourceExistsException", "The operation failed because the secret {secret} already exists."),
    ("create_secret", {"Name": "{deleted}", "SecretString": "x"}, "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion."),
    ("create_secret", {"Name": "two", "SecretString": "x", "SecretBinary": b"x"}, "InvalidParameterException", ONE_VALUE),
    ("create_secret", {"Name": "two", "Tags": [{"Key": "aws:a", "Value": ""}]}, "InvalidRequestException", None),
    ("describe_secret", {"SecretId": "nobody"}, "ResourceNotFoundException", NO_SECRET),
    ("get_secret_value", {"SecretId": "nobody"}, "ResourceNotFoundException", NO_SECRET),
    ("get_secret_value", {"SecretId": "{secret}", "VersionStage": "NOBODY"}, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: NOBODY"),
    ("get_secret_value", {"SecretId": "{secret}", "VersionId": "0" * 32}, "ResourceNotFoundException", f"Secrets Manager can't find the specified secret value for VersionId: {'0' * 32}"),
    ("get_secret_value", {"SecretId": "{deleted}"}, "InvalidRequestException", DELETED),
    ("put_secret_value", {"SecretId": "{secret}"}, "InvalidRequestException", "You must provide either SecretString or SecretBinary."),
    ("put_secret_value", {"SecretId": "{secret}", "SecretString": "x", "SecretBinary": b"x"}, "InvalidParameterException", ONE_VALUE),
    ("put_secret_value", {"SecretId": "{deleted}", "SecretString": "x"}, "InvalidRequestException", DELETED),
    ("put_secret_value", {"SecretId": "{secret}", "SecretString": "another", "ClientRequestToken": "{version}"}, "ResourceExistsException", None),
    ("update_secret", {"SecretId": "nobody", "Description": "x"}, "ResourceNotFoundException", NO_SECRET),
    ("update_secret_version_stage", {"SecretId": "{secret}", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": "{version}"}, "InvalidParameterException", "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."),
    ("update_secret_version_stage", {"SecretId": "{secret}", "VersionStage": "a"}, "InvalidParameterException", None),
    ("delete_secret", {"SecretId": "{secret}", "RecoveryWindowInDays": 6}, "InvalidParameterException", BAD_WINDOW),
    ("delete_secret", {"SecretId": "{secret}", "RecoveryWindowInDays": 31}, "InvalidParameterException", BAD_WINDOW),
    ("delete_secret", {"SecretId": "{secret}", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}, "InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."),
    ("delete_secret", {"SecretId": "nobody"}, "ResourceNotFoundException", NO_SECRET),
    ("rotate_secret", {"SecretId": "{secret}"}, "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret."),
    ("cancel_rotate_secret", {"SecretId": "{secret}"}, "InvalidRequestException", None),
    ("put_resource_policy", {"SecretId": "{secret}", "ResourcePolicy": "{"}, "MalformedPolicyDocumentException", None),
    ("get_random_password", {"PasswordLength": 3, "RequireEachIncludedType": True}, "InvalidParameterException", "Password length is too short based on the required types."),
    ("batch_get_secret_value", {}, "InvalidParameterException", None),
    ("batch_get_secret_value", {"SecretIdList": ["a"], "Filters": [{"Key": "name", "Values": ["a"]}]}, "InvalidParameterException", None),
    ("list_secrets", {"NextToken": "nonsense"}, "InvalidNextTokenException", None),
    ("tag_resource", {"SecretId": "nobody", "Tags": [{"Key": "a", "Value": ""}]}, "ResourceNotFoundException", NO_SECRET),
]  # fmt: skip


@pytest.fixture(scope="module")
def secrets(wharf):
    client, name = wharf.client("secretsmanager"), tasks.unique("refusals")
    made = client.create_secret(Name=name, SecretString="x")
    client.create_secret(Name=f"{name}-deleted", SecretString="x")
    client.delete_secret(SecretId=f"{name}-deleted")
    yield {"{secret}": name, "{deleted}": f"{name}-deleted", "{version}": made["VersionId"]}
    for one in (name, f"{name}-deleted"):
        client.delete_secret(SecretId=one, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_SECRETS)
def test_secrets(wharf, secrets, operation, parameters, code, text):
    found = refusal(wharf.client("secretsmanager"), operation, filled(parameters, secrets))
    assert found[0] == code and (text is None or filled(text, secrets) == found[1]), found
