"""Metrics in and out."""

import re
import subprocess
import tempfile

from harness import tools
from harness.installation import Installation

from . import load, prometheus
from .memory import own_mib

TITLE = "Metrics"
SECONDS = 60
SHORT = 10
CLIENTS = 16
METHOD = (
    f"Through the API: {CLIENTS} connections put calls of PutMetricData with 1,000 data of as many metrics each for {SECONDS} s, signed and on disk when they are answered; client and "
    f"server share the cores. The client makes its calls beforehand but for times, values, hashes and signatures. Then the same for {SHORT} s with ten values in each datum. The store alone (`figures` of wharf-series): 1,000 series of a day by the minute, then samples from two threads for as long. Prometheus beside it: "
    "`promtool tsdb bench write` of as many series, whose samples are on disk when the kernel writes them there; the same day as blocks that `promtool` makes, and "
    "read over HTTP, as JSON. Bytes on disk are those of blocks, Prometheus' with their indexes."
)
COLUMNS = ("what", "wharf", "Prometheus")
MIB = 1 << 20


def run():
    rows = []
    with Installation() as wharf:
        wharf.start(node=False)
        server = [wharf.child("server")]
        before = own_mib(server)
        put = load.run("metrics-put", wharf, "Bench", CLIENTS, SECONDS)
        rows.append(("API: data a second", f"{put['per_second'] * 1000:,.0f} (p99 {put['p99_ms']:.0f} ms)", "–"))
        rows.append(
            (f"API: memory of the server with {CLIENTS * 1000:,} metrics, MiB", f"{own_mib(server):,.0f} ({before:,.0f} before)", "–")
        )
        many = load.run("metrics-put", wharf, "Bench:10", CLIENTS, SHORT)
        rows.append(("API: values a second, ten in a datum", f"{many['per_second'] * 10_000:,.0f} (p99 {many['p99_ms']:.0f} ms)", "–"))
    with tempfile.TemporaryDirectory() as folder:
        program = tools.REPOSITORY / "target" / "release" / "examples" / "figures"
        said = subprocess.run([str(program), folder, str(SECONDS)], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        rate, memory = prometheus.ingested(folder)
        size, took = prometheus.day(folder)
    beside = {
        "a day of": f"{took * 1000:.0f} (over HTTP)",
        "bytes on disk": f"{size:.2f}",
        "samples of": f"{rate:.0f}",
        "memory meanwhile": f"{memory:.0f}",
    }
    for what, figure in re.findall(r"^(.+?): (.+)$", said, re.MULTILINE):
        peer = next((it for begin, it in beside.items() if what.startswith(begin)), "–")
        rows.append((f"store: {what}", figure, peer))
    return rows
