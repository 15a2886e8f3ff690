"""What instances are launched from, through boto3 and the AWS CLI: instance types, launch templates, images, key pairs."""

import base64
import json
import subprocess

import pytest

from harness import images
from harness.refusals import refused_code

REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture(scope="module")
def ec2(wharf):
    return wharf.client("ec2")


def test_instance_types(ec2):
    (large,) = ec2.describe_instance_types(InstanceTypes=["m6i.large"])["InstanceTypes"]
    assert large["VCpuInfo"]["DefaultVCpus"] == 2
    assert large["MemoryInfo"]["SizeInMiB"] == 8192
    assert large["NetworkInfo"]["MaximumNetworkInterfaces"] == 3
    pages = ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 50})
    every = [shown["InstanceType"] for page in pages for shown in page["InstanceTypes"]]
    assert len(every) == len(set(every)) > 150
    offered = ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}]
    )
    assert {it["Location"] for it in offered["InstanceTypeOfferings"]} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    # Known to the model, and not in the table; what no model knows fails its check first.
    assert refused_code(ec2.describe_instance_types, InstanceTypes=["mac1.metal"]) == "InvalidInstanceType"
    assert refused_code(ec2.describe_instance_types, InstanceTypes=["t9.huge"]) == "InvalidParameterValue"


def test_a_template_and_its_versions(ec2):
    script = base64.b64encode(b"#!/bin/sh\n").decode()
    data = {
        "InstanceType": "t3.micro",
        "UserData": script,
        "MetadataOptions": {"HttpTokens": "required"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}],
    }
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    try:
        second = ec2.create_launch_template_version(
            LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small"}
        )["LaunchTemplateVersion"]
        assert second["VersionNumber"] == 2
        assert second["LaunchTemplateData"] == data | {"InstanceType": "t3.small"}
        ec2.modify_launch_template(LaunchTemplateName="web", DefaultVersion="2")
        (default,) = ec2.describe_launch_template_versions(LaunchTemplateName="web", Versions=["$Default"])["LaunchTemplateVersions"]
        assert default["VersionNumber"] == 2
        assert (
            refused_code(ec2.create_launch_template, LaunchTemplateName="web", LaunchTemplateData=data)
            == "InvalidLaunchTemplateName.AlreadyExistsException"
        )
        # What a launch would not heed is refused when the version is made.
        sleeps = {"HibernationOptions": {"Configured": True}}
        assert (
            refused_code(ec2.create_launch_template_version, LaunchTemplateName="web", LaunchTemplateData=sleeps) == "UnsupportedOperation"
        )
        gone = ec2.delete_launch_template_versions(LaunchTemplateName="web", Versions=["1", "2"])
        assert [it["VersionNumber"] for it in gone["SuccessfullyDeletedLaunchTemplateVersions"]] == [1]
        assert [it["VersionNumber"] for it in gone["UnsuccessfullyDeletedLaunchTemplateVersions"]] == [2]
    finally:
        ec2.delete_launch_template(LaunchTemplateId=made["LaunchTemplateId"])
    assert refused_code(ec2.describe_launch_templates, LaunchTemplateNames=["web"]) == "InvalidLaunchTemplateName.NotFoundException"


def test_an_image_of_a_repository(wharf, ec2):
    images.push(wharf, "busybox", name="machines/base", tag="1")
    ecr = wharf.client("ecr")
    made = ec2.register_image(Name="base 1", ImageLocation=f"{REGISTRY}/machines/base:1", Description="first")["ImageId"]
    try:
        (shown,) = ec2.describe_images(ImageIds=[made])["Images"]
        assert (shown["Name"], shown["Architecture"], shown["State"], shown["Public"]) == ("base 1", "x86_64", "available", False)
        assert [it["ImageId"] for it in ec2.describe_images(Owners=["self"])["Images"]] == [made]
        ec2.modify_image_attribute(ImageId=made, LaunchPermission={"Add": [{"UserId": "000000000001"}]})
        permissions = ec2.describe_image_attribute(ImageId=made, Attribute="launchPermission")["LaunchPermissions"]
        assert permissions == [{"UserId": "000000000001"}]
        assert refused_code(ec2.register_image, Name="none", ImageLocation=f"{REGISTRY}/machines/base:2") == "InvalidManifest"
        assert refused_code(ec2.register_image, Name="base 1", ImageLocation=f"{REGISTRY}/machines/base:1") == "InvalidAMIName.Duplicate"
    finally:
        ec2.deregister_image(ImageId=made)
        ecr.delete_repository(repositoryName="machines/base", force=True)
    assert refused_code(ec2.describe_images, ImageIds=[made]) == "InvalidAMIID.NotFound"


def test_the_image_for_ecs_is_the_one_that_parameters_name(wharf, ec2):
    path = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
    ssm = wharf.client("ssm")
    image = ssm.get_parameter(Name=f"{path}/image_id")["Parameter"]["Value"]
    summary = json.loads(ssm.get_parameter(Name=path)["Parameter"]["Value"])
    assert summary["image_id"] == image
    (shown,) = ec2.describe_images(ImageIds=[image], Owners=["amazon"])["Images"]
    assert shown["Name"] == summary["image_name"]
    assert shown["ImageOwnerAlias"] == "amazon" and shown["Public"]


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_openssh_reads_the_keys_that_are_made(ec2, tmp_path, kind):
    made = ec2.create_key_pair(KeyName=f"made {kind}", KeyType=kind)
    try:
        private = tmp_path / "key"
        private.write_text(made["KeyMaterial"])
        private.chmod(0o600)
        public = subprocess.run(["ssh-keygen", "-y", "-f", private], check=True, capture_output=True, text=True).stdout.split()[:2]
        (shown,) = ec2.describe_key_pairs(KeyNames=[f"made {kind}"], IncludePublicKey=True)["KeyPairs"]
        assert shown["PublicKey"].split()[:2] == public
        assert shown["KeyFingerprint"] == made["KeyFingerprint"]
        # Imported, it has the fingerprint that tools compute of the public half.
        imported = ec2.import_key_pair(KeyName=f"imported {kind}", PublicKeyMaterial=" ".join(public).encode())
        if kind == "ed25519":
            assert imported["KeyFingerprint"] == made["KeyFingerprint"]
        else:
            assert imported["KeyFingerprint"].count(":") == 15 and made["KeyFingerprint"].count(":") == 19
        assert refused_code(ec2.create_key_pair, KeyName=f"made {kind}") == "InvalidKeyPair.Duplicate"
    finally:
        ec2.delete_key_pair(KeyPairId=made["KeyPairId"])
        ec2.delete_key_pair(KeyName=f"imported {kind}")
    assert refused_code(ec2.describe_key_pairs, KeyNames=[f"made {kind}"]) == "InvalidKeyPair.NotFound"


def test_walk_of_the_cli(wharf):
    """As somebody would set up a group of instances."""

    def aws(*arguments):
        return wharf.aws("ec2", *arguments)

    image = aws(
        "describe-images", "--owners", "amazon", "--filters", "Name=name,Values=wharf-ecs-optimized-*", "--query", "Images[0].ImageId"
    )
    data = {"ImageId": image, "InstanceType": "t3.small", "NetworkInterfaces": [{"DeviceIndex": 0, "DeleteOnTermination": True}]}
    tags = "ResourceType=launch-template,Tags=[{Key=team,Value=a}]"
    aws(
        "create-launch-template",
        "--launch-template-name",
        "nodes",
        "--launch-template-data",
        json.dumps(data),
        "--tag-specifications",
        tags,
    )
    shown = aws("describe-launch-templates", "--filters", "Name=tag:team,Values=a")["LaunchTemplates"]
    assert [it["LaunchTemplateName"] for it in shown] == ["nodes"]
    # Without a name it is the latest one of each template there is.
    versions = aws("describe-launch-template-versions", "--versions", "$Latest")["LaunchTemplateVersions"]
    assert [it["LaunchTemplateData"] for it in versions if it["LaunchTemplateName"] == "nodes"] == [data]
    aws("delete-launch-template", "--launch-template-name", "nodes")
    left = aws("describe-launch-templates")["LaunchTemplates"]
    assert "nodes" not in [it["LaunchTemplateName"] for it in left]
