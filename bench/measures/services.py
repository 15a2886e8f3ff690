"""Services: a killed container replaced, a hundred tasks from nothing, twenty tasks rolled over, also under requests."""

import json
import os
import statistics
import subprocess
import time

from harness import images, processes, tasks, tools
from harness.installation import Installation
from harness.load import Load
from harness.services import Web
from harness.waiting import wait_for

from . import peers

TITLE = "Services"
METHOD = (
    "Bridge mode, cached image, EC2 launch type, one host. Killed: from SIGKILL of the container's process until another task of the service is "
    "RUNNING, asked without pause, thirty rounds. A hundred tasks: from CreateService until 100 are RUNNING; the loops start "
    "the same program in namespaces of its own a hundred times, one after the other, and end when the last has been started. Rolled: from "
    "UpdateService until the old tasks are gone and the new deployment is COMPLETED, 100 % healthy and at most 200 %, the 5 s included that each new task must run before it counts. Under requests: the "
    "same in awsvpc behind a load balancer that sixteen connections ask without pause; no request may fail. Of what its settings allow, "
    "nothing is to be waited for, as with AWS: a new target is healthy once its first check passes, a drain is over when no request is in "
    "flight. All of the time is thus over what the settings impose; the last row is what a strict reading of them would add."
)
COLUMNS = ("what", "program", "seconds", "worst")
WAIT = ["sh", "-c", "while :; do sleep 3600; done"]
KILLS = 30
MANY = 100
ROLLED = 20


def run():
    peers.hide_hybrid_control_groups()
    with Installation() as installation:
        installation.start()
        image = images.push(installation, "busybox")
        rows = [_killed(installation, image), _many(installation, image), _rolled(installation, image)]
        rows += _rolled_under_requests(installation)
    bundle = peers.Bundle(WAIT)
    try:
        rows.insert(2, _crun_loop(bundle))
    finally:
        bundle.close()
    with peers.dockerd() as (_, _, host):
        rows.insert(3, _docker_loop(host))
    return rows


def _define(installation, image, **more):
    return tasks.register(installation, image, network="bridge", memory=8, stopTimeout=2, entryPoint=WAIT[:2], command=WAIT[2:], **more)


class _Service:
    def __init__(self, installation, image, desired):
        self.ecs, self.name = installation.client("ecs"), tasks.unique("bench")
        definition = _define(installation, image)
        self.begun = time.monotonic()
        self.ecs.create_service(serviceName=self.name, taskDefinition=definition, desiredCount=desired, launchType="EC2")

    def describe(self):
        return self.ecs.describe_services(services=[self.name])["services"][0]

    def until(self, condition, deadline_s=180):
        wait_for(lambda: condition(self.describe()), deadline_s, f"{self.name}", interval_s=0.002)

    def tasks(self):
        arns = self.ecs.list_tasks(serviceName=self.name)["taskArns"]
        return self.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []

    def end(self):
        self.ecs.delete_service(service=self.name, force=True)
        wait_for(
            lambda: not self.ecs.list_tasks(serviceName=self.name, desiredStatus="STOPPED")["taskArns"] or not self.tasks(), 60, "the end"
        )
        self.until(lambda it: it["status"] == "INACTIVE" or it["runningCount"] == 0)


def _killed(installation, image):
    service = _Service(installation, image, 1)
    taken = []
    for _ in range(KILLS):
        service.until(lambda it: it["runningCount"] == 1)
        task = wait_for(lambda: next((one for one in service.tasks() if one["lastStatus"] == "RUNNING"), None), 30, "a task")
        pid = processes.of_container(task)
        begun = time.monotonic()
        processes.kill(pid)
        while not any(one["lastStatus"] == "RUNNING" and one["taskArn"] != task["taskArn"] for one in service.tasks()):
            assert time.monotonic() - begun < 30, "no replacement within 30 s"
        taken.append(time.monotonic() - begun)
    service.end()
    return ("killed container replaced, median", "wharf", f"{statistics.median(taken):.3f}", f"{max(taken):.3f}")


def _many(installation, image):
    service = _Service(installation, image, MANY)
    wait_for(lambda: sum(one["lastStatus"] == "RUNNING" for one in service.tasks()) == MANY, 180, service.name, interval_s=0.002)
    taken = time.monotonic() - service.begun
    service.end()
    return (f"0 → {MANY} tasks", "wharf", f"{taken:.1f}", "")


def _rolled(installation, image):
    service = _Service(installation, image, ROLLED)
    service.until(lambda it: it["runningCount"] == ROLLED)
    definition = _define(installation, image, environment=[{"name": "VERSION", "value": "2"}])
    begun = time.monotonic()
    service.ecs.update_service(service=service.name, taskDefinition=definition)
    service.until(lambda it: len(it["deployments"]) == 1 and it["deployments"][0]["rolloutState"] == "COMPLETED")
    taken = time.monotonic() - begun
    service.end()
    return (f"{ROLLED} tasks rolled over", "wharf", f"{taken:.1f}", "")


def _rolled_under_requests(installation):
    web = Web(installation, images.push(installation, "web"), launch_type="EC2")
    web.make(ROLLED)
    old = [task["taskArn"] for task in web.tasks()]
    with Load(web, connections=16, a_second=None) as load:
        load.run_for(1)
        definition = web.define("v2")
        begun = time.monotonic()
        web.ecs.update_service(service=web.name, taskDefinition=definition)
        wait_for(lambda: _rolled_to(web.describe(), definition), 180, "the rollout", interval_s=0.002)
        completed = time.monotonic() - begun
        wait_for(lambda: _ended(web.ecs, old), 180, "the end of the old tasks", interval_s=0.01)
        gone = time.monotonic() - begun
        load.run_for(1)
    assert load.failures == [], load.failures[:5]
    delay, checks = _bounds(web)
    web.close()
    return [
        (f"{ROLLED} tasks rolled over under requests ({load.requests:,} meanwhile): COMPLETED", "wharf", f"{completed:.1f}", ""),
        ("the same until the last old task is STOPPED", "wharf", f"{gone:.1f}", ""),
        (
            f"at most to wait for by the settings: checks {checks:.0f} s, deregistration delay {delay:.0f} s",
            "",
            f"{checks + delay:.1f}",
            "",
        ),
    ]


def _bounds(web):
    """Seconds: the deregistration delay, and until a target counts as healthy by its interval and threshold."""
    attributes = web.elb.describe_target_group_attributes(TargetGroupArn=web.target_group)["Attributes"]
    delay = next(float(one["Value"]) for one in attributes if one["Key"] == "deregistration_delay.timeout_seconds")
    (group,) = web.elb.describe_target_groups(TargetGroupArns=[web.target_group])["TargetGroups"]
    return delay, group["HealthCheckIntervalSeconds"] * group["HealthyThresholdCount"]


def _rolled_to(service, definition):
    (first, *older) = service["deployments"]
    return not older and first["taskDefinition"] == definition and first["rolloutState"] == "COMPLETED"


def _ended(ecs, arns):
    return all(task["lastStatus"] == "STOPPED" for task in ecs.describe_tasks(tasks=arns)["tasks"])


def _crun_loop(bundle):
    config = json.loads((bundle.folder / "config.json").read_text())
    config["process"]["args"] = WAIT
    (bundle.folder / "config.json").write_text(json.dumps(config))
    root, names = bundle.folder / "state", [f"bench-{os.getpid()}-{number}" for number in range(MANY)]
    begun = time.monotonic()
    for name in names:
        command = ["crun", "--root", root, "run", "--detach", "--bundle", bundle.folder, name]
        subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    taken = time.monotonic() - begun
    for name in names:
        tools.run("crun", "--root", root, "delete", "--force", name, check=False)
    return (f"0 → {MANY} containers", "a shell's loop of crun run", f"{taken:.1f}", "")


def _docker_loop(host):
    docker = ["docker", "--host", host]
    archive = tools.image_archive("busybox")
    tools.run("skopeo", "copy", "--quiet", f"oci-archive:{archive}", f"docker-archive:{archive}.docker:it:1")
    tools.run(*docker, "load", "--input", f"{archive}.docker")
    os.unlink(f"{archive}.docker")
    begun = time.monotonic()
    found = [tools.run(*docker, "run", "--detach", "--network", "none", "it:1", *WAIT).stdout.strip() for _ in range(MANY)]
    taken = time.monotonic() - begun
    tools.run(*docker, "rm", "--force", *found, timeout_s=300)
    return (f"0 → {MANY} containers", "a shell's loop of docker run", f"{taken:.1f}", "")
