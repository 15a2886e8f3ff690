"""A registry that gives one image to whoever knows its user and password, or to everybody."""

import base64
import hashlib
import http.server
import json
import tarfile
import threading
import time

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class PrivateRegistry:
    """Serves the image of an OCI archive on this machine, to those who send the login; to everybody without a user.

    With a `gate`, an event, nothing is answered about images before it is set; `waiting` counts who waits. `asked` counts blobs that
    were given, `last_blob_at` is when the last one was.
    """

    def __init__(self, archive, user=None, password=None, gate=None):
        self.login = user and "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.refused, self.waiting, self.gate = 0, 0, gate
        self.asked, self.last_blob_at = 0, 0
        with tarfile.open(archive) as tar:
            read = {member.name.removeprefix("./"): tar.extractfile(member).read() for member in tar.getmembers() if member.isfile()}
        self.blobs = {
            f"sha256:{hashlib.sha256(content).hexdigest()}": content for name, content in read.items() if name.startswith("blobs/")
        }
        self.manifest = json.loads(read["index.json"])["manifests"][0]["digest"]
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._answer(*registry.answer(self.path, self.headers.get("authorization")))

            do_HEAD = do_GET

            def _answer(self, status, headers, body):
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def image(self):
        return f"127.0.0.1:{self._server.server_port}/private/busybox:latest"

    def answer(self, path, login):
        """Status, headers and body."""
        if self.login and login != self.login:
            self.refused += 1
            return 401, {"www-authenticate": 'Basic realm="private"'}, b"{}"
        kind, _, name = path.rpartition("/")
        digest = name if name.startswith("sha256:") else self.manifest
        if path.rstrip("/") == "/v2":
            return 200, {}, b"{}"
        if self.gate and not self.gate.is_set():
            self.waiting += 1
            self.gate.wait()
        if digest not in self.blobs:
            return 404, {}, b"{}"
        if kind.endswith("/blobs"):
            self.asked, self.last_blob_at = self.asked + 1, time.time()
        kind = MANIFEST if kind.endswith("/manifests") else "application/octet-stream"
        return 200, {"content-type": kind, "docker-content-digest": digest}, self.blobs[digest]
