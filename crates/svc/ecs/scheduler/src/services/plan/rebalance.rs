//! REPLICA across zones (`availabilityZoneRebalancing`): where a zone has two tasks more than another that could take one, a
//! task is started in the poor one, and once it is healthy one of the rich one stops; one after another.
//!
//! A move begins only in a steady service, whose deployment has proven itself, and ends with a deployment, a change of the desired
//! count or of the setting, or if the new task fails. Then the zone is barred for a while, longer each time. Each move that is
//! carried out makes the difference smaller, so it comes to an end. Tasks of different capacity providers are spread
//! apart from each other, as AWS has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_records::ecs::{About, Barred, Move, RolloutState, Scheduling, Service, ServiceStatus};

use super::{Action, Bounds, Judged, Plan, View, Why, replica::Stops, rollout};
use crate::{
    rebalancing,
    services::{events, observe::Zones, probation::LONGEST},
};

/// How long a zone is barred after the first failure; doubled with each further one.
const FIRST_BAR: Duration = Duration::from_secs(30);
const LONGEST_BAR: Duration = Duration::from_secs(15 * 60);

/// What of [`Service::said`] is about rebalancing; EventBridge is told by the same causes.
pub const STARTED: &str = "rebalancing-started";
pub const COMPLETED: &str = "rebalancing-completed";
pub const STOPPED: &str = "rebalancing-stopped";
pub const MOVED_IN: &str = "rebalancing-moved-in";
pub const MOVED_OUT: &str = "rebalancing-moved-out";
pub const NO_ROOM: &str = "rebalancing-no-room";
pub const PROTECTED: &str = "rebalancing-protected";

/// Whether tasks of a service may be moved at all, as it is.
fn may(service: &Service) -> bool {
    let primary = service.primary();
    service.status == ServiceStatus::Active
        && service.scheduling == Scheduling::Replica
        && service.deployments.len() == 1
        && primary.is_some_and(|primary| primary.state == RolloutState::Completed)
        && rebalancing::is_on(service)
}

/// Whether a plan has to know in which zones the service's tasks may be, if these are uneven.
pub fn concerns(service: &Service) -> bool {
    let under_way = service.rebalancing.since.is_some();
    let bounds = Bounds::new(service);
    // One task is even, wherever it is, and none is moved where none may be started beyond them.
    let can_begin = service.steady && service.desired > 1 && bounds.upper > bounds.desired;
    (under_way || can_begin) && may(service)
}

/// Whether no task is moved to a zone for now.
pub fn is_barred(service: &Service, zone: &str, now: Timestamp) -> bool {
    let barred = service.rebalancing.barred.get(zone);
    barred.is_some_and(|barred| now < barred.until)
}

/// Brings the move that is under way forward. Returns how many tasks beyond the desired are its own: nobody stops these for
/// scaling.
pub(super) fn follow(plan: &mut Plan, view: &View<'_>, stops: &mut Stops, now: Timestamp) -> u32 {
    if plan.service.rebalancing.since.is_none() {
        return 0;
    }
    if !may(&plan.service) {
        return halt(plan, now);
    }
    let Some(step) = plan.service.rebalancing.step.clone() else {
        return 0;
    };
    let primary = plan.service.primary().map(|primary| primary.id());
    if primary != Some(step.deployment.as_str()) || step.desired != plan.service.desired {
        return halt(plan, now);
    }
    let is_new = |one: &&Judged<'_>| {
        let task = one.task;
        one.is_kept()
            && task.created_at >= step.at
            && task.zone == step.zone
            && task.provider == step.provider
    };
    let new = view.live.iter().filter(is_new);
    let Some(new) = new.max_by_key(|one| one.is_healthy()) else {
        bar(&mut plan.service, &step.zone, now);
        return halt(plan, now);
    };
    let kept = view.count(|one| one.is_kept());
    let excess = kept.saturating_sub(view.bounds.desired);
    if excess == 0 {
        // Another one is gone meanwhile: the new one has its place.
        plan.service.rebalancing.step = None;
        return 0;
    }
    if !new.is_healthy() {
        return 1;
    }
    let spread = Spread::new(view, step.provider.as_deref(), None);
    let richer = spread.richer_than(spread.count(&step.zone));
    // Whatever the minimum: moving takes nothing from what is wanted.
    let is_spare = |one: &Judged<'_>| !one.is_healthy() || view.healthy() > view.bounds.desired;
    match spread.victim(view, &richer) {
        Some(victim) if is_spare(victim) && stops.may(victim) => {
            stops.order(plan, victim, Why::Rebalancing(step.deployment.clone()));
            note(plan, MOVED_OUT, now);
            let rebalancing = &mut plan.service.rebalancing;
            rebalancing.step = None;
            rebalancing.barred.remove(&step.zone);
            // The view has the victim still: what else is too much is for the next look.
            excess
        }
        Some(_) => 1,
        None if richer.is_empty() => {
            plan.service.rebalancing.step = None;
            0
        }
        None => {
            say_protected(plan, view, &spread, &richer, now);
            halt(plan, now)
        }
    }
}

/// Begins the next move where there is nothing else to do, or says that all is even. `zones` where nobody asked: it is not
/// known.
pub(super) fn next(plan: &mut Plan, view: &View<'_>, zones: Option<&Zones>, now: Timestamp) {
    let Some(zones) = zones else { return };
    let is_moving = plan.service.rebalancing.step.is_some();
    if is_moving || !may(&plan.service) || !is_settled(plan, view, now) {
        return;
    }
    let mut uneven = false;
    for (provider, places) in zones {
        let spread = Spread::new(view, provider.as_deref(), Some(places));
        uneven |= spread.is_uneven();
        let open = places
            .iter()
            .filter(|zone| !is_barred(&plan.service, zone, now));
        let poor = open.min_by_key(|zone| (spread.count(zone), spread.total(zone), *zone));
        let Some(poor) = poor else {
            continue;
        };
        let mut richer = spread.richer_than(spread.count(poor) + 1);
        // Nothing becomes even by it where the service has no fewer tasks there.
        richer.retain(|zone| spread.total(zone) > spread.total(poor));
        if richer.is_empty() {
            continue;
        }
        if spread.victim(view, &richer).is_none() {
            say_protected(plan, view, &spread, &richer, now);
            continue;
        }
        if view.count(|_| true) >= view.bounds.upper {
            continue;
        }
        return begin(plan, view, zones, (provider, poor), now);
    }
    conclude(plan, view, zones, uneven, now);
}

/// All is as wanted, nothing happens, and what was called complete is so for good: a task that fails now is no failure of
/// the deployment.
fn is_settled(plan: &mut Plan, view: &View<'_>, now: Timestamp) -> bool {
    let moves = |action: &Action| {
        matches!(
            action,
            Action::Launch { .. } | Action::LaunchIn { .. } | Action::Stop { .. }
        )
    };
    if !plan.service.steady || !rollout::is_as_wanted(plan, view) || plan.actions.iter().any(moves)
    {
        return false;
    }
    let completion = plan.service.primary().and_then(|it| it.completion.as_ref());
    match completion.map(|completion| completion.at + LONGEST) {
        Some(proven) if now < proven => {
            plan.wake(proven);
            false
        }
        _ => true,
    }
}

fn begin(
    plan: &mut Plan,
    view: &View<'_>,
    zones: &Zones,
    (provider, zone): (&Option<String>, &String),
    now: Timestamp,
) {
    let Some(deployment) = plan.service.primary().map(|it| it.id().to_owned()) else {
        return;
    };
    if plan.service.rebalancing.since.is_none() {
        plan.service.rebalancing.since = Some(now);
        let text = events::unbalanced(&plan.service.name, &all(view, zones));
        plan.say_rarely(STARTED, text, now);
    }
    plan.service.rebalancing.step = Some(Move {
        zone: zone.clone(),
        provider: provider.clone(),
        deployment,
        desired: plan.service.desired,
        at: now,
    });
    plan.actions.push(Action::LaunchIn {
        zone: zone.clone(),
        provider: provider.clone(),
    });
}

/// There is nothing to move now. `uneven`: there would be, were it not for zones that are barred or tasks that are
/// protected.
fn conclude(plan: &mut Plan, view: &View<'_>, zones: &Zones, uneven: bool, now: Timestamp) {
    let barred = &mut plan.service.rebalancing.barred;
    if !uneven {
        barred.clear();
    }
    let ends = barred.values().map(|barred| barred.until);
    if let Some(at) = ends.filter(|at| now < *at).min() {
        plan.wake(at);
    }
    if plan.service.rebalancing.since.is_none() {
        return;
    }
    if uneven {
        halt(plan, now);
        return;
    }
    plan.service.rebalancing.since = None;
    note(plan, COMPLETED, now);
    // What was told of this time is told again the next time.
    for cause in [STARTED, STOPPED, PROTECTED] {
        plan.service.said.remove(cause);
    }
    let no_room = |cause: &str| cause.starts_with(NO_ROOM);
    plan.service.said.retain(|cause, _| !no_room(cause));
    let text = events::balanced(&plan.service.name, &all(view, zones));
    plan.say(text);
}

/// Ends what is under way, even or not. Nothing that was started belongs to it any more.
fn halt(plan: &mut Plan, now: Timestamp) -> u32 {
    let rebalancing = &mut plan.service.rebalancing;
    rebalancing.step = None;
    if rebalancing.since.take().is_some() {
        let text = events::rebalancing_stopped(&plan.service.name);
        plan.say_rarely(STOPPED, text, now);
    }
    0
}

/// No host of the zone took the task that was to be started there. Returns what is said of it. `lacking`: what the closest
/// of them lacked.
pub fn no_room(
    service: &mut Service,
    zone: &str,
    fargate: bool,
    lacking: Option<String>,
    now: Timestamp,
) -> Vec<String> {
    bar(service, zone, now);
    service.rebalancing.step = None;
    service.rebalancing.since = None;
    let mut said = Vec::new();
    let about = About {
        reason: match fargate {
            true => Some("RESOURCE:FARGATE".to_owned()),
            false => lacking,
        },
        ..About::default()
    };
    let cause = format!("{NO_ROOM} {zone}");
    if events::may_say_about(service, &cause, about, now) {
        said.push(events::no_room_in(&service.name, zone, fargate));
    }
    if events::may_say(service, STOPPED, now) {
        said.push(events::rebalancing_stopped(&service.name));
    }
    said
}

fn bar(service: &mut Service, zone: &str, now: Timestamp) {
    let barred = &mut service.rebalancing.barred;
    // Of zones that nobody has tried for long nothing need be known.
    barred.retain(|_, one| now < one.until + LONGEST_BAR);
    let failures = barred.get(zone).map_or(0, |one| one.failures);
    let pause = FIRST_BAR.saturating_mul(1 << failures.min(8));
    let one = Barred {
        failures: failures.saturating_add(1),
        until: now + pause.min(LONGEST_BAR),
    };
    barred.insert(zone.to_owned(), one);
}

fn say_protected(
    plan: &mut Plan,
    view: &View<'_>,
    spread: &Spread<'_>,
    zones: &[&str],
    now: Timestamp,
) {
    let deployment = plan.service.primary().map(|it| it.id().to_owned());
    let protected = view
        .count(|one| one.protected && spread.has(one) && zones.contains(&one.task.zone.as_str()));
    let deployment = deployment.unwrap_or_default();
    let text = events::not_moved(&plan.service.name, &deployment, protected);
    plan.say_rarely(PROTECTED, text, now);
}

/// Takes note of what is told each time it happens.
fn note(plan: &mut Plan, cause: &str, now: Timestamp) {
    plan.service.said.insert(cause.to_owned(), now);
}

/// Zones with the tasks in them, of whatever capacity provider, in the order of their names.
fn all<'v>(view: &'v View<'_>, zones: &'v Zones) -> Vec<(&'v str, u32)> {
    let empty = zones.values().flatten().map(|zone| (zone.as_str(), 0));
    let mut counts: BTreeMap<&str, u32> = empty.collect();
    for one in view.live.iter().filter(|one| one.is_kept()) {
        *counts.entry(&one.task.zone).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// Tasks of one capacity provider across zones.
struct Spread<'v> {
    provider: Option<&'v str>,
    counts: BTreeMap<&'v str, u32>,
    /// Of whatever capacity provider.
    totals: BTreeMap<&'v str, u32>,
}

impl<'v> Spread<'v> {
    /// `places`: zones that count although they have none.
    fn new(
        view: &'v View<'_>,
        provider: Option<&'v str>,
        places: Option<&'v BTreeSet<String>>,
    ) -> Self {
        let empty = places.into_iter().flatten();
        let mut new = Self {
            provider,
            counts: empty.map(|zone| (zone.as_str(), 0)).collect(),
            totals: BTreeMap::new(),
        };
        for one in view.live.iter().filter(|one| one.is_kept()) {
            *new.totals.entry(&one.task.zone).or_default() += 1;
            if new.has(one) {
                *new.counts.entry(&one.task.zone).or_default() += 1;
            }
        }
        new
    }

    fn has(&self, one: &Judged<'_>) -> bool {
        one.is_kept() && one.task.provider.as_deref() == self.provider
    }

    fn count(&self, zone: &str) -> u32 {
        self.counts.get(zone).copied().unwrap_or_default()
    }

    fn total(&self, zone: &str) -> u32 {
        self.totals.get(zone).copied().unwrap_or_default()
    }

    fn is_uneven(&self) -> bool {
        let zones = || self.counts.iter();
        zones().any(|(poor, few)| {
            zones().any(|(rich, many)| *many > few + 1 && self.total(rich) > self.total(poor))
        })
    }

    /// Zones with more tasks than that, those with most first.
    fn richer_than(&self, count: u32) -> Vec<&'v str> {
        let richer = self.counts.iter().filter(|(_, has)| **has > count);
        let mut zones: Vec<(u32, &str)> = richer.map(|(zone, has)| (*has, *zone)).collect();
        zones.sort_by_key(|(has, zone)| (std::cmp::Reverse(*has), *zone));
        zones.into_iter().map(|(_, zone)| zone).collect()
    }

    /// The task that goes: of the first of these zones that has one which is not protected, the youngest of the host with most.
    fn victim<'a>(&self, view: &'a View<'a>, zones: &[&str]) -> Option<&'a Judged<'a>> {
        let mine = || view.live.iter().filter(|one| self.has(one));
        let mut hosts = BTreeMap::<&str, u32>::new();
        for one in mine() {
            *hosts.entry(&one.task.host).or_default() += 1;
        }
        let best = |zone: &&str| {
            mine()
                .filter(|one| one.task.zone == **zone && !one.protected)
                .max_by_key(|one| {
                    let on_host = hosts.get(one.task.host.as_str());
                    (on_host, one.task.created_at, &one.task.id)
                })
        };
        zones.iter().find_map(best)
    }
}
