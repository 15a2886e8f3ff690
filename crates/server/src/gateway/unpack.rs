//! Bodies that clients pack with gzip. What is signed is the packed body; what is read, and paid for
//! once more, is what comes out, within the same bound.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::{body::Stopped, bytes_in_flight::Hold, head::Head, rooms::Room};

/// How much is unpacked before it is paid for.
const PIECE: usize = 64 << 10;
/// Room that is made before anything comes out; it takes no memory until then.
const MOST_ROOM: usize = 1 << 20;

/// Why a body cannot be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub enum Failed {
    Stopped(Stopped),
    /// It is not gzip.
    NoGzip,
}

/// Whether a request has packed its body. S3's objects may be packed, its requests are not.
pub fn is_packed(head: &Head, service: Option<&str>) -> bool {
    let encoding = head.get("content-encoding").unwrap_or_default();
    encoding.eq_ignore_ascii_case("gzip") && service != Some("s3")
}

/// The body of at most `limit` bytes that `packed` holds.
pub fn unpack(packed: &[u8], limit: usize, hold: &Hold) -> Result<Bytes, Failed> {
    let mut decoder = MultiGzDecoder::new(packed);
    // What comes out is several times as much, most often.
    let mut whole = Room::of((packed.len() * 4).min(limit).min(MOST_ROOM));
    let mut piece = vec![0; PIECE];
    loop {
        let read = decoder.read(&mut piece).map_err(|_| Failed::NoGzip)?;
        if read == 0 {
            return Ok(whole.into());
        }
        if whole.len() + read > limit {
            return Err(Failed::Stopped(Stopped::TooLarge));
        }
        let full = hold.grow(read);
        full.map_err(|full| Failed::Stopped(full.into()))?;
        whole.extend(&piece[..read]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::gateway::{
        bytes_in_flight::{BytesInFlight, Limits},
        source::Source,
    };

    fn packed(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_comes_out_is_bounded_and_paid_for() {
        let all = BytesInFlight::new(Limits::default());
        let hold = all.enter(Source::Machine, 0).unwrap();
        let before = all.total();
        assert_eq!(unpack(&packed(b"{}"), 2, &hold).unwrap()[..], b"{}"[..]);
        assert_eq!(all.total(), before + 2);
        let large = packed(&vec![0; 10 << 20]);
        assert!(large.len() < 20_000);
        let refused = unpack(&large, 8 << 20, &hold);
        assert_eq!(refused, Err(Failed::Stopped(Stopped::TooLarge)));
        assert_eq!(unpack(b"{}", 2, &hold), Err(Failed::NoGzip));
        assert_eq!(unpack(&packed(b"{}")[..12], 2, &hold), Err(Failed::NoGzip));
    }
}
