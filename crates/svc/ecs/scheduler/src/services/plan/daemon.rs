//! DAEMON: one task on each host that should have one, replaced host by host: the old one ends
//! before the new one starts, and not before the host has the images of the new one.

use std::collections::{BTreeMap, BTreeSet};

use wharf_base::Timestamp;
use wharf_records::ecs::About;

use super::{
    Action, Judged, Plan, View, Why, ahead,
    replica::{Stops, is_stuck, stop_failing, wake_for_protection},
};
use crate::services::{events, observe::SeenHost};

/// What of [`wharf_records::ecs::Service::said`] is about container instances that tasks had to leave.
const UNSUITED: &str = "unsuited";
/// Most container instances that are told of at a time: what is told stays in the service's record for hours.
const MOST_TOLD: usize = 100;

pub(super) fn balance(plan: &mut Plan, view: &View<'_>, hosts: &[SeenHost], now: Timestamp) {
    if is_stuck(plan) {
        return;
    }
    let ready: BTreeMap<&str, &SeenHost> =
        hosts.iter().map(|host| (host.id.as_str(), host)).collect();
    let mut stops = Stops::new(view);
    let mut served = BTreeSet::new();
    // What leaves a draining host does so in any case: the minimum is counted without it.
    let (leaving, staying): (Vec<_>, Vec<_>) = view.live.iter().partition(|one| one.task.draining);
    let may_hold = ahead::may_make_room(view);
    let mut left = Vec::new();
    for one in leaving.into_iter().chain(staying) {
        let host = ready.get(one.task.host.as_str()).copied();
        if let Some(host) = host.filter(|host| host.unsuited && !one.task.draining) {
            left.push((host.instance.as_str(), one.task.id.as_str()));
            stops.order(plan, one, Why::Scaling(one.task.deployment.clone()));
            continue;
        }
        // Where there should be a task, the next one comes to the same host.
        let follows = may_hold && host.is_some_and(|host| host.ready);
        retire(plan, &mut stops, one, (host, follows), &mut served, now);
    }
    tell_unsuited(plan, left, now);
    // A host is taken until nothing of its last task is left.
    let taken: BTreeSet<&str> = view
        .live
        .iter()
        .map(|one| one.task.host.as_str())
        .chain(view.leaving.iter().map(|task| task.host.as_str()))
        .collect();
    let free: Vec<String> = hosts
        .iter()
        .filter(|host| host.ready && host.connected && !taken.contains(host.id.as_str()))
        .map(|host| host.id.clone())
        .collect();
    if !free.is_empty() {
        match plan.service.throttle.retry_at.filter(|at| now < *at) {
            Some(at) => plan.wake(at),
            None => plan.actions.push(Action::LaunchOn { hosts: free }),
        }
    }
    wake_for_protection(plan, view);
}

/// Says that tasks leave instances whose attributes, or the service's constraints, are others now: `left` are instances with the tasks.
/// It is said again once there are instances that nothing was said of.
fn tell_unsuited(plan: &mut Plan, mut left: Vec<(&str, &str)>, now: Timestamp) {
    if left.is_empty() {
        return;
    }
    left.sort_unstable();
    let text = events::unsuited(&plan.service.name, &left);
    let mut instances: Vec<String> = left.iter().map(|(it, _)| (*it).to_owned()).collect();
    instances.dedup();
    instances.truncate(MOST_TOLD);
    let told = plan.service.about.get(UNSUITED);
    let is_told = |it: &String| told.is_some_and(|told| told.instances.contains(it));
    if !instances.iter().all(is_told) {
        plan.service.said.remove(UNSUITED);
    }
    let about = About {
        instances,
        ..About::default()
    };
    plan.say_rarely_about(UNSUITED, about, text, now);
}

fn retire<'a>(
    plan: &mut Plan,
    stops: &mut Stops,
    one: &Judged<'a>,
    (host, follows): (Option<&SeenHost>, bool),
    served: &mut BTreeSet<&'a str>,
    now: Timestamp,
) {
    let scaling = || Why::Scaling(one.task.deployment.clone());
    if one.is_failing() && one.current {
        stop_failing(plan, stops, one, now);
        return;
    }
    // The last to leave a draining host; a host that went silent is left to the judge of hosts.
    let emptied = one.task.draining && host.is_none_or(|host| host.others == 0);
    let twice = one.current && !served.insert(one.task.host.as_str());
    let outdated = !one.current && !one.task.draining && !one.protected;
    let held = outdated && follows && ahead::holds(plan, one, now);
    if emptied || twice || (outdated && !held && stops.may(one)) {
        stops.order(plan, one, scaling());
    }
}
