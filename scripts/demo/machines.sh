# shellcheck shell=bash disable=SC2016,SC2154,SC2034 # JMESPath in backquotes; variables of shared.sh
# Chapter five: tasks wait, machines come for them; a machine is taken away, and its tasks leave it first.

# What the cluster `machines` has, told every few seconds until it is so: wait_machines RUNNING INSTANCES SECONDS
wait_machines() {
  local begun=$SECONDS now
  while [ $((SECONDS - begun)) -lt $(($3 * patience)) ]; do
    now=$(machines_now)
    printf '  %3d s  %s\n' $((SECONDS - begun)) "$now"
    [ "$now" != "$(told_of "$1" "$2")" ] || return 0
    sleep 2
  done
  show aws autoscaling describe-scaling-activities --auto-scaling-group-name machines --output table >&2
  show aws ecs describe-services --cluster machines --services web --query 'services[0].events[:10].message' --output text >&2
  die "the machines did not come in time"
}
told_of() { printf 'tasks: %s running; instances: %s in service' "$1" "$2"; }
machines_now() {
  told_of "$(aws ecs describe-services --cluster machines --services web --query 'services[0].runningCount' --output text)" \
    "$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names machines \
      --query 'length(AutoScalingGroups[0].Instances[?LifecycleState==`InService`])' --output text)"
}

# A role for the instances, and the group of none that makes them: their user data says which cluster they join.
make_group() {
  local image data
  cat >"$work/user-data" <<'SCRIPT'
#!/bin/sh
mkdir -p /etc/ecs
echo ECS_CLUSTER=machines >> /etc/ecs/ecs.config
SCRIPT
  show cat "$work/user-data"
  show aws iam create-role --role-name instance --query Role.Arn --output text --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
  show aws iam attach-role-policy --role-name instance --policy-arn arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role
  show aws iam create-instance-profile --instance-profile-name instance --query InstanceProfile.Arn --output text
  show aws iam add-role-to-instance-profile --instance-profile-name instance --role-name instance
  keep image aws ssm get-parameter --name /aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id \
    --query Parameter.Value --output text
  data=$(base64 -w 0 "$work/user-data")
  show aws ec2 create-launch-template --launch-template-name machines --query LaunchTemplate.LaunchTemplateId --output text \
    --launch-template-data "{\"ImageId\":\"$image\",\"InstanceType\":\"t3.micro\",\"IamInstanceProfile\":{\"Name\":\"instance\"},\"UserData\":\"$data\"}"
  show aws autoscaling create-auto-scaling-group --auto-scaling-group-name machines --min-size 0 --max-size 2 \
    --launch-template 'LaunchTemplateName=machines,Version=$Latest' --vpc-zone-identifier "$(IFS=,; echo "${subnets[*]}")"
}

make_provider() {
  local of_group
  keep of_group aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names machines \
    --query 'AutoScalingGroups[0].AutoScalingGroupARN' --output text
  show aws ecs create-capacity-provider --name machines --query capacityProvider.capacityProviderArn --output text \
    --auto-scaling-group-provider "autoScalingGroupArn=$of_group,managedScaling={status=ENABLED,targetCapacity=100},managedDraining=ENABLED"
  show aws ecs create-cluster --cluster-name machines --capacity-providers machines \
    --default-capacity-provider-strategy capacityProvider=machines,weight=1 --query cluster.clusterArn --output text
}

# A task is more than half of an instance, so that each has one of its own.
make_waiting_service() {
  cat >"$work/task-machines.json" <<JSON
{
  "family": "web", "requiresCompatibilities": ["EC2"], "networkMode": "awsvpc", "executionRoleArn": "$role",
  "containerDefinitions": [
    {"name": "web", "image": "localhost:$1/web:1", "memory": 600, "portMappings": [{"containerPort": 80}]}
  ]
}
JSON
  show cat "$work/task-machines.json"
  show aws ecs register-task-definition --cli-input-json "file://$work/task-machines.json" --query taskDefinition.taskDefinitionArn --output text
  show aws ecs create-service --cluster machines --service-name web --task-definition web --desired-count 2 \
    --network-configuration "awsvpcConfiguration={subnets=[$(IFS=,; echo "${subnets[*]}")],securityGroups=[$group]}" \
    --load-balancers "targetGroupArn=$targets,containerName=web,containerPort=80" --query service.serviceArn --output text
}

machines_come() {
  local port web_port begun
  data=$work/data
  chapter_title "Chapter five: machines come when tasks wait"
  look_at_machine
  port=$(free_port 4566) web_port=$(free_port 8080)

  say "1. Start wharf on a machine that keeps EC2 instances"
  start_wharf up --instances --data "$data" --port "$port" "${without_userns[@]}"
  point_tools --data "$data"
  build_image 1
  push_images "$port" 1
  make_balancer "$web_port"
  make_role

  say "2. An Auto Scaling group of no instance, and a cluster that takes its capacity from it"
  make_group
  make_provider

  say "3. A service of two tasks: they wait, and an instance comes for each"
  make_waiting_service "$port"
  wait_machines 2 2 180
  show aws ecs list-container-instances --cluster machines --query containerInstanceArns --output table
  until_within 60 curl -s -o /dev/null --fail "${resolve[@]}" "$url" || die "the service did not answer"
  ask_all 20

  say "4. One task and one instance are enough: the instance that goes is drained first"
  begun=$(date +%s%3N)
  start_asking 1 0.2
  show aws ecs update-service --cluster machines --service web --desired-count 1 --query service.desiredCount
  show aws autoscaling set-desired-capacity --auto-scaling-group-name machines --desired-capacity 1
  wait_machines 1 1 180
  stop_asking
  printf 'Requests of somebody who asked five times a second all the while, by status:\n'
  answers_between "$begun" "$(date +%s%3N)" || die "a request failed while an instance was taken away"
  show aws autoscaling describe-scaling-activities --auto-scaling-group-name machines --query 'Activities[].[Description,StatusCode]' --output table

  say "5. Take it all down"
  show aws ecs delete-service --cluster machines --service web --force --query service.status --output text
  show aws autoscaling delete-auto-scaling-group --auto-scaling-group-name machines --force-delete
  show aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  until_within 120 eval '[ "$(aws ec2 describe-instances --query '"'length(Reservations[].Instances[?State.Name!=\`terminated\`][])'"' --output text)" = 0 ]' \
    || die "instances were left"
  show wharf down --data "$data"
  wait "$up" 2>/dev/null || true
  up=
  printf '\nFrom a task that waits to a machine that runs it, and back.\n'
}

# However the chapter ended.
leave_machines_come() { leave_one_machine; }
