"""`wharf demo`, as it is typed: each chapter comes to its end, and nothing of it stays, however it ends."""

import contextlib
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest

from harness import host, quick_aws, tools
from harness.waiting import wait_for

DEADLINE_S = 240
# The longest silence that is no waiting in the dark.
SILENCE_S = 30


class Demo:
    """One chapter in a folder of its own, and the installations that came and went in it."""

    def __init__(self, folder, *arguments, cwd=tools.REPOSITORY):
        self.folder, self.lines, self.installations, self.longest_silence_s = folder, [], set(), 0.0
        self.said = queue.SimpleQueue()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"TMPDIR": str(folder), "WHARF_AWS": str(quick_aws.program())}
        self.process = subprocess.Popen(
            [str(tools.wharf()), "demo", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
            cwd=cwd, start_new_session=True,
            # As a terminal starts it, however these tests were started: bash cannot trap what was ignored before.
            preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)],
        )  # fmt: skip
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.said.put(line)
        self.said.put(None)

    def heard(self):
        """Lines as they come, to the end of the last process that can write."""
        while True:
            try:
                line = self.said.get(timeout=DEADLINE_S)
            except queue.Empty:
                processes = tools.run("ps", "-e", "-o", "pid,ppid,etimes,args", "--cols", "200").stdout
                raise AssertionError(f"nothing was said any more after:\n{self.text}\n{processes}") from None
            if line is None:
                return
            yield line

    def read(self, until=None):
        """Its output as it comes, to its end or to the first line with a text in it."""
        last = time.monotonic()
        for line in self.heard():
            self.longest_silence_s, last = max(self.longest_silence_s, time.monotonic() - last), time.monotonic()
            self.lines.append(line.rstrip("\n"))
            self.look()
            if until is not None and until in line:
                return
        assert until is None, f"'{until}' was never printed:\n{self.text}"

    def look(self):
        for place in ("data", "*/lib/*"):
            for path in self.folder.glob(f"wharf-demo.*/{place}/installation"):
                with contextlib.suppress(OSError):
                    self.installations.add(path.read_text().strip())

    def wait(self):
        return self.process.wait(DEADLINE_S)

    @property
    def text(self):
        return "\n".join(self.lines)


@pytest.fixture
def demo():
    """Starts chapters; at the end the host is as it was, and the folder empty."""
    folder, started = pathlib.Path(tempfile.mkdtemp(prefix="wharf-e2e-")), []
    # The one that stays, for whatever comes after.
    quick_aws.program()
    before = host.snapshot()

    def start(*arguments, **options):
        started.append(Demo(folder, *arguments, **options))
        return started[-1]

    yield start
    try:
        for one in started:
            one.wait()
            assert one.installations, "no installation was seen: the comparison is blind"
            assert_as_before(before, one.installations)
        assert list(folder.iterdir()) == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def assert_as_before(before, installations):
    def left():
        after = host.snapshot()
        return sorted({line for mark in installations for line in host.differences(before, after, mark)})

    with contextlib.suppress(AssertionError):
        wait_for(lambda: not left(), 20, "the host as it was")
    assert left() == []


def test_all_chapters(demo):
    told = demo()
    told.read()
    assert told.wait() == 0, told.text
    one, _, two = told.text.partition("Chapter two")
    two, _, three = two.partition("Chapter three")
    three, _, four = three.partition("Chapter four")
    four, _, five = four.partition("Chapter five")
    five, _, six = five.partition("Chapter six")
    assert "version 2, task address" in one and "$ wharf down" in one
    later = two.partition("Answers to later ones:\n")[2].split("\n")[0].split()
    assert later[1:] == ["×", "200"] and int(later[0]) > 20, told.text
    for said in ("The secret says: hello from a secret", ".txt is there", "A message: the clock sends its regards", "$ wharf down"):
        assert said in three, said
    assert "running 2 of 2" in four and "Setting desired count to 2." in four, told.text
    asked = four.partition("by status:\n")[2].split("\n")[0].split()
    assert asked[1:] == ["×", "200"] and int(asked[0]) > 100, told.text
    for number in (2, 1):
        assert f"tasks: {number} running; instances: {number} in service" in five, told.text
    asked = five.partition("by status:\n")[2].split("\n")[0].split()
    assert asked[1:] == ["×", "200"], told.text
    for version in (1, 2):
        assert f"version {version}, task address" in six, told.text
    # By a pod's own port, and by the name of its load balancer.
    behind = six.partition("it answers over HTTP")[2]
    assert behind.count(".elb.localhost") >= 2 and behind.count(", task address") >= 2, told.text
    assert 'deployment "web" successfully rolled out' in six and "$ wharf down" in six, told.text
    # One machine; the control plane and what carries its load balancers; two hosts; four more machines.
    assert len(told.installations) == 1 + 2 + 2 + 1 + 1 + 1 + 1
    assert told.longest_silence_s < SILENCE_S


@pytest.mark.parametrize(
    "hosts, step, signalled",
    [("1", "7. ", signal.SIGINT), ("2", "3. ", signal.SIGTERM), ("2", "6. ", signal.SIGINT), ("2", "6. ", signal.SIGTERM)],
)
def test_an_interrupted_demo_leaves_nothing(demo, hosts, step, signalled):
    # From anywhere: then it takes the AWS command line that is on the PATH.
    told = demo("--hosts", hosts, cwd="/")
    told.read(until=step)
    # A terminal tells everyone in the foreground; whoever ends a service tells the one process.
    if signalled == signal.SIGINT:
        os.killpg(told.process.pid, signalled)
    else:
        told.process.send_signal(signalled)
    told.read()
    assert told.wait() == 128 + signalled, told.text
    assert "everything was cleaned up" in told.text


@pytest.mark.parametrize(
    "chapter, step",
    [
        (("--hosts", "1"), "7. "),
        (("--hosts", "2"), "6. "),
        (("--events",), "7. "),
        # Amid the load.
        (("--scaling",), "running 1 of 1"),
        (("--machines",), "3. "),
        (("--kubernetes",), "4. "),
    ],
)
def test_a_killed_demo_leaves_nothing(demo, chapter, step):
    told = demo(*chapter)
    told.read(until=step)
    told.process.kill()
    # To the end of the last process that can write: it cleans up after us.
    told.read()
    assert told.wait() == -signal.SIGKILL


def test_an_unknown_chapter(demo):
    done = tools.run(tools.wharf(), "demo", "--hosts", "3", check=False)
    assert done.returncode == 2 and "--hosts" in done.stderr
