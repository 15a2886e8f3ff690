"""Encrypted file systems of EFS, each on a disk of its own: nothing lies in the clear, the key opens and shuts them, and whoever dies leaves
them whole."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import images, processes, tasks
from harness.installation import Installation, Keys
from harness.waiting import wait_for
from test_ebs_encryption import WRITES, in_the_clear
from test_efs import Files

pytestmark = pytest.mark.minutes(1)


@pytest.fixture(scope="module")
def alone():
    with Installation() as one:
        yield one.start()


@pytest.fixture(scope="module")
def key(alone):
    return alone.client("kms").create_key(Description="of files")["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def image(alone):
    return images.push(alone, "busybox")


@pytest.fixture(scope="module")
def own(alone):
    (found,) = alone.client("ecs").list_container_instances()["containerInstanceArns"]
    return found


@pytest.fixture(scope="module")
def sealed(alone, key):
    return Files(alone, "--encrypted", "--kms-key-id", key)


def disk(alone, files):
    return alone.data / "node" / "efs" / files.id / "disk.img"


def programs(alone, files, name):
    return processes.with_open(disk(alone, files), name)


def program(alone, files, name):
    (found,) = wait_for(lambda: programs(alone, files, name), 40, f"the {name}")
    return found


class Counting:
    """A task that counts in a file, and syncs each number."""

    SCRIPT = "trap exit TERM; n=0; while true; do n=$((n+1)); echo $n >> /files/count; sync; echo wrote $n; sleep 0.2; done"

    def __init__(self, files, image, own):
        self.files, self.image, self.own = files, image, own
        self.task = files.start(image, own, self.SCRIPT, transitEncryption="ENABLED")
        self.task.wait("RUNNING", 60)

    def goes_on(self):
        last = [int(it.split()[1]) for it in self.task.lines() if it.startswith("wrote")][-1:]
        self.task.wait_line(f"wrote {(last or [0])[0] + 3}", 60)

    def end(self):
        self.task.stop()
        numbers = self.files.says(self.image, self.own, "cat /files/count").split()
        assert numbers == [str(it + 1) for it in range(len(numbers))], "each once, in order"


def test_nothing_lies_in_the_clear_and_its_key_shuts_it(alone, sealed, image, own, key):
    efs, kms = alone.client("efs"), alone.client("kms")
    (shown,) = efs.describe_file_systems(FileSystemId=sealed.id)["FileSystems"]
    assert (shown["Encrypted"], shown["KmsKeyId"]) == (True, key)
    plain = Files(alone)
    writes = f"({WRITES}) > /files/f && sync"
    sealed.says(image, own, writes)
    assert in_the_clear(alone) == []
    plain.says(image, own, writes)
    # So it would have been found. What is deleted comes back to the host.
    assert in_the_clear(alone) == [disk(alone, plain)]
    plain.says(image, own, "rm /files/f && sync")
    wait_for(lambda: in_the_clear(alone) == [], 20, "the room of what was deleted")

    counting = Counting(sealed, image, own)
    counting.goes_on()
    for child in ("agent", "server"):
        alone.kill_child(child)
        counting.goes_on()
    for names in (("file-server",), ("sealed-file",), ("sealed-file", "file-server")):
        for name in names:
            processes.kill(program(alone, sealed, name))
        counting.goes_on()

    # It goes on without its key while it is open, and is opened by no other.
    kms.disable_key(KeyId=key)
    alone.kill_child("agent")
    counting.goes_on()
    processes.kill(program(alone, sealed, "file-server"))
    wait_for(lambda: not programs(alone, sealed, "sealed-file"), 30, "the end of the key")
    reason = sealed.refusal(image, own)
    assert f"the file system {sealed.id} is not open" in reason and "disabled" in reason, reason
    kms.enable_key(KeyId=key)
    counting.goes_on()
    counting.end()
    assert in_the_clear(alone) == []

    efs.delete_mount_target(MountTargetId=sealed.target["MountTargetId"])
    wait_for(lambda: not efs.describe_mount_targets(FileSystemId=sealed.id)["MountTargets"], 30, "the end of the mount target")
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 1
    sealing = program(alone, sealed, "sealed-file")
    efs.delete_file_system(FileSystemId=sealed.id)
    wait_for(lambda: not disk(alone, sealed).parent.exists(), 30, "the end of its disk")
    wait_for(lambda: not processes.alive(sealing), 20, "the end of the key")
    wait_for(lambda: kms.list_grants(KeyId=key)["Grants"] == [], 20, "the end of its grant")


def test_a_folder_of_an_earlier_version_is_served_as_it_is(alone, image, own):
    def before(file_system):
        data = alone.data / "node" / "efs" / file_system / "data"
        data.mkdir(parents=True)
        (data / "old").write_text("there")

    files = Files(alone, before=before)
    assert files.says(image, own, "cat /files/old && echo more > /files/new && sync") == "there"
    folder = alone.data / "node" / "efs" / files.id
    assert (folder / "data" / "new").read_text() == "more\n" and not (folder / "disk.img").exists()


def test_who_may_not_use_the_key_makes_none(alone, key):
    iam, name = alone.client("iam"), tasks.unique("maker")
    iam.create_user(UserName=name)
    keys = Keys.of_user(iam.create_access_key(UserName=name)["AccessKey"])
    efs, actions = alone.client("efs", keys), ["elasticfilesystem:*"]

    def made(**options):
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="make", PolicyDocument=json.dumps(allowed))
        return efs.create_file_system(CreationToken=tasks.unique("made"), Encrypted=True, **options)

    for needed in ("kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant"):
        with pytest.raises(ClientError) as refused:
            made(KmsKeyId=key)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException" and needed in str(refused.value)
        actions.append(needed)
    assert made(KmsKeyId=key)["KmsKeyId"] == key
    # The account's own takes no rights of the caller's.
    actions[1:] = []
    assert made()["Encrypted"]


def disabled(kms):
    made = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=made)
    return made


def deleted(kms):
    made = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    return made


def asymmetric(kms):
    return kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]


NONE = "00000000-0000-4000-8000-000000000000"
NOT_FOUND = "The request was rejected because the specified key could not be found. [error=NotFoundException]"


@pytest.mark.parametrize(
    ("named", "code", "message"),
    [
        (NONE, "BadRequest", NOT_FOUND),
        (f"arn:aws:kms:us-east-1:000000000000:key/{NONE}", "BadRequest", NOT_FOUND),
        ("alias/nothing", "BadRequest", NOT_FOUND),
        # Of other accounts nobody learns whether there is one.
        (f"arn:aws:kms:us-east-1:111122223333:key/{NONE}", "AccessDeniedException", "not authorized to perform: kms:DescribeKey"),
        (disabled, "BadRequest", "is disabled. [error=DisabledException]"),
        (deleted, "BadRequest", "is pending deletion. [error=KMSInvalidStateException]"),
        (asymmetric, "BadRequest", "EFS accepts no other. [error=InvalidKeyUsageException]"),
        ("not a key", "ValidationException", "kmsKeyId"),
    ],
)
def test_bad_keys(alone, named, code, message):
    named = named if isinstance(named, str) else named(alone.client("kms"))
    with pytest.raises(ClientError) as refused:
        alone.client("efs").create_file_system(CreationToken=tasks.unique("bad"), Encrypted=True, KmsKeyId=named)
    error = refused.value.response["Error"]
    assert error["Code"] == code and message in error["Message"], error
