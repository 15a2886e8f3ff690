//! Scaling activities: what is told of a change, and of one that was not made.

use wharf_base::{Timestamp, ids};
use wharf_scaling::{Bounds, NotScaled};
use wharf_service::{Changes, Place};

use crate::{
    fault::ScalingFaults,
    names,
    records::{Activity, Reason},
};

/// How long they are kept: six weeks, as in AWS.
pub const KEPT_DAYS: i64 = 42;
/// How many of one target are kept at most.
pub const MOST_KEPT: usize = 2000;
/// A time that is later than all of them.
const LAST: i64 = 9_999_999_999_999;

pub const PENDING: &str = "Pending";
pub const IN_PROGRESS: &str = "InProgress";
pub const SUCCESSFUL: &str = "Successful";
pub const OVERRIDDEN: &str = "Overridden";
pub const UNFULFILLED: &str = "Unfulfilled";
pub const FAILED: &str = "Failed";

/// One that begins, with its id below its target. `order` grows with each: the latest is the first in the order of ids.
pub fn begun(
    resource: &str,
    description: String,
    cause: String,
    (at, order): (Timestamp, i64),
) -> (String, Activity) {
    let uuid = ids::uuid();
    let id = format!("{:013}/{uuid}", (LAST - order).clamp(0, LAST));
    let activity = Activity {
        id: uuid,
        resource: resource.to_owned(),
        description,
        cause,
        started_at: at,
        ended_at: None,
        status: PENDING.to_owned(),
        message: None,
        not_scaled: None,
        unknown: Default::default(),
    };
    (id, activity)
}

impl Activity {
    pub fn ended(mut self, status: &str, message: String, at: Timestamp) -> Self {
        self.ended_at = Some(at);
        status.clone_into(&mut self.status);
        self.message = Some(message);
        self
    }
}

pub fn put(
    changes: &mut Changes<'_, ScalingFaults>,
    place: &Place,
    target: &str,
    (id, activity): &(String, Activity),
) {
    changes.put(names::activity_key(place, target, id), activity);
}

/// What a wish without effect says.
pub fn reason(why: NotScaled, bounds: Bounds, current: u32) -> Reason {
    let of = |it: NotScaled, value: u32| (why == it).then_some(value);
    Reason {
        code: why.code().to_owned(),
        max: of(NotScaled::AlreadyAtMaxCapacity, bounds.max()),
        min: of(NotScaled::AlreadyAtMinCapacity, bounds.min()),
        current: of(NotScaled::AlreadyAtDesiredCapacity, current),
    }
}

/// `Setting desired count to 3.`
pub fn setting(to: u32) -> String {
    format!("Setting desired count to {to}.")
}

pub fn waiting(to: u32) -> String {
    format!("Successfully set desired count to {to}. Waiting for change to be fulfilled by ecs.")
}

pub fn fulfilled(to: u32) -> String {
    format!("Successfully set desired count to {to}. Change successfully fulfilled by ecs.")
}

/// `min capacity to 1 and max capacity to 20`
pub fn range(min: Option<u32>, max: Option<u32>) -> String {
    let min = min.map(|it| format!("min capacity to {it}"));
    let max = max.map(|it| format!("max capacity to {it}"));
    let parts: Vec<String> = min.into_iter().chain(max).collect();
    parts.join(" and ")
}
