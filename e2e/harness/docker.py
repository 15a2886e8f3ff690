"""A Docker engine of our own, to push and pull with."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from . import host, tools
from .waiting import wait_for

# dockerd makes this folder wherever its own is.
RUN = pathlib.Path(host.RUN_OF_DOCKER)


class Docker:
    """Runs dockerd on a socket in a folder of its own, without bridge or firewall rules."""

    def __init__(self):
        self._left_in_run = not RUN.exists()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-docker-"))
        self.socket = self.folder / "docker.sock"
        self.log = open(self.folder / "dockerd.log", "w", encoding="utf-8")  # noqa: SIM115 closed with the engine
        self.client = tools.program("docker")
        path = f"{pathlib.Path(tools.program('dockerd')).parent}:{pathlib.Path(tools.program('containerd')).parent}"
        self.process = subprocess.Popen(
            [
                tools.program("dockerd"), "--data-root", self.folder / "data", "--exec-root", self.folder / "exec",
                "--pidfile", self.folder / "pid", "--host", f"unix://{self.socket}", "--bridge=none", "--iptables=false", "--ip-forward=false", "--storage-driver=vfs",
            ],
            stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"},
        )  # fmt: skip
        wait_for(lambda: self("version", check=False).returncode == 0, 60, "dockerd")

    def __call__(self, *arguments, **options):
        environment = {**os.environ, "DOCKER_CONFIG": str(self.folder / "config")}
        return tools.run(self.client, "--host", f"unix://{self.socket}", *arguments, env=environment, **options)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._left_in_run:
            shutil.rmtree(RUN, ignore_errors=True)
