#!/usr/bin/env bash
# Builds upstream's conformance tests of registries (opencontainers/distribution-spec): those of its main branch, and those that
# version 1.1.1 of the specification came with. Packages are Debian's, in GOPATH's way, so that no module proxy is asked. All of it lies
# outside the repository. Safe to repeat: what is there is kept.
#
#   scripts/oci_suite.sh              both
#   scripts/oci_suite.sh --home       prints the folder, whose `bin` has the programs
#
# WHARF_OCI: another folder than wharf/oci in the user's cache.
# WHARF_OCI_SUITE, WHARF_OCI_REGGIE: clones to take the sources from instead of GitHub. Commits are pinned either way.
# WHARF_OCI_JOBS: how many compilers run at once, one a core by default. Both take two minutes of one core, and 400 MB of disk, most of
# which is gone again at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=${WHARF_OCI_SUITE:-https://github.com/opencontainers/distribution-spec}
reggie=${WHARF_OCI_REGGIE:-https://github.com/bloodorangeio/reggie}
# Of 16 July 2026; of the tag v1.1.1; of reggie's v0.6.1, the client that the latter are written with.
suite_commit=967efdc079b91785ad18c77cc4f8991a47feefbf
suite_1_1_1_commit=b5c693e819628420cc04ba7d9263628276d8ca0f
reggie_commit=a277a9357ad144a16a6dc34ea422b6f94c7c62b1

pool=https://deb.debian.org/debian/pool/main
go_version=1.24
go_needed=24
declare -A go_packages=(
  [amd64]=93c6c109bbc0f1d55523282a16739d10634499c04f6d066a6aa58b67b687a44f
  [arm64]=9e32c37ae41e78fe976eaa4a406dfba929d5020b9e3006ee3f0e0ff2638a5ac6
)
go_build=1.24.4-1
go_src_sha256=c396bc2c2e94606e0a060cff52b9bbbf1d7cefacb040eb3c40a55604111e66e1
packages=(
  golang-github-asaskevich-govalidator/golang-github-asaskevich-govalidator-dev_11.0.1-1_all.deb
  golang-github-go-logr-logr/golang-github-go-logr-logr-dev_1.4.2-2_all.deb
  golang-github-go-resty-resty/golang-github-go-resty-resty-dev_2.10.0-2_all.deb
  golang-github-go-task-slim-sprig/golang-github-go-task-slim-sprig-dev_3.0.0-2_all.deb
  golang-github-goccy-go-yaml/golang-github-goccy-go-yaml-dev_1.18.0-1~bpo13+1_all.deb
  golang-github-google-go-cmp/golang-github-google-go-cmp-dev_0.6.0-1_all.deb
  golang-github-google-pprof/golang-github-google-pprof-dev_0.0~git20211008.947d60d-1_all.deb
  golang-github-google-uuid/golang-github-google-uuid-dev_1.6.0-1_all.deb
  golang-github-mitchellh-mapstructure/golang-github-mitchellh-mapstructure-dev_1.5.0+git20231216.8508981-1_all.deb
  golang-github-onsi-ginkgo-v2/golang-github-onsi-ginkgo-v2-dev_2.22.0-1_all.deb
  golang-github-opencontainers-go-digest/golang-github-opencontainers-go-digest-dev_1.0.0-2_all.deb
  golang-github-opencontainers-image-spec/golang-github-opencontainers-image-spec-dev_1.1.1-3~bpo13+1_all.deb
  golang-golang-x-net/golang-golang-x-net-dev_0.27.0-2_all.deb
  golang-golang-x-sys/golang-golang-x-sys-dev_0.22.0-1_all.deb
  golang-golang-x-text/golang-golang-x-text-dev_0.22.0-1_all.deb
  golang-golang-x-tools/golang-golang-x-tools-dev_0.25.0+ds-1_all.deb
  golang-gomega/golang-gomega-dev_1.36.2-1_all.deb
  golang-gopkg-yaml.v3/golang-gopkg-yaml.v3-dev_3.0.1-3_all.deb
)
declare -A sha256=(
  [golang-github-asaskevich-govalidator-dev]=529593f6b09aceeab455dae258d7b06751f6b86155aec3492a9b15a6a426e2cb
  [golang-github-go-logr-logr-dev]=5b8b1657114d514556dab93e9557203e9b5dacd17d0310279c32090aefe97bc3
  [golang-github-go-resty-resty-dev]=44bb7f66953ee0e8ea48e7e20bbee7c9faa63fededa9abccef35b884ac75244e
  [golang-github-go-task-slim-sprig-dev]=4e7e5e8c5cee7d926ff078880dd79898759d4a2c32f733e5212091e4190da614
  [golang-github-goccy-go-yaml-dev]=74b58515c755143bcd82ff30f677373b985b61364786e95ca9f5b5c1b948880e
  [golang-github-google-go-cmp-dev]=54da011292cc02a629d663c0cdb5dc5973efc2cde9677938bbad30e6800ee14c
  [golang-github-google-pprof-dev]=84984fc28dcd4310f060513225f297444dfca2f91ea8527f823eeed147a12059
  [golang-github-google-uuid-dev]=dac5a782fcd3baee1e74e6129977d5e6accffa1dcb83ded6de13cb4167b6171d
  [golang-github-mitchellh-mapstructure-dev]=a092b0a5d558684a5e00e52edd9dca7f93a35ee708f6d5d2c1b00ec571bb3f38
  [golang-github-onsi-ginkgo-v2-dev]=33611d476f2378c487ae52e25e3acddc9a58cb397b4169e4da12856b90163aff
  [golang-github-opencontainers-go-digest-dev]=48c2c1640b2cd816452c8b39ce7f94e0b5043fae3d100876d64495681165413c
  [golang-github-opencontainers-image-spec-dev]=d219f8337cf053a0d025f9747b92c741a33b32b79efad4f73b9a3794c06373d3
  [golang-golang-x-net-dev]=1f7576dfed2b293220186dd8a9c5c97b0858334ad67a700eb8569252b97ff395
  [golang-golang-x-sys-dev]=043942ee171abf52df6d43d1f56bc5aee4d9823e967fe38eee6236507b2e33fc
  [golang-golang-x-text-dev]=00fd442cb79b6a344a3222b11d4c71f3c6b13d3cc9c55901e343fbbb9970147c
  [golang-golang-x-tools-dev]=49384bac398e7439af7bfacdf5c34efc8fbc9654eca2107dc2eee759ba512eee
  [golang-gomega-dev]=b79219376841cb6b25f84b04e92594eed1b2997f31d466a9b65ce3e4f399945a
  [golang-gopkg-yaml.v3-dev]=3ad4febd49700bc670f0f143f3291ecab4e032cc227d69521bacadbc493cfbbe
)

home=${WHARF_OCI:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/wharf/oci}
if [ "${1:-}" = --home ]; then
  printf '%s\n' "$home"
  exit
fi
jobs=${WHARF_OCI_JOBS:-$(nproc)}

say() { printf 'oci: %s\n' "$*"; }
die() { printf 'oci: %s\n' "$*" >&2; exit 1; }

# A program is that of its commit.
newest=$home/bin/conformance-$suite_commit
older=$home/bin/conformance-$suite_1_1_1_commit
is_there() { [ -x "$newest" ] && [ -x "$older" ]; }

# unpack PATH SUM FOLDER
unpack() {
  say "unpacking ${1##*/}"
  curl -fsSL "$pool/$1" -o "$home/package.deb" || die "could not fetch $pool/$1"
  printf '%s  %s\n' "$2" "$home/package.deb" | sha256sum --check --quiet >&2 || die "${1##*/} is another than expected"
  dpkg -x "$home/package.deb" "$3"
  rm "$home/package.deb"
}

# The machine's own Go, if it is new enough, or Debian's.
get_go() {
  local architecture have
  have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
  if [[ $have =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$go_needed" ]; then
    go=$(command -v go)
    return
  fi
  go=$home/go/usr/lib/go-$go_version/bin/go
  [ ! -x "$go" ] || return 0
  architecture=$(dpkg --print-architecture)
  [ -n "${go_packages[$architecture]:-}" ] || die "no Go is known for $architecture: install Go 1.$go_needed or newer"
  rm -rf "$home/go.part" && mkdir -p "$home/go.part"
  unpack "g/golang-$go_version/golang-$go_version-go_${go_build}_$architecture.deb" "${go_packages[$architecture]}" "$home/go.part"
  unpack "g/golang-$go_version/golang-$go_version-src_${go_build}_all.deb" "$go_src_sha256" "$home/go.part"
  mv "$home/go.part" "$home/go"
}

get_packages() {
  local path name
  [ ! -d "$home/packages" ] || return 0
  rm -rf "$home/packages.part" && mkdir -p "$home/packages.part"
  for path in "${packages[@]}"; do
    name=${path##*/}
    unpack "g/$path" "${sha256[${name%%_*}]}" "$home/packages.part"
  done
  # Its second version lies where the first would.
  local resty=$home/packages.part/usr/share/gocode/src/github.com/go-resty/resty
  mv "$resty" "$resty.v2" && mkdir "$resty" && mv "$resty.v2" "$resty/v2"
  mv "$home/packages.part" "$home/packages"
}

# get_source URL COMMIT FOLDER PATH…
get_source() {
  local url=$1 commit=$2 folder=$3
  shift 3
  [ ! -d "$folder" ] || return 0
  [ -d "$home/git" ] || git init --quiet --bare "$home/git"
  if ! git -C "$home/git" cat-file -e "$commit^{commit}" 2>/dev/null; then
    say "fetching $url"
    git -C "$home/git" fetch --quiet --depth 1 "$url" "$commit" || die "could not fetch $commit of $url"
  fi
  rm -rf "$folder.part" && mkdir -p "$folder.part"
  git -C "$home/git" archive "$commit" "$@" | tar -x -C "$folder.part"
  mv "$folder.part" "$folder"
}

if is_there; then exit 0; fi
mkdir -p "$home/bin"
# Another checkout may be building the same.
exec 9>"$home/.lock"
flock 9
if is_there; then exit 0; fi
command -v dpkg >/dev/null || die "no dpkg here to unpack Debian's packages of Go sources with"

get_go
get_packages
tree=$home/gopath/src/github.com
get_source "$suite" "$suite_commit" "$tree/opencontainers/distribution-spec" conformance specs-go
get_source "$suite" "$suite_1_1_1_commit" "$tree/opencontainers/distribution-spec-1.1.1" conformance
get_source "$reggie" "$reggie_commit" "$tree/bloodorangeio/reggie" .

export GOPATH=$home/gopath:$home/packages/usr/share/gocode GOCACHE=$home/gocache
export GO111MODULE=off GOFLAGS= GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local CGO_ENABLED=0
unset GOROOT
build() {
  local program=$1 begun=$SECONDS
  shift
  nice -n 19 "$go" "$@" -p "$jobs" -trimpath -o "$program.part"
  mv "$program.part" "$program"
  say "${program##*/} took $((SECONDS - begun)) s"
}
# Flags of the linker tell reports which tests these are.
cd "$tree/opencontainers/distribution-spec/conformance"
build "$newest" build -ldflags "-s -w -X main.Version=$suite_commit"
cd "$tree/opencontainers/distribution-spec-1.1.1/conformance"
build "$older" test -c -ldflags "-s -w -X github.com/opencontainers/distribution-spec-1.1.1/conformance.Version=$suite_1_1_1_commit"
rm -rf "$GOCACHE" "$home/git" "$home/gopath" "$home/packages"
