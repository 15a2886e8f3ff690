//! The account itself: its alias, and how much of everything it has.

use std::collections::BTreeMap;

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    directory::ACCOUNT,
    fault::{self, required},
    records::{
        AccountRecord, GroupRecord, InstanceProfileRecord, MfaDeviceRecord, OidcProviderRecord,
        PolicyRecord, RoleRecord, SamlProviderRecord, ServerCertificateRecord, UserRecord,
    },
    service::Cx,
    table::{self, change},
};

/// Quotas as the account summary names them.
const QUOTAS: &[(&str, i32)] = &[
    ("AccessKeysPerUserQuota", 2),
    ("AssumeRolePolicySizeQuota", 2_048),
    ("AttachedPoliciesPerGroupQuota", 10),
    ("AttachedPoliciesPerRoleQuota", 10),
    ("AttachedPoliciesPerUserQuota", 10),
    ("GroupPolicySizeQuota", 5_120),
    ("GroupsPerUserQuota", 10),
    ("PolicySizeQuota", 6_144),
    ("RolePolicySizeQuota", 10_240),
    ("UserPolicySizeQuota", 2_048),
    ("VersionsPerPolicyQuota", 5),
];

pub(crate) async fn summary(cx: &Cx<'_>, _input: ()) -> Result<GetAccountSummaryResponse, Fault> {
    let (store, account) = (cx.store(), cx.account());
    let root = table::find::<AccountRecord>(store, account, ACCOUNT)
        .await?
        .unwrap_or_default();
    let policies = table::all::<PolicyRecord>(store, account).await?;
    let versions = policies
        .iter()
        .map(|policy| policy.versions.len())
        .sum::<usize>();
    let devices = table::all::<MfaDeviceRecord>(store, account).await?;
    let counted = [
        ("Users", table::count::<UserRecord>(store, account).await?),
        ("Groups", table::count::<GroupRecord>(store, account).await?),
        ("Roles", table::count::<RoleRecord>(store, account).await?),
        (
            "InstanceProfiles",
            table::count::<InstanceProfileRecord>(store, account).await?,
        ),
        ("Policies", policies.len()),
        ("PolicyVersionsInUse", versions),
        (
            "AccountAccessKeysPresent",
            usize::from(!root.root_keys.is_empty()),
        ),
        (
            "AccountMFAEnabled",
            usize::from(!root.mfa_devices.is_empty()),
        ),
        ("MFADevices", devices.len()),
        (
            "MFADevicesInUse",
            devices.iter().filter(|it| it.enabled.is_some()).count(),
        ),
        (
            "Providers",
            table::count::<OidcProviderRecord>(store, account).await?
                + table::count::<SamlProviderRecord>(store, account).await?,
        ),
        (
            "ServerCertificates",
            table::count::<ServerCertificateRecord>(store, account).await?,
        ),
    ];
    let mut summary: BTreeMap<String, i32> = QUOTAS
        .iter()
        .map(|(name, quota)| ((*name).to_owned(), *quota))
        .collect();
    for (name, count) in counted {
        summary.insert(name.to_owned(), i32::try_from(count).unwrap_or(i32::MAX));
    }
    Ok(GetAccountSummaryResponse {
        summary_map: Some(summary),
    })
}

pub(crate) async fn create_alias(
    cx: &Cx<'_>,
    input: CreateAccountAliasRequest,
) -> Result<(), Fault> {
    let alias = required(input.account_alias, "accountAlias")?;
    let fits = (3..=63).contains(&alias.len())
        && alias
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !alias.starts_with('-')
        && !alias.ends_with('-')
        && !alias.contains("--");
    if !fits {
        return Err(fault::validation(
            "The specified value for accountAlias is invalid. It must contain only digits, \
             lowercase letters, and hyphens.",
        ));
    }
    change!(cx, |tx| {
        let mut record = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
        record.alias = Some(alias.clone());
        tx.put(ACCOUNT, &record);
    });
    Ok(())
}

pub(crate) async fn delete_alias(
    cx: &Cx<'_>,
    input: DeleteAccountAliasRequest,
) -> Result<(), Fault> {
    let alias = required(input.account_alias, "accountAlias")?;
    change!(cx, |tx| {
        let mut record = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
        if record.alias.as_ref() != Some(&alias) {
            return Err(fault::not_found(format!(
                "The account alias {alias} cannot be found."
            )));
        }
        record.alias = None;
        tx.put(ACCOUNT, &record);
    });
    Ok(())
}

pub(crate) async fn list_aliases(
    cx: &Cx<'_>,
    input: ListAccountAliasesRequest,
) -> Result<ListAccountAliasesResponse, Fault> {
    let record = table::find::<AccountRecord>(cx.store(), cx.account(), ACCOUNT).await?;
    let page = cx.page(&["ListAccountAliases"], input.marker, input.max_items)?;
    let (aliases, marker) = page.cut(record.and_then(|record| record.alias), |alias| alias);
    Ok(ListAccountAliasesResponse {
        account_aliases: Some(aliases),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}
