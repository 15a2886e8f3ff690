//! DHCPv6: the addresses that are led to a guest, for as long as they are. Pure.
//!
//! All that it has are told at once, under the first association that it names: which is the one for its own use is the guest's
//! affair. Names and name servers it has by IPv4.

use std::net::Ipv6Addr;

use super::{
    End,
    frame::{Heard, To, UDP, frame_of},
};

/// Seconds that an address is the guest's after it heard of it, as over IPv4.
const LEASED: u32 = 3600;
/// … and after which it asks again: so soon it knows of addresses that came or went.
const ASKS_AFTER: u32 = 300;
/// … and anybody else who may know.
const ASKS_ANYBODY_AFTER: u32 = 1800;

/// The answer fits a packet of 1,280 bytes, which any link carries: 30 addresses take 840 of them.
const MOST_TOLD: usize = 30;
/// … and so many more that are told to be the guest's no more.
const MOST_GONE: usize = 4;
/// Others hear that there is nothing for them; those after that nothing.
const MOST_ASSOCIATIONS: usize = 4;
/// Of a name that a client gives itself (RFC 8415, 11.1).
const MOST_NAME: usize = 130;
/// More than messages have.
const MOST_OPTIONS: usize = 64;

const HEAD: usize = 8;
/// Where that has its sum.
const SUM_AT: usize = 6;
const SERVER_PORT: [u8; 2] = [0x02, 0x23];
const CLIENT_PORT: [u8; 2] = [0x02, 0x22];

mod option {
    pub const CLIENT: u16 = 1;
    pub const SERVER: u16 = 2;
    pub const ASSOCIATION: u16 = 3;
    pub const ADDRESS: u16 = 5;
    pub const PREFERENCE: u16 = 7;
    pub const STATUS: u16 = 13;
}

/// Of a status.
const SUCCESS: u16 = 0;
const NO_ADDRESSES: u16 = 2;
const NOT_ON_LINK: u16 = 4;

/// Nobody else answers, so nobody else is waited for.
const SOLE: u8 = 255;
/// A name made of a hardware address, which is one of Ethernet.
const BY_HARDWARE: [u8; 4] = [0, 3, 0, 1];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Solicit = 1,
    Advertise = 2,
    Request = 3,
    Confirm = 4,
    Renew = 5,
    Rebind = 6,
    Reply = 7,
    Release = 8,
    Decline = 9,
    Inform = 11,
}

impl Kind {
    /// Of a client.
    fn of(number: u8) -> Option<Self> {
        [
            Self::Solicit,
            Self::Request,
            Self::Confirm,
            Self::Renew,
            Self::Rebind,
            Self::Release,
            Self::Decline,
            Self::Inform,
        ]
        .into_iter()
        .find(|it| *it as u8 == number)
    }
}

struct Asked<'a> {
    kind: Kind,
    /// What the question is known by.
    number: [u8; 3],
    client: Option<&'a [u8]>,
    server: Option<&'a [u8]>,
    associations: Vec<Association>,
}

struct Association {
    id: [u8; 4],
    /// What the guest takes for its own.
    addresses: Vec<Ipv6Addr>,
}

impl Asked<'_> {
    /// Whether the guest would go on with what it has.
    fn keeps(&self) -> bool {
        matches!(self.kind, Kind::Renew | Kind::Rebind)
    }

    /// Whether it has anything that it would go on with.
    fn keeps_any(&self) -> bool {
        let first = self.associations.first();
        self.keeps() && first.is_some_and(|it| !it.addresses.is_empty())
    }
}

/// `addresses`: those that are led to the guest, `None` if that is not known. One without hears nothing, but that it has lost the last.
pub fn answer(
    heard: &Heard<'_>,
    end: End,
    addresses: impl FnOnce() -> Option<Vec<Ipv6Addr>>,
) -> Option<Vec<u8>> {
    let (head, message) = heard.payload.split_first_chunk::<HEAD>()?;
    if head[2..4] != SERVER_PORT || !heard.from.is_unicast_link_local() {
        return None;
    }
    let asked = read(message)?;
    let own = name(end);
    if !is_for_us(&asked, &own) {
        return None;
    }
    let addresses = addresses()?;
    if addresses.is_empty() && !asked.keeps_any() {
        return None;
    }
    let told = told(&asked, &addresses)?;
    let kind = match asked.kind {
        Kind::Solicit => Kind::Advertise,
        _ => Kind::Reply,
    };
    // Length and sum are yet to come.
    let mut out = [SERVER_PORT, CLIENT_PORT, [0, 0], [0, 0]].concat();
    out.push(kind as u8);
    out.extend_from_slice(&asked.number);
    if let Some(client) = asked.client {
        put(&mut out, option::CLIENT, client);
    }
    put(&mut out, option::SERVER, &own);
    out.extend_from_slice(&told);
    let length = u16::try_from(out.len()).unwrap_or(u16::MAX);
    out[4..6].copy_from_slice(&length.to_be_bytes());
    Some(frame_of(end, To::asker(heard), (UDP, out, SUM_AT)))
}

/// Whether a message names who it must, and nobody else (RFC 8415, 16).
fn is_for_us(asked: &Asked<'_>, own: &[u8]) -> bool {
    let names_us = asked.server == Some(own);
    match asked.kind {
        Kind::Solicit | Kind::Confirm | Kind::Rebind => {
            asked.client.is_some() && asked.server.is_none()
        }
        Kind::Request | Kind::Renew | Kind::Release | Kind::Decline => {
            asked.client.is_some() && names_us
        }
        Kind::Inform => asked.associations.is_empty() && (names_us || asked.server.is_none()),
        Kind::Advertise | Kind::Reply => false,
    }
}

/// The options that a kind of message is answered by.
fn told(asked: &Asked<'_>, addresses: &[Ipv6Addr]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match asked.kind {
        Kind::Solicit | Kind::Request | Kind::Renew | Kind::Rebind => {
            let (first, others) = asked.associations.split_first()?;
            if asked.kind == Kind::Solicit {
                put(&mut out, option::PREFERENCE, &[SOLE]);
            }
            let given = given(first, asked.keeps(), addresses);
            put(&mut out, option::ASSOCIATION, &given);
            for other in others {
                let mut nothing = [&other.id[..], &[0; 8]].concat();
                put(&mut nothing, option::STATUS, &NO_ADDRESSES.to_be_bytes());
                put(&mut out, option::ASSOCIATION, &nothing);
            }
        }
        Kind::Confirm => {
            let mut all = asked
                .associations
                .iter()
                .flat_map(|it| &it.addresses)
                .peekable();
            all.peek()?;
            let status = match all.all(|it| addresses.contains(it)) {
                true => SUCCESS,
                false => NOT_ON_LINK,
            };
            put(&mut out, option::STATUS, &status.to_be_bytes());
        }
        Kind::Release | Kind::Decline => {
            put(&mut out, option::STATUS, &SUCCESS.to_be_bytes());
        }
        Kind::Inform => {}
        Kind::Advertise | Kind::Reply => return None,
    }
    Some(out)
}

/// What is in an association: the addresses, and, of one that is to be kept (`keeps`), those that are the guest's no more.
fn given(of: &Association, keeps: bool, addresses: &[Ipv6Addr]) -> Vec<u8> {
    let mut out = of.id.to_vec();
    out.extend_from_slice(&ASKS_AFTER.to_be_bytes());
    out.extend_from_slice(&ASKS_ANYBODY_AFTER.to_be_bytes());
    let told = addresses.iter().take(MOST_TOLD).map(|it| (it, LEASED));
    let gone = of
        .addresses
        .iter()
        .filter(|it| keeps && !addresses.contains(it));
    let gone = gone.map(|it| (it, 0));
    for (address, seconds) in told.chain(gone).take(MOST_TOLD + MOST_GONE) {
        let mut value = address.octets().to_vec();
        // For as long as it is had it is also spoken from.
        value.extend_from_slice(&seconds.to_be_bytes());
        value.extend_from_slice(&seconds.to_be_bytes());
        put(&mut out, option::ADDRESS, &value);
    }
    out
}

fn name(end: End) -> Vec<u8> {
    [&BY_HARDWARE[..], &end.hardware].concat()
}

fn put(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_be_bytes());
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
}

fn read(message: &[u8]) -> Option<Asked<'_>> {
    let (&[kind, a, b, c], rest) = message.split_first_chunk::<4>()?;
    let mut asked = Asked {
        kind: Kind::of(kind)?,
        number: [a, b, c],
        client: None,
        server: None,
        associations: Vec::new(),
    };
    for (code, value) in options(rest)? {
        match code {
            option::CLIENT => {
                let is_name = !value.is_empty() && value.len() <= MOST_NAME;
                asked.client = Some(is_name.then_some(value)?);
            }
            option::SERVER => asked.server = Some(value),
            option::ASSOCIATION if asked.associations.len() < MOST_ASSOCIATIONS => {
                asked.associations.push(association(value)?);
            }
            _ => {}
        }
    }
    Some(asked)
}

fn association(value: &[u8]) -> Option<Association> {
    // Its number, and two times that the guest would like.
    let (head, rest) = value.split_first_chunk::<12>()?;
    let mut addresses = Vec::new();
    for (code, value) in options(rest)? {
        if code == option::ADDRESS {
            let (address, _) = value.split_first_chunk::<16>()?;
            addresses.push(Ipv6Addr::from(*address));
        }
    }
    let [a, b, c, d, ..] = *head;
    Some(Association {
        id: [a, b, c, d],
        addresses,
    })
}

/// `None` if one is longer than what is there, or they are too many.
fn options(mut rest: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (&[a, b, c, d], after) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([c, d]));
        let (value, after) = after.split_at_checked(length)?;
        if all.len() == MOST_OPTIONS {
            return None;
        }
        all.push((u16::from_be_bytes([a, b]), value));
        rest = after;
    }
    Some(all)
}

#[cfg(test)]
mod tests;
