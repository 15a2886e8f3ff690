"""Where what sessions of ECS Exec print is kept: the log group of the container, or the group and bucket that a cluster names."""

import contextlib
import json

import botocore.exceptions
import pytest

from harness import tasks
from harness.tasks import sh
from harness.waiting import wait_for
from session.client import Session

FOREVER = "trap 'exit 0' TERM; while :; do usleep 100000; done"
GROUP, BUCKET = "/exec", "exec-kept"
MAY = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents", "logs:DescribeLogGroups", "s3:PutObject"]


@pytest.fixture(scope="module")
def places(installation):
    installation.client("logs").create_log_group(logGroupName=GROUP)
    installation.client("s3").create_bucket(Bucket=BUCKET)


@pytest.fixture(scope="module")
def target(installation, image, places):
    """A task whose role may log."""
    yield from started(installation, image, tasks.task_role(installation, MAY))


@pytest.fixture(scope="module")
def silent(installation, image, places):
    """A task whose role may not."""
    yield from started(installation, image, tasks.task_role(installation, "sqs:SendMessage"))


@pytest.fixture(scope="module")
def without(installation, image, places):
    """A task without a role."""
    yield from started(installation, image, None)


def started(installation, image, role):
    task = tasks.run(installation, image, role=role, run_options={"enableExecuteCommand": True}, stopTimeout=2, **sh(FOREVER))
    task.wait("RUNNING")
    yield task
    task.stop()


@contextlib.contextmanager
def configured(installation, logging, **places):
    """The cluster says where sessions are kept; it says nothing again afterwards."""
    sessions = {"logging": logging, **({"logConfiguration": places} if places else {})}
    ecs = installation.client("ecs")
    ecs.update_cluster(cluster="default", configuration={"executeCommandConfiguration": sessions})
    try:
        yield
    finally:
        ecs.update_cluster(cluster="default", configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}})


def execute(installation, task, command, **options):
    return Session.begin(installation.client("ecs"), task.arn, command, container="main", **options)


def logged(installation, group, session):
    logs = installation.client("logs")
    try:
        events = logs.get_log_events(logGroupName=group, logStreamName=session.id, startFromHead=True)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return None
    return [event["message"] for event in events]


def kept(installation, key):
    s3 = installation.client("s3")
    try:
        return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def is_logged(installation, group, session, lines):
    wait_for(lambda: logged(installation, group, session) == lines, 30, f"{lines} of {session.id}")


def test_a_session_is_in_the_group_of_its_container(installation, target):
    session = execute(installation, target, "sh -c 'echo one; echo two >&2; exit 3'").wait_over()
    assert session.output == b"one\r\ntwo\r\n" and session.exit_code == 3
    is_logged(installation, "/e2e", session, ["one", "two"])
    with configured(installation, "NONE"):
        quiet = execute(installation, target, "echo unheard").wait_over()
    again = execute(installation, target, "echo heard").wait_over()
    is_logged(installation, "/e2e", again, ["heard"])
    assert logged(installation, "/e2e", quiet) is None


def test_where_the_cluster_says(installation, target):
    with configured(
        installation, "OVERRIDE", cloudWatchLogGroupName=GROUP, s3BucketName=BUCKET, s3KeyPrefix="sessions", s3EncryptionEnabled=True
    ):
        session = execute(installation, target, "sh -c 'seq 1 3; echo -n end'", terminal=False).wait_over()
        assert session.output == b"1\n2\n3\nend"
        is_logged(installation, GROUP, session, ["1", "2", "3", "end"])
        key = f"sessions/{session.id}.log"
        assert wait_for(lambda: kept(installation, key), 30, "the object") == b"1\n2\n3\nend"
    assert logged(installation, "/e2e", session) is None
    with configured(installation, "OVERRIDE", s3BucketName=BUCKET):
        session = execute(installation, target, "echo only the bucket").wait_over()
        assert wait_for(lambda: kept(installation, f"{session.id}.log"), 30, "the object") == b"only the bucket\n"


def test_what_a_killed_agent_had_is_delivered_by_the_next(installation, target):
    with configured(installation, "OVERRIDE", cloudWatchLogGroupName=GROUP, s3BucketName=BUCKET):
        session = execute(installation, target, "sh -c 'echo before; sleep 1000'")
        session.wait_output("before\r\n")
        installation.kill_child("node")
        is_logged(installation, GROUP, session, ["before"])
        assert wait_for(lambda: kept(installation, f"{session.id}.log"), 60, "the object") == b"before\n"
        target.wait("RUNNING")


def test_a_session_that_cannot_be_kept_does_not_begin(installation, target, silent, without):
    with configured(installation, "OVERRIDE", cloudWatchLogGroupName=GROUP):
        words = execute(installation, silent, "echo unkept").wait_over()
        assert words.output == b"" and "the session cannot be logged: AccessDeniedException" in words.last_words
        words = execute(installation, without, "echo unkept").wait_over()
        assert words.output == b"" and "the task has no role" in words.last_words
    for places, why in (
        ({"cloudWatchLogGroupName": "/nowhere"}, "ResourceNotFoundException"),
        ({"s3BucketName": "nobodys-bucket"}, "NoSuchBucket"),
        ({"s3BucketName": "no bucket/at all"}, "the session cannot be logged"),
    ):
        with configured(installation, "OVERRIDE", **places):
            words = execute(installation, target, "echo unkept").wait_over()
            assert words.output == b"" and why in words.last_words
    # Nobody asked for a log of these.
    for task in (silent, without):
        session = execute(installation, task, "echo all the same").wait_over()
        assert session.output == b"all the same\r\n" and logged(installation, "/e2e", session) is None


def test_a_group_that_must_be_encrypted(installation, target):
    with configured(installation, "OVERRIDE", cloudWatchLogGroupName=GROUP, cloudWatchEncryptionEnabled=True):
        words = execute(installation, target, "echo unkept").wait_over().last_words
        assert "encryption is not set up on the selected CloudWatch Logs log group" in words
    sealed = "/exec-sealed"
    whoever = {"Effect": "Allow", "Principal": {"AWS": "*", "Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [whoever]})
    key = installation.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    installation.client("logs").create_log_group(logGroupName=sealed, kmsKeyId=key)
    with configured(installation, "OVERRIDE", cloudWatchLogGroupName=sealed, cloudWatchEncryptionEnabled=True):
        session = execute(installation, target, "echo sealed").wait_over()
        is_logged(installation, sealed, session, ["sealed"])


@pytest.mark.parametrize(
    "sessions",
    [{"logging": "OVERRIDE"}, {"logging": "OVERRIDE", "logConfiguration": {"s3KeyPrefix": "x"}}, {"logging": "SOMETIMES"}],
)
def test_bad_configurations(installation, sessions):
    ecs, configuration = installation.client("ecs"), {"executeCommandConfiguration": sessions}
    for call, named in ((ecs.update_cluster, {"cluster": "default"}), (ecs.create_cluster, {"clusterName": "audited"})):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            call(configuration=configuration, **named)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
