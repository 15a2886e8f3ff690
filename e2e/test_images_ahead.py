"""Images that a host fetches before a task of it is stopped for the next: the outage does not contain the pull."""

import threading

import pytest

from harness import images, tasks, tools
from harness.installation import Installation
from harness.private_registry import PrivateRegistry
from harness.tasks import sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)

FOREVER = "trap exit TERM; while :; do usleep 100000; done"
# What the stop of one container and the start of the next may take on a busy machine.
SHORT_S = 15


@pytest.fixture(scope="module")
def alone():
    with Installation() as one:
        yield one.start()


class Service:
    """One task of a family, replaced on its host."""

    def __init__(self, wharf, image, **settings):
        self.wharf, self.ecs, self.name = wharf, wharf.client("ecs"), tasks.unique("watch")
        self.ecs.create_service(serviceName=self.name, taskDefinition=self.define(image), **settings)
        (self.first,) = self.wait_for_tasks()

    def define(self, image, **more):
        container = {"name": "main", "image": image, "memory": 32, "stopTimeout": 2, **sh(FOREVER)}
        settings = {"networkMode": "none", "containerDefinitions": [container], **more}
        return self.ecs.register_task_definition(family=self.name, **settings)["taskDefinition"]["taskDefinitionArn"]

    def update(self, image, **more):
        definition = self.define(image, **more)
        self.ecs.update_service(service=self.name, taskDefinition=definition)
        return definition

    def running(self):
        arns = self.ecs.list_tasks(serviceName=self.name)["taskArns"]
        found = self.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
        return [task for task in found if task["lastStatus"] == "RUNNING"]

    def wait_for_tasks(self, definition=None):
        def there():
            found = self.running()
            return found if found and definition in (None, found[0]["taskDefinitionArn"]) else None

        return wait_for(there, 60, f"a task of {self.name}")

    def describe(self, task):
        return self.ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"][0]

    def still_runs(self, task):
        found = self.describe(task)
        return (found["lastStatus"], found["desiredStatus"]) == ("RUNNING", "RUNNING")

    def says(self, text):
        events = self.ecs.describe_services(services=[self.name])["services"][0]["events"]
        return next((event["message"] for event in events if text in event["message"]), None)

    def explained(self):
        return self.wharf.run("explain", "service", self.name).stdout

    def delete(self):
        self.ecs.delete_service(service=self.name, force=True)
        wait_for(lambda: not self.running(), 60, "the end of its tasks")


DAEMON = {"schedulingStrategy": "DAEMON", "launchType": "EC2"}
NO_ROOM = {"desiredCount": 1, "launchType": "EC2", "deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100}}


@pytest.mark.parametrize("settings", [DAEMON, NO_ROOM], ids=["daemon", "replica"])
def test_the_old_task_stays_until_the_new_image_is_there(alone, tmp_path, settings):
    service = Service(alone, images.push(alone, "busybox"), **settings)
    (tmp_path / "image").mkdir()
    source, _ = images.with_random_layer(tmp_path / "image", 1 << 20)
    archive = tmp_path / "image.tar"
    tools.run("skopeo", "copy", "--quiet", source, f"oci-archive:{archive}:it")
    gate = threading.Event()
    with PrivateRegistry(archive, gate=gate) as registry:
        try:
            second = service.update(registry.image)
            wait_for(lambda: registry.waiting > 0, 30, "the pull")
            assert service.still_runs(service.first)
            assert "its images on the host of an older task" in service.explained()
            asked = registry.asked
            gate.set()
            (task,) = service.wait_for_tasks(second)
        finally:
            gate.set()
        # All of it came while the old task ran; the new one pulled nothing.
        old = service.describe(service.first)
        assert asked < registry.asked and registry.last_blob_at < old["stoppingAt"].timestamp(), (registry.last_blob_at, old)
        outage = task["startedAt"] - old["stoppingAt"]
        assert outage.total_seconds() < SHORT_S, outage
        # One that cannot be had takes nobody's task.
        service.update(registry.image.replace("busybox:latest", "busybox@sha256:" + "0" * 64))
        said = wait_for(lambda: service.says("was unable to fetch the images"), 30, "an event")
        assert "CannotPull" in said and task["taskArn"].rpartition("/")[2] in said
        assert service.still_runs(task)
        # Nor does the next deployment wait for it.
        third = service.update(images.push(alone, "busybox"))
        service.wait_for_tasks(third)
    service.delete()


def test_private_images_come_with_the_rights_of_the_next_task(alone):
    service = Service(alone, images.push(alone, "busybox"), **DAEMON)
    secret = images.push(alone, "busybox", name="secret")
    # The node pulls for its tasks, and so for the one that is to come.
    (task,) = service.wait_for_tasks(service.update(secret))
    # A role that may not pull gets nothing, though the node could.
    role = tasks.task_role(alone, "logs:PutLogEvents")
    service.update(images.push(alone, "busybox", name="secret", tag="2"), executionRoleArn=role)
    said = wait_for(lambda: service.says("was unable to fetch the images"), 30, "an event")
    assert "CannotPull" in said, said
    assert service.still_runs(task)
    allowed = tasks.execution_role(alone)
    service.wait_for_tasks(service.update(f"{secret.rpartition(':')[0]}:2", executionRoleArn=allowed))
    service.delete()
