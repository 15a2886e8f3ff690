"""Commands about what is in another region or another cluster, and log groups of another region."""

import os
import re

import pytest

from harness import tasks, tools
from harness.tasks import sh
from harness.waiting import wait_for

REGION = "eu-west-1"
FOREVER = "trap 'exit 0' TERM; while :; do usleep 100000; done"


def typed(wharf, *words, check=True, region=None):
    """A command in a shell with or without a region of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"WHARF_DATA": str(wharf.data)} | ({"AWS_REGION": region} if region else {})
    return tools.run(tools.wharf(), *words, env=environment, check=check)


@pytest.fixture
def far(wharf):
    """A service of another region, in a cluster of its own."""
    ecs, name = wharf.client("ecs", region=REGION), tasks.unique("far")
    ecs.create_cluster(clusterName=name)
    definition = ecs.register_task_definition(family=name, containerDefinitions=[{"name": "main", "image": "busybox", "memory": 16}])
    definition = definition["taskDefinition"]["taskDefinitionArn"]
    arn = ecs.create_service(cluster=name, serviceName=name, taskDefinition=definition, desiredCount=0)["service"]["serviceArn"]
    yield name, arn
    ecs.delete_service(cluster=name, service=name, force=True)
    ecs.get_waiter("services_inactive").wait(cluster=name, services=[name], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    ecs.delete_cluster(cluster=name)


def test_a_service_of_another_region(wharf, far):
    name, arn = far
    told = f"service {name} in cluster {name}: ACTIVE"
    assert told in typed(wharf, "explain", "service", name, "--cluster", name, "--region", REGION).stdout
    assert told in typed(wharf, "explain", "service", name, "--cluster", name, region=REGION).stdout
    # An ARN says region and cluster, whatever the environment says.
    assert told in typed(wharf, "explain", "service", arn, region="us-east-1").stdout
    shown = typed(wharf, "status", "--service", name, region=REGION).stdout
    assert re.search(rf"^wharf http://127.0.0.1:\d+ in {REGION}: 1 service", shown) and name in shown, shown
    here = typed(wharf, "explain", "service", name, check=False)
    assert here.returncode == 1
    assert f"There is no service {name} in cluster default of us-east-1: --cluster and --region name others." in here.stderr
    contrary = typed(wharf, "explain", "service", arn, "--region", "us-east-1", check=False)
    assert contrary.returncode == 1 and f"the ARN is one of {REGION}" in contrary.stderr


def test_status_of_what_is_not_there(wharf):
    for words, said in [
        (("--service", "nope"), "there is no service nope in "),
        (("--service", "nope", "--cluster", "default"), "there is no service nope in cluster default of us-east-1"),
        (("--cluster", "nope"), "there is no cluster nope in us-east-1"),
        (("--cluster", "nope", "--json"), "there is no cluster nope in us-east-1"),
    ]:
        done = typed(wharf, "status", *words, check=False)
        assert (done.returncode, done.stdout) == (1, "") and said in done.stderr, done.stdout + done.stderr


@pytest.fixture
def of_another_cluster(wharf, busybox):
    """A task in which commands may be executed, of a cluster that is not `default`."""
    name = tasks.unique("two")
    wharf.client("ecs").create_cluster(clusterName=name)
    definition = tasks.register(
        wharf, busybox, network="awsvpc", execution_role=tasks.execution_role(wharf), **sh(f"echo I am here; {FOREVER}"),
        task={"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"},
    )  # fmt: skip
    task = tasks.start(wharf, definition, cluster=name, launchType="FARGATE", enableExecuteCommand=True, **tasks.in_vpc(wharf))
    task.wait("RUNNING")
    yield task
    task.stop()


def test_a_task_of_another_cluster_is_found(wharf, of_another_cluster):
    task = of_another_cluster
    short = task.id[:8]
    assert short in typed(wharf, "status").stdout
    for name in (short, task.arn):
        said = typed(wharf, "explain", "task", name).stdout
        assert f"task {task.id}: RUNNING" in said, said
        wait_for(lambda name=name: typed(wharf, "logs", name).stdout == "I am here\n", 30, "its line")
        assert typed(wharf, "exec", name, "--", "echo", "inside").stdout.strip() == "inside"
    for command in (["explain", "task", short], ["logs", short], ["exec", short]):
        more = ["--", "true"] if command[0] == "exec" else []
        done = typed(wharf, *command, "--cluster", "default", *more, check=False)
        assert done.returncode == 1 and "--cluster" in done.stderr and "default" in done.stderr, done.stderr
    contrary = typed(wharf, "logs", task.arn, "--cluster", "default", check=False)
    assert contrary.returncode == 1 and f"the ARN is one of cluster {task.cluster}" in contrary.stderr


@pytest.mark.parametrize("launch", ["FARGATE", "EC2"])
def test_lines_go_to_the_region_that_the_option_names(wharf, busybox, launch):
    """With a role of the task, and with the node's own identity."""
    far, here, group = wharf.client("logs", region=REGION), wharf.client("logs"), "/e2e/" + tasks.unique("far")
    options = {"awslogs-group": group, "awslogs-region": REGION, "awslogs-stream-prefix": "t"}
    more = {"logConfiguration": {"logDriver": "awslogs", "options": options}, **sh("echo far away")}
    run = {}
    if launch == "FARGATE":
        more |= {"network": "awsvpc", "execution_role": tasks.execution_role(wharf)}
        more["task"] = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
        run = tasks.in_vpc(wharf)
    definition = tasks.register(wharf, busybox, **more)
    # The group of the same name here is another one.
    here.create_log_group(logGroupName=group)
    refused = tasks.start(wharf, definition, launchType=launch, **run)
    refused.wait("STOPPED")
    described = refused.describe()
    told = described["stoppedReason"] + str([one.get("reason") for one in described["containers"]])
    assert "The specified log group does not exist." in told, told
    assert "its log group is missing" in typed(wharf, "explain", "task", refused.id).stdout

    far.create_log_group(logGroupName=group)
    task = tasks.start(wharf, definition, launchType=launch, **run)
    task.wait("STOPPED")
    wait_for(lambda: typed(wharf, "logs", task.id).stdout == "far away\n", 30, "the line, in its region")
    (stream,) = far.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"] == f"t/main/{task.id}"
    assert here.describe_log_streams(logGroupName=group)["logStreams"] == []
