"""What pods may do on AWS: roles by tokens of the cluster (IRSA), with the SDK that a container has."""

import base64
import json
import urllib.error
import urllib.request

import pytest

from harness import images, kubernetes
from harness.kubernetes_pods import apply, pod_of, sh
from harness.waiting import wait_for
from test_kubernetes_nodes import cluster, launch, node

pytestmark = pytest.mark.minutes(1)

__all__ = ["cluster", "launch", "node"]

ASKS = """
import boto3
print(boto3.client("sts").get_caller_identity()["Arn"])
s3 = boto3.client("s3")
s3.put_object(Bucket="{bucket}", Key="from-a-pod", Body=b"written by a role")
print(s3.get_object(Bucket="{bucket}", Key="from-a-pod")["Body"].read().decode())
try:
    boto3.client("iam").list_users()
    print("allowed")
except Exception as error:
    print(error.response["Error"]["Code"])
"""


@pytest.fixture(scope="module")
def python(installation):
    return images.push(installation, "python")


@pytest.fixture(scope="module")
def bucket(installation):
    name = kubernetes.name("bucket")
    installation.client("s3").create_bucket(Bucket=name)
    return name


def ended(cluster, name):
    """Phase and log of a pod that runs once."""
    wait_for(lambda: pod_of(cluster, name)["status"]["phase"] in ("Succeeded", "Failed"), 120, f"the end of {name}")
    return pod_of(cluster, name)["status"]["phase"], cluster.kubectl("logs", name)


def issuer_of(cluster):
    return cluster.described()["identity"]["oidc"]["issuer"]


@pytest.fixture(scope="module")
def provider(installation, cluster):
    made = installation.client("iam").create_open_id_connect_provider(Url=issuer_of(cluster), ClientIDList=["sts.amazonaws.com"])
    return made["OpenIDConnectProviderArn"]


def role(installation, trust, bucket, name="pods"):
    """A role that may use a bucket."""
    iam, name = installation.client("iam"), kubernetes.name(name)
    document = {"Version": "2012-10-17", "Statement": [trust | {"Effect": "Allow"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    policy = {"Version": "2012-10-17", "Statement": [may]}
    iam.put_role_policy(RoleName=name, PolicyName="bucket", PolicyDocument=json.dumps(policy))
    return arn


def document(installation, path):
    try:
        with urllib.request.urlopen(installation.endpoint + path, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code


def test_the_issuer_says_what_tokens_are_checked_by(installation, cluster):
    issuer = issuer_of(cluster)
    path = issuer.removeprefix("https://").partition("/")[2]
    said = document(installation, f"/{path}/.well-known/openid-configuration")
    assert said["issuer"] == issuer and said["jwks_uri"] == f"{issuer}/keys"
    assert said["id_token_signing_alg_values_supported"] == ["RS256"]
    (key,) = document(installation, f"/{path}/keys")["keys"]
    token = cluster.kubectl("create", "token", "default", "--audience", "sts.amazonaws.com").strip()
    head = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert head["kid"] == key["kid"] and key["kty"] == "RSA"
    assert document(installation, f"/id/{'0' * 32}/keys") == 404


def test_a_pod_calls_with_the_role_of_its_account(installation, cluster, node, python, bucket, provider):
    team, issuer = kubernetes.name("team"), issuer_of(cluster).removeprefix("https://")
    subject = {f"{issuer}:sub": f"system:serviceaccount:{team}:worker", f"{issuer}:aud": "sts.amazonaws.com"}
    trust = {
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": subject},
    }
    arn = role(installation, trust, bucket)
    cluster.kubectl("create", "namespace", team)
    for account in ("worker", "other"):
        cluster.kubectl("create", "serviceaccount", account, "-n", team)
        cluster.kubectl("annotate", "serviceaccount", account, "-n", team, f"eks.amazonaws.com/role-arn={arn}")
    container = sh(python, "", env=[{"name": "AWS_DEFAULT_REGION", "value": "us-east-1"}])
    container["command"] = ["python3", "-c", ASKS.format(bucket=bucket)]
    spec = {"containers": [container], "restartPolicy": "Never"}
    apply(cluster, "works", spec | {"serviceAccountName": "worker"}, namespace=team)
    apply(cluster, "refused", spec | {"serviceAccountName": "other"}, namespace=team)

    cluster.kubectl("config", "set-context", "--current", "--namespace", team)
    try:
        made = pod_of(cluster, "works")["spec"]
        variables = {it["name"]: it.get("value") for it in made["containers"][0]["env"]}
        assert variables["AWS_ROLE_ARN"] == arn and variables["AWS_DEFAULT_REGION"] == "us-east-1"
        assert "AWS_REGION" not in variables and variables["AWS_STS_REGIONAL_ENDPOINTS"] == "regional"
        phase, log = ended(cluster, "works")
        assert phase == "Succeeded", log
        lines = log.splitlines()
        assert lines[0].startswith(arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")), lines
        assert lines[1:] == ["written by a role", "AccessDenied"], lines
        phase, log = ended(cluster, "refused")
        assert phase == "Failed" and "Not authorized to perform sts:AssumeRoleWithWebIdentity" in log, log
    finally:
        cluster.kubectl("config", "set-context", "--current", "--namespace", "default")
