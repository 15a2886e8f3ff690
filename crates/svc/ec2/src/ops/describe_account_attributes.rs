//! DescribeAccountAttributes.

use wharf_api_ec2::types::{
    AccountAttribute, AccountAttributeValue, DescribeAccountAttributesRequest,
    DescribeAccountAttributesResult,
};
use wharf_wire::{Call, Fault};

use super::{interfaces::MAX_GROUPS, run_instances::MOST_LIVE, security_groups::default_vpc_of};
use crate::{Ec2Service, fault};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeAccountAttributesRequest,
) -> Result<DescribeAccountAttributesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let default = default_vpc_of(service, call).await?;
    let addresses = service.public_addresses.per_account.to_string();
    let known = [
        ("supported-platforms", "VPC".to_owned()),
        (
            "default-vpc",
            default.map_or_else(|| "none".to_owned(), |vpc| vpc.id),
        ),
        (
            "vpc-max-security-groups-per-interface",
            MAX_GROUPS.to_string(),
        ),
        ("max-instances", MOST_LIVE.to_string()),
        ("max-elastic-ips", addresses.clone()),
        ("vpc-max-elastic-ips", addresses),
    ];
    let asked = input.attribute_names.unwrap_or_default();
    let is_known = |name: &&String| known.iter().any(|(it, _)| it == name);
    if let Some(odd) = asked.iter().find(|name| !is_known(name)) {
        return Err(fault::bad_value_of("attributeName", odd));
    }
    let attributes = known
        .into_iter()
        .filter(|(name, _)| asked.is_empty() || asked.iter().any(|it| it == name));
    let attribute = |(name, value): (&str, String)| AccountAttribute {
        attribute_name: Some(name.to_owned()),
        attribute_values: Some(vec![AccountAttributeValue {
            attribute_value: Some(value),
        }]),
    };
    Ok(DescribeAccountAttributesResult {
        account_attributes: Some(attributes.map(attribute).collect()),
    })
}
