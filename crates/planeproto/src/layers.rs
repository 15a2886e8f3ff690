//! Layers of images that nodes of a zone share: how a node tells the control plane what it has, how that tells another
//! where a layer is, and how the two prove to each other that it did.
//!
//! ```text
//! node                                  control plane                              its peer
//!   POST [`PATH`] Announcement        ─▶
//!                                     ◀─ Announced {session}
//!   GET /v2/…/blobs/DIGEST, [`SESSION`] ─▶  may it have the layer?
//!                                     ◀─ 204, [`PEERS`]: address, certificate, ticket; or the layer
//!                       with [`TURN`]: ◀─ 204, [`TURN`]: now, or wait: another fetches it
//!   TLS, both with the certificates that they announced                        ◀─▶
//!   Request                                                                     ─▶
//!                                                            [`Answer`], the bytes ◀─
//! ```
//!
//! A node makes a certificate of its own and a key at each start, and tells the control plane the certificate's digest and the key,
//! in a request that is signed as its others are. Whoever the registry lets in to a layer is told of peers, each with a ticket: a
//! MAC, under the peer's key, of the layer, of the certificate that the node will show, and of a time. So a ticket opens one layer to one
//! node for a while, is worth nothing to anybody else, and the peer checks it without asking anybody.

use std::{net::SocketAddr, time::Duration};

use ring::hmac;
use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

pub use crate::snapshot::Sum;
use crate::snapshot::{hex_of, sum_of};

/// Where nodes announce what they have.
pub const PATH: &str = "/wharf/node/layers";
/// The header by which a node says, beside the login for a layer, which node it is.
pub const SESSION: &str = "wharf-layer-session";
/// The header that names peers in the place of the layer.
pub const PEERS: &str = "wharf-layer-peers";
/// The header by which a node asks, with [`SESSION`], whether it should fetch a large layer now or another of its zone fetches it
/// already; and the answer's, which says [`NOW`] or [`WAIT`].
pub const TURN: &str = "wharf-layer-turn";
pub const NOW: &str = "now";
pub const WAIT: &str = "wait";
/// Layers that a node announces.
pub const MOST_HELD: usize = 256;
/// Peers that are named for a layer.
pub const MOST_PEERS: usize = 3;
/// Of an announcement.
pub const MOST_ANNOUNCEMENT: usize = 64 << 10;
/// How often a node announces itself, whatever changes.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// A node that announced nothing for so long is named to nobody.
pub const SILENCE: Duration = Duration::from_secs(50);
/// A pull asks for a ticket when it is about to use it; clocks differ.
pub const TICKET_LIFE: Duration = Duration::from_secs(10 * 60);
/// Of a request of one node to another.
pub const MOST_REQUEST: usize = 192;

/// The key between a node and the control plane.
pub type TicketKey = [u8; 32];

/// What a node says of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The host's, `i-…`.
    pub instance: String,
    /// Where it serves layers, at the address that other hosts reach it at.
    pub port: u16,
    /// SHA-256 of its certificate, in hexadecimal.
    pub certificate: String,
    /// What its tickets are made with, in hexadecimal.
    pub key: String,
    /// SHA-256 of the layers that it has; `None`: those that it told the same session.
    pub held: Option<Vec<String>>,
    /// As it was answered before.
    pub session: Option<String>,
}

/// Never shows the key.
impl std::fmt::Debug for Announcement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Announcement")
            .field("instance", &self.instance)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// By which the node is known from now on; `None`: it has to say all of it.
    pub session: Option<String>,
}

/// Who may have a layer, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub layer: Sum,
    /// Of the node that asks.
    pub certificate: Sum,
    pub until: Timestamp,
}

impl Claim {
    fn bytes(&self) -> Vec<u8> {
        let until = self.until.millis().to_be_bytes();
        [
            &b"wharf layer 1\0"[..],
            &self.layer,
            &self.certificate,
            &until,
        ]
        .concat()
    }

    /// The MAC that proves it to the peer of that key.
    pub fn ticket(&self, key: &TicketKey) -> Sum {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let tag = hmac::sign(&key, &self.bytes());
        std::array::from_fn(|at| tag.as_ref().get(at).copied().unwrap_or_default())
    }

    fn is_proven_by(&self, ticket: &Sum, key: &TicketKey) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::verify(&key, &self.bytes(), ticket).is_ok()
    }
}

/// A peer that has a layer, and what opens it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub address: SocketAddr,
    /// Of the certificate that it shows.
    pub certificate: Sum,
    pub until: Timestamp,
    pub ticket: Sum,
}

/// As the value of [`PEERS`].
pub fn header(peers: &[Peer]) -> String {
    let one = |peer: &Peer| {
        let (certificate, ticket) = (hex_of(&peer.certificate), hex_of(&peer.ticket));
        format!(
            "{} {certificate} {} {ticket}",
            peer.address,
            peer.until.millis()
        )
    };
    peers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The peers that a value of [`PEERS`] names; what is none is left out.
pub fn peers(header: &str) -> Vec<Peer> {
    let one = |text: &str| {
        let mut words = text.split(' ');
        let peer = Peer {
            address: words.next()?.parse().ok()?,
            certificate: sum_of(words.next()?)?,
            until: time_of(words.next()?)?,
            ticket: sum_of(words.next()?)?,
        };
        words.next().is_none().then_some(peer)
    };
    header
        .split(", ")
        .filter_map(one)
        .take(MOST_PEERS)
        .collect()
}

/// What a node asks its peer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub layer: Sum,
    pub until: Timestamp,
    pub ticket: Sum,
}

impl Request {
    /// One line, as it goes over the connection.
    pub fn line(&self) -> String {
        let (layer, ticket) = (hex_of(&self.layer), hex_of(&self.ticket));
        format!("{layer} {} {ticket}\n", self.until.millis())
    }

    /// From a line without its end.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let request = Self {
            layer: sum_of(words.next()?)?,
            until: time_of(words.next()?)?,
            ticket: sum_of(words.next()?)?,
        };
        words.next().is_none().then_some(request)
    }

    /// Whether the control plane has let the node with that certificate in to the layer, as the peer of `key` sees it.
    pub fn is_allowed(&self, certificate: &Sum, key: &TicketKey, now: Timestamp) -> bool {
        let claim = Claim {
            layer: self.layer,
            certificate: *certificate,
            until: self.until,
        };
        now < self.until && claim.is_proven_by(&self.ticket, key)
    }
}

fn time_of(text: &str) -> Option<Timestamp> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let millis = is_number.then(|| text.parse::<i64>().ok()).flatten()?;
    Some(Timestamp::from_millis(millis))
}

/// How a peer answers: one byte, and after [`Answer::Here`] the size of the layer (8 bytes, big end first) and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Here,
    /// No ticket of the control plane's for this layer and this node.
    Refused,
    NotHere,
    /// Not now.
    Busy,
}

impl Answer {
    pub fn byte(self) -> u8 {
        match self {
            Self::Here => 0,
            Self::Refused => 1,
            Self::NotHere => 2,
            Self::Busy => 3,
        }
    }

    pub fn of(byte: u8) -> Option<Self> {
        let all = [Self::Here, Self::Refused, Self::NotHere, Self::Busy];
        all.into_iter().find(|answer| answer.byte() == byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: TicketKey = [7; 32];

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn claim() -> Claim {
        Claim {
            layer: [1; 32],
            certificate: [2; 32],
            until: at(1000),
        }
    }

    fn request(claim: Claim, key: &TicketKey) -> Request {
        Request {
            layer: claim.layer,
            until: claim.until,
            ticket: claim.ticket(key),
        }
    }

    #[test]
    fn a_ticket_opens_one_layer_to_one_node_for_a_while() {
        let good = request(claim(), &KEY);
        assert!(good.is_allowed(&[2; 32], &KEY, at(999)));
        assert!(!good.is_allowed(&[2; 32], &KEY, at(1000)), "it is over");
        assert!(!good.is_allowed(&[3; 32], &KEY, at(0)), "another node");
        assert!(!good.is_allowed(&[2; 32], &[8; 32], at(0)), "another peer");
        for forged in [
            Request {
                layer: [9; 32],
                ..good
            },
            Request {
                until: at(2000),
                ..good
            },
            Request {
                ticket: [0; 32],
                ..good
            },
        ] {
            assert!(!forged.is_allowed(&[2; 32], &KEY, at(0)), "{forged:?}");
        }
    }

    #[test]
    fn requests_are_lines() {
        let good = request(claim(), &KEY);
        let line = good.line();
        assert!(line.len() <= MOST_REQUEST);
        let line = line.strip_suffix('\n').unwrap();
        assert_eq!(Request::read(line), Some(good));
        for bad in [
            "",
            "a b c",
            &format!("{line} more"),
            &line.to_uppercase(),
            &line.replace(" 1000 ", " -1 "),
        ] {
            assert_eq!(Request::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn peers_are_named_in_a_header() {
        let peer = |address: &str| Peer {
            address: address.parse().unwrap(),
            certificate: [2; 32],
            until: at(5),
            ticket: claim().ticket(&KEY),
        };
        let both = [peer("10.0.0.7:4000"), peer("[fd00::1]:4000")];
        assert_eq!(peers(&header(&both)), both);
        assert_eq!(peers(""), []);
        let odd = format!("nowhere, {}, 10.0.0.7:1 x 5 y", header(&both[..1]));
        assert_eq!(peers(&odd), both[..1]);
        let many = vec![both[0]; MOST_PEERS + 1];
        assert_eq!(peers(&header(&many)).len(), MOST_PEERS);
    }

    #[test]
    fn answers_are_bytes() {
        for answer in [Answer::Here, Answer::Refused, Answer::NotHere, Answer::Busy] {
            assert_eq!(Answer::of(answer.byte()), Some(answer));
        }
        assert_eq!(Answer::of(4), None);
    }
}
