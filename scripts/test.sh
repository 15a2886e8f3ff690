#!/usr/bin/env bash
# Runs every check that must pass and closes with one line a check. Stops at the first that fails.
#
# The output of each check stands in .cache/test/<check>.log; that of a failed one is shown. Once the programs are built,
# unit tests and end-to-end tests go on side by side: the latter wait a good part of their time.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=.cache/test
mkdir -p "$logs"
# A line a check, in the order of their ends.
outcomes=$logs/outcomes
: >"$outcomes"

summary() {
  local status=$?
  end_all
  printf '\n'
  cat "$outcomes"
  if [ "$status" = 0 ]; then printf 'All checks passed in %d s.\n' "$SECONDS"
  else printf 'Stopped at the first failure, after %d s.\n' "$SECONDS"
  fi
}
trap summary EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# In a process group of its own, which ends with this script.
in_background() {
  set -m
  "$@" </dev/null &
  set +m
}

# side_by_side FUNCTION…: all at once; the first that fails ends the others.
side_by_side() {
  local each ended
  local -A running=()
  for each in "$@"; do in_background "$each"; running[$!]=$each; done
  # Those alone: a bare `wait -n` also takes what ended long before.
  while [ "${#running[@]}" -gt 0 ]; do
    wait -n -p ended "${!running[@]}" || exit 1
    unset "running[$ended]"
  done
}

end_all() {
  local group
  for group in $(jobs -p); do kill -- "-$group" 2>/dev/null || true; done
  wait
}

# check NAME COMMAND…
check() {
  local name=$1 begun=$SECONDS
  shift
  printf '== %4d s  %s: %s\n' "$SECONDS" "$name" "$*"
  if "$@" >"$logs/$name.log" 2>&1; then
    if grep -q '^unsteady: ' "$logs/$name.log"; then tail -n 200 "$logs/$name.log"; fi
    printf '  ok    %-10s %4d s  %s\n' "$name" $((SECONDS - begun)) "$(outcome "$logs/$name.log")" >>"$outcomes"
  else
    tail -n 200 "$logs/$name.log" | cut -c 1-200
    printf '== %s: what failed\n' "$name"
    grep -aE "^test .* FAILED$|panicked at|^(FAILED|ERROR) |^unsteady: " -A 3 "$logs/$name.log" | head -n 80 || true
    reasons "$logs/$name.log"
    df -h . /tmp
    printf '  FAIL  %-10s %4d s  all of it is in %s\n' "$name" $((SECONDS - begun)) "$logs/$name.log" >>"$outcomes"
    return 1
  fi
}

# Why each end-to-end test failed, in a line: what comes last is what a truncated log still shows.
reasons() {
  sed -nE 's/^(FAILED|ERROR) ([^ ]+) - (.*)$/  why \2: \3/p' "$1" | cut -c 1-240 | head -n 60
}

# The counts that a test run printed, in a few words.
outcome() {
  awk '
    /^test result: ok\./ { passed += $4 }
    !/^test result/ && / passed.* in [0-9.]+s/ { gsub(/ ?=+ ?/, ""); pytest = pytest ? pytest ", again " $0 : $0 }
    /^unsteady: / { unsteady = "; " $0 }
    END { if (pytest) print pytest unsteady; else if (passed) print passed " tests" }
  ' "$1"
}

# Where it is set, tests of Kubernetes' codecs fail without what it names instead of passing over it.
export WHARF_KUBE_GOLDENS=${WHARF_KUBE_GOLDENS:-$PWD/.cache/tools/goldens}

# Unit tests write what our codecs answer, to these and to requests that `what_the_sdk_asks` wrote;
# `answers_as_the_sdk_reads_them` comes after them. Examples and benches are clippy's alone. What is built meanwhile
# gives way to tests that run.
export WHARF_GOLDEN_ANSWERS=$PWD/$logs/answers WHARF_EVERY=$PWD/$logs/every
unit_tests() {
  rm -rf "$WHARF_GOLDEN_ANSWERS" && mkdir -p "$WHARF_GOLDEN_ANSWERS" &&
    .venv/bin/python scripts/unit_tests.py &&
    RUSTDOC=$PWD/scripts/rustdoc_of_store.sh nice -n 19 cargo test --locked --doc --workspace
}

python_style() { .venv/bin/ruff check && .venv/bin/ruff format --check; }

goldens_as_generated() {
  .venv/bin/python crates/wire/goldens/generate.py && .venv/bin/python crates/schedule/goldens/generate.py &&
    git diff --exit-code --stat -- crates/wire/goldens crates/schedule/goldens
}

what_the_sdk_asks() { rm -rf "$WHARF_EVERY" && .venv/bin/python crates/wire/goldens/every.py ask "$WHARF_EVERY"; }

answers_as_the_sdk_reads_them() {
  .venv/bin/python crates/wire/goldens/verify.py "$WHARF_GOLDEN_ANSWERS" &&
    .venv/bin/python crates/wire/goldens/every.py check "$WHARF_EVERY"
}

# Cargo builds more meanwhile, and may write its programs anew.
keep_programs() {
  rm -rf target/tested && mkdir -p target/tested && ln target/debug/wharf target/debug/wharf-shim target/tested/
  export WHARF=$PWD/target/tested/wharf
}

# Some 2,400 tests with real processes share two cores. Those that fail, if they are not many, are run once more, two files at
# a time; when they pass then, the summary names them as unsteady, each a defect of the test or of wharf to be found.
e2e_tests() {
  local failed=.cache/pytest/v/cache/lastfailed names
  rm -f "$failed"
  keep_programs || return 1
  COLUMNS=400 e2e/run -q --tb=short && return
  [ -s "$failed" ] || return 1
  # Pages of the docs go on from those before: all of them are run again, but for the longest, which others do not need.
  mapfile -t names < <(.venv/bin/python -c 'import json, sys
failed = set(json.load(open(sys.argv[1])))
longest = "test_docs.py::test_a_page_runs_as_written[kubernetes]"
again = {"test_docs.py" if it.startswith("test_docs.py") else it for it in failed}
print(*sorted(f"e2e/{it}" for it in again), sep="\n")
if longest not in failed:
    print(f"--deselect=e2e/{longest}")' "$failed")
  [ "${#names[@]}" -le 60 ] || return 1
  WHARF_E2E_WORKERS=2 COLUMNS=400 e2e/run -q --tb=short "${names[@]}" && echo "unsteady: ${names[*]}"
}

# Where all is built once, clippy's compiler does it: it looks and compiles in one go, which spares a second look at all of
# the workspace. Elsewhere what cargo has built already is worth more.
if [ -n "${WHARF_TESTS_RUN_ONCE:-}" ]; then
  export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS='-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__'
fi
lint() {
  if [ -z "${WHARF_TESTS_RUN_ONCE:-}" ]; then cargo clippy --locked --workspace --all-targets -- -D warnings
  else nice -n 19 cargo build --locked --workspace --lib --bins --example '*' --bench '*'
  fi
}

# The programs that the checks below need, with the features that they have in the whole workspace.
programs() { cargo build --locked --workspace --bin wharf --bin wharf-shim --bin xtask; }

# What end-to-end tests run is mostly fetched, and some of it built, and they are compiled; they look again themselves.
images() {
  local image
  {
    for image in busybox configured python web e2e/grpc/grpc; do e2e/images/build "$image"; done
    [ -d e2e/__pycache__ ] || env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest e2e -q --collect-only -p no:cacheprovider
    cd e2e && ../.venv/bin/python -c 'from harness import tools; tools.rust_client("kubernetes-client")'
  } >"$logs/images.log" 2>&1 || true
}

end_to_end() { check e2e e2e_tests; }

# Nothing is fetched for it: where a snapshot of the advisory database is, it is asked.
advisories() {
  local database=${WHARF_ADVISORIES:-.cache/advisory-db}
  if [ -n "${WHARF_ADVISORIES:-}" ] || [ -d "$database" ]; then
    check advisories target/debug/xtask advisories "$database"
  else
    printf '  none  %-10s         no snapshot of the advisory database; see docs/testing.md\n' advisories >>"$outcomes"
  fi
}

of_units() {
  if [ -n "${WHARF_TESTS_RUN_ONCE:-}" ]; then check clippy lint; fi &&
    check unit unit_tests && check answers answers_as_the_sdk_reads_them
}

# The compiler works while the rest of what tests need is fetched and what needs no program is looked at.
built() {
  if [ -z "${WHARF_TESTS_RUN_ONCE:-}" ]; then check clippy lint; fi && check build programs
}

looked_at() {
  scripts/deps.sh || return 1
  check format cargo fmt --check && check python python_style && check goldens goldens_as_generated &&
    check asked what_the_sdk_asks && images
}

scripts/deps.sh --build
side_by_side looked_at built
check repository target/debug/xtask check
advisories
side_by_side end_to_end of_units
