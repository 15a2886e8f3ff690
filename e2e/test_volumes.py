"""EBS volumes of tasks: sizes that hold, ends that are as asked for, and what happens over deaths of the agent."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks
from harness.installation import Installation
from harness.tasks import sh
from harness.waiting import wait_for
from test_cost import of_resources

pytestmark = pytest.mark.minutes(0.5)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs.amazonaws.com"}}],
}


@pytest.fixture(scope="module")
def alone():
    with Installation() as one:
        yield one.start()


@pytest.fixture(scope="module")
def image(alone):
    return images.push(alone, "busybox")


@pytest.fixture(scope="module")
def role(alone):
    return infrastructure_role(alone)


def infrastructure_role(wharf, trust=TRUST):
    name = tasks.unique("infrastructure")
    return wharf.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def definition(wharf, image, script, **more):
    options = {"mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}], **sh(script)}
    volumes = {"volumes": [{"name": "data", "configuredAtLaunch": True}], **more}
    return tasks.register(wharf, image, task=volumes, **options)


def asked(role, delete=True, **more):
    policy = {"terminationPolicy": {"deleteOnTermination": delete}}
    return [{"name": "data", "managedEBSVolume": {"roleArn": role, "sizeInGiB": 1, **policy, **more}}]


def volumes(wharf, **filters):
    given = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    return wharf.client("ec2").describe_volumes(Filters=given)["Volumes"]


def attachment(task):
    (found,) = [one for one in task.describe()["attachments"] if one["type"] == "AmazonElasticBlockStorage"]
    return found, {detail["name"]: detail["value"] for detail in found["details"]}


def wait_gone(wharf, volume):
    def gone():
        try:
            wharf.client("ec2").describe_volumes(VolumeIds=[volume])
        except ClientError as error:
            return error.response["Error"]["Code"] == "InvalidVolume.NotFound"
        return False

    # One of which a snapshot is being taken is read first.
    wait_for(gone, 90, f"the end of {volume}")


def test_a_task_has_a_volume_of_its_size(alone, image, role):
    script = "df -k /data | tail -n 1; dd if=/dev/zero of=/data/f bs=1M count=1100 2>/dev/null || echo full; rm /data/f; sleep 1000"
    task = tasks.start(alone, definition(alone, image, script), volumeConfigurations=asked(role, volumeType="gp3"))
    task.wait_line("full", 60)
    found, details = attachment(task)
    assert (found["status"], details["roleArn"], details["volumeName"]) == ("ATTACHED", role, "data")
    assert details["deleteOnTermination"] == "true"
    (size,) = [int(line.split()[1]) for line in task.lines() if "/data" in line]
    assert 900_000 < size < 1_048_576

    ec2 = alone.client("ec2")
    (volume,) = ec2.describe_volumes(VolumeIds=[details["volumeId"]])["Volumes"]
    assert (volume["Size"], volume["VolumeType"], volume["State"]) == (1, "gp3", "in-use")
    assert (volume["Iops"], volume["Throughput"]) == (3000, 125)
    assert {tag["Key"] for tag in volume["Tags"]} == {"AmazonECSCreated", "AmazonECSManaged"}
    wait_for(lambda: volumes(alone, volume_id=volume["VolumeId"])[0]["Attachments"][0]["State"] == "attached", 10, "the attachment")
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        ec2.delete_volume(VolumeId=volume["VolumeId"])
    assert ec2.describe_volume_status(VolumeIds=[volume["VolumeId"]])["VolumeStatuses"][0]["VolumeStatus"]["Status"] == "ok"

    alone.kill_child("agent")
    alone.wait_node()
    assert task.describe()["lastStatus"] == "RUNNING"
    task.stop()
    wait_gone(alone, volume["VolumeId"])
    assert attachment(task)[0]["status"] == "DELETED"
    wait_for(lambda: volume["VolumeId"] in of_resources(alone, "USAGE_TYPE", "EBS:VolumeUsage.gp3"), 30, "the volume on the bill")


def test_a_volume_may_be_kept(alone, image, role):
    tagged = [{"resourceType": "volume", "tags": [{"key": "of", "value": "mine"}]}]
    configured = asked(role, delete=False, tagSpecifications=tagged, filesystemType="ext3")
    task = tasks.start(alone, definition(alone, image, "grep /data /proc/mounts; echo x > /data/f"), volumeConfigurations=configured)
    task.wait()
    assert task.exit_code == 0, task.output()
    volume = attachment(task)[1]["volumeId"]
    wait_for(lambda: volumes(alone, volume_id=volume)[0]["State"] == "available", 30, "the volume without its task")
    assert [one["VolumeId"] for one in volumes(alone, **{"tag:of": "mine"})] == [volume]
    alone.client("ec2").delete_volume(VolumeId=volume)
    wait_gone(alone, volume)


def test_fargate_tasks_own_what_they_write(alone, image, role):
    script = "touch /data/mine && stat -c '%u %n' /data/mine && chown 1000 /data/mine && stat -c '%u %n' /data/mine"
    execution = tasks.task_role(alone, ["ecr:*", "logs:*"])
    fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    of_fargate = definition(alone, image, script, executionRoleArn=execution, **fargate)
    task = tasks.start(alone, of_fargate, launchType="FARGATE", volumeConfigurations=asked(role), **tasks.in_vpc(alone))
    task.wait(deadline_s=60)
    assert task.lines() == ["0 /data/mine", "1000 /data/mine"]


def test_services_have_a_volume_for_each_task(alone, image, role):
    ecs, name = alone.client("ecs"), tasks.unique("stateful")
    configured = [{"name": "data", "managedEBSVolume": {"roleArn": role, "sizeInGiB": 1}}]
    runs = definition(alone, image, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.2; done")
    made = ecs.create_service(serviceName=name, taskDefinition=runs, desiredCount=2, volumeConfigurations=configured)["service"]
    wait_for(lambda: ecs.describe_services(services=[name])["services"][0]["runningCount"] == 2, 60, "both tasks")
    assert len({one["VolumeId"] for one in volumes(alone, status="in-use")}) == 2
    (shown,) = ecs.describe_services(services=[name])["services"][0]["deployments"]
    assert shown["volumeConfigurations"][0]["managedEBSVolume"]["sizeInGiB"] == 1, made
    ecs.update_service(service=name, desiredCount=0)
    wait_for(lambda: not volumes(alone), 90, "the end of their volumes")
    ecs.delete_service(service=name)


def test_how_full_volumes_are_is_measured(alone, image, role):
    ecs, cloudwatch, name = alone.client("ecs"), alone.client("cloudwatch"), tasks.unique("filling")
    ecs.create_cluster(clusterName=name, settings=[{"name": "containerInsights", "value": "enhanced"}])
    ecs.put_cluster_capacity_providers(cluster=name, capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[])
    configured = [{"name": "data", "managedEBSVolume": {"roleArn": role, "sizeInGiB": 1}}]
    script = "head -c 256m /dev/zero > /data/file; trap 'exit 0' TERM; while :; do sleep 0.2; done"
    execution = tasks.task_role(alone, ["ecr:*", "logs:*"])
    fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    runs = definition(alone, image, script, executionRoleArn=execution, **fargate)
    ecs.create_service(
        cluster=name, serviceName=name, taskDefinition=runs, desiredCount=1, volumeConfigurations=configured, launchType="FARGATE",
        **tasks.in_vpc(alone),
    )  # fmt: skip
    of_service = {"ClusterName": name, "ServiceName": name}
    of_volume = {"ClusterName": name, "TaskDefinitionFamily": runs.split("/")[-1].split(":")[0], "VolumeName": "data"}

    def seen(metric, dimensions, namespace="ECS/ContainerInsights"):
        now = datetime.datetime.now(datetime.UTC)
        found = cloudwatch.get_metric_statistics(
            Namespace=namespace, MetricName=metric, Period=60, Statistics=["Maximum"], StartTime=now - datetime.timedelta(minutes=10),
            EndTime=now, Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return max((it["Maximum"] for it in found), default=None)

    wait_for(lambda: (seen("EBSFilesystemUtilized", of_service) or 0) > 0.25, 180, "how full the volume is")
    for dimensions in (of_service, of_volume):
        assert 0.25 < seen("EBSFilesystemUtilized", dimensions) < 0.4
        assert 0.9 < seen("EBSFilesystemSize", dimensions) <= 1
    for metric, namespace in (("EBSFilesystemUtilization", "AWS/ECS"), ("TaskEBSFilesystemUtilization", "ECS/ContainerInsights")):
        assert 25 < seen(metric, of_service, namespace) < 40
    ecs.delete_service(cluster=name, service=name, force=True)
    wait_for(lambda: not volumes(alone), 90, "the end of its volume")


def test_what_cannot_be_is_refused(alone, image, role):
    ecs, of_volume = alone.client("ecs"), definition(alone, image, "true")
    without = tasks.register(alone, image, **sh("true"))
    stranger = infrastructure_role(alone, json.loads(tasks.TRUST_TASKS))

    def refused(text, definition=of_volume, configured=None):
        with pytest.raises(ClientError, match=text):
            ecs.run_task(taskDefinition=definition, volumeConfigurations=configured if configured is not None else [])

    refused("configured at launch")
    refused("does not match", without, asked(role))
    refused("unable to assume the role", configured=asked(stranger))
    refused("filesystemType xfs", configured=asked(role, filesystemType="xfs"))

    # What EC2 refuses ends the task with its words.
    task = tasks.start(alone, of_volume, volumeConfigurations=asked(role, volumeType="io1"))
    stopped = task.wait()
    assert stopped["stopCode"] == "TaskFailedToStart", stopped
    assert "too small" in stopped["stoppedReason"], stopped
    assert not volumes(alone)
