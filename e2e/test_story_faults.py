"""The story again and again, while one process after the other is killed at a random moment, and on a machine that fails.

A client asks all the while. It repeats a GET whose connection was closed before any byte of the answer, once, as RFC 9110
§9.2.2 allows; beyond that no request may fail but those under way when a task was killed, or all of wharf.

WHARF_FAULT_ROUNDS says how often (5), WHARF_FAULT_SEED with which random numbers.
"""

import base64
import collections
import concurrent.futures
import json
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
from harness.flow import Flow
from harness.installation import Installation
from harness.services import Web
from harness.waiting import wait_for
from harness.watcher import Watcher

# On a full disk this many writes of 240 kB must be enough until additions are refused; a file of the log has 16 MiB at most.
MOST_WRITES = 200

ROUNDS = int(os.environ.get("WHARF_FAULT_ROUNDS", "5"))
SEED = int(os.environ.get("WHARF_FAULT_SEED", "0")) or random.randrange(1 << 30)


# What was killed, and when; for a shim, until its containers had ended too.
Kill = collections.namedtuple("Kill", "victim begin end")


class Bulk:
    """What fills the files of store and journal and is never much at once: policies that are written over and over,
    and lines of a log that is gone after each round. Remembers what was acknowledged."""

    LANES = 8

    def __init__(self, wharf):
        self.ecr, self.logs = wharf.client("ecr"), wharf.client("logs")
        self.repositories = [f"bulk-{number}" for number in range(self.LANES)]
        for name in self.repositories:
            self.ecr.create_repository(repositoryName=name)
        self.number, self.policies = 0, {}
        self.group, self.lines = None, set()

    def begin(self):
        self.number += 1
        self.group, self.lines = f"/bulk/{self.number}", set()
        self.logs.create_log_group(logGroupName=self.group)
        self.logs.create_log_stream(logGroupName=self.group, logStreamName="lines")

    def write_policies(self):
        """One for each repository, at the same time; how many were refused."""
        self.number += 1
        selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
        rule = {"rulePriority": 1, "description": f"{self.number} " + "x" * 30_000, "selection": selection, "action": {"type": "expire"}}
        text = json.dumps({"rules": [rule]})

        def write(name):
            try:
                self.ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
            except (BotoCoreError, ClientError):
                return 1
            self.policies[name] = self.number
            return 0

        with concurrent.futures.ThreadPoolExecutor(self.LANES) as pool:
            return sum(pool.map(write, self.repositories))

    def write_line(self):
        self.number += 1
        number = self.number
        # Nothing that could be packed: a line takes the room that it says.
        noise = base64.b64encode(random.randbytes(187_500)).decode()
        event = {"timestamp": int(time.time() * 1000), "message": f"{number} {noise}"}
        self.logs.put_log_events(logGroupName=self.group, logStreamName="lines", logEvents=[event])
        self.lines.add(number)

    def check(self):
        """Nothing acknowledged is missing; the log goes."""
        for name, acknowledged in self.policies.items():
            text = self.ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
            found = int(json.loads(text)["rules"][0]["description"].split()[0])
            assert acknowledged <= found <= self.number, f"{name} has policy {found}, {acknowledged} was acknowledged"
        missing, token = set(self.lines), None
        while missing:
            more = {"nextToken": token} if token else {}
            page = self.logs.get_log_events(logGroupName=self.group, logStreamName="lines", startFromHead=True, **more)
            missing -= {int(event["message"].split()[0]) for event in page["events"]}
            assert not missing or page["nextForwardToken"] != token, f"{len(missing)} of {len(self.lines)} lines are lost: {missing}"
            token = page["nextForwardToken"]
        self.logs.delete_log_group(logGroupName=self.group)


class Story:
    """One service that is scaled and rolled; remembers what was acknowledged."""

    def __init__(self, wharf, web):
        self.wharf, self.web, self.random = wharf, web, random.Random(SEED)
        self.version, self.desired = 1, 3
        self.acknowledged = set()
        # Those of them that were not looked at yet.
        self.fresh = set()
        self.refused = 0
        self.bulk = None
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
            self.acknowledge(definition)
            self.insist(lambda: self.web.ecs.update_service(service=self.web.name, taskDefinition=definition))
        return what

    def acknowledge(self, definition):
        self.acknowledged.add(definition)
        self.fresh.add(definition)

    def try_once(self, write):
        """Without insisting: what is acknowledged counts. Whether it was."""
        try:
            write()
        except (BotoCoreError, ClientError):
            self.refused += 1
            return False
        return True

    def define(self):
        self.acknowledge(self.web.define(f"v{self.version}"))

    def try_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.refused += self.bulk.write_policies()
            for write in (self.define, self.bulk.write_line):
                self.try_once(write)

    def try_until_refused(self):
        """Fills store and journal until neither takes anything more."""
        left = [self.define, self.bulk.write_line]
        for _ in range(MOST_WRITES):
            # Changes of what is there go on for a while: there is a reserve.
            self.refused += self.bulk.write_policies()
            left = [write for write in left if self.try_once(write)]
            if not left:
                return
        raise AssertionError(f"a full disk takes all: {left}")

    def insist(self, call, deadline_s=30):
        def tried():
            try:
                return call()
            except (BotoCoreError, ClientError) as error:
                answer = getattr(error, "response", None) or {}
                status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
                assert status >= 500, error
                return None

        return wait_for(tried, deadline_s, "an answer")

    def kill(self, victim=None):
        """kill -9 of a part of wharf, of all of them (`up`, which is started again), or of the shim of a task; tells when."""
        victim = victim or self.random.choice(["server", "node", "lb", "up", "shim"])
        begin = time.monotonic()
        if victim == "up":
            self.wharf.kill_all()
            self.wharf.launch()
            self.wharf.wait_ready()
        elif victim == "shim":
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
            seen, addresses = set(self.web.answers(10)), set(self.web.addresses())
            wrong = [body for body in seen if body.split()[0] != f"v{self.version}" or body.split()[1] not in addresses]
            assert not wrong, f"{wrong} are not of v{self.version} at {addresses}"
            return True

        wait_for(answers, 60, "answers of the wanted version from its tasks alone")
        # The death of a task may have been noticed only meanwhile.
        wait_for(lambda: len(self.web.tasks()) == self.desired, 60, f"{self.desired} tasks")
        self.nothing_lost(self.fresh)
        self.fresh.clear()

    def nothing_lost(self, looked_at):
        """All that was acknowledged is listed, and these can be read."""
        pages = self.web.ecs.get_paginator("list_task_definitions").paginate()
        lost = self.acknowledged.difference(*(page["taskDefinitionArns"] for page in pages))
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} acknowledged definitions are lost: {sorted(lost)[:3]}"
        for definition in looked_at:
            found = self.web.ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
            assert found["taskDefinitionArn"] == definition


def check(requests, kills):
    """Looks at what clients saw against all kills so far; returns how many failed with a right to: at a task that was
    killed, or while nothing of wharf was there."""
    failed = [request for request in requests if request.failed]
    for request in failed:
        excused = any(request.under_way(kill.begin, kill.end) for kill in kills if kill.victim in ("shim", "up"))
        assert excused, f"a request failed that was not under way when a task or all of wharf was killed: {request}"
    for request in requests:
        at_the_balancer = any(request.open_at(kill.begin, kill.end) for kill in kills if kill.victim in ("lb", "up"))
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
        with Watcher(web) as watcher, Flow(wharf) as flow:
            for number in range(ROUNDS):
                begun = time.monotonic()
                flow.schedule()
                balancer = processes.born(wharf.child("lb"))
                done = story.act()
                # A moment that no test would choose: somewhere within the change.
                threading.Event().wait(story.random.random() * 1.5)
                kill = story.kill()
                try:
                    story.converged()
                    flow.check()
                    requests = watcher.take()
                    began_anew = kill.victim not in ("lb", "up") and processes.born(wharf.child("lb")) != balancer
                    assert not began_anew, "the load balancer began anew, and closed its connections, though nobody killed it"
                    excused += check(requests, story.kills)
                    asked += len(requests)
                    print(f"kill {number}: {done}, {kill.victim}, {time.monotonic() - begun:.1f} s, {len(requests)} requests", flush=True)
                except AssertionError as error:
                    show_logs(wharf)
                    raise AssertionError(
                        f"seed {SEED}, round {number}: {done}, then kill -9 of the {kill.victim} at {kill.begin:.3f}: {error}"
                    ) from error
        story.nothing_lost(story.acknowledged)
        print(f"seed {SEED}: {ROUNDS} rounds, {asked} requests, {excused} failed at a task that was killed or while nothing was there")
        print(f"{len(flow.sent)} messages in, {len(flow.received)} out; {len(flow.put)} objects; in order {flow.ordered.counts()}")
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
    try:
        story.try_until_refused()
    finally:
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


def show_logs(wharf):
    """What the parts of the installation said last, for whoever reads of a failure."""
    for file in sorted((wharf.data / "log").glob("*.log")):
        print(f"--- {file.name}\n{file.read_text(errors='replace')[-20000:]}")


@pytest.mark.slow
@pytest.mark.parametrize("fault", [full, exhausted, failing], ids=lambda fault: fault.__name__)
def test_the_story_survives_a_disk_and_a_machine_that_fail(fault):
    """What was acknowledged is there after each round for a server that has read it all from the disk, and what is wanted
    comes about."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-faults-"))
    tools.run("mount", "-t", "tmpfs", "-o", "size=768m", "tmpfs", folder)
    try:
        told = f"WHARF_TEST_DISK_FAULTS={folder / 'faults'}"
        with Installation(data=folder / "data", under=("env", told)) as wharf:
            wharf.start()
            web = Web(wharf, images.push(wharf, "web"))
            web.make(3)
            story = Story(wharf, web)
            story.bulk = Bulk(wharf)
            for number in range(max(1, ROUNDS // 2) if ROUNDS < 20 else ROUNDS):
                begun, before = time.monotonic(), (len(story.acknowledged), story.refused)
                try:
                    story.bulk.begin()
                    fault(wharf, story)
                    done = story.act()
                    story.kill("server")
                    story.converged()
                    story.bulk.check()
                except AssertionError as error:
                    show_logs(wharf)
                    raise AssertionError(f"seed {SEED}, round {number}: {error}") from error
                took, made, refused = time.monotonic() - begun, len(story.acknowledged) - before[0], story.refused - before[1]
                print(f"{fault.__name__} {number}: {done}, {took:.1f} s, {made} acknowledged, {refused} refused", flush=True)
            story.nothing_lost(story.acknowledged)
            print(
                f"seed {SEED}: {fault.__name__}, {number + 1} rounds, {len(story.acknowledged)} definitions acknowledged, {story.refused} calls refused"
            )
            web.close()
            wharf.down()
    finally:
        tools.run("umount", "--lazy", folder)
        folder.rmdir()
