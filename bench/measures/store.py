"""Durable writes into the state engine."""

import base64
import pathlib
import re
import shutil
import tempfile

from harness import tools

from . import peers

TITLE = "Durable puts of 1 KiB"
METHOD = (
    "Each client waits for its answer. wharf's embedded store is called in its process, etcd over gRPC by h2load, "
    "so the comparison flatters wharf by the price of the network. Three passes in turns, the slowest shown."
)
COLUMNS = ("engine", "clients", "puts/s", "p50 ms", "p99 ms")
SECONDS = 5
PASSES = 3
BENCH = tools.REPOSITORY / "target" / "release" / "wharf-bench-store"


def run():
    rows = []
    for clients in (1, 64):
        passes = [(_wharf(clients), _etcd(clients)) for _ in range(PASSES)]
        for index, name in enumerate(("wharf's store", "etcd, one member")):
            rate, p50, p99 = min(one[index] for one in passes)
            rows.append((name, clients, f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}"))
    return rows


def _wharf(clients):
    folder = tempfile.mkdtemp(prefix="wharf-bench-store-")
    try:
        rate, p50, p99 = tools.run(BENCH, folder, clients, SECONDS).stdout.split()
        return float(rate), float(p50) / 1000, float(p99) / 1000
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _etcd(clients):
    with peers.etcd() as (_, _, port), tempfile.TemporaryDirectory() as folder:
        message = _field(1, b"/bench/0") + _field(2, b"v" * 1024)
        body = pathlib.Path(folder) / "put"
        body.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
        log = pathlib.Path(folder) / "log"
        command = ["h2load", "-c", clients, "-m1", "-t1", "-D", SECONDS, "-d", body, f"--log-file={log}"]
        headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        said = tools.run(*command, *headers, f"http://127.0.0.1:{port}/etcdserverpb.KV/Put").stdout
        assert re.search(r"(\d+) failed, (\d+) errored", said).groups() == ("0", "0"), said
        times = sorted(int(line.split()[2]) for line in log.read_text().splitlines() if line.split()[1] == "200")
        assert _stored(port), "etcd did not keep the value"
        at = lambda percent: times[(len(times) - 1) * percent // 100] / 1000  # noqa: E731
        return len(times) / SECONDS, at(50), at(99)


def _field(number, data):
    """One length-delimited member of a protobuf message."""
    length, encoded = len(data), b""
    while True:
        encoded += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return bytes([number << 3 | 2]) + encoded + data


def _stored(port):
    import requests

    asked = requests.post(f"http://127.0.0.1:{port}/v3/kv/range", json={"key": base64.b64encode(b"/bench/0").decode()}, timeout=10).json()
    return base64.b64decode(asked["kvs"][0]["value"]) == b"v" * 1024
