//! DescribeNetworkInterfaceAttribute, which answers one at a time, and ResetNetworkInterfaceAttribute.

use wharf_api_ec2::types::{
    AttributeBooleanValue, AttributeValue, DescribeNetworkInterfaceAttributeRequest,
    DescribeNetworkInterfaceAttributeResult, ResetNetworkInterfaceAttributeRequest,
};
use wharf_wire::{Call, Fault};

use super::interfaces::{group_names, may_change};
use crate::{Ec2Service, fault, records::Interface};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNetworkInterfaceAttributeRequest,
) -> Result<DescribeNetworkInterfaceAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let interface: Interface = service.get(call, id).await?;
    let found = [interface];
    let names = group_names(service, call, &found).await?;
    let shown = found[0].to_wire(call, &names);
    let mut answer = DescribeNetworkInterfaceAttributeResult {
        network_interface_id: Some(id.to_owned()),
        ..DescribeNetworkInterfaceAttributeResult::default()
    };
    match input.attribute.as_deref() {
        Some("attachment") => answer.attachment = shown.attachment,
        Some("description") => {
            answer.description = Some(AttributeValue {
                value: shown.description,
            });
        }
        Some("groupSet") => answer.groups = shown.groups,
        Some("sourceDestCheck") => {
            answer.source_dest_check = Some(AttributeBooleanValue {
                value: shown.source_dest_check,
            });
        }
        Some("associatePublicIpAddress") => {
            answer.associate_public_ip_address = Some(shown.association.is_some());
        }
        Some(other) => {
            return Err(fault::bad_value(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown network interface attribute."
            )));
        }
        None => return Err(fault::missing_parameter("attribute")),
    }
    Ok(answer)
}

/// The one that there is to reset: source and destination are checked again.
pub async fn reset(
    service: &Ec2Service,
    call: &Call,
    input: ResetNetworkInterfaceAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    if input.source_dest_check.is_none_or(|it| it.is_empty()) {
        return Err(fault::missing_parameter("sourceDestCheck"));
    }
    let interface = service.get::<Interface>(call, id).await?;
    may_change(service, call, &interface, "ResetNetworkInterfaceAttribute").await?;
    let decide = |interface: &mut Interface| {
        interface.source_dest_check = true;
        Ok(())
    };
    service.change(call, id, decide).await
}
