"""EventBridge Scheduler through boto3 and the AWS CLI: tasks and calls at their time, as their role may, also after a kill."""

import datetime
import json

from harness import tasks, tools
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_for

OFF = {"Mode": "OFF"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def role_for(wharf, action, resource="*"):
    """A role that the scheduler may take on for these calls; returns its ARN."""
    iam, name = wharf.client("iam"), tasks.unique("scheduler")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="calls", PolicyDocument=tasks.document(action, resource))
    return arn


def soon(seconds=1):
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def makes_group(name):
    """A target that makes a log group: a call of which one sees whether and when it was made."""
    return {"Arn": "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup", "Input": json.dumps({"LogGroupName": name})}


def groups(wharf, name):
    return wharf.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]


def test_a_schedule_starts_a_task(wharf, busybox):
    ecs, scheduler = wharf.client("ecs"), wharf.client("scheduler")
    cluster, family = "default", tasks.unique("report")
    cluster_arn = "arn:aws:ecs:us-east-1:000000000000:cluster/default"
    definition = ecs.register_task_definition(
        family=family,
        networkMode="host",
        containerDefinitions=[{"name": "main", "image": busybox, "memory": 32, "command": sh('echo "$DAY"')}],
    )["taskDefinition"]["taskDefinitionArn"]
    role = role_for(wharf, ["ecs:RunTask", "iam:PassRole"])
    overrides = {"containerOverrides": [{"name": "main", "environment": [{"name": "DAY", "value": "<aws.scheduler.scheduled-time>"}]}]}
    name = tasks.unique("nightly")
    scheduler.create_schedule(
        Name=name,
        # As the documentation of AWS has it.
        ScheduleExpression="rate(1 hours)",
        FlexibleTimeWindow=OFF,
        Target={
            "Arn": cluster_arn,
            "RoleArn": role,
            "Input": json.dumps(overrides),
            "EcsParameters": {"TaskDefinitionArn": definition, "TaskCount": 1, "LaunchType": "EC2"},
        },
    )
    shown = wharf.aws("scheduler", "get-schedule", "--name", name)
    assert shown["Target"]["EcsParameters"]["TaskDefinitionArn"] == definition and shown["State"] == "ENABLED"

    def started():
        listed = [ecs.list_tasks(cluster=cluster, family=family, desiredStatus=status)["taskArns"] for status in ("RUNNING", "STOPPED")]
        return sum(listed, [])

    (task,) = wait_for(started, 20, "the schedule started a task")
    found = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]
    assert found["startedBy"] == f"schedule/{name}"[:36]
    value = found["overrides"]["containerOverrides"][0]["environment"][0]["value"]
    assert datetime.datetime.fromisoformat(value) <= datetime.datetime.now(datetime.UTC)
    scheduler.delete_schedule(Name=name)
    assert refused(scheduler.get_schedule, Name=name) == ("ResourceNotFoundException", f"Schedule {name} does not exist.")


def test_any_operation_once_and_within_a_second(wharf):
    scheduler, name = wharf.client("scheduler"), tasks.unique("once")
    role = role_for(wharf, "logs:CreateLogGroup")
    due = soon(2)
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=due,
        FlexibleTimeWindow=OFF,
        ActionAfterCompletion="DELETE",
        Target={**makes_group(name), "RoleArn": role},
    )
    (made,) = wait_for(lambda: groups(wharf, name), 20, "the group is made")
    wanted = datetime.datetime.fromisoformat(due[3:-1]).replace(tzinfo=datetime.UTC).timestamp()
    assert 0 <= made["creationTime"] / 1000 - wanted < 1
    wait_for(lambda: name not in [it["Name"] for it in scheduler.list_schedules(NamePrefix=name)["Schedules"]], 10, "the schedule is gone")


def test_a_flexible_window_is_kept_to(wharf):
    scheduler, role = wharf.client("scheduler"), role_for(wharf, "logs:CreateLogGroup")
    names, due = [tasks.unique("flexible") for _ in range(3)], soon(2)
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1}
    for name in names:
        target = {**makes_group(name), "RoleArn": role}
        scheduler.create_schedule(Name=name, ScheduleExpression=due, FlexibleTimeWindow=window, Target=target)
        assert scheduler.get_schedule(Name=name)["FlexibleTimeWindow"] == window
    made = [wait_for(lambda name=name: groups(wharf, name), 80, "the group is made")[0] for name in names]
    wanted = datetime.datetime.fromisoformat(due[3:-1]).replace(tzinfo=datetime.UTC).timestamp()
    after = [it["creationTime"] / 1000 - wanted for it in made]
    assert all(0 <= it < 61 for it in after), after
    # They are spread over the window.
    assert max(after) - min(after) > 0.5, after


def test_the_role_decides(wharf):
    scheduler, iam, name = wharf.client("scheduler"), wharf.client("iam"), tasks.unique("guarded")
    target = makes_group(name)
    # Nobody's role, one that trusts somebody else, and one that may do nothing.
    text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    schedule = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": OFF}
    other = iam.create_role(RoleName=tasks.unique("tasks"), AssumeRolePolicyDocument=tasks.TRUST_TASKS)["Role"]["Arn"]
    for role in ("arn:aws:iam::000000000000:role/no-such", other):
        answer = refused(scheduler.create_schedule, Name=name, Target={**target, "RoleArn": role}, **schedule)
        assert answer == ("ValidationException", text)
    weak, strong = role_for(wharf, "logs:DescribeLogGroups"), role_for(wharf, "logs:CreateLogGroup")
    scheduler.create_schedule(Name=f"{name}-weak", Target={**target, "RoleArn": weak}, **schedule)
    scheduler.create_schedule(Name=f"{name}-strong", Target={**makes_group(f"{name}-strong"), "RoleArn": strong}, **schedule)
    wait_for(lambda: groups(wharf, f"{name}-strong"), 20, "the other group is made")
    assert [it["logGroupName"] for it in groups(wharf, name)] == [f"{name}-strong"]


def test_what_is_refused_and_how(wharf):
    scheduler = wharf.client("scheduler")
    role = role_for(wharf, "logs:*")

    def create(**parameters):
        given = {"Name": tasks.unique("bad"), "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF}
        return refused(scheduler.create_schedule, **given | {"Target": {**makes_group("x"), "RoleArn": role}} | parameters)

    assert create(ScheduleExpression="rate(2 day)") == ("ValidationException", "Invalid Schedule Expression rate(2 day).")
    assert create(ScheduleExpressionTimezone="Mars")[0] == "ValidationException"
    assert create(GroupName="none") == ("ResourceNotFoundException", "Schedule group none does not exist.")
    assert create(FlexibleTimeWindow={"Mode": "FLEXIBLE"})[0] == "ValidationException"
    assert create(Name="a b")[0] == "ValidationException"
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    assert create(KmsKeyArn=key) == ("ValidationException", f"Invalid keyId '{key}'")
    lambda_ = {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "RoleArn": role}
    assert create(Target=lambda_)[1] == "Targets of lambda are not supported by this version of wharf."
    reads = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:listTasks", "RoleArn": role}
    assert create(Target=reads)[0] == "ValidationException"
    not_here = "is not supported by this version of wharf."
    for name, why in (
        ("foo:bar", f"foo {not_here}"),
        ("sqs:foo", "sqs has no operation Foo."),
        ("sns:putDataProtectionPolicy", f"sns:PutDataProtectionPolicy {not_here}"),
    ):
        unknown = {"Arn": f"arn:aws:scheduler:::aws-sdk:{name}", "RoleArn": role}
        assert create(Target=unknown) == ("ValidationException", f"{unknown['Arn']} is not a valid target ARN: {why}")


def test_groups_tags_and_lists(wharf):
    scheduler, group = wharf.client("scheduler"), tasks.unique("group")
    role = role_for(wharf, "logs:*")
    arn = scheduler.create_schedule_group(Name=group, Tags=[{"Key": "team", "Value": "web"}])["ScheduleGroupArn"]
    for number in range(5):
        target = {**makes_group("x"), "RoleArn": role}
        scheduler.create_schedule(
            Name=f"s{number}", GroupName=group, ScheduleExpression="at(2099-01-01T00:00:00)", FlexibleTimeWindow=OFF, Target=target
        )
    pages = list(scheduler.get_paginator("list_schedules").paginate(GroupName=group, PaginationConfig={"PageSize": 2}))
    assert [len(page["Schedules"]) for page in pages] == [2, 2, 1]
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "web"}]
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["scheduler:schedule-group"])
    assert arn in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]
    scheduler.delete_schedule_group(Name=group)
    wait_for(lambda: group not in [it["Name"] for it in scheduler.list_schedule_groups()["ScheduleGroups"]], 10, "the group is gone")


def test_what_came_due_while_the_server_was_dead_is_done_once(fresh):
    scheduler = fresh.client("scheduler")
    role = role_for(fresh, "logs:CreateLogStream")
    fresh.client("logs").create_log_group(logGroupName="late")
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogStream",
        "RoleArn": role,
        "Input": json.dumps({"LogGroupName": "late", "LogStreamName": "<aws.scheduler.execution-id>"}),
    }
    for number in range(10):
        scheduler.create_schedule(Name=f"late-{number}", ScheduleExpression=soon(3), FlexibleTimeWindow=OFF, Target=target)
    for _ in range(4):
        fresh.kill_child("server")
    logs = fresh.client("logs")

    def streams():
        return logs.describe_log_streams(logGroupName="late")["logStreams"]

    wait_for(lambda: len(streams()) >= 10, 60, "each schedule was carried out")
    fresh.kill_child("server")
    assert len(streams()) == 10


CAPO = """
import datetime, json, os
from capo_scheduler import SchedulerClient
from capo_scheduler.errors import ConflictException, ResourceNotFoundException, ValidationException

group, target = os.environ["GROUP"], json.loads(os.environ["TARGET"])
client = SchedulerClient(region="us-east-1", endpoint=os.environ["AWS_ENDPOINT_URL"], retry_max_attempts=1)
of_group = {"group_name": group}
more = of_group | {"flexible_time_window": {"mode": "OFF"}, "target": target}
made = client.create_schedule_group(group, tags=[{"key": "team", "value": "web"}])
print(client.list_tags_for_resource(made["schedule_group_arn"])["tags"])
for name in ("a", "b", "c"):
    client.create_schedule(name, "cron(0 3 * * ? *)", schedule_expression_timezone="Europe/Berlin", **more)
print([it["name"] for it in client.iter_list_schedules(max_results=1, **of_group)])
found = client.get_schedule("a", **of_group)
print(found["schedule_expression"], found["schedule_expression_timezone"], found["state"], found["creation_date"].tzinfo)
client.update_schedule("a", "rate(1 hour)", state="DISABLED", **more)
print([it["name"] for it in client.iter_list_schedules(state="DISABLED", **of_group)])
for what, call in (
    (ResourceNotFoundException, lambda: client.get_schedule("none", **of_group)),
    (ConflictException, lambda: client.create_schedule("a", "rate(1 hour)", **more)),
    (ValidationException, lambda: client.create_schedule("d", "rate(0 hours)", **more)),
):
    try:
        call()
    except what as error:
        print(type(error).__name__)
at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
client.create_schedule("now", f"at({at:%Y-%m-%dT%H:%M:%S})", action_after_completion="DELETE", **more)
"""


def test_a_client_that_is_not_of_amazon(wharf):
    """`capo-scheduler` of PyPI, which brings its own HTTP and its own signatures."""
    scheduler, group, logs = wharf.client("scheduler"), tasks.unique("capo"), tasks.unique("capo")
    target = makes_group(logs)
    target = {"arn": target["Arn"], "input": target["Input"], "role_arn": role_for(wharf, "logs:CreateLogGroup")}
    environment = wharf.environment() | {
        "AWS_ENDPOINT_URL": wharf.endpoint,
        "GROUP": group,
        "TARGET": json.dumps(target),
    }
    printed = tools.run(tools.client("python"), "-c", CAPO, env=environment).stdout.splitlines()
    assert printed == [
        "[{'key': 'team', 'value': 'web'}]",
        "['a', 'b', 'c']",
        "cron(0 3 * * ? *) Europe/Berlin ENABLED UTC",
        "['a']",
        "ResourceNotFoundException",
        "ConflictException",
        "ValidationException",
    ]
    wait_for(lambda: groups(wharf, logs), what="the call that was scheduled")
    wait_for(lambda: len(scheduler.list_schedules(GroupName=group)["Schedules"]) == 3, what="the schedule of one time is gone")
    scheduler.delete_schedule_group(Name=group)
