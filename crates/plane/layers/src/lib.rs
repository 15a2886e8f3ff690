//! Layers of images that nodes of a zone have from each other, where their operator allows it.
//!
//! - [`cache`]: layers as they came, compressed, kept for peers within bounds.
//! - `proof`: the certificate by which a node is known to its peers, and TLS that goes by it.
//! - `serve`: what peers are given, for tickets of the control plane alone (`wharf_planeproto::layers`).
//! - `fetch`: a layer from a peer, within bounds of time.
//!
//! Nothing here is trusted: whoever takes a layer from a peer compares it with its digest before it is of any use, as one that a
//! registry sent. Who may have a layer is decided by the registry, which makes the tickets; a node gives to nobody else.

#![forbid(unsafe_code)]

pub mod cache;
mod counts;
mod fetch;
mod proof;
mod serve;

use std::{
    collections::BTreeMap,
    fmt, io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use wharf_base::Clock;
use wharf_planeproto::layers::{Peer, Sum, TicketKey};

use self::proof::Proof;
pub use self::{
    cache::{Copying, LayerCache},
    counts::{Counted, Counts},
    fetch::{Coming, PeerError},
};

/// A peer that sent something else, or nothing in time, is not asked for so long.
const AVOIDED_FOR: Duration = Duration::from_secs(5 * 60);
/// Peers that are avoided at once; of more the first ones are asked again.
const MOST_AVOIDED: usize = 1024;

/// A node's part in the sharing of layers. Cheap to clone.
#[derive(Clone)]
pub struct Sharing(Arc<Inner>);

struct Inner {
    proof: Proof,
    /// Known to the control plane besides.
    key: TicketKey,
    cache: LayerCache,
    /// By which the control plane knows this node.
    session: Mutex<Option<String>>,
    avoided: Mutex<BTreeMap<Sum, Instant>>,
    counts: Counts,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Sharing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sharing").finish_non_exhaustive()
    }
}

impl Sharing {
    /// With a certificate and a key of this run alone, and what is on the cache at `dir`.
    ///
    /// # Errors
    /// The folder cannot be made or read, or there is no randomness.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let mut key = TicketKey::default();
        let random = ring::rand::SystemRandom::new();
        ring::rand::SecureRandom::fill(&random, &mut key)
            .map_err(|_| io::Error::other("the system gives no randomness"))?;
        Ok(Self(Arc::new(Inner {
            proof: Proof::make()?,
            key,
            cache: LayerCache::open(dir)?,
            session: Mutex::default(),
            avoided: Mutex::default(),
            counts: Counts::default(),
            clock,
        })))
    }

    pub fn cache(&self) -> &LayerCache {
        &self.0.cache
    }

    /// The digest of this node's certificate.
    pub fn certificate(&self) -> &Sum {
        self.0.proof.certificate()
    }

    /// What tickets for this node are made with.
    pub fn key(&self) -> &TicketKey {
        &self.0.key
    }

    /// By which the control plane knows this node; `None` while it does not.
    pub fn session(&self) -> Option<String> {
        self.0.session.lock().clone()
    }

    pub fn known_as(&self, session: Option<String>) {
        *self.0.session.lock() = session;
    }

    pub fn counted(&self) -> Counted {
        self.0.counts.now()
    }

    /// Asks a peer for a layer of `size` bytes.
    ///
    /// # Errors
    /// It does not answer in time, is not who it should be, or has no such layer.
    pub async fn ask(&self, peer: &Peer, layer: &Sum, size: u64) -> Result<Coming, PeerError> {
        fetch::ask(&self.0.proof, peer, layer, size).await
    }

    /// A layer of that many bytes came from a peer, and is what it should be.
    pub fn brought(&self, bytes: u64) {
        self.0.counts.brought(bytes);
    }

    /// A peer did not bring a layer, and was not just busy. One that is at fault is not asked again for a while.
    pub fn failed(&self, peer: &Peer, at_fault: bool) {
        self.0.counts.failed();
        if !at_fault {
            return;
        }
        let mut avoided = self.0.avoided.lock();
        avoided.retain(|_, since| since.elapsed() < AVOIDED_FOR);
        if avoided.len() >= MOST_AVOIDED {
            avoided.clear();
        }
        avoided.insert(peer.certificate, Instant::now());
    }

    pub fn is_avoided(&self, peer: &Peer) -> bool {
        let avoided = self.0.avoided.lock();
        let since = avoided.get(&peer.certificate);
        since.is_some_and(|since| since.elapsed() < AVOIDED_FOR)
    }
}
