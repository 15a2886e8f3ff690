"""Claims of Kubernetes on EBS: bound, made, attached, kept over deaths of pods, nodes, agent and server, and given back."""

import json
import os
import pathlib
import random
import time

import pytest

from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_eks_nodegroups import active, is_ready, node_role, nodes_of  # noqa: F401 (a fixture)
from test_kubernetes_explain import verdicts

pytestmark = pytest.mark.minutes(2)

WAIT = "trap exit TERM; while true; do sleep 1; done"
GP3 = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "gp3"},
    "provisioner": "ebs.csi.aws.com",
    "parameters": {"type": "gp3", "tagSpecification_1": "team=shop"},
    "volumeBindingMode": "WaitForFirstConsumer",
    "allowVolumeExpansion": True,
}


@pytest.fixture(scope="module")
def cluster(installation, node_role):  # noqa: F811
    with Cluster(installation) as cluster:
        cluster.eks.create_nodegroup(
            clusterName=cluster.name,
            nodegroupName="disks",
            nodeRole=node_role,
            subnets=cluster.described()["resourcesVpcConfig"]["subnetIds"][:1],
            scalingConfig={"minSize": 1, "maxSize": 2, "desiredSize": 1},
            instanceTypes=["t3.small"],
        )
        active(cluster, "disks")
        wait_for(lambda: any(is_ready(it) for it in nodes_of(cluster, "disks")), 90, "a node that is ready")
        put(cluster, GP3)
        yield cluster


@pytest.fixture(scope="module")
def ec2(installation):
    return installation.client("ec2")


def put(cluster, thing):
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(thing))


def claim(cluster, name, size="1Gi", **spec):
    spec = {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}} | spec
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec})


def using(image, of, script=WAIT, mount=None, **more):
    """The spec of a pod with a claim at /data."""
    mounts = [{"name": "data", "mountPath": "/data"} | (mount or {})]
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": of}}
    return {"containers": [sh(image, script, volumeMounts=mounts)], "volumes": [volume], "terminationGracePeriodSeconds": 1} | more


def inside(cluster, pod, script):
    return cluster.kubectl("exec", pod, "--", "sh", "-c", script).strip()


def claim_of(cluster, name):
    return cluster.get("persistentvolumeclaim", name)


def volume_of(cluster, name):
    """The PersistentVolume of a claim."""
    return cluster.get("persistentvolume", claim_of(cluster, name)["spec"]["volumeName"])


def disk_of(cluster, name):
    return volume_of(cluster, name)["spec"]["csi"]["volumeHandle"]


def disk(ec2, volume):
    found = ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": [volume]}])["Volumes"]
    return found[0] if found else None


def told(cluster, name, text):
    """Waits for an event about an object of that name."""

    def found():
        events = cluster.get("events", "--field-selector", f"involvedObject.name={name}")["items"]
        return [it for it in events if text in it.get("message", "")]

    return wait_for(found, 60, f"an event of {name} with {text!r}")[0]


def gone(cluster, kind, name):
    wait_for(lambda: cluster.is_gone(kind, name), 60, f"{kind} {name} to be gone")


@pytest.fixture(scope="module")
def ledger(cluster, image):
    """A StatefulSet of one pod with a claim, which runs."""
    template = using(image, "none")
    del template["volumes"]
    template["securityContext"] = {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 2000}
    put(
        cluster,
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "ledger"},
            "spec": {
                "serviceName": "ledger",
                "replicas": 1,
                "selector": {"matchLabels": {"app": "ledger"}},
                "template": {"metadata": {"labels": {"app": "ledger"}}, "spec": template},
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "data"},
                        "spec": {
                            "storageClassName": "gp3",
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": "1Gi"}},
                        },
                    }
                ],
            },
        },
    )
    wait_phase(cluster, "ledger-0", "Running")
    inside(cluster, "ledger-0", "echo one > /data/orders")
    return "data-ledger-0"


def again(cluster, before):
    """Waits for another pod of the name to run."""

    def runs():
        pod = pod_of(cluster, "ledger-0")
        return pod and pod["metadata"]["uid"] != before and pod["status"].get("phase") == "Running" and pod

    return wait_for(runs, 240, "the pod to come back")


def uid(cluster):
    return pod_of(cluster, "ledger-0")["metadata"]["uid"]


def test_a_set_keeps_its_data(cluster, ec2, ledger):
    assert [it["metadata"]["name"] for it in cluster.get("storageclass")["items"]] == ["gp2", "gp3"]
    bound, volume = claim_of(cluster, ledger), volume_of(cluster, ledger)
    assert (bound["status"]["phase"], volume["status"]["phase"]) == ("Bound", "Bound")
    made = disk(ec2, disk_of(cluster, ledger))
    assert (made["VolumeType"], made["Size"], made["State"]) == ("gp3", 1, "in-use")
    tags = {it["Key"]: it["Value"] for it in made["Tags"]}
    assert tags["kubernetes.io/created-for/pvc/name"] == ledger and tags["team"] == "shop"
    (node,) = nodes_of(cluster, "disks")
    assert node["spec"]["providerID"].endswith(made["Attachments"][0]["InstanceId"])
    assert cluster.get("csinode", node["metadata"]["name"])["spec"]["drivers"][0]["name"] == "ebs.csi.aws.com"
    # The group of the pod owns it, so its user may write.
    assert inside(cluster, "ledger-0", "stat -c %g:%A /data/orders /data | tr '\\n' ' '").startswith("2000:-rw-r--r-- 2000:drwxrws")
    before = uid(cluster)
    cluster.kubectl("delete", "pod", "ledger-0")
    again(cluster, before)
    assert inside(cluster, "ledger-0", "cat /data/orders") == "one"


def test_what_dies_loses_nothing(installation, cluster, ec2, ledger):
    installation.kill_child("node")
    wait_for(
        lambda: cluster.kubectl("exec", "ledger-0", "--", "cat", "/data/orders", check=False).stdout.strip() == "one",
        60,
        "the pod to answer",
    )
    before = uid(cluster)
    cluster.kubectl("delete", "pod", "ledger-0", "--wait=false")
    installation.kill_child("server")
    installation.kill_child("node")
    again(cluster, before)
    assert inside(cluster, "ledger-0", "cat /data/orders") == "one"
    assert len(cluster.get("volumeattachment")["items"]) == 1
    # What is claimed while nobody looks is made once.
    claim(cluster, "late", storageClassName="gp3")
    installation.kill_child("server")
    told(cluster, "late", "waiting for first consumer to be created before binding")
    cluster.kubectl("delete", "persistentvolumeclaim", "late")
    named = [{"Name": "tag:kubernetes.io/created-for/pvc/name", "Values": [ledger]}]
    assert len(ec2.describe_volumes(Filters=named)["Volumes"]) == 1


def test_a_claim_grows(cluster, ec2, ledger):
    refused = cluster.kubectl("patch", "persistentvolumeclaim", ledger, "-p", json.dumps(sized("512Mi")), check=False)
    assert "field can not be less than" in refused.stderr
    cluster.kubectl("patch", "persistentvolumeclaim", ledger, "-p", json.dumps(sized("2Gi")))
    wait_for(lambda: "FileSystemResizePending" in [it["type"] for it in conditions(cluster, ledger)], 60, "a volume that grew")
    assert disk(ec2, disk_of(cluster, ledger))["Size"] == 2
    status = claim_of(cluster, ledger)["status"]
    assert (status["allocatedResources"], status["allocatedResourceStatuses"]) == ({"storage": "2Gi"}, {"storage": "NodeResizePending"})
    before = uid(cluster)
    cluster.kubectl("delete", "pod", "ledger-0")
    again(cluster, before)
    wait_for(lambda: claim_of(cluster, ledger)["status"]["capacity"]["storage"] == "2Gi", 30, "a claim that grew")
    assert conditions(cluster, ledger) == []
    assert "allocatedResourceStatuses" not in claim_of(cluster, ledger)["status"]
    assert inside(cluster, "ledger-0", "cat /data/orders") == "one"
    assert int(inside(cluster, "ledger-0", "df -k /data | tail -1 | tr -s ' ' | cut -d ' ' -f 2")) > 1_500_000


def sized(size):
    return {"spec": {"resources": {"requests": {"storage": size}}}}


def conditions(cluster, name):
    return claim_of(cluster, name)["status"].get("conditions", [])


def test_a_volume_of_ones_own(cluster, ec2, image):
    (node,) = nodes_of(cluster, "disks")
    zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
    own = ec2.create_volume(AvailabilityZone=zone, Size=1, VolumeType="gp2")["VolumeId"]
    volume = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": own},
    }
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "own"}, "spec": volume})
    claim(cluster, "own", storageClassName="", volumeName="own")
    apply(cluster, "writer", using(image, "own", f"echo here > /data/file; {WAIT}", mount={"subPath": "a/b"}))
    wait_phase(cluster, "writer", "Running")
    # Pods of one node share it.
    apply(cluster, "reader", using(image, "own", mount={"readOnly": True}))
    wait_phase(cluster, "reader", "Running")
    wait_for(lambda: inside(cluster, "reader", "cat /data/a/b/file || true") == "here", 30, "what the other wrote")
    assert cluster.kubectl("exec", "reader", "--", "touch", "/data/x", check=False).returncode != 0
    # A claim goes after its pods.
    cluster.kubectl("delete", "persistentvolumeclaim", "own", "--wait=false")
    assert "kubernetes.io/pvc-protection" in claim_of(cluster, "own")["metadata"]["finalizers"]
    cluster.kubectl("delete", "pod", "writer", "reader")
    gone(cluster, "persistentvolumeclaim", "own")
    wait_for(lambda: cluster.get("persistentvolume", "own")["status"]["phase"] == "Released", 30, "a volume that is released")
    wait_for(lambda: disk(ec2, own)["State"] == "available", 60, "a volume that is detached")
    cluster.kubectl("delete", "persistentvolume", "own")
    ec2.delete_volume(VolumeId=own)


def test_what_a_claim_had_goes_with_it(cluster, ec2, image):
    claim(cluster, "brief")
    apply(cluster, "brief", using(image, "brief"))
    wait_phase(cluster, "brief", "Running")
    made, volume = disk_of(cluster, "brief"), volume_of(cluster, "brief")["metadata"]["name"]
    cluster.kubectl("delete", "pod", "brief")
    cluster.kubectl("delete", "persistentvolumeclaim", "brief")
    gone(cluster, "persistentvolume", volume)
    wait_for(lambda: disk(ec2, made) is None, 60, "a volume that is deleted")


def test_a_volume_in_use_outlives_its_driver(cluster, ec2, image):
    driver = {"clusterName": cluster.name, "addonName": "aws-ebs-csi-driver"}

    def waited(waiter):
        cluster.eks.get_waiter(waiter).wait(**driver, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    claim(cluster, "steady")
    apply(cluster, "steady", using(image, "steady", f"echo one > /data/orders; {WAIT}"))
    wait_phase(cluster, "steady", "Running")
    volume = disk_of(cluster, "steady")
    cluster.eks.create_addon(**driver)
    waited("addon_active")
    cluster.eks.delete_addon(**driver)
    waited("addon_deleted")
    assert inside(cluster, "steady", "echo two >> /data/orders; cat /data/orders").split() == ["one", "two"]
    assert disk(ec2, volume)["State"] == "in-use"
    # Its last pod lets go of it, and the next has to wait.
    cluster.kubectl("delete", "pod", "steady")
    wait_for(lambda: disk(ec2, volume)["State"] == "available", 60, "a volume that is detached")
    apply(cluster, "next", using(image, "steady"))
    told(cluster, "next", "driver name ebs.csi.aws.com not found in the list of registered CSI drivers")
    assert disk(ec2, volume)["State"] == "available"
    cluster.eks.create_addon(**driver)
    waited("addon_active")
    wait_phase(cluster, "next", "Running")
    assert inside(cluster, "next", "cat /data/orders").split() == ["one", "two"]
    # Whoever has a role later is to have no add-on that owns it.
    cluster.eks.delete_addon(**driver, preserve=True)
    waited("addon_deleted")
    cluster.kubectl("delete", "pod", "next")
    cluster.kubectl("delete", "persistentvolumeclaim", "steady")
    wait_for(lambda: disk(ec2, volume) is None, 60, "a volume that is deleted")


def test_a_claim_is_one_pods_alone_and_its_volume_stays(cluster, ec2, image):
    put(cluster, GP3 | {"metadata": {"name": "kept"}, "reclaimPolicy": "Retain"})
    claim(cluster, "alone", storageClassName="kept", accessModes=["ReadWriteOncePod"])
    apply(cluster, "first", using(image, "alone"))
    wait_phase(cluster, "first", "Running")
    # A second pod waits, though the first one's node has room, and has it as soon as that has ended.
    apply(cluster, "second", using(image, "alone"))
    told(cluster, "second", "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode")
    assert "nodeName" not in pod_of(cluster, "second")["spec"]
    cluster.kubectl("delete", "pod", "first")
    node = wait_phase(cluster, "second", "Running")["spec"]["nodeName"]
    # One that names its node itself goes by no scheduler.
    apply(cluster, "third", using(image, "alone", nodeName=node))
    told(cluster, "third", "volume uses the ReadWriteOncePod access mode and is already in use by another pod")
    cluster.kubectl("delete", "pod", "third", "--now")
    cluster.kubectl("patch", "persistentvolumeclaim", "alone", "-p", '{"spec": {"volumeAttributesClassName": "fast"}}')
    told(cluster, "alone", "volumeAttributesClassName is not supported")
    made, volume = disk_of(cluster, "alone"), volume_of(cluster, "alone")["metadata"]["name"]
    cluster.kubectl("delete", "pod", "second")
    cluster.kubectl("delete", "persistentvolumeclaim", "alone")
    wait_for(lambda: cluster.get("persistentvolume", volume)["status"]["phase"] == "Released", 30, "a volume that is released")
    wait_for(lambda: disk(ec2, made)["State"] == "available", 60, "a disk that is detached")
    # Without the object it is the account's still.
    cluster.kubectl("delete", "persistentvolume", volume)
    assert disk(ec2, made)["State"] == "available"
    ec2.delete_volume(VolumeId=made)


def test_a_claim_is_encrypted_as_its_class_says(cluster, ec2, image):
    put(cluster, GP3 | {"metadata": {"name": "sealed"}, "parameters": {"encrypted": "true"}})
    claim(cluster, "sealed", storageClassName="sealed")
    apply(cluster, "sealed", using(image, "sealed"))
    wait_phase(cluster, "sealed", "Running")
    assert inside(cluster, "sealed", "echo told > /data/secret; cat /data/secret") == "told"
    made = disk(ec2, disk_of(cluster, "sealed"))
    assert made["Encrypted"] is True and made["KmsKeyId"]
    cluster.kubectl("delete", "pod", "sealed")
    cluster.kubectl("delete", "persistentvolumeclaim", "sealed")


def test_the_driver_acts_in_its_role(installation, cluster, ec2, image):
    iam = installation.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="driver", AssumeRolePolicyDocument=document)["Role"]
    iam.attach_role_policy(RoleName="driver", PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")
    no = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:AttachVolume", "Resource": "*"}]}
    iam.put_role_policy(RoleName="driver", PolicyName="no", PolicyDocument=json.dumps(no))
    # From here on: without it the driver would be nobody.
    cluster.eks.create_pod_identity_association(
        clusterName=cluster.name, namespace="kube-system", serviceAccount="ebs-csi-controller-sa", roleArn=role["Arn"]
    )
    put(cluster, GP3 | {"metadata": {"name": "under-key"}, "parameters": {"encrypted": "true"}})
    claim(cluster, "driven", storageClassName="under-key")
    # What AWS' own key needs, the key's policy gives to whoever comes by EC2.
    apply(cluster, "driven", using(image, "driven"))
    why = told(cluster, "driven", "is not authorized to perform: ec2:AttachVolume")["message"]
    assert ":assumed-role/driver/" in why and "explicit deny" in why, why
    iam.delete_role_policy(RoleName="driver", PolicyName="no")
    wait_phase(cluster, "driven", "Running")
    volume = disk_of(cluster, "driven")
    cluster.kubectl("delete", "pod", "driven")
    cluster.kubectl("delete", "persistentvolumeclaim", "driven")
    wait_for(lambda: disk(ec2, volume) is None, 60, "a volume that is deleted")


def test_a_set_has_block_devices(installation, cluster, ec2, image):
    device = {"volumeDevices": [{"name": "raw", "devicePath": "/dev/xvda"}]}
    size = "blockdev --getsize64 /dev/xvda"
    others = sh(image, WAIT) | {"name": "beside"}
    template = {"containers": [sh(image, WAIT, **device), others], "terminationGracePeriodSeconds": 1}
    spec = {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "volumeMode": "Block"}
    wanted = {
        "serviceName": "raw",
        "selector": {"matchLabels": {"app": "raw"}},
        "template": {"metadata": {"labels": {"app": "raw"}}, "spec": template},
        "volumeClaimTemplates": [{"metadata": {"name": "raw"}, "spec": spec | {"resources": {"requests": {"storage": "1Gi"}}}}],
    }
    put(cluster, {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "raw"}, "spec": wanted})
    wait_phase(cluster, "raw-0", "Running")
    assert volume_of(cluster, "raw-raw-0")["spec"]["volumeMode"] == "Block"
    assert inside(cluster, "raw-0", size) == str(1 << 30)
    write = "printf kept | dd of=/dev/xvda bs=4096 seek=9 conv=sync,fsync 2>/dev/null"
    read = "dd if=/dev/xvda bs=4096 skip=9 count=1 2>/dev/null | head -c 4"
    inside(cluster, "raw-0", write)
    # Nobody else has it, nor has this one any other device of the node.
    major, minor = (int(it, 16) for it in inside(cluster, "raw-0", "stat -L -c %t:%T /dev/xvda").split(":"))
    beside = ("exec", "raw-0", "-c", "beside", "--", "sh", "-c")
    assert cluster.kubectl(*beside, "ls /dev/xvda", check=False).returncode != 0
    made = cluster.kubectl(*beside, f"mknod /tmp/d b {major} {minor} && head -c 1 /tmp/d", check=False)
    assert made.returncode != 0 and "not permitted" in made.stderr, made
    # Another pod of the node has it too, to read alone; one that wants a file system on it has nothing.
    volume = {"name": "raw", "persistentVolumeClaim": {"claimName": "raw-raw-0", "readOnly": True}}
    apply(cluster, "reader", {"containers": [sh(image, WAIT, **device)], "volumes": [volume], "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "reader", "Running")
    assert inside(cluster, "reader", read) == "kept"
    refused = cluster.kubectl("exec", "reader", "--", "sh", "-c", write + "; true > /dev/xvda", check=False)
    assert "not permitted" in refused.stderr, refused
    apply(cluster, "mounter", using(image, "raw-raw-0"))
    told(cluster, "mounter", "volume data has volumeMode Block, but is specified in volumeMounts")
    claim(cluster, "plain")
    plain = {"name": "raw", "persistentVolumeClaim": {"claimName": "plain"}}
    apply(cluster, "mapper", {"containers": [sh(image, WAIT, **device)], "volumes": [plain]})
    told(cluster, "mapper", "volume raw has volumeMode Filesystem, but is specified in volumeDevices")
    cluster.kubectl("delete", "pod", "reader", "mounter", "mapper", "--now")
    cluster.kubectl("delete", "persistentvolumeclaim", "plain")
    # It is there over deaths, and for the next pod.
    before = pod_of(cluster, "raw-0")["metadata"]["uid"]
    installation.kill_child("agent")
    asks = ("exec", "raw-0", "-c", "main", "--", "sh", "-c", read)
    wait_for(lambda: cluster.kubectl(*asks, check=False).stdout == "kept", 30, "the pod to answer")
    cluster.kubectl("delete", "pod", "raw-0")

    def runs():
        pod = pod_of(cluster, "raw-0")
        return pod and pod["metadata"]["uid"] != before and pod["status"].get("phase") == "Running"

    wait_for(runs, 60, "another pod")
    assert inside(cluster, "raw-0", read) == "kept"
    cluster.kubectl("delete", "statefulset", "raw")
    made = disk_of(cluster, "raw-raw-0")
    gone(cluster, "pod", "raw-0")
    cluster.kubectl("delete", "persistentvolumeclaim", "raw-raw-0")
    wait_for(lambda: disk(ec2, made) is None, 60, "a volume that is deleted")


def test_a_claim_is_a_copy_of_another(cluster, ec2, image):
    claim(cluster, "first")
    apply(cluster, "first", using(image, "first"))
    wait_phase(cluster, "first", "Running")
    inside(cluster, "first", "echo one > /data/orders; sync /data/orders")
    claim(cluster, "second", "2Gi", dataSource={"kind": "PersistentVolumeClaim", "name": "first"})
    apply(cluster, "second", using(image, "second"))
    wait_phase(cluster, "second", "Running")
    assert inside(cluster, "second", "cat /data/orders; echo two > /data/orders") == "one"
    assert inside(cluster, "first", "cat /data/orders") == "one"
    assert int(inside(cluster, "second", "df -k /data | tail -n 1 | awk '{print $2}'")) > 1 << 20
    copies = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag-key", "Values": ["CSIVolumeSnapshotName"]}])
    assert copies["Snapshots"] == []
    cluster.kubectl("delete", "pod", "first", "second")
    cluster.kubectl("delete", "persistentvolumeclaim", "first", "second")


def test_a_pod_has_a_volume_for_itself(cluster, ec2, image):
    spec = using(image, "none", script="df -k /data | tail -n 1; exec sleep 1000")
    (volume,) = spec["volumes"]
    wanted = {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    template = {"metadata": {"labels": {"team": "blue"}}, "spec": wanted}
    spec["volumes"] = [{"name": volume["name"], "ephemeral": {"volumeClaimTemplate": template}}]
    apply(cluster, "scratch", spec)
    pod = wait_phase(cluster, "scratch", "Running")
    name = f"scratch-{volume['name']}"
    metadata = claim_of(cluster, name)["metadata"]
    assert metadata["labels"]["team"] == "blue" and metadata["ownerReferences"][0]["uid"] == pod["metadata"]["uid"]
    assert "/data" in cluster.kubectl("logs", "scratch")
    volume = disk_of(cluster, name)
    cluster.kubectl("delete", "pod", "scratch", "--grace-period=1")
    gone(cluster, "persistentvolumeclaim", name)
    wait_for(lambda: disk(ec2, volume) is None, 60, "the end of its volume")


@pytest.mark.parametrize(
    ("name", "spec", "text"),
    [
        ("many", {"accessModes": ["ReadWriteMany"]}, "Volume capability ReadWriteMany not supported"),
        (
            "restored",
            {"dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "none"}},
            "dataSource of kind VolumeSnapshot is not supported",
        ),
        ("orphan", {"dataSource": {"kind": "PersistentVolumeClaim", "name": "none"}}, "error getting PVC none"),
        ("odd", {"storageClassName": "odd"}, "fsType xfs is not supported"),
        ("classless", {"storageClassName": "none"}, 'storageclass.storage.k8s.io "none" not found'),
        ("unset", {"storageClassName": ""}, "no persistent volumes available for this claim and no storage class is set"),
    ],
)
def test_what_cannot_be_had(cluster, name, spec, text):
    odd = {"csi.storage.k8s.io/fstype": "xfs"}
    put(cluster, GP3 | {"metadata": {"name": "odd"}, "parameters": odd, "volumeBindingMode": "Immediate"})
    put(cluster, GP3 | {"metadata": {"name": "now"}, "volumeBindingMode": "Immediate"})
    claim(cluster, name, **{"storageClassName": "now"} | spec)
    told(cluster, name, text)
    cluster.kubectl("delete", "persistentvolumeclaim", name)


def test_pods_wait_with_a_reason(cluster, image):
    claim(cluster, "nowhere", storageClassName="none")
    apply(cluster, "waits", using(image, "nowhere"))
    told(cluster, "waits", "pod has unbound immediate PersistentVolumeClaims")
    cluster.kubectl("delete", "pod", "waits")
    folder = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "folders",
        "hostPath": {"path": "/srv"},
    }
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "folder"}, "spec": folder})
    claim(cluster, "folder", storageClassName="folders")
    wait_for(lambda: claim_of(cluster, "folder")["status"]["phase"] == "Bound", 30, "a claim that is bound")
    apply(cluster, "folder", using(image, "folder"))
    told(cluster, "folder", "hostPath is not supported by this node")
    cluster.kubectl("delete", "pod", "folder")
    cluster.kubectl("delete", "persistentvolumeclaim", "folder", "nowhere")
    cluster.kubectl("delete", "persistentvolume", "folder")


def static(cluster, name, labels=None):
    """A PersistentVolume of a driver that no node has, and a claim that is bound to it."""
    volume = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "csi": {"driver": "limited.example.com", "volumeHandle": name},
    }
    metadata = {"name": name, "labels": labels or {}}
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": volume})
    claim(cluster, name, storageClassName="", volumeName=name)
    wait_for(lambda: claim_of(cluster, name)["status"]["phase"] == "Bound", 30, "a claim that is bound")


def test_where_volumes_keep_pods_from(installation, cluster, image):
    node = nodes_of(cluster, "disks")[0]["metadata"]["name"]

    def refuses(pod):
        return verdicts(installation, f"default/{pod}", "--cluster", cluster.name)[node]["refuses"]

    static(cluster, "elsewhere", {"topology.kubernetes.io/zone": "us-west-2d"})
    apply(cluster, "elsewhere", using(image, "elsewhere"))
    told(cluster, "elsewhere", "node(s) had no available volume zone")
    assert refuses("elsewhere") == "a volume of the pod is in another zone or region, as its labels say"

    driver = {"name": "limited.example.com", "nodeID": node, "topologyKeys": [], "allocatable": {"count": 1}}
    change = json.dumps([{"op": "add", "path": "/spec/drivers/-", "value": driver}])
    cluster.kubectl("patch", "csinode", node, "--type", "json", "-p", change)
    for name in ("first", "second"):
        static(cluster, name)
    both = using(image, "first")
    both["volumes"].append({"name": "more", "persistentVolumeClaim": {"claimName": "second"}})
    apply(cluster, "many", both)
    told(cluster, "many", "node(s) exceed max volume count")
    assert refuses("many").startswith("it takes no more volumes than it has (CSINode)")

    cluster.kubectl("delete", "pod", "elsewhere", "many")
    for kind in ("persistentvolumeclaim", "persistentvolume"):
        cluster.kubectl("delete", kind, "elsewhere", "first", "second")


def test_kills_make_nothing_twice(installation, cluster, ec2, image):
    """Each pod of a set writes who it is, again and again: two at once would be told by turns."""
    seed = int(os.environ.get("WHARF_E2E_SEED", random.randrange(1 << 32)))
    print(f"seed: WHARF_E2E_SEED={seed}")
    chance = random.Random(seed)
    script = 'trap exit TERM; while true; do echo "$UID_" >> /data/turns; sleep 0.1; done'
    own = {"name": "UID_", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}
    mounts = [{"name": "data", "mountPath": "/data"}]
    template = {"containers": [sh(image, script, env=[own], volumeMounts=mounts)], "terminationGracePeriodSeconds": 1}
    spec = {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    wanted = {
        "serviceName": "turns",
        "selector": {"matchLabels": {"app": "turns"}},
        "template": {"metadata": {"labels": {"app": "turns"}}, "spec": template},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": spec}],
    }
    put(cluster, {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "turns"}, "spec": wanted})
    wait_phase(cluster, "turns-0", "Running")
    made = disk_of(cluster, "data-turns-0")
    ends = time.monotonic() + 25
    had = []
    while time.monotonic() < ends and len(had) < 8:
        had.append(pod_of(cluster, "turns-0")["metadata"]["uid"])
        steps = ["agent", "server", "delete"]
        chance.shuffle(steps)
        for step in steps:
            if step == "delete":
                deleting = ("delete", "pod", "turns-0", "--wait=false", "--ignore-not-found")
                wait_for(lambda deleting=deleting: cluster.kubectl(*deleting, check=False).returncode == 0, 30, "the pod to be deleted")
            elif chance.random() < 0.8:
                installation.kill_child(step)

        def runs():
            pod = cluster.find("pod", "turns-0")
            return pod and pod["metadata"]["uid"] not in had and pod["status"].get("phase") == "Running"

        wait_for(runs, 40, "another pod")
        assert len(disk(ec2, made)["Attachments"]) == 1
        volume = volume_of(cluster, "data-turns-0")["metadata"]["name"]
        attached = [it["spec"]["source"]["persistentVolumeName"] for it in cluster.get("volumeattachments")["items"]]
        assert attached.count(volume) == 1
        assert backed_by(made) == 1
    turns = inside(cluster, "turns-0", "uniq /data/turns").split()
    assert len(turns) == len(set(turns)) and set(had) & set(turns) == set(turns) - {turns[-1]}, (had, turns)
    cluster.kubectl("delete", "statefulset", "turns")
    gone(cluster, "pod", "turns-0")
    cluster.kubectl("delete", "persistentvolumeclaim", "data-turns-0")


def backed_by(volume):
    """How many devices of the machine are over a volume's file."""
    files = [it.read_text() for it in pathlib.Path("/sys/block").glob("loop*/loop/backing_file")]
    return sum(f"/{volume}/" in it for it in files)


def test_another_node_takes_over(cluster, ec2, ledger):
    (node,) = nodes_of(cluster, "disks")
    before = uid(cluster)
    first = node["spec"]["providerID"].rsplit("/", 1)[1]
    ec2.terminate_instances(InstanceIds=[first])
    pod = again(cluster, before)
    assert pod["spec"]["nodeName"] != node["metadata"]["name"]
    assert inside(cluster, "ledger-0", "cat /data/orders") == "one"
    (attachment,) = disk(ec2, disk_of(cluster, ledger))["Attachments"]
    assert attachment["InstanceId"] != first
