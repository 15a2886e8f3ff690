"""What is tried in a stock machine, in two parts with a reboot between them. Prints `WHARF-VM: passed` or `failed` at the end."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path("/opt/wharf")
PROGRAMS = pathlib.Path("/usr/local/bin")
STATE = pathlib.Path("/var/lib/wharf-test.json")
UNIT = pathlib.Path("/etc/systemd/system/wharf.service")
CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")
DEADLINE_S = 240

os.environ |= {
    "PATH": f"{HERE}/bin:{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TMPDIR": "/var/tmp",
    "AWS_EC2_METADATA_DISABLED": "true",
}
sys.path.insert(0, str(HERE / "python"))


def say(text):
    print(text, flush=True)


def run(*command, check=True, deadline_s=DEADLINE_S):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=deadline_s, check=False)
    if check and done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def wait_for(what, probe, deadline_s=DEADLINE_S):
    end, last = time.monotonic() + deadline_s, None
    while time.monotonic() < end:
        try:
            if found := probe():
                return found
        except Exception as error:  # noqa: BLE001 - the last one is shown
            last = error
        time.sleep(0.5)
    raise AssertionError(f"waited {deadline_s} s for {what}: {last}")


def client(name):
    import boto3

    settings = dict(re.findall(r"export (\w+)=(\S+)", run("wharf", "env")))
    os.environ.update({key: value.strip("'\"") for key, value in settings.items()})
    return boto3.client(name)


def file_systems():
    return {line.split()[-1] for line in pathlib.Path("/proc/filesystems").read_text().splitlines()}


# The first part


def doctor():
    assert (CONTROL_GROUPS / "cgroup.controllers").exists() and "cgroup2" in pathlib.Path("/proc/mounts").read_text()
    assert "overlay" not in file_systems(), "something else loaded overlayfs: this machine shows nothing"
    for line in run("wharf", "doctor", check=False).splitlines():
        say(f"  {line}")
        assert not line.startswith("FAIL"), line
    assert "overlay" in file_systems()


def demo(chapter):
    with subprocess.Popen(["wharf", "demo", "--hosts", chapter], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as telling:
        for line in telling.stdout:
            say(f"  {line.rstrip()}")
    assert telling.returncode == 0, f"chapter {chapter} ended with {telling.returncode}"


def install():
    """As the page says it."""
    page = (HERE / "systemd.md").read_text()
    UNIT.write_text(re.search(r"```ini\n(.*?)```", page, re.S).group(1))
    run("install", "-m", "755", HERE / "wharf", HERE / "wharf-shim", PROGRAMS)
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "--now", "wharf")
    wait_for("wharf's answer", lambda: "AWS_ENDPOINT_URL" in run("wharf", "env"))
    wait_for("its node", lambda: client("ecs").list_container_instances()["containerInstanceArns"])


def push():
    root = pathlib.Path("/var/tmp/image")
    (root / "bin").mkdir(parents=True)
    (root / "tmp").mkdir()
    run("cp", "/bin/busybox", root / "bin/busybox")
    for name in ("sh", "sleep", "cat", "dd", "touch", "test"):
        (root / "bin" / name).symlink_to("busybox")
    store = ("--storage-driver", "vfs", "--root", "/var/tmp/storage", "--runroot", "/var/tmp/storage-run")
    container = run("buildah", *store, "from", "scratch").strip()
    run("buildah", *store, "copy", container, root, "/")
    run("buildah", *store, "config", "--env", "PATH=/bin", "--cmd", "sleep 100000", container)
    run("buildah", *store, "commit", container, "oci-archive:/var/tmp/image.tar")
    client("ecr").create_repository(repositoryName="box")
    password = run("aws", "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "ecr", "get-login-password").strip()
    run(
        "skopeo",
        "copy",
        "--dest-tls-verify=false",
        "--dest-creds",
        f"AWS:{password}",
        "oci-archive:/var/tmp/image.tar",
        "docker://localhost:4566/box:1",
    )


def define(family, command, **more):
    container = {"name": "main", "image": "localhost:4566/box:1", "memory": 64, "cpu": 256, "command": ["sh", "-c", command], **more}
    client("ecs").register_task_definition(family=family, networkMode="bridge", containerDefinitions=[container])


def start(family):
    return client("ecs").run_task(taskDefinition=family)["tasks"][0]["taskArn"]


def described(task):
    return client("ecs").describe_tasks(tasks=[task])["tasks"][0]


def reaches(task, status):
    return wait_for(f"{task} {status}", lambda: (found := described(task))["lastStatus"] in (status, "STOPPED") and found)


def group_of(task):
    """The control group of a task's container, by its runtime id."""
    container = described(task)["containers"][0]["runtimeId"]
    for folder, _, _ in os.walk(CONTROL_GROUPS):
        if container[:12] in folder and pathlib.Path(folder, "cgroup.procs").exists():
            yield pathlib.Path(folder)


def limits():
    define("limited", "sleep 100000")
    task = start("limited")
    assert reaches(task, "RUNNING")["lastStatus"] == "RUNNING", described(task)
    read = {
        file: {(folder / file).read_text().strip() for folder in group_of(task) if (folder / file).exists()}
        for file in ("memory.max", "cpu.weight", "pids.max")
    }
    say(f"  {read}")
    assert str(64 << 20) in read["memory.max"], read
    assert "4096" in read["pids.max"], read
    assert any(weight not in ("100", "max") for weight in read["cpu.weight"]), read
    return task


def out_of_memory():
    define("hog", "dd if=/dev/zero of=/dev/null bs=200M count=1; exit 3")
    ended = reaches(start("hog"), "STOPPED")
    container = ended["containers"][0]
    say(f"  {container.get('exitCode')} {container.get('reason')}")
    assert "OutOfMemory" in container.get("reason", "") or container.get("exitCode") == 137, ended


def exec_into(task):
    said = run("wharf", "exec", task.rpartition("/")[2], "--", "sh", "-c", "echo from inside")
    assert "from inside" in said, said


def health():
    check = {"command": ["CMD-SHELL", "test -e /tmp/well"], "interval": 5, "retries": 1, "timeout": 5}
    define("checked", "sleep 8; touch /tmp/well; sleep 100000", healthCheck=check)
    task = start("checked")
    wait_for("HEALTHY", lambda: described(task)["healthStatus"] == "HEALTHY")
    client("ecs").stop_task(task=task)


def restart(task):
    before = {int(pid) for folder in group_of(task) for pid in (folder / "cgroup.procs").read_text().split()}
    assert before
    run("systemctl", "restart", "wharf")
    wait_for("the node after the restart", lambda: described(task)["lastStatus"] == "RUNNING")
    after = {int(pid) for folder in group_of(task) for pid in (folder / "cgroup.procs").read_text().split()}
    assert before == after, (before, after)


def service():
    define("kept", "sleep 100000")
    client("ecs").create_service(serviceName="kept", taskDefinition="kept", desiredCount=2, launchType="EC2")
    wait_for("two tasks", lambda: running() == 2)


def running():
    return client("ecs").describe_services(services=["kept"])["services"][0]["runningCount"]


# The second part


def came_back():
    before = set(json.loads(STATE.read_text())["tasks"])
    wait_for("wharf after the reboot", lambda: "AWS_ENDPOINT_URL" in run("wharf", "env"))
    wait_for("two new tasks", lambda: running() == 2 and not before & set(client("ecs").list_tasks(serviceName="kept")["taskArns"]))


def take_down():
    client("ecs").delete_service(service="kept", force=True)
    installation = pathlib.Path("/var/lib/wharf/installation").read_text().strip()
    run("systemctl", "disable", "--now", "wharf")
    run("wharf", "down")

    def left():
        links = [link["ifname"] for link in json.loads(run("ip", "-j", "link"))]
        return (
            [line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if "/var/lib/wharf" in line]
            + [folder for folder, _, _ in os.walk(CONTROL_GROUPS) if installation in folder]
            + [name for name in links if name.startswith(f"w{installation}")]
            + [line for line in run("nft", "list", "tables").splitlines() if installation in line]
            + [line for line in run("ip", "netns", "list").splitlines() if installation in line]
        )

    wait_for("nothing left behind", lambda: not left() or say(f"  still there: {left()}"), 60)


def part(name, what):
    begun = time.monotonic()
    found = what()
    say(f"ok    {name}  {time.monotonic() - begun:.0f} s")
    return found


def first():
    say(run("uname", "-a").strip())
    part("doctor on a machine with nothing loaded", doctor)
    part("the demo's first chapter", lambda: demo("1"))
    part("the demo's second chapter", lambda: demo("2"))
    part("a unit of systemd", install)
    part("an image", push)
    task = part("limits in the control group", limits)
    part("a task that runs out of memory", out_of_memory)
    part("exec", lambda: exec_into(task))
    part("a health check", health)
    part("a restart of the service, containers go on", lambda: restart(task))
    part("a service before the reboot", service)
    STATE.write_text(json.dumps({"tasks": client("ecs").list_tasks()["taskArns"]}))
    say("rebooting")
    run("sync")
    run("systemctl", "reboot")
    time.sleep(DEADLINE_S)


def second():
    part("services come back after the reboot", came_back)
    part("nothing is left behind", take_down)


def main():
    try:
        if STATE.exists():
            second()
        else:
            # The demo takes the programs from PATH.
            run("install", "-m", "755", HERE / "wharf", HERE / "wharf-shim", PROGRAMS)
            first()
            return
        say("WHARF-VM: passed")
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        say(run("journalctl", "-u", "wharf", "-n", "60", "--no-pager", check=False))
        say("WHARF-VM: failed")
    subprocess.run(["systemctl", "poweroff"], check=False)


main()
