//! Requests to a collector.

use std::{collections::BTreeMap, io::Write as _, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Method, Request, StatusCode, header};
use parking_lot::Mutex;
use serde::Deserialize;
use wharf_base::{Cidr, ids};
use wharf_egress::{Egress, Failure, Limits};

use super::Target;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    body: 64 << 10,
};
/// What containers of one account may have under way at once, of what all have together: names that nobody answers for, and collectors that
/// are silent, are others' loss in part only.
const OF_AN_ACCOUNT: Share = Share {
    requests: 64,
    lookups: 8,
};
/// And of that one container, which sends one request after another.
const OF_A_CONTAINER: Share = Share {
    requests: 2,
    lookups: 1,
};

struct Share {
    requests: usize,
    lookups: usize,
}

impl Share {
    fn of(&self, whole: &Egress) -> Egress {
        whole.part(self.requests, self.lookups)
    }
}

/// The way to the collectors of a machine's tasks.
#[derive(Debug, Clone)]
pub struct Collectors(Arc<Ways>);

#[derive(Debug)]
struct Ways {
    all: Way,
    /// Those of accounts that have had collectors here.
    accounts: Mutex<BTreeMap<String, Way>>,
}

#[derive(Debug)]
struct Way {
    verified: Egress,
    /// For definitions that say so.
    unverified: Egress,
}

impl Collectors {
    /// Those on the public internet, and in ranges that the operator `allowed`.
    pub fn new(allowed: &[Cidr]) -> Self {
        let all = Way {
            verified: Egress::to(allowed.to_vec()),
            unverified: Egress::unverified(allowed.to_vec()),
        };
        Self(Arc::new(Ways {
            all,
            accounts: Mutex::default(),
        }))
    }

    /// That of a container of an account.
    pub fn at(&self, account: &str, target: Target) -> HttpCollector {
        let Ways { all, accounts } = &*self.0;
        let mut accounts = accounts.lock();
        let own = || Way {
            verified: OF_AN_ACCOUNT.of(&all.verified),
            unverified: OF_AN_ACCOUNT.of(&all.unverified),
        };
        let way = accounts.entry(account.to_owned()).or_insert_with(own);
        let way = match target.any_certificate {
            true => &way.unverified,
            false => &way.verified,
        };
        HttpCollector {
            egress: OF_A_CONTAINER.of(way),
            channel: ids::uuid(),
            target,
        }
    }
}

/// Why events were not taken. Says nothing of what was sent, nor of what a collector said of it.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("{words}")]
    NoAnswer { words: String, passes: bool },
    #[error("the collector answered {status}, code {code}")]
    Refused { status: StatusCode, code: i64 },
}

impl NotTaken {
    /// Whether the same events may be taken later.
    pub fn passes(&self) -> bool {
        match self {
            Self::NoAnswer { passes, .. } => *passes,
            // Events that are no events, and what is too large; all else somebody may put right.
            Self::Refused { status, code } => {
                *status != StatusCode::PAYLOAD_TOO_LARGE
                    && !(*status == StatusCode::BAD_REQUEST && matches!(code, 5 | 6 | 12..=15))
            }
        }
    }
}

/// Why a collector is not there, as those who run the task are told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    #[error("{0}")]
    NoAnswer(String),
    #[error("splunk: failed to verify connection - {0}")]
    Refused(StatusCode),
}

/// What this machine's log says of a failure: where the operator has to look, but no host that is a secret.
fn for_operators(failure: &Failure, is_secret: bool) -> String {
    match failure {
        Failure::NotAllowed { host, address, .. } if !is_secret => format!(
            "{host} is at {address}, which `wharf node --allow-egress {address}`, or `wharf up --node-allow-egress {address}`, would allow"
        ),
        other => for_tenants(other, is_secret),
    }
}

/// What those who run the task are told: not where a name leads in the operator's network, nor a host that is a secret.
fn for_tenants(failure: &Failure, is_secret: bool) -> String {
    const COLLECTOR: &str = "the collector";
    match failure {
        Failure::NotAllowed { host, .. } => {
            let host = if is_secret { COLLECTOR } else { host };
            format!("{host} is not allowed")
        }
        Failure::Address { .. } if is_secret => {
            format!("the address of {COLLECTOR} is no http or https address")
        }
        Failure::Unresolved { .. } if is_secret => format!("{COLLECTOR} does not resolve"),
        // A certificate for another name says for which.
        Failure::Unreachable { .. } if is_secret => format!("cannot connect to {COLLECTOR}"),
        other => other.to_string(),
    }
}

/// Takes the bodies of requests. Tests put a recording one in the place of [`HttpCollector`].
#[async_trait]
pub trait Collector: Send + Sync {
    async fn take(&self, body: &[u8]) -> Result<(), NotTaken>;
}

pub struct HttpCollector {
    egress: Egress,
    channel: String,
    target: Target,
}

/// What a collector says beside the status.
#[derive(Deserialize)]
struct Answer {
    code: i64,
}

impl HttpCollector {
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Asks whether the collector is there, without the token.
    ///
    /// # Errors
    /// In Docker's words, without those of whatever answered: that may be anybody in the operator's network.
    pub async fn verify(&self) -> Result<(), NotVerified> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::OPTIONS;
        *request.uri_mut() = self.target.url.clone();
        let answer = self.egress.send(request, LIMITS).await;
        let is_secret = self.target.is_secret;
        let answer = answer.map_err(|failure| {
            let reason = for_operators(&failure, is_secret);
            tracing::info!(reason, "a collector of logs is not there");
            NotVerified::NoAnswer(for_tenants(&failure, is_secret))
        })?;
        match answer.status() {
            StatusCode::OK => Ok(()),
            other => Err(NotVerified::Refused(other)),
        }
    }

    fn request(&self, body: &[u8]) -> Request<Bytes> {
        let compressed = self.target.gzip.and_then(|level| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
            encoder.write_all(body).ok()?;
            encoder.finish().ok()
        });
        let is_compressed = compressed.is_some();
        let body = compressed.unwrap_or_else(|| body.to_vec());
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.url.clone();
        let heads = request.headers_mut();
        heads.insert(header::AUTHORIZATION, self.target.authorization.clone());
        let json = header::HeaderValue::from_static("application/json");
        heads.insert(header::CONTENT_TYPE, json);
        if is_compressed {
            let gzip = header::HeaderValue::from_static("gzip");
            heads.insert(header::CONTENT_ENCODING, gzip);
        }
        if self.target.acknowledgment
            && let Ok(channel) = header::HeaderValue::from_str(&self.channel)
        {
            heads.insert("x-splunk-request-channel", channel);
        }
        request
    }
}

#[async_trait]
impl Collector for HttpCollector {
    async fn take(&self, body: &[u8]) -> Result<(), NotTaken> {
        let answer = self.egress.send(self.request(body), LIMITS).await;
        let answer = answer.map_err(|failure| NotTaken::NoAnswer {
            words: for_operators(&failure, self.target.is_secret),
            passes: failure.passes(),
        })?;
        if answer.status() == StatusCode::OK {
            return Ok(());
        }
        let said: Option<Answer> = serde_json::from_slice(answer.body()).ok();
        Err(NotTaken::Refused {
            status: answer.status(),
            code: said.map_or(-1, |it| it.code),
        })
    }
}

#[cfg(test)]
mod tests;
