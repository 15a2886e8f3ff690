"""What pods have of their node and of each other beyond what each has: processes, capabilities, the rights of the instance's root."""

import pytest

from harness.waiting import wait_for
from test_ec2_instances import MAY_JOIN
from test_kubernetes_nodes import apply, pod_of, sh, wait_phase, with_nodes
from test_kubernetes_seccomp import ready

pytestmark = pytest.mark.minutes(3)

FOREVER = "touch /tmp/mark; trap 'exit 7' TERM; while true; do sleep 1.25; done"


@pytest.fixture(scope="module")
def cluster(installation):
    with with_nodes(installation, MAY_JOIN) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def node(installation, cluster):
    return ready(installation, cluster)


def in_pod(cluster, pod, container, script):
    return cluster.kubectl("exec", pod, "-c", container, "--", "sh", "-c", script)


def statuses(cluster, pod):
    return {it["name"]: it for it in pod_of(cluster, pod)["status"]["containerStatuses"]}


def test_containers_of_a_pod_share_their_processes(installation, cluster, node, image):
    probe = {"exec": {"command": ["sh", "-c", "ps | grep -q '[n]c -l'"]}, "periodSeconds": 1}
    web = sh(image, "exec nc -l -p 8000", name="web", readinessProbe=probe)
    spec = {"containers": [sh(image, FOREVER), web], "shareProcessNamespace": True, "terminationGracePeriodSeconds": 5}
    apply(cluster, "shared", spec)
    cluster.kubectl("wait", "pod/shared", "--for=condition=Ready", "--timeout=60s")
    seen = in_pod(cluster, "shared", "web", "cat /proc/1/comm; ps; ls /proc/$(pgrep -f 'sleep 1[.]25|exit 7' | head -n 1)/root/tmp")
    assert seen.startswith("wharf-init\n") and "exit 7" in seen and seen.endswith("mark\n"), seen
    # Process 1 is nobody's to end; another container's are, and that one alone is begun again.
    in_pod(cluster, "shared", "main", "kill -9 1; kill 1; kill -0 1; kill $(pgrep nc)")
    wait_for(lambda: statuses(cluster, "shared")["web"]["restartCount"] == 1, 30, "another run of it")
    cluster.kubectl("wait", "pod/shared", "--for=condition=Ready", "--timeout=60s")
    assert statuses(cluster, "shared")["web"]["lastState"]["terminated"]["exitCode"] == 143
    script = "cat /proc/1/comm; ps | grep -c '[e]xit 7'; exit 5"
    debug = ("debug", "shared", "--container", "eye", "--image", image, "--target", "main", "--profile", "general")
    cluster.kubectl(*debug, "--", "sh", "-c", script)

    def eye():
        added = pod_of(cluster, "shared")["status"].get("ephemeralContainerStatuses", [{}])
        return added[0].get("state", {}).get("terminated", {}).get("exitCode")

    wait_for(lambda: eye() == 5, 30, "its end")
    assert cluster.kubectl("logs", "shared", "-c", "eye") == "wharf-init\n1\n"
    # The next agent finds the same processes, and starts more of them in the same namespace.
    installation.kill_child("node")
    wait_for(lambda: cluster.kubectl("exec", "shared", "-c", "main", "--", "true", check=False).returncode == 0, 60, "the agent")
    in_pod(cluster, "shared", "main", "kill $(pgrep nc)")
    wait_for(lambda: statuses(cluster, "shared")["web"]["restartCount"] == 2, 60, "a third run of it")
    wait_for(lambda: "exit 7" in cluster.kubectl("exec", "shared", "-c", "web", "--", "ps", check=False).stdout, 30, "it is in there")
    assert statuses(cluster, "shared")["main"]["restartCount"] == 0
    cluster.kubectl("delete", "pod", "shared", "--timeout=50s")


def test_what_containers_leave_behind_is_reaped(cluster, node, image):
    script = "orphan=$(sh -c 'sleep 0.1 > /dev/null & echo $!'); while kill -0 $orphan 2> /dev/null; do sleep 0.1; done; exit 9"
    spec = {"containers": [sh(image, script)], "shareProcessNamespace": True, "restartPolicy": "Never"}
    apply(cluster, "orphans", spec)
    wait_phase(cluster, "orphans", "Failed")
    assert statuses(cluster, "orphans")["main"]["state"]["terminated"]["exitCode"] == 9
    cluster.kubectl("delete", "pod", "orphans", "--timeout=50s")
