"""Upstream's own conformance tests against wharf's control plane, with nothing behind the pods.

    hollow.py [--record] [--focus REGEX] [--all]

hollow.txt lists the tests that upstream's own control plane passes so, each with what became of it here. A test that passed must
pass; one that passes now is to be recorded with --record. Without arguments those of the list are run; --all runs all conformance
tests, most of which then wait in vain for containers.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree

from cluster import REPOSITORY, HollowCluster, program

LIST = pathlib.Path(__file__).with_name("hollow.txt")
WORK = REPOSITORY / ".cache" / "conformance"
CONFORMANCE = r"\[Conformance\]"
SERIAL = r"\[Serial\]"
# Tests wait more than they compute.
AT_ONCE = int(os.environ.get("WHARF_CONFORMANCE_NODES", "8"))
PASSES, FAILS = "pass", "fail"


def recorded():
    """What became of each test when it was last recorded, by its name."""
    lines = [line.split(" ", 1) for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return {name: result for result, name in lines}


def record(results):
    head = [line for line in LIST.read_text().splitlines() if line.startswith("#")]
    LIST.write_text("\n".join([*head, *(f"{results[name]} {name}" for name in sorted(results))]) + "\n")


def plain(name):
    """A name as the list has it: tests end or begin with spaces here and there."""
    return " ".join(name.split())


def focus_on(names):
    """A regular expression, in Go's syntax, of these tests alone."""
    return "|".join(r"\s+".join(re.escape(word) for word in name.split()) for name in names)


def run_tests(cluster, focus):
    """Those that may run beside others first, then the rest one by one. What became of each, by name."""
    reports = WORK / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    for old in reports.glob("*.xml"):
        old.unlink()
    # The tests call `kubectl`: that of their own version.
    programs = program("kubectl").parent
    environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", HOME=str(cluster.folder))
    common = ["--provider=skeleton", f"--kubeconfig={cluster.kubeconfig}", f"--report-dir={reports}", "--disable-log-dump"]
    together = [program("ginkgo"), f"-nodes={AT_ONCE}", f"-focus={focus}", f"-skip={SERIAL}", "-noColor", program("e2e.test"), "--"]
    alone = [program("e2e.test"), f"--ginkgo.focus=({focus}).*", "--ginkgo.noColor", "--report-prefix=serial"]
    with open(WORK / "together.log", "w") as log:
        subprocess.run([*together, *common], env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    serial = [name for name in sorted(listed(environment, focus)) if "[Serial]" in name]
    if serial:
        alone[1] = f"--ginkgo.focus={focus_on(serial)}"
        with open(WORK / "serial.log", "w") as log:
            subprocess.run([*alone, *common], env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    return outcomes(reports)


def listed(environment, focus):
    """The names of the tests that an expression picks."""
    reports = WORK / "listed"
    reports.mkdir(exist_ok=True)
    command = [program("e2e.test"), "--ginkgo.dryRun", f"--ginkgo.focus={focus}", f"--report-dir={reports}"]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return outcomes(reports)


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


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--record", action="store_true", help="write what came out into the list")
    arguments.add_argument("--focus", help="run the tests of the list that this matches")
    arguments.add_argument("--all", action="store_true", help="run all conformance tests")
    given = arguments.parse_args()
    # So that what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    before = recorded()
    picked = {name: result for name, result in before.items() if re.search(given.focus or "", name)}
    with HollowCluster(WORK / "logs") as cluster:
        now = run_tests(cluster, CONFORMANCE if given.all else focus_on(picked))
    worse, better = compare(picked, now)
    passed = sum(now.get(name) == PASSES for name in picked)
    print(f"{passed} of {len(picked)} tests of the list pass ({sum(it == PASSES for it in now.values())} of {len(now)} that were run)")
    for name in better:
        print(f"better: {name}")
    for name in worse:
        print(f"worse: {name}")
    if given.record:
        record(before | {name: now.get(name, FAILS) for name in picked})
    elif worse:
        sys.exit(1)


if __name__ == "__main__":
    main()
