"""The lists of the host that `wharf down` must restore."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess

from . import processes
from .waiting import wait_for

CLAIMS = pathlib.Path("/run/wharf")
SO_NETNS_COOKIE = 71
# As the node names them, by the installation.
OF_A_LINK = re.compile(r"\bw[0-9a-z]{4}[a-z][0-9]+\b")
RUN_FOLDERS = ("/run/wharf-", "/dev/shm/wharf-")
# Engines of other tests make it.
RUN_OF_DOCKER = "/run/docker"
CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")
SYSCTLS = (
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/route_localnet",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv4/conf/default/rp_filter",
    "net/ipv4/conf/lo/route_localnet",
    "net/bridge/bridge-nf-call-iptables",
)


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _namespaces():
    found = set()
    for pid in processes.all_pids():
        folder = pathlib.Path(f"/proc/{pid}/ns")
        try:
            found.update(os.readlink(entry) for entry in folder.iterdir())
        except OSError:
            continue
    return found


def _links():
    return {link["ifname"] for link in json.loads(_output("ip", "-j", "link"))}


def _routes():
    return set(_output("ip", "route", "show", "table", "all").splitlines()) | set(_output("ip", "rule").splitlines())


def _addresses():
    return {f"{link['ifname']} {address['local']}" for link in json.loads(_output("ip", "-j", "address")) for address in link["addr_info"]}


def _mounts():
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return {f"{fields[4]} {line.rpartition(' - ')[2].split()[0]}" for line in lines if (fields := line.split())}


def _control_groups():
    return {folder for folder, _, _ in os.walk(CONTROL_GROUPS)}


def _programs():
    """Processes by program, with their installation; ours and containers' show, whoever their parent is."""
    return {
        f"{pid} {' '.join(processes.command_line(pid))[:120]} of {processes.installation(pid)}"
        for pid in processes.all_pids()
        if processes.alive(pid) and processes.command_line(pid) != [""]
    }


def _rules():
    """Lines of the rule set, each after the name of its table, which holds its installation's id."""
    lines, table = set(), ""
    for line in _output("nft", "list", "ruleset").splitlines():
        table = line.strip(" {") if line.startswith("table ") else table
        lines.add(f"{table}: {line.strip()}")
    return lines


def _sysctls():
    present = [(name, pathlib.Path("/proc/sys") / name) for name in SYSCTLS]
    return {f"{name}={path.read_text().strip()}" for name, path in present if path.exists()}


def _temporary():
    found = {str(path) for folder in ("/run", "/var/run/netns", "/dev/shm") for path in pathlib.Path(folder).glob("*")}
    # Podman's, of whichever test uses it first.
    found.discard("/dev/shm/libpod_lock")
    # Installations in other network namespaces have claims there too: one for each namespace, by the kernel's number of it.
    with socket.socket(type=socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        (cookie,) = struct.unpack("Q", probe.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))
        found.discard(str(CLAIMS))
        found |= {str(path) for path in CLAIMS.glob(f"host-{cookie}.json")}
    return found


LISTS = {
    "namespaces": _namespaces,
    "links": _links,
    "addresses": _addresses,
    "routes": _routes,
    "mounts": _mounts,
    "control groups": _control_groups,
    "nftables": lambda: set(_output("nft", "list", "tables").splitlines()),
    "rules": _rules,
    "processes": _programs,
    "sysctls": _sysctls,
    "files in /run": _temporary,
}


def snapshot():
    return {name: read() for name, read in LISTS.items()}


def differences(before, after, mark=None):
    """What was added or is missing, a line each.

    `mark` is the installation id. What another installation has may end meanwhile (its tasks do), and control groups are
    shared with whatever else runs on the host: of these only the marked ones count.
    """
    lines = []
    others = {owner for item in before["processes"] if (owner := item.rpartition(" of ")[2]) not in (mark, "None")}
    for name in LISTS:
        added, gone = after[name] - before[name], before[name] - after[name]
        if name == "control groups" and mark is not None:
            added, gone = {path for path in added if mark in path}, set()
        if name == "files in /run" and mark is not None:
            # Workers share the folder: what is mounted there is each installation's own, the mount points are not.
            added, gone = (
                {path for path in paths if not path.startswith((*RUN_FOLDERS, RUN_OF_DOCKER)) or mark in path} for paths in (added, gone)
            )
        if name == "processes" and mark is not None:
            added, gone = ({item for item in items if item.endswith((f" of {mark}", " of None"))} for items in (added, gone))
        if mark is not None:
            gone = {item for item in gone if not _of_another(name, item, others)}
        lines += [f"{name}: {item} was left behind" for item in sorted(added)]
        lines += [f"{name}: {item} is gone" for item in sorted(gone)]
    return lines


def _of_another(name, item, others):
    """Whether something that is gone was another installation's.

    A namespace goes with its last process, which is counted itself; a mount lies in its installation's data folder; and a link
    that bears an installation's mark goes, with its routes, a while after the namespace of its other end.
    """
    return name == "namespaces" or "/wharf-e2e-" in item or OF_A_LINK.search(item) or any(owner in item for owner in others)


def remove_run_folders(mark):
    """Those of an installation of which no process is left; what was mounted went with its mount namespace."""
    for prefix in RUN_FOLDERS:
        for counts in pathlib.Path(prefix).parent.glob(f"wharf-{mark}-counts-*"):
            shutil.rmtree(counts)
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(f"{prefix}{mark}")


def remove_control_groups(mark):
    """Those of an installation of which no process is left."""
    tops = [top for own in (f"wharf-{mark}", f"wharf-{mark}-spare") for top in CONTROL_GROUPS.glob(f"**/{own}")]
    for top in tops:
        for folder, _, _ in os.walk(top, topdown=False):
            # What was just killed may still be on its way out.
            wait_for(lambda folder=folder: os.rmdir(folder) is None, 10, f"the removal of {folder}")
