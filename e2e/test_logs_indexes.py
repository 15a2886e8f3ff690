"""Indexes of fields of log groups, as boto3 uses them: policies, and what queries pass over."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from harness import log_groups, tasks
from harness.waiting import wait_for


@pytest.fixture
def group(wharf):
    return log_groups.make(wharf, "indexes")


def fill(logs, group, numbers):
    now = int(time.time() * 1000) - 60_000
    events = [{"timestamp": now + n, "message": json.dumps({"request": f"r{n}", "n": n})} for n in numbers]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def asked(logs, text, *groups):
    now = int(time.time())
    query = logs.start_query(logGroupNames=list(groups), startTime=now - 3600, endTime=now + 60, queryString=text)["queryId"]

    def result():
        found = logs.get_query_results(queryId=query)
        return found if found["status"] not in ("Running", "Scheduled") else None

    found = wait_for(result, what="the query's end")
    assert found["status"] == "Complete"
    return found


def rows(found):
    return [{it["field"]: it["value"] for it in row if it["field"] != "@ptr"} for row in found["results"]]


def spared(logs, group, text, least):
    """The result of a query once it passes over so many events."""

    def result():
        found = asked(logs, text, group)
        return found if found["statistics"]["estimatedRecordsSkipped"] >= least else None

    return wait_for(result, what="an index of the events")


def test_a_query_passes_over_events_after_a_kill_too(wharf, group):
    logs = wharf.client("logs")
    document = json.dumps({"Fields": ["request", "user.name"]})
    made = logs.put_index_policy(logGroupIdentifier=group, policyDocument=document)["indexPolicy"]
    assert (made["source"], made["policyDocument"]) == ("LOG_GROUP", document)
    fill(logs, group, range(6000))
    text = "filterIndex request = 'r4000' | display n"
    found = spared(logs, group, text, 3000)
    assert rows(found) == [{"n": "4000"}]
    of = found["statistics"]
    assert of["recordsScanned"] + of["estimatedRecordsSkipped"] == 6000
    wharf.kill_child("server")
    wharf.wait_ready()
    logs = wharf.client("logs")
    assert rows(spared(logs, group, text, 3000)) == [{"n": "4000"}]
    # Killed right after a put was answered: what was not indexed yet is read, then indexed.
    fill(logs, group, range(6000, 9000))
    wharf.kill_child("server")
    wharf.wait_ready()
    logs = wharf.client("logs")
    assert rows(asked(logs, "filter request in ['r8000', 'r5'] | sort n | display n", group)) == [{"n": "5"}, {"n": "8000"}]
    assert rows(spared(logs, group, text.replace("4000", "8000"), 6000)) == [{"n": "8000"}]
    logs.delete_index_policy(logGroupIdentifier=group)
    assert rows(spared(logs, group, text, 3000)) == [{"n": "4000"}]


def test_only_groups_with_the_index_are_looked_at(wharf, group):
    logs = wharf.client("logs")
    other = log_groups.make(wharf, "not-indexed")
    for each in (group, other):
        fill(logs, each, range(10))
    logs.put_index_policy(logGroupIdentifier=group, policyDocument='{"Fields": ["request"]}')
    assert rows(asked(logs, "filter request = 'r5' | stats count(*) as n", group, other)) == [{"n": "2"}]
    assert rows(asked(logs, "filterIndex request = 'r5' | stats count(*) as n", group, other)) == [{"n": "1"}]


def test_policies_of_groups_and_accounts_are_told(wharf):
    logs, group = wharf.client("logs", region="eu-west-1"), "/e2e/" + tasks.unique("indexes")
    logs.create_log_group(logGroupName=group)
    named = {"policyName": tasks.unique("fields"), "policyType": "FIELD_INDEX_POLICY"}
    logs.put_account_policy(policyDocument='{"Fields": ["a"]}', selectionCriteria=f'LogGroupNamePrefix IN ["{group}"]', **named)

    def told():
        (policy,) = logs.describe_index_policies(logGroupIdentifiers=[group])["indexPolicies"]
        fields = logs.describe_field_indexes(logGroupIdentifiers=[group])["fieldIndexes"]
        return policy["source"], policy.get("policyName"), [(it["fieldIndexName"], it["indexCategory"]) for it in fields]

    assert told() == ("ACCOUNT", named["policyName"], [("a", "CUSTOM")])
    logs.put_index_policy(logGroupIdentifier=group, policyDocument='{"Fields": ["b"]}')
    assert told() == ("LOG_GROUP", None, [("b", "CUSTOM"), ("a", "INACTIVE")])
    (shown,) = logs.describe_account_policies(policyType="FIELD_INDEX_POLICY")["accountPolicies"]
    assert shown["policyDocument"] == '{"Fields": ["a"]}'
    logs.delete_account_policy(**named)
    logs.delete_index_policy(logGroupIdentifier=group)
    assert logs.describe_index_policies(logGroupIdentifiers=[group])["indexPolicies"] == []


def test_bad_input_is_told(wharf, group):
    logs = wharf.client("logs")
    many = json.dumps({"Fields": [f"f{n}" for n in range(21)]})
    for document, text in (
        ("x", "Invalid policy document"),
        ("{}", "missing field `Fields`"),
        (many, "has 1 to 20 fields"),
        ('{"Fields": ["a", "a"]}', "The field a is named twice"),
        ('{"Fields": ["@message"]}', "An index of the field @message is not supported"),
        ('{"Fields": ["@userId"]}', "a field of the events themselves is named @@userId"),
        (json.dumps({"Fields": ["f" * 101]}), "has 1 to 100 characters"),
        ('{"Fields": ["a"], "FieldsV2": {}}', "The parameter FieldsV2 is not supported"),
    ):
        with pytest.raises(ClientError, match=text) as caught:
            logs.put_index_policy(logGroupIdentifier=group, policyDocument=document)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="The specified log group does not exist"):
        logs.put_index_policy(logGroupIdentifier=group + "x", policyDocument='{"Fields": ["a"]}')
    for query, text in (
        ("filterIndex request > 1", "filterIndex takes field = value"),
        ("limit 1 | filterIndex request = 1", "filterIndex must come before"),
        ("anomaly", "The command anomaly is not supported"),
        ("filter request in (fields request | limit 5)", "Subqueries are not supported"),
        ("lookup table request as n", "OUTPUT is expected"),
        ("join type=left left=a right=b where a.x=b.x (fields x)", "The command join is not supported"),
    ):
        with pytest.raises(logs.exceptions.MalformedQueryException, match=text):
            asked(logs, query, group)


def test_a_key_of_kms_and_an_index_do_not_go_together(wharf):
    logs, kms = wharf.client("logs"), wharf.client("kms")
    group = "/e2e/" + tasks.unique("indexes-key")
    allow = {"Effect": "Allow", "Principal": {"AWS": "*", "Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName=group, kmsKeyId=key)
    with pytest.raises(ClientError, match="Field indexes of a log group under a key of KMS are not supported"):
        logs.put_index_policy(logGroupIdentifier=group, policyDocument='{"Fields": ["request"]}')


def test_a_group_that_is_protected_is_not_deleted(wharf, group):
    logs = wharf.client("logs")
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=True)
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["deletionProtectionEnabled"]
    for delete, named in (
        (logs.delete_log_stream, {"logGroupName": group, "logStreamName": "s"}),
        (logs.delete_log_group, {"logGroupName": group}),
    ):
        with pytest.raises(ClientError, match="with deletion protection enabled. Disable deletion protection first.") as caught:
            delete(**named)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=group)


def test_the_right_is_asked_for(wharf, group):
    _, keys = tasks.user(
        wharf,
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
                    {"Effect": "Deny", "Action": "logs:PutIndexPolicy", "Resource": f"arn:aws:logs:*:*:log-group:{group}:*"},
                    {"Effect": "Deny", "Action": "logs:DescribeFieldIndexes", "Resource": f"arn:aws:logs:*:*:log-group:{group}:*"},
                ],
            }
        ),
    )
    logs = wharf.client("logs", keys)
    with pytest.raises(ClientError, match="logs:PutIndexPolicy"):
        logs.put_index_policy(logGroupIdentifier=group, policyDocument='{"Fields": ["a"]}')
    with pytest.raises(ClientError, match="logs:DescribeFieldIndexes"):
        logs.describe_field_indexes(logGroupIdentifiers=[group])
