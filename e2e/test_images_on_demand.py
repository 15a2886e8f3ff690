"""Images whose files are read before all of the image is there, from a registry that counts what it sends."""

import collections
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import tarfile
import threading

import pytest

from harness import images, tasks, tools
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(2)

FILES, FILE_BYTES = 50, 4 << 20
# What is asked for because a container waits is a span: four MiB and a little more.
ONE_SPAN = 6 << 20
PIECE = 256 << 10


class Registry:
    """One image, over HTTP, as an OCI layout has it."""

    def __init__(self, blobs):
        self.blobs, self.tags, self.sent = blobs, {}, collections.Counter()
        # Until this is set nothing is sent that no container waits for.
        self.background = threading.Event()
        # Bytes by the digest of a blob, in the place of one that is there.
        self.lies = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self, True)

            def do_HEAD(self):
                outer.answer(self, False)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.background.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def host(self):
        return f"localhost:{self.server.server_port}"

    def answer(self, request, with_body):
        what, name = request.path.split("/")[-2:]
        digest = self.tags.get(name, name)
        path = self.blobs / digest.replace(":", "/")
        if not path.is_file():
            request.send_response(404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body = self.lies.get(digest) or path.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        first, last = (int(asked[1]), int(asked[2])) if asked else (0, len(body) - 1)
        if asked and last - first > ONE_SPAN:
            self.background.wait()
        request.send_response(206 if asked else 200)
        if what == "manifests":
            request.send_header("Content-Type", json.loads(body).get("mediaType", "application/vnd.oci.image.manifest.v1+json"))
        if asked:
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        request.send_header("Content-Length", str(last + 1 - first))
        request.end_headers()
        for at in range(first, last + 1, PIECE) if with_body else ():
            piece = body[at : min(at + PIECE, last + 1)]
            self.sent[digest] += len(piece)
            request.wfile.write(piece)


def with_files(folder, files):
    """The busybox image with one more layer; the layer's digest, and the sums of its files."""
    archive = f"oci-archive:{tools.image_archive('busybox')}"
    tools.run("skopeo", "copy", "--quiet", archive, f"oci:{folder}:it")
    blobs = folder / "blobs" / "sha256"

    def keep(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def read(described):
        return json.loads((blobs / described["digest"].removeprefix("sha256:")).read_text())

    plain, sums = io.BytesIO(), {}
    with tarfile.open(fileobj=plain, mode="w") as packed:
        for number in range(files):
            data = os.urandom(FILE_BYTES)
            entry = tarfile.TarInfo(f"big/{number}")
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
            sums[f"/big/{number}"] = hashlib.sha256(data).hexdigest()
    index = json.loads((folder / "index.json").read_text())
    (described,) = index["manifests"]
    manifest = read(described)
    config = read(manifest["config"])
    diff_id = hashlib.sha256(plain.getvalue()).hexdigest()
    config["rootfs"]["diff_ids"].append(f"sha256:{diff_id}")
    config.pop("history", None)
    layer = keep(gzip.compress(plain.getvalue(), 1))
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **layer})
    manifest["config"].update(keep(json.dumps(config).encode()))
    described.update(keep(json.dumps(manifest).encode()))
    (folder / "index.json").write_text(json.dumps(index))
    return layer["digest"], diff_id, sums


@pytest.fixture(scope="module")
def alone():
    with Installation() as one:
        yield one.start()


def indexed(wharf, folder, name, files):
    """An image with an index, that wharf has made, in a folder; the layer's digests and the sums of its files."""
    layer, diff_id, sums = with_files(folder / "made", files)
    uri = images.ensure_repository(wharf, name)
    images.skopeo_copy(wharf, f"oci:{folder / 'made'}:it", f"docker://{uri}:1")
    before = wharf.aws("ecr", "describe-images", "--repository-name", name, "--image-ids", "imageTag=1")["imageDetails"][0]
    said = wharf.run("images", "index", f"{name}:1").stdout
    after = wharf.aws("ecr", "describe-images", "--repository-name", name, "--image-ids", "imageTag=1")["imageDetails"][0]
    assert after["imageDigest"] in said and before["imageDigest"] != after["imageDigest"], said
    again = wharf.run("images", "index", f"{name}:1").stdout
    assert "stays as it is" in again, again
    wharf.run("images", "export", f"{name}:1", folder / "indexed")
    index = json.loads((folder / "indexed" / "index.json").read_text())
    return layer, diff_id, sums, index["manifests"][0]["digest"], uri


def programs():
    return tools.run("pgrep", "-c", "-x", "lazy-layer", check=False).stdout.strip()


def test_a_task_starts_before_its_image_is_there(alone, tmp_path):
    layer, diff_id, sums, digest, uri = indexed(alone, tmp_path, "large", FILES)
    with Registry(tmp_path / "indexed" / "blobs") as registry:
        registry.tags["1"] = digest
        size = (tmp_path / "indexed" / "blobs" / layer.replace(":", "/")).stat().st_size
        image = f"{registry.host}/large:1"
        first = tasks.run(alone, image, stopTimeout=2, **sh("sha256sum /big/7; echo up; while :; do usleep 100000; done"))
        first.wait_line("up")
        at_the_first_answer = registry.sent[layer]
        assert at_the_first_answer < size / 8, (at_the_first_answer, size)
        assert first.lines()[0].split() == [sums["/big/7"], "/big/7"]
        shown = first.describe()
        assert shown["pullStartedAt"] <= shown["pullStoppedAt"] <= shown["startedAt"]

        # The agent dies while another task reads all of it.
        second = tasks.run(alone, image, stopTimeout=2, **sh("sha256sum /big/*; echo all; while :; do usleep 100000; done"))
        wait_for(lambda: registry.sent[layer] > size / 3, 60, "a third of the layer")
        alone.kill_child("node")
        registry.background.set()
        second.wait_line("all", 90)
        read = dict(reversed(line.split()) for line in second.lines() if "/big/" in line)
        assert read == sums
        assert first.describe()["lastStatus"] == second.describe()["lastStatus"] == "RUNNING"

        # Then it is a layer like any other.
        whole = alone.data / "node" / "images" / "layers" / f"{diff_id}.json"
        wait_for(whole.exists, 60, "the whole layer")
        third = tasks.run(alone, image, **sh("sha256sum /big/9"))
        third.wait()
        assert third.lines()[0].split() == [sums["/big/9"], "/big/9"]
        for task in (first, second):
            task.stop()
        wait_for(lambda: programs() == "0", 30, "the end of the program that showed the layer")
    # The same from wharf's own registry, where the whole layer is there already.
    own = tasks.run(alone, f"{uri}:1", **sh("sha256sum /big/1"))
    own.wait()
    assert own.lines()[0].split() == [sums["/big/1"], "/big/1"]


def test_a_registry_that_lies_is_found_out(alone, tmp_path):
    layer, _, sums, digest, _ = indexed(alone, tmp_path, "lying", 6)
    with Registry(tmp_path / "indexed" / "blobs") as registry:
        registry.tags["1"] = digest
        bytes_of_layer = bytearray((tmp_path / "indexed" / "blobs" / layer.replace(":", "/")).read_bytes())
        bytes_of_layer[len(bytes_of_layer) * 3 // 4] ^= 1
        registry.lies[layer] = bytes(bytes_of_layer)
        script = "sha256sum /big/0; cat /big/4 > /dev/null && echo read; echo went on; while :; do usleep 100000; done"
        task = tasks.run(alone, f"{registry.host}/lying:1", stopTimeout=2, **sh(script))
        # Nothing of it ends by itself: it is stopped, and says why.
        stopped = task.wait()
        assert stopped["stoppedReason"].startswith(f"CannotPullContainerError: pull image layer {layer} has been retried 1 time(s): "), (
            stopped
        )
        assert stopped["stopCode"] == "EssentialContainerExited"
        assert stopped["containers"][0]["reason"] == stopped["stoppedReason"]
        said = [log.read_text(errors="replace") for log in (alone.data / "log").glob("*.log")]
        assert any("verifying a layer that containers use failed" in text for text in said)
        lines = task.lines()
        assert lines[0].split() == [sums["/big/0"], "/big/0"] and "read" not in lines, lines
        assert "cat: read error: I/O error" in lines or "cat: read error: Input/output error" in lines, lines
