//! First come, first served: which waiting tasks may begin (§5, "Tasks queue FIFO").
//!
//! The control plane hands out what a stopping task still holds, so a task may arrive before its
//! room is free. The head of the queue waits for its room and nobody overtakes it, or a large task
//! could starve.

use std::collections::BTreeSet;

use super::spec::Claims;

/// What the host has to give, as it was registered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostCapacity {
    /// 1024ths of a core.
    pub cpu: u64,
    /// MiB
    pub memory: u64,
}

/// What running and stopping tasks hold.
#[derive(Debug, Clone, Default)]
pub struct Held {
    cpu: u64,
    memory: u64,
    ports: BTreeSet<(u16, bool)>,
}

/// The answer for one waiting task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Admit,
    Wait,
    /// Not even an empty host has room: waiting would block the queue for good.
    Never,
}

impl Held {
    pub fn add(&mut self, claims: &Claims) {
        self.cpu = self.cpu.saturating_add(claims.cpu);
        self.memory = self.memory.saturating_add(claims.memory);
        self.ports.extend(&claims.ports);
    }

    fn has_room(&self, claims: &Claims, host: &HostCapacity) -> bool {
        self.cpu.saturating_add(claims.cpu) <= host.cpu
            && self.memory.saturating_add(claims.memory) <= host.memory
            && claims.ports.iter().all(|port| !self.ports.contains(port))
    }
}

/// One verdict for each of `waiting`, in order of arrival.
pub fn admit<'a>(
    waiting: impl IntoIterator<Item = &'a Claims>,
    mut held: Held,
    host: &HostCapacity,
) -> Vec<Verdict> {
    let mut blocked = false;
    waiting
        .into_iter()
        .map(|claims| {
            if !Held::default().has_room(claims, host) {
                return Verdict::Never;
            }
            blocked = blocked || !held.has_room(claims, host);
            if blocked {
                return Verdict::Wait;
            }
            held.add(claims);
            Verdict::Admit
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Verdict::*, *};

    fn claims(cpu: u64, ports: &[u16]) -> Claims {
        Claims {
            cpu,
            memory: 0,
            ports: ports.iter().map(|p| (*p, false)).collect(),
        }
    }

    fn check(held: &[Claims], waiting: &[Claims], want: &[Verdict]) {
        let mut sum = Held::default();
        held.iter().for_each(|c| sum.add(c));
        let host = HostCapacity {
            cpu: 100,
            memory: 100,
        };
        assert_eq!(admit(waiting, sum, &host), want);
    }

    #[test]
    fn nobody_overtakes() {
        check(
            &[claims(60, &[])],
            &[claims(50, &[]), claims(1, &[])],
            &[Wait, Wait],
        );
        check(
            &[claims(60, &[])],
            &[claims(40, &[]), claims(1, &[])],
            &[Admit, Wait],
        );
    }

    #[test]
    fn ports_are_exclusive() {
        check(&[claims(1, &[80])], &[claims(1, &[80])], &[Wait]);
        check(&[], &[claims(1, &[80]), claims(1, &[80])], &[Admit, Wait]);
    }

    #[test]
    fn what_can_never_fit_does_not_block() {
        check(&[], &[claims(101, &[]), claims(1, &[])], &[Never, Admit]);
    }
}
