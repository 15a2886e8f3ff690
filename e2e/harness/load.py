"""wrk, and beside it one client that remembers what was answered."""

import collections
import http.client
import pathlib
import re
import signal
import subprocess
import threading

from . import tools

LONGEST_S = 600
# busybox's httpd lets nine connections wait; the tenth's first packet is sent again after one second, and after three.
PATIENCE_S = 8
# Some of them are under way at any moment, and the machine has other work.
A_SECOND = 500
PAUSE = pathlib.Path(__file__).with_name("pause.lua")


class Port:
    """A port of this machine, to be asked as a service is."""

    def __init__(self, port):
        self.port, self.host = port, f"127.0.0.1:{port}"

    def ask(self):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            line.request("GET", "/")
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        finally:
            line.close()


class Load:
    """Asks a service from the first line of the block to its last; then `requests`, `failures` and `bodies` tell. Without
    `a_second`, as fast as it can."""

    def __init__(self, service, connections=16, keep_alive=False, a_second=A_SECOND):
        self.service = service
        self.command = [
            tools.program("wrk"),
            "-t1",
            f"-c{connections}",
            f"-d{LONGEST_S}s",
            "--timeout",
            f"{PATIENCE_S}s",
            "-H",
            f"Host: {service.host}",
        ]
        if not keep_alive:
            self.command += ["-H", "Connection: close"]
        if a_second:
            self.command += ["-s", PAUSE]
        self.command += [f"http://127.0.0.1:{service.port}/"]
        if a_second:
            self.command += ["--", str(1000 * connections // a_second)]
        self.bodies = collections.Counter()
        self.failures = []
        self.requests = 0
        self._over = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def run_for(self, seconds):
        """Let it go on so long: the load itself is what is waited for."""
        self._over.wait(seconds)

    def __enter__(self):
        self._wrk = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._sampler.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._wrk.send_signal(signal.SIGINT)
        said = self._wrk.communicate(timeout=60)[0]
        self._sampler.join(60)
        self.requests = int(re.search(r"(\d+) requests in", said).group(1))
        self.failures += re.findall(r"Non-2xx or 3xx responses: .*|Socket errors: .*", said)

    def _sample(self):
        while not self._over.is_set():
            try:
                status, body = self.service.ask()
            except Exception as error:  # whatever it is, it is a failed request
                status, body = type(error).__name__, str(error)
            if status == 200:
                self.bodies[body.strip()] += 1
            else:
                self.failures.append((status, body[:200]))
            self._over.wait(0.01)
