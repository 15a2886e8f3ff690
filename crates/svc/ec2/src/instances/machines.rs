//! Machines of the installation, or parts of them, that are nodes of a cluster of EKS: an instance on the one machine, of no type but
//! as large as what is given, whose user data has it join as nodes do that nobody manages.
//!
//! It is an instance like others in all else: its account sees it, stops it and ends it, and it goes with its machine.

use serde::{Deserialize, Serialize};
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_hosts::{Machines, reclaim::ended_room};
use wharf_placement::ledger::{self, Free, Shortage};
use wharf_records::hosts::Claim;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Context, Fault};

use super::{
    describe::host_name,
    launch::ProfileName,
    life::State,
    placing::Wish,
    reconcile::PERMIT,
    size::Size,
    typeless::{Ground, written},
};
use crate::{
    Ec2Service, fault,
    ops::run_instances::{associated, profile},
    records::{Instance, Subnet},
    table::SERVICE,
};

/// What such an instance is of, where others have a type.
const KIND: &str = "wharf.machine";
/// In whose name it is launched.
const PRINCIPAL: &str = "wharf.internal";

/// The machine that an instance was made to be a node on, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfMachine {
    /// Of the machine's record.
    pub host: String,
    /// Id of the cluster.
    pub cluster: String,
    /// Its name when it was given to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<String>,
    /// CPU units, 1024 a core.
    pub cpu: u32,
    pub memory_mib: u32,
}

/// A machine that is to be a node.
#[derive(Debug, Clone)]
pub struct MachineNodeWish {
    pub host: String,
    /// Id and name of the cluster.
    pub cluster: (String, String),
    /// Those that it may be in.
    pub subnets: Vec<String>,
    pub groups: Vec<String>,
    /// The name of an instance profile.
    pub profile: String,
    /// Cores and MiB; what nobody has of the machine where nothing is said.
    pub cpus: Option<u32>,
    pub memory_mib: Option<u32>,
    pub disk_gib: u32,
    /// How its console and `describe-instances` call it.
    pub name: String,
    pub user_data: String,
}

/// An instance that is what a machine gives to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineNode {
    /// `i-…`
    pub id: String,
    /// Of its node.
    pub node: String,
    pub cpus: u32,
    pub memory_mib: u32,
    /// Whether it is new.
    pub made: bool,
}

/// What a machine gives, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedicated {
    /// Of the machine's record.
    pub host: String,
    /// Of the cluster, and of the instance.
    pub place: Place,
    /// The name of the cluster; its id, of what was given before names were kept.
    pub cluster: String,
    pub node: MachineNode,
}

impl MachineNode {
    fn of(instance: &Instance, machine: &OfMachine, region: &str, made: bool) -> Self {
        Self {
            id: instance.id.clone(),
            node: host_name(region, instance),
            cpus: machine.cpu / UNITS_OF_A_CORE,
            memory_mib: machine.memory_mib,
            made,
        }
    }
}

impl Dedicated {
    fn of(place: Place, instance: &Instance, machine: OfMachine) -> Self {
        Self {
            node: MachineNode::of(instance, &machine, &place.region, false),
            place,
            host: machine.host,
            cluster: machine.cluster_name.unwrap_or(machine.cluster),
        }
    }
}

/// A machine gives less than is asked of it, as who asks is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NotGiven {
    #[error("The machine has {cpus} cores and {memory_mib} MiB that nobody has.")]
    Share { cpus: u32, memory_mib: u32 },
    #[error("The machine has {0} GiB of disk that nobody has.")]
    Disk(u32),
    #[error("The machine cannot give it: {0}.")]
    Short(Shortage),
}

/// How much of what is free is given, of so many cores and MiB as are asked for: whole cores. With a disk of so many GiB. Pure.
///
/// # Errors
/// There is less, or nothing.
fn share(free: &Free, asked: (Option<u32>, Option<u32>), disk_gib: u32) -> Result<Size, NotGiven> {
    let (cpus, memory_mib) = (free.cpu / UNITS_OF_A_CORE, free.memory);
    let asked = (asked.0.unwrap_or(cpus), asked.1.unwrap_or(memory_mib));
    if asked.0 > cpus || asked.1 > memory_mib || asked.0 == 0 || asked.1 == 0 {
        return Err(NotGiven::Share { cpus, memory_mib });
    }
    let cpu = asked.0 * UNITS_OF_A_CORE;
    let size = Size {
        cpu,
        guaranteed: cpu,
        memory_mib: asked.1,
    };
    match ledger::fits(free, &size.claim(disk_gib)) {
        Ok(()) => Ok(size),
        Err(Shortage::Disk) => Err(NotGiven::Disk(free.disk.unwrap_or_default() / 1024)),
        Err(other) => Err(NotGiven::Short(other)),
    }
}

/// What such an instance is to have of its machine and has no room for yet: of its disk it may have.
fn unplaced(instance: &Instance, machine: &OfMachine) -> Option<Claim> {
    let size = Size {
        cpu: machine.cpu,
        guaranteed: machine.cpu,
        memory_mib: machine.memory_mib,
    };
    let is_new = instance.life.host.is_none();
    let disk_gib = if is_new { instance.disk_gib } else { 0 };
    let waits = instance.life.state.lives() && !instance.life.claimed;
    waits.then(|| size.claim(disk_gib))
}

/// Why a machine takes no instance like this. Pure but for what it reads.
fn refusal(machines: &Machines, host: &str, wish: &Wish) -> Option<String> {
    let connected = machines
        .registration(host)
        .is_some_and(|it| it.agent_connected);
    if !connected {
        return Some("The machine is not connected.".to_owned());
    }
    (!wish.hosts(machines).contains(host)).then(|| {
        format!(
            "The machine takes no instances of account {} in {}: it keeps none (`wharf token --instances`), is retired, or is in another zone.",
            wish.account, wish.zone
        )
    })
}

impl Ec2Service {
    /// The role of an instance profile.
    ///
    /// # Errors
    /// There is no such profile, or it has none; the store's.
    pub async fn role_of_profile(&self, place: &Place, name: &str) -> Result<String, Fault> {
        let found = profile(self, &self.for_machines(place), &named(name)).await?;
        found.role.ok_or_else(|| fault::bad_profile_name(name))
    }

    /// Has a machine be a node. What it gives to that cluster already is the answer. One caller at a time.
    ///
    /// # Errors
    /// The machine takes no such instance, or something of it is not there; the store's.
    pub async fn dedicate(
        &self,
        place: &Place,
        wish: &MachineNodeWish,
    ) -> Result<MachineNode, Fault> {
        let call = &self.for_machines(place);
        let given = self.of_machines().await?;
        let on_it = given.iter().filter(|it| it.2.host == wish.host);
        let is_there =
            |it: &&(Place, Instance, OfMachine)| it.0 == *place && it.2.cluster == wish.cluster.0;
        if let Some((_, instance, machine)) = on_it.clone().find(is_there) {
            return Ok(MachineNode::of(instance, machine, &place.region, false));
        }
        let profile = profile(self, call, &named(&wish.profile)).await?;
        let hosts = &self.instances.parts.hosts;
        let mut kept = hosts.needs().promises(None, call.now);
        let mut kept = kept.remove(&wish.host).unwrap_or_default();
        // Before the ledger is looked at: what is placed meanwhile counts twice, rather than not at all.
        kept.extend(on_it.filter_map(|(_, instance, machine)| unplaced(instance, machine)));
        hosts.up_to_date().await;
        let free = hosts.read(|it| {
            let ledger = it.ledgers().get(&wish.host)?;
            Some(ended_room(ledger, "", &kept))
        });
        let free = free.ok_or_else(|| fault::bad_combination("The machine is not known."))?;
        let size = share(&free, (wish.cpus, wish.memory_mib), wish.disk_gib)
            .map_err(|why| fault::bad_combination(&why.to_string()))?;
        let ground = self.ground_on(call, wish, size).await?;
        let machine = OfMachine {
            host: wish.host.clone(),
            cluster: wish.cluster.0.clone(),
            cluster_name: Some(wish.cluster.1.clone()),
            cpu: size.cpu,
            memory_mib: size.memory_mib,
        };
        let tags = [
            ("Name".to_owned(), wish.name.clone()),
            (
                format!("kubernetes.io/cluster/{}", wish.cluster.1),
                "owned".to_owned(),
            ),
        ];
        let made = transact!(self.table, &call.permit, |tx| {
            let of = (KIND, wish.disk_gib, wish.user_data.as_str());
            let (instance, interface) = ground.make(self, call, of).await?;
            let instance = Instance {
                machine: Some(machine.clone()),
                profile: Some(associated(call, &profile)),
                tags: tags.clone().into_iter().collect(),
                ..instance
            };
            tx.join(written(call, &instance, &interface));
            MachineNode::of(&instance, &machine, &call.region, true)
        });
        Ok(made)
    }

    /// The first subnet in which the machine takes it.
    async fn ground_on(
        &self,
        call: &Call,
        wish: &MachineNodeWish,
        size: Size,
    ) -> Result<Ground, Fault> {
        let mut why = "The cluster has no subnet.".to_owned();
        for id in &wish.subnets {
            let subnet: Subnet = self.get(call, id).await?;
            let ground = Ground::find(self, call, subnet, &wish.groups).await?;
            let asked = ground.wish(call, size, wish.disk_gib);
            let hosts = &self.instances.parts.hosts;
            match hosts.read(|it| refusal(it, &wish.host, &asked)) {
                None => return Ok(ground),
                Some(text) => why = text,
            }
        }
        Err(fault::bad_combination(&why))
    }

    /// Ends what machines give to a cluster, by the id of that, or to all; what that was.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_back(
        &self,
        hosts: &[&str],
        cluster: Option<(&Place, &str)>,
    ) -> Result<Vec<Dedicated>, Fault> {
        let mut ended = Vec::new();
        for (place, instance, machine) in self.of_machines().await? {
            let is_of = |(at, id): (&Place, &str)| *at == place && machine.cluster == id;
            if !hosts.contains(&machine.host.as_str()) || !cluster.is_none_or(is_of) {
                continue;
            }
            let call = &self.for_machines(&place);
            let end = |it: &mut Instance| {
                it.life.terminate(call.now);
                Ok(())
            };
            self.change(call, &instance.id, end).await?;
            ended.push(Dedicated::of(place, &instance, machine));
        }
        Ok(ended)
    }

    /// All that machines give, in all accounts.
    ///
    /// # Errors
    /// The store's.
    pub async fn dedicated(&self) -> Result<Vec<Dedicated>, Fault> {
        let all = self.of_machines().await?.into_iter();
        let of = |(place, instance, machine)| Dedicated::of(place, &instance, machine);
        Ok(all.map(of).collect())
    }

    /// The instances by which machines give, and where they are; those that end are none any more.
    async fn of_machines(&self) -> Result<Vec<(Place, Instance, OfMachine)>, Fault> {
        let all = self.table.everywhere::<Instance>(SERVICE).await?;
        Ok(all
            .into_iter()
            .filter_map(|(scope, _, stored)| {
                let machine = stored.record.machine.clone()?;
                let place = Place::new(&scope.account, &scope.region);
                let ends = [State::ShuttingDown, State::Terminated];
                let is_given = !ends.contains(&stored.record.life.state);
                is_given.then_some((place, stored.record, machine))
            })
            .collect())
    }

    fn for_machines(&self, place: &Place) -> Call {
        let Place { account, region } = place;
        let context = Context::internal(account, region, PRINCIPAL, self.instances.now());
        Call::by_controller(context, PERMIT)
    }
}

fn named(profile: &str) -> ProfileName {
    ProfileName {
        name: profile.to_owned(),
        arn: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_given_in_whole_cores() {
        let free = |cpu, memory| Free {
            cpu,
            memory,
            interfaces: 1,
            taken: Vec::new(),
            disk: Some(20 * 1024),
        };
        let check = |free: &Free, asked: (Option<u32>, Option<u32>)| {
            share(free, asked, 20).map(|it| (it.cpu, it.guaranteed, it.memory_mib))
        };
        let most = free(4 * UNITS_OF_A_CORE + 700, 8000);
        assert_eq!(check(&most, (None, None)), Ok((4096, 4096, 8000)));
        assert_eq!(check(&most, (Some(1), Some(512))), Ok((1024, 1024, 512)));
        for (free, asked) in [
            (&most, (Some(5), None)),
            (&most, (None, Some(8001))),
            (&free(1023, 8000), (None, None)),
            (&free(2048, 0), (None, None)),
        ] {
            assert!(check(free, asked).is_err(), "{asked:?}");
        }
        assert_eq!(
            share(&most, (None, None), 21).unwrap_err().to_string(),
            "The machine has 20 GiB of disk that nobody has."
        );
        let none = Free {
            interfaces: 0,
            ..most
        };
        assert_eq!(
            share(&none, (None, None), 20).unwrap_err().to_string(),
            "The machine cannot give it: no network interface left on the host."
        );
    }
}
