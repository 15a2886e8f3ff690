//! The executor: reads an instance, decides by [`super::life`], does one thing, writes it down.
//!
//! | key | woken by | what is done |
//! | --- | --- | --- |
//! | an instance's | its changes; timers | room is claimed and released, its interface deleted; it is forgotten |
//! | a volume's | its changes; a timer | see [`crate::volumes`] |
//! | a snapshot's | its changes; a timer | see [`crate::snapshots`] |
//! | a fleet's | its changes; those of its instances; a timer | see [`crate::fleet`] |
//! | a Spot request's | its changes; its instance's; a timer | see [`crate::spot`] |
//! | a flow log's | what waits to be delivered; a timer | see [`crate::flow_logs`] |
//! | a launch's | its coming; a timer | deleted after a day |
//!
//! Fleets and Spot requests are looked at by workers of their own, and so are flow logs.
//!
//! Every write compares the instance's record, so that each step happens once whoever was killed meanwhile.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::{Permit, Timestamp};
use wharf_datakeys::grants::PendingGrant;
use wharf_hosts::{FargateWaiting, Need, Outcome, QueueError, Retired, zone_letter};
use wharf_placement::ledger;
use wharf_reconcile::Next;
use wharf_records::{
    Record, Scope, encode,
    hosts::{Claim, Ledger},
};
use wharf_service::{Stored, fence};
use wharf_store::{Compare, Txn};

use super::{
    life::{HostIs, Life, State, Step},
    placing::{Placing, Wish, claimant},
    pods, providers, scheduled,
    size::Size,
};
use crate::{
    Ec2Service, elastic,
    encryption::{look, owed_by_root, settle, with_owed},
    fault::Ec2Faults,
    fleet::{self, Fleet, SpotFleet},
    flow_logs::{self, FlowLog, FlowSource},
    interface_permissions,
    placement_groups::{PlacementGroup, Siblings},
    records::{AddressClaim, Group, Instance, Interface, Launch, Pointer, SecurityGroup},
    snapshots::{self, Snapshot},
    spot::{self, SpotRequest, interrupt},
    volumes::{self, Volume},
};

pub const PERMIT: Permit = Permit::for_controller("ec2-instances");
/// A client token is remembered for this long.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Before an instance that waited for long enough is placed after all, where something changed meanwhile.
const LAST_TRY: Duration = Duration::from_secs(1);
/// How long the machine of a pod waits for one of Fargate's that is made: as long as a task does.
const FARGATE_PATIENCE: Duration = Duration::from_secs(15 * 60);

pub(super) type StepError = wharf_service::StepError<Ec2Faults>;

/// A record says what cannot be.
#[derive(Debug, thiserror::Error)]
#[error("the instance is of an unknown type: {0}")]
struct UnknownType(String);

#[derive(Debug, thiserror::Error)]
#[error("the placement queue ended")]
struct NoQueue;

pub async fn key(service: &Ec2Service, key: &str) -> Result<Next, StepError> {
    match Scope::parse(key) {
        Some((scope, Instance::KIND, _)) => instance(service, &scope, key).await,
        Some((_, Launch::KIND, _)) => token(service, key).await,
        Some((scope, FlowSource::KIND, id)) => {
            flow_logs::reconcile_source(service, &scope, key, &id).await
        }
        Some((scope, FlowLog::KIND, _)) => flow_logs::reconcile(service, &scope, key).await,
        Some((scope, Volume::KIND, _)) => volumes::reconcile(service, &scope, key).await,
        Some((scope, Snapshot::KIND, _)) => snapshots::reconcile(service, &scope, key).await,
        Some((_, PendingGrant::KIND, _)) => look(service, key).await,
        Some((scope, SpotRequest::KIND, _)) => spot::reconcile(service, &scope, key).await,
        Some((scope, kind @ (Fleet::KIND | SpotFleet::KIND), _)) => {
            fleet::reconcile(service, &scope, (kind, key)).await
        }
        _ => Ok(Next::Settled),
    }
}

async fn token(service: &Ec2Service, key: &str) -> Result<Next, StepError> {
    let Some(stored) = service.table.read::<Launch>(key).await? else {
        return Ok(Next::Settled);
    };
    let (until, now) = (stored.record.made_at + TOKEN_LIFE, service.instances.now());
    if now < until {
        return Ok(Next::After(until.since(now)));
    }
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged()).delete(key);
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

async fn instance(service: &Ec2Service, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let checks = &service.instances.checks;
    let Some(stored) = service.table.read::<Instance>(key).await? else {
        checks.forget(key);
        service.instances.processors.forget(key);
        service.instances.of_spot.forget(key);
        return Ok(Next::Settled);
    };
    checks.take(scope, key, &stored.record);
    let processors = &service.instances.processors;
    processors.take(scope, key, &stored.record);
    service.instances.of_spot.take(key, &stored.record);
    let now = service.instances.now();
    let life = &stored.record.life;
    if let Some(request) = interrupt::request_key(scope, &stored.record) {
        // What becomes of the instance becomes of its request.
        service.instances.launchers.wake(request);
    }
    if let Some(fleet) = fleet::key_of(scope, &stored.record)
        && life.state != State::Running
    {
        if life.state == State::Terminated {
            // What it held is free.
            service.instances.pauses.forget(&fleet);
        }
        service.instances.launchers.wake(fleet);
    }
    if !stored.record.provider.is_host() {
        return providers::reconcile(service, &stored).await;
    }
    let host = host_is(service, life).await?;
    let mark = mark_of(service, life).await?;
    let retired = mark.as_ref().map(|it| &it.record);
    let step = life.step(host, service.instances.started(), now);
    let step = pods::next(&stored.record, step, now);
    let step = scheduled::next(&stored.record, retired, step, now);
    let step = interrupt::next(&stored.record, step, now);
    if !matches!(step, Step::Place(_) | Step::GiveUp) {
        // No machine is made for one that ends before it had room.
        service
            .instances
            .parts
            .hosts
            .fargate()
            .wait(key, Vec::new());
    }
    match step {
        Step::Nothing => return copy_groups(service, scope, &stored).await,
        Step::After(delay) => {
            copy_groups(service, scope, &stored).await?;
            return Ok(Next::After(delay));
        }
        Step::Place(delay) => {
            return Ok(match try_to_place(service, scope, (key, stored)).await? {
                Placed::Yes => Next::Settled,
                Placed::No | Placed::Again => Next::After(delay),
            });
        }
        Step::Withdraw => change(service, &stored, |life| life.withdraw(now)).await?,
        Step::GiveUp => {
            let promised = service.promised_room(&stored.record.id);
            // What it was promised since its last try it waits for.
            if promised > life.room_by {
                change(service, &stored, |life| life.room_by = promised).await?;
                return Ok(Next::Settled);
            }
            // Whoever comes late to it knows nothing of the room there is now.
            match try_to_place(service, scope, (key, stored.clone())).await? {
                Placed::Yes => {}
                Placed::Again => return Ok(Next::After(LAST_TRY)),
                Placed::No => {
                    service.has_room(&claimant(&stored.record.id));
                    change(service, &stored, |life| life.give_up(now)).await?;
                }
            }
        }
        Step::Interrupt => {
            let mut record = stored.record.clone();
            interrupt::interrupt(&mut record, now);
            let txn = fenced(service, &stored)?.put(&stored.key, encode(&record));
            service.table.commit(&PERMIT, txn).await?;
        }
        Step::FollowHost => {
            let mut record = stored.record.clone();
            scheduled::follow(&mut record, retired, now);
            let mut txn = fenced(service, &stored)?.put(&stored.key, encode(&record));
            if let Some(host) = &life.host {
                txn = txn.when(match &mark {
                    Some(mark) => mark.unchanged(),
                    None => Compare::absent(Retired::key(&host.id)),
                });
            }
            commit_or_again(service, &stored.key, txn).await?;
        }
        Step::Lose => change(service, &stored, |life| life.lose(now)).await?,
        Step::End => change(service, &stored, |life| life.end(now)).await?,
        Step::Impaired(yes) => {
            let since = yes.then_some(now);
            change(service, &stored, |life| life.impaired_since = since).await?;
        }
        Step::Release => release(service, &stored).await?,
        Step::Finish => finish(service, scope, &stored).await?,
        Step::Forget => {
            let txn = fenced(service, &stored)?.delete(key);
            service.table.commit(&PERMIT, txn).await?;
            service.instances.consoles.forget(key);
        }
    }
    // What was written wakes the key again, as does the write of whoever came between.
    Ok(Next::Settled)
}

/// A transaction of a server that has the shard, on an instance as it was read.
pub(super) fn fenced(service: &Ec2Service, stored: &Stored<Instance>) -> Result<Txn, StepError> {
    let shard = fence(&service.instances.shard)?;
    Ok(Txn::new().when(shard).when(stored.unchanged()))
}

async fn change(
    service: &Ec2Service,
    stored: &Stored<Instance>,
    change: impl FnOnce(&mut Life),
) -> Result<(), StepError> {
    let mut record = stored.record.clone();
    change(&mut record.life);
    record.keep_end(service.instances.now());
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    service.table.commit(&PERMIT, txn).await?;
    Ok(())
}

/// What says of its host that it is retired.
async fn mark_of(service: &Ec2Service, life: &Life) -> Result<Option<Stored<Retired>>, StepError> {
    match &life.host {
        Some(host) => Ok(service.table.read(&Retired::key(&host.id)).await?),
        None => Ok(None),
    }
}

/// Whether the host is there, if that is known.
pub(super) async fn host_is(
    service: &Ec2Service,
    life: &Life,
) -> Result<Option<HostIs>, StepError> {
    let Some(host) = &life.host else {
        return Ok(None);
    };
    let ledger = service.table.read::<Ledger>(&Ledger::key(&host.id)).await?;
    Ok(host_by(
        service,
        &host.id,
        ledger.map(|it| it.record).as_ref(),
    ))
}

/// The same of a host with that ledger. One without capacity is that of a machine that was deregistered.
pub(super) fn host_by(service: &Ec2Service, host: &str, ledger: Option<&Ledger>) -> Option<HostIs> {
    let capacity = ledger.map(|it| it.capacity.clone()).unwrap_or_default();
    if (capacity.cpu, capacity.memory) == (0, 0) {
        return Some(HostIs::Left);
    }
    let hosts = &service.instances.parts.hosts;
    let connected = hosts.read(|machines| {
        let registered = machines.registration(host);
        registered.map(|it| it.agent_connected)
    });
    // Nobody has said yet which machines there are, as when a server has just begun.
    connected.map(|connected| match connected {
        true => HostIs::Connected,
        false => {
            service.instances.sight();
            HostIs::Silent
        }
    })
}

/// Places an instance, and wakes what waits for that.
async fn try_to_place(
    service: &Ec2Service,
    scope: &Scope,
    (key, stored): (&str, Stored<Instance>),
) -> Result<Placed, StepError> {
    let devices = stored.record.devices.clone();
    let grouped = stored.record.placement.is_some();
    let id = stored.record.id.clone();
    let placed = place(service, scope, stored).await?;
    match placed {
        Placed::Yes => {
            service.has_room(&claimant(&id));
            let hosts = &service.instances.parts.hosts;
            hosts.fargate().wait(key, Vec::new());
            // Its volumes are to be where it is.
            for device in &devices {
                let key = scope.key(Volume::KIND, &device.volume);
                service.instances.queue.wake(key);
            }
        }
        // Others of its group were given their hosts; there is nothing to wait for.
        Placed::Again if grouped => service.instances.queue.wake(key.to_owned()),
        Placed::Again | Placed::No => {}
    }
    Ok(placed)
}

/// What became of a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placed {
    Yes,
    /// There is no room.
    No,
    /// What it was decided by has changed.
    Again,
}

/// Claims room.
async fn place(
    service: &Ec2Service,
    scope: &Scope,
    instance: Stored<Instance>,
) -> Result<Placed, StepError> {
    let mut wish = wish(scope, &instance.record)?;
    let group = match &instance.record.placement {
        None => None,
        Some(place) => {
            // Before the instances: whoever is placed meanwhile rewrites it.
            let key = scope.key(PlacementGroup::KIND, &place.group);
            let group = service.table.read::<PlacementGroup>(&key).await?;
            if let Some(group) = &group {
                let all = service.table.all::<Instance>(scope, "").await?;
                let all = all.iter().map(|(_, stored)| &stored.record);
                let own = (instance.record.id.as_str(), place);
                wish.siblings = Siblings::of(group.record.strategy, own, all);
            }
            group
        }
    };
    let primary = &instance.record.interface;
    let key = primary.scope(scope).key(Interface::KIND, &primary.id);
    let Some(interface) = service.table.read::<Interface>(&key).await? else {
        // It is deleted with the instance alone, so the instance has changed since it was read.
        return Ok(Placed::Again);
    };
    let (record, lacking) = (instance.record.clone(), wish.clone());
    let stored = instance.clone();
    let placing = Placing {
        hosts: service.instances.parts.hosts.clone(),
        now: service.instances.now(),
        permit: PERMIT,
        wish,
        instance,
        interface,
        group,
    };
    match service.instances.parts.hosts.place(placing).await {
        Ok(Outcome::Made(true)) => Ok(Placed::Yes),
        Ok(Outcome::Made(false) | Outcome::Stale) | Err(QueueError::Contended(_)) => {
            Ok(Placed::Again)
        }
        Err(QueueError::Refused(_)) if record.spot.is_none() => {
            needs_room(service, scope, &stored, lacking).await
        }
        Err(QueueError::Refused(_)) => Ok(Placed::No),
        Err(QueueError::Store(error)) => Err(StepError::other(error)),
        Err(QueueError::Ended) => Err(StepError::other(NoQueue)),
    }
}

/// An instance that is On-Demand waits for what Spot capacity holds, until the time it was promised that for.
async fn needs_room(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<Instance>,
    wish: Wish,
) -> Result<Placed, StepError> {
    let hosts = &service.instances.parts.hosts;
    let suitable = hosts.read(|machines| {
        let mut all = wish.hosts(machines);
        all.retain(|it| wish.only.as_ref().is_none_or(|only| only == it));
        all.retain(|it| !wish.siblings.avoid.contains(it));
        all
    });
    let may_come = waits_for_fargate(service, stored, &wish);
    service.needs_room(Need {
        account: scope.account.clone(),
        claimant: claimant(&stored.record.id),
        claim: wish.claim,
        hosts: suitable,
    });
    let promised = service.promised_room(&stored.record.id);
    let promised = promised.max(may_come);
    if promised.is_some() && promised != stored.record.life.room_by {
        change(service, stored, |life| life.room_by = promised).await?;
    }
    Ok(Placed::No)
}

/// Has the machine of a pod wait where machines are made for Fargate; until when.
fn waits_for_fargate(
    service: &Ec2Service,
    stored: &Stored<Instance>,
    wish: &Wish,
) -> Option<Timestamp> {
    let hosts = &service.instances.parts.hosts;
    let record = &stored.record;
    let ask = wish.of_fargate(hosts)?;
    let letter = zone_letter(&wish.region, &wish.zone).to_owned();
    let waiting = FargateWaiting {
        account: wish.account.clone(),
        claimant: claimant(&record.id),
        claim: ask.claim.clone(),
        zones: BTreeSet::from([letter]),
        architecture: ask.architecture.map(str::to_owned),
        since: record.life.since,
    };
    hosts.fargate().wait(&stored.key, vec![waiting]);
    Some(record.life.since + FARGATE_PATIENCE)
}

/// Whether an instance that was stopped for its capacity has room where its disk is.
pub fn has_room_again(service: &Ec2Service, scope: &Scope, record: &Instance) -> bool {
    let Ok(wish) = wish(scope, record) else {
        return false;
    };
    let (hosts, now) = (&service.instances.parts.hosts, service.instances.now());
    let who = claimant(&record.id);
    hosts.read(|machines| {
        let kept = wish.kept(hosts, machines, Some(&who), now);
        wish.best(machines, &record.id, &kept).is_some()
    })
}

fn wish(scope: &Scope, record: &Instance) -> Result<Wish, StepError> {
    let size = Size::of(record);
    let size = size.ok_or_else(|| StepError::other(UnknownType(record.instance_type.clone())))?;
    Ok(Wish {
        account: scope.account.clone(),
        region: scope.region.clone(),
        zone: record.zone.clone(),
        architecture: record.image.architecture.clone(),
        own_image: record.image.registry.is_none(),
        // Where its disk is already, nothing is to be made.
        restored: record.image.root.is_some() && record.life.is_first_boot(),
        sealed: record.sealed_root.is_some(),
        volumes: !record.devices.is_empty(),
        virtual_machine: record.is_virtual(),
        ipv6: !record.interface.ipv6.is_empty(),
        fargate: record.pod.is_some(),
        claim: Claim {
            spot: record.spot.is_some(),
            ..size.claim(record.disk_gib)
        },
        only: (record.life.host.as_ref().map(|host| host.id.clone()))
            .or_else(|| record.machine.as_ref().map(|it| it.host.clone())),
        siblings: Siblings::default(),
    })
}

/// Changes what the instance claims of its host.
async fn reclaim(
    service: &Ec2Service,
    record: &Instance,
    txn: Txn,
    change: impl FnOnce(&mut Ledger, &str) -> bool,
) -> Result<Txn, StepError> {
    let Some(host) = &record.life.host else {
        return Ok(txn);
    };
    let Some(stored) = service.table.read::<Ledger>(&Ledger::key(&host.id)).await? else {
        return Ok(txn.when(Compare::absent(Ledger::key(&host.id))));
    };
    let mut ledger = stored.record.clone();
    if !change(&mut ledger, &claimant(&record.id).name()) {
        return Ok(txn);
    }
    Ok(txn
        .when(stored.unchanged())
        .put(&stored.key, encode(&ledger)))
}

/// A stopped instance needs no room but for its disk, which stays on its host.
async fn release(service: &Ec2Service, stored: &Stored<Instance>) -> Result<(), StepError> {
    let mut record = stored.record.clone();
    record.life.claimed = false;
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    let txn = reclaim(service, &stored.record, txn, ledger::keep_disk).await?;
    commit_or_again(service, &stored.key, txn).await
}

/// Everything that it held is released at once.
pub(super) async fn finish(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<Instance>,
) -> Result<(), StepError> {
    let mut record = stored.record.clone();
    record.life.finish(service.instances.now());
    record.keep_end(service.instances.now());
    record.user_data = None;
    record.provider.let_go();
    let root = record.sealed_root.take();
    let owed = root.and_then(|it| owed_by_root(service, scope, &it));
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    let txn = with_owed(txn, owed.as_ref());
    let mut txn = reclaim(service, &stored.record, txn, ledger::release).await?;
    let there = record.interface.scope(scope);
    let key = there.key(Interface::KIND, &record.interface.id);
    if let Some(found) = service.table.read::<Interface>(&key).await? {
        txn = txn.when(found.unchanged());
        let mut interface = found.record;
        let attachment = interface.attachment.as_ref();
        if let Some(attachment) = attachment.filter(|it| it.instance_id == record.id) {
            let now = service.instances.now();
            if attachment.delete_on_termination {
                txn = txn.delete(&key);
                for claim in interface.claim_ids() {
                    txn = txn.delete(there.key(AddressClaim::KIND, &claim));
                }
                if let Some(token) = &interface.token_id {
                    txn = txn.delete(there.key(Pointer::KIND, token));
                }
                let of = &interface;
                txn = interface_permissions::forgotten(txn, of);
                txn = elastic::give_all_back(&service.table, &there, of, (txn, now)).await?;
            } else {
                interface.attachment = None;
                interface.resource_name = None;
                let of = (&interface, None);
                txn = elastic::held_by(&service.table, &there, of, (txn, now)).await?;
                txn = txn.put(&key, encode(&interface));
            }
        }
    }
    if !service.table.commit(&PERMIT, txn).await? {
        service.instances.queue.wake(stored.key.clone());
        return Ok(());
    }
    settle(service, owed).await;
    // Its volumes need not wait for their timers.
    for key in volumes::keys_of(service, scope, &record.id).await? {
        service.instances.queue.wake(key);
    }
    Ok(())
}

/// A ledger is written by many: the instance is looked at again where another was faster.
async fn commit_or_again(service: &Ec2Service, key: &str, txn: Txn) -> Result<(), StepError> {
    if !service.table.commit(&PERMIT, txn).await? {
        service.instances.queue.wake(key.to_owned());
    }
    Ok(())
}

/// Hosts are told of groups by the instance's own record, and those who bill its elastic addresses that it is stopped.
async fn copy_groups(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<Instance>,
) -> Result<Next, StepError> {
    let primary = &stored.record.interface;
    let there = primary.scope(scope);
    let key = there.key(Interface::KIND, &primary.id);
    let Some(interface) = service.table.read::<Interface>(&key).await? else {
        return Ok(Next::Settled);
    };
    let resting = stored.record.life.state == State::Stopped;
    let at = (resting, service.instances.now());
    let addresses = elastic::resting(&service.table, &there, &interface.record, at).await?;
    if let Some(txn) = addresses {
        let txn = txn.when(fence(&service.instances.shard)?);
        service.table.commit(&PERMIT, txn).await?;
    }
    let known = stored.record.interface.groups.iter().map(|it| &it.id);
    if known.eq(&interface.record.groups) {
        return Ok(Next::Settled);
    }
    let mut groups = Vec::with_capacity(interface.record.groups.len());
    for id in &interface.record.groups {
        let key = there.key(SecurityGroup::KIND, id);
        let group = service.table.read::<SecurityGroup>(&key).await?;
        let name = group.map(|it| it.record.name).unwrap_or_default();
        let id = id.clone();
        groups.push(Group { id, name });
    }
    let mut record = stored.record.clone();
    record.interface.groups = groups;
    let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}
