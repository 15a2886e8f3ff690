//! A request passed on to an aggregated server, with who asks in its head.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri,
    header::{CONTENT_LENGTH, HOST, UPGRADE},
};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use percent_encoding::{AsciiSet, percent_decode_str, utf8_percent_encode};
use tokio::time::{Instant, Sleep};
use wharf_kube_auth::UserInfo;
use wharf_kube_model::status::Status;

use super::{Aggregated, EXTRA_HEADER, GROUP_HEADER, UID_HEADER, USER_HEADER};
use crate::{
    answer::{self, Answer, Body, Fault},
    cluster::{Connection, Inner},
    passing::{self, Backend},
    query,
    serve::Incoming,
    webhooks::NotReached,
};

/// How long a server may take to be reached.
const REACHES: Duration = Duration::from_secs(15);
/// How long a request may take that is no watch and no session, answer and all.
const TAKES: Duration = Duration::from_secs(60);
/// The same of a request of this server itself.
const TAKES_OWN: Duration = Duration::from_secs(5);
/// Bytes of a body that is passed on.
const MOST_BODY: usize = 3 << 20;
/// Bytes of an answer to this server itself: it is read whole.
const MOST_OWN: usize = 1 << 20;
/// What a session may be made of. Others would be passed on over a connection that is trusted to say who asks.
const SESSIONS: [&str; 2] = ["websocket", "spdy/3.1"];
/// Headers between two hops that are of no use beyond this one.
const HOPS: [&str; 4] = [
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "trailer",
];

/// What a segment of a path may hold as it is.
const SEGMENT: &AsciiSet = &passing::UNRESERVED.remove(b':');
/// What a name of a header may not hold, and `%`, by which it is said then.
const KEY: &AsciiSet = &passing::UNRESERVED
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'*')
    .remove(b'+')
    .remove(b'^')
    .remove(b'`')
    .remove(b'|');

/// How long an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// To this server itself.
    Short,
    Usual,
    /// Of a watch: as long as its client is there.
    Open,
}

pub async fn pass(
    inner: &Inner,
    it: &Aggregated,
    incoming: Incoming,
    body: Body,
    (user, length): (&UserInfo, Length),
) -> Result<Answer, Fault> {
    if !it.is_available {
        return Err(Status::unavailable("service unavailable").into());
    }
    let uri = target(&incoming)?;
    let too_many = |of: &str| Status::too_many_requests(format!("too many requests {of}"), 1);
    let place = inner.passed_place(user);
    let place = place.ok_or_else(|| too_many("of this user to other servers"))?;
    let own = Arc::clone(&it.room).try_acquire_owned();
    let own = own.map_err(|_| too_many("to this aggregated API server"))?;
    let mut headers = kept(&incoming)?;
    introduce(&mut headers, user)?;
    if let Ok(host) = host(it).parse() {
        headers.insert(HOST, host);
    }
    let wants_session = headers.contains_key(UPGRADE);
    let takes = match length {
        Length::Short => TAKES_OWN,
        Length::Usual | Length::Open => TAKES,
    };
    // Of what lasts, the time until its head.
    let ends = Instant::now() + takes;
    let is_bare = wants_session || incoming.method.is_safe();
    let body = match is_bare {
        true => {
            headers.remove(CONTENT_LENGTH);
            passing::empty()
        }
        false => http_body_util::Limited::new(body, MOST_BODY)
            .map_err(io::Error::other)
            .boxed_unsync(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = incoming.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let reached = tokio::time::timeout(REACHES.min(takes), connect(inner, it)).await;
    let reached = reached.unwrap_or(Err(NotReached::Late));
    let connection = reached.map_err(|why| {
        tracing::warn!(
            error = %why,
            name = it.name,
            "failed to reach an aggregated API server"
        );
        Status::unavailable(format!("error trying to reach service: {why}"))
    })?;
    let onward = passing::send(connection, request, incoming.upgrade, (place, own));
    let answered = tokio::time::timeout_at(ends, onward).await;
    let answered = answered.unwrap_or_else(|_| {
        let text = "request did not complete within the allotted timeout";
        Err(Status::timeout(text, 0).into())
    });
    let answer = answered?;
    if is_redirect(answer.status()) {
        let text = "the backend attempted to redirect this request, which is not permitted";
        return Ok(answer::text(StatusCode::BAD_GATEWAY.as_u16(), text));
    }
    let is_session = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
    Ok(match length {
        Length::Short => answer.map(|body| {
            let body = Ending::new(body, ends).boxed_unsync();
            let little = http_body_util::Limited::new(body, MOST_OWN);
            little.map_err(io::Error::other).boxed_unsync()
        }),
        Length::Usual if !is_session => answer.map(|body| Ending::new(body, ends).boxed_unsync()),
        Length::Usual | Length::Open => answer,
    })
}

/// The headers that are passed on.
fn kept(incoming: &Incoming) -> Result<HeaderMap, Fault> {
    let mut headers = passing::kept(incoming);
    for name in HOPS {
        headers.remove(name);
    }
    let Some(upgrade) = headers.get(UPGRADE) else {
        return Ok(headers);
    };
    let is_known = |it: &str| SESSIONS.contains(&it.to_ascii_lowercase().as_str());
    match upgrade.to_str().is_ok_and(is_known) {
        true => Ok(headers),
        false => {
            let text = "to aggregated API servers only WebSocket and SPDY/3.1 are passed on";
            Err(Status::bad_request(text).into())
        }
    }
}

/// It would be followed with what the client proves itself by.
fn is_redirect(code: StatusCode) -> bool {
    code.is_redirection() && code != StatusCode::NOT_MODIFIED
}

pub fn host(it: &Aggregated) -> String {
    format!("{}:{}", it.service.host(), it.service.port)
}

/// To one of the pods behind the server's Service, as this server.
pub async fn connect(inner: &Inner, it: &Aggregated) -> Result<Box<dyn Connection>, NotReached> {
    let service = &it.service;
    let backend =
        Backend::of_service(inner, &service.namespace, &service.name, service.port).await?;
    let plain = backend.connect(inner).await?;
    let nodes = &inner.parts.nodes;
    let name = service.host();
    let connected = nodes.aggregated(plain, &name, it.authorities.as_deref());
    connected.await.map_err(NotReached::Io)
}

/// Path and query as they were authorised: what the path says once it is decoded, and nothing that a server would make another of.
fn target(incoming: &Incoming) -> Result<Uri, Fault> {
    let bad = || Box::new(Status::bad_request("the path cannot be passed on"));
    let decoded = percent_decode_str(&incoming.path).decode_utf8();
    let decoded = decoded.map_err(|_| bad())?;
    let mut out = String::with_capacity(incoming.target.len());
    for segment in decoded.trim_matches('/').split('/') {
        if matches!(segment, "" | "." | "..") {
            return Err(bad());
        }
        out.push('/');
        out.extend(utf8_percent_encode(segment, SEGMENT));
    }
    if let Some((_, query)) = incoming.target.split_once('?') {
        let query = query::passed_on(query);
        out.push('?');
        out.push_str(&query.map_err(|why| Box::new(Status::bad_request(why)))?);
    }
    out.parse().map_err(|_| bad())
}

/// Says who asks. What a client says of that itself is taken out, in whatever form a far end might read it.
pub fn introduce(headers: &mut HeaderMap, user: &UserInfo) -> Result<(), Fault> {
    let forged: Vec<HeaderName> = headers
        .keys()
        .filter(|it| it.as_str().replace('_', "-").starts_with("x-remote-"))
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
    let mut add = |name: &str, value: &str| {
        // Blanks around a value are no part of it to who reads it: it would be another's name.
        let is_whole = value.trim() == value;
        let name = HeaderName::try_from(name).ok().filter(|_| is_whole)?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        Some(())
    };
    let mut said = add(USER_HEADER, &user.name);
    if !user.uid.is_empty() {
        said = said.and(add(UID_HEADER, &user.uid));
    }
    for group in &user.groups {
        said = said.and(add(GROUP_HEADER, group));
    }
    for (key, values) in &user.extra {
        let name = format!("{EXTRA_HEADER}{}", utf8_percent_encode(key, KEY));
        for value in values {
            said = said.and(add(&name, value));
        }
    }
    let text = "the user cannot be told to an aggregated API server";
    Ok(said.ok_or_else(|| Status::bad_request(text))?)
}

/// A body that breaks off at a moment.
struct Ending {
    body: Body,
    ends: Pin<Box<Sleep>>,
}

impl Ending {
    fn new(body: Body, ends: Instant) -> Self {
        Self {
            body,
            ends: Box::pin(tokio::time::sleep_until(ends)),
        }
    }
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.ends.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::query::Query;

    fn incoming(target: &str) -> Incoming {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Incoming {
            method: Method::GET,
            target: target.to_owned(),
            path: path.to_owned(),
            query: Query::parse(query),
            headers: HeaderMap::new(),
            upgrade: None,
        }
    }

    #[test]
    fn a_path_is_passed_on_as_it_was_authorised() {
        for (asked, expected) in [
            ("/apis/g/v1/a?b=%2F&c", Some("/apis/g/v1/a?b=%2F&c=")),
            ("/apis/g/v1/a?b=1;c=2", None),
            (
                "/apis/g/v1/namespaces/n/a/x:y",
                Some("/apis/g/v1/namespaces/n/a/x:y"),
            ),
            ("/apis/g/v1/a%2Fb/", Some("/apis/g/v1/a/b")),
            ("/apis/g/v1/a%3Fb", Some("/apis/g/v1/a%3Fb")),
            ("/apis/g/v1/a/../b", None),
            ("/apis/g/v1/%2e%2e/b", None),
            ("/apis/g/v1//b", None),
        ] {
            let found = target(&incoming(asked)).ok().map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{asked}");
        }
    }

    #[test]
    fn nobody_says_themselves_who_they_are() {
        let mut user = UserInfo::authenticated("jane", &["a"]);
        user.extra
            .insert("example.com/a%".to_owned(), vec!["x".to_owned()]);
        let mut headers = HeaderMap::new();
        for name in [
            "x-remote-user",
            "x_remote_group",
            "x-remote-extra-scopes",
            "x-remote-uid",
        ] {
            headers.insert(name, HeaderValue::from_static("root"));
        }
        introduce(&mut headers, &user).unwrap();
        let mut said: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
            .collect();
        said.sort();
        assert_eq!(
            said,
            [
                "x-remote-extra-example.com%2fa%25=x",
                "x-remote-group=a",
                "x-remote-group=system:authenticated",
                "x-remote-user=jane",
            ]
        );
        for (name, group) in [
            ("a\nb", "a"),
            (" root", "a"),
            ("jane", " system:masters"),
            ("jane", "system:masters\t"),
        ] {
            let user = UserInfo::authenticated(name, &[group]);
            assert!(
                introduce(&mut HeaderMap::new(), &user).is_err(),
                "{name:?} {group:?}"
            );
        }
    }
}
