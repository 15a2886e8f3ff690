"""File systems of EFS in Kubernetes: claims that get access points, volumes of one's own, by the driver's role and by policies."""

import json

import pytest

from harness import processes, tasks
from harness.installation import Keys
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, pod_of, wait_phase
from harness.waiting import wait_for
from test_eks_nodegroups import active, is_ready, node_role, nodes_of  # noqa: F401 (a fixture)
from test_kubernetes_volumes import WAIT, claim_of, gone, inside, put, told, using, volume_of

pytestmark = pytest.mark.minutes(3)

DRIVER = "aws-efs-csi-driver"
ACCOUNT = "efs-csi-controller-sa"
MAY = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"


@pytest.fixture(scope="module")
def cluster(installation, node_role):  # noqa: F811
    with Cluster(installation) as cluster:
        cluster.eks.create_nodegroup(
            clusterName=cluster.name,
            nodegroupName="files",
            nodeRole=node_role,
            subnets=cluster.described()["resourcesVpcConfig"]["subnetIds"][:1],
            scalingConfig={"minSize": 2, "maxSize": 2, "desiredSize": 2},
            instanceTypes=["t3.small"],
        )
        active(cluster, "files")
        wait_for(lambda: sum(is_ready(it) for it in nodes_of(cluster, "files")) == 2, 90, "two nodes that are ready")
        yield cluster


@pytest.fixture(scope="module")
def efs(installation):
    return installation.client("efs")


class Files:
    """A file system that the nodes of the cluster reach, and a class of claims on it."""

    def __init__(self, cluster):
        wharf = cluster.wharf
        self.id = wharf.aws("efs", "create-file-system", "--creation-token", tasks.unique("files"))["FileSystemId"]
        subnet, vpc = cluster.described()["resourcesVpcConfig"]["subnetIds"][0], cluster.described()["resourcesVpcConfig"]["vpcId"]
        self.ec2 = wharf.client("ec2")
        self.group = self.ec2.create_security_group(GroupName=tasks.unique("nfs"), Description="nfs", VpcId=vpc)["GroupId"]
        nodes = cluster.described()["resourcesVpcConfig"]["clusterSecurityGroupId"]
        pair = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": nodes}]}
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[pair])
        made = wharf.aws("efs", "create-mount-target", "--file-system-id", self.id, "--subnet-id", subnet, "--security-groups", self.group)
        self.efs, self.subnet, self.vpc = wharf.client("efs"), subnet, vpc
        self.wait_available(made["MountTargetId"])
        put(cluster, storage_class("efs", self.id))

    def wait_available(self, target):
        def state():
            return self.efs.describe_mount_targets(MountTargetId=target)["MountTargets"][0]["LifeCycleState"]

        wait_for(lambda: state() == "available", 30, "the mount target")

    def shut(self):
        """Another file system, whose mount target lets nobody in."""
        made = self.efs.create_file_system(CreationToken=tasks.unique("shut"))["FileSystemId"]
        group = self.ec2.create_security_group(GroupName=tasks.unique("shut"), Description="shut", VpcId=self.vpc)["GroupId"]
        target = self.efs.create_mount_target(FileSystemId=made, SubnetId=self.subnet, SecurityGroups=[group])
        self.wait_available(target["MountTargetId"])
        return made


@pytest.fixture(scope="module")
def files(cluster):
    return Files(cluster)


def storage_class(name, file_system, **more):
    parameters = {"provisioningMode": "efs-ap", "fileSystemId": file_system, "directoryPerms": "700"} | more
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "efs.csi.aws.com",
        "parameters": {name: value for name, value in parameters.items() if value is not None},
    }


def claim(cluster, name, of="efs", **spec):
    spec = {"storageClassName": of, "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "5Gi"}}} | spec
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec})


def static(cluster, name, handle, options=None, **csi):
    """A PersistentVolume of one's own, and the claim on it."""
    spec = {
        "capacity": {"storage": "5Gi"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "mountOptions": options or [],
        "csi": {"driver": "efs.csi.aws.com", "volumeHandle": handle, **csi},
    }
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec})
    claim(cluster, name, "", volumeName=name)


def clear(cluster, *names):
    """Pods, claims and static volumes of those names."""
    cluster.kubectl("delete", "pod", *names, "--now", "--ignore-not-found")
    cluster.kubectl("delete", "persistentvolumeclaim", *names, "--ignore-not-found")
    cluster.kubectl("delete", "persistentvolume", *names, "--ignore-not-found")


def runs(cluster, name, phase="Running"):
    """Waits for a pod; what fails says what was told of it."""
    try:
        wait_phase(cluster, name, phase)
    except AssertionError as late:
        events = cluster.get("events", "--field-selector", f"involvedObject.name={name}")["items"]
        raise AssertionError([it.get("message") for it in events], pod_of(cluster, name).get("status")) from late


def points_of(efs, files):
    return efs.describe_access_points(FileSystemId=files.id)["AccessPoints"]


def test_the_driver_is_there(cluster):
    version = cluster.eks.describe_addon_versions(addonName=DRIVER)["addons"][0]["addonVersions"][0]["addonVersion"]
    told_of = cluster.eks.describe_addon_configuration(addonName=DRIVER, addonVersion=version)
    assert told_of["podIdentityConfiguration"] == [{"serviceAccount": ACCOUNT, "recommendedManagedPolicies": [MAY]}]
    spec = cluster.get("csidriver", "efs.csi.aws.com")["spec"]
    assert (spec["attachRequired"], spec["fsGroupPolicy"]) == (False, "ReadWriteOnceWithFSType")
    drivers = cluster.get("csinode", nodes_of(cluster, "files")[0]["metadata"]["name"])["spec"]["drivers"]
    assert [it["name"] for it in drivers] == ["ebs.csi.aws.com", "efs.csi.aws.com"]


def test_pods_of_two_nodes_share_a_claim(installation, cluster, efs, files, image):
    claim(cluster, "shared")
    wait_for(lambda: claim_of(cluster, "shared")["status"].get("phase") == "Bound", 30, "a claim that is bound")
    (point,) = points_of(efs, files)
    volume = volume_of(cluster, "shared")
    assert volume["spec"]["csi"]["volumeHandle"] == f"{files.id}::{point['AccessPointId']}"
    assert volume["spec"]["accessModes"] == ["ReadWriteMany"] and "nodeAffinity" not in volume["spec"]
    assert point["RootDirectory"]["Path"] == f"/{volume['metadata']['name']}" == f"/{point['ClientToken']}"
    assert point["PosixUser"] == {"Uid": 50000, "Gid": 50000}
    assert {"Key": "efs.csi.aws.com/cluster", "Value": "true"} in point["Tags"]
    told(cluster, "shared", "Successfully provisioned volume")
    one, other = (it["metadata"]["name"] for it in nodes_of(cluster, "files"))
    # The group has no say: an access point makes everybody its user.
    group = {"securityContext": {"fsGroup": 2000}}
    apply(cluster, "writer", using(image, "shared", mount={"subPath": "a/b"}, nodeName=one, **group))
    apply(cluster, "reader", using(image, "shared", mount={"readOnly": True}, nodeName=other))
    runs(cluster, "writer", "Running")
    inside(cluster, "writer", "echo one > /data/orders; mkdir /data/kept; sync")
    runs(cluster, "reader", "Running")
    assert (
        inside(cluster, "reader", "cat /data/a/b/orders; stat -c %u:%g:%a /data /data/a/b/orders")
        == "one\n50000:50000:700\n50000:50000:644"
    )
    assert cluster.kubectl("exec", "reader", "--", "touch", "/data/x", check=False).returncode != 0
    # Whoever dies, files and mounts are there.
    for pid in processes.with_argument("serve-file-system"):
        processes.kill(pid)
    installation.kill_child("agent")
    installation.kill_child("server")
    asks = ("exec", "reader", "--", "cat", "/data/a/b/orders")
    wait_for(lambda: cluster.kubectl(*asks, check=False).stdout == "one\n", 60, "the files")
    write = ("exec", "writer", "--", "sh", "-c", "echo two > /data/orders && sync")
    wait_for(lambda: cluster.kubectl(*write, check=False).returncode == 0, 60, "a file that is written")
    wait_for(lambda: cluster.kubectl(*asks, check=False).stdout == "two\n", 10, "what was written")
    clear(cluster, "writer", "reader")
    wait_for(lambda: not processes.with_argument("serve-shared-files"), 30, "nothing that is mounted")


def test_pods_of_one_node_write_behind_each_other(cluster, efs, files, image):
    claim(cluster, "log")
    wait_for(lambda: claim_of(cluster, "log")["status"].get("phase") == "Bound", 30, "a claim that is bound")
    node = nodes_of(cluster, "files")[0]["metadata"]["name"]
    pods = ("first", "second")
    for name in pods:
        apply(cluster, name, using(image, "log", nodeName=node))
    for name in pods:
        runs(cluster, name, "Running")
    written = []
    for number in range(3):
        for name in pods:
            inside(cluster, name, f"echo {number} of {name} >> /data/log")
            written.append(f"{number} of {name}")
            # The second time by a length that the kernel was just told.
            for _ in range(2):
                assert [inside(cluster, it, "cat /data/log").splitlines() for it in pods] == [written, written]
    clear(cluster, *pods, "log")
    wait_for(lambda: len(points_of(efs, files)) == 1, 60, "the end of the access point of a claim that is gone")


def test_a_client_that_dies_is_had_again_by_another_pod(cluster, files, image):
    """What shows the files to a pod belongs to it, as its containers do: without it the pod has none, and its next one has."""
    apply(cluster, "client", using(image, "shared"))
    runs(cluster, "client", "Running")
    for pid in processes.with_argument("serve-shared-files"):
        processes.kill(pid)
    assert cluster.kubectl("exec", "client", "--", "ls", "/data", check=False).returncode != 0
    cluster.kubectl("delete", "pod", "client", "--now")
    apply(cluster, "client", using(image, "shared"))
    runs(cluster, "client", "Running")
    assert inside(cluster, "client", "cat /data/a/b/orders") == "two"
    clear(cluster, "client")


def test_volumes_of_ones_own(cluster, efs, files, image):
    point = points_of(efs, files)[0]
    path = point["RootDirectory"]["Path"]
    for name, handle, options, csi, of in [
        ("whole", files.id, [], {}, f"{path}/a/b/orders"),
        ("clear", files.id, [], {"volumeAttributes": {"encryptInTransit": "false"}}, f"{path}/a/b/orders"),
        ("below", f"{files.id}:{path}/a", ["ro"], {}, "/b/orders"),
        ("point", f"{files.id}::{point['AccessPointId']}", ["tls"], {}, "/a/b/orders"),
        ("option", files.id, ["tls", f"accesspoint={point['AccessPointId']}"], {"readOnly": True}, "/a/b/orders"),
    ]:
        static(cluster, name, handle, options, **csi)
        script = f"exec 2>&1; cat /data{of}; touch /data/{name} && echo wrote; exit 0"
        apply(cluster, name, using(image, name, script, restartPolicy="Never"))
    names = ["whole", "clear", "below", "point", "option"]
    said = {}
    for name in names:
        runs(cluster, name, "Succeeded")
        said[name] = cluster.kubectl("logs", name)
        assert said[name].startswith("two\n"), said
    assert {it for it in names if "wrote" in said[it]} == {"whole", "clear", "point"}, said
    clear(cluster, *names)
    assert [it["AccessPointId"] for it in points_of(efs, files)] == [point["AccessPointId"]]


def test_a_policy_says_who_mounts(installation, cluster, efs, files, image, node_role):  # noqa: F811
    arn = efs.describe_file_systems(FileSystemId=files.id)["FileSystems"][0]["FileSystemArn"]
    mine = {"Effect": "Allow", "Principal": {"AWS": node_role}, "Action": "elasticfilesystem:ClientMount", "Resource": arn}
    efs.put_file_system_policy(FileSystemId=files.id, Policy=json.dumps({"Version": "2012-10-17", "Statement": [mine]}))
    static(cluster, "anybody", files.id)
    apply(cluster, "anybody", using(image, "anybody"))
    why = told(cluster, "anybody", "access denied by server")
    assert why["reason"] == "FailedMount" and f'Could not mount "{files.id}:/"' in why["message"], why
    static(cluster, "node", files.id, ["iam"])
    apply(cluster, "node", using(image, "node"))
    runs(cluster, "node", "Running")
    # To read alone: nobody gave it more.
    assert cluster.kubectl("exec", "node", "--", "touch", "/data/x", check=False).returncode != 0
    efs.delete_file_system_policy(FileSystemId=files.id)
    runs(cluster, "anybody", "Running")
    clear(cluster, "anybody", "node")


def test_a_volume_of_another_account_is_none(installation, cluster, files, image):
    made = json.loads(installation.run("account", "create", "stranger", "--json").stdout)
    keys = Keys(made["accessKeyId"], made["secretAccessKey"])
    theirs = installation.client("efs", keys).create_file_system(CreationToken="theirs")["FileSystemId"]
    static(cluster, "theirs", theirs)
    apply(cluster, "theirs", using(image, "theirs"))
    told(cluster, "theirs", f'Failed to resolve "{theirs}.efs.us-east-1.amazonaws.com"')
    clear(cluster, "theirs")
    # Nor does a volume that says that it was made for a claim take anything away.
    point = installation.client("efs").create_access_point(FileSystemId=files.id)["AccessPointId"]
    forged = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": "forged",
            "annotations": {"pv.kubernetes.io/provisioned-by": "efs.csi.aws.com"},
            "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer"],
        },
        "spec": {
            "capacity": {"storage": "5Gi"},
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "persistentVolumeReclaimPolicy": "Delete",
            "csi": {"driver": "efs.csi.aws.com", "volumeHandle": f"{files.id}::{point}"},
        },
    }
    put(cluster, forged)
    claim(cluster, "forged", "", volumeName="forged")
    wait_for(lambda: claim_of(cluster, "forged")["status"].get("phase") == "Bound", 30, "a claim that is bound")
    cluster.kubectl("delete", "persistentvolumeclaim", "forged")
    told(cluster, "forged", "was not made for this PersistentVolume")
    cluster.kubectl("delete", "persistentvolume", "forged")
    installation.client("efs").delete_access_point(AccessPointId=point)


NOT_MOUNTED = {
    "no-id": ("vol-1", [], {}, "Expected a file system ID of the form 'fs-...'"),
    "no-point": ("{fs}::ap-1", [], {}, "Expected an access point ID of the form 'fsap-...'"),
    "gone-point": ("{fs}::fsap-0123456789abcdef0", [], {}, "No such access point: fsap-0123456789abcdef0"),
    "gone": ("fs-0123456789abcdef0", [], {}, 'Failed to resolve "fs-0123456789abcdef0.efs.us-east-1.amazonaws.com"'),
    "no-folder": ("{fs}:/none", [], {}, "cannot be had"),
    "upwards": ("{fs}:/a/../..", [], {}, "has .. in it"),
    "address": ("{fs}", [], {"volumeAttributes": {"mounttargetip": "10.0.0.1"}}, "property mounttargetip not supported"),
    "in-clear": ("{fs}", ["tls"], {"volumeAttributes": {"encryptInTransit": "false"}}, "Found tls in mountOptions"),
    "links": ("{fs}", ["nconnect=4"], {}, "mountOptions: nconnect=4 is not supported"),
    "typed": ("{fs}", [], {"fsType": "nfs4"}, "fsType of a volume of EFS is not supported"),
    # Its security group lets nobody in.
    "shut": ("{shut}", [], {}, "cannot be had"),
}


def test_what_is_not_mounted(cluster, efs, files, image):
    shut = files.shut()
    for name, (handle, options, csi, _) in NOT_MOUNTED.items():
        static(cluster, name, handle.replace("{fs}", files.id).replace("{shut}", shut), options, **csi)
        apply(cluster, name, using(image, name))
    for name, (*_, text) in NOT_MOUNTED.items():
        why = told(cluster, name, text)
        assert (why["reason"], why["type"]) == ("FailedMount", "Warning"), why
    clear(cluster, *NOT_MOUNTED)


NOT_PROVISIONED = {
    "no-mode": ({"provisioningMode": None}, {}, "Missing provisioningMode parameter"),
    "other-mode": ({"provisioningMode": "efs-dir"}, {}, "Provisioning mode efs-dir is not supported"),
    "none": ({"fileSystemId": "fs-0123456789abcdef0"}, {}, "File System does not exist"),
    "perms": ({"directoryPerms": "rwx"}, {}, "invalid directoryPerms"),
    "range": ({"gidRangeStart": "7"}, {}, "Missing gidRangeEnd parameter"),
    "again": ({"reuseAccessPoint": "true"}, {}, "reuseAccessPoint"),
    "zone": ({"az": "us-east-1a"}, {}, "Parameter az"),
    "pattern": ({"subPathPattern": "${.PVC.labels}"}, {}, "contains invalid elements"),
    "deep": ({"basePath": "/a/b/c/d"}, {}, "limit of 4 directories"),
    "unknown": ({"type": "gp3"}, {}, "Invalid parameter key type"),
    "block": ({}, {"volumeMode": "Block"}, "only filesystem volumes are supported"),
}


def test_what_no_claim_gets(cluster, efs, files):
    for name, (parameters, spec, _) in NOT_PROVISIONED.items():
        put(cluster, storage_class(name, **{"file_system": files.id} | parameters))
        claim(cluster, name, name, **spec)
    for name, (*_, text) in NOT_PROVISIONED.items():
        assert told(cluster, name, text)["reason"] == "ProvisioningFailed"
    cluster.kubectl("delete", "persistentvolumeclaim", *NOT_PROVISIONED)


def test_the_driver_acts_in_its_role(installation, cluster, efs, files):
    iam = installation.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="files-driver", AssumeRolePolicyDocument=document)["Role"]
    installation.aws(
        "eks", "create-addon", "--cluster-name", cluster.name, "--addon-name", DRIVER,
        "--pod-identity-associations", f"serviceAccount={ACCOUNT},roleArn={role['Arn']}",
    )  # fmt: skip
    cluster.eks.get_waiter("addon_active").wait(clusterName=cluster.name, addonName=DRIVER, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    class_ = storage_class("driven", files.id, uid="1000", gidRangeStart="7000", gidRangeEnd="7999", basePath="/apps",
                           subPathPattern="${.PVC.namespace}/${.PVC.name}", ensureUniqueDirectory="false")  # fmt: skip
    put(cluster, class_)
    claim(cluster, "driven", "driven")
    why = told(cluster, "driven", "is not authorized to perform: elasticfilesystem:DescribeAccessPoints")["message"]
    assert "Access Denied." in why and ":assumed-role/files-driver/" in why, why
    iam.attach_role_policy(RoleName="files-driver", PolicyArn=MAY)
    cluster.kubectl("annotate", "persistentvolumeclaim", "driven", "asked=again")
    wait_for(lambda: claim_of(cluster, "driven")["status"].get("phase") == "Bound", 30, "a claim that is bound")
    (point,) = [it for it in points_of(efs, files) if it["RootDirectory"]["Path"] == "/apps/default/driven"]
    assert point["PosixUser"] == {"Uid": 1000, "Gid": 7000}
    # One of somebody's that the role may not delete stays, and so does its volume until it may.
    efs.untag_resource(ResourceId=point["AccessPointId"], TagKeys=["efs.csi.aws.com/cluster"])
    volume = volume_of(cluster, "driven")["metadata"]["name"]
    cluster.kubectl("delete", "persistentvolumeclaim", "driven")
    told(cluster, volume, "is not authorized to perform: elasticfilesystem:DeleteAccessPoint")
    efs.tag_resource(ResourceId=point["AccessPointId"], Tags=[{"Key": "efs.csi.aws.com/cluster", "Value": "true"}])
    cluster.kubectl("annotate", "persistentvolume", volume, "asked=again")
    gone(cluster, "persistentvolume", volume)
    assert point["AccessPointId"] not in [it["AccessPointId"] for it in points_of(efs, files)]


def test_what_a_claim_had_goes_with_it(cluster, efs, files, image):
    volume = volume_of(cluster, "shared")
    point = volume["spec"]["csi"]["volumeHandle"].rpartition(":")[2]
    cluster.kubectl("delete", "persistentvolumeclaim", "shared")
    gone(cluster, "persistentvolume", volume["metadata"]["name"])
    assert point not in [it["AccessPointId"] for it in points_of(efs, files)]
    # The files are nobody's to delete but their owner's.
    static(cluster, "left", files.id)
    apply(cluster, "left", using(image, "left", f"cat /data/{volume['metadata']['name']}/a/b/orders; {WAIT}"))
    runs(cluster, "left", "Running")
    wait_for(lambda: cluster.kubectl("logs", "left") == "two\n", 10, "the files")
    # Without the driver what is mounted stays so; nothing else is mounted.
    cluster.eks.delete_addon(clusterName=cluster.name, addonName=DRIVER)
    wait_for(lambda: cluster.is_gone("csidriver", "efs.csi.aws.com"), 30, "no driver")
    static(cluster, "late", files.id)
    apply(cluster, "late", using(image, "late"))
    told(cluster, "late", "driver name efs.csi.aws.com not found in the list of registered CSI drivers")
    assert inside(cluster, "left", "ls /data | head -n 1")
    clear(cluster, "left", "late")
