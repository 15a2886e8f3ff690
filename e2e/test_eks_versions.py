"""Versions of clusters and node groups: a cluster of 1.35 goes to 1.36 while its server is killed and its pods run on, its nodes follow
when they are told to, and all go back the same way."""

import json

import pytest

from harness import images
from harness.kubernetes import Cluster
from harness.refusals import refused_with
from harness.waiting import wait_for
from test_eks_nodegroups import active, ended, group_of, is_ready, node_role, nodes_of  # noqa: F401 (a fixture)

pytestmark = pytest.mark.minutes(1)

GROUP = "workers"
BAD = "InvalidParameterException"


@pytest.fixture(scope="module")
def cluster(installation, node_role):  # noqa: F811
    with Cluster(installation, version="1.35") as cluster:
        made = cluster.eks.create_nodegroup(
            clusterName=cluster.name,
            nodegroupName=GROUP,
            nodeRole=node_role,
            subnets=cluster.described()["resourcesVpcConfig"]["subnetIds"][:1],
            scalingConfig={"minSize": 0, "maxSize": 2, "desiredSize": 1},
            instanceTypes=["t3.small"],
        )["nodegroup"]
        assert made["version"] == "1.35"
        active(cluster, GROUP)
        put_deployment(cluster, images.push(installation, "busybox"))
        yield cluster


def put_deployment(cluster, image):
    container = {"name": "main", "image": image, "command": ["sleep", "3600"]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "kept"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "kept"}},
            "template": {
                "metadata": {"labels": {"app": "kept"}},
                "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
            },
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(deployment))
    cluster.kubectl("rollout", "status", "deployment/kept", "--timeout=90s")


def patch_of(cluster, version):
    """As EKS says it."""
    (found,) = cluster.eks.describe_cluster_versions(clusterVersions=[version])["clusterVersions"]
    assert found["defaultPlatformVersion"] == cluster.described()["platformVersion"]
    return found["kubernetesPatchVersion"]


def agrees(installation, cluster, version):
    """All who tell the version of the cluster tell this one."""
    assert cluster.described()["version"] == version
    told = json.loads(cluster.kubectl("version", "-o", "json"))["serverVersion"]
    minor = version.partition(".")[2]
    assert told["gitVersion"] == f"v{patch_of(cluster, version)}-eks-wharf"
    assert (told["major"], told["minor"], told["emulationMajor"], told["emulationMinor"]) == ("1", minor, "1", minor)
    assert told["minCompatibilityMinor"] == str(int(minor) - 1)
    (row,) = [line for line in installation.run("status").stdout.splitlines() if cluster.name in line]
    assert f" {version} " in row, row


def kubelets(cluster):
    return {it["status"]["nodeInfo"]["kubeletVersion"] for it in nodes_of(cluster, GROUP)}


def running(cluster):
    """Each container of the Deployment, and how often it was started again."""
    found = cluster.get("pods", "-l", "app=kept")["items"]
    return {(it["metadata"]["uid"], of["containerID"], of["restartCount"]) for it in found for of in it["status"]["containerStatuses"]}


def test_what_versions_there_are(cluster):
    all_of = cluster.eks.describe_cluster_versions()["clusterVersions"]
    assert [(it["clusterVersion"], it["defaultVersion"]) for it in all_of] == [("1.36", True), ("1.35", False)]
    for version in ("1.35", "1.36"):
        found = cluster.eks.describe_addon_versions(kubernetesVersion=version, addonName="coredns")["addons"]
        (of,) = found[0]["addonVersions"]
        assert version in [it["clusterVersion"] for it in of["compatibilities"]]
        image = f"/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/x86_64/standard/recommended/release_version"
        release = cluster.wharf.client("ssm").get_parameter(Name=image)["Parameter"]["Value"]
        assert release.startswith(f"{patch_of(cluster, version)}-")


def test_a_cluster_goes_to_the_next_version_while_its_pods_run(installation, cluster):
    eks, name = cluster.eks, cluster.name
    agrees(installation, cluster, "1.35")
    assert kubelets(cluster) == {f"v{patch_of(cluster, '1.35')}-eks-wharf"}
    update = eks.update_cluster_version
    refused_with(update, BAD, "Unsupported Kubernetes minor version update from 1.35 to 1.34", name=name, version="1.34")
    refused_with(update, BAD, "unsupported Kubernetes version", name=name, version="1.37")
    newer = {"clusterName": name, "nodegroupName": GROUP, "version": "1.36"}
    text = "Nodegroup Kubernetes version should be equal to Cluster kubernetes version 1.35"
    refused_with(eks.update_nodegroup_version, BAD, text, **newer)
    kinds, before = cluster.kubectl("api-resources", "--no-headers"), running(cluster)
    assert len(before) == 2
    made = update(name=name, version="1.36")["update"]
    installation.kill_child("server")
    assert (made["status"], made["type"]) == ("InProgress", "VersionUpdate")
    assert {"type": "Version", "value": "1.36"} in made["params"]
    wait_for(installation.healthy, 30, "health")
    eks.get_waiter("cluster_active").wait(name=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert ended(cluster, made)["status"] == "Successful"
    agrees(installation, cluster, "1.36")
    # Nothing that is served here came with it.
    assert cluster.kubectl("api-resources", "--no-headers") == kinds
    (node,) = nodes_of(cluster, GROUP)
    wait_for(lambda: is_ready(cluster.get("node", node["metadata"]["name"])), 60, "a node that is ready")
    assert running(cluster) == before
    assert kubelets(cluster) == {f"v{patch_of(cluster, '1.35')}-eks-wharf"}
    refused_with(update, BAD, "Unsupported Kubernetes minor version update from 1.36 to 1.34", name=name, version="1.34")
    text = f"Update {made['id']} is not in progress"
    refused_with(eks.cancel_update, "InvalidRequestException", text, name=name, updateId=made["id"])
    refused_with(eks.cancel_update, "ResourceNotFoundException", "No update found for ID: none", name=name, updateId="none")


def test_nodes_follow_when_they_are_told_to(cluster):
    (before,) = nodes_of(cluster, GROUP)
    assert group_of(cluster, GROUP)["version"] == "1.35"
    of = {"clusterName": cluster.name, "nodegroupName": GROUP}
    refused_with(cluster.eks.update_nodegroup_version, BAD, "no changes needed", **of)
    made = cluster.eks.update_nodegroup_version(**of, version="1.36")["update"]
    assert {"type": "Version", "value": "1.36"} in made["params"]
    assert ended(cluster, made, GROUP)["status"] == "Successful"
    group = group_of(cluster, GROUP)
    assert group["version"] == "1.36" and group["releaseVersion"].startswith(f"{patch_of(cluster, '1.36')}-")
    (after,) = wait_for(lambda: len(it := nodes_of(cluster, GROUP)) == 1 and it, 90, "one node again")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert kubelets(cluster) == {f"v{patch_of(cluster, '1.36')}-eks-wharf"}
    cluster.kubectl("rollout", "status", "deployment/kept", "--timeout=90s")


def test_a_cluster_goes_back_after_its_nodes(installation, cluster):
    eks, name = cluster.eks, cluster.name
    back = {"name": name, "version": "1.35"}
    text = f"Nodegroups {GROUP} must be updated to version 1.35 before rolling back cluster version"
    refused_with(eks.update_cluster_version, BAD, text, **back)
    assert cluster.described()["status"] == "ACTIVE"
    of = {"clusterName": name, "nodegroupName": GROUP}
    made = eks.update_nodegroup_version(**of, version="1.35")["update"]
    assert ended(cluster, made, GROUP)["status"] == "Successful"
    wait_for(lambda: kubelets(cluster) == {f"v{patch_of(cluster, '1.35')}-eks-wharf"}, 90, "nodes of the version before")
    cluster.kubectl("rollout", "status", "deployment/kept", "--timeout=90s")
    before = running(cluster)
    made = eks.update_cluster_version(**back, clientRequestToken="back")["update"]
    assert (made["status"], made["type"]) == ("InProgress", "VersionRollback")
    assert {"type": "Version", "value": "1.35"} in made["params"]
    assert eks.update_cluster_version(**back, clientRequestToken="back")["update"]["id"] == made["id"]
    installation.kill_child("server")
    wait_for(installation.healthy, 30, "health")
    eks.get_waiter("cluster_active").wait(name=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert ended(cluster, made)["status"] == "Successful"
    agrees(installation, cluster, "1.35")
    assert running(cluster) == before
    # There is no version before that one to go back to.
    refused_with(
        eks.update_cluster_version, BAD, "Unsupported Kubernetes minor version update from 1.35 to 1.34", name=name, version="1.34"
    )
    made = eks.update_cluster_version(name=name, version="1.36")["update"]
    assert made["type"] == "VersionUpdate" and ended(cluster, made)["status"] == "Successful"
    agrees(installation, cluster, "1.36")
