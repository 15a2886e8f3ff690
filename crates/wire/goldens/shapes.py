"""Values for shapes: filling one in completely, and the JSON form in which goldens keep values.

The JSON form is the body awsJson1.1 would carry, whatever protocol the service speaks: members by their
model name, timestamps as epoch seconds (milliseconds as a fraction), blobs in base64.
"""

import base64
import datetime

# Deep enough for every shape of interest, shallow enough for files a reader can open.
MAX_DEPTH = 7

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)


def fill(shape, name="value", path=()):
    """A value with every member present; recursive shapes end at their second appearance."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, path + (shape.name,))
    if kind == "list":
        if len(path) > MAX_DEPTH:
            return []
        return _drop_none([fill(shape.member, f"{name}{n}", path) for n in (1, 2)])
    if kind == "map":
        values = [fill(shape.value, f"{name}{n}", path) for n in (1, 2)]
        keys = list(getattr(shape.key, "enum", [])[:2]) or ["first key", "zweiter Schlüssel"]
        return {key: value for key, value in zip(keys, values, strict=False) if value is not None}
    return _scalar(shape, kind, name)


def _structure(shape, path):
    if getattr(shape, "is_document_type", False):
        return {"free": ["form", 1, True, None, {"ü": 1.5}]}
    names = list(shape.members)
    if getattr(shape, "is_tagged_union", False):
        names = names[:1]
    filled = {}
    for member in names:
        target = shape.members[member]
        if path.count(_inner(target)) > 0 or getattr(target, "is_eventstream", False) or target.serialization.get("eventstream"):
            continue
        value = fill(target, member, path)
        if value is not None:
            filled[member] = value
    return filled


def _inner(shape):
    """The name of the structure inside lists and maps, to notice recursion."""
    while shape.type_name in ("list", "map"):
        shape = shape.member if shape.type_name == "list" else shape.value
    return shape.name


def _drop_none(values):
    return [value for value in values if value is not None]


def _scalar(shape, kind, name):
    if kind in ("string", "character"):
        if getattr(shape, "enum", None):
            return shape.enum[0]
        return f"{name} ü"[: shape.metadata.get("max", 1 << 16)].ljust(shape.metadata.get("min", 0), "x")
    if kind in ("integer", "long"):
        large = 9007199254740993 if kind == "long" else 2147483647
        return min(max(7, shape.metadata.get("min", 7)), shape.metadata.get("max", large))
    if kind in ("float", "double"):
        return min(max(1.5, shape.metadata.get("min", 1.5)), shape.metadata.get("max", 1e9))
    if kind == "boolean":
        return True
    if kind == "timestamp":
        return MOMENT
    if kind == "blob":
        return b"\x00\xffblob"
    raise ValueError(f"no value for {kind}")


def canonical(value):
    """The JSON form described above."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        seconds = round(value.timestamp() * 1000) / 1000
        return int(seconds) if seconds == int(seconds) else seconds
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    return value
