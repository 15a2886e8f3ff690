"""Services: so many tasks, replaced when they die, rolled over, rolled back, deleted."""

import statistics
import time

import pytest
from botocore.exceptions import ClientError

from harness import processes, tasks
from harness.tasks import sh
from harness.waiting import wait_for

FOREVER = ": a task of a service; trap exit TERM; while :; do sleep 1; done"


def define(wharf, image, script=FOREVER, **more):
    """A definition whose tasks have an interface of their own."""
    settings = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE", "EC2"], "cpu": "256", "memory": "512"}
    container = {"name": "main", "image": image, "stopTimeout": 2, **sh(script), **more}
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
        self.wharf.aws("ecs", "wait", "services-stable", "--services", self.name)
        return self.describe()

    def tasks(self, status="RUNNING"):
        arns = self.ecs.list_tasks(serviceName=self.name, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []

    def running(self):
        return [task for task in self.tasks() if task["lastStatus"] == "RUNNING"]

    def events(self):
        return [event["message"] for event in self.describe()["events"]]

    def delete(self):
        self.ecs.delete_service(service=self.name, force=True)
        self.wharf.aws("ecs", "wait", "services-inactive", "--services", self.name)


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


def test_a_daemon_runs_once_on_each_instance(wharf, busybox):
    definition = define(wharf, busybox)
    service = Service(wharf, definition, None, schedulingStrategy="DAEMON", launchType="EC2")
    described = service.stable()
    wait_for(lambda: len(service.running()) == 1)
    assert described["desiredCount"] == 1
    service.delete()


def test_refusals_are_the_services_own_words(service, wharf, busybox):
    def refusal(call, **parameters):
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]

    ecs = service.ecs
    assert refusal(ecs.delete_service, service=service.name) == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    assert refusal(ecs.update_service, service="nothing") == ("ServiceNotFoundException", "Service not found.")
    assert refusal(ecs.list_tasks, serviceName="nothing") == ("ServiceNotFoundException", "Service not found.")
    definition = service.describe()["taskDefinition"]
    again = refusal(ecs.create_service, serviceName=service.name, taskDefinition=definition, desiredCount=9, launchType="FARGATE")
    assert again == ("InvalidParameterException", "Creation of service was not idempotent.")
    missing = ecs.describe_services(services=["nothing"])["failures"]
    assert missing[0]["reason"] == "MISSING"
    shown = wharf.aws("ecs", "list-services")
    assert service.describe()["serviceArn"] in shown["serviceArns"]
