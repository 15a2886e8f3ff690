# A process that does nothing.

cp .cache/oracle/bin/pause "$root/pause"
config=(--entrypoint '["/pause"]')
