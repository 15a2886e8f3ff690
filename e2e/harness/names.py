"""Services that say what names mean where they run."""

import json
import urllib.request

from . import processes, tools
from .services import Web

# Says who it is; fetches what it is told to, from where it is; looks names up as every program does.
SERVER = """
import http.server, json, os, socket, urllib.parse, urllib.request


def look_up(name):
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(name, None, socket.AF_INET)})
    except socket.gaierror as error:
        return error.errno


def by_address(address):
    try:
        return socket.gethostbyaddr(address)[0]
    except OSError as error:
        return error.errno


ANSWERS = {
    "who": lambda _: os.environ["WHO"],
    "name": look_up,
    "address": by_address,
    "file": lambda path: open(path).read(),
    "fetch": lambda url: urllib.request.urlopen(url, timeout=10).read().decode(),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        what, _, about = self.path.strip("/").partition("/")
        body = json.dumps(ANSWERS.get(what, ANSWERS["who"])(urllib.parse.unquote(about))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("0.0.0.0", 80), Handler).serve_forever()
"""


class Service(Web):
    """A service of one such server behind an internal load balancer."""

    SCRIPT = SERVER

    def make(self, **balancer):
        self.make_balancer(**{"Scheme": "internal", **balancer})
        self.make_service(1)
        self.wait_stable()
        self.wait_healthy()
        return self

    def define(self, version):
        return super().define(version, entryPoint=["python3", "-c"], command=[SERVER], environment=[{"name": "WHO", "value": self.name}])

    def says(self, what, about=""):
        """What its task answers to this machine."""
        (at,) = self.addresses()
        return ask(f"http://{at}/{what}/{urllib.request.quote(about, safe='')}")


def ask(url):
    with urllib.request.urlopen(url, timeout=15) as answer:
        return json.load(answer)


def says(task, what, about=""):
    """What a task of such a definition answers itself, on whatever host it is."""
    url = f"http://127.0.0.1/{what}/{urllib.request.quote(about, safe='')}"
    return json.loads(
        tools.run("nsenter", "--target", processes.of_container(task), "--net", "curl", "-sS", "--max-time", "20", url).stdout
    )
