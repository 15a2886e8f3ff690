"""A file system of EFS: how fast a task reads it, beside a plain NFS client of the same server."""

import contextlib
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import time

from harness import images, processes, tools
from harness.hosts import SERVER, Lan
from harness.installation import Installation
from test_efs import Files

from .volumes import WAIT

TITLE = "Reads from EFS"
MIB = 1 << 20
SIZE = int(os.environ.get("WHARF_BENCH_FILES_MIB", "256")) * MIB
ROUNDS = 3
PIECE, PLACES, SMALL = 4096, 2000, 500
METHOD = (
    f"Tasks on the host that keeps the file system mount it, in the clear and over TLS; a program of the host reads through their roots. The plain client is the kernel's "
    f"(`mount -t nfs4`) from the network of the first task or, where the kernel has none, `nfs-cat` of libnfs, which only reads whole files. {ROUNDS} rounds in which all "
    f"take their turn, medians. Each read begins without what its client has cached of the file; what the server's machine has cached stays. A file of {SIZE // MIB} MiB as a "
    f"whole; {PLACES} places of {PIECE} bytes of it at random; {SMALL} files of {PIECE} bytes, opened one after the other."
)
COLUMNS = ("what", "task", "task, TLS", "plain client", "task of it", "TLS of it")


def run():
    with Lan(), Installation(arguments=["--listen", SERVER]) as installation:
        return _measure(installation.start())


def _measure(installation):
    files = Files(installation)
    image = images.push(installation, "busybox")
    (host,) = installation.client("ecs").list_container_instances()["containerInstanceArns"]
    clear = files.start(image, host, WAIT)
    secret = files.start(image, host, WAIT, transitEncryption="ENABLED")
    for task in (clear, secret):
        task.wait_line("up", 60)
    folders = [_root(task) / "files" for task in (clear, secret)]
    _fill(folders[0])
    address = files.efs.describe_mount_targets(MountTargetId=files.target["MountTargetId"])["MountTargets"][0]["IpAddress"]
    network = f"/proc/{processes.of_container(clear.describe())}/ns/net"
    with _plain(network, address) as plain:
        clients = [_Folder(folder) for folder in folders] + [plain]
        rows = [_row(what, clients) for what in ("whole", "places", "small")]
    for task in (clear, secret):
        task.stop()
    return rows


def _row(what, clients):
    taken = [[] for _ in clients]
    for _ in range(ROUNDS):
        for client, figures in zip(clients, taken, strict=True):
            figures.append(getattr(client, what)())
    clear, secret, plain = (statistics.median(it) if None not in it else None for it in taken)
    of_it = [f"{it / plain:.2f}" if plain else "" for it in (clear, secret)]
    return (WORDS[what], f"{clear:,.0f}", f"{secret:,.0f}", f"{plain:,.0f}" if plain else "none", *of_it)


WORDS = {"whole": "a large file, MiB/s", "places": "at random, 1/s", "small": "small files, 1/s"}


def _root(task):
    return pathlib.Path(f"/proc/{processes.of_container(task.describe())}/root")


def _fill(folder):
    with (folder / "large").open("wb") as file:
        for _ in range(SIZE // MIB):
            file.write(os.urandom(MIB))
        os.fsync(file.fileno())
    (folder / "small").mkdir()
    for number in range(SMALL):
        (folder / "small" / str(number)).write_bytes(os.urandom(PIECE))
    os.sync()


class _Folder:
    """Something that is mounted."""

    def __init__(self, folder):
        self.folder = folder

    def whole(self):
        with _opened(self.folder / "large") as file:
            begun, read = time.monotonic(), 0
            while piece := os.read(file, MIB):
                read += len(piece)
            assert read == SIZE, read
            return SIZE / MIB / (time.monotonic() - begun)

    def places(self):
        chosen = random.Random(1)
        with _opened(self.folder / "large") as file:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
            begun = time.monotonic()
            for _ in range(PLACES):
                assert len(os.pread(file, PIECE, chosen.randrange(SIZE // PIECE) * PIECE)) == PIECE
            return PLACES / (time.monotonic() - begun)

    def small(self):
        paths = [self.folder / "small" / str(number) for number in range(SMALL)]
        for path in paths:
            with _opened(path):
                pass
        begun = time.monotonic()
        for path in paths:
            assert len(path.read_bytes()) == PIECE
        return SMALL / (time.monotonic() - begun)


@contextlib.contextmanager
def _opened(path):
    """Nothing of it is cached at the client."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        yield file
    finally:
        os.close(file)


class _Cat:
    """A client that is a program: it mounts, reads one file and ends."""

    def __init__(self, network, address):
        self.command = ["nsenter", f"--net={network}", "nfs-cat", f"nfs://{address}/large?version=4"]

    def whole(self):
        begun = time.monotonic()
        subprocess.run(self.command, stdout=subprocess.DEVNULL, check=True, timeout=300)
        return SIZE / MIB / (time.monotonic() - begun)

    def places(self):
        return None

    small = places


class _Nobody:
    def whole(self):
        return None

    places = small = whole


@contextlib.contextmanager
def _plain(network, address):
    with tempfile.TemporaryDirectory(prefix="wharf-bench-nfs-") as folder:
        mount = ["nsenter", f"--net={network}", "mount", "-t", "nfs4", "-o", "vers=4.1,proto=tcp,hard", f"{address}:/", folder]
        if tools.run(*mount, check=False).returncode == 0:
            try:
                yield _Folder(pathlib.Path(folder))
            finally:
                tools.run("umount", folder)
        elif shutil.which("nfs-cat"):
            yield _Cat(network, address)
        else:
            yield _Nobody()
