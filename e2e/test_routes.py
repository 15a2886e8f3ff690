"""Every operation of every service, and every registry route, refuses who does not prove who they are."""

import datetime
import http.client
import json
import pathlib
import re

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import tasks, tools

MODELS = tools.REPOSITORY / "models"
TABLE = (tools.REPOSITORY / "crates/server/src/services.rs").read_text()
SERVICES = [name.replace("_", "-") for name in re.findall(r"schema: &wharf_api_(\w+)::schema::SERVICE", TABLE)]

# What each protocol says: (status, code).
REFUSALS = {
    "unsigned": {
        "json": (400, "MissingAuthenticationTokenException"),
        "query": (403, "MissingAuthenticationToken"),
        "ec2": (401, "AuthFailure"),
    },
    "unknown key": {"json": (400, "UnrecognizedClientException"), "query": (403, "InvalidClientTokenId"), "ec2": (401, "AuthFailure")},
    "forged": {"json": (400, "InvalidSignatureException"), "query": (403, "SignatureDoesNotMatch"), "ec2": (401, "AuthFailure")},
    "changed body": {"json": (400, "InvalidSignatureException"), "query": (403, "SignatureDoesNotMatch"), "ec2": (401, "AuthFailure")},
    "old": {"json": (400, "InvalidSignatureException"), "query": (403, "SignatureDoesNotMatch"), "ec2": (400, "RequestExpired")},
    "made-up token": {"json": (400, "UnrecognizedClientException"), "query": (403, "InvalidClientTokenId"), "ec2": (401, "AuthFailure")},
}
# Of REST services a request is known by its path, and which service a path is for, its signature says.
UNKNOWN_PATH = [(404, "There is nothing at this path."), (400, "MissingAction")]
# A path that begins with what may be a bucket is one of S3, where nobody signed it.
OF_A_BUCKET = [
    *UNKNOWN_PATH,
    (404, "NoSuchBucket"),
    (403, "AccessDenied"),
    (400, "MalformedXML"),
    (400, "InvalidRequest"),
    (405, "MethodNotAllowed"),
]
REST_REFUSALS = {
    "rest-json": {
        "unsigned": OF_A_BUCKET,
        "unknown key": [(403, "UnrecognizedClientException")],
        "forged": [(403, "InvalidSignatureException")],
        "changed body": [(403, "InvalidSignatureException")],
        "old": [(403, "InvalidSignatureException")],
        "made-up token": [(403, "UnrecognizedClientException")],
    },
    "rest-xml": {
        "unsigned": OF_A_BUCKET,
        "unknown key": [(403, "InvalidAccessKeyId"), (405, "MethodNotAllowed")],
        "forged": [(403, "SignatureDoesNotMatch")],
        # A body that passes piece by piece is looked at by an operation that is let in, and here is no bucket.
        "changed body": [(400, "XAmzContentSHA256Mismatch"), (400, "InvalidRequest"), (404, "NoSuchBucket"), (405, "MethodNotAllowed")],
        "old": [(403, "RequestTimeTooSkewed")],
        "made-up token": [(403, "InvalidAccessKeyId"), (405, "MethodNotAllowed")],
    },
}
# Operations that anyone with valid keys may call: IAM asks for no permission for them.
OPEN_TO_ALL = {"GetCallerIdentity", "GetSessionToken"}
# Operations that bring a proof of their own in place of a signature.
PROVEN_OTHERWISE = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}
UNPROVEN = [(400, "ValidationError"), (400, "InvalidIdentityToken"), (403, "AccessDenied")]

REGISTRY_ROUTES = [
    ("GET", "/v2/"),
    ("GET", "/v2/_catalog"),
    ("GET", "/v2/routes/tags/list"),
    ("HEAD", "/v2/routes/manifests/latest"),
    ("GET", "/v2/routes/manifests/latest"),
    ("PUT", "/v2/routes/manifests/latest"),
    ("DELETE", "/v2/routes/manifests/sha256:" + "0" * 64),
    ("HEAD", "/v2/routes/blobs/sha256:" + "0" * 64),
    ("GET", "/v2/routes/blobs/sha256:" + "0" * 64),
    ("POST", "/v2/routes/blobs/uploads/"),
    ("PATCH", "/v2/routes/blobs/uploads/00000000-0000-4000-8000-000000000000"),
    ("PUT", "/v2/routes/blobs/uploads/00000000-0000-4000-8000-000000000000?digest=sha256:" + "0" * 64),
    ("GET", "/v2/routes/blobs/uploads/00000000-0000-4000-8000-000000000000"),
    ("DELETE", "/v2/routes/blobs/uploads/00000000-0000-4000-8000-000000000000"),
    ("GET", "/v2/routes/referrers/sha256:" + "0" * 64),
]

# Paths of no AWS API, with the service that requests for them are signed for.
OWN_PATHS = [
    ("POST", "/wharf/node/credentials", "wharf"),
    ("POST", "/wharf/node/confirm", "wharf"),
    ("POST", "/wharf/node/layers", "wharf"),
    ("GET", "/metrics", "wharf"),
    ("POST", "/plane/v1/network", "wharf"),
    ("POST", "/plane/v1/load-balancer", "wharf"),
    ("GET", "/acs/ws?clusterArn=default", "ecs"),
    ("GET", "/tcs/ws?cluster=default", "ecs"),
]


class Route:
    """One operation as bytes."""

    def __init__(self, service, model, operation):
        self.service, self.operation = service, operation
        metadata = model["metadata"]
        # What prefers CBOR understands JSON too.
        self.protocol = "json" if "json" in metadata.get("protocols", []) else metadata["protocol"]
        self.signing_name = metadata.get("signingName", metadata["endpointPrefix"])
        self.method, self.path = "POST", "/"
        if self.protocol in ("rest-json", "rest-xml"):
            route = model["operations"][operation]["http"]
            # Each label is a letter; a bucket's name has three.
            path = route["requestUri"].replace("{Bucket}", "aaa")
            self.method, self.path = route["method"], re.sub(r"\{[^}]+\}", "a", path)
            self.headers = {"Content-Type": "application/json" if self.protocol == "rest-json" else "application/xml"}
            self.body = "" if self.method in ("GET", "HEAD", "DELETE") else "{}"
        elif self.protocol == "json":
            self.headers = {
                "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
                "X-Amz-Target": f"{metadata['targetPrefix']}.{operation}",
            }
            self.body = "{}"
        else:
            self.headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
            self.body = f"Action={operation}&Version={metadata['apiVersion']}"

    def signed(self, wharf, access_key, secret_key, token=None, at=None):
        """The headers of the request, signed at a given moment."""
        request = AWSRequest(method=self.method, url=wharf.endpoint + self.path, data=self.body.encode(), headers=dict(self.headers))
        kind = botocore.auth.S3SigV4Auth if self.protocol == "rest-xml" else botocore.auth.SigV4Auth
        signer = kind(Credentials(access_key, secret_key, token), self.signing_name, "us-east-1")
        clock = botocore.auth.get_current_datetime
        if at is not None:
            botocore.auth.get_current_datetime = lambda *_, **__: at
        try:
            signer.add_auth(request)
        finally:
            botocore.auth.get_current_datetime = clock
        return dict(request.headers.items())


def routes():
    for service in SERVICES:
        model = json.loads(pathlib.Path(MODELS / f"{service}.json").read_text())
        for operation in model["operations"]:
            yield Route(service, model, operation)


@pytest.fixture
def connection(wharf):
    opened = http.client.HTTPConnection("127.0.0.1", wharf.port, timeout=20)
    yield opened
    opened.close()


def ask(connection, wharf, route, body, headers):
    while True:
        try:
            connection.request(route.method, route.path, body=body, headers={"Host": f"localhost:{wharf.port}", **headers})
            answer = connection.getresponse()
            break
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            # A body that nobody wanted ends its connection, sometimes before it was sent.
            connection.close()
    return answer.status, answer.read().decode()


def forgeries(wharf, route):
    """The refused requests of a route: (what is wrong with it, headers, body)."""
    root = wharf.root
    hour = datetime.timedelta(hours=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    yield "unsigned", route.headers, route.body
    yield "unknown key", route.signed(wharf, "AKIAAAAAAAAAAAAAAAAA", root.secret_key), route.body
    yield "forged", route.signed(wharf, root.access_key, "x" * 40), route.body
    yield "changed body", route.signed(wharf, root.access_key, root.secret_key), route.body + (" " if route.protocol == "json" else "&X=1")
    yield "old", route.signed(wharf, root.access_key, root.secret_key, at=now - hour), route.body
    yield "made-up token", route.signed(wharf, "ASIAAAAAAAAAAAAAAAAA", "x" * 40, token="made up"), route.body


def test_every_operation_refuses_forgeries(wharf, connection):
    seen, wrong = 0, []
    for route in routes():
        for fault, headers, body in forgeries(wharf, route):
            status, text = ask(connection, wharf, route, body, headers)
            rest = REST_REFUSALS.get(route.protocol)
            expected = rest[fault] if rest else [REFUSALS[fault][route.protocol]]
            if fault == "unsigned" and route.operation in PROVEN_OTHERWISE:
                expected = UNPROVEN
            seen += 1
            # What HEAD is answered has no body.
            if not any(status == it and (code in text or route.method == "HEAD") for it, code in expected):
                wrong.append(f"{route.service} {route.operation}, {fault}: {status} {text[:200]}")
    assert seen > 3000
    assert not wrong, f"{len(wrong)} of {seen}:\n" + "\n".join(wrong[:20])


def test_no_operation_is_open_to_a_user_without_policies(wharf, connection):
    _, keys = tasks.user(wharf)
    opened = []
    for route in routes():
        status, text = ask(connection, wharf, route, route.body, route.signed(wharf, keys.access_key, keys.secret_key))
        if status < 300 and route.operation not in OPEN_TO_ALL:
            opened.append(f"{route.service} {route.operation}: {status} {text[:100]}")
    assert not opened, "\n".join(opened)


def test_expired_session_is_refused_by_name(wharf):
    """The shortest session lasts 15 minutes, so that its end is tested where the clock can be moved; here, a foreign token."""
    from harness.installation import Keys

    forged = Keys(wharf.root.access_key, wharf.root.secret_key, "made up")
    with pytest.raises(Exception) as caught:
        wharf.client("sts", forged).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"


@pytest.mark.parametrize("authorization", [None, "Basic QVdTOndyb25n", "Basic !!!", "Bearer x", "Basic " + "QQ==" * 5000])
def test_every_registry_route_refuses_strangers(wharf, connection, authorization):
    for method, path in REGISTRY_ROUTES:
        headers = {"Host": f"localhost:{wharf.port}"} | ({"Authorization": authorization} if authorization else {})
        connection.request(method, path, body=b"" if method in ("PUT", "POST", "PATCH") else None, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status in (401, 431), f"{method} {path}: {answer.status} {body}"
        if answer.status == 401:
            # Who begins with `/v2/` may want the public gallery.
            scheme = "Bearer" if path == "/v2/" else "Basic"
            assert answer.headers["Www-Authenticate"].startswith(f"{scheme} realm="), f"{method} {path}: {answer.headers}"


def own(wharf, method, path, service, keys, at=None):
    """The headers of a request for one of wharf's own paths, signed at a given moment."""
    request = AWSRequest(method=method, url=wharf.endpoint + path)
    signer = botocore.auth.SigV4Auth(Credentials(keys.access_key, keys.secret_key), service, "us-east-1")
    clock = botocore.auth.get_current_datetime
    if at is not None:
        botocore.auth.get_current_datetime = lambda *_, **__: at
    try:
        signer.add_auth(request)
    finally:
        botocore.auth.get_current_datetime = clock
    return dict(request.headers.items())


def test_every_path_of_our_own_refuses_strangers(wharf, connection):
    from harness.installation import Keys

    _, nobody = tasks.user(wharf)
    root, wrong = wharf.root, []
    hour_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    for method, path, service in OWN_PATHS:
        tries = {
            "unsigned": {},
            "unknown key": own(wharf, method, path, service, Keys("AKIAAAAAAAAAAAAAAAAA", root.secret_key)),
            "forged": own(wharf, method, path, service, Keys(root.access_key, "x" * 40)),
            "old": own(wharf, method, path, service, root, hour_ago),
            "of another service": own(wharf, method, path, "sts", root),
            "of a user without policies": own(wharf, method, path, service, nobody),
        }
        for fault, headers in tries.items():
            connection.request(method, path, headers={"Host": f"localhost:{wharf.port}", **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status not in (400, 403):
                wrong.append(f"{method} {path}, {fault}: {answer.status} {text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_presigned_url_works_until_it_expires(wharf):
    import requests

    url = wharf.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200 and "arn:aws:iam::000000000000:root" in answer.text, answer.text

    request = AWSRequest(method="GET", url=f"{wharf.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15")
    signer = botocore.auth.SigV4QueryAuth(Credentials(wharf.root.access_key, wharf.root.secret_key), "sts", "us-east-1", expires=60)
    clock = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *_, **__: datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    try:
        signer.add_auth(request)
    finally:
        botocore.auth.get_current_datetime = clock
    answer = requests.get(request.url, timeout=10)
    assert answer.status_code == 403 and "SignatureDoesNotMatch" in answer.text, answer.text
    answer = requests.get(url[:-4] + "0000", timeout=10)
    assert answer.status_code == 403 and "SignatureDoesNotMatch" in answer.text, answer.text
