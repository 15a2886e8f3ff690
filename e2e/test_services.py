"""Services: so many tasks, replaced when they die, rolled over, rolled back, deleted."""

import re
import statistics
import threading
import time

import pytest
from botocore.exceptions import WaiterError

from harness import processes, tasks, tools
from harness.private_registry import PrivateRegistry
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_as_boto3, wait_for

pytestmark = pytest.mark.minutes(2)

FOREVER = ": a task of a service; trap exit TERM; while :; do sleep 1; done"


def define(wharf, image, script=FOREVER, **more):
    """A definition whose tasks have an interface of their own."""
    settings = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE", "EC2"], "cpu": "256", "memory": "512"}
    container = {"name": "main", "image": image, "stopTimeout": 2, **sh(script), **more}
    settings["executionRoleArn"] = tasks.execution_role(wharf)
    answer = wharf.client("ecs").register_task_definition(family=tasks.unique("svc"), containerDefinitions=[container], **settings)
    return answer["taskDefinition"]["taskDefinitionArn"]


class Service:
    def __init__(self, wharf, definition, count=2, **more):
        self.wharf, self.ecs, self.name = wharf, wharf.client("ecs"), tasks.unique("web")
        network = {"awsvpcConfiguration": {"subnets": tasks.default_subnets(wharf)}}
        settings = {"desiredCount": count, "launchType": "FARGATE", "networkConfiguration": network, **more}
        settings = {key: value for key, value in settings.items() if value is not None}
        self.made = self.ecs.create_service(serviceName=self.name, taskDefinition=definition, **settings)["service"]

    def describe(self):
        return self.ecs.describe_services(services=[self.name])["services"][0]

    def update(self, **changes):
        return self.ecs.update_service(service=self.name, **changes)["service"]

    def stable(self):
        """What `aws ecs wait services-stable` waits for, without the 15 s between its looks."""
        return wait_for(lambda: is_stable(described := self.describe()) and described, 60, f"{self.name} being stable")

    def tasks(self, status="RUNNING"):
        arns = self.ecs.list_tasks(serviceName=self.name, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []

    def running(self):
        return [task for task in self.tasks() if task["lastStatus"] == "RUNNING"]

    def events(self):
        return [event["message"] for event in self.describe()["events"]]

    def delete(self):
        self.ecs.delete_service(service=self.name, force=True)
        wait_as_boto3(self.ecs, "services_inactive", services=[self.name])


def is_stable(described):
    return len(described["deployments"]) == 1 and described["runningCount"] == described["desiredCount"]


def kill_one():
    """Kill the first process of some container that runs `FOREVER`."""
    processes.kill(processes.with_argument(FOREVER)[0])


def address(task):
    return next(one["value"] for one in task["attachments"][0]["details"] if one["name"] == "privateIPv4Address")


@pytest.fixture
def service(wharf, busybox):
    made = Service(wharf, define(wharf, busybox), enableECSManagedTags=True, propagateTags="SERVICE", tags=[{"key": "team", "value": "a"}])
    made.stable()
    yield made
    made.delete()
    assert made.tasks() == []
    assert made.describe()["status"] == "INACTIVE"


def test_a_killed_container_is_replaced(service):
    before = service.tasks()
    assert len(before) == 2
    assert len({task["availabilityZone"] for task in before}) == 2, "spread over zones"
    deployment = service.describe()["deployments"][0]
    assert deployment["rolloutState"] == "COMPLETED"
    for task in before:
        assert (task["group"], task["startedBy"]) == (f"service:{service.name}", deployment["id"])
    victim = before[0]
    shown = service.ecs.describe_tasks(tasks=[victim["taskArn"]], include=["TAGS"])["tasks"][0]
    tags = {tag["key"]: tag["value"] for tag in shown["tags"]}
    assert tags == {"team": "a", "aws:ecs:clusterName": "default", "aws:ecs:serviceName": service.name}

    kill_one()
    (gone,) = wait_for(lambda: service.tasks("STOPPED"))
    gone = tasks.Task(service.wharf, gone["taskArn"]).wait("STOPPED")
    assert (gone["stopCode"], gone["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)
    service.stable()
    service.wharf.aws("ecs", "wait", "services-stable", "--services", service.name)
    after = service.tasks()
    known = {task["taskArn"] for task in before}
    new = [task for task in after if task["taskArn"] not in known]
    assert len(after) == 2 and len(new) == 1
    assert address(new[0]) not in {address(task) for task in after if task is not new[0]}


def test_kills_are_mended_fast(wharf, busybox):
    service = Service(wharf, define(wharf, busybox), 1)
    service.stable()
    spans = []
    for _ in range(7):
        (task,) = service.running()
        start = time.monotonic()
        kill_one()
        wait_for(lambda old=task["taskArn"]: any(one["taskArn"] != old for one in service.running()), interval_s=0.005)
        spans.append(time.monotonic() - start)
    print("kill to RUNNING, ms:", [round(span * 1000) for span in spans])
    assert statistics.median(spans) < 2
    service.delete()


def test_rolling_update_scale_and_history(service, wharf, busybox):
    service.update(desiredCount=3)
    assert service.stable()["runningCount"] == 3
    new = define(wharf, busybox)
    service.update(taskDefinition=new)
    low = []

    def rolled():
        described = service.describe()
        low.append(described["runningCount"])
        return len(described["deployments"]) == 1 and described["deployments"][0]["rolloutState"] == "COMPLETED"

    wait_for(rolled, 60)
    assert min(low) >= 3, low
    assert {task["taskDefinitionArn"] for task in service.tasks()} == {new}
    messages = service.events()
    assert messages[0] == f"(service {service.name}) has reached a steady state."
    service.update(desiredCount=1)
    service.stable()
    listed = service.ecs.list_service_deployments(service=service.name)["serviceDeployments"]
    assert [one["status"] for one in listed] == ["SUCCESSFUL", "SUCCESSFUL"]
    revision = service.ecs.describe_service_revisions(serviceRevisionArns=[listed[0]["targetServiceRevisionArn"]])
    assert revision["serviceRevisions"][0]["taskDefinition"] == new


def test_a_broken_version_is_rolled_back(service, wharf, busybox):
    before = service.describe()["deployments"][0]["id"]
    bad = define(wharf, wharf.registry + "/no-such-image:1")
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    failing = service.update(taskDefinition=bad, deploymentConfiguration=breaker)["deployments"][0]["id"]

    def back():
        deployments = service.describe()["deployments"]
        return len(deployments) == 1 and deployments[0]["id"] == before and deployments[0]["rolloutState"] == "COMPLETED"

    wait_for(back, 90, "the rollback")
    messages = service.events()
    assert f"(service {service.name}) (deployment {failing}) deployment failed: tasks failed to start." in messages
    assert f"(service {service.name}) rolling back to deployment {before}." in messages
    assert service.describe()["runningCount"] == 2


# Works for two seconds, as what cannot reach its database does.
BROKEN = ": a broken release; sleep 2; exit 3"


def test_a_release_that_soon_exits_never_looks_green(service, wharf, busybox):
    """Without a circuit breaker it stays IN_PROGRESS, beside the tasks that work, with its reason wherever one looks."""
    bad = define(wharf, busybox, BROKEN)
    service.update(taskDefinition=bad)
    waiter = service.ecs.get_waiter("services_stable")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter.wait(services=[service.name], WaiterConfig={"Delay": 1, "MaxAttempts": 9})
    described = wait_for(
        lambda: (now := service.describe()) and any("unable to consistently start" in one["message"] for one in now["events"]) and now,
        what="the event",
    )
    primary, old = described["deployments"]
    assert (primary["rolloutState"], old["runningCount"]) == ("IN_PROGRESS", 2)
    assert primary["failedTasks"] >= 3
    reason = "Essential container in task exited (container main: exit code 3)"
    assert f"{primary['failedTasks']} tasks failed, the last one: {reason}." in primary["rolloutStateReason"]
    assert any(reason in one["message"] for one in described["events"])
    explained = tools.run(tools.wharf(), "explain", "service", service.name, "--data", wharf.data).stdout
    head = explained.splitlines()
    assert reason in head[2] and "its program ended by itself" in explained, explained
    stopped = next(one for one in service.tasks("STOPPED") if one["lastStatus"] == "STOPPED" and one["taskDefinitionArn"] == bad)
    said = tools.run(tools.wharf(), "explain", "task", stopped["taskArn"].rpartition("/")[2][:12], "--data", wharf.data).stdout
    assert "STOPPED" in said and "exit code 3" in said and "its program ended by itself" in said, said
    status = tools.run(tools.wharf(), "status", "--data", wharf.data).stdout
    assert "exit code 3" in status, status

    # The way back, and a client that looks for complaints since the deployment's `updatedAt`: all of these came before.
    service.update(taskDefinition=service.made["taskDefinition"])
    moved = service.stable()["deployments"][0]["updatedAt"]
    scale = (tools.ECS_DEPLOY, "scale", "default", service.name, "3", "--timeout", "60")
    done = tools.run(*scale, env={**wharf.environment(), "AWS_ENDPOINT_URL": wharf.endpoint}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert service.describe()["deployments"][0]["updatedAt"] > moved


def test_a_release_that_soon_exits_is_rolled_back(service, wharf, busybox):
    before = service.describe()["deployments"][0]["id"]
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    failing = service.update(taskDefinition=define(wharf, busybox, BROKEN), deploymentConfiguration=breaker)["deployments"][0]["id"]
    described = wait_for(
        lambda: (now := service.describe()) and is_stable(now) and now["deployments"][0]["id"] == before and now, 90, "the rollback"
    )
    assert described["deployments"][0]["rolloutState"] == "COMPLETED"
    messages = service.events()
    assert f"(service {service.name}) (deployment {failing}) deployment failed: tasks failed to start." in messages
    assert f"(service {service.name}) (deployment {failing}) deployment completed." not in messages


def test_what_fails_after_it_was_called_complete_is_no_longer(wharf, busybox):
    """It runs for longer than a task must at first: no look after the first failure finds it well."""
    service = Service(wharf, define(wharf, busybox, ": a late failure; sleep 6; exit 3"), 1)
    try:
        seen = []

        def failed(times):
            described = service.describe()
            (deployment,) = described["deployments"]
            if deployment["failedTasks"]:
                seen.append(deployment["rolloutState"])
                assert deployment["rolloutState"] == "IN_PROGRESS" and not is_stable(described), described
                assert "container main: exit code 3" in deployment["rolloutStateReason"]
            return deployment["failedTasks"] >= times

        wait_for(lambda: failed(1), 60, "the first failure")
        explained = tools.run(tools.wharf(), "explain", "service", service.name, "--data", wharf.data).stdout
        assert "failed, the last one: Essential container in task exited (container main: exit code 3)" in explained.splitlines()[2]
        status = tools.run(tools.wharf(), "status", "--data", wharf.data).stdout
        assert re.search(rf"^{service.name} +0/1 +failing .* exit code 3 \(main\); \d+ failed$", status, re.M), status
        wait_for(lambda: failed(3), 60, "the third failure")
        assert len(seen) > 5, seen
        for what in ("has reached a steady state.", "deployment completed."):
            assert sum(message.endswith(what) for message in service.events()) <= 1, service.events()
    finally:
        service.delete()


@pytest.mark.parametrize("end", ["exit 3", "exit 0"])
def test_what_ends_after_it_was_called_complete_is_rolled_back(service, wharf, busybox, end):
    before = service.describe()["deployments"][0]["id"]
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    late = define(wharf, busybox, f": a late end; sleep 7; {end}")
    failing = service.update(taskDefinition=late, deploymentConfiguration=breaker)["deployments"][0]["id"]

    def back():
        (deployment, *others) = service.describe()["deployments"]
        return not others and (deployment["id"], deployment["rolloutState"]) == (before, "COMPLETED")

    wait_for(back, 90, "the rollback")
    service.stable()
    messages = service.events()
    assert f"(service {service.name}) (deployment {failing}) deployment failed: tasks failed to start." in messages
    assert f"(service {service.name}) rolling back to deployment {before}." in messages


def test_a_full_machine_says_what_blocks_a_rollout(wharf, busybox):
    """Each of the tasks takes more than half of the machine: another one has no room until the old one ends."""
    ecs, name = wharf.client("ecs"), tasks.unique("full")
    (instance,) = wharf.aws("ecs", "list-container-instances")["containerInstanceArns"]
    described = ecs.describe_container_instances(containerInstances=[instance])["containerInstances"][0]
    free = next(one["integerValue"] for one in described["remainingResources"] if one["name"] == "MEMORY")
    of = lambda: tasks.register(wharf, busybox, network="bridge", memory=free * 6 // 10, **sh(FOREVER))  # noqa: E731
    ecs.create_service(serviceName=name, taskDefinition=of(), desiredCount=1, launchType="EC2")
    try:
        describe = lambda: ecs.describe_services(services=[name])["services"][0]  # noqa: E731
        wait_for(lambda: is_stable(describe()), 60, "the first task")
        ecs.update_service(service=name, taskDefinition=of())
        (said,) = wait_for(
            lambda: [one["message"] for one in describe()["events"] if "unable to place" in one["message"]], what="the event"
        )
        node = instance.rpartition("/")[2]
        assert f"The closest matching (container-instance {node}) has insufficient memory available ({free * 6 // 10} MiB needed" in said
        assert "a minimumHealthyPercent below 100 lets some of them stop first" in said
        explained = tools.run(tools.wharf(), "explain", "service", name, "--data", wharf.data).stdout
        assert "minimumHealthyPercent below 100" in explained and "no: it has insufficient memory" in explained, explained
        settings = {"minimumHealthyPercent": 0, "maximumPercent": 100}
        ecs.update_service(service=name, deploymentConfiguration=settings, availabilityZoneRebalancing="DISABLED")
        wait_for(lambda: is_stable(describe()), 60, "the rollout")
        # Where there might be two, and no host has room for the second, the old one stays until its own host has the image.
        last = of()
        settings = {"minimumHealthyPercent": 0, "maximumPercent": 200}
        ecs.update_service(service=name, taskDefinition=last, deploymentConfiguration=settings)
        wait_for(lambda: is_stable(now := describe()) and now["deployments"][0]["taskDefinition"] == last, 60, "the second rollout")
    finally:
        ecs.delete_service(service=name, force=True)


def test_old_tasks_stay_until_the_new_image_is_there(wharf, busybox):
    """Though the service may do without any task for a while, none stops for an image that is slow or cannot be had."""
    gate = threading.Event()
    with PrivateRegistry(tools.image_archive("busybox"), gate=gate) as registry:
        settings = {"minimumHealthyPercent": 0, "maximumPercent": 200}
        service = Service(wharf, define(wharf, busybox), 1, deploymentConfiguration=settings)
        try:
            service.stable()
            (old,) = service.running()

            def old_runs():
                (shown,) = service.ecs.describe_tasks(tasks=[old["taskArn"]])["tasks"]
                return (shown["lastStatus"], shown["desiredStatus"]) == ("RUNNING", "RUNNING")

            new = define(wharf, registry.image)
            service.update(taskDefinition=new)
            wait_for(lambda: registry.waiting > 0, 60, "the pull")
            assert old_runs()
            wharf.kill_child("server")
            wait_for(wharf.healthy, 60, "the server")
            # Another look at the service, and what came of it.
            service.update(desiredCount=2)
            wait_for(lambda: len(service.tasks()) == 3, 60, "another task")
            assert old_runs()
            service.update(desiredCount=1)
            gate.set()
            service.stable()
            (task,) = service.tasks()
            assert task["taskDefinitionArn"] == new
            (gone,) = service.ecs.describe_tasks(tasks=[old["taskArn"]])["tasks"]
            assert gone["stoppingAt"] >= task["pullStoppedAt"], (gone, task)

            service.update(taskDefinition=define(wharf, registry.image.replace("busybox:latest", "busybox@sha256:" + "0" * 64)))
            wait_for(lambda: service.describe()["deployments"][0]["failedTasks"] >= 2, 60, "failed pulls")
            (shown,) = service.ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
            assert (shown["lastStatus"], shown["desiredStatus"]) == ("RUNNING", "RUNNING")
        finally:
            gate.set()
            service.delete()


def test_a_daemon_runs_once_on_each_instance(wharf, busybox):
    definition = define(wharf, busybox)
    service = Service(wharf, definition, None, schedulingStrategy="DAEMON", launchType="EC2")
    # Nothing is desired, and so all is stable, until instances were looked at.
    wait_for(lambda: service.describe()["desiredCount"] == 1)
    service.stable()
    assert len(service.running()) == 1
    service.delete()


def test_refusals_are_the_services_own_words(service, wharf, busybox):
    ecs = service.ecs
    assert refused(ecs.delete_service, service=service.name) == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    assert refused(ecs.update_service, service="nothing") == ("ServiceNotFoundException", "Service not found.")
    assert refused(ecs.list_tasks, serviceName="nothing") == ("ServiceNotFoundException", "Service not found.")
    definition = service.describe()["taskDefinition"]
    again = refused(ecs.create_service, serviceName=service.name, taskDefinition=definition, desiredCount=9, launchType="FARGATE")
    assert again == ("InvalidParameterException", "Creation of service was not idempotent.")
    missing = ecs.describe_services(services=["nothing"])["failures"]
    assert missing[0]["reason"] == "MISSING"
    shown = wharf.aws("ecs", "list-services")
    assert service.describe()["serviceArn"] in shown["serviceArns"]
