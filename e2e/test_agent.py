"""The agent protocol, spoken by an agent that shares no code with wharf (see agent/)."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from agent.agent import Agent
from agent.channel import GOOD_CLOSES, Channel, Refused
from harness import tasks
from harness.tasks import document
from harness.waiting import wait_for


@pytest.fixture
def cluster(wharf):
    return wharf.client("ecs").create_cluster(clusterName=tasks.unique("agents"))["cluster"]["clusterName"]


@pytest.fixture
def agent(wharf, cluster):
    made = Agent(wharf.client("ecs"), wharf.root, cluster)
    made.register()
    yield made.connect()
    made.close()


def definition(wharf, **more):
    containers = [
        {
            "name": "main",
            "image": "somewhere/image:1",
            "memory": 64,
            "cpu": 10,
            "command": ["run", "it"],
            "environment": [{"name": "A", "value": "1"}],
            **more,
        }
    ]
    registered = wharf.client("ecs").register_task_definition(family=tasks.unique("agent"), containerDefinitions=containers)
    return registered["taskDefinition"]["taskDefinitionArn"]


def start(wharf, agent, **options):
    """RunTask in the agent's cluster; returns the task and the payload's form of it."""
    task = tasks.start(wharf, options.pop("definition", None) or definition(wharf), cluster=agent.cluster, **options)
    payload = agent.acs.wait("PayloadMessage", where=lambda message: any(one["arn"] == task.arn for one in message["tasks"]))
    return task, next(one for one in payload["tasks"] if one["arn"] == task.arn), payload


def describe_instance(wharf, agent):
    return wharf.client("ecs").describe_container_instances(cluster=agent.cluster, containerInstances=[agent.arn])["containerInstances"][0]


def test_registration_shows(wharf, agent):
    instance = wait_for(lambda: (found := describe_instance(wharf, agent))["agentConnected"] and found, what="agentConnected")
    assert instance["status"] == "ACTIVE"
    registered = {one["name"]: one.get("integerValue") for one in instance["registeredResources"]}
    assert registered["CPU"] == 2048 and registered["MEMORY"] == 3900
    assert instance["versionInfo"]["agentVersion"] == "1.105.0" and instance["versionInfo"]["agentHash"] == "abcdef0"
    assert instance["versionInfo"]["dockerVersion"] == "DockerVersion: 25.0.6"
    assert "ecs.availability-zone" in {one["name"] for one in instance["attributes"]}


def test_same_token_and_same_arn_are_the_same_instance(wharf, cluster):
    agent = Agent(wharf.client("ecs"), wharf.root, cluster)
    token = str(uuid.uuid4())
    first = agent.register(token=token)["containerInstanceArn"]
    agent.arn = None
    assert agent.register(token=token)["containerInstanceArn"] == first
    again = agent.register(cpu=4096, attributes=[("colour", "blue")])
    assert again["containerInstanceArn"] == first
    assert {one["name"]: one.get("integerValue") for one in again["registeredResources"]}["CPU"] == 4096
    assert wharf.client("ecs").list_container_instances(cluster=cluster)["containerInstanceArns"] == [first]


def test_a_task_from_payload_to_stopped(wharf, agent):
    task, received, payload = start(
        wharf,
        agent,
        overrides={"containerOverrides": [{"name": "main", "command": ["other"], "environment": [{"name": "B", "value": "2"}]}]},
    )
    described = task.describe()
    assert payload["containerInstanceArn"] == agent.arn == described["containerInstanceArn"]
    assert received["desiredStatus"] == "RUNNING" and received["taskClusterArn"] == described["clusterArn"]
    assert f"{received['family']}:{received['version']}" == described["taskDefinitionArn"].rpartition("/")[2]
    (main,) = received["containers"]
    assert main["image"] == "somewhere/image:1" and main["cpu"] == 10 and main["memory"] == 64 and main["essential"] is True
    assert main["environment"] == {"A": "1", "B": "2", "AWS_EXECUTION_ENV": "AWS_ECS_EC2"}
    assert json.loads(main["overrides"]) == {"command": ["other"]}
    for member in ("config", "hostConfig"):
        assert isinstance(json.loads(main["dockerConfig"][member]), dict)
    assert described["lastStatus"] == "PENDING"

    assert agent.report_running(received)["acknowledgment"] == "ACK"
    running = task.wait("RUNNING")
    assert running["startedAt"] and running["pullStoppedAt"]

    skip = len(agent.acs.messages)
    task.stop("by the test", wait=False)
    stop = agent.acs.wait("PayloadMessage", skip=skip, where=lambda message: any(one["arn"] == task.arn for one in message["tasks"]))
    (told,) = [one for one in stop["tasks"] if one["arn"] == task.arn]
    assert told["desiredStatus"] == "STOPPED" and told["containers"], "a stop carries the full task"
    assert stop["seqNum"] > payload["seqNum"]
    agent.report_stopped(received, exit_code=143)
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "UserInitiated" and stopped["stoppedReason"] == "by the test"
    assert stopped["containers"][0]["exitCode"] == 143


def test_a_task_that_ends_by_itself(wharf, agent):
    task, received, _ = start(wharf, agent)
    agent.report_running(received)
    agent.report_stopped(received, exit_code=9)
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "EssentialContainerExited" and stopped["containers"][0]["exitCode"] == 9


def test_a_failed_pull_becomes_the_stopped_reason(wharf, agent):
    task, received, _ = start(wharf, agent)
    reason = "CannotPullImageManifestError: no such host"
    agent.ecs.submit_task_state_change(
        cluster=agent.cluster,
        task=task.arn,
        status="STOPPED",
        reason="",
        containers=[{"containerName": "main", "status": "STOPPED", "reason": reason}],
    )
    stopped = task.wait("STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart" and stopped["stoppedReason"] == reason


def test_states_never_go_back(wharf, agent):
    task, received, _ = start(wharf, agent)
    agent.report_running(received)
    agent.report_stopped(received, exit_code=1)
    task.wait("STOPPED")
    version = task.describe()["version"]
    assert agent.report_running(received)["acknowledgment"] == "ACK"
    agent.report_stopped(received, exit_code=2)
    assert task.describe()["lastStatus"] == "STOPPED" and task.exit_code == 1
    assert task.describe()["version"] == version


def test_report_about_an_unknown_task_is_accepted(wharf, agent):
    unknown = {"arn": f"arn:aws:ecs:us-east-1:000000000000:task/{agent.cluster}/{'0' * 32}", "containers": [{"name": "main"}]}
    assert agent.report_stopped(unknown)["acknowledgment"] == "ACK"


def test_network_bindings_are_told(wharf, agent):
    made = definition(wharf, portMappings=[{"containerPort": 80, "hostPort": 0}])
    task, received, _ = start(wharf, agent, definition=made)
    binding = {"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 40001, "protocol": "tcp"}
    agent.ecs.submit_task_state_change(
        cluster=agent.cluster,
        task=task.arn,
        status="RUNNING",
        containers=[{"containerName": "main", "status": "RUNNING", "networkBindings": [binding], "imageDigest": "sha256:" + "a" * 64}],
    )
    task.wait("RUNNING")
    assert task.container()["networkBindings"] == [binding] and task.container()["imageDigest"] == "sha256:" + "a" * 64


def test_role_credentials_come_with_the_task_and_work(wharf, agent):
    from harness.installation import Keys

    role = tasks.task_role(wharf, "ecs:ListClusters")
    registered = wharf.client("ecs").register_task_definition(
        family=tasks.unique("agent"), taskRoleArn=role, containerDefinitions=[{"name": "main", "image": "x", "memory": 64}]
    )
    task, received, _ = start(wharf, agent, definition=registered["taskDefinition"]["taskDefinitionArn"])
    given = received["roleCredentials"]
    assert given["roleArn"] == role and uuid.UUID(given["credentialsId"])
    keys = Keys(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
    assert (
        wharf.client("sts", keys).get_caller_identity()["Arn"]
        == f"arn:aws:sts::000000000000:assumed-role/{role.rpartition('/')[2]}/{task.id}"
    )
    wharf.client("ecs", keys).list_clusters()

    agent.report_running(received)
    agent.close()
    successor = Agent(agent.ecs, agent.keys, agent.cluster, agent.arn)
    successor.connect()
    try:
        again = successor.acs.wait("IAMRoleCredentialsMessage", where=lambda message: message["taskArn"] == task.arn)
        assert again["roleType"] == "TaskApplication" and again["roleCredentials"]["credentialsId"] == given["credentialsId"]
    finally:
        successor.close()


def test_what_is_not_acknowledged_comes_again(wharf, agent):
    agent.answering = False
    task, _, payload = start(wharf, agent)
    agent.close()
    agent.answering = True
    agent.connect()
    again = agent.acs.wait("PayloadMessage", where=lambda message: any(one["arn"] == task.arn for one in message["tasks"]))
    assert again["seqNum"] >= payload["seqNum"]
    agent.close()
    agent.connect()
    agent.acs.wait("TaskManifestMessage")
    assert not [
        name for name, message in agent.acs.messages if name == "PayloadMessage" and any(one["arn"] == task.arn for one in message["tasks"])
    ]


def test_manifest_after_connecting_names_what_is_wanted(wharf, agent):
    task, received, payload = start(wharf, agent)
    agent.report_running(received)
    agent.close()
    agent.connect()
    manifest = agent.acs.wait("TaskManifestMessage")
    assert manifest["clusterArn"] and manifest["containerInstanceArn"] == agent.arn
    assert manifest["timeline"] > payload["seqNum"]
    assert [(one["taskArn"], one["desiredStatus"]) for one in manifest["tasks"]] == [(task.arn, "RUNNING")]


def test_a_task_the_server_does_not_know_is_stopped_after_verification(wharf, agent):
    stranger = f"arn:aws:ecs:us-east-1:000000000000:task/{agent.cluster}/{'f' * 32}"
    # It is none of those that the connection before was asked about.
    wait_for(lambda: agent.highest_sequence, 20, "the first manifest")
    agent.tasks[stranger] = {"arn": stranger, "desiredStatus": "RUNNING", "containers": []}
    agent.close()
    agent.connect()
    verified = agent.acs.wait("TaskStopVerificationAck")
    assert [one["taskArn"] for one in verified["stopTasks"]] == [stranger]
    assert verified["messageId"] == agent.acs.wait("TaskManifestMessage")["messageId"]


@pytest.mark.slow
def test_heartbeats_come_within_a_minute(wharf, agent):
    beat = agent.acs.wait("HeartbeatMessage", deadline_s=65)
    assert beat["messageId"] and beat["healthy"] is True


def test_a_second_connection_replaces_the_first(wharf, agent):
    first = agent.acs
    agent.connect()
    assert first.wait_closed(10) in GOOD_CLOSES
    task, received, _ = start(wharf, agent)
    assert not [name for name, message in first.messages if name == "PayloadMessage" and task.arn in json.dumps(message)]


def test_disconnection_shows_and_tasks_are_refused(wharf, agent):
    wait_for(lambda: describe_instance(wharf, agent)["agentConnected"], what="agentConnected")
    agent.close()
    wait_for(lambda: not describe_instance(wharf, agent)["agentConnected"], 20, "agentConnected false")
    failures = wharf.client("ecs").run_task(cluster=agent.cluster, taskDefinition=definition(wharf))["failures"]
    assert [failure["reason"] for failure in failures] == ["AGENT"]


def test_draining_instances_get_nothing(wharf, agent):
    ecs = wharf.client("ecs")
    (drained,) = ecs.update_container_instances_state(cluster=agent.cluster, containerInstances=[agent.arn], status="DRAINING")[
        "containerInstances"
    ]
    assert drained["status"] == "DRAINING"
    with pytest.raises(ClientError) as caught:
        ecs.run_task(cluster=agent.cluster, taskDefinition=definition(wharf))
    assert caught.value.response["Error"]["Message"] == "No Container Instances were found in your cluster."
    ecs.update_container_instances_state(cluster=agent.cluster, containerInstances=[agent.arn], status="ACTIVE")
    start(wharf, agent)


# Refusals


def test_upgrade_without_signature_is_refused(wharf, agent):
    with pytest.raises(Refused) as caught:
        Channel(agent.acs_url(), agent.keys, lambda *_: None, sign=False)
    assert caught.value.status in (400, 401, 403)


def test_upgrade_by_a_principal_without_poll_is_refused(wharf, agent):
    _, keys = tasks.user(wharf, document("ecs:DiscoverPollEndpoint"))
    for url in (agent.acs_url(), agent.tcs_url()):
        with pytest.raises(Refused) as caught:
            Channel(url, keys, lambda *_: None)
        assert caught.value.status in (400, 403)
        assert "AccessDeniedException" in caught.value.body, caught.value.body


@pytest.mark.parametrize(
    ("cluster_name", "instance", "kind"), [("nowhere", None, "InvalidClusterException"), (None, "0" * 32, "InvalidInstanceException")]
)
def test_upgrade_to_something_unknown_is_refused_by_name(wharf, agent, cluster_name, instance, kind):
    other = Agent(agent.ecs, agent.keys, agent.cluster, agent.arn)
    url = other.acs_url()
    if cluster_name:
        url = url.replace(f"clusterArn={agent.cluster}", f"clusterArn={cluster_name}")
    if instance:
        url = url.replace(agent.arn.rpartition("/")[2], instance)
    with pytest.raises(Refused) as caught:
        Channel(url, agent.keys, lambda *_: None)
    assert caught.value.status != 101 and kind in caught.value.body, caught.value.body


def test_deregistered_instance_is_inactive(wharf, cluster):
    agent = Agent(wharf.client("ecs"), wharf.root, cluster)
    agent.register()
    url = agent.acs_url()
    agent.ecs.deregister_container_instance(cluster=cluster, containerInstance=agent.arn)
    with pytest.raises(Refused) as caught:
        Channel(url, agent.keys, lambda *_: None)
    assert "InactiveInstanceException" in caught.value.body or "InvalidInstanceException" in caught.value.body, caught.value.body


def test_faulty_frames_do_no_harm(wharf, agent):
    for frame in (
        "",
        "{",
        "[]",
        '{"type":"AckRequest"}',
        '{"type":"AckRequest","message":{"messageId":5}}',
        '{"type":"Unheard","message":{}}',
        "x" * 100_000,
    ):
        agent.acs._socket.send(frame)
    if agent.acs.close_code is not None:
        agent.connect()
    start(wharf, agent)


# Telemetry


def test_telemetry_frames_with_and_without_headers(wharf, agent):
    tcs = agent.connect_tcs()
    tcs.send_with_headers("PublishMetricsRequest", agent.metrics())
    tcs.wait("AckPublishMetric")
    skip = len(tcs.messages)
    tcs.send("PublishMetricsRequest", agent.metrics())
    tcs.wait("AckPublishMetric", skip=skip)
    requested = {
        "metadata": {"cluster": agent.cluster, "containerInstance": agent.arn, "requestId": "r"},
        "statuses": [{"type": "ContainerRuntime", "status": "OK"}],
    }
    tcs.send_with_headers("PublishInstanceStatusRequest", requested)
    tcs.wait("AckPublishInstanceStatus")


def test_container_health_comes_from_telemetry(wharf, agent):
    made = definition(wharf, healthCheck={"command": ["CMD", "true"]})
    task, received, _ = start(wharf, agent, definition=made)
    agent.report_running(received)
    assert task.wait("RUNNING")["healthStatus"] == "UNKNOWN"
    tcs = agent.connect_tcs()
    for status in ("HEALTHY", "UNHEALTHY"):
        skip = len(tcs.messages)
        tcs.send_with_headers("PublishHealthRequest", agent.health(received, status))
        tcs.wait("AckPublishHealth", skip=skip)
        wait_for(lambda status=status: task.describe()["healthStatus"] == status, what=status)
        assert task.container()["healthStatus"] == status


def test_the_two_agents_look_alike(wharf, agent):
    """What wharf's own node registered has the form of what this agent registered."""
    ecs = wharf.client("ecs")
    (own,) = ecs.describe_container_instances(containerInstances=ecs.list_container_instances()["containerInstanceArns"])[
        "containerInstances"
    ]
    other = describe_instance(wharf, agent)
    assert own.keys() == other.keys()
    assert {one["name"] for one in own["registeredResources"]} == {one["name"] for one in other["registeredResources"]}
    assert own["versionInfo"].keys() == other["versionInfo"].keys()
