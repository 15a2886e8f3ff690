"""Ingresses and Services of type LoadBalancer: load balancers in front of pods, kept as their objects say."""

import json
import urllib.error
import urllib.request

import pytest

from harness import images
from harness.installation import Installation, free_port
from harness.kubernetes import Cluster
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, condition, launch, node_of

pytestmark = pytest.mark.minutes(5)

ALB = "alb.ingress.kubernetes.io"
NLB = "service.beta.kubernetes.io/aws-load-balancer"
QUICK = {f"{ALB}/healthcheck-interval-seconds": "5", f"{ALB}/healthcheck-timeout-seconds": "2"}
# A pod goes on answering until the load balancer leads nobody to it any more.
SERVE = "mkdir -p /www; echo {text} > /www/index.html; exec httpd -f -p 8080 -h /www"


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
        cluster.image = images.push(installation, "busybox")
        instance = launch(installation, cluster, USER_DATA)
        wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
        yield cluster


def deploy(cluster, name, text=None, replicas=1):
    container = {
        "name": "web",
        "image": cluster.image,
        "command": ["sh", "-c", SERVE.format(text=text or name)],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 8}}
    apply(
        cluster,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": name}},
                "template": template,
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "minReadySeconds": 8,
            },
        },
    )


def expose(cluster, name, kind="ClusterIP", port=80, **annotations):
    spec = {"type": kind, "selector": {"app": name}, "ports": [{"port": port, "targetPort": 8080}]}
    metadata = {"name": name, "annotations": {f"{NLB}-{key}": value for key, value in annotations.items()}}
    apply(cluster, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})


def apply(cluster, thing):
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(thing))


def path(service, path="/", kind="Prefix"):
    return {"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": {"number": 80}}}}


def ingress(cluster, name, port, rules, **annotations):
    annotations = {f"{ALB}/{key.replace('_', '-')}": value for key, value in annotations.items()}
    annotations = {f"{ALB}/scheme": "internet-facing", f"{ALB}/listen-ports": json.dumps([{"HTTP": port}]), **QUICK, **annotations}
    spec = {"ingressClassName": "alb", "rules": rules}
    metadata = {"name": name, "annotations": annotations}
    apply(cluster, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec})


def hostname(cluster, kind, name):
    shown = cluster.get(kind, name)["status"].get("loadBalancer", {}).get("ingress", [{}])
    return shown[0].get("hostname")


def get(port, host=None, path="/"):
    """Status and body."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def events(cluster, name, reason):
    found = cluster.get("events", "--field-selector", f"involvedObject.name={name},reason={reason}")["items"]
    return [it["message"] for it in found]


@pytest.fixture(scope="module")
def web(cluster):
    """A port of an Ingress that leads to two Deployments."""
    for name in ("one", "two"):
        deploy(cluster, name)
        expose(cluster, name)
    port = free_port()
    rules = [
        {"http": {"paths": [path("one"), path("two", "/two", "Exact")]}},
        {"host": "two.example", "http": {"paths": [path("two")]}},
    ]
    ingress(cluster, "web", port, rules, target_group_attributes="deregistration_delay.timeout_seconds=4")
    wait_for(lambda: get(port) == (200, "one"), 90, "an answer through the load balancer")
    return port


def test_an_ingress_answers(installation, cluster, web):
    name = hostname(cluster, "ingress", "web")
    assert name.startswith("k8s-default-web-") and name.endswith(".elb.localhost")
    assert cluster.get("ingressclass", "alb")["spec"]["controller"] == "ingress.k8s.aws/alb"
    assert "ingress.k8s.aws/resources" in cluster.get("ingress", "web")["metadata"]["finalizers"]
    wait_for(lambda: events(cluster, "web", "SuccessfullyReconciled"), 20, "word of success")
    elb = installation.client("elbv2")
    (made,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["DNSName"] == name]
    (tags,) = elb.describe_tags(ResourceArns=[made["LoadBalancerArn"]])["TagDescriptions"]
    tags = {it["Key"]: it["Value"] for it in tags["Tags"]}
    assert tags["elbv2.k8s.aws/cluster"] == cluster.name and tags["ingress.k8s.aws/stack"] == "default/web"
