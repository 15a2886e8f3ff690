"""Network load balancers on several machines: targets see who calls, wherever caller, load balancer and target are."""

import contextlib

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.hosts import Host
from harness.services import address
from harness.waiting import wait_as_boto3
from test_network_load_balancers import CALL, WHO, Flows, close, kept

pytestmark = pytest.mark.minutes(1)


@pytest.fixture
def hosts(server):
    made = [Host(server, number).join() for number in (1, 2)]
    yield made
    ecs = server.client("ecs")
    for host in made:
        host.close()
        with contextlib.suppress(ClientError):
            ecs.deregister_container_instance(containerInstance=host.instance, force=True)


def start_on(server, host, definition):
    """A task of the default VPC on that host, whose groups let everybody in."""
    network = tasks.in_vpc(server, securityGroups=[tasks.open_group(server)])
    started = server.client("ecs").start_task(taskDefinition=definition, containerInstances=[host.instance], **network)
    assert not started["failures"], started
    return tasks.Task(server, started["tasks"][0]["taskArn"], "/e2e")


def test_who_calls_is_seen_on_every_host(server, hosts):
    image = images.push(server, "python")
    who = tasks.register(server, image, network="awsvpc", command=["python3", "-c", WHO])
    targets = [start_on(server, host, who) for host in hosts]
    addresses = [address(target.wait("RUNNING")) for target in targets]
    for target in addresses:
        service = Flows(server, None)
        service.make_balancer(7000, "TCP_UDP", 7000, Scheme="internal")
        try:
            assert kept(service.elb, service.target_group) == "true"
            service.elb.register_targets(TargetGroupArn=service.target_group, Targets=[{"Id": target}])
            wait_as_boto3(service.elb, "target_in_service", TargetGroupArn=service.target_group)
            command = ["python3", "-c", CALL, service.balancer["DNSName"], "7000", "tcp", "udp"]
            call = tasks.register(server, image, network="awsvpc", command=command)
            callers = [start_on(server, host, call) for host in hosts]
            for caller in callers:
                own = address(caller.wait("STOPPED"))
                assert [line.split() for line in caller.lines()] == [["tcp", own, own], ["udp", own, own]]
        finally:
            close(service)
    for target in targets:
        target.stop()
