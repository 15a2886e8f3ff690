//! PutIndexPolicy, DescribeIndexPolicies, DeleteIndexPolicy and DescribeFieldIndexes: which fields of a group's events
//! are indexed for queries. A policy counts for what comes in from then on.

use wharf_api_logs::{
    faults,
    types::{
        DeleteIndexPolicyRequest, DeleteIndexPolicyResponse, DescribeFieldIndexesRequest,
        DescribeFieldIndexesResponse, DescribeIndexPoliciesRequest, DescribeIndexPoliciesResponse,
        FieldIndex, IndexPolicy, PutIndexPolicyRequest, PutIndexPolicyResponse,
    },
};
use wharf_wire::{Call, Fault};

use super::account_policies;
use crate::{LogsService, fault, field_index, names, records::Group, rules::Sort};

/// Groups of one request, as with AWS.
const MOST_GROUPS: usize = 100;
const PAGE: usize = 100;
const OF_GROUP: &str = "LOG_GROUP";
const OF_ACCOUNT: &str = "ACCOUNT";
/// Indexes of what comes in now, and those of what came in before.
const CURRENT: &str = "CUSTOM";
const FORMER: &str = "INACTIVE";

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutIndexPolicyRequest,
) -> Result<PutIndexPolicyResponse, Fault> {
    let given = input.log_group_identifier.unwrap_or_default();
    let name = names::from_identifier(call, &given)?;
    let group = service.group(call, &name).await?;
    if group.class != "STANDARD" {
        return Err(fault::invalid(format!(
            "Field index policies are not for log groups of the class {}.",
            group.class
        )));
    }
    if group.key.is_some() {
        return Err(fault::invalid(
            "Field indexes of a log group under a key of KMS are not supported by this version of wharf.",
        ));
    }
    let document = input.policy_document.unwrap_or_default();
    field_index::policy(&document)?;
    let put = service.set_rule(call, &name, Sort::Index, Some(document.clone()));
    put.await?;
    // The same as the one that stands already is no new one.
    let group = service.group(call, &name).await?;
    let scope = LogsService::scope(call);
    let rule = service.rule(&scope, &group, Sort::Index).await?;
    let since = rule.map_or(call.now, |it| it.since);
    Ok(PutIndexPolicyResponse {
        index_policy: Some(IndexPolicy {
            log_group_identifier: Some(given),
            last_update_time: Some(since.millis()),
            policy_document: Some(document),
            policy_name: None,
            source: Some(OF_GROUP.to_owned()),
        }),
    })
}

/// The policy of a group: its own, or where it has none its account's.
pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeIndexPoliciesRequest,
) -> Result<DescribeIndexPoliciesResponse, Fault> {
    let given = input.log_group_identifiers.unwrap_or_default();
    if given.len() > 1 {
        return Err(fault::invalid(
            "logGroupIdentifiers must name exactly one log group.",
        ));
    }
    let listing = format!("index policies {given:?}");
    let pages = service.pages(call, &listing);
    // All there is fits one page.
    pages.page(input.next_token.as_deref(), PAGE)?;
    let mut policies = Vec::new();
    for given in given {
        let name = names::from_identifier(call, &given)?;
        let group = service.group(call, &name).await?;
        policies.extend(policy_of(service, call, &group, given).await?);
    }
    Ok(DescribeIndexPoliciesResponse {
        index_policies: Some(policies),
        next_token: None,
    })
}

async fn policy_of(
    service: &LogsService,
    call: &Call,
    group: &Group,
    given: String,
) -> Result<Option<IndexPolicy>, Fault> {
    let scope = LogsService::scope(call);
    if let Some(rule) = service.rule(&scope, group, Sort::Index).await? {
        return Ok(Some(IndexPolicy {
            log_group_identifier: Some(given),
            last_update_time: Some(rule.since.millis()),
            policy_document: Some(rule.document),
            policy_name: None,
            source: Some(OF_GROUP.to_owned()),
        }));
    }
    if group.class != "STANDARD" {
        return Ok(None);
    }
    let all = account_policies::of_type(service, &scope, account_policies::INDEX).await?;
    for (id, policy) in all {
        let policy = policy.record;
        if account_policies::is_for(Sort::Index, &policy, &group.name)? {
            let name = id.split_once(':').map(|(_, name)| name.to_owned());
            return Ok(Some(IndexPolicy {
                log_group_identifier: Some(given),
                last_update_time: Some(policy.changed_at.millis()),
                policy_document: Some(policy.document),
                policy_name: name,
                source: Some(OF_ACCOUNT.to_owned()),
            }));
        }
    }
    Ok(None)
}

/// What came in under the policy stays indexed.
pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteIndexPolicyRequest,
) -> Result<DeleteIndexPolicyResponse, Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    match service.set_rule(call, &name, Sort::Index, None).await? {
        true => Ok(DeleteIndexPolicyResponse::default()),
        false => Err(faults::resource_not_found_exception(
            "The specified log group has no field index policy.",
        )),
    }
}

pub async fn describe_fields(
    service: &LogsService,
    call: &Call,
    input: DescribeFieldIndexesRequest,
) -> Result<DescribeFieldIndexesResponse, Fault> {
    let given = input.log_group_identifiers.unwrap_or_default();
    if given.len() > MOST_GROUPS {
        return Err(fault::invalid(format!(
            "logGroupIdentifiers names at most {MOST_GROUPS} log groups."
        )));
    }
    let categories = input.index_categories.unwrap_or_default();
    let listing = format!("field indexes {given:?} {categories:?}");
    let pages = service.pages(call, &listing);
    let page = pages.page(input.next_token.as_deref(), PAGE)?;
    let scope = LogsService::scope(call);
    let mut found = Vec::new();
    for (number, given) in given.into_iter().enumerate() {
        let name = names::from_identifier(call, &given)?;
        let group = service.group(call, &name).await?;
        let rules = service.rules(&scope, &group).await?;
        let (current, former) = rules.all_indexed(call.now.millis());
        let current = current.into_iter().map(|it| (it, CURRENT));
        let former = former.into_iter().map(|it| (it, FORMER));
        for (field, category) in current.chain(former) {
            let wanted = categories.is_empty() || categories.iter().any(|it| it == category);
            if wanted {
                let place = format!("{number:03} {category} {field}");
                found.push((
                    place,
                    FieldIndex {
                        log_group_identifier: Some(given.clone()),
                        field_index_name: Some(field_index::shown(field)),
                        type_: Some("FIELD_INDEX".to_owned()),
                        index_category: Some(category.to_owned()),
                        ..FieldIndex::default()
                    },
                ));
            }
        }
    }
    let (found, next_token) = page.cut(found, |(place, _)| place.as_str());
    Ok(DescribeFieldIndexesResponse {
        field_indexes: Some(found.into_iter().map(|(_, it)| it).collect()),
        next_token,
    })
}
