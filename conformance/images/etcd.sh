# Where the aggregated API server of a test keeps its objects: Debian's etcd, where upstream's image has it.

debian etcd-server
mkdir -p "$root/usr/local/bin" "$root/tmp"
ln -s ../../bin/etcd "$root/usr/local/bin/etcd"
config=(--entrypoint '["/usr/local/bin/etcd"]')
