"""Images of instances: their files are there in other instances, in any region, whoever dies meanwhile."""

import itertools
import signal

import pytest
from botocore.exceptions import ClientError

from harness.installation import Installation
from harness.tasks import unique
from harness.waiting import wait_for
from test_accounts import create
from test_ansible import Stack
from test_block_devices import completed, device, terminate, volume_at
from test_ec2_instances import own_image_of, wait_state
from test_volumes_of_instances import SERVES, Guest

pytestmark = pytest.mark.minutes(2)

THERE = "us-west-2"
NO_INSTANCE = "i-0123456789abcdef0"
NO_IMAGE = "ami-0123456789abcdef0"
# One number is written to the root and then to a volume, without end: at no moment are they more than one apart.
WRITES = """
mke2fs -q /dev/xvdf > /dev/null 2>&1; mkdir -p /data; mount -t ext4 /dev/xvdf /data
echo root > /srv/marker; chown 1000:1000 /srv/marker; chmod 4750 /srv/marker; echo data > /data/marker; rm /etc/profile
(n=0; while :; do n=$((n+1)); echo $n > /srv/n.new; mv /srv/n.new /srv/n; echo $n > /data/n.new; mv /data/n.new /data/n; done) > /dev/null 2>&1 &
"""
READS = """
mkdir -p /read && mount -t ext4 /dev/xvdf /read && cat /srv/marker /read/marker && stat -c '%u %g %a' /srv/marker
echo $(($(cat /srv/n) - $(cat /read/n))); [ -e /etc/profile ] || echo without; umount /read
"""


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=["--instances"]) as one:
        yield one.start()


def image_of(ec2, image):
    (found,) = ec2.describe_images(ImageIds=[image])["Images"]
    return found


def available(ec2, image):
    def settled():
        found = image_of(ec2, image)
        assert found["State"] != "failed", found
        return found if found["State"] == "available" else None

    return wait_for(settled, 90, f"{image} available")


def snapshots_of(image):
    return {it["DeviceName"]: it["Ebs"]["SnapshotId"] for it in image["BlockDeviceMappings"] if "SnapshotId" in it["Ebs"]}


class Other(Guest):
    """One that was made of another's disk, where scripts of that one lie."""

    numbers = itertools.count(1000, 1000)

    def __init__(self, wharf, image, **asked):
        super().__init__(wharf, ImageId=image, **asked)
        self.count = next(self.numbers)


def reads(guest):
    marker, data, owner, apart, gone = guest.does(READS).splitlines()
    assert (marker, data, owner, gone) == ("root", "data", "1000 1000 4750", "without")
    assert apart in ("0", "1"), apart


@pytest.fixture(scope="module")
def source(alone):
    guest = Guest(alone, SERVES, BlockDeviceMappings=[device("/dev/xvda", 2), device("/dev/xvdf", 1, DeleteOnTermination=True)])
    guest.wait_attached(volume_at(guest.ec2, guest.id, "/dev/xvdf"))
    guest.does(WRITES)
    return guest


@pytest.fixture(scope="module")
def image(alone, source):
    """Of an instance that runs on, with server and agent killed meanwhile."""
    ec2, name = alone.client("ec2"), unique("running")
    tags = [{"ResourceType": kind, "Tags": [{"Key": "of", "Value": kind}]} for kind in ("image", "snapshot")]
    made = ec2.create_image(InstanceId=source.id, Name=name, Description="of one that runs", NoReboot=True, TagSpecifications=tags)[
        "ImageId"
    ]
    for who in ("server", "agent"):
        alone.kill_child(who, signal.SIGKILL)
        alone.wait_ready()
    found = available(ec2, made)
    assert (found["Name"], found["Description"], found["SourceInstanceId"]) == (name, "of one that runs", source.id)
    assert found["Tags"] == [{"Key": "of", "Value": "image"}]
    assert {it["DeviceName"]: it["Ebs"]["VolumeSize"] for it in found["BlockDeviceMappings"]} == {"/dev/xvda": 2, "/dev/xvdf": 1}
    known = ec2.describe_snapshots(Filters=[{"Name": "tag:of", "Values": ["snapshot"]}])["Snapshots"]
    assert {it["SnapshotId"] for it in known} == set(snapshots_of(found).values())
    assert {it["Description"] for it in known} == {f"Created by CreateImage({source.id}) for {made}"}
    return made


def test_an_instance_of_the_image_has_its_files(alone, source, image):
    ec2 = alone.client("ec2")
    # A larger root has a larger file system.
    other = Other(alone, image, BlockDeviceMappings=[device("/dev/xvda", 4)])
    reads(other)
    assert int(other.does("df -k / | tail -1").split()[1]) > 3.5 * (1 << 20)
    assert other.does("cat /var/lib/wharf/instance") == other.id
    # What it writes stays its own, also over a stop.
    other.does("echo mine > /srv/mine")
    ec2.stop_instances(InstanceIds=[other.id])
    wait_state(ec2, other.id, "stopped")
    # An image of a stopped one that is of an image, without its volume.
    alone.aws(
        *("ec2", "create-image", "--instance-id", other.id, "--name", unique("stopped")),
        *("--block-device-mappings", '[{"DeviceName": "/dev/xvdf", "NoDevice": ""}]'),
    )
    (second,) = ec2.describe_images(Filters=[{"Name": "source-instance-id", "Values": [other.id]}])["Images"]
    second = available(ec2, second["ImageId"])
    assert list(snapshots_of(second)) == ["/dev/xvda"]
    terminate(ec2, other.id)
    third = Other(alone, second["ImageId"])
    assert third.does("cat /srv/marker /srv/mine; stat -c '%u %a' /srv/marker; ls /dev/xvdf 2>/dev/null || echo none").splitlines() == [
        *("root", "mine", "1000 4750", "none")
    ]
    terminate(ec2, third.id)
    # In use until the image goes.
    (root,) = snapshots_of(second).values()
    with pytest.raises(ClientError, match="InvalidSnapshot.InUse"):
        ec2.delete_snapshot(SnapshotId=root)
    ec2.deregister_image(ImageId=second["ImageId"])
    ec2.delete_snapshot(SnapshotId=root)


def test_a_copy_runs_in_another_region(alone, image):
    west, name = alone.client("ec2", region=THERE), unique("copy")
    here = alone.client("ec2").meta.region_name
    asked = {"SourceImageId": image, "SourceRegion": here, "Name": name, "CopyImageTags": True, "ClientToken": unique("token")}
    copy = west.copy_image(**asked)["ImageId"]
    alone.kill_child("server", signal.SIGKILL)
    alone.wait_ready()
    found = available(west, copy)
    assert (found["SourceImageId"], found["SourceImageRegion"], found["Tags"][0]["Value"]) == (image, here, "image")
    assert west.copy_image(**asked)["ImageId"] == copy
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        west.copy_image(**{**asked, "Name": unique("other")})
    guest = Other(alone, copy, region=THERE)
    reads(guest)
    terminate(west, guest.id)
    said = alone.aws("ec2", "deregister-image", "--region", THERE, "--image-id", copy, "--delete-associated-snapshots")
    gone = {it["SnapshotId"]: it["ReturnCode"] for it in said["DeleteSnapshotResults"]}
    assert gone == dict.fromkeys(snapshots_of(found).values(), "success")


def test_a_reboot_for_an_image_loses_nothing(alone, source):
    ec2 = alone.client("ec2")
    guest = Guest(alone)
    guest.does("echo late > /srv/late")
    before = guest.first()
    made = ec2.create_image(InstanceId=guest.id, Name=unique("rebooted"))["ImageId"]
    alone.kill_child("agent", signal.SIGKILL)
    found = available(ec2, made)
    wait_for(lambda: guest.first() not in (None, before), 60, "the next boot")
    wait_state(ec2, guest.id, "running")
    assert guest.does("cat /srv/late") == "late"
    # Registered from the snapshot alone, as from an image of it.
    (root,) = snapshots_of(found).values()
    mapping = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": root}}]
    again = ec2.register_image(Name=unique("registered"), RootDeviceName="/dev/xvda", BlockDeviceMappings=mapping)["ImageId"]
    ec2.deregister_image(ImageId=made)
    other = Other(alone, again)
    assert other.does("cat /srv/late") == "late"
    terminate(ec2, guest.id, other.id)


def test_all_disks_of_one_moment(alone, source):
    ec2 = alone.client("ec2")
    volume = volume_at(ec2, source.id, "/dev/xvdf")
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "kind", "Value": "data"}])
    said = alone.aws(
        *("ec2", "create-snapshots", "--instance-specification", f"InstanceId={source.id}", "--copy-tags-from-source", "volume"),
        *("--description", "both", "--tag-specifications", "ResourceType=snapshot,Tags=[{Key=at,Value=once}]"),
    )["Snapshots"]
    root, data = (next(it for it in said if (it["VolumeId"] == volume) == is_data) for is_data in (False, True))
    assert {it["Key"]: it["Value"] for it in data["Tags"]} == {"kind": "data", "at": "once"}
    assert {it["Description"] for it in said} == {"both"} and (root["VolumeSize"], data["VolumeSize"]) == (2, 1)
    for one in said:
        completed(ec2, one["SnapshotId"])
    # Together they make an image that is of one moment.
    mappings = [{"DeviceName": name, "Ebs": {"SnapshotId": it["SnapshotId"]}} for name, it in (("/dev/xvda", root), ("/dev/xvdf", data))]
    made = ec2.register_image(Name=unique("set"), RootDeviceName="/dev/xvda", BlockDeviceMappings=mappings)["ImageId"]
    guest = Other(alone, made)
    reads(guest)
    terminate(ec2, guest.id)
    only = ec2.create_snapshots(InstanceSpecification={"InstanceId": source.id, "ExcludeBootVolume": True})["Snapshots"]
    assert [it["VolumeId"] for it in only] == [volume]
    only = ec2.create_snapshots(InstanceSpecification={"InstanceId": source.id, "ExcludeDataVolumeIds": [volume]})["Snapshots"]
    assert len(only) == 1 and only[0]["VolumeId"] != volume
    with pytest.raises(ClientError, match="UnsupportedOperation.*root"):
        ec2.create_volume(AvailabilityZone=source.zone, SnapshotId=root["SnapshotId"])


def test_by_a_play(alone, source, tmp_path):
    ec2, stack = alone.client("ec2"), Stack(alone, "", tmp_path)
    stack.variables["instance"] = source.id
    assert stack.play("ami") == ["Image", "Another description", "Gone"]
    assert ec2.describe_images(Filters=[{"Name": "name", "Values": [stack.name]}])["Images"] == []
    assert ec2.describe_snapshots(Filters=[{"Name": "tag:of", "Values": [stack.name]}])["Snapshots"] == []


def test_others_launch_what_is_shared_and_copy_what_they_may_read(alone, image):
    ec2 = alone.client("ec2")
    number, keys = create(alone, "images")
    other = alone.client("ec2", keys)
    asked = {"SourceImageId": image, "SourceRegion": ec2.meta.region_name, "Name": "stolen"}
    no_volume = [{"DeviceName": "/dev/xvdf", "NoDevice": ""}]
    small = {"InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1, "BlockDeviceMappings": no_volume}
    with pytest.raises(ClientError, match="InvalidAMIID.NotFound"):
        other.copy_image(**asked)
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": number}]})
    with pytest.raises(ClientError, match="InvalidRequest.*permission to access the storage of this ami"):
        other.copy_image(**asked)
    launched = other.run_instances(ImageId=image, **small)["Instances"][0]["InstanceId"]
    wait_state(other, launched, "running")
    other.terminate_instances(InstanceIds=[launched])
    for snapshot in snapshots_of(image_of(ec2, image)).values():
        ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": number}]})
    copy = other.copy_image(**asked)["ImageId"]
    assert image_of(other, copy)["OwnerId"] == number
    available(other, copy)
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"UserId": number}]})
    launched = other.run_instances(ImageId=copy, **small)["Instances"][0]["InstanceId"]
    wait_state(other, launched, "running")
    other.terminate_instances(InstanceIds=[launched])


def test_bad_input(alone, source, image):
    ec2, volume = alone.client("ec2"), volume_at(alone.client("ec2"), source.id, "/dev/xvdf")
    root = snapshots_of(image_of(ec2, image))["/dev/xvda"]
    creates = {"InstanceId": source.id, "Name": "never", "NoReboot": True}
    copies = {"SourceImageId": image, "SourceRegion": ec2.meta.region_name, "Name": "never"}
    launches = {"ImageId": image, "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1}
    takes = {"InstanceSpecification": {"InstanceId": source.id}}
    table = [
        (ec2.create_image, {**creates, "InstanceId": NO_INSTANCE}, "InvalidInstanceID.NotFound"),
        (ec2.create_image, {**creates, "Name": "a:b:c"}, "InvalidAMIName.Malformed"),
        (ec2.create_image, {**creates, "Name": image_of(ec2, image)["Name"]}, "InvalidAMIName.Duplicate"),
        (ec2.create_image, {**creates, "Description": "x" * 256}, "InvalidParameterValue"),
        (ec2.create_image, {**creates, "SnapshotLocation": "local"}, "UnsupportedOperation.*SnapshotLocation"),
        (ec2.create_image, {**creates, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "NoDevice": ""}]}, "InvalidBlockDeviceMapping"),
        (ec2.create_image, {**creates, "BlockDeviceMappings": [device("/dev/xvda", 1)]}, "InvalidBlockDeviceMapping.*smaller"),
        (ec2.create_image, {**creates, "BlockDeviceMappings": [device("/dev/xvdf", SnapshotId=root)]}, "InvalidBlockDeviceMapping"),
        (ec2.create_image, {**creates, "TagSpecifications": [{"ResourceType": "volume", "Tags": []}]}, "InvalidParameterValue"),
        (ec2.copy_image, {**copies, "SourceImageId": NO_IMAGE}, "InvalidAMIID.NotFound"),
        (ec2.copy_image, {**copies, "SourceRegion": THERE}, "InvalidAMIID.NotFound"),
        (ec2.copy_image, {**copies, "SourceRegion": "no where"}, "InvalidParameterValue"),
        (ec2.create_snapshots, {"InstanceSpecification": {"InstanceId": NO_INSTANCE}}, "InvalidInstanceID.NotFound"),
        (ec2.create_snapshots, {**takes, "CopyTagsFromSource": "instance"}, "InvalidParameterValue"),
        (
            ec2.create_snapshots,
            {"InstanceSpecification": {"InstanceId": source.id, "ExcludeDataVolumeIds": ["vol-0"]}},
            "InvalidParameterValue",
        ),
        (
            ec2.create_snapshots,
            {"InstanceSpecification": {"InstanceId": source.id, "ExcludeBootVolume": True, "ExcludeDataVolumeIds": [volume]}},
            "InvalidParameterCombination",
        ),
        (ec2.run_instances, {**launches, "BlockDeviceMappings": [device("/dev/xvda", 1)]}, "InvalidBlockDeviceMapping.*smaller"),
        (ec2.run_instances, {**launches, "BlockDeviceMappings": [device("/dev/xvdg", SnapshotId=root)]}, "UnsupportedOperation.*root"),
        (
            ec2.run_instances,
            {**launches, "ImageId": own_image_of(alone), "BlockDeviceMappings": [device("/dev/xvda", SnapshotId=root)]},
            "InvalidBlockDeviceMapping",
        ),
    ]
    for call, asked, error in table:
        with pytest.raises(ClientError, match=error):
            call(**asked)
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.create_image(**creates, DryRun=True)
