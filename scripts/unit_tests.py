#!/usr/bin/env python3
"""Builds all tests of the workspace and runs their programs, two at a time: each waits a good part of its time.

Building gives way to tests that run, those of scripts/test.sh beside it too: they have deadlines.

Where they run once (`WHARF_TESTS_RUN_ONCE`, as continuous integration sets), a few are built, run and deleted at a time: all
together are larger than some disks.

What a program prints is shown as a whole when it has ended. A few that fail are run once more, alone, for tests with
real processes and real time share two cores with hundreds of others; when they pass then, a last line names what was
unsteady, each a defect of the test or of wharf to be found.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

AT_ONCE = 2
RUN_AGAIN_AT_MOST = 3
NAMES_AT_ONCE = 8
# The longest take one.
MOST_SECONDS = 600
RUN_ONCE = bool(os.environ.get("WHARF_TESTS_RUN_ONCE"))
CARGO = os.environ.get("CARGO", "cargo")
POLITELY = ["nice", "-n", "10"]


def batches():
    """What each call of cargo is to build: always of the whole workspace, for one package alone has other features."""
    if not RUN_ONCE:
        return [["--tests"]]
    command = [CARGO, "metadata", "--locked", "--no-deps", "--format-version=1"]
    packages = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)["packages"]
    targets = [target for package in packages for target in package["targets"]]
    names = [f"--test={it}" for it in sorted({target["name"] for target in targets if target["kind"] == ["test"]})]
    # Whoever asks for libraries by name has those too that say they have no tests.
    empty = [f"--exclude={it['name']}" for it in packages if any(of["kind"] == ["lib"] and not of["test"] for of in it["targets"])]
    return [["--lib", *empty], ["--bins"], *(names[at : at + NAMES_AT_ONCE] for at in range(0, len(names), NAMES_AT_ONCE))]


def built(targets):
    """(package's folder, its target, program) of each, as cargo built them."""
    command = [*POLITELY, CARGO, "test", "--locked", "--workspace", *targets, "--no-run", "--message-format=json-render-diagnostics"]
    cargo = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if cargo.returncode != 0:
        sys.exit(cargo.returncode)
    messages = (json.loads(line) for line in cargo.stdout.splitlines() if line.startswith("{"))
    tests = (it for it in messages if it["reason"] == "compiler-artifact" and it["profile"]["test"] and it["executable"])
    return [(pathlib.Path(it["manifest_path"]).parent, it["target"]["name"], it["executable"]) for it in tests]


def built_ahead(all_targets):
    """What each call of cargo built. The next one is under way meanwhile: tests wait a good part of their time."""
    with concurrent.futures.ThreadPoolExecutor(1) as builder:
        coming = builder.submit(built, all_targets[0])
        for following in [*all_targets[1:], None]:
            tests = coming.result()
            if following:
                coming = builder.submit(built, following)
            yield tests


def run(test):
    """The test, whether all passed, what was printed, and for how long it ran."""
    folder, _, program = test
    # As cargo runs it: tests read files of their package.
    environment = os.environ | {"CARGO": CARGO, "CARGO_MANIFEST_DIR": str(folder)}
    began = time.monotonic()
    # Into a file: what a program leaves behind may hold a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                [program], cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, timeout=MOST_SECONDS, check=False
            )
            passed, end = done.returncode == 0, ""
        except subprocess.TimeoutExpired:
            passed, end = False, f"killed: it ran for more than {MOST_SECONDS} s"
        output.seek(0)
        said = output.read().decode(errors="replace") + end
    if passed and RUN_ONCE:
        os.unlink(program)
    return test, passed, said, time.monotonic() - began


def show(result):
    (folder, target, _), passed, said, seconds = result
    print(
        f"     Running {folder.name}: {target}, {seconds:.1f} s", said, "" if passed else f"error: {folder.name}: {target} failed", sep="\n"
    )


def main():
    failed, unsteady = [], []
    for tests in built_ahead(batches()):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as runners:
            for result in runners.map(run, tests):
                show(result)
                if not result[1]:
                    failed.append(result)
    if len(failed) <= RUN_AGAIN_AT_MOST:
        for test, _, said, _ in failed[:]:
            again = run(test)
            show(again)
            if again[1]:
                failed = [it for it in failed if it[0] != test]
                unsteady += re.findall(r"^test (.*) \.\.\. FAILED$", said, re.M)
    if unsteady:
        print("unsteady:", *sorted(set(unsteady)))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
