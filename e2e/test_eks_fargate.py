"""Pods on Fargate, with boto3, the aws command line and kubectl: profiles, machines of their own for pods, and what becomes of both."""

import json

import pytest

from harness.kubernetes import Cluster, name, role
from harness.refusals import refused_with
from harness.waiting import wait_for
from test_cost import usage

pytestmark = pytest.mark.minutes(1)

PODS = "eks-fargate-pods.amazonaws.com"
PROFILE_LABEL = "eks.amazonaws.com/fargate-profile"
COMPUTE_TYPE = "eks.amazonaws.com/compute-type"


@pytest.fixture(scope="module")
def cluster(installation):
    with Cluster(installation) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def execution_role(installation):
    iam = installation.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": PODS}, "Action": "sts:AssumeRole"}]}
    made = iam.create_role(RoleName=name("pods"), AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.attach_role_policy(RoleName=made["RoleName"], PolicyArn="arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy")
    return made["Arn"]


@pytest.fixture(scope="module")
def subnet(installation, cluster):
    """One without a way out by a gateway."""
    ec2, vpc = installation.client("ec2"), cluster.described()["resourcesVpcConfig"]["vpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="172.31.96.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=made)
    return made


def sh(image, script, **options):
    return {"name": "main", "image": image, "command": ["sh", "-c", script], **options}


STAYS = "echo begun; trap exit TERM; while true; do sleep 1; done"


def apply(cluster, pod_name, spec, namespace="web", **metadata):
    metadata = {"name": pod_name, "namespace": namespace, **metadata}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))


def not_applied(cluster, spec, why, **metadata):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "no", "namespace": "web", **metadata}, "spec": spec}
    done = cluster.kubectl("create", "-f", "-", stdin=json.dumps(pod), check=False)
    assert (done.returncode, why in done.stderr) == (1, True), done


def found(cluster, kind, name, namespace="web"):
    return cluster.find(kind, name, namespace)


def is_true(thing, kind):
    conditions = thing.get("status", {}).get("conditions", [])
    return any(it["type"] == kind and it["status"] == "True" for it in conditions)


def ready(cluster, pod):
    wait_for(lambda: is_true(found(cluster, "pod", pod), "Ready"), 90, f"{pod} ready")
    return found(cluster, "pod", pod)


def why(cluster, pod):
    """What Fargate's scheduler said of a pod last."""
    selector = f"involvedObject.name={pod},reason=FailedScheduling"
    events = cluster.get("events", "-n", "web", "--field-selector", selector)["items"]
    return [it["message"] for it in events if it["source"]["component"] == "fargate-scheduler"]


def profile_of(cluster, profile):
    return cluster.eks.describe_fargate_profile(clusterName=cluster.name, fargateProfileName=profile)["fargateProfile"]


def waits(cluster, what):
    """As the command line waits, but for its pauses."""
    waiter = cluster.eks.get_waiter(what)
    waiter.wait(clusterName=cluster.name, fargateProfileName="web", WaiterConfig={"Delay": 1, "MaxAttempts": 90})


@pytest.fixture(scope="module")
def profile(installation, cluster, execution_role, subnet):
    cluster.kubectl("create", "namespace", "web")
    asked = dict(
        clusterName=cluster.name,
        fargateProfileName="web",
        podExecutionRoleArn=execution_role,
        subnets=[subnet],
        selectors=[{"namespace": "we?", "labels": {"on": "far*"}}],
        clientRequestToken="once",
        tags={"cost": "center"},
    )
    made = cluster.eks.create_fargate_profile(**asked)["fargateProfile"]
    assert made["status"] == "CREATING" and made["selectors"] == asked["selectors"], made
    again = cluster.eks.create_fargate_profile(**asked)["fargateProfile"]
    assert again["fargateProfileArn"] == made["fargateProfileArn"]
    waits(cluster, "fargate_profile_active")
    return made


ON_FARGATE = {"labels": {"on": "fargate"}}


def test_what_is_no_profile_is_refused(installation, cluster, execution_role, subnet, profile):
    public = cluster.described()["resourcesVpcConfig"]["subnetIds"][0]
    good = dict(
        clusterName=cluster.name,
        fargateProfileName="other",
        podExecutionRoleArn=execution_role,
        subnets=[subnet],
        selectors=[{"namespace": "x"}],
    )
    invalid = "InvalidParameterException"
    many = {f"k{it}": "v" for it in range(6)}
    for change, code, text in [
        ({"selectors": []}, invalid, "Fargate Profile requires at least one selector."),
        ({"selectors": [{"labels": {"a": "b"}}]}, invalid, "at least one selector with at least one namespace value."),
        ({"selectors": [{"namespace": "x", "labels": many}]}, invalid, "Selector with more than 5 Label pairs"),
        ({"selectors": [{"namespace": "x"}] * 6}, invalid, "more than 5 Selectors"),
        ({"subnets": [public]}, invalid, f"Subnet {public} provided in Fargate Profile is not a private subnet"),
        ({"subnets": ["subnet-0123456789abcdef0"]}, invalid, "subnet-0123456789abcdef0"),
        ({"fargateProfileName": "eks-mine"}, invalid, "The fargate profile name starts with the reserved prefix: 'eks-'."),
        ({"podExecutionRoleArn": role(installation)}, invalid, "Misconfigured PodExecutionRole Trust Policy"),
        ({"clusterName": "nothing"}, "ResourceNotFoundException", "No cluster found for name: nothing."),
        ({"fargateProfileName": "web"}, "ResourceInUseException", "A Fargate Profile already exists with this name in this cluster."),
    ]:
        refused_with(cluster.eks.create_fargate_profile, code, text, **{**good, **change})
    missing = "No Fargate Profile found with name: other."
    for call in (cluster.eks.describe_fargate_profile, cluster.eks.delete_fargate_profile):
        refused_with(call, "ResourceNotFoundException", missing, clusterName=cluster.name, fargateProfileName="other")
    listed = installation.aws("eks", "list-fargate-profiles", "--cluster-name", cluster.name)
    assert listed["fargateProfileNames"] == ["web"]


def test_a_profile_shows_what_it_is(cluster, profile, execution_role, subnet):
    shown = profile_of(cluster, "web")
    assert shown["status"] == "ACTIVE" and shown["subnets"] == [subnet] and shown["podExecutionRoleArn"] == execution_role
    assert shown["health"]["issues"] == [] and f":fargateprofile/{cluster.name}/web/" in shown["fargateProfileArn"]
    arn = shown["fargateProfileArn"]
    cluster.eks.tag_resource(resourceArn=arn, tags={"team": "blue"})
    cluster.eks.untag_resource(resourceArn=arn, tagKeys=["cost"])
    assert cluster.eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "blue"}
    entry = cluster.eks.describe_access_entry(clusterName=cluster.name, principalArn=execution_role)["accessEntry"]
    assert entry["type"] == "FARGATE_LINUX" and entry["username"] == "system:node:{{SessionName}}"


def test_a_pod_has_a_node_of_its_own_that_ends_with_it(installation, cluster, profile, subnet, image):
    ec2 = installation.client("ec2")
    script = "touch /tmp/ready; " + STAYS
    probe = {"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1}
    resources = {"requests": {"cpu": "200m", "memory": "200Mi"}}
    apply(cluster, "plain", {"containers": [sh(image, script, readinessProbe=probe, resources=resources)]}, **ON_FARGATE)
    made = found(cluster, "pod", "plain")
    assert made["spec"]["schedulerName"] == "fargate-scheduler" and made["spec"]["priorityClassName"] == "system-node-critical"
    assert made["metadata"]["labels"][PROFILE_LABEL] == "web"
    assert made["metadata"]["annotations"]["CapacityProvisioned"] == "0.25vCPU 0.5GB"
    pod = ready(cluster, "plain")
    node = found(cluster, "node", pod["spec"]["nodeName"])
    assert node["metadata"]["name"].startswith("fargate-ip-172-31-96-")
    assert node["metadata"]["labels"][COMPUTE_TYPE] == "fargate"
    assert {"key": COMPUTE_TYPE, "value": "fargate", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert node["status"]["capacity"]["pods"] == "1" and node["status"]["capacity"]["memory"] == "512Mi"
    assert pod["status"]["podIP"].startswith("172.31.96.")
    filters = [{"Name": "private-ip-address", "Values": [pod["status"]["podIP"]]}]
    (interface,) = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert interface["SubnetId"] == subnet
    wait_for(lambda: cluster.kubectl("logs", "plain", "-n", "web") == "begun\n", 30, "its log")
    entered = cluster.kubectl("exec", "plain", "-n", "web", "--", "sh", "-c", "id -u; hostname -i")
    assert entered.split() == ["0", pod["status"]["podIP"]]
    # The machine is nobody's instance.
    machine = node["spec"]["providerID"].rsplit("/", 1)[1]
    instances = [it["InstanceId"] for r in ec2.describe_instances()["Reservations"] for it in r["Instances"]]
    assert machine not in instances
    refused_with(ec2.terminate_instances, "InvalidInstanceID.NotFound", machine, InstanceIds=[machine])
    # Nobody else's pods come there, whatever they tolerate.
    elsewhere = {"containers": [sh(image, STAYS)], "tolerations": [{"operator": "Exists"}]}
    apply(cluster, "elsewhere", elsewhere)
    wait_for(lambda: found(cluster, "pod", "elsewhere")["status"].get("conditions"), 30, "a look for a node")
    assert "nodeName" not in found(cluster, "pod", "elsewhere")["spec"]
    named = {"containers": [sh(image, STAYS)], "nodeName": node["metadata"]["name"]}
    not_applied(cluster, named, "takes the pod of Fargate alone that it was made for")
    # Nor does it leave its profile.
    done = cluster.kubectl("label", "pod", "plain", "-n", "web", f"{PROFILE_LABEL}-", check=False)
    assert (done.returncode, "a pod stays of its Fargate profile" in done.stderr) == (1, True), done
    cluster.kubectl("delete", "pod", "plain", "elsewhere", "-n", "web", "--timeout=50s")
    wait_for(lambda: cluster.is_gone("node", node["metadata"]["name"]), 60, "the end of its node")
    wait_for(lambda: not ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"], 60, "the end of its interface")

    def billed():
        by = usage(installation, ("DIMENSION", "SERVICE"), ("DIMENSION", "OPERATION"))
        return ("Amazon Elastic Container Service for Kubernetes", "FargatePod") in by

    wait_for(billed, 60, "its cost")


def test_what_fargate_cannot_do_waits_and_says_why(cluster, profile, image):
    privileged = sh(image, "true", securityContext={"privileged": True}, ports=[{"containerPort": 80, "hostPort": 80}])
    apply(cluster, "asks", {"hostNetwork": True, "containers": [privileged]}, **ON_FARGATE)
    volume = {"name": "disk", "hostPath": {"path": "/"}}
    apply(cluster, "mounts", {"containers": [sh(image, "true")], "volumes": [volume]}, **ON_FARGATE)
    head = "Pod not supported on Fargate: "
    everything = "fields not supported: HostNetwork, invalid SecurityContext fields: Privileged, port contains HostIP or HostPort"
    for pod, text in [("asks", everything), ("mounts", "volumes not supported: disk is of an unsupported volume Type")]:
        wait_for(lambda pod=pod: why(cluster, pod), 30, f"words about {pod}")
        assert why(cluster, pod) == [head + text]
        waiting = found(cluster, "pod", pod)
        assert waiting["status"]["phase"] == "Pending" and not is_true(waiting, "PodScheduled")
    # Who says that it is for instances is left alone.
    apply(cluster, "instances", {"containers": [sh(image, "true")]}, labels={"on": "fargate"}, annotations={COMPUTE_TYPE: "ec2"})
    assert found(cluster, "pod", "instances")["spec"]["schedulerName"] == "default-scheduler"
    # Who says that it is Fargate's is so only if a profile says it too.
    says = {"containers": [sh(image, "true")], "schedulerName": "fargate-scheduler"}
    not_applied(cluster, says, "fargate-scheduler is for pods that a Fargate profile chooses", labels={PROFILE_LABEL: "web"})
    cluster.kubectl("delete", "pod", "asks", "mounts", "instances", "-n", "web", "--timeout=50s")


def test_pods_outlive_server_and_agent(installation, cluster, profile, image):
    apply(cluster, "outlives", {"containers": [sh(image, STAYS)]}, **ON_FARGATE)
    before = ready(cluster, "outlives")
    apply(cluster, "begins", {"containers": [sh(image, STAYS)]}, **ON_FARGATE)
    installation.kill_child("server")
    installation.kill_child("node")
    wait_for(lambda: cluster.kubectl("get", "--raw", "/readyz", check=False).returncode == 0, 60, "the API server")
    ready(cluster, "begins")
    after = ready(cluster, "outlives")
    assert after["spec"]["nodeName"] == before["spec"]["nodeName"]
    assert after["status"]["containerStatuses"][0]["restartCount"] == 0
    nodes = cluster.get("nodes", "-l", f"{COMPUTE_TYPE}=fargate")["items"]
    assert len(nodes) == 2, [it["metadata"]["name"] for it in nodes]
    cluster.kubectl("delete", "pod", "begins", "-n", "web", "--timeout=50s")


def test_a_profile_goes_with_its_pods_and_before_its_cluster(installation, cluster, profile, image):
    assert found(cluster, "pod", "outlives")["status"]["phase"] == "Running"
    busy = "Cluster has Fargate Profiles in ACTIVE/CREATING state"
    refused_with(cluster.eks.delete_cluster, "ResourceInUseException", busy, name=cluster.name)
    gone = cluster.eks.delete_fargate_profile(clusterName=cluster.name, fargateProfileName="web")["fargateProfile"]
    assert gone["status"] == "DELETING"
    # Pods that come now are none of its any more.
    apply(cluster, "late", {"containers": [sh(image, STAYS)]}, **ON_FARGATE)
    assert found(cluster, "pod", "late")["spec"]["schedulerName"] == "default-scheduler"
    installation.kill_child("server")
    waits(cluster, "fargate_profile_deleted")
    wait_for(lambda: found(cluster, "pod", "late") != {}, 60, "the API server, which has the pod that came late")
    assert cluster.is_gone("pod", "outlives", "web")
    principal = profile["podExecutionRoleArn"]
    missing = "The specified principalArn could not be found"
    refused_with(cluster.eks.describe_access_entry, "ResourceNotFoundException", missing, clusterName=cluster.name, principalArn=principal)
    wait_for(lambda: cluster.get("nodes")["items"] == [], 60, "the end of all nodes")
    cluster.eks.delete_cluster(name=cluster.name)
    waiter = cluster.eks.get_waiter("cluster_deleted")
    waiter.wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
