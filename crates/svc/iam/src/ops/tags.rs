//! Tags of users, roles, policies and instance profiles. Keys differ by more than case.

use wharf_api_iam::{faults, types::*};
use wharf_service::tags::{self, Refused, Rules};
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    ops::{
        instance_profiles, mfa_devices, oidc_providers, policies, saml_providers,
        server_certificates,
    },
    records::{
        InstanceProfileRecord, MfaDeviceRecord, OidcProviderRecord, PolicyRecord, RoleRecord,
        SamlProviderRecord, ServerCertificateRecord, Tags, UserRecord, folded,
    },
    service::Cx,
    table::{Changes, change},
};

/// Keys that differ by case alone are the same.
const RULES: Rules<Fault> = Rules {
    fold_case: true,
    ..Rules::usual(refused)
};

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(_) => fault::validation("Tag keys have from 1 to 128 characters."),
        Refused::Value(_) => fault::validation("Tag values have at most 256 characters."),
        Refused::Reserved(_) => faults::invalid_input_exception(
            "Tag keys beginning with aws: are reserved for system use.",
        ),
        Refused::Twice(_) => faults::invalid_input_exception(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        Refused::TooMany => fault::quota("TagsPerResource", RULES.most),
    }
}

/// The tags of a request, checked.
pub(crate) fn checked(tags: Option<Vec<Tag>>) -> Result<Tags, Fault> {
    let pair = |tag: Tag| {
        Ok((
            required(tag.key, "tags.key")?,
            required(tag.value, "tags.value")?,
        ))
    };
    let pairs = tags.into_iter().flatten().map(pair);
    RULES.given(pairs.collect::<Result<Vec<_>, Fault>>()?)
}

/// As answers show them: None when there are none.
pub(crate) fn shown(tags: &Tags) -> Option<Vec<Tag>> {
    (!tags.is_empty()).then(|| list(tags))
}

fn list(tags: &Tags) -> Vec<Tag> {
    tags::to_wire(tags, |key, value| Tag { key, value })
}

// What an operation's first member names, in a change: its id in the store and the record.

async fn user(tx: &mut Changes<'_>, name: &str) -> Result<(String, UserRecord), Fault> {
    Ok((folded(name), tx.existing(name).await?))
}

async fn role(tx: &mut Changes<'_>, name: &str) -> Result<(String, RoleRecord), Fault> {
    Ok((folded(name), tx.existing(name).await?))
}

async fn policy(tx: &mut Changes<'_>, arn: &str) -> Result<(String, PolicyRecord), Fault> {
    let record = policies::own(tx, arn).await?;
    Ok((folded(&record.name), record))
}

async fn profile(
    tx: &mut Changes<'_>,
    name: &str,
) -> Result<(String, InstanceProfileRecord), Fault> {
    Ok((folded(name), instance_profiles::existing(tx, name).await?))
}

async fn certificate(
    tx: &mut Changes<'_>,
    name: &str,
) -> Result<(String, ServerCertificateRecord), Fault> {
    Ok((folded(name), server_certificates::existing(tx, name).await?))
}

async fn provider(tx: &mut Changes<'_>, arn: &str) -> Result<(String, OidcProviderRecord), Fault> {
    oidc_providers::existing(tx, arn).await
}

async fn saml_provider(
    tx: &mut Changes<'_>,
    arn: &str,
) -> Result<(String, SamlProviderRecord), Fault> {
    saml_providers::existing(tx, arn).await
}

async fn device(tx: &mut Changes<'_>, serial: &str) -> Result<(String, MfaDeviceRecord), Fault> {
    mfa_devices::existing(tx, serial).await
}

macro_rules! tag_operations {
    ($find:ident, $name:ident; $tag:ident $Tag:ty, $untag:ident $Untag:ty,
     $list:ident $List:ty => $ListOut:ident) => {
        pub(crate) async fn $tag(cx: &Cx<'_>, input: $Tag) -> Result<(), Fault> {
            let name = required(input.$name, stringify!($name))?;
            let more = checked(input.tags)?;
            change!(cx, |tx| {
                let (id, mut record) = $find(&mut tx, &name).await?;
                RULES.add(&mut record.tags, &more)?;
                tx.put(&id, &record);
            });
            Ok(())
        }

        pub(crate) async fn $untag(cx: &Cx<'_>, input: $Untag) -> Result<(), Fault> {
            let name = required(input.$name, stringify!($name))?;
            let keys = required(input.tag_keys, "tagKeys")?;
            change!(cx, |tx| {
                let (id, mut record) = $find(&mut tx, &name).await?;
                RULES.remove(&mut record.tags, &keys)?;
                tx.put(&id, &record);
            });
            Ok(())
        }

        pub(crate) async fn $list(cx: &Cx<'_>, input: $List) -> Result<$ListOut, Fault> {
            let name = required(input.$name, stringify!($name))?;
            let mut tx = Changes::new(cx.store(), cx.account());
            let (id, record) = $find(&mut tx, &name).await?;
            let page = cx.page(&[stringify!($list), &id], input.marker, input.max_items)?;
            let (tags, marker) = page.cut(record.tags, |(key, _)| key);
            Ok($ListOut {
                tags: Some(list(&tags.into_iter().collect())),
                is_truncated: Some(marker.is_some()),
                marker,
            })
        }
    };
}

tag_operations! {
    user, user_name; tag_user TagUserRequest, untag_user UntagUserRequest,
    list_user ListUserTagsRequest => ListUserTagsResponse
}
tag_operations! {
    role, role_name; tag_role TagRoleRequest, untag_role UntagRoleRequest,
    list_role ListRoleTagsRequest => ListRoleTagsResponse
}
tag_operations! {
    policy, policy_arn; tag_policy TagPolicyRequest, untag_policy UntagPolicyRequest,
    list_policy ListPolicyTagsRequest => ListPolicyTagsResponse
}
tag_operations! {
    profile, instance_profile_name;
    tag_instance_profile TagInstanceProfileRequest,
    untag_instance_profile UntagInstanceProfileRequest,
    list_instance_profile ListInstanceProfileTagsRequest => ListInstanceProfileTagsResponse
}
tag_operations! {
    certificate, server_certificate_name;
    tag_server_certificate TagServerCertificateRequest,
    untag_server_certificate UntagServerCertificateRequest,
    list_server_certificate_tags ListServerCertificateTagsRequest
        => ListServerCertificateTagsResponse
}
tag_operations! {
    provider, open_id_connect_provider_arn;
    tag_oidc_provider TagOpenIDConnectProviderRequest,
    untag_oidc_provider UntagOpenIDConnectProviderRequest,
    list_oidc_provider_tags ListOpenIDConnectProviderTagsRequest
        => ListOpenIDConnectProviderTagsResponse
}
tag_operations! {
    saml_provider, saml_provider_arn;
    tag_saml_provider TagSAMLProviderRequest, untag_saml_provider UntagSAMLProviderRequest,
    list_saml_provider_tags ListSAMLProviderTagsRequest => ListSAMLProviderTagsResponse
}
tag_operations! {
    device, serial_number; tag_mfa_device TagMFADeviceRequest,
    untag_mfa_device UntagMFADeviceRequest,
    list_mfa_device_tags ListMFADeviceTagsRequest => ListMFADeviceTagsResponse
}
