//! The operations there are; the others keep the generated default, which says so.

use wharf_api_ec2::{Ec2, Input, types::*};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{Ec2Service, authorize, ops::*};

macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $function:path;)*) => {
        #[async_trait]
        impl Ec2 for Ec2Service {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                Ok(authorize::checks(cx, input))
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

    describe_vpcs(DescribeVpcsRequest) -> DescribeVpcsResult = describe_vpcs::describe_vpcs;

    describe_subnets(DescribeSubnetsRequest) -> DescribeSubnetsResult
        = describe_subnets::describe_subnets;

    describe_security_groups(DescribeSecurityGroupsRequest) -> DescribeSecurityGroupsResult
        = describe_security_groups::describe_security_groups;

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
