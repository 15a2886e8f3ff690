# shellcheck shell=bash disable=SC2154,SC2034 # variables of shared.sh
# Chapter two: a service on two hosts, of which one dies.
#
# All machines are namespaces inside a private one, which plays the machine of the control plane: network, mounts,
# processes and host name. When that ends, so do they; the user's machine never sees a link, a mount or an address.

control=10.0.0.1
declare -A holders=()

# Machines

# Make this the machine `control`: a folder of its own for what wharf keeps, and a switch that others plug into.
boot_control() {
  be_machine control
  ip link set lo up
  ip link add lan type bridge
  ip address add "$control/24" dev lan
  ip link set lan up
}

# The name, /var/lib, /run and /dev/shm of these namespaces are from now on a machine's own.
be_machine() {
  echo "$1" >/proc/sys/kernel/hostname
  mkdir -p "$work/$1/lib" "$work/$1/run"
  mount --bind "$work/$1/lib" /var/lib
  mount --bind "$work/$1/run" /run
  mount -t tmpfs -o mode=1777 tmpfs /dev/shm
}

# A further machine, empty: boot NAME ADDRESS
boot() {
  local name=$1 unshared
  unshare --net --mount --pid --uts --fork --kill-child --mount-proc --propagation private bash -c "
    set -e
    $(declare -f be_machine)
    work='$work'
    be_machine '$name'
    touch '$work/$name/booted'
    sleep infinity & wait" 2>"$work/$name.console" &
  unshared=$!
  until_within 10 test -e "$work/$name/booted" || die "the machine $name did not start"
  holders[$name]=$(pgrep -P "$unshared")
  ip link add "$name" type veth peer name eth0 netns "${holders[$name]}"
  ip link set "$name" master lan up
  on "$name" ip link set lo up
  on "$name" ip address add "$2/24" dev eth0
  on "$name" ip link set eth0 up
  on "$name" ip route add default via "$control"
}

# Run a command on a machine: on NAME COMMAND…
on() {
  local name=$1
  shift
  nsenter --target "${holders[$name]}" --net --mount --pid --uts -- "$@"
}

# Start a node in the background with the token of the variable `token`: start_node MACHINE ARGUMENT…
start_node() {
  local machine=$1 log=$work/$1/node.log
  shift
  set -- "$@" --server "https://$control:4566" --join - "${without_userns[@]}"
  prompt="$machine\$"
  spell "$(typed wharf node "$@") <<< $token &"
  prompt="control\$"
  if [ "$machine" = control ]; then wharf node "$@" <<<"$token" >"$log" 2>&1 &
  else on "$machine" "$wharf_program" node "$@" <<<"$token" >"$log" 2>&1 &
  fi
}

# Make a token and show it; the variable `token` then has it: make_token [--fargate …]
make_token() {
  local said
  spell "$(typed wharf token "$@")"
  said=$(wharf token "$@")
  printf '%s\n' "$said"
  token=${said##*<<< }
  token=${token%%[[:space:]]*}
}

# Looking: `wharf status`, read by its columns

look() { wharf status >"$work/status"; }
# Of the rows of a table in which a column has a value, one column (0: all, -1: the last): rows TABLE COLUMN=VALUE COLUMN
rows() {
  awk -v table="$1" -v column="${2%%=*}" -v value="${2#*=}" -v shown="$3" '
    /^$/ { inside = 0 }
    inside && $column == value { print shown < 0 ? $NF : $shown }
    $1 == table { inside = 1 }' "$work/status"
}
count() { rows "$@" 0 | wc -l; }
# By number: NODE CLUSTER ZONE STATUS AGENT … TASKS; SERVICE TASKS (running/desired) STATE …; TARGET GROUP STATE …
agent_in() { rows NODE "3=$1" 5; }
tasks_in() { rows NODE "3=$1" -1; }
running() { rows SERVICE 1=web 2 | cut -d/ -f1; }
healthy() { count TARGET 3=healthy; }

# The story

joined() { look && [ "$(count NODE 5=connected)" = 3 ]; }
noticed() { [ "$(agent_in us-east-1b)" = away ]; }
replaced() { [ "$(tasks_in us-east-1a)" = 4 ] && [ "$(running)" = 4 ] && [ "$(healthy)" = 4 ]; }
# Long enough for requests that began two seconds after the loss was noticed.
proven() { replaced && [ "$(now_ms)" -gt $((noticed_at + 5000)) ]; }

now_ms() { date +%s%3N; }

# Watch until a condition holds, with a line every two seconds: watch_until SECONDS CONDITION
watch_until() {
  local deadline=$((SECONDS + $1 * patience))
  while look; do
    if [ $SECONDS -ge "$tell_at" ]; then
      printf '  %2d s  host-2 is %-9s  tasks: %s on host-1, %s running; targets healthy: %s; requests answered: %s\n' \
        $((SECONDS - lost_at)) "$(agent_in us-east-1b)" "$(tasks_in us-east-1a)" "$(running)" "$(healthy)" "$(wc -l <"$work/answers")"
      tell_at=$((SECONDS + 2))
    fi
    "$2" && return
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}

join_hosts() {
  local token
  make_token --fargate --zone us-east-1a
  start_node host-1
  make_token --fargate --zone us-east-1b
  start_node host-2
  printf '\nA node whose token has no --fargate takes no Fargate tasks; this one carries the load balancers:\n'
  make_token --lb --zone us-east-1c
  start_node control --data /var/lib/front
  until_within 20 joined || { cat "$work"/*/node.log >&2; die "the nodes did not join in time"; }
  show wharf status
}

# Every process on it at once, as if its plug were pulled; its end of the cable goes with them.
kill_host() {
  spell "kill -9 ${holders[$1]}   # the first process of $1, and with it all others"
  kill -9 "${holders[$1]}"
  until_within 10 unplugged "$1" || die "$1 is still there"
  spell "ip link show $1"
  ip link show "$1" 2>&1 || true
}
unplugged() { ! ip link show "$1" >/dev/null 2>&1; }

lose_a_host() {
  local begun noticed_at lost_at=$SECONDS tell_at=0
  start_asking 4
  begun=$(now_ms)
  kill_host host-2
  watch_until 60 noticed || die "the loss was not noticed in time"
  noticed_at=$(now_ms)
  printf '  The control plane has noticed.\n'
  watch_until 90 proven || { show_events 10; die "the tasks were not replaced"; }
  stop_asking
  printf 'Answers to requests from before the loss was noticed, and of the two seconds after:\n'
  answers_between "$begun" $((noticed_at + 2000)) || true
  printf 'Answers to later ones:\n'
  answers_between $((noticed_at + 2000)) "$(now_ms)" || die "a request failed that began two seconds after the loss was noticed"
}

two_hosts() {
  prompt="control\$"
  chapter_title "Chapter two: two hosts, of which one dies"
  look_at_machine

  say "1. Three machines on a network: control, host-1 and host-2, each in namespaces of its own"
  boot_control
  boot host-1 10.0.0.11
  boot host-2 10.0.0.12
  show ip -brief link show

  say "2. The control plane on one of them"
  start_wharf server --listen "$control"
  point_tools

  say "3. The hosts join over TLS, each with a token that is good once"
  join_hosts

  say "4. An image in the control plane's registry, from which the hosts pull"
  build_image 1
  push_images 4566 1

  say "5. A service of four Fargate tasks on both hosts, behind a load balancer"
  show aws logs create-log-group --log-group-name /demo
  make_balancer 80
  make_role
  define 4566 1
  make_service 4
  show wharf status
  ask_all 40

  say "6. Pull the plug of host-2 while requests go on"
  lose_a_host

  say "7. Its tasks run on host-1 now"
  show wharf status
  show_events 6
  show_stopped
  ask_all 40

  say "8. Take it all down"
  show aws ecs delete-service --service web --force --query service.status --output text
  show aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  take_down
  printf '\nThat was two hosts: %s outlived one of them.\n' "$url"
}

show_stopped() {
  local arns
  read -ra arns <<<"$(aws ecs list-tasks --service-name web --desired-status STOPPED --query taskArns --output text)"
  show aws ecs describe-tasks --tasks "${arns[@]}" --query 'tasks[].[availabilityZone,lastStatus,stoppedReason]' --output text
}

take_down() {
  prompt="host-1\$"
  spell wharf down
  on host-1 "$wharf_program" down
  prompt="control\$"
  show wharf down --data /var/lib/front
  spell "kill $up   # wharf server"
  kill "$up"
  wait "$up" || true
  up=
}

# However the chapter ended: what does not end with its processes.
leave_two_hosts() {
  local name
  for name in "${!holders[@]}"; do
    if [ -e "/proc/${holders[$name]}" ]; then on "$name" "$wharf_program" down
    else wharf down --data "$work/$name/lib/wharf"
    fi
  done >/dev/null 2>&1
  wharf down --data /var/lib/front >/dev/null 2>&1 || true
  [ -z "$up" ] || kill "$up" 2>/dev/null || true
}
