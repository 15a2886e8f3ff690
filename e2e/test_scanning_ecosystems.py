"""What enhanced scans find through boto3, one image for each kind of package database: systems of RPM, and all languages at once."""

import io
import json
import sqlite3
import struct
import tarfile
import zipfile

import pytest

from harness import tasks
from harness.installation import Installation
from harness.waiting import wait_for
from test_scanning import ALPINE, DEBIAN, push

FIXED = "9.9.9"


def range_of(kind, fixed):
    return [{"type": kind, "events": [{"introduced": "0"}, {"fixed": fixed}]}]


def record(number, ecosystem, name, fixed=FIXED, kind="ECOSYSTEM", **more):
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": range_of(kind, fixed), **more}
    return {"id": f"TEST-2024-{number}", "affected": [affected], "database_specific": {"severity": "HIGH"}}


PUBLISHED = [
    record(1, "Debian:12", "openssl", "3.0.2-1"),
    record(2, "Alpine:v3.18", "musl", "1.2.4-r3"),
    # By the source, with its epoch.
    record(3, "Rocky Linux:9", "openssl", "1:3.0.7-25.el9"),
    # By the package.
    record(4, "AlmaLinux:9", "openssl-libs", "1:3.0.7-25.el9"),
    record(5, "Red Hat:9", "openssl-libs", "1:3.0.7-25.el9"),
    record(
        6,
        "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
        "openssl-3",
        "3.0.8-2",
        ecosystem_specific={"binaries": [{"libopenssl3": "3.0.8-2"}]},
    ),
    record(11, "crates.io", "time", "0.2.23", "SEMVER"),
    record(12, "npm", "@s/lodash", "4.17.21", "SEMVER"),
    record(13, "PyPI", "jinja2", "3.1.3"),
    record(14, "RubyGems", "rack", "2.2.4"),
    record(15, "Go", "golang.org/x/net", "0.7.0", "SEMVER"),
    record(16, "Maven", "org.apache.logging.log4j:log4j-core", "2.15.0"),
    # About versions that are not there.
    record(21, "crates.io", "time", "0.1.43", "SEMVER"),
    record(22, "PyPI", "jinja2", "3.1.2"),
    record(23, "Maven", "org.apache.logging.log4j:log4j-core", "2.14.1"),
]


def rpm_header(texts, epoch=None):
    """The header of an installed package, as rpm keeps it."""
    index, data = b"", b""
    entries = [(1003, 4, struct.pack(">I", epoch))] if epoch is not None else []
    entries += [(tag, 6, text.encode() + b"\0") for tag, text in texts.items()]
    for tag, kind, content in entries:
        index += struct.pack(">IIII", tag, kind, len(data), 1)
        data += content
    return struct.pack(">II", len(index) // 16, len(data)) + index + data


def rpm_database(folder, name, version, release, source, epoch=None):
    texts = {1000: name, 1001: version, 1002: release, 1022: "x86_64", 1044: source}
    with sqlite3.connect(folder / "rpmdb.sqlite") as database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        database.execute("INSERT INTO Packages (blob) VALUES (?)", [rpm_header(texts, epoch)])
    database.close()
    return (folder / "rpmdb.sqlite").read_bytes()


def rpm_slots(name, version, release, source):
    """SUSE's database of the same: `ndb`."""
    header = rpm_header({1000: name, 1001: version, 1002: release, 1022: "x86_64", 1044: source})
    file = b"RpmP" + bytes(8) + struct.pack("<I", 1)
    file = file.ljust(32, b"\0") + b"Slot" + struct.pack("<III", 1, 256, 0)
    return file.ljust(4096, b"\0") + b"BlbS" + struct.pack("<III", 1, 0, len(header)) + header


def jar():
    """A library inside of another archive."""

    def zipped(name, content):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(name, content)
        return out.getvalue()

    pom = "version=2.14.1\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n"
    inner = zipped("META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties", pom)
    return zipped("WEB-INF/lib/log4j-core-2.14.1.jar", inner)


def program():
    """A program as Go 1.18 and newer link it, with what it was built from."""

    def text(content):
        length, size = b"", len(content)
        while size >= 0x80:
            length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
        return length + bytes([size]) + content

    modules = b"path\tx/cmd\nmod\tx\t(devel)\t\ndep\tgolang.org/x/net\tv0.1.0\th1:a\n"
    info = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + text(b"go1.20.3") + text(b"0" * 16 + modules + b"1" * 16)
    return b"\x7fELF".ljust(4096, b"\0") + info + bytes(4096)


LANGUAGES = {
    "app/Cargo.lock": '[[package]]\nname = "time"\nversion = "0.1.44"\nsource = "registry+https://x"\n',
    "app/node_modules/@s/lodash/package.json": '{"name": "@s/lodash", "version": "4.17.20"}',
    "usr/lib/python3/Jinja2-3.1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.2\n",
    "usr/lib/ruby/specifications/rack-2.2.3.gemspec": "",
    "usr/bin/server": program(),
    "srv/app.war": jar(),
}


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture(scope="module")
def scanning(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    for published in PUBLISHED:
        (folder / f"{published['id']}.json").write_text(json.dumps(published))
    with Installation() as wharf:
        wharf.start(node=False)
        wharf.run("scan-db", "update", folder)
        rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}]
        wharf.client("ecr").put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
        yield wharf


def found(wharf, folder, files):
    """What a scan of an image with these files finds: by vulnerability, the package, who installed it, and where it is fixed."""
    ecr, name = wharf.client("ecr"), tasks.unique("kinds")
    push(wharf, folder, name, tar(files))
    image = {"repositoryName": name, "imageId": {"imageTag": "1"}}

    def ended():
        try:
            answer = ecr.describe_image_scan_findings(**image)
        except ecr.exceptions.ScanNotFoundException:
            return None
        return answer if answer["imageScanStatus"]["status"] not in ("IN_PROGRESS", "PENDING") else None

    answer = wait_for(ended, 60, "the scan to end")
    assert answer["imageScanStatus"]["status"] == "COMPLETE", answer
    seen = {}
    for finding in answer["imageScanFindings"]["enhancedFindings"]:
        details = finding["packageVulnerabilityDetails"]
        (package,) = details["vulnerablePackages"]
        assert finding["severity"] == "HIGH" and package["sourceLayerHash"].startswith("sha256:"), finding
        version = "-".join(package[it] for it in ("version", "release") if it in package)
        seen[details["vulnerabilityId"]] = (package["name"], version, package["packageManager"], package["fixedInVersion"])
    return seen


@pytest.mark.parametrize("kind", ["dpkg", "apk"])
def test_systems(scanning, tmp_path, kind):
    files, expected = {
        "dpkg": (DEBIAN, {"TEST-2024-1": ("libssl3", "3.0.1-1", "OS", "3.0.2-1")}),
        "apk": (ALPINE, {"TEST-2024-2": ("musl", "1.2.4-r2", "OS", "1.2.4-r3")}),
    }[kind]
    assert found(scanning, tmp_path, files) == expected


@pytest.mark.parametrize(("system", "number"), [("rocky", 3), ("almalinux", 4), ("rhel", 5)])
def test_systems_of_rpm(scanning, tmp_path, system, number):
    database = rpm_database(tmp_path, "openssl-libs", "3.0.7", "24.el9", "openssl-3.0.7-24.el9.src.rpm", epoch=1)
    files = {"etc/os-release": f'ID={system}\nVERSION_ID="9.3"\n', "var/lib/rpm/rpmdb.sqlite": database}
    expected = {f"TEST-2024-{number}": ("openssl-libs", "3.0.7-24.el9", "OS", "1:3.0.7-25.el9")}
    assert found(scanning, tmp_path, files) == expected


def test_suse_by_the_package_that_is_named(scanning, tmp_path):
    database = rpm_slots("libopenssl3", "3.0.8", "1", "openssl-3-3.0.8-1.src.rpm")
    files = {"etc/os-release": 'ID="sles"\nVERSION_ID="15.5"\n', "usr/lib/sysimage/rpm/Packages.db": database}
    assert found(scanning, tmp_path, files) == {"TEST-2024-6": ("libopenssl3", "3.0.8-1", "OS", "3.0.8-2")}


def test_languages(scanning, tmp_path):
    assert found(scanning, tmp_path, DEBIAN | LANGUAGES) == {
        "TEST-2024-1": ("libssl3", "3.0.1-1", "OS", "3.0.2-1"),
        "TEST-2024-11": ("time", "0.1.44", "CARGO", "0.2.23"),
        "TEST-2024-12": ("@s/lodash", "4.17.20", "NPM", "4.17.21"),
        "TEST-2024-13": ("jinja2", "3.1.2", "PIP", "3.1.3"),
        "TEST-2024-14": ("rack", "2.2.3", "BUNDLER", "2.2.4"),
        "TEST-2024-15": ("golang.org/x/net", "0.1.0", "GOBINARY", "0.7.0"),
        "TEST-2024-16": ("org.apache.logging.log4j:log4j-core", "2.14.1", "JAR", "2.15.0"),
    }
