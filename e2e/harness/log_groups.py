"""Log groups with one stream."""

import time

from . import tasks

STREAM = "s"


def make(wharf, what):
    """The name of a new group."""
    logs, name = wharf.client("logs"), "/e2e/" + tasks.unique(what)
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName=STREAM)
    return name


def put(logs, group, *messages):
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName=STREAM, logEvents=events)
