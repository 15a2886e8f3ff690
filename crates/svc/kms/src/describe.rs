//! Keys and grants as the API shows them. Pure.

use wharf_api_kms::{GrantConstraints, GrantListEntry, KeyMetadata};
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    core::Found,
    fault, names,
    ops::create::EXTERNAL,
    records::{Grant, Key, Principal},
    spec::Usage,
};

pub fn metadata(found: &Found) -> KeyMetadata {
    let key = found.key();
    let current = found.materials().last().map(|it| it.id.clone());
    let state = state(key, found.is_whole());
    let external = key.external.as_ref().filter(|_| found.is_whole());
    // What goes first is the end of all.
    let imported = external.map(|it| it.materials.iter().take(found.materials().len()));
    let valid_to = imported.and_then(|it| it.filter_map(|it| it.valid_to).min());
    KeyMetadata {
        aws_account_id: Some(found.place.account.clone()),
        key_id: Some(found.id.clone()),
        arn: Some(found.arn()),
        creation_date: Some(key.created_at),
        enabled: Some(state == "Enabled"),
        description: Some(key.description.clone()),
        key_usage: Some(key.usage.name().to_owned()),
        key_state: Some(state.to_owned()),
        deletion_date: key.deletion.and_then(|it| it.due_at),
        pending_deletion_window_in_days: key
            .deletion
            .filter(|it| it.due_at.is_none())
            .and_then(|it| i32::try_from(it.days).ok()),
        origin: Some(origin(key).to_owned()),
        valid_to,
        expiration_model: external.map(|_| expiration_model(valid_to).to_owned()),
        key_manager: Some(manager(key).to_owned()),
        customer_master_key_spec: Some(key.spec.name().to_owned()),
        key_spec: Some(key.spec.name().to_owned()),
        encryption_algorithms: names_of(key.spec.encryption_algorithms(key.usage)),
        signing_algorithms: names_of(key.spec.signing_algorithms(key.usage)),
        mac_algorithms: names_of(key.spec.mac_algorithms()),
        key_agreement_algorithms: names_of(key.spec.agreement_algorithms(key.usage)),
        multi_region: Some(key.home.is_some()),
        multi_region_configuration: found.configuration(),
        current_key_material_id: current.filter(|_| is_rotatable(key)),
        ..KeyMetadata::default()
    }
}

/// Whether imported material goes by itself.
pub const EXPIRES: &str = "KEY_MATERIAL_EXPIRES";
pub const DOES_NOT_EXPIRE: &str = "KEY_MATERIAL_DOES_NOT_EXPIRE";

pub fn expiration_model(valid_to: Option<Timestamp>) -> &'static str {
    match valid_to {
        Some(_) => EXPIRES,
        None => DOES_NOT_EXPIRE,
    }
}

/// `is_whole` says whether the key has all its material.
pub fn state(key: &Key, is_whole: bool) -> &'static str {
    match (key.deletion, key.enabled) {
        (Some(it), _) if it.due_at.is_none() => "PendingReplicaDeletion",
        (Some(_), _) => "PendingDeletion",
        _ if !is_whole => "PendingImport",
        (None, true) => "Enabled",
        (None, false) => "Disabled",
    }
}

/// Where a key's material comes from.
pub fn origin(key: &Key) -> &'static str {
    match &key.external {
        Some(_) => EXTERNAL,
        None => "AWS_KMS",
    }
}

pub fn manager(key: &Key) -> &'static str {
    match key.managed_by {
        Some(_) => "AWS",
        None => "CUSTOMER",
    }
}

fn is_rotatable(key: &Key) -> bool {
    key.usage == Usage::Encrypt && !key.spec.is_asymmetric()
}

/// A list that is not there rather than empty.
pub fn names_of(all: &[&str]) -> Option<Vec<String>> {
    let all: Vec<String> = all.iter().map(|it| (*it).to_owned()).collect();
    (!all.is_empty()).then_some(all)
}

pub fn grant(found: &Found, grant: &Grant) -> GrantListEntry {
    let constraints = &grant.constraints;
    let aws = |it: &Principal| matches!(it, Principal::Aws(_)).then(|| it.text().to_owned());
    let service =
        |it: &Principal| matches!(it, Principal::Service(_)).then(|| it.text().to_owned());
    GrantListEntry {
        key_id: Some(names::key_arn(&found.place, &found.id)),
        grant_id: Some(grant.id.clone()),
        name: grant.name.clone(),
        creation_date: Some(grant.created_at),
        // A service is shown where it was given, and where clients have always looked.
        grantee_principal: Some(grant.grantee.text().to_owned()),
        grantee_service_principal: service(&grant.grantee),
        retiring_principal: grant.retiring.as_ref().and_then(aws),
        retiring_service_principal: grant.retiring.as_ref().and_then(service),
        issuing_account: Some(format!("arn:aws:iam::{}:root", grant.issuer)),
        operations: Some(grant.operations.iter().cloned().collect()),
        constraints: (*constraints != Default::default()).then(|| GrantConstraints {
            encryption_context_equals: constraints.equals.clone(),
            encryption_context_subset: constraints.subset.clone(),
            source_arn: constraints.source_arn.clone(),
        }),
    }
}

/// The size of a page: what was asked, up to what the operation gives.
///
/// # Errors
/// More is asked than the operation gives.
pub fn page_size(limit: Option<i32>, default: usize, most: usize) -> Result<usize, Fault> {
    let Some(limit) = limit else {
        return Ok(default);
    };
    let size = usize::try_from(limit)
        .ok()
        .filter(|it| (1..=most).contains(it));
    size.ok_or_else(|| {
        fault::invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: \
             Member must have value less than or equal to {most}"
        ))
    })
}
