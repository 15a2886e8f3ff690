"""What services tell by themselves, as a rule of the default bus gets it: certificates, secrets, parameters, container instances,
services and their deployments, replicated images."""

import datetime
import json

import pytest

from harness import images, tasks
from harness.installation import Place
from harness.waiting import wait_as_boto3, wait_for
from test_ec2_instances import own_image_of
from test_sns import queue


@pytest.fixture(scope="module")
def told(wharf):
    """Waits for the next event of a detail type that is as wanted."""
    events, sqs, rule = wharf.client("events"), wharf.client("sqs"), tasks.unique("told")
    sources = ["aws.acm", "aws.autoscaling", "aws.ecr", "aws.ecs", "aws.secretsmanager", "aws.ssm"]
    arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": sources}))["RuleArn"]
    url, target = queue(wharf, arn, service="events.amazonaws.com")
    assert events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": target}])["FailedEntryCount"] == 0
    got = []

    def next_of(kind, wanted):
        def look():
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
            for message in messages:
                got.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return next((it for it in got if it["detail-type"] == kind and wanted(it)), None)

        return wait_for(look, 60, f"{kind} is told")

    yield next_of
    events.remove_targets(Rule=rule, Ids=["q"])
    events.delete_rule(Name=rule)
    sqs.delete_queue(QueueUrl=url)


def test_certificates(wharf, told):
    acm = wharf.client("acm")
    assert acm.get_account_configuration()["ExpiryEvents"]["DaysBeforeExpiry"] == 45
    arn = acm.request_certificate(DomainName="told.example.com", ValidationMethod="DNS")["CertificateArn"]
    event = told("ACM Certificate Available", lambda it: it["resources"] == [arn])
    detail = event["detail"]
    assert (event["source"], detail["Action"], detail["CommonName"]) == ("aws.acm", "ISSUANCE", "told.example.com")
    assert detail["InUse"] is False and detail["DaysToExpiry"] > 45
    # From now on its end is near.
    acm.put_account_configuration(ExpiryEvents={"DaysBeforeExpiry": 395}, IdempotencyToken="near")
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "look", "Value": "again"}])
    near = told("ACM Certificate Approaching Expiration", lambda it: it["resources"] == [arn])
    assert near["detail"] == {"DaysToExpiry": detail["DaysToExpiry"], "CommonName": "told.example.com"}
    acm.put_account_configuration(ExpiryEvents={"DaysBeforeExpiry": 45}, IdempotencyToken="far")
    acm.delete_certificate(CertificateArn=arn)


def test_secrets_that_are_deleted_and_restored(wharf, told):
    secrets = wharf.client("secretsmanager")
    made = secrets.create_secret(Name=tasks.unique("told"), SecretString="x")
    about = {"SecretId": made["ARN"], "SecretVersionId": made["VersionId"]}
    secrets.delete_secret(SecretId=made["ARN"])
    secrets.restore_secret(SecretId=made["ARN"])
    secrets.delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)
    for name in ("StartSecretVersionDelete", "CancelSecretVersionDelete", "EndSecretVersionDelete"):
        event = told(
            "AWS Service Event via CloudTrail",
            lambda it, name=name: it["detail"]["eventName"] == name and it["detail"]["additionalEventData"] == about,
        )
        assert event["source"] == "aws.secretsmanager" and event["detail"]["eventType"] == "AwsServiceEvent"


def test_policies_of_parameters(wharf, told):
    ssm, name = wharf.client("ssm"), f"/{tasks.unique('told')}"
    end = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    policies = [
        {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": end}},
        {"Type": "ExpirationNotification", "Version": "1.0", "Attributes": {"Before": "2", "Unit": "Hours"}},
    ]
    ssm.put_parameter(Name=name, Value="x", Type="String", Tier="Advanced", Policies=json.dumps(policies))
    event = told("Parameter Store Policy Action", lambda it: it["detail"]["parameter-name"] == name)
    assert event["detail"]["policy-type"] == "ExpirationNotification"
    ssm.delete_parameter(Name=name)


def test_container_instances(wharf, told):
    ecs = wharf.client("ecs")
    arn = ecs.list_container_instances()["containerInstanceArns"][0]
    ecs.update_container_instances_state(containerInstances=[arn], status="DRAINING")
    ecs.update_container_instances_state(containerInstances=[arn], status="ACTIVE")
    kind = "ECS Container Instance State Change"
    event = told(kind, lambda it: it["detail"]["status"] == "DRAINING")
    assert (event["source"], event["resources"]) == ("aws.ecs", [arn])
    assert {it["name"] for it in event["detail"]["remainingResources"]} >= {"CPU", "MEMORY"}
    # Tasks of others may come and go meanwhile, and change what is left.
    told(kind, lambda it: it["detail"]["version"] > event["detail"]["version"] and it["detail"]["status"] == "ACTIVE")


def test_services_and_their_deployments(wharf, told, busybox):
    ecs, cluster = wharf.client("ecs"), "arn:aws:ecs:us-east-1:000000000000:cluster/default"
    runs = tasks.register(wharf, busybox, stopTimeout=2, **tasks.sh(": a told service; trap exit TERM; while :; do sleep 1; done"))
    made = ecs.create_service(serviceName=tasks.unique("told"), taskDefinition=runs, desiredCount=1, launchType="EC2")["service"]
    arn = made["serviceArn"]

    def deployed(name, deployment):
        of = {"eventName": name, "deploymentId": deployment}
        event = told("ECS Deployment State Change", lambda it: it["resources"] == [arn] and it["detail"].items() >= of.items())
        assert (event["source"], event["detail"].keys()) == ("aws.ecs", {*of, "eventType", "updatedAt", "reason"})
        return event["detail"]["eventType"], event["detail"]["reason"]

    def acted(name):
        event = told("ECS Service Action", lambda it: it["resources"] == [arn] and it["detail"]["eventName"] == name)
        assert event["source"] == "aws.ecs" and event["detail"]["clusterArn"] == cluster and event["detail"]["createdAt"]
        return event["detail"]

    first = made["deployments"][0]["id"]
    assert deployed("SERVICE_DEPLOYMENT_IN_PROGRESS", first) == ("INFO", f"ECS deployment {first} in progress.")
    assert deployed("SERVICE_DEPLOYMENT_COMPLETED", first) == ("INFO", f"ECS deployment {first} completed.")
    assert acted("SERVICE_STEADY_STATE")["eventType"] == "INFO"

    # One that never runs, and one that no host has room for.
    broken = tasks.register(wharf, wharf.registry + "/no-such-image:1")
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    updated = ecs.update_service(service=arn, taskDefinition=broken, deploymentConfiguration=breaker)["service"]
    second = next(it["id"] for it in updated["deployments"] if it["status"] == "PRIMARY")
    kind, reason = deployed("SERVICE_DEPLOYMENT_FAILED", second)
    assert kind == "ERROR" and reason.startswith("ECS deployment circuit breaker: "), reason
    large = tasks.register(wharf, busybox, memory=9_000_000)
    ecs.update_service(service=arn, taskDefinition=large)
    unplaced = acted("SERVICE_TASK_PLACEMENT_FAILURE")
    assert (unplaced["eventType"], unplaced["reason"]) == ("ERROR", "RESOURCE:MEMORY")
    ecs.delete_service(service=arn, force=True)
    wait_as_boto3(ecs, "services_inactive", services=[arn])


def test_images_that_arrive_by_replication(wharf, told):
    source, name = Place(wharf, "sa-east-1"), tasks.unique("told")
    destination = {"registryId": "000000000000", "region": "us-east-1"}
    rules = [{"destinations": [destination], "repositoryFilters": [{"filter": name, "filterType": "PREFIX_MATCH"}]}]
    source.client("ecr").put_replication_configuration(replicationConfiguration={"rules": rules})
    images.push(source, "busybox", name=name, tag="1")
    event = told("ECR Replication Action", lambda it: it["detail"]["repository-name"] == name)
    assert event["resources"] == [f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"]
    assert event["detail"].pop("image-digest").startswith("sha256:")
    assert event["detail"] == {
        "result": "SUCCESS", "repository-name": name, "source-account": "000000000000", "action-type": "REPLICATE",
        "source-region": "sa-east-1", "image-tag": "1",
    }  # fmt: skip
    source.client("ecr").put_replication_configuration(replicationConfiguration={"rules": []})


def test_a_refresh_of_a_group_of_instances(wharf, told):
    """Of a group without any: it begins and is over at once."""
    ec2, groups, name = wharf.client("ec2"), wharf.client("autoscaling"), tasks.unique("told")
    template = {"ImageId": own_image_of(wharf), "InstanceType": "t3.nano"}
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=template)
    (subnet, *_) = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    of_template = {"LaunchTemplateName": name, "Version": "1"}
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=0, VPCZoneIdentifier=subnet["SubnetId"], LaunchTemplate=of_template
    )
    refresh = groups.start_instance_refresh(AutoScalingGroupName=name)["InstanceRefreshId"]
    (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    for kind in ("Started", "Succeeded"):
        event = told(f"EC2 Auto Scaling Instance Refresh {kind}", lambda it: it["detail"]["InstanceRefreshId"] == refresh)
        assert event["resources"] == [group["AutoScalingGroupARN"]]
        assert event["detail"] == {"InstanceRefreshId": refresh, "AutoScalingGroupName": name}
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    ec2.delete_launch_template(LaunchTemplateName=name)
