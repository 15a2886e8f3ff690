//! Attributes of load balancers, target groups and listeners: described and changed.

use std::collections::BTreeSet;

use wharf_api_elbv2::{
    DescribeListenerAttributesInput, DescribeListenerAttributesOutput,
    DescribeLoadBalancerAttributesInput, DescribeLoadBalancerAttributesOutput,
    DescribeTargetGroupAttributesInput, DescribeTargetGroupAttributesOutput, ListenerAttribute,
    LoadBalancerAttribute, ModifyListenerAttributesInput, ModifyListenerAttributesOutput,
    ModifyLoadBalancerAttributesInput, ModifyLoadBalancerAttributesOutput,
    ModifyTargetGroupAttributesInput, ModifyTargetGroupAttributesOutput, TargetGroupAttribute,
};
use wharf_wire::{Call, Fault};

use crate::{
    access_logs,
    check::attributes::{self as tables, Table},
    core::Core,
    fault,
    names::{Kind, Place},
    records::{Attributes, Listener, LoadBalancer, TargetGroup},
};

/// Every attribute in the wire shape that `make` gives it.
fn shown<T>(table: &Table, own: &Attributes, make: fn(String, String) -> T) -> Option<Vec<T>> {
    let all = table.show(own).into_iter();
    Some(
        all.map(|(key, value)| make(key.to_owned(), value))
            .collect(),
    )
}

fn of_balancer(key: String, value: String) -> LoadBalancerAttribute {
    LoadBalancerAttribute {
        key: Some(key),
        value: Some(value),
    }
}

fn of_group(key: String, value: String) -> TargetGroupAttribute {
    TargetGroupAttribute {
        key: Some(key),
        value: Some(value),
    }
}

fn of_listener(key: String, value: String) -> ListenerAttribute {
    ListenerAttribute {
        key: Some(key),
        value: Some(value),
    }
}

pub async fn describe_balancer(
    core: &Core,
    call: &Call,
    input: DescribeLoadBalancerAttributesInput,
) -> Result<DescribeLoadBalancerAttributesOutput, Fault> {
    let place = Place::of(call);
    let (id, stored) = core
        .balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    let table = tables::of_balancer(&id);
    Ok(DescribeLoadBalancerAttributesOutput {
        attributes: shown(table, &stored.record.attributes, of_balancer),
    })
}

pub async fn modify_balancer(
    core: &Core,
    call: &Call,
    input: ModifyLoadBalancerAttributesInput,
) -> Result<ModifyLoadBalancerAttributesOutput, Fault> {
    let place = Place::of(call);
    let (id, stored) = core
        .balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    let table = tables::of_balancer(&id);
    let given = input.attributes.unwrap_or_default();
    let pairs = || given.iter().map(|it| (it.key.clone(), it.value.clone()));
    let wanted = table.change(&stored.record.attributes, pairs())?;
    let of_logs = given
        .iter()
        .filter_map(|it| access_logs::about(it.key.as_deref()?));
    for kind in of_logs.collect::<BTreeSet<_>>() {
        access_logs::admit(core, &place, (&id, kind), &wanted).await?;
    }
    let change = |balancer: &mut LoadBalancer| {
        let attributes = table.change(&balancer.attributes, pairs())?;
        access_logs::leave(balancer, &attributes, core.now());
        balancer.attributes = attributes;
        Ok::<_, Fault>(())
    };
    let changed = core.table.change(&call.permit, &stored.key, change).await?;
    let (changed, ()) = changed.ok_or_else(fault::balancer_not_found)?;
    Ok(ModifyLoadBalancerAttributesOutput {
        attributes: shown(table, &changed.attributes, of_balancer),
    })
}

pub async fn describe_group(
    core: &Core,
    call: &Call,
    input: DescribeTargetGroupAttributesInput,
) -> Result<DescribeTargetGroupAttributesOutput, Fault> {
    let place = Place::of(call);
    let (_, stored) = core
        .group(&place, input.target_group_arn.as_deref())
        .await?;
    let table = tables::of_targets(&stored.record);
    Ok(DescribeTargetGroupAttributesOutput {
        attributes: shown(table, &stored.record.attributes, of_group),
    })
}

pub async fn modify_group(
    core: &Core,
    call: &Call,
    input: ModifyTargetGroupAttributesInput,
) -> Result<ModifyTargetGroupAttributesOutput, Fault> {
    let place = Place::of(call);
    let (_, stored) = core
        .group(&place, input.target_group_arn.as_deref())
        .await?;
    let given = input.attributes.unwrap_or_default();
    let pairs = || given.iter().map(|it| (it.key.clone(), it.value.clone()));
    let table = tables::of_targets(&stored.record);
    let change = |group: &mut TargetGroup| {
        group.attributes = table.change(&group.attributes, pairs())?;
        Ok::<_, Fault>(())
    };
    let changed = core.table.change(&call.permit, &stored.key, change).await?;
    let (changed, ()) = changed.ok_or_else(fault::group_not_found)?;
    Ok(ModifyTargetGroupAttributesOutput {
        attributes: shown(table, &changed.attributes, of_group),
    })
}

pub async fn describe_listener(
    core: &Core,
    call: &Call,
    input: DescribeListenerAttributesInput,
) -> Result<DescribeListenerAttributesOutput, Fault> {
    let (place, arn) = (Place::of(call), input.listener_arn.as_deref());
    let missing = fault::listener_not_found;
    let (_, stored) = core
        .find::<Listener>(&place, Kind::Listener, arn, missing)
        .await?;
    let table = tables::of_listener(stored.record.protocol);
    Ok(DescribeListenerAttributesOutput {
        attributes: shown(table, &stored.record.attributes, of_listener),
    })
}

pub async fn modify_listener(
    core: &Core,
    call: &Call,
    input: ModifyListenerAttributesInput,
) -> Result<ModifyListenerAttributesOutput, Fault> {
    let (place, arn) = (Place::of(call), input.listener_arn.as_deref());
    let missing = fault::listener_not_found;
    let (_, stored) = core
        .find::<Listener>(&place, Kind::Listener, arn, missing)
        .await?;
    let given = input.attributes.unwrap_or_default();
    let pairs = || given.iter().map(|it| (it.key.clone(), it.value.clone()));
    let change = |listener: &mut Listener| {
        let table = tables::of_listener(listener.protocol);
        listener.attributes = table.change(&listener.attributes, pairs())?;
        Ok::<_, Fault>(())
    };
    let changed = core.table.change(&call.permit, &stored.key, change).await?;
    let (changed, ()) = changed.ok_or_else(fault::listener_not_found)?;
    Ok(ModifyListenerAttributesOutput {
        attributes: shown(
            tables::of_listener(changed.protocol),
            &changed.attributes,
            of_listener,
        ),
    })
}
