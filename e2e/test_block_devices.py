"""Block device mappings: instances that come with volumes and a root of a size, from requests, templates, groups and copied snapshots."""

import json
import signal

import pytest
from botocore.exceptions import ClientError

from harness.installation import Installation
from harness.tasks import unique
from harness.waiting import wait_for
from test_ec2_instances import own_image_of, wait_state
from test_volumes import wait_gone
from test_volumes_of_instances import GIB, SERVES, Guest, attachments, shown

pytestmark = pytest.mark.minutes(1)

NOWHERE = "snap-0123456789abcdef0"
# User data finds the volumes that its instance comes with.
FORMATS = (
    SERVES
    + """
mke2fs -q /dev/xvdf > /dev/null && mkdir -p /data && mount -t ext4 /dev/xvdf /data && echo first > /data/f && umount /data
"""
)


def device(name, gib=None, **more):
    return {"DeviceName": name, "Ebs": {**({"VolumeSize": gib, "VolumeType": "gp3"} if gib else {}), **more}}


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=["--instances"]) as one:
        yield one.start()


def mappings(ec2, instance):
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return {it["DeviceName"]: it["Ebs"] for it in reservation["Instances"][0]["BlockDeviceMappings"]}


def volume_at(ec2, instance, name):
    return mappings(ec2, instance)[name]["VolumeId"]


def completed(ec2, snapshot):
    wait_for(lambda: ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"] == "completed", 60, f"{snapshot} completed")


def terminate(ec2, *instances):
    ec2.terminate_instances(InstanceIds=list(instances))
    for one in instances:
        wait_state(ec2, one, "terminated")


def test_an_instance_comes_with_its_disks(alone):
    ec2 = alone.client("ec2")
    asked = [
        device("/dev/xvda", 2),
        device("/dev/xvdf", 1),
        device("/dev/sdg", 2, DeleteOnTermination=False, Iops=1000 * 3, Throughput=200),
        {"DeviceName": "/dev/sdh", "NoDevice": ""},
    ]
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "of", "Value": "mine"}]}]
    guest = Guest(alone, FORMATS, BlockDeviceMappings=asked, TagSpecifications=tags)
    assert guest.does("mount -t ext4 /dev/xvdf /data && cat /data/f && umount /data") == "first"
    root_kib = int(guest.does("df -k / | tail -1").split()[1])
    assert 1.8 * GIB < root_kib * 1024 < 2 * GIB
    assert guest.does("blockdev --getsize64 /dev/sdg") == str(2 * GIB)
    goes, kept = volume_at(ec2, guest.id, "/dev/xvdf"), volume_at(ec2, guest.id, "/dev/sdg")
    for one in (goes, kept):
        guest.wait_attached(one)
    assert {name: it["DeleteOnTermination"] for name, it in mappings(ec2, guest.id).items()} == {"/dev/xvdf": True, "/dev/sdg": False}
    found = ec2.describe_volumes(Filters=[{"Name": "tag:of", "Values": ["mine"]}])["Volumes"]
    assert {it["VolumeId"]: (it["Size"], it["Throughput"]) for it in found} == {goes: (1, 125), kept: (2, 200)}

    # They stay over a stop, and over the deaths of who looks after them.
    ec2.stop_instances(InstanceIds=[guest.id])
    wait_state(ec2, guest.id, "stopped")
    for who in ("server", "agent"):
        alone.kill_child(who, signal.SIGKILL)
        alone.wait_ready()
    assert attachments(ec2, goes)[0]["InstanceId"] == guest.id
    ec2.start_instances(InstanceIds=[guest.id])
    wait_state(ec2, guest.id, "running")
    wait_for(lambda: "xvdf" in guest._inside("ls /dev"), 30, "the device after the boot")
    assert guest.does("mount -t ext4 /dev/xvdf /data && cat /data/f && umount /data") == "first"
    terminate(ec2, guest.id)
    wait_gone(alone, goes)
    guest.wait_available(kept)
    ec2.delete_volume(VolumeId=kept)


def test_volumes_come_whoever_dies(alone):
    ec2 = alone.client("ec2")
    for who in ("server", "agent"):
        launched = ec2.run_instances(
            ImageId=own_image_of(alone), InstanceType="t3.nano", MinCount=2, MaxCount=2, BlockDeviceMappings=[device("/dev/xvdf", 1)]
        )
        alone.kill_child(who, signal.SIGKILL)
        alone.wait_ready()
        ids = [it["InstanceId"] for it in launched["Instances"]]
        volumes = [volume_at(ec2, it, "/dev/xvdf") for it in ids]
        assert len(set(volumes)) == 2
        for instance, volume in zip(ids, volumes, strict=True):
            wait_state(ec2, instance, "running")
            wait_for(lambda volume=volume: attachments(ec2, volume)[0]["State"] == "attached", 60, f"{volume} attached")
        terminate(ec2, *ids)
        for volume in volumes:
            wait_gone(alone, volume)


def test_a_copied_snapshot_is_the_disk_of_another_instance(alone):
    ec2 = alone.client("ec2")
    guest = Guest(alone, FORMATS, BlockDeviceMappings=[device("/dev/xvdf", 1)])
    guest.does("true")
    snapshot = ec2.create_snapshot(VolumeId=volume_at(ec2, guest.id, "/dev/xvdf"))["SnapshotId"]
    completed(ec2, snapshot)
    terminate(ec2, guest.id)

    # To another region and back, by the command line; each copy outlives what it was made of.
    here, there = alone.client("ec2").meta.region_name, "us-west-2"
    said = ("--tag-specifications", "ResourceType=snapshot,Tags=[{Key=of,Value=copy}]")
    copied = alone.aws(
        "ec2", "copy-snapshot", "--region", there, "--source-region", here, "--source-snapshot-id", snapshot, *said, "--description", "far"
    )
    far, west = copied["SnapshotId"], alone.client("ec2", region=there)
    assert copied["Tags"] == [{"Key": "of", "Value": "copy"}]
    alone.kill_child("server", signal.SIGKILL)
    alone.wait_ready()
    completed(west, far)
    (found,) = west.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag:of", "Values": ["copy"]}])["Snapshots"]
    assert (found["SnapshotId"], found["Description"], found["VolumeSize"], found["Progress"]) == (far, "far", 1, "100%")
    ec2.delete_snapshot(SnapshotId=snapshot)
    near = ec2.copy_snapshot(SourceRegion=there, SourceSnapshotId=far)["SnapshotId"]
    completed(ec2, near)
    west.delete_snapshot(SnapshotId=far)
    (found,) = ec2.describe_snapshots(SnapshotIds=[near])["Snapshots"]
    assert found["Description"] == f"[Copied {far} from {there}]"

    # A template's device, of the copy; a request makes it larger.
    name = unique("disks")
    data = {"ImageId": own_image_of(alone), "InstanceType": "t3.nano", "BlockDeviceMappings": [device("/dev/xvdf", SnapshotId=near)]}
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"]["BlockDeviceMappings"] == data["BlockDeviceMappings"]
    other = Guest(alone, BlockDeviceMappings=[device("/dev/xvdf", 2)], LaunchTemplate={"LaunchTemplateName": name})
    assert other.does("mkdir -p /data && mount -t ext4 /dev/xvdf /data && cat /data/f && umount /data") == "first"
    assert shown(ec2, volume_at(ec2, other.id, "/dev/xvdf"))["SnapshotId"] == near
    terminate(ec2, other.id)

    # So has an Auto Scaling group.
    groups, group = alone.client("autoscaling"), unique("group")
    groups.create_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchTemplate={"LaunchTemplateName": name},
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=[other.zone],
    )

    def member():
        (found,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
        ready = [it["InstanceId"] for it in found["Instances"] if it["LifecycleState"] == "InService"]
        return ready[0] if ready else None

    instance = wait_for(member, 60, "an instance of the group")
    assert shown(ec2, volume_at(ec2, instance, "/dev/xvdf"))["Size"] == 1
    groups.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    wait_state(ec2, instance, "terminated")
    ec2.delete_launch_template(LaunchTemplateName=name)
    ec2.delete_snapshot(SnapshotId=near)


def test_by_the_command_line(alone):
    ec2 = alone.client("ec2")
    asked = json.dumps([device("/dev/xvdb", 1, DeleteOnTermination=True)])
    launched = alone.aws(
        "ec2", "run-instances", "--image-id", own_image_of(alone), "--instance-type", "t3.nano", "--block-device-mappings", asked
    )
    instance = launched["Instances"][0]["InstanceId"]
    wait_state(ec2, instance, "running")
    volume = volume_at(ec2, instance, "/dev/xvdb")
    said = alone.aws("ec2", "describe-instance-attribute", "--instance-id", instance, "--attribute", "blockDeviceMapping")
    assert said["BlockDeviceMappings"][0]["Ebs"]["VolumeId"] == volume
    keep = json.dumps([{"DeviceName": "/dev/xvdb", "Ebs": {"DeleteOnTermination": False}}])
    alone.aws("ec2", "modify-instance-attribute", "--instance-id", instance, "--block-device-mappings", keep)
    terminate(ec2, instance)
    wait_for(lambda: shown(ec2, volume)["State"] == "available", 60, f"{volume} available")
    ec2.delete_volume(VolumeId=volume)


def test_bad_input(alone):
    ec2 = alone.client("ec2")
    launch = {"ImageId": own_image_of(alone), "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1}
    table = [
        ([device("/dev/sdf", 1), device("/dev/sdf", 1)], "InvalidBlockDeviceMapping.*more than one"),
        ([device("/dev/nvme1n1", 1)], "InvalidBlockDeviceMapping.*Invalid device name"),
        ([{"DeviceName": "/dev/sdf", "Ebs": {}}], "InvalidBlockDeviceMapping.*Either snapshot ID or volume size"),
        ([{"Ebs": {"VolumeSize": 1}}], "MissingParameter.*deviceName"),
        ([{**device("/dev/sdf", 1), "NoDevice": ""}], "InvalidBlockDeviceMapping"),
        ([{"DeviceName": "/dev/xvda", "NoDevice": ""}], "InvalidBlockDeviceMapping.*root device"),
        ([device("/dev/xvda", SnapshotId=NOWHERE)], "InvalidBlockDeviceMapping.*snapshotId"),
        ([device("/dev/xvda", 8, DeleteOnTermination=False)], "UnsupportedOperation.*DeleteOnTermination"),
        ([{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 0}}], "InvalidParameterValue.*too small"),
        ([device("/dev/sdf", 1, Iops=2999)], "InvalidParameterValue.*too low"),
        ([device("/dev/sdf", 1, KmsKeyId="alias/x")], "KmsKeyId"),
        ([device("/dev/sdf", SnapshotId=NOWHERE)], "InvalidSnapshot.NotFound"),
        ([{"DeviceName": "/dev/sdf", "VirtualName": "ephemeral0"}], "UnsupportedOperation.*VirtualName"),
    ]
    for given, wanted in table:
        with pytest.raises(ClientError, match=wanted):
            ec2.run_instances(**launch, BlockDeviceMappings=given)
            raise AssertionError(f"{given} was not refused")
    copy = {"SourceRegion": "us-west-2", "SourceSnapshotId": NOWHERE}
    for given, wanted in [
        (copy, "InvalidSnapshot.NotFound"),
        ({**copy, "SourceSnapshotId": "snap"}, "InvalidParameterValue.*snapshotId"),
        ({**copy, "SourceRegion": "mars-1"}, "InvalidSnapshot.NotFound"),
        ({**copy, "CompletionDurationMinutes": 15}, "UnsupportedOperation.*CompletionDurationMinutes"),
    ]:
        with pytest.raises(ClientError, match=wanted):
            ec2.copy_snapshot(**given)
            raise AssertionError(f"{given} was not refused")
