//! Two nodes over loopback, and those who pretend to be one.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::{io::AsyncReadExt, net::TcpListener};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_layers::{PeerError, Sharing};
use wharf_planeproto::layers::{Answer, Claim, Peer, Sum};

const LAYER: Sum = [1; 32];

struct Node {
    sharing: Sharing,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

fn open(dir: &Path) -> Sharing {
    Sharing::open(&dir.join("shelf"), Arc::new(SystemClock)).unwrap()
}

async fn node(layers: &[(Sum, &[u8])]) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let sharing = open(dir.path());
    for (layer, content) in layers {
        let mut copy = sharing.cache().begin(*layer, content.len() as u64).unwrap();
        copy.write(content);
        copy.keep();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(sharing.clone().serve(listener, CancellationToken::new()));
    Node {
        sharing,
        address,
        _dir: dir,
    }
}

fn later() -> Timestamp {
    SystemClock.now() + Duration::from_secs(60)
}

/// As the control plane names `of` to `asks` for a layer.
fn named(of: &Node, asks: &Sharing, layer: Sum, until: Timestamp) -> Peer {
    let claim = Claim {
        layer,
        certificate: *asks.certificate(),
        until,
    };
    Peer {
        address: of.address,
        certificate: *of.sharing.certificate(),
        until,
        ticket: claim.ticket(of.sharing.key()),
    }
}

async fn bytes(asks: &Sharing, peer: &Peer, layer: Sum, size: u64) -> Result<Vec<u8>, PeerError> {
    let mut coming = asks.ask(peer, &layer, size).await?;
    let mut all = Vec::new();
    while let Some(piece) = coming.next().await? {
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

#[tokio::test]
async fn a_layer_goes_from_one_to_the_other() {
    let content: Vec<u8> = (0..1_000_000u32).map(|at| at.to_le_bytes()[0]).collect();
    let size = content.len() as u64;
    let (one, other) = (node(&[(LAYER, &content)]).await, node(&[]).await);
    let peer = named(&one, &other.sharing, LAYER, later());
    let came = bytes(&other.sharing, &peer, LAYER, size).await.unwrap();
    assert!(came == content);
    let counted = one.sharing.counted();
    assert_eq!((counted.given_bytes, counted.refused), (size, 0));
    // The ticket is used.
    let again = bytes(&other.sharing, &peer, LAYER, size).await.unwrap_err();
    assert!(
        matches!(again, PeerError::Declined(Answer::Refused)),
        "{again}"
    );
    // Another size than the peer's is noticed before a byte is taken.
    let peer = named(
        &one,
        &other.sharing,
        LAYER,
        later() + Duration::from_secs(1),
    );
    let wrong = bytes(&other.sharing, &peer, LAYER, 5).await.unwrap_err();
    assert!(
        matches!(wrong, PeerError::WrongSize(has) if has == size),
        "{wrong}"
    );
}

#[tokio::test]
async fn nobody_else_is_given_anything() {
    let (one, other) = (node(&[(LAYER, b"bytes")]).await, node(&[]).await);
    let stranger = node(&[]).await;
    let good = named(&one, &other.sharing, LAYER, later());
    let over = named(&one, &other.sharing, LAYER, SystemClock.now());
    let not_here = named(&one, &other.sharing, [2; 32], later());
    let forged = Peer {
        ticket: [0; 32],
        ..good
    };
    for (who, peer, layer, wanted) in [
        (&stranger, good, LAYER, Answer::Refused),
        (&other, over, LAYER, Answer::Refused),
        (&other, forged, LAYER, Answer::Refused),
        (&other, good, [2; 32], Answer::Refused),
        (&other, not_here, [2; 32], Answer::NotHere),
    ] {
        let error = bytes(&who.sharing, &peer, layer, 5).await.unwrap_err();
        assert!(
            matches!(error, PeerError::Declined(got) if got == wanted),
            "{error}"
        );
    }
    // One that is at the address of another.
    let elsewhere = Peer {
        address: stranger.address,
        ..good
    };
    let error = bytes(&other.sharing, &elsewhere, LAYER, 5)
        .await
        .unwrap_err();
    assert!(matches!(error, PeerError::Connect(_)), "{error}");
    assert!(one.sharing.counted().refused >= 5);
    assert_eq!(one.sharing.counted().given_bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let asks = open(dir.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = Peer {
        address: listener.local_addr().unwrap(),
        certificate: [3; 32],
        until: later(),
        ticket: [0; 32],
    };
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all).await;
    });
    let error = bytes(&asks, &peer, LAYER, 5).await.unwrap_err();
    assert!(matches!(error, PeerError::Silent), "{error}");
    assert!(!asks.is_avoided(&peer));
    asks.failed(&peer, error.is_fault());
    assert!(asks.is_avoided(&peer));
    assert_eq!(asks.counted().failed, 1);
    silent.await.unwrap();
}

#[tokio::test]
async fn one_that_is_busy_is_asked_again() {
    let (one, other) = (node(&[(LAYER, b"bytes")]).await, node(&[]).await);
    let peer = named(&one, &other.sharing, LAYER, later());
    // All places that an address may have, and one more to see that they are taken.
    let mut taken = Vec::new();
    while one.sharing.counted().refused == 0 {
        taken.push(tokio::net::TcpStream::connect(one.address).await.unwrap());
        tokio::task::yield_now().await;
    }
    let error = bytes(&other.sharing, &peer, LAYER, 5).await.unwrap_err();
    assert!(!error.is_fault(), "{error}");
    drop(taken);
    // Its ticket is still good.
    let came = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            match bytes(&other.sharing, &peer, LAYER, 5).await {
                Err(error) if !error.is_fault() => tokio::task::yield_now().await,
                came => return came,
            }
        }
    });
    assert_eq!(came.await.unwrap().unwrap(), b"bytes");
}

#[tokio::test]
async fn who_shows_no_certificate_or_says_nonsense_is_refused() {
    let one = node(&[(LAYER, b"bytes")]).await;
    let mut stream = tokio::net::TcpStream::connect(one.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    // At most an alert.
    assert!(answer.len() < 16, "{answer:?}");
    // Others are served all the same.
    let other = node(&[]).await;
    let peer = named(&one, &other.sharing, LAYER, later());
    let came = bytes(&other.sharing, &peer, LAYER, 5).await.unwrap();
    assert_eq!(came, b"bytes");
}
