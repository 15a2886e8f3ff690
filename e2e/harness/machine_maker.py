"""The maker of machines of docs/machine-makers.md, whose machines are hosts of the tests' network."""

import contextlib
import pathlib
import re
import shutil
import tempfile
import threading
import types

from .hosts import Host

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "machine-makers.md"
SECRET = "0123456789abcdef0123456789abcdef"


def example():
    """The program on the page, as a module."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    module = types.ModuleType("machine_maker")
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    return module


class Rack:
    """Its web server, the folder it remembers by, and its hosts by the ids of their instances."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wharf-rack-"))
        self.secret = self.folder / "secret"
        self.secret.write_text(f"{SECRET}\n")
        # Of whom the hosts are, once that is there.
        self.wharf = None
        self.hosts, self.made, self.full, self.broken = {}, [], False, False
        self._numbers = iter(range(1, 100))
        self._serve()

    def _serve(self, port=0):
        module, rack = example(), self

        class Maker(module.Maker):
            def call(self, asked):
                return rack.do(asked)

        self.maker = Maker(SECRET.encode(), self.folder / "machines")
        self.server = module.serve(self.maker, port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def arguments(self):
        """Those of `wharf up`."""
        url = f"http://127.0.0.1:{self.server.server_port}/machines"
        return ["--machine-maker", url, "--machine-maker-http", "--machine-maker-secret-file", str(self.secret)]

    def do(self, asked):
        action, instance = asked["action"], asked["id"]
        host = self.hosts.get(instance)
        if action == "run" and host is None:
            if self.full:
                return "the rack is full", True
            if self.broken:
                return "the rack has no power", False
            self.made.append(instance)
            self.hosts[instance] = host = Host(self.wharf, next(self._numbers))
            token = host.data / "join-token"
            token.write_text(asked["join"]["token"])
            (server,) = asked["join"]["servers"]
            host.start_node("--server", server, "--join-file", token)
        elif action in ("stop", "reboot") and host is not None:
            host.kill()
        elif action == "terminate" and host is not None:
            host.close()
            del self.hosts[instance]
        if action in ("start", "reboot"):
            host.boot()
            host.start_node()
        return None

    def lose(self, instance):
        """Somebody pulls a machine out, and the maker knows of it no more."""
        self.hosts.pop(instance).close()
        with self.maker.lock:
            del self.maker.machines[instance]
            (self.folder / "machines" / f"{instance}.json").unlink()

    def away(self):
        """Its web server ends."""
        self.server.shutdown()
        self.server.server_close()

    def back(self):
        self._serve(self.server.server_port)

    def close(self):
        self.away()
        for host in self.hosts.values():
            with contextlib.suppress(OSError):
                host.close()
        shutil.rmtree(self.folder, ignore_errors=True)
