//! What is owed for the machines that are made for Fargate. Pure: from their records, from what their maker and their nodes say, and
//! from who waits for room, the steps that are due now.
//!
//! Those who wait are packed ([`wharf_placement::pack`]), accounts in turn and each account's by their age, into what machines
//! of the pool have left, and into those on their way; for who lacks a place a machine is ordered, of the size of which least stays
//! unused, in the one of its zones that has fewest. A wave of orders is followed by the next once the maker has taken it.
//!
//! Invariants: there are never more machines than may be, those that end among them; one that is not lost ends only while nothing is on
//! it and nobody is expected there, and none ends for being idle where there would be less than are to be.

mod status;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_hosts::FargateWaiting;
use wharf_placement::{
    ledger,
    pack::{Bin, Filling, all_of, fill},
};
use wharf_records::hosts::{Capacity, Ledger};

use super::{
    super::{life::Listed, protocol::MachineState},
    PoolSize,
    records::Stage,
};
use crate::instances::life::HostIs;

pub use status::{Held, Status};

/// How soon the pool is looked at again while machines come or go.
pub const SOON: Duration = Duration::from_secs(2);
/// How long nothing is asked for in a zone, of a size, that its maker had no room for.
pub const REFUSED_FOR: Duration = Duration::from_secs(60);
/// How long a node is away before a list is believed that lacks its machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Machines that are ordered at once.
const MOST_AT_ONCE: usize = 10;
/// Those who wait and are packed in one look.
const MOST_WAITING: usize = 1000;

/// What the operator says.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What may be made. Nothing where the pool is no more: then it empties.
    pub sizes: Vec<PoolSize>,
    pub least: usize,
    pub most: usize,
    /// How long a machine is empty before it ends.
    pub idle: Duration,
    pub join_within: Duration,
    /// Letters of the zones in which machines are made.
    pub zones: Vec<String>,
}

/// A machine, and what is seen of it.
#[derive(Debug, Clone)]
pub struct Own {
    pub id: String,
    pub size: PoolSize,
    /// The letter of its zone.
    pub zone: String,
    pub stage: Stage,
    pub ordered_at: Timestamp,
    pub told_at: Option<Timestamp>,
    /// The host that joined as it.
    pub host: Option<String>,
    /// `None` where none has, or nobody has said yet which machines there are.
    pub seen: Option<HostIs>,
    pub retired: bool,
    pub ledger: Option<Ledger>,
    pub listed: Listed,
    /// Since when it has been seen without anything on it.
    pub idle_since: Option<Timestamp>,
    /// Since when its node has been away.
    pub away_since: Option<Timestamp>,
}

impl Own {
    fn is_connected(&self) -> bool {
        self.seen == Some(HostIs::Connected)
    }

    fn is_empty(&self) -> bool {
        self.ledger.as_ref().is_some_and(|it| it.claims.is_empty())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    pub terms: &'a Terms,
    pub machines: &'a [Own],
    pub waiting: &'a [FargateWaiting],
    /// Letters of the zones in which hosts offer Fargate, whoever has them.
    pub hosted: &'a BTreeSet<String>,
    /// What machines of a size said that they have when they joined.
    pub learned: &'a BTreeMap<PoolSize, Capacity>,
    /// Sizes and zones for which the maker had no room, and until when they are not asked for.
    pub refused: &'a BTreeMap<(PoolSize, String), Timestamp>,
    /// Until when nothing is ordered, after orders that came to nothing.
    pub paused: Option<Timestamp>,
}

/// What is lost with a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It has served.
    Served,
    /// It never joined.
    InVain,
    /// It never joined, for its maker had no room.
    NoRoom,
}

/// A step; machines are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Order {
        size: PoolSize,
        zone: String,
    },
    /// Its maker is to be told.
    Tell {
        id: String,
    },
    /// Its node is there.
    Join {
        id: String,
        host: String,
    },
    /// Nothing is on it: nothing is to come there any more, if that is still so.
    Close {
        id: String,
        why: String,
    },
    /// It is lost, or never came.
    GiveUp {
        id: String,
        why: String,
        loss: Loss,
    },
    /// It ends: nothing is to be left of it.
    End {
        id: String,
    },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// Since when machines have been empty.
    pub idle: BTreeMap<String, Timestamp>,
    /// Since when nodes have been away.
    pub away: BTreeMap<String, Timestamp>,
    pub status: Status,
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |it| it.min(at)));
    }
}

pub fn plan(observed: &Observed<'_>, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let mut serving = Vec::new();
    for own in observed.machines {
        if follow(&mut plan, own, observed.terms, now) {
            serving.push(own);
        }
    }
    plan.status.machines = observed.machines.len();
    plan.status.waiting = observed.waiting.len();
    let (kept, lacking) = pack(observed, &serving);
    let ordered = order(&mut plan, observed, (&serving, lacking), now);
    rest(&mut plan, observed.terms, (&serving, &kept, ordered), now);
    plan
}

/// Brings one machine forward; whether it serves, now or once it has joined.
fn follow(plan: &mut Plan, own: &Own, terms: &Terms, now: Timestamp) -> bool {
    let id = || own.id.clone();
    if own.stage == Stage::Ending {
        plan.actions.push(Action::End { id: id() });
        plan.wake(now + SOON);
        return false;
    }
    let in_vain = own.stage == Stage::Ordered;
    let give_up = |plan: &mut Plan, why: String| {
        let (id, loss) = (id(), loss(own));
        plan.actions.push(Action::GiveUp { id, why, loss });
        plan.wake(now + SOON);
        false
    };
    if own.seen == Some(HostIs::Left) {
        return give_up(plan, "its node was removed".to_owned());
    }
    if !in_vain && own.seen == Some(HostIs::Silent) {
        let since = own.away_since.unwrap_or(now);
        plan.away.insert(id(), since);
        plan.wake(now + SOON);
    }
    let is_away = match in_vain {
        true => !own.is_connected(),
        false => own.away_since.is_some_and(|it| now >= it + PATIENCE) && !own.is_connected(),
    };
    if is_away && let Some(why) = lost(&own.listed) {
        return give_up(plan, why);
    }
    match (in_vain, &own.host) {
        (true, Some(host)) if own.is_connected() => {
            let host = host.clone();
            plan.actions.push(Action::Join { id: id(), host });
        }
        (true, _) => {
            let until = own.ordered_at + terms.join_within;
            if until <= now {
                let seconds = terms.join_within.as_secs();
                return give_up(
                    plan,
                    format!("it did not join within {seconds} s of its order"),
                );
            }
            if own.told_at.is_none() {
                plan.actions.push(Action::Tell { id: id() });
            }
            plan.wake(until.min(now + SOON));
        }
        (false, _) if own.retired => {
            if own.is_empty() {
                let why = "its node was retired or drained".to_owned();
                plan.actions.push(Action::Close { id: id(), why });
            }
            plan.wake(now + SOON);
            return false;
        }
        (false, _) => {}
    }
    true
}

fn loss(own: &Own) -> Loss {
    match (own.stage, &own.listed) {
        (Stage::Joined | Stage::Ending, _) => Loss::Served,
        (Stage::Ordered, Listed::As(said)) if said.lacks_capacity() => Loss::NoRoom,
        (Stage::Ordered, _) => Loss::InVain,
    }
}

/// What the maker's list says of a machine that is not there.
fn lost(listed: &Listed) -> Option<String> {
    let said = match listed {
        Listed::Unknown => return None,
        Listed::Missing => return Some("its machine is gone".to_owned()),
        Listed::As(said) => said,
    };
    match said.state {
        MachineState::Ended => Some("its machine is gone".to_owned()),
        MachineState::Stopped => Some("its machine was switched off".to_owned()),
        MachineState::Failed => {
            let words = said.words();
            Some(words.unwrap_or_else(|| "the machine maker does not say why it failed".to_owned()))
        }
        _ => None,
    }
}

impl<'a> Observed<'a> {
    /// A machine of that size before anything is on it.
    fn empty(&self, size: &'a PoolSize) -> Bin<'a> {
        let learned = self.learned.get(size).cloned();
        let capacity = learned.unwrap_or_else(|| size.capacity());
        Bin::new(
            all_of(&capacity),
            Some(std::slice::from_ref(&size.architecture)),
        )
    }

    /// Whether somebody may be in a zone. Where none are made in those of its subnets, all serve it if one of these has no hosts, as
    /// with placement.
    fn serves(&self, waiting: &FargateWaiting, zone: &str) -> bool {
        let mut made = self.terms.zones.iter();
        let is_made = made.any(|it| waiting.zones.contains(it));
        let all_hosted = !waiting.zones.is_empty() && waiting.zones.is_subset(self.hosted);
        waiting.zones.contains(zone) || !(is_made || all_hosted)
    }

    /// Whether some machine would ever take somebody.
    fn suits(&self, waiting: &FargateWaiting) -> bool {
        let mut sizes = self.terms.sizes.iter();
        let mut zones = self.terms.zones.iter();
        sizes.any(|it| self.empty(it).takes(&waiting.ask()))
            && zones.any(|it| self.serves(waiting, it))
    }
}

/// Accounts take turns, each with the oldest of its own: who has many wait keeps nobody else from a machine.
fn in_turn(waiting: &[FargateWaiting]) -> Vec<&FargateWaiting> {
    let mut by_age: Vec<&FargateWaiting> = waiting.iter().collect();
    by_age.sort_by(|a, b| (a.since, &a.claimant).cmp(&(b.since, &b.claimant)));
    let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
    let mut in_turn = Vec::with_capacity(by_age.len());
    for one in by_age {
        let turn = turns.entry(one.account.as_str()).or_default();
        in_turn.push((*turn, one));
        *turn += 1;
    }
    // By age within a turn: equal ones stay as they are.
    in_turn.sort_by_key(|(turn, _)| *turn);
    in_turn.into_iter().map(|(_, one)| one).collect()
}

/// Packs those who wait into what there is, in the turns of their accounts; the machines where some are expected, and those who lack a place.
fn pack<'a>(
    observed: &Observed<'a>,
    serving: &[&'a Own],
) -> (BTreeSet<&'a str>, Vec<&'a FargateWaiting>) {
    let bin = |own: &&'a Own| {
        let bin = match own.stage {
            Stage::Joined => {
                // Right after a start nobody knows who is connected.
                let is_away = own.seen == Some(HostIs::Silent);
                let ledger = own.ledger.as_ref().filter(|_| !is_away)?;
                let architectures = std::slice::from_ref(&own.size.architecture);
                Bin::new(ledger::free(ledger), Some(architectures))
            }
            _ => observed.empty(&own.size),
        };
        Some((*own, bin))
    };
    let mut bins: Vec<(&Own, Bin<'_>)> = serving.iter().filter_map(bin).collect();
    let mut lacking = Vec::new();
    for one in in_turn(observed.waiting).into_iter().take(MOST_WAITING) {
        let ask = one.ask();
        let found = bins
            .iter_mut()
            .find(|it| observed.serves(one, &it.0.zone) && it.1.takes(&ask));
        match found {
            Some((_, bin)) => bin.take(&ask),
            None => lacking.push(one),
        }
    }
    let kept = bins.iter().filter(|(_, bin)| bin.is_taken());
    (kept.map(|(own, _)| own.id.as_str()).collect(), lacking)
}

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

/// Orders machines for those who lack a place, and those that there are to be anyway; how many.
fn order<'a>(
    plan: &mut Plan,
    observed: &Observed<'a>,
    (serving, mut lacking): (&[&'a Own], Vec<&'a FargateWaiting>),
    now: Timestamp,
) -> usize {
    let terms = observed.terms;
    // What no machine would ever take is nothing to make one for.
    let all = lacking.len();
    lacking.retain(|one| observed.suits(one));
    plan.status.unfit = all - lacking.len();
    plan.status.lacking = lacking.len();
    let mut ordered = Vec::new();
    let may_be = terms.most.saturating_sub(observed.machines.len());
    let wants_more = !lacking.is_empty() || serving.len() < terms.least;
    if !wants_more || terms.sizes.is_empty() {
        return 0;
    }
    if let Some(held) = held(observed, now) {
        if let Held::Paused(until) = held {
            plan.wake(until);
        }
        plan.status.held = Some(held);
        return 0;
    }
    let mut in_zone = PerZone::new();
    for own in serving {
        *in_zone.entry(own.zone.as_str()).or_default() += 1;
    }
    while ordered.len() < may_be.min(MOST_AT_ONCE) {
        let wants_more = serving.len() + ordered.len() < terms.least;
        if lacking.is_empty() && !wants_more {
            break;
        }
        let found = match lacking.is_empty() {
            true => usual(observed, &in_zone, now),
            false => best(observed, &lacking, &in_zone, now).map(|offered| {
                offered.filling.take_from(&mut lacking);
                (offered.size, offered.zone)
            }),
        };
        let Some((size, zone)) = found else {
            plan.status.held = Some(Held::NoRoom);
            plan.wake(now + SOON);
            if lacking.is_empty() {
                break;
            }
            // Another size or zone may do for others.
            lacking.remove(0);
            continue;
        };
        *in_zone.entry(zone).or_default() += 1;
        ordered.push(Action::Order {
            size: size.clone(),
            zone: zone.to_owned(),
        });
    }
    if ordered.len() >= may_be && !lacking.is_empty() {
        plan.status.held = Some(Held::Full(terms.most));
    }
    let count = ordered.len();
    if count > 0 {
        plan.wake(now + SOON);
    }
    plan.actions.extend(ordered);
    count
}

/// Why nothing is ordered now, whoever waits.
fn held(observed: &Observed<'_>, now: Timestamp) -> Option<Held> {
    let is_untold = |it: &Own| it.stage == Stage::Ordered && it.told_at.is_none();
    if observed.machines.len() >= observed.terms.most {
        return Some(Held::Full(observed.terms.most));
    }
    if let Some(until) = observed.paused.filter(|it| now < *it) {
        return Some(Held::Paused(until));
    }
    observed
        .machines
        .iter()
        .any(is_untold)
        .then_some(Held::Wave)
}

fn is_refused(observed: &Observed<'_>, size: &PoolSize, zone: &str, now: Timestamp) -> bool {
    let until = observed.refused.get(&(size.clone(), zone.to_owned()));
    until.is_some_and(|it| now < *it)
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
            if !observed.serves(lacking.first()?, zone) || is_refused(observed, size, zone, now) {
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
        let open = zones.filter(|zone| !is_refused(observed, size, zone, now));
        let fewest = open.min_by_key(|it| (in_zone.get(*it).copied().unwrap_or_default(), *it));
        Some((size, fewest?))
    });
    all.next()
}

/// Those on which nothing is and nobody is expected end when that has been so for long enough, those that have been so longest first.
fn rest(
    plan: &mut Plan,
    terms: &Terms,
    (serving, kept, ordered): (&[&Own], &BTreeSet<&str>, usize),
    now: Timestamp,
) {
    let mut idle = Vec::new();
    for own in serving {
        if own.stage != Stage::Joined || !own.is_empty() || kept.contains(own.id.as_str()) {
            continue;
        }
        let since = own.idle_since.unwrap_or(now);
        plan.idle.insert(own.id.clone(), since);
        idle.push((since, own));
    }
    idle.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    let spare = (serving.len() + ordered).saturating_sub(terms.least);
    for (since, own) in idle.into_iter().take(spare) {
        let due = since + terms.idle;
        match due <= now {
            true => plan.actions.push(Action::Close {
                id: own.id.clone(),
                why: format!("nothing was on it for {} s", terms.idle.as_secs()),
            }),
            false => plan.wake(due),
        }
    }
}

#[cfg(test)]
mod tests;
