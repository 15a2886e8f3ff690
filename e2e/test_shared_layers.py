"""Layers that hosts of a zone have from each other: the registry is asked who may, and sends what no host has."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import tarfile
import tempfile

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import images, processes, sealed, tasks
from harness.hosts import Host
from harness.waiting import wait_for
from test_metrics import of_part, parsed, scrape

pytestmark = pytest.mark.minutes(0.5)

FROM_REGISTRY = ("wharf_agent_layers_total", ("from", "registry"))
FROM_PEERS = ("wharf_agent_layers_total", ("from", "peer"))
BYTES_OF_REGISTRY = ("wharf_agent_downloaded_bytes_total",)
BYTES_OF_PEERS = ("wharf_agent_peer_bytes_total",)
FAILURES = ("wharf_agent_peer_failures_total",)
SENT = ("wharf_agent_shared_bytes_total",)

SHARES = ("--share-layers",)


@pytest.fixture(scope="module")
def hosts(server):
    """Two that share layers, and one that does not."""
    # Of a disk that is nearly full nothing is kept for others.
    free = shutil.disk_usage(tempfile.gettempdir()).free
    assert free > 9 << 30, f"{tempfile.gettempdir()} needs 9 GiB free, and has {free >> 20} MiB"
    made = [Host(server, number, node_arguments=arguments).join() for number, arguments in ((1, SHARES), (2, SHARES), (3, ()))]
    wait_for(lambda: known(server) == (2, 0), 30, "both of the hosts that share")
    yield made
    for one in made:
        one.close()


def known(server):
    """How many nodes share layers, and how many layers."""
    samples = parsed(scrape(server).text)
    return samples[("wharf_sharing_nodes",)], samples[("wharf_shared_layers",)]


def counted(host):
    return of_part(host, "metrics.sock")


def name_of(image):
    return image.split("/", 1)[1].split(":")[0]


def pushed(server, tmp_path, size=1 << 20):
    """A fresh image; its reference and layers."""
    name = tasks.unique("shared")
    layout, layers = images.with_random_layer(tmp_path / name, size)
    uri = images.ensure_repository(server, name)
    images.skopeo_copy(server, layout, f"docker://{uri}:1", extra=["--preserve-digests"])
    return f"{uri}:1", layers


def begun(server, host, image, **definition):
    definition = tasks.register(server, image, command=["sleep", "1000"], **definition)
    started = server.client("ecs").start_task(taskDefinition=definition, containerInstances=[host.instance])
    assert started["failures"] == []
    return tasks.Task(server, started["tasks"][0]["taskArn"], "/e2e")


def run_on(server, host, image, **definition):
    task = begun(server, host, image, **definition)
    task.wait("RUNNING", 60)
    return task


def kept(host):
    """The layers that a host has for others."""
    return [it for it in (host.data / "node" / "images" / "shelf").iterdir() if it.suffix != ".part"]


def wait_announced(server, hosts):
    one, two, _ = hosts
    wait_for(lambda: known(server) == (2, len(kept(one)) + len(kept(two))), 60, "the announcement of the layers")


def held_by(server, hosts, host, image):
    """Has a host pull an image, and the control plane hear of its layers."""
    run_on(server, host, image)
    wait_announced(server, hosts)


def of_agent(host):
    """The process of a host's agent."""
    (found,) = [pid for pid in processes.all_pids() if {str(host.data), "agent"} <= set(processes.command_line(pid))]
    return found


def begin_anew(server, hosts, host):
    """Another agent, which has heard of nobody's failures."""
    processes.kill(of_agent(host))

    def is_back():
        with contextlib.suppress(OSError):
            samples = counted(host)
            return samples[("wharf_agent_connected",)] == samples[("wharf_agent_sharing",)] == 1
        return False

    wait_for(is_back, 60, "the agent in the place of the one that was killed")
    wait_announced(server, hosts)


def test_the_second_host_fetches_nothing_from_the_registry(server, hosts, tmp_path):
    one, two, alone = hosts
    image, layers = pushed(server, tmp_path)
    size = sum(size for _, size in layers)
    held_by(server, hosts, one, image)
    first = counted(one)
    assert (first[FROM_REGISTRY], first[FROM_PEERS], first[BYTES_OF_REGISTRY]) == (len(layers), 0, size)
    task = run_on(server, two, image)
    second = counted(two)
    assert (second[FROM_REGISTRY], second[BYTES_OF_REGISTRY]) == (0, 0)
    assert (second[FROM_PEERS], second[BYTES_OF_PEERS], second[FAILURES]) == (len(layers), size, 0)
    assert counted(one)[SENT] == size
    shown = server.client("ecr").describe_images(repositoryName=name_of(image))["imageDetails"][0]
    assert task.describe()["containers"][0]["imageDigest"] == shown["imageDigest"]
    # A host that was not told to share has all of it from the registry.
    run_on(server, alone, image)
    assert (counted(alone)[FROM_PEERS], counted(alone)[BYTES_OF_REGISTRY]) == (0, size)
    # A server that begins anew hears all of it again, and so does one of an agent that begins anew.
    server.kill_child("server")
    server.wait_ready()
    wait_announced(server, hosts)
    begin_anew(server, hosts, two)


def test_who_may_not_pull_hears_of_no_peer(server, hosts, tmp_path):
    one, two, _ = hosts
    image, _ = pushed(server, tmp_path)
    held_by(server, hosts, one, image)
    before, sent = counted(two)[BYTES_OF_PEERS], counted(one)[SENT]
    # The manifest and the configuration alone open no layer.
    role = tasks.task_role(server, "ecr:GetAuthorizationToken")
    refused = begun(server, two, image, execution_role=role).wait("STOPPED", 90)
    assert "CannotPull" in str(refused), refused
    policy = tasks.document(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability"])
    server.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="manifest", PolicyDocument=policy)
    refused = begun(server, two, image, execution_role=role).wait("STOPPED", 90)
    assert "CannotPull" in str(refused), refused
    assert (counted(two)[BYTES_OF_PEERS], counted(one)[SENT]) == (before, sent)
    # Nor do its ports open anything to those who have no ticket.
    listening = [line.split()[3] for line in one.inside("ss", "-Hltn").stdout.splitlines()]
    for port in {it.rpartition(":")[2] for it in listening if it.startswith(("*:", "[::]:", "0.0.0.0:"))}:
        answer = two.inside("curl", "-sk", "--max-time", "5", f"https://{one.address}:{port}/", check=False)
        assert answer.returncode != 0 and answer.stdout == ""
    assert counted(one)[SENT] == sent


def announce(server, keys, body):
    """What a node sends, by hand."""
    request = AWSRequest(method="POST", url=f"{server.endpoint}/wharf/node/layers", data=body)
    request.headers["X-Amz-Content-Sha256"] = hashlib.sha256(body).hexdigest()
    SigV4Auth(Credentials(*keys), "wharf", "us-east-1").add_auth(request)
    answer = requests.post(request.url, data=body, headers=dict(request.headers.items()), timeout=20)
    return answer.status_code, answer.text


def test_what_is_no_announcement_is_refused(server, hosts):
    one, two, alone = hosts
    identity = json.loads(sealed.opened(alone.data / "node" / "identity.json", alone.data / "node-keyring", "node/identity"))
    keys = (identity["accessKeyId"], identity["secretAccessKey"], identity["sessionToken"])
    described = server.client("ecs").describe_container_instances(containerInstances=[it.instance for it in hosts])["containerInstances"]
    instances = {it["containerInstanceArn"]: it["ec2InstanceId"] for it in described}
    good = {"instance": instances[alone.instance], "port": 1, "certificate": "0a" * 32, "key": "0b" * 32, "held": [], "session": None}

    def said(**changes):
        return announce(server, keys, json.dumps({**good, **changes}).encode())

    before = known(server)
    root = (server.root.access_key, server.root.secret_key, None)
    assert announce(server, root, json.dumps(good).encode()) == (403, "Only nodes share layers.\n")
    assert said(instance=instances[one.instance])[0] == 403
    assert announce(server, keys, b"{")[0] == announce(server, keys, b"[]")[0] == 400
    assert announce(server, keys, b" " * (65 << 10))[0] == 413
    for bad, word in (
        ({"port": 0}, "port"),
        ({"certificate": "0a"}, "certificate"),
        ({"key": "0B" * 32}, "key"),
        ({"held": ["sha256:" + "0a" * 32]}, "SHA-256"),
        ({"held": ["0a" * 32] * 257}, "too many"),
        ({"instance": "i" * 65}, "instance"),
    ):
        status, text = said(**bad)
        assert status == 400 and word in text, (bad, status, text)
    # Whoever is not known says all of it.
    assert said(held=None, session="x") == (200, '{"session":null}')
    assert known(server) == before


def test_wrong_bytes_are_noticed(server, hosts, tmp_path):
    one, two, _ = hosts
    image, layers = pushed(server, tmp_path)
    digest, size = layers[-1]
    held_by(server, hosts, one, image)
    (layer,) = [it for it in kept(one) if it.name == digest.removeprefix("sha256:")]
    assert layer.stat().st_size == size and layer.stat().st_mode & 0o777 == 0o600
    content = bytearray(layer.read_bytes())
    content[size // 2] ^= 255
    layer.write_bytes(content)
    before = counted(two)
    task = run_on(server, two, image)
    after = counted(two)
    assert after[FAILURES] == before[FAILURES] + 1
    assert after[BYTES_OF_REGISTRY] == before[BYTES_OF_REGISTRY] + size
    with tarfile.open(tmp_path / name_of(image) / "blobs" / "sha256" / digest.removeprefix("sha256:")) as packed:
        pushed_bytes = packed.extractfile("random").read()
    with open(f"/proc/{processes.of_container(task.describe())}/root/random", "rb") as there:
        assert there.read() == pushed_bytes
    # The host is left alone for a while: the next image does not come from it.
    second, _ = pushed(server, tmp_path)
    held_by(server, hosts, one, second)
    run_on(server, two, second)
    now = counted(two)
    assert (now[FAILURES], now[FROM_PEERS]) == (after[FAILURES], after[FROM_PEERS])
    begin_anew(server, hosts, two)


def test_a_peer_that_hangs_is_left(server, hosts, tmp_path):
    one, two, _ = hosts
    image, layers = pushed(server, tmp_path)
    held_by(server, hosts, one, image)
    before, agent = counted(two), of_agent(one)
    os.kill(agent, signal.SIGSTOP)
    try:
        run_on(server, two, image)
    finally:
        os.kill(agent, signal.SIGCONT)
    after = counted(two)
    assert after[FAILURES] == before[FAILURES] + 1
    assert after[BYTES_OF_REGISTRY] == before[BYTES_OF_REGISTRY] + layers[-1][1]
    begin_anew(server, hosts, two)


def test_a_peer_that_dies_meanwhile_is_left(server, hosts, tmp_path):
    one, two, _ = hosts
    # One layer alone is to come from the peer: what all images have is there.
    held_by(server, hosts, two, pushed(server, tmp_path)[0])
    image, layers = pushed(server, tmp_path, 12 << 20)
    held_by(server, hosts, one, image)
    before, sent = counted(two), counted(one)[SENT]
    # Some seconds for the layer, so that it is under way when the plug is pulled.
    one.inside("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "24mbit", "burst", "64k", "latency", "100ms")
    task = begun(server, two, image)
    wait_for(lambda: counted(one)[SENT] > sent + (2 << 20), 30, "the first bytes from the peer")
    one.kill()
    task.wait("RUNNING", 60)
    after = counted(two)
    assert after[FAILURES] == before[FAILURES] + 1
    assert after[BYTES_OF_REGISTRY] == before[BYTES_OF_REGISTRY] + layers[-1][1]
