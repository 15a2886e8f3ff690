"""Asks the service of `objects.rs` with boto3 and curl, and by hand where no client at hand does it.

    client.py PORT

The port speaks HTTP and TLS. Every name of a host leads to this machine.
"""

import base64
import datetime
import hashlib
import hmac
import http.client
import io
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import urllib.request
import warnings

import boto3
import botocore.exceptions
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

PORT = int(sys.argv[1])
KEY, SECRET = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
LARGE = 256 << 20
BODY = bytes(range(256)) * 1000
EMPTY = hashlib.sha256(b"").hexdigest()

warnings.filterwarnings("ignore", message="Unverified HTTPS request")
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda _host, *rest, **more: resolve("127.0.0.1", *rest, **more)


def client(scheme="http", host="127.0.0.1", style="path", **config):
    settings = Config(s3={"addressing_style": style}, retries={"total_max_attempts": 1}, **config)
    return boto3.client("s3", endpoint_url=f"{scheme}://{host}:{PORT}", verify=False, config=settings)


def refused(code, call, *arguments, **more):
    try:
        call(*arguments, **more)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return error.response["Error"]
    raise AssertionError(f"{code} was expected")


def read(s3, key, bucket="bucket", **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def checksums():
    """In a header over HTTP, in a trailer over TLS; none where the client is configured so."""
    for scheme in ("http", "https"):
        for config in ({}, {"request_checksum_calculation": "when_required"}):
            s3 = client(scheme, **config)
            for name, body in (("bytes", BODY), ("file", io.BytesIO(BODY)), ("empty", b"")):
                put = s3.put_object(Bucket="bucket", Key=name, Body=body, ContentEncoding="gzip")
                assert ("ChecksumCRC32" in put) == (not config), (scheme, put)
                got = s3.get_object(Bucket="bucket", Key=name)
                assert got["Body"].read() == (b"" if name == "empty" else BODY), (scheme, name)
                assert got["ContentEncoding"] == "gzip", got
        s3 = client(scheme)
        for algorithm in ("CRC32", "SHA1", "SHA256"):
            s3.put_object(Bucket="bucket", Key=algorithm, Body=BODY, ChecksumAlgorithm=algorithm)
            assert read(s3, algorithm) == BODY
        part = s3.upload_part(Bucket="bucket", Key="parts", PartNumber=7, UploadId="u", Body=io.BytesIO(BODY))
        assert part["ChecksumCRC32"] and read(s3, "parts.7") == BODY
        deleted = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "SHA1"}, {"Key": "none"}]})
        assert [it["Key"] for it in deleted["Deleted"]] == ["SHA1", "none"]
        refused("NoSuchKey", read, s3, "SHA1")
        assert s3.get_object(Bucket="bucket", Key="bytes", Range="bytes=0-1")["ResponseMetadata"]["HTTPStatusCode"] == 206


def what_is_not_as_promised():
    s3 = client()
    bad = base64.b64encode(bytes(4)).decode()
    refused("BadDigest", s3.put_object, Bucket="bucket", Key="bad", Body=BODY, ChecksumCRC32=bad)
    refused("BadDigest", s3.put_object, Bucket="bucket", Key="bad", Body=BODY, ContentMD5=base64.b64encode(bytes(16)).decode())
    refused("InvalidDigest", s3.put_object, Bucket="bucket", Key="bad", Body=BODY, ContentMD5="x")
    refused("NoSuchKey", read, s3, "bad")
    for scheme in ("http", "https"):
        # The body was not read: the connection, or another one, still serves.
        s3 = client(scheme)
        refused("NoSuchBucket", s3.put_object, Bucket="missing", Key="k", Body=BODY)
        refused("NoSuchBucket", s3.put_object, Bucket="missing", Key="k", Body=io.BytesIO(BODY))
        # Nor may an operation say yes without having read it.
        refused("InternalError", s3.put_object, Bucket="bucket", Key="careless", Body=BODY)
        assert read(s3, "bytes") == BODY
    stranger = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{PORT}", aws_access_key_id="AKIAAAAAAAAAAAAAAAAA", aws_secret_access_key="no"
    )
    refused("InvalidAccessKeyId", stranger.put_object, Bucket="bucket", Key="k", Body=BODY)


def hosts():
    for scheme, host in (
        ("http", "localhost"),
        ("http", "s3.localhost"),
        ("https", "s3.us-east-1.localhost"),
        ("http", "s3.us-east-1.amazonaws.com"),
        ("https", "s3.us-east-1.amazonaws.com"),
    ):
        by_path, by_host = client(scheme, host), client(scheme, host, style="virtual")
        for key in ("a key/of ü//", "health", "v2/", "metrics"):
            body = f"{scheme} {host} {key}".encode()
            by_host.put_object(Bucket="dotted.bucket-1", Key=key, Body=body)
            assert read(by_path, key, "dotted.bucket-1") == body, host
            assert read(by_host, key, "dotted.bucket-1") == body, host


def presigned():
    for scheme in ("http", "https"):
        s3 = client(scheme, signature_version="s3v4")
        put = s3.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": "presigned"})
        get = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "presigned"})
        if scheme == "http":
            urllib.request.urlopen(urllib.request.Request(put, BODY, method="PUT")).close()
            with urllib.request.urlopen(get) as answer:
                assert answer.read() == BODY
        for version, options in (
            ("1.1", ["--http1.1"]),
            ("2", ["--http2"] if scheme == "https" else ["--http2-prior-knowledge"]),
        ):
            curl(version, options, put, get)


def curl(version, options, put, get):
    """By HTTP/1 and 2, several requests over one connection."""
    with tempfile.TemporaryDirectory() as folder:
        sent, got = pathlib.Path(folder) / "sent", pathlib.Path(folder) / "got"
        sent.write_bytes(BODY + version.encode())
        always = ["curl", "-sSk", "--fail", "-w", "%{http_version} %{num_connects}\n", *options]
        uploads, expected = ["-T", sent, put], [f"{version} 1"]
        # curl before version 8 cannot ask twice over one that begins as HTTP/2.
        if "--http2-prior-knowledge" not in options:
            uploads, expected = uploads * 2, [*expected, f"{version} 0"]
        upload = subprocess.run([*always, *uploads], check=True, capture_output=True, text=True)
        assert upload.stdout.splitlines() == expected, upload.stdout
        download = subprocess.run([*always, "-o", got, get], check=True, capture_output=True, text=True)
        assert download.stdout.split()[0] == version, download.stdout
        assert got.read_bytes() == sent.read_bytes()


def signed_chunks():
    """As SDKs of other languages send them over HTTP."""
    assert send_chunks("chunks", BODY) == (200, "")
    assert read(client(), "chunks") == BODY
    assert send_chunks("trailer", BODY, trailer=True) == (200, "")
    assert read(client(), "trailer") == BODY
    for name, wanted, more in (
        ("signature", (403, "SignatureDoesNotMatch"), {"spoil": True}),
        ("signature", (403, "SignatureDoesNotMatch"), {"spoil": True, "trailer": True}),
        ("short", (400, "IncompleteBody"), {"length": len(BODY) + 1}),
        ("long", (400, "IncompleteBody"), {"length": len(BODY) - 1}),
    ):
        assert send_chunks(name, BODY, **more) == wanted, name
        refused("NoSuchKey", read, client(), name)


def send_chunks(key, body, trailer=False, spoil=False, length=None):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    headers = {
        "Host": f"127.0.0.1:{PORT}",
        "X-Amz-Date": now,
        "X-Amz-Content-SHA256": payload,
        "X-Amz-Decoded-Content-Length": str(length or len(body)),
        "Content-Encoding": "aws-chunked",
    }
    if trailer:
        headers["X-Amz-Trailer"] = "x-amz-checksum-sha256"
    request = AWSRequest("PUT", f"http://127.0.0.1:{PORT}/bucket/{key}", headers)
    signer = SigV4Auth(Credentials(KEY, SECRET), "s3", "us-east-1")
    request.context["timestamp"] = now
    canonical = signer.canonical_request(request)
    previous = signer.signature(signer.string_to_sign(request, canonical), request)
    signed = ";".join(sorted(name.lower() for name in headers))
    scope = f"{now[:8]}/us-east-1/s3/aws4_request"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={signed}, Signature={previous}"
    key_bytes = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key_bytes = hmac.digest(key_bytes, part.encode(), "sha256")

    def sign(what, of):
        text = f"AWS4-HMAC-SHA256-{what}\n{now}\n{scope}\n{previous}\n{of}"
        return hmac.digest(key_bytes, text.encode(), "sha256").hex()

    wire = b""
    for chunk in [body[at : at + 65536] for at in range(0, len(body), 65536)] + [b""]:
        previous = sign("PAYLOAD", f"{EMPTY}\n{hashlib.sha256(chunk).hexdigest()}")
        wire += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
    if trailer:
        line = "x-amz-checksum-sha256:" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        signature = sign("TRAILER", hashlib.sha256(f"{line}\n".encode()).hexdigest())
        wire += f"{line}\r\nx-amz-trailer-signature:{signature}\r\n".encode()
    wire += b"\r\n"
    if spoil:
        wire = wire[:100_000] + bytes([wire[100_000] ^ 1]) + wire[100_001:]
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("PUT", f"/bucket/{key}", wire, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text.partition("<Code>")[2].partition("<")[0]


def large():
    """Bodies of any size take no more memory than small ones."""
    server = os.getppid()
    with tempfile.TemporaryFile() as file:
        file.truncate(LARGE)
        before = peak(server)
        for scheme in ("http", "https"):
            file.seek(0)
            s3 = client(scheme)
            s3.put_object(Bucket="bucket", Key="large", Body=file)
            left = LARGE
            for piece in s3.get_object(Bucket="bucket", Key="large")["Body"].iter_chunks(1 << 20):
                left -= len(piece)
            assert left == 0
        grown = peak(server) - before
        assert grown < 24 << 20, f"{grown >> 20} MiB"
        print(f"{LARGE >> 20} MiB in and out grew the server by {grown >> 20} MiB")


def peak(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


for check in (checksums, what_is_not_as_promised, hosts, presigned, signed_chunks, large):
    check()
    print(check.__name__)
