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
mod tests {
    use wharf_planeproto::{layers::Request, snapshot::hex_of};

    use super::*;

    const LAYER: Sum = [9; 32];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(0) + Duration::from_secs(seconds)
    }

    fn from(zone: &str) -> Announcer {
        Announcer {
            account: "000000000000".to_owned(),
            zone: zone.to_owned(),
            address: Some([10, 0, 0, 1].into()),
        }
    }

    fn said(number: u8, held: Option<&[Sum]>) -> Announcement {
        Announcement {
            instance: format!("i-{number}"),
            port: 4000,
            certificate: hex_of(&[number; 32]),
            key: hex_of(&[100 + number; 32]),
            held: held.map(|held| held.iter().map(hex_of).collect()),
            session: None,
        }
    }

    fn join(known: &mut Known, number: u8, zone: &str, held: &[Sum]) -> String {
        let announced = known.announce(from(zone), &said(number, Some(held)), at(0));
        announced.unwrap().session.unwrap()
    }

    #[test]
    fn peers_are_of_the_same_zone_and_account() {
        let mut known = Known::default();
        let asks = join(&mut known, 1, "a", &[LAYER]);
        assert_eq!(
            known.peers(&asks, &LAYER, at(0)),
            [],
            "it is no peer of its own"
        );
        join(&mut known, 2, "b", &[LAYER]);
        let other = Announcer {
            account: "111111111111".to_owned(),
            ..from("a")
        };
        known
            .announce(other, &said(3, Some(&[LAYER])), at(0))
            .unwrap();
        assert_eq!(known.peers(&asks, &LAYER, at(0)), []);
        join(&mut known, 4, "a", &[[8; 32]]);
        assert_eq!(known.peers(&asks, &LAYER, at(0)), []);
        join(&mut known, 5, "a", &[[8; 32], LAYER]);
        let peers = known.peers(&asks, &LAYER, at(0));
        assert_eq!(peers.len(), 1);
        assert_eq!(peers[0].certificate, [5; 32]);
        // Its ticket is for the node that asks, for this layer.
        let request = Request {
            layer: LAYER,
            until: peers[0].until,
            ticket: peers[0].ticket,
        };
        assert!(request.is_allowed(&[1; 32], &[105; 32], at(1)));
        assert!(!request.is_allowed(&[4; 32], &[105; 32], at(1)));
        assert_eq!(known.peers("nobody", &LAYER, at(0)), []);
        assert_eq!(
            known.peers(&asks, &LAYER, at(60)),
            [],
            "nobody was heard of since"
        );
    }

    #[test]
    fn peers_take_turns_and_no_two_tickets_are_alike() {
        let mut known = Known::default();
        let asks = join(&mut known, 0, "a", &[]);
        for number in 1..=5 {
            join(&mut known, number, "a", &[LAYER]);
        }
        let rounds: Vec<Vec<Peer>> = (0..5).map(|_| known.peers(&asks, &LAYER, at(0))).collect();
        assert!(rounds.iter().all(|peers| peers.len() == MOST_PEERS));
        let first: BTreeSet<Sum> = rounds.iter().map(|peers| peers[0].certificate).collect();
        assert_eq!(first.len(), 5);
        let tickets: BTreeSet<Sum> = rounds.iter().flatten().map(|peer| peer.ticket).collect();
        assert_eq!(tickets.len(), 5 * MOST_PEERS);
    }

    #[test]
    fn two_fetch_and_the_others_wait_for_them() {
        let mut known = Known::default();
        let sessions: Vec<String> = (0..4).map(|it| join(&mut known, it, "a", &[])).collect();
        let elsewhere = join(&mut known, 9, "b", &[]);
        let mut turn = |session: &str, seconds| known.is_its_turn(session, &LAYER, at(seconds));
        assert!(turn(&sessions[0], 0) && turn(&sessions[1], 0));
        assert!(turn(&sessions[0], 1), "it is one of the two");
        assert!(!turn(&sessions[2], 1) && !turn(&sessions[3], 1));
        assert!(turn(&elsewhere, 1), "nobody fetches it there");
        assert!(turn("nobody", 1));
        // One of them has it now: the others have it from there.
        let has = Announcement {
            session: Some(sessions[0].clone()),
            ..said(0, Some(&[LAYER]))
        };
        known.announce(from("a"), &has, at(2)).unwrap();
        assert!(known.is_its_turn(&sessions[2], &LAYER, at(3)));
        assert_eq!(known.peers(&sessions[2], &LAYER, at(3)).len(), 1);
        // Those who never come to an end are waited for no longer.
        let layer = [1; 32];
        for session in &sessions[..2] {
            assert!(known.is_its_turn(session, &layer, at(10)));
        }
        assert!(!known.is_its_turn(&sessions[2], &layer, at(20)));
        for number in 0..4 {
            let alive = Announcement {
                session: Some(sessions[usize::from(number)].clone()),
                ..said(number, None)
            };
            known.announce(from("a"), &alive, at(40)).unwrap();
        }
        assert!(known.is_its_turn(&sessions[2], &layer, at(80)));
    }

    #[test]
    fn a_session_goes_on_until_something_else_is_said() {
        let mut known = Known::default();
        let session = join(&mut known, 1, "a", &[LAYER]);
        let again = |held: Option<&[Sum]>| Announcement {
            session: Some(session.clone()),
            ..said(1, held)
        };
        let mut announce = |said: &Announcement, now| {
            let announced = known.announce(from("a"), said, now).unwrap();
            let held = known.holders.contains_key(&LAYER);
            (announced.session, held)
        };
        assert_eq!(
            announce(&again(None), at(40)),
            (Some(session.clone()), true)
        );
        assert_eq!(
            announce(&again(None), at(80)),
            (Some(session.clone()), true)
        );
        assert_eq!(
            announce(&again(Some(&[])), at(81)),
            (Some(session.clone()), false)
        );
        assert_eq!(
            announce(&again(Some(&[LAYER])), at(82)),
            (Some(session.clone()), true)
        );
        // It began anew, was silent for too long, or is unknown: it has to say all of it.
        let anew = Announcement {
            certificate: hex_of(&[7; 32]),
            ..again(None)
        };
        assert_eq!(announce(&anew, at(83)), (None, false));
        let (fresh, _) = announce(&said(1, Some(&[LAYER])), at(84));
        assert!(fresh.is_some() && fresh.as_ref() != Some(&session));
        assert_eq!(announce(&again(None), at(85)), (None, false));
        announce(&said(1, Some(&[LAYER])), at(86));
        assert_eq!(announce(&said(1, None), at(200)), (None, false));
        assert!(known.nodes.is_empty() && known.sessions.is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut known = Known::default();
        let good = said(1, Some(&[LAYER]));
        for bad in [
            Announcement {
                port: 0,
                ..good.clone()
            },
            Announcement {
                key: "0".to_owned(),
                ..good.clone()
            },
            Announcement {
                certificate: String::new(),
                ..good.clone()
            },
            Announcement {
                held: Some(vec!["x".to_owned()]),
                ..good.clone()
            },
            Announcement {
                held: Some(vec![hex_of(&LAYER); MOST_HELD + 1]),
                ..good.clone()
            },
        ] {
            assert!(known.announce(from("a"), &bad, at(0)).is_err(), "{bad:?}");
        }
        let nowhere = Announcer {
            address: None,
            ..from("a")
        };
        assert_eq!(
            known.announce(nowhere, &good, at(0)),
            Ok(Announced { session: None })
        );
        assert!(known.nodes.is_empty());
    }
}
