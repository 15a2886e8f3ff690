//! DescribeLogGroups.

use wharf_api_logs::types::{DescribeLogGroupsRequest, DescribeLogGroupsResponse, LogGroup};
use wharf_records::Record;
use wharf_wire::{Call, Fault};

use crate::{LogsService, fault, names, records::Group, retention::Policies, rules::Sort, token};

const DEFAULT_LIMIT: usize = 50;

pub async fn describe_log_groups(
    service: &LogsService,
    call: &Call,
    input: DescribeLogGroupsRequest,
) -> Result<DescribeLogGroupsResponse, Fault> {
    let (prefix, pattern) = (input.log_group_name_prefix, input.log_group_name_pattern);
    if prefix.is_some() && pattern.is_some() {
        return Err(fault::invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let identifiers = input.log_group_identifiers.unwrap_or_default();
    let wanted: Vec<String> = identifiers
        .iter()
        .map(|identifier| names::from_identifier(call, identifier))
        .collect::<Result<_, _>>()?;
    let listing = format!(
        "groups {prefix:?} {pattern:?} {:?} {wanted:?}",
        input.log_group_class
    );
    let pages = service.pages(call, &listing);
    let after: Option<String> = pages
        .after(input.next_token.as_deref())?
        .map(|it| token::place(&it))
        .transpose()?;
    let key = LogsService::scope(call).key(Group::KIND, prefix.as_deref().unwrap_or_default());
    let all: Vec<Group> = service.all(&key).await?;
    let mut shown: Vec<Group> = all
        .into_iter()
        .filter(|group| after.as_ref().is_none_or(|after| group.name > *after))
        .filter(|group| {
            pattern
                .as_ref()
                .is_none_or(|pattern| group.name.contains(pattern.as_str()))
        })
        .filter(|group| {
            input
                .log_group_class
                .as_ref()
                .is_none_or(|class| group.class == *class)
        })
        .filter(|group| wanted.is_empty() || wanted.contains(&group.name))
        .collect();
    shown.sort_by(|a, b| a.name.cmp(&b.name));
    let limit = input
        .limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(DEFAULT_LIMIT);
    let more = shown.len() > limit;
    shown.truncate(limit);
    let next_token = more
        .then(|| {
            shown
                .last()
                .map(|group| pages.token(&token::place_text(&group.name)))
        })
        .flatten();
    let scope = LogsService::scope(call);
    let policies = service.retention_policies(&scope, call.now).await?;
    let log_groups = shown
        .iter()
        .map(|group| to_wire(service, call, group, &policies))
        .collect();
    Ok(DescribeLogGroupsResponse {
        log_groups: Some(log_groups),
        next_token,
    })
}

/// What a group holds.
pub fn stored_bytes(service: &LogsService, group: &Group) -> i64 {
    let prefix = Group::journal_prefix(&group.id);
    let streams = service.events.journal().streams(&prefix, None, usize::MAX);
    let bytes: u64 = streams.iter().map(|stream| stream.bytes).sum();
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn to_wire(service: &LogsService, call: &Call, group: &Group, policies: &Policies) -> LogGroup {
    let arn = names::group_arn(call, &group.name);
    LogGroup {
        log_group_name: Some(group.name.clone()),
        creation_time: Some(group.created_at.millis()),
        retention_in_days: policies.kept(group).days(),
        retention_policy_name: policies.of(group).map(|it| it.name.clone()),
        kms_key_id: group.key.as_ref().map(|key| key.kms_key.clone()),
        metric_filter_count: i32::try_from(group.metric_filters.len()).ok(),
        arn: Some(format!("{arn}:*")),
        stored_bytes: Some(stored_bytes(service, group)),
        data_protection_status: group.rules.get(Sort::Protection.name()).map(|it| {
            let stands = it.ended.is_none();
            if stands { "ACTIVATED" } else { "DELETED" }.to_owned()
        }),
        log_group_class: Some(group.class.clone()),
        log_group_arn: Some(arn),
        deletion_protection_enabled: Some(group.deletion_protected),
        ..LogGroup::default()
    }
}
