//! Managed policies: the account's own and the platform's.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use wharf_api_iam::types::*;
use wharf_base::{Timestamp, ids};
use wharf_iam::{
    Document, DocumentKind,
    managed::{self, ManagedPolicy},
};
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    names::{self, PolicyArn, check_name, checked_path, policy_arn},
    ops::{below, tags},
    records::{PolicyRecord, PolicyUseRecord, VersionRecord, folded},
    service::Cx,
    table::{self, Changes, change},
};

const LONGEST_NAME: usize = 128;
const WORD: &str = "policy";
/// 2015-02-06T18:39:46Z, when the first of the platform's policies came to be.
const PLATFORM_CREATED: Timestamp = Timestamp::from_millis(1_423_247_986_000);

/// A policy of either owner.
pub(crate) enum Known {
    Platform(&'static ManagedPolicy),
    Own(Box<PolicyRecord>),
}

/// What a policy is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Attached,
    Boundary,
}

/// Finds the policy of an ARN inside a change; it stays there until the change is written.
pub(crate) async fn lookup(tx: &mut Changes<'_>, arn: &str) -> Result<Option<Known>, Fault> {
    let parts = policy_arn(tx.account(), arn)?;
    if parts.platform {
        return Ok(managed::find(arn).map(Known::Platform));
    }
    let found = tx.find::<PolicyRecord>(&folded(&parts.name)).await?;
    let same = found.filter(|policy| policy.name == parts.name && policy.path == parts.path);
    Ok(same.map(|policy| Known::Own(Box::new(policy))))
}

/// The account's own policy, to be changed.
pub(crate) async fn own(tx: &mut Changes<'_>, arn: &str) -> Result<PolicyRecord, Fault> {
    match lookup(tx, arn).await? {
        Some(Known::Own(policy)) => Ok(*policy),
        Some(Known::Platform(_)) => Err(Fault::sender(
            "AccessDenied",
            403,
            format!("Policy {arn} is managed by AWS and cannot be changed."),
        )),
        None => Err(fault::no_policy(arn)),
    }
}

/// The policy can be attached, or made a boundary.
pub(crate) async fn attachable(tx: &mut Changes<'_>, arn: &str) -> Result<(), Fault> {
    let known = lookup(tx, arn).await?;
    known.map(drop).ok_or_else(|| fault::not_attachable(arn))
}

/// Counts one use more or less, in the change that makes the difference.
pub(crate) async fn count_use(
    tx: &mut Changes<'_>,
    arn: &str,
    what: Use,
    by: i32,
) -> Result<(), Fault> {
    let mut uses = tx.find::<PolicyUseRecord>(arn).await?.unwrap_or_default();
    let counter = match what {
        Use::Attached => &mut uses.attached,
        Use::Boundary => &mut uses.boundary,
    };
    *counter = counter.saturating_add_signed(by);
    if uses.attached + uses.boundary == 0 && uses.unknown.is_empty() {
        tx.delete::<PolicyUseRecord>(arn);
    } else {
        tx.put(arn, &uses);
    }
    Ok(())
}

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreatePolicyRequest,
) -> Result<CreatePolicyResponse, Fault> {
    let name = required(input.policy_name, "policyName")?;
    check_name("policyName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    let document = required(input.policy_document, "policyDocument")?;
    check_document(&document)?;
    let tags = tags::checked(input.tags)?;
    let record = change!(cx, |tx| {
        if tx.find::<PolicyRecord>(&folded(&name)).await?.is_some() {
            return Err(fault::exists(format!(
                "A policy called {name} already exists. Duplicate names are not allowed."
            )));
        }
        let version = VersionRecord {
            document: document.clone(),
            created: cx.now(),
        };
        let record = PolicyRecord {
            name: name.clone(),
            path: path.clone(),
            id: ids::iam_id("ANPA", 21),
            description: input.description.clone(),
            created: cx.now(),
            updated: cx.now(),
            versions: BTreeMap::from([(1, version)]),
            default_version: 1,
            next_version: 2,
            tags: tags.clone(),
            unknown: BTreeMap::new(),
        };
        tx.put(&folded(&name), &record);
        record
    });
    let known = Known::Own(Box::new(record));
    let shown = describe(cx, &known, &PolicyUseRecord::default());
    // The answer to CreatePolicy leaves the description out.
    Ok(CreatePolicyResponse {
        policy: Some(Policy {
            description: None,
            ..shown
        }),
    })
}

pub(crate) fn check_document(text: &str) -> Result<(), Fault> {
    let kind = DocumentKind::Managed;
    Document::parse(text, kind)
        .map(drop)
        .map_err(|error| fault::document(&error))
}

pub(crate) async fn get(cx: &Cx<'_>, input: GetPolicyRequest) -> Result<GetPolicyResponse, Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let known = lookup(&mut tx, &arn)
        .await?
        .ok_or_else(|| fault::no_policy(&arn))?;
    let uses = tx.find::<PolicyUseRecord>(&arn).await?.unwrap_or_default();
    Ok(GetPolicyResponse {
        policy: Some(describe(cx, &known, &uses)),
    })
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeletePolicyRequest) -> Result<(), Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    change!(cx, |tx| {
        let policy = own(&mut tx, &arn).await?;
        let uses = tx.find::<PolicyUseRecord>(&arn).await?.unwrap_or_default();
        if uses.attached + uses.boundary > 0 {
            return Err(fault::in_the_way(
                "Cannot delete a policy attached to entities.",
            ));
        }
        if policy.versions.len() > 1 {
            return Err(fault::in_the_way(
                "This policy has more than one version. Before you delete a policy, you must delete \
                 the policy's versions. The default version is deleted with the policy.",
            ));
        }
        tx.delete::<PolicyRecord>(&folded(&policy.name));
        tx.delete::<PolicyUseRecord>(&arn);
    });
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListPoliciesRequest,
) -> Result<ListPoliciesResponse, Fault> {
    let scope = input.scope.as_deref().unwrap_or("All");
    let usage = input.policy_usage_filter.as_deref();
    let only_attached = input.only_attached.unwrap_or_default();
    let prefix = input.path_prefix.as_deref();
    let filters = format!("{scope} {usage:?} {only_attached}");
    let list = ["ListPolicies", &filters, prefix.unwrap_or_default()];
    let page = cx.page(&list, input.marker, input.max_items)?;

    let mut known = Vec::new();
    if scope != "AWS" {
        let own = table::all::<PolicyRecord>(cx.store(), cx.account()).await?;
        known.extend(own.into_iter().map(|policy| Known::Own(Box::new(policy))));
    }
    if scope != "Local" {
        known.extend(managed::ALL.iter().map(Known::Platform));
    }
    let mut shown = Vec::new();
    for policy in known.iter().filter(|policy| below(policy.path(), prefix)) {
        let arn = policy.arn(cx.account());
        let uses = table::find::<PolicyUseRecord>(cx.store(), cx.account(), &arn).await?;
        let uses = uses.unwrap_or_default();
        let counted = match usage {
            Some("PermissionsBoundary") => uses.boundary,
            Some(_) => uses.attached,
            None => uses.attached + uses.boundary,
        };
        if counted == 0 && (only_attached || usage.is_some()) {
            continue;
        }
        let parts = policy_arn(cx.account(), &arn)?;
        let described = describe(cx, policy, &uses);
        shown.push((
            list_id(&parts),
            Policy {
                description: None,
                tags: None,
                ..described
            },
        ));
    }
    shown.sort_by(|a, b| a.0.cmp(&b.0));
    let (found, marker) = page.cut(shown, |(id, _)| id);
    Ok(ListPoliciesResponse {
        policies: Some(found.into_iter().map(|(_, policy)| policy).collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

/// By name; an account may have a policy named as one of the platform's.
pub(crate) fn list_id(policy: &PolicyArn) -> String {
    format!("{}:{}", folded(&policy.name), u8::from(policy.platform))
}

impl Known {
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Platform(policy) => policy.path,
            Self::Own(policy) => &policy.path,
        }
    }

    pub(crate) fn arn(&self, account: &str) -> String {
        match self {
            Self::Platform(policy) => policy.arn(),
            Self::Own(policy) => names::arn(account, WORD, &policy.path, &policy.name),
        }
    }

    /// Its versions by number, each with whether it is the default.
    pub(crate) fn versions(&self) -> Vec<(u32, &str, Timestamp, bool)> {
        match self {
            Self::Platform(policy) => vec![(1, policy.document, PLATFORM_CREATED, true)],
            Self::Own(policy) => policy
                .versions
                .iter()
                .map(|(number, version)| {
                    let default = *number == policy.default_version;
                    (*number, version.document.as_str(), version.created, default)
                })
                .collect(),
        }
    }
}

pub(crate) fn describe(cx: &Cx<'_>, known: &Known, uses: &PolicyUseRecord) -> Policy {
    let count = |uses: u32| Some(i32::try_from(uses).unwrap_or(i32::MAX));
    let shown = Policy {
        arn: Some(cx.seen(known.arn(cx.account()))),
        path: Some(known.path().to_owned()),
        attachment_count: count(uses.attached),
        permissions_boundary_usage_count: count(uses.boundary),
        is_attachable: Some(true),
        ..Policy::default()
    };
    match known {
        Known::Platform(policy) => Policy {
            policy_name: Some(policy.name.to_owned()),
            policy_id: Some(platform_id(policy.name)),
            default_version_id: Some("v1".to_owned()),
            description: Some(policy.description.to_owned()),
            create_date: Some(PLATFORM_CREATED),
            update_date: Some(PLATFORM_CREATED),
            ..shown
        },
        Known::Own(policy) => Policy {
            policy_name: Some(policy.name.clone()),
            policy_id: Some(policy.id.clone()),
            default_version_id: Some(format!("v{}", policy.default_version)),
            description: policy.description.clone(),
            create_date: Some(policy.created),
            update_date: Some(policy.updated),
            tags: tags::shown(&policy.tags),
            ..shown
        },
    }
}

/// An id in IAM's form that is always the same for a policy of the platform.
fn platform_id(name: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(name.as_bytes());
    let letters = digest
        .iter()
        .take(17)
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    "ANPA".chars().chain(letters).collect()
}
