//! Nodes go with their instances: one that is not ready, and whose instance has ended, is deleted, as AWS's cloud controller does it.
//!
//! Woken by nodes that change; about an instance that is still there it asks again after a while.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Client, Delete, Informers, Object as _, kind};
use wharf_kube_model::node::instance_of;

use crate::interfaces::Interfaces;

/// Between two looks at nodes that are not ready.
const PAUSE: Duration = Duration::from_secs(5);
/// Those of Fargate go with their pods.
const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";

/// The instance of a node that is perhaps there no more. Pure.
fn doubtful(node: &Value) -> Option<&str> {
    let is_fargate = node["metadata"]["labels"][COMPUTE_TYPE] == "fargate";
    let doubted = !node.has_condition("Ready", "True") && !node.is_deleting() && !is_fargate;
    instance_of(node).filter(|_| doubted)
}

/// Until `stop`.
pub async fn forget_ended(
    client: Client,
    informers: Informers,
    interfaces: Interfaces,
    stop: CancellationToken,
) {
    let nodes = informers.of(&kind::NODE);
    let changed = Arc::new(Notify::new());
    let tell = changed.clone();
    nodes.subscribe(move |change| {
        if doubtful(change.object()).is_some() {
            tell.notify_one();
        }
    });
    tokio::select! {
        () = stop.cancelled() => return,
        () = nodes.synced() => {}
    }
    loop {
        let all = nodes.all();
        let of = |it: &Arc<Value>| Some((doubtful(it)?.to_owned(), it.clone()));
        let doubted: Vec<(String, Arc<Value>)> = all.iter().filter_map(of).collect();
        let again = !doubted.is_empty();
        let ids = doubted
            .iter()
            .map(|(instance, _)| instance.clone())
            .collect();
        let ended = interfaces.ended(&ids).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to look for the instances of nodes that are not ready; will retry");
            BTreeSet::new()
        });
        for (instance, node) in doubted.iter().filter(|it| ended.contains(&it.0)) {
            let options = Delete::of_uid(node.uid());
            let deleted = client.delete(&kind::NODE, "", node.name(), &options).await;
            match deleted {
                Ok(_) => tracing::info!(
                    node = node.name(),
                    instance,
                    "a node was deleted, for its instance has ended"
                ),
                Err(error) => tracing::warn!(
                    node = node.name(),
                    instance,
                    %error,
                    "failed to delete a node whose instance has ended; will retry"
                ),
            }
        }
        let pause = async {
            match again {
                true => sleep(PAUSE).await,
                false => changed.notified().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = pause => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instances_of_nodes_that_are_not_ready_are_asked_about() {
        let node = |ready: &str, id: &str, compute: &str| {
            json!({
                "metadata": {"labels": {COMPUTE_TYPE: compute}},
                "spec": {"providerID": id},
                "status": {"conditions": [{"type": "Ready", "status": ready}]},
            })
        };
        let check = |it: Value| doubtful(&it).map(str::to_owned);
        let one = || Some("i-1".to_owned());
        assert_eq!(check(node("Unknown", "aws:///z/i-1", "ec2")), one());
        assert_eq!(check(node("False", "aws:///z/i-1", "")), one());
        assert_eq!(check(node("True", "aws:///z/i-1", "")), None);
        assert_eq!(check(node("False", "aws:///z/i-1", "fargate")), None);
        // Somebody else's.
        assert_eq!(check(node("False", "other:///z", "")), None);
        let mut leaving = node("False", "aws:///z/i-1", "");
        leaving["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z".into();
        assert_eq!(check(leaving), None);
    }
}
