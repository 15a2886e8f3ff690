"""One account's flood leaves the others alone: no error, no throttling, right answers, and no long waits."""

import datetime
import statistics
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from harness import floods
from harness.installation import Installation, Place
from harness.waiting import wait_for
from test_accounts import create

pytestmark = pytest.mark.minutes(0.5)

SECONDS = 8
# Generous: the flood's client, the server and other tests share the machine's cores. What it is on a quiet machine `bench/run floods` says.
FACTOR, AT_LEAST_S = 60, 1.5
ALARM_HEARD_S = 60


class Neighbour:
    """An account that puts and reads a little, one call at a time, and knows what it has to find."""

    def __init__(self, place):
        self._cloudwatch, self._logs, self._ecs = (place.client(it) for it in ("cloudwatch", "logs", "ecs"))
        self._group, self._sum, self._written = f"own-{uuid.uuid4().hex}", 0, 0
        self._begun = datetime.datetime.now(datetime.UTC)
        self._logs.create_log_group(logGroupName=self._group)
        self._logs.create_log_stream(logGroupName=self._group, logStreamName="s")
        self._cloudwatch.put_metric_alarm(
            AlarmName=self._group,
            Namespace="Own",
            MetricName="n",
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )

    def ask(self, seconds):
        """How long each call of some rounds took, in seconds."""
        took, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            for call in (self._put, self._read, self._alarms, self._write, self._events, self._services):
                begun = time.monotonic()
                call()
                took.append(time.monotonic() - begun)
        return took

    def _put(self):
        self._sum += 1
        self._cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "n", "Dimensions": self._of(), "Value": 1}])

    def _read(self):
        metric = {"Namespace": "Own", "MetricName": "n", "Dimensions": self._of()}
        query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}
        end = self._begun + datetime.timedelta(hours=2)
        span = {"StartTime": self._begun - datetime.timedelta(hours=2), "EndTime": end}
        (found,) = self._cloudwatch.get_metric_data(MetricDataQueries=[query], **span)["MetricDataResults"]
        assert sum(found["Values"]) == self._sum, "what was put is there at once"

    def _of(self):
        return [{"Name": "Own", "Value": self._group}]

    def _alarms(self):
        assert [it["AlarmName"] for it in self._cloudwatch.describe_alarms()["MetricAlarms"]] == [self._group]

    def _write(self):
        at = int(time.time() * 1000)
        event = {"timestamp": at, "message": str(self._written)}
        self._logs.put_log_events(logGroupName=self._group, logStreamName="s", logEvents=[event])
        self._written += 1

    def _events(self):
        answer = self._logs.get_log_events(logGroupName=self._group, logStreamName="s", limit=1)
        assert answer["events"][0]["message"] == str(self._written - 1), "the latest event is the one that was written last"

    def _services(self):
        assert self._ecs.list_clusters()["clusterArns"] == []

    def alarm_is_heard(self):
        """The alarm on a metric of now changes its state, within a few of its looks, each ten seconds as those of the flood."""
        now, value = datetime.datetime.now(datetime.UTC), {"MetricName": "n", "Value": 1, "StorageResolution": 1}
        data = [{**value, "Timestamp": now + datetime.timedelta(seconds=it)} for it in range(ALARM_HEARD_S)]
        self._cloudwatch.put_metric_data(Namespace="Own", MetricData=data)

        def is_on():
            (alarm,) = self._cloudwatch.describe_alarms(AlarmNames=[self._group])["MetricAlarms"]
            return alarm["StateValue"] == "ALARM"

        wait_for(is_on, ALARM_HEARD_S, "the alarm of the neighbour")

    def query(self):
        """A query of its logs ends, and finds them all."""
        span = {"startTime": int(time.time()) - 3600, "endTime": int(time.time()) + 60}
        query = self._logs.start_query(logGroupName=self._group, queryString="stats count(*) as n", **span)["queryId"]

        def ended():
            answer = self._logs.get_query_results(queryId=query)
            return answer["results"] if answer["status"] == "Complete" else None

        ((count,),) = wait_for(ended, 30, "the query of the neighbour")
        assert int(count["value"]) == self._written


@pytest.fixture(scope="module")
def both():
    """The keys of the account that floods, and its neighbour. Requests are not throttled: shares alone stand between them."""
    with Installation() as wharf:
        wharf.start(node=False)
        _, loud = create(wharf, "loud")
        _, quiet = create(wharf, "quiet")
        place = Place(wharf, "us-east-1", loud)
        floods.prepare(place.client("cloudwatch"), place.client("logs"))
        neighbour = Neighbour(Place(wharf, "us-east-1", quiet))
        neighbour.ask(1)
        yield wharf, loud, neighbour, neighbour.ask(SECONDS)


def p99(seconds):
    return statistics.quantiles(seconds, n=100)[98]


@pytest.mark.parametrize("name", floods.ALL)
def test_a_flood_leaves_the_neighbour_alone(both, name):
    wharf, loud, neighbour, alone = both
    with floods.Flood(wharf, loud, name) as flood:
        try:
            beside = neighbour.ask(SECONDS)
            if name == "queries of logs":
                neighbour.query()
            if name == "alarms":
                neighbour.alarm_is_heard()
        except ClientError as error:
            raise AssertionError(f"the neighbour of {name} was refused: {error}") from error
    allowed = max(AT_LEAST_S, FACTOR * p99(alone))
    print(f"p99 {p99(beside):.3f} s beside {name}, {p99(alone):.3f} s alone; the flood got {flood.answers}")
    assert p99(beside) < allowed
    assert flood.answers["200"] > 0, f"there was no flood: {flood.answers}"
    assert flood.answers["500"] == flood.answers["no answer"] == 0, flood.answers
