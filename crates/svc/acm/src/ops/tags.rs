//! Tags of certificates.

use wharf_api_acm::{
    AddTagsToCertificateRequest, ListTagsForCertificateRequest, ListTagsForCertificateResponse,
    RemoveTagsFromCertificateRequest,
};
use wharf_wire::{Call, Fault};

use crate::{check, core::Core, names::Place};

pub async fn add(
    core: &Core,
    call: &Call,
    input: AddTagsToCertificateRequest,
) -> Result<(), Fault> {
    let more = check::tags(input.tags)?;
    let (place, arn) = (Place::of(call), input.certificate_arn.as_deref());
    core.change(&call.permit, &place, arn, |certificate| {
        check::TAGS.add(&mut certificate.tags, &more)
    })
    .await
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListTagsForCertificateRequest,
) -> Result<ListTagsForCertificateResponse, Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.as_deref());
    let found = core.find(&place, arn).await?.record;
    Ok(ListTagsForCertificateResponse {
        tags: Some(check::tags_to_wire(&found.tags)),
    })
}

/// A tag given with its value goes only if it has that value.
pub async fn remove(
    core: &Core,
    call: &Call,
    input: RemoveTagsFromCertificateRequest,
) -> Result<(), Fault> {
    let gone = input.tags.unwrap_or_default();
    let (place, arn) = (Place::of(call), input.certificate_arn.as_deref());
    core.change(&call.permit, &place, arn, |certificate| {
        let unwanted = gone.iter().map(|tag| {
            let key = tag.key.as_deref().unwrap_or_default();
            (key, tag.value.as_deref())
        });
        check::TAGS.remove_matching(&mut certificate.tags, unwanted)
    })
    .await
}
