"""Logs Insights as boto3 and the aws CLI use it."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from harness import log_groups, tasks
from harness.waiting import wait_for


@pytest.fixture
def lines(wharf):
    """Client and group, with a hundred lines of the last minutes."""
    logs, group = wharf.client("logs"), "/e2e/" + tasks.unique("insights")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    start = int(time.time() * 1000) - 100_000
    events = [
        {
            "timestamp": start + n * 1000,
            "message": json.dumps({"n": n, "level": "ERROR" if n % 4 == 0 else "INFO", "user": {"name": "anna" if n % 2 else "bert"}}),
        }
        for n in range(100)
    ]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    return logs, group


def started(logs, text, *groups, **more):
    now = int(time.time())
    return logs.start_query(logGroupNames=list(groups), startTime=now - 3600, endTime=now + 60, queryString=text, **more)["queryId"]


def ended(logs, query):
    def result():
        found = logs.get_query_results(queryId=query)
        return found if found["status"] not in ("Running", "Scheduled") else None

    return wait_for(result, what="the query's end")


def rows(found):
    return [{field["field"]: field["value"] for field in row} for row in found["results"]]


def test_a_query_counts_and_shows(lines):
    logs, group = lines
    found = ended(logs, started(logs, "filter level = 'ERROR' | stats count(*) as errors, max(n) as last by user.name", group))
    assert found["status"] == "Complete"
    assert rows(found) == [{"user.name": "bert", "errors": "25", "last": "96"}]
    assert found["statistics"]["recordsScanned"] == 100
    assert found["statistics"]["recordsMatched"] == 25
    found = rows(ended(logs, started(logs, "fields @timestamp, n, user.name | sort n desc | limit 2", group)))
    assert [row["n"] for row in found] == ["99", "98"]
    record = logs.get_log_record(logRecordPointer=found[0]["@ptr"])["logRecord"]
    assert (record["n"], record["user.name"], record["@logStream"]) == ("99", "anna", "s")
    fields = {field["name"]: field["percent"] for field in logs.get_log_group_fields(logGroupName=group)["logGroupFields"]}
    assert fields["level"] == 100 and fields["user.name"] == 100


def test_rows_after_rows(lines):
    logs, group = lines

    def asked(text):
        return rows(ended(logs, started(logs, text, group)))

    found = asked(
        "fields n | sort n | limit 4 | accum n as total | autoregress total | addtotals col=true n | display n, total, total_p1, Total"
    )
    assert [row.get("total") for row in found] == ["0", "1", "3", "6", None]
    assert [row.get("total_p1") for row in found] == [None, "0", "1", "3", None]
    assert [row["Total"] for row in found] == ["0", "1", "2", "3", "6"] and found[-1]["n"] == "6"
    # Half a minute has nothing.
    found = asked("filter n < 30 or n >= 60 | stats count(*) as events by bin(1s) | fillmissing with 0 for events")
    assert [row["events"] for row in found] == ["1"] * 40 + ["0"] * 30 + ["1"] * 30
    (found,) = asked("stats rate(n, 1s) as each")
    assert found == {"each": "1"}


def test_parse_dedup_and_patterns(lines):
    logs, group = lines
    text = 'parse @message "\\"name\\": \\"*\\"" as who | dedup who | display who | limit 5'
    assert {row["who"] for row in rows(ended(logs, started(logs, text, group)))} == {"anna", "bert"}
    (errors, _) = sorted(rows(ended(logs, started(logs, "pattern @message", group))), key=lambda row: float(row["@ratio"]))[:2]
    assert errors["@sampleCount"] and errors["@pattern"].count("<Number-1>") == 1


def test_lists_become_rows(wharf, lines):
    logs, _ = lines
    group = log_groups.make(wharf, "insights")
    orders = [{"of": "anna", "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}, {"of": "bert", "items": [{"sku": "a", "n": 4}]}]
    log_groups.put(logs, group, *map(json.dumps, orders), json.dumps({"of": "cleo"}))
    plain = lambda text: [{k: v for k, v in row.items() if k != "@ptr"} for row in rows(ended(logs, started(logs, text, group)))]  # noqa: E731
    flat = "fields jsonParse(@message) as order | unnest order.items into item"
    text = f"{flat} | filter item.n > 1 | display order.of, item.sku, item.n | sort item.n desc"
    assert plain(text) == [
        {"order.of": "bert", "item.sku": "a", "item.n": "4"},
        {"order.of": "anna", "item.sku": "b", "item.n": "2"},
    ]
    counted = f"{flat} | filter ispresent(item.sku) | stats sum(item.n) as sold by item.sku as sku | sort sku"
    assert plain(counted) == [{"sku": "a", "sold": "5"}, {"sku": "b", "sold": "2"}]


def test_patterns_are_compared_with_those_of_an_earlier_time(wharf, lines):
    logs, _ = lines
    group, now = log_groups.make(wharf, "insights"), int(time.time() * 1000)

    def put(minutes, *messages):
        events = [{"timestamp": now - minutes * 60_000, "message": message} for message in messages]
        logs.put_log_events(logGroupName=group, logStreamName=log_groups.STREAM, logEvents=events)

    put(24 * 60 + 30, *[f"took {n} ms" for n in range(7)])
    put(90, "took 8 ms", "took 9 ms", "disk is full")
    put(30, "took 10 ms", "took 11 ms", "took 12 ms", "no room")

    def differences(command):
        text = f"pattern @message | {command} | display @pattern, @difference, @differenceDescription | sort @pattern"
        return [tuple(row.values()) for row in rows(ended(logs, started(logs, text, group)))]

    took = "took <Number-1> ms"
    # Against the hour right before, and against the same hour of the day before.
    assert differences("diff") == [("disk is full", "-1", "Gone"), ("no room", "1", "New"), (took, "1", "More")]
    assert differences("diff previousDay") == [("no room", "1", "New"), (took, "-4", "Fewer")]
    with pytest.raises(ClientError, match="right before it"):
        started(logs, "diff previousDay", group)


def test_wrong_queries_are_told_where(lines):
    logs, group = lines
    with pytest.raises(ClientError) as caught:
        started(logs, "fields n | wherever n = 1", group)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "MalformedQueryException"
    assert answer["queryCompileError"]["location"] == {"startCharOffset": 11, "endCharOffset": 19}
    with pytest.raises(ClientError, match="does not exist for account ID"):
        started(logs, "fields n", group, "/e2e/nowhere")
    with pytest.raises(ClientError, match="begins with SOURCE"):
        started(logs, "SOURCE logGroups() | fields n", group)


def test_a_source_selects_groups(lines):
    logs, group = lines
    now = int(time.time())
    text = f"SOURCE logGroups(namePrefix: ['{group}']) | stats count(*) as n"
    query = logs.start_query(startTime=now - 3600, endTime=now + 60, queryString=text)["queryId"]
    assert rows(ended(logs, query)) == [{"n": "100"}]
    (told,) = logs.list_log_groups_for_query(queryId=query)["logGroupIdentifiers"]
    assert told.endswith(f":log-group:{group}")


def test_a_result_survives_the_server(wharf, lines):
    logs, group = lines
    query = started(logs, "stats count(*) as n", group)
    assert rows(ended(logs, query)) == [{"n": "100"}]
    wharf.kill_child("server")
    wharf.wait_ready()
    assert rows(ended(logs, query)) == [{"n": "100"}]
    listed = logs.describe_queries(logGroupName=group)["queries"]
    assert [(it["queryId"], it["status"]) for it in listed] == [(query, "Complete")]


def test_the_right_is_asked_for(wharf, lines):
    logs, group = lines
    allowed = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": allowed},
            {"Effect": "Allow", "Action": "logs:GetQueryResults", "Resource": "*"},
        ],
    }
    _, keys = tasks.user(wharf, json.dumps(document))
    theirs = wharf.client("logs", keys)
    assert rows(ended(theirs, started(theirs, "stats count(*) as n", group))) == [{"n": "100"}]
    other = group + "/other"
    logs.create_log_group(logGroupName=other)
    with pytest.raises(ClientError) as caught:
        started(theirs, "fields n", group, other)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_definitions(lines):
    logs, group = lines
    made = logs.put_query_definition(name=f"{group}/errors", queryString="filter level = 'ERROR'", logGroupNames=[group])
    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix=group)["queryDefinitions"]
    assert (found["queryDefinitionId"], found["logGroupNames"]) == (made["queryDefinitionId"], [group])
    assert logs.delete_query_definition(queryDefinitionId=made["queryDefinitionId"])["success"]


def test_the_command_line(wharf, lines):
    _, group = lines
    now = int(time.time())
    query = wharf.aws(
        "logs", "start-query", "--log-group-name", group, "--start-time", str(now - 3600), "--end-time", str(now + 60),
        "--query-string", "stats count(*) as n by level | sort level",
    )["queryId"]  # fmt: skip

    def result():
        found = wharf.aws("logs", "get-query-results", "--query-id", query)
        return found if found["status"] == "Complete" else None

    found = wait_for(result, what="the query's end")
    assert rows(found) == [{"level": "ERROR", "n": "25"}, {"level": "INFO", "n": "75"}]
