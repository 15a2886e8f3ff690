//! ListImages: one entry for each tag of an image, or one without a tag.

use wharf_api_ecr::types::*;
use wharf_blobs::Digest;
use wharf_wire::Call;

use super::{limit, registry};
use crate::{
    catalog::Catalog,
    error::EcrError,
    page::{self, pages},
    records,
};

/// Images read at once.
const SCAN: usize = 200;

pub(crate) async fn list_images(
    catalog: &Catalog,
    call: &Call,
    input: ListImagesRequest,
) -> Result<ListImagesResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let id = catalog.repository(&registry, &name).await?.id;
    let filter = input.filter.unwrap_or_default();
    let status = filter.tag_status.unwrap_or_else(|| "ANY".to_owned());
    let image_status = filter.image_status.unwrap_or_else(|| "ACTIVE".to_owned());
    let listing = pages(catalog, &registry, "images", &[&id, &status, &image_status]);
    let limit = limit(input.max_results);
    let last = page::after(&listing, input.next_token.as_deref())?;
    let mut position = last.as_deref().and_then(Position::read);
    let mut found: Vec<ImageIdentifier> = Vec::new();
    loop {
        // An image in the middle of whose tags a page ended is looked at again.
        let after = position.as_ref().and_then(|position| position.before());
        let (images, more) = catalog
            .images(&registry, &name, after.as_ref(), SCAN)
            .await?;
        let Some(end) = images.last().map(|image| image.digest) else {
            break;
        };
        for image in images {
            let skip = position
                .as_ref()
                .map_or(0, |position| position.tags_seen(&image.digest));
            let entries = entries(&image, &status, &image_status);
            for (n, entry) in entries.into_iter().enumerate().skip(skip) {
                if found.len() == limit {
                    let token = listing.token(&Position::write(&image.digest, n));
                    return Ok(ListImagesResponse {
                        image_ids: Some(found),
                        next_token: Some(token),
                    });
                }
                found.push(entry);
            }
        }
        if !more {
            break;
        }
        position = Some(Position {
            digest: end,
            seen: usize::MAX,
        });
    }
    Ok(ListImagesResponse {
        image_ids: Some(found),
        next_token: None,
    })
}

fn entries(image: &records::Image, status: &str, image_status: &str) -> Vec<ImageIdentifier> {
    let digest = Some(image.digest.to_string());
    if !image.has_tag_status(status) || !image.status.fits(image_status) {
        return Vec::new();
    }
    if image.tags.is_empty() {
        return vec![ImageIdentifier {
            image_digest: digest,
            image_tag: None,
        }];
    }
    let entry = |tag: &String| ImageIdentifier {
        image_digest: digest.clone(),
        image_tag: Some(tag.clone()),
    };
    image.tags.iter().map(entry).collect()
}

/// How far a page came: `seen` entries of the image `digest`, and all images before it.
struct Position {
    digest: Digest,
    seen: usize,
}

impl Position {
    fn write(digest: &Digest, seen: usize) -> String {
        format!("{} {seen}", digest.hex())
    }

    fn read(text: &str) -> Option<Self> {
        let (digest, seen) = text.split_once(' ')?;
        Some(Self {
            digest: Digest::from_hex(digest).ok()?,
            seen: seen.parse().ok()?,
        })
    }

    /// The digest to list behind: the one before `digest` in order, unless all of it was seen.
    fn before(&self) -> Option<Digest> {
        if self.seen == usize::MAX {
            Some(self.digest)
        } else {
            self.digest.previous()
        }
    }

    fn tags_seen(&self, digest: &Digest) -> usize {
        if *digest == self.digest { self.seen } else { 0 }
    }
}
