//! Load balancers get their interfaces; what deleted ones have left is cleared away.

use std::{sync::Arc, time::Duration};

use wharf_reconcile::Next;
use wharf_records::{Record, Scope};
use wharf_service::{fence, transact};
use wharf_store::{Compare, Txn};

use super::{PERMIT, StepError, interfaces};
use crate::{
    access_logs,
    core::Core,
    names::{Place, platform_scope},
    orphans,
    plan::{Action, plan},
    records::{ClosedLog, Interface, LoadBalancer, PublicAddress, Remains, Status},
};

/// Actions performed for a load balancer before others get their turn.
const MAX_STEPS: usize = 16;

/// Brings one load balancer, or the remains of one, forward.
pub async fn balancer(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, kind, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    if kind == Remains::KIND {
        return clear(&core, &key, &place, &id).await;
    }
    if kind == ClosedLog::KIND {
        return forget_log(&core, &key).await;
    }
    orphans::clear_orphans(&core, &PERMIT, &place, &id, fence(&core.shard)?).await?;
    for _ in 0..MAX_STEPS {
        let Some(stored) = core.table.read::<LoadBalancer>(&key).await? else {
            return Ok(Next::Settled);
        };
        let hosts = core.known_hosts().await?;
        let patience = core.parts.config.provisioning_patience;
        let plan = plan(&stored.record, &hosts, patience, core.now());
        let Some(action) = plan.action else {
            let now = core.now();
            return Ok(plan
                .wake_at
                .map_or(Next::Settled, |at| Next::After(at.since(now))));
        };
        if let Err(error) = perform(&core, &key, &place, &id, &stored.record, action).await {
            complain(&core, &key, &stored.record, &error).await?;
            return Err(error);
        }
    }
    Ok(Next::After(Duration::ZERO))
}

async fn perform(
    core: &Core,
    key: &str,
    place: &Place,
    id: &str,
    record: &LoadBalancer,
    action: Action,
) -> Result<(), StepError> {
    match action {
        Action::Create { host, subnet } => {
            let made = interfaces::create(core, place, id, record, &host, &subnet).await?;
            let (made_id, known) = (made.id.clone(), made);
            let add = |balancer: &mut LoadBalancer| {
                if !balancer.interfaces.iter().any(|it| it.id == known.id) {
                    balancer.interfaces.push(known.clone());
                }
            };
            // Deleted meanwhile: nobody else knows of the interface.
            if !change(core, key, add).await? {
                interfaces::delete(core, place, &made_id, None).await?;
            }
        }
        Action::Attach(eni) => {
            let Some(interface) = of(record, &eni) else {
                return Ok(());
            };
            let attachment = interfaces::attach(core, place, interface).await?;
            let attached = |it: &mut Interface| {
                it.attached = true;
                it.attachment.clone_from(&attachment);
            };
            change(core, key, |balancer| with(balancer, &eni, attached)).await?;
        }
        Action::Regroup(eni) => {
            interfaces::set_groups(core, place, &eni, &record.security_groups).await?;
            let groups = |it: &mut Interface| it.groups.clone_from(&record.security_groups);
            change(core, key, |balancer| with(balancer, &eni, groups)).await?;
        }
        Action::Address(eni) => {
            let given = interfaces::set_ipv6(core, place, &eni, record.dual_stack).await?;
            let has = |it: &mut Interface| it.ipv6 = given;
            change(core, key, |balancer| with(balancer, &eni, has)).await?;
        }
        Action::Delete(eni) => {
            let Some(interface) = of(record, &eni) else {
                return Ok(());
            };
            interfaces::delete(core, place, &eni, interface.attachment.as_deref()).await?;
            let drop = |balancer: &mut LoadBalancer| balancer.interfaces.retain(|it| it.id != eni);
            change(core, key, drop).await?;
        }
        Action::Become(status) => {
            let become_ = |balancer: &mut LoadBalancer| {
                balancer.status = status;
                balancer.problem = None;
            };
            change(core, key, become_).await?;
        }
    }
    Ok(())
}

fn of<'a>(record: &'a LoadBalancer, eni: &str) -> Option<&'a Interface> {
    record.interfaces.iter().find(|it| it.id == eni)
}

fn with(balancer: &mut LoadBalancer, eni: &str, change: impl Fn(&mut Interface)) {
    balancer
        .interfaces
        .iter_mut()
        .filter(|it| it.id == eni)
        .for_each(change);
}

/// What keeps a load balancer from being whole is shown once it has lasted a while.
async fn complain(
    core: &Core,
    key: &str,
    record: &LoadBalancer,
    error: &StepError,
) -> Result<(), StepError> {
    let StepError::Neighbour { action, fault } = error else {
        return Ok(());
    };
    if core.now() < record.created_at + core.parts.config.provisioning_patience {
        return Ok(());
    }
    let text = format!("Cannot {action}: {}", fault.message);
    let tell = |balancer: &mut LoadBalancer| {
        balancer.status = Status::Impaired;
        balancer.problem = Some(text.clone());
    };
    change(core, key, tell).await?;
    Ok(())
}

/// Changes the record under the shard's fence; false if it is gone.
async fn change(
    core: &Core,
    key: &str,
    change: impl Fn(&mut LoadBalancer),
) -> Result<bool, StepError> {
    Ok(transact!(core.table, &PERMIT, |tx| {
        let Some(mut record) = tx.find::<LoadBalancer>(key).await? else {
            return Ok(false);
        };
        let before = record.clone();
        change(&mut record);
        if record != before {
            tx.fence(fence(&core.shard)?);
            tx.put(key, &record);
        }
        true
    }))
}

/// Gives back what a deleted load balancer had: what is below it, its interfaces, its address.
async fn clear(core: &Core, key: &str, place: &Place, id: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Remains>(key).await? else {
        return Ok(Next::Settled);
    };
    orphans::clear_below(core, &PERMIT, place, id, Some(fence(&core.shard)?)).await?;
    for interface in &stored.record.interfaces {
        interfaces::delete(core, place, &interface.id, interface.attachment.as_deref()).await?;
    }
    let mut txn = Txn::new()
        .when(fence(&core.shard)?)
        .when(Compare::mod_revision(key, stored.revision))
        .delete(key);
    if let Some(address) = stored.record.public_address {
        txn = txn.delete(platform_scope().key(PublicAddress::KIND, &address.to_string()));
    }
    match core.table.commit(&PERMIT, txn).await? {
        true => Ok(Next::Settled),
        false => Ok(Next::After(Duration::ZERO)),
    }
}

/// Forgets where a deleted load balancer wrote logs, once no host has any.
async fn forget_log(core: &Core, key: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<ClosedLog>(key).await? else {
        return Ok(Next::Settled);
    };
    let left = access_logs::left(&stored.record.places, core.now());
    if !left.is_zero() {
        return Ok(Next::After(left));
    }
    let txn = Txn::new()
        .when(fence(&core.shard)?)
        .when(stored.unchanged())
        .delete(key);
    core.table.commit(&PERMIT, txn).await?;
    Ok(Next::After(Duration::ZERO))
}
