"""What wharf's own services count: as much comes out as went in, and never more, whatever is killed meanwhile."""

import datetime
import json
import time

import pytest

from harness import images, tasks
from harness.tasks import sh
from harness.waiting import wait_for

UTC = datetime.UTC
MINUTE = datetime.timedelta(minutes=1)
INSIGHTS = "ECS/ContainerInsights"
ACCOUNT = "000000000000"


def now():
    return datetime.datetime.now(UTC)


def minute():
    """The start of this minute, which is neither about to end nor just begun: what is done now counts for it."""
    while not 2 <= now().second <= 45:
        time.sleep(0.2)
    return now().replace(second=0, microsecond=0)


def within(start):
    assert now().replace(second=0, microsecond=0) == start, "the minute was too short for what was to be done in it"


def dimensions(of):
    return [{"Name": name, "Value": value} for name, value in of.items()]


class Metrics:
    def __init__(self, wharf):
        self.wharf = wharf

    def points(self, namespace, name, statistics=("Sum", "SampleCount", "Average"), **of):
        span = {"StartTime": now() - 15 * MINUTE, "EndTime": now() + MINUTE, "Period": 60, "Statistics": list(statistics)}
        found = self.wharf.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName=name, Dimensions=dimensions(of), **span
        )
        return {it["Timestamp"].astimezone(UTC): it for it in found["Datapoints"]}

    def sum(self, start, namespace, name, **of):
        point = self.points(namespace, name, **of).get(start)
        return None if point is None else point["Sum"]


def arn(service, name):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"


def make(wharf):
    """A queue for counting, and one that a rule, a schedule, a topic and a filter of logs send to."""
    sqs, events, sns, logs = (wharf.client(it) for it in ("sqs", "events", "sns", "logs"))
    counted = sqs.create_queue(QueueName="counted")["QueueUrl"]
    principals = ["events.amazonaws.com", "sns.amazonaws.com", "logs.amazonaws.com"]
    let = {"Effect": "Allow", "Principal": {"Service": principals}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [let]})
    sqs.create_queue(QueueName="sink", Attributes={"Policy": policy})
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="orders", Targets=[{"Id": "sink", "Arn": arn("sqs", "sink")}])
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "sink"))
    choosy = {"FilterPolicy": json.dumps({"kind": ["other"]})}
    sqs.create_queue(QueueName="choosy", Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "choosy"), Attributes=choosy)
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="s")
    logs.put_subscription_filter(logGroupName="app", filterName="all", filterPattern="", destinationArn=arn("sqs", "sink"))
    return counted, topic


def scaled_by_backlog(wharf):
    """Two more tasks where there are more than five messages a task."""
    scaling = wharf.client("application-autoscaling")
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/default/busy", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    steps = {"AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "MetricAggregationType": "Average"}
    steps["StepAdjustments"] = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}]
    policy = scaling.put_scaling_policy(**target, PolicyName="more", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps)

    def metric(name, namespace, of, statistic):
        asked = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions(of)}
        return {"MetricStat": {"Metric": asked, "Period": 60, "Stat": statistic}, "ReturnData": False}

    service = {"ClusterName": "default", "ServiceName": "busy"}
    backlog = [
        {"Id": "waiting", **metric("ApproximateNumberOfMessagesVisible", "AWS/SQS", {"QueueName": "counted"}, "Average")},
        {"Id": "running", **metric("RunningTaskCount", INSIGHTS, service, "Average")},
        {"Id": "each", "Expression": "waiting / running", "ReturnData": True},
    ]
    wharf.client("cloudwatch").put_metric_alarm(
        AlarmName="backlog",
        Metrics=backlog,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[policy["PolicyARN"]],
        TreatMissingData="notBreaching",
    )


def start_service(wharf):
    ecs, image = wharf.client("ecs"), images.push(wharf, "busybox")
    ecs.update_cluster_settings(cluster="default", settings=[{"name": "containerInsights", "value": "enhanced"}])
    health = {"command": ["CMD-SHELL", "true"], "interval": 5, "timeout": 2, "retries": 1, "startPeriod": 0}
    # Enough to be counted.
    works = sh("trap exit TERM; while :; do for n in 1 2 3 4 5 6 7 8 9; do :; done; usleep 20000; done")
    restarts = {"enabled": True, "restartAttemptPeriod": 60}
    size = {"cpu": "256", "memory": "128"}
    definition = tasks.register(wharf, image, stopTimeout=2, task=size, healthCheck=health, restartPolicy=restarts, **works)
    ecs.create_service(serviceName="busy", taskDefinition=definition, desiredCount=1)
    ecs.get_waiter("services_stable").wait(services=["busy"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return ecs.list_tasks(serviceName="busy")["taskArns"][0].rsplit("/", 1)[1]


def test_as_much_is_counted_as_happened(fresh):
    task = start_service(fresh)
    counted, topic = make(fresh)
    fresh.client("ssm").put_parameter(Name="rate", Value="3", Type="String")
    metrics = Metrics(fresh)
    sqs, events, sns, logs = (fresh.client(it) for it in ("sqs", "events", "sns", "logs"))

    first = minute()
    for n in range(12):
        sqs.send_message(QueueUrl=counted, MessageBody="x" * (n + 1))
    got = sqs.receive_message(QueueUrl=counted, MaxNumberOfMessages=1)["Messages"]
    for message in got:
        sqs.delete_message(QueueUrl=counted, ReceiptHandle=message["ReceiptHandle"])
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    events.put_events(Entries=[entry] * 4)
    for _ in range(3):
        sns.publish(TopicArn=topic, Message="hello")
    logs.put_transformer(logGroupIdentifier="app", transformerConfig=[{"grok": {"match": "%{WORD:word}"}}])
    put = {"timestamp": int(time.time() * 1000), "message": "line"}
    logs.put_log_events(logGroupName="app", logStreamName="s", logEvents=[put] * 5)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_log_events(logGroupName="app", logStreamName="none", logEvents=[put])
    fresh.aws("events", "put-events", "--entries", json.dumps([entry]))
    within(first)
    scaled_by_backlog(fresh)

    expected = {
        ("AWS/SQS", "NumberOfMessagesSent", ("QueueName", "counted")): 12,
        ("AWS/SQS", "SentMessageSize", ("QueueName", "counted")): sum(range(13)),
        ("AWS/SQS", "NumberOfMessagesReceived", ("QueueName", "counted")): len(got),
        ("AWS/SQS", "NumberOfMessagesDeleted", ("QueueName", "counted")): len(got),
        ("AWS/SQS", "NumberOfEmptyReceives", ("QueueName", "counted")): 0,
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", ("QueueName", "counted")): 12 - len(got),
        ("AWS/Events", "MatchedEvents", ("RuleName", "orders")): 5,
        ("AWS/Events", "TriggeredRules", ("RuleName", "orders")): 5,
        ("AWS/Events", "Invocations", ("RuleName", "orders")): 5,
        ("AWS/SNS", "NumberOfMessagesPublished", ("TopicName", "news")): 3,
        ("AWS/SNS", "PublishSize", ("TopicName", "news")): 15,
        ("AWS/SNS", "NumberOfNotificationsDelivered", ("TopicName", "news")): 3,
        ("AWS/SNS", "NumberOfNotificationsFilteredOut", ("TopicName", "news")): 3,
        ("AWS/Logs", "IncomingLogEvents", ("LogGroupName", "app")): 5,
        ("AWS/Logs", "IncomingBytes", ("LogGroupName", "app")): 5 * (4 + 26),
        ("AWS/Logs", "TransformedLogEvents", ("LogGroupName", "app")): 5,
        ("AWS/Logs", "TransformedBytes", ("LogGroupName", "app")): 5 * len('{"word":"line"}'),
    }

    # The minute after it is cut in two.
    wait_for(lambda: now() >= first + MINUTE, 70, "the next minute")
    second = minute()
    assert second == first + MINUTE
    for _ in range(7):
        sqs.send_message(QueueUrl=counted, MessageBody="before")
    fresh.kill_child("server")
    wait_for(fresh.healthy, 30, "the next server")
    for _ in range(3):
        sqs.send_message(QueueUrl=counted, MessageBody="after")
    within(second)
    for (namespace, name, (key, value)), total in expected.items():
        assert metrics.sum(first, namespace, name, **{key: value}) == total, (namespace, name)
    start, complete, success = (
        metrics.points("AWS/Events", f"IngestionToInvocation{it}Latency", RuleName="orders")[first]
        for it in ("Start", "Complete", "Success")
    )
    assert {it["Unit"] for it in (start, complete, success)} == {"Milliseconds"}
    assert [it["SampleCount"] for it in (start, complete, success)] == [5, 5, 5], "each was delivered at the first try"
    assert 0 <= start["Sum"] <= complete["Sum"] == success["Sum"] < 5 * 60_000
    assert metrics.sum(first, "AWS/Events", "PutEventsEntriesCount") == 5
    forwarded = {"LogGroupName": "app", "DestinationType": "SQS", "FilterName": "all"}
    assert metrics.sum(first, "AWS/Logs", "ForwardedLogEvents", **forwarded) == 5
    puts = {"Type": "API", "Resource": "PutLogEvents", "Service": "Logs", "Class": "None"}
    calls, errors = (metrics.sum(first, "AWS/Logs", it, **puts) for it in ("CallCount", "ErrorCount"))
    # Machines deliver what containers say as well.
    assert calls >= 2 and errors >= 1
    assert metrics.sum(first, "AWS/Logs", "CallCount") >= calls
    sends = {"Type": "API", "Resource": "SendMessage", "Service": "SQS", "Class": "None"}
    assert metrics.sum(first, "AWS/Usage", "CallCount", **sends) == 12
    usage = {"Type": "Resource", "Resource": "ApproximateNumberOfTopics", "Service": "SNS", "Class": "None"}
    assert metrics.sum(first, "AWS/Usage", "ResourceCount", **usage) == 1
    usage = {"Type": "Resource", "Resource": "StandardParameterCount", "Service": "SSM", "Class": "None"}
    assert metrics.sum(first, "AWS/Usage", "ResourceCount", **usage) == 1
    usage = {"Type": "RESOURCE", "Resource": "ImagesPerRepositoryCount", "Service": "ECR", "ResourceId": "repository/busybox"}
    there = len(fresh.client("ecr").describe_images(repositoryName="busybox")["imageDetails"])
    assert metrics.sum(first, "AWS/Usage", "ResourceCount", **usage) == there > 0
    pulls = metrics.points("AWS/ECR", "RepositoryPullCount", RepositoryName="busybox")
    assert sum(it["Sum"] for it in pulls.values()) == 1, "the machine pulled it once"

    of = {"QueueName": "counted"}
    wait_for(lambda: metrics.sum(second, "AWS/SQS", "NumberOfMessagesSent", **of) is not None, 80, "the second minute")
    # Counts in, counts out: those before the kill and those after it are one sample.
    sent = metrics.points("AWS/SQS", "NumberOfMessagesSent", **of)[second]
    assert (sent["Sum"], sent["SampleCount"]) == (10, 1)
    sends = {"Type": "API", "Resource": "SendMessage", "Service": "SQS", "Class": "None"}
    assert metrics.sum(second, "AWS/Usage", "CallCount", **sends) == 10
    assert metrics.sum(first, "AWS/SQS", "NumberOfMessagesSent", **of) == 12
    assert metrics.sum(second, "AWS/SQS", "ApproximateNumberOfMessagesVisible", **of) == 22 - len(got)

    ecs = fresh.client("ecs")
    wait_for(lambda: ecs.describe_services(services=["busy"])["services"][0]["desiredCount"] == 3, 60, "two more tasks for the backlog")

    group = "/aws/ecs/containerinsights/default/performance"
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 1

    def told(kind):
        found = logs.filter_log_events(logGroupName=group, filterPattern=f'{{ $.Type = "{kind}" }}')["events"]
        return [json.loads(it["message"]) for it in found]

    stamps = [it["Timestamp"] for it in told("Task") if it["TaskId"] == task]
    assert stamps and len(stamps) == len(set(stamps)), "one event a minute"
    assert {it["ServiceName"] for it in told("Service")} == {"busy"}
    assert all(it["TaskCount"] <= 3 for it in told("Cluster"))
    events = [it for it in told("Container") if it["TaskId"] == task]
    name = ecs.describe_tasks(tasks=[task])["tasks"][0]["containers"][0]["name"]
    container = {"ClusterName": "default", "ServiceName": "busy", "TaskId": task, "ContainerName": name}
    used = metrics.points(INSIGHTS, "ContainerCpuUtilized", **container)
    assert used and all(it["SampleCount"] == 1.0 and 0 < it["Average"] < 400 for it in used.values()), used
    by_time = {int(at.timestamp() * 1000): it["Average"] for at, it in used.items()}
    assert events and all(abs(by_time[it["Timestamp"]] - it["ContainerCpuUtilized"]) < 0.01 for it in events)
    reserved = metrics.points(INSIGHTS, "ContainerMemoryReserved", **container)
    assert {it["Average"] for it in reserved.values()} == {64.0}
    unhealthy = metrics.points(INSIGHTS, "UnHealthyContainerHealthStatus", **container)
    assert {it["Sum"] for it in unhealthy.values()} == {0.0}
    assert {it["Sum"] for it in metrics.points(INSIGHTS, "RestartCount", **container).values()} == {0.0}
    machine = metrics.points(INSIGHTS, "instance_cpu_utilization", ClusterName="default")
    assert machine and all(0 < it["Average"] <= 100 for it in list(machine.values())[1:]), machine
