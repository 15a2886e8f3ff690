//! What clients, targets and the control plane send to a load balancer.

use http::{HeaderName, HeaderValue, Method, Request};
use wharf_planeproto::{Change, Resource};

use crate::input;

/// Rules as the plane stream tells them (one line of JSON), then the head of a request.
pub fn request(bytes: &[u8]) {
    let Some((rules, head)) = input::line(bytes) else {
        return;
    };
    let resources: Vec<Resource> = serde_json::from_str(rules).unwrap_or_default();
    if let Some(request) = parse(head) {
        wharf_lb::fuzz::request(&request, resources);
    }
}

/// As hyper reads it, which is what the load balancer builds on.
fn parse(head: &[u8]) -> Option<Request<()>> {
    let mut lines = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut lines);
    parsed
        .parse(head)
        .ok()
        .filter(httparse::Status::is_complete)?;
    let mut request = Request::builder()
        .method(parsed.method?)
        .uri(parsed.path?)
        .body(())
        .ok()?;
    for line in parsed.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(line.value).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

/// Changes as the plane stream tells them, in JSON.
pub fn configuration(bytes: &[u8]) {
    if let Ok(changes) = serde_json::from_slice::<Vec<Change>>(bytes) {
        wharf_lb::fuzz::configuration(changes);
    }
}

/// A byte that says into what pieces it is cut, then a response.
pub fn response(bytes: &[u8]) {
    if let Some((cut, bytes)) = input::choice(bytes) {
        let method = if cut % 8 == 7 {
            Method::HEAD
        } else {
            Method::GET
        };
        wharf_lb::fuzz::response(bytes, &method, cut);
    }
}

/// A byte that says into what pieces it is cut, then a chunked body.
pub fn chunks(bytes: &[u8]) {
    if let Some((cut, bytes)) = input::choice(bytes) {
        wharf_lb::fuzz::chunks(bytes, cut);
    }
}

/// A byte that says into what pieces it is cut, then what a client sends over HTTP/1.
pub fn heads(bytes: &[u8]) {
    if let Some((cut, bytes)) = input::choice(bytes) {
        wharf_lb::fuzz::heads(bytes, cut);
    }
}
