//! Parameters as the API shows them. Pure.

use wharf_api_ssm as api;
use wharf_service::Place;

use crate::{
    names, policies,
    records::{Kind, Meta, Parameter},
    versions,
};

/// The key that AWS makes for an account; the installation's keyring takes its place.
pub const OWN_KEY: &str = "alias/aws/ssm";

/// The key that a version is sealed under, as it is shown.
pub fn key_id(meta: &Meta) -> Option<&str> {
    let given = meta.key_id.as_deref().unwrap_or(OWN_KEY);
    (meta.kind == Kind::SecureString).then_some(given)
}

/// A parameter as DescribeParameters lists it.
pub fn metadata(place: &Place, name: &str, meta: &Meta, version: u64) -> api::ParameterMetadata {
    api::ParameterMetadata {
        name: Some(name.to_owned()),
        arn: Some(names::arn(place, name)),
        type_: Some(meta.kind.as_str().to_owned()),
        key_id: key_id(meta).map(str::to_owned),
        last_modified_date: Some(meta.modified_at),
        last_modified_user: Some(meta.modified_by.clone()),
        description: meta.description.clone(),
        allowed_pattern: meta.allowed_pattern.clone(),
        version: Some(number(version)),
        tier: Some(meta.tier.as_str().to_owned()),
        policies: Some(policies(meta)),
        data_type: Some(meta.data_type.clone()),
    }
}

/// A version with its value.
pub fn shown(
    place: &Place,
    name: &str,
    meta: &Meta,
    version: u64,
    value: String,
) -> api::Parameter {
    api::Parameter {
        name: Some(name.to_owned()),
        type_: Some(meta.kind.as_str().to_owned()),
        value: Some(value),
        version: Some(number(version)),
        last_modified_date: Some(meta.modified_at),
        arn: Some(names::arn(place, name)),
        data_type: Some(meta.data_type.clone()),
        ..api::Parameter::default()
    }
}

/// A version as GetParameterHistory lists it.
pub fn history(
    parameter: &Parameter,
    meta: &Meta,
    version: u64,
    value: String,
) -> api::ParameterHistory {
    api::ParameterHistory {
        name: Some(parameter.name.clone()),
        type_: Some(meta.kind.as_str().to_owned()),
        key_id: key_id(meta).map(str::to_owned),
        last_modified_date: Some(meta.modified_at),
        last_modified_user: Some(meta.modified_by.clone()),
        description: meta.description.clone(),
        value: Some(value),
        allowed_pattern: meta.allowed_pattern.clone(),
        version: Some(number(version)),
        labels: Some(versions::labels_of(parameter, version)),
        tier: Some(meta.tier.as_str().to_owned()),
        policies: Some(policies(meta)),
        data_type: Some(meta.data_type.clone()),
    }
}

fn policies(meta: &Meta) -> Vec<api::ParameterInlinePolicy> {
    let one = |kind: &str, text: &str, carried_out: bool| api::ParameterInlinePolicy {
        policy_text: Some(text.to_owned()),
        policy_type: Some(kind.to_owned()),
        policy_status: Some(if carried_out { "Finished" } else { "Pending" }.to_owned()),
    };
    let expiration = meta.expiration.iter();
    let expiration = expiration.map(|it| one(policies::EXPIRATION, &it.text, it.carried_out));
    let notices = meta.notices.iter();
    let notices = notices.map(|it| one(it.when.policy(), &it.text, it.carried_out));
    expiration.chain(notices).collect()
}

/// A version's number on the wire.
pub fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
