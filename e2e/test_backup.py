"""Backup and restore: under load, killed in the middle, and with containers that run on."""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness import control, images, processes, tasks, tools
from harness.tasks import sh
from harness.waiting import wait_for


class Writer(threading.Thread):
    """A client that makes task definitions and puts log events, and remembers what was acknowledged, in order."""

    def __init__(self, wharf):
        super().__init__(daemon=True)
        self.ecs, self.logs, self.group = wharf.client("ecs"), wharf.client("logs"), "/e2e/backup"
        self.kept, self.lines, self.ended = [], 0, threading.Event()
        with contextlib.suppress(self.logs.exceptions.ResourceAlreadyExistsException):
            self.logs.create_log_group(logGroupName=self.group)
            self.logs.create_log_stream(logGroupName=self.group, logStreamName="s")

    def run(self):
        container = {"name": "main", "image": "none", "memory": 16, "environment": [{"name": "X", "value": "x" * 3000}]}
        while not self.ended.is_set():
            try:
                answer = self.ecs.register_task_definition(family="kept", containerDefinitions=[container])
                self.kept.append(answer["taskDefinition"]["taskDefinitionArn"])
                event = {"timestamp": int(time.time() * 1000), "message": f"line {self.lines}"}
                self.logs.put_log_events(logGroupName=self.group, logStreamName="s", logEvents=[event])
                self.lines += 1
            except (BotoCoreError, ClientError):
                time.sleep(0.05)

    def stop(self):
        self.ended.set()
        self.join(30)


def backup(wharf, to, check=True):
    return tools.run(tools.wharf(), "backup", "--data", wharf.data, to, check=check, timeout_s=120)


def restore(wharf, to, *more, check=True):
    return tools.run(tools.wharf(), "restore", "--data", wharf.data, *more, to, check=check, timeout_s=120)


def identities(text):
    return sorted(filter(None, map(processes.born, processes.with_argument(f": {text};"))))


def test_backup_and_restore_under_load_and_kills(fresh, tmp_path):
    to, dice = tmp_path / "backup", random.Random(7)
    image = images.push(fresh, "busybox")
    task = tasks.run(fresh, image, stopTimeout=2, **sh(": kept-by-restore; while :; do usleep 100000; done"))
    task.wait("RUNNING")
    before = identities("kept-by-restore")
    writer = Writer(fresh)
    writer.start()
    wait_for(lambda: len(writer.kept) > 20, 60, "the first writes")
    first = backup(fresh, to).stdout
    assert "copy 1" in first
    # The server is killed in the middle; what the folder held before still counts.
    for _ in range(3):
        with subprocess.Popen(
            [tools.wharf(), "backup", "--data", fresh.data, to], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as run:
            time.sleep(dice.random() * 0.3)
            with contextlib.suppress(LookupError, ProcessLookupError):
                os.kill(fresh.child("server"), signal.SIGKILL)
            run.wait(60)
        wait_for(fresh.healthy, 30, "health after the kill")
    acknowledged = len(writer.kept)
    lines = writer.lines
    second = wait_for(lambda: backup(fresh, to).stdout, 60, "a whole backup")
    assert "were there already" in second
    wait_for(lambda: len(writer.kept) > acknowledged + 10, 60, "writes after the backup")
    writer.stop()
    after = len(writer.kept)
    epoch_before = second

    # The control plane's disk is lost; its containers run.
    fresh.kill_all()
    refused = restore(fresh, to, check=False)
    assert refused.returncode != 0 and "holds a control plane already" in refused.stderr
    for _ in range(3):
        with subprocess.Popen(
            [tools.wharf(), "restore", "--data", fresh.data, "--replace", to], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as run:
            time.sleep(dice.random() * 0.1)
            run.kill()
            run.wait(30)
        # The one or the other control plane is there, whole.
        assert (fresh.data / "server" / "store" / "checkpoint").exists()
    done = restore(fresh, to, "--replace")
    assert "Restored." in done.stdout, (done.stdout, epoch_before)
    assert identities("kept-by-restore") == before, "a container was ended"

    fresh.start()
    ecs = fresh.client("ecs")
    for arn in writer.kept[:acknowledged]:
        ecs.describe_task_definition(taskDefinition=arn)
    missing = 0
    for arn in writer.kept[acknowledged:after]:
        try:
            ecs.describe_task_definition(taskDefinition=arn)
        except ClientError:
            missing += 1
    assert missing, "the store is not the backup's"
    found = fresh.client("logs").get_log_events(logGroupName=writer.group, logStreamName="s", startFromHead=True, limit=10_000)["events"]
    # A line whose acknowledgement was lost with the server was sent once more.
    texts = list(dict.fromkeys(event["message"] for event in found))
    assert texts[:lines] == [f"line {number}" for number in range(lines)]
    # Adopted, not ended and not doubled.
    wait_for(lambda: task.describe()["lastStatus"] == "RUNNING", 30, "the task's adoption")
    time.sleep(3)
    assert identities("kept-by-restore") == before
    assert task.stop()["stopCode"] == "UserInitiated"
    # Images came with it, and new tasks run.
    again = tasks.run(fresh, image, command=["echo", "restored"])
    again.wait("STOPPED", 60)
    again.wait_line("restored")


@pytest.mark.parametrize("what", ["folder", "keyring"])
def test_what_cannot_be_restored_is_refused(wharf, tmp_path, what):
    if what == "folder":
        (tmp_path / "photo").write_text("mine")
        refused = backup(wharf, tmp_path, check=False)
        assert refused.returncode != 0 and "neither empty nor a backup" in refused.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["photo"]
    else:
        backup(wharf, tmp_path / "b")
        refused = tools.run(tools.wharf(), "restore", "--data", tmp_path / "other", tmp_path / "b", check=False)
        assert refused.returncode != 0 and "keyring" in refused.stderr
        assert not (tmp_path / "other" / "server").exists()


def begin(wharf, keys, headers=(), **parameters):
    """The operation Backup as anybody who reaches the port can send it; unsigned without keys."""
    return control.call(wharf, "Backup", keys, headers, **{name: str(value) for name, value in parameters.items()})


@pytest.mark.parametrize("iam", ["enforce", "off"])
def test_the_network_alone_begins_no_backup(unstarted, tmp_path, iam):
    wharf = unstarted(arguments=("--iam", iam)).start(node=False)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "wharf:Backup", "Resource": "*"}]}
    keys = tasks.user(wharf, json.dumps(allowed))[1] if iam == "enforce" else None
    empty, secret = tmp_path / "empty", "0" * 32
    empty.mkdir()
    for proof in ({}, {"proof": ""}):
        assert "ValidationException" in begin(wharf, keys, dir=empty, **proof).text
    for proof in ({"proof": f"aa.{secret}"}, {"proof": f"../x.{secret}"}):
        refused = begin(wharf, keys, dir=empty, **proof)
        assert refused.status_code == 403 and "shows that you can write" in refused.text, refused.text
    # Somebody else of the machine, who may write there.
    theirs = empty / ".wharf-proof-aa"
    theirs.write_text(secret)
    os.chown(theirs, 65534, 65534)
    assert begin(wharf, keys, dir=empty, proof=f"aa.{secret}").status_code == 403
    theirs.unlink()
    # Root of the machine may, but not with a browser, nor into what is to be copied.
    mine = empty / ".wharf-proof-bb"
    mine.write_text(secret)
    for headers in ({"Origin": f"http://localhost:{wharf.port}"}, {"Sec-Fetch-Site": "none"}):
        refused = begin(wharf, keys, headers, dir=empty, proof=f"bb.{secret}")
        assert refused.status_code == 403 and "Browsers" in refused.text, refused.text
    inside = wharf.data / "node"
    (inside / ".wharf-proof-cc").write_text(secret)
    refused = begin(wharf, keys, dir=inside, proof=f"cc.{secret}")
    assert refused.status_code == 403 and "data folder" in refused.text
    (inside / ".wharf-proof-cc").unlink()
    assert sorted(path.name for path in empty.iterdir()) == [".wharf-proof-bb"], "something was written"
    assert begin(wharf, keys, dir=empty, proof=f"bb.{secret}").status_code == 200
    wait_for(lambda: (empty / "backup.json").exists(), 30, "the backup")
    # And the command needs no flag, wherever root wants it.
    backup(wharf, tmp_path / "some" / "where" / "new")
    backup(wharf, empty)
    assert not list(empty.glob(".wharf-proof-*"))


def test_no_task_begins_a_backup(unstarted, tmp_path):
    wharf = unstarted(arguments=("--iam", "off", "--tasks-as-root")).start()
    image, proof = images.push(wharf, "busybox"), tmp_path / ".wharf-proof-aa"
    proof.write_text("0" * 32)
    body = json.dumps({"dir": str(tmp_path), "proof": f"aa.{'0' * 32}"})
    head = "--header 'Content-Type: application/x-amz-json-1.1' --header 'X-Amz-Target: Wharf_20261121.Backup'"
    ask = f"wget -q -O - {head} --post-data='{body}' http://169.254.170.2:4566/; echo over $?"
    task = tasks.run(wharf, image, network="awsvpc", run_options=tasks.in_vpc(wharf), **sh(ask))
    task.wait("STOPPED")
    assert "over 0" not in task.output() and "over" in task.output(), task.output()
    assert proof.exists() and not (tmp_path / "LOCK").exists()
