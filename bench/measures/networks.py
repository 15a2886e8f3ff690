"""Security groups and the overlay at size: changes, attaching, and what forwarding costs with and without them."""

import os
import re
import statistics

from harness import tools

TITLE = "Networks and security groups"
INTERFACES = 1000
GROUPS = 1000
ROUNDS = 3
METHOD = (
    f"Two hosts in namespaces on one wire, {INTERFACES} interfaces on each and {GROUPS} groups with three rules each, through the data plane "
    f"that the agent uses. Changes: from the call until the kernel has them, 200 of a kind. Forwarding: one TCP stream, datagrams of 18 bytes, "
    f"TCP connections with a byte there and back, one after the other, two seconds each, between two interfaces; groups off: the chains of groups emptied; no rules: all "
    f"of nftables emptied, so that the kernel follows no connections. Medians of {ROUNDS} runs; in brackets the worst."
)
COLUMNS = ("what", "figure", "worst")
UNITS_MS = {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3}
TRAFFIC = re.compile(r"([\d.]+) Gbit/s, (\d+) datagrams/s at (\d+) ns of processor each, (\d+) connections/s")


def run():
    program = os.environ.get("WHARF_GROUPS_SCALE") or tools.REPOSITORY / "target" / "release" / "examples" / "groups_scale"
    assert os.path.isfile(program), f"no {program}: cargo build --release -p wharf-network --example groups_scale"
    said = {}
    for _ in range(ROUNDS):
        for line in tools.run(program, INTERFACES, GROUPS, timeout_s=300).stdout.splitlines():
            what, _, figures = line.partition(": ")
            said.setdefault(what, []).append(figures)
    return [row for what, runs in said.items() for row in (_traffic(what, runs) if TRAFFIC.search(runs[0]) else [took(what, runs)])]


def _traffic(what, runs):
    """A row for each kind: throughput is worst where it is least, cost where it is most."""
    columns = list(zip(*[[float(figure) for figure in TRAFFIC.search(run).groups()] for run in runs], strict=True))
    kinds = (
        ("one stream", "Gbit/s", ",.1f", min),
        ("datagrams", "/s", ",.0f", min),
        ("a datagram", "ns of processor", ",.0f", max),
        ("connections", "/s", ",.0f", min),
    )
    return [
        (f"{what}: {kind}", f"{statistics.median(values):{form}} {unit}", f"{worst(values):{form}}")
        for (kind, unit, form, worst), values in zip(kinds, columns, strict=True)
    ]


def milliseconds(said):
    """All durations in what a program said."""
    return [float(number) * UNITS_MS[unit] for number, unit in re.findall(r"([\d.]+)(ns|µs|ms|s)\b", said)]


def took(what, runs):
    """Its median or only duration; worst is the slowest of all runs."""
    durations = [milliseconds(run) for run in runs]
    return (what, f"{statistics.median(one[0] for one in durations):.2f} ms", f"{max(one[-1] for one in durations):.2f} ms")
