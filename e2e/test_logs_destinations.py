"""Where subscriptions of log groups lead: other groups, destinations of other accounts, web servers; filters for a whole account."""

import base64
import gzip
import json

import pytest
from botocore.exceptions import ClientError

from harness import log_groups, tasks
from harness.installation import Installation, Place
from harness.log_groups import put
from harness.waiting import wait_for
from harness.web_server import server
from test_accounts import create

HOME = "000000000000"
SERVICE = {"Service": "logs.amazonaws.com"}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(place, *actions):
    """A role that the service may take, which may do these: its ARN."""
    iam, name = place.client("iam"), tasks.unique("sends")
    trust = policy({"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow(list(actions))))
    return arn


def group_arn(name, account=HOME):
    return f"arn:aws:logs:us-east-1:{account}:log-group:{name}"


def texts(logs, group):
    """All events of a group."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def queue(place, name):
    sqs = place.client("sqs")
    url = sqs.create_queue(QueueName=tasks.unique(name))["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def received(place, url, messages):
    """Adds the messages that are there now, unpacked, and takes them off the queue."""
    sqs = place.client("sqs")
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        messages.append(json.loads(gzip.decompress(base64.b64decode(message["Body"]))))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


def lines(messages):
    data = [message for message in messages if message["messageType"] == "DATA_MESSAGE"]
    return [(message["logGroup"], event["message"]) for message in data for event in message["logEvents"]]


def test_groups_forward_once_and_lose_nothing_with_the_server(wharf):
    logs = wharf.client("logs")
    source, target = log_groups.make(wharf, "source"), log_groups.make(wharf, "target")
    with pytest.raises(ClientError, match="its own"):
        logs.put_subscription_filter(logGroupName=source, filterName="f", filterPattern="", destinationArn=group_arn(source))
    for one, other in ((source, target), (target, source)):
        logs.put_subscription_filter(logGroupName=one, filterName="f", filterPattern="line", destinationArn=group_arn(other))
    expected = set()
    for turn in range(3):
        messages = [f"line {turn}-{number}" for number in range(200)]
        put(logs, source, *messages)
        expected.update(messages)
        wharf.kill_child("server")
        wharf.wait_ready()
    wait_for(lambda: expected <= set(texts(logs, target)), what="all lines")
    # Nothing comes back, however often the other filter looks.
    put(logs, target, "line of its own")
    wait_for(lambda: "line of its own" in texts(logs, source), what="the other direction")
    assert len(texts(logs, source)) == len(expected) + 1
    (stream,) = logs.describe_log_streams(logGroupName=target, logStreamNamePrefix=HOME)["logStreams"]
    assert stream["logStreamName"] == f"{HOME}/us-east-1/{source}/{log_groups.STREAM}"


def test_a_group_of_another_account_takes_what_its_policy_says(wharf):
    number, root = create(wharf, tasks.unique("central"))
    central = Place(wharf, "us-east-1", root)
    logs, theirs = wharf.client("logs"), central.client("logs")
    source, target = log_groups.make(wharf, "source"), log_groups.make(central, "all")
    subscribe = {"logGroupName": source, "filterName": "f", "filterPattern": "", "destinationArn": group_arn(target, number)}
    with pytest.raises(ClientError, match="Could not deliver test message"):
        logs.put_subscription_filter(**subscribe)
    condition = {"StringEquals": {"aws:SourceAccount": HOME}}
    statement = allow("logs:PutLogEvents", group_arn(target, number) + ":*", Principal=SERVICE, Condition=condition)
    theirs.put_resource_policy(policyName="in", policyDocument=policy(statement))
    logs.put_subscription_filter(**subscribe)
    put(logs, source, "from home")
    wait_for(lambda: texts(theirs, target) == ["from home"], what="the line")
    theirs.delete_resource_policy(policyName="in")
    put(logs, source, "later")
    shown = wharf.data / "log" / "server.log"
    wait_for(lambda: "a destination of log events failed" in shown.read_text(), what="the refusal")
    assert texts(theirs, target) == ["from home"]


def test_a_destination_of_another_account_is_for_those_that_its_policy_names(wharf):
    number, root = create(wharf, tasks.unique("central"))
    central = Place(wharf, "us-east-1", root)
    logs, theirs = wharf.client("logs"), central.client("logs")
    source = log_groups.make(wharf, "source")
    url, target = queue(central, "lines")
    name = tasks.unique("central")
    made = theirs.put_destination(destinationName=name, targetArn=target, roleArn=role(central, "sqs:SendMessage"))["destination"]
    assert made["arn"] == f"arn:aws:logs:us-east-1:{number}:destination:{name}"
    subscribe = {"logGroupName": source, "filterName": "f", "filterPattern": "", "destinationArn": made["arn"]}
    with pytest.raises(ClientError) as refused:
        logs.put_subscription_filter(**subscribe)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    lets_in = policy(allow("logs:PutSubscriptionFilter", made["arn"], Principal={"AWS": HOME}))
    theirs.put_destination_policy(destinationName=name, accessPolicy=lets_in)
    logs.put_subscription_filter(**subscribe)
    put(logs, source, "one", "two")
    messages = []
    wait_for(lambda: len(lines(received(central, url, messages))) >= 2, what="the lines")
    assert lines(messages) == [(source, "one"), (source, "two")]
    (shown,) = theirs.describe_destinations(DestinationNamePrefix=name)["destinations"]
    assert (shown["targetArn"], shown["accessPolicy"]) == (target, lets_in)
    theirs.delete_destination(destinationName=name)
    assert theirs.describe_destinations(DestinationNamePrefix=name)["destinations"] == []


@pytest.fixture(scope="module")
def reaching():
    """An installation that may reach this machine."""
    with Installation(arguments=("--allow-egress", "127.0.0.0/8")) as alone:
        yield alone.start(node=False)


def test_a_web_server_gets_lines_through_an_api_destination(reaching):
    logs, events = reaching.client("logs"), reaching.client("events")
    source = log_groups.make(reaching, "source")
    with server() as (url, got):
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "sesame"}}
        connection = events.create_connection(Name=tasks.unique("c"), AuthorizationType="API_KEY", AuthParameters=key)
        destination = events.create_api_destination(
            Name=tasks.unique("d"), ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=f"{url}/in", HttpMethod="POST"
        )["ApiDestinationArn"]
        subscribe = {"logGroupName": source, "filterName": "f", "filterPattern": "", "destinationArn": destination}
        with pytest.raises(ClientError, match="Could not deliver test message"):
            logs.put_subscription_filter(**subscribe, roleArn=role(reaching, "sqs:SendMessage"))
        assert got == []
        logs.put_subscription_filter(**subscribe, roleArn=role(reaching, "events:InvokeApiDestination"))
        put(logs, source, "one", "two")
        wait_for(lambda: len(got) >= 2, what="the request")
        it = got[-1]
        assert (it.path, it.headers["x-key"], it.headers["content-encoding"]) == ("/in", "sesame", "gzip")
        assert lines([json.loads(it.body)]) == [(source, "one"), (source, "two")]


def test_a_policy_subscribes_to_all_groups_of_an_account(wharf):
    _, root = create(wharf, tasks.unique("all"))
    place = Place(wharf, "us-east-1", root)
    logs = place.client("logs")
    before, exempt = log_groups.make(place, "before"), log_groups.make(place, "exempt")
    url, arn = queue(place, "lines")
    document = {"DestinationArn": arn, "RoleArn": role(place, "sqs:SendMessage"), "FilterPattern": "ERROR"}
    logs.put_account_policy(
        policyName="all",
        policyType="SUBSCRIPTION_FILTER_POLICY",
        policyDocument=json.dumps(document),
        selectionCriteria=f'LogGroupName NOT IN ["{exempt}"]',
    )
    groups = [before, exempt, log_groups.make(place, "later")]
    for group in groups:
        put(logs, group, "ERROR here", "fine")
    messages = []
    wait_for(lambda: len(lines(received(place, url, messages))) >= 2, what="the lines")
    assert sorted(lines(messages)) == sorted([(before, "ERROR here"), (groups[2], "ERROR here")])
    (shown,) = logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"]
    assert json.loads(shown["policyDocument"]) == document
    logs.delete_account_policy(policyName="all", policyType="SUBSCRIPTION_FILTER_POLICY")
    assert logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"] == []
