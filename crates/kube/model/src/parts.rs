//! Parts of a cluster that are programs in its pods elsewhere, and built in here: their names, and how a cluster says which it goes
//! without.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An annotation of the Service `default/kubernetes`, by which nodes hear what their cluster goes without.
pub const WITHOUT: &str = "eks.amazonaws.com/without";
/// The Service that has it.
pub const TOLD_BY: (&str, &str) = ("default", "kubernetes");

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Addresses of pods.
    VpcCni,
    /// Names of services.
    #[serde(rename = "coredns")]
    CoreDns,
    /// Addresses of services.
    KubeProxy,
    /// What nodes and pods use: `metrics.k8s.io`.
    MetricsServer,
    /// Credentials of pods by EKS Pod Identity.
    #[serde(rename = "eks-pod-identity-agent")]
    PodIdentityAgent,
    /// EBS volumes of claims.
    #[serde(rename = "aws-ebs-csi-driver")]
    EbsCsi,
    /// File systems of EFS for claims.
    #[serde(rename = "aws-efs-csi-driver")]
    EfsCsi,
}

pub type Parts = BTreeSet<Part>;

impl Part {
    /// In the order of their names.
    pub const ALL: [Self; 7] = [
        Self::EbsCsi,
        Self::EfsCsi,
        Self::CoreDns,
        Self::PodIdentityAgent,
        Self::KubeProxy,
        Self::MetricsServer,
        Self::VpcCni,
    ];

    /// As EKS calls the add-on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VpcCni => "vpc-cni",
            Self::CoreDns => "coredns",
            Self::KubeProxy => "kube-proxy",
            Self::MetricsServer => "metrics-server",
            Self::PodIdentityAgent => "eks-pod-identity-agent",
            Self::EbsCsi => "aws-ebs-csi-driver",
            Self::EfsCsi => "aws-efs-csi-driver",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// As the annotation has them.
#[must_use]
pub fn written(parts: &Parts) -> String {
    let names: Vec<&str> = parts.iter().map(|it| it.name()).collect();
    names.join(",")
}

/// What is no part is left out.
#[must_use]
pub fn read(text: &str) -> Parts {
    text.split(',').filter_map(Part::named).collect()
}

/// The object of [`Part::CoreDns`]: the service at which pods ask for names. It selects nothing: nodes answer themselves.
#[must_use]
pub fn name_service(address: &str) -> Value {
    let port = |name: &str, protocol: &str| json!({"name": name, "port": 53, "protocol": protocol, "targetPort": 53});
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": "kube-system",
            "labels": {
                "k8s-app": "kube-dns",
                "kubernetes.io/cluster-service": "true",
                "kubernetes.io/name": "CoreDNS",
            },
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address,
            "clusterIPs": [address],
            "ports": [port("dns", "UDP"), port("dns-tcp", "TCP")],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_as_they_are_called() {
        for part in Part::ALL {
            assert_eq!(Part::named(part.name()), Some(part));
            let stored = serde_json::to_value(part).unwrap();
            assert_eq!(stored, part.name());
        }
        let all: Parts = Part::ALL.into();
        assert_eq!(read(&written(&all)), all);
        assert_eq!(read("kube-proxy,else"), [Part::KubeProxy].into());
        assert!(read("").is_empty());
        let names = Part::ALL.map(Part::name);
        assert!(names.is_sorted());
    }
}
