# A process that does nothing.

oracle=$(scripts/oracle.sh --home)
cp "$oracle/bin/pause" "$root/pause"
config=(--entrypoint '["/pause"]')
