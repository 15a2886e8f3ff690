"""Upstream's own conformance tests against wharf, held to a list of what became of each.

A list says `pass` or `fail` of each test, by its name. A test that passed must pass; one that passes now is to be recorded. That one
fails which passed is recorded only where somebody says so too (`--worse`): a busy machine must not loosen a list.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree

from cluster import REPOSITORY, program

WORK = REPOSITORY / ".cache" / "conformance"
SERIAL = r"\[Serial\]"
# Tests wait more than they compute.
AT_ONCE = int(os.environ.get("WHARF_CONFORMANCE_NODES", "8"))
# So few tests that passed before are asked once more: some of upstream's race with a node that is quick. They are named.
MOST_AGAIN = 3
PASSES, FAILS = "pass", "fail"


class List:
    """What became of each test when it was last recorded, by its name."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        lines = self.path.read_text().splitlines()
        self.head = [line for line in lines if line.startswith("#")]
        tests = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
        self.results = {name: result for result, name in tests}

    def record(self, now):
        # Another run may have written meanwhile.
        known = List(self.path)
        lines = (f"{result} {name}" for name, result in sorted((known.results | now).items()))
        self.path.write_text("\n".join([*known.head, *lines]) + "\n")


def plain(name):
    """A name as lists have it: tests end or begin with spaces here and there."""
    return " ".join(name.split())


def focus_on(names):
    """A regular expression, in Go's syntax, of these tests alone."""
    return "|".join(r"\s+".join(re.escape(word) for word in name.split()) for name in names)


def run_tests(cluster, names, work, longest):
    """Those that may run beside others first, at most `longest` (one of upstream's may wait for ever), then the rest one by
    one. What became of each, by name."""
    reports = work / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    for old in (*reports.glob("*.xml"), *work.glob("*.log")):
        old.unlink()
    # The tests call `kubectl`: that of their own version.
    programs = program("kubectl").parent
    environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", HOME=str(cluster.folder), **cluster.variables)
    common = ["--provider=skeleton", f"--kubeconfig={cluster.kubeconfig}", f"--report-dir={reports}", "--disable-log-dump"]
    serial = [name for name in sorted(names) if "[Serial]" in name]
    beside = [name for name in sorted(names) if "[Serial]" not in name]
    if beside:
        chosen = [f"-focus={focus_on(beside)}", f"-skip={SERIAL}"]
        said_in(
            work / "together.log",
            environment,
            program("ginkgo"),
            f"-nodes={AT_ONCE}",
            f"-timeout={longest}",
            *chosen,
            "-noColor",
            program("e2e.test"),
            "--",
            *common,
        )
    if serial:
        chosen = f"--ginkgo.focus={focus_on(serial)}"
        said_in(work / "serial.log", environment, program("e2e.test"), chosen, "--ginkgo.noColor", "--report-prefix=serial", *common)
    return said(work / "together.log") | outcomes(reports)


def said_in(path, environment, *command):
    with open(path, "w") as log:
        subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)


def said(log):
    """What each test was said to have become: a process that never ends writes no report."""
    found = {}
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ()
    for line in (it for it in lines if it.startswith('{"msg":')):
        result, _, name = json.loads(line)["msg"].partition(" ")
        if result in ("PASSED", "FAILED"):
            found[plain(name)] = PASSES if result == "PASSED" else FAILS
    return found


def outcomes(reports):
    found = {}
    for report in reports.glob("*.xml"):
        for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            if case.find("skipped") is None:
                failed = case.find("failure") is not None
                found[plain(case.get("name"))] = FAILS if failed else PASSES
    return found


def compare(before, now):
    """What fell out of the list, and what is better than the list has it."""
    worse = [name for name, result in before.items() if result == PASSES and now.get(name) != PASSES]
    better = [name for name, result in now.items() if result == PASSES and before.get(name, FAILS) != PASSES]
    return sorted(worse), sorted(better)


def recorded(picked, now, worse, may_be_worse):
    """What is written of the tests that were picked: those that fell out stay as they are, unless that is wanted."""
    return {name: now.get(name, FAILS) for name in picked if may_be_worse or name not in worse}


def main(described, path, make_cluster, longest="2h"):
    """`make_cluster` gives a cluster to enter, of a folder for what its programs say."""
    arguments = argparse.ArgumentParser(description=described)
    arguments.add_argument("--record", action="store_true", help="write what came out into the list")
    arguments.add_argument("--worse", action="store_true", help="with --record: also of tests that passed and fail now")
    arguments.add_argument("--focus", help="run the tests that this regular expression matches")
    arguments.add_argument("--all", action="store_true", help="run those too that are to fail by the list")
    given = arguments.parse_args()
    if given.worse and not given.record:
        arguments.error("--worse says what --record may write")
    # So that what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    known = List(path)
    picked = {
        name: result for name, result in known.results.items() if re.search(given.focus or "", name) and (given.all or result == PASSES)
    }
    work = WORK / known.path.stem
    with make_cluster(work / "logs") as cluster:
        now = run_tests(cluster, picked, work, longest)
        fell, _ = compare(picked, now)
        again = run_tests(cluster, fell, work / "again", longest) if 0 < len(fell) <= MOST_AGAIN else {}
    unsteady = [name for name in fell if again.get(name) == PASSES]
    now |= {name: PASSES for name in unsteady}
    worse, better = compare(picked, now)
    passed = sum(now.get(name) == PASSES for name in picked)
    print(f"{known.path.stem}: {passed} of {len(picked)} tests pass; all of the list: {len(known.results)}")
    for name in unsteady:
        print(f"at the second attempt: {name}")
    for name in better:
        print(f"better: {name}")
    for name in worse:
        print(f"worse: {name}")
    if given.record:
        known.record(recorded(picked, now, worse, given.worse))
    if worse and not given.worse:
        sys.exit(1)
