"""What is tried in a stock machine, in two parts with a reboot between them. Prints `WHARF-VM: passed` or `failed` at the end."""

import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import traceback

HERE = pathlib.Path("/opt/wharf")
PROGRAMS = pathlib.Path("/usr/local/bin")
STATE = pathlib.Path("/var/lib/wharf-test.json")
UNIT = pathlib.Path("/etc/systemd/system/wharf.service")
CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")
# What a stock machine has as modules, none of them loaded before somebody asks; and what the doctor says without them.
MODULES = {
    "overlay": "FAIL  image layers",
    "nf_tables": "FAIL  packet filter",
    "veth": "FAIL  task networks",
    "vxlan": "warn  networks of several hosts",
}
BLOCKED = pathlib.Path("/etc/modprobe.d/blocked.conf")
# The first Linux that maps owners of an overlay's layers.
WITH_USER_NAMESPACES = (5, 19)
# Emulated, and beside other work on the machine around it.
DEADLINE_S = 900
# Longer than any step of the demo.
SILENCE_S = 240

os.environ |= {
    "PATH": f"{HERE}/bin:{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TMPDIR": "/var/tmp",
    "AWS_EC2_METADATA_DISABLED": "true",
    # The clients' disk is read-only, and compiling them at each call takes half a minute here.
    "PYTHONPYCACHEPREFIX": "/var/cache/python",
    "WHARF_DEMO_PATIENCE": "10",
}
sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"]
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


def loaded():
    return {line.split()[0] for line in pathlib.Path("/proc/modules").read_text().splitlines()} & set(MODULES)


def footprint():
    """What wharf makes on a machine, of whatever installation, and what it changes there."""
    mounts = [line.split()[:3] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    return {
        "links": sorted(link["ifname"] for link in json.loads(run("ip", "-j", "link"))),
        "rules": run("ip", "rule").splitlines(),
        "routes": sorted(run("ip", "-4", "route", "show", "table", "all").splitlines()),
        "tables": run("nft", "list", "tables").splitlines(),
        "mounts": sorted(place for source, place, kind in mounts if kind == "nsfs" or "wharf" in place and place != str(HERE)),
        "loops": run("losetup", "--all").splitlines(),
        "groups": sorted(folder for folder, _, _ in os.walk(CONTROL_GROUPS) if "/wharf-" in folder and "/wharf-test" not in folder),
        "processes": run("pgrep", "-l", "wharf", check=False).splitlines(),
        "forwarding": pathlib.Path("/proc/sys/net/ipv4/ip_forward").read_text().strip(),
    }


def nothing_left(before):
    def left():
        now = footprint()
        return {what: (before[what], now[what]) for what in now if now[what] != before[what]}

    wait_for("nothing left behind", lambda: not left() or say(f"  still different: {left()}"))


# The first part


def machine():
    """It is what it is to be."""
    mounts = pathlib.Path("/proc/mounts").read_text()
    assert (CONTROL_GROUPS / "cgroup.controllers").exists() and "cgroup2" in mounts and " cgroup " not in mounts
    assert pathlib.Path("/proc/1/comm").read_text().strip() == "systemd"
    for module in MODULES:
        assert run("modinfo", "-n", module).strip().startswith("/"), f"{module} is built into this kernel: it shows nothing"
    assert not loaded(), f"something else loaded {loaded()}: this machine shows nothing"
    said = run("systemctl", "is-system-running", "--wait", check=False)
    say(f"  systemd says {said.strip()}, after {pathlib.Path('/proc/uptime').read_text().split()[0]} s")


def missing():
    """A kernel that cannot load them: each is named, and wharf does not start."""
    BLOCKED.write_text("".join(f"install {module} /bin/false\n" for module in MODULES))
    said = run("wharf", "doctor", check=False)
    say(f"  {said.strip()}".replace("\n", "\n  "))
    for finding in MODULES.values():
        assert finding in said, finding
    refused = subprocess.run(["wharf", "up"], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    say(f"  {refused.stderr.strip()}")
    assert refused.returncode == 4 and "this kernel lacks what wharf needs" in refused.stderr, refused
    assert not loaded() and not pathlib.Path("/var/lib/wharf").exists()
    BLOCKED.unlink()


def doctor():
    said = run("wharf", "doctor", check=False)
    say(f"  {said.strip()}".replace("\n", "\n  "))
    assert "FAIL" not in said
    assert loaded() == set(MODULES), f"not loaded: {set(MODULES) - loaded()}"
    assert "ok    networks of several hosts" in said and "ok    task disks" in said and "version 2" in said
    release = tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups()))
    fargate = "ok    Fargate tasks" if release >= WITH_USER_NAMESPACES else "warn  Fargate tasks"
    assert fargate in said, f"not said: {fargate}"


def start_silence(telling):
    """Ends what says nothing for too long, and tells what ran then."""

    def end():
        say(run("ps", "axfo", "pid,ppid,stat,wchan:20,args", check=False))
        telling.kill()

    timer = threading.Timer(SILENCE_S, end)
    timer.daemon = True
    timer.start()
    return timer


def demo(chapter):
    with subprocess.Popen(["wharf", "demo", "--hosts", chapter], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as telling:
        silence = start_silence(telling)
        for line in telling.stdout:
            silence.cancel()
            say(f"  {line.rstrip()}")
            silence = start_silence(telling)
        silence.cancel()
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


def define(family, command, size=None, **more):
    container = {"name": "main", "image": "localhost:4566/box:1", "memory": 64, "cpu": 256, "command": ["sh", "-c", command], **more}
    client("ecs").register_task_definition(family=family, networkMode="bridge", containerDefinitions=[container], **size or {})


def start(family):
    return client("ecs").run_task(taskDefinition=family, enableExecuteCommand=True)["tasks"][0]["taskArn"]


def described(task):
    return client("ecs").describe_tasks(tasks=[task])["tasks"][0]


def reaches(task, status):
    return wait_for(f"{task} {status}", lambda: (found := described(task))["lastStatus"] in (status, "STOPPED") and found)


def groups_of(task):
    """The control groups of a task and of its container, the task's first."""
    number = task.rpartition("/")[2]
    (own,) = [folder for folder, _, _ in os.walk(CONTROL_GROUPS) if pathlib.Path(folder).name == number]
    return pathlib.Path(own), pathlib.Path(own) / "main"


def processes_of(task):
    return {int(pid) for folder in groups_of(task)[0].rglob("cgroup.procs") for pid in folder.read_text().split()}


def limits():
    """A definition's numbers, read back from the control groups of version 2."""
    define("limited", "sleep 100000", size={"cpu": "256", "memory": "128"})
    task = start("limited")
    assert reaches(task, "RUNNING")["lastStatus"] == "RUNNING", described(task)
    have_limits(task)
    # systemd manages the root group too, and takes from it what it thinks nobody needs.
    run("systemctl", "daemon-reload")
    run("systemctl", "daemon-reexec")
    have_limits(task)
    return task


def have_limits(task):
    def read(folder):
        files = ("memory.max", "memory.swap.max", "cpu.weight", "cpu.max", "pids.max")
        return {file: (folder / file).read_text().strip() for file in files if (folder / file).exists()}

    own, inner = map(read, groups_of(task))
    say(f"  the task's group: {own}")
    say(f"  the container's group: {inner}")
    # 256 shares are a weight of 10: the OCI runtimes' conversion.
    wanted = {"memory.max": str(128 << 20), "cpu.max": "25000 100000", "cpu.weight": "10", "pids.max": "4096"}
    assert wanted.items() <= own.items(), own
    assert {"memory.max": str(64 << 20), "cpu.weight": "10"}.items() <= inner.items(), inner


def out_of_memory():
    define("hog", "exec dd if=/dev/zero of=/dev/null bs=200M count=1")
    ended = reaches(start("hog"), "STOPPED")
    container = ended["containers"][0]
    say(f"  {container.get('exitCode')} {container.get('reason')}")
    assert container["exitCode"] == 137 and container["reason"].startswith("OutOfMemoryError"), ended


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
    before = processes_of(task)
    assert before
    run("systemctl", "restart", "wharf")
    wait_for("the node after the restart", lambda: described(task)["lastStatus"] == "RUNNING")
    after = processes_of(task)
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
    run("systemctl", "disable", "--now", "wharf")
    run("wharf", "down")
    # Forwarding and the rest are those of a machine that nobody used yet, as it was before the first part.
    nothing_left(json.loads(STATE.read_text())["before"])


def part(name, what):
    begun = time.monotonic()
    found = what()
    say(f"ok    {name}  {time.monotonic() - begun:.0f} s")
    return found


def first():
    say(run("uname", "-a").strip())
    part("the machine is a stock one, with nothing loaded", machine)
    part("what cannot be loaded is named", missing)
    part("what can be loaded is", doctor)
    before = footprint()
    part("the demo's first chapter", lambda: demo("1"))
    part("the demo's second chapter", lambda: demo("2"))
    part("the demo left nothing behind", lambda: nothing_left(before))
    part("a unit of systemd", install)
    part("an image", push)
    task = part("limits in the control group", limits)
    part("a task that runs out of memory", out_of_memory)
    part("exec", lambda: exec_into(task))
    part("a health check", health)
    part("a restart of the service, containers go on", lambda: restart(task))
    part("a service before the reboot", service)
    STATE.write_text(json.dumps({"before": before, "tasks": client("ecs").list_tasks()["taskArns"]}))
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
