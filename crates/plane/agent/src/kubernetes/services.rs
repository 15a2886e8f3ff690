//! The services of a node: its cluster's book becomes rules of the network. What changes goes in turns, so that a cluster with much to
//! change holds up no other.

mod leads;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_kube_services::{Name, Parts, Services};
use wharf_kubelet::host_ports;
use wharf_network::{FrontEnd, Lead, Network, ServicesUpdate};

use self::leads::{Book, claimed, leads, leads_of_ports, own};

type HostPortsOfPods = tokio::sync::watch::Receiver<Option<host_ports::All>>;

/// Services that change in one batch.
const TURN: usize = 256;
/// Between batches of one node: what changes meanwhile goes together, and others have their turn.
const PAUSE: Duration = Duration::from_millis(20);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Whose services, and whose policies.
#[derive(Debug, Clone)]
pub struct Node {
    /// `i-…`, as the network knows it.
    pub instance: String,
    /// As the cluster does.
    pub name: String,
    pub zone: String,
    pub address: Ipv4Addr,
    /// Where the API server is reached within the VPC.
    pub api_server: SocketAddrV4,
    /// Where the node gives pods credentials.
    pub pod_identity: SocketAddrV4,
    /// Where the node tells whether it has pods of a service.
    pub health: SocketAddrV4,
}

/// Leads the members of a node to its cluster's services until `stop`. What was written then holds on.
pub async fn follow(
    network: Network,
    services: Services,
    node: Node,
    mut ports: HostPortsOfPods,
    stop: CancellationToken,
) {
    let work = async {
        if !all_known(&services, &mut ports).await {
            return;
        }
        let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
        loop {
            let began = Instant::now();
            let error = led(&network, &services, &node, &mut ports).await;
            if began.elapsed() > LONGEST_WAIT {
                wait.reset();
            }
            let pause = wait.wait();
            tracing::warn!(
                instance = node.instance,
                error = &error as &dyn std::error::Error,
                "failed to route services on a node; will retry in {} ms",
                pause.as_millis()
            );
            tokio::time::sleep(pause).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// Waits for all that the node leads to: the first word to the network withdraws what is not in it, and what a former run led holds until
/// then. Whether it came; the host ports may end with their node before.
async fn all_known(services: &Services, ports: &mut HostPortsOfPods) -> bool {
    services.synced().await;
    ports.wait_for(Option::is_some).await.is_ok()
}

/// Ends with what went wrong.
async fn led(
    network: &Network,
    services: &Services,
    node: &Node,
    ports: &mut HostPortsOfPods,
) -> wharf_network::NetworkError {
    // Before the book is read, so that nothing falls between the two.
    let reader = services.reader();
    let mut of_pods = ports.borrow_and_update().clone().unwrap_or_default();
    let (mut known, mut without) = read(services, node, &of_pods);
    let mut update = ServicesUpdate::Snapshot(known.all());
    loop {
        if let Err(error) = network.services(&node.instance, update).await {
            return error;
        }
        let pause = Instant::now() + PAUSE;
        update = loop {
            let names = tokio::select! {
                names = reader.changed(TURN) => names,
                // Who tells of ports ends with the node.
                Ok(()) = ports.changed() => {
                    let now = ports.borrow_and_update().clone().unwrap_or_default();
                    let changed = put_ports(&mut known, node, &of_pods, &now);
                    of_pods = now;
                    match changed.is_empty() {
                        true => continue,
                        false => break ServicesUpdate::Changes(changed),
                    }
                }
            };
            if services.book().without() != without {
                (known, without) = read(services, node, &of_pods);
                break ServicesUpdate::Snapshot(known.all());
            }
            let mut changed = BTreeMap::new();
            {
                let book = services.book();
                for name in names {
                    let now = book.get(&name);
                    let leads = now.map(|it| leads(it, node, &without)).unwrap_or_default();
                    let claimed = now.map(claimed).unwrap_or_default();
                    changed.extend(known.put(&name, leads, &claimed));
                }
            }
            if !changed.is_empty() {
                break ServicesUpdate::Changes(changed);
            }
        };
        sleep_until(pause).await;
    }
}

/// All of it as it is now, and what the cluster goes without.
fn read(services: &Services, node: &Node, of_pods: &host_ports::All) -> (Book, Parts) {
    let mut known = Book::default();
    let book = services.book();
    let without = book.without();
    let (name, leads_of_node) = own(node, &without);
    known.put(&name, leads_of_node, &BTreeSet::new());
    for (service, entry) in book.services() {
        known.put(&service.name, leads(entry, node, &without), &claimed(entry));
    }
    put_ports(&mut known, node, &host_ports::All::new(), of_pods);
    (known, without)
}

/// The ports of the node that pods have, as they were and as they are.
fn put_ports(
    known: &mut Book,
    node: &Node,
    before: &host_ports::All,
    now: &host_ports::All,
) -> BTreeMap<FrontEnd, Option<Lead>> {
    let mut changed = BTreeMap::new();
    // A port that the cluster gave a service is not taken by whoever may make a pod.
    let claimed = BTreeSet::from([node.address]);
    for uid in before.keys().chain(now.keys()) {
        let ports = now.get(uid).map(Vec::as_slice).unwrap_or_default();
        let leads = leads_of_ports(node, ports);
        changed.extend(known.put(&Name::new("", uid), leads, &claimed));
    }
    changed
}

#[cfg(test)]
mod tests {
    use tokio::{sync::watch, time::sleep};
    use wharf_kube_client::fake::Fake;

    use super::*;

    const MOMENT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn nothing_is_withdrawn_before_services_and_ports_of_pods_are_known() {
        let (server, stop) = (Fake::new(), CancellationToken::new());
        server.shut(Some("services"));
        let services = Services::start(server.client(), &stop);
        let (tell, mut ports) = watch::channel(None);
        let its_services = services.clone();
        let known = tokio::spawn(async move { all_known(&its_services, &mut ports).await });
        sleep(MOMENT).await;
        assert!(!known.is_finished(), "neither is known");
        server.shut(None);
        services.synced().await;
        sleep(MOMENT).await;
        assert!(!known.is_finished(), "the ports are not");
        tell.send_replace(Some(host_ports::All::new()));
        assert!(known.await.unwrap());

        let (tell, mut ports) = watch::channel(None);
        drop(tell);
        assert!(!all_known(&services, &mut ports).await);
    }
}
