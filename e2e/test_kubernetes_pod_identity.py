"""EKS Pod Identity: pods have the role that their service account is associated with, and nobody has it in their stead."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import images, kubernetes
from harness.kubernetes_pods import apply, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_kubernetes_nodes import cluster, launch, node

pytestmark = pytest.mark.minutes(0.5)

__all__ = ["cluster", "launch", "node"]

AUDIENCE = "pods.eks.amazonaws.com"
TEAM, ELSEWHERE = "team", "elsewhere"
SLEEPS = "trap exit TERM; while true; do sleep 1; done"
ASKS = """
import sys
import boto3
print(boto3.client("sts").get_caller_identity()["Arn"])
for folder in sys.argv[2:]:
    try:
        boto3.client("s3").put_object(Bucket=sys.argv[1], Key=folder + "/from-a-pod", Body=b"written by a role")
        print("written")
    except Exception as error:
        print(error.response["Error"]["Code"])
"""
# What SDKs do, with a token of one's choice.
FETCHES = """
import json, sys, urllib.error, urllib.request
request = urllib.request.Request("http://169.254.170.23" + sys.argv[1], headers={"Authorization": sys.argv[2]})
try:
    with urllib.request.urlopen(request, timeout=20) as answer:
        print(answer.status, ",".join(sorted(json.load(answer))))
except urllib.error.HTTPError as error:
    print(error.code, json.load(error)["code"])
"""


@pytest.fixture(scope="module")
def bucket(installation):
    name = kubernetes.name("bucket")
    installation.client("s3").create_bucket(Bucket=name)
    return name


def role(installation, bucket, *actions):
    """A role for pods, each of which may write below its own namespace."""
    iam, name = installation.client("iam"), kubernetes.name("pods")
    trust = {"Effect": "Allow", "Principal": {"Service": AUDIENCE}, "Action": list(actions)}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    own = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/kubernetes-namespace}}/*"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": own}]}
    iam.put_role_policy(RoleName=name, PolicyName="bucket", PolicyDocument=json.dumps(policy))
    return arn


@pytest.fixture(scope="module")
def associated(installation, cluster, bucket):
    """The id of an association of the account `worker`."""
    policy = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
    installation.client("iam").attach_role_policy(RoleName=cluster.role, PolicyArn=policy)
    made = cluster.eks.create_pod_identity_association(
        clusterName=cluster.name,
        namespace=TEAM,
        serviceAccount="worker",
        roleArn=role(installation, bucket, "sts:AssumeRole", "sts:TagSession"),
        tags={"team": "blue"},
    )["association"]
    return made["associationId"]


@pytest.fixture(scope="module")
def pods(installation, cluster, node, associated):
    """`works`, of the account with the association, and `other`, of one without; both wait."""
    python = images.push(installation, "python")
    cluster.kubectl("create", "namespace", TEAM)
    cluster.kubectl("config", "set-context", "--current", "--namespace", TEAM)
    for name, account in (("works", "worker"), ("other", "other")):
        cluster.kubectl("create", "serviceaccount", account)
        apply(cluster, name, {"containers": [sh(python, SLEEPS)], "serviceAccountName": account})
    for name in ("works", "other"):
        wait_phase(cluster, name, "Running")


def run(cluster, pod, program, *arguments):
    return cluster.kubectl("exec", pod, "--", "python3", "-c", program, *arguments).splitlines()


def token(cluster, pod, account="worker", audience=AUDIENCE):
    """A new token that is bound to a pod."""
    bound = ("--bound-object-kind", "Pod", "--bound-object-name", pod)
    return cluster.kubectl("create", "token", account, "--audience", audience, *bound).strip()


def assume(installation, cluster, token):
    """What EKS Auth answers, or the code of its refusal and what it says."""
    try:
        return installation.client("eks-auth").assume_role_for_pod_identity(clusterName=cluster.name, token=token)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]


def test_associations_in_the_words_of_eks(cluster, associated):
    eks, named = cluster.eks, {"clusterName": cluster.name, "associationId": associated}
    described = eks.describe_pod_identity_association(**named)["association"]
    assert described["associationArn"].endswith(f":podidentityassociation/{cluster.name}/{associated}")
    assert eks.list_tags_for_resource(resourceArn=described["associationArn"])["tags"] == {"team": "blue"}
    with pytest.raises(ClientError) as refused:
        eks.create_pod_identity_association(clusterName=cluster.name, namespace=TEAM, serviceAccount="worker", roleArn=described["roleArn"])
    assert refused.value.response["Error"]["Message"] == f"Association already exists: {associated}"
    (listed,) = eks.list_pod_identity_associations(clusterName=cluster.name, namespace=TEAM)["associations"]
    assert listed["associationId"] == associated
    assert eks.list_pod_identity_associations(clusterName=cluster.name, namespace="none")["associations"] == []


def test_a_pod_has_the_role_of_its_account(cluster, bucket, associated, pods):
    made = pod_of(cluster, "works")["spec"]
    variables = {it["name"]: it.get("value") for it in made["containers"][0]["env"]}
    assert variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://169.254.170.23/v1/credentials"
    assert variables["AWS_REGION"] == "us-east-1" and "AWS_ROLE_ARN" not in variables
    assert "env" not in pod_of(cluster, "other")["spec"]["containers"][0]
    arn, *written = run(cluster, "works", ASKS, bucket, TEAM, ELSEWHERE)
    assert ":assumed-role/" in arn and f"/eks-{cluster.name}" in arn
    assert written == ["written", "AccessDenied"]


def test_nobody_has_it_in_the_stead_of_the_pod(cluster, pods):
    file = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"
    own = cluster.kubectl("exec", "works", "--", "cat", file)
    assert run(cluster, "works", FETCHES, "/v1/credentials", own) == ["200 AccessKeyId,AccountId,Expiration,SecretAccessKey,Token"]
    assert run(cluster, "other", FETCHES, "/v1/credentials", own) == ["403 AccessDeniedException"]
    assert run(cluster, "works", FETCHES, "/v1/credentials", "") == ["400 InvalidTokenException"]
    assert run(cluster, "works", FETCHES, "/", own) == ["404 NotFound"]
    # The pod's own claims, signed by nobody.
    forged = own[: own.rindex(".")] + ".AAAA"
    assert run(cluster, "works", FETCHES, "/v1/credentials", forged) == ["400 InvalidTokenException"]
    without = token(cluster, "other", "other")
    assert run(cluster, "other", FETCHES, "/v1/credentials", without) == ["404 ResourceNotFoundException"]


def test_what_eks_auth_makes_of_tokens(installation, cluster, bucket, associated, pods):
    made = assume(installation, cluster, token(cluster, "works"))
    assert made["subject"] == {"namespace": TEAM, "serviceAccount": "worker"} and made["audience"] == AUDIENCE
    assert made["podIdentityAssociation"]["associationId"] == associated
    assert assume(installation, cluster, token(cluster, "works", audience="sts.amazonaws.com"))[0] == "InvalidTokenException"
    unbound = cluster.kubectl("create", "token", "worker", "--audience", AUDIENCE).strip()
    assert assume(installation, cluster, unbound)[0] == "InvalidTokenException"
    named = {"clusterName": cluster.name, "associationId": associated}
    before = cluster.eks.describe_pod_identity_association(**named)["association"]["roleArn"]
    cluster.eks.update_pod_identity_association(**named, roleArn=role(installation, bucket, "sts:AssumeRole"))
    refusal = "Unauthorized Exception! EKS does not have permissions to assume the associated role."
    assert assume(installation, cluster, token(cluster, "works")) == ("AccessDeniedException", refusal)
    # Sessions without tags need no more than to be assumed.
    cluster.eks.update_pod_identity_association(**named, disableSessionTags=True)
    assert "credentials" in assume(installation, cluster, token(cluster, "works"))
    cluster.eks.update_pod_identity_association(**named, disableSessionTags=False, roleArn=before)


def test_a_role_behind_the_first(installation, cluster, bucket, associated, pods):
    iam, name = installation.client("iam"), kubernetes.name("far")
    named = {"clusterName": cluster.name, "associationId": associated}
    account = installation.client("sts").get_caller_identity()["Account"]
    target = f"arn:aws:iam::{account}:role/{name}"
    changed = cluster.eks.update_pod_identity_association(**named, targetRoleArn=target)["association"]
    first = changed["roleArn"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": first},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"sts:ExternalId": changed["externalId"]}},
    }
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    made = assume(installation, cluster, token(cluster, "works"))
    assert f":assumed-role/{name}/" in made["assumedRoleUser"]["arn"], made
    cluster.eks.update_pod_identity_association(**named, targetRoleArn="")


def test_it_lasts_over_a_restart_and_ends_with_the_association(installation, cluster, bucket, associated, pods):
    installation.kill_child("server")
    wait_for(lambda: "credentials" in assume(installation, cluster, token(cluster, "works")), 30, "the cluster's answer")
    # With a token that the node has not seen.
    fresh = token(cluster, "works")
    assert run(cluster, "works", FETCHES, "/v1/credentials", fresh)[0].startswith("200 ")
    assert run(cluster, "works", ASKS, bucket, TEAM)[1:] == ["written"]
    cluster.eks.delete_pod_identity_association(clusterName=cluster.name, associationId=associated)
    fresh = token(cluster, "works")
    assert assume(installation, cluster, fresh)[0] == "ResourceNotFoundException"
    assert run(cluster, "works", FETCHES, "/v1/credentials", fresh) == ["404 ResourceNotFoundException"]
