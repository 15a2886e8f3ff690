//! DescribeAccountAttributes.

use wharf_api_ec2::types::{
    AccountAttribute, AccountAttributeValue, DescribeAccountAttributesRequest,
    DescribeAccountAttributesResult,
};
use wharf_wire::{Call, Fault};

use super::security_groups::default_vpc_of;
use crate::{Ec2Service, fault};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeAccountAttributesRequest,
) -> Result<DescribeAccountAttributesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let default = default_vpc_of(service, call).await?;
    let known = [
        ("supported-platforms", "VPC".to_owned()),
        (
            "default-vpc",
            default.map_or_else(|| "none".to_owned(), |vpc| vpc.id),
        ),
        ("vpc-max-security-groups-per-interface", "5".to_owned()),
    ];
    let asked = input.attribute_names.unwrap_or_default();
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
