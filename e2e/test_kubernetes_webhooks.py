"""Webhooks: a program in a pod, behind a Service or at an address, changes, refuses and converts what stock kubectl writes."""

import base64
import json
import ssl
import urllib.error
import urllib.request

import pytest

from harness import images, tools
from harness.kubernetes_pods import sh
from harness.waiting import wait_for
from test_kubernetes_services import joined, node_in

pytestmark = pytest.mark.minutes(1)

# Adds a label, refuses what is called bad, waits for long, answers with something else, or converts, by its path.
SERVE = """
import base64, http.server, json, os, ssl, sys, time

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

folder = sys.argv[1]
while not os.path.exists(f"{folder}/tls.crt"):
    time.sleep(0.1)
server = http.server.ThreadingHTTPServer(("", 8443), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
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


def made(folder, name, *addresses):
    """A certificate that is its own authority, and its key."""
    names = ",".join([f"DNS:{name}", *(f"IP:{it}" for it in addresses)])
    paths = (folder / f"{name}.crt", folder / f"{name}.key")
    tools.run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
        *("-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-out", paths[0], "-keyout", paths[1]),
    )
    return paths


@pytest.fixture(scope="module")
def authority(installation, cluster, tmp_path_factory):
    """The webhook serves; what its certificate is checked by."""
    certificate, key = made(tmp_path_factory.mktemp("tls"), NAME)
    cluster.kubectl("-n", "hooks", "create", "secret", "tls", "tls", f"--cert={certificate}", f"--key={key}")
    container = sh(images.push(installation, "python"), "")
    container["command"] = ["python3", "-c", SERVE, "/tls"]
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
    for url, why in [
        ("http://10.0.0.1/", "Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]"),
        ("https://me@10.0.0.1/", 'Invalid value: "me": user information is not permitted in the URL'),
        ("https://10.0.0.1/?a=b", 'Invalid value: "a=b": query parameters are not permitted in the URL'),
        ("https://10.0.0.1/#a", 'Invalid value: "a": fragments are not permitted in the URL'),
        ("https:///a", 'Invalid value: "": host must be specified; desired format: https://host[/path]'),
    ]:
        by_address = Registered(cluster, "validating", "", "/url", clientConfig={"url": url})
        refused = cluster.kubectl("create", "-f", "-", stdin=json.dumps(by_address.object), check=False)
        assert f"clientConfig.url: {why}" in refused.stderr, refused.stderr
    both = Registered(cluster, "validating", "", "/url")
    both.object["webhooks"][0]["clientConfig"]["url"] = "https://10.0.0.1/"
    refused = cluster.kubectl("create", "-f", "-", stdin=json.dumps(both.object), check=False)
    assert "clientConfig: Required value: exactly one of url or service is required" in refused.stderr, refused.stderr
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


@pytest.fixture(scope="module")
def afar(installation, cluster, tmp_path_factory):
    """A pod that serves at its own address and at that of its Service: both addresses, and what its certificate is checked by."""
    container = sh(images.push(installation, "python"), "")
    container["command"] = ["python3", "-c", SERVE, "/tmp/tls"]
    container["readinessProbe"] = {"tcpSocket": {"port": 8443}, "periodSeconds": 1}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "afar", "namespace": "hooks", "labels": {"app": "afar"}}, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    cluster.kubectl("-n", "hooks", "expose", "pod", "afar", "--port=8443")
    wait_for(lambda: cluster.get("-n", "hooks", "pod", "afar")["status"]["phase"] == "Running", 60, "a pod that runs")
    addresses = (
        cluster.get("-n", "hooks", "pod", "afar")["status"]["podIP"],
        cluster.get("-n", "hooks", "service", "afar")["spec"]["clusterIP"],
    )
    certificate, key = made(tmp_path_factory.mktemp("afar"), "afar.example.com", *addresses)
    for path in (key, certificate):
        write = f"mkdir -p /tmp/tls && cat > /tmp/tls/new && mv /tmp/tls/new /tmp/tls/tls{path.suffix}"
        cluster.kubectl("-n", "hooks", "exec", "-i", "afar", "--", "sh", "-c", write, stdin=path.read_text())
    cluster.kubectl("-n", "hooks", "wait", "--for=condition=Ready", "pod/afar", "--timeout=60s", timeout_s=70)
    return addresses, base64.b64encode(certificate.read_bytes()).decode()


def at(url, authority):
    return {"clientConfig": {"url": url, **({"caBundle": authority} if authority else {})}}


def test_a_webhook_at_an_address_of_the_network_is_asked(cluster, afar):
    addresses, authority = afar
    for address in addresses:
        with (
            Registered(cluster, "mutating", "", "/mutate", **at(f"https://{address}:8443/mutate", authority)),
            Registered(cluster, "validating", "", "/deny", **at(f"https://{address}:8443/deny", authority)),
        ):
            said = create(cluster, "at-address")
            assert said.returncode == 0 and "Warning: labelled" in said.stderr, said.stderr
            assert cluster.get("-n", "watched", "configmap", "at-address")["metadata"]["labels"] == {"seen": "CREATE"}
            refused = create(cluster, "bad-at-address", "--from-literal=color=bad")
            said = 'admission webhook "deny.example.com" denied the request: no ConfigMap of True CREATE dry=False'
            assert refused.returncode != 0 and said in refused.stderr, refused.stderr
        cluster.kubectl("-n", "watched", "delete", "configmap", "at-address")
    # Whoever has no authority is to be known to the world.
    url = f"https://{addresses[0]}:8443/unknown"
    with Registered(cluster, "validating", "", "/unknown", **at(url, "")):
        refused = create(cluster, "unknown")
        said = f'failed calling webhook "unknown.example.com": failed to call webhook: Post "{url}?timeout=10s"'
        assert said in refused.stderr and "certificate" in refused.stderr, refused.stderr
    nobody = f"https://{addresses[0]}:8444/nobody"
    with Registered(cluster, "validating", "", "/nobody", **at(nobody, authority)):
        refused = create(cluster, "nobody")
        assert f'Post "{nobody}?timeout=10s": dial' in refused.stderr and "refused" in refused.stderr, refused.stderr


def test_what_only_the_server_reaches_is_no_webhook(installation, cluster):
    for address in (f"127.0.0.1:{installation.port}", "169.254.169.254", "[::1]:8443", "192.168.255.1", "localhost:1"):
        url = f"https://{address}/own"
        with Registered(cluster, "validating", "", "/own", **at(url, "")):
            refused = create(cluster, "own")
            said = f'failed calling webhook "own.example.com": failed to call webhook: Post "{url}?timeout=10s": dial tcp'
            assert refused.returncode != 0 and said in refused.stderr, refused.stderr
            assert "the address is not reached from a control plane" in refused.stderr, refused.stderr
        with Registered(cluster, "validating", "", "/own", failurePolicy="Ignore", **at(url, "")):
            assert create(cluster, "own").returncode == 0
        cluster.kubectl("-n", "watched", "delete", "configmap", "own")
    with Registered(cluster, "validating", "", "/own", **at("https://hook.hooks.invalid/own", "")):
        assert "dial tcp: lookup hook.hooks.invalid: no such host" in create(cluster, "own").stderr


def test_a_definition_is_converted_at_an_address(cluster, afar):
    (address, _), authority = afar
    it = definition(authority, "v1")
    it["spec"]["conversion"]["webhook"]["clientConfig"] = {"url": f"https://{address}:8443/convert", "caBundle": authority}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(it))
    cluster.kubectl("wait", "--for=condition=Established", "crd/places.example.com", "--timeout=20s")
    place = {"apiVersion": "example.com/v1", "kind": "Place", "metadata": {"name": "a"}, "spec": {"hostPort": "x:1"}}
    cluster.kubectl("-n", "others", "apply", "-f", "-", stdin=json.dumps(place))
    assert cluster.get("-n", "others", "places.v2.example.com", "a")["spec"] == {"host": "x", "port": "1"}
    cluster.kubectl("delete", "crd", "places.example.com", timeout_s=60)


ROLES = "pod-identity-webhook"
ARN = "arn:aws:iam::000000000000:role/pods"


def with_role(cluster, name, labels=None):
    """What a pod's container is told, whose service account has a role."""
    spec = {"serviceAccountName": "worker", "containers": [{"name": "c", "image": "none"}], "nodeSelector": {"never": "there"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}
    cluster.kubectl("-n", "others", "create", "-f", "-", stdin=json.dumps(pod))
    made = cluster.get("-n", "others", "pod", name)["spec"]["containers"][0]
    return {it["name"]: it["value"] for it in made.get("env", [])}


@pytest.fixture(scope="module")
def worker(cluster):
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "worker", "annotations": {"eks.amazonaws.com/role-arn": ARN}},
    }
    cluster.kubectl("-n", "others", "create", "-f", "-", stdin=json.dumps(account))


def test_roles_come_by_a_webhook_that_is_shown(cluster, worker):
    (shown,) = cluster.kubectl("get", "mutatingwebhookconfigurations", ROLES, "--no-headers").splitlines()
    assert shown.split()[:2] == [ROLES, "1"]
    (hook,) = cluster.get("mutatingwebhookconfiguration", ROLES)["webhooks"]
    assert hook["name"] == "iam-for-pods.amazonaws.com" and hook["failurePolicy"] == "Ignore"
    assert hook["reinvocationPolicy"] == "IfNeeded" and hook["sideEffects"] == "None"
    told = with_role(cluster, "with-role")
    assert told["AWS_ROLE_ARN"] == ARN and told["AWS_REGION"] == "us-east-1"
    assert with_role(cluster, "left-alone", {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}) == {}


def test_an_api_server_may_ask_for_roles_over_https(cluster, worker):
    (hook,) = cluster.get("mutatingwebhookconfiguration", ROLES)["webhooks"]
    authority = base64.b64decode(hook["clientConfig"]["caBundle"]).decode()
    context = ssl.create_default_context(cadata=authority)
    url = hook["clientConfig"]["url"]

    def ask(url, review, method="POST"):
        request = urllib.request.Request(url, json.dumps(review).encode(), {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, context=context, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, None

    pod = {"metadata": {"name": "a"}, "spec": {"serviceAccountName": "worker", "containers": [{"name": "c"}]}}
    resource = {"group": "", "version": "v1", "resource": "pods"}
    request = {"uid": "u-1", "resource": resource, "operation": "CREATE", "namespace": "others", "object": pod}
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    code, answer = ask(url, review)
    response = answer["response"]
    assert code == 200 and (response["uid"], response["allowed"], response["patchType"]) == ("u-1", True, "JSONPatch")
    paths = [it["path"] for it in json.loads(base64.b64decode(response["patch"]))]
    assert paths == ["/spec/containers/0/env", "/spec/containers/0/volumeMounts", "/spec/volumes"]
    pod["spec"]["serviceAccountName"] = "nobody"
    code, answer = ask(url, review)
    assert code == 200 and answer["response"] == {"uid": "u-1", "allowed": True}
    assert ask(url, {"kind": "Status"})[0] == 400
    assert ask(url, review, "PUT")[0] == 405
    # Without its key it is a path like others, for which one has to prove who one is.
    head, key, _ = url.rsplit("/", 2)
    assert ask(f"{head}/{key[::-1]}/mutate", review)[0] == 401


def test_the_webhook_of_roles_has_its_way_until_it_is_restored(installation, cluster, worker):
    before = cluster.get("mutatingwebhookconfiguration", ROLES)["webhooks"]
    elsewhere = [{"op": "replace", "path": "/webhooks/0/clientConfig/url", "value": "https://127.0.0.1:23443/mutate"}]
    cluster.kubectl("patch", "mutatingwebhookconfiguration", ROLES, "--type=json", "-p", json.dumps(elsewhere))
    assert with_role(cluster, "elsewhere") == {}
    installation.kill_child("server")
    wait_for(lambda: cluster.find("mutatingwebhookconfiguration", ROLES).get("webhooks") == before, 30, "the configuration as it was")
    assert with_role(cluster, "restored")["AWS_ROLE_ARN"] == ARN
    cluster.kubectl("delete", "mutatingwebhookconfiguration", ROLES)
    assert with_role(cluster, "without") == {}
    installation.kill_child("server")
    wait_for(lambda: cluster.find("mutatingwebhookconfiguration", ROLES), 30, "the configuration again")
    assert with_role(cluster, "again")["AWS_ROLE_ARN"] == ARN
