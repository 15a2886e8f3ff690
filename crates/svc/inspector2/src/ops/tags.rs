//! TagResource, UntagResource and ListTagsForResource, of filters.

use wharf_api_inspector2::*;
use wharf_service::{
    Place,
    tags::{Refused, Rules},
};
use wharf_wire::{Call, Fault};

use crate::{fault, service::Inspector2Service};

pub(crate) const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    fault::invalid(match why {
        Refused::Key(_) => "A tag's key has 1 to 128 characters.".to_owned(),
        Refused::Value(_) => "A tag's value has at most 256 characters.".to_owned(),
        Refused::Reserved(_) => "Tag keys that start with aws: are reserved.".to_owned(),
        Refused::Twice(key) => format!("The tag key {key} was specified more than once."),
        Refused::TooMany => format!("A filter can have at most {} tags.", RULES.most),
    })
}

pub(crate) async fn tag_resource(
    it: &Inspector2Service,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Fault> {
    let more = RULES.given(input.tags.unwrap_or_default())?;
    let arn = input.resource_arn.unwrap_or_default();
    it.change_filter(call, &arn, |filter| RULES.add(&mut filter.tags, &more))
        .await?;
    Ok(TagResourceResponse {})
}

pub(crate) async fn untag_resource(
    it: &Inspector2Service,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    let arn = input.resource_arn.unwrap_or_default();
    it.change_filter(call, &arn, |filter| RULES.remove(&mut filter.tags, &gone))
        .await?;
    Ok(UntagResourceResponse {})
}

pub(crate) async fn list_tags_for_resource(
    it: &Inspector2Service,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let arn = input.resource_arn.unwrap_or_default();
    let filter = it.filter(&Place::of(call), &arn).await?;
    Ok(ListTagsForResourceResponse {
        tags: Some(filter.tags),
    })
}
