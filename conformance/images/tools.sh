# What tests of networks call, from Debian's packages: bash, curl, dig, getent, nc, ip and ss.

. e2e/images/busybox.sh

# Those of Debian, where busybox has one of that name.
rm -f "$root"/bin/{nc,ip,nslookup}
debian bash curl bind9-dnsutils netcat-openbsd iproute2 libc-bin
[ -e "$root/bin/nc" ] || ln -s nc.openbsd "$root/bin/nc"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
# The shell of busybox would run what busybox has, whatever stands in PATH.
ln -sf bash "$root/bin/sh"
