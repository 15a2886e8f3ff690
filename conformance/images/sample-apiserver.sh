# Upstream's example of an aggregated API server.

oracle=$(scripts/oracle.sh --home)
cp "$oracle/bin/sample-apiserver" "$root/sample-apiserver"
config=(--entrypoint '["/sample-apiserver"]')
