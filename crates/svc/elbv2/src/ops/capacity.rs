//! DescribeCapacityReservation: load balancers have none, and need none.

use wharf_api_elbv2::{DescribeCapacityReservationInput, DescribeCapacityReservationOutput};
use wharf_wire::{Call, Fault};

use crate::{core::Core, names::Place};

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeCapacityReservationInput,
) -> Result<DescribeCapacityReservationOutput, Fault> {
    let place = Place::of(call);
    core.balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    Ok(DescribeCapacityReservationOutput {
        capacity_reservation_state: Some(vec![]),
        ..DescribeCapacityReservationOutput::default()
    })
}
