//! PutMetricData: samples are durable and seen when it answers.

use wharf_api_cloudwatch::PutMetricDataInput;
use wharf_service::Place;
use wharf_wire::{Call, CallerKind, Fault};

use crate::{core::Core, datum, fault};

pub async fn put_metric_data(
    core: &Core,
    call: &Call,
    input: PutMetricDataInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let namespace = input.namespace.unwrap_or_default();
    // What wharf's own services measure they put as AWS's do.
    datum::namespace(&namespace, call.caller.kind == CallerKind::Service)?;
    let data = input.metric_data.unwrap_or_default();
    let samples = datum::samples(&place, &namespace, &data, call.now)?;
    let taken = core.parts.series.append(&place.account, samples).await;
    taken.map_err(|error| fault::append(&error))
}
