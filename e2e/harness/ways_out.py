"""Networks with a way out, and a service outside of them that says who asks."""

import json
import socket
import threading

from . import tools
from .machines import Groups


class Outside:
    """A web service of the host, which is outside of every VPC: it answers with the address that it is asked from."""

    def __init__(self):
        self.socket = socket.create_server(("0.0.0.0", 0))
        self.port = self.socket.getsockname()[1]
        self.address = host_address()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, (peer, _) = self.socket.accept()
            except OSError:
                return
            with client:
                client.recv(4096)
                client.sendall(f"HTTP/1.0 200 OK\r\n\r\n{peer}\n".encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def sees(self, machine, limit_s=1):
        """As whom a machine gets here; None if it does not."""
        ask = ("curl", "-sS", "--max-time", limit_s, f"http://{self.address}:{self.port}/")
        return machine.inside(*ask).stdout.strip() or None


def host_address():
    """One at which tasks reach the host's own services."""
    links = json.loads(tools.run("ip", "-j", "-4", "addr", "show", "scope", "global").stdout)
    addresses = [info["local"] for link in links for info in link["addr_info"]]
    assert addresses, "a machine without an address"
    return addresses[0]


def asks(address, limit_s=1):
    """What the host gets from there."""
    return tools.run("curl", "-sS", "--max-time", limit_s, f"http://{address}/", check=False).stdout.strip() or None


class Network:
    """A VPC with subnets, and a gateway to which its main table leads."""

    def __init__(self, wharf, cidr):
        self.ec2 = wharf.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.groups = Groups(wharf, self.vpc)
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        mine = [{"Name": "vpc-id", "Values": [self.vpc]}]
        self.main_table = self.ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]
        self.ec2.create_route(RouteTableId=self.main_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)

    def subnet(self, cidr):
        return self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]

    def table_of(self, subnet):
        """A route table of the subnet's own."""
        table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table

    def open_group(self, port=80):
        group = self.groups.make("open")
        self.groups.change("authorize", group, cidr="0.0.0.0/0", port=port)
        return group
