"""A node is retired: accounts are told, and Fargate tasks leave when their time of waiting is over, those of services first replaced."""

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
from test_sns import queue

SETTING = "fargateTaskRetirementWaitPeriod"
OWN = "wharf-node"
FARGATE = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


@pytest.fixture(scope="module")
def server():
    with Lan(), Installation(arguments=["--listen", SERVER]) as alone:
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
        ecs.delete_service(service="web", force=True)
        other.close()
        with contextlib.suppress(ClientError):
            ecs.deregister_container_instance(containerInstance=other.instance, force=True)


def test_bad_input(server):
    for arguments in (["nobody"], [OWN, "--soon"], []):
        assert server.run("node", "retire", *arguments, check=False).returncode != 0
