"""A machine that joined by hand is shown as an EC2 instance, in the account that its operator says."""

import json

import pytest

from harness import tasks, tools
from harness.hosts import Host
from harness.installation import Keys
from harness.refusals import refused_with
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(2)


@pytest.fixture(scope="module")
def host(server):
    made = Host(server, 1).join()
    yield made
    made.close()


def dedicate(server, host, *arguments, check=True):
    """What the command printed; with check=False, what it said against it."""
    name = host.instance.rsplit("/", 1)[1]
    done = tools.run(tools.wharf(), "node", "dedicate", name, "--as-instance", "--data", server.data, *arguments, check=check)
    return done.stdout if check else done.stderr


def of_container_instance(server, host):
    (found,) = server.client("ecs").describe_container_instances(containerInstances=[host.instance])["containerInstances"]
    return found["ec2InstanceId"]


def described(ec2, **asked):
    return [it for one in ec2.describe_instances(**asked)["Reservations"] for it in one["Instances"]]


def is_in_state(ec2, instance, wanted):
    (found,) = described(ec2, InstanceIds=[instance])
    return found["State"]["Name"] == wanted and found


def test_the_machine_is_an_instance_while_it_is_there(server, host):
    ec2 = server.client("ec2")
    said = dedicate(server, host)
    instance = of_container_instance(server, host)
    assert said == f"Shown as {instance}\n"
    found = wait_for(lambda: is_in_state(ec2, instance, "running"), 20, "an instance that runs")
    assert (found["InstanceType"], found["PrivateIpAddress"]) == ("wharf.machine", host.address)
    assert "VpcId" not in found and "SubnetId" not in found
    by_address = [{"Name": "private-ip-address", "Values": [host.address]}]
    assert [it["InstanceId"] for it in described(ec2, Filters=by_address)] == [instance]
    ec2.create_tags(Resources=[instance], Tags=[{"Key": "rack", "Value": "7"}])
    by_tag = [{"Name": "tag:rack", "Values": ["7"]}]
    assert [it["InstanceId"] for it in described(ec2, Filters=by_tag)] == [instance]
    assert dedicate(server, host) == f"Shown already as {instance}\n"
    listed = tools.run(tools.wharf(), "node", "list", "--data", server.data).stdout
    assert f"shown as {instance}" in listed, listed

    refused_with(ec2.stop_instances, "UnsupportedOperation", "joined by hand", InstanceIds=[instance])
    volume = ec2.create_volume(AvailabilityZone=found["Placement"]["AvailabilityZone"], Size=1)["VolumeId"]
    attached = {"InstanceId": instance, "VolumeId": volume, "Device": "/dev/sdf"}
    refused_with(ec2.attach_volume, "UnsupportedOperation", "has no volumes", **attached)
    ec2.delete_volume(VolumeId=volume)

    host.kill()
    wait_for(lambda: is_in_state(ec2, instance, "stopped"), 60, "an instance that is stopped")
    host.boot()
    host.start_node()
    wait_for(lambda: is_in_state(ec2, instance, "running"), 60, "the same instance, running")

    ec2.terminate_instances(InstanceIds=[instance])
    wait_for(lambda: is_in_state(ec2, instance, "terminated"), 20, "an instance that ended")
    # The machine was let go of: it is a node as before.
    host.wait_connected()
    assert "not shown" in dedicate(server, host, "--cancel", check=False)


def test_another_account_sees_it_alone(server, host):
    made = json.loads(server.run("account", "create", tasks.unique("owner"), "--json").stdout)
    account, keys = made["account"]["id"], Keys(made["accessKeyId"], made["secretAccessKey"])
    ec2 = server.client("ec2", keys)
    assert "There is no open account 999999999999" in dedicate(server, host, "--account", "999999999999", check=False)
    dedicate(server, host, "--account", account)
    instance = of_container_instance(server, host)
    wait_for(lambda: is_in_state(ec2, instance, "running"), 20, "an instance that runs")
    assert all(it["State"]["Name"] == "terminated" for it in described(server.client("ec2")) if it["InstanceId"] == instance)
    assert dedicate(server, host, "--cancel").startswith(f"Let go: {instance} ({account}, ")
    wait_for(lambda: is_in_state(ec2, instance, "terminated"), 20, "an instance that ended")
