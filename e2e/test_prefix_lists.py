"""Prefix lists in rules and routes, and DHCP options: what names them goes by them as they are."""

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.machines import SILENCE_S, Groups, Machines
from harness.waiting import wait_for

DEADLINE_S = 15


@pytest.fixture
def run(wharf, busybox):
    with Machines(wharf, busybox) as machines:
        yield machines


@pytest.fixture
def ec2(wharf):
    return wharf.client("ec2")


def make_list(ec2, *cidrs, size=10):
    made = ec2.create_managed_prefix_list(
        PrefixListName=tasks.unique("list"), Entries=[{"Cidr": cidr} for cidr in cidrs], MaxEntries=size, AddressFamily="IPv4"
    )
    return made["PrefixList"]["PrefixListId"]


def test_a_rule_lets_in_who_is_listed(wharf, run, ec2):
    vpc = ec2.create_vpc(CidrBlock="10.81.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.81.0.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    group = Groups(wharf, vpc).make("listed")
    listed = make_list(ec2, "192.0.2.0/24")
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "PrefixListIds": [{"PrefixListId": listed}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    client, server = run(subnet, group), run(subnet, group)
    assert not client.gets(server, SILENCE_S)
    ec2.modify_managed_prefix_list(PrefixListId=listed, CurrentVersion=1, AddEntries=[{"Cidr": f"{client.address}/32"}])
    wait_for(lambda: client.gets(server, SILENCE_S), DEADLINE_S, "an answer to who is listed")
    users = ec2.get_managed_prefix_list_associations(PrefixListId=listed)["PrefixListAssociations"]
    assert [user["ResourceId"] for user in users] == [group]
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_managed_prefix_list(PrefixListId=listed)
    ec2.modify_managed_prefix_list(PrefixListId=listed, CurrentVersion=2, RemoveEntries=[{"Cidr": f"{client.address}/32"}])
    wait_for(lambda: not client.gets(server, SILENCE_S), DEADLINE_S, "silence")


def test_a_list_counts_for_all_that_it_may_hold(ec2):
    group = ec2.create_security_group(GroupName=tasks.unique("full"), Description="full")["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "PrefixListIds": [{"PrefixListId": make_list(ec2, size=61)}]}
    with pytest.raises(ClientError, match="RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def test_tasks_ask_whom_the_dhcp_options_name(wharf, run, ec2):
    vpc = ec2.create_vpc(CidrBlock="10.82.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.82.0.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    group = Groups(wharf, vpc).make("dhcp")

    def resolv_conf():
        machine = run(subnet, group)
        with open(f"/proc/{machine.pid}/root/etc/resolv.conf") as file:
            return file.read().splitlines()

    before = resolv_conf()
    assert "nameserver 169.254.169.253" in before
    given = [{"Key": "domain-name", "Values": ["corp.example"]}, {"Key": "domain-name-servers", "Values": ["10.82.0.53", "10.82.0.54"]}]
    options = ec2.create_dhcp_options(DhcpConfigurations=given)["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    assert resolv_conf() == ["nameserver 10.82.0.53", "nameserver 10.82.0.54", "search corp.example"]
    with pytest.raises(ClientError, match="ntp-servers is not supported"):
        ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "ntp-servers", "Values": ["10.82.0.1"]}])
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=options)
    assert resolv_conf() == before
