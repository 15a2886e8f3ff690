# A program that says who it is, and that is to be root whoever starts it.

oracle=$(scripts/oracle.sh --home)
. e2e/images/busybox.sh

mkdir -p "$root/usr/local/bin"
cp "$oracle/bin/nnp" "$root/usr/local/bin/nnp"
chmod 4755 "$root/usr/local/bin/nnp"
config+=(--cmd nnp)
