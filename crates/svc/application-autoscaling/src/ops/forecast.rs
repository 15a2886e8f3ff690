//! GetPredictiveScalingForecast: what a policy forecast, of hours that are over and of those to come.

use wharf_api_application_autoscaling::{
    CapacityForecast, GetPredictiveScalingForecastRequest, GetPredictiveScalingForecastResponse,
    LoadForecast, PredictiveScalingPolicyConfiguration,
};
use wharf_scaling::forecast::shown_span;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    document,
    fault::{self, invalid},
    names::{self, Resource},
    policy::PREDICTIVE,
    records::{Forecast, Policy, PolicyKind},
};

pub async fn get_predictive_scaling_forecast(
    core: &Core,
    call: &Call,
    input: GetPredictiveScalingForecastRequest,
) -> Result<GetPredictiveScalingForecastResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?
    .id();
    let span = shown_span(input.start_time, input.end_time, core.now());
    let span = span.map_err(|bad| invalid(bad.to_string()))?;
    let name = input.policy_name.unwrap_or_default();
    let id = names::target_id(&place, &resource);
    let policy = core
        .table
        .read::<Policy>(&names::policy_key(&place, &id, &name))
        .await?;
    let policy = policy.filter(|it| !it.record.deleting);
    let policy = policy.ok_or_else(|| invalid(fault::no_policy(&name, &resource).message))?;
    let policy = policy.record;
    if policy.kind != PolicyKind::Predictive {
        return Err(invalid(format!(
            "The scaling policy {name} is not of type PredictiveScaling"
        )));
    }
    let forecast = core
        .table
        .read::<Forecast>(&names::forecast_key(&place, &id, &name))
        .await?;
    let forecast = forecast.map(|it| it.record);
    let forecast = forecast.filter(|it| it.policy == policy.uuid);
    let shown = Forecast::shown(forecast.as_ref(), &span).map_err(|why| {
        invalid(format!(
            "There is no forecast of the policy {name} yet. {why}"
        ))
    })?;
    let configuration: PredictiveScalingPolicyConfiguration =
        document::read(PREDICTIVE, &policy.configuration).map_err(|it| fault::unreadable(&it))?;
    let specifications = configuration.metric_specifications.unwrap_or_default();
    let loads = specifications.into_iter().map(|it| LoadForecast {
        timestamps: Some(shown.times.clone()),
        values: Some(shown.loads.clone()),
        metric_specification: Some(it),
    });
    Ok(GetPredictiveScalingForecastResponse {
        load_forecast: Some(loads.collect()),
        capacity_forecast: Some(CapacityForecast {
            timestamps: Some(shown.times.clone()),
            values: Some(shown.capacities.clone()),
        }),
        update_time: Some(shown.made_at),
    })
}
