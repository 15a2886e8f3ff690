"""Prometheus in and out: remote write as Prometheus sends it, the calls that Grafana makes, federation; CloudWatch sees the same."""

import datetime
import json
import struct
import subprocess
import threading
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families

from harness import remote_write, tasks, tools
from harness.installation import free_port
from harness.waiting import wait_for

UTC = datetime.UTC


@pytest.fixture(scope="module")
def sender(wharf):
    """A user's key, as name and password."""
    _, keys = tasks.user(wharf, tasks.document("aps:*"))
    return keys.access_key, keys.secret_key


@pytest.fixture(scope="module")
def workspace(wharf):
    return f"{wharf.endpoint}/workspaces/ws-us-east-1"


def asked(workspace, auth, path, post=False, **parameters):
    send = requests.post if post else requests.get
    parameters = {name.rstrip("_"): value for name, value in parameters.items()}
    given = {"data" if post else "params": parameters}
    answer = send(f"{workspace}/api/v1/{path}", auth=auth, timeout=60, **given)
    assert answer.headers["Content-Type"] == "application/json", answer.text
    return answer.status_code, answer.json()


def data(workspace, auth, path, **parameters):
    status, answer = asked(workspace, auth, path, **parameters)
    assert status == 200 and answer["status"] == "success", answer
    return answer["data"]


def values(result):
    return {tuple(sorted(it["metric"].items())): it["value"][1] for it in result["result"]}


def test_what_is_written_is_read_by_promql_and_by_cloudwatch(wharf, workspace, sender):
    name, now = "hits_" + tasks.unique("x").replace("-", "_") + "_total", int(time.time()) - 5
    # As a scrape of the program would see it, twelve times.
    registry = CollectorRegistry()
    counter = Counter(name.removesuffix("_total"), "Hits.", ["code"], registry=registry)
    parts = [remote_write.about(name, 1, "Hits.")]
    for step in range(12):
        counter.labels(code="200").inc(15)
        counter.labels(code="500").inc(3)
        for family in text_string_to_metric_families(generate_latest(registry).decode()):
            for sample in (it for it in family.samples if it.name == name):
                labels = {"__name__": name, "job": "shop", **sample.labels}
                parts.append(remote_write.series(labels, [(now - 15 * (11 - step), sample.value)]))
    written = remote_write.send(workspace, sender, *parts)
    assert written.status_code == 200 and not written.text, written.text

    found = data(workspace, sender, "query", query=name, time=now)
    key = (("__name__", name), ("code", "200"), ("job", "shop"))
    assert found["resultType"] == "vector" and values(found)[key] == "180"
    rate = data(workspace, sender, "query", post=True, query=f"sum by (code) (rate({name}[3m]))", time=now)
    assert {it["metric"]["code"]: round(float(it["value"][1]), 2) for it in rate["result"]} == {"200": 1.0, "500": 0.2}
    ranged = data(workspace, sender, "query_range", post=True, query=f"sum({name})", start=now - 60, end=now, step=15)
    assert [float(it[1]) for it in ranged["result"][0]["values"]] == [18.0 * it for it in (8, 9, 10, 11, 12)]

    assert data(workspace, sender, "label/code/values", **{"match[]": name}) == ["200", "500"]
    assert name in data(workspace, sender, "label/__name__/values")
    assert data(workspace, sender, "labels", post=True, **{"match[]": name}) == ["__name__", "code", "job"]
    assert len(data(workspace, sender, "series", **{"match[]": name})) == 2
    assert data(workspace, sender, "metadata", metric=name) == {name: [{"type": "counter", "help": "Hits.", "unit": ""}]}
    assert data(workspace, sender, "query_exemplars", query=name, start=now - 60, end=now) == []
    assert data(workspace, sender, "status/buildinfo")["application"] == "wharf"

    cloudwatch = wharf.client("cloudwatch")
    dimensions = [{"Name": "code", "Value": "200"}, {"Name": "job", "Value": "shop"}]
    metric = {"Namespace": "Prometheus", "MetricName": name, "Dimensions": dimensions}
    listed = cloudwatch.list_metrics(Namespace="Prometheus", MetricName=name)["Metrics"]
    assert metric in listed and len(listed) == 2
    span = {"StartTime": datetime.datetime.fromtimestamp(now - 300, UTC), "EndTime": datetime.datetime.fromtimestamp(now + 60, UTC)}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}
    [result] = cloudwatch.get_metric_data(MetricDataQueries=[query], **span)["MetricDataResults"]
    assert max(result["Values"]) == 180


def test_prometheus_itself_writes_what_it_scrapes(workspace, sender, tmp_path):
    registry = CollectorRegistry()
    name = "orders_" + tasks.unique("x").replace("-", "_")
    counter = Counter(name, "Orders.", ["shop"], registry=registry)
    counter.labels(shop="berlin").inc(7)
    took = Histogram(name + "_seconds", "How long they took.", buckets=[0.1, 1], registry=registry)
    for seconds in (0.05, 0.5, 5):
        took.observe(seconds)
    exporter, thread = start_http_server(0, "127.0.0.1", registry=registry)
    shop = f"127.0.0.1:{exporter.server_port}"
    user, password = sender
    config = {
        "global": {"scrape_interval": "1s", "external_labels": {"cluster": "laptop"}},
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [shop]}]}],
        "remote_write": [
            {
                "url": f"{workspace}/api/v1/remote_write",
                "basic_auth": {"username": user, "password": password},
                "metadata_config": {"send_interval": "1s"},
            }
        ],
    }
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    command = [
        tools.program("prometheus"), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{free_port()}",
    ]  # fmt: skip
    own = {"instance": shop, "job": "shop", "cluster": "laptop"}

    def told(query):
        found = data(workspace, sender, "query", query=query)["result"]
        return [(it["metric"], it["value"][1]) for it in found]

    with (tmp_path / "log").open("w") as log:
        prometheus = subprocess.Popen(command, stderr=log)
    try:
        total = f"{name}_total"
        wait_for(lambda: told(total), 30, "the first samples")
        assert told(total) == [({"__name__": total, "shop": "berlin", **own}, "7")]
        counter.labels(shop="berlin").inc(5)
        wait_for(lambda: told(total)[0][1] == "12", 30, "the counter's next value")
        assert told(f"histogram_quantile(0.5, {name}_seconds_bucket)") == [(own, "0.55")]
        assert told(f'up{{instance="{shop}"}}') == [({"__name__": "up", **own}, "1")]
        about = wait_for(lambda: data(workspace, sender, "metadata", metric=name), 30, "what the metric is")
        assert about == {name: [{"type": "counter", "help": "Orders.", "unit": ""}]}
        exporter.shutdown()
        exporter.server_close()
        thread.join()
        wait_for(lambda: told(total) == [], 30, "its series to go stale")
        assert told(f'up{{instance="{shop}"}}')[0][1] == "0"
    finally:
        prometheus.terminate()
        prometheus.wait(30)


def test_a_metric_of_cloudwatch_is_a_series(wharf, workspace, sender):
    cloudwatch, namespace = wharf.client("cloudwatch"), tasks.unique("Shop")
    begin = datetime.datetime.now(UTC).replace(second=0, microsecond=0)
    dimensions = [{"Name": "ShopName", "Value": "berlin"}]
    put = {"MetricName": "OrderCount", "Dimensions": dimensions, "Timestamp": begin}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{**put, "Values": [1, 2, 6]}])
    name = namespace.lower().replace("-", "_") + "_order_count"
    for stat, wanted in {"sum": "9", "sample_count": "3", "minimum": "1", "maximum": "6", "average": "3"}.items():
        found = data(workspace, sender, "query", query=f"{name}_{stat}{{shop_name='berlin'}}", time=begin.timestamp() + 1)
        assert [it["value"][1] for it in found["result"]] == [wanted], stat


def test_stale_series_and_numbers_that_are_none(workspace, sender):
    name, now = "gone_" + tasks.unique("x").replace("-", "_"), int(time.time()) - 60
    [stale] = struct.unpack("<d", (0x7FF0000000000002).to_bytes(8, "little"))
    samples = [(now - 30, 1.0), (now - 15, float("nan")), (now, stale)]
    assert remote_write.send(workspace, sender, remote_write.series({"__name__": name}, samples)).status_code == 200
    at = lambda moment: [it["value"][1] for it in data(workspace, sender, "query", query=name, time=moment)["result"]]  # noqa: E731
    assert (at(now - 20), at(now - 10), at(now + 5)) == (["1"], ["NaN"], [])


def test_what_is_wrong_is_said_in_the_forms_of_prometheus(workspace, sender):
    now = time.time()
    good = remote_write.series({"__name__": "good_one"}, [(now, 7)])
    nameless = remote_write.series({"job": "x"}, [(now, 1)])
    partly = remote_write.send(workspace, sender, nameless, good)
    assert partly.status_code == 400 and "1 samples were not kept" in partly.text and "__name__" in partly.text
    assert data(workspace, sender, "query", query="good_one")["result"][0]["value"][1] == "7"
    assert remote_write.send(workspace, sender, packed=b"\xff\xff\xff\xff\x0f\x00").status_code == 413
    assert remote_write.send(workspace, sender, packed=b"no snappy").status_code == 400
    json_ = {**remote_write.HEADERS, "Content-Type": "application/json"}
    assert remote_write.send(workspace, sender, good, headers=json_).status_code == 415

    status, answer = asked(workspace, sender, "query", query="sum(")
    assert (status, answer["status"], answer["errorType"]) == (400, "error", "bad_data")
    assert answer["error"] == 'invalid parameter "query": parse error: unexpected end of input in query'
    assert asked(workspace, sender, "query_range", query="1", start=0, end=100_000, step=1)[0] == 400
    assert asked(workspace, sender, "rules")[0] == 404
    assert asked(workspace, sender, "query", query="good_one * on() group_left() vector(1) > topk(scalar(none_such), good_one)")[0] == 422


def test_who_may(wharf, workspace, sender):
    reader = tasks.user(wharf, tasks.document("aps:QueryMetrics"))[1]
    reads = (reader.access_key, reader.secret_key)
    part = remote_write.series({"__name__": "mine"}, [(time.time(), 1)])
    refused = remote_write.send(workspace, reads, part)
    assert refused.status_code == 403 and "aps:RemoteWrite" in refused.text
    assert asked(workspace, reads, "query", query="1")[0] == 200
    assert asked(workspace, reads, "labels")[0] == 403
    for auth in (None, (sender[0], "wrong"), ("AKIAIOSFODNN7EXAMPLE", "x")):
        assert asked(workspace, auth, "query", query="1")[0] in (401, 403), auth
        assert remote_write.send(workspace, auth, part).status_code in (401, 403), auth
    elsewhere = workspace.replace("us-east-1", "eu-west-1")
    assert data(elsewhere, sender, "query", query="good_one")["result"] == []

    def signed(service, region, url):
        request = botocore.awsrequest.AWSRequest(method="GET", url=url)
        keys = botocore.credentials.Credentials(wharf.root.access_key, wharf.root.secret_key, wharf.root.token)
        botocore.auth.SigV4Auth(keys, service, region).add_auth(request)
        return requests.get(url, headers=dict(request.headers), timeout=30).status_code

    url = f"{workspace}/api/v1/query?query=1"
    assert signed("aps", "us-east-1", url) == 200
    assert signed("ecs", "us-east-1", url) in (400, 403, 404)
    assert signed("aps", "eu-west-1", url) == 404


def test_federation_is_what_prometheus_scrapes(workspace, sender):
    registry = CollectorRegistry()
    Gauge("shelf", "Shelves.", registry=registry)
    parts = [remote_write.series({"__name__": "shelf", "row": row}, [(time.time(), value)]) for row, value in (("a", 1), ("b", 2.5))]
    assert remote_write.send(workspace, sender, *parts).status_code == 200
    answer = requests.get(f"{workspace}/federate", params={"match[]": ["shelf", "none_such"]}, auth=sender, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    [family] = text_string_to_metric_families(answer.text)
    assert {it.labels["row"]: it.value for it in family.samples} == {"a": 1, "b": 2.5}


def test_what_was_acknowledged_outlives_kill_9(wharf, workspace, sender):
    name, begin = "kept_" + tasks.unique("x").replace("-", "_"), int(time.time()) - 600
    acknowledged, stop = set(), threading.Event()

    def flood():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                sent = remote_write.send(workspace, sender, remote_write.series({"__name__": name, "n": str(number)}, [(begin, number)]))
            except requests.RequestException:
                continue
            if sent.status_code == 200:
                acknowledged.add(str(number))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(2):
            wharf.kill_child("server")
    finally:
        stop.set()
        thread.join()
    found = data(workspace, sender, "query", query=name, time=begin)["result"]
    there = {it["metric"]["n"]: it["value"][1] for it in found}
    assert acknowledged and acknowledged <= there.keys()
    assert all(number == value for number, value in there.items())
