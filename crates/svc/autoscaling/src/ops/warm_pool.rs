//! PutWarmPool, DescribeWarmPool and DeleteWarmPool.

use wharf_api_autoscaling::{
    DeleteWarmPoolAnswer, DeleteWarmPoolType, DescribeWarmPoolAnswer, DescribeWarmPoolType,
    InstanceReusePolicy, PutWarmPoolAnswer, PutWarmPoolType, WarmPoolConfiguration, faults,
};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{USUAL, given, groups};
use crate::{
    core::Core,
    fault::{self, invalid},
    names,
    records::{Member, Pool, Rest},
};

/// What a request that sets no bound says.
const NO_BOUND: i32 = -1;

/// What a request does not say stays as it is.
pub async fn put(
    core: &Core,
    call: &Call,
    input: PutWarmPoolType,
) -> Result<PutWarmPoolAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let rest = input.pool_state.as_deref().map(rest).transpose()?;
    let min = input.min_size.map(|it| given::size(it, "minSize"));
    let min = min.transpose()?;
    let prepared = match input.max_group_prepared_capacity {
        None => None,
        Some(NO_BOUND) => Some(None),
        Some(it) => Some(Some(given::size(it, "maxGroupPreparedCapacity")?)),
    };
    let reuses = input.instance_reuse_policy;
    let reuses = reuses.map(|it| it.reuse_on_scale_in == Some(true));
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        let refreshes = core.refreshes(&place, &group.uuid).await?;
        if refreshes.iter().any(|it| !it.record.stage.is_over()) {
            return Err(faults::instance_refresh_in_progress_fault(
                "An Instance Refresh is in progress and blocks changes of the warm pool.",
            ));
        }
        let before = group.pool.take().unwrap_or_default();
        if before.deleting {
            return Err(invalid(format!(
                "The warm pool of AutoScalingGroup {name} is pending delete."
            )));
        }
        let pool = Pool {
            prepared: prepared.unwrap_or(before.prepared),
            min: min.unwrap_or(before.min),
            rest: rest.unwrap_or(before.rest),
            reuses: reuses.unwrap_or(before.reuses),
            deleting: false,
        };
        given::pool_size(&pool, group.max)?;
        group.pool = Some(pool);
        tx.put(&key, &group);
    });
    Ok(PutWarmPoolAnswer {})
}

fn rest(given: &str) -> Result<Rest, Fault> {
    match given {
        "Stopped" => Ok(Rest::Stopped),
        "Running" => Ok(Rest::Running),
        // No instance here can be hibernated.
        "Hibernated" => Err(Fault::sender(
            "UnsupportedOperation",
            400,
            "The value Hibernated of the parameter PoolState is not supported by this version of wharf.",
        )),
        other => Err(invalid(format!(
            "1 validation error detected: Value '{other}' at 'poolState' failed to satisfy constraint: Member must satisfy enum value set: [Stopped, Running, Hibernated]"
        ))),
    }
}

pub fn shown(pool: &Pool) -> WarmPoolConfiguration {
    let count = |it: u32| i32::try_from(it).ok();
    WarmPoolConfiguration {
        max_group_prepared_capacity: pool.prepared.and_then(count),
        min_size: count(pool.min),
        pool_state: Some(pool.rest.name().to_owned()),
        status: pool.deleting.then(|| "PendingDelete".to_owned()),
        instance_reuse_policy: pool.reuses.then_some(InstanceReusePolicy {
            reuse_on_scale_in: Some(true),
        }),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeWarmPoolType,
) -> Result<DescribeWarmPoolAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    let page = core.page(
        call,
        "autoscaling/DescribeWarmPool",
        &group.uuid,
        input.next_token.as_deref(),
        (input.max_records, USUAL, USUAL),
    )?;
    let prefix = names::scope(&place).prefix(<Member as wharf_records::Record>::KIND);
    let of_group = names::member_key(&place, &group.uuid, "");
    let fits = |it: &Stored<Member>| {
        it.key.starts_with(&of_group) && it.record.is_pooled() && it.record.instance.is_some()
    };
    let found = core
        .table
        .page::<Member>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let instances = found.records.into_iter();
    Ok(DescribeWarmPoolAnswer {
        warm_pool_configuration: group.pool.as_ref().map(shown),
        instances: Some(
            instances
                .map(|it| groups::shown(&group, it.record))
                .collect(),
        ),
        next_token,
    })
}

/// Its instances end first; the reconciler takes the pool off the group when they have.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteWarmPoolType,
) -> Result<DeleteWarmPoolAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find(&key).await?;
        let mut group: crate::records::Group = found.ok_or_else(|| fault::no_group(&name))?;
        let Some(pool) = &mut group.pool else {
            return Err(invalid(format!(
                "No warm pool found for AutoScalingGroup {name}."
            )));
        };
        if pool.deleting {
            return Ok(DeleteWarmPoolAnswer {});
        }
        let members = core.members(&place, &group.uuid).await?;
        let mut pooled = members.iter().filter(|it| it.record.is_pooled());
        if input.force_delete != Some(true) {
            if pooled.clone().any(|it| it.record.activity.is_some()) {
                return Err(faults::scaling_activity_in_progress_fault(
                    "You cannot delete a warm pool while there are scaling activities in progress for it.",
                ));
            }
            if pooled.next().is_some() {
                return Err(faults::resource_in_use_fault(
                    "You cannot delete a warm pool while there are instances in it.",
                ));
            }
        }
        pool.deleting = true;
        tx.put(&key, &group);
    });
    Ok(DeleteWarmPoolAnswer {})
}
