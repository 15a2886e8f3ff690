//! What instances are launched with that others keep: images and key pairs.

use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service,
    images::{self, Source},
    key_pairs,
    records::{Image, Key},
};

/// The image with that id, if the caller may launch it.
pub async fn find(service: &Ec2Service, cx: &Context, id: &str) -> Result<Image, Fault> {
    of_record(images::find(service, cx, id).await?)
}

/// An image as instances have it, if it is there already.
pub fn of_record(found: images::Image) -> Result<Image, Fault> {
    found.check_available()?;
    let registry = match found.source {
        Source::Own => None,
        Source::Repository {
            account,
            region,
            repository,
            digest,
        } => Some(format!(
            "{account}.dkr.ecr.{region}.amazonaws.com/{repository}@{digest}"
        )),
    };
    Ok(Image {
        id: found.id,
        owner: Some(found.puller.unwrap_or(found.owner)),
        root: None,
        boot_mode: found.boot_mode,
        architecture: found.architecture,
        registry,
    })
}

/// The key pair of that name.
pub async fn key(service: &Ec2Service, cx: &Context, name: &str) -> Result<Key, Fault> {
    let pair = key_pairs::find(service, cx, name).await?;
    Ok(Key {
        name: pair.name,
        public: Some(pair.public_key),
    })
}
