#!/usr/bin/env bash
# Builds upstream's Kubernetes 1.20.2 from Debian's source package, with Debian's Go: what wharf's is held against. It lies outside the
# repository, so that all checkouts share it and nothing of it is part of wharf. Safe to repeat: what is there is kept.
#
#   scripts/oracle.sh [PROGRAM…]      all that conformance/run needs, without arguments
#   scripts/oracle.sh --home          prints the folder, whose `bin` has the programs
#
# WHARF_ORACLE: another folder than wharf/oracle in the user's cache.
# WHARF_ORACLE_JOBS: how many compilers run at once, one a core by default. The first build takes some six minutes on two cores,
# and 4 GB of disk, most of which is gone again at its end.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.20.2
pool=https://deb.debian.org/debian/pool/main
source=k/kubernetes/kubernetes_1.20.5+really$version.orig.tar.gz
declare -A sha256=(
  [source]=b83c0780efb182d928dc63d46488a847f161f04e40a94b96bf5247dd671ecdfc
  [go-amd64]=545123039b6c79e75cf2d86528781a825424cf33ce9d3f4513d772d7144cd531
  [go-arm64]=c087d91b306be6cb69085a1fd5ba5a9c841c6e7a5c8d27705bb5a6928c6d3f74
  [go-src]=2dfa82fe4f08f4e0193c532e561af4c91871f5235608f04f2bb8d57bb288df5a
)
go_version=1.19.8-2
home=${WHARF_ORACLE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/wharf/oracle}
if [ "${1:-}" = --home ]; then
  printf '%s\n' "$home"
  exit
fi
programs=(kubemark kubectl ginkgo e2e.test agnhost nnp pause sample-apiserver)
[ "$#" = 0 ] || programs=("$@")
jobs=${WHARF_ORACLE_JOBS:-$(nproc)}

say() { printf 'oracle: %s\n' "$*"; }
die() { printf 'oracle: %s\n' "$*" >&2; exit 1; }

# Counts the changes to `mend` below that e2e.test is to have: one that was built without them is built anew.
mended=2

look() {
  local program
  missing=()
  for program in "${programs[@]}"; do
    if [ ! -x "$home/bin/$program" ] || { [ "$program" = e2e.test ] && [ ! -e "$home/bin/.e2e.test-$mended" ]; }; then
      missing+=("$program")
    fi
  done
}
look
[ "${#missing[@]}" != 0 ] || exit 0
mkdir -p "$home"
# Another checkout may be building the same.
exec 9>"$home/.lock"
flock 9
# Where it lay before.
if [ -d .cache/oracle ] && [ ! -e "$home/bin" ]; then
  shopt -s nullglob
  for part in .cache/oracle/*; do mv -n "$part" "$home/"; done
  shopt -u nullglob
fi
mkdir -p "$home/bin"
look
[ "${#missing[@]}" != 0 ] || exit 0

# fetch PATH SUM FILE
fetch() {
  say "fetching ${1##*/}"
  curl -fsSL "$pool/$1" -o "$3.part" || die "could not fetch $pool/$1"
  printf '%s  %s\n' "$2" "$3.part" | sha256sum --check --quiet >&2 || die "${1##*/} is another than expected"
  mv "$3.part" "$3"
}

get_go() {
  local architecture work
  [ ! -x "$home/go/usr/lib/go-1.19/bin/go" ] || return 0
  architecture=$(dpkg --print-architecture)
  [ -n "${sha256[go-$architecture]:-}" ] || die "no Go is known for $architecture"
  work=$home/go.part
  rm -rf "$work" && mkdir -p "$work"
  fetch "g/golang-1.19/golang-1.19-go_${go_version}_$architecture.deb" "${sha256[go-$architecture]}" "$home/go.deb"
  fetch "g/golang-1.19/golang-1.19-src_${go_version}_all.deb" "${sha256[go-src]}" "$home/go-src.deb"
  dpkg -x "$home/go.deb" "$work"
  dpkg -x "$home/go-src.deb" "$work"
  rm "$home/go.deb" "$home/go-src.deb"
  mv "$work" "$home/go"
}

get_source() {
  [ ! -e "$tree/.mended-$mended" ] || return 0
  rm -rf "$tree"
  [ -e "$home/source.tar.gz" ] || fetch "$source" "${sha256[source]}" "$home/source.tar.gz"
  tar -xzf "$home/source.tar.gz" -C "$home"
  mend
  touch "$tree/.mended-$mended"
}

mend() {
  # reflect2 of that time has the runtime allocate iterators of maps; since Go 1.18 the caller must, at their whole size.
  local reflect=$tree/vendor/github.com/modern-go/reflect2
  sed -i 's/m unsafe.Pointer) \*hiter/m unsafe.Pointer, it *hiter)/; s|// rest fields are ignored|_ [6]unsafe.Pointer; _ [4]uintptr|' \
    "$reflect/unsafe_link.go"
  sed -i 's/^\treturn &UnsafeMapIterator{/\tit := new(hiter)\n\tmapiterinit(type2.rtype, *(*unsafe.Pointer)(obj), it)\n&/; s/hiter:      mapiterinit(.*,/hiter:      it,/' \
    "$reflect/unsafe_map.go"
  # A hollow node is to leave the machine's iptables alone.
  sed -i 's/^\tc.ProtectKernelDefaults = false/&\n\tc.MakeIPTablesUtilChains = false/' "$tree/pkg/kubemark/hollow_kubelet.go"
  # Tests wait for the Secret with the token of a namespace's default service account, which servers make no more since 1.24.
  sed -i 's/len(t.Secrets) > 0, nil/len(t.Secrets) >= 0, nil/' "$tree/test/e2e/framework/util.go"
  # They compare the revisions of DaemonSets byte for byte with what the client makes of the set, which has no time of its template since 1.34.
  local update=$tree/pkg/controller/daemon/update.go
  sed -i 's/bytes.Equal(patch, history.Data.Raw)/bytes.Equal(undated(patch), undated(history.Data.Raw))/' "$update"
  printf '\nfunc undated(patch []byte) []byte {\n\treturn bytes.ReplaceAll(patch, []byte("\\"creationTimestamp\\":null,"), nil)\n}\n' >>"$update"
}

# The sources that upstream's own build writes, and the package has not.
generate() {
  if [ ! -s pkg/generated/openapi/zz_generated.openapi.go ]; then
    local folders
    go build -p "$jobs" -o "$home/openapi-gen" $kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
    folders=$(grep -rl --include='*.go' '^// *+k8s:openapi-gen=' pkg cmd staging/src/k8s.io vendor/k8s.io/{kube-openapi,klog,utils} 2>/dev/null |
      grep -vE 'k8s.io/(code-generator|sample-apiserver)/|_test.go|/testdata/' | xargs -n1 dirname | LC_ALL=C sort -u |
      sed 's|^staging/src/|vendor/|; s|^|k8s.io/kubernetes/|' | paste -sd,)
    "$home/openapi-gen" -i "$folders" -p $kubernetes/pkg/generated/openapi -O zz_generated.openapi \
      -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r /dev/null
  fi
  if [ ! -s test/e2e/generated/bindata.go ]; then
    go build -p "$jobs" -o "$home/go-bindata" $kubernetes/vendor/github.com/go-bindata/go-bindata/go-bindata
    "$home/go-bindata" -nometadata -o test/e2e/generated/bindata.go -pkg generated -ignore .jpg -ignore .png -ignore .md \
      -ignore 'BUILD(\.bazel)?' test/conformance/testdata/... test/e2e/testing-manifests/... test/e2e_node/testing-manifests/... \
      test/images/... test/fixtures/...
  fi
}

# build PROGRAM
build() {
  local package=$kubernetes/cmd/$1 how=build begun=$SECONDS
  case $1 in
    e2e.test) package=$kubernetes/test/e2e how='test -c' ;;
    ginkgo) package=$kubernetes/vendor/github.com/onsi/ginkgo/ginkgo ;;
    agnhost) package=$kubernetes/test/images/agnhost ;;
    nnp) package=./test/images/nonewprivs/nnp.go ;;
    pause)
      gcc -Os -static -DVERSION=v3.2 -o "$home/bin/pause" build/pause/linux/pause.c
      return
      ;;
    sample-apiserver) package=$kubernetes/vendor/k8s.io/sample-apiserver ;;
    # Without the clients of clouds, which are a good part of it.
    kube-apiserver) how='build -tags providerless' ;;
  esac
  # How it is built may be several words.
  # shellcheck disable=SC2086
  go $how -p "$jobs" -trimpath -ldflags "$flags" -o "$home/bin/$1.part" "$package"
  mv "$home/bin/$1.part" "$home/bin/$1"
  [ "$1" != e2e.test ] || touch "$home/bin/.e2e.test-$mended"
  say "$1 took $((SECONDS - begun)) s"
}

tree=$home/kubernetes-$version
kubernetes=k8s.io/kubernetes
get_go
get_source

# As upstream builds: below a GOPATH, everything from its own folder `vendor`.
export GOROOT=$home/go/usr/lib/go-1.19 GOPATH=$home/gopath GOCACHE=$home/gocache
export GO111MODULE=off GOFLAGS= GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local CGO_ENABLED=0
export PATH=$GOROOT/bin:$PATH
mkdir -p "$GOPATH/src/k8s.io"
ln -sfn "$tree" "$GOPATH/src/$kubernetes"
cd "$GOPATH/src/$kubernetes"

flags='-s -w'
for package in component-base/version client-go/pkg/version; do
  name=$kubernetes/vendor/k8s.io/$package
  flags+=" -X $name.gitVersion=v$version -X $name.gitMajor=1 -X $name.gitMinor=20 -X $name.gitTreeState=archive"
  flags+=" -X $name.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56 -X $name.buildDate=2021-01-13T13:20:00Z"
done
generate
for program in "${missing[@]}"; do build "$program"; done
rm -rf "$GOCACHE"
