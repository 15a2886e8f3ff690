//! Forwarding: a target is chosen, gets the request, and its response goes to the client.

use std::{future::poll_fn, io, rc::Rc, sync::Arc, task::Poll, time::Instant};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{CONNECTION, SET_COOKIE, UPGRADE},
};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use wharf_planeproto::balancer::ProtocolVersion;

use super::{
    answer::{Answer, Kind},
    head::{self, Context, Framing},
    note,
    streamed::{Source, Streamed},
    upgrade,
};
use crate::{
    access_log::Entry,
    balance,
    config::{
        Stickiness,
        table::{Forward, Group, ListenerTable},
    },
    cookies,
    desync::ServedAlone,
    oidc::identity::Identity,
    sticky,
    target::Lease,
    upstream::{Connection, Exchange, Failure, Head, ResponseBody, Upload, Why, http2},
    worker::Client,
};

/// Targets that a request is tried on. All but the last had nothing of it, or it may be repeated;
/// a host that dies takes several along.
const MOST_TARGETS: usize = 8;

/// Forwards a request; an error is the status that the client gets instead of a response.
pub async fn forward(
    client: &Rc<Client>,
    listener: &ListenerTable,
    plan: &Forward,
    request: Request<Incoming>,
    (identity, entry): (Option<&Identity>, &mut Option<Box<Entry>>),
) -> Result<Response<Answer>, StatusCode> {
    let group = choose_group(client, plan, &request).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    note(entry, |it| it.group(&group.arn));
    let lease = choose_target(client, listener, group, &request);
    let lease = lease.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    count(client, group);
    let begun = Instant::now();
    let app_cookie = has_app_cookie(group, &request);
    let sending = Sending {
        client,
        listener,
        group,
        identity,
        entry,
        method: request.method().clone(),
        tried: Vec::new(),
        replayed: false,
        spare: HeaderMap::new(),
    };
    let (mut response, target) = match group.http2() {
        true => sending.over_http2(lease, request).await?,
        false => sending.over_http1(lease, request).await?,
    };
    let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    group
        .state
        .counters
        .answered(response.status().as_u16(), took);
    listener.counters.forwarded(response.status().as_u16());
    let secure = client.is_tls;
    set_cookies(&mut response, plan, group, &target, app_cookie, secure);
    Ok(response)
}

/// Counts a request of a group.
fn count(client: &Client, group: &Group) {
    let counters = &group.state.counters;
    counters.requests.one();
    group.state.chosen_unhealthy();
    if group.config.record.protocol_version == ProtocolVersion::Grpc {
        counters.grpc_requests.one();
    }
    if client.is_ipv6 {
        counters.ipv6_requests.one();
    }
}

/// The group that the client's cookie names, else one by weight.
fn choose_group<'a>(
    client: &Client,
    plan: &'a Forward,
    request: &Request<Incoming>,
) -> Option<&'a Arc<Group>> {
    if plan.stickiness_seconds.is_some() && plan.groups.len() > 1 {
        let values = ["AWSALBTG", "AWSALBTGCORS"].map(|it| cookies::first(request.headers(), it));
        let named = values
            .into_iter()
            .flatten()
            .find_map(|it| plan.cookies.open(it));
        let named = named.and_then(|arn| plan.groups.iter().find(|(group, _)| group.arn == arn));
        if let Some((group, _)) = named {
            return Some(group);
        }
    }
    balance::pick_group(plan, &mut client.worker.random.borrow_mut())
}

/// The target that the client's cookie names if it is in rotation, else the next one.
fn choose_target(
    client: &Client,
    listener: &ListenerTable,
    group: &Group,
    request: &Request<Incoming>,
) -> Option<Lease> {
    let another = || balance::pick_target(group, &[], &mut client.worker.random.borrow_mut());
    let cookie = |name| cookies::first(request.headers(), name);
    let value = match &group.config.settings.stickiness {
        Stickiness::Off => return another(),
        Stickiness::Balancer(_) => cookie("AWSALB").or_else(|| cookie("AWSALBCORS")),
        Stickiness::Application(name, _) => cookie(name).and_then(|_| cookie("AWSALBAPP-0")),
    };
    let named = value.and_then(|value| group.cookies.open(value));
    let bound = named.and_then(|name| balance::find_target(group, &name));
    bound.or_else(|| {
        let lease = another()?;
        listener.counters.non_sticky.one();
        Some(lease)
    })
}

fn has_app_cookie(group: &Group, request: &Request<Incoming>) -> bool {
    match &group.config.settings.stickiness {
        Stickiness::Application(name, _) => cookies::first(request.headers(), name).is_some(),
        _ => false,
    }
}

/// Binds the client to its target and group.
fn set_cookies(
    response: &mut Response<Answer>,
    plan: &Forward,
    group: &Group,
    target: &str,
    app_cookie: bool,
    secure: bool,
) {
    let mut lines = Vec::new();
    match &group.config.settings.stickiness {
        Stickiness::Off => {}
        Stickiness::Balancer(seconds) => {
            let value = group.cookies.seal(target, *seconds);
            let twin = Some("AWSALBCORS");
            lines.extend(sticky::set_cookies(
                "AWSALB", twin, &value, *seconds, secure,
            ));
        }
        Stickiness::Application(name, seconds) => {
            if app_cookie || cookies::sets(response.headers(), name) {
                let value = group.cookies.seal(target, *seconds);
                lines.extend(sticky::set_cookies(
                    "AWSALBAPP-0",
                    None,
                    &value,
                    *seconds,
                    secure,
                ));
            }
        }
    }
    if let Some(seconds) = plan.stickiness_seconds.filter(|_| plan.groups.len() > 1) {
        let seconds = u64::from(seconds);
        let value = plan.cookies.seal(&group.arn, seconds);
        let twin = Some("AWSALBTGCORS");
        lines.extend(sticky::set_cookies(
            "AWSALBTG", twin, &value, seconds, secure,
        ));
    }
    for line in lines {
        response.headers_mut().append(SET_COOKIE, line);
    }
}

/// A request that is being sent, to one target after another if need be.
pub(super) struct Sending<'a> {
    pub(super) client: &'a Rc<Client>,
    pub(super) listener: &'a ListenerTable,
    pub(super) group: &'a Group,
    /// Who the user is, if it was found out.
    identity: Option<&'a Identity>,
    /// What is noted of it, where that is asked for.
    entry: &'a mut Option<Box<Entry>>,
    method: Method,
    /// Targets that could not take it.
    tried: Vec<u64>,
    /// It was sent a second time already.
    replayed: bool,
    spare: HeaderMap,
}

/// A response and how cookies name its target.
type Answered = (Response<Answer>, String);

impl Sending<'_> {
    async fn over_http1(
        mut self,
        lease: Lease,
        mut request: Request<Incoming>,
    ) -> Result<Answered, StatusCode> {
        let framing = Framing::of(&request);
        let is_alone = request.extensions().get::<ServedAlone>().is_some();
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let (parts, body) = request.into_parts();
        let upgrade = head::wanted_upgrade(&parts).filter(|_| on_upgrade.is_some());
        let trace = self.trace(&parts.headers);
        let context = Context {
            client: self.client,
            listener: self.listener,
            upgrade: upgrade.as_ref(),
            identity: self.identity,
            trace: &trace,
        };
        let head = head::encode(&parts, framing, &context);
        // The request's headers are told; their memory takes the response's.
        self.spare = parts.headers;
        let body = (!matches!(framing, Framing::None | Framing::Length(0))).then_some(body);
        let pace = self.client.worker.pace;
        let mut upload = Upload::new(head, body, framing == Framing::Chunked, pace);
        note(self.entry, |it| upload.count(it.meter()));
        let (mut head, exchange, lease) = self.send(lease, upload).await?;
        head.reusable &= !is_alone;
        let target = match self.group.config.settings.stickiness {
            Stickiness::Off => String::new(),
            _ => balance::target_name(lease.target()),
        };
        let response = match head.status {
            StatusCode::SWITCHING_PROTOCOLS => {
                let client = on_upgrade.filter(|_| upgrade.is_some());
                // A target that changes the protocol unasked is not understood.
                switched(
                    head,
                    exchange,
                    lease,
                    client.ok_or(StatusCode::BAD_GATEWAY)?,
                )
            }
            _ => self.respond(head, exchange, lease),
        };
        Ok((response, target))
    }

    /// How targets are told that the request is called.
    fn trace(&mut self, headers: &HeaderMap) -> String {
        let trace = head::trace_id(headers, &mut self.client.worker.random.borrow_mut());
        note(self.entry, |it| it.trace(&trace));
        trace
    }

    /// Until a target has begun to answer.
    async fn send(
        &mut self,
        mut lease: Lease,
        mut upload: Upload,
    ) -> Result<(Head, Exchange, Lease), StatusCode> {
        let mut fresh = false;
        loop {
            let connection;
            (lease, connection) = self.connect(lease, fresh).await?;
            note(self.entry, |it| it.sends(lease.target().address));
            match self.exchange(connection, upload).await {
                Ok((head, exchange)) => {
                    note(self.entry, |it| it.target_answered(head.status.as_u16()));
                    return Ok((head, exchange, lease));
                }
                Err(failure) => {
                    // A kept connection may have been closed for its age alone.
                    let stays = failure.reused && self.is_bound();
                    upload = self.after_failure(failure)?;
                    fresh = true;
                    if !stays && let Some(other) = self.other_target(lease.target().number) {
                        lease = other;
                    }
                }
            }
        }
    }

    async fn exchange(
        &mut self,
        connection: Box<Connection>,
        upload: Upload,
    ) -> Result<(Head, Exchange), Failure> {
        let exchange = Exchange::new(connection, upload);
        let (head, exchange) = exchange.head(&self.method, &mut self.spare).await?;
        let exchange = exchange.gather(&head).await?;
        Ok((head, exchange))
    }

    /// An idle connection, or a new one; to another target if need be.
    async fn connect(
        &mut self,
        lease: Lease,
        fresh: bool,
    ) -> Result<(Lease, Box<Connection>), StatusCode> {
        if !fresh {
            let sure = !may_repeat(&self.method);
            let pool = &self.client.worker.pool;
            let number = lease.target().number;
            let idle = poll_fn(|cx| Poll::Ready(pool.take(number, sure, cx))).await;
            if let Some(mut connection) = idle {
                connection.begin(self.listener.settings.idle_timeout_ms);
                return Ok((lease, connection));
            }
        }
        self.connect_anew(lease).await
    }

    /// A new connection. Nothing is sent before there is one: any target may have the request.
    async fn connect_anew(
        &mut self,
        mut lease: Lease,
    ) -> Result<(Lease, Box<Connection>), StatusCode> {
        loop {
            let (stream, room);
            (lease, stream, room) = self.reach(lease).await?;
            match self.connection(&lease, stream, room).await {
                Ok(connection) => return Ok((lease, connection)),
                Err(error) => {
                    let status = self.unreached(&lease, &error);
                    lease = self.instead_of(&lease, status)?;
                }
            }
        }
    }

    fn after_no_connection(
        &mut self,
        lease: &Lease,
        error: &io::Error,
    ) -> Result<Lease, StatusCode> {
        let status = self.no_connection(lease, error);
        self.instead_of(lease, status)
    }

    fn instead_of(&mut self, lease: &Lease, status: StatusCode) -> Result<Lease, StatusCode> {
        let other = self.other_target(lease.target().number).ok_or(status)?;
        self.listener.counters.replayed.one();
        Ok(other)
    }

    /// Whether cookies bind the client to its target.
    pub(super) fn is_bound(&self) -> bool {
        !matches!(self.group.config.settings.stickiness, Stickiness::Off)
    }

    /// A target that was not tried, after this one was.
    pub(super) fn other_target(&mut self, tried: u64) -> Option<Lease> {
        if !self.tried.contains(&tried) {
            self.tried.push(tried);
        }
        if self.tried.len() >= MOST_TARGETS {
            return None;
        }
        let mut random = self.client.worker.random.borrow_mut();
        balance::pick_target(self.group, &self.tried, &mut random)
    }

    /// The request, if it may be sent again.
    fn after_failure(&mut self, failure: Failure) -> Result<Upload, StatusCode> {
        let mut upload = failure.upload;
        let status = match failure.why {
            Why::Idle if !upload.is_done() => return Err(StatusCode::REQUEST_TIMEOUT),
            Why::Idle => return Err(StatusCode::GATEWAY_TIMEOUT),
            Why::Client => return Err(StatusCode::BAD_REQUEST),
            Why::Slow => return Err(StatusCode::REQUEST_TIMEOUT),
            Why::Forced | Why::Malformed | Why::Closed | Why::Cut => StatusCode::BAD_GATEWAY,
        };
        let lost = matches!(failure.why, Why::Closed | Why::Cut);
        let harmless = failure.nothing_arrived || may_repeat(&self.method);
        if !lost || self.replayed || !harmless || !upload.can_restart() {
            return Err(status);
        }
        self.replayed = true;
        self.listener.counters.replayed.one();
        upload.restart();
        Ok(upload)
    }

    fn respond(&self, head: Head, exchange: Exchange, lease: Lease) -> Response<Answer> {
        let pool = &self.client.worker.pool;
        let body = match exchange.finish_at_once(&head, pool) {
            Ok(bytes) => Kind::Whole(bytes),
            Err(exchange) => {
                let body = ResponseBody::new(*exchange, &head, Rc::clone(pool), lease);
                self.streamed(Source::Http1(Box::new(body)))
            }
        };
        let mut response = Response::new(Answer::new(body));
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        head::strip_response(response.headers_mut());
        response
    }

    fn streamed(&self, source: Source) -> Kind {
        let idle_ms = self.listener.settings.idle_timeout_ms;
        Kind::Streamed(Streamed::new(self.client, idle_ms, source))
    }

    async fn over_http2(
        mut self,
        mut lease: Lease,
        request: Request<Incoming>,
    ) -> Result<Answered, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let trace = self.trace(&parts.headers);
        let context = Context {
            client: self.client,
            listener: self.listener,
            upgrade: None,
            identity: self.identity,
            trace: &trace,
        };
        let headers = head::headers(&parts, &context);
        let host = head::host_for_target(&parts, self.listener).into_owned();
        parts.headers = headers;
        parts.uri =
            http2::uri(&parts.uri, &host, self.group.tls()).ok_or(StatusCode::BAD_REQUEST)?;
        parts.version = http::Version::HTTP_2;
        let mut request = Request::from_parts(
            parts,
            http2::RequestBody::new(body, self.entry.as_ref().map(|it| it.meter())),
        );
        let idle_ms = self.listener.settings.idle_timeout_ms;
        let pool = &self.client.worker.http2;
        loop {
            let sender = match pool.known(lease.target()) {
                Some(sender) => sender,
                None => {
                    let connection;
                    (lease, connection) = self.connect_anew(lease).await?;
                    match pool.add(lease.target(), connection).await {
                        Ok(sender) => sender,
                        Err(error) => {
                            lease = self.after_no_connection(&lease, &error)?;
                            continue;
                        }
                    }
                }
            };
            note(self.entry, |it| it.sends(lease.target().address));
            let sent = pool.send(lease.target(), sender, request, idle_ms);
            match sent.await {
                Ok(response) => {
                    let target = balance::target_name(lease.target());
                    let (head, body) = response.into_parts();
                    note(self.entry, |it| it.target_answered(head.status.as_u16()));
                    let body = http2::ResponseBody::new(body, lease);
                    let body = self.streamed(Source::Http2(Box::new(body)));
                    let mut response = Response::new(Answer::new(body));
                    *response.status_mut() = head.status;
                    *response.headers_mut() = head.headers;
                    return Ok((response, target));
                }
                Err(http2::Unsent {
                    error,
                    request: None,
                }) => {
                    tracing::debug!(%error, "no response over HTTP/2");
                    return Err(match error.kind() {
                        io::ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
                        _ => StatusCode::BAD_GATEWAY,
                    });
                }
                Err(http2::Unsent {
                    error,
                    request: Some(unsent),
                }) => {
                    lease = self.after_no_connection(&lease, &error)?;
                    request = *unsent;
                }
            }
        }
    }
}

/// Methods that do no harm when repeated (RFC 9110 §9.2.2).
fn may_repeat(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
    )
}

/// 101: both sides leave HTTP.
fn switched(head: Head, exchange: Exchange, lease: Lease, client: OnUpgrade) -> Response<Answer> {
    upgrade::join(client, exchange.into_connection(), lease);
    let mut headers = head.headers;
    let protocol = headers.get(UPGRADE).cloned();
    head::strip_response(&mut headers);
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(protocol) = protocol {
        headers.insert(UPGRADE, protocol);
    }
    let mut response = Response::new(Answer::whole(bytes::Bytes::new()));
    *response.status_mut() = head.status;
    *response.headers_mut() = headers;
    response
}
