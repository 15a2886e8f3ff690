//! Classic load balancers: AttachLoadBalancers, DetachLoadBalancers and DescribeLoadBalancers. There are none, and what
//! is said of those that are not there is AWS's.

use wharf_api_autoscaling::{
    AttachLoadBalancersResultType, AttachLoadBalancersType, DescribeLoadBalancersRequest,
    DescribeLoadBalancersResponse, DetachLoadBalancersResultType, DetachLoadBalancersType,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::MOST;
use crate::{core::Core, fault::invalid};

pub async fn attach(
    core: &Core,
    call: &Call,
    input: AttachLoadBalancersType,
) -> Result<AttachLoadBalancersResultType, Fault> {
    let name = input.auto_scaling_group_name.unwrap_or_default();
    core.group(&Place::of(call), &name).await?;
    match input.load_balancer_names.unwrap_or_default().is_empty() {
        true => Ok(AttachLoadBalancersResultType {}),
        false => Err(invalid(
            "Provided Load Balancers may not be valid. Please ensure they exist and try again.",
        )),
    }
}

pub async fn detach(
    core: &Core,
    call: &Call,
    input: DetachLoadBalancersType,
) -> Result<DetachLoadBalancersResultType, Fault> {
    let name = input.auto_scaling_group_name.unwrap_or_default();
    core.group(&Place::of(call), &name).await?;
    let given = input.load_balancer_names.unwrap_or_default();
    match given.is_empty() {
        true => Ok(DetachLoadBalancersResultType {}),
        false => Err(invalid(format!(
            "Trying to remove Load Balancers that are not part of the group: [{}]",
            given.join(", ")
        ))),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeLoadBalancersRequest,
) -> Result<DescribeLoadBalancersResponse, Fault> {
    let name = input.auto_scaling_group_name.unwrap_or_default();
    // A token or a size that is none is refused here as anywhere.
    core.page(
        call,
        "autoscaling/DescribeLoadBalancers",
        &name,
        input.next_token.as_deref(),
        (input.max_records, MOST, MOST),
    )?;
    core.group(&Place::of(call), &name).await?;
    Ok(DescribeLoadBalancersResponse {
        load_balancers: Some(Vec::new()),
        next_token: None,
    })
}
