# An image that says everything an image can say about its process; tests look whether it is heeded.

. "$here/busybox.sh"
cat >"$root/bin/show" <<'SHOW'
#!/bin/sh
# Prints what the process was given, then waits for the image's stop signal.
trap 'echo "caught USR1"; exit 42' USR1
echo "args=$*"
echo "cwd=$(pwd)"
echo "id=$(id -u):$(id -g) groups=$(id -G)"
echo "FROM_IMAGE=$FROM_IMAGE"
[ "$1" = wait ] || exit 0
echo "waiting"
while :; do usleep 50000; done
SHOW
chmod 755 "$root/bin/show"
mkdir -p "$root/work/inner"
config+=(
  --entrypoint '["/bin/show"]' --cmd 'wait' --user app --workingdir /work/inner
  --env 'FROM_IMAGE=set by the image' --stop-signal SIGUSR1 --label wharf.test=configured --port 8080
)
