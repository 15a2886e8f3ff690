#!/usr/bin/env python3
"""Every operation of every model, in each of its protocols, against what the official SDK sends and reads.

    .venv/bin/python crates/wire/goldens/every.py ask FOLDER       # writes FOLDER/asked.jsonl
    WHARF_EVERY=FOLDER cargo test -p wharf-model --test every      # decodes it, writes FOLDER/answered.jsonl
    .venv/bin/python crates/wire/goldens/every.py check FOLDER     # reads that as the SDK does

Each line of `asked.jsonl` is a request with all members set and the parameters that a decoder must find in it, or
a value or an error that an encoder must turn into an answer. Nothing of it is checked in: models and botocore make it.
"""

import base64
import json
import pathlib
import re
import sys
import urllib.parse

import botocore
import botocore.awsrequest
import botocore.handlers
import botocore.parsers
import botocore.serialize
import botocore.session

import own
import shapes
from generate import BOTOCORE, WHOLE_SECONDS, _without, whole_seconds
from verify import difference

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
MODELS = REPOSITORY / "models"
MESSAGE = 'No <such> "thing" & ünïcode'


def older_codes():
    """What errors of SQS are called by clients that know its older protocol: the model does not say it, our generator does."""
    source = (REPOSITORY / "crates/model/src/sqs.rs").read_text()
    table = re.search(r"const CODES: .*?= \[(.*?)\];", source, re.S).group(1)
    return dict(re.findall(r'"(\w+)",\s*"([\w.]+)"', table))


OLDER_OF_SQS = older_codes()


def texts_of_s3():
    """Shapes that the SDK's model has as times and our generator makes texts of."""
    source = (REPOSITORY / "crates/model/src/lib.rs").read_text()
    return re.findall(r'"(\w+)"', re.search(r"const S3_TEXTS: .*?= \[(.*?)\];", source, re.S).group(1))


def models(session):
    """Our models beside the SDK's, by name."""
    for path in sorted(MODELS.glob("*.json")):
        ours = json.loads(path.read_text(encoding="utf-8"))
        model = session.get_service_model(path.stem)
        if path.stem == "s3":
            for shape in texts_of_s3():
                model._service_description["shapes"][shape] = {"type": "string"}
        yield path.stem, ours, model


def without_fraction(shape, value, in_header=False):
    """A value in the formats of times that have no fraction: those of headers, and where the model says so."""
    kind = shape.type_name
    if kind == "timestamp":
        whole = in_header or shape.serialization.get("timestampFormat") in ("rfc822", "unixTimestamp")
        return value.replace(microsecond=0) if whole else value
    if kind == "list":
        return [without_fraction(shape.member, item, in_header) for item in value]
    if kind == "map":
        return {key: without_fraction(shape.value, item, in_header) for key, item in value.items()}
    if kind == "structure" and not getattr(shape, "is_document_type", False):
        members = {}
        for name, item in value.items():
            target = shape.members[name]
            location = target.serialization.get("location")
            if location == "headers":
                item = dict(zip(("first", "second"), item.values(), strict=True))
            members[name] = without_fraction(target, item, location == "header")
        return members
    return value


def unsaid(protocol, value):
    """The value without what the protocol cannot say."""
    if protocol == "query":
        return _without(value, ({},))
    return _without(value, ({}, [])) if protocol == "ec2" else value


def request(service, protocol, operation):
    shape = operation.input_shape
    parameters = without_fraction(shape, shapes.fill(shape)) if shape else {}
    # The SDK rounds the times of JSON down.
    if protocol in ("json", "rest-json"):
        parameters = whole_seconds(parameters)
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    sent = serializer.serialize_to_request(parameters, operation)
    path, _, query = sent["url_path"].partition("?")
    more = sent.get("query_string") or {}
    query = "&".join(part for part in (query, urllib.parse.urlencode(more, doseq=True)) if part)
    body = sent["body"]
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    return {
        "kind": "request",
        "service": service,
        "protocol": protocol,
        "operation": operation.name,
        "method": sent["method"],
        "path": path,
        "query": query,
        "headers": {name.lower(): _text(value) for name, value in sent["headers"].items()},
        "body": base64.b64encode(body or b"").decode(),
        "parameters": unsaid(protocol, shapes.canonical(parameters)),
    }


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def value(service, protocol, operation):
    shape = operation.output_shape
    filled = without_fraction(shape, shapes.fill(shape)) if shape else {}
    if service in WHOLE_SECONDS:
        filled = whole_seconds(filled)
    filled = shapes.canonical(filled)
    return {"kind": "value", "service": service, "protocol": protocol, "operation": operation.name, "value": filled}


def is_message(name):
    return name.lower() in ("message", "type", "code")


def error(service, protocol, operation, shape, ours):
    filled = without_fraction(shape, shapes.fill(shape))
    members = {name: item for name, item in filled.items() if not is_message(name)}
    # EC2's and S3's errors have no members.
    if protocol in ("ec2", "rest-xml"):
        members = {}
    modelled = ours["shapes"][shape.name].get("error", {})
    of_query = modelled.get("code", OLDER_OF_SQS.get(shape.name, shape.name) if service == "sqs" else shape.name)
    speaks_query = ours["metadata"]["protocol"] in ("query", "ec2", "rest-xml")
    says_query = protocol in ("query", "ec2", "rest-xml") or "awsQueryCompatible" in ours["metadata"]
    return {
        "kind": "error",
        "service": service,
        "protocol": protocol,
        "operation": operation.name,
        "shape": shape.name,
        "code": of_query if speaks_query else shape.name,
        "read": of_query if says_query else shape.name,
        "status": modelled.get("httpStatusCode", 400),
        "message": MESSAGE,
        "members": shapes.canonical(members),
    }


def lines(session):
    for service, ours, model in models(session):
        for protocol in ours["metadata"]["protocols"]:
            told = set()
            for name in ours["operations"]:
                operation = model.operation_model(name)
                yield request(service, protocol, operation)
                if not operation.has_event_stream_output:
                    yield value(service, protocol, operation)
                for shape in operation.error_shapes:
                    if shape.name not in told and shape.name in ours["shapes"]:
                        told.add(shape.name)
                        yield error(service, protocol, operation, shape, ours)


def ask(session, folder):
    count = 0
    with open(folder / "asked.jsonl", "w", encoding="utf-8") as file:
        for line in lines(session):
            file.write(json.dumps(line) + "\n")
            count += 1
    print(f"{count} requests, values and errors")
    return 0


def read(parser, answer, shape):
    headers = botocore.awsrequest.HeadersDict(dict(answer["headers"]))
    body = base64.b64decode(answer["body"])
    # What streams is no bytes to the SDK, and not made to text.
    payload = shape.serialization.get("payload") if shape else None
    if payload and shape.members[payload].type_name == "blob":
        body = bytearray(body)
    response = {"status_code": answer["status"], "headers": headers, "body": body, "context": {}}
    return parser.parse(response, shape)


def check_one(asked, answer, model):
    parser = botocore.parsers.create_parser(asked["protocol"])
    operation = model.operation_model(asked["operation"])
    if asked["kind"] == "value":
        parsed = read(parser, answer, operation.output_shape)
        if (asked["service"], asked["operation"]) == ("s3", "GetBucketLocation"):
            http = type("Response", (), {"raw": True, "content": base64.b64decode(answer["body"])})
            botocore.handlers.parse_get_bucket_location(parsed, http)
        parsed.pop("ResponseMetadata", None)
        return difference("value", asked["value"], shapes.canonical(parsed))
    parsed = read(parser, answer, operation.output_shape)
    found = {"code": parsed["Error"]["Code"], "message": parsed["Error"]["Message"], "status": answer["status"]}
    parsed = read(parser, answer, model.shape_for(asked["shape"]))
    ignored = ("Error", "ResponseMetadata")
    found["members"] = shapes.canonical({n: v for n, v in parsed.items() if n not in ignored and not is_message(n)})
    wanted = {"code": asked["read"], "message": MESSAGE, "status": asked["status"], "members": asked["members"]}
    return difference("error", wanted, found)


def check(session, folder):
    found = {name: model for name, _, model in models(session)}
    count, faults = 0, []
    with open(folder / "asked.jsonl", encoding="utf-8") as asked, open(folder / "answered.jsonl", encoding="utf-8") as answered:
        for line in (json.loads(line) for line in asked):
            if line["kind"] == "request":
                continue
            count += 1
            name = " ".join(line[key] for key in ("service", "protocol", "operation", "kind"))
            answer = json.loads(next(answered))
            try:
                fault = check_one(line, answer, found[line["service"]])
            except (botocore.parsers.ResponseParserError, KeyError, ValueError, AttributeError) as cause:
                fault = f"the SDK cannot read it: {cause!r}"
            if fault:
                faults.append(f"{name}: {fault}")
    for fault in faults[:200]:
        print(fault)
    print(f"{count - len(faults)} of {count} answers agree with botocore {botocore.__version__}")
    return 1 if faults else 0


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("ask", "check"):
        sys.exit(__doc__)
    if botocore.__version__ != BOTOCORE:
        sys.exit(f"every.py needs botocore {BOTOCORE} and found {botocore.__version__}: run make deps, then .venv/bin/python")
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    session = own.teach(botocore.session.Session())
    return ask(session, folder) if sys.argv[1] == "ask" else check(session, folder)


if __name__ == "__main__":
    sys.exit(main())
