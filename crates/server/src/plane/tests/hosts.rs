//! Hosts go with their container instances.

use async_trait::async_trait;
use wharf_hosts::{PlaneHosts, Subscription};
use wharf_planeproto::{Plane, measured::Minute, report::TargetHealth};
use wharf_records::node::Grant;
use wharf_store::{Store, StoreOptions};
use wharf_wire::{Context, Fault};

use crate::plane::{Balancers, Nodes, hosts::sweep_once};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";

/// Container instances, of which one is registered; the hosts that are gone.
struct One(&'static str, parking_lot::Mutex<Vec<String>>);

fn nobody_asks() -> Fault {
    Fault::sender("AccessDeniedException", 403, "nobody asks")
}

#[async_trait]
impl Nodes for One {
    async fn zone_if_bound(&self, _: &Context, _: &str) -> Result<String, Fault> {
        Err(nobody_asks())
    }

    async fn grant(&self, _: &Context) -> Result<Option<Grant>, Fault> {
        Err(nobody_asks())
    }

    async fn is_registered(&self, account: &str, region: &str, instance: &str) -> bool {
        assert_eq!((account, region), (ACCOUNT, REGION));
        instance == self.0
    }
}

#[async_trait]
impl Balancers for One {
    async fn host_connected(&self, _: &str, _: &str, _: u32) {}
    async fn host_disconnected(&self, _: &str) {}
    async fn host_gone(&self, instance: &str) {
        self.1.lock().push(instance.to_owned());
    }
    async fn measured(&self, _: &str, _: &str, _: Minute) -> bool {
        true
    }
    async fn report(&self, _: &str, _: Vec<TargetHealth>) {}
}

#[tokio::test]
async fn hosts_go_with_their_container_instances() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let hosts = PlaneHosts::new(store.clone());
    let subscribes = async |id: &str, peer: u8, live: &[&str]| {
        let subscription = Subscription {
            account: ACCOUNT,
            region: REGION,
            id,
            zone: "us-east-1a",
            plane: Plane::Network,
            peer: [192, 0, 2, peer].into(),
            announced: None,
        };
        let is_live = |host: &str| live.contains(&host);
        hosts.subscribed(&subscription, is_live).await.unwrap();
        let found = PlaneHosts::find(&store, ACCOUNT, REGION, id).await;
        found.unwrap().and_then(|host| host.underlay)
    };
    for (id, peer) in [("i-1", 1), ("i-2", 2), ("i-3", 3)] {
        subscribes(id, peer, &[]).await;
    }
    let nodes = One("i-2", parking_lot::Mutex::default());
    sweep_once(&hosts, &nodes, &nodes).await.unwrap();
    let mut gone = nodes.1.into_inner();
    gone.sort();
    assert_eq!(gone, ["i-1", "i-3"]);
    let left = hosts.all().await.unwrap();
    assert_eq!(
        left.iter().map(|host| &host.id).collect::<Vec<_>>(),
        ["i-2"]
    );
    // The address of one that is gone is free for another.
    let taken = subscribes("i-4", 1, &["i-1"]).await;
    assert_eq!(taken, Some([192, 0, 2, 1].into()));
}
