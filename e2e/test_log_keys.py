"""Log groups under keys of KMS, through boto3 and the aws CLI."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.waiting import wait_for

ACCOUNT = "000000000000"
DISABLED = ("InvalidParameterException", "The specified KMS Key Id is disabled.")


def policy(groups):
    uses = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    arn = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{groups}"}}
    service = {"Service": "logs.us-east-1.amazonaws.com"}
    logs = {"Effect": "Allow", "Principal": service, "Action": uses, "Resource": "*", "Condition": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [account, logs]})


def outcome(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


def put(logs, group, message):
    event = {"timestamp": int(time.time() * 1000), "message": message}
    return outcome(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=[event])


def read(logs, group):
    return [it["message"] for it in logs.filter_log_events(logGroupName=group)["events"]]


def is_on_disk(wharf, text):
    # Namespaces of the node are files as well.
    apart = {"tasks", "netns"}
    files = [path for path in wharf.data.rglob("*") if path.is_file() and not apart & set(path.parts)]
    return any(text.encode() in path.read_bytes() for path in files if path.stat().st_size < 1 << 30)


@pytest.fixture
def keyed(wharf):
    kms, logs, group = wharf.client("kms"), wharf.client("logs"), "/e2e/" + tasks.unique("keyed")
    key = kms.create_key(Policy=policy("/e2e/*"))["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName=group, kmsKeyId=key)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    yield kms, logs, key, group
    logs.delete_log_group(logGroupName=group)


def test_events_are_sealed_on_disk_and_read_as_before(wharf, keyed):
    _, logs, key, group = keyed
    secret, open_ = tasks.unique("sealed-line"), tasks.unique("open-line")
    assert put(logs, group, secret) is None
    assert read(logs, group) == [secret]
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName=group)
    assert put(logs, group, open_) is None
    assert read(logs, group) == [secret, open_]
    assert not is_on_disk(wharf, secret)
    assert is_on_disk(wharf, open_), "the search finds what is not sealed"
    wharf.aws("logs", "associate-kms-key", "--log-group-name", group, "--kms-key-id", key)
    assert "kmsKeyId" in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_a_disabled_key_shuts_readers_and_writers(keyed):
    kms, logs, key, group = keyed
    assert put(logs, group, "before") is None
    kms.disable_key(KeyId=key)
    # Not told that their request is wrong: agents keep what tasks print meanwhile.
    wait_for(lambda: put(logs, group, "while it is disabled") == ("AccessDeniedException", DISABLED[1]), what="writers are shut out")
    wait_for(lambda: outcome(logs.filter_log_events, logGroupName=group) == DISABLED, what="readers are shut out")
    parameters = {"logGroupName": group, "logStreamName": "s"}
    assert outcome(logs.get_log_events, **parameters) == DISABLED
    kms.enable_key(KeyId=key)
    wait_for(lambda: put(logs, group, "after") is None, what="writers are back")
    wait_for(lambda: outcome(logs.filter_log_events, logGroupName=group) is None, what="readers are back")
    assert read(logs, group)[0] == "before" and read(logs, group)[-1] == "after"


def test_the_keys_policy_says_for_which_groups_it_is(wharf, keyed):
    kms, logs, _, group = keyed
    narrow = kms.create_key(Policy=policy("elsewhere/*"))["KeyMetadata"]["Arn"]
    text = (
        f"The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}'"
    )
    assert outcome(logs.associate_kms_key, logGroupName=group, kmsKeyId=narrow) == ("AccessDeniedException", text)
    assert outcome(logs.create_log_group, logGroupName="x", kmsKeyId="alias/none")[0] == "InvalidParameterException"
