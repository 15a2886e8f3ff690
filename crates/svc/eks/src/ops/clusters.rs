//! DescribeCluster, ListClusters and DeleteCluster.

use wharf_api_eks::{
    DeleteClusterRequest, DeleteClusterResponse, DescribeClusterRequest, DescribeClusterResponse,
    ListClustersRequest, ListClustersResponse,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault,
    groups::records::NodeGroup,
    names,
    records::{Cluster, Status},
};

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeClusterRequest,
) -> Result<DescribeClusterResponse, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    let found = core.cluster(&place, &name).await?;
    Ok(DescribeClusterResponse {
        cluster: Some(describe::cluster(&place, &found.record)),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListClustersRequest,
) -> Result<ListClustersResponse, Fault> {
    let scope = names::scope(&Place::of(call));
    let all = core.table.all::<Cluster>(&scope, "").await?;
    let names = all.into_iter().map(|it| it.1.record.name).collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let (clusters, next_token) = core.page(call, ("eks/ListClusters", &[]), names, at)?;
    Ok(ListClustersResponse {
        clusters: Some(clusters),
        next_token,
    })
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteClusterRequest,
) -> Result<DeleteClusterResponse, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    let key = names::cluster_key(&place, &name);
    let cluster = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Cluster>(&key).await?;
        let mut cluster = found.ok_or_else(|| fault::no_cluster(&name))?;
        if cluster.groups > 0 {
            let groups = core.below::<NodeGroup>(&place, &cluster.id).await?;
            let first = groups.into_iter().next().map(|it| it.record.name);
            return Err(fault::cluster_has_groups(&name, &first.unwrap_or_default()));
        }
        if cluster.profiles > 0 {
            return Err(fault::cluster_has_profiles(&name));
        }
        if let Some(update) = &cluster.update {
            return Err(fault::cluster_is_updating("delete", &name, update));
        }
        if cluster.deletion_protection {
            return Err(fault::protected(&name));
        }
        cluster.status = Status::Deleting;
        tx.put(&key, &cluster);
        cluster
    });
    Ok(DeleteClusterResponse {
        cluster: Some(describe::cluster(&place, &cluster)),
    })
}
