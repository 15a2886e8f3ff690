# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # JMESPath in backquotes; variables of the other parts
# What the chapters of the demo share: how commands are shown, the programs, the images, a service behind a load
# balancer. Read by scripts/demo.sh, or put before it by `wharf demo`.

# The chapter's folder and how it is left, its process and its name; the running wharf; what commands said that later ones need.
work='' leave='' inside='' telling='' up='' wharf_program='' aws_program=''
container='' vpc='' group='' balancer='' targets='' name='' url='' role=''
asking=() load=() subnets=() resolve=()

chapter_title() { printf '\n\033[1;4m%s\033[0m\n' "$*"; }
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# Commands

# The machine that the next command is typed on.
prompt='$'
# Words as one would type them: what is special to a shell stands in quotes.
typed() {
  local word line=
  for word; do
    case $word in
      '' | *[!A-Za-z0-9_./:=,@%+-]*) word="'${word//\'/\'\\\'\'}'" ;;
    esac
    line+="${line:+ }$word"
  done
  printf '%s' "$line"
}
# Print a line as typed; for what is no single command.
spell() { printf '%s %s\n' "$prompt" "$*"; }
# Print a command, then run it.
show() { spell "$(typed "$@")"; "$@"; }
# Print a command and keep what it says in a variable: keep NAME COMMAND…
keep() {
  local keep_as=$1 keep_value
  shift
  spell "$keep_as=\$($(typed "$@"))"
  keep_value=$("$@")
  printf -v "$keep_as" '%s' "$keep_value"
}
# How many times as long as on an ordinary machine to wait for something.
patience=${WHARF_DEMO_PATIENCE:-1}
# Run a condition until it holds, for so many seconds at most: until_within SECONDS COMMAND…
until_within() {
  local deadline=$((SECONDS + $1 * patience))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

# Programs

# The first of some programs that is there; the functions below, of the same names, are none.
first_of() {
  local candidate
  for candidate in "$@"; do
    if type -P "$candidate"; then return; fi
  done
  return 1
}
# The names under which the commands are shown.
wharf() { "$wharf_program" "$@"; }
aws() { "$aws_program" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
# buildah keeps its storage in our folder, so that nothing of the user's changes.
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/storage-run" "$@"; }

find_programs() {
  local tool
  wharf_program=$(first_of ${WHARF:+"$WHARF"} "$here/target/debug/wharf" "$here/target/release/wharf" wharf) || die "no wharf: run 'make build' first"
  aws_program=$(first_of ${WHARF_AWS:+"$WHARF_AWS"} "$here/.venv/bin/aws" aws) || die "no aws: run 'make deps', or install the AWS command line"
  for tool in skopeo buildah busybox curl pgrep ip setpriv unshare nsenter mount; do
    command -v "$tool" >/dev/null \
      || die "no $tool: run 'make deps', or 'apt-get install skopeo buildah busybox-static curl procps iproute2 util-linux mount'"
  done
  [ "$(id -u)" = 0 ] || die "containers need root: run 'sudo make demo'"
}

# Machines on which Fargate tasks cannot have user namespaces, for their kernel's age say, take them when told so.
without_userns=()
look_at_machine() {
  case $(wharf doctor --data "$work" || true) in
    *'warn  Fargate tasks '*)
      without_userns=(--fargate-without-userns)
      printf '\nFargate tasks cannot have user namespaces on this machine, as `wharf doctor` says; they run without.\n'
      ;;
  esac
}

# Start wharf in the background and wait for what it says then: start_wharf PORT ARGUMENT…
start_wharf() {
  local log=$work/wharf.log
  spell "$(typed wharf "$@") &"
  : >"$log"
  # Not by the function: some versions of bash would keep a shell in between, which a signal to $up would reach instead.
  "$wharf_program" "$@" >>"$log" 2>&1 &
  up=$!
  # Long beyond what it takes: a machine may be slow.
  until_within 60 eval "grep -q '^Ready\.' '$log' || ! kill -0 $up 2>/dev/null" || true
  grep -q '^Ready\.' "$log" || { cat "$log" >&2; die "wharf was not ready in time"; }
  sed 's/^/  /' "$log"
}

# Point the AWS tools at it: point_tools [--data DIR]
point_tools() {
  spell "eval \"\$($(typed wharf env "$@"))\""
  unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CONFIG_FILE
  eval "$(wharf env "$@")"
  export AWS_PAGER='' AWS_EC2_METADATA_DISABLED=true
}

# Images: build_image VERSION, then push_images PORT VERSION…

build_image() {
  local root=$work/root
  if [ ! -d "$root" ]; then
    mkdir -p "$root/bin" "$root/www"
    cp "$(readlink -f "$(command -v busybox)")" "$root/bin/busybox"
    for name in sh hostname httpd tr sleep; do ln -s busybox "$root/bin/$name"; done
    cat >"$root/bin/serve" <<'SCRIPT'
#!/bin/sh
echo "version $VERSION, task address $(hostname -i | tr -d ' ')" >/www/index.html
exec httpd -f -vv -p 80 -h /www
SCRIPT
    cat >"$root/bin/hello" <<'SCRIPT'
#!/bin/sh
for n in 1 2 3; do
  echo "Hello number $n from $(hostname), process $$, in a container without Docker"
  sleep 0.5
done
SCRIPT
    chmod 755 "$root/bin/serve" "$root/bin/hello"
  fi
  keep container buildah from scratch
  show buildah copy "$container" "$root" /
  show buildah config --cmd /bin/serve --env PATH=/bin --env VERSION="$1" --stop-signal KILL "$container"
  show buildah commit --quiet "$container" "oci-archive:$work/web-$1.tar"
}

push_images() {
  local registry=localhost:$1 version
  shift
  show aws ecr create-repository --repository-name web --query repository.repositoryUri --output text
  spell "aws ecr get-login-password | skopeo login --tls-verify=false --username AWS --password-stdin $registry"
  aws ecr get-login-password | skopeo login --tls-verify=false --username AWS --password-stdin "$registry"
  for version; do
    show skopeo copy --quiet --dest-tls-verify=false "oci-archive:$work/web-$version.tar" "docker://$registry/web:$version"
  done
}

# A load balancer in the default VPC's three zones, listening on a port: make_balancer PORT. Sets url.
make_balancer() {
  keep vpc aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text
  keep subnets aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'Subnets[].SubnetId' --output text
  read -ra subnets <<<"${subnets[0]}"
  keep group aws ec2 create-security-group --group-name web --description 'everybody may ask' --vpc-id "$vpc" --query GroupId --output text
  show aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 80 --cidr 0.0.0.0/0 --query Return
  [ "$1" = 80 ] || show aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port "$1" --cidr 0.0.0.0/0 --query Return
  keep balancer aws elbv2 create-load-balancer --name web --subnets "${subnets[@]}" --security-groups "$group" \
    --query 'LoadBalancers[0].LoadBalancerArn' --output text
  keep targets aws elbv2 create-target-group --name web --protocol HTTP --port 80 --target-type ip --vpc-id "$vpc" \
    --health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2 --unhealthy-threshold-count 2 \
    --query 'TargetGroups[0].TargetGroupArn' --output text
  show aws elbv2 modify-target-group-attributes --target-group-arn "$targets" \
    --attributes Key=deregistration_delay.timeout_seconds,Value=5 --query 'length(Attributes) > `0`'
  show aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port "$1" \
    --default-actions "Type=forward,TargetGroupArn=$targets" --query 'Listeners[0].ListenerArn' --output text
  keep name aws elbv2 describe-load-balancers --names web --query 'LoadBalancers[0].DNSName' --output text
  url=http://$name/
  [ "$1" = 80 ] || url=http://$name:$1/
  find_name "$1"
}

# Older curl leaves names below localhost to the machine's resolver, which may not know them either: find_name PORT
find_name() {
  local status=0
  resolve=()
  curl -s -o "$work/answer" --max-time 15 "$url" || status=$?
  [ "$status" != 6 ] || resolve=(--resolve "$name:$1:127.0.0.1")
}

make_role() {
  keep role aws iam create-role --role-name web --query Role.Arn --output text --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
  show aws iam attach-role-policy --role-name web --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy
}

# Register the task definition of a version: define PORT VERSION
define() {
  cat >"$work/task-$2.json" <<JSON
{
  "family": "web",
  "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
  "executionRoleArn": "$role",
  "containerDefinitions": [
    {
      "name": "web",
      "image": "localhost:$1/web:$2",
      "portMappings": [{"containerPort": 80}],
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/demo", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "demo"}
      }
    }
  ]
}
JSON
  [ "$2" != 1 ] || show cat "$work/task-1.json"
  show aws ecs register-task-definition --cli-input-json "file://$work/task-$2.json" --query taskDefinition.taskDefinitionArn --output text
}

# A service of that many tasks behind the load balancer, until it is stable: make_service TASKS MORE…
make_service() {
  show aws ecs create-service --service-name web --task-definition web:1 --desired-count "$1" --launch-type FARGATE \
    --network-configuration "awsvpcConfiguration={subnets=[$(IFS=,; echo "${subnets[*]}")],securityGroups=[$group]}" \
    --load-balancers "targetGroupArn=$targets,containerName=web,containerPort=80" "${@:2}" --query service.serviceArn --output text
  wait_stable "$1"
}

# What `aws ecs wait services-stable` waits for, asked more often, and told: wait_stable TASKS
wait_stable() {
  local now last='' begun=$SECONDS told=$SECONDS
  while [ $((SECONDS - begun)) -lt $((300 * patience)) ]; do
    now=$(aws ecs describe-services --services web --query \
      'services[0].join(`" "`, [join(`" "`, [`"running"`, to_string(runningCount), `"of"`, to_string(desiredCount)]), join(`", "`, deployments[].join(`" "`, [status, rolloutState]))])' \
      --output text)
    if [ "$now" != "$last" ] || [ $((SECONDS - told)) -ge 3 ]; then
      printf '  %2d s  %s\n' $((SECONDS - begun)) "$now"
      last=$now told=$SECONDS
    fi
    [ "$now" = "running $1 of $1 PRIMARY COMPLETED" ] && return
  done
  show_events 20 >&2
  die "the service was not stable in time"
}

show_events() {
  spell "aws ecs describe-services --services web --query 'services[0].events[:$1].message' --output text | tr '\\t' '\\n'"
  aws ecs describe-services --services web --query "services[0].events[:$1].message" --output text | tr '\t' '\n'
}

ask_all() {
  spell "for n in \$(seq $1); do $(typed curl -s "${resolve[@]}" "$url"); done | sort | uniq -c"
  for _ in $(seq "$1"); do curl -sS --fail "${resolve[@]}" "$url"; done | sort | uniq -c
}

# Ask without pause in the background, so many at a time, until `stop_asking`: start_asking CONNECTIONS [PAUSE]
# $work/answers then has a line a request: when it began, in milliseconds, and the answer's status (000: none).
start_asking() {
  rm -f "$work/enough"
  : >"$work/answers"
  asking=()
  for _ in $(seq "$1"); do
    while [ ! -e "$work/enough" ]; do
      printf '%s %s\n' "$(date +%s%3N)" "$(curl -s -o /dev/null -w '%{http_code}' --max-time 15 "${resolve[@]}" "$url")" >>"$work/answers"
      sleep "${2:-0}"
    done &
    asking+=($!)
  done
}
stop_asking() {
  [ ${#asking[@]} -gt 0 ] || return 0
  touch "$work/enough"
  wait "${asking[@]}" || true
  asking=()
}
# Of the requests that began between two moments (milliseconds): how many had which answer. Fails unless all had 200.
answers_between() {
  awk -v from="$1" -v to="$2" '
    $1 >= from && $1 < to { answers[$2]++ }
    END {
      for (status in answers) { printf "  %6d × %s\n", answers[status], status; if (status != 200) failed = 1 }
      exit failed || !answers[200]
    }' "$work/answers"
}
