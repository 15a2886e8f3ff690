//! The arithmetic of a host's capacity ledger.
//!
//! Invariant: what counts of all claims never exceeds the capacity, except that a host which
//! registers again with less than it has already promised keeps its promises and takes no more.

use wharf_records::hosts::{Claim, Ledger, Phase, Port};

/// What a host has left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Free {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    pub interfaces: u32,
    /// Ports that are taken or reserved, sorted, each once.
    pub taken: Vec<Port>,
    /// MiB of disk; `None`: nobody said how much there is.
    pub disk: Option<u32>,
}

impl Free {
    /// What is left is less by a claim.
    pub fn take(&mut self, claim: &Claim) {
        self.cpu = self.cpu.saturating_sub(claim.cpu);
        self.memory = self.memory.saturating_sub(claim.memory);
        self.interfaces = self.interfaces.saturating_sub(claim.interfaces);
        self.disk = self.disk.map(|left| left.saturating_sub(claim.disk));
        self.taken.extend(&claim.ports);
        self.taken.sort_unstable();
    }
}

/// Why a claim does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shortage {
    #[error("not enough CPU units left on the host")]
    Cpu,
    #[error("not enough memory left on the host")]
    Memory,
    #[error("a port is taken on the host")]
    Ports,
    #[error("no network interface left on the host")]
    Interfaces,
    #[error("not enough disk left on the host")]
    Disk,
    #[error("the host is about to go")]
    Closed,
}

/// What is left under `ledger`.
pub fn free(ledger: &Ledger) -> Free {
    if ledger.closed {
        return Free {
            taken: ledger.capacity.reserved.clone(),
            disk: Some(0),
            ..Free::default()
        };
    }
    let (mut cpu, mut memory, mut interfaces, mut disk) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut taken = ledger.capacity.reserved.clone();
    for (claim, count) in ledger.claims.alike() {
        let all = |of_one: u32| of_one.saturating_mul(count);
        if claim.phase == Phase::Held {
            cpu = cpu.saturating_add(all(claim.cpu));
            memory = memory.saturating_add(all(claim.memory));
        }
        interfaces = interfaces.saturating_add(all(claim.interfaces));
        disk = disk.saturating_add(all(claim.disk));
        taken.extend(&claim.ports);
    }
    taken.sort_unstable();
    taken.dedup();
    Free {
        cpu: ledger.capacity.cpu.saturating_sub(cpu),
        memory: ledger.capacity.memory.saturating_sub(memory),
        interfaces: ledger.capacity.interfaces.saturating_sub(interfaces),
        taken,
        disk: ledger.capacity.disk.map(|all| all.saturating_sub(disk)),
    }
}

/// What is left for `claimant`, whose disk may be there already.
pub fn free_for(ledger: &Ledger, claimant: &str) -> Free {
    let mut left = free(ledger);
    let standing = ledger.claims.get(claimant);
    if let Some(kept) = standing.filter(|it| it.is_of_disk_alone()) {
        left.disk = left.disk.map(|disk| disk.saturating_add(kept.disk));
    }
    left
}

/// Whether `claim` fits into what is free.
pub fn fits(free: &Free, claim: &Claim) -> Result<(), Shortage> {
    if claim.cpu > free.cpu {
        return Err(Shortage::Cpu);
    }
    if claim.memory > free.memory {
        return Err(Shortage::Memory);
    }
    if claim
        .ports
        .iter()
        .any(|port| free.taken.binary_search(port).is_ok())
    {
        return Err(Shortage::Ports);
    }
    if claim.interfaces > free.interfaces {
        return Err(Shortage::Interfaces);
    }
    if free.disk.is_some_and(|free| claim.disk > free) {
        return Err(Shortage::Disk);
    }
    Ok(())
}

/// Adds `claim` for `claimant`, to the disk that it may have kept; repeating a claim that stands changes nothing.
pub fn claim(ledger: &mut Ledger, claimant: &str, claim: Claim) -> Result<(), Shortage> {
    let standing = ledger.claims.get(claimant);
    if standing.is_some_and(|it| !it.is_of_disk_alone()) {
        return Ok(());
    }
    // What asks for nothing fits everywhere else.
    if ledger.closed {
        return Err(Shortage::Closed);
    }
    fits(&free_for(ledger, claimant), &claim)?;
    ledger.claims.insert(claimant, claim);
    ledger.changes += 1;
    Ok(())
}

/// The claimant was told to stop: its cpu and memory are free, its ports and interfaces are not.
/// Returns whether anything changed.
pub fn stopping(ledger: &mut Ledger, claimant: &str) -> bool {
    match ledger.claims.get(claimant) {
        Some(claim) if claim.phase == Phase::Held => {
            let phase = Phase::Stopping;
            let claim = Claim {
                phase,
                ..claim.clone()
            };
            ledger.claims.insert(claimant, claim);
            ledger.changes += 1;
            true
        }
        _ => false,
    }
}

/// The claimant has stopped and may run again: all is free but its disk. Returns whether anything changed.
pub fn keep_disk(ledger: &mut Ledger, claimant: &str) -> bool {
    let Some(disk) = ledger.claims.get(claimant).map(|claim| claim.disk) else {
        return false;
    };
    match disk {
        0 => drop(ledger.claims.remove(claimant)),
        _ => ledger.claims.insert(claimant, Claim::of_disk_alone(disk)),
    }
    ledger.changes += 1;
    true
}

/// The claimant is STOPPED: everything is free. Returns whether anything changed.
pub fn release(ledger: &mut Ledger, claimant: &str) -> bool {
    let is_gone = ledger.claims.remove(claimant).is_some();
    ledger.changes += u64::from(is_gone);
    is_gone
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_records::hosts::{Capacity, Protocol};

    use super::*;

    fn tcp(number: u16) -> Port {
        Port {
            number,
            protocol: Protocol::Tcp,
        }
    }

    fn ledger() -> Ledger {
        let capacity = Capacity {
            cpu: 2048,
            memory: 4096,
            interfaces: 2,
            reserved: vec![tcp(22)],
            disk: Some(100),
        };
        Ledger {
            capacity,
            ..Ledger::default()
        }
    }

    fn of(cpu: u32, memory: u32, ports: &[u16]) -> Claim {
        Claim {
            cpu,
            memory,
            ports: ports.iter().copied().map(tcp).collect(),
            ..Claim::default()
        }
    }

    #[test]
    fn names_what_is_short() {
        let mut ledger = ledger();
        assert_eq!(claim(&mut ledger, "a", of(1024, 1024, &[80])), Ok(()));
        assert_eq!(
            claim(&mut ledger, "b", of(2048, 1, &[])),
            Err(Shortage::Cpu)
        );
        assert_eq!(
            claim(&mut ledger, "b", of(1, 4096, &[])),
            Err(Shortage::Memory)
        );
        assert_eq!(
            claim(&mut ledger, "b", of(1, 1, &[80])),
            Err(Shortage::Ports)
        );
        assert_eq!(
            claim(&mut ledger, "b", of(1, 1, &[22])),
            Err(Shortage::Ports)
        );
        let interfaces = Claim {
            interfaces: 3,
            ..Claim::default()
        };
        assert_eq!(
            claim(&mut ledger, "b", interfaces),
            Err(Shortage::Interfaces)
        );
    }

    #[test]
    fn nothing_comes_to_a_host_that_is_about_to_go() {
        let mut ledger = ledger();
        claim(&mut ledger, "a", of(1024, 1024, &[])).unwrap();
        ledger.closed = true;
        for wanted in [of(1, 1, &[]), of(0, 0, &[]), Claim::default()] {
            assert_eq!(claim(&mut ledger, "b", wanted), Err(Shortage::Closed));
        }
        assert_eq!((free(&ledger).cpu, free(&ledger).memory), (0, 0));
        // Who is there stays there, and leaves as ever.
        assert_eq!(claim(&mut ledger, "a", of(1024, 1024, &[])), Ok(()));
        assert!(release(&mut ledger, "a"));
        assert_eq!(
            claim(&mut ledger, "a", of(1, 1, &[])),
            Err(Shortage::Closed)
        );
    }

    #[test]
    fn a_stopping_task_keeps_its_ports_until_stopped() {
        let mut ledger = ledger();
        claim(&mut ledger, "a", of(2048, 4096, &[80])).unwrap();
        assert!(stopping(&mut ledger, "a"));
        assert!(!stopping(&mut ledger, "a"));
        assert_eq!(free(&ledger).cpu, 2048);
        assert_eq!(
            claim(&mut ledger, "b", of(1, 1, &[80])),
            Err(Shortage::Ports)
        );
        assert!(release(&mut ledger, "a"));
        assert_eq!(claim(&mut ledger, "b", of(1, 1, &[80])), Ok(()));
    }

    #[test]
    fn a_disk_is_held_while_its_claimant_does_not_run() {
        let mut ledger = ledger();
        let with_disk = |disk| Claim {
            disk,
            ..of(2048, 4096, &[])
        };
        assert_eq!(claim(&mut ledger, "a", with_disk(60)), Ok(()));
        assert!(keep_disk(&mut ledger, "a"));
        let left = free(&ledger);
        assert_eq!((left.cpu, left.memory, left.disk), (2048, 4096, Some(40)));
        assert_eq!(claim(&mut ledger, "b", with_disk(60)), Err(Shortage::Disk));
        // What it has already is enough for it to run again.
        assert!(fits(&free_for(&ledger, "a"), &with_disk(60)).is_ok());
        assert_eq!(claim(&mut ledger, "a", with_disk(60)), Ok(()));
        assert_eq!(free(&ledger).cpu, 0);
        assert!(release(&mut ledger, "a"));
        assert_eq!(claim(&mut ledger, "b", with_disk(100)), Ok(()));
    }

    #[test]
    fn a_host_that_does_not_say_is_not_limited_and_nothing_is_kept_without_a_disk() {
        let mut ledger = ledger();
        ledger.capacity.disk = None;
        let large = Claim::of_disk_alone(u32::MAX);
        assert_eq!(claim(&mut ledger, "a", large), Ok(()));
        assert_eq!(claim(&mut ledger, "b", of(1, 1, &[])), Ok(()));
        assert!(keep_disk(&mut ledger, "b") && ledger.claims.get("b").is_none());
        assert!(!keep_disk(&mut ledger, "b"));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Claim(u8, u32, u32, Vec<u16>),
        Stopping(u8),
        Release(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (
                0..9_u8,
                0..1500_u32,
                0..3000_u32,
                proptest::collection::vec(20..30_u16, 0..3)
            )
                .prop_map(|(id, cpu, memory, ports)| Step::Claim(id, cpu, memory, ports)),
            (0..9_u8).prop_map(Step::Stopping),
            (0..9_u8).prop_map(Step::Release),
        ]
    }

    proptest! {
        #[test]
        fn never_overcommitted(steps in proptest::collection::vec(step(), 0..60)) {
            let mut ledger = ledger();
            for step in steps {
                match step {
                    Step::Claim(id, cpu, memory, ports) => {
                        let _ = claim(&mut ledger, &id.to_string(), of(cpu, memory, &ports));
                    }
                    Step::Stopping(id) => { stopping(&mut ledger, &id.to_string()); }
                    Step::Release(id) => { release(&mut ledger, &id.to_string()); }
                }
                let held = || ledger.claims.alike().filter(|(c, _)| c.phase == Phase::Held);
                prop_assert!(held().map(|(c, count)| c.cpu * count).sum::<u32>() <= 2048);
                prop_assert!(held().map(|(c, count)| c.memory * count).sum::<u32>() <= 4096);
                for number in 20..30 {
                    let holders = ledger.claims.alike()
                        .filter(|(c, _)| c.ports.contains(&tcp(number)));
                    let holders: u32 = holders.map(|(_, count)| count).sum();
                    prop_assert!(holders <= u32::from(number != 22));
                }
            }
        }
    }
}
