//! A body that a node sends: read once it is known whose it is, and taken if it is what was signed.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wharf_base::ids;
use wharf_wire::{Context, service::Answer, sigv4::sha256_hex};

use super::{
    Asking, Body, Gateway, IamMode, Incoming, Peer, body, full, head::Head, refused::Unproven,
    response, text,
};
use crate::node_identity::is_node;

/// As the audit log calls what is wharf's own.
pub(super) const SERVICE: &str = "wharf";

/// The status, and why.
pub(super) type Refused = (StatusCode, String);

/// What only nodes may ask for, and how much of it there may be.
pub(super) struct Bounds {
    pub most: usize,
    /// To everybody else.
    pub refusal: &'static str,
}

pub(super) fn busy() -> Refused {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "There is too much to do. Try again.".to_owned(),
    )
}

/// The answer to a node that asks for what `name` calls, by what comes of its body.
pub(super) async fn answer<F>(
    all: &Gateway,
    request: Request<Incoming>,
    (peer, asking): (&Peer, &Asking),
    (name, bounds): (&'static str, &Bounds),
    done: impl FnOnce(Context, Bytes) -> F,
) -> Response<Body>
where
    F: Future<Output = Result<Bytes, Refused>>,
{
    let request_id = ids::uuid();
    let (parts, body) = request.into_parts();
    let head = Request::from_parts(parts, ());
    let asks = Unproven {
        service: SERVICE,
        name,
        peer,
        request_id: &request_id,
    };
    let answered = match read(all, &head, body, &asks, asking, bounds).await {
        Ok(Ok((cx, body))) => done(cx, body).await,
        Ok(Err(refused)) => Err(refused),
        Err(answer) => return response::respond(answer, &request_id),
    };
    respond(answered, &request_id)
}

pub(super) fn respond(done: Result<Bytes, Refused>, request_id: &str) -> Response<Body> {
    let mut response = match done {
        Ok(bytes) => Response::new(full(bytes)),
        Err((status, why)) => text(status, format!("{why}\n")),
    };
    response::name_request(&mut response, request_id);
    response
}

/// Who sends, and the body; the outer error is for whom nobody knows.
async fn read(
    all: &Gateway,
    head: &Request<()>,
    body: Incoming,
    asks: &Unproven<'_>,
    asking: &Asking,
    bounds: &Bounds,
) -> Result<Result<(Context, Bytes), Refused>, Answer> {
    let (cx, digest) = all.apis.authenticate_with_body(head, asks).await?;
    // While nothing is checked, nodes are root as everybody is.
    if !is_node(&cx.caller) && all.apis.iam != IamMode::Off {
        return Ok(Err((StatusCode::FORBIDDEN, bounds.refusal.to_owned())));
    }
    let source = asking.slot().source();
    let Ok(hold) = all.apis.bytes.enter(source, Head::of(head).size()) else {
        return Ok(Err(busy()));
    };
    if all.apis.admit(&cx.caller, &hold, asking).is_err() {
        return Ok(Err(busy()));
    }
    let read = body::read(body, bounds.most, &hold).await;
    hold.complete();
    let body = match read {
        Ok(body) => body,
        Err(body::Stopped::TooLarge) => {
            return Ok(Err((StatusCode::PAYLOAD_TOO_LARGE, "too large".to_owned())));
        }
        Err(_) => return Ok(Err(busy())),
    };
    if sha256_hex(&body) != digest {
        return Ok(Err((
            StatusCode::BAD_REQUEST,
            "the body is not the one that was signed".to_owned(),
        )));
    }
    Ok(Ok((cx, body)))
}
