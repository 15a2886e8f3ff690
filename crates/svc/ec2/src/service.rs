//! The operations there are; the others keep the generated default, which says so.

use wharf_api_ec2::{Ec2, Input, types::*};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{Ec2Service, authorize, ops::*};

macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $function:path;)*) => {
        #[async_trait]
        impl Ec2 for Ec2Service {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                authorize::checks(self, cx, input).await
            }

            $(async fn $name(&self, call: &Call, input: $input) -> Result<$output, Fault> {
                $function(self, call, input).await
            })*
        }
    };
}

operations! {
    describe_availability_zones(DescribeAvailabilityZonesRequest) -> DescribeAvailabilityZonesResult
        = describe_zones::zones;
    describe_regions(DescribeRegionsRequest) -> DescribeRegionsResult = describe_zones::regions;

    create_tags(CreateTagsRequest) -> () = tags::create;
    delete_tags(DeleteTagsRequest) -> () = tags::delete;
    describe_tags(DescribeTagsRequest) -> DescribeTagsResult = tags::describe;

    describe_account_attributes(DescribeAccountAttributesRequest)
        -> DescribeAccountAttributesResult = describe_account_attributes::describe;

    create_vpc(CreateVpcRequest) -> CreateVpcResult = vpcs::create;
    create_default_vpc(CreateDefaultVpcRequest) -> CreateDefaultVpcResult = vpcs::create_default;
    delete_vpc(DeleteVpcRequest) -> () = vpcs::delete;
    modify_vpc_attribute(ModifyVpcAttributeRequest) -> () = vpc_attributes::modify;
    describe_vpc_attribute(DescribeVpcAttributeRequest) -> DescribeVpcAttributeResult
        = vpc_attributes::describe;
    associate_vpc_cidr_block(AssociateVpcCidrBlockRequest) -> AssociateVpcCidrBlockResult
        = vpc_cidrs::associate;
    disassociate_vpc_cidr_block(DisassociateVpcCidrBlockRequest) -> DisassociateVpcCidrBlockResult
        = vpc_cidrs::disassociate;
    describe_vpcs(DescribeVpcsRequest) -> DescribeVpcsResult = describe_vpcs::describe_vpcs;

    create_subnet(CreateSubnetRequest) -> CreateSubnetResult = subnets::create;
    create_default_subnet(CreateDefaultSubnetRequest) -> CreateDefaultSubnetResult
        = subnets::create_default;
    delete_subnet(DeleteSubnetRequest) -> () = subnets::delete;
    modify_subnet_attribute(ModifySubnetAttributeRequest) -> () = subnets::modify;
    describe_subnets(DescribeSubnetsRequest) -> DescribeSubnetsResult
        = describe_subnets::describe_subnets;

    describe_security_groups(DescribeSecurityGroupsRequest) -> DescribeSecurityGroupsResult
        = describe_security_groups::describe_security_groups;

    create_internet_gateway(CreateInternetGatewayRequest) -> CreateInternetGatewayResult
        = internet_gateways::create;
    attach_internet_gateway(AttachInternetGatewayRequest) -> () = internet_gateways::attach;
    detach_internet_gateway(DetachInternetGatewayRequest) -> () = internet_gateways::detach;
    delete_internet_gateway(DeleteInternetGatewayRequest) -> () = internet_gateways::delete;
    describe_internet_gateways(DescribeInternetGatewaysRequest) -> DescribeInternetGatewaysResult
        = internet_gateways::describe;

    create_route_table(CreateRouteTableRequest) -> CreateRouteTableResult = route_tables::create;
    delete_route_table(DeleteRouteTableRequest) -> () = route_tables::delete;
    describe_route_tables(DescribeRouteTablesRequest) -> DescribeRouteTablesResult
        = route_tables::describe;
    associate_route_table(AssociateRouteTableRequest) -> AssociateRouteTableResult
        = route_table_associations::associate;
    disassociate_route_table(DisassociateRouteTableRequest) -> ()
        = route_table_associations::disassociate;
    create_route(CreateRouteRequest) -> CreateRouteResult = routes::create;
    replace_route(ReplaceRouteRequest) -> () = routes::replace;
    delete_route(DeleteRouteRequest) -> () = routes::delete;

    describe_network_acls(DescribeNetworkAclsRequest) -> DescribeNetworkAclsResult
        = describe_network_acls::describe;
    describe_dhcp_options(DescribeDhcpOptionsRequest) -> DescribeDhcpOptionsResult
        = describe_dhcp_options::describe;

    create_security_group(CreateSecurityGroupRequest) -> CreateSecurityGroupResult
        = security_groups::create;
    delete_security_group(DeleteSecurityGroupRequest) -> DeleteSecurityGroupResult
        = security_groups::delete;
    authorize_security_group_ingress(AuthorizeSecurityGroupIngressRequest)
        -> AuthorizeSecurityGroupIngressResult = authorize_security_group::ingress;
    authorize_security_group_egress(AuthorizeSecurityGroupEgressRequest)
        -> AuthorizeSecurityGroupEgressResult = authorize_security_group::egress;
    revoke_security_group_ingress(RevokeSecurityGroupIngressRequest)
        -> RevokeSecurityGroupIngressResult = revoke_security_group::ingress;
    revoke_security_group_egress(RevokeSecurityGroupEgressRequest)
        -> RevokeSecurityGroupEgressResult = revoke_security_group::egress;
    modify_security_group_rules(ModifySecurityGroupRulesRequest) -> ModifySecurityGroupRulesResult
        = modify_security_group_rules::modify;
    update_security_group_rule_descriptions_ingress(
        UpdateSecurityGroupRuleDescriptionsIngressRequest
    ) -> UpdateSecurityGroupRuleDescriptionsIngressResult = update_rule_descriptions::ingress;
    update_security_group_rule_descriptions_egress(UpdateSecurityGroupRuleDescriptionsEgressRequest)
        -> UpdateSecurityGroupRuleDescriptionsEgressResult = update_rule_descriptions::egress;
    describe_security_group_rules(DescribeSecurityGroupRulesRequest)
        -> DescribeSecurityGroupRulesResult = describe_security_group_rules::describe;

    describe_instances(DescribeInstancesRequest) -> DescribeInstancesResult = absent::instances;
    describe_addresses(DescribeAddressesRequest) -> DescribeAddressesResult = absent::addresses;
    describe_nat_gateways(DescribeNatGatewaysRequest) -> DescribeNatGatewaysResult
        = absent::nat_gateways;
    describe_vpc_endpoints(DescribeVpcEndpointsRequest) -> DescribeVpcEndpointsResult
        = absent::endpoints;
    describe_managed_prefix_lists(DescribeManagedPrefixListsRequest)
        -> DescribeManagedPrefixListsResult = absent::managed_prefix_lists;
    describe_prefix_lists(DescribePrefixListsRequest) -> DescribePrefixListsResult
        = absent::prefix_lists;
    describe_launch_templates(DescribeLaunchTemplatesRequest) -> DescribeLaunchTemplatesResult
        = absent::launch_templates;

    create_network_interface(CreateNetworkInterfaceRequest) -> CreateNetworkInterfaceResult
        = create_network_interface::create_network_interface;
    delete_network_interface(DeleteNetworkInterfaceRequest) -> ()
        = delete_network_interface::delete_network_interface;
    describe_network_interfaces(DescribeNetworkInterfacesRequest)
        -> DescribeNetworkInterfacesResult
        = describe_network_interfaces::describe_network_interfaces;
    attach_network_interface(AttachNetworkInterfaceRequest) -> AttachNetworkInterfaceResult
        = attach_network_interface::attach;
    detach_network_interface(DetachNetworkInterfaceRequest) -> ()
        = attach_network_interface::detach;
    modify_network_interface_attribute(ModifyNetworkInterfaceAttributeRequest) -> ()
        = modify_network_interface_attribute::modify_network_interface_attribute;
}
