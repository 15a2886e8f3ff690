//! How a machine joins a cluster as a node that nobody manages, as users do it by the user data of their own instances.

use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    core::Core,
    fault,
    groups::{
        records::ENTRY_TYPE,
        user_data::{self, ClusterFacts},
    },
    names,
    records::{AccessEntry, Cluster, Status},
};

/// What a machine needs for it.
#[derive(Debug, Clone)]
pub struct Joining {
    /// Of the cluster.
    pub cluster: String,
    pub subnets: Vec<String>,
    pub groups: Vec<String>,
    pub user_data: String,
}

/// For a machine whose role this is.
///
/// # Errors
/// There is no such cluster, it does not serve, or nodes with that role do not enter it; the store's.
pub async fn of(core: &Core, place: &Place, name: &str, role: &str) -> Result<Joining, Fault> {
    let cluster = core.cluster(place, name).await?.record;
    if !matches!(cluster.status, Status::Active | Status::Updating) || cluster.endpoint.is_none() {
        return Err(fault::not_active(name));
    }
    let key = names::entry_key(place, &cluster.id, role);
    let entry = core.table.read::<AccessEntry>(&key).await?;
    enters(&cluster, entry.as_ref().map(|it| &it.record), role)?;
    Ok(Joining {
        user_data: user_data::of_unmanaged(&ClusterFacts::of(&cluster)),
        cluster: cluster.id,
        subnets: cluster.subnets,
        groups: cluster.own_group.into_iter().collect(),
    })
}

/// Whether nodes of that role enter; who is in the ConfigMap `aws-auth` nobody here knows.
fn enters(cluster: &Cluster, entry: Option<&AccessEntry>, role: &str) -> Result<(), Fault> {
    let may = match entry.filter(|_| cluster.mode.has_entries()) {
        Some(entry) => entry.entry_type == ENTRY_TYPE,
        None => cluster.mode.has_config_map(),
    };
    may.then_some(()).ok_or_else(|| {
        fault::invalid(format!(
            "Nodes with the role {role} do not enter the cluster: it needs an access entry of type {ENTRY_TYPE}."
        ))
    })
}
