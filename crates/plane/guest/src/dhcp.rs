//! DHCP for the one guest at the other end of a tap: what it asks, and the answer. Pure.
//!
//! Frames are the guest's, so any bytes may be in them.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// What a guest is told of its network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub address: Ipv4Addr,
    /// Bits of the subnet's prefix.
    pub prefix: u8,
    pub gateway: Ipv4Addr,
    pub name_servers: Vec<Ipv4Addr>,
    /// `ec2.internal`
    pub domain: String,
    /// `ip-172-31-16-4`
    pub host_name: String,
    pub mtu: u16,
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::UNSPECIFIED,
            prefix: 0,
            gateway: Ipv4Addr::UNSPECIFIED,
            name_servers: Vec::new(),
            domain: String::new(),
            host_name: String::new(),
            mtu: 1500,
        }
    }
}

/// Seconds, as in a VPC; the address stays its own for as long as it is there.
const LEASED: u32 = 3600;

const ETHERNET: usize = 14;
const IP: usize = 20;
const UDP: usize = 8;
/// Of a message of BOOTP, up to the options.
const FIXED: usize = 240;
/// Clients expect no less.
const LEAST: usize = 300;
/// Resolvers read no more.
const MOST_NAME_SERVERS: usize = 3;
const MAGIC: [u8; 4] = [99, 130, 83, 99];
const SERVER_PORT: [u8; 2] = [0, 67];
const CLIENT_PORT: [u8; 2] = [0, 68];

mod option {
    pub const MASK: u8 = 1;
    pub const ROUTER: u8 = 3;
    pub const NAME_SERVERS: u8 = 6;
    pub const HOST_NAME: u8 = 12;
    pub const DOMAIN: u8 = 15;
    pub const MTU: u8 = 26;
    pub const REQUESTED: u8 = 50;
    pub const LEASED: u8 = 51;
    pub const KIND: u8 = 53;
    pub const SERVER: u8 = 54;
    pub const END: u8 = 255;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Acknowledgement = 5,
    Refusal = 6,
    Inform = 8,
}

struct Asked<'a> {
    kind: Kind,
    /// Of the message of BOOTP.
    message: &'a [u8],
    /// Where it was sent from, by its hardware.
    from: [u8; 6],
    own: Ipv4Addr,
    requested: Option<Ipv4Addr>,
    server: Option<Ipv4Addr>,
}

/// The frame that answers another; `None` for one that is nothing of ours. `own`: this end's hardware address.
pub fn answer(frame: &[u8], lease: &Lease, own: [u8; 6]) -> Option<Vec<u8>> {
    let asked = read(frame)?;
    if asked.server.is_some_and(|it| it != lease.gateway) {
        return None;
    }
    let wants = asked
        .requested
        .or_else(|| Some(asked.own).filter(|it| !it.is_unspecified()));
    let kind = match asked.kind {
        Kind::Discover => Kind::Offer,
        Kind::Request if wants.is_some_and(|it| it != lease.address) => Kind::Refusal,
        Kind::Request | Kind::Inform => Kind::Acknowledgement,
        Kind::Offer | Kind::Acknowledgement | Kind::Refusal => return None,
    };
    Some(frame_of(&asked, &message(&asked, kind, lease), lease, own))
}

fn read(frame: &[u8]) -> Option<Asked<'_>> {
    let from: [u8; 6] = frame.get(6..12)?.try_into().ok()?;
    if frame.get(12..14)? != [8, 0] {
        return None;
    }
    let ip = frame.get(ETHERNET..)?;
    let first = *ip.first()?;
    let header = usize::from(first & 0x0f) * 4;
    if first >> 4 != 4 || header < IP || *ip.get(9)? != 17 {
        return None;
    }
    let udp = ip.get(header..)?;
    if udp.get(2..4)? != SERVER_PORT {
        return None;
    }
    let message = udp.get(UDP..)?;
    // A request of hardware that has addresses of six bytes.
    if message.get(..3)? != [1, 1, 6] || message.get(236..FIXED)? != MAGIC {
        return None;
    }
    let mut asked = Asked {
        kind: Kind::Offer,
        message,
        from,
        own: address(message.get(12..16)?)?,
        requested: None,
        server: None,
    };
    let mut rest = message.get(FIXED..)?;
    loop {
        match rest {
            [0, after @ ..] => rest = after,
            [option::END, ..] | [] | [_] => break,
            [code, length, after @ ..] => {
                let (value, after) = after.split_at_checked(usize::from(*length))?;
                match *code {
                    option::KIND => asked.kind = kind_of(*value.first()?)?,
                    option::REQUESTED => asked.requested = address(value),
                    option::SERVER => asked.server = address(value),
                    _ => {}
                }
                rest = after;
            }
        }
    }
    Some(asked)
}

fn kind_of(number: u8) -> Option<Kind> {
    [Kind::Discover, Kind::Request, Kind::Inform]
        .into_iter()
        .find(|it| *it as u8 == number)
}

fn address(bytes: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

fn message(asked: &Asked<'_>, kind: Kind, lease: &Lease) -> Vec<u8> {
    let asked_for = asked.message;
    let mut out = vec![0; FIXED];
    out[..4].copy_from_slice(&[2, 1, 6, 0]);
    // What the request is known by, its flags, and who asks.
    out[4..8].copy_from_slice(&asked_for[4..8]);
    out[10..12].copy_from_slice(&asked_for[10..12]);
    out[28..44].copy_from_slice(&asked_for[28..44]);
    out[236..FIXED].copy_from_slice(&MAGIC);
    let mut put = |code: u8, value: &[u8]| {
        let value = &value[..value.len().min(255)];
        out.push(code);
        out.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(value);
    };
    put(option::KIND, &[kind as u8]);
    put(option::SERVER, &lease.gateway.octets());
    if kind != Kind::Refusal {
        if asked.kind != Kind::Inform {
            put(option::LEASED, &LEASED.to_be_bytes());
        }
        put(option::MASK, &mask(lease.prefix).to_be_bytes());
        put(option::ROUTER, &lease.gateway.octets());
        let servers = lease.name_servers.iter().take(MOST_NAME_SERVERS);
        let servers: Vec<u8> = servers.flat_map(|it| it.octets()).collect();
        let mtu = lease.mtu.to_be_bytes();
        for (code, value) in [
            (option::NAME_SERVERS, servers.as_slice()),
            (option::HOST_NAME, lease.host_name.as_bytes()),
            (option::DOMAIN, lease.domain.as_bytes()),
            (option::MTU, mtu.as_slice()),
        ] {
            if !value.is_empty() {
                put(code, value);
            }
        }
    }
    out.push(option::END);
    if kind != Kind::Refusal && asked.kind != Kind::Inform {
        out[16..20].copy_from_slice(&lease.address.octets());
    }
    out.resize(out.len().max(LEAST), 0);
    out
}

fn mask(prefix: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(prefix.min(32)))
        .unwrap_or(0)
}

fn frame_of(asked: &Asked<'_>, message: &[u8], lease: &Lease, own: [u8; 6]) -> Vec<u8> {
    // Who has no address yet hears what is sent to all, if it says so.
    let to = match asked.message[10] & 0x80 {
        0 => lease.address,
        _ => Ipv4Addr::BROADCAST,
    };
    let mut out = Vec::with_capacity(ETHERNET + IP + UDP + message.len());
    out.extend_from_slice(&asked.from);
    out.extend_from_slice(&own);
    out.extend_from_slice(&[8, 0]);
    let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes();
    let mut ip = vec![0x45, 0];
    ip.extend_from_slice(&length(IP + UDP + message.len()));
    ip.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0]);
    ip.extend_from_slice(&lease.gateway.octets());
    ip.extend_from_slice(&to.octets());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    out.extend_from_slice(&ip);
    out.extend_from_slice(&SERVER_PORT);
    out.extend_from_slice(&CLIENT_PORT);
    out.extend_from_slice(&length(UDP + message.len()));
    // None: with IPv4 it may be left out.
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(message);
    out
}

fn checksum(header: &[u8]) -> u16 {
    let words = header.chunks_exact(2);
    let sum: u32 = words
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    !u16::try_from(sum & 0xffff).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUEST: [u8; 6] = [0x0a, 0, 0, 0, 0, 5];
    const OWN: [u8; 6] = [2, 0, 0, 0, 0, 1];

    fn lease() -> Lease {
        Lease {
            address: Ipv4Addr::new(172, 31, 20, 5),
            prefix: 20,
            gateway: Ipv4Addr::new(172, 31, 16, 1),
            name_servers: vec![Ipv4Addr::new(169, 254, 169, 253)],
            domain: "ec2.internal".to_owned(),
            host_name: "ip-172-31-20-5".to_owned(),
            mtu: 1450,
        }
    }

    fn request(kind: u8, options: &[u8], flags: u8) -> Vec<u8> {
        let mut message = vec![0; FIXED];
        message[..8].copy_from_slice(&[1, 1, 6, 0, 9, 8, 7, 6]);
        message[10] = flags;
        message[28..34].copy_from_slice(&GUEST);
        message[236..].copy_from_slice(&MAGIC);
        message.extend_from_slice(&[option::KIND, 1, kind]);
        message.extend_from_slice(options);
        message.push(option::END);
        let mut frame = vec![0xff; 6];
        frame.extend_from_slice(&GUEST);
        frame.extend_from_slice(&[8, 0, 0x45]);
        frame.extend_from_slice(&[0; 8]);
        frame.push(17);
        frame.extend_from_slice(&[0; 10]);
        frame.extend_from_slice(&[0, 68, 0, 67, 0, 0, 0, 0]);
        frame.extend_from_slice(&message);
        frame
    }

    /// The kind of an answer, the address in it, and its options.
    fn answered(kind: u8, options: &[u8]) -> Option<(u8, Ipv4Addr, Vec<u8>)> {
        let frame = answer(&request(kind, options, 0), &lease(), OWN)?;
        assert_eq!((&frame[..6], &frame[6..12]), (&GUEST[..], &OWN[..]));
        assert_eq!(checksum(&frame[ETHERNET..ETHERNET + IP]), 0);
        let message = &frame[ETHERNET + IP + UDP..];
        assert_eq!(message[4..8], [9, 8, 7, 6]);
        assert_eq!(message[28..34], GUEST);
        let options = message[FIXED..].to_vec();
        assert_eq!(options[..2], [option::KIND, 1]);
        Some((options[2], address(&message[16..20])?, options))
    }

    #[test]
    fn a_guest_gets_its_address() {
        let own = lease().address;
        let (kind, address, options) = answered(1, &[]).unwrap();
        assert_eq!((kind, address), (2, own));
        let has = |part: &[u8]| options.windows(part.len()).any(|it| it == part);
        assert!(has(&[option::MASK, 4, 255, 255, 240, 0]));
        assert!(has(&[option::ROUTER, 4, 172, 31, 16, 1]));
        assert!(has(&[option::NAME_SERVERS, 4, 169, 254, 169, 253]));
        assert!(has(&[option::MTU, 2, 5, 170]));
        assert!(has(b"ip-172-31-20-5") && has(b"ec2.internal"));

        let asks = |last: u8| [option::REQUESTED, 4, 172, 31, 20, last];
        let (kind, address, _) = answered(3, &asks(5)).unwrap();
        assert_eq!((kind, address), (5, own));
        // Another's is not for it.
        let (kind, address, _) = answered(3, &asks(9)).unwrap();
        assert_eq!((kind, address), (6, Ipv4Addr::UNSPECIFIED));
        // It told another server.
        assert!(answered(3, &[option::SERVER, 4, 10, 0, 0, 1]).is_none());
        let (kind, address, _) = answered(8, &[]).unwrap();
        assert_eq!((kind, address), (5, Ipv4Addr::UNSPECIFIED));
        for other in [0, 2, 4, 5, 7, 9] {
            assert!(answered(other, &[]).is_none(), "{other}");
        }
    }

    #[test]
    fn who_wants_it_is_answered_by_what_all_hear() {
        let to = |flags| {
            let frame = answer(&request(1, &[], flags), &lease(), OWN).unwrap();
            address(&frame[ETHERNET + 16..ETHERNET + 20]).unwrap()
        };
        assert_eq!(to(0), lease().address);
        assert_eq!(to(0x80), Ipv4Addr::BROADCAST);
    }

    #[test]
    fn what_is_cut_off_is_not_answered() {
        let whole = request(1, &[option::REQUESTED, 4, 1, 2, 3, 4], 0);
        for length in 0..whole.len() - 1 {
            let _ = answer(&whole[..length], &lease(), OWN);
        }
        assert!(answer(&whole[..ETHERNET + IP + UDP + FIXED - 1], &lease(), OWN).is_none());
        // An option that is longer than what is there.
        assert!(answered(1, &[option::REQUESTED, 200, 1]).is_none());
    }

    proptest! {
        #[test]
        fn any_frame_is_read(frame in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = answer(&frame, &lease(), OWN);
        }

        #[test]
        fn any_options_are_read(options in prop::collection::vec(any::<u8>(), 0..200), kind in 0..10_u8) {
            let _ = answer(&request(kind, &options, 0), &lease(), OWN);
        }
    }
}
