#!/bin/sh
# Has this instance join a cluster of EKS: says so where its host reads it once user data has ended.
set -eu

usage() {
    echo "usage: $0 CLUSTER --apiserver-endpoint URL --b64-cluster-ca BASE64 [--service-ipv4-cidr CIDR]" >&2
    echo "       [--kubelet-extra-args '--node-labels=… --register-with-taints=…']" >&2
    exit 2
}

cluster= endpoint= authority= cidr= extra=
while [ $# -gt 0 ]; do
    case $1 in
    --apiserver-endpoint) endpoint=${2-}; shift 2 || usage ;;
    --b64-cluster-ca) authority=${2-}; shift 2 || usage ;;
    --service-ipv4-cidr) cidr=${2-}; shift 2 || usage ;;
    --kubelet-extra-args) extra=${2-}; shift 2 || usage ;;
    --container-runtime | --dns-cluster-ip | --pause-container-account | --pause-container-version | --use-max-pods | --ip-family)
        echo "$0: $1 has no effect here" >&2
        shift 2 || usage
        ;;
    -*) echo "$0: $1 is not supported" >&2; usage ;;
    *) [ -z "$cluster" ] || usage; cluster=$1; shift ;;
    esac
done
[ -n "$cluster" ] && [ -n "$endpoint" ] && [ -n "$authority" ] || usage

quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

mkdir -p /etc/eks
{
    echo "apiVersion: node.eks.aws/v1alpha1"
    echo "kind: NodeConfig"
    echo "spec:"
    echo "  cluster:"
    echo "    name: $(quoted "$cluster")"
    echo "    apiServerEndpoint: $(quoted "$endpoint")"
    echo "    certificateAuthority: $(quoted "$authority")"
    echo "    cidr: $(quoted "$cidr")"
    if [ -n "$extra" ]; then
        echo "  kubelet:"
        echo "    flags:"
        for flag in $extra; do
            echo "    - $(quoted "$flag")"
        done
    fi
} > /etc/eks/node.yaml
