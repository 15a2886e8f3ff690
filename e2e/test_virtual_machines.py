"""EC2 instances that are virtual machines, under qemu's own processors: a kernel of Debian's with a busybox."""

import gzip
import lzma
import mmap
import os
import pathlib
import re
import shutil
import signal

import pytest

from harness import images, tasks, tools
from harness.installation import Installation
from harness.refusals import refused_code
from harness.waiting import wait_for
from test_ec2_instances import console, page, state, wait_state

KERNEL = tools.UNPACKED / "kernel"
QEMU = shutil.which("qemu-system-x86_64")
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.minutes(4),
    pytest.mark.skipif(not QEMU or not KERNEL.is_dir(), reason="no qemu, or no kernel for it: run 'make deps'"),
]

# In the order in which they need each other; a kernel may have any of them built in.
MODULES = ["virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"]
MODULES += ["virtio_blk", "failover", "net_failover", "virtio_net", "button", "evdev"]

# What comes before the root file system: modules, and the way there.
FIRST = f"""#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc; $b mount -t sysfs sys /sys; $b mount -t devtmpfs dev /dev
for it in {" ".join(MODULES)}; do [ ! -e /lib/$it.ko ] || $b insmod /lib/$it.ko; done
until [ -b /dev/vda ]; do $b sleep 0.1; done
$b mount -t ext4 /dev/vda /root
for it in proc sys dev; do $b mkdir -p /root/$it; $b mount --move /$it /root/$it; done
exec $b switch_root /root /sbin/init
"""
# What a DHCP client does with what it was told.
LEASE = """#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ifconfig eth0 $ip netmask $subnet mtu ${mtu:-1500} up
route add default gw $router
echo "has $ip of $router with $mtu"
"""
# Counts its boots on its disk, marks the disks that it gets with that, and serves what it knows of itself. Its kernel panics for good
# when somebody speaks to it.
INIT = r"""#!/bin/busybox sh
mkdir -p /bin /etc/acpi/PWRF /srv/www /tmp
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
imds() { printf 'GET /latest/%s HTTP/1.0\r\n\r\n' "$1" | nc 169.254.169.254 80 | tail -n 1; }
ifconfig lo 127.0.0.1 up
ifconfig eth0 up
udhcpc -q -n -t 20 -i eth0 -O mtu -s /etc/lease.sh || echo "no lease"
six=$(imds meta-data/ipv6)
case "$six" in fd*:*)
  for it in $(seq 100); do ip -6 route | grep -q "^default" && break; sleep 0.2; done
  ip -6 addr add $six/128 dev eth0
  echo "has $six $(ip -6 route | grep "^default" | cut -d ' ' -f 2,3)" ;;
esac
boots=$(($(cat /boots 2>/dev/null || echo 0) + 1))
echo $boots > /boots
sync
echo "boot $boots of $(imds meta-data/instance-id), told $(imds user-data)"
echo "root has $(cat /sys/block/vda/size) sectors"
echo "page of boot $boots with $(nproc) processors" > /srv/www/index.html
httpd -h /srv/www
{ nc -l -p 7 > /dev/null; echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger; } &
printf '#!/bin/sh\necho goes down; sync; poweroff -f\n' > /etc/acpi/PWRF/00000080
chmod +x /etc/acpi/PWRF/00000080
disks() {
  seen=""
  while :; do
    now=""
    for it in /sys/block/vd[b-z]; do
      disk=${it##*/}
      [ -b /dev/$disk ] || continue
      now="$now $disk"
      case "$seen " in *" $disk "*) continue ;; esac
      echo "disk $(cat $it/serial) held '$(head -c 16 /dev/$disk | tr -d '\0')'"
      printf 'of boot %s' $boots | dd of=/dev/$disk conv=fsync 2>/dev/null
    done
    [ "$now" = "$seen" ] || echo "has disks:$now."
    seen=$now
    sleep 0.2
  done
}
disks &
acpid -d -c /etc/acpi
"""


def initial(files):
    """An initial file system of these, as kernels unpack them."""
    folders = [(name, 0o40755, b"") for name in ("bin", "dev", "lib", "proc", "root", "sys")]
    members = [*folders, *((name, 0o100755, data) for name, data in files.items()), ("TRAILER!!!", 0, b"")]
    packed = bytearray()
    for number, (name, mode, data) in enumerate(members, 1):
        path = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + path
        packed += head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)
    return gzip.compress(bytes(packed), 1)


def entries():
    """What a machine's image has over a busybox: a kernel, what it begins with, and its first program."""
    (kernel,) = KERNEL.glob("boot/vmlinuz-*")
    version = kernel.name.removeprefix("vmlinuz-")
    files = {}
    for path in KERNEL.glob("lib/modules/*/kernel/**/*.ko*"):
        name, _, kind = path.name.partition(".ko")
        if name in MODULES:
            data = path.read_bytes()
            files[f"lib/{name}.ko"] = lzma.decompress(data) if kind == ".xz" else data
    files |= {"init": FIRST.encode(), "bin/busybox": pathlib.Path(shutil.which("busybox")).read_bytes()}
    return [
        images.program(f"boot/vmlinuz-{version}", kernel.read_bytes()),
        images.program(f"boot/initrd.img-{version}", initial(files)),
        images.program("etc/lease.sh", LEASE.encode()),
        images.program("sbin/init", INIT.encode()),
    ]


@pytest.fixture
def fresh():
    arguments = ["--instances", "--vm", f"qemu={QEMU}", "--vm-accel", "tcg"]
    with Installation(arguments=arguments) as alone:
        yield alone.start()


def with_ipv6(wharf):
    """The default VPC's first subnet, with a range of IPv6 addresses."""
    ec2, (subnet, *_) = wharf.client("ec2"), tasks.default_subnets(wharf)
    (shown,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    given = ec2.associate_vpc_cidr_block(VpcId=shown["VpcId"], AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=given["Ipv6CidrBlock"].replace("/56", "/64"))
    return subnet


def machine_image(wharf, folder):
    layout, _ = images.with_entries(folder / "layout", entries())
    uri = images.ensure_repository(wharf, "machines/small")
    images.skopeo_copy(wharf, layout, f"docker://{uri}:1")
    location = f"{REGISTRY}/machines/small:1"
    return wharf.client("ec2").register_image(Name="small", ImageLocation=location, BootMode="legacy-bios")["ImageId"]


def serial(volume):
    """What a guest has of a volume's name."""
    return volume.replace("-", "")


def volume_of(ec2, volume):
    return ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]


def emulator(instance):
    """The process that runs the machine."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"-machine" in words and instance.encode() in words:
            return int(folder.name)
    raise AssertionError(f"{instance} has no emulator")


def is_in(words, wharf, instance):
    """Whether the words stand in the clear on the disk of an instance."""
    path = wharf.data / "node" / "instances" / "kept" / instance / "disk.img"
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as disk:
        return disk.find(words.encode()) >= 0


def says(ec2, instance, words, deadline_s=120):
    wait_for(lambda: words in console(ec2, instance), deadline_s, f"{words!r} on the console")


def test_a_virtual_machine_lives_through_everything(fresh, tmp_path):
    ec2, busybox = fresh.client("ec2"), images.push(fresh, "busybox")
    image = machine_image(fresh, tmp_path)
    asked = {"ImageId": image, "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1}
    disks = [{"DeviceName": f"/dev/xvd{letter}", "Ebs": {"VolumeSize": 1}} for letter in "af"]
    there = {"SubnetId": with_ipv6(fresh), "Ipv6AddressCount": 1}
    (made,) = ec2.run_instances(**asked, **there, UserData="some words", BlockDeviceMappings=disks)["Instances"]
    instance, address = made["InstanceId"], made["PrivateIpAddress"]
    (six,) = (it["Ipv6Address"] for it in made["NetworkInterfaces"][0]["Ipv6Addresses"])
    wait_state(ec2, instance, "running")
    says(ec2, instance, f"boot 1 of {instance}, told some words")
    said = console(ec2, instance)
    assert re.search(rf"has {re.escape(address)} of 172\.31\.\d+\.1 with 1\d\d\d", said), said
    assert "Linux version 6." in said and "boots under tcg" in said, said
    assert f"has {six} via fe80::1" in said, said
    for at in (address, f"[{six}]"):
        assert "page of boot 1 with 2 processors" in page(fresh, busybox, at)
    (shown,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert shown["BootMode"] == shown["CurrentInstanceBootMode"] == "legacy-bios"
    root, kept = (it["Ebs"]["VolumeId"] for it in shown["BlockDeviceMappings"])
    assert shown["BlockDeviceMappings"][0]["DeviceName"] == "/dev/xvda" and shown["RootDeviceType"] == "ebs"
    shown = volume_of(ec2, root)
    assert (shown["Size"], shown["Attachments"][0]["DeleteOnTermination"]) == (1, True)
    assert refused_code(ec2.detach_volume, VolumeId=root) == "UnsupportedOperation"
    says(ec2, instance, f"disk {serial(kept)} held ''")

    # It runs on without the agent, whose next one finds it.
    fresh.kill_child("agent")
    wait_for(lambda: "page of boot 1" in page(fresh, busybox, address), 60, "an answer after the agent's death")
    assert state(ec2, instance) == "running"

    # A volume comes while it runs, and goes when its kernel has let go of it.
    volume = ec2.create_volume(AvailabilityZone=made["Placement"]["AvailabilityZone"], Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/xvdg")
    says(ec2, instance, f"disk {serial(volume)} held ''")
    wait_for(lambda: volume_of(ec2, volume)["Attachments"][0]["State"] == "attached", 60, "the volume is attached")
    says(ec2, instance, "has disks: vdb vdc.", 20)
    ec2.detach_volume(VolumeId=volume)
    wait_for(lambda: volume_of(ec2, volume)["State"] == "available", 60, "the volume is available")
    says(ec2, instance, f"{volume} was detached", 20)

    # Its power button is pressed: what it writes last is on its disk.
    ec2.stop_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "stopped")
    says(ec2, instance, "goes down", 20)
    ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": b"other words"})
    ec2.start_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "running")
    says(ec2, instance, f"boot 2 of {instance}, told other words")
    says(ec2, instance, f"disk {serial(kept)} held 'of boot 1'", 60)

    # A snapshot of its root as it runs, and all of its disks while it reboots.
    snapshot = ec2.create_snapshot(VolumeId=root)["SnapshotId"]
    golden = ec2.create_image(InstanceId=instance, Name="golden")["ImageId"]
    says(ec2, instance, f"boot 3 of {instance}")
    wait_for(lambda: "page of boot 3" in page(fresh, busybox, address), 60, "an answer after the reboot")
    patience = {"Delay": 1, "MaxAttempts": 60}
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=patience)
    ec2.get_waiter("image_available").wait(ImageIds=[golden], WaiterConfig=patience)
    (golden,) = ec2.describe_images(ImageIds=[golden])["Images"]
    assert golden["BootMode"] == "legacy-bios" and len(golden["BlockDeviceMappings"]) == 2

    # Another machine goes on from there, on a larger disk that nobody reads on its host.
    of_root = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}]
    again = ec2.register_image(Name="again", BlockDeviceMappings=of_root)["ImageId"]
    sealed = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 2, "Encrypted": True}}]
    (other,) = ec2.run_instances(**asked | {"ImageId": again}, UserData="others", BlockDeviceMappings=sealed)["Instances"]
    other = other["InstanceId"]
    says(ec2, other, f"boot 3 of {other}, told others")
    says(ec2, other, f"root has {2 << 21} sectors", 20)
    shown = volume_of(ec2, other.replace("i-", "vol-"))
    assert (shown["Encrypted"], shown["SnapshotId"], shown["Size"]) == (True, snapshot, 2)
    assert is_in("udhcpc -q -n -t 20", fresh, instance) and not is_in("udhcpc -q -n -t 20", fresh, other)
    ec2.terminate_instances(InstanceIds=[other])
    wait_state(ec2, other, "terminated")

    # Its kernel is dead and lets go of nothing: it loses a volume by force alone.
    page(fresh, busybox, f"{address}:7")
    says(ec2, instance, "sysrq triggered crash", 30)
    ec2.detach_volume(VolumeId=kept, Force=True)
    wait_for(lambda: volume_of(ec2, kept)["State"] == "available", 60, "the volume is available")
    says(ec2, instance, f"{kept} was taken away by force", 20)

    # Its emulator fails: that is no shutdown of its guest's.
    os.kill(emulator(instance), signal.SIGKILL)
    says(ec2, instance, f"boot 4 of {instance}")
    assert state(ec2, instance) == "running"

    ec2.terminate_instances(InstanceIds=[instance])
    wait_state(ec2, instance, "terminated")


def test_an_image_without_a_kernel_boots_nothing(fresh):
    ec2 = fresh.client("ec2")
    images.push(fresh, "busybox", name="machines/none", tag="1")
    location = f"{REGISTRY}/machines/none:1"
    image = ec2.register_image(Name="none", ImageLocation=location, BootMode="legacy-bios")["ImageId"]
    (made,) = ec2.run_instances(ImageId=image, InstanceType="t3.nano", MinCount=1, MaxCount=1)["Instances"]
    wait_state(ec2, made["InstanceId"], "terminated")
    (shown,) = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"]
    assert "has no kernel" in shown["StateReason"]["Message"], shown["StateReason"]
