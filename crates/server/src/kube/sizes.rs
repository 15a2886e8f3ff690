//! How much a cluster has, as far as it is known without asking its API.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::{Informers, Object as _, kind};
use wharf_service::Place;
use wharf_wire::Fault;

use super::Clusters;
use crate::control::fault::failed;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    pub nodes: usize,
    pub ready_nodes: usize,
    pub running_pods: usize,
    pub pending_pods: usize,
    pub failed_pods: usize,
}

impl Clusters {
    /// Of a cluster by its name; `None` while it does not answer.
    ///
    /// # Errors
    /// The store's.
    pub async fn sizes(&self, place: &Place, name: &str) -> Result<Option<Sizes>, Fault> {
        let all = self.eks()?.clusters(place).await.map_err(failed)?;
        let found = all.into_iter().find(|it| it.0 == name);
        Ok(found
            .and_then(|(_, id)| self.followed(&id))
            .map(|it| sizes(&it.of(&kind::NODE).all(), &it.of(&kind::POD).all())))
    }

    /// Its objects; one that starts is not waited for.
    pub(super) fn followed(&self, id: &str) -> Option<Informers> {
        let serving = self.running.lock().get(id).cloned()?;
        let serving = serving.try_lock().ok()?;
        serving.as_ref().map(|it| it.followed.clone())
    }
}

fn sizes(nodes: &[Arc<Value>], pods: &[Arc<Value>]) -> Sizes {
    let ready = nodes.iter().filter(|it| it.has_condition("Ready", "True"));
    let in_phase = |phase: &str| {
        let is_in = |it: &&Arc<Value>| it.text("/status/phase") == phase;
        pods.iter().filter(is_in).count()
    };
    Sizes {
        nodes: nodes.len(),
        ready_nodes: ready.count(),
        running_pods: in_phase("Running"),
        pending_pods: in_phase("Pending"),
        failed_pods: in_phase("Failed"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nodes_are_counted_by_their_readiness_and_pods_by_their_phases() {
        let node = |ready: &str| {
            let conditions = json!([{"type": "Ready", "status": ready}]);
            Arc::new(json!({"status": {"conditions": conditions}}))
        };
        let pod = |phase: &str| Arc::new(json!({"status": {"phase": phase}}));
        let nodes = [node("True"), node("Unknown"), Arc::new(json!({}))];
        let phases = ["Running", "Running", "Pending", "Failed", "Succeeded"];
        assert_eq!(
            sizes(&nodes, &phases.map(pod)),
            Sizes {
                nodes: 3,
                ready_nodes: 1,
                running_pods: 2,
                pending_pods: 1,
                failed_pods: 1,
            }
        );
    }
}
