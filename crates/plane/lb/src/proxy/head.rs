//! Heads of requests: what is refused, and what a target gets to see.

use std::{borrow::Cow, fmt::Write, net::SocketAddr};

use bytes::{BufMut, Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version,
    header::{CONNECTION, CONTENT_LENGTH, COOKIE, HOST, TRANSFER_ENCODING, UPGRADE},
    request::Parts,
};
use hyper::body::Incoming;
use rand::{Rng, rngs::SmallRng};

use crate::{
    clock,
    config::{ForwardedFor, table::ListenerTable},
    oidc::identity::{self, Identity},
    worker::Client,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

const TLS_VERSION: &str = "x-amzn-tls-version";
const TLS_CIPHER: &str = "x-amzn-tls-cipher-suite";

/// AWS's limits, in bytes: the request line, one header line, all of them.
const REQUEST_LINE: usize = 16 * 1024;
pub const HEADER_LINE: usize = 16 * 1024;
const HEADER_LINES: usize = 64 * 1024;
/// Addresses that X-Forwarded-For may hold; with more the answer is 463.
const FORWARDED_ADDRESSES: usize = 30;

/// The host that a request is for: lower case, without port.
pub fn host_of<B>(request: &Request<B>) -> Result<String, StatusCode> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => {
            let mut hosts = request.headers().get_all(HOST).into_iter();
            match (hosts.next(), hosts.next()) {
                (Some(host), None) => host.to_str().map_err(|_| StatusCode::BAD_REQUEST)?,
                (None, _) if request.version() < Version::HTTP_11 => "",
                _ => return Err(StatusCode::BAD_REQUEST),
            }
        }
    };
    let (host, _) = split_port(authority);
    if host.bytes().any(|it| !is_of_host(it)) {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(host.to_ascii_lowercase())
}

/// A host, and its port with the colon.
fn split_port(authority: &str) -> (&str, &str) {
    // Within an IPv6 address there are colons before the bracket.
    let at = authority.rfind(':').filter(|at| {
        let port = &authority.as_bytes()[at + 1..];
        port.iter().all(u8::is_ascii_digit)
    });
    authority.split_at(at.unwrap_or(authority.len()))
}

/// The host as a target sees it.
pub fn host_for_target<'a>(parts: &'a Parts, listener: &ListenerTable) -> Cow<'a, str> {
    let told = match parts.uri.authority() {
        Some(authority) => authority.as_str(),
        None => {
            let host = parts.headers.get(HOST);
            host.and_then(|it| it.to_str().ok()).unwrap_or_default()
        }
    };
    match listener.settings.preserve_host {
        true => told.into(),
        false => with_port_of(told, listener.port),
    }
}

/// Of a listener at 80 or 443 without a port, else with one: its own unless the client named another.
fn with_port_of(told: &str, listener: u16) -> Cow<'_, str> {
    let (host, port) = split_port(told);
    match (listener, port) {
        _ if host.is_empty() => told.into(),
        (80 | 443, _) => host.into(),
        (_, "" | ":") => format!("{host}:{listener}").into(),
        _ => told.into(),
    }
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=[]:".contains(&byte)
}

/// Refuses what a load balancer does not pass on.
pub fn examine<B>(request: &Request<B>) -> Result<(), StatusCode> {
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = request.uri().path_and_query();
    let line = path.map_or(0, |it| it.as_str().len()) + request.method().as_str().len();
    if line > REQUEST_LINE {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let mut total = 0;
    for (name, value) in request.headers() {
        let line = name.as_str().len() + value.len();
        total += line + 4;
        if line > HEADER_LINE || total > HEADER_LINES {
            return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
    }
    let forwarded = request.headers().get_all(FORWARDED_FOR).into_iter();
    let commas = |value: &HeaderValue| value.as_bytes().iter().filter(|it| **it == b',').count();
    if forwarded.map(|it| commas(it) + 1).sum::<usize>() > FORWARDED_ADDRESSES {
        return StatusCode::from_u16(463).map_or(Ok(()), Err);
    }
    Ok(())
}

/// What the target is told besides the client's own headers.
pub struct Context<'a> {
    pub client: &'a Client,
    pub listener: &'a ListenerTable,
    /// The protocol that the client wants to change to.
    pub upgrade: Option<&'a HeaderValue>,
    /// Who the user is, if it was found out.
    pub identity: Option<&'a Identity>,
    /// How the request is called.
    pub trace: &'a str,
}

/// How a request's body is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body, and nothing is said of one.
    None,
    Length(u64),
    Chunked,
}

impl Framing {
    /// From the client's body. Methods that mean to send something announce an empty one too.
    pub fn of(request: &Request<Incoming>) -> Self {
        use http_body::Body;
        let body = request.body();
        match body.size_hint().exact() {
            Some(0) if body.is_end_stream() => {
                let sends = matches!(
                    *request.method(),
                    Method::POST | Method::PUT | Method::PATCH
                );
                match sends || request.headers().contains_key(CONTENT_LENGTH) {
                    true => Self::Length(0),
                    false => Self::None,
                }
            }
            Some(length) => Self::Length(length),
            None => Self::Chunked,
        }
    }
}

/// The head as HTTP/1.1.
pub fn encode(parts: &Parts, framing: Framing, context: &Context<'_>) -> Bytes {
    let mut text = BytesMut::with_capacity(768);
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    for piece in [parts.method.as_str(), " ", path, " HTTP/1.1\r\n"] {
        text.put_slice(piece.as_bytes());
    }
    each_header(parts, context, |name, value| {
        text.put_slice(name.as_bytes());
        text.put_slice(b": ");
        text.put_slice(value);
        text.put_slice(b"\r\n");
    });
    if let Some(protocol) = context.upgrade {
        text.put_slice(b"connection: upgrade\r\nupgrade: ");
        text.put_slice(protocol.as_bytes());
        text.put_slice(b"\r\n");
    }
    match framing {
        Framing::None => {}
        Framing::Length(length) => {
            // Writing to a buffer in memory cannot fail.
            let _ = write!(text, "content-length: {length}\r\n");
        }
        Framing::Chunked => text.put_slice(b"transfer-encoding: chunked\r\n"),
    }
    text.put_slice(b"\r\n");
    text.freeze()
}

/// The headers for a target that speaks HTTP/2.
pub fn headers(parts: &Parts, context: &Context<'_>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(parts.headers.len() + 4);
    each_header(parts, context, |name, value| {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    });
    headers.remove(HOST);
    if crate::upstream::has_token(&parts.headers, &http::header::TE, "trailers") {
        headers.insert(http::header::TE, HeaderValue::from_static("trailers"));
    }
    headers
}

/// All headers but those about the body.
fn each_header(parts: &Parts, context: &Context<'_>, mut put: impl FnMut(&str, &[u8])) {
    let settings = &context.listener.settings;
    put("host", host_for_target(parts, context.listener).as_bytes());
    let named = named_by_connection(&parts.headers);
    let mut has_invalid = false;
    for (name, value) in &parts.headers {
        let text = name.as_str();
        if ends_here(text) || named.iter().any(|it| it == text) {
            continue;
        }
        if settings.tells_tls && is_of_tls(text) {
            continue;
        }
        if !text.bytes().all(is_of_name) {
            has_invalid = true;
            if settings.drop_invalid_headers {
                continue;
            }
        }
        if *name == COOKIE && parts.version == Version::HTTP_2 {
            continue;
        }
        put(text, value.as_bytes());
    }
    if has_invalid {
        let counters = &context.listener.counters;
        match settings.drop_invalid_headers {
            true => counters.headers_dropped.one(),
            false => counters.headers_forwarded.one(),
        }
    }
    if parts.version == Version::HTTP_2 {
        put_cookies(&parts.headers, &mut put);
    }
    if let Some(agreed) = context.client.tls.as_ref().filter(|_| settings.tells_tls) {
        put(TLS_VERSION, agreed.protocol.as_bytes());
        put(TLS_CIPHER, agreed.cipher.as_bytes());
    }
    for (name, value) in context.identity.iter().flat_map(|it| it.headers()) {
        put(name, value.as_bytes());
    }
    put_forwarded(parts, context, put);
}

/// HTTP/2 may split cookies into several lines, HTTP/1.1 may not (RFC 9113 §8.2.3).
fn put_cookies(headers: &HeaderMap, put: &mut impl FnMut(&str, &[u8])) {
    let cookies: Vec<&[u8]> = headers
        .get_all(COOKIE)
        .iter()
        .map(|it| it.as_bytes())
        .collect();
    if !cookies.is_empty() {
        put("cookie", &cookies.join(&b"; "[..]));
    }
}

fn put_forwarded(parts: &Parts, context: &Context<'_>, mut put: impl FnMut(&str, &[u8])) {
    let settings = &context.listener.settings;
    let told: Vec<&[u8]> = match settings.forwarded_for {
        ForwardedFor::Remove => Vec::new(),
        _ => {
            let lines = parts.headers.get_all(FORWARDED_FOR).into_iter();
            lines.map(HeaderValue::as_bytes).collect()
        }
    };
    let address = client_address(context.client, settings.client_port);
    match (settings.forwarded_for, told.is_empty()) {
        (ForwardedFor::Append, true) => put("x-forwarded-for", address.as_bytes()),
        (ForwardedFor::Append, false) => {
            let all = [&told[..], &[address.as_bytes()]].concat();
            put("x-forwarded-for", &all.join(&b", "[..]));
        }
        (ForwardedFor::Preserve, false) => put("x-forwarded-for", &told.join(&b", "[..])),
        _ => {}
    }
    put("x-forwarded-proto", context.listener.scheme().as_bytes());
    put("x-forwarded-port", context.listener.port_text.as_bytes());
    put("x-amzn-trace-id", context.trace.as_bytes());
}

fn client_address(client: &Client, with_port: bool) -> Cow<'_, str> {
    match with_port {
        true => SocketAddr::new(client.peer.ip().to_canonical(), client.peer.port())
            .to_string()
            .into(),
        false => Cow::Borrowed(&client.address),
    }
}

/// `Root=1-<time>-<id>`; if the client named a root, ours goes before it as `Self`.
pub fn trace_id(headers: &HeaderMap, random: &mut SmallRng) -> String {
    let seconds = clock::unix_seconds() as u32;
    let (high, low): (u32, u64) = (random.random(), random.random());
    let mut text = String::with_capacity(48);
    let told = headers.get(TRACE_ID).and_then(|it| it.to_str().ok());
    let told = told.filter(|it| it.contains("Root="));
    let field = if told.is_some() { "Self" } else { "Root" };
    // Writing to a string cannot fail.
    let _ = write!(text, "{field}=1-{seconds:08x}-{high:08x}{low:016x}");
    if let Some(told) = told {
        let fields = told.split(';').filter(|it| !it.trim().starts_with("Self="));
        for field in fields {
            text.push(';');
            text.push_str(field);
        }
    }
    text
}

/// Headers that end at this hop or that we write ourselves.
fn ends_here(name: &str) -> bool {
    if identity::is_own(name) {
        return true;
    }
    matches!(
        name,
        "host"
            | "connection"
            | "content-length"
            | "transfer-encoding"
            | "expect"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "upgrade"
            | "http2-settings"
            | "x-forwarded-for"
            | "x-forwarded-proto"
            | "x-forwarded-port"
            | "x-amzn-trace-id"
    )
}

/// What of a request's trailers goes on: they may say no more than its headers.
pub fn trailers(given: &HeaderMap) -> HeaderMap {
    let passes = |it: &(&HeaderName, &HeaderValue)| {
        let name = it.0.as_str();
        !ends_here(name) && !is_of_tls(name)
    };
    let kept = given.iter().filter(passes);
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What a target may believe where the load balancer tells it.
fn is_of_tls(name: &str) -> bool {
    matches!(name, TLS_VERSION | TLS_CIPHER)
}

/// Of a valid name. A table, for each byte of each request's names is looked up.
fn is_of_name(byte: u8) -> bool {
    static OF_NAME: [bool; 256] = {
        let mut all = [false; 256];
        let mut byte = 0;
        while byte < all.len() {
            all[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'-';
            byte += 1;
        }
        all
    };
    OF_NAME[usize::from(byte)]
}

/// Further headers that the Connection header limits to this hop, lower case.
fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(CONNECTION).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|token| token.trim().to_ascii_lowercase())
        .filter(|token| !matches!(token.as_str(), "" | "close" | "keep-alive" | "upgrade"))
        .collect()
}

/// Takes those headers away from a response that end at this hop.
pub fn strip_response(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        for name in named_by_connection(headers) {
            headers.remove(&name);
        }
        headers.remove(CONNECTION);
    }
    headers.remove(TRANSFER_ENCODING);
    headers.remove(UPGRADE);
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// The protocol that a client asks to change to (RFC 9110 §7.8): WebSocket, as on AWS. Requests for
/// others are passed on without: what a target speaks after such a change is nothing that could be
/// examined.
pub fn wanted_upgrade(parts: &Parts) -> Option<HeaderValue> {
    let asked = parts.version == Version::HTTP_11
        && crate::upstream::has_token(&parts.headers, &CONNECTION, "upgrade");
    let wanted = parts.headers.get(UPGRADE).filter(|_| asked)?;
    wanted
        .as_bytes()
        .eq_ignore_ascii_case(b"websocket")
        .then(|| wanted.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_the_port_of_a_listener_that_is_not_of_the_web() {
        for (told, listener, seen) in [
            ("a.test", 80, "a.test"),
            ("a.test:8080", 80, "a.test"),
            ("a.test:443", 443, "a.test"),
            ("a.test", 8080, "a.test:8080"),
            ("a.test:", 8080, "a.test:8080"),
            ("a.test:81", 8080, "a.test:81"),
            ("[::1]", 8080, "[::1]:8080"),
            ("[::1]:81", 80, "[::1]"),
            ("", 8080, ""),
        ] {
            assert_eq!(with_port_of(told, listener), seen, "{told} at {listener}");
        }
    }
}
