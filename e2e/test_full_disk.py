"""A disk that fills up: writes are refused by name, reads go on, and with room again all is well."""

import contextlib
import errno
import json
import os
import pathlib
import tempfile
import time

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks, tools
from harness.waiting import wait_for
from test_metrics import of_part

MIB = 1 << 20


@pytest.fixture
def small_disk():
    """A file system of 96 MiB that is gone after the test."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-disk-"))
    tools.run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder)
    yield folder
    tools.run("umount", "--lazy", folder)
    folder.rmdir()


@pytest.fixture
def with_small_records(unstarted):
    """An installation whose agent writes the records of its tasks to a file system of half a MiB, which nothing else is on:
    what tasks give back makes no room there."""
    wharf = unstarted()
    folder = wharf.data / "node" / "state" / "tasks"
    folder.mkdir(parents=True)
    tools.run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder)
    yield wharf
    wharf.down()
    tools.run("umount", "--lazy", folder)


def fill(folder):
    """Take all room there is; returns the file that does."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as opened:
        piece = b"\0" * MIB
        while piece:
            try:
                opened.write(piece)
            except OSError as error:
                assert error.errno == errno.ENOSPC
                piece = piece[: len(piece) // 2]
    return filler


def create(wharf, name):
    return wharf.client("ecs").create_cluster(clusterName=name)["cluster"]["clusterArn"]


def crowd(wharf):
    """Take most of the room that the control plane had set aside, in a few steps: what is large is refused first."""
    ecs, large = wharf.client("ecs"), [{"name": "X", "value": "x" * 40_000}]
    container = {"name": "main", "image": "none", "memory": 16, "environment": large}
    for _ in range(2000):
        try:
            ecs.register_task_definition(family="large", containerDefinitions=[container])
        except ClientError as error:
            assert "The disk of the control plane is full" in error.response["Error"]["Message"]
            return
    raise AssertionError("2,000 large definitions fit onto a full disk")


def test_writes_fail_reads_go_on_and_room_heals(small_disk, unstarted):
    wharf = unstarted(data=small_disk / "data").start(node=False)
    kept = [create(wharf, "before")]
    filler = fill(small_disk)
    crowd(wharf)
    refused = None
    for number in range(5000):
        try:
            kept.append(create(wharf, f"while-full-{number}-" + "x" * 200))
        except ClientError as error:
            refused = error.response
            break
    assert refused is not None, "5,000 clusters fit onto a full disk"
    assert refused["Error"]["Code"] == "ServerException" and refused["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "The disk of the control plane is full" in refused["Error"]["Message"]
    assert "x" * 200 not in refused["Error"]["Message"]
    assert not wharf.client("ecs").describe_clusters(clusters=kept[:100])["failures"]

    os.unlink(filler)
    kept.append(wait_for(lambda: create(wharf, "after"), 20, "a write once there is room"))
    wharf.down()
    wharf.start(node=False)
    missing = [
        failure
        for n in range(0, len(kept), 100)
        for failure in wharf.client("ecs").describe_clusters(clusters=kept[n : n + 100])["failures"]
    ]
    assert not missing, missing[:3]


def test_deleting_works_on_a_full_disk(small_disk, unstarted):
    """Also while somebody takes every byte that is given back."""
    wharf = unstarted(data=small_disk / "data").start(node=False)
    ecs, logs, ecr = (wharf.client(service) for service in ("ecs", "logs", "ecr"))
    clusters = [create(wharf, f"c{number}") for number in range(30)]
    for number in range(30):
        logs.create_log_group(logGroupName=f"/g/{number}")
        logs.create_log_stream(logGroupName=f"/g/{number}", logStreamName="s")
        now = int(time.time() * 1000)
        event = {"timestamp": now, "message": "x" * 20_000}
        logs.put_log_events(logGroupName=f"/g/{number}", logStreamName="s", logEvents=[event] * 3)
        ecr.create_repository(repositoryName=f"r{number}")
    fill(small_disk)
    crowd(wharf)

    def full():
        try:
            create(wharf, "more" + "x" * 200 + str(time.monotonic_ns()))
        except ClientError as error:
            return "disk of the control plane is full" in error.response["Error"]["Message"]

    wait_for(full, 60, "the refusal of what adds something", interval_s=0)
    for number in range(30):
        ecs.delete_cluster(cluster=clusters[number])
        ecr.delete_repository(repositoryName=f"r{number}")
        logs.delete_log_group(logGroupName=f"/g/{number}")
        # Appended to a file that has all the room there was.
        fill(small_disk)
    assert full()
    assert not wharf.client("logs").describe_log_groups()["logGroups"]
    assert not wharf.client("ecr").describe_repositories()["repositories"]
    os.unlink(small_disk / "filler")
    wait_for(lambda: create(wharf, "after"), 60, "a write once there is room")
    wharf.kill_child("server")
    assert not wharf.client("ecr").describe_repositories()["repositories"]


def test_a_push_that_does_not_fit_is_refused_and_leaves_room(small_disk, unstarted):
    wharf = unstarted(data=small_disk / "data").start(node=False)
    uri = images.ensure_repository(wharf, "big")
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (free - 8 * MIB))
    archive = f"oci-archive:{tools.image_archive('python')}"
    done = images.skopeo_copy(wharf, archive, f"docker://{uri}:1", check=False)
    assert done.returncode != 0
    assert wharf.client("ecr").list_images(repositoryName="big")["imageIds"] == []
    ballast.unlink()
    wait_for(lambda: images.skopeo_copy(wharf, archive, f"docker://{uri}:1", check=False).returncode == 0, 60, "a push that fits")


CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")


def loop_devices():
    """The files behind them."""
    found = []
    for file in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        # One that is let go meanwhile is none.
        with contextlib.suppress(OSError):
            found.append(file.read_text().strip())
    return found


IDLE = "trap 'exit 3' TERM; echo up; while :; do usleep 50000; done"


def test_a_stopped_task_is_given_back_though_its_record_cannot_be_saved(with_small_records):
    """What cannot be saved is tried again until it can; nothing is forgotten, and who runs is left alone meanwhile."""
    wharf = with_small_records.start()
    records, folders = wharf.data / "node" / "state" / "tasks", wharf.data / "node" / "tasks"
    busybox, ec2 = images.push(wharf, "busybox"), wharf.client("ec2")
    definition = tasks.register(wharf, busybox, network="awsvpc", **tasks.sh(IDLE))
    ended, neighbour = (tasks.start(wharf, definition, **tasks.in_vpc(wharf)) for _ in range(2))
    for task in (ended, neighbour):
        task.wait_line("up")
    details = {one["name"]: one["value"] for one in ended.describe()["attachments"][0]["details"]}
    interface = details["networkInterfaceId"]

    def held():
        """What of the task is on the machine: control groups, the folder with its disk, loop devices, its interface."""
        group = f"wharf-{wharf.id}*/**/{ended.id}"
        groups = [*CONTROL_GROUPS.glob(group), *CONTROL_GROUPS.glob(f"*/{group}")]
        attached = ec2.describe_network_interfaces(Filters=[{"Name": "network-interface-id", "Values": [interface]}])
        return [
            *groups,
            *folders.glob(ended.id),
            *[name for name in loop_devices() if ended.id in name],
            *attached["NetworkInterfaces"],
            *[pid for pid in wharf.shims() if ended.id in " ".join(processes.command_line(pid))],
        ]

    def record(task):
        return json.loads((records / f"{task.id}.json").read_text())

    def failed_saves():
        return of_part(wharf, "metrics.sock")[("wharf_agent_failed_saves_total",)]

    assert len(held()) >= 4, held()
    assert record(ended).get("stopped_at") is None and failed_saves() == 0
    filler = fill(records)
    ended.stop()
    assert ended.exit_code == 3
    wait_for(lambda: not held(), 30, "what the task held")
    assert record(ended).get("stopped_at") is None, "there was room for its record"
    refused = wait_for(failed_saves, 20, "saves that fail")
    wait_for(lambda: failed_saves() > refused, 20, "another try")
    # A task that comes meanwhile runs all the same, and is told again until it is written down.
    later = tasks.start(wharf, definition, **tasks.in_vpc(wharf))
    later.wait("RUNNING")
    assert not (records / f"{later.id}.json").exists()
    assert neighbour.describe()["lastStatus"] == "RUNNING"

    os.unlink(filler)
    wait_for(lambda: record(ended).get("stopped_at"), 20, "the record of the end, though nothing happened since")
    wait_for(lambda: record(later), 20, "the record of the task that came meanwhile")
    wharf.kill_child("node")
    wharf.wait_node()
    assert [task.describe()["lastStatus"] for task in (ended, neighbour, later)] == ["STOPPED", "RUNNING", "RUNNING"]
    assert not held()
    for task in (neighbour, later):
        task.stop(wait=False)
