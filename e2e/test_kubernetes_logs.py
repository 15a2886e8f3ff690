"""What clusters of Kubernetes write into CloudWatch Logs: who asked for what, who was let in, what their parts decide."""

import base64
import json
import ssl
import urllib.error
import urllib.request

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


def test_who_proves_to_be_nobody_is_in_the_audit_log(wharf, cluster):
    asked, described = "/api/v1/namespaces/default/secrets/guarded", cluster.described()
    authority = base64.b64decode(described["certificateAuthority"]["data"]).decode()
    trusted = ssl.create_default_context(cadata=authority)
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        request = urllib.request.Request(described["endpoint"] + asked, headers=headers)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request, context=trusted, timeout=10)

    def found():
        events = [it for it in map(json.loads, lines(wharf, cluster, "kube-apiserver-audit-")) if it["requestURI"] == asked]
        return events if len(events) == 2 else None

    told = wait_for(found, 20, "both requests in the audit log")
    assert [it["user"] for it in told] == [{}, {}] and [it["responseStatus"]["code"] for it in told] == [401, 401]
    assert sorted(it["responseStatus"]["message"] for it in told) == [
        "Authentication failed, attempted: bearer",
        "Authentication failed, no credentials provided",
    ]
    assert all(it["objectRef"]["name"] == "guarded" and it["sourceIPs"][0].startswith("127.") for it in told)
    assert "guessed" not in json.dumps(told)


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


def apply(cluster, *objects):
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))


def deployment(name):
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "none"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def test_what_controllers_and_the_scheduler_decide_is_in_their_logs(wharf, cluster):
    apply(cluster, deployment("before"))
    cluster.eks.update_cluster_config(
        name=cluster.name, logging={"clusterLogging": [{"types": ["controllerManager", "scheduler"], "enabled": True}]}
    )

    def on():
        setups = cluster.described()["logging"]["clusterLogging"]
        return {"types": [*SWITCHED_ON, "controllerManager", "scheduler"], "enabled": True} in setups

    wait_for(on, 20, "all logs switched on")
    apply(cluster, deployment("shown"))

    def told(stream, *words):
        return [it for it in lines(wharf, cluster, stream) if all(word in it for word in words)]

    made = 'kind="Deployment"', 'reason="ScalingReplicaSet"', 'object="default/shown"'
    [line, *_] = wait_for(lambda: told("kube-controller-manager-", *made), 20, "a line of the deployment controller")
    assert line.startswith("I") and '"Event occurred"' in line and 'message="Scaled up replica set shown-' in line
    nowhere = 'kind="Pod"', 'reason="FailedScheduling"', 'object="default/shown-'
    [line, *_] = wait_for(lambda: told("kube-scheduler-", *nowhere), 20, "a line of the scheduler")
    assert "no nodes available to schedule pods" in line or "0/0 nodes are available" in line
    cluster.kubectl("delete", "deployment", "shown", "--timeout=50s")
    gone = '"Deleting item"', 'resource="pods"', 'object="default/shown-'
    wait_for(lambda: told("kube-controller-manager-", *gone), 20, "a line of the garbage collector")
    # What was decided before they were switched on is in none.
    assert not told("kube-", 'reason="ScalingReplicaSet"', '"default/before"')
    streams = wharf.client("logs").describe_log_streams(logGroupName=f"/aws/eks/{cluster.name}/cluster")["logStreams"]
    assert len({it["logStreamName"].rsplit("-", 1)[1] for it in streams}) == 1


def test_a_cluster_writes_into_the_logs_of_no_other(wharf, cluster):
    every = [{"types": ["controllerManager", "scheduler"], "enabled": True}]
    with Cluster(wharf, logging={"clusterLogging": every}) as other:
        apply(other, deployment("elsewhere"))
        wait_for(lambda: lines(wharf, other, "kube-scheduler-", '"elsewhere-"'), 20, "its own scheduler's line")
        everything = "\n".join(lines(wharf, cluster, "kube-"))
        assert "elsewhere" not in everything
        started = lines(wharf, other, "kube-scheduler-", '"Starting Kubernetes Scheduler"')
        assert len(started) == 1
        other.eks.delete_cluster(name=other.name)


def test_logs_that_are_not_known_cannot_be_switched_on(cluster):
    with pytest.raises(ClientError, match="proxy"):
        cluster.eks.update_cluster_config(name=cluster.name, logging={"clusterLogging": [{"types": ["proxy"], "enabled": True}]})
