//! DescribeAddressesAttribute: the names that elastic addresses lead back to. They are given to those that the internet asks
//! the operator's name servers for, and none can be given here, so no address has one.

use wharf_api_ec2::types::{DescribeAddressesAttributeRequest, DescribeAddressesAttributeResult};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::ElasticAddress;
use crate::{Ec2Service, fault};

/// The one attribute that there is.
const DOMAIN_NAME: &str = "domain-name";

pub async fn describe_attribute(
    service: &Ec2Service,
    call: &Call,
    input: DescribeAddressesAttributeRequest,
) -> Result<DescribeAddressesAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let attribute = input.attribute.as_deref().unwrap_or(DOMAIN_NAME);
    if attribute != DOMAIN_NAME {
        return Err(fault::bad_value_of("attribute", attribute));
    }
    let list = format!("{}-attribute", ElasticAddress::KIND);
    let page = (input.next_token.as_deref(), input.max_results);
    service.page(call, &list, &input.allocation_ids, page)?;
    for id in input.allocation_ids.iter().flatten() {
        service.get::<ElasticAddress>(call, id).await?;
    }
    Ok(DescribeAddressesAttributeResult {
        addresses: Some(Vec::new()),
        next_token: None,
    })
}
