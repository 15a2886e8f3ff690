#!/usr/bin/env bash
# Shows wharf in six chapters, with the programs a user of AWS already has: one machine, from nothing to a service behind
# a load balancer that heals and rolls; then two hosts, of which one dies; then what starts by itself: by a push, a message
# and a schedule; then a service that follows its load; then machines that come when tasks wait; then Kubernetes on such
# machines. `--hosts 1`, `--hosts 2`, `--events`, `--scaling`, `--machines` or `--kubernetes` tells one of them.
#
# Every command is printed before it runs. All that is made is in one folder below $TMPDIR and is gone at the end,
# as is wharf. WHARF names the program; without it the build in target/ is taken, then the one on PATH.
# WHARF_DEMO_PATIENCE=5 waits five times as long for everything, for machines that are slow.
set -euo pipefail

# The repository, if this runs from one: by its path, or by `wharf demo`, which hands it to bash as text.
if [ -n "${BASH_EXECUTION_STRING:-}" ]; then
  here=$PWD
  myself=(bash -c "$BASH_EXECUTION_STRING" "$0")
else
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  myself=(bash "$here/scripts/demo.sh")
  for part in shared one-machine two-hosts events scaling machines kubernetes; do
    # shellcheck source=/dev/null
    . "$here/scripts/demo/$part.sh"
  done
fi

# Runs a chapter, of which the process itself is another: what a terminal says to everyone in the foreground is said to us
# alone, and is heard at once. If we are killed, the chapter cleans up.
chapter() {
  local around=(setsid setpriv --pdeathsig TERM)
  work=$(mktemp -d "${TMPDIR:-/tmp}/wharf-demo.XXXXXX")
  # In namespaces of its own it is a child of unshare, which hears nothing but KILL.
  [ "$1" != two_hosts ] || around=(
    setsid setpriv --pdeathsig KILL
    unshare --net --mount --pid --uts --fork --kill-child=TERM --mount-proc --propagation private
  )
  telling=$1
  WHARF_DEMO_CHAPTER=$1 WHARF_DEMO_FOLDER=$work "${around[@]}" "${myself[@]}" &
  inside=$!
  # A signal ends the waiting, not the chapter.
  wait "$inside" || exit
  inside=
  rm -rf "$work"
  work=
}
# The process itself.
tell() {
  leave=leave_$1
  # Passwords of registries, too, are kept there.
  export REGISTRY_AUTH_FILE=$work/auth.json
  echo '{}' >"$REGISTRY_AUTH_FILE"
  "$1"
}
ended() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  set +e
  if [ -n "$leave" ]; then
    stop_asking
    "$leave"
    rm -rf "$work"
    exit "$status"
  fi
  case ${inside:+$telling} in
    one_machine | things_happen | load_is_followed | machines_come | kubernetes_answers) kill -TERM "$inside" 2>/dev/null ;;
    two_hosts) kill -TERM "$(pgrep -P "$inside")" 2>/dev/null || kill -KILL "$inside" 2>/dev/null ;;
  esac
  [ -z "$inside" ] || wait "$inside"
  [ -z "$work" ] || rm -rf "$work"
  [ "$status" = 0 ] || printf '\ndemo: stopped with exit code %s; everything was cleaned up\n' "$status" >&2
  exit "$status"
}
trap ended EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

case "$*" in
  '') chapters=(one_machine two_hosts things_happen load_is_followed machines_come kubernetes_answers) ;;
  '--hosts 1') chapters=(one_machine) ;;
  '--hosts 2') chapters=(two_hosts) ;;
  '--events') chapters=(things_happen) ;;
  '--scaling') chapters=(load_is_followed) ;;
  '--machines') chapters=(machines_come) ;;
  '--kubernetes') chapters=(kubernetes_answers) ;;
  *) die "the only flags are --hosts, with 1 or 2, --events, --scaling, --machines and --kubernetes" ;;
esac
find_programs
if [ -n "${WHARF_DEMO_CHAPTER:-}" ]; then
  work=$WHARF_DEMO_FOLDER
  tell "$WHARF_DEMO_CHAPTER"
  exit
fi
for each in "${chapters[@]}"; do chapter "$each"; done
own=wharf
type -P wharf >/dev/null || own=$wharf_program
printf 'Start your own with: %s up\n' "$own"
