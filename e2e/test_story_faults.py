"""The story again and again, while one process after the other is killed at a random moment.

A client asks all the while. It repeats a GET whose connection was closed before any byte of the answer, once, as RFC 9110
§9.2.2 allows; beyond that no request may fail but those under way when a task was killed.

WHARF_FAULT_ROUNDS says how often (5), WHARF_FAULT_SEED with which random numbers.
"""

import collections
import os
import pathlib
import random
import resource
import signal
import tempfile
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness import host, images, processes, tools
from harness.installation import Installation
from harness.services import Web
from harness.waiting import wait_for
from harness.watcher import Watcher

ROUNDS = int(os.environ.get("WHARF_FAULT_ROUNDS", "5"))
SEED = int(os.environ.get("WHARF_FAULT_SEED", "0")) or random.randrange(1 << 30)


# What was killed, and when; for a shim, until its containers had ended too.
Kill = collections.namedtuple("Kill", "victim begin end")


class Story:
    """One service that is scaled and rolled; remembers what was acknowledged."""

    def __init__(self, wharf, web):
        self.wharf, self.web, self.random = wharf, web, random.Random(SEED)
        self.version, self.desired = 1, 3
        self.acknowledged = set()
        self.refused = 0
        self.kills = []

    def act(self):
        """One change a user makes; made again until it is acknowledged."""
        what = self.random.choice(["scale", "roll", "nothing"])
        if what == "scale":
            self.desired = self.random.choice([2, 3, 4])
            self.insist(lambda: self.web.ecs.update_service(service=self.web.name, desiredCount=self.desired))
        elif what == "roll":
            self.version += 1
            definition = self.insist(lambda: self.web.define(f"v{self.version}"))
            self.acknowledged.add(definition)
            self.insist(lambda: self.web.ecs.update_service(service=self.web.name, taskDefinition=definition))
        return what

    def try_for(self, seconds):
        """Changes without insisting: what is acknowledged counts, what is refused is tried no more."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.acknowledged.add(self.web.define(f"v{self.version}"))
            except (BotoCoreError, ClientError):
                self.refused += 1

    def insist(self, call, deadline_s=30):
        def tried():
            try:
                return call()
            except (BotoCoreError, ClientError) as error:
                status = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
                assert status >= 500, error
                return None

        return wait_for(tried, deadline_s, "an answer")

    def kill(self):
        """kill -9 of a part of wharf, or of the shim of a task; tells when."""
        victim = self.random.choice(["server", "node", "lb", "shim"])
        begin = time.monotonic()
        if victim == "shim":
            shims = self.wharf.shims()
            if shims:
                shim = self.random.choice(shims)
                containers = processes.children(shim)
                processes.kill(shim, signal.SIGKILL)
                wait_for(lambda: not any(map(processes.alive, containers)), 20, "the end of a killed shim's containers", interval_s=0.01)
        else:
            pid = wait_for(lambda: self.wharf.child(victim), 20, f"a wharf {victim}")
            begin = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            processes.wait_reaped(pid)
        self.kills.append(Kill(victim, begin, time.monotonic()))
        return self.kills[-1]

    def converged(self):
        wait_for(self.wharf.healthy, 30, "health")
        self.web.wait_stable(120)

        def answers():
            seen = self.web.answers(10)
            return all(body.split()[0] == f"v{self.version}" for body in seen) and set(b.split()[1] for b in seen) <= set(
                self.web.addresses()
            )

        wait_for(answers, 60, "answers of the wanted version from its tasks alone")
        # The death of a task may have been noticed only meanwhile.
        wait_for(lambda: len(self.web.tasks()) == self.desired, 60, f"{self.desired} tasks")
        for definition in self.acknowledged:
            self.web.ecs.describe_task_definition(taskDefinition=definition)


def check(requests, kills):
    """Looks at what clients saw against all kills so far; returns how many failed with a right to."""
    failed = [request for request in requests if request.failed]
    for request in failed:
        at_a_task = any(request.under_way(kill.begin, kill.end) for kill in kills if kill.victim == "shim")
        assert at_a_task, f"a request failed that was not under way when a task was killed: {request}"
    for request in requests:
        at_the_balancer = any(request.open_at(kill.begin, kill.end) for kill in kills if kill.victim == "lb")
        assert at_the_balancer or not request.repeated, f"a connection was closed though the load balancer lived: {request}"
    return len(failed)


@pytest.mark.slow
def test_the_story_survives_the_death_of_any_process():
    before = host.snapshot()
    asked, excused = 0, 0
    with Installation() as wharf:
        wharf.start()
        web = Web(wharf, images.push(wharf, "web"))
        web.make(3)
        story = Story(wharf, web)
        with Watcher(web) as watcher:
            for number in range(ROUNDS):
                done = story.act()
                # A moment that no test would choose: somewhere within the change.
                threading.Event().wait(story.random.random() * 1.5)
                kill = story.kill()
                try:
                    story.converged()
                    requests = watcher.take()
                    excused += check(requests, story.kills)
                    asked += len(requests)
                except AssertionError as error:
                    raise AssertionError(
                        f"seed {SEED}, round {number}: {done}, then kill -9 of the {kill.victim} at {kill.begin:.3f}: {error}"
                    ) from error
        print(f"seed {SEED}: {ROUNDS} rounds, {asked} requests, {excused} failed at a task that was killed")
        web.close()
        mark = wharf.id
        wharf.down()
        # Others may end theirs meanwhile.
        assert not [line for line in host.differences(before, host.snapshot(), mark) if line.endswith("left behind")]


def full(wharf, story):
    """Takes all room of the disk that holds the data, and gives it back."""
    filler = wharf.data.parent / "filler"
    with filler.open("ab", buffering=0) as opened:
        piece = b"\0" * (1 << 20)
        while piece:
            try:
                opened.write(piece)
            except OSError:
                piece = piece[: len(piece) // 2]
    story.try_for(1.5)
    filler.unlink()


def exhausted(wharf, story):
    """Leaves the server no descriptor for a while."""
    server = wharf.child("server")
    limits = resource.prlimit(server, resource.RLIMIT_NOFILE)
    held = sum(1 for _ in (processes.PROC / str(server) / "fd").iterdir())
    resource.prlimit(server, resource.RLIMIT_NOFILE, (held, limits[1]))
    # Meanwhile a call may wait for its connection to be taken.
    back = threading.Timer(1.5, resource.prlimit, (server, resource.RLIMIT_NOFILE, limits))
    back.start()
    story.try_for(1.5)
    back.join()


def failing(wharf, story):
    """Syncs and writes of store and journal fail now and then; each failure ends the server."""
    told = wharf.data.parent / "faults"
    told.write_text("sync eio 1/40\nwrite short 1/60\nsync slow-20ms 1/5\n")
    story.try_for(1.5)
    told.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [full, exhausted, failing], ids=lambda fault: fault.__name__)
def test_the_story_survives_a_disk_and_a_machine_that_fail(fault):
    """What was acknowledged is there after each round, and what is wanted comes about."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-faults-"))
    tools.run("mount", "-t", "tmpfs", "-o", "size=768m", "tmpfs", folder)
    try:
        told = f"WHARF_TEST_DISK_FAULTS={folder / 'faults'}"
        with Installation(data=folder / "data", under=("env", told)) as wharf:
            wharf.start()
            web = Web(wharf, images.push(wharf, "web"))
            web.make(3)
            story = Story(wharf, web)
            for number in range(max(1, ROUNDS // 2) if ROUNDS < 20 else ROUNDS):
                try:
                    fault(wharf, story)
                    story.act()
                    story.converged()
                except AssertionError as error:
                    raise AssertionError(f"seed {SEED}, round {number}: {error}") from error
            print(
                f"seed {SEED}: {fault.__name__}, {number + 1} rounds, {len(story.acknowledged)} definitions acknowledged, {story.refused} calls refused"
            )
            web.close()
            wharf.down()
    finally:
        tools.run("umount", "--lazy", folder)
        folder.rmdir()
