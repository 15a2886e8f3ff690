"""The audit log: who asked for what, what decided, and nothing of what must stay secret."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.installation import Installation, Keys
from harness.waiting import wait_for


def events(wharf, **attribute):
    ((key, value),) = attribute.items()
    found = wharf.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def user(wharf, *statements):
    """A user with a policy of its own, and its keys."""
    iam, name = wharf.client("iam"), tasks.unique("audited")
    iam.create_user(UserName=name)
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    return name, Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])


def test_a_denial_names_the_statement(wharf):
    name, keys = user(
        wharf,
        {"Sid": "Clusters", "Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
        {"Sid": "NeverDelete", "Effect": "Deny", "Action": "ecs:DeleteCluster", "Resource": "*"},
    )
    ecs = wharf.client("ecs", keys=keys)
    cluster = tasks.unique("audit")
    ecs.create_cluster(clusterName=cluster)
    with pytest.raises(ClientError) as refused:
        ecs.delete_cluster(cluster=cluster)
    request = refused.value.response["ResponseMetadata"]["RequestId"]
    denied = wait_for(lambda: [one for one in events(wharf, Username=name) if one["requestID"] == request], 10, "the event")[0]
    assert denied["eventName"] == "DeleteCluster" and denied["eventSource"] == "ecs.amazonaws.com"
    assert denied["errorCode"] == "AccessDeniedException" and "explicit deny" in denied["errorMessage"]
    assert denied["userIdentity"]["type"] == "IAMUser" and denied["userIdentity"]["userName"] == name
    assert denied["userIdentity"]["accessKeyId"] == keys.access_key
    assert denied["sourceIPAddress"] == "127.0.0.1" and "Boto" in denied["userAgent"]
    assert denied["requestParameters"] == {"cluster": cluster} and denied["readOnly"] is False
    (decided,) = denied["additionalEventData"]["authorization"]
    assert decided["allowed"] is False and "statement 2 (NeverDelete)" in decided["by"]
    made = next(one for one in events(wharf, Username=name) if one["eventName"] == "CreateCluster")
    assert made["responseElements"]["cluster"]["clusterName"] == cluster
    assert "statement 1 (Clusters)" in made["additionalEventData"]["authorization"][0]["by"]
    printed = tools.run(tools.wharf(), "why", request, "--data", wharf.data).stdout
    assert "denied ecs:DeleteCluster" in printed and "NeverDelete" in printed and name in printed
    unknown = tools.run(tools.wharf(), "why", "no-such-request", "--data", wharf.data, check=False)
    assert unknown.returncode != 0
    wharf.client("ecs").delete_cluster(cluster=cluster)


def test_secrets_are_not_written_down(wharf):
    secret, family = tasks.unique("hunter"), tasks.unique("audited")
    wharf.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "main", "image": "i", "memory": 64, "environment": [{"name": "TOKEN", "value": secret}]}],
    )
    name, keys = user(wharf)
    wharf.client("ecr").get_authorization_token()

    def written():
        found = [one for one in events(wharf, EventName="RegisterTaskDefinition") if one["requestParameters"].get("family") == family]
        return found and events(wharf, EventName="CreateAccessKey")

    wait_for(written, 10, "the events")
    text = json.dumps([events(wharf, EventName=one) for one in ("RegisterTaskDefinition", "CreateAccessKey", "GetAuthorizationToken")])
    assert secret not in text and keys.secret_key not in text
    assert "HIDDEN_DUE_TO_SECURITY_REASONS" in text


def test_who_may_not_look_does_not(wharf):
    _, keys = user(wharf)
    with pytest.raises(ClientError) as refused:
        wharf.client("cloudtrail", keys=keys).lookup_events()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(ClientError) as none:
        wharf.client("cloudtrail").create_trail(Name="main", S3BucketName="nowhere")
    assert none.value.response["Error"]["Code"] == "S3BucketDoesNotExistException"


def test_events_outlive_the_server_and_reach_a_trail(tmp_path):
    folder = tmp_path / "buckets"
    with Installation(arguments=["--trails", folder]) as wharf:
        wharf.start(node=False)
        trails = wharf.client("cloudtrail")
        made = trails.create_trail(Name="main", S3BucketName="audit", S3KeyPrefix="wharf")
        trails.start_logging(Name=made["TrailARN"])
        wharf.client("ecs").create_cluster(clusterName="kept")
        wait_for(lambda: events(wharf, EventName="CreateCluster"), 10, "the event")
        wharf.kill_child("server")
        found = wait_for(lambda: events(wharf, EventName="CreateCluster"), 20, "the event after the server's death")
        assert any(one["requestParameters"] == {"clusterName": "kept"} for one in found)
        # The next server delivers at its start what the one before did not.
        files = wait_for(lambda: list(folder.glob("audit/wharf/AWSLogs/*/CloudTrail/us-east-1/*/*/*/*.json.gz")), 80, "a delivered file")
        records = [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
        assert any(record["eventName"] == "CreateCluster" for record in records)
        status = trails.get_trail_status(Name="main")
        assert status["IsLogging"] is True
