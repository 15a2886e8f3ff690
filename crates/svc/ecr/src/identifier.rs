//! Images as requests name them: by digest, by tag, or by both, which must agree.

use wharf_blobs::Digest;

use crate::{catalog::ImageRef, names::valid_tag};

/// Why an image named in a batch is not there, as `failureCode` and `failureReason`.
#[derive(Debug, Clone)]
pub struct Failure {
    pub code: &'static str,
    pub reason: String,
}

impl Failure {
    pub(crate) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new("ImageNotFound", "Requested image not found")
    }
}

/// A tag, and the digest that it must name.
pub type Pair = (String, Digest);

/// What a digest and a tag name: the tag wins, and a digest beside it must agree.
pub fn image_named(
    digest: Option<&str>,
    tag: Option<&str>,
) -> Result<(ImageRef, Option<Pair>), Failure> {
    let digest = match digest {
        Some(text) => Some(text.parse::<Digest>().map_err(|_| {
            Failure::new(
                "InvalidImageDigest",
                "Invalid request parameters: image digest should \
                satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
            )
        })?),
        None => None,
    };
    let tag = match tag {
        Some(tag) if !valid_tag(tag) => {
            return Err(Failure::new(
                "InvalidImageTag",
                "Invalid request parameters: image tag",
            ));
        }
        tag => tag.map(str::to_owned),
    };
    match (digest, tag) {
        (Some(digest), Some(tag)) => Ok((ImageRef::Tag(tag.clone()), Some((tag, digest)))),
        (Some(digest), None) => Ok((ImageRef::Digest(digest), None)),
        (None, Some(tag)) => Ok((ImageRef::Tag(tag), None)),
        (None, None) => Err(Failure::new(
            "MissingDigestAndTag",
            "Invalid request parameters: both tag and digest cannot be null",
        )),
    }
}
