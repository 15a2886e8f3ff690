//! How a bucket is shown as a website.

use wharf_api_s3::{
    DeleteBucketWebsiteRequest, GetBucketWebsiteOutput, GetBucketWebsiteRequest,
    PutBucketWebsiteRequest,
};
use wharf_wire::{Call, Fault};

use super::{buckets::change, opened};
use crate::{core::Core, website};

pub async fn get(
    core: &Core,
    _: &Call,
    input: GetBucketWebsiteRequest,
) -> Result<GetBucketWebsiteOutput, Fault> {
    let bucket = opened!(core, input).record;
    let site = bucket.settings.website;
    let site = site.ok_or_else(|| website::none(&bucket.name))?;
    Ok(website::shown(site))
}

pub async fn put(core: &Core, call: &Call, input: PutBucketWebsiteRequest) -> Result<(), Fault> {
    let open = opened!(core, input);
    let site = website::read(input.website_configuration.unwrap_or_default())?;
    change(core, call, &open, |bucket| {
        bucket.settings.website = Some(site.clone());
        Ok(())
    })
    .await
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteBucketWebsiteRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    change(core, call, &open, |bucket| {
        bucket.settings.website = None;
        Ok(())
    })
    .await
}
