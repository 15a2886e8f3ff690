//! Which host takes an instance. Pure, but for what is written with a choice.

use std::{cmp::Reverse, collections::BTreeSet};

use rand::rngs::SmallRng;
use wharf_base::{Permit, Timestamp};
use wharf_hosts::{
    Claimant, Draft, Hosts, Machines, Promises, Request, reclaim::has_ended_room, zone_letter,
};
use wharf_placement::{HostIx, group_of, ledger, pack::Ask};
use wharf_records::{
    encode,
    hosts::{Claim, Ledger},
};
use wharf_service::Stored;
use wharf_store::Revision;

use super::life::HostRef;
use crate::{
    placement_groups::{PlacementGroup, Siblings},
    records::{Instance, Interface, Machine},
};

/// Nodes that keep instances register with it. Its value is a list of words; one that can make wharf's own
/// image says [`OWN_IMAGE`] there.
pub const ATTRIBUTE: &str = "wharf.instances";
const OWN_IMAGE: &str = "own-image";
/// … and one that takes snapshots of their disks, and makes disks of snapshots, this.
const SNAPSHOTS: &str = "snapshots";
/// … and one that has sealed disks for them, this.
const SEALED: &str = "sealed";
/// … and one that runs virtual machines, this.
const VIRTUAL_MACHINES: &str = "vm";
/// … and one whose virtual machines have volumes, and disks that are sealed, this.
const VIRTUAL_DISKS: &str = "vm-disks";
/// … and one that takes snapshots of the disks of virtual machines, and makes such disks of these, this.
const VIRTUAL_SNAPSHOTS: &str = "vm-snapshots";
/// … and one whose virtual machines have IPv6 addresses, this.
const VIRTUAL_IPV6: &str = "vm-ipv6";
/// Nodes that keep volumes register with it.
const VOLUMES: &str = "ecs.capability.storage.ebs-task-volume-attach";
const ARCHITECTURE: &str = "ecs.cpu-architecture";
/// Kind of the claimants.
const KIND: &str = "instance";
/// Instances of one call at most; nobody asks whether there is room for more.
const MOST_COUNTED: u32 = 100;

/// What an instance asks of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub account: String,
    pub region: String,
    /// `us-east-1a`
    pub zone: String,
    pub architecture: String,
    pub own_image: bool,
    /// Its disk is made of a snapshot.
    pub restored: bool,
    /// Its disk is sealed.
    pub sealed: bool,
    /// It comes with volumes.
    pub volumes: bool,
    /// It is a virtual machine.
    pub virtual_machine: bool,
    /// It has IPv6 addresses.
    pub ipv6: bool,
    /// Of the host's capacity for Fargate.
    pub fargate: bool,
    pub claim: Claim,
    /// The host where its disk is, or that it is to be on.
    pub only: Option<String>,
    /// Where others of its placement group are.
    pub siblings: Siblings,
}

impl Wish {
    /// Whether some host takes instances like this, however much room it has now.
    pub fn is_offered(&self, machines: &Machines) -> bool {
        let mut hosts = machines.hosts().keys();
        // Right after a start nobody has said yet what the hosts are registered as.
        let is_known = hosts.clone().any(|id| machines.registration(id).is_some());
        let zone = self.zone_of_hosts(machines);
        hosts.any(|id| !is_known || self.suits(machines, id, zone))
    }

    /// What it asks of a machine that may be made for Fargate, if it is for that and may wait for one.
    pub fn of_fargate(&self, hosts: &Hosts) -> Option<Ask<'_>> {
        if !self.fargate {
            return None;
        }
        let ask = Ask {
            claim: &self.claim,
            apart: None,
            architecture: Some(self.architecture.as_str()),
        };
        let zone = hosts.read(|machines| self.zone_of_hosts(machines).map(str::to_owned));
        let may_wait = hosts.fargate().may_wait(&ask, zone.as_slice());
        may_wait.then_some(ask)
    }

    /// The hosts that take instances like this, however much room they have now.
    pub fn hosts(&self, machines: &Machines) -> BTreeSet<String> {
        let zone = self.zone_of_hosts(machines);
        let hosts = machines.hosts().keys();
        let found = hosts.filter(|id| self.suits(machines, id, zone));
        found.map(ToString::to_string).collect()
    }

    /// The letter of the zone that hosts must be in; `None` for a zone that has no host of its own, which all serve: on
    /// one machine all zones are that machine.
    fn zone_of_hosts(&self, machines: &Machines) -> Option<&str> {
        let wanted = zone_letter(&self.region, &self.zone);
        let mut hosts = machines.hosts().iter();
        let has_any = hosts.any(|(id, host)| {
            let registered = machines.registration(id);
            registered.is_some_and(|it| {
                // As in `suits`: anybody may say so.
                it.of_installation
                    && (self.fargate || !it.of_provider_alone)
                    && it.attributes.contains_key(ATTRIBUTE)
                    && zone_letter(&it.region, &host.availability_zone) == wanted
            })
        });
        has_any.then_some(wanted)
    }

    /// What hosts keep for others than `who`: what these were promised, and of Spot capacity what those are about to have who wait for
    /// Fargate.
    pub fn kept(
        &self,
        hosts: &Hosts,
        machines: &Machines,
        who: Option<&Claimant>,
        now: Timestamp,
    ) -> Promises {
        let mut kept = hosts.needs().promises(who, now);
        if self.claim.spot {
            let others = hosts.fargate().kept_from_spot(machines, &[], &self.claim);
            for (host, claims) in others.iter() {
                let of_host = kept.entry(host.clone()).or_default();
                of_host.extend(claims.iter().cloned());
            }
        }
        kept
    }

    /// How many like this hosts have room for now, beside what they keep for others, and beside what `pending` wants that
    /// has no host yet.
    pub fn room(&self, machines: &Machines, kept: &Promises, pending: &[Claim]) -> u32 {
        let connected = |host: &String| {
            let registered = machines.registration(host);
            registered.is_some_and(|it| it.agent_connected)
        };
        let hosts = self.hosts(machines).into_iter().filter(connected);
        let mut hosts: Vec<(Ledger, Vec<Claim>)> = hosts
            .filter_map(|host| {
                let ledger = machines.ledgers().get(&host)?;
                let kept = kept.get(&host).cloned().unwrap_or_default();
                Some((Ledger::clone(ledger), kept))
            })
            .collect();
        // Names that nobody has.
        let mut number = 0_u32;
        let mut take = |ledger: &mut Ledger, claim: &Claim| {
            ledger
                .claims
                .insert(&format!("counted/{number}"), claim.clone());
            number += 1;
        };
        for claim in pending.iter().take(MOST_COUNTED as usize) {
            let fits = hosts
                .iter_mut()
                .filter(|(ledger, _)| has_ended_room(ledger, "", claim, &[]));
            if let Some((ledger, _)) = fits.max_by_key(|(ledger, _)| ledger::free(ledger).memory) {
                take(ledger, claim);
            }
        }
        let mut all = 0_u32;
        for (ledger, kept) in &mut hosts {
            while all < MOST_COUNTED && has_ended_room(ledger, "", &self.claim, kept) {
                take(ledger, &self.claim);
                all += 1;
            }
        }
        all
    }

    /// The host that has most room, for that instance, beside what is kept for others; those that its group has already come before others.
    pub fn best(&self, machines: &Machines, instance: &str, kept: &Promises) -> Option<HostRef> {
        let name = claimant(instance).name();
        let ledgers = machines.ledgers();
        let zone = self.zone_of_hosts(machines);
        let hosts = machines.hosts().keys();
        let suitable = hosts.filter(|id| self.only.as_ref().is_none_or(|only| only == *id));
        let suitable = suitable.filter(|id| !self.siblings.avoid.contains(*id));
        let suitable = suitable.filter(|id| self.suits(machines, id, zone));
        let with_room = suitable.filter_map(|id| {
            let registered = machines.registration(id)?;
            let free = ledger::free_for(ledgers.get(id)?, &name);
            let ledger = ledgers.get(id)?;
            let kept = kept.get(id).map_or(&[][..], Vec::as_slice);
            let takes =
                registered.agent_connected && has_ended_room(ledger, &name, &self.claim, kept);
            let near = self.siblings.near.contains(id);
            takes.then_some(((near, free.memory, free.cpu, Reverse(id)), registered))
        });
        let (_, registered) = with_room.max_by_key(|(rank, _)| *rank)?;
        Some(HostRef {
            id: registered.host.clone(),
            machine: registered.ec2_instance.clone(),
        })
    }

    fn suits(&self, machines: &Machines, id: &str, zone: Option<&str>) -> bool {
        let (Some(host), Some(row)) = (machines.hosts().get(id), machines.fleet().row(id)) else {
            return false;
        };
        let Some(registered) = machines.registration(id).filter(|it| it.active) else {
            return false;
        };
        // Anybody may register a container instance that says so; only nodes of the installation are believed.
        if !registered.of_installation {
            return false;
        }
        // One that was made for Fargate.
        if registered.of_provider_alone && !self.fargate {
            return false;
        }
        let Some(offer) = registered.attributes.get(ATTRIBUTE) else {
            return false;
        };
        let offer = offer.as_deref();
        let letter = zone_letter(&registered.region, &host.availability_zone);
        let architecture = registered.attributes.get(ARCHITECTURE).cloned().flatten();
        // Where its disk is it may start until that goes.
        let is_home = self.only.as_deref() == Some(id);
        (is_home || !machines.is_retired(id))
            && (!self.fargate || host.fargate)
            && (!self.own_image || says(offer, OWN_IMAGE))
            && (!self.restored || says(offer, SNAPSHOTS))
            && (!self.sealed || says(offer, SEALED))
            && (!self.virtual_machine || says(offer, VIRTUAL_MACHINES))
            && (!self.virtual_machine
                || !(self.volumes || self.sealed)
                || says(offer, VIRTUAL_DISKS))
            && (!(self.virtual_machine && self.restored) || says(offer, VIRTUAL_SNAPSHOTS))
            && (!(self.virtual_machine && self.ipv6) || says(offer, VIRTUAL_IPV6))
            && (!self.volumes || registered.attributes.contains_key(VOLUMES))
            && zone.is_none_or(|zone| zone == letter)
            && architecture.is_none_or(|it| it == self.architecture)
            && machines.fleet().serves(row, &self.account, &self.region)
    }
}

fn says(offer: Option<&str>, word: &str) -> bool {
    let words = offer.unwrap_or_default();
    words.split(',').any(|it| it.trim() == word)
}

/// Whether a host takes snapshots of the disks of instances.
pub fn takes_snapshots(machines: &Machines, host: &str) -> bool {
    host_says(machines, host, SNAPSHOTS)
}

/// Whether it does so with the disks of virtual machines.
pub fn takes_virtual_snapshots(machines: &Machines, host: &str) -> bool {
    host_says(machines, host, VIRTUAL_SNAPSHOTS)
}

/// Whether virtual machines of a host have volumes.
pub fn gives_volumes(machines: &Machines, host: &str) -> bool {
    host_says(machines, host, VIRTUAL_DISKS)
}

/// Whether they have IPv6 addresses.
pub fn gives_ipv6(machines: &Machines, host: &str) -> bool {
    host_says(machines, host, VIRTUAL_IPV6)
}

fn host_says(machines: &Machines, host: &str, word: &str) -> bool {
    let registered = machines.registration(host);
    let offer = registered.and_then(|it| it.attributes.get(ATTRIBUTE));
    offer.is_some_and(|it| says(it.as_deref(), word))
}

/// An instance that wants a host.
pub struct Placing {
    pub hosts: Hosts,
    pub now: Timestamp,
    pub permit: Permit,
    pub wish: Wish,
    pub instance: Stored<Instance>,
    pub interface: Stored<Interface>,
    /// Its placement group.
    pub group: Option<Stored<PlacementGroup>>,
}

/// No host has room.
#[derive(Debug)]
pub struct NoRoom;

/// Who claims room for an instance.
pub fn claimant(id: &str) -> Claimant {
    Claimant::new(KIND, id)
}

impl Request for Placing {
    type Choice = HostChoice;
    /// Whether it was written.
    type Made = bool;
    type Refusal = NoRoom;

    fn permit(&self) -> &Permit {
        &self.permit
    }

    fn account(&self) -> &str {
        &self.wish.account
    }

    fn count(&self) -> usize {
        1
    }

    fn claim(&self) -> &Claim {
        &self.wish.claim
    }

    fn group(&self) -> String {
        group_of(&self.wish.account, &self.wish.region, KIND)
    }

    fn rests_on(&self) -> Vec<(String, Revision)> {
        let group = self.group.iter().map(|it| (it.key.clone(), it.revision));
        let own = [
            (self.instance.key.clone(), self.instance.revision),
            (self.interface.key.clone(), self.interface.revision),
        ];
        own.into_iter().chain(group).collect()
    }

    /// The interface, and the placement group.
    fn further_writes(&self) -> usize {
        1 + usize::from(self.group.is_some())
    }

    fn choose(
        &self,
        machines: &Machines,
        _: &mut SmallRng,
    ) -> Result<(Vec<HostIx>, HostChoice), NoRoom> {
        let id = &self.instance.record.id;
        let who = claimant(id);
        let mut kept = (self.wish).kept(&self.hosts, machines, Some(&who), self.now);
        let host = self.wish.best(machines, id, &kept).ok_or(NoRoom)?;
        let row = machines.fleet().row(&host.id).ok_or(NoRoom)?;
        let ledger = machines.ledgers().get(&host.id).cloned().ok_or(NoRoom)?;
        let kept = kept.remove(&host.id).unwrap_or_default();
        Ok((vec![row], HostChoice { host, ledger, kept }))
    }

    fn write(&self, choice: HostChoice, draft: &mut Draft) -> bool {
        let HostChoice { host, ledger, kept } = choice;
        let id = &self.instance.record.id;
        // Another of its group was placed in this turn, of which its own choice knows nothing.
        if self
            .group
            .as_ref()
            .is_some_and(|it| draft.has_rest_on(&it.key))
        {
            return false;
        }
        let (name, claim) = (claimant(id).name(), &self.wish.claim);
        let claimed = draft.change(&ledger, |ledger| {
            has_ended_room(ledger, &name, claim, &kept)
                && ledger::claim(ledger, &name, claim.clone()).is_ok()
        });
        // Another of this turn may have taken the room; then nothing is written, and it is tried again.
        if !claimed {
            return false;
        }
        for (key, revision) in self.rests_on() {
            draft.rest_on(&key, revision);
        }
        let mut instance = self.instance.record.clone();
        instance.life.claimed = true;
        instance.life.host = Some(host.clone());
        let mut interface = self.interface.record.clone();
        if let Some(attachment) = &mut interface.attachment {
            attachment.machine = Machine::On(host.machine);
        }
        draft.put(&self.instance.key, encode(&instance));
        draft.put(&self.interface.key, encode(&interface));
        if let Some(group) = &self.group {
            let mut record = group.record.clone();
            record.placements += 1;
            draft.put(&group.key, encode(&record));
        }
        true
    }
}

/// A host and its ledger as it was chosen by, with what is kept there for others.
pub struct HostChoice {
    host: HostRef,
    ledger: wharf_hosts::Held<wharf_records::hosts::Ledger>,
    kept: Vec<Claim>,
}
