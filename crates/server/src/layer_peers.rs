//! Which nodes have which layers of images for their peers (`wharf_planeproto::layers`).
//!
//! In memory alone: each node announces itself every few seconds, and all of what it has when it is not known. A node is named to
//! others of its own account in its own zone, at the address where hosts reach it, for as long as it announces itself.
//! Whether somebody may have a layer is not decided here.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, SocketAddr},
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
/// Layers that are being fetched; of more, nobody waits for any.
const MOST_COMING: usize = 16 << 10;

/// Who announces, as the control plane knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcer {
    pub account: String,
    pub zone: String,
    /// Where other hosts reach it; `None`: nowhere.
    pub address: Option<IpAddr>,
}

/// The nodes that share layers.
#[derive(Debug, Default)]
pub struct LayerPeers(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// By session.
    nodes: HashMap<Arc<str>, Node>,
    /// The session of each instance.
    sessions: HashMap<String, Arc<str>>,
    holders: HashMap<Sum, BTreeSet<Arc<str>>>,
    /// Who fetches a layer from the registry, and since when.
    coming: HashMap<Sum, Vec<(Arc<str>, Timestamp)>>,
    /// Takes the peers of a layer in turn.
    turn: usize,
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
            if let Some(fetching) = self.coming.get_mut(layer) {
                fetching.retain(|(other, _)| *other != session);
                if fetching.is_empty() {
                    self.coming.remove(layer);
                }
            }
            self.holders
                .entry(*layer)
                .or_default()
                .insert(session.clone());
        }
        self.sessions.insert(said.instance.clone(), session.clone());
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
        let silent = self.nodes.iter().filter(|(_, node)| is_silent(node, now));
        let silent: Vec<Arc<str>> = silent.map(|(session, _)| session.clone()).collect();
        for session in silent {
            self.forget(&session);
        }
    }

    fn forget(&mut self, session: &Arc<str>) {
        let Some(node) = self.nodes.remove(session) else {
            return;
        };
        self.sessions.remove(&node.instance);
        for layer in node.held {
            if let Some(holders) = self.holders.get_mut(&layer) {
                holders.remove(session);
                if holders.is_empty() {
                    self.holders.remove(&layer);
                }
            }
        }
    }

    fn is_its_turn(&mut self, session: &str, layer: &Sum, now: Timestamp) -> bool {
        if !self.peers(session, layer, now).is_empty() {
            return true;
        }
        let Some((session, asks)) = self.nodes.get_key_value(session) else {
            return true;
        };
        let (session, place) = (session.clone(), (&asks.from.account, &asks.from.zone));
        let is_due = |since: Timestamp| now.since(since) < FETCHING_FOR;
        if self.coming.len() >= MOST_COMING {
            let coming = &mut self.coming;
            coming.retain(|_, fetching| fetching.iter().any(|(_, since)| is_due(*since)));
        }
        if self.coming.len() >= MOST_COMING {
            return true;
        }
        let nodes = &self.nodes;
        let is_beside = |other: &Arc<str>| {
            let node = nodes.get(other);
            node.is_some_and(|it| (&it.from.account, &it.from.zone) == place)
        };
        let fetching = self.coming.entry(*layer).or_default();
        fetching.retain(|(other, since)| is_due(*since) && *other != session);
        if fetching
            .iter()
            .filter(|(other, _)| is_beside(other))
            .count()
            >= MOST_FETCHING
        {
            return false;
        }
        fetching.push((session, now));
        true
    }

    fn peers(&mut self, session: &str, layer: &Sum, now: Timestamp) -> Vec<Peer> {
        let (Some(asks), Some(holders)) = (self.nodes.get(session), self.holders.get(layer)) else {
            return Vec::new();
        };
        let is_peer = |node: &&Node| {
            let (one, other) = (&node.from, &asks.from);
            node.instance != asks.instance
                && (&one.account, &one.zone) == (&other.account, &other.zone)
                && !is_silent(node, now)
        };
        let all = holders.iter().filter_map(|session| self.nodes.get(session));
        let mut all: Vec<&Node> = all.filter(is_peer).collect();
        if all.is_empty() {
            return Vec::new();
        }
        self.turn = self.turn.wrapping_add(1);
        let first = self.turn % all.len();
        all.rotate_left(first);
        let claim = Claim {
            layer: *layer,
            certificate: asks.certificate,
            // No two tickets are alike: each is good once.
            until: now + TICKET_LIFE + Duration::from_millis(self.turn as u64 % 60_000),
        };
        let named = all.into_iter().filter_map(|node| {
            Some(Peer {
                address: SocketAddr::new(node.from.address?, node.port),
                certificate: node.certificate,
                until: claim.until,
                ticket: claim.ticket(&node.key),
            })
        });
        named.take(MOST_PEERS).collect()
    }
}

fn is_silent(node: &Node, now: Timestamp) -> bool {
    now.since(node.seen) > SILENCE
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
