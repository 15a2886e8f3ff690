"""Snapshots of EBS volumes: what a task wrote is there in another's volume, at the cost of what changed, whoever dies."""

import calendar
import concurrent.futures
import contextlib
import datetime
import json
import os
import signal

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.waiting import wait_for
from test_accounts import create
from test_cost import of_resources
from test_volumes import asked, attachment, definition, infrastructure_role, volumes, wait_gone

pytestmark = pytest.mark.minutes(2.5)

MIB = 1 << 20
NOWHERE = "snap-0123456789abcdef0"


@pytest.fixture(scope="module")
def alone():
    with Lan(), Installation(arguments=["--listen", SERVER]) as one:
        yield one.start()


@pytest.fixture(scope="module")
def image(alone):
    return images.push(alone, "busybox")


@pytest.fixture(scope="module")
def role(alone):
    return infrastructure_role(alone)


class Writer:
    """A task that keeps a volume and writes to it: a file, two counters all the time, and another file once it is told to."""

    def __init__(self, wharf, image, role, mib):
        # Somebody writes all the time: a snapshot is of one moment all the same. A counter is replaced, since a file that is written anew is
        # empty for a moment.
        script = (
            "told=; trap told=1 USR1; trap 'exit 0' TERM; "
            f"dd if=/dev/urandom of=/data/first bs=1M count={mib} 2>/dev/null; sync; sum=$(md5sum </data/first); echo first $sum; "
            "n=0; while :; do n=$((n+1)); for name in a b; do echo $n >/data/new; mv /data/new /data/$name; done; "
            'if [ -n "$told" ] && [ ! -e /data/more ]; then dd if=/dev/urandom of=/data/more bs=1M count=10 2>/dev/null; sync; '
            "sum=$(md5sum </data/more); echo more $sum; fi; sleep 0.2; done"
        )
        self.task = tasks.start(wharf, definition(wharf, image, script), volumeConfigurations=asked(role))
        self.first = self.task.wait_line("first ", 90).split()[1]
        self.volume = attachment(self.task)[1]["volumeId"]

    def writes_more(self):
        """The digest of a second file, once it is written."""
        processes.kill(processes.of_container(self.task.describe()), signal.SIGUSR1)
        return self.task.wait_line("more ", 60).split()[1]


def completed(wharf, snapshot, deadline_s=90):
    ec2 = wharf.client("ec2")

    def done():
        (found,) = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
        assert found["State"] != "error", found
        return found if found["State"] == "completed" else None

    return wait_for(done, deadline_s, f"the completion of {snapshot}")


def reads(wharf, image, role, snapshot, script, start=None, **more):
    """What a script says of a volume that is made of the snapshot."""
    configured = asked(role, snapshotId=snapshot, **more)
    del configured[0]["managedEBSVolume"]["sizeInGiB"]
    configured[0]["managedEBSVolume"].update(more)
    of_script = definition(wharf, image, script)
    task = (start or (lambda **options: tasks.start(wharf, of_script, **options)))(volumeConfigurations=configured)
    task.wait(deadline_s=90)
    assert task.exit_code == 0, (task.describe().get("stoppedReason"), task.output())
    return task.lines()


def stored(wharf):
    """Bytes of all blobs."""
    total = 0
    for folder, _, names in os.walk(wharf.data / "server" / "blobs"):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (os.stat(os.path.join(folder, name)).st_blocks) * 512
    return total


def test_another_task_finds_what_one_wrote_and_only_what_changed_is_sent(alone, image, role):
    ec2 = alone.client("ec2")
    writer = Writer(alone, image, role, 200)
    before = stored(alone)
    tagged = [{"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": "mine"}]}]
    made = ec2.create_snapshot(VolumeId=writer.volume, Description="the first", TagSpecifications=tagged)
    assert (made["State"], made["VolumeSize"], made["VolumeId"], made["Encrypted"]) == ("pending", 1, writer.volume, False)
    first = completed(alone, made["SnapshotId"])
    assert (first["Progress"], first["Description"], first["StorageTier"]) == ("100%", "the first", "standard")
    assert 200 * MIB <= first["FullSnapshotSizeInBytes"] < 300 * MIB
    full = stored(alone) - before
    assert 200 * MIB <= full < 300 * MIB, full

    more = writer.writes_more()
    before = stored(alone)
    second = ec2.create_snapshot(VolumeId=writer.volume)["SnapshotId"]
    shown = completed(alone, second)
    assert shown["FullSnapshotSizeInBytes"] >= 210 * MIB
    changed = stored(alone) - before
    assert 10 * MIB <= changed < 60 * MIB, changed

    # The first is whole without the second and the other way round, and each is of one moment.
    look = "a=$(cat /data/a) b=$(cat /data/b); echo $((a - b)); md5sum /data/first /data/more 2>/dev/null; touch /data/mine"
    lines = reads(alone, image, role, made["SnapshotId"], look)
    assert lines[0] in ("0", "1") and lines[1].split()[0] == writer.first and len(lines) == 2, lines
    ec2.delete_snapshot(SnapshotId=made["SnapshotId"])
    with pytest.raises(ClientError, match="InvalidSnapshot.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[made["SnapshotId"]])
    # A larger volume has a larger file system.
    script = f"{look}; df -k /data | tail -n 1"
    lines = reads(alone, image, role, second, script, sizeInGiB=3)
    assert [line.split()[0] for line in lines[1:3]] == [writer.first, more], lines
    assert int(lines[3].split()[1]) > 2_500_000, lines

    found = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "volume-id", "Values": [writer.volume]}])["Snapshots"]
    assert [one["SnapshotId"] for one in found] == [second]
    writer.task.stop()
    wait_gone(alone, writer.volume)
    # It outlives its volume.
    assert reads(alone, image, role, second, "md5sum /data/first")[0].split()[0] == writer.first
    ec2.delete_snapshot(SnapshotId=second)
    check_bill(alone, made["SnapshotId"], second, full)


def check_bill(wharf, first, second, full):
    """The first is billed for what it holds, the second for what changed, and for what both had once it is alone."""

    def billed():
        found = of_resources(wharf, "USAGE_TYPE", "EBS:SnapshotUsage")
        return {first, second} <= set(found) and found

    found = wait_for(billed, 30, "the snapshots on the bill")
    today = datetime.datetime.now(datetime.UTC).date()
    month_s = calendar.monthrange(today.year, today.month)[1] * 24 * 3600
    # Each was there for seconds, minutes at most.
    for one in (first, second):
        seconds = found[one] * month_s / (full / (1 << 30))
        assert 0.2 < seconds < 300, (one, found, seconds)


def test_old_snapshot_and_volume_may_be_deleted_once_the_new_one_is_answered(alone, image, role):
    ec2 = alone.client("ec2")
    writer = Writer(alone, image, role, 150)
    old = ec2.create_snapshot(VolumeId=writer.volume)["SnapshotId"]
    completed(alone, old)
    new = ec2.create_snapshot(VolumeId=writer.volume)["SnapshotId"]
    ec2.delete_snapshot(SnapshotId=old)
    writer.task.stop()
    wait_gone(alone, writer.volume)
    completed(alone, new)
    assert reads(alone, image, role, new, "md5sum /data/first")[0].split()[0] == writer.first

    # The other way round: what was deleted before it was asked for counts for nothing.
    writer = Writer(alone, image, role, 150)
    old = ec2.create_snapshot(VolumeId=writer.volume)["SnapshotId"]
    completed(alone, old)
    ec2.delete_snapshot(SnapshotId=old)
    last = ec2.create_snapshot(VolumeId=writer.volume)["SnapshotId"]
    writer.task.stop()
    wait_gone(alone, writer.volume)
    completed(alone, last)
    assert reads(alone, image, role, last, "md5sum /data/first")[0].split()[0] == writer.first
    for snapshot in (new, last):
        ec2.delete_snapshot(SnapshotId=snapshot)


def test_whoever_dies_a_snapshot_is_whole_or_none(alone, image, role):
    ec2 = alone.client("ec2")
    writer = Writer(alone, image, role, 400)
    of_volume = [{"Name": "volume-id", "Values": [writer.volume]}]

    def state():
        (found,) = ec2.describe_snapshots(Filters=of_volume)["Snapshots"]
        return found

    def read(name):
        return list((alone.data / "node" / "ebs-snapshots").glob(f"snap-*/{name}"))

    with concurrent.futures.ThreadPoolExecutor() as others:
        created = others.submit(ec2.create_snapshot, VolumeId=writer.volume)
        # While it is read, and the file system is frozen.
        wait_for(lambda: read("chunks"), 30, "the reading", interval_s=0.001)
        alone.kill_child("agent")
        snapshot = created.result()["SnapshotId"]
    # While it is sent.
    killed = []
    for process in ("agent", "server"):
        wait_for(lambda: state()["Progress"] != "0%", 60, "progress", interval_s=0.001)
        killed.append(state()["State"])
        alone.kill_child(process, signal.SIGKILL)
    assert killed[0] == "pending", killed
    alone.wait_node()
    completed(alone, snapshot)
    # The volume is not left frozen.
    writer.writes_more()
    assert reads(alone, image, role, snapshot, "md5sum /data/first")[0].split()[0] == writer.first
    writer.task.stop()
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_a_volume_of_another_host_is_made_of_a_snapshot(alone, image, role):
    ec2 = alone.client("ec2")
    writer = Writer(alone, image, role, 20)
    snapshot = ec2.create_snapshot(VolumeId=writer.volume)["SnapshotId"]
    completed(alone, snapshot)
    writer.task.stop()
    host = Host(alone, 1).join()
    try:
        of_script = definition(alone, image, "md5sum /data/first")

        def start(**options):
            answer = alone.client("ecs").start_task(taskDefinition=of_script, containerInstances=[host.instance], **options)
            assert not answer["failures"], answer["failures"]
            return tasks.Task(alone, answer["tasks"][0]["taskArn"], "/e2e")

        assert reads(alone, image, role, snapshot, "", start)[0].split()[0] == writer.first
    finally:
        host.close()
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_snapshots_are_shared_by_name_and_with_all(alone, image, role):
    ec2 = alone.client("ec2")
    task = tasks.start(alone, definition(alone, image, "echo x >/data/f"), volumeConfigurations=asked(role, delete=False))
    task.wait()
    volume = attachment(task)[1]["volumeId"]
    wait_for(lambda: volumes(alone, volume_id=volume)[0]["State"] == "available", 30, "the volume without its task")
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    completed(alone, snapshot)
    ec2.delete_volume(VolumeId=volume)
    number, keys = create(alone, "snapshots")
    other = alone.client("ec2", keys)

    def seen(**options):
        return [one["SnapshotId"] for one in other.describe_snapshots(**options)["Snapshots"]]

    def permitted():
        found = ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
        return found["CreateVolumePermissions"]

    assert seen() == [] and permitted() == []
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": number}]})
    assert seen() == seen(RestorableByUserIds=["self"]) == seen(SnapshotIds=[snapshot]) == [snapshot]
    assert seen(RestorableByUserIds=["all"]) == seen(OwnerIds=["self"]) == []
    assert permitted() == [{"UserId": number}]
    old = {"Attribute": "createVolumePermission", "OperationType": "add", "GroupNames": ["all"]}
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, **old)
    assert seen(RestorableByUserIds=["all"]) == [snapshot]
    for change in (other.delete_snapshot, other.describe_snapshot_attribute, other.reset_snapshot_attribute):
        options = {} if change == other.delete_snapshot else {"Attribute": "createVolumePermission"}
        with pytest.raises(ClientError, match="InvalidSnapshot.NotFound"):
            change(SnapshotId=snapshot, **options)
    ec2.reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert seen() == [] and permitted() == []
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": number}]})
    ec2.delete_snapshot(SnapshotId=snapshot)
    assert seen() == []


PERMISSION = {"SnapshotId": NOWHERE, "Attribute": "createVolumePermission"}


@pytest.mark.parametrize(
    ("operation", "options", "code", "text"),
    [
        ("create_snapshot", {"VolumeId": "x"}, "InvalidParameterValue", "Value (x) for parameter volumeId is invalid. Expected: 'vol-...'."),
        ("create_snapshot", {"VolumeId": "vol-0123456789abcdef0"}, "InvalidVolume.NotFound", "The volume 'vol-0123456789abcdef0' does not exist."),
        ("create_snapshot", {"VolumeId": "vol-0123456789abcdef0", "DryRun": True}, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
        ("create_snapshot", {"VolumeId": "vol-1", "Location": "local"}, "UnsupportedOperation", "The parameter Location is not supported by this version of wharf."),
        ("delete_snapshot", {"SnapshotId": "x"}, "InvalidParameterValue", "Value (x) for parameter snapshotId is invalid. Expected: 'snap-...'."),
        ("delete_snapshot", {"SnapshotId": NOWHERE}, "InvalidSnapshot.NotFound", f"The snapshot '{NOWHERE}' does not exist."),
        ("describe_snapshots", {"SnapshotIds": [NOWHERE]}, "InvalidSnapshot.NotFound", f"The snapshot '{NOWHERE}' does not exist."),
        ("describe_snapshots", {"Filters": [{"Name": "x", "Values": ["y"]}]}, "InvalidParameterValue", "The filter 'x' is invalid"),
        ("describe_snapshots", {"NextToken": "x"}, "InvalidNextToken", "The provided token is invalid."),
        ("describe_snapshot_attribute", PERMISSION, "InvalidSnapshot.NotFound", f"The snapshot '{NOWHERE}' does not exist."),
        ("modify_snapshot_attribute", PERMISSION, "MissingParameter", "The request must contain the parameter operationType"),
        ("modify_snapshot_attribute", {**PERMISSION, "OperationType": "add", "UserIds": ["1"]}, "InvalidParameterValue", 'Invalid attribute item value "1" for userId item type.'),
        ("modify_snapshot_attribute", {**PERMISSION, "OperationType": "add", "GroupNames": ["all"]}, "InvalidSnapshot.NotFound", f"The snapshot '{NOWHERE}' does not exist."),
        ("reset_snapshot_attribute", PERMISSION, "InvalidSnapshot.NotFound", f"The snapshot '{NOWHERE}' does not exist."),
    ],
)  # fmt: skip
def test_bad_input(alone, operation, options, code, text):
    with pytest.raises(ClientError) as caught:
        getattr(alone.client("ec2"), operation)(**options)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text)


def test_tasks_of_snapshots_that_cannot_be_used_say_why(alone, image, role):
    task = tasks.start(alone, definition(alone, image, "true"), volumeConfigurations=asked(role, snapshotId=NOWHERE))
    stopped = task.wait(deadline_s=60)
    assert stopped["stopCode"] == "TaskFailedToStart" and f"The snapshot '{NOWHERE}' does not exist." in stopped["stoppedReason"], stopped


def test_pages(alone, image, role):
    ec2 = alone.client("ec2")
    task = tasks.start(alone, definition(alone, image, "true"), volumeConfigurations=asked(role, delete=False))
    task.wait()
    volume = attachment(task)[1]["volumeId"]
    made = sorted(ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(5))
    for snapshot in made:
        completed(alone, snapshot)
    mine = [{"Name": "volume-id", "Values": [volume]}]
    pages = ec2.get_paginator("describe_snapshots").paginate(Filters=mine, PaginationConfig={"PageSize": 2})
    found = [[one["SnapshotId"] for one in page["Snapshots"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1] and sum(found, []) == made
    ec2.create_tags(Resources=made[:1], Tags=[{"Key": "k", "Value": "v"}])
    tagged = ec2.describe_snapshots(Filters=[{"Name": "tag:k", "Values": ["v"]}])["Snapshots"]
    assert [one["SnapshotId"] for one in tagged] == made[:1]
    assert json.loads(json.dumps(tagged[0]["Tags"])) == [{"Key": "k", "Value": "v"}]
    for snapshot in made:
        ec2.delete_snapshot(SnapshotId=snapshot)
    ec2.delete_volume(VolumeId=volume)
