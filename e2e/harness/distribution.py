"""The distribution API by hand, for what stock clients would never send."""

import requests

from harness import images, tasks


def repository(wharf, prefix="reg"):
    name = tasks.unique(prefix)
    return name, images.ensure_repository(wharf, name)


class Registry:
    def __init__(self, wharf, name):
        self.base = f"http://localhost:{wharf.port}"
        self.name = name
        self.session = requests.Session()
        self.session.auth = ("AWS", wharf.registry_password())

    def ask(self, method, path, **options):
        url = path if path.startswith("http") else f"{self.base}{path if path.startswith('/v2/') else f'/v2/{self.name}/{path}'}"
        return self.session.request(method, url, timeout=60, **options)

    def begin(self):
        answer = self.ask("POST", "blobs/uploads/")
        assert answer.status_code == 202, answer.text
        location = answer.headers["Location"]
        return location if location.startswith("http") else self.base + location
