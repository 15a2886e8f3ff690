"""Connections and bytes through a network load balancer beside haproxy, with the same back end."""

import contextlib
import os
import pathlib
import re
import shutil
import statistics
import tempfile

from harness.installation import free_port

from . import load_balancer

TITLE = "Load balancer over TCP"
LARGE_MIB = 16
METHOD = (
    f"TCP, one back end (nginx), `wrk -t1` for {load_balancer.SECONDS} s a round, three rounds in turn, medians. Load generator, proxy and back end share the cores; each proxy has as many "
    f"threads as there are cores, and checks its target by connecting. Connections: one a request, whose answer is 1 KiB, 32 at a time. Bytes: answers of {LARGE_MIB} MiB over 4 connections that are kept. "
    "Messages: a request and 1 KiB back, over 64 connections that are kept."
)
COLUMNS = ("through", "connections / s", "of haproxy", "MiB / s", "of haproxy", "messages / s", "of haproxy")
ROUNDS = 3
MIB = {"KB": 1 / 1024, "MB": 1, "GB": 1024}

BACK_END = """server {{
  listen 127.0.0.1:{port} backlog=4096; root {folder}; sendfile on;
  location = / {{ default_type text/plain; return 200 "{text}"; }}
}}"""
HAPROXY = """
global
  nbthread {workers}
  maxconn 8000
defaults
  mode tcp
  timeout connect 5s
  timeout client 350s
  timeout server 350s
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server one 127.0.0.1:{back} check inter 5s
"""


def run():
    with contextlib.ExitStack() as running:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-bench-tcp-"))
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        ports = {name: free_port() for name in ("no proxy", "**wharf**", "haproxy")}
        back, port, peer = ports.values()
        with (folder / "large").open("wb") as large:
            large.write(os.urandom(LARGE_MIB << 20))
        running.enter_context(load_balancer.nginx(folder / "back", BACK_END.format(port=back, text="x" * 1024, folder=folder), back))
        running.enter_context(load_balancer.wharf(folder, port, load_balancer.resources(port, back, "network", "TCP")))
        running.enter_context(load_balancer.haproxy(folder, peer, HAPROXY.format(port=peer, back=back, workers=os.cpu_count())))
        measured = {}
        for _ in range(ROUNDS):
            for name, port in ports.items():
                measured.setdefault(name, []).append(_asked(port))
    middle = {name: [statistics.median(one) for one in zip(*runs, strict=True)] for name, runs in measured.items()}
    return [
        [name] + [cell for at, rate in enumerate(rates) for cell in (f"{rate:,.0f}", f"{rate / middle['haproxy'][at]:.2f}")]
        for name, rates in middle.items()
    ]


def _asked(port):
    """Connections, MiB and messages a second."""
    connections = _rate(load_balancer.wrk(port, 32, True))
    number, unit = re.search(r"Transfer/sec:\s+([\d.]+)([KMG]B)", load_balancer.wrk(port, 4, False, "/large")).groups()
    return connections, float(number) * MIB[unit], _rate(load_balancer.wrk(port, 64, False))


def _rate(said):
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
