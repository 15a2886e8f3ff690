"""One `wharf up` with a data folder of its own, and the clients that talk to it."""

import base64
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.request

import boto3
import botocore.config

from . import processes, quick_aws, tools
from .waiting import Hopeless, wait_for

START_DEADLINE_S = 20
STOP_DEADLINE_S = 60


def free_port():
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Output:
    """What a process prints, collected while it runs."""

    def __init__(self, stream):
        self._lines = []
        self._thread = threading.Thread(target=self._collect, args=(stream,), daemon=True)
        self._thread.start()

    def _collect(self, stream):
        for line in stream:
            self._lines.append(line.rstrip("\n"))

    @property
    def text(self):
        return "\n".join(list(self._lines))

    @property
    def rest(self):
        """All of it, of a process that has ended."""
        self._thread.join(5)
        return self.text


class Keys:
    """An access key, as clients want it."""

    def __init__(self, access_key, secret_key, token=None):
        self.access_key, self.secret_key, self.token = access_key, secret_key, token

    @classmethod
    def of_session(cls, credentials):
        """From the `Credentials` of AssumeRole."""
        return cls(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])

    @classmethod
    def of_user(cls, access_key):
        """From the `AccessKey` of CreateAccessKey."""
        return cls(access_key["AccessKeyId"], access_key["SecretAccessKey"])


class Place:
    """An installation as one account sees it in one region: its clients are of both."""

    def __init__(self, wharf, region, keys=None):
        self.wharf, self.region, self.keys = wharf, region, keys

    def client(self, service, keys=None, region=None):
        return self.wharf.client(service, keys or self.keys, region or self.region)

    def registry_password(self, keys=None):
        return password_of(self.client("ecr", keys))

    @property
    def registry(self):
        return self.wharf.registry


def password_of(ecr):
    """As `docker login` would be given it."""
    (granted,) = ecr.get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(granted["authorizationToken"]).decode().partition(":")
    assert user == "AWS"
    return password


@functools.lru_cache(maxsize=256)
def _client(endpoint, service, region, access_key, secret_key, token):
    """Kept: to make one takes milliseconds, and so does its first call of each operation; tests that wait ask for it each time."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60, parameter_validation=False, max_pool_connections=50
        ),
    )


class Installation:
    """Starts, kills, restarts and ends wharf; hands out clients."""

    region = "us-east-1"

    def __init__(self, data=None, port=None, arguments=(), under=()):
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="wharf-e2e-"))
        self.port = port or free_port()
        self.arguments = tuple(arguments)
        # A program that becomes wharf in the end, such as `nohup`.
        self.under = tuple(under)
        # What commands are told of the keyring.
        self.keyring = ()
        self.process = None
        self.output = None
        self._own_data = data is None

    # Life

    def start(self, node=True):
        """Start and wait for `Ready.`; with `node`, until a task could be placed."""
        self.launch()
        self.wait_ready()
        if node:
            self.wait_node()
        return self

    def launch(self):
        """Start without waiting for anything."""
        arguments = self.arguments
        if "--throttle" not in arguments:
            # Tests and benchmarks share one account and ask faster than its users would; test_throttling.py asks with the default.
            arguments = (*arguments, "--throttle", "off")
        command = [*self.under, tools.wharf(), "up", "--data", self.data, "--port", self.port, *arguments]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.output = Output(self.process.stdout)

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise Hopeless(f"wharf up exited with {self.process.returncode}:\n{self.output.rest}")
            return "Ready." in self.output.text and self.healthy()

        wait_for(ready, START_DEADLINE_S, "Ready.")

    def healthy(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as answer:
            return answer.status == 200

    def wait_node(self):
        def connected():
            ecs = self.client("ecs")
            arns = ecs.list_container_instances()["containerInstanceArns"]
            found = ecs.describe_container_instances(containerInstances=arns)["containerInstances"] if arns else []
            return any(instance["agentConnected"] and instance["status"] == "ACTIVE" for instance in found)

        wait_for(connected, START_DEADLINE_S, "the node's registration")

    def run(self, *arguments, check=True):
        """A command of wharf on this installation, with its keyring."""
        return tools.run(*self.under, tools.wharf(), *arguments, "--data", self.data, *self.keyring, check=check)

    def down(self):
        """`wharf down`, and the end of `wharf up` that follows."""
        done = tools.run(tools.wharf(), "down", "--data", self.data, timeout_s=STOP_DEADLINE_S)
        if self.process is not None:
            self.process.wait(STOP_DEADLINE_S)
        return done

    def close(self):
        """End everything whatever state it is in, and drop the data."""
        try:
            if self.process is not None:
                done = tools.run(tools.wharf(), "down", "--data", self.data, check=False, timeout_s=STOP_DEADLINE_S)
                if done.returncode != 0 and self.process.poll() is None:
                    self.process.kill()
                self.process.wait(STOP_DEADLINE_S)
        finally:
            if self._own_data:
                shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def id(self):
        """The four characters that mark this installation's objects on the host."""
        return (self.data / "installation").read_text().strip()

    # Processes

    def child(self, role):
        """The pid of the server, the node or the load balancer (`lb`) under this `wharf up`."""
        # The node of `wharf up` is its agent.
        program = {"node": "agent"}.get(role, role)
        for pid in processes.children(self.process.pid):
            if program in processes.command_line(pid)[:2]:
                return pid
        raise LookupError(f"no wharf {role} below process {self.process.pid}")

    def shims(self):
        """The pids of the shims of its tasks."""
        return [
            pid for pid in processes.all_pids() if processes.command_line(pid)[0] == "wharf-shim" and processes.installation(pid) == self.id
        ]

    def kill_child(self, role, how=signal.SIGKILL, interval_s=None):
        """kill -9 one of them, or ask it to end; the supervisor starts it again. Whoever measures how long that takes says `interval_s`."""
        old = wait_for(lambda: self.child(role), START_DEADLINE_S, f"a wharf {role}")
        processes.kill(old, how)
        wait_for(lambda: self.child(role) != old, START_DEADLINE_S, f"a new wharf {role}", interval_s)
        if role == "server":
            wait_for(self.healthy, START_DEADLINE_S, "health after the server's death", interval_s)

    def kill_all(self):
        """kill -9 of `wharf up` and its children; containers are not among them."""
        family = [self.process.pid, *(self.child(role) for role in ("server", "node", "lb"))]
        for pid in family:
            # The children may follow their supervisor faster than this loop.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        # A zombie is not enough: threads that end later than the first may still hold the sockets that the next one wants.
        for pid in family[1:]:
            processes.wait_reaped(pid)

    # Clients

    @property
    def endpoint(self):
        return f"http://localhost:{self.port}"

    @property
    def registry(self):
        return f"localhost:{self.port}"

    @functools.cached_property
    def exports(self):
        """The variables of `wharf env`, as a shell reading it would get them."""
        printed = self.run("env").stdout
        shell = tools.run("env", "-i", "PATH=/usr/bin:/bin", "bash", "-c", f"{printed}\nenv -0")
        variables = dict(pair.split("=", 1) for pair in shell.stdout.split("\0") if "=" in pair)
        return {name: value for name, value in variables.items() if name.startswith("AWS_")}

    @property
    def root(self):
        return Keys(self.exports["AWS_ACCESS_KEY_ID"], self.exports["AWS_SECRET_ACCESS_KEY"])

    def client(self, service, keys=None, region="us-east-1"):
        """A boto3 client that does not retry: what the server says is what the test sees."""
        keys = keys or self.root
        return _client(self.endpoint, service, region, keys.access_key, keys.secret_key, keys.token)

    def environment(self, keys=None):
        """The environment for a command-line client, free of the caller's own AWS settings."""
        keys = keys or self.root
        variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        variables |= self.exports | {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PAGER": "",
            "AWS_MAX_ATTEMPTS": "1",
        }
        if keys.token:
            variables["AWS_SESSION_TOKEN"] = keys.token
        return variables

    def aws(self, *arguments, keys=None, check=True, program=None, timeout_s=120):
        """The real command line; its JSON if it printed some, else its text. With check=False, the finished process."""
        done = tools.run(
            program or quick_aws.program(),
            "--endpoint-url",
            self.endpoint,
            "--output",
            "json",
            *arguments,
            env=self.environment(keys),
            check=check,
            timeout_s=timeout_s,
        )
        if not check:
            return done
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def aws2(self, *arguments, **options):
        """The same with version 2, for what only that has."""
        return self.aws(*arguments, program=tools.aws2(), **options)

    def registry_password(self, keys=None):
        return password_of(self.client("ecr", keys))
