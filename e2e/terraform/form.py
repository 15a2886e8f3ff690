"""The form of a sequence, and the one that walks it.

A string `$name` in a parameter, or `${name}` within one, stands for what an earlier step kept under that name.
"""

import dataclasses
import re
from collections.abc import Callable

from botocore.exceptions import ClientError

from harness.waiting import wait_for

DEADLINE_S = 60


@dataclasses.dataclass(frozen=True)
class Step:
    """One call, `service.operation`."""

    call: str
    parameters: dict = dataclasses.field(default_factory=dict)
    # Name → where in the answer the value is that later steps use.
    keep: dict = dataclasses.field(default_factory=dict)
    # Where in the answer → what must be there, or the plan would show a change.
    shows: dict = dataclasses.field(default_factory=dict)
    # Codes of errors that the provider takes for an answer.
    forgiven: tuple = ()
    # Words that the error has which the tool prints and ends with; an answer would be a surprise.
    refused: str = ""
    # Asked again until this is true of the answer; a forgiven error is the answer None.
    until: Callable | None = None


@dataclasses.dataclass(frozen=True)
class Resource:
    """The calls of one resource. `read` is asked twice after each change; both answers have to be the same."""

    name: str
    create: tuple = ()
    read: tuple = ()
    update: tuple = ()
    # What `read` shows after the update, in place of what its steps say; by the number of the step.
    updated: dict = dataclasses.field(default_factory=dict)
    delete: tuple = ()
    # Members of answers that change by themselves and that the provider does not look at.
    volatile: frozenset = frozenset()


def step(call, *, keep=None, shows=None, forgiven=(), refused="", until=None, **parameters):
    return Step(call, parameters, keep or {}, shows or {}, tuple(forgiven), refused, until)


def filters(**wanted):
    """`Filters` as EC2 has them; `__` stands for a dot and `_` for a dash."""
    return [{"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]} for name, value in wanted.items()]


def tags(kind, **wanted):
    """`TagSpecifications` of a resource that is being made."""
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in wanted.items()]}]


def at(answer, path):
    """The value at a path such as `Vpcs.0.VpcId`; `Attributes[Key=name].Value` finds a member of a list."""
    for part in re.findall(r"\[[^\]]*\]|[^.\[]+", path):
        if part.startswith("["):
            key, _, value = part[1:-1].partition("=")
            answer = next(one for one in answer if str(one.get(key)) == value)
        else:
            answer = answer[int(part)] if isinstance(answer, list) else answer[part]
    return answer


class Walk:
    """Walks sequences against one installation, and remembers what a user of Terraform would complain of."""

    def __init__(self, client, kept=None):
        self._client = client
        self.kept = dict(kept or {})
        self.complaints = []

    def create(self, resource):
        self._steps(resource, "create", resource.create)
        self._read_twice(resource, "read", {})

    def update(self, resource):
        if resource.update:
            self._steps(resource, "update", resource.update)
            self._read_twice(resource, "read after update", resource.updated)

    def delete(self, resource):
        self._steps(resource, "delete", resource.delete)

    def _read_twice(self, resource, phase, updated):
        reads = [dataclasses.replace(one, shows={**one.shows, **updated.get(number, {})}) for number, one in enumerate(resource.read)]
        first = self._steps(resource, phase, reads)
        second = self._steps(resource, phase, reads)
        for one, before, after in zip(reads, first, second, strict=True):
            if _lasting(before, resource.volatile) != _lasting(after, resource.volatile):
                self.complaints.append(f"{resource.name}, {phase}: {one.call} answers differently when asked again: {before} / {after}")

    def _steps(self, resource, phase, steps):
        return [self._step(f"{resource.name}, {phase}: {one.call}", one) for one in steps]

    def _step(self, where, one):
        try:
            answer = self._answer(one)
        except Exception as error:  # noqa: BLE001 all complaints are wanted, not the first alone
            self.complaints.append(f"{where}: {error}")
            return None
        for name, path in one.keep.items():
            self.kept[name] = at(answer, path)
        for path, wanted in one.shows.items():
            wanted = self._filled(wanted)
            try:
                found = at(answer, path)
            except (KeyError, IndexError, StopIteration, TypeError):
                found = None
            if found != wanted:
                self.complaints.append(f"{where}: {path} is {found!r}, the configuration says {wanted!r}")
        return answer

    def _answer(self, one):
        service, operation = one.call.split(".")
        call = getattr(self._client(service), operation)
        parameters = self._filled(one.parameters)

        def ask():
            try:
                answer = call(**parameters)
            except ClientError as error:
                said = error.response["Error"]
                if said["Code"] in one.forgiven or one.refused and one.refused in said.get("Message", ""):
                    return None
                raise
            assert not one.refused, f"it answers: {answer}"
            answer.pop("ResponseMetadata")
            return answer

        if one.until is None:
            return ask()
        seen = []
        wait_for(lambda: one.until(seen.append(ask()) or seen[-1]), DEADLINE_S, f"what {one.call} waits for")
        return seen[-1]

    def _filled(self, value):
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._filled(one) for one in value]
        if not isinstance(value, str):
            return value
        if whole := re.fullmatch(r"\$([a-z_]+)", value):
            return self.kept[whole[1]]
        return re.sub(r"\$\{([a-z_]+)\}", lambda named: str(self.kept[named[1]]), value)


def _lasting(answer, volatile):
    if isinstance(answer, dict):
        return {key: _lasting(one, volatile) for key, one in answer.items() if key not in volatile}
    if isinstance(answer, list):
        return [_lasting(one, volatile) for one in answer]
    return answer


def gone(answer):
    """Nothing came back, or the error that says so."""
    return answer is None or not any(answer.values())
