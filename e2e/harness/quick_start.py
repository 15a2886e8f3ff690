"""Programs in Python without their start: half a second of processor and more each time, and the tests call some a thousand times.

One process a worker has imported one of them (`python -m harness.quick_aws SOCKET` in e2e/) and read what it reads each
time. A call goes to a small program in its place, which hands over its arguments, environment, folder and open files; a
fork of that process is the command then, as if it had been started. In another network namespace, where the fork would
speak from the wrong machine, and without that process, the real program runs.
"""

import array
import atexit
import gc
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

MAX_REQUEST = 1 << 20
TOKEN_KEPT_S = 300

# What stands in the place of the program: `aws`'s answers to kubectl (see quick_aws.py) are kept here.
LAUNCHER = """#!{python} -SI
import array, json, os, socket, sys, time
real, kept = {real!r}, None
if os.stat("/proc/self/ns/net").st_ino != {namespace} or ({scripts_only} and sys.argv[1:]):
    os.execv(real, [real, *sys.argv[1:]])
if "get-token" in sys.argv:
    import hashlib
    who = sorted(it for it in os.environ.items() if it[0].startswith("AWS_") or it[0] == "HOME")
    kept = os.path.join({folder!r}, hashlib.sha256(repr([sys.argv, who]).encode()).hexdigest())
    try:
        with open(kept) as file:
            if time.time() - os.fstat(file.fileno()).st_mtime < {kept_s}:
                sys.stdout.write(file.read())
                sys.exit()
    except FileNotFoundError:
        pass
output = os.memfd_create("token") if kept else 1
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    server.connect({path!r})
    asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, {limit})
    server.sendmsg([asked], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, output, 2]))])
except OSError:
    os.execv(real, [real, *sys.argv[1:]])
status = (server.recv(1) or bytes([255]))[0]
if kept:
    text = os.pread(output, 1 << 20, 0)
    if status == 0:
        with open(f"{{kept}}.{{os.getpid()}}", "wb") as file:
            file.write(text)
        os.rename(file.name, kept)
    os.write(1, text)
os._exit(status)
"""


class Quick:
    """The process and the program that asks it; both end with `close`.

    With `scripts_only`, the program is an interpreter: only what is a script on its input comes from the process.
    """

    def __init__(self, module, real, scripts_only=False):
        real = pathlib.Path(real)
        self.folder = tempfile.TemporaryDirectory(prefix=f"wharf-e2e-{real.name}-")
        folder = pathlib.Path(self.folder.name)
        self.program, path = folder / real.name, folder / "socket"
        python = real.parent / "python"
        here = pathlib.Path(__file__).parents[1]
        self.process = subprocess.Popen([python, "-m", module, path], cwd=here, stdin=subprocess.PIPE)
        namespace = os.stat("/proc/self/ns/net").st_ino
        text = LAUNCHER.format(
            python=python,
            real=str(real),
            path=str(path),
            folder=str(folder),
            namespace=namespace,
            limit=MAX_REQUEST,
            kept_s=TOKEN_KEPT_S,
            scripts_only=scripts_only,
        )
        self.program.write_text(text)
        self.program.chmod(0o755)
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


def become(connection, main):
    """In a fork: the command that was asked for, with the status it ends with."""
    asked, ancillary, _, _ = connection.recvmsg(MAX_REQUEST, socket.CMSG_SPACE(3 * 4))
    files = array.array("i")
    for _, _, data in ancillary:
        files.frombytes(data)
    arguments, environment, folder = json.loads(asked)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
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
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
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
