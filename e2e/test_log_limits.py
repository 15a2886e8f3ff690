"""Containers that print without end: their own stream is slowed down, the disk stays within its bound, others are heard."""

import contextlib
import json
import time

import pytest

from harness import images, tasks
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import wait_for

MIB = 1 << 20


def folder_bytes(folder):
    total = 0
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_blocks * 512
    return total


@pytest.fixture(scope="module")
def small():
    """An installation that keeps 8 MiB of logs."""
    with Installation(arguments=["--log-storage", "8M"]) as wharf:
        yield wharf.start()


@pytest.fixture(scope="module")
def image(small):
    return images.push(small, "busybox")


def test_a_flood_takes_neither_the_disk_nor_the_others_lines(small, image):
    # What could be packed would take a part of the disk alone.
    noise = "head -c 750000 /dev/urandom | base64 -w 4000 > /tmp/noise"
    flood = tasks.run(small, image, stopTimeout=2, **sh(f"{noise}; while :; do cat /tmp/noise; done"))
    calm = tasks.run(small, image, stopTimeout=2, **sh("n=0; while :; do n=$((n+1)); echo calm $n; sleep 0.2; done"))
    calm.wait("RUNNING")
    journal = small.data / "server" / "journal"
    wait_for(lambda: "the oldest log events are dropped" in small.output.text, 120, "the bound")
    worst, end = 0, time.monotonic() + 20
    while time.monotonic() < end:
        worst = max(worst, folder_bytes(journal))
        time.sleep(0.1)
    # What is kept, as much that waits to be merged away, what a second of flood adds, and the reserve.
    assert worst < 64 * MIB, f"the journal took {worst >> 20} MiB"
    seen = calm.lines()
    assert seen[0] == "calm 1" and len(seen) > 20, "the calm one lost its lines to the other"
    reached = int(seen[-1].split()[1])
    wait_for(lambda: int(calm.lines()[-1].split()[1]) > reached + 5, 30, "lines of the calm one meanwhile")
    assert flood.describe()["lastStatus"] == "RUNNING"
    # Whoever looks for lines finds since when they are dropped, and that once.
    kind = [{"AttributeKey": "EventName", "AttributeValue": "DropOldestLogEvents"}]
    (told,) = wait_for(lambda: small.client("cloudtrail").lookup_events(LookupAttributes=kind)["Events"], 30, "the event")
    assert json.loads(told["CloudTrailEvent"])["requestParameters"]["events"] > 0
    flood.stop()
    calm.stop()


def test_a_blocking_driver_loses_nothing_to_the_rate(wharf, busybox):
    """20 MB at once, which is more than a stream may send in a second: it takes longer, and all of it arrives."""
    driver = tasks.awslogs(tasks.ensure_group(wharf))
    driver["options"]["mode"] = "blocking"
    task = tasks.run(
        wharf,
        busybox,
        stopTimeout=2,
        logConfiguration=driver,
        **sh("yes $(head -c 999 /dev/zero | tr '\\0' x) | head -n 20000; echo after"),
    )
    task.wait("STOPPED", 120)
    task.wait_line("after", 120)
    stream = f"t/main/{task.id}"
    page = wharf.client("logs").get_paginator("filter_log_events")
    events = 0
    for found in page.paginate(logGroupName=task.group, logStreamNames=[stream]):
        events += len(found["events"])
    assert events == 20_001


def test_puts_beyond_the_operators_rate_are_throttled():
    with Installation(arguments=["--log-rate", "100K"]) as wharf:
        logs = wharf.start(node=False).client("logs")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        events = [{"timestamp": int(time.time() * 1000), "message": "x" * 60_000}]
        # A put may overdraw what a stream has saved in two seconds; the next one waits for it.
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
        with pytest.raises(logs.exceptions.ClientError) as caught:
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
        assert caught.value.response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
