//! GetClustersForImage: of the account's own images, in the clusters of the region.

use wharf_api_inspector2::{GetClustersForImageRequest, GetClustersForImageResponse};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::lists::size;
use crate::{
    clusters::{NamedImage, by_cluster},
    fault,
    service::Inspector2Service,
};

const MAX_CLUSTERS: usize = 100;

pub(crate) async fn get_clusters_for_image(
    it: &Inspector2Service,
    call: &Call,
    input: GetClustersForImageRequest,
) -> Result<GetClustersForImageResponse, Fault> {
    let place = Place::of(call);
    let resource_id = input.filter.and_then(|it| it.resource_id);
    let pages = it.pages(call, "inspector2/GetClustersForImage", &resource_id);
    let after = pages.after(input.next_token.as_deref())?;
    let image = resource_id.as_deref().and_then(NamedImage::read);
    let Some(image) = image.filter(|it| it.place == place) else {
        return Err(fault::invalid(
            "The resource must be a repository or an image of the account in this region.",
        ));
    };
    let uses = it.clusters.uses(&place, &image).await?;
    let mut shown = by_cluster(uses);
    if let Some(after) = after {
        shown.retain(|it| it.cluster_arn.as_deref() > Some(after.as_str()));
    }
    let size = size(input.max_results, MAX_CLUSTERS);
    let more = shown.len() > size;
    shown.truncate(size);
    let last = shown.last().and_then(|it| it.cluster_arn.as_deref());
    let next_token = last.filter(|_| more).map(|arn| pages.token(arn));
    Ok(GetClustersForImageResponse {
        cluster: Some(shown),
        next_token,
    })
}
