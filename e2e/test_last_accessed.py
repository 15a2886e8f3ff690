"""When users and roles last used services, through the aws CLI, over an end of the server as well."""

import json
import signal

from harness import tasks
from harness.installation import Keys


def details(wharf, arn, granularity):
    job = wharf.aws("iam", "generate-service-last-accessed-details", "--arn", arn, "--granularity", granularity)["JobId"]
    found = wharf.aws("iam", "get-service-last-accessed-details", "--job-id", job)
    assert (found["JobStatus"], found["JobType"]) == ("COMPLETED", granularity)
    return job, {it["ServiceNamespace"]: it for it in found["ServicesLastAccessed"]}


def test_what_a_user_last_used(wharf):
    iam, name = wharf.client("iam"), tasks.unique("reader")
    user = iam.create_user(UserName=name)["User"]["Arn"]
    policy = tasks.document(["sqs:*", "ecs:List*", "logs:DescribeLogGroups"])
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = Keys(key["AccessKeyId"], key["SecretAccessKey"])
    _, before = details(wharf, user, "SERVICE_LEVEL")
    assert sorted(before) == ["ecs", "logs", "sqs"]
    assert all(it["TotalAuthenticatedEntities"] == 0 and "LastAuthenticated" not in it for it in before.values())
    assert before["sqs"]["ServiceName"] == "Amazon SQS"
    granting = wharf.aws("iam", "list-policies-granting-service-access", "--arn", user, "--service-namespaces", "sqs", "ec2")
    granting = {it["ServiceNamespace"]: it["Policies"] for it in granting["PoliciesGrantingServiceAccess"]}
    assert granting == {"ec2": [], "sqs": [{"PolicyName": "p", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": name}]}

    wharf.client("sqs", keys).list_queues()
    wharf.client("ecs", keys).list_clusters()
    job, after = details(wharf, user, "ACTION_LEVEL")
    assert after["ecs"]["LastAuthenticatedEntity"] == user and after["ecs"]["LastAuthenticatedRegion"] == "us-east-1"
    assert after["logs"]["TotalAuthenticatedEntities"] == 0
    used = {it["ActionName"] for it in after["sqs"]["TrackedActionsLastAccessed"] if "LastAccessedTime" in it}
    assert used == {"ListQueues"}
    known = {it["ActionName"] for it in after["sqs"]["TrackedActionsLastAccessed"]}
    assert "CreateQueue" in known and "SendMessage" not in known, "uses of data are not tracked"
    entities = wharf.aws("iam", "get-service-last-accessed-details-with-entities", "--job-id", job, "--service-namespace", "ecs")
    (entity,) = entities["EntityDetailsList"]
    assert (entity["EntityInfo"]["Name"], entity["EntityInfo"]["Type"]) == (name, "USER") and entity["LastAuthenticated"]


def test_when_a_role_was_last_used(wharf):
    iam, name = wharf.client("iam"), tasks.unique("used")
    account = wharf.client("sts").get_caller_identity()["Account"]
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    assert wharf.aws("iam", "get-role", "--role-name", name)["Role"]["RoleLastUsed"] == {}
    user = tasks.unique("taker")
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=tasks.document("sts:AssumeRole"))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    sts = wharf.client("sts", Keys(key["AccessKeyId"], key["SecretAccessKey"]))
    got = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
    keys = Keys(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
    # Denied, and an attempt all the same.
    assert "AccessDenied" in wharf.aws("sqs", "list-queues", keys=keys, check=False).stderr
    assert wharf.aws("iam", "get-role", "--role-name", name)["Role"]["RoleLastUsed"]["Region"] == "us-east-1"
    # It writes down what it knows when it is asked to end; a kill -9 may cost the last minute.
    wharf.kill_child("server", signal.SIGTERM)
    assert wharf.aws("iam", "get-role", "--role-name", name)["Role"]["RoleLastUsed"]["Region"] == "us-east-1"
