//! Layers going out.

use http::{
    Method, Response, StatusCode,
    header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE},
    request::Parts,
};
use wharf_blobs::{BlobReader, Digest};

use crate::{
    answer::{Answer, CONTENT_DIGEST, Refusal},
    body::{self, Body},
    range::{self, Wanted},
    request::Asked,
};

const OCTETS: &str = "application/octet-stream";

pub(crate) async fn head(
    asked: &Asked<'_>,
    name: &str,
    digest: &str,
) -> Result<Response<Body>, Refusal> {
    asked.may("BatchCheckLayerAvailability", name).await?;
    let parsed: Digest = digest.parse().map_err(|_| Refusal::bad_digest(digest))?;
    let layer = asked.catalog.layer(&asked.registry, name, &parsed).await?;
    let layer = layer.ok_or_else(|| Refusal::blob_unknown(digest))?;
    Ok(Answer::new(StatusCode::OK)
        .header(CONTENT_TYPE, OCTETS)
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_DIGEST, &parsed.to_string())
        .sized(layer.size))
}

pub(crate) async fn get(
    asked: &Asked<'_>,
    name: &str,
    digest: &str,
) -> Result<Response<Body>, Refusal> {
    asked.may("GetDownloadUrlForLayer", name).await?;
    let parsed: Digest = digest.parse().map_err(|_| Refusal::bad_digest(digest))?;
    let reader = asked
        .catalog
        .read_layer(&asked.registry, name, &parsed)
        .await?;
    send(
        asked.parts,
        reader.ok_or_else(|| Refusal::blob_unknown(digest))?,
    )
}

/// The layer, or the range of it that the request asks for.
pub(crate) fn send(parts: &Parts, mut reader: BlobReader) -> Result<Response<Body>, Refusal> {
    let size = reader.size();
    let header = parts
        .headers
        .get(RANGE)
        .and_then(|value| value.to_str().ok());
    let mut answer = Answer::new(StatusCode::OK);
    match range::wanted(header, size) {
        Wanted::Whole => {}
        Wanted::Part(start, end) => {
            reader.select(start, end);
            let shown = format!("bytes {start}-{}/{size}", end - 1);
            answer = Answer::new(StatusCode::PARTIAL_CONTENT).header(CONTENT_RANGE, &shown);
        }
        Wanted::Nothing => {
            let text = "The range lies beyond the end of the layer";
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Err(Refusal::new(status, "SIZE_INVALID", text)
                .with(CONTENT_RANGE, format!("bytes */{size}")));
        }
    }
    let length = reader.remaining();
    answer = answer
        .header(CONTENT_TYPE, OCTETS)
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_DIGEST, &reader.digest().to_string())
        .header(CONTENT_LENGTH, &length.to_string());
    if parts.method == Method::HEAD {
        return Ok(answer.sized(length));
    }
    Ok(answer.stream(body::blob(reader)))
}
