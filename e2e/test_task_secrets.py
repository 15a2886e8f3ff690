"""Secrets of tasks: variables from Secrets Manager, logins of private registries, and where values never are."""

import contextlib
import json
import secrets as randomness

import pytest
from botocore.exceptions import ClientError

from harness import disk, images, processes, tasks, tools
from harness.private_registry import PrivateRegistry
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_for
from session.client import Refused, Session

pytestmark = pytest.mark.minutes(0.5)

FOREVER = "trap 'exit 0' TERM; echo up; while :; do usleep 100000; done"
FARGATE = {"cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}
START = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
ASM = START + "unable to retrieve secret from asm: service call has been retried 1 time(s): "


def role_for(wharf, *resources):
    """An execution role that may read these secrets and write logs; returns its ARN."""
    iam, name = wharf.client("iam"), tasks.unique("reader")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=tasks.TRUST_TASKS)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
    if resources:
        policy = tasks.document("secretsmanager:GetSecretValue", list(resources))
        iam.put_role_policy(RoleName=name, PolicyName="secrets", PolicyDocument=policy)
    return arn


def make(wharf, value):
    """A secret; returns what CreateSecret said."""
    return wharf.client("secretsmanager").create_secret(Name=tasks.unique("app/db"), SecretString=value)


def variables(**sources):
    return [{"name": name, "valueFrom": source} for name, source in sources.items()]


def run(wharf, image, launch="EC2", **definition):
    if launch == "EC2":
        return tasks.run(wharf, image, **definition)
    options = {"launchType": "FARGATE", **tasks.in_vpc(wharf)}
    return tasks.run(wharf, image, network="awsvpc", task=FARGATE, run_options=options, **definition)


def why(task):
    """Why a task that was to stop did."""
    stopped = task.wait("STOPPED", 60)
    assert stopped["stopCode"] == "TaskFailedToStart" and task.exit_code is None, stopped
    return stopped["stoppedReason"]


def execute(wharf, task, command):
    session = Session.begin(wharf.client("ecs"), task.arn, command, container="main")
    session.wait_over()
    return session.output.decode().replace("\r\n", "\n")


# Values


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_variables_have_values_of_secrets(wharf, configured, launch):
    document = json.dumps({"user": "app", "port": 5432, "tls": True, "empty": "", "nested": {"a": [1]}})
    first, whole = make(wharf, "one"), make(wharf, document)
    arn = first["ARN"]
    second = wharf.client("secretsmanager").put_secret_value(SecretId=arn, SecretString="two")
    given = variables(
        CURRENT=arn,
        STAGE=f"{arn}::AWSPREVIOUS:",
        VERSION=f"{arn}:::{first['VersionId']}",
        BOTH=f"{arn}::AWSCURRENT:{second['VersionId']}",
        WHOLE=f"{whole['ARN']}:::",
        USER_OF=f"{whole['ARN']}:user::",
        PORT=f"{whole['ARN']}:port::",
        TLS=f"{whole['ARN']}:tls::",
        EMPTY=f"{whole['ARN']}:empty::",
        NESTED=f"{whole['ARN']}:nested::",
    )
    script = 'for name in CURRENT STAGE VERSION BOTH WHOLE USER_OF PORT TLS EMPTY NESTED PLAIN; do eval "echo $name=\\$$name"; done'
    plain = [{"name": "PLAIN", "value": "here"}]
    role = role_for(wharf, arn, whole["ARN"])
    task = run(wharf, configured, launch, execution_role=role, secrets=given, environment=plain, **sh(script))
    task.wait("STOPPED", 60)
    assert task.exit_code == 0, task.describe()
    seen = dict(line.split("=", 1) for line in task.lines())
    assert seen == {
        "CURRENT": "two", "STAGE": "one", "VERSION": "one", "BOTH": "two", "WHOLE": document, "USER_OF": "app",
        "PORT": "5432", "TLS": "true", "EMPTY": "", "NESTED": '{"a":[1]}', "PLAIN": "here",
    }  # fmt: skip
    described = wharf.client("ecs").describe_task_definition(taskDefinition=task.describe()["taskDefinitionArn"])["taskDefinition"]
    assert described["containerDefinitions"][0]["secrets"] == given
    assert "ecs.capability.secrets.asm.environment-variables" in [it["name"] for it in described["requiresAttributes"]]


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_what_cannot_be_fetched_stops_the_task_and_says_why(wharf, busybox, launch):
    made = make(wharf, '{"user": "app"}')
    plain = make(wharf, "hunter2")
    arn, name = made["ARN"], made["Name"]
    gone = arn.replace(name, tasks.unique("gone"))
    role = role_for(wharf, arn, gone, plain["ARN"])
    stranger = role_for(wharf)

    def reason(source, role=role):
        return why(run(wharf, busybox, launch, execution_role=role, secrets=variables(PASSWORD=source), **sh("echo got in")))

    def words(source, fargate, ec2=None):
        return (
            ASM + fargate
            if launch == "FARGATE"
            else f"Fetching secret data from AWS Secrets Manager in region us-east-1: secret {source}: {ec2 or fargate}"
        )

    no_key = "retrieved secret from Secrets Manager did not contain json key password"
    assert reason(f"{arn}:password::") == words(arn, no_key)
    assert reason(f"{plain['ARN']}:user::") == words(plain["ARN"], "retrieved secret from Secrets Manager is not a JSON object")
    missing = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    assert reason(gone) == words(gone, f"failed to fetch secret {gone} from secrets manager: {missing}", missing)
    stage = "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    assert reason(f"{arn}::AWSPENDING:") == words(arn, f"failed to fetch secret {arn} from secrets manager: {stage}", stage)
    denied = reason(arn, role=stranger)
    assert "AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/reader-" in denied, denied
    assert f"is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn}" in denied, denied
    assert "unexpected ARN format with parameters when trying to retrieve ASM secret" in reason(f"{arn}:user")
    parameter = reason("/app/no-such-parameter")
    start = (
        "unable to retrieve secrets from ssm: " if launch == "FARGATE" else "Fetching secret data from SSM Parameter Store in us-east-1: "
    )
    assert start in parameter, parameter


def test_binary_values_are_no_variables(wharf, busybox):
    made = wharf.client("secretsmanager").create_secret(Name=tasks.unique("binary"), SecretBinary=b"\x00\xff")
    given = {"execution_role": role_for(wharf, made["ARN"]), "secrets": variables(A=made["ARN"])}
    assert "is not a string" in why(run(wharf, busybox, **given, **sh("echo got in")))


def test_what_is_refused_before_anything_runs(wharf, busybox):
    arn = make(wharf, "one")["ARN"]

    text = "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
    assert refused(tasks.register, wharf, busybox, secrets=variables(A=arn)) == ("ClientException", text)
    credentials = {"credentialsParameter": arn}
    text = "Private repository authentication requires that the task definition specify a value for executionRoleArn."
    assert refused(tasks.register, wharf, busybox, repositoryCredentials=credentials) == ("ClientException", text)
    shared = (
        "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'A'."
    )
    environment = [{"name": "A", "value": "plain"}]
    role = role_for(wharf, arn)
    given = {"execution_role": role, "secrets": variables(A=arn)}
    assert refused(tasks.register, wharf, busybox, environment=environment, **given) == ("ClientException", shared)
    definition = tasks.register(wharf, busybox, **given, **sh("true"))
    overrides = {"containerOverrides": [{"name": "main", "environment": environment}]}
    assert refused(tasks.start, wharf, definition, overrides=overrides) == ("ClientException", shared)


# The life of a task


def test_a_running_task_keeps_what_it_started_with(fresh):
    """Over a rotation of the secret, and over the end of agent and server."""
    image = images.push(fresh, "busybox")
    made = make(fresh, "one")
    check = {"command": ["CMD-SHELL", '[ "$PASSWORD" = one ]'], "interval": 5, "timeout": 2, "retries": 1}
    given = {"execution_role": role_for(fresh, made["ARN"]), "secrets": variables(PASSWORD=made["ARN"])}
    options = {"enableExecuteCommand": True}
    old = tasks.run(fresh, image, healthCheck=check, run_options=options, **given, **sh(FOREVER))
    old.wait("RUNNING")
    show = "sh -c 'echo $PASSWORD'"
    assert execute(fresh, old, show) == "one\n"
    fresh.client("secretsmanager").put_secret_value(SecretId=made["ARN"], SecretString="two")
    new = tasks.run(fresh, image, run_options=options, **given, **sh(FOREVER))
    new.wait("RUNNING")
    fresh.kill_child("node")
    fresh.kill_child("server")
    fresh.wait_node()

    def shown():
        # Until the agent is back there are no sessions.
        with contextlib.suppress(ClientError, Refused):
            return execute(fresh, old, show)

    assert wait_for(shown, 30, "a session after the agent's return") == "one\n"
    assert execute(fresh, new, show) == "two\n"
    wait_for(lambda: old.container()["healthStatus"] == "HEALTHY", 40, "a health check with the secret")
    for task in (old, new):
        task.stop()


def test_a_container_that_is_restarted_has_its_secrets_again(wharf, busybox):
    """The shortest period after which containers are restarted is a minute."""
    made = make(wharf, "one")
    script = "echo $PASSWORD; n=0; while [ $n -lt 62 ]; do sleep 1; n=$((n+1)); done; exit 1"
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    role = role_for(wharf, made["ARN"])
    task = run(wharf, busybox, execution_role=role, secrets=variables(PASSWORD=made["ARN"]), restartPolicy=policy, **sh(script))
    task.wait("RUNNING")
    wharf.client("secretsmanager").put_secret_value(SecretId=made["ARN"], SecretString="two")
    wait_for(lambda: task.lines() == ["one", "one"], 90, "the restarted container's line")
    task.stop()


# Logins


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_images_of_private_registries(wharf, busybox, launch):
    password = randomness.token_urlsafe(12)
    right = make(wharf, json.dumps({"username": "puller", "password": password}))
    wrong = make(wharf, json.dumps({"username": "puller", "password": "wrong"}))
    no_login = make(wharf, "puller")
    role = role_for(wharf, right["ARN"], wrong["ARN"], no_login["ARN"])
    with PrivateRegistry(tools.image_archive("busybox"), "puller", password) as registry:

        def task(credentials, role=role):
            given = {"repositoryCredentials": {"credentialsParameter": credentials}} if credentials else {}
            return run(wharf, registry.image, launch, execution_role=role, **given, **sh("echo got in"))

        first = task(right["ARN"])
        first.wait("STOPPED", 60)
        assert first.lines() == ["got in"]
        # In its own region a secret may be named by its name; the image lies here by now.
        by_name = task(right["Name"])
        by_name.wait("STOPPED", 60)
        assert by_name.lines() == ["got in"]
        # What others pulled is nobody's who may not.
        assert "CannotPull" in why(task(wrong["ARN"])) and registry.refused
        words = START + "unable to get registry auth from asm: " if launch == "FARGATE" else "CannotPullContainerError: "
        denied = why(task(right["ARN"], role=role_for(wharf)))
        asked = f"service call has been retried 1 time(s): asm fetching secret from the service for {right['ARN']}: AccessDeniedException: "
        assert words + asked in denied, denied
        assert "is no JSON object with a username and a password" in why(task(no_login["ARN"]))


# Where values are not


def test_values_are_written_nowhere(fresh, tmp_path):
    image = images.push(fresh, "busybox")
    values = {f"CANARY_{number}": randomness.token_hex(20) for number in range(10)}
    made = {name: make(fresh, value)["ARN"] for name, value in list(values.items())[:5]}
    rest = dict(list(values.items())[5:])
    document = make(fresh, json.dumps(rest))["ARN"]
    made |= {name: f"{document}:{name}::" for name in rest}
    role = role_for(fresh, "*")
    linux = {"initProcessEnabled": True}
    check = {"command": ["CMD-SHELL", '[ -n "$CANARY_0" ]'], "interval": 5, "timeout": 2, "retries": 1}
    running = [
        run(fresh, image, launch, execution_role=role, secrets=variables(**made), linuxParameters=init, healthCheck=check, **sh(FOREVER))
        for launch, init in [("EC2", None), ("EC2", linux), ("FARGATE", None)]
    ]
    for task in running:
        task.wait("RUNNING", 60)
        task.wait_line("up")
        wait_for(lambda it=task: it.container()["healthStatus"] == "HEALTHY", 40, "a health check with the secrets")
    copy = tmp_path / "backup"
    tools.run(tools.wharf(), "backup", "--data", fresh.data, copy, timeout_s=120)

    needles = {name: value.encode() for name, value in values.items()}
    own, theirs = [], []
    for pid in processes.all_pids():
        (own if is_own(pid) else theirs).append(pid)
    programs = {processes.command_line(pid)[0].rpartition("/")[2] for pid in own}
    assert {"wharf", "wharf-shim"} <= programs, programs
    # They are where they belong, so what is looked for can be found.
    holders = [pid for pid in theirs if all(needle in proc(pid, "environ") for needle in needles.values())]
    assert len(holders) >= len(running), holders
    for pid in own:
        for name, needle in needles.items():
            for file in ("cmdline", "environ"):
                assert needle not in proc(pid, file), (pid, processes.command_line(pid), file, name)
    for folder in (fresh.data, copy):
        assert disk.used_bytes(folder) and not disk.files_with(folder, *needles.values())
    for name, value in values.items():
        assert value not in fresh.output.text, name
    for task in running:
        assert not any(value in json.dumps(task.describe(), default=str) for value in values.values())
        task.stop()


def is_own(pid):
    return processes.command_line(pid)[0].rpartition("/")[2] in ("wharf", "wharf-shim", "wharf-init")


def proc(pid, file):
    try:
        return (processes.PROC / str(pid) / file).read_bytes()
    except OSError:
        return b""
