//! What fuzzing reaches of this crate's parsers.

use wharf_base::Timestamp;
use wharf_records::fuzz::again;

use crate::{facts, pem, records};

/// What an import brings, all in PEM. The time is one at which certificates of now are valid.
pub fn import(body: &[u8], key: &[u8], chain: Option<&[u8]>) {
    let _ = pem::import(body, key, chain, Timestamp::from_millis(1_800_000_000_000));
}

/// A certificate in DER.
pub fn certificate(der: &[u8]) {
    let _ = facts::read(der);
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Certificate>(bytes);
    again::<records::AccountSettings>(bytes);
    again::<records::Token>(bytes);
    again::<records::Authority>(bytes);
    again::<records::FormerAuthority>(bytes);
}
