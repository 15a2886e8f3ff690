//! DescribeScalingActivities.

use wharf_api_application_autoscaling::{
    DescribeScalingActivitiesRequest, DescribeScalingActivitiesResponse, NotScaledReason,
    ScalingActivity,
};
use wharf_service::{Place, Stored};
use wharf_wire::{Call, Fault};

use super::{chosen, listed};
use crate::{
    core::Core,
    names::{DIMENSION, NAMESPACE},
    records::{Activity, Reason},
};

const PAGE: usize = 50;

/// Those of a target with the latest first.
pub async fn describe_scaling_activities(
    core: &Core,
    call: &Call,
    input: DescribeScalingActivitiesRequest,
) -> Result<DescribeScalingActivitiesResponse, Fault> {
    let place = Place::of(call);
    let target = chosen(
        &place,
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let with_others = input.include_not_scaled_activities == Some(true);
    let page = core.page(
        call,
        "application-autoscaling/DescribeScalingActivities",
        &(&target, with_others),
        input.next_token.as_deref(),
        (input.max_results, PAGE),
    )?;
    let fits = |it: &Stored<Activity>| with_others || it.record.not_scaled.is_none();
    let (found, next_token) = listed(core, &place, target.as_deref(), &page, fits).await?;
    let shown = found.into_iter().map(|it| show(it.record));
    Ok(DescribeScalingActivitiesResponse {
        scaling_activities: Some(shown.collect()),
        next_token,
    })
}

fn show(it: Activity) -> ScalingActivity {
    let count = |it: Option<u32>| it.and_then(|it| i32::try_from(it).ok());
    let reason = |it: Reason| NotScaledReason {
        code: Some(it.code),
        max_capacity: count(it.max),
        min_capacity: count(it.min),
        current_capacity: count(it.current),
    };
    ScalingActivity {
        activity_id: Some(it.id),
        service_namespace: Some(NAMESPACE.to_owned()),
        resource_id: Some(it.resource),
        scalable_dimension: Some(DIMENSION.to_owned()),
        description: Some(it.description),
        cause: Some(it.cause),
        start_time: Some(it.started_at),
        end_time: it.ended_at,
        status_code: Some(it.status),
        status_message: it.message,
        details: None,
        not_scaled_reasons: it.not_scaled.map(|it| vec![reason(it)]),
    }
}
