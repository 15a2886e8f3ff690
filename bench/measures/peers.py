"""The programs wharf is measured beside."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

from harness import processes, tools
from harness.installation import free_port
from harness.waiting import wait_for

MOTO = tools.REPOSITORY / ".cache" / "bench-venv" / "bin" / "python"
NODE = MOTO.with_name("node")
FAUXQS = tools.REPOSITORY / ".cache" / "bench-javascript" / "node_modules" / "fauxqs" / "dist" / "app.js"
S3S = tools.REPOSITORY / ".cache" / "bench-cargo" / "bin" / "s3s-fs"
CGROUP_V2_MOUNT = pathlib.Path("/sys/fs/cgroup/unified")
NGINX = """
daemon off; master_process off; worker_processes 2; error_log /dev/null; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""


def milliseconds(values):
    """Median and worst, for a table."""
    return f"{statistics.median(values) * 1000:.1f}", f"{max(values) * 1000:.1f}"


def family(pid):
    """A process and all below it."""
    found = [pid]
    for one in found:
        found += processes.children(one)
    return found


def own_bytes(pids):
    """Memory of processes, pages shared with others counted by their part (PSS)."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        total += sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
    return total


@contextlib.contextmanager
def running(command, answered, environment=None):
    """A server, from its start until it answers; yields (process, seconds that took) and ends it."""
    begun = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        wait_for(answered, 60, f"an answer of {command[0]}", interval_s=0.001)
        yield process, time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def answers(url):
    def asked():
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200

    return asked


@contextlib.contextmanager
def moto(port=None):
    """moto's server, which checks no signatures."""
    port = port or free_port()
    with running([MOTO, "-m", "moto.server", "-p", port], answers(f"http://127.0.0.1:{port}/moto-api/")) as (process, seconds):
        yield process, seconds, port


@contextlib.contextmanager
def fauxqs(folder):
    """A server of SQS and S3 in JavaScript, which checks no signatures, with its objects in a folder; yields its port."""
    port = free_port()
    # Its program logs every request.
    start = f"import({json.dumps(FAUXQS.as_uri())}).then((it) => it.startFauxqs({{port: {port}, logger: false, s3StorageDir: {json.dumps(str(folder))}}}))"
    with running([NODE, "--no-warnings", "--eval", start], answers(f"http://127.0.0.1:{port}/health")):
        yield port


def listens(port):
    def connected():
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True

    return connected


@contextlib.contextmanager
def s3s_fs(folder, keys):
    """s3s-fs, which checks signatures and keeps objects as files; yields its port."""
    port = free_port()
    command = [S3S, "--host", "127.0.0.1", "--port", port, "--access-key", keys.access_key, "--secret-key", keys.secret_key, folder]
    with running(command, listens(port)):
        yield port


@contextlib.contextmanager
def nginx(folder):
    """nginx with a folder's files; yields its port."""
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    command = [tools.program("nginx"), "-c", folder / "nginx.conf", "-p", folder]
    with running(command, answers(f"http://127.0.0.1:{port}/nginx.conf")):
        yield port


@contextlib.contextmanager
def etcd():
    """One etcd member on the same disk as everything else."""
    folder = tempfile.mkdtemp(prefix="wharf-bench-etcd-")
    client, peer = free_port(), free_port()
    command = [
        tools.program("etcd"), "--data-dir", folder, "--listen-client-urls", f"http://127.0.0.1:{client}", "--advertise-client-urls", f"http://127.0.0.1:{client}",
        "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", f"default=http://127.0.0.1:{peer}",
    ]  # fmt: skip
    try:
        with running(command, answers(f"http://127.0.0.1:{client}/health")) as (process, seconds):
            yield process, seconds, client
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def dockerd():
    """Docker's engine with containerd below it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-bench-docker-"))
    path = f"{pathlib.Path(tools.program('dockerd')).parent}:{pathlib.Path(tools.program('containerd')).parent}:{os.environ['PATH']}"
    command = [
        tools.program("dockerd"), "--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "pid",
        "--host", f"unix://{folder}/sock", "--iptables=false", "--ip-forward=false", "--ip-masq=false",
    ]  # fmt: skip

    def pinged():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(folder / "sock"))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(200)

    try:
        with running(command, pinged, {**os.environ, "PATH": path}) as (process, seconds):
            yield process, seconds, f"unix://{folder}/sock"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Bundle:
    """An OCI bundle of the busybox image that runs one command in namespaces of its own."""

    def __init__(self, arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-bench-bundle-"))
        layout = self.folder / "layout"
        tools.run("skopeo", "copy", "--quiet", f"oci-archive:{tools.image_archive('busybox')}", f"oci:{layout}:it")
        (self.folder / "rootfs").mkdir()
        manifest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
        layers = json.loads(self._blob(layout, manifest).read_text())["layers"]
        for layer in layers:
            tools.run("tar", "-xzf", self._blob(layout, layer["digest"]), "-C", self.folder / "rootfs")
        tools.run("crun", "spec", "--bundle", self.folder)
        config = json.loads((self.folder / "config.json").read_text())
        config["process"].update(args=arguments, terminal=False)
        config["process"].pop("rlimits", None)
        (self.folder / "config.json").write_text(json.dumps(config))

    @staticmethod
    def _blob(layout, digest):
        return layout / "blobs" / "sha256" / digest.partition(":")[2]

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def hide_hybrid_control_groups():
    """crun refuses controllers on both versions; within our private mounts, version 2 can be taken away."""
    if CGROUP_V2_MOUNT.is_mount():
        tools.run("umount", CGROUP_V2_MOUNT)
