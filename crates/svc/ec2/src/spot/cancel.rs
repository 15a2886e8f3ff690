//! CancelSpotInstanceRequests. Instances of cancelled requests run on.

use wharf_api_ec2::types::{
    CancelSpotInstanceRequestsRequest, CancelSpotInstanceRequestsResult,
    CancelledSpotInstanceRequest,
};
use wharf_wire::{Call, Fault};

use super::{
    describe::check_ids,
    records::{SpotRequest, State, Why},
};
use crate::{Ec2Service, fault};

/// Requests of one call.
const MOST: usize = 1000;

pub async fn cancel(
    service: &Ec2Service,
    call: &Call,
    input: CancelSpotInstanceRequestsRequest,
) -> Result<CancelSpotInstanceRequestsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let ids = input.spot_instance_request_ids.unwrap_or_default();
    if ids.is_empty() {
        return Err(fault::missing_parameter("SpotInstanceRequestId"));
    }
    if ids.len() > MOST {
        return Err(fault::bad_value(format!(
            "At most {MOST} requests can be cancelled at once."
        )));
    }
    check_ids(&ids)?;
    // All must be there before the first is changed.
    for id in &ids {
        service.get::<SpotRequest>(call, id).await?;
    }
    let mut cancelled = Vec::with_capacity(ids.len());
    for id in &ids {
        let decide = |it: &mut SpotRequest| {
            if it.state.counts() {
                let why = match it.state {
                    State::Open => Why::new(
                        "canceled-before-fulfillment",
                        "Your Spot request is canceled before it was fulfilled.",
                    ),
                    _ => Why::new(
                        "request-canceled-and-instance-running",
                        "Your Spot request is canceled, but your instance is still running.",
                    ),
                };
                it.become_state(State::Cancelled, why, call.now);
            }
            Ok(it.state)
        };
        let state = service.change(call, id, decide).await?;
        cancelled.push(CancelledSpotInstanceRequest {
            spot_instance_request_id: Some(id.clone()),
            state: Some(state.name().to_owned()),
        });
    }
    Ok(CancelSpotInstanceRequestsResult {
        cancelled_spot_instance_requests: Some(cancelled),
    })
}
