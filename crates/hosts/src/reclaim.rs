//! Whose Spot capacity is taken back so that somebody else has room. Pure.
//!
//! Spot capacity is what nobody else needs. A claim of it ([`Claim::spot`]) is given up for one that is not, as
//! few of them as possible, and what is on its way out already comes first.

use std::{cmp::Reverse, collections::BTreeMap};

use wharf_placement::ledger::{self, Free};
use wharf_records::hosts::{Claim, Ledger, Phase};

/// A host that suits who needs room.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub host: &'a str,
    pub ledger: &'a Ledger,
    /// What others were promised of it.
    pub kept: &'a [Claim],
}

/// How who holds Spot capacity gives it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// It does not, or not for this.
    Stays,
    /// It does so anyway.
    Leaves,
    /// All of it is free once it has ended.
    Ends,
    /// Cpu and memory count as free from when it is told to stop; its ports and interfaces are for later.
    Stops,
}

/// Where room comes to be, and whose it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    pub host: String,
    /// Names of claimants; empty where the room is free, or comes to be without more being taken.
    pub from: Vec<String>,
}

/// What is lost where capacity is taken back; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// How many end.
    ended: usize,
    /// MiB they hold.
    memory: u64,
}

/// What is to be taken back for a claim by `claimant`. `holder`: what to expect of who holds a claim of Spot
/// capacity. `None` if no host would have room without its Spot capacity.
pub fn plan(
    claimant: &str,
    claim: &Claim,
    candidates: &[Candidate<'_>],
    holder: &dyn Fn(&str, &Claim) -> Holder,
) -> Option<Taking> {
    let takings = candidates
        .iter()
        .filter_map(|it| on_host(claimant, claim, it, holder));
    // Fewest end; of those the ones that hold least; of those the first by the host's id.
    let (_, taking) = takings.min_by(|(a, of_a), (b, of_b)| {
        let by_host = of_a.host.cmp(&of_b.host);
        a.cmp(b).then(by_host)
    })?;
    Some(taking)
}

/// What is to be taken back on one host.
pub fn on_host(
    claimant: &str,
    claim: &Claim,
    candidate: &Candidate<'_>,
    holder: &dyn Fn(&str, &Claim) -> Holder,
) -> Option<(Cost, Taking)> {
    if !may_have_room(candidate.ledger, claimant, claim, candidate.kept) {
        return None;
    }
    let mut left = candidate.ledger.clone();
    let mut held: BTreeMap<String, (Claim, Holder)> = BTreeMap::new();
    for (name, claim) in candidate.ledger.claims.of_spot() {
        match holder(&name, claim) {
            Holder::Stays => {}
            Holder::Leaves => drop(ledger::release(&mut left, &name)),
            how => drop(held.insert(name, (claim.clone(), how))),
        }
    }
    let taking = |memory: u64, from: Vec<String>| {
        let ended = from.len();
        let host = candidate.host.to_owned();
        (Cost { ended, memory }, Taking { host, from })
    };
    let fits = |left: &Ledger| has_room(left, claimant, claim, candidate.kept);
    if fits(&left) {
        return Some(taking(0, Vec::new()));
    }
    // The largest first, so that few end.
    let mut order: Vec<(&String, &(Claim, Holder))> = held.iter().collect();
    order.sort_by_key(|(name, (it, _))| (Reverse((it.memory, it.cpu)), *name));
    let mut taken: Vec<(&String, &Claim)> = Vec::new();
    for (name, (it, how)) in order {
        if fits(&left) {
            break;
        }
        match how {
            Holder::Stops => ledger::stopping(&mut left, name),
            _ => ledger::release(&mut left, name),
        };
        taken.push((name, it));
    }
    if !fits(&left) {
        return None;
    }
    // What proved to be too much stays, the smallest first.
    let mut needed: Vec<(&String, &Claim)> = Vec::new();
    while let Some((name, it)) = taken.pop() {
        let mut with = left.clone();
        with.claims.insert(name, it.clone());
        match fits(&with) {
            true => left = with,
            false => needed.push((name, it)),
        }
    }
    let memory = needed.iter().map(|(_, it)| u64::from(it.memory)).sum();
    let mut names: Vec<String> = needed.into_iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    Some(taking(memory, names))
}

/// Whether it could have room if all of its Spot capacity went. Copies nothing: most hosts that are full could not.
pub fn may_have_room(ledger: &Ledger, claimant: &str, claim: &Claim, kept: &[Claim]) -> bool {
    let mut free = ledger::free_for(ledger, claimant);
    for (it, count) in ledger.claims.alike().filter(|(it, _)| it.spot) {
        free.cpu = free.cpu.saturating_add(it.cpu.saturating_mul(count));
        free.memory = free.memory.saturating_add(it.memory.saturating_mul(count));
    }
    for it in kept {
        free.cpu = free.cpu.saturating_sub(it.cpu);
        free.memory = free.memory.saturating_sub(it.memory);
    }
    claim.cpu <= free.cpu && claim.memory <= free.memory
}

/// As [`has_room`], for who has no patience with those who were told to stop and still use what they have.
pub fn has_ended_room(ledger: &Ledger, claimant: &str, claim: &Claim, kept: &[Claim]) -> bool {
    ledger::fits(&ended_room(ledger, claimant, kept), claim).is_ok()
}

/// What nobody has, nor was promised, nor still uses.
pub fn ended_room(ledger: &Ledger, claimant: &str, kept: &[Claim]) -> Free {
    let mut free = ledger::free_for(ledger, claimant);
    let stopping = ledger.claims.alike();
    for (it, count) in stopping.filter(|(it, _)| it.phase == Phase::Stopping) {
        free.cpu = free.cpu.saturating_sub(it.cpu.saturating_mul(count));
        free.memory = free.memory.saturating_sub(it.memory.saturating_mul(count));
    }
    beside(free, kept)
}

/// Whether the host has room for the claim beside what others were promised.
pub fn has_room(ledger: &Ledger, claimant: &str, claim: &Claim, kept: &[Claim]) -> bool {
    let free = beside(ledger::free_for(ledger, claimant), kept);
    ledger::fits(&free, claim).is_ok()
}

/// What is left of that beside what others were promised.
fn beside(mut free: Free, kept: &[Claim]) -> Free {
    for it in kept {
        free.cpu = free.cpu.saturating_sub(it.cpu);
        free.memory = free.memory.saturating_sub(it.memory);
        free.interfaces = free.interfaces.saturating_sub(it.interfaces);
        free.disk = free.disk.map(|disk| disk.saturating_sub(it.disk));
    }
    free
}

#[cfg(test)]
mod tests;
