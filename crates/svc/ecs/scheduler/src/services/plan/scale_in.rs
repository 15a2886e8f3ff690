//! Too many tasks: which of them go. First what is not healthy, then from the zone with most, then the
//! host with most; of equals the youngest.
//!
//! A stop changes the ranks of all tasks of its zone and host, so tasks are kept by zone and host: what
//! a stop costs grows with the logarithm of the service and not with its square.

use std::collections::{BTreeMap, BTreeSet};

use wharf_base::Timestamp;

use super::{Judged, Plan, View, Why, health::Verdict, replica::Stops};
use crate::services::events;

pub(super) fn scale_in(
    plan: &mut Plan,
    view: &View<'_>,
    stops: &mut Stops,
    excess: u32,
    now: Timestamp,
) {
    let mut ranks = Ranks::new(view);
    for _ in 0..excess {
        let Some(one) = ranks.next(stops) else {
            if view.live.iter().any(|one| one.is_kept() && one.protected) {
                let primary = plan.service.primary().map(|p| p.id().to_owned());
                let text = events::protected(&plan.service.name, &primary.unwrap_or_default());
                plan.say_rarely("protected", text, now);
            }
            return;
        };
        stops.order(plan, one, Why::Scaling(one.task.deployment.clone()));
    }
}

/// What a stop of a task is judged by, and so the same for all of a pile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// Not up.
    Down,
    /// RUNNING, and not judged yet.
    Unproven,
    Healthy,
}

impl State {
    fn of(one: &Judged<'_>) -> Self {
        match one.verdict {
            Verdict::Healthy => Self::Healthy,
            _ if one.task.is_running() => Self::Unproven,
            _ => Self::Down,
        }
    }
}

/// Tasks of one state in a zone on a host, the youngest last.
type Pile<'v, 'a> = Vec<&'v Judged<'a>>;
/// A host by its tasks, and by the youngest of its pile.
type Rank<'v> = (u32, Timestamp, &'v str, &'v str);

struct Ranks<'v, 'a> {
    /// Tasks by zone and by host, those among them that may not be stopped.
    zones: BTreeMap<&'v str, u32>,
    hosts: BTreeMap<&'v str, u32>,
    piles: BTreeMap<(&'v str, State, &'v str), Pile<'v, 'a>>,
    /// Hosts that have a pile of that state and zone, the next to give one last.
    ranks: BTreeMap<(State, &'v str), BTreeSet<Rank<'v>>>,
}

impl<'v, 'a> Ranks<'v, 'a> {
    fn new(view: &'v View<'a>) -> Self {
        let mut new = Self {
            zones: BTreeMap::new(),
            hosts: BTreeMap::new(),
            piles: BTreeMap::new(),
            ranks: BTreeMap::new(),
        };
        for one in view.live.iter().filter(|one| one.is_kept()) {
            let (zone, host) = (one.task.zone.as_str(), one.task.host.as_str());
            *new.zones.entry(zone).or_default() += 1;
            *new.hosts.entry(host).or_default() += 1;
            if !one.protected {
                let pile = new.piles.entry((host, State::of(one), zone));
                pile.or_default().push(one);
            }
        }
        for ((host, state, zone), pile) in &mut new.piles {
            pile.sort_by_key(|one| (one.task.created_at, one.task.id.as_str()));
            if let Some(rank) = rank(&new.hosts, host, pile) {
                let ranks = new.ranks.entry((*state, *zone)).or_default();
                ranks.insert(rank);
            }
        }
        new
    }

    /// Takes the next to go, of those that the service can do without.
    fn next(&mut self, stops: &Stops) -> Option<&'v Judged<'a>> {
        let best = |((state, zone), ranks): (&(State, &'v str), &BTreeSet<Rank<'v>>)| {
            let rank = *ranks.last()?;
            let one = *self.piles.get(&(rank.3, *state, *zone))?.last()?;
            let in_zone = self.zones.get(*zone).copied();
            let unhealthy = *state != State::Healthy;
            stops
                .may(one)
                .then_some(((unhealthy, in_zone, rank), *state, *zone))
        };
        let (_, state, zone) = self.ranks.iter().filter_map(best).max()?;
        let host = self.ranks.get(&(state, zone))?.last()?.3;
        self.unrank(host);
        let one = self.piles.get_mut(&(host, state, zone))?.pop();
        for count in [self.zones.get_mut(zone), self.hosts.get_mut(host)] {
            count.into_iter().for_each(|count| *count -= 1);
        }
        self.rank(host);
        one
    }

    /// Takes a host out of the ranks while its count changes.
    fn unrank(&mut self, host: &'v str) {
        for ((_, state, zone), pile) in self.piles.range(of(host)) {
            if let Some(rank) = rank(&self.hosts, host, pile)
                && let Some(ranks) = self.ranks.get_mut(&(*state, *zone))
            {
                ranks.remove(&rank);
            }
        }
    }

    fn rank(&mut self, host: &'v str) {
        for ((_, state, zone), pile) in self.piles.range(of(host)) {
            if let Some(rank) = rank(&self.hosts, host, pile) {
                let ranks = self.ranks.entry((*state, *zone)).or_default();
                ranks.insert(rank);
            }
        }
    }
}

/// The keys of all piles of a host.
fn of<'v>(host: &'v str) -> impl std::ops::RangeBounds<(&'v str, State, &'v str)> + use<'v> {
    use std::ops::Bound;
    // No name of a zone is as large as the upper bound, which is behind all that are names.
    const LAST: &str = "\u{10ffff}";
    (
        Bound::Included((host, State::Down, "")),
        Bound::Included((host, State::Healthy, LAST)),
    )
}

fn rank<'v>(
    hosts: &BTreeMap<&'v str, u32>,
    host: &'v str,
    pile: &Pile<'v, '_>,
) -> Option<Rank<'v>> {
    let youngest = pile.last()?.task;
    let count = hosts.get(host).copied().unwrap_or(0);
    Some((count, youngest.created_at, youngest.id.as_str(), host))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{
            Action, Bounds,
            tests::{service, task},
        },
        *,
    };
    use crate::services::observe::Seen;
    use wharf_records::ecs::Status;

    /// The plain way: every task is ranked for every stop.
    fn naive(view: &View<'_>, mut healthy: u32, excess: u32) -> Vec<String> {
        let mut stopped = Vec::<String>::new();
        for _ in 0..excess {
            let kept = || {
                let live = view.live.iter().filter(|one| one.is_kept());
                live.filter(|one| !stopped.contains(&one.task.id))
            };
            let alike = |same: &dyn Fn(&Judged<'_>) -> bool| kept().filter(|one| same(one)).count();
            let may = |one: &&Judged<'_>| match one.verdict {
                Verdict::Healthy => healthy > view.bounds.lower,
                _ if one.task.is_running() => healthy >= view.bounds.lower,
                _ => true,
            };
            let best = kept().filter(|one| !one.protected).filter(may);
            let best = best.max_by_key(|one| {
                (
                    !one.is_healthy(),
                    alike(&|other| other.task.zone == one.task.zone),
                    alike(&|other| other.task.host == one.task.host),
                    one.task.created_at,
                    one.task.id.clone(),
                )
            });
            let Some(best) = best else { break };
            healthy -= u32::from(best.is_healthy());
            let id = best.task.id.clone();
            stopped.push(id);
        }
        stopped
    }

    type Drawn = (usize, usize, u8, i64, bool);

    fn judged<'a>(task: &'a Seen, (_, _, state, _, protected): &Drawn) -> Judged<'a> {
        Judged {
            task,
            current: true,
            verdict: match state {
                2 => Verdict::Healthy,
                1 => Verdict::Until(Timestamp(9)),
                _ => Verdict::Starting,
            },
            protected: *protected,
        }
    }

    proptest! {
        #[test]
        fn stops_what_a_look_at_every_task_would(
            drawn in prop::collection::vec((0..3_usize, 0..4_usize, 0..3_u8, 0..3_i64, prop::bool::weighted(0.2)), 0..25),
            excess in 0..30_u32,
            lower in 0..6_u32,
        ) {
            let tasks: Vec<Seen> = drawn
                .iter()
                .enumerate()
                .map(|(number, (zone, host, state, created, _))| Seen {
                    zone: format!("z{zone}"),
                    host: format!("h{host}"),
                    created_at: Timestamp(*created),
                    last: if *state == 0 { Status::Pending } else { Status::Running },
                    ..task(number, "1")
                })
                .collect();
            let view = View {
                live: tasks.iter().zip(&drawn).map(|(task, drawn)| judged(task, drawn)).collect(),
                leaving: Vec::new(),
                uncounted: false,
                bounds: Bounds { desired: 0, lower, upper: 100 },
            };
            let mut plan = Plan {
                actions: Vec::new(),
                service: service(0, &["1"]),
                events: Vec::new(),
                wake_at: None,
                ahead: Default::default(),
                going: Default::default(),
            };
            let expected = naive(&view, view.healthy(), excess);
            scale_in(&mut plan, &view, &mut Stops::new(&view), excess, Timestamp(1));
            let stopped: Vec<String> = plan
                .actions
                .iter()
                .filter_map(|action| match action {
                    Action::Stop { task, .. } => Some(task.clone()),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(stopped, expected);
        }
    }
}
