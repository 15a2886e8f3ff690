//! Layers from peers: nodes of the same zone that have them already.
//!
//! Wharf's own registry decides as ever who may have a layer, and names peers in its place where there are some. What a peer sends is
//! unpacked and compared as what a registry sends; one that fails is left, and the registry sends the layer after all.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use wharf_base::Backoff;
use wharf_layers::{Copying, PeerError, Sharing};
use wharf_planeproto::{
    layers::{Peer, Sum},
    snapshot::sum_of,
};

use super::{
    budget::Budget,
    digest::Digest,
    error::{LayerError, RegistryError, UnpackError},
    layer::{self, Coming, Incoming, UNPACKED},
    manifest::Descriptor,
    registry::{Body, Offered, Repository},
    store::Inner,
};

/// A layer of so many bytes is waited for while another node fetches it.
const WORTH_WAITING: u64 = 16 << 20;
/// How long at least, and how many bytes a second the other one may take.
const PATIENCE: Duration = Duration::from_secs(3);
const LEAST_RATE: u64 = 8 << 20;
/// Between the first two questions; doubles, as all nodes of a rollout ask, for each of their layers.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Peers that are tried for a layer, one after the other.
const MOST_TRIED: usize = 2;

/// What came of asking for peers.
pub enum FromPeers {
    /// The bytes of its files, and where they are.
    Layer(u64, Incoming),
    /// The registry knows of none, and has begun to send the layer.
    Answered(Body),
    Nothing,
}

/// How long peers are waited for: while they fetch a layer themselves, and while they send it to as many as they can.
pub struct Patience {
    until: Instant,
    pauses: Backoff,
}

impl Patience {
    pub fn with(layer: &Descriptor) -> Self {
        let patience = match layer.size {
            WORTH_WAITING.. => {
                PATIENCE + Duration::from_millis(layer.size.saturating_mul(1000) / LEAST_RATE)
            }
            _ => Duration::ZERO,
        };
        Self {
            until: Instant::now() + patience,
            pauses: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0),
        }
    }

    pub fn is_left(&self) -> bool {
        Instant::now() < self.until
    }

    /// Until peers are asked again; the last time when patience ends.
    pub async fn pause(&mut self) {
        sleep_until((Instant::now() + self.pauses.wait()).min(self.until)).await;
    }
}

impl Inner {
    /// Waits while other nodes of the zone fetch a large layer, so that it comes from these and not from the registry for each.
    pub(super) async fn wait_for_peers(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        patience: &mut Patience,
    ) {
        let Some((sharing, _)) = self.shared(repository, descriptor) else {
            return;
        };
        while patience.is_left()
            && let Some(session) = sharing.session()
        {
            let asked = repository.is_its_turn(descriptor.digest.as_str(), &session);
            // What is wrong is told to whoever asks for the layer.
            if !matches!(asked.await, Ok(false)) {
                return;
            }
            patience.pause().await;
        }
    }

    /// Where peers are busy and `may_wait`, the error says so ([`PeerError::is_busy`]), and the layer may be had of them later.
    pub(super) async fn fetch_from_peers(
        &self,
        repository: &Arc<Repository>,
        descriptor: &Descriptor,
        diff_id: &Digest,
        budget: &Arc<Budget>,
        may_wait: bool,
    ) -> Result<FromPeers, LayerError> {
        let Some((sharing, sum)) = self.shared(repository, descriptor) else {
            return Ok(FromPeers::Nothing);
        };
        let Some(session) = sharing.session() else {
            return Ok(FromPeers::Nothing);
        };
        let digest = descriptor.digest.as_str();
        let peers = match repository.blob_or_peers(digest, &session).await? {
            Offered::Blob(body) => return Ok(FromPeers::Answered(body)),
            Offered::Peers(peers) => peers,
        };
        let mut busy = None;
        let trusted = peers.iter().filter(|peer| !sharing.is_avoided(peer));
        for peer in trusted.take(MOST_TRIED) {
            let incoming = self.make_incoming()?;
            let fetched = fetch(sharing, peer, &sum, descriptor, diff_id, incoming, budget);
            match fetched.await {
                Ok((bytes, incoming)) => {
                    sharing.brought(descriptor.size);
                    return Ok(FromPeers::Layer(bytes, incoming));
                }
                Err(LayerError::Peer(error)) if error.is_busy() => busy = Some(error),
                Err(error) if is_own_failure(&error) => return Err(error),
                Err(error) => {
                    sharing.failed(peer, is_fault(&error));
                    let from = peer.address;
                    tracing::warn!(layer = digest, %from, %error, "failed to fetch a layer from a peer; trying elsewhere");
                }
            }
        }
        match busy {
            Some(busy) if may_wait => Err(busy.into()),
            _ => Ok(FromPeers::Nothing),
        }
    }

    /// The place of a layer among those for peers, if it belongs there.
    pub(super) fn copy_of(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Option<Copying> {
        let (sharing, sum) = self.shared(repository, descriptor)?;
        sharing.cache().begin(sum, descriptor.size)
    }

    /// Layers of wharf's own registry alone: nobody decides who may have those of others.
    fn shared(&self, repository: &Repository, descriptor: &Descriptor) -> Option<(&Sharing, Sum)> {
        let sharing = self.sharing.as_ref().filter(|_| repository.is_own())?;
        Some((sharing, sum_of(descriptor.digest.hex())?))
    }
}

async fn fetch(
    sharing: &Sharing,
    peer: &Peer,
    sum: &Sum,
    descriptor: &Descriptor,
    diff_id: &Digest,
    incoming: Incoming,
    budget: &Arc<Budget>,
) -> Result<(u64, Incoming), LayerError> {
    let coming = sharing.ask(peer, sum, descriptor.size).await?;
    let copy = sharing.cache().begin(*sum, descriptor.size);
    let coming = Coming::Peer(Box::new(coming));
    layer::fetch(coming, copy, descriptor, diff_id, incoming, budget, |_| ()).await
}

/// Whether it would be the same with the bytes of any other.
fn is_own_failure(error: &LayerError) -> bool {
    let of_disk =
        |it: &UnpackError| matches!(it, UnpackError::NoRoom { .. } | UnpackError::Entry { .. });
    match error {
        LayerError::Store(_) => true,
        LayerError::Unpack(error) => of_disk(error),
        LayerError::Registry(_) | LayerError::Peer(_) => false,
    }
}

/// Whether the peer is why, and not what the image says of its layer.
fn is_fault(error: &LayerError) -> bool {
    match error {
        LayerError::Peer(PeerError::WrongSize(_)) => false,
        LayerError::Peer(error) => error.is_fault(),
        LayerError::Registry(RegistryError::WrongDigest { what, .. }) => *what != UNPACKED,
        LayerError::Registry(_) | LayerError::Store(_) => false,
        LayerError::Unpack(error) => matches!(
            error,
            UnpackError::Damaged(_) | UnpackError::Unsupported(_) | UnpackError::Read(_)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn questions_become_fewer() {
        for (megabytes, seconds, most) in [(0, 0, 0), (15, 0, 0), (16, 5, 6), (1024, 131, 35)] {
            let since = Instant::now();
            let mut patience = Patience::with(&Descriptor {
                digest: Digest::of(&[0; 32]),
                size: megabytes << 20,
            });
            let mut asked = 0;
            while patience.is_left() {
                patience.pause().await;
                asked += 1;
            }
            assert_eq!(since.elapsed().as_secs(), seconds, "{megabytes}");
            assert!(asked <= most, "{megabytes}: {asked}");
        }
    }

    #[test]
    fn peers_are_left_for_what_they_did() {
        let digest = Digest::of(&[0; 32]);
        let wrong = |what| {
            LayerError::Registry(RegistryError::WrongDigest {
                what,
                wanted: digest.clone(),
                got: digest.clone(),
            })
        };
        assert!(is_fault(&wrong("a layer")));
        assert!(is_fault(&PeerError::Silent.into()));
        assert!(is_fault(&UnpackError::Damaged("x").into()));
        // An image that lies about its layers.
        for innocent in [
            wrong(UNPACKED),
            PeerError::WrongSize(1).into(),
            UnpackError::TooManyEntries(1).into(),
        ] {
            assert!(!is_fault(&innocent), "{innocent}");
            assert!(!is_own_failure(&innocent), "{innocent}");
        }
        let full = UnpackError::NoRoom {
            what: "space",
            percent: 10,
        };
        assert!(is_own_failure(&full.into()));
    }
}
