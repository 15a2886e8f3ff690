//! Which machines are ordered: for those who lack a place, and those that there are to be anyway.

use std::collections::BTreeMap;

use wharf_base::Timestamp;
use wharf_hosts::FargateWaiting;
use wharf_placement::pack::{Filling, fill};

use super::{
    super::{PoolSize, records::Stage},
    Action, Held, Loss, MOST_AT_ONCE, Observed, Own, Plan, SOON,
};

/// A machine that may be ordered for those who lack a place.
struct Offered<'a> {
    size: &'a PoolSize,
    zone: &'a str,
    filling: Filling,
}

/// How many machines there are in each zone.
type PerZone<'a> = BTreeMap<&'a str, usize>;

impl Offered<'_> {
    /// Of those that are filled alike, the one in the zone with fewest.
    fn is_better_than(&self, other: &Self, in_zone: &PerZone<'_>) -> bool {
        let rank = |it: &Self| in_zone.get(it.zone).copied().unwrap_or_default();
        let filled = self.filling.is_better_than(&other.filling);
        filled.unwrap_or_else(|| (rank(self), self.zone) < (rank(other), other.zone))
    }
}

/// Machines that are there and on their way, as they are counted.
struct Counts<'a> {
    in_zone: PerZone<'a>,
    of_account: BTreeMap<&'a str, usize>,
    /// How many an account may have, if that is bounded.
    most_per_account: Option<usize>,
}

impl<'a> Counts<'a> {
    fn of(observed: &Observed<'a>, serving: &[&'a Own]) -> Self {
        let mut in_zone = PerZone::new();
        let mut of_account: BTreeMap<&str, usize> = BTreeMap::new();
        for own in serving {
            *in_zone.entry(own.zone.as_str()).or_default() += 1;
        }
        // One that its maker does not take is among them: it may be there yet.
        let lives = observed.machines.iter();
        let lives = lives.filter(|it| it.stage != Stage::Ending);
        for account in lives.filter_map(|it| it.account.as_deref()) {
            *of_account.entry(account).or_default() += 1;
        }
        Self {
            in_zone,
            of_account,
            most_per_account: observed.most_per_account(),
        }
    }

    fn add(&mut self, zone: &'a str, account: Option<&'a str>) {
        *self.in_zone.entry(zone).or_default() += 1;
        if let Some(account) = account {
            *self.of_account.entry(account).or_default() += 1;
        }
    }

    /// Whether a machine may be made for somebody.
    fn may_have(&self, one: &FargateWaiting) -> bool {
        let has = self.of_account.get(one.account.as_str());
        let has = has.copied().unwrap_or_default();
        self.most_per_account.is_none_or(|most| has < most)
    }

    /// Brings the first for whom a machine may be made before all others: those take what it leaves.
    fn bring_first<'w>(&self, lacking: &mut [&'w FargateWaiting]) -> Option<&'w FargateWaiting> {
        let at = lacking.iter().position(|it| self.may_have(it))?;
        lacking[..=at].rotate_right(1);
        lacking.first().copied()
    }
}

/// Orders machines for those who lack a place, and those that there are to be anyway; how many. `refused`: those that the maker does not
/// take.
pub(super) fn order<'a>(
    plan: &mut Plan,
    observed: &Observed<'a>,
    (serving, refused): (&[&'a Own], &[&'a Own]),
    mut lacking: Vec<&'a FargateWaiting>,
    now: Timestamp,
) -> usize {
    let terms = observed.terms;
    // What no machine would ever take is nothing to make one for.
    let all = lacking.len();
    lacking.retain(|one| observed.suits(one));
    plan.status.unfit = all - lacking.len();
    plan.status.lacking = lacking.len();
    let wants_more = !lacking.is_empty() || serving.len() < terms.least;
    if !wants_more || terms.sizes.is_empty() {
        return 0;
    }
    let mut counts = Counts::of(observed, serving);
    let may_be = terms.most.saturating_sub(observed.machines.len());
    let is_awaited = |it: &Own| it.is_untold() && !it.refused;
    let ordered = match observed.machines.iter().any(is_awaited) {
        true => {
            plan.status.held = Some(Held::Wave);
            Vec::new()
        }
        false => {
            let most = may_be.min(MOST_AT_ONCE);
            let of = (observed, serving.len(), most);
            orders(plan, of, &mut lacking, &mut counts, now)
        }
    };
    let first = counts.bring_first(&mut lacking);
    let is_short = first.is_some() || serving.len() + ordered.len() < terms.least;
    if ordered.len() >= may_be && is_short {
        plan.status.held = Some(Held::Full(terms.most));
        // What the maker does not take keeps nobody from what it may take.
        let other = first.and_then(|_| best(observed, &lacking, &counts.in_zone, now));
        if let (Some(own), Some(_)) = (refused.first(), other) {
            plan.actions.push(Action::GiveUp {
                id: own.id.clone(),
                why: "the machine maker did not take it, and it was in the way of others"
                    .to_owned(),
                loss: Loss::InTheWay,
            });
            plan.wake(now + SOON);
        }
    }
    for one in lacking.iter().filter(|it| !counts.may_have(it)) {
        let of_account = plan.status.bounded.entry(one.account.clone());
        *of_account.or_default() += 1;
    }
    let count = ordered.len();
    if count > 0 {
        plan.wake(now + SOON);
    }
    plan.actions.extend(ordered);
    count
}

/// At most so many orders; those who have a place by them lack none any more.
fn orders<'a>(
    plan: &mut Plan,
    (observed, serving, most): (&Observed<'a>, usize, usize),
    lacking: &mut Vec<&'a FargateWaiting>,
    counts: &mut Counts<'a>,
    now: Timestamp,
) -> Vec<Action> {
    let terms = observed.terms;
    let mut ordered = Vec::new();
    while ordered.len() < most {
        let first = counts.bring_first(lacking);
        let found = match first {
            Some(one) => best(observed, lacking, &counts.in_zone, now).map(|offered| {
                offered.filling.take_from(lacking);
                (offered.size, offered.zone, Some(one.account.as_str()))
            }),
            None if serving + ordered.len() < terms.least => {
                let usual = usual(observed, &counts.in_zone, now);
                usual.map(|(size, zone)| (size, zone, None))
            }
            None => break,
        };
        let Some((size, zone, account)) = found else {
            plan.status.held = Some(Held::Refused(observed.opens_at(now)));
            plan.wake(now + SOON);
            if first.is_none() {
                break;
            }
            // Another size or zone may do for others.
            lacking.remove(0);
            continue;
        };
        counts.add(zone, account);
        ordered.push(Action::Order {
            size: size.clone(),
            zone: zone.to_owned(),
            account: account.map(str::to_owned),
        });
    }
    ordered
}

/// The machine that suits the first of those who lack a place, and of which they leave least unused.
fn best<'a>(
    observed: &Observed<'a>,
    lacking: &[&'a FargateWaiting],
    in_zone: &PerZone<'_>,
    now: Timestamp,
) -> Option<Offered<'a>> {
    let terms = observed.terms;
    let mut best: Option<Offered<'a>> = None;
    for size in &terms.sizes {
        for zone in &terms.zones {
            if !observed.serves(lacking.first()?, zone) || observed.is_held(size, zone, now) {
                continue;
            }
            let there = lacking.iter().enumerate();
            let there = there.filter(|(_, one)| observed.serves(one, zone));
            let asks = there.map(|(number, one)| (number, one.ask()));
            let Some(filling) = fill(observed.empty(size), size.cost(), asks) else {
                continue;
            };
            let offered = Offered {
                size,
                zone,
                filling,
            };
            let is_best = |it: &Offered<'a>| offered.is_better_than(it, in_zone);
            if best.as_ref().is_none_or(is_best) {
                best = Some(offered);
            }
        }
    }
    best
}

/// What is ordered where nobody waits: the first size, in the zone with fewest.
fn usual<'a>(
    observed: &Observed<'a>,
    in_zone: &PerZone<'_>,
    now: Timestamp,
) -> Option<(&'a PoolSize, &'a str)> {
    let terms = observed.terms;
    let all = terms.sizes.iter();
    let mut all = all.filter_map(|size| {
        let zones = terms.zones.iter().map(String::as_str);
        let open = zones.filter(|zone| !observed.is_held(size, zone, now));
        let fewest = open.min_by_key(|it| (in_zone.get(*it).copied().unwrap_or_default(), *it));
        Some((size, fewest?))
    });
    all.next()
}
