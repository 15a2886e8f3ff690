//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::{
    addons::Addon, fargate::FargateProfile, groups::records::NodeGroup, pod_identity::Association,
    providers::IdentityProvider, records, updates::Update,
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
