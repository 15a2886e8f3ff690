"""S3 through boto3, the AWS CLI and s3cmd: buckets, objects, versions, lists, uploads in parts, policies, keys, kills."""

import base64
import hashlib
import json
import os
import socket
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.installation import Installation, Keys
from harness.refusals import refused
from harness.waiting import wait_for

MIB = 1 << 20


def status(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def headers_of(call, **parameters):
    """Those of the error that a call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["ResponseMetadata"]["HTTPHeaders"]


def signing(wharf, keys=None, style="path", endpoint=None):
    """A client whose presigned URLs are of version 4, as new buckets want them."""
    keys, config = keys or wharf.root, Config(signature_version="s3v4", s3={"addressing_style": style})
    return boto3.client(
        "s3",
        endpoint_url=endpoint or wharf.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=config,
    )


@pytest.fixture
def s3(wharf):
    return wharf.client("s3")


@pytest.fixture
def bucket(s3):
    name = tasks.unique("bucket")
    s3.create_bucket(Bucket=name)
    return name


def body(s3, bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def test_a_bucket_and_its_objects_live(wharf, s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="a/ü 1", Body=b"hello", ContentType="text/plain", Metadata={"who": "me"}, Tagging="k=v+1")
    assert put["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="a/ü 1", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"], got["TagCount"]) == (b"hello", "text/plain", {"who": "me"}, 1)
    assert got["ChecksumCRC32"] == put["ChecksumCRC32"] and got["ServerSideEncryption"] == "AES256"
    head = s3.head_object(Bucket=bucket, Key="a/ü 1")
    assert (head["ContentLength"], head["ETag"]) == (5, put["ETag"])
    part = s3.get_object(Bucket=bucket, Key="a/ü 1", Range="bytes=1-3")
    assert (part["Body"].read(), part["ContentRange"], part["ResponseMetadata"]["HTTPStatusCode"]) == (b"ell", "bytes 1-3/5", 206)
    assert refused(s3.get_object, Bucket=bucket, Key="a/ü 1", Range="bytes=5-")[0] == "InvalidRange"
    assert status(s3.get_object, Bucket=bucket, Key="a/ü 1", IfNoneMatch=put["ETag"]) == 304
    same = headers_of(s3.get_object, Bucket=bucket, Key="a/ü 1", IfNoneMatch=put["ETag"])
    assert same["etag"] == put["ETag"] and same["last-modified"] and "content-type" not in same
    assert status(s3.get_object, Bucket=bucket, Key="a/ü 1", IfMatch='"no"') == 412
    assert refused(s3.put_object, Bucket=bucket, Key="a/ü 1", Body=b"x", IfNoneMatch="*")[0] == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="a/ü 1", Body=b"again", IfMatch=put["ETag"])
    assert refused(s3.put_object, Bucket=bucket, Key="a/ü 1", Body=b"x", IfMatch=put["ETag"])[0] == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert body(s3, bucket, "empty") == b""
    assert refused(s3.get_object, Bucket=bucket, Key="none") == ("NoSuchKey", "The specified key does not exist.")
    assert status(s3.head_object, Bucket=bucket, Key="none") == 404
    assert bucket in [it["Name"] for it in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    done = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a/ü 1"}, {"Key": "empty"}, {"Key": "none"}]})
    assert sorted(it["Key"] for it in done["Deleted"]) == ["a/ü 1", "empty", "none"]
    s3.delete_bucket(Bucket=bucket)
    assert refused(s3.list_objects_v2, Bucket=bucket) == ("NoSuchBucket", "The specified bucket does not exist")
    assert status(s3.head_bucket, Bucket=bucket) == 404


def test_lists_have_prefixes_delimiters_and_pages(s3, bucket):
    keys = ["a/1", "a/2", "a-b", "b", "c/d/e", "c/f", "z ü+%", "é"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    ordered = sorted(keys, key=str.encode)
    assert [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ordered
    assert [it["Key"] for it in s3.list_objects(Bucket=bucket)["Contents"]] == ordered
    top = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [it["Prefix"] for it in top["CommonPrefixes"]] == ["a/", "c/"]
    assert [it["Key"] for it in top["Contents"]] == [it for it in ordered if "/" not in it]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    seen = [it.get("Key") or it.get("Prefix") for page in pages for it in page.get("CommonPrefixes", []) + page.get("Contents", [])]
    assert seen == sorted({key.split("/")[0] + "/" if "/" in key else key for key in keys}, key=str.encode)
    inner = s3.list_objects_v2(Bucket=bucket, Prefix="c/", Delimiter="/")
    assert ([it["Prefix"] for it in inner["CommonPrefixes"]], [it["Key"] for it in inner["Contents"]]) == (["c/d/"], ["c/f"])
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="b", MaxKeys=1)
    assert ([it["Key"] for it in after["Contents"]], after["IsTruncated"], after["KeyCount"]) == (["c/d/e"], True, 1)
    assert refused(s3.list_objects_v2, Bucket=bucket, ContinuationToken="nonsense")[0] == "InvalidArgument"


def test_versions_and_delete_markers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"one")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"two")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True
    assert refused(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"
    assert (body(s3, bucket, "k", VersionId=one), body(s3, bucket, "k", VersionId="null")) == (b"one", b"null")
    listed = s3.list_object_versions(Bucket=bucket)
    assert [it["VersionId"] for it in listed["Versions"]] == [two, one, "null"]
    assert [(it["VersionId"], it["IsLatest"]) for it in listed["DeleteMarkers"]] == [(marker["VersionId"], True)]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    seen = [it["VersionId"] for page in pages for it in page.get("DeleteMarkers", []) + page.get("Versions", [])]
    assert seen == [marker["VersionId"], two, one, "null"]
    assert status(s3.get_object, Bucket=bucket, Key="k", VersionId=marker["VersionId"]) == 405
    for named in ({}, {"VersionId": marker["VersionId"]}):
        told = headers_of(s3.head_object, Bucket=bucket, Key="k", **named)
        assert (told["x-amz-delete-marker"], told["x-amz-version-id"]) == ("true", marker["VersionId"])
        assert ("last-modified" in told, told.get("allow")) == ((True, "DELETE") if named else (False, None))
        assert refused(s3.get_object_tagging, Bucket=bucket, Key="k", **named)[0] == "MethodNotAllowed"
    assert status(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": []}) == 405
    assert "x-amz-delete-marker" not in headers_of(s3.head_object, Bucket=bucket, Key="never")
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert body(s3, bucket, "k") == b"two"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"new null")["VersionId"] == "null"
    listed = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [it["VersionId"] for it in listed] == ["null", two, one]
    assert refused(s3.get_object, Bucket=bucket, Key="k", VersionId="nonsense")[0] == "InvalidArgument"
    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    for version in ["null", two, one]:
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    s3.delete_bucket(Bucket=bucket)


def test_the_transfer_manager_uploads_in_parts(s3, bucket, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(os.urandom(64 * MIB))
    s3.upload_file(str(large), bucket, "large", Config=TransferConfig(multipart_chunksize=8 * MIB))
    head = s3.head_object(Bucket=bucket, Key="large", ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-8"') and head["ContentLength"] == 64 * MIB and head["ChecksumType"] == "COMPOSITE"
    back = tmp_path / "back"
    s3.download_file(bucket, "large", str(back))
    assert back.read_bytes() == large.read_bytes()
    part = s3.get_object(Bucket=bucket, Key="large", PartNumber=8)
    assert (part["PartsCount"], part["ContentRange"]) == (8, f"bytes {56 * MIB}-{64 * MIB - 1}/{64 * MIB}")
    assert part["Body"].read() == large.read_bytes()[56 * MIB :]
    middle = s3.get_object(Bucket=bucket, Key="large", Range=f"bytes={8 * MIB - 3}-{8 * MIB + 2}")["Body"].read()
    assert middle == large.read_bytes()[8 * MIB - 3 : 8 * MIB + 3]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="large", ObjectAttributes=["ETag", "ObjectParts", "ObjectSize", "Checksum"])
    assert (attributes["ObjectParts"]["TotalPartsCount"], attributes["ObjectSize"]) == (8, 64 * MIB)
    assert len(attributes["ObjectParts"]["Parts"]) == 8
    copied = s3.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "large"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(large.read_bytes()).hexdigest()}"'


def test_uploads_are_listed_given_up_and_checked(s3, bucket):
    one = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")["UploadId"]
    parts = [os.urandom(5 * MIB), b"end"]
    tags = [s3.upload_part(Bucket=bucket, Key="k", UploadId=one, PartNumber=n + 1, Body=it)["ETag"] for n, it in enumerate(parts)]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=one, PartNumber=9, Body=b"left out")
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=one)["Parts"]
    assert [(it["PartNumber"], it["Size"]) for it in listed] == [(1, 5 * MIB), (2, 3), (9, 8)]
    assert [it["UploadId"] for it in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [one]
    wrong = {"Parts": [{"PartNumber": 1, "ETag": tags[1]}]}
    assert refused(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=one, MultipartUpload=wrong)[0] == "InvalidPart"
    chosen = {"Parts": [{"PartNumber": n + 1, "ETag": it} for n, it in enumerate(tags)]}
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=one, MultipartUpload=chosen)
    whole = b"".join(parts)
    md5s = b"".join(hashlib.md5(it).digest() for it in parts)
    assert done["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-2"' and done["ChecksumType"] == "FULL_OBJECT"
    again = s3.put_object(Bucket=bucket, Key="whole", Body=whole, ChecksumAlgorithm="CRC32")
    assert again["ChecksumCRC32"] == done["ChecksumCRC32"] and body(s3, bucket, "k") == whole
    two = s3.create_multipart_upload(Bucket=bucket, Key="copied")["UploadId"]
    source = {"Bucket": bucket, "Key": "k"}
    copied = s3.upload_part_copy(Bucket=bucket, Key="copied", UploadId=two, PartNumber=1, CopySource=source, CopySourceRange="bytes=1-9")
    assert copied["CopyPartResult"]["ETag"] == f'"{hashlib.md5(whole[1:10]).hexdigest()}"'
    s3.abort_multipart_upload(Bucket=bucket, Key="copied", UploadId=two)
    assert refused(s3.list_parts, Bucket=bucket, Key="copied", UploadId=two)[0] == "NoSuchUpload"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_parts_of_an_upload_with_checksums_are_completed_with_theirs(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]
    asked = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    part = s3.upload_part(**asked, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    listed = {"PartNumber": 1, "ETag": part["ETag"]}
    code, text = refused(s3.complete_multipart_upload, **asked, MultipartUpload={"Parts": [listed]})
    assert code == "InvalidRequest" and text.endswith("It was missing for part 1 in the request."), text
    listed["ChecksumSHA256"] = part["ChecksumSHA256"]
    assert s3.complete_multipart_upload(**asked, MultipartUpload={"Parts": [listed]})["ChecksumSHA256"].endswith("-1")


def test_bad_bytes_are_refused(s3, bucket):
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ContentMD5=wrong)[0] == "BadDigest"
    sha = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ChecksumSHA256=sha)[0] == "BadDigest"
    assert refused(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"
    assert refused(s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"x")[0] == "KeyTooLongError"
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")[0] == "NotImplemented"
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ACL="public-read")[0] == "AccessControlListNotSupported"
    assert refused(s3.create_bucket, Bucket="Bad_Name")[0] == "InvalidBucketName"
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        put = s3.put_object(Bucket=bucket, Key=algorithm, Body=b"123456789", ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"] and got["Body"].read() == b"123456789"


# What boto3 does with AWS's runtime in C beside it, which signs too: whole objects and parts, read again, and sums of other bytes.
BY_THE_RUNTIME = """
import base64, io, os, sys, boto3, botocore.compat
from awscrt import checksums
from boto3.s3.transfer import TransferConfig

assert botocore.compat.HAS_CRT
s3, bucket, part = boto3.client("s3"), sys.argv[1], 5 << 20
data = os.urandom(2 * part + 17)
parts = TransferConfig(multipart_threshold=part, multipart_chunksize=part)

def written(number, length):
    return base64.b64encode(number.to_bytes(length, "big")).decode()

def composite(bytes):
    each = [checksums.crc32c(bytes[at:at + part]).to_bytes(4, "big") for at in range(0, len(bytes), part)]
    return f"{written(checksums.crc32c(b''.join(each)), 4)}-{len(each)}"

for algorithm, known, kind, whole in (
    ("CRC32C", "4waSgw==", "COMPOSITE", composite(data)),
    ("CRC64NVME", "rosUhgp5mIg=", "FULL_OBJECT", written(checksums.crc64nvme(data), 8)),
):
    given, member = {"ChecksumAlgorithm": algorithm}, f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key=algorithm, Body=b"123456789", **given)
    got = s3.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
    assert (put[member], got[member], got["ChecksumType"], got["Body"].read()) == (known, known, "FULL_OBJECT", b"123456789")
    s3.upload_fileobj(io.BytesIO(data), bucket, "parts", ExtraArgs=given, Config=parts)
    head = s3.head_object(Bucket=bucket, Key="parts", ChecksumMode="ENABLED")
    assert (head["ChecksumType"], head[member]) == (kind, whole), head
    back = io.BytesIO()
    s3.download_fileobj(bucket, "parts", back)
    assert back.getvalue() == data
    try:
        s3.put_object(Bucket=bucket, Key="other", Body=b"other", **{member: known})
        raise AssertionError("kept")
    except s3.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "BadDigest", error
        assert error.response["Error"]["Message"] == f"The {algorithm} you specified did not match the calculated checksum.", error
"""


def test_checksums_of_the_common_runtime(wharf, bucket):
    environment = wharf.environment() | {"PYTHONPATH": str(tools.CLIENTS / "crt")}
    tools.run(sys.executable, "-c", BY_THE_RUNTIME, bucket, env=environment)


def test_copies_tags_and_metadata(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"bytes", Metadata={"a": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "from"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    got = s3.head_object(Bucket=bucket, Key="to")
    assert got["Metadata"] == {"a": "1"} and s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"b": "2"}
    assert refused(s3.copy_object, Bucket=bucket, Key="from", CopySource=source)[0] == "InvalidRequest"
    assert refused(s3.copy_object, Bucket=bucket, Key="to", CopySource=source, CopySourceIfMatch='"no"')[0] == "PreconditionFailed"
    s3.put_object_tagging(Bucket=bucket, Key="to", Tagging={"TagSet": [{"Key": "x", "Value": "y"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "x", "Value": "y"}]
    s3.delete_object(Bucket=bucket, Key="from")
    assert body(s3, bucket, "to") == b"bytes"


def put_with_header(s3, bucket, key, expires):
    """SDKs send no `Expires` that is no date."""
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"x", method="PUT", headers={"Expires": expires})) as answer:
        assert answer.status == 200


def test_when_an_object_expires_is_given_back_as_it_was_said(wharf, bucket):
    s3 = signing(wharf)
    for key, expires in (("zero", "0"), ("words", "in a while, or later"), ("date", "Thursday, 01-Dec-94 16:00:00 GMT")):
        put_with_header(s3, bucket, key, expires)
        s3.copy_object(Bucket=bucket, Key=f"{key}-too", CopySource={"Bucket": bucket, "Key": key})
        for kept in (key, f"{key}-too"):
            assert s3.head_object(Bucket=bucket, Key=kept)["ExpiresString"] == expires
            assert s3.get_object(Bucket=bucket, Key=kept)["ExpiresString"] == expires
    said = "Thu, 01 Dec 2044 16:00:00 GMT"
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x", Expires=said)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", Expires=said)["UploadId"]
    tag = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    for key in ("plain", "parts"):
        got = s3.get_object(Bucket=bucket, Key=key)
        assert (got["ExpiresString"], got["Expires"].year) == (said, 2044)
    other = "Fri, 02 Dec 2044 16:00:00 GMT"
    assert s3.get_object(Bucket=bucket, Key="plain", ResponseExpires=other)["ExpiresString"] == other


def test_presigned_urls(wharf, bucket):
    s3 = signing(wharf)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"by url", method="PUT")) as answer:
        assert answer.status == 200
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k", "ResponseContentType": "text/x"})
    with urllib.request.urlopen(url) as answer:
        assert (answer.read(), answer.headers["content-type"]) == (b"by url", "text/x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=604_801)
    said = tools.run("curl", "-sS", "-w", "%{http_code}", url).stdout
    assert said.endswith("400") and "<Code>AuthorizationQueryParametersError</Code>" in said, said


def test_a_presigned_url_is_for_what_was_signed_alone(wharf, s3, bucket):
    """Each header that says what is asked for must be signed: one of them makes a copy of an upload."""
    s3.put_object(Bucket=bucket, Key="secret", Body=b"secret")
    url = signing(wharf).generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    for header in [f"x-amz-copy-source: /{bucket}/secret", "x-amz-tagging: a=b", "x-amz-meta-a: b"]:
        said = tools.run("curl", "-sS", "-X", "PUT", "-H", header, "-w", "%{http_code}", url).stdout
        name = header.split(":")[0]
        assert said.endswith("403") and "<Code>AccessDenied</Code>" in said, said
        assert f"<HeadersNotSigned>{name}</HeadersNotSigned>" in said, said
    assert status(s3.head_object, Bucket=bucket, Key="k") == 404
    signed = signing(wharf).generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k", "Metadata": {"a": "b"}})
    tools.run("curl", "-sS", "--fail", "-X", "PUT", "-H", "x-amz-meta-a: b", "--data-binary", "x", signed)
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "b"}


@pytest.mark.parametrize("host", ["s3.localhost", "s3.us-east-1.localhost"])
def test_buckets_in_names_of_hosts(wharf, s3, bucket, host):
    """curl leads names below `localhost` to this machine by itself."""
    client = signing(wharf, style="virtual", endpoint=f"http://{host}:{wharf.port}")
    url = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a/ü"})
    assert url.startswith(f"http://{bucket}.{host}:{wharf.port}/a/")
    tools.run("curl", "-sS", "--fail", "-X", "PUT", "--data-binary", "by name", url)
    assert body(s3, bucket, "a/ü") == b"by name"
    url = client.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket, "Prefix": "a/"})
    assert "<KeyCount>1</KeyCount>" in tools.run("curl", "-sS", "--fail", url).stdout


def test_what_came_whole_is_kept_though_its_client_is_gone(wharf, s3, bucket):
    names = [f"gone-{number}" for number in range(20)]
    for name in names:
        url = urllib.parse.urlsplit(signing(wharf).generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": name}))
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        with socket.create_connection((url.hostname, url.port)) as connection:
            connection.sendall(head.encode())
            assert b" 100 " in (said := connection.recv(1000)), said
            connection.sendall(b"kept")

    def missing():
        return set(names) - {it["Key"] for it in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}

    wait_for(lambda: not missing(), 10, "all objects")


def test_the_aws_cli_copies_lists_and_syncs(wharf, bucket, tmp_path):
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "one").write_text("1")
    (tree / "sub" / "two").write_text("2")
    wharf.aws("s3", "sync", str(tree), f"s3://{bucket}/tree")
    listed = wharf.aws("s3", "ls", "--recursive", f"s3://{bucket}")
    assert "tree/one" in listed and "tree/sub/two" in listed
    assert "PRE sub/" in wharf.aws("s3", "ls", f"s3://{bucket}/tree/")
    wharf.aws("s3", "cp", f"s3://{bucket}/tree/one", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "1"
    wharf.aws("s3", "mv", f"s3://{bucket}/tree/one", f"s3://{bucket}/moved")
    wharf.aws("s3", "rm", "--recursive", f"s3://{bucket}/tree")
    assert [it["Key"] for it in wharf.aws("s3api", "list-objects-v2", "--bucket", bucket)["Contents"]] == ["moved"]
    wharf.aws("s3", "rb", "--force", f"s3://{bucket}")
    assert wharf.aws("s3api", "head-bucket", "--bucket", bucket, check=False).returncode != 0


def user(wharf, actions, resource="*"):
    """A user who may do these, and its keys."""
    iam, name = wharf.client("iam"), tasks.unique("user")
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return name, Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])


def test_policies_of_users_and_buckets(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="open/a", Body=b"a")
    name, keys = user(wharf, ["s3:GetObject"], f"arn:aws:s3:::{bucket}/open/*")
    mine = wharf.client("s3", keys)
    assert body(mine, bucket, "open/a") == b"a"
    assert refused(mine.get_object, Bucket=bucket, Key="shut")[0] == "AccessDenied"
    # Who may not list does not learn what is not there.
    assert refused(mine.get_object, Bucket=bucket, Key="open/none")[0] == "AccessDenied"
    assert refused(mine.put_object, Bucket=bucket, Key="open/a", Body=b"x")[0] == "AccessDenied"
    arn = f"arn:aws:iam::000000000000:user/{name}"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    narrow = statement | {"Condition": {"StringLike": {"s3:prefix": "open/*"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [narrow]}))
    assert mine.list_objects_v2(Bucket=bucket, Prefix="open/")["KeyCount"] == 1
    assert refused(mine.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert refused(mine.get_object, Bucket=bucket, Key="open/a")[0] == "AccessDenied"
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"
    other = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::another/*"}
    bad = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=bad) == ("MalformedPolicy", "Policy has invalid resource")
    for idle, text in [
        ({"Action": "s3:DeleteObjekt"}, "Policy has invalid action"),
        ({"Resource": f"arn:aws:s3:::{bucket}"}, "Action does not apply to any resource(s) in statement"),
    ]:
        bad = json.dumps({"Version": "2012-10-17", "Statement": [deny | idle]})
        assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=bad) == ("MalformedPolicy", text)


def denied(principal="*", *, bucket, actions, condition=None):
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Deny", "Principal": principal, "Action": actions, "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]})


def test_tags_decide_about_each_version_and_go_along_by_leave_alone(wharf, s3, bucket):
    _, keys = user(wharf, ["s3:*"], f"arn:aws:s3:::{bucket}*")
    mine = wharf.client("s3", keys)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="class=secret")
    tagged = {"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}
    s3.put_bucket_policy(Bucket=bucket, Policy=denied(bucket=bucket, actions=["s3:GetObject*", "s3:DeleteObject*"], condition=tagged))
    for version in [{}, {"VersionId": "null"}]:
        assert status(mine.get_object, Bucket=bucket, Key="k", **version) == 403
        assert status(mine.head_object, Bucket=bucket, Key="k", **version) == 403
        assert status(mine.delete_object, Bucket=bucket, Key="k", **version) == 403
        source = {"Bucket": bucket, "Key": "k", **version}
        assert status(mine.copy_object, Bucket=bucket, Key="to", CopySource=source, TaggingDirective="REPLACE") == 403
        answer = mine.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", **version}]})
        assert [it["Code"] for it in answer["Errors"]] == ["AccessDenied"]
    s3.delete_bucket_policy(Bucket=bucket)
    _, keys = user(wharf, ["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*")
    writer = wharf.client("s3", keys)
    source = {"Bucket": bucket, "Key": "k"}
    assert status(writer.copy_object, Bucket=bucket, Key="to", CopySource=source) == 403
    writer.copy_object(Bucket=bucket, Key="to", CopySource=source, TaggingDirective="REPLACE")
    assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == []


def test_root_takes_a_policy_away_that_shuts_everybody_out(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=denied(bucket=bucket, actions="s3:*"))
    assert status(s3.get_object, Bucket=bucket, Key="k") == 403
    assert "Deny" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    assert body(s3, bucket, "k") == b"x"


def test_the_region_that_counts_is_the_buckets(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
    s3.put_bucket_policy(Bucket=bucket, Policy=denied(bucket=bucket, actions="s3:GetObject", condition=elsewhere))
    far = wharf.client("s3", region="eu-central-1")
    assert status(far.get_object, Bucket=bucket, Key="k") == 403


def test_policies_ask_how_a_request_was_signed(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = signing(wharf).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    by_header = {"StringNotEquals": {"s3:authType": "REST-HEADER"}}
    for condition, lets_in in [(by_header, "403"), ({"NumericGreaterThan": {"s3:signatureAge": "600000"}}, "200")]:
        s3.put_bucket_policy(Bucket=bucket, Policy=denied(bucket=bucket, actions="s3:GetObject", condition=condition))
        assert body(s3, bucket, "k") == b"x"
        assert tools.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url).stdout == lets_in
    s3.put_bucket_policy(
        Bucket=bucket, Policy=denied(bucket=bucket, actions="s3:PutObject", condition={"Null": {"s3:if-none-match": "true"}})
    )
    assert status(s3.put_object, Bucket=bucket, Key="new", Body=b"x") == 403
    s3.put_object(Bucket=bucket, Key="new", Body=b"x", IfNoneMatch="*")
    unknown = denied(bucket=bucket, actions="s3:*", condition={"StringEquals": {"s3:no-such-key": "x"}})
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=unknown)[0] == "MalformedPolicy"


def anonymous(wharf, bucket, key):
    request = urllib.request.Request(f"{wharf.endpoint}/{key}", headers={"Host": f"{bucket}.s3.localhost:{wharf.port}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_public_policy_lets_in_who_says_nothing(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="page", Body=b"for all")
    assert anonymous(wharf, bucket, "page")[0] == 403
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=policy)[0] == "AccessDenied"
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert anonymous(wharf, bucket, "page") == (200, b"for all")
    assert anonymous(wharf, bucket, "none")[0] == 403
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert anonymous(wharf, bucket, "page")[0] == 403
    assert body(s3, bucket, "page") == b"for all"


def test_keys_of_kms_and_of_customers(wharf, s3, bucket):
    kms = wharf.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"sealed" * 30_000, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)
    assert len(put["ETag"]) == 34 and put["ETag"] != f'"{hashlib.md5(b"sealed" * 30_000).hexdigest()}"'
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=70000-70005")["Body"].read() == (b"sealed" * 30_000)[70000:70006]
    kms.disable_key(KeyId=key)
    assert refused(s3.get_object, Bucket=bucket, Key="k")[0] == "KMS.DisabledException"
    assert s3.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == key, "only what tells of the bytes needs the key"
    assert status(s3.head_object, Bucket=bucket, Key="k", ChecksumMode="ENABLED") == 400
    kms.enable_key(KeyId=key)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    own = s3.put_object(Bucket=bucket, Key="own", Body=b"by default")
    assert own["ServerSideEncryption"] == "aws:kms" and body(s3, bucket, "own") == b"by default"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    tag = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    assert body(s3, bucket, "parts") == b"part"
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=bucket, Key="c", Body=b"mine", **customer)
    assert body(s3, bucket, "c", **customer) == b"mine"
    assert status(s3.get_object, Bucket=bucket, Key="c") == 400
    assert status(s3.get_object, Bucket=bucket, Key="c", SSECustomerAlgorithm="AES256", SSECustomerKey="x" * 32) == 403


def test_rules_of_lifecycle_let_objects_expire(s3, bucket):
    for key in ["old/a", "old/b", "new/a"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Tagging="keep=no" if key == "old/a" else "")
    rule = {
        "ID": "past",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "old/", "Tags": [{"Key": "keep", "Value": "no"}]}},
        "Expiration": {"Date": "2020-01-01T00:00:00Z"},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    wait_for(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2, what="the end of an object that expired")
    assert [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["new/a", "old/b"]
    shown = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert (shown["ID"], shown["Filter"]) == ("past", rule["Filter"])
    later = {"ID": 'später "als" 3', "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    named = 'rule-id="sp%C3%A4ter%20%22als%22%203"'
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [later]})
    assert named in s3.head_object(Bucket=bucket, Key="new/a")["Expiration"]
    put = s3.put_object(Bucket=bucket, Key="new/b", Body=b"x")
    copied = s3.copy_object(Bucket=bucket, Key="new/c", CopySource={"Bucket": bucket, "Key": "new/b"})
    assert all(named in it["Expiration"] for it in (put, copied))
    wrong = later | {"Expiration": {"Days": 0}}
    said = refused(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [wrong]})
    assert said == ("InvalidArgument", "'Days' for Expiration action must be a positive integer")


def test_rules_of_lifecycle_sweep_up_markers_that_hide_nothing(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket=bucket, Key="kept", Body=b"x")["VersionId"]
    gone = s3.put_object(Bucket=bucket, Key="gone", Body=b"x")["VersionId"]
    for key in ("kept", "gone"):
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_object(Bucket=bucket, Key="gone", VersionId=gone)
    rule = {
        "ID": "versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 2},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    (shown,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert shown == rule

    def markers():
        return [it["Key"] for it in s3.list_object_versions(Bucket=bucket).get("DeleteMarkers", [])]

    wait_for(lambda: markers() == ["kept"], what="the end of a marker that hides nothing")
    assert [it["VersionId"] for it in s3.list_object_versions(Bucket=bucket)["Versions"]] == [kept]
    # When an upload will be given up, is said of it.
    part = s3.list_parts(Bucket=bucket, Key="parts", UploadId=upload["UploadId"])
    assert part["AbortRuleId"] == "versions" and part["AbortDate"].hour == 0


def test_configurations_are_kept(wharf, s3, bucket):
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "team", "Values": ["web"]}])
    assert f"arn:aws:s3:::{bucket}" in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")[0] == "AccessControlListNotSupported"
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    far = wharf.client("s3", region="eu-central-1")
    name = tasks.unique("far")
    far.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-central-1"
    assert (
        refused(far.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})[0]
        == "BucketAlreadyOwnedByYou"
    )


def test_what_was_acknowledged_outlives_a_kill():
    """Writers write until the server is killed amid them; all that they were told was written is there afterwards."""
    with Installation() as wharf:
        wharf.start(node=False)
        s3 = wharf.client("s3")
        s3.create_bucket(Bucket="kept")
        acknowledged, stop = {}, threading.Event()

        def write(number):
            client, count = wharf.client("s3"), 0
            while not stop.is_set():
                key, data = f"{number}/{count}", os.urandom(3000 + 40_000 * (count % 3))
                try:
                    client.put_object(Bucket="kept", Key=key, Body=data)
                except Exception:  # the server is gone
                    return
                acknowledged[key] = hashlib.sha256(data).hexdigest()
                count += 1

        writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for writer in writers:
            writer.start()
        wait_for(lambda: len(acknowledged) > 60, what="objects before the kill")
        wharf.kill_child("server")
        stop.set()
        for writer in writers:
            writer.join()
        wharf.wait_ready()
        assert len(acknowledged) > 60
        for key, digest in acknowledged.items():
            assert hashlib.sha256(body(s3, "kept", key)).hexdigest() == digest


def test_s3cmd_puts_lists_and_gets(wharf, bucket, tmp_path):
    keys, host = wharf.root, f"localhost:{wharf.port}"
    settings = tmp_path / "s3cfg"
    settings.write_text(
        f"[default]\naccess_key = {keys.access_key}\nsecret_key = {keys.secret_key}\nhost_base = {host}\nhost_bucket = {host}\n"
        "use_https = False\nbucket_location = us-east-1\n"
    )
    (tmp_path / "small").write_bytes(b"small")
    (tmp_path / "large").write_bytes(os.urandom(16 * MIB))

    def s3cmd(*arguments):
        return tools.run(str(tools.REPOSITORY / ".venv/bin/s3cmd"), "-c", str(settings), *arguments).stdout

    s3cmd("put", str(tmp_path / "small"), str(tmp_path / "large"), f"s3://{bucket}/of s3cmd/")
    listed = s3cmd("ls", f"s3://{bucket}/of s3cmd/")
    assert f"s3://{bucket}/of s3cmd/small" in listed and f"s3://{bucket}/of s3cmd/large" in listed
    s3cmd("get", f"s3://{bucket}/of s3cmd/large", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    s3cmd("cp", f"s3://{bucket}/of s3cmd/small", f"s3://{bucket}/copied")
    assert "MD5 sum:   " + hashlib.md5(b"small").hexdigest() in s3cmd("info", f"s3://{bucket}/copied")
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}")
    s3cmd("rb", f"s3://{bucket}")
