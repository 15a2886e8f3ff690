//! Scheduled actions whose time has come: what they make of a group. Pure.

use wharf_base::Timestamp;

use crate::{
    plan::words_at,
    records::{Group, Scheduled},
};

/// Sizes that do not go together, as others have changed the group since.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Max bound, {max}, must be greater than or equal to min bound, {min}")]
pub struct Reversed {
    min: u32,
    max: u32,
}

/// Sets what the action gives; a desired capacity that is not given follows the bounds.
///
/// # Errors
/// The maximum would be below the minimum; the group is as it was.
pub fn carry_out(group: &mut Group, action: &Scheduled, now: Timestamp) -> Result<(), Reversed> {
    let (min, max) = (
        action.min.unwrap_or(group.min),
        action.max.unwrap_or(group.max),
    );
    if min > max {
        return Err(Reversed { min, max });
    }
    let desired = action.desired.unwrap_or(group.desired).clamp(min, max);
    let mut said = format!("the scheduled action {} executed.", action.name);
    for (what, from, to) in [
        ("min size", group.min, min),
        ("max size", group.max, max),
        ("desired capacity", group.desired, desired),
    ] {
        if from != to {
            said += &format!(" Setting {what} from {from} to {to}.");
        }
    }
    if desired != group.desired {
        group.cause = Some(words_at(now, &said));
    }
    (group.min, group.max) = (min, max);
    group.desire(desired, now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::a_group;

    fn action(min: Option<u32>, max: Option<u32>, desired: Option<u32>) -> Scheduled {
        let at = Timestamp::from_millis(0);
        Scheduled {
            name: "up".to_owned(),
            group: "g".to_owned(),
            uuid: "7".to_owned(),
            recurrence: Some("0 * * * *".to_owned()),
            zone: None,
            start: None,
            end: None,
            min,
            max,
            desired,
            created_at: at,
            done_until: at,
            unknown: Default::default(),
        }
    }

    #[test]
    fn what_is_given_is_set_and_the_rest_follows() {
        let sizes = |it: &Group| (it.min, it.max, it.desired);
        let mut group = a_group();
        let now = Timestamp::from_millis(0);
        carry_out(&mut group, &action(Some(2), None, None), now).unwrap();
        assert_eq!(sizes(&group), (2, 10, 2));
        let cause = group.cause.clone().unwrap();
        assert_eq!(
            cause,
            "At 1970-01-01T00:00:00Z the scheduled action up executed. Setting min size from 0 to 2. Setting desired capacity from 0 to 2."
        );
        carry_out(&mut group, &action(None, Some(4), Some(9)), now).unwrap();
        assert_eq!(sizes(&group), (2, 4, 4));
        let refused = carry_out(&mut group, &action(None, Some(1), None), now);
        assert_eq!(refused, Err(Reversed { min: 2, max: 1 }));
        assert_eq!(sizes(&group), (2, 4, 4));
    }

    #[test]
    fn a_moment_comes_once() {
        let mut hourly = action(None, None, Some(1));
        let hour = |at: i64| Timestamp::from_millis(at * 3_600_000);
        assert_eq!(hourly.due(hour(3)), Some(hour(3)));
        hourly.done_until = hour(3);
        assert_eq!(hourly.due(hour(3)), None);
        assert_eq!(hourly.next(), Some(hour(4)));
    }
}
