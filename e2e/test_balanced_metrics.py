"""What load balancers measured is in CloudWatch, minute by minute, once each, whatever dies meanwhile."""

import collections
import contextlib
import datetime
import http.client
import os
import signal
import socket
import threading

import pytest

from harness import images, processes, tasks
from harness.installation import free_port
from harness.services import Web
from harness.waiting import wait_for

UTC = datetime.UTC
# A minute ends, the report is sent, and what a restart takes.
TOLD_WITHIN_S = 100
# What AWS takes at periods of a minute: the minute that the load begins in, the three of the alarm, one until their metrics are
# there, one until they are looked at; and for a task, until it runs.
ALARMED_WITHIN_S = 6 * 60
RUNNING_WITHIN_S = 60


class Counted(Web):
    """Knows how often it was asked, by the status of the answer, and how many requests never had one."""

    def __init__(self, wharf, image):
        super().__init__(wharf, image)
        self.asked, self.lost = collections.Counter(), 0

    def ask(self, path="/", connection=None):
        try:
            status, body = super().ask(path, connection)
        except ConnectionRefusedError:
            raise
        except OSError:
            self.lost += 1
            raise
        self.asked[status] += 1
        return status, body

    @property
    def of_balancer(self):
        return {"LoadBalancer": self.balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]}

    @property
    def of_group(self):
        return self.of_balancer | {"TargetGroup": self.target_group.rpartition(":")[2]}

    def rule(self, priority, path, action):
        condition = {"Field": "path-pattern", "Values": [path]}
        self.elb.create_rule(ListenerArn=self.listener, Priority=priority, Conditions=[condition], Actions=[action])

    def points(self, name, statistics=("Sum", "SampleCount"), of=None, **more):
        now = datetime.datetime.now(UTC)
        dimensions = [{"Name": name, "Value": value} for name, value in (of or self.of_balancer).items()]
        found = self.wharf.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApplicationELB", MetricName=name, Period=60, Dimensions=dimensions,
            StartTime=now - datetime.timedelta(minutes=30), EndTime=now + datetime.timedelta(minutes=1),
            **({"Statistics": list(statistics)} if statistics else {}), **more,
        )  # fmt: skip
        return sorted(found["Datapoints"], key=lambda it: it["Timestamp"])

    def zones(self):
        """Dimensions of the zones from which its requests are told."""
        found = self.wharf.client("cloudwatch").list_metrics(Namespace="AWS/ApplicationELB", MetricName="RequestCount")["Metrics"]
        names = {it["Value"] for metric in found for it in metric["Dimensions"] if it["Name"] == "AvailabilityZone"}
        return [{"AvailabilityZone": name} for name in sorted(names)]

    def once_each(self, count, *statuses):
        """Each answered request counts once. One whose answer was lost with a balancer may have been counted before."""
        answered = sum(self.asked[it] for it in statuses)
        return answered <= count <= answered + (self.lost if 200 in statuses else 0)

    def total(self, name, of=None):
        return sum(point["Sum"] for point in self.points(name, of=of))


@pytest.fixture(name="web")
def served(fresh):
    web = Counted(fresh, images.push(fresh, "web"))
    yield web.make(2)
    web.close()


@contextlib.contextmanager
def asked_without_pause(web):
    ended = threading.Event()

    def load():
        while not ended.is_set():
            with contextlib.suppress(OSError):
                web.ask()

    asking = threading.Thread(target=load)
    asking.start()
    try:
        yield
    finally:
        ended.set()
        asking.join()


def minute():
    return datetime.datetime.now(UTC).minute


@pytest.mark.slow
def test_each_request_counts_once_whatever_dies(fresh, web):
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain", "MessageBody": "no"}}
    web.rule(1, "/closed", fixed)
    moved = {"Type": "redirect", "RedirectConfig": {"Path": "/", "StatusCode": "HTTP_302"}}
    web.rule(2, "/moved", moved)
    wait_for(lambda: web.ask("/closed")[1] == "no" and web.ask("/moved")[0] == 302, 10, "the rules")

    def told():
        """All that was asked is in the metrics; whether it is more is seen at the end."""
        answers = {200: "RequestCount", 503: "HTTPCode_ELB_503_Count", 302: "HTTPCode_ELB_3XX_Count"}
        missing = {name: web.asked[status] - web.total(name) for status, name in answers.items()}
        # What was asked before its rule had effect, a target has answered.
        missing["RequestCount"] += web.asked[404]
        assert max(missing.values()) <= 0, missing
        return True

    def ask(times):
        for _ in range(times):
            assert web.ask()[0] == 200

    # Longer than a minute, or connections that wait for its end were closed before it.
    patience = {"Key": "idle_timeout.timeout_seconds", "Value": "300"}
    web.elb.modify_load_balancer_attributes(LoadBalancerArn=web.balancer["LoadBalancerArn"], Attributes=[patience])
    ask(30)
    fresh.kill_child("server")
    ask(30)
    wait_for(told, TOLD_WITHIN_S, "the first minutes")

    # A minute ends while no server is there: it is told to the next. Clients keep connections open over it.
    ask(7)
    held = [http.client.HTTPConnection("127.0.0.1", web.port, timeout=10) for _ in range(3)]
    for connection in held:
        assert web.ask(connection=connection)[0] == 200
    server = fresh.child("server")
    os.kill(server, signal.SIGSTOP)
    now = minute()
    wait_for(lambda: minute() != now, 70, "the end of a minute")
    ask(5)
    processes.kill(server, signal.SIGKILL)
    wait_for(fresh.healthy, 30, "the next server")
    wait_for(told, TOLD_WITHIN_S, "the minute without a server")
    assert max(it["Sum"] for it in web.points("ActiveConnectionCount")) >= len(held)
    for connection in held:
        connection.close()

    # Killed twice within a minute, with counts that it told nobody: the next balancer tells them.
    for _ in range(2):
        ask(10)
        fresh.kill_child("lb")
        wait_for(lambda: web.ask()[0] == 200, 20, "an answer of the next balancer")
    wait_for(told, TOLD_WITHIN_S, "what killed balancers had counted")
    assert not web.lost, "nobody asked while a balancer died"
    assert web.total("RequestCount", web.of_group) == web.asked[200] + web.asked[404]

    # Killed while it answers, and asked to end.
    for how in (signal.SIGKILL, signal.SIGTERM):
        with asked_without_pause(web):
            asked = web.asked.total()
            wait_for(lambda before=asked: web.asked.total() > before + 20, 20, "traffic")
            fresh.kill_child("lb", how)
        wait_for(lambda: web.ask()[0] == 200, 20, "an answer of the one after that")
    # A kill may find a balancer between a request and its answer, never more than the one that was asked.
    assert web.lost <= 4
    for path in 3 * ["/closed", "/moved"]:
        web.ask(path)
    wait_for(told, TOLD_WITHIN_S, "the minutes after the balancer's deaths")

    [zone] = web.zones()
    for of in (web.of_balancer, web.of_balancer | zone, web.of_group, web.of_group | zone):
        # What was asked before its rule had effect, a target has answered.
        for name, statuses in (("RequestCount", (200, 404)), ("HTTPCode_Target_2XX_Count", (200,))):
            assert web.once_each(web.total(name, of), *statuses), (name, of, web.total(name, of), web.asked, web.lost)
        times = web.points("TargetResponseTime", ("SampleCount", "Minimum", "Average", "Maximum"), of)
        assert web.once_each(sum(it["SampleCount"] for it in times), 200, 404)
        assert all(0 < it["Minimum"] <= it["Average"] <= it["Maximum"] < 30 for it in times), times
    for it in web.points("TargetResponseTime", (), web.of_group, ExtendedStatistics=["p50", "p90", "p99"]):
        spread = it["ExtendedStatistics"]
        assert 0 < spread["p50"] <= spread["p90"] <= spread["p99"] < 30
    for name, status in (("HTTPCode_ELB_5XX_Count", 503), ("HTTPCode_ELB_503_Count", 503), ("HTTPCode_ELB_3XX_Count", 302)):
        assert web.total(name) == web.asked[status], name
    assert web.total("HTTP_Fixed_Response_Count") == web.asked[503]
    assert web.total("HTTP_Redirect_Count") == web.asked[302]
    assert web.total("NewConnectionCount") >= web.asked.total()
    assert web.total("ProcessedBytes") > 100 * web.asked.total()
    share = web.points("RequestCountPerTarget", of=web.of_group)
    sums = {it["Timestamp"]: it["Sum"] for it in web.points("RequestCount")}
    assert all(0 < it["Sum"] <= sums[it["Timestamp"]] for it in share), (share, sums)
    # A balancer that ends knows of no targets any more: what it tells last has no share of them.
    assert any(it["Sum"] == sums[it["Timestamp"]] / 2 for it in share), "both targets had the requests of a quiet minute"

    # Without traffic there are host counts, and nothing else.
    before = len(web.points("HealthyHostCount", of=web.of_group))
    asked = web.points("RequestCount")
    wait_for(lambda: len(web.points("HealthyHostCount", of=web.of_group)) >= before + 2, 150, "two idle minutes")
    assert web.points("RequestCount") == asked
    hosts = web.points("HealthyHostCount", ("Maximum",), web.of_group)
    assert hosts[-1]["Maximum"] == 2
    assert web.points("UnHealthyHostCount", ("Maximum",), web.of_group)[-1]["Maximum"] == 0
    assert not web.points("HealthyHostCount")


def sums(wharf, namespace, names, of):
    """The sum of each metric that has any."""
    dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
    queries = [
        {"Id": f"m{at}", "Label": name, "MetricStat": {"Period": 60, "Stat": "Sum",
         "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}}}
        for at, name in enumerate(names)
    ]  # fmt: skip
    now = datetime.datetime.now(UTC)
    since, until = now - datetime.timedelta(minutes=10), now + datetime.timedelta(minutes=1)
    found = wharf.client("cloudwatch").get_metric_data(MetricDataQueries=queries, StartTime=since, EndTime=until)
    return {it["Label"]: sum(it["Values"]) for it in found["MetricDataResults"] if it["Values"]}


def test_what_requests_and_flows_came_to_is_in_get_metric_data(fresh):
    web = Counted(fresh, image=None)
    web.make_balancer(free_port())
    refused = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain", "MessageBody": "no"}}
    web.rule(1, "/closed", refused)
    moved = {"Type": "redirect", "RedirectConfig": {"Path": "/#{path}/#{path}", "StatusCode": "HTTP_302"}}
    web.rule(2, "/moved/*", moved)
    wait_for(lambda: web.ask("/closed")[1] == "no" and web.ask("/moved/a")[0] == 302, 20, "the rules")
    assert web.ask("/moved/" + "a" * 5000)[0] == 414
    # There is no target.
    assert web.ask("/")[0] == 503

    inner = web.elb.create_load_balancer(
        Name=tasks.unique("flows"), Type="network", Subnets=web.subnets, SecurityGroups=[tasks.open_group(fresh)]
    )["LoadBalancers"][0]
    group = web.elb.create_target_group(Name=tasks.unique("flows"), Protocol="TCP", Port=80, TargetType="ip", VpcId=inner["VpcId"])
    forward = {"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}
    port = free_port()
    web.elb.create_listener(LoadBalancerArn=inner["LoadBalancerArn"], Protocol="TCP", Port=port, DefaultActions=[forward])

    def is_reset():
        with socket.create_connection(("127.0.0.1", port), timeout=5) as flow:
            try:
                return flow.recv(1) == b"?"
            except ConnectionResetError:
                return True

    wait_for(is_reset, 20, "a flow that is reset")
    # What it counted it tells when it ends.
    fresh.kill_child("lb", signal.SIGTERM)
    counted = ("RuleEvaluations", "HTTP_Redirect_Count", "HTTP_Redirect_Url_Limit_Exceeded_Count", "HTTP_Fixed_Response_Count",
               "ConsumedLCUs", "NewConnectionCount", "NonStickyRequestCount", "IPv6RequestCount")  # fmt: skip

    def told():
        """A minute may have ended in between, and the rest be on its way."""
        found = sums(fresh, "AWS/ApplicationELB", counted, web.of_balancer)
        redirects, refusals = web.asked[302], web.asked[503] - 1
        assert (found["HTTP_Redirect_Count"], found["HTTP_Redirect_Url_Limit_Exceeded_Count"]) == (redirects, 1)
        # One that was asked before its rule had effect got 503 too, as there is no target.
        assert 1 <= found["HTTP_Fixed_Response_Count"] <= refusals
        assert found["RuleEvaluations"] >= found["HTTP_Fixed_Response_Count"] + 2 * (redirects + 1) + 2
        return found

    found = wait_for(told, TOLD_WITHIN_S, "what requests came to")
    assert 0 < found["ConsumedLCUs"] < 1
    assert not {"NonStickyRequestCount", "IPv6RequestCount"} & set(found), "what did not happen has no sample"
    names = ("NewFlowCount", "NewFlowCount_TCP", "NewFlowCount_TLS", "TCP_ELB_Reset_Count", "ConsumedLCUs")
    of_flows = {"LoadBalancer": inner["LoadBalancerArn"].partition(":loadbalancer/")[2]}

    def flowed():
        flows = sums(fresh, "AWS/NetworkELB", names, of_flows)
        assert flows["NewFlowCount"] == flows["NewFlowCount_TCP"] >= flows["TCP_ELB_Reset_Count"] >= 1
        return flows

    assert "NewFlowCount_TLS" not in wait_for(flowed, TOLD_WITHIN_S, "what flows came to")


@pytest.mark.slow
def test_a_service_grows_with_the_requests_of_each_target(fresh, web):
    scaling = fresh.client("application-autoscaling")
    target = {"ServiceNamespace": "ecs", "ResourceId": f"service/default/{web.name}", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=4)
    label = "/".join(web.of_group.values())
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}
    put = scaling.put_scaling_policy(
        **target, PolicyName="requests", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 10, "PredefinedMetricSpecification": metric},
    )  # fmt: skip
    ended = threading.Event()

    def load():
        while not ended.wait(0.5):
            with contextlib.suppress(OSError):
                web.ask()

    def counts():
        described = web.describe()
        return described["desiredCount"], described["runningCount"]

    asking, begun = threading.Thread(target=load), datetime.datetime.now(UTC)
    asking.start()
    try:
        # Three minutes above the target are an alarm: some 60 requests a target where 10 are wanted.
        wait_for(lambda: counts()[0] == 4, 400, "four tasks being wanted")
        wait_for(lambda: counts() == (4, 4), RUNNING_WITHIN_S, "four tasks")
    finally:
        ended.set()
        asking.join()
    [activity] = scaling.describe_scaling_activities(**target)["ScalingActivities"]
    assert activity["Cause"].endswith("in state ALARM triggered policy requests"), activity
    [high] = fresh.client("cloudwatch").describe_alarms(AlarmNames=[put["Alarms"][0]["AlarmName"]])["MetricAlarms"]
    alarmed, running = high["StateUpdatedTimestamp"], max(it["startedAt"] for it in web.tasks())
    assert (alarmed - begun).total_seconds() <= ALARMED_WITHIN_S
    assert (running - alarmed).total_seconds() <= RUNNING_WITHIN_S
