"""Service auto scaling through boto3, both AWS CLIs and the JavaScript SDK: alarms, targets and clocks change counts, over kill -9 too."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.refusals import refused
from harness.tasks import sh
from harness.waiting import wait_as_boto3, wait_for
from test_sns import queue, received

pytestmark = pytest.mark.minutes(1)

UTC = datetime.UTC
DIMENSION = "ecs:service:DesiredCount"
FOREVER = ": a task that is scaled; trap exit TERM; while :; do sleep 1; done"


class Scaled:
    """A service, and what scales it."""

    def __init__(self, wharf, image, count=1):
        self.wharf, self.ecs, self.cloudwatch = wharf, wharf.client("ecs"), wharf.client("cloudwatch")
        self.scaling = wharf.client("application-autoscaling")
        self.name, self.namespace = tasks.unique("scaled"), tasks.unique("App")
        definition = tasks.register(wharf, image, stopTimeout=2, memory=16, **sh(FOREVER))
        self.ecs.create_service(serviceName=self.name, taskDefinition=definition, desiredCount=count, launchType="EC2")
        self.resource = f"service/default/{self.name}"
        self.target = {"ServiceNamespace": "ecs", "ResourceId": self.resource, "ScalableDimension": DIMENSION}

    def register(self, least, most, **more):
        return self.scaling.register_scalable_target(**self.target, MinCapacity=least, MaxCapacity=most, **more)["ScalableTargetARN"]

    def count(self):
        return self.ecs.describe_services(services=[self.name])["services"][0]["desiredCount"]

    def becomes(self, count, deadline_s=30):
        wait_for(lambda: self.count() == count, deadline_s, f"{count} tasks of {self.name} being wanted, not {self.count()}")

    def activities(self, **more):
        return self.scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=self.resource, **more)["ScalingActivities"]

    def done(self, deadline_s=60):
        """The latest activity, once it has ended."""

        def ended():
            latest = self.activities()[0]
            return latest if latest["StatusCode"] not in ("Pending", "InProgress") else None

        return wait_for(ended, deadline_s, "the end of an activity")

    def steps(self, name="more", adjustment=2, cooldown=300):
        steps = {"AdjustmentType": "ChangeInCapacity", "Cooldown": cooldown}
        bound = "MetricIntervalLowerBound" if adjustment > 0 else "MetricIntervalUpperBound"
        steps["StepAdjustments"] = [{bound: 0, "ScalingAdjustment": adjustment}]
        put = self.scaling.put_scaling_policy(
            **self.target, PolicyName=name, PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
        )
        return put["PolicyARN"]

    def alarm(self, policy, metric="Load", threshold=70, comparison="GreaterThanThreshold"):
        """One that looks each ten seconds at the last ten."""
        name = tasks.unique("alarm")
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace=self.namespace,
            MetricName=metric,
            Statistic="Average",
            Period=10,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator=comparison,
            AlarmActions=[policy],
        )
        return name

    def measure(self, value, metric="Load", minutes=0):
        """A sample of now, or one for each of the minutes before."""
        now = datetime.datetime.now(UTC)
        times = [now - datetime.timedelta(minutes=it) for it in range(minutes + 1)]
        data = [{"MetricName": metric, "Value": value, "Timestamp": at, "StorageResolution": 60 if minutes else 1} for at in times]
        self.cloudwatch.put_metric_data(Namespace=self.namespace, MetricData=data)

    def delete(self):
        if self.ecs.describe_services(services=[self.name])["services"][0]["status"] == "INACTIVE":
            return
        self.ecs.delete_service(service=self.name, force=True)
        wait_as_boto3(self.ecs, "services_inactive", services=[self.name])


@pytest.fixture
def scaled(wharf, busybox):
    made = Scaled(wharf, busybox)
    yield made
    made.delete()


def test_a_metric_beyond_its_threshold_adds_tasks_and_a_kill_9_adds_none_twice(wharf, scaled):
    scaled.register(1, 6)
    policy = scaled.steps(cooldown=3600)
    alarm = scaled.alarm(policy)
    shown = wharf.aws("application-autoscaling", "describe-scaling-policies", "--service-namespace", "ecs", "--policy-names", "more")
    mine = [it for it in shown["ScalingPolicies"] if it["ResourceId"] == scaled.resource]
    assert [it["AlarmName"] for it in mine[0]["Alarms"]] == [alarm]

    def high():
        scaled.measure(95)
        return scaled.count() == 3

    wait_for(high, 60, "two tasks more")
    wharf.kill_child("server")
    activity = scaled.done()
    assert activity["StatusCode"] == "Successful", activity
    assert activity["StatusMessage"] == "Successfully set desired count to 3. Change successfully fulfilled by ecs."
    assert activity["Cause"] == f"monitor alarm {alarm} in state ALARM triggered policy more"

    # The alarm stays, and speaks on; the policy rests.
    def later():
        scaled.measure(95)
        [found] = scaled.cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return found["StateValue"] == "ALARM" and found["StateUpdatedTimestamp"] > activity["StartTime"]

    scaled.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="to see it again")
    wait_for(later, 60, "the alarm being on again")
    history = scaled.cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")["AlarmHistoryItems"]
    assert any(policy in it["HistorySummary"] for it in history)
    assert (scaled.count(), len(scaled.activities())) == (3, 1)


def test_a_policy_goes_on_while_its_alarm_stays_up_to_the_maximum(wharf, scaled):
    events, rule = wharf.client("events"), tasks.unique("maximum")
    pattern = {"source": ["aws.application-autoscaling"], "detail": {"resourceId": [scaled.resource]}}
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    url, target = queue(wharf, arn, service="events.amazonaws.com")
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": target}])
    scaled.register(1, 4)
    policy = scaled.steps(adjustment=1, cooldown=0)
    scaled.alarm(policy)

    def high(count):
        scaled.measure(95)
        return scaled.count() >= count

    wait_for(lambda: high(4), 90, "the maximum")

    def told():
        scaled.measure(95)
        return [it for it in scaled.activities(IncludeNotScaledActivities=True) if it.get("NotScaledReasons")]

    [vain] = wait_for(told, 60, "a wish in vain")
    assert vain["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 4}]
    assert [it["Description"] for it in reversed(scaled.activities())] == [f"Setting desired count to {it}." for it in (2, 3, 4)]
    (told,) = (json.loads(it["Body"]) for it in received(wharf, url, 1))
    assert told["detail-type"] == "Application Auto Scaling Scaling Activity State Change"
    detail = told["detail"]
    assert (detail["oldDesiredCapacity"], detail["newDesiredCapacity"], detail["maxCapacity"], detail["scaledToMax"]) == (3, 4, 4, True)


def test_a_tracked_metric_makes_alarms_that_are_repaired_and_go(wharf, scaled):
    scaled.register(1, 5)
    tracking = {
        "TargetValue": 10,
        "ScaleOutCooldown": 300,
        "ScaleInCooldown": 0,
        "CustomizedMetricSpecification": {"Namespace": scaled.namespace, "MetricName": "Jobs", "Statistic": "Average"},
    }
    put = wharf.aws(
        "application-autoscaling",
        "put-scaling-policy",
        *("--service-namespace", "ecs", "--resource-id", scaled.resource, "--scalable-dimension", DIMENSION),
        *("--policy-name", "jobs", "--policy-type", "TargetTrackingScaling"),
        *("--target-tracking-scaling-policy-configuration", json.dumps(tracking)),
    )
    high, low = (it["AlarmName"] for it in put["Alarms"])
    assert high.startswith(f"TargetTracking-{scaled.resource}-AlarmHigh-") and f"{scaled.resource}-AlarmLow-" in low
    found = {it["AlarmName"]: it for it in scaled.cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"]}
    assert (found[high]["Threshold"], found[high]["EvaluationPeriods"], found[high]["Period"]) == (10, 3, 60)
    assert (found[low]["Threshold"], found[low]["EvaluationPeriods"], found[low]["AlarmActions"]) == (9, 15, [put["PolicyARN"]])

    # One task with thirty jobs wants three.
    scaled.measure(30, "Jobs", minutes=6)
    scaled.becomes(3, 90)
    assert scaled.done()["Cause"] == f"monitor alarm {high} in state ALARM triggered policy jobs"
    # As if the load were gone.
    scaled.cloudwatch.set_alarm_state(AlarmName=high, StateValue="OK", StateReason="test")
    gone = json.dumps({"recentDatapoints": [3.0]})
    scaled.cloudwatch.set_alarm_state(AlarmName=low, StateValue="ALARM", StateReason="test", StateReasonData=gone)
    latest = wait_for(lambda: next((it for it in scaled.activities() if "AlarmLow" in it["Cause"]), None), 30, "a scaling in")
    assert latest["Description"] == "Setting desired count to 1."

    scaled.cloudwatch.delete_alarms(AlarmNames=[low])
    wharf.kill_child("server")
    wait_for(lambda: scaled.cloudwatch.describe_alarms(AlarmNames=[low])["MetricAlarms"], 90, "the alarm being put again")
    scaled.scaling.deregister_scalable_target(**scaled.target)
    assert scaled.cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"] == []
    code, text = refused(scaled.scaling.put_scaling_policy, **scaled.target, PolicyName="x", StepScalingPolicyConfiguration={})
    assert code in ("ObjectNotFoundException", "ValidationException"), text


def test_math_over_metrics_is_tracked_within_the_times_of_aws(scaled):
    """The jobs for each worker; standard periods of a minute."""
    scaled.register(1, 5)

    def measured(name, statistic):
        metric = {"Namespace": scaled.namespace, "MetricName": name}
        return {"Id": name.lower(), "MetricStat": {"Metric": metric, "Stat": statistic}, "ReturnData": False}

    each = {"Id": "each", "Expression": "jobs / workers", "Label": "jobs for each worker", "ReturnData": True}
    metrics = [measured("Jobs", "Sum"), measured("Workers", "Average"), each]
    put = scaled.scaling.put_scaling_policy(
        **scaled.target,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 10, "CustomizedMetricSpecification": {"Metrics": metrics}},
    )
    high, low = (it["AlarmName"] for it in put["Alarms"])
    alarms = {it["AlarmName"]: it for it in scaled.cloudwatch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"]}
    assert alarms[high]["Metrics"][2] == each and "MetricName" not in alarms[high]
    stats = {(it["MetricStat"]["Period"], it["MetricStat"]["Stat"]) for it in alarms[high]["Metrics"][:2]}
    assert stats == {(60, "Sum"), (60, "Average")}
    assert [(alarms[it]["Threshold"], alarms[it]["EvaluationPeriods"]) for it in (high, low)] == [(10, 3), (9, 15)]

    # Thirty jobs for one worker want three.
    begun = datetime.datetime.now(UTC)
    scaled.measure(1, "Workers", minutes=6)
    scaled.measure(30, "Jobs", minutes=6)
    scaled.becomes(3, 90)
    activity = scaled.done()
    assert activity["Cause"] == f"monitor alarm {high} in state ALARM triggered policy backlog"
    [alarm] = scaled.cloudwatch.describe_alarms(AlarmNames=[high])["MetricAlarms"]
    running = scaled.ecs.list_tasks(serviceName=scaled.name, desiredStatus="RUNNING")["taskArns"]
    started = max(it["startedAt"] for it in scaled.ecs.describe_tasks(tasks=running)["tasks"])
    # AWS looks at an alarm each minute, and a task takes it about another one to run.
    assert len(running) == 3
    assert (alarm["StateUpdatedTimestamp"] - begun).total_seconds() < 75
    assert (started - alarm["StateUpdatedTimestamp"]).total_seconds() < 60


def test_what_is_suspended_rests_and_the_rest_goes_on(scaled):
    suspended = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": True, "ScheduledScalingSuspended": True}
    scaled.register(1, 6, SuspendedState=suspended)

    def target():
        [found] = scaled.scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[scaled.resource])["ScalableTargets"]
        return found

    assert target()["SuspendedState"] == suspended
    scaled.ecs.update_service(service=scaled.name, desiredCount=3)
    at = datetime.datetime.now(UTC) + datetime.timedelta(seconds=5)
    action = {"Schedule": f"at({at:%Y-%m-%dT%H:%M:%S})", "ScalableTargetAction": {"MinCapacity": 5}}
    scaled.scaling.put_scheduled_action(**scaled.target, ScheduledActionName="missed", **action)
    out, less = scaled.steps("out", 2, cooldown=0), scaled.steps("less", -1, cooldown=0)
    high = scaled.alarm(out)
    low = scaled.alarm(less, threshold=10, comparison="LessThanThreshold")

    def speaks(alarm, policy):
        heard = len(actions(alarm, policy))
        scaled.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")
        scaled.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
        wait_for(lambda: len(actions(alarm, policy)) > heard, what=f"{alarm} having acted")

    def actions(alarm, policy):
        history = scaled.cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")["AlarmHistoryItems"]
        return [it for it in history if policy in it["HistorySummary"]]

    speaks(high, out)
    speaks(low, less)
    scaled.becomes(2)
    scaled.done()
    wait_for(lambda: datetime.datetime.now(UTC) > at + datetime.timedelta(seconds=1), what="the moment of the scheduled action")
    resumed = {"DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
    scaled.register(1, 6, SuspendedState=resumed)
    assert target()["SuspendedState"] == dict.fromkeys(suspended, False)
    speaks(high, out)
    scaled.becomes(4)
    scaled.done()
    assert (target()["MinCapacity"], target()["MaxCapacity"]) == (1, 6), "a moment that passed is not made up for"
    assert [it["Cause"].rpartition(" ")[2] for it in scaled.activities()] == ["out", "less"]


def test_a_scheduled_action_goes_by_the_clock_of_its_time_zone(scaled):
    scaled.register(1, 6)

    def put(name, at, zone, least):
        action = {"ScheduledActionName": name, "Timezone": zone, "ScalableTargetAction": {"MinCapacity": least}}
        scaled.scaling.put_scheduled_action(**scaled.target, Schedule=f"at({at:%Y-%m-%dT%H:%M:%S})", **action)

    # Both say what a clock on the wall shows in India soon; where it is another zone's, hours are left.
    soon = datetime.datetime.now(UTC) + datetime.timedelta(hours=5, minutes=30, seconds=6)
    put("elsewhere", soon, "Asia/Dubai", 5)
    put("here", soon, "Asia/Kolkata", 3)
    shown = scaled.scaling.describe_scheduled_actions(ServiceNamespace="ecs", ResourceId=scaled.resource)["ScheduledActions"]
    assert {(it["ScheduledActionName"], it["Timezone"]) for it in shown} == {("elsewhere", "Asia/Dubai"), ("here", "Asia/Kolkata")}
    scaled.becomes(3)
    assert "scheduled action name here was triggered" in [it["Cause"] for it in scaled.activities()]
    with pytest.raises(ClientError, match="Invalid time zone: Mars"):
        put("nowhere", soon, "Mars", 3)


def test_the_clock_and_another_range_move_the_count(wharf, scaled):
    scaled.register(2, 6)
    scaled.becomes(2)
    assert scaled.done()["Cause"] == "minimum capacity was set to 2"
    at = datetime.datetime.now(UTC) + datetime.timedelta(seconds=6)
    schedule = {"ScheduledActionName": "soon", "Schedule": f"at({at:%Y-%m-%dT%H:%M:%S})", "ScalableTargetAction": {"MinCapacity": 4}}
    scaled.scaling.put_scheduled_action(**scaled.target, **schedule)
    # Whoever is away at the moment carries it out later, once.
    wharf.kill_child("server")
    scaled.becomes(4)
    assert scaled.done()["Cause"] == "minimum capacity was set to 4"
    causes = [it["Cause"] for it in scaled.activities()]
    assert causes.count("scheduled action name soon was triggered") == 1
    [found] = scaled.scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[scaled.resource])["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (4, 6)
    # By hand, while a range holds.
    scaled.register(1, 3)
    scaled.becomes(3)
    scaled.scaling.delete_scheduled_action(**scaled.target, ScheduledActionName="soon")
    assert refused(scaled.scaling.delete_scheduled_action, **scaled.target, ScheduledActionName="soon")[0] == "ObjectNotFoundException"


def test_protected_tasks_outlive_scaling_in_while_they_are(wharf, scaled):
    def running():
        tasks_of = scaled.ecs.list_tasks(serviceName=scaled.name, desiredStatus="RUNNING")["taskArns"]
        described = scaled.ecs.describe_tasks(tasks=tasks_of)["tasks"] if tasks_of else []
        return sorted(it["taskArn"] for it in described if it["lastStatus"] == "RUNNING")

    scaled.register(3, 3)
    wait_for(lambda: len(running()) == 3, 90, "three tasks")
    _, *kept = running()
    scaled.ecs.update_task_protection(cluster="default", tasks=kept, protectionEnabled=True, expiresInMinutes=60)
    scaled.register(1, 1)
    scaled.becomes(1)
    wait_for(lambda: running() == kept, 60, "the end of the task that nobody protects")
    wharf.kill_child("server")
    shown = scaled.ecs.get_task_protection(cluster="default", tasks=kept)["protectedTasks"]
    assert {it["taskArn"] for it in shown if it["protectionEnabled"]} == set(kept)
    scaled.ecs.update_task_protection(cluster="default", tasks=kept[:1], protectionEnabled=False)
    wait_for(lambda: running() == kept[1:], 60, "the end of the task that is protected no more")
    described = scaled.ecs.describe_services(services=[scaled.name])["services"][0]
    assert (described["desiredCount"], described["runningCount"]) == (1, 1)


def test_a_target_has_tags_and_goes_with_its_service(wharf, scaled):
    arn = scaled.register(1, 2, Tags={"team": "web"})
    assert wharf.aws("application-autoscaling", "list-tags-for-resource", "--resource-arn", arn)["Tags"] == {"team": "web"}
    # Version 2 of the command line is of a time without tags.
    shown = wharf.aws2("application-autoscaling", "describe-scalable-targets", "--service-namespace", "ecs")["ScalableTargets"]
    assert scaled.resource in [it["ResourceId"] for it in shown]
    tagging = wharf.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["application-autoscaling"])["ResourceTagMappingList"]
    assert arn in [it["ResourceARN"] for it in found]
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    put = scaled.scaling.put_scaling_policy(
        **scaled.target,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50, "PredefinedMetricSpecification": metric},
    )
    assert len(put["Alarms"]) == 2
    scaled.delete()

    def there():
        return scaled.scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[scaled.resource])["ScalableTargets"]

    wait_for(lambda: there() == [], 90, "the target being gone")
    made = {"AlarmNamePrefix": f"TargetTracking-{scaled.resource}-"}
    wait_for(lambda: scaled.cloudwatch.describe_alarms(**made)["MetricAlarms"] == [], 30, "its alarms being gone")


def test_the_javascript_sdk(wharf, scaled):
    modules = str(tools.CLIENTS / "javascript" / "node_modules")
    environment = wharf.environment() | {"NODE_PATH": modules, "RESOURCE": scaled.resource}
    script = tools.REPOSITORY / "e2e" / "javascript" / "application_auto_scaling.cjs"
    done = tools.run(tools.node(), "--test", "--test-reporter=spec", script, env=environment, check=False, timeout_s=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_refused_and_who_may(wharf, scaled):
    iam, user = wharf.client("iam"), tasks.unique("scaler")
    iam.create_user(UserName=user)
    statement = {"Effect": "Allow", "Action": "application-autoscaling:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user, PolicyName="scale", PolicyDocument=document)
    keys = type(wharf.root).of_user(iam.create_access_key(UserName=user)["AccessKey"])
    client = wharf.client("application-autoscaling", keys)
    sized = {"MinCapacity": 1, "MaxCapacity": 2}
    code, text = refused(client.register_scalable_target, **scaled.target, **sized)
    assert code == "AccessDeniedException" and "ecs:" in text
    scaled.register(1, 2)
    assert client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[scaled.resource])["ScalableTargets"]

    scaling = scaled.scaling
    code, text = refused(scaling.register_scalable_target, **{**scaled.target, "ServiceNamespace": "dynamodb"}, **sized)
    assert code == "ValidationException" and "dynamodb is not supported by this version of wharf" in text
    code, text = refused(scaling.register_scalable_target, **{**scaled.target, "ResourceId": "service/default/none"}, **sized)
    assert (code, text) == ("ValidationException", "ECS service doesn't exist: service/default/none")
    now = datetime.datetime.now(UTC)
    forecast = {"PolicyName": "p", "StartTime": now, "EndTime": now}
    code, text = refused(scaling.get_predictive_scaling_forecast, **scaled.target, **forecast)
    assert (code, text) == ("ValidationException", "StartTime must be before EndTime")


def test_alarms_of_users_lose_a_step_policy_that_is_deleted_and_nothing_else(wharf, scaled):
    scaled.register(1, 6)
    policy, topic = scaled.steps(), "arn:aws:sns:us-east-1:000000000000:ops"
    common = {"EvaluationPeriods": 2, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 70.0}
    actions = {"AlarmActions": [topic, policy], "OKActions": [policy]}
    metric = {"Namespace": scaled.namespace, "MetricName": "Load", "Dimensions": [{"Name": "Shop", "Value": "a"}]}
    kinds = {
        "plain": {**metric, "Statistic": "Average", "Period": 60, "Unit": "Count", "TreatMissingData": "ignore", "DatapointsToAlarm": 1},
        "tail": {**metric, "ExtendedStatistic": "p90", "Period": 60, "EvaluateLowSampleCountPercentile": "ignore"},
        "sum": {
            "Metrics": [
                {"Id": "twice", "Expression": "2 * load", "Label": "twice", "ReturnData": True},
                {"Id": "load", "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}},
            ]
        },
    }
    names = {kind: tasks.unique(kind) for kind in kinds}
    for kind, settings in kinds.items():
        described = {"AlarmDescription": "mine", "ActionsEnabled": False}
        scaled.cloudwatch.put_metric_alarm(AlarmName=names[kind], **common, **actions, **described, **settings)

    def alarms():
        found = scaled.cloudwatch.describe_alarms(AlarmNames=list(names.values()))["MetricAlarms"]
        # They are looked at meanwhile.
        seen = ("State", "EvaluationState", "AlarmConfigurationUpdated")
        return {it["AlarmName"]: {name: value for name, value in it.items() if not name.startswith(seen)} for it in found}

    before = alarms()
    scaled.scaling.delete_scaling_policy(**scaled.target, PolicyName="more")
    assert alarms() == {name: {**it, "AlarmActions": [topic], "OKActions": []} for name, it in before.items()}
    scaled.cloudwatch.delete_alarms(AlarmNames=list(names.values()))
