//! How the host's network is set up, and how it hears from the control plane.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::lookup_host,
    sync::{mpsc, watch},
    time::timeout,
};
use wharf_base::Clock;
use wharf_link::{Delivery, LinkConfig, Subscription};
use wharf_network::NetworkConfig;
use wharf_planeproto::Plane;
use wharf_seal::Keyring;

use super::endpoints::{AWS_PORT, METADATA_PORT};
use crate::{
    client::{Api, Endpoint},
    config::NodeConfig,
};

/// A start does not wait longer for a name server.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(2);

pub async fn network_config(config: &NodeConfig) -> NetworkConfig {
    let mut network =
        NetworkConfig::new(config.installation.clone(), config.data_dir.join("network"));
    network.endpoint_ports = vec![METADATA_PORT, AWS_PORT];
    network.instance_metadata_port = super::instances::program(config).map(|_| METADATA_PORT);
    if let Some(reach) = &config.reach {
        network.reach.clone_from(reach);
    }
    network.reserved = server_addresses(&config.identity.endpoint).await;
    network
}

/// The control plane's, as far as they are known now: a name may have others later, or none yet.
async fn server_addresses(endpoint: &str) -> Vec<Ipv4Addr> {
    let Ok(Endpoint { host, port, .. }) = Endpoint::parse(endpoint) else {
        return Vec::new();
    };
    let found = timeout(LOOKUP_PATIENCE, lookup_host((host, port))).await;
    let addresses = found.ok().and_then(Result::ok).into_iter().flatten();
    addresses
        .filter_map(|address| match address.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .collect()
}

/// Has this host told of what `plane` is about; `keyring` seals what may be secret of it.
pub fn subscribe(
    config: &NodeConfig,
    api: &Api,
    (plane, state_file, keyring): (Plane, &str, Option<Keyring>),
    instance: watch::Receiver<Option<String>>,
    clock: Arc<dyn Clock>,
) -> (Subscription, mpsc::Receiver<Delivery>) {
    Subscription::start(LinkConfig {
        endpoint: api.endpoint().clone(),
        dialer: api.dialer().clone(),
        keys: api.current_keys().clone(),
        region: api.region().to_owned(),
        plane,
        state_file: config.data_dir.join(state_file),
        keyring,
        instance,
        underlay: config.underlay,
        clock,
    })
}
