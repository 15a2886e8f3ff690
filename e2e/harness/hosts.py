"""Further machines: namespaces of their own, on a network with the machine that the tests run on."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import uuid

from . import host, joining, processes, tools
from .waiting import wait_for

NETWORK = "10.99.0"
SERVER = f"{NETWORK}.1"


class Lan:
    """A switch in a network namespace of its own: the machine of the tests is plugged in as every other host is."""

    # Below /run/netns, which runs of the tests share.
    NAME = f"lan-{uuid.uuid4().hex[:8]}"
    BRIDGE = "lan0"

    def __enter__(self):
        tools.run("ip", "netns", "add", self.NAME)
        tools.run("ip", "-n", self.NAME, "link", "add", self.BRIDGE, "type", "bridge")
        tools.run("ip", "-n", self.NAME, "link", "set", self.BRIDGE, "up")
        tools.run("ip", "link", "add", "lan-server", "type", "veth", "peer", "name", "server", "netns", self.NAME)
        tools.run("ip", "address", "add", f"{SERVER}/24", "dev", "lan-server")
        tools.run("ip", "link", "set", "lan-server", "up")
        self.plug("server")
        return self

    def __exit__(self, *_):
        tools.run("ip", "link", "delete", "lan-server")
        tools.run("ip", "netns", "delete", self.NAME)

    @classmethod
    def plug(cls, link):
        tools.run("ip", "-n", cls.NAME, "link", "set", link, "master", cls.BRIDGE, "up")


class Host:
    """A machine that runs `wharf node`. Killing it ends every process on it, as pulling the plug does."""

    def __init__(self, server, number, token_arguments=(), node_arguments=()):
        self.server, self.number, self.node_arguments = server, number, node_arguments
        self.address = f"{NETWORK}.{10 + number}"
        self.data = pathlib.Path(tempfile.mkdtemp(prefix=f"wharf-host{number}-"))
        self.token_arguments = token_arguments
        self.instance = None
        self._holder = None
        self.boot()

    # Life

    def boot(self):
        """The empty machine, on the network."""
        # The first process of the host holds the namespaces and reaps what nobody waits for. It ends with whoever holds its other end.
        script = 'ip link set lo up; while read -r line; do eval "$line &"; done'
        self._unshare = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "bash", "-c", script],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        self._holder = wait_for(lambda: next(iter(processes.children(self._unshare.pid)), None), 10, "the host's first process")
        wait_for(lambda: os.readlink(f"/proc/{self._holder}/ns/net") != os.readlink("/proc/self/ns/net"), 10, "its network namespace")
        link = f"host{self.number}"
        tools.run("ip", "-n", Lan.NAME, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", self._holder)
        Lan.plug(link)
        self.inside("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")
        self.inside("ip", "route", "add", "default", "via", SERVER)

    def join(self):
        """Spend a token: from now on the host runs a node."""
        token = self.data / "join-token"
        token.write_text(joining.token(self.server, *self.token_arguments))
        known = set(self._instances())
        self.start_node("--server", f"https://{SERVER}:{self.server.port}", "--join-file", token)
        self.instance = wait_for(lambda: next(iter(set(self._instances()) - known), None), 30, f"host {self.number} in the cluster")
        self.wait_connected()
        return self

    def start_node(self, *arguments):
        command = [tools.wharf(), "node", "--data", self.data, *self.node_arguments, *arguments]
        self._unshare.stdin.write(" ".join(f"'{part}'" for part in command) + f" >>{self.data}/node.log 2>&1\n")
        self._unshare.stdin.flush()

    def wait_connected(self, connected=True, deadline_s=30):
        def asked():
            found = self.server.client("ecs").describe_container_instances(containerInstances=[self.instance])["containerInstances"]
            return bool(found) and found[0]["agentConnected"] is connected

        wait_for(asked, deadline_s, f"host {self.number} being {'connected' if connected else 'away'}")

    def _instances(self):
        ecs = self.server.client("ecs")
        arns = ecs.list_container_instances()["containerInstanceArns"]
        return arns

    def kill(self):
        """Pull the plug."""
        os.kill(self._holder, signal.SIGKILL)
        self._unshare.wait(20)
        # The kernel keeps the namespace, and with it the link, for as long as it sends what nobody took to a host that is gone.
        tools.run("ip", "-n", Lan.NAME, "link", "delete", f"host{self.number}", check=False)

    @contextlib.contextmanager
    def cut_off(self):
        """A firewall on the host lets nothing in or out."""
        rules = "table inet cut { chain i { type filter hook input priority -500; iifname eth0 drop; }; chain o { type filter hook output priority -500; oifname eth0 drop; }; }"
        self.inside("nft", rules)
        try:
            yield
        finally:
            self.inside("nft", "delete table inet cut")

    def close(self):
        if self._unshare.poll() is None:
            self.kill()
        # A machine would take its control groups and /run along; here they are those of what runs the tests.
        with contextlib.suppress(FileNotFoundError):
            mark = (self.data / "installation").read_text().strip()
            host.remove_control_groups(mark)
            host.remove_run_folders(mark)
        shutil.rmtree(self.data, ignore_errors=True)

    # Looking

    def inside(self, *command, check=True):
        """Run a program in the host's network and mounts."""
        return tools.run("nsenter", "--target", self._holder, "--net", "--mount", "--pid", *command, check=check)

    @property
    def log(self):
        return (self.data / "node.log").read_text()


def addresses_in(document):
    """Every private address in a DescribeTasks answer."""
    text = json.dumps(document, default=str)
    return [part.split('"')[0] for part in text.split('"privateIpv4Address": "')[1:]]
