"""Services of a cluster on one node at size: what a change costs until the kernel has it."""

import os
import re
import statistics

from harness import tools

from . import networks

TITLE = "Services of a cluster"
SERVICES = 10_000
ROUNDS = 3
METHOD = (
    f"One node with {SERVICES:,} services of three endpoints each, through the data plane that the agent uses: maps of nftables in the namespace of the node's VPC "
    f"(and in the node's own, for its ports). Changes: from the call until the kernel has committed them, 200 of a kind, one service each. Told again, all are compared with what is known; after a restart of the agent the table is replaced whole. Medians of {ROUNDS} runs, of changes with the time that 99 of a hundred keep within; in the last column the slowest of all."
)
COLUMNS = ("what", "figure", "p99", "worst")


def run():
    program = os.environ.get("WHARF_SERVICES_SCALE") or tools.REPOSITORY / "target" / "release" / "examples" / "services_scale"
    assert os.path.isfile(program), f"no {program}: cargo build --release -p wharf-network --example services_scale"
    said = {}
    for _ in range(ROUNDS):
        for line in tools.run(program, SERVICES, timeout_s=300).stdout.splitlines():
            what, _, figures = line.partition(": ")
            said.setdefault(what, []).append(figures)
    return [_row(what, runs) for what, runs in said.items()]


def _row(what, runs):
    _, figure, worst = networks.took(what, runs)
    p99 = [it for run in runs for at in re.findall(r"p99 \S+", run) for it in networks.milliseconds(at)]
    return (what, figure, f"{statistics.median(p99):.2f} ms" if p99 else "", worst)
