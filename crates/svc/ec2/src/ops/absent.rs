//! Descriptions of what an account of EC2 may have and nobody can make here yet:
//! endpoints, prefix lists. A list of them is empty, one that is named is not found; filters are
//! checked all the same.

use wharf_api_ec2::types::{
    DescribePrefixListsRequest, DescribePrefixListsResult, DescribeVpcEndpointsRequest,
    DescribeVpcEndpointsResult, Filter,
};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{self, Names, names},
};

/// What these requests have in common.
struct Looked<'a> {
    filters: Option<Vec<Filter>>,
    names: &'a Names,
    ids: Option<Vec<String>>,
    missing: fn(&str) -> Fault,
    token: Option<String>,
}

impl Looked<'_> {
    /// Nothing but the refusals.
    fn finish(self, dry_run: Option<bool>) -> Result<(), Fault> {
        fault::dry_run(dry_run)?;
        filter::checked(self.filters, self.names)?;
        if let Some(id) = self.ids.unwrap_or_default().first() {
            return Err((self.missing)(id));
        }
        // No page of nothing has a second one.
        match self.token.filter(|token| !token.is_empty()) {
            Some(_) => Err(fault::bad_token()),
            None => Ok(()),
        }
    }
}

pub async fn endpoints(
    _: &Ec2Service,
    _: &Call,
    input: DescribeVpcEndpointsRequest,
) -> Result<DescribeVpcEndpointsResult, Fault> {
    let looked = Looked {
        filters: input.filters,
        names: &names::VPC_ENDPOINTS,
        ids: input.vpc_endpoint_ids,
        missing: fault::endpoint_not_found,
        token: input.next_token,
    };
    looked.finish(input.dry_run)?;
    Ok(DescribeVpcEndpointsResult {
        vpc_endpoints: Some(vec![]),
        next_token: None,
    })
}

pub async fn prefix_lists(
    _: &Ec2Service,
    _: &Call,
    input: DescribePrefixListsRequest,
) -> Result<DescribePrefixListsResult, Fault> {
    let looked = Looked {
        filters: input.filters,
        names: &names::PREFIX_LISTS,
        ids: input.prefix_list_ids,
        missing: fault::prefix_list_not_found,
        token: input.next_token,
    };
    looked.finish(input.dry_run)?;
    Ok(DescribePrefixListsResult {
        prefix_lists: Some(vec![]),
        next_token: None,
    })
}
