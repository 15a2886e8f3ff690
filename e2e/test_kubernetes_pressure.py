"""Nodes of Kubernetes that run short of memory or disk: they say so, take no more pods, and end those that take most."""

import json

import pytest

from harness.kubernetes_pods import apply, condition, node_of, pod_of, sh
from harness.waiting import wait_for
from test_kubernetes_nodes import USER_DATA, launch, with_nodes

pytestmark = pytest.mark.minutes(4)

SMALL_DISK = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 1}}]


@pytest.fixture(scope="module")
def cluster(installation):
    with with_nodes(installation) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(installation, cluster):
    """Two of the smallest: what is short on one is on the other for minutes."""
    made = [launch(installation, cluster, USER_DATA, "t3.nano", BlockDeviceMappings=SMALL_DISK) for _ in range(2)]
    for instance in made:
        wait_for(lambda it=instance: condition(node_of(cluster, it), "Ready") == "True", 90, "a node that is ready")
    return made


def on(cluster, instance, **spec):
    name = node_of(cluster, instance)["metadata"]["labels"]["kubernetes.io/hostname"]
    return {"nodeSelector": {"kubernetes.io/hostname": name}, "terminationGracePeriodSeconds": 60, **spec}


def running(cluster, *names):
    def all_run():
        return all(pod_of(cluster, name).get("status", {}).get("phase") == "Running" for name in names)

    wait_for(all_run, 60, f"{names} running")


def evicted(cluster, name, resource):
    """The status of a pod that its node ended for what it took."""
    wait_for(lambda: pod_of(cluster, name).get("status", {}).get("phase") == "Failed", 90, f"{name} evicted")
    status = pod_of(cluster, name)["status"]
    assert status["reason"] == "Evicted", status
    assert status["message"].startswith(f"The node was low on resource: {resource}. Threshold quantity: ")
    assert "Container main was using " in status["message"]
    assert f", request is 0, has larger consumption of {resource}. " in status["message"]
    disrupted = next(it for it in status["conditions"] if it["type"] == "DisruptionTarget")
    assert (disrupted["status"], disrupted["reason"]) == ("True", "TerminationByKubelet")
    assert disrupted["message"] == status["message"]
    return status


def under(cluster, instance, kind, reason, taint):
    """The node says so, pods are kept from it, and people hear of it."""
    wait_for(lambda: condition(node_of(cluster, instance), kind) == "True", 30, kind)
    node = node_of(cluster, instance)
    told = next(it for it in node["status"]["conditions"] if it["type"] == kind)
    assert told["reason"] == reason
    tainted = {"key": f"node.kubernetes.io/{taint}", "effect": "NoSchedule"}

    def taints():
        all_of_it = node_of(cluster, instance)["spec"].get("taints", [])
        return [{name: it[name] for name in ("key", "effect")} for it in all_of_it]

    wait_for(lambda: tainted in taints(), 20, f"the taint of {kind}")
    event = reason.replace("Kubelet", "Node")

    def events():
        return {it["reason"] for it in cluster.get("events")["items"] if it["involvedObject"]["name"] == node["metadata"]["name"]}

    wait_for(lambda: {event, "EvictionThresholdMet"} <= events(), 20, f"events of {kind}")


def refused(cluster, instance, name, spec, kind):
    """Of who is bound to the node all the same."""
    bound = {**spec, "nodeName": node_of(cluster, instance)["metadata"]["name"]}
    apply(cluster, name, bound)
    wait_for(lambda: pod_of(cluster, name).get("status", {}).get("phase") == "Failed", 30, f"{name} refused")
    status = pod_of(cluster, name)["status"]
    assert (status["reason"], status["message"]) == ("Evicted", f"The node had condition: [{kind}]. ")


def test_who_fills_the_disk_of_a_node_goes_first(cluster, nodes, image):
    instance = nodes[0]
    assert condition(node_of(cluster, instance), "DiskPressure") == "False"
    modest = sh(image, "sleep 1000", resources={"requests": {"ephemeral-storage": "50Mi"}})
    apply(cluster, "modest", on(cluster, instance, containers=[modest]))
    running(cluster, "modest")
    # Written, but without a byte that has to reach the disk.
    apply(cluster, "filler", on(cluster, instance, containers=[sh(image, "fallocate -l 890M /big && sleep 1000")]))
    evicted(cluster, "filler", "ephemeral-storage")

    def ended():
        return "terminated" in pod_of(cluster, "filler")["status"]["containerStatuses"][0]["state"]

    # At once, whatever grace it asked for.
    wait_for(ended, 30, "the end of what filled the disk")
    under(cluster, instance, "DiskPressure", "KubeletHasDiskPressure", "disk-pressure")
    refused(cluster, instance, "late", {"containers": [sh(image, "sleep 1000")]}, "DiskPressure")
    assert pod_of(cluster, "modest")["status"]["phase"] == "Running"
    # What it held is given back while the pod is still told of: nobody else has to go.
    wait_for(lambda: condition(pod_of(cluster, "filler"), "PodReadyToStartContainers") == "False", 20, "a sandbox that is gone")
    cluster.kubectl("delete", "pod", "filler", "late", "modest", "--timeout=50s", "--grace-period=1")


def test_who_takes_the_memory_of_a_node_goes_before_its_kernel_has_to_choose(cluster, nodes, image):
    instance = nodes[1]
    modest = sh(image, "sleep 1000", resources={"requests": {"memory": "16Mi"}})
    apply(cluster, "small", on(cluster, instance, containers=[modest]))
    running(cluster, "small")
    # Three megabytes a second, so that a look of the node's comes in time.
    grow = (
        'BEGIN { s = sprintf("%1000000s", "x");'
        ' for (i = 0; i < 250; i++) a[i] = s i; for (;;) { system("sleep 1"); for (k = 0; k < 3; k++) a[i++] = s i } }'
    )
    apply(cluster, "large", on(cluster, instance, containers=[{"name": "main", "image": image, "command": ["awk", grow]}]))
    evicted(cluster, "large", "memory")
    under(cluster, instance, "MemoryPressure", "KubeletHasInsufficientMemory", "memory-pressure")
    refused(cluster, instance, "nothing-asked", {"containers": [sh(image, "sleep 1000")]}, "MemoryPressure")
    # Who asks for memory is taken, as upstream has it.
    bound = {"containers": [modest], "nodeName": node_of(cluster, instance)["metadata"]["name"]}
    apply(cluster, "something-asked", bound)
    running(cluster, "something-asked", "small")
    assert json.dumps(pod_of(cluster, "small")["status"]).count('"restartCount": 0') == 1
