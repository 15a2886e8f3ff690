//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_delivery::Parcel;
use wharf_records::fuzz::again;

use crate::{notices::Notice, records};

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Bucket>(bytes);
    again::<records::Name>(bytes);
    again::<records::Object>(bytes);
    again::<records::Upload>(bytes);
    again::<records::Part>(bytes);
    again::<records::Slot>(bytes);
    again::<records::Pack>(bytes);
    again::<Parcel<Notice>>(bytes);
}
