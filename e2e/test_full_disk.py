"""A disk that fills up: writes are refused by name, reads go on, and with room again all is well."""

import errno
import os
import pathlib
import tempfile
import time

import pytest
from botocore.exceptions import ClientError

from harness import images, tools
from harness.waiting import wait_for

MIB = 1 << 20


@pytest.fixture
def small_disk():
    """A file system of 96 MiB that is gone after the test."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-disk-"))
    tools.run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder)
    yield folder
    tools.run("umount", "--lazy", folder)
    folder.rmdir()


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
