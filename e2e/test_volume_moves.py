"""EBS volumes are of a zone: detached from an instance on one host and attached to one on another, they bring their bytes along, whoever
dies meanwhile."""

import contextlib
import itertools

import pytest
from botocore.exceptions import ClientError

from harness.hosts import SERVER, Host
from harness.installation import Installation
from harness.waiting import wait_for
from test_kubernetes_volumes import backed_by
from test_volumes import wait_gone
from test_volumes_of_instances import Guest, attachments, shown

pytestmark = pytest.mark.minutes(3)

MIB = 100
numbers = itertools.count()


@pytest.fixture(scope="module")
def alone(lan):
    with Installation(arguments=["--listen", SERVER, "--instances"]) as one:
        yield one.start()


@pytest.fixture(scope="module")
def host(alone):
    made = Host(alone, 1, ["--instances"]).join()
    yield made
    made.close()


@pytest.fixture(scope="module")
def guests(alone, host):
    """An instance on the machine of the server, and one on the other host."""
    alone.client("ec2").create_placement_group(GroupName="apart", Strategy="spread")
    made = [Guest(alone, Placement={"GroupName": "apart"}) for _ in range(2)]
    made.sort(key=lambda it: any(host.data.rglob(it.id)))
    first, second = made
    assert not any(host.data.rglob(first.id)) and any(host.data.rglob(second.id))
    return made


@pytest.fixture
def volume(alone, guests):
    made = guests[0].volume()
    yield made
    ec2 = guests[0].ec2
    if attachments(ec2, made):
        ec2.detach_volume(VolumeId=made, Force=True)
        guests[0].wait_available(made)
    ec2.delete_volume(VolumeId=made)
    wait_gone(alone, made)


def files(alone, host, volume):
    """The hosts that have anything of a volume."""
    return [at for at, data in enumerate((alone.data, host.data)) if (data / "node" / "ebs" / volume).exists()]


def filled(guest, device="/dev/xvdf"):
    """A file system with a file, whose sum it says, and which nobody has mounted any more."""
    number = next(numbers)
    script = f"mke2fs -q {device} > /dev/null && mkdir -p /v && mount -t ext4 {device} /v && dd if=/dev/urandom of=/v/f bs=1M count={MIB} 2> /dev/null"
    return guest.does(f"{script} && md5sum < /v/f && echo {number} > /v/n && umount /v")


def found(guest, device="/dev/xvdf"):
    return guest.does(f"mkdir -p /v && mount -t ext4 {device} /v && md5sum < /v/f && umount /v")


def only_once(alone, host, volume):
    """What must hold whenever it is looked at."""
    assert backed_by(volume) <= 1
    assert len(attachments(alone.client("ec2"), volume)) <= 1
    assert len(list(whole(alone, host, volume))) <= 1
    return True


def whole(alone, host, volume):
    for data in (alone.data, host.data):
        image = data / "node" / "ebs" / volume / "disk.img"
        if image.exists():
            yield image


def test_a_volume_follows_its_attachment_whoever_dies(alone, host, guests, volume):
    here, there = guests
    ec2 = here.ec2
    here.attach(volume)
    written = filled(here)
    alone.aws("ec2", "detach-volume", "--volume-id", volume)
    alone.aws("ec2", "wait", "volume-available", "--volume-ids", volume)
    folder = alone.data / "node"

    def once(ask):
        # Calls fail while the server is dead.
        with contextlib.suppress(ClientError, OSError):
            only_once(alone, host, volume)
        return ask()

    alone.aws("ec2", "attach-volume", "--volume-id", volume, "--instance-id", there.id, "--device", "/dev/xvdf")
    # While it is read, while it is sent, and once nothing of it is here any more.
    wait_for(lambda: list(folder.glob("ebs-snapshots/snap-*")), 60, "the reading", interval_s=0.001)
    alone.kill_child("agent")
    wait_for(lambda: list(folder.glob("ebs-snapshots/snap-*/list")), 60, "the sending", interval_s=0.001)
    alone.kill_child("server")
    wait_for(lambda: 0 not in files(alone, host, volume), 120, "the end of what was here", interval_s=0.001)
    alone.kill_child("server")
    wait_for(lambda: once(lambda: attachments(ec2, volume)[0]["State"] == "attached"), 120, "its attachment")
    assert files(alone, host, volume) == [1]
    assert found(there) == written
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []

    # And back, with what was written there.
    written = filled(there)
    alone.aws("ec2", "detach-volume", "--volume-id", volume)
    there.wait_available(volume)
    alone.aws("ec2", "attach-volume", "--volume-id", volume, "--instance-id", here.id, "--device", "/dev/xvdg")
    image = folder / "ebs" / volume
    for victim in ("agent", "server", "agent"):
        wait_for((image / "disk.new").exists, 120, "the making", interval_s=0.001)
        assert not (image / "disk.img").exists() and files(alone, host, volume) == [0]
        alone.kill_child(victim)
    wait_for(lambda: once(lambda: attachments(ec2, volume)[0]["State"] == "attached"), 120, "its attachment")
    assert files(alone, host, volume) == [0]
    assert found(here, "/dev/xvdg") == written
    wait_for(lambda: not list(folder.glob("ebs-snapshots/snap-*")), 60, "the end of what it was sent by")


def test_one_that_is_sealed_goes_as_it_is(alone, host, guests):
    here, there = guests
    volume = here.volume(Encrypted=True)
    here.attach(volume)
    written = filled(here)
    for guest, before, at in ((there, here, 1), (here, there, 0)):
        guest.ec2.detach_volume(VolumeId=volume)
        before.wait_available(volume)
        guest.attach(volume)
        assert files(alone, host, volume) == [at]
        assert found(guest) == written
    here.ec2.detach_volume(VolumeId=volume)
    here.wait_available(volume)
    here.ec2.delete_volume(VolumeId=volume)
    wait_gone(alone, volume)


def test_an_attachment_waits_for_the_host_that_has_the_bytes(alone, host, guests, volume):
    here, there = guests
    there.attach(volume)
    written = filled(there)
    there.ec2.detach_volume(VolumeId=volume)
    there.wait_available(volume)
    with host.cut_off():
        host.wait_connected(False, 60)
        here.ec2.attach_volume(VolumeId=volume, InstanceId=here.id, Device="/dev/xvdf")
        assert attachments(here.ec2, volume)[0]["State"] == "attaching"
        # Who will not wait has it back as it was.
        here.ec2.detach_volume(VolumeId=volume)
        assert shown(here.ec2, volume)["State"] == "available"
        here.ec2.attach_volume(VolumeId=volume, InstanceId=here.id, Device="/dev/xvdf")
        assert files(alone, host, volume) == [1]
        assert attachments(here.ec2, volume)[0]["State"] == "attaching"
    here.wait_attached(volume)
    assert files(alone, host, volume) == [0]
    assert found(here) == written
