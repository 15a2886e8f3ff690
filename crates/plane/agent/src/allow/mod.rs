//! What a node lends its tasks beyond what is theirs: nothing but what its operator named with
//! `--allow`.
//!
//! The control plane is told by attributes and places tasks accordingly; what counts is the check
//! here, before anything of a task is made. The data folder and everything in it is lent to nobody.

mod check;
mod paths;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

pub use paths::HostPath;

/// Longest value of an attribute.
const MAX_ANNOUNCED: usize = 128;

/// One word after `--allow`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    Privileged,
    /// The folder or file and everything below it.
    HostPath(PathBuf),
    HostNetwork,
    HostPid,
    HostIpc,
    Devices,
    /// Capabilities beyond the default set.
    Capabilities,
    /// To pods of Kubernetes, on instances of whatever account, all system calls.
    UnconfinedPods,
    /// To the same the capabilities of their instance's root, which count in its user namespace and their own.
    PodCapabilities,
    /// To the same all rights of their instance's root.
    PrivilegedPods,
}

/// No word that `--allow` knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPermission {
    #[error(
        "it is one of privileged, host-path=PATH, host-network, host-pid, host-ipc, devices, capabilities, unconfined-pods, pod-capabilities, privileged-pods"
    )]
    Unknown,
    #[error("host-path takes an absolute path without `..`, of at most {MAX_ANNOUNCED} bytes")]
    Path,
}

impl FromStr for Permission {
    type Err = BadPermission;

    fn from_str(text: &str) -> Result<Self, BadPermission> {
        Ok(match text {
            "privileged" => Self::Privileged,
            "host-network" => Self::HostNetwork,
            "host-pid" => Self::HostPid,
            "host-ipc" => Self::HostIpc,
            "devices" => Self::Devices,
            "capabilities" => Self::Capabilities,
            "unconfined-pods" => Self::UnconfinedPods,
            "pod-capabilities" => Self::PodCapabilities,
            "privileged-pods" => Self::PrivilegedPods,
            _ => {
                let path = text.strip_prefix("host-path=");
                let path = Path::new(path.ok_or(BadPermission::Unknown)?);
                let climbs = path
                    .components()
                    .any(|part| part == std::path::Component::ParentDir);
                if !path.is_absolute() || climbs || path.as_os_str().len() > MAX_ANNOUNCED {
                    return Err(BadPermission::Path);
                }
                // Without doubled and trailing slashes.
                Self::HostPath(path.components().collect())
            }
        })
    }
}

/// As on the command line.
impl fmt::Display for Permission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostPath(path) => write!(out, "host-path={}", path.display()),
            other => out.write_str(other.word()),
        }
    }
}

impl Permission {
    /// Pods alone have it, and tasks of ECS nothing of it.
    fn is_for_pods(&self) -> bool {
        matches!(
            self,
            Self::UnconfinedPods | Self::PodCapabilities | Self::PrivilegedPods
        )
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::HostPath(_) => "host-path",
            Self::HostNetwork => "host-network",
            Self::HostPid => "host-pid",
            Self::HostIpc => "host-ipc",
            Self::Devices => "devices",
            Self::Capabilities => "capabilities",
            Self::UnconfinedPods => "unconfined-pods",
            Self::PodCapabilities => "pod-capabilities",
            Self::PrivilegedPods => "privileged-pods",
        }
    }
}

/// Why a task gets less of the host than it asks for.
#[derive(Debug, thiserror::Error)]
pub enum NotAllowed {
    #[error("the node does not allow {what}; starting it with --allow {flag} would")]
    Feature {
        what: &'static str,
        flag: &'static str,
    },
    #[error(
        "the node does not allow the host path {path}; starting it with --allow host-path={path} would"
    )]
    Path { path: String },
    #[error("the host path {0} shows the node's own data, which is lent to no task")]
    Own(String),
    #[error("the kernel setting {0} would be the host's; no task may change it")]
    Setting(String),
    #[error("cannot resolve the host path {path}: {source}")]
    Unresolved { path: String, source: io::Error },
}

/// What the node lends, with folders as they really are.
#[derive(Debug, Default)]
pub struct Allow {
    granted: Vec<Permission>,
    /// Folders by the names the operator gave them, and what these lead to.
    folders: Vec<(PathBuf, PathBuf)>,
    /// Real paths that are lent to nobody.
    own: Vec<PathBuf>,
}

/// A folder of `--allow` that cannot be lent.
#[derive(Debug, thiserror::Error)]
pub enum BadFolder {
    #[error("--allow host-path={path}: cannot resolve it")]
    Unresolved { path: PathBuf, source: io::Error },
    #[error("--allow host-path={path}: the node keeps its own data there")]
    Own { path: PathBuf },
}

impl Allow {
    /// `own` are folders that no task ever sees: those that do not exist yet are made by nobody else.
    ///
    /// # Errors
    /// A folder does not exist, or is the node's own.
    pub fn new(granted: &[Permission], own: &[PathBuf]) -> Result<Self, BadFolder> {
        let real = |path: &PathBuf| {
            path.canonicalize().map_err(|source| BadFolder::Unresolved {
                path: path.clone(),
                source,
            })
        };
        // What is still to be made is the node's own as well.
        let to_be = |path: &PathBuf| {
            let (there, missing) =
                paths::resolve(path).map_err(|source| BadFolder::Unresolved {
                    path: path.clone(),
                    source,
                })?;
            Ok(there.join(missing))
        };
        let own = own.iter().map(to_be).collect::<Result<Vec<_>, _>>()?;
        let mut folders = Vec::new();
        for permission in granted {
            let Permission::HostPath(path) = permission else {
                continue;
            };
            let resolved = real(path)?;
            if own.iter().any(|own| resolved.starts_with(own)) {
                return Err(BadFolder::Own { path: path.clone() });
            }
            folders.push((path.clone(), resolved));
        }
        Ok(Self {
            granted: granted.to_vec(),
            folders,
            own,
        })
    }

    /// The attributes that tell the control plane.
    pub fn attributes(&self) -> Vec<(String, Option<String>)> {
        let mut all = vec![("wharf.allow".to_owned(), None)];
        for permission in &self.granted {
            // Of folders more is said below; of pods nothing is said to ECS.
            if !matches!(permission, Permission::HostPath(_)) && !permission.is_for_pods() {
                all.push((format!("wharf.allow.{}", permission.word()), None));
            }
        }
        for (number, (folder, _)) in self.folders.iter().enumerate() {
            let name = format!("wharf.allow.host-path.{}", number + 1);
            all.push((name, Some(folder.display().to_string())));
        }
        if self.grants(&Permission::Privileged) {
            // What ECS calls it.
            all.push((
                "com.amazonaws.ecs.capability.privileged-container".to_owned(),
                None,
            ));
        }
        all
    }

    fn grants(&self, permission: &Permission) -> bool {
        self.granted.contains(permission)
    }

    fn require(&self, permission: &Permission, what: &'static str) -> Result<(), NotAllowed> {
        match self.grants(permission) {
            true => Ok(()),
            false => Err(NotAllowed::Feature {
                what,
                flag: permission.word(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
