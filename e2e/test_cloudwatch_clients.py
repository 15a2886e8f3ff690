"""CloudWatch through clients of other makers: the JavaScript SDK, and the library that writes the embedded metric format."""

import datetime
import subprocess
import sys

from harness import tasks, tools
from harness.waiting import wait_for

EMITS = """
from aws_embedded_metrics import metric_scope

@metric_scope
def served(metrics):
    metrics.set_namespace({namespace!r})
    metrics.set_dimensions({{"Page": "/"}})
    metrics.put_metric("Latency", 100, "Milliseconds")
    metrics.put_metric("Latency", 300, "Milliseconds")
    metrics.set_property("RequestId", "one-of-many")

served()
"""


def test_the_javascript_sdk(wharf):
    modules = str(tools.CLIENTS / "javascript" / "node_modules")
    environment = wharf.environment() | {"NODE_PATH": modules, "NAMESPACE": tasks.unique("javascript")}
    script = tools.REPOSITORY / "e2e" / "javascript" / "cloudwatch.cjs"
    done = tools.run(tools.node(), "--test", "--test-reporter=spec", script, env=environment, check=False, timeout_s=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lines_of_the_embedded_metrics_library_become_metrics(wharf, busybox):
    namespace = tasks.unique("embedded")
    environment = {"AWS_EMF_ENVIRONMENT": "Local", "AWS_EMF_SERVICE_NAME": "web", "PATH": "/usr/bin:/bin"}
    emitted = subprocess.run(
        [sys.executable, "-c", EMITS.format(namespace=namespace)], env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    (line,) = emitted.stdout.splitlines()
    task = tasks.run(wharf, busybox, "none", command=["sh", "-c", 'echo "$LINE"'], environment=[{"name": "LINE", "value": line}])
    task.wait()
    assert task.lines() == [line]

    def latency():
        now = datetime.datetime.now(datetime.UTC)
        span = {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now + datetime.timedelta(minutes=2)}
        found = wharf.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName="Latency",
            Dimensions=[{"Name": "Page", "Value": "/"}],
            Period=60,
            Statistics=["Sum", "Maximum", "SampleCount"],
            **span,
        )
        return found["Datapoints"]

    (point,) = wait_for(latency, 30, "the metric")
    assert (point["Sum"], point["Maximum"], point["SampleCount"], point["Unit"]) == (400.0, 300.0, 2.0, "Milliseconds")


def test_a_body_that_boto3_packed_is_read(wharf):
    """boto3 packs what is longer than 10 KiB of PutMetricData with gzip."""
    cloudwatch, namespace, sent = wharf.client("cloudwatch"), tasks.unique("packed"), []
    cloudwatch.meta.events.register("before-send.cloudwatch.PutMetricData", lambda request, **_: sent.append(request))
    data = [{"MetricName": "M", "Dimensions": [{"Name": "Number", "Value": f"{number:050}"}], "Value": number} for number in range(300)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    (request,) = sent
    assert request.headers["Content-Encoding"] in (b"gzip", "gzip") and len(request.body) < 20_000
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
    named = {it["Dimensions"][0]["Value"] for page in pages for it in page["Metrics"]}
    assert named == {f"{number:050}" for number in range(300)}
