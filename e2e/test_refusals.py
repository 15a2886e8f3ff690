"""Bad input of SQS, SNS, EventBridge and its Scheduler, S3, Secrets Manager, KMS, Parameter Store, IAM and STS: what the models do
not say, with AWS's codes and texts."""

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


def constraint(member, value, rule):
    """How AWS words what a member's value must be by the model; `None` stands for one that is not to be shown."""
    shown = "" if value is None else f" '{value}'"
    return f"1 validation error detected: Value{shown} at '{member}' failed to satisfy constraint: Member must {rule}"


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
    """Parameters with the names of what a fixture made; bytes stand by themselves."""
    if isinstance(value, str):
        for name, meant in names.items():
            value = meant if value == name else value.replace(name, str(meant))
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


NO_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}"
BAD_ALIAS = 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
NO_KEY_USE = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
BOTH_SPECS = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
ROTATED = {"KeyId": "{signing}"}

# `{key}` is a symmetric key with `{alias}`, `{signing}` one of an elliptic curve; `{disabled}` and `{deleted}` are what they are called.
OF_KEYS = [
    ("describe_key", {"KeyId": NO_ID}, "NotFoundException", f"Key '{KEYS}:key/{NO_ID}' does not exist"),
    ("describe_key", {"KeyId": "nobody"}, "NotFoundException", "Invalid keyId 'nobody'"),
    ("describe_key", {"KeyId": "alias/nobody"}, "NotFoundException", f"Alias {KEYS}:alias/nobody is not found."),
    ("describe_key", {"KeyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{NO_ID}"}, "NotFoundException", "Invalid arn eu-west-1"),
    ("create_key", {"KeySpec": "RSA_1024"}, "ValidationException", None),
    ("create_key", {"KeySpec": "ECC_NIST_P256"}, "ValidationException", NO_KEY_USE),
    ("create_key", {"KeySpec": "ECC_NIST_P256", "KeyUsage": "ENCRYPT_DECRYPT"}, "ValidationException", "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256"),
    ("create_key", {"KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}, "ValidationException", BOTH_SPECS),
    ("create_key", {"Policy": "{"}, "MalformedPolicyDocumentException", None),
    ("create_key", {"Tags": [{"TagKey": "aws:a", "TagValue": "1"}]}, "TagException", "aws: prefixed tag key names are not allowed for external use."),
    ("create_key", {"Tags": [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}]}, "TagException", "Duplicate tag keys"),
    ("create_alias", {"AliasName": "nobody", "TargetKeyId": "{key}"}, "ValidationException", BAD_ALIAS),
    ("create_alias", {"AliasName": "alias/aws/mine", "TargetKeyId": "{key}"}, "NotAuthorizedException", None),
    ("create_alias", {"AliasName": "{alias}", "TargetKeyId": "{key}"}, "AlreadyExistsException", f"An alias with the name {KEYS}:{{alias}} already exists"),
    ("create_alias", {"AliasName": "alias/a:b", "TargetKeyId": "{key}"}, "ValidationException", "alias/a:b contains invalid characters for an alias"),
    ("create_alias", {"AliasName": "alias/new", "TargetKeyId": "{alias}"}, "ValidationException", "Aliases must refer to keys. Not aliases"),
    ("update_alias", {"AliasName": "alias/nobody", "TargetKeyId": "{key}"}, "NotFoundException", f"Alias {KEYS}:alias/nobody is not found."),
    ("delete_alias", {"AliasName": "alias/nobody"}, "NotFoundException", f"Alias {KEYS}:alias/nobody is not found."),
    ("encrypt", {"KeyId": "{key}", "Plaintext": b"x" * 4097}, "ValidationException", constraint("plaintext", None, "have length less than or equal to 4096")),
    ("encrypt", {"KeyId": "{disabled}", "Plaintext": b"x"}, "DisabledException", f"{KEYS}:key/{{disabled}} is disabled."),
    ("encrypt", {"KeyId": "{deleted}", "Plaintext": b"x"}, "KMSInvalidStateException", f"{KEYS}:key/{{deleted}} is pending deletion."),
    ("encrypt", {"KeyId": "{signing}", "Plaintext": b"x"}, "InvalidKeyUsageException", f"{KEYS}:key/{{signing}} key usage is SIGN_VERIFY which is not valid for Encrypt."),
    ("encrypt", {"KeyId": "{key}", "Plaintext": b"x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}, "InvalidKeyUsageException", "Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT."),
    ("encrypt", {"KeyId": "{key}", "Plaintext": b"x", "DryRun": True}, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set."),
    ("decrypt", {"CiphertextBlob": b"nonsense"}, "InvalidCiphertextException", ""),
    ("decrypt", {"CiphertextBlob": "{sealed}", "EncryptionContext": {"a": "another"}}, "InvalidCiphertextException", ""),
    ("decrypt", {"CiphertextBlob": "{sealed}", "KeyId": "{other}"}, "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation."),
    ("generate_data_key", {"KeyId": "{key}"}, "ValidationException", "Please specify either number of bytes or key spec."),
    ("generate_data_key", {"KeyId": "{key}", "KeySpec": "AES_256", "NumberOfBytes": 32}, "ValidationException", "Please specify either number of bytes or key spec."),
    ("generate_data_key", {"KeyId": "{key}", "NumberOfBytes": 1025}, "ValidationException", constraint("numberOfBytes", 1025, "have value less than or equal to 1024")),
    ("sign", {"KeyId": "{key}", "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}, "InvalidKeyUsageException", f"{KEYS}:key/{{key}} key usage is ENCRYPT_DECRYPT which is not valid for Sign."),
    ("sign", {"KeyId": "{signing}", "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_384"}, "InvalidKeyUsageException", "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."),
    ("sign", {"KeyId": "{signing}", "Message": b"x", "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}, "ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256."),
    ("verify", {"KeyId": "{signing}", "Message": b"x", "Signature": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}, "KMSInvalidSignatureException", None),
    ("enable_key_rotation", ROTATED, "UnsupportedOperationException", None),
    ("schedule_key_deletion", {"KeyId": "{key}", "PendingWindowInDays": 6}, "ValidationException", None),
    ("schedule_key_deletion", {"KeyId": "{deleted}"}, "KMSInvalidStateException", f"{KEYS}:key/{{deleted}} is pending deletion."),
    ("cancel_key_deletion", {"KeyId": "{key}"}, "KMSInvalidStateException", f"{KEYS}:key/{{key}} is not pending deletion."),
    ("get_key_policy", {"KeyId": "{key}", "PolicyName": "another"}, "NotFoundException", "No such policy exists"),
    ("put_key_policy", {"KeyId": "{key}", "Policy": "{"}, "MalformedPolicyDocumentException", None),
    ("put_key_policy", {"KeyId": "{key}", "Policy": tasks.document("kms:Encrypt", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})}, "MalformedPolicyDocumentException", LOCKED_OUT),
    ("create_grant", {"KeyId": "{key}", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root", "Operations": ["Sign"]}, "ValidationException", None),
    ("revoke_grant", {"KeyId": "{key}", "GrantId": "0" * 64}, "NotFoundException", f"Grant ID {'0' * 64} not found"),
    ("import_key_material", {"KeyId": "{key}", "ImportToken": b"x", "EncryptedKeyMaterial": b"x"}, "UnsupportedOperationException", f"{KEYS}:key/{{key}} origin is AWS_KMS which is not valid for this operation."),
    ("list_keys", {"Marker": "nonsense"}, "InvalidMarkerException", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def kms_keys(wharf):
    kms, alias = wharf.client("kms"), f"alias/{tasks.unique('refusals')}"

    def made(**more):
        return kms.create_key(**more)["KeyMetadata"]["KeyId"]

    key, other, disabled, deleted = (made() for _ in range(4))
    signing = made(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=deleted, PendingWindowInDays=7)
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    names = {"{key}": key, "{other}": other, "{disabled}": disabled, "{deleted}": deleted, "{signing}": signing, "{alias}": alias}
    yield names | {"{sealed}": sealed}
    kms.delete_alias(AliasName=alias)
    for one in (key, other, disabled, signing):
        kms.schedule_key_deletion(KeyId=one, PendingWindowInDays=7)


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_KEYS)
def test_keys(wharf, kms_keys, operation, parameters, code, text):
    found = refusal(wharf.client("kms"), operation, filled(parameters, kms_keys))
    assert found[0] == code and (text is None or filled(text, kms_keys) == found[1]), found


EXISTS = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
TAGS_AND_OVERWRITE = (
    "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update "
    "tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource."
)
RULES_OF_NAMES = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash '
    "symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
)
RULES_OF_PATHS = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It can't be "
    'prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - '
    "(hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "
    '"/". Valid example: /get/parameters2-/by1./path0_.'
)
NESTED = 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.'
BAD_SELECTOR = "Invalid parameter name. Please use correct syntax for referencing a version/label  <name>:<version/label>"
BAD_KEYS = "Valid filter keys include: [Path, Name, Type, KeyId, Tier]."
NO_SETTING = (
    "The specified service setting wasn't found. Either the service name or the setting hasn't been provisioned by the AWS service team."
)
FOR_STANDARD = "You can't assign parameter policies to a standard-parameter tier."


def parameter(**more):
    return {"Name": "/refused", "Value": "x", "Type": "String"} | more


def only(key, *values, **more):
    return {"ParameterFilters": [{"Key": key, "Values": list(values)} | more]}


# `{parameter}` has one version, a String.
OF_PARAMETERS = [
    ("put_parameter", parameter(Name="{parameter}"), "ParameterAlreadyExists", EXISTS),
    ("put_parameter", parameter(Name="{parameter}", Overwrite=True, Tags=[{"Key": "a", "Value": "1"}]), "ValidationException", TAGS_AND_OVERWRITE),
    ("put_parameter", {"Name": "/refused", "Value": "x"}, "ValidationException", "A parameter type is required when you create a parameter."),
    ("put_parameter", parameter(Type="Number"), "ValidationException", constraint("type", "Number", "satisfy enum value set: [String, StringList, SecureString]")),
    ("put_parameter", parameter(Name="a/b"), "ValidationException", "Parameter name must be a fully qualified name."),
    ("put_parameter", parameter(Name="/a/"), "ValidationException", "Parameter name must not end with slash."),
    ("put_parameter", parameter(Name="/a b"), "ValidationException", RULES_OF_NAMES),
    ("put_parameter", parameter(Name="awsome"), "ValidationException", 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'),
    ("put_parameter", parameter(Name="/aws/mine"), "AccessDeniedException", "No access to reserved parameter name: /aws/mine."),
    ("put_parameter", parameter(Name="/a" * 16), "HierarchyLevelLimitExceededException", None),
    ("put_parameter", parameter(Value="a {{ssm:b}} c"), "ValidationException", NESTED),
    ("put_parameter", parameter(Value="x" * 4097, Tier="Standard"), "ValidationException", None),
    ("put_parameter", parameter(Value="x" * 8193, Tier="Advanced"), "ValidationException", "Advanced-tier parameters support a maximum parameter value of 8192 characters."),
    ("put_parameter", parameter(DataType="Text"), "ValidationException", "The following data type is not supported: Text (Data type names are all lowercase.)"),
    ("put_parameter", parameter(AllowedPattern="("), "InvalidAllowedPatternException", "The request does not meet the regular expression requirement."),
    ("put_parameter", parameter(AllowedPattern="^[0-9]+$"), "ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: ^[0-9]+$"),
    ("put_parameter", parameter(KeyId="alias/mine"), "ValidationException", "KeyId is required for SecureString type parameter only."),
    ("put_parameter", parameter(Type="SecureString", KeyId="alias/nobody"), "InvalidKeyId", "Invalid keyId alias/nobody"),
    ("put_parameter", parameter(Policies=json.dumps([{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2099-01-01T00:00:00Z"}}])), "ValidationException", FOR_STANDARD),
    ("put_parameter", parameter(Tier="Advanced", Policies=json.dumps([{"Type": "Nothing", "Version": "1.0", "Attributes": {}}])), "InvalidPolicyTypeException", "Policy type Nothing is not supported."),
    ("put_parameter", parameter(Tags=[{"Key": "aws:a", "Value": "1"}]), "ValidationException", "aws: prefixed tag key names are not allowed for external use."),
    ("get_parameter", {"Name": "/nobody"}, "ParameterNotFound", ""),
    ("get_parameter", {"Name": "{parameter}:2"}, "ParameterVersionNotFound", "Systems Manager could not find version 2 of {parameter}. Verify the version and try again."),
    ("get_parameter", {"Name": "{parameter}:label"}, "ParameterVersionNotFound", "Systems Manager could not find version label of {parameter}. Verify the version and try again."),
    ("get_parameter", {"Name": "{parameter}:1:2"}, "ValidationException", BAD_SELECTOR),
    ("get_parameter", {"Name": "/aws/reference/secretsmanager/nobody"}, "ValidationException", "WithDecryption flag must be True for retrieving a Secret Manager secret."),
    ("get_parameter", {"Name": "/aws/reference/secretsmanager/nobody", "WithDecryption": True}, "ParameterNotFound", "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret /aws/reference/secretsmanager/nobody not found."),
    ("get_parameters", {"Names": [f"/{number}" for number in range(11)]}, "ValidationException", None),
    ("get_parameters_by_path", {"Path": "a"}, "ValidationException", RULES_OF_PATHS),
    ("get_parameters_by_path", {"Path": "/", "MaxResults": 11}, "ValidationException", constraint("maxResults", 11, "have value less than or equal to 10")),
    ("get_parameters_by_path", {"Path": "/", "NextToken": "nonsense"}, "InvalidNextToken", "The specified token isn't valid."),
    ("get_parameters_by_path", {"Path": "/", **only("Name", "a")}, "InvalidFilterKey", "The following filter key is not valid: Name. Valid filter keys include: [Type, KeyId]."),
    ("describe_parameters", only("Label", "a"), "InvalidFilterKey", f"The following filter key is not valid: Label. {BAD_KEYS}"),
    ("describe_parameters", {"ParameterFilters": [{"Key": "Name"}]}, "InvalidFilterValue", "The following filter values are missing : null for filter key Name."),
    ("describe_parameters", only("Type", "Number"), "InvalidFilterOption", "The following filter value is not valid: Number. Valid values include: [String, StringList, SecureString]."),
    ("describe_parameters", only("Name", "a", Option="Around"), "InvalidFilterOption", "The following filter option is not valid: Around. Valid options include: [BeginsWith, Contains, Equals]."),
    ("describe_parameters", {"ParameterFilters": 2 * only("Name", "a")["ParameterFilters"]}, "InvalidFilterKey", "The following filter is duplicated in the request: Name. A request can contain only one occurrence of a specific filter."),
    ("delete_parameter", {"Name": "/nobody"}, "ParameterNotFound", ""),
    ("get_parameter_history", {"Name": "/nobody"}, "ParameterNotFound", ""),
    ("label_parameter_version", {"Name": "{parameter}", "ParameterVersion": 2, "Labels": ["a"]}, "ParameterVersionNotFound", "Systems Manager could not find version 2 of {parameter}. Verify the version and try again."),
    ("add_tags_to_resource", {"ResourceType": "Parameter", "ResourceId": "/nobody", "Tags": [{"Key": "a", "Value": "1"}]}, "InvalidResourceId", ""),
    ("add_tags_to_resource", {"ResourceType": "Nothing", "ResourceId": "{parameter}", "Tags": [{"Key": "a", "Value": "1"}]}, "ValidationException", None),
    ("get_service_setting", {"SettingId": "/ssm/nothing"}, "ServiceSettingNotFound", NO_SETTING),
]  # fmt: skip


@pytest.fixture(scope="module")
def parameters_there(wharf):
    ssm, name = wharf.client("ssm"), f"/{tasks.unique('refusals')}"
    ssm.put_parameter(Name=name, Value="x", Type="String")
    yield {"{parameter}": name}
    ssm.delete_parameter(Name=name)


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_PARAMETERS)
def test_parameters(wharf, parameters_there, operation, parameters, code, text):
    found = refusal(wharf.client("ssm"), operation, filled(parameters, parameters_there))
    assert found[0] == code and (text is None or filled(text, parameters_there) == found[1]), found


IAM = f"arn:aws:iam::{ACCOUNT}"
ALLOWED = tasks.document("s3:*")
TRUST_ANYBODY = tasks.document("sts:AssumeRole", Principal={"AWS": f"{IAM}:root"}).replace('"Resource": "*", ', "")
BAD_USER_NAME = "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
BAD_PATH = (
    "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
)
TWO_TAGS = "Duplicate tag keys found. Please note that Tag keys are case insensitive."


def policy_of(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | statement]})


def new_policy(document):
    return "create_policy", {"PolicyName": "refused", "PolicyDocument": document}


# `{user}` is in `{group}` with the policy `{policy}` attached, and has two keys; `{role}` is in the instance profile of its name.
OF_IAM = [
    ("create_user", {"UserName": "{user}"}, "EntityAlreadyExists", "User with name {user} already exists."),
    ("create_user", {"UserName": "a b"}, "ValidationError", BAD_USER_NAME),
    ("create_user", {"UserName": "a" * 65}, "ValidationError", constraint("userName", "a" * 65, "have length less than or equal to 64")),
    ("create_user", {"UserName": "refused", "Path": "a"}, "ValidationError", BAD_PATH),
    ("create_role", {"RoleName": "a/b", "AssumeRolePolicyDocument": TRUST_ANYBODY}, "ValidationError", BAD_USER_NAME.replace("userName", "roleName")),
    ("create_user", {"UserName": "refused", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "InvalidInput", TWO_TAGS),
    ("create_user", {"UserName": "refused", "PermissionsBoundary": f"{IAM}:policy/nobody"}, "NoSuchEntity", None),
    ("get_user", {"UserName": "nobody"}, "NoSuchEntity", "The user with name nobody cannot be found."),
    ("get_group", {"GroupName": "nobody"}, "NoSuchEntity", "The group with name nobody cannot be found."),
    ("get_role", {"RoleName": "nobody"}, "NoSuchEntity", "The role with name nobody cannot be found."),
    ("get_policy", {"PolicyArn": f"{IAM}:policy/nobody"}, "NoSuchEntity", f"Policy {IAM}:policy/nobody was not found."),
    ("get_policy", {"PolicyArn": "x" * 20}, "InvalidInput", f"ARN {'x' * 20} is not valid."),
    ("get_user_policy", {"UserName": "{user}", "PolicyName": "nobody"}, "NoSuchEntity", "The user policy with name nobody cannot be found."),
    ("get_instance_profile", {"InstanceProfileName": "nobody"}, "NoSuchEntity", "Instance Profile nobody cannot be found."),
    ("get_login_profile", {"UserName": "{user}"}, "NoSuchEntity", "Login Profile for User {user} cannot be found."),
    ("get_server_certificate", {"ServerCertificateName": "nobody"}, "NoSuchEntity", "The Server Certificate with name nobody cannot be found."),
    ("get_account_password_policy", {}, "NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found."),
    ("create_group", {"GroupName": "{group}"}, "EntityAlreadyExists", "Group with name {group} already exists."),
    ("create_role", {"RoleName": "{role}", "AssumeRolePolicyDocument": TRUST_ANYBODY}, "EntityAlreadyExists", "Role with name {role} already exists."),
    ("create_role", {"RoleName": "refused", "AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument", None),
    ("create_role", {"RoleName": "refused", "AssumeRolePolicyDocument": ALLOWED}, "MalformedPolicyDocument", None),
    ("create_role", {"RoleName": "refused", "AssumeRolePolicyDocument": TRUST_ANYBODY.replace("sts:AssumeRole", "s3:GetObject")}, "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions."),
    ("create_role", {"RoleName": "refused", "AssumeRolePolicyDocument": TRUST_ANYBODY.replace(f"{IAM}:root", f"{IAM}:role/nobody")}, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{IAM}:role/nobody"'),
    ("create_role", {"RoleName": "refused", "AssumeRolePolicyDocument": TRUST_ANYBODY, "MaxSessionDuration": 43201}, "ValidationError", constraint("maxSessionDuration", 43201, "have value less than or equal to 43200")),
    (*new_policy("{"), "MalformedPolicyDocument", "Syntax errors in policy."),
    (*new_policy(policy_of().replace("2012-10-17", "2008-10-17")), "MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater."),
    (*new_policy(policy_of(Action="everything")), "MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    (*new_policy(policy_of(Action="s3:Get:Object")), "MalformedPolicyDocument", "Actions/Conditions can contain only one colon."),
    (*new_policy(policy_of(Resource="bucket")), "MalformedPolicyDocument", 'Resource bucket must be in ARN format or "*".'),
    (*new_policy(policy_of(Resource="arn:moon:s3:::bucket")), "MalformedPolicyDocument", 'Partition "moon" is not valid for resource "arn:moon:s3:::bucket".'),
    (*new_policy(policy_of(Principal="*")), "MalformedPolicyDocument", "Policy document should not specify a principal."),
    (*new_policy(policy_of().replace(', "Resource": "*"', "")), "MalformedPolicyDocument", "Policy statement must contain resources."),
    (*new_policy(policy_of().replace('"Action": "s3:*", ', "")), "MalformedPolicyDocument", "Policy statement must contain actions."),
    (*new_policy(policy_of(Sid="a b")), "MalformedPolicyDocument", "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"),
    (*new_policy(policy_of(Resource=[f"arn:aws:s3:::{number:060}" for number in range(100)])), "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"),
    ("create_policy", {"PolicyName": "{policy}", "PolicyDocument": ALLOWED}, "EntityAlreadyExists", "A policy called {policy} already exists. Duplicate names are not allowed."),
    ("delete_policy", {"PolicyArn": f"{IAM}:policy/{{policy}}"}, "DeleteConflict", "Cannot delete a policy attached to entities."),
    ("delete_policy_version", {"PolicyArn": f"{IAM}:policy/{{policy}}", "VersionId": "v1"}, "DeleteConflict", "Cannot delete the default version of a policy."),
    ("get_policy_version", {"PolicyArn": f"{IAM}:policy/{{policy}}", "VersionId": "v9"}, "NoSuchEntity", f"Policy {IAM}:policy/{{policy}} version v9 does not exist or is not attachable."),
    ("attach_user_policy", {"UserName": "{user}", "PolicyArn": f"{IAM}:policy/nobody"}, "NoSuchEntity", f"Policy {IAM}:policy/nobody does not exist or is not attachable."),
    ("detach_user_policy", {"UserName": "{user}", "PolicyArn": f"{IAM}:policy/{{policy}}"}, "NoSuchEntity", f"Policy {IAM}:policy/{{policy}} was not found."),
    ("put_user_policy", {"UserName": "{user}", "PolicyName": "a", "PolicyDocument": policy_of(Resource=[f"arn:aws:s3:::{number:060}" for number in range(40)])}, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user {user}"),
    ("delete_user", {"UserName": "{user}"}, "DeleteConflict", None),
    ("delete_group", {"GroupName": "{group}"}, "DeleteConflict", None),
    ("delete_role", {"RoleName": "{role}"}, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."),
    ("delete_instance_profile", {"InstanceProfileName": "{role}"}, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."),
    ("create_access_key", {"UserName": "{user}"}, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"),
    ("update_access_key", {"UserName": "{user}", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active"}, "NoSuchEntity", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."),
    ("create_service_linked_role", {"AWSServiceName": "nothing.amazonaws.com"}, "InvalidInput", None),
    ("create_account_alias", {"AccountAlias": "A"}, "ValidationError", None),
    ("list_users", {"MaxItems": 1001}, "ValidationError", constraint("maxItems", 1001, "have value less than or equal to 1000")),
    ("list_users", {"Marker": "nonsense"}, "ValidationError", "Invalid Marker."),
]  # fmt: skip


@pytest.fixture(scope="module")
def identities(wharf):
    iam, name = wharf.client("iam"), tasks.unique("refusals")
    iam.create_user(UserName=name)
    keys = [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(2)]
    iam.create_group(GroupName=name)
    iam.add_user_to_group(UserName=name, GroupName=name)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=ALLOWED)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST_ANYBODY)
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    yield {"{user}": name, "{group}": name, "{policy}": name, "{role}": name}
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=name)
    iam.delete_role(RoleName=name)
    iam.detach_group_policy(GroupName=name, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.remove_user_from_group(UserName=name, GroupName=name)
    iam.delete_group(GroupName=name)
    for key in keys:
        iam.delete_access_key(UserName=name, AccessKeyId=key)
    iam.delete_user(UserName=name)


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_IAM)
def test_identities(wharf, identities, operation, parameters, code, text):
    found = refusal(wharf.client("iam"), operation, filled(parameters, identities))
    assert found[0] == code and (text is None or filled(text, identities) == found[1]), found


TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def assuming(**more):
    return "assume_role", {"RoleArn": f"{IAM}:role/{{role}}", "RoleSessionName": "refused"} | more


# Asked by a user who may assume the role `{role}`, for an hour at most.
OF_STS = [
    (*assuming(RoleArn=f"{IAM}:role/nobody"), "AccessDenied", f"User: {IAM}:user/{{caller}} is not authorized to perform: sts:AssumeRole on resource: {IAM}:role/nobody"),
    (*assuming(RoleSessionName="a"), "ValidationError", constraint("roleSessionName", "a", "have length greater than or equal to 2")),
    (*assuming(RoleSessionName="a b"), "ValidationError", constraint("roleSessionName", "a b", r"satisfy regular expression pattern: [\w+=,.@-]*")),
    (*assuming(RoleArn="nobody"), "ValidationError", constraint("roleArn", "nobody", "have length greater than or equal to 20")),
    (*assuming(DurationSeconds=899), "ValidationError", constraint("durationSeconds", 899, "have value greater than or equal to 900")),
    (*assuming(DurationSeconds=43201), "ValidationError", constraint("durationSeconds", 43201, "have value less than or equal to 43200")),
    (*assuming(DurationSeconds=3601), "ValidationError", TOO_LONG),
    (*assuming(Policy="{"), "MalformedPolicyDocument", None),
    (*assuming(Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]), "ValidationError", None),
    (*assuming(TransitiveTagKeys=["a"]), "ValidationError", "The specified transitive tag key a must be included in the requested tags."),
    (*assuming(TokenCode="123456"), "AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."),
    (*assuming(SerialNumber=f"{IAM}:mfa/nobody", TokenCode="123456"), "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."),
    ("assume_role_with_web_identity", {"RoleArn": f"{IAM}:role/{{role}}", "RoleSessionName": "refused", "WebIdentityToken": "nonsense"}, "InvalidIdentityToken", None),
    ("assume_role_with_saml", {"RoleArn": f"{IAM}:role/{{role}}", "PrincipalArn": f"{IAM}:saml-provider/nobody", "SAMLAssertion": "bm9uc2Vuc2U="}, "InvalidIdentityToken", None),
    ("get_session_token", {"DurationSeconds": 129601}, "ValidationError", constraint("durationSeconds", 129601, "have value less than or equal to 129600")),
    ("get_session_token", {"SerialNumber": f"{IAM}:mfa/nobody"}, "AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."),
    ("get_federation_token", {"Name": "a" * 33}, "ValidationError", constraint("name", "a" * 33, "have length less than or equal to 32")),
    ("get_federation_token", {"Name": "refused", "PolicyArns": [{"arn": f"{IAM}:policy/nobody"}]}, "ValidationError", None),
    ("decode_authorization_message", {"EncodedMessage": "nonsense"}, "InvalidAuthorizationMessageException", None),
    ("get_access_key_info", {"AccessKeyId": "short"}, "ValidationError", constraint("accessKeyId", "short", "have length greater than or equal to 16")),
]  # fmt: skip


@pytest.fixture(scope="module")
def caller(wharf):
    """The keys of a user who may do all that STS can."""
    return tasks.user(wharf, tasks.document("sts:*"))


@pytest.mark.parametrize(("operation", "parameters", "code", "text"), OF_STS)
def test_credentials(wharf, identities, caller, operation, parameters, code, text):
    name, keys = caller
    names = identities | {"{caller}": name}
    found = refusal(wharf.client("sts", keys), operation, filled(parameters, names))
    assert found[0] == code and (text is None or filled(text, names) == found[1]), found


def test_root_and_sessions_get_no_further_credentials(wharf, identities, caller):
    name, iam = identities["{role}"], wharf.client("iam")
    role = {"RoleArn": f"{IAM}:role/{name}", "RoleSessionName": "refused"}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=tasks.document("sts:*"))
    assert refusal(wharf.client("sts"), "assume_role", role) == ("AccessDenied", "Roles may not be assumed by root accounts.")
    given = wharf.client("sts", caller[1]).assume_role(**role)["Credentials"]
    session = wharf.client("sts", type(wharf.root).of_session(given))
    said = "Cannot call GetSessionToken with session credentials"
    assert refusal(session, "get_session_token", {}) == ("AccessDenied", said)
    said = "Cannot call GetFederationToken with session credentials"
    assert refusal(session, "get_federation_token", {"Name": "refused"}) == ("AccessDenied", said)
    iam.delete_role_policy(RoleName=name, PolicyName="all")
