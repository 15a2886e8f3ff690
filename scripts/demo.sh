#!/usr/bin/env bash
# Shows wharf from nothing to a service behind a load balancer that heals and rolls, with the programs a user of AWS
# already has.
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
for tool in skopeo buildah busybox curl pgrep; do
  command -v "$tool" >/dev/null || die "no $tool: run 'make deps', or 'apt-get install skopeo buildah busybox-static curl procps'"
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

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo "$1"; }
port=$(free_port 4566) web_port=$(free_port 8080)

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

say "3. Build two versions of a web server from Debian's busybox; no registry on the internet is asked"
# buildah keeps its storage in our folder, so that nothing of the user's changes.
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
mkdir -p "$work/root/bin" "$work/root/www"
cp "$(readlink -f "$(command -v busybox)")" "$work/root/bin/busybox"
for name in sh hostname httpd tr sleep; do ln -s busybox "$work/root/bin/$name"; done
cat >"$work/root/bin/serve" <<'SCRIPT'
#!/bin/sh
echo "version $VERSION, task address $(hostname -i | tr -d ' ')" >/www/index.html
exec httpd -f -vv -p 80 -h /www
SCRIPT
cat >"$work/root/bin/hello" <<'SCRIPT'
#!/bin/sh
for n in 1 2 3; do
  echo "Hello number $n from $(hostname), process $$, in a container without Docker"
  sleep 0.5
done
SCRIPT
chmod 755 "$work/root/bin/serve" "$work/root/bin/hello"
for version in 1 2; do
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$work/root" / >/dev/null
  buildah config --cmd /bin/serve --env PATH=/bin --env VERSION=$version --stop-signal KILL "$container"
  show buildah commit --quiet "$container" "oci-archive:$work/web-$version.tar"
done

say "4. Push them into wharf's registry"
show aws ecr create-repository --repository-name web --query repository.repositoryUri --output text
printf '$ aws ecr get-login-password | skopeo login --username AWS --password-stdin localhost:%s\n' "$port"
export REGISTRY_AUTH_FILE=$work/auth.json
aws ecr get-login-password | skopeo login --tls-verify=false --username AWS --password-stdin "localhost:$port"
for version in 1 2; do
  show skopeo copy --quiet --dest-tls-verify=false "oci-archive:$work/web-$version.tar" "docker://localhost:$port/web:$version"
done

say "5. Run a task to its end and read its lines"
cat >"$work/hello.json" <<JSON
{
  "family": "hello",
  "networkMode": "bridge",
  "containerDefinitions": [
    {
      "name": "hello",
      "image": "localhost:$port/web:1",
      "command": ["hello"],
      "memory": 32,
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/demo", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "demo"}
      }
    }
  ]
}
JSON
show cat "$work/hello.json"
show aws logs create-log-group --log-group-name /demo
show aws ecs register-task-definition --cli-input-json "file://$work/hello.json" --query taskDefinition.taskDefinitionArn --output text
printf '$ aws ecs run-task --task-definition hello --query "tasks[0].taskArn" --output text\n'
task=$(aws ecs run-task --task-definition hello --query 'tasks[0].taskArn' --output text)
printf '%s\n' "$task"
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
printf '$ aws logs tail /demo\n'
for _ in $(seq 20); do
  tail_logs /demo >"$work/lines"
  grep -q 'number 3' "$work/lines" && break
done
cat "$work/lines"
grep -q 'number 3' "$work/lines" || die "the log is not complete"

say "6. A load balancer in front of the default VPC's three zones"
vpc=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
read -ra subnets <<<"$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'Subnets[].SubnetId' --output text)"
group=$(aws ec2 create-security-group --group-name web --description "everybody may ask" --vpc-id "$vpc" --query GroupId --output text)
show aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 80 --cidr 0.0.0.0/0 --query Return
printf '$ aws elbv2 create-load-balancer --name web --subnets %s --security-groups %s\n' "${subnets[*]}" "$group"
read -r balancer name <<<"$(aws elbv2 create-load-balancer --name web --subnets "${subnets[@]}" --security-groups "$group" \
  --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]' --output text)"
printf '$ aws elbv2 create-target-group --name web --protocol HTTP --port 80 --target-type ip --vpc-id %s\n' "$vpc"
targets=$(aws elbv2 create-target-group --name web --protocol HTTP --port 80 --target-type ip --vpc-id "$vpc" \
  --health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group-attributes --target-group-arn "$targets" --attributes Key=deregistration_delay.timeout_seconds,Value=5 >/dev/null
printf '$ aws elbv2 create-listener --protocol HTTP --port %s --default-actions Type=forward,TargetGroupArn=…\n' "$web_port"
aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port "$web_port" \
  --default-actions "Type=forward,TargetGroupArn=$targets" >/dev/null
url=http://$name:$web_port/

say "7. A service of three Fargate tasks behind it"
define() {
  cat >"$work/task-$1.json" <<JSON
{
  "family": "web",
  "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
  "executionRoleArn": "$role",
  "containerDefinitions": [
    {
      "name": "web",
      "image": "localhost:$port/web:$1",
      "portMappings": [{"containerPort": 80}],
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/demo", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "demo"}
      }
    }
  ]
}
JSON
  aws ecs register-task-definition --cli-input-json "file://$work/task-$1.json" --query taskDefinition.taskDefinitionArn --output text
}
printf '$ aws iam create-role --role-name web …\n'
role=$(aws iam create-role --role-name web --query Role.Arn --output text --assume-role-policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}')
show aws iam attach-role-policy --role-name web --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy
define 1
show cat "$work/task-1.json"
network="awsvpcConfiguration={subnets=[$(IFS=,; echo "${subnets[*]}")],securityGroups=[$group]}"
printf '$ aws ecs create-service --service-name web --task-definition web:1 --desired-count 3 --launch-type FARGATE …\n'
aws ecs create-service --service-name web --task-definition web:1 --desired-count 3 --launch-type FARGATE \
  --network-configuration "$network" --load-balancers "targetGroupArn=$targets,containerName=web,containerPort=80" \
  --query service.serviceArn --output text
# What `aws ecs wait services-stable` waits for, asked more often, and told.
wait_stable() {
  local now last= deadline=$((SECONDS + 120))
  while [ $SECONDS -lt $deadline ]; do
    now=$(aws ecs describe-services --services web --query \
      'services[0].join(`" "`, [join(`" "`, [`"running"`, to_string(runningCount), `"of"`, to_string(desiredCount)]), join(`", "`, deployments[].join(`" "`, [status, rolloutState]))])' \
      --output text)
    [ "$now" = "$last" ] || printf '  %s\n' "$now"
    last=$now
    [ "$now" = "running 3 of 3 PRIMARY COMPLETED" ] && return
  done
  aws ecs describe-services --services web --query 'services[0].events[].message' --output table >&2
  die "the service was not stable within two minutes"
}
wait_stable
show wharf status --data "$data"

say "8. Ask it: every task answers"
printf '$ for n in $(seq 30); do curl -s %s; done | sort | uniq -c\n' "$url"
for _ in $(seq 30); do curl -sS --fail "$url"; done | sort | uniq -c

say "9. Kill a container's process; the service replaces the task"
installation=$(cat "$data/installation")
for pid in $(pgrep -f '^httpd -f -vv -p 80'); do
  if grep -q "$installation" "/proc/$pid/cgroup"; then victim=$pid; break; fi
done
show kill -9 "$victim"
wait_stable
printf '$ aws ecs describe-services --services web --query "services[0].events[:3].message"\n'
aws ecs describe-services --services web --query 'services[0].events[:3].message' --output text | tr '\t' '\n'

say "10. Roll out version 2 while requests go on"
: >"$work/codes"
(while [ ! -e "$work/enough" ]; do curl -s -o /dev/null -w '%{http_code}\n' "$url" >>"$work/codes" || true; done) &
asking=$!
define 2
printf '$ aws ecs update-service --service web --task-definition web:2\n'
aws ecs update-service --service web --task-definition web:2 --query service.taskDefinition --output text
wait_stable
touch "$work/enough"
wait "$asking"
printf 'Answers meanwhile, by status:\n'
sort "$work/codes" | uniq -c
! grep -qv 200 "$work/codes" || die "a request failed during the rollout"
show curl -sS --fail "$url"

say "11. Read a line of its log"
printf '$ aws logs tail /demo | grep demo/web | tail -1\n'
line=
for _ in $(seq 20); do
  line=$(tail_logs /demo | grep demo/web | tail -n 1 || true)
  [ -z "$line" ] || break
done
[ -n "$line" ] || die "there is no log line"
printf '%s\n' "$line"

say "12. Take it all down"
show aws ecs delete-service --service web --force --query service.status --output text
show aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
show wharf down --data "$data"
wait "$up" 2>/dev/null || true
up=
printf '\nThat was all of it: %s was served by three containers without Docker.\nStart your own with: wharf up\n' "$url"
