"""EventBridge through boto3, the AWS CLI and Powertools: rules choose events, targets run, ECR and ECS tell what happens."""

import json

import pytest
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent

from harness import images, tasks
from harness.refusals import refused
from harness.waiting import wait_for

TRUST_EVENTS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/default"


@pytest.fixture(scope="module")
def role(wharf):
    """A role that lets events run tasks."""
    iam, name = wharf.client("iam"), tasks.unique("events")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST_EVENTS)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=tasks.document(["ecs:RunTask", "iam:PassRole"]))
    return arn


@pytest.fixture(scope="module")
def printer(wharf, busybox):
    """A task definition whose container prints what it is told."""
    return tasks.register(wharf, busybox, entryPoint=["echo"], command=["nothing"])


def running(wharf, rule):
    """Tasks that a rule has started."""
    ecs = wharf.client("ecs")
    started_by = f"events-rule/{rule}"[:36]
    found = {arn for status in ("RUNNING", "STOPPED") for arn in ecs.list_tasks(startedBy=started_by, desiredStatus=status)["taskArns"]}
    return [tasks.Task(wharf, arn, "/e2e") for arn in sorted(found)]


def runs_a_task(wharf, rule, pattern, role, printer, template, paths):
    """A rule of the default bus that runs the printer with a text made of the event."""
    events = wharf.client("events")
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    target = {
        "Id": "print",
        "Arn": CLUSTER,
        "RoleArn": role,
        "EcsParameters": {"TaskDefinitionArn": printer, "TaskCount": 1},
        "InputTransformer": {
            "InputPathsMap": paths,
            "InputTemplate": '{"containerOverrides": [{"name": "main", "command": [%s]}]}' % template,
        },
    }
    assert events.put_targets(Rule=rule, Targets=[target])["FailedEntryCount"] == 0


def test_an_event_runs_a_task_with_what_it_says(wharf, role, printer):
    events, rule = wharf.client("events"), tasks.unique("orders")
    pattern = {"source": [rule], "detail": {"state": ["paid"], "total": [{"numeric": [">", 100]}]}}
    paths = {"customer": "$.detail.customer"}
    runs_a_task(wharf, rule, pattern, role, printer, '"<customer> paid", "<aws.events.rule-name>"', paths)

    def entry(source=rule, **detail):
        return {"Source": source, "DetailType": "order", "Detail": json.dumps(detail)}

    answer = events.put_events(
        Entries=[
            entry(state="paid", total=120, customer="Ada"),
            entry(state="paid", total=20, customer="Bob"),
            entry(source="aws.ecs", state="paid"),
            {"Source": rule, "DetailType": "order", "Detail": "no"},
        ]
    )
    assert answer["FailedEntryCount"] == 2
    assert [it.get("ErrorCode") for it in answer["Entries"]] == [None, None, "NotAuthorizedForSource", "MalformedDetail"]
    task = wait_for(lambda: running(wharf, rule), what="a task of the rule")[0]
    task.wait_line(f"Ada paid {rule}")
    assert len(running(wharf, rule)) == 1


def test_an_image_that_is_pushed_and_a_task_that_stops_are_told(wharf, role, printer):
    name = tasks.unique("told")
    pushed = {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"], "detail": {"repository-name": [name], "action-type": ["PUSH"]}}
    runs_a_task(wharf, f"{name}-pushed", pushed, role, printer, '"<aws.events.event.json>"', {})
    stopped = {"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"], "startedBy": [f"events-rule/{name}-pushed"[:36]]}}
    runs_a_task(wharf, f"{name}-stopped", stopped, role, printer, '"<aws.events.event.json>"', {})
    images.push(wharf, "busybox", name, tag="v1")

    def told(rule):
        task = wait_for(lambda: running(wharf, rule), 60, f"a task of {rule}")[0]
        return task, EventBridgeEvent(json.loads(task.wait_line("{", 60)))

    first, event = told(f"{name}-pushed")
    assert (event.source, event.detail_type, event.account) == ("aws.ecr", "ECR Image Action", "000000000000")
    assert (event.detail["image-tag"], event.detail["result"]) == ("v1", "SUCCESS")
    found = wharf.client("ecr").describe_images(repositoryName=name)["imageDetails"][0]
    assert event.detail["image-digest"] == found["imageDigest"]

    _, event = told(f"{name}-stopped")
    assert (event.detail_type, event.resources) == ("ECS Task State Change", [first.arn])
    shown = first.describe()
    for member in ("taskArn", "clusterArn", "lastStatus", "desiredStatus", "stopCode", "version", "cpu", "group"):
        assert event.detail[member] == shown[member], member
    assert event.detail["createdAt"].endswith("Z") and event.detail["containers"][0]["exitCode"] == 0


def test_rules_are_kept_by_the_command_line(wharf):
    bus, rule = tasks.unique("bus"), tasks.unique("rule")
    arn = wharf.aws("events", "create-event-bus", "--name", bus, "--tags", "Key=team,Value=web")["EventBusArn"]
    assert arn == f"arn:aws:events:us-east-1:000000000000:event-bus/{bus}"
    pattern = '{"source": ["shop"], "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [{"exists": true}]}}]}'
    made = wharf.aws("events", "put-rule", "--name", rule, "--event-bus-name", bus, "--event-pattern", pattern)
    assert made["RuleArn"] == f"arn:aws:events:us-east-1:000000000000:rule/{bus}/{rule}"
    assert wharf.aws("events", "describe-rule", "--name", rule, "--event-bus-name", arn)["EventPattern"] == pattern
    queue = "arn:aws:sqs:us-east-1:000000000000:none"
    wharf.aws("events", "put-targets", "--rule", rule, "--event-bus-name", bus, "--targets", f"Id=q,Arn={queue}")
    assert wharf.aws("events", "list-rule-names-by-target", "--event-bus-name", bus, "--target-arn", queue)["RuleNames"] == [rule]
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["events:event-bus"])
    assert arn in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]
    events = wharf.client("events")
    wrong = refused(events.put_rule, Name="x", EventPattern='{"a": [{"like": 1}]}')
    assert wrong == ("InvalidEventPatternException", "Event pattern is not valid. Reason: Unrecognized match type like")
    assert refused(events.delete_rule, Name=rule, EventBusName=bus)[1] == "Rule can't be deleted since it has targets."
    wharf.aws("events", "remove-targets", "--rule", rule, "--event-bus-name", bus, "--ids", "q")
    events.delete_rule(Name=rule, EventBusName=bus)
    events.delete_event_bus(Name=bus)
    assert bus not in [it["Name"] for it in events.list_event_buses()["EventBuses"]]
    event = {
        "id": "1",
        "account": "1",
        "source": "s",
        "time": "t",
        "region": "r",
        "resources": [],
        "detail-type": "d",
        "detail": {"ip": "10.0.0.9"},
    }
    tested = wharf.aws(
        "events", "test-event-pattern", "--event-pattern", '{"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}', "--event", json.dumps(event)
    )
    assert tested["Result"] is True


def test_who_may_put_events(wharf):
    bus = tasks.unique("guarded")
    events = wharf.client("events")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    allowed = tasks.document("events:PutEvents", arn, Condition={"StringEquals": {"events:source": "shop"}})
    _, keys = tasks.user(wharf, allowed)
    mine = wharf.client("events", keys)

    def entry(source):
        return {"Source": source, "DetailType": "t", "Detail": "{}", "EventBusName": bus}

    assert mine.put_events(Entries=[entry("shop")])["FailedEntryCount"] == 0
    assert refused(mine.put_events, Entries=[entry("bank")])[0] == "AccessDeniedException"
    assert refused(mine.describe_event_bus, Name=bus)[0] == "AccessDeniedException"


def test_which_events_rules_may_choose(wharf):
    """As the guide of EventBridge has it: a user makes rules for events of some sources alone."""
    only = {"ForAllValues:StringEquals": {"events:source": ["shop", "bank"]}, "Null": {"events:source": "false"}}
    _, keys = tasks.user(
        wharf, tasks.document(["events:PutRule", "events:DeleteRule"], Condition=only), tasks.document("events:DeleteRule")
    )
    mine, name = wharf.client("events", keys), tasks.unique("chosen")
    for pattern, may in [
        ({"source": ["shop"]}, True),
        ({"source": ["shop", "bank"], "detail-type": ["t"]}, True),
        ({"source": ["shop", "aws.ecs"]}, False),
        ({"source": [{"prefix": "aws."}]}, False),
        ({"detail-type": ["t"]}, False),
        ({"$or": [{"source": ["shop"]}, {"detail-type": ["t"]}]}, False),
    ]:
        asked = {"Name": name, "EventPattern": json.dumps(pattern)}
        if may:
            mine.put_rule(**asked)
        else:
            assert refused(mine.put_rule, **asked)[0] == "AccessDeniedException", pattern
    mine.delete_rule(Name=name)
