"""Data protection policies of log groups, as boto3 uses them."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import log_groups, tasks
from harness.log_groups import put
from harness.waiting import wait_for

EMAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"


def policy(*identifiers, destination=None):
    return json.dumps(
        {
            "Name": "p",
            "Version": "2021-06-01",
            "Statement": [
                {"DataIdentifier": identifiers, "Operation": {"Audit": {"FindingsDestination": destination or {}}}},
                {"DataIdentifier": identifiers, "Operation": {"Deidentify": {"MaskConfig": {}}}},
            ],
        }
    )


@pytest.fixture
def group(wharf):
    return log_groups.make(wharf, "protection")


def texts(logs, group, **more):
    found = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, **more)
    return [event["message"] for event in found["events"]]


def test_what_is_sensitive_is_masked_after_a_kill_too(wharf, group):
    logs = wharf.client("logs")
    logs.put_data_protection_policy(logGroupIdentifier=group, policyDocument=policy(EMAIL))
    put(logs, group, "from a@b.example")
    wharf.kill_child("server")
    logs = wharf.client("logs")
    assert texts(logs, group) == ["from ***********"]
    assert texts(logs, group, unmask=True) == ["from a@b.example"]
    assert logs.filter_log_events(logGroupName=group, filterPattern='"a@b"')["events"] == []
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["dataProtectionStatus"] == "ACTIVATED"
    logs.delete_data_protection_policy(logGroupIdentifier=group)
    put(logs, group, "from c@d.example")
    assert texts(logs, group) == ["from ***********", "from c@d.example"]


def test_what_is_not_here_is_refused(wharf, group):
    logs = wharf.client("logs")
    for document, text in (
        (policy(EMAIL.replace("EmailAddress", "Name")), "data-identifier/Name"),
        (policy(EMAIL, destination={"Firehose": {"DeliveryStream": "b"}}), "FindingsDestination Firehose"),
        (policy(EMAIL, destination={"S3": {"Name": "b"}}), "FindingsDestination S3 has a Bucket"),
        (policy(EMAIL, destination={"CloudWatchLogs": {"LogGroup": group + "/none"}}), "of the FindingsDestination does not exist"),
        ("{", "Invalid data protection policy"),
    ):
        with pytest.raises(ClientError, match=text):
            logs.put_data_protection_policy(logGroupIdentifier=group, policyDocument=document)


def test_an_account_masks_all_of_its_groups(wharf, group):
    logs = wharf.client("logs", region="eu-west-1")
    named = {"policyName": tasks.unique("all"), "policyType": "DATA_PROTECTION_POLICY"}
    logs.put_account_policy(policyDocument=policy(EMAIL), **named)
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "from a@b.example")
    assert texts(logs, group) == ["from ***********"]
    (shown,) = logs.describe_account_policies(policyType="DATA_PROTECTION_POLICY")["accountPolicies"]
    assert (shown["policyName"], shown["policyDocument"]) == (named["policyName"], policy(EMAIL))
    logs.delete_account_policy(**named)
    put(logs, group, "from c@d.example")
    assert texts(logs, group) == ["from ***********", "from c@d.example"]


def test_only_who_may_unmask_sees_more(wharf, group):
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": "logs:Unmask", "Resource": "*"}
    _, keys = tasks.user(wharf, json.dumps({"Version": "2012-10-17", "Statement": [allowed, denied]}))
    wharf.client("logs").put_data_protection_policy(logGroupIdentifier=group, policyDocument=policy(EMAIL))
    logs = wharf.client("logs", keys)
    put(logs, group, "from a@b.example")
    assert texts(logs, group) == ["from ***********"]
    with pytest.raises(ClientError, match="logs:Unmask"):
        texts(logs, group, unmask=True)
    with pytest.raises(ClientError, match="logs:Unmask"):
        logs.filter_log_events(logGroupName=group, unmask=True)


def test_results_of_a_query_that_unmasks_are_for_who_may(wharf, group):
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": "logs:Unmask", "Resource": "*"}
    _, keys = tasks.user(wharf, json.dumps({"Version": "2012-10-17", "Statement": [allowed, denied]}))
    root, other = wharf.client("logs"), wharf.client("logs", keys)
    root.put_data_protection_policy(logGroupIdentifier=group, policyDocument=policy(EMAIL))
    put(root, group, "from a@b.example")
    asked = {"logGroupName": group, "startTime": 0, "endTime": 2_000_000_000}

    def rows(logs, query):
        found = {}

        def done():
            found.update(logs.get_query_results(queryId=query))
            return found["status"] == "Complete"

        wait_for(done, what="the query")
        return [field["value"] for row in found["results"] for field in row if field["field"] != "@ptr"]

    for text in ("fields unmask(@message)", "fields @message | filter unmask(@message) like /a@b/"):
        with pytest.raises(ClientError, match="logs:Unmask"):
            other.start_query(**asked, queryString=text)
    query = root.start_query(**asked, queryString="fields unmask(@message)")["queryId"]
    assert rows(root, query) == ["from a@b.example"]
    with pytest.raises(ClientError, match="logs:Unmask"):
        other.get_query_results(queryId=query)
    query = other.start_query(**asked, queryString="fields @message")["queryId"]
    assert rows(other, query) == ["from ***********"]


def findings_bucket(s3):
    """A bucket that reports may be put into."""
    bucket = tasks.unique("findings")
    s3.create_bucket(Bucket=bucket)
    who = {"Service": "delivery.logs.amazonaws.com"}
    allow = {"Effect": "Allow", "Principal": who, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    return bucket


def test_findings_are_reported_after_a_kill_too(wharf, group):
    logs, s3 = wharf.client("logs"), wharf.client("s3")
    told, bucket = group + "/findings", findings_bucket(s3)
    logs.create_log_group(logGroupName=told)
    destination = {"CloudWatchLogs": {"LogGroup": told}, "S3": {"Bucket": bucket}}
    logs.put_data_protection_policy(logGroupIdentifier=group, policyDocument=policy(EMAIL, destination=destination))
    put(logs, group, "from a@b.example to c@d.example", "nothing")
    wharf.kill_child("server")
    wharf.wait_ready()
    logs, s3 = wharf.client("logs"), wharf.client("s3")

    def reports():
        return [json.loads(it["message"]) for it in logs.filter_log_events(logGroupName=told)["events"]]

    first = wait_for(reports, what="a report in the log group")[0]
    assert first["resourceArn"].endswith(f":log-group:{group}:*")
    (found,) = first["dataIdentifiers"]
    assert (found["name"], found["count"]) == ("EmailAddress", 2)
    assert found["detections"] == [{"start": 6, "end": 16}, {"start": 21, "end": 31}]
    objects = wait_for(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), what="a report in the bucket")
    body = s3.get_object(Bucket=bucket, Key=objects[0]["Key"])["Body"].read()
    assert json.loads(body)["dataIdentifiers"] == first["dataIdentifiers"]
    assert "b.example" not in body.decode()


def test_a_findings_group_that_is_gone_keeps_nothing_from_the_bucket(wharf, group):
    logs, s3 = wharf.client("logs"), wharf.client("s3")
    told, bucket = group + "/findings", findings_bucket(s3)
    logs.create_log_group(logGroupName=told)
    destination = {"CloudWatchLogs": {"LogGroup": told}, "S3": {"Bucket": bucket}}
    logs.put_data_protection_policy(logGroupIdentifier=group, policyDocument=policy(EMAIL, destination=destination))
    logs.delete_log_group(logGroupName=told)
    put(logs, group, "from a@b.example")

    def objects():
        return s3.list_objects_v2(Bucket=bucket).get("Contents")

    wait_for(objects, what="a report in the bucket")
    # The group gets it once it is there again, and the bucket not a second time.
    logs.create_log_group(logGroupName=told)
    wharf.kill_child("server")
    wharf.wait_ready()
    logs, s3 = wharf.client("logs"), wharf.client("s3")
    wait_for(lambda: logs.filter_log_events(logGroupName=told)["events"], what="a report in the log group")
    assert len(objects()) == 1
