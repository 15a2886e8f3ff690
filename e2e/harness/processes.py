"""Processes, as /proc shows them."""

import os
import pathlib
import signal

from .waiting import wait_for

PROC = pathlib.Path("/proc")
# A state of /proc/PID/net/tcp.
LISTENING = "0A"


def all_pids():
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def command_line(pid):
    """The arguments of a process; empty when it is gone or a zombie."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
    except OSError:
        return [""]


def stat(pid):
    """The fields of /proc/PID/stat that follow the name, or None: state, parent, group, session, …"""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def parent(pid):
    fields = stat(pid)
    return int(fields[1]) if fields else None


def alive(pid):
    """Whether the process runs; a zombie does not."""
    fields = stat(pid)
    return fields is not None and fields[0] not in "ZX"


def born(pid):
    """Pid and start time: one process, even if its pid is given out again."""
    fields = stat(pid)
    return (pid, fields[19]) if fields else None


def children(pid):
    return [child for child in all_pids() if parent(child) == pid and alive(child)]


def with_argument(text):
    """Processes with `text` in one of their arguments, ourselves left out.

    A shell's children look like it until they run their own program: only the eldest counts.
    """
    found = [pid for pid in all_pids() if pid != os.getpid() and any(text in part for part in command_line(pid)) and alive(pid)]
    # A child that ended since it was found has no parent any more.
    return [pid for pid in found if parent(pid) not in (None, *found)]


def resident_bytes(pid):
    """What it has of memory, without what it has read of its program so far."""
    return bytes_of(pid, "RssAnon") + bytes_of(pid, "RssShmem")


def peak_bytes(pid):
    """The most that it ever had."""
    return bytes_of(pid, "VmHWM")


def bytes_of(pid, what):
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    return 0


def kill(pid, number=signal.SIGKILL):
    """Signal one process and, if that kills, wait until it is gone."""
    os.kill(pid, number)
    if number == signal.SIGKILL:
        wait_for(lambda: not alive(pid), 10, f"the end of process {pid}")


def wait_reaped(pid, deadline_s=10):
    """Wait until a killed process is gone with all its threads: until its parent has taken its end."""
    wait_for(lambda: not (PROC / str(pid)).exists(), deadline_s, f"the end of process {pid}", interval_s=0.001)


def groups(pid):
    """The control groups of a process, one path a hierarchy; none when it is gone."""
    try:
        return [line.partition(":")[2].partition(":")[2] for line in (PROC / str(pid) / "cgroup").read_text().splitlines()]
    except OSError:
        return []


def installation(pid):
    """The id of the installation in whose control groups a process is: a shim's or a container's."""
    own = (path.split("/")[1] for path in groups(pid) if path.startswith("/wharf-"))
    return next((name.removeprefix("wharf-").removesuffix("-spare") for name in own), None)


def listens(pid, port):
    """Whether anything listens on a TCP port in the network of a process."""
    rows = (line.split() for name in ("tcp", "tcp6") for line in (PROC / str(pid) / "net" / name).read_text().splitlines()[1:])
    return any(int(row[1].rpartition(":")[2], 16) == port and row[3] == LISTENING for row in rows)


def of_container(task, name="main"):
    """The pid, as this namespace sees it, of a container's first process, from DescribeTasks' description of its task."""
    group = f"/{task['taskArn'].rpartition('/')[2]}/{name}"
    for pid in all_pids():
        try:
            status = (PROC / str(pid) / "status").read_text().splitlines()
        except OSError:
            continue
        first = next((line.split()[-1] for line in status if line.startswith("NSpid:")), None)
        if first == "1" and any(path.endswith(group) for path in groups(pid)):
            return pid
    raise LookupError(f"no process of container {name} of {task['taskArn']}")


def with_open(file, name):
    """Those of that name that have the file open; none where it is gone."""
    if not file.exists():
        return []
    there, found = file.stat(), []
    for pid in all_pids():
        folder = PROC / str(pid)
        try:
            is_named = (folder / "comm").read_text().strip() == name
            opened = [one.stat() for one in (folder / "fd").iterdir()] if is_named else []
        except OSError:
            continue
        if any((one.st_dev, one.st_ino) == (there.st_dev, there.st_ino) for one in opened):
            found.append(pid)
    return found
