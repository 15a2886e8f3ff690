"""What one network cannot do to another, nor to the host: ranges, routes, names, addresses of others."""

import json
import socket
import threading

import pytest

from harness import tools
from harness.machines import ANSWER_S, SILENCE_S, Groups, Machines
from harness.tasks import sh
from harness.waiting import wait_for

PUBLIC = "8.8.8.8"
SERVE = "trap 'exit 0' TERM; mkdir -p /var/www; echo stolen >/var/www/index.html; httpd -f -p 53 -h /var/www & wait"


@pytest.fixture
def run(wharf, busybox):
    """Starts machines in a subnet and ends them with the test."""
    with Machines(wharf, busybox) as machines:
        yield machines


class Network:
    """A VPC with one subnet."""

    def __init__(self, wharf, cidr, subnet):
        self.ec2 = wharf.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=subnet, AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
        self.groups = Groups(wharf, self.vpc)

    def open_group(self, port):
        group = self.groups.make("open")
        self.groups.change("authorize", group, cidr="0.0.0.0/0", port=port)
        return group

    def main_table(self):
        mine = [{"Name": "vpc-id", "Values": [self.vpc]}]
        return self.ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]

    def add_gateway(self):
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self.ec2.create_route(RouteTableId=self.main_table(), DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        return gateway


class Uplink:
    """The host's end of the link that joins a VPC's namespace to it."""

    def __init__(self, wharf, vpc):
        namespace = wharf.data / f"node/network/netns/vpc.{vpc}"
        (link,) = json.loads(tools.run("nsenter", f"--net={namespace}", "ip", "-j", "-4", "addr", "show", "dev", "up").stdout)
        (self.address,) = [info["local"] for info in link["addr_info"]]
        (route,) = json.loads(tools.run("ip", "-j", "route", "get", self.address).stdout)
        self.name = route["dev"]


def way(to, uplink=None):
    """Where the host sends a packet of its own, or one that comes from a VPC; None without a route."""
    forwarded = ("from", uplink.address, "iif", uplink.name) if uplink else ()
    found = tools.run("ip", "-j", "route", "get", to, *forwarded, check=False)
    if found.returncode != 0:
        return None
    (route,) = json.loads(found.stdout)
    return route.get("gateway"), route.get("dev")


def test_a_vpc_of_public_addresses_takes_them_from_nobody(wharf, run):
    before = way(PUBLIC)
    thief = Network(wharf, "8.8.8.0/24", "8.8.8.0/28")
    # All addresses are taken but the one that is wanted; one is given back for who asks.
    others = [f"8.8.8.{last}" for last in range(4, 15) if last != 8]
    taken = [thief.ec2.create_network_interface(SubnetId=thief.subnet, PrivateIpAddress=other) for other in others]
    stolen = run(thief.subnet, thief.open_group(53), ports=(53,), **sh(SERVE))
    assert stolen.address == PUBLIC
    thief.ec2.delete_network_interface(NetworkInterfaceId=taken[0]["NetworkInterface"]["NetworkInterfaceId"])
    friend = run(thief.subnet, thief.open_group(53))
    ask = ("curl", "-sS", "--max-time", SILENCE_S, f"http://{PUBLIC}:53/")
    wait_for(lambda: friend.inside(*ask).stdout == "stolen\n", 10, "an answer inside the VPC")
    other = Network(wharf, "10.77.0.0/16", "10.77.0.0/28")
    run(other.subnet, other.open_group(80))
    assert way(PUBLIC) == before
    for vpc in (thief.vpc, other.vpc):
        assert way(PUBLIC, Uplink(wharf, vpc)) == before


def test_vpcs_on_one_host_do_not_reach_each_other(wharf, run):
    one, two = Network(wharf, "10.78.0.0/16", "10.78.0.0/28"), Network(wharf, "10.88.0.0/16", "10.88.0.0/28")
    one.add_gateway()
    two.add_gateway()
    client, server, beside = run(one.subnet, one.open_group(80)), run(two.subnet, two.open_group(80)), run(two.subnet, two.open_group(80))
    assert beside.gets(server)
    # Not even where the host has a route, so that no packet of this test leaves the machine.
    uplink = Uplink(wharf, two.vpc)
    tools.run("ip", "route", "replace", f"{server.address}/32", "via", uplink.address, "dev", uplink.name, "onlink")
    assert way(server.address, Uplink(wharf, one.vpc)) == (uplink.address, uplink.name)
    assert tools.run("curl", "-sS", "--max-time", ANSWER_S, f"http://{server.address}/").stdout.startswith("hello")
    assert not client.gets(server, SILENCE_S)
    tools.run("ip", "route", "delete", f"{server.address}/32")


class Outside:
    """A web service of the host, which is outside of every VPC."""

    def __init__(self, port=0):
        self.socket = socket.create_server(("0.0.0.0", port))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                client.recv(4096)
                client.sendall(b"HTTP/1.0 200 OK\r\n\r\noutside\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def host_address():
    """One at which tasks reach the host's own services."""
    routes = json.loads(tools.run("ip", "-j", "-4", "addr", "show", "scope", "global").stdout)
    addresses = [info["local"] for link in routes for info in link["addr_info"]]
    assert addresses, "a machine without an address"
    return addresses[0]


def test_a_private_subnet_reaches_its_vpc_and_nothing_else(wharf, run):
    network = Network(wharf, "10.79.0.0/16", "10.79.0.0/28")
    group = network.open_group(80)
    lonely, friend = run(network.subnet, group), run(network.subnet, group)
    address = host_address()
    with Outside() as outside:

        def gets_out(limit_s=SILENCE_S):
            ask = ("curl", "-sS", "--max-time", limit_s, f"http://{address}:{outside.port}/")
            return lonely.inside(*ask).stdout == "outside\n"

        assert friend.gets(lonely)
        assert not gets_out(), "no route leads there"
        endpoint = lonely.inside("curl", "-sS", "--max-time", ANSWER_S, "http://169.254.170.2:4566/health")
        assert endpoint.returncode == 0, endpoint
        gateway = network.add_gateway()
        wait_for(gets_out, 10, "a way out by the new route")
        table = network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
        association = network.ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnet)["AssociationId"]
        wait_for(lambda: not gets_out(), 10, "the end of it in a table without that route")
        network.ec2.disassociate_route_table(AssociationId=association)
        wait_for(gets_out, 10, "the way out by the main table")
        network.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
        wait_for(lambda: not gets_out(), 10, "the end of it without the gateway")
        assert friend.gets(lonely)


# Says to everybody on the link, and to the neighbour, that an address is here; then waits for what comes.
CLAIM = """
import socket, struct, sys
claimed, target = (socket.inet_aton(word) for word in sys.argv[1:3])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
link.bind(("eth0", 0))
own = link.getsockname()[4]
for to in (b"\\xff" * 6, b"\\x02wharf"):
    for kind, asked in ((1, claimed), (2, claimed), (2, target)):
        arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, kind) + own + claimed + to + asked
        link.send(to + own + b"\\x08\\x06" + arp)
# One that bears the other's address.
body = struct.pack("!HHHH", 5353, 7, 8 + 4, 0) + b"lie!"
head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0, claimed, target)
total = sum(struct.unpack("!10H", head))
total = (total & 0xFFFF) + (total >> 16)
head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
link.send(b"\\x02wharf" + own + b"\\x08\\x00" + head + body)
link.settimeout(1)
try:
    while True:
        data = link.recv(2048)
        if data[12:14] == b"\\x08\\x00" and data[30:34] == claimed:
            print("heard what was for another")
            break
except TimeoutError:
    print("heard nothing")
"""
SPEAK = """
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"truth", (sys.argv[1], 7))
"""
LISTEN = """
import socket, sys
ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ears.bind(("0.0.0.0", 7))
ears.settimeout(float(sys.argv[1]))
print("ready", flush=True)
try:
    data = b""
    while not data.startswith(b"truth"):
        data, sender = ears.recvfrom(100)
        print(data, sender, flush=True)
except TimeoutError:
    pass
"""


def test_an_address_cannot_be_claimed(wharf, run):
    """By ARP, or by packets that bear it: with all rights in its own network a task stays what it is."""
    network = Network(wharf, "10.81.0.0/16", "10.81.0.0/28")
    group = network.groups.make("open")
    network.ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.81.0.0/16"}]}]
    )
    capabilities = {"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}}
    rogue, victim, target = run(network.subnet, group, **capabilities), run(network.subnet, group), run(network.subnet, group)
    python = tools.REPOSITORY / ".venv/bin/python"
    with target.start_inside(python, "-c", LISTEN, "20") as ears:
        assert ears.stdout.readline() == "ready\n"
        claim = rogue.inside(python, "-c", CLAIM, victim.address, target.address, check=True)
        assert claim.stdout == "heard nothing\n"
        assert target.gets(victim), "what is for the victim reaches it"
        victim.inside(python, "-c", SPEAK, target.address, check=True)
        heard = ears.communicate()[0]
    assert "truth" in heard and "lie" not in heard, heard
    # Nor is it anybody else to wharf's endpoint, or on its way to a cloud's.
    rogue.inside("ip", "address", "add", f"{victim.address}/32", "dev", "eth0", check=True)
    for url in ("http://169.254.170.2/v4/", "http://169.254.169.254/latest/meta-data/"):
        answer = rogue.inside("curl", "-sS", "--max-time", SILENCE_S, "--interface", victim.address, url)
        assert answer.returncode != 0 and answer.stdout == "", answer
