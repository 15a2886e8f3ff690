"""Repositories under keys of KMS: by skopeo, podman, the AWS CLI and tasks, and what lies on the disk."""

import hashlib
import io
import json
import pathlib
import tarfile

import pytest
from botocore.exceptions import ClientError

from harness import disk, images, tasks, tools
from harness.installation import Installation, Place
from test_registry import layout, manifest_digest
from test_registry_copies import ended, replicate

pytestmark = pytest.mark.minutes(0.5)

CANARY = b"a sentence that must not lie on the disk, "


def key_of(wharf):
    return wharf.client("kms").create_key()["KeyMetadata"]["Arn"]


def sealed(wharf, kind="KMS", key=None, prefix="sealed"):
    """A repository; its name and address."""
    configuration = {"encryptionType": kind, **({"kmsKey": key} if key else {})}
    made = wharf.client("ecr").create_repository(repositoryName=tasks.unique(prefix), encryptionConfiguration=configuration)
    return made["repository"]["repositoryName"], made["repository"]["repositoryUri"]


def pull(wharf, uri, folder, check=True, keys=None):
    return images.skopeo_copy(wharf, f"docker://{uri}", f"oci:{folder}:it", check=check, extra=["--preserve-digests"], keys=keys)


def digests(place):
    """Digest of an image and of its layers."""
    shown = json.loads(tools.run("skopeo", "inspect", place).stdout)
    return shown["Digest"], shown["Layers"]


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_disabled_key_shuts_pushes_and_pulls(wharf, tmp_path, kind):
    kms, key = wharf.client("kms"), key_of(wharf)
    name, uri = sealed(wharf, kind, key)
    shown = wharf.aws("ecr", "describe-repositories", "--repository-names", name)["repositories"][0]
    assert shown["encryptionConfiguration"] == {"encryptionType": kind, "kmsKey": key}
    archive = f"oci-archive:{tools.image_archive('busybox')}"
    images.skopeo_copy(wharf, archive, f"docker://{uri}:1", extra=["--preserve-digests"])
    pull(wharf, f"{uri}:1", tmp_path / "before")
    assert digests(f"oci:{tmp_path / 'before'}:it") == digests(archive)

    kms.disable_key(KeyId=key)
    why = f"The operation failed due to a KMS exception: DisabledException: {key} is disabled."
    refused = pull(wharf, f"{uri}:1", tmp_path / "shut", check=False)
    assert refused.returncode != 0 and why in refused.stderr, refused
    refused = images.skopeo_copy(wharf, archive, f"docker://{uri}:2", check=False)
    assert refused.returncode != 0 and "KMS exception" in refused.stderr, refused
    failed = wharf.aws("ecr", "batch-get-image", "--repository-name", name, "--image-ids", "imageTag=1")
    assert [(it["failureCode"], it["failureReason"]) for it in failed["failures"]] == [("KmsError", why)] and not failed["images"]
    with pytest.raises(ClientError) as caught:
        wharf.client("ecr").initiate_layer_upload(repositoryName=name)
    assert caught.value.response["Error"] == {"Code": "KmsException", "Message": why}
    assert caught.value.response["kmsError"] == "DisabledException"

    kms.enable_key(KeyId=key)
    pull(wharf, f"{uri}:1", tmp_path / "after")
    images.skopeo_copy(wharf, archive, f"docker://{uri}:2")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert "pending deletion" in pull(wharf, f"{uri}:1", tmp_path / "gone", check=False).stderr


def test_nothing_lies_on_the_disk_in_the_clear(tmp_path):
    """In an installation of its own, whose folder nobody else writes."""
    with Installation() as alone:
        alone.start(node=False)
        _, uri = sealed(alone)
        layer = tmp_path / "layer.tar"
        with tarfile.open(layer, "w") as packed:
            entry = tarfile.TarInfo("canary")
            entry.size = len(CANARY) * 100_000
            packed.addfile(entry, io.BytesIO(CANARY * 100_000))
        plain = layer.read_bytes()
        source = layout(tmp_path / "image", layer, media_type="application/vnd.oci.image.layer.v1.tar")
        images.skopeo_copy(alone, source, f"docker://{uri}:1", extra=["--preserve-digests"])
        pull(alone, f"{uri}:1", tmp_path / "pulled")
        digest = hashlib.sha256(plain).hexdigest()
        assert (tmp_path / "pulled" / "blobs" / "sha256" / digest).read_bytes() == plain
        files = [path for path in pathlib.Path(alone.data).rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) > len(plain)
        assert not disk.files_with(alone.data, CANARY)
        assert not [path for path in files if digest in path.name]


def test_podman_pulls_and_a_task_runs(wharf, short_path):
    key = key_of(wharf)
    name, uri = sealed(wharf, "KMS", key)
    image = images.push(wharf, "busybox", name=name, tag="1")
    stores = ["--storage-driver", "vfs", "--root", short_path / "root", "--runroot", short_path / "run", "--tmpdir", short_path]
    login = ["--tls-verify=false", "--creds", f"AWS:{wharf.registry_password()}"]
    assert tools.run("podman", *stores, "pull", "--quiet", *login, f"{uri}:1").stdout.strip()
    task = tasks.run_script(wharf, image, "echo from a sealed image")
    assert task.exit_code == 0 and task.lines() == ["from a sealed image"]

    shut, _ = sealed(wharf, "KMS", key)
    image = images.push(wharf, "configured", name=shut, tag="1")
    wharf.client("kms").disable_key(KeyId=key)
    task = tasks.run(wharf, image)
    stopped = task.wait("STOPPED", 120)
    assert "CannotPullImageManifestError" in stopped["stoppedReason"] and "denied" in stopped["stoppedReason"], stopped["stoppedReason"]


def test_who_may_pull_needs_no_right_to_the_key(wharf, tmp_path):
    name, uri = sealed(wharf)
    images.push(wharf, "busybox", name=name, tag="1")
    _, keys = tasks.user(wharf, tasks.document(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]))
    pull(wharf, f"{uri}:1", tmp_path / "pulled", keys=keys)
    # Who makes a repository lets ECR use its key.
    _, maker = tasks.user(wharf, tasks.document(["ecr:CreateRepository", "kms:DescribeKey"]))
    with pytest.raises(ClientError) as caught:
        wharf.client("ecr", keys=maker).create_repository(
            repositoryName=tasks.unique("sealed"), encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key_of(wharf)}
        )
    error = caught.value.response
    assert (error["Error"]["Code"], error["kmsError"]) == ("KmsException", "AccessDeniedException")
    assert "kms:CreateGrant" in error["Error"]["Message"]


def test_copies_are_sealed_as_the_place_they_come_to(wharf, tmp_path):
    source, target = Place(wharf, "ap-south-1"), Place(wharf, "ap-south-2")
    target.client("ecr").create_repository_creation_template(
        prefix="sealed", appliedFor=["REPLICATION"], encryptionConfiguration={"encryptionType": "KMS_DSSE"}
    )
    name, _ = sealed(source, prefix="sealed/it")
    replicate(source, ("000000000000", "ap-south-2"), prefixes=["sealed/"])
    uri = images.push(source, "busybox", name=name, tag="1")
    assert ended(source, name, "1") == [("ap-south-2", "COMPLETE", None)]
    pull(target, uri, tmp_path / "there")
    shown = target.client("ecr").describe_repositories(repositoryNames=[name])["repositories"][0]["encryptionConfiguration"]
    assert shown["encryptionType"] == "KMS_DSSE" and shown["kmsKey"].startswith("arn:aws:kms:ap-south-2:")
    replicate(source)


def test_a_folder_holds_what_is_sealed_here(wharf, tmp_path):
    name, uri = sealed(wharf)
    images.push(wharf, "busybox", name=name, tag="1")
    copy, _ = sealed(wharf, "KMS_DSSE")
    wharf.run("images", "export", name, tmp_path / "folder")
    assert digests(f"oci:{tmp_path / 'folder'}:1")[0] == manifest_digest(wharf, f"{uri}:1")
    wharf.run("images", "import", tmp_path / "folder", copy)
    pull(wharf, f"{uri.replace(name, copy)}:1", tmp_path / "pulled")


def test_mounts_are_not_offered(wharf):
    one, _ = sealed(wharf)
    two, _ = sealed(wharf)
    images.push(wharf, "busybox", name=one, tag="1")
    image = wharf.client("ecr").batch_get_image(repositoryName=one, imageIds=[{"imageTag": "1"}])["images"][0]
    layer = json.loads(image["imageManifest"])["layers"][0]["digest"]
    answer = wharf.client("ecr").batch_check_layer_availability(repositoryName=two, layerDigests=[layer])
    assert answer["layers"][0]["layerAvailability"] == "UNAVAILABLE"
