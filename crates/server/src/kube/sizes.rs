//! How much a cluster has, as far as it is known without asking its API.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::{Informer, Informers, Object as _, kind};
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
    /// Of a cluster by its name; `None` while it does not answer, and while not all of its objects are known yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn sizes(&self, place: &Place, name: &str) -> Result<Option<Sizes>, Fault> {
        let found = self.eks()?.cluster(place, name).await.map_err(failed)?;
        let followed = found.and_then(|id| self.followed(&id));
        Ok(followed.and_then(|it| known(&it.of(&kind::NODE), &it.of(&kind::POD))))
    }

    /// Its objects; one that starts is not waited for.
    pub(super) fn followed(&self, id: &str) -> Option<Informers> {
        let serving = self.running.lock().get(id).cloned()?;
        let serving = serving.try_lock().ok()?;
        serving.as_ref().map(|it| it.followed.clone())
    }
}

/// An informer that has not listed yet has nothing, which would read as a cluster that has nothing.
fn known(nodes: &Informer, pods: &Informer) -> Option<Sizes> {
    let is_known = nodes.is_synced() && pods.is_synced();
    is_known.then(|| sizes(&nodes.all(), &pods.all()))
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
    use http_body_util::{BodyExt as _, Full};
    use serde_json::json;
    use tokio_util::sync::CancellationToken;
    use wharf_kube_client::{Client, transport};

    use super::*;

    /// Of an API server without objects that answers lists of some kinds, and nothing else ever.
    fn listed(kinds: &'static [&'static str]) -> Informers {
        let serve = move |request: http::Request<bytes::Bytes>| {
            let uri = request.uri().to_string();
            let is_answered = !uri.contains("watch=") && kinds.iter().any(|it| uri.contains(it));
            async move {
                if !is_answered {
                    std::future::pending::<()>().await;
                }
                let list = json!({"metadata": {"resourceVersion": "1"}, "items": []});
                let body = Full::new(bytes::Bytes::from(list.to_string()));
                let body = body.map_err(|never| -> std::io::Error { match never {} });
                http::Response::new(body.boxed_unsync())
            }
        };
        let client = Client::new(transport::from_fn(serve), "test");
        Informers::new(client, Vec::new(), CancellationToken::new())
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_known_before_nodes_and_pods_are_listed() {
        for (kinds, expected) in [
            (&["/nodes"][..], None),
            (&["/pods"][..], None),
            (&["/nodes", "/pods"][..], Some(Sizes::default())),
        ] {
            let all = listed(kinds);
            let (nodes, pods) = (all.of(&kind::NODE), all.of(&kind::POD));
            assert_eq!(known(&nodes, &pods), None);
            let both = async { tokio::join!(nodes.synced(), pods.synced()) };
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), both).await;
            assert_eq!(known(&nodes, &pods), expected, "{kinds:?}");
        }
    }

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
