"""A session as session-manager-plugin keeps it: opening, handshake, order, acknowledgements, repetition."""

import json
import threading
import time
import uuid

import websocket

from .message import BOTH, FIN, HANDSHAKE_COMPLETE, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, OUTPUT, SIZE, STDERR, FLAG, Message

VERSION = "1.2.0.0"
REPEAT_S = 0.5
CHUNK = 1024


class Refused(Exception):
    """The channel was not opened, or closed before the first message."""


class Session:
    """One session; `stream_url` and `token` are what ExecuteCommand or ResumeSession gave."""

    def __init__(self, session_id, stream_url, token, terminal=True, acknowledge=True):
        self.id, self.terminal = session_id, terminal
        self.output, self.errors, self.last_words, self.exit_code = b"", b"", None, None
        self.began, self.over, self.close_code = False, False, None
        self.acknowledge = acknowledge
        self.received = 0
        self.duplicates = 0
        self._expected, self._ahead = 0, {}
        self._next, self._waiting = 0, {}
        self._changed = threading.Condition()
        self._on_output = None
        self.connect(stream_url, token)

    @classmethod
    def begin(cls, ecs, task, command, container=None, cluster="default", **options):
        """ExecuteCommand and the connection that follows."""
        wanted = {"cluster": cluster, "task": task, "command": command, "interactive": True}
        answer = ecs.execute_command(**wanted, **({"container": container} if container else {}))
        session = answer["session"]
        return cls(session["sessionId"], session["streamUrl"], session["tokenValue"], **options)

    # Connection

    def connect(self, stream_url, token):
        """Open the channel, again with a new token after a loss: numbers go on."""
        try:
            self._socket = websocket.create_connection(stream_url, timeout=120)
        except websocket.WebSocketBadStatusException as error:
            raise Refused(error.status_code) from error
        self._socket.send(
            json.dumps(
                {
                    "MessageSchemaVersion": "1.0",
                    "RequestId": str(uuid.uuid4()),
                    "TokenValue": token,
                    "ClientId": str(uuid.uuid4()),
                    "ClientVersion": VERSION,
                }
            )
        )
        for target in (self._read, self._repeat):
            threading.Thread(target=target, args=(self._socket,), daemon=True).start()

    def drop(self):
        """Lose the connection without a word."""
        self._socket.sock.close()

    def _read(self, channel):
        try:
            while True:
                opcode, data = channel.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    self._ended(int.from_bytes(data[:2], "big") if len(data) >= 2 else 1005)
                    return
                if opcode == websocket.ABNF.OPCODE_BINARY:
                    self._message(channel, Message.decode(data))
        except (OSError, websocket.WebSocketException):
            self._ended(1006)

    def _ended(self, code):
        with self._changed:
            self.close_code = code
            self._changed.notify_all()

    def _repeat(self, channel):
        while not self.over and channel is self._socket and channel.connected:
            time.sleep(REPEAT_S / 5)
            with self._changed:
                oldest = min(self._waiting, default=None)
                if oldest is not None and time.monotonic() - self._waiting[oldest][1] > REPEAT_S:
                    message, _ = self._waiting[oldest]
                    self._waiting[oldest] = (message, time.monotonic())
                    try:
                        channel.send_binary(message.encode())
                    except (OSError, websocket.WebSocketException):
                        return

    # Messages

    def _message(self, channel, message):
        if message.kind == "output_stream_data":
            self._in_order(channel, message)
        elif message.kind == "acknowledge":
            about = json.loads(message.payload)
            assert about["IsSequentialMessage"] is True and about["AcknowledgedMessageType"] == "input_stream_data"
            with self._changed:
                sent, _ = self._waiting.pop(about["AcknowledgedMessageSequenceNumber"], (None, None))
                assert sent is None or str(sent.id) == about["AcknowledgedMessageId"]
                self._changed.notify_all()
        elif message.kind == "channel_closed":
            closed = json.loads(message.payload)
            assert closed["MessageType"] == "channel_closed" and closed["SessionId"] == self.id
            with self._changed:
                self.last_words, self.exit_code, self.over = closed["Output"], closed.get("ExitCode"), True
                self._changed.notify_all()

    def _in_order(self, channel, message):
        if not self.acknowledge:
            self.received += 1
            return
        about = {
            "AcknowledgedMessageType": message.kind,
            "AcknowledgedMessageId": str(message.id),
            "AcknowledgedMessageSequenceNumber": message.sequence,
            "IsSequentialMessage": True,
        }
        channel.send_binary(Message("acknowledge", payload=json.dumps(about).encode(), flags=BOTH).encode())
        self.duplicates += message.sequence < self._expected
        if message.sequence >= self._expected:
            self._ahead[message.sequence] = message
        while self._expected in self._ahead:
            self._take(self._ahead.pop(self._expected))
            self._expected += 1

    def _take(self, message):
        if message.payload_type == HANDSHAKE_REQUEST:
            asked = json.loads(message.payload)
            done = [
                {
                    "ActionType": action["ActionType"],
                    "ActionStatus": 1 if action["ActionType"] == "SessionType" else 3,
                    "ActionResult": None if self.terminal else {"wharf:terminal": False},
                    "Error": "",
                }
                for action in asked["RequestedClientActions"]
            ]
            (kind,) = [a["ActionParameters"]["SessionType"] for a in asked["RequestedClientActions"] if a["ActionType"] == "SessionType"]
            assert kind == "InteractiveCommands"
            self.send(HANDSHAKE_RESPONSE, json.dumps({"ClientVersion": VERSION, "ProcessedClientActions": done, "Errors": None}).encode())
        with self._changed:
            if message.payload_type == HANDSHAKE_COMPLETE:
                self.began = True
            elif message.payload_type == OUTPUT:
                assert self.began, "output before the handshake is complete"
                self.output += message.payload
                if self._on_output:
                    self._on_output(message.payload)
            elif message.payload_type == STDERR:
                self.errors += message.payload
            self._changed.notify_all()

    def send(self, payload_type, payload, flags=0):
        with self._changed:
            message = Message("input_stream_data", self._next, payload_type, payload, flags | (self._next == 0))
            self._waiting[self._next] = (message, time.monotonic())
            self._next += 1
            self._socket.send_binary(message.encode())

    # What a user does

    def type(self, text):
        data = text.encode() if isinstance(text, str) else text
        for at in range(0, len(data), CHUNK):
            self.send(OUTPUT, data[at : at + CHUNK])

    def end_input(self):
        self.send(OUTPUT, b"", FIN)

    def resize(self, columns, rows):
        self.send(SIZE, json.dumps({"cols": columns, "rows": rows}).encode())

    def terminate(self):
        self.send(FLAG, (2).to_bytes(4, "big"))

    def on_output(self, call):
        with self._changed:
            call(self.output)
            self._on_output = call

    def wait(self, condition, deadline_s=20):
        with self._changed:
            came = self._changed.wait_for(lambda: condition(self), deadline_s)
            assert came, f"not within {deadline_s} s; output {self.output!r}, last words {self.last_words!r}, closed {self.close_code}"
            return self

    def wait_output(self, text, deadline_s=20):
        return self.wait(lambda s: text.encode() in s.output, deadline_s)

    def wait_over(self, deadline_s=20):
        return self.wait(lambda s: s.over, deadline_s)

    def wait_closed(self, deadline_s=20):
        self.wait(lambda s: s.close_code is not None, deadline_s)
        return self.close_code
