"""Messages of a FIFO queue while processes die: each group's in order, none twice, none lost."""

import contextlib
import threading

from botocore.exceptions import BotoCoreError, ClientError

GROUPS = ("a", "b", "c")


class Group:
    """What was sent and received of a group: numbers from 1 on."""

    def __init__(self):
        # The number that is sent now, again and again under its own deduplication id until the answer comes.
        self.sending = 1
        # The last that was deleted for certain; the one after it may be gone too if its deletion had no answer.
        self.gone, self.asked = 0, 0

    @property
    def sent(self):
        """The last that was acknowledged."""
        return self.sending - 1

    def judge(self, numbers):
        """What is wrong with numbers that came in one answer; `None` if nothing is."""
        first = numbers[0]
        if numbers != list(range(first, first + len(numbers))):
            return f"{numbers} are out of order"
        if first <= self.gone:
            return f"{first} came again after {self.gone} was deleted"
        if first > self.asked + 1:
            return f"{first} came before {self.asked + 1}"
        if numbers[-1] > self.sending:
            return f"{numbers[-1]} was never sent"
        return None


class Ordered:
    def __init__(self, wharf, held_s):
        attributes = {"FifoQueue": "true", "VisibilityTimeout": str(held_s)}
        self.queue = wharf.client("sqs").create_queue(QueueName="flow.fifo", Attributes=attributes)["QueueUrl"]
        self.groups = {name: Group() for name in GROUPS}
        self.problems, self.lock = [], threading.Lock()
        # The last call to receive or delete that failed.
        self.failed = None

    def send(self, sqs, number):
        """The next of one group. One without an answer may be there or not: it is sent again as the same."""
        name = GROUPS[number % len(GROUPS)]
        group = self.groups[name]
        word = str(group.sending)
        with contextlib.suppress(BotoCoreError, ClientError):
            sqs.send_message(QueueUrl=self.queue, MessageBody=word, MessageGroupId=name, MessageDeduplicationId=f"{name}{word}")
            group.sending += 1

    def receive(self, sqs):
        # Who receives also judges and deletes, before somebody else receives.
        with self.lock, self._failing():
            got = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]).get(
                "Messages", []
            )
            for name, group in self.groups.items():
                of_group = [it for it in got if it["Attributes"]["MessageGroupId"] == name]
                if of_group:
                    self._take(sqs, name, group, of_group)

    @contextlib.contextmanager
    def _failing(self):
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            self.failed = str(error)

    def _take(self, sqs, name, group, messages):
        numbers = [int(it["Body"]) for it in messages]
        if problem := group.judge(numbers):
            self.problems.append(f"group {name}: {problem}")
        for number, it in zip(numbers, messages, strict=True):
            group.gone, group.asked = number - 1, number
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=it["ReceiptHandle"])
            group.gone = number

    def is_out(self, wanted):
        """Whether all up to these numbers, by group, have come and were deleted, or may have been."""
        return all(self.groups[name].asked >= number for name, number in wanted.items())

    def wanted(self):
        return {name: group.sent for name, group in self.groups.items()}

    def counts(self):
        """Sent and received, by group."""
        return {name: (group.sent, group.asked) for name, group in self.groups.items()}
