#!/usr/bin/env bash
# Shows wharf from nothing to a container's log line, with the programs a user of AWS already has.
#
# Every command is printed before it runs. All that is made is in one folder below /tmp and is gone at the end,
# as is wharf. WHARF names the program; without it the build in target/ is taken, then the one on PATH.
set -euo pipefail

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }
# Print a command as one would type it, then run it.
show() { printf '$ %s\n' "$*"; "$@"; }

# The repository, if this runs from one: by its path, or by `wharf demo`, which hands it to bash as text.
if [ -n "${BASH_SOURCE[0]:-}" ]; then here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd); else here=$PWD; fi
first_of() {
  local candidate
  for candidate in "$@"; do
    if candidate=$(command -v "$candidate" 2>/dev/null); then echo "$candidate"; return; fi
  done
  return 1
}
wharf_program=$(first_of ${WHARF:+"$WHARF"} "$here/target/debug/wharf" "$here/target/release/wharf" wharf) || die "no wharf: run 'make build' first"
aws_program=$(first_of "$here/.venv/bin/aws" aws) || die "no aws: run 'make deps', or install the AWS command line"
for tool in skopeo buildah busybox; do
  command -v "$tool" >/dev/null || die "no $tool: run 'make deps', or 'apt-get install skopeo buildah busybox-static'"
done
[ "$(id -u)" = 0 ] || die "containers need root: run 'sudo make demo'"

# The names under which the commands are shown.
wharf() { "$wharf_program" "$@"; }
aws() { "$aws_program" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
# `logs tail` exists in version 2 of the command line alone.
tail_logs() {
  local candidate
  for candidate in "${AWS2:-}" "$here/.cache/tools/aws2/bin/aws" /usr/bin/aws /usr/local/bin/aws; do
    if [ -x "$candidate" ] && "$candidate" --version 2>&1 | grep -q '^aws-cli/2\.'; then
      "$candidate" --endpoint-url "$AWS_ENDPOINT_URL" logs tail "$@"
      return
    fi
  done
  aws logs filter-log-events --log-group-name "$1" --query 'events[].message' --output text
}

work=$(mktemp -d /tmp/wharf-demo.XXXXXX)
data=$work/data
up=
clean_up() {
  local status=$?
  trap - EXIT
  [ -z "$up" ] || { wharf down --data "$data" >/dev/null 2>&1 || true; kill "$up" 2>/dev/null || true; wait "$up" 2>/dev/null || true; }
  rm -rf "$work"
  [ "$status" = 0 ] || printf '\ndemo: stopped with exit code %s; everything was cleaned up\n' "$status" >&2
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo 4566)

say "1. Start wharf: the whole platform in one program, its state in one folder"
printf '$ wharf up --data %s --port %s &\n' "$data" "$port"
wharf up --data "$data" --port "$port" >"$work/up.log" 2>&1 &
up=$!
for _ in $(seq 200); do
  grep -q '^Ready\.' "$work/up.log" && break
  kill -0 "$up" 2>/dev/null || { cat "$work/up.log" >&2; die "wharf up ended"; }
  sleep 0.05
done
grep -q '^Ready\.' "$work/up.log" || { cat "$work/up.log" >&2; die "wharf was not ready within 10 s"; }
sed 's/^/  /' "$work/up.log"

say "2. Point the AWS tools at it"
printf '$ eval "$(wharf env --data %s)"\n' "$data"
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CONFIG_FILE
eval "$(wharf env --data "$data")"
export AWS_PAGER= AWS_EC2_METADATA_DISABLED=true
show aws sts get-caller-identity --output table

say "3. Build an image from Debian's busybox; no registry on the internet is asked"
# buildah keeps its storage in our folder, so that nothing of the user's changes.
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
mkdir -p "$work/root/bin"
cp "$(readlink -f "$(command -v busybox)")" "$work/root/bin/busybox"
for name in sh sleep hostname; do ln -s busybox "$work/root/bin/$name"; done
cat >"$work/root/bin/hello" <<'SCRIPT'
#!/bin/sh
for n in 1 2 3; do
  echo "Hello number $n from $(hostname), process $$, in a container without Docker"
  sleep 0.5
done
SCRIPT
chmod 755 "$work/root/bin/hello"
printf '$ buildah from scratch\n'
container=$(buildah from scratch)
show buildah copy --quiet "$container" "$work/root" /
show buildah config --cmd /bin/hello --env PATH=/bin "$container"
show buildah commit --quiet "$container" "oci-archive:$work/hello.tar"

say "4. Push it into wharf's registry"
show aws ecr create-repository --repository-name hello --query repository.repositoryUri --output text
printf '$ aws ecr get-login-password | skopeo login --username AWS --password-stdin localhost:%s\n' "$port"
export REGISTRY_AUTH_FILE=$work/auth.json
aws ecr get-login-password | skopeo login --tls-verify=false --username AWS --password-stdin "localhost:$port"
show skopeo copy --quiet --dest-tls-verify=false "oci-archive:$work/hello.tar" "docker://localhost:$port/hello:1"

say "5. Describe the task and run it"
cat >"$work/task.json" <<JSON
{
  "family": "hello",
  "networkMode": "bridge",
  "containerDefinitions": [
    {
      "name": "hello",
      "image": "localhost:$port/hello:1",
      "memory": 32,
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/demo", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "demo"}
      }
    }
  ]
}
JSON
show cat "$work/task.json"
show aws logs create-log-group --log-group-name /demo
show aws ecs register-task-definition --cli-input-json "file://$work/task.json" --query taskDefinition.taskDefinitionArn --output text
printf '$ aws ecs run-task --task-definition hello --query "tasks[0].taskArn" --output text\n'
task=$(aws ecs run-task --task-definition hello --query 'tasks[0].taskArn' --output text)
printf '%s\n' "$task"

say "6. Follow it through its states"
printf '$ aws ecs describe-tasks --tasks %s --query "tasks[0].[lastStatus,stoppedReason,containers[0].exitCode]"\n' "${task##*/}"
last=
for _ in $(seq 100); do
  now=$(aws ecs describe-tasks --tasks "$task" --query 'tasks[0].[lastStatus,stoppedReason,containers[0].exitCode]' --output text)
  [ "$now" = "$last" ] || printf '%s\n' "$now"
  last=$now
  case $now in STOPPED*) break ;; esac
done
case $last in
  STOPPED*0) ;;
  *) die "the task did not end well: $last" ;;
esac

say "7. Read its lines"
printf '$ aws logs tail /demo\n'
for _ in $(seq 20); do
  tail_logs /demo >"$work/lines"
  grep -q 'number 3' "$work/lines" && break
done
cat "$work/lines"
grep -q 'number 3' "$work/lines" || die "the log is not complete"

say "8. End everything"
show wharf down --data "$data"
wait "$up" 2>/dev/null || true
up=
printf '\nThat was all of it. Start your own with: wharf up\n'
