"""A registry of another make to pull through from, and a way to it that can be held up."""

import contextlib
import socket
import subprocess
import tempfile
import threading
import urllib.request

from . import tools
from .installation import free_port
from .waiting import wait_for


@contextlib.contextmanager
def docker_registry():
    """Debian's docker-registry on this machine, open to all; its host and port."""
    with tempfile.TemporaryDirectory(prefix="docker-registry-") as folder:
        port = free_port()
        config = f"{folder}/config.yml"
        with open(config, "w") as file:
            file.write(
                "version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\n"
                f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
            )
        process = subprocess.Popen([tools.program("docker-registry"), "serve", config], stderr=subprocess.DEVNULL)
        try:

            def answers():
                assert process.poll() is None, "docker-registry ended"
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=2) as answer:
                    return answer.status == 200

            wait_for(answers, 20, "docker-registry")
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait(10)


def put(host, image, name, tag):
    """Push one of the test images there; its digest."""
    target = f"docker://{host}/{name}:{tag}"
    copy = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--preserve-digests"]
    source = image if ":" in str(image) else f"oci-archive:{tools.image_archive(image)}"
    tools.run(*copy, source, target, timeout_s=600)
    inspected = tools.run("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", target)
    return inspected.stdout.strip()


class Way:
    """Passes connections on to `target`. After `most` bytes of answers it holds them up, until it is opened."""

    def __init__(self, target, most=None):
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._left = most
        self._lock = threading.Lock()
        self.held = threading.Event()
        self._open = threading.Event()
        if most is None:
            self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def open(self):
        self._open.set()

    def close(self):
        """Nobody gets through any more."""
        # Wakes the thread that waits for connections.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self._open.set()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source, target, counted):
        with contextlib.suppress(OSError):
            while piece := source.recv(64 << 10):
                if counted and not self._open.is_set():
                    with self._lock:
                        self._left -= len(piece)
                    if self._left < 0:
                        self.held.set()
                        self._open.wait()
                target.sendall(piece)
        # The other direction sees the end too, and closes its own.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        source.close()
