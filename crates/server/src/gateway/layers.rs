//! Layers that nodes of a zone have from each other: a node announces itself, and the registry's answer to one that asks for a
//! layer names peers in the place of the layer. The messages: `wharf_planeproto::layers`.
//!
//! Who may have the layer is decided by the registry, as ever: it is asked for the first byte of it in the name of whoever asks, and
//! peers are named only if it sends that.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use wharf_planeproto::{
    layers::{self, Announcement, Peer, Sum},
    snapshot::sum_of,
};
use wharf_wire::Context;

use super::{
    Asking, Body, Gateway, Incoming, Peer as Client, full,
    node_body::{self, Bounds, Refused},
};
use crate::layer_peers;

const BOUNDS: Bounds = Bounds {
    most: layers::MOST_ANNOUNCEMENT,
    refusal: "Only nodes share layers.",
};
/// Longer names are nobody's.
const MAX_INSTANCE: usize = 64;

pub(super) async fn answer(
    all: &Gateway,
    request: Request<Incoming>,
    peer: &Client,
    asking: &Asking,
) -> Response<Body> {
    let asks = ("AnnounceLayers", &BOUNDS);
    let done = |cx, body| announced(all, cx, body);
    node_body::answer(all, request, (peer, asking), asks, done).await
}

async fn announced(all: &Gateway, cx: Context, body: Bytes) -> Result<Bytes, Refused> {
    let malformed = |why: &str| Err((StatusCode::BAD_REQUEST, why.to_owned()));
    let Ok(said) = serde_json::from_slice::<Announcement>(&body) else {
        return malformed("it is no announcement");
    };
    if said.instance.len() > MAX_INSTANCE {
        return malformed("that is no instance id");
    }
    let zone = match all.planes.zone_of(&cx, &said.instance).await {
        Ok(zone) => zone,
        Err(fault) => return Err((StatusCode::FORBIDDEN, fault.message)),
    };
    let account = cx.account.clone();
    let from = layer_peers::Announcer {
        place: Arc::new(layer_peers::Place { account, zone }),
        address: all.planes.underlay(&said.instance),
    };
    match all.layers.announce(from, &said, cx.now) {
        Ok(announced) => Ok(serde_json::to_vec(&announced).unwrap_or_default().into()),
        Err(why) => malformed(why),
    }
}

/// What a node that shares layers is told in the place of one, if it may have that.
pub(super) enum Instead {
    Peers(Vec<Peer>),
    /// Whether it should fetch it now.
    Turn {
        session: String,
        layer: Sum,
    },
}

/// What a request to the registry is to be answered with, if whoever asks may have the layer. Then the request is for its first byte
/// from now on.
pub(super) fn instead(all: &Gateway, request: &mut Request<Incoming>) -> Option<Instead> {
    // Few requests have it.
    if !request.headers().contains_key(layers::SESSION) {
        return None;
    }
    let layer = layer_of(request.method(), request.uri().path())?;
    let headers = request.headers_mut();
    let (session, turn) = (
        headers.remove(layers::SESSION)?,
        headers.remove(layers::TURN),
    );
    let session = session.to_str().ok()?;
    let instead = match turn {
        Some(_) => Instead::Turn {
            session: session.to_owned(),
            layer,
        },
        None => {
            let peers = all.layers.peers(session, &layer, all.apis.clock.now());
            (!peers.is_empty()).then_some(Instead::Peers(peers))?
        }
    };
    for conditional in [IF_MATCH, IF_NONE_MATCH, IF_RANGE] {
        headers.remove(conditional);
    }
    headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
    Some(instead)
}

impl Instead {
    /// The answer in the place of a first byte; any other answer as it is.
    pub(super) fn of(self, all: &Gateway, answer: Response<Body>) -> Response<Body> {
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            return answer;
        }
        let (name, value) = match self {
            Self::Peers(peers) => (layers::PEERS, layers::header(&peers)),
            Self::Turn { session, layer } => {
                let now = all.apis.clock.now();
                let is_now = all.layers.is_its_turn(&session, &layer, now);
                let word = if is_now { layers::NOW } else { layers::WAIT };
                (layers::TURN, word.to_owned())
            }
        };
        let Ok(value) = HeaderValue::from_str(&value) else {
            return answer;
        };
        let mut answer = Response::new(full(Vec::new()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        answer.headers_mut().insert(name, value);
        answer
    }
}

/// The layer that a request fetches.
fn layer_of(method: &Method, path: &str) -> Option<Sum> {
    let (repository, digest) = path.strip_prefix("/v2/")?.rsplit_once("/blobs/")?;
    let is_fetched = method == Method::GET && !repository.is_empty();
    is_fetched
        .then(|| sum_of(digest.strip_prefix("sha256:")?))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_fetched_by_their_digests() {
        let digest = "0a".repeat(32);
        let path = format!("/v2/team/app/blobs/sha256:{digest}");
        assert_eq!(layer_of(&Method::GET, &path), Some([10; 32]));
        assert_eq!(layer_of(&Method::HEAD, &path), None);
        for bad in [
            "/v2/team/app/blobs/sha256:0a",
            "/v2/team/app/manifests/latest",
            &format!("/v2/blobs/sha256:{digest}"),
            &format!("/v2/team/app/blobs/sha512:{digest}"),
            &format!("{path}/"),
        ] {
            assert_eq!(layer_of(&Method::GET, bad), None, "{bad}");
        }
    }
}
