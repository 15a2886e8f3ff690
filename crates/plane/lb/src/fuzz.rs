//! What fuzzing reaches of this crate's parsers.

use std::net::{IpAddr, Ipv4Addr};

use bytes::BytesMut;
use http::{HeaderMap, Method, Request};
use wharf_planeproto::{Change, Resource};

use crate::{
    Update,
    config::Registry,
    cookies,
    desync::{self, Heads, Seen},
    proxy::head,
    rules::{Redirect, RedirectSource, Subject},
    sticky::CookieKey,
    upstream::{body::Piece, response::Head},
};

/// A request as a client's connection hands it over, judged by the rules told in `resources`.
pub fn request(request: &Request<()>, resources: Vec<Resource>) {
    let mut registry = Registry::default();
    let _ = registry.apply(Update::Snapshot(resources));
    let Ok(host) = head::host_of(request) else {
        return;
    };
    if head::examine(request).is_err() {
        return;
    }
    let _ = desync::classify(request, Seen::default());
    let subject = Subject {
        method: request.method(),
        uri: request.uri(),
        host: &host,
        headers: request.headers(),
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    for rule in registry.rules.values() {
        let _ = rule.matches(&subject);
    }
    let redirect = Redirect {
        protocol: "#{protocol}".to_owned(),
        host: "#{host}".to_owned(),
        port: "#{port}".to_owned(),
        path: "/#{path}".to_owned(),
        query: "#{query}&#{".to_owned(),
        status: 301,
    };
    let _ = redirect.location(RedirectSource {
        protocol: "http",
        host: &host,
        port: 80,
        uri: request.uri(),
    });
    let (parts, ()) = request.clone().into_parts();
    let _ = head::wanted_upgrade(&parts);
    head::strip_response(&mut parts.headers.clone());
    if let Some(value) = cookies::first(&parts.headers, "AWSALB") {
        let _ = CookieKey::derive("fuzz", "arn").open(value);
    }
}

/// Takes over what the control plane tells, step by step.
pub fn configuration(changes: Vec<Change>) {
    let mut registry = Registry::default();
    let _ = registry.apply(Update::Changes(changes));
}

/// The head of a target's response and its body. However the bytes are cut, the same comes out.
pub fn response(bytes: &[u8], method: &Method, cut: usize) {
    let whole = read(bytes, method, bytes.len());
    assert_eq!(whole, read(bytes, method, cut));
}

/// Status, data and whether all ended well.
fn read(bytes: &[u8], method: &Method, cut: usize) -> Option<(u16, Vec<u8>, bool)> {
    let mut pieces = bytes.chunks(cut.max(1));
    let mut input = BytesMut::new();
    let mut spare = HeaderMap::new();
    let head = loop {
        input.extend_from_slice(pieces.next()?);
        if let Some(head) = Head::parse(&mut input, method, &mut spare).ok()? {
            break head;
        }
    };
    let (mut decoder, mut data) = (head.decoder, Vec::new());
    loop {
        match decoder.decode(&mut input) {
            Ok(Piece::Data(more)) => data.extend_from_slice(&more),
            Ok(Piece::Trailers(_)) => {}
            Ok(Piece::End) => return Some((head.status.as_u16(), data, true)),
            Ok(Piece::More) => match pieces.next() {
                Some(piece) => input.extend_from_slice(piece),
                None => return Some((head.status.as_u16(), data, decoder.ends_with_connection())),
            },
            Err(_) => return Some((head.status.as_u16(), data, false)),
        }
    }
}

/// A chunked body alone.
pub fn chunks(bytes: &[u8], cut: usize) {
    let mut with_head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    with_head.extend_from_slice(bytes);
    response(&with_head, &Method::GET, cut);
}

/// What a client sends. However the bytes are cut, the same is seen of their heads; of the first one, what httparse finds in it.
pub fn heads(bytes: &[u8], cut: usize) {
    let (whole, pieces) = (Heads::default(), Heads::default());
    whole.feed(bytes);
    bytes.chunks(cut.max(1)).for_each(|it| pieces.feed(it));
    let (first, also) = (whole.take(), pieces.take());
    assert_eq!(first, also);
    // A head has two lines at least.
    for _ in 0..bytes.len() / 2 {
        assert_eq!(whole.take(), pieces.take());
    }
    let mut lines = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut lines);
    let is_head = parsed.parse(bytes).is_ok_and(|it| it.is_complete());
    if is_head && !first.unknown {
        let count = |name: &str| {
            let named = parsed.headers.iter();
            named
                .filter(|it| it.name.eq_ignore_ascii_case(name))
                .count()
        };
        let (lengths, encodings) = (count("content-length"), count("transfer-encoding"));
        let found = Seen {
            both: lengths > 0 && encodings > 0,
            repeats_length: lengths > 1,
            unknown: false,
        };
        assert_eq!(first, found);
    }
}
