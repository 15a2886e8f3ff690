"""What a cluster's API server and its nodes measure, in Prometheus' text form, as its own parser reads it."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.kubernetes_pods import apply, sh, wait_phase
from harness.waiting import wait_for
from test_kubernetes_services import joined, node_in

pytestmark = pytest.mark.minutes(1.5)

BUSY = "trap exit TERM; while true; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.1; done"


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def node(installation, cluster):
    return node_in(installation, cluster)["PrivateDnsName"]


def samples(cluster, path, *arguments):
    """All samples of a page; each is of a family that says what it is."""
    found = {}
    for family in text_string_to_metric_families(cluster.kubectl("get", "--raw", path, *arguments)):
        assert family.type != "unknown" and family.documentation, family
        for it in family.samples:
            found.setdefault(it.name, []).append(it)
    return found


def one(found, name, **labels):
    """The value of the only sample of that name and these labels; nothing if there is none."""
    those = [it for it in found.get(name, []) if labels.items() <= it.labels.items()]
    assert len(those) <= 1, those
    return those[0].value if those else None


def test_requests_and_objects_of_the_api_server(cluster):
    before = samples(cluster, "/metrics")
    for name in ("one", "two"):
        cluster.kubectl("create", "configmap", name)
    cluster.kubectl("get", "configmap", "missing", check=False)
    created = {"verb": "POST", "group": "", "version": "v1", "resource": "configmaps", "scope": "resource", "code": "201"}

    def counted():
        found = samples(cluster, "/metrics")
        more = (one(found, "apiserver_storage_objects", resource="configmaps") or 0) - (
            one(before, "apiserver_storage_objects", resource="configmaps") or 0
        )
        return found if more >= 2 else None

    after = wait_for(counted, 20, "two objects more")
    made = sum(it.value for it in after["apiserver_request_total"] if created.items() <= it.labels.items())
    earlier = sum(it.value for it in before["apiserver_request_total"] if created.items() <= it.labels.items())
    assert made >= earlier + 2
    missing = {"verb": "GET", "resource": "configmaps", "code": "404"}
    assert any(missing.items() <= it.labels.items() for it in after["apiserver_request_total"])
    # What runs in the server itself watches pods, without end.
    assert one(after, "apiserver_longrunning_requests", verb="WATCH", resource="pods", scope="cluster") >= 1
    took = {"verb": "POST", "resource": "configmaps", "scope": "resource", "dry_run": ""}
    count = one(after, "apiserver_request_duration_seconds_count", **took)
    assert count >= made and one(after, "apiserver_request_duration_seconds_bucket", le="+Inf", **took) == count
    assert one(after, "apiserver_current_inflight_requests", request_kind="readOnly") >= 1
    assert one(after, "apiserver_resource_objects", group="", resource="namespaces") >= 4
    assert one(after, "apiserver_storage_size_bytes") > 1000


def test_labels_are_not_what_clients_write(cluster):
    cluster.kubectl("get", "--raw", "/apis/made-up.example/v1/swordfish", check=False)
    cluster.kubectl("get", "--raw", "/swordfish", check=False)
    assert "swordfish" not in cluster.kubectl("get", "--raw", "/metrics")


def test_who_may_read_them(cluster):
    refused = cluster.kubectl("get", "--raw", "/metrics", "--as", "jane", check=False)
    assert 'cannot get path "/metrics"' in refused.stderr, refused.stderr
    assert samples(cluster, "/metrics", "--as", "jane", "--as-group", "system:monitoring")
    cluster.kubectl("create", "clusterrole", "scrapes", "--verb=get", "--non-resource-url=/metrics")
    cluster.kubectl("create", "clusterrolebinding", "scrapes", "--clusterrole=scrapes", "--user=jane")
    wait_for(lambda: not cluster.kubectl("get", "--raw", "/metrics", "--as", "jane", check=False).returncode, 20, "jane to read them")


def test_what_containers_and_nodes_use(cluster, node, image):
    path = f"/api/v1/nodes/{node}/proxy"
    apply(cluster, "busy", {"containers": [sh(image, BUSY, resources={"limits": {"memory": "64Mi"}})], "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "busy", "Running")
    cluster.kubectl("exec", "busy", "--", "nslookup", "kubernetes.default.svc.cluster.local", check=False)
    own = {"namespace": "default", "pod": "busy"}

    def measured():
        found = samples(cluster, f"{path}/metrics/cadvisor")
        used = one(found, "container_cpu_usage_seconds_total", container="main", **own)
        sent = one(found, "container_network_transmit_bytes_total", **own)
        return (found, used) if used and sent else None

    found, used = wait_for(measured, 40, "a first measurement")
    (sample,) = [it for it in found["container_cpu_usage_seconds_total"] if own.items() <= it.labels.items()]
    assert set(sample.labels) == {"container", "cpu", "id", "image", "name", "namespace", "pod"} and sample.labels["cpu"] == "total"
    assert sample.labels["image"] and sample.timestamp > 1.7e9
    assert 0 < one(found, "container_memory_working_set_bytes", container="main", **own) <= 64 << 20
    assert one(found, "container_spec_memory_limit_bytes", container="main", **own) == 64 << 20
    assert one(found, "container_network_receive_bytes_total", interface="eth0", **own) > 0
    assert one(found, "container_cpu_usage_seconds_total", id="/") > 0

    def grown():
        found = measured()
        return found if found and found[1] > used else None

    wait_for(grown, 40, "more of the processor's time")

    found = samples(cluster, f"{path}/metrics/resource")
    assert one(found, "container_cpu_usage_seconds_total", container="main", **own) >= used
    assert one(found, "pod_cpu_usage_seconds_total", **own) >= used
    assert one(found, "pod_memory_working_set_bytes", **own) > 0
    assert one(found, "node_memory_working_set_bytes") > 0 and one(found, "resource_scrape_error") == 0

    found = samples(cluster, f"{path}/metrics")
    assert one(found, "kubelet_node_name", node=node) == 1 and one(found, "kubelet_running_pods") >= 1
    assert one(found, "kubelet_running_containers", container_state="running") >= 1

    summary = json.loads(cluster.kubectl("get", "--raw", f"{path}/stats/summary"))
    (pod,) = [it for it in summary["pods"] if it["podRef"]["name"] == "busy"]
    assert pod["network"]["interfaces"][0]["name"] == "eth0" and pod["network"]["txBytes"] > 0
    assert pod["cpu"]["usageCoreNanoSeconds"] > 0 and pod["memory"]["workingSetBytes"] > 0
    assert pod["process_stats"]["process_count"] > 0
    (container,) = pod["containers"]
    assert 0 < container["memory"]["availableBytes"] < 64 << 20
    capacity = int(cluster.get("node", node)["status"]["capacity"]["ephemeral-storage"])
    whole = summary["node"]["fs"]
    threads = summary["node"]["rlimit"]
    assert 0 < threads["curproc"] < threads["maxpid"]
    assert whole["capacityBytes"] == capacity == whole["usedBytes"] + whole["availableBytes"]
    images, written = (summary["node"]["runtime"][it] for it in ("imageFs", "containerFs"))
    assert 0 < images["usedBytes"] <= images["capacityBytes"] and images["availableBytes"] < images["capacityBytes"]
    assert written["capacityBytes"] == capacity and written["availableBytes"] == whole["availableBytes"]

    cluster.kubectl("exec", "busy", "--", "sh", "-c", "head -c 8388608 /dev/urandom > /written")

    def written():
        summary = json.loads(cluster.kubectl("get", "--raw", f"{path}/stats/summary"))
        (pod,) = [it for it in summary["pods"] if it["podRef"]["name"] == "busy"]
        own, (container,) = pod.get("ephemeral-storage", {}), pod["containers"]
        return own.get("usedBytes", 0) >= 8 << 20 and container["rootfs"]["usedBytes"] >= 8 << 20 and own["inodesUsed"] > 0

    wait_for(written, 60, "what the pod wrote")

    refused = cluster.kubectl("get", "--raw", f"{path}/metrics/cadvisor", "--as", "jane", check=False)
    assert 'cannot get resource "nodes/proxy"' in refused.stderr, refused.stderr
    cluster.kubectl("delete", "pod", "busy", "--timeout=50s")
    wait_for(lambda: "busy" not in cluster.kubectl("get", "--raw", f"{path}/metrics/cadvisor"), 40, "its end")
