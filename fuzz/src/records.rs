//! What services keep of their own.

use wharf_records::{fuzz::again, node::Node};

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

/// A ciphertext of KMS.
pub fn kms_ciphertext(bytes: &[u8]) {
    wharf_svc_kms::fuzz::ciphertext(bytes);
}
