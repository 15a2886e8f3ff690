"""What a container is given, what it may do, and how it ends."""

import json

import pytest

from harness import images, processes, tasks
from harness.tasks import run_script, sh
from harness.waiting import wait_for

# Docker's default set: chown, dac_override, fsetid, fowner, mknod, net_raw, setgid, setuid, setfcap, setpcap,
# net_bind_service, sys_chroot, kill, audit_write.
DEFAULT_CAPABILITIES = "00000000a80425fb"


def fields(lines):
    return dict(line.split("=", 1) for line in lines if "=" in line)


# Confinement


def test_confinement_by_default(wharf, busybox):
    script = """
        grep -E '^(CapEff|CapBnd|Seccomp|NoNewPrivs):' /proc/self/status | tr -d '\\t ' | tr ':' '='
        mount -t tmpfs none /tmp 2>&1; echo mount_exit=$?
        unshare -U true 2>&1; echo unshare_user_exit=$?
        unshare -n true 2>&1; echo unshare_net_exit=$?
        echo x 2>/dev/null >/proc/sys/kernel/hostname || echo sysctl=refused
        echo b 2>/dev/null >/proc/sysrq-trigger || echo sysrq=refused
        [ -e /dev/kmsg ] || echo kmsg=absent
        ls /dev | tr '\\n' ' ' | sed 's/^/dev=/'; echo
        echo pids=$(ls -d /proc/[0-9]* | wc -l)
        echo cgroup=$(ls /sys/fs/cgroup 2>/dev/null | wc -l)
        touch /sys/x 2>/dev/null || echo sys=readonly
    """
    got = fields(run_script(wharf, busybox, script).lines())
    assert got["CapEff"] == got["CapBnd"] == DEFAULT_CAPABILITIES
    assert got["Seccomp"] == "2"
    assert got["mount_exit"] != "0" and got["unshare_user_exit"] != "0" and got["unshare_net_exit"] != "0"
    assert got["sysctl"] == got["sysrq"] == "refused" and got["sys"] == "readonly" and got["kmsg"] == "absent"
    assert {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "stdin", "stdout", "stderr", "fd"} >= set(
        got["dev"].split()
    ) - {"mqueue", "core", "console"}
    assert int(got["pids"]) < 10, "the container sees other processes"


def test_capabilities_added_and_dropped(wharf, busybox):
    show = "grep CapEff /proc/self/status"
    dropped = run_script(wharf, busybox, show, linuxParameters={"capabilities": {"drop": ["ALL"]}})
    assert dropped.output().split()[1] == "0" * 16
    added = run_script(wharf, busybox, show, linuxParameters={"capabilities": {"add": ["NET_ADMIN"], "drop": ["CHOWN"]}})
    assert int(added.output().split()[1], 16) == (int(DEFAULT_CAPABILITIES, 16) | 1 << 12) & ~1


def test_privileged_on_request_alone(wharf, busybox):
    task = run_script(
        wharf, busybox, "grep -E 'CapEff|Seccomp:' /proc/self/status; mount -t tmpfs none /tmp && echo mounted", privileged=True
    )
    assert "mounted" in task.lines() and "Seccomp:\t0" in task.lines()


def test_read_only_root(wharf, busybox):
    assert (
        run_script(wharf, busybox, "touch /x 2>&1; touch /tmp/x 2>&1; echo over", readonlyRootFilesystem=True).output().count("Read-only")
        == 2
    )


def test_containers_do_not_see_each_others_files(wharf, busybox):
    run_script(wharf, busybox, "echo secret > /etc/left; rm /bin/yes")
    assert run_script(wharf, busybox, "[ -e /etc/left ] || echo clean; [ -e /bin/yes ] && echo whole").lines() == ["clean", "whole"]


# What the process is given


def test_image_configuration_is_heeded(wharf, configured):
    task = tasks.run(wharf, configured)
    task.wait_line("waiting")
    got = fields(task.lines())
    assert got["args"] == "wait" and got["cwd"] == "/work/inner"
    assert got["id"] == "1000:1000 groups=1000 2000" and got["FROM_IMAGE"] == "set by the image"
    stopped = task.stop()
    assert task.lines()[-1] == "caught USR1", "the image's stop signal was not sent"
    assert stopped["containers"][0]["exitCode"] == 42


def test_definition_overrules_the_image(wharf, configured):
    settings = {
        "command": ["a b", "c"],
        "user": "0:2000",
        "workingDirectory": "/tmp/made",
        "environment": [{"name": "FROM_IMAGE", "value": "by the definition"}],
    }
    got = fields(tasks_output(tasks.run(wharf, configured, **settings)))
    assert got["args"] == "a b c" and got["cwd"] == "/tmp/made"
    assert got["id"].startswith("0:2000") and got["FROM_IMAGE"] == "by the definition"


def tasks_output(task):
    task.wait("STOPPED")
    return task.lines()


def test_entry_point_of_the_definition_forgets_the_images_command(wharf, configured):
    task = tasks.run(wharf, configured, entryPoint=["/bin/sh", "-c", "echo count=$#"])
    assert fields(tasks_output(task))["count"] == "0"


@pytest.mark.parametrize(
    ("user", "shown"), [("app", "1000:1000"), ("1000", "1000:1000"), ("app:extra", "1000:2000"), ("4242:4243", "4242:4243")]
)
def test_users(wharf, busybox, user, shown):
    assert run_script(wharf, busybox, "echo $(id -u):$(id -g)", user=user).lines() == [shown]


def test_unknown_user_stops_the_task_with_a_reason(wharf, busybox):
    task = tasks.run(wharf, busybox, user="nobody-knows", command=["true"])
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "nobody-knows" in stopped["stoppedReason"], stopped["stoppedReason"]


def test_run_task_overrides(wharf, busybox):
    definition = tasks.register(
        wharf, busybox, command=["echo", "from the definition"], environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    )
    override = {
        "name": "main",
        "command": ["sh", "-c", "echo $A $B $C"],
        "environment": [{"name": "B", "value": "two"}, {"name": "C", "value": "3"}],
    }
    task = tasks.start(wharf, definition, overrides={"containerOverrides": [override]})
    assert tasks_output(task) == ["1 two 3"]


def test_environment_of_every_container(wharf, busybox):
    got = fields(run_script(wharf, busybox, "env", network="bridge").lines())
    assert got["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"
    assert got["AWS_REGION"] == got["AWS_DEFAULT_REGION"] == "us-east-1"
    assert got["AWS_ENDPOINT_URL"] == "http://169.254.170.2:4566"
    assert got["AWS_DISABLE_HOST_PREFIX_INJECTION"] == "true"
    assert got["ECS_CONTAINER_METADATA_URI_V4"].startswith("http://169.254.170.2/v4/")
    assert got["ECS_AGENT_URI"].startswith("http://169.254.170.2/api/")
    assert got["HOSTNAME"]
    chosen = run_script(
        wharf, busybox, "echo $AWS_ENDPOINT_URL", network="bridge", environment=[{"name": "AWS_ENDPOINT_URL", "value": "http://mine"}]
    )
    assert chosen.lines() == ["http://mine"]


def test_limits(wharf, busybox):
    script = "ulimit -n; ulimit -Hn; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; df -k /dev/shm | awk 'END{print $2}'"
    settings = {
        "memory": 48,
        "ulimits": [{"name": "nofile", "softLimit": 512, "hardLimit": 1024}],
        "linuxParameters": {"sharedMemorySize": 8},
    }
    lines = run_script(wharf, busybox, script, **settings).lines()
    assert lines[:2] == ["512", "1024"]
    assert str(48 << 20) in lines and lines[-1] == str(8 << 10)


def test_a_ulimit_above_the_hosts_fails_with_its_reason(wharf, busybox):
    task = tasks.run(wharf, busybox, command=["true"], ulimits=[{"name": "nofile", "softLimit": 1 << 30, "hardLimit": 1 << 30}])
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart" and "nofile" in stopped["stoppedReason"].lower(), stopped["stoppedReason"]


def test_containers_of_one_task_share_a_volume_and_start_in_order(wharf, busybox):
    volume = {"mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared"}]}
    writer = {"name": "writer", "essential": False, **sh("echo written > /shared/file"), **volume}
    reader = {"name": "main", **sh("cat /shared/file"), "dependsOn": [{"containerName": "writer", "condition": "SUCCESS"}], **volume}
    task = tasks.run(wharf, busybox, containers=[reader, writer], task={"volumes": [{"name": "shared", "host": {}}]})
    assert tasks_output(task) == ["written"]


def test_failed_dependency_stops_the_task(wharf, busybox):
    first = {"name": "first", "essential": False, "command": ["false"]}
    second = {"name": "main", "command": ["true"], "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}]}
    stopped = tasks.run(wharf, busybox, containers=[first, second]).wait("STOPPED")
    reasons = [stopped.get("stoppedReason", "")] + [container.get("reason", "") for container in stopped["containers"]]
    assert any("dependenc" in reason.lower() for reason in reasons), reasons


def test_essential_container_takes_the_others_along(wharf, busybox):
    side = {"name": "side", **sh("trap 'echo asked to stop; exit 5' TERM; while :; do usleep 100000; done")}
    main = {"name": "main", **sh("usleep 300000; exit 4")}
    stopped = tasks.run(wharf, busybox, containers=[main, side]).wait("STOPPED")
    assert stopped["stopCode"] == "EssentialContainerExited"
    assert {one["name"]: one["exitCode"] for one in stopped["containers"]} == {"main": 4, "side": 5}


# Ends


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_exit_codes(wharf, busybox, code):
    assert run_script(wharf, busybox, f"exit {code}").exit_code == code


def test_signal_becomes_128_plus_its_number(wharf, busybox):
    assert run_script(wharf, busybox, "sh -c 'kill -SEGV $$'; exit $?").exit_code == 139


def test_out_of_memory(wharf, busybox):
    task = tasks.run(wharf, busybox, memory=16, command=["dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"])
    stopped = task.wait("STOPPED")
    main = stopped["containers"][0]
    assert main["exitCode"] == 137
    assert main["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert stopped["stopCode"] == "EssentialContainerExited"


def test_deaf_container_is_killed_after_its_stop_timeout(wharf, busybox):
    task = tasks.run(wharf, busybox, stopTimeout=2, **sh("trap '' TERM; echo deaf; while :; do usleep 100000; done"))
    task.wait_line("deaf")
    stopped = task.stop()
    assert stopped["containers"][0]["exitCode"] == 137
    waited = (stopped["executionStoppedAt"] - stopped["stoppingAt"]).total_seconds()
    assert 1.5 < waited < 6, waited


def test_orphans_in_a_container_end_with_it(wharf, busybox):
    task = run_script(wharf, busybox, "(while :; do : orphan-of-e2e; usleep 10000; done) & exit 0")
    assert task.exit_code == 0
    wait_for(lambda: not processes.with_argument("orphan-of-e2e"), 10, "the end of the orphan")


def test_missing_command_is_said(wharf, busybox):
    stopped = tasks.run(wharf, busybox, command=["/no/such/program"]).wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    reason = stopped["stoppedReason"]
    assert reason.startswith(("CannotStartContainerError", "CannotCreateContainerError")) and "/no/such/program" in reason, reason


def test_missing_image_is_said(wharf):
    name = tasks.unique("empty")
    uri = images.ensure_repository(wharf, name)
    stopped = tasks.run(wharf, f"{uri}:none", command=["true"]).wait("STOPPED", 60)
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"].startswith(("CannotPullImageManifestError", "CannotPullContainerError")), stopped["stoppedReason"]
    assert stopped["containers"][0]["reason"] == stopped["stoppedReason"]


def test_missing_repository_is_said(wharf):
    stopped = tasks.run(wharf, f"{wharf.registry}/never/made:1", command=["true"]).wait("STOPPED", 60)
    assert stopped["stopCode"] == "TaskFailedToStart" and "never/made" in stopped["stoppedReason"], stopped["stoppedReason"]


def test_repository_uri_of_aws_means_the_same_registry(wharf, busybox):
    name = busybox.partition("/")[2]
    task = tasks.run(wharf, f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{name}", command=["echo", "same"])
    assert tasks_output(task) == ["same"]


def test_image_by_digest(wharf, busybox):
    repository = busybox.partition("/")[2].partition(":")[0]
    digest = wharf.client("ecr").describe_images(repositoryName=repository)["imageDetails"][0]["imageDigest"]
    task = tasks.run(wharf, f"{wharf.registry}/{repository}@{digest}", command=["echo", "by digest"])
    assert tasks_output(task) == ["by digest"]
    assert task.container()["imageDigest"] == digest


def test_health_check_shows(wharf, busybox):
    check = {"command": ["CMD-SHELL", "[ -e /tmp/well ]"], "interval": 5, "timeout": 2, "retries": 1}
    task = tasks.run(wharf, busybox, healthCheck=check, **sh("touch /tmp/well; trap 'exit 0' TERM; while :; do usleep 100000; done"))
    wait_for(lambda: task.container()["healthStatus"] == "HEALTHY", 40, "HEALTHY")
    assert task.describe()["healthStatus"] == "HEALTHY"
    task.stop()


# In-task endpoints


@pytest.mark.parametrize("network", ["bridge", "awsvpc"])
def test_metadata(wharf, busybox, network):
    options = tasks.in_vpc(wharf) if network == "awsvpc" else {}
    script = "wget -qO- $ECS_CONTAINER_METADATA_URI_V4; echo; wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task; echo; wget -qO- $ECS_CONTAINER_METADATA_URI_V4/stats; echo; wget -qO- http://169.254.170.2/v4/unknown 2>/dev/null || echo refused"
    task = tasks.run(wharf, busybox, network=network, run_options=options, **sh(script))
    task.wait("STOPPED")
    container, whole, stats, last = task.lines()[:4]
    container, whole, stats = json.loads(container), json.loads(whole), json.loads(stats)
    described = task.describe()
    assert whole["TaskARN"] == task.arn
    assert whole["Family"] == described["taskDefinitionArn"].rpartition("/")[2].partition(":")[0] and whole["Revision"] == "1"
    assert whole["Cluster"] in ("default", described["clusterArn"])
    assert container["Name"] == "main" and container["Image"] == busybox
    assert container["DockerId"] == described["containers"][0]["runtimeId"]
    assert container["Labels"]["com.amazonaws.ecs.task-arn"] == task.arn
    assert container["Networks"][0]["NetworkMode"] == network
    if network == "awsvpc":
        assert container["Networks"][0]["IPv4Addresses"] == [described["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]]
    assert "main" in [one["Name"] for one in whole["Containers"]]
    assert {"memory_stats", "cpu_stats", "read"} <= stats.keys()
    assert last == "refused"


ASK_AWS = """
import boto3, botocore.exceptions
print(boto3.client("sts").get_caller_identity()["Arn"])
ecs = boto3.client("ecs")
print(len(ecs.list_clusters()["clusterArns"]) > 0)
try:
    ecs.run_task(taskDefinition="x")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"""


@pytest.mark.parametrize("network", ["bridge", "awsvpc", "host"])
def test_stock_boto3_uses_the_task_role(wharf, python, network):
    role = tasks.task_role(wharf, "ecs:ListClusters")
    options = tasks.in_vpc(wharf) if network == "awsvpc" else {}
    task = tasks.run(wharf, python, network=network, role=role, memory=256, run_options=options, command=["python3", "-c", ASK_AWS])
    task.wait("STOPPED", 60)
    name = role.rpartition("/")[2]
    assert task.lines() == [f"arn:aws:sts::000000000000:assumed-role/{name}/{task.id}", "True", "AccessDeniedException"], task.output()


def test_credentials_are_only_those_of_the_task(wharf, busybox):
    role = tasks.task_role(wharf, "ecs:ListClusters")
    script = "wget -qO- http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; wget -qO- http://169.254.170.2/v2/credentials/00000000-0000-4000-8000-000000000000 2>/dev/null || echo refused"
    got = tasks_output(tasks.run(wharf, busybox, network="bridge", role=role, **sh(script)))
    assert json.loads(got[0])["RoleArn"] == role and json.loads(got[0]).keys() == {
        "RoleArn",
        "AccessKeyId",
        "SecretAccessKey",
        "Token",
        "Expiration",
    }
    assert got[1] == "refused"
    without = fields(run_script(wharf, busybox, "env", network="bridge").lines())
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in without
