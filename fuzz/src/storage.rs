//! What lies on disk: a file that was damaged is refused, whatever the damage.

use wharf_records::key::Scope;
use wharf_seal::{Keyring, Sealed};

use crate::input;

const MAGIC: [u8; 8] = *b"wharffz\x01";

pub fn wal_segment(bytes: &[u8]) {
    wharf_wal::fuzz::segment(bytes, MAGIC);
}

pub fn store_frame(bytes: &[u8]) {
    wharf_store::fuzz::frame(bytes);
}

/// The payloads of a checkpoint's frames.
pub fn store_checkpoint(bytes: &[u8]) {
    wharf_store::fuzz::checkpoint(&input::parts(bytes));
}

pub fn journal_frame(bytes: &[u8]) {
    wharf_journal::fuzz::frame(bytes);
    wharf_journal::fuzz::block(bytes, 1);
    wharf_journal::fuzz::packed(bytes);
}

/// The payloads of a manifest's frames.
pub fn journal_manifest(bytes: &[u8]) {
    wharf_journal::fuzz::manifest(&input::parts(bytes));
}

pub fn journal_footer(bytes: &[u8]) {
    wharf_journal::fuzz::footer(bytes, 4096);
}

/// An operator's file of prices.
pub fn price_list(bytes: &[u8]) {
    let _ = wharf_billing::Prices::parse(bytes);
}

pub fn record_key(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    if let Some((scope, kind, id)) = Scope::parse(text) {
        let key = scope.key(kind, &id);
        assert!(Scope::parse(&key).is_some_and(|found| found == (scope, kind, id)));
    }
}

/// A sealed secret and a token.
pub fn sealed(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let keyring = Keyring::in_memory();
    assert!(
        keyring.open_token(text, "fuzz").is_err(),
        "nobody has the key"
    );
    let _ = keyring.is_sealed_under_active(text);
    if let Ok(sealed) = serde_json::from_slice::<Sealed>(bytes) {
        let _ = keyring.open(&sealed, "fuzz");
    }
}

pub fn keyring_file(bytes: &[u8]) {
    wharf_seal::fuzz::keyring(bytes);
}

/// A chunk of a block of metrics.
pub fn series_chunk(bytes: &[u8]) {
    wharf_series::fuzz::chunk(bytes);
}

/// A frame of the log of metrics.
pub fn series_frame(bytes: &[u8]) {
    wharf_series::fuzz::frame(bytes);
}
