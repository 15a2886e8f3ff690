//! Hosts of the network, to planes and to those that register them: records as resources, and the
//! removal of hosts that are gone.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, sleep};
use wharf_hosts::{PlaneHostError, PlaneHosts, hold};
use wharf_planeproto::{Key, Kind, Resource, network};
use wharf_records::{Record, hosts::PlaneHost, machine};
use wharf_store::Entry;
use wharf_wire::fault::Chain;

use super::{Balancers, Nodes, feed::Shared, source::Source};

/// Hosts are looked through so often even if nothing wakes us.
const SWEEP: Duration = Duration::from_secs(300);
/// Between two looks at all of them, however much happens to container instances.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// Host records as resources.
pub struct HostSource;

impl Source for HostSource {
    fn prefix(&self) -> String {
        machine::folder(PlaneHost::KIND)
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        self.key(&entry.key)?;
        let host = hold::<PlaneHost>(&entry.key, Some(entry))?;
        Some(Resource::Host(network::Host {
            id: host.id.clone(),
            underlay: host.underlay,
        }))
    }

    fn key(&self, store_key: &str) -> Option<Key> {
        let (kind, id) = machine::parse(store_key)?;
        (kind == PlaneHost::KIND).then_some(Key {
            kind: Kind::Host,
            id,
        })
    }
}

/// Removes hosts whose container instance is deregistered. Never returns.
pub async fn sweep(
    hosts: PlaneHosts,
    shared: Arc<Shared>,
    nodes: Arc<dyn Nodes>,
    balancers: Arc<dyn Balancers>,
) {
    let mut tick = interval(SWEEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.instances.notified() => {}
            _ = tick.tick() => {}
        }
        if let Err(error) = sweep_once(&hosts, &*nodes, &*balancers).await {
            tracing::warn!(error = %Chain(&error), "failed to remove hosts that are gone; will retry");
        }
        sleep(SWEEP_PAUSE).await;
    }
}

pub async fn sweep_once(
    hosts: &PlaneHosts,
    nodes: &dyn Nodes,
    balancers: &dyn Balancers,
) -> Result<(), PlaneHostError> {
    for host in hosts.all().await? {
        let (account, region) = (&host.account, &host.region);
        if nodes.is_registered(account, region, &host.id).await {
            continue;
        }
        if hosts.remove(&host).await? {
            tracing::info!(host = host.id, "a host left the network");
            balancers.host_gone(&host.id).await;
        }
    }
    Ok(())
}
