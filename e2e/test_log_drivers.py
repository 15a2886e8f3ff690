"""Log drivers other than awslogs: lines at a collector (splunk) whose token is a secret."""

import json
import secrets as randomness

import pytest

from harness import disk, images, processes, tasks
from harness.installation import Installation
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_for
from harness.web_server import server
from test_task_secrets import ASM, make, proc, role_for, run, why

pytestmark = pytest.mark.minutes(0.5)


@pytest.fixture(scope="module")
def reaching():
    """An installation whose nodes may reach this machine."""
    with Installation(arguments=("--node-allow-egress", "127.0.0.0/8", "--allow-egress", "10.0.0.0/8")) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def image(reaching):
    return images.push(reaching, "busybox")


def splunk(url, token, **options):
    """A log configuration; `token` is what the secret comes from."""
    return {
        "logDriver": "splunk",
        "options": {"splunk-url": url, **{name.replace("_", "-"): value for name, value in options.items()}},
        "secretOptions": [{"name": "splunk-token", "valueFrom": token}],
    }


def events(got):
    """What a collector got, event by event."""
    found, decoder = [], json.JSONDecoder()
    for it in list(got):
        rest = it.body
        while rest:
            event, end = decoder.raw_decode(rest)
            found.append(event)
            rest = rest[end:]
    return found


def lines(got):
    return [it["event"]["line"] for it in events(got)]


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_lines_reach_a_collector_with_the_token(reaching, image, launch):
    token = randomness.token_hex(16)
    arn = make(reaching, json.dumps({"token": token}))["ARN"] + ":token::"
    role = role_for(reaching, arn.removesuffix(":token::"))
    options = {"splunk_gzip": "true", "splunk_format": "json", "splunk_sourcetype": "app", "splunk_index": "main", "tag": "{{.ImageName}}"}
    with server() as (url, got):
        log = splunk(url, arn, splunk_source="e2e", **options)
        task = run(reaching, image, launch, execution_role=role, logConfiguration=log, **sh("echo one; echo '{\"n\": 2}'; echo bad >&2"))
        task.wait("STOPPED", 60)
        assert task.exit_code == 0, task.describe()
        wait_for(lambda: len(events(got)) == 3, 20, "three events")
        assert {it.path for it in got} == {"/services/collector/event/1.0"}
        assert {it.headers["authorization"] for it in got} == {f"Splunk {token}"}
        assert {it.headers["content-encoding"] for it in got} == {"gzip"}
        found = {json.dumps(it["event"]["line"]): it for it in events(got)}
    assert {text: it["event"]["source"] for text, it in found.items()} == {'"one"': "stdout", '{"n": 2}': "stdout", '"bad"': "stderr"}
    for it in found.values():
        assert (it["source"], it["sourcetype"], it["index"]) == ("e2e", "app", "main")
        # The definition's tag, or the digest that it meant.
        assert it["event"]["tag"].startswith(image.rpartition(":")[0])
        assert float(it["time"]) > 1e9
    described = reaching.client("ecs").describe_task_definition(taskDefinition=task.describe()["taskDefinitionArn"])["taskDefinition"]
    assert described["containerDefinitions"][0]["logConfiguration"] == log
    assert {"com.amazonaws.ecs.capability.logging-driver.splunk", "ecs.capability.secrets.asm.bootstrap.log-driver"} <= {
        it["name"] for it in described["requiresAttributes"]
    }
    # Beyond the reference there is nothing of the token anywhere.
    assert token not in json.dumps([described, task.describe()], default=str) and token not in reaching.output.text
    assert disk.used_bytes(reaching.data) and not disk.files_with(reaching.data, token.encode())
    for pid in processes.all_pids():
        assert not any(token.encode() in proc(pid, file) for file in ("cmdline", "environ")), processes.command_line(pid)


def test_a_token_may_be_a_parameter(reaching, image):
    name, token = tasks.unique("/app/token"), randomness.token_hex(16)
    reaching.client("ssm").put_parameter(Name=name, Value=token, Type="SecureString")
    role = role_for(reaching)
    policy = tasks.document("ssm:GetParameters", "*")
    reaching.client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="parameters", PolicyDocument=policy)
    with server() as (url, got):
        task = run(reaching, image, execution_role=role, logConfiguration=splunk(url, name), **sh("echo one"))
        task.wait("STOPPED", 60)
        wait_for(lambda: lines(got) == ["one"], 20, "the line")
        assert got[0].headers["authorization"] == f"Splunk {token}"


def test_lines_wait_for_a_collector_and_outlive_the_agent(reaching, image):
    arn = make(reaching, "t0ken")["ARN"]
    role = role_for(reaching, arn)
    # For some seconds, with few further processes: those of a shell that sleeps after each line are most of its work.
    script = (
        "trap 'exit 0' TERM; n=0; while [ $n -lt 400 ]; do n=$((n+1)); echo $n; [ $((n % 10)) != 0 ] || usleep 100000; done; "
        "echo end; while :; do usleep 100000; done"
    )
    with server(answers=[503] * 4) as (url, got):
        log = splunk(url, arn, mode="blocking")
        task = run(reaching, image, execution_role=role, logConfiguration=log, **sh(script))
        task.wait("RUNNING", 60)
        wait_for(lambda: got, 30, "a request")
        reaching.kill_child("node")
        reaching.wait_node()
        wait_for(lambda: "end" in lines(got), 60, "the last line")
        # Refused batches are sent again, and one that the agent died over may be.
        assert set(lines(got)) == {str(n) for n in range(1, 401)} | {"end"}
        assert {it.headers["authorization"] for it in got} == {"Splunk t0ken"}
        task.stop()


@pytest.mark.parametrize("launch", ["EC2", "FARGATE"])
def test_what_cannot_be_used_stops_the_task_and_says_why(reaching, image, launch):
    made = make(reaching, "t0ken")
    arn, gone = made["ARN"], made["ARN"].replace(made["Name"], tasks.unique("gone"))
    role = role_for(reaching, arn, gone)

    def reason(url, source=arn, **options):
        log = splunk(url, source, **options)
        return why(run(reaching, image, launch, execution_role=role, logConfiguration=log, **sh("echo got in")))

    start = (
        "ResourceInitializationError: failed to validate logger args: "
        if launch == "FARGATE"
        else "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: "
    )
    with server() as (url, got):
        port = url.rpartition(":")[2]
        assert reason(url + "/there") == start + "splunk: expected format scheme://dns_name_or_ip:port for splunk-url"
        assert "unknown format specified, supported formats are inline, json and raw" in reason(url, splunk_format="xml")
        # Secrets fail in the words in which those of the environment do.
        missing = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        words = (
            ASM + f"failed to fetch secret {gone} from secrets manager: {missing}"
            if launch == "FARGATE"
            else f"Fetching secret data from AWS Secrets Manager in region us-east-1: secret {gone}: {missing}"
        )
        assert reason(url, gone) == words
        # What the server may call for users is nothing to tasks, who are not told where a name leads either.
        assert reason("http://10.0.0.1:8088") == start + "10.0.0.1 is not allowed"
        assert not got
    closed = reason(f"http://127.0.0.1:{port}")
    assert closed.startswith(start + "cannot connect to 127.0.0.1: "), closed


def test_what_is_refused_before_anything_runs(reaching, image):
    arn = make(reaching, "t0ken")["ARN"]
    role = role_for(reaching, arn)

    def why_not(log, **definition):
        return refused(tasks.register, reaching, image, logConfiguration=log, **definition)[1]

    log = splunk("https://collector:8088", arn)
    assert why_not(log) == "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
    without = {"logDriver": "splunk", "options": log["options"]}
    assert why_not(without, execution_role=role) == "Log driver splunk requires options: splunk-token"
    other = {**log, "options": {**log["options"], "log_key": "log"}}
    assert why_not(other, execution_role=role) == "Log driver splunk disallows options: log_key"
    foreign = {**log, "options": {**log["options"], "splunk-capath": "/ca.pem"}}
    fargate = {"cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}
    text = "Container 'main': the option splunk-capath of the log driver splunk is not supported by this version of wharf."
    assert why_not(foreign, execution_role=role, network="awsvpc", task=fargate) == text
