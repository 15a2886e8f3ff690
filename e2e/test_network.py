"""Network modes: what a task reaches, and who reaches it."""

import ipaddress
import json
import socket
import urllib.request

import pytest

from harness import tasks, tools
from harness.tasks import sh
from harness.waiting import wait_for

SERVE = "echo hello from $(hostname) > /var/www/index.html; trap 'exit 0' TERM; httpd -f -p %d -h /var/www & wait"


def fetch(url):
    with urllib.request.urlopen(url, timeout=3) as answer:
        return answer.read().decode()


def interface(task):
    (attachment,) = task.describe()["attachments"]
    return {detail["name"]: detail["value"] for detail in attachment["details"]}, attachment


def test_none(wharf, busybox):
    task = tasks.run_script(wharf, busybox, "ip -o link | cut -d: -f2; ip route | grep . || echo alone")
    assert [line.strip() for line in task.lines()] == ["lo", "alone"]
    assert task.container()["networkBindings"] == []


def test_host(wharf, busybox):
    inside = tasks.run_script(wharf, busybox, "ip -o link | cut -d: -f2 | sort", network="host")
    ours = sorted(link["ifname"] for link in json.loads(tools.run("ip", "-j", "link").stdout))
    assert {"lo"} <= {line.strip().partition("@")[0] for line in inside.lines()} <= set(ours)
    task = tasks.run(wharf, busybox, network="host", portMappings=[{"containerPort": 18081}], **sh(SERVE % 18081))
    task.wait("RUNNING")
    assert [(one["containerPort"], one["hostPort"]) for one in task.container()["networkBindings"]] == [(18081, 18081)]
    wait_for(lambda: fetch("http://127.0.0.1:18081/"), 10, "an answer on the host's port")
    task.stop()


def test_bridge_with_dynamic_and_fixed_ports(wharf, busybox):
    ports = [{"containerPort": 80, "hostPort": 0}, {"containerPort": 80, "hostPort": 18082, "protocol": "tcp"}]
    task = tasks.run(wharf, busybox, network="bridge", portMappings=ports, **sh(SERVE % 80))
    task.wait("RUNNING")
    bindings = task.container()["networkBindings"]
    assert {one["containerPort"] for one in bindings} == {80} and {one["bindIP"] for one in bindings} == {"0.0.0.0"}
    (dynamic,) = [one["hostPort"] for one in bindings if one["hostPort"] != 18082]
    assert 32768 <= dynamic <= 65535
    for port in (dynamic, 18082):
        assert wait_for(lambda port=port: fetch(f"http://127.0.0.1:{port}/"), 10, f"an answer on port {port}").startswith("hello")
    task.stop()
    for port in (dynamic, 18082):
        with pytest.raises(OSError):
            fetch(f"http://127.0.0.1:{port}/")


def test_containers_of_a_bridge_task_have_a_network_each(wharf, busybox):
    serve = "hostname > /var/www/index.html; trap 'exit 0' TERM; httpd -f -p 80 -h /var/www & wait"
    both = [
        {"name": name, "hostname": name, "portMappings": [{"containerPort": 80, "hostPort": 0}], **sh(serve)} for name in ("left", "right")
    ]
    ask = {
        "name": "main",
        "essential": False,
        "links": ["left:backend", "right"],
        **sh(
            "grep -c . /proc/net/fib_trie; grep backend /etc/hosts; wget -qO- http://backend/; wget -qO- http://right/; ip -4 -o addr show dev eth0"
        ),
    }
    task = tasks.run(wharf, busybox, network="bridge", containers=[*both, ask])
    wait_for(lambda: task.container("main").get("exitCode") is not None, 20, "the end of the asking container")
    _, hosts, left, right, own = task.lines()
    assert (left, right) == ("left", "right")
    address, *names = hosts.split()
    assert names == ["backend", task.container("left")["runtimeId"][:12], "left"]
    assert f" {address}/" not in own, "the containers share an address"
    for name in ("left", "right"):
        (binding,) = task.container(name)["networkBindings"]
        assert binding["containerPort"] == 80
        assert fetch(f"http://127.0.0.1:{binding['hostPort']}/").strip() == name
    assert task.container("main")["networkBindings"] == []
    task.stop()


def test_a_container_without_a_network(wharf, busybox):
    containers = [
        {"name": "main", "disableNetworking": True, **sh("ip -o link | cut -d: -f2")},
        {"name": "other", "essential": False, **sh("ip -o link | cut -d: -f2 | grep -c eth0")},
    ]
    task = tasks.run(wharf, busybox, network="bridge", containers=containers)
    task.wait("STOPPED")
    assert [line.strip() for line in task.lines()] == ["lo"]


ECHO = """
import signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 9000))
while True:
    data, sender = server.recvfrom(100)
    server.sendto(data, sender)
"""


def test_udp_port(wharf, python):
    task = tasks.run(
        wharf, python, network="bridge", portMappings=[{"containerPort": 9000, "hostPort": 0, "protocol": "udp"}],
        command=["python3", "-c", ECHO], memory=128,
    )  # fmt: skip
    task.wait("RUNNING")
    (binding,) = task.container()["networkBindings"]
    assert binding["protocol"] == "udp"

    def echoed():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            client.sendto(b"ping", ("127.0.0.1", binding["hostPort"]))
            return client.recv(100) == b"ping"

    wait_for(echoed, 15, "an echo over UDP")
    task.stop()


def test_two_bridge_tasks_have_ports_of_their_own(wharf, busybox):
    definition = tasks.register(wharf, busybox, network="bridge", portMappings=[{"containerPort": 80, "hostPort": 0}], **sh(SERVE % 80))
    both = [tasks.start(wharf, definition) for _ in range(2)]
    ports = set()
    for task in both:
        task.wait("RUNNING")
        ports.add(task.container()["networkBindings"][0]["hostPort"])
    assert len(ports) == 2
    answers = {wait_for(lambda port=port: fetch(f"http://127.0.0.1:{port}/"), 10, "an answer") for port in ports}
    assert len(answers) == 2, "both ports lead to one task"
    for task in both:
        task.stop()


def test_the_host_of_a_fargate_task_is_told_to_nobody(wharf, busybox):
    options = {"launchType": "FARGATE", **tasks.in_vpc(wharf)}
    size = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    role = tasks.execution_role(wharf)
    task = tasks.run(wharf, busybox, "awsvpc", options, task=size, execution_role=role, stopTimeout=2, **sh("sleep 1000"))
    task.wait("RUNNING")
    details, _ = interface(task)
    (eni,) = wharf.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])["NetworkInterfaces"]
    assert "InstanceId" not in eni["Attachment"] and eni["Attachment"]["InstanceOwnerId"] == "amazon-ecs"
    task.stop()


def test_awsvpc_has_an_address_of_its_own(wharf, busybox):
    options = tasks.in_vpc(wharf, securityGroups=[tasks.open_group(wharf)])
    task = tasks.run(wharf, busybox, network="awsvpc", run_options=options, portMappings=[{"containerPort": 80}], **sh(SERVE % 80))
    task.wait("RUNNING")
    details, attachment = interface(task)
    address = details["privateIPv4Address"]
    (subnet,) = wharf.client("ec2").describe_subnets(SubnetIds=[details["subnetId"]])["Subnets"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(subnet["CidrBlock"])
    assert attachment["type"] == "ElasticNetworkInterface" and attachment["status"] == "ATTACHED"
    main = task.container()
    assert main["networkBindings"] == []
    assert main["networkInterfaces"] == [{"attachmentId": attachment["id"], "privateIpv4Address": address}]

    (eni,) = wharf.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])["NetworkInterfaces"]
    assert eni["PrivateIpAddress"] == address and eni["MacAddress"] == details["macAddress"] and eni["Status"] == "in-use"
    assert eni["Attachment"]["InstanceId"] and eni["Attachment"]["InstanceOwnerId"] == "000000000000"

    assert wait_for(lambda: fetch(f"http://{address}/"), 10, "an answer at the task's own address").startswith("hello")
    other = tasks.run(
        wharf, busybox, network="awsvpc", run_options=tasks.in_vpc(wharf), **sh(f"wget -qO- http://{address}/; ip -o -4 addr show | grep -v ' lo ' | tr -s ' '; cat /sys/class/net/eth0/address")
    )  # fmt: skip
    other.wait("STOPPED")
    details_of_other, _ = interface(other)
    lines = other.lines()
    assert lines[0].startswith("hello"), lines
    assert details_of_other["privateIPv4Address"] in lines[1] and details_of_other["privateIPv4Address"] != address
    assert lines[2] == details_of_other["macAddress"]
    task.stop()
    with pytest.raises(OSError):
        fetch(f"http://{address}/")


def test_containers_of_an_awsvpc_task_share_localhost(wharf, busybox):
    server = {"name": "server", "essential": False, **sh(SERVE % 80)}
    client = {"name": "main", **sh("until wget -qO- http://127.0.0.1/; do usleep 50000; done")}
    task = tasks.run(wharf, busybox, network="awsvpc", containers=[client, server], run_options=tasks.in_vpc(wharf))
    task.wait("STOPPED")
    assert task.lines()[-1].startswith("hello")


def test_addresses_return_to_the_subnet(wharf, busybox):
    ec2 = wharf.client("ec2")
    (subnet,) = tasks.default_subnets(wharf)[:1]

    def free():
        return ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"]

    before = wait_for(lambda: (now := free()) == free() and now, what="a quiet subnet")
    running = [
        tasks.run(
            wharf, busybox, network="awsvpc", run_options=tasks.in_vpc(wharf), **sh("trap 'exit 0' TERM; while :; do usleep 100000; done")
        )
        for _ in range(3)
    ]
    addresses = set()
    for task in running:
        task.wait("RUNNING")
        addresses.add(interface(task)[0]["privateIPv4Address"])
    assert len(addresses) == 3 and free() == before - 3
    for task in running:
        task.stop()
    wait_for(lambda: free() == before, 20, "three addresses to come back")


def test_unknown_subnet_and_group_are_refused(wharf, busybox):
    from botocore.exceptions import ClientError

    definition = tasks.register(wharf, busybox, network="awsvpc", command=["true"])
    for settings in (
        {"subnets": ["subnet-00000000000000000"]},
        {"subnets": tasks.default_subnets(wharf)[:1], "securityGroups": ["sg-00000000000000000"]},
        {"subnets": []},
    ):
        with pytest.raises(ClientError) as caught:
            wharf.client("ecs").run_task(taskDefinition=definition, networkConfiguration={"awsvpcConfiguration": settings})
        assert caught.value.response["Error"]["Code"] in ("InvalidParameterException", "ClientException")


def test_the_control_plane_is_reached_through_the_task_endpoint_alone(wharf, busybox):
    """The gateway answers at 169.254.170.2:4566; the host's loopback is not the container's."""
    script = f"wget -qO- http://127.0.0.1:{wharf.port}/health 2>/dev/null || echo loopback is its own; wget -qO- http://169.254.170.2:4566/health >/dev/null && echo endpoint answers"
    assert tasks.run_script(wharf, busybox, script, network="bridge").lines()[-2:] == ["loopback is its own", "endpoint answers"]


def test_security_group_of_the_default_vpc(wharf):
    ec2 = wharf.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert vpc["CidrBlock"] == "172.31.0.0/16" and vpc["IsDefault"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert all(ipaddress.ip_network(one["CidrBlock"]).prefixlen == 20 for one in subnets) and subnets
    mine = {"Name": "vpc-id", "Values": [vpc["VpcId"]]}
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}, mine])["SecurityGroups"]
    assert group["Description"] == "default VPC security group"
