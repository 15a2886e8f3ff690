"""Scans of images through boto3: on demand, on push, over a kill, and what hostile images come to."""

import functools
import gzip
import http.server
import io
import json
import signal
import tarfile
import threading
import zipfile

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks
from harness.installation import Installation
from harness.waiting import wait_for
from test_registry import layout

TRACKER = {
    "openssl": {
        "CVE-2024-1": {
            "description": "bad",
            "releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.2-1", "urgency": "high"}},
        },
        "CVE-2024-2": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
    }
}
OSV = {
    "id": "ALPINE-CVE-2024-9",
    "upstream": ["CVE-2024-9"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "Alpine:v3.18", "name": "musl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.4-r3"}]}],
        }
    ],
}
DEBIAN = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "var/lib/dpkg/status": "Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.1-1\n",
}
ALPINE = {
    "etc/os-release": "ID=alpine\nVERSION_ID=3.18.4\n",
    "lib/apk/db/installed": "P:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n",
}


@pytest.fixture(scope="module")
def scanning(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    (folder / "tracker.json").write_text(json.dumps(TRACKER))
    (folder / "record.json").write_text(json.dumps(OSV))
    with Installation() as wharf:
        wharf.start(node=False)
        printed = wharf.run("scan-db", "update", folder).stdout
        assert "3 advisories about 2 packages" in printed, printed
        yield wharf


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def push(wharf, folder, name, content, tag="1"):
    layer = folder / f"{tag}.gz"
    layer.write_bytes(gzip.compress(content))
    (folder / tag).mkdir()
    images.skopeo_copy(wharf, layout(folder / tag, layer), f"docker://{images.ensure_repository(wharf, name)}:{tag}")


def ended(ecr, name, tag="1"):
    """What the scan came to."""

    def found():
        answer = ecr.describe_image_scan_findings(repositoryName=name, imageId={"imageTag": tag})
        return answer["imageScanStatus"]["status"] != "IN_PROGRESS" and answer

    return wait_for(found, 60, "the scan to end")


def test_a_scan_on_demand(scanning, tmp_path):
    ecr, name = scanning.client("ecr"), tasks.unique("scan")
    push(scanning, tmp_path, name, tar(DEBIAN))
    image = {"repositoryName": name, "imageId": {"imageTag": "1"}}
    with pytest.raises(ecr.exceptions.ScanNotFoundException):
        ecr.describe_image_scan_findings(**image)
    assert ecr.start_image_scan(**image)["imageScanStatus"]["status"] == "IN_PROGRESS"
    ecr.get_waiter("image_scan_complete").wait(**image, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    found = ecr.describe_image_scan_findings(**image)["imageScanFindings"]
    assert found["findingSeverityCounts"] == {"HIGH": 1, "INFORMATIONAL": 1}
    assert [it["name"] for it in found["findings"]] == ["CVE-2024-1", "CVE-2024-2"]
    attributes = {it["key"]: it["value"] for it in found["findings"][0]["attributes"]}
    assert attributes == {"package_name": "libssl3", "package_version": "3.0.1-1", "patched_version": "3.0.2-1"}
    pages = ecr.get_paginator("describe_image_scan_findings").paginate(**image, PaginationConfig={"PageSize": 1})
    assert [len(page["imageScanFindings"]["findings"]) for page in pages] == [1, 1]
    with pytest.raises(ClientError, match="The scan quota per image has been exceeded. Wait and try again."):
        ecr.start_image_scan(**image)
    detail = ecr.describe_images(repositoryName=name)["imageDetails"][0]
    assert detail["imageScanStatus"]["status"] == "COMPLETE"
    assert detail["imageScanFindingsSummary"]["findingSeverityCounts"] == {"HIGH": 1, "INFORMATIONAL": 1}


def test_a_scan_that_a_disabled_key_ended_is_made_again(scanning, tmp_path):
    ecr, kms, name = scanning.client("ecr"), scanning.client("kms"), tasks.unique("shut")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    ecr.create_repository(repositoryName=name, encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key})
    push(scanning, tmp_path, name, tar(DEBIAN))
    kms.disable_key(KeyId=key)
    ecr.start_image_scan(repositoryName=name, imageId={"imageTag": "1"})
    status = ended(ecr, name)["imageScanStatus"]
    assert status["status"] == "FAILED" and "DisabledException" in status["description"], status
    kms.enable_key(KeyId=key)
    wait_for(lambda: ended(ecr, name)["imageScanStatus"]["status"] == "COMPLETE", 60, "the scan to be made again")


class Folder(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_data_comes_from_an_address(scanning, tmp_path):
    other = json.loads(json.dumps(OSV).replace("musl", "served").replace("2024-9", "2024-10"))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ALPINE-CVE-2024-10.json", json.dumps(other))
    (tmp_path / "page.html").write_text("<html>")
    handler = functools.partial(Folder, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as it:
        threading.Thread(target=it.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{it.server_port}"
        printed = scanning.run("scan-db", "update", f"{address}/all.zip").stdout
        assert "1 package changed." in printed, printed
        known = scanning.run("scan-db", "status").stdout
        for path, why in (("missing.zip", "answers 404"), ("page.html", "the vulnerability data is unchanged")):
            refused = scanning.run("scan-db", "update", f"{address}/{path}", check=False)
            assert refused.returncode != 0 and why in refused.stderr, refused.stderr
        assert scanning.run("scan-db", "status").stdout == known
        it.shutdown()


def test_a_scan_on_push_over_a_kill(scanning, tmp_path):
    ecr, name = scanning.client("ecr"), tasks.unique("scan")
    ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": True})
    # Long enough for the kill to come in its midst.
    push(scanning, tmp_path, name, tar({"big": bytes(256 << 20)} | ALPINE))
    status = ecr.describe_image_scan_findings(repositoryName=name, imageId={"imageTag": "1"})["imageScanStatus"]["status"]
    scanning.kill_child("server", signal.SIGKILL)
    found = ended(ecr, name)
    assert status in ("IN_PROGRESS", "COMPLETE")
    assert [(it["name"], it["severity"]) for it in found["imageScanFindings"]["findings"]] == [("CVE-2024-9", "CRITICAL")]


def bomb(size):
    return tar(DEBIAN | {"var/lib/dpkg/status": bytes(size)})


def crowded(packages):
    status = "".join(f"Package: a{it}\nSource: openssl\nVersion: 1\n\n" for it in range(packages))
    return tar(DEBIAN | {"var/lib/dpkg/status": status})


def linked():
    """The database is another file, by a hard link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, content in (
            ("etc/os-release", tarfile.REGTYPE, b'ID=fedora\nVERSION_ID="40"\n'),
            ("objects/12", tarfile.REGTYPE, b"SQLite format 3\0"),
            ("usr/share/rpm/rpmdb.sqlite", tarfile.LNKTYPE, b""),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(content), kind
            if kind == tarfile.LNKTYPE:
                entry.linkname = "objects/12"
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def endless(kind):
    """Metadata that goes on and on: a name, or attributes."""
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = kind, 128 << 20
    return entry.tobuf(tarfile.GNU_FORMAT) + b"a" * entry.size


# Made where they are pushed: all of them are some 400 MB, which every worker would hold.
HOSTILE = {
    "no-archive": (lambda: b"no archive" * 100, "FAILED"),
    "cut": (lambda: tar(DEBIAN)[:520], "FAILED"),
    "bomb": (lambda: bomb(100 << 20), "IMAGE_SIZE_EXCEEDED"),
    # Two findings each: half of them are more than are kept of any image.
    "crowded": (lambda: crowded(49_000), "IMAGE_SIZE_EXCEEDED"),
    "empty": (lambda: tar({"etc/os-release": DEBIAN["etc/os-release"]}), "UNSUPPORTED_IMAGE"),
    "scratch": (lambda: tar({"hello": "x"}), "UNSUPPORTED_IMAGE"),
    "linked": (linked, "UNSUPPORTED_IMAGE"),
    "endless-name": (lambda: endless(tarfile.GNUTYPE_LONGNAME), "FAILED"),
    "endless-attributes": (lambda: endless(tarfile.XHDTYPE), "FAILED"),
    "berkeley": (lambda: tar(DEBIAN | {"var/lib/rpm/Packages": "x"}), "UNSUPPORTED_IMAGE"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_images_end_with_a_status(scanning, tmp_path, what):
    ecr, name = scanning.client("ecr"), tasks.unique("scan")
    make, expected = HOSTILE[what]
    push(scanning, tmp_path, name, make())
    server = scanning.child("server")
    before = processes.peak_bytes(server)
    ecr.start_image_scan(repositoryName=name, imageId={"imageTag": "1"})
    answer = ended(ecr, name)
    assert answer["imageScanStatus"]["status"] == expected, answer
    assert answer["imageScanStatus"]["description"] and "imageScanFindings" not in answer
    assert processes.peak_bytes(server) - before < 160 << 20, what


def test_the_registry_says_what_is_scanned(scanning):
    ecr, name = scanning.client("ecr"), tasks.unique("prod")
    ecr.create_repository(repositoryName=name)
    rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "prod*", "filterType": "WILDCARD"}]}]
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": rules}
    answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=[name, "none"])
    assert [it["scanFrequency"] for it in answer["scanningConfigurations"]] == ["SCAN_ON_PUSH"]
    assert [it["failureCode"] for it in answer["failures"]] == ["REPOSITORY_NOT_FOUND"]
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[])
