"""What wharf counts, read as Prometheus would."""

import datetime
import json
import socket

import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harness import tasks, tools
from harness.control import scrape
from harness.installation import free_port
from harness.services import Web
from harness.waiting import wait_for


def parsed(text):
    """Every sample by its name and labels; the parser refuses what is no OpenMetrics."""
    samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        for sample in family.samples:
            samples[(sample.name, *sorted(sample.labels.items()))] = sample.value
    return samples


def running(samples):
    """The samples, once a task runs."""
    return samples if samples.get(("wharf_tasks", ("status", "RUNNING")), 0) >= 1 else None


def test_the_server_counts_what_it_does(wharf, busybox):
    answer = scrape(wharf)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/openmetrics-text")
    before = parsed(answer.text)
    task = tasks.run(wharf, busybox, command=["sleep", "60"])
    task.wait("RUNNING")
    try:
        # Tasks are counted at most once a second.
        after = wait_for(lambda: running(parsed(scrape(wharf).text)), 10, "the running task among the metrics")
    finally:
        wharf.client("ecs").stop_task(task=task.arn)
    ran = ("wharf_requests_total", ("operation", "RunTask"), ("service", "ecs"), ("status", "200"))
    assert after[ran] == before.get(ran, 0) + 1
    took = ("wharf_request_seconds_count", ("operation", "RunTask"), ("service", "ecs"))
    assert after[took] == before.get(took, 0) + 1
    assert after[("wharf_container_instances", ("connected", "true"))] >= 1
    assert after[("wharf_connections", ("pool", "nodes"))] >= 1
    assert after[("wharf_store_revision",)] > before[("wharf_store_revision",)]
    assert 0 < after[("process_open_fds",)] < after[("process_max_fds",)]
    assert after[("wharf_disk_free_bytes",)] > 0
    assert not any(task.id in str(key) for key in after), "an id in a label"


def test_queues_deliveries_and_schedules_are_counted(wharf):
    sqs, sns, scheduler = (wharf.client(it) for it in ("sqs", "sns", "scheduler"))
    name = tasks.unique("counted")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    before = parsed(scrape(wharf).text)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(it), "MessageBody": "x"} for it in range(3)])
    sqs.receive_message(QueueUrl=url)

    def lies(samples, state):
        return samples[("wharf_queue_messages", ("state", state))]

    after = parsed(scrape(wharf).text)
    assert lies(after, "visible") >= lies(before, "visible") + 2 and lies(after, "in_flight") >= 1
    assert after[("wharf_queues",)] >= 1 and after[("wharf_queue_oldest_message_seconds",)] > 0
    # The queue lets no topic in, so what it owes is given up.
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="x")
    key = ("wharf_deliveries_given_up_total", ("service", "sns"))
    wait_for(lambda: parsed(scrape(wharf).text)[key] > before[key], what="a delivery is given up")
    counted = {label for metric, *labels in after if metric == "wharf_deliveries_total" for label in labels}
    assert counted == {("service", it) for it in ("cloudwatch", "events", "s3", "scheduler", "sns")}
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = wharf.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role, "Input": "x"},
    )
    moments = ("wharf_schedule_moments_total",)
    wait_for(lambda: parsed(scrape(wharf).text)[moments] > before[moments], what="the moment is carried out")
    assert not any(name in str(it) for it in parsed(scrape(wharf).text)), "a name in a label"
    sqs.delete_queue(QueueUrl=url)


def test_who_may_not_read_them(wharf):
    _, nobody = tasks.user(wharf)
    refused = scrape(wharf, nobody)
    assert refused.status_code == 403 and "wharf:Metrics" in refused.text, refused.text
    assert requests.get(f"{wharf.endpoint}/metrics", timeout=10).status_code == 403


def test_each_part_on_a_port_of_this_machine(unstarted):
    port = free_port()
    watched = unstarted(arguments=("--metrics", f"127.0.0.1:{port}")).start()

    def read(number):
        return parsed(requests.get(f"http://127.0.0.1:{port + number}/metrics", timeout=5).text)

    server = wait_for(lambda: read(0), 20, "the server's metrics")
    assert ("wharf_store_revision",) in server
    for number, role in ((1, "agent"), (2, "load balancer")):
        part = wait_for(lambda number=number: read(number), 20, f"the metrics of the {role}")
        assert part[("process_open_fds",)] > 0 and ("wharf_store_revision",) not in part
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 404
    # They show a running installation to the doctor, who says how close it is to its limits.
    done = tools.run(tools.wharf(), "doctor", "--data", watched.data, "--json", check=False)
    checks = {check["check"]: check for check in json.loads(done.stdout)["checks"]}
    server_checks = ("descriptors", "connections", "node connections", "request bytes", "audit log", "reconcilers", "nodes")
    node_checks = ("agent descriptors", "agent connection", "agent state", "container output")
    for name in (*server_checks, *node_checks, "load balancer descriptors", "listeners", "targets"):
        assert checks[name]["verdict"] == "good", checks[name]


def of_part(wharf, socket_name):
    """What a part of the node shows, without any flag: at its socket in the data folder."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(str(wharf.data / "node" / socket_name))
        channel.sendall(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = b"".join(iter(lambda: channel.recv(65536), b""))
    return parsed(answer.decode().partition("\r\n\r\n")[2])


def test_the_agent_counts_its_tasks_and_pulls(wharf, busybox):
    before = of_part(wharf, "metrics.sock")
    task = tasks.run(wharf, busybox, command=["sleep", "60"])
    task.wait("RUNNING")
    try:
        running = ("wharf_agent_tasks", ("status", "RUNNING"))
        after = wait_for(lambda: (now := of_part(wharf, "metrics.sock"))[running] > before[running] and now, 10, "the running task")
    finally:
        wharf.client("ecs").stop_task(task=task.arn)
    assert after[("wharf_agent_connected",)] == 1
    failed = ("wharf_agent_pulls_total", ("outcome", "failed"))
    missing = tasks.run(wharf, f"{wharf.registry}/nothing:here", command=["true"])
    missing.wait("STOPPED")
    then = of_part(wharf, "metrics.sock")
    assert then[failed] == after[failed] + 1
    assert then[("wharf_agent_downloaded_bytes_total",)] > 100_000 and then[("wharf_agent_pull_seconds_total",)] > 0
    wait_for(lambda: of_part(wharf, "metrics.sock")[("wharf_agent_reports_waiting",)] == 0, 20, "all reports")
    assert not any(task.id in str(key) for key in after), "an id in a label"
    assert (wharf.data / "node" / "metrics.sock").stat().st_mode & 0o777 == 0o600


def test_load_balancers_count_requests_targets_and_listeners(wharf):
    name = "load-balancer-metrics.sock"
    before = of_part(wharf, name)
    grew = lambda now, key: now[key] - before[key]  # noqa: E731
    web = Web(wharf, image=None)
    web.make_balancer()
    try:
        # Without targets the load balancer answers itself.
        wait_for(lambda: web.ask()[0] == 503, 30, "the load balancer")
        # One that nothing answers at: its health check has not said so yet, or has.
        web.elb.register_targets(TargetGroupArn=web.target_group, Targets=[{"Id": "172.31.0.250"}])
        targets = [("wharf_lb_targets", ("health", health)) for health in ("initial", "unhealthy")]
        after = wait_for(lambda: sum(grew(now := of_part(wharf, name), key) for key in targets) >= 1 and now, 40, "the target")
    finally:
        web.elb.delete_load_balancer(LoadBalancerArn=web.balancer["LoadBalancerArn"])
        web.elb.delete_target_group(TargetGroupArn=web.target_group)
    assert grew(after, ("wharf_lb_requests_total",)) >= 1
    assert grew(after, ("wharf_lb_answers_total", ("by", "load-balancer"), ("class", "5xx"))) >= 1
    assert grew(after, ("wharf_lb_new_connections_total",)) >= 1
    assert grew(after, ("wharf_lb_listeners", ("state", "open"))) >= 1
    assert after[("wharf_lb_connections_max",)] > 0
    assert not any("arn" in str(key) for key in after), "an ARN in a label"


def test_metrics_are_not_served_to_others():
    done = tools.run(tools.wharf(), "up", "--metrics", "0.0.0.0:9460", check=False)
    assert done.returncode == 2 and "loopback" in done.stderr, done.stderr
