"""Requests through one load balancer beside nginx and haproxy, with the same back end."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import tempfile
import urllib.error

from harness import tools
from harness.installation import free_port

from . import peers

TITLE = "Load balancer"
METHOD = (
    "HTTP/1.1, 1 KiB, one back end (nginx), `wrk -t1` for 4 s a round, three rounds in turn, medians. Load generator, proxy and back end "
    "share the cores; each proxy has as many threads as there are cores. `close`: a connection a request."
)
COLUMNS = ("through", "64 conns: rps", "of nginx", "p99 ms", "8 conns: rps", "of nginx", "p99 ms", "close, 32 conns: rps", "of nginx")
ROUNDS = 3
SECONDS = 4
LOADS = ((64, False), (8, False), (32, True))

NGINX = """
daemon off; worker_processes {workers}; error_log stderr crit; pid {folder}/pid; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {body}
}}
"""
BACK_END = 'server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ default_type text/plain; return 200 "{text}"; }} }}'
PROXY = """
upstream back {{ server 127.0.0.1:{back}; keepalive 128; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{
  proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Port $server_port;
}} }}
"""
HAPROXY = """
global
  nbthread {workers}
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port {port}
  server one 127.0.0.1:{back} check inter 5s
"""


def run():
    with contextlib.ExitStack() as running:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-bench-lb-"))
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        back = free_port()
        running.enter_context(nginx(folder / "back", BACK_END.format(port=back, text="x" * 1024), back))
        ports = {"no proxy": back}
        ports |= {name: free_port() for name in ("**wharf**", "nginx", "haproxy")}
        port = ports["**wharf**"]
        running.enter_context(wharf(folder, port, resources(port, back, "application", "HTTP")))
        port = ports["nginx"]
        running.enter_context(nginx(folder / "nginx", PROXY.format(port=port, back=back), port))
        port = ports["haproxy"]
        running.enter_context(haproxy(folder, port, HAPROXY.format(port=port, back=back, workers=os.cpu_count())))
        return _rows(ports)


def _rows(ports):
    measured = {}
    for connections, close in LOADS:
        for _ in range(ROUNDS):
            for name, port in ports.items():
                measured.setdefault((name, connections), []).append(_asked(port, connections, close))
    middle = {key: [statistics.median(one) for one in zip(*runs, strict=True)] for key, runs in measured.items()}
    rows = []
    for name in ports:
        row = [name]
        for connections, close in LOADS:
            rate, p99 = middle[name, connections]
            row += [f"{rate:,.0f}", f"{rate / middle['nginx', connections][0]:.2f}"] + ([] if close else [f"{p99:.1f}"])
        rows.append(row)
    return rows


def wrk(port, connections, close, path="/"):
    """What wrk says of requests of which none may fail."""
    header = ["-H", "Connection: close"] if close else []
    said = tools.run("wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", *header, f"http://127.0.0.1:{port}{path}").stdout
    assert "Non-2xx" not in said, said
    # With `close`, wrk counts the end of a connection as a read error where it comes late.
    assert close or "Socket errors" not in said, said
    return said


def _asked(port, connections, close):
    """Requests a second and the 99th percentile in milliseconds."""
    said = wrk(port, connections, close)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@contextlib.contextmanager
def nginx(folder, body, port):
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, body=body, workers=os.cpu_count(), user=user))
    command = [tools.program("nginx"), "-p", folder, "-e", "stderr", "-c", config]
    with peers.running(command, peers.answers(f"http://127.0.0.1:{port}/")):
        yield


@contextlib.contextmanager
def haproxy(folder, port, text):
    config = folder / "haproxy.cfg"
    config.write_text(text)
    with peers.running([tools.program("haproxy"), "-db", "-q", "-f", config], peers.answers(f"http://127.0.0.1:{port}/")):
        yield


@contextlib.contextmanager
def wharf(folder, port, told):
    """The data plane of `wharf lb`, told by a file instead of the control plane."""
    path = folder / "resources.json"
    path.write_text(json.dumps(told))
    given = os.environ.get("WHARF_LB_SERVE")
    program = given or tools.REPOSITORY / "target" / "release" / "examples" / "serve"

    def answered():
        try:
            return peers.answers(f"http://127.0.0.1:{port}/")()
        except urllib.error.HTTPError:
            return False  # its first health check is under way

    with peers.running([program, path], answered):
        yield


def resources(port, back, kind, protocol):
    """What the data plane is told of one load balancer with one target."""
    check = {
        "enabled": True, "protocol": protocol, "port": None, "path": "/", "matcher": "200",
        "interval_seconds": 5, "timeout_seconds": 2, "healthy_threshold": 2, "unhealthy_threshold": 2,
    }  # fmt: skip
    forward = {"type": "forward", "groups": [{"group": "tg", "weight": 1}], "stickiness_seconds": None}
    return [
        {
            "kind": "load-balancer", "type": kind, "arn": "lb", "name": "lb", "dns_name": "lb.elb.localhost", "internal": False, "vpc": "vpc",
            "public_address": None, "interfaces": [], "security_groups": ["sg"], "attributes": {},
        },
        {
            "kind": "security-group", "id": "sg", "vpc": "vpc", "egress": [],
            "ingress": [{"protocol": None, "ports": None, "icmp": None, "peer": {"cidr": "0.0.0.0/0"}}],
        },
        {
            "kind": "listener", "arn": "listener", "load_balancer": "lb", "port": port, "protocol": protocol, "certificates": [],
            "ssl_policy": None, "default_actions": [forward], "attributes": {},
        },
        {
            "kind": "target-group", "arn": "tg", "name": "tg", "vpc": "vpc", "protocol": protocol, "protocol_version": "HTTP1",
            "health_check": check, "attributes": {},
        },
        {"kind": "target", "target": {"group": "tg", "id": "127.0.0.1", "port": back}, "address": "127.0.0.1", "draining_since_ms": None},
    ]  # fmt: skip
