//! What fuzzing reaches of this crate: what it keeps in the store, and how users configure add-ons.

use wharf_kube_model::Version;
use wharf_records::fuzz::again;

use crate::{
    addons::{Addon, facts},
    fargate::FargateProfile,
    groups::records::NodeGroup,
    pod_identity::Association,
    providers::IdentityProvider,
    records,
    updates::Update,
};

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Cluster>(bytes);
    again::<records::AccessEntry>(bytes);
    again::<NodeGroup>(bytes);
    again::<Update>(bytes);
    again::<Association>(bytes);
    again::<Addon>(bytes);
    again::<IdentityProvider>(bytes);
    again::<FargateProfile>(bytes);
}

/// The name of an add-on and how it is configured.
pub fn addon(name: &str, configuration: &str) {
    if let Ok(part) = facts::find(name, None, Version::DEFAULT.name()) {
        let _ = facts::check(part, configuration);
    }
}
