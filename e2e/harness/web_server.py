"""A web server of the test's own, which remembers what it is sent."""

import contextlib
import gzip
import http.server
import json
import threading
import typing

TOKEN = {"access_token": "t0ken", "expires_in": 3600}


class Got(typing.NamedTuple):
    """A request, its body unpacked."""

    path: str
    headers: typing.Any
    body: str
    raw: bytes


@contextlib.contextmanager
def server(answers=()):
    """Its address, and the list of what it got. It answers by a list of statuses, or of statuses with headers, then with
    200; `/token` has tokens of OAuth."""
    got, answers = [], list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                raw = gzip.decompress(raw)
            got.append(Got(self.path, self.headers, raw.decode(errors="replace"), raw))
            token = self.path == "/token"
            answer = 200 if token or not answers else answers.pop(0)
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            said = json.dumps(TOKEN) if token else ""
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.encode())

        def do_OPTIONS(self):
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    it = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=it.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{it.server_port}", got
    finally:
        it.shutdown()
        it.server_close()
