"""Scans of images: the first of one, and all of them compared again when the data changes."""

import gzip
import io
import json
import multiprocessing
import os
import pathlib
import statistics
import tarfile
import tempfile
import time

from harness import tasks
from harness.installation import Installation
from harness.waiting import wait_for

from . import peers
from .many_images import MANIFEST, _digest
from .pushes import Client

TITLE = "Scans"
PART = int(os.environ.get("WHARF_BENCH_PART", "1"))
# As many packages as Debian has sources, each with five vulnerabilities; images have a thousand of them each.
PUBLISHED, PACKAGES, IMAGES = 40_000 // PART, 1000, 10_000 // PART
LAYERS, CHANGED, ROUNDS, PUSHERS = 200, 200, 5, 4
MIB = 1 << 20
CONFIG = b'{"architecture":"amd64","os":"linux"}'
METHOD = (
    f"Made data: {PUBLISHED:,} packages of Debian with five vulnerabilities each. A basic scan of an image of {PACKAGES:,} packages, from StartImageScan until DescribeImageScanFindings says COMPLETE, "
    f"asked every 5 ms, {ROUNDS} images. Then {IMAGES:,} images of {PACKAGES:,} packages each in one repository under continuous scanning, in {LAYERS} different layers; and data in which {CHANGED} packages have "
    "another vulnerability, of which every image has some: from the start of `wharf scan-db update` until DescribeImages shows of all images that they were scanned again. Memory is the server's most (PSS), "
    "looked at twice a second."
)
COLUMNS = ("what", "figure")


def run():
    with Installation(arguments=["--audit", "off"]) as wharf, tempfile.TemporaryDirectory() as folder:
        wharf.start(node=False)
        folder = pathlib.Path(folder)
        _publish(folder / "tracker.json")
        begun = time.monotonic()
        wharf.run("scan-db", "update", folder / "tracker.json")
        read = time.monotonic() - begun
        first = [_first(wharf, number) for number in range(ROUNDS)]
        ecr = wharf.client("ecr")
        rules = [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "many*", "filterType": "WILDCARD"}]}]
        ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
        ecr.create_repository(repositoryName="many")
        begun = time.monotonic()
        _push(wharf)
        counted = wait_for(lambda: _counts(ecr, 0), 7200, "all images scanned", interval_s=1)
        scanned = time.monotonic() - begun
        (folder / "new").mkdir()
        for number in range(CHANGED):
            (folder / "new" / f"{number}.json").write_text(json.dumps(_record(f"NEW-{number}", number)))
        server, most = wharf.child("server"), 0
        before = peers.own_bytes([server])
        begun = time.monotonic()
        wharf.run("scan-db", "update", folder / "new")
        updated = time.monotonic() - begun
        while (counts := _counts(ecr, counted)) is None:
            most = max(most, peers.own_bytes([server]))
            assert time.monotonic() - begun < 3600, "images were not compared again"
            time.sleep(0.5)
        took = time.monotonic() - begun
    return [
        (f"data of {PUBLISHED:,} packages read, s", f"{read:.1f}"),
        (f"an image of {PACKAGES:,} packages scanned, s", f"{statistics.median(first):.2f}, slowest {max(first):.2f}"),
        (f"{IMAGES:,} images pushed and scanned for the first time, s", f"{scanned:.0f}"),
        (f"{IMAGES:,} images compared again, s", f"{took:.1f}, of them {updated:.1f} for the update; {counts - counted:,} findings more"),
        ("memory meanwhile, MiB", f"{most / MIB:.0f} ({before / MIB:.0f} before)"),
    ]


def _publish(path):
    release = {"status": "resolved", "urgency": "high"}
    data = {
        f"package-{number}": {
            f"CVE-2024-{number * 5 + one}": {
                "description": "d" * 200,
                "releases": {"bookworm": {**release, "fixed_version": "2.0" if one == 0 else "0.9"}},
            }
            for one in range(5)
        }
        for number in range(PUBLISHED)
    }
    path.write_text(json.dumps(data))


def _record(name, number):
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    return {"id": name, "affected": [{"package": {"ecosystem": "Debian:12", "name": f"package-{number * 7}"}, "ranges": ranges}]}


def _layer(number):
    """A thousand packages; of those that change later each image has some."""
    names = [(number * 7 + package * 7) % PUBLISHED for package in range(PACKAGES)]
    status = "".join(f"Package: package-{name}\nStatus: install ok installed\nVersion: 1.0-{number}\n\n" for name in names)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, text in (("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'), ("var/lib/dpkg/status", status)):
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(out.getvalue(), mtime=0)


def _put_blobs(client, layer):
    for blob in (CONFIG, layer):
        client.ask("POST", f"{client.path}/blobs/uploads/?digest={_digest(blob)}", 201, blob, len(blob))


def _put_image(client, layer, mark):
    """An image of its own for each mark, which is its tag."""
    kinds = ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip")
    described = [{"mediaType": kind, "digest": _digest(it), "size": len(it)} for kind, it in zip(kinds, (CONFIG, layer), strict=True)]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:], "annotations": {"n": mark}}
    text = json.dumps(manifest).encode()
    client.ask("PUT", f"{client.path}/manifests/{mark}", 201, text, len(text), {"Content-Type": MANIFEST})


def _first(wharf, number):
    ecr, name = wharf.client("ecr"), tasks.unique("first")
    ecr.create_repository(repositoryName=name)
    client, layer = Client(wharf.port, f"/v2/{name}", f"AWS:{wharf.registry_password()}"), _layer(number)
    _put_blobs(client, layer)
    _put_image(client, layer, "first")
    image = {"repositoryName": name, "imageId": {"imageTag": "first"}}
    begun = time.monotonic()
    ecr.start_image_scan(**image)
    while (shown := ecr.describe_image_scan_findings(**image, maxResults=1))["imageScanStatus"]["status"] == "IN_PROGRESS":
        time.sleep(0.005)
    took = time.monotonic() - begun
    assert shown["imageScanStatus"]["status"] == "COMPLETE", shown
    assert sum(shown["imageScanFindings"]["findingSeverityCounts"].values()) == PACKAGES, shown["imageScanFindings"]
    return took


def _push(wharf):
    password = wharf.registry_password()
    fork = multiprocessing.get_context("fork")
    with fork.Pool(PUSHERS) as pool:
        pool.starmap(_push_some, [(wharf.port, password, range(first, LAYERS, PUSHERS)) for first in range(PUSHERS)])


def _push_some(port, password, numbers):
    client = Client(port, "/v2/many", f"AWS:{password}")
    for number in numbers:
        layer = _layer(number)
        _put_blobs(client, layer)
        for image in range(number, IMAGES, LAYERS):
            _put_image(client, layer, f"v{image}")


def _counts(ecr, more_than):
    """Findings of all images, once each has been scanned and there are more of each than that number of all says; else nothing."""
    total, images = 0, 0
    for page in ecr.get_paginator("describe_images").paginate(repositoryName="many", PaginationConfig={"PageSize": 1000}):
        for image in page["imageDetails"]:
            counts = image.get("imageScanFindingsSummary", {}).get("findingSeverityCounts")
            if image.get("imageScanStatus", {}).get("status") != "ACTIVE" or not counts:
                return None
            found = sum(counts.values())
            if found <= more_than / IMAGES:
                return None
            total, images = total + found, images + 1
    return total if images == IMAGES else None
