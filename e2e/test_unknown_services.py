"""Services that wharf does not have say so in their own protocols, to callers who prove who they are."""

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest
import requests

from harness.installation import Keys

# service, its name in signatures, operation, parameters, code, status
CALLS = [
    ("secretsmanager", "secretsmanager", "get_secret_value", {"SecretId": "a"}, "UnsupportedOperation", 400),
    ("kms", "kms", "list_keys", {}, "UnsupportedOperation", 400),
    ("events", "events", "list_rules", {}, "UnsupportedOperation", 400),
    ("sqs", "sqs", "list_queues", {}, "UnsupportedOperation", 400),
    (
        "application-autoscaling",
        "application-autoscaling",
        "describe_scalable_targets",
        {"ServiceNamespace": "ecs"},
        "UnsupportedOperation",
        400,
    ),
    ("cloudwatch", "monitoring", "list_metrics", {}, "UnsupportedOperation", 400),
    ("cloudformation", "cloudformation", "list_stacks", {}, "UnsupportedOperation", 400),
    ("lambda", "lambda", "list_functions", {}, "UnsupportedOperation", 400),
    (
        "lambda",
        "lambda",
        "invoke",
        {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f", "Payload": b"{}"},
        "UnsupportedOperation",
        400,
    ),
    ("route53", "route53", "list_hosted_zones", {}, "UnsupportedOperation", 400),
    ("s3", "s3", "list_buckets", {}, "NotImplemented", 501),
    ("s3", "s3", "get_object", {"Bucket": "bucket", "Key": "a key/é+1"}, "NotImplemented", 501),
    ("s3", "s3", "put_object", {"Bucket": "bucket", "Key": "k", "Body": b"x" * 200_000}, "NotImplemented", 501),
    ("s3", "s3", "delete_object", {"Bucket": "bucket", "Key": "k"}, "NotImplemented", 501),
]


def refusal(client, operation, parameters):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(client, operation)(**parameters)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"].get("Message", "")


@pytest.mark.parametrize(
    ("service", "name", "operation", "parameters", "code", "status"), CALLS, ids=lambda it: it if isinstance(it, str) else ""
)
def test_a_missing_service_says_which_it_is(wharf, service, name, operation, parameters, code, status):
    said = refusal(wharf.client(service), operation, parameters)
    assert said[:2] == (code, status), said
    assert said[2].startswith(f"The service {name} is not supported by this version of wharf."), said
    assert "docs/coverage.md" in said[2]


def test_a_service_of_a_few_operations_names_the_one_it_lacks(wharf):
    """Sessions of ECS Exec are resumed by ssm; parameters are not there."""
    code, _, message = refusal(wharf.client("ssm"), "get_parameter", {"Name": "a"})
    assert (code, message) == ("UnknownOperationException", "ssm:GetParameter is not supported by this version of wharf.")


def test_an_answer_without_body_has_its_status(wharf):
    code, status, message = refusal(wharf.client("s3"), "head_bucket", {"Bucket": "bucket"})
    assert (code, status, message) == ("501", 501, "Not Implemented")


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [(call[0], call[2], call[3]) for call in CALLS],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_wrong_signature_learns_nothing(wharf, service, operation, parameters):
    forger = Keys(wharf.root.access_key, "not the secret")
    *_, message = refusal(wharf.client(service, keys=forger), operation, parameters)
    assert "wharf" not in message and "coverage" not in message, message


@pytest.mark.parametrize("path", ["/bucket/key", "/2015-03-31/functions", "/service/X/operation/Y"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_an_unsigned_request_finds_nothing(wharf, method, path):
    answer = requests.request(method, wharf.endpoint + path, data=b"x", timeout=10)
    assert (answer.status_code, answer.text) == (404, "There is nothing at this path.\n")


def test_operations_of_a_service_that_is_here_are_named(wharf):
    """A client whose model is newer than wharf's."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.NewThing"}
    request = botocore.awsrequest.AWSRequest("POST", wharf.endpoint + "/", headers=headers, data=b"{}")
    keys = botocore.credentials.Credentials(wharf.root.access_key, wharf.root.secret_key)
    botocore.auth.SigV4Auth(keys, "ecs", "us-east-1").add_auth(request)
    answer = requests.post(request.url, headers=dict(request.headers), data=request.data, timeout=10)
    assert answer.json() == {"__type": "UnknownOperationException", "message": "ecs:NewThing is not supported by this version of wharf."}
