"""How fast images of few large and of many small layers go into the registry and out of it, beside docker-registry and nginx."""

import base64
import contextlib
import hashlib
import http.client
import multiprocessing
import os
import pathlib
import shutil
import tempfile
import time
import urllib.parse

from harness import images, tools
from harness.installation import Installation, free_port
from measures import peers

TITLE = "Registry: pushes and pulls of images"
# Layers and bytes of each. WHARF_BENCH_PART=20 makes a twentieth of each, to see that it runs.
PART = int(os.environ.get("WHARF_BENCH_PART", "1"))
SHAPES = {"1 × 200 MB": (1, 200_000_000 // PART), "50 × 4 MB": (max(50 // PART, 1), 4_000_000), "2,000 × 4 kB": (2000 // PART, 4000)}
CLIENTS = (1, 16)
METHOD = (
    "Each client pushes the layers of an image of its own and pulls them again, one request after the other over one connection: POST and PUT of each layer, GET of "
    "each. Contents are random; HTTP on loopback, clients are Python processes and share the cores with the servers. wharf checks a password, hashes, encrypts and syncs "
    "before it answers, and decrypts and checks what it sends; docker-registry has no users and leaves writing to the kernel; nginx sends files that lie in its folder. "
    "What each server has been given is removed before the next begins."
)
COLUMNS = ("image", "clients", "push: wharf", "docker-registry", "pull: wharf", "docker-registry", "nginx")
REGISTRY = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def run():
    rows = []
    for shape, (count, size) in SHAPES.items():
        for clients in CLIENTS:
            work = [Layers(client, count, size) for client in range(clients)]
            wharf, docker, nginx = ([_rate(clients * count, size, took) for took in of(work)] for of in (_wharf, _docker, _nginx))
            rows.append((shape, clients, wharf[0], docker[0], wharf[1], docker[1], nginx[0]))
    return rows


def _rate(count, size, seconds):
    """Of large layers their bytes are of interest, of small ones their number."""
    return f"{count * size / 1e6 / seconds:,.0f} MB/s" if size > 100_000 else f"{count / seconds:,.0f} layers/s"


class Layers:
    """What one client pushes: the same random bytes behind a beginning of each layer's own."""

    def __init__(self, client, count, size):
        self.rest = memoryview(os.urandom(size - 16))
        self.heads = [os.urandom(16) for _ in range(count)]
        self.size = size
        self.digests = [f"sha256:{self._hash(head)}" for head in self.heads]

    def _hash(self, head):
        digest = hashlib.sha256(head)
        digest.update(self.rest)
        return digest.hexdigest()

    def parts(self):
        return zip(self.digests, self.heads, strict=True)


class Client:
    """One connection to a registry."""

    def __init__(self, port, path, login=None):
        self.path = path
        self.login = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.sink = bytearray(1 << 20)

    def ask(self, method, path, status, body=None, length=0, headers=()):
        headers = {**self.login, **dict(headers)}
        if method != "GET":
            headers = {"Content-Length": str(length), "Content-Type": "application/octet-stream", **headers}
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        assert answer.status == status, (method, path, answer.status, answer.read()[:500])
        read = 0
        while more := answer.readinto(self.sink):
            read += more
        return answer, read

    def push(self, layers):
        for digest, head in layers.parts():
            begun, _ = self.ask("POST", f"{self.path}/blobs/uploads/", 202)
            place = urllib.parse.urlsplit(begun.headers["Location"])
            query = f"{place.query}&" if place.query else ""
            body = iter((head, layers.rest))
            self.ask("PUT", f"{place.path}?{query}digest={urllib.parse.quote(digest)}", 201, body, layers.size)

    def part(self, digest, first, length):
        ranges = {"Range": f"bytes={first}-{first + length - 1}"}
        _, read = self.ask("GET", f"{self.path}/blobs/{digest}", 206, headers=ranges)
        assert read == length

    def pull(self, layers):
        for digest in layers.digests:
            _, read = self.ask("GET", f"{self.path}/blobs/{digest}", 200)
            assert read == layers.size


def _timed(what, work, port, path, login=None):
    """Seconds until all clients, each a process, have done their part."""
    # Contents are not copied: processes are forks.
    fork = multiprocessing.get_context("fork")
    ready, failures = fork.Barrier(len(work) + 1), fork.SimpleQueue()

    def one(layers):
        try:
            client = Client(port, path, login)
            ready.wait(60)
            getattr(client, what)(layers)
        except BaseException as error:
            failures.put(repr(error))
            raise

    processes = [fork.Process(target=one, args=(layers,)) for layers in work]
    for process in processes:
        process.start()
    ready.wait(60)
    begun = time.monotonic()
    for process in processes:
        process.join()
    took = time.monotonic() - begun
    if not failures.empty():
        raise RuntimeError(f"a client that was to {what} failed: {failures.get()}")
    return took


def _wharf(work):
    with Installation() as wharf:
        wharf.start(node=False)
        images.ensure_repository(wharf, "bench")
        login = f"AWS:{wharf.registry_password()}"
        return [_timed(what, work, wharf.port, "/v2/bench", login) for what in ("push", "pull")]


def _docker(work):
    with _folder() as folder:
        port = free_port()
        (folder / "registry.yml").write_text(REGISTRY.format(folder=folder, port=port))
        command = [tools.program("docker-registry"), "serve", folder / "registry.yml"]
        with peers.running(command, peers.answers(f"http://127.0.0.1:{port}/v2/")):
            return [_timed(what, work, port, "/v2/bench") for what in ("push", "pull")]


def _nginx(work):
    with _folder() as folder:
        (folder / "bench" / "blobs").mkdir(parents=True)
        for layers in work:
            for digest, head in layers.parts():
                with (folder / "bench" / "blobs" / digest).open("wb") as file:
                    file.write(head)
                    file.write(layers.rest)
        with peers.nginx(folder) as port:
            return [_timed("pull", work, port, "/bench")]


@contextlib.contextmanager
def _folder():
    """On the disk that installations are on."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-bench-registry-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
