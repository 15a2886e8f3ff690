"""Managed node groups with boto3 and kubectl: instances come as nodes, change, are replaced under a budget, and go again; and updates of
clusters."""

import datetime
import functools
import json

import pytest

from harness import images
from harness.kubernetes import Cluster
from harness.refusals import refused_with
from harness.waiting import wait_for
from test_ec2_instances import TRUST

pytestmark = pytest.mark.minutes(3)

NODE_POLICIES = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly"]


@pytest.fixture(scope="module")
def cluster(installation):
    with Cluster(installation) as cluster:
        yield cluster


def role_of_nodes(installation, name, **more):
    iam = installation.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)["Role"]["Arn"]
    for policy in NODE_POLICIES:
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    return arn


@pytest.fixture(scope="module")
def node_role(installation):
    return role_of_nodes(installation, "nodes-of-groups")


@pytest.fixture(scope="module")
def subnet(cluster):
    return cluster.described()["resourcesVpcConfig"]["subnetIds"][:1]


def group_of(cluster, name):
    return cluster.eks.describe_nodegroup(clusterName=cluster.name, nodegroupName=name)["nodegroup"]


def nodes_of(cluster, name):
    return cluster.get("nodes", "-l", f"eks.amazonaws.com/nodegroup={name}")["items"]


def is_ready(node):
    return any(it["type"] == "Ready" and it["status"] == "True" for it in node["status"].get("conditions", []))


def active(cluster, name):
    waiter = cluster.eks.get_waiter("nodegroup_active")
    waiter.wait(clusterName=cluster.name, nodegroupName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 60})
    return group_of(cluster, name)


def ended(cluster, update, group=None):
    of = {"nodegroupName": group} if group else {}

    def done():
        found = cluster.eks.describe_update(name=cluster.name, updateId=update["id"], **of)["update"]
        return found["status"] != "InProgress" and found

    return wait_for(done, 180, "the end of an update")


@pytest.fixture(scope="module")
def workers(installation, cluster, node_role, subnet):
    """A group of one node, made of a launch template."""
    data = {"InstanceType": "t3.small", "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "of", "Value": "one"}]}]}
    template = installation.client("ec2").create_launch_template(LaunchTemplateName="of-workers", LaunchTemplateData=data)
    made = cluster.eks.create_nodegroup(
        clusterName=cluster.name,
        nodegroupName="workers",
        nodeRole=node_role,
        subnets=subnet,
        scalingConfig={"minSize": 0, "maxSize": 3, "desiredSize": 1},
        launchTemplate={"id": template["LaunchTemplate"]["LaunchTemplateId"], "version": "1"},
        labels={"team": "blue"},
        taints=[{"key": "only", "value": "here", "effect": "NO_SCHEDULE"}],
        tags={"cost": "center"},
    )["nodegroup"]
    assert made["status"] == "CREATING" and made["amiType"] == "AL2023_x86_64_STANDARD"
    active(cluster, "workers")
    return template["LaunchTemplate"]["LaunchTemplateId"]


def test_instances_of_a_group_are_nodes(installation, cluster, workers, node_role):
    group = group_of(cluster, "workers")
    assert group["health"]["issues"] == [] and group["launchTemplate"]["version"] == "1"
    (node,) = nodes_of(cluster, "workers")
    assert is_ready(node)
    labels = node["metadata"]["labels"]
    assert labels["team"] == "blue" and labels["eks.amazonaws.com/capacityType"] == "ON_DEMAND"
    assert labels["eks.amazonaws.com/sourceLaunchTemplateId"] == workers
    assert {"key": "only", "value": "here", "effect": "NoSchedule"} in node["spec"]["taints"]
    (name,) = [it["name"] for it in group["resources"]["autoScalingGroups"]]
    scaling = installation.client("autoscaling")
    (found,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    assert found["DesiredCapacity"] == 1
    tags = {it["Key"]: it["Value"] for it in found["Tags"]}
    assert tags["eks:nodegroup-name"] == "workers" and tags[f"kubernetes.io/cluster/{cluster.name}"] == "owned"
    (instance,) = [it["InstanceId"] for it in found["Instances"]]
    assert node["spec"]["providerID"].endswith(instance)
    entry = cluster.eks.describe_access_entry(clusterName=cluster.name, principalArn=node_role)["accessEntry"]
    assert entry["type"] == "EC2_LINUX"
    assert cluster.eks.list_nodegroups(clusterName=cluster.name)["nodegroups"] == ["workers"]
    assert cluster.eks.list_tags_for_resource(resourceArn=group["nodegroupArn"])["tags"] == {"cost": "center"}


def test_labels_taints_and_sizes_change_on_live_nodes(installation, cluster, workers):
    update = cluster.eks.update_nodegroup_config(
        clusterName=cluster.name,
        nodegroupName="workers",
        labels={"addOrUpdateLabels": {"tier": "one"}, "removeLabels": ["team"]},
        taints={"removeTaints": [{"key": "only", "value": "here", "effect": "NO_SCHEDULE"}]},
        scalingConfig={"minSize": 0, "maxSize": 3, "desiredSize": 2},
    )["update"]
    assert update["status"] == "InProgress" and update["type"] == "ConfigUpdate"
    assert ended(cluster, update, "workers")["status"] == "Successful"

    # A new node loses the taint of those that are not ready a moment after it is.
    def usable(node):
        return is_ready(node) and not node["spec"].get("taints")

    nodes = wait_for(lambda: len(it := nodes_of(cluster, "workers")) == 2 and all(map(usable, it)) and it, 90, "two nodes")
    for node in nodes:
        assert node["metadata"]["labels"]["tier"] == "one" and "team" not in node["metadata"]["labels"]
    ids = cluster.eks.list_updates(name=cluster.name, nodegroupName="workers")["updateIds"]
    assert ids == [update["id"]]
    # Whoever scales the Auto Scaling group is followed.
    (name,) = [it["name"] for it in group_of(cluster, "workers")["resources"]["autoScalingGroups"]]
    installation.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=4)
    assert group_of(cluster, "workers")["scalingConfig"] == {"minSize": 0, "maxSize": 4, "desiredSize": 2}


def test_an_update_replaces_nodes_within_a_budget_over_the_death_of_the_server(installation, cluster, workers):
    image = images.push(installation, "busybox")
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "kept"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "kept"}},
            "template": {
                "metadata": {"labels": {"app": "kept"}},
                "spec": {
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "main", "image": image, "command": ["sleep", "3600"]}],
                },
            },
        },
    }
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "kept"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "kept"}}},
    }
    for it in (deployment, budget):
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(it))
    cluster.kubectl("rollout", "status", "deployment/kept", "--timeout=90s")
    before = {it["metadata"]["uid"] for it in nodes_of(cluster, "workers")}
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "of", "Value": "two"}]}]
    installation.client("ec2").create_launch_template_version(
        LaunchTemplateId=workers, LaunchTemplateData={"InstanceType": "t3.small", "TagSpecifications": tags}
    )
    update = cluster.eks.update_nodegroup_version(
        clusterName=cluster.name, nodegroupName="workers", launchTemplate={"id": workers, "version": "2"}
    )["update"]
    arguments = {"clusterName": cluster.name, "nodegroupName": "workers", "scalingConfig": {"desiredSize": 1}}
    refused_with(cluster.eks.update_nodegroup_config, "ResourceInUseException", "currently not in Active State", **arguments)
    wait_for(lambda: len(nodes_of(cluster, "workers")) > 2, 90, "more nodes")
    installation.kill_child("server")

    def available():
        found = cluster.get("deployment", "kept")
        return found["status"].get("availableReplicas", 0)

    def done():
        assert available() >= 1
        found = cluster.eks.describe_update(name=cluster.name, updateId=update["id"], nodegroupName="workers")["update"]
        return found["status"] != "InProgress" and found

    # Each node is left for a minute when it is empty.
    found = wait_for(done, 420, "the end of the update")
    assert found["status"] == "Successful", found
    nodes = wait_for(lambda: len(it := nodes_of(cluster, "workers")) == 2 and it, 90, "two nodes again")
    assert not before & {it["metadata"]["uid"] for it in nodes}
    assert group_of(cluster, "workers")["launchTemplate"]["version"] == "2"
    assert {it["metadata"]["labels"]["eks.amazonaws.com/sourceLaunchTemplateVersion"] for it in nodes} == {"2"}
    arguments = {"clusterName": cluster.name, "nodegroupName": "workers"}
    refused_with(cluster.eks.update_nodegroup_version, "InvalidParameterException", "no changes needed", **arguments)


def test_what_groups_cannot_be_is_refused(cluster, workers, node_role, subnet):
    def create(code, text, **arguments):
        known = {"clusterName": cluster.name, "nodegroupName": "other", "nodeRole": node_role, "subnets": subnet}
        refused_with(cluster.eks.create_nodegroup, code, text, **{**known, **arguments})

    bad = "InvalidParameterException"
    create("ResourceInUseException", f"NodeGroup already exists with name workers and cluster name {cluster.name}", nodegroupName="workers")
    create("ResourceNotFoundException", "No cluster found for name: none.", clusterName="none")
    sizes = {"minSize": 3, "maxSize": 4, "desiredSize": 2}
    create(bad, "minSize can't be greater than desiredSize", scalingConfig=sizes)
    create(bad, "desiredSize can't be greater than maxSize", scalingConfig={**sizes, "desiredSize": 5})
    create(bad, "Label cannot contain reserved prefixes", labels={"eks.amazonaws.com/x": "y"})
    create(bad, "is invalid", labels={"a": "b\n  - c"})
    create(bad, "unsupported Kubernetes version", version="1.2")
    create(bad, "amiType", amiType="AL2023_x86_64_NVIDIA")
    create(bad, "t9.huge", instanceTypes=["t9.huge"])
    create(bad, "subnet-0123", subnets=["subnet-0123"])
    create(bad, "principals [ec2.amazonaws.com]", nodeRole=node_role + "x")
    create(bad, "disk size 0", diskSize=0)
    both = {"remoteAccess": {"ec2SshKey": "key"}, "launchTemplate": {"id": workers}}
    create(bad, "Remote access configuration cannot be specified with a launch template.", **both)
    alone = {"remoteAccess": both["remoteAccess"]}
    create("UnsupportedOperation", "The parameter remoteAccess is not supported by this version of wharf.", **alone)
    refused_with(cluster.eks.delete_cluster, "ResourceInUseException", "Cluster has nodegroups attached", name=cluster.name)
    missing = {"clusterName": cluster.name, "nodegroupName": "none"}
    for call in (cluster.eks.describe_nodegroup, cluster.eks.delete_nodegroup):
        refused_with(call, "ResourceNotFoundException", "No node group found for name: none.", **missing)


def test_a_group_says_why_no_instance_starts(installation, cluster, node_role, subnet):
    ec2 = installation.client("ec2")
    ec2.create_key_pair(KeyName="of-nodes")
    data = {"InstanceType": "t3.small", "KeyName": "of-nodes"}
    template = ec2.create_launch_template(LaunchTemplateName="with-key", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
    of = {"clusterName": cluster.name, "nodegroupName": "keyed"}
    sizes = {"minSize": 0, "maxSize": 1, "desiredSize": 0}
    cluster.eks.create_nodegroup(**of, nodeRole=node_role, subnets=subnet, scalingConfig=sizes, launchTemplate={"id": template})
    (scaling_group,) = active(cluster, "keyed")["resources"]["autoScalingGroups"]
    ec2.delete_key_pair(KeyName="of-nodes")
    cluster.eks.update_nodegroup_config(**of, scalingConfig={"desiredSize": 1})

    def issues():
        group = group_of(cluster, "keyed")
        return group["status"] == "DEGRADED" and group["health"]["issues"]

    (issue,) = wait_for(issues, 60, "a group that says why")
    assert (issue["code"], issue["resourceIds"]) == ("AsgInstanceLaunchFailures", [scaling_group["name"]])
    assert "'of-nodes'" in issue["message"] and issue["message"].endswith("Launching EC2 instance failed."), issue
    # It may be changed, and is well as soon as it lacks nothing.
    update = cluster.eks.update_nodegroup_config(**of, scalingConfig={"desiredSize": 0})["update"]
    assert ended(cluster, update, "keyed")["status"] == "Successful"
    wait_for(lambda: group_of(cluster, "keyed")["health"]["issues"] == [], 60, "a group that is well")
    assert group_of(cluster, "keyed")["status"] == "ACTIVE"
    cluster.eks.delete_nodegroup(**of)
    cluster.eks.get_waiter("nodegroup_deleted").wait(**of, WaiterConfig={"Delay": 2, "MaxAttempts": 60})
    ec2.delete_launch_template(LaunchTemplateId=template)


def test_a_bad_node_is_replaced(installation, cluster, node_role, subnet):
    over = {
        "nodeMonitoringCondition": "KernelReady",
        "nodeUnhealthyReason": "SoftLockup",
        "minRepairWaitTimeMins": 2,
        "repairAction": "Replace",
    }
    of = {"clusterName": cluster.name, "nodegroupName": "repaired"}
    create = functools.partial(
        cluster.eks.create_nodegroup,
        **of,
        nodeRole=node_role,
        subnets=subnet,
        scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
        instanceTypes=["t3.small"],
    )
    bad = "InvalidParameterException"
    both = {"enabled": True, "maxParallelNodesRepairedCount": 1, "maxParallelNodesRepairedPercentage": 1}
    refused_with(create, bad, "Only one of maxParallelNodesRepairedCount", nodeRepairConfig=both)
    unknown = {"enabled": True, "nodeRepairConfigOverrides": [{**over, "nodeMonitoringCondition": "DiskPressure"}]}
    refused_with(create, bad, "DiskPressure is not supported", nodeRepairConfig=unknown)
    made = create(nodeRepairConfig={"enabled": False, "nodeRepairConfigOverrides": [over]})["nodegroup"]
    assert made["nodeRepairConfig"] == {"enabled": False, "nodeRepairConfigOverrides": [over]}
    active(cluster, "repaired")
    (node,) = nodes_of(cluster, "repaired")
    name, instance = node["metadata"]["name"], node["spec"]["providerID"].rsplit("/", 1)[1]
    before = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {"type": "KernelReady", "status": "False", "reason": over["nodeUnhealthyReason"], "lastTransitionTime": before}
    cluster.kubectl("patch", "node", name, "--subresource=status", "-p", json.dumps({"status": {"conditions": [condition]}}))
    update = cluster.eks.update_nodegroup_config(**of, nodeRepairConfig={"enabled": True})["update"]
    params = {it["type"]: it["value"] for it in update["params"]}
    assert params["NodeRepairEnabled"] == "true" and json.loads(params["NodeRepairConfig"])["nodeRepairConfigOverrides"] == [over]
    assert ended(cluster, update, "repaired")["status"] == "Successful"

    def others():
        found = [it for it in nodes_of(cluster, "repaired") if it["metadata"]["name"] != name]
        return found and all(map(is_ready, found))

    wait_for(others, 180, "a node in its place")
    wait_for(lambda: cluster.is_gone("node", name), 120, "the end of the bad node")
    (reservation,) = installation.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] in ("shutting-down", "terminated")
    assert group_of(cluster, "repaired")["health"]["issues"] == []
    cluster.eks.delete_nodegroup(**of)
    cluster.eks.get_waiter("nodegroup_deleted").wait(**of, WaiterConfig={"Delay": 2, "MaxAttempts": 60})


def test_clusters_change(cluster):
    def change(**arguments):
        update = cluster.eks.update_cluster_config(name=cluster.name, **arguments)["update"]
        assert ended(cluster, update)["status"] == "Successful"
        return update["type"]

    assert change(accessConfig={"authenticationMode": "API"}) == "AccessConfigUpdate"
    assert cluster.described()["accessConfig"]["authenticationMode"] == "API"
    assert change(logging={"clusterLogging": [{"types": ["audit"], "enabled": True}]}) == "LoggingUpdate"
    assert change(resourcesVpcConfig={"publicAccessCidrs": ["10.0.0.0/8", "127.0.0.0/8"]}) == "EndpointAccessUpdate"
    assert cluster.described()["resourcesVpcConfig"]["publicAccessCidrs"] == ["10.0.0.0/8", "127.0.0.0/8"]
    # Whatever they are, who comes by loopback is served; test_kubernetes_hosts.py asks from other machines.
    assert change(resourcesVpcConfig={"publicAccessCidrs": ["10.0.0.0/8"]}) == "EndpointAccessUpdate"
    assert cluster.kubectl("get", "--raw", "/readyz").strip() == "ok"
    assert change(upgradePolicy={"supportType": "STANDARD"}) == "UpgradePolicyUpdate"
    assert cluster.described()["upgradePolicy"] == {"supportType": "STANDARD"}
    assert change(deletionProtection=True) == "DeletionProtectionUpdate"
    refused_with(cluster.eks.delete_cluster, "ResourceInUseException", "nodegroups attached", name=cluster.name)
    assert change(deletionProtection=False) == "DeletionProtectionUpdate"
    bad = "InvalidParameterException"
    same = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    refused_with(
        cluster.eks.update_cluster_config, bad, "No changes needed for the logging config provided", name=cluster.name, logging=same
    )
    back = {"authenticationMode": "CONFIG_MAP"}
    refused_with(cluster.eks.update_cluster_config, bad, "Unsupported authentication mode update", name=cluster.name, accessConfig=back)
    older = "Unsupported Kubernetes minor version update from 1.36 to 1.35"
    refused_with(cluster.eks.update_cluster_version, bad, older, name=cluster.name, version="1.35")
    refused_with(cluster.eks.update_cluster_version, bad, "unsupported Kubernetes version", name=cluster.name, version="1.99")


def test_a_group_goes_and_leaves_nothing(installation, cluster, workers, node_role):
    (name,) = [it["name"] for it in group_of(cluster, "workers")["resources"]["autoScalingGroups"]]
    assert cluster.eks.delete_nodegroup(clusterName=cluster.name, nodegroupName="workers")["nodegroup"]["status"] == "DELETING"
    waiter = cluster.eks.get_waiter("nodegroup_deleted")
    waiter.wait(clusterName=cluster.name, nodegroupName="workers", WaiterConfig={"Delay": 2, "MaxAttempts": 60})
    assert nodes_of(cluster, "workers") == []
    found = installation.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    assert found["AutoScalingGroups"] == []
    templates = installation.client("ec2").describe_launch_templates()["LaunchTemplates"]
    assert [it["LaunchTemplateName"] for it in templates] == ["of-workers"]
    profiles = installation.client("iam").list_instance_profiles()["InstanceProfiles"]
    assert not [it for it in profiles if it["InstanceProfileName"].startswith("eks-")]
    entries = cluster.eks.list_access_entries(clusterName=cluster.name)["accessEntries"]
    assert node_role not in entries
    cluster.eks.delete_cluster(name=cluster.name)
    cluster.eks.get_waiter("cluster_deleted").wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_nodes_enter_by_the_map_of_roles_alone(installation, subnet):
    """As in a cluster of which nobody said how callers are told apart."""
    arn = role_of_nodes(installation, "mapped", Path="/of/groups/")
    with Cluster(installation, mode="CONFIG_MAP") as cluster:
        of = {"clusterName": cluster.name, "nodegroupName": "mapped"}
        cluster.eks.create_nodegroup(**of, nodeRole=arn, subnets=subnet, scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1})
        active(cluster, "mapped")
        (node,) = nodes_of(cluster, "mapped")
        assert is_ready(node)

        def mapped():
            return cluster.kubectl("get", "configmap", "aws-auth", "-n", "kube-system", "-o", "jsonpath={.data.mapRoles}")

        assert arn.replace("of/groups/", "") in mapped()
        cluster.eks.delete_nodegroup(**of)
        cluster.eks.get_waiter("nodegroup_deleted").wait(**of, WaiterConfig={"Delay": 2, "MaxAttempts": 60})
        assert "mapped" not in mapped()
        cluster.eks.delete_cluster(name=cluster.name)
