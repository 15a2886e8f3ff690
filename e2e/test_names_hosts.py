"""Names of load balancers, asked on a host that carries none."""

import contextlib
import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.names import Service, says
from harness.services import Web
from harness.waiting import wait_for


@pytest.fixture(scope="module")
def server():
    with Lan(), Installation(arguments=["--listen", SERVER]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def host(server):
    """Joined with a token that does not let it carry load balancers."""
    made = Host(server, 1).join()
    yield made
    made.close()
    with contextlib.suppress(ClientError):
        server.client("ecs").deregister_container_instance(containerInstance=made.instance, force=True)


@pytest.fixture(scope="module")
def service(server):
    made = Service(server, images.push(server, "python")).make()
    yield made
    made.close()


@pytest.fixture(scope="module")
def asker(server, host, service):
    """A task on that host, in the services' VPC."""
    definition = tasks.register(
        server,
        service.image,
        "awsvpc",
        entryPoint=["python3", "-c"],
        command=[Service.SCRIPT],
        environment=[{"name": "WHO", "value": "asker"}],
    )
    answer = server.client("ecs").start_task(
        taskDefinition=definition, containerInstances=[host.instance], networkConfiguration=service.network
    )
    assert not answer["failures"], answer["failures"]
    task = tasks.Task(server, answer["tasks"][0]["taskArn"], "/e2e")
    running = task.wait("RUNNING", 60)
    wait_for(lambda: says(running, "who") == "asker", 20, "the asker's answer")
    yield running
    task.stop(wait=False)


def interfaces(server, balancer):
    """Addresses of a load balancer's interfaces, with the hosts that they are on."""
    name = balancer["LoadBalancerArn"].partition("loadbalancer/")[2]
    wanted = [{"Name": "description", "Values": [f"ELB {name}"]}]
    found = server.client("ec2").describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
    return {one["PrivateIpAddress"]: one["Attachment"].get("InstanceId") for one in found}


@pytest.mark.parametrize("scheme", ["internal", "internet-facing"])
def test_balancers_of_another_host_are_found_and_reached(server, host, service, asker, scheme):
    if scheme == "internal":
        called, asked, expected = service, "/who", json.dumps(service.name)
    else:
        called, asked, expected = Web(server, images.push(server, "web")).make(1, port=8096), ":8096/", "v1 "
    carried = interfaces(server, called.balancer)
    assert carried and set(carried.values()) == {None}, "whose machines carry them is not the account's to know"
    stem = called.balancer["DNSName"].partition(".elb.")[0]
    for ending in ("elb.internal", "elb.localhost"):
        assert says(asker, "name", f"{stem}.{ending}") == sorted(carried)
        assert says(asker, "fetch", f"http://{stem}.{ending}{asked}").startswith(expected)
    if called is not service:
        called.close()
        gone = -2
        wait_for(lambda: says(asker, "name", called.balancer["DNSName"]) == gone, 10, "the end of the name")


def test_wharf_itself_is_found_and_reached(asker):
    """By way of the host that the task is on."""
    assert says(asker, "name", "api.wharf.internal") == ["169.254.170.2"]
    assert says(asker, "fetch", "http://api.wharf.internal:4566/health")
