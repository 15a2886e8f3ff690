"""A client that asks all the time and remembers every request: when it began and ended, and how."""

import collections
import dataclasses
import socket
import threading
import time

PATIENCE_S = 20
# Between two requests of one asker: many at once shall be under way at any moment, on a machine that has other work.
PAUSE_S = 0.005

ANSWERED = "answered"
REFUSED = "connection refused"
# Before any byte of the answer: RFC 9110 §9.2.2 lets a client repeat a GET then.
CLOSED = "closed without an answer"
CUT = "closed within the answer"
SILENT = f"no answer within {PATIENCE_S} s"


@dataclasses.dataclass(frozen=True)
class Request:
    """One request as the client saw it; times of `time.monotonic()`."""

    # When its connection was asked for: before the request if it is kept.
    opened: float
    begin: float
    end: float
    outcome: str
    status: int | None = None
    body: str = ""
    # Why a first attempt ended that was repeated.
    repeated: str | None = None

    @property
    def failed(self):
        return self.status != 200

    def under_way(self, begin, end):
        """Whether it was under way at some moment between the two."""
        return self.begin <= end and self.end >= begin

    def open_at(self, begin, end):
        """Whether its connection, which may be older than the request, was open at some moment between the two."""
        return self.opened <= end and self.end >= begin

    def __str__(self):
        what = f"{self.status} {self.body[:120]!r}" if self.outcome == ANSWERED else self.outcome
        first = f", the first attempt {self.repeated}" if self.repeated else ""
        kept = f" on a connection of {self.opened:.3f}" if self.opened < self.begin else ""
        return f"{self.begin:.3f}–{self.end:.3f}{kept}: {what}{first}"


class Line:
    """A connection to a service, written by hand to know exactly how far each request got."""

    def __init__(self, service, keep_alive):
        self.service, self.keep_alive = service, keep_alive
        self.socket, self.opened = None, 0.0

    def ask(self):
        """Outcome, status and body of one request."""
        try:
            if self.socket is None:
                self.opened = time.monotonic()
                self.socket = socket.create_connection(("127.0.0.1", self.service.port), PATIENCE_S)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except ConnectionRefusedError:
            return REFUSED, None, ""
        except OSError as error:
            return f"no connection: {error!r}", None, ""
        received = b""
        try:
            connection = "keep-alive" if self.keep_alive else "close"
            self.socket.sendall(f"GET / HTTP/1.1\r\nHost: {self.service.host}\r\nConnection: {connection}\r\n\r\n".encode())
            while not _complete(received):
                more = self.socket.recv(65536)
                if not more:
                    raise ConnectionResetError
                received += more
        except TimeoutError:
            self.close()
            return SILENT, None, ""
        except OSError:
            self.close()
            return (CUT if received else CLOSED), None, ""
        head, _, body = received.partition(b"\r\n\r\n")
        if not self.keep_alive or b"\r\nconnection: close" in head.lower():
            self.close()
        return ANSWERED, int(head.split(b" ", 2)[1]), body.decode(errors="replace").strip()

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def _complete(received):
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    lengths = [int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    assert lengths, f"an answer without length: {head!r}"
    return len(body) >= lengths[0]


class Watcher:
    """Asks a service from the first line of the block to its last.

    Half of the askers make a new connection for each request, the others keep theirs. With `repeat` they do what
    RFC 9110 §9.2.2 allows: a GET whose connection was closed before any byte of the answer is sent once more.
    """

    def __init__(self, service, repeat=True, askers=8, pause_s=PAUSE_S):
        self.service, self.repeat, self.pause_s = service, repeat, pause_s
        self.over = threading.Event()
        self._requests = collections.deque()
        self._threads = [threading.Thread(target=self._run, args=(number % 2 == 1,), daemon=True) for number in range(askers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)
            assert not thread.is_alive(), "a client hangs"

    @property
    def requests(self):
        """All that have ended, in the order of their ends."""
        return list(self._requests)

    @property
    def failures(self):
        return [request for request in self.requests if request.failed]

    def take(self):
        """Those that have ended since the last call; they are forgotten."""
        taken = []
        while self._requests:
            taken.append(self._requests.popleft())
        return taken

    def _run(self, keep_alive):
        line = Line(self.service, keep_alive)
        while not self.over.is_set():
            begin = time.monotonic()
            (outcome, status, body), repeated = line.ask(), None
            opened = min(line.opened, begin)
            if outcome == CLOSED and self.repeat:
                repeated = outcome
                outcome, status, body = line.ask()
            self._requests.append(Request(opened, begin, time.monotonic(), outcome, status, body, repeated))
            self.over.wait(self.pause_s)
        line.close()
