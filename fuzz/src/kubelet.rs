//! What a node of a cluster reads: its pods, what they answer, and requests and sessions with them.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::input::{self, NOW};

/// Frames of SPDY; behind a first byte that is odd, the headers of a stream before they are packed.
pub fn spdy(bytes: &[u8]) {
    match input::choice(bytes) {
        Some((choice, plain)) if choice % 2 == 1 => wharf_kubelet::server::fuzz::headers(plain),
        Some((_, frames)) => wharf_kubelet::server::fuzz::spdy(frames),
        None => {}
    }
}

/// What a client of a WebSocket sends after its handshake.
pub fn websocket(bytes: &[u8]) {
    wharf_kubelet::server::fuzz::websocket_messages(bytes);
}

/// The head of a request to a cluster; its query goes to a node as well.
pub fn request(bytes: &[u8]) {
    let Some((method, target, lines, _)) = input::head(bytes) else {
        return;
    };
    let Ok(method) = method.parse::<Method>() else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in &lines {
        let (name, value) = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    wharf_kube_api::fuzz::request(&method, path, query, &headers);
    wharf_kubelet::fuzz::query(query, NOW);
}

/// A pod, as its node reads it.
pub fn pod(bytes: &[u8]) {
    if let Ok(pod) = serde_json::from_slice::<Value>(bytes) {
        wharf_kubelet::fuzz::pod(&pod, NOW);
    }
}

/// What a pod answers to a probe of gRPC.
pub fn probe(bytes: &[u8]) {
    wharf_kubelet::fuzz::health(bytes);
}
