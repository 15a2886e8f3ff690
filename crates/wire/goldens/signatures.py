"""Requests signed by botocore at a fixed moment, with every string it computed on the way."""

import datetime
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import cases

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "wharf/token+with=odd%20letters//=="
HOST = "http://localhost:4566"
JSON = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

# (name, service, method, URL, headers, body); headers may repeat a name.
HEADER_FORM = [
    ("json", "ecs", "POST", HOST + "/", JSON, "{}"),
    ("json-unicode-body", "ecs", "POST", HOST + "/", JSON, '{"clusterName":"%s"}' % cases.UNICODE),
    ("form", "sts", "POST", HOST + "/", FORM, "Action=GetCallerIdentity&Version=2011-06-15"),
    ("get-empty-body", "ecs", "GET", HOST + "/", {}, ""),
    ("host-without-port", "ecs", "POST", "http://localhost/", JSON, "{}"),
    ("host-default-port-dropped", "ecs", "POST", "http://localhost:80/", JSON, "{}"),
    ("host-https-port-dropped", "ecs", "POST", "https://example.test:443/", JSON, "{}"),
    ("host-header-of-the-caller", "ecs", "POST", HOST + "/", {**JSON, "Host": "ecs.us-east-1.amazonaws.com"}, "{}"),
    ("host-address-v6", "ecs", "POST", "http://[::1]:4566/", JSON, "{}"),
    ("query", "ecs", "GET", HOST + "/?b=2&a=1", {}, ""),
    ("query-repeated-keys", "ecs", "GET", HOST + "/?k=2&k=10&k=1&K=0", {}, ""),
    ("query-key-without-value", "ecs", "GET", HOST + "/?flag&a=&b", {}, ""),
    ("query-encoded", "ecs", "GET", HOST + "/?sp=a%20b&plus=a%2Bb&slash=a%2Fb&u=%C3%BC&tilde=~&star=%2A", {}, ""),
    ("query-order-by-encoded-name", "ecs", "GET", HOST + "/?%C3%BC=1&z=2&A=3&a-b=4&a=5", {}, ""),
    ("path-space", "eks", "GET", HOST + "/clusters/a%20b", {}, ""),
    ("path-unicode", "eks", "GET", HOST + "/clusters/%E1%88%B4", {}, ""),
    ("path-encoded-slash", "eks", "GET", HOST + "/tags/arn%3Aaws%3Aeks%3Aus-east-1%3A000000000000%3Acluster%2Fc", {}, ""),
    ("path-tilde-and-dots", "eks", "GET", HOST + "/~a/b..c/d.", {}, ""),
    ("path-dot-segments", "eks", "GET", HOST + "/a/./b/../c", {}, ""),
    ("path-above-root", "eks", "GET", HOST + "/../a", {}, ""),
    ("path-double-slashes", "eks", "GET", HOST + "//a///b/", {}, ""),
    ("path-trailing-slash", "eks", "GET", HOST + "/a/", {}, ""),
    ("path-unescaped-letters", "eks", "GET", HOST + "/a:b@c,d;e=f!g(h)*'", {}, ""),
    ("header-spaces", "ecs", "POST", HOST + "/", {**JSON, "X-Amz-Meta": "  a   b \t c  "}, "{}"),
    ("header-empty", "ecs", "POST", HOST + "/", {**JSON, "X-Amz-Empty": ""}, "{}"),
    ("header-repeated", "ecs", "POST", HOST + "/", [*JSON.items(), ("X-Amz-Many", "b"), ("X-Amz-Many", " a  c ")], "{}"),
    ("header-quoted-spaces", "ecs", "POST", HOST + "/", {**JSON, "X-Amz-Quoted": '"a   b"'}, "{}"),
    (
        "headers-left-unsigned",
        "ecs",
        "POST",
        HOST + "/",
        {**JSON, "User-Agent": "test/1", "X-Amzn-Trace-Id": "t", "Expect": "100-continue"},
        "{}",
    ),
    ("payload-hash-of-the-caller", "ecs", "POST", HOST + "/", {**JSON, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, "{}"),
    (
        "websocket",
        "ecs",
        "GET",
        HOST
        + "/ws?agentHash=abc&agentVersion=1.105.0&clusterArn=default&dockerVersion=DockerVersion%3A+25.0.6&protocolVersion=2&sendCredentials=true&seqNum=1",
        {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"},
        "",
    ),
    ("other-region", "ecs", "POST", HOST + "/", JSON, "{}"),
]

QUERY_FORM = [
    ("query", "sts", "GET", HOST + "/?Action=GetCallerIdentity&Version=2011-06-15", {}, 60),
    ("signed-header", "sts", "GET", HOST + "/?Action=GetCallerIdentity&Version=2011-06-15", {"X-K8s-Aws-Id": "cluster one"}, 60),
    ("path", "ecs", "GET", HOST + "/a%20b/~c", {}, 604800),
    ("unicode", "ecs", "GET", HOST + "/?name=%C3%BC%20%2B%2F", {}, 1),
    ("no-query", "ecs", "GET", HOST + "/", {}, 3600),
]

S3_FORM = [
    ("s3-object", "GET", "/bucket/a%20key//b"),
    ("s3-upload", "PUT", "/bucket/key"),
    ("s3-buckets", "GET", "/"),
]


def all_cases():
    """Each request with a long-term key and again with a session token."""
    botocore.auth.get_current_datetime = lambda *_, **__: NOW
    signed = []
    for token in (None, TOKEN):
        suffix = "-with-token" if token else ""
        for name, service, method, url, headers, body in HEADER_FORM:
            region = "eu-west-3" if name == "other-region" else "us-east-1"
            credentials = Credentials(ACCESS_KEY, SECRET_KEY, token)
            signer = botocore.auth.SigV4Auth(credentials, service, region)
            signed.append(sign("header", name + suffix, signer, region, method, url, headers, body))
        for name, service, method, url, headers, expires in QUERY_FORM:
            credentials = Credentials(ACCESS_KEY, SECRET_KEY, token)
            signer = botocore.auth.SigV4QueryAuth(credentials, service, "us-east-1", expires=expires)
            signed.append(sign("presigned", name + suffix, signer, "us-east-1", method, url, headers, ""))
        # The path as it is, and nothing said of a body that is not known yet.
        for name, method, path in S3_FORM:
            credentials = Credentials(ACCESS_KEY, SECRET_KEY, token)
            signer = botocore.auth.S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=3600)
            signed.append(sign("presigned", name + suffix, signer, "us-east-1", method, HOST + path, {}, ""))
    return signed


def sign(form, name, signer, region, method, url, headers, body):
    request = AWSRequest(method=method, url=url, data=body.encode())
    for header, value in headers.items() if isinstance(headers, dict) else headers:
        request.headers.add_header(header, value)
    signer.add_auth(request)
    canonical = signer.canonical_request(_without_signature(request))
    parts = urlsplit(request.url)
    sent = [[header, value] for header, value in request.headers.items()]
    if not any(header.lower() == "host" for header, _ in sent):
        sent.append(["Host", botocore.auth._host_from_url(request.url)])
    return {
        "name": f"{form}-{name}",
        "form": form,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "session_token": signer.credentials.token,
        "region": region,
        "service": signer._service_name,
        "time": NOW.strftime("%Y%m%dT%H%M%SZ"),
        "method": method,
        "target": parts.path + ("?" + parts.query if parts.query else ""),
        "headers": sent,
        "body": body,
        "canonical_request": canonical,
        "string_to_sign": signer.string_to_sign(request, canonical),
        "signature": signer.signature(signer.string_to_sign(request, canonical), request),
    }


def _without_signature(request):
    """The request as it stood when it was signed."""
    bare = AWSRequest(method=request.method, url=request.url.split("&X-Amz-Signature=")[0], data=request.data)
    for header, value in request.headers.items():
        if header != "Authorization":
            bare.headers.add_header(header, value)
    return bare
