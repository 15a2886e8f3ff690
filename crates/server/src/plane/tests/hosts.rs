//! Hosts that are written down: whose an underlay address is, and what is read again.

use std::net::IpAddr;

use async_trait::async_trait;
use wharf_base::Permit;
use wharf_planeproto::{Plane, report::TargetHealth};
use wharf_records::{Record, Scope, Unknown, encode, node::Grant};
use wharf_store::{Store, StoreOptions, Txn};
use wharf_wire::Context;

use crate::plane::{
    Balancers, Nodes, host,
    hosts::{Hosts, PlaneHost, Seen},
};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const PERMIT: Permit = Permit::for_controller("test");

struct World {
    _folder: tempfile::TempDir,
    store: Store,
    hosts: Hosts,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        Self {
            _folder: folder,
            hosts: Hosts::new(store.clone()),
            store,
        }
    }

    /// A host subscribes while those of `live` are connected; the address that it then has.
    async fn subscribes(&self, id: &str, peer: u8, wish: Option<u8>, live: &[&str]) -> Option<u8> {
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let seen = Seen {
            account: ACCOUNT,
            region: REGION,
            id,
            zone: "us-east-1a",
            plane: Plane::Network,
            peer: address(peer),
            wish: wish.map(address),
        };
        let is_live = |host: &str| live.contains(&host);
        let revision = self.hosts.subscribed(&seen, is_live).await.unwrap();
        assert!(revision <= self.store.heard_of());
        self.address(id).await
    }

    async fn address(&self, id: &str) -> Option<u8> {
        let found = host(&self.store, ACCOUNT, REGION, id).await.unwrap();
        match found.expect("it is written down").underlay? {
            IpAddr::V4(address) => Some(address.octets()[3]),
            IpAddr::V6(_) => None,
        }
    }

    /// Somebody else writes a host's record.
    async fn write(&self, id: &str, last: u8) {
        let record = PlaneHost {
            id: id.to_owned(),
            underlay: Some([192, 0, 2, last].into()),
            zone: "us-east-1b".to_owned(),
            balancers: false,
            unknown: Unknown::new(),
        };
        let key = Scope::new("wharf", ACCOUNT, REGION).key(PlaneHost::KIND, id);
        let txn = Txn::new().put(key, encode(&record));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }
}

#[tokio::test]
async fn an_address_is_of_the_host_that_is_connected() {
    let world = World::new();
    assert_eq!(world.subscribes("i-1", 1, None, &[]).await, Some(1));
    let written = world.store.heard_of();
    assert_eq!(world.subscribes("i-1", 1, None, &[]).await, Some(1));
    assert_eq!(
        world.store.heard_of(),
        written,
        "nothing new is not written"
    );
    assert_eq!(world.subscribes("i-2", 2, Some(1), &["i-1"]).await, Some(2));
    assert_eq!(world.address("i-1").await, Some(1));
    // It is away: the address has moved to another machine.
    assert_eq!(world.subscribes("i-3", 1, None, &["i-2"]).await, Some(1));
    assert_eq!(world.address("i-1").await, None);
    assert_eq!(world.subscribes("i-1", 1, None, &["i-3"]).await, None);
    assert_eq!(world.subscribes("i-1", 4, None, &["i-3"]).await, Some(4));
}

#[tokio::test]
async fn what_another_wrote_is_read_again() {
    let world = World::new();
    assert_eq!(world.subscribes("i-1", 1, None, &[]).await, Some(1));
    world.write("i-1", 9).await;
    // What is known is no longer so: the write finds out, and comes about all the same.
    assert_eq!(world.subscribes("i-1", 2, None, &[]).await, Some(2));
    world.write("i-5", 5).await;
    assert_eq!(world.subscribes("i-5", 6, None, &[]).await, Some(6));
}

/// Container instances, of which one is registered; the hosts that are gone.
struct One(&'static str, std::sync::Mutex<Vec<String>>);

#[async_trait]
impl Nodes for One {
    async fn zone_if_bound(&self, _: &Context, _: &str) -> Result<String, String> {
        Err("nobody asks".to_owned())
    }

    async fn grant(&self, _: &Context) -> Result<Option<Grant>, String> {
        Err("nobody asks".to_owned())
    }

    async fn is_registered(&self, account: &str, region: &str, instance: &str) -> bool {
        assert_eq!((account, region), (ACCOUNT, REGION));
        instance == self.0
    }
}

#[async_trait]
impl Balancers for One {
    async fn host_connected(&self, _: &str, _: &str) {}
    async fn host_disconnected(&self, _: &str) {}
    async fn host_gone(&self, instance: &str) {
        self.1.lock().unwrap().push(instance.to_owned());
    }
    async fn report(&self, _: &str, _: Vec<TargetHealth>) {}
}

#[tokio::test]
async fn hosts_go_with_their_container_instances() {
    let world = World::new();
    for (id, peer) in [("i-1", 1), ("i-2", 2), ("i-3", 3)] {
        world.subscribes(id, peer, None, &[]).await;
    }
    let nodes = One("i-2", std::sync::Mutex::default());
    world.hosts.sweep_once(&nodes, &nodes).await.unwrap();
    let mut gone = nodes.1.into_inner().unwrap();
    gone.sort();
    assert_eq!(gone, ["i-1", "i-3"]);
    assert!(
        host(&world.store, ACCOUNT, REGION, "i-1")
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(world.address("i-2").await, Some(2));
    // Its address is free for another.
    assert_eq!(world.subscribes("i-4", 1, None, &["i-1"]).await, Some(1));
    assert_eq!(world.subscribes("i-1", 7, None, &[]).await, Some(7));
}
