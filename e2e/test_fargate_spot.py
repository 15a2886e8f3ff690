"""Tasks of FARGATE_SPOT are interrupted where others need their room: the warning, the signal, what takes their place, what they cost."""

import json

import pytest

from harness import images, tasks
from harness.waiting import wait_for
from test_cost import usage
from test_sns import queue

pytestmark = pytest.mark.minutes(0.5)

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
# Says that it was warned, and takes its time.
WARNED = "trap 'echo warned; sleep 3; echo bye; exit 0' TERM; echo ready; while true; do sleep 0.1; done"
STAYS = "trap 'exit 0' TERM; echo ready; while true; do sleep 0.1; done"


def free_cpu(wharf):
    ecs = wharf.client("ecs")
    (machine,) = ecs.describe_container_instances(containerInstances=ecs.list_container_instances()["containerInstanceArns"])[
        "containerInstances"
    ]
    left = {it["name"]: it.get("integerValue", 0) for it in machine["remainingResources"]}
    return left["CPU"]


def definition(wharf, script, cpu):
    size = {"requiresCompatibilities": ["FARGATE"], "cpu": str(cpu), "memory": str(cpu * 2)}
    role = tasks.execution_role(wharf)
    image = images.push(wharf, "busybox")
    return tasks.register(wharf, image, network="awsvpc", task=size, execution_role=role, memory=None, stopTimeout=20, **tasks.sh(script))


def messages(wharf, url):
    """The details of events that came so far, from a queue that is emptied."""
    got = wharf.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(one["Body"])["detail"] for one in got]


def test_spot_tasks_give_up_their_room(fresh):
    ecs, events = fresh.client("ecs"), fresh.client("events")
    ecs.create_cluster(clusterName="default")
    ecs.put_cluster_capacity_providers(cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[])
    wait_for(lambda: ecs.list_container_instances()["containerInstanceArns"], what="the machine joins")
    # Two of these are the machine's.
    whole = free_cpu(fresh)
    size = max(one for one in (256, 512, 1024, 2048, 4096) if one * 2 <= whole)
    network = tasks.in_vpc(fresh)["networkConfiguration"]

    rule = tasks.unique("interrupted")
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"stopCode": ["SpotInterruption"]}}
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    url, target = queue(fresh, arn, service="events.amazonaws.com")
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": target}])

    # All there is.
    spot = definition(fresh, WARNED, size)
    count = whole // size
    service = {"serviceName": "spots", "taskDefinition": spot, "desiredCount": count, "networkConfiguration": network}
    ecs.create_service(**service, capacityProviderStrategy=SPOT)
    ecs.get_waiter("services_stable").wait(services=["spots"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert free_cpu(fresh) < size

    # One more of Spot finds no room; one that is not has that of one of them, by the aws CLI as a user would.
    command = ["ecs", "run-task", "--task-definition", definition(fresh, STAYS, size), "--network-configuration", json.dumps(network)]
    refused = fresh.aws(*command, "--capacity-provider-strategy", "capacityProvider=FARGATE_SPOT,weight=1")
    assert refused["tasks"] == [] and refused["failures"][0]["reason"].startswith("Capacity is unavailable")
    made = fresh.aws(*command, "--launch-type", "FARGATE")
    assert made["failures"] == []
    new = tasks.Task(fresh, made["tasks"][0]["taskArn"], "/e2e")

    # It is warned while it still runs, and nothing is lost with the server.
    def warning():
        return next((one for one in messages(fresh, url) if one["lastStatus"] == "RUNNING"), None)

    warned = wait_for(warning, 20, "the warning")
    assert (warned["desiredStatus"], warned["stoppedReason"]) == ("STOPPED", "Your Spot Task was interrupted.")
    old = tasks.Task(fresh, warned["taskArn"], "/e2e")
    fresh.kill_child("server")
    new.wait("RUNNING")
    # All that it wrote is there once it is told to have ended, and not before.
    ended = old.wait("STOPPED")
    assert "warned" in old.output() and "bye" in old.output()
    assert (ended["stopCode"], ended["capacityProviderName"]) == ("SpotInterruption", "FARGATE_SPOT")
    assert old.exit_code == 0

    def other():
        (found,) = ecs.describe_services(services=["spots"])["services"]
        return found

    lacking = wait_for(
        lambda: any("unable to place" in it["message"] for it in other()["events"]), 20, "the service says that it lacks room"
    )
    assert lacking and other()["runningCount"] == count - 1 and other()["deployments"][0]["failedTasks"] == 0

    # Its seconds are those of Spot, once.
    def spent():
        return {key for (key,) in usage(fresh, ("DIMENSION", "USAGE_TYPE"))}

    wait_for(lambda: any("SpotUsage-Fargate" in key for key in spent()), 20, "the cost of Spot")
    # With the room back the service has its task again.
    new.stop()
    wait_for(lambda: other()["runningCount"] == count, 40, "the service is whole again")
