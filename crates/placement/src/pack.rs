//! Where those who wait would go, on machines that are there and on further ones.
//!
//! Claims are packed in the order in which they are given, each into the first bin that takes it; of the sizes that a further machine
//! may have, the one of which they leave least unused is the best, by what machines cost beside each other.

use std::collections::BTreeSet;

use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_records::hosts::{Capacity, Claim};

use crate::ledger::{Free, fits};

/// What a core costs beside a MiB of memory: on-demand prices of AWS rise by both, and by little else.
const CORE_COST: u64 = 37 * 1024;
/// Quarters.
const MIB_COST: u64 = 11;

/// What so much of a machine costs.
pub fn cost(cpu: u32, memory: u32) -> u64 {
    u64::from(cpu) * CORE_COST / u64::from(UNITS_OF_A_CORE) + u64::from(memory) * MIB_COST / 4
}

/// What of machines a claim takes.
pub fn cost_of(claim: &Claim) -> u64 {
    cost(claim.cpu, claim.memory)
}

/// What a machine of that capacity has before anything runs there.
pub fn all_of(capacity: &Capacity) -> Free {
    Free {
        cpu: capacity.cpu,
        memory: capacity.memory,
        interfaces: capacity.interfaces,
        disk: capacity.disk,
        taken: capacity.reserved.clone(),
    }
}

/// What somebody who waits asks of a machine.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub claim: &'a Claim,
    /// No two of these on one machine.
    pub apart: Option<&'a str>,
    /// Of its processor; any without.
    pub architecture: Option<&'a str>,
}

/// A machine while it is filled.
#[derive(Debug, Clone)]
pub struct Bin<'a> {
    /// That it runs programs of; any, where nobody knows.
    architectures: Option<&'a [String]>,
    free: Free,
    apart: BTreeSet<&'a str>,
    taken: bool,
}

impl<'a> Bin<'a> {
    pub fn new(free: Free, architectures: Option<&'a [String]>) -> Self {
        Self {
            architectures,
            free,
            apart: BTreeSet::new(),
            taken: false,
        }
    }

    /// Whether there is room for one more.
    pub fn takes(&self, ask: &Ask<'_>) -> bool {
        let is_named = |own: &[String]| {
            let mut wanted = ask.architecture.into_iter();
            wanted.all(|wanted| own.iter().any(|it| it == wanted))
        };
        self.architectures.is_none_or(is_named)
            && fits(&self.free, ask.claim).is_ok()
            && !ask.apart.is_some_and(|it| self.apart.contains(it))
    }

    pub fn take(&mut self, ask: &Ask<'a>) {
        self.free.take(ask.claim);
        self.apart.extend(ask.apart);
        self.taken = true;
    }

    /// Whether somebody was given room there.
    pub fn is_taken(&self) -> bool {
        self.taken
    }
}

/// Who would be on a further machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// Their numbers.
    takes: Vec<usize>,
    /// What they would use of it, and all of it.
    used: u64,
    cost: u64,
}

impl Filling {
    /// Less waste first, then room for more; `None` where both are alike.
    pub fn is_better_than(&self, other: &Self) -> Option<bool> {
        let own = u128::from(self.used) * u128::from(other.cost);
        let others = u128::from(other.used) * u128::from(self.cost);
        let (own, others) = ((own, self.takes.len()), (others, other.takes.len()));
        (own != others).then_some(own > others)
    }

    /// Takes who would be on it out of all who wait, in the order in which they were numbered.
    pub fn take_from<T>(&self, waiting: &mut Vec<T>) {
        let mut number = 0;
        waiting.retain(|_| {
            number += 1;
            !self.takes.contains(&(number - 1))
        });
    }
}

/// Fills a further machine that costs so much with the first of those who wait, and with all others that fit on it; `None` where the
/// first does not.
pub fn fill<'a>(
    mut bin: Bin<'a>,
    cost: u64,
    waiting: impl Iterator<Item = (usize, Ask<'a>)>,
) -> Option<Filling> {
    let (mut takes, mut used) = (Vec::new(), 0);
    for (number, ask) in waiting {
        if bin.takes(&ask) {
            bin.take(&ask);
            takes.push(number);
            used += cost_of(ask.claim).max(1);
        } else if takes.is_empty() {
            return None;
        }
    }
    (!takes.is_empty()).then_some(Filling { takes, used, cost })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(cpu: u32, memory: u32) -> Claim {
        Claim {
            cpu,
            memory,
            ..Claim::default()
        }
    }

    fn ask(claim: &Claim) -> Ask<'_> {
        Ask {
            claim,
            apart: None,
            architecture: None,
        }
    }

    fn bin(cpu: u32, memory: u32) -> Bin<'static> {
        let free = Free {
            cpu,
            memory,
            ..Free::default()
        };
        Bin::new(free, None)
    }

    #[test]
    fn a_bin_takes_what_fits_beside_what_it_has() {
        let half = claim(512, 1024);
        let mut bin = bin(1024, 2048);
        assert!(!bin.is_taken());
        for _ in 0..2 {
            assert!(bin.takes(&ask(&half)));
            bin.take(&ask(&half));
        }
        assert!(!bin.takes(&ask(&half)) && bin.is_taken());
    }

    #[test]
    fn what_is_to_be_apart_is_and_processors_are_heeded() {
        let (arm, small) = (["arm64".to_owned()], claim(1, 1));
        let free = Free {
            cpu: 1024,
            memory: 1024,
            ..Free::default()
        };
        let mut bin = Bin::new(free, Some(&arm));
        let of = |architecture| Ask {
            apart: Some("web"),
            architecture,
            ..ask(&small)
        };
        assert!(!bin.takes(&of(Some("x86_64"))));
        assert!(bin.takes(&of(None)) && bin.takes(&of(Some("arm64"))));
        bin.take(&of(None));
        assert!(!bin.takes(&of(None)) && bin.takes(&ask(&small)));
    }

    #[test]
    fn the_better_filling_wastes_less_then_takes_more() {
        let claims = [claim(1024, 2048), claim(1024, 2048), claim(4096, 1)];
        let waiting = || claims.iter().map(ask).enumerate();
        let of = |cpu, memory| fill(bin(cpu, memory), cost(cpu, memory), waiting());
        let (small, large) = (of(1024, 2048).unwrap(), of(2048, 4096).unwrap());
        assert_eq!((&small.takes, &large.takes), (&vec![0], &vec![0, 1]));
        // Both are full.
        assert_eq!(large.is_better_than(&small), Some(true));
        assert_eq!(small.is_better_than(&small.clone()), None);
        let wasteful = of(4096, 16_384).unwrap();
        assert_eq!(wasteful.is_better_than(&small), Some(false));
        assert_eq!(of(512, 512), None, "the first has no room");
    }
}
