"""Pods made, listed and watched through the API server of a cluster, beside upstream's."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from harness import kubernetes, tools
from harness.installation import Installation

from . import peers

sys.path.insert(0, str(tools.REPOSITORY / "conformance"))

from cluster import write_kubeconfig  # noqa: E402 the folder had to be found first
from upstream import Upstream  # noqa: E402

TITLE = "The Kubernetes API"
METHOD = (
    "A cluster of EKS on wharf beside upstream's kube-apiserver 1.20.2 on an etcd, without controllers (`scripts/oracle.sh` builds it); wharf's run. Over TLS, as an account that may do everything, "
    "asked by `bench/load`'s client, which shares the cores: 10,000 pods that no scheduler takes, made from 32 connections; all of them listed, from one connection; then 1,000 watches, "
    "twenty over each connection, as those of one program are, of an object that is changed 100 times, until all have heard of all of it. Memory is that of the processes, pages shared with others counted by their part: of wharf, "
    "the server, which keeps all else of this account too; of upstream, API server and etcd."
)
COLUMNS = ("what", "wharf", "kube-apiserver 1.20.2 and etcd", "ratio")
PROGRAM = pathlib.Path(os.environ.get("WHARF_BENCH_KUBE", tools.REPOSITORY / "target" / "release" / "wharf-bench-kube"))
NAMESPACE = "bench"
PODS, MAKERS, LISTS, WATCHES, CHANGES = 10_000, 32, 20, 1000, 100
MIB = 1 << 20


def run():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with Installation() as wharf:
            wharf.start(node=False)
            with kubernetes.Cluster(wharf) as cluster:
                ours = _measured(cluster, lambda: [wharf.child("server")], folder)
        with Upstream(folder / "logs") as upstream:
            theirs = _measured(upstream, lambda: [upstream.processes[name].pid for name in ("kube-apiserver", "etcd")], folder)
    return [(what, ours[what][0], theirs[what][0], _ratio(ours[what][1:], theirs[what][1:])) for what in ours]


def _ratio(ours, theirs):
    return " / ".join(f"{own / peer:.2f}" for own, peer in zip(ours, theirs, strict=True))


def _measured(cluster, processes, folder):
    """By row, its text and the figures in it that are compared."""
    config = json.loads(write_kubeconfig(cluster, folder).read_text())
    server = config["clusters"][0]["cluster"]
    authority = folder / "authority.pem"
    authority.write_bytes(base64.b64decode(server["certificate-authority-data"]))
    cluster.kubectl("create", "namespace", NAMESPACE)
    if isinstance(cluster, Upstream):
        cluster.kubectl("create", "serviceaccount", "default", "-n", NAMESPACE)
    else:
        cluster.kubectl("wait", "--for=create", "serviceaccount/default", "-n", NAMESPACE, "--timeout=60s")

    def ask(what, clients, count):
        command = [PROGRAM, what, server["server"], authority, NAMESPACE, clients, count]
        token = {"KUBE_TOKEN": config["users"][0]["user"]["token"]}
        done = subprocess.run([str(it) for it in command], env=os.environ | token, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{what}: {done.stderr}")
        return json.loads(done.stdout)

    before = peers.own_bytes(processes())
    made = ask("create", MAKERS, PODS)
    held = peers.own_bytes(processes())
    listed = ask("list", 1, LISTS)
    heard = ask("watch", WATCHES, CHANGES)
    return {
        "pods made / s": (f"{made['per_second']:,.0f}", made["per_second"]),
        "  median / 99th of a hundred, ms": _times(made),
        f"lists of {PODS:,} pods / s": (f"{listed['per_second']:.2f}", listed["per_second"]),
        f"events heard by {WATCHES:,} watches / s": (f"{heard['per_second']:,.0f}", heard["per_second"]),
        "  from the change, median / 99th, ms": _times(heard),
        f"memory with {PODS:,} pods, MiB": (f"{held / MIB:,.0f} ({before / MIB:,.0f} before)", held),
    }


def _times(taken):
    median, slow = taken["p50_ms"], taken["p99_ms"]
    return f"{median:.1f} / {slow:.1f}", median, slow
