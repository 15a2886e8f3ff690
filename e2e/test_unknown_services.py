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
    ("apprunner", "apprunner", "list_services", {}, "UnsupportedOperation", 400),
    ("servicediscovery", "servicediscovery", "list_namespaces", {}, "UnsupportedOperation", 400),
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
    # A path below the registry's.
    ("apigatewayv2", "apigateway", "get_apis", {}, "UnsupportedOperation", 400),
    ("apigatewayv2", "apigateway", "create_api", {"Name": "a", "ProtocolType": "HTTP"}, "UnsupportedOperation", 400),
    # Larger than the body of any call that is there.
    (
        "lambda",
        "lambda",
        "create_function",
        {"FunctionName": "f", "Role": "r", "Code": {"ZipFile": b"x" * (9 << 20)}},
        "UnsupportedOperation",
        400,
    ),
    ("route53", "route53", "list_hosted_zones", {}, "UnsupportedOperation", 400),
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
    """Of Systems Manager there are parameters and sessions; other operations of its model say so, the rest are unknown."""
    code, _, message = refusal(wharf.client("ssm"), "list_documents", {})
    assert (code, message) == ("UnsupportedOperation", "ssm:ListDocuments is not supported by this version of wharf.")
    code, _, message = refusal(wharf.client("ssm"), "describe_patch_groups", {})
    assert (code, message) == ("UnknownOperationException", "ssm:DescribePatchGroups is not supported by this version of wharf.")


def test_classic_load_balancers_are_named(wharf):
    code, status, message = refusal(wharf.client("elb"), "describe_load_balancers", {})
    assert (code, status) == ("UnsupportedOperation", 400)
    assert message.startswith(
        "Classic Load Balancers are not supported by this version of wharf, which has Elastic Load Balancing v2 alone."
    )
    assert "docs/coverage.md" in message
    forger = Keys(wharf.root.access_key, "not the secret")
    *_, message = refusal(wharf.client("elb", keys=forger), "describe_load_balancers", {})
    assert "wharf" not in message, message


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("describe_hosts", {}), ("describe_vpn_connections", {}), ("describe_verified_access_groups", {})],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_operations_that_ec2_lacks_are_named(wharf, operation, parameters):
    """The code is AWS's for regions without them, which Terraform takes for an answer."""
    code, status, message = refusal(wharf.client("ec2"), operation, parameters)
    name = "".join(part.capitalize() for part in operation.split("_"))
    assert (code, status) == ("InvalidAction", 400)
    assert message.startswith(f"ec2:{name} is not supported by this version of wharf.")


def test_what_is_no_operation_of_ec2_has_awss_sentence(wharf):
    request = botocore.awsrequest.AWSRequest(
        "POST",
        wharf.endpoint + "/",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        data="Action=DescribeNothing&Version=2016-11-15",
    )
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(wharf.root.access_key, wharf.root.secret_key), "ec2", "us-east-1").add_auth(
        request
    )
    answer = requests.post(request.url, headers=dict(request.headers), data=request.data, timeout=10)
    assert answer.status_code == 400 and "<Code>InvalidAction</Code>" in answer.text
    assert "The action DescribeNothing is not valid for this web service." in answer.text


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [(call[0], call[2], call[3]) for call in CALLS],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_wrong_signature_learns_nothing(wharf, service, operation, parameters):
    forger = Keys(wharf.root.access_key, "not the secret")
    *_, message = refusal(wharf.client(service, keys=forger), operation, parameters)
    assert "wharf" not in message and "coverage" not in message, message


@pytest.mark.parametrize("path", ["/a/b", "/Functions/x", "/service_x/operation/Y"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_an_unsigned_request_finds_nothing(wharf, method, path):
    answer = requests.request(method, wharf.endpoint + path, data=b"x", timeout=10)
    assert (answer.status_code, answer.text) == (404, "There is nothing at this path.\n")


@pytest.mark.parametrize("path", ["/bucket/key", "/2015-03-31/functions", "/service/X/operation/Y"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_an_unsigned_request_for_what_may_be_a_bucket_gets_the_answer_of_s3(wharf, method, path):
    answer = requests.request(method, wharf.endpoint + path, data=b"x", timeout=10)
    code = (405, "MethodNotAllowed") if method == "POST" else (404, "NoSuchBucket")
    assert answer.status_code == code[0] and f"<Error><Code>{code[1]}</Code>" in answer.text, answer.text


def test_operations_of_a_service_that_is_here_are_named(wharf):
    """A client whose model is newer than wharf's."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.NewThing"}
    request = botocore.awsrequest.AWSRequest("POST", wharf.endpoint + "/", headers=headers, data=b"{}")
    keys = botocore.credentials.Credentials(wharf.root.access_key, wharf.root.secret_key)
    botocore.auth.SigV4Auth(keys, "ecs", "us-east-1").add_auth(request)
    answer = requests.post(request.url, headers=dict(request.headers), data=request.data, timeout=10)
    assert answer.json() == {"__type": "UnknownOperationException", "message": "ecs:NewThing is not supported by this version of wharf."}


@pytest.mark.parametrize(
    ("service", "operation", "member", "code", "parameters"),
    [
        ("ec2", "create_vpc", "Ipv4NetmaskLength", "UnsupportedOperation", {"CidrBlock": "10.0.0.0/16", "Ipv4NetmaskLength": 16}),
        ("ecs", "list_services", "resourceManagementType", "UnsupportedFeatureException", {"resourceManagementType": "ECS"}),
        ("logs", "describe_log_groups", "includeLinkedAccounts", "InvalidParameterException", {"includeLinkedAccounts": True}),
        (
            "sts",
            "assume_role",
            "ProvidedContexts",
            "UnsupportedOperation",
            {
                "RoleArn": "arn:aws:iam::000000000000:role/a-role",
                "RoleSessionName": "a-session",
                "ProvidedContexts": [{"ProviderArn": "arn:aws:iam::aws:contextProvider/A", "ContextAssertion": "said"}],
            },
        ),
        ("elbv2", "describe_ssl_policies", "LoadBalancerType", "UnsupportedOperation", {"LoadBalancerType": "gateway"}),
    ],
)
def test_members_that_are_not_understood(wharf, service, operation, member, code, parameters):
    """They are refused by name, before anything is done."""
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(wharf.client(service), operation)(**parameters)
    error = refused.value.response["Error"]
    text = f"The parameter {member} is not supported by this version of wharf."
    assert (error["Code"], error["Message"]) == (code, text)


def test_members_that_say_what_happens_anyway(wharf):
    wharf.client("logs").describe_log_groups(includeLinkedAccounts=False)
    wharf.client("elbv2").describe_ssl_policies(LoadBalancerType="application")
    wharf.client("ec2").describe_regions(AllRegions=True)
