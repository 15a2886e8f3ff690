"""Addresses outside of VPCs: elastic ones, those of tasks and instances, and who reaches what by them."""

import ipaddress

import pytest

from harness import processes, tasks, tools
from harness.installation import Installation
from harness.machines import ECHO, Machines
from harness.refusals import refused_code
from harness.tasks import sh
from harness.waiting import wait_for
from harness.ways_out import Network, Outside, asks

POOL = ipaddress.ip_network("198.19.0.0/16")
FARGATE = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


@pytest.fixture
def run(wharf, busybox):
    """Starts machines in a subnet and ends them with the test."""
    with Machines(wharf, busybox) as machines:
        yield machines


def association(ec2, **filters):
    names = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    (shown,) = ec2.describe_network_interfaces(Filters=names)["NetworkInterfaces"]
    return shown["NetworkInterfaceId"], shown.get("Association")


class Inside:
    """A running task, asked from within its network."""

    def __init__(self, task):
        described = task.wait("RUNNING")
        self.task, self.pid = task, processes.of_container(described)
        (attachment,) = described["attachments"]
        self.details = {it["name"]: it["value"] for it in attachment["details"]}

    def inside(self, *command):
        return tools.run("nsenter", "--target", self.pid, "--net", *command, check=False)


def test_a_task_with_a_public_address(wharf, busybox):
    ec2, network = wharf.client("ec2"), Network(wharf, "10.91.0.0/16")
    subnet, group = network.subnet("10.91.1.0/24"), network.open_group()
    definition = tasks.register(wharf, busybox, network="awsvpc", task=FARGATE, execution_role=tasks.execution_role(wharf), **sh(ECHO))
    configuration = {"subnets": [subnet], "securityGroups": [group], "assignPublicIp": "ENABLED"}
    options = {"networkConfiguration": {"awsvpcConfiguration": configuration}, "launchType": "FARGATE"}
    task = Inside(tasks.start(wharf, definition, **options))
    interface, public = association(ec2, network_interface_id=task.details["networkInterfaceId"])
    address = public["PublicIp"]
    assert ipaddress.ip_address(address) in POOL
    assert public["IpOwnerId"] == "amazon"
    assert wait_for(lambda: asks(address), 10, "an answer at the public address") == "hello"
    with Outside() as outside:
        assert outside.sees(task) == address
        # Its group decides about the public address, too.
        network.groups.change("revoke", group, cidr="0.0.0.0/0")
        wait_for(lambda: not asks(address), 10, "the end of it without the rule")
        assert outside.sees(task) == address
    task.task.stop()
    assert not ec2.describe_network_interfaces(Filters=[{"Name": "network-interface-id", "Values": [interface]}])["NetworkInterfaces"]
    route = tools.run("ip", "route", "show", f"{address}/32").stdout
    assert route == "", "the address is given back"


def test_an_instance_and_an_elastic_address():
    with Installation(arguments=["--instances"]) as alone:
        wharf = alone.start()
        ec2 = wharf.client("ec2")
        image = wharf.client("ssm").get_parameter(Name="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id")
        imds = """imds() { printf 'PUT /latest/api/token HTTP/1.0\\r\\nX-aws-ec2-metadata-token-ttl-seconds: 60\\r\\n\\r\\n' \
          | nc 169.254.169.254 80 | tail -n 1 > /tmp/token; \
          wget -q -O - --header "X-aws-ec2-metadata-token: $(cat /tmp/token)" http://169.254.169.254/latest/meta-data/$1; }
        """
        # What it may read of itself, asked anew by each request.
        tells = f"""#!/bin/sh
        {imds}
        echo Content-type: text/plain; echo
        imds network/interfaces/macs/$(imds mac)/local-ipv4s
        """
        serve = f"""#!/bin/sh
mkdir -p /srv/www/cgi-bin && echo hello > /srv/www/index.html
cat > /srv/www/cgi-bin/addresses <<'END'
{tells}
END
chmod +x /srv/www/cgi-bin/addresses && httpd -h /srv/www
"""
        group = tasks.open_group(wharf)
        (made,) = ec2.run_instances(
            ImageId=image["Parameter"]["Value"],
            InstanceType="t3.nano",
            MinCount=1,
            MaxCount=1,
            UserData=serve,
            SecurityGroupIds=[group],
        )["Instances"]
        instance, own = made["InstanceId"], made["PublicIpAddress"]
        assert ipaddress.ip_address(own) in POOL, "the subnet gives its instances public addresses"
        assert wait_for(lambda: asks(own), 60, "an answer at the public address") == "hello"

        elastic = ec2.allocate_address(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "for", "Value": "web"}]}])
        allocation, address = elastic["AllocationId"], elastic["PublicIp"]
        associated = ec2.associate_address(AllocationId=allocation, InstanceId=instance)["AssociationId"]
        assert wait_for(lambda: asks(address), 10, "an answer at the elastic address") == "hello"
        wait_for(lambda: not asks(own), 10, "the end of the former one")
        (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        assert reservation["Instances"][0]["PublicIpAddress"] == address
        (listed,) = ec2.describe_addresses(Filters=[{"Name": "tag:for", "Values": ["web"]}])["Addresses"]
        assert (listed["InstanceId"], listed["AssociationId"]) == (instance, associated)
        assert refused_code(ec2.release_address, AllocationId=allocation) == "InvalidIPAddress.InUse"

        # A further private address, with an elastic one of its own.
        interface = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
        assigned = wharf.aws(
            "ec2", "assign-private-ip-addresses", "--network-interface-id", interface, "--secondary-private-ip-address-count", "1"
        )
        (further,) = [it["PrivateIpAddress"] for it in assigned["AssignedPrivateIpAddresses"]]
        second = ec2.allocate_address()
        named = {"NetworkInterfaceId": interface, "PrivateIpAddress": further}
        ec2.associate_address(AllocationId=second["AllocationId"], **named)
        assert wait_for(lambda: asks(second["PublicIp"]), 20, "an answer at the second elastic address") == "hello"
        primary = made["PrivateIpAddress"]
        told = tools.run("curl", "-s", "--max-time", "10", f"http://{address}/cgi-bin/addresses").stdout
        assert told.split() == [primary, further]
        (found,) = ec2.describe_instances(Filters=[{"Name": "network-interface.addresses.private-ip-address", "Values": [further]}])[
            "Reservations"
        ]
        shown = found["Instances"][0]["NetworkInterfaces"][0]["PrivateIpAddresses"]
        assert [(it["PrivateIpAddress"], it["Primary"], it["Association"]["PublicIp"]) for it in shown] == [
            (primary, True, address),
            (further, False, second["PublicIp"]),
        ]
        # As many as its type has on AWS.
        one_more = {"NetworkInterfaceId": interface, "SecondaryPrivateIpAddressCount": 1}
        assert refused_code(ec2.assign_private_ip_addresses, **one_more) == "PrivateIpAddressLimitExceeded"
        first = {"NetworkInterfaceId": interface, "PrivateIpAddresses": [primary]}
        assert refused_code(ec2.unassign_private_ip_addresses, **first) == "InvalidParameterValue"

        wharf.kill_child("agent")
        assert asks(address) == "hello", "what is there outlives the agent"
        assert asks(second["PublicIp"]) == "hello"
        ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[further])
        wait_for(lambda: not asks(second["PublicIp"]), 60, "the end of the second one after the agent's death")
        ec2.release_address(AllocationId=second["AllocationId"])
        ec2.disassociate_address(AssociationId=associated)
        wait_for(lambda: not asks(address), 60, "the end of it after the agent's death")
        ec2.release_address(AllocationId=allocation)
        assert ec2.describe_addresses()["Addresses"] == []
        for _ in range(5):
            ec2.allocate_address()
        assert refused_code(ec2.allocate_address) == "AddressLimitExceeded"


def test_an_elastic_address_moves_with_its_interface(wharf, run):
    ec2, network = wharf.client("ec2"), Network(wharf, "10.92.0.0/16")
    subnet, group = network.subnet("10.92.1.0/24"), network.open_group()
    machine = run(subnet, group)
    interface, _ = association(ec2, private_ip_address=machine.address, vpc_id=network.vpc)
    elastic = ec2.allocate_address()
    # Interfaces of tasks are their service's to change.
    code = refused_code(ec2.associate_address, AllocationId=elastic["AllocationId"], NetworkInterfaceId=interface)
    assert code == "AuthFailure"
    ec2.release_address(AllocationId=elastic["AllocationId"])


def test_an_elastic_address_leads_back_to_its_name(wharf, run, name_server):
    """Whoever asks, in whichever VPC; and not before the name leads to it."""
    ec2, network = wharf.client("ec2"), Network(wharf, "10.93.0.0/16")
    machine = run(network.subnet("10.93.1.0/24"), network.open_group())
    elastic, name = ec2.allocate_address(), f"{tasks.unique('mail')}.example.com"
    allocation, address = elastic["AllocationId"], elastic["PublicIp"]

    def told():
        return machine.inside("busybox", "nslookup", address, "169.254.169.253").stdout

    def described():
        return ec2.describe_addresses_attribute(AllocationIds=[allocation], Attribute="domain-name")["Addresses"]

    wants = {"AllocationId": allocation, "DomainName": name}
    assert refused_code(ec2.modify_address_attribute, **wants) == "InvalidParameterValue"
    assert refused_code(ec2.modify_address_attribute, **wants | {"DomainName": "-"}) == "InvalidParameterValue"
    assert described() == [] and name not in told()
    name_server.addresses[name] = address
    changed = ec2.modify_address_attribute(**wants)["Address"]
    assert changed["PtrRecordUpdate"] == {"Value": f"{name}.", "Status": "PENDING"}
    wait_for(lambda: name in told(), 20, "the name of the address")
    assert described() == [{"PublicIp": address, "AllocationId": allocation, "PtrRecord": f"{name}."}]
    assert refused_code(ec2.release_address, AllocationId=allocation) == "InvalidAddress.Locked"
    wharf.aws("ec2", "reset-address-attribute", "--allocation-id", allocation, "--attribute", "domain-name")
    wait_for(lambda: name not in told(), 20, "the end of the name")
    assert described() == []
    ec2.release_address(AllocationId=allocation)


def test_a_range_with_an_address_of_the_machine_is_refused():
    holds = r"--public-addresses 127\.0\.0\.0/8 holds 127\.0\.0\.1, an address of this machine"
    with Installation(arguments=["--public-addresses", "127.0.0.0/8"]) as alone, pytest.raises(AssertionError, match=holds):
        alone.start()
