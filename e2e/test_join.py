"""A node that joins over TLS, and what its identity is good for."""

import collections
import contextlib
import hashlib
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from agent.agent import Agent
from agent.signing import signed_headers, websocket_url
from harness import images, joining, processes, sealed, tasks, tools
from harness.control import scrape
from harness.installation import Keys
from harness.refusals import refused
from harness.waiting import wait_for
from test_metrics import parsed

ADDRESS = "127.0.0.2"


@pytest.fixture(scope="module")
def server():
    from harness.installation import Installation

    with Installation(arguments=["--listen", ADDRESS]) as alone:
        yield alone.start()


def join(server, data, *arguments):
    return joining.command(server, ADDRESS, data, *arguments)


def Joined(server, *token_arguments):
    return joining.Joined(server, ADDRESS, *token_arguments)


@pytest.fixture(scope="module")
def node(server):
    """A node whose token allows little."""
    with Joined(server, "--max-cpu", "1", "--max-memory", "1024") as node:
        yield node


@pytest.fixture
def joined(node):
    """The ARN and the keys of a second node."""
    return node.arn, node.keys


def test_a_token_comes_with_the_command_that_spends_it(server, unstarted):
    said = tools.run(tools.wharf(), "token", "--data", server.data).stdout
    assert f"wharf node --server https://{ADDRESS}:{server.port} --join - <<< " in said
    alone = unstarted().start(node=False)
    assert "this machine only" in tools.run(tools.wharf(), "token", "--data", alone.data).stdout


def test_a_node_that_has_not_joined_says_how(tmp_path):
    done = tools.run(tools.wharf(), "node", "--data", tmp_path / "node", check=False)
    assert done.returncode == 7 and "wharf token" in done.stderr, done.stderr


def start_on(server, image, instance, script):
    definition = tasks.register(server, image, **tasks.sh(script))
    answer = server.client("ecs").start_task(taskDefinition=definition, containerInstances=[instance])
    assert not answer["failures"], answer["failures"]
    return answer["tasks"][0]["taskArn"]


def test_the_joined_node_runs_tasks(server, joined):
    arn, _ = joined
    task = start_on(server, images.push(server, "busybox"), arn, "echo there; exit 5")

    def stopped():
        described = server.client("ecs").describe_tasks(tasks=[task])["tasks"][0]
        return described if described["lastStatus"] == "STOPPED" else None

    described = wait_for(stopped, 30, "the end of the task")
    assert described["containerInstanceArn"] == arn
    assert described["containers"][0].get("exitCode") == 5, described


def test_a_node_speaks_for_no_other(server, joined):
    arn, keys = joined
    ecs, as_node = server.client("ecs"), server.client("ecs", keys)
    (other,) = set(ecs.list_container_instances()["containerInstanceArns"]) - {arn}
    task = start_on(server, images.push(server, "busybox"), other, "while :; do usleep 100000; done")
    wait_for(lambda: ecs.describe_tasks(tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING", 30, "a task of the other node")
    for call, parameters in (
        (as_node.submit_task_state_change, {"task": task, "status": "STOPPED"}),
        (as_node.deregister_container_instance, {"containerInstance": other, "force": True}),
        (as_node.update_container_instances_state, {"containerInstances": [other], "status": "DRAINING"}),
        (as_node.register_container_instance, {"containerInstanceArn": other, "totalResources": []}),
    ):
        assert refused(call, **parameters)[0] == "AccessDeniedException"
    assert ecs.describe_tasks(tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING"
    url = websocket_url(
        as_node.discover_poll_endpoint(containerInstance=other)["endpoint"], {"containerInstanceArn": other, "clusterArn": "default"}
    )
    status = tools.run(
        "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url.replace("ws://", "http://"),
        *[part for name, value in signed_headers(url, keys).items() for part in ("-H", f"{name}: {value}")],
    ).stdout  # fmt: skip
    assert status == "403"
    ecs.stop_task(task=task)


def is_refused(call, word):
    code, message = refused(call)
    assert code in ("AccessDeniedException", "InvalidParameterException"), code
    assert word in message, message


def resources(cpu=1024, memory=1024):
    return [{"name": "CPU", "type": "INTEGER", "integerValue": cpu}, {"name": "MEMORY", "type": "INTEGER", "integerValue": memory}]


def test_a_node_registers_as_its_token_says(server, node):
    """No other cluster, no Fargate tasks of everybody, no capacity that attracts them, no zone but its own."""
    ecs, as_node = server.client("ecs"), server.client("ecs", node.keys)
    ecs.create_cluster(clusterName="prod")
    described = ecs.describe_container_instances(containerInstances=[node.arn])["containerInstances"][0]
    registered = {one["name"]: one.get("integerValue") for one in described["registeredResources"]}
    assert (registered["CPU"], registered["MEMORY"]) == (1024, 1024), "the agent offers what the token allows"

    def register(**given):
        return lambda: as_node.register_container_instance(**{"totalResources": resources(), **given})

    again = {"containerInstanceArn": node.arn}
    for arguments in ({}, again):
        is_refused(register(**arguments, totalResources=resources(memory=2_000_000_000)), "MEMORY")
        is_refused(register(**arguments, totalResources=resources(memory=1025)), "--max-memory")
        is_refused(register(**arguments, totalResources=resources(cpu=1025)), "--max-cpu")
        is_refused(register(**arguments, attributes=[{"name": "wharf.fargate-capacity"}]), "--fargate")
        is_refused(register(**arguments, attributes=[{"name": "ecs.availability-zone", "value": "us-east-1b"}]), "--zone")
    is_refused(register(cluster="prod"), "--cluster")
    is_refused(register(), "one container instance")
    assert ecs.list_container_instances(cluster="prod")["containerInstanceArns"] == []
    # Nobody has two petabytes.
    is_refused(lambda: ecs.register_container_instance(totalResources=resources(memory=2_000_000_000)), "MEMORY")


def test_a_token_for_a_cluster_that_is_not_there_is_refused(server):
    done = tools.run(tools.wharf(), "token", "--data", server.data, "--cluster", "nowhere", check=False)
    assert done.returncode != 0 and "There is no cluster nowhere" in done.stderr


@pytest.mark.parametrize("arguments", [["--fargate"], ["--instances"], ["--zone", "us-east-1b"], ["--underlay", "10.1.2.3"]])
def test_flags_beyond_the_token_are_refused(server, tmp_path, arguments):
    token = joining.token(server, "--zone", "us-east-1a", "--underlay", "10.9.9.9")
    done = subprocess.run(
        join(server, tmp_path / "node", *arguments), env=joining.environment(token), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0 and f"wharf token {' '.join(arguments)}" in done.stderr, done.stderr


def test_a_token_is_no_argument(server, tmp_path):
    done = tools.run(*join(server, tmp_path, "--join", joining.token(server)), check=False)
    assert done.returncode == 2 and "--join-file" in done.stderr and "process list" in done.stderr, done.stderr


@pytest.mark.parametrize("way", ["stdin", "file"])
def test_a_token_is_read_from_elsewhere(server, tmp_path, way):
    token = joining.token(server)
    (tmp_path / "token").write_text(token + "\n")
    arguments = ["--join", "-"] if way == "stdin" else ["--join-file", tmp_path / "token"]
    with subprocess.Popen(join(server, tmp_path / "node", *arguments), stdin=subprocess.PIPE, text=True) as process:
        if way == "stdin":
            process.stdin.write(token + "\n")
            process.stdin.flush()
        identity = tmp_path / "node" / "node" / "identity.json"
        wait_for(identity.exists, 60, "the identity")
        # The token is nowhere that others see it.
        command_lines = [" ".join(processes.command_line(pid)) for pid in processes.all_pids()]
        assert not any(token in line for line in command_lines)
        process.terminate()
    tools.run(tools.wharf(), "down", "--data", tmp_path / "node")


def test_credentials_of_a_node_are_short_lived_and_its_own(server, node):
    """They end within the hour, make no others, and are renewed by the node alone."""
    identity = node.identity
    assert identity["sessionToken"] and 0 < identity["expiresAt"] / 1000 - time.time() <= 3600
    name = identity_name(server, node)
    assert server.client("iam").list_access_keys(UserName=name)["AccessKeyMetadata"] == [], "no long-lived key exists"
    sts = server.client("sts", node.keys)
    server.client("iam").create_role(
        RoleName="for-everybody",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        ),
    )
    role = "arn:aws:iam::000000000000:role/for-everybody"
    for call in (sts.get_session_token, lambda: sts.assume_role(RoleArn=role, RoleSessionName="further")):
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == "AccessDenied"
    with pytest.raises(ClientError):
        sts.get_federation_token(Name="further")


def identity_name(server, node):
    described = server.client("ecs").describe_container_instances(containerInstances=[node.arn])
    instance = described["containerInstances"][0]["ec2InstanceId"]
    listed = json.loads(tools.run(tools.wharf(), "node", "list", "--json", "--data", server.data).stdout)["nodes"]
    return next(one["name"] for one in listed if any(it["ec2Instance"] == instance for it in one["instances"]))


def renew(server, keys, path="/wharf/node/credentials"):
    url = f"http://127.0.0.1:{server.port}{path}"
    headers = signed_headers(url, keys, method="POST", service="wharf")
    said = tools.run(
        "curl", "-s", "-X", "POST", "-w", "\n%{http_code}", url,
        *[part for name, value in headers.items() for part in ("-H", f"{name}: {value}")],
    ).stdout  # fmt: skip
    body, _, status = said.rpartition("\n")
    return int(status), body


def test_a_copy_of_credentials_that_were_renewed_is_worth_nothing(server):
    with Joined(server) as node:
        copied = node.keys
        status, body = renew(server, copied)
        assert status == 200, body
        fresh = json.loads(body)
        fresh = Keys(fresh["accessKeyId"], fresh["secretAccessKey"], fresh["sessionToken"])
        # The answer may be lost: until the new ones are confirmed, those before renew as well.
        assert renew(server, fresh, "/wharf/node/confirm")[0] == 200
        status, body = renew(server, copied)
        assert status == 403 and "renewed before" in body
        assert renew(server, fresh)[0] == 200
        # Nobody else has anything to renew here.
        assert renew(server, server.root)[0] == 403


def test_a_node_with_long_lived_keys_is_moved_over(server):
    """As they joined with an earlier version."""
    with Joined(server) as node:
        iam, name = server.client("iam"), identity_name(server, node)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        node.stop()
        path = pathlib.Path(node.data) / "node" / "identity.json"
        old = {name: value for name, value in node.identity.items() if name not in ("sessionToken", "expiresAt", "granted")}
        path.write_text(json.dumps(old | {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}))
        node.start()
        wait_for(lambda: iam.list_access_keys(UserName=name)["AccessKeyMetadata"] == [], 60, "the end of the long-lived key")
        assert sealed.is_sealed(path), "a file that was not sealed is from the first write on"
        assert node.identity["sessionToken"] and node.identity["accessKeyId"] != key["AccessKeyId"]
        ecs = server.client("ecs")

        def connected():
            return ecs.describe_container_instances(containerInstances=[node.arn])["containerInstances"][0]["agentConnected"]

        wait_for(connected, 60, "the node")


def pulled(image, password):
    """The status of the image's manifest."""
    host, _, rest = image.partition("/")
    repository, _, tag = rest.rpartition(":")
    headers = ["-H", f"Authorization: Basic {password}", "-H", "Accept: application/vnd.oci.image.manifest.v1+json"]
    url = f"http://{host}/v2/{repository}/manifests/{tag}"
    return tools.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *headers, url).stdout


def test_a_removed_node_has_nothing_left(server):
    """Its credentials, registry passwords and connections end at once, and its tasks."""
    ecs, ecr = server.client("ecs"), server.client("ecr")
    image = images.push(server, "busybox")
    with Joined(server) as node:
        keys, name = node.keys, identity_name(server, node)
        task = start_on(server, image, node.arn, "while :; do usleep 100000; done")
        wait_for(lambda: ecs.describe_tasks(tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING", 60, "a task of the node")
        password = server.client("ecr", keys).get_authorization_token()["authorizationData"][0]["authorizationToken"]
        assert pulled(image, password) == "200"
        # In the place of its agent: both of its websockets.
        node.stop()
        agent = Agent(server.client("ecs", keys), keys, "default", node.arn).connect()
        agent.connect_tcs()
        said = tools.run(tools.wharf(), "node", "list", "--data", server.data).stdout
        assert name in said and "connected" in said
        done = tools.run(tools.wharf(), "node", "remove", "--data", server.data, name).stdout
        assert name in done and node.arn in done
        # At once: nothing is waited for.
        for service, call in (("ecs", "list_clusters"), ("sts", "get_caller_identity"), ("ecr", "get_authorization_token")):
            with pytest.raises(ClientError) as error:
                getattr(server.client(service, keys), call)()
            assert error.value.response["Error"]["Code"] in ("UnrecognizedClientException", "InvalidClientTokenId")
        assert renew(server, keys)[0] == 403
        assert pulled(image, password) in ("401", "403"), "the registry password ended"
        described = ecs.describe_tasks(tasks=[task])["tasks"][0]
        assert described["desiredStatus"] == "STOPPED"
        assert node.arn not in ecs.list_container_instances()["containerInstanceArns"]
        agent.acs.wait_closed(30)
        agent.tcs.wait_closed(30)
        agent.close()
        again = tools.run(tools.wharf(), "node", "remove", "--data", server.data, name, check=False)
        assert again.returncode != 0 and "no such node" in again.stderr
    assert ecr.describe_repositories()["repositories"], "nothing else is gone"


def test_a_node_sees_the_logs_and_images_of_its_own_tasks_alone(server, node):
    """With the credentials of a node: of what other tasks log and run it gets nothing."""
    logs, ecs = server.client("logs"), server.client("ecs")
    as_node, ecr_as_node = server.client("logs", node.keys), server.client("ecr", node.keys)
    image = images.push(server, "busybox")
    images.push(server, "busybox", name="of-others")
    for group in ("/of-others", "/of-this-node"):
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName="/of-others", logStreamName="app/main/1")
    secret = [{"timestamp": int(time.time() * 1000), "message": "password=hunter2"}]
    logs.put_log_events(logGroupName="/of-others", logStreamName="app/main/1", logEvents=secret)
    options = {"awslogs-group": "/of-this-node", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
    log = {"logDriver": "awslogs", "options": options}
    definition = tasks.register(server, image, logConfiguration=log, **tasks.sh("echo mine; while :; do usleep 100000; done"))
    task = ecs.start_task(taskDefinition=definition, containerInstances=[node.arn])["tasks"][0]["taskArn"]
    own = logs.describe_log_streams

    def lines():
        stream = own(logGroupName="/of-this-node")["logStreams"][0]["logStreamName"]
        return [event["message"] for event in logs.get_log_events(logGroupName="/of-this-node", logStreamName=stream)["events"]]

    wait_for(lambda: lines() == ["mine"], 60, "the line of its task, which its agent delivered")
    stream = own(logGroupName="/of-this-node")["logStreams"][0]["logStreamName"]
    assert as_node.get_log_events(logGroupName="/of-this-node", logStreamName=stream)["events"]
    others = {"logGroupName": "/of-others", "logStreamName": "app/main/1"}
    event = [{"timestamp": int(time.time() * 1000), "message": "forged"}]
    refusals = [
        lambda: as_node.get_log_events(**others),
        lambda: as_node.put_log_events(**others, logEvents=event),
        lambda: as_node.create_log_stream(logGroupName="/of-others", logStreamName="forged"),
        lambda: as_node.create_log_group(logGroupName="/made-up"),
        lambda: as_node.put_log_events(logGroupName="/of-this-node", logStreamName="app/main/another", logEvents=event),
        lambda: as_node.describe_log_streams(logGroupName="/of-this-node"),
        lambda: as_node.filter_log_events(logGroupName="/of-others"),
        lambda: ecr_as_node.batch_get_image(repositoryName="of-others", imageIds=[{"imageTag": "latest"}]),
        lambda: server.client("ecs", node.keys).describe_tasks(tasks=[task]),
        lambda: server.client("ecs", node.keys).create_cluster(clusterName="made-up"),
        lambda: server.client("iam", node.keys).list_users(),
    ]
    for call in refusals:
        with pytest.raises(ClientError) as error:
            call()
        # IAM lets in no session without a second factor.
        denials = ("AccessDeniedException", "AccessDenied", "InvalidClientTokenId")
        assert error.value.response["Error"]["Code"] in denials, error.value
    password = ecr_as_node.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert pulled(image, password) == "200"
    assert pulled(image.replace("/busybox:", "/of-others:"), password) == "403"
    # Whoever may name a private image in a definition must not get it through the node: with an execution role the role
    # pulls, whatever it may, and the node's own credentials get nothing.
    private = images.push(server, "busybox", name="of-a-role")
    for role in (tasks.execution_role(server), tasks.task_role(server, "logs:*")):
        definition = tasks.register(server, private, execution_role=role, **tasks.sh("while :; do usleep 100000; done"))
        placed = ecs.start_task(taskDefinition=definition, containerInstances=[node.arn])["tasks"][0]["taskArn"]
        assert pulled(private, password) == "403"
        ecs.stop_task(task=placed)
    ecs.stop_task(task=task)


def servers_own(server):
    """The node of the server's machine, which was there before any joined."""
    ecs = server.client("ecs")
    arns = ecs.list_container_instances()["containerInstanceArns"]
    described = ecs.describe_container_instances(containerInstances=arns)["containerInstances"]
    return min(described, key=lambda one: one["registeredAt"])["containerInstanceArn"]


def host_of(server, arn):
    """The instance id of a node's machine."""
    return server.client("ecs").describe_container_instances(containerInstances=[arn])["containerInstances"][0]["ec2InstanceId"]


def frame(message):
    text = json.dumps(message).encode()
    return len(text).to_bytes(4, "big") + text


def subscription(host, underlay=None):
    """The first message of a plane."""
    return {"subscribe": {"version": 13, "instance": host, "underlay": underlay, "resume": None}}


def told(server, keys, *messages, plane="network", raw=b""):
    """What the control plane says to who sends this to a plane's stream: the status, and its messages or the text."""
    url = f"http://127.0.0.1:{server.port}/plane/v1/{plane}"
    headers = signed_headers(url, keys, method="POST", service="wharf") | {"Content-Type": ""}
    done = subprocess.run(
        [
            *("curl", "-s", "--http2-prior-knowledge", "-m", "20", "-X", "POST", "--data-binary", "@-", "-w", "%{stderr}%{http_code}", url),
            *[part for name, value in headers.items() for part in ("-H", f"{name}: {value}" if value else f"{name}:")],
        ],
        input=b"".join(map(frame, messages)) + raw, capture_output=True, check=False,
    )  # fmt: skip
    status, answer, heard = int(done.stderr), done.stdout, []
    if status != 200:
        return status, answer.decode()
    while answer:
        end = 4 + int.from_bytes(answer[:4], "big")
        heard.append(json.loads(answer[4:end]))
        answer = answer[end:]
    return status, heard


def refusal(answer):
    status, messages = answer
    assert status == 200 and len(messages) == 1, answer
    return messages[0]["refused"]["refusal"], messages[0]["refused"]["reason"]


def hosts_known(answer):
    """Hosts and their addresses in what a plane was told first."""
    status, messages = answer
    assert status == 200 and "hello" in messages[0], answer
    resources = [resource for message in messages for resource in message.get("snapshot", {}).get("resources", [])]
    return {one["id"]: one["underlay"] for one in resources if one["kind"] == "host"}


def test_a_node_subscribes_as_itself_alone(server, node):
    """With its real credentials, and a client that says what no agent would."""
    own, other, keys = host_of(server, node.arn), host_of(server, servers_own(server)), node.keys
    for plane in ("network", "machines"):
        for host in (other, "i-00000000000000000"):
            kind, reason = refusal(told(server, keys, subscription(host), plane=plane))
            assert kind == "not-yours" and "may not speak for" in reason, reason
    status, text = told(server, keys, subscription(own), plane="load-balancer")
    assert status == 403 and "wharf:Subscribe" in text, "its token does not let it carry load balancers, whose keys it would get"
    forged = Keys(keys.access_key, keys.secret_key.swapcase(), keys.token)
    status, text = told(server, forged, subscription(own))
    assert status in (400, 403) and "InvalidSignature" in text, text
    # Whose first word is another, or no word at all.
    for first in ({"heartbeat": None}, "heartbeat", {"ack": {"nonce": 1}}):
        status, messages = told(server, keys, first)
        assert status == 200 and all(message["refused"]["refusal"] == "malformed" for message in messages), messages
    for raw in (b"\xff\xff\xff\xff{}", b"\0\0\0\2{}", b"\0\0\0\1", frame(subscription(own))[:-1]):
        status, messages = told(server, keys, raw=raw)
        assert not any("hello" in message for message in messages), messages
    # It cannot say of others which of their ports are closed, nor what passes their interfaces.
    closed = {"closed": {"doors": [{"address": "127.0.0.1:6", "reason": "a lie"}]}}
    assert "hello" in told(server, keys, subscription(own), closed)[1][0]
    assert "a lie" not in tools.run(tools.wharf(), "status", "--data", server.data).stdout
    body = json.dumps({"instance": other, "run": 1, "windows": []}).encode()
    assert reported(server, keys, "/wharf/node/flows", body) == (403, "the node is not of that host\n")
    body = json.dumps({"instance": own, "run": 1, "windows": []}).encode()
    assert reported(server, keys, "/wharf/node/flows", body)[0] == 200
    # Both go on; what it was told meanwhile it is told anew.
    assert told(server, keys, subscription(own))[1][0] == {"hello": {"version": 13, "resumed": False}}
    connected = server.client("ecs").describe_container_instances(containerInstances=[node.arn])["containerInstances"]
    assert connected[0]["agentConnected"]


def signed(server, keys, path, body, service="wharf", headers=()):
    request = AWSRequest(method="POST", url=f"http://127.0.0.1:{server.port}{path}", data=body, headers=dict(headers))
    request.headers["X-Amz-Content-Sha256"] = hashlib.sha256(body).hexdigest()
    SigV4Auth(Credentials(keys.access_key, keys.secret_key, keys.token), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def reported(server, keys, path, body):
    """What a node sends, by hand."""
    url = f"http://127.0.0.1:{server.port}{path}"
    answer = requests.post(url, data=body, headers=signed(server, keys, path, body), timeout=20)
    return answer.status_code, answer.text


def test_a_node_takes_no_other_hosts_address(server, node):
    """Where others send what is for the tasks there: a node has the address that its token names, or none that it asks for."""
    address = "10.9.9.9"
    with Joined(server, "--underlay", address) as victim:
        host, own = host_of(server, victim.arn), host_of(server, node.arn)
        known = wait_for(lambda: hosts_known(told(server, victim.keys, subscription(host))), 20, "the victim's own host")
        assert known[host] == address
        for wish in (address, "10.9.9.10"):
            kind, reason = refusal(told(server, node.keys, subscription(own, wish)))
            assert kind == "not-yours" and wish in reason and "--underlay" in reason, reason
        # Nor while the victim is away.
        victim.stop()
        assert refusal(told(server, node.keys, subscription(own, address)))[0] == "not-yours"
        assert hosts_known(told(server, node.keys, subscription(own)))[own] is None
        assert hosts_known(told(server, victim.keys, subscription(host)))[host] == address


def passed_on(server, keys, **said):
    """What a connection answers that a node passes on with these words; nothing, if it is closed."""
    headers = {f"x-amz-wharf-{name}": value for name, value in said.items() if value}
    request = AWSRequest(method="WHARF", url="http://localhost/wharf/forward", data=b"", headers={"host": "localhost", **headers})
    SigV4Auth(Credentials(keys.access_key, keys.secret_key, keys.token), "wharf", "us-east-1").add_auth(request)
    head = "".join(f"{name.lower()}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(f"WHARF /wharf/forward HTTP/1.1\r\n{head}\r\nGET /health HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(4096).split(b"\r\n")[0].decode()
    return ""


def test_a_node_speaks_for_its_own_tasks_connections_alone(server, node):
    """Policies that ask for the task or the address of a call believe the node that passes it on."""
    busybox, ecs = images.push(server, "busybox"), server.client("ecs")

    def placed(instance):
        definition = tasks.register(server, busybox, network="awsvpc", **tasks.sh("while sleep 1; do :; done"))
        network = tasks.in_vpc(server)
        started = ecs.start_task(taskDefinition=definition, containerInstances=[instance], **network)["tasks"][0]["taskArn"]
        known = lambda: ecs.describe_tasks(tasks=[started])["tasks"][0]  # noqa: E731
        task = wait_for(lambda: (it := known())["lastStatus"] == "RUNNING" and it, 60, "the task")
        details = {it["name"]: it["value"] for it in task["attachments"][0]["details"]}
        return started, details["privateIPv4Address"], details["networkInterfaceId"]

    own, others = placed(node.arn), placed(servers_own(server))
    try:
        vpc = server.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[own[2]])["NetworkInterfaces"][0]["VpcId"]
        believed = "HTTP/1.1 200 OK"
        assert passed_on(server, node.keys) == believed, "of its host's own network"
        assert passed_on(server, node.keys, task=own[0], address=own[1], vpc=vpc) == believed
        assert passed_on(server, node.keys, address=own[1]) == believed, "it may not know yet whose the address is"
        for said in (
            {"task": others[0], "address": others[1], "vpc": vpc},
            {"task": own[0], "address": others[1], "vpc": vpc},
            {"task": own[0], "address": "127.0.0.1"},
            {"task": own[0], "address": own[1], "vpc": "vpc-00000000000000000"},
            {"task": own[0] + "0", "address": own[1], "vpc": vpc},
            {"address": others[1], "vpc": vpc},
            {"address": "127.0.0.1"},
            {"instance": "i-00000000000000000", "address": own[1], "vpc": vpc},
            {"task": own[0], "instance": host_of(server, node.arn), "address": own[1], "vpc": vpc},
        ):
            assert passed_on(server, node.keys, **said) == "", said
        wanted = [{"AttributeKey": "EventName", "AttributeValue": "ForwardConnection"}]
        known = lambda: server.client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]  # noqa: E731
        told = [json.loads(it["CloudTrailEvent"]) for it in wait_for(known, 20, "the audit log")]
        assert all(it["errorCode"] == "AccessDenied" for it in told), told
    finally:
        for task, *_ in (own, others):
            ecs.stop_task(task=task)


# Connections of one node; of one source, where a node's are counted that go beyond its own.
PER_NODE, PER_SOURCE = 64, 256


def test_a_nodes_connections_are_its_own_affair(server, node):
    """One that opens hundreds has its share of the nodes' places, and beyond it one of a stranger's: the other nodes, users
    and its own agent go on."""
    ecs, other = server.client("ecs"), servers_own(server)
    image = images.push(server, "busybox")

    def counted(pool):
        return parsed(scrape(server).text)[("wharf_connections", ("pool", pool))]

    discover = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DiscoverPollEndpoint", "Content-Type": "application/x-amz-json-1.1"}
    before = counted("nodes")
    with contextlib.ExitStack() as held:
        statuses = collections.Counter()
        for _ in range(PER_NODE + PER_SOURCE + 80):
            line = held.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)))
            line.request("POST", "/", body=b"{}", headers=signed(server, node.keys, "/", b"{}", "ecs", discover))
            answer = line.getresponse()
            answer.read()
            statuses[answer.status] += 1
        assert len(statuses) == 1, statuses
        # Its agent has some of them already.
        assert PER_NODE // 2 < counted("nodes") - before < PER_NODE
        assert counted("strangers") <= PER_SOURCE
        described = ecs.describe_container_instances(containerInstances=[node.arn, other])["containerInstances"]
        assert all(one["agentConnected"] for one in described)
        for instance in (node.arn, other):
            task = start_on(server, image, instance, "exit 5")
            stopped = wait_for(lambda task=task: stopped_task(ecs, task), 30, "the end of a task that was started meanwhile")
            assert stopped["containers"][0].get("exitCode") == 5, stopped
    wait_for(lambda: counted("nodes") <= before + 2, 40, "the end of its connections")


def stopped_task(ecs, task):
    described = ecs.describe_tasks(tasks=[task])["tasks"][0]
    return described if described["lastStatus"] == "STOPPED" else None


def test_a_token_is_good_once(server, joined):
    spent = joining.token(server)
    data, other = (tempfile.mkdtemp(prefix="wharf-e2e-") for _ in range(2))
    before = len(server.client("ecs").list_container_instances()["containerInstanceArns"])
    try:
        first = subprocess.Popen(join(server, data), env=joining.environment(spent))
        wait_for(lambda: len(server.client("ecs").list_container_instances()["containerInstanceArns"]) > before, 60, "a third node")
        first.terminate()
        first.wait(20)
        tools.run(tools.wharf(), "down", "--data", data)
        again = tools.run(*join(server, other), env=joining.environment(spent), check=False)
        assert again.returncode != 0 and "spent" in again.stderr
    finally:
        for folder in (data, other):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("wrong", ["secret", "authority"])
def test_a_wrong_token_joins_nothing(server, wrong):
    number, secret, digest = joining.token(server).split(".")
    bad = f"{number}.{'0' * 32}.{digest}" if wrong == "secret" else f"{number}.{secret}.{'0' * 64}"
    data = tempfile.mkdtemp(prefix="wharf-e2e-")
    try:
        done = tools.run(*join(server, data), env=joining.environment(bad), check=False)
        assert done.returncode != 0
        assert ("unknown" if wrong == "secret" else "not the server that the token is for") in done.stderr
    finally:
        shutil.rmtree(data, ignore_errors=True)
