"""API aggregation: a server of a user's own, in a pod behind a Service, answers stock clients below the cluster's address."""

import base64
import functools
import json

import pytest

from harness import images
from harness.kubernetes_pods import sh
from harness.waiting import wait_for
from test_kubernetes_services import joined, node_in
from test_kubernetes_webhooks import made

pytestmark = pytest.mark.minutes(1)

# Believes the API server's certificate alone, asks the cluster what a user may do, and keeps things in memory.
SERVE = """
import http.server, json, ssl, urllib.parse, urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/"
GROUP = "parts.example.com"

def ask(path, body=None):
    request = urllib.request.Request("https://kubernetes.default.svc" + path, body and json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + open(ACCOUNT + "token").read())
    request.add_header("Content-Type", "application/json")
    return json.load(urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ACCOUNT + "ca.crt")))

known = ask("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication")["data"]
things = {}
KIND = [{"group": GROUP, "version": "v1", "kind": "Thing"}]
SIZE = {"type": "integer", "description": "How large it is."}
DOCUMENT = {"swagger": "2.0", "paths": {}, "definitions": {
    "com.example.parts.v1.Thing": {"type": "object", "x-kubernetes-group-version-kind": KIND, "properties": {"size": SIZE}},
    "io.k8s.api.core.v1.Pod": {"type": "string"},
}}

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        path = self.path.split("?")[0].strip("/").split("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = dict(part[0] for part in self.connection.getpeercert()["subject"])
        if names["commonName"] not in json.loads(known["requestheader-allowed-names"]):
            return self.answer(401, {})
        user = self.headers["X-Remote-User"]
        if path == ["apis", GROUP, "v1"]:
            verbs = ["create", "delete", "get", "list"]
            kind = {"name": "things", "singularName": "thing", "namespaced": True, "kind": "Thing", "verbs": verbs, "shortNames": ["tg"]}
            scale = {"name": "things/scale", "singularName": "", "namespaced": True, "group": "autoscaling", "version": "v1", "kind": "Scale",
                "verbs": ["get", "update"]}
            return self.answer(200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP + "/v1", "resources": [kind, scale]})
        if path[:3] == ["apis", "external.metrics.k8s.io", "v1beta1"]:
            # As adapters have it: each metric is a kind.
            queue = {"name": "queue", "singularName": "", "namespaced": True, "kind": "ExternalMetricValueList", "verbs": ["get"]}
            listed = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "external.metrics.k8s.io/v1beta1", "resources": [queue]}
            labels = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("labelSelector", [""])[0]
            value = {"metricName": "queue", "metricLabels": {}, "timestamp": "2026-01-01T00:00:00Z", "value": "35" if labels == "of=orders" else "0"}
            told = {"kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1", "metadata": {}, "items": [value]}
            return self.answer(200, told if path[3:] == ["namespaces", "default", "queue"] else listed)
        if path == ["openapi", "v2"]:
            return self.answer(200, DOCUMENT)
        if path[:3] != ["apis", GROUP, "v1"]:
            return self.answer(404, {})
        space, name = path[4], "/".join(path[6:])
        verb = {"POST": "create", "DELETE": "delete"}.get(self.command, "get" if name else "list")
        asked = {"namespace": space, "group": GROUP, "resource": "things", "verb": verb}
        extra = {}
        for head, value in self.headers.items():
            if head.lower().startswith("x-remote-extra-"):
                extra.setdefault(urllib.parse.unquote(head[15:].lower()), []).append(value)
        groups = self.headers.get_all("X-Remote-Group")
        spec = {"user": user, "groups": groups, "extra": extra, "resourceAttributes": asked}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        may = ask("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]
        if self.command == "POST":
            thing = json.loads(body)
            thing["metadata"].update(namespace=space, annotations={"made-by": user, "may": str(may)})
            things[space, thing["metadata"]["name"]] = thing
            return self.answer(201, thing)
        if name.endswith("/scale"):
            thing = things.get((space, name[:-6]))
            if thing and self.command == "PUT":
                thing.update(size=json.loads(body)["spec"]["replicas"])
                thing["metadata"]["annotations"]["scaled-by"] = user
            size = thing and thing.get("size", 1)
            return self.answer(200, {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": name[:-6], "namespace": space},
                "spec": {"replicas": size}, "status": {"replicas": size, "selector": "app=nobody"}}) if thing else self.answer(404, {})
        if name:
            found = things.get((space, name))
            if found and self.command == "DELETE":
                del things[space, name]
            return self.answer(200, found) if found else self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                "reason": "NotFound", "code": 404, "message": f'things.{GROUP} "{name}" not found'})
        items = [it for (own, _), it in things.items() if own == space]
        self.answer(200, {"kind": "ThingList", "apiVersion": GROUP + "/v1", "metadata": {}, "items": items})

    do_GET = do_POST = do_PUT = do_DELETE = do

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("", 8443), Server)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations(cadata=known["requestheader-client-ca-file"])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
"""
GROUP = "parts.example.com"
THINGS = f"/apis/{GROUP}/v1/namespaces/default/things"


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        node_in(installation, cluster)
        yield cluster


@pytest.fixture(scope="module")
def served(installation, cluster, tmp_path_factory):
    certificate, key = made(tmp_path_factory.mktemp("tls"), "parts.parts.svc")
    kubectl = cluster.kubectl
    kubectl("create", "namespace", "parts")
    kubectl("-n", "parts", "create", "secret", "tls", "tls", f"--cert={certificate}", f"--key={key}")
    account = "--serviceaccount=parts:default"
    kubectl("create", "clusterrolebinding", "parts", "--clusterrole=system:auth-delegator", account)
    kubectl("-n", "kube-system", "create", "rolebinding", "parts", "--role=extension-apiserver-authentication-reader", account)
    container = sh(images.push(installation, "python"), "")
    container["command"] = ["python3", "-c", SERVE]
    container["readinessProbe"] = {"tcpSocket": {"port": 8443}, "periodSeconds": 1}
    container["volumeMounts"] = [{"name": "tls", "mountPath": "/tls"}]
    spec = {"containers": [container], "volumes": [{"name": "tls", "secret": {"secretName": "tls"}}], "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "parts", "namespace": "parts", "labels": {"app": "parts"}}, "spec": spec}
    kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    kubectl("-n", "parts", "expose", "pod", "parts", "--port=443", "--target-port=8443")
    for group, version in ((GROUP, "v1"), ("external.metrics.k8s.io", "v1beta1")):
        service = {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"{version}.{group}"},
            "spec": {
                "group": group,
                "version": version,
                "groupPriorityMinimum": 1000,
                "versionPriority": 15,
                "caBundle": base64.b64encode(certificate.read_bytes()).decode(),
                "service": {"namespace": "parts", "name": "parts"},
            },
        }
        kubectl("apply", "-f", "-", stdin=json.dumps(service))
        available = ("wait", "--for=condition=Available", f"apiservice/{version}.{group}", "--timeout=60s")
        kubectl(*available, timeout_s=70)


def test_kubectl_finds_and_uses_its_kinds(cluster, served):
    kubectl = cluster.kubectl
    assert "parts/parts   True" in kubectl("get", "apiservice", f"v1.{GROUP}")
    kinds = kubectl("api-resources", f"--api-group={GROUP}", "--no-headers").split()
    assert kinds == ["things", "tg", f"{GROUP}/v1", "true", "Thing"]
    thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "wheel"}}
    kubectl("create", "-f", "-", "--validate=false", stdin=json.dumps(thing))
    made_of = cluster.get("things", "wheel")["metadata"]["annotations"]
    # The server believed who asked, and the cluster told it what they may.
    assert made_of["made-by"] and made_of["may"] == "True", made_of
    assert "wheel" in kubectl("get", "tg")
    kubectl("delete", "thing", "wheel", "--wait=false")
    missing = kubectl("get", "thing", "wheel", check=False)
    assert f'things.{GROUP} "wheel" not found' in missing.stderr, missing.stderr


def test_who_may_not_is_not_passed_on(cluster, served):
    kubectl = cluster.kubectl
    refused = kubectl("get", "--raw", THINGS, "--as=jane", "--as-group=system:authenticated", check=False)
    assert 'User "jane" cannot list resource "things" in API group' in refused.stderr, refused.stderr
    kubectl("create", "role", "things", f"--resource=things.{GROUP}", "--verb=list,create")
    kubectl("create", "rolebinding", "things", "--role=things", "--user=jane")

    def allowed():
        return kubectl("get", "--raw", THINGS, "--as=jane", "--as-group=system:authenticated", check=False).returncode == 0

    wait_for(allowed, 10, "a role that is known")
    thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "axle"}}
    made_by = json.loads(kubectl("create", "-f", "-", "--validate=false", "-o=json", "--as=jane", stdin=json.dumps(thing)))
    assert made_by["metadata"]["annotations"] == {"made-by": "jane", "may": "True"}


def condition(cluster):
    (found,) = cluster.get("apiservice", f"v1.{GROUP}")["status"]["conditions"]
    return found["status"], found["reason"]


def test_an_autoscaler_scales_what_has_a_scale(cluster, served):
    kubectl = cluster.kubectl
    thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "fleet"}, "size": 1}
    kubectl("create", "--validate=false", "-f", "-", stdin=json.dumps(thing))
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "fleet"},
        "spec": {"scaleTargetRef": {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "name": "fleet"}, "minReplicas": 3, "maxReplicas": 5},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(scaler))
    read = functools.partial(kubectl, "get", "--raw", f"{THINGS}/fleet")
    wait_for(lambda: json.loads(read())["size"] == 3, 30, "the target to be scaled")
    assert json.loads(read())["metadata"]["annotations"]["scaled-by"] == "system:kube-controller-manager"
    scaler["spec"]["scaleTargetRef"]["kind"] = "Unknown"
    kubectl("apply", "-f", "-", stdin=json.dumps(scaler))

    def condition():
        told = cluster.get("horizontalpodautoscaler", "fleet").get("status", {}).get("conditions", [])
        return [it["message"] for it in told if it["type"] == "AbleToScale" and it["status"] == "False"]

    (why,) = wait_for(condition, 30, "a condition")
    assert 'no matches for kind "Unknown" in group' in why
    kubectl("delete", "hpa", "fleet")
    kubectl("delete", "--raw", f"{THINGS}/fleet")


def test_an_autoscaler_follows_what_an_adapter_measures(cluster, served):
    kubectl = cluster.kubectl
    thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "workers"}, "size": 1}
    kubectl("create", "--validate=false", "-f", "-", stdin=json.dumps(thing))
    metric = {"name": "queue", "selector": {"matchLabels": {"of": "orders"}}}
    external = {"metric": metric, "target": {"type": "AverageValue", "averageValue": "10"}}
    target = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "name": "workers"}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "workers"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 9, "metrics": [{"type": "External", "external": external}]},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(scaler))
    read = functools.partial(kubectl, "get", "--raw", f"{THINGS}/workers")
    wait_for(lambda: json.loads(read())["size"] == 4, 30, "as many as the queue asks for")
    wait_for(lambda: "/10 (avg)" in kubectl("get", "hpa", "workers", "--no-headers"), 30, "the metric in the table")
    status = cluster.get("hpa", "workers")["status"]
    (measured,) = status["currentMetrics"]
    assert measured["external"]["metric"] == metric
    conditions = {it["type"]: it["reason"] for it in status["conditions"]}
    assert conditions["ScalingActive"] == "ValidMetricFound", conditions
    kubectl("delete", "hpa", "workers")
    kubectl("delete", "--raw", f"{THINGS}/workers")


def test_its_kinds_are_explained_to_older_clients(cluster, served):
    """Those that read the document of OpenAPI 2."""
    document = json.loads(cluster.kubectl("get", "--raw", "/openapi/v2"))
    size = document["definitions"]["com.example.parts.v1.Thing"]["properties"]["size"]
    assert size["description"] == "How large it is."
    # What it says of the kinds of others is left out.
    assert document["definitions"]["io.k8s.api.core.v1.Pod"]["type"] == "object"


def test_one_that_cannot_prove_itself_is_not_spoken_to(cluster, served, tmp_path):
    kubectl = cluster.kubectl
    name = f"v1.{GROUP}"
    before = cluster.get("apiservice", name)["spec"]
    stranger, _ = made(tmp_path, "parts.parts.svc")
    kubectl("-n", "parts", "expose", "pod", "parts", "--name=other", "--port=443", "--target-port=8443")
    for spec, says in [
        ({"caBundle": base64.b64encode(stranger.read_bytes()).decode()}, "certificate"),
        ({"service": {"namespace": "parts", "name": "other"}}, "other.parts.svc"),
    ]:
        kubectl("patch", "apiservice", name, "--type=merge", "-p", json.dumps({"spec": spec}))
        wait_for(lambda: condition(cluster) == ("False", "FailedDiscoveryCheck"), 30, "a server that is not believed")
        (found,) = cluster.get("apiservice", name)["status"]["conditions"]
        assert says in found["message"] and "certificate" in found["message"], found
        refused = kubectl("get", "--raw", THINGS, check=False)
        assert refused.returncode != 0 and "wheel" not in refused.stdout, refused
        back = {"spec": {"caBundle": before["caBundle"], "service": before["service"]}}
        kubectl("patch", "apiservice", name, "--type=merge", "-p", json.dumps(back))
        wait_for(lambda: condition(cluster) == ("True", "Passed"), 30, "a server that is believed again")
    kubectl("get", "--raw", THINGS)


def test_one_that_is_gone_is_told_and_hurts_nobody(cluster, served):
    kubectl = cluster.kubectl
    kubectl("-n", "parts", "delete", "pod", "parts")

    wait_for(lambda: condition(cluster) == ("False", "MissingEndpoints"), 30, "a condition that says what is missing")
    refused = kubectl("get", "--raw", THINGS, check=False)
    assert "service unavailable" in refused.stderr or "unable to handle the request" in refused.stderr, refused.stderr
    # Controllers do not wait for it.
    kubectl("create", "namespace", "short")
    kubectl("delete", "namespace", "short", timeout_s=30)
    kubectl("delete", "apiservice", f"v1.{GROUP}")
    assert GROUP not in kubectl("api-versions")
