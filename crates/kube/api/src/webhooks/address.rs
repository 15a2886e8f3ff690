//! A webhook at an address that its configuration names. Whoever may write one is a user of the cluster, and the connection leaves from
//! the machine of this server: the address of a service leads to its pods, one of the cluster's network through a node of the cluster,
//! and any other goes by way of [`Outside`], which knows what this machine must not be led to.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use rand::seq::SliceRandom as _;
use serde_json::Value;
use tokio::time::timeout;
use wharf_kube_model::{
    view::{is_ready, text_at},
    webhook_url::WebhookUrl,
};
use wharf_store::StoreError;

use super::ask::NotReached;
use crate::{
    cluster::{Connection, Inner, Reached},
    passing::{Backend, tunnel},
};

/// Nodes that are tried until one leads there, and how long each has: one that has just died is ready for a while.
const MOST_NODES: usize = 3;
const PER_NODE: Duration = Duration::from_secs(3);

/// Over TLS to who may answer for its host.
///
/// # Errors
/// There is no connection.
pub async fn connect(
    inner: &Inner,
    to: &WebhookUrl,
    authorities: &[u8],
) -> Result<Box<dyn Connection>, NotReached> {
    let outside = inner.parts.outside.as_ref();
    let outside = outside.ok_or(NotReached::NoOutside)?;
    let plain = match service_at(inner, &to.host).await? {
        Some((namespace, name)) => {
            let backend = Backend::of_service(inner, &namespace, &name, to.port).await?;
            backend.connect(inner).await?
        }
        None => match outside.reach(&to.host, to.port).await? {
            Reached::Open(connection) => connection,
            Reached::InNetwork(address) => through_node(inner, address, to.port).await?,
        },
    };
    let secured = outside.secured(plain, &to.host, authorities).await;
    secured.map_err(NotReached::Io)
}

/// The service that has an address of the cluster's range.
async fn service_at(inner: &Inner, host: &str) -> Result<Option<(String, String)>, NotReached> {
    let range = inner.parts.network.service_range;
    let address = host.parse::<Ipv4Addr>().ok();
    if !address.is_some_and(|it| range.contains(&it)) {
        return Ok(None);
    }
    let found = inner.chosen("", "services", None, |_, it| {
        let metadata = |name: &str| text_at(&it, &["metadata", name]).to_owned();
        let has_it = text_at(&it, &["spec", "clusterIP"]) == host;
        has_it.then(|| (metadata("namespace"), metadata("name")))
    });
    let found = found.await.inspect_err(|error: &StoreError| {
        tracing::warn!(%error, "failed to look for the service at a webhook's address");
    })?;
    let none = || NotReached::NoService(host.to_owned());
    found.into_iter().next().ok_or_else(none).map(Some)
}

/// The nodes that are ready, in any order.
fn ready(nodes: impl Iterator<Item = Arc<Value>>) -> Vec<Arc<Value>> {
    let mut ready: Vec<_> = nodes.filter(|it| is_ready(it)).collect();
    ready.shuffle(&mut rand::rng());
    ready
}

/// By the interface of a node, as programs there reach it.
async fn through_node(
    inner: &Inner,
    address: Ipv4Addr,
    port: u16,
) -> Result<Box<dyn Connection>, NotReached> {
    let nodes = inner.some("", "nodes", None).await;
    let nodes = nodes.inspect_err(|error: &StoreError| {
        tracing::warn!(%error, "failed to look for a node on the way to a webhook's address");
    })?;
    let nodes = ready(nodes.into_iter().map(|(_, node)| node));
    let mut why = NotReached::NoNode { address, port };
    for node in nodes.iter().take(MOST_NODES) {
        match through(inner, node, address, port).await {
            Ok(opened) => return Ok(opened),
            Err(error) => why = error,
        }
    }
    Err(why)
}

async fn through(
    inner: &Inner,
    node: &Value,
    address: Ipv4Addr,
    port: u16,
) -> Result<Box<dyn Connection>, NotReached> {
    let kubelet = timeout(PER_NODE, inner.parts.nodes.kubelet(node)).await;
    let kubelet = kubelet.map_err(|_| NotReached::NodeLate { address, port })?;
    let kubelet = kubelet.map_err(|source| NotReached::Node {
        address,
        port,
        source,
    })?;
    let host = text_at(node, &["metadata", "name"]);
    let path = format!("/vpcPort/{address}/{port}");
    let opened = tunnel::open(kubelet, host, &path).await;
    opened.map_err(NotReached::Io)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_nodes_that_are_ready_lead_into_the_network() {
        let node = |name: &str, ready: &str| {
            let conditions = json!([{"type": "Ready", "status": ready}]);
            Arc::new(json!({"metadata": {"name": name}, "status": {"conditions": conditions}}))
        };
        let bare = Arc::new(json!({"metadata": {"name": "bare"}}));
        let all = [
            node("a", "True"),
            node("b", "Unknown"),
            bare,
            node("c", "True"),
        ];
        let mut found: Vec<String> = ready(all.into_iter())
            .iter()
            .map(|it| text_at(it, &["metadata", "name"]).to_owned())
            .collect();
        found.sort();
        assert_eq!(found, ["a", "c"]);
    }
}
