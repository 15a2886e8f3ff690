//! What a host may lend its tasks beyond what is theirs, and whether it does.
//!
//! A node says at its registration what its operator allows (`--allow`), as attributes. An instance
//! without [`MARKER`] runs an agent that knows nothing of this: it decides by itself, as on AWS.

use crate::fleet::Attributes;

/// Present where the other attributes are the whole truth.
pub const MARKER: &str = "wharf.allow";
/// Present where tasks have no network but interfaces of their own: an EC2 instance shares its machine.
pub const NO_BRIDGE: &str = "wharf.no-bridge-network";
/// Attributes whose values are folders: `wharf.allow.host-path.1`, …
pub const HOST_PATH: &str = "wharf.allow.host-path.";

/// What of the host a task can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    Privileged,
    HostPath,
    HostNetwork,
    HostPid,
    HostIpc,
    Devices,
    Capabilities,
    /// The network mode bridge, which every host has but those that say otherwise.
    Bridge,
}

impl Feature {
    /// The word after `--allow`; for what no such word gives its name.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::HostPath => "host-path",
            Self::HostNetwork => "host-network",
            Self::HostPid => "host-pid",
            Self::HostIpc => "host-ipc",
            Self::Devices => "devices",
            Self::Capabilities => "capabilities",
            Self::Bridge => "bridge",
        }
    }
}

/// What one shape of task asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asks {
    /// Beside folders.
    pub features: Vec<Feature>,
    /// Folders of the host.
    pub host_paths: Vec<String>,
    /// The network mode bridge.
    pub bridge: bool,
}

impl Asks {
    pub fn is_empty(&self) -> bool {
        self.features.is_empty() && self.host_paths.is_empty() && !self.bridge
    }

    /// The first that a host with these attributes does not allow.
    pub fn refused_by(&self, attributes: &Attributes) -> Option<Feature> {
        if self.bridge && attributes.contains_key(NO_BRIDGE) {
            return Some(Feature::Bridge);
        }
        if self.is_empty() || !attributes.contains_key(MARKER) {
            return None;
        }
        let lacks =
            |feature: &&Feature| !attributes.contains_key(&format!("{MARKER}.{}", feature.flag()));
        if let Some(feature) = self.features.iter().find(lacks) {
            return Some(*feature);
        }
        let folders = || {
            let from = attributes.range(HOST_PATH.to_owned()..);
            from.take_while(|(name, _)| name.starts_with(HOST_PATH))
                .filter_map(|(_, folder)| folder.as_deref())
        };
        let offered = |path: &String| folders().any(|folder| is_within(path, folder));
        (!self.host_paths.iter().all(offered)).then_some(Feature::HostPath)
    }
}

/// Whether the path is the folder or below it, by its letters alone: the node itself looks where it
/// really leads. `..` is never within anything.
fn is_within(path: &str, folder: &str) -> bool {
    let path = std::path::Path::new(path);
    let climbs = path
        .components()
        .any(|part| part == std::path::Component::ParentDir);
    !climbs && path.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(rows: &[(&str, Option<&str>)]) -> Attributes {
        let row =
            |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(str::to_owned));
        rows.iter().map(row).collect()
    }

    fn path(path: &str) -> Asks {
        Asks {
            features: Vec::new(),
            host_paths: vec![path.to_owned()],
            ..Asks::default()
        }
    }

    #[test]
    fn only_what_is_announced() {
        let host = attributes(&[("wharf.allow", None), ("wharf.allow.host-pid", None)]);
        let ask = |features: &[Feature]| {
            let asks = Asks {
                features: features.to_vec(),
                ..Asks::default()
            };
            asks.refused_by(&host)
        };
        assert_eq!(ask(&[]), None);
        assert_eq!(ask(&[Feature::HostPid]), None);
        assert_eq!(
            ask(&[Feature::HostPid, Feature::Privileged]),
            Some(Feature::Privileged)
        );
    }

    #[test]
    fn a_bridge_is_everywhere_unless_a_host_says_no() {
        let bridge = Asks {
            bridge: true,
            ..Asks::default()
        };
        assert!(!bridge.is_empty());
        for host in [&[][..], &[("wharf.allow", None)]] {
            assert_eq!(bridge.refused_by(&attributes(host)), None);
        }
        let instance = attributes(&[("wharf.allow", None), (NO_BRIDGE, None)]);
        assert_eq!(bridge.refused_by(&instance), Some(Feature::Bridge));
        assert_eq!(Asks::default().refused_by(&instance), None);
    }

    #[test]
    fn folders() {
        let host = attributes(&[
            ("wharf.allow", None),
            ("wharf.allow.host-path.1", Some("/srv")),
            ("wharf.allow.host-path.2", Some("/opt/data")),
            ("wharf.allow.privileged", None),
        ]);
        for fits in ["/srv", "/srv/a/b", "/srv//a", "/opt/data/"] {
            assert_eq!(path(fits).refused_by(&host), None, "{fits}");
        }
        for not in ["/", "/srvx", "/opt", "/srv/../etc", "srv", ""] {
            let refused = path(not).refused_by(&host);
            assert_eq!(refused, Some(Feature::HostPath), "{not}");
        }
    }

    #[test]
    fn an_agent_of_another_kind_decides_itself() {
        let asks = Asks {
            features: vec![Feature::HostNetwork],
            host_paths: vec!["/".to_owned()],
            ..Asks::default()
        };
        assert_eq!(
            asks.refused_by(&attributes(&[("ecs.os-type", Some("linux"))])),
            None
        );
        assert_eq!(
            asks.refused_by(&attributes(&[("wharf.allow", None)])),
            Some(Feature::HostNetwork)
        );
    }
}
