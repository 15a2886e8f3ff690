# shellcheck shell=bash disable=SC2154,SC2034 # variables of shared.sh
# Chapter three: what starts by itself. A push starts a task that reads a secret, writes to a bucket and sends a message;
# a service that was scaled from nothing consumes it; a schedule sends another.

# An image whose programs are shell scripts: they sign their requests with curl, by the role that their task has.
build_tool() {
  local root=$work/tool library
  mkdir -p "$root/bin" "$root/tmp"
  cp "$(readlink -f "$(command -v busybox)")" "$root/bin/busybox"
  for name in sh sed hostname sleep; do ln -s busybox "$root/bin/$name"; done
  cp "$(readlink -f "$(command -v curl)")" "$root/bin/curl"
  for library in $(ldd "$root/bin/curl" | grep -o '/[^ ]*'); do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done
  cat >"$root/bin/call" <<'SCRIPT'
# The role's keys, and a request that they sign: call SERVICE ARGUMENT…
keys=$(curl -sS "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
of() { echo "$keys" | sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p'; }
call() {
  service=$1
  shift
  curl -sS --fail --aws-sigv4 "aws:amz:us-east-1:$service" --user "$(of AccessKeyId):$(of SecretAccessKey)" \
    -H "x-amz-security-token: $(of Token)" "$@"
}
queue() { call sqs -H "X-Amz-Target: AmazonSQS.$1" -H 'Content-Type: application/x-amz-json-1.0' -d "$2" "$AWS_ENDPOINT_URL/"; }
SCRIPT
  cat >"$root/bin/report" <<'SCRIPT'
#!/bin/sh
set -e
. /bin/call
echo "The secret says: $GREETING" >/tmp/report
call s3 -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -T /tmp/report "$AWS_ENDPOINT_URL/reports/$(hostname).txt"
queue SendMessage "{\"QueueUrl\": \"$QUEUE\", \"MessageBody\": \"$(hostname).txt is there\"}"
SCRIPT
  cat >"$root/bin/work" <<'SCRIPT'
#!/bin/sh
. /bin/call
member() { echo "$got" | sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p'; }
while :; do
  got=$(queue ReceiveMessage "{\"QueueUrl\": \"$QUEUE\", \"WaitTimeSeconds\": 20}") || sleep 1
  receipt=$(member ReceiptHandle)
  [ -n "$receipt" ] || continue
  echo "A message: $(member Body)"
  queue DeleteMessage "{\"QueueUrl\": \"$QUEUE\", \"ReceiptHandle\": \"$receipt\"}" >/dev/null
done
SCRIPT
  chmod 755 "$root/bin/report" "$root/bin/work"
  keep container buildah from scratch
  show buildah copy --quiet "$container" "$root" /
  show buildah config --env PATH=/bin --stop-signal KILL "$container"
  show buildah commit --quiet "$container" "oci-archive:$work/tool.tar"
}

# Older versions sign wrongly.
curl_signs() {
  local version
  version=$(curl --version | awk 'NR == 1 { print $2 }')
  [ "$(printf '7.87\n%s\n' "$version" | sort -V | head -n 1)" = 7.87 ]
}

# A role that a service assumes, with a policy of its own: role_for NAME SERVICE ACTIONS. Sets role.
role_for() {
  keep role aws iam create-role --role-name "$1" --query Role.Arn --output text --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"'"$2"'"},"Action":"sts:AssumeRole"}]}'
  show aws iam put-role-policy --role-name "$1" --policy-name may --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":['"$3"'],"Resource":"*"}]}'
}

# The definition of a task: define_tool NAME MORE, the members that are not the same for all
define_tool() {
  cat >"$work/$1.json" <<JSON
{
  "family": "$1", "networkMode": "bridge", "taskRoleArn": "$worker", "executionRoleArn": "$execution",
  "containerDefinitions": [
    {
      "name": "$1", "image": "localhost:$port/tool:1", "command": ["$1"], "memory": 64,
      "environment": [{"name": "QUEUE", "value": "$queue"}]$2,
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/demo", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "demo"}
      }
    }
  ]
}
JSON
  show cat "$work/$1.json"
  show aws ecs register-task-definition --cli-input-json "file://$work/$1.json" --query taskDefinition.taskDefinitionArn --output text
}

login() {
  spell "aws ecr get-login-password | skopeo login --tls-verify=false --username AWS --password-stdin localhost:$port"
  aws ecr get-login-password | skopeo login --tls-verify=false --username AWS --password-stdin "localhost:$port"
}

# A line of the log, as soon as it is there: wait_line TEXT
wait_line() {
  spell "aws logs filter-log-events --log-group-name /demo --filter-pattern '\"$1\"' --query 'events[].message' --output text"
  has_line() {
    aws logs filter-log-events --log-group-name /demo --filter-pattern "\"$1\"" --query 'events[].message' --output text >"$work/lines"
    grep -q . "$work/lines"
  }
  until_within 60 has_line "$1" || die "no line says: $1"
  cat "$work/lines"
}

has_object() { [ -n "$(aws s3 ls s3://reports)" ]; }

things_happen() {
  local port queue queue_arn secret worker execution starter definition object
  data=$work/data
  chapter_title "Chapter three: things that happen"
  if ! curl_signs; then
    printf '\nIts tasks sign their requests with curl, of version 7.87 or later; this machine has an older one.\n'
    return
  fi
  look_at_machine
  port=$(free_port 4566)

  say "1. Start wharf"
  start_wharf up --data "$data" --port "$port" "${without_userns[@]}"
  point_tools --data "$data"

  say "2. What a workload leans on: a secret, a bucket, a queue"
  keep secret aws secretsmanager create-secret --name greeting --secret-string 'hello from a secret' --query ARN --output text
  show aws s3 mb s3://reports
  keep queue aws sqs create-queue --queue-name jobs --query QueueUrl --output text
  keep queue_arn aws sqs get-queue-attributes --queue-url "$queue" --attribute-names QueueArn --query Attributes.QueueArn --output text

  say "3. Roles: what tasks may do, what the node needs for them, what events and schedules may start"
  role_for worker ecs-tasks.amazonaws.com '"s3:PutObject","sqs:*"'
  worker=$role
  role_for execution ecs-tasks.amazonaws.com '"ecr:*","logs:*","secretsmanager:GetSecretValue"'
  execution=$role
  role_for starter events.amazonaws.com '"ecs:RunTask","iam:PassRole"'
  starter=$role
  role_for clock scheduler.amazonaws.com '"sqs:SendMessage"'

  say "4. An image with two programs, and their tasks; one of them gets the secret in its environment"
  build_tool
  show aws logs create-log-group --log-group-name /demo
  show aws ecr create-repository --repository-name tool --query repository.repositoryUri --output text
  login
  show skopeo copy --quiet --dest-tls-verify=false "oci-archive:$work/tool.tar" "docker://localhost:$port/tool:1"
  define_tool report ', "secrets": [{"name": "GREETING", "valueFrom": "'"$secret"'"}]'
  define_tool work ''

  say "5. A rule: whoever pushes an image named web starts the report"
  definition=$(aws ecs describe-task-definition --task-definition report --query taskDefinition.taskDefinitionArn --output text)
  show aws events put-rule --name pushed --query RuleArn --output text --event-pattern \
    '{"source":["aws.ecr"],"detail-type":["ECR Image Action"],"detail":{"action-type":["PUSH"],"repository-name":["web"]}}'
  show aws events put-targets --rule pushed --query FailedEntryCount --targets \
    '[{"Id":"report","Arn":"arn:aws:ecs:us-east-1:000000000000:cluster/default","RoleArn":"'"$starter"'","EcsParameters":{"TaskDefinitionArn":"'"$definition"'"}}]'

  say "6. Push one"
  show aws ecr create-repository --repository-name web --query repository.repositoryUri --output text
  show skopeo copy --quiet --dest-tls-verify=false "oci-archive:$work/tool.tar" "docker://localhost:$port/web:1"
  until_within 60 has_object || die "the push started no task that wrote a file"
  show aws s3 ls s3://reports
  object=$(aws s3 ls s3://reports | awk '{ print $4 }')
  show aws s3 cp --quiet "s3://reports/$object" -

  say "7. Nobody has read its message yet: scale a service from nothing"
  show aws ecs create-service --service-name work --task-definition work --desired-count 0 --query service.serviceArn --output text
  show aws sqs get-queue-attributes --queue-url "$queue" --attribute-names ApproximateNumberOfMessages --query Attributes --output text
  show aws ecs update-service --service work --desired-count 1 --query service.desiredCount
  wait_line 'is there'

  say "8. A schedule sends the next message, once, in five seconds"
  show aws scheduler create-schedule --name soon --flexible-time-window Mode=OFF --query ScheduleArn --output text \
    --schedule-expression "at($(date -u -d '5 seconds' +%Y-%m-%dT%H:%M:%S))" \
    --target '{"Arn":"'"$queue_arn"'","RoleArn":"'"$role"'","Input":"the clock sends its regards"}'
  wait_line 'the clock sends its regards'

  say "9. Take it all down"
  show aws ecs delete-service --service work --force --query service.status --output text
  show wharf down --data "$data"
  wait "$up" 2>/dev/null || true
  up=
  printf '\nNobody called: a push, a message and a moment did.\n'
}

# However the chapter ended.
leave_things_happen() { leave_one_machine; }
