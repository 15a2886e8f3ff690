"""Security groups between running tasks: allow, deny, reference, revoke."""

import subprocess

import pytest

from harness import tasks
from harness.machines import ANSWER_S, ECHO, ECHO_PORTS, SILENCE_S, Groups, Machines
from harness.tasks import sh
from harness.waiting import wait_for


@pytest.fixture
def vpc(wharf):
    return wharf.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]


@pytest.fixture
def groups(wharf, vpc):
    return Groups(wharf, vpc)


@pytest.fixture
def run(wharf, busybox):
    """Starts machines and ends them with the test."""
    default = tasks.default_subnets(wharf)[0]
    with Machines(wharf, busybox) as machines:
        yield lambda *groups, subnet=default, **container: machines(subnet, *groups, **container)


def test_who_is_not_named_is_not_answered(run, groups):
    web, friends = groups.make("web"), groups.make("friends")
    server, friend, stranger = run(web), run(friends), run(groups.make("strangers"))
    assert not friend.gets(server, SILENCE_S) and not stranger.gets(server, SILENCE_S)

    groups.change("authorize", web, friends=friends)
    wait_for(lambda: friend.gets(server), 5, "the members of a named group")
    assert not stranger.gets(server, SILENCE_S)

    groups.change("authorize", web, cidr=f"{stranger.address}/32")
    wait_for(lambda: stranger.gets(server), 5, "a named address")

    groups.change("revoke", web, friends=friends)
    wait_for(lambda: not friend.gets(server, SILENCE_S), 5, "the end of a revoked rule")
    assert stranger.gets(server)


def test_a_revoked_rule_silences_a_living_connection(run, groups):
    web, friends = groups.make("web"), groups.make("friends")
    groups.change("authorize", web, friends=friends, port=7)
    server, friend = run(web), run(friends)
    with friend.talk(server) as talk:
        talk.stdin.write("before\n")
        assert talk.stdout.readline() == "before\n"
        groups.change("revoke", web, friends=friends, port=7)
        # A connection made now says when the change has arrived: nothing else does.
        probe = ("nc", "-z", "-w", str(SILENCE_S), server.address, "7")
        wait_for(lambda: friend.inside("busybox", *probe).returncode != 0, 5, "the end of new connections")
        talk.stdin.write("meanwhile\n")
        with pytest.raises(subprocess.TimeoutExpired):
            talk.wait(SILENCE_S)
        groups.change("authorize", web, friends=friends, port=7)
        # Nothing was reset: what was said in between is sent again by the kernel, and answered.
        assert talk.stdout.readline() == "meanwhile\n"
        talk.stdin.close()


def test_groups_are_changed_on_a_running_task(wharf, run, groups):
    """ModifyNetworkInterfaceAttribute is for the owner of an interface; ECS owns a task's."""
    web = groups.make("web")
    groups.change("authorize", web, cidr="0.0.0.0/0")
    server = run(groups.make("closed"))
    (eni,) = wharf.client("ec2").describe_network_interfaces(
        Filters=[{"Name": "addresses.private-ip-address", "Values": [server.address]}]
    )["NetworkInterfaces"]
    done = wharf.aws(
        "ec2", "modify-network-interface-attribute", "--network-interface-id", eni["NetworkInterfaceId"], "--groups", web, check=False
    )  # fmt: skip
    assert done.returncode != 0 and "(AuthFailure)" in done.stderr, done.stderr


def test_a_task_with_net_admin_stays_what_it_is(run, groups):
    web, friends = groups.make("web"), groups.make("friends")
    groups.change("authorize", web, friends=friends)
    server, friend = run(web), run(friends)
    rogue = run(groups.make("rogue"), linuxParameters={"capabilities": {"add": ["NET_ADMIN"]}})
    # Its own rules are its own: those that hold are out of its reach.
    rogue.inside("nft", "flush", "ruleset", check=True)
    assert not rogue.gets(server, SILENCE_S)
    # With the address of a friend, also when that one is silent.
    rogue.inside("ip", "address", "add", f"{friend.address}/32", "dev", "eth0", check=True)
    borrowed = ("curl", "-sS", "--max-time", SILENCE_S, "--interface", friend.address, f"http://{server.address}/")
    assert rogue.inside(*borrowed).stdout == ""
    rogue.inside("ip", "link", "set", "eth0", "address", "02:00:00:00:00:99")
    assert rogue.inside(*borrowed).stdout == ""
    assert friend.gets(server), "its address was taken from it"
    assert not run(groups.make("open")).gets(rogue, SILENCE_S)


def test_two_vpcs_with_the_same_range(wharf, run):
    """Two tasks have the same address at the same time, each in a network of its own."""
    ec2, served = wharf.client("ec2"), []
    for _ in range(2):
        vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.40.1.0/28", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
        mine = Groups(wharf, vpc)
        group = mine.make("web")
        mine.change("authorize", group, cidr="10.40.0.0/16")
        # All addresses are taken but the one that is wanted; one is given back for who asks.
        taken = [ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress=f"10.40.1.{last}") for last in range(4, 15) if last != 9]
        server = run(group, subnet=subnet, ports=ECHO_PORTS, **sh(ECHO.replace("hello", f"hello from {vpc}")))
        assert server.address == "10.40.1.9"
        ec2.delete_network_interface(NetworkInterfaceId=taken[0]["NetworkInterface"]["NetworkInterfaceId"])
        served.append((vpc, server, run(group, subnet=subnet)))
    for vpc, server, client in served:
        seen = client.inside("curl", "-sS", "--max-time", ANSWER_S, f"http://{server.address}/", check=True).stdout
        assert seen.strip() == f"hello from {vpc}"
