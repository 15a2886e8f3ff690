//! How Fargate tasks are kept apart from the host and from each other: each in a user namespace
//! with a range of numbers of its own, which its network namespace belongs to.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_base::{Chain, InstallationId};
use wharf_container::runtime::{NoUserNamespaces, Runtime};
use wharf_userns::{IdRange, Ranges};

use super::error::StepError;
use crate::config::NodeConfig;

pub(super) const FARGATE: &str = "FARGATE";

/// The attribute of nodes that take Fargate tasks.
pub const FARGATE_CAPACITY: &str = "wharf.fargate-capacity";

/// Why this machine cannot keep Fargate tasks apart.
#[derive(Debug, thiserror::Error)]
pub enum NoIsolation {
    #[error("{}", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    UserNamespaces(#[from] NoUserNamespaces),
}

/// What this machine does for Fargate tasks.
#[derive(Debug, Clone)]
pub enum Isolation {
    /// A user namespace each.
    UserNamespaces(Ranges),
    /// None, as the operator chose for a machine that cannot.
    Off,
    /// Such tasks are refused: why this machine cannot.
    Refused(Arc<NoIsolation>),
}

impl Isolation {
    /// Tries what a task needs, with folders of this node.
    pub async fn probe(config: &NodeConfig, runtime: &Runtime) -> Self {
        if !config.attributes.contains_key(FARGATE_CAPACITY) {
            return Self::ranges(&config.data_dir, &config.installation)
                .map_or_else(|error| Self::Refused(Arc::new(error)), Self::UserNamespaces);
        }
        let probed = async {
            let ranges = Self::ranges(&config.data_dir, &config.installation)?;
            runtime.probe_user_namespaces().await?;
            Ok::<_, NoIsolation>(ranges)
        };
        match probed.await {
            Ok(ranges) => Self::UserNamespaces(ranges),
            Err(error) if config.fargate_without_userns => {
                tracing::warn!(
                    error = %Chain(&error),
                    "Fargate tasks run without user namespaces of their own, as --fargate-without-userns asks"
                );
                Self::Off
            }
            Err(error) => {
                tracing::error!(
                    error = %Chain(&error),
                    "no Fargate capacity is offered: tasks cannot have user namespaces of their own \
                     on this machine; --fargate-without-userns offers it all the same"
                );
                Self::Refused(Arc::new(error))
            }
        }
    }

    fn ranges(data_dir: &Path, installation: &InstallationId) -> Result<Ranges, NoIsolation> {
        let dir = data_dir.join("ids");
        let opened = Ranges::open(&dir, installation.as_str());
        opened.map_err(|source| NoIsolation::Folder { path: dir, source })
    }

    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// The range of a task that is to have one.
    pub fn range_of(&self, task_id: &str) -> Result<Option<IdRange>, StepError> {
        match self {
            Self::UserNamespaces(ranges) => {
                let range = ranges.of(task_id).map_err(StepError::NoRange)?;
                Ok(Some(range))
            }
            Self::Off => Ok(None),
            Self::Refused(why) => Err(StepError::NotIsolated(why.clone())),
        }
    }

    /// Gives back the ranges of all tasks but those to keep.
    pub fn retain(&self, keep: impl Fn(&str) -> bool) {
        if let Self::UserNamespaces(ranges) = self
            && let Err(error) = ranges.retain(keep)
        {
            tracing::warn!(%error, "failed to release user id ranges");
        }
    }
}
