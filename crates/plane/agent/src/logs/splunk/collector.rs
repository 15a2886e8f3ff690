//! Requests to a collector.

use std::{io::Write as _, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Method, Request, StatusCode, header};
use serde::Deserialize;
use wharf_base::{Cidr, ids};
use wharf_egress::{Egress, Failure, Limits};

use super::Target;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    body: 64 << 10,
};
/// How much of an answer is shown, in characters.
const MAX_SHOWN: usize = 200;

/// The way to the collectors of a machine's tasks.
#[derive(Debug, Clone)]
pub struct Collectors(Arc<Ways>);

#[derive(Debug)]
struct Ways {
    verified: Egress,
    /// For definitions that say so.
    unverified: Egress,
}

impl Collectors {
    /// Those on the public internet, and in ranges that the operator `allowed`.
    pub fn new(allowed: &[Cidr]) -> Self {
        Self(Arc::new(Ways {
            verified: Egress::to(allowed.to_vec()),
            unverified: Egress::unverified(allowed.to_vec()),
        }))
    }

    pub fn at(&self, target: Target) -> HttpCollector {
        let egress = match target.any_certificate {
            true => &self.0.unverified,
            false => &self.0.verified,
        };
        HttpCollector {
            egress: egress.clone(),
            channel: ids::uuid(),
            target,
        }
    }
}

/// Why events were not taken. Says nothing of what was sent, nor of what a collector said of it.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("{0}")]
    NoAnswer(#[from] Failure),
    #[error("the collector answered {status}, code {code}")]
    Refused { status: StatusCode, code: i64 },
}

impl NotTaken {
    /// Whether the same events may be taken later.
    pub fn passes(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            // Events that are no events, and what is too large; all else somebody may put right.
            Self::Refused { status, code } => {
                *status != StatusCode::PAYLOAD_TOO_LARGE
                    && !(*status == StatusCode::BAD_REQUEST && matches!(code, 5 | 6 | 12..=15))
            }
        }
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
    /// In Docker's words.
    pub async fn verify(&self) -> Result<(), String> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::OPTIONS;
        *request.uri_mut() = self.target.url.clone();
        let answer = self.egress.send(request, LIMITS).await;
        let answer = answer.map_err(|failure| failure.to_string())?;
        if answer.status() == StatusCode::OK {
            return Ok(());
        }
        let said = String::from_utf8_lossy(answer.body());
        let said = said.chars().filter(|c| !c.is_control());
        let said: String = said.take(MAX_SHOWN).collect();
        Err(format!(
            "splunk: failed to verify connection - {} - {said}",
            answer.status()
        ))
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
        let answer = self.egress.send(self.request(body), LIMITS).await?;
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
