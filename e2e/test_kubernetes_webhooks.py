"""Webhooks: a program in a pod, behind a Service, changes, refuses and converts what stock kubectl writes."""

import base64
import json

import pytest

from harness import images, tools
from harness.waiting import wait_for
from test_kubernetes_nodes import sh
from test_kubernetes_services import joined, node_in

pytestmark = pytest.mark.minutes(1)

# Adds a label, refuses what is called bad, waits for long, answers with something else, or converts, by its path.
SERVE = """
import base64, http.server, json, ssl, time

class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        path = self.path.split("?")[0]
        if path == "/convert":
            return self.answer("ConversionReview", "apiextensions.k8s.io/v1", self.converted(request))
        response = {"uid": request["uid"], "allowed": True}
        it = request["object"] or request["oldObject"]
        if path == "/mutate":
            patch = [{"op": "add", "path": "/metadata/labels", "value": {**it["metadata"].get("labels", {}), "seen": request["operation"]}}]
            response.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(patch).encode()).decode(), warnings=["labelled"])
        elif path == "/deny" and (it.get("data") or {}).get("color") == "bad":
            seen = it["metadata"].get("labels", {}).get("seen")
            message = f"no {request['kind']['kind']} of {request['userInfo']['username'] != ''} {seen} dry={request['dryRun']}"
            response.update(allowed=False, status={"message": message, "code": 403, "reason": "Forbidden"})
        elif path == "/exec":
            response.update(allowed=False, status={"message": f"{request['operation']} {request['subResource']} {it['command']}"})
        elif path == "/slow":
            time.sleep(8)
        elif path == "/odd":
            response["uid"] = "another"
        self.answer("AdmissionReview", "admission.k8s.io/v1", response)

    def converted(self, request):
        to, all = request["desiredAPIVersion"], request["objects"]
        for it in all:
            it["apiVersion"], spec = to, it["spec"]
            if to.endswith("/v2"):
                host, port = spec["hostPort"].split(":")
                it["spec"] = {"host": host, "port": port}
            else:
                it["spec"] = {"hostPort": spec["host"] + ":" + spec["port"]}
        return {"uid": request["uid"], "result": {"status": "Success"}, "convertedObjects": all}

    def answer(self, kind, version, response):
        body = json.dumps({"kind": kind, "apiVersion": version, "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("", 8443), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
NAME = "hook.hooks.svc"


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        node_in(installation, cluster)
        for name in ("hooks", "watched", "others"):
            cluster.kubectl("create", "namespace", name)
        cluster.kubectl("label", "namespace", "watched", "hooked=yes")
        yield cluster


def made(folder, name):
    """A certificate that is its own authority, and its key."""
    paths = (folder / f"{name}.crt", folder / f"{name}.key")
    tools.run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
        *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-out", paths[0], "-keyout", paths[1]),
    )
    return paths


@pytest.fixture(scope="module")
def authority(installation, cluster, tmp_path_factory):
    """The webhook serves; what its certificate is checked by."""
    certificate, key = made(tmp_path_factory.mktemp("tls"), NAME)
    cluster.kubectl("-n", "hooks", "create", "secret", "tls", "tls", f"--cert={certificate}", f"--key={key}")
    container = sh(images.push(installation, "python"), "")
    container["command"] = ["python3", "-c", SERVE]
    container["readinessProbe"] = {"tcpSocket": {"port": 8443}, "periodSeconds": 1}
    container["volumeMounts"] = [{"name": "tls", "mountPath": "/tls"}]
    spec = {"containers": [container], "volumes": [{"name": "tls", "secret": {"secretName": "tls"}}], "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hook", "namespace": "hooks", "labels": {"app": "hook"}}, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    cluster.kubectl("-n", "hooks", "expose", "pod", "hook", "--port=443", "--target-port=8443")
    cluster.kubectl("-n", "hooks", "wait", "--for=condition=Ready", "pod/hook", "--timeout=60s", timeout_s=70)

    def ready():
        (subset,) = cluster.get("-n", "hooks", "endpoints", "hook").get("subsets") or [{}]
        return bool(subset.get("addresses"))

    wait_for(ready, 30, "an endpoint")
    return base64.b64encode(certificate.read_bytes()).decode()


class Registered:
    """A configuration of one webhook, there for as long as it is used."""

    def __init__(self, cluster, kind, authority, path, service="hook", resources=("configmaps",), **more):
        self.cluster, self.kind, self.name = cluster, f"{kind}webhookconfiguration", path.strip("/")
        rule = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": list(resources)}
        hook = {
            "name": f"{self.name}.example.com",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "namespaceSelector": {"matchLabels": {"hooked": "yes"}},
            "clientConfig": {"service": {"namespace": "hooks", "name": service, "path": path}, "caBundle": authority},
            "rules": [rule],
            **more,
        }
        kind = {"mutating": "MutatingWebhookConfiguration", "validating": "ValidatingWebhookConfiguration"}[kind]
        self.object = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": self.name},
            "webhooks": [hook],
        }

    def __enter__(self):
        self.cluster.kubectl("create", "-f", "-", stdin=json.dumps(self.object))
        return self

    def __exit__(self, *_):
        self.cluster.kubectl("delete", self.kind, self.name)


def create(cluster, name, *arguments, namespace="watched"):
    return cluster.kubectl("-n", namespace, "create", "configmap", name, *arguments, check=False)


def test_a_configuration_has_the_defaults_of_upstream(cluster):
    with Registered(cluster, "mutating", "", "/mutate") as it:
        (hook,) = cluster.get(it.kind, it.name)["webhooks"]
        expected = {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10, "reinvocationPolicy": "Never"}
        assert {name: hook[name] for name in expected} == expected
        assert hook["objectSelector"] == {} and hook["clientConfig"]["service"]["port"] == 443
        assert hook["rules"][0]["scope"] == "*"


def test_what_is_not_there_is_refused_by_name(cluster):
    by_address = Registered(cluster, "validating", "", "/url", clientConfig={"url": "https://169.254.169.254/"})
    refused = cluster.kubectl("create", "-f", "-", stdin=json.dumps(by_address.object), check=False)
    assert "clientConfig.url: Forbidden: webhooks at addresses are not supported" in refused.stderr, refused.stderr
    by_condition = Registered(cluster, "validating", "", "/cel", matchConditions=[{"name": "a", "expression": "true"}])
    refused = cluster.kubectl("create", "-f", "-", stdin=json.dumps(by_condition.object), check=False)
    assert "matchConditions: Forbidden: conditions in CEL are not supported" in refused.stderr, refused.stderr


def test_objects_are_changed_and_refused(cluster, authority):
    with Registered(cluster, "mutating", authority, "/mutate"), Registered(cluster, "validating", authority, "/deny"):
        said = create(cluster, "good")
        assert said.returncode == 0 and "Warning: labelled" in said.stderr, said.stderr
        labels = cluster.get("-n", "watched", "configmap", "good")["metadata"]["labels"]
        assert labels == {"seen": "CREATE"}
        refused = create(cluster, "bad", "--from-literal=color=bad")
        said = 'admission webhook "deny.example.com" denied the request: no ConfigMap of True CREATE dry=False'
        assert refused.returncode != 0 and said in refused.stderr, refused.stderr
        refused = create(cluster, "bad", "--from-literal=color=bad", "--dry-run=server")
        assert "dry=True" in refused.stderr, refused.stderr
        change = ("patch", "configmap", "good", "-p", '{"data": {"color": "%s"}}')
        cluster.kubectl("-n", "watched", *change[:-1], change[-1] % "blue")
        assert cluster.get("-n", "watched", "configmap", "good")["metadata"]["labels"] == {"seen": "UPDATE"}
        refused = cluster.kubectl("-n", "watched", *change[:-1], change[-1] % "bad", check=False)
        assert "denied the request: no ConfigMap of True UPDATE" in refused.stderr, refused.stderr
        # A namespace without the label is none of its.
        assert create(cluster, "bad", "--from-literal=color=bad", namespace="others").returncode == 0
        assert "labels" not in cluster.get("-n", "others", "configmap", "bad")["metadata"]
    with Registered(cluster, "validating", authority, "/deny"):
        assert create(cluster, "later").returncode == 0
    assert create(cluster, "bad", "--from-literal=color=bad").returncode == 0
    with Registered(cluster, "validating", authority, "/deny"):
        refused = cluster.kubectl("-n", "watched", "delete", "configmap", "bad", check=False)
        assert "denied the request: no ConfigMap" in refused.stderr, refused.stderr
    cluster.kubectl("-n", "watched", "delete", "configmap", "bad")


def test_sessions_are_refused(cluster, authority):
    more = {"resources": ["pods/exec"], "namespaceSelector": {}}
    with Registered(cluster, "validating", authority, "/exec", **more):
        refused = cluster.kubectl("-n", "hooks", "exec", "hook", "--", "true", check=False)
        assert "CONNECT exec ['true']" in refused.stderr, refused.stderr
    cluster.kubectl("-n", "hooks", "exec", "hook", "--", "true")


def test_a_webhook_that_cannot_be_asked_stops_writes_or_does_not(cluster, authority, tmp_path):
    for path, more, why in [
        ("/down", {"service": "gone"}, 'service "gone" not found'),
        ("/slow", {"timeoutSeconds": 1}, "context deadline exceeded"),
        ("/odd", {}, "received invalid webhook response: expected response.uid="),
    ]:
        name = path.strip("/")
        with Registered(cluster, "validating", authority, path, **more):
            refused = create(cluster, name)
            assert f'failed calling webhook "{name}.example.com": ' in refused.stderr and why in refused.stderr, refused.stderr
        with Registered(cluster, "validating", authority, path, failurePolicy="Ignore", **more):
            assert create(cluster, name).returncode == 0
    other, _ = made(tmp_path, "another.hooks.svc")
    with Registered(cluster, "validating", base64.b64encode(other.read_bytes()).decode(), "/other"):
        refused = create(cluster, "other")
        assert (
            'failed calling webhook "other.example.com": failed to call webhook: Post "https://hook.hooks.svc:443/other' in refused.stderr
        )
        assert "certificate" in refused.stderr, refused.stderr


def test_webhooks_do_not_judge_their_own_configurations(cluster, authority):
    rule = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"], "scope": "Cluster"}
    with Registered(cluster, "validating", authority, "/all", service="gone", rules=[rule], namespaceSelector={}):
        refused = cluster.kubectl("create", "namespace", "another", check=False)
        assert 'failed calling webhook "all.example.com"' in refused.stderr, refused.stderr
    cluster.kubectl("create", "namespace", "another")


def test_nobody_acts_as_a_part_of_the_platform(cluster):
    for name in ("system:apiserver", "eks:vpc-resource-controller", "eks:fargate-scheduler"):
        refused = cluster.kubectl("get", "namespaces", f"--as={name}", "--as-group=system:masters", check=False)
        assert refused.returncode != 0 and 'cannot impersonate resource "users"' in refused.stderr, refused.stderr
    cluster.kubectl("get", "namespaces", "--as=jane", "--as-group=system:masters")


def definition(authority, stored, service="hook"):
    def version(name, *fields):
        spec = {"type": "object", "properties": {field: {"type": "string"} for field in fields}}
        schema = {"type": "object", "properties": {"spec": spec}}
        return {"name": name, "served": True, "storage": name == stored, "schema": {"openAPIV3Schema": schema}}

    config = {"service": {"namespace": "hooks", "name": service, "path": "/convert"}, "caBundle": authority}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "places.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "places", "singular": "place", "kind": "Place", "listKind": "PlaceList"},
            "versions": [version("v1", "hostPort"), version("v2", "host", "port")],
            "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": config, "conversionReviewVersions": ["v1"]}},
        },
    }


def test_a_webhook_converts_between_the_versions_of_a_definition(cluster, authority):
    def apply(it, **more):
        return cluster.kubectl("-n", "others", "apply", "-f", "-", stdin=json.dumps(it), **more)

    def place(version, name, spec):
        return {"apiVersion": f"example.com/{version}", "kind": "Place", "metadata": {"name": name}, "spec": spec}

    def specs(version):
        items = cluster.get("-n", "others", f"places.{version}.example.com")["items"]
        assert all(it["apiVersion"] == f"example.com/{version}" for it in items)
        return [it["spec"] for it in items]

    apply(definition(authority, "v1"))
    cluster.kubectl("wait", "--for=condition=Established", "crd/places.example.com", "--timeout=20s")
    apply(place("v1", "a", {"hostPort": "x:1"}))
    apply(definition(authority, "v2"))
    apply(place("v2", "b", {"host": "y", "port": "2"}))
    assert specs("v1") == [{"hostPort": "x:1"}, {"hostPort": "y:2"}]
    assert specs("v2") == [{"host": "x", "port": "1"}, {"host": "y", "port": "2"}]
    # Applied again in the other version, as whoever moves from one to the other does.
    apply(place("v2", "a", {"host": "x", "port": "3"}))
    assert specs("v1")[0] == {"hostPort": "x:3"}
    apply(definition(authority, "v2", service="gone"))
    failed = cluster.kubectl("-n", "others", "get", "places.v1.example.com", check=False)
    asked = 'Post "https://gone.hooks.svc:443/convert?timeout=30s"'
    said = f'conversion webhook for example.com/v2, Kind=Place failed: {asked}: service "gone" not found'
    assert said in failed.stderr, failed.stderr
    assert len(specs("v2")) == 2
    cluster.kubectl("delete", "crd", "places.example.com", timeout_s=60)
