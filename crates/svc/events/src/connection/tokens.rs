//! Tokens of OAuth, kept in memory until they end or a server refuses them.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use serde::Deserialize;
use wharf_base::Timestamp;
use wharf_delivery::Failure;
use wharf_egress::{Egress, Limits};

use super::{ask, parameters::OAuth};
use crate::invoke::unanswered;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(5),
    body: 64 << 10,
};
/// Of a token that does not say how long it lives.
const LIFE: u64 = 300;
/// A token that ends within this time is not used.
const MARGIN: Duration = Duration::from_secs(10);
/// Connections whose tokens are kept; beyond that all are asked for anew.
const MOST: usize = 10_000;
/// Bytes of a token.
const LONGEST: usize = 16 << 10;

/// By the connection and when it changed.
type Of = (String, Timestamp);

#[derive(Default)]
pub struct Tokens {
    known: Mutex<HashMap<Of, (String, Timestamp)>>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Tokens {
    /// A token of a connection that stands as it was at a time.
    pub async fn get(
        &self,
        of: &Of,
        it: &OAuth,
        egress: &Egress,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let known = self.known.lock().get(of).cloned();
        if let Some((token, _)) = known.filter(|(_, ends_at)| now + MARGIN < *ends_at) {
            return Ok(token);
        }
        let failed = |text: String| Failure::passing("AuthorizationFailure", text);
        let request = ask::token_request(it);
        let request =
            request.map_err(|it| Failure::lasting("InvalidConnection", it.to_string()))?;
        let answer = egress.send_in_turn(request, LIMITS).await;
        let answer = answer.map_err(|failure| unanswered("AuthorizationFailure", &failure))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(failed(format!(
                "the authorization endpoint answered {status}"
            )));
        }
        // What it says may be a secret, so no text quotes it.
        let read = serde_json::from_slice::<Answer>(answer.body()).ok();
        let read = read.filter(|it| (1..=LONGEST).contains(&it.access_token.len()));
        let read = read.ok_or_else(|| {
            failed("the authorization endpoint answered without a token".to_owned())
        })?;
        let life = Duration::from_secs(read.expires_in.unwrap_or(LIFE).min(86_400));
        let mut known = self.known.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(of.clone(), (read.access_token.clone(), now + life));
        Ok(read.access_token)
    }

    /// A server refused the token.
    pub fn forget(&self, of: &Of) {
        self.known.lock().remove(of);
    }
}
