//! Identity providers, as this side calls them: over HTTPS, with bounds on time and size, to public addresses or where the operator
//! allowed. Calls run on the process's own runtime, so that no thread that carries traffic waits for a handshake.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use form_urlencoded::{Serializer, byte_serialize};
use futures_util::FutureExt;
use http::{
    Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use ring::digest::{SHA256, digest};
use serde_json::Value;
use tokio::{runtime::Handle, task::JoinError};
use tokio_util::task::AbortOnDropHandle;
use wharf_egress::{Egress, Limits};

use super::{
    LoginRule, Refused, redirect_uri,
    session::Session,
    share::{Outcome, Renewal, Share, Shares},
    state::{self, told_nonce},
    token::{self, Expected, Tokens},
};
use crate::{clock, metrics::BalancerCounters};

/// One call to a provider, from waiting for its turn on.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    body: 64 * 1024,
};

/// The way to identity providers. Clones share it.
#[derive(Clone)]
pub struct Providers {
    runtime: Handle,
    shares: Arc<Shares>,
}

impl Providers {
    /// Calls run on `runtime`.
    pub fn new(egress: Egress, runtime: Handle) -> Self {
        Self {
            runtime,
            shares: Arc::new(Shares::new(egress)),
        }
    }

    /// The session of a user who came back with a code. Nobody is asked any more when nobody waits: who goes away leaves nothing behind.
    pub async fn log_in(
        &self,
        rule: &Arc<LoginRule>,
        returned: state::Returned,
        counters: &Arc<BalancerCounters>,
    ) -> Outcome {
        rule.check_issuer(&returned)?;
        let share = self.shares.of(&rule.balancer);
        let place = share.login()?;
        let (rule, counters) = (Arc::clone(rule), Arc::clone(counters));
        let login = self.runtime.spawn(async move {
            let _place = place;
            let begun = Instant::now();
            let session = Caller { rule, share }.redeem(returned).await;
            let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            counters.logins.latency.add(took);
            session.map(Arc::new)
        });
        let login = AbortOnDropHandle::new(login).await;
        login.unwrap_or_else(|error| Err(lost(&error)))
    }

    /// The session after its access token has expired. `sealed` is what the browser sent.
    pub async fn refresh(
        &self,
        rule: &Arc<LoginRule>,
        (session, sealed): (Session, &str),
        counters: &Arc<BalancerCounters>,
    ) -> Outcome {
        let renewal = self.renewal(rule, (session, sealed), counters)?;
        renewal.await
    }

    /// What is under way or came out for the same session, or a new try.
    fn renewal(
        &self,
        rule: &Arc<LoginRule>,
        (session, sealed): (Session, &str),
        counters: &Arc<BalancerCounters>,
    ) -> Result<Renewal, Refused> {
        let mut name = [0; 32];
        name.copy_from_slice(digest(&SHA256, sealed.as_bytes()).as_ref());
        let share = self.shares.of(&rule.balancer);
        let now = Instant::now();
        let mut refreshes = share.refreshes.lock();
        if let Some(known) = refreshes.get(&name, now) {
            return Ok(known);
        }
        let place = share.renewal()?;
        let (rule, of_task) = (Arc::clone(rule), Arc::clone(&share));
        let counters = Arc::clone(counters);
        // It comes to its end whoever still waits: the provider may take the refresh token for used.
        let renewing = self.runtime.spawn(async move {
            let _place = place;
            let share = Arc::clone(&of_task);
            let renewed = Caller { rule, share }.renew(session).await.map(Arc::new);
            match &renewed {
                // Once, however many requests wait for it.
                Ok(_) => counters.logins.refreshes.one(),
                Err(Refused::Failed(_)) => of_task.refreshes.lock().forget(&name, now),
                Err(_) => {}
            }
            renewed
        });
        let renewing = renewing.map(|it| it.unwrap_or_else(|error| Err(lost(&error))));
        let renewal = renewing.boxed().shared();
        refreshes.insert(name, now, renewal.clone());
        Ok(renewal)
    }

    /// Logs why a user was not let in: once in a while, since anybody can have it said.
    pub fn log(&self, rule: &LoginRule, error: &Refused) {
        let issuer = &rule.settings.issuer;
        let Some(unsaid) = self.shares.of(&rule.balancer).says(issuer, Instant::now()) else {
            return;
        };
        match error {
            Refused::Failed(_) | Refused::Busy => {
                tracing::warn!(issuer, %error, unsaid, "failed to authenticate a user");
            }
            _ => tracing::info!(issuer, %error, unsaid, "a user was not authenticated"),
        }
    }

    /// Lets go of what is remembered no longer.
    pub fn sweep(&self) {
        for (issuer, unsaid) in self.shares.sweep(Instant::now()) {
            tracing::info!(issuer, unsaid, "further users were not authenticated");
        }
    }
}

/// Calls the provider of a rule.
struct Caller {
    rule: Arc<LoginRule>,
    share: Arc<Share>,
}

impl Caller {
    async fn redeem(&self, returned: state::Returned) -> Result<Session, Refused> {
        let form = form(&[
            ("grant_type", "authorization_code"),
            ("code", &returned.code),
            ("redirect_uri", &redirect_uri(&returned.state.authority)),
        ]);
        let now = clock::unix_seconds();
        let tokens = self.tokens(form).await?;
        let Some(id_token) = &tokens.id_token else {
            return Err(Refused::Unauthorized("there is no ID token"));
        };
        let nonce = told_nonce(&returned.state.nonce);
        let expected = Expected {
            issuer: &self.rule.settings.issuer,
            client_id: &self.rule.settings.client_id,
            nonce: Some(&nonce),
            now,
        };
        let subject = token::subject(id_token, &expected)?;
        let claims = self.claims(&tokens.access_token, &subject).await?;
        Ok(Session {
            began: now,
            expires: tokens.expires(now),
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token.filter(|it| !it.is_empty()),
            subject,
            claims,
        })
    }

    async fn renew(&self, session: Session) -> Result<Session, Refused> {
        let refresh_token = session.refresh_token.clone().unwrap_or_default();
        let form = form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh_token),
        ]);
        let now = clock::unix_seconds();
        let tokens = self.tokens(form).await?;
        if let Some(id_token) = &tokens.id_token {
            let expected = Expected {
                issuer: &self.rule.settings.issuer,
                client_id: &self.rule.settings.client_id,
                nonce: None,
                now,
            };
            if token::subject(id_token, &expected)? != session.subject {
                return Err(Refused::Unauthorized("the ID token is somebody else's"));
            }
        }
        let claims = self.claims(&tokens.access_token, &session.subject);
        Ok(Session {
            claims: claims.await?,
            expires: tokens.expires(now),
            access_token: tokens.access_token,
            refresh_token: tokens
                .refresh_token
                .filter(|it| !it.is_empty())
                .or(session.refresh_token),
            ..session
        })
    }

    async fn tokens(&self, form: String) -> Result<Tokens, Refused> {
        let request = Request::post(&self.rule.token_endpoint)
            .header(
                AUTHORIZATION,
                basic(
                    &self.rule.settings.client_id,
                    &self.rule.settings.client_secret,
                ),
            )
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Bytes::from(form));
        Tokens::parse(&self.call(request).await?)
    }

    async fn claims(&self, access: &str, subject: &str) -> Result<String, Refused> {
        let request = Request::get(&self.rule.user_info_endpoint)
            .header(AUTHORIZATION, format!("Bearer {access}"))
            .header(ACCEPT, "application/json")
            .body(Bytes::new());
        let body = self.call(request).await?;
        token::claims(&body, subject)
    }

    /// The body of an answer that is a success.
    async fn call(&self, request: http::Result<Request<Bytes>>) -> Result<Bytes, Refused> {
        let request =
            request.map_err(|_| Refused::Failed("a request cannot be made".to_owned()))?;
        let answer = self.share.egress.send(request, LIMITS).await;
        let answer = answer.map_err(|error| Refused::Failed(error.to_string()))?;
        if answer.status() == StatusCode::OK {
            return Ok(answer.into_body());
        }
        // RFC 6749 §5.2: a name of what is wrong. Nothing else of the answer is told on.
        let named = serde_json::from_slice::<Value>(answer.body()).ok();
        let named = named.as_ref().and_then(|it| it["error"].as_str());
        let named = state::for_log(named.unwrap_or_default());
        let status = answer.status().as_u16();
        Err(Refused::Provider(
            format!("{status} {named}").trim_end().to_owned(),
        ))
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// There is no outcome, since the task that was to have it is gone.
fn lost(error: &JoinError) -> Refused {
    let why = match error.is_panic() {
        true => "the call of the provider panicked",
        false => "the load balancer ends",
    };
    Refused::Failed(why.to_owned())
}

/// RFC 6749 §2.3.1: both are encoded as forms are.
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", STANDARD.encode(both))
}

#[cfg(test)]
mod tests;
