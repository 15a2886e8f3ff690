//! GetLifecyclePolicyPreview: which images a policy would have expire.

use wharf_api_ecr::types::*;
use wharf_blobs::Digest;
use wharf_wire::Call;

use super::{limit, registry};
use crate::{
    catalog::{Catalog, Previewed, Taken},
    error::EcrError,
    lifecycle::Action,
    page::{after, pages},
    records::{Image, Status},
};

const MAX_RESULTS: usize = 100;

pub(crate) async fn get_lifecycle_policy_preview(
    catalog: &Catalog,
    call: &Call,
    input: GetLifecyclePolicyPreviewRequest,
) -> Result<GetLifecyclePolicyPreviewResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let Previewed {
        open,
        preview,
        taken,
    } = catalog.preview(&registry, &name, call.now).await?;
    let filter = input.filter.unwrap_or_default();
    let status = filter.tag_status.unwrap_or_else(|| "ANY".to_owned());
    // Tokens of another preview are none of this one.
    let selection = (open.id(), &status, preview.started_at, &input.image_ids);
    let listing = pages(catalog, &registry, "preview", &selection);
    let last = after(&listing, input.next_token.as_deref())?;
    let answer = GetLifecyclePolicyPreviewResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        lifecycle_policy_text: Some(preview.text),
        status: Some("EXPIRED".to_owned()),
        ..GetLifecyclePolicyPreviewResponse::default()
    };
    let Some(taken) = taken else {
        return Ok(answer);
    };
    let asked = input.image_ids.as_deref().unwrap_or_default();
    let asked = catalog.images_named(&open, asked).await?;
    let last: Option<Digest> = last
        .map(|it| it.parse())
        .transpose()
        .map_err(|_| EcrError::bad_token())?;
    let begin = last.map_or(0, |last| taken.partition_point(|it| it.image <= last));
    let mut fitting = taken[begin..]
        .iter()
        .filter(|it| asked.as_ref().is_none_or(|asked| asked.contains(&it.image)))
        .filter(|it| has_tag_status(it, &status));
    let limit = limit(input.max_results).min(MAX_RESULTS);
    let (mut shown, mut end) = (Vec::new(), None);
    for it in fitting.by_ref().take(limit) {
        end = Some(it.image);
        // One that went since is not shown.
        let image = catalog.previewed(&open, it).await?;
        shown.extend(image.map(|image| show(it, image)));
    }
    let end = end.filter(|_| fitting.next().is_some());
    let archived = taken.iter().filter(|it| it.action == Action::Archive);
    let archived = archived.count();
    let expiring = taken.len() - archived;
    let transitioning = (archived > 0).then(|| TransitioningImageTotalCount {
        target_storage_class: Some("ARCHIVE".to_owned()),
        image_total_count: Some(number(archived)),
    });
    let transitioning = transitioning.into_iter().collect();
    Ok(GetLifecyclePolicyPreviewResponse {
        status: Some("COMPLETE".to_owned()),
        next_token: end.map(|it| listing.token(&it.to_string())),
        preview_results: Some(shown),
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

/// Whether it is one of those that a filter asks for, as it was when the preview was worked out.
fn has_tag_status(taken: &Taken, wanted: &str) -> bool {
    match wanted {
        "TAGGED" => taken.tagged,
        "UNTAGGED" => !taken.tagged,
        _ => true,
    }
}

fn show(taken: &Taken, image: Image) -> LifecyclePolicyPreviewResult {
    let class = match image.status {
        Status::Archived => "ARCHIVE",
        Status::Active | Status::Activating => "STANDARD",
    };
    LifecyclePolicyPreviewResult {
        image_tags: Some(image.tags),
        image_digest: Some(image.digest.to_string()),
        image_pushed_at: Some(image.pushed_at),
        action: Some(match taken.action {
            Action::Expire => LifecyclePolicyRuleAction {
                type_: Some("EXPIRE".to_owned()),
                target_storage_class: None,
            },
            Action::Archive => LifecyclePolicyRuleAction {
                type_: Some("TRANSITION".to_owned()),
                target_storage_class: Some("ARCHIVE".to_owned()),
            },
        }),
        applied_rule_priority: Some(taken.priority),
        storage_class: Some(class.to_owned()),
    }
}
