"""Bytes that no client sends. The server answers in its protocol and goes on."""

import json
import socket

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ECS = {"Content-Type": "application/x-amz-json-1.1"}
TARGET = "AmazonEC2ContainerServiceV20141113."
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def send(wharf, service, body, headers):
    request = AWSRequest(method="POST", url=wharf.endpoint + "/", data=body, headers=headers)
    SigV4Auth(Credentials(wharf.root.access_key, wharf.root.secret_key), service, "us-east-1").add_auth(request)
    return requests.post(wharf.endpoint + "/", data=body, headers=dict(request.headers.items()), timeout=30)


@pytest.fixture(autouse=True)
def still_there(wharf):
    """Whatever a test sends, the same server process answers afterwards."""
    server = wharf.child("server")
    yield
    assert wharf.child("server") == server and wharf.healthy()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"cluster":',
        b'{"cluster":1}',
        b'{"maxResults":"many"}',
        b'{"maxResults":1e400}',
        b"\xff\xfe\x00",
        b'{"cluster":"\\ud800"}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"{}{}",
    ],
    ids=range(14),
)
def test_malformed_json(wharf, body):
    answer = send(wharf, "ecs", body, {**ECS, "X-Amz-Target": TARGET + "ListTasks"})
    if body == b"":
        assert answer.status_code in (200, 400)
        return
    assert answer.status_code == 400, answer.text
    assert answer.json()["__type"] == "SerializationException", answer.text


def test_unknown_members_and_nulls_are_ignored(wharf):
    body = b'{"cluster":null,"clusterName":"x","unheardOf":{"a":[1,2,{}]},"nextToken":null}'
    answer = send(wharf, "ecs", body, {**ECS, "X-Amz-Target": TARGET + "ListTasks"})
    assert answer.status_code == 200 and isinstance(answer.json()["taskArns"], list), answer.text


@pytest.mark.parametrize("target", ["NoSuchOperation", "", "ListTasks.More", "listtasks", "../x", "ListTasks" * 1000])
def test_unknown_json_operation(wharf, target):
    answer = send(wharf, "ecs", b"{}", {**ECS, "X-Amz-Target": TARGET + target})
    assert answer.status_code == 400 and answer.json()["__type"] == "UnknownOperationException", answer.text


@pytest.mark.parametrize(
    ("service", "body", "code"),
    [
        ("iam", b"Action=NoSuchOperation&Version=2010-05-08", "InvalidAction"),
        ("iam", b"", "MissingAction"),
        ("iam", b"Version=2010-05-08", "MissingAction"),
        ("sts", b"Action=GetCallerIdentity&Version=1999-01-01", "InvalidAction"),
        ("ec2", b"Action=NoSuchOperation&Version=2016-11-15", "InvalidAction"),
        ("iam", b"Action=ListUsers&Version=2010-05-08&MaxItems=many", "MalformedInput"),
        ("iam", b"Action=CreateUser&Version=2010-05-08", "ValidationError"),
        ("ec2", b"Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=a&Filter.999999999999.Name=b", ""),
        ("ec2", b"Action=DescribeVpcs&Version=2016-11-15&Filter.0.Name=a", ""),
        ("iam", b"Action=ListUsers&Version=2010-05-08&=&&%zz=%&x", ""),
        ("elbv2", b"Action=CreateLoadBalancer&Version=2015-12-01&Name=x&Subnets.member.4294967295=a", ""),
        ("iam", b"Action=CreateUser&Version=2010-05-08&UserName=" + b"x" * 3_000_000, ""),
    ],
)
def test_faulty_forms(wharf, service, body, code):
    signing = {"elbv2": "elasticloadbalancing"}.get(service, service)
    answer = send(wharf, signing, body, FORM)
    assert answer.status_code < 500, answer.text
    if code:
        assert answer.status_code >= 400 and f"<Code>{code}</Code>" in answer.text, answer.text


def test_unsupported_operations_say_so_in_their_protocol(wharf):
    answer = send(wharf, "ecs", b"{}", {**ECS, "X-Amz-Target": TARGET + "ListGateways"})
    assert answer.status_code in (400, 501) and "__type" in answer.json(), answer.text
    answer = send(wharf, "ec2", b"Action=DescribeNetworkAcls&Version=2016-11-15", FORM)
    assert answer.status_code < 500 and ("<Response><Errors>" in answer.text or answer.status_code == 200), answer.text


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00\x01\x02\x03",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
    ids=range(10),
)
def test_faulty_http(wharf, raw):
    with socket.create_connection(("127.0.0.1", wharf.port), timeout=5) as connection:
        connection.settimeout(5)
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        except OSError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 2")


def test_large_bodies_are_refused_without_being_held(wharf):
    from harness import processes

    server = wharf.child("server")
    before = processes.resident_bytes(server)
    body = json.dumps({"cluster": "x" * 30_000_000}).encode()
    try:
        answer = send(wharf, "ecs", body, {**ECS, "X-Amz-Target": TARGET + "ListTasks"})
        assert answer.status_code in (400, 413), answer.text[:200]
    except requests.ConnectionError:
        pass  # closed before all was sent
    assert processes.resident_bytes(server) - before < 24 << 20


def test_slow_and_idle_connections_do_not_stop_others(wharf):
    idle = [socket.create_connection(("127.0.0.1", wharf.port)) for _ in range(200)]
    try:
        for connection in idle[:100]:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        assert wharf.client("ecs").list_clusters()["clusterArns"]
    finally:
        for connection in idle:
            connection.close()
