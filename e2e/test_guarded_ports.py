"""Load balancers on the host's own addresses: who reaches them there, and which ports they never take."""

import re
import socket
import urllib.request

import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.installation import free_port
from harness.waiting import wait_for

SAID = "this is no control plane"


def said(text):
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": text}}


def get(port):
    """The body at a port of loopback; `None` if the connection is refused or reset."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


class Balancer:
    """A load balancer that answers everything by itself."""

    def __init__(self, wharf, group, **more):
        self.elb = wharf.client("elbv2")
        made = self.elb.create_load_balancer(
            Name=tasks.unique("guard"), Subnets=tasks.default_subnets(wharf), SecurityGroups=[group], **more
        )
        self.arn, self.name = made["LoadBalancers"][0]["LoadBalancerArn"], made["LoadBalancers"][0]["DNSName"]

    def listen(self, port, text):
        self.elb.create_listener(LoadBalancerArn=self.arn, Protocol="HTTP", Port=port, DefaultActions=[said(text)])

    def close(self):
        self.elb.delete_load_balancer(LoadBalancerArn=self.arn)


@pytest.fixture
def make(request):
    def made(*arguments, **more):
        balancer = Balancer(*arguments, **more)
        request.addfinalizer(balancer.close)
        return balancer

    return made


def test_an_internal_load_balancer_is_not_on_the_host(wharf, busybox, make):
    group = tasks.open_group(wharf)
    inner_port, outer_port = free_port(), free_port()
    inner, outer = make(wharf, group, Scheme="internal"), make(wharf, group)
    inner.listen(inner_port, "inner")
    outer.listen(outer_port, "outer")
    wait_for(lambda: get(outer_port) == "outer", 30, "the load balancer that faces the internet")
    # Inside its VPC, the other is there.
    described = wharf.client("ec2").describe_network_interfaces(
        Filters=[{"Name": "description", "Values": [f"ELB {inner.arn.split('loadbalancer/')[1]}"]}]
    )
    address = described["NetworkInterfaces"][0]["PrivateIpAddress"]
    script = f"for i in 1 2 3 4 5 6 7 8 9 10; do wget -q -O- http://{address}:{inner_port}/ && exit; sleep 1; done; exit 1"
    definition = tasks.register(wharf, busybox, network="awsvpc", **tasks.sh(script))
    task = tasks.start(wharf, definition, **tasks.in_vpc(wharf, securityGroups=[group]))
    described = task.wait("STOPPED")
    assert described["containers"][0]["exitCode"] == 0, described
    assert get(inner_port) is None


def test_security_groups_hold_on_the_host(wharf, make):
    ec2 = wharf.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName=tasks.unique("guard"), Description="changes", VpcId=vpc)["GroupId"]
    port, other = free_port(), free_port()
    balancer, open_one = make(wharf, group), make(wharf, tasks.open_group(wharf))
    balancer.listen(port, "behind a group")
    open_one.listen(other, "open")
    wait_for(lambda: get(other) == "open", 30, "a load balancer that is open")
    wait_for(lambda: socket.create_connection(("127.0.0.1", port), 5), 10, "the door")
    assert get(port) is None
    rule = {"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "127.0.0.0/8"}
    ec2.authorize_security_group_ingress(**rule)
    wait_for(lambda: get(port) == "behind a group", 10, "the rule to be in force")
    ec2.revoke_security_group_ingress(**rule)
    wait_for(lambda: get(port) is None, 10, "the end of the rule")


def test_nobody_takes_the_port_of_the_api(fresh):
    """A listener on it waits for the moment in which the server is dead."""
    balancer = Balancer(fresh, tasks.open_group(fresh))
    other = free_port()
    balancer.listen(fresh.port, SAID)
    balancer.listen(other, "elsewhere")
    wait_for(lambda: get(other) == "elsewhere", 30, "the load balancer")
    refused = re.compile(rf"^127\.0\.0\.1:{fresh.port} .*the port is reserved", re.M)
    # The machine reports its addresses after it has tried them.
    wait_for(lambda: refused.search(tools.run(tools.wharf(), "status", "--data", fresh.data).stdout), 30, "the refusal to be shown")
    for _ in range(8):
        old = wait_for(lambda: fresh.child("server"), 30, "a server")
        tools.run("kill", "-9", str(old))
        # Connections wait for the next server; nobody is refused, and nobody else answers.
        with socket.create_connection(("127.0.0.1", fresh.port), 30) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            line.settimeout(60)
            answer = b""
            while chunk := line.recv(4096):
                answer += chunk
        assert b" 200 " in answer.split(b"\r\n")[0], answer
        assert SAID.encode() not in answer
    with pytest.raises(ClientError):
        fresh.client("elbv2").describe_load_balancers(Names=["none"])
    assert "Address already in use" not in fresh.output.text
