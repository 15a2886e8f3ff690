//! For `fuzz/`: parsers of this crate as functions of any bytes.

use wharf_base::Timestamp;

use crate::{
    about::Abouts,
    write::{self, message::Version},
};

pub fn body(bytes: &[u8]) {
    let unpacked = write::unpack(bytes);
    let now = Timestamp::from_millis(1_767_312_000_000);
    for message in [Some(bytes), unpacked.as_deref().ok()]
        .into_iter()
        .flatten()
    {
        for version in [Version::One, Version::Two] {
            let place = ("000000000000", "us-east-1");
            let _ = write::read(message, version, place, now, &Abouts::default());
        }
    }
}
