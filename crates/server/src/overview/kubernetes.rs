//! Clusters of EKS for `wharf status`: what EKS describes of each, and how many nodes and pods it has.

use std::sync::{Arc, Weak};

use wharf_api_eks::{DescribeClusterRequest, Eks, ListClustersRequest};
use wharf_api_wharf::types::KubernetesCluster;
use wharf_service::Place;
use wharf_wire::{Call, Dispatcher, Fault};

use super::{PAGE, pages};
use crate::{
    control::count,
    kube::{Clusters, sizes::Sizes},
};

/// Asks EKS, and the clusters themselves.
pub struct Kubernetes {
    pub eks: Arc<dyn Eks>,
    pub clusters: Weak<Clusters>,
    pub dispatcher: Dispatcher,
}

impl Kubernetes {
    /// Those that the caller may list; of each what the caller may see.
    ///
    /// # Errors
    /// The store's.
    pub async fn gather(&self, call: &Call) -> Result<Vec<KubernetesCluster>, Fault> {
        let names = pages(|next_token| async {
            let input = ListClustersRequest {
                next_token,
                max_results: Some(PAGE),
                ..ListClustersRequest::default()
            };
            let page = self.eks.list_clusters(call, input).await?;
            Ok((page.clusters.unwrap_or_default(), page.next_token))
        });
        // Who has nothing to do with EKS has a status all the same.
        let Some(names) = seen(names.await)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for name in names {
            let shown = self.cluster(call, name).await?;
            found.extend(shown);
        }
        Ok(found)
    }

    async fn cluster(&self, call: &Call, name: String) -> Result<Option<KubernetesCluster>, Fault> {
        let input = DescribeClusterRequest {
            name: Some(name.clone()),
        };
        let described = self.eks.describe_cluster(call, input).await;
        let described = match described {
            // Deleted meanwhile.
            Err(fault) if fault.code == "ResourceNotFoundException" => return Ok(None),
            other => seen(other)?.and_then(|it| it.cluster),
        };
        let mut shown = KubernetesCluster {
            name: Some(name.clone()),
            ..KubernetesCluster::default()
        };
        if let Some(cluster) = described {
            shown.version = cluster.version;
            shown.status = cluster.status;
            shown.endpoint = cluster.endpoint;
        }
        if let Some(sizes) = self.sizes(call, &name).await? {
            shown.nodes = count(sizes.nodes);
            shown.ready_nodes = count(sizes.ready_nodes);
            shown.running_pods = count(sizes.running_pods);
            shown.pending_pods = count(sizes.pending_pods);
            shown.failed_pods = count(sizes.failed_pods);
        }
        Ok(Some(shown))
    }

    /// For who may look into its objects.
    async fn sizes(&self, call: &Call, name: &str) -> Result<Option<Sizes>, Fault> {
        let Some(clusters) = self.clusters.upgrade() else {
            return Ok(None);
        };
        let check = clusters.check_of_explained(call, Some(name)).await?;
        match self.dispatcher.decide(call, &[check]).await {
            Ok(()) => clusters.sizes(&Place::of(call), name).await,
            Err(_) => Ok(None),
        }
    }
}

/// Nothing, where the caller may not see it.
fn seen<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(it) => Ok(Some(it)),
        Err(fault) if fault.code.starts_with("AccessDenied") => Ok(None),
        Err(fault) => Err(fault),
    }
}
