//! The executor: reads a fleet and its instances, decides by [`super::plan`], launches and ends.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::{Call, Context};

use super::{
    Fleet, SpotFleet,
    create::keep_template,
    fill::{fill, finish},
    pauses::{after_failures, failed_at},
    plan::{Seen, UNFINISHED, plan},
    records::{AnyFleet, State, Template, Type},
};
use crate::{
    Ec2Service,
    fault::Ec2Faults,
    instances::PERMIT,
    records::{Instance, Pointer},
};

type StepError = wharf_service::StepError<Ec2Faults>;

/// Pause between two looks at one that is on its way out, or that somebody else wrote.
const NEXT_LOOK: Duration = Duration::from_secs(5);
/// How long a fleet is shown after its end.
const RETENTION: Duration = Duration::from_secs(3600);

/// The key of the fleet of an instance.
pub fn key_of(scope: &Scope, instance: &Instance) -> Option<String> {
    let id = &instance.fleet.as_ref()?.id;
    Some(match id.starts_with("sfr-") {
        true => scope.key(SpotFleet::KIND, id),
        false => scope.key(Fleet::KIND, id),
    })
}

pub async fn reconcile(
    service: &Ec2Service,
    scope: &Scope,
    (kind, key): (&str, &str),
) -> Result<Next, StepError> {
    match kind {
        Fleet::KIND => one::<Fleet>(service, scope, key).await,
        _ => one::<SpotFleet>(service, scope, key).await,
    }
}

async fn one<T: AnyFleet>(
    service: &Ec2Service,
    scope: &Scope,
    key: &str,
) -> Result<Next, StepError> {
    let pauses = &service.instances.pauses;
    let Some(mut stored) = service.table.read::<T>(key).await? else {
        pauses.forget(key);
        return Ok(Next::Settled);
    };
    let now = service.instances.now();
    let shard = || fence::<Ec2Faults>(&service.instances.shard);
    let body = stored.record.body().clone();
    if body.state == State::Deleted {
        let until = body.since + RETENTION;
        if now < until {
            return Ok(Next::After(until.since(now)));
        }
        let mut txn = Txn::new()
            .when(shard()?)
            .when(stored.unchanged())
            .delete(key);
        if let Some(token) = &body.client_token {
            txn = txn.delete(scope.key(Pointer::KIND, &super::create::token_id::<T>(token)));
        }
        service.table.commit(&PERMIT, txn).await?;
        return Ok(Next::Settled);
    }
    if body.state == State::Active {
        let next = keeping_templates(service, &call_of::<T>(scope, now), &stored.record).await;
        if next != stored.record {
            let txn = Txn::new().when(shard()?).when(stored.unchanged());
            let txn = txn.put(key, encode(&next));
            service.table.commit(&PERMIT, txn).await?;
            return Ok(Next::Settled);
        }
    }
    let instances: Vec<Stored<Instance>> = {
        let all = service.table.all::<Instance>(scope, "").await?;
        all.into_iter().map(|(_, it)| it).collect()
    };
    let id = stored.record.id().to_owned();
    let seen: Vec<Seen> = instances
        .iter()
        .filter_map(|it| Seen::of(&body, &id, &it.record))
        .collect();
    let plan = plan(&body, &seen, now);
    for id in &plan.excess {
        let found = instances.iter().find(|it| it.record.id == *id);
        if let Some(stored) = found {
            let mut record = stored.record.clone();
            record.life.terminate(now);
            let txn = Txn::new().when(shard()?).when(stored.unchanged());
            let txn = txn.put(&stored.key, encode(&record));
            service.table.commit(&PERMIT, txn).await?;
        }
    }
    if let Some(state) = plan.state {
        let mut next = stored.record.clone();
        let body = next.body_mut();
        body.state = state;
        body.since = now;
        if state == State::Deleted {
            // Nothing is launched of it any more, and it is shown for a while.
            let all = body.specifications.iter_mut();
            all.for_each(|it| it.user_data = None);
        }
        let txn = Txn::new().when(shard()?).when(stored.unchanged());
        service
            .table
            .commit(&PERMIT, txn.put(key, encode(&next)))
            .await?;
        // What was written wakes the key again.
        return Ok(Next::Settled);
    }
    if plan.finish {
        shard()?;
        let call = call_of::<T>(scope, now);
        if let Err(fault) = finish(service, &call, &mut stored).await {
            tracing::warn!(fleet = id, %fault, "failed to finish an instant fleet; will retry");
            return Ok(Next::After(NEXT_LOOK));
        }
        return Ok(Next::Settled);
    }
    if plan.missing.total() > 0 {
        shard()?;
        let missing = plan.missing;
        if let Some(left) = pauses.left(key, missing) {
            return Ok(Next::After(left));
        }
        let own = |it: &&Stored<Instance>| it.record.fleet.as_ref().is_some_and(|it| it.id == id);
        let own = instances.iter().filter(own);
        let failed = own.filter_map(|it| failed_at(&it.record));
        if let Some(left) = after_failures(failed, now) {
            return Ok(Next::After(left));
        }
        let call = call_of::<T>(scope, now);
        let filled = match fill(service, &call, &mut stored, missing).await {
            Ok(filled) => filled,
            Err(fault) => {
                tracing::warn!(fleet = id, %fault, "failed to launch for a fleet; will retry");
                return Ok(Next::After(pauses.tried(key, missing, true)));
            }
        };
        if filled.outdated {
            return Ok(Next::After(NEXT_LOOK));
        }
        if filled.failures != stored.record.body().failures {
            let mut next = stored.record.clone();
            next.body_mut().failures = filled.failures;
            let txn = Txn::new().when(shard()?).when(stored.unchanged());
            service
                .table
                .commit(&PERMIT, txn.put(key, encode(&next)))
                .await?;
        }
        let pause = pauses.tried(key, missing, filled.made == 0);
        return Ok(Next::After(pause));
    }
    pauses.forget(key);
    Ok(wake(&body, now))
}

/// A fleet that was made by a version of wharf that did not keep what its templates mean.
async fn keeping_templates<T: AnyFleet>(service: &Ec2Service, call: &Call, fleet: &T) -> T {
    let mut next = fleet.clone();
    let pools = next.body_mut().pools.iter_mut();
    let unknown = |it: &&mut Template| it.meant.is_none();
    for template in pools.filter_map(|it| it.template.as_mut()).filter(unknown) {
        // One that is not there fails as its pool's launch.
        keep_template(service, call, template).await.ok();
    }
    next
}

fn wake(body: &super::records::Body, now: Timestamp) -> Next {
    let unfinished = body.filling.then(|| body.created_at + UNFINISHED);
    let moments = [body.valid_from, body.valid_until, unfinished];
    let next = moments.into_iter().flatten().filter(|it| *it > now).min();
    match (next, body.state, body.kind) {
        (Some(at), State::Active, _) => Next::After(at.since(now)),
        // Instances that come and go wake it.
        (_, State::Active, Type::Instant | Type::Request | Type::Maintain) => Next::Settled,
        _ => Next::After(NEXT_LOOK),
    }
}

fn call_of<T: AnyFleet>(scope: &Scope, now: Timestamp) -> Call {
    let cx = Context::internal(&scope.account, &scope.region, T::PRINCIPAL, now);
    Call::by_controller(cx, PERMIT)
}
