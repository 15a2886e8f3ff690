"""Hosts of EC2 instances: images of the registry, disks that are promised more than there is, and nodes that may keep any."""

import json
import os
import pathlib
import shutil
import tempfile

import pytest
from botocore.exceptions import ClientError

from harness import images, joining, tools
from harness.installation import Installation
from harness.waiting import wait_for
from test_ec2_instances import console, own_image_of, state, wait_state
from test_volumes import wait_gone
from test_volumes_of_instances import Guest, shown

pytestmark = pytest.mark.minutes(2)

MIB = 1 << 20
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


@pytest.fixture
def fresh():
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


def launch(ec2, image, script):
    (made,) = ec2.run_instances(ImageId=image, InstanceType="t3.nano", MinCount=1, MaxCount=1, UserData=f"#!/bin/sh\n{script}\n")[
        "Instances"
    ]
    return made["InstanceId"]


def says(ec2, instance, words, deadline_s=60):
    def heard():
        said = console(ec2, instance)
        return said if words in said else None

    return wait_for(heard, deadline_s, f"{words!r} on the console")


def test_an_instance_of_an_image_of_the_registry(fresh):
    ec2, ecr = fresh.client("ec2"), fresh.client("ecr")
    images.push(fresh, "busybox", name="machines/base", tag="1")
    image = ec2.register_image(Name="base", ImageLocation=f"{REGISTRY}/machines/base:1")["ImageId"]
    instance = launch(ec2, image, "echo first > /kept; echo made of $(ls -d /bin)")
    wait_state(ec2, instance, "running")
    says(ec2, instance, "made of /bin")

    # What is on its disk needs nobody's leave; what is new does.
    ec2.stop_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "stopped")
    closed = {"Version": "2012-10-17", "Statement": [{"Sid": "closed", "Effect": "Deny", "Principal": "*", "Action": PULL}]}
    ecr.set_repository_policy(repositoryName="machines/base", policyText=json.dumps(closed))
    ec2.start_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "running")
    refused = launch(ec2, image, "true")
    wait_state(ec2, refused, "terminated")
    (shown,) = ec2.describe_instances(InstanceIds=[refused])["Reservations"][0]["Instances"]
    assert shown["StateReason"]["Code"] == "Server.InternalError", shown["StateReason"]
    ec2.terminate_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "terminated")


@pytest.fixture
def small():
    """An installation on a file system of 1.5 GB, whose instances may be promised far more."""
    image = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-hosts-"))
    disk, folder = image / "disk", image / "mounted"
    folder.mkdir()
    with disk.open("wb") as file:
        file.truncate(1500 * MIB)
    tools.run("mkfs.ext4", "-q", "-F", "-m", "0", disk, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    tools.run("mount", "-o", "loop", disk, folder)
    try:
        with Installation(data=folder / "data", arguments=["--instances", "--instance-disks", "16G"]) as installation:
            yield installation.start()
    finally:
        tools.run("umount", "--lazy", folder)
        disk.unlink()
        folder.rmdir()
        image.rmdir()


def test_instances_meet_a_full_disk_before_the_machine_does(small):
    ec2 = small.client("ec2")
    image = own_image_of(small)
    filler = launch(ec2, image, "dd if=/dev/zero of=/fill bs=1M; sync; echo filled")
    neighbour = launch(ec2, image, "echo neighbour > /here; sync; echo wrote $(cat /here)")
    said = says(ec2, filler, "filled", 120)
    assert "No space left on device" in said, said
    assert shutil.disk_usage(small.data).free > 64 * MIB
    says(ec2, neighbour, "wrote neighbour")
    small.client("ecs").create_cluster(clusterName="still-written")
    assert state(ec2, filler) == "running"

    # Two disks of 8 GiB are all that was promised, also while their instances are stopped.
    ec2.stop_instances(InstanceIds=[filler, neighbour])
    for instance in (filler, neighbour):
        wait_state(ec2, instance, "stopped")
    third = launch(ec2, image, "true")
    wait_for(lambda: state(ec2, third) == "terminated", 90, "the end of what has no room")
    (shown,) = ec2.describe_instances(InstanceIds=[third])["Reservations"][0]["Instances"]
    assert shown["StateReason"]["Code"] == "Server.InsufficientInstanceCapacity"
    ec2.start_instances(InstanceIds=[neighbour])
    wait_state(ec2, neighbour, "running")
    ec2.terminate_instances(InstanceIds=[filler, neighbour])
    for instance in (filler, neighbour):
        wait_state(ec2, instance, "terminated")


def test_volumes_are_full_before_the_machine_is(small):
    guest = Guest(small)
    ec2, volume = guest.ec2, guest.volume()
    guest.attach(volume)
    guest.does("mke2fs -q /dev/xvdf > /dev/null && mkdir -p /v && mount -t ext4 /dev/xvdf /v && echo kept > /v/kept && sync")
    said = guest.fails("dd if=/dev/urandom of=/v/fill bs=1M && sync")
    assert "No space left on device" in said, said
    assert shutil.disk_usage(small.data).free > 32 * MIB
    small.client("ecs").create_cluster(clusterName="still-written")
    # What is there can be read and written over.
    assert guest.does("printf other | dd of=/v/kept conv=notrunc 2> /dev/null && sync && cat /v/kept && echo") == "other"
    for late, size in ((guest.volume(), 1), (guest.volume(Size=64), 64)):
        ec2.attach_volume(VolumeId=late, InstanceId=guest.id, Device="/dev/xvdg")
        wait_for(lambda late=late: shown(ec2, late)["State"] == "error", 60, f"no room for {size} GiB")
        ec2.detach_volume(VolumeId=late)
        with pytest.raises(ClientError, match="InsufficientVolumeCapacity"):
            ec2.attach_volume(VolumeId=late, InstanceId=guest.id, Device="/dev/xvdg")
        ec2.delete_volume(VolumeId=late)
    # With room on the disk all goes on.
    ec2.detach_volume(VolumeId=volume, Force=True)
    guest.wait_available(volume)
    ec2.delete_volume(VolumeId=volume)
    wait_gone(small, volume)
    fresh = guest.volume()
    guest.attach(fresh, "/dev/xvdh")
    guest.does("mke2fs -q /dev/xvdh > /dev/null && mkdir -p /w && mount -t ext4 /dev/xvdh /w && echo fits > /w/f && sync && umount /w")


def test_a_node_keeps_instances_if_its_token_says_so(fresh):
    token = joining.token(fresh, "--fargate")
    folder = tempfile.mkdtemp(prefix="wharf-e2e-")
    try:
        wanted = joining.command(fresh, "127.0.0.1", folder, "--instances")
        done = tools.run(*wanted, env=joining.environment(token), check=False)
        assert done.returncode != 0 and "wharf token --instances" in done.stderr, done.stderr
    finally:
        tools.run(tools.wharf(), "down", "--data", folder, check=False)
        shutil.rmtree(folder, ignore_errors=True)
