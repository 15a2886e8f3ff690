//! The executor of the machines for Fargate: reads what is seen of them, has [`super::plan`] say what is due, and does it, one step
//! after the other. Every write compares the shard and the machine's record.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wharf_base::{Timestamp, ids};
use wharf_hosts::{FargateWaiting, Machines, zone_letter};
use wharf_records::{
    Record as _, Unknown, encode,
    hosts::{Capacity, Ledger},
    node::{DEFAULT_CLUSTER, Grant, MadeFor},
};
use wharf_service::{Stored, fence};
use wharf_store::{Compare, Txn};
use wharf_wire::Fault;

use super::{
    LearnedSize, Pool, PoolMachine, PoolSize, Stage,
    plan::{
        Action, Held, Kind, Loss, Observed, Own, Plan, REFUSED_FOR, SOON, account_of, learned, plan,
    },
    token_purpose,
};
use crate::{
    Ec2Service,
    instances::{
        providers::webhook::{
            client::Trouble,
            executor::host_of,
            protocol::{self, Asked, FargateMachine, Joining, MachineState, Wanted},
        },
        reconcile::{PERMIT, StepError, host_by},
    },
};

/// Between two looks that are asked for one after the other.
const BREATH: Duration = Duration::from_millis(200);

/// Looks until `stop`; at once over where there is no maker.
pub async fn follow(service: Ec2Service, stop: CancellationToken) {
    let Some(pool) = service.instances.making.pool().cloned() else {
        return;
    };
    let queue = service.instances.parts.hosts.clone();
    loop {
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = look(&service, &pool) => pause,
        };
        let pause = pause.unwrap_or_else(|error| {
            if !matches!(error, StepError::NoShard) {
                tracing::warn!(%error, "failed to look at the machines for Fargate; will retry");
            }
            SOON
        });
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
            () = queue.fargate().changed() => sleep(BREATH).await,
        }
    }
}

/// One look; when the next is.
async fn look(service: &Ec2Service, pool: &Pool) -> Result<Duration, StepError> {
    // Only the server that holds the shard.
    fence(&service.instances.shard)?;
    let scope = pool.maker.scope();
    let all = service.table.all::<PoolMachine>(&scope, "").await?;
    let all: Vec<Stored<PoolMachine>> = all.into_iter().map(|(_, stored)| stored).collect();
    let mut machines = Vec::with_capacity(all.len());
    for stored in &all {
        machines.push(see(service, pool, stored).await?);
    }
    let learned = learn(service, pool, &machines).await?;
    let hosts = &service.instances.parts.hosts;
    let waiting = hosts.fargate().waiting();
    let hosted = hosts.read(hosted);
    let is_shared = is_shared(pool, &waiting).await?;
    let now = service.instances.now();
    let due = {
        let mut memory = pool.memory.lock();
        let due = plan(
            &Observed {
                terms: &pool.terms,
                machines: &machines,
                waiting: &waiting,
                hosted: &hosted,
                learned: &learned,
                refused: &memory.refused(),
                is_shared,
            },
            now,
        );
        memory.idle.clone_from(&due.idle);
        memory.away.clone_from(&due.away);
        if memory.status.held != due.status.held
            && let Some(held) = due.status.held.filter(|it| *it != Held::Wave)
        {
            tracing::info!(
                waiting = due.status.waiting,
                lacking = due.status.lacking,
                machines = machines.len(),
                "the pool of Fargate does not grow: {held}"
            );
        }
        memory.status.clone_from(&due.status);
        due
    };
    // What ends makes room for another, and what is on its way is one: both are worth a wait.
    let ends = |id: &str| {
        let of = |it: &Action| matches!(it, Action::Close { id: closed, .. } | Action::GiveUp { id: closed, .. } if closed == id);
        due.actions.iter().any(of)
    };
    let stay = machines
        .iter()
        .filter(|it| it.stage == Stage::Joined && !ends(&it.id));
    pool.offer_with(hosts, stay.count() < pool.terms.most);
    perform(service, pool, &all, &due).await?;
    let is_order = |it: &Action| matches!(it, Action::Order { .. });
    if due.actions.iter().any(is_order) {
        // The maker is to hear of them.
        return Ok(BREATH);
    }
    // Nobody says what becomes of nodes; who begins to wait has the next look come at once.
    let often = pool.maker.pace().soon;
    let wake = due.wake_at.map(|at| at.since(now).max(BREATH));
    Ok(wake.map_or(often, |it| it.min(often)))
}

/// Whether machines may have to be left to other accounts. Where nobody waits, or the operator says how many an account may have, nothing
/// depends on it.
async fn is_shared(pool: &Pool, waiting: &[FargateWaiting]) -> Result<bool, StepError> {
    if waiting.is_empty() || pool.terms.most_per_account.is_some() {
        return Ok(false);
    }
    let several = pool.maker.parts.accounts.are_several().await;
    several.map_err(|fault| neighbour("look whether there are several accounts", fault))
}

/// What machines of each size have, with what these show of it: what is new of that is written down, so that after a restart it is known
/// before one joins.
async fn learn(
    service: &Ec2Service,
    pool: &Pool,
    machines: &[Own],
) -> Result<BTreeMap<PoolSize, Capacity>, StepError> {
    let scope = pool.maker.scope();
    let known = pool.memory.lock().learned.clone();
    let mut all = match known {
        Some(known) => known,
        None => {
            let stored = service.table.all::<LearnedSize>(&scope, "").await?;
            let records = stored.into_iter().map(|(_, stored)| stored.record);
            records.map(|it| (it.size, it.capacity)).collect()
        }
    };
    for (size, capacity) in learned(machines) {
        if all.get(&size) == Some(&capacity) {
            continue;
        }
        let record = LearnedSize {
            size,
            capacity,
            unknown: Unknown::new(),
        };
        let key = scope.key(LearnedSize::KIND, &record.size.to_string());
        let txn = Txn::new()
            .when(fence(&service.instances.shard)?)
            .put(&key, encode(&record));
        if service.table.commit(&PERMIT, txn).await? {
            all.insert(record.size, record.capacity);
        }
    }
    pool.memory.lock().learned = Some(all.clone());
    Ok(all)
}

/// Letters of the zones in which hosts offer Fargate.
fn hosted(machines: &Machines) -> BTreeSet<String> {
    let hosts = machines.hosts().iter().filter(|(_, it)| it.fargate);
    let zones = hosts.filter_map(|(id, host)| {
        let registered = machines.registration(id).filter(|it| it.of_installation)?;
        Some(zone_letter(&registered.region, &host.availability_zone).to_owned())
    });
    zones.collect()
}

/// What is seen of a machine.
async fn see(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
) -> Result<Own, StepError> {
    let it = &stored.record;
    let host = match (&it.host, it.stage) {
        (Some(host), _) => Some(host.clone()),
        (None, Stage::Ordered) => {
            let found = host_of(service, &pool.maker, &it.id).await?;
            found.map(|it| it.id)
        }
        (None, _) => None,
    };
    let (mut ledger, mut seen, mut retired) = (None, None, false);
    if let Some(host) = &host {
        let stored = service.table.read::<Ledger>(&Ledger::key(host)).await?;
        ledger = stored.map(|it| it.record);
        seen = host_by(service, host, ledger.as_ref());
        let hosts = &service.instances.parts.hosts;
        retired = hosts.read(|machines| {
            let registered = machines.registration(host);
            // Drained through the API, it takes nothing either.
            machines.is_retired(host) || registered.is_some_and(|it| !it.active)
        });
    }
    let region = &pool.maker.parts.home.region;
    let memory = pool.memory.lock();
    Ok(Own {
        id: it.id.clone(),
        size: it.size.clone(),
        zone: zone_letter(region, &it.zone).to_owned(),
        stage: it.stage,
        ordered_at: it.ordered_at,
        told_at: it.told_at,
        // One that does not answer refuses nothing.
        refused: pool.maker.trouble().is_none() && pool.maker.is_tried(&stored.key),
        account: account_of(it.account.as_deref(), ledger.as_ref()),
        host,
        seen,
        retired,
        ledger,
        listed: pool.maker.listed(&it.id, it.told_at),
        idle_since: memory.idle.get(&it.id).copied(),
        away_since: memory.away.get(&it.id).copied(),
    })
}

/// Does what is due. A step that fails keeps no other from its turn; once the maker does not answer, it is asked for nothing more in
/// this look.
async fn perform(
    service: &Ec2Service,
    pool: &Pool,
    all: &[Stored<PoolMachine>],
    due: &Plan,
) -> Result<(), StepError> {
    let mut answers = true;
    for action in &due.actions {
        match step(service, pool, (all, action), answers).await {
            Ok(answered) => answers &= answered,
            Err(error @ StepError::NoShard) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, ?action, "failed to bring a machine for Fargate forward; will retry");
            }
        }
    }
    Ok(())
}

/// Whether the maker answers.
async fn step(
    service: &Ec2Service,
    pool: &Pool,
    (all, action): (&[Stored<PoolMachine>], &Action),
    answers: bool,
) -> Result<bool, StepError> {
    let id = match action {
        Action::Order {
            size,
            zone,
            account,
        } => {
            order(service, pool, (size, zone), account.as_deref()).await?;
            return Ok(true);
        }
        Action::Tell { id }
        | Action::Join { id, .. }
        | Action::Close { id, .. }
        | Action::GiveUp { id, .. }
        | Action::End { id } => id,
    };
    let Some(stored) = all.iter().find(|it| it.record.id == *id) else {
        return Ok(true);
    };
    match action {
        Action::Order { .. } => {}
        Action::Tell { .. } if !answers => {}
        Action::Tell { .. } => return tell(service, pool, stored).await,
        Action::Join { host, .. } => join(service, pool, stored, host).await?,
        Action::Close { why, .. } => close(service, stored, why).await?,
        Action::GiveUp { why, loss, .. } => {
            give_up(service, pool, stored, (why, *loss)).await?;
        }
        Action::End { .. } => return end(service, pool, stored, answers).await,
    }
    Ok(true)
}

/// A transaction of a server that has the shard, on a machine as it was read.
fn fenced(service: &Ec2Service, stored: &Stored<PoolMachine>) -> Result<Txn, StepError> {
    let shard = fence(&service.instances.shard)?;
    Ok(Txn::new().when(shard).when(stored.unchanged()))
}

/// Writes what became of a machine; what somebody else wrote meanwhile is looked at again.
async fn write(
    service: &Ec2Service,
    stored: &Stored<PoolMachine>,
    record: &PoolMachine,
) -> Result<bool, StepError> {
    let txn = fenced(service, stored)?.put(&stored.key, encode(record));
    Ok(service.table.commit(&PERMIT, txn).await?)
}

/// Writes a machine down. Its maker hears of it with the next look.
async fn order(
    service: &Ec2Service,
    pool: &Pool,
    (size, zone): (&PoolSize, &str),
    account: Option<&str>,
) -> Result<(), StepError> {
    let record = PoolMachine {
        id: ids::ec2_id("i"),
        size: size.clone(),
        zone: format!("{}{zone}", pool.maker.parts.home.region),
        stage: Stage::Ordered,
        ordered_at: service.instances.now(),
        token: None,
        told_at: None,
        joined_at: None,
        host: None,
        account: account.map(str::to_owned),
        why: None,
        unknown: Unknown::new(),
    };
    let key = pool.maker.scope().key(PoolMachine::KIND, &record.id);
    let txn = Txn::new()
        .when(fence(&service.instances.shard)?)
        .when(Compare::absent(&key))
        .put(&key, encode(&record));
    if service.table.commit(&PERMIT, txn).await? {
        tracing::info!(machine = record.id, %size, zone = record.zone, "ordered a machine for Fargate");
    }
    Ok(())
}

fn neighbour(action: &'static str, fault: Fault) -> StepError {
    StepError::Neighbour { action, fault }
}

/// Tells the maker what is to be made; whether it answers.
async fn tell(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
) -> Result<bool, StepError> {
    let maker = &pool.maker;
    if maker.pause(&stored.key).is_some() {
        return Ok(true);
    }
    let with_token = match stored.record.token {
        Some(_) => stored.clone(),
        None => {
            seal_token(service, pool, stored).await?;
            let written = service.table.read::<PoolMachine>(&stored.key).await?;
            let Some(written) = written else {
                return Ok(true);
            };
            written
        }
    };
    let stored = &with_token;
    let asked = asked_to_run(service, pool, &stored.record);
    let answered = match asked {
        Ok(asked) => maker.ask(&asked, service.instances.now()).await,
        Err(trouble) => Err(trouble),
    };
    let said = match answered {
        Ok(said) => said,
        Err(trouble) => return Ok(not_taken(service, pool, stored, &trouble)),
    };
    maker.forget(&stored.key);
    let now = service.instances.now();
    let mut record = stored.record.clone();
    record.told_at = Some(now);
    if matches!(said.state, MachineState::Failed | MachineState::Ended) {
        let words = said.words();
        let why = words.unwrap_or_else(|| "the machine maker does not say why".to_owned());
        record.stage = Stage::Ending;
        record.why = Some(why.clone());
        let loss = match said.lacks_capacity() {
            true => Loss::NoRoom,
            false => Loss::InVain,
        };
        refuse(pool, &record, (why.as_str(), loss), now);
        tracing::warn!(
            machine = record.id,
            why,
            "a machine for Fargate was not made"
        );
    }
    write(service, stored, &record).await?;
    Ok(true)
}

/// It is tried again later; whether the maker answers at all.
fn not_taken(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
    trouble: &Trouble,
) -> bool {
    let now = service.instances.now();
    let again = pool.maker.did_not_take(&stored.key, trouble, now);
    tracing::warn!(machine = stored.record.id, error = %trouble, retry_in = ?again.after, "the machine maker did not take what a machine for Fargate needs; will retry");
    again.answers
}

/// The token is written down before the maker hears of it: each try says the same.
async fn seal_token(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
) -> Result<(), StepError> {
    let (it, parts) = (&stored.record, &pool.maker.parts);
    // A try before that was killed may have left one that nobody knows.
    let removed = parts.nodes.remove(&it.id).await;
    removed.map_err(|fault| neighbour("take back the token of a machine", fault))?;
    let grant = Grant {
        zone: Some(it.zone.clone()),
        fargate: true,
        // Pods on Fargate are instances; others do not come to a machine of the pool.
        instances: Some(true),
        max_cpu: Some(it.size.cpu()),
        max_memory: Some(it.size.memory_mib()),
        made_for: Some(MadeFor {
            instance: it.id.clone(),
            instance_type: it.size.type_name(),
        }),
        pool: true,
        ..Grant::default()
    };
    let token = parts.nodes.token(grant).await;
    let token = token.map_err(|fault| neighbour("make the token of a machine", fault))?;
    let purpose = purpose(pool, &it.id);
    let record = PoolMachine {
        token: Some(service.keyring.seal(token.as_bytes(), &purpose)),
        ..it.clone()
    };
    write(service, stored, &record).await?;
    Ok(())
}

fn purpose(pool: &Pool, id: &str) -> String {
    let home = &pool.maker.parts.home;
    token_purpose(&home.account, &home.region, id)
}

/// What the maker is told.
fn asked_to_run<'a>(
    service: &Ec2Service,
    pool: &'a Pool,
    it: &'a PoolMachine,
) -> Result<Asked<'a>, Trouble> {
    let parts = &pool.maker.parts;
    let none = || Trouble::Unreadable("there is no token".to_owned());
    let sealed = it.token.as_ref().ok_or_else(none)?;
    let token = service.keyring.open(sealed, &purpose(pool, &it.id));
    let token = token.map_err(|error| Trouble::Unreadable(error.to_string()))?;
    Ok(Asked {
        action: protocol::Action::Run,
        key: it.id.clone(),
        id: &it.id,
        installation: &parts.installation,
        boot: 1,
        machine: Some(Wanted::OfFargate(FargateMachine {
            purpose: "fargate",
            account: parts.home.account.clone(),
            region: parts.home.region.clone(),
            zone: it.zone.clone(),
            instance_type: it.size.type_name(),
            vcpus: it.size.vcpus,
            memory_mib: it.size.memory_mib(),
            architecture: it.size.architecture.clone(),
            disk_gib: it.size.disk_gib,
        })),
        join: Some(Joining {
            token: token.expose_str().ok_or_else(none)?.to_owned(),
            servers: parts.servers.clone(),
            authorities: parts.nodes.authorities(),
            cluster: DEFAULT_CLUSTER.to_owned(),
        }),
    })
}

async fn join(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
    host: &str,
) -> Result<(), StepError> {
    let now = service.instances.now();
    let record = PoolMachine {
        stage: Stage::Joined,
        host: Some(host.to_owned()),
        joined_at: Some(now),
        // An answer that was lost, or that nobody lived to write down: lists are believed from here on.
        told_at: stored.record.told_at.or(Some(now)),
        ..stored.record.clone()
    };
    if write(service, stored, &record).await? {
        pool.memory.lock().joined(&kind_of(pool, &record));
        // Its end has not to wait for what was not taken before.
        pool.maker.forget(&stored.key);
        tracing::info!(
            machine = record.id,
            host,
            "a machine for Fargate has joined"
        );
    }
    Ok(())
}

/// Nothing comes to it from here on, if nothing is on it: whoever claims room compares the ledger.
async fn close(
    service: &Ec2Service,
    stored: &Stored<PoolMachine>,
    why: &str,
) -> Result<(), StepError> {
    let Some(host) = &stored.record.host else {
        return Ok(());
    };
    let ledger = service.table.read::<Ledger>(&Ledger::key(host)).await?;
    let Some(ledger) = ledger.filter(|it| it.record.claims.is_empty()) else {
        return Ok(());
    };
    let closed = Ledger {
        closed: true,
        ..ledger.record.clone()
    };
    let record = PoolMachine {
        stage: Stage::Ending,
        why: Some(why.to_owned()),
        ..stored.record.clone()
    };
    let txn = fenced(service, stored)?
        .when(ledger.unchanged())
        .put(&ledger.key, encode(&closed))
        .put(&stored.key, encode(&record));
    if service.table.commit(&PERMIT, txn).await? {
        tracing::info!(machine = record.id, why, "a machine for Fargate ends");
    }
    Ok(())
}

/// For a while no other like one is ordered that came to nothing.
fn refuse(pool: &Pool, it: &PoolMachine, (why, loss): (&str, Loss), now: Timestamp) {
    let least = match loss {
        Loss::Served => return,
        Loss::InVain | Loss::InTheWay => Duration::ZERO,
        Loss::NoRoom => REFUSED_FOR,
    };
    let mut memory = pool.memory.lock();
    memory.refuse(kind_of(pool, it), (why, least), now);
}

fn kind_of(pool: &Pool, it: &PoolMachine) -> Kind {
    let zone = zone_letter(&pool.maker.parts.home.region, &it.zone);
    (it.size.clone(), zone.to_owned())
}

async fn give_up(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
    (why, loss): (&str, Loss),
) -> Result<(), StepError> {
    let record = PoolMachine {
        stage: Stage::Ending,
        why: Some(why.to_owned()),
        ..stored.record.clone()
    };
    if write(service, stored, &record).await? {
        refuse(pool, &record, (why, loss), service.instances.now());
        tracing::warn!(
            machine = record.id,
            ?loss,
            why,
            "a machine for Fargate is given up"
        );
    }
    Ok(())
}

/// Nobody joins as it any more, then nothing is left of the machine, then nothing of its record; whether the maker answers.
async fn end(
    service: &Ec2Service,
    pool: &Pool,
    stored: &Stored<PoolMachine>,
    answers: bool,
) -> Result<bool, StepError> {
    let (it, maker) = (&stored.record, &pool.maker);
    let removed = maker.parts.nodes.remove(&it.id).await;
    if !removed.map_err(|fault| neighbour("remove the node of a machine", fault))? {
        return Ok(true);
    }
    // Before there was a token nobody was told.
    if it.token.is_some() {
        if !answers || maker.pause(&stored.key).is_some() {
            return Ok(answers);
        }
        let said = match maker.end(&it.id, service.instances.now()).await {
            Ok(said) => said,
            Err(trouble) => return Ok(not_taken(service, pool, stored, &trouble)),
        };
        if said.state != MachineState::Ended {
            // It takes its time; asked again, it says when it is done.
            maker.later(&stored.key);
            return Ok(true);
        }
    }
    let txn = fenced(service, stored)?.delete(&stored.key);
    if service.table.commit(&PERMIT, txn).await? {
        maker.forget(&stored.key);
        tracing::info!(machine = it.id, "nothing is left of a machine for Fargate");
    }
    Ok(true)
}
