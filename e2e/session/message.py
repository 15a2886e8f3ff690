"""The binary messages of a data channel."""

import dataclasses
import hashlib
import struct
import time
import uuid

HEADER_LENGTH = 116
HEADER = struct.Struct(">I32sIQqQ16s32sI")

OUTPUT, ERROR, SIZE, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_COMPLETE, FLAG, STDERR = 1, 2, 3, 5, 6, 7, 10, 11
SYN, FIN, BOTH = 1, 2, 3


@dataclasses.dataclass
class Message:
    kind: str
    sequence: int = 0
    payload_type: int = 0
    payload: bytes = b""
    flags: int = 0
    id: uuid.UUID = dataclasses.field(default_factory=uuid.uuid4)
    created_ms: int = dataclasses.field(default_factory=lambda: int(time.time() * 1000))

    def encode(self):
        identity = self.id.bytes[8:] + self.id.bytes[:8]
        header = HEADER.pack(
            HEADER_LENGTH,
            self.kind.encode().ljust(32),
            1,
            self.created_ms,
            self.sequence,
            self.flags,
            identity,
            hashlib.sha256(self.payload).digest(),
            self.payload_type,
        )
        return header + struct.pack(">I", len(self.payload)) + self.payload

    @classmethod
    def decode(cls, data):
        length, kind, schema, created, sequence, flags, identity, digest, payload_type = HEADER.unpack(data[: HEADER.size])
        assert length == HEADER_LENGTH and schema == 1 and created and kind.strip(), data[:120]
        (size,) = struct.unpack(">I", data[116:120])
        payload = data[120:]
        assert len(payload) == size and hashlib.sha256(payload).digest() == digest
        return cls(kind.strip().decode(), sequence, payload_type, payload, flags, uuid.UUID(bytes=identity[8:] + identity[:8]), created)
