//! ECR, with the upkeep of its images.

use std::sync::Arc;

use wharf_svc_ecr::EcrService;

use super::{Served, Wiring};
use crate::images;

pub(super) fn serve(it: &Wiring<'_>) -> Served {
    let (catalog, clock) = (it.plane.catalog.clone(), it.clock.clone());
    catalog.calling(it.operations.clone());
    catalog.asking(it.plane.dispatcher.clone());
    let service = EcrService::new(catalog.clone());
    let (scanning, signing) = (catalog.clone(), catalog.clone());
    let (dispatcher, told) = (it.plane.dispatcher.clone(), clock.clone());
    let replication = images::replicate(catalog.clone(), dispatcher, told);
    let scrubbing = images::scrub(catalog.clone(), it.config.scrub_every);
    Served::by(wharf_api_ecr::Routes(Arc::new(service)))
        .running("scans of images", |stop| async move {
            scanning.scan(stop).await
        })
        .running("signatures of images", |stop| async move {
            signing.sign(stop).await
        })
        .throttled(wharf_svc_ecr::RATES)
        .tagged(wharf_svc_ecr::TAGGED)
        .counted(wharf_svc_ecr::COUNTED)
        .announcing(wharf_svc_ecr::ANNOUNCING)
        .forever("the upkeep of layers", images::keep_up(catalog.clone()))
        .forever("the scrubbing of blobs", scrubbing)
        .forever(
            "the archive of images",
            images::restore(catalog.clone(), clock.clone()),
        )
        .forever("the replication of images", replication)
        .forever("the lifecycle of images", images::expire(catalog, clock))
}
