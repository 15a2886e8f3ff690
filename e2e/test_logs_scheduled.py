"""Queries of Logs Insights that a clock asks, as boto3 and the aws CLI set them up."""

import json
import time

from harness import tasks
from harness.refusals import refused_code
from harness.waiting import wait_for

ACCOUNT = "000000000000"


def role(wharf, name, *actions):
    iam = wharf.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    return made["Role"]["Arn"]


def made(wharf, *actions):
    """Client, bucket and what a scheduled query needs, about a group with ten lines."""
    logs, s3, name = wharf.client("logs"), wharf.client("s3"), tasks.unique("scheduled")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + n, "message": f"line {n}"} for n in range(10)]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    s3.create_bucket(Bucket=name)
    asks = role(wharf, name + "-asks", *(actions or ("logs:StartQuery", "logs:GetQueryResults")))
    puts = role(wharf, name + "-puts", "s3:PutObject")
    query = {
        "name": name,
        "queryLanguage": "CWLI",
        "queryString": "stats count(*) as n",
        "logGroupIdentifiers": [name],
        # The finest that cron and rate have.
        "scheduleExpression": "cron(* * * * ? *)",
        "timezone": "Europe/Berlin",
        "startTimeOffset": 3600,
        "executionRoleArn": asks,
        "destinationConfiguration": {"s3Configuration": {"destinationIdentifier": f"s3://{name}/results", "roleArn": puts}},
    }
    return logs, s3, name, query


def history(logs, name):
    now = int(time.time() * 1000)
    return logs.get_scheduled_query_history(identifier=name, startTime=now - 3_600_000, endTime=now + 60_000)["triggerHistory"]


def ended(logs, name):
    """The runs, once the latest has ended. A minute passes until the first, as the schedule says."""
    return wait_for(lambda: (runs := history(logs, name)) and runs[0]["executionStatus"] != "Running" and runs, 90, "the end of a run")


def test_results_come_into_the_bucket_once_whatever_is_killed(fresh):
    logs, s3, name, query = made(fresh)
    arn = logs.create_scheduled_query(**query)["scheduledQueryArn"]
    assert arn == f"arn:aws:logs:us-east-1:{ACCOUNT}:scheduled-query:{name}"
    wait_for(lambda: history(logs, name), 90, "a first run")
    fresh.kill_child("server")
    logs, s3 = fresh.client("logs"), fresh.client("s3")
    run = ended(logs, name)[-1]
    assert run["executionStatus"] == "Complete", run
    (destination,) = run["destinations"]
    assert destination["status"] == "COMPLETE"
    key = destination["processedIdentifier"].removeprefix(f"s3://{name}/")
    document = json.loads(s3.get_object(Bucket=name, Key=key)["Body"].read())
    assert document["results"] == [{"n": "10"}]
    assert document["triggeredTimestamp"] == run["triggeredTimestamp"]
    assert run["triggeredTimestamp"] % 60_000 == 0
    shown = logs.get_scheduled_query(identifier=arn)
    assert (shown["timezone"], shown["state"], shown["scheduleType"]) == ("Europe/Berlin", "ENABLED", "CUSTOMER_MANAGED")
    fresh.kill_child("server")
    logs, s3 = fresh.client("logs"), fresh.client("s3")
    moments = [run["triggeredTimestamp"] for run in ended(logs, name)]
    assert len(set(moments)) == len(moments)
    objects = s3.list_objects_v2(Bucket=name)["Contents"]
    assert len(objects) == len({it["Key"] for it in objects}) <= len(moments)
    logs.delete_scheduled_query(identifier=name)
    assert refused_code(logs.get_scheduled_query, identifier=name) == "ResourceNotFoundException"


def test_a_role_that_may_not_ask(wharf):
    logs, s3, name, query = made(wharf, "logs:DescribeLogGroups")
    logs.create_scheduled_query(**query)
    (run, *_) = ended(logs, name)
    assert run["executionStatus"] == "Failed"
    assert "logs:StartQuery" in run["errorMessage"]
    assert "Contents" not in s3.list_objects_v2(Bucket=name)
    logs.delete_scheduled_query(identifier=name)


def test_what_cannot_be(wharf):
    logs, _, name, query = made(wharf)
    for change in (
        {"scheduleExpression": "sometimes"},
        {"timezone": "Mars/Olympus"},
        {"queryString": "wherever"},
        {"executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        {"startTimeOffset": 10, "endTimeOffset": 20},
    ):
        assert refused_code(logs.create_scheduled_query, **query | change) == "ValidationException", change
    logs.create_scheduled_query(**query | {"state": "DISABLED"})
    assert refused_code(logs.create_scheduled_query, **query) == "ConflictException"
    listed = wharf.aws("logs", "list-scheduled-queries", "--state", "DISABLED")["scheduledQueries"]
    assert name in [it["name"] for it in listed]
    assert history(logs, name) == []
    logs.delete_scheduled_query(identifier=name)
