"""Names: what tasks of a VPC find under the names of load balancers, interfaces and the world."""

import contextlib
import json
import urllib.error
import urllib.request

import pytest

from harness import tasks
from harness.installation import Installation
from harness.names import Service, ask
from harness.services import Web, address
from harness.waiting import wait_for

# `socket.EAI_NONAME` and its like, as getaddrinfo gives them.
NO_SUCH_NAME, NOT_NOW = -2, -3


@pytest.fixture(scope="module")
def services(wharf, python):
    made = [Service(wharf, python).make() for _ in range(2)]
    yield made
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def other_vpc(wharf):
    """A VPC with two subnets, its internal load balancer, and the task options to be in it."""
    ec2, elb = wharf.client("ec2"), wharf.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]
    balancer = elb.create_load_balancer(Name="elsewhere", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]
    yield vpc, subnets, balancer
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])

    def gone():
        with contextlib.suppress(ec2.exceptions.ClientError):
            for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]:
                ec2.delete_subnet(SubnetId=subnet["SubnetId"])
            ec2.delete_vpc(VpcId=vpc)
            return True

    wait_for(gone, 60, "the end of the VPC")


def test_services_call_each_other_by_name(services):
    one, other = services
    for caller, called in ((one, other), (other, one)):
        name = called.balancer["DNSName"]
        assert name.startswith(f"internal-{called.name}-")
        assert caller.says("fetch", f"http://{name}/who") == json.dumps(called.name)
        # Another ending for programs that take every name below localhost for loopback.
        stem = name.partition(".elb.")[0]
        for ending in ("elb.localhost", "elb.internal"):
            assert caller.says("name", f"{stem}.{ending}") == caller.says("name", name)
    assert one.says("name", "internal-nobody-1234567890.us-east-1.elb.localhost") == NO_SUCH_NAME
    assert one.says("name", "nobody.ec2.internal") == NO_SUCH_NAME


def test_an_internet_facing_balancer_is_reached_inside_its_vpc(services, wharf, web):
    caller = services[0]
    public = Web(wharf, web)
    public.make(1, port=8099)
    name = public.balancer["DNSName"]
    assert name.endswith(".us-east-1.elb.localhost")
    assert caller.says("fetch", f"http://{name}:8099/").startswith("v1 ")
    public.close()
    wait_for(lambda: caller.says("name", name) == NO_SUCH_NAME, 10, "the end of the name")


def test_an_internet_facing_balancer_is_reached_from_other_networks(other_vpc, wharf, web, python):
    vpc, subnets, _ = other_vpc
    ec2 = wharf.client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    table = table["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    public = Web(wharf, web)
    public.make(1, port=8098)
    url = f"http://{public.host}/"
    script = f"import urllib.request; print('GOT', urllib.request.urlopen('{url}', timeout=10).read().decode())"
    inside = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets[:1]}}}
    for network, options in (("awsvpc", inside), ("bridge", {})):
        definition = tasks.register(wharf, python, network=network, entryPoint=["python3", "-c"], command=[script])
        tasks.start(wharf, definition, **options).wait_line("GOT v1 ", 60)
    public.close()
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_task_asks_its_vpc(services):
    service = services[0]
    (task,) = service.tasks()
    own = address(task)
    name = f"ip-{own.replace('.', '-')}.ec2.internal"
    assert service.says("file", "/etc/resolv.conf").split("\n")[:2] == ["nameserver 169.254.169.253", "search ec2.internal"]
    other = address(services[1].tasks()[0])
    for asked in (own, other):
        name = f"ip-{asked.replace('.', '-')}.ec2.internal"
        assert service.says("name", name) == [asked]
        assert service.says("address", asked) == name
    assert service.says("name", "ip-172-31-255-250.ec2.internal") == NO_SUCH_NAME
    assert service.says("name", "localhost") == ["127.0.0.1"]


LOOK_UP = """
import socket, struct, sys

for server in ("169.254.169.253", "10.77.0.2"):
    for name in sys.argv[1:]:
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        question = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack(">HH", 1, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(5)
            line.connect((server, 53))
            line.send(question)
            answer = line.recv(4096)
        code, count = answer[3] & 15, struct.unpack(">H", answer[6:8])[0]
        print("SAID", server, name, code, count, flush=True)
"""
FOUND, NAME_ERROR, REFUSED = "0 ", "3 0", "5 0"


def test_names_are_their_vpcs(services, other_vpc, wharf, python):
    vpc, subnets, balancer = other_vpc
    theirs, ours = balancer["DNSName"], services[0].balancer["DNSName"]
    ec2 = wharf.client("ec2")
    # Here it is as if the other VPC were not there.
    assert services[0].says("name", theirs) == NO_SUCH_NAME
    within = [{"Name": "vpc-id", "Values": [vpc]}]

    def wired():
        return [
            it["PrivateDnsName"] for it in ec2.describe_network_interfaces(Filters=within)["NetworkInterfaces"] if it["Status"] == "in-use"
        ]

    (interface, *_) = wait_for(wired, 30, "an interface of the load balancer")
    assert services[0].says("name", interface) == NO_SUCH_NAME

    def said():
        """By both servers of the other VPC, about four names."""
        definition = tasks.register(
            wharf, python, network="awsvpc", entryPoint=["python3", "-c"], command=[LOOK_UP, theirs, interface, ours, "example.invalid"]
        )
        network = {"awsvpcConfiguration": {"subnets": subnets[:1]}}
        task = tasks.start(wharf, definition, networkConfiguration=network)
        task.wait("STOPPED", 60)
        wait_for(lambda: len([line for line in task.lines() if "SAID" in line]) == 8, 15, f"eight answers, {task.lines()}")
        return [line.split(maxsplit=3)[1:] for line in task.lines() if "SAID" in line]

    # Neither groups nor routes let this task out, and names are none of their matter.
    expected = {theirs: FOUND, interface: FOUND, ours: NAME_ERROR, "example.invalid": NAME_ERROR}
    for server, name, code in said():
        assert code.startswith(expected[name]), (server, name, code)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    assert {code for _, _, code in said()} == {REFUSED}
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})


WHARF_ITSELF = """
import boto3, os, socket, urllib.error, urllib.request

os.environ.pop("AWS_DISABLE_HOST_PREFIX_INJECTION")
for name in ("api", "registry", "stream-api"):
    for ending in ("internal", "localhost"):
        print("FOUND", socket.gethostbyname(f"{name}.wharf.{ending}"), flush=True)
print("HEALTH", urllib.request.urlopen("http://api.wharf.internal:4566/health").status, flush=True)
try:
    urllib.request.urlopen("http://registry.wharf.internal:4566/v2/")
except urllib.error.HTTPError as error:
    print("REGISTRY", error.code, flush=True)
# SDKs put a prefix before the endpoint's name, or its address.
for endpoint in ("http://api.wharf.internal:4566", os.environ["AWS_ENDPOINT_URL"]):
    tail = boto3.client("logs", endpoint_url=endpoint).start_live_tail(logGroupIdentifiers=["arn:aws:logs:us-east-1:000000000000:log-group:/e2e"])
    print("TAILS", *next(iter(tail["responseStream"])), flush=True)
"""


@pytest.mark.parametrize("network", ["awsvpc", "bridge"])
def test_wharf_itself_has_names(services, wharf, python, network):
    iam, role = wharf.client("iam"), tasks.unique("names")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=tasks.TRUST_TASKS)
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=tasks.document("logs:StartLiveTail"))
    definition = tasks.register(
        wharf,
        python,
        network,
        role=f"arn:aws:iam::000000000000:role/{role}",
        entryPoint=["python3", "-c"],
        command=[WHARF_ITSELF],
        memory=128,
    )
    inside = {"networkConfiguration": services[0].network} if network == "awsvpc" else {}
    task = tasks.start(wharf, definition, **inside)
    task.wait("STOPPED", 60)
    expected = ["FOUND 169.254.170.2"] * 6 + ["HEALTH 200", "REGISTRY 401", "TAILS sessionStart", "TAILS sessionStart"]
    wait_for(lambda: task.lines() == expected, 10, f"ten lines, not {task.lines()}")


def test_names_of_wharf_in_a_shell(services, wharf, busybox):
    definition = tasks.register(wharf, busybox, "awsvpc", **tasks.sh("nslookup api.wharf.internal; nslookup nobody.wharf.internal"))
    task = tasks.start(wharf, definition, networkConfiguration=services[0].network)
    task.wait("STOPPED", 60)
    task.wait_line("169.254.170.2")
    task.wait_line("can't find nobody.wharf.internal")


def test_names_outlive_processes(python_alone):
    """Killed with -9: the server is not asked, and the agent is back before its tasks give up."""
    fresh, service = python_alone
    name = service.balancer["DNSName"]
    found = service.says("name", name)
    assert isinstance(found, list) and found
    at = service.addresses()[0]
    url = f"http://{at}/name/{name}"
    fresh.kill_child("server")
    assert ask(url) == found
    fresh.kill_child("node")
    wait_for(lambda: ask(url) == found, 15, "an answer of the next agent")
    # The server gone for good, and the agent begins with what was on disk.
    fresh.kill_all()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{fresh.endpoint}/health", timeout=2)
    fresh.launch()
    wait_for(lambda: ask(url) == found, 30, "an answer after the end of everything")


@pytest.fixture
def python_alone():
    from harness import images

    with Installation() as alone:
        alone.start()
        service = Service(alone, images.push(alone, "python")).make()
        yield alone, service
