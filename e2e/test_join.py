"""A node that joins over TLS, and what its identity is good for."""

import json
import shutil
import subprocess
import tempfile

import pytest
from botocore.exceptions import ClientError

from agent.signing import signed_headers, websocket_url
from harness import images, tasks, tools
from harness.installation import Keys
from harness.waiting import wait_for

ADDRESS = "127.0.0.2"


@pytest.fixture(scope="module")
def server():
    from harness.installation import Installation

    with Installation(arguments=["--listen", ADDRESS]) as alone:
        yield alone.start()


def token(server):
    said = tools.run(tools.wharf(), "token", "--data", server.data).stdout
    return said.split("--join ")[1].split()[0]


def join(server, data, join_token):
    return [tools.wharf(), "node", "--data", data, "--server", f"https://{ADDRESS}:{server.port}", "--join", join_token]


@pytest.fixture(scope="module")
def joined(server):
    """The ARN and the keys of a second node."""
    ecs = server.client("ecs")
    before = set(ecs.list_container_instances()["containerInstanceArns"])
    data = tempfile.mkdtemp(prefix="wharf-e2e-")
    process = subprocess.Popen([str(part) for part in join(server, data, token(server))])

    def connected():
        new = set(ecs.list_container_instances()["containerInstanceArns"]) - before
        described = ecs.describe_container_instances(containerInstances=list(new))["containerInstances"] if new else []
        return next((one["containerInstanceArn"] for one in described if one["agentConnected"]), None)

    try:
        arn = wait_for(connected, 20, "the joined node")
        with open(f"{data}/node/identity.json") as file:
            identity = json.load(file)
        yield arn, Keys(identity["accessKeyId"], identity["secretAccessKey"])
    finally:
        process.terminate()
        process.wait(20)
        tools.run(tools.wharf(), "down", "--data", data)
        shutil.rmtree(data, ignore_errors=True)


def test_a_token_comes_with_the_command_that_spends_it(server, unstarted):
    said = tools.run(tools.wharf(), "token", "--data", server.data).stdout
    assert f"wharf node --server https://{ADDRESS}:{server.port} --join " in said
    alone = unstarted().start(node=False)
    assert "this machine only" in tools.run(tools.wharf(), "token", "--data", alone.data).stdout


def test_a_node_that_has_not_joined_says_how(tmp_path):
    done = tools.run(tools.wharf(), "node", "--data", tmp_path / "node", check=False)
    assert done.returncode == 7 and "wharf token" in done.stderr, done.stderr


def start_on(server, image, instance, script):
    definition = tasks.register(server, image, **tasks.sh(script))
    answer = server.client("ecs").start_task(taskDefinition=definition, containerInstances=[instance])
    assert not answer["failures"], answer["failures"]
    return answer["tasks"][0]["taskArn"]


def test_the_joined_node_runs_tasks(server, joined):
    arn, _ = joined
    task = start_on(server, images.push(server, "busybox"), arn, "echo there; exit 5")

    def stopped():
        described = server.client("ecs").describe_tasks(tasks=[task])["tasks"][0]
        return described if described["lastStatus"] == "STOPPED" else None

    described = wait_for(stopped, 30, "the end of the task")
    assert described["containerInstanceArn"] == arn
    assert described["containers"][0]["exitCode"] == 5


def test_a_node_speaks_for_no_other(server, joined):
    arn, keys = joined
    ecs, as_node = server.client("ecs"), server.client("ecs", keys)
    (other,) = set(ecs.list_container_instances()["containerInstanceArns"]) - {arn}
    task = start_on(server, images.push(server, "busybox"), other, "while :; do usleep 10000; done")
    wait_for(lambda: ecs.describe_tasks(tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING", 30, "a task of the other node")
    refused = [
        lambda: as_node.submit_task_state_change(task=task, status="STOPPED"),
        lambda: as_node.deregister_container_instance(containerInstance=other, force=True),
        lambda: as_node.update_container_instances_state(containerInstances=[other], status="DRAINING"),
        lambda: as_node.register_container_instance(containerInstanceArn=other, totalResources=[]),
    ]
    for call in refused:
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert ecs.describe_tasks(tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING"
    url = websocket_url(
        as_node.discover_poll_endpoint(containerInstance=other)["endpoint"], {"containerInstanceArn": other, "clusterArn": "default"}
    )
    status = tools.run(
        "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url.replace("ws://", "http://"),
        *[part for name, value in signed_headers(url, keys).items() for part in ("-H", f"{name}: {value}")],
    ).stdout  # fmt: skip
    assert status == "403"
    ecs.stop_task(task=task)


def test_a_token_is_good_once(server, joined):
    spent = token(server)
    data, other = (tempfile.mkdtemp(prefix="wharf-e2e-") for _ in range(2))
    try:
        first = subprocess.Popen([str(part) for part in join(server, data, spent)])
        wait_for(lambda: len(server.client("ecs").list_container_instances()["containerInstanceArns"]) > 2, 20, "a third node")
        first.terminate()
        first.wait(20)
        tools.run(tools.wharf(), "down", "--data", data)
        again = tools.run(*join(server, other, spent), check=False)
        assert again.returncode != 0 and "spent" in again.stderr
    finally:
        for folder in (data, other):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("wrong", ["secret", "authority"])
def test_a_wrong_token_joins_nothing(server, wrong):
    number, secret, digest = token(server).split(".")
    bad = f"{number}.{'0' * 32}.{digest}" if wrong == "secret" else f"{number}.{secret}.{'0' * 64}"
    data = tempfile.mkdtemp(prefix="wharf-e2e-")
    try:
        done = tools.run(*join(server, data, bad), check=False)
        assert done.returncode != 0
        assert ("unknown" if wrong == "secret" else "not the server that the token is for") in done.stderr
    finally:
        shutil.rmtree(data, ignore_errors=True)
