"""Tasks of services are moved across zones (`availabilityZoneRebalancing`), on real nodes: one of a second zone joins late."""

import collections

import pytest
from botocore.exceptions import ClientError

from harness import images, joining, tasks
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(3)

ADDRESS = "127.0.0.2"
HERE, THERE, FULL = "us-east-1a", "us-east-1b", "us-east-1c"
COUNT = 4
# 40 s after its deployment a service counts as settled; then one task is moved after another.
DEADLINE_S = 150


@pytest.fixture(scope="module")
def server():
    from harness.installation import Installation

    with Installation(arguments=["--listen", ADDRESS]) as alone:
        yield alone.start()


class Service:
    def __init__(self, server, definition, name, **more):
        self.ecs, self.name = server.client("ecs"), name
        settings = {"desiredCount": COUNT, "launchType": "EC2", **more}
        self.made = self.ecs.create_service(serviceName=name, taskDefinition=definition, **settings)["service"]

    def describe(self):
        return self.ecs.describe_services(services=[self.name])["services"][0]

    def events(self):
        """Messages, oldest first."""
        return [event["message"] for event in reversed(self.describe()["events"])]

    def running(self):
        """Running tasks, by ARN, with their zones."""
        arns = self.ecs.list_tasks(serviceName=self.name)["taskArns"]
        described = self.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
        return {one["taskArn"]: one["availabilityZone"] for one in described if one["lastStatus"] == "RUNNING"}

    def is_stable(self):
        shown = self.describe()
        return len(shown["deployments"]) == 1 and shown["runningCount"] == shown["desiredCount"]


@pytest.fixture
def definition(server):
    script = "trap exit TERM; while :; do usleep 100000; done"
    return tasks.register(server, images.push(server, "busybox"), stopTimeout=2, **tasks.sh(script))


def test_tasks_are_moved_to_a_zone_that_comes_late(server, definition):
    ecs = server.client("ecs")
    moved = Service(server, definition, "moved")
    stays = Service(server, definition, "stays", availabilityZoneRebalancing="DISABLED")
    assert [one.made["availabilityZoneRebalancing"] for one in (moved, stays)] == ["ENABLED", "DISABLED"]
    wait_for(lambda: moved.is_stable() and stays.is_stable(), 60, "both services being stable")
    before = stays.running()
    first = moved.running()
    assert set(first.values()) == set(before.values()) == {HERE}

    with joining.Joined(server, ADDRESS, "--zone", THERE):
        seen = set()

        def balanced():
            running = moved.running()
            seen.add(len(running))
            zones = collections.Counter(running.values())
            done = any("is AZ balanced with" in message for message in moved.events())
            return zones if done and len(running) == COUNT else None

        assert wait_for(balanced, DEADLINE_S, "tasks of both zones") == {HERE: 2, THERE: 2}
        assert min(seen) == COUNT, "one is started before another stops"
        assert max(seen) <= COUNT + 1
        assert stays.running() == before, "DISABLED moves nothing"
        assert not any("AZ" in message for message in stays.events())

        said = moved.events()
        at = said.index(f"(service moved) is not AZ balanced with 4 tasks in {HERE}, 0 tasks in {THERE}. AZ Rebalancing in progress.")
        steps = [message for message in said[at + 1 :] if "AZ" in message]
        arns = moved.running()
        new = {arn.rpartition("/")[2] for arn in set(arns) - set(first)}
        gone = {arn.rpartition("/")[2] for arn in set(first) - set(arns)}
        assert steps[-1] == f"(service moved) is AZ balanced with 2 tasks in {HERE}, 2 tasks in {THERE}."
        ids = [message.split("(task ")[1].split(")")[0] for message in steps[:-1]]
        told = [message.split(": (task")[0] for message in steps[:-1]]
        start, stop = (
            f"(service moved) has started 1 tasks in {THERE} to AZ Rebalance",
            f"(service moved) has stopped 1 running tasks in {HERE} due to AZ rebalancing",
        )
        assert told == [start, stop, start, stop], "one after another"
        assert (set(ids[::2]), set(ids[1::2])) == (new, gone)
        deployment = moved.describe()["deployments"][0]
        assert deployment["rolloutState"] == "COMPLETED"

        def ended():
            described = ecs.describe_tasks(tasks=list(gone))["tasks"]
            return described if all(one["lastStatus"] == "STOPPED" for one in described) else None

        reasons = {(one["stopCode"], one["stoppedReason"]) for one in wait_for(ended, 30, "the ends of those that were moved")}
        for one in (moved, stays):
            ecs.delete_service(service=one.name, force=True)
        assert reasons == {("ServiceSchedulerInitiated", f"Availability-zone rebalancing initiated by (deployment {deployment['id']})")}


def test_a_zone_that_takes_one_gets_one(server):
    ecs = server.client("ecs")
    script = "trap exit TERM; while :; do usleep 100000; done"
    definition = tasks.register(server, images.push(server, "busybox"), stopTimeout=2, memory=300, **tasks.sh(script))
    service = Service(server, definition, "large")
    wait_for(service.is_stable, 60, "the service being stable")
    with joining.Joined(server, ADDRESS, "--zone", FULL, "--max-memory", "500"):
        no_room = f"(service large) is unable to place a task in {FULL} because no container instance met all of its requirements."
        said = wait_for(lambda: no_room in (said := service.events()) and said, DEADLINE_S, "the event")
        assert said[said.index(no_room) + 1] == "(service large) stopped AZ Rebalancing."
        wait_for(lambda: service.is_stable() and len(service.running()) == COUNT, 30, "one task less")
        assert collections.Counter(service.running().values()) == {HERE: 3, FULL: 1}
        ecs.delete_service(service="large", force=True)


def test_it_is_refused_where_it_cannot_be(server, definition):
    ecs = server.client("ecs")
    half = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    packed = [{"type": "binpack", "field": "memory"}]
    for settings, text in [
        ({"schedulingStrategy": "DAEMON"}, "Availability Zone Rebalancing does not support DAEMON services."),
        (
            {"deploymentConfiguration": half},
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration.",
        ),
        ({"placementStrategy": packed}, "a placement strategy whose first item is not spread by attribute:ecs.availability-zone"),
    ]:
        count = {} if "schedulingStrategy" in settings else {"desiredCount": 0}
        request = {"serviceName": "odd", "taskDefinition": definition, "launchType": "EC2", **count, **settings}
        with pytest.raises(ClientError) as refused:
            ecs.create_service(**request, availabilityZoneRebalancing="ENABLED")
        assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
        assert text in refused.value.response["Error"]["Message"]
        # Where nobody asks for it, it is off.
        made = ecs.create_service(**request)["service"]
        assert made["availabilityZoneRebalancing"] == "DISABLED"
        ecs.delete_service(service="odd", force=True)
        wait_for(lambda: ecs.describe_services(services=["odd"])["services"][0]["status"] == "INACTIVE", 60, "the end of it")

    made = ecs.create_service(serviceName="even", taskDefinition=definition, launchType="EC2", desiredCount=0)["service"]
    assert made["availabilityZoneRebalancing"] == "ENABLED"
    with pytest.raises(ClientError) as refused:
        ecs.update_service(service="even", deploymentConfiguration=half)
    assert "does not support maximumPercent <= 100 %" in refused.value.response["Error"]["Message"]
    updated = ecs.update_service(service="even", deploymentConfiguration=half, availabilityZoneRebalancing="DISABLED")["service"]
    assert updated["availabilityZoneRebalancing"] == "DISABLED"
    with pytest.raises(ClientError):
        ecs.update_service(service="even", availabilityZoneRebalancing="ENABLED")
    ecs.delete_service(service="even", force=True)
