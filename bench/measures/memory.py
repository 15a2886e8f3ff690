"""Memory of everything that runs when nothing is asked for."""

from harness import images, processes, tasks
from harness.installation import Installation

from . import peers

TITLE = "Idle memory"
METHOD = "Proportional set size of the whole tree of processes, after it has done one task (wharf) or answered once (peers)."
COLUMNS = ("program", "processes", "MiB")
TASKS = 20


def run():
    rows = []
    with Installation() as installation:
        installation.start()
        rows.append(_row("wharf up", peers.family(installation.process.pid)))
        image = images.push(installation, "busybox")
        tasks.run_script(installation, image, "true")
        definition = tasks.register(installation, image, memory=8, **tasks.sh("trap 'exit 0' TERM; while :; do sleep 1; done"))
        started = [tasks.start(installation, definition) for _ in range(TASKS)]
        for task in started:
            task.wait("RUNNING")
        shims = [pid for pid in peers.family(installation.process.pid) if "shim" in processes.command_line(pid)[0]]
        assert len(shims) >= TASKS, f"{len(shims)} shims for {TASKS} tasks"
        tasks_own = {pid for shim in shims for pid in peers.family(shim)}
        tree = [pid for pid in peers.family(installation.process.pid) if pid not in tasks_own]
        rows.append(_row(f"wharf up with {TASKS} tasks, shims and containers left out", tree))
        each = peers.own_bytes(shims) / len(shims) / (1 << 20)
        rows.append(("one shim", len(shims) // TASKS, f"{each:.2f}"))
        for task in started:
            task.stop()
    for name, peer in (("moto", peers.moto), ("etcd", peers.etcd), ("dockerd and containerd", peers.dockerd)):
        with peer() as (process, _, _):
            rows.append(_row(name, peers.family(process.pid)))
    return rows


def _row(name, pids):
    return (name, len(pids), f"{peers.own_bytes(pids) / (1 << 20):.1f}")
