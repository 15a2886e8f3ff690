//! Cost allocation tags: which keys of tags reports know.

use std::sync::Arc;

use wharf_api_ce::types::*;
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    fault,
    records::{TagKey, is_generated, scope},
    service::Core,
};

/// Keys of a page.
const PAGE: i32 = 100;
const MAX_PAGE: i32 = 1_000;
/// Keys that reports of an account know at most.
const MOST_ACTIVE: usize = 500;

/// The keys that metered tasks had, with their status.
pub(crate) async fn list_cost_allocation_tags(
    core: &Arc<Core>,
    call: &Call,
    input: ListCostAllocationTagsRequest,
) -> Result<ListCostAllocationTagsResponse, Fault> {
    let size = input.max_results.unwrap_or(PAGE).clamp(1, MAX_PAGE) as usize;
    let selection = (&input.status, &input.tag_keys, &input.type_);
    let pages = core.pages(call, "ce/ListCostAllocationTags", &selection);
    let page = pages.page(input.next_token.as_deref(), size)?;
    let all = core.table.all::<TagKey>(&scope(&call.account), "").await?;
    let mut all: Vec<(String, TagKey)> =
        all.into_iter().map(|(key, it)| (key, it.record)).collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let fits = |(key, it): &(String, TagKey)| {
        input
            .status
            .as_deref()
            .is_none_or(|wanted| wanted == status(it.active))
            && input
                .type_
                .as_deref()
                .is_none_or(|wanted| wanted == kind(key))
            && input
                .tag_keys
                .as_ref()
                .is_none_or(|wanted| wanted.contains(key))
    };
    let (found, next) = page.cut(all.into_iter().filter(fits), |(key, _)| key);
    let tags = found.into_iter().map(|(key, it)| CostAllocationTag {
        type_: Some(kind(&key).to_owned()),
        tag_key: Some(key),
        status: Some(status(it.active).to_owned()),
        last_updated_date: Some(it.changed_at.iso8601_seconds()),
        last_used_date: Some(it.seen_at.iso8601_seconds()),
    });
    Ok(ListCostAllocationTagsResponse {
        cost_allocation_tags: Some(tags.collect()),
        next_token: next,
    })
}

/// Says which keys reports know; a key that no metered task had is an error of its own.
pub(crate) async fn update_cost_allocation_tags_status(
    core: &Arc<Core>,
    call: &Call,
    input: UpdateCostAllocationTagsStatusRequest,
) -> Result<UpdateCostAllocationTagsStatusResponse, Fault> {
    let wanted = input.cost_allocation_tags_status.unwrap_or_default();
    let wanted = wanted.into_iter().map(|it| {
        let is_active = it.status.as_deref() == Some("Active");
        (it.tag_key.unwrap_or_default(), is_active)
    });
    let wanted: Vec<(String, bool)> = wanted.collect();
    let scope = scope(&call.account);
    // One after the other, so that the number of active keys is what it was when the next one is judged.
    let _turn = core.turns.take(&call.account).await;
    let keys = core.table.all::<TagKey>(&scope, "").await?;
    let active = keys.iter().filter(|(_, it)| it.record.active).count();
    let more = wanted.iter().filter(|(key, active)| {
        *active
            && keys
                .iter()
                .any(|(known, it)| known == key && !it.record.active)
    });
    if active + more.count() > MOST_ACTIVE {
        return Err(fault::limit(format!(
            "An account has {MOST_ACTIVE} active keys of tags at most."
        )));
    }
    let now = core.now();
    let errors = transact!(core.table, &call.permit, |tx| {
        let mut errors = Vec::new();
        for (key, active) in &wanted {
            let at = scope.key(TagKey::KIND, key);
            match tx.find::<TagKey>(&at).await? {
                Some(known) if known.active != *active => {
                    tx.put(
                        at,
                        &TagKey {
                            active: *active,
                            changed_at: now,
                            ..known
                        },
                    );
                }
                Some(_) => {}
                None => errors.push(UpdateCostAllocationTagsStatusError {
                    tag_key: Some(key.clone()),
                    code: Some("TagKeysNotFoundException".to_owned()),
                    message: Some("Tag keys not found".to_owned()),
                }),
            }
        }
        errors
    });
    Ok(UpdateCostAllocationTagsStatusResponse {
        errors: Some(errors),
    })
}

fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

fn kind(key: &str) -> &'static str {
    if is_generated(key) {
        "AWSGenerated"
    } else {
        "UserDefined"
    }
}
