//! The room that Spot capacity leaves to those who wait for Fargate and are about to have it. Pure.

use wharf_placement::{HostIx, ledger, pack::Bin};
use wharf_records::hosts::Claim;

use super::FargateWaiting;
use crate::{Machines, Promises, zone_letter};

/// The attribute by which a machine says which programs it runs.
const ARCHITECTURE: &str = "ecs.cpu-architecture";
/// Claimants for whom room is kept in one look.
const MOST_KEPT_FOR: usize = 1000;

/// What is kept on all machines, since those who wait are of all accounts and regions: each has room on those that serve it alone.
/// `given`: where something of that claim was just placed, which no ledger shows yet.
pub(super) fn look(
    waiting: &[FargateWaiting],
    machines: &Machines,
    given: &[HostIx],
    claim: &Claim,
) -> Promises {
    if waiting.iter().all(|it| it.claim.spot) {
        return Promises::new();
    }
    kept_from_spot(waiting, rooms(machines, given, claim))
}

/// The machines that take what runs on Fargate.
fn rooms<'a>(machines: &'a Machines, given: &[HostIx], claim: &Claim) -> Vec<Room<'a>> {
    let fleet = machines.fleet();
    let hosts = machines.hosts().iter().filter(|(_, host)| host.fargate);
    let rooms = hosts.filter_map(|(id, host)| {
        let row = fleet.row(id)?;
        let serves = fleet.served_by(row)?;
        let registered = machines.registration(id)?;
        let mut free = ledger::free(machines.ledgers().get(id)?);
        for _ in given.iter().filter(|it| **it == row) {
            free.take(claim);
        }
        let own = registered.attributes.get(ARCHITECTURE);
        let own = own.and_then(Option::as_ref).map(std::slice::from_ref);
        fleet.is_active(id).then(|| Room {
            host: id,
            zone: zone_letter(&registered.region, &host.availability_zone).to_owned(),
            accounts: &serves.accounts,
            regions: &serves.regions,
            bin: Bin::new(free, own),
        })
    });
    rooms.collect()
}

/// A machine that takes what runs on Fargate, with the room that it has.
#[derive(Debug, Clone)]
struct Room<'a> {
    host: &'a str,
    /// The letter of its zone.
    zone: String,
    /// Whom it takes alone, and of which regions, if any are named.
    accounts: &'a [String],
    regions: &'a [String],
    bin: Bin<'a>,
}

impl Room<'_> {
    fn serves(&self, one: &FargateWaiting) -> bool {
        let is_among = |all: &[String], own: &str| all.is_empty() || all.iter().any(|it| it == own);
        let region = one.claimant.region();
        (one.zones.is_empty() || one.zones.contains(&self.zone))
            && is_among(self.accounts, &one.account)
            && region.is_none_or(|it| is_among(self.regions, it))
    }
}

/// The room that those are about to have who wait for other capacity than Spot's: Spot capacity leaves it to them.
fn kept_from_spot<'a>(waiting: &'a [FargateWaiting], mut rooms: Vec<Room<'a>>) -> Promises {
    rooms.sort_by_key(|it| it.host);
    let mut kept = Promises::new();
    // One of each that are alike, and the room at which the last of these arrived: there is none before it for the next.
    let mut arrived: Vec<(&FargateWaiting, usize)> = Vec::new();
    let others = waiting.iter().filter(|it| !it.claim.spot);
    for one in others.take(MOST_KEPT_FOR) {
        let ask = one.ask();
        let like = arrived.iter().position(|(it, _)| it.is_like(one));
        let from = like.map_or(0, |number| arrived[number].1);
        let mut left = rooms.iter_mut().enumerate().skip(from);
        let found = left.find(|(_, it)| it.serves(one) && it.bin.takes(&ask));
        let at = match found {
            Some((at, room)) => {
                room.bin.take(&ask);
                let of_host = kept.entry(room.host.to_owned()).or_default();
                of_host.push(one.claim.clone());
                at
            }
            None => usize::MAX,
        };
        match like {
            Some(number) => arrived[number].1 = at,
            None => arrived.push((one, at)),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use wharf_base::Timestamp;
    use wharf_placement::pack::all_of;
    use wharf_records::{
        Unknown,
        hosts::{Capacity, Host, Ledger},
    };

    use super::*;
    use crate::{
        Claimant, Held, Registration,
        fargate::tests::{claim, waiting},
    };

    #[test]
    fn each_of_many_alike_has_room_of_its_own() {
        let mut rooms = Vec::new();
        for host in ["h1", "h2"] {
            let free = all_of(&Capacity {
                cpu: 512,
                memory: 4096,
                interfaces: 10,
                ..Capacity::default()
            });
            rooms.push(Room {
                host,
                zone: "a".to_owned(),
                accounts: &[],
                regions: &[],
                bin: Bin::new(free, None),
            });
        }
        let large = FargateWaiting {
            claim: claim(512),
            ..waiting("i-2")
        };
        let [one, two] = [waiting("i-1"), waiting("i-3")];
        let four = || waiting("i-4");
        let all = [one, large.clone(), two, four(), large, four()];
        let kept = kept_from_spot(&all, rooms);
        let expected = [("h1", vec![claim(256); 2]), ("h2", vec![claim(512)])];
        let expected = expected.map(|(host, all)| (host.to_owned(), all));
        assert_eq!(kept, Promises::from(expected));
    }

    #[test]
    fn spot_leaves_the_room_that_others_wait_for() {
        let free = |cpu| {
            all_of(&Capacity {
                cpu,
                memory: 4096,
                interfaces: 10,
                ..Capacity::default()
            })
        };
        let room = |host: &'static str, zone: &str, cpu| Room {
            host,
            zone: zone.to_owned(),
            accounts: &[],
            regions: &[],
            bin: Bin::new(free(cpu), None),
        };
        let rooms = || vec![room("h2", "b", 512), room("h1", "a", 1024)];
        let of_spot = FargateWaiting {
            claim: Claim {
                spot: true,
                ..claim(1024)
            },
            ..waiting("i-1")
        };
        assert!(kept_from_spot(std::slice::from_ref(&of_spot), rooms()).is_empty());
        let in_b = FargateWaiting {
            zones: BTreeSet::from(["b".to_owned()]),
            ..waiting("i-2")
        };
        let large = FargateWaiting {
            claim: claim(4096),
            ..waiting("i-3")
        };
        let all = [of_spot, in_b, large, waiting("i-4")];
        let kept = kept_from_spot(&all, rooms());
        let one = vec![claim(256)];
        assert_eq!(
            kept,
            Promises::from([("h1".to_owned(), one.clone()), ("h2".to_owned(), one)])
        );
        // What is not for them is kept from nobody.
        let task = "arn:aws:ecs:us-east-1:000000000000:task/default/1f";
        let named = [FargateWaiting {
            claimant: Claimant::new("task", task),
            ..waiting("")
        }];
        let (one, other) = (["000000000000".to_owned()], ["111122223333".to_owned()]);
        let (here, there) = (["us-east-1".to_owned()], ["eu-west-1".to_owned()]);
        for (accounts, regions, is_kept) in [
            (&one, &here, true),
            (&other, &here, false),
            (&one, &there, false),
        ] {
            let room = Room {
                accounts,
                regions,
                ..room("h1", "a", 1024)
            };
            let kept = kept_from_spot(&named, vec![room]);
            assert_eq!(kept.is_empty(), !is_kept, "{accounts:?} {regions:?}");
        }
    }

    /// Hosts with so many CPU units, the first of which takes what runs on Fargate.
    fn machines(units: [u32; 2]) -> Machines {
        let mut machines = Machines::default();
        for (number, cpu) in units.into_iter().enumerate() {
            let id = format!("h{number}");
            let capacity = Capacity {
                cpu,
                memory: 4096,
                interfaces: 10,
                ..Capacity::default()
            };
            let host = Host {
                id: id.clone(),
                capacity: capacity.clone(),
                fargate: number == 0,
                accounts: Vec::new(),
                regions: Vec::new(),
                availability_zone: "ra".to_owned(),
                instance: format!("instance of {id}"),
                unknown: Unknown::new(),
            };
            let registration = Registration {
                host: id.clone(),
                account: "a".to_owned(),
                region: "r".to_owned(),
                cluster_arn: "a cluster".to_owned(),
                provider: None,
                of_provider_alone: false,
                of_installation: true,
                of_other_machine: false,
                active: true,
                agent_connected: true,
                disconnected_at: None,
                agent_version: String::new(),
                ec2_instance: String::new(),
                registered_at: Timestamp(0),
                attributes: [(ARCHITECTURE.to_owned(), Some("arm64".to_owned()))].into(),
            };
            let ledger = Ledger {
                capacity,
                ..Ledger::default()
            };
            machines.register(&host.instance, Some(registration));
            machines.put_host(&id, Some(held(Host::key(&id), host)));
            machines.put_ledger(&id, Some(held(Ledger::key(&id), ledger)));
        }
        machines
    }

    fn held<T>(key: String, record: T) -> Held<T> {
        Held {
            key,
            revision: 1,
            record: Arc::new(record),
        }
    }

    #[test]
    fn room_is_kept_on_machines_of_fargate_as_what_was_just_placed_leaves_it() {
        let machines = machines([1024, 4096]);
        let in_a = FargateWaiting {
            zones: BTreeSet::from(["a".to_owned()]),
            ..waiting("i-1")
        };
        let of = |one: &FargateWaiting, given: usize| {
            let row = machines.fleet().row("h0").unwrap();
            let given = vec![row; given];
            look(std::slice::from_ref(one), &machines, &given, &claim(512))
        };
        let kept = Promises::from([("h0".to_owned(), vec![claim(256)])]);
        assert_eq!(of(&in_a, 0), kept);
        assert_eq!(of(&in_a, 1), kept);
        assert_eq!(of(&in_a, 2), Promises::new());
        for other in [
            FargateWaiting {
                zones: BTreeSet::from(["b".to_owned()]),
                ..in_a.clone()
            },
            FargateWaiting {
                architecture: Some("x86_64".to_owned()),
                ..in_a.clone()
            },
            FargateWaiting {
                claim: claim(2048),
                ..in_a
            },
        ] {
            assert_eq!(of(&other, 0), Promises::new(), "{other:?}");
        }
    }
}
