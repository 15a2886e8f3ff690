"""`wharf iam public`: what policies of resources let others do."""

import json

from harness import images, tasks
from harness.waiting import wait_for

OTHER = "111122223333"


def opened(wharf, resource):
    found = json.loads(wharf.run("iam", "public", "--json").stdout)
    assert found["unread"] == []
    return [it for it in found["open"] if it["resource"].endswith(resource)]


def allowing(who, action, **more):
    statement = {"Effect": "Allow", "Principal": who, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_what_is_open_and_what_is_not(wharf):
    sqs, s3, iam, ecr = (wharf.client(name) for name in ("sqs", "s3", "iam", "ecr"))
    name = tasks.unique("open")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert opened(wharf, name) == []
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowing({"AWS": OTHER}, "sqs:SendMessage", Resource="*")})
    (found,) = opened(wharf, name)
    assert (found["who"], found["actions"], found["conditions"]) == ([OTHER], ["sqs:SendMessage"], [])

    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=allowing("*", "s3:GetObject", Resource=f"arn:aws:s3:::{name}/*"))
    (found,) = [it for it in opened(wharf, name) if "s3" in it["resource"]]
    assert (found["who"], found["resource"]) == (["*"], f"arn:aws:s3:::{name}")

    trust = allowing({"AWS": OTHER}, "sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "x"}})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    (found,) = [it for it in opened(wharf, name) if ":role/" in it["resource"]]
    assert found["conditions"] == ["StringEquals sts:ExternalId x"]

    ecr.create_repository(repositoryName=name)
    ecr.set_repository_policy(repositoryName=name, policyText=allowing({"AWS": OTHER}, "ecr:BatchGetImage"))
    assert len(opened(wharf, f"repository/{name}")) == 1
    public = wharf.client("ecr-public")
    public.create_repository(repositoryName=name)
    public.set_repository_policy(repositoryName=name, policyText=allowing({"AWS": OTHER}, "ecr-public:PutImage"))
    (found,) = opened(wharf, f"public repository/{name}")
    assert found["actions"] == ["ecr-public:PutImage"]

    kms, logs = wharf.client("kms"), wharf.client("logs")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert opened(wharf, key) == []
    context = {"EncryptionContextEquals": {"app": "web"}}
    grantee = f"arn:aws:iam::{OTHER}:role/reader"
    grant = kms.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["Decrypt"], Constraints=context)["GrantId"]
    (found,) = opened(wharf, f"{key} grant {grant}")
    assert (found["who"], found["actions"], found["conditions"]) == ([grantee], ["kms:Decrypt"], ["EncryptionContextEquals app=web"])
    kms.revoke_grant(KeyId=key, GrantId=grant)
    assert opened(wharf, grant) == []
    group = "arn:aws:logs:us-east-1:000000000000:log-group:*"
    logs.put_resource_policy(policyName=name, policyDocument=allowing({"AWS": OTHER}, "logs:PutLogEvents", Resource=group))
    (found,) = [it for it in opened(wharf, name) if it["resource"].startswith("log groups")]
    assert (found["who"], found["actions"]) == ([OTHER], ["logs:PutLogEvents"])
    logs.delete_resource_policy(policyName=name)

    shown = wharf.run("iam", "public").stdout.splitlines()
    assert shown[0].split() == ["WHO", "RESOURCE", "ACTIONS", "IF"]
    assert any(OTHER in line and name in line for line in shown)
    # Open to the account's own alone is not open.
    own = allowing("*", "sqs:*", Resource="*", Condition={"StringEquals": {"aws:PrincipalAccount": "000000000000"}})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": own})
    assert [it for it in opened(wharf, name) if "sqs" in it["resource"] or "queue" in it["resource"]] == []


def test_policies_of_file_systems_destinations_and_the_registry(wharf):
    efs, logs, ecr = wharf.client("efs"), wharf.client("logs"), wharf.client("ecr")
    name = tasks.unique("open")
    system = efs.create_file_system(CreationToken=name)["FileSystemId"]
    wait_for(lambda: efs.describe_file_systems(FileSystemId=system)["FileSystems"][0]["LifeCycleState"] == "available")
    assert opened(wharf, system) == []
    efs.put_file_system_policy(FileSystemId=system, Policy=allowing({"AWS": OTHER}, "elasticfilesystem:ClientMount"))
    (found,) = opened(wharf, f"file-system/{system}")
    assert (found["who"], found["actions"]) == ([OTHER], ["elasticfilesystem:ClientMount"])
    efs.delete_file_system(FileSystemId=system)

    trust = allowing({"Service": "logs.amazonaws.com"}, "sts:AssumeRole")
    role = wharf.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sqs = wharf.client("sqs")
    queue = sqs.get_queue_attributes(QueueUrl=sqs.create_queue(QueueName=name)["QueueUrl"], AttributeNames=["QueueArn"])
    queue = queue["Attributes"]["QueueArn"]
    arn = logs.put_destination(destinationName=name, targetArn=queue, roleArn=role)["destination"]["arn"]
    assert opened(wharf, arn) == []
    logs.put_destination_policy(destinationName=name, accessPolicy=allowing({"AWS": OTHER}, "logs:PutSubscriptionFilter", Resource=arn))
    (found,) = opened(wharf, arn)
    assert (found["who"], found["actions"]) == ([OTHER], ["logs:PutSubscriptionFilter"])
    logs.delete_destination(destinationName=name)

    assert opened(wharf, "registry") == []
    repositories = "arn:aws:ecr:us-east-1:000000000000:repository/*"
    ecr.put_registry_policy(policyText=allowing({"AWS": f"arn:aws:iam::{OTHER}:root"}, "ecr:ReplicateImage", Resource=repositories))
    (found,) = opened(wharf, "registry")
    assert found["actions"] == ["ecr:ReplicateImage"]
    ecr.delete_registry_policy()


def test_images_and_snapshots_that_are_shared(wharf):
    ec2 = wharf.client("ec2")
    volume = ec2.create_volume(Size=1, AvailabilityZone=ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"])["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume])
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot])
    name = tasks.unique("open")
    images.push(wharf, "busybox", name=name, tag="1")
    image = ec2.register_image(Name=name, ImageLocation=f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{name}:1")["ImageId"]
    assert opened(wharf, snapshot) + opened(wharf, image) == []
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=[OTHER])
    (found,) = opened(wharf, f"snapshot/{snapshot}")
    assert (found["who"], found["actions"]) == ([OTHER], ["ec2:CopySnapshot", "ec2:CreateVolume"])
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}, {"Group": "all"}]})
    (found,) = opened(wharf, f"image/{image}")
    assert (sorted(found["who"]), found["actions"]) == (["*", OTHER], ["ec2:RunInstances"])
    ec2.reset_image_attribute(ImageId=image, Attribute="launchPermission")
    assert opened(wharf, image) == []
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=snapshot)
    ec2.delete_volume(VolumeId=volume)
