//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::{packed, records};

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Trail>(bytes);
}

/// A record of the journal: whatever it is, opening it takes bounded room.
pub fn packed(bytes: &[u8]) {
    if let Ok(lines) = packed::open(bytes) {
        assert!(lines.len() <= packed::MOST_BYTES.max(bytes.len()));
        let _ = packed::events(&lines).count();
    }
}
