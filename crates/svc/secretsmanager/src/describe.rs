//! Secrets as the API shows them. Pure.

use std::collections::BTreeMap;

use wharf_api_secretsmanager::{
    DescribeSecretResponse, ExternalSecretRotationMetadataItem, ReplicationStatusType,
    RotationRulesType, SecretListEntry,
};
use wharf_base::Timestamp;

use crate::{core::Found, records::Secret, rotation::Rules, tags};

pub fn described(found: &Found) -> DescribeSecretResponse {
    let secret = found.secret();
    let rotation = secret.rotation.as_ref();
    DescribeSecretResponse {
        arn: Some(found.arn()),
        name: Some(found.name.clone()),
        description: secret.description.clone(),
        kms_key_id: key_of(found),
        last_changed_date: Some(secret.changed_at),
        last_accessed_date: secret.accessed_at,
        deleted_date: secret.deletion.map(|it| it.asked_at),
        tags: some(tags::to_wire(&secret.tags)),
        version_ids_to_stages: stages(secret),
        created_date: Some(secret.created_at),
        primary_region: primary_region(found),
        replication_status: replicas(found),
        rotation_enabled: rotation.map(|it| it.enabled),
        rotation_lambda_arn: rotation.map(|it| it.by.clone()),
        rotation_rules: rotation.and_then(|it| rules(&it.rules)),
        external_secret_rotation_metadata: rotation.and_then(|it| parameters(&it.parameters)),
        external_secret_rotation_role_arn: rotation.and_then(|it| it.role.clone()),
        last_rotated_date: rotation.and_then(|it| it.last_at),
        next_rotation_date: rotation.and_then(|it| it.next_at),
        owning_service: secret.owner.clone(),
        ..DescribeSecretResponse::default()
    }
}

pub fn listed(found: &Found) -> SecretListEntry {
    let it = described(found);
    SecretListEntry {
        arn: it.arn,
        name: it.name,
        description: it.description,
        kms_key_id: it.kms_key_id,
        last_changed_date: it.last_changed_date,
        last_accessed_date: it.last_accessed_date,
        deleted_date: it.deleted_date,
        tags: it.tags,
        secret_versions_to_stages: it.version_ids_to_stages,
        created_date: it.created_date,
        primary_region: it.primary_region,
        rotation_enabled: it.rotation_enabled,
        rotation_lambda_arn: it.rotation_lambda_arn,
        rotation_rules: it.rotation_rules,
        external_secret_rotation_metadata: it.external_secret_rotation_metadata,
        external_secret_rotation_role_arn: it.external_secret_rotation_role_arn,
        last_rotated_date: it.last_rotated_date,
        next_rotation_date: it.next_rotation_date,
        owning_service: it.owning_service,
        ..SecretListEntry::default()
    }
}

fn rules(rules: &Rules) -> Option<RotationRulesType> {
    (*rules != Rules::default()).then(|| RotationRulesType {
        automatically_after_days: rules.after_days,
        duration: rules.duration.clone(),
        schedule_expression: rules.schedule.clone(),
    })
}

fn parameters(
    parameters: &BTreeMap<String, String>,
) -> Option<Vec<ExternalSecretRotationMetadataItem>> {
    let item = |(key, value): (&String, &String)| ExternalSecretRotationMetadataItem {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    some(parameters.iter().map(item).collect())
}

/// The key of KMS of a secret, or of a replica where that has one of its own.
fn key_of(found: &Found) -> Option<String> {
    match found.is_replica() {
        true => found.secret().copies.get(&found.shown_at.region)?.clone(),
        false => found.secret().kms_key.clone(),
    }
}

/// How the replicas are. They are always in step: a value is written to all of them or to none.
pub fn replicas(found: &Found) -> Option<Vec<ReplicationStatusType>> {
    let copies = &found.secret().copies;
    let key = |region: &String| {
        let own = copies.get(region).cloned().flatten();
        own.or_else(|| Some("alias/aws/secretsmanager".to_owned()))
    };
    let one = |region: &String| ReplicationStatusType {
        region: Some(region.clone()),
        kms_key_id: key(region),
        status: Some("InSync".to_owned()),
        status_message: Some("Replication succeeded".to_owned()),
        last_accessed_date: None,
    };
    let regions = found.secret().replicas.iter();
    some(regions.filter(|_| !found.is_replica()).map(one).collect())
}

/// The day a moment falls on, as AWS shows the time of an access.
pub fn day(at: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 3600 * 1000;
    Timestamp::from_millis(at.millis().div_euclid(DAY) * DAY)
}

/// Shown of a secret with replicas and of a replica.
fn primary_region(found: &Found) -> Option<String> {
    let replicated = found.is_replica() || !found.secret().replicas.is_empty();
    replicated.then(|| found.place.region.clone())
}

/// Versions without labels are not shown.
fn stages(secret: &Secret) -> Option<BTreeMap<String, Vec<String>>> {
    let labelled = secret
        .versions
        .iter()
        .filter(|(_, it)| !it.stages.is_empty());
    let all: BTreeMap<_, _> = labelled
        .map(|(id, it)| (id.clone(), it.stages.iter().cloned().collect()))
        .collect();
    (!all.is_empty()).then_some(all)
}

fn some<T>(all: Vec<T>) -> Option<Vec<T>> {
    (!all.is_empty()).then_some(all)
}
