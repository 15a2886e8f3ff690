//! The pods of clusters, for who asks which images they run.

use std::sync::Arc;

use serde_json::Value;
use wharf_base::image_index::LEVEL;
use wharf_kube_client::{Object as _, kind};
use wharf_service::Place;
use wharf_wire::Fault;

use super::Clusters;
use crate::control::fault::failed;

/// A pod, and what its node is.
pub struct Running {
    pub pod: Arc<Value>,
    /// The architecture of its node; `None` where that is not known.
    pub architecture: Option<String>,
    /// The level of its processor ([`LEVEL`]), where it says that.
    pub level: Option<u8>,
}

impl Clusters {
    /// The clusters of a place by their names, with the pods that are known of each. One that does not answer has none.
    ///
    /// # Errors
    /// The store's.
    pub async fn pods(&self, place: &Place) -> Result<Vec<(String, Vec<Running>)>, Fault> {
        let clusters = self.eks()?.clusters(place).await.map_err(failed)?;
        let pods = |(name, id): (String, String)| {
            let followed = self.followed(&id)?;
            let (pods, nodes) = (followed.of(&kind::POD), followed.of(&kind::NODE));
            let running = |pod: Arc<Value>| {
                let node = nodes.get("", pod.text("/spec/nodeName"));
                let node = node.as_deref();
                let said = node.map(|it| it.text("/status/nodeInfo/architecture").to_owned());
                let level = node.and_then(|it| it["metadata"]["annotations"][LEVEL].as_str());
                Running {
                    architecture: said.filter(|it| !it.is_empty()),
                    level: level.and_then(|it| it.parse().ok()),
                    pod,
                }
            };
            let all = || pods.all().into_iter().map(running).collect::<Vec<_>>();
            pods.is_synced().then(|| (name, all()))
        };
        Ok(clusters.into_iter().filter_map(pods).collect())
    }
}
