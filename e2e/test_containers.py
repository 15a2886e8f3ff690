"""What a task definition says about its containers, tried on real ones: order, health, restarts, volumes, limits, namespaces."""

import os
import time

import pytest
from botocore.exceptions import ClientError

from harness import processes, tasks
from harness.tasks import run_script, sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)

FOREVER = "trap 'exit 0' TERM; while :; do usleep 100000; done"


def reasons(task):
    return [task.get("stoppedReason", "")] + [container.get("reason", "") for container in task["containers"]]


def finished_lines(task, name="main"):
    task.wait("STOPPED")
    return task.lines(name)


# Order


def test_start_waits_only_for_the_start(wharf, busybox):
    first = {"name": "first", "essential": False, **sh(FOREVER)}
    main = {"name": "main", **sh("echo started"), "dependsOn": [{"containerName": "first", "condition": "START"}]}
    assert finished_lines(tasks.run(wharf, busybox, containers=[main, first])) == ["started"]


def test_complete_takes_any_exit_code(wharf, busybox):
    first = {"name": "first", "essential": False, **sh("usleep 200000; exit 3")}
    main = {"name": "main", **sh("echo after"), "dependsOn": [{"containerName": "first", "condition": "COMPLETE"}]}
    task = tasks.run(wharf, busybox, containers=[main, first])
    assert finished_lines(task) == ["after"]
    assert task.container("first")["exitCode"] == 3


def test_healthy_waits_for_the_check(wharf, busybox):
    check = {"command": ["CMD", "test", "-e", "/tmp/well"], "interval": 5, "timeout": 2, "retries": 3}
    first = {"name": "first", "essential": False, **sh(f"touch /tmp/well; {FOREVER}"), "healthCheck": check}
    main = {"name": "main", **sh("echo after"), "dependsOn": [{"containerName": "first", "condition": "HEALTHY"}]}
    task = tasks.run(wharf, busybox, containers=[main, first])
    assert finished_lines(task) == ["after"]


def test_a_dependency_that_is_never_healthy_times_out(wharf, busybox):
    check = {"command": ["CMD", "false"], "interval": 5, "timeout": 2, "retries": 10}
    first = {"name": "first", "essential": False, **sh(FOREVER), "healthCheck": check, "startTimeout": 2}
    main = {"name": "main", **sh("echo never"), "dependsOn": [{"containerName": "first", "condition": "HEALTHY"}]}
    task = tasks.run(wharf, busybox, containers=[main, first])
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert any("TaskDependencyError" in reason for reason in reasons(stopped)), reasons(stopped)
    assert task.lines() == []


def test_containers_stop_in_reverse_order(wharf, busybox):
    volume = {"mountPoints": [{"sourceVolume": "notes", "containerPath": "/notes"}]}
    note = "trap 'echo {0} asked >> /notes/all; usleep 300000; echo {0} over >> /notes/all; exit 0' TERM; echo up; while :; do usleep 100000; done"
    base = {"name": "base", **sh(note.format("base")), **volume}
    middle = {"name": "middle", **sh(note.format("middle")), **volume, "dependsOn": [{"containerName": "base", "condition": "START"}]}
    reader = "trap : TERM; while [ $(grep -s over /notes/all | wc -l) -lt 2 ]; do usleep 10000; done; cat /notes/all"
    task = tasks.run(
        wharf,
        busybox,
        containers=[middle, base, {"name": "main", "essential": False, **sh(reader), "stopTimeout": 20, **volume}],
        task={"volumes": [{"name": "notes"}]},
    )
    task.wait("RUNNING")
    task.wait_line("up", name="middle")
    task.stop()
    assert task.lines() == ["middle asked", "middle over", "base asked", "base over"]


# Health


def test_health_becomes_unhealthy_and_healthy_again(wharf, busybox):
    check = {"command": ["CMD-SHELL", "[ -e /flag/well ] || exit 1"], "interval": 5, "timeout": 2, "retries": 1}
    volume = {"mountPoints": [{"sourceVolume": "flag", "containerPath": "/flag"}]}
    host = f"/tmp/wharf-e2e-health-{os.getpid()}"
    os.makedirs(host, exist_ok=True)
    main = {"name": "main", **sh(FOREVER), "healthCheck": check, **volume}
    task = tasks.run(wharf, busybox, containers=[main], task={"volumes": [{"name": "flag", "host": {"sourcePath": host}}]})
    assert task.wait("RUNNING")["healthStatus"] == "UNKNOWN"
    wait_for(lambda: task.describe()["healthStatus"] == "UNHEALTHY", 60, "UNHEALTHY")
    assert task.describe()["lastStatus"] == "RUNNING", "a task of nobody's service is never stopped for its health"
    with open(f"{host}/well", "w"):
        pass
    wait_for(lambda: task.describe()["healthStatus"] == "HEALTHY", 60, "HEALTHY")
    task.stop()
    os.remove(f"{host}/well")
    os.rmdir(host)


def test_a_slow_check_counts_as_failed(wharf, busybox):
    check = {"command": ["CMD-SHELL", "sleep 60"], "interval": 5, "timeout": 2, "retries": 1}
    task = tasks.run(wharf, busybox, healthCheck=check, **sh(FOREVER))
    wait_for(lambda: task.describe()["healthStatus"] == "UNHEALTHY", 60, "UNHEALTHY")
    task.stop()


# Restarts


def test_a_container_too_young_is_not_restarted(wharf, busybox):
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    task = tasks.run(wharf, busybox, restartPolicy=policy, **sh("exit 7"))
    stopped = task.wait("STOPPED")
    assert stopped["containers"][0]["exitCode"] == 7 and stopped["stopCode"] == "EssentialContainerExited"


@pytest.mark.slow
def test_a_container_of_age_is_restarted_in_place(wharf, busybox):
    policy = {"enabled": True, "restartAttemptPeriod": 60, "ignoredExitCodes": [9]}
    script = "echo run; usleep 61500000; wget -qO- $ECS_CONTAINER_METADATA_URI_V4 | grep -o '\"RestartCount\":[0-9]*'; [ $(wget -qO- $ECS_CONTAINER_METADATA_URI_V4 | grep -o 'RestartCount\":[0-9]*' | cut -d: -f2) = 1 ] && exit 9; exit 1"
    task = tasks.run(wharf, busybox, network="bridge", restartPolicy=policy, **sh(script))
    stopped = task.wait("STOPPED", 180)
    assert task.lines().count("run") == 2
    assert '"RestartCount":1' in task.lines()
    assert stopped["containers"][0]["exitCode"] == 9


# Volumes


def test_host_volume_read_only_and_not(wharf, busybox, tmp_path):
    (tmp_path / "given").write_text("from the host")
    point = {"sourceVolume": "v", "containerPath": "/v"}
    script = "cat /v/given; echo; touch /v/made 2>/dev/null && echo wrote || echo refused"
    given = {"volumes": [{"name": "v", "host": {"sourcePath": str(tmp_path)}}]}
    assert run_script(wharf, busybox, script, mountPoints=[point], task=given).lines() == ["from the host", "wrote"]
    (tmp_path / "made").unlink()
    assert run_script(wharf, busybox, script, mountPoints=[{**point, "readOnly": True}], task=given).lines() == ["from the host", "refused"]
    assert not (tmp_path / "made").exists()


def test_the_way_to_a_volume_is_open_to_every_user(wharf, busybox):
    point = [{"sourceVolume": "v", "containerPath": "/made/on/the/way"}]
    given = {"volumes": [{"name": "v", "host": {}}]}
    script = "stat -c %a /made /made/on && ls -d /made/on/the/way"
    lines = run_script(wharf, busybox, script, mountPoints=point, task=given, user="1000:1000").lines()
    assert lines == ["755", "755", "/made/on/the/way"]


def test_docker_volumes_of_a_task_and_shared_ones(wharf, busybox):
    point = [{"sourceVolume": "v", "containerPath": "/v"}]
    script = "cat /v/count 2>/dev/null; echo x >> /v/count; echo over"
    own = {"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "task", "driver": "local"}}]}
    for _ in range(2):
        assert run_script(wharf, busybox, script, mountPoints=point, task=own).lines() == ["over"]
    shared = {"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True, "driver": "local"}}]}
    assert run_script(wharf, busybox, script, mountPoints=point, task=shared).lines() == ["over"]
    assert run_script(wharf, busybox, script, mountPoints=point, task=shared).lines() == ["x", "over"]


def test_a_shared_volume_that_nobody_made_is_refused_without_autoprovision(wharf, busybox):
    shared = {"volumes": [{"name": "nobody-made", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": False}}]}
    point = [{"sourceVolume": "nobody-made", "containerPath": "/v"}]
    stopped = tasks.run(wharf, busybox, command=["true"], mountPoints=point, task=shared).wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert any("CannotCreateVolumeError" in reason for reason in reasons(stopped)), reasons(stopped)


def test_a_driver_that_is_not_there_is_said(wharf, busybox):
    strange = {"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "task", "driver": "rexray/ebs"}}]}
    answer = wharf.client("ecs").run_task(
        taskDefinition=tasks.register(
            wharf, busybox, command=["true"], mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}], task=strange
        )
    )
    if answer["failures"]:
        assert answer["failures"][0]["reason"] == "ATTRIBUTE"
        return
    stopped = tasks.Task(wharf, answer["tasks"][0]["taskArn"], "/e2e").wait("STOPPED")
    assert any("CannotCreateVolumeError" in reason for reason in reasons(stopped)), reasons(stopped)


def test_volumes_from_another_container(wharf, busybox):
    point = [{"sourceVolume": "v", "containerPath": "/v"}]
    first = {"name": "first", "essential": False, **sh("echo given > /v/file"), "mountPoints": point}
    second = {
        "name": "main",
        **sh("cat /v/file; touch /v/x 2>/dev/null || echo refused"),
        "volumesFrom": [{"sourceContainer": "first", "readOnly": True}],
        "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}],
    }
    assert finished_lines(tasks.run(wharf, busybox, containers=[first, second], task={"volumes": [{"name": "v"}]})) == ["given", "refused"]


def test_tmpfs(wharf, busybox):
    linux = {"tmpfs": [{"containerPath": "/quick", "size": 3, "mountOptions": ["noexec", "mode=700"]}]}
    script = "df -k /quick | awk 'END{print $2}'; grep ' /quick ' /proc/mounts; stat -c %a /quick; echo x > /quick/x && echo wrote"
    lines = run_script(wharf, busybox, script, linuxParameters=linux, readonlyRootFilesystem=True).lines()
    assert lines[0] == "3072" and "tmpfs" in lines[1] and "noexec" in lines[1] and lines[2:] == ["700", "wrote"], lines


# Limits, devices, kernel settings


@pytest.mark.parametrize(
    ("name", "flag", "soft", "hard"),
    [("nofile", "n", 300, 400), ("nproc", "u", 200, 250), ("core", "c", 0, 0), ("stack", "s", 1 << 20, 1 << 21)],
)
def test_ulimits(wharf, busybox, name, flag, soft, hard):
    unit = {"s": 1024, "c": 512}.get(flag, 1)
    script = f"ulimit -S{flag}; ulimit -H{flag}"
    lines = run_script(wharf, busybox, script, ulimits=[{"name": name, "softLimit": soft, "hardLimit": hard}]).lines()
    assert lines == [str(soft // unit), str(hard // unit)]


def test_init_reaps_and_passes_signals_on(wharf, busybox):
    script = "echo pid=$$; trap 'echo heard; exit 4' TERM; (usleep 1000 &) ; usleep 300000; echo zombies=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l); while :; do usleep 100000; done"
    task = tasks.run(wharf, busybox, linuxParameters={"initProcessEnabled": True}, **sh(script))
    task.wait_line("zombies=0")
    assert "pid=1" not in task.lines()
    stopped = task.stop()
    assert task.lines()[-1] == "heard" and stopped["containers"][0]["exitCode"] == 4


def test_a_device_of_the_host(wharf, busybox):
    linux = {
        "devices": [
            {
                "hostPath": "/dev/fuse" if os.path.exists("/dev/fuse") else "/dev/kmsg",
                "containerPath": "/dev/given",
                "permissions": ["read"],
            }
        ]
    }
    lines = run_script(
        wharf, busybox, "ls /dev/given; (exec 3>/dev/given) 2>/dev/null && echo opened || echo refused", linuxParameters=linux
    ).lines()
    assert lines == ["/dev/given", "refused"]


def test_swap(wharf, busybox):
    script = "cat /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes /sys/fs/cgroup/memory.swap.max 2>/dev/null; cat /sys/fs/cgroup/memory/memory.swappiness 2>/dev/null"
    lines = run_script(wharf, busybox, script, memory=32, linuxParameters={"maxSwap": 16, "swappiness": 30}).lines()
    v1, v2 = str(48 << 20), str(16 << 20)
    assert not lines or lines[0] in (v1, v2), lines
    if len(lines) == 2:
        assert lines[1] == "30"


def test_system_controls(wharf, busybox):
    controls = [{"namespace": "net.ipv4.tcp_keepalive_time", "value": "500"}, {"namespace": "kernel.msgmax", "value": "4096"}]
    script = "cat /proc/sys/net/ipv4/tcp_keepalive_time /proc/sys/kernel/msgmax"
    assert run_script(wharf, busybox, script, network="bridge", systemControls=controls).lines() == ["500", "4096"]


def test_the_primary_group_is_a_supplementary_one_too(wharf, busybox):
    """As with Docker and containerd: `id -G` shows the primary group in any case, the kernel only what it was given."""
    script = "id -G; grep ^Groups: /proc/self/status"
    for user, groups in (("1000:3000", ["3000"]), ("0:0", ["0"]), ("4711", ["0"])):
        seen, kernels = run_script(wharf, busybox, script, network="none", user=user).lines()
        assert seen.split() == groups and kernels.split()[1:] == groups, (user, seen, kernels)


# Names


def test_hosts_hostname_and_resolver(wharf, busybox):
    settings = {
        "extraHosts": [{"hostname": "elsewhere", "ipAddress": "192.0.2.7"}],
        "hostname": "chosen",
        "dnsServers": ["192.0.2.53"],
        "dnsSearchDomains": ["one.example", "two.example"],
    }
    script = "hostname; cat /etc/hostname; grep elsewhere /etc/hosts; grep chosen /etc/hosts | wc -l; cat /etc/resolv.conf"
    lines = run_script(wharf, busybox, script, network="bridge", **settings).lines()
    assert lines[:2] == ["chosen", "chosen"] and lines[2].split() == ["192.0.2.7", "elsewhere"] and lines[3] == "1"
    assert sorted(lines[4:]) == ["nameserver 192.0.2.53", "search one.example two.example"]


# Namespaces


@pytest.mark.parametrize("network", ["none", "bridge"])
def test_containers_of_a_task_share_process_ids_if_it_says_so(wharf, busybox, network):
    first = {"name": "first", **sh(f": first-of-the-task; {FOREVER}")}
    main = {"name": "main", "essential": False, **sh("ps -o pid,args | grep -c '[f]irst-of-the-task'; ls /sys/fs/cgroup | wc -l")}
    task = tasks.run(wharf, busybox, network=network, containers=[first, main], task={"pidMode": "task"})
    wait_for(lambda: len(task.lines()) == 2, 20, "two lines")
    seen, groups = task.lines()
    assert int(seen) >= 1 and int(groups) > 0
    task.stop()


def test_processes_are_private_by_default(wharf, busybox):
    first = {"name": "first", "essential": False, **sh(f": secret-of-first; {FOREVER}")}
    main = {
        "name": "main",
        **sh("ps -o args | grep -c '[s]ecret-of-first'; echo over"),
        "dependsOn": [{"containerName": "first", "condition": "START"}],
    }
    assert finished_lines(tasks.run(wharf, busybox, containers=[first, main])) == ["0", "over"]


def test_host_process_ids(wharf, busybox):
    assert int(run_script(wharf, busybox, "ls -d /proc/[0-9]* | wc -l", task={"pidMode": "host"}).lines()[0]) > 5


def test_shared_memory_between_containers(wharf, busybox):
    script = "readlink /proc/self/ns/ipc"
    both = [{"name": "main", **sh(f"{script}; {FOREVER}")}, {"name": "other", **sh(f"{script}; {FOREVER}")}]
    for mode, same in (("task", True), (None, False)):
        task = tasks.run(wharf, busybox, containers=both, task={"ipcMode": mode} if mode else None)
        wait_for(lambda task=task: task.lines() and task.lines("other"), 20, "both lines")
        assert (task.lines() == task.lines("other")) is same
        task.stop()


# Processes


def test_files_are_made_readable_and_folders_passable(wharf, busybox):
    script = "umask; cd /made/here && stat -c %a . ..; touch x && stat -c %a x"
    assert run_script(wharf, busybox, script, workingDirectory="/made/here").lines() == ["0022", "755", "755", "644"]


def test_a_process_goes_by_its_programs_name(wharf, busybox):
    task = tasks.run(wharf, busybox, **sh(f"cat /proc/1/comm; : comm-of-e2e; {FOREVER}"))
    assert task.wait_line("sh") == "sh"
    (pid,) = processes.with_argument("comm-of-e2e")
    assert (processes.PROC / str(pid) / "comm").read_text() == "sh\n"
    task.stop()
    task = tasks.run(wharf, busybox, linuxParameters={"initProcessEnabled": True}, **sh(f"cat /proc/1/comm; {FOREVER}"))
    assert "youki" not in task.wait_line("i")
    task.stop()


def test_terminal_and_standard_input(wharf, busybox):
    script = "[ -t 1 ] && echo terminal || echo none; [ -t 0 ] && echo terminal || echo none"
    assert run_script(wharf, busybox, script, pseudoTerminal=True, interactive=True).lines() == ["terminal\r", "terminal\r"]
    assert run_script(wharf, busybox, script).lines() == ["none", "none"]
    task = tasks.run(wharf, busybox, interactive=True, stopTimeout=2, **sh("echo begun; cat; echo ended"))
    task.wait("RUNNING")
    task.wait_line("begun")
    assert task.lines() == ["begun"], "open standard input has ended"
    task.stop()


# What is not there yet, and says so


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        (
            {"task": {"volumes": [{"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]}},
            "EFS volumes in network modes other than awsvpc are",
        ),
    ],
)
def test_what_cannot_be_given_is_refused_at_registration(wharf, busybox, setting, word):
    with pytest.raises(ClientError, match=f"{word} not supported by this version of wharf"):
        tasks.register(wharf, busybox, command=["true"], **setting)


# Tags


def test_tags_of_tasks(wharf, busybox):
    ecs = wharf.client("ecs")
    definition = tasks.register(wharf, busybox, command=["true"], task={"tags": [{"key": "from", "value": "definition"}]})

    def tags_of(**options):
        task = tasks.start(wharf, definition, **options)
        found = ecs.describe_tasks(tasks=[task.arn], include=["TAGS"])["tasks"][0]["tags"]
        assert ecs.list_tags_for_resource(resourceArn=task.arn)["tags"] == found
        return {tag["key"]: tag["value"] for tag in found}

    assert tags_of() == {}
    assert tags_of(tags=[{"key": "own", "value": "1"}]) == {"own": "1"}
    assert tags_of(propagateTags="TASK_DEFINITION") == {"from": "definition"}
    both = tags_of(propagateTags="TASK_DEFINITION", tags=[{"key": "from", "value": "caller"}], enableECSManagedTags=True)
    assert both == {"from": "caller", "aws:ecs:clusterName": "default"}


def test_time_to_running_is_not_wasted(wharf, busybox):
    """Not a benchmark (that is bench/): a cached image must not take seconds."""
    definition = tasks.register(wharf, busybox, **sh(FOREVER))
    tasks.start(wharf, definition).wait("RUNNING")
    began = time.monotonic()
    task = tasks.start(wharf, definition)
    task.wait("RUNNING")
    assert time.monotonic() - began < 3
    task.stop()
