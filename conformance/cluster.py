"""Clusters of wharf for upstream's tests, and the one with upstream's hollow nodes: kubelets that run their pods on nothing."""

import contextlib
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "e2e"))

from harness import kubernetes, tools  # noqa: E402
from harness.installation import Installation  # noqa: E402
from harness.waiting import wait_for  # noqa: E402

NODES = 3
# An address for what asks the machine for its own: the namespace has a loopback alone.
ADDRESS = "10.200.0.1"
# Two ports for each hollow node, from here on.
FIRST_PORT = 31_000
NODES_DEADLINE_S = 120
TOKEN_LASTS = "24h"


@functools.cache
def oracle():
    """The folder with what is upstream's."""
    said = subprocess.run([REPOSITORY / "scripts" / "oracle.sh", "--home"], check=True, capture_output=True, text=True)
    return pathlib.Path(said.stdout.strip())


def program(name):
    """One of those that scripts/oracle.sh makes."""
    path = oracle() / "bin" / name
    assert path.is_file(), f"no {path}: run scripts/oracle.sh"
    return path


def write_kubeconfig(cluster, folder):
    """A kubeconfig with a token, for programs that would ask `aws` for one at each start."""
    kubectl = cluster.kubectl
    kubectl("create", "serviceaccount", "conformance", "-n", "kube-system")
    kubectl("create", "clusterrolebinding", "conformance", "--clusterrole=cluster-admin", "--serviceaccount=kube-system:conformance")
    token = kubectl("create", "token", "conformance", "-n", "kube-system", "--duration", TOKEN_LASTS).strip()
    described = cluster.described()
    server = {"server": described["endpoint"], "certificate-authority-data": described["certificateAuthority"]["data"]}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": server}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    path = folder / "admin.conf"
    path.write_text(json.dumps(config))
    return path


class Cluster:
    """Up while it is entered; what its programs say stands in `logs`."""

    # Of wharf.
    arguments = []
    # What tests find in their environment.
    variables = {}

    def __init__(self, logs):
        self.logs = pathlib.Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self._ending = contextlib.ExitStack()

    def __enter__(self):
        with self._ending as ending:
            self._prepare()
            self.folder = pathlib.Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="wharf-conformance-")))
            self.cluster = self._control_plane(ending)
            self.kubeconfig = write_kubeconfig(self.cluster, self.folder)
            self._nodes(ending)
            # Left on `__exit__`; on a failure before this line, here.
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_):
        self._ending.close()

    def _control_plane(self, ending):
        self.wharf = ending.enter_context(Installation(arguments=self.arguments))
        ending.callback(self._keep_logs)
        self._start()
        return ending.enter_context(kubernetes.Cluster(self.wharf))

    def _keep_logs(self):
        (self.logs / "wharf.log").write_text(self.wharf.output.text)

    def _prepare(self):
        """Before wharf starts."""

    def _start(self):
        self.wharf.start()

    def _nodes(self, ending):
        """Until they are ready."""
        raise NotImplementedError


class HollowCluster(Cluster):
    """With kubelets of upstream that run their pods on nothing."""

    def _prepare(self):
        tools.run("ip", "link", "add", "machine", "type", "veth", "peer", "name", "nobody")
        tools.run("ip", "link", "set", "nobody", "up")
        tools.run("ip", "address", "add", f"{ADDRESS}/24", "dev", "machine")
        tools.run("ip", "link", "set", "machine", "up")
        tools.run("ip", "route", "add", "default", "dev", "machine")

    def _start(self):
        self.wharf.start(node=False)

    def _nodes(self, ending):
        for number in range(1, NODES + 1):
            self._node(ending, number)
        wait_for(self._all_ready, NODES_DEADLINE_S, "hollow nodes that are ready")

    def _node(self, ending, number):
        port = FIRST_PORT + 2 * number
        command = [
            program("kubemark"),
            "--morph=kubelet",
            f"--name=node-{number}",
            # The file itself is in a /tmp that it does not see.
            "--kubeconfig=/dev/stdin",
            f"--kubelet-port={port}",
            f"--kubelet-read-only-port={port + 1}",
        ]
        # Its pretended runtime listens on a fixed path in /tmp: nodes that shared it would end each other's pods.
        alone = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /tmp && exec "$@"', "node"]
        with open(self.kubeconfig) as config, open(self.logs / f"node-{number}.log", "w") as said:
            process = subprocess.Popen([*alone, *command], stdin=config, stdout=said, stderr=subprocess.STDOUT)
        ending.callback(process.wait)
        ending.callback(process.kill)

    def _all_ready(self):
        nodes = json.loads(self.cluster.kubectl("get", "nodes", "-o", "json"))["items"]
        return sum(is_ready(node) for node in nodes) == NODES


def is_ready(node):
    return any(it["type"] == "Ready" and it["status"] == "True" for it in node["status"].get("conditions", []))
