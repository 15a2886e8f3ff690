"""Placements committed: chosen, claimed on their hosts' ledgers and on disk."""

from . import placements

TITLE = "Placements committed"
METHOD = (
    "`wharf-bench-placement run-task services sizes peers`: ECS in process, its store on disk with every write synced; 10,000 hosts, sixteen claims on "
    "every ledger before; 64 callers, each with a client token as SDKs send it, without signatures and policies; afterwards every ledger is "
    "compared with the tasks there are. The best of three rounds. CPU is the whole process's: both cores are shared by callers, scheduler, view "
    "and store. The peers write the same keys and sizes with as many comparisons and decide nothing: fifty tasks a transaction, one after the "
    "other, as ECS does for callers that wait, and one task a transaction from 64 clients. The budget is 5,000."
)
COLUMNS = ("what", "how", "placements/s", "p50 ms", "p99 ms", "CPU µs a placement")


def run():
    rows = placements.table("run-task", "services", "sizes")
    for peer, together, clients, rate, median, worst in placements.table("peers"):
        rows.append((peer, f"{together} a transaction, {clients} at once", rate, median, worst, "–"))
    return rows
