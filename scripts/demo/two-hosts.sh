# shellcheck shell=bash
# Chapter two: a service on two hosts, of which one dies.
#
# All machines are namespaces inside a private one, which plays the machine of the control plane: network, mounts,
# processes and host name. When that ends, so do they; the user's machine never sees a link, a mount or an address.

control=10.0.0.1
declare -A holders=()

# Outside: runs the chapter in its namespaces.
two_hosts() {
  # In the background, so that a signal is heard at once.
  WHARF_DEMO_INSIDE=$work unshare --net --mount --pid --uts --fork --kill-child --mount-proc --propagation private "${myself[@]}" &
  inside=$!
  wait "$inside" || { inside=; exit 1; }
  inside=
}
leave_two_hosts() {
  [ -n "${inside:-}" ] || return 0
  # The first process of the namespaces cleans up and ends; then they are gone.
  kill -TERM "$(pgrep -P "$inside")" || true
  wait "$inside" || true
}

# Inside: machines

# Make this the machine `control`: a folder of its own for what wharf keeps, and a switch that others plug into.
boot_control() {
  own_folders control
  hostname control
  ip link set lo up
  ip link add lan type bridge
  ip address add "$control/24" dev lan
  ip link set lan up
}

# /var/lib and /run of this mount namespace are from now on a machine's own.
own_folders() {
  mkdir -p "$work/$1/lib" "$work/$1/run"
  mount --bind "$work/$1/lib" /var/lib
  mount --bind "$work/$1/run" /run
}

# A further machine, empty: boot NAME ADDRESS
boot() {
  local name=$1 unshared
  unshare --net --mount --pid --uts --fork --kill-child --mount-proc --propagation private bash -c "
    set -e
    $(declare -f own_folders)
    work='$work'
    own_folders '$name'
    hostname '$name'
    touch '$work/$name/booted'
    sleep infinity & wait" &
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

# Start a node in the background: start_node MACHINE ARGUMENT…
start_node() {
  local machine=$1 log=$work/$1/node.log
  shift
  prompt="$machine\$"
  spell "$(typed wharf node "$@") &"
  prompt="control\$"
  if [ "$machine" = control ]; then wharf node "$@" >"$log" 2>&1 &
  else on "$machine" "$wharf_program" node "$@" >"$log" 2>&1 &
  fi
}

# Make a token and show it; the variable `token` then has it: make_token [--lb]
make_token() {
  local said
  spell "$(typed wharf token "$@")"
  said=$(wharf token "$@")
  printf '%s\n' "$said"
  token=${said##*--join }
  token=${token%%[[:space:]]*}
}

# Looking: columns of `wharf status`

# The row of a table that begins with a word: row TABLE KEY
row() { awk -v table="$1" -v key="$2" '/^$/ { inside = 0 } $1 == table { inside = 1 } inside && $1 == key' "$work/status"; }
look() { wharf status >"$work/status"; }
nodes_connected() { look && [ "$(awk '/^$/ { inside = 0 } inside && $4 == "connected" { count++ } $1 == "NODE" { inside = 1 } END { print count + 0 }' "$work/status")" = "$1" ]; }
running() { row SERVICE web | awk '{ print $5 " of " $4 }'; }
agent_of() { row NODE "$1" | awk '{ print $4 }'; }
tasks_on() { row NODE "$1" | awk '{ print $NF }'; }
healthy() { awk '/^$/ { inside = 0 } inside && $3 == "healthy" { count++ } $1 == "TARGET" { inside = 1 } END { print count + 0 }' "$work/status"; }

# Inside: the story

# Watch until a condition holds, a line every two seconds: watch_until SECONDS CONDITION…
watch_until() {
  local begun=$SECONDS told=-9 deadline=$((SECONDS + $1))
  shift
  while look; do
    if [ $((SECONDS - told)) -ge 2 ]; then
      printf '  %2d s  host-2: agent %s; running %s; healthy targets %s; requests so far %s\n' \
        $((SECONDS - lost_at)) "$(agent_of "$lost")" "$(running)" "$(healthy)" "$(wc -l <"$work/answers")"
      told=$SECONDS
    fi
    "$@" && return
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}
noticed() { [ "$(agent_of "$lost")" != connected ]; }
replaced() { [ "$(running)" = '4 of 4' ] && [ "$(tasks_on "$kept")" = 4 ] && [ "$(healthy)" = 4 ]; }

inside_two_hosts() {
  local token lost kept lost_at since
  work=$WHARF_DEMO_INSIDE
  prompt="control\$"

  say "1. Three machines on a network: control, host-1 and host-2, each in namespaces of its own"
  boot_control
  boot host-1 10.0.0.11
  boot host-2 10.0.0.12
  show ip -brief address show dev lan
  prompt="host-1\$"
  spell ip -brief address show dev eth0
  on host-1 ip -brief address show dev eth0
  prompt="control\$"

  say "2. The control plane on one of them"
  start_wharf server --listen "$control"
  point_tools

  say "3. Each host joins over TLS, with a token that is good once"
  make_token
  start_node host-1 --server "https://$control:4566" --join "$token" --fargate --zone us-east-1a
  make_token
  start_node host-2 --server "https://$control:4566" --join "$token" --fargate --zone us-east-1b
  printf 'And one beside the control plane that takes no Fargate tasks, but carries load balancers:\n'
  make_token --lb
  start_node control --data /var/lib/front --server "https://$control:4566" --join "$token" --zone us-east-1c
  until_within 20 nodes_connected 3 || { cat "$work"/*/node.log >&2; die "the nodes did not join"; }
  show wharf status

  say "4. An image, pushed into the registry of the control plane"
  build_image 1
  push_images 4566 1

  say "5. A service of four Fargate tasks behind a load balancer"
  show aws logs create-log-group --log-group-name /demo
  make_balancer 80
  make_role
  define 4566 1
  make_service 4
  show wharf status
  ask_all 40
  look
}
leave_inside_two_hosts() {
  local name
  for name in "${!holders[@]}"; do
    if [ -e "/proc/${holders[$name]}" ]; then on "$name" "$wharf_program" down
    else wharf down --data "$work/$name/lib/wharf"
    fi
  done >/dev/null 2>&1
  wharf down --data /var/lib/front >/dev/null 2>&1 || true
  [ -z "$up" ] || kill "$up" 2>/dev/null || true
}
