"""`wharf explain pod`: what each node says to a pod that has none, and why one that has one is not ready."""

import json

import pytest

from harness import control, tools
from harness.installation import Keys
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, condition, node_of, pod_of, sh, wait_phase
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import BY_SCRIPT, MAY_PULL, USER_DATA, launch

pytestmark = pytest.mark.minutes(2)

SLEEP = "trap exit TERM; while true; do sleep 1; done"


@pytest.fixture(scope="module")
def cluster(installation):
    with Cluster(installation) as cluster:
        cluster.role = profile(installation, MAY_PULL)
        arn = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
        yield cluster


@pytest.fixture(scope="module")
def nodes(installation, cluster):
    """The names of a node without a taint, and of one with `only=red`."""
    made = [launch(installation, cluster, data) for data in (USER_DATA, BY_SCRIPT)]
    for instance in made:
        wait_for(lambda instance=instance: condition(node_of(cluster, instance), "Ready") == "True", 120, "nodes that are ready")
    return [instance["PrivateDnsName"] for instance in made]


def explain(installation, pod, *arguments, check=True):
    done = tools.run(tools.wharf(), "explain", "pod", pod, "--data", installation.data, *arguments, check=check)
    return done.stdout if check else done


def verdicts(installation, pod, *arguments):
    """By node, what `--json` says."""
    said = json.loads(explain(installation, pod, "--json", *arguments))
    return {it["name"]: it for it in said["nodes"]}


def put(cluster, name, image, requests=None, **spec):
    container = sh(image, SLEEP, resources={"requests": requests or {}})
    apply(cluster, name, {"containers": [container], "terminationGracePeriodSeconds": 1, **spec})


def told(installation, name):
    """What is said of a pod once the scheduler has looked at it."""
    wait_for(lambda: "FailedScheduling" in explain(installation, f"default/{name}"), 30, "the scheduler's event")
    return explain(installation, f"default/{name}")


def near(kind, label):
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"role": label}}}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_each_node_says_why_not(installation, cluster, nodes, image):
    plain, red = nodes
    taint = "it has the taint only=red:NoSchedule, which the pod does not tolerate"
    anywhere = {"tolerations": [{"operator": "Exists"}]}
    put(cluster, "huge", image, {"cpu": "64"})
    text = told(installation, "huge")
    assert text.startswith(
        f"pod default/huge in cluster {cluster.name}: Pending, on no node, not ready\n  It waits for a node that can take it.\n"
    )
    rows = {line.split()[0]: line for line in text.splitlines() if line.startswith("ip-")}
    assert rows[plain].split(maxsplit=1)[1].startswith("never: cpu: the pod asks for 64, "), text
    assert rows[red].split(maxsplit=1)[1] == f"no: {taint}", text
    assert rows[plain].index("never") == rows[red].index("no: it"), "columns are aligned"
    assert "FailedScheduling: 0/2 nodes are available: " in text

    put(cluster, "chosen", image, nodeSelector={"team": "green"}, **anywhere)
    told(installation, "chosen")
    found = verdicts(installation, "default/chosen")
    assert found[plain]["refuses"] == "it has team=blue, and the pod's nodeSelector wants team=green"
    assert found[red]["refuses"] == "it has team=red, and the pod's nodeSelector wants team=green"

    required = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    put(cluster, "picky", image, affinity=affinity)
    told(installation, "picky")
    found = verdicts(installation, "default/picky")
    assert found[plain]["refuses"] == "its labels are not what the pod's nodeAffinity requires"
    assert found[red]["refuses"] == taint

    put(cluster, "lonely", image, affinity=near("podAffinity", "nobody"))
    told(installation, "lonely")
    assert verdicts(installation, "default/lonely")[plain]["refuses"] == "no pod that the pod's podAffinity wants to be with is there"

    cluster.kubectl("cordon", plain)
    put(cluster, "shut", image)
    told(installation, "shut")
    assert verdicts(installation, "default/shut")[plain]["refuses"] == "it is cordoned (spec.unschedulable)"
    cluster.kubectl("uncordon", plain)
    wait_phase(cluster, "shut", "Running")

    put(cluster, "gated", image, schedulingGates=[{"name": "example.com/later"}])
    wait_for(lambda: pod_of(cluster, "gated"), 20, "the pod")
    said = explain(installation, "gated")
    assert "It waits for somebody to take its scheduling gates away: example.com/later." in said
    cluster.kubectl("delete", "pod", "huge", "chosen", "picky", "lonely", "shut", "gated", "--timeout=50s")


def test_one_that_runs_and_why_others_do_not(installation, cluster, nodes, image):
    plain, red = nodes
    put(cluster, "runs", image)
    wait_for(lambda: condition(pod_of(cluster, "runs"), "Ready") == "True", 60, "readiness")
    text = explain(installation, "default/runs")
    assert text.startswith(f"pod default/runs in cluster {cluster.name}: Running, on {plain}, ready\n\nCONTAINER"), text
    assert any(line.startswith(plain) and line.endswith(" yes (the pod is here)") for line in text.splitlines()), text
    assert not verdicts(installation, "default/runs")[red]["here"]

    apply(cluster, "nowhere", {"containers": [sh(image.replace("busybox", "nothing"), "true")]})
    apply(cluster, "crashes", {"containers": [sh(image, "exit 3")]})
    missing = {"name": "files", "secret": {"secretName": "missing"}}
    mount = [{"name": "files", "mountPath": "/files"}]
    apply(cluster, "unmounted", {"containers": [sh(image, SLEEP, volumeMounts=mount)], "volumes": [missing]})
    probe = {"exec": {"command": ["cat", "/tmp/no"]}, "periodSeconds": 1}
    unready = sh(image, SLEEP, readinessProbe=probe)
    apply(cluster, "unready", {"containers": [unready], "terminationGracePeriodSeconds": 1})
    for name, words in (
        ("nowhere", "container main: its image cannot be pulled: "),
        ("crashes", "container main: it ended with exit code 3 (Error) and is started again after a while: back-off "),
        ("unmounted", 'its volumes: MountVolume.SetUp failed for volume "files" : secret "missing" not found'),
        ("unready", "container main: Readiness probe failed: "),
    ):
        wait_for(lambda name=name, words=words: f"  {words}" in explain(installation, f"default/{name}"), 60, f"{name}: {words}")
    cluster.kubectl("delete", "pod", "runs", "nowhere", "crashes", "unmounted", "unready", "--timeout=50s")


def test_which_cluster(installation, cluster, nodes, image):
    put(cluster, "found", image)
    wait_phase(cluster, "found", "Running")
    with Cluster(installation) as other:
        refused = explain(installation, "default/found", check=False)
        assert refused.returncode != 0 and "several clusters" in refused.stderr and cluster.name in refused.stderr, refused.stderr
        assert " on ip-" in explain(installation, "default/found", "--cluster", cluster.name)
        nothing = explain(installation, "default/found", "--cluster", other.name, check=False)
        assert f"There is no pod found in namespace default of cluster {other.name}." in nothing.stderr
        other.eks.delete_cluster(name=other.name)
        wait_for(lambda: other.name not in other.eks.list_clusters()["clusters"], 60, "the end of the other")
    assert " on ip-" in explain(installation, "default/found")
    cluster.kubectl("delete", "pod", "found", "--timeout=50s")


def test_who_may_ask(installation, cluster):
    """IAM decides: on the cluster that is named, or on all of them."""
    iam = installation.client("iam")
    user = f"asks-{cluster.name}"
    iam.create_user(UserName=user)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    keys = Keys(made["AccessKeyId"], made["SecretAccessKey"])

    def may(*statements):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **it} for it in statements]}
        iam.put_user_policy(UserName=user, PolicyName="may", PolicyDocument=json.dumps(document))

    def ask(**more):
        return control.call(installation, "Explain", keys, pod="default/none", **more).text

    explains = {"Action": "wharf:Explain", "Resource": "*"}
    arn = cluster.described()["arn"]
    may(explains)
    assert "eks:AccessKubernetesApi" in ask(cluster=cluster.name)
    may(explains, {"Action": "eks:AccessKubernetesApi", "Resource": arn})
    assert "There is no pod none" in ask(cluster=cluster.name)
    assert "eks:AccessKubernetesApi" in ask()
    assert "eks:AccessKubernetesApi" in ask(cluster="another")
