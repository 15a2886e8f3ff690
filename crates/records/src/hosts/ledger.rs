//! The capacity ledger of one host, as stored. Its arithmetic is in `wharf-placement`.
//!
//! The record is rewritten with every claim, so it is kept short: a host mostly runs many tasks of
//! a few shapes, and claims alike are kept as one *lot*. Format 1 had a map from claimant to claim;
//! it is read still, and written as lots from then on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    key::machine,
    value::{Record, Unknown},
};

/// Everything claimed on a host. Whoever claims or frees rewrites this record in the same
/// transaction that compares its revision, so that two schedulers can never overcommit a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Ledger {
    pub capacity: Capacity,
    /// By the claimant, e.g. a task's ARN.
    #[serde(rename = "lots")]
    pub claims: Claims,
    /// How often a claim came, changed or went.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub changes: u64,
    /// Its machine is about to go: nothing is claimed any more. Never taken back.
    #[serde(default, skip_serializing_if = "is_not")]
    pub closed: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

fn is_nothing(changes: &u64) -> bool {
    *changes == 0
}

impl Record for Ledger {
    const KIND: &'static str = "ledger";
    const FORMAT: u32 = 2;
}

impl Ledger {
    /// `host`: the id of the host.
    pub fn key(host: &str) -> String {
        machine::key(Self::KIND, host)
    }
}

/// Both formats.
#[derive(Deserialize)]
struct Stored {
    capacity: Capacity,
    #[serde(default)]
    lots: Claims,
    #[serde(default)]
    changes: u64,
    #[serde(default)]
    closed: bool,
    /// Format 1.
    #[serde(default)]
    claims: BTreeMap<String, Claim>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl From<Stored> for Ledger {
    fn from(stored: Stored) -> Self {
        let mut claims = stored.lots;
        for (claimant, claim) in stored.claims {
            claims.insert(&claimant, claim);
        }
        Self {
            capacity: stored.capacity,
            claims,
            changes: stored.changes,
            closed: stored.closed,
            unknown: stored.unknown,
        }
    }
}

/// Claims by claimant, those alike together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims {
    lots: Vec<Lot>,
}

/// Claimants of claims alike. A claimant is what `of` says and one of `ids`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lot {
    claim: Claim,
    /// What the claimants have in common: up to and with their last slash.
    of: String,
    /// Each ended by a space.
    ids: String,
}

/// A claimant's name in two parts, the second of which holds no space.
fn split(claimant: &str) -> (&str, &str) {
    let at = claimant.rfind('/').map_or(0, |slash| slash + 1);
    match claimant[at..].contains(' ') {
        true => (claimant, ""),
        false => claimant.split_at(at),
    }
}

impl Lot {
    /// Where an id stands.
    fn find(&self, id: &str) -> Option<usize> {
        let mut at = 0;
        for one in self.ids.split_terminator(' ') {
            if one == id {
                return Some(at);
            }
            at += one.len() + 1;
        }
        None
    }

    fn len(&self) -> usize {
        self.ids.bytes().filter(|byte| *byte == b' ').count()
    }
}

impl Claims {
    pub fn get(&self, claimant: &str) -> Option<&Claim> {
        let (of, id) = split(claimant);
        let mut lots = self.lots.iter().filter(|lot| lot.of == of);
        Some(&lots.find(|lot| lot.find(id).is_some())?.claim)
    }

    /// Adds a claim, in place of an earlier one of the same claimant.
    pub fn insert(&mut self, claimant: &str, claim: Claim) {
        self.remove(claimant);
        let (of, id) = split(claimant);
        let alike = |lot: &&mut Lot| lot.of == of && lot.claim == claim;
        let lot = match self.lots.iter_mut().find(alike) {
            Some(lot) => lot,
            None => {
                self.lots.push(Lot {
                    claim,
                    of: of.to_owned(),
                    ids: String::new(),
                });
                let last = self.lots.len() - 1;
                &mut self.lots[last]
            }
        };
        lot.ids.push_str(id);
        lot.ids.push(' ');
    }

    pub fn remove(&mut self, claimant: &str) -> Option<Claim> {
        let (of, id) = split(claimant);
        let found = |(number, lot): (usize, &Lot)| {
            let at = (lot.of == of).then(|| lot.find(id)).flatten()?;
            Some((number, at))
        };
        let (number, at) = self.lots.iter().enumerate().find_map(found)?;
        self.lots[number].ids.drain(at..=at + id.len());
        match self.lots[number].ids.is_empty() {
            true => Some(self.lots.remove(number).claim),
            false => Some(self.lots[number].claim.clone()),
        }
    }

    pub fn len(&self) -> usize {
        self.lots.iter().map(Lot::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.lots.is_empty()
    }

    /// Each claim there is, and how many have it.
    pub fn alike(&self) -> impl Iterator<Item = (&Claim, u32)> {
        let count = |lot: &Lot| u32::try_from(lot.len()).unwrap_or(u32::MAX);
        self.lots.iter().map(move |lot| (&lot.claim, count(lot)))
    }

    /// Every claim that is Spot capacity, with its claimant.
    pub fn of_spot(&self) -> impl Iterator<Item = (String, &Claim)> {
        let lots = self.lots.iter().filter(|lot| lot.claim.spot);
        lots.flat_map(|lot| {
            let ids = lot.ids.split_terminator(' ');
            ids.map(move |id| (format!("{}{id}", lot.of), &lot.claim))
        })
    }

    pub fn claimants(&self) -> impl Iterator<Item = String> {
        self.lots.iter().flat_map(|lot| {
            let ids = lot.ids.split_terminator(' ');
            ids.map(|id| format!("{}{id}", lot.of))
        })
    }
}

impl<'a> FromIterator<(&'a str, Claim)> for Claims {
    fn from_iter<I: IntoIterator<Item = (&'a str, Claim)>>(all: I) -> Self {
        let mut claims = Self::default();
        for (claimant, claim) in all {
            claims.insert(claimant, claim);
        }
        claims
    }
}

/// What a host has to give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// CPU units, 1024 a core.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// Network interfaces for tasks of their own.
    pub interfaces: u32,
    /// Ports nobody may claim, sorted.
    #[serde(default)]
    pub reserved: Vec<Port>,
    /// MiB of disk, where the host says how much of it may be promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    pub interfaces: u32,
    #[serde(default)]
    pub ports: Vec<Port>,
    pub phase: Phase,
    /// MiB of disk; held for as long as there is a claim.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub disk: u32,
    /// Spot capacity: it is taken back when somebody else needs the room.
    #[serde(default, skip_serializing_if = "is_not")]
    pub spot: bool,
}

impl Claim {
    /// What is left of a claim whose claimant does not run, and may again: the disk that it finds then.
    pub fn of_disk_alone(disk: u32) -> Self {
        Self {
            disk,
            ..Self::default()
        }
    }

    pub fn is_of_disk_alone(&self) -> bool {
        self.disk > 0 && *self == Self::of_disk_alone(self.disk)
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

// As serde hands it over.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_not(flag: &bool) -> bool {
    !*flag
}

/// How much of a claim still counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// All of it.
    #[default]
    Held,
    /// Told to stop: cpu and memory are free for the next task, which the node starts only once
    /// they really are; ports and interfaces are held until STOPPED.
    Stopping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    pub number: u16,
    pub protocol: Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Tcp,
    Udp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{decode, encode};

    fn claim(cpu: u32) -> Claim {
        Claim {
            cpu,
            memory: 512,
            ..Claim::default()
        }
    }

    const TASK: &str = "arn:aws:ecs:r:a:task/c/";

    #[test]
    fn claims_alike_are_one_lot() {
        let mut ledger = Ledger::default();
        for (id, cpu) in [("1", 256), ("2", 256), ("3", 512)] {
            ledger.claims.insert(&format!("{TASK}{id}"), claim(cpu));
        }
        let stored = encode(&ledger);
        assert_eq!(
            std::str::from_utf8(&stored).unwrap(),
            concat!(
                r#"{"kind":"ledger","format":2,"body":{"capacity":{"cpu":0,"memory":0,"interfaces":0,"reserved":[]},"lots":["#,
                r#"{"claim":{"cpu":256,"memory":512,"interfaces":0,"ports":[],"phase":"held"},"of":"arn:aws:ecs:r:a:task/c/","ids":"1 2 "},"#,
                r#"{"claim":{"cpu":512,"memory":512,"interfaces":0,"ports":[],"phase":"held"},"of":"arn:aws:ecs:r:a:task/c/","ids":"3 "}]}}"#,
            )
        );
        assert_eq!(decode::<Ledger>(&stored).unwrap(), ledger);
    }

    #[test]
    fn a_ledger_that_is_closed_stays_so() {
        let closed = Ledger {
            closed: true,
            ..Ledger::default()
        };
        let stored = encode(&closed);
        let text = std::str::from_utf8(&stored).unwrap();
        assert!(text.contains(r#""closed":true"#), "{text}");
        assert_eq!(decode::<Ledger>(&stored).unwrap(), closed);
    }

    #[test]
    fn format_1_is_read_and_written_as_format_2() {
        let old = br#"{"kind":"ledger","format":1,"body":{"capacity":{"cpu":2048,"memory":4096,"interfaces":2,"reserved":[{"number":22,"protocol":"tcp"}]},
            "claims":{"arn:aws:ecs:r:a:task/c/1":{"cpu":256,"memory":512,"interfaces":1,"ports":[{"number":80,"protocol":"tcp"}],"phase":"stopping"}},"later":7}}"#;
        let ledger: Ledger = decode(old).unwrap();
        let claim = ledger.claims.get("arn:aws:ecs:r:a:task/c/1").unwrap();
        assert_eq!((claim.cpu, claim.phase), (256, Phase::Stopping));
        assert_eq!((ledger.capacity.cpu, ledger.claims.len()), (2048, 1));
        let again: Ledger = decode(&encode(&ledger)).unwrap();
        assert_eq!(again, ledger);
        assert_eq!(again.unknown["later"], 7);
    }

    proptest! {
        /// As a map would, whatever the claimants are called.
        #[test]
        fn claims_are_a_map(changes in prop::collection::vec(("[ab/ ]{0,3}", prop::option::of(0_u32..3)), 0..40)) {
            let (mut claims, mut map) = (Claims::default(), BTreeMap::new());
            for (claimant, cpu) in changes {
                match cpu {
                    Some(cpu) => {
                        claims.insert(&claimant, claim(cpu));
                        map.insert(claimant, claim(cpu));
                    }
                    None => prop_assert_eq!(claims.remove(&claimant), map.remove(&claimant)),
                }
                prop_assert_eq!(claims.len(), map.len());
                prop_assert_eq!(claims.is_empty(), map.is_empty());
            }
            let mut names: Vec<_> = claims.claimants().collect();
            names.sort();
            prop_assert!(names.iter().eq(map.keys()));
            for (claimant, claim) in &map {
                prop_assert_eq!(claims.get(claimant), Some(claim));
            }
            let total: u32 = claims.alike().map(|(claim, count)| claim.cpu * count).sum();
            prop_assert_eq!(total, map.values().map(|claim| claim.cpu).sum::<u32>());
            let ledger = Ledger { claims, ..Ledger::default() };
            prop_assert_eq!(decode::<Ledger>(&encode(&ledger)).unwrap(), ledger);
        }
    }
}
