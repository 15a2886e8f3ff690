"""Signed API calls a second."""

import pathlib
import re
import tempfile

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import tools
from harness.installation import Installation, Keys

from . import peers

TITLE = "Signed API calls"
METHOD = (
    "wrk with one thread for five seconds, calls signed beforehand, twenty clusters stored. wharf verifies every signature and asks its policies; "
    "moto does neither. Request throttling is off. The client shares the cores with the server."
)
COLUMNS = ("call", "server", "1 connection: /s", "p50 ms", "64 connections: /s", "p99 ms")
SECONDS = 5
CALLS = {
    "DescribeClusters": ("ecs", "AmazonEC2ContainerServiceV20141113.DescribeClusters", '{"clusters":["default"]}'),
    "ListClusters": ("ecs", "AmazonEC2ContainerServiceV20141113.ListClusters", "{}"),
    "GetCallerIdentity": ("sts", None, "Action=GetCallerIdentity&Version=2011-06-15"),
    "RegisterTaskDefinition": (
        "ecs",
        "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
        '{"family":"bench","containerDefinitions":[{"name":"a","image":"i","memory":64}]}',
    ),
}


class Moto(Installation):
    """Clients for moto's server: any key will do."""

    exports = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

    @property
    def root(self):
        return Keys(*self.exports.values())


def run():
    rows = []
    with Installation() as wharf, peers.moto() as (_, _, port):
        wharf.start(node=False)
        moto = Moto(port=port)
        for server in (wharf, moto):
            for number in range(20):
                server.client("ecs").create_cluster(clusterName="default" if number == 0 else f"c{number}")
        for call, (service, target, body) in CALLS.items():
            for name, server in (("wharf", wharf), ("moto", moto)):
                rows.append((call, name, *_measure(server, service, target, body)))
    return rows


def _measure(server, service, target, body):
    one, many = (rate(server, service, target, body, connections) for connections in (1, 64))
    return f"{one['rate']:,.0f}", f"{one['50']:.2f}", f"{many['rate']:,.0f}", f"{many['99']:.1f}"


def rate(server, service, target, body, connections):
    """Calls a second, and the time in ms below which half (`50`) and all but a hundredth (`99`) were answered."""
    headers = (
        {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        if target
        else {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    )
    request = AWSRequest(method="POST", url=f"http://127.0.0.1:{server.port}/", data=body, headers=headers)
    SigV4Auth(Credentials(server.root.access_key, server.root.secret_key), service, "us-east-1").add_auth(request)
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "call.lua"
        lines = [f"wrk.headers[ {_quoted(name)} ] = {_quoted(value)}" for name, value in request.headers.items()]
        script.write_text("\n".join(['wrk.method = "POST"', f"wrk.body = {_quoted(body)}", *lines]))
        return _wrk(connections, script, request.url)


def _quoted(text):
    return "[==[" + (text.decode() if isinstance(text, bytes) else text) + "]==]"


def _wrk(connections, script, url):
    said = tools.run("wrk", "-t1", f"-c{connections}", f"-d{SECONDS}", "--latency", "-s", script, url).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert not wrong, said
    found = {percent: _in_ms(value, unit) for percent, value, unit in re.findall(r"^ +(50|99)% +([\d.]+)(us|ms|s)$", said, re.MULTILINE)}
    return {**found, "rate": float(re.search(r"Requests/sec: +([\d.]+)", said).group(1))}


def _in_ms(value, unit):
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
