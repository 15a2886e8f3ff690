//! Neighbour discovery: there is nobody on the link but the guest and its router, who stands for all others. Pure.
//!
//! Whether anybody has an address is not said by this: all of them are behind the router, those of nobody, too.

use std::net::Ipv6Addr;

use super::{
    End, ROUTER,
    frame::{HOPS, Heard, ICMP, To, frame_of},
};

const ASKS_FOR_ROUTERS: u8 = 133;
const ROUTER_IS: u8 = 134;
const ASKS_FOR_NEIGHBOUR: u8 = 135;
const NEIGHBOUR_IS: u8 = 136;

/// Where a message has its sum.
const SUM_AT: usize = 2;
/// Where one that asks for a neighbour has its address, and where that ends.
const TARGET: std::ops::Range<usize> = 8..24;
/// Of one that asks for routers, without options.
const LEAST: usize = 8;

/// Of what says where a neighbour is.
const IS_ROUTER: u8 = 0x80;
const IS_ASKED_FOR: u8 = 0x40;
const OVERRIDES: u8 = 0x20;

/// Addresses are given out by DHCP, and there alone.
const BY_DHCP: u8 = 0x80;
/// Hops of what the guest sends, unless it knows better.
const GUESTS_HOPS: u8 = 64;
/// Seconds that the router is one after it said so, which it does again long before.
const ROUTER_FOR: u16 = 1800;

mod option {
    pub const OWN_HARDWARE: u8 = 1;
    pub const TARGETS_HARDWARE: u8 = 2;
    pub const MTU: u8 = 5;
}

/// `has_addresses`: whether anything is led to the guest. One without is told of no way out.
pub fn answer(
    heard: &Heard<'_>,
    end: End,
    has_addresses: impl FnOnce() -> bool,
) -> Option<Vec<u8>> {
    let (&[kind, code, ..], HOPS) = (heard.payload, heard.hops) else {
        return None;
    };
    match (kind, code) {
        (ASKS_FOR_ROUTERS, 0) => {
            let is_one = heard.payload.len() >= LEAST
                && (heard.from.is_unspecified() || heard.from.is_unicast_link_local());
            (is_one && has_addresses()).then(|| advertisement(end, Some(heard)))
        }
        (ASKS_FOR_NEIGHBOUR, 0) => neighbour(heard, end),
        _ => None,
    }
}

/// What the router says of itself, to who asked or to all.
pub fn advertisement(end: End, asked: Option<&Heard<'_>>) -> Vec<u8> {
    let mut out = vec![ROUTER_IS, 0, 0, 0, GUESTS_HOPS, BY_DHCP];
    out.extend_from_slice(&ROUTER_FOR.to_be_bytes());
    // How long a neighbour counts as there, and when one is asked again: as the guest likes.
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&hardware(option::OWN_HARDWARE, end));
    out.extend_from_slice(&[option::MTU, 1, 0, 0]);
    out.extend_from_slice(&u32::from(end.mtu).to_be_bytes());
    let to = asked.map_or_else(To::everybody, To::asker);
    frame_of(end, to, (ICMP, out, SUM_AT))
}

fn neighbour(heard: &Heard<'_>, end: End) -> Option<Vec<u8>> {
    let target: [u8; 16] = heard.payload.get(TARGET)?.try_into().ok()?;
    let target = Ipv6Addr::from(target);
    let is_router = target == ROUTER;
    // Who has no address yet asks whether it may have this one: all but the router's are its own affair.
    let is_asked_for = !heard.from.is_unspecified();
    let is_nobody = target.is_unspecified() || target.is_loopback() || target.is_multicast();
    let is_behind =
        is_asked_for && target != heard.from && !is_nobody && !target.is_unicast_link_local();
    if !(is_router || is_behind) {
        return None;
    }
    let mut flags = 0;
    if is_router {
        flags |= IS_ROUTER | OVERRIDES;
    }
    if is_asked_for {
        flags |= IS_ASKED_FOR;
    }
    let mut out = vec![NEIGHBOUR_IS, 0, 0, 0, flags, 0, 0, 0];
    out.extend_from_slice(&target.octets());
    out.extend_from_slice(&hardware(option::TARGETS_HARDWARE, end));
    Some(frame_of(end, To::asker(heard), (ICMP, out, SUM_AT)))
}

/// This end's hardware address, as an option.
fn hardware(code: u8, end: End) -> [u8; 8] {
    let [a, b, c, d, e, f] = end.hardware;
    [code, 1, a, b, c, d, e, f]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::frame::{
            EVERYBODY,
            tests::{END, GUEST, guests, opened},
        },
        *,
    };

    fn asked_for(from: &str, target: &str) -> Option<Vec<u8>> {
        let target: Ipv6Addr = target.parse().unwrap();
        let mut payload = vec![ASKS_FOR_NEIGHBOUR, 0, 0, 0, 0, 0, 0, 0];
        payload.extend_from_slice(&target.octets());
        let frame = guests(from, (ICMP, HOPS), &payload);
        answer(&Heard::read(&frame).unwrap(), END, || true)
    }

    #[test]
    fn the_router_stands_for_all_but_the_guest_and_the_link() {
        let flags = |from: &str, target: &str| -> Option<(String, u8)> {
            let answer = asked_for(from, target)?;
            assert_eq!(answer[..6], GUEST);
            let (to, said) = opened(&answer, ICMP);
            assert_eq!((said[0], said.len()), (NEIGHBOUR_IS, 32));
            let target: Ipv6Addr = target.parse().unwrap();
            assert_eq!(said[TARGET], target.octets());
            assert_eq!(said[24..], [&[2_u8, 1][..], &END.hardware].concat());
            Some((to.to_string(), said[4]))
        };
        let own = "fd12:3456:789a:bc01::5";
        let check = |from: &str, target: &str, to: &str, wanted: u8| {
            let found = flags(from, target);
            assert_eq!(found, Some((to.to_owned(), wanted)), "{from} {target}");
        };
        check("fe80::5", "fe80::1", "fe80::5", 0xe0);
        check(own, "fe80::1", own, 0xe0);
        check(own, "fd12:3456:789a:bc01::6", own, 0x40);
        // It may not have that one.
        check("::", "fe80::1", "ff02::1", 0xa0);
        for (from, target) in [
            ("::", own),
            ("::", "fe80::5"),
            (own, own),
            (own, "fe80::5"),
            (own, "fe80::6"),
            (own, "::"),
            (own, "::1"),
            (own, "ff02::1"),
        ] {
            assert_eq!(flags(from, target), None, "{from} {target}");
        }
    }

    #[test]
    fn a_guest_with_addresses_hears_of_its_router() {
        let ask = |from: &str, hops: u8, has_addresses: bool| -> Option<Vec<u8>> {
            let payload = [ASKS_FOR_ROUTERS, 0, 0, 0, 0, 0, 0, 0];
            let frame = guests(from, (ICMP, hops), &payload);
            answer(&Heard::read(&frame).unwrap(), END, || has_addresses)
        };
        let asked = ask("fe80::5", HOPS, true).unwrap();
        let unasked = advertisement(END, None);
        assert_eq!(
            (&asked[..6], &unasked[..6]),
            (&GUEST[..], &[0x33, 0x33, 0, 0, 0, 1][..])
        );
        for (frame, to) in [
            (asked, "fe80::5"),
            (ask("::", HOPS, true).unwrap(), "ff02::1"),
            (unasked, "ff02::1"),
        ] {
            let (found, said) = opened(&frame, ICMP);
            assert_eq!(found.to_string(), to);
            assert_eq!(said[..2], [134, 0]);
            assert_eq!(said[4..8], [64, 0x80, 7, 8]);
            assert_eq!(said[16..24], [1, 1, 2, 0, 0, 0, 0, 1]);
            assert_eq!(said[24..], [5, 1, 0, 0, 0, 0, 5, 170]);
        }
        assert!(ask("fe80::5", HOPS, false).is_none());
        // A router passed it on, or it is of nobody's on the link.
        assert!(ask("fe80::5", 64, true).is_none());
        assert!(ask("fd12:3456:789a:bc01::5", HOPS, true).is_none());
    }

    #[test]
    fn what_is_cut_off_is_not_answered() {
        for (kind, least) in [(ASKS_FOR_ROUTERS, 8), (ASKS_FOR_NEIGHBOUR, 24)] {
            let mut payload = vec![kind];
            payload.resize(8, 0);
            payload.extend_from_slice(&ROUTER.octets());
            for length in 0..=payload.len() {
                let frame = guests("fe80::5", (ICMP, HOPS), &payload[..length]);
                let answer = answer(&Heard::read(&frame).unwrap(), END, || true);
                assert_eq!(answer.is_some(), length >= least, "{kind} {length}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_message_is_read(payload in prop::collection::vec(any::<u8>(), 0..100), kind in 130..140_u8) {
            let payload = [&[kind][..], &payload].concat();
            let frame = guests("fe80::5", (ICMP, HOPS), &payload);
            if let Some(answer) = answer(&Heard::read(&frame).unwrap(), END, || true) {
                let (to, _) = opened(&answer, ICMP);
                prop_assert!(to == EVERYBODY || to.to_string() == "fe80::5");
            }
        }
    }
}
