//! DescribeNatGateways, with those that were deleted within the hour.

use wharf_api_ec2::types::{DescribeNatGatewaysRequest, DescribeNatGatewaysResult};
use wharf_wire::{Call, Fault};

use super::NatGateway;
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNatGatewaysRequest,
) -> Result<DescribeNatGatewaysResult, Fault> {
    fault::dry_run(input.dry_run)?;
    for id in input.nat_gateway_ids.iter().flatten() {
        let known: NatGateway = service.get(call, id).await?;
        if known.is_forgotten(call.now) {
            return Err(fault::nat_gateway_not_found(id));
        }
    }
    let asked = Asked {
        ids: input.nat_gateway_ids,
        filters: input.filter,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let (page, next_token) = service
        .select(call, asked, &names::NAT_GATEWAYS, fields)
        .await?;
    let shown = page.iter().filter(|it| !it.is_forgotten(call.now));
    Ok(DescribeNatGatewaysResult {
        nat_gateways: Some(shown.map(NatGateway::to_wire).collect()),
        next_token,
    })
}

fn fields(it: &NatGateway) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    vec![
        ("nat-gateway-id", one(&it.id)),
        ("state", one(it.state())),
        ("subnet-id", one(&it.subnet_id)),
        ("vpc-id", one(&it.vpc_id)),
    ]
}
