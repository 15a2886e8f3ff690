"""Programs in Python without their start: half a second of processor and more each time, and the tests call some a thousand times.

One process a worker has imported one of them (`python -m harness.quick_aws SOCKET` in e2e/) and read what it reads each
time. A call goes to a small program in its place (quick_start.rs), which says its arguments, environment and folder; a fork
of that process is the command then, with the caller's open files and in its network and mount namespace, as if it had been
started. Without that process, the real program runs.
"""

import atexit
import ctypes
import functools
import gc
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from . import tools

LIBC = ctypes.CDLL(None, use_errno=True)
OWN_NAMESPACES = {kind: os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in ("net", "mnt")}
LAUNCHER = pathlib.Path(__file__).with_suffix(".rs")
MAX_REQUEST = 4 << 20
# Of Linux, on all architectures; this Python knows `pidfd_open` alone.
PIDFD_GETFD = 438


@functools.cache
def launcher():
    """The program in the place of others, compiled where it is not yet."""
    built = tools.REPOSITORY / ".cache" / "quick_start"
    if not built.exists() or built.stat().st_mtime < LAUNCHER.stat().st_mtime:
        built.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=built.parent) as folder:
            new = pathlib.Path(folder) / "quick_start"
            tools.run("rustc", "--edition", "2024", "-C", "opt-level=1", "-C", "strip=symbols", "-o", new, LAUNCHER, env=tools.for_cargo())
            # Others that run at the same time compile it too.
            new.replace(built)
    return built


class Quick:
    """The process and the program that asks it; both end with `close`.

    With `scripts_only`, the program is an interpreter: only what is a script on its input comes from the process.
    """

    def __init__(self, module, real, scripts_only=False):
        real = pathlib.Path(real)
        self.folder = tempfile.TemporaryDirectory(prefix=f"wharf-e2e-{real.name}-")
        folder = pathlib.Path(self.folder.name)
        self.program, path = folder / real.name, folder / "socket"
        here = pathlib.Path(__file__).parents[1]
        self.process = subprocess.Popen([real.parent / "python", "-m", module, path], cwd=here, stdin=subprocess.PIPE)
        (folder / "real").symlink_to(real)
        if scripts_only:
            (folder / "scripts-only").touch()
        shutil.copy(launcher(), self.program)
        deadline = time.monotonic() + 30
        while not path.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, f"{real.name} was not imported"
            time.sleep(0.02)
        atexit.register(self.close)

    def close(self):
        """End the process; commands that it became go on."""
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def asked_by(connection):
    """The caller's process, the numbers of its files that are this one's first three, its arguments, folder and environment."""
    who = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    caller, _, _ = struct.unpack("3i", who)
    with connection.makefile("rb") as reader:
        (size,) = struct.unpack("!I", reader.read(4))
        assert size <= MAX_REQUEST, size
        output, count, *rest = os.fsdecode(reader.read(size)).split("\0")[:-1]
    arguments, folder, variables = rest[: int(count)], rest[int(count)], rest[int(count) + 1 :]
    return caller, (0, int(output), 2), arguments, folder, dict(it.split("=", 1) for it in variables)


def borrow(caller, files):
    """Makes the files of a process this one's first three, and enters its namespaces."""
    theirs = os.pidfd_open(caller)
    for number, file in enumerate(files):
        done = LIBC.syscall(PIDFD_GETFD, theirs, file, 0)
        if done < 0:
            raise OSError(ctypes.get_errno(), "borrowing an open file")
        os.dup2(done, number)
        os.close(done)
    os.close(theirs)
    for kind in ("net", "mnt"):
        with open(f"/proc/{caller}/ns/{kind}", "rb") as namespace:
            is_own = os.path.sameopenfile(namespace.fileno(), OWN_NAMESPACES[kind])
            if not is_own and LIBC.setns(namespace.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "entering a namespace")


def become(connection, main):
    """In a fork: the command that was asked for, with the status it ends with."""
    caller, files, arguments, folder, environment = asked_by(connection)
    borrow(caller, files)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv = [sys.argv[0], *arguments]

    def end_with_who_asked():
        connection.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_who_asked, daemon=True).start()
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code
    except Exception:
        traceback.print_exc()
        status = 1
    if not isinstance(status, int | None):
        # As Python itself ends a program.
        print(status, file=sys.stderr)
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = 255
    connection.send(bytes([int(status or 0) & 0xFF]))
    os._exit(0)


def read_once(loaders, package, searched, services):
    """What botocore reads at each start: files of its own, those of `services` now, and the list of services that it makes from folders."""
    load_file, list_services = loaders.JSONFileLoader.load_file, loaders.Loader.list_available_services
    read, listed = {}, {}

    def load_file_once(self, path):
        if not path.startswith(package):
            return load_file(self, path)
        if path not in read:
            read[path] = load_file(self, path)
        return read[path]

    def list_services_once(self, type_name):
        folders = (type_name, *self.search_paths)
        if folders not in listed:
            listed[folders] = list_services(self, type_name)
        return list(listed[folders])

    loaders.JSONFileLoader.load_file = load_file_once
    loaders.Loader.list_available_services = list_services_once
    loader = loaders.create_loader(searched)
    loader.list_available_services("service-2")
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
    for service in services:
        for kind in ("service-2", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)


def serve(path, main):
    """Each that asks at the socket becomes a fork that runs `main`; what is imported by now is in all of them."""
    # A command is too short to have garbage, and a look for some would copy all that the forks share.
    gc.collect()
    gc.freeze()
    gc.disable()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"{path}.new")
    listener.listen(64)
    os.rename(f"{path}.new", path)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            become(connection, main)
        connection.close()


def end_with_who_started():
    """As the pipe that is this process's input closes."""
    # Not by sys.stdin, whose lock every fork would hold.
    ours = os.dup(0)
    threading.Thread(target=lambda: (os.read(ours, 1), os._exit(0)), daemon=True).start()
