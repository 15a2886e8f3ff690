"""The stock `aws` without its start: half a second of processor each time, and the tests call it a thousand times.

One process a worker has imported it (`python -m harness.quick_aws SOCKET` in e2e/). A call goes to a small program in
its place, which hands over its arguments, environment, folder and open files; a fork of that process is the command
then, as if it had been started. In another network namespace, where the fork would speak from the wrong machine, and
without that process, the real program runs.
"""

import array
import atexit
import functools
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

from . import tools

MAX_REQUEST = 1 << 20

# What stands in the place of `aws`.
LAUNCHER = """#!{python} -SI
import array, json, os, socket, sys
real = {real!r}
if os.stat("/proc/self/ns/net").st_ino != {namespace}:
    os.execv(real, [real, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    server.connect({path!r})
    asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, {limit})
    server.sendmsg([asked], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
except OSError:
    os.execv(real, [real, *sys.argv[1:]])
status = server.recv(1)
os._exit(status[0] if status else 255)
"""


class QuickAws:
    """The process and the program that asks it; both end with `close`."""

    def __init__(self, real):
        self.folder = tempfile.TemporaryDirectory(prefix="wharf-e2e-aws-")
        folder = pathlib.Path(self.folder.name)
        self.program, path = folder / "aws", folder / "socket"
        python = pathlib.Path(real).parent / "python"
        here = pathlib.Path(__file__).parents[1]
        self.process = subprocess.Popen([python, "-m", "harness.quick_aws", path], cwd=here, stdin=subprocess.PIPE)
        namespace = os.stat("/proc/self/ns/net").st_ino
        text = LAUNCHER.format(python=python, real=str(real), path=str(path), namespace=namespace, limit=MAX_REQUEST)
        self.program.write_text(text)
        self.program.chmod(0o755)
        deadline = time.monotonic() + 30
        while not path.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, "aws was not imported"
            time.sleep(0.02)
        atexit.register(self.close)

    def close(self):
        """End the process; commands that it became go on."""
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


@functools.cache
def program():
    """What is run in the place of `aws`, as a path."""
    return QuickAws(tools.AWS).program


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
    # `aws` finds its own models by what it set as it was imported.
    kept = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(environment)
    given = environment.get("AWS_DATA_PATH")
    os.environ["AWS_DATA_PATH"] = f"{given}{os.pathsep}{kept}" if given else kept
    time.tzset()
    os.chdir(folder)
    sys.argv = ["aws", *arguments]

    def end_with_who_asked():
        connection.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_who_asked, daemon=True).start()
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = 255
    connection.send(bytes([int(status or 0) & 0xFF]))
    os._exit(0)


def serve(path):
    # Here, since the tests themselves need none of it.
    from awscli import clidriver
    from awscli.botocore import client, endpoint, paginate, waiter  # noqa: F401 (what nearly each command loads)

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
            become(connection, clidriver.main)
        connection.close()


if __name__ == "__main__":
    # Not by sys.stdin, whose lock every fork would hold.
    ours = os.dup(0)
    threading.Thread(target=lambda: (os.read(ours, 1), os._exit(0)), daemon=True).start()
    serve(sys.argv[1])
