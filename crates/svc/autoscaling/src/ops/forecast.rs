//! GetPredictiveScalingForecast: what a policy forecast, of hours that are over and of those to come.

use wharf_api_autoscaling::{
    CapacityForecast, GetPredictiveScalingForecastAnswer, GetPredictiveScalingForecastType,
    LoadForecast, PredictiveScalingConfiguration,
};
use wharf_scaling::forecast::{Forecast, shown_span};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::policies::{named, no_policy};
use crate::{
    core::Core,
    fault::invalid,
    names, policy,
    records::{Policy, Way},
};

pub async fn get(
    core: &Core,
    call: &Call,
    input: GetPredictiveScalingForecastType,
) -> Result<GetPredictiveScalingForecastAnswer, Fault> {
    let place = Place::of(call);
    let (group, name) = named(
        &place,
        input.auto_scaling_group_name.as_deref(),
        input.policy_name.as_deref(),
    );
    let span = shown_span(input.start_time, input.end_time, core.now());
    let span = span.map_err(|bad| invalid(bad.to_string()))?;
    let uuid = core.group(&place, &group).await?.uuid;
    let found = core
        .table
        .read::<Policy>(&names::policy_key(&place, &uuid, &name))
        .await?;
    let found = found.filter(|it| !it.record.deleting);
    let found = found.ok_or_else(|| no_policy(&name))?.record;
    let Way::Predictive { configuration } = &found.way else {
        return Err(invalid(format!(
            "The scaling policy {name} is not of type PredictiveScaling."
        )));
    };
    let forecast = core
        .table
        .read::<Forecast>(&names::forecast_key(&place, &uuid, &name))
        .await?;
    let forecast = forecast.map(|it| it.record);
    let forecast = forecast.filter(|it| it.policy == found.uuid);
    let shown = Forecast::shown(forecast.as_ref(), &span).map_err(|why| {
        invalid(format!(
            "There is no forecast of the policy {name} yet. {why}"
        ))
    })?;
    let given: PredictiveScalingConfiguration =
        policy::configuration(policy::PREDICTIVE, configuration)?;
    let specifications = given.metric_specifications.unwrap_or_default();
    let loads = specifications.into_iter().map(|it| LoadForecast {
        timestamps: Some(shown.times.clone()),
        values: Some(shown.loads.clone()),
        metric_specification: Some(it),
    });
    Ok(GetPredictiveScalingForecastAnswer {
        load_forecast: Some(loads.collect()),
        capacity_forecast: Some(CapacityForecast {
            timestamps: Some(shown.times.clone()),
            values: Some(shown.capacities.clone()),
        }),
        update_time: Some(shown.made_at),
    })
}
