"""Every form of a lifecycle rule through boto3, over a repository whose first image was pushed days before: previewed, carried out, and
told to EventBridge and CloudTrail."""

import json
import pathlib
import subprocess

import pytest

from harness import tasks
from harness.distribution import Registry
from harness.installation import Installation, Keys
from harness.waiting import wait_for
from test_registry_artifacts import image_of, layer_with, put_manifest
from test_sns import queue

DATA = pathlib.Path(__file__).resolve().parent / "fixtures" / "2026-11-20"
REPOSITORY = "team/web"
OLD = "v1"


@pytest.fixture(scope="module")
def aged(tmp_path_factory):
    """What an installation of then kept, with images of today beside it: `v1` is also `prod-1`, `prod-2` is new, two have no tag."""
    folder = tmp_path_factory.mktemp("aged")
    archive = ["-I", "zstd -d --long=27", "-xf", DATA / "data.tar.zst"]
    subprocess.run(["tar", "--numeric-owner", "--xattrs", "-C", folder, *archive], check=True)
    with Installation(data=folder / "data") as wharf:
        wharf.start(node=False)
        ecr, iam, registry = wharf.client("ecr"), wharf.client("iam"), Registry(wharf, REPOSITORY)
        # Whoever looks at the old image is not to make it look pulled.
        reader = iam.create_user(UserName=tasks.unique("reader"))["User"]
        policy = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
        iam.attach_user_policy(UserName=reader["UserName"], PolicyArn=policy)
        ecr.register_pull_time_update_exclusion(principalArn=reader["Arn"])
        keys = Keys.of_user(iam.create_access_key(UserName=reader["UserName"])["AccessKey"])
        (old,) = wharf.client("ecr", keys).batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": OLD}])["images"]
        ecr.put_image(repositoryName=REPOSITORY, imageTag="prod-1", imageManifest=old["imageManifest"])
        for number, tag in enumerate(["prod-2", None, None]):
            _, answer = put_manifest(registry, tag, image_of(registry, [layer_with(f"file-{number}", b"%d" % number)]))
            assert answer.status_code == 201, answer.text
        yield wharf


def rule(priority=1, action="expire", **selection):
    return {
        "rulePriority": priority,
        "selection": {("countNumber" if name == "count" else name): value for name, value in selection.items()},
        "action": {"type": action} | ({"targetStorageClass": "archive"} if action == "transition" else {}),
    }


DAYS = {"countType": "sinceImagePushed", "countUnit": "days", "count": 3}
NOT_PULLED = DAYS | {"countType": "sinceImagePulled"}
MORE = {"countType": "imageCountMoreThan", "count": 1}
ARCHIVED = {"storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "count": 90}
# What images would go: the tags of each, the rule, and what becomes of it.
GOES = [(("prod-1", OLD), 1, "EXPIRE")]
MOVES = [(("prod-1", OLD), 1, "TRANSITION")]
FORMS = {
    "prefix by age": ([rule(tagStatus="tagged", tagPrefixList=["prod"], **DAYS)], GOES),
    "each prefix needs a tag": ([rule(tagStatus="tagged", tagPrefixList=["prod-2", "v"], **DAYS)], []),
    "all prefixes have one": ([rule(tagStatus="tagged", tagPrefixList=["prod", "v"], **DAYS)], GOES),
    "prefix by number": ([rule(tagStatus="tagged", tagPrefixList=["prod"], **MORE)], GOES),
    "pattern by number": ([rule(tagStatus="tagged", tagPatternList=["p*d-*"], **MORE)], GOES),
    "pattern by age": ([rule(tagStatus="tagged", tagPatternList=["*-1", "v*"], **DAYS)], GOES),
    "each pattern needs a tag": ([rule(tagStatus="tagged", tagPatternList=["*-2", "v*"], **DAYS)], []),
    "untagged by age": ([rule(tagStatus="untagged", **DAYS)], []),
    "untagged by number": ([rule(tagStatus="untagged", **MORE)], [((), 1, "EXPIRE")]),
    "any by age": ([rule(tagStatus="any", **DAYS)], GOES),
    "any by number": ([rule(tagStatus="any", **MORE | {"count": 3})], GOES),
    "any by pull": ([rule(action="transition", tagStatus="any", **NOT_PULLED)], MOVES),
    "prefix by pull": ([rule(action="transition", tagStatus="tagged", tagPrefixList=["v"], **NOT_PULLED)], MOVES),
    "untagged by pull": ([rule(action="transition", tagStatus="untagged", **NOT_PULLED)], []),
    "age into the archive": ([rule(action="transition", tagStatus="any", **DAYS)], MOVES),
    "number into the archive": ([rule(action="transition", tagStatus="any", **MORE | {"count": 3})], MOVES),
    "archived": ([rule(tagStatus="any", **ARCHIVED)], []),
    "what a rule is about is out of reach of those behind it": (
        [rule(1, tagStatus="tagged", tagPrefixList=["prod"], **MORE | {"count": 9}), rule(2, tagStatus="any", **MORE)],
        [((), 2, "EXPIRE")],
    ),
    "by priority, not by place": (
        [rule(7, tagStatus="any", **MORE), rule(3, tagStatus="tagged", tagPatternList=["v*"], **DAYS)],
        [((), 7, "EXPIRE"), (("prod-2",), 7, "EXPIRE"), (("prod-1", OLD), 3, "EXPIRE")],
    ),
}


def text(rules):
    return json.dumps({"rules": rules}, indent=1)


@pytest.mark.parametrize("form", FORMS)
def test_a_preview_shows_what_the_rule_would_take(aged, form):
    rules, expected = FORMS[form]
    ecr = aged.client("ecr")
    ecr.start_lifecycle_policy_preview(repositoryName=REPOSITORY, lifecyclePolicyText=text(rules))
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(repositoryName=REPOSITORY)
    preview = ecr.get_lifecycle_policy_preview(repositoryName=REPOSITORY)
    shown = [(tuple(sorted(it.get("imageTags", ()))), it["appliedRulePriority"], it["action"]["type"]) for it in preview["previewResults"]]
    assert sorted(shown) == sorted(expected)
    expiring = sum(it[2] == "EXPIRE" for it in expected)
    assert preview["summary"]["expiringImageTotalCount"] == expiring


def run_of(ecr, rules):
    ecr.put_lifecycle_policy(repositoryName=REPOSITORY, lifecyclePolicyText=text(rules))
    wait_for(lambda: "lastEvaluatedAt" in ecr.get_lifecycle_policy(repositoryName=REPOSITORY), 30, "a run of the policy")


def test_runs_are_carried_out_and_told(aged):
    ecr, events, sqs, name = aged.client("ecr"), aged.client("events"), aged.client("sqs"), tasks.unique("aged")
    pattern = {"source": ["aws.ecr"], "detail": {"repository-name": [REPOSITORY], "action-type": ["DELETE", "UPDATE_STORAGE_CLASS"]}}
    url, target = queue(aged, events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"], service="events.amazonaws.com")
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": target}])
    (old,) = ecr.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": OLD}])["imageDetails"]

    run_of(ecr, [rule(action="transition", tagStatus="any", **NOT_PULLED)])
    (archived,) = ecr.describe_images(repositoryName=REPOSITORY, filter={"imageStatus": "ARCHIVED"})["imageDetails"]
    assert archived["imageDigest"] == old["imageDigest"] and "lastArchivedAt" in archived
    with pytest.raises(ecr.exceptions.ClientError):
        ecr.start_image_scan(repositoryName=REPOSITORY, imageId={"imageDigest": old["imageDigest"]})

    run_of(ecr, [rule(tagStatus="untagged", **MORE)])
    left = ecr.list_images(repositoryName=REPOSITORY, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert len(left) == 1
    told = {}

    def both():
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", ()):
            detail = json.loads(message["Body"])["detail"]
            told[detail["action-type"]] = detail
        return len(told) == 2

    wait_for(both, 60, "the events of the archived and the deleted image")
    deleted = told["DELETE"]
    assert (deleted["result"], deleted["image-tag"]) == ("SUCCESS", "") and deleted["image-digest"] != left[0]["imageDigest"]
    detail = told["UPDATE_STORAGE_CLASS"]
    assert (detail["result"], detail["target-storage-class"], detail["image-digest"]) == ("SUCCESS", "ARCHIVE", old["imageDigest"])

    def told():
        wanted = [{"AttributeKey": "EventName", "AttributeValue": "PolicyExecutionEvent"}]
        found = aged.client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]
        return len(found) == 2 and [json.loads(it["CloudTrailEvent"]) for it in found]

    expired, moved = wait_for(told, 30, "both runs in the audit log")
    for event, digest, action in ((expired, deleted["image-digest"], "expire"), (moved, old["imageDigest"], "transition")):
        assert (event["eventType"], event["userIdentity"]["invokedBy"]) == ("AwsServiceEvent", "ecr.amazonaws.com")
        said = event["serviceEventDetails"]
        (taken,) = said["lifecycleEventImageActions"]
        assert said["repositoryName"] == REPOSITORY
        assert (taken["lifecycleEventImage"]["digest"], taken["rulePriority"], taken["action"]) == (digest, 1, action)
