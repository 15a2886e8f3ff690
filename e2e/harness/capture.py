"""What goes over every network interface of this machine and its namespaces, loopback included."""

import contextlib
import ctypes
import os
import pathlib
import selectors
import socket
import struct
import tempfile
import threading
import time

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_RCVBUFFORCE = 33
CLONE_NEWNET = 0x40000000
BUFFER = 64 << 20
PACKET = 1 << 18
# How often namespaces are looked for.
LOOK_INTERVAL_S = 0.02

libc = ctypes.CDLL(None, use_errno=True)


class Capture:
    """Writes every packet down from the moment that its namespace is seen, which is as soon as it has a process or is
    mounted. Packets sockets of a namespace hear all its interfaces, those too that come later."""

    def __init__(self):
        self._sockets = {}
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 open as long as the capture
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.packets = self.dropped = 0
        self._failed = None

    def __enter__(self):
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.end()
        self._file.close()

    def end(self):
        """No more packets; what came is still there."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._thread.join()
        for packets in self._sockets.values():
            _, dropped = struct.unpack("II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            self.dropped += dropped
            packets.close()
        assert self._failed is None, self._failed

    @property
    def namespaces(self):
        return len(self._sockets)

    def found(self, needles):
        """Which of the named needles went over the wire, by their names."""
        seen, at, overlap = set(), 0, max(map(len, needles.values()))
        while part := os.pread(self._file.fileno(), 16 << 20, at):
            seen |= {name for name, needle in needles.items() if needle in part}
            if len(part) <= overlap:
                break
            at += len(part) - overlap
        return seen

    def _run(self):
        try:
            looked = 0
            while not self._ended.is_set():
                for key, _ in self._selector.select(LOOK_INTERVAL_S):
                    self._read(key.fileobj)
                if time.monotonic() - looked > LOOK_INTERVAL_S:
                    self._look()
                    looked = time.monotonic()
            for packets in self._sockets.values():
                self._read(packets)
        except Exception as error:  # noqa: BLE001 told when the capture ends
            self._failed = error

    def _read(self, packets):
        with contextlib.suppress(BlockingIOError, OSError):
            while True:
                packet = packets.recv(PACKET)
                self.packets += 1
                self._file.write(packet)
                self._file.flush()

    def _look(self):
        for path in namespaces():
            try:
                file = os.open(path, os.O_RDONLY)
            except OSError:
                continue
            try:
                inode = os.fstat(file).st_ino
                if inode not in self._sockets:
                    self._sockets[inode] = opened_in(file)
                    self._selector.register(self._sockets[inode], selectors.EVENT_READ)
            except OSError:
                # It went away.
                continue
            finally:
                os.close(file)


def namespaces():
    """Where network namespaces are found: at processes, and where they are mounted."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        yield process / "ns" / "net"
        with contextlib.suppress(OSError):
            for line in (process / "mountinfo").read_text().splitlines():
                fields = line.split()
                if fields[3].startswith("net:["):
                    yield process / "root" / fields[4].lstrip("/")


def opened_in(namespace):
    """A socket that hears all interfaces of a namespace."""
    packets = made_in(namespace, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
    packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    packets.setblocking(False)
    return packets


def made_in(namespace, make):
    """What `make` makes in a network namespace: a socket stays where it was made. A thread is in a namespace of its own choice."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        enter(namespace)
        try:
            return make()
        finally:
            enter(home)
    finally:
        os.close(home)


def enter(namespace):
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
