"""What tasks use is seen in CloudWatch, minute by minute, once each, whatever dies meanwhile."""

import datetime
import itertools
import json
import os
import signal
import time
import urllib.request

from harness import images, processes, tasks
from harness.tasks import sh
from harness.waiting import wait_for

UTC = datetime.UTC
OF_SERVICE = ("Name=ClusterName,Value=default", "Name=ServiceName,Value=busy")


def seen(wharf, name, dimensions=OF_SERVICE, namespace="AWS/ECS"):
    """Points of a metric, by the minute, as the command line shows them."""
    now = datetime.datetime.now(UTC)
    span = [(now - datetime.timedelta(minutes=15)).isoformat(), (now + datetime.timedelta(minutes=1)).isoformat()]
    asked = ("--namespace", namespace, "--metric-name", name, "--period", "60", "--statistics", "Average", "SampleCount")
    found = wharf.aws(
        "cloudwatch", "get-metric-statistics", *asked, "--start-time", span[0], "--end-time", span[1], "--dimensions", *dimensions
    )
    return sorted(found["Datapoints"], key=lambda it: it["Timestamp"])


def at(point):
    stamp = point["Timestamp"]
    return stamp if isinstance(stamp, datetime.datetime) else datetime.datetime.fromtimestamp(float(stamp), datetime.UTC)


# An eighth of a core is enough to be seen, and leaves the others the most of it.
UNITS = 128


def test_a_service_that_spins_is_seen_in_each_minute_once(fresh):
    image, ecs = images.push(fresh, "busybox"), fresh.client("ecs")
    spins = sh("while :; do :; done")
    size = {"cpu": str(UNITS), "memory": "128"}
    ecs.update_cluster_settings(cluster="default", settings=[{"name": "containerInsights", "value": "enabled"}])
    definition = tasks.register(fresh, image, stopTimeout=2, task=size, **spins)
    ecs.create_service(serviceName="busy", taskDefinition=definition, desiredCount=1)
    ecs.get_waiter("services_stable").wait(services=["busy"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    wait_for(lambda: seen(fresh, "CPUUtilization"), 120, "the first minute")
    for role in ("server", "server"):
        before = len(seen(fresh, "CPUUtilization"))
        fresh.kill_child(role)
        wait_for(lambda before=before: len(seen(fresh, "CPUUtilization")) > before, 150, "a minute after the kill")
    points = seen(fresh, "CPUUtilization")
    assert {it["SampleCount"] for it in points} == {1.0}, points
    between = {at(later) - at(former) for former, later in itertools.pairwise(points)}
    assert between == {datetime.timedelta(minutes=1)}, "a minute is missing"
    # The task is held to what it asked for; other programs of the machine may leave it less.
    assert all(25 < it["Average"] < 115 for it in points[1:]), points
    memory = seen(fresh, "MemoryUtilization")
    assert {it["SampleCount"] for it in memory} == {1.0} and all(0 < it["Average"] < 100 for it in memory)
    of_cluster = ("Name=ClusterName,Value=default",)
    reserved = seen(fresh, "CPUReservation", of_cluster)
    offered = ecs.describe_container_instances(containerInstances=ecs.list_container_instances()["containerInstanceArns"])
    cpu = next(it["integerValue"] for it in offered["containerInstances"][0]["registeredResources"] if it["name"] == "CPU")
    assert abs(reserved[-1]["Average"] - UNITS / cpu * 100) < 0.01
    machine, service = seen(fresh, "CPUUtilization", of_cluster), points
    shares = {it["Timestamp"]: it["Average"] for it in machine}
    for it in service[:-1]:
        assert abs(shares[it["Timestamp"]] - it["Average"] * UNITS / cpu) < 0.01, "the cluster's machine runs that task alone"
    listed = fresh.client("cloudwatch").list_metrics(Namespace="AWS/ECS")["Metrics"]
    assert {it["MetricName"] for it in listed} == {"CPUUtilization", "MemoryUtilization", "CPUReservation", "MemoryReservation"}
    insights = "ECS/ContainerInsights"
    assert {it["Average"] for it in seen(fresh, "RunningTaskCount", namespace=insights)} <= {0.0, 1.0}
    assert seen(fresh, "RunningTaskCount", namespace=insights)[-1]["Average"] == 1.0
    used = {it["Timestamp"]: it["Average"] for it in seen(fresh, "CpuUtilized", namespace=insights)}
    for it in service[:-1]:
        assert abs(used[it["Timestamp"]] - it["Average"] * UNITS / 100) < 0.01
    group = "/aws/ecs/containerinsights/default/performance"
    found = fresh.client("logs").filter_log_events(logGroupName=group, filterPattern='{ $.Type = "Container" }')["events"]
    told = [json.loads(it["message"]) for it in found]
    assert told and all(it["Processes"] >= 1 and it["OomKills"] == 0 for it in told), told
    assert max(it["ThrottledPeriods"] for it in told) > 0, "it wants a core, and is held to an eighth"


MIB = 1 << 20
INSIGHTS = "ECS/ContainerInsights"


def this_minute():
    now = datetime.datetime.now(UTC)
    return now.replace(second=0, microsecond=0)


def early_in_a_minute():
    """The start of this minute, of which enough is left to do something in it."""
    while not 3 <= datetime.datetime.now(UTC).second <= 25:
        time.sleep(0.2)
    return this_minute()


def test_an_agent_tells_what_the_one_before_it_had_measured(fresh):
    image, ecs = images.push(fresh, "busybox"), fresh.client("ecs")
    serves = sh(f"head -c {MIB} /dev/zero > /tmp/file; trap exit TERM; httpd -f -p 80 -h /tmp & wait")
    ecs.update_cluster_settings(cluster="default", settings=[{"name": "containerInsights", "value": "enabled"}])
    ports = [{"containerPort": 80, "hostPort": 0}]
    definition = tasks.register(fresh, image, network="bridge", cpu=64, portMappings=ports, **serves)
    ecs.create_service(serviceName="busy", taskDefinition=definition, desiredCount=1)
    ecs.get_waiter("services_stable").wait(services=["busy"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    (task,) = ecs.describe_tasks(tasks=ecs.list_tasks(serviceName="busy")["taskArns"])["tasks"]
    port = task["containers"][0]["networkBindings"][0]["hostPort"]

    def fetch(times):
        for _ in range(times):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/file", timeout=10) as answer:
                assert len(answer.read()) == MIB

    def point(minute, name):
        return next((it for it in seen(fresh, name, namespace=INSIGHTS) if at(it) == minute), None)

    def sent(minute):
        """MiB of a minute, which there are once."""
        found = wait_for(lambda: point(minute, "NetworkTxBytes"), 150, "what was sent in the minute")
        assert found["SampleCount"] == 1.0
        return found["Average"] * 60 / MIB

    wait_for(lambda: seen(fresh, "NetworkTxBytes", namespace=INSIGHTS), 150, "the first minute")
    cut = early_in_a_minute()
    fetch(20)
    # Some of it was looked at, and some was not.
    wait_for(lambda: datetime.datetime.now(UTC).second % 10 == 2, 12, "a look at what was sent")
    fetch(5)
    for _ in range(2):
        fresh.kill_child("node")
        fetch(5)
    assert this_minute() == cut, "the minute was too short for what was to be done in it"

    # A minute ends while no server is there that could take it, and its agent dies.
    wait_for(lambda: this_minute() > cut, 70, "the next minute")
    untaken = early_in_a_minute()
    fetch(10)
    server = fresh.child("server")
    os.kill(server, signal.SIGSTOP)
    wait_for(lambda: this_minute() > untaken and datetime.datetime.now(UTC).second >= 3, 70, "the end of the minute")
    fresh.kill_child("node")
    processes.kill(server, signal.SIGKILL)
    wait_for(fresh.healthy, 30, "the next server")

    assert 35 <= sent(cut) < 38
    assert 10 <= sent(untaken) < 12
    following = untaken + datetime.timedelta(minutes=1)
    assert sent(following) < 2
    # Whoever looked at it, it used the processor and memory once in each minute.
    for name in ("CpuUtilized", "MemoryUtilized"):
        points = [it for it in seen(fresh, name, namespace=INSIGHTS) if at(it) <= following]
        assert {it["SampleCount"] for it in points} == {1.0}, points
        between = {at(later) - at(former) for former, later in itertools.pairwise(points)}
        assert between == {datetime.timedelta(minutes=1)}, "a minute is missing"
