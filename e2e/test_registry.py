"""The registry as skopeo, buildah, podman and docker see it, and what it does with what they leave behind."""

import base64
import gzip
import hashlib
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import tarfile
import threading
import urllib.parse

import pytest
import requests
from botocore.exceptions import ClientError

from harness import disk, images, processes, tasks, tools
from harness.distribution import Registry, repository
from harness.docker import Docker
from harness.waiting import wait_as_boto3, wait_for

pytestmark = pytest.mark.minutes(1.5)

MIB = 1 << 20


def layout(folder, layer, media_type="application/vnd.oci.image.layer.v1.tar+gzip", diff=None):
    """An OCI layout with one layer, a file made beforehand; `diff` is the digest of its uncompressed form."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def keep(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    layer_digest = disk.sha256(layer)
    os.link(layer, blobs / layer_digest)
    described = {"mediaType": media_type, "digest": f"sha256:{layer_digest}", "size": layer.stat().st_size}
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff or layer_digest}"]}}
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **keep(config)},
            "layers": [described],
        }
    ).encode()
    kept = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        **keep(manifest),
        "annotations": {"org.opencontainers.image.ref.name": "it"},
    }
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [kept]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return f"oci:{folder}:it"


def random_layer(path, size):
    """A gzip file that does not shrink, of one tar with one random file; returns the digest of the tar."""
    plain = hashlib.sha256()
    entry = tarfile.TarInfo("random")
    entry.size = size
    header = entry.tobuf()
    padding = b"\0" * (-size % 512 + 1024)
    with gzip.GzipFile(path, "wb", compresslevel=0, mtime=0) as packed:

        def put(data):
            plain.update(data)
            packed.write(data)

        put(header)
        left = size
        while left:
            piece = os.urandom(min(left, 4 * MIB))
            put(piece)
            left -= len(piece)
        put(padding)
    return plain.hexdigest()


def manifest_digest(wharf, reference):
    done = tools.run("skopeo", "inspect", "--tls-verify=false", "--creds", f"AWS:{wharf.registry_password()}", f"docker://{reference}")
    return json.loads(done.stdout)["Digest"]


# Stock clients


def test_skopeo_pushes_and_pulls_the_same_bytes(wharf, tmp_path):
    _, uri = repository(wharf)
    archive = tools.image_archive("busybox")
    same = ["--preserve-digests"]
    images.skopeo_copy(wharf, f"oci-archive:{archive}", f"docker://{uri}:1", extra=same)
    images.skopeo_copy(wharf, f"docker://{uri}:1", f"oci:{tmp_path / 'pulled'}:it", extra=same)
    want = json.loads(tools.run("skopeo", "inspect", f"oci-archive:{archive}").stdout)
    got = json.loads(tools.run("skopeo", "inspect", f"oci:{tmp_path / 'pulled'}:it").stdout)
    assert got["Digest"] == want["Digest"] == manifest_digest(wharf, f"{uri}:1")
    assert got["Layers"] == want["Layers"]


@pytest.fixture
def buildah(tmp_path):
    def run(*arguments, **options):
        stores = ["--storage-driver", "vfs", "--root", tmp_path / "store", "--runroot", tmp_path / "run"]
        return tools.run("buildah", *stores, *arguments, **options).stdout.strip()

    return run


def test_buildah_builds_upon_a_pulled_image_and_the_task_sees_every_layer(wharf, busybox, buildah, tmp_path):
    """Two layers, the upper one with a whiteout, an opaque folder and a replaced file."""
    _, uri = repository(wharf)
    credentials = f"AWS:{wharf.registry_password()}"
    container = buildah("from", "--tls-verify=false", "--creds", credentials, f"docker://{busybox}")
    root = pathlib.Path(buildah("mount", container))
    (root / "etc" / "group").unlink()
    (root / "bin" / "yes").unlink()
    (root / "etc" / "added").write_text("from the upper layer\n")
    for left in (root / "var" / "www", root / "var" / "log"):
        left.rmdir()
    (root / "var" / "log").mkdir()
    (root / "var" / "log" / "fresh").write_text("fresh\n")
    buildah("umount", container)
    buildah("commit", "--quiet", container, "upper")
    buildah("push", "--quiet", "--tls-verify=false", "--creds", credentials, "upper", f"docker://{uri}:upper")
    assert (
        len(
            json.loads(tools.run("skopeo", "inspect", "--tls-verify=false", "--creds", credentials, f"docker://{uri}:upper").stdout)[
                "Layers"
            ]
        )
        == 2
    )

    task = tasks.run_script(wharf, f"{uri}:upper", "cat /etc/added; ls /etc/group /bin/yes /var/www; ls /var/log; ls /bin/cat", memory=32)
    lines = task.lines()
    assert "from the upper layer" in lines and "fresh" in lines and "/bin/cat" in lines
    assert sum("No such file" in line for line in lines) == 3, lines
    buildah("rm", container)


def test_podman_pulls_and_pushes(wharf, busybox, short_path):
    _, uri = repository(wharf)
    podman = [
        "podman",
        "--storage-driver",
        "vfs",
        "--root",
        short_path / "store",
        "--runroot",
        short_path / "run",
        "--tmpdir",
        short_path / "tmp",
    ]
    credentials = ["--tls-verify=false", "--creds", f"AWS:{wharf.registry_password()}"]
    tools.run(*podman, "pull", "--quiet", *credentials, busybox)
    tools.run(*podman, "push", "--quiet", *credentials, busybox, f"docker://{uri}:podman")
    assert manifest_digest(wharf, f"{uri}:podman").startswith("sha256:")
    tools.run(*podman, "rmi", busybox)
    tools.run(*podman, "pull", "--quiet", *credentials, f"{uri}:podman")


@pytest.fixture(scope="module")
def docker():
    engine = Docker()
    yield engine
    engine.close()


def test_docker_logs_in_pushes_and_pulls(wharf, busybox, docker):
    _, uri = repository(wharf)
    logged_in = docker("login", "--username", "AWS", "--password-stdin", wharf.registry, stdin=wharf.registry_password())
    assert "Login Succeeded" in logged_in.stdout
    docker("pull", busybox)
    docker("tag", busybox, f"{uri}:docker")
    pushed = docker("push", f"{uri}:docker").stdout
    assert f"digest: {manifest_digest(wharf, f'{uri}:docker')}" in pushed
    docker("rmi", f"{uri}:docker", busybox)
    docker("pull", f"{uri}:docker")
    refused = docker("login", "--username", "AWS", "--password-stdin", wharf.registry, stdin="wrong", check=False)
    assert refused.returncode != 0 and "401" in refused.stderr or "unauthorized" in refused.stderr.lower()


def test_docker_image_runs(wharf, busybox, docker):
    """Docker pushes its own manifest type."""
    _, uri = repository(wharf)
    docker("login", "--username", "AWS", "--password-stdin", wharf.registry, stdin=wharf.registry_password())
    docker("pull", busybox)
    docker("tag", busybox, f"{uri}:docker")
    docker("push", f"{uri}:docker")
    image = wharf.client("ecr").describe_images(repositoryName=uri.partition("/")[2])["imageDetails"][0]
    assert image["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert tasks.run_script(wharf, f"{uri}:docker", "echo it runs").lines() == ["it runs"]


# Size and memory


@pytest.mark.slow
def test_a_gibibyte_passes_through_little_memory(wharf, tmp_path):
    name, uri = repository(wharf)
    layer = tmp_path / "layer"
    plain = random_layer(layer, 1024 * MIB)
    source = layout(tmp_path / "layout", layer, diff=plain)
    server = wharf.child("server")
    before, most, done = processes.resident_bytes(server), [0], threading.Event()

    def watch():
        while not done.wait(0.02):
            most[0] = max(most[0], processes.resident_bytes(server))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        images.skopeo_copy(wharf, source, f"docker://{uri}:big")
        grown_by_push = most[0] - before
        images.skopeo_copy(wharf, f"docker://{uri}:big", f"oci:{tmp_path / 'back'}:it")
        grown = most[0] - before
    finally:
        done.set()
        watcher.join()
    assert wharf.child("server") == server, "the server died on the way"
    print(f"resident memory grew by {grown_by_push / MIB:.1f} MiB pushing, {grown / MIB:.1f} MiB with pulling")
    assert grown_by_push < 32 * MIB
    assert grown < 32 * MIB
    digest = disk.sha256(layer)
    assert (tmp_path / "back" / "blobs" / "sha256" / digest).stat().st_size == layer.stat().st_size
    wharf.client("ecr").delete_repository(repositoryName=name, force=True)


def test_one_layer_in_two_repositories_is_one_file(wharf, tmp_path):
    layer = tmp_path / "layer"
    plain = random_layer(layer, 16 * MIB)
    source = layout(tmp_path / "layout", layer, diff=plain)
    _, first = repository(wharf)
    _, second = repository(wharf)
    images.skopeo_copy(wharf, source, f"docker://{first}:1")
    before = disk.used_bytes(wharf.data / "server")
    images.skopeo_copy(wharf, source, f"docker://{second}:1")
    wait_for(lambda: disk.used_bytes(wharf.data / "server") - before < 2 * MIB, 10, "the second copy of the layer to take no space")
    images.skopeo_copy(wharf, f"docker://{second}:1", f"oci:{tmp_path / 'back'}:it")


# At rest

CANARY = b"a sentence of a layer that must not lie on the disk"


def test_images_lie_encrypted(fresh, tmp_path):
    """Neither layers nor manifests nor a half upload can be read in the data folder; pulls, ranges and uploads that a restart cuts see the same bytes."""
    name, uri = repository(fresh)
    layer = tmp_path / "layer"
    with tarfile.open(layer, "w") as archive:
        entry = tarfile.TarInfo("canary")
        content = CANARY * 8000
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    source = layout(tmp_path / "layout", layer, media_type="application/vnd.oci.image.layer.v1.tar")
    images.skopeo_copy(fresh, source, f"docker://{uri}:1", extra=["--preserve-digests", "--dest-compress=false"])
    registry = Registry(fresh, name)
    location = registry.begin()
    half = registry.ask("PATCH", location, data=content[:100_001], headers={"Content-Range": "0-100000"})
    assert half.status_code == 202, half.text

    def readable():
        texts = (CANARY, b"application/vnd.oci.image.layer")
        files = [path for path in (fresh.data / "server" / "blobs").rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) > len(content) + 100_000
        return disk.files_with(fresh.data / "server" / "blobs", *texts)

    assert readable() == []
    fresh.kill_child("server")
    wait_for(lambda: registry.ask("GET", "tags/list").ok, 60, "the server to be back")
    length = len(content)
    rest = registry.ask("PATCH", location, data=content[100_001:], headers={"Content-Range": f"100001-{length - 1}"})
    assert rest.status_code == 202, rest.text
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    assert registry.ask("PUT", location, params={"digest": digest}).status_code == 201
    assert registry.ask("GET", f"blobs/{digest}").content == content
    part = registry.ask("GET", f"blobs/{digest}", headers={"Range": "bytes=65530-131080"})
    assert part.status_code == 206 and part.content == content[65530:131081]
    assert readable() == []
    images.skopeo_copy(fresh, f"docker://{uri}:1", f"oci:{tmp_path / 'back'}:it", extra=["--preserve-digests"])
    assert (tmp_path / "back" / "blobs" / "sha256" / disk.sha256(layer)).read_bytes() == layer.read_bytes()

    # Keys are rotated; then somebody changes a byte.
    tools.run(tools.wharf(), "keys", "rotate", "keyring", "--data", fresh.data)
    tools.run(tools.wharf(), "keys", "retire", "--now", "--data", fresh.data)
    registry = Registry(fresh, name)
    assert registry.ask("GET", f"blobs/{digest}").content == content
    (stored,) = (fresh.data / "server" / "blobs" / "sha256").rglob(f"{digest[7:]}*")
    with stored.open("r+b") as file:
        file.seek(5000)
        byte = file.read(1)[0]
        file.seek(5000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        registry.ask("GET", f"blobs/{digest}")
    # The next push of it is asked for its bytes, after a restart too, and they take its place.
    fresh.kill_child("server")
    wait_for(lambda: registry.ask("GET", "tags/list").ok, 60, "the server to be back")
    assert registry.ask("HEAD", f"blobs/{digest}").status_code == 404
    assert registry.ask("POST", "blobs/uploads/", params={"digest": digest}, data=content).status_code == 201
    assert registry.ask("HEAD", f"blobs/{digest}").status_code == 200
    assert registry.ask("GET", f"blobs/{digest}").content == content


def test_a_repository_holds_no_more_than_it_may(unstarted):
    wharf = unstarted(arguments=["--repository-storage", "1M"]).start(node=False)
    name, _ = repository(wharf)
    registry = Registry(wharf, name)

    def push(data):
        return registry.ask("POST", "blobs/uploads/", params={"digest": "sha256:" + hashlib.sha256(data).hexdigest()}, data=data)

    assert push(os.urandom(MIB - 100)).status_code == 201
    refused = push(os.urandom(200))
    assert refused.status_code == 403 and refused.json()["errors"][0]["code"] == "DENIED", refused.text
    ecr = wharf.client("ecr")
    upload = ecr.initiate_layer_upload(repositoryName=name)["uploadId"]
    data = os.urandom(200)
    ecr.upload_layer_part(repositoryName=name, uploadId=upload, partFirstByte=0, partLastByte=199, layerPartBlob=data)
    with pytest.raises(ClientError) as error:
        ecr.complete_layer_upload(repositoryName=name, uploadId=upload, layerDigests=["sha256:" + hashlib.sha256(data).hexdigest()])
    assert error.value.response["Error"]["Code"] == "LimitExceededException"
    assert "would exceed the maximum allowed size which is '1048576' bytes" in error.value.response["Error"]["Message"]


# Unfinished uploads of one repository.
MOST_UPLOADS = 200


def test_uploads_that_nobody_ends_take_no_others_place(wharf, busybox):
    """A repository has its share of them, by either protocol; others are pushed to and pulled from, and what ends makes room."""
    name, uri = repository(wharf)
    _, other = repository(wharf)
    registry, ecr = Registry(wharf, name), wharf.client("ecr")
    begun = [registry.begin() for _ in range(MOST_UPLOADS)]

    def is_full():
        refused = registry.ask("POST", "blobs/uploads/")
        assert refused.status_code == 429 and refused.json()["errors"][0]["code"] == "TOOMANYREQUESTS", refused.text
        with pytest.raises(ClientError) as error:
            ecr.initiate_layer_upload(repositoryName=name)
        assert error.value.response["Error"]["Code"] == "LimitExceededException"

    is_full()
    archive = f"oci-archive:{tools.image_archive('busybox')}"
    images.skopeo_copy(wharf, archive, f"docker://{other}:1")
    assert tasks.run_script(wharf, f"{other}:1", "echo others go on").lines() == ["others go on"]
    # One that is given up and one that is finished.
    assert registry.ask("DELETE", begun.pop()).status_code == 204
    data = b"finished all the same"
    finished = registry.ask("PUT", begun.pop(), params={"digest": "sha256:" + hashlib.sha256(data).hexdigest()}, data=data)
    assert finished.status_code == 201, finished.text
    begun += [registry.begin() for _ in range(2)]
    is_full()
    for location in begun:
        assert registry.ask("DELETE", location).status_code == 204
    images.skopeo_copy(wharf, archive, f"docker://{uri}:1")


# What must not be taken


def test_a_wrong_digest_is_refused_and_nothing_is_kept(wharf):
    name, _ = repository(wharf)
    registry = Registry(wharf, name)
    promised = "sha256:" + hashlib.sha256(b"promised").hexdigest()
    location = registry.begin()
    assert registry.ask("PATCH", location, data=b"sent instead").status_code == 202
    answer = registry.ask("PUT", location, params={"digest": promised})
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["code"] == "DIGEST_INVALID"
    assert registry.ask("HEAD", f"blobs/{promised}").status_code == 404
    sent = "sha256:" + hashlib.sha256(b"sent instead").hexdigest()
    assert registry.ask("HEAD", f"blobs/{sent}").status_code == 404

    answer = registry.ask("POST", f"blobs/uploads/?digest={promised}", data=b"at once, but other")
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] == "DIGEST_INVALID"


@pytest.mark.parametrize("digest", ["sha256:short", "sha256:" + "z" * 64, "md5:" + "0" * 32, "../../etc/passwd", "sha256:" + "A" * 64])
def test_a_digest_that_is_none_is_refused(wharf, digest):
    name, _ = repository(wharf)
    registry = Registry(wharf, name)
    answer = registry.ask("PUT", registry.begin(), params={"digest": digest}, data=b"x")
    assert answer.status_code in (400, 404) and answer.json()["errors"], answer.text


def test_a_killed_upload_leaves_nothing(fresh, tmp_path):
    """skopeo is killed amid 256 MiB; nothing can be seen of it, and its space comes back."""
    name, uri = repository(fresh)
    layer = tmp_path / "layer"
    plain = random_layer(layer, 256 * MIB)
    digest = disk.sha256(layer)
    source = layout(tmp_path / "layout", layer, diff=plain)
    before = disk.used_bytes(fresh.data / "server")
    client = subprocess.Popen(
        ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", f"AWS:{fresh.registry_password()}", source, f"docker://{uri}:1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: disk.used_bytes(fresh.data / "server") - before > 16 * MIB, 60, "16 MiB on the disk", interval_s=0.002)
    assert client.poll() is None, "the push was over before it could be killed"
    client.send_signal(signal.SIGKILL)
    client.wait(10)

    registry = Registry(fresh, name)
    assert registry.ask("HEAD", f"blobs/sha256:{digest}").status_code == 404
    assert fresh.client("ecr").list_images(repositoryName=name)["imageIds"] == []
    fresh.kill_child("server")
    wait_for(lambda: disk.used_bytes(fresh.data / "server") - before < 4 * MIB, 60, "the space of the broken upload to come back")
    images.skopeo_copy(fresh, source, f"docker://{uri}:1")


def test_server_killed_amid_a_push_keeps_no_half_image(fresh, tmp_path):
    name, uri = repository(fresh)
    layer = tmp_path / "layer"
    source = layout(tmp_path / "layout", layer, diff=random_layer(layer, 256 * MIB))
    before = disk.used_bytes(fresh.data / "server")
    credentials = f"AWS:{fresh.registry_password()}"
    client = subprocess.Popen(
        ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", credentials, source, f"docker://{uri}:1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: disk.used_bytes(fresh.data / "server") - before > 16 * MIB, 60, "16 MiB on the disk", interval_s=0.002)
    fresh.kill_child("server")
    if client.wait(120) != 0:
        assert fresh.client("ecr").list_images(repositoryName=name)["imageIds"] == []
    images.skopeo_copy(fresh, source, f"docker://{uri}:1")
    images.skopeo_copy(fresh, f"docker://{uri}:1", f"oci:{tmp_path / 'back'}:it")


def test_manifest_with_missing_layers_is_refused(wharf):
    name, _ = repository(wharf)
    nowhere = {"mediaType": "application/octet-stream", "digest": "sha256:" + "1" * 64, "size": 3}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": nowhere, "layers": [nowhere]}
    answer = Registry(wharf, name).ask(
        "PUT", "manifests/1", data=json.dumps(manifest), headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
    )
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] in ("BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"), answer.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"schemaVersion":1}', b"\xff\xfe", b'{"schemaVersion":2,"layers":"x"}', b"[" * 100000]
)
def test_malformed_manifests_are_refused(wharf, body):
    name, _ = repository(wharf)
    answer = Registry(wharf, name).ask(
        "PUT", "manifests/1", data=body, headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
    )
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] in ("MANIFEST_INVALID", "MANIFEST_UNKNOWN"), answer.text


def test_push_to_a_repository_that_is_not_there(wharf):
    target = f"docker://{wharf.registry}/never/made:1"
    done = images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", target, check=False)
    assert done.returncode != 0
    assert "does not exist in the registry with id '000000000000'" in done.stderr or "name unknown" in done.stderr.lower(), done.stderr


# The distribution API's corners


def test_upload_in_pieces(wharf):
    name, _ = repository(wharf)
    registry = Registry(wharf, name)
    whole = os.urandom(300_000)
    digest = "sha256:" + hashlib.sha256(whole).hexdigest()
    location = registry.begin()
    first = registry.ask("PATCH", location, data=whole[:100_000], headers={"Content-Range": "0-99999"})
    assert first.status_code == 202 and first.headers["Range"] == "0-99999", first.headers
    gap = registry.ask("PATCH", location, data=whole[200_000:], headers={"Content-Range": "200000-299999"})
    assert gap.status_code == 416
    so_far = registry.ask("GET", location)
    assert so_far.status_code == 204 and so_far.headers["Range"] == "0-99999"
    chunked = registry.ask("PATCH", location, data=io.BytesIO(whole[100_000:200_000]))
    assert chunked.status_code == 202 and chunked.headers["Range"] == "0-199999"
    last = registry.ask("PUT", location, params={"digest": digest}, data=whole[200_000:])
    assert last.status_code == 201 and last.headers["Docker-Content-Digest"] == digest
    got = registry.ask("GET", f"blobs/{digest}")
    assert got.content == whole
    part = registry.ask("GET", f"blobs/{digest}", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == whole[10:20]


def test_an_upload_goes_on_after_the_server_was_killed(fresh):
    name, _ = repository(fresh)
    registry = Registry(fresh, name)
    whole = os.urandom(300_000)
    digest = "sha256:" + hashlib.sha256(whole).hexdigest()
    location = registry.begin()
    first = registry.ask("PATCH", location, data=whole[:100_000], headers={"Content-Range": "0-99999"})
    assert first.status_code == 202, first.text
    fresh.kill_child("server")
    so_far = registry.ask("GET", location)
    assert so_far.status_code == 204 and so_far.headers["Range"] == "0-99999", so_far.headers
    more = registry.ask("PATCH", location, data=whole[100_000:200_000], headers={"Content-Range": "100000-199999"})
    assert more.status_code == 202, more.text
    fresh.kill_child("server")
    last = registry.ask("PUT", location, params={"digest": digest}, data=whole[200_000:])
    assert last.status_code == 201 and last.headers["Docker-Content-Digest"] == digest, last.text
    assert registry.ask("GET", f"blobs/{digest}").content == whole


def test_what_came_whole_is_kept_though_its_client_is_gone(wharf):
    name, _ = repository(wharf)
    registry = Registry(wharf, name)
    password = base64.b64encode(f"AWS:{wharf.registry_password()}".encode()).decode()
    digests = []
    for _ in range(20):
        layer = os.urandom(4)
        digests.append("sha256:" + hashlib.sha256(layer).hexdigest())
        location = urllib.parse.urlsplit(registry.begin())
        query = f"{location.query}&" if location.query else ""
        head = (
            f"PUT {location.path}?{query}digest={digests[-1]} HTTP/1.1\r\nHost: {location.netloc}\r\n"
            f"Authorization: Basic {password}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        with socket.create_connection((location.hostname, location.port)) as connection:
            connection.sendall(head.encode())
            assert b" 100 " in (said := connection.recv(1000)), said
            connection.sendall(layer)
    for digest in digests:
        wait_for(lambda digest=digest: registry.ask("HEAD", f"blobs/{digest}").status_code == 200, 10, "the layer")


def test_cancelled_upload_is_unknown(wharf):
    name, _ = repository(wharf)
    registry = Registry(wharf, name)
    location = registry.begin()
    assert registry.ask("DELETE", location).status_code == 204
    answer = registry.ask("PATCH", location, data=b"x")
    assert answer.status_code == 404 and answer.json()["errors"][0]["code"] == "BLOB_UPLOAD_UNKNOWN"


def test_tags_are_listed_in_order_and_pages(wharf):
    name, uri = repository(wharf)
    archive = tools.image_archive("busybox")
    for tag in ("c", "a", "b"):
        images.skopeo_copy(wharf, f"oci-archive:{archive}", f"docker://{uri}:{tag}")
    registry = Registry(wharf, name)
    assert registry.ask("GET", "tags/list").json() == {"name": name, "tags": ["a", "b", "c"]}
    page = registry.ask("GET", "tags/list", params={"n": 2})
    assert page.json()["tags"] == ["a", "b"] and 'rel="next"' in page.headers["Link"]
    following = page.headers["Link"].partition("<")[2].partition(">")[0]
    assert registry.ask("GET", following).json()["tags"] == ["c"]


# ECR's own operations upon what was pushed


def test_describe_list_get_and_delete_images(wharf):
    name, uri = repository(wharf)
    images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", f"docker://{uri}:1")
    images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", f"docker://{uri}:2")
    ecr = wharf.client("ecr")
    (detail,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert sorted(detail["imageTags"]) == ["1", "2"]
    assert detail["imageDigest"] == manifest_digest(wharf, f"{uri}:1")
    assert {image["imageTag"] for image in ecr.list_images(repositoryName=name)["imageIds"]} == {"1", "2"}

    got = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}, {"imageTag": "nope"}])
    manifest = got["images"][0]["imageManifest"]
    assert "sha256:" + hashlib.sha256(manifest.encode()).hexdigest() == detail["imageDigest"]
    assert got["failures"] == [
        {"imageId": {"imageTag": "nope"}, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
    ]

    with pytest.raises(ClientError) as caught:
        ecr.delete_repository(repositoryName=name)
    assert caught.value.response["Error"]["Code"] == "RepositoryNotEmptyException"
    gone = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["imageIds"]
    assert gone == [{"imageTag": "1", "imageDigest": detail["imageDigest"]}]
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": detail["imageDigest"]}])
    assert ecr.list_images(repositoryName=name)["imageIds"] == []
    ecr.delete_repository(repositoryName=name)


def test_immutable_tags_stay(wharf):
    name = tasks.unique("immutable")
    uri = wharf.client("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")["repository"]["repositoryUri"]
    images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", f"docker://{uri}:1")
    images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", f"docker://{uri}:1")
    done = images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('configured')}", f"docker://{uri}:1", check=False)
    assert done.returncode != 0 and "immutable" in done.stderr, done.stderr


def test_layers_through_the_ecr_api(wharf):
    name, _ = repository(wharf)
    ecr = wharf.client("ecr")
    data = os.urandom(6 * MIB)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    upload = ecr.initiate_layer_upload(repositoryName=name)
    half = 5 * MIB
    ecr.upload_layer_part(
        repositoryName=name, uploadId=upload["uploadId"], partFirstByte=0, partLastByte=half - 1, layerPartBlob=data[:half]
    )
    with pytest.raises(ClientError) as caught:
        ecr.upload_layer_part(repositoryName=name, uploadId=upload["uploadId"], partFirstByte=0, partLastByte=9, layerPartBlob=data[:10])
    assert caught.value.response["Error"]["Code"] == "InvalidLayerPartException"
    ecr.upload_layer_part(
        repositoryName=name, uploadId=upload["uploadId"], partFirstByte=half, partLastByte=len(data) - 1, layerPartBlob=data[half:]
    )
    assert ecr.complete_layer_upload(repositoryName=name, uploadId=upload["uploadId"], layerDigests=[digest])["layerDigest"] == digest
    (layer,) = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[digest])["layers"]
    assert layer["layerAvailability"] == "AVAILABLE" and layer["layerSize"] == len(data)


def test_a_repository_has_its_share_of_unfinished_uploads(wharf):
    """Beyond it the repository is refused, others are not, and what is given up makes room."""
    name, _ = repository(wharf)
    other, _ = repository(wharf)
    registry = Registry(wharf, name)
    begun = [registry.begin() for _ in range(200)]
    refused = registry.ask("POST", "blobs/uploads/")
    assert refused.status_code == 429 and refused.json()["errors"][0]["code"] == "TOOMANYREQUESTS"
    with pytest.raises(ClientError) as caught:
        wharf.client("ecr").initiate_layer_upload(repositoryName=name)
    assert caught.value.response["Error"]["Code"] == "LimitExceededException"
    Registry(wharf, other).begin()
    assert registry.ask("DELETE", begun.pop()).status_code in (202, 204)
    registry.begin()
    for location in begun:
        registry.ask("DELETE", location)


def test_a_lifecycle_policy_is_previewed_and_carried_out(wharf):
    (name, _), ecr = repository(wharf, "aging"), wharf.client("ecr")
    tags = ["v1", "v2", "v3"]
    for tag, image in zip(tags, ("busybox", "configured", "web"), strict=True):
        images.push(wharf, image, name=name, tag=tag)
    newest_two = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2}
    policy = json.dumps({"rules": [{"rulePriority": 1, "description": "keep two", "selection": newest_two, "action": {"type": "expire"}}]})
    started = ecr.start_lifecycle_policy_preview(repositoryName=name, lifecyclePolicyText=policy)
    assert started["status"] == "IN_PROGRESS"
    wait_as_boto3(ecr, "lifecycle_policy_preview_complete", repositoryName=name)
    preview = ecr.get_lifecycle_policy_preview(repositoryName=name)
    (expiring,) = preview["previewResults"]
    assert (expiring["imageTags"], expiring["appliedRulePriority"], expiring["action"]["type"]) == (["v1"], 1, "EXPIRE")
    assert preview["summary"]["expiringImageTotalCount"] == 1

    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy)
    wait_for(lambda: "lastEvaluatedAt" in ecr.get_lifecycle_policy(repositoryName=name), 30, "a run of the policy")
    assert sorted(one["imageTag"] for one in ecr.list_images(repositoryName=name)["imageIds"]) == ["v2", "v3"]
    with pytest.raises(ClientError) as refused:
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy.replace("expire", "burn") + " " * 100)
    assert refused.value.response["Error"]["Message"].endswith(
        "'Lifecycle policy validation failure: rule 1: burn is not a type of action'"
    )
