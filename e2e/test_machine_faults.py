"""Machines and their disks while one process after the other is killed at a random moment: what was synced is there, and nothing
is left in the end.

WHARF_FAULT_ROUNDS says how often (4), WHARF_FAULT_SEED with which random numbers.
"""

import os
import random
import signal
import threading
import time

import pytest

from harness import processes
from harness.installation import Installation
from harness.waiting import wait_for
from test_block_devices import terminate, volume_at
from test_ec2_instances import own_image_of, wait_state
from test_snapshots import completed
from test_volumes import wait_gone
from test_volumes_of_instances import Guest

pytestmark = pytest.mark.minutes(1.5)

ROUNDS = int(os.environ.get("WHARF_FAULT_ROUNDS", "4"))
SEED = int(os.environ.get("WHARF_FAULT_SEED", "0")) or random.randrange(1 << 30)
# What a guest is made with: a root and a volume that are encrypted.
DISKS = [
    {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 2}},
    {"DeviceName": "/dev/xvdf", "Ebs": {"Encrypted": True, "VolumeSize": 1}},
]
MOUNTS = "mkdir -p /data && (grep -q ' /data ' /proc/mounts || mount -t ext4 /dev/xvdf /data)"


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=["--instances"]) as one:
        yield one.start()


class Machine:
    """A guest that numbers are written in, to its root and to its volume, and those that were synced."""

    def __init__(self, wharf):
        self.wharf, self.guest = wharf, Guest(wharf, BlockDeviceMappings=DISKS)
        self.volume = volume_at(self.guest.ec2, self.guest.id, "/dev/xvdf")
        self.guest.wait_attached(self.volume)
        self.guest.does(f"mke2fs -q -j /dev/xvdf > /dev/null 2>&1 && {MOUNTS}")
        self.synced = 0

    def writes(self):
        number = self.synced + 1
        # After a kill the guest may find it anew: that it was done is not synced.
        once = [f"(grep -qxs {number} {file} || echo {number} >> {file})" for file in ("/srv/n", "/data/n")]
        self.guest.does(f"{MOUNTS} && {' && '.join(once)} && sync")
        self.synced = number

    def has_all(self):
        wanted = "\n".join(str(it + 1) for it in range(self.synced))
        for file in ("/srv/n", "/data/n"):
            assert self.guest.does(f"{MOUNTS} && cat {file}") == wanted, file

    def boots(self):
        """After something that it cannot do without was killed."""
        before = processes.born(int(self.guest.first()))
        self.guest.ec2.reboot_instances(InstanceIds=[self.guest.id])
        wait_for(lambda: (it := self.guest.first()) and processes.born(int(it)) != before, 90, f"another boot of {self.guest.id}")
        wait_state(self.guest.ec2, self.guest.id, "running")


def opens(file):
    (pid,) = processes.with_open(file, "sealed-file")
    return pid


def kill(wharf, machine, victim):
    node = wharf.data / "node"
    if victim in ("server", "agent", "lb"):
        wharf.kill_child(victim)
        wharf.wait_ready()
        return
    if victim == "the program of its root":
        os.kill(opens(node / "instances" / "kept" / machine.guest.id / "disk.img"), signal.SIGKILL)
        machine.boots()
    if victim == "the program of its volume":
        os.kill(opens(node / "ebs" / machine.volume / "disk.img"), signal.SIGKILL)
        machine.boots()
    if victim == "its first process":
        # It ends by itself then, as if it had shut itself down.
        os.kill(int(machine.guest.first()), signal.SIGKILL)
        wait_state(machine.guest.ec2, machine.guest.id, "stopped")
        machine.guest.ec2.start_instances(InstanceIds=[machine.guest.id])
        wait_state(machine.guest.ec2, machine.guest.id, "running")


VICTIMS = ("server", "the program of its root", "agent", "its first process", "lb", "the program of its volume")


def test_what_was_synced_outlives_any_process_and_nothing_is_left(alone):
    ec2, chances = alone.client("ec2"), random.Random(SEED)
    machine = Machine(alone)
    first = chances.randrange(len(VICTIMS))
    for number in range(ROUNDS):
        victim, begun = VICTIMS[(first + number) % len(VICTIMS)], time.monotonic()
        try:
            machine.writes()
            other = ec2.run_instances(
                ImageId=own_image_of(alone), InstanceType="t3.nano", MinCount=1, MaxCount=1, BlockDeviceMappings=DISKS
            )["Instances"][0]["InstanceId"]
            snapshot = ec2.create_snapshot(VolumeId=machine.volume)["SnapshotId"]
            # A moment that no test would choose.
            threading.Event().wait(chances.random())
            kill(alone, machine, victim)
            wait_state(ec2, other, "running")
            volume = volume_at(ec2, other, "/dev/xvdf")
            terminate(ec2, other)
            wait_gone(alone, volume)
            completed(alone, snapshot)
            ec2.delete_snapshot(SnapshotId=snapshot)
            machine.has_all()
            print(f"kill {number}: {victim}, {time.monotonic() - begun:.1f} s", flush=True)
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}, round {number}: kill -9 of {victim}: {error}") from error
    terminate(ec2, machine.guest.id)
    wait_gone(alone, machine.volume)
    node = alone.data / "node"
    wait_for(lambda: not any((node / "instances" / "kept").iterdir()), 30, "no disk of an instance")
    wait_for(lambda: not any((node / "ebs").glob("vol-*")), 30, "no volume")
    assert [pid for pid in processes.with_argument("serve-sealed-file") if processes.installation(pid) == alone.id] == []
