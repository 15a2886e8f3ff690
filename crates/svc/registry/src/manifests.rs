//! Manifests, stored and given out verbatim.

use bytes::Bytes;
use http::{
    HeaderName, Method, Response, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION},
};
use wharf_blobs::Digest;
use wharf_svc_ecr::{EcrError, ImageRef, MAX_MANIFEST_BYTES, NewImage, valid_tag};
use wharf_wire::fault::Chain;

use crate::{
    answer::{self, Answer, CONTENT_DIGEST, Refusal},
    asked::Asked,
    blobs,
    body::{self, Body},
    conditions::{self, Verdict},
    path, through,
};

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");
/// Further tags of one push at most: each is one more push of the same manifest.
const MAX_FURTHER_TAGS: usize = 25;

/// A reference with a colon is a digest, anything else a tag.
fn reference(text: &str) -> Result<ImageRef, Refusal> {
    if !text.contains(':') {
        return Ok(ImageRef::Tag(text.to_owned()));
    }
    answer::digest(text).map(ImageRef::Digest)
}

/// What a push by tag says the digest is, as the query's `digest` or in the header that answers have: without either
/// it is the sha256.
fn said_digest(asked: &Asked<'_>) -> Result<Option<Digest>, Refusal> {
    let said = asked.parameter("digest");
    let said = said.or_else(|| asked.header(CONTENT_DIGEST).map(str::to_owned));
    said.as_deref().map(answer::digest).transpose()
}

/// The tags that the query gives a pushed manifest besides, each once. All are looked at before the first is set.
fn further_tags(asked: &Asked<'_>) -> Result<Vec<String>, Refusal> {
    let mut tags: Vec<String> = Vec::new();
    for tag in path::parameters(asked.parts.uri.query(), "tag") {
        if !valid_tag(&tag) {
            return Err(EcrError::BadTag.into());
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        if tags.len() > MAX_FURTHER_TAGS {
            let text = format!("A push has at most {MAX_FURTHER_TAGS} parameters named tag");
            let status = StatusCode::URI_TOO_LONG;
            return Err(Refusal::new(status, "TAG_INVALID", text));
        }
    }
    Ok(tags)
}

/// GET and HEAD. The stored type is given whatever `Accept` says: nothing is converted here, and
/// clients that cannot read it say so better than we could.
pub(crate) async fn get(
    asked: &Asked<'_>,
    name: &str,
    text: &str,
) -> Result<Response<Body>, Refusal> {
    let (catalog, registry) = (asked.catalog, &asked.registry);
    let mut found = asked.find(name).await?;
    let call = asked.may_with("BatchGetImage", name, found.as_ref());
    let call = call.await?;
    asked.within_bounds()?;
    let reference = reference(text)?;
    let headers = &asked.parts.headers;
    let is_head = asked.parts.method == Method::HEAD;
    let now = asked.now();
    let due = catalog.due_upstream_of(registry, name, found.as_ref(), &reference, now);
    if let Some(due) = due.await? {
        if let Some(brought) = through::image(asked, name, &reference, due).await? {
            return match conditions::judge(headers, &brought.digest) {
                Verdict::Send => Ok(through::answer(&brought, is_head)),
                Verdict::NotModified => Ok(blobs::not_modified(&brought.digest)),
                Verdict::Failed => Err(Refusal::precondition()),
            };
        }
        // Something may have changed meanwhile.
        found = asked.find(name).await?;
    }
    let open = asked.there(found, name)?;
    if is_head || headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_MATCH) {
        let image = catalog.pullable_of(&open, &reference).await?;
        let image = image.ok_or_else(Refusal::manifest_unknown)?;
        match conditions::judge(headers, &image.digest) {
            Verdict::Send => {}
            Verdict::NotModified => return Ok(blobs::not_modified(&image.digest)),
            Verdict::Failed => return Err(Refusal::precondition()),
        }
        if is_head {
            return Ok(described(&image.media_type, &image.digest).sized(image.manifest_size));
        }
    }
    let stored = catalog.pulled(&open, &reference).await?;
    let stored = stored.ok_or_else(Refusal::manifest_unknown)?;
    let digest = &stored.image.digest;
    // A pull must not fail for its own bookkeeping. Of public images there is none.
    if !registry.public
        && let Err(error) = catalog
            .note_pull(&call, &open, digest, stored.image.last_pull)
            .await
    {
        tracing::warn!(repository = name, error = %Chain(&error), "failed to record a pull");
    }
    Ok(described(&stored.image.media_type, digest).body(stored.manifest))
}

pub(crate) fn described(media_type: &str, digest: &Digest) -> Answer {
    Answer::new(StatusCode::OK)
        .header(CONTENT_TYPE, media_type)
        .of_digest(digest)
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
    let headers = &asked.parts.headers;
    // What wants something to be there makes no repository for it.
    if !headers.contains_key(IF_MATCH) {
        asked.make_repository(name).await?;
    }
    let reference = reference(text)?;
    let condition = conditions::of_change(headers, &reference);
    let further = further_tags(asked)?;
    let manifest = body::collect(body, MAX_MANIFEST_BYTES)
        .await?
        .ok_or_else(|| {
            let text = format!("Manifests have at most {MAX_MANIFEST_BYTES} bytes");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", text)
        })?;
    let (tag, digest) = match reference {
        ImageRef::Tag(tag) => (Some(tag), said_digest(asked)?),
        ImageRef::Digest(digest) => (None, Some(digest)),
    };
    // Parameters of a content type (`; charset=…`) say nothing about a manifest.
    let media_type = asked.header(CONTENT_TYPE).map(|value| {
        value
            .split_once(';')
            .map_or(value, |(kind, _)| kind)
            .trim()
            .to_owned()
    });
    let new = |tag: Option<String>| NewImage {
        manifest: manifest.clone(),
        media_type: media_type.clone(),
        tag,
        digest: digest.map(|it| it.to_string()),
    };
    let mut tags: Vec<Option<String>> = tag
        .into_iter()
        .chain(further.iter().cloned())
        .map(Some)
        .collect();
    let last = tags.pop().flatten();
    let push = |tag, only| {
        asked
            .catalog
            .push_image(&call, &asked.registry, name, new(tag), only)
    };
    // It is about what was there before the first of them, which is that of the path if that is a tag.
    let mut only = condition.as_ref();
    // One after the other: those before one that may not be moved stay.
    for tag in tags {
        push(tag, only.take()).await?;
    }
    let pushed = push(last, only).await?;
    let digest = pushed.image.digest;
    let mut answer = Answer::new(StatusCode::CREATED)
        .header(
            LOCATION,
            &asked.location(name, &format!("manifests/{digest}")),
        )
        .header(ETAG, &conditions::tag_of(&digest))
        .header(CONTENT_DIGEST, &digest.to_string());
    if !further.is_empty() {
        answer = answer.header(OCI_TAG, &further.join(", "));
    }
    if let Some(subject) = pushed.image.subject {
        answer = answer.header(OCI_SUBJECT, &subject.to_string());
    }
    Ok(answer.empty())
}

/// By digest the image with all its tags; by tag the tag alone. A condition is about what is there: where nothing is, that is
/// what the answer says.
pub(crate) async fn delete(
    asked: &Asked<'_>,
    name: &str,
    text: &str,
) -> Result<Response<Body>, Refusal> {
    let call = asked.may("BatchDeleteImage", name).await?;
    let reference = reference(text)?;
    let condition = conditions::of_change(&asked.parts.headers, &reference);
    let (permit, registry) = (&call.permit, &asked.registry);
    let only = condition.as_ref();
    let gone = asked
        .catalog
        .delete_image_if(permit, registry, name, &reference, only)
        .await?;
    gone.ok_or_else(Refusal::manifest_unknown)?;
    Ok(Answer::new(StatusCode::ACCEPTED).empty())
}
