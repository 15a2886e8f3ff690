"""Machines as users of other tools have them, and those that go wrong: ansible's modules, cloud-init's own datasource, user data
that never ends, images that no machine comes of."""

import json
import os
import pathlib
import sys
import time

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks, tools
from harness.installation import Installation
from harness.waiting import wait_for
from test_ansible import Stack
from test_block_devices import terminate
from test_ec2_instances import console, own_image_of, wait_state
from test_volumes import wait_gone
from test_volumes_of_instances import Guest

pytestmark = pytest.mark.minutes(2.5)

REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
# Of Debian's package, or wherever that was unpacked.
CLOUD_INIT = pathlib.Path(os.environ.get("WHARF_CLOUD_INIT", "/usr/lib/python3/dist-packages"))


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=["--instances"]) as one:
        yield one.start()


def launch(ec2, image, script="true", **more):
    asked = {"ImageId": image, "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1, "UserData": f"#!/bin/sh\n{script}\n", **more}
    return ec2.run_instances(**asked)["Instances"][0]["InstanceId"]


def left(wharf, instance):
    """What there is of an instance on its host."""
    folders = [path for path in (wharf.data / "node" / "instances").rglob(instance)]
    return folders + [pid for pid in processes.all_pids() if any(f"/{instance}" in path for path in processes.groups(pid))]


def test_by_ansible(alone, tmp_path):
    stack = Stack(alone, own_image_of(alone), tmp_path)
    stack.variables["subnet"] = tasks.default_subnets(alone)[0]
    made = {"Key", "Instance", "Volume", "Snapshot", "Template", "Group"}
    assert made <= set(stack.play("machines"))
    assert stack.play("machines") == []


CRAWLS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from cloudinit import helpers
from cloudinit.sources import DataSourceEc2 as ec2
only = {"datasource": {"Ec2": {"metadata_urls": ["http://169.254.169.254"]}}}
source = ec2.DataSourceEc2(only, None, helpers.Paths({"cloud_dir": sys.argv[2], "run_dir": sys.argv[2]}))
source._cloud_name = ec2.CloudNames.AWS
assert source.wait_for_metadata_service(), "no metadata"
found = source.crawl_metadata()
source.metadata, source.userdata_raw = found["meta-data"], found["user-data"]
source.identity = found["dynamic"]["instance-identity"]["document"]
said = {"id": source.get_instance_id(), "zone": source.availability_zone, "region": source.region, "keys": source.get_public_ssh_keys()}
print(json.dumps({**said, "data": source.userdata_raw.decode(), "meta": source.metadata, "version": found["_metadata_api_version"]}))
"""


@pytest.mark.skipif(not (CLOUD_INIT / "cloudinit").exists(), reason="cloud-init is not installed")
def test_cloud_inits_datasource_reads_the_metadata(alone, tmp_path):
    ec2, name = alone.client("ec2"), tasks.unique("key")
    ec2.create_key_pair(KeyName=name)
    (public,) = ec2.describe_key_pairs(KeyNames=[name], IncludePublicKey=True)["KeyPairs"]
    guest = Guest(alone, KeyName=name, MetadataOptions={"HttpTokens": "required"})
    first = wait_for(guest.first, 30, "its first process")
    done = tools.run("nsenter", "--target", first, "--net", sys.executable, "-c", CRAWLS, CLOUD_INIT, tmp_path, timeout_s=60)
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["id"], said["zone"], said["region"]) == (guest.id, guest.zone, "us-east-1")
    assert said["data"].startswith("#!/bin/sh") and "rc.local" in said["data"]
    assert [" ".join(it.split()[:2]) for it in said["keys"]] == [" ".join(public["PublicKey"].split()[:2])]
    assert said["meta"]["local-ipv4"].startswith("172.31.") and said["meta"]["instance-type"] == "t3.nano"
    terminate(ec2, guest.id)


def test_user_data_that_never_ends_holds_nothing_up(alone):
    ec2 = alone.client("ec2")
    hangs = launch(ec2, own_image_of(alone), "trap '' TERM; echo begun; (while :; do sleep 1; done) & while :; do wait; done")
    floods = launch(ec2, own_image_of(alone), "yes begun; echo never")
    for instance in (hangs, floods):
        wait_state(ec2, instance, "running")
        wait_for(lambda instance=instance: "begun" in console(ec2, instance), 60, "its user data")
    # The console keeps its end.
    assert len(console(ec2, floods)) <= 64 << 10
    begun = time.monotonic()
    terminate(ec2, hangs, floods)
    assert time.monotonic() - begun < 50, "it is ended after its time"
    for instance in (hangs, floods):
        wait_for(lambda instance=instance: not left(alone, instance), 30, "nothing of it on its host")


def test_images_that_no_machine_comes_of(alone):
    ec2, ecr = alone.client("ec2"), alone.client("ecr")
    images.push(alone, "busybox", name="machines/gone", tag="1")
    image = ec2.register_image(Name="gone", ImageLocation=f"{REGISTRY}/machines/gone:1")["ImageId"]
    ecr.delete_repository(repositoryName="machines/gone", force=True)
    volume = [{"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 1}}]
    instance = launch(ec2, image, BlockDeviceMappings=volume)
    (mapped,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    wait_state(ec2, instance, "terminated")
    (shown,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert shown["StateReason"]["Code"] == "Server.InternalError"
    assert "machines/gone" in shown["StateReason"]["Message"], shown["StateReason"]
    wait_for(lambda: not left(alone, instance), 30, "nothing of it on its host")
    wait_gone(alone, mapped["Ebs"]["VolumeId"])
    with pytest.raises(ClientError, match="InvalidManifest"):
        ec2.register_image(Name="none", ImageLocation=f"{REGISTRY}/machines/none:1")
