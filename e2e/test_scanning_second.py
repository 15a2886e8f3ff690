"""A second scanner, debsecan of Debian, finds the same in the same packages by the same data."""

import json
import random
import zlib

from harness import tasks, tools
from harness.installation import Installation
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
