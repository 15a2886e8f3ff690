"""Pages of a registry with many images, and the memory they take."""

import hashlib
import http.client
import json
import multiprocessing
import os
import random
import statistics
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.installation import Installation

from . import peers
from .pushes import Client

TITLE = "Registry: pages of many images"
# WHARF_BENCH_PART=20 makes a twentieth of the repositories, to see that it runs.
REPOSITORIES = 1000 // int(os.environ.get("WHARF_BENCH_PART", "1"))
IMAGES = 100
PUSHERS = 4
ASKED = 300
MIB = 1 << 20
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
METHOD = (
    f"{REPOSITORIES * IMAGES:,} manifests in {REPOSITORIES:,} repositories, each under a tag of its own, with a layer and a configuration that all of a repository share, pushed over HTTP by "
    f"{PUSHERS} processes. Then {ASKED} pages of each kind, of repositories and places by chance, one after the other over one connection, signed beforehand: the time until the whole answer is read. "
    "Memory is the server's (PSS), beside that of the same server before the first push."
)
COLUMNS = ("what", "p50 ms", "p99 ms", "entries a page")
API = "AmazonEC2ContainerRegistry_V20150921"


def run():
    with Installation(arguments=["--audit", "off"]) as wharf:
        wharf.start(node=False)
        server = wharf.child("server")
        before = peers.own_bytes([server])
        ecr = wharf.client("ecr")
        for number in range(REPOSITORIES):
            ecr.create_repository(repositoryName=_name(number))
        begun = time.monotonic()
        _push(wharf)
        pushed = REPOSITORIES * IMAGES / (time.monotonic() - begun)
        rows = [*_pages(wharf)]
        after = peers.own_bytes([server])
        wharf.kill_child("server")
        again = time.monotonic()
        # The next server answers the same page.
        while True:
            try:
                ecr.describe_repositories(maxResults=1)
                break
            except Exception:  # noqa: BLE001 refused in many ways while it starts
                time.sleep(0.01)
        again = time.monotonic() - again
        restarted = peers.own_bytes([wharf.child("server")])
    return [
        *rows,
        ("manifests pushed / s", f"{pushed:,.0f}", "", ""),
        ("memory, MiB", f"{after / MIB:.0f}", "", f"{before / MIB:.0f} before"),
        ("memory after a restart, MiB", f"{restarted / MIB:.0f}", "", f"answers after {again:.1f} s"),
    ]


def _name(number):
    return f"team-{number % 10}/app-{number:04}"


def _digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _push(wharf):
    password = wharf.registry_password()
    fork = multiprocessing.get_context("fork")
    mine = [range(first, REPOSITORIES, PUSHERS) for first in range(PUSHERS)]
    with fork.Pool(PUSHERS) as pool:
        pool.starmap(_push_some, [(wharf.port, password, numbers) for numbers in mine])


def _push_some(port, password, numbers):
    for number in numbers:
        client = Client(port, f"/v2/{_name(number)}", f"AWS:{password}")
        config, layer = b'{"architecture":"amd64","os":"linux"}', f"layer of {number}".encode()
        for blob in (config, layer):
            client.ask("POST", f"{client.path}/blobs/uploads/?digest={_digest(blob)}", 201, blob, len(blob))
        kinds = ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip")
        described = [{"mediaType": kind, "digest": _digest(it), "size": len(it)} for kind, it in zip(kinds, (config, layer), strict=True)]
        for image in range(IMAGES):
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": described[0],
                "layers": described[1:],
                "annotations": {"n": str(image)},
            }
            text = json.dumps(manifest).encode()
            client.ask("PUT", f"{client.path}/manifests/v1.{image}", 201, text, len(text), {"Content-Type": MANIFEST})
        client.connection.close()


def _pages(wharf):
    chance = random.Random(1)
    some = lambda: _name(chance.randrange(REPOSITORIES))  # noqa: E731 said once, used below
    kinds = (
        ("DescribeRepositories, 100", lambda: _signed(wharf, "DescribeRepositories", {"maxResults": 100}), "repositories"),
        ("DescribeRepositories, 1,000", lambda: _signed(wharf, "DescribeRepositories", {"maxResults": 1000}), "repositories"),
        ("ListImages, 100", lambda: _signed(wharf, "ListImages", {"repositoryName": some(), "maxResults": 100}), "imageIds"),
        ("DescribeImages, 100", lambda: _signed(wharf, "DescribeImages", {"repositoryName": some(), "maxResults": 100}), "imageDetails"),
        ("GET /v2/…/tags/list, 100", lambda: ("GET", f"/v2/{some()}/tags/list?n=100", None, None), "tags"),
        ("GET /v2/_catalog, 100", lambda: ("GET", f"/v2/_catalog?n=100&last={some()}", None, None), "repositories"),
    )
    login = Client(wharf.port, "", f"AWS:{wharf.registry_password()}").login
    for what, make, member in kinds:
        requests = [make() for _ in range(ASKED)]
        took, entries = [], []
        connection = http.client.HTTPConnection("127.0.0.1", wharf.port, timeout=60)
        for method, path, body, headers in requests:
            begun = time.monotonic()
            connection.request(method, path, body=body, headers=headers or login)
            answer = connection.getresponse()
            text = answer.read()
            took.append(time.monotonic() - begun)
            assert answer.status == 200, (what, answer.status, text[:300])
            entries.append(len(json.loads(text)[member]))
        ranked = sorted(took)
        yield (
            what,
            f"{statistics.median(took) * 1000:.1f}",
            f"{ranked[int(len(ranked) * 0.99)] * 1000:.1f}",
            f"{statistics.mean(entries):.0f}",
        )


def _signed(wharf, operation, given):
    body = json.dumps(given)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{API}.{operation}"}
    request = AWSRequest(method="POST", url=f"http://127.0.0.1:{wharf.port}/", data=body, headers=headers)
    SigV4Auth(Credentials(wharf.root.access_key, wharf.root.secret_key), "ecr", "us-east-1").add_auth(request)
    return "POST", "/", body, dict(request.headers.items())
