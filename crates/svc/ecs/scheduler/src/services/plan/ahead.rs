//! Tasks that have to stop before the next can start in their place stay until their hosts have the images of the
//! next: an image that is slow to come, or cannot be had, is no part of the time between the two.
//!
//! A host that does not get them holds nothing up for longer than [`crate::ahead::PATIENCE`].

use wharf_base::Timestamp;

use super::{Judged, Plan, View};
use crate::{
    ahead::{PATIENCE, Progress},
    services::{events, observe::Next},
};

/// What of [`wharf_records::ecs::Service::said`] is about images that were asked for ahead.
const SAID: &str = "ahead ";

/// Whether tasks are ever stopped to make room: else nobody waits for what their hosts fetch.
pub(super) fn may_make_room(view: &View<'_>) -> bool {
    view.bounds.lower < view.bounds.desired
}

/// Whether a task of an older deployment stays for now. Its host is to have the images in any case.
pub(super) fn holds(plan: &mut Plan, one: &Judged<'_>, now: Timestamp) -> bool {
    // What does not serve makes room at once, and what leaves its host is followed elsewhere.
    if !one.task.is_running() || one.is_failing() || one.task.draining {
        return false;
    }
    let asked = match &one.task.next {
        Next::Unable => return false,
        Next::Refused => return true,
        Next::Unasked => None,
        Next::Asked(asked) => Some(asked),
    };
    plan.ahead.insert(one.task.host.clone());
    let Some(asked) = asked else {
        plan.wake(now + PATIENCE);
        return true;
    };
    let primary = plan.service.primary().map(|it| it.id().to_owned());
    let deployment = primary.unwrap_or_default();
    let (name, task) = (plan.service.name.clone(), &one.task.id);
    if matches!(asked.progress, Progress::There | Progress::Crowded) {
        return false;
    }
    if let Progress::Failed(why) = &asked.progress {
        let text = events::not_fetched(&name, &deployment, task, why);
        say_once(plan, &format!("{SAID}{deployment}"), text, now);
    }
    let late = now >= asked.until();
    if late {
        let text = events::late(&name, &deployment, task);
        say_once(plan, &format!("{SAID}{deployment} late"), text, now);
    } else {
        plan.wake(asked.until());
    }
    !late
}

/// Once a deployment.
fn say_once(plan: &mut Plan, cause: &str, text: String, now: Timestamp) {
    let said = &mut plan.service.said;
    let current = cause.trim_end_matches(" late");
    said.retain(|it, _| !it.starts_with(SAID) || it.starts_with(current));
    plan.say_rarely(cause, text, now);
}
