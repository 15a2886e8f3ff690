# The page that a test shows, and then another.

oracle=$(scripts/oracle.sh --home)
pages=$oracle/kubernetes-1.20.2/test/images/nautilus/html
cp "$oracle/bin/agnhost" "$root/agnhost"
cp "$pages/nautilus.jpg" "$pages/data.json" "$root/"
config=(--entrypoint '["/agnhost"]' --cmd test-webserver --port 80)
