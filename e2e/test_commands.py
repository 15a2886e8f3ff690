"""`wharf logs`, `wharf exec SERVICE`, `WHARF_DATA`, completion and manual pages, as a person types them."""

import json
import os
import subprocess

import pytest

from harness import images, tasks, tools
from harness.tasks import sh
from harness.waiting import wait_for


def typed(wharf, *words, check=True, **options):
    """A command in a shell that has read `wharf env`: no --data anywhere."""
    return tools.run(tools.wharf(), *words, env={**os.environ, "WHARF_DATA": str(wharf.data)}, check=check, **options)


@pytest.fixture(scope="module")
def service(wharf):
    """Two tasks that say who they are and then a word every tenth of a second."""
    script = "echo I am $(hostname); while usleep 100000; do echo beat; done"
    definition = tasks.register(wharf, images.push(wharf, "busybox"), stopTimeout=2, **sh(script))
    name = tasks.unique("talker")
    ecs = wharf.client("ecs")
    ecs.create_service(serviceName=name, taskDefinition=definition, desiredCount=2, launchType="EC2", enableExecuteCommand=True)
    wait_for(lambda: len(running(wharf, name)) == 2, 60, "two tasks")
    yield name
    ecs.delete_service(service=name, force=True)


def running(wharf, name):
    ecs = wharf.client("ecs")
    arns = ecs.list_tasks(serviceName=name)["taskArns"]
    found = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
    return [task["taskArn"].rpartition("/")[2] for task in found if task["lastStatus"] == "RUNNING"]


def test_env_names_the_data_folder(wharf):
    said = tools.run(tools.wharf(), "env", "--data", wharf.data).stdout
    assert f"export WHARF_DATA='{wharf.data}'" in said
    assert json.loads(typed(wharf, "status", "--json").stdout)
    # Set to nothing it is as good as not set.
    unset = tools.run(tools.wharf(), "doctor", "--json", env={**os.environ, "WHARF_DATA": ""}, check=False)
    assert "/var/lib/wharf" in unset.stdout, unset.stdout + unset.stderr
    assert tools.run(tools.wharf(), "status", "--data", "", check=False).returncode == 2
    # A flag is nearer than the environment.
    other = typed(wharf, "status", "--data", "/nowhere", check=False)
    assert other.returncode == 7 and "/nowhere" in other.stderr


def test_logs_of_a_service_and_of_one_task(wharf, service):
    ids = running(wharf, service)

    def lines():
        return typed(wharf, "logs", service).stdout.splitlines()

    # A line of each, marked with its writer.
    wait_for(
        lambda: all(any(line.startswith(f"{one[:8]} main") and "I am" in line for line in lines()) for one in ids),
        30,
        "both tasks' first lines",
    )

    def alone():
        return typed(wharf, "logs", ids[0][:12]).stdout.splitlines()

    wait_for(lambda: len(alone()) > 1, 30, "a word after the first line")
    first, *words = alone()
    assert first.startswith("I am") and set(words) == {"beat"}
    machine = [json.loads(line) for line in typed(wharf, "logs", service, "--json").stdout.splitlines()]
    assert {one["task"] for one in machine} == set(ids) and {one["container"] for one in machine} == {"main"}
    assert [one["timestamp"] for one in machine] == sorted(one["timestamp"] for one in machine)


def test_logs_follow(wharf, service):
    command = [tools.wharf(), "logs", service, "--follow", "--since", "1s", "--json", "--data", wharf.data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        read = [json.loads(following.stdout.readline()) for _ in range(100)]
        following.terminate()
    # Each once: ten a second of each task.
    by_task = [[one["timestamp"] for one in read if one["task"] == task] for task in running(wharf, service)]
    assert all(len(times) == len(set(times)) > 10 for times in by_task)


def test_logs_of_a_task_end_with_it(wharf):
    definition = tasks.register(wharf, images.push(wharf, "busybox"), **sh("echo first; usleep 1500000; echo last"))
    task = tasks.start(wharf, definition)
    said = typed(wharf, "logs", task.id, "-f", timeout_s=60).stdout.splitlines()
    assert said == ["first", "last"]
    # Long stopped, it is still found by the beginning of its id.
    assert typed(wharf, "logs", task.id[:10]).stdout.splitlines() == ["first", "last"]


def test_logs_that_are_nowhere(wharf):
    image = images.push(wharf, "busybox")
    task = tasks.run(wharf, image, logConfiguration={"logDriver": "json-file"}, **sh("echo lost"))
    task.wait("STOPPED")
    refused = typed(wharf, "logs", task.id, check=False)
    assert refused.returncode == 1 and "main: json-file" in refused.stderr and "awslogs" in refused.stderr
    silent = tasks.run(wharf, image, **sh(":"))
    silent.wait("STOPPED")
    done = typed(wharf, "logs", silent.id)
    assert done.stdout == "" and "--since" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("logs", "nobody"), "cluster default of us-east-1 has no service nobody, and no cluster there a task nobody"),
        (("exec", "nobody", "--", "true"), "--cluster and --region look elsewhere"),
        (("logs", "x", "--since", "yesterday"), "such as 10m"),
        (("logs", "x", "--cluster", "none"), "there is no such cluster in us-east-1"),
    ],
)
def test_bad_names_and_spans(wharf, words, said):
    refused = typed(wharf, *words, check=False)
    assert refused.returncode not in (0, 101) and said in refused.stderr, refused.stderr


def test_exec_in_a_service(wharf, service):
    said = typed(wharf, "exec", service, "--", "sh", "-c", "echo inside; exit 7", check=False)
    assert (said.returncode, said.stdout.strip()) == (7, "inside"), said.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell, tmp_path):
    script = tools.run(tools.wharf(), "completion", shell).stdout
    assert "explain" in script and "--since" in script or "since" in script
    if shell == "bash":
        asked = f"{script}\nCOMP_WORDS=(wharf ex); COMP_CWORD=1; _wharf wharf ex wharf; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        # As a file of its own: the script is longer than an argument may be.
        file = tmp_path / "asked"
        file.write_text(asked)
        assert set(tools.run("bash", file).stdout.split()) == {"exec", "explain"}


def test_manual_pages(tmp_path):
    tools.run(tools.wharf(), "man", tmp_path)
    page = (tmp_path / "wharf-logs.1").read_text()
    assert ".TH" in page and "follow" in page


def test_the_authority_of_the_endpoint(unstarted, tmp_path):
    """What `wharf ca --endpoint` prints is what a client on another machine needs to trust the API and the registry."""
    listening = unstarted(arguments=("--listen", "127.0.0.2")).start()
    authority = tmp_path / "ca.crt"
    authority.write_text(typed(listening, "ca", "--endpoint").stdout)
    url = f"https://127.0.0.2:{listening.port}/v2/"
    answer = tools.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", authority, url)
    assert answer.stdout == "401"
    refused = tools.run("curl", "-s", url, check=False)
    assert refused.returncode == 60, "without it nobody is trusted"
