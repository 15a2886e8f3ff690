//! Access entries of the roles of node groups and Fargate profiles. Of each role there is one entry, and who made it takes it along: the
//! first that has the role, or its heir.

use std::collections::BTreeSet;

use wharf_kube_client::Client;
use wharf_records::Record;
use wharf_service::{Changes, Place, Stored};
use wharf_wire::Fault;

use crate::{
    aws_auth::{self, Nodes, OF_FARGATE, OF_INSTANCES},
    core::Core,
    fargate::{self, FargateProfile},
    fault::{self, EksFaults},
    groups::records::{self, NodeGroup},
    names,
    reconcile::StepError,
    records::{AccessEntry, Cluster},
};

/// A record whose nodes enter the cluster by their role.
pub trait HasNodes: Record {
    const ENTRY_TYPE: &'static str;
    /// As whom they enter by `aws-auth`.
    const NODES: Nodes;

    fn role(&self) -> &str;
    /// Whether the entry of the role was made with it.
    fn made_entry(&mut self) -> &mut bool;
}

impl HasNodes for NodeGroup {
    const ENTRY_TYPE: &'static str = records::ENTRY_TYPE;
    const NODES: Nodes = OF_INSTANCES;

    fn role(&self) -> &str {
        &self.role
    }

    fn made_entry(&mut self) -> &mut bool {
        &mut self.made_entry
    }
}

impl HasNodes for FargateProfile {
    const ENTRY_TYPE: &'static str = fargate::ENTRY_TYPE;
    const NODES: Nodes = OF_FARGATE;

    fn role(&self) -> &str {
        &self.role
    }

    fn made_entry(&mut self) -> &mut bool {
        &mut self.made_entry
    }
}

/// Gives the role of one an entry, unless it has one; whether there is such a role.
///
/// # Errors
/// The store's, or the principal cannot be looked up.
pub async fn make<R: HasNodes>(
    core: &Core,
    (place, cluster): (&Place, &Cluster),
    record: &mut R,
    tx: &mut Changes<'_, EksFaults>,
) -> Result<bool, Fault> {
    let key = names::entry_key(place, &cluster.id, record.role());
    let is_new = tx.find::<AccessEntry>(&key).await?.is_none();
    if is_new {
        let id = core.parts.principals.id(record.role()).await;
        let Some(id) = id.map_err(fault::lookup)? else {
            return Ok(false);
        };
        let of = (record.role(), id);
        let entry = AccessEntry::of_nodes(&cluster.name, of, R::ENTRY_TYPE, core.now());
        tx.put(key, &entry);
    }
    *record.made_entry() = is_new;
    Ok(true)
}

/// For all that are older than the entries of their cluster: without, their nodes would be refused as soon as the ConfigMap `aws-auth`
/// does not count any more.
///
/// # Errors
/// The store's, or a principal cannot be looked up.
pub async fn make_all(
    core: &Core,
    cluster: (&Place, &Cluster),
    tx: &mut Changes<'_, EksFaults>,
) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    make_of::<NodeGroup>(core, cluster, &mut seen, tx).await?;
    make_of::<FargateProfile>(core, cluster, &mut seen, tx).await
}

async fn make_of<R: HasNodes>(
    core: &Core,
    (place, cluster): (&Place, &Cluster),
    seen: &mut BTreeSet<String>,
    tx: &mut Changes<'_, EksFaults>,
) -> Result<(), Fault> {
    for mut stored in core.below::<R>(place, &cluster.id).await? {
        if !seen.insert(stored.record.role().to_owned()) {
            continue;
        }
        if !make(core, (place, cluster), &mut stored.record, tx).await? {
            tracing::warn!(
                role = stored.record.role(),
                cluster = cluster.name,
                "making the access entry of a role of nodes failed: the role does not exist"
            );
        } else if *stored.record.made_entry() {
            tx.when(stored.unchanged());
            tx.put(&stored.key, &stored.record);
        }
    }
    Ok(())
}

/// What the nodes of one that goes enter by goes with it, unless another has the role. `going` is its key and a copy of it.
///
/// # Errors
/// The store's, or the API's.
pub async fn leave<R: HasNodes>(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    (key, mut going): (&str, R),
    changes: &mut Changes<'_, EksFaults>,
) -> Result<(), StepError> {
    let mut heirs: Vec<Stored<R>> = core.below(place, &cluster.id).await?;
    heirs.retain(|it| it.key != key && it.record.role() == going.role());
    // Nodes of the other kind with the role enter by an entry of their own.
    if heirs.is_empty() && cluster.mode.has_config_map() {
        let unmapped = aws_auth::unmap(client, going.role(), R::NODES).await;
        unmapped.map_err(StepError::other)?;
    }
    if !*going.made_entry() {
        return Ok(());
    }
    if let Some(mut heir) = heirs.pop() {
        changes.when(heir.unchanged());
        *heir.record.made_entry() = true;
        changes.put(&heir.key, &heir.record);
        return Ok(());
    }
    let key = names::entry_key(place, &cluster.id, going.role());
    let entry = changes.find::<AccessEntry>(&key).await?;
    if entry.is_some_and(|it| it.entry_type == R::ENTRY_TYPE) {
        changes.delete(key);
    }
    Ok(())
}
