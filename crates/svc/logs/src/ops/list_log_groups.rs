//! ListLogGroups: the names alone.

use wharf_api_logs::types::{ListLogGroupsRequest, ListLogGroupsResponse, LogGroupSummary};
use wharf_records::Record;
use wharf_wire::{Call, Fault};

use crate::{LogsService, names, records::Group, token};

const DEFAULT_LIMIT: usize = 50;

pub async fn list_log_groups(
    service: &LogsService,
    call: &Call,
    input: ListLogGroupsRequest,
) -> Result<ListLogGroupsResponse, Fault> {
    let (pattern, class) = (input.log_group_name_pattern, input.log_group_class);
    let listing = format!("list of groups {pattern:?} {class:?}");
    let pages = service.pages(call, &listing);
    let after: Option<String> = pages
        .after(input.next_token.as_deref())?
        .map(|it| token::place(&it))
        .transpose()?;
    let all: Vec<Group> = service
        .all(&LogsService::scope(call).key(Group::KIND, ""))
        .await?;
    let mut shown: Vec<Group> = all
        .into_iter()
        .filter(|group| after.as_ref().is_none_or(|after| group.name > *after))
        .filter(|group| pattern.as_ref().is_none_or(|it| matches(it, &group.name)))
        .filter(|group| class.as_ref().is_none_or(|class| group.class == *class))
        .collect();
    shown.sort_by(|a, b| a.name.cmp(&b.name));
    let limit = input.limit.and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let more = shown.len() > limit;
    shown.truncate(limit);
    let end = shown.last().filter(|_| more);
    let next_token = end.map(|group| pages.token(&token::place_text(&group.name)));
    let summary = |group: Group| LogGroupSummary {
        log_group_arn: Some(names::group_arn(call, &group.name)),
        log_group_name: Some(group.name),
        log_group_class: Some(group.class),
    };
    Ok(ListLogGroupsResponse {
        log_groups: Some(shown.into_iter().map(summary).collect()),
        next_token,
    })
}

/// Up to five parts between `|`; `^` begins one that the name has to begin with, others may stand
/// anywhere in it. The model allows nothing else in a pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    pattern.split('|').any(|part| match part.strip_prefix('^') {
        Some(prefix) => name.starts_with(prefix),
        None => name.contains(part),
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_are_prefixes_and_parts() {
        for (pattern, name, expected) in [
            ("^/ecs", "/ecs/web", true),
            ("^/ecs", "/my/ecs/web", false),
            ("ecs", "/my/ecs/web", true),
            ("^/aws|web", "/ecs/web", true),
            ("^/aws|^web", "/ecs/web", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
