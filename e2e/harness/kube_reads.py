"""Reading a cluster's objects again and again, over one connection: kubectl starts anew, reads which kinds there are and
asks for a token each time, which costs more than all else in tests that wait. What people type stays with kubectl."""

import argparse
import base64
import json
import time
from urllib.parse import quote, urlencode

import urllib3
import yaml

from . import tools

TOKEN_KEPT_S = 300


class NotRead(AssertionError):
    """The API server refused; `status` is what it answered."""

    def __init__(self, path, status, text):
        super().__init__(f"{path}: {status}: {text[:2000]}")
        self.status = status


class Reads:
    """Reads with the user of a kubeconfig, whose program for tokens runs with `environment`."""

    def __init__(self, kubeconfig, environment):
        self.kubeconfig = kubeconfig
        config = self._config()
        [cluster], [user] = config["clusters"], config["users"]
        self.server = cluster["cluster"]["server"]
        authority = base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode()
        self.pool = urllib3.PoolManager(ca_cert_data=authority, retries=urllib3.Retry(2, redirect=0, status=0), timeout=30, maxsize=16)
        self.program, self.environment = user["user"]["exec"], environment
        self.token, self.asked_at, self.kinds = None, 0.0, {}

    def get(self, *arguments):
        """As `kubectl get ... -o json` has it: an object where a name is given, and else a list."""
        wanted = _READ.parse_args(arguments)
        kind = self._kind(wanted.kind)
        path = kind["prefix"]
        if kind["namespaced"] and not wanted.all:
            path += f"/namespaces/{quote(wanted.namespace or self._namespace())}"
        path += f"/{kind['name']}"
        if wanted.name:
            return self._read(f"{path}/{quote(wanted.name)}")
        selectors = {"labelSelector": wanted.labels, "fieldSelector": wanted.fields}
        return self._read(f"{path}?{urlencode({name: value for name, value in selectors.items() if value})}")

    def ask(self, method, path, body=None):
        """One request and its status and answer; a body of PATCH is a merge patch. Tried once: whoever writes wants to know."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": kind}
        data = None if body is None else json.dumps(body)
        answer = self.pool.request(method, self.server + path, body=data, headers=headers, retries=False)
        self._heed(answer)
        return answer.status, answer.data.decode(errors="replace")

    def _config(self):
        with open(self.kubeconfig) as file:
            return yaml.safe_load(file)

    def _namespace(self):
        """The one that the context has now: tests change it."""
        config = self._config()
        [context] = [it["context"] for it in config["contexts"] if it["name"] == config["current-context"]]
        return context.get("namespace", "default")

    def _kind(self, name):
        name = name.lower()
        if name not in self.kinds:
            self._discover()
        if name not in self.kinds:
            raise NotRead(name, 404, "there is no such kind")
        return self.kinds[name]

    def _discover(self):
        """The kinds by all their names; where groups share one, the first group has it."""
        self.kinds = {}
        groups = self._read("/apis")["groups"]
        preferred = [f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups]
        others = [f"/apis/{version['groupVersion']}" for group in groups for version in group["versions"]]
        for prefix in dict.fromkeys(["/api/v1", *preferred, *others]):
            *_, group, version = prefix.split("/")
            for kind in self._read(prefix)["resources"]:
                if "/" in kind["name"]:
                    continue
                names = (kind["name"], kind["singularName"], kind["kind"].lower(), *kind.get("shortNames", []))
                for name in (*names, f"{kind['name']}.{group}", f"{kind['name']}.{version}.{group}"):
                    self.kinds.setdefault(name, kind | {"prefix": prefix})

    def _read(self, path):
        answer = self.pool.request("GET", self.server + path, headers={"Authorization": f"Bearer {self._token()}"})
        self._heed(answer)
        if answer.status != 200:
            raise NotRead(path, answer.status, answer.data.decode(errors="replace"))
        return answer.json()

    def _token(self):
        if self.token is None or time.monotonic() - self.asked_at > TOKEN_KEPT_S:
            said = tools.run(self.program["command"], *self.program["args"], env=self._environment_of_program())
            self.token, self.asked_at = json.loads(said.stdout)["status"]["token"], time.monotonic()
        return self.token

    def _heed(self, answer):
        self.token = None if answer.status == 401 else self.token

    def _environment_of_program(self):
        more = {it["name"]: it["value"] for it in self.program.get("env") or []}
        return self.environment | more


def _arguments():
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("kind")
    parser.add_argument("name", nargs="?")
    parser.add_argument("-n", "--namespace")
    parser.add_argument("-A", dest="all", action="store_true")
    parser.add_argument("-l", dest="labels")
    parser.add_argument("--field-selector", dest="fields")
    return parser


_READ = _arguments()
