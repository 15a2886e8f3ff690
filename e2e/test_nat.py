"""NAT gateways: private subnets reach out with a gateway's address, and nobody gets in by it."""

import pytest

from harness.machines import Machines
from harness.waiting import wait_as_boto3, wait_for
from harness.ways_out import Network, Outside, asks


@pytest.fixture
def run(wharf, busybox):
    """Starts machines in a subnet and ends them with the test."""
    with Machines(wharf, busybox) as machines:
        yield machines


def state(ec2, gateway):
    (shown,) = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    return shown["State"]


def route_to(ec2, table, gateway):
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return next(route["State"] for route in shown["Routes"] if route.get("NatGatewayId") == gateway)


def test_a_private_subnet_reaches_out_by_a_nat_gateway(wharf, run):
    ec2, network = wharf.client("ec2"), Network(wharf, "10.93.0.0/16")
    front, back = network.subnet("10.93.1.0/24"), network.subnet("10.93.2.0/24")
    table, group = network.table_of(back), network.open_group()
    machine = run(back, group)
    elastic = ec2.allocate_address()
    address = elastic["PublicIp"]
    with Outside() as outside:
        assert outside.sees(machine) is None, "a private subnet"
        gateway = ec2.create_nat_gateway(SubnetId=front, AllocationId=elastic["AllocationId"])["NatGateway"]["NatGatewayId"]
        wait_as_boto3(ec2, "nat_gateway_available", NatGatewayIds=[gateway])
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
        assert route_to(ec2, table, gateway) == "active"
        wait_for(lambda: outside.sees(machine) == address, 10, "the gateway's address outside")
        assert asks(address) is None, "nobody gets in by it"
        (interface,) = ec2.describe_network_interfaces(Filters=[{"Name": "association.public-ip", "Values": [address]}])[
            "NetworkInterfaces"
        ]
        assert interface["InterfaceType"] == "nat_gateway"

        # The gateway leads where its own subnet leads.
        ec2.delete_route(RouteTableId=network.main_table, DestinationCidrBlock="0.0.0.0/0")
        wait_for(lambda: outside.sees(machine) is None, 10, "the end of it without the gateway's own way out")
        ec2.create_route(RouteTableId=network.main_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=network.gateway)
        wait_for(lambda: outside.sees(machine) == address, 10, "the way out again")

        # What is there outlives the agent.
        wharf.kill_child("agent")
        assert outside.sees(machine) == address
        ec2.delete_nat_gateway(NatGatewayId=gateway)
        wait_as_boto3(ec2, "nat_gateway_deleted", NatGatewayIds=[gateway])
        assert state(ec2, gateway) == "deleted"
        assert route_to(ec2, table, gateway) == "blackhole"
        wait_for(lambda: outside.sees(machine) is None, 60, "the end of it without the gateway")
    ec2.release_address(AllocationId=elastic["AllocationId"])
