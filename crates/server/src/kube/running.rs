//! The pods of clusters, for who asks which images they run.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::kind;
use wharf_service::Place;
use wharf_wire::Fault;

use super::Clusters;
use crate::control::fault::failed;

impl Clusters {
    /// The clusters of a place by their names, with the pods that are known of each. One that does not answer has none.
    ///
    /// # Errors
    /// The store's.
    pub async fn pods(&self, place: &Place) -> Result<Vec<(String, Vec<Arc<Value>>)>, Fault> {
        let clusters = self.eks()?.clusters(place).await.map_err(failed)?;
        let pods = |(name, id): (String, String)| {
            let pods = self.followed(&id)?.of(&kind::POD);
            pods.is_synced().then(|| (name, pods.all()))
        };
        Ok(clusters.into_iter().filter_map(pods).collect())
    }
}
