"""Endpoint services: a VPC of another account reaches a network load balancer at an address of its own, for as long as both sides want."""

import contextlib

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks
from harness.installation import Place
from harness.machines import ECHO, SILENCE_S, Groups, Machine, Machines
from harness.services import address
from harness.tasks import sh
from harness.waiting import wait_as_boto3, wait_for
from test_accounts import create
from test_vpc_endpoints import asks, looked_up, private_vpc

pytestmark = pytest.mark.minutes(2)

REGION = "us-east-1"
# Both VPCs have it.
RANGE = "10.98.0.0/16"
NAME = "private.example.com"
SUBNET = "10.98.1.0/24"
DEADLINE_S = 20


@pytest.fixture
def run(wharf, busybox):
    with Machines(wharf, busybox) as machines:
        yield machines


@pytest.fixture
def consumer(wharf):
    """Another account."""
    _, keys = create(wharf, "consumer")
    place = Place(wharf, REGION, keys)
    place.client("ecs").create_cluster(clusterName="default")
    return place


class Client(Machine):
    """A task of Fargate of an account."""

    def __init__(self, place, image, subnet, group):
        definition = tasks.register(
            place, image, network="awsvpc", execution_role=tasks.execution_role(place),
            task={"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}, **sh(ECHO),
        )  # fmt: skip
        network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
        self.task = tasks.start(place, definition, launchType="FARGATE", networkConfiguration=network)
        described = self.task.wait("RUNNING")
        self.address, self.pid = address(described), processes.of_container(described)


class Provider:
    """A load balancer with one target, in a VPC of its own."""

    def __init__(self, wharf, run):
        self.ec2, self.elb = wharf.client("ec2"), wharf.client("elbv2")
        self.vpc, (subnet,) = private_vpc(self.ec2, RANGE, SUBNET)
        groups = Groups(wharf, self.vpc)
        group = groups.make("service")
        groups.change("authorize", group, cidr=RANGE)
        target, name = run(subnet, group), tasks.unique("private")
        made = self.elb.create_load_balancer(Name=name, Type="network", Scheme="internal", Subnets=[subnet], SecurityGroups=[group])
        self.balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        wait_as_boto3(self.elb, "load_balancer_available", LoadBalancerArns=[self.balancer])
        made = self.elb.create_target_group(
            Name=name, Protocol="TCP", Port=80, VpcId=self.vpc, TargetType="ip",
            HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
        )  # fmt: skip
        self.targets = made["TargetGroups"][0]["TargetGroupArn"]
        forward = [{"Type": "forward", "TargetGroupArn": self.targets}]
        self.elb.create_listener(LoadBalancerArn=self.balancer, Protocol="TCP", Port=80, DefaultActions=forward)
        self.elb.register_targets(TargetGroupArn=self.targets, Targets=[{"Id": target.address}])
        wait_as_boto3(self.elb, "target_in_service", TargetGroupArn=self.targets)

    def connections(self):
        return {
            it["VpcEndpointId"]: it["VpcEndpointState"] for it in self.ec2.describe_vpc_endpoint_connections()["VpcEndpointConnections"]
        }

    def close(self):
        self.elb.delete_load_balancer(LoadBalancerArn=self.balancer)
        with contextlib.suppress(ClientError):
            self.elb.delete_target_group(TargetGroupArn=self.targets)


@pytest.fixture
def provider(wharf, run):
    made = Provider(wharf, run)
    yield made
    made.close()


def test_an_endpoint_of_another_account_reaches_the_load_balancer(wharf, provider, consumer, name_server):
    ec2, theirs = provider.ec2, consumer.client("ec2")
    with pytest.raises(ClientError, match="GatewayLoadBalancerArns"):
        ec2.create_vpc_endpoint_service_configuration(GatewayLoadBalancerArns=[provider.balancer])
    made = wharf.aws("ec2", "create-vpc-endpoint-service-configuration", "--network-load-balancer-arns", provider.balancer)
    made = made["ServiceConfiguration"]
    service, name = made["ServiceId"], made["ServiceName"]
    assert name == f"com.amazonaws.vpce.{REGION}.{service}"
    assert made["AcceptanceRequired"] and made["AvailabilityZones"] == [f"{REGION}a"]

    # Nobody sees it who was not named.
    vpc, (subnet,) = private_vpc(theirs, RANGE, SUBNET)
    groups = Groups(consumer, vpc)
    clients, door = groups.make("clients"), groups.make("door")
    groups.change("authorize", door, friends=clients)
    wanted = {"VpcId": vpc, "ServiceName": name, "VpcEndpointType": "Interface", "SubnetIds": [subnet], "SecurityGroupIds": [door]}
    for refused in (lambda: theirs.describe_vpc_endpoint_services(ServiceNames=[name]), lambda: theirs.create_vpc_endpoint(**wanted)):
        with pytest.raises(ClientError, match="InvalidServiceName"):
            refused()
    account = consumer.client("sts").get_caller_identity()["Account"]
    ec2.modify_vpc_endpoint_service_permissions(ServiceId=service, AddAllowedPrincipals=[f"arn:aws:iam::{account}:root"])
    (allowed,) = ec2.describe_vpc_endpoint_service_permissions(ServiceId=service)["AllowedPrincipals"]
    assert (allowed["Principal"], allowed["PrincipalType"]) == (f"arn:aws:iam::{account}:root", "Account")
    assert theirs.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"][0]["AcceptanceRequired"]

    made = theirs.create_vpc_endpoint(**wanted)["VpcEndpoint"]
    endpoint, own = made["VpcEndpointId"], made["DnsEntries"][0]["DnsName"]
    assert made["State"] == "pendingAcceptance" and own.endswith(f".{service}.{REGION}.vpce.amazonaws.com")
    (interface,) = theirs.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    at = interface["PrivateIpAddress"]
    client = Client(consumer, images.push(consumer, "busybox"), subnet, clients)

    def gets():
        return asks(client, f"http://{own}/", own, at, limit_s=SILENCE_S)

    def answers(what):
        wait_for(lambda: gets() == (200, "hello\n"), DEADLINE_S, what)

    def silent(what):
        wait_for(lambda: gets() is None, DEADLINE_S, what)

    def proof(verify=False):
        if verify:
            wharf.aws("ec2", "start-vpc-endpoint-service-private-dns-verification", "--service-id", service)
        (shown,) = ec2.describe_vpc_endpoint_service_configurations(ServiceIds=[service])["ServiceConfigurations"]
        return shown["PrivateDnsNameConfiguration"]

    def named(what):
        wait_for(lambda: looked_up(client, NAME) == {at}, DEADLINE_S, what)

    def state():
        return theirs.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]["State"]

    try:
        assert gets() is None and provider.connections() == {endpoint: "pendingAcceptance"}
        accepted = wharf.aws("ec2", "accept-vpc-endpoint-connections", "--service-id", service, "--vpc-endpoint-ids", endpoint)
        assert accepted["Unsuccessful"] == []
        wait_for(lambda: state() == "available", DEADLINE_S, "the endpoint")
        answers("an answer of the other VPC")
        wait_for(lambda: looked_up(client, own) == {at}, DEADLINE_S, "the endpoint's name")

        # The provider's own name leads there too, once a record proves that it is the provider's.
        ec2.modify_vpc_endpoint_service_configuration(ServiceId=service, PrivateDnsName=NAME)
        assert proof()["State"] == "pendingVerification" and proof(verify=True)["State"] == "failed"
        theirs.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        with pytest.raises(ClientError, match="has not verified the private DNS name"):
            theirs.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)
        name_server.texts[f"{proof()['Name']}.{NAME}"] = proof()["Value"]
        assert proof(verify=True)["State"] == "verified"
        theirs.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)
        named("the provider's name")

        # The endpoint's groups are in force, and all of it outlives the parts that make it so.
        groups.change("revoke", door, friends=clients)
        silent("a shut door")
        groups.change("authorize", door, friends=clients)
        answers("an open door")
        for part in ("server", "lb", "agent"):
            wharf.kill_child(part)
            wait_for(lambda: gets() == (200, "hello\n"), 60, f"an answer after the death of {part}")

        named("the provider's name after all that")
        ec2.modify_vpc_endpoint_service_configuration(ServiceId=service, RemovePrivateDnsName=True)
        wait_for(lambda: looked_up(client, NAME) != {at}, DEADLINE_S, "the end of the name")

        # What is in use stays.
        kept = ec2.delete_vpc_endpoint_service_configurations(ServiceIds=[service])["Unsuccessful"]
        assert [it["Error"]["Code"] for it in kept] == ["ExistingVpcEndpointConnections"]
        with pytest.raises(ClientError, match="ResourceInUse"):
            provider.elb.delete_load_balancer(LoadBalancerArn=provider.balancer)

        ec2.reject_vpc_endpoint_connections(ServiceId=service, VpcEndpointIds=[endpoint])
        assert state() == "rejected"
        silent("a rejected endpoint")
        ec2.accept_vpc_endpoint_connections(ServiceId=service, VpcEndpointIds=[endpoint])
        answers("an endpoint that was accepted after all")
        theirs.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
        silent("a deleted endpoint")
        assert provider.connections() == {}
    finally:
        client.task.stop(wait=False)
        theirs.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
        assert ec2.delete_vpc_endpoint_service_configurations(ServiceIds=[service])["Unsuccessful"] == []
