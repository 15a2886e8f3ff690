"""One server as the table of requests asks it."""

import base64
import dataclasses
import json
import re
import time

import urllib3

AGENT = "oracle/1.0"
WAIT_S = 20
# How kinds were called in 1.20 that have left beta since.
WHEN_BETA = {
    "policy/v1": "policy/v1beta1",
    "batch/v1": "batch/v1beta1",
    "discovery.k8s.io/v1": "discovery.k8s.io/v1beta1",
    "autoscaling/v2": "autoscaling/v2beta2",
}


@dataclasses.dataclass
class Answer:
    code: int
    type: str
    warnings: list
    # JSON as a value, several lines of it as a list, bytes or a text else.
    body: object


class Server:
    """Asks as the user of a kubeconfig with a token; `is_old`: by the versions of 1.20."""

    def __init__(self, kubeconfig, is_old):
        config = json.loads(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.root, self.is_old = cluster["server"], is_old
        self.token = config["users"][0]["user"]["token"]
        self.pool = urllib3.PoolManager(ca_cert_data=authority, retries=False, timeout=60, maxsize=4)
        self.kept = {}

    def ask(self, ask):
        """The answer to a request; with `until`, the first that has what is waited for, or the last."""
        last = time.monotonic() + WAIT_S
        while True:
            answer = self._once(ask)
            if not ask.until or waited_for(answer, *ask.until) or time.monotonic() > last:
                break
            time.sleep(0.1)
        for name, path in ask.keep.items():
            self.kept[name] = str(at(answer.body, path) or "")
        return answer

    def _once(self, ask):
        body = ask.body if isinstance(ask.body, str | None) else json.dumps(ask.body)
        headers = {"User-Agent": ask.agent or AGENT, "Accept": ask.accept, "Authorization": f"Bearer {self.token}"}
        if body is not None and ask.type:
            headers["Content-Type"] = ask.type
        if ask.user:
            headers["Impersonate-User"] = ask.user
        path, body = self._filled(ask, ask.path), self._filled(ask, body)
        answer = self.pool.request(ask.method, self.root + path, body=body, headers=headers)
        kind = answer.headers.get("Content-Type", "")
        return Answer(answer.status, kind, answer.headers.getlist("Warning"), self._read(ask, kind, answer.data))

    def _filled(self, ask, text):
        if text is None:
            return None
        for name, value in self.kept.items():
            text = text.replace(f"<{name}>", value)
        return renamed(text, WHEN_BETA) if ask.beta and self.is_old else text

    def _read(self, ask, kind, data):
        if ask.start:
            return data[: ask.start].decode(errors="replace")
        if ask.beta and self.is_old:
            data = renamed(data.decode(), {old: new for new, old in WHEN_BETA.items()}).encode()
        if not kind.startswith("application/json"):
            return data if "protobuf" in kind else data.decode(errors="replace")
        try:
            value = json.loads(data)
        except json.JSONDecodeError:
            return [json.loads(line) for line in data.decode().splitlines()]
        # A watch of one event.
        return [value] if "object" in value and "type" in value else value


def renamed(text, names):
    for name, other in names.items():
        text = re.sub(rf"{re.escape(name)}(?![a-z0-9])", other, text)
    return text


def at(value, path):
    """What is at a dotted path, with numbers in lists; nothing if it is not there."""
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def waited_for(answer, path, value):
    return answer.code == value if path == "code" else at(answer.body, path) == value
