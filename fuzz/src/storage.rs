//! What lies on disk: a file that was damaged is refused, whatever the damage.

use wharf_records::{Record, key::Scope, node::Node};
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
}

/// The payloads of a manifest's frames.
pub fn journal_manifest(bytes: &[u8]) {
    wharf_journal::fuzz::manifest(&input::parts(bytes));
}

pub fn journal_footer(bytes: &[u8]) {
    wharf_journal::fuzz::footer(bytes, 4096);
}

macro_rules! records {
    ($($record:ty),* $(,)?) => {
        /// A record as it is stored, of any kind.
        pub fn record(bytes: &[u8]) {
            $(again::<$record>(bytes);)*
        }
    };
}

records! {
    Node,
    wharf_records::ecs::Cluster,
    wharf_records::ecs::ClientToken,
    wharf_records::ecs::Definition,
    wharf_records::ecs::Family,
    wharf_records::ecs::Host,
    wharf_records::ecs::Instance,
    wharf_records::ecs::Ledger,
    wharf_records::ecs::RevisionRecord,
    wharf_records::ecs::Service,
    wharf_records::ecs::ServiceDeployment,
    wharf_records::ecs::ServiceEvents,
    wharf_records::ecs::Setting,
    wharf_records::ecs::Task,
}

fn again<T: Record>(bytes: &[u8]) {
    if let Ok(record) = wharf_records::decode::<T>(bytes) {
        let stored = wharf_records::encode(&record);
        wharf_records::decode::<T>(&stored).expect("a record that was read can be stored and read");
    }
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
