"""What IAM keeps of an account, through boto3 and the AWS CLI: the credential report, all of it at once, keys and certificates of users;
and what is refused by name."""

import csv
import datetime
import io
import json

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from harness import tasks


@pytest.fixture
def user(wharf):
    iam, name = wharf.client("iam"), tasks.unique("records")
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "web"}])
    yield name
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def test_the_credential_report_tells_of_everybody(wharf, user):
    iam = wharf.client("iam")
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")

    iam.generate_credential_report()
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    rows = {it["user"]: it for it in csv.DictReader(io.StringIO(report["Content"].decode()))}
    assert "<root_account>" in rows
    found = rows[user]
    assert (found["arn"], found["password_enabled"]) == (f"arn:aws:iam::000000000000:user/{user}", "false")
    assert (found["access_key_1_active"], found["mfa_active"]) == ("false", "false")


def test_all_of_an_account_at_once(wharf, user):
    iam = wharf.client("iam")
    document = tasks.document("s3:GetObject", "arn:aws:s3:::none/*")
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)
    pages = iam.get_paginator("get_account_authorization_details").paginate(Filter=["User"], PaginationConfig={"PageSize": 2})
    users = {it["UserName"]: it for page in pages for it in page["UserDetailList"]}
    assert users[user]["UserPolicyList"][0]["PolicyDocument"] == json.loads(document)
    assert users[user]["Tags"] == [{"Key": "team", "Value": "web"}]
    iam.create_role(RoleName=user, AssumeRolePolicyDocument=tasks.TRUST_TASKS)
    roles = wharf.aws("iam", "get-account-authorization-details", "--filter", "Role")
    assert user in {it["RoleName"] for it in roles["RoleDetailList"]} and roles["UserDetailList"] == []
    iam.delete_role(RoleName=user)


def test_ssh_keys_and_signing_certificates_are_records(wharf, user):
    iam, pair = wharf.client("iam"), rsa.generate_private_key(65537, 2048)
    text = pair.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    made = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=text)["SSHPublicKey"]
    about = {"UserName": user, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert made["Status"] == "Active" and made["SSHPublicKeyId"].startswith("APKA")
    pem = iam.get_ssh_public_key(**about, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    iam.update_ssh_public_key(**about, Status="Inactive")
    assert [it["Status"] for it in iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]] == ["Inactive"]
    with pytest.raises(ClientError) as caught:
        iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody="ssh-rsa nonsense")
    assert caught.value.response["Error"]["Code"] == "UnrecognizedPublicKeyEncoding"
    iam.delete_ssh_public_key(**about)

    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user)]), datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(pair.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=9))
        .sign(pair, hashes.SHA256())
    )
    body = certificate.public_bytes(Encoding.PEM).decode()
    made = iam.upload_signing_certificate(UserName=user, CertificateBody=body)["Certificate"]
    listed = wharf.aws("iam", "list-signing-certificates", "--user-name", user)["Certificates"]
    assert [(it["CertificateId"], it["Status"]) for it in listed] == [(made["CertificateId"], "Active")]
    iam.delete_signing_certificate(UserName=user, CertificateId=made["CertificateId"])


def test_delegation_is_refused_by_name(wharf):
    iam = wharf.client("iam")
    for call, parameters in (
        (iam.list_delegation_requests, {}),
        (iam.get_delegation_request, {"DelegationRequestId": "12345678-1234-1234-1234-123456789012"}),
    ):
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        error = caught.value.response["Error"]
        assert error["Code"] == "UnsupportedOperation" and "not supported by this version of wharf" in error["Message"], error
