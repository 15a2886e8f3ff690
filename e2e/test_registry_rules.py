"""What an account lays down for its registry: settings, tags that stay, the archive."""

import hashlib
import json

import pytest
import requests

from harness import images, tasks, tools
from harness.installation import Place
from harness.refusals import refused_code
from harness.waiting import wait_for


def push(wharf, name, tag, image="busybox", check=True):
    uri = f"localhost:{wharf.port}/{name}:{tag}"
    return images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive(image)}", f"docker://{uri}", check=check)


def pull(wharf, name, tag, folder):
    return images.skopeo_copy(wharf, f"docker://localhost:{wharf.port}/{name}:{tag}", f"oci:{folder}:it", check=False)


def test_tags_that_an_exclusion_names_may_move(wharf):
    name, ecr = tasks.unique("excluded"), wharf.client("ecr")
    filters = [{"filterType": "WILDCARD", "filter": "dev*"}]
    made = ecr.create_repository(
        repositoryName=name, imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters
    )
    assert made["repository"]["imageTagMutabilityExclusionFilters"] == filters
    for tag in ("v1", "dev-1"):
        push(wharf, name, tag)
    push(wharf, name, "dev-1", "configured")
    done = push(wharf, name, "v1", "configured", check=False)
    assert done.returncode != 0 and "immutable" in done.stderr, done.stderr
    assert (
        refused_code(ecr.put_image_tag_mutability, repositoryName=name, imageTagMutability="MUTABLE_WITH_EXCLUSION")
        == "InvalidParameterException"
    )


def test_settings_of_the_account(wharf):
    ecr = wharf.client("ecr", region="eu-central-1")
    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"
    assert ecr.put_account_setting(name="BLOB_MOUNTING", value="DISABLED") | {"ResponseMetadata": None} == {
        "name": "BLOB_MOUNTING", "value": "DISABLED", "ResponseMetadata": None,
    }  # fmt: skip
    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "DISABLED"
    assert wharf.client("ecr").get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"
    assert refused_code(ecr.put_account_setting, name="BLOB_MOUNTING", value="PERHAPS") == "InvalidParameterException"
    assert refused_code(ecr.get_account_setting, name="COLOUR") == "InvalidParameterException"


def test_an_archived_image_is_not_pulled_until_it_is_back(wharf, tmp_path):
    name, ecr = tasks.unique("archive"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(wharf, name, "1")

    def move(to):
        return ecr.update_image_storage_class(repositoryName=name, imageId={"imageTag": "1"}, targetStorageClass=to)["imageStatus"]

    def shown(status):
        return ecr.describe_images(repositoryName=name, filter={"imageStatus": status})["imageDetails"]

    assert move("ARCHIVE") == "ARCHIVED"
    failed = pull(wharf, name, "1", tmp_path / "archived")
    assert failed.returncode != 0 and "its status is ARCHIVED" in failed.stderr, failed.stderr
    assert shown("ACTIVE") == [] and "lastArchivedAt" in shown("ARCHIVED")[0]
    assert move("STANDARD") == "ACTIVATING"
    wait_for(lambda: shown("ACTIVE"), 30, "the image to be back")
    assert pull(wharf, name, "1", tmp_path / "back").returncode == 0
    assert "lastActivatedAt" in shown("ACTIVE")[0]
    move("ARCHIVE")
    push(wharf, name, "1")
    assert pull(wharf, name, "1", tmp_path / "again").returncode == 0


def test_a_policy_archives_all_but_the_newest(wharf):
    name, ecr = tasks.unique("archiving"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    for tag, image in (("old", "busybox"), ("new", "configured")):
        push(wharf, name, tag, image)
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "transition", "targetStorageClass": "archive"},
    }
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    wait_for(lambda: "lastEvaluatedAt" in ecr.get_lifecycle_policy(repositoryName=name), 30, "a run of the policy")
    archived = ecr.list_images(repositoryName=name, filter={"imageStatus": "ARCHIVED"})["imageIds"]
    assert [one["imageTag"] for one in archived] == ["old"]


def test_pulls_of_an_excluded_principal_do_not_count(wharf, tmp_path):
    name, ecr = tasks.unique("unseen"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(wharf, name, "1")
    user = f"arn:aws:iam::000000000000:user/{tasks.unique('scanner')}"
    ecr.register_pull_time_update_exclusion(principalArn=user)
    assert user in ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"]
    assert refused_code(ecr.register_pull_time_update_exclusion, principalArn=user) == "ExclusionAlreadyExistsException"
    assert pull(wharf, name, "1", tmp_path / "seen").returncode == 0
    assert "lastRecordedPullTime" in ecr.describe_images(repositoryName=name)["imageDetails"][0]
    ecr.deregister_pull_time_update_exclusion(principalArn=user)
    assert refused_code(ecr.deregister_pull_time_update_exclusion, principalArn=user) == "ExclusionNotFoundException"


HERE = {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]}
OF_WEB = {"ecr:ResourceTag/team": "web"}
# The registry on the machine itself speaks no TLS.
CONDITIONS = {
    "address": ({"IpAddress": HERE}, {"NotIpAddress": HERE}),
    "tag": ({"StringEquals": OF_WEB}, {"StringNotEquals": OF_WEB}),
}


def deny_pulls(ecr, name, condition):
    statement = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage", "Condition": condition}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName=name, policyText=text)


def test_conditions_of_a_policy_know_the_transport(wharf, tmp_path):
    """Skopeo comes over TLS where it is spoken, boto3 in the clear as it was told."""
    name, ecr = tasks.unique("conditions"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(wharf, name, "1")
    image = {"repositoryName": name, "imageIds": [{"imageTag": "1"}]}
    deny_pulls(ecr, name, {"Bool": {"aws:SecureTransport": "false"}})
    assert pull(wharf, name, "1", tmp_path / "unmet").returncode == 0
    assert refused_code(ecr.batch_get_image, **image) == "AccessDeniedException"
    deny_pulls(ecr, name, {"Bool": {"aws:SecureTransport": "true"}})
    done = pull(wharf, name, "1", tmp_path / "met")
    assert done.returncode != 0 and "explicit deny" in done.stderr, done.stderr
    assert ecr.batch_get_image(**image)["images"]


@pytest.mark.parametrize("what", CONDITIONS)
def test_conditions_of_a_policy_hold_for_clients_and_the_api(wharf, tmp_path, what):
    name, ecr = tasks.unique("conditions"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name, tags=[{"Key": "team", "Value": "web"}])
    push(wharf, name, "1")
    met, unmet = CONDITIONS[what]
    image = {"repositoryName": name, "imageIds": [{"imageTag": "1"}]}

    def deny(condition):
        deny_pulls(ecr, name, condition)

    deny(met)
    done = pull(wharf, name, "1", tmp_path / "met")
    assert done.returncode != 0 and "explicit deny" in done.stderr, done.stderr
    assert refused_code(ecr.batch_get_image, **image) == "AccessDeniedException"
    deny(unmet)
    assert pull(wharf, name, "1", tmp_path / "unmet").returncode == 0
    assert ecr.batch_get_image(**image)["images"]


def test_root_takes_back_a_policy_that_locks_everybody_out(wharf, tmp_path):
    place, name = Place(wharf, "ap-southeast-1"), tasks.unique("locked")
    images.push(place, "busybox", name=name, tag="1")
    ecr, mine = place.client("ecr"), place.client("ecr", tasks.user(wharf, tasks.document("ecr:*"))[1])
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    assert refused_code(mine.set_repository_policy, repositoryName=name, policyText=policy) == "InvalidParameterException"
    mine.set_repository_policy(repositoryName=name, policyText=policy, force=True)
    ecr.set_repository_policy(repositoryName=name, policyText=policy)
    for one in (ecr, mine):
        assert refused_code(one.list_images, repositoryName=name) == "AccessDeniedException"
    for call in (mine.get_repository_policy, mine.delete_repository_policy):
        assert refused_code(call, repositoryName=name) == "AccessDeniedException"
    done = images.skopeo_copy(place, f"docker://{wharf.registry}/{name}:1", f"oci:{tmp_path}/no:it", check=False)
    assert done.returncode != 0 and "explicit deny" in done.stderr, done.stderr
    assert ecr.get_repository_policy(repositoryName=name)["policyText"] == policy
    ecr.delete_repository_policy(repositoryName=name)
    assert mine.list_images(repositoryName=name)["imageIds"]
    # A policy of the registry as a whole says nothing about itself.
    every = {**nobody, "Resource": f"arn:aws:ecr:{place.region}:000000000000:repository/*"}
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [every]}))
    try:
        for one in (ecr, mine):
            assert refused_code(one.describe_repositories) == "AccessDeniedException"
        assert refused_code(ecr.list_images, repositoryName=name) == "AccessDeniedException"
    finally:
        ecr.delete_registry_policy()
    assert mine.list_images(repositoryName=name)["imageIds"]


def test_a_layer_is_had_by_its_address_without_a_password(wharf):
    name, ecr = tasks.unique("addressed"), wharf.client("ecr")
    images.ensure_repository(wharf, name)
    push(wharf, name, "1")
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"]
    manifest = json.loads(image["imageManifest"])
    layer, config = manifest["layers"][0]["digest"], manifest["config"]["digest"]
    asked = {"repositoryName": name, "layerDigest": layer}
    url = ecr.get_download_url_for_layer(**asked)["downloadUrl"]
    whole = requests.get(url, timeout=60)
    assert (whole.status_code, f"sha256:{hashlib.sha256(whole.content).hexdigest()}") == (200, layer)
    part = requests.get(url, headers={"Range": "bytes=2-9"}, timeout=60)
    assert (part.status_code, part.content) == (206, whole.content[2:10])
    assert part.headers["Content-Range"] == f"bytes 2-9/{len(whole.content)}"
    # It opens this layer of this repository, and nothing else.
    other = images.ensure_repository(wharf, tasks.unique("other")).rsplit("/", 1)[1]
    for stolen in (url.replace(layer, config), url.replace(f"/{name}/", f"/{other}/"), url[:-4] + "0000"):
        assert requests.get(stolen, timeout=60).status_code in (403, 404), stolen
    assert requests.put(url, data=b"x", timeout=60).status_code in (401, 405)
    mine = wharf.client("ecr", tasks.user(wharf, tasks.document("ecr:BatchGetImage"))[1])
    assert refused_code(mine.get_download_url_for_layer, **asked) == "AccessDeniedException"
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "1"}])
    ecr.delete_repository(repositoryName=name)
    assert requests.get(url, timeout=60).status_code == 404
