//! Access entries of the roles of node groups and Fargate profiles that are older than the entries of their cluster: without, their
//! nodes would be refused as soon as the ConfigMap `aws-auth` does not count any more.

use std::collections::BTreeSet;

use wharf_service::{Changes, Place};
use wharf_wire::Fault;

use crate::{
    core::Core,
    fargate::{self, FargateProfile},
    fault::{self, EksFaults},
    groups::records::{ENTRY_TYPE, NodeGroup},
    names,
    records::{AccessEntry, Cluster},
};

/// Of each role there is one entry, and who made it takes it along: the first that has the role.
///
/// # Errors
/// The store's, or the principal cannot be looked up.
pub async fn make(
    core: &Core,
    (place, cluster): (&Place, &Cluster),
    tx: &mut Changes<'_, EksFaults>,
) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for mut stored in core.below::<NodeGroup>(place, &cluster.id).await? {
        let role = stored.record.role.clone();
        if !seen.insert(role.clone()) {
            continue;
        }
        let of = (role.as_str(), ENTRY_TYPE);
        if make_one(core, (place, cluster), of, tx).await? {
            tx.when(stored.unchanged());
            stored.record.made_entry = true;
            tx.put(&stored.key, &stored.record);
        }
    }
    for mut stored in core.below::<FargateProfile>(place, &cluster.id).await? {
        let role = stored.record.role.clone();
        if !seen.insert(role.clone()) {
            continue;
        }
        let of = (role.as_str(), fargate::ENTRY_TYPE);
        if make_one(core, (place, cluster), of, tx).await? {
            tx.when(stored.unchanged());
            stored.record.made_entry = true;
            tx.put(&stored.key, &stored.record);
        }
    }
    Ok(())
}

/// Whether an entry is made now.
async fn make_one(
    core: &Core,
    (place, cluster): (&Place, &Cluster),
    (role, entry_type): (&str, &str),
    tx: &mut Changes<'_, EksFaults>,
) -> Result<bool, Fault> {
    let key = names::entry_key(place, &cluster.id, role);
    if tx.find::<AccessEntry>(&key).await?.is_some() {
        return Ok(false);
    }
    let id = core.parts.principals.id(role).await;
    let Some(id) = id.map_err(fault::lookup)? else {
        tracing::warn!(
            role,
            cluster = cluster.name,
            "making the access entry of a role of nodes failed: the role does not exist"
        );
        return Ok(false);
    };
    let entry = AccessEntry::of_nodes(&cluster.name, (role, id), entry_type, core.now());
    tx.put(key, &entry);
    Ok(true)
}
