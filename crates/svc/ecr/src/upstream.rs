//! Registries outside: those that images are pulled through from, with their addresses, their challenges and what they answer, and those
//! of other installations that images are replicated to.
//!
//! - [`Address`] is what a rule calls `upstreamRegistryUrl`; those that AWS knows have names.
//! - [`Remote`] is one repository of such a registry, asked in the OCI distribution protocol.
//! - [`Far`] is one repository of a registry of ECR elsewhere, which is written.

mod address;
mod far;
mod login;
mod remote;

use std::sync::Arc;

use wharf_api_secretsmanager::Secretsmanager;
use wharf_egress::{Egress, Failure};

pub(crate) use address::Address;
pub(crate) use far::{Far, FarLogin, NotSent, REPLICATION};
pub use login::SecretError;
pub(crate) use login::{Login, PRINCIPAL};
pub(crate) use remote::{Remote, Served};

/// What pulls through a cache need of the world.
#[derive(Clone)]
pub struct Outside {
    pub egress: Egress,
    /// Holds what upstream registries want to be shown.
    pub secrets: Arc<dyn Secretsmanager>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Outside").finish_non_exhaustive()
    }
}

/// Why an upstream registry gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error("the upstream registry {0} does not have it")]
    NotFound(String),
    #[error("the upstream registry {host} may not be asked: {why}")]
    Denied { host: String, why: String },
    #[error("the upstream registry {0} takes no more requests at the moment")]
    TooMany(String),
    #[error("the upstream registry {host} cannot be asked: {why}")]
    Unavailable { host: String, why: String },
    /// Not what was asked for, or nothing that can be kept.
    #[error("what the upstream registry {host} sent cannot be taken: {why}")]
    Wrong { host: String, why: String },
}

impl UpstreamError {
    pub(crate) fn unavailable(host: &str, why: impl Into<String>) -> Self {
        let (host, why) = (host.to_owned(), why.into());
        Self::Unavailable { host, why }
    }

    pub(crate) fn denied(host: &str, why: impl Into<String>) -> Self {
        let (host, why) = (host.to_owned(), why.into());
        Self::Denied { host, why }
    }

    pub(crate) fn wrong(host: &str, why: impl Into<String>) -> Self {
        let (host, why) = (host.to_owned(), why.into());
        Self::Wrong { host, why }
    }

    fn of(host: &str, failure: &Failure) -> Self {
        match failure {
            Failure::TooLong(_) => Self::wrong(host, failure.to_string()),
            // Clients show this text, and do not try again.
            _ if !failure.passes() => Self::denied(host, failure.to_string()),
            _ => Self::unavailable(host, failure.to_string()),
        }
    }
}
