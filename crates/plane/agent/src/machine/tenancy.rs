//! Whose tasks a node's are: what tells those of the machine's own node from those of an instance.
//!
//! Users of an instance are root in it and nowhere else. So its tasks have a user namespace each, like
//! those of Fargate, and networks of their own: what would be the instance's network is the machine's here.

use wharf_userns::IdRange;

use super::{Isolation, error::StepError, isolation::FARGATE};
use crate::{engine::NetworkMode, node::core::TaskContext};

#[derive(Debug, Clone)]
pub enum Tenancy {
    /// The machine's own.
    Machine,
    /// An EC2 instance's.
    Instance {
        /// Its id, by which its tasks share its limits.
        id: String,
    },
}

impl Tenancy {
    pub fn is_machines_own(&self) -> bool {
        matches!(self, Self::Machine)
    }

    /// The group that its tasks are in.
    pub fn group(&self) -> Option<&str> {
        match self {
            Self::Machine => None,
            Self::Instance { id } => Some(id),
        }
    }

    /// Refuses what its tasks would have of the machine instead of the instance.
    pub(super) fn check(&self, context: &TaskContext) -> Result<(), StepError> {
        if self.is_machines_own() {
            return Ok(());
        }
        let mode = match context.spec.network {
            NetworkMode::Awsvpc | NetworkMode::None => None,
            NetworkMode::Bridge => Some("bridge"),
            NetworkMode::Host => Some("host"),
        };
        if let Some(mode) = mode {
            return Err(StepError::NetworkMode(mode));
        }
        let shared = context.task.volumes.iter().find(|volume| {
            let docker = volume.docker_volume_configuration.as_ref();
            docker.is_some_and(|it| it.scope == "shared")
        });
        match shared {
            Some(volume) => Err(StepError::SharedVolume(volume.name.clone())),
            None => Ok(()),
        }
    }

    /// The range of a task that is to have one.
    pub(super) fn range_of(
        &self,
        isolation: &Isolation,
        context: &TaskContext,
    ) -> Result<Option<IdRange>, StepError> {
        match self {
            Self::Machine if context.task.launch_type != FARGATE => Ok(None),
            Self::Machine => isolation.range_of(&context.id),
            Self::Instance { .. } => {
                let range = isolation.range_of(&context.id)?;
                range.map(Some).ok_or(StepError::NoUserNamespaces)
            }
        }
    }
}
