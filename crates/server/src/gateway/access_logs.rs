//! Entries of logs of load balancers, as the node of their host hands them over: see `wharf_planeproto::access_logs`.
//!
//! A node speaks for its own host alone, and load balancing believes a host of load balancers that it carries alone.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wharf_planeproto::access_logs::{self, MOST_BYTES};
use wharf_svc_elbv2::access_logs::NotTaken;
use wharf_wire::{Context, fault::Chain};

use super::{
    Asking, Body, Gateway, Incoming, Peer,
    node_body::{self, Bounds, Refused, busy},
};

const BOUNDS: Bounds = Bounds {
    most: MOST_BYTES,
    refusal: "Only nodes hand over access logs.",
};

pub(super) async fn answer(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Peer,
    asking: &Asking,
) -> Response<Body> {
    let asks = ("DeliverAccessLog", &BOUNDS);
    let done = |cx, body| delivered(all, cx, body);
    node_body::answer(all, request, (peer, asking), asks, done).await
}

async fn delivered(all: &Gateway, cx: Context, body: Bytes) -> Result<Bytes, Refused> {
    let Some((head, at)) = access_logs::split(&body) else {
        return Err((
            StatusCode::BAD_REQUEST,
            "it is no file of access logs".to_owned(),
        ));
    };
    if !all.planes.speaks_for(&cx, &head.instance).await {
        return Err((
            StatusCode::FORBIDDEN,
            "the node is not of that host".to_owned(),
        ));
    }
    match all.balancers.take_access_log(&head, body.slice(at..)).await {
        Ok(()) => Ok(Bytes::new()),
        Err(why @ NotTaken::Malformed(_)) => Err((StatusCode::BAD_REQUEST, why.to_string())),
        Err(why @ (NotTaken::Unwanted | NotTaken::Undeliverable(_))) => {
            Err((StatusCode::CONFLICT, why.to_string()))
        }
        Err(NotTaken::Failed(fault)) => {
            tracing::error!(error = %Chain(&fault), "failed to deliver logs of a load balancer; its host will retry");
            Err(busy())
        }
    }
}
