//! Resources of EKS that have tags.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged};

use crate::{
    addons::Addon,
    fargate::FargateProfile,
    groups::records::NodeGroup,
    names::{self, SERVICE},
    pod_identity::Association,
    providers::IdentityProvider,
    records::{AccessEntry, Cluster},
};

/// By the kinds of their records. The ARN of an access entry has its uuid, which is in the record alone.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[
        Kind::itself(Cluster::KIND, |name| format!("cluster/{name}")),
        Kind::within(NodeGroup::KIND, |_, value| {
            let group: NodeGroup = wharf_records::decode(value)?;
            let resource = names::group_resource(&group.cluster, &group.name, &group.uuid);
            Ok(vec![(resource, group.tags)])
        }),
        Kind::within(Association::KIND, |_, value| {
            let association: Association = wharf_records::decode(value)?;
            Ok(vec![(association.resource(), association.tags)])
        }),
        Kind::within(Addon::KIND, |_, value| {
            let addon: Addon = wharf_records::decode(value)?;
            Ok(vec![(addon.resource(), addon.tags)])
        }),
        Kind::within(FargateProfile::KIND, |_, value| {
            let profile: FargateProfile = wharf_records::decode(value)?;
            Ok(vec![(profile.resource(), profile.tags)])
        }),
        Kind::within(IdentityProvider::KIND, |_, value| {
            let provider: IdentityProvider = wharf_records::decode(value)?;
            Ok(vec![(provider.resource(), provider.tags)])
        }),
        Kind::within(AccessEntry::KIND, |_, value| {
            let entry: AccessEntry = wharf_records::decode(value)?;
            let resource = names::entry_resource(&entry.cluster, &entry.principal, &entry.uuid);
            Ok(vec![(resource, entry.tags)])
        }),
    ],
};
