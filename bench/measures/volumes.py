"""Volumes of tasks: how fast bytes come and go beside a file of the host's disk, and how soon a snapshot is there."""

import json
import os
import pathlib
import random
import statistics
import time

from harness import images, processes, tasks
from harness.installation import Installation
from harness.tasks import document
from test_volumes import asked, attachment, definition, infrastructure_role

TITLE = "EBS volumes"
MIB = 1 << 20
SIZE = int(os.environ.get("WHARF_BENCH_VOLUME_MIB", "1024")) * MIB
ROUNDS = 3
PIECE, PLACES = 4096, 2000
CHANGED = 10 * MIB
METHOD = (
    f"A file of {SIZE // MIB} MiB on a task's volume (ext4, a loop device over a file of the host) and one on the host's disk below, written and read by one "
    f"program of the host, which reaches the volume through the task's root; {ROUNDS} rounds in which all take their turn, medians. Writes end with fsync. "
    f"Before reads the page caches are emptied. At random: {PLACES} places of {PIECE} bytes, one after the other. Snapshots: from the call of CreateSnapshot "
    f"until DescribeSnapshots says `completed`, asked without pause; the first of {SIZE // MIB} MiB, then of a volume of which {CHANGED // MIB} MiB changed."
)
COLUMNS = ("what", "file of the host", "volume", "of the file", "encrypted volume", "of the file")
WAIT = "trap 'exit 0' TERM; echo up; while :; do sleep 0.2; done"


def run():
    with Installation() as installation:
        return _measure(installation.start())


def _measure(installation):
    image, role = images.push(installation, "busybox"), infrastructure_role(installation)
    installation.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="keys", PolicyDocument=document(["kms:*"]))
    plain, sealed = (_Volume(installation, image, role, **more) for more in ({}, {"encrypted": True}))
    bare = installation.data / "bare"
    files = {"bare": bare, "plain": plain.file, "sealed": sealed.file}
    taken = {(what, name): [] for what in MEASURED for name in files}
    for _ in range(ROUNDS):
        for what, measure in MEASURED.items():
            for name, file in files.items():
                taken[what, name].append(measure(file))
    rows = []
    for what in MEASURED:
        base, one, other = (statistics.median(taken[what, name]) for name in files)
        rows.append((what, f"{base:,.0f}", f"{one:,.0f}", f"{one / base:.2f}", f"{other:,.0f}", f"{other / base:.2f}"))
    snapshots = [volume.snapshots() for volume in (plain, sealed)]
    for what, one, other in zip(("first snapshot, s", f"snapshot after {CHANGED // MIB} MiB changed, s"), *snapshots, strict=True):
        rows.append((what, "", f"{one:.2f}", "", f"{other:.2f}", ""))
    for volume in (plain, sealed):
        volume.task.stop()
    return rows


class _Volume:
    """A task with a volume that is large enough."""

    def __init__(self, installation, image, role, **more):
        self.ec2 = installation.client("ec2")
        configured = asked(role, sizeInGiB=2 * max(1, SIZE >> 30), **more)
        self.task = tasks.start(installation, definition(installation, image, WAIT), volumeConfigurations=configured)
        self.task.wait_line("up")
        self.id = attachment(self.task)[1]["volumeId"]
        self.file = pathlib.Path(f"/proc/{processes.of_container(self.task.describe())}/root/data/file")

    def snapshots(self):
        """Seconds of the first, and of those that follow a change each."""
        first = self._snapshot()
        again = []
        for _ in range(ROUNDS):
            with self.file.open("r+b") as file:
                file.seek(random.randrange(0, SIZE - CHANGED) // MIB * MIB)
                file.write(os.urandom(CHANGED))
                file.flush()
                os.fsync(file.fileno())
            again.append(self._snapshot())
        return first, statistics.median(again)

    def _snapshot(self):
        begun = time.monotonic()
        snapshot = self.ec2.create_snapshot(VolumeId=self.id)["SnapshotId"]
        while (found := self.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0])["State"] == "pending":
            assert time.monotonic() - begun < 300, found
        assert found["State"] == "completed", json.dumps(found, default=str)
        return time.monotonic() - begun


def _forget_cached():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def _write(file):
    """MiB a second."""
    piece = os.urandom(MIB)
    with file.open("wb", buffering=0) as opened:
        begun = time.monotonic()
        for _ in range(SIZE // MIB):
            opened.write(piece)
        os.fsync(opened.fileno())
        return SIZE / MIB / (time.monotonic() - begun)


def _read(file):
    _forget_cached()
    with file.open("rb", buffering=0) as opened:
        begun, read = time.monotonic(), 0
        while piece := opened.read(MIB):
            read += len(piece)
        assert read == SIZE, read
        return SIZE / MIB / (time.monotonic() - begun)


def _places():
    """The same in all rounds, of all files."""
    chosen = random.Random(1)
    return [chosen.randrange(SIZE // PIECE) * PIECE for _ in range(PLACES)]


def _read_at_random(file):
    """Pieces a second."""
    _forget_cached()
    with file.open("rb", buffering=0) as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        begun = time.monotonic()
        for at in _places():
            assert len(os.pread(opened.fileno(), PIECE, at)) == PIECE
        return PLACES / (time.monotonic() - begun)


def _write_at_random(file):
    piece = os.urandom(PIECE)
    with file.open("r+b", buffering=0) as opened:
        begun = time.monotonic()
        for at in _places():
            os.pwrite(opened.fileno(), piece, at)
        os.fsync(opened.fileno())
        return PLACES / (time.monotonic() - begun)


MEASURED = {
    "written, MiB/s": _write,
    "read, MiB/s": _read,
    "read at random, 1/s": _read_at_random,
    "written at random, 1/s": _write_at_random,
}
