# A web server that says which version answers, and from which address: Debian's busybox httpd.

. "$here/busybox.sh"

mkdir -p "$root/www"
cat >"$root/bin/serve" <<'SCRIPT'
#!/bin/sh
# Killed by SIGKILL at once when it is stopped (see --stop-signal): it has nothing to finish.
echo "${VERSION:-v1} $(hostname -i | tr -d ' ')" >/www/index.html
exec httpd -f -p "${PORT:-80}" -h /www
SCRIPT
chmod 755 "$root/bin/serve"
config+=(--cmd '["serve"]' --stop-signal KILL)
