"""What pods have of their node and of each other beyond what each has: processes, capabilities, the rights of the instance's root."""

import contextlib
import json
import pathlib

import pytest

from harness import images
from harness.installation import Installation
from harness.kubernetes_pods import apply, node_of, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_ec2_instances import MAY_JOIN
from test_kubernetes_nodes import with_nodes
from test_kubernetes_seccomp import ready

pytestmark = pytest.mark.minutes(3)

ENFORCED = pathlib.Path("/sys/module/apparmor/parameters/enabled")
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
    other = "$(ps | grep '[e]xit 7' | awk '{print $1}' | head -n 1)"
    seen = in_pod(cluster, "shared", "web", f"cat /proc/1/comm; ps; ls /proc/{other}/root/tmp")
    assert seen.startswith("wharf-init\n") and "'exit 7'" in seen and seen.endswith("mark\n"), seen
    # Process 1 is nobody's to end; another container's are, and that one alone is begun again.
    in_pod(cluster, "shared", "main", "kill -9 1; kill 1; kill -0 1; killall nc")
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
    in_pod(cluster, "shared", "main", "killall nc")
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


def once(image, script, **security):
    container = sh(image, f"({script}) 2>&1; true", securityContext=security)
    return {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}


def said(cluster, name, spec):
    apply(cluster, name, spec)
    wait_phase(cluster, name, "Succeeded")
    printed = cluster.kubectl("logs", name)
    cluster.kubectl("delete", "pod", name, "--timeout=50s")
    return printed


def refusal(cluster, name, spec):
    apply(cluster, name, spec)
    status = wait_phase(cluster, name, "Failed")["status"]
    cluster.kubectl("delete", "pod", name, "--timeout=50s")
    return status["reason"], status["message"]


@contextlib.contextmanager
def lending(*words):
    """A cluster with a node on a machine that lends pods this."""
    with Installation(arguments=["--instances", "--allow", ",".join(words)]) as alone:
        alone.start()
        image = images.push(alone, "busybox")
        with with_nodes(alone) as cluster:
            ready(alone, cluster)
            yield cluster, image


OWN = "ip addr add 10.9.9.9/32 dev lo && echo made an address; mount -t tmpfs none /tmp && echo mounted; grep CapEff /proc/self/status"


def test_capabilities_that_are_not_lent_are_named_with_their_flag(cluster, node, image):
    reason, message = refusal(cluster, "netadmin", once(image, OWN, capabilities={"add": ["NET_ADMIN"]}))
    flag = "; starting its machine with --allow pod-capabilities would"
    text = 'container "main": the capability NET_ADMIN is not supported by this node'
    assert (reason, message) == ("UnsupportedByNode", text + flag)
    _, message = refusal(cluster, "time", once(image, OWN, capabilities={"add": ["SYS_TIME"]}))
    assert message == 'container "main": the capability SYS_TIME is not supported by this node'
    plain = said(cluster, "plain", once(image, OWN))
    assert "made an address" not in plain and "mounted" not in plain, plain


def test_capabilities_that_are_lent_count_within_the_pod():
    with lending("pod-capabilities") as (cluster, image):
        network = said(cluster, "network", once(image, OWN, capabilities={"add": ["NET_ADMIN"]}))
        assert "made an address" in network and "mounted" not in network, network
        mounts = said(cluster, "mounts", once(image, OWN, capabilities={"add": ["SYS_ADMIN"]}))
        assert "made an address" not in mounts and "mounted" in mounts, mounts
        reach = "cat /proc/self/uid_map; mknod /disk b 7 0 || echo no device; echo 1 > /proc/sys/kernel/sysrq || echo no sysrq"
        everything = said(cluster, "all", once(image, f"{OWN}; {reach}", capabilities={"add": ["ALL"], "drop": ["CHOWN"]}))
        assert "made an address" in everything and "mounted" in everything, everything
        assert "no device" in everything and "no sysrq" in everything, everything
        # The default set without CHOWN, and an instance's: nothing over the machine.
        assert "CapEff:\t00000000bcecf7fa" in everything, everything
        _, message = refusal(cluster, "time", once(image, OWN, capabilities={"add": ["SYS_TIME"]}))
        assert message.endswith("the capability SYS_TIME is not supported by this node")


REACH = f"""{OWN}; cat /proc/self/uid_map; wc -c < /proc/interrupts
mknod /disk b 7 0 || echo no device; echo 1 > /proc/sys/kernel/sysrq || echo no sysrq
echo 99 > /proc/sys/net/ipv4/ip_unprivileged_port_start && echo own setting"""


def test_rights_that_are_not_lent_are_named_with_their_flag(cluster, node, image):
    for security, name in (({"privileged": True}, "privileged"), ({"procMount": "Unmasked"}, "procMount: Unmasked")):
        reason, message = refusal(cluster, "asks", once(image, REACH, **security))
        flag = "; starting its machine with --allow privileged-pods would"
        assert (reason, message) == ("UnsupportedByNode", f'container "main": {name} is not supported by this node{flag}')


def test_a_privileged_container_is_root_of_its_instance_at_most():
    with lending("privileged-pods") as (cluster, image):
        own = said(cluster, "own", once(image, REACH, privileged=True))
        assert "made an address" in own and "mounted" in own and "own setting" in own, own
        assert "no device" in own and "no sysrq" in own and "CapEff:\t00000000bcecf7fb" in own, own
        seen = said(cluster, "seen", once(image, "wc -c < /proc/interrupts; grep CapEff /proc/self/status", procMount="Unmasked"))
        assert int(seen.split()[0]) > 0 and "CapEff:\t00000000a80425fb" in seen, seen
        # In its namespaces it gets at its files, as on any node.
        of_node = {"hostNetwork": True, "hostPID": True, "hostIPC": True}
        script = "chroot /proc/1/root sh -c 'echo left > /root/mark; cat /root/mark'; cat /proc/self/uid_map /proc/1/uid_map"
        root = said(cluster, "root", {**once(image, script, privileged=True), **of_node})
        mark, *maps = root.splitlines()
        assert mark == "left" and maps[0] == maps[1] and maps[0].split()[1] != "0", root


def test_processes_of_a_node_are_those_of_its_instance(cluster, node, image):
    _, message = refusal(cluster, "alone", {**once(image, "ps"), "hostPID": True})
    assert message == "spec.hostPID without hostNetwork is not supported by this node"
    of_node = {"hostNetwork": True, "hostPID": True, "hostIPC": True}
    apply(cluster, "looks", {"containers": [sh(image, FOREVER)], "terminationGracePeriodSeconds": 5, **of_node})
    wait_phase(cluster, "looks", "Running")
    seen = in_pod(cluster, "looks", "main", "ps; echo; cat /proc/1/comm; readlink /proc/self/ns/ipc")
    assert "wharf up" not in seen and "wharf-shim" not in seen and "exit 7" in seen, seen
    # kubectl's own way to look at a node.
    said_so = cluster.kubectl("debug", f"node/{node['PrivateDnsName']}", "--image", image, "--", "sh", "-c", "ps; ls /host/etc/hostname")
    debugger = next(word for word in said_so.split() if word.startswith("node-debugger-"))
    wait_phase(cluster, debugger, "Succeeded")
    looked = cluster.kubectl("logs", debugger)
    assert "exit 7" in looked and looked.endswith("/host/etc/hostname\n"), looked
    cluster.kubectl("delete", "pod", "looks", debugger, "--timeout=50s")


def test_a_pod_in_its_nodes_network_goes_by_its_nodes_name(cluster, node, image):
    names = "hostname; cat /etc/hostname; echo $HOSTNAME"
    shared = said(cluster, "shared-name", {**once(image, names), "hostNetwork": True, "hostname": "own"})
    assert shared.split() == [node["PrivateDnsName"]] * 3, shared
    own = said(cluster, "own-name", {**once(image, names), "hostname": "own"})
    assert own.split() == ["own"] * 3, own


def test_a_user_has_the_groups_that_the_image_gives_it_unless_it_is_strict(installation, cluster, node, tmp_path):
    users = {"etc/passwd": b"root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n", "etc/group": b"team:x:50000:alice\n"}
    layout, _ = images.with_files(tmp_path, users)
    image = f"{images.ensure_repository(installation, 'groups')}:latest"
    images.skopeo_copy(installation, layout, f"docker://{image}")
    assert node_of(cluster, node)["status"]["features"] == {"supplementalGroupsPolicy": True}
    asked = {"runAsUser": 1000, "runAsGroup": 3000, "supplementalGroups": [4000]}
    for policy, groups in ((None, {"3000", "4000", "50000"}), ("Merge", {"3000", "4000", "50000"}), ("Strict", {"3000", "4000"})):
        context = asked if policy is None else {**asked, "supplementalGroupsPolicy": policy}
        seen = said(cluster, "groups", {**once(image, "id -G"), "securityContext": context})
        assert set(seen.split()) == groups, (policy, seen)
    _, message = refusal(cluster, "beyond", {**once(image, "id"), "securityContext": {"runAsUser": 100_000}})
    assert message == "spec.securityContext: runAsUser 100000 (above 65535) is not supported by this node"
    # What runs in it later has them too.
    lasts = {"containers": [sh(image, FOREVER)], "securityContext": {**asked, "supplementalGroupsPolicy": "Strict"}}
    apply(cluster, "lasts", {**lasts, "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "lasts", "Running")
    assert set(in_pod(cluster, "lasts", "main", "id -G").split()) == {"3000", "4000"}
    (told,) = cluster.get("pod", "lasts")["status"]["containerStatuses"]
    assert told["user"] == {"linux": {"uid": 1000, "gid": 3000, "supplementalGroups": [3000, 4000]}}
    cluster.kubectl("delete", "pod", "lasts", "--timeout=50s")
    wrong = {**once(image, "id -G"), "securityContext": {"supplementalGroupsPolicy": "Some"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "wrong"}, "spec": wrong}
    refused = cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod), check=False)
    assert 'Unsupported value: "Some": supported values: "Merge", "Strict"' in refused.stderr, refused.stderr


@pytest.mark.skipif(ENFORCED.exists() and ENFORCED.read_text().startswith("Y"), reason="this kernel enforces AppArmor profiles")
def test_profiles_of_apparmor_are_asked_for_in_vain(cluster, node, image):
    for profile in ({"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "k8s-mine"}):
        reason, message = refusal(cluster, "guarded", once(image, "true", appArmorProfile=profile))
        why = "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host"
        assert (reason, message) == ("AppArmor", why)
    assert "CapEff" in said(cluster, "open", once(image, "grep CapEff /proc/self/status", appArmorProfile={"type": "Unconfined"}))
