"""What a task gets of its host and of others: nothing it was not given."""

import contextlib
import json
import os

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation
from harness.refusals import refused_with
from harness.tasks import document, run_script, sh
from harness.waiting import wait_for

FOREVER = "trap 'exit 0' TERM; while :; do usleep 100000; done"
ENDPOINT = "http://169.254.170.2"


def container(**members):
    return {"name": "main", "image": "busybox", "memory": 64, **members}


# Each with the word after --allow. `~` is the data folder.
ASKING = [
    ("privileged", {"containerDefinitions": [container(privileged=True)]}),
    ("host-network", {"networkMode": "host"}),
    ("host-pid", {"pidMode": "host"}),
    ("host-ipc", {"ipcMode": "host"}),
    ("devices", {"containerDefinitions": [container(linuxParameters={"devices": [{"hostPath": "/dev/kmsg"}]})]}),
    ("capabilities", {"containerDefinitions": [container(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}})]}),
    ("host-path=/etc", {"volumes": [{"name": "v", "host": {"sourcePath": "/etc"}}]}),
    ("host-path=~", {"volumes": [{"name": "v", "host": {"sourcePath": "~"}}]}),
]


@pytest.fixture(scope="module")
def guarded():
    """An installation as `wharf up` makes it, without a flag."""
    with Installation() as installation:
        yield installation.start()


def asking(wharf, definition):
    """Registers a definition as a user who may do nothing but register and run; returns its ARN."""
    text = json.dumps({"family": tasks.unique("asks"), "containerDefinitions": [container()], **definition})
    definition = json.loads(text.replace("~", str(wharf.data)))
    _, keys = tasks.user(wharf, document(["ecs:RegisterTaskDefinition", "ecs:RunTask"]))
    made = wharf.client("ecs", keys).register_task_definition(**definition)
    return made["taskDefinition"]["taskDefinitionArn"], keys


@pytest.mark.parametrize(("flag", "definition"), ASKING, ids=[flag for flag, _ in ASKING])
def test_nothing_of_the_host_unless_allowed(guarded, flag, definition):
    arn, keys = asking(guarded, definition)
    answer = guarded.client("ecs", keys).run_task(taskDefinition=arn)
    assert answer["tasks"] == []
    (failure,) = answer["failures"]
    assert failure["reason"] == "ATTRIBUTE"
    assert f"--allow {flag.replace('~', str(guarded.data))}" in failure["detail"]


def test_a_service_says_which_flag_is_missing(guarded):
    arn, _ = asking(guarded, {"networkMode": "host"})
    ecs = guarded.client("ecs")
    ecs.create_service(serviceName="asks", taskDefinition=arn, desiredCount=1)
    try:

        def said():
            events = ecs.describe_services(services=["asks"])["services"][0]["events"]
            return any("--allow host-network" in event["message"] for event in events)

        wait_for(said, 30, "the service's event")
    finally:
        ecs.delete_service(service="asks", force=True)


def test_what_is_announced(wharf, guarded):
    def announced(installation):
        ecs = installation.client("ecs")
        (instance,) = ecs.describe_container_instances(containerInstances=ecs.list_container_instances()["containerInstanceArns"])[
            "containerInstances"
        ]
        return {one["name"]: one.get("value") for one in instance["attributes"] if one["name"].startswith("wharf.allow")}

    assert announced(guarded) == {"wharf.allow": None}
    given = announced(wharf)
    assert "wharf.allow.privileged" in given and given["wharf.allow.host-path.1"] == "/tmp"


@pytest.mark.parametrize("below", ["", "keyring", "server", "node/state"])
def test_the_data_folder_is_nobodys(wharf, busybox, below):
    """Also where the folder that holds it was allowed, and by way of a link."""
    path = wharf.data / below
    link = f"/tmp/wharf-e2e-link-{os.getpid()}"
    point = [{"sourceVolume": "v", "containerPath": "/v"}]
    with contextlib.suppress(FileNotFoundError):
        os.remove(link)
    os.symlink(path, link)
    try:
        for asked in (path, link):
            given = {"volumes": [{"name": "v", "host": {"sourcePath": str(asked)}}]}
            stopped = run_script(wharf, busybox, "ls /v", mountPoints=point, task=given)
            assert "the node's own data" in stopped.describe()["stoppedReason"], stopped.describe()
            assert stopped.lines() == []
    finally:
        os.remove(link)


def test_volume_options_that_bind_are_refused(wharf, busybox):
    options = {"type": "none", "o": "bind", "device": str(wharf.data)}
    volume = {"name": "v", "dockerVolumeConfiguration": {"scope": "task", "driver": "local", "driverOpts": options}}
    point = [{"sourceVolume": "v", "containerPath": "/v"}]
    with pytest.raises(ClientError, match="driver options are not supported"):
        run_script(wharf, busybox, "ls /v", mountPoints=point, task={"volumes": [volume]})


def test_what_runs_goes_on_when_nothing_is_allowed_any_more(unstarted):
    wharf = unstarted(arguments=("--allow", "privileged,host-network")).start()
    busybox = images.push(wharf, "busybox")
    task = tasks.run(wharf, busybox, network="host", privileged=True, **sh(FOREVER))
    task.wait("RUNNING")
    wharf.kill_all()
    wharf.arguments = ()
    wharf.start()
    definition = task.describe()["taskDefinitionArn"]

    def refused():
        answer = wharf.client("ecs").run_task(taskDefinition=definition)
        return [failure["reason"] for failure in answer["failures"]] == ["ATTRIBUTE"]

    wait_for(refused, 30, "the node's new word")
    assert task.describe()["lastStatus"] == "RUNNING"
    assert task.stop()["containers"][0]["exitCode"] == 0


# Condition keys


def denied(call, **parameters):
    refused_with(call, "AccessDeniedException", "explicit deny", **parameters)


def test_definitions_are_denied_by_what_they_ask_for(wharf):
    def user(**condition):
        statements = [
            {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "ecs:*", "Resource": "*", "Condition": condition},
        ]
        _, keys = tasks.user(wharf, json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return wharf.client("ecs", keys)

    def register(ecs, **members):
        given = {"family": tasks.unique("keys"), "containerDefinitions": [container()], **members}
        return ecs.register_task_definition(**given)["taskDefinition"]["taskDefinitionArn"]

    plain = user(Bool={"ecs:privileged": "true"})
    denied(plain.register_task_definition, family="x", containerDefinitions=[container(privileged=True)])
    register(plain)
    root = wharf.client("ecs")
    denied(plain.run_task, taskDefinition=register(root, containerDefinitions=[container(privileged=True)]))

    # All that nodes lend with `--allow`.
    modest = user(**{"ForAnyValue:StringLike": {"wharf:HostAccess": "*"}})
    for members in (
        {"containerDefinitions": [container(privileged=True)]},
        {"networkMode": "host"},
        {"pidMode": "host"},
        {"ipcMode": "host"},
        {"volumes": [{"name": "v", "host": {"sourcePath": "/srv"}}]},
        {"containerDefinitions": [container(linuxParameters={"devices": [{"hostPath": "/dev/null"}]})]},
        {"containerDefinitions": [container(linuxParameters={"capabilities": {"add": ["NET_ADMIN"]}})]},
    ):
        denied(modest.register_task_definition, **{"family": "x", "containerDefinitions": [container()], **members})
        denied(modest.run_task, taskDefinition=register(root, **members))
    register(modest, volumes=[{"name": "v"}])

    small = user(NumericGreaterThan={"ecs:task-cpu": "256"})
    denied(small.register_task_definition, family="x", cpu=".5 vCPU", containerDefinitions=[container()])
    own = register(small, cpu="256")
    denied(small.run_task, taskDefinition=own, overrides={"cpu": "512"})
    denied(small.create_service, serviceName="x", taskDefinition=register(root, cpu="512"), desiredCount=0)

    lean = user(NumericGreaterThan={"ecs:task-memory": "512"})
    denied(lean.register_task_definition, family="x", memory="1 GB", containerDefinitions=[container()])
    register(lean, memory="512")

    no_fargate = user(**{"ForAnyValue:StringEquals": {"ecs:compute-compatibility": ["FARGATE"]}})
    fargate = {"networkMode": "awsvpc", "cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}
    denied(no_fargate.register_task_definition, family="x", containerDefinitions=[container()], **fargate)
    register(no_fargate, requiresCompatibilities=["EC2"])

    first, second = tasks.default_subnets(wharf)[:2]
    placed = user(**{"ForAnyValue:StringEquals": {"ecs:subnet": [first]}})
    definition = register(root, **fargate)

    def network(subnet):
        return {"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}}

    launch = {"taskDefinition": definition, "launchType": "FARGATE"}
    denied(placed.run_task, networkConfiguration=network(first), **launch)
    denied(placed.create_service, serviceName="x", desiredCount=0, networkConfiguration=network(first), **launch)
    name = tasks.unique("keys")
    placed.create_service(serviceName=name, desiredCount=0, networkConfiguration=network(second), **launch)
    denied(placed.update_service, service=name, networkConfiguration=network(first))
    private = user(Bool={"ecs:auto-assign-public-ip": "true"})
    denied(private.update_service, service=name, networkConfiguration=network(second))
    root.delete_service(service=name, force=True)


# Images


def test_a_private_image_starts_only_for_those_who_may_pull_it(wharf):
    image = images.push(wharf, "busybox", name=tasks.unique("private"))
    fargate = {"cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}
    options = {"launchType": "FARGATE", **tasks.in_vpc(wharf)}

    def run(role, image, **more):
        task = tasks.run(
            wharf, image, network="awsvpc", execution_role=role, task=fargate, run_options=options, **sh("echo got in"), **more
        )
        task.wait("STOPPED", 90)
        return task

    assert run(tasks.execution_role(wharf), image).lines() == ["got in"]
    stranger = tasks.task_role(wharf, "logs:*")
    digest = f"{image.rpartition(':')[0]}@{pulled_digest(wharf, image)}"
    for name in (image, digest):
        refused = run(stranger, name)
        assert refused.lines() == []
        assert "CannotPull" in refused.describe()["stoppedReason"], refused.describe()
    # Without an execution role nobody's rights count, the node's least of all.
    refused = run(None, image, logConfiguration=None)
    reason = refused.describe()["stoppedReason"]
    assert refused.describe()["containers"][0].get("exitCode") is None, refused.describe()
    assert "CannotPullContainerError" in reason and "no basic auth credentials" in reason, reason
    # The same for a container instance: what lies there was pulled by somebody else.
    refused = tasks.run(wharf, image, network="bridge", execution_role=stranger, **sh("echo got in"))
    refused.wait("STOPPED", 90)
    assert refused.lines() == []


def pulled_digest(wharf, image):
    name, _, tag = image.rpartition("/")[2].rpartition(":")
    (found,) = wharf.client("ecr").describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"]
    return found["imageDigest"]


# Calls of containers

CALLS = """
import boto3, botocore.exceptions, os
try:
    boto3.client("ecs").list_clusters()
    print("allowed")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"""


def conditional_role(wharf, **condition):
    iam, name = wharf.client("iam"), tasks.unique("from")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=tasks.TRUST_TASKS)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document("ecs:ListClusters", Condition=condition))
    return arn


def test_calls_of_containers_come_from_the_container(wharf, python):
    vpc = wharf.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    cases = [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, "AccessDeniedException"),
        ({"IpAddress": {"aws:SourceIp": vpc["CidrBlock"]}}, "allowed"),
        ({"IpAddress": {"aws:VpcSourceIp": vpc["CidrBlock"]}, "StringEquals": {"aws:SourceVpc": vpc["VpcId"]}}, "allowed"),
        ({"StringLike": {"wharf:SourceTask": f"arn:aws:ecs:us-east-1:{'0' * 12}:task/default/*"}}, "allowed"),
    ]
    running = [
        tasks.run(
            wharf, python, network="awsvpc", role=conditional_role(wharf, **condition), command=["python3", "-c", CALLS], memory=128,
            run_options=tasks.in_vpc(wharf),
        )
        for condition, _ in cases
    ]  # fmt: skip
    for task, (condition, expected) in zip(running, cases, strict=True):
        task.wait("STOPPED", 90)
        assert task.lines() == [expected], condition


FORGED = """
import socket
s = socket.create_connection(("169.254.170.2", 4566))
s.sendall(b"WHARF /wharf/forward HTTP/1.1\\r\\nx-amz-wharf-address: 127.0.0.1\\r\\n\\r\\nGET /health HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n")
print(s.recv(100).split(b"\\r\\n")[0].decode() or "closed")
"""


def test_a_container_cannot_say_where_it_is(wharf, python):
    task = tasks.run(wharf, python, network="bridge", command=["python3", "-c", FORGED], memory=128)
    task.wait("STOPPED", 60)
    assert task.lines()[0] in ("HTTP/1.1 400 Bad Request", "HTTP/1.1 404 Not Found", "HTTP/1.1 405 Method Not Allowed", "closed"), (
        task.lines()
    )


UNSIGNED = (
    "wget -qO- --header 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters' "
    f"--header 'Content-Type: application/x-amz-json-1.1' --post-data '{{}}' {ENDPOINT}:4566/ || echo refused"
)


@pytest.mark.parametrize(("flags", "seen"), [((), "refused"), (("--tasks-as-root",), "clusterArns")])
def test_without_iam_a_container_is_root_only_if_the_operator_says_so(unstarted, flags, seen):
    wharf = unstarted(arguments=("--iam", "off", *flags)).start()
    busybox = images.push(wharf, "busybox")
    task = run_script(wharf, busybox, UNSIGNED, network="bridge")
    assert seen in task.output(), task.lines()


def test_nothing_of_another_task_is_told(wharf, busybox):
    """Who knows the path of another's credentials and metadata learns nothing by them."""
    role = tasks.task_role(wharf, "ecs:ListClusters")
    script = f"echo $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI $ECS_CONTAINER_METADATA_URI_V4; {FOREVER}"
    first = tasks.run(wharf, busybox, network="bridge", role=role, **sh(script))
    credentials, metadata = first.wait_line("/v2/credentials/").split()
    urls = (f"{ENDPOINT}{credentials}", metadata, f"{metadata}/task")
    script = "; ".join(f"wget -qO- {url} >/dev/null 2>&1 && echo told || echo refused" for url in urls)
    for network, options in (("bridge", {}), ("awsvpc", tasks.in_vpc(wharf))):
        other = tasks.run(wharf, busybox, network=network, role=role, run_options=options, **sh(script))
        other.wait("STOPPED")
        assert other.lines() == ["refused"] * 3, network
    first.stop(wait=False)


# Floods

FLOOD = """
import resource, socket, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4000), hard))
held = {}
end = time.monotonic() + 60
told = False
while time.monotonic() < end:
    while len(held) < 1100:
        s = socket.socket()
        s.setblocking(False)
        try:
            s.connect(("169.254.170.2", (80, 4566)[len(held) % 2]))
        except BlockingIOError:
            pass
        except OSError:
            s.close()
            break
        held[s.fileno()] = s
    if not told:
        print("flooding", flush=True)
        told = True
    time.sleep(0.05)
    for s in list(held.values()):
        try:
            if s.recv(1) == b"":
                held.pop(s.fileno()).close()
        except BlockingIOError:
            pass
        except OSError:
            held.pop(s.fileno()).close()
"""
QUICK = f"for n in 1 2 3 4 5 6 7 8; do timeout 5 wget -qO- {ENDPOINT}:4566/health >/dev/null && echo in || echo out; done"


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_a_flood_of_connections_is_the_floods_own_trouble(wharf, busybox, python):
    agent, server = wharf.child("node"), wharf.child("server")
    before = descriptors(agent), descriptors(server)
    fargate = {"cpu": "256", "memory": "512", "requiresCompatibilities": ["FARGATE"]}
    options = {"launchType": "FARGATE", **tasks.in_vpc(wharf)}
    common = {"network": "awsvpc", "run_options": options, "task": fargate, "execution_role": tasks.execution_role(wharf)}
    flood = tasks.run(wharf, python, command=["python3", "-c", FLOOD], **{"memory": 256, **common})
    flood.wait_line("flooding", 60)
    try:
        other = tasks.run(wharf, busybox, **sh(QUICK), **common)
        other.wait("STOPPED", 60)
        assert other.lines() == ["in"] * 8
        after = descriptors(agent), descriptors(server)
        # A share is 64 connections, of two descriptors each at the agent.
        assert after[0] - before[0] < 250 and after[1] - before[1] < 150, (before, after)
    finally:
        flood.stop(wait=False)
