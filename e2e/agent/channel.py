"""A websocket whose messages are kept in the order they came."""

import json
import threading
import urllib.parse

import websocket

from . import signing


def tls(url, trust):
    """The stock agent takes the URL's host and port together for the name of the server, which it sends and verifies."""
    return {"ca_certs": trust, "server_hostname": urllib.parse.urlsplit(url).netloc}


class Refused(Exception):
    """The upgrade was answered with something other than 101."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


# With any other the stock agent counts an error, and pauses before it comes back.
GOOD_CLOSES = (1000, 1001, 1006, 1011)


class Channel:
    """Connects signed, reads in the background, hands each message to `on_message(channel, type, message)`.

    `trust` is a file with the authority that the server's certificate is of.
    """

    def __init__(self, url, keys, on_message, sign=True, trust=None):
        headers = signing.signed_headers(url, keys) if sign else {}
        host = headers.pop("Host", None)
        self.url, self.keys = url, keys
        self.messages, self.close_code, self.close_reason, self.fault = [], None, None, None
        self._changed = threading.Condition()
        self._on_message = on_message
        try:
            self._socket = websocket.create_connection(
                url, header=[f"{name}: {value}" for name, value in headers.items()], host=host, timeout=180, sslopt=tls(url, trust)
            )
        except websocket.WebSocketBadStatusException as error:
            body = error.resp_body or b""
            raise Refused(error.status_code, body.decode() if isinstance(body, bytes) else body) from error
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        try:
            while True:
                opcode, data = self._socket.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    self.close_reason = data[2:].decode()
                    self._closed(int.from_bytes(data[:2], "big") if len(data) >= 2 else 1005)
                    return
                frame = json.loads(data)
                # Answered before anybody who waits for it can close the connection.
                self._on_message(self, frame["type"], frame["message"])
                with self._changed:
                    self.messages.append((frame["type"], frame["message"]))
                    self._changed.notify_all()
        except (OSError, websocket.WebSocketException):
            self._closed(1006)
        except (AssertionError, KeyError, ValueError) as error:
            # What came breaks the protocol; whoever waits is told.
            self.fault = f"{error!r} at {self.messages[-1:]}"
            self._closed(1002)

    def _closed(self, code):
        with self._changed:
            self.close_code = self.close_code or code
            self._changed.notify_all()

    def send(self, kind, message):
        """A frame as ACS takes it."""
        self._socket.send(json.dumps({"type": kind, "message": message}))

    def send_with_headers(self, kind, message):
        """A frame as the stock agent sends it to TCS: signed header lines, an empty line, then JSON."""
        headers = signing.signed_headers(self.url, self.keys)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.send(lines + "\r\n" + json.dumps({"type": kind, "message": message}))

    def wait(self, kind, deadline_s=20, where=lambda message: True, skip=0):
        """The first message of a type (after `skip` messages in all) that fits."""

        def found():
            return next((message for name, message in self.messages[skip:] if name == kind and where(message)), None)

        with self._changed:
            came = self._changed.wait_for(lambda: found() is not None or self.fault, deadline_s)
            assert not self.fault, self.fault
            assert came, f"no {kind} within {deadline_s} s; came: {[name for name, _ in self.messages]}"
            return found()

    def wait_closed(self, deadline_s=20):
        """The code with which the server closed."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.close_code is not None, deadline_s), f"still open after {deadline_s} s"
            return self.close_code

    def close(self):
        self._socket.close()
