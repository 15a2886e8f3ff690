//! Versions of Kubernetes as EKS offers them, and from which to which a cluster goes. Pure; which there are is said in
//! [`wharf_kube_model::version`].

use std::time::Duration;

use serde_json::Value;
use wharf_api_eks::ClusterVersionInformation;
use wharf_base::Timestamp;
use wharf_kube_model::{
    Version,
    version::{MOST_SKEW, minor_of},
};
use wharf_wire::Fault;

use crate::{fault, records::Upgraded};

/// Of every version: what of EKS is beside Kubernetes has no version of its own.
pub const PLATFORM: &str = "eks.1";
/// By which nodes know their group.
const GROUP_LABEL: &str = "eks.amazonaws.com/nodegroup";
/// For how long a cluster may go back to the version it was updated from.
const ROLLBACK: Duration = Duration::from_secs(7 * 86_400);
/// Nodes that a refusal names.
const MOST_NAMED: usize = 10;

/// When EKS has a version.
struct Support {
    released: Timestamp,
    /// Fourteen and twenty-six months later.
    standard_ends: Timestamp,
    extended_ends: Timestamp,
}

fn support(version: Version) -> Support {
    match version {
        // 2026-01-27, 2027-03-27, 2028-03-27
        Version::V1_35 => Support {
            released: Timestamp::from_millis(1_769_472_000_000),
            standard_ends: Timestamp::from_millis(1_806_105_600_000),
            extended_ends: Timestamp::from_millis(1_837_728_000_000),
        },
        // 2026-06-02, 2027-08-02, 2028-08-02
        _ => Support {
            released: Timestamp::from_millis(1_780_358_400_000),
            standard_ends: Timestamp::from_millis(1_817_164_800_000),
            extended_ends: Timestamp::from_millis(1_848_787_200_000),
        },
    }
}

/// A version as it is supported at a time: AWS's old and new words for it.
fn status(of: &Support, now: Timestamp) -> (&'static str, &'static str) {
    if now < of.standard_ends {
        ("standard-support", "STANDARD_SUPPORT")
    } else if now < of.extended_ends {
        ("extended-support", "EXTENDED_SUPPORT")
    } else {
        ("unsupported", "UNSUPPORTED")
    }
}

/// All there are, the latest first.
pub fn all(now: Timestamp) -> Vec<ClusterVersionInformation> {
    Version::ALL.map(|it| information(it, now)).to_vec()
}

fn information(version: Version, now: Timestamp) -> ClusterVersionInformation {
    let support = support(version);
    let (status, version_status) = status(&support, now);
    let text = |it: &str| Some(it.to_owned());
    ClusterVersionInformation {
        cluster_version: text(version.name()),
        cluster_type: text("eks"),
        default_platform_version: text(PLATFORM),
        default_version: Some(version == Version::DEFAULT),
        release_date: Some(support.released),
        end_of_standard_support_date: Some(support.standard_ends),
        end_of_extended_support_date: Some(support.extended_ends),
        status: text(status),
        version_status: text(version_status),
        kubernetes_patch_version: text(version.patch()),
        ..ClusterVersionInformation::default()
    }
}

/// What somebody asks for, or what clusters have where nobody does.
///
/// # Errors
/// There is no such version.
pub fn asked(name: Option<&str>) -> Result<Version, Fault> {
    name.map_or(Some(Version::DEFAULT), Version::named)
        .ok_or_else(fault::unsupported_version)
}

/// The version of a record.
pub fn of(record: &str) -> Version {
    Version::named(record).unwrap_or_default()
}

/// What a cluster of one version goes to: the next one, and no other.
///
/// # Errors
/// There is no such version, or it is not the next.
pub fn next(current: &str, asked: &str) -> Result<Version, Fault> {
    let (Some(from), Some(to)) = (minor_of(current), minor_of(asked)) else {
        return Err(fault::unsupported_version());
    };
    match Version::named(asked) {
        Some(version) if to == from + 1 => Ok(version),
        None if to > from => Err(fault::unsupported_version()),
        _ => Err(fault::unsupported_update(current, asked)),
    }
}

/// What a cluster remembers of an update from one version to another: how to go back, unless it did just that.
pub fn left(from: &str, to: &str, at: Timestamp) -> Option<Upgraded> {
    (minor_of(from) < minor_of(to)).then(|| Upgraded {
        from: from.to_owned(),
        at,
    })
}

/// The version that a cluster may go back to, for seven days after an update.
pub fn before(upgraded: Option<&Upgraded>, now: Timestamp) -> Option<Version> {
    let upgraded = upgraded.filter(|it| now < it.at + ROLLBACK)?;
    Version::named(&upgraded.from)
}

/// What nodes of a group of a version are to have: the cluster's version, or as they are, or what the cluster may go back to, which its
/// nodes have to do first.
///
/// # Errors
/// It is another one.
pub fn of_group(
    (cluster, before): (&str, Option<Version>),
    group: &str,
    asked: Option<&str>,
) -> Result<Version, Fault> {
    let Some(wanted) = asked else {
        return Ok(of(group));
    };
    let version = self::asked(Some(wanted))?;
    match [cluster, group].contains(&wanted) || before == Some(version) {
        true => Ok(version),
        false => Err(fault::unsupported_group_version(cluster, group)),
    }
}

/// What nodes of a new group have: the cluster's version, or one that its API server still takes nodes of.
///
/// # Errors
/// There is no such version, or the cluster is older or too much newer.
pub fn of_new_group(cluster: &str, asked: Option<&str>) -> Result<Version, Fault> {
    let cluster = of(cluster);
    let version = asked.map_or(Ok(cluster), |it| self::asked(Some(it)))?;
    match version <= cluster && serves(cluster.minor(), version.minor()) {
        true => Ok(version),
        false => Err(fault::unsupported_group_version(
            cluster.name(),
            cluster.name(),
        )),
    }
}

/// Whether an API server of one minor version takes a kubelet of another one.
fn serves(server: u32, kubelet: u32) -> bool {
    server.saturating_sub(kubelet) <= MOST_SKEW
}

/// Which node groups, and which nodes of none, are too old for an API server of a version.
pub fn left_behind(nodes: &[Value], by: Version) -> Vec<String> {
    nodes_of(nodes, |kubelet| !serves(by.minor(), kubelet))
}

/// Which node groups, and which nodes of none, are newer than an API server of a version.
pub fn ahead(nodes: &[Value], of: Version) -> Vec<String> {
    nodes_of(nodes, |kubelet| kubelet > of.minor())
}

/// The names of those whose kubelet has such a minor version.
fn nodes_of(nodes: &[Value], is_such: impl Fn(u32) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for node in nodes {
        let kubelet = node["status"]["nodeInfo"]["kubeletVersion"].as_str();
        let minor = kubelet.and_then(minor_of);
        if !minor.is_some_and(&is_such) {
            continue;
        }
        let meta = &node["metadata"];
        let name = meta["labels"][GROUP_LABEL].as_str();
        let name = name.or(meta["name"].as_str()).unwrap_or_default();
        if !names.iter().any(|it| it == name) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names.truncate(MOST_NAMED);
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn support_ends() {
        let day = Duration::from_secs(86_400);
        let dates = [
            ("2026-06-02", "2027-08-02", "2028-08-02"),
            ("2026-01-27", "2027-03-27", "2028-03-27"),
        ];
        for (at, (version, dates)) in Version::ALL.into_iter().zip(dates).enumerate() {
            let of = support(version);
            for (now, expected) in [
                (of.released, "standard-support"),
                (of.standard_ends - day, "standard-support"),
                (of.standard_ends, "extended-support"),
                (of.extended_ends, "unsupported"),
            ] {
                assert_eq!(all(now)[at].status.as_deref(), Some(expected));
            }
            let midnight = |it: &str| format!("{it}T00:00:00Z");
            assert_eq!(of.released.iso8601_seconds(), midnight(dates.0));
            assert_eq!(of.standard_ends.iso8601_seconds(), midnight(dates.1));
            assert_eq!(of.extended_ends.iso8601_seconds(), midnight(dates.2));
        }
        let defaults = all(support(Version::DEFAULT).released).into_iter();
        let defaults = defaults.filter(|it| it.default_version == Some(true));
        assert_eq!(defaults.count(), 1);
    }

    #[test]
    fn a_cluster_goes_to_the_next_version_alone() {
        assert_eq!(next("1.35", "1.36").unwrap(), Version::V1_36);
        let not =
            |from, to| format!("Unsupported Kubernetes minor version update from {from} to {to}");
        for (from, to, text) in [
            ("1.36", "1.35", not("1.36", "1.35")),
            ("1.36", "1.36", not("1.36", "1.36")),
            ("1.35", "1.35", not("1.35", "1.35")),
            ("1.35", "1.20", not("1.35", "1.20")),
            ("1.34", "1.36", not("1.34", "1.36")),
            ("1.35", "1.37", "unsupported Kubernetes version".to_owned()),
            ("1.36", "1.37", "unsupported Kubernetes version".to_owned()),
            ("1.35", "", "unsupported Kubernetes version".to_owned()),
            (
                "1.35",
                "1.36.4",
                "unsupported Kubernetes version".to_owned(),
            ),
            ("1.35", "2.0", "unsupported Kubernetes version".to_owned()),
        ] {
            assert_eq!(next(from, to).unwrap_err().message, text, "{from} {to}");
        }
    }

    #[test]
    fn a_cluster_goes_back_within_a_week() {
        let at = support(Version::V1_36).released;
        let week = Duration::from_secs(7 * 86_400);
        let upgraded = left("1.35", "1.36", at).unwrap();
        for (after, expected) in [
            (Duration::ZERO, Some(Version::V1_35)),
            (week - Duration::from_millis(1), Some(Version::V1_35)),
            (week, None),
        ] {
            assert_eq!(before(Some(&upgraded), at + after), expected, "{after:?}");
        }
        assert_eq!(before(None, at), None);
        // Once it went back, there is nothing it could go back to.
        assert_eq!(left("1.36", "1.35", at), None);
        assert_eq!(left("1.36", "1.36", at), None);
        let gone = left("1.34", "1.35", at).unwrap();
        assert_eq!(before(Some(&gone), at), None);
    }

    #[test]
    fn groups_follow_their_cluster() {
        let found = |of: Result<Version, Fault>| of.map_err(|it| it.message);
        let of_group = |cluster, group, asked| super::of_group((cluster, None), group, asked);
        assert_eq!(found(of_group("1.36", "1.35", None)), Ok(Version::V1_35));
        assert_eq!(
            found(of_group("1.36", "1.35", Some("1.35"))),
            Ok(Version::V1_35)
        );
        assert_eq!(
            found(of_group("1.36", "1.35", Some("1.36"))),
            Ok(Version::V1_36)
        );
        let text = "Nodegroup Kubernetes version should be equal to Cluster kubernetes version 1.35 or NodeGroup kubernetes version 1.35";
        for of in [
            of_group("1.35", "1.35", Some("1.36")),
            of_new_group("1.35", Some("1.36")),
        ] {
            assert_eq!(found(of), Err(text.to_owned()));
        }
        assert!(of_group("1.36", "1.36", Some("1.35")).is_err());
        let back = ("1.36", Some(Version::V1_35));
        assert_eq!(
            found(super::of_group(back, "1.36", Some("1.35"))),
            Ok(Version::V1_35)
        );
        assert!(super::of_group(back, "1.36", Some("1.34")).is_err());
        assert_eq!(found(of_new_group("1.35", None)), Ok(Version::V1_35));
        assert_eq!(
            found(of_new_group("1.36", Some("1.35"))),
            Ok(Version::V1_35)
        );
        assert_eq!(
            found(of_new_group("1.36", Some("1.2"))),
            Err("unsupported Kubernetes version".to_owned())
        );
    }

    #[test]
    fn nodes_are_at_most_three_versions_behind() {
        let node = |name: &str, version: &str, group: Option<&str>| {
            json!({
                "metadata": {"name": name, "labels": {GROUP_LABEL: group}},
                "status": {"nodeInfo": {"kubeletVersion": version}},
            })
        };
        let nodes = [
            node("a", "v1.36.4-eks-wharf", None),
            node("b", "v1.33.0", None),
            node("c", "v1.32.9", None),
            node("d", "v1.20.2", Some("old")),
            node("e", "v1.20.2", Some("old")),
            node("f", "what", None),
        ];
        assert_eq!(left_behind(&nodes, Version::V1_36), ["c", "old"]);
        assert_eq!(left_behind(&nodes, Version::V1_35), ["old"]);
        assert_eq!(ahead(&nodes, Version::V1_35), ["a"]);
        assert_eq!(ahead(&nodes, Version::V1_36), [""; 0]);
    }
}
