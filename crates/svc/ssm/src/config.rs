//! What the server hands in.

use std::sync::Arc;

use wharf_api_kms::Kms;
use wharf_api_secretsmanager::Secretsmanager;
use wharf_api_ssm::Ssm;
use wharf_base::Clock;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Where references to secrets are read, behind the gate.
    pub secrets: Arc<dyn Secretsmanager>,
    /// Keys of SecureStrings, behind the gate.
    pub kms: Arc<dyn Kms>,
    /// Who holds the sessions of ECS Exec: answers ResumeSession and TerminateSession.
    pub sessions: Arc<dyn Ssm>,
    pub facts: Facts,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}

/// What public parameters say of this installation.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The services that are here, by their names in endpoints.
    pub services: Vec<&'static str>,
    /// The ids of a region's zones.
    pub zones: fn(&str) -> Vec<String>,
    /// What clusters of EKS run; nothing where they are not here.
    pub kubernetes: Vec<Kubernetes>,
}

#[derive(Debug, Clone, Copy)]
pub struct Kubernetes {
    /// `1.36`
    pub version: &'static str,
    /// Its latest patch: `1.36.4`
    pub patch: &'static str,
}
