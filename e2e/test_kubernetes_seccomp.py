"""Which system calls containers of pods may make, and what an instance is that would be two nodes at once."""

import json

import pytest

from harness import images
from harness.installation import Installation
from harness.kubernetes_pods import apply, condition, node_of, on_host, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_ec2_instances import MAY_JOIN
from test_kubernetes_nodes import USER_DATA, launch, with_nodes

pytestmark = pytest.mark.minutes(3)

FOLDER = "/var/lib/kubelet/seccomp"
NO_FOLDERS = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}],
}
ASKS = {"defaultAction": "SCMP_ACT_NOTIFY"}
TWO = "; mkdir /made; unshare -m true; grep -h Seccomp: /proc/self/status; cat /proc/self/uid_map"


@pytest.fixture(scope="module")
def cluster(installation):
    with with_nodes(installation, MAY_JOIN) as cluster:
        yield cluster


def ready(installation, cluster):
    instance = launch(installation, cluster, USER_DATA)
    wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
    return instance


@pytest.fixture(scope="module")
def node(installation, cluster, image):
    instance = ready(installation, cluster)
    writes_profiles(cluster, image)
    return instance


def writes_profiles(cluster, image):
    files = {"no-folders.json": NO_FOLDERS, "asks.json": ASKS}
    writes = " && ".join(f"echo '{json.dumps(profile)}' > /node/{name}" for name, profile in files.items())
    apply(cluster, "writes", on_host(image, writes, FOLDER, "DirectoryOrCreate"))
    wait_phase(cluster, "writes", "Succeeded")
    cluster.kubectl("delete", "pod", "writes", "--timeout=50s")


def under(profile, image, script="true" + TWO):
    container = sh(image, f"({script}) 2>&1; true")
    spec = {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    return {**spec, "securityContext": {"seccompProfile": profile}}


def said(cluster, name, profile, image):
    apply(cluster, name, under(profile, image))
    wait_phase(cluster, name, "Succeeded")
    printed = cluster.kubectl("logs", name)
    cluster.kubectl("delete", "pod", name, "--timeout=50s")
    return printed


def test_a_profile_of_the_node_takes_calls_away_and_gives_none(cluster, node, image):
    plain = said(cluster, "plain", {"type": "RuntimeDefault"}, image)
    assert "mkdir" not in plain and "unshare" in plain and "Seccomp:\t2" in plain
    profile = {"type": "Localhost", "localhostProfile": "no-folders.json"}
    less = said(cluster, "less", profile, image)
    assert "mkdir: can't create directory '/made': No space left on device" in less, less
    # What its default action allows is still not to be had.
    assert "unshare" in less and "Operation not permitted" in less


def test_profiles_that_cannot_be_had_say_why(cluster, node, image):
    def waiting(name, file):
        apply(cluster, name, under({"type": "Localhost", "localhostProfile": file}, image))

        def told():
            all_of_it = pod_of(cluster, name).get("status", {}).get("containerStatuses", [{}])
            return all_of_it[0].get("state", {}).get("waiting", {}).get("message")

        return lambda: told() or ""

    missing, asks = waiting("missing", "none.json"), waiting("asks", "asks.json")
    wait_for(lambda: f'cannot load seccomp profile "{FOLDER}/none.json": ' in missing(), 60, "what is missing")
    wait_for(lambda: "the action SCMP_ACT_NOTIFY is not supported" in asks(), 60, "what is refused")
    apply(cluster, "open", under({"type": "Unconfined"}, image))
    wait_for(lambda: pod_of(cluster, "open").get("status", {}).get("phase") == "Failed", 60, "a pod that is refused")
    status = pod_of(cluster, "open")["status"]
    assert status["reason"] == "UnsupportedByNode"
    assert status["message"].endswith(
        "seccompProfile of type Unconfined is not supported by this node; starting its machine with --allow unconfined-pods would"
    )
    cluster.kubectl("delete", "pod", "missing", "asks", "open", "--timeout=50s")


def test_a_host_name_can_be_the_full_one(cluster, node, image):
    spec = {**under({"type": "RuntimeDefault"}, image, "hostname; cat /etc/hostname"), "subdomain": "sub"}
    apply(cluster, "named", {**spec, "setHostnameAsFQDN": True})
    wait_phase(cluster, "named", "Succeeded")
    assert cluster.kubectl("logs", "named") == "named.sub.default.svc.cluster.local\n" * 2
    cluster.kubectl("delete", "pod", "named", "--timeout=50s")


def test_all_calls_where_the_operator_lends_them():
    with Installation(arguments=["--instances", "--allow", "unconfined-pods"]) as alone:
        alone.start()
        image = images.push(alone, "busybox")
        with with_nodes(alone) as cluster:
            ready(alone, cluster)
            writes_profiles(cluster, image)
            all_of_them = said(cluster, "open", {"type": "Unconfined"}, image)
            assert "Seccomp:\t0" in all_of_them, all_of_them
            # The pod's own users all the same.
            assert all_of_them.splitlines()[-1].split()[:2] != ["0", "0"]
            profile = {"type": "Localhost", "localhostProfile": "no-folders.json"}
            alone_it_stands = said(cluster, "less", profile, image)
            assert "No space left on device" in alone_it_stands and "Seccomp:\t2" in alone_it_stands


BOTH = USER_DATA.replace(
    "--//--",
    """--//
Content-Type: text/x-shellscript

#!/bin/sh
mkdir -p /etc/ecs && echo ECS_CLUSTER=both > /etc/ecs/ecs.config
--//--""",
)


def test_an_instance_that_would_be_both_is_a_container_instance(installation, cluster):
    ecs, ec2 = installation.client("ecs"), installation.client("ec2")
    ecs.create_cluster(clusterName="both")
    made = launch(installation, cluster, BOTH)
    wait_for(lambda: ecs.list_container_instances(cluster="both", status="ACTIVE")["containerInstanceArns"], 90, "ECS has it")

    def console():
        return ec2.get_console_output(InstanceId=made["InstanceId"]).get("Output", "")

    refused = "refused as a node of Kubernetes: what it has is given out by one of the two"
    wait_for(lambda: refused in console(), 30, "the reason on its console")
    assert not node_of(cluster, made)
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
