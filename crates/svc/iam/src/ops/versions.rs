//! Versions of managed policies.

use wharf_api_iam::{faults, types::*};
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    ops::{policies, url_encoded},
    records::{PolicyRecord, VersionRecord, folded},
    service::Cx,
    table::{Changes, change},
};

const MAX_VERSIONS: usize = 5;

/// `v3` → 3.
fn number(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.parse().ok()
}

fn missing(arn: &str, version: &str) -> Fault {
    fault::not_found(format!(
        "Policy {arn} version {version} does not exist or is not attachable."
    ))
}

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreatePolicyVersionRequest,
) -> Result<CreatePolicyVersionResponse, Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let document = required(input.policy_document, "policyDocument")?;
    policies::check_document(&document)?;
    let default = input.set_as_default.unwrap_or_default();
    let number = change!(cx, |tx| {
        let mut policy = policies::own(&mut tx, &arn).await?;
        if policy.versions.len() >= MAX_VERSIONS {
            return Err(faults::limit_exceeded_exception(
                "A managed policy can have up to 5 versions. Before you create a new version, you \
                 must delete an existing version.",
            ));
        }
        let number = policy.next_version;
        policy.next_version += 1;
        let version = VersionRecord {
            document: document.clone(),
            created: cx.now(),
        };
        policy.versions.insert(number, version);
        if default {
            policy.default_version = number;
        }
        policy.updated = cx.now();
        tx.put(&folded(&policy.name), &policy);
        number
    });
    let version = PolicyVersion {
        document: None,
        version_id: Some(format!("v{number}")),
        is_default_version: Some(default),
        create_date: Some(cx.now()),
    };
    Ok(CreatePolicyVersionResponse {
        policy_version: Some(version),
    })
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetPolicyVersionRequest,
) -> Result<GetPolicyVersionResponse, Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let version = required(input.version_id, "versionId")?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let known = policies::lookup(&mut tx, &arn)
        .await?
        .ok_or_else(|| fault::no_policy(&arn))?;
    let wanted = number(&version);
    let found = known
        .versions()
        .into_iter()
        .find(|(number, ..)| Some(*number) == wanted);
    let (_, document, created, default) = found.ok_or_else(|| missing(&arn, &version))?;
    let version = PolicyVersion {
        document: Some(url_encoded(document)),
        version_id: Some(version),
        is_default_version: Some(default),
        create_date: Some(created),
    };
    Ok(GetPolicyVersionResponse {
        policy_version: Some(version),
    })
}

/// All versions with their documents, the newest first.
pub(crate) fn documents(known: &policies::Known) -> Vec<PolicyVersion> {
    let shown =
        |(number, document, created, default): (u32, &str, Timestamp, bool)| PolicyVersion {
            document: Some(url_encoded(document)),
            version_id: Some(format!("v{number}")),
            is_default_version: Some(default),
            create_date: Some(created),
        };
    known.versions().into_iter().rev().map(shown).collect()
}

/// The policy and the number of the version named.
async fn pick(
    tx: &mut Changes<'_>,
    arn: &str,
    version: &str,
) -> Result<(PolicyRecord, u32), Fault> {
    let policy = policies::own(tx, arn).await?;
    let number = number(version).filter(|number| policy.versions.contains_key(number));
    Ok((policy, number.ok_or_else(|| missing(arn, version))?))
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeletePolicyVersionRequest) -> Result<(), Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let version = required(input.version_id, "versionId")?;
    change!(cx, |tx| {
        let (mut policy, number) = pick(&mut tx, &arn, &version).await?;
        if number == policy.default_version {
            return Err(fault::in_the_way(
                "Cannot delete the default version of a policy.",
            ));
        }
        policy.versions.remove(&number);
        policy.updated = cx.now();
        tx.put(&folded(&policy.name), &policy);
    });
    Ok(())
}

pub(crate) async fn set_default(
    cx: &Cx<'_>,
    input: SetDefaultPolicyVersionRequest,
) -> Result<(), Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let version = required(input.version_id, "versionId")?;
    change!(cx, |tx| {
        let (mut policy, number) = pick(&mut tx, &arn, &version).await?;
        policy.default_version = number;
        policy.updated = cx.now();
        tx.put(&folded(&policy.name), &policy);
    });
    Ok(())
}

/// The newest first, without their documents.
pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListPolicyVersionsRequest,
) -> Result<ListPolicyVersionsResponse, Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let known = policies::lookup(&mut tx, &arn)
        .await?
        .ok_or_else(|| fault::no_policy(&arn))?;
    let page = cx.page(&["ListPolicyVersions", &arn], input.marker, input.max_items)?;
    let newest_first = known
        .versions()
        .into_iter()
        .rev()
        .map(|(number, _, created, default)| {
            let version = PolicyVersion {
                document: None,
                version_id: Some(format!("v{number}")),
                is_default_version: Some(default),
                create_date: Some(created),
            };
            // Sorts downwards.
            (format!("{:010}", u32::MAX - number), version)
        });
    let (found, marker) = page.cut(newest_first, |(id, _)| id);
    Ok(ListPolicyVersionsResponse {
        versions: Some(found.into_iter().map(|(_, version)| version).collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}
