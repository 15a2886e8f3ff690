"""Network ACLs: packets are judged one by one, at the edges of subnets."""

import pytest

from harness.machines import SILENCE_S, Machines
from harness.waiting import wait_for
from harness.ways_out import Network, Outside


@pytest.fixture
def run(wharf, busybox):
    """Starts machines in a subnet and ends them with the test."""
    with Machines(wharf, busybox) as machines:
        yield machines


def add(ec2, acl, number, egress, action="allow", ports=None, cidr="0.0.0.0/0"):
    what = {"Protocol": "6", "PortRange": {"From": ports[0], "To": ports[1]}} if ports else {"Protocol": "-1"}
    ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=number, Egress=egress, RuleAction=action, CidrBlock=cidr, **what)


def associate(ec2, subnet, acl):
    (own,) = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    (association,) = [it for it in own["Associations"] if it["SubnetId"] == subnet]
    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)


def test_what_crosses_the_edge_of_a_subnet(wharf, run):
    ec2, network = wharf.client("ec2"), Network(wharf, "10.94.0.0/16")
    one, two = network.subnet("10.94.1.0/24"), network.subnet("10.94.2.0/24")
    group = network.open_group()
    server, beside, other = run(one, group), run(one, group), run(two, group)
    assert other.gets(server) and beside.gets(server)
    acl = ec2.create_network_acl(VpcId=network.vpc)["NetworkAcl"]["NetworkAclId"]
    associate(ec2, one, acl)
    wait_for(lambda: not other.gets(server, SILENCE_S), 10, "nothing passes")
    assert beside.gets(server), "within the subnet nothing is asked"

    # Nothing is remembered of a connection: its answers take an entry of their own.
    add(ec2, acl, 100, False, ports=(80, 80))
    assert not other.gets(server, SILENCE_S)
    add(ec2, acl, 100, True, ports=(1024, 65535))
    wait_for(lambda: other.gets(server, SILENCE_S), 10, "an answer by both entries")
    # The first entry that fits decides.
    add(ec2, acl, 50, False, "deny", ports=(80, 80), cidr=f"{other.address}/32")
    wait_for(lambda: not other.gets(server, SILENCE_S), 10, "the entry in front")
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=50, Egress=False)
    wait_for(lambda: other.gets(server, SILENCE_S), 10, "an answer without it")

    with Outside() as outside:
        assert outside.sees(server) is None, "nothing leaves but answers"
        add(ec2, acl, 110, True, ports=(1, 65535))
        add(ec2, acl, 110, False, ports=(1024, 65535))
        wait_for(lambda: outside.sees(server), 10, "the way out, there and back")

    # The VPC's own ACL may be changed as well.
    default = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "default", "Values": ["true"]}])
    (default,) = default["NetworkAcls"]
    associate(ec2, one, default["NetworkAclId"])
    ec2.delete_network_acl(NetworkAclId=acl)
    wait_for(lambda: other.gets(server, SILENCE_S), 10, "everything passes")
    add(ec2, default["NetworkAclId"], 1, False, "deny", ports=(80, 80))
    wait_for(lambda: not other.gets(server, SILENCE_S), 10, "an entry of the VPC's own")
    # What is there outlives the agent.
    wharf.kill_child("agent")
    assert not other.gets(server, SILENCE_S)
    ec2.delete_network_acl_entry(NetworkAclId=default["NetworkAclId"], RuleNumber=1, Egress=False)
    wait_for(lambda: other.gets(server, SILENCE_S), 60, "an answer after the agent's death")
