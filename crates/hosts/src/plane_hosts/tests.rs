//! Whose an underlay address is, and what is read again.

use std::net::IpAddr;

use wharf_base::Permit;
use wharf_planeproto::Plane;
use wharf_records::{Unknown, encode, hosts::PlaneHost};
use wharf_store::{Store, StoreOptions, Txn};

use super::{PlaneHosts, Subscription};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const PERMIT: Permit = Permit::for_controller("test");

struct World {
    _folder: tempfile::TempDir,
    store: Store,
    hosts: PlaneHosts,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        Self {
            _folder: folder,
            hosts: PlaneHosts::new(store.clone()),
            store,
        }
    }

    /// A host subscribes while those of `live` are connected; the address that it then has.
    async fn subscribes(
        &self,
        id: &str,
        peer: u8,
        announced: Option<u8>,
        live: &[&str],
    ) -> Option<u8> {
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let seen = Subscription {
            account: ACCOUNT,
            region: REGION,
            id,
            zone: "us-east-1a",
            plane: Plane::Network,
            peer: address(peer),
            announced: announced.map(address),
        };
        let is_live = |host: &str| live.contains(&host);
        let revision = self.hosts.subscribed(&seen, is_live).await.unwrap();
        assert!(revision <= self.store.heard_of());
        self.address(id).await
    }

    async fn address(&self, id: &str) -> Option<u8> {
        let found = PlaneHosts::find(&self.store, ACCOUNT, REGION, id);
        let found = found.await.unwrap();
        match found.expect("it is written down").underlay? {
            IpAddr::V4(address) => Some(address.octets()[3]),
            IpAddr::V6(_) => None,
        }
    }

    /// Somebody else writes a host's record.
    async fn write(&self, id: &str, last: u8) {
        let record = PlaneHost {
            id: id.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            underlay: Some([192, 0, 2, last].into()),
            zone: "us-east-1b".to_owned(),
            balancers: false,
            unknown: Unknown::new(),
        };
        let txn = Txn::new().put(PlaneHost::key(id), encode(&record));
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

#[tokio::test]
async fn addresses_are_unique_where_hosts_are_registered() {
    let world = World::new();
    assert_eq!(world.subscribes("i-1", 1, None, &[]).await, Some(1));
    let elsewhere = Subscription {
        account: "111111111111",
        region: REGION,
        id: "i-2",
        zone: "us-east-1a",
        plane: Plane::Network,
        peer: [192, 0, 2, 1].into(),
        announced: None,
    };
    world.hosts.subscribed(&elsewhere, |_| false).await.unwrap();
    // Another account's host takes nothing away.
    assert_eq!(world.address("i-1").await, Some(1));
    let found = PlaneHosts::find(&world.store, ACCOUNT, REGION, "i-2").await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn a_host_that_changed_is_not_removed() {
    let world = World::new();
    world.subscribes("i-1", 1, None, &[]).await;
    let all = world.hosts.all().await.unwrap();
    world.subscribes("i-1", 2, None, &[]).await;
    assert!(!world.hosts.remove(&all[0]).await.unwrap());
    assert_eq!(world.address("i-1").await, Some(2));
    let all = world.hosts.all().await.unwrap();
    assert!(world.hosts.remove(&all[0]).await.unwrap());
    assert!(world.hosts.all().await.unwrap().is_empty());
}
