//! Frames of IPv6: what is read of a guest's, and those that it gets. Pure.

use std::net::Ipv6Addr;

use super::{End, ROUTER};

pub const ICMP: u8 = 58;
pub const UDP: u8 = 17;
/// All that are on a link, and their hardware address.
pub const EVERYBODY: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const EVERYBODYS_HARDWARE: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
/// Of what a router has not passed on.
pub const HOPS: u8 = 255;

const KIND: [u8; 2] = [0x86, 0xdd];
const ETHERNET: usize = 14;
const HEAD: usize = 40;
/// Of a hardware address that is a group's.
const GROUP: u8 = 1;

/// A packet, without heads between those of IPv6 and of its protocol: what is asked here has none.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// Where it was sent from, by its hardware.
    pub hardware: [u8; 6],
    pub from: Ipv6Addr,
    pub hops: u8,
    pub protocol: u8,
    pub payload: &'a [u8],
}

impl<'a> Heard<'a> {
    /// Sums are not looked at: what is left to be computed of a guest's frame is computed on its way out of this machine.
    pub fn read(frame: &'a [u8]) -> Option<Self> {
        let hardware: [u8; 6] = frame.get(6..12)?.try_into().ok()?;
        if hardware[0] & GROUP != 0 || frame.get(12..ETHERNET)? != KIND {
            return None;
        }
        let (head, rest) = frame.get(ETHERNET..)?.split_first_chunk::<HEAD>()?;
        if head[0] >> 4 != 6 {
            return None;
        }
        let from: [u8; 16] = head.get(8..24)?.try_into().ok()?;
        let length = u16::from_be_bytes([head[4], head[5]]);
        Some(Self {
            hardware,
            from: from.into(),
            hops: head[7],
            protocol: head[6],
            payload: rest.get(..usize::from(length))?,
        })
    }
}

/// Who gets a frame.
#[derive(Debug, Clone, Copy)]
pub struct To {
    hardware: [u8; 6],
    address: Ipv6Addr,
}

impl To {
    /// Who asked; all if it has no address yet.
    pub fn asker(heard: &Heard<'_>) -> Self {
        let address = match heard.from.is_unspecified() {
            true => EVERYBODY,
            false => heard.from,
        };
        Self {
            hardware: heard.hardware,
            address,
        }
    }

    pub fn everybody() -> Self {
        Self {
            hardware: EVERYBODYS_HARDWARE,
            address: EVERYBODY,
        }
    }
}

/// A frame of the router's. The sum of the payload, which is written at `sum_at`, is zero before.
pub fn frame_of(
    end: End,
    to: To,
    (protocol, mut payload, sum_at): (u8, Vec<u8>, usize),
) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    let sum = sum(to.address, protocol, &payload);
    if let Some(place) = payload.get_mut(sum_at..sum_at + 2) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
    let mut out = Vec::with_capacity(ETHERNET + HEAD + payload.len());
    out.extend_from_slice(&to.hardware);
    out.extend_from_slice(&end.hardware);
    out.extend_from_slice(&KIND);
    out.extend_from_slice(&[0x60, 0, 0, 0]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&[protocol, HOPS]);
    out.extend_from_slice(&ROUTER.octets());
    out.extend_from_slice(&to.address.octets());
    out.append(&mut payload);
    out
}

/// Over what of the head is nobody's to change, too; never zero, which over UDP says that there is none.
fn sum(to: Ipv6Addr, protocol: u8, payload: &[u8]) -> u16 {
    let ends = ROUTER.octets().into_iter().chain(to.octets());
    let ends: Vec<u8> = ends.collect();
    // As words: no payload is so long that this wraps.
    let words = |bytes: &[u8]| -> u64 {
        let words = bytes.chunks(2);
        let words = words.map(|it| {
            let low = it.get(1).copied().unwrap_or_default();
            u64::from(u16::from_be_bytes([it[0], low]))
        });
        words.sum()
    };
    let mut sum = words(&ends) + words(payload) + u64::from(protocol);
    sum += u64::try_from(payload.len()).unwrap_or_default();
    while sum > u64::from(u16::MAX) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    match !u16::try_from(sum).unwrap_or(u16::MAX) {
        0 => u16::MAX,
        sum => sum,
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const GUEST: [u8; 6] = [0x0a, 0, 0, 0, 0, 5];
    pub const END: End = End {
        hardware: [2, 0, 0, 0, 0, 1],
        mtu: 1450,
    };

    /// A frame of the guest's, without a sum.
    pub fn guests(from: &str, (protocol, hops): (u8, u8), payload: &[u8]) -> Vec<u8> {
        let from: Ipv6Addr = from.parse().unwrap();
        let mut frame = EVERYBODYS_HARDWARE.to_vec();
        frame.extend_from_slice(&GUEST);
        frame.extend_from_slice(&KIND);
        frame.extend_from_slice(&[0x60, 0, 0, 0]);
        frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(&[protocol, hops]);
        frame.extend_from_slice(&from.octets());
        frame.extend_from_slice(&EVERYBODY.octets());
        frame.extend_from_slice(payload);
        frame
    }

    /// To whom a frame of ours goes, and what it carries, of which the sum is right.
    pub fn opened(frame: &[u8], protocol: u8) -> (Ipv6Addr, &[u8]) {
        let heard = Heard::read(frame).unwrap();
        assert_eq!((heard.hardware, heard.from), (END.hardware, ROUTER));
        assert_eq!((heard.protocol, heard.hops), (protocol, HOPS));
        assert!(frame.len() <= ETHERNET + 1280, "{}", frame.len());
        let to: [u8; 16] = frame[38..54].try_into().unwrap();
        let to = Ipv6Addr::from(to);
        // Over itself it comes to nothing.
        assert_eq!(sum(to, protocol, heard.payload), u16::MAX);
        (to, heard.payload)
    }

    #[test]
    fn a_sum_is_that_of_the_kernel() {
        // An echo request of fe80::1 to ff02::1, as ping sends one: number 1, sequence 1, no data. The sum by hand:
        // fe80 + 1 + ff02 + 1 + 58 + 8 + 8000 + 1 + 1 = 27dc8, which folds to 7dca.
        let payload = [128, 0, 0, 0, 0, 1, 0, 1];
        assert_eq!(sum(EVERYBODY, ICMP, &payload), !0x7dca);
        // The last byte of an odd length is the high one of a word.
        assert_eq!(
            sum(EVERYBODY, ICMP, &[0xff]),
            sum(EVERYBODY, ICMP, &[0xff, 0]) + 1
        );
    }

    #[test]
    fn what_is_no_packet_is_not_read() {
        let whole = guests("fe80::5", (ICMP, HOPS), &[1, 2, 3]);
        let heard = Heard::read(&whole).unwrap();
        assert_eq!((heard.hardware, heard.payload), (GUEST, &[1, 2, 3][..]));
        for length in 0..whole.len() {
            assert!(Heard::read(&whole[..length]).is_none(), "{length}");
        }
        // What a short frame is filled up with is none of it.
        let filled = [whole.clone(), vec![0; 9]].concat();
        assert_eq!(Heard::read(&filled).unwrap().payload, [1, 2, 3]);
        for (at, byte) in [(6, 0x0b), (12, 8), (14, 0x45)] {
            let mut other = whole.clone();
            other[at] = byte;
            assert!(Heard::read(&other).is_none(), "{at}");
        }
    }
}
