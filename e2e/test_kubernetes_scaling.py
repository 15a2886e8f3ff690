"""What pods and nodes use, as `kubectl top` shows it, and deployments that grow and shrink with their load."""

import json

import pytest

from harness import tools
from harness.installation import Installation
from harness.kubernetes import Cluster
from harness.kubernetes_pods import condition, node_of, sh
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch

pytestmark = pytest.mark.minutes(3.5)

IDLE = "trap exit TERM; while true; do sleep 1; done"
# Busy for as long as the file is there.
BUSY = "trap exit TERM; touch /tmp/busy; while true; do if [ -e /tmp/busy ]; then i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; else sleep 1; fi; done"


@pytest.fixture(scope="module")
def installation():
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def cluster(installation):
    with Cluster(installation) as cluster:
        cluster.role = profile(installation, MAY_PULL)
        arn = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
        yield cluster


@pytest.fixture(scope="module")
def node(installation, cluster):
    instance = launch(installation, cluster, USER_DATA)
    wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
    return instance["PrivateDnsName"]


def asks(cpu, memory="16Mi"):
    return {"requests": {"cpu": cpu, "memory": memory}}


def deploy(cluster, name, containers, replicas=1):
    labels = {"app": name}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(deployment))
    cluster.kubectl("rollout", "status", f"deployment/{name}", "--timeout=50s")


def pods_of(cluster, name):
    return [it["metadata"]["name"] for it in cluster.get("pods", "-l", f"app={name}")["items"]]


def top(cluster, *arguments):
    """The lines that `kubectl top` prints; none as long as it has none."""
    done = cluster.kubectl("top", *arguments, "--no-headers", check=False)
    return [line.split() for line in done.stdout.splitlines()] if done.returncode == 0 else []


def millicores(text):
    return int(text.removesuffix("m"))


def scaler(cluster, name):
    return cluster.get("hpa", name)


def replicas(cluster, name):
    return cluster.get("deployment", name)["spec"]["replicas"]


def test_top_shows_what_is_measured(cluster, node, image):
    limits = {**asks("100m"), "limits": {"cpu": "300m"}}
    busy = sh(image, BUSY, name="busy", resources=limits)
    quiet = sh(image, IDLE, name="quiet", resources=asks("10m"))
    deploy(cluster, "measured", [busy, quiet])
    (pod,) = pods_of(cluster, "measured")

    def containers():
        return {it[1]: millicores(it[2]) for it in top(cluster, "pods", "-l", "app=measured", "--containers")}

    wait_for(lambda: 200 <= containers().get("busy", 0) <= 350, 180, "a busy container at its limit")
    assert containers()["quiet"] < 100
    ((name, cpu, memory),) = top(cluster, "pod", pod)
    assert name == pod and 200 <= millicores(cpu) <= 450 and memory.endswith("Mi"), (cpu, memory)
    (line,) = top(cluster, "nodes")
    assert line[0] == node and 200 <= millicores(line[1]) <= 2000, line
    assert line[2].endswith("%") and line[3].endswith("Mi") and line[4].endswith("%"), line
    older = tools.run(tools.program("kubectl-1.32"), "top", "pod", pod, env=cluster.environment()).stdout
    assert pod in older, older
    # The same for who reads the API itself.
    measured = json.loads(cluster.kubectl("get", "--raw", f"/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/{pod}"))
    assert {it["name"] for it in measured["containers"]} == {"busy", "quiet"}
    assert "NodeMetrics" in cluster.kubectl("api-resources", "--api-group=metrics.k8s.io")
    cluster.kubectl("delete", "deployment", "measured", "--timeout=50s")


def test_who_may_view_may_see_what_pods_use(cluster, node):
    cluster.kubectl("create", "serviceaccount", "reader")
    who = "--as=system:serviceaccount:default:reader"
    may = ("auth", "can-i", "list", "pods.metrics.k8s.io", who)
    assert cluster.kubectl(*may, check=False).stdout == "no\n"
    cluster.kubectl("create", "rolebinding", "reader", "--clusterrole=view", "--serviceaccount=default:reader")
    wait_for(lambda: cluster.kubectl(*may, check=False).stdout == "yes\n", 30, "what view lets see")
    # A pod that another test began a moment ago has not been measured yet.
    wait_for(lambda: cluster.kubectl("top", "pods", who, check=False).returncode == 0, 60, "figures of pods")


def test_a_deployment_grows_under_load_and_shrinks_after_it(cluster, node, image):
    limits = {**asks("100m"), "limits": {"cpu": "300m"}}
    deploy(cluster, "loaded", [sh(image, BUSY, resources=limits)])
    cluster.kubectl("autoscale", "deployment", "loaded", "--cpu=50%", "--min=1", "--max=3")
    wait_for(lambda: replicas(cluster, "loaded") == 3, 180, "as many pods as there may be")
    cluster.kubectl("rollout", "status", "deployment/loaded", "--timeout=50s")
    found = scaler(cluster, "loaded")
    assert condition(found, "ScalingActive") == "True" and condition(found, "ScalingLimited") == "True", found["status"]
    events = cluster.get("events", "--field-selector=involvedObject.name=loaded,reason=SuccessfulRescale")["items"]
    assert any("above target" in it["message"] for it in events), events
    assert "loaded" in cluster.kubectl("get", "hpa", "loaded")
    # The load ends, and nobody waits five minutes.
    behavior = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
    cluster.kubectl("patch", "hpa", "loaded", "--type=merge", "-p", json.dumps(behavior))
    for pod in pods_of(cluster, "loaded"):
        cluster.kubectl("exec", pod, "--", "rm", "/tmp/busy")
    wait_for(lambda: replicas(cluster, "loaded") == 1, 120, "one pod again")

    def told():
        events = cluster.get("events", "--field-selector=involvedObject.name=loaded,reason=SuccessfulRescale")["items"]
        return any("All metrics below target" in it["message"] for it in events)

    # An event is written after what it tells of.
    wait_for(told, 30, "an event of the smaller number")
    cluster.kubectl("delete", "hpa,deployment", "loaded", "--timeout=50s")


def test_one_container_of_several(cluster, node, image):
    limits = {**asks("50m"), "limits": {"cpu": "200m"}}
    busy = sh(image, BUSY, name="busy", resources=limits)
    # It asks for nothing, which only a metric of the whole pod would mind.
    deploy(cluster, "partly", [busy, sh(image, IDLE, name="quiet")])
    target = {"type": "AverageValue", "averageValue": "100m"}
    metric = {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "busy", "target": target}}
    made = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "partly"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "partly"},
            "maxReplicas": 2,
            "metrics": [metric],
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(made))
    wait_for(lambda: replicas(cluster, "partly") == 2, 90, "another pod")
    cluster.kubectl("delete", "hpa,deployment", "partly", "--timeout=50s")


def test_what_cannot_be_measured_is_said(cluster, node, image):
    deploy(cluster, "unmeasured", [sh(image, IDLE)])
    cluster.kubectl("autoscale", "deployment", "unmeasured", "--cpu=50%", "--min=1", "--max=3")

    def why():
        conditions = scaler(cluster, "unmeasured").get("status", {}).get("conditions", [])
        return next((it["message"] for it in conditions if it["type"] == "ScalingActive"), "")

    wait_for(lambda: "missing request for cpu in container main of Pod unmeasured-" in why(), 60, "a missing request")
    external = [{"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "5"}}}]
    cluster.kubectl("patch", "hpa", "unmeasured", "--type=merge", "-p", json.dumps({"spec": {"metrics": external}}))
    wait_for(lambda: "(get queue.external.metrics.k8s.io)" in why(), 60, "a metric of nobody")
    assert replicas(cluster, "unmeasured") == 1
    cluster.kubectl("delete", "hpa,deployment", "unmeasured", "--timeout=50s")
