"""Events to a queue."""

import json
import statistics
import time

from harness import images, tasks
from harness.installation import Installation
from harness.waiting import wait_for

from . import load

TITLE = "Events"
METHOD = (
    "PutEvents of ten entries, 64 connections, five seconds, onto a bus with a hundred rules of which one matches and has a queue for a target. An entry is answered when what its "
    "target is owed is on disk. Then the rate at which the queue had all of them, from the first call to the last message. The client shares the cores with the server. "
    "At last a rule with a cluster for a target: from the call of PutEvents until DescribeTasks says that the task, whose image is cached and whose network is none, is RUNNING, asked "
    "without pause."
)
COLUMNS = ("what", "figure")
RULES = 100
ROUNDS = 20


def run():
    with Installation() as wharf:
        wharf.start(node=False)
        sqs, events = wharf.client("sqs"), wharf.client("events")
        url = sqs.create_queue(QueueName="bench")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        for number in range(RULES):
            source = "bench" if number == 0 else f"other.{number}"
            events.put_rule(Name=f"rule-{number}", EventPattern=json.dumps({"source": [source]}))
        events.put_targets(Rule="rule-0", Targets=[{"Id": "queue", "Arn": arn}])
        begun = time.monotonic()
        put = load.run("events-put", wharf, "bench", 64)

        def count():
            asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            return int(asked["Attributes"]["ApproximateNumberOfMessages"])

        last = [0, 0.0]

        def still():
            now = count()
            if now != last[0]:
                last[:] = now, time.monotonic()
            return time.monotonic() - last[1] > 2

        wait_for(still, 120, "the last message", interval_s=0.1)
        return [
            ("entries accepted / s", f"{put['per_second'] * 10:,.0f} (p99 {put['p99_ms']:.0f} ms)"),
            (f"entries delivered / s, {last[0]:,} in all", f"{last[0] / (last[1] - begun):,.0f}"),
            (f"a task runs after its event, ms, median / worst of {ROUNDS}", _tasks()),
        ]


def _tasks():
    with Installation() as wharf:
        wharf.start()
        iam, ecs, events = (wharf.client(it) for it in ("iam", "ecs", "events"))
        forever = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]
        definition = tasks.register(
            wharf, images.push(wharf, "busybox"), memory=16, stopTimeout=2, entryPoint=forever[:2], command=forever[2:]
        )
        trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="bench", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName="bench", PolicyName="run", PolicyDocument=tasks.document(["ecs:RunTask", "iam:PassRole"]))
        events.put_rule(Name="run", EventPattern=json.dumps({"source": ["run"]}))
        parameters = {"TaskDefinitionArn": definition, "LaunchType": "EC2"}
        cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/default"
        target = {"Id": "cluster", "Arn": cluster, "RoleArn": role, "EcsParameters": parameters}
        assert events.put_targets(Rule="run", Targets=[target])["FailedEntryCount"] == 0
        taken = []
        # The first is a warm-up.
        for _ in range(ROUNDS + 1):
            begun = time.monotonic()
            events.put_events(Entries=[{"Source": "run", "DetailType": "now", "Detail": "{}"}])
            while not (arns := ecs.list_tasks(startedBy="events-rule/run", desiredStatus="RUNNING")["taskArns"]):
                assert time.monotonic() - begun < 30, "no task within 30 s"
            while ecs.describe_tasks(tasks=arns)["tasks"][0]["lastStatus"] != "RUNNING":
                assert time.monotonic() - begun < 30, "not RUNNING within 30 s"
            taken.append((time.monotonic() - begun) * 1000)
            tasks.Task(wharf, arns[0]).stop()
    return f"{statistics.median(taken[1:]):.1f} / {max(taken[1:]):.1f}"
