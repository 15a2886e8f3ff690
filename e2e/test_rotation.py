"""Rotation of secrets: an endpoint that is told the steps as a function would be, and a task of ECS that does them all."""

import contextlib
import http.server
import json
import threading

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation
from harness.waiting import wait_for

TASK = """
import os, boto3
secrets, secret, token = boto3.client("secretsmanager"), os.environ["SECRET_ID"], os.environ["CLIENT_REQUEST_TOKEN"]
secrets.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString="from a task", VersionStages=["AWSPENDING"])
current = secrets.get_secret_value(SecretId=secret)["VersionId"]
secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
"""


@pytest.fixture(scope="module")
def alone():
    with Installation(arguments=("--allow-egress", "127.0.0.0/8")) as alone:
        yield alone.start()


@contextlib.contextmanager
def rotator(secrets, told, fails=0):
    """A web server that rotates as AWS's templates do; it refuses its first requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.append(event["Step"])
            refuses = len(told) <= fails
            if not refuses:
                step(secrets, event["Step"], event["SecretId"], event["ClientRequestToken"])
            self.send_response(500 if refuses else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/rotate"
    finally:
        server.shutdown()


def step(secrets, name, secret, token):
    versions = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert token in versions, "the version is there before it has a value"
    if name == "createSecret":
        with contextlib.suppress(secrets.exceptions.ResourceNotFoundException):
            secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
            return
        secrets.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=f"new {token}", VersionStages=["AWSPENDING"])
    elif name == "finishSecret":
        current = next(id for id, stages in versions.items() if "AWSCURRENT" in stages)
        if current != token:
            move = {"MoveToVersionId": token, "RemoveFromVersionId": current}
            secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", **move)


def rotated(secrets, name, version):
    def done():
        described = secrets.describe_secret(SecretId=name)
        return "LastRotatedDate" in described and described["VersionIdsToStages"][version] == ["AWSCURRENT"]

    return done


def test_an_endpoint_rotates_over_failures_and_a_death_of_the_server(alone):
    secrets, name, told = alone.client("secretsmanager"), tasks.unique("app/db"), []
    secrets.create_secret(Name=name, SecretString="old")
    with rotator(secrets, told, fails=1) as address:
        made = secrets.rotate_secret(SecretId=name, RotationLambdaARN=address, RotationRules={"ScheduleExpression": "rate(10 days)"})
        wait_for(lambda: told, 30, "the first step")
        with pytest.raises(ClientError, match="A previous rotation isn't complete"):
            secrets.rotate_secret(SecretId=name)
        alone.kill_child("server")
        wait_for(rotated(secrets, name, made["VersionId"]), 60, "the rotation")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == f"new {made['VersionId']}"
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "old"
    # Told once more where the answer was not written down; never out of order.
    order = ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert [order.index(one) for one in told] == sorted(order.index(one) for one in told)
    assert set(told) == set(order)
    described = alone.aws("secretsmanager", "describe-secret", "--secret-id", name)
    assert described["RotationEnabled"] is True
    assert described["RotationRules"] == {"ScheduleExpression": "rate(10 days)"}
    assert described["NextRotationDate"]
    secrets.cancel_rotate_secret(SecretId=name)
    assert secrets.describe_secret(SecretId=name)["RotationEnabled"] is False


def test_a_task_rotates(alone):
    secrets, name = alone.client("secretsmanager"), tasks.unique("app/task")
    secret = secrets.create_secret(Name=name, SecretString="old")["ARN"]
    does = tasks.task_role(alone, "secretsmanager:*", secret)
    container = {"command": ["python3", "-c", TASK], "memory": 256}
    definition = tasks.register(alone, images.push(alone, "python"), "bridge", role=does, **container)
    iam, starter = alone.client("iam"), tasks.unique("rotator")
    trusts = {"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=starter, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusts]}))
    may = tasks.document(["ecs:RunTask", "ecs:DescribeTasks", "iam:PassRole"])
    iam.put_role_policy(RoleName=starter, PolicyName="start", PolicyDocument=may)
    how = [{"Key": "cluster", "Value": "default"}, {"Key": "container", "Value": "main"}]
    made = secrets.rotate_secret(
        SecretId=name,
        RotationLambdaARN=definition,
        ExternalSecretRotationRoleArn=role["Role"]["Arn"],
        ExternalSecretRotationMetadata=how,
    )
    wait_for(rotated(secrets, name, made["VersionId"]), 120, "the rotation")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "from a task"


def test_what_is_refused(alone):
    secrets, name = alone.client("secretsmanager"), tasks.unique("app/bad")
    secrets.create_secret(Name=name, SecretString="old")
    address = "http://127.0.0.1:9/"
    rules = {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"}
    for given, code, text in (
        ({}, "InvalidRequestException", "No Lambda rotation function ARN"),
        ({"RotationLambdaARN": "arn:aws:lambda:us-east-1:000000000000:function:f"}, "InvalidParameterException", "no Lambda functions"),
        ({"RotationLambdaARN": address, "RotationRules": rules}, "InvalidParameterException", "both"),
        ({"RotationLambdaARN": address, "RotationRules": {"ScheduleExpression": "rate(x)"}}, "InvalidParameterException", "rate(x)"),
    ):
        with pytest.raises(ClientError) as caught:
            secrets.rotate_secret(SecretId=name, **given)
        error = caught.value.response["Error"]
        assert error["Code"] == code, given
        assert text in error["Message"], given
