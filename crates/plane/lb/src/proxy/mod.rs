//! What happens to a request: examined, matched by the rules, answered or forwarded.

mod answer;
mod forward;
pub(crate) mod head;
mod login;
mod reach;
pub mod streamed;
mod upgrade;

use std::{rc::Rc, sync::Arc};

use http::{
    HeaderValue, Request, Response, StatusCode, Version,
    header::{CONNECTION, LOCATION},
};
use hyper::body::Incoming;

pub use self::answer::Answer;
use crate::{
    access_log::Entry,
    config::table::{ListenerTable, Login, Plan},
    desync::{self, Measure, Seen, ServedAlone},
    rules::{RedirectSource, Subject},
    worker::{Client, RequestGuard},
};

/// What a redirect's new address may have: AWS's limit.
const LOCATION_BYTES: usize = 8 * 1024;

/// Answers a request, whatever happens.
pub async fn handle(client: Rc<Client>, request: Request<Incoming>) -> Response<Answer> {
    let seen = client.seen();
    let version = request.version();
    let mut guard = RequestGuard::new(&client);
    let mut response = answer(&client, &mut guard, seen, request).await;
    if version == Version::HTTP_10 && response.headers().contains_key(CONNECTION) {
        // To a newer answer hyper would add that the connection is kept, even where it is closed.
        *response.version_mut() = version;
    }
    guard.answered(&response);
    response.body_mut().hold(guard);
    response
}

async fn answer(
    client: &Rc<Client>,
    guard: &mut RequestGuard,
    seen: Option<Seen>,
    mut request: Request<Incoming>,
) -> Response<Answer> {
    let examined = head::host_of(&request);
    let host = examined.as_deref().unwrap_or_default();
    let listener = client
        .endpoint
        .table
        .load()
        .choose(host, client.is_tls)
        .cloned();
    let admitted = |it: &Arc<ListenerTable>| client.endpoint.admits(it, client.peer.ip());
    let listener = listener.filter(admitted);
    let Some(listener) = listener else {
        // Several load balancers share this port and none has this name.
        return answer::made(StatusCode::NOT_FOUND);
    };
    guard.begin(&listener);
    listener.counters.requests.one();
    if client.is_ipv6 {
        listener.counters.ipv6_requests.one();
    }
    guard.entry = Entry::begin(client, &listener, host, &request);
    let entry = &mut guard.entry;
    let odd = seen.and_then(|it| desync::classify(&request, it));
    let measure = odd.map_or(Measure::Pass, |reason| {
        listener.counters.non_compliant.one();
        note(entry, |it| it.is_odd(reason));
        listener.settings.desync.measure(reason.class())
    });
    if measure == Measure::Alone {
        request.extensions_mut().insert(ServedAlone);
    }
    let mut response = match measure {
        Measure::Pass | Measure::Alone => {
            answer_of(client, &listener, entry, examined, request).await
        }
        Measure::Refuse => {
            let refused = answer::made(StatusCode::BAD_REQUEST);
            listener.counters.answered(refused.status().as_u16());
            refused
        }
    };
    let is_http = response.status() != StatusCode::SWITCHING_PROTOCOLS;
    if measure != Measure::Pass && is_http {
        // With this hyper takes no further request of the connection.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    listener.responses.apply(response.headers_mut());
    response
}

/// What a listener answers; `examined` is the host, or why there is none.
async fn answer_of(
    client: &Rc<Client>,
    listener: &ListenerTable,
    entry: &mut Option<Box<Entry>>,
    examined: Result<String, StatusCode>,
    request: Request<Incoming>,
) -> Response<Answer> {
    let host = examined.as_deref().unwrap_or_default();
    if client
        .secured_as
        .as_ref()
        .is_some_and(|it| *it != listener.dns_name)
    {
        // The client speaks to one load balancer and asks for another: what was agreed with the
        // first (certificate, versions) must not lead to the second.
        let misdirected = answer::made(StatusCode::MISDIRECTED_REQUEST);
        listener.counters.answered(misdirected.status().as_u16());
        return misdirected;
    }
    let made_itself = |response: Response<Answer>| {
        listener.counters.answered(response.status().as_u16());
        response
    };
    if let Err(status) = examined
        .as_ref()
        .map_err(|it| *it)
        .and(head::examine(&request))
    {
        return made_itself(answer::made(status));
    }
    let subject = Subject {
        method: request.method(),
        uri: request.uri(),
        host,
        headers: request.headers(),
        source: client.peer.ip(),
    };
    if login::is_callback(listener, &request) {
        note(entry, |it| it.does("authenticate"));
        return made_itself(login::come_back(client, listener, &request).await);
    }
    let route = listener.route(&subject);
    note(entry, |it| {
        it.matched(route.priority);
        if !matches!(route.login, Login::NotAsked) {
            it.does("authenticate");
        }
    });
    let (identity, cookies) =
        match login::enter(client, &listener.counters, &route.login, &request).await {
            login::Entry::Passes(identity, cookies) => (identity, cookies),
            login::Entry::Answered(response) => return made_itself(response),
        };
    let mut response = match &route.plan {
        Plan::Fixed {
            status,
            content_type,
            body,
        } => {
            listener.counters.fixed.one();
            note(entry, |it| it.does("fixed-response"));
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
            made_itself(answer::text_response(
                status,
                content_type.clone(),
                body.clone(),
            ))
        }
        Plan::Redirect(redirect) => {
            note(entry, |it| it.does("redirect"));
            let location = redirect.location(source(client, listener, host, &request));
            made_itself(redirected(listener, redirect.status, &location))
        }
        Plan::Forward(plan) => {
            note(entry, |it| it.does("forward"));
            let noted = (identity.as_ref(), entry);
            match forward::forward(client, listener, plan, request, noted).await {
                Ok(response) => response,
                Err(status) => made_itself(answer::made(status)),
            }
        }
    };
    login::give(response.headers_mut(), cookies);
    response
}

/// Notes something of a request where that is asked for.
fn note(entry: &mut Option<Box<Entry>>, what: impl FnOnce(&mut Entry)) {
    if let Some(entry) = entry {
        what(entry);
    }
}

fn source<'a>(
    client: &'a Client,
    listener: &'a ListenerTable,
    host: &'a str,
    request: &'a Request<Incoming>,
) -> RedirectSource<'a> {
    RedirectSource {
        protocol: if client.is_tls { "https" } else { "http" },
        host,
        port: listener.port,
        uri: request.uri(),
    }
}

fn redirected(listener: &ListenerTable, status: u16, location: &str) -> Response<Answer> {
    if location.len() > LOCATION_BYTES {
        listener.counters.long_redirects.one();
        // What makes it so long is the request's own.
        return answer::made(StatusCode::URI_TOO_LONG);
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    match location.parse() {
        Ok(location) => {
            listener.counters.redirects.one();
            let mut response = answer::made(status);
            response.headers_mut().insert(LOCATION, location);
            response
        }
        // The request's own path made it unusable.
        Err(_) => answer::made(StatusCode::BAD_REQUEST),
    }
}
