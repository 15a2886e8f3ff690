//! Manifests, stored and given out verbatim.

use bytes::Bytes;
use http::{
    HeaderName, Method, Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use wharf_blobs::Digest;
use wharf_svc_ecr::{Image, ImageRef, MAX_MANIFEST_BYTES, NewImage};
use wharf_wire::fault::Chain;

use crate::{
    answer::{Answer, CONTENT_DIGEST, Refusal},
    body::{self, Body},
    request::Asked,
};

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

/// A reference with a colon is a digest, anything else a tag.
fn reference(text: &str) -> Result<ImageRef, Refusal> {
    if !text.contains(':') {
        return Ok(ImageRef::Tag(text.to_owned()));
    }
    text.parse()
        .map(ImageRef::Digest)
        .map_err(|_| Refusal::bad_digest(text))
}

/// GET and HEAD. The stored type is given whatever `Accept` says: nothing is converted here, and
/// clients that cannot read it say so better than we could.
pub(crate) async fn get(
    asked: &Asked<'_>,
    name: &str,
    text: &str,
) -> Result<Response<Body>, Refusal> {
    let call = asked.may("BatchGetImage", name).await?;
    let reference = reference(text)?;
    if asked.parts.method == Method::HEAD {
        let image = asked
            .catalog
            .pullable(&asked.registry, name, &reference)
            .await?;
        let image = image.ok_or_else(Refusal::manifest_unknown)?;
        return Ok(described(&image).sized(image.manifest_size));
    }
    let stored = asked
        .catalog
        .manifest(&asked.registry, name, &reference)
        .await?;
    let stored = stored.ok_or_else(Refusal::manifest_unknown)?;
    let digest = &stored.image.digest;
    // A pull must not fail for its own bookkeeping.
    if let Err(error) = asked
        .catalog
        .record_pull(&call, &asked.registry, name, digest)
        .await
    {
        tracing::warn!(repository = name, error = %Chain(&error), "failed to record a pull");
    }
    Ok(described(&stored.image).body(stored.manifest))
}

fn described(image: &Image) -> Answer {
    Answer::new(StatusCode::OK)
        .header(CONTENT_TYPE, &image.media_type)
        .header(CONTENT_DIGEST, &image.digest.to_string())
}

pub(crate) async fn put<B>(
    asked: &Asked<'_>,
    name: &str,
    text: &str,
    body: &mut B,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let call = asked.may("PutImage", name).await?;
    asked.make_repository(name).await?;
    let reference = reference(text)?;
    let manifest = body::collect(body, MAX_MANIFEST_BYTES)
        .await?
        .ok_or_else(|| {
            let text = format!("Manifests have at most {MAX_MANIFEST_BYTES} bytes");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", text)
        })?;
    let (tag, digest) = match reference {
        ImageRef::Tag(tag) => (Some(tag), None),
        ImageRef::Digest(digest) => (None, Some(digest.to_string())),
    };
    // Parameters of a content type (`; charset=…`) say nothing about a manifest.
    let media_type = asked.header(CONTENT_TYPE).map(|value| {
        value
            .split_once(';')
            .map_or(value, |(kind, _)| kind)
            .trim()
            .to_owned()
    });
    let new = NewImage {
        manifest,
        media_type,
        tag,
        digest,
    };
    let (permit, registry) = (&call.permit, &asked.registry);
    let pushed = asked
        .catalog
        .put_image(permit, registry, name, new, call.now)
        .await?;
    let digest: Digest = pushed.image.digest;
    let mut answer = Answer::new(StatusCode::CREATED)
        .header(LOCATION, &format!("/v2/{name}/manifests/{digest}"))
        .header(CONTENT_DIGEST, &digest.to_string());
    if let Some(subject) = pushed.image.subject {
        answer = answer.header(OCI_SUBJECT, &subject.to_string());
    }
    Ok(answer.empty())
}

/// By digest the image with all its tags; by tag the tag alone.
pub(crate) async fn delete(
    asked: &Asked<'_>,
    name: &str,
    text: &str,
) -> Result<Response<Body>, Refusal> {
    let call = asked.may("BatchDeleteImage", name).await?;
    let reference = reference(text)?;
    let (permit, registry) = (&call.permit, &asked.registry);
    let gone = asked
        .catalog
        .delete_image(permit, registry, name, &reference, true)
        .await?;
    gone.ok_or_else(Refusal::manifest_unknown)?;
    Ok(Answer::new(StatusCode::ACCEPTED).empty())
}
