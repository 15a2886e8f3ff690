"""Metric streams with stock clients: what was measured reaches an OTLP collector and a reader of JSON, over kill -9 too."""

import datetime
import json

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from harness import tasks
from harness.installation import Installation, Keys
from harness.refusals import refused
from harness.waiting import wait_for
from harness.web_server import server

PRINCIPAL = "streams.metrics.cloudwatch.amazonaws.com"


@pytest.fixture
def reaching():
    """An installation that may reach this machine."""
    with Installation(arguments=("--allow-egress", "127.0.0.0/8")) as alone:
        yield alone.start(node=False)


def role(wharf, principal=PRINCIPAL, allowed="events:InvokeApiDestination"):
    iam, name = wharf.client("iam"), tasks.unique("streamer")
    trust = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return arn


def destination(wharf, address):
    events = wharf.client("events")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "sesame"}}
    connection = events.create_connection(Name=tasks.unique("c"), AuthorizationType="API_KEY", AuthParameters=key)
    made = events.create_api_destination(
        Name=tasks.unique("d"), ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=address, HttpMethod="POST"
    )
    return made["ApiDestinationArn"]


def of_otlp(got):
    """What a collector got of each metric and minute: how often, and what."""
    seen = {}
    for request in got:
        assert (request.path, request.headers["content-type"]) == ("/v1/metrics", "application/x-protobuf")
        assert request.headers["x-key"] == "sesame"
        message = ExportMetricsServiceRequest.FromString(request.raw)
        for resource in message.resource_metrics:
            attributes = {it.key: it.value.string_value for it in resource.resource.attributes}
            assert attributes["cloud.provider"] == "aws" and ":metric-stream/" in attributes["aws.exporter.arn"]
            for metric in (it for scope in resource.scope_metrics for it in scope.metrics):
                (point,) = metric.summary.data_points
                named = {it.key: it.value for it in point.attributes}
                dimensions = {it.key: it.value.string_value for it in named["Dimensions"].kvlist_value.values}
                assert metric.name == f"amazonaws.com/{named['Namespace'].string_value}/{named['MetricName'].string_value}"
                assert point.time_unix_nano - point.start_time_unix_nano == 60 * 10**9
                at = point.start_time_unix_nano // 10**9
                quantiles = {it.quantile: it.value for it in point.quantile_values}
                said = (metric.unit, point.count, point.sum, quantiles)
                seen.setdefault((named["MetricName"].string_value, dimensions["Host"], at), []).append(said)
    return seen


def of_json(got):
    seen = {}
    for line in (json.loads(it) for request in got for it in request.body.splitlines()):
        at = line["timestamp"] // 1000
        seen.setdefault((line["metric_name"], line["dimensions"]["Host"], at), []).append((line["unit"], line["value"]))
    return seen


def test_metrics_reach_collectors_over_kill_9(reaching):
    cloudwatch, namespace = reaching.client("cloudwatch"), tasks.unique("Shop")
    # The first answer of the collector is a failure: it gets the same again.
    with server([503]) as (collector, otlp), server() as (reader, lines):
        common = {"IncludeFilters": [{"Namespace": namespace}], "RoleArn": role(reaching)}
        names = tasks.unique("otlp"), tasks.unique("json")
        p99 = [{"IncludeMetrics": [{"Namespace": namespace, "MetricName": "Latency"}], "AdditionalStatistics": ["p99"]}]
        address = destination(reaching, f"{collector}/v1/metrics")
        cloudwatch.put_metric_stream(
            Name=names[0], FirehoseArn=address, OutputFormat="opentelemetry1.0", StatisticsConfigurations=p99, **common
        )
        filters = json.dumps(common["IncludeFilters"])
        reaching.aws(
            *("cloudwatch", "put-metric-stream", "--name", names[1], "--firehose-arn", destination(reaching, reader)),
            *("--role-arn", common["RoleArn"], "--output-format", "json", "--include-filters", filters),
        )
        now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
        minutes = [now + datetime.timedelta(minutes=it) for it in range(3)]
        for at in minutes:
            for host in "ab":
                common = {"Dimensions": [{"Name": "Host", "Value": host}], "Timestamp": at}
                latency = {"MetricName": "Latency", "Unit": "Milliseconds", "Values": [float(it) for it in range(1, 101)], **common}
                orders = {"MetricName": "Orders", "Unit": "Count", "Value": at.minute + 1, **common}
                cloudwatch.put_metric_data(Namespace=namespace, MetricData=[latency, orders])
        cloudwatch.put_metric_data(Namespace=tasks.unique("Other"), MetricData=[{"MetricName": "Orders", "Value": 1}])
        wanted = {(name, host, int(at.timestamp())) for name in ("Latency", "Orders") for host in "ab" for at in minutes}

        def came(seen, at):
            return {key for key in wanted if key[2] == int(at.timestamp())} <= set(seen)

        wait_for(lambda: came(of_otlp(otlp[1:]), minutes[0]), 200, "the first minute")
        reaching.kill_child("server")
        wait_for(lambda: came(of_otlp(otlp[1:]), minutes[2]) and came(of_json(lines), minutes[2]), 240, "the last minute")
        seen, again = of_otlp(otlp[1:]), of_json(lines)
        assert set(seen) == set(again) == wanted
        assert otlp[0].raw == otlp[1].raw, "what was not taken goes again"
        for (name, _, at), said in seen.items():
            # Once; twice of what was under way at the death, and then the same.
            assert len(said) <= 2 and said.count(said[0]) == len(said)
            unit, count, total, quantiles = said[0]
            if name == "Orders":
                minute = datetime.datetime.fromtimestamp(at, datetime.UTC).minute
                assert (unit, count, total, set(quantiles)) == ("{Count}", 1, minute + 1, {0.0, 1.0})
            else:
                assert (unit, count, total) == ("ms", 100, 5050)
                assert (quantiles[0.0], quantiles[1.0]) == (1, 100) and abs(quantiles[0.99] - 99) <= 1
        assert sum(len(it) for it in seen.values()) <= len(wanted) + 4
        unit, value = again["Orders", "a", int(minutes[0].timestamp())][0]
        assert (unit, value["count"], value["sum"]) == ("Count", 1, minutes[0].minute + 1)
        span = {"StartTime": minutes[0] - datetime.timedelta(hours=1), "EndTime": minutes[2] + datetime.timedelta(hours=1), "Period": 60}
        dimensions = [{"Name": "MetricStreamName", "Value": names[1]}]
        asked = {"Namespace": "AWS/CloudWatch/MetricStreams", "Dimensions": dimensions, "Statistics": ["Sum"], **span}

        def counted():
            points = cloudwatch.get_metric_statistics(MetricName="MetricUpdate", **asked)["Datapoints"]
            return sum(it["Sum"] for it in points) >= len(wanted)

        wait_for(counted, what="the stream counts what it sent")

        # Stopped streams send nothing more, and say so.
        cloudwatch.stop_metric_streams(Names=list(names))
        shown = reaching.aws("cloudwatch", "list-metric-streams")["Entries"]
        assert {it["Name"]: it["State"] for it in shown} == dict.fromkeys(names, "stopped")
        cloudwatch.start_metric_streams(Names=[names[0]])
        assert cloudwatch.get_metric_stream(Name=names[0])["State"] == "running"
        for name in names:
            cloudwatch.delete_metric_stream(Name=name)
        assert cloudwatch.list_metric_streams()["Entries"] == []


def test_streams_that_cannot_be_are_refused(reaching):
    cloudwatch = reaching.client("cloudwatch")
    address = destination(reaching, "http://127.0.0.1:9/")
    good = {"Name": tasks.unique("s"), "FirehoseArn": address, "OutputFormat": "json"}
    closed, open_ = role(reaching, principal="events.amazonaws.com"), role(reaching)
    put = cloudwatch.put_metric_stream
    assert "must let streams.metrics.cloudwatch.amazonaws.com assume it" in refused(put, RoleArn=closed, **good)[1]
    firehose = "arn:aws:firehose:us-east-1:000000000000:deliverystream/d"
    assert "there is no Firehose here" in refused(put, RoleArn=open_, **{**good, "FirehoseArn": firehose})[1]
    assert "opentelemetry0.7" in refused(put, RoleArn=open_, **{**good, "OutputFormat": "opentelemetry0.7"})[1]
    # Whoever may put streams may not give them any role.
    iam, user = reaching.client("iam"), tasks.unique("putter")
    iam.create_user(UserName=user)
    allowed = {"Effect": "Allow", "Action": "cloudwatch:*", "Resource": "*"}
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    theirs = reaching.client("cloudwatch", Keys.of_user(key))
    assert "iam:PassRole" in refused(theirs.put_metric_stream, RoleArn=open_, **good)[1]


def test_a_role_that_may_not_send_sends_nothing(reaching):
    cloudwatch, namespace = reaching.client("cloudwatch"), tasks.unique("Shop")
    with server() as (address, got):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Orders", "Value": 1}])
        name = tasks.unique("s")
        cloudwatch.put_metric_stream(
            Name=name,
            FirehoseArn=destination(reaching, address),
            OutputFormat="json",
            RoleArn=role(reaching, allowed="sqs:SendMessage"),
            IncludeFilters=[{"Namespace": namespace}],
        )
        now = datetime.datetime.now(datetime.UTC)
        span = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(hours=1), "Period": 60}
        dimensions = [{"Name": "MetricStreamName", "Value": name}]
        asked = {"Namespace": "AWS/CloudWatch/MetricStreams", "MetricName": "PublishErrorRate", "Statistics": ["Average"], **span}

        def failed():
            points = cloudwatch.get_metric_statistics(Dimensions=dimensions, **asked)["Datapoints"]
            return points and all(it["Average"] == 1 for it in points)

        wait_for(failed, 200, "the stream fails")
        assert got == []
        assert "InvokeApiDestination" in (reaching.data / "log" / "server.log").read_text()
        cloudwatch.delete_metric_stream(Name=name)
