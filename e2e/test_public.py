"""`wharf iam public`: what policies of resources let others do."""

import json

from harness import tasks

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
