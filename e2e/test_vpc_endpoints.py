"""VPC endpoints: private subnets reach wharf's services by them, as far as routes, groups and policies allow."""

import contextlib
import json

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.machines import SILENCE_S, Groups, Machines
from harness.waiting import wait_for

REGION = "us-east-1"
S3 = f"s3.{REGION}.amazonaws.com"
DEADLINE_S = 15
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@pytest.fixture
def run(wharf, busybox):
    with Machines(wharf, busybox) as machines:
        yield machines


@pytest.fixture
def ec2(wharf):
    return wharf.client("ec2")


@pytest.fixture
def bucket(wharf):
    """With one object, `key`."""
    s3 = wharf.client("s3")
    name = tasks.unique("through")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="key", Body=b"hello")
    yield name
    s3.delete_object(Bucket=name, Key="key")
    s3.delete_bucket(Bucket=name)


def private_vpc(ec2, cidr, *subnets):
    """A VPC without any way out; its subnets."""
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    zones = (f"{REGION}{letter}" for letter in "abc")
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=subnet, AvailabilityZone=zone) for subnet, zone in zip(subnets, zones, strict=False)]
    return vpc, [one["Subnet"]["SubnetId"] for one in made]


def end_of(ec2, vpc):
    """Takes a VPC down, once its tasks are gone."""
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    endpoints = [one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]]
    if endpoints:
        assert ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)["Unsuccessful"] == []

    def gone():
        with contextlib.suppress(ClientError):
            for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
                ec2.delete_subnet(SubnetId=subnet["SubnetId"])
            return True

    wait_for(gone, 60, "the end of the subnets")


def signed(wharf, service, host, scheme="https"):
    """A client whose URLs name AWS's host."""
    keys = wharf.root
    version = {"signature_version": "s3v4"} if service == "s3" else {}
    config = botocore.config.Config(s3={"addressing_style": "path"}, **version)
    return boto3.client(
        service,
        endpoint_url=f"{scheme}://{host}",
        region_name=REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=config,
    )


def looked_up(machine, name):
    """The addresses that the machine's own name server has for a name."""
    said = tools.run("nsenter", "--target", machine.pid, "--net", "--mount", "nslookup", name, check=False, timeout_s=30).stdout
    answer = said.partition("Name:")[2]
    return {line.split()[-1] for line in answer.splitlines() if line.startswith("Address")}


def asks(machine, url, host, address, *more, limit_s=5):
    """Status and body that a machine gets of a URL whose host is at an address; None if it gets none."""
    port = 443 if url.startswith("https") else 80
    resolve = ("--resolve", f"{host}:{port}:{address}")
    got = machine.inside("curl", "-sS", "--max-time", limit_s, *resolve, "-w", "\n%{http_code}", *more, url)
    if got.returncode != 0:
        return None
    body, _, status = got.stdout.rpartition("\n")
    return int(status), body


def test_a_private_subnet_reaches_objects_by_a_gateway_endpoint(wharf, run, ec2, bucket):
    vpc, (led, other) = private_vpc(ec2, "10.95.0.0/16", "10.95.1.0/24", "10.95.2.0/24")
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=led)
    group = Groups(wharf, vpc).make("clients")
    inside, beside = run(led, group), run(other, group)
    url = signed(wharf, "s3", S3, "http").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    (listed,) = ec2.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [f"com.amazonaws.{REGION}.s3"]}])["PrefixLists"]
    (range_,) = listed["Cidrs"]
    address = range_.replace(".0/28", ".2")

    def gets(machine):
        return asks(machine, url, S3, address, limit_s=SILENCE_S)

    assert gets(inside) is None, "there is no way"
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table])["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    wait_for(lambda: gets(inside) == (200, "hello"), DEADLINE_S, "an object by the endpoint")
    assert gets(beside) is None, "its table has no route"
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    (route,) = [it for it in shown["Routes"] if it.get("DestinationPrefixListId")]
    assert (route["DestinationPrefixListId"], route["GatewayId"], route["State"]) == (listed["PrefixListId"], endpoint, "active")
    assert looked_up(inside, S3) == {address}
    assert looked_up(inside, f"{bucket}.{S3}") == {address}

    # Over TLS, with the installation's authority.
    ca = wharf.data / "server/tls/ca.pem"
    secure = signed(wharf, "s3", S3).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    assert asks(inside, secure, S3, address, "--cacert", ca) == (200, "hello")

    # Other services are not there.
    sts = f"sts.{REGION}.amazonaws.com"
    status, _ = asks(inside, f"https://{sts}/?Action=GetCallerIdentity&Version=2011-06-15", sts, address, "--cacert", ca)
    assert status == 403
    for path in ("/v2/", "/metrics", "/health"):
        status, _ = asks(inside, f"http://{S3}{path}", S3, address)
        assert status in (403, 404), path
    assert asks(inside, f"http://{S3}:4566/", S3, address, limit_s=SILENCE_S) is None

    # The policy of the endpoint limits even root, and a bucket's policy sees the endpoint.
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [OPEN, deny]}))
    assert gets(inside)[0] == 403
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, ResetPolicy=True)
    assert gets(inside) == (200, "hello")
    only = deny | {"Condition": {"StringEquals": {"aws:SourceVpce": endpoint, "aws:SourceVpc": vpc}}}
    s3 = wharf.client("s3")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [only]}))
    assert gets(inside)[0] == 403
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"hello"
    s3.delete_bucket_policy(Bucket=bucket)

    # Routes come and go with the association, and what is there outlives the agent.
    with pytest.raises(ClientError, match="RouteAlreadyExists"):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table])
    wharf.kill_child("agent")
    wait_for(lambda: gets(inside) == (200, "hello"), 60, "the endpoint after the agent's death")
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[table])
    wait_for(lambda: gets(inside) is None, DEADLINE_S, "the end of the route")
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[table])
    wait_for(lambda: gets(inside) == (200, "hello"), DEADLINE_S, "the route again")
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    wait_for(lambda: gets(inside) is None, DEADLINE_S, "the end of the endpoint")
    unsuccessful = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"]
    assert [it["Error"]["Code"] for it in unsuccessful] == ["InvalidVpcEndpoint.NotFound"]


def test_a_service_is_reached_at_its_interfaces(wharf, run, ec2):
    vpc, (first, second) = private_vpc(ec2, "10.96.0.0/16", "10.96.1.0/24", "10.96.2.0/24")
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    groups = Groups(wharf, vpc)
    clients, door = groups.make("clients"), groups.make("door")
    groups.change("authorize", door, port=443, friends=clients)
    machine = run(first, clients)
    name, service = f"sts.{REGION}.amazonaws.com", f"com.amazonaws.{REGION}.sts"
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=service, VpcEndpointType="Interface", SubnetIds=[first], SecurityGroupIds=[door], PrivateDnsEnabled=True
    )["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    assert made["State"] == "pending"
    (interface,) = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert (interface["InterfaceType"], interface["RequesterManaged"], interface["Status"]) == ("vpc_endpoint", True, "in-use")
    address = interface["PrivateIpAddress"]
    own = made["DnsEntries"][0]["DnsName"]
    wait_for(lambda: looked_up(machine, own) == {address}, DEADLINE_S, "the endpoint's name")
    assert looked_up(machine, name) == {address}

    ca = wharf.data / "server/tls/ca.pem"
    url = signed(wharf, "sts", name).generate_presigned_url("get_caller_identity", HttpMethod="GET")

    def gets(limit_s=SILENCE_S):
        return asks(machine, url, name, address, "--cacert", ca, limit_s=limit_s)

    wait_for(lambda: gets() is not None, DEADLINE_S, "an answer")
    status, said = gets()
    assert status == 200 and "arn:aws:iam::" in said, said
    assert looked_up(machine, "ecs." + name[4:]) != {address}, "another service's name"

    # Another service at that address, and what is not encrypted, are refused.
    other = signed(wharf, "ec2", name).generate_presigned_url("describe_regions", HttpMethod="GET")
    assert asks(machine, other, name, address, "--cacert", ca)[0] == 403
    assert asks(machine, f"https://{name}/v2/", name, address, "--cacert", ca)[0] == 403
    assert asks(machine, f"http://{name}/", name, address, limit_s=SILENCE_S) is None, "no port 80"

    # The policy, the group, and the other subnet.
    no_identity = {"Effect": "Deny", "Principal": "*", "Action": "sts:GetSessionToken", "Resource": "*"}
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [OPEN, no_identity]}))
    token = signed(wharf, "sts", name).generate_presigned_url("get_session_token", HttpMethod="GET")
    status, said = asks(machine, token, name, address, "--cacert", ca)
    assert status == 403 and "VPC endpoint policy" in said
    groups.change("revoke", door, port=443, friends=clients)
    wait_for(lambda: gets() is None, DEADLINE_S, "a shut door")
    groups.change("authorize", door, port=443, friends=clients)
    wait_for(lambda: gets() is not None, DEADLINE_S, "an open door")
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=[second])
    wait_for(lambda: len(looked_up(machine, name)) == 2, DEADLINE_S, "two addresses")
    for what, deletion in (
        ("subnet", lambda: ec2.delete_subnet(SubnetId=second)),
        ("group", lambda: ec2.delete_security_group(GroupId=door)),
    ):
        with pytest.raises(ClientError, match="DependencyViolation"):
            deletion()
            pytest.fail(what)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveSubnetIds=[second])
    wait_for(lambda: looked_up(machine, name) == {address}, DEADLINE_S, "one address")
    wharf.kill_child("agent")
    wait_for(lambda: gets() is not None, 60, "the endpoint after the agent's death")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    wait_for(lambda: gets() is None, DEADLINE_S, "the end of the endpoint")
    assert ec2.describe_network_interfaces(Filters=[{"Name": "private-ip-address", "Values": [address]}])["NetworkInterfaces"] == []


def test_the_registry_is_reached_by_its_endpoint_and_its_policy(wharf, run, ec2, busybox):
    vpc, (subnet,) = private_vpc(ec2, "10.97.0.0/16", "10.97.1.0/24")
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    group = Groups(wharf, vpc).make("registry")
    Groups(wharf, vpc).change("authorize", group, port=443, friends=group)
    machine = run(subnet, group)
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.ecr.dkr", VpcEndpointType="Interface", SubnetIds=[subnet], SecurityGroupIds=[group]
    )["VpcEndpoint"]
    (interface,) = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    address, host = interface["PrivateIpAddress"], f"000000000000.dkr.ecr.{REGION}.amazonaws.com"
    wait_for(lambda: looked_up(machine, host) == {address}, DEADLINE_S, "the registry's name")
    repository, _, tag = busybox.partition("/")[2].rpartition(":")
    login = ("--cacert", wharf.data / "server/tls/ca.pem", "-u", f"AWS:{wharf.registry_password()}")

    def status(path):
        return (asks(machine, f"https://{host}{path}", host, address, *login, limit_s=SILENCE_S) or (0,))[0]

    manifest = f"/v2/{repository}/manifests/{tag}"
    wait_for(lambda: status(manifest) == 200, DEADLINE_S, "an image")
    assert status("/") == 403, "no API"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [OPEN, deny]})
    ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], PolicyDocument=document)
    assert status(manifest) == 403
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
