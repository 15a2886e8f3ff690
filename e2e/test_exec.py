"""ECS Exec: commands in running containers, by a client written from the protocol's description, by the stock
command line, and by `wharf exec`."""

import json
import os
import pathlib
import pty
import re
import select
import stat
import subprocess
import sys
import time

import pytest

from harness import processes, tasks, tools
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_for
from session.client import Refused, Session

pytestmark = pytest.mark.minutes(1)

FOREVER = "trap 'exit 0' TERM; while :; do usleep 100000; done"


@pytest.fixture(scope="module")
def target(wharf, busybox):
    """A task of two containers in which commands may be executed."""
    containers = [
        {"name": "main", **sh(FOREVER), "environment": [{"name": "FROM", "value": "definition"}]},
        {"name": "side", **sh(FOREVER)},
    ]
    task = tasks.run(wharf, busybox, network="bridge", containers=containers, run_options={"enableExecuteCommand": True})
    task.wait("RUNNING")
    yield task
    task.stop()


def execute(wharf, task, command, container="main", **options):
    return Session.begin(wharf.client("ecs"), task.arn, command, container=container, **options)


# The operation


def test_managed_agents_are_shown(wharf, target):
    described = target.describe()
    assert described["enableExecuteCommand"] is True
    for container in described["containers"]:
        (agent,) = container["managedAgents"]
        assert agent["name"] == "ExecuteCommandAgent" and agent["lastStatus"] == "RUNNING" and agent["lastStartedAt"]
        assert container["runtimeId"]


def test_answer(wharf, target):
    answer = wharf.client("ecs").execute_command(task=target.arn, command="true", interactive=True, container="side")
    container = target.container("side")
    assert answer["taskArn"] == target.arn and answer["containerArn"] == container["containerArn"]
    assert answer["containerName"] == "side" and answer["interactive"] is True
    session = answer["session"]
    assert re.fullmatch(r"ecs-execute-command-[0-9a-f]{17}", session["sessionId"])
    assert session["streamUrl"].startswith("ws://") and session["streamUrl"].endswith(
        f"/v1/data-channel/{session['sessionId']}?role=publish_subscribe"
    )
    Session(session["sessionId"], session["streamUrl"], session["tokenValue"]).wait_over()


def test_refusals(wharf, target, busybox):
    ecs = wharf.client("ecs")
    given = {"task": target.arn, "command": "true", "interactive": True, "container": "main"}
    code, text = refused(ecs.execute_command, **{**given, "interactive": False})
    assert (code, text) == ("InvalidParameterException", "Interactive is the only mode supported currently.")
    assert refused(ecs.execute_command, **{**given, "container": "nobody"})[0] == "InvalidParameterException"
    assert refused(ecs.execute_command, **{k: v for k, v in given.items() if k != "container"})[0] == "InvalidParameterException"
    assert refused(ecs.execute_command, **{**given, "task": "0" * 32})[0] == "InvalidParameterException"
    assert refused(ecs.execute_command, **{**given, "cluster": "nowhere"})[0] == "ClusterNotFoundException"
    assert refused(ecs.execute_command, **{**given, "command": " "})[0] == "InvalidParameterException"
    plain = tasks.run(wharf, busybox, **sh(FOREVER))
    plain.wait("RUNNING")
    assert "managedAgents" not in plain.container()
    code, text = refused(ecs.execute_command, task=plain.arn, command="true", interactive=True)
    assert code == "InvalidParameterException"
    assert text == (
        "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't "
        "running. Wait and try again or run a new task with execute command enabled and try again."
    )
    plain.stop()


def test_policies_see_the_container_and_the_tags(wharf, busybox):
    main = {"name": "main", **sh(FOREVER)}
    options = {"enableExecuteCommand": True, "tags": [{"key": "team", "value": "blue"}]}
    task = tasks.run(wharf, busybox, containers=[main, {**main, "name": "other"}], run_options=options)
    task.wait("RUNNING")
    _, keys = tasks.user(
        wharf,
        tasks.document(
            "ecs:ExecuteCommand",
            Condition={"StringEquals": {"ecs:container-name": "main", "aws:ResourceTag/team": "blue"}},
        ),
    )
    ecs = wharf.client("ecs", keys)
    Session.begin(ecs, task.arn, "true", container="main").wait_over()
    assert refused(ecs.execute_command, task=task.arn, command="true", interactive=True, container="other")[0] == "AccessDeniedException"
    _, keys = tasks.user(wharf, tasks.document("ecs:ExecuteCommand", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}))
    code = refused(wharf.client("ecs", keys).execute_command, task=task.arn, command="true", interactive=True, container="main")[0]
    assert code == "AccessDeniedException"
    task.stop()


# Sessions


def test_a_command_and_its_code(wharf, target):
    session = execute(wharf, target, "sh -c 'echo $FROM in $(hostname); id -u; tty; exit 7'").wait_over()
    lines = session.output.decode().split("\r\n")
    assert lines[0].startswith("definition in ") and lines[1] == "0" and lines[2].startswith("/dev/pts/")
    assert session.exit_code == 7 and session.last_words == ""
    assert session.wait_closed() == 1000


def test_it_runs_inside_the_container(wharf, target):
    runs = execute(wharf, target, "sh -c 'echo here > /tmp/from-exec; cat /proc/1/comm; ls /proc | grep -c ^[0-9]'").wait_over()
    assert runs.output.startswith(b"sh\r\n")
    assert execute(wharf, target, "cat /tmp/from-exec").wait_over().output == b"here\r\n"
    assert execute(wharf, target, "cat /tmp/from-exec", container="side").wait_over().exit_code == 1


def test_an_interactive_shell(wharf, target):
    session = execute(wharf, target, "sh")
    session.wait(lambda s: s.began)
    session.type("stty -echo; PS1=; echo ready\r")
    session.wait_output("ready\r\n")
    session.type("echo one; echo two >&2\r")
    session.wait_output("two\r\n")
    session.type("sleep 98765\r")
    wait_for(lambda: processes.with_argument("98765"), 10, "the sleep")
    session.type(b"\x03")
    wait_for(lambda: not processes.with_argument("98765"), 10, "the end of the sleep")

    def answers():
        # The shell may throw away what it was typed while it dealt with the interruption.
        session.type("echo a''live\r")
        return b"alive\r\n" in session.output

    wait_for(answers, 10, "the shell after the interruption")
    session.type("exit 3\r")
    assert session.wait_over().exit_code == 3


def test_size_of_the_terminal(wharf, target):
    session = execute(wharf, target, "sh")
    session.wait(lambda s: s.began)
    session.resize(132, 43)
    session.type("stty -echo; stty size\r")
    session.wait_output("43 132")
    session.resize(100, 20)
    session.type("stty size\r")
    session.wait_output("20 100")
    session.terminate()
    session.wait_over()


def test_a_missing_command_is_said(wharf, target):
    session = execute(wharf, target, "no-such-program").wait_over()
    assert "no-such-program" in session.last_words and "not found" in session.last_words
    assert "quote" in execute(wharf, target, "sh -c 'open").wait_over().last_words


def test_much_output_arrives_whole_and_in_order(wharf, target):
    session = execute(wharf, target, "seq 1 200000", terminal=False).wait_over(60)
    assert session.output == b"".join(b"%d\n" % n for n in range(1, 200001))
    assert session.exit_code == 0


def test_pipes(wharf, target):
    session = execute(wharf, target, "sh -c 'cat; echo complaint >&2; exit 4'", terminal=False)
    session.wait(lambda s: s.began)
    text = os.urandom(100_000).hex().encode()
    session.type(text)
    session.end_input()
    session.wait_over(60)
    assert session.output == text and session.errors == b"complaint\n" and session.exit_code == 4


def test_messages_are_repeated_until_acknowledged(wharf, target):
    session = execute(wharf, target, "true", acknowledge=False)
    session.wait(lambda s: s.received >= 4)
    assert not session.began, "the handshake went on unanswered"
    wharf.client("ssm").terminate_session(SessionId=session.id)


def test_a_client_comes_back_after_a_loss(wharf, target):
    ssm = wharf.client("ssm")
    session = execute(wharf, target, "sh")
    session.wait(lambda s: s.began)
    session.type("stty -echo; PS1=; n=0; while [ $n -lt 300 ]; do n=$((n+1)); echo line-$n; usleep 5000; done; echo do''ne\r")
    session.wait_output("line-5\r\n")
    session.drop()
    resumed = ssm.resume_session(SessionId=session.id)
    assert resumed["SessionId"] == session.id and resumed["TokenValue"]
    session.connect(resumed["StreamUrl"], resumed["TokenValue"])
    session.wait_output("done\r\n")
    numbers = [int(n) for n in re.findall(rb"line-(\d+)\r\n", session.output)]
    assert numbers == list(range(1, 301))
    session.type("exit\r")
    session.wait_over()
    assert ssm.resume_session(SessionId=session.id)["TokenValue"] == "", "a session that is over can be resumed"


def test_a_session_is_its_owners(wharf, target):
    session = execute(wharf, target, "sh")
    session.wait(lambda s: s.began)
    _, keys = tasks.user(wharf, tasks.document("ssm:*"))
    stranger = wharf.client("ssm", keys)
    assert refused(stranger.resume_session, SessionId=session.id)[0] == "AccessDeniedException"
    assert refused(stranger.terminate_session, SessionId=session.id)[0] == "AccessDeniedException"
    _, keys = tasks.user(wharf)
    assert refused(wharf.client("ssm", keys).terminate_session, SessionId=session.id)[0] == "AccessDeniedException"
    assert wharf.client("ssm").terminate_session(SessionId=session.id)["SessionId"] == session.id
    session.wait_over()


def test_tokens_are_checked_and_spent(wharf, target):
    answer = wharf.client("ecs").execute_command(task=target.arn, command="sh", interactive=True, container="main")["session"]
    wrong = Session(answer["sessionId"], answer["streamUrl"], "0" * 64)
    assert wrong.wait_closed() == 1008
    first = Session(answer["sessionId"], answer["streamUrl"], answer["tokenValue"])
    first.wait(lambda s: s.began)
    assert Session(answer["sessionId"], answer["streamUrl"], answer["tokenValue"]).wait_closed() == 1008
    first.type("echo still here\r")
    first.wait_output("still here")
    first.terminate()
    first.wait_over()
    with pytest.raises(Refused):
        Session(answer["sessionId"], answer["streamUrl"], answer["tokenValue"]).connect(answer["streamUrl"], answer["tokenValue"])


def test_sessions_side_by_side_are_bounded(wharf, busybox):
    ecs = wharf.client("ecs")
    target = tasks.run(wharf, busybox, run_options={"enableExecuteCommand": True}, stopTimeout=2, **sh(FOREVER))
    target.wait("RUNNING")
    sessions = [execute(wharf, target, "sh") for _ in range(16)]
    for number, session in enumerate(sessions):
        session.wait(lambda s: s.began)
        session.type(f"echo it-is-$(({number}+100))\r")
    for number, session in enumerate(sessions):
        session.wait_output(f"it-is-{number + 100}\r\n")
    code = refused(ecs.execute_command, task=target.arn, command="sh", interactive=True, container="main")[0]
    assert code == "TargetNotConnectedException"
    for session in sessions:
        session.terminate()
    for session in sessions:
        session.wait_over()
    target.stop()


# Ends


def test_what_was_executed_dies_with_its_session(wharf, target):
    for terminal in (True, False):
        mark = f"mark-{terminal}-{os.getpid()}"
        session = execute(wharf, target, f"sh -c ': {mark}; while :; do usleep 100000; done'", terminal=terminal)
        wait_for(lambda mark=mark: processes.with_argument(mark), 10, "the process")
        session.terminate()
        session.wait_over()
        wait_for(lambda mark=mark: not processes.with_argument(mark), 10, "the end of the process")


def test_what_was_executed_dies_with_its_container(wharf, busybox):
    task = tasks.run(wharf, busybox, run_options={"enableExecuteCommand": True}, stopTimeout=2, **sh(FOREVER))
    task.wait("RUNNING")
    session = execute(wharf, task, "sh -c ': dies-with-container; while :; do usleep 100000; done'")
    wait_for(lambda: processes.with_argument("dies-with-container"), 10, "the process")
    task.stop()
    assert session.wait_over().exit_code == 137
    assert not processes.with_argument("dies-with-container")
    code, text = refused(wharf.client("ecs").execute_command, task=task.arn, command="true", interactive=True)
    assert code == "InvalidParameterException" and text.startswith("The execute command failed because")
    (agent,) = task.container()["managedAgents"]
    assert agent["lastStatus"] == "STOPPED"


def test_a_stopped_container_of_a_running_task(wharf, busybox):
    containers = [{"name": "main", **sh(FOREVER)}, {"name": "short", "essential": False, **sh("exit 0")}]
    task = tasks.run(wharf, busybox, containers=containers, run_options={"enableExecuteCommand": True})
    wait_for(lambda: task.container("short")["lastStatus"] == "STOPPED", 20, "the end of the short one")
    code, _ = refused(wharf.client("ecs").execute_command, task=task.arn, command="true", interactive=True, container="short")
    assert code == "InvalidParameterException"
    task.stop()


def test_the_agents_death_ends_sessions(fresh):
    from harness import images

    busybox = images.push(fresh, "busybox")
    task = tasks.run(fresh, busybox, run_options={"enableExecuteCommand": True}, **sh(FOREVER))
    task.wait("RUNNING")
    marks = {}
    for terminal in (True, False):
        marks[terminal] = f"outlives-{terminal}-{os.getpid()}"
        command = f"sh -c ': {marks[terminal]}; while :; do usleep 100000; done'"
        session = execute(fresh, task, command, terminal=terminal)
        wait_for(lambda mark=marks[terminal]: processes.with_argument(mark), 10, "the process")
    fresh.kill_child("node")
    for mark in marks.values():
        wait_for(lambda mark=mark: not processes.with_argument(mark), 10, "the end of what the dead agent ran")
    assert "not connected" in session.wait_over(30).last_words
    fresh.wait_node()
    again = wait_for(lambda: execute(fresh, task, "echo again"), 20, "a session with the new agent")
    assert again.wait_over().output == b"again\r\n"
    # The server's death ends them too: nobody is left waiting.
    lasting = execute(fresh, task, "sh -c ': outlives-server; while :; do usleep 100000; done'")
    wait_for(lambda: processes.with_argument("outlives-server"), 10, "the process")
    fresh.kill_child("server")
    lasting.wait_closed()
    assert fresh.client("ssm").resume_session(SessionId=lasting.id)["TokenValue"] == ""
    wait_for(lambda: not processes.with_argument("outlives-server"), 30, "the end of the process")
    assert task.describe()["lastStatus"] == "RUNNING"
    task.stop()


# The stock command line


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A folder with a program of the name that the stock command line calls."""
    folder = tmp_path_factory.mktemp("plugin")
    program = folder / "session-manager-plugin"
    here = pathlib.Path(__file__).parent
    program.write_text(f'#!/bin/sh\nPYTHONPATH={here} exec {sys.executable} -m session.plugin "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.mark.parametrize("program", [tools.AWS, "aws2"])
def test_the_stock_command_line(wharf, target, plugin, program):
    program = tools.aws2() if program == "aws2" else program
    environment = {**wharf.environment(), "PATH": f"{plugin}:{os.environ['PATH']}"}
    if not os.path.exists(program):
        program = tools.AWS
    done = subprocess.run(
        [program, "--endpoint-url", wharf.endpoint, "ecs", "execute-command", "--cluster", "default", "--task", target.id]
        + ["--container", "main", "--interactive", "--command", "sh -c 'read word; echo got $word'"],
        input="hello\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "got hello" in done.stdout and "Exiting session with sessionId" in done.stdout, done.stdout


# wharf exec


def wharf_exec(wharf, *arguments, **options):
    command = [tools.wharf(), "exec", "--data", wharf.data, *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=60, **options)


def test_wharf_exec_with_pipes(wharf, target):
    data = os.urandom(200_000)
    done = wharf_exec(wharf, target.id, "--container", "main", "--", "sh", "-c", "cat; echo 'it''s done' >&2; exit 5", input=data)
    assert done.stdout == data and done.stderr == b"its done\n" and done.returncode == 5
    short = wharf_exec(wharf, target.id[:8], "--container", "side", "--", "echo", "a  b", "it's", input=b"")
    assert (short.stdout, short.returncode) == (b"a  b it's\n", 0), short.stderr
    missing = wharf_exec(wharf, target.id, "--container", "main", "--", "no-such-program", input=b"")
    assert missing.returncode != 0 and b"no-such-program" in missing.stderr
    unknown = wharf_exec(wharf, "0" * 32, "--", "true", input=b"")
    assert unknown.returncode != 0 and b"--cluster and --region look elsewhere" in unknown.stderr


def test_wharf_exec_tells_the_code_of_a_command_that_reads_nothing(wharf, target):
    """Its input is still on the way when it ends: neither side hangs up on what the other has yet to read."""
    for _ in range(20):
        done = wharf_exec(wharf, target.id, "--container", "main", "--", "sh", "-c", "exit 7", input=bytes(1_000_000))
        assert (done.returncode, done.stderr) == (7, b"")


def test_wharf_exec_on_a_terminal(wharf, target):
    pid, main = pty.fork()
    if pid == 0:
        os.execv(str(tools.wharf()), ["wharf", "exec", "--data", str(wharf.data), "--container", "main", target.id, "--", "sh"])
    seen = b""

    def until(text, deadline_s=20):
        nonlocal seen
        deadline = time.monotonic() + deadline_s
        while text not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([main], [], [], 0.1)[0]:
                seen += os.read(main, 65536)

    import fcntl
    import struct
    import termios

    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    until(b"# ")
    os.write(main, b"stty -echo; PS1=; stty size; echo read''y\r")
    until(b"ready")
    assert b"31 97" in seen
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    os.write(main, b"sleep 0.2; stty size; exit 9\r")
    until(b"50 120")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    os.close(main)


def test_session_document_of_the_plugin_is_json(wharf, target):
    """What the stock command line hands to its plugin holds exactly these members."""
    answer = wharf.client("ecs").execute_command(task=target.arn, command="true", interactive=True, container="main")
    assert json.loads(json.dumps(answer["session"])).keys() == {"sessionId", "streamUrl", "tokenValue"}
