#!/usr/bin/env python3
"""Read answers written by wharf's codec with the official SDK's parsers and compare.

    .venv/bin/python crates/wire/goldens/verify.py FOLDER

FOLDER holds one file for each golden in responses/, of the same name but ending `.response`:
    {"status": 200, "headers": {"content-type": "…"}, "body": "…"}
The golden says what the SDK must make of it.
"""

import json
import pathlib
import sys

import botocore.parsers
import botocore.session

import own
import shapes

HERE = pathlib.Path(__file__).resolve().parent


def parse(model, answer):
    """The SDK's reading of an answer, `ResponseMetadata` included."""
    parser = botocore.parsers.create_parser(model.service_model.resolved_protocol)
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    response = {"status_code": answer["status"], "headers": headers, "body": answer["body"].encode(), "context": {}}
    return parser.parse(response, model.output_shape)


def parse_error(model, answer, code):
    """The error and its modelled members, as a client's exception would show them."""
    parsed = parse(model, answer)
    found = {"code": parsed["Error"]["Code"], "message": parsed["Error"]["Message"], "status": answer["status"]}
    shape = model.service_model.shape_for_error_code(found["code"])
    members = {}
    if shape is not None:
        parser = botocore.parsers.create_parser(model.service_model.resolved_protocol)
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        response = {"status_code": answer["status"], "headers": headers, "body": answer["body"].encode(), "context": {}}
        parsed = parser.parse(response, shape)
        ignored = ("Error", "ResponseMetadata", "message", "Message", "Type", "Code")
        members = {name: value for name, value in parsed.items() if name not in ignored}
    return {**found, "members": shapes.canonical(members)}


def difference(path, want, got):
    """The first place at which two values differ, or None."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            if key not in got:
                return f"{path}.{key} is missing"
            if key not in want:
                return f"{path}.{key} = {got[key]!r} should not be there"
            found = difference(f"{path}.{key}", want[key], got[key])
            if found:
                return found
        return None
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        found = (difference(f"{path}[{n}]", a, b) for n, (a, b) in enumerate(zip(want, got, strict=True)))
        return next((line for line in found if line), None)
    if want == got and type(want) is type(got) or _same_number(want, got):
        return None
    return f"{path}: wanted {want!r}, the SDK read {got!r}"


def _same_number(want, got):
    numbers = (int, float)
    return isinstance(want, numbers) and isinstance(got, numbers) and not isinstance(want, bool) and want == got


def check(golden, answer, session):
    model = session.get_service_model(golden["service"]).operation_model(golden["operation"])
    if "error" in golden:
        return difference("error", golden["error"], parse_error(model, answer, golden["error"]["code"]))
    parsed = parse(model, answer)
    parsed.pop("ResponseMetadata", None)
    return difference("value", golden["value"], shapes.canonical(parsed))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    session = own.teach(botocore.session.Session())
    goldens = sorted((HERE / "responses").glob("*.json"))
    faults = []
    for path in goldens:
        answer = folder / (path.stem + ".response")
        if not answer.exists():
            faults.append(f"{path.stem}: no answer was written")
            continue
        golden = json.loads(path.read_text(encoding="utf-8"))
        try:
            fault = check(golden, json.loads(answer.read_text(encoding="utf-8")), session)
        except (botocore.parsers.ResponseParserError, KeyError) as error:
            fault = f"the SDK cannot read it: {error!r}"
        if fault:
            faults.append(f"{path.stem}: {fault}")
    for fault in faults:
        print(fault)
    print(f"{len(goldens) - len(faults)} of {len(goldens)} answers agree with botocore {botocore.__version__}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
