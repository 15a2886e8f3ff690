"""Two answers field by field, and the differences that are explained.

What every server makes up by itself, such as ids and times, is the same word on both sides before it is compared.
"""

import fnmatch
import json
import pathlib
import re

import yaml

# What is of one moment or one server, as texts that are there alone or within others.
OWN = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b(?!20(01|20)-)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b10\.100\.\d+\.\d+\b"), "<address>"),
    (re.compile(r"\b(gen-|g{58}|Bad_)[a-z0-9]{5}\b"), r"\1<generated>"),
    (re.compile(r"(?<=in record )\(\d+\)"), "(<n>)"),
    (re.compile(r"(?<=:)3\d{4}(?=/(TCP|UDP))"), "<port>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+\b"), "<token>"),
    (re.compile(r"^eyJ[\w-]+={0,2}$"), "<continue>"),
    (re.compile(r"\bresource version: \d+, current: \d+"), "resource version: <n>, current: <n>"),
    (re.compile(r"\b(kube-api-access|default-token)-[a-z0-9]{5}\b"), r"\1-<generated>"),
]
# Numbers of one server by the name of their field.
OWN_NUMBERS = {"nodePort": "<port>", "healthCheckNodePort": "<port>"}
REVISION = re.compile(r"^\d+$")
AGE = re.compile(r"^(\d+[smhd])+$|^<invalid>$")
# Lists that are compared by what their items are called.
KEYS = ("name", "type", "id")


# What controllers write, which wharf's clusters have and upstream's server here has not.
CONTROLLER = "kube-controller-manager"
COUNTED = {
    "observedGeneration",
    "replicas",
    "fullyLabeledReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "updatedReplicas",
}
TOLD = {"Available", "Progressing"}


def uncontrolled(name, value):
    """A member of an object without what its controller wrote."""
    if name == "managedFields" and isinstance(value, list):
        return {owner(it): it for it in value if isinstance(it, dict) and it.get("manager") != CONTROLLER} or None
    if name == "annotations" and isinstance(value, dict):
        return {key: it for key, it in value.items() if key != "deployment.kubernetes.io/revision"} or None
    if name == "status" and isinstance(value, dict) and value.keys() & COUNTED:
        kept = {key: it for key, it in value.items() if key not in COUNTED}
        kept["conditions"] = [it for it in kept.get("conditions", []) if it.get("type") not in TOLD]
        return {key: it for key, it in kept.items() if it != []}
    return value


def owner(entry):
    """How an owner of fields is called: there is one entry for each."""
    parts = (entry.get(key) for key in ("manager", "operation", "subresource"))
    return ":".join(part for part in parts if part)


def normal(value, field=""):
    if isinstance(value, dict):
        if value.get("kind") == "Status" and (value.get("details") or {}).get("causes"):
            # The rest of the message are the causes, which are compared one by one.
            value = value | {"message": value.get("message", "").partition(": ")[0]}
        members = {name: uncontrolled(name, it) for name, it in value.items()}
        return {text(name): normal(it, name) for name, it in members.items() if it is not None or value[name] is None}
    if isinstance(value, list):
        return [normal(it, "cell" if field == "cells" else "") for it in value]
    if isinstance(value, str):
        if field in ("resourceVersion", "uid", "hash") and value:
            return f"<{field}>"
        return "<age>" if field == "cell" and AGE.match(value) else text(value)
    return OWN_NUMBERS.get(field, value) if isinstance(value, int) else value


def text(value):
    for pattern, word in OWN:
        value = pattern.sub(word, value)
    return value


def fields(message):
    """A message of protobuf without its schema: what it has by the numbers of its fields."""
    found, rest = {}, message
    while rest:
        tag, rest = varint(rest)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("no field has the number 0")
        if wire == 0:
            value, rest = varint(rest)
        elif wire == 2:
            length, rest = varint(rest)
            if length > len(rest):
                raise ValueError("a field ends after its message")
            value, rest = inner(rest[:length]), rest[length:]
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
            value, rest = rest[:length].hex(), rest[length:]
        else:
            raise ValueError(f"no field has the type {wire}")
        found.setdefault(str(number), []).append(value)
    return found


def varint(data):
    value = 0
    for index, byte in enumerate(data[:10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, data[index + 1 :]
    raise ValueError("a number without an end")


def inner(data):
    """A message if it can be one and is no text that people read."""
    try:
        said = data.decode()
        if said.isprintable():
            return said
    except UnicodeDecodeError:
        pass
    try:
        return fields(data)
    except ValueError:
        return data.hex()


def readable(answer):
    """An answer as one value."""
    body = answer.body
    if isinstance(body, bytes):
        body = fields(body.removeprefix(b"k8s\0")) if body.startswith(b"k8s\0") else body.hex()
        # `Unknown`: what kind it is, and the object as bytes.
        body = normal(body)
        body = masked(body)
    elif "yaml" in answer.type and isinstance(body, str):
        body = normal(yaml.safe_load(body))
    else:
        body = normal(body)
    head = {"code": answer.code, "type": answer.type.replace(" ", ""), "warnings": normal(answer.warnings)}
    return head | (body if isinstance(body, dict) else {"body": body})


def by_name(value):
    """An answer with its objects, or the events about them, in the order of their names."""
    named = {name: it for name, it in value.items() if name in ("items", "body") and isinstance(it, list)}
    return value | {name: sorted(it, key=lambda one: one.get("object", one)["metadata"]["name"]) for name, it in named.items()}


def masked(value):
    """Of protobuf: revisions and times, which have no names there."""
    if isinstance(value, dict):
        # Seconds and nanoseconds of a moment.
        if set(value) <= {"1", "2"} and isinstance(value.get("1", [""])[0], int) and value["1"][0] > 1_700_000_000:
            return "<time>"
        return {name: masked(it) for name, it in value.items()}
    if isinstance(value, list):
        return [masked(it) for it in value]
    return "<revision>" if isinstance(value, str) and REVISION.match(value) else value


def compared(theirs, ours):
    """The differences of two readable answers. Of one that is refused and one that is not, nothing else can be compared."""
    if (theirs["code"] < 400) != (ours["code"] < 400):
        yield "differs", "code", theirs, ours
    else:
        yield from differences(theirs, ours)


def differences(theirs, ours, path=""):
    """`(how, path, theirs, ours)` of each: `lacks` what theirs has, `adds` what it has not, `differs`, `order`."""
    if path.endswith("details.causes") and isinstance(theirs, list) and isinstance(ours, list):
        yield from of_causes(theirs, ours, path)
    elif isinstance(theirs, dict) and isinstance(ours, dict):
        for name in dict.fromkeys([*theirs, *ours]):
            below = f"{path}.{name}" if path else name
            if name not in ours:
                yield "lacks", below, theirs[name], None
            elif name not in theirs:
                yield "adds", below, None, ours[name]
            else:
                yield from differences(theirs[name], ours[name], below)
    elif isinstance(theirs, list) and isinstance(ours, list):
        yield from of_lists(theirs, ours, path)
    elif theirs != ours or type(theirs) is not type(ours):
        yield "differs", path, theirs, ours


# A cause that shows a value: what is said of it before and after.
SHOWS = re.compile(r"(Invalid|Unsupported|Duplicate) value: ")


def split(message):
    """The parts of a cause's message: how it begins, the value it shows, and the rest. The value is `None` where Go printed it."""
    begins = SHOWS.match(message)
    if not begins:
        return message, "", ""
    head, rest = begins.group(), message[begins.end() :]
    try:
        _, end = json.JSONDecoder().raw_decode(rest)
        if rest[end:].startswith(": ") or end == len(rest):
            return head, rest[:end], rest[end:]
    except json.JSONDecodeError:
        pass
    return head, None, printed(rest)


def printed(text):
    """What follows a value that Go printed: its brackets say where it ends."""
    depth, is_text, index = 0, False, 0
    while index < len(text):
        sign = text[index]
        if is_text:
            index += sign == "\\"
            is_text = sign != '"'
        elif sign == '"':
            is_text = True
        elif sign in "{[(":
            depth += 1
        elif sign in "}])":
            depth -= 1
        elif sign == ":" and depth == 0 and text[index : index + 2] == ": ":
            return text[index:]
        index += 1
    return ""


def of_causes(theirs, ours, path):
    """Causes come in no order; that one is told twice says nothing. Values that Go printed are JSON by now, whatever they are."""
    left, right = unique(theirs), unique(ours)
    for one in [*left]:
        same = next((it for it in right if is_same(one, it)), None)
        if same is not None:
            left.remove(one)
            right.remove(same)
    for one in [*left]:
        other = next((it for it in right if it.get("field") == one.get("field")), None)
        below = f"{path}[{one.get('field')}]"
        if other is None:
            yield "lacks", below, one, None
        else:
            right.remove(other)
            yield "differs", below, one, other
    for one in right:
        yield "adds", f"{path}[{one.get('field')}]", None, one


def unique(causes):
    return [it for index, it in enumerate(causes) if it not in causes[:index]]


def is_same(theirs, ours):
    if theirs == ours:
        return True
    old, new = (split(it.get("message", "")) for it in (theirs, ours))
    is_printed = old[1] is None and new[1] is not None
    return is_printed and all(theirs.get(key) == ours.get(key) for key in ("field", "reason")) and (old[0], old[2]) == (new[0], new[2])


def of_lists(theirs, ours, path):
    key = next((key for key in KEYS if are_called(theirs, key) and are_called(ours, key)), None)
    if key is None or not theirs or not ours:
        for index in range(max(len(theirs), len(ours))):
            below = f"{path}[{index}]"
            if index >= len(ours):
                yield "lacks", below, theirs[index], None
            elif index >= len(theirs):
                yield "adds", below, None, ours[index]
            else:
                yield from differences(theirs[index], ours[index], below)
        return
    left, right = ({it[key]: it for it in items} for items in (theirs, ours))
    for name in dict.fromkeys([*left, *right]):
        below = f"{path}[{name}]"
        if name not in right:
            yield "lacks", below, left[name], None
        elif name not in left:
            yield "adds", below, None, right[name]
        else:
            yield from differences(left[name], right[name], below)
    orders = [name for name in left if name in right], [name for name in right if name in left]
    if orders[0] != orders[1]:
        yield "order", path, *orders


def are_called(items, key):
    if not all(isinstance(it, dict) and isinstance(it.get(key), str) for it in items):
        return False
    return len({it[key] for it in items}) == len(items)


class Explained:
    """A list of differences with a reason each, which begins with `#`; below it, lines that share it.

    `HOW REQUEST PATH` is a difference, with `*` for anything in all three; behind `maybe`, one that need not be there each time. `said "THEIRS" "OURS"` is a text, told in other words by
    now: with `*` for what is in both, in the order in which it comes.
    """

    def __init__(self, path):
        self.rules, self.texts, self.used = [], [], set()
        reason, is_open = "", False
        for line in pathlib.Path(path).read_text().splitlines():
            if line.startswith("#"):
                reason, is_open = (f"{reason} {line[1:].strip()}" if is_open else line[1:].strip()), True
            elif line.strip():
                is_open = False
                if line.startswith("said "):
                    self.texts.append((*worded(line), line))
                    continue
                how, request, where = line.removeprefix("maybe ").split()
                self.rules.append((how, request, where, reason, line))

    def in_our_words(self, value):
        """An answer of theirs with the texts that are told otherwise by now."""
        if isinstance(value, dict):
            return {name: self.in_our_words(it) for name, it in value.items()}
        if isinstance(value, list):
            return [self.in_our_words(it) for it in value]
        if isinstance(value, str):
            for pattern, text, line in self.texts:
                match = pattern.fullmatch(value)
                if match:
                    self.used.add(line)
                    value = filled(text, match.groups())
        return value

    def reason(self, how, request, where):
        for rule in self.rules:
            if all(map(matches, (how, request, where), rule)):
                self.used.add(rule)
                return rule[3]
        return None

    def unused(self):
        rules = (rule for rule in self.rules if rule not in self.used and not rule[4].startswith("maybe "))
        return [rule[4] for rule in rules] + [it[2] for it in self.texts if it[2] not in self.used]


def worded(line):
    """Of a line `said "THEIRS" "OURS"`: a pattern and a text."""
    decoder, rest = json.JSONDecoder(), line.removeprefix("said ").strip()
    theirs, end = decoder.raw_decode(rest)
    ours, _ = decoder.raw_decode(rest[end:].strip())
    return re.compile("(.*)".join(map(re.escape, theirs.split("*"))), re.DOTALL), ours


def filled(text, parts):
    for part in parts:
        text = text.replace("*", "\0" + part.replace("*", "\1"), 1)
    return text.replace("\0", "").replace("\1", "*")


def matches(value, pattern):
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))
