"""Layers that break off on their way to a node, or come slowly: the pull goes on where it was, over several connections."""

import http.server
import json
import re
import threading

import pytest

from harness import images, tasks
from harness.installation import Installation

pytestmark = pytest.mark.minutes(1)

MIB = 1 << 20
LAYER = 24 * MIB


class Registry:
    """An OCI layout over HTTP. A request for more than `cut` bytes breaks off after as many; `asked` has where each one for a blob begins."""

    def __init__(self, folder, cut):
        self.blobs, self.cut, self.asked = folder / "blobs", cut, {}
        (described,) = json.loads((folder / "index.json").read_text())["manifests"]
        self.manifest = described["digest"]
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def image(self):
        return f"localhost:{self.server.server_port}/cut:1"

    def answer(self, request):
        what, name = request.path.rstrip("/").split("/")[-2:]
        digest = name if name.startswith("sha256:") else self.manifest
        path = self.blobs / digest.replace(":", "/")
        body = path.read_bytes() if what in ("blobs", "manifests") and path.is_file() else b"{}"
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = int(asked[2]) if asked and asked[2] else len(body) - 1
        request.send_response(206 if asked else 200)
        if what == "manifests":
            request.send_header("Content-Type", json.loads(body)["mediaType"])
            request.send_header("Docker-Content-Digest", digest)
        if asked:
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        request.send_header("Content-Length", str(last + 1 - first))
        request.end_headers()
        if request.command == "HEAD":
            return
        if what == "blobs":
            self.asked.setdefault(digest, []).append(first)
        request.wfile.write(body[first : min(last + 1, first + self.cut)])
        if last + 1 - first > self.cut:
            request.close_connection = True


@pytest.fixture(scope="module")
def alone():
    with Installation() as one:
        yield one.start()


def test_a_layer_that_breaks_off_goes_on_where_it_was(alone, tmp_path):
    _, layers = images.with_random_layer(tmp_path / "image", LAYER)
    large = max(layers, key=lambda it: it[1])[0]
    with Registry(tmp_path / "image", cut=5 * MIB) as registry:
        task = tasks.run(alone, registry.image, **tasks.sh("wc -c < /random"))
        task.wait("STOPPED", 120)
        assert task.output().strip() == str(LAYER)
        begun = registry.asked[large]
    assert len(begun) >= LAYER // (5 * MIB), begun
    # Nothing that came was asked for again.
    assert begun.count(0) == 1 and len(set(begun)) == len(begun), begun


def test_a_registry_that_always_breaks_off_fails_the_task_by_name(alone, tmp_path):
    images.with_random_layer(tmp_path / "image", LAYER)
    with Registry(tmp_path / "image", cut=1000) as registry:
        task = tasks.run(alone, registry.image, **tasks.sh("true"))
        stopped = task.wait("STOPPED", 300)
    assert "CannotPullContainerError" in stopped["stoppedReason"], stopped
