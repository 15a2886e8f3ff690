"""Definitions, tasks and clusters: what is accepted, in which words the rest is refused, and what is told about it."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import tasks
from harness.refusals import refused
from harness.waiting import wait_for

ACCOUNT = "000000000000"


def container(**more):
    return {"name": "main", "image": "busybox", "memory": 16, **more}


def fargate(**more):
    settings = {
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [container()],
    }
    return {**settings, **more}


# Definitions that are refused: (what, parameters, message). Only texts known to be literal stand here.
MALFORMED = [
    ("no image", {"containerDefinitions": [{"name": "main", "memory": 16}]}, "Container.image should not be null or empty."),
    ("no name", {"containerDefinitions": [{"image": "busybox", "memory": 16}]}, "Container.name should not be null or empty."),
    (
        "no memory",
        {"containerDefinitions": [{"name": "main", "image": "busybox"}]},
        "Invalid setting for container 'main'. At least one of 'memory' or 'memoryReservation' must be specified.",
    ),
    (
        "container above the task's memory",
        {"memory": "32", "containerDefinitions": [container(memory=64)]},
        "The 'memory' setting for container 'main' is greater than for the task.",
    ),
    (
        "containers above the task's cpu",
        {"cpu": "256", "memory": "512", "containerDefinitions": [container(cpu=200), container(name="b", cpu=200)]},
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ),
    (
        "task cpu out of range",
        {"cpu": "64", "memory": "512", "containerDefinitions": [container()]},
        "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
    ),
    ("fargate without cpu", fargate(cpu=None), "Fargate requires that 'cpu' be defined at the task level."),
    ("fargate without memory", fargate(memory=None), "Fargate requires that 'memory' be defined at the task level."),
    ("fargate, bad pair", fargate(cpu="256", memory="4096"), "No Fargate configuration exists for given values: 256 CPU, 4096 memory."),
    ("fargate, bridge", fargate(networkMode="bridge"), "Fargate only supports network mode ‘awsvpc’."),
    (
        "awsvpc with another host port",
        {"networkMode": "awsvpc", "containerDefinitions": [container(portMappings=[{"containerPort": 80, "hostPort": 81}])]},
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    (
        "host with another host port",
        {"networkMode": "host", "containerDefinitions": [container(portMappings=[{"containerPort": 80, "hostPort": 81}])]},
        "When networkMode=host, the host ports and container ports in port mappings must match.",
    ),
    (
        "links with awsvpc",
        {"networkMode": "awsvpc", "containerDefinitions": [container(links=["b"]), container(name="b")]},
        "Links are not supported when networkMode=awsvpc.",
    ),
    (
        "essential dependency that must succeed",
        {"containerDefinitions": [container(dependsOn=[{"containerName": "b", "condition": "SUCCESS"}]), container(name="b")]},
        "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
    ),
    (
        "awslogs without options",
        {"containerDefinitions": [container(logConfiguration={"logDriver": "awslogs", "options": {}})]},
        "Log driver awslogs requires options: awslogs-region, awslogs-group",
    ),
    ("little ephemeral storage", fargate(ephemeralStorage={"sizeInGiB": 20}), "EphemeralStorage size should be at least 21"),
]


def settings(*names):
    return [{"namespace": name, "value": "1"} for name in names]


# Definitions that would fail when they start, or run without what they ask for: (what, parameters, message).
UNSUPPORTED = [
    (
        "options of a volume's driver",
        {"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "task", "driverOpts": {"type": "tmpfs"}}}]},
        "volume 'v': driver options are not supported by this version of wharf.",
    ),
    (
        "setting of the host's memory",
        {"containerDefinitions": [container(systemControls=settings("net.core.somaxconn", "vm.max_map_count"))]},
        "Container 'main': the kernel setting vm.max_map_count would be the host's; no task may change it.",
    ),
    (
        "setting of the host's network",
        {"networkMode": "host", "containerDefinitions": [container(systemControls=settings("net.core.somaxconn"))]},
        "Container 'main': the kernel setting net.core.somaxconn would be the host's; no task may change it.",
    ),
    (
        "user beyond the namespace",
        fargate(containerDefinitions=[container(user="70000")]),
        "Container 'main': the user or group 70000, beyond the 65535 of a Fargate task, is not supported by this version of wharf.",
    ),
    (
        "GPU on Fargate",
        fargate(containerDefinitions=[container(resourceRequirements=[{"type": "GPU", "value": "1"}])]),
        "Tasks using the Fargate launch type do not support GPU resource requirements",
    ),
    (
        "GPU",
        {"containerDefinitions": [container(resourceRequirements=[{"type": "GPU", "value": "1"}])]},
        "Container 'main': the resource requirement GPU is not supported by this version of wharf.",
    ),
    (
        "Windows on Fargate",
        fargate(cpu="1024", memory="2048", runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}),
        "Fargate tasks of the operating system family WINDOWS_SERVER_2022_CORE are not supported by this version of wharf.",
    ),
    (
        "proxy",
        {"proxyConfiguration": {"containerName": "main"}},
        "proxyConfiguration is not supported by this version of wharf.",
    ),
    (
        "inference accelerators",
        {"inferenceAccelerators": [{"deviceName": "d", "deviceType": "eia1.medium"}]},
        "inferenceAccelerators are not supported by this version of wharf.",
    ),
    ("faults", {"enableFaultInjection": True}, "enableFaultInjection is not supported by this version of wharf."),
    (
        "credential specifications",
        {"containerDefinitions": [container(credentialSpecs=["credentialspec:file"])]},
        "Container 'main': credentialSpecs are not supported by this version of wharf.",
    ),
    (
        "profile of AppArmor",
        {"containerDefinitions": [container(dockerSecurityOptions=["no-new-privileges", "apparmor:mine"])]},
        "Container 'main': the Docker security option 'apparmor:mine' is not supported by this version of wharf.",
    ),
]

# Refused, in words that are not known for certain.
CONTRADICTIONS = [
    ("two of one name", {"containerDefinitions": [container(), container()]}),
    ("no essential container", {"containerDefinitions": [container(essential=False)]}),
    ("eleven containers", {"containerDefinitions": [container(name=f"c{n}") for n in range(11)]}),
    ("reservation above memory", {"containerDefinitions": [container(memory=16, memoryReservation=32)]}),
    ("depends upon itself", {"containerDefinitions": [container(dependsOn=[{"containerName": "main", "condition": "START"}])]}),
    ("depends upon nobody", {"containerDefinitions": [container(dependsOn=[{"containerName": "x", "condition": "START"}])]}),
    (
        "depends in a circle",
        {
            "containerDefinitions": [
                container(dependsOn=[{"containerName": "b", "condition": "START"}]),
                container(name="b", dependsOn=[{"containerName": "main", "condition": "START"}]),
            ]
        },
    ),
    (
        "healthy without a check",
        {"containerDefinitions": [container(dependsOn=[{"containerName": "b", "condition": "HEALTHY"}]), container(name="b")]},
    ),
    ("mount of no volume", {"containerDefinitions": [container(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}])]}),
    ("ports without a network", {"networkMode": "none", "containerDefinitions": [container(portMappings=[{"containerPort": 80}])]}),
    ("unknown network mode", {"networkMode": "bridged", "containerDefinitions": [container()]}),
    ("fargate, privileged", fargate(containerDefinitions=[container(privileged=True)])),
    ("no containers", {"containerDefinitions": []}),
    ("bad family", {"family": "a/b", "containerDefinitions": [container()]}),
    ("port out of range", {"containerDefinitions": [container(portMappings=[{"containerPort": 70000}])]}),
]


@pytest.mark.parametrize(("parameters", "message"), [pytest.param(p, m, id=name) for name, p, m in MALFORMED])
def test_malformed_definition(wharf, parameters, message):
    given = {name: value for name, value in parameters.items() if value is not None}
    code, text = refused(wharf.client("ecs").register_task_definition, family="malformed", **given)
    assert code == "ClientException", (code, text)
    assert text.startswith(message) if message.endswith("memory.") else text == message, text


@pytest.mark.parametrize(("parameters", "message"), [pytest.param(p, m, id=name) for name, p, m in UNSUPPORTED])
def test_a_definition_that_asks_for_what_is_not_there(wharf, parameters, message):
    given = {"containerDefinitions": [container()], **parameters}
    assert refused(wharf.client("ecs").register_task_definition, family="unsupported", **given) == ("ClientException", message)


def test_calls_that_ask_for_what_is_not_there(wharf):
    ecs, family, cluster = wharf.client("ecs"), tasks.unique("plain"), tasks.unique("cluster")
    ecs.register_task_definition(family=family, containerDefinitions=[container()])
    for call, what, parameters in [
        (ecs.create_cluster, "serviceConnectDefaults", {"clusterName": cluster, "serviceConnectDefaults": {"namespace": "n"}}),
        (
            ecs.create_cluster,
            "configuration.managedStorageConfiguration",
            {"clusterName": cluster, "configuration": {"managedStorageConfiguration": {"kmsKeyId": "k"}}},
        ),
    ]:
        said = refused(call, **parameters)
        assert said == ("UnsupportedFeatureException", f"{what} is not supported by this version of wharf.")


@pytest.mark.parametrize("parameters", [pytest.param(p, id=name) for name, p in CONTRADICTIONS])
def test_contradictory_definition(wharf, parameters):
    code, text = refused(wharf.client("ecs").register_task_definition, **{"family": "contradiction", **parameters})
    assert code in ("ClientException", "InvalidParameterException"), (code, text)
    assert len(text) > 10


def test_revisions_live_and_die(wharf):
    ecs, family = wharf.client("ecs"), tasks.unique("revisions")
    arns = [
        ecs.register_task_definition(family=family, containerDefinitions=[container()])["taskDefinition"]["taskDefinitionArn"]
        for _ in range(3)
    ]
    assert [arn.rpartition(":")[2] for arn in arns] == ["1", "2", "3"]
    assert ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["revision"] == 3
    assert ecs.list_task_definitions(familyPrefix=family, sort="DESC")["taskDefinitionArns"] == arns[::-1]

    gone = ecs.deregister_task_definition(taskDefinition=f"{family}:3")["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    assert ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["revision"] == 2
    assert ecs.register_task_definition(family=family, containerDefinitions=[container()])["taskDefinition"]["revision"] == 4
    assert refused(ecs.describe_task_definition, taskDefinition="never-registered") == (
        "ClientException",
        "Unable to describe task definition.",
    )
    code, text = refused(ecs.describe_task_definition, taskDefinition=f"{family}:x")
    assert (code, text) == ("InvalidParameterException", "Invalid revision number. Number: x")
    failed = ecs.delete_task_definitions(taskDefinitions=[f"{family}:1"])["failures"]
    assert failed[0]["reason"] == "The specified task definition is still in ACTIVE status. Please deregister the target and try again."


def test_definition_comes_back_filled_in(wharf):
    ecs = wharf.client("ecs")
    registered = ecs.register_task_definition(
        family=tasks.unique("filled"),
        networkMode="awsvpc",
        containerDefinitions=[container(portMappings=[{"containerPort": 80}])],
        tags=[{"key": "a", "value": "b"}],
    )
    definition = registered["taskDefinition"]
    main = definition["containerDefinitions"][0]
    assert definition["volumes"] == definition["placementConstraints"] == []
    assert main["cpu"] == 0 and main["essential"] is True
    assert main["environment"] == main["mountPoints"] == main["volumesFrom"] == main["systemControls"] == []
    assert main["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    assert definition["compatibilities"] == ["EC2", "MANAGED_INSTANCES"] and definition["status"] == "ACTIVE"
    assert definition["registeredBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert registered["tags"] == [{"key": "a", "value": "b"}]
    described = ecs.describe_task_definition(taskDefinition=definition["taskDefinitionArn"])
    assert described["taskDefinition"] == definition
    assert "tags" not in described or described["tags"] == []
    assert ecs.describe_task_definition(taskDefinition=definition["taskDefinitionArn"], include=["TAGS"])["tags"] == [
        {"key": "a", "value": "b"}
    ]


# Running


def test_run_task_in_words(wharf, busybox):
    ecs = wharf.client("ecs")
    definition = tasks.register(wharf, busybox, command=["true"])
    vpc = tasks.register(wharf, busybox, network="awsvpc", command=["true"])
    subnets = {"awsvpcConfiguration": {"subnets": tasks.default_subnets(wharf)[:1]}}
    assert refused(ecs.run_task, cluster="nowhere", taskDefinition=definition) == ("ClusterNotFoundException", "Cluster not found.")
    assert refused(ecs.run_task, taskDefinition="never-registered") == ("ClientException", "TaskDefinition not found.")
    assert refused(ecs.run_task, taskDefinition=definition, launchType="FARGATE") == (
        "InvalidParameterException", "Task definition does not support launch_type FARGATE.",
    )  # fmt: skip
    assert refused(ecs.run_task, taskDefinition=vpc) == (
        "InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    )  # fmt: skip
    assert refused(ecs.run_task, taskDefinition=definition, networkConfiguration=subnets) == (
        "InvalidParameterException", "Network Configuration is not valid for the given networkMode of this task definition.",
    )  # fmt: skip
    assert refused(ecs.run_task, taskDefinition=definition, overrides={"containerOverrides": [{"name": "x"}]}) == (
        "InvalidParameterException", "Override for container named x is not a container in the TaskDefinition.",
    )  # fmt: skip
    both = {"launchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}
    assert refused(ecs.run_task, taskDefinition=definition, **both)[1] == (
        "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
    )
    ecs.create_cluster(clusterName="without-instances")
    assert refused(ecs.run_task, cluster="without-instances", taskDefinition=definition) == (
        "InvalidParameterException", "No Container Instances were found in your cluster.",
    )  # fmt: skip
    assert refused(ecs.run_task, taskDefinition=definition, count=11)[0] == "InvalidParameterException"


def test_run_task_that_finds_no_room(wharf, busybox):
    ecs = wharf.client("ecs")
    big = tasks.register(wharf, busybox, memory=16 << 20, command=["true"])
    assert [failure["reason"] for failure in ecs.run_task(taskDefinition=big)["failures"]] == ["RESOURCE:MEMORY"]
    busy = tasks.register(wharf, busybox, cpu=1 << 20, command=["true"])
    assert [failure["reason"] for failure in ecs.run_task(taskDefinition=busy)["failures"]] == ["RESOURCE:CPU"]
    port = {
        "network": "bridge",
        "portMappings": [{"containerPort": 80, "hostPort": 18080}],
        "stopTimeout": 2,
        **tasks.sh("while :; do usleep 100000; done"),
    }
    first = tasks.run(wharf, busybox, **port)
    first.wait("RUNNING")
    second = ecs.run_task(taskDefinition=tasks.register(wharf, busybox, **port))
    assert [failure["reason"] for failure in second["failures"]] == ["RESOURCE:PORTS"]
    first.stop()
    third = tasks.run(wharf, busybox, **port)
    third.wait("RUNNING")
    third.stop()


def test_room_comes_back_when_tasks_end(wharf, busybox):
    """Remaining resources fall while a task runs and are whole again afterwards."""
    ecs = wharf.client("ecs")

    def remaining():
        (arn,) = ecs.list_container_instances()["containerInstanceArns"]
        (instance,) = ecs.describe_container_instances(containerInstances=[arn])["containerInstances"]
        return {one["name"]: one.get("integerValue") for one in instance["remainingResources"]}

    before = wait_for(lambda: (now := remaining()) == remaining() and now, what="a quiet instance")
    task = tasks.run(wharf, busybox, memory=100, cpu=64, stopTimeout=2, **tasks.sh("while :; do usleep 100000; done"))
    task.wait("RUNNING")
    assert remaining()["MEMORY"] == before["MEMORY"] - 100
    assert remaining()["CPU"] == before["CPU"] - 64
    task.stop()
    wait_for(lambda: remaining() == before, 10, "the task's resources to be free again")


def test_client_token_returns_the_same_tasks(wharf, busybox):
    ecs = wharf.client("ecs")
    definition = tasks.register(wharf, busybox, command=["true"])
    first = ecs.run_task(taskDefinition=definition, clientToken="once")
    again = ecs.run_task(taskDefinition=definition, clientToken="once")
    assert [task["taskArn"] for task in again["tasks"]] == [task["taskArn"] for task in first["tasks"]]
    with pytest.raises(ClientError) as caught:
        ecs.run_task(taskDefinition=definition, clientToken="once", count=2)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    assert caught.value.response["resourceIds"] == [first["tasks"][0]["taskArn"]]


def test_several_tasks_at_once(wharf, busybox):
    ecs = wharf.client("ecs")
    answer = ecs.run_task(taskDefinition=tasks.register(wharf, busybox, command=["true"]), count=10, startedBy="ten", group="tens")
    assert len({task["taskArn"] for task in answer["tasks"]}) == 10 and not answer["failures"]
    for made in answer["tasks"]:
        assert made["group"] == "tens" and made["startedBy"] == "ten"
        done = tasks.Task(wharf, made["taskArn"], "/e2e").wait("STOPPED")
        assert done["containers"][0]["exitCode"] == 0


def test_fargate_runs_on_the_same_node(wharf, busybox):
    role = tasks.task_role(wharf, ["ecr:*", "logs:*"])
    definition = tasks.register(
        wharf,
        busybox,
        network="awsvpc",
        execution_role=role,
        task={"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"},
        stopTimeout=2,
        **tasks.sh("echo from fargate; sleep 1000"),
    )
    wharf.client("ecs").create_cluster(clusterName="serverless")
    task = tasks.start(wharf, definition, cluster="serverless", launchType="FARGATE", **tasks.in_vpc(wharf))
    running = task.wait("RUNNING")
    task.wait_line("from fargate")
    assert running["launchType"] == "FARGATE" and running["platformFamily"] == "Linux"
    assert running["platformVersion"] == "1.4.0"
    assert "containerInstanceArn" not in running
    assert running["cpu"] == "256" and running["memory"] == "512"
    assert running["clusterArn"].endswith("cluster/serverless")
    assert wharf.client("ecs").list_container_instances(cluster="serverless")["containerInstanceArns"] == []
    assert task.stop()["stopCode"] == "UserInitiated"
    assert {arn.rpartition("/")[2] for arn in wharf.client("ecs").list_clusters()["clusterArns"]} >= {"default", "serverless"}


def test_internal_cluster_is_not_shown(wharf):
    arns = wharf.client("ecs").list_clusters()["clusterArns"]
    known = {"default", "serverless", "without-instances"}
    shown = {arn.rpartition("/")[2] for arn in arns}
    assert not [name for name in shown - known if "fargate" in name.lower() or "internal" in name.lower()], shown


def test_waiters_end(wharf, busybox):
    """Each of the tools' own waiters, which poll every six seconds."""
    task = tasks.run(wharf, busybox, **tasks.sh("trap 'exit 0' TERM; while :; do usleep 100000; done"))
    wharf.aws("ecs", "wait", "tasks-running", "--tasks", task.arn)
    task.stop()
    wharf.aws("ecs", "wait", "tasks-stopped", "--tasks", task.arn)


def test_describe_of_unknown_things_fails_item_by_item(wharf):
    ecs = wharf.client("ecs")
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/default/{'0' * 32}"
    assert ecs.describe_tasks(tasks=[arn]) | {"ResponseMetadata": 0} == {
        "tasks": [],
        "failures": [{"arn": arn, "reason": "MISSING"}],
        "ResponseMetadata": 0,
    }
    found = ecs.describe_clusters(clusters=["default", "nowhere"])
    assert [cluster["clusterName"] for cluster in found["clusters"]] == ["default"]
    assert found["failures"] == [{"arn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/nowhere", "reason": "MISSING"}]
    elsewhere = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/other/{'0' * 32}"
    code, text = refused(ecs.describe_tasks, tasks=[elsewhere])
    assert (code, text) == ("InvalidParameterException", "Invalid identifier: Identifier is for cluster other. Your cluster is default")
    assert refused(ecs.describe_tasks, tasks=[]) == ("InvalidParameterException", "Tasks cannot be empty.")


def test_clusters_come_and_go(wharf):
    ecs, name = wharf.client("ecs"), tasks.unique("cluster")
    made = ecs.create_cluster(clusterName=name, tags=[{"key": "a", "value": "b"}])["cluster"]
    assert made["status"] == "ACTIVE" and made["clusterArn"] == f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/{name}"
    assert ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"] == made["clusterArn"]
    assert ecs.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"
    assert made["clusterArn"] not in ecs.list_clusters()["clusterArns"]
    assert ecs.describe_clusters(clusters=[name])["clusters"][0]["status"] == "INACTIVE"
    code, text = refused(ecs.delete_cluster, cluster="default")
    assert (code, text) == (
        "ClusterContainsContainerInstancesException",
        "The Cluster cannot be deleted while Container Instances are active or draining.",
    )


def test_pages_are_whole_and_tokens_sealed(wharf):
    ecs, prefix = wharf.client("ecs"), tasks.unique("page")
    made = {ecs.create_cluster(clusterName=f"{prefix}-{n}")["cluster"]["clusterArn"] for n in range(5)}
    seen, token = [], None
    while True:
        page = ecs.list_clusters(maxResults=2, **({"nextToken": token} if token else {}))
        seen += page["clusterArns"]
        token = page.get("nextToken")
        if not token:
            break
    assert made <= set(seen) and len(seen) == len(set(seen))
    assert refused(ecs.list_clusters, nextToken="made up")[0] == "InvalidParameterException"
    page = ecs.list_clusters(maxResults=1)
    assert refused(ecs.list_tasks, nextToken=page["nextToken"])[0] == "InvalidParameterException"


def test_tags(wharf):
    ecs = wharf.client("ecs")
    arn = ecs.create_cluster(clusterName=tasks.unique("tagged"))["cluster"]["clusterArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": ""}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": ""}]
    assert refused(ecs.tag_resource, resourceArn=arn, tags=[{"key": "aws:x", "value": "1"}])[0] in (
        "InvalidParameterException",
        "ClientException",
    )


def test_cli_shows_errors_as_users_know_them(wharf):
    done = wharf.aws(
        "ecs",
        "register-task-definition",
        "--family",
        "x",
        "--container-definitions",
        json.dumps([{"name": "a", "memory": 16}]),
        check=False,
    )
    assert done.returncode == 254 or done.returncode == 255
    assert (
        "An error occurred (ClientException) when calling the RegisterTaskDefinition operation: Container.image should not be null or empty."
        in done.stderr
    )
