"""Add-ons and identity providers of EKS: what is managed, what goes, what comes back, over deaths of the server."""

import json

import pytest
from botocore.exceptions import ClientError

from harness.identity_provider import Provider
from harness.installation import Installation
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, condition, node_of, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch

pytestmark = pytest.mark.minutes(1)

VERSION = "v1.36.4-eksbuild.1"
ALL = ["aws-ebs-csi-driver", "aws-efs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni"]
WAIT = "trap exit TERM; while true; do sleep 1; done"
SERVE = "echo here > /tmp/index.html; trap exit TERM; httpd -f -p 8080 -h /tmp & while true; do sleep 1; done"
NAMES = """
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.100.0.10, selector: {app: mine}, ports: [{name: dns, port: 53, protocol: UDP}]}
"""


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def installation(provider):
    under = ("env", f"SSL_CERT_FILE={provider.certificate}")
    with Installation(arguments=("--instances", "--allow-egress", "127.0.0.0/8"), under=under) as alone:
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
    return instance


@pytest.fixture(scope="module")
def client(cluster, node, image):
    """A pod to ask from, beside one that serves; their Service is `web`."""
    for name, script in (("client", WAIT), ("web", SERVE)):
        apply(cluster, name, {"containers": [sh(image, script)], "terminationGracePeriodSeconds": 1}, labels={"app": name})
    for name in ("client", "web"):
        wait_phase(cluster, name, "Running")
    cluster.kubectl("expose", "pod", "web", "--port=80", "--target-port=8080")
    return "client"


def waits(cluster, waiter, addon):
    cluster.eks.get_waiter(waiter).wait(clusterName=cluster.name, addonName=addon, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def make(cluster, addon, **more):
    made = cluster.eks.create_addon(clusterName=cluster.name, addonName=addon, **more)["addon"]
    assert made["status"] == "CREATING" and made["addonVersion"] == VERSION, made
    waits(cluster, "addon_active", addon)


def remove(cluster, addon, **more):
    gone = cluster.eks.delete_addon(clusterName=cluster.name, addonName=addon, **more)["addon"]
    assert gone["status"] == "DELETING", gone
    waits(cluster, "addon_deleted", addon)


def described(cluster, addon):
    return cluster.eks.describe_addon(clusterName=cluster.name, addonName=addon)["addon"]


def settled(cluster, addon):
    wait_for(lambda: not described(cluster, addon)["status"].endswith("ING"), 30, "an add-on that is looked after")
    return described(cluster, addon)


def inside(cluster, script):
    """Whether a script succeeds in the pod that asks."""
    return cluster.kubectl("exec", "client", "--", "sh", "-c", script, check=False).returncode == 0


def test_what_there_is(cluster):
    eks = cluster.eks
    assert eks.list_addons(clusterName=cluster.name)["addons"] == []
    found = eks.describe_addon_versions(kubernetesVersion="1.36")["addons"]
    assert [it["addonName"] for it in found] == ALL
    (version,) = found[0]["addonVersions"]
    assert version["addonVersion"] == VERSION
    assert version["compatibilities"] == [{"clusterVersion": "1.36", "platformVersions": ["*"], "defaultVersion": True}]
    assert eks.describe_addon_versions(addonName="aws-mountpoint-s3-csi-driver")["addons"] == []
    assert eks.describe_addon_versions(kubernetesVersion="1.20")["addons"] == []
    networking = eks.describe_addon_versions(types=["networking"], maxResults=2)
    assert [it["addonName"] for it in networking["addons"]] == ["coredns", "kube-proxy"]
    rest = eks.describe_addon_versions(types=["networking"], maxResults=2, nextToken=networking["nextToken"])
    assert [it["addonName"] for it in rest["addons"]] == ["vpc-cni"]
    told = eks.describe_addon_configuration(addonName="vpc-cni", addonVersion=VERSION)
    assert json.loads(told["configurationSchema"])["properties"] == {"enableNetworkPolicy": {"type": "string", "enum": ["true"]}}


@pytest.mark.parametrize(
    ("code", "text", "request_"),
    [
        (
            "InvalidParameterException",
            "Addon aws-mountpoint-s3-csi-driver specified is not supported in 1.36 kubernetes version",
            {"addonName": "aws-mountpoint-s3-csi-driver"},
        ),
        ("InvalidParameterException", "Addon version specified is not supported", {"addonVersion": "v1.11.4-eksbuild.2"}),
        (
            "InvalidParameterException",
            "Resolve conflicts option preserve is not supported for operation CreateAddon",
            {"resolveConflicts": "PRESERVE"},
        ),
        (
            "InvalidParameterException",
            "ConfigurationValue provided in request is not supported: Json schema validation failed with error: "
            "[$.replicaCount: is not defined in the schema and the schema does not allow additional properties]",
            {"configurationValues": '{"replicaCount": 3}'},
        ),
        ("UnsupportedOperation", "namespace", {"namespaceConfig": {"namespace": "mine"}}),
        ("ResourceNotFoundException", "No cluster found for name: other.", {"clusterName": "other"}),
    ],
)
def test_what_cannot_be(cluster, code, text, request_):
    with pytest.raises(ClientError) as refused:
        cluster.eks.create_addon(**{"clusterName": cluster.name, "addonName": "coredns"} | request_)
    found = refused.value.response["Error"]
    assert found["Code"] == code and text in found["Message"], found


def test_what_is_not_there(cluster):
    named = {"clusterName": cluster.name, "addonName": "coredns"}
    for operation in ("describe_addon", "update_addon", "delete_addon"):
        with pytest.raises(ClientError) as refused:
            getattr(cluster.eks, operation)(**named)
        assert refused.value.response["Error"]["Message"] == f"No addon: coredns found in cluster: {cluster.name}"


def test_names_without_nodes_and_conflicts(installation):
    with Cluster(installation, bootstrapSelfManagedAddons=False) as bare:
        eks, named = bare.eks, {"clusterName": bare.name, "addonName": "coredns"}
        assert "kube-dns" not in bare.kubectl("get", "services", "-n", "kube-system", "-o", "name")
        bare.kubectl("apply", "-f", "-", stdin=NAMES)
        eks.create_addon(**named, tags={"team": "blue"})
        failed = settled(bare, "coredns")
        assert failed["status"] == "CREATE_FAILED"
        (issue,) = failed["health"]["issues"]
        conflict = (
            "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. "
            "Conflicts:\nService kube-dns - .spec.ports\nService kube-dns - .spec.selector"
        )
        assert (issue["code"], issue["message"]) == ("ConfigurationConflict", conflict), issue
        with pytest.raises(eks.exceptions.ResourceInUseException, match="Addon already exists."):
            eks.create_addon(**named)
        made = eks.update_addon(**named, resolveConflicts="OVERWRITE")["update"]
        assert made["type"] == "AddonUpdate" and {"type": "ResolveConflicts", "value": "OVERWRITE"} in made["params"]
        alone = settled(bare, "coredns")
        assert alone["status"] == "DEGRADED" and alone["health"]["issues"][0]["code"] == "InsufficientNumberOfReplicas"
        update = eks.describe_update(name=bare.name, addonName="coredns", updateId=made["id"])["update"]
        assert update["status"] == "Successful", update
        assert eks.list_updates(name=bare.name, addonName="coredns")["updateIds"] == [made["id"]]
        assert eks.list_updates(name=bare.name)["updateIds"] == []
        assert "selector" not in bare.get("service", "kube-dns", "-n", "kube-system")["spec"]
        assert eks.list_tags_for_resource(resourceArn=alone["addonArn"])["tags"] == {"team": "blue"}
        remove(bare, "coredns", preserve=True)
        bare.get("service", "kube-dns", "-n", "kube-system")
        eks.delete_cluster(name=bare.name)
        eks.get_waiter("cluster_deleted").wait(name=bare.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_metrics_go_and_come(installation, cluster, node):
    def top():
        return cluster.kubectl("top", "nodes", check=False)

    wait_for(lambda: top().returncode == 0, 60, "measurements")
    make(cluster, "metrics-server")
    assert cluster.eks.list_addons(clusterName=cluster.name)["addons"] == ["metrics-server"]
    remove(cluster, "metrics-server", preserve=True)
    assert top().returncode == 0
    make(cluster, "metrics-server")
    remove(cluster, "metrics-server")
    assert "Metrics API not available" in top().stderr
    installation.kill_child("server")
    wait_for(lambda: "Metrics API not available" in top().stderr, 30, "an answer of the server")
    make(cluster, "metrics-server")
    wait_for(lambda: top().returncode == 0, 60, "measurements")
    remove(cluster, "metrics-server", preserve=True)


@pytest.mark.parametrize(
    ("addon", "asks"),
    [
        ("kube-proxy", "timeout 3 wget -q -O - http://SERVICE/"),
        # Whoever has no token is refused by the agent; without it there is no connection.
        ("eks-pod-identity-agent", "timeout 3 wget -O - http://169.254.170.23/v1/credentials 2>&1 | grep -q 'server returned error'"),
    ],
)
def test_parts_of_nodes_go_and_come(installation, cluster, client, addon, asks):
    address = cluster.get("service", "web")["spec"]["clusterIP"]
    asks = asks.replace("SERVICE", address)
    wait_for(lambda: inside(cluster, asks), 30, "an answer")
    make(cluster, addon)
    remove(cluster, addon, preserve=True)
    assert inside(cluster, asks)
    make(cluster, addon)
    remove(cluster, addon)
    wait_for(lambda: not inside(cluster, asks), 30, "nobody who answers")
    installation.kill_child("agent")
    installation.kill_child("server")
    wait_for(lambda: cluster.kubectl("get", "pod", "client", check=False).returncode == 0, 30, "an answer of the server")
    make(cluster, addon)
    wait_for(lambda: inside(cluster, asks), 30, "an answer")
    remove(cluster, addon, preserve=True)


def test_names_go_and_come(cluster, client):
    asks = "timeout 3 nslookup web.default.svc.cluster.local 10.100.0.10"
    wait_for(lambda: inside(cluster, asks), 30, "a name")
    make(cluster, "coredns")
    assert described(cluster, "coredns")["health"]["issues"] == []
    remove(cluster, "coredns")
    assert "kube-dns" not in cluster.kubectl("get", "services", "-n", "kube-system", "-o", "name")
    wait_for(lambda: not inside(cluster, asks), 30, "names that nobody answers")
    make(cluster, "coredns", resolveConflicts="OVERWRITE")
    wait_for(lambda: inside(cluster, asks), 30, "a name")


def test_addresses_are_asked_for_in_a_role(installation, cluster, client, image):
    iam = installation.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="addresses", AssumeRolePolicyDocument=document)["Role"]
    make(cluster, "vpc-cni", podIdentityAssociations=[{"serviceAccount": "aws-node", "roleArn": role["Arn"]}])
    apply(cluster, "denied", {"containers": [sh(image, WAIT)], "terminationGracePeriodSeconds": 1})

    def told():
        events = cluster.get("events", "--field-selector", "involvedObject.name=denied")["items"]
        return [it["message"] for it in events if "is not authorized to perform: ec2:CreateNetworkInterface" in it.get("message", "")]

    (why, *_) = wait_for(told, 30, "an event of the pod")
    assert ":assumed-role/addresses/" in why, why
    iam.attach_role_policy(RoleName="addresses", PolicyArn="arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy")
    wait_phase(cluster, "denied", "Running")
    cluster.kubectl("delete", "pod", "denied")
    remove(cluster, "vpc-cni", preserve=True)
    (left,) = cluster.eks.list_pod_identity_associations(clusterName=cluster.name)["associations"]
    # It stays the part's.
    assert "ownerArn" not in left


def test_addresses_go_and_come(installation, cluster, client, image):
    make(cluster, "vpc-cni", configurationValues="enableNetworkPolicy: 'true'")
    assert described(cluster, "vpc-cni")["configurationValues"] == "enableNetworkPolicy: 'true'"
    remove(cluster, "vpc-cni")
    apply(cluster, "late", {"containers": [sh(image, WAIT)], "terminationGracePeriodSeconds": 1})
    wait_for(lambda: pod_of(cluster, "late")["spec"].get("nodeName"), 30, "a pod that is bound")
    installation.kill_child("server")
    wait_for(lambda: pod_of(cluster, "late"), 30, "an answer of the server")
    assert "vpc.amazonaws.com/pod-eni" not in pod_of(cluster, "late")["metadata"].get("annotations", {})
    assert pod_of(cluster, "late")["status"]["phase"] == "Pending"
    # Those that are there go on.
    assert inside(cluster, f"timeout 3 wget -q -O - http://{pod_of(cluster, 'web')['status']['podIP']}:8080/")
    make(cluster, "vpc-cni")
    wait_phase(cluster, "late", "Running")


def oidc(provider, **more):
    return {
        "identityProviderConfigName": "corp",
        "issuerUrl": provider.issuer,
        "clientId": "kubernetes",
        "groupsClaim": "groups",
        "groupsPrefix": "corp:",
        "requiredClaims": {"team": "blue"},
    } | more


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("The issuerUrl must begin with https://", {"issuerUrl": "http://idp.lan"}),
        ("The groupsPrefix cannot contain system:", {"groupsPrefix": "system:"}),
        ("The usernamePrefix cannot contain system:", {"usernamePrefix": "system:"}),
        ("The identity provider config name can have", {"identityProviderConfigName": "-"}),
        ("A clientId is required", {"clientId": ""}),
        ("At most 50 requiredClaims can be specified", {"requiredClaims": {f"claim-{number}": "a" for number in range(51)}}),
    ],
)
def test_what_is_no_provider(cluster, provider, text, change):
    with pytest.raises(cluster.eks.exceptions.InvalidParameterException, match=text):
        cluster.eks.associate_identity_provider_config(clusterName=cluster.name, oidc=oidc(provider, **change))


def whoami(cluster, token):
    """The user that a token is, or nothing."""
    cluster.kubectl("config", "set-credentials", "corp", f"--token={token}")
    done = cluster.kubectl("--user=corp", "auth", "whoami", "-o", "json", check=False)
    return json.loads(done.stdout)["status"]["userInfo"] if done.returncode == 0 else None


def ended(cluster, update):
    def status():
        return cluster.eks.describe_update(name=cluster.name, updateId=update["id"])["update"]["status"]

    wait_for(lambda: status() == "Successful", 30, "the update")


def test_users_of_a_provider(installation, cluster, provider):
    eks = cluster.eks
    named = {"clusterName": cluster.name, "identityProviderConfig": {"type": "oidc", "name": "corp"}}

    def token(**claims):
        return provider.token(**{"sub": "jane", "aud": "kubernetes", "team": "blue", "groups": ["dev"]} | claims)

    assert whoami(cluster, token()) is None
    made = eks.associate_identity_provider_config(clusterName=cluster.name, oidc=oidc(provider), tags={"of": "corp"})
    assert made["update"]["type"] == "AssociateIdentityProviderConfig" and made["tags"] == {"of": "corp"}
    ended(cluster, made["update"])
    assert eks.list_identity_provider_configs(clusterName=cluster.name)["identityProviderConfigs"] == [{"type": "oidc", "name": "corp"}]
    shown = eks.describe_identity_provider_config(**named)["identityProviderConfig"]["oidc"]
    assert shown["status"] == "ACTIVE" and shown["usernameClaim"] == "sub" and shown["requiredClaims"] == {"team": "blue"}
    assert f":identityproviderconfig/{cluster.name}/oidc/corp/" in shown["identityProviderConfigArn"]
    assert eks.list_tags_for_resource(resourceArn=shown["identityProviderConfigArn"])["tags"] == {"of": "corp"}
    with pytest.raises(eks.exceptions.ResourceInUseException):
        eks.associate_identity_provider_config(clusterName=cluster.name, oidc=oidc(provider, identityProviderConfigName="other"))

    user = whoami(cluster, token())
    assert user["username"] == f"{provider.issuer}#jane" and set(user["groups"]) == {"corp:dev", "system:authenticated"}
    for bad in (
        token(aud="else"),
        token(team="red"),
        token(exp=1),
        token(iss="https://nobody.invalid"),
        token()[:-8] + "AAAAAAAA",
    ):
        assert whoami(cluster, bad) is None

    def may(verb):
        done = cluster.kubectl("--user=corp", "auth", "can-i", verb, "pods", check=False)
        return done.stdout.strip() == "yes"

    whoami(cluster, token())
    assert not may("list")
    cluster.kubectl("create", "clusterrolebinding", "corp-dev", "--clusterrole=view", "--group=corp:dev")
    wait_for(lambda: may("list"), 10, "the binding to count")
    assert not may("delete")
    installation.kill_child("server")
    wait_for(lambda: may("list"), 30, "the cluster's answer")
    gone = eks.disassociate_identity_provider_config(**named)["update"]
    ended(cluster, gone)
    assert whoami(cluster, token()) is None
    assert eks.list_identity_provider_configs(clusterName=cluster.name)["identityProviderConfigs"] == []
    with pytest.raises(eks.exceptions.ResourceNotFoundException):
        eks.describe_identity_provider_config(**named)
