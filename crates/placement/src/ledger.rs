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
}

/// What is left under `ledger`.
pub fn free(ledger: &Ledger) -> Free {
    let (mut cpu, mut memory, mut interfaces) = (0_u32, 0_u32, 0_u32);
    let mut taken = ledger.capacity.reserved.clone();
    for (claim, count) in ledger.claims.alike() {
        let all = |of_one: u32| of_one.saturating_mul(count);
        if claim.phase == Phase::Held {
            cpu = cpu.saturating_add(all(claim.cpu));
            memory = memory.saturating_add(all(claim.memory));
        }
        interfaces = interfaces.saturating_add(all(claim.interfaces));
        taken.extend(&claim.ports);
    }
    taken.sort_unstable();
    taken.dedup();
    Free {
        cpu: ledger.capacity.cpu.saturating_sub(cpu),
        memory: ledger.capacity.memory.saturating_sub(memory),
        interfaces: ledger.capacity.interfaces.saturating_sub(interfaces),
        taken,
    }
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
    Ok(())
}

/// Adds `claim` for `claimant`; repeating a claim that stands changes nothing.
pub fn claim(ledger: &mut Ledger, claimant: &str, claim: Claim) -> Result<(), Shortage> {
    if ledger.claims.get(claimant).is_some() {
        return Ok(());
    }
    fits(&free(ledger), &claim)?;
    ledger.claims.insert(claimant, claim);
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
            true
        }
        _ => false,
    }
}

/// The claimant is STOPPED: everything is free. Returns whether anything changed.
pub fn release(ledger: &mut Ledger, claimant: &str) -> bool {
    ledger.claims.remove(claimant).is_some()
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
