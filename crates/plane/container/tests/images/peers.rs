//! Layers from peers, which the registry names; and from the registry after all.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, InstallationId, SystemClock};
use wharf_container::image::{
    Endpoint, ImageError, ImageOptions, ImageStore, PullRequest, Reference, RegistryAuth,
};
use wharf_layers::Sharing;
use wharf_planeproto::{
    layers::{self, Claim, Peer},
    snapshot::sum_of,
};

use crate::registry::{Packing, Registry, digest, layer};

/// A node that shares layers.
struct Node {
    store: ImageStore,
    sharing: Sharing,
}

async fn node(dir: &Path) -> Node {
    let sharing = Sharing::open(&dir.join("shelf"), Arc::new(SystemClock)).unwrap();
    sharing.known_as(Some("session".to_owned()));
    let options = ImageOptions {
        first_retry_after: Duration::from_millis(1),
        sharing: Some(sharing.clone()),
        ..ImageOptions::default()
    };
    let store = ImageStore::open(dir, InstallationId::mint(), options).await;
    Node {
        store: store.unwrap(),
        sharing,
    }
}

/// Where it gives layers to peers from now on.
async fn served(node: &Node) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(
        node.sharing
            .clone()
            .serve(listener, CancellationToken::new()),
    );
    address
}

/// How the registry names the one to the other for a layer: with a ticket of its own for each question.
fn named(address: SocketAddr, one: &Node, other: &Node, packed: &[u8], seconds: u64) -> String {
    let digest = digest(packed);
    let claim = Claim {
        layer: sum_of(digest.strip_prefix("sha256:").unwrap()).unwrap(),
        certificate: *other.sharing.certificate(),
        until: SystemClock.now() + Duration::from_secs(seconds),
    };
    let peer = Peer {
        address,
        certificate: *one.sharing.certificate(),
        until: claim.until,
        ticket: claim.ticket(one.sharing.key()),
    };
    layers::header(&[peer])
}

/// From wharf's own registry, which is named by its address.
fn own(registry: &Registry, rest: &str) -> PullRequest {
    PullRequest {
        reference: Reference::parse(&format!("{}/{rest}", registry.host)).unwrap(),
        endpoint: Some(Endpoint {
            base: format!("http://{}", registry.host),
        }),
        auth: RegistryAuth::Anonymous,
    }
}

#[tokio::test]
async fn layers_come_from_peers_and_else_from_the_registry() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = Registry::start().await;
    let (one, other) = (node(here.path()).await, node(there.path()).await);
    let address = served(&one).await;
    let name = |packed: &[u8], seconds: u64| {
        let named = named(address, &one, &other, packed, seconds);
        registry.state.lock().unwrap().peers = Some(named);
    };
    let good = layer("a", b"1", Packing::Gzip);
    registry.push("app", "1", std::slice::from_ref(&good));
    // Nobody has it: it comes from the registry, and is kept for peers.
    one.store.pull(&own(&registry, "app:1")).await.unwrap();
    assert_eq!(one.store.downloaded_layers(), 1);
    assert_eq!(one.sharing.cache().layers().len(), 1);
    name(&good.0, 60);
    let image = other.store.pull(&own(&registry, "app:1")).await.unwrap();
    assert_eq!(
        fs::read_to_string(image.layers()[0].join("a")).unwrap(),
        "1"
    );
    assert_eq!(
        (
            other.store.downloaded_layers(),
            other.store.downloaded_bytes()
        ),
        (0, 0)
    );
    let counted = other.sharing.counted();
    assert_eq!(
        (counted.brought, counted.brought_bytes),
        (1, good.0.len() as u64)
    );
    assert_eq!(
        other.sharing.cache().layers().len(),
        1,
        "others may have it from here"
    );

    // Of another registry nobody says who may have its layers: it is not asked, and nothing is kept.
    registry.state.lock().unwrap().peers = None;
    let foreign = layer("f", b"2", Packing::Gzip);
    registry.push("foreign", "1", std::slice::from_ref(&foreign));
    let request = PullRequest {
        endpoint: None,
        ..own(&registry, "foreign:1")
    };
    one.store.pull(&request).await.unwrap();
    assert_eq!(one.sharing.cache().layers().len(), 1);

    // What the peer has is not what it should be.
    let bad = layer("b", &[7; 4096], Packing::Plain);
    registry.push("app", "2", std::slice::from_ref(&bad));
    one.store.pull(&own(&registry, "app:2")).await.unwrap();
    let hex = digest(&bad.0).strip_prefix("sha256:").unwrap().to_owned();
    let mut content = bad.0.clone();
    content[1000] ^= 1;
    let kept = here.path().join("shelf").join(&hex);
    let flushed = async {
        while !kept.exists() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), flushed);
    waited.await.unwrap();
    fs::write(&kept, content).unwrap();
    name(&bad.0, 61);
    let image = other.store.pull(&own(&registry, "app:2")).await.unwrap();
    assert_eq!(fs::read(image.layers()[0].join("b")).unwrap(), [7; 4096]);
    assert_eq!(other.store.downloaded_layers(), 1);
    assert_eq!(other.sharing.counted().failed, 1);
    // It is left alone for a while.
    let more = layer("c", b"3", Packing::Zstd);
    registry.push("app", "3", std::slice::from_ref(&more));
    name(&more.0, 62);
    other.store.pull(&own(&registry, "app:3")).await.unwrap();
    assert_eq!(other.store.downloaded_layers(), 2);
    assert_eq!(other.sharing.counted().failed, 1);
    // A run that shares nothing keeps nothing.
    assert!(kept.exists());
    let (store, dir) = (one.store, here.path());
    drop(store);
    let alone = async {
        loop {
            let opened = ImageStore::open(dir, InstallationId::mint(), ImageOptions::default());
            match opened.await {
                // A flush may hold the folder for a moment.
                Err(ImageError::InUse(_)) => tokio::task::yield_now().await,
                opened => return opened.unwrap(),
            }
        }
    };
    let _alone = tokio::time::timeout(Duration::from_secs(60), alone).await;
    assert!(!dir.join("shelf").exists());
}

#[tokio::test]
async fn a_busy_peer_is_waited_for() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = Registry::start().await;
    let (one, other) = (node(here.path()).await, node(there.path()).await);
    let large = layer("a", &vec![7; 16 << 20], Packing::Plain);
    registry.push("app", "1", std::slice::from_ref(&large));
    one.store.pull(&own(&registry, "app:1")).await.unwrap();
    let address = served(&one).await;
    registry.state.lock().unwrap().peers = Some(named(address, &one, &other, &large.0, 60));
    // All places that an address may have, and one more to see that they are taken.
    let mut taken = Vec::new();
    while one.sharing.counted().refused == 0 {
        taken.push(TcpStream::connect(address).await.unwrap());
        tokio::task::yield_now().await;
    }
    let before = one.sharing.counted().refused;
    let free = async {
        while one.sharing.counted().refused == before {
            tokio::task::yield_now().await;
        }
        drop(taken);
    };
    let request = own(&registry, "app:1");
    let (pulled, ()) = tokio::join!(other.store.pull(&request), free);
    pulled.unwrap();
    let counted = other.sharing.counted();
    assert_eq!((counted.brought, counted.failed), (1, 0));
    assert_eq!(other.store.downloaded_layers(), 0);
}

#[tokio::test]
async fn whoever_may_not_have_a_layer_has_it_from_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::start().await;
    let node = node(dir.path()).await;
    let good = layer("a", b"1", Packing::Gzip);
    registry.push("app", "1", std::slice::from_ref(&good));
    let blob = format!("app/blobs/{}", digest(&good.0));
    registry.state.lock().unwrap().contents.remove(&blob);
    let refused = node.store.pull(&own(&registry, "app:1")).await.unwrap_err();
    assert!(
        refused.to_string().contains("pull image layer"),
        "{refused}"
    );
    assert_eq!(node.sharing.counted().failed, 0);
}
