"""Roles of add-ons: the driver of volumes asks EC2 in the role that its add-on was given, and says so where it may not."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from harness.installation import Keys
from harness.kubernetes import Cluster, name
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(3)

DRIVER = "aws-ebs-csi-driver"
ACCOUNT = "ebs-csi-controller-sa"
MAY = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "now"},
    "provisioner": "ebs.csi.aws.com",
    "volumeBindingMode": "Immediate",
}


@pytest.fixture(scope="module")
def cluster(wharf):
    with Cluster(wharf) as cluster:
        zone = wharf.client("ec2").describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
        # Where volumes are made that nobody waits for; nothing runs there.
        node = {"metadata": {"name": "paper", "labels": {"topology.ebs.csi.aws.com/zone": zone}}, "spec": {"unschedulable": True}}
        put(cluster, {"apiVersion": "v1", "kind": "Node"} | node)
        put(cluster, CLASS)
        yield cluster
        cluster.kubectl("delete", "persistentvolumeclaims", "--all", "--wait=false")
        wait_for(lambda: not cluster.get("persistentvolumes")["items"], 30, "volumes to be gone")
        cluster.eks.delete_cluster(name=cluster.name)
        cluster.eks.get_waiter("cluster_deleted").wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


@pytest.fixture(scope="module")
def iam(wharf):
    return wharf.client("iam")


def put(cluster, thing):
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(thing))


def role(iam, statement):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]}
    return iam.create_role(RoleName=name("driver"), AssumeRolePolicyDocument=json.dumps(trust))["Role"]


def claim(cluster, of):
    spec = {"storageClassName": "now", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    put(cluster, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": of}, "spec": spec})


def told(cluster, of, text):
    """Waits for an event about an object of that name."""

    def found():
        events = cluster.get("events", "--field-selector", f"involvedObject.name={of}")["items"]
        return [it["message"] for it in events if text in it.get("message", "")]

    return wait_for(found, 30, f"an event of {of} with {text!r}")[0]


def ask_again(cluster, of):
    """What was refused is asked for again at once when the claim changes."""
    cluster.kubectl("annotate", "--overwrite", "persistentvolumeclaim", of, f"asked={time.monotonic_ns()}")


def bound(cluster, of):
    return cluster.get("persistentvolumeclaim", of)["status"].get("phase") == "Bound"


def settled(cluster):
    cluster.eks.get_waiter("addon_active").wait(clusterName=cluster.name, addonName=DRIVER, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return cluster.eks.describe_addon(clusterName=cluster.name, addonName=DRIVER)["addon"]


def test_what_an_add_on_asks_for(cluster):
    info = {it["addonName"]: it for it in cluster.eks.describe_addon_versions()["addons"]}
    needs = {of for of, it in info.items() if it["addonVersions"][0]["requiresIamPermissions"]}
    assert needs == {DRIVER, "aws-efs-csi-driver", "vpc-cni"}
    version = info[DRIVER]["addonVersions"][0]["addonVersion"]
    told = cluster.eks.describe_addon_configuration(addonName=DRIVER, addonVersion=version)
    assert told["podIdentityConfiguration"] == [{"serviceAccount": ACCOUNT, "recommendedManagedPolicies": [MAY]}]


def removed(cluster, **more):
    cluster.eks.delete_addon(clusterName=cluster.name, addonName=DRIVER, **more)
    cluster.eks.get_waiter("addon_deleted").wait(clusterName=cluster.name, addonName=DRIVER, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def test_volumes_wait_for_their_driver(wharf, cluster):
    """Without `--preserve` it is gone until the add-on is made again; what it made stays."""
    ec2 = wharf.client("ec2")
    named = {"clusterName": cluster.name, "addonName": DRIVER}
    cluster.eks.create_addon(**named)
    settled(cluster)
    removed(cluster, preserve=True)
    claim(cluster, "before")
    wait_for(lambda: bound(cluster, "before"), 30, "a claim that is bound")
    volume = cluster.get("persistentvolumeclaim", "before")["spec"]["volumeName"]
    disk = cluster.get("persistentvolume", volume)["spec"]["csi"]["volumeHandle"]
    cluster.eks.create_addon(**named)
    settled(cluster)
    removed(cluster)
    assert {"gp2", "now"} <= {it["metadata"]["name"] for it in cluster.get("storageclasses")["items"]}
    claim(cluster, "meanwhile")
    told(cluster, "meanwhile", "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com'")
    cluster.kubectl("delete", "persistentvolumeclaim", "before")
    wait_for(lambda: cluster.get("persistentvolume", volume)["status"]["phase"] == "Released", 30, "a volume that is released")
    assert [it["State"] for it in ec2.describe_volumes(VolumeIds=[disk])["Volumes"]] == ["available"]
    assert not bound(cluster, "meanwhile")
    cluster.eks.create_addon(**named)
    settled(cluster)
    wait_for(lambda: bound(cluster, "meanwhile"), 30, "a claim that is bound")
    wait_for(lambda: cluster.is_gone("persistentvolume", volume), 30, "the volume to be gone")
    found = ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": [disk]}])["Volumes"]
    assert [it["State"] for it in found if it["State"] != "deleting"] == []
    cluster.kubectl("delete", "persistentvolumeclaim", "meanwhile")
    removed(cluster, preserve=True)


def test_a_role_of_the_service_account(wharf, cluster, iam):
    issuer = cluster.described()["identity"]["oidc"]["issuer"]
    named = issuer.removeprefix("https://")
    account = wharf.client("sts").get_caller_identity()["Account"]
    provider = f"arn:aws:iam::{account}:oidc-provider/{named}"
    made = role(
        iam,
        {
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{named}:sub": f"system:serviceaccount:kube-system:{ACCOUNT}", f"{named}:aud": "sts.amazonaws.com"}
            },
        },
    )
    cluster.eks.create_addon(clusterName=cluster.name, addonName=DRIVER, serviceAccountRoleArn=made["Arn"])
    assert settled(cluster)["serviceAccountRoleArn"] == made["Arn"]
    claim(cluster, "by-token")
    told(cluster, "by-token", f"No OpenIDConnect provider found in your account for {issuer}")
    iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
    ask_again(cluster, "by-token")
    session = f"assumed-role/{made['RoleName']}/{DRIVER}"
    text = told(cluster, "by-token", session)
    assert "is not authorized to perform: ec2:DescribeVolumes" in text, text
    # What may be read is not what may be made.
    reading = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=made["RoleName"], PolicyName="read", PolicyDocument=json.dumps(reading))
    ask_again(cluster, "by-token")
    told(cluster, "by-token", "is not authorized to perform: ec2:CreateVolume on resource")
    iam.attach_role_policy(RoleName=made["RoleName"], PolicyArn=MAY)
    ask_again(cluster, "by-token")
    wait_for(lambda: bound(cluster, "by-token"), 30, "a claim that is bound")
    events = wharf.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateVolume"}])
    assert any(session in it["CloudTrailEvent"] and "errorCode" not in it["CloudTrailEvent"] for it in events["Events"])
    # Over a death of the server; the account's owner takes the right to delete away.
    denying = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:DeleteVolume", "Resource": "*"}]}
    iam.put_role_policy(RoleName=made["RoleName"], PolicyName="keep", PolicyDocument=json.dumps(denying))
    volume = cluster.get("persistentvolumeclaim", "by-token")["spec"]["volumeName"]
    cluster.kubectl("delete", "persistentvolumeclaim", "by-token")
    told(cluster, volume, "is not authorized to perform: ec2:DeleteVolume")
    iam.delete_role_policy(RoleName=made["RoleName"], PolicyName="keep")
    cluster.kubectl("annotate", "persistentvolume", volume, "asked=again")
    wait_for(lambda: cluster.is_gone("persistentvolume", volume), 30, "the volume to be gone")
    # An update that names no role leaves none: the driver is nobody then, and not EKS itself.
    cluster.eks.update_addon(clusterName=cluster.name, addonName=DRIVER)
    assert "serviceAccountRoleArn" not in settled(cluster)
    claim(cluster, "by-nobody")
    told(cluster, "by-nobody", f"no credentials: {made['Arn']} was taken from the add-on {DRIVER}")
    cluster.kubectl("delete", "persistentvolumeclaim", "by-nobody", "--wait=false")


def test_an_association_that_the_add_on_owns(wharf, cluster, iam):
    made = role(iam, {"Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.attach_role_policy(RoleName=made["RoleName"], PolicyArn=MAY)
    wanted = [{"serviceAccount": ACCOUNT, "roleArn": made["Arn"]}]
    cluster.eks.update_addon(clusterName=cluster.name, addonName=DRIVER, podIdentityAssociations=wanted)
    shown = settled(cluster)
    (listed,) = cluster.eks.list_pod_identity_associations(clusterName=cluster.name)["associations"]
    assert shown["podIdentityAssociations"] == [listed["associationArn"]] and listed["ownerArn"] == shown["addonArn"]
    claim(cluster, "by-pod")
    told(cluster, "by-pod", "EKS does not have permissions to assume the associated role.")
    trust = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.update_assume_role_policy(RoleName=made["RoleName"], PolicyDocument=document)
    ask_again(cluster, "by-pod")
    wait_for(lambda: bound(cluster, "by-pod"), 30, "a claim that is bound")
    removed(cluster, preserve=True)
    # The part goes on in it, also when volumes go at the end, and it is nobody's.
    left = cluster.eks.describe_pod_identity_association(clusterName=cluster.name, associationId=listed["associationId"])
    assert "ownerArn" not in left["association"]
    with pytest.raises(cluster.eks.exceptions.ResourceInUseException, match="Association already exists: a-"):
        cluster.eks.create_addon(clusterName=cluster.name, addonName=DRIVER, podIdentityAssociations=wanted)


@pytest.mark.parametrize(
    ("addon", "more", "text"),
    [
        ("coredns", {"serviceAccountRoleArn": "ROLE"}, "Addon coredns has no service account that can have a role"),
        (DRIVER, {"serviceAccountRoleArn": "driver"}, "The role driver is not the ARN of a role of this account."),
        ("metrics-server", {"podIdentityAssociations": [ACCOUNT]}, "Pod Identity feature is not supported for addon version: v1.36"),
        (
            "vpc-cni",
            {"podIdentityAssociations": [ACCOUNT]},
            f"Service account {ACCOUNT} in pod identity configuration is not supported for addon vpc-cni",
        ),
        (DRIVER, {"podIdentityAssociations": [ACCOUNT, ACCOUNT]}, "is specified more than once"),
        (DRIVER, {"podIdentityAssociations": [ACCOUNT], "serviceAccountRoleArn": "ROLE"}, "cannot be specified together"),
    ],
)
def test_what_is_no_role_of_an_add_on(wharf, cluster, addon, more, text):
    own = f"arn:aws:iam::{wharf.client('sts').get_caller_identity()['Account']}:role/driver"
    given = {}
    for member, value in more.items():
        pairs = [{"serviceAccount": it, "roleArn": own} for it in value]
        given[member] = pairs if isinstance(value, list) else value.replace("ROLE", own)
    with pytest.raises(cluster.eks.exceptions.InvalidParameterException) as refused:
        cluster.eks.create_addon(clusterName=cluster.name, addonName=addon, **given)
    assert text in refused.value.response["Error"]["Message"]


def test_roles_are_passed(wharf, cluster, iam):
    """Who may make add-ons may not thereby hand out roles."""
    user = name("clerk")
    iam.create_user(UserName=user)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["eks:CreateAddon"], "Resource": "*"}]}
    iam.put_user_policy(UserName=user, PolicyName="addons", PolicyDocument=json.dumps(allowed))
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    eks = wharf.client("eks", keys=Keys(keys["AccessKeyId"], keys["SecretAccessKey"]))
    own = f"arn:aws:iam::{wharf.client('sts').get_caller_identity()['Account']}:role/driver"
    for more, action in (
        ({"serviceAccountRoleArn": own}, "iam:PassRole"),
        ({"podIdentityAssociations": [{"serviceAccount": ACCOUNT, "roleArn": own}]}, "eks:CreatePodIdentityAssociation"),
    ):
        with pytest.raises(ClientError) as refused:
            eks.create_addon(clusterName=cluster.name, addonName=DRIVER, **more)
        found = refused.value.response["Error"]
        assert found["Code"] == "AccessDeniedException" and action in found["Message"], found
