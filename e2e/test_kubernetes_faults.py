"""A cluster under load while one process after the other is killed at a random moment: what was acknowledged is there, a set's pod
and a volume are never there twice, and of pods that are gone nothing is left.

WHARF_FAULT_ROUNDS says how often (4), WHARF_FAULT_SEED with which random numbers.
"""

import json
import os
import random
import signal
import threading
import time

import pytest

from harness import host, images, pods, processes, quick_aws
from harness.installation import Installation
from harness.kube_writes import Clients
from harness.kubernetes import Cluster
from harness.kubernetes_pods import sh
from harness.waiting import Late, wait_for
from test_eks_nodegroups import active, is_ready, node_role, nodes_of  # noqa: F401 (a fixture)
from test_kubernetes_volumes import GP3, inside, put

pytestmark = pytest.mark.minutes(2)

ROUNDS = int(os.environ.get("WHARF_FAULT_ROUNDS", "4"))
SEED = int(os.environ.get("WHARF_FAULT_SEED", "0")) or random.randrange(1 << 30)
# All of wharf is killed less often than its parts.
VICTIMS = ("server", "agent", "shim", "server", "agent", "shim", "lb", "up")
SET, REPLICAS = "kept", 2
# In the environment of each container of the set.
MARK = "WHARF_FAULTS_OF"
# Each run of a container has a word of its own: lines of two that run at the same time would come by turns.
TURNS = "me=$UID_/$(cat /proc/sys/kernel/random/uuid); trap 'exit 0' TERM; while :; do echo $me >> /data/turns; sleep 0.05; done"
WAITS = "trap 'exit 0' TERM; while :; do sleep 0.2; done"


@pytest.fixture(scope="module")
def before():
    # A process that all tests of a run share.
    quick_aws.program()
    return host.snapshot()


@pytest.fixture(scope="module")
def installation(before):
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def cluster(installation, node_role):  # noqa: F811
    with Cluster(installation) as cluster:
        cluster.eks.create_nodegroup(
            clusterName=cluster.name,
            nodegroupName="two",
            nodeRole=node_role,
            subnets=cluster.described()["resourcesVpcConfig"]["subnetIds"][:1],
            scalingConfig={"minSize": 2, "maxSize": 2, "desiredSize": 2},
            instanceTypes=["t3.small"],
        )
        active(cluster, "two")
        wait_for(lambda: sum(map(is_ready, nodes_of(cluster, "two"))) == 2, 120, "two nodes that are ready")
        put(cluster, GP3)
        yield cluster


def of_set(image):
    env = [
        {"name": "UID_", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        {"name": MARK, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    container = sh(image, TURNS, env=env, volumeMounts=[{"name": "data", "mountPath": "/data"}])
    claim = {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": SET},
        "spec": {
            "serviceName": SET,
            "podManagementPolicy": "Parallel",
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app": SET}},
            "template": {"metadata": {"labels": {"app": SET}}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
        },
    }


def of_deployment(image):
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [sh(image, WAITS)], "terminationGracePeriodSeconds": 1}}
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def of_job(image, number):
    pod = {"containers": [sh(image, "sleep 0.5")], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    spec = {"completions": 3, "parallelism": 2, "backoffLimit": 20, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"job-{number}"}, "spec": spec}


class Onlooker:
    """Looks at the machine all the while: whose containers run, and whose volumes devices are over."""

    def __init__(self, disks):
        self.disks, self.problem, self.looks = disks, None, 0
        self.seen = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        while not self._over.wait(0.1):
            self.looks += 1
            running = self._running()
            self.seen |= set(running)
            twice = [f"{len(them)} containers are {name}: {them}" for name, them in running.items() if len(them) > 1]
            twice += [f"{pods.backed_by(it)} devices are over {it}" for it in self.disks if pods.backed_by(it) > 1]
            if twice:
                self.problem = self.problem or f"at {time.monotonic():.3f}: {twice}"

    @staticmethod
    def _running():
        """By identity, the process namespaces of its containers: each container has its own."""
        found = {}
        for pid in processes.all_pids():
            try:
                said = (processes.PROC / str(pid) / "environ").read_bytes().split(b"\0")
                own = next((it for it in said if it.startswith(f"{MARK}=".encode())), None)
                # What was killed holds its volume no more once it is a zombie, and its namespace is gone with it.
                if own and processes.alive(pid):
                    found.setdefault(own.decode().partition("=")[2], set()).add(os.readlink(processes.PROC / str(pid) / "ns" / "pid"))
            except OSError:
                continue
        return found


class Faults:
    """What a user does with the cluster, and what is killed meanwhile."""

    def __init__(self, wharf, cluster, image):
        self.wharf, self.cluster, self.image, self.chance = wharf, cluster, image, random.Random(SEED)
        self.replicas, self.version, self.bare = 3, 0, 0
        self.jobs = self.jobs_done = 0
        # That pods ever had.
        self.addresses = set()

    # Acting

    def insist(self, method, path, body=None, missing_is_fine=False):
        """Until it is acknowledged."""

        def tried():
            status, said = self.cluster.reads.ask(method, path, body)
            if status >= 500 or status in (401, 429):
                return None
            # A try before this one may have done it.
            assert 200 <= status < 300 or status == 409 or (missing_is_fine and status == 404), f"{method} {path}: {status} {said}"
            return True

        wait_for(tried, 30, f"{method} {path}")

    def act(self):
        what = self.chance.choice(["delete one of the set", "scale", "roll", "job", "bare", "several"])
        if what in ("delete one of the set", "several"):
            self.insist("DELETE", f"/api/v1/namespaces/default/pods/{SET}-{self.chance.randrange(REPLICAS)}", missing_is_fine=True)
        if what in ("scale", "several"):
            self.replicas = self.chance.choice([2, 3, 4])
            self.insist("PATCH", "/apis/apps/v1/namespaces/default/deployments/web", {"spec": {"replicas": self.replicas}})
        if what == "roll":
            self.version += 1
            template = {"metadata": {"annotations": {"version": str(self.version)}}}
            self.insist("PATCH", "/apis/apps/v1/namespaces/default/deployments/web", {"spec": {"template": template}})
        if what in ("job", "several"):
            self.jobs += 1
            self.insist("POST", "/apis/batch/v1/namespaces/default/jobs", of_job(self.image, self.jobs))
        if what in ("bare", "several"):
            # Made and taken back at once, now and then in a way that nobody waits for its end.
            self.bare += 1
            pod = {
                "metadata": {"name": f"bare-{self.bare}"},
                "spec": {"containers": [sh(self.image, WAITS)], "terminationGracePeriodSeconds": 1},
            }
            self.insist("POST", "/api/v1/namespaces/default/pods", pod)
            threading.Event().wait(self.chance.random())
            grace = self.chance.choice([0, 1])
            path = f"/api/v1/namespaces/default/pods/bare-{self.bare}?gracePeriodSeconds={grace}"
            self.insist("DELETE", path, missing_is_fine=True)
        return what

    def kill(self, victim):
        if victim == "up":
            # One of them may have been killed just now.
            wait_for(lambda: [self.wharf.child(it) for it in ("server", "node", "lb")], 20, "all parts of wharf")
            self.wharf.kill_all()
            self.wharf.launch()
            self.wharf.wait_ready()
        elif victim == "shim":
            found = pods.shims(self.wharf)
            if found:
                pid, sandbox = self.chance.choice(found)
                processes.kill(pid, signal.SIGKILL)
                return f"shim of {sandbox}"
        else:
            pid = wait_for(lambda: self.wharf.child(victim), 20, f"a wharf {victim}")
            os.kill(pid, signal.SIGKILL)
            processes.wait_reaped(pid)
        return victim

    # Looking

    def converged(self):
        wait_for(self.wharf.healthy, 30, "health")
        wait_for(self.set_is_ready, 120, "a set that is ready")
        wait_for(self.deployment_is_ready, 120, "a Deployment that is ready")
        for number in range(self.jobs_done + 1, self.jobs + 1):
            wait_for(lambda number=number: self.job_is_complete(number), 120, f"the end of job-{number}")
            self.insist("DELETE", f"/apis/batch/v1/namespaces/default/jobs/job-{number}?propagationPolicy=Background", missing_is_fine=True)
        self.jobs_done = self.jobs
        wait_for(lambda: len(self.pods()) == REPLICAS + self.replicas, 60, "no pods but those that are wanted")
        self.nothing_missing()
        self.nothing_twice()
        self.no_orphans()

    def nothing_missing(self):
        """Each pod has its sandbox: one whose end nobody has noticed yet is ready for the API all the same."""

        def missing():
            sandboxes, _ = pods.expected(self.cluster)
            return set(sandboxes) - {sandbox for _, sandbox in pods.shims(self.wharf)}

        wait_for(lambda: not missing(), 60, "the sandboxes of all pods")
        wait_for(self.set_is_ready, 120, "a set that is ready")
        wait_for(self.deployment_is_ready, 120, "a Deployment that is ready")

    def pods(self):
        found = self.cluster.get("pods")["items"]
        self.addresses.update(it["status"]["podIP"] for it in found if it["status"].get("podIP"))
        return found

    def set_is_ready(self):
        ready = [
            it
            for it in self.pods()
            if it["metadata"].get("labels", {}).get("app") == SET and is_ready(it) and "deletionTimestamp" not in it["metadata"]
        ]
        return len(ready) == REPLICAS

    def deployment_is_ready(self):
        found = self.cluster.get("deployment", "web")
        status, wanted = found["status"], self.replicas
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return seen and all(status.get(it) == wanted for it in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"))

    def job_is_complete(self, number):
        conditions = self.cluster.find("job", f"job-{number}").get("status", {}).get("conditions", [])
        failed = [it for it in conditions if it["type"] == "Failed"]
        assert not failed, failed
        return self.cluster.is_gone("job", f"job-{number}") or any(it["type"] == "Complete" for it in conditions)

    def disks(self):
        volumes = self.cluster.get("persistentvolumes")["items"]
        return {it["spec"]["claimRef"]["name"]: it["spec"]["csi"]["volumeHandle"] for it in volumes}

    def nothing_twice(self):
        disks = self.disks()
        assert sorted(disks) == [f"data-{SET}-{number}" for number in range(REPLICAS)], disks
        volumes = self.wharf.client("ec2").describe_volumes(
            Filters=[{"Name": "tag-key", "Values": ["kubernetes.io/created-for/pvc/name"]}]
        )["Volumes"]
        assert sorted(it["VolumeId"] for it in volumes) == sorted(disks.values()), volumes
        assert all(len(it["Attachments"]) == 1 for it in volumes), volumes
        attached = [it["spec"]["source"]["persistentVolumeName"] for it in self.cluster.get("volumeattachments")["items"]]
        assert len(attached) == len(set(attached)) == REPLICAS, attached
        for number in range(REPLICAS):
            name = f"{SET}-{number}"
            turns = wait_for(lambda name=name: inside(self.cluster, name, "uniq /data/turns").split(), 60, f"what {name} wrote")
            assert len(turns) == len(set(turns)), f"{name} was there twice: {turns}"

    def no_orphans(self):
        try:
            wait_for(lambda: not pods.orphans(self.wharf, self.cluster), 60, "no orphans")
        except Late as late:
            raise AssertionError("\n".join(pods.orphans(self.wharf, self.cluster))) from late


def show(wharf, cluster):
    """What there was and what the parts said last, for whoever reads of a failure."""
    for it in cluster.get("pods", "-A")["items"]:
        about = it["metadata"]
        kept = {name: about.get(name) for name in ("namespace", "name", "uid", "deletionTimestamp")}
        print(f"--- pod {kept}: {it['spec'].get('nodeName')}, {json.dumps(it['status'])}")
    for it in cluster.get("nodes")["items"]:
        print(
            f"--- node {it['metadata']['name']}: {it['spec'].get('taints')}, {[(c['type'], c['status']) for c in it['status']['conditions']]}"
        )
    for it in sorted(cluster.get("events", "-A")["items"], key=lambda it: it["lastTimestamp"] or "")[-60:]:
        print(
            f"--- event {it['lastTimestamp']} {it['involvedObject']['kind']}/{it['involvedObject']['name']} {it['reason']}: {it['message']}"
        )
    for file in sorted((wharf.data / "log").glob("*.log")):
        print(f"--- {file.name}\n{file.read_text(errors='replace')[-20000:]}")


def test_a_cluster_survives_the_death_of_any_process(before, installation, cluster):
    image = images.push(installation, "busybox")
    put(cluster, of_set(image))
    put(cluster, of_deployment(image))
    faults = Faults(installation, cluster, image)
    faults.converged()
    # What would be missed later is seen now.
    there, _ = pods.expected(cluster)
    assert set(pods.remains(installation)) == set(there) and faults.addresses <= pods.addresses(installation)
    names = [f"{SET}-{number}" for number in range(REPLICAS)]
    with Onlooker(list(faults.disks().values())) as onlooker, Clients(cluster.reads, SEED) as clients:
        for number in range(ROUNDS):
            begun, done, killed = time.monotonic(), None, []
            try:
                done = faults.act()
                # A moment that no test would choose: somewhere within the change.
                threading.Event().wait(faults.chance.random() * 1.5)
                for victim in faults.chance.sample(VICTIMS, faults.chance.choice([1, 1, 2])):
                    killed.append(victim)
                    killed[-1] = faults.kill(victim)
                faults.converged()
                clients.check()
                assert not onlooker.problem, onlooker.problem
                print(
                    f"kill {number}: {done}, {' and '.join(killed)}, {time.monotonic() - begun:.1f} s, {clients.acknowledged} of {clients.asked} writes acknowledged",
                    flush=True,
                )
            except AssertionError as error:
                show(installation, cluster)
                raise AssertionError(f"seed {SEED}, round {number}: {done}, then kill -9 of {killed}: {error}") from error
    clients.check()
    assert onlooker.seen == set(names) and onlooker.looks > ROUNDS and clients.acknowledged > ROUNDS
    print(f"seed {SEED}: {ROUNDS} rounds, {clients.acknowledged} of {clients.asked} writes acknowledged, {onlooker.looks} looks")
    leaves_nothing(installation, cluster, faults)
    installation.down()
    mark = installation.id
    assert not [it for it in host.differences(before, host.snapshot(), mark) if it.endswith("left behind")]


def leaves_nothing(installation, cluster, faults):
    ec2, disks = installation.client("ec2"), faults.disks()
    cluster.kubectl("delete", "statefulset", SET)
    cluster.kubectl("delete", "deployment", "web")
    wait_for(lambda: not faults.pods(), 60, "the end of all pods")
    cluster.kubectl("delete", "persistentvolumeclaim", "--all")
    wait_for(lambda: not cluster.get("persistentvolumes")["items"] and not cluster.get("volumeattachments")["items"], 90, "no volumes")
    named = [{"Name": "volume-id", "Values": list(disks.values())}]
    wait_for(lambda: not ec2.describe_volumes(Filters=named)["Volumes"], 60, "the end of their disks")
    assert not any(map(pods.backed_by, disks.values()))
    wait_for(lambda: not pods.remains(installation) and not pods.interfaces(ec2) and not pods.links(installation), 60, "nothing of any pod")
    assert len(faults.addresses) > REPLICAS
    wait_for(lambda: not pods.addresses(installation) & faults.addresses, 60, "networks that know no address of a pod")
