"""What a million tasks that were metered take, and how soon their costs are told."""

import os
import re
import tempfile

from harness import tools

TITLE = "Metering"
TASKS = 1_000_000 // int(os.environ.get("WHARF_BENCH_PART", "1"))
ROUNDS = 9
METHOD = (
    f"Cost Explorer in process, on the disk (`metering` of wharf-svc-ce): records of {TASKS:,} Fargate tasks of a hundred services in ten clusters, which ended in one month, are put into the store as ECS "
    "has them when they stop; the service follows them, writes a meter for each, its ledger, and deletes the meter. What the ledger takes on disk is read when the journal has merged. Then a process of its own opens "
    f"store and journal and asks GetCostAndUsage about all of that month, {ROUNDS} times each way, one after the other: median and slowest. The usage that is told is compared with what was put. Memory is that process's."
)
COLUMNS = ("what", "figure")


def run():
    program = os.environ.get("WHARF_METERING") or tools.REPOSITORY / "target" / "release" / "examples" / "metering"
    assert os.path.isfile(program), f"no {program}: cargo build --release -p wharf-svc-ce --example metering"
    with tempfile.TemporaryDirectory(prefix="wharf-bench-metering-") as folder:
        said = [tools.run(program, folder, *words, timeout_s=1800).stdout for words in (("fill", TASKS), ("ask", TASKS, ROUNDS))]
    return re.findall(r"^(.+?): (.+)$", "".join(said), re.MULTILINE)
