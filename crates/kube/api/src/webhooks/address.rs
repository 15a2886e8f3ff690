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
/// Why there is no connection, in upstream's words.
pub async fn connect(
    inner: &Inner,
    to: &WebhookUrl,
    authorities: &[u8],
) -> Result<Box<dyn Connection>, String> {
    let outside = inner.parts.outside.as_ref();
    let outside = outside.ok_or("addresses are not reached from this server")?;
    let plain = match service_at(inner, &to.host).await? {
        Some((namespace, name)) => {
            let backend = Backend::of_service(inner, &namespace, &name, to.port).await?;
            let connected = backend.connect(inner).await;
            connected.map_err(|error| error.to_string())?
        }
        None => match outside.reach(&to.host, to.port).await {
            Ok(Reached::Open(connection)) => connection,
            Ok(Reached::InNetwork(address)) => through_node(inner, address, to.port).await?,
            Err(error) => return Err(error.to_string()),
        },
    };
    let secured = outside.secured(plain, &to.host, authorities).await;
    secured.map_err(|error| error.to_string())
}

/// The service that has an address of the cluster's range.
async fn service_at(inner: &Inner, host: &str) -> Result<Option<(String, String)>, String> {
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
    let found = found.await.map_err(|error: wharf_store::StoreError| {
        tracing::warn!(%error, "failed to look for the service at a webhook's address");
        "the store failed".to_owned()
    })?;
    let none = || format!("no service has the address {host}");
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
) -> Result<Box<dyn Connection>, String> {
    let nodes = inner.some("", "nodes", None).await;
    let nodes = nodes.map_err(|error: wharf_store::StoreError| {
        tracing::warn!(%error, "failed to look for a node on the way to a webhook's address");
        "the store failed".to_owned()
    })?;
    let nodes = ready(nodes.into_iter().map(|(_, node)| node));
    let mut why = format!("dial tcp {address}:{port}: no node of the cluster is ready to reach it");
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
) -> Result<Box<dyn Connection>, String> {
    let failed = |why: &str| format!("dial tcp {address}:{port}: {why}");
    let kubelet = timeout(PER_NODE, inner.parts.nodes.kubelet(node)).await;
    let kubelet = kubelet.map_err(|_| failed("i/o timeout"))?;
    let kubelet = kubelet.map_err(|error| failed(&error.to_string()))?;
    let host = text_at(node, &["metadata", "name"]);
    let path = format!("/vpcPort/{address}/{port}");
    let opened = tunnel::open(kubelet, host, &path).await;
    opened.map_err(|error| error.to_string())
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
