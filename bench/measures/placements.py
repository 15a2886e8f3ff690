"""Placements in memory: how many a second one core chooses over ten thousand hosts."""

import os
import pathlib
import subprocess

from harness import tools

TITLE = "Placements in memory"
METHOD = (
    "`wharf-bench-placement memory`: 10,000 hosts of different sizes in three zones and a hundred racks, a third of them with a task of the "
    "group already; one core; placements a second by batch size, the best of three rounds of half a second each. The budget is 100,000."
)
COLUMNS = ("strategy", "constraint", "1", "2", "5", "10", "40", "64", "500")
PROGRAM = tools.REPOSITORY / "target" / "release" / "wharf-bench-placement"


def run():
    return table("memory")


def table(*parts):
    """Rows of the tables the bench program prints for these parts."""
    etcd = pathlib.Path(tools.program("etcd")).parent
    environment = {**os.environ, "PATH": f"{etcd}:{os.environ['PATH']}"}
    program = os.environ.get("WHARF_BENCH_PLACEMENT", PROGRAM)
    printed = subprocess.run([str(program), *parts], check=True, capture_output=True, text=True, env=environment).stdout
    rows, header = [], True
    for line in printed.splitlines():
        if not line.startswith("|"):
            header = True  # the next table begins
        elif line.startswith("|---"):
            header = False
        elif not header:
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return rows
