"""The endpoint's certificate: clients of other machines verify it under the addresses and names that they know."""

import contextlib
import http.client
import socket
import ssl

import pytest

from harness import tools
from harness.installation import Installation

# Of an interface that the test makes: an address that the machine has and that `--listen` does not name.
ADDRESS = "10.97.31.1"
LINK = "cert0"


@pytest.fixture(scope="module")
def server():
    tools.run("ip", "link", "add", LINK, "type", "veth", "peer", "name", f"{LINK}-peer")
    try:
        tools.run("ip", "address", "add", f"{ADDRESS}/24", "dev", LINK)
        tools.run("ip", "link", "set", LINK, "up")
        with Installation(arguments=("--listen", "0.0.0.0", "--name", "Wharf.example", "--name", "10.97.31.77")) as wharf:
            yield wharf.start(node=False)
    finally:
        tools.run("ip", "link", "delete", LINK)


@pytest.fixture(scope="module")
def trust(server, tmp_path_factory):
    path = tmp_path_factory.mktemp("trust") / "wharf.pem"
    path.write_text(server.run("ca", "--endpoint").stdout)
    return ssl.create_default_context(cafile=str(path))


def health(server, trust, name):
    """The status of a request over TLS to the machine's address, verified for `name`."""
    line = socket.create_connection((ADDRESS, server.port), timeout=10)
    with contextlib.closing(line), trust.wrap_socket(line, server_hostname=name) as secured:
        client = http.client.HTTPConnection(name, server.port)
        client.sock = secured
        client.request("GET", "/health")
        return client.getresponse().status


@pytest.mark.parametrize(
    "name", [ADDRESS, "10.97.31.77", "wharf.example", "127.0.0.1", "localhost", socket.gethostname(), "api.wharf.internal"]
)
def test_names_and_addresses_that_clients_know(server, trust, name):
    assert health(server, trust, name) == 200


@pytest.mark.parametrize("name", ["0.0.0.0", "10.97.31.2", "other.example", "x.wharf.example"])
def test_others_are_not_vouched_for(server, trust, name):
    with pytest.raises(ssl.SSLCertVerificationError, match="(?i)hostname|IP address"):
        health(server, trust, name)


@pytest.mark.parametrize("name", ["", "a b", "*.example", "0.0.0.0"])
def test_odd_names_are_refused_at_once(name):
    done = tools.run(tools.wharf(), "up", "--name", name, check=False)
    assert done.returncode == 2 and "--name" in done.stderr
