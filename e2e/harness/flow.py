"""What flows through an installation while its processes die: messages through a queue, others in order through a FIFO queue,
objects into a bucket, moments of schedules into the first queue. Counts what was acknowledged, and what came out."""

import contextlib
import datetime
import json
import random
import threading

from botocore.exceptions import BotoCoreError, ClientError

from . import tasks
from .ordered import Ordered
from .waiting import Late, wait_for

# A message that somebody received when the server died is received again after this.
HELD_S = 5
READ_AGAIN = 20


class Flow:
    """Sends, receives and puts in a thread of its own, from `with` to its end."""

    def __init__(self, wharf):
        self.wharf, self.number = wharf, 0
        # What may be there, and what was acknowledged and so must be.
        self.tried, self.sent, self.put = set(), set(), set()
        self.received = set()
        self.queue = wharf.client("sqs").create_queue(QueueName="flow", Attributes={"VisibilityTimeout": str(HELD_S)})["QueueUrl"]
        self.ordered = Ordered(wharf, HELD_S)
        self.bucket = "flow"
        wharf.client("s3").create_bucket(Bucket=self.bucket)
        iam, trust = (
            wharf.client("iam"),
            {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"},
        )
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.role = iam.create_role(RoleName="flow", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        iam.put_role_policy(RoleName="flow", PolicyName="send", PolicyDocument=tasks.document("sqs:SendMessage"))
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._flow)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _flow(self):
        sqs, s3 = self.wharf.client("sqs"), self.wharf.client("s3")
        while not self.over.wait(0.02):
            self.number += 1
            word = f"message {self.number}"
            self.tried.add(word)
            with contextlib.suppress(BotoCoreError, ClientError):
                sqs.send_message(QueueUrl=self.queue, MessageBody=word)
                self.sent.add(word)
            with contextlib.suppress(BotoCoreError, ClientError):
                s3.put_object(Bucket=self.bucket, Key=str(self.number), Body=word)
                self.put.add(self.number)
            self.ordered.send(sqs, self.number)
            if self.number % 5 == 0:
                self._receive(sqs)
                self.ordered.receive(sqs)

    def _receive(self, sqs):
        with contextlib.suppress(BotoCoreError, ClientError):
            got = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
            for one in got:
                self.received.add(one["Body"])
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])

    def schedule(self):
        """A moment in a second or two, when nobody may be there."""
        word = f"moment {len(self.tried)}"
        self.tried.add(word)
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        queue = f"arn:aws:sqs:us-east-1:000000000000:{self.queue.rpartition('/')[2]}"
        with contextlib.suppress(BotoCoreError, ClientError):
            self.wharf.client("scheduler").create_schedule(
                Name=word.replace(" ", "-"),
                ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={"Arn": queue, "RoleArn": self.role, "Input": word},
                ActionAfterCompletion="DELETE",
            )
            # One that was made after its moment never comes.
            if datetime.datetime.now(datetime.timezone.utc) < due.replace(microsecond=0):
                self.sent.add(word)

    def check(self):
        """All that went in so far has come out, or comes, and in order where order counts; nothing came out that was not
        tried; objects are what they were."""
        wanted, sqs, s3 = set(self.sent), self.wharf.client("sqs"), self.wharf.client("s3")
        in_order = self.ordered.wanted()

        def all_out():
            self._receive(sqs)
            self.ordered.receive(sqs)
            return wanted <= self.received and self.ordered.is_out(in_order)

        try:
            wait_for(all_out, 90, "all messages")
        except Late as error:
            missing = sorted(wanted - self.received)
            raise AssertionError(
                f"{len(missing)} of {len(wanted)} messages are lost: {missing[:3]}; of groups, sent and received: {self.ordered.counts()},"
                f" last failure: {self.ordered.failed}"
            ) from error
        assert not self.ordered.problems, self.ordered.problems[:3]
        invented = self.received - self.tried
        assert not invented, f"messages that nobody sent: {sorted(invented)[:3]}"
        there = set(self.put)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = {int(one["Key"]) for page in pages for one in page.get("Contents", [])}
        assert there <= found, f"{len(there - found)} of {len(there)} acknowledged objects are lost: {sorted(there - found)[:3]}"
        for number in random.sample(sorted(there), min(READ_AGAIN, len(there))):
            assert s3.get_object(Bucket=self.bucket, Key=str(number))["Body"].read() == f"message {number}".encode(), number
