//! ModifyVpcAttribute, DescribeVpcAttribute and ModifyVpcTenancy.

use wharf_api_ec2::types::{
    AttributeBooleanValue, DescribeVpcAttributeRequest, DescribeVpcAttributeResult,
    ModifyVpcAttributeRequest, ModifyVpcTenancyRequest, ModifyVpcTenancyResult,
};
use wharf_wire::{Call, Fault};

use crate::{Ec2Service, fault, records::Vpc};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVpcAttributeRequest,
) -> Result<(), Fault> {
    let value = |given: &Option<AttributeBooleanValue>| given.as_ref().and_then(|it| it.value);
    let support = value(&input.enable_dns_support);
    let hostnames = value(&input.enable_dns_hostnames);
    let metrics = value(&input.enable_network_address_usage_metrics);
    let given = [support, hostnames, metrics];
    match given.iter().flatten().count() {
        0 => return Err(fault::missing_parameter("attribute")),
        1 => {}
        _ => return Err(fault::one_attribute_only()),
    }
    let id = input.vpc_id.as_deref().unwrap_or_default();
    let decide = |vpc: &mut Vpc| {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.or(vpc.dns_hostnames);
        vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
        Ok(())
    };
    service.change(call, id, decide).await
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcAttributeRequest,
) -> Result<DescribeVpcAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.vpc_id.as_deref().unwrap_or_default();
    let vpc: Vpc = service.get(call, id).await?;
    let mut shown = DescribeVpcAttributeResult {
        vpc_id: Some(vpc.id.clone()),
        ..DescribeVpcAttributeResult::default()
    };
    let value = |value| Some(AttributeBooleanValue { value: Some(value) });
    let attribute = input.attribute.as_deref().unwrap_or_default();
    match attribute {
        "enableDnsSupport" => shown.enable_dns_support = value(vpc.dns_support),
        "enableDnsHostnames" => shown.enable_dns_hostnames = value(vpc.dns_hostnames()),
        "enableNetworkAddressUsageMetrics" => {
            shown.enable_network_address_usage_metrics = value(vpc.usage_metrics);
        }
        _ => {
            return Err(fault::bad_value(format!(
                "Value ({attribute}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    }
    Ok(shown)
}

/// To the one tenancy that can be asked for, which all VPCs here have from the beginning.
pub async fn modify_tenancy(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVpcTenancyRequest,
) -> Result<ModifyVpcTenancyResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.vpc_id.as_deref().unwrap_or_default();
    service.get::<Vpc>(call, id).await?;
    Ok(ModifyVpcTenancyResult {
        return_value: Some(true),
    })
}
