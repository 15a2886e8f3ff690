"""Events to a queue."""

import json
import time

from harness.installation import Installation
from harness.waiting import wait_for

from . import load

TITLE = "Events"
METHOD = (
    "PutEvents of ten entries, 64 connections, five seconds, onto a bus with a hundred rules of which one matches and has a queue for a target. An entry is answered when what its "
    "target is owed is on disk. Then the rate at which the queue had all of them, from the first call to the last message. The client shares the cores with the server."
)
COLUMNS = ("what", "entries / s")
RULES = 100


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
            ("accepted", f"{put['per_second'] * 10:,.0f} (p99 {put['p99_ms']:.0f} ms)"),
            (f"delivered, {last[0]:,} in all", f"{last[0] / (last[1] - begun):,.0f}"),
        ]
