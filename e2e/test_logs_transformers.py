"""Transformers of log groups, as boto3 uses them."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from harness import log_groups
from harness.log_groups import put
from harness.waiting import wait_for

CONFIG = [
    {"grok": {"match": "%{WORD:method} %{NOTSPACE:path} %{INT:status:int}"}},
    {"upperCaseString": {"withKeys": ["method"]}},
    {"copyValue": {"entries": [{"source": "@logGroupName", "target": "of.group"}]}},
]


@pytest.fixture
def group(wharf):
    return log_groups.make(wharf, "transformers")


def rows(logs, group, text):
    now = int(time.time())
    asked = logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString=text)

    def result():
        found = logs.get_query_results(queryId=asked["queryId"])
        return found if found["status"] not in ("Running", "Scheduled") else None

    found = wait_for(result, what="the query's end")
    assert found["status"] == "Complete"
    return [{it["field"]: it["value"] for it in row if it["field"] != "@ptr"} for row in found["results"]]


def test_queries_have_the_fields_after_a_kill_too(wharf, group):
    logs = wharf.client("logs")
    put(logs, group, "get /before 200")
    logs.put_transformer(logGroupIdentifier=group, transformerConfig=CONFIG)
    put(logs, group, "get /shirts 200", "no request")
    wharf.kill_child("server")
    logs = wharf.client("logs")
    assert logs.get_transformer(logGroupIdentifier=group)["transformerConfig"] == CONFIG
    put(logs, group, "post /cart 500")
    expected = [
        {"path": "/cart", "method": "POST", "status": "500", "of.group": group},
        {"path": "/shirts", "method": "GET", "status": "200", "of.group": group},
    ]
    assert rows(logs, group, "filter ispresent(path) | sort path | display path, method, status, of.group") == expected
    events = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]
    assert [it["message"] for it in events] == ["get /before 200", "get /shirts 200", "no request", "post /cart 500"]
    logs.delete_transformer(logGroupIdentifier=group)
    put(logs, group, "get /later 200")
    assert len(rows(logs, group, "filter ispresent(path)")) == 2
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.delete_transformer(logGroupIdentifier=group)


COLUMNS = [{"csv": {"columns": ["who", "what", "n"], "delimiter": ";"}}, {"typeConverter": {"entries": [{"key": "n", "type": "integer"}]}}]
PAIRS = [{"parseKeyValue": {"fieldDelimiter": " ", "keyValueDelimiter": "=", "nonMatchValue": "none"}}]
NESTED = [{"parseJSON": {}}, {"parseJSON": {"source": "inner", "destination": "of"}}, {"deleteKeys": {"withKeys": ["inner"]}}]
PARSED = [
    (COLUMNS, 'anna;"a ""red"" shirt; small";3', {"who": "anna", "what": 'a "red" shirt; small', "n": 3}),
    (COLUMNS, "bert;socks;2;gift", {"who": "bert", "what": "socks", "n": 2, "column_4": "gift"}),
    (PAIRS, "level=info path=/a?b=1 late", {"level": "info", "path": "/a?b=1", "late": "none"}),
    (NESTED, '{"at": 1, "inner": "{\\"user\\": {\\"id\\": 7}}"}', {"at": 1, "of": {"user": {"id": 7}}}),
]


@pytest.mark.parametrize(("config", "line", "expected"), PARSED)
def test_each_parser(wharf, group, config, line, expected):
    logs = wharf.client("logs")
    (tried,) = logs.test_transformer(transformerConfig=config, logEventMessages=[line])["transformedLogs"]
    assert (tried["eventMessage"], json.loads(tried["transformedEventMessage"])) == (line, expected)
    logs.put_transformer(logGroupIdentifier=group, transformerConfig=config)
    put(logs, group, line)
    flat = {f"{name}.{key}": it for name, inner in expected.items() if isinstance(inner, dict) for key, it in inner.items()}
    plain = {name: str(it) for name, it in expected.items() if not isinstance(it, dict)}
    names = [*plain, *("of.user.id" for name in flat if name == "of.user")]
    (row,) = rows(logs, group, f"display {', '.join(names)}")
    assert row == plain | ({"of.user.id": "7"} if flat else {})


def test_processors_are_tried_out_and_checked(wharf, group):
    logs = wharf.client("logs")
    found = logs.test_transformer(transformerConfig=CONFIG[:2], logEventMessages=["get /a 204", "nothing"])["transformedLogs"]
    assert json.loads(found[0]["transformedEventMessage"]) == {"method": "GET", "path": "/a", "status": 204}
    assert found[1]["transformedEventMessage"] == "nothing"
    for config, text in (
        (CONFIG[1:], "must be a parser"),
        ([{"parseVPC": {}}], "parseVPC"),
        ([{"grok": {"match": "%{NOPE:a}"}}], "NOPE"),
    ):
        with pytest.raises(ClientError, match=text):
            logs.put_transformer(logGroupIdentifier=group, transformerConfig=config)


def test_times_are_read_in_the_language_of_their_locale(wharf):
    logs = wharf.client("logs")

    def read(locale, pattern, text):
        convert = {"source": "at", "target": "at", "locale": locale, "matchPatterns": [pattern], "targetFormat": "yyyy-MM-dd"}
        config = [{"grok": {"match": "%{GREEDYDATA:at}"}}, {"dateTimeConverter": convert}]
        (made,) = logs.test_transformer(transformerConfig=config, logEventMessages=[text])["transformedLogs"]
        return json.loads(made["transformedEventMessage"])["at"]

    for locale, pattern, text in (
        ("de-DE", "dd. MMMM yyyy", "02. März 2026"),
        ("fr", "d MMM yyyy", "2 mars 2026"),
        ("pl", "d MMMM yyyy", "2 marca 2026"),
        ("ru_RU", "d MMM yyyy", "2 мар. 2026"),
        ("ja", "yyyy年MMMd日", "2026年3月2日"),
        ("en-GB", "d MMM yyyy", "2 Mar 2026"),
    ):
        assert read(locale, pattern, text) == "2026-03-02", locale
    assert read("de", "dd. MMMM yyyy", "02. March 2026") == "02. March 2026"
    with pytest.raises(ClientError, match='The locale "tlh" is not supported'):
        read("tlh", "yyyy", "2026")
