"""Services of Kubernetes carry traffic: pods and programs of nodes reach endpoints by cluster addresses, and the API server by its own."""

import json
import subprocess

import pytest

from harness import images
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, condition, node_of, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch

pytestmark = pytest.mark.minutes(1.5)

SERVE = "hostname > /tmp/index.html; trap exit TERM; httpd -f -p 8080 -h /tmp & while true; do sleep 1; done"
WAIT = "trap exit TERM; while true; do sleep 1; done"
# What programs in a cluster do: the address and the port of the environment, the token and the authority that are mounted.
ASK = """
import http.client, json, os, ssl, sys
place = "/var/run/secrets/kubernetes.io/serviceaccount"
context = ssl.create_default_context(cafile=f"{place}/ca.crt")
host, port = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
connection = http.client.HTTPSConnection(host, port, context=context, timeout=20)
connection.request("GET", sys.argv[1], headers={"Authorization": "Bearer " + open(f"{place}/token").read()})
answer = connection.getresponse()
print(answer.status, json.loads(answer.read())["kind"], host, port)
"""


def joined(installation):
    cluster = Cluster(installation)
    cluster.wait_active()
    cluster.role = profile(installation, MAY_PULL)
    arn = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
    cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
    return cluster


def node_in(installation, cluster):
    instance = launch(installation, cluster, USER_DATA)
    wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
    return instance


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(installation, cluster):
    return [node_in(installation, cluster) for _ in range(2)]


def web(cluster, image, nodes, name="web"):
    """A Deployment with a pod on each node, and its Service of the same name."""
    spread = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    selector = {"matchLabels": {"app": name}}
    container = sh(image, SERVE, readinessProbe={"exec": {"command": ["test", "!", "-e", "/tmp/shy"]}, "periodSeconds": 1})
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "containers": [container],
            "terminationGracePeriodSeconds": 1,
            "topologySpreadConstraints": [{**spread, "labelSelector": selector}],
        },
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": len(nodes), "selector": selector, "template": template},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(deployment))
    cluster.kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s", timeout_s=70)
    cluster.kubectl("expose", "deployment", name, "--port=80", "--target-port=8080")
    return cluster.get("service", name)["spec"]["clusterIP"]


def pods(cluster, name="web"):
    return {it["metadata"]["name"] for it in cluster.get("pods", "-l", f"app={name}")["items"]}


def answers(cluster, client, address, times=16, namespace="default"):
    """Who answered a client that asked so many times; what failed is `failed`."""
    script = f"for i in $(seq {times}); do timeout 3 wget -q -O - http://{address}/ || echo failed; done"
    return set(cluster.kubectl("-n", namespace, "exec", client, "--", "sh", "-c", script).split())


@pytest.fixture(scope="module")
def address(cluster, nodes, image):
    apply(cluster, "client", {"containers": [sh(image, WAIT)], "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "client", "Running")
    return web(cluster, image, nodes)


def test_a_cluster_address_spreads_over_the_pods_of_all_nodes(cluster, nodes, address):
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all pods")
    assert len(pods(cluster)) == len(nodes)


def test_a_pod_reaches_itself_by_its_service(cluster, address):
    pod = sorted(pods(cluster))[0]
    assert answers(cluster, pod, address) == pods(cluster)


def test_readiness_and_scaling_are_followed(cluster, address):
    shy, *rest = sorted(pods(cluster))
    cluster.kubectl("exec", shy, "--", "touch", "/tmp/shy")
    wait_for(lambda: answers(cluster, "client", address) == set(rest), 30, "answers of those that are ready")
    cluster.kubectl("exec", shy, "--", "rm", "/tmp/shy")
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all again")
    cluster.kubectl("scale", "deployment/web", "--replicas=0")
    refused = "timeout 3 wget -q -O - http://%s/ 2>&1 | grep -q 'Connection refused'" % address
    wait_for(
        lambda: cluster.kubectl("exec", "client", "--", "sh", "-c", refused, check=False).returncode == 0, 30, "a refusal without endpoints"
    )
    cluster.kubectl("scale", "deployment/web", "--replicas=2")
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s", timeout_s=70)
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of the new ones")


def test_a_service_has_an_address_of_a_further_range(cluster, address):
    assert cluster.get("ipaddress", address)["spec"]["parentRef"] == {"resource": "services", "namespace": "default", "name": "web"}
    kind = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": {"name": "more"},
        "spec": {"cidrs": ["192.168.77.0/28"]},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(kind))
    cluster.kubectl("wait", "servicecidr/more", "--for=condition=Ready", "--timeout=30s")
    spec = {"selector": {"app": "web"}, "clusterIP": "192.168.77.5", "ports": [{"port": 80, "targetPort": 8080}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "further"}, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(service))
    wait_for(lambda: answers(cluster, "client", "192.168.77.5") == pods(cluster), 30, "answers at an address of the range")
    assert answers(cluster, "client", "further") == pods(cluster)
    assert "services/default/further" in cluster.kubectl("get", "ipaddresses", "192.168.77.5")
    cluster.kubectl("delete", "servicecidr", "more", "--wait=false")
    cluster.kubectl("wait", "servicecidr/more", "--for=condition=Ready=false", "--timeout=30s")
    cluster.kubectl("delete", "service", "further")
    wait_for(lambda: cluster.is_gone("servicecidr", "more"), 30, "the end of the range")
    assert "NotFound" in cluster.kubectl("get", "ipaddress", "192.168.77.5", check=False).stderr


def test_a_service_without_a_selector_leads_where_its_endpoints_say(cluster, address):
    found = {it["metadata"]["name"]: {"ip": it["status"]["podIP"]} for it in cluster.get("pods", "-l", "app=web")["items"]}
    first, *_ = found
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "by-hand"},
        "spec": {"ports": [{"port": 80, "targetPort": 8080}]},
    }
    written = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "by-hand"}}

    def lead_to(some):
        subsets = [{"addresses": some, "ports": [{"port": 8080}]}]
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(written | {"subsets": subsets}))

    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(service))
    lead_to(list(found.values()))
    wait_for(lambda: answers(cluster, "client", "by-hand") == set(found), 30, "answers of all that the Endpoints name")
    lead_to([found[first]])
    wait_for(lambda: answers(cluster, "client", "by-hand") == {first}, 30, "answers of the one that is left")
    cluster.kubectl("delete", "endpoints", "by-hand")
    wait_for(lambda: answers(cluster, "client", "by-hand", times=1) == {"failed"}, 30, "nobody to answer")
    assert cluster.get("endpointslices", "-l", "kubernetes.io/service-name=by-hand")["items"] == []
    cluster.kubectl("delete", "service", "by-hand")


def test_a_client_stays_with_a_pod_by_affinity(cluster, address):
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"sessionAffinity": "ClientIP"}}')
    wait_for(lambda: len(answers(cluster, "client", address)) == 1, 30, "one pod for one client")
    assert answers(cluster, "client", address) <= pods(cluster)
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"sessionAffinity": "None"}}')
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all again")


def test_pods_and_services_are_reached_through_the_api_server(cluster, address):
    pod = sorted(pods(cluster))[0]
    assert cluster.kubectl("get", "--raw", f"/api/v1/namespaces/default/pods/{pod}:8080/proxy/").strip() == pod
    assert cluster.kubectl("get", "--raw", "/api/v1/namespaces/default/services/web/proxy/").strip() in pods(cluster)
    refused = cluster.kubectl("get", "--raw", f"/api/v1/namespaces/default/pods/{pod}:81/proxy/", check=False)
    assert "error trying to reach service" in refused.stderr, refused.stderr


def test_programs_in_the_nodes_network_are_led_too(cluster, nodes, image, address):
    spec = {
        "containers": [sh(image, WAIT)],
        "hostNetwork": True,
        "nodeName": nodes[0]["PrivateDnsName"],
        "terminationGracePeriodSeconds": 1,
    }
    apply(cluster, "of-the-node", spec)
    wait_phase(cluster, "of-the-node", "Running")
    assert answers(cluster, "of-the-node", address) == pods(cluster)


def internal_address(cluster, instance):
    node = cluster.get("node", instance["PrivateDnsName"])
    return next(it["address"] for it in node["status"]["addresses"] if it["type"] == "InternalIP")


def test_a_node_port_is_reached_at_every_node(cluster, nodes, image, address):
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"type": "NodePort"}}')
    port = cluster.get("service", "web")["spec"]["ports"][0]["nodePort"]
    places = {it["PrivateDnsName"]: f"{internal_address(cluster, it)}:{port}" for it in nodes}
    for place in places.values():
        wait_for(lambda at=place: answers(cluster, "client", at) == pods(cluster), 30, f"answers of all pods at {place}")
    # A program of one node, at its own as at the other's.
    for place in places.values():
        assert answers(cluster, "of-the-node", place) == pods(cluster)

    # Each node has one pod of the two.
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"externalTrafficPolicy": "Local"}}')
    home = pod_of(cluster, "client")["spec"]["nodeName"]
    [away] = [it for it in places if it != home]
    of_away = {it["metadata"]["name"] for it in cluster.get("pods", "-l", "app=web")["items"] if it["spec"]["nodeName"] == away}
    wait_for(lambda: answers(cluster, "client", places[away]) == of_away, 30, "answers of the node's own pod")
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"externalTrafficPolicy": "Cluster", "sessionAffinity": "ClientIP"}}')
    wait_for(lambda: len(answers(cluster, "client", places[away])) == 1, 30, "one pod for one client")
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"sessionAffinity": "None"}}')
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all again")


def test_a_cluster_address_can_lead_to_the_callers_own_node_alone(cluster, nodes, image, address):
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"type": "NodePort", "internalTrafficPolicy": "Local"}}')
    port = cluster.get("service", "web")["spec"]["ports"][0]["nodePort"]
    places = {it["PrivateDnsName"]: f"{internal_address(cluster, it)}:{port}" for it in nodes}
    for client in ("client", "of-the-node"):
        home = pod_of(cluster, client)["spec"]["nodeName"]
        of_home = {it["metadata"]["name"] for it in cluster.get("pods", "-l", "app=web")["items"] if it["spec"]["nodeName"] == home}
        assert len(of_home) == 1
        wait_for(lambda it=client, of=of_home: answers(cluster, it, address) == of, 30, f"the own node's pod alone for {client}")
        # A port of a node is for the outside, about which that policy says nothing.
        assert answers(cluster, client, places[home]) == pods(cluster), client
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"internalTrafficPolicy": "Cluster"}}')
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all again")


def test_a_service_that_another_proxy_is_to_lead_is_left_alone(cluster, address):
    label = "service.kubernetes.io/service-proxy-name"
    cluster.kubectl("label", "service", "web", f"{label}=mine")
    wait_for(lambda: answers(cluster, "client", address, times=1) == {"failed"}, 30, "nobody at the address")
    cluster.kubectl("label", "service", "web", f"{label}-")
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all again")


def test_traffic_stays_near_while_there_is_somebody_near(cluster, nodes, image, address):
    odd = cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"trafficDistribution": "PreferMoon"}}', check=False)
    assert 'supported values: "PreferClose", "PreferSameZone", "PreferSameNode"' in odd.stderr, odd.stderr
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"trafficDistribution": "PreferSameNode"}}')
    home = pod_of(cluster, "client")["spec"]["nodeName"]
    place = {it["metadata"]["name"]: it["spec"]["nodeName"] for it in cluster.get("pods", "-l", "app=web")["items"]}
    [near] = [name for name, node in place.items() if node == home]
    [far] = [name for name, node in place.items() if node != home]
    wait_for(lambda: answers(cluster, "client", address) == {near}, 30, "answers of the own node's pod alone")
    [piece] = cluster.get("endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
    for endpoint in piece["endpoints"]:
        assert endpoint["hints"] == {"forNodes": [{"name": endpoint["nodeName"]}], "forZones": [{"name": endpoint["zone"]}]}
    # It is a liking, not a policy: without a pod of the own node the other one answers.
    cluster.kubectl("exec", near, "--", "touch", "/tmp/shy")
    wait_for(lambda: answers(cluster, "client", address) == {far}, 30, "answers of the other node's pod")
    cluster.kubectl("exec", near, "--", "rm", "/tmp/shy")
    wait_for(lambda: answers(cluster, "client", address) == {near}, 30, "answers of the own node's pod again")
    cluster.kubectl("patch", "service", "web", "-p", '{"spec": {"trafficDistribution": null}}')
    wait_for(lambda: answers(cluster, "client", address) == pods(cluster), 30, "answers of all again")


def test_a_port_of_a_node_leads_to_its_pod(cluster, nodes, image, address):
    container = sh(image, SERVE, ports=[{"containerPort": 8080, "hostPort": 8088}])
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1, "nodeName": nodes[0]["PrivateDnsName"]}
    apply(cluster, "held", spec)
    wait_phase(cluster, "held", "Running")
    place = f"{internal_address(cluster, nodes[0])}:8088"
    for client in ("client", "of-the-node"):
        wait_for(lambda it=client: answers(cluster, it, place, times=1) == {"held"}, 30, f"an answer to {client}")
    # So do programs of the node, at each of its addresses.
    wait_for(lambda: answers(cluster, "of-the-node", "127.0.0.1:8088", times=1) == {"held"}, 30, "an answer by loopback")
    ports = [{"containerPort": 8080, "hostPort": 8089, "hostIP": "127.0.0.1"}]
    apply(cluster, "near", {**spec, "containers": [sh(image, SERVE, ports=ports)]})
    ports = [{"containerPort": 8080, "hostPort": 8089, "hostIP": internal_address(cluster, nodes[0])}]
    apply(cluster, "far", {**spec, "containers": [sh(image, SERVE, ports=ports)]})
    own = f"{internal_address(cluster, nodes[0])}:8089"
    for name in ("near", "far"):
        wait_phase(cluster, name, "Running")
    for at, expected in (("127.0.0.1:8089", "near"), (own, "far")):
        wait_for(lambda at=at, it=expected: answers(cluster, "of-the-node", at, times=1) == {it}, 30, f"an answer of {expected}")
    cluster.kubectl("delete", "pod", "near", "far", "--wait")
    # It is taken: another finds no place there, whoever bound it.
    apply(cluster, "late", spec)
    wait_phase(cluster, "late", "Failed")
    assert pod_of(cluster, "late")["status"]["reason"] == "NodePorts"
    cluster.kubectl("delete", "pod", "late", "held", "--wait")
    wait_for(lambda: answers(cluster, "client", place, times=1) == {"failed"}, 30, "no answer")


def test_pods_of_a_higher_priority_take_what_a_node_has_of_other_resources(cluster, nodes, image):
    node = nodes[0]["PrivateDnsName"]
    patch = ["patch", "node", node, "--subresource=status", "--type=merge", "-p"]
    cluster.kubectl(*patch, json.dumps({"status": {"capacity": {"example.com/foo": "1"}}}))
    allocatable = lambda: cluster.get("node", node)["status"]["allocatable"].get("example.com/foo")  # noqa: E731
    wait_for(lambda: allocatable() == "1", 30, "what pods may ask for")
    cluster.kubectl("create", "priorityclass", "urgent", "--value=1000")
    amount = {"example.com/foo": "1"}
    container = sh(image, WAIT, resources={"requests": amount, "limits": amount})
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    apply(cluster, "humble", spec)
    wait_phase(cluster, "humble", "Running")
    apply(cluster, "urgent", {**spec, "priorityClassName": "urgent"})
    wait_phase(cluster, "urgent", "Running")
    assert pod_of(cluster, "urgent")["spec"]["nodeName"] == node
    assert cluster.kubectl("get", "pod", "humble", check=False).returncode != 0
    cluster.kubectl("delete", "pod", "urgent")
    cluster.kubectl(*patch, json.dumps({"status": {"capacity": {"example.com/foo": None}}}))
    wait_for(lambda: allocatable() is None, 30, "none of it any more")


def test_a_pod_asks_its_api_server_with_its_token(installation, cluster, nodes):
    python = images.push(installation, "python")
    apply(cluster, "asks", {"containers": [sh(python, WAIT)], "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "asks", "Running")
    own = cluster.get("service", "kubernetes")["spec"]["clusterIP"]

    def ask(path):
        return cluster.kubectl("exec", "asks", "--", "python3", "-c", ASK, path).split()

    assert ask("/api/v1/namespaces/default/pods") == ["403", "Status", own, "443"]
    cluster.kubectl("create", "rolebinding", "asks", "--clusterrole=view", "--serviceaccount=default:default")
    wait_for(lambda: ask("/api/v1/namespaces/default/pods") == ["200", "PodList", own, "443"], 20, "pods, by its role")
    # Stock kubectl, with what it finds in a pod.
    command = [str(cluster.program), "exec", "-i", "asks", "--", "sh", "-c", "cat > /tmp/kubectl && chmod +x /tmp/kubectl"]
    with open(cluster.program, "rb") as program:
        subprocess.run(command, stdin=program, env=cluster.environment(), check=True, timeout=120)
    listed = cluster.kubectl("exec", "asks", "--", "/tmp/kubectl", "get", "pods", "-o", "name").split()
    assert "pod/asks" in listed and "pod/client" in listed, listed


def test_two_clusters_with_one_range_in_one_network(installation, cluster, nodes, image, address):
    with joined(installation) as other:
        node_in(installation, other)
        apply(other, "client", {"containers": [sh(image, WAIT)], "terminationGracePeriodSeconds": 1})
        apply(other, "theirs", {"containers": [sh(image, SERVE)], "terminationGracePeriodSeconds": 1}, labels={"app": "theirs"})
        wait_phase(other, "client", "Running")
        wait_phase(other, "theirs", "Running")
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "theirs"},
            "spec": {"clusterIP": address, "selector": {"app": "theirs"}, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        other.kubectl("apply", "-f", "-", stdin=json.dumps(service))
        wait_for(lambda: answers(other, "client", address, 4) == {"theirs"}, 30, "the other cluster's own")
        assert answers(cluster, "client", address) == pods(cluster)


def test_traffic_goes_on_without_the_agent_and_changes_are_followed_after(installation, cluster, address):
    assert answers(cluster, "client", address) == pods(cluster)
    # A loop inside of the pod asks all the while; kubectl itself needs the agent.
    loop = f"while sleep 0.1; do timeout 3 wget -q -O - http://{address}/ >> /tmp/seen || echo failed >> /tmp/seen; done"
    cluster.kubectl("exec", "client", "--", "sh", "-c", f"({loop}) > /dev/null 2>&1 &")
    installation.kill_child("node")
    count = "sort /tmp/seen | uniq -c"

    def seen():
        done = cluster.kubectl("exec", "client", "--", "sh", "-c", count, check=False)
        lines = [line.split() for line in done.stdout.splitlines()]
        return {who: int(number) for number, who in lines}

    wait_for(lambda: sum(seen().values()) > 50, 90, "answers over the agent's death")
    assert set(seen()) == pods(cluster)
    cluster.kubectl("scale", "deployment/web", "--replicas=1")
    wait_for(lambda: len(pods(cluster)) == 1 and answers(cluster, "client", address) == pods(cluster), 60, "the one that is left")
    assert pod_of(cluster, "client")["status"]["containerStatuses"][0]["restartCount"] == 0
