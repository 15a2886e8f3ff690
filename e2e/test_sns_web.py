"""Web servers that subscribe to topics: they agree by the link, get signed messages, and end it by the link."""

import base64
import json
import urllib.error
import urllib.request

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from harness import tasks, tools
from harness.installation import Installation
from harness.waiting import wait_for
from harness.web_server import server
from test_sns import queue, received

SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
DIGESTS = {"1": hashes.SHA1(), "2": hashes.SHA256()}


@pytest.fixture(scope="module")
def reaching():
    """An installation that may reach this machine."""
    with Installation(arguments=("--allow-egress", "127.0.0.0/8")) as alone:
        yield alone.start(node=False)


def fetched(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def verified(text):
    """The message, if its signature is that of the certificate it names."""
    message = json.loads(text)
    certificate = x509.load_pem_x509_certificate(fetched(message["SigningCertURL"]))
    names = [it for it in SIGNED[message["Type"]] if it in message]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names)
    digest = DIGESTS[message["SignatureVersion"]]
    certificate.public_key().verify(base64.b64decode(message["Signature"]), signed.encode(), PKCS1v15(), digest)
    return message


def next_of(got, number):
    wait_for(lambda: len(got) >= number, what=f"the server got {number}")
    it = got[number - 1]
    return it.headers, it.body


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_server_agrees_gets_messages_and_ends_it(reaching, version):
    sns = reaching.client("sns")
    topic = sns.create_topic(Name=tasks.unique("web"), Attributes={"SignatureVersion": version})["TopicArn"]
    with server() as (url, got):
        assert sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)["SubscriptionArn"] == "pending confirmation"
        headers, body = next_of(got, 1)
        question = verified(body)
        assert headers["x-amz-sns-message-type"] == question["Type"] == "SubscriptionConfirmation"
        assert question["SignatureVersion"] == version
        assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
        assert b"SubscriptionArn" in fetched(question["SubscribeURL"])
        (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        sent = sns.publish(TopicArn=topic, Message="dear ☃", Subject="one")
        headers, body = next_of(got, 2)
        message = verified(body)
        assert (message["Message"], message["MessageId"], message["Subject"]) == ("dear ☃", sent["MessageId"], "one")
        assert headers["x-amz-sns-subscription-arn"] == listed["SubscriptionArn"]
        assert headers["content-type"] == "text/plain; charset=UTF-8"
        fetched(message["UnsubscribeURL"])
        assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
        _, body = next_of(got, 3)
        assert verified(body)["Type"] == "UnsubscribeConfirmation"


def test_only_who_signs_ends_what_was_confirmed_so(reaching):
    sns = reaching.client("sns")
    topic = sns.create_topic(Name=tasks.unique("web"))["TopicArn"]
    with server() as (url, got):
        arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url, ReturnSubscriptionArn=True)["SubscriptionArn"]
        question = verified(next_of(got, 1)[1])
        confirmed = sns.confirm_subscription(TopicArn=topic, Token=question["Token"], AuthenticateOnUnsubscribe="true")
        assert confirmed["SubscriptionArn"] == arn
        sns.publish(TopicArn=topic, Message="x")
        message = verified(next_of(got, 2)[1])
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetched(message["UnsubscribeURL"])
        assert caught.value.code == 403
        sns.unsubscribe(SubscriptionArn=arn)
        with pytest.raises(sns.exceptions.InvalidParameterException):
            sns.confirm_subscription(TopicArn=topic, Token="forged" + question["Token"])


def test_envelopes_of_queues_are_signed(reaching):
    sns = reaching.client("sns")
    topic = sns.create_topic(Name=tasks.unique("signed"))["TopicArn"]
    url, arn = queue(reaching, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="x")
    (message,) = received(reaching, url, 1)
    assert verified(message["Body"])["Message"] == "x"


def test_a_message_outlives_server_and_installation(reaching):
    """The endpoint fails, wharf is killed, and the message arrives all the same."""
    sns = reaching.client("sns")
    topic = sns.create_topic(Name=tasks.unique("web"))["TopicArn"]
    retries = {"healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 60}}
    with server([200, 503, 503]) as (url, got):
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url, Attributes={"DeliveryPolicy": json.dumps(retries)})
        fetched(verified(next_of(got, 1)[1])["SubscribeURL"])
        sent = sns.publish(TopicArn=topic, Message="kept")
        next_of(got, 2)
        reaching.kill_child("server")
        wait_for(lambda: len(got) >= 4, what="it arrives")
        assert verified(got[-1].body)["MessageId"] == sent["MessageId"]


def test_addresses_of_this_machine_are_refused_unless_allowed(wharf):
    sns = wharf.client("sns")
    topic = sns.create_topic(Name=tasks.unique("web"))["TopicArn"]
    with server() as (url, got):
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        log = wharf.data / "log" / "server.log"
        wait_for(lambda: "--allow-egress" in log.read_text(), what="the log says why")
        assert got == []


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_validator_of_aws_takes_what_is_signed_and_nothing_else(reaching, tmp_path, version):
    """`sns-validator` of npm, which fetches the certificate over TLS and takes no other."""
    authority, endpoint = tmp_path / "ca.pem", f"https://localhost:{reaching.port}"
    authority.write_text(reaching.run("ca", "--endpoint").stdout)
    keys = {"aws_access_key_id": reaching.root.access_key, "aws_secret_access_key": reaching.root.secret_key}
    sns = boto3.client("sns", endpoint_url=endpoint, region_name="us-east-1", verify=str(authority), **keys)
    topic = sns.create_topic(Name=tasks.unique("validated"), Attributes={"SignatureVersion": version})["TopicArn"]
    with server() as (url, got):
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        question = json.loads(next_of(got, 1)[1])
        sns.confirm_subscription(TopicArn=topic, Token=question["Token"])
        sns.publish(TopicArn=topic, Message="dear ☃", Subject="one")
        message = json.loads(next_of(got, 2)[1])
    forged = [message | {"Message": "dear all"}, message | {"SigningCertURL": "https://localhost.example.com/x.pem"}]
    lines = "".join(json.dumps(it) + "\n" for it in (question, message, *forged))
    environment = reaching.environment() | {
        "NODE_PATH": str(tools.CLIENTS / "javascript" / "node_modules"),
        "NODE_EXTRA_CA_CERTS": str(authority),
        "HOST_PATTERN": f"^localhost:{reaching.port}$",
    }
    script = tools.REPOSITORY / "e2e" / "javascript" / "sns_validator.cjs"
    said = tools.run(tools.node(), script, env=environment, stdin=lines).stdout.splitlines()
    assert len(said) == 4
    # Answers come as certificates do.
    assert [it for it in said if it.startswith("SubscriptionConfirmation: ")] and 'Notification: "dear ☃"' in said
    refused = sorted(it for it in said if it.startswith("refused: "))
    assert refused == ["refused: The certificate is located on an invalid domain.", "refused: The message signature is invalid."]
