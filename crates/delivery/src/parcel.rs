//! One delivery, and when it is tried again. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wharf_base::{Timestamp, backoff::doubled, ids::uuid_of};
use wharf_records::{Record, Unknown};
use wharf_wire::Fault;

/// The first wait after a failure; doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait: 185 tries then fill the day that AWS tries for.
const LAST_WAIT: Duration = Duration::from_secs(600);

/// How long something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Tries after the first.
    pub retries: u32,
    pub max_age_seconds: u32,
}

impl Policy {
    /// AWS's own: 185 times within a day.
    pub const DEFAULT: Self = Self {
        retries: 185,
        max_age_seconds: 86_400,
    };
}

/// Something that is to be delivered, with how often that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parcel<W> {
    pub work: W,
    pub policy: Policy,
    pub created_at: Timestamp,
    /// Not tried before.
    pub due_at: Timestamp,
    /// Tries that failed.
    #[serde(default)]
    pub failures: u32,
    /// Nobody tries it again; its dead letter is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl<W: Serialize + DeserializeOwned> Record for Parcel<W> {
    const KIND: &'static str = "delivery";
    const FORMAT: u32 = 1;
}

/// Why a try failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{code}: {text}")]
pub struct Failure {
    pub code: String,
    pub text: String,
    /// Whether the same may succeed later.
    pub passes: bool,
    /// When, where something else than the outbox's own waits says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
    /// Nothing was tried yet.
    #[serde(default)]
    pub put_off: bool,
}

impl Failure {
    /// The same would fail for ever.
    pub fn lasting(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            text: text.into(),
            passes: false,
            wait: None,
            put_off: false,
        }
    }

    /// The same may succeed later.
    pub fn passing(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            passes: true,
            ..Self::lasting(code, text)
        }
    }

    /// It is not tried before this long, for a rate that is to be held.
    pub fn put_off(wait: Duration) -> Self {
        let text = "it is sent at the rate that was asked for";
        Self {
            put_off: true,
            ..Self::passing("Throttled", text).after(wait)
        }
    }

    /// Whether the target said that it is asked too often.
    pub fn is_throttled(&self) -> bool {
        is_throttled(&self.code)
    }

    /// To be tried again after this long.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self {
            wait: Some(wait),
            ..self
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self {
            passes: fault.status >= 500 || is_throttled(&fault.code) || is_full(&fault.code),
            ..Self::lasting(fault.code, fault.message)
        }
    }
}

fn is_throttled(code: &str) -> bool {
    let codes = ["Throttl", "RequestLimitExceeded", "TooManyRequests"];
    codes.iter().any(|it| code.contains(it))
}

/// Whether a service may have said so because an account has used up its share of the store, in which room comes back. The codes are
/// those of quotas too, which somebody may raise or make room in.
fn is_full(code: &str) -> bool {
    matches!(code, "LimitExceededException" | "ResourceLimitExceeded")
}

/// Why nobody will try a parcel again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    pub failure: Failure,
    /// Tries after the first.
    pub retries: u32,
    /// `MaximumRetryAttempts` or `MaximumEventAgeInSeconds`; `None` for what would fail for ever.
    pub exhausted: Option<String>,
}

/// Stripes of a lane without order.
const STRIPES: usize = 4;

/// Parcels that go together: to the same place in the same name, so that one call can carry several and
/// the trouble of one place is not that of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    name: String,
    ordered: bool,
}

impl Lane {
    /// Those of which these words are the same.
    pub fn of(words: &[&str]) -> Self {
        Self {
            name: uuid_of(words.join("\n").as_bytes()),
            ordered: false,
        }
    }

    /// Each waits until the one before it was delivered or given up; they go in the order of their ids.
    pub fn ordered(words: &[&str]) -> Self {
        Self {
            ordered: true,
            ..Self::of(words)
        }
    }

    /// Whether one waits for the other.
    pub fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// Under which id a parcel is kept: those that are due first come first, in one of several stripes that are
    /// worked on side by side.
    pub(crate) fn place(&self, id: &str, due: Timestamp) -> String {
        let name = &self.name;
        match self.ordered {
            true => format!("{name}/{id}"),
            false => {
                let stripe = id.bytes().map(usize::from).sum::<usize>() % STRIPES;
                format!("{name}.{stripe}/{:012x}/{id}", due.millis().max(0))
            }
        }
    }

    /// The id of a parcel that is due at another time. Those of versions before had no lane in it.
    pub(crate) fn moved(&self, id: &str, due: Timestamp) -> String {
        let split = id.split_once('/');
        let Some((_, own)) = split.filter(|(lane, _)| lane.starts_with(&self.name)) else {
            return self.place(id, due);
        };
        let behind_due = own.split_once('/').map_or(own, |(_, id)| id);
        self.place(if self.ordered { own } else { behind_due }, due)
    }
}

impl<W> Parcel<W> {
    pub fn new(work: W, policy: Policy, now: Timestamp) -> Self {
        Self {
            work,
            policy,
            created_at: now,
            due_at: now,
            failures: 0,
            given_up: None,
            unknown: Unknown::new(),
        }
    }

    /// Nobody tries it again: from now on its dead letter is tried for a day.
    #[must_use]
    pub fn dead(self, why: GivenUp, now: Timestamp) -> Self {
        Self {
            policy: Policy::DEFAULT,
            created_at: now,
            due_at: now,
            failures: 0,
            given_up: Some(why),
            ..self
        }
    }

    /// When it is too old to be tried.
    pub fn last(&self) -> Timestamp {
        self.created_at + Duration::from_secs(self.policy.max_age_seconds.into())
    }

    /// The parcel after a try that failed: to be tried again, or given up. `jitter` is at random
    /// between 0 and 1, so that those that failed together do not come back together.
    ///
    /// # Errors
    /// It is given up.
    pub fn failed(
        mut self,
        failure: Failure,
        now: Timestamp,
        jitter: f64,
    ) -> Result<Self, GivenUp> {
        let retries = self.failures;
        let tried = u32::from(!failure.put_off);
        self.failures = self.failures.saturating_add(tried);
        let wait = doubled(FIRST_WAIT, LAST_WAIT, self.failures);
        let wait = wait.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        self.due_at = now + failure.wait.unwrap_or(wait);
        let last = self.last();
        let exhausted = if !failure.passes {
            None
        } else if self.failures > self.policy.retries {
            Some("MaximumRetryAttempts".to_owned())
        } else if self.due_at > last {
            Some("MaximumEventAgeInSeconds".to_owned())
        } else {
            return Ok(self);
        };
        Err(GivenUp {
            failure,
            retries,
            exhausted,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failure(passes: bool) -> Failure {
        Failure {
            passes,
            ..Failure::lasting("InternalFailure", "no")
        }
    }

    #[test]
    fn what_is_put_off_is_no_try() {
        let policy = Policy {
            retries: 1,
            max_age_seconds: 60,
        };
        let second = Duration::from_secs(1);
        let parcel = Parcel::new((), policy, Timestamp(0));
        let parcel = parcel.failed(Failure::put_off(second), Timestamp(0), 0.5);
        let parcel = parcel.unwrap();
        assert_eq!((parcel.failures, parcel.due_at), (0, Timestamp(0) + second));
        let parcel = parcel.failed(failure(true).after(second), Timestamp(0), 0.5);
        let parcel = parcel.unwrap();
        assert_eq!((parcel.failures, parcel.due_at), (1, Timestamp(0) + second));
        let minute = Timestamp(0) + second * 60;
        let late = parcel.failed(Failure::put_off(second), minute, 0.5);
        let exhausted = late.unwrap_err().exhausted;
        assert_eq!(exhausted.as_deref(), Some("MaximumEventAgeInSeconds"));
    }

    #[test]
    fn what_cannot_pass_is_given_up_at_once() {
        let parcel = Parcel::new((), Policy::DEFAULT, Timestamp(0));
        let given_up = parcel
            .failed(failure(false), Timestamp(5), 0.5)
            .unwrap_err();
        assert_eq!((given_up.retries, given_up.exhausted), (0, None));
    }

    #[test]
    fn lanes_keep_what_is_due_first_in_front() {
        let lane = Lane::of(&["rule", "queue"]);
        assert_eq!(lane, Lane::of(&["rule", "queue"]));
        assert_ne!(lane, Lane::of(&["rule", "other"]));
        let (early, late) = (Timestamp(9), Timestamp(1_700_000_000_000));
        let id = lane.place("b/c", early);
        // Of one stripe.
        assert!(id < lane.place("b/c", late));
        assert_ne!(lane.place("a", late), lane.place("b", late));
        assert_eq!(lane.moved(&id, late), lane.place("b/c", late));
        // An id of before.
        assert_eq!(lane.moved("b/c", late), lane.place("b/c", late));
        let ordered = Lane::ordered(&["topic", "group"]);
        let id = ordered.place("0001/x", early);
        assert_eq!(ordered.moved(&id, late), id);
        assert!(ordered.place("0002", early) > id);
    }

    #[test]
    fn faults_that_pass() {
        for (fault, passes) in [
            (
                Fault::sender("ThrottlingException", 400, "Rate exceeded"),
                true,
            ),
            (
                Fault::sender("RequestLimitExceeded", 400, "Rate exceeded"),
                true,
            ),
            (Fault::sender("InternalFailure", 500, "no"), true),
            (Fault::sender("LimitExceededException", 400, "no"), true),
            (Fault::sender("ResourceLimitExceeded", 400, "no"), true),
            (Fault::sender("AccessDeniedException", 400, "no"), false),
            (Fault::sender("QueueDoesNotExist", 400, "no"), false),
        ] {
            assert_eq!(Failure::from(fault.clone()).passes, passes, "{fault:?}");
        }
    }

    proptest! {
        #[test]
        fn a_policy_is_held(retries in 0u32..200, max_age_seconds in 60u32..=86_400, jitter in 0.0f64..1.0) {
            let policy = Policy { retries, max_age_seconds };
            let mut parcel = Parcel::new((), policy, Timestamp(0));
            let (mut now, mut tries) = (Timestamp(0), 0);
            let given_up = loop {
                tries += 1;
                match parcel.failed(failure(true), now, jitter) {
                    Ok(again) => {
                        prop_assert!(again.due_at > now);
                        now = again.due_at;
                        parcel = again;
                    }
                    Err(given_up) => break given_up,
                }
            };
            prop_assert_eq!(given_up.retries, tries - 1);
            prop_assert!(tries <= retries + 1);
            prop_assert!(now <= Timestamp(0) + Duration::from_secs(max_age_seconds.into()));
            if given_up.exhausted.as_deref() == Some("MaximumRetryAttempts") {
                prop_assert_eq!(tries, retries + 1);
            }
        }
    }
}
