//! IPv6 for the one guest at the other end of a tap: it hears of its router ([`neighbours`]), which tells it to ask for its
//! addresses ([`dhcp`]). Pure.
//!
//! Frames are the guest's, so any bytes may be in them. A question has one answer at most, no longer than a packet may be on any
//! link; nothing is kept of it.

mod dhcp;
mod frame;
mod neighbours;

use std::net::Ipv6Addr;

use self::frame::{Heard, ICMP, UDP};

/// The router of the guest, and who answers it. It has the name that routers have in all namespaces of a VPC.
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// This end of the tap.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub hardware: [u8; 6],
    pub mtu: u16,
}

/// The frame that answers another; `None` for one that is nothing of ours. `addresses`: those that are led to the guest, `None` if
/// that is not known.
pub fn answer(
    frame: &[u8],
    end: End,
    addresses: impl Fn() -> Option<Vec<Ipv6Addr>>,
) -> Option<Vec<u8>> {
    let heard = Heard::read(frame)?;
    match heard.protocol {
        ICMP => neighbours::answer(&heard, end, || {
            addresses().is_some_and(|all| !all.is_empty())
        }),
        UDP => dhcp::answer(&heard, end, addresses),
        _ => None,
    }
}

/// What the guest hears without asking, so that its way out does not expire and that it learns of its first address; `None` for one
/// that has none.
pub fn unasked(end: End, addresses: &[Ipv6Addr]) -> Option<Vec<u8>> {
    (!addresses.is_empty()).then(|| neighbours::advertisement(end, None))
}

#[cfg(test)]
mod tests {
    use super::{
        frame::{
            HOPS,
            tests::{END, guests},
        },
        *,
    };

    #[test]
    fn addresses_are_looked_up_for_who_asks_for_them() {
        let target = [&[135_u8, 0, 0, 0, 0, 0, 0, 0][..], &ROUTER.octets()].concat();
        let frame = guests("fe80::5", (ICMP, HOPS), &target);
        assert!(answer(&frame, END, || unreachable!("of its neighbour")).is_some());
        let tcp = guests("fe80::5", (6, HOPS), &target);
        assert!(answer(&tcp, END, || unreachable!("of nobody")).is_none());
        let frame = guests("fe80::5", (ICMP, HOPS), &[133, 0, 0, 0, 0, 0, 0, 0]);
        let own = Ipv6Addr::new(0xfd12, 0, 0, 0, 0, 0, 0, 5);
        assert!(answer(&frame, END, || None).is_none());
        assert!(answer(&frame, END, || Some(Vec::new())).is_none());
        assert!(answer(&frame, END, || Some(vec![own])).is_some());
        assert!(unasked(END, &[]).is_none());
        assert_eq!(unasked(END, &[own]).unwrap()[..2], [0x33, 0x33]);
    }
}
