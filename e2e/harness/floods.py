"""Floods of one account: calls as large and as many as it may send, from several connections, in a process of their own.

`Flood(installation, keys, name)` is one while its block lasts; `answers` is what became of its calls then."""

import collections
import datetime
import gzip
import http.client
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import uuid

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CONNECTIONS = 4
# What an account's flood reads was put before it begins.
GROUP, NAMESPACE, SEEDS = "flood", "Flood", "Seeds"
CLOUDWATCH, LOGS = ("monitoring", "GraniteServiceVersion20100801"), ("logs", "Logs_20140328")
# A flood ends with the calls that are under way, and who floods a busy machine waits for them.
CALL_DEADLINE_S = 180
END_DEADLINE_S = CALL_DEADLINE_S + 30


def _now():
    return int(time.time())


def new_series():
    """A thousand metrics a call that nobody has seen before."""
    for _ in itertools.count():
        own = uuid.uuid4().hex
        data = [{"MetricName": "m", "Dimensions": [{"Name": "d", "Value": f"{own}-{it}"}], "Value": it} for it in range(1000)]
        yield CLOUDWATCH, "PutMetricData", {"Namespace": NAMESPACE, "MetricData": data}


def alarms():
    """Alarms that are looked at every ten seconds, each over math on ten metrics."""
    for _ in itertools.count():
        metric = {"Namespace": SEEDS, "MetricName": "m", "Dimensions": [{"Name": "d", "Value": "seed-1"}]}
        stats = [{"Id": f"m{it}", "MetricStat": {"Metric": metric, "Period": 10, "Stat": "p99"}, "ReturnData": False} for it in range(9)]
        total = {"Id": "e", "Expression": "+".join(it["Id"] for it in stats), "ReturnData": True}
        yield (
            CLOUDWATCH,
            "PutMetricAlarm",
            {
                "AlarmName": uuid.uuid4().hex,
                "EvaluationPeriods": 10,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Metrics": [*stats, total],
            },
        )


def log_events():
    """As many events as a call takes, a megabyte of them."""
    for _ in itertools.count():
        at = _now() * 1000
        events = [{"timestamp": at, "message": f'{{"level": "ERROR", "n": {it}, "text": "{"x" * 900}"}}'} for it in range(1000)]
        yield LOGS, "PutLogEvents", {"logGroupName": GROUP, "logStreamName": "s", "logEvents": events}


def queries():
    """Queries of Logs Insights over all there is, with a regular expression, a sort and many groups."""
    text = 'parse @message /"n": (?<n>[0-9]+), "text": "(?<t>x*)"/ | stats count(*), pct(n, 99), min(strlen(t)) by n, bin(1s) | sort n desc'
    for _ in itertools.count():
        span = {"startTime": _now() - 3600, "endTime": _now() + 60}
        yield LOGS, "StartQuery", {"logGroupName": GROUP, "queryString": text, "limit": 10000, **span}


def expressions():
    """Nearly as many datapoints as GetMetricData makes of one call: a search, and two hundred lists upon each other."""
    search = f"SEARCH('{{{SEEDS},d}} m', 'Average', 60)"
    asked = [{"Id": "s0", "Expression": search, "ReturnData": False}]
    asked += [{"Id": f"s{it}", "Expression": f"RUNNING_SUM(RATE(s{it - 1})) + AVG(s0) * 2", "ReturnData": False} for it in range(1, 200)]
    asked.append({"Id": "all", "Expression": "SUM([" + ",".join(f"AVG(s{it})" for it in range(200)) + "])"})
    for _ in itertools.count():
        span = {"StartTime": _now() - 3 * 3600, "EndTime": _now() + 60}
        yield CLOUDWATCH, "GetMetricData", {"MetricDataQueries": asked, **span}


ALL = {"new series": new_series, "alarms": alarms, "log events": log_events, "queries of logs": queries, "metric math": expressions}


def prepare(cloudwatch, logs):
    """What floods of an account ask about."""
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    for _ in range(8):
        _, _, body = next(log_events())
        logs.put_log_events(**body)
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    for number in range(100):
        data = [
            {"MetricName": "m", "Dimensions": [{"Name": "d", "Value": f"seed-{number}"}], "Value": it, "Timestamp": at}
            for it, at in ((it, begin + datetime.timedelta(minutes=it)) for it in range(120))
        ]
        cloudwatch.put_metric_data(Namespace=SEEDS, MetricData=data)


class Flood:
    """One flood, while the block lasts."""

    def __init__(self, installation, keys, name):
        self._asked = (str(installation.port), name)
        self._keys = {"FLOOD_KEY": keys.access_key, "FLOOD_SECRET": keys.secret_key}
        self.answers = None

    def __enter__(self):
        command = [sys.executable, "-m", "harness.floods", *self._asked]
        here = pathlib.Path(__file__).parent.parent
        self._process = subprocess.Popen(
            command, cwd=here, env={**os.environ, **self._keys}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        # It says when each of its connections had an answer.
        assert self._process.stdout.readline() == "flows\n", "the flood does not begin"
        return self

    def __exit__(self, *_):
        try:
            out, _ = self._process.communicate("end\n", timeout=END_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        self.answers = collections.Counter(json.loads(out))


def _main(port, name):
    ended, flows = threading.Event(), threading.Barrier(CONNECTIONS + 1)
    answers, lock = collections.Counter(), threading.Lock()
    keys = Credentials(os.environ["FLOOD_KEY"], os.environ["FLOOD_SECRET"])

    def flow():
        line, counted, is_first = None, collections.Counter(), True
        for (service, target), operation, body in ALL[name]():
            if ended.is_set():
                break
            head = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{target}.{operation}", "Content-Encoding": "gzip"}
            packed = gzip.compress(json.dumps(body).encode(), 1)
            request = AWSRequest(method="POST", url=f"http://127.0.0.1:{port}/", data=packed, headers=head)
            SigV4Auth(keys, service, "us-east-1").add_auth(request)
            try:
                line = line or http.client.HTTPConnection("127.0.0.1", int(port), timeout=CALL_DEADLINE_S)
                line.request("POST", "/", packed, dict(request.headers.items()))
                answer = line.getresponse()
                answer.read()
                counted[str(answer.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                print(f"no answer: {error!r}", file=sys.stderr)
                counted["no answer"] += 1
                line = None
            if is_first:
                is_first = False
                flows.wait()
                # Who waited long for the others has a connection that was closed as an idle one.
                if line:
                    line.close()
                line = None
        with lock:
            answers.update(counted)

    threads = [threading.Thread(target=flow) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    flows.wait()
    print("flows", flush=True)
    sys.stdin.readline()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
