"""Instances of EC2 whose machines the operator's own maker makes: the one of docs/machine-makers.md, with real nodes."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks, tools
from harness.hosts import SERVER
from harness.installation import Installation
from harness.machine_maker import Rack
from harness.waiting import wait_for
from test_ec2_instances import own_image_of

pytestmark = pytest.mark.minutes(3)

CLUSTER = "made"
# User data is text to boto3, which encodes it.
JOINS = f"#!/bin/sh\necho ECS_CLUSTER={CLUSTER} >> /etc/ecs/ecs.config\n"
TYPE = "t3.small"
JOIN_WITHIN_S = 90
ORPHAN = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def rack():
    made = Rack()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(lan, rack):
    """An installation whose maker that is."""
    of_maker = ["--machine-maker-types", "t3", "--machine-maker-join-within", str(JOIN_WITHIN_S), "--machine-maker-most", "3"]
    with Installation(arguments=["--listen", SERVER, *rack.arguments, *of_maker]) as alone:
        rack.wharf = alone
        alone.start()
        alone.client("ecs").create_cluster(clusterName=CLUSTER)
        yield alone


def launch(server, **more):
    asked = {"ImageId": own_image_of(server), "InstanceType": TYPE, "MinCount": 1, "MaxCount": 1, "UserData": JOINS, **more}
    (made,) = server.client("ec2").run_instances(**asked)["Instances"]
    assert made["State"]["Name"] == "pending" and made["PrivateIpAddress"]
    return made["InstanceId"]


def shown(server, instance):
    (found,) = server.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    return found["Instances"][0]


def wait_state(server, instance, state, deadline_s=60):
    def is_so():
        it = shown(server, instance)
        return it["State"]["Name"] == state and it

    return wait_for(is_so, deadline_s, f"{instance} being {state}")


def container_instance(server, instance):
    """The one that is an instance of EC2, if it is connected."""
    ecs = server.client("ecs")
    arns = ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
    known = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=arns)["containerInstances"] if arns else []
    return next((it for it in known if it["ec2InstanceId"] == instance and it["agentConnected"]), None)


def test_a_machine_is_made_runs_tasks_and_ends(server, rack):
    ec2, ecs = server.client("ec2"), server.client("ecs")
    instance = launch(server)
    # In the middle of it, whatever that is.
    server.kill_child("server")
    wait_state(server, instance, "running", JOIN_WITHIN_S)
    assert rack.made == [instance]
    joined = wait_for(lambda: container_instance(server, instance), 30, "its container instance")
    assert joined["status"] == "ACTIVE"
    kinds = [it["value"] for it in joined["attributes"] if it["name"] == "ecs.instance-type"]
    assert kinds == [TYPE]
    (maker,) = json.loads(server.run("status", "--json").stdout)["machineMakers"]
    assert (maker["wanted"], maker["there"], maker["most"]) == (1, 1, 3)
    status = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"][0]
    assert status["SystemStatus"]["Status"] == "ok"

    definition = tasks.register(server, images.push(server, "busybox"), **tasks.sh("trap exit TERM; while true; do sleep 1; done"))
    (started,) = ecs.run_task(cluster=CLUSTER, taskDefinition=definition)["tasks"]

    def runs():
        (it,) = ecs.describe_tasks(cluster=CLUSTER, tasks=[started["taskArn"]])["tasks"]
        return it["lastStatus"] == "RUNNING" and it

    task = wait_for(runs, 60, "a task on the machine")
    assert task["containerInstanceArn"] == joined["containerInstanceArn"]

    with pytest.raises(ClientError) as refused:
        ec2.monitor_instances(InstanceIds=[instance])
    assert refused.value.response["Error"]["Code"] == "UnsupportedOperation"

    ec2.stop_instances(InstanceIds=[instance])
    wait_state(server, instance, "stopped")
    ec2.start_instances(InstanceIds=[instance])
    wait_state(server, instance, "running", JOIN_WITHIN_S)
    back = wait_for(lambda: container_instance(server, instance), 30, "the same container instance")
    assert back["containerInstanceArn"] == joined["containerInstanceArn"]

    ec2.terminate_instances(InstanceIds=[instance])
    server.kill_child("server")
    wait_state(server, instance, "terminated")
    assert instance not in rack.hosts and instance not in rack.maker.machines
    assert container_instance(server, instance) is None
    listed = tools.run(tools.wharf(), "node", "list", "--data", server.data).stdout
    assert instance not in listed, listed
    assert rack.made == [instance]
    log = (server.data / "log" / "server.log").read_text()
    assert "0123456789abcdef0123456789abcdef" not in log


def group_of(server, name):
    (group,) = server.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return group


def test_a_group_replaces_a_machine_that_is_lost(server, rack):
    groups, name = server.client("autoscaling"), tasks.unique("made")
    data = {"ImageId": own_image_of(server), "InstanceType": TYPE, "UserData": base64.b64encode(JOINS.encode()).decode()}
    server.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name},
        MinSize=0,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=tasks.default_subnets(server)[0],
    )

    def in_service(other_than=None):
        found = [it["InstanceId"] for it in group_of(server, name)["Instances"] if it["LifecycleState"] == "InService"]
        return next((it for it in found if it != other_than), None)

    first = wait_for(in_service, JOIN_WITHIN_S, "an instance in service")
    rack.away()
    rack.back()
    rack.lose(first)
    # Whoever notices first: the list, or the group by the failed status checks.
    wait_state(server, first, "terminated", 120)
    second = wait_for(lambda: in_service(first), 180, "another in its place")
    assert second in rack.hosts

    groups.update_auto_scaling_group(AutoScalingGroupName=name, DesiredCapacity=0)
    wait_state(server, second, "terminated", 120)
    wait_for(lambda: not group_of(server, name)["Instances"], 60, "an empty group")
    groups.delete_auto_scaling_group(AutoScalingGroupName=name)
    assert not rack.hosts


def test_what_a_maker_says_is_shown(server, rack):
    rack.full = True
    try:
        instance = launch(server)
        ended = wait_state(server, instance, "terminated")
    finally:
        rack.full = False
    reason = ended["StateReason"]
    assert reason["Code"] == "Server.InsufficientInstanceCapacity" and reason["Message"].endswith("the rack is full"), reason
    # A machine that no instance has is ended.
    with rack.maker.lock:
        asked = {"action": "run", "key": ORPHAN, "id": ORPHAN, "installation": (server.data / "installation").read_text().strip()}
        rack.maker.keep(asked, {"state": "running"}, under_way=False)
    wait_for(lambda: ORPHAN not in rack.maker.machines, 60, "the end of nobody's machine")
    # Whoever keeps an eye on it is told that the maker is away.
    rack.away()
    wait_for(lambda: by_doctor(server) == "it fails", 60, "a word of doctor")
    rack.back()
    wait_for(lambda: by_doctor(server) == "it answers", 60, "the maker's return")


def by_doctor(server):
    said = tools.run(tools.wharf(), "doctor", "--data", server.data, "--json", check=False).stdout
    return next(it["detail"] for it in json.loads(said)["checks"] if it["check"] == "machine maker")
