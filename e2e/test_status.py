"""`wharf status` for people: what fails comes first, and it fits the terminal."""

import json
import re

import pytest

from harness import tasks, tools
from harness.terminal import Terminal
from harness.waiting import wait_for

PAINT = re.compile(r"\x1b\[[0-9;]*m")
CLEAR = "\x1b[H\x1b[2J"


@pytest.fixture
def failing(wharf, busybox):
    """A service whose program exits at once, and one that runs."""
    ecs = wharf.client("ecs")
    made = []
    for name, command in (("broken", "exit 3"), ("works", "trap 'exit 0' TERM; while :; do sleep 1; done")):
        name = tasks.unique(name)
        ecs.register_task_definition(
            family=name,
            containerDefinitions=[{"name": "main", "image": busybox, "memory": 16, "command": ["sh", "-c", command]}],
        )
        ecs.create_service(serviceName=name, taskDefinition=name, desiredCount=1, launchType="EC2")
        made.append(name)
    yield made
    for name in made:
        ecs.delete_service(service=name, force=True)


def status(wharf, *arguments):
    return tools.run(tools.wharf(), "status", "--data", wharf.data, *arguments).stdout


def test_what_fails_comes_first_with_its_reason(wharf, failing):
    broken, works = failing
    wait_for(
        lambda: (
            re.search(rf"^{broken} .* failing .* exit code 3 \(main\); \d+ failed$", status(wharf), re.M)
            and re.search(rf"^{works} +1/1 +steady", status(wharf), re.M)
        ),
        60,
        "one service to fail and one to be steady",
    )
    text = status(wharf)
    assert "\x1b" not in text
    assert re.match(
        r"wharf http://127.0.0.1:\d+: \d+ services? \(\d+ failing\), \d+ tasks? running, \d+ nodes?( \(\d+ away\))?(, \d+ Kubernetes clusters?( \(\d+ ailing\))?)?\n",
        text,
    ), text
    assert text.index(broken) < text.index(works)
    assert "ecs-svc/" not in text and "arn:" not in text
    assert str(wharf.data / "log") in text.splitlines()[-1]

    with Terminal(24, 80, tools.wharf(), "status", "--data", wharf.data) as terminal:
        shown = terminal.read_all()
    assert f"\x1b[31m{broken}" in shown, "a failing row is red"
    lines = PAINT.sub("", shown).splitlines()
    assert max(len(line) for line in lines) <= 80, shown
    assert any(line.startswith(broken) and "exit code 3" in line for line in lines), shown

    alone = status(wharf, "--service", works)
    assert works in alone and broken not in alone


TASK_ROLES = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'


@pytest.fixture(params=["log group", "permission", "room"])
def lacking(request, wharf, busybox):
    """A service whose tasks do not start: its name, and what says why on a small terminal."""
    ecs, name = wharf.client("ecs"), tasks.unique("no")
    log = tasks.awslogs("/e2e/" + tasks.unique("missing"))
    role, size, words = tasks.execution_role(wharf), ("256", "512"), "its log group is missing"
    if request.param == "permission":
        role = wharf.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TASK_ROLES)["Role"]["Arn"]
        log, words = tasks.awslogs(tasks.ensure_group(wharf)), "its execution role lacks a"
    if request.param == "room":
        size, words = ("16384", "122880"), "has insufficient "
    ecs.register_task_definition(
        family=name, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu=size[0], memory=size[1], executionRoleArn=role,
        containerDefinitions=[{"name": "main", "image": busybox, "logConfiguration": log}],
    )  # fmt: skip
    ecs.create_service(serviceName=name, taskDefinition=name, desiredCount=1, launchType="FARGATE", **tasks.in_vpc(wharf))
    yield name, words
    ecs.delete_service(service=name, force=True)


def test_a_small_terminal_has_room_for_the_cause(wharf, lacking):
    name, words = lacking

    def row():
        with Terminal(24, 80, tools.wharf(), "status", "--service", name, "--data", wharf.data) as terminal:
            lines = PAINT.sub("", terminal.read_all()).splitlines()
        return next((line for line in lines if line.startswith(name)), "")

    shown = wait_for(lambda: (line := row()) and words in line and line, 90, f"'{words}' in the service's row")
    assert len(shown) <= 80


def test_a_terminal_is_not_overrun(wharf, failing):
    def lines(*arguments):
        with Terminal(9, 50, tools.wharf(), "status", *arguments, "--data", wharf.data) as terminal:
            return PAINT.sub("", terminal.read_all()).splitlines()

    shown = lines()
    assert len(shown) <= 8, shown
    assert re.fullmatch(r"… \d+ lines left out; --all shows them", shown[-1]), shown
    whole = lines("--all")
    assert len(whole) > 9 and not any("left out" in line for line in whole), whole


def test_an_address_is_never_cut(wharf):
    elb, name = wharf.client("elbv2"), tasks.unique("a-load-balancer")
    balancer = elb.create_load_balancer(Name=name, Subnets=tasks.default_subnets(wharf)[:2], SecurityGroups=[tasks.open_group(wharf)])
    balancer = balancer["LoadBalancers"][0]
    try:
        said = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
        elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=48123, DefaultActions=[said])
        with Terminal(24, 80, tools.wharf(), "status", "--all", "--data", wharf.data) as terminal:
            shown = PAINT.sub("", terminal.read_all())
        assert f"http://{balancer['DNSName']}:48123/" in shown, shown
    finally:
        elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])


def test_a_watched_screen_never_scrolls(wharf, failing):
    with Terminal(9, 50, tools.wharf(), "status", "--watch", "--data", wharf.data) as terminal:
        while terminal.text.count(CLEAR) < 3 and terminal.read():
            pass
    frames = terminal.text.split(CLEAR)[1:-1]
    assert len(frames) == 2, terminal.text
    for frame in frames:
        lines = PAINT.sub("", frame).splitlines()
        assert len(lines) <= 8 and max(len(line) for line in lines) <= 50, frame
        assert lines[0].startswith("wharf http") and failing[0][:8] in frame, frame
        assert re.search(r"^… and \d+ more", "\n".join(lines), re.M), frame


def test_json_keeps_whole_names(wharf):
    seen = json.loads(status(wharf, "--json"))
    assert "unopenedListeners" in seen and "closedDoors" not in seen
    assert seen["containerInstances"][0]["containerInstanceArn"].startswith("arn:aws:ecs:")
