"""Names: what tasks of a VPC find under the names of load balancers, interfaces and the world."""

import contextlib
import json
import urllib.error
import urllib.request

import pytest

from harness import tasks
from harness.installation import Installation
from harness.services import Web, address
from harness.waiting import wait_for

# Says who it is; fetches what it is told to, from where it is; looks names up as every program does.
SERVER = """
import http.server, json, os, socket, urllib.parse, urllib.request


def look_up(name):
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(name, None, socket.AF_INET)})
    except socket.gaierror as error:
        return error.errno


def by_address(address):
    try:
        return socket.gethostbyaddr(address)[0]
    except OSError as error:
        return error.errno


ANSWERS = {
    "who": lambda _: os.environ["WHO"],
    "name": look_up,
    "address": by_address,
    "file": lambda path: open(path).read(),
    "fetch": lambda url: urllib.request.urlopen(url, timeout=10).read().decode(),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        what, _, about = self.path.strip("/").partition("/")
        body = json.dumps(ANSWERS.get(what, ANSWERS["who"])(urllib.parse.unquote(about))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("0.0.0.0", 80), Handler).serve_forever()
"""
# `socket.EAI_NONAME` and its like, as getaddrinfo gives them.
NO_SUCH_NAME, NOT_NOW = -2, -3


class Service(Web):
    """A service of one such server behind an internal load balancer."""

    def make(self, **balancer):
        self.make_balancer(**{"Scheme": "internal", **balancer})
        self.make_service(1)
        self.wait_stable()
        self.wait_healthy()
        return self

    def define(self, version):
        return super().define(version, entryPoint=["python3", "-c"], command=[SERVER], environment=[{"name": "WHO", "value": self.name}])

    def says(self, what, about=""):
        """What its task answers to this machine."""
        (at,) = self.addresses()
        return ask(f"http://{at}/{what}/{urllib.request.quote(about, safe='')}")


def ask(url):
    with urllib.request.urlopen(url, timeout=15) as answer:
        return json.load(answer)


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
