//! What an instance says of the node of Kubernetes that it is to be: a NodeConfig, as user data has it or `/etc/eks/bootstrap.sh`
//! writes it. Pure; read by whoever runs the node.

use std::collections::BTreeMap;

use crate::yaml::{self, BadYaml, Value};

/// Where it lies, inside of the instance.
pub const NODE_CONFIG: &str = "etc/eks/node.yaml";
const API_VERSION: &str = "node.eks.aws/v1alpha1";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterNode {
    pub cluster: String,
    /// `https://…`
    pub endpoint: String,
    /// PEM, in base64.
    pub authority: String,
    /// Of services.
    pub cidr: String,
    /// The version of Kubernetes that its node group has: `1.36`. AWS's nodes know it by their image; here all have one image.
    pub version: String,
    pub labels: BTreeMap<String, String>,
    /// Key, value, effect.
    pub taints: Vec<(String, String, String)>,
    /// What it says and nobody heeds, by name.
    pub left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadClusterNode {
    #[error("the NodeConfig cannot be read: {0}")]
    Yaml(#[from] BadYaml),
    #[error("the NodeConfig is of another version than node.eks.aws/v1alpha1")]
    Version,
    #[error("the NodeConfig lacks {0}")]
    Lacks(&'static str),
}

fn member<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    match of {
        Value::Map(all) => all
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value),
        Value::Text(_) | Value::List(_) => None,
    }
}

fn text(of: Option<&Value>, name: &str) -> String {
    let value = of.and_then(|it| member(it, name)).and_then(Value::text);
    value.unwrap_or_default().to_owned()
}

impl ClusterNode {
    /// # Errors
    /// It names no cluster, or is no NodeConfig.
    pub fn read(text_of: &str) -> Result<Self, BadClusterNode> {
        let document = yaml::read(text_of)?.ok_or(BadClusterNode::Lacks("everything"))?;
        if text(Some(&document), "apiVersion") != API_VERSION
            || text(Some(&document), "kind") != "NodeConfig"
        {
            return Err(BadClusterNode::Version);
        }
        let spec = member(&document, "spec");
        let cluster = spec.and_then(|it| member(it, "cluster"));
        let mut config = Self {
            cluster: text(cluster, "name"),
            endpoint: text(cluster, "apiServerEndpoint"),
            authority: text(cluster, "certificateAuthority"),
            cidr: text(cluster, "cidr"),
            version: text(cluster, "kubernetesVersion"),
            ..Self::default()
        };
        for (value, name) in [
            (&config.cluster, "spec.cluster.name"),
            (&config.endpoint, "spec.cluster.apiServerEndpoint"),
            (&config.authority, "spec.cluster.certificateAuthority"),
        ] {
            if value.is_empty() {
                return Err(BadClusterNode::Lacks(name));
            }
        }
        let kubelet = spec.and_then(|it| member(it, "kubelet"));
        let flags = kubelet
            .and_then(|it| member(it, "flags"))
            .and_then(Value::list);
        for flag in flags.into_iter().flatten().filter_map(Value::text) {
            config.flag(flag);
        }
        for (of, known) in [
            (spec, &["cluster", "kubelet"][..]),
            (kubelet, &["flags"][..]),
        ] {
            if let Some(Value::Map(all)) = of {
                let others = all
                    .iter()
                    .filter(|(name, _)| !known.contains(&name.as_str()));
                config.left_out.extend(others.map(|(name, _)| name.clone()));
            }
        }
        Ok(config)
    }

    fn flag(&mut self, flag: &str) {
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        match name {
            "--node-labels" => {
                let pairs = value.split(',').filter_map(|it| it.split_once('='));
                self.labels
                    .extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            "--register-with-taints" => {
                let each = value.split(',').filter_map(|it| it.rsplit_once(':'));
                self.taints.extend(each.map(|(of, effect)| {
                    let (key, value) = of.split_once('=').unwrap_or((of, ""));
                    (key.to_owned(), value.to_owned(), effect.to_owned())
                }));
            }
            _ => self.left_out.push(flag.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: demo\n    \
        apiServerEndpoint: https://127.0.0.1:9\n    certificateAuthority: QQ==\n    cidr: 10.100.0.0/16\n    kubernetesVersion: \"1.35\"\n  kubelet:\n    config:\n      \
        maxPods: 5\n    flags:\n    - --node-labels=a=b,c=d/e\n    - --register-with-taints=k=v:NoSchedule,x:NoExecute\n    - --v=2\n";

    #[test]
    fn all_of_it() {
        let found = ClusterNode::read(CONFIG).unwrap();
        assert_eq!(
            (found.cluster.as_str(), found.endpoint.as_str()),
            ("demo", "https://127.0.0.1:9")
        );
        assert_eq!(found.version, "1.35");
        assert_eq!(found.labels["c"], "d/e");
        let taint = |key: &str, value: &str, effect: &str| {
            (key.to_owned(), value.to_owned(), effect.to_owned())
        };
        assert_eq!(
            found.taints,
            [taint("k", "v", "NoSchedule"), taint("x", "", "NoExecute")]
        );
        assert_eq!(found.left_out, ["--v=2", "config"]);
    }

    #[test]
    fn what_is_none_is_said() {
        let of = |text: &str| ClusterNode::read(text).unwrap_err();
        assert_eq!(of(""), BadClusterNode::Lacks("everything"));
        assert_eq!(of("a: b"), BadClusterNode::Version);
        assert_eq!(
            of(&CONFIG.replace("demo", "''")),
            BadClusterNode::Lacks("spec.cluster.name")
        );
        assert!(matches!(of("a: *b"), BadClusterNode::Yaml(_)));
    }
}
