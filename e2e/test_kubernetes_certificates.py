"""Certificates of a cluster's authority by CertificateSigningRequests, with kubectl as it comes; kinds of one's own explained."""

import base64
import json
import pathlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from harness.kubernetes import Cluster, name
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(0.5)

CLIENT = "kubernetes.io/kube-apiserver-client"
USAGES = ["client auth", "digital signature"]


@pytest.fixture(scope="module")
def cluster(wharf):
    with Cluster(wharf) as cluster:
        yield cluster


class Asked:
    """A key, and a request for a certificate of it."""

    def __init__(self, cluster, user, groups=(), signer=CLIENT, key=None, names=(), **spec):
        self.cluster, self.name = cluster, name("csr")
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, it) for it in groups]
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, user))
        made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
        if names:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(it) for it in names]), critical=False)
        pem = made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.object = {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {"name": self.name},
            "spec": {"request": base64.b64encode(pem).decode(), "signerName": signer, "usages": USAGES} | spec,
        }

    def create(self, *more, check=True):
        return self.cluster.kubectl("create", "-f", "-", *more, stdin=json.dumps(self.object), check=check)

    def read(self):
        return self.cluster.get("csr", self.name)

    def condition(self, kind):
        conditions = self.read()["status"].get("conditions", [])
        return next((it for it in conditions if it["type"] == kind), None)

    def certificate(self):
        wait_for(lambda: self.read()["status"].get("certificate"), 20, f"the certificate of {self.name}")
        return x509.load_pem_x509_certificate(base64.b64decode(self.read()["status"]["certificate"]))

    def kubeconfig(self):
        """As the user that the certificate is of."""
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        key = self.key.private_bytes(encoding, form, serialization.NoEncryption())
        described = self.cluster.described()
        server = {"server": described["endpoint"], "certificate-authority-data": described["certificateAuthority"]["data"]}
        user = {
            "client-certificate-data": base64.b64encode(self.certificate().public_bytes(encoding)).decode(),
            "client-key-data": base64.b64encode(key).decode(),
        }
        path = pathlib.Path(self.cluster.folder, self.name)
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": server}],
            "users": [{"name": "it", "user": user}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
        path.write_text(json.dumps(content))
        return str(path)


def test_an_approved_certificate_is_the_users(cluster):
    asked = Asked(cluster, "jane", ["dev", "ops"], expirationSeconds=3600)
    asked.create()
    assert asked.read()["spec"]["username"], "whoever sent it"
    assert not asked.read()["status"].get("certificate")
    assert "Pending" in cluster.kubectl("get", "csr", asked.name)
    cluster.kubectl("certificate", "approve", asked.name)
    certificate = asked.certificate()
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() == 65 * 60
    assert "Approved,Issued" in cluster.kubectl("get", "csr", asked.name)

    own = asked.kubeconfig()
    who = json.loads(cluster.kubectl("--kubeconfig", own, "auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert who["username"] == "jane"
    assert {"dev", "ops", "system:authenticated"} <= set(who["groups"])
    refused = cluster.kubectl("--kubeconfig", own, "get", "configmaps", check=False)
    assert refused.returncode and 'User "jane" cannot list resource "configmaps"' in refused.stderr
    cluster.kubectl("create", "rolebinding", "ops-view", "--clusterrole=view", "--group=ops")

    def sees():
        return cluster.kubectl("--kubeconfig", own, "get", "configmaps", check=False).returncode == 0

    wait_for(sees, 20, "the binding to count")
    refused = cluster.kubectl("--kubeconfig", own, "certificate", "approve", asked.name, check=False)
    assert refused.returncode, "who may view approves nothing"


def test_keys_of_rsa_are_signed_as_well(cluster):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    asked = Asked(cluster, "rsa", key=key)
    asked.create()
    cluster.kubectl("certificate", "approve", asked.name)
    said = cluster.kubectl("--kubeconfig", asked.kubeconfig(), "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
    assert said == "rsa"


def test_a_denied_request_gets_none(cluster):
    asked = Asked(cluster, "jane")
    asked.create()
    cluster.kubectl("certificate", "deny", asked.name)
    assert asked.condition("Denied")["status"] == "True"
    refused = cluster.kubectl("certificate", "approve", asked.name, check=False)
    assert refused.returncode, "a decision stays"
    # One that came later is signed: the signer has been past the first.
    later = Asked(cluster, "jane")
    later.create()
    cluster.kubectl("certificate", "approve", later.name)
    later.certificate()
    assert not asked.read()["status"].get("certificate")


def test_nobody_becomes_a_master_or_the_api_server(cluster):
    refused = Asked(cluster, "jane", ["system:masters"]).create(check=False)
    assert "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed" in refused.stderr
    usages = ["server auth", "digital signature"]
    signer = "kubernetes.io/kubelet-serving"
    server = Asked(cluster, "system:node:a", ["system:nodes"], signer, names=["kubernetes.default.svc"], usages=usages)
    server.create()
    cluster.kubectl("certificate", "approve", server.name)
    wait_for(lambda: server.condition("Failed"), 20, "a refusal")
    assert server.condition("Failed")["message"] == "subjectAltNames of the API server are not allowed"
    assert not server.read()["status"].get("certificate")


@pytest.fixture(scope="module")
def node(cluster):
    """The name of a node that tells its addresses, and never runs anything."""
    called = name("node")
    made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": called}}
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(made))
    addresses = [{"type": "InternalIP", "address": "10.1.2.3"}, {"type": "Hostname", "address": f"{called}.lan"}]
    patch = json.dumps({"status": {"addresses": addresses}})
    cluster.kubectl("patch", "node", called, "--subresource=status", "--type=merge", "-p", patch)
    return called


def test_a_node_gets_what_is_its_own(cluster, node):
    user, signer = f"system:node:{node}", "kubernetes.io/kubelet-serving"
    itself = [f"--as={user}", "--as-group=system:nodes"]
    client = Asked(cluster, user, ["system:nodes"], "kubernetes.io/kube-apiserver-client-kubelet")
    client.create(*itself)
    assert client.certificate().subject.rfc4514_string() == f"CN={user},O=system:nodes"
    said = cluster.kubectl("--kubeconfig", client.kubeconfig(), "get", "node", node, "-o", "name")
    assert said.strip() == f"node/{node}"

    usages = ["server auth", "digital signature"]
    foreign = Asked(cluster, user, ["system:nodes"], signer, names=[f"{node}.lan", "other.lan"], usages=usages)
    foreign.create(*itself)
    own = Asked(cluster, user, ["system:nodes"], signer, names=[f"{node}.lan", node], usages=usages)
    own.create(*itself)
    names = own.certificate().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [f"{node}.lan", node]
    assert not foreign.read()["status"].get("conditions"), "somebody has to decide"

    other = Asked(cluster, "system:node:other", ["system:nodes"], signer, names=["other"], usages=usages)
    assert f"can only create a node CSR with CN={user}" in other.create(*itself, check=False).stderr


def test_a_request_that_is_none_is_refused(cluster):
    asked = Asked(cluster, "jane")
    asked.object["spec"]["request"] = base64.b64encode(b"no PEM").decode()
    assert "PEM block type must be CERTIFICATE REQUEST" in asked.create(check=False).stderr


def definition(kind, schema):
    plural = kind.lower() + "s"
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [version],
        },
    }


def test_a_kind_of_ones_own_is_explained(cluster):
    size = {"type": "integer", "description": "How large it is."}
    spec = {"type": "object", "required": ["size"], "properties": {"size": size, "color": {"type": "string"}}}
    schema = {"type": "object", "description": "A thing that turns.", "properties": {"spec": spec}}
    made = definition("Wheel", schema)
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(made))
    wait_for(lambda: cluster.kubectl("get", "wheels", check=False).returncode == 0, 20, "the kind")
    told = cluster.kubectl("explain", "wheels.spec")
    assert "How large it is." in told and "<integer> -required-" in told
    assert "A thing that turns." in cluster.kubectl("explain", "wheels")
    assert cluster.kubectl("explain", "wheels.spec.missing", check=False).returncode

    wheel = {"apiVersion": "example.com/v1", "kind": "Wheel", "metadata": {"name": "a"}, "spec": {"size": 3, "odd": 1}}
    refused = cluster.kubectl("create", "-f", "-", stdin=json.dumps(wheel), check=False)
    assert 'unknown field "spec.odd"' in refused.stderr
    del wheel["spec"]["odd"]
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(wheel))

    # A default that came later is there in what was stored before.
    spec["properties"]["color"]["default"] = "black"
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(made))

    def is_black():
        return cluster.get("wheel", "a")["spec"].get("color") == "black"

    wait_for(is_black, 20, "the default")
    assert cluster.get("wheels")["items"][0]["spec"]["color"] == "black"


def test_a_kind_without_bounds_is_explained_as_empty(cluster):
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(definition("Bag", schema)))
    wait_for(lambda: cluster.kubectl("get", "bags", check=False).returncode == 0, 20, "the kind")
    assert "KIND:       Bag" in cluster.kubectl("explain", "bags")
    bag = {"apiVersion": "example.com/v1", "kind": "Bag", "metadata": {"name": "a"}, "anything": {"goes": [1]}}
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(bag))
    assert cluster.get("bag", "a")["anything"] == {"goes": [1]}
