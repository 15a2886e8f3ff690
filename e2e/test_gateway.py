"""Strangers flood the gateway with connections, bodies and silence; users and nodes go on."""

import contextlib
import datetime
import hashlib
import hmac
import json
import socket
import threading
import time

import pytest
import requests

from harness import control, processes, tasks, tools
from harness.waiting import wait_for

MIB = 1 << 20
BODY = 32 * MIB
CONNECTIONS = 60
# What the server may hold of bodies for one source (64 MiB), with room for the allocator and what else goes on.
MOST_GROWTH = 144 * MIB
# Below it, memory counts as given back.
GIVEN_BACK = 48 * MIB


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def head(wharf, *, length=BODY, secret=None, payload=None):
    """The head of an ECR call by root's key. Without a secret the signature is zeros; `payload` is a signed digest of the body."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {
        "host": f"localhost:{wharf.port}",
        "x-amz-date": stamp,
        "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.UploadLayerPart",
    }
    if payload:
        headers["x-amz-content-sha256"] = payload
    names = ";".join(sorted(headers))
    scope = f"{day}/us-east-1/ecr/aws4_request"
    signature = "0" * 64
    if secret:
        canonical = "\n".join(["POST", "/", "", *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, payload])
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            key = hmac_sha256(key, part)
        signature = hmac_sha256(key, to_sign).hex()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={wharf.root.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(
        ["POST / HTTP/1.1", *lines, "content-type: application/x-amz-json-1.1", f"content-length: {length}", "", ""]
    ).encode()


def connect(wharf):
    return socket.create_connection(("127.0.0.1", wharf.port), timeout=20)


def send_all_but_the_end(connection, first):
    """A body of 32 MiB whose last byte never comes."""
    piece = b"x" * MIB
    with contextlib.suppress(OSError):
        connection.sendall(first)
        for _ in range(BODY // MIB - 1):
            connection.sendall(piece)
        connection.sendall(piece[:-1])


class Growth:
    """How far the memory of a process grew at most, while the block ran."""

    def __init__(self, pid):
        self.pid, self.before, self.most = pid, processes.resident_bytes(pid), 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def now(self):
        return processes.resident_bytes(self.pid) - self.before

    def _watch(self):
        while not self._ended.wait(0.02):
            self.most = max(self.most, self.now())


@pytest.mark.parametrize("signed", [False, True], ids=["forged", "signed"])
def test_bodies_that_nobody_ends_do_not_fill_the_memory(wharf, signed):
    """With a signature of zeros by a known key, and with one that holds, made before the body: neither holds more than its share."""
    first = head(wharf, secret=wharf.root.secret_key, payload="0" * 64) if signed else head(wharf)
    connections = [connect(wharf) for _ in range(CONNECTIONS)]
    try:
        with Growth(wharf.child("server")) as growth:
            senders = [threading.Thread(target=send_all_but_the_end, args=(one, first), daemon=True) for one in connections]
            for sender in senders:
                sender.start()
            # Others are served meanwhile, however much is held.
            for _ in range(5):
                assert wharf.client("ecs").list_clusters()["clusterArns"]
            for sender in senders:
                sender.join(60)
            assert wharf.client("ecs").list_clusters()["clusterArns"]
        assert growth.most < MOST_GROWTH, f"{growth.most >> 20} MiB"
    finally:
        for connection in connections:
            connection.close()
    wait_for(lambda: growth.now() < GIVEN_BACK, 20, "memory given back")


def test_a_forged_head_is_refused_before_its_body(wharf):
    """Where the head names the body's digest, nothing of the body is waited for."""
    with connect(wharf) as connection:
        connection.sendall(head(wharf, secret="not the secret", payload="0" * 64))
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 400 ") and "InvalidSignatureException" in answer, answer


# A browser's image of http://localhost:4566/?Action=… on a page of somebody else's: no Origin, and in old ones no Sec-Fetch-Site.
IMAGE = {"User-Agent": "Mozilla/5.0 (Macintosh) Version/15.6 Safari/605.1.15", "Accept": "image/*", "Referer": "https://example.test/"}


def test_without_signatures_get_only_reads(unstarted):
    off = unstarted(arguments=("--iam", "off")).start(node=False)
    written = [
        "Action=CreateUser&UserName=mallory&Version=2010-05-08",
        "Action=CreateVpc&CidrBlock=10.9.0.0/16&Version=2016-11-15",
        "Action=CreateTargetGroup&Name=x&Version=2015-12-01",
    ]
    for query in written:
        answer = requests.get(f"{off.endpoint}/?{query}", headers=IMAGE, timeout=10)
        assert answer.status_code == 403 and "POST" in answer.text, answer.text
    assert off.client("iam").list_users()["Users"] == [
        user for user in off.client("iam").list_users()["Users"] if user["UserName"] != "mallory"
    ]
    read = requests.get(f"{off.endpoint}/?Action=ListUsers&Version=2010-05-08", headers={"Host": f"localhost:{off.port}"}, timeout=10)
    assert read.status_code == 200, read.text
    for method, path in (
        ("GET", "/v2/_catalog"),
        ("GET", "/acs/ws?clusterArn=default"),
    ):
        foreign = requests.request(method, off.endpoint + path, headers={"Origin": "https://example.test"}, timeout=10)
        assert foreign.status_code == 403, f"{method} {path}: {foreign.status_code}"
    # The installation's own operations are for no browser, whatever page it shows.
    for origin in ("https://example.test", f"http://localhost:{off.port}"):
        for operation in ("CreateJoinToken", "Overview"):
            answer = control.call(off, operation, None, {"Origin": origin})
            assert answer.status_code == 403, f"{operation} {origin}: {answer.status_code} {answer.text}"


def test_a_join_request_that_trickles_ends(wharf):
    with connect(wharf) as connection:
        connection.settimeout(30)
        connection.sendall(b"POST /wharf/join HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        started = time.monotonic()
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert time.monotonic() - started < 20


def descriptors(pid):
    return len(list((processes.PROC / str(pid) / "fd").iterdir()))


def flood(wharf, count, send, ended):
    """Keep `count` connections open that say what `send` has and no more, for as long as the test wants."""
    held = []
    while not ended.is_set():
        while len(held) < count and not ended.is_set():
            with contextlib.suppress(OSError):
                one = connect(wharf)
                one.sendall(send)
                one.setblocking(False)
                held.append(one)
        still = []
        for one in held:
            try:
                closed = one.recv(1) == b""
            except BlockingIOError:
                closed = False
            except OSError:
                closed = True
            if closed:
                one.close()
            else:
                still.append(one)
        held = still
    for one in held:
        one.close()


def test_a_flood_from_one_source_shuts_nobody_out(wharf, busybox):
    """Silent connections, heads that end nowhere and bodies that trickle, 700 at a time from this machine: users and the node go on."""
    server = wharf.child("server")
    definition = tasks.run(wharf, busybox, command=["true"]).wait()["taskDefinitionArn"]
    before = descriptors(server)

    def patient(*arguments):
        """As users have it: aws tries again."""
        environment = wharf.environment() | {"AWS_MAX_ATTEMPTS": "4"}
        command = [tools.AWS, "--endpoint-url", wharf.endpoint, "--output", "json", "ecs", *arguments]
        return json.loads(tools.run(*command, env=environment).stdout)

    ended = threading.Event()
    said = (b"", b"GET /health HTTP/1.1\r\nhost: x\r\nx-y: ", head(wharf, length=1000) + b"{")
    floods = [
        threading.Thread(target=flood, args=(wharf, count, send, ended), daemon=True)
        for count, send in zip((400, 150, 150), said, strict=True)
    ]
    try:
        for one in floods:
            one.start()
        most = 0
        started = time.monotonic()
        while time.monotonic() - started < 12:
            instance = patient("list-container-instances")["containerInstanceArns"][0]
            found = patient("describe-container-instances", "--container-instances", instance)["containerInstances"]
            assert found[0]["agentConnected"]
            most = max(most, descriptors(server))
        (task,) = patient("run-task", "--task-definition", definition)["tasks"]

        def stopped():
            (now,) = patient("describe-tasks", "--tasks", task["taskArn"])["tasks"]
            return now if now["lastStatus"] == "STOPPED" else None

        assert wait_for(stopped, 60, "the end of a task started meanwhile")["containers"][0]["exitCode"] == 0
        # 256 connections are one source's share; what is refused and what is being accepted comes on top.
        assert most - before < 400, f"{most - before} descriptors more"
    finally:
        ended.set()
        for one in floods:
            one.join(30)
    wait_for(lambda: descriptors(server) < before + 40, 40, "the end of the flood's connections")
