//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::records;

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Secret>(bytes);
    again::<records::Value>(bytes);
    again::<records::Replica>(bytes);
}
