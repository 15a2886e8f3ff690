"""Enhanced scanning through boto3: packages of languages, images compared again when data changes, over a kill,
Inspector's events, and what images are made of as documents that stock programs read."""

import json
import signal

import pytest
from botocore.exceptions import ClientError

from harness import boms, tasks
from harness.installation import Installation, Place
from harness.waiting import wait_for
from test_registry import Registry
from test_scanning import DEBIAN, TRACKER, push, tar
from test_sns import queue

LODASH = {"app/node_modules/lodash/package.json": '{"name": "lodash", "version": "4.0.0"}'}


def record(name, **more):
    affected = {"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}
    return {"id": name, "affected": [affected], **more}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def installation(published):
    (published / "tracker.json").write_text(json.dumps(TRACKER))
    (published / "record.json").write_text(json.dumps(record("GHSA-1")))
    with Installation() as wharf:
        wharf.start(node=False)
        wharf.run("scan-db", "update", published)
        yield wharf


def configure(place, frequency, name):
    rules = [{"scanFrequency": frequency, "repositoryFilters": [{"filter": name, "filterType": "WILDCARD"}]}]
    answer = place.client("ecr").put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
    assert answer["registryScanningConfiguration"] == {"scanType": "ENHANCED", "rules": rules}


def findings(place, name):
    """Status and vulnerabilities of the image, once there is a scan."""
    try:
        pages = place.client("ecr").get_paginator("describe_image_scan_findings")
        pages = list(pages.paginate(repositoryName=name, imageId={"imageTag": "1"}, PaginationConfig={"PageSize": 2}))
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("ScanNotFoundException", "ImageNotFoundException"), error
        return None, []
    found = [it for page in pages for it in page.get("imageScanFindings", {}).get("enhancedFindings", [])]
    return pages[0]["imageScanStatus"]["status"], [it["packageVulnerabilityDetails"]["vulnerabilityId"] for it in found]


def until(place, name, status, ids):
    wait_for(lambda: findings(place, name) == (status, ids), 60, f"{status} with {ids}")


def of_findings(place, name):
    """What EventBridge is told of findings from now on: by vulnerability and status, the event. Of a server that was killed
    one may come twice, as the same."""
    events, sqs = place.client("events"), place.client("sqs")
    pattern = {"source": ["aws.inspector2"], "detail-type": ["Inspector2 Finding"]}
    rule = events.put_rule(Name=f"{name}-findings", EventPattern=json.dumps(pattern))["RuleArn"]
    url, target = queue(place, rule, service="events.amazonaws.com")
    events.put_targets(Rule=f"{name}-findings", Targets=[{"Id": "q", "Arn": target}])
    told, others = {}, []

    def listen():
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            of = event["detail"]["packageVulnerabilityDetails"]["vulnerabilityId"], event["detail"]["status"]
            others.extend([event] if told.setdefault(of, event) != event else [])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return told

    def until_told(*added):
        expected = set(told) | set(added)
        wait_for(lambda: set(listen()) == expected, 60, f"{added} to be told")
        assert not others

    return told, until_told


def test_images_are_compared_again_when_data_changes(installation, published, tmp_path):
    place, name = Place(installation, "eu-west-1"), tasks.unique("enhanced")
    ecr, events, sqs = (place.client(it) for it in ("ecr", "events", "sqs"))
    pattern = {"source": ["aws.inspector2"], "detail-type": ["Inspector2 Scan"]}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    url, target = queue(place, rule, service="events.amazonaws.com")
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": target}])
    told, until_told = of_findings(place, name)
    configure(place, "CONTINUOUS_SCAN", name)
    push(place, tmp_path, name, tar(DEBIAN | LODASH))
    until(place, name, "ACTIVE", ["CVE-2024-1", "CVE-2024-2", "GHSA-1"])
    image = {"repositoryName": name, "imageId": {"imageTag": "1"}}
    shown = ecr.describe_image_scan_findings(**image)
    assert shown["imageScanStatus"]["description"] == "Continuous scan is selected for image."
    first = shown["imageScanFindings"]["enhancedFindings"][0]
    assert first["remediation"]["recommendation"]["text"] == "Upgrade libssl3 to 3.0.2-1"
    assert first["resources"][0]["details"]["awsEcrContainerImage"]["repositoryName"] == name
    with pytest.raises(ClientError, match="ValidationException.*This feature is disabled"):
        ecr.start_image_scan(**image)
    (message,) = wait_for(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), 60, "Inspector's event")
    event = json.loads(message["Body"])
    repository = f"arn:aws:ecr:eu-west-1:000000000000:repository/{name}"
    assert (event["detail-type"], event["resources"]) == ("Inspector2 Scan", [repository])
    assert event["detail"]["finding-severity-counts"] == {"HIGH": 1, "INFORMATIONAL": 1, "UNTRIAGED": 1, "TOTAL": 3}
    until_told(*[(it, "ACTIVE") for it in ("CVE-2024-1", "CVE-2024-2", "GHSA-1")])
    worst = told["CVE-2024-1", "ACTIVE"]
    assert worst["resources"] == [f"{repository}/{shown['imageId']['imageDigest']}"]
    assert {it: worst["detail"][it] for it in ("findingArn", "title", "severity")} == {
        it: first[it] for it in ("findingArn", "title", "severity")
    }
    assert worst["detail"]["firstObservedAt"].endswith(("AM", "PM"))
    accepted = {"vulnerabilityId": [{"comparison": "EQUALS", "value": "GHSA-1"}]}
    place.client("inspector2").create_filter(name=name, action="SUPPRESS", filterCriteria=accepted)
    until_told(("GHSA-1", "SUPPRESSED"))

    (published / "new.json").write_text(json.dumps(record("GHSA-2")))
    installation.run("scan-db", "update", published / "new.json")
    until(place, name, "ACTIVE", ["CVE-2024-1", "CVE-2024-2", "GHSA-1", "GHSA-2"])
    seen = ecr.describe_image_scan_findings(**image)["imageScanFindings"]["enhancedFindings"]
    assert seen[3]["firstObservedAt"] > seen[2]["firstObservedAt"] == first["firstObservedAt"]
    until_told(("GHSA-2", "ACTIVE"))

    # Whatever the kill comes amidst of.
    (published / "new.json").write_text(json.dumps(record("GHSA-2", withdrawn="2024-01-01T00:00:00Z")))
    installation.run("scan-db", "update", published / "new.json")
    installation.kill_child("server", signal.SIGKILL)
    until(place, name, "ACTIVE", ["CVE-2024-1", "CVE-2024-2", "GHSA-1"])
    until_told(("GHSA-2", "CLOSED"))
    # As it was, though its scan is gone and its image now too.
    title = told["GHSA-2", "ACTIVE"]["detail"]["title"]
    assert told["GHSA-2", "CLOSED"]["detail"]["title"] == title
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "1"}])
    until_told(*[(it, "CLOSED") for it in ("CVE-2024-1", "CVE-2024-2", "GHSA-1")])


def test_images_that_were_there_before(installation, tmp_path):
    place, name = Place(installation, "eu-west-2"), tasks.unique("enhanced")
    push(place, tmp_path, name, tar(DEBIAN | LODASH))
    assert findings(place, name) == (None, [])
    configure(place, "SCAN_ON_PUSH", f"{name[:-2]}*")
    until(place, name, "COMPLETE", ["CVE-2024-1", "CVE-2024-2", "GHSA-1"])
    place.client("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[])
    place.client("ecr").start_image_scan(repositoryName=name, imageId={"imageTag": "1"})
    until(place, name, "COMPLETE", [])


def test_other_frequencies_are_told(installation):
    place, names = Place(installation, "eu-north-1"), [tasks.unique("often") for _ in range(3)]
    ecr, events, sqs = (place.client(it) for it in ("ecr", "events", "sqs"))
    for name in names:
        ecr.create_repository(repositoryName=name)
    pattern = {"source": ["aws.ecr"], "detail-type": ["ECR Scan Resource Change"]}
    rule = events.put_rule(Name=names[0], EventPattern=json.dumps(pattern))["RuleArn"]
    url, target = queue(place, rule, service="events.amazonaws.com")
    events.put_targets(Rule=names[0], Targets=[{"Id": "q", "Arn": target}])

    def told(before=None):
        # What a server delivered that was killed then is delivered again.
        while (now := one()) == before:
            pass
        return now

    def one():
        messages = wait_for(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), 60, "ECR's event")
        (detail,) = (json.loads(it["Body"])["detail"] for it in messages)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        changed = detail.pop("repositories")
        assert detail == {"action-type": "SCAN_FREQUENCY_CHANGE", "resource-type": "REPOSITORY", "scan-type": "ENHANCED"}
        assert all(it["repository-arn"].endswith(f":repository/{it['repository-name']}") for it in changed)
        return {it["repository-name"]: (it["previous-scan-frequency"], it["scan-frequency"]) for it in changed}

    configure(place, "CONTINUOUS_SCAN", names[0])
    assert told() == {names[0]: ("MANUAL", "CONTINUOUS_SCAN")}
    # The same again changes nothing, and so is not what is told next.
    configure(place, "CONTINUOUS_SCAN", names[0])
    configure(place, "SCAN_ON_PUSH", "often*")
    installation.kill_child("server", signal.SIGKILL)
    expected = {name: ("MANUAL", "SCAN_ON_PUSH") for name in names} | {names[0]: ("CONTINUOUS_SCAN", "SCAN_ON_PUSH")}
    assert told() == expected
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[])
    assert told(expected) == {name: ("SCAN_ON_PUSH", "MANUAL") for name in names}


def test_sboms_are_referrers(installation, tmp_path):
    place, name = Place(installation, "eu-west-3"), tasks.unique("enhanced")
    ecr = place.client("ecr")
    ecr.create_repository(repositoryName=name, tags=[{"Key": "wharf:sbom", "Value": "spdx cyclonedx"}])
    configure(place, "CONTINUOUS_SCAN", name)
    push(place, tmp_path, name, tar(DEBIAN | LODASH))
    until(place, name, "ACTIVE", ["CVE-2024-1", "CVE-2024-2", "GHSA-1"])
    image = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "1"}])["imageDetails"][0]["imageDigest"]
    listed = ecr.list_image_referrers(repositoryName=name, subjectId={"imageDigest": image})["referrers"]
    kinds = ["application/spdx+json", "application/vnd.cyclonedx+json"]
    assert sorted(it["artifactType"] for it in listed) == kinds

    registry = Registry(installation, name)
    registry.session.auth = ("AWS", place.registry_password())

    def get(path):
        accepted = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
        answer = registry.ask("GET", path, headers={"Accept": accepted})
        assert answer.status_code == 200, answer.text
        return answer

    index = get(f"referrers/{image}").json()
    assert {it["digest"] for it in index["manifests"]} == {it["digest"] for it in listed}
    documents = {}
    for referrer in index["manifests"]:
        manifest = get(f"manifests/{referrer['digest']}").json()
        assert manifest["subject"]["digest"] == image
        (layer,) = manifest["layers"]
        assert layer["mediaType"] == manifest["artifactType"] == referrer["artifactType"]
        documents[referrer["artifactType"]] = get(f"blobs/{layer['digest']}").text

    (tmp_path / "sbom.spdx.json").write_text(documents[kinds[0]])
    spdx = boms.spdx(tmp_path / "sbom.spdx.json")
    assert {"libssl3", "lodash"} < {it.name for it in spdx.packages}
    boms.check_cyclonedx(documents[kinds[1]], "1.5")
    purls = [it.get("purl") for it in json.loads(documents[kinds[1]])["components"]]
    assert "pkg:npm/lodash@4.0.0" in purls

    # Documents are no images: nobody scans them, and they go with theirs.
    described = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert [it["imageScanStatus"]["status"] for it in described if "imageScanStatus" in it] == ["ACTIVE"]
    # The same image is described once, however often it is looked at.
    place.client("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[])
    configure(place, "CONTINUOUS_SCAN", name)
    until(place, name, "ACTIVE", ["CVE-2024-1", "CVE-2024-2", "GHSA-1"])
    again = ecr.list_image_referrers(repositoryName=name, subjectId={"imageDigest": image})["referrers"]
    assert {it["digest"] for it in again} == {it["digest"] for it in listed}
