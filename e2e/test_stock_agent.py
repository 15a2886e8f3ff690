"""An agent of another make on another machine, over TLS: what it cannot do as the stock one cannot, it does not (see agent/)."""

import contextlib
import json
import socket
import ssl
import urllib.error

import boto3
import pytest
from botocore.exceptions import ClientError

from agent.agent import Agent
from agent.channel import GOOD_CLOSES, Channel
from harness import images, joining, tasks, tools
from harness.hosts import SERVER
from harness.installation import Keys, Place
from harness.services import Web
from harness.waiting import wait_for


@pytest.fixture(scope="module")
def trust(server, tmp_path_factory):
    """The authority of the endpoint, as somebody takes it to the other machine."""
    path = tmp_path_factory.mktemp("trust") / "wharf.pem"
    path.write_text(server.run("ca", "--endpoint").stdout)
    return str(path)


def remote(server, trust, service, port=None):
    """A client of the other machine."""
    return boto3.client(
        service, endpoint_url=f"https://{SERVER}:{port or server.port}", region_name="us-east-1", verify=trust,
        aws_access_key_id=server.root.access_key, aws_secret_access_key=server.root.secret_key,
    )  # fmt: skip


@pytest.fixture
def cluster(server):
    return server.client("ecs").create_cluster(clusterName=tasks.unique("stock"))["cluster"]["clusterName"]


@pytest.fixture
def agent(server, trust, cluster):
    made = Agent(remote(server, trust, "ecs"), server.root, cluster, trust=trust, external=True)
    made.register()
    yield made.connect()
    made.close()


def define(server, image="somewhere/image:1", **container):
    registered = server.client("ecs").register_task_definition(
        family=tasks.unique("stock"), containerDefinitions=[{"name": "main", "image": image, "memory": 64, **container}]
    )
    return registered["taskDefinition"]["taskDefinitionArn"]


def start(server, agent, definition, **options):
    """RunTask in the agent's cluster; its ARN and the payload's form of it."""
    made = server.client("ecs").run_task(cluster=agent.cluster, taskDefinition=definition, **options)
    assert not made["failures"], made["failures"]
    arn = made["tasks"][0]["taskArn"]
    payload = agent.acs.wait("PayloadMessage", where=lambda message: any(one["arn"] == arn for one in message["tasks"]))
    return arn, next(one for one in payload["tasks"] if one["arn"] == arn)


def described(server, agent, arn):
    return server.client("ecs").describe_tasks(cluster=agent.cluster, tasks=[arn])["tasks"][0]


def test_it_joins_by_port_443_whatever_port_it_was_given(server, agent):
    found = agent.discover()
    assert found["endpoint"] == f"https://{SERVER}/acs" and found["telemetryEndpoint"] == f"https://{SERVER}/tcs"
    tcs = agent.connect_tcs()
    tcs.send_with_headers("PublishMetricsRequest", agent.metrics())
    tcs.wait("AckPublishMetric")
    arn, received = start(server, agent, define(server))
    agent.report_running(received)
    agent.report_stopped(received, exit_code=7)
    wait_for(lambda: described(server, agent, arn)["lastStatus"] == "STOPPED", what="the end of the task")
    assert described(server, agent, arn)["containers"][0]["exitCode"] == 7
    # With the port in the URL its handshake fails, which is what the other port is for.
    with pytest.raises(ssl.SSLError):
        Channel(agent.acs_url().replace(SERVER, f"{SERVER}:{server.port}", 1), agent.keys, lambda *_: None, trust=agent.trust)


def test_a_server_that_was_killed_is_back_on_443(server, agent):
    server.kill_child("server")
    assert agent.acs.wait_closed() in GOOD_CLOSES
    agent.close()
    agent.connect()
    start(server, agent, define(server))


def test_it_pulls_and_logs_where_it_reaches_the_server(server, agent):
    image = images.push(server, "busybox")
    assert image.startswith("localhost:")
    digest = server.client("ecr").describe_images(repositoryName="busybox")["imageDetails"][0]["imageDigest"]
    group = tasks.ensure_group(server, "/stock")
    for name in (
        image,
        image.replace(server.registry, "000000000000.dkr.ecr.us-east-1.amazonaws.com"),
        image.replace(server.registry, SERVER),
    ):
        arn, received = start(server, agent, define(server, name, logConfiguration=tasks.awslogs(group)))
        (main,) = received["containers"]
        assert agent.pull(main) == digest
        stream = agent.write_log(main, f"of {arn}")
        assert stream == f"t/main/{arn.rpartition('/')[2]}"
        (event,) = server.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
        assert event["message"] == f"of {arn}"
        # Users see what they wrote.
        assert described(server, agent, arn)["containers"][0]["image"] == name


def test_it_pulls_what_another_account_shares(server, agent):
    """Both accounts have a repository of that name; the machine holds their images apart."""
    images.push(server, "busybox", name="shared")
    made = json.loads(server.run("account", "create", "sharing", "--json").stdout)
    number, keys = made["account"]["id"], Keys(made["accessKeyId"], made["secretAccessKey"])
    other = Place(server, "us-east-1", keys)
    images.push(other, "web", name="shared")
    ecr = other.client("ecr")
    digest = ecr.describe_images(repositoryName="shared")["imageDetails"][0]["imageDigest"]
    name = f"{number}.dkr.ecr.us-east-1.amazonaws.com/shared:latest"
    arn, received = start(server, agent, define(server, name))
    (main,) = received["containers"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        agent.pull(main)
    assert caught.value.code == 403
    pulling = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": pulling}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName="shared", policyText=policy)
    assert agent.pull(main) == digest
    assert described(server, agent, arn)["containers"][0]["image"] == name


def test_tasks_are_told_what_they_run_on(server, agent):
    _, received = start(server, agent, define(server))
    assert agent.environment(received["containers"][0])["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"
    _, received = start(server, agent, define(server), launchType="EXTERNAL")
    assert "AWS_EXECUTION_ENV" not in agent.environment(received["containers"][0]), "on external instances AWS says nothing"


def test_external_tasks_find_it(server, agent, trust, cluster):
    ecs = server.client("ecs")
    (shown,) = ecs.describe_container_instances(cluster=cluster, containerInstances=[agent.arn])["containerInstances"]
    assert shown["ec2InstanceId"].startswith("mi-")
    arn, received = start(server, agent, define(server), launchType="EXTERNAL")
    assert described(server, agent, arn)["launchType"] == "EXTERNAL" and received["launchType"] == "EXTERNAL"
    started = ecs.start_task(cluster=cluster, taskDefinition=define(server), containerInstances=[agent.arn])["tasks"]
    assert [one["launchType"] for one in started] == ["EXTERNAL"]
    other = ecs.create_cluster(clusterName=tasks.unique("stock"))["cluster"]["clusterName"]
    Agent(remote(server, trust, "ecs"), server.root, other, trust=trust).register()
    with pytest.raises(ClientError) as caught:
        ecs.run_task(cluster=other, taskDefinition=define(server), launchType="EXTERNAL")
    assert "No Container Instances" in caught.value.response["Error"]["Message"]


def test_connections_end_with_a_code_it_takes_for_good(server, agent):
    tcs = agent.connect_tcs()
    server.client("ecs").deregister_container_instance(cluster=agent.cluster, containerInstance=agent.arn)
    for channel in (agent.acs, tcs):
        assert channel.wait_closed() == 1000 and channel.close_reason


@pytest.mark.slow
def test_its_silence_ends_no_task_at_once(server, agent):
    """A node of wharf's that falls silent beside it loses its own."""
    ecs = server.client("ecs")
    arn, received = start(server, agent, define(server))
    agent.report_running(received)
    with joining.Joined(server, SERVER) as node:
        node.stop()
        # In the place of its agent.
        own = Agent(server.client("ecs", node.keys), node.keys, "default", node.arn).connect()
        lost = ecs.start_task(taskDefinition=define(server), containerInstances=[node.arn])["tasks"][0]["taskArn"]
        told = own.acs.wait("PayloadMessage", where=lambda message: any(one["arn"] == lost for one in message["tasks"]))
        own.report_running(next(one for one in told["tasks"] if one["arn"] == lost))
        agent.close()
        own.close()
        stopped = tasks.Task(server, lost).wait("STOPPED", 60)
        assert stopped["stoppedReason"].startswith("Host EC2 (instance ") and stopped["stoppedReason"].endswith(") stopped/terminated.")
    assert described(server, agent, arn)["lastStatus"] == "RUNNING"
    agent.connect()
    manifest = agent.acs.wait("TaskManifestMessage")
    assert [(one["taskArn"], one["desiredStatus"]) for one in manifest["tasks"]] == [(arn, "RUNNING")]


def test_load_balancers_of_the_machine_keep_their_443(server):
    image = images.push(server, "web")
    web = Web(server, image)
    web.make_balancer(port=443)
    try:

        def answers():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 443), 2) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n")
                return connection.recv(100).startswith(b"HTTP/1.1 503")
            return False

        wait_for(answers, 60, "the load balancer, which has no target, at 127.0.0.1:443")
        shown = server.run("status").stdout
        assert web.balancer["DNSName"] in shown and "UNOPENED LISTENER" not in shown, shown
    finally:
        web.elb.delete_load_balancer(LoadBalancerArn=web.balancer["LoadBalancerArn"])


def test_where_443_is_taken_wharf_says_so_and_goes_on(lan, unstarted, tmp_path):
    address = "10.99.0.2"
    tools.run("ip", "address", "add", f"{address}/24", "dev", "lan-server")
    with contextlib.ExitStack() as after:
        after.callback(tools.run, "ip", "address", "delete", f"{address}/24", "dev", "lan-server")
        other = after.enter_context(socket.create_server((address, 443)))
        wharf = unstarted(arguments=["--listen", address]).start(node=False)
        wait_for(lambda: f"{address}:443" in wharf.output.text and "--port-443 off" in wharf.output.text, 10, "a word about port 443")
        trust = tmp_path / "ca.pem"
        trust.write_text(wharf.run("ca", "--endpoint").stdout)
        ecs = boto3.client(
            "ecs", endpoint_url=f"https://{address}:{wharf.port}", region_name="us-east-1", verify=str(trust),
            aws_access_key_id=wharf.root.access_key, aws_secret_access_key=wharf.root.secret_key,
        )  # fmt: skip
        assert ecs.discover_poll_endpoint()["endpoint"] == f"https://{address}:{wharf.port}/acs"
        # Whoever had it lets go: the next server has it.
        other.close()
        wharf.kill_child("server")
        wait_for(lambda: ecs.discover_poll_endpoint()["endpoint"] == f"https://{address}/acs", 20, "port 443")
        wharf.close()
        quiet = unstarted(arguments=["--listen", address, "--port-443", "off"]).start(node=False)
        assert "443" not in quiet.output.text.replace(str(quiet.port), "")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, 443), 2)
        quiet.close()
