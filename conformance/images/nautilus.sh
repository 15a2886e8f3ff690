# The page that a test shows, and then another.

pages=.cache/oracle/kubernetes-1.20.2/test/images/nautilus/html
cp .cache/oracle/bin/agnhost "$root/agnhost"
cp "$pages/nautilus.jpg" "$pages/data.json" "$root/"
config=(--entrypoint '["/agnhost"]' --cmd test-webserver --port 80)
