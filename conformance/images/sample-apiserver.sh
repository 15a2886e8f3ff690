# Upstream's example of an aggregated API server.

cp .cache/oracle/bin/sample-apiserver "$root/sample-apiserver"
config=(--entrypoint '["/sample-apiserver"]')
