"""User namespaces of Fargate tasks: what works inside, what they are outside, and machines that cannot give them."""

import pathlib

from harness import tasks, tools
from harness.tasks import sh

FARGATE_SIZE = {"cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}
CAPACITY = "wharf.fargate-capacity"
INSIDE = """trap 'exit 0' TERM
echo map $(cat /proc/self/uid_map)
echo owners $(stat -c %u:%g / /bin/busybox /etc/hosts /etc/resolv.conf /tmp /home/app /data)
touch /data/made && chown app /data/made && echo volume $(stat -c %u /data/made)
ping -c 1 -W 5 127.0.0.1 >/dev/null && echo ping
(httpd -f -p 80 & echo $! > /tmp/server; sleep 1; wget -qO- http://127.0.0.1/ 2>&1 | grep -q 404; kill $(cat /tmp/server)) && echo port
echo setting $(cat /proc/sys/net/ipv4/tcp_keepalive_time)
su -s /bin/sh -c 'echo user $(id -u):$(id -g)' app
echo ready
while :; do usleep 100000; done"""


def fargate(wharf, image, script, **container):
    return tasks.run(
        wharf,
        image,
        "awsvpc",
        {"launchType": "FARGATE", **tasks.in_vpc(wharf)},
        task={**FARGATE_SIZE, "volumes": [{"name": "data"}]},
        execution_role=tasks.execution_role(wharf),
        mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}],
        **sh(script),
        **container,
    )


def uids(text):
    """The users on the host of all processes whose environment has the text."""
    found = set()
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and text.encode() in (process / "environ").read_bytes():
                found.add(process.stat().st_uid)
        except OSError:
            continue
    return found


def test_each_task_is_root_of_itself_alone(wharf, busybox):
    settings = [{"namespace": "net.ipv4.tcp_keepalive_time", "value": "321"}]
    both = [
        fargate(wharf, busybox, INSIDE, systemControls=settings, environment=[{"name": "MARK", "value": mark}])
        for mark in ("mark-one", "mark-two")
    ]
    for task in both:
        task.wait_line("ready")
    maps = []
    for task, mark in zip(both, ("mark-one", "mark-two"), strict=True):
        lines = task.lines()
        _, inside, first, count = lines[0].split()
        assert (inside, count) == ("0", "65536") and int(first) >= 1 << 30, lines
        maps.append(int(first))
        for expected in ("volume 1000", "ping", "port", "setting 321", "user 1000:1000"):
            assert expected in lines, lines
        assert lines[1].startswith("owners 0:0 0:0 0:0 0:0 0:0 "), lines
        assert uids(f"MARK={mark}") == {int(first)}
    assert maps[0] != maps[1]
    ids = wharf.data / "node/ids"
    owners = {path.readlink().name for path in ids.iterdir()}
    assert {task.id for task in both} <= owners
    for task in both:
        task.stop()


def test_a_user_of_the_definition(wharf, busybox):
    task = fargate(wharf, busybox, "id -u; id -G; touch /etc/x 2>/dev/null || echo refused; touch /tmp/x && echo made", user="app")
    task.wait("STOPPED")
    assert task.lines() == ["1000", "1000 2000", "refused", "made"]


def capacity(installation):
    """Whether the node offers Fargate capacity."""
    ecs = installation.client("ecs")
    arns = ecs.list_container_instances()["containerInstanceArns"]
    (instance,) = ecs.describe_container_instances(containerInstances=arns)["containerInstances"]
    return CAPACITY in {attribute["name"] for attribute in instance["attributes"]}


def test_a_machine_that_cannot_offers_no_capacity(unstarted, tmp_path):
    """A file system without mapped owners, as NFS is one."""
    offers = {}
    for name, arguments in {"without": (), "told": ("--fargate-without-userns",)}.items():
        data = tmp_path / name
        node = data / "node"
        node.mkdir(parents=True, mode=0o700)
        data.chmod(0o700)
        tools.run("mount", "-t", "ramfs", "-o", "mode=700", "none", node)
        installation = unstarted(data=data, arguments=arguments)
        try:
            installation.start()
            offers[name] = capacity(installation)
            said = installation.output.text
        finally:
            installation.close()
            tools.run("umount", "-l", node)
        assert "map the owners of layers" in said, said
        assert ("no Fargate capacity is offered" in said) == (name == "without"), said
    assert offers == {"without": False, "told": True}
