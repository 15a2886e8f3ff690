# shellcheck shell=bash disable=SC2154,SC2034 # variables of shared.sh
# Chapter one: from nothing to a service behind a load balancer that heals and rolls, on one machine.

# A port that is free now, or the given one where nobody can say.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo "$1"; }

# `logs tail` exists in version 2 of the command line alone.
tail_logs() {
  local candidate
  for candidate in "${AWS2:-}" "$here/.cache/tools/aws2/bin/aws" /usr/bin/aws /usr/local/bin/aws; do
    if [ -x "$candidate" ] && "$candidate" --version 2>&1 | grep -q '^aws-cli/2\.'; then
      "$candidate" --endpoint-url "$AWS_ENDPOINT_URL" logs tail "$@"
      return
    fi
  done
  aws logs filter-log-events --log-group-name "$1" --query 'events[].message' --output text | tr '\t' '\n'
}

run_hello() {
  local task now last=''
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
  keep task aws ecs run-task --task-definition hello --query 'tasks[0].taskArn' --output text
  spell "aws ecs describe-tasks --tasks $task --query 'tasks[0].[lastStatus,stoppedReason,containers[0].exitCode]' --output text"
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
  spell 'aws logs tail /demo'
  for _ in $(seq 20); do
    tail_logs /demo >"$work/lines"
    grep -q 'number 3' "$work/lines" && break
  done
  cat "$work/lines"
  grep -q 'number 3' "$work/lines" || die "the log is not complete"
}

# Containers are processes of this machine: end one of the service's.
kill_a_container() {
  local installation pid victim=''
  installation=$(cat "$data/installation")
  for pid in $(pgrep -f '^httpd -f -vv -p 80'); do
    if grep -q "$installation" "/proc/$pid/cgroup"; then victim=$pid; break; fi
  done
  [ -n "$victim" ] || die "no process of the service was found"
  show kill -9 "$victim"
}

roll_out() {
  local begun
  begun=$(date +%s%3N)
  start_asking 1
  define "$port" 2
  show aws ecs update-service --service web --task-definition web:2 --query service.taskDefinition --output text
  wait_stable 3
  stop_asking
  printf 'Answers meanwhile, by status:\n'
  answers_between "$begun" "$(date +%s%3N)" || die "a request failed during the rollout"
  show curl -sS --fail "${resolve[@]}" "$url"
}

read_a_line() {
  local line=''
  spell 'aws logs tail /demo | grep demo/web | tail -n 1'
  for _ in $(seq 20); do
    line=$(tail_logs /demo | grep -e demo/web -e response: | tail -n 1 || true)
    [ -z "$line" ] || break
  done
  [ -n "$line" ] || die "there is no log line"
  printf '%s\n' "$line"
}

one_machine() {
  local port web_port
  data=$work/data
  chapter_title "Chapter one: a machine"
  look_at_machine
  port=$(free_port 4566) web_port=$(free_port 8080)

  say "1. Start wharf: the whole platform in one program, its state in one folder"
  start_wharf up --data "$data" --port "$port" "${without_userns[@]}"

  say "2. Point the AWS tools at it"
  point_tools --data "$data"
  show aws sts get-caller-identity --output table

  say "3. Build two versions of a web server from Debian's busybox; no registry on the internet is asked"
  build_image 1
  build_image 2

  say "4. Push them into wharf's registry"
  push_images "$port" 1 2

  say "5. Run a task to its end and read its lines"
  run_hello

  say "6. A load balancer in front of the default VPC's three zones"
  make_balancer "$web_port"

  say "7. A service of three Fargate tasks behind it"
  make_role
  define "$port" 1
  make_service 3
  show wharf status --data "$data"

  say "8. Ask it: every task answers"
  ask_all 30

  say "9. Kill a container's process; the service replaces the task"
  kill_a_container
  wait_stable 3
  show_events 3

  say "10. Roll out version 2 while requests go on"
  roll_out

  say "11. Read a line of its log"
  read_a_line

  say "12. Take it all down"
  show aws ecs delete-service --service web --force --query service.status --output text
  show aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  show wharf down --data "$data"
  wait "$up" 2>/dev/null || true
  up=
  printf '\nThat was one machine: %s was served by three containers without Docker.\n' "$url"
}

# However the chapter ended.
leave_one_machine() {
  [ -n "$up" ] || return 0
  wharf down --data "$data" >/dev/null 2>&1 || true
  kill "$up" 2>/dev/null || true
  wait "$up" 2>/dev/null || true
}
