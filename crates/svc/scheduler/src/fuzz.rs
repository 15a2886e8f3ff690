//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_delivery::Parcel;
use wharf_records::fuzz::again;

use crate::{courier::Errand, records};

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Schedule>(bytes);
    again::<records::Group>(bytes);
    again::<Parcel<Errand>>(bytes);
}
