# shellcheck shell=bash disable=SC2016,SC2154,SC2034 # JMESPath in backquotes; variables of shared.sh
# Chapter four: a service under load gets more tasks by what the kernel measured of it, and gives them back.

# Older versions of the command line do not know metrics by the twenty seconds.
aws_knows_monitoring() { [[ $(aws ecs create-service --generate-cli-skeleton 2>/dev/null) == *'"monitoring"'* ]]; }

# The service's processor in the last twenty seconds that were told, in per cent of what its tasks reserve.
last_cpu() {
  aws cloudwatch get-metric-statistics --namespace AWS/ECS --metric-name CPUUtilization --period 20 --statistics Average \
    --dimensions Name=ClusterName,Value=default Name=ServiceName,Value=web \
    --start-time "$(date -u -d '-3 minutes' +%Y-%m-%dT%H:%M:%SZ)" --end-time "$(date -u -d '1 minute' +%Y-%m-%dT%H:%M:%SZ)" \
    --query 'sort_by(Datapoints, &Timestamp)[-1].Average' --output text
}

# Until so many tasks run, told every few seconds: wait_count TASKS SECONDS
wait_count() {
  local begun=$SECONDS now
  while [ $((SECONDS - begun)) -lt $(($2 * patience)) ]; do
    now=$(aws ecs describe-services --services web --query \
      'services[0].join(`" "`, [`"running"`, to_string(runningCount), `"of"`, to_string(desiredCount)])' --output text)
    printf '  %3d s  %s, CPU %.0f %% of its reservation\n' $((SECONDS - begun)) "$now" "$(last_cpu | sed 's/None/0/')"
    [ "$now" != "running $1 of $1" ] || return 0
    sleep 4
  done
  show_events 20 >&2
  show aws application-autoscaling describe-scaling-activities --service-namespace ecs --output table >&2
  die "the service was not scaled in time"
}

# The one that tracks a target; what takes tasks away is a policy of its own here, since a target's waits for 15 minutes.
make_policies() {
  local target=(--service-namespace ecs --resource-id service/default/web --scalable-dimension ecs:service:DesiredCount) fewer
  show aws application-autoscaling register-scalable-target "${target[@]}" --min-capacity 1 --max-capacity 2 --query ScalableTargetARN --output text
  show aws application-autoscaling put-scaling-policy "${target[@]}" --policy-name more --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    '{"TargetValue":25,"DisableScaleIn":true,"PredefinedMetricSpecification":{"PredefinedMetricType":"ECSServiceAverageCPUUtilizationHighResolution"}}' \
    --query 'Alarms[].AlarmName' --output text
  keep fewer aws application-autoscaling put-scaling-policy "${target[@]}" --policy-name fewer --policy-type StepScaling \
    --step-scaling-policy-configuration \
    '{"AdjustmentType":"ChangeInCapacity","Cooldown":10,"StepAdjustments":[{"MetricIntervalUpperBound":0,"ScalingAdjustment":-1}]}' \
    --query PolicyARN --output text
  show aws cloudwatch put-metric-alarm --alarm-name idle --namespace AWS/ECS --metric-name CPUUtilization \
    --dimensions Name=ClusterName,Value=default Name=ServiceName,Value=web --statistic Average --period 20 --evaluation-periods 2 \
    --threshold 12 --comparison-operator LessThanThreshold --alarm-actions "$fewer"
}

load_comes() {
  local port=$1
  if type -P wrk >/dev/null; then
    spell "wrk -t1 -c4 -d300s -H 'Host: $name' http://127.0.0.1:$port/ &"
    wrk -t1 -c4 -d300s -H "Host: $name" "http://127.0.0.1:$port/" >/dev/null &
    load=("$!")
  else
    spell "for n in 1 2 3 4 5 6; do while :; do $(typed curl -s "${resolve[@]}" "$url"); done & done"
    for _ in 1 2 3 4 5 6; do
      while :; do curl -s -o /dev/null "${resolve[@]}" "$url" || true; done &
      load+=("$!")
    done
  fi
}
load_goes() {
  [ ${#load[@]} -gt 0 ] || return 0
  kill "${load[@]}" 2>/dev/null || true
  wait "${load[@]}" 2>/dev/null || true
  load=()
}

load_is_followed() {
  local port web_port begun
  data=$work/data
  chapter_title "Chapter four: a service follows its load"
  look_at_machine
  port=$(free_port 4566) web_port=$(free_port 8080)

  say "1. Start wharf, and a service of one task behind a load balancer; it is measured every twenty seconds"
  start_wharf up --data "$data" --port "$port" "${without_userns[@]}"
  point_tools --data "$data"
  if ! aws_knows_monitoring; then
    printf '\nThis aws command line is older than metrics by the twenty seconds; `make deps` brings one that knows them.\n'
    return
  fi
  build_image 1
  push_images "$port" 1
  show aws logs create-log-group --log-group-name /demo
  make_balancer "$web_port"
  make_role
  define "$port" 1
  make_service 1 --monitoring '{"metricConfigurations":[{"metricNames":["CPUUtilization"],"resolutionSeconds":20}]}'

  say "2. A quarter of its processor is what it should use: more than that adds a task, little takes one away"
  make_policies

  say "3. Load comes"
  begun=$(date +%s%3N)
  # Few enough to be no load; they see whether any request fails.
  start_asking 1 0.2
  load_comes "$web_port"
  wait_count 2 180
  show aws application-autoscaling describe-scaling-activities --service-namespace ecs \
    --query 'ScalingActivities[0].[Description,Cause,StatusCode]' --output text
  show wharf top --once --data "$data"

  say "4. Load goes"
  load_goes
  wait_count 1 240
  stop_asking
  printf 'Requests of somebody who asked five times a second all the while, by status:\n'
  answers_between "$begun" "$(date +%s%3N)" || die "a request failed while the service was scaled"

  say "5. Take it all down"
  show aws ecs delete-service --service web --force --query service.status --output text
  show aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  show wharf down --data "$data"
  wait "$up" 2>/dev/null || true
  up=
  printf '\nFrom the control group of a container to the number of tasks, and back.\n'
}

# However the chapter ended.
leave_load_is_followed() {
  load_goes
  leave_one_machine
}
