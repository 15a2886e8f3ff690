"""What the audit log costs of the rate of signed API calls."""

import os
import statistics

from harness.installation import Installation

from . import api

TITLE = "Audit log"
ROUNDS = int(os.environ.get("WHARF_BENCH_ROUNDS", "5"))
CALLS = ("DescribeClusters", "ListClusters")
METHOD = (
    f"The signed API calls of that measure, over 64 connections, {api.SECONDS} s each: one server with the audit log and one with `--audit off`, both "
    f"running all the time and asked in turn, {ROUNDS} rounds, the first of each pair alternating. Medians; `of off` is the median over the rounds of "
    "the two rates' quotient, with the lowest and highest round. Request throttling is off. The client shares the cores with the server."
)
COLUMNS = ("call", "audit on: /s", "audit off: /s", "of off", "p99 ms on", "p99 ms off")


def run():
    with Installation() as on, Installation(arguments=("--audit", "off")) as off:
        for server in (on, off):
            server.start(node=False)
            for number in range(20):
                server.client("ecs").create_cluster(clusterName="default" if number == 0 else f"c{number}")
        return [_row(call, on, off) for call in CALLS]


def _row(call, on, off):
    rates, worst = {on: [], off: []}, {on: [], off: []}
    for number in range(ROUNDS):
        for server in (on, off) if number % 2 == 0 else (off, on):
            found = api.rate(server, *api.CALLS[call], connections=64)
            rates[server].append(found["rate"])
            worst[server].append(found["99"])
    shares = [with_log / without for with_log, without in zip(rates[on], rates[off], strict=True)]
    return (
        call,
        f"{statistics.median(rates[on]):,.0f}",
        f"{statistics.median(rates[off]):,.0f}",
        f"{statistics.median(shares):.1%} ({min(shares):.1%}–{max(shares):.1%})",
        f"{statistics.median(worst[on]):.1f}",
        f"{statistics.median(worst[off]):.1f}",
    )
