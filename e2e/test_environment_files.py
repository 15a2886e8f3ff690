"""Environment files of tasks: objects of S3 whose variables a container gets."""

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.tasks import sh
from test_task_secrets import make, role_for, run, variables, why


@pytest.fixture(scope="module")
def bucket(wharf):
    name = tasks.unique("settings")
    wharf.client("s3").create_bucket(Bucket=name)
    return name


def put(wharf, bucket, text):
    """A file; returns its ARN."""
    key = f"some folder/{tasks.unique('app')}.env"
    wharf.client("s3").put_object(Bucket=bucket, Key=key, Body=text if isinstance(text, bytes) else text.encode())
    return f"arn:aws:s3:::{bucket}/{key}"


def files(*arns):
    return [{"type": "s3", "value": arn} for arn in arns]


def reader(wharf, bucket, *secrets):
    role = role_for(wharf, *secrets)
    policy = tasks.document("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    wharf.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="files", PolicyDocument=policy)
    return role


def seen(task):
    task.wait("STOPPED", 60)
    assert task.exit_code == 0, task.describe()
    return dict(line.split("=", 1) for line in task.lines() if "=" in line)


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_whose_value_a_variable_has(wharf, configured, bucket, launch):
    secret = make(wharf, "of the secret")["ARN"]
    first = put(wharf, bucket, "# a comment\r\nFIRST=of the first\r\nBOTH=1\nBOTH=of the first\nPLAIN=x\nSECRET=x\n\nno sign\nEMPTY=\n")
    second = put(wharf, bucket, 'BOTH=of the second\nSECOND="of the second" # all of it\nPATH=/bin:/of-the-second\nECS_AGENT_URI=x')
    task = run(
        wharf,
        configured,
        launch,
        execution_role=reader(wharf, bucket, secret),
        environmentFiles=files(first, second),
        environment=[{"name": "PLAIN", "value": "of the definition"}],
        secrets=variables(SECRET=secret),
        **sh("env"),
    )
    found = seen(task)
    expected = {
        "FIRST": "of the first",
        "BOTH": "of the first",
        "SECOND": '"of the second" # all of it',
        "PLAIN": "of the definition",
        "SECRET": "of the secret",
        "PATH": "/bin:/of-the-second",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "EMPTY" not in found and found["ECS_AGENT_URI"].startswith("http://")
    described = wharf.client("ecs").describe_task_definition(taskDefinition=task.describe()["taskDefinitionArn"])["taskDefinition"]
    assert described["containerDefinitions"][0]["environmentFiles"] == files(first, second)
    assert "ecs.capability.env-files.s3" in [it["name"] for it in described["requiresAttributes"]]


def test_files_of_an_override_take_the_place_of_those_of_the_definition(wharf, busybox, bucket):
    own, other, empty = put(wharf, bucket, "OWN=1"), put(wharf, bucket, "OTHER=2"), put(wharf, bucket, "")
    overrides = {"containerOverrides": [{"name": "main", "environmentFiles": files(other, empty)}]}
    role = reader(wharf, bucket)
    given = {"execution_role": role, "environmentFiles": files(own), "run_options": {"overrides": overrides}}
    found = seen(tasks.run(wharf, busybox, **given, **sh("env")))
    assert "OWN" not in found and found["OTHER"] == "2"


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_what_cannot_be_fetched_stops_the_task_and_says_why(wharf, busybox, bucket, launch):
    good = put(wharf, bucket, "A=1")
    role, stranger = reader(wharf, bucket), role_for(wharf)

    def check(arn, expected, role=role):
        reason = why(run(wharf, busybox, launch, execution_role=role, environmentFiles=files(good, arn), **sh("echo got in")))
        key = arn.partition("/")[2]
        start = "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
        if launch == "EC2":
            start = f"unable to download env file with key {key} from bucket {arn.partition('/')[0].rpartition(':')[2]}, error: "
        assert reason.startswith(start) and expected in reason, reason

    check(f"arn:aws:s3:::{bucket}/gone.env", "AccessDenied: ")
    check(put(wharf, bucket, b"A=\xff"), "the file is not UTF-8")
    check(put(wharf, bucket, b"A=\x00"), "the file contains a zero byte")
    check(put(wharf, bucket, "#" * (512 * 1024 + 1)), "the file has more than 524288 bytes")
    reason = why(run(wharf, busybox, launch, execution_role=stranger, environmentFiles=files(good), **sh("echo got in")))
    assert "AccessDenied: User: arn:aws:sts::000000000000:assumed-role/reader-" in reason, reason
    assert f"is not authorized to perform: s3:GetObject on resource: {good}" in reason, reason


def test_who_may_list_the_bucket_is_told_that_a_file_is_missing(wharf, busybox, bucket):
    role = reader(wharf, bucket)
    policy = tasks.document("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    wharf.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="list", PolicyDocument=policy)
    gone = files(f"arn:aws:s3:::{bucket}/gone.env")
    reason = why(run(wharf, busybox, "FARGATE", execution_role=role, environmentFiles=gone, **sh("echo got in")))
    assert "NoSuchKey: The specified key does not exist." in reason, reason


def test_what_is_refused_before_anything_runs(wharf, busybox):
    role = role_for(wharf)

    def check(expected, role=role, **given):
        with pytest.raises(ClientError, match=expected):
            tasks.register(wharf, busybox, execution_role=role, command=["true"], **given)

    good = "arn:aws:s3:::bucket/a.env"
    check("you must also specify a value for 'executionRoleArn'", role=None, environmentFiles=files(good))
    check("can have at most 10 items", environmentFiles=files(*[good] * 11))
    check("is not the Amazon S3 ARN of an environment file", environmentFiles=files("arn:aws:s3:::bucket/a.txt"))
    check("type should be one of", environmentFiles=[{"type": "ssm", "value": good}])
    definition = tasks.register(wharf, busybox, execution_role=role, command=["true"])
    overrides = {"containerOverrides": [{"name": "main", "environmentFiles": files("a.env")}]}
    with pytest.raises(ClientError, match="is not the Amazon S3 ARN of an environment file"):
        wharf.client("ecs").run_task(taskDefinition=definition, overrides=overrides)
