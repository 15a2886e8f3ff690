"""The network API through the AWS CLI and boto3: VPCs, security groups, routes, tags, filters and their errors."""

import json

import pytest

from harness import tasks
from harness.refusals import refused
from harness.tasks import document
from test_ec2_instances import own_image_of

pytestmark = pytest.mark.minutes(1)

ARN = "arn:aws:ec2:us-east-1:000000000000:"


@pytest.fixture(scope="module")
def ec2(wharf):
    return wharf.client("ec2")


@pytest.fixture
def vpc(ec2):
    """A VPC of a test's own, with all that the test leaves in it."""
    made = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    yield made
    within = [{"Name": "vpc-id", "Values": [made]}]
    for interface in ec2.describe_network_interfaces(Filters=within)["NetworkInterfaces"]:
        ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    for group in ec2.describe_security_groups(Filters=within)["SecurityGroups"]:
        rules = {"GroupId": group["GroupId"]}
        if group["IpPermissions"]:
            ec2.revoke_security_group_ingress(**rules, IpPermissions=group["IpPermissions"])
    for group in ec2.describe_security_groups(Filters=within)["SecurityGroups"]:
        if group["GroupName"] != "default":
            ec2.delete_security_group(GroupId=group["GroupId"])
    for subnet in ec2.describe_subnets(Filters=within)["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for table in ec2.describe_route_tables(Filters=within)["RouteTables"]:
        if not any(association["Main"] for association in table["Associations"]):
            ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    for gateway in ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [made]}])["InternetGateways"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=made)
        ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
    ec2.delete_vpc(VpcId=made)


def cli_refused(wharf, *arguments):
    done = wharf.aws("ec2", *arguments, check=False)
    assert done.returncode != 0
    return done.stderr.strip()


def test_default_vpc_has_all_that_aws_gives_it(ec2):
    (default,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    within = [{"Name": "vpc-id", "Values": [default["VpcId"]]}]
    assert len(ec2.describe_subnets(Filters=within)["Subnets"]) >= 3
    (table,) = ec2.describe_route_tables(Filters=[*within, {"Name": "association.main", "Values": ["true"]}])["RouteTables"]
    routes = {route["DestinationCidrBlock"]: route["GatewayId"] for route in table["Routes"]}
    (gateway,) = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [default["VpcId"]]}])["InternetGateways"]
    assert routes == {"172.31.0.0/16": "local", "0.0.0.0/0": gateway["InternetGatewayId"]}
    (acl,) = ec2.describe_network_acls(Filters=within)["NetworkAcls"]
    assert acl["IsDefault"] and [entry["RuleNumber"] for entry in acl["Entries"]] == [100, 32767, 100, 32767]
    (options,) = ec2.describe_dhcp_options(DhcpOptionsIds=[default["DhcpOptionsId"]])["DhcpOptions"]
    assert {one["Key"]: one["Values"][0]["Value"] for one in options["DhcpConfigurations"]}["domain-name"] == "ec2.internal"
    (group,) = ec2.describe_security_groups(Filters=[*within, {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    attributes = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    assert attributes[0]["AttributeValues"] == [{"AttributeValue": default["VpcId"]}]


def test_group_rules_as_the_cli_sends_them(wharf, ec2, vpc):
    def make(name):
        return wharf.aws("ec2", "create-security-group", "--group-name", name, "--description", "a test", "--vpc-id", vpc)["GroupId"]

    web, app = make("web"), make("app")
    authorize = ["authorize-security-group-ingress", "--group-id", web]
    made = wharf.aws("ec2", *authorize, "--protocol", "tcp", "--port", "80", "--cidr", "0.0.0.0/0")
    assert made["Return"] is True and made["SecurityGroupRules"][0]["FromPort"] == 80
    wharf.aws("ec2", *authorize, "--protocol", "tcp", "--port", "8000-8100", "--source-group", app)
    wharf.aws("ec2", *authorize, "--protocol", "icmp", "--port", "-1", "--cidr", "10.0.0.0/8")
    wharf.aws("ec2", *authorize, "--protocol", "all", "--cidr", "192.168.0.0/16")
    (group,) = wharf.aws("ec2", "describe-security-groups", "--group-ids", web)["SecurityGroups"]
    shown = [(one["IpProtocol"], one.get("FromPort"), one.get("ToPort")) for one in group["IpPermissions"]]
    assert shown == [("tcp", 80, 80), ("tcp", 8000, 8100), ("icmp", -1, -1), ("-1", None, None)]

    assert cli_refused(wharf, *authorize, "--protocol", "tcp", "--port", "80", "--cidr", "0.0.0.0/0").endswith(
        "An error occurred (InvalidPermission.Duplicate) when calling the AuthorizeSecurityGroupIngress operation: "
        'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists'
    )
    assert refused(ec2.delete_security_group, GroupId=app) == ("DependencyViolation", f"resource {app} has a dependent object")
    revoke = ["revoke-security-group-ingress", "--group-id", web, "--protocol", "tcp", "--port", "8000-8100", "--source-group", app]
    assert wharf.aws("ec2", *revoke)["Return"] is True
    assert "InvalidPermission.NotFound" in cli_refused(wharf, *revoke)
    rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    changed = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0", "Description": "https"}
    update = json.dumps([{"SecurityGroupRuleId": rule, "SecurityGroupRule": changed}])
    wharf.aws("ec2", "modify-security-group-rules", "--group-id", web, "--security-group-rules", update)
    (shown,) = wharf.aws("ec2", "describe-security-group-rules", "--security-group-rule-ids", rule)["SecurityGroupRules"]
    assert (shown["FromPort"], shown["Description"], shown["IsEgress"]) == (443, "https", False)
    wharf.aws("ec2", "wait", "security-group-exists", "--group-ids", web)


def test_flat_parameters_of_older_programs(ec2, vpc):
    group = ec2.create_security_group(GroupName="old", Description="a test", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/8")
    flat = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}
    assert refused(ec2.authorize_security_group_ingress, **flat)[0] == "InvalidPermission.Duplicate"
    ec2.revoke_security_group_ingress(**flat)
    assert refused(
        ec2.authorize_security_group_ingress,
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "PrefixListIds": [{"PrefixListId": "pl-1"}]}],
    ) == ("InvalidPrefixListID.NotFound", "The prefix list ID 'pl-1' does not exist")


def test_vpc_with_a_way_out_from_the_cli(wharf):
    name = tasks.unique("net")
    tags = f"ResourceType=vpc,Tags=[{{Key=Name,Value={name}}}]"
    vpc = wharf.aws("ec2", "create-vpc", "--cidr-block", "10.30.0.9/16", "--tag-specifications", tags)["Vpc"]
    assert vpc["CidrBlock"] == "10.30.0.0/16" and vpc["Tags"] == [{"Key": "Name", "Value": name}]
    id = vpc["VpcId"]
    wharf.aws("ec2", "wait", "vpc-available", "--vpc-ids", id)
    wharf.aws("ec2", "modify-vpc-attribute", "--vpc-id", id, "--enable-dns-hostnames")
    shown = wharf.aws("ec2", "describe-vpc-attribute", "--vpc-id", id, "--attribute", "enableDnsHostnames")
    assert shown["EnableDnsHostnames"] == {"Value": True}
    subnet = wharf.aws("ec2", "create-subnet", "--vpc-id", id, "--cidr-block", "10.30.1.0/24", "--availability-zone", "us-east-1b")[
        "Subnet"
    ]["SubnetId"]
    wharf.aws("ec2", "wait", "subnet-available", "--subnet-ids", subnet)
    wharf.aws("ec2", "modify-subnet-attribute", "--subnet-id", subnet, "--map-public-ip-on-launch")
    gateway = wharf.aws("ec2", "create-internet-gateway")["InternetGateway"]["InternetGatewayId"]
    wharf.aws("ec2", "attach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", id)
    table = wharf.aws("ec2", "create-route-table", "--vpc-id", id)["RouteTable"]["RouteTableId"]
    wharf.aws("ec2", "create-route", "--route-table-id", table, "--destination-cidr-block", "0.0.0.0/0", "--gateway-id", gateway)
    association = wharf.aws("ec2", "associate-route-table", "--route-table-id", table, "--subnet-id", subnet)["AssociationId"]
    eni = wharf.aws("ec2", "create-network-interface", "--subnet-id", subnet, "--description", "a test")["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    wharf.aws("ec2", "wait", "network-interface-available", "--network-interface-ids", eni)

    found = wharf.aws("ec2", "describe-vpcs", "--filters", f"Name=tag:Name,Values={name[:-1]}?")["Vpcs"]
    assert [one["VpcId"] for one in found] == [id]
    assert "has dependencies and cannot be deleted" in cli_refused(wharf, "delete-subnet", "--subnet-id", subnet)
    assert "has dependencies and cannot be deleted" in cli_refused(wharf, "delete-vpc", "--vpc-id", id)
    for step in [
        ["delete-network-interface", "--network-interface-id", eni],
        ["disassociate-route-table", "--association-id", association],
        ["delete-route", "--route-table-id", table, "--destination-cidr-block", "0.0.0.0/0"],
        ["delete-route-table", "--route-table-id", table],
        ["detach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", id],
        ["delete-internet-gateway", "--internet-gateway-id", gateway],
        ["delete-subnet", "--subnet-id", subnet],
        ["delete-vpc", "--vpc-id", id],
    ]:
        wharf.aws("ec2", *step)
    assert f"(InvalidVpcID.NotFound) when calling the DeleteVpc operation: The vpc ID '{id}' does not exist" in cli_refused(
        wharf, "delete-vpc", "--vpc-id", id
    )


def test_ranges_that_cannot_be(ec2, vpc):
    assert refused(ec2.create_vpc, CidrBlock="10.0.0.0/8") == ("InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid.")
    assert refused(ec2.create_vpc, CidrBlock="ten") == (
        "InvalidParameterValue",
        "Value (ten) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
    )
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.0.0/24")
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.0.128/25") == (
        "InvalidSubnet.Conflict",
        "The CIDR '10.20.0.128/25' conflicts with another subnet",
    )
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.21.0.0/24") == ("InvalidSubnet.Range", "The CIDR '10.21.0.0/24' is invalid.")
    twin = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.delete_vpc(VpcId=twin)


def test_filters_pages_and_tags(ec2, vpc):
    groups = [ec2.create_security_group(GroupName=f"g{n}", Description="a test", VpcId=vpc)["GroupId"] for n in range(6)]
    within = {"Name": "vpc-id", "Values": [vpc]}
    ec2.create_tags(Resources=groups[:2], Tags=[{"Key": "stage", "Value": "test"}])

    def found(*filters):
        shown = ec2.describe_security_groups(Filters=[within, *filters])["SecurityGroups"]
        return sorted(group["GroupName"] for group in shown)

    assert found({"Name": "group-name", "Values": ["g0", "g?"]}) == [f"g{n}" for n in range(6)]
    assert found({"Name": "tag:stage", "Values": ["t*"]}) == ["g0", "g1"]
    assert found({"Name": "tag-key", "Values": ["stage"]}, {"Name": "group-name", "Values": ["g1", "g2"]}) == ["g1"]
    assert refused(ec2.describe_security_groups, Filters=[{"Name": "colour", "Values": ["red"]}]) == (
        "InvalidParameterValue",
        "The filter 'colour' is invalid",
    )
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=[within], PaginationConfig={"PageSize": 5})
    sizes = [len(page["SecurityGroups"]) for page in pages]
    assert sizes == [5, 2]
    tags = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": groups}])["Tags"]
    assert [(tag["ResourceType"], tag["Key"], tag["Value"]) for tag in tags] == [("security-group", "stage", "test")] * 2
    ec2.delete_tags(Resources=groups[:1], Tags=[{"Key": "stage"}])
    assert found({"Name": "tag:stage", "Values": ["test"]}) == ["g1"]


def test_dry_run_says_what_would_have_been(wharf, ec2):
    answer = refused(ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    assert answer == ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    _, keys = tasks.user(wharf, document("ecs:*"))
    code, _ = refused(wharf.client("ec2", keys).create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    assert code == "UnauthorizedOperation"


def test_policies_go_by_resource_and_tag(wharf, ec2, vpc):
    mine = ec2.create_security_group(
        GroupName="mine",
        Description="a test",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "a"}]}],
    )["GroupId"]
    other = ec2.create_security_group(GroupName="other", Description="a test", VpcId=vpc)["GroupId"]
    policy = json.loads(document("ec2:AuthorizeSecurityGroupIngress", f"{ARN}security-group/*"))
    policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:ResourceTag/team": "a", "ec2:Vpc": f"{ARN}vpc/{vpc}"}}
    _, keys = tasks.user(wharf, json.dumps(policy))
    theirs = wharf.client("ec2", keys)
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
    theirs.authorize_security_group_ingress(GroupId=mine, **rule)
    assert refused(theirs.authorize_security_group_ingress, GroupId=other, **rule)[0] == "UnauthorizedOperation"


def test_policies_go_by_what_a_resource_is(wharf, ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, VolumeType="gp3")["VolumeId"]
    statements = [
        ("ec2:DeleteVolume", {"ec2:VolumeType": "gp3", "ec2:VolumeSize": "1"}),
        ("ec2:DeleteSubnet", {"ec2:SubnetID": subnet, "ec2:AvailabilityZone": "us-east-1b"}),
        ("ec2:CreateSecurityGroup", {"ec2:VpcID": vpc}),
        ("ec2:CreateKeyPair", {"ec2:KeyPairType": "ed25519"}),
    ]
    allowed = {"Version": "2012-10-17", "Statement": []}
    for action, condition in statements:
        allowed["Statement"].append({"Effect": "Allow", "Action": action, "Resource": "*", "Condition": {"StringEquals": condition}})
    _, keys = tasks.user(wharf, json.dumps(allowed))
    theirs = wharf.client("ec2", keys)
    try:
        for may, call, asked in (
            (True, theirs.delete_volume, {"VolumeId": volume}),
            # Of another zone than the policy says.
            (False, theirs.delete_subnet, {"SubnetId": subnet}),
            # The VPC is the one, the group that is made has no VpcID.
            (False, theirs.create_security_group, {"GroupName": "x", "Description": "x", "VpcId": vpc}),
            (True, theirs.create_key_pair, {"KeyName": "x", "KeyType": "ed25519"}),
            (False, theirs.create_key_pair, {"KeyName": "x", "KeyType": "rsa"}),
        ):
            assert refused(call, DryRun=True, **asked)[0] == ("DryRunOperation" if may else "UnauthorizedOperation"), asked
    finally:
        ec2.delete_volume(VolumeId=volume)


def test_a_launch_is_authorised_for_the_subnet_and_group_that_it_gets(wharf, ec2):
    near = {"Name": "availability-zone", "Values": ["us-east-1a"]}
    (subnet,) = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}, near])["Subnets"]
    within = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = ec2.describe_security_groups(Filters=within)["SecurityGroups"]
    launch = {"ImageId": own_image_of(wharf), "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1, "DryRun": True}
    launch["Placement"] = {"AvailabilityZone": "us-east-1a"}
    allow = {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}
    for denied, may in (
        (f"subnet/{subnet['SubnetId']}", False),
        (f"security-group/{group['GroupId']}", False),
        ("subnet/subnet-0123456789abcdef0", True),
    ):
        deny = {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": ARN + denied}
        _, keys = tasks.user(wharf, json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}))
        code, _ = refused(wharf.client("ec2", keys).run_instances, **launch)
        assert code == ("DryRunOperation" if may else "UnauthorizedOperation"), denied
    _, keys = tasks.user(wharf, document("ecs:*"))
    nobody = wharf.client("ec2", keys)
    for absent in (
        {"ImageId": "ami-0123456789abcdef0"},
        {"SubnetId": "subnet-0123456789abcdef0"},
        {"LaunchTemplate": {"LaunchTemplateName": tasks.unique("none")}},
    ):
        code, message = refused(nobody.run_instances, **{**launch, **absent})
        assert code == "UnauthorizedOperation" and f"{ARN}instance/*" in message, absent


def test_interfaces_have_groups_of_their_vpc(ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.0.0/24")["Subnet"]["SubnetId"]
    groups = [ec2.create_security_group(GroupName=f"g{n}", Description="a test", VpcId=vpc)["GroupId"] for n in range(6)]
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=groups[:1])["NetworkInterface"]
    assert eni["Status"] == "available" and eni["Groups"] == [{"GroupId": groups[0], "GroupName": "g0"}]
    id = eni["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=id, Groups=groups[1:3])
    (shown,) = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": groups[1:2]}])["NetworkInterfaces"]
    assert [group["GroupName"] for group in shown["Groups"]] == ["g1", "g2"]
    assert refused(ec2.modify_network_interface_attribute, NetworkInterfaceId=id, Groups=groups) == (
        "SecurityGroupsPerInterfaceLimitExceeded",
        "The maximum number of security groups per interface has been reached.",
    )
    (default,) = ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["default"]}, {"Name": "vpc-id", "Values": ["vpc-*"]}]
    )["SecurityGroups"][:1]
    foreign = default["GroupId"] if default["VpcId"] != vpc else None
    if foreign:
        assert refused(ec2.modify_network_interface_attribute, NetworkInterfaceId=id, Groups=[foreign])[0] == "InvalidParameterValue"
    assert refused(ec2.attach_network_interface, NetworkInterfaceId=id, InstanceId="i-0123456789abcdef0", DeviceIndex=1) == (
        "InvalidInstanceID.NotFound",
        "The instance ID 'i-0123456789abcdef0' does not exist",
    )


def test_interface_of_a_task_belongs_to_its_service(wharf, ec2, busybox):
    task = tasks.run(wharf, busybox, network="awsvpc", run_options=tasks.in_vpc(wharf), **tasks.sh("trap 'exit 0' TERM; sleep 1000 & wait"))
    task.wait("RUNNING")
    details = {one["name"]: one["value"] for one in task.describe()["attachments"][0]["details"]}
    id = details["networkInterfaceId"]
    (eni,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[id])["NetworkInterfaces"]
    assert eni["RequesterManaged"] is True
    assert refused(ec2.delete_network_interface, NetworkInterfaceId=id)[0] == "OperationNotPermitted"
    assert refused(ec2.modify_network_interface_attribute, NetworkInterfaceId=id, Groups=["sg-0"])[0] == "AuthFailure"
    task.stop()


def test_all_is_still_there_after_a_restart(fresh):
    ec2 = fresh.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="kept", Description="a test", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0")

    def state():
        ec2 = fresh.client("ec2")
        parts = ec2.describe_vpcs()["Vpcs"], ec2.describe_subnets()["Subnets"], ec2.describe_security_groups()["SecurityGroups"]
        return parts + (ec2.describe_route_tables()["RouteTables"], ec2.describe_internet_gateways()["InternetGateways"])

    before = state()
    fresh.kill_child("server")
    fresh.wait_ready()
    assert state() == before
