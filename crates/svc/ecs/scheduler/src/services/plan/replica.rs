//! REPLICA: so many tasks, replaced within the bounds of the deployment configuration.
//!
//! Where the maximum leaves room for replacements, their hosts fetch the images before an old task stops for them: until
//! then as many healthy tasks stay as are desired, whatever the minimum. So an image that is slow to come, or cannot
//! be had, costs nobody a task. Where old tasks have to make room, by the maximum or since replacements find no host,
//! they stay until their own hosts have the images ([`super::ahead`]).

use wharf_base::Timestamp;
use wharf_records::ecs::RolloutState;

use super::{
    Action, Judged, Plan, View, Why, account, ahead, health::Verdict, rebalance, scale_in::scale_in,
};
use crate::services::{events, observe::Next};

pub(super) fn balance(plan: &mut Plan, view: &View<'_>, starved: bool, now: Timestamp) {
    let mut stops = Stops::new(view);
    let moving = rebalance::follow(plan, view, &mut stops, now);
    if is_stuck(plan) {
        return;
    }
    let kept = view.count(|one| one.is_kept());
    let live = view.count(|_| true);
    let excess = kept.saturating_sub(view.bounds.desired);
    if excess > moving {
        scale_in(plan, view, &mut stops, excess - moving, now);
    }
    let missing = view.bounds.desired.saturating_sub(kept);
    let room = view.bounds.upper.saturating_sub(live);
    launch(plan, missing.min(room), now);
    if awaits_images(view, missing.min(room), starved) {
        stops.keep(view.bounds.desired);
    }
    let make_room = missing > 0 && old_make_room(view, starved);
    let held = retire(plan, view, &mut stops, make_room, now);
    replace_failing(plan, view, &mut stops, missing, room, now);
    if missing > 0 && room == 0 && held == 0 && is_at_rest(plan, view) {
        let text = events::blocked(&plan.service.name);
        plan.say_rarely("blocked", text, now);
    }
    wake_for_protection(plan, view);
}

/// A deployment that failed and was not rolled back starts nothing and takes nothing from what
/// runs.
pub(super) fn is_stuck(plan: &Plan) -> bool {
    plan.service
        .primary()
        .is_none_or(|primary| primary.state == RolloutState::Failed)
}

fn launch(plan: &mut Plan, count: u32, now: Timestamp) {
    if count == 0 {
        return;
    }
    match plan.service.throttle.retry_at.filter(|at| now < *at) {
        Some(at) => plan.wake(at),
        None => plan.actions.push(Action::Launch { count }),
    }
}

/// Stops ordered in this look, so that each step sees what the ones before it left.
pub(super) struct Stops {
    healthy: u32,
    lower: u32,
}

impl Stops {
    pub(super) fn new(view: &View<'_>) -> Self {
        Self {
            healthy: view.healthy(),
            lower: view.bounds.lower,
        }
    }

    /// Whether the service can do without it. What is not up yet, or fails, is not missed.
    pub(super) fn may(&self, one: &Judged<'_>) -> bool {
        match one.verdict {
            Verdict::Healthy => self.healthy > self.lower,
            // RUNNING and not judged yet: it may well be serving.
            Verdict::Starting | Verdict::Until(_) if one.task.is_running() => {
                self.healthy >= self.lower
            }
            _ => true,
        }
    }

    /// Leaves as many healthy ones, if that is more than the minimum.
    fn keep(&mut self, healthy: u32) {
        self.lower = self.lower.max(healthy);
    }

    pub(super) fn order(&mut self, plan: &mut Plan, one: &Judged<'_>, why: Why) {
        if one.is_healthy() {
            self.healthy -= 1;
        }
        plan.stop(one.task, why);
    }
}

/// Whether replacements are on hosts that have not all images of theirs yet, or go to some host now.
/// `launching`: how many are to be started, as soon as they may; for none of these there is room if `starved`.
fn awaits_images(view: &View<'_>, launching: u32, starved: bool) -> bool {
    let fetching = view.count(|one| one.is_kept() && one.task.fetching);
    fetching > 0 || (launching > 0 && !starved)
}

/// Whether replacements start only where old tasks have stopped before. A deployment in which that was so stays so: what
/// was asked of hosts is not taken back because there is room for a moment.
fn old_make_room(view: &View<'_>, starved: bool) -> bool {
    let asked = |one: &Judged<'_>| matches!(one.task.next, Next::Asked(_) | Next::Refused);
    let no_room = view.bounds.upper <= view.bounds.desired || starved;
    ahead::may_make_room(view) && (no_room || view.live.iter().any(asked))
}

/// Stops what an older deployment left and what stands on draining hosts: first what is not up, then
/// as many healthy ones as the minimum allows, oldest first. Returns how many stay for the images of others.
fn retire(
    plan: &mut Plan,
    view: &View<'_>,
    stops: &mut Stops,
    make_room: bool,
    now: Timestamp,
) -> usize {
    let mut old: Vec<&Judged<'_>> = view
        .live
        .iter()
        .filter(|one| !one.current && !one.protected)
        .collect();
    old.sort_by_key(|one| {
        let up = match one.verdict {
            Verdict::Failing(_) => 0,
            _ if !one.task.is_running() => 0,
            Verdict::Starting | Verdict::Until(_) => 1,
            Verdict::Healthy => 2,
        };
        (up, one.task.created_at, &one.task.id)
    });
    let mut held = 0;
    for one in old {
        if make_room && ahead::holds(plan, one, now) {
            held += 1;
        } else if stops.may(one) {
            stops.order(plan, one, Why::Scaling(one.task.deployment.clone()));
        }
    }
    held
}

/// Failing tasks go once a replacement is healthy; where the maximum leaves no room for one, one of
/// them goes first.
fn replace_failing(
    plan: &mut Plan,
    view: &View<'_>,
    stops: &mut Stops,
    missing: u32,
    room: u32,
    now: Timestamp,
) {
    let failing: Vec<&Judged<'_>> = view
        .live
        .iter()
        .filter(|one| one.current && one.is_failing())
        .collect();
    let count = u32::try_from(failing.len()).unwrap_or(u32::MAX);
    let replaced = (view.count(|one| one.is_kept() && one.is_healthy()) + count)
        .saturating_sub(view.bounds.desired);
    let on_their_way = view.count(|one| one.is_kept() && !one.is_healthy());
    let give_way = u32::from(missing > 0 && room == 0 && on_their_way == 0);
    let orders = replaced.max(give_way);
    for one in failing.into_iter().take(orders as usize) {
        stop_failing(plan, stops, one, now);
    }
}

/// Stops a task for its health, tells why, and counts it.
pub(super) fn stop_failing(plan: &mut Plan, stops: &mut Stops, one: &Judged<'_>, now: Timestamp) {
    let Verdict::Failing(why) = &one.verdict else {
        return;
    };
    let name = plan.service.name.clone();
    account::failed_check(plan, one.task, &why.stop().reason, now);
    match why {
        Why::TargetHealth(group) => {
            let target = one.task.targets.iter().find(|t| t.group == *group);
            let (port, reason) = target.map_or((0, ""), |target| {
                let reason = match &target.health {
                    super::super::observe::TargetHealth::Unhealthy(reason) => reason.as_str(),
                    _ => "",
                };
                (target.port, reason)
            });
            plan.say(events::unhealthy_target(&name, port, group, reason));
        }
        _ => plan.say(events::unhealthy_containers(&name, &one.task.id)),
    }
    stops.order(plan, one, why.clone());
}

/// Nothing is on its way up or down, and this look orders nothing.
fn is_at_rest(plan: &Plan, view: &View<'_>) -> bool {
    view.leaving.is_empty()
        && view.live.iter().all(Judged::is_healthy)
        && !plan
            .actions
            .iter()
            .any(|action| matches!(action, Action::Stop { .. } | Action::Launch { .. }))
}

pub(super) fn wake_for_protection(plan: &mut Plan, view: &View<'_>) {
    let ends = view
        .live
        .iter()
        .filter(|one| one.protected)
        .filter_map(|one| one.task.protected_until)
        .min();
    if let Some(at) = ends {
        plan.wake(at);
    }
}
