"""awslogs: the groups, streams and lines of tasks, as people read them in a terminal."""

from harness import tasks, tools


def awslogs(wharf, *words, check=True):
    return tools.run(tools.client("awslogs"), *words, env=wharf.environment(), check=check)


def test_groups_streams_and_lines(wharf, busybox):
    task = tasks.run_script(wharf, busybox, "for n in 1 2 3; do echo line $n; done; echo done >&2")
    stream = f"t/main/{task.id}"
    task.wait_line("done")
    assert task.group in awslogs(wharf, "groups").stdout.splitlines()
    assert stream in awslogs(wharf, "streams", task.group).stdout.splitlines()

    # Plain lines, and those with their group and stream.
    lines = awslogs(wharf, "get", task.group, stream, "--no-group", "--no-stream").stdout.splitlines()
    assert sorted(lines) == ["done", "line 1", "line 2", "line 3"]
    # By a pattern, which may mean a hundred streams at most; the group is everybody's.
    pattern = stream[:-8] + ".*"
    assert f"{task.group} {stream} line 2" in awslogs(wharf, "get", task.group, pattern, "--start", "1h").stdout
    found = awslogs(wharf, "get", task.group, stream, "-GS", "--timestamp", "--filter-pattern", '"line 3"').stdout.splitlines()
    assert len(found) == 1 and found[0].endswith("Z line 3"), found
    before = awslogs(wharf, "get", task.group, stream, "--start", "2h", "--end", "1h", check=False)
    assert before.returncode != 0 and "No streams match your pattern" in before.stdout + before.stderr


def test_what_is_not_there_is_said(wharf):
    done = awslogs(wharf, "get", "/nowhere", "ALL", check=False)
    assert done.returncode != 0 and "specified log group does not exist" in done.stdout + done.stderr
