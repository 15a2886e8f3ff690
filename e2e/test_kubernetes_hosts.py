"""A cluster whose node is an instance on a joined machine: tasks of ECS on another machine and load balancers of a third one reach
its pods."""

import contextlib
import json
import re

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks, tools
from harness.hosts import SERVER, Host
from harness.installation import free_port
from harness.kubernetes import Cluster
from harness.kubernetes_balancers import apply, expose, get, hostname, ingress, path
from harness.kubernetes_pods import condition, node_of
from harness.names import Service, says
from harness.waiting import wait_for
from test_cut_off import host_of
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch

pytestmark = pytest.mark.minutes(1)

QUICK = {"healthcheck-interval": "5", "healthcheck-timeout": "2"}


@pytest.fixture(scope="module")
def hosts(server):
    """One for tasks alone, and one for instances alone; load balancers are carried by the machine of the server."""
    made = [Host(server, 1).join(), Host(server, 2, ["--instances"]).join()]
    yield made
    for host in made:
        host.close()
        with contextlib.suppress(ClientError):
            server.client("ecs").deregister_container_instance(containerInstance=host.instance, force=True)


@pytest.fixture(scope="module")
def cluster(server, hosts):
    with Cluster(server) as cluster:
        cluster.role = profile(server, MAY_PULL)
        arn = server.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
        cluster.node = launch(server, cluster, USER_DATA)
        wait_for(lambda: condition(node_of(cluster, cluster.node), "Ready") == "True", 120, "a node that is ready")
        yield cluster


@pytest.fixture(scope="module")
def pods(server, cluster):
    """A Deployment, whose pods say where they are."""
    image = images.push(server, "web")
    container = {
        "name": "web",
        "image": image,
        "env": [{"name": "PORT", "value": "8080"}, {"name": "VERSION", "value": "pod"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    apply(cluster, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s", timeout_s=100)
    return {it["metadata"]["name"]: it["status"]["podIP"] for it in cluster.get("pods", "-l", "app=web")["items"]}


@pytest.fixture(scope="module")
def asker(server, hosts, cluster):
    """A task of ECS on the first host, in the security group that nodes are in."""
    definition = tasks.register(
        server,
        images.push(server, "python"),
        "awsvpc",
        entryPoint=["python3", "-c"],
        command=[Service.SCRIPT],
        environment=[{"name": "WHO", "value": "asker"}],
    )
    groups = [it["GroupId"] for it in cluster.node["SecurityGroups"]]
    network = tasks.in_vpc(server, securityGroups=groups)
    answer = server.client("ecs").start_task(taskDefinition=definition, containerInstances=[hosts[0].instance], **network)
    assert not answer["failures"], answer["failures"]
    task = tasks.Task(server, answer["tasks"][0]["taskArn"], "/e2e")
    running = task.wait("RUNNING", 60)
    wait_for(lambda: says(running, "who") == "asker", 20, "the asker's answer")
    yield running
    task.stop(wait=False)


def test_an_instance_of_a_joined_machine_is_a_node(server, hosts, cluster, pods):
    assert host_of(server.client("ec2"), hosts, cluster.node["InstanceId"]) is hosts[1]
    assert condition(node_of(cluster, cluster.node), "Ready") == "True"
    # Nobody manages it but who made it.
    assert "eks.amazonaws.com/nodegroup" not in node_of(cluster, cluster.node)["metadata"]["labels"]
    for name, address in pods.items():
        assert cluster.kubectl("exec", name, "--", "cat", "/www/index.html").split() == ["pod", address]
        cluster.kubectl("logs", name)


def test_status_shows_the_cluster(server, cluster, pods):
    def shown(*arguments):
        return tools.run(tools.wharf(), "status", "--data", server.data, *arguments).stdout

    row = rf"^{cluster.name} +{cluster.described()['version']} +ACTIVE +1/1 +{len(pods)} +0 +0$"
    wait_for(lambda: re.search(row, shown(), re.M), 20, f"a row like {row}")
    assert shown().splitlines()[0].endswith(", 1 Kubernetes cluster")
    (seen,) = json.loads(shown("--json", "--cluster", cluster.name))["kubernetesClusters"]
    assert seen == {
        "name": cluster.name,
        "version": cluster.described()["version"],
        "status": "ACTIVE",
        "endpoint": cluster.described()["endpoint"],
        "nodes": 1,
        "readyNodes": 1,
        "runningPods": len(pods),
        "pendingPods": 0,
        "failedPods": 0,
    }


def test_other_machines_are_served_as_the_ranges_of_the_cluster_say(cluster, hosts):
    url = f"{cluster.described()['endpoint']}/readyz"

    def served():
        return [host.inside("curl", "-sk", "--max-time", "5", url, check=False).stdout == "ok" for host in hosts]

    def admit(*ranges):
        asked = {"name": cluster.name, "resourcesVpcConfig": {"publicAccessCidrs": list(ranges)}}
        update = {"name": cluster.name, "updateId": cluster.eks.update_cluster_config(**asked)["update"]["id"]}
        wait_for(lambda: cluster.eks.describe_update(**update)["update"]["status"] == "Successful", 30, f"a cluster that admits {ranges}")

    assert served() == [True, True]
    admit(f"{SERVER}/32", f"{hosts[1].address}/32")
    wait_for(lambda: served() == [False, True], 30, "no answer to the machine that no range covers")
    admit("0.0.0.0/0")
    wait_for(lambda: served() == [True, True], 30, "answers to everybody")


def test_a_task_on_another_machine_calls_pods_by_their_addresses(asker, pods):
    for address in pods.values():
        assert says(asker, "fetch", f"http://{address}:8080/").split() == ["pod", address]


def test_a_pod_calls_a_task_on_another_machine(cluster, asker, pods):
    address = tasks_address(asker)
    for name in pods:
        assert cluster.kubectl("exec", name, "--", "wget", "-q", "-O", "-", f"http://{address}/who") == '"asker"'


def tasks_address(task):
    return {it["name"]: it["value"] for it in task["attachments"][0]["details"]}["privateIPv4Address"]


@pytest.mark.parametrize("scheme", ["internet-facing", "internal"])
@pytest.mark.parametrize("kind", ["service", "ingress"])
def test_a_load_balancer_of_a_third_machine_leads_to_pods(cluster, asker, pods, kind, scheme):
    name, port = f"{kind}-{scheme}", free_port()
    if kind == "service":
        annotations = {f"service.beta.kubernetes.io/aws-load-balancer-{key}": value for key, value in ({"scheme": scheme} | QUICK).items()}
        spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": port, "targetPort": 8080}]}
        apply(cluster, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "annotations": annotations}, "spec": spec})
    else:
        expose(cluster, "web")
        ingress(cluster, name, port, [{"http": {"paths": [path("web")]}}], scheme=scheme)
    called = wait_for(lambda: hostname(cluster, kind, name), 90, "the name of its load balancer")
    expected = {f"pod {address}" for address in pods.values()}
    seen = set()

    def by_the_task():
        seen.add(says(asker, "fetch", f"http://{called}:{port}/").strip())
        return seen == expected

    wait_for(by_the_task, 60, f"answers of {expected} through {called}")
    if scheme == "internet-facing":
        wait_for(lambda: {get(port)[1] for _ in range(10)} == expected, 30, "their answers to this machine")
    cluster.kubectl("delete", kind, name, "--timeout=50s")
