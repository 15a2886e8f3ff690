"""Processes die; what was acknowledged stays, containers do not notice, and no line is lost."""

import os
import random
import signal

import pytest

from harness import images, processes, tasks
from harness.tasks import sh
from harness.waiting import wait_for

COUNT = "n=0; while :; do n=$((n+1)); echo line $n; usleep 20000; done"


def marked(text, script=COUNT):
    """A script whose processes can be found by `text`."""
    return sh(f": {text}; {script}")


def identities(text):
    """Pid and start time of the processes that carry the mark."""
    return sorted(filter(None, map(processes.born, processes.with_argument(f": {text};"))))


def numbers(task):
    return [int(line.split()[1]) for line in task.lines() if line.startswith("line ")]


@pytest.fixture
def image(fresh):
    return images.push(fresh, "busybox")


@pytest.mark.parametrize("victims", [["server"], ["node"], ["server", "node"]], ids="+".join)
def test_containers_and_lines_survive(fresh, image, victims):
    task = tasks.run(fresh, image, stopTimeout=2, **marked("survivor"))
    task.wait("RUNNING")
    wait_for(lambda: len(numbers(task)) > 5, what="first lines")
    before = identities("survivor")
    assert before
    for _ in range(3):
        for role in victims:
            fresh.kill_child(role)
        reached = wait_for(lambda: numbers(task), what="the log after the kill")[-1]
        wait_for(lambda reached=reached: numbers(task)[-1] > reached + 10, 30, "lines written after the kill")
        assert identities("survivor") == before
        assert task.describe()["lastStatus"] == "RUNNING"
    fresh.wait_node()
    assert task.stop()["stopCode"] == "UserInitiated"
    final = wait_for(lambda: (a := numbers(task)) == numbers(task) and a, what="the log's end")
    assert final == list(range(1, len(final) + 1)), "a line was lost, doubled or out of order"


def test_supervisor_killed_and_started_again(fresh, image):
    """`wharf up` itself dies with both its children; a new one adopts what runs."""
    task = tasks.run(fresh, image, stopTimeout=2, **marked("adopted"))
    task.wait("RUNNING")
    wait_for(lambda: len(numbers(task)) > 5, what="first lines")
    before = identities("adopted")
    fresh.kill_all()
    assert identities("adopted") == before

    fresh.start()
    assert identities("adopted") == before
    reached = numbers(task)[-1]
    wait_for(lambda: numbers(task)[-1] > reached + 10, 30, "new lines")
    task.stop()
    final = wait_for(lambda: (a := numbers(task)) == numbers(task) and a, what="the log's end")
    assert final == list(range(1, len(final) + 1))


def test_exit_codes_of_the_meantime_are_reported(fresh, image):
    """With supervisor, server and agent all gone, one container ends by itself, one is killed; both codes are told."""
    chosen = tasks.run(fresh, image, **marked("chosen", "trap 'exit 23' HUP; echo up; while :; do usleep 100000; done"))
    killed = tasks.run(fresh, image, **marked("killed", "echo up; while :; do usleep 100000; done"))
    lasting = tasks.run(fresh, image, stopTimeout=2, **marked("lasting"))
    for task in (chosen, killed, lasting):
        task.wait("RUNNING")
    chosen.wait_line("up")
    killed.wait_line("up")

    fresh.kill_all()
    for mark, number in (("chosen", signal.SIGHUP), ("killed", signal.SIGKILL)):
        (pid,) = processes.with_argument(f": {mark};")
        os.kill(pid, number)
        wait_for(lambda mark=mark: not processes.with_argument(f": {mark};"), 10, f"the end of {mark}")

    fresh.start()
    assert chosen.wait("STOPPED")["containers"][0]["exitCode"] == 23
    assert killed.wait("STOPPED")["containers"][0]["exitCode"] == 137
    assert lasting.describe()["lastStatus"] == "RUNNING"
    lasting.stop()


def test_a_stop_asked_for_while_the_agent_is_dead_happens(fresh, image):
    task = tasks.run(fresh, image, stopTimeout=2, **marked("condemned"))
    task.wait("RUNNING")
    os.kill(fresh.process.pid, signal.SIGSTOP)
    try:
        node = fresh.child("node")
        os.kill(node, signal.SIGKILL)
        wait_for(lambda: not processes.alive(node), 10, "the agent's end")
        task.stop(wait=False)
        assert task.describe()["desiredStatus"] == "STOPPED"
    finally:
        os.kill(fresh.process.pid, signal.SIGCONT)
    task.wait("STOPPED")
    assert identities("condemned") == []


class Story:
    """The demo's steps in a loop. Whatever was acknowledged is remembered; a step that met a dead server is repeated."""

    def __init__(self, wharf, image, seed):
        self.wharf, self.image, self.random = wharf, image, random.Random(seed)
        self.clusters, self.definitions, self.repositories, self.groups = [], [], [], []
        self.running, self.stopped = [], []
        self.steps = [self.create_cluster, self.create_repository, self.register, self.run, self.stop, self.create_group, self.look]

    def step(self):
        step = self.random.choice(self.steps)
        wait_for(lambda: step() or True, 30, f"the step {step.__name__}")
        return step.__name__

    def create_cluster(self):
        name = tasks.unique("story")
        self.clusters.append(self.wharf.client("ecs").create_cluster(clusterName=name)["cluster"]["clusterArn"])

    def create_repository(self):
        self.repositories.append(
            self.wharf.client("ecr").create_repository(repositoryName=tasks.unique("story"))["repository"]["repositoryName"]
        )

    def create_group(self):
        name = "/story/" + tasks.unique("group")
        self.wharf.client("logs").create_log_group(logGroupName=name)
        self.groups.append(name)

    def register(self):
        self.definitions.append(
            tasks.register(self.wharf, self.image, stopTimeout=2, memory=16, **marked(f"story-{len(self.definitions)}"))
        )

    def run(self):
        if not self.definitions or len(self.running) >= 6:
            return self.register()
        task = tasks.start(self.wharf, self.random.choice(self.definitions))
        self.running.append(task)
        return task.wait("RUNNING")

    def stop(self):
        if self.running:
            task = self.running[0]
            task.stop()
            self.stopped.append(self.running.pop(0))

    def look(self):
        self.check()

    def check(self):
        ecs = self.wharf.client("ecs")
        for chunk in (self.clusters[n : n + 100] for n in range(0, len(self.clusters), 100)):
            assert not ecs.describe_clusters(clusters=chunk)["failures"]
        for arn in self.definitions:
            assert ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "ACTIVE"
        if self.repositories:
            assert len(self.wharf.client("ecr").describe_repositories(repositoryNames=self.repositories)["repositories"]) == len(
                self.repositories
            )
        known = {
            group["logGroupName"] for group in self.wharf.client("logs").describe_log_groups(logGroupNamePrefix="/story/")["logGroups"]
        }
        assert set(self.groups) <= known
        for task in self.running:
            assert task.describe()["lastStatus"] == "RUNNING"
        for task in self.stopped:
            assert task.describe()["lastStatus"] == "STOPPED"


@pytest.mark.slow
def test_thirty_kills_of_the_server_between_steps(fresh, image):
    seed = int(os.environ.get("WHARF_E2E_SEED", random.randrange(1 << 32)))
    print(f"seed: WHARF_E2E_SEED={seed}")
    story = Story(fresh, image, seed)
    for kill in range(30):
        for _ in range(story.random.randint(1, 2)):
            name = story.step()
        before = {born for task in range(len(story.definitions)) for born in identities(f"story-{task}")}
        fresh.kill_child("server")
        after = {born for task in range(len(story.definitions)) for born in identities(f"story-{task}")}
        assert after == before, f"containers changed at kill {kill}, after {name}"
        wait_for(lambda: story.check() or True, 30, f"everything acknowledged after kill {kill}")


@pytest.mark.slow
def test_kills_amid_steps(fresh, image):
    """The server dies while requests are under way; an answer that came is an answer that holds."""
    import threading

    seed = int(os.environ.get("WHARF_E2E_SEED", random.randrange(1 << 32)))
    print(f"seed: WHARF_E2E_SEED={seed}")
    acknowledged, over, generator = [], threading.Event(), random.Random(seed)

    def create(worker):
        number = 0
        while not over.is_set():
            number += 1
            try:
                made = fresh.client("ecs").create_cluster(clusterName=f"amid-{worker}-{number}")
                acknowledged.append(made["cluster"]["clusterArn"])
            except Exception:  # noqa: BLE001 the server is dead or about to be
                continue

    workers = [threading.Thread(target=create, args=(n,)) for n in range(3)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(8):
            target = len(acknowledged) + generator.randint(1, 40)
            wait_for(lambda target=target: len(acknowledged) >= target, 30, "more answers")
            fresh.kill_child("server")
    finally:
        over.set()
        for worker in workers:
            worker.join()
    ecs = fresh.client("ecs")
    missing = [
        failure
        for n in range(0, len(acknowledged), 100)
        for failure in ecs.describe_clusters(clusters=acknowledged[n : n + 100])["failures"]
    ]
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged clusters are gone: {missing[:3]}"
