"""The thread through every seam, with stock clients alone: push, register, run, follow, read the log."""

import json

from harness import processes, tasks, tools
from harness.waiting import wait_for

DEFINITION = {
    "family": "hello",
    "networkMode": "none",
    "containerDefinitions": [
        {
            "name": "hello",
            "entryPoint": ["sh", "-c"],
            "command": ["for n in 1 2 3; do echo line $n; done; exit 3"],
            "memory": 16,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/hello", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "hello"},
            },
        }
    ],
}


def test_from_push_to_log_line(wharf, tmp_path):
    created = wharf.aws("ecr", "create-repository", "--repository-name", "thin/hello")
    uri = created["repository"]["repositoryUri"]
    assert uri == f"localhost:{wharf.port}/thin/hello"
    password = wharf.aws("ecr", "get-login-password").strip()
    source = f"oci-archive:{tools.image_archive('busybox')}"
    tools.run("skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}", source, f"docker://{uri}:1")

    wharf.aws("logs", "create-log-group", "--log-group-name", "/hello")
    DEFINITION["containerDefinitions"][0]["image"] = f"{uri}:1"
    written = tmp_path / "hello.json"
    written.write_text(json.dumps(DEFINITION))
    registered = wharf.aws("ecs", "register-task-definition", "--cli-input-json", f"file://{written}")
    assert registered["taskDefinition"]["taskDefinitionArn"] == "arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"

    started = wharf.aws("ecs", "run-task", "--task-definition", "hello")
    assert started["failures"] == []
    arn = started["tasks"][0]["taskArn"]
    assert started["tasks"][0]["lastStatus"] in ("PROVISIONING", "PENDING")

    wharf.aws("ecs", "wait", "tasks-stopped", "--tasks", arn)
    task = wharf.aws("ecs", "describe-tasks", "--tasks", arn)["tasks"][0]
    assert task["lastStatus"] == task["desiredStatus"] == "STOPPED"
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == 3
    assert task["createdAt"] <= task["startedAt"] <= task["stoppedAt"]

    def tail():
        return wharf.aws2("logs", "tail", "/hello", "--format", "short")

    printed = wait_for(lambda: (text := tail()) and "line 3" in text and text, what="three lines in aws logs tail")
    assert [line.split(" ", 1)[1] for line in printed.splitlines()] == ["line 1", "line 2", "line 3"]


def test_a_running_task_is_seen_running_and_stopped(wharf, busybox):
    task = tasks.run(wharf, busybox, **tasks.sh("trap 'exit 7' TERM; echo up; while :; do usleep 100000; done"))
    running = task.wait("RUNNING")
    assert running["containers"][0]["lastStatus"] == "RUNNING"
    assert running["connectivity"] == "CONNECTED"
    assert "stopCode" not in running
    listed = wharf.client("ecs").list_tasks(desiredStatus="RUNNING")["taskArns"]
    assert task.arn in listed
    task.wait_line("up")

    stopped = task.stop("enough of it")
    assert stopped["stopCode"] == "UserInitiated"
    assert stopped["stoppedReason"] == "enough of it"
    assert task.exit_code == 7
    assert task.arn not in wharf.client("ecs").list_tasks(desiredStatus="RUNNING")["taskArns"]
    # Other tests may have stopped more than a page of them.
    stopped = wharf.client("ecs").get_paginator("list_tasks").paginate(desiredStatus="STOPPED")
    assert task.arn in [arn for page in stopped for arn in page["taskArns"]]


def test_no_container_engine_takes_part(wharf, busybox):
    """The container's ancestors are wharf's own processes."""
    task = tasks.run(wharf, busybox, stopTimeout=2, **tasks.sh(": no-engine; while :; do usleep 100000; done"))
    task.wait("RUNNING")
    (pid,) = processes.with_argument(": no-engine; while")
    ancestors = []
    while pid and pid > 1:
        ancestors.append(" ".join(processes.command_line(pid)[:2]))
        pid = processes.parent(pid)
    assert not any(name in line for line in ancestors for name in ("docker", "containerd", "podman", "conmon", "crun", "runc")), ancestors
    task.stop()
