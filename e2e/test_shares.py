"""No account fills the control plane for the others: its records have a share, in whichever regions it keeps them."""

import json

import botocore.exceptions
import pytest

from harness.installation import Installation, Keys
from harness.refusals import refused


@pytest.fixture(scope="module")
def wharf():
    """An installation where an account has 1 MiB of records, and clients may name one region more."""
    with Installation(arguments=["--account-records", "1M", "--add-region", "de-cellar-1"]) as wharf:
        yield wharf.start(node=False)


def fill(wharf, keys, region):
    """Parameters until there is no room; what is answered then, and how many there are."""
    ssm = wharf.client("ssm", keys, region=region)
    for number in range(2000):
        try:
            ssm.put_parameter(Name=f"/p/{number}", Value="x" * 4000, Type="String")
        except botocore.exceptions.ClientError as error:
            return error.response["Error"], number
    raise AssertionError("all of it was taken")


def test_an_account_that_is_full_is_told_so_and_others_go_on(wharf):
    made = json.loads(wharf.run("account", "create", "greedy", "--json").stdout)
    account, greedy = made["account"]["id"], Keys(made["accessKeyId"], made["secretAccessKey"])
    s3 = wharf.client("s3", greedy)
    s3.create_bucket(Bucket="greedy-bucket")
    s3.put_object(Bucket="greedy-bucket", Key="first", Body=b"x")
    error, number = fill(wharf, greedy, "us-east-1")
    text = f"Account {account} holds all of the 1 MiB that its records may take in the control plane."
    assert error["Code"] == "ParameterLimitExceeded" and error["Message"].startswith(text)
    assert 50 < number < 300
    # Neither another region nor another service gives it more.
    error, number = fill(wharf, greedy, "de-cellar-1")
    assert error["Message"].startswith(text) and number < 3
    code, message = refused(s3.put_object, Bucket="greedy-bucket", Key="k" * 1000, Body=b"x", Metadata={"m": "v" * 1900})
    assert (code, message.startswith(text)) == ("InsufficientStorage", True)
    # Others have their own share.
    wharf.client("ssm").put_parameter(Name="/home", Value="x" * 4000, Type="String")
    # So it is after a restart; what is deleted gives room.
    wharf.kill_child("server")
    ssm = wharf.client("ssm", greedy)
    code, message = refused(ssm.put_parameter, Name="/more", Value="x" * 4000, Type="String")
    assert message.startswith(text)
    ssm.delete_parameters(Names=[f"/p/{number}" for number in range(10)])
    ssm.put_parameter(Name="/more", Value="x" * 4000, Type="String")
    s3.delete_object(Bucket="greedy-bucket", Key="first")


def test_regions_are_those_of_aws_and_the_operators(wharf):
    ssm = wharf.client("ssm", region="eu-west-9")
    code, message = refused(ssm.describe_parameters)
    assert (code, message) == ("InvalidSignatureException", "Credential should be scoped to a valid region. ")
    wharf.client("ssm", region="de-cellar-1").describe_parameters()
    wharf.client("ssm", region="us-gov-west-1").describe_parameters()
