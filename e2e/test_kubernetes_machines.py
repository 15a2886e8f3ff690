"""A machine that joined is a node of a cluster by the word of its operator: all that it lends, on an instance of its own."""

import pytest

from harness import images, tools
from harness.hosts import Host
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, condition
from harness.waiting import wait_for
from test_cut_off import UNREACHABLE, host_of, taints
from test_ec2_instances import own_image_of, profile, state
from test_kubernetes_nodes import MAY_PULL

pytestmark = pytest.mark.minutes(2)

CORES, MEMORY = 2, 3072


@pytest.fixture(scope="module")
def hosts(server):
    """Two that keep instances, of the same size."""
    size = ["--instances", "--max-cpu", str(CORES), "--max-memory", str(MEMORY)]
    made = [Host(server, number, size).join() for number in (1, 2)]
    yield made
    for host in made:
        host.close()


@pytest.fixture(scope="module")
def cluster(server, hosts):
    with Cluster(server, mode="API") as cluster:
        cluster.role = profile(server, MAY_PULL)
        yield cluster


def dedicate(server, cluster, host, *arguments, check=True):
    """What the command printed; with check=False, what it said against it."""
    name = host.instance.rsplit("/", 1)[1]
    to = ["--cluster", cluster.name] if cluster else []
    command = [tools.wharf(), "node", "dedicate", name, *to, "--data", server.data, *arguments]
    done = tools.run(*command, check=check)
    return done.stdout if check else done.stderr


@pytest.fixture(scope="module")
def instance(server, cluster, hosts):
    """The second machine, as a node."""
    said = dedicate(server, cluster, hosts[1], "--profile", cluster.role, check=False)
    assert "needs an access entry of type EC2_LINUX" in said, said
    arn = server.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
    cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
    said = dedicate(server, cluster, hosts[1], "--profile", cluster.role)
    assert said.startswith("Joins: ") and f"with {CORES} cores and {MEMORY} MiB" in said, said
    return said.split("(", 1)[1].split(")", 1)[0]


def refusal_of_too_much(server, cluster, host):
    said = dedicate(server, cluster, host, "--profile", cluster.role, "--cpus", str(CORES + 1), check=False)
    assert "that nobody has" in said, said
    return said


def described(server, instance):
    (found,) = server.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    return found


def is_ready(server, cluster, instance):
    found = cluster.find("node", described(server, instance)["PrivateDnsName"])
    return condition(found, "Ready") == "True" and found


def answers(cluster, name):
    done = cluster.kubectl("get", "--raw", f"/api/v1/namespaces/default/pods/{name}:8080/proxy/", check=False)
    return done.stdout.split()


def test_the_machine_is_a_node_that_runs_a_pod(server, cluster, hosts, instance):
    node = wait_for(lambda: is_ready(server, cluster, instance), 120, "a node that is ready")
    assert host_of(server.client("ec2"), hosts, instance) is hosts[1]
    assert node["status"]["capacity"]["cpu"] == str(CORES)
    assert node["status"]["capacity"]["memory"] == f"{MEMORY // 1024}Gi"
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "wharf.machine"
    shown = described(server, instance)
    assert shown["InstanceType"] == "wharf.machine"
    assert {"Key": f"kubernetes.io/cluster/{cluster.name}", "Value": "owned"} in shown["Tags"]
    # Once is enough.
    said = dedicate(server, cluster, hosts[1], "--profile", cluster.role)
    assert said.startswith("There already: ") and instance in said, said
    environment = [{"name": "PORT", "value": "8080"}, {"name": "VERSION", "value": "machine"}]
    container = {"name": "web", "image": images.push(server, "web"), "env": environment}
    apply(cluster, "web", {"containers": [container], "terminationGracePeriodSeconds": 1})
    wait_for(lambda: answers(cluster, "web")[:1] == ["machine"], 60, "the pod's answer")
    assert cluster.get("pod", "web")["spec"]["nodeName"] == node["metadata"]["name"]


def test_nobody_else_comes_to_the_machine(server, cluster, hosts, instance):
    ec2 = server.client("ec2")
    kind = {"ImageId": own_image_of(server), "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    made = [ec2.run_instances(**kind)["Instances"][0]["InstanceId"] for _ in range(2)]
    for other in made:
        wait_for(lambda other=other: state(ec2, other) == "running", 60, "an instance that runs")
        assert host_of(ec2, hosts, other) is hosts[0]
    # And no more can be given than there is.
    said = refusal_of_too_much(server, cluster, hosts[0])
    assert f"{CORES} cores" not in said, said
    ec2.terminate_instances(InstanceIds=made)
    wait_for(lambda: f"{CORES} cores" in refusal_of_too_much(server, cluster, hosts[0]), 60, "the room of those that ended")
    said = dedicate(server, cluster, hosts[0], "--profile", "nobodys", check=False)
    assert "nobodys" in said, said
    said = dedicate(server, cluster, hosts[0], "--cancel", check=False)
    assert "gives nothing" in said, said


def test_it_is_a_node_again_when_its_programs_come_back(server, cluster, hosts, instance):
    host, name = hosts[1], described(server, instance)["PrivateDnsName"]
    uid = cluster.get("node", name)["metadata"]["uid"]
    host.kill()
    wait_for(lambda: condition(cluster.find("node", name), "Ready") == "Unknown", 120, "a node that is not heard of")
    # No other is ready: its pods stay.
    wait_for(lambda: (UNREACHABLE, "NoSchedule") in taints(cluster, name), 30, "a node that takes no more pods")
    assert "NoExecute" not in {effect for _, effect in taints(cluster, name)}
    host.boot()
    host.start_node()
    host.wait_connected(True, 60)
    wait_for(lambda: is_ready(server, cluster, instance), 120, "the same node, ready")
    assert cluster.get("node", name)["metadata"]["uid"] == uid
    wait_for(lambda: answers(cluster, "web")[:1] == ["machine"], 90, "the answer of the pod that runs again")


def test_the_operator_takes_it_back(server, cluster, hosts, instance):
    name = described(server, instance)["PrivateDnsName"]
    said = dedicate(server, cluster, hosts[1], "--cancel")
    assert said.startswith("Ends: ") and instance in said, said
    wait_for(lambda: state(server.client("ec2"), instance) == "terminated", 60, "the end of the instance")
    wait_for(lambda: cluster.is_gone("node", name), 120, "the end of the node")
    # A part of it, this time.
    said = dedicate(server, cluster, hosts[1], "--profile", cluster.role, "--cpus", "1", "--memory", "1024", "--disk", "8")
    assert "with 1 cores and 1024 MiB" in said, said
    other = said.split("(", 1)[1].split(")", 1)[0]
    wait_for(lambda: is_ready(server, cluster, other), 120, "a smaller node")
    # Whoever looks finds it, and ends it without a word about the cluster, which may be gone by then.
    gives = f"{other} to {cluster.name} ("
    assert gives in tools.run(tools.wharf(), "node", "list", "--data", server.data).stdout
    said = dedicate(server, None, hosts[1], "--cancel")
    assert said.startswith("Ends: ") and other in said and cluster.name in said, said
    assert gives not in tools.run(tools.wharf(), "node", "list", "--data", server.data).stdout
    assert "gives nothing" in dedicate(server, None, hosts[1], "--cancel", check=False)
