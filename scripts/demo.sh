#!/usr/bin/env bash
# Shows wharf in two chapters, with the programs a user of AWS already has: one machine, from nothing to a service behind
# a load balancer that heals and rolls; then two hosts, of which one dies. `--hosts 1` or `--hosts 2` tells one of them.
#
# Every command is printed before it runs. All that is made is in one folder below $TMPDIR and is gone at the end,
# as is wharf. WHARF names the program; without it the build in target/ is taken, then the one on PATH.
set -euo pipefail

# The repository, if this runs from one: by its path, or by `wharf demo`, which hands it to bash as text.
if [ -n "${BASH_EXECUTION_STRING:-}" ]; then
  here=$PWD
  # shellcheck disable=SC2034 # for chapter two
  myself=(bash -c "$BASH_EXECUTION_STRING" "$0")
else
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  # shellcheck disable=SC2034
  myself=(bash "$here/scripts/demo.sh")
  for part in shared one-machine two-hosts; do
    # shellcheck source=/dev/null
    . "$here/scripts/demo/$part.sh"
  done
fi

# Runs a chapter in a folder of its own. However it ends, leave_CHAPTER ends what it started.
chapter() {
  leave=leave_$1
  work=${WHARF_DEMO_INSIDE:-$(mktemp -d "${TMPDIR:-/tmp}/wharf-demo.XXXXXX")}
  # Passwords of registries, too, are kept there.
  export REGISTRY_AUTH_FILE=$work/auth.json
  [ -e "$REGISTRY_AUTH_FILE" ] || echo '{}' >"$REGISTRY_AUTH_FILE"
  "$1"
  clean_up
}
clean_up() {
  [ -n "$leave" ] || return 0
  stop_asking
  "$leave"
  leave=
  # Chapter two's folder is that of the shell that started its namespaces.
  [ -n "${WHARF_DEMO_INSIDE:-}" ] || rm -rf "$work"
}
ended() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  set +e
  clean_up
  if [ "$status" != 0 ] && [ -z "${WHARF_DEMO_INSIDE:-}" ]; then
    printf '\ndemo: stopped with exit code %s; everything was cleaned up\n' "$status" >&2
  fi
  exit "$status"
}
trap ended EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

case "$*" in
  '') chapters=(one_machine two_hosts) ;;
  '--hosts 1') chapters=(one_machine) ;;
  '--hosts 2') chapters=(two_hosts) ;;
  *) die "the only flag is --hosts, with 1 or 2" ;;
esac
find_programs
if [ -n "${WHARF_DEMO_INSIDE:-}" ]; then
  chapter inside_two_hosts
  exit
fi
for each in "${chapters[@]}"; do chapter "$each"; done
printf 'Start your own with: wharf up\n'
