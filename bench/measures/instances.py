"""EC2 instances on hosts: how soon one is a container instance of ECS, and what a hundred at once take."""

import math
import os
import pathlib
import statistics
import time

from harness import processes
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from test_ec2_instances import MAY_JOIN, own_image_of, profile

from . import peers

TITLE = "Instances on hosts"
CLUSTER, TYPE, TYPE_MIB = "machines", "t3.nano", 512
SINGLE = int(os.environ.get("WHARF_BENCH_ROUNDS", "20"))
AT_ONCE = 100
# More are refused.
OF_A_CALL = 30
# A type is guaranteed a part of its processors, and on a machine of two cores a hundred of these parts are five cores.
OVERCOMMIT, DISKS = 8, "1T"
# Of many it is asked about one of those that are left: to ask about a hundred costs milliseconds of a core that they want too.
POLL_S, POLL_OF_MANY_S = 0.005, 0.025
DEADLINE_S = 180
RESTS_S = 5
METHOD = (
    f"Instances of {TYPE} and the own image, whose user data writes `/etc/ecs/ecs.config`. Single ones, {SINGLE} one after the other, a first one left out: from the call of RunInstances until ListContainerInstances has it as "
    f"ACTIVE, asked every {POLL_S * 1000:.0f} ms; before it DescribeInstances is asked as often until it is `running`. Then {AT_ONCE} by calls for {OF_A_CALL}, as many as one may be for. "
    f"A {TYPE} is promised {TYPE_MIB} MiB of a node, and memory is never promised twice, so the machine is as many nodes as that needs: `wharf up` and hosts in namespaces, each of which "
    f"registers all of the machine's memory, and {OVERCOMMIT} times its cores. Memory of one: what all processes but the client have more with them (PSS, control plane and agents with it) once they have rested for {RESTS_S} s, and what "
    "the kernel says is available less, in which its own is too, each divided by their number. Terminated: from the call of TerminateInstances until DescribeInstances says it of all, and until the cluster lists none."
)
COLUMNS = ("what", "figure", "slowest")
MIB = 1 << 20
JOINS = f"""#!/bin/sh
mkdir -p /etc/ecs && echo ECS_CLUSTER={CLUSTER} >> /etc/ecs/ecs.config
"""


def run():
    arguments = ["--instances", "--overcommit", OVERCOMMIT, "--instance-disks", DISKS]
    with Lan(), Installation(arguments=["--listen", SERVER, *arguments]) as wharf:
        wharf.start()
        wharf.client("ecs").create_cluster(clusterName=CLUSTER)
        asked = {
            "ImageId": own_image_of(wharf),
            "InstanceType": TYPE,
            "UserData": JOINS,
            "IamInstanceProfile": {"Name": profile(wharf, MAY_JOIN)},
        }
        rows, hosts = _single(wharf, asked), []
        try:
            for number in range(1, _nodes()):
                hosts.append(Host(wharf, number, ["--instances"], arguments).join())
            return [*rows, *_at_once(wharf, asked, 1 + len(hosts))]
        finally:
            for host in hosts:
                host.close()


def _meminfo(what):
    """Bytes."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))


def _nodes():
    """How many have room for all; each keeps a twentieth of its memory back."""
    room = _meminfo("MemTotal") * 19 // 20 // MIB // TYPE_MIB
    return math.ceil(AT_ONCE / room)


def _single(wharf, asked):
    first, *taken = [_one(wharf, asked) for _ in range(1 + SINGLE)]
    running, active = zip(*taken, strict=True)
    return [
        ("container instance ACTIVE, s", f"{statistics.median(active):.2f}", f"{max(active):.2f}"),
        ("of that until the instance is running, s", f"{statistics.median(running):.2f}", f"{max(running):.2f}"),
        ("the first of the installation ACTIVE, s", f"{first[1]:.2f}", "–"),
    ]


def _one(wharf, asked):
    """Seconds until it runs, and until it is a container instance."""
    ec2, begun = wharf.client("ec2"), time.monotonic()
    ids = _launch(ec2, asked, 1)
    _until(ec2, ids, "running", POLL_S)
    running = time.monotonic() - begun
    _until_listed(wharf, 1, POLL_S)
    active = time.monotonic() - begun
    _terminate(wharf, ids)
    return running, active


def _at_once(wharf, asked, nodes):
    ec2 = wharf.client("ec2")
    own, available = _own_bytes(), _meminfo("MemAvailable")
    begun = time.monotonic()
    ids = _launch(ec2, asked, AT_ONCE)
    _until(ec2, ids, "running", POLL_OF_MANY_S)
    running = time.monotonic() - begun
    _until_listed(wharf, AT_ONCE, POLL_OF_MANY_S)
    active = time.monotonic() - begun
    time.sleep(RESTS_S)
    own, available = _own_bytes() - own, available - _meminfo("MemAvailable")
    terminated, gone = _terminate(wharf, ids)
    return [
        (f"{AT_ONCE} at once, on {nodes} nodes: all running, s", f"{running:.1f}", "–"),
        ("all of them ACTIVE in the cluster, s", f"{active:.1f}", "–"),
        ("memory of one, processes, MiB", f"{own / AT_ONCE / MIB:.1f}", "–"),
        ("memory of one, less available, MiB", f"{available / AT_ONCE / MIB:.1f}", "–"),
        ("all of them terminated, s", f"{terminated:.1f}", "–"),
        ("none left in the cluster, s", f"{gone:.1f}", "–"),
    ]


def _own_bytes():
    return peers.own_bytes(pid for pid in processes.all_pids() if pid != os.getpid())


def _launch(ec2, asked, count):
    """By as few calls as may be."""
    calls = (min(OF_A_CALL, count - begun) for begun in range(0, count, OF_A_CALL))
    made = [ec2.run_instances(**asked, MinCount=it, MaxCount=it)["Instances"] for it in calls]
    return [it["InstanceId"] for of_call in made for it in of_call]


def _terminate(wharf, ids):
    """Seconds until all are terminated, and until their cluster has none."""
    ec2, begun = wharf.client("ec2"), time.monotonic()
    ec2.terminate_instances(InstanceIds=ids)
    _until(ec2, ids, "terminated", POLL_OF_MANY_S)
    terminated = time.monotonic() - begun
    _until_listed(wharf, 0, POLL_OF_MANY_S)
    return terminated, time.monotonic() - begun


def _until(ec2, ids, state, poll_s):
    """Until all are in a state; of one that cannot come there any more, why."""
    begun, left = time.monotonic(), ids
    while left:
        while _not_yet(ec2, left[-1:], state):
            assert time.monotonic() - begun < DEADLINE_S, f"{len(left)} are not {state}"
            time.sleep(poll_s)
        left = _not_yet(ec2, left, state)


def _not_yet(ec2, ids, state):
    found = [it for one in ec2.describe_instances(InstanceIds=ids)["Reservations"] for it in one["Instances"]]
    left = [it for it in found if it["State"]["Name"] != state]
    lost = [it for it in left if it["State"]["Name"] == "terminated"]
    assert not lost, f"{len(lost)} ended: {lost[0].get('StateReason')}"
    return [it["InstanceId"] for it in left]


def _until_listed(wharf, count, poll_s):
    """Until the cluster has so many that are ACTIVE; none: of any state."""
    ecs, begun = wharf.client("ecs"), time.monotonic()
    status = {"status": "ACTIVE"} if count else {}
    while len(listed := ecs.list_container_instances(cluster=CLUSTER, **status)["containerInstanceArns"]) != count:
        assert time.monotonic() - begun < DEADLINE_S, f"the cluster has {len(listed)} of {count}"
        time.sleep(poll_s)
