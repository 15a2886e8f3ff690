// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Ec2`](crate::Ec2) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Ec2] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod accept_vpc_endpoint_connections {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AcceptVpcEndpointConnectionsRequest;
        pub type Output = AcceptVpcEndpointConnectionsResult;
    }

    pub mod accept_vpc_peering_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AcceptVpcPeeringConnectionRequest;
        pub type Output = AcceptVpcPeeringConnectionResult;
    }

    pub mod allocate_address {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AllocateAddressRequest;
        pub type Output = AllocateAddressResult;
    }

    pub mod assign_ipv6_addresses {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssignIpv6AddressesRequest;
        pub type Output = AssignIpv6AddressesResult;
    }

    pub mod assign_private_ip_addresses {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssignPrivateIpAddressesRequest;
        pub type Output = AssignPrivateIpAddressesResult;
    }

    pub mod associate_address {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateAddressRequest;
        pub type Output = AssociateAddressResult;
    }

    pub mod associate_dhcp_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateDhcpOptionsRequest;
        pub type Output = ();
    }

    pub mod associate_iam_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateIamInstanceProfileRequest;
        pub type Output = AssociateIamInstanceProfileResult;
    }

    pub mod associate_route_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateRouteTableRequest;
        pub type Output = AssociateRouteTableResult;
    }

    pub mod associate_subnet_cidr_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateSubnetCidrBlockRequest;
        pub type Output = AssociateSubnetCidrBlockResult;
    }

    pub mod associate_vpc_cidr_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateVpcCidrBlockRequest;
        pub type Output = AssociateVpcCidrBlockResult;
    }

    pub mod attach_internet_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachInternetGatewayRequest;
        pub type Output = ();
    }

    pub mod attach_network_interface {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachNetworkInterfaceRequest;
        pub type Output = AttachNetworkInterfaceResult;
    }

    pub mod attach_volume {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachVolumeRequest;
        pub type Output = VolumeAttachment;
    }

    pub mod authorize_security_group_egress {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AuthorizeSecurityGroupEgressRequest;
        pub type Output = AuthorizeSecurityGroupEgressResult;
    }

    pub mod authorize_security_group_ingress {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AuthorizeSecurityGroupIngressRequest;
        pub type Output = AuthorizeSecurityGroupIngressResult;
    }

    pub mod cancel_spot_fleet_requests {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelSpotFleetRequestsRequest;
        pub type Output = CancelSpotFleetRequestsResponse;
    }

    pub mod cancel_spot_instance_requests {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelSpotInstanceRequestsRequest;
        pub type Output = CancelSpotInstanceRequestsResult;
    }

    pub mod copy_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CopyImageRequest;
        pub type Output = CopyImageResult;
    }

    pub mod copy_snapshot {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CopySnapshotRequest;
        pub type Output = CopySnapshotResult;
    }

    pub mod create_default_subnet {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDefaultSubnetRequest;
        pub type Output = CreateDefaultSubnetResult;
    }

    pub mod create_default_vpc {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDefaultVpcRequest;
        pub type Output = CreateDefaultVpcResult;
    }

    pub mod create_dhcp_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDhcpOptionsRequest;
        pub type Output = CreateDhcpOptionsResult;
    }

    pub mod create_egress_only_internet_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateEgressOnlyInternetGatewayRequest;
        pub type Output = CreateEgressOnlyInternetGatewayResult;
    }

    pub mod create_fleet {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateFleetRequest;
        pub type Output = CreateFleetResult;
    }

    pub mod create_flow_logs {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateFlowLogsRequest;
        pub type Output = CreateFlowLogsResult;
    }

    pub mod create_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateImageRequest;
        pub type Output = CreateImageResult;
    }

    pub mod create_internet_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateInternetGatewayRequest;
        pub type Output = CreateInternetGatewayResult;
    }

    pub mod create_key_pair {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateKeyPairRequest;
        pub type Output = KeyPair;
    }

    pub mod create_launch_template {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLaunchTemplateRequest;
        pub type Output = CreateLaunchTemplateResult;
    }

    pub mod create_launch_template_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLaunchTemplateVersionRequest;
        pub type Output = CreateLaunchTemplateVersionResult;
    }

    pub mod create_managed_prefix_list {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateManagedPrefixListRequest;
        pub type Output = CreateManagedPrefixListResult;
    }

    pub mod create_nat_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateNatGatewayRequest;
        pub type Output = CreateNatGatewayResult;
    }

    pub mod create_network_acl {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateNetworkAclRequest;
        pub type Output = CreateNetworkAclResult;
    }

    pub mod create_network_acl_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateNetworkAclEntryRequest;
        pub type Output = ();
    }

    pub mod create_network_interface {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateNetworkInterfaceRequest;
        pub type Output = CreateNetworkInterfaceResult;
    }

    pub mod create_network_interface_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateNetworkInterfacePermissionRequest;
        pub type Output = CreateNetworkInterfacePermissionResult;
    }

    pub mod create_placement_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreatePlacementGroupRequest;
        pub type Output = CreatePlacementGroupResult;
    }

    pub mod create_route {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRouteRequest;
        pub type Output = CreateRouteResult;
    }

    pub mod create_route_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRouteTableRequest;
        pub type Output = CreateRouteTableResult;
    }

    pub mod create_security_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSecurityGroupRequest;
        pub type Output = CreateSecurityGroupResult;
    }

    pub mod create_snapshot {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSnapshotRequest;
        pub type Output = Snapshot;
    }

    pub mod create_snapshots {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSnapshotsRequest;
        pub type Output = CreateSnapshotsResult;
    }

    pub mod create_subnet {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSubnetRequest;
        pub type Output = CreateSubnetResult;
    }

    pub mod create_subnet_cidr_reservation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSubnetCidrReservationRequest;
        pub type Output = CreateSubnetCidrReservationResult;
    }

    pub mod create_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTagsRequest;
        pub type Output = ();
    }

    pub mod create_volume {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateVolumeRequest;
        pub type Output = Volume;
    }

    pub mod create_vpc {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateVpcRequest;
        pub type Output = CreateVpcResult;
    }

    pub mod create_vpc_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateVpcEndpointRequest;
        pub type Output = CreateVpcEndpointResult;
    }

    pub mod create_vpc_endpoint_service_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateVpcEndpointServiceConfigurationRequest;
        pub type Output = CreateVpcEndpointServiceConfigurationResult;
    }

    pub mod create_vpc_peering_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateVpcPeeringConnectionRequest;
        pub type Output = CreateVpcPeeringConnectionResult;
    }

    pub mod delete_dhcp_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDhcpOptionsRequest;
        pub type Output = ();
    }

    pub mod delete_egress_only_internet_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteEgressOnlyInternetGatewayRequest;
        pub type Output = DeleteEgressOnlyInternetGatewayResult;
    }

    pub mod delete_fleets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteFleetsRequest;
        pub type Output = DeleteFleetsResult;
    }

    pub mod delete_flow_logs {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteFlowLogsRequest;
        pub type Output = DeleteFlowLogsResult;
    }

    pub mod delete_internet_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteInternetGatewayRequest;
        pub type Output = ();
    }

    pub mod delete_key_pair {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteKeyPairRequest;
        pub type Output = DeleteKeyPairResult;
    }

    pub mod delete_launch_template {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLaunchTemplateRequest;
        pub type Output = DeleteLaunchTemplateResult;
    }

    pub mod delete_launch_template_versions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLaunchTemplateVersionsRequest;
        pub type Output = DeleteLaunchTemplateVersionsResult;
    }

    pub mod delete_managed_prefix_list {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteManagedPrefixListRequest;
        pub type Output = DeleteManagedPrefixListResult;
    }

    pub mod delete_nat_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNatGatewayRequest;
        pub type Output = DeleteNatGatewayResult;
    }

    pub mod delete_network_acl {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNetworkAclRequest;
        pub type Output = ();
    }

    pub mod delete_network_acl_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNetworkAclEntryRequest;
        pub type Output = ();
    }

    pub mod delete_network_interface {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNetworkInterfaceRequest;
        pub type Output = ();
    }

    pub mod delete_network_interface_permission {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNetworkInterfacePermissionRequest;
        pub type Output = DeleteNetworkInterfacePermissionResult;
    }

    pub mod delete_placement_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePlacementGroupRequest;
        pub type Output = ();
    }

    pub mod delete_route {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRouteRequest;
        pub type Output = ();
    }

    pub mod delete_route_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRouteTableRequest;
        pub type Output = ();
    }

    pub mod delete_security_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSecurityGroupRequest;
        pub type Output = DeleteSecurityGroupResult;
    }

    pub mod delete_snapshot {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSnapshotRequest;
        pub type Output = ();
    }

    pub mod delete_subnet {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSubnetRequest;
        pub type Output = ();
    }

    pub mod delete_subnet_cidr_reservation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSubnetCidrReservationRequest;
        pub type Output = DeleteSubnetCidrReservationResult;
    }

    pub mod delete_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTagsRequest;
        pub type Output = ();
    }

    pub mod delete_volume {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteVolumeRequest;
        pub type Output = ();
    }

    pub mod delete_vpc {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteVpcRequest;
        pub type Output = ();
    }

    pub mod delete_vpc_endpoint_service_configurations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteVpcEndpointServiceConfigurationsRequest;
        pub type Output = DeleteVpcEndpointServiceConfigurationsResult;
    }

    pub mod delete_vpc_endpoints {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteVpcEndpointsRequest;
        pub type Output = DeleteVpcEndpointsResult;
    }

    pub mod delete_vpc_peering_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteVpcPeeringConnectionRequest;
        pub type Output = DeleteVpcPeeringConnectionResult;
    }

    pub mod deregister_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterImageRequest;
        pub type Output = DeregisterImageResult;
    }

    pub mod describe_account_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccountAttributesRequest;
        pub type Output = DescribeAccountAttributesResult;
    }

    pub mod describe_addresses {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAddressesRequest;
        pub type Output = DescribeAddressesResult;
    }

    pub mod describe_addresses_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAddressesAttributeRequest;
        pub type Output = DescribeAddressesAttributeResult;
    }

    pub mod describe_availability_zones {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAvailabilityZonesRequest;
        pub type Output = DescribeAvailabilityZonesResult;
    }

    pub mod describe_dhcp_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDhcpOptionsRequest;
        pub type Output = DescribeDhcpOptionsResult;
    }

    pub mod describe_egress_only_internet_gateways {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeEgressOnlyInternetGatewaysRequest;
        pub type Output = DescribeEgressOnlyInternetGatewaysResult;
    }

    pub mod describe_fleet_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFleetInstancesRequest;
        pub type Output = DescribeFleetInstancesResult;
    }

    pub mod describe_fleets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFleetsRequest;
        pub type Output = DescribeFleetsResult;
    }

    pub mod describe_flow_logs {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFlowLogsRequest;
        pub type Output = DescribeFlowLogsResult;
    }

    pub mod describe_iam_instance_profile_associations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeIamInstanceProfileAssociationsRequest;
        pub type Output = DescribeIamInstanceProfileAssociationsResult;
    }

    pub mod describe_image_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImageAttributeRequest;
        pub type Output = ImageAttribute;
    }

    pub mod describe_images {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImagesRequest;
        pub type Output = DescribeImagesResult;
    }

    pub mod describe_instance_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceAttributeRequest;
        pub type Output = InstanceAttribute;
    }

    pub mod describe_instance_credit_specifications {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceCreditSpecificationsRequest;
        pub type Output = DescribeInstanceCreditSpecificationsResult;
    }

    pub mod describe_instance_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceStatusRequest;
        pub type Output = DescribeInstanceStatusResult;
    }

    pub mod describe_instance_type_offerings {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceTypeOfferingsRequest;
        pub type Output = DescribeInstanceTypeOfferingsResult;
    }

    pub mod describe_instance_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceTypesRequest;
        pub type Output = DescribeInstanceTypesResult;
    }

    pub mod describe_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstancesRequest;
        pub type Output = DescribeInstancesResult;
    }

    pub mod describe_internet_gateways {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInternetGatewaysRequest;
        pub type Output = DescribeInternetGatewaysResult;
    }

    pub mod describe_key_pairs {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeKeyPairsRequest;
        pub type Output = DescribeKeyPairsResult;
    }

    pub mod describe_launch_template_versions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLaunchTemplateVersionsRequest;
        pub type Output = DescribeLaunchTemplateVersionsResult;
    }

    pub mod describe_launch_templates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLaunchTemplatesRequest;
        pub type Output = DescribeLaunchTemplatesResult;
    }

    pub mod describe_managed_prefix_lists {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeManagedPrefixListsRequest;
        pub type Output = DescribeManagedPrefixListsResult;
    }

    pub mod describe_nat_gateways {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNatGatewaysRequest;
        pub type Output = DescribeNatGatewaysResult;
    }

    pub mod describe_network_acls {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNetworkAclsRequest;
        pub type Output = DescribeNetworkAclsResult;
    }

    pub mod describe_network_interface_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNetworkInterfaceAttributeRequest;
        pub type Output = DescribeNetworkInterfaceAttributeResult;
    }

    pub mod describe_network_interface_permissions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNetworkInterfacePermissionsRequest;
        pub type Output = DescribeNetworkInterfacePermissionsResult;
    }

    pub mod describe_network_interfaces {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNetworkInterfacesRequest;
        pub type Output = DescribeNetworkInterfacesResult;
    }

    pub mod describe_placement_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribePlacementGroupsRequest;
        pub type Output = DescribePlacementGroupsResult;
    }

    pub mod describe_prefix_lists {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribePrefixListsRequest;
        pub type Output = DescribePrefixListsResult;
    }

    pub mod describe_regions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRegionsRequest;
        pub type Output = DescribeRegionsResult;
    }

    pub mod describe_route_tables {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRouteTablesRequest;
        pub type Output = DescribeRouteTablesResult;
    }

    pub mod describe_security_group_references {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSecurityGroupReferencesRequest;
        pub type Output = DescribeSecurityGroupReferencesResult;
    }

    pub mod describe_security_group_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSecurityGroupRulesRequest;
        pub type Output = DescribeSecurityGroupRulesResult;
    }

    pub mod describe_security_group_vpc_associations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSecurityGroupVpcAssociationsRequest;
        pub type Output = DescribeSecurityGroupVpcAssociationsResult;
    }

    pub mod describe_security_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSecurityGroupsRequest;
        pub type Output = DescribeSecurityGroupsResult;
    }

    pub mod describe_snapshot_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSnapshotAttributeRequest;
        pub type Output = DescribeSnapshotAttributeResult;
    }

    pub mod describe_snapshots {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSnapshotsRequest;
        pub type Output = DescribeSnapshotsResult;
    }

    pub mod describe_spot_fleet_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSpotFleetInstancesRequest;
        pub type Output = DescribeSpotFleetInstancesResponse;
    }

    pub mod describe_spot_fleet_requests {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSpotFleetRequestsRequest;
        pub type Output = DescribeSpotFleetRequestsResponse;
    }

    pub mod describe_spot_instance_requests {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSpotInstanceRequestsRequest;
        pub type Output = DescribeSpotInstanceRequestsResult;
    }

    pub mod describe_spot_price_history {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSpotPriceHistoryRequest;
        pub type Output = DescribeSpotPriceHistoryResult;
    }

    pub mod describe_stale_security_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeStaleSecurityGroupsRequest;
        pub type Output = DescribeStaleSecurityGroupsResult;
    }

    pub mod describe_subnets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSubnetsRequest;
        pub type Output = DescribeSubnetsResult;
    }

    pub mod describe_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTagsRequest;
        pub type Output = DescribeTagsResult;
    }

    pub mod describe_volume_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVolumeAttributeRequest;
        pub type Output = DescribeVolumeAttributeResult;
    }

    pub mod describe_volume_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVolumeStatusRequest;
        pub type Output = DescribeVolumeStatusResult;
    }

    pub mod describe_volumes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVolumesRequest;
        pub type Output = DescribeVolumesResult;
    }

    pub mod describe_volumes_modifications {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVolumesModificationsRequest;
        pub type Output = DescribeVolumesModificationsResult;
    }

    pub mod describe_vpc_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcAttributeRequest;
        pub type Output = DescribeVpcAttributeResult;
    }

    pub mod describe_vpc_endpoint_connections {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcEndpointConnectionsRequest;
        pub type Output = DescribeVpcEndpointConnectionsResult;
    }

    pub mod describe_vpc_endpoint_service_configurations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcEndpointServiceConfigurationsRequest;
        pub type Output = DescribeVpcEndpointServiceConfigurationsResult;
    }

    pub mod describe_vpc_endpoint_service_permissions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcEndpointServicePermissionsRequest;
        pub type Output = DescribeVpcEndpointServicePermissionsResult;
    }

    pub mod describe_vpc_endpoint_services {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcEndpointServicesRequest;
        pub type Output = DescribeVpcEndpointServicesResult;
    }

    pub mod describe_vpc_endpoints {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcEndpointsRequest;
        pub type Output = DescribeVpcEndpointsResult;
    }

    pub mod describe_vpc_peering_connections {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcPeeringConnectionsRequest;
        pub type Output = DescribeVpcPeeringConnectionsResult;
    }

    pub mod describe_vpcs {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeVpcsRequest;
        pub type Output = DescribeVpcsResult;
    }

    pub mod detach_internet_gateway {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachInternetGatewayRequest;
        pub type Output = ();
    }

    pub mod detach_network_interface {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachNetworkInterfaceRequest;
        pub type Output = ();
    }

    pub mod detach_volume {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachVolumeRequest;
        pub type Output = VolumeAttachment;
    }

    pub mod disable_ebs_encryption_by_default {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableEbsEncryptionByDefaultRequest;
        pub type Output = DisableEbsEncryptionByDefaultResult;
    }

    pub mod disassociate_address {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateAddressRequest;
        pub type Output = ();
    }

    pub mod disassociate_iam_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateIamInstanceProfileRequest;
        pub type Output = DisassociateIamInstanceProfileResult;
    }

    pub mod disassociate_route_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateRouteTableRequest;
        pub type Output = ();
    }

    pub mod disassociate_subnet_cidr_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateSubnetCidrBlockRequest;
        pub type Output = DisassociateSubnetCidrBlockResult;
    }

    pub mod disassociate_vpc_cidr_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateVpcCidrBlockRequest;
        pub type Output = DisassociateVpcCidrBlockResult;
    }

    pub mod enable_ebs_encryption_by_default {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableEbsEncryptionByDefaultRequest;
        pub type Output = EnableEbsEncryptionByDefaultResult;
    }

    pub mod get_console_output {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetConsoleOutputRequest;
        pub type Output = GetConsoleOutputResult;
    }

    pub mod get_ebs_default_kms_key_id {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetEbsDefaultKmsKeyIdRequest;
        pub type Output = GetEbsDefaultKmsKeyIdResult;
    }

    pub mod get_ebs_encryption_by_default {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetEbsEncryptionByDefaultRequest;
        pub type Output = GetEbsEncryptionByDefaultResult;
    }

    pub mod get_launch_template_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLaunchTemplateDataRequest;
        pub type Output = GetLaunchTemplateDataResult;
    }

    pub mod get_managed_prefix_list_associations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetManagedPrefixListAssociationsRequest;
        pub type Output = GetManagedPrefixListAssociationsResult;
    }

    pub mod get_managed_prefix_list_entries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetManagedPrefixListEntriesRequest;
        pub type Output = GetManagedPrefixListEntriesResult;
    }

    pub mod get_security_groups_for_vpc {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSecurityGroupsForVpcRequest;
        pub type Output = GetSecurityGroupsForVpcResult;
    }

    pub mod get_subnet_cidr_reservations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSubnetCidrReservationsRequest;
        pub type Output = GetSubnetCidrReservationsResult;
    }

    pub mod import_key_pair {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ImportKeyPairRequest;
        pub type Output = ImportKeyPairResult;
    }

    pub mod modify_address_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyAddressAttributeRequest;
        pub type Output = ModifyAddressAttributeResult;
    }

    pub mod modify_ebs_default_kms_key_id {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyEbsDefaultKmsKeyIdRequest;
        pub type Output = ModifyEbsDefaultKmsKeyIdResult;
    }

    pub mod modify_image_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyImageAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_instance_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyInstanceAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_instance_metadata_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyInstanceMetadataOptionsRequest;
        pub type Output = ModifyInstanceMetadataOptionsResult;
    }

    pub mod modify_instance_placement {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyInstancePlacementRequest;
        pub type Output = ModifyInstancePlacementResult;
    }

    pub mod modify_launch_template {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyLaunchTemplateRequest;
        pub type Output = ModifyLaunchTemplateResult;
    }

    pub mod modify_managed_prefix_list {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyManagedPrefixListRequest;
        pub type Output = ModifyManagedPrefixListResult;
    }

    pub mod modify_network_interface_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyNetworkInterfaceAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_security_group_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifySecurityGroupRulesRequest;
        pub type Output = ModifySecurityGroupRulesResult;
    }

    pub mod modify_snapshot_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifySnapshotAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_spot_fleet_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifySpotFleetRequestRequest;
        pub type Output = ModifySpotFleetRequestResponse;
    }

    pub mod modify_subnet_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifySubnetAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_volume {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVolumeRequest;
        pub type Output = ModifyVolumeResult;
    }

    pub mod modify_volume_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVolumeAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_vpc_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVpcAttributeRequest;
        pub type Output = ();
    }

    pub mod modify_vpc_endpoint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVpcEndpointRequest;
        pub type Output = ModifyVpcEndpointResult;
    }

    pub mod modify_vpc_endpoint_service_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVpcEndpointServiceConfigurationRequest;
        pub type Output = ModifyVpcEndpointServiceConfigurationResult;
    }

    pub mod modify_vpc_endpoint_service_permissions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVpcEndpointServicePermissionsRequest;
        pub type Output = ModifyVpcEndpointServicePermissionsResult;
    }

    pub mod modify_vpc_peering_connection_options {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVpcPeeringConnectionOptionsRequest;
        pub type Output = ModifyVpcPeeringConnectionOptionsResult;
    }

    pub mod modify_vpc_tenancy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyVpcTenancyRequest;
        pub type Output = ModifyVpcTenancyResult;
    }

    pub mod monitor_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = MonitorInstancesRequest;
        pub type Output = MonitorInstancesResult;
    }

    pub mod reboot_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RebootInstancesRequest;
        pub type Output = ();
    }

    pub mod register_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterImageRequest;
        pub type Output = RegisterImageResult;
    }

    pub mod reject_vpc_endpoint_connections {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RejectVpcEndpointConnectionsRequest;
        pub type Output = RejectVpcEndpointConnectionsResult;
    }

    pub mod reject_vpc_peering_connection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RejectVpcPeeringConnectionRequest;
        pub type Output = RejectVpcPeeringConnectionResult;
    }

    pub mod release_address {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReleaseAddressRequest;
        pub type Output = ();
    }

    pub mod replace_iam_instance_profile_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplaceIamInstanceProfileAssociationRequest;
        pub type Output = ReplaceIamInstanceProfileAssociationResult;
    }

    pub mod replace_network_acl_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplaceNetworkAclAssociationRequest;
        pub type Output = ReplaceNetworkAclAssociationResult;
    }

    pub mod replace_network_acl_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplaceNetworkAclEntryRequest;
        pub type Output = ();
    }

    pub mod replace_route {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplaceRouteRequest;
        pub type Output = ();
    }

    pub mod replace_route_table_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplaceRouteTableAssociationRequest;
        pub type Output = ReplaceRouteTableAssociationResult;
    }

    pub mod request_spot_fleet {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RequestSpotFleetRequest;
        pub type Output = RequestSpotFleetResponse;
    }

    pub mod request_spot_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RequestSpotInstancesRequest;
        pub type Output = RequestSpotInstancesResult;
    }

    pub mod reset_address_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetAddressAttributeRequest;
        pub type Output = ResetAddressAttributeResult;
    }

    pub mod reset_ebs_default_kms_key_id {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetEbsDefaultKmsKeyIdRequest;
        pub type Output = ResetEbsDefaultKmsKeyIdResult;
    }

    pub mod reset_image_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetImageAttributeRequest;
        pub type Output = ();
    }

    pub mod reset_instance_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetInstanceAttributeRequest;
        pub type Output = ();
    }

    pub mod reset_network_interface_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetNetworkInterfaceAttributeRequest;
        pub type Output = ();
    }

    pub mod reset_snapshot_attribute {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetSnapshotAttributeRequest;
        pub type Output = ();
    }

    pub mod revoke_security_group_egress {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RevokeSecurityGroupEgressRequest;
        pub type Output = RevokeSecurityGroupEgressResult;
    }

    pub mod revoke_security_group_ingress {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RevokeSecurityGroupIngressRequest;
        pub type Output = RevokeSecurityGroupIngressResult;
    }

    pub mod run_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RunInstancesRequest;
        pub type Output = Reservation;
    }

    pub mod start_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartInstancesRequest;
        pub type Output = StartInstancesResult;
    }

    pub mod start_vpc_endpoint_service_private_dns_verification {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartVpcEndpointServicePrivateDnsVerificationRequest;
        pub type Output = StartVpcEndpointServicePrivateDnsVerificationResult;
    }

    pub mod stop_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopInstancesRequest;
        pub type Output = StopInstancesResult;
    }

    pub mod terminate_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TerminateInstancesRequest;
        pub type Output = TerminateInstancesResult;
    }

    pub mod unassign_ipv6_addresses {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UnassignIpv6AddressesRequest;
        pub type Output = UnassignIpv6AddressesResult;
    }

    pub mod unassign_private_ip_addresses {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UnassignPrivateIpAddressesRequest;
        pub type Output = ();
    }

    pub mod unmonitor_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UnmonitorInstancesRequest;
        pub type Output = UnmonitorInstancesResult;
    }

    pub mod update_security_group_rule_descriptions_egress {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSecurityGroupRuleDescriptionsEgressRequest;
        pub type Output = UpdateSecurityGroupRuleDescriptionsEgressResult;
    }

    pub mod update_security_group_rule_descriptions_ingress {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSecurityGroupRuleDescriptionsIngressRequest;
        pub type Output = UpdateSecurityGroupRuleDescriptionsIngressResult;
    }
}
