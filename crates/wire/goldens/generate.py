#!/usr/bin/env python3
"""Write the goldens: what the official SDK sends, byte for byte, and how it signs.

    .venv/bin/python crates/wire/goldens/generate.py

Runs offline and is deterministic; a second run must change nothing. README.md beside it describes the files.
"""

import datetime
import json
import pathlib
import sys
import uuid

import botocore
import botocore.session
from botocore.config import Config

import cases
import own
import shapes
import signatures

HERE = pathlib.Path(__file__).resolve().parent
BOTOCORE = "1.44.5"
ENDPOINT = "http://localhost:4566"
KEPT_HEADERS = ("content-type", "x-amz-target")


# Services whose answers carry times without a fraction.
WHOLE_SECONDS = ("iam", "sts")


class Stop(Exception):
    """Ends a call once its bytes are known."""


class Recorder:
    """A client whose requests are kept instead of sent."""

    def __init__(self, session, service):
        self.client = session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=ENDPOINT,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
        )
        self.request = None
        self.parameters = None
        events = self.client.meta.events
        events.register_last("before-parameter-build", self._keep_parameters)
        events.register_first("before-send", self._keep_request)

    def _keep_parameters(self, params, **_):
        self.parameters = dict(params)

    def _keep_request(self, request, **_):
        self.request = request
        raise Stop

    def call(self, operation, parameters):
        method = getattr(self.client, botocore.xform_name(operation))
        try:
            method(**parameters)
        except Stop:
            return
        raise RuntimeError(f"{operation} was not sent")


def request_golden(recorder, service, operation, parameters):
    recorder.call(operation, parameters)
    request = recorder.request
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    return {
        "service": service,
        "operation": operation,
        "method": request.method,
        "path": request.url.removeprefix(ENDPOINT),
        "headers": {name: headers[name] for name in KEPT_HEADERS if name in headers},
        "body": body.decode(),
        "parameters": visible(recorder, shapes.canonical(recorder.parameters)),
    }


def visible(recorder, parameters):
    """The parameters without what the protocol cannot say: form bodies carry no empty structures, ec2's no empty lists."""
    protocol = recorder.client.meta.service_model.resolved_protocol
    if protocol == "json":
        return parameters
    unsaid = ({}, []) if protocol == "ec2" else ({},)
    return _without(parameters, unsaid)


def _without(value, unsaid):
    if isinstance(value, dict):
        pruned = {key: _without(item, unsaid) for key, item in value.items()}
        return {key: item for key, item in pruned.items() if item not in unsaid}
    if isinstance(value, list):
        return [_without(item, unsaid) for item in value]
    return value


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def file_name(service, operation, case):
    return ".".join(part for part in (service, operation, case) if part) + ".json"


_written = set()


def write(folder, name, value):
    if (folder / name) in _written:
        raise RuntimeError(f"two cases write {name}")
    _written.add(folder / name)
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    (folder / name).write_text(text, encoding="utf-8")
    return name


def clear_others(folder, kept):
    """Remove goldens whose case is gone."""
    for path in folder.glob("*.json"):
        if path.name not in kept:
            path.unlink()


def fixed_tokens():
    """Idempotency tokens that botocore makes up become the same in every run."""
    uuid.uuid4 = lambda: uuid.UUID("11111111-2222-4333-8444-555555555555")


def write_requests(session):
    folder = HERE / "requests"
    folder.mkdir(exist_ok=True)
    recorders, kept = {}, set()
    for service, operation, case, parameters in cases.REQUESTS:
        if service not in recorders:
            recorders[service] = Recorder(session, service)
        recorder = recorders[service]
        if parameters is cases.FULL:
            model = recorder.client.meta.service_model.operation_model(operation)
            parameters = shapes.fill(model.input_shape)
        golden = request_golden(recorder, service, operation, parameters)
        kept.add(write(folder, file_name(service, operation, case), golden))
    clear_others(folder, kept)
    return len(kept)


def whole_seconds(value):
    if isinstance(value, dict):
        return {key: whole_seconds(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_seconds(item) for item in value]
    return value.replace(microsecond=0) if isinstance(value, datetime.datetime) else value


def write_responses(session):
    folder = HERE / "responses"
    folder.mkdir(exist_ok=True)
    kept = set()
    for service, operation, case, value in cases.RESPONSES:
        model = session.get_service_model(service).operation_model(operation)
        if value is cases.FULL:
            value = shapes.fill(model.output_shape)
        if service in WHOLE_SECONDS:
            value = whole_seconds(value)
        golden = {"service": service, "operation": operation, "case": case, "value": shapes.canonical(value)}
        kept.add(write(folder, file_name(service, operation, case), golden))
    for service, operation, case, code, status, message, members in cases.ERRORS:
        error = {"code": code, "status": status, "message": message, "members": shapes.canonical(members)}
        golden = {"service": service, "operation": operation, "case": f"error-{case}", "error": error}
        kept.add(write(folder, file_name(service, operation, f"error-{case}"), golden))
    clear_others(folder, kept)
    return len(kept)


def main():
    if botocore.__version__ != BOTOCORE:
        sys.exit(f"generate.py needs botocore {BOTOCORE} and found {botocore.__version__}: run make deps, then .venv/bin/python")
    fixed_tokens()
    session = own.teach(botocore.session.Session())
    requests = write_requests(session)
    responses = write_responses(session)
    signed = signatures.all_cases()
    write(HERE, "signatures.json", signed)
    print(f"{requests} requests, {responses} responses, {len(signed)} signatures")


if __name__ == "__main__":
    main()
