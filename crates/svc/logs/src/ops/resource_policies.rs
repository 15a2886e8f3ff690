//! PutResourcePolicy, DescribeResourcePolicies and DeleteResourcePolicy: what services of AWS may do with the groups of
//! an account in a region.

use serde_json::{Value, json};
use wharf_api_logs::{
    faults,
    types::{
        DeleteResourcePolicyRequest, DescribeResourcePoliciesRequest,
        DescribeResourcePoliciesResponse, PutResourcePolicyRequest, PutResourcePolicyResponse,
        ResourcePolicy as Shown,
    },
};
use wharf_iam::{Document, DocumentKind};
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{Pages, transact};
use wharf_wire::{Call, Context, Fault};

use crate::{LogsService, fault, fault::LogsFaults, named, records::ResourcePolicy};

/// Policies of an account in a region.
pub const MOST: usize = 10;
/// Bytes of one.
pub const LONGEST: usize = 5120;
const LONGEST_NAME: usize = 255;
const PAGE: usize = 50;
const SCOPE: &str = "ACCOUNT";

fn key(cx: &Context, name: &str) -> String {
    LogsService::scope(cx).key(ResourcePolicy::KIND, name)
}

fn checked_name(name: Option<String>) -> Result<String, Fault> {
    let name = name.unwrap_or_default();
    match (1..=LONGEST_NAME).contains(&name.len()) && !name.contains(char::is_control) {
        true => Ok(name),
        false => Err(fault::invalid("policyName must have 1 to 255 characters.")),
    }
}

async fn shown(call: &Call, name: String, it: ResourcePolicy) -> Result<Shown, Fault> {
    Ok(Shown {
        policy_name: Some(name),
        policy_document: Some(named::shown(call, it.document).await?),
        last_updated_time: Some(it.changed_at.millis()),
        policy_scope: Some(SCOPE.to_owned()),
        ..Shown::default()
    })
}

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutResourcePolicyRequest,
) -> Result<PutResourcePolicyResponse, Fault> {
    let name = checked_name(input.policy_name)?;
    let document = input.policy_document.unwrap_or_default();
    if !(1..=LONGEST).contains(&document.len()) {
        return Err(fault::invalid(
            "Policy document length breached max allowed limit (5120).",
        ));
    }
    Document::parse(&document, DocumentKind::Resource).map_err(|error| {
        fault::invalid(format!(
            "Unexpected token or invalid policy document: {error}"
        ))
    })?;
    let policy = ResourcePolicy {
        document: named::bound(call, document).await?,
        changed_at: call.now,
        unknown: Unknown::new(),
    };
    let key = key(call, &name);
    let count = service
        .table
        .count(&LogsService::scope(call).prefix(ResourcePolicy::KIND))
        .await?;
    transact!(service.table, &call.permit, |tx| {
        let is_new = tx.find::<ResourcePolicy>(&key).await?.is_none();
        if is_new && count >= MOST {
            return Err(faults::limit_exceeded_exception("Resource limit exceeded."));
        }
        tx.put(&key, &policy);
    });
    Ok(PutResourcePolicyResponse {
        resource_policy: Some(shown(call, name, policy).await?),
        ..PutResourcePolicyResponse::default()
    })
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeResourcePoliciesRequest,
) -> Result<DescribeResourcePoliciesResponse, Fault> {
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let pages: Pages<'_, LogsFaults> =
        Pages::new(&service.keyring, call, "logs/DescribeResourcePolicies", &());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let all = service
        .table
        .all::<ResourcePolicy>(&LogsService::scope(call), "")
        .await?;
    let (all, next_token) = page.cut(all, |(name, _)| name.as_str());
    let mut resource_policies = Vec::with_capacity(all.len());
    for (name, it) in all {
        resource_policies.push(shown(call, name, it.record).await?);
    }
    Ok(DescribeResourcePoliciesResponse {
        resource_policies: Some(resource_policies),
        next_token,
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteResourcePolicyRequest,
) -> Result<(), Fault> {
    let name = checked_name(input.policy_name)?;
    let key = key(call, &name);
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<ResourcePolicy>(&key).await?.is_none() {
            let text = format!("Policy with name [{name}] does not exist.");
            return Err(faults::resource_not_found_exception(text));
        }
        tx.delete(&key);
    });
    Ok(())
}

/// All policies of an account in a region as one; `None` if there are none.
pub async fn all_of(service: &LogsService, scope: &Scope) -> Result<Option<String>, Fault> {
    let all = service.table.all::<ResourcePolicy>(scope, "").await?;
    let mut statements = Vec::new();
    for (_, it) in all {
        let read: Option<Value> = serde_json::from_str(&it.record.document).ok();
        match read.map(|mut it| it["Statement"].take()) {
            Some(Value::Array(some)) => statements.extend(some),
            Some(one @ Value::Object(_)) => statements.push(one),
            _ => {}
        }
    }
    if statements.is_empty() {
        return Ok(None);
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    Ok(Some(policy.to_string()))
}
