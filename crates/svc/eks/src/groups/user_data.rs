//! What instances of a node group, and machines that are nodes, start with: the NodeConfig by which they join. Pure.

use std::fmt::Write as _;

use data_encoding::BASE64;

use super::records::{NodeGroup, Taint};
use crate::records::Cluster;

/// What nodes need to know of their cluster.
#[derive(Debug, Clone)]
pub struct ClusterFacts {
    pub name: String,
    /// `https://host:port`
    pub endpoint: String,
    /// PEM
    pub authority: String,
    pub service_cidr: String,
}

impl ClusterFacts {
    pub fn of(cluster: &Cluster) -> Self {
        let authority = cluster.authority.as_ref();
        Self {
            name: cluster.name.clone(),
            endpoint: cluster.endpoint.clone().unwrap_or_default(),
            authority: authority
                .map(|it| it.certificate.clone())
                .unwrap_or_default(),
            service_cidr: cluster.service_cidr.clone(),
        }
    }
}

/// User data of a launch template is in another form.
pub const NOT_MIME: &str = "User data was not in the MIME multipart format.";
const BOUNDARY: &str = "//";

/// As Kubernetes spells an effect.
pub fn effect(of_eks: &str) -> &str {
    match of_eks {
        "NO_SCHEDULE" => "NoSchedule",
        "NO_EXECUTE" => "NoExecute",
        _ => "PreferNoSchedule",
    }
}

/// The labels that every node of the group has from its start.
pub fn labels(group: &NodeGroup, image: &str) -> Vec<(String, String)> {
    let own = |name: &str, value: &str| (format!("eks.amazonaws.com/{name}"), value.to_owned());
    let mut all = vec![
        own("nodegroup", &group.name),
        own("nodegroup-image", image),
        own("capacityType", group.capacity_type()),
    ];
    if let Some(source) = &group.source {
        all.push(own("sourceLaunchTemplateId", &source.id));
        all.push(own("sourceLaunchTemplateVersion", &source.version));
    }
    let given = group.labels.iter();
    all.extend(given.map(|(key, value)| (key.clone(), value.clone())));
    all
}

/// The NodeConfig of a node of a cluster, with these labels and taints; of a version, or of the cluster's.
fn node_config(
    cluster: &ClusterFacts,
    version: Option<&str>,
    labels: &[(String, String)],
    taints: &[Taint],
) -> String {
    let pairs = labels.iter().map(|(key, value)| format!("{key}={value}"));
    let pairs: Vec<String> = pairs.collect();
    let mut text = format!(
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: {}\n    apiServerEndpoint: {}\n    \
         certificateAuthority: {}\n    cidr: {}\n",
        cluster.name,
        cluster.endpoint,
        BASE64.encode(cluster.authority.as_bytes()),
        cluster.service_cidr,
    );
    if let Some(version) = version {
        let _ = writeln!(text, "    kubernetesVersion: \"{version}\"");
    }
    if !pairs.is_empty() || !taints.is_empty() {
        text.push_str("  kubelet:\n    flags:\n");
    }
    if !pairs.is_empty() {
        let _ = writeln!(text, "    - \"--node-labels={}\"", pairs.join(","));
    }
    if !taints.is_empty() {
        let each = |it: &Taint| format!("{}={}:{}", it.key, it.value, effect(&it.effect));
        let all: Vec<String> = taints.iter().map(each).collect();
        let _ = writeln!(text, "    - \"--register-with-taints={}\"", all.join(","));
    }
    text
}

fn part(boundary: &str, config: &str) -> String {
    format!("--{boundary}\nContent-Type: application/node.eks.aws\n\n{config}\n")
}

fn message(config: &str) -> String {
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\n\n{}--{BOUNDARY}--\n",
        part(BOUNDARY, config)
    )
}

/// How a node joins that is of no group.
pub fn of_unmanaged(cluster: &ClusterFacts) -> String {
    message(&node_config(cluster, None, &[], &[]))
}

/// The boundary of a message with several parts, and where its first part begins.
fn boundary(text: &str) -> Option<(&str, usize)> {
    let end = text.find("\n\n").or_else(|| text.find("\r\n\r\n"))?;
    let header = text.get(..end)?;
    if !header.to_ascii_lowercase().contains("multipart/mixed") {
        return None;
    }
    let (_, rest) = header.split_once("boundary=")?;
    let boundary = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => rest
            .split(|it: char| it.is_whitespace() || it == ';')
            .next()?,
    };
    let start = text.get(end..)?.find(&format!("--{boundary}"))?;
    (!boundary.is_empty()).then_some((boundary, end + start))
}

/// The text of a MIME message in base64, its boundary, and where its first part begins.
///
/// # Errors
/// It is none of several parts.
pub fn parts(given: &str) -> Result<(String, String, usize), &'static str> {
    let bytes = BASE64
        .decode(given.trim().as_bytes())
        .map_err(|_| NOT_MIME)?;
    let text = String::from_utf8(bytes).map_err(|_| NOT_MIME)?;
    let (boundary, at) = boundary(&text).ok_or(NOT_MIME)?;
    let boundary = boundary.to_owned();
    Ok((text, boundary, at))
}

/// In base64: how nodes of the group join, with what a launch template of somebody says besides.
///
/// # Errors
/// That is no MIME message of several parts.
pub fn user_data(
    cluster: &ClusterFacts,
    group: &NodeGroup,
    image: &str,
) -> Result<String, &'static str> {
    let labels = labels(group, image);
    let config = node_config(cluster, Some(&group.version), &labels, &group.taints);
    let given = group.source.as_ref().and_then(|it| it.user_data.as_deref());
    let text = match given.filter(|it| !it.is_empty()) {
        None => message(&config),
        Some(given) => {
            let (text, boundary, at) = parts(given)?;
            let own = part(&boundary, &config);
            let (before, after) = text.split_at(at);
            format!("{before}{own}{after}")
        }
    };
    Ok(BASE64.encode(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::plan::tests::group;

    fn facts() -> ClusterFacts {
        ClusterFacts {
            name: "demo".to_owned(),
            endpoint: "https://127.0.0.1:9".to_owned(),
            authority: "PEM".to_owned(),
            service_cidr: "10.100.0.0/16".to_owned(),
        }
    }

    fn read(group: &NodeGroup) -> String {
        let made = user_data(&facts(), group, "ami-1").unwrap();
        String::from_utf8(BASE64.decode(made.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn nodes_join_with_labels_and_taints() {
        let mut group = group();
        group.labels.insert("team".to_owned(), "blue".to_owned());
        group.taints.push(Taint {
            key: "only".to_owned(),
            value: "x".to_owned(),
            effect: "NO_EXECUTE".to_owned(),
        });
        let text = read(&group);
        assert!(text.contains("eks.amazonaws.com/nodegroup=workers,"));
        assert!(text.contains(",team=blue\""));
        assert!(text.contains("    cidr: 10.100.0.0/16\n    kubernetesVersion: \"1.36\"\n"));
        assert!(text.contains("--register-with-taints=only=x:NoExecute"));
        assert!(text.ends_with("--//--\n"));
    }

    #[test]
    fn what_a_template_says_stays() {
        let mut group = group();
        let given = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"ab\"\n\n--ab\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--ab--\n";
        let mut source = crate::groups::plan::tests::source();
        source.user_data = Some(BASE64.encode(given.as_bytes()));
        group.source = Some(source);
        let text = read(&group);
        assert_eq!(text.matches("--ab\n").count(), 2);
        assert!(text.contains("#!/bin/sh\n--ab--\n"));
        for bad in ["#!/bin/sh\n", "Content-Type: multipart/mixed\n\nx", ""] {
            let encoded = BASE64.encode(bad.as_bytes());
            group.source.as_mut().unwrap().user_data = Some(encoded);
            let made = user_data(&facts(), &group, "ami-1");
            assert_eq!(made.is_err(), !bad.is_empty(), "{bad:?}");
        }
    }
}
