"""Buckets as websites, through boto3, the AWS CLI and a browser's requests: indexes, pages for errors, rules that send elsewhere."""

import json

import pytest
import requests

from harness import tasks
from harness.refusals import refused


@pytest.fixture
def s3(wharf):
    return wharf.client("s3")


@pytest.fixture
def bucket(s3):
    """One that everybody may read."""
    name = tasks.unique("site").lower()
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return name


def put(s3, bucket, key, text, kind="text/html", **more):
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType=kind, **more)


def visit(wharf, bucket, path="/", method="GET", host="s3-website.localhost", **headers):
    headers = {"Host": f"{bucket}.{host}:{wharf.port}", **headers}
    return requests.request(method, wharf.endpoint + path, headers=headers, allow_redirects=False, timeout=10)


def site(**more):
    return {"IndexDocument": {"Suffix": "index.html"}, **more}


def test_pages_folders_and_errors(wharf, s3, bucket):
    none = visit(wharf, bucket)
    assert none.status_code == 404 and "Code: NoSuchWebsiteConfiguration" in none.text
    assert refused(s3.get_bucket_website, Bucket=bucket)[0] == "NoSuchWebsiteConfiguration"
    wharf.aws("s3", "website", f"s3://{bucket}", "--index-document", "index.html", "--error-document", "error.html")
    shown = s3.get_bucket_website(Bucket=bucket)
    assert (shown["IndexDocument"], shown["ErrorDocument"]) == ({"Suffix": "index.html"}, {"Key": "error.html"})
    put(s3, bucket, "index.html", "home")
    put(s3, bucket, "docs/index.html", "docs")
    put(s3, bucket, "docs/ü 1.css", "body {}", kind="text/css")
    home = visit(wharf, bucket)
    assert (home.status_code, home.text, home.headers["content-type"]) == (200, "home", "text/html")
    for host in ("s3-website-us-east-1.localhost", "s3-website.us-east-1.amazonaws.com"):
        assert visit(wharf, bucket, host=host).text == "home"
    assert visit(wharf, bucket, "/docs/").text == "docs"
    folder = visit(wharf, bucket, "/docs")
    assert (folder.status_code, folder.headers["location"]) == (302, "/docs/")
    style = visit(wharf, bucket, "/docs/%C3%BC%201.css")
    assert (style.text, style.headers["content-type"]) == ("body {}", "text/css")
    # As any other object.
    part = visit(wharf, bucket, "/docs/", Range="bytes=1-2")
    assert (part.status_code, part.text) == (206, "oc")
    assert visit(wharf, bucket, **{"If-None-Match": home.headers["etag"]}).status_code == 304
    head = visit(wharf, bucket, method="HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "4")
    # Signatures, right or wrong, are nobody's business here.
    assert visit(wharf, bucket, "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", Authorization="AWS4-HMAC-SHA256 x").text == "home"
    # The page for errors is not there itself.
    gone = visit(wharf, bucket, "/gone")
    assert gone.status_code == 403 and "Code: AccessDenied" in gone.text and "Custom Error Document" in gone.text
    assert gone.headers["x-amz-error-code"] == "AccessDenied"
    put(s3, bucket, "error.html", "sorry")
    gone = visit(wharf, bucket, "/gone")
    assert (gone.status_code, gone.text, gone.headers["x-amz-error-code"]) == (403, "sorry", "AccessDenied")
    posted = visit(wharf, bucket, method="POST")
    assert posted.status_code == 405 and "Code: MethodNotAllowed" in posted.text
    s3.delete_bucket_website(Bucket=bucket)
    assert visit(wharf, bucket).status_code == 404


def test_who_may_list_learns_what_is_not_there(wharf, s3, bucket):
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site())
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    policy["Statement"].append(everybody)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    gone = visit(wharf, bucket, "/<gone>")
    assert gone.status_code == 404 and "<li>Code: NoSuchKey</li>" in gone.text and "<li>Key: &lt;gone&gt;</li>" in gone.text
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert visit(wharf, bucket, "/<gone>").status_code == 403
    nobodys = visit(wharf, f"{bucket}-gone")
    assert nobodys.status_code == 404 and "Code: NoSuchBucket" in nobodys.text


def test_rules_send_elsewhere(wharf, s3, bucket):
    rules = [
        {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/", "HttpRedirectCode": "302"}},
        {
            "Condition": {"KeyPrefixEquals": "shop/", "HttpErrorCodeReturnedEquals": "403"},
            "Redirect": {"HostName": "shop.example.org", "Protocol": "https", "ReplaceKeyWith": "closed"},
        },
    ]
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site(RoutingRules=rules))
    assert s3.get_bucket_website(Bucket=bucket)["RoutingRules"] == rules
    put(s3, bucket, "shop/open", "open")
    sent = visit(wharf, bucket, "/old/a%20b")
    assert (sent.status_code, sent.headers["location"]) == (302, f"http://{bucket}.s3-website.localhost:{wharf.port}/new/a%20b")
    assert visit(wharf, bucket, "/shop/open").text == "open"
    sent = visit(wharf, bucket, "/shop/gone")
    assert (sent.status_code, sent.headers["location"]) == (301, "https://shop.example.org/closed")
    put(s3, bucket, "moved", "", WebsiteRedirectLocation="/shop/open")
    sent = visit(wharf, bucket, "/moved")
    assert (sent.status_code, sent.headers["location"]) == (301, "/shop/open")
    everything = {"RedirectAllRequestsTo": {"HostName": "www.example.org", "Protocol": "https"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=everything)
    sent = visit(wharf, bucket, "/a/b")
    assert (sent.status_code, sent.headers["location"]) == (301, "https://www.example.org/a/b")


def test_what_is_refused(wharf, s3, bucket):
    def said(**configuration):
        return refused(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=configuration)

    suffix = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
    assert said(ErrorDocument={"Key": "e"}) == ("InvalidArgument", suffix)
    assert said(IndexDocument={"Suffix": "a/b"}) == ("InvalidArgument", "The IndexDocument Suffix is not well formed")
    assert said(**site(RedirectAllRequestsTo={"HostName": "h"}))[0] == "MalformedXML"
    bad = [{"Redirect": {"HttpRedirectCode": "200"}}]
    text = "The provided HTTP redirect code (200) is not valid. Valid codes are 3XX except 300."
    assert said(**site(RoutingRules=bad)) == ("InvalidRequest", text)
    both = [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]
    assert said(**site(RoutingRules=both)) == ("InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    _, keys = tasks.user(wharf, tasks.document("s3:GetBucketWebsite", f"arn:aws:s3:::{bucket}"))
    mine = wharf.client("s3", keys)
    assert refused(mine.get_bucket_website, Bucket=bucket)[0] == "NoSuchWebsiteConfiguration"
    assert refused(mine.put_bucket_website, Bucket=bucket, WebsiteConfiguration=site())[0] == "AccessDenied"
    assert refused(mine.delete_bucket_website, Bucket=bucket)[0] == "AccessDenied"
