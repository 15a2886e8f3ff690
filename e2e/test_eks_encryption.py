"""Secrets of a cluster under a key of KMS: nothing of them lies in the clear, the key shuts and opens them, who may not is refused."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from harness import kubernetes
from harness.installation import Installation, Keys
from harness.kubernetes import Cluster
from harness.waiting import wait_for
from test_ebs_encryption import holds

pytestmark = pytest.mark.minutes(2)

# The server looks at a key once a minute.
LOOKS_S = 90


@pytest.fixture(scope="module")
def alone():
    with Installation() as one:
        yield one.start()


@pytest.fixture(scope="module")
def key(alone):
    return alone.client("kms").create_key(Description="of Secrets")["KeyMetadata"]["Arn"]


def config(key):
    return [{"resources": ["secrets"], "provider": {"keyArn": key}}]


def create(cluster, name, text):
    cluster.kubectl("create", "secret", "generic", name, f"--from-literal=word={text}")


def word(cluster, name):
    return base64.b64decode(cluster.get("secret", name, "-n", "default")["data"]["word"]).decode()


def in_the_clear(wharf, text):
    """Files of the data folder that have it, as it is or in base 64 wherever in a text it begins."""
    needles = {text.encode()}
    for before in (b"", b"x", b"xx"):
        whole = base64.b64encode(before + text.encode())
        needles.add(whole[4 if before else 0 : -4])
    found = []
    for path in wharf.data.rglob("*"):
        try:
            if path.is_file() and any(holds(path, it) for it in needles):
                found.append(path)
        except FileNotFoundError:
            # It was removed meanwhile.
            continue
    return found


def issues(cluster):
    return [it["code"] for it in cluster.described()["health"]["issues"]]


def refused(cluster, *arguments):
    done = cluster.kubectl(*arguments, check=False)
    return done.stderr if done.returncode else ""


def test_a_cluster_begins_under_a_key_that_shuts_and_opens_it(alone, key):
    kms = alone.client("kms")
    with Cluster(alone, encryptionConfig=config(key)) as cluster:
        assert cluster.described()["encryptionConfig"] == config(key)
        secret = "only-ciphertext-" + "lies-in-the-store"
        create(cluster, "one", secret)
        cluster.kubectl("create", "configmap", "one", "--from-literal=word=plain-as-the-day-is-long")
        assert word(cluster, "one") == secret
        assert in_the_clear(alone, "plain-as-the-day-is-long")
        assert in_the_clear(alone, secret) == []
        assert "[+]kms-providers ok" in cluster.kubectl("get", "--raw", "/readyz?verbose")

        # The data key is had again after the end of the server.
        alone.kill_child("server")
        alone.wait_node()
        wait_for(lambda: word(cluster, "one") == secret, 30, "the secret after a restart")

        kms.disable_key(KeyId=key)
        expected = 'unable to transform key "/registry/secrets/default/one": failed to decrypt DEK, error: DisabledException'
        wait_for(lambda: expected in refused(cluster, "get", "secret", "one"), LOOKS_S, "a shut key")
        # It is put in place before it is written down.
        wait_for(lambda: issues(cluster) == ["KmsKeyDisabled"], 30, "a cluster that is ill")
        assert "unable to transform key" in refused(cluster, "get", "secrets", "-A")
        assert "failed to encrypt DEK" in refused(cluster, "create", "secret", "generic", "two", "--from-literal=word=x")
        assert "unable to transform key" in refused(cluster, "delete", "secret", "one")
        ready = refused(cluster, "get", "--raw", "/readyz")
        assert "[-]kms-providers failed" in ready, ready
        # All else goes on.
        assert "ok" in cluster.kubectl("get", "--raw", "/livez")
        cluster.kubectl("create", "configmap", "two", "--from-literal=word=y")

        # It stays shut over the end of the server, which serves the cluster all the same.
        alone.kill_child("server")
        alone.wait_node()
        wait_for(lambda: cluster.find("configmap", "two", "default"), 30, "the cluster after a restart")
        assert "DisabledException" in refused(cluster, "get", "secret", "one")
        watched = refused(cluster, "get", "secrets", "--watch", "--request-timeout=5s")
        assert "unable to transform key" in watched, watched

        kms.enable_key(KeyId=key)
        wait_for(lambda: not refused(cluster, "get", "secret", "one"), LOOKS_S, "a key that opens again")
        assert word(cluster, "one") == secret
        wait_for(lambda: issues(cluster) == [], 30, "a cluster that is well")
        create(cluster, "two", secret + "-too")
        assert in_the_clear(alone, secret) == []
        cluster.eks.delete_cluster(name=cluster.name)
    waiter = alone.client("eks").get_waiter("cluster_deleted")
    waiter.wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_secrets_that_are_there_come_under_a_key(alone, key):
    with Cluster(alone) as cluster:
        assert "encryptionConfig" not in cluster.described()
        for number in range(5):
            create(cluster, f"s{number}", f"word-number-{number}")
        argument = json.dumps(config(key))
        update = alone.aws("eks", "associate-encryption-config", "--cluster-name", cluster.name, "--encryption-config", argument)["update"]
        assert update["type"] == "AssociateEncryptionConfig" and update["status"] == "InProgress"
        param = update["params"][0]
        assert param["type"] == "EncryptionConfig" and json.loads(param["value"]) == config(key)

        def ended():
            found = cluster.eks.describe_update(name=cluster.name, updateId=update["id"])["update"]
            return found["status"] == "Successful"

        wait_for(ended, 60, "the update")
        assert cluster.described()["encryptionConfig"] == config(key)
        assert word(cluster, "s3") == "word-number-3"
        other = alone.client("kms").create_key()["KeyMetadata"]["Arn"]
        with pytest.raises(ClientError, match="Encryption is already enabled on the cluster"):
            cluster.eks.associate_encryption_config(clusterName=cluster.name, encryptionConfig=config(other))
        cluster.eks.delete_cluster(name=cluster.name)


def test_who_may_not_use_a_key_and_keys_that_will_not_do(alone, key):
    role, network = kubernetes.role(alone), {"subnetIds": kubernetes.subnets(alone)}

    def asks(keys, named):
        eks = alone.client("eks", keys=keys) if keys else alone.client("eks")
        with pytest.raises(ClientError) as error:
            eks.create_cluster(name="other", roleArn=role, resourcesVpcConfig=network, encryptionConfig=config(named))
        found = error.value.response["Error"]
        return f"{found['Code']}: {found['Message']}"

    iam = alone.client("iam")
    user = kubernetes.name("user")
    iam.create_user(UserName=user)
    keys = Keys.of_user(iam.create_access_key(UserName=user)["AccessKey"])
    allowed = ["eks:*", "ec2:Describe*", "iam:PassRole"]
    for operation in ("DescribeKey", "CreateGrant"):
        statement = [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName=user, PolicyName="some", PolicyDocument=document)
        assert asks(keys, key) == f"InvalidRequestException: User not authorized to perform kms:{operation} operation"
        allowed.append(f"kms:{operation}")
    kms = alone.client("kms")
    asymmetric = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    assert asks(None, asymmetric).startswith("InvalidParameterException: The keyArn for encryptionConfig must be of a symmetric key")
    assert "KeyArn is required" in asks(None, "")
    assert "in the region of the cluster" in asks(None, key.replace("us-east-1", "us-west-2"))
