"""SigV4 headers for websocket upgrades and frames, as the stock agent makes them."""

import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SERVICE = "ecs"


def signed_headers(url, keys, region="us-east-1", method="GET", service=SERVICE):
    """Authorization, X-Amz-Date, Host and, with a session, X-Amz-Security-Token for a request without body.

    The stock agent writes a space of the query as `+` and signs it as `%20`.
    """
    parts = urllib.parse.urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    signed_url = urllib.parse.urlunsplit((scheme, parts.netloc, parts.path, parts.query.replace("+", "%20"), ""))
    request = AWSRequest(method=method, url=signed_url, headers={"Host": parts.netloc})
    SigV4Auth(Credentials(keys.access_key, keys.secret_key, keys.token), service, region).add_auth(request)
    return dict(request.headers.items())


def websocket_url(endpoint, parameters):
    """`<endpoint>/ws?…` with sorted keys; http becomes ws, https wss."""
    parts = urllib.parse.urlsplit(endpoint)
    assert parts.scheme in ("http", "https"), f"{endpoint} is no absolute URL"
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    query = urllib.parse.urlencode(sorted(parameters.items()))
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/ws?{query}"
