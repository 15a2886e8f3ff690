"""Memory of everything that runs when nothing is asked for."""

import tempfile

from harness import images, processes, tasks, tools
from harness.installation import Installation

from . import peers

TITLE = "Idle memory"
METHOD = "Proportional set size of the whole tree of processes, after it has done one task (wharf) or answered once (peers)."
COLUMNS = ("program", "processes", "MiB")
TASKS = 50


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
        rows.append(_row(f"the {TASKS} shims of those tasks", shims))
        each = peers.own_bytes(shims) / len(shims) / (1 << 20)
        rows.append(("one shim", len(shims) // TASKS, f"{each:.2f}"))
        for task in started:
            task.stop()
    with peers.dockerd() as (process, _, host):
        rows.append(_docker_with_tasks(process, host))
    for name, peer in (("moto", peers.moto), ("etcd", peers.etcd), ("dockerd and containerd", peers.dockerd)):
        with peer() as (process, _, _):
            rows.append(_row(name, peers.family(process.pid)))
    return rows


def _docker_with_tasks(process, host):
    """The engine, containerd and one containerd-shim a container; the containers left out."""
    docker, archive = ["docker", "--host", host], tools.image_archive("busybox")
    with tempfile.TemporaryDirectory() as folder:
        tools.run("skopeo", "copy", "--quiet", f"oci-archive:{archive}", f"docker-archive:{folder}/it.tar:it:1")
        tools.run(*docker, "load", "--input", f"{folder}/it.tar")
    script = ["sh", "-c", "while :; do sleep 3600; done"]
    for _ in range(TASKS):
        tools.run(*docker, "run", "--detach", "--network", "none", "it:1", *script)
    shims = [pid for pid in processes.all_pids() if "containerd-shim" in processes.command_line(pid)[0]]
    assert len(shims) >= TASKS, f"{len(shims)} containerd-shims for {TASKS} containers"
    return _row(f"dockerd with {TASKS} containers and their shims", [*dict.fromkeys([*_engine(process.pid), *shims])])


def _engine(pid):
    return [one for one in peers.family(pid) if "sleep" not in processes.command_line(one)[0] and processes.command_line(one)[0] != "sh"]


def _row(name, pids):
    return (name, len(pids), f"{own_mib(pids):.1f}")


def own_mib(pids):
    """Proportional set size of these processes."""
    return peers.own_bytes(pids) / (1 << 20)
