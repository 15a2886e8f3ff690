"""Wharf's Kubernetes beside upstream's API server: both are asked the same, and what differs must be explained.

conformance/oracle [REQUEST…]      all requests without arguments; `*` stands for anything: 'changes/apply*'
"""

import argparse
import base64
import collections
import contextlib
import dataclasses
import fnmatch
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from asked import ASKED
from asking import Server
from cluster import REPOSITORY, write_kubeconfig
from comparing import Explained, by_name, compared, readable
from definitions import of_documents
from upstream import Upstream

from harness import kubernetes
from harness.installation import Installation

WORK = REPOSITORY / ".cache" / "conformance" / "oracle"
LIST = pathlib.Path(__file__).with_name("explained.txt")
SHOWN = 300
# Of upstream's, those whose objects are read or go with each answer: roles that are made of others, and the authority in each namespace.
CONTROLLERS = ("clusterrole-aggregation", "root-ca-cert-publisher")


def signing_request():
    """A request for a certificate, as base64."""
    with tempfile.NamedTemporaryFile() as key:
        command = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key.name, "-subj", "/CN=oracle/O=oracles"]
        return base64.b64encode(subprocess.run(command, check=True, capture_output=True).stdout).decode()


def ask_both(asks, theirs, ours, explained, log):
    """The differences of all answers: (how, request, path, theirs, ours)."""
    for ask in asks:
        answers = [server.ask(ask) for server in (theirs, ours)]
        for whose, answer in zip(("theirs", "ours"), answers, strict=True):
            print(json.dumps([ask.name, whose, *dataclasses.astuple(answer)], default=repr), file=log)
        if ask.unseen:
            # What is there already was made by a controller.
            codes = {200 if answer.code in (201, 409) else answer.code for answer in answers}
            if len(codes) > 1:
                yield "differs", ask.name, "code", *(f"{answer.code} {answer.body}" for answer in answers)
            continue
        left, right = map(readable, answers)
        if ask.unordered:
            left, right = map(by_name, (left, right))
        for how, where, old, new in compared(explained.in_our_words(left), right):
            yield how, ask.name, where, old, new


def openapi(theirs, ours):
    documents = [
        json.loads(server.pool.request("GET", f"{server.root}/openapi/v2", headers={"Authorization": f"Bearer {server.token}"}).data)
        for server in (theirs, ours)
    ]
    yield from of_documents(*documents)


def short(value):
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= SHOWN else said[:SHOWN] + "…"


def report(found, explained):
    """Prints what is not explained, and says whether that is nothing."""
    reasons, unexplained = collections.Counter(), 0
    for how, request, where, old, new in found:
        reason = explained.reason(how, request, where)
        if reason is not None:
            reasons[reason] += 1
            continue
        unexplained += 1
        print(f"{how} {request} {where}\n    theirs: {short(old)}\n    ours:   {short(new)}")
    print(f"oracle: {unexplained} differences that nothing explains, {sum(reasons.values())} that {len(reasons)} reasons explain")
    return unexplained == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--self", action="store_true", help="two clusters of wharf")
    arguments.add_argument("requests", nargs="*", help="names of requests, or parts of them")
    given = arguments.parse_args()
    # So that what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    def is_chosen(ask):
        # What others need comes with them.
        return not given.requests or ask.unseen or ask.keep or any(fnmatch.fnmatchcase(ask.name, it) for it in given.requests)

    WORK.mkdir(parents=True, exist_ok=True)
    explained = Explained(os.devnull if given.self else LIST)
    with contextlib.ExitStack() as ending:
        folder = pathlib.Path(ending.enter_context(tempfile.TemporaryDirectory()))
        wharf = ending.enter_context(Installation())
        ending.callback(lambda: (WORK / "wharf.log").write_text(wharf.output.text))
        wharf.start(node=False)
        other = kubernetes.Cluster(wharf) if given.self else Upstream(WORK / "logs", CONTROLLERS)
        theirs = server_of(ending.enter_context(other), folder / "theirs", is_old=not given.self)
        ours = server_of(ending.enter_context(kubernetes.Cluster(wharf)), folder / "ours")
        log = ending.enter_context(open(WORK / "answers.jsonl", "w"))
        theirs.kept["csr"] = ours.kept["csr"] = signing_request()
        found = list(ask_both([ask for ask in ASKED if is_chosen(ask)], theirs, ours, explained, log))
        if not given.requests:
            found += openapi(theirs, ours)
    is_good = report(found, explained)
    if not given.requests:
        for line in explained.unused():
            is_good = False
            print(f"oracle: nothing differs any more as the list has it: {line}")
    sys.exit(0 if is_good else 1)


def server_of(cluster, folder, is_old=False):
    folder.mkdir()
    return Server(write_kubeconfig(cluster, folder), is_old)


if __name__ == "__main__":
    main()
