"""CloudWatch Logs as the tools use it, and the awslogs driver's lines in it."""

import time

import pytest

from harness import tasks
from harness.refusals import refused
from harness.waiting import wait_for


@pytest.fixture
def stream(wharf):
    """Client, group and stream, fresh."""
    logs, group = wharf.client("logs"), "/e2e/" + tasks.unique("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    return logs, group


def put(logs, group, *messages, stream="s", start=None):
    start = start or int(time.time() * 1000) - len(messages)
    events = [{"timestamp": start + n, "message": message} for n, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def filtered(logs, group, pattern, **more):
    return [event["message"] for event in logs.filter_log_events(logGroupName=group, filterPattern=pattern, **more)["events"]]


def test_groups_and_streams(wharf, stream):
    logs, group = stream
    assert refused(logs.create_log_group, logGroupName=group) == (
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )
    assert refused(logs.create_log_stream, logGroupName="/none", logStreamName="s") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
    assert refused(logs.create_log_group, logGroupName="a b")[0] == "InvalidParameterException"
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["arn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    assert refused(logs.put_retention_policy, logGroupName=group, retentionInDays=8)[0] == "InvalidParameterException"
    (one,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert one["logStreamName"] == "s"
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_classes_of_groups(wharf):
    logs, group = wharf.client("logs"), tasks.unique("/e2e/rare")
    logs.create_log_group(logGroupName=group, logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group, logGroupClass="INFREQUENT_ACCESS")["logGroups"]
    assert shown["logGroupClass"] == "INFREQUENT_ACCESS"
    assert logs.describe_log_groups(logGroupNamePrefix=group, logGroupClass="STANDARD")["logGroups"] == []
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "seldom"}])
    assert [it["message"] for it in logs.get_log_events(logGroupName=group, logStreamName="s")["events"]] == ["seldom"]
    # What AWS has for groups of the class STANDARD alone.
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    for unsuited in (
        lambda: logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="", metricTransformations=[metric]),
        lambda: logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=queue),
        lambda: logs.start_query(logGroupName=group, queryString="pattern @message", startTime=0, endTime=int(time.time())),
    ):
        with pytest.raises(logs.exceptions.InvalidParameterException, match="class"):
            unsuited()
    logs.delete_log_group(logGroupName=group)


def test_events_come_back_in_order_and_pages(stream):
    logs, group = stream
    put(logs, group, *[f"line {n}" for n in range(25)])
    forward = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, limit=10)
    assert [event["message"] for event in forward["events"]] == [f"line {n}" for n in range(10)]
    more = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, limit=20, nextToken=forward["nextForwardToken"])
    assert [event["message"] for event in more["events"]] == [f"line {n}" for n in range(10, 25)]
    end = logs.get_log_events(logGroupName=group, logStreamName="s", nextToken=more["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == more["nextForwardToken"]
    latest = logs.get_log_events(logGroupName=group, logStreamName="s", limit=3)
    assert [event["message"] for event in latest["events"]] == ["line 22", "line 23", "line 24"]


def test_time_bounds(stream):
    logs, group = stream
    start = int(time.time() * 1000) - 10_000
    put(logs, group, "a", "b", "c", start=start)
    got = logs.get_log_events(logGroupName=group, logStreamName="s", startTime=start + 1, endTime=start + 2, startFromHead=True)["events"]
    assert [event["message"] for event in got] == ["b"]


def test_refused_events(stream):
    logs, group = stream
    now = int(time.time() * 1000)
    code, text = refused(
        logs.put_log_events,
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}],
    )
    assert (code, text) == ("InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order.")
    day = 86_400_000
    old = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now - 15 * day, "message": "old"}])
    assert old["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1
    late = logs.put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": "in"}, {"timestamp": now + 3 * 3_600_000, "message": "out"}],
    )
    assert late["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert (
        refused(
            logs.put_log_events,
            logGroupName=group,
            logStreamName="s",
            logEvents=[{"timestamp": now - 2 * day, "message": "a"}, {"timestamp": now, "message": "b"}],
        )[0]
        == "InvalidParameterException"
    )
    assert (
        refused(logs.put_log_events, logGroupName=group, logStreamName="none", logEvents=[{"timestamp": now, "message": "a"}])[0]
        == "ResourceNotFoundException"
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", 6),
        ("ERROR", ["ERROR one", "ERROR two retry"]),
        ("ERROR retry", ["ERROR two retry"]),
        ("ERROR -retry", ["ERROR one"]),
        ('"two retry"', ["ERROR two retry"]),
        ("?one ?ok", ["ERROR one", "ok"]),
        ("%o[nk]%", ["ERROR one", "ok"]),
        ('{ $.code = 500 && $.path = "/a*" }', ['{"code": 500, "path": "/abc"}']),
        ("{ $.code >= 400 }", ['{"code": 500, "path": "/abc"}', '{"code": 404, "path": null}']),
        ("{ $.path IS NULL }", ['{"code": 404, "path": null}']),
        ("[ip, user, status=4*]", ["10.0.0.1 ann 403"]),
    ],
)
def test_filter_patterns(stream, pattern, expected):
    logs, group = stream
    put(
        logs,
        group,
        "ERROR one",
        "ERROR two retry",
        "ok",
        '{"code": 500, "path": "/abc"}',
        '{"code": 404, "path": null}',
        "10.0.0.1 ann 403",
    )
    got = filtered(logs, group, pattern)
    assert len(got) == expected if isinstance(expected, int) else got == expected, got


def test_filter_over_streams_merges_by_time(stream):
    logs, group = stream
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    start = int(time.time() * 1000) - 1000
    put(logs, group, "1", start=start)
    put(logs, group, "2", stream="t", start=start + 1)
    put(logs, group, "3", start=start + 2)
    assert filtered(logs, group, "") == ["1", "2", "3"]
    assert filtered(logs, group, "", logStreamNames=["t"]) == ["2"]
    assert filtered(logs, group, "", logStreamNamePrefix="s") == ["1", "3"]


def test_driver_splits_lines_and_keeps_bytes(wharf, busybox):
    """Blank lines make no event, since an event cannot be empty; an unfinished last line does."""
    script = (
        r"""printf 'first\nsecond\n'; printf 'tab\there\n'; echo 'Grüße 🐋'; echo; echo '  indented  '; printf 'last without newline'"""
    )
    task = tasks.run_script(wharf, busybox, script)
    task.wait_line("last without newline")
    assert task.lines() == ["first", "second", "tab\there", "Grüße 🐋", "  indented  ", "last without newline"]


def test_driver_takes_standard_error_too(wharf, busybox):
    task = tasks.run_script(wharf, busybox, "echo to stderr >&2")
    task.wait_line("to stderr")


def test_many_lines_all_arrive_in_order(wharf, busybox):
    task = tasks.run(wharf, busybox, **tasks.sh("seq 1 20000"))
    task.wait("STOPPED", 60)
    assert wait_for(lambda: (got := task.lines()) and len(got) >= 20000 and got, 60, "20,000 lines") == [str(n) for n in range(1, 20001)]


def test_a_very_long_line_is_cut_not_lost(wharf, busybox):
    task = tasks.run(wharf, busybox, **tasks.sh("head -c 2000000 /dev/zero | tr '\\0' x; echo; echo after"))
    task.wait("STOPPED", 60)
    task.wait_line("after")
    assert sum(len(line) for line in task.lines()) == 2_000_000 + len("after")


def test_group_is_created_on_request(wharf, busybox):
    group = "/e2e/" + tasks.unique("created")
    options = {**tasks.awslogs(group)["options"], "awslogs-create-group": "true"}
    task = tasks.run(wharf, busybox, command=["echo", "here"], logConfiguration={"logDriver": "awslogs", "options": options})
    task.group = group
    task.wait("STOPPED")
    task.wait_line("here")


def test_missing_group_stops_the_task_with_its_reason(wharf, busybox):
    task = tasks.run(wharf, busybox, command=["true"], logConfiguration=tasks.awslogs("/e2e/never-made"))
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "ResourceNotFoundException" in stopped["stoppedReason"] or "log group" in stopped["stoppedReason"], stopped["stoppedReason"]


def test_tail_follows(wharf, busybox):
    """`aws logs tail --follow` sees lines written after it began, each once and in order, within two of its polls."""
    import re
    import subprocess

    from harness import tools
    from harness.installation import Output

    task = tasks.run(
        wharf, busybox, **tasks.sh("trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo tick-$n-$(date +%s); usleep 100000; done")
    )
    task.wait_line("tick")
    command = [
        tools.aws2(),
        "--endpoint-url",
        wharf.endpoint,
        "logs",
        "tail",
        "/e2e",
        "--follow",
        "--since",
        "1m",
        "--log-stream-names",
        f"t/main/{task.id}",
    ]
    tail = subprocess.Popen(command, env=wharf.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output = Output(tail.stdout)
        wait_for(lambda: output.text.count("tick"), 30, "ticks in the tail")
        began = int(time.time())

        def late():
            # A line that was written after the tail ran, and how long it took to be seen.
            seen = re.findall(r"tick-\d+-(\d+)", output.text)
            return [int(time.time()) - int(at) for at in seen[-1:] if int(at) > began]

        (seconds,) = wait_for(late, 30, "lines written after the tail began")
        assert seconds <= 11, f"a line was seen after {seconds} s; the client itself asks every five"
        wait_for(lambda: output.text.count("tick") > 120, 60, "many ticks")
        numbers = [int(n) for n in re.findall(r"tick-(\d+)-", output.text)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "lines are missing or come twice"
    finally:
        tail.kill()
        tail.wait(10)
    task.stop()
