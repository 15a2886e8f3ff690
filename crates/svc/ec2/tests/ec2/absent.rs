//! What nobody can make here: empty lists, errors for what is named, and filters checked by name.

use wharf_api_ec2::{Ec2, types::*};

use crate::world::{filter, refusal, user, world};

fn ids(id: &str) -> Option<Vec<String>> {
    Some(vec![id.to_owned()])
}

/// Lists nothing, does not find `$id`, and refuses a filter that EC2 does not have.
macro_rules! check {
    ($operation:ident($request:ident.$filters:ident).$list:ident, $ids:ident: $id:literal => $expected:literal) => {{
        let world = world();
        let all = world.ec2.$operation(&user(), $request::default()).await;
        // The lists of AWS's services are there from the beginning.
        let of_aws = stringify!($list) == "prefix_lists";
        assert_eq!(all.unwrap().$list.unwrap().len(), usize::from(of_aws));
        let named = $request {
            $ids: ids($id),
            ..Default::default()
        };
        let named = world.ec2.$operation(&user(), named).await;
        assert_eq!(refusal(named), $expected);
        let odd = $request {
            $filters: Some(vec![filter("nonsense", "x")]),
            ..Default::default()
        };
        let odd = world.ec2.$operation(&user(), odd).await;
        assert_eq!(
            refusal(odd),
            "InvalidParameterValue: The filter 'nonsense' is invalid"
        );
    }};
}

#[tokio::test]
async fn lists_are_empty_and_what_is_named_is_not_found() {
    check!(describe_addresses(DescribeAddressesRequest.filters).addresses,
        allocation_ids: "eipalloc-1" => "InvalidAllocationID.NotFound: The allocation ID 'eipalloc-1' does not exist");
    check!(describe_addresses(DescribeAddressesRequest.filters).addresses,
        public_ips: "192.0.2.1" => "InvalidAddress.NotFound: Address '192.0.2.1' not found.");
    check!(describe_nat_gateways(DescribeNatGatewaysRequest.filter).nat_gateways,
        nat_gateway_ids: "nat-1" => "NatGatewayNotFound: The Nat gateway nat-1 was not found");
    check!(describe_vpc_endpoints(DescribeVpcEndpointsRequest.filters).vpc_endpoints,
        vpc_endpoint_ids: "vpce-1" => "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id 'vpce-1' does not exist");
    check!(describe_managed_prefix_lists(DescribeManagedPrefixListsRequest.filters).prefix_lists,
        prefix_list_ids: "pl-1" => "InvalidPrefixListID.NotFound: The prefix list ID 'pl-1' does not exist");
    check!(describe_prefix_lists(DescribePrefixListsRequest.filters).prefix_lists,
        prefix_list_ids: "pl-1" => "InvalidPrefixListID.NotFound: The prefix list ID 'pl-1' does not exist");
}

#[tokio::test]
async fn filters_are_refused_by_name_before_anything_is_looked_at() {
    let world = world();
    // No VPC passes the first one, so nobody would come to the second.
    let input = DescribeVpcsRequest {
        filters: Some(vec![filter("tag:Name", "nobody"), filter("bogus", "x")]),
        ..Default::default()
    };
    let refused = world.ec2.describe_vpcs(&user(), input).await;
    assert_eq!(
        refusal(refused),
        "InvalidParameterValue: The filter 'bogus' is invalid"
    );
    for (name, value, found) in [
        ("cidr-block", "172.31.0.0/16", 1),
        ("cidrBlock", "10.0.0.0/8", 0),
        ("tag-value", "x", 0),
        ("ipv6-cidr-block-association.state", "associated", 0),
    ] {
        let input = DescribeVpcsRequest {
            filters: Some(vec![filter(name, value)]),
            ..Default::default()
        };
        let vpcs = world.ec2.describe_vpcs(&user(), input).await.unwrap().vpcs;
        assert_eq!(vpcs.unwrap().len(), found, "{name}");
    }
}

#[tokio::test]
async fn addresses_have_no_names_at_first_and_groups_no_second_vpc() {
    let (world, me) = (world(), user());
    let ec2 = &world.ec2;
    let allocated = ec2.allocate_address(&me, Default::default()).await;
    let allocated = allocated.unwrap().allocation_id.unwrap();
    let names = |allocation: &str| DescribeAddressesAttributeRequest {
        allocation_ids: ids(allocation),
        attribute: Some("domain-name".to_owned()),
        ..Default::default()
    };
    let found = ec2.describe_addresses_attribute(&me, names(&allocated));
    assert_eq!(found.await.unwrap().addresses, Some(vec![]));
    let missing = ec2.describe_addresses_attribute(&me, names("eipalloc-1"));
    assert_eq!(
        refusal(missing.await),
        "InvalidAllocationID.NotFound: The allocation ID 'eipalloc-1' does not exist"
    );
    let associations = |name: &str| DescribeSecurityGroupVpcAssociationsRequest {
        filters: Some(vec![filter(name, "x")]),
        ..Default::default()
    };
    let found = ec2.describe_security_group_vpc_associations(&me, associations("group-id"));
    let found = found.await.unwrap().security_group_vpc_associations;
    assert_eq!(found, Some(vec![]));
    let odd = ec2.describe_security_group_vpc_associations(&me, associations("nonsense"));
    assert_eq!(
        refusal(odd.await),
        "InvalidParameterValue: The filter 'nonsense' is invalid"
    );
}
