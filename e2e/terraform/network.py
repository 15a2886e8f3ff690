"""VPCs and what lies in them."""

from .form import Resource, filters, gone, step, tags

NAME = {"Name": "terraform"}

VPC = Resource(
    "aws_vpc",
    create=(
        step(
            "ec2.create_vpc", CidrBlock="10.80.0.0/16", AmazonProvidedIpv6CidrBlock=False, InstanceTenancy="default",
            TagSpecifications=tags("vpc", **NAME), keep={"vpc": "Vpc.VpcId"},
        ),
        step("ec2.describe_vpcs", VpcIds=["$vpc"], forgiven=["InvalidVpcID.NotFound"], until=lambda it: it["Vpcs"][0]["State"] == "available"),
        step("ec2.modify_vpc_attribute", VpcId="$vpc", EnableDnsHostnames={"Value": True}),
        step("ec2.describe_vpc_attribute", VpcId="$vpc", Attribute="enableDnsHostnames", until=lambda it: it["EnableDnsHostnames"]["Value"]),
    ),
    read=(
        step("ec2.describe_vpcs", VpcIds=["$vpc"], shows={"Vpcs.0.CidrBlock": "10.80.0.0/16", "Vpcs.0.InstanceTenancy": "default", "Vpcs.0.Tags[Key=Name].Value": "terraform"}),
        step("ec2.describe_vpc_attribute", VpcId="$vpc", Attribute="enableDnsHostnames", shows={"EnableDnsHostnames.Value": True}),
        step("ec2.describe_vpc_attribute", VpcId="$vpc", Attribute="enableDnsSupport", shows={"EnableDnsSupport.Value": True}),
        step("ec2.describe_vpc_attribute", VpcId="$vpc", Attribute="enableNetworkAddressUsageMetrics", shows={"EnableNetworkAddressUsageMetrics.Value": False}),
        step("ec2.describe_network_acls", Filters=filters(default="true", vpc_id="$vpc"), shows={"NetworkAcls.0.IsDefault": True}),
        step("ec2.describe_route_tables", Filters=filters(association__main="true", vpc_id="$vpc"), shows={"RouteTables.0.VpcId": "$vpc"}),
        step("ec2.describe_security_groups", Filters=filters(group_name="default", vpc_id="$vpc"), shows={"SecurityGroups.0.GroupName": "default"}),
    ),
    update=(
        step("ec2.modify_vpc_attribute", VpcId="$vpc", EnableNetworkAddressUsageMetrics={"Value": True}),
        step("ec2.describe_vpc_attribute", VpcId="$vpc", Attribute="enableNetworkAddressUsageMetrics", until=lambda it: it["EnableNetworkAddressUsageMetrics"]["Value"]),
        step("ec2.delete_tags", Resources=["$vpc"], Tags=[{"Key": "Name", "Value": "terraform"}]),
        step("ec2.create_tags", Resources=["$vpc"], Tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={0: {"Vpcs.0.Tags[Key=Name].Value": "changed"}, 3: {"EnableNetworkAddressUsageMetrics.Value": True}},
    delete=(
        step("ec2.delete_vpc", VpcId="$vpc", forgiven=["InvalidVpcID.NotFound"]),
        step("ec2.describe_vpcs", VpcIds=["$vpc"], forgiven=["InvalidVpcID.NotFound"], until=gone),
    ),
)  # fmt: skip


def subnet(name, zone, cidr):
    """Of an address range of the VPC, with public addresses from the update on."""
    at = f"${name}"
    return Resource(
        f"aws_subnet.{name}",
        create=(
            step(
                "ec2.create_subnet", VpcId="$vpc", AvailabilityZone=zone, CidrBlock=cidr, TagSpecifications=tags("subnet", **NAME),
                keep={name: "Subnet.SubnetId"},
            ),
            step("ec2.describe_subnets", SubnetIds=[at], forgiven=["InvalidSubnetID.NotFound"], until=lambda it: it["Subnets"][0]["State"] == "available"),
        ),
        read=(
            step(
                "ec2.describe_subnets", SubnetIds=[at],
                shows={
                    "Subnets.0.CidrBlock": cidr, "Subnets.0.AvailabilityZone": zone, "Subnets.0.MapPublicIpOnLaunch": False,
                    "Subnets.0.AssignIpv6AddressOnCreation": False, "Subnets.0.EnableDns64": False, "Subnets.0.Ipv6Native": False,
                    "Subnets.0.PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord": False,
                    "Subnets.0.PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord": False,
                },
            ),
        ),
        update=(
            step("ec2.modify_subnet_attribute", SubnetId=at, MapPublicIpOnLaunch={"Value": True}),
            step("ec2.describe_subnets", SubnetIds=[at], until=lambda it: it["Subnets"][0]["MapPublicIpOnLaunch"]),
        ),
        updated={0: {"Subnets.0.MapPublicIpOnLaunch": True}},
        delete=(
            step("ec2.describe_network_interfaces", Filters=filters(subnet_id=at, description="AWS Lambda VPC ENI*")),
            step("ec2.describe_network_interfaces", Filters=filters(subnet_id=at)),
            step("ec2.delete_subnet", SubnetId=at, forgiven=["InvalidSubnetID.NotFound"]),
            step("ec2.describe_subnets", SubnetIds=[at], forgiven=["InvalidSubnetID.NotFound"], until=gone),
        ),
    )  # fmt: skip


GATEWAY = Resource(
    "aws_internet_gateway",
    create=(
        step("ec2.create_internet_gateway", TagSpecifications=tags("internet-gateway", **NAME), keep={"gateway": "InternetGateway.InternetGatewayId"}),
        step("ec2.attach_internet_gateway", InternetGatewayId="$gateway", VpcId="$vpc"),
        step(
            "ec2.describe_internet_gateways", InternetGatewayIds=["$gateway"],
            until=lambda it: it["InternetGateways"][0]["Attachments"][0]["State"] == "available",
        ),
    ),
    read=(step("ec2.describe_internet_gateways", InternetGatewayIds=["$gateway"], shows={"InternetGateways.0.Attachments.0.VpcId": "$vpc"}),),
    delete=(
        step("ec2.detach_internet_gateway", InternetGatewayId="$gateway", VpcId="$vpc", forgiven=["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"]),
        step("ec2.delete_internet_gateway", InternetGatewayId="$gateway", forgiven=["InvalidInternetGatewayID.NotFound"]),
        step("ec2.describe_internet_gateways", InternetGatewayIds=["$gateway"], forgiven=["InvalidInternetGatewayID.NotFound"], until=gone),
    ),
)  # fmt: skip

ROUTE_TABLE = Resource(
    "aws_route_table",
    create=(
        step("ec2.create_route_table", VpcId="$vpc", TagSpecifications=tags("route-table", **NAME), keep={"table": "RouteTable.RouteTableId"}),
        step("ec2.describe_route_tables", RouteTableIds=["$table"], forgiven=["InvalidRouteTableID.NotFound"], until=lambda it: it["RouteTables"]),
        step("ec2.create_route", RouteTableId="$table", DestinationCidrBlock="0.0.0.0/0", GatewayId="$gateway"),
        step(
            "ec2.describe_route_tables", RouteTableIds=["$table"],
            until=lambda it: any(one.get("DestinationCidrBlock") == "0.0.0.0/0" and one["State"] == "active" for one in it["RouteTables"][0]["Routes"]),
        ),
    ),
    read=(
        step(
            "ec2.describe_route_tables", RouteTableIds=["$table"],
            shows={"RouteTables.0.Routes[DestinationCidrBlock=0.0.0.0/0].GatewayId": "$gateway", "RouteTables.0.PropagatingVgws": []},
        ),
    ),
    update=(
        step("ec2.create_route", RouteTableId="$table", DestinationCidrBlock="192.0.2.0/24", GatewayId="$gateway"),
        step("ec2.replace_route", RouteTableId="$table", DestinationCidrBlock="192.0.2.0/24", GatewayId="$gateway"),
        step("ec2.delete_route", RouteTableId="$table", DestinationCidrBlock="192.0.2.0/24", forgiven=["InvalidRoute.NotFound"]),
    ),
    delete=(
        step("ec2.describe_route_tables", RouteTableIds=["$table"]),
        step("ec2.delete_route_table", RouteTableId="$table", forgiven=["InvalidRouteTableID.NotFound"]),
        step("ec2.describe_route_tables", RouteTableIds=["$table"], forgiven=["InvalidRouteTableID.NotFound"], until=gone),
    ),
)  # fmt: skip

ASSOCIATION = Resource(
    "aws_route_table_association",
    create=(
        step("ec2.associate_route_table", RouteTableId="$table", SubnetId="$subnet_a", keep={"association": "AssociationId"}),
        step(
            "ec2.describe_route_tables", Filters=filters(association__route_table_association_id="$association"),
            until=lambda it: it["RouteTables"][0]["Associations"][0]["AssociationState"]["State"] == "associated",
        ),
    ),
    read=(
        step(
            "ec2.describe_route_tables", Filters=filters(association__route_table_association_id="$association"),
            shows={"RouteTables.0.Associations.0.SubnetId": "$subnet_a", "RouteTables.0.RouteTableId": "$table"},
        ),
    ),
    delete=(
        step("ec2.disassociate_route_table", AssociationId="$association", forgiven=["InvalidAssociationID.NotFound"]),
        step("ec2.describe_route_tables", Filters=filters(association__route_table_association_id="$association"), until=gone),
    ),
)  # fmt: skip

# The rule every new group has; the provider takes it away, and tries the one of IPv6 as well.
BORN_WITH = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}
WEB = {
    "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "the web"}],
    "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "the web"}],
}  # fmt: skip
EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}

GROUP = Resource(
    "aws_security_group",
    create=(
        step(
            "ec2.create_security_group", GroupName="terraform", Description="Managed by Terraform", VpcId="$vpc",
            TagSpecifications=tags("security-group", **NAME), keep={"group": "GroupId"},
        ),
        step("ec2.describe_security_groups", GroupIds=["$group"], forgiven=["InvalidGroup.NotFound"], until=lambda it: it["SecurityGroups"]),
        step("ec2.revoke_security_group_egress", GroupId="$group", IpPermissions=[{**BORN_WITH, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]),
        step(
            "ec2.revoke_security_group_egress", GroupId="$group", IpPermissions=[{**BORN_WITH, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
            forgiven=["InvalidPermission.NotFound"],
        ),
        step("ec2.describe_security_groups", GroupIds=["$group"], shows={"SecurityGroups.0.IpPermissions": [], "SecurityGroups.0.IpPermissionsEgress": []}),
        step("ec2.authorize_security_group_ingress", GroupId="$group", IpPermissions=[WEB]),
        step("ec2.authorize_security_group_egress", GroupId="$group", IpPermissions=[EVERYWHERE]),
    ),
    read=(
        step(
            "ec2.describe_security_groups", GroupIds=["$group"],
            shows={
                "SecurityGroups.0.Description": "Managed by Terraform",
                "SecurityGroups.0.IpPermissions[FromPort=80].IpRanges": WEB["IpRanges"],
                "SecurityGroups.0.IpPermissions[FromPort=80].Ipv6Ranges": WEB["Ipv6Ranges"],
                "SecurityGroups.0.IpPermissionsEgress.0.Ipv6Ranges": EVERYWHERE["Ipv6Ranges"],
            },
        ),
    ),
    update=(
        step("ec2.describe_security_groups", GroupIds=["$group"]),
        step("ec2.revoke_security_group_ingress", GroupId="$group", IpPermissions=[WEB]),
        step("ec2.authorize_security_group_ingress", GroupId="$group", IpPermissions=[{**WEB, "ToPort": 8080}]),
    ),
    updated={0: {"SecurityGroups.0.IpPermissions[FromPort=80].ToPort": 8080}},
    delete=(
        step("ec2.describe_network_interfaces", Filters=filters(group_id="$group", description="AWS Lambda VPC ENI*")),
        step("ec2.describe_network_interfaces", Filters=filters(group_id="$group")),
        step("ec2.delete_security_group", GroupId="$group", forgiven=["InvalidGroup.NotFound"]),
        step("ec2.describe_security_groups", GroupIds=["$group"], forgiven=["InvalidGroup.NotFound"], until=gone),
    ),
)  # fmt: skip


def rule(direction, source, changed):
    """A rule as a resource of its own: `source` is its peer, `changed` what the update makes of it."""
    name = f"{direction}_rule_{'six' if 'CidrIpv6' in changed else 'four'}"
    at = f"${name}"
    return Resource(
        f"aws_vpc_security_group_{direction}_rule ({next(iter(changed))})",
        create=(
            step(
                f"ec2.authorize_security_group_{direction}", GroupId="$group",
                IpPermissions=[{"IpProtocol": "tcp", "FromPort": 9000, "ToPort": 9000, **source}],
                TagSpecifications=tags("security-group-rule", **NAME), keep={name: "SecurityGroupRules.0.SecurityGroupRuleId"},
            ),
        ),
        read=(
            step(
                "ec2.describe_security_group_rules", SecurityGroupRuleIds=[at], forgiven=["InvalidSecurityGroupRuleId.NotFound"],
                shows={
                    "SecurityGroupRules.0.GroupId": "$group", "SecurityGroupRules.0.IsEgress": direction == "egress",
                    "SecurityGroupRules.0.FromPort": 9000, "SecurityGroupRules.0.Tags.0.Value": "terraform",
                },
            ),
        ),
        update=(
            step(
                "ec2.modify_security_group_rules", GroupId="$group",
                SecurityGroupRules=[{"SecurityGroupRuleId": at, "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 9001, "ToPort": 9001, **changed}}],
            ),
        ),
        updated={0: {"SecurityGroupRules.0.FromPort": 9001, **{f"SecurityGroupRules.0.{key}": value for key, value in changed.items()}}},
        delete=(
            step(
                f"ec2.revoke_security_group_{direction}", GroupId="$group", SecurityGroupRuleIds=[at],
                forgiven=["InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound"],
            ),
            step("ec2.describe_security_group_rules", SecurityGroupRuleIds=[at], forgiven=["InvalidSecurityGroupRuleId.NotFound"], until=gone),
        ),
    )  # fmt: skip


RULES = [
    rule(
        "ingress",
        {"IpRanges": [{"CidrIp": "10.80.0.0/16", "Description": "us"}]},
        {"CidrIpv4": "10.80.1.0/24", "Description": "some of us"},
    ),
    rule("ingress", {"Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}, {"CidrIpv6": "2001:db8:1::/48"}),
    rule("egress", {"IpRanges": [{"CidrIp": "10.80.0.0/16"}]}, {"CidrIpv4": "10.80.2.0/24"}),
    rule("egress", {"Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}, {"CidrIpv6": "2001:db8:2::/48"}),
]


def older_rule(direction, port, source, described):
    """A rule that is no object of its own: it is found among those of its group. Its description alone can be changed in place."""
    side = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}[direction]
    (kind,) = source

    def permission(text):
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, kind: [{**one, "Description": text} for one in source[kind]]}

    def shown(text):
        sources = enumerate(permission(text)[kind])
        return {f"SecurityGroups.0.{side}[FromPort={port}].{kind}.{at}.{key}": value for at, one in sources for key, value in one.items()}

    group = step("ec2.describe_security_groups", GroupIds=["$group"])
    return Resource(
        f"aws_security_group_rule ({direction}, {kind})",
        create=(
            group,
            step(f"ec2.authorize_security_group_{direction}", GroupId="$group", IpPermissions=[permission(described)]),
            step(
                "ec2.describe_security_groups", GroupIds=["$group"],
                until=lambda it: any(one.get("FromPort") == port for one in it["SecurityGroups"][0][side]),
            ),
        ),
        read=(step("ec2.describe_security_groups", GroupIds=["$group"], shows=shown(described)),),
        update=(
            group,
            step(f"ec2.update_security_group_rule_descriptions_{direction}", GroupId="$group", IpPermissions=[permission("changed")]),
        ),
        updated={0: shown("changed")},
        delete=(
            group,
            step(
                f"ec2.revoke_security_group_{direction}", GroupId="$group", IpPermissions=[permission("changed")],
                forgiven=["InvalidPermission.NotFound"],
            ),
            step("ec2.describe_security_groups", GroupIds=["$group"], until=lambda it: all(one.get("FromPort") != port for one in it["SecurityGroups"][0][side])),
        ),
    )  # fmt: skip


OLDER_RULES = [
    older_rule("ingress", 7000, {"IpRanges": [{"CidrIp": "10.80.0.0/16"}, {"CidrIp": "10.81.0.0/16"}]}, "two ranges"),
    older_rule("ingress", 7001, {"Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}, "of the new addresses"),
    older_rule("ingress", 7002, {"UserIdGroupPairs": [{"GroupId": "$group"}]}, "ourselves"),
    older_rule("egress", 7003, {"IpRanges": [{"CidrIp": "10.80.0.0/16"}]}, "us"),
]

RESOURCES = [
    VPC,
    subnet("subnet_a", "us-east-1a", "10.80.1.0/24"),
    subnet("subnet_b", "us-east-1b", "10.80.2.0/24"),
    GATEWAY,
    ROUTE_TABLE,
    ASSOCIATION,
    GROUP,
    *RULES,
    *OLDER_RULES,
]
