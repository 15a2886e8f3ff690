//! Credentials of an instance's role, asked of the control plane when somebody wants them, and kept in memory alone, for
//! as long as the instance has the profile that they were asked for with.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::timeout;
use wharf_base::{Clock, Timestamp};

use crate::{
    client::{Api, CallError},
    instances::Known,
};

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
    #[error("the control plane does not answer: {0}")]
    Unanswered(String),
}

/// ARN and id of an instance profile.
type Profile = (String, String);
type Place = Arc<tokio::sync::Mutex<Option<(Profile, RoleSession)>>>;

/// Of all instances of this machine.
pub struct Credentials {
    api: Api,
    clock: Arc<dyn Clock>,
    known: Known,
    places: Mutex<BTreeMap<String, Place>>,
}

impl Credentials {
    pub fn new(api: Api, clock: Arc<dyn Clock>, known: Known) -> Self {
        Self {
            api,
            clock,
            known,
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
        let profile = self.known.get(instance);
        let Some(profile) = profile.and_then(|it| it.metadata.profile.clone()) else {
            *held = None;
            return Err(NoSession::NoRole);
        };
        let kept = kept(&mut held, &profile);
        if let Some(session) = kept.filter(|it| left(it, now) > RENEW_BEFORE_END) {
            return Ok(session.clone());
        }
        match self.ask(instance, now).await {
            Ok(session) => Ok(held.insert((profile, session)).1.clone()),
            // They are good a while longer.
            Err(NoSession::Unanswered(why)) => match kept {
                Some(session) if left(session, now) > Duration::ZERO => Ok(session.clone()),
                _ => Err(NoSession::Unanswered(why)),
            },
            Err(none) => {
                *held = None;
                Err(none)
            }
        }
    }

    async fn ask(&self, instance: &str, now: Timestamp) -> Result<RoleSession, NoSession> {
        let path = format!("/wharf/node/instances/{instance}/credentials");
        let asked = timeout(PATIENCE, self.api.post_to("AssumeInstanceRole", &path, "")).await;
        let body = match asked {
            Ok(Ok(body)) => body,
            Ok(Err(CallError::Fault { status: 404, .. })) => return Err(NoSession::NoRole),
            Ok(Err(error)) if is_no(&error) => return Err(NoSession::Refused(error.to_string())),
            Ok(Err(error)) => return Err(NoSession::Unanswered(error.to_string())),
            Err(_) => return Err(NoSession::Unanswered("it took too long".to_owned())),
        };
        let session = serde_json::from_slice::<RoleSession>(&body);
        let session = session.map_err(|e| NoSession::Unanswered(e.to_string()))?;
        Ok(RoleSession { at: now, ..session })
    }
}

/// The session that is held, if it is of that profile; another's is dropped.
fn kept<'a>(
    held: &'a mut Option<(Profile, RoleSession)>,
    profile: &Profile,
) -> Option<&'a RoleSession> {
    held.take_if(|(of, _)| of != profile);
    held.as_ref().map(|(_, session)| session)
}

/// Keys of the node that are being renewed are no word on the instance's role.
fn is_no(error: &CallError) -> bool {
    matches!(error, CallError::Fault { status: 403, .. }) && !error.is_transient()
}

fn left(session: &RoleSession, now: Timestamp) -> Duration {
    session.expires_at.since(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_goes_with_the_profile_that_it_was_asked_for_with() {
        let profile = |id: &str| ("arn".to_owned(), id.to_owned());
        let session = RoleSession {
            access_key_id: "A".to_owned(),
            secret_access_key: String::new(),
            session_token: String::new(),
            expires_at: Timestamp(0),
            role_arn: "arn:aws:iam::000000000000:role/one".to_owned(),
            at: Timestamp(0),
        };
        let mut held = Some((profile("AIPA1"), session));
        let found = kept(&mut held, &profile("AIPA1"));
        assert_eq!(found.map(RoleSession::role), Some("one"));
        // One of the same name that was made anew is another.
        assert!(kept(&mut held, &profile("AIPA2")).is_none());
        assert!(held.is_none());
    }
}
