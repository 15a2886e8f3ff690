"""A name server of the world: what an installation asks about names that users give."""

import contextlib
import ipaddress
import socket
import struct
import threading

A, TXT = 1, 16
FOUND, NO_SUCH_NAME = 0x8180, 0x8183


class NameServer:
    """Over UDP, with nothing but what a test writes into `texts` and `addresses`, by name."""

    def __init__(self, port):
        self.texts, self.addresses = {}, {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        # Closed: the end.
        with contextlib.suppress(OSError):
            while True:
                asked, peer = self._socket.recvfrom(4096)
                if not asked:
                    return
                self._socket.sendto(self._answer(asked), peer)

    def _answer(self, asked):
        labels, at = [], 12
        while asked[at]:
            labels.append(asked[at + 1 : at + 1 + asked[at]].decode().lower())
            at += 1 + asked[at]
        question = asked[12 : at + 5]
        (kind,) = struct.unpack("!H", question[-4:-2])
        data = self._data(".".join(labels), kind)
        head = struct.pack("!HHHHH", NO_SUCH_NAME if data is None else FOUND, 1, data is not None, 0, 0)
        record = b"" if data is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(data)) + data
        return asked[:2] + head + question + record

    def _data(self, name, kind):
        if kind == TXT and name in self.texts:
            text = self.texts[name].encode()
            return bytes([len(text)]) + text
        if kind == A and name in self.addresses:
            return ipaddress.IPv4Address(self.addresses[name]).packed
        return None

    def close(self):
        # A thread that waits is woken by this alone.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
