//! Requests for listeners that authenticate users: let in with who it is, or answered.

use std::{rc::Rc, sync::Arc};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, HOST, LOCATION, SET_COOKIE},
};
use hyper::body::Incoming;
use wharf_planeproto::oidc::Unauthenticated;

use super::answer::{self, Answer};
use crate::{
    clock,
    config::table::{ListenerTable, Login},
    metrics::{BalancerCounters, LoginCounters},
    oidc::{
        CALLBACK, LoginRule, Refused,
        identity::Identity,
        keys::SessionKeys,
        session::Session,
        state::{self, NoLogin},
    },
    worker::Client,
};

/// What becomes of a request.
pub enum Entry {
    /// It goes on, with what its target is told and what its client is given.
    Passes(Option<Identity>, Vec<HeaderValue>),
    Answered(Response<Answer>),
}

/// Judges a request by what its rule asks.
pub async fn enter(
    client: &Rc<Client>,
    counters: &Arc<BalancerCounters>,
    login: &Login,
    request: &Request<Incoming>,
) -> Entry {
    let logins = &counters.logins;
    let rule = match login {
        Login::NotAsked => return Entry::Passes(None, Vec::new()),
        // A rule that wants to know who comes, and cannot, lets nobody in.
        Login::Unusable => return failed(logins),
        Login::Asked(rule) => rule,
    };
    let now = clock::unix_seconds();
    let Some((session, sealed)) = rule.session(request.headers(), now) else {
        return unknown((rule, logins), request, now);
    };
    if !session.is_stale(now) {
        return known((rule, logins), &session, Vec::new(), now);
    }
    let providers = &client.worker.providers;
    let renewed = providers.refresh(rule, (session, &sealed), counters).await;
    let kept = renewed.and_then(|it| {
        let lines = rule.keep(&it, request.headers(), now)?;
        Ok((it, lines))
    });
    match kept {
        Ok((session, lines)) => known((rule, logins), &session, lines, now),
        Err(error) => {
            providers.log(rule, &error);
            // A refresh token that is good no longer is how most sessions end.
            if !matches!(error, Refused::Unauthorized(_) | Refused::Provider(_)) {
                count(logins, &error);
            }
            let passes = rule.settings.unauthenticated == Unauthenticated::Allow;
            match error {
                Refused::Busy if !passes => Entry::Answered(made(&error)),
                // As on AWS: who is no longer vouched for, for whatever reason, is not known.
                _ => unknown((rule, logins), request, now),
            }
        }
    }
}

/// Counts why a user is not let in.
fn count(logins: &LoginCounters, error: &Refused) {
    match error {
        Refused::Unauthorized(_) | Refused::Provider(_) => logins.failures.one(),
        Refused::TooMuch => logins.too_much.one(),
        Refused::Busy | Refused::Failed(_) => logins.errors.one(),
    }
}

/// It is not the user's doing, nor the provider's.
fn failed(logins: &LoginCounters) -> Entry {
    logins.errors.one();
    answered(StatusCode::INTERNAL_SERVER_ERROR)
}

fn known(
    (rule, logins): (&LoginRule, &LoginCounters),
    session: &Session,
    lines: Vec<HeaderValue>,
    now: u64,
) -> Entry {
    match rule.identity(session, now) {
        Some(identity) => Entry::Passes(Some(identity), lines),
        None => failed(logins),
    }
}

fn unknown(
    (rule, logins): (&LoginRule, &LoginCounters),
    request: &Request<Incoming>,
    now: u64,
) -> Entry {
    match rule.settings.unauthenticated {
        Unauthenticated::Allow => return Entry::Passes(None, Vec::new()),
        Unauthenticated::Deny => return answered(StatusCode::UNAUTHORIZED),
        Unauthenticated::Authenticate => {}
    }
    let Some(authority) = authority(request) else {
        return answered(StatusCode::UNAUTHORIZED);
    };
    let target = request.uri().path_and_query();
    let target = target.map_or("/", |it| it.as_str());
    if !target.starts_with('/') {
        return answered(StatusCode::BAD_REQUEST);
    }
    match rule.begin(request.headers(), authority, target, now) {
        Ok((location, cookie)) => Entry::Answered(redirected(&location, cookie)),
        Err(NoLogin::TooLong) => answered(StatusCode::URI_TOO_LONG),
        Err(NoLogin::NoRandomness) => failed(logins),
    }
}

/// Whether a request is one of a user whom a provider sent back.
pub fn is_callback(listener: &ListenerTable, request: &Request<Incoming>) -> bool {
    request.uri().path() == CALLBACK && listener.logs_in()
}

/// A user comes back from the provider.
pub async fn come_back(
    client: &Rc<Client>,
    listener: &ListenerTable,
    request: &Request<Incoming>,
) -> Response<Answer> {
    let authority = authority(request).filter(|_| *request.method() == Method::GET);
    let (Some(authority), Some(keys)) = (authority, listener.session_keys()) else {
        return answer::made(StatusCode::UNAUTHORIZED);
    };
    let logins = &listener.counters.logins;
    let now = clock::unix_seconds();
    let headers = request.headers();
    let query = request.uri().query().unwrap_or_default();
    let returned = match state::returned(keys, query, headers, authority, now) {
        Ok(returned) => returned,
        Err(error) => {
            // Another window was faster, or the page was loaded again: who has a session goes where they wanted to.
            if let Some(back) = known_already(listener, keys, headers, (authority, query), now) {
                return redirected(&back, None);
            }
            tracing::debug!(listener = listener.arn, %error, "refused a user who came back from a provider");
            count(logins, &error);
            return made(&error);
        }
    };
    let Some(rule) = listener.login(&returned.state.id) else {
        // The rule is another by now.
        logins.failures.one();
        return answer::made(StatusCode::UNAUTHORIZED);
    };
    let back = returned.state.back();
    let providers = &client.worker.providers;
    let session = providers.log_in(rule, returned, &listener.counters).await;
    match session.and_then(|it| rule.keep(&it, headers, now)) {
        Ok(lines) => {
            logins.successes.one();
            redirected(&back, lines.into_iter().chain(state::spent()))
        }
        Err(error) => {
            providers.log(rule, &error);
            count(logins, &error);
            made(&error)
        }
    }
}

fn known_already(
    listener: &ListenerTable,
    keys: &SessionKeys,
    headers: &HeaderMap,
    (authority, query): (&str, &str),
    now: u64,
) -> Option<String> {
    let state = state::leading(keys, query, authority, now)?;
    let session = listener.login(&state.id)?.session(headers, now);
    session.map(|_| state.back())
}

fn made(error: &Refused) -> Response<Answer> {
    let status = StatusCode::from_u16(error.status());
    answer::made(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

fn answered(status: StatusCode) -> Entry {
    Entry::Answered(answer::made(status))
}

/// What the browser calls this side: host, and port if it names one. What may stand there was examined before.
fn authority(request: &Request<Incoming>) -> Option<&str> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request.headers().get(HOST)?.to_str().ok()?,
    };
    (!authority.is_empty()).then_some(authority)
}

fn redirected(location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response<Answer> {
    let Ok(location) = HeaderValue::from_str(location) else {
        return answer::made(StatusCode::BAD_REQUEST);
    };
    let mut response = answer::made(StatusCode::FOUND);
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookies.into_iter().map(|it| (SET_COOKIE, it)));
    response
}

/// A renewed session for the client, in the answer of a target: whatever that says, no cache gives the cookies to others.
pub fn give(headers: &mut HeaderMap, cookies: Vec<HeaderValue>) {
    if cookies.is_empty() {
        return;
    }
    headers.append(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache=\"set-cookie\""),
    );
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

impl LoginRule {
    /// Where to send a user who is not known, and the cookie that they come back with.
    fn begin(
        &self,
        headers: &HeaderMap,
        authority: &str,
        target: &str,
        now: u64,
    ) -> Result<(String, Option<HeaderValue>), NoLogin> {
        let begun = state::begin(self.keys(), headers, self.id, (authority, target), now)?;
        let location = self.authorization(authority, &begun.state, &begun.nonce);
        Ok((location, begun.cookie))
    }
}
