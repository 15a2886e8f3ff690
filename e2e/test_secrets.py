"""Secrets Manager through boto3 and the AWS CLI: made, read, changed, guarded, deleted, restored, kept over a kill."""

import json

from harness import disk, tasks, tools
from harness.installation import Installation, Place
from harness.refusals import refused

HIDDEN = "correct horse battery staple"


def test_a_secret_lives_and_changes(wharf):
    secrets, name = wharf.client("secretsmanager"), tasks.unique("app/db")
    made = secrets.create_secret(Name=name, SecretString="one", Description="of the database", Tags=[{"Key": "team", "Value": "web"}])
    assert made["ARN"].startswith(f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-")
    changed = secrets.put_secret_value(SecretId=name, SecretBinary=b"\x00two")
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretBinary"] == b"\x00two"
    before = secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
    assert (before["SecretString"], before["VersionId"]) == ("one", made["VersionId"])
    described = secrets.describe_secret(SecretId=name)
    assert described["VersionIdsToStages"] == {made["VersionId"]: ["AWSPREVIOUS"], changed["VersionId"]: ["AWSCURRENT"]}
    assert described["Tags"] == [{"Key": "team", "Value": "web"}]
    move = {"SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": made["VersionId"]}
    assert refused(secrets.update_secret_version_stage, **move)[0] == "InvalidParameterException"
    secrets.update_secret_version_stage(**move, RemoveFromVersionId=changed["VersionId"])
    listed = wharf.aws("secretsmanager", "get-secret-value", "--secret-id", name)
    assert listed["SecretString"] == "one"
    found = secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}, {"Key": "tag-key", "Values": ["te"]}])["SecretList"]
    assert [it["Name"] for it in found] == [name]


def test_what_is_refused_and_how(wharf):
    secrets, name = wharf.client("secretsmanager"), tasks.unique("refused")
    secrets.create_secret(Name=name, SecretString="one")
    missing = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    assert refused(secrets.get_secret_value, SecretId="no-such") == missing
    assert refused(secrets.get_secret_value, SecretId="arn:aws:secretsmanager:eu-west-1:000000000000:secret:x-aB3dE6") == missing
    pending = refused(secrets.get_secret_value, SecretId=name, VersionStage="AWSPENDING")
    assert pending[1] == "Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    again = refused(secrets.create_secret, Name=name, SecretString="two")
    assert again == ("ResourceExistsException", f"The operation failed because the secret {name} already exists.")
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    marked = refused(secrets.get_secret_value, SecretId=name)
    text = "You can't perform this operation on the secret because it was marked for deletion."
    assert marked == ("InvalidRequestException", text)
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "one"
    key = refused(secrets.create_secret, Name=tasks.unique("k"), SecretString="x", KmsKeyId="alias/none")
    assert key[0] == "EncryptionFailure"


def test_policies_guard_each_secret(wharf):
    secrets, name = wharf.client("secretsmanager"), tasks.unique("guarded")
    arn = secrets.create_secret(Name=name, SecretString="one", Tags=[{"Key": "team", "Value": "web"}])["ARN"]
    other = secrets.create_secret(Name=tasks.unique("other"), SecretString="two")["ARN"]
    allow = tasks.document("secretsmanager:GetSecretValue", arn, Condition={"StringEquals": {"aws:ResourceTag/team": "web"}})
    _, keys = tasks.user(wharf, allow, tasks.document("secretsmanager:BatchGetSecretValue"))
    reader = wharf.client("secretsmanager", keys=keys)
    assert reader.get_secret_value(SecretId=name)["SecretString"] == "one"
    code, message = refused(reader.get_secret_value, SecretId=other)
    assert code == "AccessDeniedException" and "secretsmanager:GetSecretValue" in message
    batch = reader.batch_get_secret_value(SecretIdList=[arn, other, "no-such"])
    assert [it["SecretString"] for it in batch["SecretValues"]] == ["one"]
    assert [it["ErrorCode"] for it in batch["Errors"]] == ["AccessDeniedException"] * 2
    deny = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(SecretId=name, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert "resource-based policy" in refused(reader.get_secret_value, SecretId=name)[1]
    public = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [public]})
    blocked = refused(secrets.put_resource_policy, SecretId=name, ResourcePolicy=policy, BlockPublicPolicy=True)
    assert blocked[0] == "PublicPolicyException"


def test_a_replica_has_a_key_of_its_own(wharf):
    secrets, name = wharf.client("secretsmanager"), tasks.unique("copied")
    there = {service: wharf.client(service, region="eu-west-1") for service in ("secretsmanager", "kms")}
    here = wharf.client("kms").create_key()["KeyMetadata"]["Arn"]
    key = there["kms"].create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name=name, SecretString="one", KmsKeyId=here)

    def replicate(key=None, **more):
        region = {"Region": "eu-west-1"} | ({"KmsKeyId": key} if key else {})
        return secrets.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[region], **more)

    def read():
        return there["secretsmanager"].get_secret_value(SecretId=name)["SecretString"]

    [status] = replicate(key)["ReplicationStatus"]
    assert (status["Status"], status["KmsKeyId"]) == ("InSync", key)
    secrets.put_secret_value(SecretId=name, SecretString="two")
    assert read() == "two"
    versions = there["secretsmanager"].list_secret_version_ids(SecretId=name)["Versions"]
    assert {it for version in versions for it in version["KmsKeyIds"]} == {key}
    there["kms"].disable_key(KeyId=key)
    assert refused(there["secretsmanager"].get_secret_value, SecretId=name)[0] == "DecryptionFailure"
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    there["kms"].enable_key(KeyId=key)
    # On its own it keeps what it has, which nothing overwrites unless that is asked for, and can be done.
    there["secretsmanager"].stop_replication_to_replica(SecretId=name)
    secrets.put_secret_value(SecretId=name, SecretString="three")
    assert read() == "two"
    assert refused(replicate)[0] == "InvalidRequestException"
    assert refused(replicate, key=here, ForceOverwriteReplicaSecret=True)[0] == "EncryptionFailure"
    assert read() == "two"
    replicate(key, ForceOverwriteReplicaSecret=True)
    assert read() == "three"
    there["kms"].disable_key(KeyId=key)
    assert refused(there["secretsmanager"].get_secret_value, SecretId=name)[0] == "DecryptionFailure"
    secrets.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=["eu-west-1"])
    assert refused(there["secretsmanager"].get_secret_value, SecretId=name)[0] == "ResourceNotFoundException"


def test_secrets_outlive_a_kill_lie_sealed_and_are_sealed_anew():
    with Installation() as wharf:
        wharf.start(node=False)
        secrets = wharf.client("secretsmanager")
        secrets.create_secret(Name="kept", SecretString=HIDDEN, AddReplicaRegions=[{"Region": "eu-west-1"}])
        wharf.kill_child("server")
        wharf.wait_ready()
        assert wharf.client("secretsmanager").get_secret_value(SecretId="kept")["SecretString"] == HIDDEN
        there = Place(wharf, "eu-west-1").client("secretsmanager")
        assert there.get_secret_value(SecretId="kept")["SecretString"] == HIDDEN
        wharf.run("keys", "rotate", "keyring")
        assert wharf.client("secretsmanager").get_secret_value(SecretId="kept")["SecretString"] == HIDDEN
        assert not disk.files_with(wharf.data, HIDDEN.encode())


CACHED = """
import os, time
from botocore.exceptions import ClientError
from botocore.session import Session
from aws_secretsmanager_caching import InjectKeywordedSecretString, SecretCache, SecretCacheConfig

name = os.environ["SECRET"]
client = Session().create_client("secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1")
asked = []
client.meta.events.register("before-call.secretsmanager.GetSecretValue", lambda **_: asked.append(1))
cache = SecretCache(SecretCacheConfig(secret_refresh_interval=1), client)
print(cache.get_secret_string(name), cache.get_secret_string(name), len(asked))

@InjectKeywordedSecretString(name, cache, who="user", password="password")
def injected(who, password):
    print(who, password)

injected()
client.put_secret_value(SecretId=name, SecretString='{"user": "u", "password": "two"}')
deadline = time.monotonic() + 30
while "two" not in cache.get_secret_string(name):
    assert time.monotonic() < deadline, "the new version does not come"
    time.sleep(0.1)
print(cache.get_secret_string(name, "AWSPREVIOUS"))
try:
    cache.get_secret_string(name + "-none")
except ClientError as error:
    print(error.response["Error"]["Code"])
"""


def test_the_caching_library_of_aws(wharf):
    """`aws-secretsmanager-caching` of PyPI: it asks once, sees new versions, and fills arguments."""
    name = tasks.unique("cached")
    wharf.client("secretsmanager").create_secret(Name=name, SecretString='{"user": "u", "password": "one"}')
    environment = wharf.environment() | {"AWS_ENDPOINT_URL": wharf.endpoint, "SECRET": name}
    printed = tools.run(tools.client("python"), "-c", CACHED, env=environment).stdout.splitlines()
    one = '{"user": "u", "password": "one"}'
    assert printed == [f"{one} {one} 1", "u one", one, "ResourceNotFoundException"]
