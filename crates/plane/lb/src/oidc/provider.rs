//! Identity providers, as this side calls them: over HTTPS, with bounds on time and size, to public addresses or where the operator
//! allowed. Calls run on the process's own runtime, so that no thread that carries traffic waits for a handshake.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use form_urlencoded::{Serializer, byte_serialize};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http::{
    Request, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use parking_lot::Mutex;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use tokio::runtime::Handle;
use wharf_egress::{Egress, Limits};

use super::{
    Oidc, Refused, redirect_uri,
    session::Session,
    state::{self, told_nonce},
    token::{self, Expected, Tokens},
};
use crate::clock;

/// One call to a provider.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    body: 64 * 1024,
};
/// What came of a refresh is told to whoever comes with the same session for so long: a browser sends several requests at once, and a
/// refresh token may be good for one use.
const SHARED_FOR: Duration = Duration::from_secs(30);
/// Refreshes that are remembered.
const MOST_SHARED: usize = 8192;

type Outcome = Result<Arc<Session>, Refused>;
/// By what tells a session, with the moment that they began.
type Refreshes = HashMap<[u8; 32], (Instant, Shared<BoxFuture<'static, Outcome>>)>;

/// The way to identity providers. Clones share it.
#[derive(Clone)]
pub struct Providers {
    egress: Egress,
    runtime: Handle,
    refreshes: Arc<Mutex<Refreshes>>,
}

impl Providers {
    /// Calls run on `runtime`.
    pub fn new(egress: Egress, runtime: Handle) -> Self {
        Self {
            egress,
            runtime,
            refreshes: Arc::default(),
        }
    }

    /// The session of a user who came back with a code.
    pub async fn log_in(&self, oidc: &Arc<Oidc>, returned: state::Returned) -> Outcome {
        let (this, oidc) = (self.clone(), Arc::clone(oidc));
        let login = self
            .runtime
            .spawn(async move { this.redeem(&oidc, returned).await.map(Arc::new) });
        login.await.unwrap_or_else(|_| Err(ended()))
    }

    async fn redeem(&self, oidc: &Oidc, returned: state::Returned) -> Result<Session, Refused> {
        let form = form(&[
            ("grant_type", "authorization_code"),
            ("code", &returned.code),
            ("redirect_uri", &redirect_uri(&returned.state.authority)),
        ]);
        let now = clock::unix_seconds();
        let tokens = self.tokens(oidc, form).await?;
        let Some(id_token) = &tokens.id_token else {
            return Err(Refused::Unauthorized("there is no ID token"));
        };
        let nonce = told_nonce(&returned.state.nonce);
        let expected = Expected {
            issuer: &oidc.told.issuer,
            client_id: &oidc.told.client_id,
            nonce: Some(&nonce),
            now,
        };
        let subject = token::subject(id_token, &expected)?;
        let claims = self.claims(oidc, &tokens.access_token, &subject).await?;
        Ok(Session {
            began: now,
            expires: tokens.expires(now),
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token.filter(|it| !it.is_empty()),
            subject,
            claims,
        })
    }

    /// The session after its access token has expired. `sealed` is what the browser sent.
    pub async fn refresh(&self, oidc: &Arc<Oidc>, session: Session, sealed: &str) -> Outcome {
        let mut name = [0; 32];
        name.copy_from_slice(digest(&SHA256, sealed.as_bytes()).as_ref());
        let shared = {
            let mut refreshes = self.refreshes.lock();
            let known = refreshes.get(&name);
            let known = known.filter(|(since, _)| since.elapsed() < SHARED_FOR);
            match known.map(|(_, it)| it.clone()) {
                Some(known) => known,
                None => {
                    let (this, oidc) = (self.clone(), Arc::clone(oidc));
                    // It comes to its end whoever still waits.
                    let refreshing = self
                        .runtime
                        .spawn(async move { this.renew(&oidc, session).await.map(Arc::new) });
                    let refreshing = refreshing.map(|it| it.unwrap_or_else(|_| Err(ended())));
                    let shared = refreshing.boxed().shared();
                    if refreshes.len() >= MOST_SHARED {
                        refreshes.retain(|_, (since, _)| since.elapsed() < SHARED_FOR);
                    }
                    if refreshes.len() < MOST_SHARED {
                        refreshes.insert(name, (Instant::now(), shared.clone()));
                    }
                    shared
                }
            }
        };
        shared.await
    }

    async fn renew(&self, oidc: &Oidc, session: Session) -> Result<Session, Refused> {
        let refresh_token = session.refresh_token.clone().unwrap_or_default();
        let form = form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh_token),
        ]);
        let now = clock::unix_seconds();
        let tokens = self.tokens(oidc, form).await?;
        if let Some(id_token) = &tokens.id_token {
            let expected = Expected {
                issuer: &oidc.told.issuer,
                client_id: &oidc.told.client_id,
                nonce: None,
                now,
            };
            if token::subject(id_token, &expected)? != session.subject {
                return Err(Refused::Unauthorized("the ID token is somebody else's"));
            }
        }
        let claims = self.claims(oidc, &tokens.access_token, &session.subject);
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

    async fn tokens(&self, oidc: &Oidc, form: String) -> Result<Tokens, Refused> {
        let request = Request::post(&oidc.token_endpoint)
            .header(
                AUTHORIZATION,
                basic(&oidc.told.client_id, &oidc.told.client_secret),
            )
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Bytes::from(form));
        Tokens::parse(&self.call(oidc, &oidc.token_endpoint, request).await?)
    }

    async fn claims(&self, oidc: &Oidc, access: &str, subject: &str) -> Result<String, Refused> {
        let request = Request::get(&oidc.user_info_endpoint)
            .header(AUTHORIZATION, format!("Bearer {access}"))
            .header(ACCEPT, "application/json")
            .body(Bytes::new());
        let body = self.call(oidc, &oidc.user_info_endpoint, request).await?;
        token::claims(&body, subject)
    }

    /// The body of an answer that is a success.
    async fn call(
        &self,
        oidc: &Oidc,
        endpoint: &Uri,
        request: http::Result<Request<Bytes>>,
    ) -> Result<Bytes, Refused> {
        let host = endpoint.host().unwrap_or_default();
        let request =
            request.map_err(|_| Refused::Failed("a request cannot be made".to_owned()))?;
        let turn = tokio::time::timeout(LIMITS.time, oidc.calls.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Refused::Failed(format!(
                "{host} has too many calls to answer"
            )));
        };
        let answer = self.egress.send(request, LIMITS).await;
        let answer = answer.map_err(|error| Refused::Failed(error.to_string()))?;
        if answer.status() == StatusCode::OK {
            return Ok(answer.into_body());
        }
        // RFC 6749 §5.2: a name of what is wrong. Nothing else of the answer is told on.
        let named = serde_json::from_slice::<Value>(answer.body()).ok();
        let named = named.as_ref().and_then(|it| it["error"].as_str());
        let named = state::told(named.unwrap_or_default());
        let status = answer.status().as_u16();
        Err(Refused::Provider(
            format!("{status} {named}").trim_end().to_owned(),
        ))
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn ended() -> Refused {
    Refused::Failed("the load balancer ends".to_owned())
}

/// RFC 6749 §2.3.1: both are encoded as forms are.
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", STANDARD.encode(both))
}
