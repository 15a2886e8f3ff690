"""IPv6 in VPCs: ranges and addresses by the API, and tasks that reach each other by them."""

import ipaddress
import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.machines import ANSWER_S, SILENCE_S, Groups, Machine
from harness.tasks import sh
from harness.waiting import wait_for

# It listens in both families; the metadata endpoint's words are left where others read them.
SERVE = (
    'wget -qO /var/www/task "$ECS_CONTAINER_METADATA_URI_V4/task"; echo hello >/var/www/index.html; '
    "trap 'exit 0' TERM; httpd -f -p 80 -h /var/www & wait"
)


class DualStack:
    """A VPC with a range of IPv6, and subnets that have a part of it."""

    def __init__(self, wharf, cidr):
        self.wharf, self.ec2, self.cidr = wharf, wharf.client("ec2"), ipaddress.ip_network(cidr)
        vpc = self.ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        self.vpc = vpc["VpcId"]
        self.range = ipaddress.ip_network(vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
        self.groups = Groups(wharf, self.vpc)

    def subnet(self, number):
        mine = [list(net.subnets(new_prefix=prefix))[number] for net, prefix in ((self.cidr, 24), (self.range, 64))]
        return self.ec2.create_subnet(
            VpcId=self.vpc, CidrBlock=str(mine[0]), Ipv6CidrBlock=str(mine[1]), AvailabilityZone="us-east-1a"
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
    # What is not there says so.
    with pytest.raises(ClientError, match="UnsupportedOperation|not supported"):
        wharf.client("ec2").create_egress_only_internet_gateway(VpcId=vpc)


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
