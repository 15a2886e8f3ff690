//! Layers coming in: begun, sent in one stream or in parts, finished, given up.
//!
//! A stream that breaks off leaves nothing when no client could resume it: a request that carries
//! a whole layer, or a stream from the first byte without `Content-Range`. Parts with a
//! `Content-Range` stay, and `GET` tells where to go on.

use bytes::Bytes;
use http::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE},
};
use wharf_blobs::{Digest, Upload};
use wharf_svc_ecr::LayerInfo;
use wharf_wire::Call;

use crate::{
    answer::{self, Answer, CONTENT_DIGEST, Refusal, UPLOAD_UUID},
    asked::Asked,
    body::{self, Body},
    range,
};

/// POST: a new upload; a whole layer with `digest`; another repository's layer with `mount`.
pub(crate) async fn begin<B>(
    asked: &Asked<'_>,
    name: &str,
    body: &mut B,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let call = asked.may("InitiateLayerUpload", name).await?;
    asked.make_repository(name).await?;
    if let Some(digest) = asked.parameter("digest") {
        let digest = answer::digest(&digest)?;
        let mut upload = asked.catalog.upload_once(&asked.registry, name).await?;
        upload.will_be(&digest);
        receive(asked, &mut upload, Some(&digest), body).await?;
        return complete(asked, &call, name, upload, &digest).await;
    }
    if let (Some(digest), Some(from)) = (asked.parameter("mount"), asked.parameter("from"))
        && let Some(layer) = mount(asked, &call, name, &digest, &from).await?
    {
        return Ok(created(asked, name, &layer));
    }
    let upload = asked.catalog.begin_upload(&asked.registry, name).await?;
    Ok(accepted(
        asked,
        StatusCode::ACCEPTED,
        (name, upload.as_str()),
        0,
    ))
}

/// `None` where the layer must be sent after all: it is not there, or not for this caller.
async fn mount(
    asked: &Asked<'_>,
    call: &Call,
    name: &str,
    digest: &str,
    from: &str,
) -> Result<Option<LayerInfo>, Refusal> {
    let (Ok(digest), Some(from)) = (digest.parse::<Digest>(), asked.own_name(from)) else {
        return Ok(None);
    };
    for action in ["BatchCheckLayerAvailability", "GetDownloadUrlForLayer"] {
        match asked.may(action, from).await {
            Ok(_) => {}
            Err(refusal) if refusal.status == StatusCode::FORBIDDEN => return Ok(None),
            Err(refusal) => return Err(refusal),
        }
    }
    let (permit, registry) = (&call.permit, &asked.registry);
    Ok(asked
        .catalog
        .mount_layer(permit, registry, name, from, &digest, call.now)
        .await?)
}

/// PATCH: the next bytes.
pub(crate) async fn patch<B>(
    asked: &Asked<'_>,
    name: &str,
    id: &str,
    body: &mut B,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    asked.may("UploadLayerPart", name).await?;
    let upload = receive_part(asked, name, id, None, body).await?;
    let received = upload.pause().await?;
    Ok(accepted(asked, StatusCode::ACCEPTED, (name, id), received))
}

/// PUT: the last bytes, if any, and what all of them should be.
pub(crate) async fn finish<B>(
    asked: &Asked<'_>,
    name: &str,
    id: &str,
    body: &mut B,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let call = asked.may("CompleteLayerUpload", name).await?;
    let digest = answer::digest(&asked.parameter("digest").unwrap_or_default())?;
    let upload = receive_part(asked, name, id, Some(&digest), body).await?;
    complete(asked, &call, name, upload, &digest).await
}

/// GET: how much has arrived.
pub(crate) async fn status(
    asked: &Asked<'_>,
    name: &str,
    id: &str,
) -> Result<Response<Body>, Refusal> {
    asked.may("UploadLayerPart", name).await?;
    let received = asked
        .catalog
        .upload_length(&asked.registry, name, id)
        .await?;
    Ok(accepted(
        asked,
        StatusCode::NO_CONTENT,
        (name, id),
        received,
    ))
}

/// DELETE: gives it up.
pub(crate) async fn cancel(
    asked: &Asked<'_>,
    name: &str,
    id: &str,
) -> Result<Response<Body>, Refusal> {
    asked.may("UploadLayerPart", name).await?;
    asked
        .catalog
        .cancel_upload(&asked.registry, name, id)
        .await?;
    Ok(Answer::new(StatusCode::NO_CONTENT).bare())
}

/// Appends the request's body to the upload, which `whole` is the digest of afterwards.
async fn receive_part<B>(
    asked: &Asked<'_>,
    name: &str,
    id: &str,
    whole: Option<&Digest>,
    body: &mut B,
) -> Result<Upload, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let invalid = |text| Refusal::new(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID", text);
    let range = match asked.header(CONTENT_RANGE).map(range::content_range) {
        Some(None) => return Err(invalid("Content-Range must be <first byte>-<last byte>")),
        range => range.flatten(),
    };
    let mut upload = asked
        .catalog
        .resume_upload(&asked.registry, name, id)
        .await?;
    let offset = upload.offset();
    match range {
        Some((first, _)) if first != offset => {
            upload.pause().await?;
            let text = format!("The next byte must be number {offset}");
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Err(Refusal::new(status, "BLOB_UPLOAD_INVALID", text)
                .with(LOCATION, location(asked, name, id))
                .with(RANGE, received(offset)));
        }
        None if offset == 0 => upload.end_with_request().await?,
        _ => {}
    }
    if let Some(whole) = whole {
        upload.will_be(whole);
    }
    if let Err(refusal) = receive(asked, &mut upload, whole, body).await {
        // Its client has nothing more to send: what came would only take room.
        if whole.is_some() && refusal.status == StatusCode::FORBIDDEN {
            upload.cancel().await;
        }
        return Err(refusal);
    }
    if range.is_some_and(|(_, length)| upload.offset() - offset != length) {
        upload.cancel().await;
        return Err(invalid("Content-Range and the number of bytes sent differ"));
    }
    Ok(upload)
}

async fn receive<B>(
    asked: &Asked<'_>,
    upload: &mut Upload,
    whole: Option<&Digest>,
    body: &mut B,
) -> Result<(), Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let stored = store(asked, upload, whole, body).await;
    if let Err(refusal) = &stored
        && refusal.status == StatusCode::FORBIDDEN
    {
        body::drain(body).await;
    }
    stored
}

/// Stores nothing of a body that says how long it is and is too long for what the account may still have.
async fn store<B>(
    asked: &Asked<'_>,
    upload: &mut Upload,
    whole: Option<&Digest>,
    body: &mut B,
) -> Result<(), Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let length = asked.header(CONTENT_LENGTH).and_then(|it| it.parse().ok());
    let (catalog, more) = (asked.catalog, length.unwrap_or(0));
    let mut receiving = catalog.receive(&asked.registry, more, whole).await?;
    while let Some(piece) = body::next(body).await? {
        upload.write(piece).await?;
        receiving.received(upload.offset()).await?;
    }
    Ok(())
}

async fn complete(
    asked: &Asked<'_>,
    call: &Call,
    name: &str,
    upload: Upload,
    digest: &Digest,
) -> Result<Response<Body>, Refusal> {
    let (permit, registry) = (&call.permit, &asked.registry);
    let finished = asked
        .catalog
        .finish_upload(permit, registry, name, upload, digest, call.now)
        .await?;
    Ok(created(asked, name, &finished))
}

fn created(asked: &Asked<'_>, name: &str, layer: &LayerInfo) -> Response<Body> {
    let blob = format!("blobs/{}", layer.digest);
    Answer::new(StatusCode::CREATED)
        .header(LOCATION, &asked.location(name, &blob))
        .header(CONTENT_DIGEST, &layer.digest.to_string())
        .empty()
}

fn accepted(
    asked: &Asked<'_>,
    status: StatusCode,
    (name, id): (&str, &str),
    bytes: u64,
) -> Response<Body> {
    let answer = Answer::new(status)
        .header(LOCATION, &location(asked, name, id))
        .header(RANGE, &received(bytes))
        .header(UPLOAD_UUID, id);
    if status == StatusCode::NO_CONTENT {
        answer.bare()
    } else {
        answer.empty()
    }
}

fn location(asked: &Asked<'_>, name: &str, id: &str) -> String {
    asked.location(name, &format!("blobs/uploads/{id}"))
}

/// The last byte received, counted from 0; `0-0` also where there is none.
fn received(bytes: u64) -> String {
    format!("0-{}", bytes.saturating_sub(1))
}
