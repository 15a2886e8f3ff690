//! What passed interfaces that flow logs record, as the node of their host says: see `wharf_planeproto::flows`.
//!
//! A node speaks for its own host alone, and EC2 believes a host of its own interfaces alone.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use wharf_planeproto::flows::Report;
use wharf_svc_ec2::flow_logs::NotTaken;
use wharf_wire::{Context, fault::Chain};

use super::{
    Asking, Body, Gateway, Incoming, Peer,
    node_body::{self, Bounds, Refused, busy},
};

const BOUNDS: Bounds = Bounds {
    // A report of as many windows and flows as it may have is a third of it.
    most: 1 << 20,
    refusal: "Only nodes report flows.",
};

pub(super) async fn answer(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Peer,
    asking: &Asking,
) -> Response<Body> {
    let asks = ("ReportFlows", &BOUNDS);
    let done = |cx, body| reported(all, cx, body);
    node_body::answer(all, request, (peer, asking), asks, done).await
}

async fn reported(all: &Gateway, cx: Context, body: Bytes) -> Result<Bytes, Refused> {
    let Ok(report) = serde_json::from_slice::<Report>(&body) else {
        return Err((
            StatusCode::BAD_REQUEST,
            "it is no report of flows".to_owned(),
        ));
    };
    if !all.planes.speaks_for(&cx, &report.instance).await {
        return Err((
            StatusCode::FORBIDDEN,
            "the node is not of that host".to_owned(),
        ));
    }
    match all.ec2.take_flows(&report, cx.now).await {
        Ok(()) => Ok(Bytes::new()),
        Err(NotTaken::TooMuch) => Err(busy()),
        Err(why @ NotTaken::Malformed(_)) => Err((StatusCode::BAD_REQUEST, why.to_string())),
        Err(NotTaken::Failed(fault)) => {
            tracing::error!(error = %Chain(&fault), "failed to keep reported flows; their host will retry");
            Err(busy())
        }
    }
}
