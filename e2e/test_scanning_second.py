"""Second scanners, Debian's debsecan and RustSec's of crates.io, find the same in the same packages by the same data."""

import json
import random
import zlib

from harness import tasks, tools
from harness.installation import Installation
from harness.waiting import wait_for
from test_scanning import DEBIAN, push, tar

SUITE = "bookworm"
SOURCES, MOST_VULNERABILITIES, INSTALLED = 400, 4, 900
# What Debian's policy is particular about: letters before signs, tildes before everything, numbers by their values.
PARTS = ["0", "1", "2", "9", "10", "010", "a", "b", "rc", "dfsg", "+", "~", "~~", ".", ".", "-"]


def version(chance):
    epoch = chance.choice(["", "", "", "0:", "1:", "2:"])
    upstream = str(chance.randrange(12)) + "".join(chance.choice(PARTS) for _ in range(chance.randrange(5)))
    revision = chance.choice(["", "-1", "-2", "-10", "-1~deb12u1", "-1+deb12u2", "-1+b1", "-0ubuntu1"])
    return epoch + upstream.strip("-") + revision


def made(chance):
    """What Debian's security tracker says, and which packages are installed."""
    tracker, number = {}, 0
    for source in range(SOURCES):
        said = {}
        for _ in range(chance.randrange(MOST_VULNERABILITIES + 1)):
            number += 1
            urgency = chance.choice(["not yet assigned", "low", "medium", "high", "unimportant"])
            release = {"status": "open", "urgency": urgency}
            if chance.random() < 0.75:
                # The tracker says of a version that was never affected that it is fixed in 0.
                fixed = "0" if chance.random() < 0.1 else version(chance)
                release |= {"status": "resolved", "fixed_version": fixed}
            said[f"CVE-2024-{number:05}"] = {"description": "made", "releases": {SUITE: release}}
        if said:
            tracker[f"source{source}"] = said
    status = []
    for package in range(INSTALLED):
        source, own = chance.randrange(SOURCES), version(chance)
        lines = {"Package": f"package{package}", "Status": "install ok installed", "Version": own, "Source": f"source{source}"}
        if chance.random() < 0.3:
            # Built anew: the source has another version.
            lines["Source"] += f" ({version(chance)})"
        if chance.random() < 0.1:
            # A package that is called as its source.
            lines |= {"Package": f"source{source}", "Source": None}
        if chance.random() < 0.1:
            lines["Status"] = chance.choice(["deinstall ok config-files", "purge ok not-installed"])
        status.append("".join(f"{key}: {value}\n" for key, value in lines.items() if value))
    # Of two packages with one name dpkg knows the last; neither scanner is asked about that.
    by_name = {one.partition("\n")[0]: one for one in status}
    return tracker, "\n".join(by_name.values()) + "\n"


def for_debsecan(tracker):
    """The same data as the tracker gives it to debsecan: vulnerabilities, then where they are fixed."""
    names, packages = [], []
    for source, said in tracker.items():
        for name, vulnerability in said.items():
            release = vulnerability["releases"][SUITE]
            fixed = release.get("fixed_version", "")
            if fixed != "0":
                urgency = {"low": "L", "medium": "M", "high": "H"}.get(release["urgency"], " ")
                packages.append(f"{source},{len(names)},S{urgency}?{'F' if fixed else ' '},{fixed},")
                names.append(f"{name},,made")
    return zlib.compress("\n".join(["VERSION 1", *names, "", *packages, "", ""]).encode())


def test_debsecan_finds_the_same(tmp_path):
    tracker, status = made(random.Random(11))
    (tmp_path / "tracker.json").write_text(json.dumps(tracker))
    (tmp_path / SUITE).write_bytes(for_debsecan(tracker))
    (tmp_path / "status").write_text(status)
    (tmp_path / "none").touch()
    theirs = tools.run(
        "/usr/bin/python3", tools.program("debsecan"), "--suite", SUITE, "--source", f"file://{tmp_path}/", "--status", tmp_path / "status",
        "--config", tmp_path / "none", "--whitelist", tmp_path / "whitelist", "--format", "simple",
    ).stdout  # fmt: skip
    theirs = {tuple(line.split()) for line in theirs.splitlines()}
    with Installation() as wharf:
        wharf.start(node=False)
        wharf.run("scan-db", "update", tmp_path / "tracker.json")
        ecr, name = wharf.client("ecr"), tasks.unique("second")
        push(wharf, tmp_path, name, tar(DEBIAN | {"var/lib/dpkg/status": status}))
        image = {"repositoryName": name, "imageId": {"imageTag": "1"}}
        ecr.start_image_scan(**image)
        ecr.get_waiter("image_scan_complete").wait(**image, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        ours = set()
        for page in ecr.get_paginator("describe_image_scan_findings").paginate(**image, PaginationConfig={"PageSize": 1000}):
            for finding in page["imageScanFindings"]["findings"]:
                attributes = {it["key"]: it["value"] for it in finding["attributes"]}
                ours.add((finding["name"], attributes["package_name"]))
    assert len(theirs) > 500, len(theirs)
    assert ours == theirs, (sorted(ours - theirs)[:10], sorted(theirs - ours)[:10])


CRATES = 400


def number(chance):
    return [chance.randrange(3), chance.randrange(4), chance.randrange(4)]


def written(parts, pre=""):
    return ".".join(map(str, parts)) + pre


def affected(chance):
    """One or two ranges of versions that are affected: first, and first that is not any more, if there is one."""
    bounds = sorted(number(chance) for _ in range(4))
    bounds = [written(it) for at, it in enumerate(bounds) if it not in bounds[:at]]
    ranges = [[bounds[0], bounds[1] if len(bounds) > 1 else None]]
    if len(bounds) == 4:
        ranges.append([bounds[2], bounds[3]])
    if chance.random() < 0.4:
        ranges[0][0] = "0"
    if chance.random() < 0.2:
        ranges[-1][1] = None
    return ranges


def for_rustsec(name, crate, ranges):
    """The same as RustSec's database has it: which versions are not affected."""
    first, ends = ranges[0][0], [end for _, end in ranges]
    unaffected = [] if first == "0" else [f"< {first}"]
    patched = [f">= {end}, < {begin}" for end, (begin, _) in zip(ends, ranges[1:], strict=False)]
    patched += [f">= {ends[-1]}"] if ends[-1] else []
    return (
        f'```toml\n[advisory]\nid = "{name}"\npackage = "{crate}"\ndate = "2024-01-01"\n\n'
        f"[versions]\npatched = {json.dumps(patched)}\nunaffected = {json.dumps(unaffected)}\n```\n\n# made\n\nMade.\n"
    )


def for_osv(name, crate, ranges):
    events = []
    for begin, end in ranges:
        # A range that begins with a version does not have what leads to it.
        events += [{"introduced": begin}] + ([{"fixed": end}] if end else [])
    return {
        "id": name,
        "affected": [{"package": {"ecosystem": "crates.io", "name": crate}, "ranges": [{"type": "SEMVER", "events": events}]}],
    }


def test_rustsec_finds_the_same(tmp_path):
    chance = random.Random(11)
    published, lock = tmp_path / "osv", ["version = 3\n"]
    published.mkdir()
    for at in range(CRATES):
        crate = f"crate{at}"
        pre = chance.choice(["", "", "", "-rc.1", "-alpha", "-0", "+built"])
        lock.append(
            f'[[package]]\nname = "{crate}"\nversion = "{written(number(chance), pre)}"\n'
            'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
        )
        for more in range(chance.randrange(3)):
            name, ranges = f"RUSTSEC-2024-{at * 3 + more + 1:04}", affected(chance)
            folder = tmp_path / "rustsec" / "crates" / crate
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.md").write_text(for_rustsec(name, crate, ranges))
            (published / f"{name}.json").write_text(json.dumps(for_osv(name, crate, ranges)))
    (tmp_path / "Cargo.lock").write_text("\n".join(lock))
    said = tools.run(tools.rust_client("scanner-client"), tmp_path / "rustsec", tmp_path / "Cargo.lock").stdout
    theirs = {tuple(line.split()) for line in said.splitlines()}
    with Installation() as wharf:
        wharf.start(node=False)
        wharf.run("scan-db", "update", published)
        ecr, name = wharf.client("ecr"), tasks.unique("second")
        rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}]
        ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
        push(wharf, tmp_path, name, tar({"app/Cargo.lock": (tmp_path / "Cargo.lock").read_text()}))
        image = {"repositoryName": name, "imageId": {"imageTag": "1"}}
        detail = lambda: ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "1"}])["imageDetails"][0]  # noqa: E731
        wait_for(lambda: detail().get("imageScanStatus", {}).get("status") == "COMPLETE", 60, "the scan to end")
        ours = set()
        for page in ecr.get_paginator("describe_image_scan_findings").paginate(**image, PaginationConfig={"PageSize": 1000}):
            for finding in page["imageScanFindings"]["enhancedFindings"]:
                details = finding["packageVulnerabilityDetails"]
                (package,) = details["vulnerablePackages"]
                ours.add((details["vulnerabilityId"], package["name"], package["version"]))
    assert len(theirs) > 100, len(theirs)
    assert ours == theirs, (sorted(ours - theirs)[:10], sorted(theirs - ours)[:10])
