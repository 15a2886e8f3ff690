# Upstream's program of many servers and clients for tests, with what tests call beside it.

oracle=$(scripts/oracle.sh --home)
. conformance/images/tools.sh

cp "$oracle/bin/agnhost" "$root/agnhost"
ln -s agnhost "$root/agnhost-2"
cp "$oracle"/kubernetes-1.20.2/test/images/agnhost/porter/localhost.{crt,key} "$root/"
mkdir -p "$root/uploads"
config=(--entrypoint '["/agnhost"]' --cmd pause --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
config+=(--port 80 --port 8080 --port 8081 --port 9376)
