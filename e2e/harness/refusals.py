"""Calls of AWS's APIs that are to be refused."""

import pytest
from botocore.exceptions import ClientError


def refused(call, /, *arguments, **parameters):
    """The code and the message of the error that it is answered with."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def refused_code(call, /, *arguments, **parameters):
    return refused(call, *arguments, **parameters)[0]


def refused_with(call, code, text="", /, **parameters):
    """The message, of which `text` is a part."""
    error = refused(call, **parameters)
    assert (error[0], text in error[1]) == (code, True), error
    return error[1]
