"""Policies of resources mean the very user that they name: whoever is made under its name later is another."""

import json

from harness import tasks
from harness.installation import Keys
from harness.refusals import refused


def policy(arn, action, **more):
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def named(text):
    return json.loads(text)["Statement"][0]["Principal"]["AWS"]


def test_a_namesake_is_not_who_was_named(wharf):
    iam, name = wharf.client("iam"), tasks.unique("namesake")
    s3, sqs, sns, secrets = (wharf.client(it) for it in ("s3", "sqs", "sns", "secretsmanager"))
    ecr, events, logs = (wharf.client(it) for it in ("ecr", "events", "logs"))
    ecr.create_repository(repositoryName=name)
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    s3.create_bucket(Bucket=name)
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    topic = sns.create_topic(Name=name)["TopicArn"]
    secret = secrets.create_secret(Name=name, SecretString="one")["ARN"]
    here = f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def made():
        user = iam.create_user(UserName=name)["User"]
        return user, iam.create_access_key(UserName=name)["AccessKey"]

    def attached(arn):
        """What attaches a policy to each, which lets that one in, and what the refusal of nobody says."""
        in_bucket = policy(arn, "s3:ListBucket", Resource=f"arn:aws:s3:::{name}")
        in_queue, in_topic = policy(arn, "sqs:SendMessage", Resource=here), policy(arn, "sns:Publish", Resource=topic)
        in_secret = policy(arn, "secretsmanager:GetSecretValue", Resource="*")
        in_bus = policy(arn, "events:PutEvents", Resource=bus)
        return [
            (s3.put_bucket_policy, {"Bucket": name, "Policy": in_bucket}, ("MalformedPolicy", "Invalid principal in policy")),
            (
                sqs.set_queue_attributes,
                {"QueueUrl": queue, "Attributes": {"Policy": in_queue}},
                ("InvalidAttributeValue", "Invalid value for the parameter Policy."),
            ),
            (
                sns.set_topic_attributes,
                {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": in_topic},
                ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
            ),
            (
                secrets.put_resource_policy,
                {"SecretId": secret, "ResourcePolicy": in_secret},
                ("MalformedPolicyDocumentException", "This resource policy contains an unsupported principal."),
            ),
            (
                ecr.set_repository_policy,
                {"repositoryName": name, "policyText": policy(arn, "ecr:ListImages")},
                (
                    "InvalidParameterException",
                    f"Invalid parameter at 'PolicyText' failed to satisfy constraint: 'There is no principal {arn}'",
                ),
            ),
            (
                events.put_permission,
                {"EventBusName": name, "Policy": in_bus},
                ("ValidationException", f"Parameter Policy is not valid. Reason: There is no principal {arn}."),
            ),
            (
                logs.put_resource_policy,
                {"policyName": name, "policyDocument": policy(arn, "logs:PutLogEvents", Resource="*")},
                ("InvalidParameterException", f"Unexpected token or invalid policy document: there is no principal {arn}"),
            ),
        ]

    def uses(key):
        keys = Keys.of_user(key)
        return [
            (wharf.client("s3", keys).list_objects_v2, {"Bucket": name}),
            (wharf.client("sqs", keys).send_message, {"QueueUrl": queue, "MessageBody": "x"}),
            (wharf.client("sns", keys).publish, {"TopicArn": topic, "Message": "x"}),
            (wharf.client("secretsmanager", keys).get_secret_value, {"SecretId": secret}),
            (wharf.client("ecr", keys).list_images, {"repositoryName": name}),
        ]

    def shown():
        of_logs = {it["policyName"]: it["policyDocument"] for it in logs.describe_resource_policies()["resourcePolicies"]}
        return {
            named(of_logs[name]),
            named(s3.get_bucket_policy(Bucket=name)["Policy"]),
            named(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]),
            named(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]),
            named(secrets.get_resource_policy(SecretId=secret)["ResourcePolicy"]),
            named(ecr.get_repository_policy(repositoryName=name)["policyText"]),
            named(events.describe_event_bus(Name=name)["Policy"]),
        }

    first, key = made()
    for put, parameters, _ in attached(first["Arn"]):
        put(**parameters)
    assert shown() == {first["Arn"]}
    for use, parameters in uses(key):
        use(**parameters)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
    for put, parameters, refusal in attached(first["Arn"]):
        code, message = refused(put, **parameters)
        assert code.endswith(refusal[0]) and message == refusal[1]
    second, key = made()
    assert second["Arn"] == first["Arn"]
    assert shown() == {first["UserId"]}
    for use, parameters in uses(key):
        code, _ = refused(use, **parameters)
        assert code in ("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"), use
    for put, parameters, _ in attached(second["Arn"]):
        put(**parameters)
    assert shown() == {second["Arn"]}
    for use, parameters in uses(key):
        use(**parameters)
    logs.delete_resource_policy(policyName=name)
