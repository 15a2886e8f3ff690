//! Credentials of an instance's role, asked of the control plane when somebody wants them, and kept in memory alone.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::timeout;
use wharf_base::{Clock, Timestamp};

use crate::client::{Api, CallError};

/// SDKs ask for others when theirs have some minutes left; by then there are others.
const RENEW_BEFORE_END: Duration = Duration::from_secs(20 * 60);
/// SDKs wait a second or two, and ask again.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleSession {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expires_at: Timestamp,
    pub role_arn: String,
    /// When it was given out.
    #[serde(skip)]
    pub at: Timestamp,
}

impl RoleSession {
    /// The role's name, as paths have it.
    pub fn role(&self) -> &str {
        self.role_arn.rsplit('/').next().unwrap_or_default()
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum NoSession {
    #[error("the instance has no role")]
    NoRole,
    #[error("the control plane gives out none: {0}")]
    Refused(String),
}

type Place = Arc<tokio::sync::Mutex<Option<RoleSession>>>;

/// Of all instances of this machine.
pub struct Credentials {
    api: Api,
    clock: Arc<dyn Clock>,
    places: Mutex<BTreeMap<String, Place>>,
}

impl Credentials {
    pub fn new(api: Api, clock: Arc<dyn Clock>) -> Self {
        Self {
            api,
            clock,
            places: Mutex::default(),
        }
    }

    /// The instance is not here any more.
    pub fn forget(&self, instance: &str) {
        self.places.lock().remove(instance);
    }

    /// Those that are good now. One asks at a time for an instance; others wait for the same answer.
    ///
    /// # Errors
    /// There are none.
    pub async fn of(&self, instance: &str) -> Result<RoleSession, NoSession> {
        let place = self
            .places
            .lock()
            .entry(instance.to_owned())
            .or_default()
            .clone();
        let mut held = place.lock().await;
        let now = self.clock.now();
        if let Some(session) = held.as_ref().filter(|it| left(it, now) > RENEW_BEFORE_END) {
            return Ok(session.clone());
        }
        match self.ask(instance, now).await {
            Ok(session) => Ok(held.insert(session).clone()),
            Err(NoSession::NoRole) => {
                *held = None;
                Err(NoSession::NoRole)
            }
            // They are good a while longer.
            Err(refused) => match held.as_ref().filter(|it| left(it, now) > Duration::ZERO) {
                Some(session) => Ok(session.clone()),
                None => Err(refused),
            },
        }
    }

    async fn ask(&self, instance: &str, now: Timestamp) -> Result<RoleSession, NoSession> {
        let path = format!("/wharf/node/instances/{instance}/credentials");
        let asked = timeout(PATIENCE, self.api.post_to("AssumeInstanceRole", &path, "")).await;
        let body = match asked {
            Ok(Ok(body)) => body,
            Ok(Err(CallError::Fault { status: 404, .. })) => return Err(NoSession::NoRole),
            Ok(Err(error)) => return Err(NoSession::Refused(error.to_string())),
            Err(_) => return Err(NoSession::Refused("it did not answer".to_owned())),
        };
        let session = serde_json::from_slice::<RoleSession>(&body);
        let session = session.map_err(|e| NoSession::Refused(e.to_string()))?;
        Ok(RoleSession { at: now, ..session })
    }
}

fn left(session: &RoleSession, now: Timestamp) -> Duration {
    session.expires_at.since(now)
}
