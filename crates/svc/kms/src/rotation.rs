//! When keys are rotated. Pure.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    fault,
    ops::create::EXTERNAL,
    records::{Cause, Key, Rotated, Schedule},
    spec::Spec,
};

const DAY: u64 = 24 * 3600;
/// A year, as AWS takes it where nothing is said.
pub const DEFAULT_PERIOD: u32 = 365;
/// Rotations on demand over the life of a key.
const MOST_ON_DEMAND: usize = 25;

pub fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * DAY)
}

/// The schedule of a key that is rotated by itself from now on.
pub fn schedule(period_days: u32, now: Timestamp) -> Schedule {
    Schedule {
        period_days,
        next_at: now + days(period_days),
    }
}

/// Operations that keys with imported material have, too.
const ALSO_IMPORTED: [&str; 3] = [
    "GetKeyRotationStatus",
    "ListKeyRotations",
    "RotateKeyOnDemand",
];

/// Only symmetric encryption keys have material that can follow another; by itself, only what they made themselves.
///
/// # Errors
/// The key is of another type.
pub fn supported(key: &Key, arn: &str, operation: &str) -> Result<(), Fault> {
    match key.spec {
        Spec::Symmetric if key.external.is_none() => Ok(()),
        Spec::Symmetric if ALSO_IMPORTED.contains(&operation) => Ok(()),
        Spec::Symmetric => Err(fault::wrong_origin(arn, EXTERNAL)),
        _ => Err(fault::not_for(arn, operation)),
    }
}

/// Whether a key may be rotated on demand once more.
///
/// # Errors
/// AWS's limit.
pub fn on_demand(materials: &[Rotated], arn: &str) -> Result<(), Fault> {
    let all = materials.iter();
    let before = all.filter(|it| it.by == Some(Cause::OnDemand)).count();
    match before < MOST_ON_DEMAND {
        true => Ok(()),
        false => Err(fault::limit(format!(
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand \
             rotations can be performed for this key: {arn}"
        ))),
    }
}

/// When a key is next rotated by itself: not while it cannot be used.
pub fn next(key: &Key, schedule: Option<Schedule>) -> Option<Timestamp> {
    let usable = key.enabled && key.deletion.is_none();
    schedule.filter(|_| usable).map(|it| it.next_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Deletion, tests::key};

    #[test]
    fn a_key_that_cannot_be_used_waits() {
        let mut key = key();
        assert_eq!(next(&key, None), None);
        let it = Some(schedule(90, Timestamp(0)));
        assert_eq!(next(&key, it), Some(Timestamp(0) + days(90)));
        key.enabled = false;
        assert_eq!(next(&key, it), None);
        key.enabled = true;
        key.deletion = Some(Deletion {
            asked_at: Timestamp(0),
            due_at: Some(Timestamp(1)),
            days: 7,
        });
        assert_eq!(next(&key, it), None);
    }

    #[test]
    fn demand_is_bounded_and_the_calendar_is_not() {
        let mut key = key();
        let add = |by| Rotated {
            id: "0".repeat(64),
            at: Timestamp(0),
            by: Some(by),
        };
        for _ in 0..MOST_ON_DEMAND {
            key.materials.push(add(Cause::Automatic));
            assert!(on_demand(&key.materials, "arn").is_ok());
            key.materials.push(add(Cause::OnDemand));
        }
        let refused = on_demand(&key.materials, "arn").unwrap_err();
        assert_eq!(refused.code, "LimitExceededException");
        assert!(refused.message.ends_with("for this key: arn"));
        key.external = Some(Default::default());
        for operation in ALSO_IMPORTED {
            assert!(supported(&key, "arn", operation).is_ok());
        }
        let refused = supported(&key, "arn", "EnableKeyRotation").unwrap_err();
        assert!(refused.message.contains("EXTERNAL"), "{refused:?}");
        key.spec = Spec::Hmac256;
        let refused = supported(&key, "arn", "EnableKeyRotation").unwrap_err();
        assert_eq!(refused.code, "UnsupportedOperationException");
    }
}
