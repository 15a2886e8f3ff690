"""EKS: a cluster made with boto3, entered with the aws command line and kubectl."""

import base64
import json
import ssl
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from harness import kubernetes
from harness.installation import Keys
from harness.kubernetes import Cluster
from harness.refusals import refused_with
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(0.5)

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, ports: [{containerPort: 80}]}]
"""


@pytest.fixture(scope="module")
def cluster(wharf):
    with Cluster(wharf) as cluster:
        yield cluster
    cluster.eks.delete_cluster(name=cluster.name)
    wharf.client("eks").get_waiter("cluster_deleted").wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def a_user(wharf):
    """A user who may do nothing but ask who they are."""
    iam = wharf.client("iam")
    user = iam.create_user(UserName=kubernetes.name("user"))["User"]
    return user["Arn"], Keys.of_user(iam.create_access_key(UserName=user["UserName"])["AccessKey"])


def test_what_a_cluster_says_of_itself(wharf, cluster):
    described = cluster.described()
    assert described["status"] == "ACTIVE" and described["version"] == "1.36"
    assert described["endpoint"].startswith("https://")
    assert "BEGIN CERTIFICATE" in base64.b64decode(described["certificateAuthority"]["data"]).decode()
    assert described["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.us-east-1.amazonaws.com/id/")
    network = described["resourcesVpcConfig"]
    group = wharf.client("ec2").describe_security_groups(GroupIds=[network["clusterSecurityGroupId"]])["SecurityGroups"][0]
    assert group["GroupName"].startswith(f"eks-cluster-sg-{cluster.name}-") and group["VpcId"] == network["vpcId"]
    assert described["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "10.100.0.0/16"
    assert cluster.name in cluster.eks.list_clusters()["clusters"]


def test_what_cannot_be_is_refused_in_the_words_of_eks(wharf, cluster):
    eks, role = cluster.eks, kubernetes.role(wharf)
    network = {"subnetIds": kubernetes.subnets(wharf)}

    def refuses(code, text, **request):
        given = {"name": "other", "roleArn": role, "resourcesVpcConfig": network}
        refused_with(eks.create_cluster, code, text, **given | request)

    refuses("ResourceInUseException", f"Cluster already exists with name: {cluster.name}", name=cluster.name)
    refuses("InvalidParameterException", "unsupported Kubernetes version", version="1.10")
    one = {"subnetIds": network["subnetIds"][:1]}
    refuses("InvalidParameterException", "Subnets specified must be in at least two different AZs", resourcesVpcConfig=one)
    nobody = role.replace("role/", "role/no-")
    refuses("InvalidParameterException", f"Role with arn: {nobody}, could not be assumed because", roleArn=nobody)
    with pytest.raises(ClientError, match="No cluster found for name: other."):
        eks.describe_cluster(name="other")


def test_kubectl_enters_as_the_creator(cluster):
    said = cluster.update_kubeconfig()
    assert f"cluster/{cluster.name}" in str(said)
    version = json.loads(cluster.kubectl("version", "-o", "json"))
    assert version["serverVersion"]["gitVersion"].startswith("v1.36.")
    names = {it["metadata"]["name"] for it in cluster.get("namespaces")["items"]}
    assert {"default", "kube-system", "kube-public", "kube-node-lease"} <= names
    assert "deployments" in cluster.kubectl("api-resources", "-o", "name")
    assert "replicas" in cluster.kubectl("explain", "deployment.spec")
    assert cluster.kubectl("auth", "can-i", "delete", "nodes").strip() == "yes"
    assert "system:authenticated" in cluster.kubectl("auth", "whoami", "-o", "json")


@pytest.mark.parametrize("program", ["kubectl-1.32", "kubectl-1.36"])
def test_a_deployment_is_applied_shown_and_deleted(wharf, cluster, program):
    cluster.program = kubernetes.tools.program(program)
    team = kubernetes.name("team")
    cluster.kubectl("create", "namespace", team)
    assert "created" in cluster.kubectl("apply", "-n", team, "-f", "-", stdin=DEPLOYMENT)
    assert "unchanged" in cluster.kubectl("apply", "-n", team, "-f", "-", stdin=DEPLOYMENT)
    assert "configured" in cluster.kubectl("apply", "-n", team, "-f", "-", stdin=DEPLOYMENT.replace("3", "2"))
    assert cluster.get("deployment", "web", "-n", team)["spec"]["replicas"] == 2
    wide = cluster.kubectl("get", "deployments", "-n", team, "-o", "wide")
    assert wide.splitlines()[0].split()[:3] == ["NAME", "READY", "UP-TO-DATE"], wide
    cluster.kubectl("label", "deployment", "web", "-n", team, "tier=front")
    assert "web" in cluster.kubectl("get", "deployments", "-n", team, "-l", "tier=front", "-o", "name")
    cluster.kubectl("delete", "deployment", "web", "-n", team)
    gone = cluster.kubectl("get", "deployment", "web", "-n", team, check=False)
    assert gone.returncode == 1 and 'deployments.apps "web" not found' in gone.stderr


def test_who_has_no_entry_stays_out(wharf, cluster):
    arn, keys = a_user(wharf)
    out = cluster.kubectl("get", "pods", keys=keys, check=False)
    assert out.returncode == 1 and "You must be logged in to the server" in out.stderr, out.stderr
    cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn)
    inside = cluster.kubectl("get", "pods", keys=keys, check=False)
    expected = f'pods is forbidden: User "{arn}" cannot list resource "pods" in API group "" in the namespace "default"'
    assert inside.returncode == 1 and expected in inside.stderr, inside.stderr
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = {"type": "namespace", "namespaces": ["default"]}
    cluster.eks.associate_access_policy(clusterName=cluster.name, principalArn=arn, policyArn=policy, accessScope=scope)
    assert "No resources found" in cluster.kubectl("get", "pods", keys=keys, check=False).stderr
    assert cluster.kubectl("get", "pods", "-n", "kube-system", keys=keys, check=False).returncode == 1
    assert cluster.kubectl("create", "configmap", "a", keys=keys, check=False).returncode == 1
    cluster.eks.delete_access_entry(clusterName=cluster.name, principalArn=arn)
    assert "You must be logged in" in cluster.kubectl("get", "pods", keys=keys, check=False).stderr


POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKS{}Policy"
NOBODY = "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'."


def associated(wharf, cluster, arn):
    """The scope of each policy of an entry, as the aws command line lists them."""
    said = wharf.aws("eks", "list-associated-access-policies", "--cluster-name", cluster.name, "--principal-arn", arn)
    assert (said["clusterName"], said["principalArn"]) == (cluster.name, arn)
    return {it["policyArn"]: it["accessScope"] for it in said["associatedAccessPolicies"]}


def test_policies_are_associated_listed_and_taken_back(wharf, cluster):
    eks = cluster.eks
    first = eks.list_access_policies(maxResults=2)
    rest = eks.list_access_policies(nextToken=first["nextToken"])
    every = {it["name"]: it["arn"] for it in first["accessPolicies"] + rest["accessPolicies"]}
    assert len(first["accessPolicies"]) == 2 and len(every) == 5 and "nextToken" not in rest
    assert every["AmazonEKSClusterAdminPolicy"] == POLICY.format("ClusterAdmin")
    view, edit = POLICY.format("View"), POLICY.format("Edit")
    arn, keys = a_user(wharf)
    team = kubernetes.name("team")
    cluster.kubectl("create", "namespace", team)
    of = {"clusterName": cluster.name, "principalArn": arn}
    eks.create_access_entry(**of)
    assert associated(wharf, cluster, arn) == {}
    within = {"type": "namespace", "namespaces": [team]}
    for policy, scope in ((view, {"type": "cluster"}), (edit, {"type": "namespace", "namespaces": ["other"]}), (edit, within)):
        made = eks.associate_access_policy(**of, policyArn=policy, accessScope=scope)["associatedAccessPolicy"]
        assert (made["policyArn"], made["accessScope"]["type"]) == (policy, scope["type"])
    assert associated(wharf, cluster, arn) == {view: {"type": "cluster", "namespaces": []}, edit: within}
    page = eks.list_associated_access_policies(**of, maxResults=1)
    assert len(page["associatedAccessPolicies"]) == 1 and page["nextToken"]
    assert eks.list_access_entries(clusterName=cluster.name, associatedPolicyArn=edit)["accessEntries"] == [arn]
    assert cluster.kubectl("auth", "can-i", "create", "configmaps", "-n", team, keys=keys).strip() == "yes"
    named = ("--cluster-name", cluster.name, "--principal-arn", arn, "--policy-arn", edit)
    assert not wharf.aws("eks", "disassociate-access-policy", *named)
    assert associated(wharf, cluster, arn) == {view: {"type": "cluster", "namespaces": []}}
    assert eks.list_access_entries(clusterName=cluster.name, associatedPolicyArn=edit)["accessEntries"] == []
    assert cluster.kubectl("auth", "can-i", "create", "configmaps", "-n", team, keys=keys, check=False).stdout.strip() == "no"
    assert cluster.kubectl("get", "configmaps", "-n", team, keys=keys)

    gone, bad = "ResourceNotFoundException", "InvalidParameterException"
    refused_with(eks.disassociate_access_policy, gone, "is not associated with the access entry", **of, policyArn=edit)
    refused_with(eks.list_access_policies, bad, "", nextToken=page["nextToken"])
    refused_with(eks.list_associated_access_policies, bad, "", **of, nextToken=first["nextToken"])
    no = POLICY.format("No")
    absent = "The specified policyArn could not be found."
    refused_with(eks.list_access_entries, gone, absent, clusterName=cluster.name, associatedPolicyArn=no)
    refused_with(eks.associate_access_policy, gone, absent, **of, policyArn=no, accessScope={"type": "cluster"})
    for scope, text in (
        ({"type": "namespace"}, "At least one namespace"),
        ({"type": "cluster", "namespaces": ["a"]}, "cannot be specified for an access scope of type cluster"),
        ({"type": "namespace", "namespaces": [f"n{number}" for number in range(101)]}, "At most 100 namespaces"),
    ):
        refused_with(eks.associate_access_policy, bad, text, **of, policyArn=edit, accessScope=scope)
    galaxy = {"type": "galaxy"}
    refused_with(eks.associate_access_policy, bad, "enum value set: [cluster, namespace]", **of, policyArn=edit, accessScope=galaxy)
    stranger, nowhere = {**of, "principalArn": arn + "x"}, {**of, "clusterName": "none"}
    for call, more in (
        (eks.disassociate_access_policy, {"policyArn": view}),
        (eks.list_associated_access_policies, {}),
        (eks.update_access_entry, {"kubernetesGroups": []}),
    ):
        refused_with(call, gone, NOBODY, **stranger, **more)
        refused_with(call, gone, "No cluster found for name: none.", **nowhere, **more)
    eks.delete_access_entry(**of)


def test_an_entry_is_changed(wharf, cluster):
    eks = cluster.eks
    arn, keys = a_user(wharf)
    of = {"clusterName": cluster.name, "principalArn": arn}
    eks.create_access_entry(**of, kubernetesGroups=["readers"], tags={"of": "it"})
    changed = eks.update_access_entry(**of, username="jane", kubernetesGroups=["writers"])["accessEntry"]
    assert (changed["username"], changed["kubernetesGroups"], changed["tags"]) == ("jane", ["writers"], {"of": "it"})
    mine = cluster.kubectl("auth", "whoami", "-o", "json", keys=keys)
    assert '"jane"' in mine and '"writers"' in mine and "readers" not in mine, mine
    # What is not said stays; nothing is not said.
    assert eks.update_access_entry(**of)["accessEntry"]["username"] == "jane"
    assert eks.update_access_entry(**of, kubernetesGroups=[])["accessEntry"]["kubernetesGroups"] == []
    bad = "InvalidParameterException"
    for change, text in (
        ({"username": "system:admin"}, "The username must not begin with system:"),
        ({"username": "{{SessionName}}"}, "must have a : before {{SessionName}}"),
        (
            {"kubernetesGroups": ["good", "system:masters"]},
            "The kubernetes group name system:masters is invalid, it cannot start with system:",
        ),
    ):
        refused_with(eks.update_access_entry, bad, text, **of, **change)
    assert eks.describe_access_entry(**of)["accessEntry"]["username"] == "jane"
    role = kubernetes.role(wharf)
    eks.create_access_entry(clusterName=cluster.name, principalArn=role, type="EC2_LINUX")
    node = {"clusterName": cluster.name, "principalArn": role}
    standard = 'This operation can only be performed on Access Entries with a type of "STANDARD".'
    refused_with(eks.update_access_entry, bad, standard, **node, username="jane")
    policy = {"policyArn": POLICY.format("View"), "accessScope": {"type": "cluster"}}
    refused_with(eks.associate_access_policy, bad, standard, **node, **policy)
    for principal in (arn, role):
        eks.delete_access_entry(clusterName=cluster.name, principalArn=principal)


def test_a_session_is_named_by_a_template_and_has_namespaces_by_a_pattern(wharf, cluster):
    eks, (user, keys) = cluster.eks, a_user(wharf)
    trust = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
    name, document = kubernetes.name("ops"), {"Version": "2012-10-17", "Statement": [trust]}
    role = wharf.client("iam").create_role(RoleName=name, Path="/teams/", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    made = wharf.client("sts", keys).assume_role(RoleArn=role, RoleSessionName="ann@example.com")
    session, account = Keys.of_session(made["Credentials"]), role.split(":")[4]

    def who():
        said = json.loads(cluster.kubectl("auth", "whoami", "-o", "json", keys=session))["status"]["userInfo"]
        return said["username"], "ops" in said["groups"]

    of = {"clusterName": cluster.name, "principalArn": role}
    usual = f"arn:aws:sts::{account}:assumed-role/{name}/"
    assert eks.create_access_entry(**of)["accessEntry"]["username"] == usual + "{{SessionName}}"
    assert who() == (usual + "ann-example.com", False)
    eks.update_access_entry(**of, username="{{AccountID}}:{{SessionNameRaw}}", kubernetesGroups=["ops"])
    assert who() == (f"{account}:ann@example.com", True)

    team = kubernetes.name("team")
    for namespace in (f"{team}-a", f"{team}-b", f"other-{team}-a"):
        cluster.kubectl("create", "namespace", namespace)
    scope = {"type": "namespace", "namespaces": [f"{team}-*"]}
    eks.associate_access_policy(**of, policyArn=POLICY.format("Edit"), accessScope=scope)

    def may(*where):
        return cluster.kubectl("auth", "can-i", "create", "pods", *where, keys=session, check=False).stdout.strip() == "yes"

    assert may("-n", f"{team}-a") and may("-n", f"{team}-b")
    assert not may("-n", f"other-{team}-a") and not may("-n", "default") and not may("--all-namespaces")
    eks.delete_access_entry(**of)


def test_lists_come_by_pages_and_a_request_that_is_repeated_makes_one(wharf, cluster):
    eks, named = cluster.eks, {"clusterName": cluster.name}
    arns = sorted(a_user(wharf)[0] for _ in range(3))
    for arn in arns:
        entry = {**named, "principalArn": arn, "clientRequestToken": f"once-{arn[-8:]}"}
        first, again = (eks.create_access_entry(**entry)["accessEntry"] for _ in range(2))
        assert first == again
        refused_with(eks.create_access_entry, "ResourceInUseException", "is already in use on this cluster", **named, principalArn=arn)
    pages = [it["accessEntries"] for it in eks.get_paginator("list_access_entries").paginate(**named, PaginationConfig={"PageSize": 1})]
    assert [len(it) for it in pages] == [1] * len(pages)
    listed = [arn for page in pages for arn in page]
    assert listed == sorted(set(listed)) and set(arns) <= set(listed)
    assert wharf.aws("eks", "list-access-entries", "--cluster-name", cluster.name, "--page-size", "2")["accessEntries"] == listed
    page = eks.list_access_entries(**named, maxResults=1)
    refused_with(eks.list_clusters, "InvalidParameterException", "", nextToken=page["nextToken"])
    for arn in arns:
        eks.delete_access_entry(**named, principalArn=arn)


def test_roles_of_kubernetes_let_groups_in(wharf, cluster):
    arn, keys = a_user(wharf)
    cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, kubernetesGroups=["readers"])
    cluster.kubectl("create", "clusterrolebinding", kubernetes.name("readers"), "--clusterrole=view", "--group=readers")
    wait_for(lambda: cluster.kubectl("get", "pods", keys=keys, check=False).returncode == 0, 10, "the binding to count")
    assert cluster.kubectl("auth", "can-i", "delete", "pods", keys=keys, check=False).stdout.strip() == "no"
    mine = cluster.kubectl("auth", "can-i", "list", "pods", "--as", arn, "--as-group", "readers")
    assert mine.strip() == "yes"


def test_a_token_is_for_one_cluster(wharf, cluster):
    token = wharf.aws("eks", "get-token", "--cluster-name", cluster.name)["status"]["token"]
    other = wharf.aws("eks", "get-token", "--cluster-name", "other")["status"]["token"]
    described = cluster.described()
    trusted = ssl.create_default_context(cadata=base64.b64decode(described["certificateAuthority"]["data"]).decode())

    def status(path, token):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(described["endpoint"] + path, headers=headers)
        try:
            with urllib.request.urlopen(request, context=trusted, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status("/api/v1/namespaces", token) == 200
    assert status("/api/v1/namespaces", other) == 401
    assert status("/api/v1/namespaces", token[:-4] + "AAAA") == 401
    assert status("/api/v1/namespaces", None) == 401
    assert status("/readyz", None) == 200


def test_a_service_account_has_tokens_of_its_own(cluster):
    team = kubernetes.name("team")
    cluster.kubectl("create", "namespace", team)
    cluster.kubectl("create", "serviceaccount", "robot", "-n", team)
    token = cluster.kubectl("create", "token", "robot", "-n", team).strip()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == f"system:serviceaccount:{team}:robot"
    assert claims["iss"] == cluster.described()["identity"]["oidc"]["issuer"]
    mine = cluster.kubectl("auth", "whoami", "-o", "json", "--token", token)
    assert f"system:serviceaccounts:{team}" in mine
    cluster.kubectl("delete", "serviceaccount", "robot", "-n", team)
    out = cluster.kubectl("auth", "whoami", "--token", token, check=False)
    assert out.returncode == 1


def test_a_token_ends_with_what_it_is_bound_to(cluster):
    team = kubernetes.name("team")
    cluster.kubectl("create", "namespace", team)
    cluster.kubectl("create", "serviceaccount", "robot", "-n", team)
    of_robot = {"serviceAccountName": "robot", "containers": [{"name": "c", "image": "none"}]}
    pod = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": of_robot})

    def make():
        cluster.kubectl("create", "-n", team, "-f", "-", stdin=pod)
        cluster.kubectl("create", "secret", "generic", "s", "-n", team)

    def token(*more, check=True):
        return cluster.kubectl("create", "token", "robot", "-n", team, "--audience", "vault", *more, check=check)

    def reviewed(token, *audiences):
        spec = {"token": token, "audiences": audiences}
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        return json.loads(cluster.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(review)))["status"]

    make()
    bound = {
        kind: token("--bound-object-kind", kind, "--bound-object-name", name).strip() for kind, name in (("Pod", "p"), ("Secret", "s"))
    }
    for it in bound.values():
        found = reviewed(it, "other", "vault")
        assert found["authenticated"] and found["audiences"] == ["vault"], found
        assert found["user"]["username"] == f"system:serviceaccount:{team}:robot"
        # Nobody said that it is for the API server as well.
        assert "audience" in reviewed(it)["error"]
        assert cluster.kubectl("auth", "whoami", "--token", it, check=False).returncode == 1
    assert reviewed(bound["Pod"], "vault")["user"]["extra"]["authentication.kubernetes.io/pod-name"] == ["p"]
    cluster.kubectl("delete", "pod/p", "secret/s", "-n", team)
    for kind, it in bound.items():
        found = reviewed(it, "vault")
        assert "authenticated" not in found and f"the {kind} of the token is gone" in found["error"], found
    make()
    for kind, it in bound.items():
        assert f"the {kind} of the token is another" in reviewed(it, "vault")["error"]
    short = token("--duration", "5m", check=False)
    assert short.returncode == 1 and "may not specify a duration less than 10 minutes" in short.stderr
    absent = token("--bound-object-kind", "Pod", "--bound-object-name", "q", check=False)
    assert absent.returncode == 1 and 'pods "q" not found' in absent.stderr
    cluster.kubectl("delete", "namespace", team, "--wait=false")


def test_who_is_acted_as_may_have_all_that_a_user_has_if_each_is_allowed(cluster):
    robot = kubernetes.name("robot")
    cluster.kubectl("create", "serviceaccount", robot)
    cluster.kubectl("create", "clusterrole", robot, "--verb=impersonate", "--resource=users")
    cluster.kubectl("create", "clusterrolebinding", robot, f"--clusterrole={robot}", f"--serviceaccount=default:{robot}")
    of_robot = cluster.kubectl("create", "token", robot).strip()
    reads = cluster.reads

    def who(token, **more):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Impersonate-User": "jane"}
        headers |= {f"Impersonate-{name.replace('_', '-')}": value for name, value in more.items()}
        review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        answer = reads.pool.request("POST", reads.server + path, body=review, headers=headers)
        return answer.status, json.loads(answer.data)

    everything = {"Group": "g", "Uid": "7", "Extra_Acme%2FScopes": "view"}
    code, review = who(reads._token(), **everything)
    assert code == 201 and review["status"]["userInfo"] == {
        "username": "jane",
        "uid": "7",
        "groups": ["g", "system:authenticated"],
        "extra": {"acme/scopes": ["view"]},
    }
    wait_for(lambda: who(of_robot)[0] == 201, 10, "the binding to count")
    for name, resource in (("Group", "groups"), ("Uid", "uids"), ("Extra_Acme%2FScopes", "userextras/acme/scopes")):
        code, status = who(of_robot, **{name: everything[name]})
        assert code == 403 and f'cannot impersonate resource "{resource}"' in status["message"], status


def test_a_cluster_outlives_its_server(fresh):
    with Cluster(fresh) as cluster:
        cluster.kubectl("create", "configmap", "kept", "--from-literal=a=b")
        before = cluster.described()
        fresh.kill_child("server")
        wait_for(lambda: cluster.kubectl("get", "--raw", "/readyz", check=False).returncode == 0, 30, "the cluster's answer")
        assert cluster.described()["endpoint"] == before["endpoint"]
        assert cluster.get("configmap", "kept")["data"] == {"a": "b"}
        cluster.eks.delete_cluster(name=cluster.name)

        def gone():
            return cluster.name not in cluster.eks.list_clusters()["clusters"]

        wait_for(gone, 30, "the end of the cluster")
        groups = fresh.client("ec2").describe_security_groups()["SecurityGroups"]
        assert not [group for group in groups if group["GroupName"].startswith("eks-cluster-sg-")]


def test_config_map_mode_knows_the_creator_and_the_map(wharf):
    with Cluster(wharf, mode="CONFIG_MAP") as cluster:
        arn, keys = a_user(wharf)
        with pytest.raises(ClientError, match="authentication mode must be set to one of"):
            cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn)
        with pytest.raises(ClientError, match="authentication mode must be set to one of"):
            cluster.eks.list_associated_access_policies(clusterName=cluster.name, principalArn=arn)
        assert "system:masters" in cluster.kubectl("auth", "whoami", "-o", "json")
        users = json.dumps([{"userarn": arn, "username": "jane", "groups": ["devs"]}])
        cluster.kubectl("create", "configmap", "aws-auth", "-n", "kube-system", f"--from-literal=mapUsers={users}")

        def is_jane():
            done = cluster.kubectl("auth", "whoami", "-o", "json", keys=keys, check=False)
            return done.returncode == 0 and '"jane"' in done.stdout

        wait_for(is_jane, 10, "the map to count")
        cluster.eks.delete_cluster(name=cluster.name)
