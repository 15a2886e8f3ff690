"""IPv6 in VPCs: ranges, addresses and routes by the API, and tasks that reach each other and the world by them."""

import base64
import ipaddress
import json
import socket
import threading

import pytest

from harness import images, tasks, tools
from harness.installation import Installation
from harness.machines import ANSWER_S, SILENCE_S, Groups, Machine
from harness.refusals import refused_code
from harness.tasks import sh
from harness.waiting import wait_for

# It listens in both families; the metadata endpoint's words are left where others read them.
SERVE = (
    'wget -qO /var/www/task "$ECS_CONTAINER_METADATA_URI_V4/task"; echo hello >/var/www/index.html; '
    "trap 'exit 0' TERM; httpd -f -p 80 -h /var/www & wait"
)


# Asks the VPC's name service for the one IPv6 address of a name.
AAAA = """
import socket, sys
name = b"".join(bytes([len(it)]) + it.encode() for it in sys.argv[1].split("."))
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.settimeout(5)
asker.sendto(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + name + b"\\0\\0\\x1c\\0\\1", ("169.254.169.253", 53))
answer = asker.recv(4096)
print(socket.inet_ntop(socket.AF_INET6, answer[-16:]) if answer[7] == 1 else f"{answer[7]} answers")
"""


class DualStack:
    """A VPC with a range of IPv6, and subnets that have a part of it."""

    def __init__(self, wharf, cidr):
        self.wharf, self.ec2, self.cidr = wharf, wharf.client("ec2"), ipaddress.ip_network(cidr)
        vpc = self.ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        self.vpc = vpc["VpcId"]
        self.range = ipaddress.ip_network(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
        self.groups = Groups(wharf, self.vpc)

    def subnet(self, number, zone="us-east-1a"):
        mine = [list(net.subnets(new_prefix=prefix))[number] for net, prefix in ((self.cidr, 24), (self.range, 64))]
        return self.ec2.create_subnet(
            VpcId=self.vpc, CidrBlock=str(mine[0]), Ipv6CidrBlock=str(mine[1]), AvailabilityZone=zone
        )["Subnet"]["SubnetId"]  # fmt: skip

    def allow(self, group, cidr, port=80):
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "Ipv6Ranges": [{"CidrIpv6": cidr}]}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


class Six(Machine):
    """A machine with an IPv6 address, by which others get what it serves."""

    def __init__(self, wharf, image, subnet, *groups):
        super().__init__(wharf, image, subnet, *groups, **sh(SERVE))
        (container,) = self.task.describe()["containers"]
        self.six = container["networkInterfaces"][0]["ipv6Address"]

    def reaches(self, other, limit_s=ANSWER_S, page="index.html"):
        got = self.inside("curl", "-6", "-sS", "--max-time", limit_s, f"http://[{other.six}]/{page}").stdout
        return got if page != "index.html" else got.startswith("hello")


@pytest.fixture
def run(wharf, busybox):
    made = []

    def start(*arguments):
        made.append(Six(wharf, busybox, *arguments))
        return made[-1]

    yield start
    for machine in made:
        machine.task.stop(wait=False)
    for machine in made:
        machine.task.wait("STOPPED", tasks.STOP_DEADLINE_S)


def test_ranges_and_addresses_by_the_aws_cli(wharf):
    def aws(*arguments):
        return wharf.aws("ec2", *arguments)

    made = aws("create-vpc", "--cidr-block", "10.61.0.0/16")["Vpc"]
    vpc = made["VpcId"]
    assert made["Ipv6CidrBlockAssociationSet"] == []
    given = aws("associate-vpc-cidr-block", "--vpc-id", vpc, "--amazon-provided-ipv6-cidr-block")["Ipv6CidrBlockAssociation"]
    assert given["Ipv6CidrBlockState"]["State"] == "associating"
    (shown,) = aws("describe-vpcs", "--filters", f"Name=ipv6-cidr-block-association.ipv6-cidr-block,Values={given['Ipv6CidrBlock']}")[
        "Vpcs"
    ]
    assert shown["VpcId"] == vpc
    assert shown["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"]["State"] == "associated"
    whole = ipaddress.ip_network(given["Ipv6CidrBlock"])
    assert whole.prefixlen == 56 and whole.is_private
    first = next(whole.subnets(new_prefix=64))
    subnet = aws("create-subnet", "--vpc-id", vpc, "--cidr-block", "10.61.1.0/24")["Subnet"]["SubnetId"]
    association = aws("associate-subnet-cidr-block", "--subnet-id", subnet, "--ipv6-cidr-block", str(first))
    wharf.aws("ec2", "modify-subnet-attribute", "--subnet-id", subnet, "--assign-ipv6-address-on-creation")
    eni = aws("create-network-interface", "--subnet-id", subnet)["NetworkInterface"]
    (own,) = [it["Ipv6Address"] for it in eni["Ipv6Addresses"]]
    assert ipaddress.ip_address(own) in first
    named = str(first[0x10])
    eni = eni["NetworkInterfaceId"]
    assert aws("assign-ipv6-addresses", "--network-interface-id", eni, "--ipv6-addresses", named)["AssignedIpv6Addresses"] == [named]
    for bad, code in ((str(first[2]), "InvalidParameterValue"), (named, "InvalidIPAddress.InUse")):
        done = wharf.aws("ec2", "create-network-interface", "--subnet-id", subnet, "--ipv6-addresses", f"Ipv6Address={bad}", check=False)
        assert done.returncode != 0 and f"({code})" in done.stderr, done.stderr
    kept = wharf.aws(
        "ec2", "disassociate-subnet-cidr-block", "--association-id", association["Ipv6CidrBlockAssociation"]["AssociationId"], check=False
    )  # fmt: skip
    assert "(DependencyViolation)" in kept.stderr, kept.stderr
    aws("unassign-ipv6-addresses", "--network-interface-id", eni, "--ipv6-addresses", named, own)
    wharf.aws("ec2", "delete-network-interface", "--network-interface-id", eni)
    aws("disassociate-subnet-cidr-block", "--association-id", association["Ipv6CidrBlockAssociation"]["AssociationId"])
    aws("disassociate-vpc-cidr-block", "--association-id", given["AssociationId"])
    wharf.aws("ec2", "delete-subnet", "--subnet-id", subnet)
    wharf.aws("ec2", "delete-vpc", "--vpc-id", vpc)


def test_routes_and_gateways_by_the_aws_cli(wharf):
    def aws(*arguments):
        return wharf.aws("ec2", *arguments)

    made = aws("create-vpc", "--cidr-block", "10.64.0.0/16", "--amazon-provided-ipv6-cidr-block")["Vpc"]
    vpc, whole = made["VpcId"], made["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    table = aws("describe-route-tables", "--filters", f"Name=vpc-id,Values={vpc}")["RouteTables"][0]["RouteTableId"]
    tags = "ResourceType=egress-only-internet-gateway,Tags=[{Key=Name,Value=way-out}]"
    only = aws("create-egress-only-internet-gateway", "--vpc-id", vpc, "--tag-specifications", tags)["EgressOnlyInternetGateway"]
    only = only["EgressOnlyInternetGatewayId"]
    (shown,) = aws("describe-egress-only-internet-gateways", "--filters", "Name=tag:Name,Values=way-out")["EgressOnlyInternetGateways"]
    assert shown["EgressOnlyInternetGatewayId"] == only and shown["Attachments"] == [{"State": "attached", "VpcId": vpc}]
    gateway = aws("create-internet-gateway")["InternetGateway"]["InternetGatewayId"]
    aws("attach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", vpc)
    route = ("create-route", "--route-table-id", table)
    aws(*route, "--destination-ipv6-cidr-block", "::/0", "--egress-only-internet-gateway-id", only)
    aws(*route, "--destination-ipv6-cidr-block", "2001:db8::/32", "--gateway-id", gateway)
    to = ("--destination-ipv6-cidr-block", "2001:db8::/32")
    aws("replace-route", "--route-table-id", table, *to, "--egress-only-internet-gateway-id", only)
    aws("delete-route", "--route-table-id", table, *to)
    given = f"Name=route.egress-only-internet-gateway-id,Values={only}"
    (shown,) = aws("describe-route-tables", "--filters", given)["RouteTables"]
    routes = {it["DestinationIpv6CidrBlock"]: it for it in shown["Routes"] if "DestinationIpv6CidrBlock" in it}
    assert set(routes) == {whole, "::/0"} and routes[whole]["GatewayId"] == "local"
    assert (routes["::/0"]["EgressOnlyInternetGatewayId"], routes["::/0"]["State"]) == (only, "active")
    for bad, code in (
        (("--destination-cidr-block", "0.0.0.0/0", "--egress-only-internet-gateway-id", only), "InvalidParameterValue"),
        ((*to, "--destination-cidr-block", "10.0.0.0/8", "--gateway-id", gateway), "InvalidParameterCombination"),
        ((*to, "--gateway-id", gateway, "--egress-only-internet-gateway-id", only), "InvalidParameterCombination"),
        ((*to, "--nat-gateway-id", "nat-0123456789abcdef0"), "InvalidParameterValue"),
        (("--destination-ipv6-cidr-block", whole, "--gateway-id", gateway), "InvalidParameterValue"),
        (("--destination-ipv6-cidr-block", "10.0.0.0/8", "--gateway-id", gateway), "InvalidParameterValue"),
        ((*to, "--egress-only-internet-gateway-id", "eigw-0123456789abcdef0"), "InvalidGatewayID.NotFound"),
        (("--destination-ipv6-cidr-block", "::/0", "--gateway-id", gateway), "RouteAlreadyExists"),
    ):
        done = wharf.aws("ec2", *route, *bad, check=False)
        assert done.returncode != 0 and f"({code})" in done.stderr, done.stderr
    kept = wharf.aws("ec2", "delete-vpc", "--vpc-id", vpc, check=False)
    assert "(DependencyViolation)" in kept.stderr, kept.stderr
    assert aws("delete-egress-only-internet-gateway", "--egress-only-internet-gateway-id", only)["ReturnCode"]
    (shown,) = aws("describe-route-tables", "--route-table-ids", table)["RouteTables"]
    assert "blackhole" in [it["State"] for it in shown["Routes"]]
    aws("detach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", vpc)
    aws("delete-internet-gateway", "--internet-gateway-id", gateway)
    wharf.aws("ec2", "delete-vpc", "--vpc-id", vpc)


@pytest.fixture
def world():
    """A service of the host at an address of IPv6, which is outside of every VPC; what it is asked from comes back."""
    address = "2001:db8:77::1"
    # Without looking for a duplicate, which is done later even here: until then nobody may bind to it.
    tools.run("ip", "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad")
    try:
        with socket.create_server((address, 0), family=socket.AF_INET6) as listener:

            def serve():
                while True:
                    try:
                        client, peer = listener.accept()
                    except OSError:
                        return
                    with client:
                        client.recv(4096)
                        client.sendall(f"HTTP/1.0 200 OK\r\n\r\n{peer[0]}\n".encode())

            threading.Thread(target=serve, daemon=True).start()
            yield f"http://[{address}]:{listener.getsockname()[1]}/"
            listener.shutdown(socket.SHUT_RDWR)
    finally:
        tools.run("ip", "-6", "address", "delete", f"{address}/128", "dev", "lo")


def test_tasks_reach_out_as_route_tables_lead(wharf, run, world):
    net = DualStack(wharf, "10.65.0.0/16")
    ec2, subnet = net.ec2, net.subnet(1)
    group = net.groups.make("web")
    net.allow(group, "::/0")
    machine = run(subnet, group)
    table = ec2.create_route_table(VpcId=net.vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    def seen():
        return machine.inside("curl", "-6", "-sS", "--max-time", SILENCE_S, world).stdout.strip()

    assert not seen(), "a subnet without a route"
    only = ec2.create_egress_only_internet_gateway(VpcId=net.vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    to = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0"}
    ec2.create_route(**to, EgressOnlyInternetGatewayId=only)
    wait_for(seen, 10, "the way out by an egress-only gateway")
    assert ipaddress.ip_address(seen()) not in net.range, "not under its own address"
    # Nobody comes in by it, whatever groups say.
    got = tools.run("curl", "-6", "-sS", "--max-time", SILENCE_S, f"http://[{machine.six}]/", check=False)
    assert got.returncode != 0, got.stdout
    for program in ("agent", "server"):
        wharf.kill_child(program)
        wait_for(seen, 30, f"the way out after the death of {program}")
    wait_for(lambda: ec2.describe_vpcs(VpcIds=[net.vpc])["Vpcs"], 60, "an answer of the API")
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=only)
    wait_for(lambda: not seen(), 30, "the end of it with the gateway")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=net.vpc)
    ec2.replace_route(**to, GatewayId=gateway)
    wait_for(seen, 10, "the way out by an internet gateway")
    ec2.delete_route(**to)
    wait_for(lambda: not seen(), 10, "the end of it with the route")


def test_tasks_reach_each_other_as_groups_and_acls_allow(wharf, run):
    net, other = DualStack(wharf, "10.62.0.0/16"), DualStack(wharf, "10.62.0.0/16")
    one, two = net.subnet(1), net.subnet(2)
    web, clients = net.groups.make("web"), net.groups.make("clients")
    server, friend, stranger = run(one, web), run(one, clients), run(two, clients)
    assert not friend.reaches(server, SILENCE_S) and not stranger.reaches(server, SILENCE_S)
    net.allow(web, f"{friend.six}/128")
    wait_for(lambda: friend.reaches(server, SILENCE_S), 10, "a named address")
    assert not stranger.reaches(server, SILENCE_S), "one that is not named"
    net.groups.change("authorize", web, friends=clients)
    wait_for(lambda: stranger.reaches(server, SILENCE_S), 10, "a named group, of another subnet")

    # It is shown as AWS shows it, outside and inside.
    described = server.task.describe()
    (attachment,) = described["attachments"]
    details = {it["name"]: it["value"] for it in attachment["details"]}
    assert details["ipv6Address"] == server.six
    (network,) = json.loads(friend.reaches(server, page="task"))["Containers"][0]["Networks"]
    assert network["IPv6Addresses"] == [server.six]
    assert ipaddress.ip_address(server.six) in ipaddress.ip_network(network["IPv6SubnetCIDRBlock"])

    # Another VPC reaches nothing, whatever its groups say.
    open_to_all = other.groups.make("open")
    other.allow(open_to_all, "::/0")
    net.allow(web, "::/0")
    outsider = run(other.subnet(1), open_to_all)
    assert not outsider.reaches(server, SILENCE_S) and not server.reaches(outsider, SILENCE_S)

    # Network ACLs at the edges of subnets.
    ec2 = net.ec2
    (acl,) = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["NetworkAcls"]
    deny = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 50, "Egress": False}
    ec2.create_network_acl_entry(**deny, RuleAction="deny", Protocol="-1", Ipv6CidrBlock=f"{stranger.six}/128")
    wait_for(lambda: not stranger.reaches(server, SILENCE_S), 10, "an entry that denies")
    assert friend.reaches(server), "within a subnet nothing is asked"
    ec2.delete_network_acl_entry(**deny)
    wait_for(lambda: stranger.reaches(server, SILENCE_S), 10, "the end of the entry")


def test_what_is_there_outlives_agent_and_server(wharf, run):
    net = DualStack(wharf, "10.63.0.0/16")
    subnet, group = net.subnet(1), net.groups.make("web")
    net.allow(group, "::/0")
    server, client = run(subnet, group), run(subnet, group)
    wait_for(lambda: client.reaches(server, SILENCE_S), 10, "an answer")
    for program in ("agent", "server"):
        wharf.kill_child(program)
        assert client.reaches(server, SILENCE_S), f"while there is no {program}"
        wait_for(
            lambda: wharf.client("ec2").describe_vpcs(VpcIds=[net.vpc])["Vpcs"], 60, f"an answer of the API after the death of {program}"
        )
    late = run(subnet, group)
    wait_for(lambda: late.reaches(server, SILENCE_S) and client.reaches(late, SILENCE_S), 30, "one that came after")
    net.groups.change("authorize", group, port=81, cidr="0.0.0.0/0")
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    net.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    wait_for(lambda: not client.reaches(server, SILENCE_S), 10, "the end of what was allowed")


# What its metadata says of its addresses, at the address that its template gave it.
INSTANCE = """#!/bin/sh
imds() { wget -q -O - http://169.254.169.254/latest/meta-data/$1; }
mkdir -p /srv/www && imds network/interfaces/macs/$(imds mac)/ipv6s > /srv/www/addresses
echo hello > /srv/www/index.html && httpd -h /srv/www
"""


@pytest.mark.minutes(1)
def test_an_instance_has_the_addresses_of_its_template():
    with Installation(arguments=["--instances"]) as wharf:
        wharf.start()
        net, ec2 = DualStack(wharf, "10.66.0.0/16"), wharf.client("ec2")
        subnet, group = net.subnet(1), net.groups.make("web")
        net.allow(group, "::/0")
        image = wharf.client("ssm").get_parameter(Name="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id")
        interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "Ipv6AddressCount": 1}
        data = {
            "ImageId": image["Parameter"]["Value"],
            "InstanceType": "t3.nano",
            "UserData": base64.b64encode(INSTANCE.encode()).decode(),
            "NetworkInterfaces": [interface],
        }
        template = ec2.create_launch_template(LaunchTemplateName="six", LaunchTemplateData=data)["LaunchTemplate"]
        (version,) = ec2.describe_launch_template_versions(LaunchTemplateName="six")["LaunchTemplateVersions"]
        assert version["LaunchTemplateData"]["NetworkInterfaces"] == [interface]
        names = {"EnableResourceNameDnsAAAARecord": True}
        given = {
            "LaunchTemplate": {"LaunchTemplateId": template["LaunchTemplateId"]},
            "MinCount": 1,
            "MaxCount": 1,
            "PrivateDnsNameOptions": names,
        }
        (made,) = ec2.run_instances(**given)["Instances"]
        (own,) = [it["Ipv6Address"] for it in made["NetworkInterfaces"][0]["Ipv6Addresses"]]
        assert ipaddress.ip_address(own) in net.range
        client = Six(wharf, images.push(wharf, "busybox"), subnet, group)

        def gets(page):
            return client.inside("curl", "-6", "-sS", "--max-time", SILENCE_S, f"http://[{own}]/{page}").stdout.strip()

        wait_for(lambda: gets("") == "hello", 60, "an answer of the instance")
        assert gets("addresses") == own
        name = f"{made['InstanceId']}.ec2.internal"
        assert made["PrivateDnsNameOptions"]["EnableResourceNameDnsAAAARecord"]
        asked = client.inside(tools.REPOSITORY / ".venv/bin/python", "-c", AAAA, name, check=True).stdout.strip()
        assert asked == own
        # A further one, while it runs.
        interface = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
        (further,) = ec2.assign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6AddressCount=1)["AssignedIpv6Addresses"]
        reached = ("curl", "-6", "-sS", "--max-time", SILENCE_S, f"http://[{further}]/")
        wait_for(lambda: client.inside(*reached).stdout.strip() == "hello", 20, "an answer at the further address")
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
        client.task.stop(wait=False)


def test_peers_reach_each_other_as_routes_and_groups_allow(wharf, run):
    one, two = DualStack(wharf, "10.67.0.0/16"), DualStack(wharf, "10.68.0.0/16")
    ec2 = one.ec2
    group, theirs = one.groups.make("web"), two.groups.make("web")
    one.allow(group, "::/0")
    two.allow(theirs, "::/0")
    a, b = run(one.subnet(1), group), run(two.subnet(1), theirs)
    made = ec2.create_vpc_peering_connection(VpcId=one.vpc, PeerVpcId=two.vpc)["VpcPeeringConnection"]
    connection = made["VpcPeeringConnectionId"]
    shown = ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)["VpcPeeringConnection"]
    for end, net in (("RequesterVpcInfo", one), ("AccepterVpcInfo", two)):
        assert shown[end]["Ipv6CidrBlockSet"] == [{"Ipv6CidrBlock": str(net.range)}]

    def lead(net, peer):
        (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["RouteTables"]
        to = {"RouteTableId": table["RouteTableId"], "DestinationIpv6CidrBlock": str(peer.range)}
        ec2.create_route(**to, VpcPeeringConnectionId=connection)
        return to

    lead(one, two)
    assert not a.reaches(b, SILENCE_S), "there is no way back"
    back = lead(two, one)
    wait_for(lambda: a.reaches(b, SILENCE_S) and b.reaches(a, SILENCE_S), 15, "both ways")
    # A rule that names a group of the peer.
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    two.ec2.revoke_security_group_ingress(GroupId=theirs, IpPermissions=[permission])
    wait_for(lambda: not a.reaches(b, SILENCE_S), 15, "the end of what was allowed")
    two.groups.change("authorize", theirs, friends=group)
    wait_for(lambda: a.reaches(b, SILENCE_S), 15, "an answer to a member of the group")
    for program in ("agent", "server"):
        wharf.kill_child(program)
        assert a.reaches(b, SILENCE_S), f"while there is no {program}"
        wait_for(lambda: wharf.client("ec2").describe_vpcs(VpcIds=[one.vpc])["Vpcs"], 60, f"an answer after the death of {program}")
    late = run(one.subnet(2), group)
    wait_for(lambda: late.reaches(b, SILENCE_S) and b.reaches(late, SILENCE_S), 30, "one that came after")
    ec2.delete_route(**back)
    wait_for(lambda: not a.reaches(b, SILENCE_S), 15, "the end of the way back")
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)


def test_flow_logs_tell_of_it(wharf, run):
    """Records of what passes and of what is refused, whoever is killed meanwhile."""
    net = DualStack(wharf, "10.69.0.0/16")
    ec2, logs, iam = net.ec2, wharf.client("logs"), wharf.client("iam")
    group = net.groups.make("web")
    net.allow(group, "::/0")
    name = tasks.unique("flows")
    trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=tasks.document(actions))
    ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[net.vpc], TrafficType="ALL", LogGroupName=name, DeliverLogsPermissionArn=role["Role"]["Arn"],
        LogFormat="${type} ${srcaddr} ${dstaddr} ${dstport} ${action} ${flow-direction} ${packets}",
    )  # fmt: skip
    subnet = net.subnet(1)
    server, client = run(subnet, group), run(subnet, group)
    wait_for(lambda: client.reaches(server, SILENCE_S), 10, "an answer")

    def records():
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            return [tuple(event["message"].split()) for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def told(port, action, direction):
        wanted = ("IPv6", client.six, server.six, str(port), action, direction)
        return [it for it in records() if it[:6] == wanted]

    for direction in ("egress", "ingress"):
        wait_for(lambda of=direction: told(80, "ACCEPT", of), 90, f"what passed, as {direction}")
    for program in ("agent", "server"):
        wharf.kill_child(program)
        wait_for(lambda: wharf.client("ec2").describe_vpcs(VpcIds=[net.vpc])["Vpcs"], 60, f"an answer after the death of {program}")
    got = client.inside("curl", "-6", "-sS", "--max-time", SILENCE_S, f"http://[{server.six}]:81/")
    assert got.returncode != 0
    wait_for(lambda: told(81, "REJECT", "ingress"), 180, "what was refused")
    # Each interface has windows of its own.
    wait_for(lambda: told(81, "ACCEPT", "egress"), 90, "what its sender let out")
    assert not told(81, "REJECT", "egress")
    for log in ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [net.vpc]}])["FlowLogs"]:
        ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"]])


# Answers whom a load balancer names, or by whom it is called itself.
FORWARDED = """
import http.server, socket

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = self.headers.get("X-Forwarded-For", self.client_address[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

Server(("::", 8080), Handler).serve_forever()
"""


def test_a_dual_stack_load_balancer_is_reached_over_both(wharf, run):
    net, python = DualStack(wharf, "10.70.0.0/16"), tools.REPOSITORY / ".venv/bin/python"
    elb, ecs = wharf.client("elbv2"), wharf.client("ecs")
    subnets = [net.subnet(1), net.subnet(2, "us-east-1b")]
    bare = net.ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.70.9.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
    group, name = net.groups.make("web"), tasks.unique("dual")
    for port in (80, 8080):
        net.allow(group, "::/0", port)
        net.groups.change("authorize", group, port, cidr="0.0.0.0/0")
    server, client = run(subnets[0], group), run(subnets[0], group)
    listening = server.start_inside(python, "-c", FORWARDED)

    dual = {"Scheme": "internal", "SecurityGroups": [group], "IpAddressType": "dualstack"}
    assert refused_code(elb.create_load_balancer, Name=name, Subnets=[subnets[0], bare], **dual) == "ValidationError"
    made = elb.create_load_balancer(Name=name, Subnets=subnets, **{**dual, "IpAddressType": "ipv4"})["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    target = {
        "Protocol": "HTTP",
        "VpcId": net.vpc,
        "TargetType": "ip",
        "IpAddressType": "ipv6",
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckTimeoutSeconds": 2,
    }
    six = elb.create_target_group(Name=name, Port=8080, HealthyThresholdCount=2, **target)["TargetGroups"][0]
    assert six["IpAddressType"] == "ipv6"
    six = six["TargetGroupArn"]
    assert refused_code(elb.register_targets, TargetGroupArn=six, Targets=[{"Id": server.address}]) == "ValidationError"
    elb.register_targets(TargetGroupArn=six, Targets=[{"Id": server.six}])
    forward = [{"Type": "forward", "TargetGroupArn": six}]
    listener = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": forward}
    assert refused_code(elb.create_listener, **listener) == "InvalidConfigurationRequest"
    done = wharf.aws("elbv2", "set-ip-address-type", "--load-balancer-arn", arn, "--ip-address-type", "dualstack")
    assert done["IpAddressType"] == "dualstack"
    elb.create_listener(**listener)
    (shown,) = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    assert shown["IpAddressType"] == "dualstack"
    for kind in ("dualstack-without-public-ipv4", "ipv6"):
        assert refused_code(elb.set_ip_address_type, LoadBalancerArn=arn, IpAddressType=kind) != "InternalFailure"
    assert refused_code(elb.set_ip_address_type, LoadBalancerArn=arn, IpAddressType="ipv4") == "InvalidConfigurationRequest"

    def answered(balancer=made):
        """The one IPv6 address of its name."""
        said = client.inside(python, "-c", AAAA, balancer["DNSName"]).stdout.strip()
        return ":" in said and ipaddress.ip_address(said) in net.range and said

    def gets(address, port=80):
        return client.inside("curl", "-sS", "--max-time", SILENCE_S, f"http://{address}:{port}/").stdout

    own = wait_for(answered, 30, "an AAAA record")
    wait_for(lambda: gets(f"[{own}]") == client.six, 60, "an answer that names the client's IPv6 address")
    own_v4 = wharf.client("ec2").describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["NetworkInterfaces"]
    (own_v4,) = [it["PrivateIpAddress"] for it in own_v4 if own in str(it.get("Ipv6Addresses"))]
    assert gets(own_v4) == client.address, "IPv4 in front, IPv6 behind"
    # Its groups hold for both.
    everybody = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    net.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[everybody])
    wait_for(lambda: not gets(f"[{own}]"), 15, "the end of what was allowed")
    assert gets(own_v4) == client.address
    net.allow(group, "::/0")
    wait_for(lambda: gets(f"[{own}]"), 15, "an answer again")

    # A network load balancer too.
    flows = elb.create_load_balancer(Name=f"{name}-n", Type="network", Subnets=subnets, **dual)["LoadBalancers"][0]
    tcp = elb.create_target_group(Name=f"{name}-n", Port=8080, **{**target, "Protocol": "TCP"})["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=tcp, Targets=[{"Id": server.six}])
    listener = {"LoadBalancerArn": flows["LoadBalancerArn"], "Protocol": "TCP", "Port": 80}
    elb.create_listener(**listener, DefaultActions=[{"Type": "forward", "TargetGroupArn": tcp}])
    its = wait_for(lambda: answered(flows), 30, "an AAAA record of the network load balancer")
    wait_for(lambda: gets(f"[{its}]"), 60, "an answer through the network load balancer")

    # Tasks of a service are targets by their IPv6 addresses.
    served = elb.create_target_group(Name=f"{name}-s", Port=80, **target)["TargetGroups"][0]["TargetGroupArn"]
    third = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 8080, "DefaultActions": [{"Type": "forward", "TargetGroupArn": served}]}
    elb.create_listener(**third)
    definition = tasks.register(
        wharf, client.task.describe()["containers"][0]["image"], "awsvpc", portMappings=[{"containerPort": 80}], **sh(SERVE)
    )
    network = {"awsvpcConfiguration": {"subnets": subnets[:1], "securityGroups": [group]}}
    behind = [{"targetGroupArn": served, "containerName": "main", "containerPort": 80}]
    ecs.create_service(serviceName=name, taskDefinition=definition, desiredCount=1, networkConfiguration=network, loadBalancers=behind)
    wait_for(lambda: gets(f"[{own}]", 8080).startswith("hello"), 90, "an answer of the service")
    (health,) = elb.describe_target_health(TargetGroupArn=served)["TargetHealthDescriptions"]
    assert ipaddress.ip_address(health["Target"]["Id"]) in net.range

    for program in ("agent", "server"):
        wharf.kill_child(program)
        wait_for(lambda: gets(f"[{own}]") == client.six and gets(f"[{its}]"), 60, f"answers after the death of {program}")
        wait_for(
            lambda: wharf.client("ec2").describe_vpcs(VpcIds=[net.vpc])["Vpcs"], 60, f"an answer of the API after the death of {program}"
        )
    ecs.delete_service(service=name, force=True)
    for one in (arn, flows["LoadBalancerArn"]):
        elb.delete_load_balancer(LoadBalancerArn=one)
    listening.kill()
