"""Clients that change objects of a cluster while its parts die, and know what was acknowledged."""

import json
import random
import threading

import urllib3

# Of an object that is not there.
GONE = None


class Clients:
    """Each makes, changes and deletes ConfigMaps of its own, from `with` to its end.

    What a request was about whose answer never came may be so or as before: it is left alone from then on, and both are right.
    """

    MOST = 40

    def __init__(self, reads, seed, count=3, namespace="default"):
        self.reads, self.namespace = reads, namespace
        self.path = f"/api/v1/namespaces/{namespace}/configmaps"
        # By name, what may be there: numbers, or `GONE`.
        self.may_be, self.asked, self.acknowledged = {}, 0, 0
        self.problem = None
        self._lock, self._over = threading.Lock(), threading.Event()
        chances = [random.Random(seed + number) for number in range(count)]
        self._threads = [threading.Thread(target=self._run, args=(number, it)) for number, it in enumerate(chances)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, client, chance):
        try:
            made, known = 0, {}
            while not self._over.wait(0.02):
                what = chance.choice(["make", "change", "change", "delete"])
                if what == "make" and len(known) < self.MOST or not known:
                    name, made = f"written-{client}-{made}", made + 1
                    self._ask(
                        known, name, "POST", self.path, {"metadata": {"name": name, "labels": {"of": "clients"}}, "data": {"n": "0"}}, 0
                    )
                    continue
                name = chance.choice(sorted(known))
                path = f"{self.path}/{name}"
                if what == "delete":
                    self._ask(known, name, "DELETE", path, None, GONE)
                else:
                    number = known[name] + 1
                    self._ask(known, name, "PATCH", path, {"data": {"n": str(number)}}, number)
        except Exception as error:  # noqa: BLE001 whatever it is, the test is told
            self.problem = self.problem or error
            raise

    def _ask(self, known, name, method, path, body, then):
        with self._lock:
            before = self.may_be.get(name, {GONE})
            # Whoever looks while it is under way may see either.
            self.may_be[name] = before | {then}
            self.asked += 1
        try:
            status, said = self.reads.ask(method, path, body)
        except urllib3.exceptions.HTTPError as error:
            status, said = 0, repr(error)
        known_to_be = known.pop(name, None)
        with self._lock:
            if 200 <= status < 300:
                self.acknowledged += 1
                self.may_be[name] = {then}
                if then is not GONE:
                    known[name] = then
            elif status in (401, 429):
                self.may_be[name] = before
                if known_to_be is not None:
                    known[name] = known_to_be
            else:
                # Nothing that another client could have done: names are each client's own.
                assert status == 0 or status >= 500, f"{method} {path}: {status} {said}"

    def check(self):
        """Nothing acknowledged is missing or has come back."""
        if self.problem:
            raise AssertionError(f"a client: {self.problem!r}")
        with self._lock:
            items = self.reads.get("configmaps", "-n", self.namespace, "-l", "of=clients")["items"]
            found = {it["metadata"]["name"]: int(it["data"]["n"]) for it in items}
            wrong = {name: (found.get(name), may) for name, may in self.may_be.items() if found.get(name) not in may}
            unasked = set(found) - set(self.may_be)
        assert not wrong and not unasked, (
            f"found, and what may be: {json.dumps({n: [f, list(m)] for n, (f, m) in wrong.items()})}; never asked for: {unasked}"
        )
