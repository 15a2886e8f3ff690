"""S3 for pages of other sites: rules of CORS, forms that browsers post, and requests that nobody signed."""

import hashlib
import json

import pytest
import requests
from botocore.exceptions import ClientError

from harness import tasks
from harness.installation import Keys
from harness.refusals import refused
from test_s3 import body, signing

PAGE = "https://shop.example.org"


@pytest.fixture
def s3(wharf):
    return wharf.client("s3")


@pytest.fixture
def bucket(s3):
    name = tasks.unique("pages")
    s3.create_bucket(Bucket=name)
    return name


def cors(origin=PAGE, methods=("GET", "PUT"), **more):
    return {"CORSRules": [{"AllowedOrigins": [origin], "AllowedMethods": list(methods), **more}]}


def ask(address, method="PUT", origin=PAGE, headers=None):
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers, "Origin": origin}
    return requests.options(address, headers={name: value for name, value in asked.items() if value}, timeout=10)


def allowed(answer):
    start = "access-control-"
    return {name.lower().removeprefix(start): value for name, value in answer.headers.items() if name.lower().startswith(start)}


# CORS


def test_rules_are_kept_and_bad_ones_refused(s3, bucket):
    assert refused(s3.get_bucket_cors, Bucket=bucket) == ("NoSuchCORSConfiguration", "The CORS configuration does not exist")
    rules = cors(AllowedHeaders=["*"], ExposeHeaders=["ETag"], MaxAgeSeconds=30, ID="shop")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules["CORSRules"]
    bad = refused(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=cors(methods=["PATCH"]))
    assert bad == ("InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is PATCH")
    bad = refused(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=cors(origin="*.*"))
    assert bad == ("InvalidRequest", 'AllowedOrigin "*.*" can not have more than one wildcard.')
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules["CORSRules"]
    s3.delete_bucket_cors(Bucket=bucket)
    assert refused(s3.get_bucket_cors, Bucket=bucket)[0] == "NoSuchCORSConfiguration"


def test_browsers_ask_before_they_send(wharf, s3, bucket):
    address = f"{wharf.endpoint}/{bucket}/a/key"
    said = ask(address)
    assert said.status_code == 403 and "<Code>AccessForbidden</Code>" in said.text, said.text
    assert "CORSResponse: CORS is not enabled for this bucket." in said.text
    assert "<Method>PUT</Method><ResourceType>OBJECT</ResourceType>" in said.text
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=cors(AllowedHeaders=["x-amz-*"], ExposeHeaders=["ETag"], MaxAgeSeconds=30))
    said = ask(address, headers="X-Amz-Date, x-amz-content-sha256")
    assert (said.status_code, said.content) == (200, b"")
    assert allowed(said) == {
        "allow-origin": PAGE, "allow-methods": "GET, PUT", "allow-headers": "x-amz-date, x-amz-content-sha256",
        "expose-headers": "ETag", "max-age": "30", "allow-credentials": "true",
    }  # fmt: skip
    assert "Origin" in said.headers["vary"]
    named = {"Host": f"{bucket}.s3.localhost", "Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    assert allowed(requests.options(f"{wharf.endpoint}/a/key", headers=named, timeout=10))["allow-origin"] == PAGE
    for no in [ask(address, method="DELETE"), ask(address, origin="https://other.example"), ask(address, headers="authorization")]:
        assert no.status_code == 403 and "This CORS request is not allowed." in no.text and not allowed(no), no.text
    for bad, why in [
        (ask(address, method=None), "Invalid Access-Control-Request-Method: null"),
        (ask(address, origin=None), "Origin request"),
    ]:
        assert bad.status_code == 400 and why in bad.text, bad.text
    assert "CORSResponse: Bucket not found" in ask(f"{wharf.endpoint}/no-such-bucket/key").text


def test_pages_read_answers_that_rules_let_them(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    url = signing(wharf).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert not allowed(requests.get(url, headers={"Origin": PAGE}, timeout=10))
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=cors(origin="*", methods=["GET"]))
    got = requests.get(url, headers={"Origin": PAGE}, timeout=10)
    assert (got.text, allowed(got)) == ("text", {"allow-origin": "*", "allow-methods": "GET"})
    assert not allowed(requests.get(url, timeout=10))
    put = signing(wharf).generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    assert not allowed(requests.put(put, data=b"x", headers={"Origin": PAGE}, timeout=10))
    # Refusals, too: the page sees why.
    gone = signing(wharf).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "gone"})
    missing = requests.get(gone, headers={"Origin": PAGE}, timeout=10)
    assert missing.status_code == 404 and allowed(missing)["allow-origin"] == "*"


# Forms


def form(wharf, bucket, key, fields=None, conditions=None, seconds=60):
    return signing(wharf).generate_presigned_post(bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=seconds)


def post(made, data, name="photo.jpg", change=None, **more):
    fields = {**made["fields"], **(change or {})}
    return requests.post(made["url"], data=fields, files={"file": (name, data)}, allow_redirects=False, timeout=30, **more)


def test_browsers_upload_by_forms(wharf, s3, bucket):
    fields = {"Content-Type": "image/jpeg", "x-amz-meta-who": "me", "success_action_status": "201"}
    conditions = [
        {"Content-Type": "image/jpeg"},
        {"x-amz-meta-who": "me"},
        {"success_action_status": "201"},
        ["content-length-range", 1, 1000],
    ]
    made = form(wharf, bucket, "user/${filename}", fields, conditions)
    answer = post(made, b"a picture")
    assert answer.status_code == 201, answer.text
    assert f"<Bucket>{bucket}</Bucket><Key>user/photo.jpg</Key>" in answer.text
    assert answer.headers["etag"] == f'"{hashlib.md5(b"a picture").hexdigest()}"'
    assert answer.headers["location"] == f"{wharf.endpoint}/{bucket}/user/photo.jpg"
    got = s3.get_object(Bucket=bucket, Key="user/photo.jpg")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"a picture", "image/jpeg", {"who": "me"})
    named = post(form(wharf, bucket, "named", {"x-amz-meta-who": "Zoë"}, [{"x-amz-meta-who": "Zoë"}]), b"x")
    assert named.status_code == 204, named.text
    assert s3.head_object(Bucket=bucket, Key="named")["Metadata"] == {"who": "=?UTF-8?B?Wm/Dqw==?="}


def test_forms_say_where_browsers_go_next(wharf, s3, bucket):
    made = form(wharf, bucket, "plain")
    assert (post(made, b"x").status_code, body(s3, bucket, "plain")) == (204, b"x")
    to = "https://shop.example.org/done?a=b"
    made = form(wharf, bucket, "k", {"success_action_redirect": to}, [{"success_action_redirect": to}])
    answer = post(made, b"x")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{to}&bucket={bucket}&key=k&etag=%22")


def test_forms_stream_large_files(wharf, s3, bucket, tmp_path):
    data = bytes(range(256)) * (96 << 10)
    path = tmp_path / "large"
    path.write_bytes(data)
    with path.open("rb") as large:
        answer = post(form(wharf, bucket, "large"), large)
    assert answer.status_code == 204, answer.text
    assert hashlib.sha256(body(s3, bucket, "large")).digest() == hashlib.sha256(data).digest()


def test_forms_that_are_not_as_their_policy_says(wharf, s3, bucket):
    conditions = [["starts-with", "$key", "user/"], ["content-length-range", 2, 10]]
    made = form(wharf, bucket, "user/${filename}", None, conditions)
    good = made["fields"]

    def check(answer, status, code, text):
        assert answer.status_code == status and f"<Code>{code}</Code>" in answer.text and text in answer.text, answer.text

    check(post(made, b"12345678901"), 400, "EntityTooLarge", "<MaxSizeAllowed>10</MaxSizeAllowed>")
    check(post(made, b"1"), 400, "EntityTooSmall", "<MinSizeAllowed>2</MinSizeAllowed>")
    check(
        post(made, b"1234", change={"key": "other"}),
        403,
        "AccessDenied",
        "Policy Condition failed: [&quot;starts-with&quot;, &quot;$key&quot;",
    )
    check(post(made, b"1234", change={"acl": "private"}), 403, "AccessDenied", "Extra input fields: acl")
    check(post(made, b"1234", change={"x-amz-signature": "0" * 64}), 403, "SignatureDoesNotMatch", "")
    stranger = good["x-amz-credential"].replace(good["x-amz-credential"][:20], "AKIAIOSFODNN7EXAMPLE")
    check(post(made, b"1234", change={"x-amz-credential": stranger}), 403, "InvalidAccessKeyId", "")
    check(post(made, b"1234", change={"policy": "e30="}), 403, "SignatureDoesNotMatch", "")
    check(post({**made, "fields": {k: v for k, v in good.items() if k != "key"}}, b"1234"), 400, "InvalidArgument", "a field named 'key'")
    check(post({**made, "fields": {"key": "user/a"}}, b"1234"), 403, "AccessDenied", "")
    check(post({**made, "fields": {**good, "x-ignore-a": "x" * 30_000}}, b"1234"), 400, "MaxPostPreDataLengthExceeded", "")
    check(requests.post(made["url"], data=good, files={"other": b"x"}, timeout=10), 400, "InvalidArgument", "exactly one file upload")
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    check(requests.post(made["url"], data=b"no form at all", headers=kind, timeout=10), 400, "MalformedPOSTRequest", "not well-formed")
    over = form(wharf, bucket, "user/a", None, None, seconds=-60)
    check(post(over, b"1234"), 403, "AccessDenied", "Policy expired.")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_form_may_do_what_its_maker_may(wharf, bucket):
    iam, name = wharf.client("iam"), tasks.unique("poster")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=tasks.document("s3:PutObject", f"arn:aws:s3:::{bucket}/mine/*"))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    client = signing(wharf, Keys(key["AccessKeyId"], key["SecretAccessKey"]))
    assert post(client.generate_presigned_post(bucket, "mine/a"), b"x").status_code == 204
    said = post(client.generate_presigned_post(bucket, "others/a"), b"x")
    assert said.status_code == 403 and "is not authorized to perform: s3:PutObject" in said.text, said.text


# Requests that nobody signed, and what is not here


def test_unsigned_requests_by_the_path_get_the_answer_of_s3(wharf, s3, bucket):
    s3.put_object(Bucket=bucket, Key="page", Body=b"for all")
    said = requests.get(f"{wharf.endpoint}/{bucket}/page", timeout=10)
    assert said.status_code == 403 and "<Code>AccessDenied</Code>" in said.text
    assert requests.put(f"{wharf.endpoint}/{bucket}/page", data=b"x", timeout=10).status_code == 403
    said = requests.get(f"{wharf.endpoint}/no-such-bucket-here/page", timeout=10)
    assert said.status_code in (403, 404) and "<Error><Code>" in said.text
    s3.delete_public_access_block(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    said = requests.get(f"{wharf.endpoint}/{bucket}/page", timeout=10)
    assert (said.status_code, said.content) == (200, b"for all")


def test_a_key_that_is_nobodys(wharf):
    client = signing(wharf)
    for operation, parameters in [("list_buckets", {}), ("get_object", {"Bucket": "abc", "Key": "k"})]:
        url = client.generate_presigned_url(operation, Params=parameters).replace(wharf.root.access_key, "AKIAIOSFODNN7EXAMPLE")
        said = requests.get(url, timeout=10)
        assert said.status_code == 403 and "<Code>InvalidAccessKeyId</Code>" in said.text, said.text


def test_what_s3_has_and_is_not_here(s3, bucket):
    def missing(call, **parameters):
        with pytest.raises(ClientError) as caught:
            call(Bucket=bucket, **parameters)
        error = caught.value.response
        return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"]

    payment = {"Payer": "Requester"}
    assert missing(s3.put_bucket_request_payment, RequestPaymentConfiguration=payment) == (501, "NotImplemented")
    assert missing(s3.delete_bucket_replication) == (501, "NotImplemented")
    assert missing(s3.get_bucket_replication) == (501, "NotImplemented")
    assert missing(s3.get_bucket_logging) == (501, "NotImplemented")
    assert missing(s3.get_bucket_accelerate_configuration) == (501, "NotImplemented")
    assert missing(s3.restore_object, Key="k") == (501, "NotImplemented")
    s3.head_bucket(Bucket=bucket)
