"""`wharf top`: what runs and what it uses, once for scripts and live on a terminal that is given back as it was."""

import json
import re
import signal

import pytest

from harness import tasks, tools
from harness.terminal import Terminal
from harness.waiting import wait_for

ALTERNATE, NORMAL, CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"


def top(wharf, *arguments, check=True):
    return tools.run(tools.wharf(), "top", "--data", wharf.data, *arguments, check=check)


def seen(wharf):
    return json.loads(top(wharf, "--json").stdout)


@pytest.fixture
def service(wharf, busybox):
    """One task that runs until it is told to end, and its name."""
    ecs, name = wharf.client("ecs"), tasks.unique("watched")
    command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]
    container = {"name": "main", "image": busybox, "memory": 16, "cpu": 64, "command": command}
    ecs.register_task_definition(family=name, containerDefinitions=[container])
    ecs.create_service(serviceName=name, taskDefinition=name, desiredCount=1, launchType="EC2")
    yield name
    ecs.delete_service(service=name, force=True)


def live(wharf, rows=30, columns=120):
    return Terminal(rows, columns, tools.wharf(), "top", "--data", wharf.data)


def is_shown(text):
    return lambda lines: any(text in line for line in lines)


def is_row(service):
    """Whether it is in the table: events name it too."""
    return lambda lines: any(re.match(rf"{service} +default ", line) for line in lines)


def given_back(terminal):
    """Whether the terminal is as it was, once the command has ended."""
    assert terminal.text.count(ALTERNATE) == terminal.text.count(NORMAL) == 1, terminal.text[-500:]
    assert CURSOR in terminal.text[terminal.text.index(NORMAL) :], "the cursor is not shown again"
    assert terminal.settings() == terminal.before
    return True


def test_machines_read_what_runs(wharf, service):
    def of_service():
        [it] = [it for it in seen(wharf)["services"] if it["name"] == service]
        return it if it["running"] == 1 else None

    shown = wait_for(of_service, 60, "the service's task among what runs")
    assert (shown["cluster"], shown["desired"], shown["state"]) == ("default", 1, "steady")
    [deployment] = shown["deployments"]
    assert deployment["desired"] == deployment["running"] == 1
    everything = seen(wharf)
    [task] = [it for it in everything["tasks"] if it["group"] == service]
    ecs = wharf.client("ecs")
    [arn] = ecs.list_tasks(serviceName=service)["taskArns"]
    assert (task["id"], task["status"]) == (arn.rsplit("/", 1)[1], "RUNNING")
    [node] = [it for it in everything["nodes"] if it["id"] == task["node"]]
    assert node["connected"] and 64 <= node["cpu"]["reserved"] <= node["cpu"]["offered"]
    assert any(it["service"] == service and "has started 1 tasks" in it["message"] for it in everything["events"])
    assert everything["tasksLeftOut"] == 0 and everything["missing"] == []


def test_a_pipe_gets_plain_tables(wharf, service):
    wait_for(lambda: re.search(rf"^{service} +default +1 +1 +0 +steady ", top(wharf, "--once").stdout, re.M), 60, "the service's row")
    text = top(wharf, "--once").stdout
    assert "\x1b" not in text
    assert re.match(r"wharf http://127.0.0.1:\d+ in us-east-1: \d+ services?", text), text
    for heading in ("CLUSTER ", "SERVICE ", "TASK ", "NODE ", "AGO "):
        assert re.search(rf"^{heading}", text, re.M), (heading, text)
    assert re.search(r"^(nothing is near a limit|near a limit: .+)$", text.strip().splitlines()[-1]), text
    refused = top(wharf, check=False)
    assert refused.returncode == 1 and "--once" in refused.stderr and refused.stdout == "", refused


@pytest.fixture
def measured_by_task(wharf):
    ecs = wharf.client("ecs")

    def set_to(value):
        ecs.update_cluster_settings(cluster="default", settings=[{"name": "containerInsights", "value": value}])

    set_to("enhanced")
    yield
    set_to("disabled")


def test_what_was_measured_is_shown(wharf, measured_by_task, service):
    def used(kind, name):
        [shown] = [it for it in seen(wharf)[kind] if it[name] == service]
        return shown["memoryPercent"]

    of_service = wait_for(lambda: used("services", "name"), 150, "the first minute of the service's memory")
    of_task = wait_for(lambda: used("tasks", "group"), 30, "the same of its task")
    assert 0 < of_service <= 100 and 0 < of_task <= 100
    shown = seen(wharf)
    [cluster] = [it for it in shown["clusters"] if it["name"] == "default"]
    assert 0 < cluster["memoryPercent"] <= 100, "the machine has more than the task reserved"
    # A minute may end before the deployment does.
    row = re.compile(rf"^{service} +default +1 +1 +0 +steady +(-|\d+ %) +\d+ % ", re.M)
    wait_for(lambda: row.search(top(wharf, "--once").stdout), 60, "the row of the service when it is steady")
    with live(wharf) as terminal:
        terminal.wait_for(is_row(service), "row of the service")
        terminal.type(f"/{service}\r\r")
        terminal.wait_for(lambda lines: any(re.match(r"memory +[▁-█]+  \d+ % now", it) for it in lines), "line of the memory's past")


def test_tabs_filters_and_details_on_a_terminal(wharf, service):
    with live(wharf) as terminal:
        terminal.wait_for(is_row(service), "row of the service")
        terminal.type("3")
        terminal.wait_for(lambda lines: lines[2].startswith("TASK "), "table of tasks")
        terminal.type("4")
        terminal.wait_for(lambda lines: lines[2].startswith("NODE ") and "MEMORY RESERVED" in lines[2], "table of nodes")
        terminal.type("\x1b[D\x1b[D")
        terminal.wait_for(lambda lines: lines[2].startswith("SERVICE "), "table of services")
        terminal.type("/no such service\r")
        terminal.wait_for(is_shown("nothing here"), "sign that the filter leaves nothing")
        terminal.type("\x1b")
        terminal.wait_for(is_row(service), "row of the service again")
        terminal.type(f"/{service}\r\r")
        terminal.wait_for(is_shown(f"service {service} of cluster default"), "details")
        # It looks again by itself.
        wharf.client("ecs").update_service(service=service, desiredCount=0)
        terminal.wait_for(is_shown("tasks: 0 desired, 0 running, 0 pending"), "new count", 60)
        terminal.type("q")
        terminal.read_all()
        assert terminal.process.wait(timeout=10) == 0
        assert given_back(terminal)


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGHUP"])
def test_the_terminal_is_given_back(wharf, how):
    with live(wharf) as terminal:
        terminal.wait_for(is_shown("q quit"), "first frame")
        assert terminal.settings() != terminal.before, "it takes keys as they are typed"
        if how == "Ctrl-C":
            terminal.type("\x03")
        else:
            terminal.process.send_signal(getattr(signal, how))
        terminal.read_all()
        assert terminal.process.wait(timeout=10) == 0
        assert given_back(terminal)


def test_what_others_write_does_not_reach_the_terminal_raw(wharf):
    ecs, name = wharf.client("ecs"), tasks.unique("hostile")
    hostile = "\x1b]0;owned\x07"
    ecs.register_task_definition(family=name, containerDefinitions=[{"name": "main", "image": "none", "memory": 16}])
    task = ecs.run_task(taskDefinition=name, startedBy="e2e", group=f"x{hostile}", launchType="EC2")["tasks"][0]["taskArn"]
    try:
        with live(wharf) as terminal:
            terminal.type("3")
            terminal.wait_for(is_shown("owned"), "the task's group")
            terminal.type("q")
            terminal.read_all()
        assert "\x1b]" not in terminal.text and "\x07" not in terminal.text
    finally:
        ecs.stop_task(task=task)


def test_without_a_server_nothing_is_drawn(unstarted):
    ended = unstarted()
    refused = top(ended, "--once", check=False)
    assert refused.returncode == 7 and "no installation" in refused.stderr, refused
