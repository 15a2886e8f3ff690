"""NetworkPolicies hold pods: who reaches whom between two nodes, from a pod's first packet on, while probes and the agent come and go."""

import json

import pytest

from harness.kubernetes_pods import apply, condition, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_kubernetes_services import SERVE, WAIT, joined, node_in

pytestmark = pytest.mark.minutes(1.5)

DNS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
# Each line of its output is what became of one address: an answer, or nothing.
TRY = "for it in {all}; do timeout 2 wget -q -O - http://$it/ 2>/dev/null || echo -; done"


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(installation, cluster):
    return [node_in(installation, cluster)["PrivateDnsName"] for _ in range(2)]


def run(cluster, image, name, node, script=WAIT, labels=None, namespace="default", **container):
    metadata = {"labels": labels or {}, "namespace": namespace}
    spec = {"containers": [sh(image, script, **container)], "terminationGracePeriodSeconds": 0, "nodeName": node}
    apply(cluster, name, spec, **metadata)


@pytest.fixture(scope="module")
def pods(cluster, nodes, image):
    """Addresses: `web` serves and is probed by port; `friend` is on its node, `stranger` on the other, `guest` in a namespace of its own."""
    here, there = nodes
    cluster.kubectl("create", "namespace", "guests")
    cluster.kubectl("label", "namespace", "guests", "team=blue")
    probe = {"tcpSocket": {"port": "http"}, "periodSeconds": 1, "failureThreshold": 1}
    ports = [{"name": "http", "containerPort": 8080}]
    run(cluster, image, "web", here, SERVE, {"app": "web"}, ports=ports, readinessProbe=probe)
    run(cluster, image, "friend", here, labels={"role": "friend"})
    run(cluster, image, "stranger", there, SERVE)
    run(cluster, image, "guest", there, namespace="guests")
    for name in ("web", "friend", "stranger"):
        wait_phase(cluster, name, "Running")
    cluster.kubectl("-n", "guests", "wait", "--for=condition=Ready", "pod/guest", "--timeout=60s", timeout_s=70)
    cluster.kubectl("expose", "pod", "web", "--port=80", "--target-port=8080", "--name=web")
    wait_for(lambda: condition(pod_of(cluster, "web"), "Ready") == "True", 30, "a web that is ready")
    address = {name: pod_of(cluster, name)["status"]["podIP"] for name in ("web", "friend", "stranger")}
    address["service"] = cluster.get("service", "web")["spec"]["clusterIP"]
    return address


def ask(cluster, client, *addresses, namespace="default"):
    """Which of the addresses answered, in their order."""
    done = cluster.kubectl("-n", namespace, "exec", client, "--", "sh", "-c", TRY.format(all=" ".join(addresses)))
    return [line != "-" for line in done.split()]


def callers(cluster, address):
    """Who reaches the address."""
    all_of_them = [("friend", "default"), ("stranger", "default"), ("guest", "guests")]
    return {name for name, namespace in all_of_them if ask(cluster, name, address, namespace=namespace) == [True]}


def policy(cluster, name, **spec):
    spec.setdefault("podSelector", {"matchLabels": {"app": "web"}})
    made = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(made))


@pytest.fixture(autouse=True)
def nothing_left(cluster):
    yield
    cluster.kubectl("delete", "networkpolicies", "--all")


def test_nobody_calls_a_pod_that_is_closed_but_its_node_and_its_probes(cluster, nodes, image, pods):
    web = f"{pods['web']}:8080"
    assert callers(cluster, web) == {"friend", "stranger", "guest"}
    policy(cluster, "closed", podSelector={}, policyTypes=["Ingress"])
    wait_for(lambda: callers(cluster, web) == set(), 20, "a pod that nobody reaches")
    assert ask(cluster, "web", web, pods["service"]) == [True, True], "itself, and by its service"
    assert ask(cluster, "web", f"{pods['stranger']}:8080") == [False], "the other is closed as well"
    spec = {"containers": [sh(image, WAIT)], "hostNetwork": True, "nodeName": nodes[0], "terminationGracePeriodSeconds": 0}
    apply(cluster, "of-the-node", spec)
    wait_phase(cluster, "of-the-node", "Running")
    assert ask(cluster, "of-the-node", web) == [True]
    assert condition(pod_of(cluster, "web"), "Ready") == "True"
    cluster.kubectl("delete", "networkpolicy", "closed")
    wait_for(lambda: callers(cluster, web) == {"friend", "stranger", "guest"}, 20, "an open pod again")


def test_callers_are_allowed_by_labels_namespaces_and_blocks(cluster, pods):
    web, service = f"{pods['web']}:8080", pods["service"]
    policy(cluster, "friends", ingress=[{"from": [{"podSelector": {"matchLabels": {"role": "friend"}}}]}])
    wait_for(lambda: callers(cluster, web) == {"friend"}, 20, "friends alone")
    # A service is no way around: who calls and who is called count.
    assert callers(cluster, service) == {"friend"}
    # Another policy adds to it; the name of a port is the pod's own.
    blue = {"namespaceSelector": {"matchLabels": {"team": "blue"}}}
    policy(cluster, "blue", ingress=[{"from": [blue], "ports": [{"port": "http"}]}])
    wait_for(lambda: callers(cluster, service) == {"friend", "guest"}, 20, "friends and guests")
    cluster.kubectl("label", "namespace", "guests", "team=red", "--overwrite")
    wait_for(lambda: callers(cluster, web) == {"friend"}, 20, "friends alone again")
    cluster.kubectl("label", "namespace", "guests", "team=blue", "--overwrite")
    cluster.kubectl("label", "pod", "stranger", "role=friend")
    wait_for(lambda: callers(cluster, web) == {"friend", "stranger", "guest"}, 20, "a new friend")
    cluster.kubectl("label", "pod", "stranger", "role-")
    cluster.kubectl("delete", "networkpolicy", "friends", "blue")
    block = {"ipBlock": {"cidr": "0.0.0.0/0", "except": [f"{pods['friend']}/32"]}}
    policy(cluster, "block", ingress=[{"from": [block], "ports": [{"port": 8000, "endPort": 8080}]}])
    wait_for(lambda: callers(cluster, web) == {"stranger", "guest"}, 20, "all but one address")


def test_a_pod_calls_only_whom_it_may(cluster, pods):
    friend = {"matchLabels": {"role": "friend"}}
    web, stranger = f"{pods['web']}:8080", f"{pods['stranger']}:8080"
    by_name = "web.default.svc.cluster.local"
    assert ask(cluster, "friend", web, stranger, by_name) == [True, True, True]
    policy(cluster, "out", podSelector=friend, policyTypes=["Egress"])
    wait_for(lambda: ask(cluster, "friend", web, stranger, by_name) == [False] * 3, 30, "a pod that calls nobody")
    to = [{"podSelector": {"matchLabels": {"app": "web"}}}]
    policy(cluster, "out", podSelector=friend, policyTypes=["Egress"], egress=[{"to": to, "ports": [{"port": 8080}]}])
    wait_for(lambda: ask(cluster, "friend", web, stranger, by_name) == [True, False, False], 30, "one pod, and no names")
    assert ask(cluster, "friend", pods["service"]) == [True], "its service leads there"
    names = {"to": [DNS], "ports": [{"port": 53, "protocol": "UDP"}]}
    policy(cluster, "names", podSelector=friend, policyTypes=["Egress"], egress=[names])
    wait_for(lambda: ask(cluster, "friend", web, stranger, by_name) == [True, False, True], 30, "names as well")


def first_call(cluster, name):
    wait_phase(cluster, name, "Running")
    return wait_for(lambda: cluster.kubectl("exec", name, "--", "cat", "/tmp/first", check=False).stdout.strip(), 20, "its first call")


def test_a_newcomer_is_closed_from_its_first_packet_and_stays_so_without_the_agent(installation, cluster, nodes, image, pods):
    policy(cluster, "closed", podSelector={}, policyTypes=["Egress"])
    # It says itself what its very first call came to.
    first = (
        f"timeout 2 wget -q -O - http://{pods['web']}:8080/ >/dev/null 2>&1 && echo open > /tmp/first || echo closed > /tmp/first; {WAIT}"
    )
    for number, node in enumerate(nodes):
        run(cluster, image, f"new-{number}", node, first)
    for number in range(len(nodes)):
        assert first_call(cluster, f"new-{number}") == "closed"
    # A loop inside of the pod asks all the while; kubectl itself needs the agent.
    loop = f"while sleep 0.1; do timeout 1 wget -q -O - http://{pods['web']}:8080/ && echo open >> /tmp/seen || echo - >> /tmp/seen; done"
    cluster.kubectl("exec", "new-0", "--", "sh", "-c", f"({loop}) > /dev/null 2>&1 &")
    installation.kill_child("node")
    seen = "sort /tmp/seen | uniq -c"

    def tried():
        done = cluster.kubectl("exec", "new-0", "--", "sh", "-c", seen, check=False)
        return done.stdout.split() if done.returncode == 0 else []

    wait_for(lambda: tried() and int(tried()[0]) >= 8, 60, "calls over the agent's death")
    assert tried()[1:] == ["-"]
    cluster.kubectl("delete", "networkpolicy", "closed")
    wait_for(lambda: "open" in tried(), 30, "a way that is open again")


def test_what_makes_no_sense_is_refused(cluster):
    def refused(**rule):
        made = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "odd"}}
        made["spec"] = {"podSelector": {}, "ingress": [rule]}
        done = cluster.kubectl("apply", "-f", "-", stdin=json.dumps(made), check=False)
        assert done.returncode != 0
        return done.stderr

    assert "may not be specified when `port` is not specified" in refused(ports=[{"endPort": 90}])
    assert "must be greater than or equal to `port`" in refused(ports=[{"port": 100, "endPort": 90}])
    block = {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}
    assert "must be a strict subset of `cidr`" in refused(**{"from": [{"ipBlock": block}]})
    assert "must specify a peer" in refused(**{"from": [{}]})
