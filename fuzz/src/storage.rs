//! What lies on disk: a file that was damaged is refused, whatever the damage.

use wharf_records::{fuzz::again, key::Scope, node::Node};
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

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    use wharf_records::{ecs, hosts};
    again::<Node>(bytes);
    again::<ecs::Cluster>(bytes);
    again::<ecs::ClientToken>(bytes);
    again::<ecs::Definition>(bytes);
    again::<ecs::Family>(bytes);
    again::<hosts::Host>(bytes);
    again::<ecs::Instance>(bytes);
    again::<hosts::Ledger>(bytes);
    again::<hosts::PlaneHost>(bytes);
    again::<ecs::RevisionRecord>(bytes);
    again::<ecs::Service>(bytes);
    again::<ecs::ServiceDeployment>(bytes);
    again::<ecs::ServiceEvents>(bytes);
    again::<ecs::Setting>(bytes);
    again::<ecs::Task>(bytes);
    wharf_svc_acm::fuzz::record(bytes);
    wharf_svc_ce::fuzz::record(bytes);
    wharf_svc_cloudtrail::fuzz::record(bytes);
    wharf_svc_ec2::fuzz::record(bytes);
    wharf_svc_ecr::fuzz::record(bytes);
    wharf_svc_eks::fuzz::record(bytes);
    wharf_svc_elbv2::fuzz::record(bytes);
    wharf_svc_events::fuzz::record(bytes);
    wharf_svc_iam::fuzz::record(bytes);
    wharf_svc_kms::fuzz::record(bytes);
    wharf_svc_logs::fuzz::record(bytes);
    wharf_svc_s3::fuzz::record(bytes);
    wharf_svc_cloudwatch::fuzz::record(bytes);
    wharf_svc_scheduler::fuzz::record(bytes);
    wharf_svc_secretsmanager::fuzz::record(bytes);
    wharf_svc_sns::fuzz::record(bytes);
    wharf_svc_sqs::fuzz::record(bytes);
    wharf_svc_ssm::fuzz::record(bytes);
}

/// Events of the audit log, packed.
pub fn audit_record(bytes: &[u8]) {
    wharf_svc_cloudtrail::fuzz::packed(bytes);
}

/// Metered tasks, as the ledger has them.
pub fn cost_ledger(bytes: &[u8]) {
    wharf_svc_ce::fuzz::ledger(bytes);
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

/// A time (eight bytes, little end first), then an index of log events as it is saved, or one event.
pub fn log_index(bytes: &[u8]) {
    if let Some((time, rest)) = bytes.split_first_chunk::<8>() {
        wharf_svc_logs::fuzz::index(rest, i64::from_le_bytes(*time));
    }
    wharf_svc_logs::fuzz::event(bytes);
    wharf_svc_logs::fuzz::field_index(bytes);
}

/// A ciphertext of KMS.
pub fn kms_ciphertext(bytes: &[u8]) {
    wharf_svc_kms::fuzz::ciphertext(bytes);
}

/// A chunk of a block of metrics.
pub fn series_chunk(bytes: &[u8]) {
    wharf_series::fuzz::chunk(bytes);
}

/// A frame of the log of metrics.
pub fn series_frame(bytes: &[u8]) {
    wharf_series::fuzz::frame(bytes);
}
