"""What names itself, and clients that never come to an end: each is answered, and others are served meanwhile."""

import base64
import contextlib
import hashlib
import json
import os
import socket
import threading
import time

import pytest

from harness import control, images, tasks
from harness.distribution import Registry, repository
from harness.installation import Place
from harness.waiting import wait_for
from test_registry_artifacts import OCI, artifact, put_manifest

pytestmark = pytest.mark.minutes(2)

HOME = "000000000000"
INDEX = f"{OCI}.index.v1+json"


def listed(digest):
    return {"mediaType": f"{OCI}.manifest.v1+json", "digest": digest, "size": 2}


def test_an_index_cannot_list_what_is_to_list_it(wharf):
    """A circle needs a digest before its content is there: the first of its members is refused, and so there is none."""
    registry = Registry(wharf, repository(wharf, "circles")[0])
    to_come = "sha256:" + hashlib.sha256(b"an index that lists the first").hexdigest()
    first = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [listed(to_come)]}
    _, answer = put_manifest(registry, "first", first, INDEX)
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN", answer.text
    assert registry.ask("HEAD", "manifests/first").status_code == 404
    # Content under a digest that is not its own is nobody's.
    _, answer = put_manifest(registry, to_come, first, INDEX)
    assert answer.status_code == 400 and answer.json()["errors"][0]["code"] == "DIGEST_INVALID", answer.text


def test_an_index_about_an_image_that_it_lists(wharf, tmp_path):
    """The one circle that can be: by its list and by its subject. It is copied, archived, listed and deleted to an end."""
    name, uri = repository(wharf, "circle")
    registry, ecr = Registry(wharf, name), wharf.client("ecr")
    image, _ = artifact(registry, "application/vnd.test.thing", reference="image")
    circle = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [listed(image)], "subject": listed(image)}
    digest, answer = put_manifest(registry, "circle", circle, INDEX)
    assert answer.status_code == 201 and answer.headers["OCI-Subject"] == image, answer.text
    assert [it["digest"] for it in registry.ask("GET", f"referrers/{image}").json()["manifests"]] == [digest]
    wharf.run("images", "export", f"{name}:circle", tmp_path / "out")
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert digest in {it["digest"] for it in index["manifests"]}
    for to, status in (("ARCHIVE", "ARCHIVED"), ("STANDARD", "ACTIVE")):
        ecr.update_image_storage_class(repositoryName=name, imageId={"imageTag": "circle"}, targetStorageClass=to)

        def settled(expected=status):
            found = ecr.describe_images(repositoryName=name, filter={"imageStatus": "ANY"})["imageDetails"]
            return {it["imageStatus"] for it in found} == {expected}

        wait_for(settled, 30, f"both images {status}")
    policy = {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
                "action": {"type": "expire"},
            }
        ]
    }
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(policy))
    wait_for(lambda: "lastEvaluatedAt" in ecr.get_lifecycle_policy(repositoryName=name), 30, "a run of the policy")
    ecr.delete_repository(repositoryName=name, force=True)
    assert registry.ask("GET", "tags/list").status_code == 404, uri


def test_registries_that_pull_through_each_other_ask_each_other_once(wharf, tmp_path):
    one, other = Place(wharf, "sa-east-1"), Place(wharf, "ca-central-1")
    prefix = tasks.unique("round")
    for here, there in ((one, other), (other, one)):
        here.client("ecr").create_pull_through_cache_rule(
            ecrRepositoryPrefix=prefix, upstreamRegistryUrl=f"{HOME}.dkr.ecr.{there.region}.amazonaws.com", upstreamRepositoryPrefix=prefix
        )
    began = time.monotonic()
    pulled = images.skopeo_copy(one, f"docker://{wharf.registry}/{prefix}/nowhere:1", f"oci:{tmp_path}/none:it", check=False)
    assert pulled.returncode != 0 and time.monotonic() - began < 30, pulled.stderr
    for place in (one, other):
        ecr = place.client("ecr")
        found = [it["repositoryName"] for it in ecr.describe_repositories()["repositories"]]
        assert not [it for it in found if it.startswith(prefix) and ecr.list_images(repositoryName=it)["imageIds"]]
        ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix=prefix)


def raw(wharf, method, path, headers, password):
    login = base64.b64encode(f"AWS:{password}".encode()).decode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{wharf.port}", f"Authorization: Basic {login}", *headers]
    connection = socket.create_connection(("127.0.0.1", wharf.port), timeout=20)
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def test_pushes_that_trickle_end_and_leave_nothing(wharf, busybox):
    name, _ = repository(wharf, "trickle")
    password = wharf.registry_password()
    digest = hashlib.sha256(b"never").hexdigest()
    path = f"/v2/{name}/blobs/uploads/?digest=sha256:{digest}"
    held = [raw(wharf, "POST", path, ["Content-Length: 100000000"], password) for _ in range(20)]
    began, ended = time.monotonic(), threading.Event()

    def trickle(connection):
        with contextlib.suppress(OSError):
            while not ended.is_set():
                connection.sendall(b"x")
                time.sleep(0.2)

    threads = [threading.Thread(target=trickle, args=(it,), daemon=True) for it in held]
    for thread in threads:
        thread.start()
    try:
        # Another client is served as ever.
        images.push(wharf, "busybox", name=name, tag="beside")
        for connection in held:
            connection.settimeout(60)
            with contextlib.suppress(ConnectionError):
                answer = connection.recv(65536)
                assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), answer
    finally:
        ended.set()
        for connection in held:
            connection.close()
    assert time.monotonic() - began < 60
    wait_for(lambda: not list((wharf.data / "server").rglob("*.once")), 20, "the uploads to be gone")
    assert Registry(wharf, name).ask("HEAD", f"blobs/sha256:{digest}").status_code == 404


def answering(wharf):
    """Requests of registry clients that are being answered."""
    lines = control.scrape(wharf).text.splitlines()
    (value,) = [float(it.split()[-1]) for it in lines if it.startswith("wharf_registry_requests ")]
    return value


def test_a_client_that_takes_nothing_is_given_up(fresh):
    """Its answer ends after a minute; what it was sent before stays within the buffers of its connection."""
    wharf = fresh
    name, _ = repository(wharf, "stalled")
    registry, password = Registry(wharf, name), wharf.registry_password()
    data = os.urandom(64 << 20)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    assert registry.ask("POST", "blobs/uploads/", params={"digest": digest}, data=data).status_code == 201
    stalled = raw(wharf, "GET", f"/v2/{name}/blobs/{digest}", [], password)
    wait_for(lambda: answering(wharf) == 1, 20, "the answer to be on its way")
    # Others take the same layer meanwhile.
    assert registry.ask("GET", f"blobs/{digest}").content == data
    wait_for(lambda: answering(wharf) == 0, 120, "the answer to be given up", interval_s=1)
    taken = 0
    stalled.settimeout(20)
    with contextlib.suppress(ConnectionError):
        while piece := stalled.recv(1 << 20):
            taken += len(piece)
    stalled.close()
    assert taken < len(data) // 2, taken
