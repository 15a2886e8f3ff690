"""StartLiveTail: log events as they come in, over a stream that goes on until somebody ends it."""

import contextlib
import signal
import subprocess
import time

import boto3
import botocore.config

from harness import tasks, tools
from harness.installation import Output
from harness.refusals import refused_code
from harness.waiting import wait_for


def client_of(wharf):
    """A client that has read the variables of `wharf env`: it asks the endpoint itself, without a prefix to its name."""
    config = botocore.config.Config(
        retries={"total_max_attempts": 1}, read_timeout=20, parameter_validation=False, inject_host_prefix=False
    )
    return boto3.client(
        "logs",
        endpoint_url=wharf.endpoint,
        region_name="us-east-1",
        aws_access_key_id=wharf.root.access_key,
        aws_secret_access_key=wharf.root.secret_key,
        config=config,
    )


def arn(group):
    return f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"


def make(logs, *streams):
    group = "/e2e/" + tasks.unique("tail")
    logs.create_log_group(logGroupName=group)
    for stream in streams:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    return group


def put(logs, group, stream, *messages):
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


@contextlib.contextmanager
def tailed(logs, *groups, **filters):
    """The events of a session behind its first, which is checked."""
    answer = logs.start_live_tail(logGroupIdentifiers=[arn(group) for group in groups], **filters)
    stream = answer["responseStream"]
    with contextlib.closing(stream):
        events = iter(stream)
        begins = next(events)["sessionStart"]
        assert begins["logGroupIdentifiers"] == [arn(group) for group in groups]
        assert begins["sessionId"] and begins["requestId"] == answer["ResponseMetadata"]["RequestId"]
        yield events


def messages(events, count):
    """The next so many messages, and whether any was left out."""
    told, sampled = [], False
    for event in events:
        update = event["sessionUpdate"]
        sampled |= update["sessionMetadata"]["sampled"]
        told += [(one["logGroupIdentifier"], one["logStreamName"], one["message"]) for one in update["sessionResults"]]
        if len(told) >= count:
            return told, sampled
    raise AssertionError(f"the session ended after {told}")


def test_events_of_groups_that_match_a_pattern(wharf):
    logs = client_of(wharf)
    one, other = make(logs, "s"), make(logs, "t")
    put(logs, one, "s", "error before")
    with tailed(logs, one, other, logEventFilterPattern="error") as events:
        put(logs, one, "s", "error 1", "all is well")
        put(logs, other, "t", "error 2")
        told, sampled = messages(events, 2)
        assert sorted(told) == sorted([(arn(one), "s", "error 1"), (arn(other), "t", "error 2")])
        assert not sampled
        # Updates come every second, whether there is anything to tell or not.
        began = time.monotonic()
        assert next(events)["sessionUpdate"]["sessionResults"] == []
        assert next(events)["sessionUpdate"]["sessionResults"] == []
        assert 0.8 < time.monotonic() - began < 5


def test_streams_by_name_and_by_prefix(wharf):
    logs = client_of(wharf)
    group = make(logs, "web-1", "web-2", "db-1")
    with (
        tailed(logs, group, logStreamNames=["db-1"]) as named,
        tailed(logs, group, logStreamNamePrefixes=["web-"]) as prefixed,
    ):
        for stream in ("web-1", "web-2", "db-1"):
            put(logs, group, stream, stream)
        assert [text for _, _, text in messages(named, 1)[0]] == ["db-1"]
        assert sorted(text for _, _, text in messages(prefixed, 2)[0]) == ["web-1", "web-2"]


def test_many_events_are_sampled(wharf):
    logs = client_of(wharf)
    group = make(logs, "s")
    with tailed(logs, group) as events:
        put(logs, group, "s", *(f"line {number}" for number in range(10_000)))
        told, sampled = messages(events, 500)
        assert sampled and len(told) == 500
        numbers = [int(text.split()[1]) for _, _, text in told]
        assert numbers == sorted(numbers) and numbers[0] < 100 and numbers[-1] > 9900


def test_what_is_refused(wharf):
    logs = client_of(wharf)
    group, other = make(logs, "s"), make(logs, "s")
    assert refused_code(logs.start_live_tail, logGroupIdentifiers=[arn("/e2e/none")]) == "ResourceNotFoundException"
    for parameters in (
        {"logGroupIdentifiers": []},
        {"logGroupIdentifiers": [group]},
        {"logGroupIdentifiers": [arn(group) + ":*"]},
        {"logGroupIdentifiers": [arn(group)] * 11},
        {"logGroupIdentifiers": [arn(group)], "logStreamNames": ["s"], "logStreamNamePrefixes": ["s"]},
        {"logGroupIdentifiers": [arn(group), arn(other)], "logStreamNames": ["s"]},
        {"logGroupIdentifiers": [arn(group)], "logEventFilterPattern": "{ $.a ="},
    ):
        assert refused_code(logs.start_live_tail, **parameters) == "InvalidParameterException", parameters


def test_a_session_ends_with_its_connection(wharf):
    """There may be fifteen at once; one that is closed makes room."""
    logs = client_of(wharf)
    group = make(logs, "s")
    with contextlib.ExitStack() as sessions:
        events = [sessions.enter_context(tailed(logs, group)) for _ in range(14)]
        last = contextlib.ExitStack()
        last.enter_context(tailed(logs, group))
        assert refused_code(logs.start_live_tail, logGroupIdentifiers=[arn(group)]) == "LimitExceededException"
        last.close()

        def again():
            sessions.enter_context(tailed(logs, group))
            return True

        wait_for(again, 10, "room for a session")
        put(logs, group, "s", "hello")
        assert all(messages(each, 1)[0] == [(arn(group), "s", "hello")] for each in events)


def test_policies_are_asked_for_each_group(wharf):
    logs, iam = client_of(wharf), wharf.client("iam")
    group, other = make(logs, "s"), make(logs, "s")
    user = tasks.unique("tailer")
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=tasks.document("logs:StartLiveTail", f"{arn(group)}:*"))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    config = botocore.config.Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
    theirs = boto3.client(
        "logs",
        endpoint_url=wharf.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=config,
    )
    with tailed(theirs, group):
        pass
    assert refused_code(theirs.start_live_tail, logGroupIdentifiers=[arn(group), arn(other)]) == "AccessDeniedException"


def test_the_command_line_prints_what_a_task_writes(wharf, busybox):
    """With nothing but the variables of `wharf env`."""
    task = tasks.run(wharf, busybox, **tasks.sh("trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo tick-$n; usleep 200000; done"))
    task.wait_line("tick")
    command = [tools.AWS, "logs", "start-live-tail", "--log-group-identifiers", arn("/e2e"), "--log-stream-names", f"t/main/{task.id}"]
    tail = subprocess.Popen(command, env=wharf.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output = Output(tail.stdout)
        wait_for(lambda: output.text.count("tick-") > 10, 30, "ticks in the tail")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(10) == 0
        numbers = [int(line.removeprefix("tick-")) for line in output.text.splitlines()]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    finally:
        tail.kill()
        task.stop(wait=False)


def test_a_task_tails_with_what_its_environment_says(wharf, python):
    """The agent's variables keep boto3 from putting a prefix before the endpoint's address."""
    logs = wharf.client("logs")
    group = make(logs, "s")
    script = f"""
import boto3
stream = boto3.client("logs").start_live_tail(logGroupIdentifiers=["{arn(group)}"])["responseStream"]
for event in stream:
    print("told", list(event), flush=True)
    break
"""
    role = tasks.unique("tails")
    wharf.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=tasks.TRUST_TASKS)
    allowed = tasks.document("logs:StartLiveTail")
    wharf.client("iam").put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=allowed)
    task = tasks.run(
        wharf, python, network="bridge", role=f"arn:aws:iam::000000000000:role/{role}", entryPoint=["python3", "-c"], command=[script]
    )
    task.wait("STOPPED", 60)
    task.wait_line("told ['sessionStart']")


def test_the_server_ends_while_somebody_tails(fresh):
    logs = client_of(fresh)
    group = make(logs, "s")
    with tailed(logs, group) as events:
        next(events)
        began = time.monotonic()
        fresh.down()
        assert time.monotonic() - began < 5, "the end waited for the stream"
        # It ends in order, or with the connection.
        with contextlib.suppress(Exception):
            list(events)
