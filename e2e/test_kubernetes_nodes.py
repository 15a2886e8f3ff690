"""EC2 instances as nodes of Kubernetes: they join, and run pods with addresses of their VPC, over deaths of the agent."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness import images, pods, processes
from harness.kubernetes import Cluster
from harness.kubernetes_pods import apply, condition, node_of, on_host, pod_of, sh, wait_phase
from harness.terminal import Terminal
from harness.waiting import wait_for
from test_ec2_instances import own_image_of, profile
from test_images_on_demand import indexed

pytestmark = pytest.mark.minutes(4)

MAY_PULL = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
MOUNTS = pathlib.Path("/proc/mounts")
USER_DATA = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: {name}
    apiServerEndpoint: {endpoint}
    certificateAuthority: {authority}
    cidr: {cidr}
  kubelet:
    flags:
    - --node-labels=team=blue
--//--
"""
BY_SCRIPT = """#!/bin/sh
/etc/eks/bootstrap.sh {name} --apiserver-endpoint {endpoint} --b64-cluster-ca {authority} \
  --kubelet-extra-args '--node-labels=team=red --register-with-taints=only=red:NoSchedule'
"""


@contextlib.contextmanager
def with_nodes(installation, *policies):
    """A cluster that instances with the role may join."""
    with Cluster(installation) as cluster:
        cluster.role = profile(installation, MAY_PULL, *policies)
        arn = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
        yield cluster


@pytest.fixture(scope="module")
def cluster(installation):
    with with_nodes(installation) as cluster:
        yield cluster


def launch(installation, cluster, user_data, instance_type="t3.small", **more):
    described = cluster.described()
    data = user_data.format(
        name=cluster.name,
        endpoint=described["endpoint"],
        authority=described["certificateAuthority"]["data"],
        cidr=described["kubernetesNetworkConfig"]["serviceIpv4Cidr"],
    )
    (made,) = installation.client("ec2").run_instances(
        ImageId=own_image_of(installation),
        InstanceType=instance_type,
        MinCount=1,
        MaxCount=1,
        UserData=data,
        IamInstanceProfile={"Name": cluster.role},
        **more,
    )["Instances"]
    return made


@pytest.fixture(scope="module")
def node(installation, cluster):
    instance = launch(installation, cluster, USER_DATA)
    wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
    return instance


def test_what_a_node_says_of_itself(cluster, node):
    found = node_of(cluster, node)
    zone = node["Placement"]["AvailabilityZone"]
    assert found["spec"]["providerID"] == f"aws:///{zone}/{node['InstanceId']}"
    assert found["metadata"]["labels"]["team"] == "blue"
    assert found["metadata"]["labels"]["topology.kubernetes.io/zone"] == zone
    assert found["status"]["allocatable"]["cpu"] == "1930m" and found["status"]["capacity"]["pods"] == "11"
    addresses = {it["type"]: it["address"] for it in found["status"]["addresses"]}
    assert addresses["InternalIP"] == node["PrivateIpAddress"]


def test_a_pod_runs_is_read_entered_and_deleted(installation, cluster, node, image):
    script = "echo one; echo two; trap exit TERM; while true; do sleep 1; done"
    apply(cluster, "plain", {"containers": [sh(image, script, env=[{"name": "COLOR", "value": "green"}])]})
    pod = wait_phase(cluster, "plain", "Running")
    address = pod["status"]["podIP"]
    (interface,) = installation.client("ec2").describe_network_interfaces(Filters=[{"Name": "private-ip-address", "Values": [address]}])[
        "NetworkInterfaces"
    ]
    assert interface["SubnetId"] == node["SubnetId"]
    assert pod["metadata"]["labels"]["topology.kubernetes.io/zone"] == node["Placement"]["AvailabilityZone"]
    wait_for(lambda: "two" in cluster.kubectl("logs", "plain"), 30, "its log")
    assert cluster.kubectl("logs", "plain", "--tail=1") == "two\n"
    said = cluster.kubectl("exec", "plain", "--", "sh", "-c", "echo $COLOR; hostname -i; exit 0")
    assert said.split() == ["green", address]
    failed = cluster.kubectl("exec", "plain", "--", "sh", "-c", "exit 7", check=False)
    assert failed.returncode == 7
    typed = cluster.kubectl("exec", "-i", "plain", "--", "cat", stdin="typed")
    assert typed == "typed"
    cluster.kubectl("delete", "pod", "plain", "--timeout=50s")
    assert cluster.is_gone("pod", "plain")

    def released():
        filters = [{"Name": "private-ip-address", "Values": [address]}]
        return not installation.client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]

    wait_for(released, 30, "its interface given back")


def test_configuration_and_secrets_reach_containers(cluster, node, image):
    cluster.kubectl("create", "configmap", "settings", "--from-literal=mode=fast")
    cluster.kubectl("create", "secret", "generic", "password", "--from-literal=word=hidden")
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    script = f"cat /settings/mode /secrets/word; echo; echo $NAME in $WHERE; wc -c < {token}; id -u; ls -ld /shared"
    container = sh(
        image,
        script,
        env=[
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "WHERE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        ],
        volumeMounts=[
            {"name": "settings", "mountPath": "/settings"},
            {"name": "secrets", "mountPath": "/secrets"},
            {"name": "shared", "mountPath": "/shared"},
        ],
        securityContext={"runAsUser": 1234, "runAsNonRoot": True},
    )
    volumes = [
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "secrets", "secret": {"secretName": "password"}},
        {"name": "shared", "emptyDir": {}},
    ]
    apply(cluster, "configured", {"containers": [container], "volumes": volumes, "restartPolicy": "Never"})
    pod = wait_phase(cluster, "configured", "Succeeded")
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
    lines = cluster.kubectl("logs", "configured").splitlines()
    assert lines[0] == "fasthidden" and lines[1] == "configured in default", lines
    assert int(lines[2]) > 500 and lines[3] == "1234" and lines[4].startswith("drwxrwxrwx"), lines


def test_volumes_in_memory_are_shared_and_end_with_their_pod(cluster, node, image):
    script = "dd if=/dev/zero of=/fast/big bs=1k count=2048 2>&1; rm /fast/big; grep ' /fast ' /proc/mounts; echo kept > /fast/word"
    mount = {"volumeMounts": [{"name": "fast", "mountPath": "/fast"}]}
    first = sh(image, script, name="first", securityContext={"runAsUser": 1234}, **mount)
    volumes = [{"name": "fast", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]
    reads = sh(image, "cat /fast/word", **mount)
    apply(cluster, "fast", {"initContainers": [first], "containers": [reads], "volumes": volumes, "restartPolicy": "Never"})
    wait_phase(cluster, "fast", "Succeeded")
    said = cluster.kubectl("logs", "fast", "-c", "first")
    assert "No space left on device" in said and "tmpfs /fast tmpfs" in said, said
    assert cluster.kubectl("logs", "fast", "-c", "main") == "kept\n"
    assert "/volumes/fast" in MOUNTS.read_text()
    cluster.kubectl("delete", "pod", "fast", "--timeout=50s")
    wait_for(lambda: "/volumes/fast" not in MOUNTS.read_text(), 30, "the memory given back")


def test_paths_of_the_node_are_shared_and_stay(cluster, node, image):
    writes = "id -u; touch /node/word && stat -c '%u %g' /node /node/word"
    apply(cluster, "writes", on_host(image, writes, "/srv/new/deep", "DirectoryOrCreate"))
    wait_phase(cluster, "writes", "Succeeded")
    assert cluster.kubectl("logs", "writes").split("\n")[:3] == ["0", "0 0", "0 0"]
    # The node's own root, with its owners and what is mounted below it: as its own programs see it, and in its own network.
    reads = "stat -c '%u' /node/srv/new/deep/word; ls /node/proc/1/comm; cat /node/etc/hosts"
    apply(cluster, "reads", on_host(image, reads, "/", "Directory", hostNetwork=True))
    wait_phase(cluster, "reads", "Succeeded")
    said = cluster.kubectl("logs", "reads")
    assert said.startswith("0\n/node/proc/1/comm\n") and "localhost" in said, said
    # One file, which nobody else writes, and a folder of the volume.
    apply(cluster, "file", on_host(image, "echo kept >> /node; cat /node", "/srv/new/file", "FileOrCreate"))
    wait_phase(cluster, "file", "Succeeded")
    below = on_host(image, "touch /node/there; stat -c %u /node", "/srv/new", "Directory")
    below["containers"][0]["volumeMounts"][0]["subPath"] = "made/below"
    apply(cluster, "below", below)
    wait_phase(cluster, "below", "Succeeded")
    assert cluster.kubectl("logs", "below") == "0\n"
    again = on_host(image, "cat /node/file; ls /node/made/below; touch /node/no 2>&1", "/srv/new", "")
    again["containers"][0]["volumeMounts"][0]["readOnly"] = True
    apply(cluster, "again", again)
    wait_for(lambda: pod_of(cluster, "again").get("status", {}).get("phase") == "Failed", 60, "a file that is not written")
    said = cluster.kubectl("logs", "again")
    assert said.startswith("kept\nthere\n") and "Read-only file system" in said, said
    apply(cluster, "missing", on_host(image, "true", "/srv/nothing", "Directory"))

    def told():
        events = cluster.get("events")["items"]
        return [it for it in events if "hostPath type check failed: /srv/nothing does not exist" in it["message"]]

    wait_for(told, 30, "an event that says what is missing")
    cluster.kubectl("delete", "pod", "writes", "reads", "file", "below", "again", "missing", "--timeout=50s")


def test_what_fails_says_why(cluster, node, image):
    apply(cluster, "crashes", {"containers": [sh(image, "echo gone > /dev/termination-log; exit 3")]})
    apply(cluster, "nowhere", {"containers": [sh(image.replace("busybox", "nothing"), "true")]})
    apply(cluster, "host", {"containers": [sh(image, "true")], "hostPID": True})

    def waiting(name):
        statuses = pod_of(cluster, name).get("status", {}).get("containerStatuses", [{}])
        return statuses[0].get("state", {}).get("waiting", {}).get("reason")

    wait_for(lambda: waiting("crashes") == "CrashLoopBackOff", 60, "a back-off")

    def told_of(name):
        events = cluster.get("events", "--field-selector", f"involvedObject.name={name}")["items"]
        return {it["reason"]: it for it in events}

    wait_for(lambda: "BackOff" in told_of("crashes"), 30, "an event of the back-off")
    told = told_of("crashes")
    assert told["BackOff"]["message"].startswith("Back-off restarting failed container main in pod crashes_default("), told
    assert told["BackOff"]["involvedObject"]["fieldPath"] == "spec.containers{main}"
    assert {"Scheduled", "Pulled", "Created", "Started"} <= told.keys()
    assert told["Created"]["message"] == "Container created"
    assert told["Created"]["involvedObject"]["fieldPath"] == "spec.containers{main}"
    once = {"restartPolicy": "Never"}
    apply(cluster, "asks", once | {"containers": [sh(image, "true") | {"imagePullPolicy": "Always"}]})
    apply(cluster, "has", once | {"containers": [sh(image, "true") | {"imagePullPolicy": "IfNotPresent"}]})
    wait_for(lambda: all("Started" in told_of(it) for it in ("asks", "has")), 60, "events of what is started")
    asked, has = told_of("asks"), told_of("has")
    assert asked["Pulling"]["message"] == f'Pulling image "{image}"'
    time = r"[\d.]+(ms|s)"
    pulled = rf'Successfully pulled image "{re.escape(image)}" in {time} \({time} including waiting\)\. Image size: \d+ bytes\.'
    assert re.fullmatch(pulled, asked["Pulled"]["message"]), asked
    assert has["Pulled"]["message"] == f'Container image "{image}" already present on machine' and "Pulling" not in has, has
    last = pod_of(cluster, "crashes")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert last["exitCode"] == 3 and last["message"] == "gone\n", last
    wait_for(lambda: waiting("nowhere") in ("ErrImagePull", "ImagePullBackOff"), 60, "a failed pull")
    refused = wait_phase(cluster, "host", "Failed")
    assert refused["status"]["message"] == "spec.hostPID without hostNetwork is not supported by this node"
    told = "involvedObject.name=host,type=Warning"
    wait_for(lambda: cluster.get("events", "--field-selector", told)["items"], 20, "an event that says so")
    (event,) = cluster.get("events", "--field-selector", told)["items"]
    assert event["message"] == refused["status"]["message"]
    cluster.kubectl("delete", "pod", "crashes", "asks", "has", "nowhere", "host", "--timeout=50s")


def test_a_job_ends_by_its_own_rules(installation, cluster, node, image):
    def run(name, script, **spec):
        pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [sh(image, script)]}
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": {"spec": pod}} | spec}
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(job))

    def why(name):
        conditions = cluster.find("job", name).get("status", {}).get("conditions", [])
        return next((it["reason"] for it in conditions if it["type"] in ("Complete", "Failed")), None)

    gives_up = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [7]}}
    run("judged", "exit 7", backoffLimit=6, podFailurePolicy={"rules": [gives_up]})
    indexed = {"completionMode": "Indexed", "completions": 2, "parallelism": 2}
    run("indexed", "exit $JOB_COMPLETION_INDEX", backoffLimitPerIndex=0, **indexed)
    enough = {"rules": [{"succeededIndexes": "0"}]}
    waits = "[ $JOB_COMPLETION_INDEX = 0 ] || sleep 1000"
    run("enough", waits, successPolicy=enough, **indexed)
    installation.kill_child("server")
    for name, reason in (("judged", "PodFailurePolicy"), ("indexed", "FailedIndexes"), ("enough", "SuccessPolicy")):
        wait_for(lambda name=name, reason=reason: why(name) == reason, 60, f"{name}: {reason}")
    assert cluster.get("job", "judged")["status"]["failed"] == 1
    status = cluster.get("job", "indexed")["status"]
    assert (status["completedIndexes"], status["failedIndexes"]) == ("0", "1")
    # One of them was running until its job had enough.
    cluster.kubectl("delete", "job", "judged", "indexed", "enough", "--wait=false")
    wait_for(lambda: not cluster.get("pods", "-l", "job-name=enough")["items"], 30, "the end of its pods")


def test_pods_that_are_taken_from_a_job_are_no_failures(cluster, node, image):
    pod = {"restartPolicy": "Never", "containers": [sh(image, "trap 'exit 1' TERM; while true; do sleep 0.2; done")]}
    ignored = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    spec = {"backoffLimit": 0, "podFailurePolicy": {"rules": [ignored]}, "template": {"spec": pod}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "taken"}, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(job))

    def running(but=None):
        pods = cluster.get("pods", "-l", "job-name=taken")["items"]
        return [it for it in pods if it.get("status", {}).get("phase") == "Running" and it["metadata"]["name"] != but]

    (first,) = wait_for(running, 60, "a pod of the job")
    name = first["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    path = f"/api/v1/namespaces/default/pods/{name}/eviction"
    cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    wait_for(lambda: running(but=name), 60, "another pod after the eviction")
    cluster.kubectl("patch", "job", "taken", "--type=merge", "-p", json.dumps({"spec": {"suspend": True}}))
    wait_for(lambda: not cluster.get("pods", "-l", "job-name=taken")["items"], 60, "a job without pods")
    status = cluster.get("job", "taken")["status"]
    assert status.get("failed", 0) == 0, status
    assert [it["type"] for it in status["conditions"]] == ["Suspended"], status
    cluster.kubectl("delete", "job", "taken")


def test_probes_and_sidecars(cluster, node, image):
    side = sh(image, "trap exit TERM; while true; do sleep 1; done", name="side", restartPolicy="Always")
    main = sh(
        image,
        "sleep 1; touch /tmp/ready; mkdir /www; echo page > /www/index.html; exec httpd -f -p 8080 -h /www",
        ports=[{"name": "web", "containerPort": 8080}],
        readinessProbe={"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1},
        livenessProbe={"httpGet": {"path": "/", "port": "web"}, "initialDelaySeconds": 2, "periodSeconds": 1},
    )
    apply(cluster, "probed", {"initContainers": [side], "containers": [main]})
    wait_for(lambda: condition(pod_of(cluster, "probed"), "Ready") == "True", 60, "readiness")
    cluster.kubectl("exec", "probed", "-c", "main", "--", "rm", "/www/index.html")

    def restarts():
        return pod_of(cluster, "probed")["status"]["containerStatuses"][0]["restartCount"]

    wait_for(lambda: restarts() >= 1, 60, "a restart by its liveness probe")
    # A pod is over when its sidecars have ended too.
    slow = sh(image, "trap 'sleep 2; exit' TERM; while true; do sleep 0.2; done", name="side", restartPolicy="Always")
    apply(cluster, "done", {"initContainers": [slow], "containers": [sh(image, "true")], "restartPolicy": "Never"})
    (status,) = wait_phase(cluster, "done", "Succeeded")["status"]["initContainerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 0, status
    cluster.kubectl("delete", "pod", "probed", "done", "--timeout=50s", "--grace-period=1")


def test_a_probe_of_a_port_goes_to_the_address_of_the_pod(cluster, node, image):
    probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    own = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    # Nobody listens at any other address, and before that a file is waited for.
    script = "until [ -e /tmp/go ]; do sleep 0.2; done; exec httpd -f -p $POD_IP:8080"
    apply(cluster, "listens", {"containers": [sh(image, script, env=[own], readinessProbe=probe)]})
    wait_phase(cluster, "listens", "Running")
    failed = "involvedObject.name=listens,reason=Unhealthy"
    wait_for(lambda: cluster.get("events", "--field-selector", failed)["items"], 30, "a probe that fails")
    assert condition(pod_of(cluster, "listens"), "Ready") == "False"
    cluster.kubectl("exec", "listens", "--", "touch", "/tmp/go")
    wait_for(lambda: condition(pod_of(cluster, "listens"), "Ready") == "True", 30, "readiness")
    cluster.kubectl("delete", "pod", "listens", "--timeout=50s", "--grace-period=1")


GRPC = """
import os, time
from concurrent import futures
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

server, services = grpc.server(futures.ThreadPoolExecutor(2)), health.HealthServicer()
health_pb2_grpc.add_HealthServicer_to_server(services, server)
assert server.add_insecure_port("0.0.0.0:5000")
server.start()
while True:
    for service, well in ("ready", os.path.exists("/tmp/ready")), ("live", not os.path.exists("/tmp/ill")):
        services.set(service, health_pb2.HealthCheckResponse.SERVING if well else health_pb2.HealthCheckResponse.NOT_SERVING)
    time.sleep(0.2)
"""


def test_a_server_of_grpc_says_how_its_services_are(installation, cluster, node):
    image = images.push(installation, "e2e/grpc/grpc", "grpc")
    # One failure counts, and none is to come of a machine that has much to do.
    patient = {"periodSeconds": 1, "timeoutSeconds": 10}
    asks = lambda service: patient | {"grpc": {"port": 5000, "service": service}, "failureThreshold": 1}  # noqa: E731
    starts = patient | {"grpc": {"port": 5000}, "failureThreshold": 30}
    main = {"name": "main", "image": image, "command": ["python3", "-c", GRPC]}
    main |= {"startupProbe": starts, "readinessProbe": asks("ready"), "livenessProbe": asks("live")}
    apply(cluster, "health", {"containers": [main], "terminationGracePeriodSeconds": 1})
    started = lambda: pod_of(cluster, "health").get("status", {}).get("containerStatuses", [{}])[0]  # noqa: E731
    wait_for(lambda: started().get("started"), 90, "its start, of which the server as a whole tells")

    def told(text, name="health"):
        events = cluster.get("events", "--field-selector", f"involvedObject.name={name},reason=Unhealthy")["items"]
        return any(text in it["message"] for it in events)

    unwell = 'probe failed: service unhealthy (responded with "NOT_SERVING")'
    wait_for(lambda: told(f"Readiness {unwell}"), 30, "a server that says no")
    assert condition(pod_of(cluster, "health"), "Ready") == "False"
    cluster.kubectl("exec", "health", "--", "touch", "/tmp/ready")
    wait_for(lambda: condition(pod_of(cluster, "health"), "Ready") == "True", 30, "readiness")
    assert started()["restartCount"] == 0
    cluster.kubectl("exec", "health", "--", "touch", "/tmp/ill")
    wait_for(lambda: started().get("restartCount") == 1, 60, "a restart by its liveness probe")
    assert told(f"Liveness {unwell}")
    # What nobody serves, and what is no server of gRPC.
    main |= {"startupProbe": starts | {"grpc": {"port": 5000, "service": "nobody"}}}
    apply(cluster, "unknown", {"containers": [main], "terminationGracePeriodSeconds": 1})
    refused = "Startup probe failed: error: health rpc probe failed: rpc error: code = NotFound desc = "
    wait_for(lambda: told(refused, "unknown"), 60, "a service that the server does not know")
    web = main | {"command": ["python3", "-m", "http.server", "5000"]}
    apply(cluster, "web", {"containers": [web], "terminationGracePeriodSeconds": 1})
    wait_for(lambda: told("Startup probe failed: error: health rpc probe failed: ", "web"), 60, "a server of something else")
    cluster.kubectl("delete", "pod", "health", "unknown", "web", "--timeout=50s")


def test_a_pod_whose_sandbox_is_killed_begins_again(installation, cluster, node, image):
    # Each run of each container is a line of one file.
    turn = "echo $0 $(date +%s%N) >> /kept/turns"
    forever = f"{turn}; trap exit TERM; while true; do sleep 1; done"
    mounts = {"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]}

    def called(name, script, **options):
        return {"name": name, "image": image, "command": ["sh", "-c", script, name], **mounts, **options}

    inits = [called("side", forever, restartPolicy="Always"), called("first", turn), called("second", turn)]
    of_both = {"volumes": [{"name": "kept", "emptyDir": {}}], "terminationGracePeriodSeconds": 1}
    apply(cluster, "again", {"initContainers": inits, "containers": [called("main", forever)], **of_both})
    found = wait_phase(cluster, "again", "Running")
    sandbox = pods.sandbox_of(node["InstanceId"], found["metadata"]["uid"])

    def shim(of=sandbox):
        (only,) = [pid for pid, sandbox in pods.shims(installation) if sandbox == of]
        return only

    def begun(times):
        status = pod_of(cluster, "again")["status"]
        told = [it["restartCount"] == times and it["ready"] for it in status["initContainerStatuses"] + status["containerStatuses"]]
        return len(told) == 4 and all(told) and shim()

    def took_turns(times):
        lines = cluster.kubectl("exec", "again", "-c", "main", "--", "cat", "/kept/turns").splitlines()
        names = [it.split()[0] for it in lines]
        # What runs beside the others may be late to say so.
        in_order = [it for it in names if it != "side"]
        return in_order == ["first", "second", "main"] * times and names.count("side") == times

    wait_for(lambda: begun(0) and took_turns(1), 60, "the pod to be ready")
    processes.kill(shim())
    wait_for(lambda: begun(1), 60, "the pod to run again")
    after = pod_of(cluster, "again")
    assert after["status"]["podIP"] == found["status"]["podIP"]
    wait_for(lambda: took_turns(2), 30, "what it left")
    assert condition(after, "Initialized") == "True"
    last = after["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["reason"], last["exitCode"]) == ("ContainerStatusUnknown", 137), last
    # Nobody looks while this one dies.
    agent = installation.child("agent")
    os.kill(agent, signal.SIGSTOP)
    processes.kill(shim())
    processes.kill(agent)
    wait_for(lambda: begun(2), 60, "the pod to run again")
    wait_for(lambda: took_turns(3), 30, "what it left")
    # What is to run once does, whether its agent sees what becomes of it or not.
    for name, is_seen in (("seen", True), ("unseen", False)):
        mark = f"once-{found['metadata']['uid']}-{name}"
        apply(cluster, name, {"containers": [called("main", f": {mark}; {forever}")], "restartPolicy": "Never", **of_both})
        uid = wait_phase(cluster, name, "Running")["metadata"]["uid"]
        agent = installation.child("agent")
        if not is_seen:
            os.kill(agent, signal.SIGSTOP)
        processes.kill(shim(pods.sandbox_of(node["InstanceId"], uid)))
        if not is_seen:
            processes.kill(agent)
        (status,) = wait_phase(cluster, name, "Failed")["status"]["containerStatuses"]
        how = status["state"]["terminated"]
        assert (how["reason"], how["exitCode"], status["restartCount"]) == ("ContainerStatusUnknown", 137, 0), status
        # Another may be begun in its place by now.
        assert not processes.with_argument(mark)
    # Nothing of the other ran again for another agent.
    wait_for(lambda: cluster.kubectl("exec", "again", "-c", "main", "--", "true", check=False).returncode == 0, 60, "another agent")
    assert begun(2) and took_turns(3)
    cluster.kubectl("delete", "pod", "again", "seen", "unseen", "--timeout=50s", "--grace-period=1")
    assert sandbox not in pods.remains(installation)


def test_pods_outlive_the_agent(installation, cluster, node, image):
    script = "date +%s%N; trap exit TERM; while true; do sleep 1; done"
    apply(cluster, "outlives", {"containers": [sh(image, script)]})
    wait_phase(cluster, "outlives", "Running")
    wait_for(lambda: cluster.kubectl("logs", "outlives"), 30, "its log")
    before = cluster.kubectl("logs", "outlives")
    installation.kill_child("node")
    wait_for(lambda: cluster.kubectl("logs", "outlives", check=False).stdout == before, 60, "its log again")
    assert pod_of(cluster, "outlives")["status"]["containerStatuses"][0]["restartCount"] == 0
    cluster.kubectl("delete", "pod", "outlives", "--timeout=50s", "--grace-period=1")


def test_what_is_typed_reaches_a_program(cluster, node, image):
    script = "read word; echo got $word; cat; exit 3"
    run = ("run", "asks", "--image", image, "--restart=Never", "--stdin", "--rm", "--quiet", "--command", "--", "sh", "-c", script)
    done = cluster.kubectl(*run, stdin="one\ntwo", check=False)
    # The input ends with the first who has it, and what is left of a line at the end is told as well.
    assert (done.returncode, done.stdout) == (3, "got one\ntwo"), done.stderr
    assert cluster.is_gone("pod", "asks")

    apply(cluster, "shell", {"containers": [{"name": "main", "image": image, "command": ["sh"], "stdin": True, "tty": True}]})
    wait_phase(cluster, "shell", "Running")
    variables = [f"{name}={value}" for name, value in cluster.environment().items()]
    command = ("env", *variables, cluster.program, "attach", "-it", "shell")
    with Terminal(33, 101, *command) as terminal:
        terminal.wait_for_text("# ")
        # kubectl says another size at first, so that programs paint anew. What is typed is printed, too.
        terminal.type('until [ "$(stty size)" = "33 10"1 ]; do sleep 0.2; done; word=kept; stty size\n')
        terminal.wait_for_text("33 101")
    # Nobody looks on, and the shell waits for the next one.
    with Terminal(24, 80, *command) as terminal:
        terminal.type("echo the word is $word\n")
        terminal.wait_for_text("the word is kept")
        terminal.type("exit 4\n")
        assert terminal.process.wait(30) == 0
    wait_for(lambda: pod_of(cluster, "shell")["status"]["containerStatuses"][0]["restartCount"] == 1, 30, "another run")
    cluster.kubectl("delete", "pod", "shell", "--timeout=50s", "--grace-period=1")


def test_a_container_is_added_to_look_at_a_pod(installation, cluster, node, image):
    apply(cluster, "watched", {"containers": [sh(image, "touch /tmp/mark; trap exit TERM; while true; do sleep 1.25; done")]})
    wait_phase(cluster, "watched", "Running")
    script = "ls /proc/1/root/tmp; ps; hostname -i; exit 5"
    added = ("--image", image, "--target", "main", "--profile", "general")
    cluster.kubectl("debug", "watched", "--container", "eye", *added, "--", "sh", "-c", script)

    def of(name):
        statuses = pod_of(cluster, "watched")["status"].get("ephemeralContainerStatuses", [])
        return next((it["state"] for it in statuses if it["name"] == name), {})

    wait_for(lambda: "terminated" in of("eye"), 30, "its end")
    assert of("eye")["terminated"]["exitCode"] == 5
    seen = cluster.kubectl("logs", "watched", "-c", "eye")
    assert "mark" in seen and "sleep 1.25" in seen and pod_of(cluster, "watched")["status"]["podIP"] in seen, seen
    # One that can be talked to, and one that the node does not have.
    talked = cluster.kubectl(
        "debug", "watched", "--container", "talk", "-i", *added, "--", "sh", "-c", "read word; echo got $word", stdin="typed\n"
    )
    assert "got typed" in talked, talked
    custom = {"securityContext": {"privileged": True}}
    bad = {"name": "bad", "image": image, "command": ["true"], **custom}
    now = cluster.get("pod", "watched")["spec"]["ephemeralContainers"]
    patch = json.dumps({"spec": {"ephemeralContainers": [*now, bad]}})
    cluster.kubectl("patch", "pod", "watched", "--subresource", "ephemeralcontainers", "--type", "strategic", "--patch", patch)
    wait_for(lambda: of("bad").get("waiting", {}).get("reason") == "UnsupportedByNode", 30, "a refusal")
    # What has had its time stays so, and the pod is none the worse.
    installation.kill_child("node")
    wait_for(lambda: cluster.kubectl("exec", "watched", "--", "true", check=False).returncode == 0, 60, "the next agent")
    status = pod_of(cluster, "watched")["status"]
    assert (status["phase"], status["containerStatuses"][0]["restartCount"]) == ("Running", 0)
    assert of("eye")["terminated"]["exitCode"] == 5
    cluster.kubectl("delete", "pod", "watched", "--timeout=50s", "--grace-period=1")


def test_images_are_pulled_with_the_secrets_of_a_pod(installation, cluster, node, image):
    hidden = images.push(installation, "busybox", "hidden")
    role = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
    closed = {"Effect": "Deny", "Principal": {"AWS": role}, "Action": "ecr:BatchGetImage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "NotByTheNode", **closed}]})
    installation.client("ecr").set_repository_policy(repositoryName="hidden", policyText=policy)
    registry = hidden.split("/")[0]
    login = ("--docker-server", registry, "--docker-username", "AWS", "--docker-password", installation.registry_password())
    cluster.kubectl("create", "secret", "docker-registry", "login", *login)
    once = {"containers": [sh(hidden, "echo here")], "restartPolicy": "Never"}
    apply(cluster, "without", once)
    apply(cluster, "with", once | {"imagePullSecrets": [{"name": "login"}, {"name": "nowhere"}]})
    wait_phase(cluster, "with", "Succeeded")
    missing = "involvedObject.name=with,reason=FailedToRetrieveImagePullSecret"
    wait_for(lambda: cluster.get("events", "--field-selector", missing)["items"], 30, "an event about the other secret")

    def waiting():
        statuses = pod_of(cluster, "without").get("status", {}).get("containerStatuses", [{}])
        return statuses[0].get("state", {}).get("waiting", {}).get("reason")

    wait_for(lambda: waiting() in ("ErrImagePull", "ImagePullBackOff"), 30, "a failed pull")
    cluster.kubectl("delete", "pod", "with", "without", "--timeout=50s", "--grace-period=1")


def test_a_pod_is_held_to_what_its_volume_may_take(cluster, node, image):
    script = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; dd if=/dev/zero of=/cache/big bs=1k count=3072; sleep 1000"
    container = sh(image, script, volumeMounts=[{"name": "cache", "mountPath": "/cache"}])
    sysctls = {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "81"}]}
    volumes = [{"name": "cache", "emptyDir": {"sizeLimit": "2Mi"}}]
    spec = {"containers": [container], "volumes": volumes, "securityContext": sysctls, "terminationGracePeriodSeconds": 1}
    apply(cluster, "greedy", spec)
    status = wait_phase(cluster, "greedy", "Failed")["status"]
    assert status["reason"] == "Evicted"
    assert status["message"] == 'Usage of EmptyDir volume "cache" exceeds the limit "2Mi". '
    assert cluster.kubectl("logs", "greedy").startswith("81\n")
    cluster.kubectl("delete", "pod", "greedy", "--timeout=50s", "--grace-period=1")


def test_a_container_begins_again_with_another_image(installation, cluster, node, image):
    missing, other = image.replace("busybox", "missing"), images.push(installation, "busybox", "other")
    wait = "trap exit TERM; echo begun; while true; do sleep 1; done"
    apply(cluster, "changed", {"containers": [sh(image, wait)], "restartPolicy": "Never"})
    wait_phase(cluster, "changed", "Running")

    def main():
        (status,) = pod_of(cluster, "changed")["status"]["containerStatuses"]
        return status

    cluster.kubectl("set", "image", "pod/changed", f"main={missing}")
    reasons = ("ErrImagePull", "ImagePullBackOff")
    wait_for(lambda: main()["state"].get("waiting", {}).get("reason") in reasons, 30, "a container that waits for another image")
    cluster.kubectl("set", "image", "pod/changed", f"main={other}")
    wait_for(lambda: "running" in main()["state"], 30, "a container of another image")
    status = main()
    assert (status["image"], status["restartCount"]) == (other, 1) and "/other:latest@sha256:" in status["imageID"], status
    events = cluster.get("events", "--field-selector", "involvedObject.name=changed,reason=Killing")["items"]
    assert [it["message"] for it in events] == ["Container main definition changed, will be restarted"]
    cluster.kubectl("delete", "pod", "changed", "--timeout=50s", "--grace-period=1")


def test_a_pod_grows_while_it_runs(cluster, node, image):
    def resources(memory, cpu):
        return {"requests": {"memory": "32Mi", "cpu": cpu}, "limits": {"memory": memory}}

    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    wait = "trap exit TERM; while true; do sleep 1; done"
    container = sh(image, wait, name="sized", resources=resources("64Mi", "10m"), resizePolicy=policy)
    apply(cluster, "sized", {"containers": [container], "terminationGracePeriodSeconds": 1})
    wait_phase(cluster, "sized", "Running")

    def ask(memory, cpu):
        patch = {"spec": {"containers": [{"name": "sized", "resources": resources(memory, cpu)}]}}
        cluster.kubectl("patch", "pod", "sized", "--subresource", "resize", "--patch", json.dumps(patch))

    def has(memory, cpu):
        (status,) = pod_of(cluster, "sized")["status"]["containerStatuses"]
        return status.get("resources") == resources(memory, cpu) and status

    def resize(memory, cpu):
        ask(memory, cpu)
        return wait_for(lambda: has(memory, cpu), 30, f"{memory} and {cpu}")

    def waits():
        conditions = pod_of(cluster, "sized")["status"]["conditions"]
        return next((it for it in conditions if it["type"] == "PodResizePending"), None)

    def limit():
        # Groups of others go meanwhile, which a walk does not mind.
        groups = (pathlib.Path(folder) for folder, _, _ in os.walk("/sys/fs/cgroup") if folder.endswith("/sized~r0"))
        limits = (group / name for group in groups for name in ("memory.max", "memory.limit_in_bytes"))
        return int(next(it for it in limits if it.exists()).read_text())

    assert limit() == 64 << 20
    assert resize("96Mi", "10m")["restartCount"] == 0
    assert limit() == 96 << 20
    assert resize("96Mi", "20m")["restartCount"] == 1
    # The node has not as much: the pod keeps what it has, and asks for it again.
    ask("96Mi", "1000")
    told = wait_for(waits, 30, "a condition of what cannot be had")
    assert told["reason"] == "Infeasible", told
    assert told["message"].startswith("Node didn't have enough capacity: cpu, requested: 1000000, capacity: "), told
    assert has("96Mi", "20m")["restartCount"] == 1
    ask("96Mi", "20m")
    wait_for(lambda: not waits(), 30, "a pod that has what it asks for")
    assert has("96Mi", "20m")["restartCount"] == 1
    cluster.kubectl("delete", "pod", "sized", "--timeout=50s", "--grace-period=1")


def showing_layers(kept):
    """The programs that show layers kept there: others of this machine are of other installations."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
            if (entry / "comm").read_text().strip() == "lazy-layer" and f"{kept}/" in line:
                found.append(int(entry.name))
    assert found
    return found


def test_a_pod_reads_its_image_on_demand(installation, cluster, node, tmp_path):
    _, diff_id, sums, _, uri = indexed(installation, tmp_path, "pods", 12)
    script = "sha256sum /big/7; trap exit TERM; while true; do sleep 1; done"
    apply(cluster, "large", {"containers": [sh(f"{uri}:1", script)]})
    wait_phase(cluster, "large", "Running")
    read = f"{sums['/big/7']}  /big/7\n"
    wait_for(lambda: cluster.kubectl("logs", "large", check=False).stdout == read, 30, "its log")
    kept = installation.data / "node" / "images"
    users = [it.name for it in (kept / "spans" / diff_id / "users").iterdir()]
    assert len(users) == 1 and users[0].startswith("pod-"), users
    # Once its containers cannot read any more they are killed, and started again.
    wait_for((kept / "layers" / f"{diff_id}.json").exists, 60, "the whole layer")
    for program in showing_layers(kept):
        os.kill(program, signal.SIGKILL)
    started_again = lambda: pod_of(cluster, "large")["status"]["containerStatuses"][0]["restartCount"] == 1  # noqa: E731
    wait_for(started_again, 60, "another run")
    wait_for(lambda: cluster.kubectl("logs", "large", check=False).stdout == read, 30, "its log again")
    cluster.kubectl("delete", "pod", "large", "--timeout=50s", "--grace-period=1")


@pytest.fixture(scope="module")
def red(installation, cluster, node):
    """A second node, which joined by script, for those alone that tolerate its taint."""
    instance = launch(installation, cluster, BY_SCRIPT)
    wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "the second node")
    yield instance
    # What ran on an instance ends with it.
    installation.client("ec2").terminate_instances(InstanceIds=[instance["InstanceId"]])


def of_red(kind, name, image, pod, **spec):
    """A Deployment or a DaemonSet whose pods may be on the second node."""
    labels = {"app": name}
    pod = {
        "containers": [sh(image, "trap exit TERM; while true; do sleep 1; done")],
        "tolerations": [{"key": "only", "operator": "Exists"}],
        "terminationGracePeriodSeconds": 1,
        **pod,
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def test_a_deployment_on_a_node_that_joined_by_script(cluster, red, image):
    assert {"key": "only", "value": "red", "effect": "NoSchedule"} in node_of(cluster, red)["spec"]["taints"]
    deployment = of_red("Deployment", "web", image, {"nodeSelector": {"team": "red"}}, replicas=2)
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(deployment))
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=50s")
    pods = cluster.get("pods", "-l", "app=web")["items"]
    assert {it["spec"]["nodeName"] for it in pods} == {red["PrivateDnsName"]}
    assert len({it["status"]["podIP"] for it in pods}) == 2
    cluster.kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=50s")


def test_a_node_is_emptied_as_budgets_allow(cluster, node, red, image):
    first, second = node["PrivateDnsName"], red["PrivateDnsName"]
    liked = {"matchExpressions": [{"key": "team", "operator": "In", "values": ["red"]}]}
    likes = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": liked}]}}
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "guarded"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}},
    }
    guarded = of_red("Deployment", "guarded", image, {"affinity": likes}, replicas=2)
    each = of_red("DaemonSet", "each", image, {"nodeSelector": {"team": "red"}})
    everything = {"apiVersion": "v1", "kind": "List", "items": [budget, guarded, each]}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(everything))
    cluster.kubectl("rollout", "status", "daemonset/each", "--timeout=50s")

    def those_of(app):
        found = cluster.get("pods", "-l", f"app={app}")["items"]
        return [it for it in found if "deletionTimestamp" not in it["metadata"]]

    def places():
        """Of those that are ready."""
        return sorted(it["spec"]["nodeName"] for it in those_of("guarded") if condition(it, "Ready") == "True")

    wait_for(lambda: places() == [second, second], 50, "both on the node that they like")
    (kept,) = those_of("each")
    allowed = lambda: cluster.get("poddisruptionbudget", "guarded")["status"].get("disruptionsAllowed") == 1  # noqa: E731
    wait_for(allowed, 30, "one that may go")
    ready = []

    def is_over():
        ready.append(len(places()))
        return draining.poll() is not None

    command = [cluster.program, "drain", second, "--ignore-daemonsets", "--timeout=60s"]
    with subprocess.Popen(command, env=cluster.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as draining:
        try:
            wait_for(is_over, 70, "the end of the drain", interval_s=0.05)
        finally:
            draining.kill()
        said = draining.stdout.read()
    assert draining.returncode == 0, said
    # One went at once; the other stayed until there was one in its place.
    assert "Cannot evict pod as it would violate the pod's disruption budget." in said, said
    assert min(ready) >= 1, ready
    wait_for(lambda: places() == [first, first], 50, "both on the other node")
    assert node_of(cluster, red)["spec"]["unschedulable"]
    (left,) = those_of("each")
    assert (left["metadata"]["uid"], left["status"]["phase"]) == (kept["metadata"]["uid"], "Running")

    cluster.kubectl("uncordon", second)
    taints = lambda: [it["key"] for it in node_of(cluster, red)["spec"]["taints"]]  # noqa: E731
    wait_for(lambda: taints() == ["only"], 20, "a node that takes pods again")
    cluster.kubectl("scale", "deployment/guarded", "--replicas=3")
    wait_for(lambda: places() == sorted([first, first, second]), 50, "one on the node that it likes")
    (left,) = those_of("each")
    assert left["metadata"]["uid"] == kept["metadata"]["uid"]
    cluster.kubectl("delete", "deployment/guarded", "daemonset/each", "poddisruptionbudget/guarded", "--timeout=50s")


def test_a_cluster_that_goes_takes_the_interfaces_of_its_pods_along(installation, cluster, node, image):
    apply(cluster, "stays", {"containers": [sh(image, "trap exit TERM; while true; do sleep 1; done")]})
    wait_phase(cluster, "stays", "Running")
    ec2 = installation.client("ec2")
    (told,) = json.loads(pod_of(cluster, "stays")["metadata"]["annotations"]["vpc.amazonaws.com/pod-eni"])
    of_pods = {"Filters": [{"Name": "network-interface-id", "Values": [told["eniId"]]}]}
    assert len(ec2.describe_network_interfaces(**of_pods)["NetworkInterfaces"]) == 1
    # Its machine outlives it, and nobody is there any more who says that the pod is gone.
    cluster.eks.delete_cluster(name=cluster.name)
    cluster.eks.get_waiter("cluster_deleted").wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert ec2.describe_network_interfaces(**of_pods)["NetworkInterfaces"] == []
    ec2.terminate_instances(InstanceIds=[node["InstanceId"]])
