"""cloud-custodian: a company's rules over everything wharf has, some of which mend what they find."""

import json

import pytest

from harness import tasks, tools
from harness.installation import Installation

POLICIES = tools.REPOSITORY / "e2e" / "custodian" / "policies.yml"


@pytest.fixture(scope="module")
def wharf():
    """One of its own: the rules are about everything that an installation has."""
    with Installation() as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def faults(wharf):
    """One of each thing that the policies with actions look for."""
    name = tasks.unique("custodian")
    ec2, iam = wharf.client("ec2"), wharf.client("iam")
    wharf.client("ecr").create_repository(repositoryName=name)
    wharf.client("ecs").create_cluster(clusterName=name)
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName=name, Description="open", VpcId=vpc)["GroupId"]
    for port in (22, 443):
        ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0")
    made = wharf.client("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    target_group = made["TargetGroups"][0]["TargetGroupArn"]
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    yield name, group, target_group
    iam.delete_access_key(UserName=name, AccessKeyId=key)
    iam.delete_user(UserName=name)
    wharf.client("elbv2").delete_target_group(TargetGroupArn=target_group)
    ec2.delete_security_group(GroupId=group)
    wharf.client("ecs").delete_cluster(cluster=name)
    wharf.client("ecr").delete_repository(repositoryName=name)


@pytest.fixture(scope="module")
def found(wharf, faults, tmp_path_factory):
    """What each policy found."""
    home = tmp_path_factory.mktemp("custodian")
    environment = wharf.environment() | {"HOME": str(home), "LC_ALL": "C.UTF-8"}
    done = tools.run(
        tools.client("custodian"), "run", "--region", "us-east-1", "--cache-period", "0", "--output-dir", home / "out", POLICIES,
        env=environment, check=False, timeout_s=300,
    )  # fmt: skip
    assert done.returncode == 0 and "Error" not in done.stderr, done.stdout + done.stderr
    return {path.parent.name: json.loads(path.read_text()) for path in (home / "out").glob("*/resources.json")}


def test_policies_find_what_is_there(found, faults):
    name, group, _ = faults
    assert [one["repositoryName"] for one in found["ecr-scans-and-keeps-ten"]] == [name]
    assert [one["GroupId"] for one in found["groups-open-to-the-world"]] == [group]
    assert found["subnets-public"] and found["routes-to-gateways"]


def test_policies_mend_what_they_find(wharf, found, faults):
    name, group, target_group = faults
    ecr = wharf.client("ecr")
    (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True} and repository["imageTagMutability"] == "IMMUTABLE"
    assert json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"][0]["action"] == {"type": "expire"}
    (rules,) = wharf.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [rule["FromPort"] for rule in rules["IpPermissions"]] == [443]
    attributes = wharf.client("elbv2").describe_target_group_attributes(TargetGroupArn=target_group)["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "5"} in attributes
    assert wharf.client("iam").list_user_tags(UserName=name)["Tags"] == [{"Key": "owner", "Value": "custodian"}]
