//! What is owed for the machines that are made for Fargate. Pure: from their records, from what their maker and their nodes say, and
//! from who waits for room, the steps that are due now.
//!
//! Those who wait are packed ([`wharf_placement::pack`]), those of Spot capacity last, accounts in turn and each account's by their age,
//! into what machines of the pool have left, and into those on their way; for who lacks a place a machine is ordered, of the size of
//! which least stays unused, in the one of its zones that has fewest ([`orders`]). A wave of orders is followed by the next once the
//! maker has taken it. One that it does not take is asked for again, and nothing is expected of it: none like it is ordered in its
//! zone meanwhile, and others are.
//!
//! Invariants: there are never more machines than may be, those that end among them, and none is ordered for an account that has as
//! many as may be made for it; one that is not lost ends only while nothing is on it and nobody is expected there, and none ends for
//! being idle where there would be less than are to be.

mod orders;
mod status;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_hosts::{Claimant, FargateWaiting};
use wharf_placement::{
    ledger,
    pack::{Bin, all_of},
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
/// How long nothing is asked for in a zone, of a size, that its maker had no room for, at least.
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
    /// How many may be made for those of one account who wait, where the operator says.
    pub most_per_account: Option<usize>,
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
    /// Its maker answered, and did not take the order; it is asked again.
    pub refused: bool,
    /// Among whose machines it is.
    pub account: Option<String>,
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

    /// Its maker has yet to take the order.
    fn is_untold(&self) -> bool {
        self.stage == Stage::Ordered && self.told_at.is_none() && !self.is_connected()
    }

    /// Its maker did not take it, and nothing is expected of it.
    fn is_refused(&self) -> bool {
        self.is_untold() && self.refused
    }
}

/// A size in a zone: what a maker has room for, or not.
pub type Kind = (PoolSize, String);

/// Among whose machines one is: of the account that it was made for while something of that, or nothing, is on it; then of the one with
/// most tasks there. Of what is no task nobody says whose it is.
pub fn account_of(made_for: Option<&str>, ledger: Option<&Ledger>) -> Option<String> {
    let mut tasks: BTreeMap<String, usize> = BTreeMap::new();
    let mut all_known = true;
    for name in ledger.into_iter().flat_map(|it| it.claims.claimants()) {
        let claimant = Claimant::parse(&name);
        match claimant.as_ref().and_then(Claimant::account) {
            Some(account) => *tasks.entry(account.to_owned()).or_default() += 1,
            None => all_known = false,
        }
    }
    let stays = |it: &&str| tasks.is_empty() || !all_known || tasks.contains_key(*it);
    if let Some(account) = made_for.filter(stays) {
        return Some(account.to_owned());
    }
    let most = tasks.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(account, _)| account)
}

/// What machines of each size have, by those that have joined: the least of it, so that whoever is promised room on the next one has it.
pub fn learned(machines: &[Own]) -> BTreeMap<PoolSize, Capacity> {
    let mut learned: BTreeMap<PoolSize, Capacity> = BTreeMap::new();
    for own in machines.iter().filter(|it| it.stage == Stage::Joined) {
        // An agent that has yet to say what it has says nothing.
        let seen = own.ledger.as_ref().map(|it| &it.capacity);
        let Some(seen) = seen.filter(|it| it.cpu > 0) else {
            continue;
        };
        let least = match learned.get(&own.size) {
            Some(known) => least_of(known, seen),
            None => seen.clone(),
        };
        learned.insert(own.size.clone(), least);
    }
    learned
}

fn least_of(one: &Capacity, other: &Capacity) -> Capacity {
    let reserved: BTreeSet<_> = one
        .reserved
        .iter()
        .chain(&other.reserved)
        .copied()
        .collect();
    Capacity {
        cpu: one.cpu.min(other.cpu),
        memory: one.memory.min(other.memory),
        interfaces: one.interfaces.min(other.interfaces),
        reserved: reserved.into_iter().collect(),
        disk: match (one.disk, other.disk) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
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
    /// What the maker had no room for, or made nothing of, and until when it is not asked for.
    pub refused: &'a BTreeMap<Kind, Timestamp>,
    /// There are several accounts, to whom machines may have to be left.
    pub is_shared: bool,
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
    /// Its maker did not take it, and it is in the way of others.
    InTheWay,
}

/// A step; machines are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Order {
        size: PoolSize,
        zone: String,
        /// Of whom it is for; nobody's where there are to be machines anyway.
        account: Option<String>,
    },
    /// Its maker is to be told.
    Tell { id: String },
    /// Its node is there.
    Join { id: String, host: String },
    /// Nothing is on it: nothing is to come there any more, if that is still so.
    Close { id: String, why: String },
    /// It is lost, or never came.
    GiveUp { id: String, why: String, loss: Loss },
    /// It ends: nothing is to be left of it.
    End { id: String },
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
    let (mut serving, mut refused) = (Vec::new(), Vec::new());
    for own in observed.machines {
        match follow(&mut plan, own, observed.terms, now) {
            false => {}
            true if own.is_refused() => refused.push(own),
            true => serving.push(own),
        }
    }
    plan.status.machines = observed.machines.len();
    plan.status.waiting = observed.waiting.len();
    plan.status.most_per_account = observed.most_per_account();
    plan.status.closed = observed.is_closed(now);
    if let Some(until) = observed.opens_at(now) {
        plan.wake(until);
    }
    let (kept, lacking) = pack(observed, &serving);
    let ordered = orders::order(&mut plan, observed, (&serving, &refused), lacking, now);
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

    /// How many machines may be made for one account, where those are not all: what the operator says, or else all but a quarter while
    /// there are other accounts.
    fn most_per_account(&self) -> Option<usize> {
        let most = self.terms.most;
        let usual = self.is_shared.then_some(most - most / 4);
        let said = self.terms.most_per_account.or(usual);
        said.filter(|it| *it < most)
    }

    /// Whether none of that size is ordered in that zone.
    fn is_held(&self, size: &PoolSize, zone: &str, now: Timestamp) -> bool {
        let until = self.refused.get(&(size.clone(), zone.to_owned()));
        let mut untaken = self.machines.iter().filter(|it| it.is_refused());
        until.is_some_and(|it| now < *it) || untaken.any(|it| it.size == *size && it.zone == zone)
    }

    /// Whether nothing at all is ordered.
    fn is_closed(&self, now: Timestamp) -> bool {
        let mut sizes = self.terms.sizes.iter();
        let is_held = |size| {
            let mut zones = self.terms.zones.iter();
            zones.all(|zone| self.is_held(size, zone, now))
        };
        !self.terms.sizes.is_empty() && sizes.all(is_held)
    }

    /// When something is ordered again that is not now.
    fn opens_at(&self, now: Timestamp) -> Option<Timestamp> {
        let later = self.refused.values().filter(|it| now < **it);
        later.min().copied()
    }
}

/// Those of Spot capacity come after all others. Accounts take turns, each with the oldest of its own: who has many wait keeps nobody
/// else from a machine.
fn in_turn(waiting: &[FargateWaiting]) -> Vec<&FargateWaiting> {
    let mut by_age: Vec<&FargateWaiting> = waiting.iter().collect();
    by_age.sort_by(|a, b| (a.since, &a.claimant).cmp(&(b.since, &b.claimant)));
    let mut turns: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    let mut in_turn = Vec::with_capacity(by_age.len());
    for one in by_age {
        let of_spot = one.claim.spot;
        let turn = turns.entry((of_spot, one.account.as_str())).or_default();
        in_turn.push(((of_spot, *turn), one));
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
