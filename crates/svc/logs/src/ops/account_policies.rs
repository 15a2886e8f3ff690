//! PutAccountPolicy, DescribeAccountPolicies and DeleteAccountPolicy: transformers, data protection, field indexes, a
//! subscription filter, which events make no metrics and how long events are kept, for groups of an account in a region,
//! those of the future too.

use serde_json::Value;
use wharf_api_logs::{
    faults,
    types::{
        AccountPolicy as Shown, DeleteAccountPolicyRequest, DeleteAccountPolicyResponse,
        DescribeAccountPoliciesRequest, DescribeAccountPoliciesResponse, PutAccountPolicyRequest,
        PutAccountPolicyResponse,
    },
};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{Changes, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{
    account_extraction, account_retention, account_subscription, data_protection, transformers,
};
use crate::{
    LogsService, extraction, fault, field_index,
    filters::POLICY,
    protection::findings_of,
    records::{AccountPolicy, Group, PolicyPuts, PolicyText, Rule},
    retention,
    rules::{ACCOUNT, Sort, sort_prefix},
};

/// Policies of one type, as with AWS.
const MOST_SELECTED: usize = 20;
/// Versions of policies of one type that are kept for the events that came in under them.
const MOST_VERSIONS: usize = 500;
const LONGEST_NAME: usize = 255;
/// Bytes of a document, as with AWS.
const LONGEST_DOCUMENT: usize = 30_720;
/// Bytes of a selection, as with AWS.
const LONGEST_SELECTION: usize = 25 << 10;
const PAGE: usize = 50;
const SCOPE: &str = "ALL";

/// As the API names policies of field indexes.
pub const INDEX: &str = "FIELD_INDEX_POLICY";

/// What a policy is about.
fn sort(name: &str) -> Result<Sort, Fault> {
    match name {
        "TRANSFORMER_POLICY" => Ok(Sort::Transformer),
        "DATA_PROTECTION_POLICY" => Ok(Sort::Protection),
        INDEX => Ok(Sort::Index),
        other => Err(fault::invalid(format!(
            "The policyType {other} is not supported by this version of wharf."
        ))),
    }
}

pub(super) fn key(scope: &Scope, sort: &str, name: &str) -> String {
    scope.key(AccountPolicy::KIND, &format!("{sort}:{name}"))
}

fn rule_key(scope: &Scope, sort: Sort, since: Timestamp, name: &str) -> String {
    let start = sort_prefix(ACCOUNT, sort);
    scope.key(Rule::KIND, &format!("{start}{:020}:{name}", since.millis()))
}

/// The policies of a type, with their ids.
pub(crate) async fn of_type(
    service: &LogsService,
    scope: &Scope,
    of: &str,
) -> Result<Vec<(String, Stored<AccountPolicy>)>, Fault> {
    let start = format!("{of}:");
    Ok(service.table.all(scope, &start).await?)
}

/// Counts a put of a type, before what is there is looked at.
pub(super) async fn count_put(
    scope: &Scope,
    of: &str,
    tx: &mut Changes<'_, fault::LogsFaults>,
) -> Result<(), Fault> {
    let at = scope.key(PolicyPuts::KIND, of);
    let mut puts = tx.find::<PolicyPuts>(&at).await?.unwrap_or_default();
    puts.count = puts.count.wrapping_add(1);
    tx.put(&at, &puts);
    Ok(())
}

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutAccountPolicyRequest,
) -> Result<PutAccountPolicyResponse, Fault> {
    let of = input.policy_type.unwrap_or_default();
    let name = input.policy_name.unwrap_or_default();
    if !(1..=LONGEST_NAME).contains(&name.len()) || name.contains(char::is_control) {
        return Err(fault::invalid("policyName must have 1 to 255 characters."));
    }
    if name.starts_with("aws/") {
        return Err(fault::invalid("policyName cannot start with aws/."));
    }
    let own = format!("{of}:{name}");
    let is_dry = is_dry(input.dry_run, &of)?;
    let document = input.policy_document.unwrap_or_default();
    if document.len() > LONGEST_DOCUMENT {
        return Err(fault::invalid(format!(
            "policyDocument must have at most {LONGEST_DOCUMENT} bytes."
        )));
    }
    let selection = input.selection_criteria;
    if selection
        .as_ref()
        .is_some_and(|it| it.len() > LONGEST_SELECTION)
    {
        return Err(fault::invalid(format!(
            "selectionCriteria must have at most {LONGEST_SELECTION} bytes."
        )));
    }
    let policy = match &*of {
        retention::POLICY => {
            let text = PolicyText {
                document,
                selection,
            };
            if is_dry {
                let result = account_retention::try_put(service, call, &name, &text).await?;
                return Ok(PutAccountPolicyResponse {
                    dry_run_result: Some(result),
                    ..PutAccountPolicyResponse::default()
                });
            }
            account_retention::put(service, call, &name, text).await?
        }
        POLICY => account_subscription::put(service, call, &name, document, selection).await?,
        extraction::POLICY => {
            account_extraction::put(service, call, &name, document, selection).await?
        }
        _ => put_rule(service, call, &of, &name, document, selection).await?,
    };
    Ok(PutAccountPolicyResponse {
        account_policy: Some(shown(call, &own, &policy)),
        ..PutAccountPolicyResponse::default()
    })
}

/// Whether a request asks alone what it would come to.
fn is_dry(given: Option<bool>, of: &str) -> Result<bool, Fault> {
    match given == Some(true) {
        true if of != retention::POLICY => Err(fault::invalid(format!(
            "dryRun is only for policies of the type {}.",
            retention::POLICY
        ))),
        is_dry => Ok(is_dry),
    }
}

async fn put_rule(
    service: &LogsService,
    call: &Call,
    of: &str,
    name: &str,
    document: String,
    selection: Option<String>,
) -> Result<AccountPolicy, Fault> {
    let sort = sort(of)?;
    let own = format!("{of}:{name}");
    let prefixes = selected(sort, selection.as_deref())?;
    checked(service, call, sort, document.clone()).await?;
    if sort == Sort::Protection {
        service
            .check_findings(call, &findings_of(&document))
            .await?;
    }
    let scope = LogsService::scope(call);
    let start = sort_prefix(ACCOUNT, sort);
    let groups: Vec<Group> = service.all(&scope.key(Group::KIND, "")).await?;
    let at = key(&scope, of, name);
    Ok(transact!(service.table, &call.permit, |tx| {
        count_put(&scope, of, &mut tx).await?;
        let mut others = of_type(service, &scope, of).await?;
        others.retain(|(id, _)| *id != own);
        fits(sort, &prefixes, others.iter().map(|(_, it)| &it.record))?;
        for (_, other) in &others {
            // Nobody deletes what this one was held against.
            tx.when(other.unchanged());
        }
        let former = tx.find::<AccountPolicy>(&at).await?;
        let is_same = |it: &AccountPolicy| it.document == document && it.selection == selection;
        match former {
            // Nothing to tell apart: it goes on being the rule that it was.
            Some(mut same) if is_same(&same) => {
                same.changed_at = call.now;
                tx.put(&at, &same);
                same
            }
            former => {
                let after = former.as_ref().map(|it| it.since.millis() + 1);
                let now = call.now.max(after.map_or(call.now, Timestamp::from_millis));
                let of = (sort, &*start);
                let room =
                    service.drop_unused(&scope, of, &groups, MOST_VERSIONS, call.now, &mut tx);
                if !room.await? {
                    return Err(faults::limit_exceeded_exception(format!(
                        "An account keeps at most {MOST_VERSIONS} versions of its policies of one type for the events that came in under them."
                    )));
                }
                if let Some(former) = &former {
                    end(&scope, sort, former, name, now, &mut tx).await?;
                }
                let rule = Rule {
                    document: document.clone(),
                    created_at: now,
                    since: now,
                    until: None,
                    prefixes: prefixes.clone(),
                    unknown: Unknown::new(),
                };
                tx.put(rule_key(&scope, sort, now, name), &rule);
                let policy = AccountPolicy {
                    document: document.clone(),
                    selection: selection.clone(),
                    changed_at: call.now,
                    since: now,
                    takes_effect: None,
                    unknown: Unknown::new(),
                };
                tx.put(&at, &policy);
                policy
            }
        }
    }))
}

/// The rule of a policy stands no more.
async fn end(
    scope: &Scope,
    sort: Sort,
    policy: &AccountPolicy,
    name: &str,
    now: Timestamp,
    tx: &mut Changes<'_, fault::LogsFaults>,
) -> Result<(), Fault> {
    let at = rule_key(scope, sort, policy.since, name);
    if let Some(mut rule) = tx.find::<Rule>(&at).await? {
        rule.until = Some(now.max(policy.since));
        tx.put(&at, &rule);
    }
    Ok(())
}

/// Reads a document as that of one group is read.
async fn checked(
    service: &LogsService,
    call: &Call,
    sort: Sort,
    document: String,
) -> Result<(), Fault> {
    match sort {
        Sort::Protection => data_protection::checked(service, call, document).await,
        Sort::Index => field_index::policy(&document).map(|_| ()),
        Sort::Transformer => {
            let read = serde_json::from_str::<Value>(&document)
                .map_err(|cause| fault::invalid(format!("Invalid policy document: {cause}.")))?;
            let bounds = transformers::within_bounds(&read);
            bounds.map_err(|error| fault::invalid(error.to_string()))?;
            let read = transformers::checked(service, call, read).await;
            read.map(|_| ())
        }
    }
}

/// What names of groups start with: `LogGroupNamePrefix IN ["a", "b"]`, `LogGroupNamePrefix = "a"`.
fn selected(sort: Sort, criteria: Option<&str>) -> Result<Vec<String>, Fault> {
    if sort == Sort::Protection && criteria.is_some_and(|it| !it.trim().is_empty()) {
        return Err(fault::invalid(
            "selectionCriteria is not for policies of the type DATA_PROTECTION_POLICY.",
        ));
    }
    prefixes(criteria)
}

/// The same, for those that may be selected; none stands for all groups.
pub(crate) fn prefixes(criteria: Option<&str>) -> Result<Vec<String>, Fault> {
    let Some(criteria) = criteria.filter(|it| !it.trim().is_empty()) else {
        return Ok(Vec::new());
    };
    let wrong =
        || fault::invalid("Invalid selectionCriteria: only LogGroupNamePrefix is supported.");
    let rest = criteria.trim().strip_prefix("LogGroupNamePrefix");
    let rest = rest.ok_or_else(wrong)?.trim_start();
    let rest = ["IN", "=", ":"].iter().find_map(|it| rest.strip_prefix(it));
    let value: Value = serde_json::from_str(rest.ok_or_else(wrong)?).map_err(|_| wrong())?;
    let all = match value {
        Value::Array(all) => all,
        one => vec![one],
    };
    let text = |it: &Value| it.as_str().filter(|it| !it.is_empty()).map(str::to_owned);
    let all: Option<Vec<String>> = all.iter().map(text).collect();
    all.filter(|it| !it.is_empty()).ok_or_else(wrong)
}

/// Whether a policy is for a group of that name.
pub(super) fn is_for(sort: Sort, policy: &AccountPolicy, group: &str) -> Result<bool, Fault> {
    let prefixes = selected(sort, policy.selection.as_deref())?;
    let mut any = prefixes.iter();
    Ok(prefixes.is_empty() || any.any(|it| group.starts_with(it)))
}

/// Whether a policy may be beside others: no group is of two.
fn fits<'p>(
    sort: Sort,
    prefixes: &[String],
    others: impl Iterator<Item = &'p AccountPolicy>,
) -> Result<(), Fault> {
    let most = match sort {
        Sort::Protection => 1,
        Sort::Transformer | Sort::Index => MOST_SELECTED,
    };
    let mut count = 0;
    for other in others {
        count += 1;
        let theirs = selected(sort, other.selection.as_deref())?;
        let meet = |a: &String| {
            let mut theirs = theirs.iter();
            theirs.any(|b| a.starts_with(b.as_str()) || b.starts_with(a.as_str()))
        };
        let is_for_all = prefixes.is_empty() || theirs.is_empty();
        if sort != Sort::Protection && (is_for_all || prefixes.iter().any(meet)) {
            return Err(fault::overlap());
        }
    }
    match count < most {
        true => Ok(()),
        false => Err(fault::too_many_policies()),
    }
}

fn shown(call: &Call, id: &str, it: &AccountPolicy) -> Shown {
    let (of, name) = id.split_once(':').unwrap_or_default();
    Shown {
        policy_name: Some(name.to_owned()),
        policy_document: Some(it.document.clone()),
        last_updated_time: Some(it.changed_at.millis()),
        policy_type: Some(of.to_owned()),
        scope: Some(SCOPE.to_owned()),
        selection_criteria: it.selection.clone(),
        account_id: Some(call.account.clone()),
    }
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeAccountPoliciesRequest,
) -> Result<DescribeAccountPoliciesResponse, Fault> {
    let of = input.policy_type.unwrap_or_default();
    let listing = format!("account policies {of} {:?}", input.policy_name);
    let page = service
        .pages(call, &listing)
        .page(input.next_token.as_deref(), PAGE)?;
    let scope = LogsService::scope(call);
    let mut all = of_type(service, &scope, &of).await?;
    if let Some(name) = &input.policy_name {
        all.retain(|(id, _)| *id == format!("{of}:{name}"));
        if all.is_empty() {
            return Err(missing());
        }
    }
    let (all, next_token) = page.cut(all, |(id, _)| id.as_str());
    let shown = all.iter().map(|(id, it)| shown(call, id, &it.record));
    Ok(DescribeAccountPoliciesResponse {
        account_policies: Some(shown.collect()),
        next_token,
    })
}

pub(super) fn missing() -> Fault {
    faults::resource_not_found_exception("The specified account policy does not exist.")
}

/// What came in under the policy stays as it is shown.
pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteAccountPolicyRequest,
) -> Result<DeleteAccountPolicyResponse, Fault> {
    let of = input.policy_type.unwrap_or_default();
    let name = input.policy_name.unwrap_or_default();
    if is_dry(input.dry_run, &of)? {
        let result = account_retention::try_delete(service, call, &name).await?;
        return Ok(DeleteAccountPolicyResponse {
            dry_run_result: Some(result),
        });
    }
    match &*of {
        retention::POLICY => account_retention::delete(service, call, &name).await?,
        POLICY => account_subscription::delete(service, call, &name).await?,
        extraction::POLICY => account_extraction::delete(service, call, &name).await?,
        _ => delete_rule(service, call, &of, &name).await?,
    }
    Ok(DeleteAccountPolicyResponse::default())
}

async fn delete_rule(
    service: &LogsService,
    call: &Call,
    of: &str,
    name: &str,
) -> Result<(), Fault> {
    let sort = sort(of)?;
    let scope = LogsService::scope(call);
    let at = key(&scope, of, name);
    transact!(service.table, &call.permit, |tx| {
        let Some(policy) = tx.find::<AccountPolicy>(&at).await? else {
            return Err(missing());
        };
        end(&scope, sort, &policy, name, call.now, &mut tx).await?;
        tx.delete(&at);
    });
    Ok(())
}
