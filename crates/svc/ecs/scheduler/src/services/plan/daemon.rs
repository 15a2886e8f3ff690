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

/// What of [`wharf_records::ecs::Service::said`] is about container instances that tasks had to leave, before their ids.
const UNSUITED: &str = "unsuited ";

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
    for one in leaving.into_iter().chain(staying) {
        let host = ready.get(one.task.host.as_str()).copied();
        // Where there should be a task, the next one comes to the same host.
        let follows = may_hold && host.is_some_and(|host| host.ready);
        retire(plan, &mut stops, one, (host, follows), &mut served, now);
    }
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

/// Says that a task leaves an instance whose attributes, or the service's constraints, are others now.
fn leave(plan: &mut Plan, one: &Judged<'_>, host: &SeenHost, now: Timestamp) {
    let id = host.instance.rsplit('/').next().unwrap_or_default();
    let text = events::unsuited(&plan.service.name, &one.task.id, id);
    let about = About {
        instances: vec![host.instance.clone()],
        ..About::default()
    };
    plan.say_rarely_about(&format!("{UNSUITED}{id}"), about, text, now);
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
    if let Some(host) = host.filter(|host| host.unsuited && !one.task.draining) {
        leave(plan, one, host, now);
        stops.order(plan, one, scaling());
        return;
    }
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
