"""The name service of a cluster: what pods find by the names of services, and by the names of everybody else."""

import contextlib
import json
import os
import signal

import pytest

from harness import images, processes
from harness.kubernetes_pods import apply, sh, wait_phase
from harness.waiting import wait_for
from test_kubernetes_services import SERVE, WAIT, joined, node_in

pytestmark = pytest.mark.minutes(2)

# Asks for names as programs do, and for records by hand: `A name…` prints addresses, `PTR address` names, `SRV name` targets and ports.
LOOK = r"""
import random, socket, struct, sys
what, name = sys.argv[1:3]
if what == "A":
    try:
        found = {it[4][0] for it in socket.getaddrinfo(name, None, socket.AF_INET)}
    except socket.gaierror:
        found = set()
    print(*sorted(found))
    sys.exit()
kinds = {"SRV": 33, "PTR": 12, "TXT": 16, "CNAME": 5}
server = next(line.split()[1] for line in open("/etc/resolv.conf") if line.startswith("nameserver"))
if what == "PTR":
    name = ".".join(reversed(name.split("."))) + ".in-addr.arpa"
labels = b"".join(bytes([len(it)]) + it.encode() for it in name.split(".")) + b"\0"
asked = struct.pack(">HHHHHH", random.randrange(65536), 0x100, 1, 0, 0, 0) + labels + struct.pack(">HH", kinds[what], 1)
if "tcp" in sys.argv:
    stream = socket.create_connection((server, 53), 5)
    stream.sendall(struct.pack(">H", len(asked)) + asked)
    size, = struct.unpack(">H", stream.recv(2, socket.MSG_WAITALL))
    data = stream.recv(size, socket.MSG_WAITALL)
else:
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.settimeout(5)
    datagrams.sendto(asked, (server, 53))
    data = datagrams.recv(65536)

def name_at(at):
    parts = []
    while data[at]:
        if data[at] >= 0xC0:
            return parts + name_at(struct.unpack(">H", data[at:at + 2])[0] & 0x3FFF)[0], at + 2
        parts.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    return parts, at + 1

code, count = data[3] & 15, struct.unpack(">H", data[6:8])[0]
at = 12 + len(labels) + 4
found = [f"code={code}"]
for _ in range(count):
    _, at = name_at(at)
    kind, _, ttl, size = struct.unpack(">HHIH", data[at:at + 10])
    at += 10
    if kind == 33:
        port, = struct.unpack(">H", data[at + 4:at + 6])
        found.append(".".join(name_at(at + 6)[0]) + f":{port}")
    elif kind in (5, 12):
        found.append(".".join(name_at(at)[0]))
    elif kind == 16:
        found.append(data[at + 1:at + size].decode())
    at += size
print(*found[:1], *sorted(found[1:]))
"""


# Asks for a name that there is and for one that there is not, all the while: a line for both.
ASKS = 'while sleep 0.2; do echo "$(python3 -c "$0" A web) $(python3 -c "$0" SRV none.default.svc.cluster.local)" >> /tmp/asked; done'


def with_client(installation, cluster):
    image = images.push(installation, "python")
    apply(cluster, "client", {"containers": [sh(image, WAIT)], "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "client", "Running")
    return cluster


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        node_in(installation, cluster)
        yield with_client(installation, cluster)


@pytest.fixture(scope="module")
def busybox(installation):
    return images.push(installation, "busybox")


def looked(cluster, *asked, pod="client"):
    return cluster.kubectl("exec", pod, "--", "python3", "-c", LOOK, *asked).split()


def made(cluster, *objects):
    cluster.kubectl("apply", "-f", "-", stdin="\n---\n".join(json.dumps(it) for it in objects))


def service(name, namespace="default", **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def test_a_service_is_found_by_each_of_its_names(cluster):
    cluster.kubectl("create", "namespace", "shop")
    port = [{"name": "http", "port": 80, "targetPort": 8080}]
    made(cluster, service("web", selector={"app": "web"}, ports=port), service("cart", "shop", selector={"app": "cart"}, ports=port))
    web = cluster.get("service", "web")["spec"]["clusterIP"]
    cart = cluster.get("service", "cart", "-n", "shop")["spec"]["clusterIP"]
    wait_for(lambda: looked(cluster, "A", "web") == [web], 10, "the name of a new service")
    for name in ["web.default", "web.default.svc", "web.default.svc.cluster.local", "WEB.Default.svc.cluster.local"]:
        assert looked(cluster, "A", name) == [web], name
    for name in ["cart.shop", "cart.shop.svc.cluster.local"]:
        assert looked(cluster, "A", name) == [cart], name
    assert looked(cluster, "A", "cart") == [] and looked(cluster, "A", "nothing.shop") == []
    assert looked(cluster, "PTR", web) == ["code=0", "web.default.svc.cluster.local"]
    for way in ("udp", "tcp"):
        found = looked(cluster, "SRV", "_http._tcp.web.default.svc.cluster.local", way)
        assert found == ["code=0", "web.default.svc.cluster.local:80"], way
    assert looked(cluster, "TXT", "dns-version.cluster.local") == ["code=0", "1.1.0"]
    assert looked(cluster, "SRV", "_http._tcp.none.default.svc.cluster.local") == ["code=3"]
    own = cluster.get("service", "kubernetes")["spec"]["clusterIP"]
    assert looked(cluster, "A", "kubernetes.default") == [own]
    names = cluster.get("service", "kube-dns", "-n", "kube-system")["spec"]
    assert names["clusterIP"] == "10.100.0.10"


def test_a_service_elsewhere_is_another_name(cluster):
    made(cluster, service("outside", type="ExternalName", externalName="web.default.svc.cluster.local"))
    web = cluster.get("service", "web")["spec"]["clusterIP"]
    wait_for(lambda: looked(cluster, "A", "outside") == [web], 10, "the address behind the other name")
    assert looked(cluster, "CNAME", "outside.default.svc.cluster.local") == ["code=0", "web.default.svc.cluster.local"]


def test_pods_of_a_stateful_set_have_names_of_their_own(cluster, busybox):
    selector = {"app": "db"}
    pod = {"containers": [sh(busybox, SERVE, ports=[{"name": "http", "containerPort": 8080}])], "terminationGracePeriodSeconds": 1}
    template = {"metadata": {"labels": selector}, "spec": pod}
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {"serviceName": "db", "replicas": 2, "selector": {"matchLabels": selector}, "template": template},
    }
    port = [{"name": "http", "port": 8080, "targetPort": "http"}]
    made(cluster, service("db", clusterIP="None", selector=selector, ports=port), stateful)
    cluster.kubectl("rollout", "status", "statefulset/db", "--timeout=60s", timeout_s=70)

    def addresses():
        return {it["metadata"]["name"]: it["status"]["podIP"] for it in cluster.get("pods", "-l", "app=db")["items"]}

    wait_for(lambda: looked(cluster, "A", "db") == sorted(addresses().values()), 10, "all pods of the set")
    for name, address in addresses().items():
        assert looked(cluster, "A", f"{name}.db") == [address]
        assert looked(cluster, "PTR", address) == ["code=0", f"{name}.db.default.svc.cluster.local"]
    found = looked(cluster, "SRV", "_http._tcp.db.default.svc.cluster.local")
    assert found == ["code=0", "db-0.db.default.svc.cluster.local:8080", "db-1.db.default.svc.cluster.local:8080"]
    dashed = addresses()["db-0"].replace(".", "-")
    assert looked(cluster, "A", f"{dashed}.default.pod.cluster.local") == [addresses()["db-0"]]
    # The names follow the pods.
    cluster.kubectl("scale", "statefulset/db", "--replicas=1")
    wait_for(lambda: looked(cluster, "A", "db") == [addresses()["db-0"]] and looked(cluster, "A", "db-1.db") == [], 30, "one pod alone")


def test_endpoints_of_a_service_with_an_address_have_names(cluster, busybox):
    selector = {"app": "shown"}
    pod = {
        "containers": [sh(busybox, SERVE)],
        "hostname": "front",
        "subdomain": "shown",
        "terminationGracePeriodSeconds": 1,
    }
    named = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "named", "labels": selector}, "spec": pod}
    unnamed = {"containers": pod["containers"], "terminationGracePeriodSeconds": 1}
    other = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "unnamed", "labels": selector}, "spec": unnamed}
    made(cluster, service("shown", selector=selector, ports=[{"port": 80, "targetPort": 8080}]), named, other)
    addresses = {name: wait_phase(cluster, name, "Running")["status"]["podIP"] for name in ("named", "unnamed")}
    dashed = addresses["unnamed"].replace(".", "-")
    wait_for(lambda: looked(cluster, "A", f"{dashed}.shown") == [addresses["unnamed"]], 10, "the name of an endpoint")
    wait_for(lambda: looked(cluster, "A", "front.shown") == [addresses["named"]], 10, "the name of an endpoint with a host name")
    assert looked(cluster, "A", f"{addresses['named'].replace('.', '-')}.shown") == []
    assert looked(cluster, "A", "shown") == [cluster.get("service", "shown")["spec"]["clusterIP"]]
    assert looked(cluster, "PTR", addresses["named"]) == ["code=0", "front.shown.default.svc.cluster.local"]


def test_other_names_are_those_of_the_vpc(installation, cluster):
    node = cluster.get("nodes")["items"][0]["metadata"]["name"]
    [address] = [it["address"] for it in cluster.get("node", node)["status"]["addresses"] if it["type"] == "InternalIP"]
    assert looked(cluster, "A", node) == [address]
    assert looked(cluster, "A", "no-such-name.invalid") == []


def test_a_pod_may_ask_elsewhere(installation, cluster):
    python = images.push(installation, "python")
    spec = {"containers": [sh(python, WAIT)], "terminationGracePeriodSeconds": 1}
    apply(cluster, "as-the-node", {**spec, "dnsPolicy": "Default"})
    wait_phase(cluster, "as-the-node", "Running")
    assert looked(cluster, "A", "web.default.svc.cluster.local", pod="as-the-node") == []


def test_two_clusters_of_a_network_do_not_see_each_other(installation, cluster):
    with joined(installation) as other:
        node_in(installation, other)
        with_client(installation, other)
        made(other, service("theirs", ports=[{"port": 80}], clusterIP="10.100.77.77"))
        wait_for(lambda: looked(other, "A", "theirs") == ["10.100.77.77"], 10, "the other cluster's own")
        assert looked(cluster, "A", "theirs") == [] and looked(other, "A", "web") == []
        assert looked(cluster, "A", "web") != []


def test_names_are_answered_again_after_the_agent_was_killed(installation, cluster):
    web = cluster.get("service", "web")["spec"]["clusterIP"]
    installation.kill_child("node")
    wait_for(lambda: cluster.kubectl("exec", "client", "--", "true", check=False).returncode == 0, 60, "the agent again")
    wait_for(lambda: looked(cluster, "A", "web") == [web], 20, "an answer")


def test_an_agent_that_begins_while_the_server_is_away_answers_by_what_was_known(installation, cluster):
    web = cluster.get("service", "web")["spec"]["clusterIP"]
    books = installation.data / "node" / "pods" / "book"
    wait_for(lambda: any(json.dumps("web") in it.read_text() for it in books.glob("*.json")), 30, "the services on disk")
    cluster.kubectl("exec", "client", "--", "sh", "-c", f"({ASKS}) > /dev/null 2>&1 &", LOOK)
    # kubectl needs the server: the machine looks into the pod itself.
    (asker,) = wait_for(lambda: processes.with_argument("/tmp/asked"), 10, "the loop")
    asked = processes.PROC / str(asker) / "root" / "tmp" / "asked"
    known, unknown = f"{web} code=3", f"{web} code=2"
    wait_for(lambda: known in asked.read_text(), 20, "answers of a node that knows all")
    server = installation.child("server")
    os.kill(server, signal.SIGSTOP)
    try:
        installation.kill_child("node")
        wait_for(lambda: unknown in asked.read_text(), 60, "an answer by what was known")
    finally:
        os.kill(server, signal.SIGCONT)
    said = asked.read_text()
    assert known not in said.partition(unknown)[2], said
    wait_for(lambda: known in asked.read_text().partition(unknown)[2], 90, "answers of a node that knows all again")
    with contextlib.suppress(ProcessLookupError):
        processes.kill(asker)
