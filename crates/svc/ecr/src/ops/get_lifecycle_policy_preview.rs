//! GetLifecyclePolicyPreview: which images a policy would have expire.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{limit, registry};
use crate::{
    catalog::{Catalog, Doomed},
    error::EcrError,
    lifecycle::Action,
    page::{after, pages},
    records::Status,
};

const MAX_RESULTS: usize = 100;

pub(crate) async fn get_lifecycle_policy_preview(
    catalog: &Catalog,
    call: &Call,
    input: GetLifecyclePolicyPreviewRequest,
) -> Result<GetLifecyclePolicyPreviewResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let previewed = catalog.preview(&registry, &name, call.now).await?;
    let filter = input.filter.unwrap_or_default();
    let status = filter.tag_status.unwrap_or_else(|| "ANY".to_owned());
    let id = catalog.repository(&registry, &name).await?.id;
    let listing = pages(catalog, &registry, "preview", &[&id, &status]);
    let last = after(&listing, input.next_token.as_deref())?;
    let answer = GetLifecyclePolicyPreviewResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        lifecycle_policy_text: Some(previewed.text),
        status: Some("EXPIRED".to_owned()),
        ..GetLifecyclePolicyPreviewResponse::default()
    };
    let Some(doomed) = previewed.doomed else {
        return Ok(answer);
    };
    let archived = doomed.iter().filter(|it| it.action == Action::Archive);
    let archived = archived.count();
    let expiring = doomed.len() - archived;
    let transitioning = (archived > 0).then(|| TransitioningImageTotalCount {
        target_storage_class: Some("ARCHIVE".to_owned()),
        image_total_count: Some(number(archived)),
    });
    let transitioning = transitioning.into_iter().collect();
    let asked = input.image_ids.unwrap_or_default();
    let mut shown: Vec<Doomed> = doomed
        .into_iter()
        .filter(|it| {
            let digest = it.image.digest.to_string();
            asked.is_empty() || asked.iter().any(|id| names(id, &digest, &it.image.tags))
        })
        .filter(|it| it.image.has_tag_status(&status))
        .collect();
    // By digest, so that a page follows on another although images come and go.
    shown.sort_by_key(|it| it.image.digest);
    if let Some(last) = last {
        shown.retain(|it| it.image.digest.to_string() > last);
    }
    let limit = limit(input.max_results).min(MAX_RESULTS);
    let more = shown.len() > limit;
    shown.truncate(limit);
    let end = shown.last().filter(|_| more);
    Ok(GetLifecyclePolicyPreviewResponse {
        status: Some("COMPLETE".to_owned()),
        next_token: end.map(|it| listing.token(&it.image.digest.to_string())),
        preview_results: Some(shown.into_iter().map(show).collect()),
        summary: Some(LifecyclePolicyPreviewSummary {
            expiring_image_total_count: Some(number(expiring)),
            transitioning_image_total_counts: Some(transitioning),
        }),
        ..answer
    })
}

fn number(images: usize) -> i32 {
    i32::try_from(images).unwrap_or(i32::MAX)
}

/// Whether the request named the image of this digest, by that or one of its tags.
fn names(id: &ImageIdentifier, digest: &str, tags: &[String]) -> bool {
    id.image_digest.as_deref().is_none_or(|it| it == digest)
        && id.image_tag.as_ref().is_none_or(|tag| tags.contains(tag))
}

fn show(doomed: Doomed) -> LifecyclePolicyPreviewResult {
    let class = match doomed.image.status {
        Status::Archived => "ARCHIVE",
        Status::Active | Status::Activating => "STANDARD",
    };
    LifecyclePolicyPreviewResult {
        image_tags: Some(doomed.image.tags),
        image_digest: Some(doomed.image.digest.to_string()),
        image_pushed_at: Some(doomed.image.pushed_at),
        action: Some(match doomed.action {
            Action::Expire => LifecyclePolicyRuleAction {
                type_: Some("EXPIRE".to_owned()),
                target_storage_class: None,
            },
            Action::Archive => LifecyclePolicyRuleAction {
                type_: Some("TRANSITION".to_owned()),
                target_storage_class: Some("ARCHIVE".to_owned()),
            },
        }),
        applied_rule_priority: Some(doomed.priority),
        storage_class: Some(class.to_owned()),
    }
}
