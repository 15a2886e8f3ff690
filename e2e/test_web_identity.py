"""Roles for whom an identity provider vouches, as pods and pipelines take them: boto3 and the AWS CLI with a token in a file."""

import json
import os
import subprocess

import boto3
import botocore
import pytest
from botocore.exceptions import ClientError

from harness import tools
from harness.identity_provider import Provider
from harness.installation import Installation
from harness.refusals import refused
from harness.tasks import document
from harness.waiting import wait_for

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def wharf(provider):
    under = ("env", f"SSL_CERT_FILE={provider.certificate}")
    with Installation(arguments=("--allow-egress", "127.0.0.0/8"), under=under) as made:
        yield made.start(node=False)


@pytest.fixture(scope="module")
def role(wharf, provider):
    """A role for one subject of the provider."""
    iam = wharf.client("iam")
    made = iam.create_open_id_connect_provider(Url=provider.issuer, ClientIDList=["sts.amazonaws.com"], Tags=[{"Key": "of", "Value": "ci"}])
    arn = made["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider.name}"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{provider.name}:aud": "sts.amazonaws.com"}, "StringLike": {f"{provider.name}:sub": "repo:shop/*"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName="pipeline", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="pipeline", PolicyName="p", PolicyDocument=document("ecs:ListClusters"))
    return made


@pytest.fixture
def environment(wharf, provider, role, tmp_path):
    """What a pod or a pipeline is given: an address, a role, and a file with a token."""
    token = tmp_path / "token"
    token.write_text(provider.token(sub="repo:shop/web"))
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": wharf.exports["AWS_ENDPOINT_URL"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ROLE_ARN": role,
        "AWS_ROLE_SESSION_NAME": "run-7",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def exchange(wharf, role, token, **more):
    config = botocore.config.Config(signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1})
    sts = boto3.client("sts", endpoint_url=wharf.exports["AWS_ENDPOINT_URL"], region_name="us-east-1", config=config)
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="run", WebIdentityToken=token, **more)


def test_boto3_takes_the_role_by_itself(environment, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    who = session.client("sts").get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/pipeline/run-7"
    session.client("ecs").list_clusters()
    with pytest.raises(ClientError, match="not authorized to perform: ecs:ListTasks"):
        session.client("ecs").list_tasks()


def test_the_command_line_does_too(environment):
    aws = tools.REPOSITORY / ".venv/bin/aws"
    command = [aws, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"arn:aws:sts::{ACCOUNT}:assumed-role/pipeline/run-7"


def test_what_the_answer_says(wharf, provider, role):
    answer = exchange(wharf, role, provider.token(sub="repo:shop/web"), DurationSeconds=900)
    assert answer["SubjectFromWebIdentityToken"] == "repo:shop/web"
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider.name}"


def test_tokens_that_are_refused(wharf, provider, role):
    assert refused(exchange, wharf, role, provider.token(sub="repo:other/web")) == (
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    )
    assert refused(exchange, wharf, role, provider.token(sub="repo:shop/web", aud="else")) == (
        "InvalidIdentityToken",
        "Incorrect token audience",
    )
    assert refused(exchange, wharf, role, provider.token(sub="repo:shop/web", exp=1))[0] == "ExpiredTokenException"
    text = provider.token(sub="repo:shop/web")
    assert refused(exchange, wharf, role, text[:-8] + "AAAAAAAA")[0] == "InvalidIdentityToken"
    elsewhere = "https://nobody.invalid"
    assert refused(exchange, wharf, role, provider.token(sub="repo:shop/web", iss=elsewhere)) == (
        "InvalidIdentityToken",
        f"No OpenIDConnect provider found in your account for {elsewhere}",
    )


def test_keys_are_kept(wharf, provider, role):
    token = provider.token(sub="repo:shop/web")
    exchange(wharf, role, token)
    before = len(provider.requests)
    for _ in range(5):
        exchange(wharf, role, token)
    assert len(provider.requests) == before


def test_keys_of_a_provider_that_cannot_be_reached_come_from_a_file(provider, tmp_path):
    issuer, keys = "https://nowhere.invalid/ci", tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [provider.public("one")]}))
    with Installation(arguments=("--jwks", f"{issuer}={keys}")) as alone:
        alone.start(node=False)
        iam = alone.client("iam")
        arn = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])["OpenIDConnectProviderArn"]
        condition = {"StringEquals": {"nowhere.invalid/ci:sub": "job"}}
        statement = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = iam.create_role(RoleName="offline", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        token = provider.token(sub="job", iss=issuer)
        assert exchange(alone, role, token)["SubjectFromWebIdentityToken"] == "job"
        stranger = Provider()
        assert refused(exchange, alone, role, stranger.token(sub="job", iss=issuer))[0] == "InvalidIdentityToken"
        stranger.close()


def test_only_the_role_is_for_the_unsigned(wharf):
    config = botocore.config.Config(signature_version=botocore.UNSIGNED)
    for service, operation in (("sts", "get_caller_identity"), ("iam", "list_open_id_connect_providers")):
        client = boto3.client(service, endpoint_url=wharf.exports["AWS_ENDPOINT_URL"], region_name="us-east-1", config=config)
        with pytest.raises(ClientError, match="MissingAuthenticationToken"):
            getattr(client, operation)()


def test_the_log_tells_without_the_token(wharf, provider, role):
    token = provider.token(sub="repo:shop/web")
    exchange(wharf, role, token)

    def told():
        attributes = [{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}]
        events = wharf.client("cloudtrail").lookup_events(LookupAttributes=attributes)["Events"]
        return [json.loads(event["CloudTrailEvent"]) for event in events]

    def succeeded():
        return [it for it in told() if "errorCode" not in it]

    wait_for(succeeded, 10, "an event about an exchange")
    assert succeeded()[0]["requestParameters"]["roleArn"] == role
    assert token not in json.dumps(told()) and token.split(".")[2] not in json.dumps(told())


def test_a_provider_is_managed(wharf, role, provider):
    iam = wharf.client("iam")
    made = iam.create_open_id_connect_provider(Url="https://second.example.com/id/A", ThumbprintList=["A" * 40])
    arn = made["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    found = wharf.aws("iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", arn)
    assert (found["Url"], found["ClientIDList"], found["ThumbprintList"]) == ("second.example.com/id/A", ["two"], ["b" * 40])
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == []
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 2
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_open_id_connect_provider(Url=provider.issuer)
    with pytest.raises(ClientError, match="Invalid Open ID Connect Provider URL"):
        iam.create_open_id_connect_provider(Url="http://second.example.com")
