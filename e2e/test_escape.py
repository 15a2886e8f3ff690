"""Ways out of a container that others have published, tried from inside: each must be refused."""

import contextlib
import hashlib
import pathlib
import shutil
import tempfile

import pytest

from harness import images, tasks, tools
from harness.tasks import sh
from harness.waiting import wait_for

# Says for each attempt how it ended; an attempt is a command that succeeds where it must not.
ATTEMPTS = r"""
try() { name=$1; shift; if (eval "$*") >/dev/null 2>&1; then echo "$name: DONE"; else echo "$name: refused"; fi; }
try "core_pattern" 'echo "|/x" > /proc/sys/kernel/core_pattern'
try "modprobe" 'echo /x > /proc/sys/kernel/modprobe'
try "sysrq" 'echo h > /proc/sysrq-trigger'
try "sysctl of the machine" 'echo 1 > /proc/sys/vm/panic_on_oom'
try "uevent_helper" 'echo /x > /sys/kernel/uevent_helper'
try "make /proc/sys writable" 'mount -o remount,rw /proc/sys'
try "uncover /proc/sys" 'umount /proc/sys'
try "release_agent" 'for f in $(find /sys/fs/cgroup -name release_agent); do echo /x > $f && exit 0; done; exit 1'
try "memory limit" 'for f in $(find /sys/fs/cgroup -name memory.limit_in_bytes -o -name memory.max); do echo -1 > $f && exit 0; echo max > $f && exit 0; done; exit 1'
try "mount tmpfs" 'mount -t tmpfs x /tmp'
try "mount bind" 'mount --bind /proc /tmp'
try "mount cgroup" 'mount -t cgroup -o memory x /tmp'
try "mount proc" 'mount -t proc x /tmp'
try "mount namespace" 'unshare -m true'
try "user namespace" 'unshare -U true'
try "network namespace" 'unshare -n true'
try "enter the namespaces of process 1" 'nsenter -t 1 -m -n true'
try "memory of the machine" 'mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem'
try "log of the kernel" 'mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg'
try "ports" 'mknod /tmp/port c 1 4 && head -c 1 /tmp/port'
try "tun" 'mknod /tmp/tun c 10 200 && : < /tmp/tun'
try "fuse" 'mknod /tmp/fuse c 10 229 && : < /tmp/fuse'
n=0
while read major minor blocks name; do
  [ -n "$minor" ] && [ "$minor" -ge 0 ] 2>/dev/null || continue
  n=$((n+1)); [ $n -le 8 ] || break
  try "disk $name" "mknod /tmp/disk$n b $major $minor && head -c 1 /tmp/disk$n"
done < /proc/partitions
try "kcore" '[ -n "$(head -c 1 /proc/kcore)" ]'
try "timer_list" '[ -n "$(head -c 1 /proc/timer_list)" ]'
try "keys" '[ -n "$(head -c 1 /proc/keys)" ]'
try "firmware" '[ -n "$(ls /sys/firmware)" ]'
try "time" 'date -s 2001-01-01; [ $(date +%Y) = 2001 ]'
try "host name of the machine" 'echo stolen > /proc/sys/kernel/hostname'
try "processes of others" 'for p in /proc/[0-9]*; do readlink $p/exe | grep -q wharf && exit 0; done; exit 1'
try "roots of others" 'for p in /proc/[0-9]*; do [ -e $p/root/etc/debian_version ] && exit 0; done; exit 1'
try "sockets of wharf" 'grep -q -e shim -e wharf /proc/net/unix'
try "files of wharf" 'find / -xdev -name "*.sock" -o -xdev -name keyring | grep -q .'
try "swap" 'dd if=/dev/zero of=/tmp/swap bs=4096 count=10 && mkswap /tmp/swap && swapon /tmp/swap'
try "module" 'echo x > /tmp/m.ko && insmod /tmp/m.ko 2>&1 | grep -i format'
try "chroot out" 'mkdir -p /tmp/jail && chroot /tmp/jail /bin/true'
echo "rights $(grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\t' | tr '\n' ' ')"
echo "map $(cat /proc/self/uid_map | tr -s ' ')"
echo "descriptors $(ls /proc/self/fd | tr '\n' ' ')"
echo "all tried"
"""
# What the kernel of the host is set to must be the same before and after.
NAMES = ["kernel/core_pattern", "kernel/modprobe", "vm/panic_on_oom", "kernel/hostname"]
SETTINGS = [path for path in (pathlib.Path("/proc/sys", name) for name in NAMES) if path.exists()]
FARGATE_SIZE = {"cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}


def fargate(wharf, image, script, role=None, **container):
    """Runs a script as a FARGATE task in the default VPC."""
    return tasks.run(
        wharf,
        image,
        "awsvpc",
        {"launchType": "FARGATE", **tasks.in_vpc(wharf)},
        task=FARGATE_SIZE,
        execution_role=tasks.execution_role(wharf),
        role=role,
        **sh(script),
        **container,
    )


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_published_escapes_are_refused(wharf, busybox, launch):
    before = [setting.read_text() for setting in SETTINGS]
    task = tasks.run(wharf, busybox, **sh(ATTEMPTS)) if launch == "EC2" else fargate(wharf, busybox, ATTEMPTS)
    task.wait("STOPPED")
    lines = task.lines()
    assert "all tried" in lines, lines
    done = [line for line in lines if line.endswith(": DONE")]
    assert not done, done
    assert len([line for line in lines if line.endswith(": refused")]) > 30, lines
    # Docker's fourteen capabilities, the filter, and no way to more rights.
    assert "rights CapEff:00000000a80425fb CapBnd:00000000a80425fb NoNewPrivs:1 Seccomp:2 " in lines, lines
    # The three streams, and the folder that `ls` reads.
    assert "descriptors 0 1 2 3 " in lines, lines
    identity = "map  0 0 4294967295"
    assert (identity in lines) == (launch == "EC2"), lines
    assert [setting.read_text() for setting in SETTINGS] == before


def test_health_checks_hold_no_descriptor_more(wharf, busybox):
    check = {"command": ["CMD-SHELL", "ls /proc/self/fd > /tmp/seen; ls -l /proc/self/fd | grep -v -e pipe: -e /dev/null -e /proc/ >> /tmp/seen; grep -E 'CapEff|Seccomp:' /proc/self/status >> /tmp/seen; mv /tmp/seen /tmp/all"], "interval": 5, "timeout": 4, "retries": 3}  # fmt: skip
    script = "while [ ! -e /tmp/all ]; do usleep 10000; done; cat /tmp/all; echo end"
    task = tasks.run(wharf, busybox, healthCheck=check, **sh(script))
    task.wait("STOPPED", 60)
    lines = [line.replace("\t", " ") for line in task.lines()]
    assert lines[:3] == ["0", "1", "2"] and lines[-1] == "end", lines
    assert "CapEff: 00000000a80425fb" in lines and "Seccomp: 2" in lines, lines
    assert not [line for line in lines if "->" in line], lines


# Looks at all processes that there are, as fast as it can, for rights beyond those of the container and for the filter.
WATCH = r"""
import os, time
seen, looks, end = set(), 0, time.time() + 17
def told(path):
    with open(path) as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["CapEff"], 16), int(lines["CapBnd"], 16), int(lines["Seccomp"])
effective, most, _ = told("/proc/self/status")
while time.time() < end:
    looks += 1
    for name in os.listdir("/proc"):
        try:
            found = name.isdigit() and told(f"/proc/{name}/status")
        except (OSError, KeyError):
            continue
        if found and (found[0] & ~effective or found[1] & ~most or found[2] == 0):
            seen.add(found)
print("looks", looks > 1000, "checks", os.path.exists("/tmp/checked"), "stronger", sorted(seen), flush=True)
"""


def test_no_process_with_more_rights_is_ever_seen(wharf, python):
    """Health checks begin outside of the container: what of them is seen inside has given up its rights before."""
    check = {"command": ["CMD-SHELL", "touch /tmp/checked"], "interval": 5, "timeout": 4, "retries": 10}
    task = tasks.run(
        wharf,
        python,
        healthCheck=check,
        memory=128,
        entryPoint=["python3", "-c"],
        command=[WATCH],
    )
    task.wait("STOPPED", 60)
    assert task.lines()[-1:] == ["looks True checks True stronger []"], (task.lines(), task.describe())


def test_a_link_in_a_volume_leads_nowhere_else(wharf, busybox):
    """One container puts a link where another has a mount point, and the mount follows it: inside."""
    marks = {"sourceVolume": "marks", "containerPath": "/marks"}
    volume = {"sourceVolume": "shared", "containerPath": "/shared"}
    inner = {"sourceVolume": "inner", "containerPath": "/shared/way/wharf-inner"}
    setter = "ln -s /../../../../../../../../tmp /shared/way && echo set"
    looker = (
        "grep -c ' /tmp/wharf-inner ' /proc/mounts; ls /shared/way/ | tr '\\n' ' '; echo; touch /shared/way/wharf-inner/made && echo made"
    )
    containers = [
        {"name": "first", "essential": False, "mountPoints": [volume, marks], **sh(setter)},
        {"name": "main", "mountPoints": [volume, inner], "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}], **sh(looker)},
    ]
    given = {"volumes": [{"name": name} for name in ("shared", "inner", "marks")]}
    task = tasks.run(wharf, busybox, containers=containers, task=given)
    task.wait("STOPPED")
    # The link was followed in the container's own root, whose /tmp has the mount now.
    assert task.lines() == ["1", "wharf-inner ", "made"], task.describe()
    assert not pathlib.Path("/tmp/wharf-inner").exists()


# Descriptors that a runtime could have left open in what becomes a container's first process.
DESCRIPTORS = range(3, 17)


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_no_working_directory_lies_outside(wharf, busybox, launch, tmp_path):
    """CVE-2024-21626: one behind such a descriptor leads to the host, and from there everywhere."""
    canary = tmp_path / "canary"
    canary.write_text("a word of the host")
    script = f"for up in . ../.. ../../../../../../../../../..; do cat $up{canary}; ls $up; done; cat /proc/self/cwd{canary}; echo over"
    run = (lambda **more: tasks.run(wharf, busybox, **sh(script), **more)) if launch == "EC2" else (lambda **more: fargate(wharf, busybox, script, **more))  # fmt: skip
    # Fargate's tasks take longer, and are made by the same program.
    numbers = DESCRIPTORS if launch == "EC2" else DESCRIPTORS[:6]
    running = {number: run(workingDirectory=f"/proc/self/fd/{number}") for number in numbers}
    for number, task in running.items():
        task.wait("STOPPED", 90)
        lines, container = task.lines(), task.container()
        assert not [line for line in lines if "a word of the host" in line or "wharf" in line], (number, lines)
        # It either did not start, for that is no folder, or ran in one of its own.
        assert "over" in lines or "CannotStartContainerError" in container.get("reason", ""), (number, container)
    assert tasks.run_script(wharf, busybox, "pwd", workingDirectory="/proc/self/cwd/tmp").describe()["stopCode"]


# Looks which programs the processes of its namespace run, and keeps those that are not the image's: what cannot be written
# while it runs can be when it has ended. It writes nothing: whoever could would have the host's program.
WATCH_PROGRAMS = r"""
import os, time
held, looks, writable, end = {}, 0, [], time.time() + 8
while time.time() < end:
    looks += 1
    for name in os.listdir("/proc"):
        path = f"/proc/{name}/exe"
        try:
            if name.isdigit() and not os.path.basename(os.readlink(path)).startswith(("python", "busybox")):
                found = os.stat(path)
                if (found.st_dev, found.st_ino) not in held:
                    held[found.st_dev, found.st_ino] = os.open(path, os.O_RDONLY)
        except OSError:
            continue
    for one in held.values():
        try:
            os.close(os.open(f"/proc/self/fd/{one}", os.O_WRONLY))
            writable.append(one)
        except OSError:
            pass
print("looks", looks > 100, "foreign", len(held), "writable", writable, flush=True)
"""


def test_the_runtimes_program_stays_the_hosts(wharf, busybox, python, tmp_path):
    """CVE-2019-5736: what makes the runtime execute itself inside gets at its file, by way of /proc/PID/exe."""
    entries = [images.program("bin/shebang", b"#!/proc/self/exe\n"), images.link("bin/linked", "/proc/self/exe")]
    source, _ = images.with_entries(tmp_path / "layout", entries)
    own = f"{images.ensure_repository(wharf, tasks.unique('self'))}:1"
    images.skopeo_copy(wharf, source, f"docker://{own}")

    def programs():
        """Those that the host runs for its containers, and who runs."""
        files = [tools.wharf(), tools.wharf().parent / "wharf-shim"]
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files], wharf.child("node")

    before = programs()
    check = {"command": ["CMD", "/proc/self/exe"], "interval": 5, "timeout": 4, "retries": 10}
    begun = {"dependsOn": [{"containerName": "main", "condition": "START"}], "essential": False, "memory": 16}
    containers = [
        {
            "name": "main",
            "image": python,
            "memory": 128,
            "healthCheck": check,
            "entryPoint": ["python3", "-c"],
            "command": [WATCH_PROGRAMS],
        },
        *[{"name": name, "image": own, "entryPoint": [f"/bin/{name}"], "command": ["--help"], **begun} for name in ("shebang", "linked")],
        {"name": "named", "image": busybox, "entryPoint": ["/proc/self/exe"], "command": ["--help"], **begun},
    ]
    task = tasks.run(wharf, own, containers=containers, task={"pidMode": "task"})
    task.wait("STOPPED", 60)
    assert task.lines()[-1:] and task.lines()[-1].startswith("looks True foreign ") and task.lines()[-1].endswith(" writable []"), (
        task.lines(),
        task.describe(),
    )
    for name in ("shebang", "linked", "named"):
        container = task.container(name)
        assert container.get("exitCode") or container.get("reason"), container
    assert programs() == before
    assert tasks.run_script(wharf, busybox, "echo others go on").lines() == ["others go on"]


# Exchanges a folder and a link, without a moment in which there is neither, as fast as the kernel can.
SWAP = r"""
import ctypes, os, sys, time
end = time.monotonic() + float(sys.argv[2])
rename = ctypes.CDLL(None, use_errno=True).renameat2
os.makedirs("/shared/way/inner", exist_ok=True)
os.symlink(sys.argv[1], "/shared/other")
turns = 0
while time.monotonic() < end:
    for _ in range(500):
        if rename(-100, b"/shared/way", -100, b"/shared/other", 2):
            sys.exit(os.strerror(ctypes.get_errno()))
    turns += 1
    if turns == 1:
        print("swapping", flush=True)
"""
# Where the mount is, in the container's own root.
LOOK = "grep -c /inner /proc/self/mountinfo; echo over"


@pytest.fixture
def outside():
    """A folder of the host that no task is lent, and that everybody may write."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-outside-", dir="/var/tmp"))
    folder.chmod(0o777)
    (folder / "canary").touch()
    yield folder
    shutil.rmtree(folder)


def way_to(outside):
    """A link there for whoever takes the host's root for the container's."""
    return "/.." * 12 + str(outside)


def all_mounts(wharf):
    """What the host's namespace has, and those of the parts that mount."""
    pids = ["self", wharf.child("node"), *wharf.shims()]
    mounts = []
    for pid in pids:
        # A shim ends with its task.
        with contextlib.suppress(OSError):
            mounts += pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    return mounts


def led_nowhere_else(wharf, outside, looked):
    """Nothing was made or mounted there, and who started has the mount within its own root."""
    assert [path.name for path in outside.iterdir()] == ["canary"]
    assert not [line for line in all_mounts(wharf) if line.split()[4].startswith(str(outside))]
    started = [lines for lines in looked if lines]
    print(f"{len(started)} of {len(looked)} started")
    assert started and all(lines == ["1", "over"] for lines in started), looked


def test_a_folder_that_is_exchanged_for_a_link_leads_nowhere_else(wharf, busybox, python, outside, tmp_path):
    """A task that shares a folder of the host with others has the way to their mounts, and to what they mount, lead elsewhere
    at any moment."""
    shared, inner = ({"name": name, "host": {"sourcePath": str(tmp_path / name)}} for name in ("shared", "inner"))
    for name in ("shared", "inner"):
        (tmp_path / name).mkdir()
    point = {"sourceVolume": "shared", "containerPath": "/shared"}
    swapper = tasks.run(
        wharf,
        python,
        task={"volumes": [shared]},
        mountPoints=[point],
        memory=128,
        stopTimeout=2,
        entryPoint=["python3", "-c", SWAP],
        command=[way_to(outside), "600"],
    )
    swapper.wait_line("swapping")

    def begin(volumes, points, script):
        definition = tasks.register(wharf, busybox, task={"volumes": volumes}, mountPoints=points, memory=16, **sh(script))
        answer = wharf.client("ecs").run_task(taskDefinition=definition, count=10)
        assert not answer["failures"], answer["failures"]
        return [tasks.Task(wharf, task["taskArn"], "/e2e") for task in answer["tasks"]]

    try:
        onto = begin([shared, inner], [point, {"sourceVolume": "inner", "containerPath": "/shared/way/inner"}], LOOK)
        way = {"name": "way", "host": {"sourcePath": str(tmp_path / "shared" / "way")}}
        of = begin([way], [{"sourceVolume": "way", "containerPath": "/way"}], "ls /way; echo over")
        for victim in (*onto, *of):
            described = victim.wait("STOPPED", 90)
            container = described["containers"][0]
            assert container.get("exitCode") == 0 or container.get("reason") or described.get("stoppedReason"), described
        assert swapper.describe()["lastStatus"] == "RUNNING"
    finally:
        swapper.stop(wait=False)
    led_nowhere_else(wharf, outside, [victim.lines() for victim in onto])
    # It is the folder, or it is refused.
    assert {tuple(victim.lines()) for victim in of} <= {("inner", "over"), ()}, [(victim.lines(), victim.describe()) for victim in of]


def test_nor_does_one_that_is_exchanged_within_a_task_of_fargate(wharf, busybox, python, outside):
    """There a stage of the host's carries the mounts, and a container of the task is the one that moves what is below them."""
    shared = {"sourceVolume": "shared", "containerPath": "/shared"}
    points = [shared, {"sourceVolume": "inner", "containerPath": "/shared/way/inner"}]
    forever = {"name": "swapper", "image": python, "memory": 128, "stopTimeout": 2, "mountPoints": [shared]}
    containers = [{**forever, "entryPoint": ["python3", "-c", SWAP], "command": [way_to(outside), "5"]}]
    # Each by itself: where one does not start, for the way changed while it was made, the others do.
    begun = {"essential": False, "dependsOn": [{"containerName": "swapper", "condition": "START"}]}
    containers += [
        {"name": f"v{number}", "image": busybox, "memory": 16, "mountPoints": points, **begun, **sh(LOOK)} for number in range(8)
    ]
    given = {**FARGATE_SIZE, "volumes": [{"name": name} for name in ("shared", "inner")]}
    options = {"launchType": "FARGATE", **tasks.in_vpc(wharf)}
    role = tasks.execution_role(wharf)
    task = tasks.run(wharf, busybox, "awsvpc", options, containers=containers, task=given, execution_role=role)
    task.wait("STOPPED", 90)
    assert "swapping" in task.lines("swapper"), task.describe()
    led_nowhere_else(wharf, outside, [task.lines(f"v{number}") for number in range(8)])


def test_credentials_of_another_task(wharf, busybox):
    role = tasks.task_role(wharf, "ecr:DescribeRepositories")
    wait = "while :; do usleep 100000; done"
    owner = fargate(wharf, busybox, f"trap 'exit 0' TERM; echo way $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo id $ECS_CONTAINER_METADATA_URI_V4; wget -qO- http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI | grep -c AccessKeyId; {wait}", role)  # fmt: skip
    way = owner.wait_line("way /v2/credentials/").split()[1]
    metadata = owner.wait_line("id http").split()[1]
    wait_for(lambda: "1" in owner.lines(), 30, "the owner's own credentials")
    script = f"""
    for way in {way} /v2/credentials/ /v2/credentials /v2/credentials/.. /v2/credentials/%2e%2e/ /v1/credentials?id={way.rpartition("/")[2]} //v2/credentials{way.rpartition("credentials")[2]}; do
      if wget -qO- "http://169.254.170.2$way" | grep -q AccessKeyId; then echo "$way: DONE"; else echo "$way: refused"; fi
    done
    if wget -qO- "{metadata}/task" | grep -q "{owner.id}"; then echo "metadata: DONE"; else echo "metadata: refused"; fi
    echo end"""
    thief = fargate(wharf, busybox, script)
    thief.wait("STOPPED")
    lines = [line for line in thief.lines() if not line.startswith("wget: ")]
    assert lines[-1:] == ["end"] and len(lines) == 9, lines
    assert not [line for line in lines if line.endswith(": DONE")], lines
    owner.stop()
