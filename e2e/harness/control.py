"""The installation's own service, as a client of its protocol calls it."""

import json

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = "Wharf_20261121"


def call(wharf, operation, keys, /, headers=(), **parameters):
    """The answer to an operation; unsigned without keys."""
    head = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}"}
    request = AWSRequest(method="POST", url=wharf.endpoint + "/", data=json.dumps(parameters), headers=head)
    if keys:
        SigV4Auth(Credentials(keys.access_key, keys.secret_key), "wharf", "us-east-1").add_auth(request)
    return requests.post(request.url, data=request.data, headers={**dict(request.headers.items()), **dict(headers)}, timeout=20)


def scrape(wharf, keys=None, region="us-east-1"):
    """The server's metrics over the endpoint, signed."""
    keys = keys or wharf.root
    request = AWSRequest(method="GET", url=f"{wharf.endpoint}/metrics")
    SigV4Auth(Credentials(keys.access_key, keys.secret_key), "wharf", region).add_auth(request)
    return requests.get(request.url, headers=dict(request.headers.items()), timeout=10)
