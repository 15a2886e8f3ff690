"""Images that are in several registries: replication across regions and accounts, and repositories that templates make."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import images, tasks, tools
from harness.installation import Keys, Place
from harness.waiting import wait_for
from test_accounts import HOME, create

PLAIN = "oci-archive:"


def pull(place, uri, folder):
    return images.skopeo_copy(place, f"docker://{uri}", f"oci:{folder}:it", check=False)


def replicate(place, *destinations, prefixes=(), deletes=False):
    rule = {"destinations": [{"registryId": account, "region": region} for account, region in destinations]}
    if prefixes:
        rule["repositoryFilters"] = [{"filter": prefix, "filterType": "PREFIX_MATCH"} for prefix in prefixes]
    if deletes:
        rule["deleteReplication"] = {"enabled": True}
    wanted = {"rules": [rule] if destinations else []}
    assert place.client("ecr").put_replication_configuration(replicationConfiguration=wanted)["replicationConfiguration"] == wanted
    assert place.client("ecr").describe_registry()["replicationConfiguration"] == wanted


def statuses(place, name, tag):
    answer = place.client("ecr").describe_image_replication_status(repositoryName=name, imageId={"imageTag": tag})
    return [(one["region"], one["status"], one.get("failureCode")) for one in answer["replicationStatuses"]]


def ended(place, name, tag):
    def look():
        all_of_them = statuses(place, name, tag)
        return all_of_them if all(status != "IN_PROGRESS" for _, status, _ in all_of_them) else None

    return wait_for(look, 30, f"the replication of {name}:{tag}")


@pytest.fixture
def source(wharf):
    place = Place(wharf, "ap-south-1")
    yield place
    replicate(place)


def test_a_push_is_in_the_other_region_and_is_pulled_there(wharf, source, tmp_path):
    target = Place(wharf, "ap-south-2")
    name, other = tasks.unique("copied"), tasks.unique("stays")
    replicate(source, (HOME, "ap-south-2"), prefixes=["copied"])
    uri = images.push(source, "busybox", name=name, tag="1")
    images.push(source, "busybox", name=other, tag="1")
    assert ended(source, name, "1") == [("ap-south-2", "COMPLETE", None)]
    assert statuses(source, other, "1") == []
    assert pull(target, uri, tmp_path / "there").returncode == 0
    here, there = (
        json.loads(
            tools.run("skopeo", "inspect", "--tls-verify=false", "--creds", f"AWS:{it.registry_password()}", f"docker://{uri}").stdout
        )
        for it in (source, target)
    )
    assert here["Digest"] == there["Digest"]
    with pytest.raises(ClientError) as missing:
        target.client("ecr").describe_repositories(repositoryNames=[other])
    assert missing.value.response["Error"]["Code"] == "RepositoryNotFoundException"


def test_deletions_follow(wharf, source):
    target, name = Place(wharf, "ap-south-2"), tasks.unique("deleted")
    replicate(source, (HOME, "ap-south-2"), deletes=True)
    images.push(source, "busybox", name=name, tag="1")
    ended(source, name, "1")
    source.client("ecr").batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "1"}])
    wait_for(lambda: not target.client("ecr").list_images(repositoryName=name)["imageIds"], 30, "the deletion there")


def test_another_account_lets_images_in_by_its_policy(wharf, source, tmp_path):
    account, key = create(wharf, tasks.unique("receiver"))
    target, name = Place(wharf, "ap-south-1", key), tasks.unique("given")
    replicate(source, (account, "ap-south-1"))
    uri = images.push(source, "busybox", name=name, tag="1")
    assert ended(source, name, "1") == [("ap-south-1", "FAILED", "AccessDenied")]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "in",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
                "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
                "Resource": f"arn:aws:ecr:ap-south-1:{account}:repository/*",
            }
        ],
    }
    target.client("ecr").put_registry_policy(policyText=json.dumps(policy))
    images.push(source, "busybox", name=name, tag="2")
    assert ended(source, name, "2") == [("ap-south-1", "COMPLETE", None)]
    assert pull(target, uri, tmp_path / "theirs").returncode == 0


def test_nothing_is_lost_when_the_server_is_killed(fresh, tmp_path):
    source, target = Place(fresh, "ap-south-1"), Place(fresh, "ap-south-2")
    replicate(source, (HOME, "ap-south-2"))
    tags = [str(n) for n in range(5)]
    for tag in tags:
        uri = images.push(source, "busybox", name="killed", tag=tag)
    fresh.kill_child("server")
    for tag in tags:
        assert ended(source, "killed", tag) == [("ap-south-2", "COMPLETE", None)]
    assert pull(target, uri, tmp_path / "there").returncode == 0


def test_a_backfill_brings_what_was_there_before(wharf, source, tmp_path):
    ecr, name = source.client("ecr"), tasks.unique("before")
    uri = images.push(source, "busybox", name=name, tag="1")
    destination = {"registryId": HOME, "region": "ap-south-2"}
    with pytest.raises(ClientError) as refused:
        ecr.start_replication_backfill(destination=destination)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    replicate(source, (HOME, "ap-south-2"), prefixes=["before"])
    started = ecr.start_replication_backfill(destination=destination)["replicationBackfillId"]

    def described():
        answer = ecr.describe_replication_backfill_results(replicationBackfillId=started)
        return answer if answer["status"] == "COMPLETE" else None

    done = wait_for(described, 30, "the end of the backfill")
    assert (done["progress"]["completedReplicationCount"], done["progress"]["failedReplicationCount"]) == (1, 0)
    assert [(one["repositoryName"], one["status"]) for one in done["results"]] == [(name, "COMPLETE")]
    assert statuses(source, name, "1") == [("ap-south-2", "COMPLETE", None)]
    assert pull(Place(wharf, "ap-south-2"), uri, tmp_path / "there").returncode == 0
    assert started in [one["replicationBackfillId"] for one in ecr.list_replication_backfills()["backfills"]]
    with pytest.raises(ClientError) as ended:
        ecr.stop_replication_backfill(replicationBackfillId=started)
    assert ended.value.response["Error"]["Code"] == "ReplicationBackfillInvalidStatusException"


def test_configurations_that_cannot_be_are_refused(source):
    for destinations in ([(HOME, "ap-south-1")], [(HOME, f"r-{n}") for n in range(26)]):
        with pytest.raises(ClientError) as refused:
            replicate(source, *destinations)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_push_makes_the_repository_that_a_template_describes(wharf, tmp_path):
    ecr, iam, prefix = wharf.client("ecr"), wharf.client("iam"), tasks.unique("made")
    uri = f"localhost:{wharf.port}/{prefix}/app:1"
    archive = PLAIN + str(tools.image_archive("busybox"))
    missing = images.skopeo_copy(wharf, archive, f"docker://{uri}", check=False)
    assert missing.returncode != 0 and "does not exist" in missing.stderr, missing.stderr
    lifecycle = {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3},
                "action": {"type": "expire"},
            }
        ]
    }
    made = ecr.create_repository_creation_template(
        prefix=prefix, appliedFor=["CREATE_ON_PUSH"], imageTagMutability="IMMUTABLE", description="of a test",
        resourceTags=[{"Key": "team", "Value": "a"}], lifecyclePolicy=json.dumps(lifecycle),
    )["repositoryCreationTemplate"]  # fmt: skip
    assert ecr.describe_repository_creation_templates(prefixes=[prefix])["repositoryCreationTemplates"] == [made]

    # Who may push may not therefore make repositories.
    user = tasks.unique("pusher")
    iam.create_user(UserName=user)
    allowed = ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
               "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage"]  # fmt: skip
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    iam.put_user_policy(UserName=user, PolicyName="push", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    keys = Keys.of_user(iam.create_access_key(UserName=user)["AccessKey"])
    refused = images.skopeo_copy(wharf, archive, f"docker://{uri}", keys=keys, check=False)
    assert refused.returncode != 0 and "ecr:CreateRepository" in refused.stderr, refused.stderr

    images.skopeo_copy(wharf, archive, f"docker://{uri}")
    (repository,) = ecr.describe_repositories(repositoryNames=[f"{prefix}/app"])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"] == [{"Key": "team", "Value": "a"}]
    assert json.loads(ecr.get_lifecycle_policy(repositoryName=f"{prefix}/app")["lifecyclePolicyText"]) == lifecycle
    assert pull(wharf, uri, tmp_path / "made").returncode == 0
    ecr.update_repository_creation_template(prefix=prefix, imageTagMutability="MUTABLE")
    gone = ecr.delete_repository_creation_template(prefix=prefix)["repositoryCreationTemplate"]
    assert gone["imageTagMutability"] == "MUTABLE"
    with pytest.raises(ClientError) as missing:
        ecr.delete_repository_creation_template(prefix=prefix)
    assert missing.value.response["Error"]["Code"] == "TemplateNotFoundException"
