"""Events for web servers and log groups, with stock clients: connections prove who asks, policies let EventBridge write."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.installation import Installation
from harness.waiting import wait_for
from harness.web_server import server
from test_sns import queue, received


@pytest.fixture(scope="module")
def reaching():
    """An installation that may reach this machine."""
    with Installation(arguments=("--allow-egress", "127.0.0.0/8")) as alone:
        yield alone.start(node=False)


def role(wharf, allowed):
    iam, name = wharf.client("iam"), tasks.unique("caller")
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))["Role"][
        "Arn"
    ]
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return arn


def rule(wharf, target):
    events, source = wharf.client("events"), tasks.unique("shop")
    arn = events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    assert events.put_targets(Rule=source, Targets=[{"Id": "t", **target}])["FailedEntryCount"] == 0
    return source, arn


def put(wharf, source, **detail):
    entry = {"Source": source, "DetailType": "order", "Detail": json.dumps(detail)}
    assert wharf.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_events_go_to_a_web_server_with_a_token(reaching):
    events = reaching.client("events")
    with server([(503, {"retry-after": "1"})]) as (url, got):
        oauth = {
            "ClientParameters": {"ClientID": "me", "ClientSecret": "s3cret"},
            "AuthorizationEndpoint": f"{url}/token",
            "HttpMethod": "POST",
        }
        invocation = {"HeaderParameters": [{"Key": "x-tenant", "Value": "7", "IsValueSecret": False}]}
        connection = events.create_connection(
            Name=tasks.unique("c"),
            AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
            AuthParameters={"OAuthParameters": oauth, "InvocationHttpParameters": invocation},
        )
        name = connection["ConnectionArn"].split("/")[1]
        shown = reaching.aws("events", "describe-connection", "--name", name)
        assert shown["ConnectionState"] == "AUTHORIZED" and "s3cret" not in json.dumps(shown)
        assert shown["AuthParameters"]["OAuthParameters"]["ClientParameters"]["ClientID"] == "me"
        destination = events.create_api_destination(
            Name=tasks.unique("d"), ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=f"{url}/orders/*", HttpMethod="POST"
        )
        arn = destination["ApiDestinationArn"]
        http_parameters = {"PathParameterValues": ["a"], "QueryStringParameters": {"q": "1"}}
        source, _ = rule(
            reaching, {"Arn": arn, "RoleArn": role(reaching, "events:InvokeApiDestination"), "HttpParameters": http_parameters}
        )
        put(reaching, source, n=1)
        wait_for(lambda: len(got) >= 3, what="it is tried again")
        assert [it[0] for it in got] == ["/token", "/orders/a?q=1", "/orders/a?q=1"]
        it = got[-1]
        assert (it.headers["authorization"], it.headers["x-tenant"]) == ("Bearer t0ken", "7")
        assert json.loads(it.body)["detail"] == {"n": 1}
        assert "s3cret" not in (reaching.data / "log" / "server.log").read_text()
        events.deauthorize_connection(Name=name)
        assert events.describe_api_destination(Name=arn.split("/")[1])["ApiDestinationState"] == "INACTIVE"
        listed = events.list_api_destinations(ConnectionArn=connection["ConnectionArn"])["ApiDestinations"]
        assert [it["ApiDestinationArn"] for it in listed] == [arn]
        events.delete_api_destination(Name=arn.split("/")[1])
        events.delete_connection(Name=name)
        with pytest.raises(events.exceptions.ResourceNotFoundException):
            events.describe_connection(Name=name)


@pytest.mark.parametrize(
    ("kind", "parameters", "header", "value"),
    [
        # "me:s3cret" in base64.
        ("BASIC", {"BasicAuthParameters": {"Username": "me", "Password": "s3cret"}}, "authorization", "Basic bWU6czNjcmV0"),
        ("API_KEY", {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "s3cret"}}, "x-key", "s3cret"),
    ],
)
def test_events_go_to_a_web_server_with_what_it_knows(reaching, kind, parameters, header, value):
    events = reaching.client("events")
    with server() as (url, got):
        connection = events.create_connection(Name=tasks.unique("c"), AuthorizationType=kind, AuthParameters=parameters)
        shown = events.describe_connection(Name=connection["ConnectionArn"].split("/")[1])
        assert shown["ConnectionState"] == "AUTHORIZED" and "s3cret" not in json.dumps(shown, default=str)
        destination = events.create_api_destination(
            Name=tasks.unique("d"), ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=f"{url}/orders", HttpMethod="POST"
        )
        target = {"Arn": destination["ApiDestinationArn"], "RoleArn": role(reaching, "events:InvokeApiDestination")}
        source, _ = rule(reaching, target)
        put(reaching, source, n=1)
        wait_for(lambda: got, what="the event comes")
        (it,) = got
        assert (it[0], it.headers[header], json.loads(it.body)["detail"]) == ("/orders", value, {"n": 1})


def test_a_role_that_may_not_leaves_a_dead_letter(reaching):
    events = reaching.client("events")
    url, dead = queue(reaching)
    with server() as (address, got):
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "sesame"}}
        connection = events.create_connection(Name=tasks.unique("c"), AuthorizationType="API_KEY", AuthParameters=key)
        destination = events.create_api_destination(
            Name=tasks.unique("d"), ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=address, HttpMethod="POST"
        )
        target = {"Arn": destination["ApiDestinationArn"], "RoleArn": role(reaching, "sqs:SendMessage"), "DeadLetterConfig": {"Arn": dead}}
        source, arn = rule(reaching, target)
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": dead,
            "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        reaching.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        put(reaching, source, n=1)
        (letter,) = received(reaching, url, 1)
        assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
        assert got == []


def test_events_go_to_a_log_group_whose_policy_lets_them(reaching):
    logs, name = reaching.client("logs"), f"/aws/events/{tasks.unique('orders')}"
    logs.create_log_group(logGroupName=name)
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    source, _ = rule(reaching, {"Arn": group["arn"]})
    put(reaching, source, n=1)
    assert logs.describe_resource_policies()["resourcePolicies"] == []
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": group["arn"],
    }
    logs.put_resource_policy(policyName="events", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    (kept,) = logs.describe_resource_policies()["resourcePolicies"]
    assert kept["policyName"] == "events"

    def written():
        put(reaching, source, n=2)
        return logs.filter_log_events(logGroupName=name)["events"]

    found = wait_for(written, what="events are written")
    assert json.loads(found[0]["message"])["detail"] == {"n": 2}, "the first was refused"
    logs.delete_resource_policy(policyName="events")
    with pytest.raises(ClientError):
        logs.put_resource_policy(policyName="events", policyDocument="{")
    with pytest.raises(ClientError):
        logs.delete_resource_policy(policyName="events")


def test_a_connection_keeps_what_it_proves_itself_by_in_a_secret(wharf):
    events, secrets, name = wharf.client("events"), wharf.client("secretsmanager"), tasks.unique("partner")
    parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "sesame"}}
    made = events.create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=parameters)
    secret = events.describe_connection(Name=name)["SecretArn"]
    connection = made["ConnectionArn"].split(":connection/")[1]
    assert f":secret:events!connection/{connection}-" in secret
    assert secrets.describe_secret(SecretId=secret)["OwningService"] == "events"
    found = secrets.list_secrets(Filters=[{"Key": "owning-service", "Values": ["events"]}])["SecretList"]
    assert secret in [it["ARN"] for it in found]
    assert "sesame" in secrets.get_secret_value(SecretId=secret)["SecretString"]
    for change, more in (
        (secrets.delete_secret, {"ForceDeleteWithoutRecovery": True}),
        (secrets.put_secret_value, {"SecretString": "mine"}),
        (secrets.update_secret, {"Description": "mine"}),
    ):
        with pytest.raises(ClientError) as caught:
            change(SecretId=secret, **more)
        assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    wharf.kill_child("server")
    assert events.describe_connection(Name=name)["SecretArn"] == secret
    events.delete_connection(Name=name)
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.describe_secret(SecretId=secret)
