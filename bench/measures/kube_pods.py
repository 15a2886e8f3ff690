"""Clusters of EKS and their pods: how soon they are there, what an idle cluster takes, and how soon a namespace is gone."""

import base64
import concurrent.futures
import json
import pathlib
import re
import statistics
import sys
import tempfile
import time

import requests

from harness import images, kubernetes, tools
from harness.installation import Installation, free_port
from harness.kubernetes_pods import condition, node_of
from harness.load import Load, Port
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch

from . import peers

sys.path.insert(0, str(tools.REPOSITORY / "conformance"))

from cluster import write_kubeconfig  # noqa: E402 the folder had to be found first

TITLE = "Kubernetes: clusters and pods"
CLUSTERS, PODS, AT_ONCE, DEADLINE_S, POLL_S = 100, 20, 50, 120, 0.01
# A node of c5.xlarge takes 58 pods, and those that end count until they have.
ROLLED, SURGE, MIN_READY_S, GOES_ON_S, A_SECOND, ROLLED_WITHIN_S = 50, 4, 8, 5, 200, 400
NLB = "service.beta.kubernetes.io/aws-load-balancer"
METHOD = (
    f"`ready`: from CreateCluster until DescribeCluster says ACTIVE and the cluster's `/readyz` answers, asked every 20 ms; {CLUSTERS} clusters, one after the other, in one server. `idle`: what "
    "these add to the memory of the server, pages shared with others counted by their part. Then one node, a container instance of the type c5.xlarge on the machine itself, with pods of the busybox "
    f"image, which is there: `pod`: from its creation through the API until its condition Ready is True, asked every {POLL_S * 1000:.0f} ms, {PODS} one after the other. `at once`: {AT_ONCE} pods "
    "made from 16 connections, until all are Ready. `namespace`: that with these pods, which end at SIGTERM, from its deletion until it is not found. `rolling update`: a Deployment of 50 pods behind a Service of type LoadBalancer, "
    f"whose pods are ready for {MIN_READY_S} s before they count and go on for {GOES_ON_S} s once they are to end, {SURGE} more than 50 at most, none less: from `kubectl rollout restart` until all are new "
    f"and the old ones are gone, while the load balancer is asked by wrk {A_SECOND} times a second at most, and by a second client that waits for each answer and 10 ms more, "
    "over a new connection each time; what both asked is counted. Without peers: upstream's control plane makes no cluster and no container."
)
COLUMNS = ("what", "median", "worst")
MIB = 1 << 20


def run():
    with Installation(arguments=["--instances"]) as wharf, tempfile.TemporaryDirectory() as folder:
        wharf.start()
        return [*_clusters(wharf), *_pods(wharf, pathlib.Path(folder))]


def _clusters(wharf):
    def server():
        return peers.own_bytes([wharf.child("server")])

    role, subnets, eks = kubernetes.role(wharf), kubernetes.subnets(wharf), wharf.client("eks")
    before, took = server(), []
    for number in range(CLUSTERS):
        name, begun = f"many-{number}", time.monotonic()
        eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
        while not _is_ready(eks.describe_cluster(name=name)["cluster"]):
            assert time.monotonic() - begun < DEADLINE_S, f"cluster {number} is not ready"
            time.sleep(0.02)
        took.append(time.monotonic() - begun)
    each = (server() - before) / CLUSTERS / MIB
    for number in range(CLUSTERS):
        eks.delete_cluster(name=f"many-{number}")
    wait_for(lambda: not eks.list_clusters()["clusters"], DEADLINE_S, "clusters that are gone")
    return [
        ("cluster ready, s", f"{statistics.median(took):.2f}", f"{max(took):.2f}"),
        (f"idle cluster of {CLUSTERS}, MiB", f"{each:.1f}", "–"),
    ]


def _is_ready(cluster):
    if cluster["status"] != "ACTIVE":
        return False
    # Whoever it is: the answer counts.
    return requests.get(f"{cluster['endpoint']}/readyz", verify=False, timeout=5).status_code == 200  # noqa: S501


class Api:
    """A cluster's API, over connections that stay."""

    def __init__(self, cluster, folder):
        config = json.loads(write_kubeconfig(cluster, folder).read_text())
        server = config["clusters"][0]["cluster"]
        authority = folder / "authority.pem"
        authority.write_bytes(base64.b64decode(server["certificate-authority-data"]))
        self.url = server["server"]
        self.session = requests.Session()
        # The machine's own authorities would come before the cluster's.
        self.session.trust_env = False
        self.session.verify = str(authority)
        self.session.headers["Authorization"] = f"Bearer {config['users'][0]['user']['token']}"
        self.session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=32))

    def ask(self, method, path, body=None):
        answer = self.session.request(method, f"{self.url}/api/v1/namespaces{path}", json=body, timeout=30)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return answer.json()


def _pods(wharf, folder):
    image = images.push(wharf, "busybox")
    with kubernetes.Cluster(wharf) as cluster:
        cluster.role = profile(wharf, MAY_PULL)
        role = wharf.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=role, type="EC2_LINUX")
        instance = launch(wharf, cluster, USER_DATA, instance_type="c5.xlarge")
        wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", DEADLINE_S, "a node that is ready")
        api = Api(cluster, folder)
        # The image is there then.
        _until_ready(api, "default", [_make(api, "default", image, "first")])
        one_by_one = [_one(api, image, number) for number in range(PODS)]
        api.ask("POST", "", {"metadata": {"name": "many"}})
        wait_for(lambda: api.ask("GET", "/many/serviceaccounts/default"), DEADLINE_S, "the account of a namespace")
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            names = list(pool.map(lambda number: _make(api, "many", image, f"p{number}"), range(AT_ONCE)))
        _until_ready(api, "many", names)
        at_once = AT_ONCE / (time.monotonic() - begun)
        begun = time.monotonic()
        api.ask("DELETE", "/many")
        while api.ask("GET", "/many"):
            assert time.monotonic() - begun < DEADLINE_S, "the namespace is still there"
            time.sleep(POLL_S)
        gone = time.monotonic() - begun
        rolled = _rolled(cluster, image)
    return [
        ("pod ready, ms", f"{statistics.median(one_by_one) * 1000:.0f}", f"{max(one_by_one) * 1000:.0f}"),
        (f"{AT_ONCE} pods at once, pods / s", f"{at_once:.1f}", "–"),
        (f"namespace of {AT_ONCE} pods gone, s", f"{gone:.1f}", "–"),
        *rolled,
    ]


def _rolled(cluster, image):
    """What a rolling update under load takes, and what it costs those who ask."""
    port = free_port()
    container = {
        "name": "web",
        "image": image,
        "command": ["sh", "-c", "mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www"],
        "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}},
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(GOES_ON_S)]}}},
    }
    labels = {"app": "rolled"}
    spec = {
        "replicas": ROLLED,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": GOES_ON_S + 3}},
        "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": SURGE}},
        "minReadySeconds": MIN_READY_S,
    }
    annotations = {f"{NLB}-scheme": "internet-facing", f"{NLB}-healthcheck-interval": "5", f"{NLB}-healthcheck-timeout": "2"}
    service = {"type": "LoadBalancer", "selector": labels, "ports": [{"port": port, "targetPort": 8080}]}
    for thing in (
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "rolled"}, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "rolled", "annotations": annotations}, "spec": service},
    ):
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(thing))
    status = ("rollout", "status", "deployment/rolled", f"--timeout={ROLLED_WITHIN_S}s")
    cluster.kubectl(*status, timeout_s=ROLLED_WITHIN_S + 10)
    asked = Port(port)
    wait_for(lambda: asked.ask()[0] == 200, DEADLINE_S, "an answer through the load balancer")
    with Load(asked, a_second=A_SECOND) as load:
        begun = time.monotonic()
        cluster.kubectl("rollout", "restart", "deployment/rolled")
        cluster.kubectl(*status, timeout_s=ROLLED_WITHIN_S + 10)
        wait_for(lambda: len(cluster.get("pods", "-l", "app=rolled")["items"]) == ROLLED, DEADLINE_S, "the end of the old pods")
        took = time.monotonic() - begun
    if load.failures:
        print(f"failed: {load.failures[:10]}", flush=True)
    failed = sum(map(_count, load.failures))
    return [
        (f"rolling update of {ROLLED} pods, s", f"{took:.0f}", "–"),
        (f"of {load.requests + sum(load.bodies.values()):,} requests meanwhile failed", f"{failed}", "–"),
    ]


def _count(failure):
    """Of one that was seen, and of a line of wrk."""
    return sum(map(int, re.findall(r"\d+", failure.rpartition(":")[2]))) if isinstance(failure, str) else 1


def _make(api, namespace, image, name):
    script = "trap exit TERM; while :; do sleep 0.1; done"
    container = {"name": "c", "image": image, "command": ["sh", "-c", script], "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}}}
    api.ask("POST", f"/{namespace}/pods", {"metadata": {"name": name}, "spec": {"containers": [container]}})
    return name


def _one(api, image, number):
    begun = time.monotonic()
    name = _make(api, "default", image, f"one-{number}")
    _until_ready(api, "default", [name])
    took = time.monotonic() - begun
    api.ask("DELETE", f"/default/pods/{name}?gracePeriodSeconds=0")
    return took


def _until_ready(api, namespace, names):
    begun, left = time.monotonic(), list(names)
    while left:
        left = [name for name in left if condition(api.ask("GET", f"/{namespace}/pods/{name}"), "Ready") != "True"]
        assert time.monotonic() - begun < DEADLINE_S, f"{left} are not ready"
        if left:
            time.sleep(POLL_S)
