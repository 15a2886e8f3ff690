"""Parts of VPCs and launches that tools ask for beside the main ones: reservations, reverse names, interfaces of one's own."""

import pytest

from harness import images
from harness.installation import Installation
from harness.refusals import refused_code
from harness.waiting import wait_for
from test_ec2_instances import own_image_of, page, wait_state

pytestmark = pytest.mark.minutes(1)


@pytest.fixture(scope="module")
def ec2(wharf):
    return wharf.client("ec2")


@pytest.fixture
def vpc(ec2):
    made = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    yield made
    within = [{"Name": "vpc-id", "Values": [made]}]
    for interface in ec2.describe_network_interfaces(Filters=within)["NetworkInterfaces"]:
        ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    for subnet in ec2.describe_subnets(Filters=within)["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=made)


def test_reserved_addresses_are_given_by_name_alone(wharf, ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.40.0.0/28")["Subnet"]["SubnetId"]
    made = wharf.aws(
        "ec2", "create-subnet-cidr-reservation", "--subnet-id", subnet, "--cidr", "10.40.0.8/29", "--reservation-type", "explicit"
    )["SubnetCidrReservation"]
    (listed,) = ec2.get_subnet_cidr_reservations(SubnetId=subnet)["SubnetIpv4CidrReservations"]
    assert (listed["SubnetCidrReservationId"], listed["Cidr"]) == (made["SubnetCidrReservationId"], "10.40.0.8/29")
    given = [ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"] for _ in range(4)]
    assert sorted(given) == [f"10.40.0.{last}" for last in (4, 5, 6, 7)]
    assert refused_code(ec2.create_network_interface, SubnetId=subnet) == "InsufficientFreeAddressesInSubnet"
    named = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.40.0.9")["NetworkInterface"]
    assert named["PrivateIpAddress"] == "10.40.0.9"
    prefix = {"SubnetId": subnet, "Cidr": "10.40.0.4/30", "ReservationType": "prefix"}
    assert refused_code(ec2.create_subnet_cidr_reservation, **prefix) == "UnsupportedOperation"
    id = made["SubnetCidrReservationId"]
    ec2.create_tags(Resources=[id], Tags=[{"Key": "team", "Value": "one"}])
    (tag,) = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [id]}])["Tags"]
    assert (tag["ResourceType"], tag["Value"]) == ("subnet-cidr-reservation", "one")
    ec2.delete_subnet_cidr_reservation(SubnetCidrReservationId=id)
    assert refused_code(ec2.delete_subnet_cidr_reservation, SubnetCidrReservationId=id) == "InvalidSubnetCidrReservationID.NotFound"
    ec2.create_network_interface(SubnetId=subnet)


def test_what_tools_read_of_a_network(wharf, ec2, vpc):
    (group,) = wharf.aws("ec2", "get-security-groups-for-vpc", "--vpc-id", vpc)["SecurityGroupForVpcs"]
    assert (group["GroupName"], group["PrimaryVpcId"]) == ("default", vpc)
    assert ec2.describe_security_group_vpc_associations()["SecurityGroupVpcAssociations"] == []
    assert ec2.modify_vpc_tenancy(VpcId=vpc, InstanceTenancy="default")["ReturnValue"] is True
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    try:
        names = ec2.describe_addresses_attribute(AllocationIds=[address], Attribute="domain-name")["Addresses"]
        assert names == []
    finally:
        ec2.release_address(AllocationId=address)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.40.1.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    wharf.aws("ec2", "reset-network-interface-attribute", "--network-interface-id", interface, "--source-dest-check", "true")
    peer = ec2.create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    connection = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    options = {"VpcPeeringConnectionId": connection}
    try:
        off, on = ({"AllowDnsResolutionFromRemoteVpc": it} for it in (False, True))
        change = ec2.modify_vpc_peering_connection_options
        assert refused_code(change, **options, RequesterPeeringConnectionOptions=off) == "OperationNotPermitted"
        ec2.accept_vpc_peering_connection(**options)
        shown = change(**options, RequesterPeeringConnectionOptions=off)["RequesterPeeringConnectionOptions"]
        assert shown["AllowDnsResolutionFromRemoteVpc"] is False
        assert refused_code(change, **options, RequesterPeeringConnectionOptions=on) == "UnsupportedOperation"
    finally:
        ec2.delete_vpc_peering_connection(**options)
        ec2.delete_vpc(VpcId=peer)


PAGE = """#!/bin/sh
mkdir -p /srv/www && echo "page of $(hostname)" > /srv/www/index.html
printf '#!/bin/sh\\nhttpd -h /srv/www\\n' > /etc/rc.local && chmod +x /etc/rc.local
"""


def test_an_interface_of_ones_own_outlives_its_instances():
    with Installation(arguments=["--instances"]) as alone:
        fresh = alone.start()
        ec2, image = fresh.client("ec2"), images.push(fresh, "busybox")
        zone = [{"Name": "availability-zone", "Values": ["us-east-1a"]}]
        subnet = ec2.describe_subnets(Filters=zone)["Subnets"][0]["SubnetId"]
        made = ec2.create_network_interface(SubnetId=subnet, Description="fixed")["NetworkInterface"]
        interface, address = made["NetworkInterfaceId"], made["PrivateIpAddress"]
        asked = {
            "ImageId": own_image_of(fresh),
            "InstanceType": "t3.nano",
            "MinCount": 1,
            "MaxCount": 1,
            "UserData": PAGE,
            "EbsOptimized": True,
            "CreditSpecification": {"CpuCredits": "unlimited"},
            "NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": interface}],
        }
        for _ in range(2):
            (instance,) = ec2.run_instances(**asked)["Instances"]
            id = instance["InstanceId"]
            assert instance["PrivateIpAddress"] == address
            wait_state(ec2, id, "running")
            assert refused_code(ec2.run_instances, **asked) == "InvalidNetworkInterface.InUse"
            wait_for(lambda: "page of" in page(fresh, image, address), 60, "an answer of the instance")
            ec2.stop_instances(InstanceIds=[id], Force=True)
            wait_state(ec2, id, "stopped")
            ec2.terminate_instances(InstanceIds=[id])
            wait_state(ec2, id, "terminated")
            (shown,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
            assert (shown["Status"], shown["PrivateIpAddress"]) == ("available", address)
        ec2.delete_network_interface(NetworkInterfaceId=interface)
        fresh.client("ssm").put_parameter(Name="/images/web", Type="String", Value=own_image_of(fresh))
        by_name = {"ImageId": "resolve:ssm:/images/web", "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1}
        (instance,) = ec2.run_instances(**by_name)["Instances"]
        assert instance["ImageId"] == own_image_of(fresh)
        assert refused_code(ec2.run_instances, **by_name | {"ImageId": "resolve:ssm:/images/none"}) == "InvalidParameterValue"
        ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
        standard = asked | {"CreditSpecification": {"CpuCredits": "standard"}, "NetworkInterfaces": []}
        assert refused_code(ec2.run_instances, **standard) == "UnsupportedOperation"
