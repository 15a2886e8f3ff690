//! Which nodes have which layers of images for their peers (`wharf_planeproto::layers`).
//!
//! In memory alone: each node announces itself every few seconds, and all of what it has when it is not known. A node is named to
//! others of its own account in its own zone, at the address where hosts reach it, for as long as it announces itself.
//! Whether somebody may have a layer is not decided here.
//!
//! All of it is under one lock, so no question and no announcement walks through all nodes: those that have a layer are kept by
//! account and zone, and a question looks at a few of them; those that fell silent are at the head of a queue.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, SocketAddr},
    ops::Bound,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use wharf_base::{Timestamp, ids};
use wharf_planeproto::{
    layers::{
        Announced, Announcement, Claim, MOST_HELD, MOST_PEERS, Peer, SILENCE, Sum, TICKET_LIFE,
        TicketKey,
    },
    snapshot::sum_of,
};

/// Nodes that are known at once: all of the largest installation.
const MOST_NODES: usize = 20_000;

/// Nodes of a zone that fetch the same large layer from the registry at once: the others have it from these.
const MOST_FETCHING: usize = 2;
/// A node that fetches a layer is waited for so long at most.
const FETCHING_FOR: Duration = Duration::from_secs(60);
/// Layers that are being fetched, those of each place counted; of more, nobody waits for any.
const MOST_COMING: usize = 16 << 10;
/// How often room is looked for among them.
const SWEEP: Duration = Duration::from_secs(1);

/// Nodes of one place have layers from each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub account: String,
    pub zone: String,
}

/// Who announces, as the control plane knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcer {
    pub place: Arc<Place>,
    /// Where other hosts reach it; `None`: nowhere.
    pub address: Option<IpAddr>,
}

/// The nodes that share layers.
#[derive(Debug, Default)]
pub struct LayerPeers(Mutex<Known>);

/// A layer in a place.
type InPlace = (Arc<Place>, Sum);

#[derive(Default)]
struct Known {
    /// By session.
    nodes: HashMap<Arc<str>, Node>,
    /// The session of each instance.
    sessions: HashMap<String, Arc<str>>,
    /// Sessions by when they were last heard of.
    by_seen: BTreeSet<(Timestamp, Arc<str>)>,
    holders: HashMap<InPlace, Holders>,
    /// Who fetches a layer from the registry, and since when.
    coming: HashMap<InPlace, Vec<(Arc<str>, Timestamp)>>,
    /// When those of `coming` that take too long were last removed.
    swept: Timestamp,
    /// Tickets that were made.
    tickets: u64,
}

/// The sessions of a place that have a layer.
#[derive(Default)]
struct Holders {
    sessions: BTreeSet<Arc<str>>,
    /// The one that was named first the last time; the next is this time.
    last: Option<Arc<str>>,
}

impl Holders {
    /// All of them, each call from the next one on.
    fn in_turn(&self) -> impl Iterator<Item = &Arc<str>> {
        let last = self.last.clone();
        let after = last.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.sessions.range((after, Bound::Unbounded));
        let earlier = last.map(|last| self.sessions.range(..=last));
        later.chain(earlier.into_iter().flatten())
    }
}

/// Never shows keys.
impl std::fmt::Debug for Known {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = out.debug_struct("Known");
        out.field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

struct Node {
    instance: String,
    from: Announcer,
    port: u16,
    certificate: Sum,
    key: TicketKey,
    held: BTreeSet<Sum>,
    seen: Timestamp,
}

impl LayerPeers {
    /// A node says what it has.
    ///
    /// # Errors
    /// What it says makes no sense.
    pub fn announce(
        &self,
        from: Announcer,
        said: &Announcement,
        now: Timestamp,
    ) -> Result<Announced, &'static str> {
        self.0.lock().announce(from, said, now)
    }

    /// Nodes, and the layers that they have.
    pub fn counts(&self) -> (usize, usize) {
        let known = self.0.lock();
        let layers = known.nodes.values().map(|node| node.held.len());
        (known.nodes.len(), layers.sum())
    }

    /// Whether the node of a session should fetch a layer now; else others do, and it will be a peer's soon.
    pub fn is_its_turn(&self, session: &str, layer: &Sum, now: Timestamp) -> bool {
        self.0.lock().is_its_turn(session, layer, now)
    }

    /// The peers from which the node of a session may have a layer, if it may have it at all.
    pub fn peers(&self, session: &str, layer: &Sum, now: Timestamp) -> Vec<Peer> {
        self.0.lock().peers(session, layer, now)
    }
}

impl Known {
    fn announce(
        &mut self,
        from: Announcer,
        said: &Announcement,
        now: Timestamp,
    ) -> Result<Announced, &'static str> {
        let certificate = sum_of(&said.certificate).ok_or("The certificate's digest is none.")?;
        let key = sum_of(&said.key).ok_or("The key is none.")?;
        if said.port == 0 {
            return Err("There is no port 0.");
        }
        let held = said.held.as_ref().map(|held| read(held)).transpose()?;
        self.forget_silent(now);
        let before = self.sessions.get(&said.instance).cloned();
        // One whose certificate is another has begun anew, and knows of no session.
        let before = before.filter(|session| {
            said.session.as_deref() == Some(session)
                && self.nodes.get(session).is_some_and(|node| {
                    node.certificate == certificate && node.key == key && node.from == from
                })
        });
        let (Some(session), None) = (&before, &held) else {
            return Ok(self.begin(from, said, (certificate, key, held), before, now));
        };
        if let Some(node) = self.nodes.get_mut(session) {
            self.by_seen.remove(&(node.seen, session.clone()));
            self.by_seen.insert((now, session.clone()));
            (node.seen, node.port) = (now, said.port);
        }
        let session = Some(session.to_string());
        Ok(Announced { session })
    }

    /// All of a node is known from now on, if it said all.
    fn begin(
        &mut self,
        from: Announcer,
        said: &Announcement,
        (certificate, key, held): (Sum, TicketKey, Option<BTreeSet<Sum>>),
        session: Option<Arc<str>>,
        now: Timestamp,
    ) -> Announced {
        if let Some(earlier) = self.sessions.get(&said.instance).cloned() {
            self.forget(&earlier);
        }
        let Some(held) = held.filter(|_| from.address.is_some() && self.nodes.len() < MOST_NODES)
        else {
            return Announced { session: None };
        };
        let session = session.unwrap_or_else(|| ids::hex32().into());
        for layer in &held {
            let of_place = (from.place.clone(), *layer);
            if let Some(fetching) = self.coming.get_mut(&of_place) {
                fetching.retain(|(other, _)| *other != session);
                if fetching.is_empty() {
                    self.coming.remove(&of_place);
                }
            }
            let holders = self.holders.entry(of_place).or_default();
            holders.sessions.insert(session.clone());
        }
        self.sessions.insert(said.instance.clone(), session.clone());
        self.by_seen.insert((now, session.clone()));
        let node = Node {
            instance: said.instance.clone(),
            from,
            port: said.port,
            certificate,
            key,
            held,
            seen: now,
        };
        self.nodes.insert(session.clone(), node);
        Announced {
            session: Some(session.to_string()),
        }
    }

    fn forget_silent(&mut self, now: Timestamp) {
        while let Some((seen, session)) = self.by_seen.first().cloned()
            && now.since(seen) > SILENCE
        {
            self.forget(&session);
        }
    }

    fn forget(&mut self, session: &Arc<str>) {
        let Some(node) = self.nodes.remove(session) else {
            return;
        };
        self.sessions.remove(&node.instance);
        self.by_seen.remove(&(node.seen, session.clone()));
        for layer in node.held {
            let of_place = (node.from.place.clone(), layer);
            if let Some(holders) = self.holders.get_mut(&of_place) {
                holders.sessions.remove(session);
                if holders.sessions.is_empty() {
                    self.holders.remove(&of_place);
                }
            }
        }
    }

    fn is_its_turn(&mut self, session: &str, layer: &Sum, now: Timestamp) -> bool {
        self.forget_silent(now);
        let Some((session, asks)) = self.nodes.get_key_value(session) else {
            return true;
        };
        let (session, of_place) = (session.clone(), (asks.from.place.clone(), *layer));
        let holders = self.holders.get(&of_place);
        if holders.is_some_and(|it| it.in_turn().any(|other| *other != session)) {
            return true;
        }
        let is_due = |since: Timestamp| now.since(since) < FETCHING_FOR;
        if self.coming.len() >= MOST_COMING && now.since(self.swept) >= SWEEP {
            self.swept = now;
            let coming = &mut self.coming;
            coming.retain(|_, fetching| fetching.iter().any(|(_, since)| is_due(*since)));
        }
        if self.coming.len() >= MOST_COMING {
            return true;
        }
        let nodes = &self.nodes;
        let fetching = self.coming.entry(of_place).or_default();
        fetching.retain(|(other, since)| {
            is_due(*since) && *other != session && nodes.contains_key(other)
        });
        let is_now = fetching.len() < MOST_FETCHING;
        if is_now {
            fetching.push((session, now));
        }
        is_now
    }

    fn peers(&mut self, session: &str, layer: &Sum, now: Timestamp) -> Vec<Peer> {
        self.forget_silent(now);
        let Some((session, asks)) = self.nodes.get_key_value(session) else {
            return Vec::new();
        };
        let of_place = (asks.from.place.clone(), *layer);
        let Some(holders) = self.holders.get_mut(&of_place) else {
            return Vec::new();
        };
        let others = holders.in_turn().filter(|other| *other != session);
        let named: Vec<Arc<str>> = others.take(MOST_PEERS).cloned().collect();
        holders.last = named.first().cloned();
        self.tickets += 1;
        let claim = Claim {
            layer: *layer,
            certificate: asks.certificate,
            // No two tickets are alike: each is good once.
            until: now + TICKET_LIFE + Duration::from_millis(self.tickets % 60_000),
        };
        let peer = |session: &Arc<str>| {
            let node = self.nodes.get(session)?;
            Some(Peer {
                address: SocketAddr::new(node.from.address?, node.port),
                certificate: node.certificate,
                until: claim.until,
                ticket: claim.ticket(&node.key),
            })
        };
        named.iter().filter_map(peer).collect()
    }
}

fn read(held: &[String]) -> Result<BTreeSet<Sum>, &'static str> {
    if held.len() > MOST_HELD {
        return Err("Those are too many layers.");
    }
    let sums = held.iter().map(|layer| sum_of(layer));
    sums.collect::<Option<_>>()
        .ok_or("A layer is named by its SHA-256.")
}

#[cfg(test)]
mod tests;
