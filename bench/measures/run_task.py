"""From asking for a container to its process running, the image being there."""

import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from harness import images, tasks, tools
from harness.installation import Installation
from harness.waiting import wait_for

from . import peers

TITLE = "RunTask to RUNNING, cached image"
METHOD = (
    "wharf: from the RunTask call until DescribeTasks says RUNNING, asked without pause over one connection; request throttling is off. "
    "Peers: until the container's first byte of output is read. Twenty rounds, all of them in each round."
)
COLUMNS = ("program", "median ms", "worst ms")
ROUNDS = 20
WAIT = ["sh", "-c", "echo up; trap 'exit 0' TERM; while :; do sleep 0.05; done"]


def run():
    peers.hide_hybrid_control_groups()
    bundle = peers.Bundle(WAIT)
    podman_root = pathlib.Path(tempfile.mkdtemp(prefix="wharf-bench-podman-"))
    try:
        with Installation() as installation, peers.dockerd() as (_, _, docker_host):
            return _measure(installation.start(), bundle, docker_host, podman_root)
    finally:
        bundle.close()
        shutil.rmtree(podman_root, ignore_errors=True)


def _measure(installation, bundle, docker_host, podman_root):
    archive = tools.image_archive("busybox")
    image = images.push(installation, "busybox")
    docker = ["docker", "--host", docker_host]
    tools.run("skopeo", "copy", "--quiet", f"oci-archive:{archive}", f"docker-archive:{podman_root}/it.tar:it:1")
    tools.run(*docker, "load", "--input", podman_root / "it.tar")
    podman = [
        "podman",
        "--root",
        podman_root / "root",
        "--runroot",
        podman_root / "run",
        "--runtime",
        "runc",
        "--cgroup-manager",
        "cgroupfs",
    ]
    tools.run(*podman, "load", "--quiet", "--input", podman_root / "it.tar")
    limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
    ways = {
        "wharf, network none": _wharf(installation, image, "none"),
        "wharf, bridge": _wharf(installation, image, "bridge"),
        "wharf, awsvpc": _wharf(installation, image, "awsvpc"),
        "crun, network namespace of its own": _runtime("crun", bundle),
        "runc, network namespace of its own": _runtime("runc", bundle),
        "docker run, network none": _engine(docker, ["it:1", *WAIT]),
        "podman run, network none": _engine(podman, [*limits, "it:1", *WAIT]),
    }
    taken = {name: [] for name in ways}
    for measure in ways.values():
        measure()
    for _ in range(ROUNDS):
        for name, measure in ways.items():
            taken[name].append(measure())
    return [(name, *peers.milliseconds(seconds)) for name, seconds in taken.items()]


def _wharf(installation, image, network):
    definition = tasks.register(installation, image, network=network, memory=16, stopTimeout=2, entryPoint=WAIT[:2], command=WAIT[2:])
    options = tasks.in_vpc(installation) if network == "awsvpc" else {}
    ecs = installation.client("ecs")

    def measure():
        begun = time.monotonic()
        arn = ecs.run_task(taskDefinition=definition, **options)["tasks"][0]["taskArn"]
        while ecs.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] != "RUNNING":
            assert time.monotonic() - begun < 30, "not RUNNING within 30 s"
        taken = time.monotonic() - begun
        tasks.Task(installation, arn).stop()
        return taken

    return measure


def _first_output(command):
    """Start and wait for the first line; returns the process and the seconds that took."""
    begun = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    taken = time.monotonic() - begun
    assert line == "up\n", f"{command[0]}: {line}{process.stderr.read()}"
    return process, taken


def _runtime(program, bundle):
    numbers = itertools.count()
    root = bundle.folder / f"state-{program}"

    def measure():
        name = f"bench-{os.getpid()}-{next(numbers)}"
        process, taken = _first_output([program, "--root", root, "run", "--bundle", bundle.folder, name])
        tools.run(program, "--root", root, "kill", name, "KILL")
        process.communicate(timeout=20)
        tools.run(program, "--root", root, "delete", "--force", name, check=False)
        return taken

    return measure


def _engine(program, arguments):
    """An engine's `run`. It may print before it counts the container as running, so killing is tried until it works."""

    def measure():
        run = [*program, "run", "--rm", "--name", "bench", "--network", "none", *arguments]
        process, taken = _first_output(run)
        wait_for(lambda: tools.run(*program, "kill", "bench", check=False).returncode == 0, 20, "the end of the container")
        process.communicate(timeout=30)
        return taken

    return measure
