//! Layers going out.

use http::{
    Method, Response, StatusCode,
    header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE},
    request::Parts,
};
use wharf_blobs::{BlobError, BlobReader, Digest};
use wharf_svc_ecr::EcrError;

use crate::{
    answer::{self, Answer, Refusal},
    asked::Asked,
    body::{self, Body},
    conditions::{self, Verdict},
    range::{self, Wanted},
    through,
};

const OCTETS: &str = "application/octet-stream";

pub(crate) async fn head(
    asked: &Asked<'_>,
    name: &str,
    digest: &str,
) -> Result<Response<Body>, Refusal> {
    let found = asked.find(name).await?;
    let action = "BatchCheckLayerAvailability";
    asked.may_with(action, name, found.as_ref()).await?;
    let parsed = answer::digest(digest)?;
    let (catalog, registry) = (asked.catalog, &asked.registry);
    let open = asked.there(found, name)?;
    let mut layer = catalog.wanted_layer(&open, &parsed).await?;
    // Whoever pushes asks too, and is told at once unless the layer is already coming. It may have come between the two looks.
    if layer.is_none() {
        catalog.coming_layer(registry, name, &parsed).await;
        layer = catalog.layer(registry, name, &parsed).await?;
    }
    let layer = layer.ok_or_else(|| Refusal::blob_unknown(digest))?;
    let answer = match conditions::judge(&asked.parts.headers, &parsed) {
        Verdict::Send => described(StatusCode::OK, &parsed),
        Verdict::NotModified => return Ok(not_modified(&parsed)),
        Verdict::Failed => return Err(Refusal::precondition()),
    };
    Ok(answer.sized(layer.size))
}

pub(crate) async fn get(
    asked: &Asked<'_>,
    name: &str,
    digest: &str,
) -> Result<Response<Body>, Refusal> {
    let found = asked.find(name).await?;
    let action = "GetDownloadUrlForLayer";
    asked.may_with(action, name, found.as_ref()).await?;
    let parsed = answer::digest(digest)?;
    let open = asked.there(found, name)?;
    let mut read = asked.catalog.read_layer_of(&open, &parsed).await;
    // Only then may there be something to bring.
    if !is_sound(&read) {
        through::layer(asked, name, &parsed).await?;
        read = asked
            .catalog
            .read_layer(&asked.registry, name, &parsed)
            .await;
    }
    let reader = read?.ok_or_else(|| Refusal::blob_unknown(digest))?;
    send(asked.parts, reader, &parsed)
}

/// Whether a layer is there and not known to be damaged. What failed otherwise fails again.
fn is_sound(read: &Result<Option<BlobReader>, EcrError>) -> bool {
    match read {
        Ok(Some(reader)) => !reader.is_noted_damaged(),
        Ok(None) | Err(EcrError::Blob(BlobError::Damaged { .. })) => false,
        Err(_) => true,
    }
}

/// The layer, or the range of it that the request asks for.
pub(crate) fn send(
    parts: &Parts,
    mut reader: BlobReader,
    digest: &Digest,
) -> Result<Response<Body>, Refusal> {
    let size = reader.size();
    match conditions::judge(&parts.headers, digest) {
        Verdict::Send => {}
        Verdict::NotModified => return Ok(not_modified(digest)),
        Verdict::Failed => return Err(Refusal::precondition()),
    }
    let header = parts
        .headers
        .get(RANGE)
        .filter(|_| conditions::range_holds(&parts.headers, digest))
        .and_then(|value| value.to_str().ok());
    let mut answer = described(StatusCode::OK, digest);
    match range::wanted(header, size) {
        Wanted::Whole => {}
        Wanted::Part(start, end) => {
            reader.select(start, end);
            let shown = format!("bytes {start}-{}/{size}", end - 1);
            answer = described(StatusCode::PARTIAL_CONTENT, digest).header(CONTENT_RANGE, &shown);
        }
        Wanted::Nothing => {
            let text = "The range lies beyond the end of the layer";
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Err(Refusal::new(status, "SIZE_INVALID", text)
                .with(CONTENT_RANGE, format!("bytes */{size}")));
        }
    }
    let length = reader.remaining();
    answer = answer.header(CONTENT_LENGTH, &length.to_string());
    if parts.method == Method::HEAD {
        return Ok(answer.sized(length));
    }
    // One less thing to be asked for piece by piece; and who sends it knows that it is here.
    Ok(match reader.take_at_once() {
        Some(bytes) => answer.body(bytes),
        None => answer.stream(body::blob(reader)),
    })
}

fn described(status: StatusCode, digest: &Digest) -> Answer {
    Answer::new(status)
        .header(CONTENT_TYPE, OCTETS)
        .header(ACCEPT_RANGES, "bytes")
        .of_digest(digest)
}

/// Who asks has it already.
pub(crate) fn not_modified(digest: &Digest) -> Response<Body> {
    Answer::new(StatusCode::NOT_MODIFIED)
        .of_digest(digest)
        .bare()
}
