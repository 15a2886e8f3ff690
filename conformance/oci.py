"""Upstream's conformance tests of registries against wharf's, held to a list of what became of each.

conformance/oci [private|gallery|older]      all three without a name

`private` has the tests of upstream's main branch, with all that the next version of the specification adds, against two repositories of
an account; `gallery` the same against two of the public gallery; `older` the tests that version 1.1.1 came with.

`conformance/oci.txt` says `pass`, `skip` or `fail` of each test. A test that passed must pass; one that is skipped asks for what a
registry need not have, and has not. What passes now is to be recorded.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import xml.etree.ElementTree

from cluster import REPOSITORY
from suite import FAILS, PASSES, List, compare, plain, recorded

from harness.installation import Installation
from test_gallery import password as gallery_password

WORK = REPOSITORY / ".cache" / "conformance" / "oci"
LIST = pathlib.Path(__file__).with_name("oci.txt")
SKIPS = "skip"
# What names that several tests share became of: the worst.
ORDER = (PASSES, SKIPS, FAILS)
LONGEST_S = 600


def program(commit_of):
    """One of those that scripts/oci_suite.sh makes."""
    script = (REPOSITORY / "scripts" / "oci_suite.sh").read_text()
    (commit,) = (line.partition("=")[2] for line in script.splitlines() if line.startswith(f"{commit_of}="))
    path = pathlib.Path(os.environ["WHARF_OCI"]) / "bin" / f"conformance-{commit}"
    assert path.is_file(), f"no {path}: run scripts/oci_suite.sh"
    return path


class Private:
    """Two repositories of an account."""

    def __init__(self, wharf):
        self.password = wharf.registry_password()
        self.repositories = [self._make(wharf, name) for name in ("conformance/one", "conformance/two")]

    def _make(self, wharf, name):
        wharf.client("ecr").create_repository(repositoryName=name)
        return name


class Gallery(Private):
    """Two repositories that anybody may pull from, named as clients name them at the shared host."""

    def __init__(self, wharf):
        super().__init__(wharf)
        self.password = gallery_password(wharf)

    def _make(self, wharf, name):
        made = wharf.client("ecr-public").create_repository(repositoryName=name)["repository"]
        return made["repositoryUri"].partition("/")[2]


def newest(wharf, place, work):
    """The environment of the tests of the main branch, `dev` for what is to come."""
    one, two = place.repositories
    return program("suite_commit"), {
        "OCI_REGISTRY": wharf.registry,
        "OCI_TLS": "disabled",
        "OCI_REPO1": one,
        "OCI_REPO2": two,
        "OCI_USERNAME": "AWS",
        "OCI_PASSWORD": place.password,
        "OCI_VERSION": "dev",
        "OCI_RESULTS_DIR": str(work),
    }


def older(wharf, place, work):
    one, two = place.repositories
    return program("suite_1_1_1_commit"), {
        "OCI_ROOT_URL": wharf.endpoint,
        "OCI_NAMESPACE": one,
        "OCI_CROSSMOUNT_NAMESPACE": two,
        "OCI_USERNAME": "AWS",
        "OCI_PASSWORD": place.password,
        "OCI_REPORT_DIR": str(work),
        **{f"OCI_TEST_{it}": "1" for it in ("PULL", "PUSH", "CONTENT_DISCOVERY", "CONTENT_MANAGEMENT")},
    }


RUNS = {"private": (Private, newest), "gallery": (Gallery, newest), "older": (Private, older)}


def run(name):
    """What became of each test, by its name."""
    place, suite = RUNS[name]
    work = WORK / name
    work.mkdir(parents=True, exist_ok=True)
    report = work / "junit.xml"
    report.unlink(missing_ok=True)
    with contextlib.ExitStack() as ending:
        wharf = ending.enter_context(Installation())
        ending.callback(lambda: (work / "wharf.log").write_text(wharf.output.text))
        wharf.start(node=False)
        command, variables = suite(wharf, place(wharf), work)
        log = ending.enter_context(open(work / "tests.log", "w"))
        # Its status says that a test failed, which the report says too.
        subprocess.run(
            [command], env=os.environ | variables, cwd=work, stdout=log, stderr=subprocess.STDOUT, check=False, timeout=LONGEST_S
        )
    assert report.is_file(), f"the tests wrote no report: {work / 'tests.log'}"
    return {f"{name}: {test}": result for test, result in outcomes(report).items()}


def outcomes(report):
    found = {}
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        name, result = plain(case.get("name")), outcome(case)
        found[name] = max(found.get(name, PASSES), result, key=ORDER.index)
    return found


def outcome(case):
    if case.get("status") == "skipped" or case.find("skipped") is not None:
        return SKIPS
    return PASSES if case.get("status") == "passed" else FAILS


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("runs", nargs="*", choices=[*RUNS, []], metavar="RUN", help=", ".join(RUNS))
    arguments.add_argument("--record", action="store_true", help="write what came out into the list")
    arguments.add_argument("--worse", action="store_true", help="with --record: also of tests that passed and do not now")
    given = arguments.parse_args()
    if given.worse and not given.record:
        arguments.error("--worse says what --record may write")
    # So that what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    known = List(LIST)
    is_good = True
    for name in given.runs or RUNS:
        listed = {test: result for test, result in known.results.items() if test.startswith(f"{name}: ")}
        now = run(name)
        worse, better = compare(listed, now)
        # One that nobody has judged yet.
        worse += sorted(test for test, result in now.items() if result != PASSES and test not in listed)
        counts = ", ".join(f"{list(now.values()).count(result)} {result}" for result in ORDER)
        print(f"{name}: {counts}; on the list: {len(listed)}")
        for test in better:
            print(f"better: {test}")
        for test in worse:
            print(f"worse: {test}: {now.get(test, 'did not run')}")
        if given.record:
            known.record(recorded(listed | now, now, worse, given.worse))
        is_good &= not worse or given.worse
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
