"""Virtual devices for a second factor, passwords, federated users: boto3 and the AWS CLI."""

import base64
import hashlib
import hmac
import json
import struct
import time

import pytest

from harness import tasks
from harness.installation import Keys
from harness.refusals import refused
from harness.tasks import document

ACCOUNT = "000000000000"


def code(seed, step):
    """As RFC 6238 has it."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">q", step), hashlib.sha1).digest()
    at = digest[19] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def now():
    return int(time.time()) // 30


@pytest.fixture
def user(wharf):
    """A user who may list clusters, and decode messages, with a second factor alone; its keys and its device's seed."""
    condition = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    name, keys = tasks.user(wharf, document("ecs:ListClusters", **condition), document("sts:GetFederationToken"))
    iam = wharf.client("iam")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    assert device["QRCodePNG"].startswith(b"\x89PNG")
    seed, step = device["Base32StringSeed"], now()
    iam.enable_mfa_device(
        UserName=name,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=code(seed, step - 2),
        AuthenticationCode2=code(seed, step - 1),
    )
    return name, keys, device["SerialNumber"], seed


def test_a_session_shows_its_second_factor(wharf, user):
    name, keys, serial, seed = user
    assert refused(wharf.client("ecs", keys).list_clusters)[0] == "AccessDeniedException"
    sts = wharf.client("sts", keys)
    spent = code(seed, now())
    session = Keys.of_session(sts.get_session_token(SerialNumber=serial, TokenCode=spent)["Credentials"])
    wharf.client("ecs", session).list_clusters()
    text = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    assert refused(sts.get_session_token, SerialNumber=serial, TokenCode=spent) == ("AccessDenied", text)
    listed = wharf.aws("iam", "list-mfa-devices", "--user-name", name)["MFADevices"]
    assert [it["SerialNumber"] for it in listed] == [serial]
    in_use = wharf.client("iam").list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert name in [it["User"]["UserName"] for it in in_use if it["SerialNumber"] == serial]


def test_a_device_goes_with_its_user_in_order(wharf, user):
    name, _, serial, _ = user
    iam = wharf.client("iam")
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial)[0] == "DeleteConflict"
    iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_mfa_devices(UserName=name)["MFADevices"] == []


def test_passwords(wharf):
    iam = wharf.client("iam")
    name, keys = tasks.user(wharf, document("iam:ChangePassword"))
    assert refused(iam.create_login_profile, UserName=name, Password="short")[0] == "PasswordPolicyViolation"
    made = iam.create_login_profile(UserName=name, Password="Correct-Horse-1", PasswordResetRequired=True)
    assert made["LoginProfile"]["PasswordResetRequired"] is True
    theirs = wharf.client("iam", keys)
    wrong = refused(theirs.change_password, OldPassword="Correct-Horse-2", NewPassword="Battery-Staple-1")
    assert wrong == ("AccessDenied", "The old password was incorrect.")
    theirs.change_password(OldPassword="Correct-Horse-1", NewPassword="Battery-Staple-1")
    assert iam.get_login_profile(UserName=name)["LoginProfile"]["PasswordResetRequired"] is False
    assert refused(theirs.change_password, OldPassword="Correct-Horse-1", NewPassword="Battery-Staple-2")[0] == "AccessDenied"
    told = wharf.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ChangePassword"}])
    assert "Battery" not in json.dumps(told, default=str) and "Horse" not in json.dumps(told, default=str)
    iam.delete_login_profile(UserName=name)
    assert refused(iam.get_login_profile, UserName=name)[0] == "NoSuchEntity"


def test_a_federated_user(wharf, user):
    _, keys, _, _ = user
    answer = wharf.client("sts", keys).get_federation_token(Name="bob", Policy=document("s3:*"))
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    session = Keys.of_session(answer["Credentials"])
    assert wharf.client("sts", session).get_caller_identity()["UserId"] == f"{ACCOUNT}:bob"
    code_, message = refused(wharf.client("s3", session).list_buckets)
    assert code_ == "AccessDenied" and "federated-user/bob" in message
    assert refused(wharf.client("iam", session).list_users)[0] == "InvalidClientTokenId"


def test_a_denial_is_decoded(wharf):
    name, keys = tasks.user(wharf)
    _, message = refused(wharf.client("ec2", keys).describe_vpcs)
    encoded = message.partition("Encoded authorization failure message: ")[2]
    told = wharf.aws("sts", "decode-authorization-message", "--encoded-message", encoded)
    told = json.loads(told["DecodedMessage"])
    assert told["allowed"] is False and told["context"]["action"] == "ec2:DescribeVpcs"
    assert told["context"]["principal"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    sts = wharf.client("sts")
    forged = refused(sts.decode_authorization_message, EncodedMessage=encoded[:-4] + "AAAA")
    assert forged == ("InvalidAuthorizationMessageException", "Message is not valid")
