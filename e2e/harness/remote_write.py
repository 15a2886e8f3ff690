"""A sender of Prometheus's remote write, version 1.0: the message by hand, and snappy without any compression."""

import struct

import requests


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def series(labels, samples):
    """Samples are pairs of seconds and value."""
    out = b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in sorted(labels.items()))
    for at, value in samples:
        out += field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(round(at * 1000)))
    return field(1, out)


def about(name, kind, text):
    return field(3, b"\x08" + varint(kind) + field(2, name.encode()) + field(4, text.encode()))


def snappy(message):
    out = varint(len(message))
    for at in range(0, len(message), 60):
        piece = message[at : at + 60]
        out += bytes([len(piece) - 1 << 2]) + piece
    return out


HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def send(workspace, auth, *parts, packed=None, headers=HEADERS):
    body = snappy(b"".join(parts)) if packed is None else packed
    return requests.post(f"{workspace}/api/v1/remote_write", data=body, headers=headers, auth=auth, timeout=30)
