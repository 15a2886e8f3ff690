"""Encrypted EBS volumes and roots: nothing of them lies in the clear, their key opens and shuts them, whoever dies leaves them whole."""

import json
import os
import pathlib
import re
import signal

import pytest

from agent.signing import signed_headers
from harness import images, joining, processes, tasks, tools
from harness.installation import Installation, Keys
from harness.refusals import refused_with
from harness.waiting import wait_for
from test_ec2_instances import wait_state
from test_images import Other, available
from test_snapshots import completed
from test_volumes import asked, attachment, definition, infrastructure_role, wait_gone
from test_volumes_of_instances import Guest, attachments, shown

pytestmark = pytest.mark.minutes(1)

# In a script that writes it, it does not stand as it is.
WRITES = "i=0; while [ $i -lt 3000 ]; do printf 'sealed%s' wharf; i=$((i+1)); done"
CANARY = b"sealedwharf" * 4


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=["--instances"]) as one:
        yield one.start()


@pytest.fixture(scope="module")
def guest(alone):
    return Guest(alone)


@pytest.fixture(scope="module")
def key(alone):
    return alone.client("kms").create_key(Description="of volumes")["KeyMetadata"]["Arn"]


def holds(path, text):
    """Whether a file has that, which may be one with many holes."""
    with open(path, "rb") as file:
        end, at = os.fstat(file.fileno()).st_size, 0
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return False
            hole, before = os.lseek(file.fileno(), at, os.SEEK_HOLE), b""
            os.lseek(file.fileno(), at, os.SEEK_SET)
            while at < hole:
                some = os.read(file.fileno(), min(1 << 20, hole - at))
                if text in before + some:
                    return True
                before, at = some[-len(text) :], at + len(some)
        return False


def in_the_clear(wharf):
    """Files of the data folder that have the canary. What only shows what is in another is none."""
    disk, found = wharf.data.stat().st_dev, []
    for path in wharf.data.rglob("*"):
        try:
            if path.is_file() and path.stat().st_dev == disk and holds(path, CANARY):
                found.append(path)
        except FileNotFoundError:
            # It was removed meanwhile.
            continue
    return found


def programs(wharf, volume):
    """Those that have the volume open."""
    return processes.with_open(wharf.data / "node" / "ebs" / volume / "disk.img", "sealed-file")


def users(place):
    """Whoever on this machine has something open that is mounted there, in whatever namespace."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "comm").read_text().strip()
            mounts = {it.split()[0] for it in (folder / "mountinfo").read_text().splitlines() if it.split()[4] == place}
            if mounts:
                found.append(f"{name} {folder.name} has it mounted as {mounts}")
            for one in (folder / "fdinfo").iterdir():
                number = next(it.split()[1] for it in one.read_text().splitlines() if it.startswith("mnt_id"))
                found.append(f"{name} {folder.name} has {os.readlink(folder / 'fd' / one.name)} of mount {number}")
        except (OSError, StopIteration):
            continue
    numbers = {number for it in found if " mounted as " in it for number in re.findall(r"\d+", it.rpartition("{")[2])}
    return [it for it in found if " mounted as " in it or it.rpartition(" ")[2] in numbers]


def mappings(ec2, guest):
    return ec2.describe_instances(InstanceIds=[guest.id])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]


def let_go(guest, volume):
    guest.ec2.detach_volume(VolumeId=volume)
    guest.wait_available(volume)


def test_nothing_of_a_volume_lies_in_the_clear_and_its_key_shuts_it(alone, guest, key):
    ec2, kms = guest.ec2, alone.client("kms")
    made = alone.aws("ec2", "create-volume", "--availability-zone", guest.zone, "--size", "1", "--encrypted", "--kms-key-id", key)
    volume = made["VolumeId"]
    assert (made["Encrypted"], made["KmsKeyId"]) == (True, key)
    plain = guest.volume()
    guest.attach(volume)
    guest.attach(plain, "/dev/xvdg")
    for device in ("xvdf", "xvdg"):
        guest.does(f"mke2fs -q /dev/{device} > /dev/null; mkdir -p /{device} && mount -t ext4 /dev/{device} /{device}")
    guest.does(f"({WRITES}) > /xvdf/f && sync")
    assert in_the_clear(alone) == []
    guest.does("cp /xvdf/f /xvdg/f && sync")
    # So it would have been found.
    assert [path.parent.name for path in in_the_clear(alone)] == [plain]
    guest.does("umount /xvdg")
    let_go(guest, plain)

    # It goes on without its key, over deaths, and is not attached again.
    kms.disable_key(KeyId=key)
    alone.kill_child("agent")
    alone.kill_child("server")
    alone.wait_node()
    assert guest.does("echo more >> /xvdf/f && sync && tail -c 5 /xvdf/f") == "more"
    said, ended = guest.end_of(guest.begin("umount /xvdf"))
    assert ended == 0, (said, users("/xvdf"))
    (program,) = programs(alone, volume)
    let_go(guest, volume)
    wait_for(lambda: not pathlib.Path(f"/proc/{program}").exists(), 20, "the end of the key")
    refused_with(ec2.attach_volume, "InvalidKmsKey.InvalidState", VolumeId=volume, InstanceId=guest.id, Device="/dev/xvdf")
    refused_with(ec2.create_volume, "InvalidKmsKey.InvalidState", AvailabilityZone=guest.zone, Size=1, Encrypted=True, KmsKeyId=key)
    kms.enable_key(KeyId=key)

    # What was synced outlives the program that has it open. Until it is mounted anew nothing is read or written.
    guest.attach(volume, "/dev/sdg")
    guest.does("mkdir -p /g && mount -t ext4 /dev/sdg /g && echo synced > /g/s && sync")
    os.kill(programs(alone, volume)[0], signal.SIGKILL)
    guest.fails("echo lost > /g/l && sync -f /g && cat /g/s > /dev/null && echo 3 > /g/m && sync -f /g")
    guest.does("umount /g")
    wait_for(lambda: programs(alone, volume), 30, "a program that has it open again")
    guest.does("n=0; until mount -t ext4 /dev/sdg /g 2> /dev/null; do n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.1; done")
    assert guest.does("cat /g/s && tail -c 5 /g/f") == "synced\nmore"

    # It grows, and others have it by a snapshot: under its own key, or under another.
    ec2.modify_volume(VolumeId=volume, Size=2)
    wait_for(lambda: guest.does("blockdev --getsize64 /dev/sdg") == str(2 << 30), 30, "a larger device")
    snapshot = ec2.create_snapshot(VolumeId=volume)
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, key)
    completed(alone, snapshot["SnapshotId"])
    guest.does("umount /g")
    let_go(guest, volume)
    for options, under in (({}, key), ({"Encrypted": True, "KmsKeyId": "alias/aws/ebs"}, None)):
        other = guest.volume(Size=2, SnapshotId=snapshot["SnapshotId"], **options)
        found = shown(ec2, other)
        assert found["Encrypted"] and (found["KmsKeyId"] == key) == (under == key)
        guest.attach(other, "/dev/xvdh")
        said = guest.does("mkdir -p /h && mount -t ext4 /dev/xvdh /h && cat /h/s && head -c 11 /h/f && echo && umount /h")
        assert said == "synced\nsealedwharf"
        let_go(guest, other)
        ec2.delete_volume(VolumeId=other)
    # Instances come with one of it, and with one of an image of theirs.
    mapped = [{"DeviceName": "/dev/xvdh", "Ebs": {"SnapshotId": snapshot["SnapshotId"]}}]
    reads = "mkdir -p /h && mount -t ext4 /dev/xvdh /h && cat /h/s && head -c 11 /h/f && echo && umount /h"
    first = Guest(alone, BlockDeviceMappings=mapped)
    assert first.does(reads) == "synced\nsealedwharf"
    image = ec2.create_image(InstanceId=first.id, Name="sealed", NoReboot=True)["ImageId"]
    second = Other(alone, available(ec2, image)["ImageId"])
    assert second.does(reads) == "synced\nsealedwharf"
    ec2.terminate_instances(InstanceIds=[first.id, second.id])
    for one in (first, second):
        for volume in (it["Ebs"]["VolumeId"] for it in mappings(ec2, one) if it["DeviceName"] == "/dev/xvdh"):
            wait_gone(alone, volume)
    # The one in the clear is still the only one.
    assert [path.parent.name for path in in_the_clear(alone)] == [plain]
    clear = ec2.create_snapshot(VolumeId=plain)["SnapshotId"]
    completed(alone, clear)
    sealed = guest.volume(SnapshotId=clear, Encrypted=True)
    guest.attach(sealed, "/dev/xvdi")
    assert guest.does("mkdir -p /i && mount -t ext4 /dev/xvdi /i && head -c 11 /i/f && echo && umount /i") == "sealedwharf"
    wait_for(lambda: [path.parent.name for path in in_the_clear(alone)] == [plain], 20, "nothing else in the clear")
    let_go(guest, sealed)
    wait_for(lambda: kms.list_grants(KeyId=key)["Grants"] == [], 10, "the end of all grants")

    message = refused_with(
        ec2.create_volume, "InvalidParameterCombination", AvailabilityZone=guest.zone, SnapshotId=snapshot["SnapshotId"], Encrypted=False
    )
    assert "Encrypted" in message
    everyone = {"SnapshotId": snapshot["SnapshotId"], "Attribute": "createVolumePermission", "OperationType": "add"}
    refused_with(ec2.modify_snapshot_attribute, "OperationNotPermitted", GroupNames=["all"], **everyone)
    copied = {"SourceRegion": "us-east-1", "SourceSnapshotId": snapshot["SnapshotId"]}
    completed(alone, ec2.copy_snapshot(**copied)["SnapshotId"])


def copied(wharf, snapshot, region, into, *options):
    """A copy of a snapshot, once it is there."""
    made = wharf.aws("--region", into, "ec2", "copy-snapshot", "--source-region", region, "--source-snapshot-id", snapshot, *options)
    there = wharf.client("ec2", region=into)
    found = wait_for(
        lambda: (it := there.describe_snapshots(SnapshotIds=[made["SnapshotId"]])["Snapshots"][0])["State"] != "pending" and it,
        60,
        f"the copy {made['SnapshotId']}",
    )
    assert found["State"] == "completed", found
    return found


def test_copies_are_sealed_anew(alone, guest, key):
    ec2, kms = guest.ec2, alone.client("kms")
    plain = guest.volume()
    guest.attach(plain)
    guest.does(f"mke2fs -q /dev/xvdf > /dev/null; mkdir -p /c && mount -t ext4 /dev/xvdf /c && ({WRITES}) > /c/f && sync && umount /c")
    clear = ec2.create_snapshot(VolumeId=plain)["SnapshotId"]
    completed(alone, clear)
    let_go(guest, plain)
    sealed = ("--encrypted", "--kms-key-id")
    near = copied(alone, clear, "us-east-1", "us-east-1", *sealed, key)
    assert near["Encrypted"] and near["KmsKeyId"] == key
    # Into another region under the account's own key there, and back under a third one, over a death of the server.
    far = copied(alone, near["SnapshotId"], "us-east-1", "eu-west-1")
    assert far["Encrypted"] and ":eu-west-1:" in far["KmsKeyId"]
    third = kms.create_key()["KeyMetadata"]["Arn"]
    begun = ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=far["SnapshotId"], Encrypted=True, KmsKeyId=third)["SnapshotId"]
    alone.kill_child("server")
    alone.wait_node()
    completed(alone, begun)
    back = ec2.describe_snapshots(SnapshotIds=[begun])["Snapshots"][0]
    assert (back["State"], back["Progress"], back["KmsKeyId"]) == ("completed", "100%", third)
    for one in (near["SnapshotId"], clear):
        ec2.delete_snapshot(SnapshotId=one)
    # What it has opens by its own key alone.
    kms.disable_key(KeyId=key)
    volume = guest.volume(SnapshotId=begun)
    assert shown(ec2, volume)["KmsKeyId"] == third
    guest.attach(volume, "/dev/xvdj")
    assert guest.does("mkdir -p /j && mount -t ext4 /dev/xvdj /j && head -c 11 /j/f && echo && umount /j") == "sealedwharf"
    let_go(guest, volume)
    kms.enable_key(KeyId=key)
    wait_for(lambda: not any(kms.list_grants(KeyId=it)["Grants"] for it in (key, third)), 10, "the end of all grants")

    # Who may copy may not use the key by that.
    iam, name = alone.client("iam"), tasks.unique("copier")
    iam.create_user(UserName=name)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName="copy", PolicyDocument=json.dumps(allowed))
    keys = Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])
    other = {"SourceRegion": "us-east-1", "SourceSnapshotId": begun, "Encrypted": True, "KmsKeyId": key}
    refused_with(alone.client("ec2", keys).copy_snapshot, "UnauthorizedOperation", **other)
    kms.disable_key(KeyId=third)
    assert "state" in refused_with(ec2.copy_snapshot, "InvalidKmsKey.InvalidState", **other)
    kms.enable_key(KeyId=third)


def test_instances_come_with_them_and_accounts_have_them_by_default(alone, guest, key):
    ec2 = guest.ec2
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    try:
        assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
        there = alone.client("ec2", region="eu-west-1")
        assert not there.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        volume = guest.volume(Encrypted=False)
        assert shown(ec2, volume)["KmsKeyId"] == key
        ec2.delete_volume(VolumeId=volume)
        mapping = [{"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 1}}]
        other = Guest(alone, BlockDeviceMappings=mapping)
    finally:
        ec2.reset_ebs_default_kms_key_id()
        assert not ec2.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    (mapped,) = mappings(ec2, other)
    volume = mapped["Ebs"]["VolumeId"]
    assert shown(ec2, volume)["KmsKeyId"] == key
    assert opens(alone, other), "its root is sealed too"
    other.wait_attached(volume)
    other.does("mke2fs -q /dev/xvdf > /dev/null && mkdir -p /f && mount -t ext4 /dev/xvdf /f && echo there > /f/f && sync")
    assert programs(alone, volume)
    ec2.terminate_instances(InstanceIds=[other.id])
    wait_gone(alone, volume)
    assert programs(alone, volume) == []


def root(key=None, **ebs):
    return [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, **({"KmsKeyId": key} if key else {}), **ebs}}]


def opens(wharf, guest):
    """Programs that have the root of an instance open."""
    return processes.with_open(wharf.data / "node" / "instances" / "kept" / guest.id / "disk.img", "sealed-file")


def state_of(ec2, guest):
    (found,) = ec2.describe_instances(InstanceIds=[guest.id])["Reservations"][0]["Instances"]
    return found["State"]["Name"], found.get("StateReason", {}).get("Code")


def test_a_root_is_sealed_and_without_its_key_nothing_starts(alone, guest, key):
    ec2, kms = guest.ec2, alone.client("kms")
    before = in_the_clear(alone)
    template = ec2.create_launch_template(
        LaunchTemplateName=tasks.unique("sealed"), LaunchTemplateData={"BlockDeviceMappings": root(key, VolumeSize=2)}
    )["LaunchTemplate"]["LaunchTemplateId"]
    first = Guest(alone, LaunchTemplate={"LaunchTemplateId": template})
    first.does(f"({WRITES}) > /srv/f && sync")
    assert in_the_clear(alone) == before
    (program,) = opens(alone, first)
    data = ec2.get_launch_template_data(InstanceId=first.id)["LaunchTemplateData"]["BlockDeviceMappings"][0]["Ebs"]
    assert (data["Encrypted"], data["KmsKeyId"], data["VolumeSize"]) == (True, key, 2)

    # It goes on without its key, over deaths, and once it is stopped its key is gone and it does not start.
    kms.disable_key(KeyId=key)
    alone.kill_child("agent")
    alone.kill_child("server")
    alone.wait_node()
    assert first.does("echo more >> /srv/f && sync && tail -c 5 /srv/f") == "more"
    assert opens(alone, first) == [program]
    ec2.stop_instances(InstanceIds=[first.id])
    wait_state(ec2, first.id, "stopped")
    wait_for(lambda: not pathlib.Path(f"/proc/{program}").exists(), 20, "the end of the key")
    assert alone.aws("ec2", "start-instances", "--instance-ids", first.id)["StartingInstances"][0]["CurrentState"]["Name"] == "pending"
    wait_for(lambda: state_of(ec2, first) == ("stopped", "Client.InternalError"), 60, "a start that is refused")
    assert opens(alone, first) == []
    refused_with(Guest, "InvalidKmsKey.InvalidState", wharf=alone, BlockDeviceMappings=root(key))
    kms.enable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[first.id])
    wait_state(ec2, first.id, "running")
    assert first.does("head -c 11 /srv/f && tail -c 5 /srv/f") == "sealedwharfmore"

    # What was synced outlives the program that has it open, once the instance boots again.
    os.kill(opens(alone, first)[0], signal.SIGKILL)
    ec2.reboot_instances(InstanceIds=[first.id])
    wait_for(lambda: opens(alone, first), 60, "a program that has it open again")
    assert first.does("head -c 11 /srv/f && tail -c 5 /srv/f") == "sealedwharfmore"

    # Others are made of it, under its key or another, on this host or by a copy; larger ones too.
    made = ec2.create_image(InstanceId=first.id, Name=tasks.unique("sealed"), NoReboot=True)["ImageId"]
    image = available(ec2, made)
    (mapped,) = [it["Ebs"] for it in image["BlockDeviceMappings"]]
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[mapped["SnapshotId"]])["Snapshots"]
    assert (mapped["Encrypted"], snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, True, key)
    third = kms.create_key()["KeyMetadata"]["Arn"]
    copy = ec2.copy_image(SourceRegion="us-east-1", SourceImageId=made, Name=tasks.unique("copy"), Encrypted=True, KmsKeyId=third)[
        "ImageId"
    ]
    (copied_root,) = [it["Ebs"] for it in available(ec2, copy)["BlockDeviceMappings"]]
    assert ec2.describe_snapshots(SnapshotIds=[copied_root["SnapshotId"]])["Snapshots"][0]["KmsKeyId"] == third
    others = [Other(alone, made, BlockDeviceMappings=root("alias/aws/ebs", VolumeSize=3)), Other(alone, made), Other(alone, copy)]
    for other in others:
        assert other.does("head -c 11 /srv/f && tail -c 5 /srv/f") == "sealedwharfmore"
    assert int(others[0].does("df -k / | tail -1").split()[1]) > 2.5 * (1 << 20)
    assert in_the_clear(alone) == before
    clear = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": False}}]
    refused_with(Guest, "InvalidParameterCombination", wharf=alone, ImageId=made, BlockDeviceMappings=clear)
    ended = [first, *others]
    ec2.terminate_instances(InstanceIds=[it.id for it in ended])
    for one in ended:
        wait_state(ec2, one.id, "terminated")
        assert opens(alone, one) == []
    wait_for(lambda: not any(kms.list_grants(KeyId=it)["Grants"] for it in (key, third)), 10, "the end of all grants")


def test_a_task_has_an_encrypted_volume(alone, key):
    image, role = images.push(alone, "busybox"), infrastructure_role(alone)
    script = f"trap 'exit 0' TERM; ({WRITES}) > /data/f && sync && echo written; sleep 1000 & wait"
    configured = asked(role, encrypted=True, kmsKeyId=key)
    # Who may pass the role has no more of the key than the role has.
    weak = tasks.start(alone, definition(alone, image, script), volumeConfigurations=configured)
    stopped = wait_for(lambda: (it := weak.describe())["lastStatus"] == "STOPPED" and it, 60, "the end of a task without its key")
    assert "not authorized to use the KMS key" in stopped["stoppedReason"], stopped["stoppedReason"]
    allowed = ["kms:DescribeKey", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:CreateGrant"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": key}]}
    alone.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="key", PolicyDocument=json.dumps(policy))
    task = tasks.start(alone, definition(alone, image, script), volumeConfigurations=configured)
    task.wait_line("written", 60)
    volume = attachment(task)[1]["volumeId"]
    found = shown(alone.client("ec2"), volume)
    assert (found["Encrypted"], found["KmsKeyId"]) == (True, key)
    assert not [path for path in in_the_clear(alone) if path.parent.name == volume]
    assert attachments(alone.client("ec2"), volume)[0]["State"] in ("attaching", "attached")
    task.stop()
    wait_gone(alone, volume)


def test_a_node_that_does_not_have_it_attached_gets_no_key(alone, guest, key):
    volume = guest.volume(Encrypted=True, KmsKeyId=key)
    guest.attach(volume)
    path = f"/wharf/node/ebs/000000000000/us-east-1/{volume}/key"

    def asked(keys):
        url = f"http://127.0.0.1:{alone.port}{path}"
        headers = signed_headers(url, keys, service="wharf")
        listed = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        return tools.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url, *listed).stdout

    # One that keeps no instances: what comes later in this installation is not launched there.
    with joining.Joined(alone, "127.0.0.1") as node:
        assert asked(node.keys) == "404"
    assert asked(alone.root) == "403"
    assert programs(alone, volume), "its own host has it"
    let_go(guest, volume)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"KmsKeyId": "alias/aws/ebs"}, "InvalidParameterDependency"),
        ({"KmsKeyId": "alias/aws/ebs", "Encrypted": False}, "InvalidParameterDependency"),
        ({"KmsKeyId": "alias/nothing", "Encrypted": True}, "InvalidKmsKey.NotFound"),
        ({"KmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/none", "Encrypted": True}, "InvalidKmsKey.NotFound"),
    ],
)
def test_bad_input(alone, options, code):
    ec2 = alone.client("ec2")
    refused_with(ec2.create_volume, code, AvailabilityZone="us-east-1a", Size=1, **options)
