"""EBS volumes of instances: block devices that are formatted, mounted, grown and taken away, whoever dies meanwhile."""

import base64
import pathlib
import re
import signal
import time

import pytest
from botocore.exceptions import ClientError

from harness import tools
from harness.installation import Installation
from harness.waiting import wait_as_boto3, wait_for
from test_ec2_instances import own_image_of, wait_state
from test_volumes import wait_gone

pytestmark = pytest.mark.minutes(1)

GIB = 1 << 30
NOWHERE = "vol-0123456789abcdef0"
# What the test says is done by a process of the instance's own: what is mounted is mounted for that.
SERVES = """#!/bin/sh
mkdir -p /srv/said
cat > /etc/rc.local <<'EOF'
#!/bin/sh
setsid sh /srv/serve < /dev/null > /dev/null 2>&1 &
EOF
cat > /srv/serve <<'EOF'
while :; do
  for one in /srv/said/*.sh; do
    [ -e "$one" ] || continue
    sh "$one" > "$one.out" 2>&1; echo "ended $?" >> "$one.out"; mv "$one" "$one.done"
  done
  sleep 0.1
done
EOF
chmod +x /etc/rc.local
"""


class Guest:
    """An instance that does what it is told."""

    def __init__(self, wharf, user_data=SERVES, region="us-east-1", **asked):
        self.wharf, self.ec2, self.count = wharf, wharf.client("ec2", region=region), 0
        asked = {"ImageId": own_image_of(wharf), "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1, "UserData": user_data, **asked}
        launched = self.ec2.run_instances(**asked)
        self.id = launched["Instances"][0]["InstanceId"]
        self.zone = launched["Instances"][0]["Placement"]["AvailabilityZone"]
        wait_state(self.ec2, self.id, "running")

    def first(self):
        """Its first process."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.id not in (folder / "cgroup").read_text():
                    continue
                numbers = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("NSpid:"))
            except (OSError, StopIteration):
                continue
            if numbers.split()[-1] == "1" and len(numbers.split()) > 2:
                return folder.name
        return None

    def _inside(self, script, stdin=None):
        first = wait_for(self.first, 30, f"the first process of {self.id}")
        inside = ["--user", "--mount", "--setuid", "0", "--setgid", "0"]
        return tools.run("nsenter", "--target", first, *inside, "/bin/sh", "-c", script, stdin=stdin, check=False).stdout

    def carried(self, program):
        """How to call a program of this machine, which the instance's image lacks."""
        libraries = re.findall(r"(?<=\s)/\S+", tools.run("ldd", program).stdout)
        self._inside("mkdir -p /carried")
        for one in map(pathlib.Path, [program, *libraries]):
            packed = base64.b64encode(one.read_bytes()).decode()
            self._inside(f"base64 -d > /carried/{one.name} && chmod +x /carried/{one.name}", stdin=packed)
        loader = next(pathlib.Path(it).name for it in libraries if "/ld-" in it)
        return f"/carried/{loader} --library-path /carried /carried/{pathlib.Path(program).name}"

    def begin(self, script):
        """Begins something; its number."""
        self.count += 1
        wait_for(lambda: "here" in self._inside("[ -d /srv/said ] && [ -e /etc/rc.local ] && echo here"), 60, "the end of user data")
        self._inside(f"cat > /srv/said/{self.count}.new <<'EOF'\n{script}\nEOF\nmv /srv/said/{self.count}.new /srv/said/{self.count}.sh")
        return self.count

    def end_of(self, number, deadline_s=60):
        def said():
            text = self._inside(f"cat /srv/said/{number}.sh.out")
            return text if "ended " in text else None

        text = wait_for(said, deadline_s, f"the end of script {number} in {self.id}")
        *lines, end = text.strip().splitlines()
        return "\n".join(lines), int(end.split()[1])

    def does(self, script):
        """What a script says; it must succeed."""
        text, code = self.end_of(self.begin(script))
        assert code == 0, repr(text)
        return text

    def fails(self, script):
        text, code = self.end_of(self.begin(script))
        assert code != 0, repr(text)
        return text

    def volume(self, **asked):
        volume = self.ec2.create_volume(AvailabilityZone=self.zone, **{"Size": 1, "VolumeType": "gp3", **asked})["VolumeId"]
        wait_as_boto3(self.ec2, "volume_available", VolumeIds=[volume])
        return volume

    def attach(self, volume, device="/dev/xvdf"):
        self.ec2.attach_volume(VolumeId=volume, InstanceId=self.id, Device=device)
        self.wait_attached(volume)

    def wait_attached(self, volume):
        wait_for(lambda: attachments(self.ec2, volume)[0]["State"] == "attached", 60, f"{volume} attached")

    def wait_available(self, volume):
        wait_for(lambda: shown(self.ec2, volume)["State"] == "available", 60, f"{volume} available")


def shown(ec2, volume):
    (found,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    return found


def attachments(ec2, volume):
    return shown(ec2, volume)["Attachments"]


def modification(ec2, volume):
    (found,) = ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"]
    return found


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=["--instances"]) as one:
        yield one.start()


@pytest.fixture(scope="module")
def guest(alone):
    return Guest(alone)


@pytest.fixture(scope="module")
def other(alone):
    return Guest(alone)


def test_a_device_is_formatted_mounted_and_grown(alone, guest):
    ec2 = guest.ec2
    volume = guest.volume(TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "of", "Value": "mine"}]}])
    attached = ec2.attach_volume(VolumeId=volume, InstanceId=guest.id, Device="/dev/xvdf")
    assert (attached["State"], attached["Device"]) == ("attaching", "/dev/xvdf")
    guest.wait_attached(volume)
    assert guest.does("blockdev --getsize64 /dev/xvdf") == str(GIB)
    said = guest.does(
        "mke2fs -q /dev/xvdf > /dev/null && mkdir -p /data && mount -t ext4 /dev/xvdf /data && echo kept > /data/f && stat -c %u /data/f && df -k /data"
    )
    assert said.splitlines()[0] == "0", said
    # What is none of its own stays closed, whatever it is called.
    guest.does("mkdir -p /x")
    for source in ("/dev/loop0", "/etc/passwd", "/dev/null"):
        assert "denied" in guest.fails(f"mount -t ext4 {source} /x")
    assert "ermitted" in guest.fails("losetup -d /dev/xvdf")
    guest.does("mount -t tmpfs none /x && umount /x")

    (mapping,) = ec2.describe_instances(InstanceIds=[guest.id])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    assert (mapping["DeviceName"], mapping["Ebs"]["VolumeId"], mapping["Ebs"]["Status"]) == ("/dev/xvdf", volume, "attached")
    filters = {"attachment.instance-id": guest.id, "attachment.device": "/dev/xvdf", "attachment.status": "attached", "tag:of": "mine"}
    (found,) = ec2.describe_volumes(Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()])["Volumes"]
    assert (found["VolumeId"], found["State"], found["Encrypted"]) == (volume, "in-use", False)
    by_volume = [{"Name": "block-device-mapping.volume-id", "Values": [volume]}]
    (reservation,) = ec2.describe_instances(Filters=by_volume)["Reservations"]
    assert reservation["Instances"][0]["InstanceId"] == guest.id
    assert ec2.describe_volume_status(VolumeIds=[volume])["VolumeStatuses"][0]["VolumeStatus"]["Status"] == "ok"

    # It grows under who has it mounted, over a death of the agent.
    alone.kill_child("agent")
    begun = ec2.modify_volume(VolumeId=volume, Size=2, VolumeType="gp3", Throughput=250)["VolumeModification"]
    assert (begun["OriginalSize"], begun["TargetSize"], begun["TargetThroughput"]) == (1, 2, 250)
    wait_for(lambda: modification(ec2, volume)["ModificationState"] == "completed", 60, "the end of the modification")
    assert (shown(ec2, volume)["Size"], shown(ec2, volume)["Throughput"]) == (2, 250)
    assert guest.does("blockdev --getsize64 /dev/xvdf; cat /data/f") == f"{2 * GIB}\nkept"
    with pytest.raises(ClientError, match="VolumeModificationRateExceeded"):
        ec2.modify_volume(VolumeId=volume, Size=3)
    by_state = [{"Name": "modification-state", "Values": ["completed"]}, {"Name": "target-size", "Values": ["2"]}]
    assert [it["VolumeId"] for it in ec2.describe_volumes_modifications(Filters=by_state)["VolumesModifications"]] == [volume]

    # Its file system grows while it is not mounted.
    check, grow = guest.carried("/usr/sbin/e2fsck"), guest.carried("/usr/sbin/resize2fs")
    said = guest.does(
        f"umount /data; {check} -f -p /dev/xvdf > /dev/null; {grow} /dev/xvdf > /dev/null 2>&1; mount -t ext4 /dev/xvdf /data && df -k /data"
    )
    assert int(said.splitlines()[-1].split()[1]) > 1.8 * (1 << 20), said

    # It is let go when nothing has it mounted any more, and what was written stays.
    assert ec2.detach_volume(VolumeId=volume)["State"] == "detaching"
    assert guest.does("cat /data/f") == "kept"
    assert attachments(ec2, volume)[0]["State"] == "detaching"
    guest.does("umount /data")
    guest.wait_available(volume)
    guest.attach(volume, "/dev/sdg")
    assert guest.does("mount -t ext4 /dev/sdg /data && cat /data/f && umount /data") == "kept"
    ec2.detach_volume(VolumeId=volume, InstanceId=guest.id, Device="/dev/sdg")
    guest.wait_available(volume)
    ec2.delete_volume(VolumeId=volume)
    wait_gone(alone, volume)


def test_a_volume_is_on_one_instance_at_a_time(alone, guest, other):
    ec2, volume = guest.ec2, guest.volume()
    guest.attach(volume, "/dev/xvdh")
    with pytest.raises(ClientError, match=f"VolumeInUse.*: {volume} is already attached to an instance"):
        ec2.attach_volume(VolumeId=volume, InstanceId=other.id, Device="/dev/xvdh")
    guest.does("echo mine | dd of=/dev/xvdh conv=fsync 2>/dev/null")
    # A program that has it open keeps it, until it is taken by force.
    holding = guest.begin("exec 3< /dev/xvdh; echo held > /srv/held; sleep 1000")
    wait_for(lambda: "held" in guest._inside("cat /srv/held"), 20, "a program that holds it")
    ec2.detach_volume(VolumeId=volume)
    assert ec2.detach_volume(VolumeId=volume, Force=True)["State"] == "detaching"
    guest.wait_available(volume)
    text, code = guest.end_of(holding)
    assert code != 0, text
    other.attach(volume, "/dev/xvdh")
    assert other.does("dd if=/dev/xvdh bs=5 count=1 2>/dev/null") == "mine"
    # A kept copy of the node opens nothing, whoever has the number of the device next.
    other.does("touch /kept && mount --bind /dev/xvdh /kept")
    ec2.detach_volume(VolumeId=volume)
    other.wait_available(volume)
    second = other.volume()
    guest.attach(second, "/dev/xvdh")
    assert "ermitted" in other.fails("dd if=/kept of=/dev/null count=1")
    other.does("umount /kept")
    ec2.detach_volume(VolumeId=second)
    guest.wait_available(second)
    for one in (volume, second):
        ec2.delete_volume(VolumeId=one)


def test_what_hides_a_mount_does_not_keep_a_volume(alone, guest):
    ec2, volume = guest.ec2, guest.volume()
    guest.attach(volume, "/dev/xvdp")
    guest.does("mke2fs -q /dev/xvdp > /dev/null && mkdir -p /h/in && mount -t ext4 /dev/xvdp /h/in")
    guest.does(
        'd=/h/$(printf \'c\\377\') && mkdir "$d" && mount --bind /h/in "$d" && mount -t tmpfs none /h && mount -t tmpfs none /dev/.xvdp'
    )
    ec2.detach_volume(VolumeId=volume, Force=True)
    guest.wait_available(volume)
    ec2.delete_volume(VolumeId=volume)


def test_deaths_in_the_middle_change_nothing(alone, guest):
    ec2, volume = guest.ec2, guest.volume()
    for who in ("agent", "server") * 2:
        ec2.attach_volume(VolumeId=volume, InstanceId=guest.id, Device="/dev/xvdk")
        alone.kill_child(who, signal.SIGKILL)
        alone.wait_ready()
        guest.wait_attached(volume)
        assert guest.does("blockdev --getsize64 /dev/xvdk") == str(GIB)
        ec2.detach_volume(VolumeId=volume)
        alone.kill_child(who, signal.SIGKILL)
        alone.wait_ready()
        guest.wait_available(volume)
    ec2.delete_volume(VolumeId=volume)
    wait_gone(alone, volume)


def test_stops_and_ends_of_an_instance(alone):
    guest = Guest(alone)
    ec2, kept, goes = guest.ec2, guest.volume(), guest.volume()
    guest.attach(kept, "/dev/xvdf")
    guest.does("mke2fs -q /dev/xvdf > /dev/null && mkdir -p /data && mount -t ext4 /dev/xvdf /data && echo kept > /data/f && sync")
    ec2.stop_instances(InstanceIds=[guest.id])
    wait_state(ec2, guest.id, "stopped")
    # Attached as it is stopped, it is there at the next boot.
    guest.attach(goes, "/dev/xvdg")
    ec2.start_instances(InstanceIds=[guest.id])
    wait_state(ec2, guest.id, "running")
    wait_for(lambda: "xvdg" in guest._inside("ls /dev"), 30, "the device after the boot")
    assert guest.does("mount -t ext4 /dev/xvdf /data && cat /data/f; blockdev --getsize64 /dev/xvdg") == f"kept\n{GIB}"
    mappings = [{"DeviceName": "/dev/xvdg", "Ebs": {"DeleteOnTermination": True}}]
    ec2.modify_instance_attribute(InstanceId=guest.id, BlockDeviceMappings=mappings)
    found = ec2.describe_instance_attribute(InstanceId=guest.id, Attribute="blockDeviceMapping")["BlockDeviceMappings"]
    assert [it["Ebs"]["DeleteOnTermination"] for it in found] == [False, True]
    ec2.terminate_instances(InstanceIds=[guest.id])
    wait_state(ec2, guest.id, "terminated")
    guest.wait_available(kept)
    wait_gone(alone, goes)
    ec2.delete_volume(VolumeId=kept)


def test_a_volume_of_a_snapshot_of_a_device(alone, guest, other):
    ec2, volume = guest.ec2, guest.volume()
    guest.attach(volume, "/dev/xvdm")
    guest.does("mke2fs -q /dev/xvdm > /dev/null && mkdir -p /m && mount -t ext4 /dev/xvdm /m && echo first > /m/f && sync")
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.get_waiter("snapshot_completed").config.delay = 1
    wait_for(lambda: ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"] == "completed", 60, "the snapshot")
    guest.does("echo second > /m/f && umount /m")
    copy = other.volume(SnapshotId=snapshot, Size=2)
    other.attach(copy, "/dev/xvdm")
    assert (
        other.does("mkdir -p /m && mount -t ext4 /dev/xvdm /m && cat /m/f && umount /m; blockdev --getsize64 /dev/xvdm")
        == f"first\n{2 * GIB}"
    )
    for one in (volume, copy):
        ec2.detach_volume(VolumeId=one)
        guest.wait_available(one)
        ec2.delete_volume(VolumeId=one)
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_a_snapshot_of_a_device_that_is_written_to_is_of_one_moment(alone, guest, other):
    ec2, volume = guest.ec2, guest.volume()
    guest.attach(volume, "/dev/xvdn")
    # A number at the beginning, and when that is there the same behind 100 MiB of others.
    write = "printf '%06d%4090s' $n . | dd of=/dev/xvdn bs=4096 seek=$at conv=notrunc,fsync 2> /dev/null"
    guest.does(
        "dd if=/dev/urandom of=/dev/xvdn bs=1M count=100 2> /dev/null && rm -f /srv/stop && cat > /srv/write <<'END'\n"
        f"n=100000; while [ ! -e /srv/stop ]; do n=$((n+1)); for at in 0 25600; do {write}; done; done; echo $n > /srv/stopped\n"
        "END\nsetsid sh /srv/write < /dev/null > /dev/null 2>&1 &"
    )
    number = "dd if=/dev/xvdn bs=1 count=6 skip=%d 2> /dev/null; echo"
    wait_for(lambda: int(guest.does(number % 0)) > 100003, 30, "numbers")
    before = int(guest.does(number % (25600 * 4096)))
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    wait_for(lambda: ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"] == "completed", 90, "the snapshot")
    # It goes on.
    after = int(guest.does(number % 0))
    wait_for(lambda: int(guest.does(number % 0)) > after, 30, "later numbers")
    guest.does("touch /srv/stop; while [ ! -e /srv/stopped ]; do sleep 0.1; done; rm /srv/stopped")
    copy = other.volume(SnapshotId=snapshot)
    other.attach(copy, "/dev/xvdn")
    first, behind = (int(other.does(number % at)) for at in (0, 25600 * 4096))
    assert behind >= before and first - behind in (0, 1), (before, first, behind)
    for one in (volume, copy):
        ec2.detach_volume(VolumeId=one)
        guest.wait_available(one)
        ec2.delete_volume(VolumeId=one)
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_mounts_go_on_when_the_agent_died_and_journals_elsewhere_are_refused(alone, guest):
    ec2, volume = guest.ec2, guest.volume()
    guest.attach(volume, "/dev/xvdq")
    guest.does("mke2fs -q /dev/xvdq > /dev/null && mkdir -p /q && echo 0 > /srv/times")
    for times in (1, 2):
        alone.kill_child("agent", signal.SIGKILL)
        # Its call may wait until there is an agent again.
        guest.does(f"mount -t ext4 /dev/xvdq /q && echo {times} >> /q/f && umount /q")
    assert guest.does("mount -t ext4 /dev/xvdq /q && cat /q/f && umount /q") == "1\n2"
    alone.wait_ready()
    # A device of the host's, by its number.
    guest.does("printf '\\001\\007' | dd of=/dev/xvdq bs=1 seek=$((1024 + 228)) conv=notrunc,fsync 2> /dev/null")
    assert "Invalid argument" in guest.fails("mount -t ext4 /dev/xvdq /q")
    ec2.detach_volume(VolumeId=volume, Force=True)
    guest.wait_available(volume)
    ec2.delete_volume(VolumeId=volume)


def test_bad_input(alone, guest):
    ec2, volume = guest.ec2, guest.volume()
    create = {"AvailabilityZone": guest.zone, "Size": 1}
    attach = {"VolumeId": volume, "InstanceId": guest.id, "Device": "/dev/xvdz"}
    elsewhere = guest.zone[:-1] + ("b" if guest.zone[-1] != "b" else "c")
    far = ec2.create_volume(AvailabilityZone=elsewhere, Size=1)["VolumeId"]
    table = [
        (ec2.create_volume, {"Size": 1}, "MissingParameter"),
        (ec2.create_volume, {**create, "AvailabilityZone": "mars-1a"}, "InvalidZone.NotFound"),
        (ec2.create_volume, {"AvailabilityZone": guest.zone}, "MissingParameter.*size/snapshot"),
        (ec2.create_volume, {**create, "Size": 0}, "too small"),
        (ec2.create_volume, {**create, "VolumeType": "gp9"}, "UnknownVolumeType|InvalidParameterValue"),
        (ec2.create_volume, {**create, "VolumeType": "gp2", "Iops": 100}, "InvalidParameterCombination.*iops"),
        (ec2.create_volume, {**create, "VolumeType": "gp3", "Iops": 2999}, "InvalidParameterValue.*too low"),
        (ec2.create_volume, {**create, "VolumeType": "gp3", "Throughput": 99999}, "InvalidParameterValue.*too high"),
        (ec2.create_volume, {**create, "VolumeType": "io1"}, "too small"),
        (ec2.create_volume, {**create, "VolumeType": "st1"}, "too small"),
        (ec2.create_volume, {**create, "KmsKeyId": "alias/x"}, "InvalidParameterDependency.*KmsKeyId"),
        (ec2.create_volume, {**create, "MultiAttachEnabled": True}, "UnsupportedOperation.*MultiAttachEnabled"),
        (ec2.create_volume, {**create, "SnapshotId": "snap-0123456789abcdef0"}, "InvalidSnapshot.NotFound"),
        (ec2.attach_volume, {**attach, "VolumeId": NOWHERE}, "InvalidVolume.NotFound"),
        (ec2.attach_volume, {**attach, "VolumeId": "vol-x"}, "InvalidParameterValue.*volumeId"),
        (ec2.attach_volume, {**attach, "InstanceId": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
        (ec2.attach_volume, {**attach, "InstanceId": "x"}, "InvalidInstanceID.Malformed"),
        (ec2.attach_volume, {**attach, "Device": "/dev/../sda"}, "InvalidParameterValue.*not a valid EBS device name"),
        (ec2.attach_volume, {**attach, "Device": "/dev/xvda"}, "InvalidParameterValue.*already in use"),
        (ec2.attach_volume, {**attach, "Device": "xvda"}, "InvalidParameterValue.*already in use"),
        (ec2.attach_volume, {**attach, "VolumeId": far}, "InvalidVolume.ZoneMismatch"),
        (ec2.detach_volume, {"VolumeId": volume}, "IncorrectState.*available"),
        (ec2.detach_volume, {"VolumeId": NOWHERE}, "InvalidVolume.NotFound"),
        (ec2.delete_volume, {"VolumeId": NOWHERE}, "InvalidVolume.NotFound"),
        (ec2.modify_volume, {"VolumeId": NOWHERE, "Size": 2}, "InvalidVolume.NotFound"),
        (ec2.modify_volume, {"VolumeId": far}, "InvalidParameterCombination"),
        (ec2.modify_volume, {"VolumeId": volume, "VolumeType": "st1"}, "too small"),
        (ec2.modify_volume, {"VolumeId": volume, "Size": 99999}, "too large"),
        (ec2.describe_volumes_modifications, {"VolumeIds": [volume]}, "InvalidVolumeModification.NotFound"),
        (ec2.describe_volumes_modifications, {"Filters": [{"Name": "x", "Values": ["y"]}]}, "filter 'x'"),
        (ec2.describe_volume_attribute, {"VolumeId": volume, "Attribute": "x"}, "InvalidParameterValue.*Attribute"),
        (ec2.describe_volumes, {"Filters": [{"Name": "x", "Values": ["y"]}]}, "filter 'x'"),
    ]
    for call, given, wanted in table:
        with pytest.raises(ClientError, match=wanted):
            call(**given)
            raise AssertionError(f"{call.__name__} {given} was not refused")
    grown = ec2.modify_volume(VolumeId=volume, Size=2)["VolumeModification"]
    assert grown["ModificationState"] == "completed", grown
    with pytest.raises(ClientError, match="New size cannot be smaller"):
        ec2.modify_volume(VolumeId=volume, Size=1)

    again = {**create, "ClientToken": f"once-{time.time_ns()}"}
    made = ec2.create_volume(**again)["VolumeId"]
    assert ec2.create_volume(**again)["VolumeId"] == made
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        ec2.create_volume(**{**again, "Size": 2})

    ec2.modify_volume_attribute(VolumeId=made, AutoEnableIO={"Value": True})
    assert ec2.describe_volume_attribute(VolumeId=made, Attribute="autoEnableIO")["AutoEnableIO"]["Value"] is True
    assert ec2.describe_volume_attribute(VolumeId=made, Attribute="productCodes")["ProductCodes"] == []
    pages = ec2.get_paginator("describe_volumes").paginate(VolumeIds=sorted([made, far, volume]))
    assert sorted(it["VolumeId"] for page in pages for it in page["Volumes"]) == sorted([made, far, volume])
    assert alone.aws("ec2", "describe-volumes", "--volume-ids", made)["Volumes"][0]["State"] == "available"
    for one in (made, far, volume):
        ec2.delete_volume(VolumeId=one)
