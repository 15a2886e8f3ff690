"""Mailboxes that subscribe to topics, through a real SMTP server: they agree by the link, get messages, and end it by the link."""

import email
import email.policy
import json
import re
import urllib.request

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from harness import tasks
from harness.installation import Installation, free_port
from harness.refusals import refused
from harness.waiting import wait_for

FROM = "wharf@example.com"
PASSWORD = "mail sesame"


class Mailboxes:
    """Takes mail for everybody but `nobody@…`, and for `busy@…` the second time."""

    def __init__(self):
        self.got, self.users, self._busy = [], [], set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 there is no such mailbox"
        if address.startswith("busy@") and address not in self._busy:
            self._busy.add(address)
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.got.append((envelope.mail_from, envelope.rcpt_tos[0], mail))
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.users.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == PASSWORD)

    def of(self, address):
        return [mail for _, to, mail in self.got if to == address]

    def next_of(self, address, number):
        wait_for(lambda: len(self.of(address)) >= number, what=f"{address} got {number} mails")
        return self.of(address)[number - 1]


@pytest.fixture(scope="module")
def mailboxes():
    boxes, port = Mailboxes(), free_port()
    server = Controller(
        boxes, hostname="127.0.0.1", port=port, authenticator=boxes.authenticate, auth_required=True, auth_require_tls=False
    )  # fmt: skip
    server.start()
    boxes.port = port
    yield boxes
    server.stop()


@pytest.fixture(scope="module")
def mailing(mailboxes, tmp_path_factory):
    file = tmp_path_factory.mktemp("smtp") / "password"
    file.write_text(PASSWORD + "\n")
    arguments = ("--smtp", f"smtp://me@127.0.0.1:{mailboxes.port}", "--smtp-from", FROM, "--smtp-password-file", str(file))
    with Installation(arguments=arguments) as alone:
        yield alone.start(node=False)


def link_in(mail):
    return re.search(r"http\S+", mail.get_content()).group()


def visit(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def subscribed(wharf, mailboxes, protocol="email", **topic):
    sns = wharf.client("sns")
    arn, address = sns.create_topic(Name=tasks.unique("mail"), **topic)["TopicArn"], f"{tasks.unique('me')}@example.com"
    assert sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=address)["SubscriptionArn"] == "pending confirmation"
    question = mailboxes.next_of(address, 1)
    assert question["Subject"] == "AWS Notification - Subscription Confirmation"
    assert arn in question.get_content()
    sns.publish(TopicArn=arn, Message="before anybody agreed")
    visit(link_in(question))
    return sns, arn, address


def test_a_mailbox_agrees_gets_mail_and_ends_it(mailing, mailboxes):
    sns, topic, address = subscribed(mailing, mailboxes, Attributes={"DisplayName": "The shop"})
    sent = sns.publish(TopicArn=topic, Message="dear ☃,\nhello", Subject="one")
    mail = mailboxes.next_of(address, 2)
    (sender,) = mail["From"].addresses
    assert (mail["Subject"], sender.display_name, sender.addr_spec) == ("one", "The shop", FROM)
    assert mail["Message-ID"] == f"<{sent['MessageId']}@example.com>"
    assert mail.get_content().replace("\r\n", "\n").startswith("dear ☃,\nhello\n\n--\n")
    assert ("me", PASSWORD) in mailboxes.users
    visit(link_in(mail))
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    ended = mailboxes.next_of(address, 3)
    assert ended["Subject"] == "AWS Notification - Unsubscribe Confirmation"
    visit(link_in(ended))
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
    sns.publish(TopicArn=topic, Message="again")
    assert mailboxes.next_of(address, 4)["Subject"] == "AWS Notification Message"


def test_programs_get_the_signed_message(mailing, mailboxes):
    sns, topic, address = subscribed(mailing, mailboxes, protocol="email-json")
    texts = json.dumps({"default": "for others", "email-json": "for programs"})
    sns.publish(TopicArn=topic, Message=texts, MessageStructure="json", Subject="x")
    message = json.loads(mailboxes.next_of(address, 2).get_content())
    assert (message["Type"], message["Message"], message["Subject"]) == ("Notification", "for programs", "x")
    assert message["Signature"] and message["UnsubscribeURL"]


def test_what_a_server_does_not_take_now_it_gets_again(mailing, mailboxes):
    sns = mailing.client("sns")
    topic, name = sns.create_topic(Name=tasks.unique("mail"))["TopicArn"], tasks.unique("x")
    for address in (f"nobody@{name}.example.com", f"busy@{name}.example.com"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    mailboxes.next_of(f"busy@{name}.example.com", 1)
    assert mailboxes.of(f"nobody@{name}.example.com") == []


def test_what_is_refused(mailing, wharf):
    sns = mailing.client("sns")
    topic = sns.create_topic(Name=tasks.unique("mail"))["TopicArn"]

    def why_not(client=sns, **parameters):
        good = {"TopicArn": topic, "Protocol": "email", "Endpoint": "me@example.com"}
        return refused(client.subscribe, **good | parameters)[1]

    assert why_not(Endpoint="me") == "Invalid parameter: Endpoint Reason: Email address"
    assert why_not(Endpoint="me@example.com\r\nBcc: you@example.com") == "Invalid parameter: Endpoint Reason: Email address"
    assert "does not support raw message delivery" in why_not(Attributes={"RawMessageDelivery": "true"})
    other = wharf.client("sns")
    elsewhere = other.create_topic(Name=tasks.unique("mail"))["TopicArn"]
    assert "no SMTP server" in why_not(other, TopicArn=elsewhere)
    other.delete_topic(TopicArn=elsewhere)
    assert PASSWORD not in "".join(it.read_text(errors="replace") for it in (mailing.data / "log").iterdir() if it.is_file())
