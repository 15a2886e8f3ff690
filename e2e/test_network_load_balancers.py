"""Network load balancers through the AWS CLI and boto3: what is made, shown and refused, and what they carry."""

import socket
import ssl

import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.refusals import refused
from harness.services import Web, address
from harness.waiting import wait_as_boto3, wait_for

pytestmark = pytest.mark.minutes(1)

ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
ECHO = """
import socket
import threading


def datagrams():
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("0.0.0.0", 7000))
    while True:
        data, peer = line.recvfrom(2048)
        line.sendto(b"udp " + data, peer)


threading.Thread(target=datagrams).start()
listener = socket.create_server(("0.0.0.0", 7000))
while True:
    peer, _ = listener.accept()
    data = peer.recv(2048)
    if data:
        peer.sendall(b"tcp " + data)
    peer.close()
"""

# Says who calls, over TCP and UDP, to its log and to the caller.
WHO = """
import os
import signal
import socket
import threading

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def datagrams():
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("0.0.0.0", 7000))
    while True:
        _, peer = line.recvfrom(2048)
        print("udp", peer[0], flush=True)
        line.sendto(peer[0].encode(), peer)


threading.Thread(target=datagrams).start()
listener = socket.create_server(("0.0.0.0", 7000))
while True:
    peer, (address, _) = listener.accept()
    with peer:
        if peer.recv(2048):
            print("tcp", address, flush=True)
            peer.sendall(address.encode())
"""
# Its own address, and as whom it is seen, by the protocols that it is told to use.
CALL = """
import socket
import sys
import time

name, port, kinds = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
for kind in kinds:
    for _ in range(20):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as line:
            line.settimeout(2)
            try:
                line.connect((name, port))
                line.send(b"?")
                print(kind, line.getsockname()[0], line.recv(2048).decode(), flush=True)
                break
            except OSError:
                time.sleep(1)
"""


class Flows(Web):
    """The same service behind a network load balancer."""

    def make_balancer(self, port=None, protocol="TCP", target_port=80, kind="ip", **balancer):
        vpc = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        self.subnets, self.group = tasks.default_subnets(self.wharf), tasks.open_group(self.wharf)
        made = self.elb.create_load_balancer(Name=self.name, Type="network", Subnets=self.subnets, SecurityGroups=[self.group], **balancer)
        self.balancer = made["LoadBalancers"][0]
        wait_as_boto3(self.elb, "load_balancer_available", LoadBalancerArns=[self.balancer["LoadBalancerArn"]])
        made = self.elb.create_target_group(
            Name=self.name, Protocol=protocol, Port=target_port, VpcId=vpc, TargetType=kind,
            HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
        )  # fmt: skip
        self.target_group = made["TargetGroups"][0]["TargetGroupArn"]
        self.elb.modify_target_group_attributes(
            TargetGroupArn=self.target_group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
        )
        self.port = port
        self.listener = self.listen(port, protocol)

    def listen(self, port, protocol, **more):
        made = self.elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"], Protocol=protocol, Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.target_group}], **more,
        )  # fmt: skip
        return made["Listeners"][0]["ListenerArn"]


@pytest.fixture(scope="module")
def elb(wharf):
    return wharf.client("elbv2")


@pytest.fixture(scope="module")
def vpc(wharf):
    (default,) = wharf.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    return default["VpcId"]


@pytest.fixture
def made(wharf, elb, vpc):
    """One without targets, by the CLI: its ARN, and its target group's."""
    name = tasks.unique("flows")
    balancer = wharf.aws("elbv2", "create-load-balancer", "--name", name, "--type", "network", "--subnets", tasks.default_subnets(wharf)[0])
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    wharf.aws("elbv2", "wait", "load-balancer-available", "--load-balancer-arns", arn)
    group = wharf.aws(
        "elbv2", "create-target-group", "--name", name, "--protocol", "TCP", "--port", "80", "--vpc-id", vpc, "--target-type", "ip"
    )
    group = group["TargetGroups"][0]["TargetGroupArn"]
    yield arn, group
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.delete_target_group(TargetGroupArn=group)


def attributes(answer):
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def test_it_is_shown_as_on_aws(wharf, elb, made):
    arn, group = made
    (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    name = balancer["LoadBalancerName"]
    assert arn.startswith(f"{ARN}loadbalancer/net/{name}/")
    assert (balancer["Type"], balancer["State"], balancer["Scheme"]) == ("network", {"Code": "active"}, "internet-facing")
    assert balancer["DNSName"].startswith(f"{name}-") and balancer["DNSName"].endswith(".us-east-1.elb.localhost")
    shown = attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
    assert shown["load_balancing.cross_zone.enabled"] == "false" and "idle_timeout.timeout_seconds" not in shown
    (described,) = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    assert (described["Protocol"], described["HealthCheckProtocol"], described["HealthCheckTimeoutSeconds"]) == ("TCP", "TCP", 10)
    assert not {"Matcher", "HealthCheckPath", "ProtocolVersion"} & set(described)
    shown = attributes(elb.describe_target_group_attributes(TargetGroupArn=group))
    assert (shown["stickiness.type"], shown["proxy_protocol_v2.enabled"]) == ("source_ip", "false")
    listener = elb.create_listener(
        LoadBalancerArn=arn, Protocol="TCP", Port=7201, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}]
    )["Listeners"][0]["ListenerArn"]
    assert listener.startswith(f"{ARN}listener/net/{name}/")
    assert attributes(elb.describe_listener_attributes(ListenerArn=listener)) == {"tcp.idle_timeout.seconds": "350"}
    elb.modify_listener_attributes(ListenerArn=listener, Attributes=[{"Key": "tcp.idle_timeout.seconds", "Value": "60"}])
    assert attributes(elb.describe_listener_attributes(ListenerArn=listener)) == {"tcp.idle_timeout.seconds": "60"}
    (rule,) = elb.describe_rules(ListenerArn=listener)["Rules"]
    assert rule["IsDefault"] and rule["RuleArn"].startswith(f"{ARN}listener-rule/net/{name}/")


def test_what_it_is_not_is_refused_by_name(elb, vpc, made):
    arn, group = made
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    code, message = refused(elb.create_listener, LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    assert (code, message) == ("ValidationError", "Listener protocol 'HTTP' must be one of 'TCP, TLS, UDP, TCP_UDP'")
    code, message = refused(elb.create_listener, LoadBalancerArn=arn, Protocol="UDP", Port=80, DefaultActions=forward)
    assert code == "IncompatibleProtocols" and message.endswith("have incompatible protocols (UDP, TCP)")
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    assert (
        refused(elb.create_listener, LoadBalancerArn=arn, Protocol="TCP", Port=80, DefaultActions=fixed)[0] == "InvalidLoadBalancerAction"
    )
    assert refused(elb.create_listener, LoadBalancerArn=arn, Protocol="TLS", Port=443, DefaultActions=forward)[1] == (
        "A certificate must be specified for TLS listeners"
    )
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="TCP", Port=7202, DefaultActions=forward)["Listeners"][0]["ListenerArn"]
    conditions = [{"Field": "path-pattern", "Values": ["/"]}]
    code, message = refused(elb.create_rule, ListenerArn=listener, Priority=1, Conditions=conditions, Actions=forward)
    assert message == "Rules are unsupported for Network Load Balancer listeners"
    code, message = refused(
        elb.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=[{"Key": "routing.http2.enabled", "Value": "true"}]
    )
    assert message == "Load balancer attribute key 'routing.http2.enabled' is not recognized"
    mapping = [{"SubnetId": "subnet-1", "AllocationId": "eipalloc-1"}]
    assert refused(elb.create_load_balancer, Name="mapped", Type="network", SubnetMappings=mapping)[0] == "UnsupportedOperation"


def test_a_service_behind_one_answers(wharf, web):
    service = Flows(wharf, web)
    service.make(2, port=7210)
    try:
        assert len(service.answers(60)) == 2, "both tasks have flows"
        listening = service.balancer["DNSName"]
        assert tools.run("curl", "-sSf", f"http://{listening}:7210/").stdout.startswith("v1 ")
        # Inside the VPC it has an address too.
        inside = tasks.run_script(
            wharf, web, f"wget -q -O - http://{listening}:7210/", network="awsvpc", run_options=service_network(service)
        )
        assert "v1 " in inside.output()
        service.ecs.update_service(cluster=service.cluster, service=service.name, taskDefinition=service.define("v2"))
        wait_for(lambda: service.ask()[1].startswith("v2"), 60, "the new version")
        while not service.stable():
            assert service.ask()[0] == 200
    finally:
        service.close()


def service_network(service):
    return {"networkConfiguration": service.network}


def said(port, kind, text=b"hello"):
    """What comes back, if anything does."""
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(1)
        try:
            line.connect(("127.0.0.1", port))
            line.send(text)
            return line.recv(2048)
        except OSError:
            return None


@pytest.fixture
def echo(wharf, python):
    """A task that answers over TCP and UDP."""
    definition = tasks.register(wharf, python, network="awsvpc", command=["python3", "-c", ECHO])
    task = tasks.start(wharf, definition, **tasks.in_vpc(wharf, securityGroups=[tasks.open_group(wharf)]))
    yield task.wait("RUNNING")
    task.stop(wait=False)


def close(service):
    service.elb.delete_load_balancer(LoadBalancerArn=service.balancer["LoadBalancerArn"])
    service.elb.delete_target_group(TargetGroupArn=service.target_group)


def test_datagrams_and_connections_on_one_port(wharf, echo):
    service = Flows(wharf, None)
    service.make_balancer(7220, "TCP_UDP", 7000)
    try:
        service.elb.register_targets(TargetGroupArn=service.target_group, Targets=[{"Id": address(echo)}])
        wait_as_boto3(service.elb, "target_in_service", TargetGroupArn=service.target_group)
        wait_for(lambda: said(7220, socket.SOCK_STREAM) == b"tcp hello", 20, "an answer over TCP")
        wait_for(lambda: said(7220, socket.SOCK_DGRAM) == b"udp hello", 20, "an answer over UDP")
    finally:
        close(service)
    wait_for(lambda: said(7220, socket.SOCK_STREAM) is None, 20, "the end of the listener")


def kept(elb, group, value=None):
    """Whether a target group keeps its clients' addresses, once it is told to or not to."""
    if value is not None:
        elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "preserve_client_ip.enabled", "Value": value}])
    return attributes(elb.describe_target_group_attributes(TargetGroupArn=group))["preserve_client_ip.enabled"]


def test_which_groups_keep_the_clients_address_is_as_on_aws(wharf, elb, vpc):
    made = {}
    try:
        for protocol in ("TCP", "TLS", "UDP", "TCP_UDP"):
            for kind in ("ip", "instance"):
                name = tasks.unique("keeps")
                (group,) = elb.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc, TargetType=kind)["TargetGroups"]
                made[protocol, kind] = group["TargetGroupArn"]
        shown = {which: kept(elb, group) for which, group in made.items()}
        assert {which for which, value in shown.items() if value == "false"} == {("TCP", "ip"), ("TLS", "ip")}
        for protocol in ("TCP", "TLS"):
            for kind in ("ip", "instance"):
                assert kept(elb, made[protocol, kind], "true") == "true"
                assert kept(elb, made[protocol, kind], "false") == "false"
        for which in (("UDP", "ip"), ("TCP_UDP", "ip"), ("UDP", "instance"), ("TCP_UDP", "instance")):
            code, message = refused(kept, elb=elb, group=made[which], value="false")
            assert code == "UnsupportedOperation" and "preserve_client_ip.enabled" in message
    finally:
        for group in made.values():
            elb.delete_target_group(TargetGroupArn=group)


@pytest.fixture
def called(wharf, python, vpc):
    """A task that says who calls, and that load balancers with the open group alone may call."""
    ec2, name = wharf.client("ec2"), tasks.unique("called")
    group = ec2.create_security_group(GroupName=name, Description="load balancers may call", VpcId=vpc)["GroupId"]
    balancers = [{"GroupId": tasks.open_group(wharf)}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": balancers}])
    definition = tasks.register(wharf, python, network="awsvpc", command=["python3", "-c", WHO])
    task = tasks.start(wharf, definition, **tasks.in_vpc(wharf, securityGroups=[group]))
    yield task.wait("RUNNING"), task
    task.stop()
    wait_for(lambda: deleted(ec2, group), 30, "the end of the group")


def deleted(ec2, group):
    try:
        ec2.delete_security_group(GroupId=group)
    except ClientError:
        return False
    return True


def call(wharf, python, name, port, *kinds):
    """What a task of the default group, which targets do not let in, says: its own address, and as whom it was seen."""
    caller = tasks.run(
        wharf, python, network="awsvpc", command=["python3", "-c", CALL, name, str(port), *kinds], run_options=tasks.in_vpc(wharf),
    )  # fmt: skip
    caller.wait("STOPPED")
    return [line.split() for line in caller.output().splitlines()]


def test_targets_see_who_calls(wharf, python, called):
    target, logged = called
    service = Flows(wharf, None)
    service.make_balancer(7000, "TCP", 7000, Scheme="internal")
    try:
        service.elb.register_targets(TargetGroupArn=service.target_group, Targets=[{"Id": address(target)}])
        wait_as_boto3(service.elb, "target_in_service", TargetGroupArn=service.target_group)
        name = service.balancer["DNSName"]
        ((_, own, seen),) = call(wharf, python, name, 7000, "tcp")
        assert own != seen, "by default targets see the load balancer"
        assert kept(service.elb, service.target_group, "true") == "true"
        ((_, own, seen),) = call(wharf, python, name, 7000, "tcp")
        assert own == seen
        logged.wait_line(f"tcp {own}")
    finally:
        close(service)


def test_targets_see_whose_datagrams_they_get(wharf, python, called):
    target, _ = called
    service = Flows(wharf, None)
    service.make_balancer(7000, "TCP_UDP", 7000, Scheme="internal")
    try:
        service.elb.register_targets(TargetGroupArn=service.target_group, Targets=[{"Id": address(target)}])
        wait_as_boto3(service.elb, "target_in_service", TargetGroupArn=service.target_group)
        seen = call(wharf, python, service.balancer["DNSName"], 7000, "tcp", "udp")
        assert [(kind, own) for kind, own, _ in seen] == [(kind, whom) for kind, _, whom in seen] and len(seen) == 2
    finally:
        close(service)


def test_an_instance_is_a_target(wharf, web):
    definition = tasks.register(wharf, web, network="bridge", portMappings=[{"containerPort": 80}])
    task, service = tasks.start(wharf, definition), Flows(wharf, None)
    described = task.wait("RUNNING")
    ecs = wharf.client("ecs")
    (found,) = ecs.describe_container_instances(containerInstances=[described["containerInstanceArn"]])["containerInstances"]
    port = described["containers"][0]["networkBindings"][0]["hostPort"]
    service.make_balancer(7240, kind="instance")
    try:
        service.elb.register_targets(TargetGroupArn=service.target_group, Targets=[{"Id": found["ec2InstanceId"], "Port": port}])
        wait_as_boto3(service.elb, "target_in_service", TargetGroupArn=service.target_group)
        service.wait_answers()
    finally:
        close(service)
        task.stop(wait=False)


def test_tls_ends_at_the_load_balancer(wharf, echo, tmp_path):
    name, key, body = "flows.example.com", tmp_path / "key.pem", tmp_path / "body.pem"
    tools.run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", body,
    )  # fmt: skip
    acm = wharf.client("acm")
    certificate = acm.import_certificate(Certificate=body.read_bytes(), PrivateKey=key.read_bytes())["CertificateArn"]
    service = Flows(wharf, None)
    service.make_balancer(7230, "TCP", 7000)
    try:
        service.listen(7231, "TLS", Certificates=[{"CertificateArn": certificate}], AlpnPolicy=["HTTP2Preferred"])
        service.elb.register_targets(TargetGroupArn=service.target_group, Targets=[{"Id": address(echo)}])
        wait_as_boto3(service.elb, "target_in_service", TargetGroupArn=service.target_group)
        context = ssl.create_default_context(cafile=body)
        context.set_alpn_protocols(["http/1.1", "h2"])

        def asked():
            try:
                line = socket.create_connection(("127.0.0.1", 7231), timeout=2)
                with line, context.wrap_socket(line, server_hostname=name) as secure:
                    secure.send(b"hello")
                    return secure.selected_alpn_protocol(), secure.recv(2048)
            except OSError as error:
                return error

        wait_for(lambda: asked() == ("h2", b"tcp hello"), 20, "an answer over TLS")
    finally:
        close(service)
        acm.delete_certificate(CertificateArn=certificate)
