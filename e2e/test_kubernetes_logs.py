"""What clusters of Kubernetes write into CloudWatch Logs: who asked for what, who was let in."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import kubernetes
from harness.installation import Keys
from harness.kubernetes import Cluster
from harness.waiting import wait_for

SWITCHED_ON = ["api", "audit", "authenticator"]


@pytest.fixture(scope="module")
def cluster(wharf):
    with Cluster(wharf, logging={"clusterLogging": [{"types": SWITCHED_ON, "enabled": True}]}) as cluster:
        yield cluster
    cluster.eks.delete_cluster(name=cluster.name)


def lines(wharf, cluster, stream, pattern=""):
    """What was written into streams whose names begin so."""
    try:
        found = wharf.client("logs").filter_log_events(
            logGroupName=f"/aws/eks/{cluster.name}/cluster", logStreamNamePrefix=stream, filterPattern=pattern
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    return [event["message"] for event in found["events"]]


def test_a_cluster_says_which_logs_it_writes(cluster):
    setups = cluster.described()["logging"]["clusterLogging"]
    assert setups == [
        {"types": SWITCHED_ON, "enabled": True},
        {"types": ["controllerManager", "scheduler"], "enabled": False},
    ]


def test_who_asked_for_what_is_in_the_audit_log(wharf, cluster):
    cluster.kubectl("create", "secret", "generic", "hidden", "--from-literal=word=swordfish")
    cluster.kubectl("get", "secret", "hidden")
    cluster.kubectl("get", "secret", "hidden", "--as=jane", check=False)

    def found():
        events = [it for it in map(json.loads, lines(wharf, cluster, "kube-apiserver-audit-")) if "objectRef" in it]
        events = [it for it in events if it["objectRef"].get("name") == "hidden" and it["verb"] == "get"]
        return events if len(events) == 2 else None

    by_owner, by_jane = wait_for(found, 20, "both requests in the audit log")
    assert by_owner["kind"] == "Event" and by_owner["apiVersion"] == "audit.k8s.io/v1" and by_owner["level"] == "Metadata"
    assert by_owner["requestURI"].startswith("/api/v1/namespaces/default/secrets/hidden")
    assert by_owner["objectRef"] == {"resource": "secrets", "namespace": "default", "name": "hidden", "apiVersion": "v1"}
    assert by_owner["responseStatus"]["code"] == 200 and "impersonatedUser" not in by_owner
    assert by_owner["annotations"]["authorization.k8s.io/decision"] == "allow"
    assert by_owner["userAgent"].startswith("kubectl") and by_owner["sourceIPs"][0].startswith("127.")
    assert by_owner["user"]["extra"]["accessKeyId"], by_owner
    assert by_jane["user"]["username"] == by_owner["user"]["username"]
    assert by_jane["impersonatedUser"]["username"] == "jane" and by_jane["responseStatus"]["code"] == 403
    assert by_jane["annotations"]["authorization.k8s.io/decision"] == "forbid"
    everything = "\n".join(lines(wharf, cluster, "kube-") + lines(wharf, cluster, "authenticator-"))
    assert "swordfish" not in everything and "k8s-aws-v1." not in everything


def test_who_was_let_in_is_in_the_log_of_the_authenticator(wharf, cluster):
    iam = wharf.client("iam")
    stranger = iam.create_user(UserName=kubernetes.name("user"))["User"]
    keys = Keys.of_user(iam.create_access_key(UserName=stranger["UserName"])["AccessKey"])
    assert cluster.kubectl("get", "pods", keys=keys, check=False).returncode != 0
    denied = f'"access denied" "{stranger["Arn"]}"'
    [line, *_] = wait_for(lambda: lines(wharf, cluster, "authenticator-", denied), 20, "a line about the stranger")
    assert line.startswith('time="') and 'level=warning msg="access denied" arn=' in line
    assert wait_for(lambda: lines(wharf, cluster, "authenticator-", '"access granted"'), 20, "a line about the owner")
    assert wait_for(lambda: lines(wharf, cluster, "kube-apiserver-", '"Serving securely"'), 20, "the server's own log")


def test_logs_that_are_not_written_cannot_be_switched_on(wharf):
    with pytest.raises(ClientError, match="Logs of type scheduler are not supported by this version of wharf"):
        Cluster(wharf, logging={"clusterLogging": [{"types": ["scheduler"], "enabled": True}]})
