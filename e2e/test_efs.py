"""File systems of EFS: the API, and the same files in tasks of two hosts, by role, access point and policy, over restarts."""

import contextlib
import json

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.tasks import document, sh
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(2)

MOUNT = "elasticfilesystem:ClientMount"
WRITE = "elasticfilesystem:ClientWrite"
ROOT = "elasticfilesystem:ClientRootAccess"


@pytest.fixture(scope="module")
def server():
    with Lan(), Installation(arguments=["--listen", SERVER]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def host(server):
    made = Host(server, 1).join()
    yield made
    made.close()
    with contextlib.suppress(ClientError):
        server.client("ecs").deregister_container_instance(containerInstance=made.instance, force=True)


@pytest.fixture(scope="module")
def own(server, host):
    """The container instance of the machine that the control plane is on."""
    (found,) = set(server.client("ecs").list_container_instances()["containerInstanceArns"]) - {host.instance}
    return found


@pytest.fixture(scope="module")
def image(server):
    return images.push(server, "busybox")


@pytest.fixture(scope="module")
def efs(server):
    return server.client("efs")


class Files:
    """A file system with a mount target."""

    def __init__(self, server, *options, before=lambda _: None):
        self.server, self.efs = server, server.client("efs")
        self.id = server.aws("efs", "create-file-system", "--creation-token", tasks.unique("files"), *options)["FileSystemId"]
        before(self.id)
        ec2 = server.client("ec2")
        # That of the hosts' zone.
        self.subnet = tasks.default_subnets(server)[0]
        vpc = ec2.describe_subnets(SubnetIds=[self.subnet])["Subnets"][0]["VpcId"]
        self.group = ec2.create_security_group(GroupName=tasks.unique("nfs"), Description="nfs", VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=self.group, IpProtocol="tcp", FromPort=2049, ToPort=2049, CidrIp="172.31.0.0/16")
        self.target = server.aws(
            "efs", "create-mount-target", "--file-system-id", self.id, "--subnet-id", self.subnet, "--security-groups", self.group
        )
        wait_for(lambda: self.state() == "available", 30, "the mount target")

    def state(self):
        (found,) = self.efs.describe_mount_targets(MountTargetId=self.target["MountTargetId"])["MountTargets"]
        return found["LifeCycleState"]

    def definition(self, image, script, role=None, read_only=False, **configuration):
        volume = {"name": "files", "efsVolumeConfiguration": {"fileSystemId": self.id, **configuration}}
        point = {"sourceVolume": "files", "containerPath": "/files", "readOnly": read_only}
        return tasks.register(self.server, image, "awsvpc", role=role, task={"volumes": [volume]}, mountPoints=[point], **sh(script))

    def start(self, image, instance, script, **more):
        network = {"awsvpcConfiguration": {"subnets": [self.subnet]}}
        answer = self.server.client("ecs").start_task(
            taskDefinition=self.definition(image, script, **more), containerInstances=[instance], networkConfiguration=network
        )
        assert not answer["failures"], answer["failures"]
        return tasks.Task(self.server, answer["tasks"][0]["taskArn"], "/e2e")

    def says(self, image, instance, script, **more):
        """What a task prints that does that."""
        task = self.start(image, instance, script, **more)
        task.wait("STOPPED", 60)
        assert task.exit_code == 0, (task.describe().get("stoppedReason"), task.output())
        return task.output()

    def refusal(self, image, instance, **more):
        """Why a task does not start."""
        stopped = self.start(image, instance, "true", **more).wait("STOPPED", 60)
        assert stopped["stopCode"] == "TaskFailedToStart", stopped
        return stopped["stoppedReason"]


@pytest.fixture(scope="module")
def files(server, host):
    return Files(server)


def role(server, action=None):
    iam, name = server.client("iam"), tasks.unique("mounts")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=tasks.TRUST_TASKS)["Role"]["Arn"]
    if action:
        iam.put_role_policy(RoleName=name, PolicyName="mount", PolicyDocument=document(action))
    return arn


def by_role(access_point=None):
    authorization = {"iam": "ENABLED", **({"accessPointId": access_point} if access_point else {})}
    return {"transitEncryption": "ENABLED", "authorizationConfig": authorization}


def test_two_tasks_on_two_hosts_have_the_same_files(files, image, host, own):
    write = "mkdir /files/a && echo from-one > /files/a/one && chmod 640 /files/a/one && ln -s a/one /files/link && sync"
    files.says(image, own, write)
    read = "cat /files/link && stat -c %a:%u /files/a/one && echo from-two > /files/a/two && mv /files/a/two /files/a/three && df -P /files | tail -1"
    said = files.says(image, host.instance, read, transitEncryption="ENABLED")
    assert "from-one" in said and "640:0" in said and "/files" in said
    assert "from-two" in files.says(image, own, "cat /files/a/three && rm /files/a/three")
    # Both at once, line by line.
    append = "for i in 1 2 3 4 5; do echo $WHO$i >> /files/log-$WHO; done; until [ -f /files/log-{other} ] && [ $(wc -l < /files/log-{other}) = 5 ]; do sleep 0.2; done; cat /files/log-{other}"
    pair = [
        files.start(image, own, "WHO=a; " + append.format(other="b")),
        files.start(image, host.instance, "WHO=b; " + append.format(other="a")),
    ]
    for task, other in zip(pair, "ba", strict=True):
        task.wait("STOPPED", 60)
        assert task.exit_code == 0 and f"{other}5" in task.output()


def test_what_the_files_take_is_shown(files, efs, image, own):
    files.says(image, own, "dd if=/dev/zero of=/files/big bs=1M count=3 && sync")

    def size():
        return efs.describe_file_systems(FileSystemId=files.id)["FileSystems"][0]["SizeInBytes"]

    wait_for(lambda: size()["Value"] >= 3 << 20, 60, "the size")
    assert size()["Timestamp"]
    files.says(image, own, "rm /files/big")


def test_a_restart_of_every_process_loses_nothing(server, files, image, host, own):
    script = "trap exit TERM; n=0; while true; do n=$((n+1)); echo $n >> /files/count; sync; echo wrote $n; sleep 0.3; done"
    task = files.start(image, host.instance, script, transitEncryption="ENABLED")
    task.wait("RUNNING", 60)

    def goes_on():
        (last,) = [int(it.split()[1]) for it in task.lines() if it.startswith("wrote")][-1:] or [0]
        task.wait_line(f"wrote {last + 3}", 60)

    goes_on()
    for pid in processes.with_argument("serve-file-system"):
        processes.kill(pid)
    goes_on()
    server.kill_child("agent")
    goes_on()
    server.kill_child("server")
    goes_on()
    task.stop()
    numbers = files.says(image, own, "cat /files/count").split()
    assert numbers == [str(it + 1) for it in range(len(numbers))], "each once, in order"


def test_an_access_point_forces_user_and_root(files, efs, image, host, own):
    """Its program was there before the agent: it hears of it nevertheless."""
    point = efs.create_access_point(
        FileSystemId=files.id,
        PosixUser={"Uid": 1500, "Gid": 1600},
        RootDirectory={"Path": "/apps/one", "CreationInfo": {"OwnerUid": 1500, "OwnerGid": 1600, "Permissions": "0750"}},
        Tags=[{"Key": "Name", "Value": "one"}],
    )
    assert point["Name"] == "one" and point["AccessPointArn"].endswith(point["AccessPointId"])
    by_point = {"transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": point["AccessPointId"]}}
    said = files.says(
        image, host.instance, "stat -c %a:%u:%g /files && echo mine > /files/own && ls /files/.. && stat -c %u:%g /files/own", **by_point
    )
    assert said.startswith("750:1500:1600") and said.endswith("1500:1600")
    whole = files.says(image, own, "stat -c %u:%g /files/apps/one/own && stat -c %a:%u /files/apps")
    assert whole.splitlines() == ["1500:1600", "755:0"]
    # Root is that user too.
    files.says(image, own, "mkdir -m 700 /files/apps/one/roots")
    assert "denied" in files.says(image, own, "touch /files/roots/x 2>&1 || true", **by_point)
    efs.delete_access_point(AccessPointId=point["AccessPointId"])
    assert "No such access point" in files.refusal(image, own, **by_point)


def test_a_policy_denies(server, files, efs, image, own, host):
    """By role and by nobody, for everything and for writing alone."""
    account = server.client("sts").get_caller_identity()["Account"]
    reader, writer = role(server), role(server, [MOUNT, WRITE, ROOT])
    arn = f"arn:aws:elasticfilesystem:us-east-1:{account}:file-system/{files.id}"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": reader}, "Action": MOUNT, "Resource": arn}]}
    files.says(image, own, "echo there > /files/there")
    efs.put_file_system_policy(FileSystemId=files.id, Policy=json.dumps(policy))
    try:
        assert json.loads(efs.describe_file_system_policy(FileSystemId=files.id)["Policy"]) == policy
        denied = "access denied by server"
        assert denied in files.refusal(image, own), "nobody in particular"
        assert denied in files.refusal(image, host.instance, role=role(server), **by_role())
        said = files.says(image, host.instance, "cat /files/there; touch /files/new 2>&1 || true", role=reader, **by_role())
        assert "there" in said and "Read-only" in said
        files.says(image, own, "echo new > /files/new && chown 7 /files/new", role=writer, **by_role())
    finally:
        efs.delete_file_system_policy(FileSystemId=files.id)
    assert "new" in files.says(image, own, "cat /files/new && rm /files/new")


def test_names_answer_in_the_vpc(files, image, host):
    name = f"{files.id}.efs.us-east-1.amazonaws.com"
    said = files.says(image, host.instance, f"nslookup {name} 2>&1 | tail -3")
    assert files.target["IpAddress"] in said


def test_creation_tokens_and_deletion(server, efs):
    token = tasks.unique("token")
    made = efs.create_file_system(CreationToken=token, Tags=[{"Key": "Name", "Value": "n"}])
    assert made["LifeCycleState"] == "creating" and made["Name"] == "n"
    with pytest.raises(ClientError) as refused:
        efs.create_file_system(CreationToken=token)
    assert refused.value.response["Error"]["Code"] == "FileSystemAlreadyExists"
    assert refused.value.response["FileSystemId"] == made["FileSystemId"]
    (shown,) = efs.describe_file_systems(CreationToken=token)["FileSystems"]
    assert shown["LifeCycleState"] == "available" and shown["NumberOfMountTargets"] == 0
    efs.tag_resource(ResourceId=made["FileSystemArn"], Tags=[{"Key": "a", "Value": "b"}])
    assert {"Key": "a", "Value": "b"} in efs.list_tags_for_resource(ResourceId=made["FileSystemId"])["Tags"]
    efs.delete_file_system(FileSystemId=made["FileSystemId"])
    with pytest.raises(ClientError) as gone:
        efs.describe_file_systems(FileSystemId=made["FileSystemId"])
    assert gone.value.response["Error"]["Code"] == "FileSystemNotFound"


NONE = "fs-00000000000000000"


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("create_file_system", {"KmsKeyId": "alias/aws/elasticfilesystem"}, "BadRequest"),
        ("create_file_system", {"AvailabilityZoneName": "us-east-1z"}, "BadRequest"),
        ("create_file_system", {"AvailabilityZoneName": "us-east-1a", "PerformanceMode": "maxIO"}, "BadRequest"),
        ("create_file_system", {"Backup": True}, "BadRequest"),
        ("create_file_system", {"ThroughputMode": "provisioned"}, "BadRequest"),
        ("create_file_system", {"PerformanceMode": "fast"}, "ValidationException"),
        ("create_mount_target", {"FileSystemId": NONE, "SubnetId": "subnet-00000000"}, "FileSystemNotFound"),
        ("create_mount_target", {"FileSystemId": "own", "SubnetId": "subnet-00000000"}, "SubnetNotFound"),
        ("create_mount_target", {"FileSystemId": "own", "SubnetId": "own"}, "MountTargetConflict"),
        ("create_mount_target", {"FileSystemId": "own", "SubnetId": "other", "IpAddress": "10.0.0.1"}, "BadRequest"),
        ("create_mount_target", {"FileSystemId": "own", "SubnetId": "other", "SecurityGroups": ["sg-00000000"]}, "SecurityGroupNotFound"),
        ("delete_mount_target", {"MountTargetId": "fsmt-00000000"}, "MountTargetNotFound"),
        ("delete_file_system", {"FileSystemId": "own"}, "FileSystemInUse"),
        ("describe_mount_targets", {}, "BadRequest"),
        ("create_access_point", {"FileSystemId": NONE}, "FileSystemNotFound"),
        ("create_access_point", {"FileSystemId": "own", "RootDirectory": {"Path": "/a/../b"}}, "BadRequest"),
        ("create_access_point", {"FileSystemId": "own", "PosixUser": {"Uid": -1, "Gid": 0}}, "ValidationException"),
        ("delete_access_point", {"AccessPointId": "fsap-00000000"}, "AccessPointNotFound"),
        ("put_file_system_policy", {"FileSystemId": "own", "Policy": "{}"}, "InvalidPolicyException"),
        ("describe_file_system_policy", {"FileSystemId": "own"}, "PolicyNotFound"),
        ("put_lifecycle_configuration", {"FileSystemId": "own", "LifecyclePolicies": [{"TransitionToIA": "AFTER_7_DAYS"}]}, "BadRequest"),
        ("put_backup_policy", {"FileSystemId": "own", "BackupPolicy": {"Status": "ENABLED"}}, "BadRequest"),
    ],
)
def test_bad_inputs(server, files, efs, call, arguments, code):
    other = next(it for it in tasks.default_subnets(server) if it != files.subnet)
    own = {"FileSystemId": files.id, "SubnetId": files.subnet}
    given = {name: own[name] if value == "own" else other if value == "other" else value for name, value in arguments.items()}
    if call.startswith("create_file") or call.startswith("create_access"):
        given.setdefault("CreationToken" if "file" in call else "ClientToken", tasks.unique("bad"))
    with pytest.raises(ClientError) as refused:
        getattr(efs, call)(**given)
    assert refused.value.response["Error"]["Code"] == code, refused.value
