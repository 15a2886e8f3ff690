"""What one task may take of a machine, and what its neighbours and the control plane notice of one that takes all it can."""

import gzip
import hashlib
import os
import pathlib
import shutil
import tarfile
import tempfile

import pytest

from harness import disk, images, processes, tasks, tools
from harness.installation import Installation
from harness.tasks import run_script, sh
from harness.waiting import wait_for
from test_metrics import of_part
from test_registry import layout

pytestmark = pytest.mark.minutes(1)

MIB = 1 << 20
PIDS = 150
TASK_DISK_MIB = 192
CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")


@pytest.fixture(scope="module")
def small():
    """An installation on a file system of 1.5 GB, with a usual soft limit of descriptors and small limits for tasks."""
    image = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-limits-"))
    disk, folder = image / "disk", image / "mounted"
    folder.mkdir()
    with disk.open("wb") as file:
        file.truncate(1500 * MIB)
    tools.run("mkfs.ext4", "-q", "-F", "-m", "0", disk, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    tools.run("mount", "-o", "loop", disk, folder)
    try:
        arguments = ("--pids", str(PIDS), "--task-disk", f"{TASK_DISK_MIB}M")
        with Installation(data=folder / "data", arguments=arguments, under=("prlimit", "--nofile=256:20000")) as installation:
            yield installation.start()
    finally:
        tools.run("umount", "--lazy", folder)
        disk.unlink()
        folder.rmdir()
        image.rmdir()


@pytest.fixture(scope="module")
def shell(small):
    return images.push(small, "busybox")


def begin(small, shell, script, **more):
    """A task that runs a script; it is killed soon after it is asked to stop, which a shell does not hear."""
    return tasks.run(small, shell, stopTimeout=2, **sh(script), **more)


IDLE = "while usleep 100000; do :; done"


@pytest.fixture
def neighbour(small, shell):
    """A task that writes a file once a second's tenth; at the end it must have gone on and never have failed."""
    task = begin(small, shell, "n=0; while usleep 100000; do n=$((n+1)); echo $n > /tmp/n || echo failed; echo beat; done")
    task.wait_line("beat")
    yield task
    before = len(task.lines())
    wait_for(lambda: len(task.lines()) > before, 30, "a further beat of the neighbour")
    assert task.describe()["lastStatus"] == "RUNNING"
    assert "failed" not in task.lines()
    task.stop(wait=False)


def homes_of(small):
    """Where control groups of tasks are: of those that reserve processor time, and of those that reserve none."""
    return (f"wharf-{small.id}/containers", f"wharf-{small.id}-spare")


def group_file(small, path, old, new, homes=None):
    """The number in a file of a task's control group, or of one below it, whichever version the machine has."""
    for root, file in ((CONTROL_GROUPS / old.partition(".")[0], old), (CONTROL_GROUPS, new)):
        for home in homes or homes_of(small):
            found = root / home / path / file
            if found.exists():
                return int(found.read_text())
    raise LookupError(f"no {old} and no {new} of {path}")


def works(small, shell):
    """The control plane takes writes, and a new task runs."""
    name = tasks.unique("works")
    assert small.client("ecs").create_cluster(clusterName=name)["cluster"]["status"] == "ACTIVE"
    assert run_script(small, shell, "echo works").lines() == ["works"]


# Descriptors


def test_descriptors_are_raised_and_not_inherited(small, shell):
    def limit(pid):
        lines = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
        return next(line.split()[3:5] for line in lines if line.startswith("Max open files"))

    parts = [small.child(role) for role in ("server", "node", "lb")]
    task = begin(small, shell, f"echo $(ulimit -Sn) $(ulimit -Hn); {IDLE}")
    assert task.wait_line("000") == "1024 20000"
    for pid in [*parts, *small.shims()]:
        soft, hard = limit(pid)
        assert soft == hard == "20000", processes.command_line(pid)
    task.stop(wait=False)


# Processes


def test_a_fork_bomb_stays_within_its_task(small, shell, neighbour):
    # What cannot fork ends; what could stays. The first process forks once, since its end would be the task's.
    bomb = begin(small, shell, "b() { b & b & exec sleep 3600; }; b 2>/dev/null & exec sleep 3600", memory=256)
    group = bomb.id
    assert wait_for(lambda: group_file(small, group, "pids.max", "pids.max"), 30) == PIDS
    wait_for(lambda: group_file(small, group, "pids.current", "pids.current") > PIDS - 10, 60, "a bomb that has gone off")
    works(small, shell)
    assert group_file(small, group, "pids.current", "pids.current") <= PIDS
    bomb.stop()


# Processors


def test_cores_are_shared_by_what_tasks_reserve(small, shell):
    """A task without a reservation has the least share there is, and gives way where the kernel can."""
    shares, weight = ("cpu.shares", "cpu.weight")
    nothing = begin(small, shell, IDLE)
    some = begin(small, shell, IDLE, cpu=512)
    sized = begin(small, shell, IDLE, memory=None, task={"cpu": "256", "memory": "128"})
    for task in (nothing, some, sized):
        task.wait("RUNNING")
    assert group_file(small, f"{nothing.id}/{container_of(small, nothing)}", shares, weight) in (1, 2)
    assert group_file(small, some.id, shares, weight) in (512, 20)
    assert group_file(small, sized.id, shares, weight) in (256, 10)
    root = next(it for it in (CONTROL_GROUPS / "cpu", CONTROL_GROUPS) if (it / f"wharf-{small.id}").exists())
    if (root / f"wharf-{small.id}-spare" / "cpu.idle").exists():
        assert group_file(small, nothing.id, "cpu.idle", "cpu.idle") == 1
        assert group_file(small, some.id, "cpu.idle", "cpu.idle") == 0
    for task in (nothing, some, sized):
        task.stop(wait=False)


def container_of(small, task):
    """The name of the one group below a task's."""
    for root in (CONTROL_GROUPS / "cpu", CONTROL_GROUPS):
        for home in homes_of(small):
            folder = root / home / task.id
            if folder.exists():
                (name,) = (path.name for path in folder.iterdir() if path.is_dir())
                return name
    raise LookupError(f"no group of {task.id}")


# Memory


def test_swap_is_what_the_definition_says_or_none(small, shell):
    none = begin(small, shell, IDLE, memory=32)
    some = begin(small, shell, IDLE, memory=32, linuxParameters={"maxSwap": 16})
    for task, swap in ((none, 0), (some, 16)):
        task.wait("RUNNING")
        group = f"{task.id}/{container_of(small, task)}"
        both = group_file(small, group, "memory.memsw.limit_in_bytes", "memory.swap.max")
        assert both in (swap * MIB, (32 + swap) * MIB)
        task.stop(wait=False)


def test_a_task_ends_before_anything_of_wharf(small, shell):
    limited = begin(small, shell, IDLE)
    unlimited = begin(small, shell, IDLE, memory=None, memoryReservation=16)

    def score(pid):
        return int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text())

    scores = [score(processes.of_container(task.wait("RUNNING"))) for task in (limited, unlimited)]
    assert scores == [300, 1000]
    for pid in [small.process.pid, *map(small.child, ("server", "node", "lb")), *small.shims()]:
        assert score(pid) <= 0, processes.command_line(pid)
    for task in (limited, unlimited):
        task.stop(wait=False)


def test_all_tasks_together_leave_memory_to_the_machine(small):
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    total = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:"))
    limits = [group_file(small, ".", "memory.limit_in_bytes", "memory.max", [home]) for home in homes_of(small)]
    (limit,) = set(limits)
    assert total * 0.7 < limit < total - 100 * MIB
    instances = small.client("ecs").list_container_instances()["containerInstanceArns"]
    (instance,) = small.client("ecs").describe_container_instances(containerInstances=instances)["containerInstances"]
    registered = next(one["integerValue"] for one in instance["registeredResources"] if one["name"] == "MEMORY")
    assert limit == registered * MIB


# Stopped tasks

# Records of stopped tasks that a node keeps; so many one-shot tasks are run.
KEPT, ONE_SHOT = 100, 240


def test_hundreds_of_one_shot_tasks_leave_little(small, shell, neighbour):
    """The agent keeps the records of a few, little of each, and nothing else of any."""
    ecs, agent = small.client("ecs"), small.child("node")
    definition = tasks.register(small, shell, memory=8, logConfiguration=None, command=["true"])
    family = definition.rpartition("/")[2].partition(":")[0]

    def run(most):
        begun = 0

        def goes_on():
            """As many more as there is room for."""
            nonlocal begun
            begun += len(ecs.run_task(taskDefinition=definition, count=10)["tasks"])
            return begun >= most

        wait_for(goes_on, 180, f"{most} tasks", interval_s=0.05)
        wait_for(lambda: not ecs.list_tasks(family=family)["taskArns"], 120, "their ends")

    run(ONE_SHOT // 2)

    def grows_little():
        """What is kept of each task grows with all of them; what the allocator keeps for itself, on a busy machine, does not."""
        memory = processes.resident_bytes(agent)
        run(ONE_SHOT // 2)
        grown = processes.resident_bytes(agent) - memory
        print(f"the agent grew by {grown / MIB:.1f} MiB over {ONE_SHOT // 2} tasks")
        return grown < 12 * MIB

    assert any(grows_little() for _ in range(3))
    node = small.data / "node"

    def kept():
        return list((node / "state" / "tasks").glob("*.json"))

    # Beside those that have stopped there is the neighbour.
    wait_for(lambda: len(kept()) <= KEPT + 1, 30, "the end of the oldest records")
    assert len(kept()) > KEPT // 2
    assert max(file.stat().st_size for file in kept()) < 16 << 10
    # A few empty ones are kept for those that come.
    folders = node / "tasks"
    wait_for(lambda: len([path for path in folders.iterdir() if not path.name.startswith(".")]) <= 2, 30, "the end of their folders")
    assert disk.used_bytes(folders) < 16 * MIB
    states = {name: value for name, value in of_part(small, "metrics.sock").items() if name[0] == "wharf_agent_tasks"}
    assert sum(states.values()) <= KEPT + 1, states
    groups = next(path for path in (CONTROL_GROUPS / "memory", CONTROL_GROUPS) if (path / f"wharf-{small.id}").exists())
    left = [path.name for home in homes_of(small) for path in (groups / home).iterdir() if path.is_dir()]
    assert len(left) <= 2, left
    assert small.child("node") == agent, "the agent died on the way"
    works(small, shell)


# Disk


def test_a_task_that_fills_its_disk(small, shell, neighbour):
    """Writable layer and volume are one disk of the size the node says; its end is the task's alone."""
    volume = {"mountPoints": [{"sourceVolume": "own", "containerPath": "/own"}]}
    # What the kernel took ahead for the first file it gives back to the second.
    fill = "dd if=/dev/zero of=/f bs=1M 2>&1; sync; dd if=/dev/zero of=/g bs=1M 2>&1; echo x > /own/x"
    script = f"{fill}; du -cm /f /g | tail -n 1 | cut -f1; df -m / | awk 'END{{print $2}}'; echo filled; {IDLE}"
    filler = begin(small, shell, script, task={"volumes": [{"name": "own"}]}, **volume)
    filler.wait_line("filled", deadline_s=120)
    lines = filler.lines()
    assert any("No space left on device" in line for line in lines), lines
    size, seen = (int(line) for line in lines[-3:-1])
    assert TASK_DISK_MIB * 0.8 < size <= TASK_DISK_MIB and size <= seen <= TASK_DISK_MIB
    works(small, shell)
    free = os.statvfs(small.data)
    filler.stop()
    wait_for(lambda: os.statvfs(small.data).f_bavail > free.f_bavail + size // 2 * MIB // free.f_frsize, 30, "the room it held")


def test_a_task_that_fills_its_inodes(small, shell, neighbour):
    script = f"mkdir /d; cd /d; n=0; while true > $n; do n=$((n+1)); done 2>/dev/null; echo $n files; {IDLE}"
    filler = begin(small, shell, script)
    made = int(filler.wait_line("files", deadline_s=120).split()[0])
    # One inode for 16 KiB.
    assert made < TASK_DISK_MIB * 64
    works(small, shell)
    filler.stop()


def zeros(path, size):
    """A gzip file a thousandth as long as the tar in it, which is one file of zeros; returns the digest of the tar."""
    plain, entry = hashlib.sha256(), tarfile.TarInfo("zeros")
    entry.size = size
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as packed:
        for piece in (entry.tobuf(), *[bytes(4 * MIB)] * (size // (4 * MIB)), bytes(1024)):
            plain.update(piece)
            packed.write(piece)
    return plain.hexdigest()


def test_a_layer_that_unpacks_to_a_thousand_times_its_size(small, shell, neighbour, tmp_path):
    plain, name = zeros(tmp_path / "layer.tar.gz", 2048 * MIB), tasks.unique("bomb")
    assert (tmp_path / "layer.tar.gz").stat().st_size < 16 * MIB
    image = f"{images.ensure_repository(small, name)}:1"
    images.skopeo_copy(
        small, layout(tmp_path / "layout", tmp_path / "layer.tar.gz", diff=plain), f"docker://{image}", extra=["--preserve-digests"]
    )
    before = shutil.disk_usage(small.data).free
    task = tasks.run(small, image, command=["/nothing"])
    task.wait("STOPPED", 180)
    described = task.describe()
    assert "CannotPull" in described["stoppedReason"] and "times its compressed size" in described["stoppedReason"], described
    # Nothing of it is left.
    wait_for(lambda: shutil.disk_usage(small.data).free > before - 64 * MIB, 30, "the room that was taken")
    works(small, shell)


def test_promises_beyond_the_nodes_disk_break_nothing(small, shell, neighbour):
    """A Fargate task has 20 GiB, the node 1.5: it meets a full disk before the node does."""
    script = f"dd if=/dev/zero of=/f bs=1M 2>&1; sync; echo filled; {IDLE}"
    group = tasks.open_group(small)
    definition = tasks.register(
        small,
        shell,
        network="awsvpc",
        memory=512,
        stopTimeout=2,
        execution_role=tasks.execution_role(small),
        task={"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"},
        **sh(script),
    )
    filler = tasks.start(small, definition, launchType="FARGATE", **tasks.in_vpc(small, securityGroups=[group]))
    filler.wait_line("filled", deadline_s=120)
    assert any("No space left on device" in line for line in filler.lines()), filler.lines()
    state = os.statvfs(small.data)
    assert state.f_bavail * state.f_frsize > 64 * MIB
    works(small, shell)
    filler.stop()


def test_nothing_is_left_of_disks(small, shell):
    def devices():
        files = pathlib.Path("/sys/block").glob("loop*/loop/backing_file")
        names = []
        for file in files:
            try:
                names.append(file.read_text().strip())
            except OSError:
                continue
        return [name for name in names if name.startswith(f"{small.data}/")]

    task = begin(small, shell, f"echo x > /x; echo up; {IDLE}")
    task.wait_line("up")
    of_task = f"{small.data}/node/tasks/{task.id}/"
    assert any(name.startswith(of_task) for name in devices()), devices()
    small.kill_child("node")
    works(small, shell)
    task.stop()
    wait_for(lambda: not any(name.startswith(of_task) for name in devices()), 30, "the end of its loop device")
    wait_for(lambda: not (small.data / "node" / "tasks" / task.id).exists(), 30, "the end of its folder")
    small.down()
    wait_for(lambda: not devices(), 30, "the end of all loop devices")
    small.start()
