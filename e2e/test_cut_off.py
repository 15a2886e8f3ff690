"""Hosts that are cut off from the others, or lose their power, and come back, with what keeps its data on volumes: while nobody knows
what goes on there, nobody else has its names, its volumes or its addresses.

WHARF_FAULT_ROUNDS says how often (1).
"""

import json
import os
import pathlib

import pytest

from harness import images, tasks
from harness.hosts import Host
from harness.kubernetes import Cluster
from harness.kubernetes_pods import sh
from harness.waiting import wait_for
from test_eks_nodegroups import active, is_ready, node_role, nodes_of  # noqa: F401 (a fixture)
from test_kubernetes_volumes import GP3, backed_by, inside, put
from test_volumes import asked, definition, infrastructure_role, volumes

pytestmark = [pytest.mark.minutes(4), pytest.mark.usefixtures("fault_round")]

ROUNDS = int(os.environ.get("WHARF_FAULT_ROUNDS", "1"))

# In the environment of every process that is watched.
MARK = "WHARF_CUT_OFF"
UNREACHABLE = "node.kubernetes.io/unreachable"


@pytest.fixture(params=range(ROUNDS))
def fault_round(request):
    """A round is a test of its own: it takes minutes, and each test has so many."""
    return request.param


@pytest.fixture(scope="module")
def installation(server):
    return server


@pytest.fixture(scope="module")
def hosts(server):
    made = [Host(server, number, ["--instances"]).join() for number in (1, 2)]
    yield made
    for host in made:
        host.close()


def running(name):
    """The process namespaces of the containers that have a mark: each container has its own."""
    found = set()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "environ").read_bytes().split(b"\0")
            if f"{MARK}={name}".encode() in said:
                found.add(os.readlink(folder / "ns" / "pid"))
        except OSError:
            pass
    return found


# --- Kubernetes


@pytest.fixture(scope="module")
def cluster(server, hosts, node_role):  # noqa: F811
    with Cluster(server) as cluster:
        cluster.eks.create_nodegroup(
            clusterName=cluster.name,
            nodegroupName="two",
            nodeRole=node_role,
            subnets=cluster.described()["resourcesVpcConfig"]["subnetIds"][:1],
            scalingConfig={"minSize": 2, "maxSize": 2, "desiredSize": 2},
            instanceTypes=["t3.small"],
        )
        active(cluster, "two")
        wait_for(lambda: sum(is_ready(it) for it in nodes_of(cluster, "two")) == 2, 120, "two nodes that are ready")
        put(cluster, GP3)
        yield cluster


def stateful(image, name="kept", replicas=2):
    """Pods that are apart, each with a claim, to which it adds a line with its uid when it begins."""
    script = "echo $UID >> /data/turns; sync; trap exit TERM; while true; do sleep 1; done"
    container = sh(
        image,
        script,
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
        env=[
            {"name": MARK, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        ],
    )
    apart = {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}
    spec = {
        "containers": [container],
        "terminationGracePeriodSeconds": 1,
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}},
        "tolerations": [{"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
    }
    claim = {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
        },
    }


def pod(cluster, name):
    found = [it for it in cluster.get("pods")["items"] if it["metadata"]["name"] == name]
    return found[0] if found else None


def runs(cluster, name):
    found = pod(cluster, name)
    is_up = found and found["status"].get("phase") == "Running" and "deletionTimestamp" not in found["metadata"]
    return found if is_up and any(it.get("ready") for it in found["status"].get("containerStatuses", [])) else None


def host_of(ec2, hosts, instance):
    """The host that has the folder of an instance."""
    return next(it for it in hosts if any(it.data.rglob(instance)))


def taints(cluster, node):
    return {(it["key"], it["effect"]) for it in cluster.get("node", node)["spec"].get("taints", [])}


def never_twice(ec2, disk, *names):
    """What must hold whenever it is looked at."""
    for name in names:
        assert len(running(name)) <= 1, f"two containers are {name}"
    assert backed_by(disk) <= 1, "two devices have its volume"
    attached = ec2.describe_volumes(VolumeIds=[disk])["Volumes"][0]["Attachments"]
    assert len(attached) <= 1, attached
    return True


def place_of(cluster, name):
    """The node of a pod and its instance, and the volume of its claim."""
    node = pod(cluster, name)["spec"]["nodeName"]
    instance = cluster.get("node", node)["spec"]["providerID"].rsplit("/", 1)[1]
    volume = cluster.get("persistentvolumeclaim", f"data-{name}")["spec"]["volumeName"]
    return node, instance, cluster.get("persistentvolume", volume)["spec"]["csi"]["volumeHandle"]


def is_leaving(cluster, name):
    found = pod(cluster, name)
    return found and "deletionTimestamp" in found["metadata"]


def test_a_set_is_never_twice_and_its_volumes_have_one_node(server, cluster, hosts):
    ec2 = server.client("ec2")
    put(cluster, stateful(images.push(server, "busybox")))
    for name in ("kept-0", "kept-1"):
        wait_for(lambda name=name: runs(cluster, name), 120, f"{name} to run")
    uid = pod(cluster, "kept-0")["metadata"]["uid"]
    node, instance, disk = place_of(cluster, "kept-0")
    away = host_of(ec2, hosts, instance)

    def while_so(ask, deadline_s, what):
        return wait_for(lambda: never_twice(ec2, disk, "kept-0", "kept-1") and ask(), deadline_s, what)

    with away.cut_off():
        while_so(lambda: (UNREACHABLE, "NoExecute") in taints(cluster, node), 120, "the taints of a node that is away")
        assert (UNREACHABLE, "NoSchedule") in taints(cluster, node)
        (ready,) = [it for it in cluster.get("node", node)["status"]["conditions"] if it["type"] == "Ready"]
        assert ready["status"] == "Unknown", ready
        # It is to go, and nobody can say that it has: so there is no other.
        while_so(lambda: is_leaving(cluster, "kept-0"), 60, "the eviction of its pod")
        assert pod(cluster, "kept-0")["metadata"]["uid"] == uid
        assert running("kept-0"), "on its node it goes on"
        (attachment,) = ec2.describe_volumes(VolumeIds=[disk])["Volumes"][0]["Attachments"]
        assert attachment["InstanceId"] == instance
        assert runs(cluster, "kept-1"), "the other goes on"
    # Whatever became of the instance meanwhile: another pod of the name has what the one before wrote.
    back = while_so(lambda: (it := runs(cluster, "kept-0")) and it["metadata"]["uid"] != uid and it, 300, "another kept-0")
    turns = while_so(lambda: inside(cluster, "kept-0", "cat /data/turns").split(), 60, "what they wrote")
    assert turns[0] == uid and turns[-1] == back["metadata"]["uid"], turns
    while_so(lambda: sum(is_ready(it) for it in nodes_of(cluster, "two")) == 2, 180, "two nodes that are ready")
    there = back["spec"]["nodeName"]
    assert UNREACHABLE not in {key for key, _ in taints(cluster, there)}
    cluster.kubectl("delete", "statefulset", "kept")
    cluster.kubectl("delete", "persistentvolumeclaim", "--all")
    wait_for(lambda: not running("kept-0") | running("kept-1"), 60, "the end of both")
    wait_for(lambda: not ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": [disk]}])["Volumes"], 120, "the end of the volume")


def test_a_set_goes_on_elsewhere_when_its_host_is_said_to_be_off(server, cluster, hosts):
    """Its plug was pulled: no pod of it runs, which nobody knows until somebody says so; and its volume is where its bytes are."""
    ec2 = server.client("ec2")
    put(cluster, stateful(images.push(server, "busybox"), "lost", replicas=1))
    uid = wait_for(lambda: runs(cluster, "lost-0"), 120, "lost-0 to run")["metadata"]["uid"]
    node, instance, disk = place_of(cluster, "lost-0")
    away = host_of(ec2, hosts, instance)
    wait_for(lambda: inside(cluster, "lost-0", "cat /data/turns").split() == [uid], 30, "what it wrote")

    def while_so(ask, deadline_s, what):
        return wait_for(lambda: never_twice(ec2, disk, "lost-0") and ask(), deadline_s, what)

    def another():
        found = pod(cluster, "lost-0")
        return found and found["metadata"]["uid"] != uid and found["spec"].get("nodeName") and found

    away.kill()
    assert not running("lost-0")
    while_so(lambda: (UNREACHABLE, "NoExecute") in taints(cluster, node), 120, "the taints of a node that is away")
    while_so(lambda: is_leaving(cluster, "lost-0"), 60, "the eviction of its pod")
    assert pod(cluster, "lost-0")["metadata"]["uid"] == uid, "nobody knows that it has ended"
    cluster.kubectl("taint", "nodes", node, "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute")
    other = while_so(another, 60, "another of its name")
    assert other["spec"]["nodeName"] != node

    def waits():
        events = cluster.get("events", "--field-selector", f"involvedObject.uid={other['metadata']['uid']}")["items"]
        return any(it["reason"] == "FailedAttachVolume" for it in events)

    while_so(waits, 60, "a pod that waits for its volume")
    # By force it is no different.
    cluster.kubectl("delete", "pod", "lost-0", "--force", "--grace-period=0")
    again = while_so(lambda: (it := another()) and it["metadata"]["uid"] != other["metadata"]["uid"] and it, 60, "one more of its name")
    assert not running("lost-0") and backed_by(disk) == 0
    away.boot()
    away.start_node()
    away.wait_connected(True, 60)
    back = while_so(
        lambda: (it := runs(cluster, "lost-0")) and it["metadata"]["uid"] not in (uid, other["metadata"]["uid"]) and it, 300, "it runs"
    )
    turns = while_so(lambda: inside(cluster, "lost-0", "cat /data/turns").split(), 60, "what they wrote")
    assert turns == [uid, back["metadata"]["uid"]], (turns, again["metadata"]["uid"])
    (attachment,) = ec2.describe_volumes(VolumeIds=[disk])["Volumes"][0]["Attachments"]
    there = cluster.get("node", back["spec"]["nodeName"])
    assert there["spec"]["providerID"].endswith(attachment["InstanceId"])
    cluster.kubectl("taint", "nodes", node, "node.kubernetes.io/out-of-service-", check=False)
    while_so(lambda: sum(is_ready(it) for it in nodes_of(cluster, "two")) == 2, 180, "two nodes that are ready")
    cluster.kubectl("delete", "statefulset", "lost")
    cluster.kubectl("delete", "persistentvolumeclaim", "--all")
    wait_for(lambda: not running("lost-0"), 60, "its end")
    wait_for(lambda: not ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": [disk]}])["Volumes"], 120, "the end of the volume")


# --- ECS


def test_tasks_of_a_host_that_is_cut_off_keep_their_volumes_for_themselves(server, hosts):
    ecs, ec2, name = server.client("ecs"), server.client("ec2"), tasks.unique("kept")
    (configured,) = asked(infrastructure_role(server))
    del configured["managedEBSVolume"]["terminationPolicy"]
    script = f"export {MARK}={name}; exec sh -c 'echo $HOSTNAME >> /data/turns; trap \"exit 0\" TERM; while :; do sleep 0.2; done'"
    ecs.create_service(
        serviceName=name,
        taskDefinition=definition(server, images.push(server, "busybox"), script),
        desiredCount=2,
        launchType="EC2",
        placementStrategy=[{"type": "spread", "field": "instanceId"}],
        placementConstraints=[{"type": "memberOf", "expression": f"ec2InstanceId in [{','.join(instances_of(ecs, hosts))}]"}],
        volumeConfigurations=[configured],
    )

    def up():
        arns = ecs.list_tasks(serviceName=name, desiredStatus="RUNNING")["taskArns"]
        found = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
        return {it["taskArn"]: it for it in found if it["lastStatus"] == "RUNNING"}

    wait_for(lambda: len(up()) == 2, 90, "both tasks")
    on = {it["containerInstanceArn"]: arn for arn, it in up().items()}
    assert set(on) == {it.instance for it in hosts}
    away = hosts[0]
    lost = on[away.instance]
    (disk,) = [detail["value"] for it in up()[lost]["attachments"] for detail in it["details"] if detail["name"] == "volumeId"]

    def once():
        assert len(running(name)) <= 3, "the lost one, its replacement, and the other"
        all_of = ec2.describe_volumes()["Volumes"]
        assert all(len(it["Attachments"]) <= 1 for it in all_of), json.dumps(all_of, default=str)
        assert all(backed_by(it["VolumeId"]) <= 1 for it in all_of)
        return True

    with away.cut_off():
        wait_for(lambda: once() and lost not in up() and len(up()) == 2, 90, "a replacement on the other host")
        assert {it["containerInstanceArn"] for it in up().values()} == {hosts[1].instance}
        # Nobody has said that the task let it go.
        (kept,) = volumes(server, volume_id=disk)
        assert kept["State"] == "in-use" and len(kept["Attachments"]) == 1, kept
        assert backed_by(disk) == 1 and len(running(name)) == 3
    away.wait_connected(True, 60)
    wait_for(lambda: once() and len(running(name)) == 2, 90, "the end of the stray")
    wait_for(lambda: once() and not volumes(server, volume_id=disk), 90, "the end of its volume")
    assert backed_by(disk) == 0 and len(up()) == 2
    ecs.update_service(service=name, desiredCount=0)
    wait_for(lambda: not up() and not running(name), 60, "the end of all tasks")
    wait_for(lambda: not [it for it in volumes(server) if it["State"] == "in-use"], 90, "the end of their volumes")
    ecs.delete_service(service=name)


def instances_of(ecs, hosts):
    found = ecs.describe_container_instances(containerInstances=[it.instance for it in hosts])["containerInstances"]
    return [it["ec2InstanceId"] for it in found]
