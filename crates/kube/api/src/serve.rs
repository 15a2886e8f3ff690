//! A request from its head to its answer: what is asked, whether it may be done, who does it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, header::USER_AGENT};
use http_body_util::{BodyExt, Limited};
use hyper::upgrade::OnUpgrade;
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use wharf_base::Timestamp;
use wharf_kube_auth::{Attributes, Decision, UserInfo};
use wharf_kube_model::{
    Catalog, Resource,
    codec::MediaType,
    duration,
    status::{self, Status},
    warnings,
};

use crate::{
    aggregation::{self, Aggregated, Length},
    answer::{self, Answer, Body, Fault},
    audit::{Origin, Outcome, Telling},
    call::Call,
    cluster::Inner,
    creating, deleting, discovery, measured,
    metering::{Running, Set},
    negotiate::{self, Form, Offer},
    patching, paths, pretty,
    query::Query,
    reading,
    request::{self, Asked, Target},
    reviews, shapes, subresources, watching,
    webhooks::Notes,
    writing,
};

/// Bytes of a body.
const MOST_BODY: usize = 3 << 20;
/// Of a body that is larger.
const MOST_DRAINED: usize = 16 << 20;
/// How long a request may take that is no watch, log or session.
const TAKES: Duration = Duration::from_secs(60);
/// How long a client may take to send its body.
const SENDS: Duration = Duration::from_secs(30);

/// What is passed on to nodes.
const PASSED: [&str; 5] = ["log", "exec", "attach", "portforward", "proxy"];

/// A request without its body, which is read here or passed on to a node.
pub struct Incoming {
    pub method: Method,
    /// Path and query as they came.
    pub target: String,
    pub path: String,
    pub query: Query,
    pub headers: http::HeaderMap,
    pub upgrade: Option<OnUpgrade>,
}

/// What was begun goes on when the client has gone, but for what is of no use without it: so it has its end in the audit log. Of what
/// lasts, that it was given up is told there.
pub async fn serve(inner: &Arc<Inner>, request: Request<Body>, user: &UserInfo) -> Answer {
    let target = request::target_of(&request);
    let wants_session = request.extensions().get::<OnUpgrade>().is_some();
    let goes_with_client = match &target {
        Some(target) if lasts(target) => true,
        // A session with an aggregated server begins with its answer: nothing of it is of use without the client.
        Some(target) if wants_session => {
            aggregated_by(inner, target, request.uri().path()).is_some()
        }
        _ => false,
    };
    if goes_with_client {
        return answered(inner, request, target, user).await;
    }
    let (inner, user) = (Arc::clone(inner), user.clone());
    let work = tokio::spawn(async move { answered(&inner, request, target, &user).await });
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "answering a request of a cluster failed");
        let status = Status::internal("the request could not be answered");
        answer::fault(&Catalog::built_in(), MediaType::Json, &status)
    })
}

/// Whether it is a watch, a log or a session.
fn lasts(target: &Target) -> bool {
    match target {
        Target::Resource(asked) => {
            let subresource = asked.subresource.as_deref().unwrap_or_default();
            asked.verb == "watch" || PASSED.contains(&subresource)
        }
        Target::Path => false,
    }
}

/// On a request of a part of this server: to those, aggregated servers are not there but for what is asked by name, and what is read
/// of their answers is little.
#[derive(Debug, Clone, Copy)]
pub struct OfServer;

/// The aggregated server that answers instead of this one.
fn aggregated_by(inner: &Inner, target: &Target, path: &str) -> Option<Arc<Aggregated>> {
    let others = inner.aggregation.now();
    if others.all.is_empty() {
        return None;
    }
    let catalog = inner.catalog.load();
    let found = match target {
        Target::Resource(asked) => others.find(&catalog, &asked.group, &asked.version),
        Target::Path => {
            let decoded = percent_decode_str(path).decode_utf8().ok()?;
            let mut parts = decoded.trim_matches('/').split('/');
            let is_group = parts.next() == Some("apis");
            let (group, version) = (parts.next()?, parts.next()?);
            let found = others.find(&catalog, group, version);
            found.filter(|_| is_group && parts.next().is_none())
        }
    };
    found.cloned()
}

async fn answered(
    inner: &Arc<Inner>,
    request: Request<Body>,
    target: Option<Target>,
    user: &UserInfo,
) -> Answer {
    let began = inner.now();
    let (mut head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let origin = head.extensions.remove::<Origin>();
    let is_own = head.extensions.remove::<OfServer>().is_some();
    let incoming = Incoming {
        method: head.method,
        target: head
            .uri
            .path_and_query()
            .map_or_else(|| path.clone(), ToString::to_string),
        query: Query::parse(head.uri.query().unwrap_or_default()),
        path,
        upgrade: head.extensions.remove::<OnUpgrade>(),
        headers: head.headers,
    };
    let media = fault_media(&incoming);
    let is_pretty = pretty::is_wanted(&incoming.query, &incoming.headers);
    let attributes = request::attributes(
        target.as_ref(),
        &incoming.method,
        &incoming.path,
        &incoming.query,
    );
    let agent = incoming
        .headers
        .get(USER_AGENT)
        .and_then(|it| it.to_str().ok());
    let notes = Arc::<Mutex<Notes>>::default();
    let mut telling = Telling {
        inner,
        user,
        origin,
        asked: &attributes,
        uri: incoming.target.clone(),
        agent: agent.unwrap_or_default().to_owned(),
        began,
        notes: Arc::clone(&notes),
        outcome: Outcome::default(),
    };
    let lasts = target.as_ref().is_some_and(lasts);
    let set = Set::of(
        &inner.catalog.load(),
        target.as_ref(),
        (&incoming.method, &incoming.path, &incoming.query),
        &incoming.headers,
    );
    let running = Arc::new(inner.metering.begin(&set, lasts));
    let decision = inner.parts.authorizer.authorize(user, &attributes).await;
    telling.outcome.is_allowed = decision.allows();
    decision.reason().clone_into(&mut telling.outcome.reason);
    let other = target
        .as_ref()
        .and_then(|it| aggregated_by(inner, it, &incoming.path));
    // What comes bit by bit, or from others, goes on as it is.
    let is_passed_on = lasts || other.is_some();
    let answered = match (target, other) {
        (None, _) => Err(Fault::from(Status::bad_request("the path is no text"))),
        (Some(_), _) if !decision.allows() => Err(not_allowed(user, &attributes, &decision).into()),
        (Some(_), Some(other)) => {
            let length = match is_own {
                true => Length::Short,
                false if lasts => Length::Open,
                false => Length::Usual,
            };
            aggregation::pass(inner, &other, incoming, body, (user, length)).await
        }
        (Some(Target::Path), None) => {
            let Incoming {
                method,
                path,
                query,
                headers,
                ..
            } = &incoming;
            let _place = inner.short_place(user).await;
            // Parts of this server are not to be led astray by what others tell of themselves.
            let others = match is_own {
                true => Arc::default(),
                false => inner.aggregation.now(),
            };
            paths::answer(inner, (method, path, query), headers, &others).await
        }
        (Some(Target::Resource(asked)), None) => {
            let notes = Arc::clone(&notes);
            let running = Arc::clone(&running);
            resource(inner, incoming, body, asked, (user, began, notes, running)).await
        }
    };
    let answer = match answered {
        Ok(answer) if is_passed_on || !is_pretty => answer,
        Ok(answer) => pretty::indented(answer).await,
        Err(fault) => {
            let answer = answer::fault(&inner.catalog.load(), media, &fault);
            match is_pretty {
                true => pretty::indented(answer).await,
                false => answer,
            }
        }
    };
    running.answered(answer.status().as_u16());
    telling.outcome.code = Some(answer.status().as_u16());
    answer
}

/// What a Status is written in when there is nothing better.
fn fault_media(incoming: &Incoming) -> MediaType {
    let offer = Offer {
        protobuf: true,
        yaml: true,
        shapes: true,
    };
    negotiate::negotiate(&incoming.headers, offer).map_or(MediaType::Json, |it| it.media)
}

pub fn not_allowed(user: &UserInfo, asked: &Attributes, decision: &Decision) -> Status {
    let resource = asked.full_resource();
    let what = status::Asked {
        group: &asked.group,
        resource: &resource,
        namespace: &asked.namespace,
        name: &asked.name,
        path: &asked.path,
    };
    Status::not_allowed(&user.name, &asked.verb, &what, decision.reason())
}

async fn resource(
    inner: &Arc<Inner>,
    incoming: Incoming,
    body: Body,
    asked: Asked,
    (user, now, notes, running): (&UserInfo, Timestamp, Arc<Mutex<Notes>>, Arc<Running>),
) -> Result<Answer, Fault> {
    let catalog = inner.catalog.load_full();
    let found = catalog.resource(&asked.group, &asked.version, &asked.resource);
    let Some(resource) = found.cloned() else {
        return answer::nowhere(discovery::is_own(&catalog, &asked.group));
    };
    let verb = asked.verb;
    let subresource = asked.subresource.clone().unwrap_or_default();
    let verbs = match subresource.as_str() {
        "" => resource.verbs,
        name => {
            let missing = || match resource.custom.is_some() {
                // Upstream looks for the object as it does for the subresource.
                true => Status::not_found(
                    &resource.group,
                    &resource.plural,
                    asked.name.as_deref().unwrap_or_default(),
                ),
                false => Status::no_such_page(),
            };
            resource.subresource(name).ok_or_else(missing)?.verbs
        }
    };
    let is_own = resource.custom.is_none();
    if asked.namespace.is_some() && !resource.namespaced && resource.plural != "namespaces" {
        return answer::nowhere(is_own);
    }
    let is_everywhere = resource.namespaced && asked.namespace.is_none();
    if is_everywhere && (asked.is_named || !is_own && !["list", "watch"].contains(&verb)) {
        return answer::nowhere(is_own);
    }
    let is_misplaced = match verb {
        "create" => is_everywhere || asked.is_named && subresource.is_empty(),
        "deletecollection" => is_everywhere,
        "update" | "patch" | "" => !asked.is_named,
        _ => false,
    };
    if is_misplaced || !verbs.contains(&verb) {
        return Err(answer::no_such_method().into());
    }
    let offer = Offer {
        protobuf: resource.custom.is_none(),
        yaml: verb != "watch",
        // Answers to questions are no objects that a table could be made of.
        shapes: (verb != "create" || subresource.is_empty()) && !reviews::is_review(&resource),
    };
    let is_passed = PASSED.contains(&subresource.as_str());
    let form = match negotiate::negotiate(&incoming.headers, offer) {
        Some(form) => form,
        None if is_passed => Form::JSON,
        None if is_own && !negotiate::names_any(&incoming.headers) => {
            let streams = match verb {
                "list" | "watch" => &negotiate::STREAMS[..],
                _ => &[],
            };
            let all = [&negotiate::ALL[..], streams].concat();
            return Err(Status::no_representation(&all).into());
        }
        None => return Err(Status::not_acceptable(&negotiate::ALL).into()),
    };
    if !is_passed {
        shapes::check(form, verb, &resource, &incoming.query)?;
    }
    if let Some(why) = shut(inner, &resource, &asked, verb) {
        return Err(Status::internal(&why).into());
    }
    let call = Call {
        cluster: Arc::clone(inner),
        catalog,
        resource,
        asked,
        query: incoming.query.clone(),
        user: user.clone(),
        headers: incoming.headers.clone(),
        form,
        now,
        warnings: Mutex::default(),
        notes,
        running,
    };
    if let Some(text) = warnings::deprecated(&call.resource) {
        call.warn(text.to_owned());
    }
    if is_passed || verb == "watch" {
        let too_many =
            || Status::too_many_requests("too many watches and sessions of this user", 1);
        if is_passed {
            let place = inner.passed_place(user).ok_or_else(too_many)?;
            return crate::passing::pass(call, &subresource, incoming, body, place).await;
        }
        let place = inner.long_place(user).ok_or_else(too_many)?;
        return watching::watch(call, place).await;
    }
    let media = fault_media(&incoming);
    let work = async {
        let place = inner.short_place(user).await;
        let body = read_body(body).await?;
        // Who is refused is warned as well: by that, webhooks say how it is done better.
        let mut answer = match dispatch(&call, verb, &subresource, &body).await {
            Ok(answer) => answer,
            Err(fault) => answer::fault(&call.catalog, media, &fault),
        };
        call.add_warnings(&mut answer);
        // The place is taken until the answer has been read.
        Ok(answer.map(|body| {
            let held = body.map_frame(move |frame| {
                let _ = &place;
                frame
            });
            held.boxed_unsync()
        }))
    };
    match tokio::time::timeout(takes(&incoming.query)?, work).await {
        Ok(answered) => answered,
        Err(_) => {
            let text = "request did not complete within the allotted timeout";
            Err(Status::timeout(text, 0).into())
        }
    }
}

/// How long a request may take: as its client says, but no longer than any other.
fn takes(query: &Query) -> Result<Duration, Fault> {
    let Some(text) = query.get("timeout") else {
        return Ok(TAKES);
    };
    match duration::nanos(text).map(u64::try_from) {
        Some(Ok(0)) => Ok(TAKES),
        Some(nanos) => Ok(Duration::from_nanos(nanos.unwrap_or_default()).min(TAKES)),
        None => {
            let why = format!("time: invalid duration \"{text}\"");
            let text = format!("invalid timeout specified in the request URL - {why}");
            Err(Status::bad_request(text).into())
        }
    }
}

/// Why nothing can be done with Secrets now, in upstream's words.
fn shut(inner: &Inner, resource: &Resource, asked: &Asked, verb: &str) -> Option<String> {
    let storage = &resource.storage;
    if !storage.group.is_empty() || storage.plural != "secrets" {
        return None;
    }
    let why = inner.objects.shut()?;
    Some(match verb {
        "create" => format!("failed to encrypt DEK, error: {why}"),
        _ => {
            let path = [asked.namespace.as_deref(), asked.name.as_deref()];
            let path = path.into_iter().flatten();
            let key: String = path.map(|it| format!("/{it}")).collect();
            format!(
                "unable to transform key \"/registry/secrets{key}\": failed to decrypt DEK, error: {why}"
            )
        }
    })
}

async fn read_body(mut body: Body) -> Result<Bytes, Fault> {
    let read = async {
        let read = Limited::new(&mut body, MOST_BODY).collect().await;
        if read.is_err() {
            drain(&mut body).await;
        }
        read
    };
    let read = tokio::time::timeout(SENDS, read).await;
    let read = read.map_err(|_| Status::bad_request("the body was not sent in time"))?;
    match read {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Status::too_large(&format!("limit is {MOST_BODY}")).into())
        }
        Err(error) => {
            Err(Status::bad_request(format!("the body could not be read: {error}")).into())
        }
    }
}

/// Lets go of what is left of a body that is not read: a client that still writes when the connection closes never sees the answer.
async fn drain(body: &mut Body) {
    let mut left = MOST_DRAINED;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

async fn dispatch(
    call: &Call,
    verb: &str,
    subresource: &str,
    body: &Bytes,
) -> Result<Answer, Fault> {
    if !subresource.is_empty() {
        return subresources::dispatch(call, verb, subresource, body).await;
    }
    if reviews::is_review(&call.resource) {
        return reviews::create(call, body).await;
    }
    if measured::is_measured(&call.resource) {
        return measured::answer(call, verb).await;
    }
    match verb {
        "create" if call.resource.plural == "bindings" && call.group().is_empty() => {
            subresources::bind(call, body).await
        }
        "get" => reading::get(call).await,
        "list" => reading::list(call).await,
        "create" => creating::create(call, body).await,
        "update" => writing::update(call, "", body).await,
        "patch" => patching::patch(call, "", body).await,
        "delete" => deleting::delete(call, body).await,
        "deletecollection" => deleting::delete_collection(call, body).await,
        other => Err(Status::method_not_allowed(call.group(), &call.resource.plural, other).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_how_long_its_request_may_take() {
        let taken = |query: &str| takes(&Query::parse(query)).map_err(|it| it.message.clone());
        for (query, expected) in [
            ("", TAKES),
            ("timeout=0s", TAKES),
            ("timeout=1m30s", TAKES),
            ("timeout=1.5s", Duration::from_millis(1500)),
            ("timeout=-1s", Duration::ZERO),
        ] {
            assert_eq!(taken(query), Ok(expected), "{query}");
        }
        let why = "invalid timeout specified in the request URL - time: invalid duration \"soon\"";
        assert_eq!(taken("timeout=soon"), Err(why.to_owned()));
    }
}
