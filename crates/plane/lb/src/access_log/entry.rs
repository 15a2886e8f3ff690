//! What is noted of a request while it is under way. It is made where a listener's load balancer keeps a log, and there alone.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, Version,
    header::{CONTENT_TYPE, LOCATION, USER_AGENT},
};

use super::{
    AccessLog,
    line::{Facts, MOST_OF_AGENT, MOST_OF_OTHERS, MOST_OF_REQUEST, escape, escaped},
};
use crate::{config::table::ListenerTable, desync::Reason, worker::Client};

const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// A client that left before it had an answer.
const CLIENT_CLOSED: u16 = 460;
/// A request belongs into the log that was kept when it came, but for one that lasts, as a stream of events may.
const LONG: Duration = Duration::from_secs(60);

/// What is known of a request.
#[derive(Debug)]
pub struct Entry {
    log: Arc<AccessLog>,
    kind: &'static str,
    begun: (SystemTime, Instant),
    client: SocketAddr,
    connection: u128,
    tls: Option<(&'static str, &'static str)>,
    domain: String,
    certificate: String,
    request: String,
    agent: String,
    trace: String,
    group: Option<String>,
    target: Option<SocketAddr>,
    priority: Option<u32>,
    actions: String,
    redirect: Option<String>,
    /// Why it is not compliant, if it is not.
    odd: Option<Reason>,
    /// When the request went to its target, when that had answered, and when its client was.
    passed: [Option<Instant>; 3],
    status: Option<u16>,
    target_status: Option<u16>,
    received_head: u64,
    received_body: Arc<AtomicU64>,
    sent: u64,
}

impl Entry {
    /// A request that came in; `None` where no log is kept.
    pub fn begin<B>(
        client: &Client,
        listener: &ListenerTable,
        host: &str,
        request: &Request<B>,
    ) -> Option<Box<Self>> {
        let logged = listener.logged.as_ref()?;
        let tls = client.tls.as_ref();
        let domain = tls.and_then(|it| it.server_name.as_deref());
        let certificate = match (tls, &logged.certificates) {
            (Some(tls), _) if tls.is_resumed => "session-reused",
            (Some(_), Some(names)) => names.choose(domain),
            _ => "-",
        };
        let headers = request.headers();
        Some(Box::new(Self {
            log: Arc::clone(&logged.log),
            kind: kind(client, headers),
            begun: (SystemTime::now(), Instant::now()),
            client: client.peer,
            connection: client.trace(),
            tls: tls.map(|it| (it.cipher, it.protocol)),
            domain: escaped(domain.map(str::as_bytes), MOST_OF_OTHERS),
            certificate: certificate.to_owned(),
            request: line(listener, host, request),
            agent: escaped(bytes(headers, &USER_AGENT), MOST_OF_AGENT),
            trace: escaped(bytes(headers, &TRACE_ID), MOST_OF_OTHERS),
            group: None,
            target: None,
            priority: None,
            actions: String::new(),
            redirect: None,
            odd: None,
            passed: [None; 3],
            status: None,
            target_status: None,
            received_head: size_of_request(request),
            received_body: Arc::default(),
            sent: 0,
        }))
    }

    /// It is not compliant.
    pub fn is_odd(&mut self, why: Reason) {
        self.odd = Some(why);
    }

    /// A rule was found for it, by its priority.
    pub fn matched(&mut self, priority: u32) {
        self.priority = Some(priority);
    }

    /// Something was done with it, as AWS names it.
    pub fn does(&mut self, action: &str) {
        if !self.actions.is_empty() {
            self.actions.push(',');
        }
        self.actions.push_str(action);
    }

    pub fn group(&mut self, arn: &str) {
        self.group = Some(arn.to_owned());
    }

    /// What its target is told that it is called.
    pub fn trace(&mut self, id: &str) {
        self.trace = escaped(Some(id.as_bytes()), MOST_OF_OTHERS);
    }

    /// It goes to a target now; the last one counts.
    pub fn sends(&mut self, target: SocketAddr) {
        self.target = Some(target);
        self.passed[0] = Some(Instant::now());
    }

    pub fn target_answered(&mut self, status: u16) {
        self.target_status = Some(status);
        self.passed[1] = Some(Instant::now());
    }

    /// Where bytes of its body are counted.
    pub fn meter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.received_body)
    }

    /// It has an answer.
    pub fn answered<B>(&mut self, response: &Response<B>) {
        self.status = Some(response.status().as_u16());
        if self.target_status.is_some() {
            self.passed[2] = Some(Instant::now());
        }
        let location = bytes(response.headers(), &LOCATION).filter(|_| self.target.is_none());
        self.redirect = location.map(|it| {
            // The only one of its kind that readers take to have no blanks.
            escaped(Some(it), MOST_OF_OTHERS).replace(' ', r"\x20")
        });
        if response.status().as_u16() == 101 {
            self.kind = if self.tls.is_some() { "wss" } else { "ws" };
        }
        self.sent = size(response.headers()) + "HTTP/1.1 200 OK".len() as u64;
    }

    /// Bytes of the answer's body go to the client.
    pub fn gives(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// It is over: what is known of it becomes a line.
    pub fn end(self) {
        let [sent, answered, passed] = self.passed;
        let since = |later: Option<Instant>, earlier: Option<Instant>| {
            Some(later?.saturating_duration_since(earlier?))
        };
        let dash = |text: &'_ str| {
            if text.is_empty() {
                "-".to_owned()
            } else {
                text.to_owned()
            }
        };
        let facts = Facts {
            kind: self.kind,
            ended: SystemTime::now(),
            balancer: &self.log.name,
            client: self.client,
            target: self.target,
            took: [
                since(sent, Some(self.begun.1)),
                since(answered, sent),
                since(passed, answered),
            ],
            status: self.status.unwrap_or(CLIENT_CLOSED),
            target_status: self.target_status,
            received: self.received_head + self.received_body.load(Ordering::Relaxed),
            sent: self.sent,
            request: &self.request,
            agent: &self.agent,
            tls: self.tls,
            group: self.group.as_deref(),
            trace: &self.trace,
            domain: &self.domain,
            certificate: &self.certificate,
            priority: self.priority,
            begun: self.begun.0,
            actions: &dash(&self.actions),
            redirect: self.redirect.as_deref().unwrap_or("-"),
            odd: self.odd.map(|it| (it.class().name(), it.name())),
            connection: self.connection,
        };
        self.log.put_late(facts.to_string().as_bytes(), LONG);
    }
}

fn kind(client: &Client, headers: &HeaderMap) -> &'static str {
    let content = bytes(headers, &CONTENT_TYPE).unwrap_or_default();
    match (client.is_tls, client.is_http2) {
        (true, true) if content.starts_with(b"application/grpc") => "grpcs",
        (true, true) => "h2",
        (true, false) => "https",
        (false, _) => "http",
    }
}

fn bytes<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    headers.get(name).map(HeaderValue::as_bytes)
}

/// `GET http://www.example.com:80/?a=b HTTP/1.1`
fn line<B>(listener: &ListenerTable, host: &str, request: &Request<B>) -> String {
    let version = match request.version() {
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_11 => "HTTP/1.1",
        _ => "HTTP/1.0",
    };
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let host = if host.is_empty() {
        &listener.dns_name
    } else {
        host
    };
    let mut line = String::with_capacity(64 + path.len());
    escape(request.method().as_str().as_bytes(), 64, &mut line);
    // Writing to a string cannot fail.
    let _ = write!(line, " {}://", listener.scheme());
    escape(host.as_bytes(), 1024, &mut line);
    let _ = write!(line, ":{}", listener.port);
    let left = MOST_OF_REQUEST.saturating_sub(line.len() + version.len() + 1);
    escape(path.as_bytes(), left, &mut line);
    line.push(' ');
    line.push_str(version);
    line
}

/// What a head has of bytes over HTTP/1.1, but for its first line.
fn size(headers: &HeaderMap) -> u64 {
    let of = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    let lines: usize = headers.iter().map(of).sum();
    lines as u64 + 4
}

fn size_of_request<B>(request: &Request<B>) -> u64 {
    let path = request
        .uri()
        .path_and_query()
        .map_or(1, |it| it.as_str().len());
    let line = request.method().as_str().len() + path + " HTTP/1.1".len() + 1;
    line as u64 + size(request.headers())
}
