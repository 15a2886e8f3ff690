//! Tokens of pods' service accounts: asked of the API, kept while they are young, and used on while they hold and no newer ones are to
//! be had.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use wharf_base::Timestamp;
use wharf_kube_client::{Client, Error, Object as _, kind};

use crate::{
    pod::{Pod, TokenSource},
    volume_files::Tokens,
};

/// As upstream: those of no stated length.
const DEFAULT_SECONDS: u64 = 3600;
/// A token is renewed after four fifths of its life, and after a day.
const LONGEST_USE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whatever its end is said to be.
const SHORTEST_USE: Duration = Duration::from_secs(60);

/// The tokens of one pod, by what was asked for.
#[derive(Default)]
pub struct PodTokens(BTreeMap<TokenSource, Token>);

struct Token {
    token: String,
    renew_at: Timestamp,
    expires: Option<Timestamp>,
}

impl PodTokens {
    /// Has a good token for each projection that wants one; when the first of them is to be renewed. One that cannot be renewed yet
    /// is asked for again after `again`.
    ///
    /// # Errors
    /// One is missing or has expired, and there is none to be had.
    pub async fn renew(
        &mut self,
        client: &Client,
        pod: &Pod,
        now: Timestamp,
        again: Duration,
    ) -> Result<Option<Timestamp>, Error> {
        let sources = pod
            .spec
            .volumes
            .iter()
            .filter_map(|it| it.projected.as_ref());
        let wanted = sources.flat_map(|it| &it.sources);
        for of in wanted.filter_map(|it| it.service_account_token.as_ref()) {
            if self.0.get(of).is_some_and(|it| it.renew_at > now) {
                continue;
            }
            match (request(client, pod, of, now).await, self.0.get_mut(of)) {
                (Ok(token), _) => {
                    self.0.insert(of.clone(), token);
                }
                (Err(error), Some(kept)) if kept.expires.is_none_or(|it| it > now) => {
                    tracing::warn!(
                        pod = pod.full_name(),
                        path = of.path,
                        error = %error,
                        "failed to renew a token that still holds; will retry"
                    );
                    kept.renew_at = now + again;
                }
                (Err(error), _) => return Err(error),
            }
        }
        Ok(self.0.values().map(|it| it.renew_at).min())
    }
}

impl Tokens for PodTokens {
    fn token(&self, of: &TokenSource) -> Option<String> {
        self.0.get(of).map(|it| it.token.clone())
    }
}

async fn request(
    client: &Client,
    pod: &Pod,
    of: &TokenSource,
    now: Timestamp,
) -> Result<Token, Error> {
    let account = pod.spec.service_account_name.as_deref();
    let account = account.filter(|it| !it.is_empty()).unwrap_or("default");
    let audiences: Vec<&str> = Some(of.audience.as_str())
        .filter(|it| !it.is_empty())
        .into_iter()
        .collect();
    let asked = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {
            "audiences": audiences, "expirationSeconds": of.expiration_seconds.unwrap_or(DEFAULT_SECONDS),
            "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": pod.metadata.name, "uid": pod.metadata.uid},
        },
    });
    let namespace = &pod.metadata.namespace;
    let answer = client
        .create_at(&kind::SERVICE_ACCOUNT, namespace, account, "token", &asked)
        .await?;
    let expires = Timestamp::parse_iso8601(answer.text("/status/expirationTimestamp"));
    let life = expires.map_or(LONGEST_USE, |it| it.since(now));
    Ok(Token {
        token: answer.text("/status/token").to_owned(),
        renew_at: now + (life / 5 * 4).clamp(SHORTEST_USE, LONGEST_USE),
        expires,
    })
}
