//! EnableMetricsCollection, DisableMetricsCollection and DescribeMetricCollectionTypes.

use wharf_api_autoscaling::{
    DescribeMetricCollectionTypesAnswer, DisableMetricsCollectionQuery,
    EnableMetricsCollectionQuery, EnabledMetric, MetricCollectionType, MetricGranularityType,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::invalid,
    figures::{ALL, GRANULARITY, named},
    names,
    records::Group,
};

pub async fn enable(
    core: &Core,
    call: &Call,
    input: EnableMetricsCollectionQuery,
) -> Result<(), Fault> {
    if input.granularity.as_deref() != Some(GRANULARITY) {
        return Err(invalid("Granularity must be 1Minute."));
    }
    let metrics = read(input.metrics)?;
    let group = input.auto_scaling_group_name.unwrap_or_default();
    change(core, call, &group, |it| it.metrics.extend(metrics.clone())).await
}

pub async fn disable(
    core: &Core,
    call: &Call,
    input: DisableMetricsCollectionQuery,
) -> Result<(), Fault> {
    let metrics = read(input.metrics)?;
    let group = input.auto_scaling_group_name.unwrap_or_default();
    change(core, call, &group, |it| {
        it.metrics.retain(|it| !metrics.contains(it));
    })
    .await
}

fn read(given: Option<Vec<String>>) -> Result<std::collections::BTreeSet<String>, Fault> {
    named(&given.unwrap_or_default()).map_err(|bad| invalid(bad.to_string()))
}

async fn change(
    core: &Core,
    call: &Call,
    name: &str,
    change: impl Fn(&mut Group),
) -> Result<(), Fault> {
    let place = Place::of(call);
    let key = names::group_key(&place, name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, name).await?;
        change(&mut group);
        tx.put(&key, &group);
    });
    Ok(())
}

pub fn shown(group: &Group) -> Vec<EnabledMetric> {
    let collected = ALL.iter().filter(|it| group.metrics.contains(**it));
    collected
        .map(|it| EnabledMetric {
            metric: Some((*it).to_owned()),
            granularity: Some(GRANULARITY.to_owned()),
        })
        .collect()
}

pub async fn describe_types(
    _: &Core,
    _: &Call,
    (): (),
) -> Result<DescribeMetricCollectionTypesAnswer, Fault> {
    let metrics = ALL.iter().map(|it| MetricCollectionType {
        metric: Some((*it).to_owned()),
    });
    Ok(DescribeMetricCollectionTypesAnswer {
        metrics: Some(metrics.collect()),
        granularities: Some(vec![MetricGranularityType {
            granularity: Some(GRANULARITY.to_owned()),
        }]),
    })
}
