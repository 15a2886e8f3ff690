"""Join tokens, and the commands that spend them."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import sealed, tools
from .installation import Keys
from .waiting import wait_for


def token(server, *arguments):
    """A token that allows what the arguments of `wharf token` say."""
    said = tools.run(tools.wharf(), "token", "--data", server.data, *arguments).stdout
    return said.split("--join - <<< ")[1].split()[0]


def command(server, address, data, *arguments):
    """`wharf node` for a node that has the token in its environment."""
    return [str(part) for part in (tools.wharf(), "node", "--data", data, "--server", f"https://{address}:{server.port}", *arguments)]


def environment(join_token):
    return {**os.environ, "WHARF_JOIN_TOKEN": join_token}


class Joined:
    """A node that joins with a token of its own, or with `spent`, in a folder of its own; started with
    `arguments`, and under the command `under`, if there is one."""

    def __init__(self, server, address, *token_arguments, spent=None, arguments=(), under=()):
        self.server, self.address, self.data = server, address, tempfile.mkdtemp(prefix="wharf-e2e-")
        self.arguments, self.under = arguments, under
        self.keyring = pathlib.Path(self.data) / "node-keyring"
        self.arn = None
        self.process = None
        self.token = spent or token(server, *token_arguments)

    def __enter__(self):
        ecs = self.server.client("ecs")
        before = set(ecs.list_container_instances()["containerInstanceArns"])
        self.start()

        def connected():
            new = set(ecs.list_container_instances()["containerInstanceArns"]) - before
            described = ecs.describe_container_instances(containerInstances=list(new))["containerInstances"] if new else []
            return next((one["containerInstanceArn"] for one in described if one["agentConnected"]), None)

        self.arn = wait_for(connected, 60, "the joined node")
        return self

    def start(self, *arguments):
        with open(f"{self.data}.log", "ab") as log:
            started = command(self.server, self.address, self.data, *self.arguments, *arguments)
            started = [str(part) for part in (*self.under, *started)]
            self.process = subprocess.Popen(started, env=environment(self.token), stderr=log)

    @property
    def log(self):
        return pathlib.Path(f"{self.data}.log").read_text()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def __exit__(self, *_):
        self.stop()
        tools.run(tools.wharf(), "down", "--data", self.data)
        shutil.rmtree(self.data, ignore_errors=True)
        pathlib.Path(f"{self.data}.log").unlink(missing_ok=True)

    @property
    def name(self):
        """Of its user, as the server lists it."""
        return self.server.client("sts", self.keys).get_caller_identity()["Arn"].rpartition("/")[2]

    @property
    def identity(self):
        return json.loads(sealed.opened(self.identity_file, self.keyring, "node/identity"))

    @property
    def identity_file(self):
        return pathlib.Path(self.data) / "node" / "identity.json"

    @property
    def keys(self):
        return Keys(self.identity["accessKeyId"], self.identity["secretAccessKey"], self.identity.get("sessionToken"))
