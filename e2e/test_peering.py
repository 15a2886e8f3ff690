"""VPC peering: tasks of two VPCs reach each other exactly where both sides' routes and groups allow it."""

import pytest
from botocore.exceptions import ClientError

from harness.machines import SILENCE_S, Groups, Machines
from harness.waiting import wait_as_boto3, wait_for

DEADLINE_S = 15


@pytest.fixture
def run(wharf, busybox):
    with Machines(wharf, busybox) as machines:
        yield machines


class Elsewhere:
    """The installation as clients of another region see it."""

    def __init__(self, wharf, region):
        self.wharf, self.region = wharf, region

    def client(self, service):
        return self.wharf.client(service, region=self.region)


class Vpc:
    """A VPC with one subnet and a group that lets port 80 in."""

    def __init__(self, wharf, net, zone="us-east-1a"):
        self.ec2, self.cidr = wharf.client("ec2"), f"10.{net}.0.0/16"
        self.id = self.ec2.create_vpc(CidrBlock=self.cidr)["Vpc"]["VpcId"]
        made = self.ec2.create_subnet(VpcId=self.id, CidrBlock=f"10.{net}.0.0/24", AvailabilityZone=zone)
        self.subnet, self.groups = made["Subnet"]["SubnetId"], Groups(wharf, self.id)
        self.group = self.groups.make("peer")
        self.groups.change("authorize", self.group, cidr="0.0.0.0/0")

    def table(self):
        mine = [{"Name": "vpc-id", "Values": [self.id]}]
        return self.ec2.describe_route_tables(Filters=mine)["RouteTables"][0]

    def route(self, peer, connection):
        self.ec2.create_route(RouteTableId=self.table()["RouteTableId"], DestinationCidrBlock=peer.cidr, VpcPeeringConnectionId=connection)

    def route_state(self, connection):
        (route,) = [it for it in self.table()["Routes"] if it.get("VpcPeeringConnectionId") == connection]
        return route["State"]


def request(one, other, **more):
    made = one.ec2.create_vpc_peering_connection(VpcId=one.id, PeerVpcId=other.id, **more)
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


def status(ec2, connection):
    found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])
    return found["VpcPeeringConnections"][0]["Status"]["Code"]


def test_peers_reach_each_other_while_both_sides_allow_it(wharf, run):
    one, two = Vpc(wharf, 71), Vpc(wharf, 72)
    ec2 = one.ec2
    a, b = run(one.subnet, one.group), run(two.subnet, two.group)
    connection = request(
        one, two, TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "for", "Value": "test"}]}]
    )
    assert status(ec2, connection) == "pending-acceptance"
    one.route(two, connection)
    assert one.route_state(connection) == "blackhole"
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    wait_as_boto3(ec2, "vpc_peering_connection_exists", VpcPeeringConnectionIds=[connection])
    assert status(ec2, connection) == "active" and one.route_state(connection) == "active"
    assert not a.gets(b, SILENCE_S), "the other side has no route back"
    two.route(one, connection)
    wait_for(lambda: a.gets(b, SILENCE_S) and b.gets(a, SILENCE_S), DEADLINE_S, "both ways")

    # A rule that names the group of the peer, and nobody else.
    two.groups.change("revoke", two.group, cidr="0.0.0.0/0")
    wait_for(lambda: not a.gets(b, SILENCE_S), DEADLINE_S, "silence")
    two.groups.change("authorize", two.group, friends=one.group)
    wait_for(lambda: a.gets(b, SILENCE_S), DEADLINE_S, "an answer to a member of the group")
    other = run(one.subnet, one.groups.make("other"))
    assert not other.gets(b, SILENCE_S)
    shown = ec2.describe_security_groups(GroupIds=[two.group])["SecurityGroups"][0]["IpPermissions"][0]["UserIdGroupPairs"][0]
    assert shown["GroupId"] == one.group and shown["VpcPeeringConnectionId"] == connection

    # What is added on either side is reached at once.
    wait_for(lambda: run(one.subnet, one.group).gets(b, SILENCE_S), DEADLINE_S, "an answer to a newcomer")
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    wait_for(lambda: not a.gets(b, SILENCE_S), DEADLINE_S, "silence")
    assert status(ec2, connection) == "deleted" and one.route_state(connection) == "blackhole"
    found = ec2.describe_vpc_peering_connections(Filters=[{"Name": "tag:for", "Values": ["test"]}])
    assert [it["VpcPeeringConnectionId"] for it in found["VpcPeeringConnections"]] == [connection]


def test_what_cannot_be_peers(wharf):
    one, same, third = Vpc(wharf, 73), Vpc(wharf, 73), Vpc(wharf, 74)
    ec2 = one.ec2
    assert status(ec2, request(one, same)) == "failed"
    connection = request(one, third)
    ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=connection)
    for refused in (ec2.accept_vpc_peering_connection, ec2.delete_vpc_peering_connection):
        with pytest.raises(ClientError, match="InvalidStateTransition"):
            refused(VpcPeeringConnectionId=connection)
    with pytest.raises(ClientError, match="InvalidVpcPeeringConnectionID.NotFound"):
        ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=["pcx-00000000000000000"])


def test_vpcs_of_two_regions(wharf, run):
    here, there = Vpc(wharf, 75), Vpc(Elsewhere(wharf, "eu-west-1"), 76, "eu-west-1a")
    connection = request(here, there, PeerRegion="eu-west-1")
    with pytest.raises(ClientError, match="Incorrect region"):
        here.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    there.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert status(here.ec2, connection) == status(there.ec2, connection) == "active"
    found = here.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])["VpcPeeringConnections"][0]
    assert found["AccepterVpcInfo"]["Region"] == "eu-west-1" and found["AccepterVpcInfo"]["CidrBlock"] == there.cidr
