//! What fuzzing asks of every record.

use crate::{Record, decode, encode};

/// A value that can be read as a record of this kind can be stored and read again.
///
/// # Panics
/// If it cannot.
pub fn again<T: Record>(bytes: &[u8]) {
    if let Ok(record) = decode::<T>(bytes) {
        decode::<T>(&encode(&record)).expect("a record that was read can be stored and read");
    }
}
