"""Amazon Inspector through boto3 and the aws CLI, over images that ECR scans: findings, coverage, filters, reports in buckets."""

import csv
import io
import json

import pytest
from botocore.exceptions import ClientError

from harness import boms, tasks
from harness.installation import Installation, Place
from harness.waiting import wait_for
from test_scanning import DEBIAN, TRACKER, push, tar
from test_scanning_enhanced import LODASH, record, until


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    published = tmp_path_factory.mktemp("published")
    (published / "tracker.json").write_text(json.dumps(TRACKER))
    (published / "record.json").write_text(json.dumps(record("GHSA-1")))
    with Installation() as wharf:
        wharf.start(node=False)
        wharf.run("scan-db", "update", published)
        yield wharf


def equals(value):
    return [{"comparison": "EQUALS", "value": value}]


def ids(inspector, **asked):
    pages = inspector.get_paginator("list_findings").paginate(**asked)
    return [it["packageVulnerabilityDetails"]["vulnerabilityId"] for page in pages for it in page["findings"]]


def test_findings_of_all_images(installation, tmp_path):
    inspector, ecr = installation.client("inspector2"), installation.client("ecr")
    assert inspector.batch_get_account_status()["accounts"][0]["resourceState"]["ecr"]["status"] == "DISABLED"
    enabled = inspector.enable(resourceTypes=["ECR"])["accounts"]
    assert [it["resourceStatus"]["ecr"] for it in enabled] == ["ENABLED"]
    rules = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    assert (rules["scanType"], rules["rules"][0]["scanFrequency"]) == ("ENHANCED", "CONTINUOUS_SCAN")
    assert inspector.batch_get_account_status()["accounts"][0]["state"]["status"] == "ENABLED"
    may = inspector.get_paginator("list_account_permissions").paginate(PaginationConfig={"PageSize": 3})
    assert [(it["service"], it["operation"]) for page in may for it in page["permissions"]] == [
        ("ECR", "DISABLE_REPOSITORY"), ("ECR", "DISABLE_SCANNING"), ("ECR", "ENABLE_REPOSITORY"), ("ECR", "ENABLE_SCANNING"),
    ]  # fmt: skip
    with pytest.raises(ClientError, match="ValidationException.*EC2"):
        inspector.enable(resourceTypes=["EC2"])

    names, found = [tasks.unique("a"), tasks.unique("b")], ["CVE-2024-1", "CVE-2024-2", "GHSA-1"]
    for name in names:
        (tmp_path / name).mkdir()
        push(Place(installation, "us-east-1"), tmp_path / name, name, tar(DEBIAN | LODASH))
        until(installation, name, "ACTIVE", found)
    assert sorted(ids(inspector)) == sorted(found * 2)
    assert sorted(ids(inspector, PaginationConfig={"PageSize": 1})) == sorted(found * 2)
    of_one = {"ecrImageRepositoryName": equals(names[1]), "severity": equals("HIGH")}
    (finding,) = inspector.list_findings(filterCriteria=of_one)["findings"]
    shown = ecr.describe_image_scan_findings(repositoryName=names[1], imageId={"imageTag": "1"})
    (same,) = [it for it in shown["imageScanFindings"]["enhancedFindings"] if it["severity"] == "HIGH"]
    for member in ("findingArn", "title", "firstObservedAt", "remediation", "fixAvailable", "type"):
        assert finding[member] == same[member], member
    other = same["findingArn"][:-1] + ("0" if same["findingArn"][-1] != "0" else "1")
    details = inspector.batch_get_finding_details(findingArns=[same["findingArn"], other])
    assert [it["findingArn"] for it in details["findingDetails"]] == [same["findingArn"]]
    assert [(it["findingArn"], it["errorCode"]) for it in details["errors"]] == [(other, "FINDING_DETAILS_NOT_FOUND")]
    worst = inspector.list_findings(sortCriteria={"field": "SEVERITY", "sortOrder": "DESC"}, maxResults=2)
    assert [it["severity"] for it in worst["findings"]] == ["HIGH", "HIGH"]
    package = {"vulnerablePackages": [{"name": {"comparison": "PREFIX", "value": "loda"}}]}
    assert ids(inspector, filterCriteria=package) == ["GHSA-1", "GHSA-1"]
    with pytest.raises(ClientError, match="ec2InstanceVpcId"):
        inspector.list_findings(filterCriteria={"ec2InstanceVpcId": equals("vpc-12345678")})

    coverage = inspector.list_coverage(filterCriteria={"ecrRepositoryName": equals(names[0])})["coveredResources"]
    assert [it["scanStatus"] for it in coverage] == [{"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}]
    assert coverage[0]["resourceMetadata"]["ecrRepository"] == {"name": names[0], "scanFrequency": "CONTINUOUS_SCAN"}
    assert inspector.list_coverage_statistics()["totalCounts"] == 2

    counted = inspector.get_paginator("list_finding_aggregations").paginate(aggregationType="REPOSITORY", PaginationConfig={"PageSize": 1})
    rows = [it["repositoryAggregation"] for page in counted for it in page["responses"]]
    assert {it["repository"]: (it["severityCounts"]["all"], it["affectedImages"]) for it in rows} == dict.fromkeys(names, (3, 1))
    of_package = {"packageAggregation": {"packageNames": equals("lodash"), "sortBy": "CRITICAL"}}
    (package,) = inspector.list_finding_aggregations(aggregationType="PACKAGE", aggregationRequest=of_package)["responses"]
    assert package["packageAggregation"]["severityCounts"]["all"] == 2
    (account,) = inspector.list_finding_aggregations(aggregationType="ACCOUNT")["responses"]
    assert account["accountAggregation"]["severityCounts"]["all"] == 6
    with pytest.raises(ClientError, match="ValidationException.*LAMBDA_LAYER"):
        inspector.list_finding_aggregations(aggregationType="LAMBDA_LAYER")


def test_what_is_published_of_a_vulnerability(installation):
    inspector = installation.client("inspector2")

    def search(vulnerability):
        return inspector.search_vulnerabilities(filterCriteria={"vulnerabilityIds": [vulnerability]})["vulnerabilities"]

    (found,) = search("CVE-2024-1")
    (finding,) = inspector.list_findings(filterCriteria={"vulnerabilityId": equals("CVE-2024-1")}, maxResults=1)["findings"]
    assert found["id"] == "CVE-2024-1" and found["description"] == finding["description"], found
    assert search("CVE-1999-1") == []
    with pytest.raises(ClientError, match="ValidationException"):
        search("GHSA-1")


def test_for_how_long_images_are_compared_again(installation):
    inspector = installation.client("inspector2")

    def state():
        return inspector.get_configuration()["ecrConfiguration"]["rescanDurationState"]

    assert state()["rescanDuration"] == "LIFETIME"
    inspector.update_configuration(ecrConfiguration={"rescanDuration": "DAYS_14", "pullDateRescanDuration": "DAYS_7"})
    installation.kill_child("server")
    wait_for(installation.healthy, 60, "the server")
    shown = state()
    assert (shown["rescanDuration"], shown["pullDateRescanDuration"], shown["status"]) == ("DAYS_14", "DAYS_7", "SUCCESS")
    # What is young enough goes on.
    assert {it["scanStatus"]["statusCode"] for it in inspector.list_coverage()["coveredResources"]} == {"ACTIVE"}
    assert shown["pullDateRescanMode"] == "LAST_PULL_DATE"
    inspector.update_configuration(ecrConfiguration={"rescanDuration": "DAYS_14", "pullDateRescanMode": "LAST_IN_USE_AT"})
    shown = state()
    assert (shown["pullDateRescanMode"], shown["pullDateRescanDuration"]) == ("LAST_IN_USE_AT", "DAYS_7")
    with pytest.raises(ClientError, match="ec2Configuration"):
        inspector.update_configuration(ec2Configuration={"scanMode": "EC2_HYBRID"})
    inspector.update_configuration(ecrConfiguration={"rescanDuration": "LIFETIME"})


def test_reports_of_findings_lie_in_a_bucket(installation):
    """Written by the service in its own name: what bucket and key say decides; none is lost in a kill."""
    inspector, s3, kms = (installation.client(it) for it in ("inspector2", "s3", "kms"))
    bucket = tasks.unique("reports")
    s3.create_bucket(Bucket=bucket)
    key = kms.create_key()["KeyMetadata"]

    def create(form="JSON", to=bucket, **more):
        destination = {"bucketName": to, "keyPrefix": "below", "kmsKeyArn": key["Arn"]}
        return inspector.create_findings_report(reportFormat=form, s3Destination=destination, **more)["reportId"]

    def ended(report):
        shown = wait_for(lambda: (now := inspector.get_findings_report_status(reportId=report))["status"] != "IN_PROGRESS" and now, 60)
        return shown["status"], shown.get("errorCode")

    def let_in(of, **extra):
        principal = {"Effect": "Allow", "Principal": {"Service": "inspector2.amazonaws.com"}, **extra}
        condition = {"StringEquals": {"aws:SourceAccount": key["AWSAccountId"]}}
        condition["ArnLike"] = {"aws:SourceArn": f"arn:aws:inspector2:us-east-1:{key['AWSAccountId']}:report/*"}
        return {"Version": "2012-10-17", "Statement": [*of, {**principal, "Condition": condition}]}

    # A bucket that is not there lets nobody in.
    assert ended(create(to=tasks.unique("none"))) == ("FAILED", "INVALID_PERMISSIONS")
    assert ended(create()) == ("FAILED", "INVALID_PERMISSIONS")
    policy = let_in([], Action="s3:PutObject", Resource=f"arn:aws:s3:::{bucket}/below/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert ended(create())[0] == "FAILED", "the key's policy does not let it in"
    own = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])["Statement"]
    policy = let_in(own, Action=["kms:GenerateDataKey*", "kms:Decrypt"], Resource="*")
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(policy))

    report = create()
    installation.kill_child("server")
    wait_for(installation.healthy, 60, "the server")
    assert ended(report) == ("SUCCEEDED", None)
    found = s3.get_object(Bucket=bucket, Key=f"below/{report}.json")
    assert found["SSEKMSKeyId"] == key["Arn"]
    written = json.loads(found["Body"].read())["findings"]
    assert sorted(it["packageVulnerabilityDetails"]["vulnerabilityId"] for it in written) == sorted(ids(inspector))
    criteria = {"vulnerabilityId": equals("GHSA-1")}
    destination = {"bucketName": bucket, "kmsKeyArn": key["Arn"], "keyPrefix": "below"}
    asked = ("--report-format", "CSV", "--s3-destination", json.dumps(destination), "--filter-criteria", json.dumps(criteria))
    report = installation.aws("inspector2", "create-findings-report", *asked)["reportId"]
    assert ended(report) == ("SUCCEEDED", None)
    assert inspector.get_findings_report_status()["filterCriteria"] == criteria
    text = s3.get_object(Bucket=bucket, Key=f"below/{report}.csv")["Body"].read().decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(it["Vulnerability Id"], it["Package Name"]) for it in rows} == {("GHSA-1", "lodash")}
    nothing = create(filterCriteria={"vulnerabilityId": equals("CVE-0")})
    assert ended(nothing) == ("FAILED", "NO_FINDINGS_FOUND")
    with pytest.raises(ClientError, match="ValidationException"):
        inspector.cancel_findings_report(reportId=nothing)
    with pytest.raises(inspector.exceptions.ResourceNotFoundException):
        inspector.get_findings_report_status(reportId="00000000-0000-0000-0000-000000000000")
    with pytest.raises(ClientError, match="kmsKeyArn"):
        bad = {"bucketName": bucket, "kmsKeyArn": "alias/x"}
        inspector.create_findings_report(reportFormat="CSV", s3Destination=bad)


def test_what_images_are_made_of_lies_in_a_bucket(installation, tmp_path):
    inspector, s3, kms = (installation.client(it) for it in ("inspector2", "s3", "kms"))
    bucket = tasks.unique("sboms")
    s3.create_bucket(Bucket=bucket)
    key = kms.create_key()["KeyMetadata"]
    account = key["AWSAccountId"]

    def let_in(of, **extra):
        principal = {"Effect": "Allow", "Principal": {"Service": "inspector2.amazonaws.com"}, **extra}
        condition = {"StringEquals": {"aws:SourceAccount": account}}
        return {"Version": "2012-10-17", "Statement": [*of, {**principal, "Condition": condition}]}

    def ended(export):
        shown = wait_for(lambda: (now := inspector.get_sbom_export(reportId=export))["status"] != "IN_PROGRESS" and now, 60)
        return shown["status"], shown.get("errorCode")

    destination = {"bucketName": bucket, "keyPrefix": "below", "kmsKeyArn": key["Arn"]}
    refused = inspector.create_sbom_export(reportFormat="SPDX_2_3", s3Destination=destination)["reportId"]
    assert ended(refused) == ("FAILED", "INVALID_PERMISSIONS")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(let_in([], Action="s3:PutObject", Resource=f"arn:aws:s3:::{bucket}/below/*")))
    own = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])["Statement"]
    policy = let_in(own, Action=["kms:GenerateDataKey*", "kms:Decrypt"], Resource="*")
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(policy))

    covered = [it["resourceId"] for it in inspector.list_coverage()["coveredResources"]]
    export = inspector.create_sbom_export(reportFormat="SPDX_2_3", s3Destination=destination)["reportId"]
    installation.kill_child("server")
    wait_for(installation.healthy, 60, "the server")
    assert ended(export) == ("SUCCEEDED", None)
    folder = f"below/SPDX_2_3_outputs_{export}/account={account}/resource=AWS_ECR_CONTAINER_IMAGE/"
    listed = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]]
    assert sorted(listed) == sorted(f"{folder}{it.replace('/', '_')}_SPDX_2_3.json" for it in covered)
    found = s3.get_object(Bucket=bucket, Key=listed[0])
    assert found["SSEKMSKeyId"] == key["Arn"]
    (tmp_path / "it.spdx.json").write_bytes(found["Body"].read())
    assert "lodash" in {it.name for it in boms.spdx(tmp_path / "it.spdx.json").packages}

    name = covered[0].split("repository/")[1].rsplit("/", 1)[0]
    asked = ("--report-format", "CYCLONEDX_1_4", "--s3-destination", json.dumps(destination))
    criteria = {"ecrRepositoryName": equals(name), "ecrImageTags": equals("1")}
    export = installation.aws("inspector2", "create-sbom-export", *asked, "--resource-filter-criteria", json.dumps(criteria))["reportId"]
    assert ended(export) == ("SUCCEEDED", None)
    assert inspector.get_sbom_export(reportId=export)["filterCriteria"] == criteria
    (written,) = s3.list_objects_v2(Bucket=bucket, Prefix=f"below/CYCLONEDX_1_4_outputs_{export}/")["Contents"]
    text = s3.get_object(Bucket=bucket, Key=written["Key"])["Body"].read().decode()
    boms.check_cyclonedx(text, "1.4")
    nothing = inspector.create_sbom_export(
        reportFormat="SPDX_2_3", s3Destination=destination, resourceFilterCriteria={"resourceType": equals("AWS_EC2_INSTANCE")}
    )
    assert ended(nothing["reportId"]) == ("FAILED", "NO_FINDINGS_FOUND")
    with pytest.raises(ClientError, match="ValidationException"):
        inspector.cancel_sbom_export(reportId=nothing["reportId"])
    with pytest.raises(inspector.exceptions.ResourceNotFoundException):
        inspector.get_sbom_export(reportId="00000000-0000-0000-0000-000000000000")
    with pytest.raises(ClientError, match="ValidationException.*reportFormat"):
        inspector.create_sbom_export(reportFormat="SPDX_3", s3Destination=destination)
    with pytest.raises(ClientError, match="lambdaFunctionName"):
        criteria = {"lambdaFunctionName": equals("f")}
        inspector.create_sbom_export(reportFormat="SPDX_2_3", s3Destination=destination, resourceFilterCriteria=criteria)

    (total,) = inspector.list_usage_totals()["totals"]
    assert {it["type"]: it["total"] for it in total["usage"]} == {"ECR_INITIAL_SCAN": len(covered), "ECR_RESCAN": 0}
    assert inspector.list_usage_totals(accountIds=["111122223333"])["totals"] == []


def test_nothing_is_shown_of_an_archived_image_until_it_is_back(installation, tmp_path):
    inspector, ecr, name = installation.client("inspector2"), installation.client("ecr"), tasks.unique("archived")
    inspector.enable(resourceTypes=["ECR"])
    push(Place(installation, "us-east-1"), tmp_path, name, tar(DEBIAN | LODASH))
    image = {"repositoryName": name, "imageId": {"imageTag": "1"}}

    def stands():
        covered = inspector.list_coverage(filterCriteria={"ecrRepositoryName": equals(name)})["coveredResources"]
        return [(it["scanStatus"]["statusCode"], it["scanStatus"]["reason"]) for it in covered]

    def found():
        return sorted(ids(inspector, filterCriteria={"ecrImageRepositoryName": equals(name)}))

    wait_for(lambda: stands() == [("ACTIVE", "SUCCESSFUL")], 60, "the end of the scan")
    before = found()
    assert before
    ecr.update_image_storage_class(**image, targetStorageClass="ARCHIVE")
    assert (stands(), found()) == ([("INACTIVE", "IMAGE_ARCHIVED")], [])
    shown = ecr.describe_image_scan_findings(**image)
    assert shown["imageScanStatus"]["status"] == "IMAGE_ARCHIVED" and "imageScanFindings" not in shown
    ecr.update_image_storage_class(**image, targetStorageClass="STANDARD")
    wait_for(lambda: stands() == [("ACTIVE", "SUCCESSFUL")], 30, "the image to be back")
    assert found() == before


def test_findings_lie_under_a_key_until_it_is_reset(installation, tmp_path):
    inspector, kms = installation.client("inspector2"), installation.client("kms")
    kind = {"scanType": "PACKAGE", "resourceType": "AWS_ECR_CONTAINER_IMAGE"}
    with pytest.raises(ClientError, match="ResourceNotFoundException.*no encryption key"):
        inspector.get_encryption_key(**kind)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError, match="scanType"):
        inspector.update_encryption_key(kmsKeyId=key, **kind | {"scanType": "CODE"})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        inspector.update_encryption_key(kmsKeyId=key[:-12] + "0" * 12, **kind)
    # Whoever names it must be allowed to hand it on.
    mine = installation.client("inspector2", tasks.user(installation, tasks.document("inspector2:*"))[1])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        mine.update_encryption_key(kmsKeyId=key, **kind)
    inspector.update_encryption_key(kmsKeyId=key, **kind)
    assert inspector.get_encryption_key(**kind)["kmsKeyId"] == key
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert sorted(grant["Operations"]) == ["Decrypt", "GenerateDataKey"]

    name, found = tasks.unique("sealed"), ["CVE-2024-1", "CVE-2024-2", "GHSA-1"]
    push(Place(installation, "us-east-1"), tmp_path, name, tar(DEBIAN | LODASH))
    until(installation, name, "ACTIVE", found)
    of_it = {"ecrImageRepositoryName": equals(name)}
    assert sorted(ids(inspector, filterCriteria=of_it)) == found
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError, match="ValidationException.*cannot be decrypted.*is disabled"):
        ids(inspector, filterCriteria=of_it)
    installation.kill_child("server")
    wait_for(installation.healthy, 60, "the server")
    with pytest.raises(ClientError, match="ValidationException.*cannot be decrypted"):
        installation.client("ecr").describe_image_scan_findings(repositoryName=name, imageId={"imageTag": "1"})
    kms.enable_key(KeyId=key)
    assert sorted(ids(inspector, filterCriteria=of_it)) == found
    inspector.reset_encryption_key(**kind)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        inspector.get_encryption_key(**kind)
    # Nothing is left under it then.
    wait_for(lambda: kms.list_grants(KeyId=key)["Grants"] == [], 60, "the grant to be given back")
    kms.disable_key(KeyId=key)
    assert sorted(ids(inspector, filterCriteria=of_it)) == found


def test_filters_suppress_findings(installation):
    inspector = installation.client("inspector2")
    suppressed = {"findingStatus": equals("SUPPRESSED")}
    criteria = {"vulnerabilityId": equals("GHSA-1")}
    arn = inspector.create_filter(name="accepted", action="SUPPRESS", filterCriteria=criteria, tags={"team": "web"})["arn"]
    assert set(ids(inspector, filterCriteria=suppressed)) == {"GHSA-1"}
    with pytest.raises(ClientError, match="BadRequestException"):
        inspector.create_filter(name="accepted", action="NONE", filterCriteria=criteria)
    installation.kill_child("server")
    (listed,) = wait_for(lambda: inspector.list_filters()["filters"], what="filters after a kill")
    assert (listed["arn"], listed["criteria"], listed["tags"]) == (arn, criteria, {"team": "web"})
    tagging = installation.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["inspector2"])
    assert [it["ResourceARN"] for it in tagging["ResourceTagMappingList"]] == [arn]
    inspector.update_filter(filterArn=arn, action="NONE")
    assert ids(inspector, filterCriteria=suppressed) == []
    inspector.delete_filter(arn=arn)
    with pytest.raises(inspector.exceptions.ResourceNotFoundException):
        inspector.delete_filter(arn=arn)
    inspector.disable(resourceTypes=["ECR"])
    assert installation.client("ecr").get_registry_scanning_configuration()["scanningConfiguration"]["scanType"] == "BASIC"
