"""Pods start only images that the keys of an account's rules signed, as kubectl sees it."""

import json

import pytest

from harness import images
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, condition, node_of, sh, wait_phase
from harness.signing import Signer, attach
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_image_versions import digest_of
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch
from test_signatures import pushed

pytestmark = pytest.mark.minutes(1)

STAYS = "echo begun; trap exit TERM; while true; do sleep 1; done"


@pytest.fixture(scope="module")
def cluster(installation):
    with Cluster(installation) as cluster:
        cluster.role = profile(installation, MAY_PULL)
        arn = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
        instance = launch(installation, cluster, USER_DATA)
        wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
        yield cluster


@pytest.fixture(scope="module")
def ours(installation, tmp_path_factory):
    """A signer, and the rule that asks for its signature of all images."""
    signer = Signer(tmp_path_factory.mktemp("keys"), "ours")
    installation.run("admission", "set", "release", "--repository", "prod*", "--key", signer.public)
    return signer


def refused(done, signer):
    assert (done.returncode, "is forbidden: The image of the container" in done.stderr) == (1, True), done
    assert signer.fingerprint in done.stderr


def test_pods_start_only_what_was_signed(installation, cluster, ours):
    name, uri, digest, registry = pushed(installation)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": [sh(uri, STAYS)]}}
    refused(cluster.kubectl("create", "-f", "-", stdin=json.dumps(pod), check=False), ours)
    assert cluster.is_gone("pod", "one", "default")
    cluster.kubectl("create", "deployment", "web", f"--image={uri}", "--", "sh", "-c", STAYS)

    def said():
        events = cluster.get("events", "--field-selector", "reason=FailedCreate")["items"]
        return [it["message"] for it in events if ours.fingerprint in it["message"]]

    wait_for(said, 30, "an event that says why")
    attach(registry, digest, [ours.simple(digest)])
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    shown = wait_phase(cluster, "one", "Running")
    assert shown["spec"]["containers"][0]["image"] == f"{uri.removesuffix(':1')}@{digest}"
    assert digest in shown["status"]["containerStatuses"][0]["imageID"]
    # The deployment names the tag, its pods what that was when they were made.
    cluster.kubectl("rollout", "restart", "deployment/web")
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=55s")
    assert cluster.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == uri

    # A tag that moves changes nothing of what runs, and starts nothing.
    images.push(installation, "configured", name=name, tag="1")
    moved = digest_of(installation, name)
    assert moved != digest
    refused(cluster.kubectl("set", "image", "pod/one", f"main={uri}", check=False), ours)
    refused(cluster.kubectl("debug", "one", f"--image={uri}", "--", "true", check=False), ours)
    assert cluster.kubectl("exec", "one", "--", "echo", "runs").strip() == "runs"
    # What no rule names starts nowhere either.
    _, other, _, _ = pushed(installation, prefix="staging")
    done = cluster.kubectl("run", "other", f"--image={other}", check=False)
    assert done.returncode == 1 and "no rule of admission names its repository" in done.stderr, done


def test_without_rules_pods_start_what_they_name(installation, cluster, ours):
    installation.run("admission", "remove", "release")
    _, uri, _, _ = pushed(installation)
    apply(cluster, "free", {"containers": [sh(uri, "true")], "restartPolicy": "Never"})
    assert wait_phase(cluster, "free", "Succeeded")["spec"]["containers"][0]["image"] == uri
