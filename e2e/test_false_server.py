"""Another program takes the server's port while it is away: nothing of wharf speaks to it."""

import socket
import ssl
import subprocess
import threading

import pytest

from harness import images, tasks, tools
from harness.installation import Installation
from harness.waiting import wait_for

TLS_HANDSHAKE = 0x16


class FalseServer:
    """Listens on the port with a certificate of its own, and notes what it is told."""

    def __init__(self, port, folder):
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.first_bytes, self.heard, self.attempts = [], [], 0
        self.listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.hear, args=(connection,), daemon=True).start()

    def hear(self, connection):
        connection.settimeout(5)
        try:
            first = connection.recv(1, socket.MSG_PEEK)
            if not first:
                return
            self.first_bytes.append(first[0])
            with self.context.wrap_socket(connection, server_side=True) as wrapped:
                self.heard.append(wrapped.recv(4096))
        except OSError:
            pass
        finally:
            self.attempts += 1
            connection.close()

    def close(self):
        self.listener.close()


@pytest.fixture
def parts(tmp_path):
    """A server and a node without `wharf up`, which would keep the port."""
    wharf = Installation(data=tmp_path / "data")
    common = ["--data", str(wharf.data)]
    server = [str(tools.wharf()), "server", "--port", str(wharf.port), *common]
    started = [subprocess.Popen(server)]
    wait_for(wharf.healthy, 60, "the server")
    started.append(subprocess.Popen([str(tools.wharf()), "node", *common]))
    wharf.wait_node()
    yield wharf, server, started
    for process in reversed(started):
        process.terminate()
        process.wait(30)
    tools.run(tools.wharf(), "down", *common, check=False)


def test_agent_and_load_balancers_speak_to_their_server_alone(parts, tmp_path):
    wharf, command, started = parts
    image = images.push(wharf, "busybox")
    definition = tasks.register(wharf, image, **tasks.sh("exit 7"))
    server = started.pop(0)
    server.kill()
    server.wait(30)
    false = wait_for(lambda: FalseServer(wharf.port, tmp_path), 20, "the port")
    try:
        wait_for(lambda: false.attempts >= 6, 60, "attempts of agent and load balancers to come back")
        status = tools.run(tools.wharf(), "status", "--data", wharf.data, check=False)
        assert status.returncode != 0
    finally:
        false.close()
    # Only greetings in TLS, and no word to one that cannot prove who it is.
    assert set(false.first_bytes) == {TLS_HANDSHAKE}
    assert false.heard == [b""] * len(false.heard)
    # The server comes back, and they know it.
    started.insert(0, subprocess.Popen(command))
    wait_for(wharf.healthy, 60, "the server")
    wharf.wait_node()
    assert tasks.start(wharf, definition).wait("STOPPED", 60)["containers"][0]["exitCode"] == 7
