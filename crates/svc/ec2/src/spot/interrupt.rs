//! Spot capacity is taken back: the notice, and what follows two minutes later.
//!
//! Who finds no room says what they need ([`wharf_hosts::Needs`]): instances that are On-Demand, and whoever else claims room on hosts
//! for what is not Spot capacity. [`run`] has [`wharf_hosts::reclaim`] choose whose capacity is taken, writes the notices, and
//! promises the room. Tasks of FARGATE_SPOT are such capacity too: ECS stops them. The notice is a part of the instance's record: its host shows it to the instance, EventBridge tells of it, and
//! the reconciler of instances ends or stops it when its time has come ([`next`], pure).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_hosts::{
    Claimant, Need,
    reclaim::{Candidate, Holder, plan},
};
use wharf_records::{
    Record as _, encode,
    hosts::{Claim, Phase},
};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::fault::Chain;

use super::{Interruption, Notice};
use crate::{
    Ec2Service,
    fault::ChangeError,
    instances::{
        PERMIT,
        life::{Life, Step},
        placing::claimant,
    },
    records::Instance,
};

/// How long a host has to end what is on it, beyond the notice, until the room that was promised counts as not there.
const GRACE: Duration = Duration::from_secs(60);
/// Before those who still wait are looked at again.
const AGAIN: Duration = Duration::from_secs(1);
/// Of what kind tasks of ECS are among those who claim room.
const TASK: &str = "task";
/// Those who are looked at at once.
const MOST_AT_ONCE: usize = 100;

/// What is next for an instance, given what its life alone would have it be.
pub fn next(instance: &Instance, step: Step, now: Timestamp) -> Step {
    let notice = instance.spot.as_ref().and_then(|it| it.notice);
    let Some(notice) = notice.filter(|it| !it.done) else {
        return step;
    };
    let runs = instance.life.state.lives();
    match step {
        Step::Nothing | Step::After(_) if runs && now >= notice.at => Step::Interrupt,
        Step::Nothing if runs => Step::After(notice.at.since(now)),
        Step::After(delay) if runs => Step::After(delay.min(notice.at.since(now))),
        step => step,
    }
}

/// The capacity of an instance is taken back now.
pub fn interrupt(instance: &mut Instance, now: Timestamp) {
    let Some(held) = &mut instance.spot else {
        return;
    };
    if let Some(notice) = &mut held.notice {
        notice.done = true;
    }
    // Of one that never ran there may be no disk that it could start from again.
    let ends = held.on_interruption == Interruption::Terminate || instance.life.is_first_boot();
    instance.life.interrupted(ends, now);
}

/// Whether an instance can be given a notice: it is on a host, and has none that stands.
fn may_be_noticed(life: &Life, notice: Option<Notice>) -> bool {
    life.state.lives() && life.claimed && notice.is_none_or(|it| it.done)
}

/// Takes capacity back for those who need it, until `stop`.
pub async fn run(service: &Ec2Service, stop: CancellationToken) {
    let needs = service.instances.parts.hosts.needs();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = needs.asked() => {}
        }
        if let Err(error) = serve(service).await {
            let error = Chain(&error).to_string();
            tracing::warn!(error, "failed to take Spot capacity back; will be retried");
        }
        // Those who still wait ask again; no more often than this is anything decided.
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// Instances that hold Spot capacity, by the names of their claims, as they were read for a turn.
struct Holders {
    all: BTreeMap<String, Stored<Instance>>,
    /// Those that give it up anyway.
    leaving: BTreeSet<String>,
    /// Nobody holds any.
    none: bool,
}

impl Holders {
    /// How one of them gives up its capacity.
    fn holder(&self, name: &str, claim: &Claim) -> Holder {
        let is_task = Claimant::parse(name).is_some_and(|it| it.kind() == TASK);
        match () {
            () if self.leaving.contains(name) => Holder::Leaves,
            () if self.all.contains_key(name) => Holder::Ends,
            // An instance boots on memory that nobody uses any more: a task's room is there once it has ended.
            () if is_task && claim.phase == Phase::Held => Holder::Ends,
            () if is_task => Holder::Leaves,
            // What is neither nobody here can end.
            () => Holder::Stays,
        }
    }

    /// Those on hosts that somebody needs room on. Nothing else is read, whatever else accounts have.
    async fn read(service: &Ec2Service, needs: &[Need]) -> Result<Self, ChangeError> {
        let hosts: BTreeSet<&String> = needs.iter().flat_map(|it| &it.hosts).collect();
        let names: Vec<String> = service.instances.parts.hosts.read(|machines| {
            let ledgers = hosts
                .iter()
                .filter_map(|it| machines.ledgers().get(it.as_str()));
            let claims = ledgers.flat_map(|it| it.claims.of_spot().map(|(name, _)| name));
            claims.collect()
        });
        let none = names.is_empty();
        let (mut all, mut leaving) = (BTreeMap::new(), BTreeSet::new());
        for name in names {
            let Some(key) = service.instances.of_spot.key(&name) else {
                continue;
            };
            let Some(stored) = service.table.read::<Instance>(&key).await? else {
                continue;
            };
            let notice = stored.record.spot.as_ref().and_then(|it| it.notice);
            if !may_be_noticed(&stored.record.life, notice) {
                leaving.insert(name.clone());
            }
            all.insert(name, stored);
        }
        Ok(Self { all, leaving, none })
    }
}

async fn serve(service: &Ec2Service) -> Result<(), ChangeError> {
    let hosts = &service.instances.parts.hosts;
    let needs = hosts.needs().open(service.instances.now(), MOST_AT_ONCE);
    if needs.is_empty() {
        return Ok(());
    }
    hosts.up_to_date().await;
    let mut holders = Holders::read(service, &needs).await?;
    if holders.none {
        return Ok(());
    }
    for need in &needs {
        take_back(service, need, &mut holders).await?;
    }
    Ok(())
}

/// Gives notice to those whose room somebody needs.
async fn take_back(
    service: &Ec2Service,
    need: &Need,
    holders: &mut Holders,
) -> Result<(), ChangeError> {
    // What others hold that fence is not this server's to decide.
    let Ok(shard) = fence::<crate::fault::Ec2Faults>(&service.instances.shard) else {
        return Ok(());
    };
    let now = service.instances.now();
    let hosts = &service.instances.parts.hosts;
    let taking = hosts.read(|machines| {
        let promises = hosts.needs().promises(None, now);
        let candidates = need.hosts.iter().filter_map(|host| {
            let ledger = machines.ledgers().get(host)?;
            let kept = promises.get(host).map_or(&[][..], Vec::as_slice);
            Some(Candidate { host, ledger, kept })
        });
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        let mut held = candidates.iter().map(|it| &it.ledger.claims);
        // Where there is no Spot capacity, whoever waits needs no promise.
        if !held.any(|it| it.of_spot().next().is_some()) {
            return None;
        }
        // Hosts that cannot be told of it come last.
        let fleet = machines.fleet();
        let is_reachable = |it: &Candidate<'_>| {
            fleet
                .row(it.host)
                .is_some_and(|row| fleet.is_reachable(row))
        };
        let (near, far): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_reachable);
        let name = need.claimant.name();
        let holder = |name: &str, claim: &Claim| holders.holder(name, claim);
        let among = |of: &[Candidate<'_>]| plan(&name, &need.claim, of, &holder);
        among(&near).or_else(|| among(&far))
    });
    let Some(taking) = taking else {
        return Ok(());
    };
    let at = now + service.spot_notice;
    let mut txn = Txn::new().when(shard);
    let is_instance = |name: &&String| holders.all.contains_key(*name);
    let (instances, tasks): (Vec<&String>, Vec<&String>) =
        taking.from.iter().partition(is_instance);
    for name in &instances {
        let Some(stored) = holders.all.get(*name) else {
            continue;
        };
        let mut record = stored.record.clone();
        if let Some(held) = &mut record.spot {
            held.notice = Some(Notice {
                given_at: now,
                at,
                done: false,
            });
        }
        txn = txn
            .when(stored.unchanged())
            .put(&stored.key, encode(&record));
    }
    if !instances.is_empty() && !service.table.commit(&PERMIT, txn).await? {
        // Something changed; it is asked again.
        return Ok(());
    }
    if !tasks.is_empty() {
        hosts.needs().call(tasks.into_iter().cloned());
    }
    holders.leaving.extend(taking.from.iter().cloned());
    tracing::info!(
        host = taking.host,
        from = taking.from.join(" "),
        by = need.claimant.name(),
        "Spot capacity is taken back"
    );
    hosts
        .needs()
        .promise(&need.claimant, &taking.host, at + GRACE);
    Ok(())
}

impl Ec2Service {
    /// An instance that is On-Demand found no room: it is asked for what Spot capacity holds.
    pub(crate) fn needs_room(&self, need: Need) {
        let now = self.instances.now();
        self.instances.parts.hosts.needs().ask(need, now);
    }

    /// By when an instance that found none has room.
    pub(crate) fn promised_room(&self, id: &str) -> Option<Timestamp> {
        let (hosts, now) = (&self.instances.parts.hosts, self.instances.now());
        hosts.needs().promised(&claimant(id), now)
    }

    pub(crate) fn has_room(&self, who: &Claimant) {
        self.instances.parts.hosts.needs().served(who);
    }
}

/// Kinds of records that the reconciler wakes for an instance.
pub fn request_key(scope: &wharf_records::Scope, instance: &Instance) -> Option<String> {
    let held = instance.spot.as_ref()?;
    Some(scope.key(super::SpotRequest::KIND, &held.request))
}
