"""Log groups written into buckets, as boto3 and the aws CLI ask for it."""

import gzip
import json
import time

from harness import tasks
from harness.refusals import refused
from harness.waiting import wait_for

ACCOUNT = "000000000000"
NO_ACL = (
    "GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation."
)
NO_PUT = "PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation."


def policy(bucket, *actions, service="logs.us-east-1.amazonaws.com"):
    """As AWS's documentation has it."""
    arn = f"arn:aws:s3:::{bucket}"
    condition = {
        "StringEquals": {"aws:SourceAccount": [ACCOUNT]},
        "ArnLike": {"aws:SourceArn": [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*"]},
    }
    both = [("s3:GetBucketAcl", arn), ("s3:PutObject", f"{arn}/*")]
    statements = [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource, "Condition": condition}
        for action, resource in both
        if action in actions
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


BOTH = ("s3:GetBucketAcl", "s3:PutObject")


def made(wharf, streams):
    """Client, a group with streams of texts, and a bucket that lets the service in."""
    logs, s3, name = wharf.client("logs"), wharf.client("s3"), tasks.unique("export")
    logs.create_log_group(logGroupName=name)
    now = int(time.time() * 1000) - 60_000
    for stream, texts in streams.items():
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        for at in range(0, len(texts), 500):
            events = [{"timestamp": now + n, "message": text} for n, text in enumerate(texts[at : at + 500], at)]
            logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, *BOTH))
    return logs, s3, name


def export(logs, name, **more):
    now = int(time.time() * 1000)
    wanted = {"logGroupName": name, "fromTime": now - 3_600_000, "to": now, "destination": name} | more
    return logs.create_export_task(**wanted)["taskId"]


def status(logs, task):
    return logs.describe_export_tasks(taskId=task)["exportTasks"][0]["status"]


def ended(logs, task, deadline_s=60):
    return wait_for(
        lambda: (it := status(logs, task))["code"] not in ("PENDING", "RUNNING", "PENDING_CANCEL") and it, deadline_s, "the end"
    )


def keys(s3, name):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
    return [it["Key"] for page in pages for it in page.get("Contents", [])]


def lines(s3, name, key):
    return gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()).decode().splitlines()


def test_a_group_is_written_as_on_aws(wharf):
    texts = [f"line {n}" for n in range(1200)]
    logs, s3, name = made(wharf, {"app/web/1": texts, "other": ["one"], "silent": []})
    task = export(logs, name, taskName="mine", destinationPrefix="kept")
    assert ended(logs, task) == {"code": "COMPLETED", "message": "Completed successfully"}
    web, other = f"kept/{task}/app-web-1/000000.gz", f"kept/{task}/other/000000.gz"
    assert keys(s3, name) == sorted([web, other, "kept/aws-logs-write-test"])
    written = [line.split(" ", 1) for line in lines(s3, name, web)]
    assert [text for _, text in written] == texts
    assert all(time.endswith("Z") and len(time) == 24 for time, _ in written)
    shown = logs.describe_export_tasks(statusCode="COMPLETED")["exportTasks"][0]
    assert (shown["taskName"], shown["destination"], shown["destinationPrefix"]) == ("mine", name, "kept")
    assert shown["executionInfo"]["completionTime"] >= shown["executionInfo"]["creationTime"]


def test_the_bucket_decides(wharf):
    logs, s3, name = made(wharf, {"s": ["one"]})
    s3.delete_bucket_policy(Bucket=name)
    assert refused(export, logs, name) == ("InvalidParameterException", NO_ACL)
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, "s3:GetBucketAcl"))
    assert refused(export, logs, name) == ("InvalidParameterException", NO_PUT)
    assert keys(s3, name) == []
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, *BOTH, service="logs.amazonaws.com"))
    assert ended(logs, export(logs, name))["code"] == "COMPLETED"
    somebody_else = policy(name, *BOTH).replace(ACCOUNT, "111122223333")
    s3.put_bucket_policy(Bucket=name, Policy=somebody_else)
    assert refused(export, logs, name) == ("InvalidParameterException", NO_ACL)
    assert refused(export, logs, name, destination="no-such-bucket-here")[0] == "InvalidParameterException"
    assert refused(logs.cancel_export_task, taskId="nothing")[0] == "ResourceNotFoundException"


def test_kills_change_nothing(fresh):
    """The server dies again and again while files are written."""
    streams = {f"s{n:02}": [f"{n} {m} " + "x" * 200 for m in range(500)] for n in range(20)}
    logs, s3, name = made(fresh, streams)
    task = export(logs, name)
    for _ in range(3):
        wait_for(lambda: keys(s3, name), what="a first file")
        fresh.kill_child("server")
    logs, s3 = fresh.client("logs"), fresh.client("s3")
    assert ended(logs, task)["code"] == "COMPLETED"
    files = [key for key in keys(s3, name) if key.endswith(".gz")]
    assert [key.split("/")[2] for key in files] == sorted(streams)
    for key in files:
        written = [line.split(" ", 1)[1] for line in lines(s3, name, key)]
        assert written == streams[key.split("/")[2]]
    # Nothing is in the way of the next one.
    assert ended(logs, export(logs, name))["code"] == "COMPLETED"


def test_the_cli(wharf):
    logs, s3, name = made(wharf, {"s": ["one"]})
    now = int(time.time() * 1000)
    command = f"logs create-export-task --log-group-name {name} --from {now - 3_600_000} --to {now} --destination {name}".split()
    task = wharf.aws(*command)["taskId"]
    ended(logs, task)
    assert refused(logs.cancel_export_task, taskId=task)[0] == "InvalidOperationException"
    assert f"exportedlogs/{task}/s/000000.gz" in keys(s3, name)
