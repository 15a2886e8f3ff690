"""Account policies that say how long log events are kept, as boto3 uses them. What they come to is a day away."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import log_groups, tasks

TYPE = "RETENTION_POLICY"


def document(days, mode="RETROACTIVE"):
    return json.dumps({"retentionInDays": days, "enforcementMode": mode})


@pytest.fixture
def group(wharf):
    return log_groups.make(wharf, "kept")


def test_a_policy_of_an_account_waits_for_a_day_and_outlives_a_kill(wharf, group):
    logs = wharf.client("logs")
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    named = {"policyName": tasks.unique("retention"), "policyType": TYPE}
    chosen = {"selectionCriteria": f'LogGroupNamePrefix IN ["{group}"]'}

    told = logs.put_account_policy(policyDocument=document(90), dryRun=True, **named, **chosen)
    assert "accountPolicy" not in told
    result = told["dryRunResult"]
    assert (result["totalMatchedLogGroups"], result["increasedRetentionLogGroupCount"]) == (1, 1)
    (impact,) = result["topLogGroupsImpacted"]
    assert (impact["logGroupName"], impact["currentRetention"], impact["proposedRetention"]) == (group, "7", "90")

    def shown():
        return [it for it in logs.describe_account_policies(policyType=TYPE)["accountPolicies"] if it["policyName"] == named["policyName"]]

    assert shown() == []
    put = logs.put_account_policy(policyDocument=document(90), **named, **chosen)["accountPolicy"]
    wharf.kill_child("server")
    assert shown() == [put]
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["retentionInDays"] == 7 and "retentionPolicyName" not in described
    logs.delete_account_policy(**named)
    assert shown() == []


def test_policies_that_say_nothing_are_refused(wharf):
    logs = wharf.client("logs")
    named = {"policyName": tasks.unique("retention"), "policyType": TYPE}
    for text, policy in (
        ("retentionInDays must be one of 30, 60", {"policyDocument": document(7)}),
        ("enforcementMode must be NEW_ONLY or RETROACTIVE", {"policyDocument": document(90, "ALWAYS")}),
        ("Invalid policy document", {"policyDocument": "{}"}),
        ("only LogGroupNamePrefix is supported", {"policyDocument": document(90), "selectionCriteria": 'LogGroupName IN ["a"]'}),
    ):
        with pytest.raises(ClientError, match=text):
            logs.put_account_policy(**named, **policy)
    with pytest.raises(ClientError, match="dryRun is only for policies of the type RETENTION_POLICY"):
        logs.put_account_policy(policyName="t", policyType="TRANSFORMER_POLICY", policyDocument="[]", dryRun=True)
