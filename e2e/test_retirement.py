"""A node is retired: accounts are told, Fargate tasks leave when their time of waiting is over, those of services first replaced, and EC2
instances end."""

import contextlib
import datetime
import email.utils
import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.waiting import wait_for
from test_ec2_instances import console, own_image_of, state, wait_state
from test_sns import queue

SETTING = "fargateTaskRetirementWaitPeriod"
OWN = "wharf-node"
WATCHES = """#!/bin/sh
ask() { wget -q -O - http://169.254.169.254/latest/meta-data/events/maintenance/$1; }
echo "at first $(ask scheduled) and $(ask history)"
while ask scheduled | grep -qx '\\[\\]'; do sleep 0.5; done
echo "then $(ask scheduled)"
while ask history | grep -qx '\\[\\]'; do sleep 0.5; done
echo "over $(ask history)"
"""
FARGATE = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


@pytest.fixture(scope="module")
def server():
    with Lan(), Installation(arguments=["--listen", SERVER, "--instances"]) as alone:
        yield alone.start()


@pytest.fixture
def told(server):
    """Waits for the next event of AWS Health."""
    events, sqs = server.client("events"), server.client("sqs")
    arn = events.put_rule(Name="health", EventPattern=json.dumps({"source": ["aws.health"]}))["RuleArn"]
    url, target = queue(server, arn, service="events.amazonaws.com")
    events.put_targets(Rule="health", Targets=[{"Id": "q", "Arn": target}])

    def following():
        def look():
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=1).get("Messages", [])
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return json.loads(message["Body"])

        return wait_for(look, 30, "the notice")

    return following


def running(ecs):
    arns = ecs.list_tasks(serviceName="web", desiredStatus="RUNNING")["taskArns"]
    found = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
    return {one["taskArn"] for one in found if one["lastStatus"] == "RUNNING"}


def test_tasks_leave_a_node_that_is_retired(server, told):
    ecs = server.client("ecs")
    ecs.create_cluster(clusterName="default")
    script = "trap 'exit 0' TERM; while :; do sleep 0.2; done"
    image, role = images.push(server, "busybox"), tasks.execution_role(server)
    definition = tasks.register(server, image, network="awsvpc", task=FARGATE, execution_role=role, **tasks.sh(script))
    alone = tasks.start(server, definition, launchType="FARGATE", **tasks.in_vpc(server))
    network = tasks.in_vpc(server)["networkConfiguration"]
    ecs.create_service(serviceName="web", taskDefinition=definition, desiredCount=2, launchType="FARGATE", networkConfiguration=network)
    before = wait_for(lambda: len(found := running(ecs)) == 2 and found, 60, "the service")
    alone.wait("RUNNING")
    other = Host(server, 1, token_arguments=["--fargate"]).join()
    try:
        # Two weeks of waiting: nothing leaves, and nothing comes.
        ecs.put_account_setting_default(name=SETTING, value="14")
        assert "Retired" in server.run("node", "retire", OWN).stdout
        event = told()
        detail = event["detail"]
        assert (event["detail-type"], detail["eventTypeCode"]) == ("AWS Health Event", "AWS_ECS_TASK_PATCHING_RETIREMENT")
        assert {one["entityValue"] for one in detail["affectedEntities"]} == {"default|web", alone.arn} == set(event["resources"])
        starts = email.utils.parsedate_to_datetime(detail["startTime"]) - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(days=13, hours=23) < starts <= datetime.timedelta(days=14), detail
        server.kill_child("server")
        late = tasks.start(server, definition, launchType="FARGATE", **tasks.in_vpc(server))
        late.wait("RUNNING", 60)
        assert alone.describe()["lastStatus"] == "RUNNING" and running(ecs) == before

        # Taken back, and with no time of waiting.
        server.run("node", "retire", OWN, "--cancel")
        ecs.put_account_setting_default(name=SETTING, value="0")
        server.run("node", "retire", OWN)
        assert {one["entityValue"] for one in told()["detail"]["affectedEntities"]} == {"default|web", alone.arn}
        fewest = 2

        def replaced():
            nonlocal fewest
            found = running(ecs)
            fewest = min(fewest, len(found))
            return len(found) == 2 and not found & before

        wait_for(replaced, 90, "the service elsewhere")
        assert fewest == 2
        stopped = alone.wait("STOPPED", 60)
        reason = "ECS is performing maintenance on the underlying infrastructure hosting the task."
        assert (stopped["stopCode"], stopped["stoppedReason"]) == ("TerminationNotice", reason)
        # It was on the other node.
        assert late.describe()["lastStatus"] == "RUNNING"
    finally:
        server.run("node", "retire", OWN, "--cancel")
        ecs.delete_service(service="web", force=True)
        other.close()
        with contextlib.suppress(ClientError):
            ecs.deregister_container_instance(containerInstance=other.instance, force=True)


def events_of(ec2, instance):
    (status,) = ec2.describe_instance_status(InstanceIds=[instance], IncludeAllInstances=True)["InstanceStatuses"]
    return status["Events"]


def said_after(ec2, instance, word):
    """What the instance read behind a word of its own."""

    def heard():
        lines = [line for line in console(ec2, instance).splitlines() if line.startswith(word)]
        return lines and lines[-1].removeprefix(word)

    return wait_for(heard, 60, f"{word!r} on the console")


def test_instances_end_with_a_node_that_is_retired(server, told):
    ec2, groups = server.client("ec2"), server.client("autoscaling")
    image = own_image_of(server)
    data = {"ImageId": image, "InstanceType": "t3.nano"}
    ec2.create_launch_template(LaunchTemplateName="retired", LaunchTemplateData=data)
    groups.create_auto_scaling_group(
        AutoScalingGroupName="retired",
        LaunchTemplate={"LaunchTemplateName": "retired", "Version": "$Latest"},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=",".join(tasks.default_subnets(server)),
    )

    def in_service():
        (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["retired"])["AutoScalingGroups"]
        return [it["InstanceId"] for it in group["Instances"] if it["LifecycleState"] == "InService"]

    (alone,) = server.aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t3.nano", "--user-data", WATCHES)["Instances"]
    alone = alone["InstanceId"]
    (of_group,) = wait_for(in_service, 60, "the group's instance")
    wait_state(ec2, alone, "running")
    assert said_after(ec2, alone, "at first ") == "[] and []" and events_of(ec2, alone) == []

    # In an hour: both are told, on the bus, by the API and in their metadata.
    server.run("node", "retire", OWN, "--notice", "1h")
    assert "connected, retired" in server.run("node", "list").stdout
    heard = [told() for _ in range(2)]
    assert {it["detail"]["eventTypeCode"] for it in heard} == {"AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED"}
    assert {it["detail"]["affectedEntities"][0]["entityValue"] for it in heard} == {alone, of_group}
    (event,) = events_of(ec2, alone)
    assert (event["Code"], event["Description"]) == ("instance-retirement", "The instance is running on degraded hardware")
    until = event["NotBefore"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(minutes=58) < until <= datetime.timedelta(hours=1)
    (read,) = json.loads(said_after(ec2, alone, "then "))
    assert (read["EventId"], read["Code"], read["State"]) == (event["InstanceEventId"], "instance-retirement", "active")
    assert read["NotBefore"] == event["NotBefore"].strftime("%d %b %Y %H:%M:%S GMT")

    def found(name, value):
        statuses = server.aws("ec2", "describe-instance-status", "--filters", f"Name={name},Values={value}")["InstanceStatuses"]
        return {it["InstanceId"] for it in statuses}

    assert found("event.code", "instance-retirement") == {alone, of_group} == found("event.not-before", "20*")
    assert found("event.instance-event-id", event["InstanceEventId"]) == {alone} and found("event.code", "instance-stop") == set()

    # Nothing new comes there, and nothing of it is lost by a kill.
    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        ec2.run_instances(**data, MinCount=1, MaxCount=1)
    server.kill_child("server")
    wait_for(lambda: events_of(ec2, alone) == [event], 30, "the event after a kill")
    server.run("node", "retire", OWN, "--cancel")
    wait_for(lambda: found("event.code", "*") == set(), 30, "no events")
    (over,) = json.loads(said_after(ec2, alone, "over "))
    assert (over["EventId"], over["State"]) == (event["InstanceEventId"], "canceled")
    assert over["Description"] == "[Canceled] The instance is running on degraded hardware"
    assert (state(ec2, alone), in_service()) == ("running", [of_group])

    # Now, with another node, and the server dies meanwhile.
    other = Host(server, 2, token_arguments=["--instances"], node_arguments=["--instances"]).join()
    try:
        server.run("node", "retire", OWN, "--notice", "0s")
        server.kill_child("server")
        for instance in (alone, of_group):
            wait_state(ec2, instance, "terminated")
            (shown,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
            assert shown["StateReason"]["Code"] == "Server.ScheduledStop"
            (event,) = events_of(ec2, instance)
            assert event["Description"] == "[Completed] The instance is running on degraded hardware"
        (new,) = wait_for(lambda: [it for it in in_service() if it != of_group], 90, "another instance of the group")
        # It is on the other node.
        assert events_of(ec2, new) == []
    finally:
        groups.delete_auto_scaling_group(AutoScalingGroupName="retired", ForceDelete=True)
        wait_for(lambda: not groups.describe_auto_scaling_groups(AutoScalingGroupNames=["retired"])["AutoScalingGroups"], 90, "no group")
        server.run("node", "retire", OWN, "--cancel")
        other.close()
        with contextlib.suppress(ClientError):
            server.client("ecs").deregister_container_instance(containerInstance=other.instance, force=True)


def test_bad_input(server):
    for arguments in (
        ["nobody"],
        [OWN, "--soon"],
        [],
        [OWN, "--notice", "1"],
        [OWN, "--notice", "366d"],
        [OWN, "--notice", "1h", "--cancel"],
    ):
        assert server.run("node", "retire", *arguments, check=False).returncode != 0
