// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceleratorCount {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(AcceleratorCount {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceleratorCountRequest {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(AcceleratorCountRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceleratorTotalMemoryMiB {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(AcceleratorTotalMemoryMiB {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceleratorTotalMemoryMiBRequest {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(AcceleratorTotalMemoryMiBRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceptVpcEndpointConnectionsRequest {
    pub dry_run: Option<bool>,
    pub service_id: Option<String>,
    pub vpc_endpoint_ids: Option<Vec<String>>,
    pub transit_gateway_attachment_ids: Option<Vec<String>>,
}
structure!(AcceptVpcEndpointConnectionsRequest {
0 dry_run,
1 service_id,
2 vpc_endpoint_ids,
3 transit_gateway_attachment_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceptVpcEndpointConnectionsResult {
    pub unsuccessful: Option<Vec<UnsuccessfulItem>>,
}
structure!(AcceptVpcEndpointConnectionsResult {
0 unsuccessful,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceptVpcPeeringConnectionRequest {
    pub dry_run: Option<bool>,
    pub vpc_peering_connection_id: Option<String>,
}
structure!(AcceptVpcPeeringConnectionRequest {
0 dry_run,
1 vpc_peering_connection_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceptVpcPeeringConnectionResult {
    pub vpc_peering_connection: Option<VpcPeeringConnection>,
}
structure!(AcceptVpcPeeringConnectionResult {
0 vpc_peering_connection,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountAttribute {
    pub attribute_name: Option<String>,
    pub attribute_values: Option<Vec<AccountAttributeValue>>,
}
structure!(AccountAttribute {
0 attribute_name,
1 attribute_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountAttributeValue {
    pub attribute_value: Option<String>,
}
structure!(AccountAttributeValue {
0 attribute_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActiveInstance {
    pub instance_id: Option<String>,
    pub instance_type: Option<String>,
    pub spot_instance_request_id: Option<String>,
    pub instance_health: Option<String>,
}
structure!(ActiveInstance {
0 instance_id,
1 instance_type,
2 spot_instance_request_id,
3 instance_health,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddPrefixListEntry {
    pub cidr: Option<String>,
    pub description: Option<String>,
}
structure!(AddPrefixListEntry {
0 cidr,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddedPrincipal {
    pub principal_type: Option<String>,
    pub principal: Option<String>,
    pub service_permission_id: Option<String>,
    pub service_id: Option<String>,
    pub permission_type: Option<String>,
}
structure!(AddedPrincipal {
0 principal_type,
1 principal,
2 service_permission_id,
3 service_id,
4 permission_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Address {
    pub allocation_id: Option<String>,
    pub association_id: Option<String>,
    pub domain: Option<String>,
    pub network_interface_id: Option<String>,
    pub network_interface_owner_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub public_ipv4_pool: Option<String>,
    pub network_border_group: Option<String>,
    pub customer_owned_ip: Option<String>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub carrier_ip: Option<String>,
    pub subnet_id: Option<String>,
    pub service_managed: Option<String>,
    pub instance_id: Option<String>,
    pub public_ip: Option<String>,
}
structure!(Address {
0 allocation_id,
1 association_id,
2 domain,
3 network_interface_id,
4 network_interface_owner_id,
5 private_ip_address,
6 tags,
7 public_ipv4_pool,
8 network_border_group,
9 customer_owned_ip,
10 customer_owned_ipv4_pool,
11 carrier_ip,
12 subnet_id,
13 service_managed,
14 instance_id,
15 public_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddressAttribute {
    pub public_ip: Option<String>,
    pub allocation_id: Option<String>,
    pub ptr_record: Option<String>,
    pub ptr_record_update: Option<PtrUpdateStatus>,
}
structure!(AddressAttribute {
0 public_ip,
1 allocation_id,
2 ptr_record,
3 ptr_record_update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllocateAddressRequest {
    pub domain: Option<String>,
    pub address: Option<String>,
    pub public_ipv4_pool: Option<String>,
    pub network_border_group: Option<String>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub ipam_pool_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(AllocateAddressRequest {
0 domain,
1 address,
2 public_ipv4_pool,
3 network_border_group,
4 customer_owned_ipv4_pool,
5 tag_specifications,
6 ipam_pool_id,
7 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllocateAddressResult {
    pub allocation_id: Option<String>,
    pub public_ipv4_pool: Option<String>,
    pub network_border_group: Option<String>,
    pub domain: Option<String>,
    pub customer_owned_ip: Option<String>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub carrier_ip: Option<String>,
    pub public_ip: Option<String>,
}
structure!(AllocateAddressResult {
0 allocation_id,
1 public_ipv4_pool,
2 network_border_group,
3 domain,
4 customer_owned_ip,
5 customer_owned_ipv4_pool,
6 carrier_ip,
7 public_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllowedPrincipal {
    pub principal_type: Option<String>,
    pub principal: Option<String>,
    pub service_permission_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub service_id: Option<String>,
    pub permission_type: Option<String>,
}
structure!(AllowedPrincipal {
0 principal_type,
1 principal,
2 service_permission_id,
3 tags,
4 service_id,
5 permission_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApplicationStatusSummary {
    pub status: Option<String>,
    pub impaired_since: Option<Timestamp>,
}
structure!(ApplicationStatusSummary {
0 status,
1 impaired_since,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssignIpv6AddressesRequest {
    pub ipv6_prefix_count: Option<i32>,
    pub ipv6_prefixes: Option<Vec<String>>,
    pub network_interface_id: Option<String>,
    pub ipv6_addresses: Option<Vec<String>>,
    pub ipv6_address_count: Option<i32>,
}
structure!(AssignIpv6AddressesRequest {
0 ipv6_prefix_count,
1 ipv6_prefixes,
2 network_interface_id,
3 ipv6_addresses,
4 ipv6_address_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssignIpv6AddressesResult {
    pub assigned_ipv6_addresses: Option<Vec<String>>,
    pub assigned_ipv6_prefixes: Option<Vec<String>>,
    pub network_interface_id: Option<String>,
}
structure!(AssignIpv6AddressesResult {
0 assigned_ipv6_addresses,
1 assigned_ipv6_prefixes,
2 network_interface_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssignPrivateIpAddressesRequest {
    pub ipv4_prefixes: Option<Vec<String>>,
    pub ipv4_prefix_count: Option<i32>,
    pub network_interface_id: Option<String>,
    pub private_ip_addresses: Option<Vec<String>>,
    pub secondary_private_ip_address_count: Option<i32>,
    pub allow_reassignment: Option<bool>,
}
structure!(AssignPrivateIpAddressesRequest {
0 ipv4_prefixes,
1 ipv4_prefix_count,
2 network_interface_id,
3 private_ip_addresses,
4 secondary_private_ip_address_count,
5 allow_reassignment,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssignPrivateIpAddressesResult {
    pub network_interface_id: Option<String>,
    pub assigned_private_ip_addresses: Option<Vec<AssignedPrivateIpAddress>>,
    pub assigned_ipv4_prefixes: Option<Vec<Ipv4PrefixSpecification>>,
}
structure!(AssignPrivateIpAddressesResult {
0 network_interface_id,
1 assigned_private_ip_addresses,
2 assigned_ipv4_prefixes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssignedPrivateIpAddress {
    pub private_ip_address: Option<String>,
}
structure!(AssignedPrivateIpAddress {
0 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateAddressRequest {
    pub allocation_id: Option<String>,
    pub instance_id: Option<String>,
    pub public_ip: Option<String>,
    pub dry_run: Option<bool>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub allow_reassociation: Option<bool>,
}
structure!(AssociateAddressRequest {
0 allocation_id,
1 instance_id,
2 public_ip,
3 dry_run,
4 network_interface_id,
5 private_ip_address,
6 allow_reassociation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateAddressResult {
    pub association_id: Option<String>,
}
structure!(AssociateAddressResult {
0 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateDhcpOptionsRequest {
    pub dhcp_options_id: Option<String>,
    pub vpc_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(AssociateDhcpOptionsRequest {
0 dhcp_options_id,
1 vpc_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateIamInstanceProfileRequest {
    pub iam_instance_profile: Option<IamInstanceProfileSpecification>,
    pub instance_id: Option<String>,
}
structure!(AssociateIamInstanceProfileRequest {
0 iam_instance_profile,
1 instance_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateIamInstanceProfileResult {
    pub iam_instance_profile_association: Option<IamInstanceProfileAssociation>,
}
structure!(AssociateIamInstanceProfileResult {
0 iam_instance_profile_association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateRouteTableRequest {
    pub gateway_id: Option<String>,
    pub public_ipv4_pool: Option<String>,
    pub dry_run: Option<bool>,
    pub subnet_id: Option<String>,
    pub route_table_id: Option<String>,
}
structure!(AssociateRouteTableRequest {
0 gateway_id,
1 public_ipv4_pool,
2 dry_run,
3 subnet_id,
4 route_table_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateRouteTableResult {
    pub association_id: Option<String>,
    pub association_state: Option<RouteTableAssociationState>,
}
structure!(AssociateRouteTableResult {
0 association_id,
1 association_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateSubnetCidrBlockRequest {
    pub ipv6_ipam_pool_id: Option<String>,
    pub ipv6_netmask_length: Option<i32>,
    pub subnet_id: Option<String>,
    pub ipv6_cidr_block: Option<String>,
}
structure!(AssociateSubnetCidrBlockRequest {
0 ipv6_ipam_pool_id,
1 ipv6_netmask_length,
2 subnet_id,
3 ipv6_cidr_block,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateSubnetCidrBlockResult {
    pub ipv6_cidr_block_association: Option<SubnetIpv6CidrBlockAssociation>,
    pub subnet_id: Option<String>,
}
structure!(AssociateSubnetCidrBlockResult {
0 ipv6_cidr_block_association,
1 subnet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateVpcCidrBlockRequest {
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block_network_border_group: Option<String>,
    pub ipv6_pool: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub ipv4_ipam_pool_id: Option<String>,
    pub ipv4_netmask_length: Option<i32>,
    pub ipv6_ipam_pool_id: Option<String>,
    pub ipv6_netmask_length: Option<i32>,
    pub vpc_id: Option<String>,
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
}
structure!(AssociateVpcCidrBlockRequest {
0 cidr_block,
1 ipv6_cidr_block_network_border_group,
2 ipv6_pool,
3 ipv6_cidr_block,
4 ipv4_ipam_pool_id,
5 ipv4_netmask_length,
6 ipv6_ipam_pool_id,
7 ipv6_netmask_length,
8 vpc_id,
9 amazon_provided_ipv6_cidr_block,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateVpcCidrBlockResult {
    pub ipv6_cidr_block_association: Option<VpcIpv6CidrBlockAssociation>,
    pub cidr_block_association: Option<VpcCidrBlockAssociation>,
    pub vpc_id: Option<String>,
}
structure!(AssociateVpcCidrBlockResult {
0 ipv6_cidr_block_association,
1 cidr_block_association,
2 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociatedKmsKey {
    pub kms_key_id: Option<String>,
}
structure!(AssociatedKmsKey {
0 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachInternetGatewayRequest {
    pub dry_run: Option<bool>,
    pub internet_gateway_id: Option<String>,
    pub vpc_id: Option<String>,
}
structure!(AttachInternetGatewayRequest {
0 dry_run,
1 internet_gateway_id,
2 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachNetworkInterfaceRequest {
    pub network_card_index: Option<i32>,
    pub ena_srd_specification: Option<EnaSrdSpecification>,
    pub ena_queue_count: Option<i32>,
    pub dry_run: Option<bool>,
    pub network_interface_id: Option<String>,
    pub instance_id: Option<String>,
    pub device_index: Option<i32>,
}
structure!(AttachNetworkInterfaceRequest {
0 network_card_index,
1 ena_srd_specification,
2 ena_queue_count,
3 dry_run,
4 network_interface_id,
5 instance_id,
6 device_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachNetworkInterfaceResult {
    pub attachment_id: Option<String>,
    pub network_card_index: Option<i32>,
}
structure!(AttachNetworkInterfaceResult {
0 attachment_id,
1 network_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachVolumeRequest {
    pub device: Option<String>,
    pub instance_id: Option<String>,
    pub volume_id: Option<String>,
    pub ebs_card_index: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(AttachVolumeRequest {
0 device,
1 instance_id,
2 volume_id,
3 ebs_card_index,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachmentEnaSrdSpecification {
    pub ena_srd_enabled: Option<bool>,
    pub ena_srd_udp_specification: Option<AttachmentEnaSrdUdpSpecification>,
}
structure!(AttachmentEnaSrdSpecification {
0 ena_srd_enabled,
1 ena_srd_udp_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachmentEnaSrdUdpSpecification {
    pub ena_srd_udp_enabled: Option<bool>,
}
structure!(AttachmentEnaSrdUdpSpecification {
0 ena_srd_udp_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributeBooleanValue {
    pub value: Option<bool>,
}
structure!(AttributeBooleanValue {
0 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributeValue {
    pub value: Option<String>,
}
structure!(AttributeValue {
0 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorizeSecurityGroupEgressRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
    pub group_id: Option<String>,
    pub source_security_group_name: Option<String>,
    pub source_security_group_owner_id: Option<String>,
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr_ip: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
}
structure!(AuthorizeSecurityGroupEgressRequest {
0 tag_specifications,
1 dry_run,
2 group_id,
3 source_security_group_name,
4 source_security_group_owner_id,
5 ip_protocol,
6 from_port,
7 to_port,
8 cidr_ip,
9 ip_permissions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorizeSecurityGroupEgressResult {
    pub return_: Option<bool>,
    pub security_group_rules: Option<Vec<SecurityGroupRule>>,
}
structure!(AuthorizeSecurityGroupEgressResult {
0 return_,
1 security_group_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorizeSecurityGroupIngressRequest {
    pub cidr_ip: Option<String>,
    pub from_port: Option<i32>,
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
    pub ip_protocol: Option<String>,
    pub source_security_group_name: Option<String>,
    pub source_security_group_owner_id: Option<String>,
    pub to_port: Option<i32>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
}
structure!(AuthorizeSecurityGroupIngressRequest {
0 cidr_ip,
1 from_port,
2 group_id,
3 group_name,
4 ip_permissions,
5 ip_protocol,
6 source_security_group_name,
7 source_security_group_owner_id,
8 to_port,
9 tag_specifications,
10 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorizeSecurityGroupIngressResult {
    pub return_: Option<bool>,
    pub security_group_rules: Option<Vec<SecurityGroupRule>>,
}
structure!(AuthorizeSecurityGroupIngressResult {
0 return_,
1 security_group_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AvailabilityZone {
    pub opt_in_status: Option<String>,
    pub messages: Option<Vec<AvailabilityZoneMessage>>,
    pub region_name: Option<String>,
    pub zone_name: Option<String>,
    pub zone_id: Option<String>,
    pub group_name: Option<String>,
    pub network_border_group: Option<String>,
    pub zone_type: Option<String>,
    pub parent_zone_name: Option<String>,
    pub parent_zone_id: Option<String>,
    pub group_long_name: Option<String>,
    pub geography: Option<Vec<AvailabilityZoneGeography>>,
    pub sub_geography: Option<Vec<AvailabilityZoneSubGeography>>,
    pub state: Option<String>,
}
structure!(AvailabilityZone {
0 opt_in_status,
1 messages,
2 region_name,
3 zone_name,
4 zone_id,
5 group_name,
6 network_border_group,
7 zone_type,
8 parent_zone_name,
9 parent_zone_id,
10 group_long_name,
11 geography,
12 sub_geography,
13 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AvailabilityZoneAddress {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub allocation_ids: Option<Vec<String>>,
}
structure!(AvailabilityZoneAddress {
0 availability_zone,
1 availability_zone_id,
2 allocation_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AvailabilityZoneGeography {
    pub name: Option<String>,
}
structure!(AvailabilityZoneGeography {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AvailabilityZoneMessage {
    pub message: Option<String>,
}
structure!(AvailabilityZoneMessage {
0 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AvailabilityZoneSubGeography {
    pub name: Option<String>,
}
structure!(AvailabilityZoneSubGeography {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaselineEbsBandwidthMbps {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(BaselineEbsBandwidthMbps {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaselineEbsBandwidthMbpsRequest {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(BaselineEbsBandwidthMbpsRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaselinePerformanceFactors {
    pub cpu: Option<CpuPerformanceFactor>,
}
structure!(BaselinePerformanceFactors {
0 cpu,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaselinePerformanceFactorsRequest {
    pub cpu: Option<CpuPerformanceFactorRequest>,
}
structure!(BaselinePerformanceFactorsRequest {
0 cpu,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockDeviceMapping {
    pub ebs: Option<EbsBlockDevice>,
    pub no_device: Option<String>,
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
}
structure!(BlockDeviceMapping {
0 ebs,
1 no_device,
2 device_name,
3 virtual_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockDeviceMappingResponse {
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
    pub ebs: Option<EbsBlockDeviceResponse>,
    pub no_device: Option<String>,
}
structure!(BlockDeviceMappingResponse {
0 device_name,
1 virtual_name,
2 ebs,
3 no_device,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockPublicAccessStates {
    pub internet_gateway_block_mode: Option<String>,
}
structure!(BlockPublicAccessStates {
0 internet_gateway_block_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotFleetRequestsError {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(CancelSpotFleetRequestsError {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotFleetRequestsErrorItem {
    pub error: Option<CancelSpotFleetRequestsError>,
    pub spot_fleet_request_id: Option<String>,
}
structure!(CancelSpotFleetRequestsErrorItem {
0 error,
1 spot_fleet_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotFleetRequestsRequest {
    pub dry_run: Option<bool>,
    pub spot_fleet_request_ids: Option<Vec<String>>,
    pub terminate_instances: Option<bool>,
}
structure!(CancelSpotFleetRequestsRequest {
0 dry_run,
1 spot_fleet_request_ids,
2 terminate_instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotFleetRequestsResponse {
    pub successful_fleet_requests: Option<Vec<CancelSpotFleetRequestsSuccessItem>>,
    pub unsuccessful_fleet_requests: Option<Vec<CancelSpotFleetRequestsErrorItem>>,
}
structure!(CancelSpotFleetRequestsResponse {
0 successful_fleet_requests,
1 unsuccessful_fleet_requests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotFleetRequestsSuccessItem {
    pub current_spot_fleet_request_state: Option<String>,
    pub previous_spot_fleet_request_state: Option<String>,
    pub spot_fleet_request_id: Option<String>,
}
structure!(CancelSpotFleetRequestsSuccessItem {
0 current_spot_fleet_request_state,
1 previous_spot_fleet_request_state,
2 spot_fleet_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotInstanceRequestsRequest {
    pub dry_run: Option<bool>,
    pub spot_instance_request_ids: Option<Vec<String>>,
}
structure!(CancelSpotInstanceRequestsRequest {
0 dry_run,
1 spot_instance_request_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSpotInstanceRequestsResult {
    pub cancelled_spot_instance_requests: Option<Vec<CancelledSpotInstanceRequest>>,
}
structure!(CancelSpotInstanceRequestsResult {
0 cancelled_spot_instance_requests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelledSpotInstanceRequest {
    pub spot_instance_request_id: Option<String>,
    pub state: Option<String>,
}
structure!(CancelledSpotInstanceRequest {
0 spot_instance_request_id,
1 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationOptions {
    pub usage_strategy: Option<String>,
}
structure!(CapacityReservationOptions {
0 usage_strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationOptionsRequest {
    pub usage_strategy: Option<String>,
}
structure!(CapacityReservationOptionsRequest {
0 usage_strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationSpecification {
    pub capacity_reservation_preference: Option<String>,
    pub capacity_reservation_target: Option<CapacityReservationTarget>,
}
structure!(CapacityReservationSpecification {
0 capacity_reservation_preference,
1 capacity_reservation_target,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationSpecificationResponse {
    pub capacity_reservation_preference: Option<String>,
    pub capacity_reservation_target: Option<CapacityReservationTargetResponse>,
}
structure!(CapacityReservationSpecificationResponse {
0 capacity_reservation_preference,
1 capacity_reservation_target,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationTarget {
    pub capacity_reservation_id: Option<String>,
    pub capacity_reservation_resource_group_arn: Option<String>,
}
structure!(CapacityReservationTarget {
0 capacity_reservation_id,
1 capacity_reservation_resource_group_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityReservationTargetResponse {
    pub capacity_reservation_id: Option<String>,
    pub capacity_reservation_resource_group_arn: Option<String>,
}
structure!(CapacityReservationTargetResponse {
0 capacity_reservation_id,
1 capacity_reservation_resource_group_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CidrBlock {
    pub cidr_block: Option<String>,
}
structure!(CidrBlock {
0 cidr_block,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClassicLoadBalancer {
    pub name: Option<String>,
}
structure!(ClassicLoadBalancer {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClassicLoadBalancersConfig {
    pub classic_load_balancers: Option<Vec<ClassicLoadBalancer>>,
}
structure!(ClassicLoadBalancersConfig {
0 classic_load_balancers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionTrackingConfiguration {
    pub tcp_established_timeout: Option<i32>,
    pub udp_stream_timeout: Option<i32>,
    pub udp_timeout: Option<i32>,
}
structure!(ConnectionTrackingConfiguration {
0 tcp_established_timeout,
1 udp_stream_timeout,
2 udp_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionTrackingSpecification {
    pub tcp_established_timeout: Option<i32>,
    pub udp_timeout: Option<i32>,
    pub udp_stream_timeout: Option<i32>,
}
structure!(ConnectionTrackingSpecification {
0 tcp_established_timeout,
1 udp_timeout,
2 udp_stream_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionTrackingSpecificationRequest {
    pub tcp_established_timeout: Option<i32>,
    pub udp_stream_timeout: Option<i32>,
    pub udp_timeout: Option<i32>,
}
structure!(ConnectionTrackingSpecificationRequest {
0 tcp_established_timeout,
1 udp_stream_timeout,
2 udp_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionTrackingSpecificationResponse {
    pub tcp_established_timeout: Option<i32>,
    pub udp_stream_timeout: Option<i32>,
    pub udp_timeout: Option<i32>,
}
structure!(ConnectionTrackingSpecificationResponse {
0 tcp_established_timeout,
1 udp_stream_timeout,
2 udp_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyImageRequest {
    pub client_token: Option<String>,
    pub description: Option<String>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
    pub name: Option<String>,
    pub source_image_id: Option<String>,
    pub source_region: Option<String>,
    pub destination_outpost_arn: Option<String>,
    pub copy_image_tags: Option<bool>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub snapshot_copy_completion_duration_minutes: Option<i64>,
    pub destination_availability_zone: Option<String>,
    pub destination_availability_zone_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(CopyImageRequest {
0 client_token,
1 description,
2 encrypted,
3 kms_key_id,
4 name,
5 source_image_id,
6 source_region,
7 destination_outpost_arn,
8 copy_image_tags,
9 tag_specifications,
10 snapshot_copy_completion_duration_minutes,
11 destination_availability_zone,
12 destination_availability_zone_id,
13 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyImageResult {
    pub image_id: Option<String>,
}
structure!(CopyImageResult {
0 image_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopySnapshotRequest {
    pub description: Option<String>,
    pub destination_outpost_arn: Option<String>,
    pub destination_region: Option<String>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
    pub presigned_url: Option<String>,
    pub source_region: Option<String>,
    pub source_snapshot_id: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub completion_duration_minutes: Option<i32>,
    pub destination_availability_zone: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(CopySnapshotRequest {
0 description,
1 destination_outpost_arn,
2 destination_region,
3 encrypted,
4 kms_key_id,
5 presigned_url,
6 source_region,
7 source_snapshot_id,
8 tag_specifications,
9 completion_duration_minutes,
10 destination_availability_zone,
11 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopySnapshotResult {
    pub tags: Option<Vec<Tag>>,
    pub snapshot_id: Option<String>,
}
structure!(CopySnapshotResult {
0 tags,
1 snapshot_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CpuOptions {
    pub core_count: Option<i32>,
    pub threads_per_core: Option<i32>,
    pub amd_sev_snp: Option<String>,
    pub nested_virtualization: Option<String>,
}
structure!(CpuOptions {
0 core_count,
1 threads_per_core,
2 amd_sev_snp,
3 nested_virtualization,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CpuOptionsRequest {
    pub core_count: Option<i32>,
    pub threads_per_core: Option<i32>,
    pub amd_sev_snp: Option<String>,
    pub nested_virtualization: Option<String>,
}
structure!(CpuOptionsRequest {
0 core_count,
1 threads_per_core,
2 amd_sev_snp,
3 nested_virtualization,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CpuPerformanceFactor {
    pub references: Option<Vec<PerformanceFactorReference>>,
}
structure!(CpuPerformanceFactor {
0 references,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CpuPerformanceFactorRequest {
    pub references: Option<Vec<PerformanceFactorReferenceRequest>>,
}
structure!(CpuPerformanceFactorRequest {
0 references,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDefaultSubnetRequest {
    pub availability_zone: Option<String>,
    pub dry_run: Option<bool>,
    pub ipv6_native: Option<bool>,
    pub availability_zone_id: Option<String>,
}
structure!(CreateDefaultSubnetRequest {
0 availability_zone,
1 dry_run,
2 ipv6_native,
3 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDefaultSubnetResult {
    pub subnet: Option<Subnet>,
}
structure!(CreateDefaultSubnetResult {
0 subnet,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDefaultVpcRequest {
    pub dry_run: Option<bool>,
}
structure!(CreateDefaultVpcRequest {
0 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDefaultVpcResult {
    pub vpc: Option<Vpc>,
}
structure!(CreateDefaultVpcResult {
0 vpc,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDhcpOptionsRequest {
    pub dhcp_configurations: Option<Vec<NewDhcpConfiguration>>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
}
structure!(CreateDhcpOptionsRequest {
0 dhcp_configurations,
1 tag_specifications,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDhcpOptionsResult {
    pub dhcp_options: Option<DhcpOptions>,
}
structure!(CreateDhcpOptionsResult {
0 dhcp_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEgressOnlyInternetGatewayRequest {
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
    pub vpc_id: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
}
structure!(CreateEgressOnlyInternetGatewayRequest {
0 client_token,
1 dry_run,
2 vpc_id,
3 tag_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEgressOnlyInternetGatewayResult {
    pub client_token: Option<String>,
    pub egress_only_internet_gateway: Option<EgressOnlyInternetGateway>,
}
structure!(CreateEgressOnlyInternetGatewayResult {
0 client_token,
1 egress_only_internet_gateway,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFleetError {
    pub launch_template_and_overrides: Option<LaunchTemplateAndOverridesResponse>,
    pub lifecycle: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(CreateFleetError {
0 launch_template_and_overrides,
1 lifecycle,
2 error_code,
3 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFleetInstance {
    pub launch_template_and_overrides: Option<LaunchTemplateAndOverridesResponse>,
    pub lifecycle: Option<String>,
    pub instance_ids: Option<Vec<String>>,
    pub instance_type: Option<String>,
    pub platform: Option<String>,
    pub availability_zone_id: Option<String>,
    pub availability_zone: Option<String>,
    pub subnet_id: Option<String>,
}
structure!(CreateFleetInstance {
0 launch_template_and_overrides,
1 lifecycle,
2 instance_ids,
3 instance_type,
4 platform,
5 availability_zone_id,
6 availability_zone,
7 subnet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFleetRequest {
    pub dry_run: Option<bool>,
    pub client_token: Option<String>,
    pub spot_options: Option<SpotOptionsRequest>,
    pub on_demand_options: Option<OnDemandOptionsRequest>,
    pub reserved_capacity_options: Option<ReservedCapacityOptionsRequest>,
    pub excess_capacity_termination_policy: Option<String>,
    pub launch_template_configs: Option<Vec<FleetLaunchTemplateConfigRequest>>,
    pub target_capacity_specification: Option<TargetCapacitySpecificationRequest>,
    pub terminate_instances_with_expiration: Option<bool>,
    pub type_: Option<String>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub replace_unhealthy_instances: Option<bool>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub context: Option<String>,
}
structure!(CreateFleetRequest {
0 dry_run,
1 client_token,
2 spot_options,
3 on_demand_options,
4 reserved_capacity_options,
5 excess_capacity_termination_policy,
6 launch_template_configs,
7 target_capacity_specification,
8 terminate_instances_with_expiration,
9 type_,
10 valid_from,
11 valid_until,
12 replace_unhealthy_instances,
13 tag_specifications,
14 context,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFleetResult {
    pub fleet_id: Option<String>,
    pub errors: Option<Vec<CreateFleetError>>,
    pub instances: Option<Vec<CreateFleetInstance>>,
}
structure!(CreateFleetResult {
0 fleet_id,
1 errors,
2 instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFlowLogsRequest {
    pub dry_run: Option<bool>,
    pub client_token: Option<String>,
    pub deliver_logs_permission_arn: Option<String>,
    pub deliver_cross_account_role: Option<String>,
    pub log_group_name: Option<String>,
    pub resource_ids: Option<Vec<String>>,
    pub resource_type: Option<String>,
    pub traffic_type: Option<String>,
    pub log_destination_type: Option<String>,
    pub log_destination: Option<String>,
    pub log_format: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub max_aggregation_interval: Option<i32>,
    pub destination_options: Option<DestinationOptionsRequest>,
    pub tag_field_specifications: Option<Vec<TagFieldSpecificationRequest>>,
}
structure!(CreateFlowLogsRequest {
0 dry_run,
1 client_token,
2 deliver_logs_permission_arn,
3 deliver_cross_account_role,
4 log_group_name,
5 resource_ids,
6 resource_type,
7 traffic_type,
8 log_destination_type,
9 log_destination,
10 log_format,
11 tag_specifications,
12 max_aggregation_interval,
13 destination_options,
14 tag_field_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFlowLogsResult {
    pub client_token: Option<String>,
    pub flow_log_ids: Option<Vec<String>>,
    pub unsuccessful: Option<Vec<UnsuccessfulItem>>,
}
structure!(CreateFlowLogsResult {
0 client_token,
1 flow_log_ids,
2 unsuccessful,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateImageRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub snapshot_location: Option<String>,
    pub boot_mode_override: Option<String>,
    pub dry_run: Option<bool>,
    pub instance_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub no_reboot: Option<bool>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
}
structure!(CreateImageRequest {
0 tag_specifications,
1 snapshot_location,
2 boot_mode_override,
3 dry_run,
4 instance_id,
5 name,
6 description,
7 no_reboot,
8 block_device_mappings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateImageResult {
    pub image_id: Option<String>,
}
structure!(CreateImageResult {
0 image_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateInternetGatewayRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
}
structure!(CreateInternetGatewayRequest {
0 tag_specifications,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateInternetGatewayResult {
    pub internet_gateway: Option<InternetGateway>,
}
structure!(CreateInternetGatewayResult {
0 internet_gateway,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateKeyPairRequest {
    pub key_name: Option<String>,
    pub key_type: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub key_format: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(CreateKeyPairRequest {
0 key_name,
1 key_type,
2 tag_specifications,
3 key_format,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLaunchTemplateRequest {
    pub dry_run: Option<bool>,
    pub client_token: Option<String>,
    pub launch_template_name: Option<String>,
    pub version_description: Option<String>,
    pub launch_template_data: Option<RequestLaunchTemplateData>,
    pub operator: Option<OperatorRequest>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
}
structure!(CreateLaunchTemplateRequest {
0 dry_run,
1 client_token,
2 launch_template_name,
3 version_description,
4 launch_template_data,
5 operator,
6 tag_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLaunchTemplateResult {
    pub launch_template: Option<LaunchTemplate>,
    pub warning: Option<ValidationWarning>,
}
structure!(CreateLaunchTemplateResult {
0 launch_template,
1 warning,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLaunchTemplateVersionRequest {
    pub dry_run: Option<bool>,
    pub client_token: Option<String>,
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub source_version: Option<String>,
    pub version_description: Option<String>,
    pub launch_template_data: Option<RequestLaunchTemplateData>,
    pub resolve_alias: Option<bool>,
}
structure!(CreateLaunchTemplateVersionRequest {
0 dry_run,
1 client_token,
2 launch_template_id,
3 launch_template_name,
4 source_version,
5 version_description,
6 launch_template_data,
7 resolve_alias,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLaunchTemplateVersionResult {
    pub launch_template_version: Option<LaunchTemplateVersion>,
    pub warning: Option<ValidationWarning>,
}
structure!(CreateLaunchTemplateVersionResult {
0 launch_template_version,
1 warning,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateManagedPrefixListRequest {
    pub dry_run: Option<bool>,
    pub prefix_list_name: Option<String>,
    pub entries: Option<Vec<AddPrefixListEntry>>,
    pub max_entries: Option<i32>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub address_family: Option<String>,
    pub client_token: Option<String>,
}
structure!(CreateManagedPrefixListRequest {
0 dry_run,
1 prefix_list_name,
2 entries,
3 max_entries,
4 tag_specifications,
5 address_family,
6 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateManagedPrefixListResult {
    pub prefix_list: Option<ManagedPrefixList>,
}
structure!(CreateManagedPrefixListResult {
0 prefix_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNatGatewayRequest {
    pub availability_mode: Option<String>,
    pub allocation_id: Option<String>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
    pub subnet_id: Option<String>,
    pub vpc_id: Option<String>,
    pub availability_zone_addresses: Option<Vec<AvailabilityZoneAddress>>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub connectivity_type: Option<String>,
    pub private_ip_address: Option<String>,
    pub secondary_allocation_ids: Option<Vec<String>>,
    pub secondary_private_ip_addresses: Option<Vec<String>>,
    pub secondary_private_ip_address_count: Option<i32>,
}
structure!(CreateNatGatewayRequest {
0 availability_mode,
1 allocation_id,
2 client_token,
3 dry_run,
4 subnet_id,
5 vpc_id,
6 availability_zone_addresses,
7 tag_specifications,
8 connectivity_type,
9 private_ip_address,
10 secondary_allocation_ids,
11 secondary_private_ip_addresses,
12 secondary_private_ip_address_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNatGatewayResult {
    pub client_token: Option<String>,
    pub nat_gateway: Option<NatGateway>,
}
structure!(CreateNatGatewayResult {
0 client_token,
1 nat_gateway,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkAclEntryRequest {
    pub dry_run: Option<bool>,
    pub network_acl_id: Option<String>,
    pub rule_number: Option<i32>,
    pub protocol: Option<String>,
    pub rule_action: Option<String>,
    pub egress: Option<bool>,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub icmp_type_code: Option<IcmpTypeCode>,
    pub port_range: Option<PortRange>,
}
structure!(CreateNetworkAclEntryRequest {
0 dry_run,
1 network_acl_id,
2 rule_number,
3 protocol,
4 rule_action,
5 egress,
6 cidr_block,
7 ipv6_cidr_block,
8 icmp_type_code,
9 port_range,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkAclRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
    pub vpc_id: Option<String>,
}
structure!(CreateNetworkAclRequest {
0 tag_specifications,
1 client_token,
2 dry_run,
3 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkAclResult {
    pub network_acl: Option<NetworkAcl>,
    pub client_token: Option<String>,
}
structure!(CreateNetworkAclResult {
0 network_acl,
1 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkInterfacePermissionRequest {
    pub network_interface_id: Option<String>,
    pub aws_account_id: Option<String>,
    pub aws_service: Option<String>,
    pub permission: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(CreateNetworkInterfacePermissionRequest {
0 network_interface_id,
1 aws_account_id,
2 aws_service,
3 permission,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkInterfacePermissionResult {
    pub interface_permission: Option<NetworkInterfacePermission>,
}
structure!(CreateNetworkInterfacePermissionResult {
0 interface_permission,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkInterfaceRequest {
    pub ipv4_prefixes: Option<Vec<Ipv4PrefixSpecificationRequest>>,
    pub ipv4_prefix_count: Option<i32>,
    pub ipv6_prefixes: Option<Vec<Ipv6PrefixSpecificationRequest>>,
    pub ipv6_prefix_count: Option<i32>,
    pub interface_type: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub client_token: Option<String>,
    pub enable_primary_ipv6: Option<bool>,
    pub connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest>,
    pub operator: Option<OperatorRequest>,
    pub subnet_id: Option<String>,
    pub description: Option<String>,
    pub private_ip_address: Option<String>,
    pub groups: Option<Vec<String>>,
    pub private_ip_addresses: Option<Vec<PrivateIpAddressSpecification>>,
    pub secondary_private_ip_address_count: Option<i32>,
    pub ipv6_addresses: Option<Vec<InstanceIpv6Address>>,
    pub ipv6_address_count: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(CreateNetworkInterfaceRequest {
0 ipv4_prefixes,
1 ipv4_prefix_count,
2 ipv6_prefixes,
3 ipv6_prefix_count,
4 interface_type,
5 tag_specifications,
6 client_token,
7 enable_primary_ipv6,
8 connection_tracking_specification,
9 operator,
10 subnet_id,
11 description,
12 private_ip_address,
13 groups,
14 private_ip_addresses,
15 secondary_private_ip_address_count,
16 ipv6_addresses,
17 ipv6_address_count,
18 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNetworkInterfaceResult {
    pub network_interface: Option<NetworkInterface>,
    pub client_token: Option<String>,
}
structure!(CreateNetworkInterfaceResult {
0 network_interface,
1 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePeeringConnectionOptionsRequest {
    pub allow_multipath_resilience: Option<bool>,
    pub multipath_resilience_mode: Option<String>,
}
structure!(CreatePeeringConnectionOptionsRequest {
0 allow_multipath_resilience,
1 multipath_resilience_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePlacementGroupRequest {
    pub partition_count: Option<i32>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub spread_level: Option<String>,
    pub linked_group_id: Option<String>,
    pub operator: Option<OperatorRequest>,
    pub parent_group_id: Option<String>,
    pub dry_run: Option<bool>,
    pub group_name: Option<String>,
    pub strategy: Option<String>,
}
structure!(CreatePlacementGroupRequest {
0 partition_count,
1 tag_specifications,
2 spread_level,
3 linked_group_id,
4 operator,
5 parent_group_id,
6 dry_run,
7 group_name,
8 strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePlacementGroupResult {
    pub placement_group: Option<PlacementGroup>,
}
structure!(CreatePlacementGroupResult {
0 placement_group,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRouteRequest {
    pub destination_prefix_list_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub transit_gateway_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub odb_network_arn: Option<String>,
    pub dry_run: Option<bool>,
    pub route_table_id: Option<String>,
    pub destination_cidr_block: Option<String>,
    pub gateway_id: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub instance_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub nat_gateway_id: Option<String>,
}
structure!(CreateRouteRequest {
0 destination_prefix_list_id,
1 vpc_endpoint_id,
2 transit_gateway_id,
3 local_gateway_id,
4 carrier_gateway_id,
5 core_network_arn,
6 odb_network_arn,
7 dry_run,
8 route_table_id,
9 destination_cidr_block,
10 gateway_id,
11 destination_ipv6_cidr_block,
12 egress_only_internet_gateway_id,
13 instance_id,
14 network_interface_id,
15 vpc_peering_connection_id,
16 nat_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRouteResult {
    pub return_: Option<bool>,
}
structure!(CreateRouteResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRouteTableRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
    pub vpc_id: Option<String>,
}
structure!(CreateRouteTableRequest {
0 tag_specifications,
1 client_token,
2 dry_run,
3 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRouteTableResult {
    pub route_table: Option<RouteTable>,
    pub client_token: Option<String>,
}
structure!(CreateRouteTableResult {
0 route_table,
1 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSecurityGroupRequest {
    pub description: Option<String>,
    pub group_name: Option<String>,
    pub vpc_id: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
}
structure!(CreateSecurityGroupRequest {
0 description,
1 group_name,
2 vpc_id,
3 tag_specifications,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSecurityGroupResult {
    pub group_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub security_group_arn: Option<String>,
}
structure!(CreateSecurityGroupResult {
0 group_id,
1 tags,
2 security_group_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSnapshotRequest {
    pub description: Option<String>,
    pub outpost_arn: Option<String>,
    pub volume_id: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub location: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(CreateSnapshotRequest {
0 description,
1 outpost_arn,
2 volume_id,
3 tag_specifications,
4 location,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSnapshotsRequest {
    pub description: Option<String>,
    pub instance_specification: Option<InstanceSpecification>,
    pub outpost_arn: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
    pub copy_tags_from_source: Option<String>,
    pub location: Option<String>,
}
structure!(CreateSnapshotsRequest {
0 description,
1 instance_specification,
2 outpost_arn,
3 tag_specifications,
4 dry_run,
5 copy_tags_from_source,
6 location,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSnapshotsResult {
    pub snapshots: Option<Vec<SnapshotInfo>>,
}
structure!(CreateSnapshotsResult {
0 snapshots,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSubnetCidrReservationRequest {
    pub subnet_id: Option<String>,
    pub cidr: Option<String>,
    pub reservation_type: Option<String>,
    pub description: Option<String>,
    pub dry_run: Option<bool>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
}
structure!(CreateSubnetCidrReservationRequest {
0 subnet_id,
1 cidr,
2 reservation_type,
3 description,
4 dry_run,
5 tag_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSubnetCidrReservationResult {
    pub subnet_cidr_reservation: Option<SubnetCidrReservation>,
}
structure!(CreateSubnetCidrReservationResult {
0 subnet_cidr_reservation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSubnetRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub outpost_arn: Option<String>,
    pub vpc_id: Option<String>,
    pub ipv6_native: Option<bool>,
    pub ipv4_ipam_pool_id: Option<String>,
    pub ipv4_netmask_length: Option<i32>,
    pub ipv6_ipam_pool_id: Option<String>,
    pub ipv6_netmask_length: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(CreateSubnetRequest {
0 tag_specifications,
1 availability_zone,
2 availability_zone_id,
3 cidr_block,
4 ipv6_cidr_block,
5 outpost_arn,
6 vpc_id,
7 ipv6_native,
8 ipv4_ipam_pool_id,
9 ipv4_netmask_length,
10 ipv6_ipam_pool_id,
11 ipv6_netmask_length,
12 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSubnetResult {
    pub subnet: Option<Subnet>,
}
structure!(CreateSubnetResult {
0 subnet,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTagsRequest {
    pub dry_run: Option<bool>,
    pub resources: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateTagsRequest {
0 dry_run,
1 resources,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVolumePermission {
    pub user_id: Option<String>,
    pub group: Option<String>,
}
structure!(CreateVolumePermission {
0 user_id,
1 group,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVolumePermissionModifications {
    pub add: Option<Vec<CreateVolumePermission>>,
    pub remove: Option<Vec<CreateVolumePermission>>,
}
structure!(CreateVolumePermissionModifications {
0 add,
1 remove,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVolumeRequest {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub encrypted: Option<bool>,
    pub iops: Option<i32>,
    pub kms_key_id: Option<String>,
    pub outpost_arn: Option<String>,
    pub size: Option<i32>,
    pub snapshot_id: Option<String>,
    pub volume_type: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub multi_attach_enabled: Option<bool>,
    pub throughput: Option<i32>,
    pub client_token: Option<String>,
    pub volume_initialization_rate: Option<i32>,
    pub operator: Option<OperatorRequest>,
    pub dry_run: Option<bool>,
}
structure!(CreateVolumeRequest {
0 availability_zone,
1 availability_zone_id,
2 encrypted,
3 iops,
4 kms_key_id,
5 outpost_arn,
6 size,
7 snapshot_id,
8 volume_type,
9 tag_specifications,
10 multi_attach_enabled,
11 throughput,
12 client_token,
13 volume_initialization_rate,
14 operator,
15 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcEndpointRequest {
    pub dry_run: Option<bool>,
    pub vpc_endpoint_type: Option<String>,
    pub vpc_id: Option<String>,
    pub service_name: Option<String>,
    pub policy_document: Option<String>,
    pub route_table_ids: Option<Vec<String>>,
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub ip_address_type: Option<String>,
    pub dns_options: Option<DnsOptionsSpecification>,
    pub client_token: Option<String>,
    pub private_dns_enabled: Option<bool>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub subnet_configurations: Option<Vec<SubnetConfiguration>>,
    pub service_network_arn: Option<String>,
    pub resource_configuration_arn: Option<String>,
    pub service_region: Option<String>,
}
structure!(CreateVpcEndpointRequest {
0 dry_run,
1 vpc_endpoint_type,
2 vpc_id,
3 service_name,
4 policy_document,
5 route_table_ids,
6 subnet_ids,
7 security_group_ids,
8 ip_address_type,
9 dns_options,
10 client_token,
11 private_dns_enabled,
12 tag_specifications,
13 subnet_configurations,
14 service_network_arn,
15 resource_configuration_arn,
16 service_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcEndpointResult {
    pub vpc_endpoint: Option<VpcEndpoint>,
    pub client_token: Option<String>,
}
structure!(CreateVpcEndpointResult {
0 vpc_endpoint,
1 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcEndpointServiceConfigurationRequest {
    pub dry_run: Option<bool>,
    pub acceptance_required: Option<bool>,
    pub private_dns_name: Option<String>,
    pub network_load_balancer_arns: Option<Vec<String>>,
    pub gateway_load_balancer_arns: Option<Vec<String>>,
    pub supported_ip_address_types: Option<Vec<String>>,
    pub supported_regions: Option<Vec<String>>,
    pub client_token: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
}
structure!(CreateVpcEndpointServiceConfigurationRequest {
0 dry_run,
1 acceptance_required,
2 private_dns_name,
3 network_load_balancer_arns,
4 gateway_load_balancer_arns,
5 supported_ip_address_types,
6 supported_regions,
7 client_token,
8 tag_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcEndpointServiceConfigurationResult {
    pub service_configuration: Option<ServiceConfiguration>,
    pub client_token: Option<String>,
}
structure!(CreateVpcEndpointServiceConfigurationResult {
0 service_configuration,
1 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcPeeringConnectionRequest {
    pub peer_region: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub requester_peering_connection_options: Option<CreatePeeringConnectionOptionsRequest>,
    pub dry_run: Option<bool>,
    pub vpc_id: Option<String>,
    pub peer_vpc_id: Option<String>,
    pub peer_owner_id: Option<String>,
}
structure!(CreateVpcPeeringConnectionRequest {
0 peer_region,
1 tag_specifications,
2 requester_peering_connection_options,
3 dry_run,
4 vpc_id,
5 peer_vpc_id,
6 peer_owner_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcPeeringConnectionResult {
    pub vpc_peering_connection: Option<VpcPeeringConnection>,
}
structure!(CreateVpcPeeringConnectionResult {
0 vpc_peering_connection,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcRequest {
    pub cidr_block: Option<String>,
    pub ipv6_pool: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub ipv4_ipam_pool_id: Option<String>,
    pub ipv4_netmask_length: Option<i32>,
    pub ipv6_ipam_pool_id: Option<String>,
    pub ipv6_netmask_length: Option<i32>,
    pub ipv6_cidr_block_network_border_group: Option<String>,
    pub vpc_encryption_control: Option<VpcEncryptionControlConfiguration>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
    pub instance_tenancy: Option<String>,
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
}
structure!(CreateVpcRequest {
0 cidr_block,
1 ipv6_pool,
2 ipv6_cidr_block,
3 ipv4_ipam_pool_id,
4 ipv4_netmask_length,
5 ipv6_ipam_pool_id,
6 ipv6_netmask_length,
7 ipv6_cidr_block_network_border_group,
8 vpc_encryption_control,
9 tag_specifications,
10 dry_run,
11 instance_tenancy,
12 amazon_provided_ipv6_cidr_block,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVpcResult {
    pub vpc: Option<Vpc>,
}
structure!(CreateVpcResult {
0 vpc,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreditSpecification {
    pub cpu_credits: Option<String>,
}
structure!(CreditSpecification {
0 cpu_credits,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreditSpecificationRequest {
    pub cpu_credits: Option<String>,
}
structure!(CreditSpecificationRequest {
0 cpu_credits,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DefaultConnectionTrackingConfiguration {
    pub default_tcp_established_timeout: Option<i32>,
    pub default_udp_timeout: Option<i32>,
    pub default_udp_stream_timeout: Option<i32>,
}
structure!(DefaultConnectionTrackingConfiguration {
0 default_tcp_established_timeout,
1 default_udp_timeout,
2 default_udp_stream_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDhcpOptionsRequest {
    pub dhcp_options_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteDhcpOptionsRequest {
0 dhcp_options_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEgressOnlyInternetGatewayRequest {
    pub dry_run: Option<bool>,
    pub egress_only_internet_gateway_id: Option<String>,
}
structure!(DeleteEgressOnlyInternetGatewayRequest {
0 dry_run,
1 egress_only_internet_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEgressOnlyInternetGatewayResult {
    pub return_code: Option<bool>,
}
structure!(DeleteEgressOnlyInternetGatewayResult {
0 return_code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFleetError {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(DeleteFleetError {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFleetErrorItem {
    pub error: Option<DeleteFleetError>,
    pub fleet_id: Option<String>,
}
structure!(DeleteFleetErrorItem {
0 error,
1 fleet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFleetSuccessItem {
    pub current_fleet_state: Option<String>,
    pub previous_fleet_state: Option<String>,
    pub fleet_id: Option<String>,
}
structure!(DeleteFleetSuccessItem {
0 current_fleet_state,
1 previous_fleet_state,
2 fleet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFleetsRequest {
    pub dry_run: Option<bool>,
    pub fleet_ids: Option<Vec<String>>,
    pub terminate_instances: Option<bool>,
}
structure!(DeleteFleetsRequest {
0 dry_run,
1 fleet_ids,
2 terminate_instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFleetsResult {
    pub successful_fleet_deletions: Option<Vec<DeleteFleetSuccessItem>>,
    pub unsuccessful_fleet_deletions: Option<Vec<DeleteFleetErrorItem>>,
}
structure!(DeleteFleetsResult {
0 successful_fleet_deletions,
1 unsuccessful_fleet_deletions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFlowLogsRequest {
    pub dry_run: Option<bool>,
    pub flow_log_ids: Option<Vec<String>>,
}
structure!(DeleteFlowLogsRequest {
0 dry_run,
1 flow_log_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFlowLogsResult {
    pub unsuccessful: Option<Vec<UnsuccessfulItem>>,
}
structure!(DeleteFlowLogsResult {
0 unsuccessful,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteInternetGatewayRequest {
    pub dry_run: Option<bool>,
    pub internet_gateway_id: Option<String>,
}
structure!(DeleteInternetGatewayRequest {
0 dry_run,
1 internet_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteKeyPairRequest {
    pub key_name: Option<String>,
    pub key_pair_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteKeyPairRequest {
0 key_name,
1 key_pair_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteKeyPairResult {
    pub return_: Option<bool>,
    pub key_pair_id: Option<String>,
}
structure!(DeleteKeyPairResult {
0 return_,
1 key_pair_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLaunchTemplateRequest {
    pub dry_run: Option<bool>,
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
}
structure!(DeleteLaunchTemplateRequest {
0 dry_run,
1 launch_template_id,
2 launch_template_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLaunchTemplateResult {
    pub launch_template: Option<LaunchTemplate>,
}
structure!(DeleteLaunchTemplateResult {
0 launch_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLaunchTemplateVersionsRequest {
    pub dry_run: Option<bool>,
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub versions: Option<Vec<String>>,
}
structure!(DeleteLaunchTemplateVersionsRequest {
0 dry_run,
1 launch_template_id,
2 launch_template_name,
3 versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLaunchTemplateVersionsResponseErrorItem {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version_number: Option<i64>,
    pub response_error: Option<ResponseError>,
}
structure!(DeleteLaunchTemplateVersionsResponseErrorItem {
0 launch_template_id,
1 launch_template_name,
2 version_number,
3 response_error,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLaunchTemplateVersionsResponseSuccessItem {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version_number: Option<i64>,
}
structure!(DeleteLaunchTemplateVersionsResponseSuccessItem {
0 launch_template_id,
1 launch_template_name,
2 version_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLaunchTemplateVersionsResult {
    pub successfully_deleted_launch_template_versions:
        Option<Vec<DeleteLaunchTemplateVersionsResponseSuccessItem>>,
    pub unsuccessfully_deleted_launch_template_versions:
        Option<Vec<DeleteLaunchTemplateVersionsResponseErrorItem>>,
}
structure!(DeleteLaunchTemplateVersionsResult {
0 successfully_deleted_launch_template_versions,
1 unsuccessfully_deleted_launch_template_versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteManagedPrefixListRequest {
    pub dry_run: Option<bool>,
    pub prefix_list_id: Option<String>,
}
structure!(DeleteManagedPrefixListRequest {
0 dry_run,
1 prefix_list_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteManagedPrefixListResult {
    pub prefix_list: Option<ManagedPrefixList>,
}
structure!(DeleteManagedPrefixListResult {
0 prefix_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNatGatewayRequest {
    pub dry_run: Option<bool>,
    pub nat_gateway_id: Option<String>,
}
structure!(DeleteNatGatewayRequest {
0 dry_run,
1 nat_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNatGatewayResult {
    pub nat_gateway_id: Option<String>,
}
structure!(DeleteNatGatewayResult {
0 nat_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNetworkAclEntryRequest {
    pub dry_run: Option<bool>,
    pub network_acl_id: Option<String>,
    pub rule_number: Option<i32>,
    pub egress: Option<bool>,
}
structure!(DeleteNetworkAclEntryRequest {
0 dry_run,
1 network_acl_id,
2 rule_number,
3 egress,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNetworkAclRequest {
    pub dry_run: Option<bool>,
    pub network_acl_id: Option<String>,
}
structure!(DeleteNetworkAclRequest {
0 dry_run,
1 network_acl_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNetworkInterfacePermissionRequest {
    pub network_interface_permission_id: Option<String>,
    pub force: Option<bool>,
    pub dry_run: Option<bool>,
}
structure!(DeleteNetworkInterfacePermissionRequest {
0 network_interface_permission_id,
1 force,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNetworkInterfacePermissionResult {
    pub return_: Option<bool>,
}
structure!(DeleteNetworkInterfacePermissionResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNetworkInterfaceRequest {
    pub dry_run: Option<bool>,
    pub network_interface_id: Option<String>,
}
structure!(DeleteNetworkInterfaceRequest {
0 dry_run,
1 network_interface_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePlacementGroupRequest {
    pub dry_run: Option<bool>,
    pub group_name: Option<String>,
}
structure!(DeletePlacementGroupRequest {
0 dry_run,
1 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRouteRequest {
    pub destination_prefix_list_id: Option<String>,
    pub dry_run: Option<bool>,
    pub route_table_id: Option<String>,
    pub destination_cidr_block: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
}
structure!(DeleteRouteRequest {
0 destination_prefix_list_id,
1 dry_run,
2 route_table_id,
3 destination_cidr_block,
4 destination_ipv6_cidr_block,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRouteTableRequest {
    pub dry_run: Option<bool>,
    pub route_table_id: Option<String>,
}
structure!(DeleteRouteTableRequest {
0 dry_run,
1 route_table_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSecurityGroupRequest {
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteSecurityGroupRequest {
0 group_id,
1 group_name,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSecurityGroupResult {
    pub return_: Option<bool>,
    pub group_id: Option<String>,
}
structure!(DeleteSecurityGroupResult {
0 return_,
1 group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSnapshotRequest {
    pub snapshot_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteSnapshotRequest {
0 snapshot_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSnapshotReturnCode {
    pub snapshot_id: Option<String>,
    pub return_code: Option<String>,
}
structure!(DeleteSnapshotReturnCode {
0 snapshot_id,
1 return_code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSubnetCidrReservationRequest {
    pub subnet_cidr_reservation_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteSubnetCidrReservationRequest {
0 subnet_cidr_reservation_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSubnetCidrReservationResult {
    pub deleted_subnet_cidr_reservation: Option<SubnetCidrReservation>,
}
structure!(DeleteSubnetCidrReservationResult {
0 deleted_subnet_cidr_reservation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSubnetRequest {
    pub subnet_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteSubnetRequest {
0 subnet_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTagsRequest {
    pub dry_run: Option<bool>,
    pub resources: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(DeleteTagsRequest {
0 dry_run,
1 resources,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVolumeRequest {
    pub volume_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteVolumeRequest {
0 volume_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcEndpointServiceConfigurationsRequest {
    pub dry_run: Option<bool>,
    pub service_ids: Option<Vec<String>>,
}
structure!(DeleteVpcEndpointServiceConfigurationsRequest {
0 dry_run,
1 service_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcEndpointServiceConfigurationsResult {
    pub unsuccessful: Option<Vec<UnsuccessfulItem>>,
}
structure!(DeleteVpcEndpointServiceConfigurationsResult {
0 unsuccessful,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcEndpointsRequest {
    pub dry_run: Option<bool>,
    pub vpc_endpoint_ids: Option<Vec<String>>,
}
structure!(DeleteVpcEndpointsRequest {
0 dry_run,
1 vpc_endpoint_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcEndpointsResult {
    pub unsuccessful: Option<Vec<UnsuccessfulItem>>,
}
structure!(DeleteVpcEndpointsResult {
0 unsuccessful,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcPeeringConnectionRequest {
    pub dry_run: Option<bool>,
    pub vpc_peering_connection_id: Option<String>,
}
structure!(DeleteVpcPeeringConnectionRequest {
0 dry_run,
1 vpc_peering_connection_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcPeeringConnectionResult {
    pub return_: Option<bool>,
}
structure!(DeleteVpcPeeringConnectionResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVpcRequest {
    pub vpc_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteVpcRequest {
0 vpc_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterImageRequest {
    pub image_id: Option<String>,
    pub delete_associated_snapshots: Option<bool>,
    pub dry_run: Option<bool>,
}
structure!(DeregisterImageRequest {
0 image_id,
1 delete_associated_snapshots,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterImageResult {
    pub return_: Option<bool>,
    pub delete_snapshot_results: Option<Vec<DeleteSnapshotReturnCode>>,
}
structure!(DeregisterImageResult {
0 return_,
1 delete_snapshot_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountAttributesRequest {
    pub dry_run: Option<bool>,
    pub attribute_names: Option<Vec<String>>,
}
structure!(DescribeAccountAttributesRequest {
0 dry_run,
1 attribute_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountAttributesResult {
    pub account_attributes: Option<Vec<AccountAttribute>>,
}
structure!(DescribeAccountAttributesResult {
0 account_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddressesAttributeRequest {
    pub allocation_ids: Option<Vec<String>>,
    pub attribute: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(DescribeAddressesAttributeRequest {
0 allocation_ids,
1 attribute,
2 next_token,
3 max_results,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddressesAttributeResult {
    pub addresses: Option<Vec<AddressAttribute>>,
    pub next_token: Option<String>,
}
structure!(DescribeAddressesAttributeResult {
0 addresses,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddressesRequest {
    pub public_ips: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub allocation_ids: Option<Vec<String>>,
}
structure!(DescribeAddressesRequest {
0 public_ips,
1 dry_run,
2 filters,
3 allocation_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddressesResult {
    pub addresses: Option<Vec<Address>>,
}
structure!(DescribeAddressesResult {
0 addresses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAvailabilityZonesRequest {
    pub zone_names: Option<Vec<String>>,
    pub zone_ids: Option<Vec<String>>,
    pub all_availability_zones: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeAvailabilityZonesRequest {
0 zone_names,
1 zone_ids,
2 all_availability_zones,
3 dry_run,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAvailabilityZonesResult {
    pub availability_zones: Option<Vec<AvailabilityZone>>,
}
structure!(DescribeAvailabilityZonesResult {
0 availability_zones,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDhcpOptionsRequest {
    pub dhcp_options_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeDhcpOptionsRequest {
0 dhcp_options_ids,
1 next_token,
2 max_results,
3 dry_run,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDhcpOptionsResult {
    pub next_token: Option<String>,
    pub dhcp_options: Option<Vec<DhcpOptions>>,
}
structure!(DescribeDhcpOptionsResult {
0 next_token,
1 dhcp_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEgressOnlyInternetGatewaysRequest {
    pub dry_run: Option<bool>,
    pub egress_only_internet_gateway_ids: Option<Vec<String>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeEgressOnlyInternetGatewaysRequest {
0 dry_run,
1 egress_only_internet_gateway_ids,
2 max_results,
3 next_token,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEgressOnlyInternetGatewaysResult {
    pub egress_only_internet_gateways: Option<Vec<EgressOnlyInternetGateway>>,
    pub next_token: Option<String>,
}
structure!(DescribeEgressOnlyInternetGatewaysResult {
0 egress_only_internet_gateways,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFleetError {
    pub launch_template_and_overrides: Option<LaunchTemplateAndOverridesResponse>,
    pub lifecycle: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(DescribeFleetError {
0 launch_template_and_overrides,
1 lifecycle,
2 error_code,
3 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFleetInstancesRequest {
    pub dry_run: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub fleet_id: Option<String>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeFleetInstancesRequest {
0 dry_run,
1 max_results,
2 next_token,
3 fleet_id,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFleetInstancesResult {
    pub active_instances: Option<Vec<ActiveInstance>>,
    pub next_token: Option<String>,
    pub fleet_id: Option<String>,
}
structure!(DescribeFleetInstancesResult {
0 active_instances,
1 next_token,
2 fleet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFleetsInstances {
    pub launch_template_and_overrides: Option<LaunchTemplateAndOverridesResponse>,
    pub lifecycle: Option<String>,
    pub instance_ids: Option<Vec<String>>,
    pub instance_type: Option<String>,
    pub platform: Option<String>,
}
structure!(DescribeFleetsInstances {
0 launch_template_and_overrides,
1 lifecycle,
2 instance_ids,
3 instance_type,
4 platform,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFleetsRequest {
    pub dry_run: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub fleet_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeFleetsRequest {
0 dry_run,
1 max_results,
2 next_token,
3 fleet_ids,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFleetsResult {
    pub next_token: Option<String>,
    pub fleets: Option<Vec<FleetData>>,
}
structure!(DescribeFleetsResult {
0 next_token,
1 fleets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFlowLogsRequest {
    pub dry_run: Option<bool>,
    pub filter: Option<Vec<Filter>>,
    pub flow_log_ids: Option<Vec<String>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeFlowLogsRequest {
0 dry_run,
1 filter,
2 flow_log_ids,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFlowLogsResult {
    pub flow_logs: Option<Vec<FlowLog>>,
    pub next_token: Option<String>,
}
structure!(DescribeFlowLogsResult {
0 flow_logs,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeIamInstanceProfileAssociationsRequest {
    pub association_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeIamInstanceProfileAssociationsRequest {
0 association_ids,
1 filters,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeIamInstanceProfileAssociationsResult {
    pub iam_instance_profile_associations: Option<Vec<IamInstanceProfileAssociation>>,
    pub next_token: Option<String>,
}
structure!(DescribeIamInstanceProfileAssociationsResult {
0 iam_instance_profile_associations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageAttributeRequest {
    pub attribute: Option<String>,
    pub image_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DescribeImageAttributeRequest {
0 attribute,
1 image_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesRequest {
    pub executable_users: Option<Vec<String>>,
    pub image_ids: Option<Vec<String>>,
    pub owners: Option<Vec<String>>,
    pub include_deprecated: Option<bool>,
    pub include_disabled: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeImagesRequest {
0 executable_users,
1 image_ids,
2 owners,
3 include_deprecated,
4 include_disabled,
5 max_results,
6 next_token,
7 dry_run,
8 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesResult {
    pub next_token: Option<String>,
    pub images: Option<Vec<Image>>,
}
structure!(DescribeImagesResult {
0 next_token,
1 images,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceAttributeRequest {
    pub dry_run: Option<bool>,
    pub instance_id: Option<String>,
    pub attribute: Option<String>,
}
structure!(DescribeInstanceAttributeRequest {
0 dry_run,
1 instance_id,
2 attribute,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceCreditSpecificationsRequest {
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub instance_ids: Option<Vec<String>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceCreditSpecificationsRequest {
0 dry_run,
1 filters,
2 instance_ids,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceCreditSpecificationsResult {
    pub instance_credit_specifications: Option<Vec<InstanceCreditSpecification>>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceCreditSpecificationsResult {
0 instance_credit_specifications,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceStatusRequest {
    pub instance_ids: Option<Vec<String>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub include_managed_resources: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub include_all_instances: Option<bool>,
}
structure!(DescribeInstanceStatusRequest {
0 instance_ids,
1 max_results,
2 next_token,
3 include_managed_resources,
4 dry_run,
5 filters,
6 include_all_instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceStatusResult {
    pub instance_statuses: Option<Vec<InstanceStatus>>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceStatusResult {
0 instance_statuses,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceTypeOfferingsRequest {
    pub dry_run: Option<bool>,
    pub location_type: Option<String>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceTypeOfferingsRequest {
0 dry_run,
1 location_type,
2 filters,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceTypeOfferingsResult {
    pub instance_type_offerings: Option<Vec<InstanceTypeOffering>>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceTypeOfferingsResult {
0 instance_type_offerings,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceTypesRequest {
    pub dry_run: Option<bool>,
    pub instance_types: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub include_unsupported_in_region: Option<bool>,
}
structure!(DescribeInstanceTypesRequest {
0 dry_run,
1 instance_types,
2 filters,
3 max_results,
4 next_token,
5 include_unsupported_in_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceTypesResult {
    pub instance_types: Option<Vec<InstanceTypeInfo>>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceTypesResult {
0 instance_types,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub include_managed_resources: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeInstancesRequest {
0 instance_ids,
1 include_managed_resources,
2 dry_run,
3 filters,
4 next_token,
5 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstancesResult {
    pub next_token: Option<String>,
    pub reservations: Option<Vec<Reservation>>,
}
structure!(DescribeInstancesResult {
0 next_token,
1 reservations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInternetGatewaysRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub internet_gateway_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeInternetGatewaysRequest {
0 next_token,
1 max_results,
2 dry_run,
3 internet_gateway_ids,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInternetGatewaysResult {
    pub internet_gateways: Option<Vec<InternetGateway>>,
    pub next_token: Option<String>,
}
structure!(DescribeInternetGatewaysResult {
0 internet_gateways,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeKeyPairsRequest {
    pub key_names: Option<Vec<String>>,
    pub key_pair_ids: Option<Vec<String>>,
    pub include_public_key: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeKeyPairsRequest {
0 key_names,
1 key_pair_ids,
2 include_public_key,
3 dry_run,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeKeyPairsResult {
    pub key_pairs: Option<Vec<KeyPairInfo>>,
}
structure!(DescribeKeyPairsResult {
0 key_pairs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLaunchTemplateVersionsRequest {
    pub dry_run: Option<bool>,
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub versions: Option<Vec<String>>,
    pub min_version: Option<String>,
    pub max_version: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub filters: Option<Vec<Filter>>,
    pub resolve_alias: Option<bool>,
    pub include_managed_resources: Option<bool>,
}
structure!(DescribeLaunchTemplateVersionsRequest {
0 dry_run,
1 launch_template_id,
2 launch_template_name,
3 versions,
4 min_version,
5 max_version,
6 next_token,
7 max_results,
8 filters,
9 resolve_alias,
10 include_managed_resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLaunchTemplateVersionsResult {
    pub launch_template_versions: Option<Vec<LaunchTemplateVersion>>,
    pub next_token: Option<String>,
}
structure!(DescribeLaunchTemplateVersionsResult {
0 launch_template_versions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLaunchTemplatesRequest {
    pub dry_run: Option<bool>,
    pub launch_template_ids: Option<Vec<String>>,
    pub launch_template_names: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub include_managed_resources: Option<bool>,
}
structure!(DescribeLaunchTemplatesRequest {
0 dry_run,
1 launch_template_ids,
2 launch_template_names,
3 filters,
4 next_token,
5 max_results,
6 include_managed_resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLaunchTemplatesResult {
    pub launch_templates: Option<Vec<LaunchTemplate>>,
    pub next_token: Option<String>,
}
structure!(DescribeLaunchTemplatesResult {
0 launch_templates,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeManagedPrefixListsRequest {
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub prefix_list_ids: Option<Vec<String>>,
}
structure!(DescribeManagedPrefixListsRequest {
0 dry_run,
1 filters,
2 max_results,
3 next_token,
4 prefix_list_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeManagedPrefixListsResult {
    pub next_token: Option<String>,
    pub prefix_lists: Option<Vec<ManagedPrefixList>>,
}
structure!(DescribeManagedPrefixListsResult {
0 next_token,
1 prefix_lists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNatGatewaysRequest {
    pub dry_run: Option<bool>,
    pub filter: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub nat_gateway_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(DescribeNatGatewaysRequest {
0 dry_run,
1 filter,
2 max_results,
3 nat_gateway_ids,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNatGatewaysResult {
    pub nat_gateways: Option<Vec<NatGateway>>,
    pub next_token: Option<String>,
}
structure!(DescribeNatGatewaysResult {
0 nat_gateways,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkAclsRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub network_acl_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeNetworkAclsRequest {
0 next_token,
1 max_results,
2 dry_run,
3 network_acl_ids,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkAclsResult {
    pub network_acls: Option<Vec<NetworkAcl>>,
    pub next_token: Option<String>,
}
structure!(DescribeNetworkAclsResult {
0 network_acls,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkInterfaceAttributeRequest {
    pub dry_run: Option<bool>,
    pub network_interface_id: Option<String>,
    pub attribute: Option<String>,
}
structure!(DescribeNetworkInterfaceAttributeRequest {
0 dry_run,
1 network_interface_id,
2 attribute,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkInterfaceAttributeResult {
    pub attachment: Option<NetworkInterfaceAttachment>,
    pub description: Option<AttributeValue>,
    pub groups: Option<Vec<GroupIdentifier>>,
    pub network_interface_id: Option<String>,
    pub source_dest_check: Option<AttributeBooleanValue>,
    pub associate_public_ip_address: Option<bool>,
}
structure!(DescribeNetworkInterfaceAttributeResult {
0 attachment,
1 description,
2 groups,
3 network_interface_id,
4 source_dest_check,
5 associate_public_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkInterfacePermissionsRequest {
    pub network_interface_permission_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeNetworkInterfacePermissionsRequest {
0 network_interface_permission_ids,
1 filters,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkInterfacePermissionsResult {
    pub network_interface_permissions: Option<Vec<NetworkInterfacePermission>>,
    pub next_token: Option<String>,
}
structure!(DescribeNetworkInterfacePermissionsResult {
0 network_interface_permissions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkInterfacesRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub include_managed_resources: Option<bool>,
    pub dry_run: Option<bool>,
    pub network_interface_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeNetworkInterfacesRequest {
0 next_token,
1 max_results,
2 include_managed_resources,
3 dry_run,
4 network_interface_ids,
5 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNetworkInterfacesResult {
    pub network_interfaces: Option<Vec<NetworkInterface>>,
    pub next_token: Option<String>,
}
structure!(DescribeNetworkInterfacesResult {
0 network_interfaces,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePlacementGroupsRequest {
    pub group_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub group_names: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribePlacementGroupsRequest {
0 group_ids,
1 dry_run,
2 group_names,
3 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePlacementGroupsResult {
    pub placement_groups: Option<Vec<PlacementGroup>>,
}
structure!(DescribePlacementGroupsResult {
0 placement_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePrefixListsRequest {
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub prefix_list_ids: Option<Vec<String>>,
}
structure!(DescribePrefixListsRequest {
0 dry_run,
1 filters,
2 max_results,
3 next_token,
4 prefix_list_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePrefixListsResult {
    pub next_token: Option<String>,
    pub prefix_lists: Option<Vec<PrefixList>>,
}
structure!(DescribePrefixListsResult {
0 next_token,
1 prefix_lists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegionsRequest {
    pub region_names: Option<Vec<String>>,
    pub all_regions: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeRegionsRequest {
0 region_names,
1 all_regions,
2 dry_run,
3 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegionsResult {
    pub regions: Option<Vec<Region>>,
}
structure!(DescribeRegionsResult {
0 regions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRouteTablesRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub route_table_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeRouteTablesRequest {
0 next_token,
1 max_results,
2 dry_run,
3 route_table_ids,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRouteTablesResult {
    pub route_tables: Option<Vec<RouteTable>>,
    pub next_token: Option<String>,
}
structure!(DescribeRouteTablesResult {
0 route_tables,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupReferencesRequest {
    pub dry_run: Option<bool>,
    pub group_id: Option<Vec<String>>,
}
structure!(DescribeSecurityGroupReferencesRequest {
0 dry_run,
1 group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupReferencesResult {
    pub security_group_reference_set: Option<Vec<SecurityGroupReference>>,
}
structure!(DescribeSecurityGroupReferencesResult {
0 security_group_reference_set,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupRulesRequest {
    pub filters: Option<Vec<Filter>>,
    pub security_group_rule_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeSecurityGroupRulesRequest {
0 filters,
1 security_group_rule_ids,
2 dry_run,
3 next_token,
4 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupRulesResult {
    pub security_group_rules: Option<Vec<SecurityGroupRule>>,
    pub next_token: Option<String>,
}
structure!(DescribeSecurityGroupRulesResult {
0 security_group_rules,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupVpcAssociationsRequest {
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(DescribeSecurityGroupVpcAssociationsRequest {
0 filters,
1 next_token,
2 max_results,
3 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupVpcAssociationsResult {
    pub security_group_vpc_associations: Option<Vec<SecurityGroupVpcAssociation>>,
    pub next_token: Option<String>,
}
structure!(DescribeSecurityGroupVpcAssociationsResult {
0 security_group_vpc_associations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupsRequest {
    pub group_ids: Option<Vec<String>>,
    pub group_names: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeSecurityGroupsRequest {
0 group_ids,
1 group_names,
2 next_token,
3 max_results,
4 dry_run,
5 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecurityGroupsResult {
    pub next_token: Option<String>,
    pub security_groups: Option<Vec<SecurityGroup>>,
}
structure!(DescribeSecurityGroupsResult {
0 next_token,
1 security_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSnapshotAttributeRequest {
    pub attribute: Option<String>,
    pub snapshot_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DescribeSnapshotAttributeRequest {
0 attribute,
1 snapshot_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSnapshotAttributeResult {
    pub product_codes: Option<Vec<ProductCode>>,
    pub snapshot_id: Option<String>,
    pub create_volume_permissions: Option<Vec<CreateVolumePermission>>,
}
structure!(DescribeSnapshotAttributeResult {
0 product_codes,
1 snapshot_id,
2 create_volume_permissions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSnapshotsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub owner_ids: Option<Vec<String>>,
    pub restorable_by_user_ids: Option<Vec<String>>,
    pub snapshot_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeSnapshotsRequest {
0 max_results,
1 next_token,
2 owner_ids,
3 restorable_by_user_ids,
4 snapshot_ids,
5 dry_run,
6 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSnapshotsResult {
    pub next_token: Option<String>,
    pub snapshots: Option<Vec<Snapshot>>,
}
structure!(DescribeSnapshotsResult {
0 next_token,
1 snapshots,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotFleetInstancesRequest {
    pub dry_run: Option<bool>,
    pub spot_fleet_request_id: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeSpotFleetInstancesRequest {
0 dry_run,
1 spot_fleet_request_id,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotFleetInstancesResponse {
    pub active_instances: Option<Vec<ActiveInstance>>,
    pub next_token: Option<String>,
    pub spot_fleet_request_id: Option<String>,
}
structure!(DescribeSpotFleetInstancesResponse {
0 active_instances,
1 next_token,
2 spot_fleet_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotFleetRequestsRequest {
    pub dry_run: Option<bool>,
    pub spot_fleet_request_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeSpotFleetRequestsRequest {
0 dry_run,
1 spot_fleet_request_ids,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotFleetRequestsResponse {
    pub next_token: Option<String>,
    pub spot_fleet_request_configs: Option<Vec<SpotFleetRequestConfig>>,
}
structure!(DescribeSpotFleetRequestsResponse {
0 next_token,
1 spot_fleet_request_configs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotInstanceRequestsRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub spot_instance_request_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeSpotInstanceRequestsRequest {
0 next_token,
1 max_results,
2 dry_run,
3 spot_instance_request_ids,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotInstanceRequestsResult {
    pub spot_instance_requests: Option<Vec<SpotInstanceRequest>>,
    pub next_token: Option<String>,
}
structure!(DescribeSpotInstanceRequestsResult {
0 spot_instance_requests,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotPriceHistoryRequest {
    pub availability_zone_id: Option<String>,
    pub dry_run: Option<bool>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub instance_types: Option<Vec<String>>,
    pub product_descriptions: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub availability_zone: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeSpotPriceHistoryRequest {
0 availability_zone_id,
1 dry_run,
2 start_time,
3 end_time,
4 instance_types,
5 product_descriptions,
6 filters,
7 availability_zone,
8 max_results,
9 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSpotPriceHistoryResult {
    pub next_token: Option<String>,
    pub spot_price_history: Option<Vec<SpotPrice>>,
}
structure!(DescribeSpotPriceHistoryResult {
0 next_token,
1 spot_price_history,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeStaleSecurityGroupsRequest {
    pub dry_run: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub vpc_id: Option<String>,
}
structure!(DescribeStaleSecurityGroupsRequest {
0 dry_run,
1 max_results,
2 next_token,
3 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeStaleSecurityGroupsResult {
    pub next_token: Option<String>,
    pub stale_security_group_set: Option<Vec<StaleSecurityGroup>>,
}
structure!(DescribeStaleSecurityGroupsResult {
0 next_token,
1 stale_security_group_set,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSubnetsRequest {
    pub filters: Option<Vec<Filter>>,
    pub subnet_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(DescribeSubnetsRequest {
0 filters,
1 subnet_ids,
2 next_token,
3 max_results,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSubnetsResult {
    pub next_token: Option<String>,
    pub subnets: Option<Vec<Subnet>>,
}
structure!(DescribeSubnetsResult {
0 next_token,
1 subnets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTagsRequest {
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeTagsRequest {
0 dry_run,
1 filters,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTagsResult {
    pub next_token: Option<String>,
    pub tags: Option<Vec<TagDescription>>,
}
structure!(DescribeTagsResult {
0 next_token,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumeAttributeRequest {
    pub attribute: Option<String>,
    pub volume_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DescribeVolumeAttributeRequest {
0 attribute,
1 volume_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumeAttributeResult {
    pub auto_enable_io: Option<AttributeBooleanValue>,
    pub product_codes: Option<Vec<ProductCode>>,
    pub volume_id: Option<String>,
}
structure!(DescribeVolumeAttributeResult {
0 auto_enable_io,
1 product_codes,
2 volume_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumeStatusRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub volume_ids: Option<Vec<String>>,
    pub include_managed_resources: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeVolumeStatusRequest {
0 max_results,
1 next_token,
2 volume_ids,
3 include_managed_resources,
4 dry_run,
5 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumeStatusResult {
    pub next_token: Option<String>,
    pub volume_statuses: Option<Vec<VolumeStatusItem>>,
}
structure!(DescribeVolumeStatusResult {
0 next_token,
1 volume_statuses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumesModificationsRequest {
    pub dry_run: Option<bool>,
    pub volume_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub include_managed_resources: Option<bool>,
}
structure!(DescribeVolumesModificationsRequest {
0 dry_run,
1 volume_ids,
2 filters,
3 next_token,
4 max_results,
5 include_managed_resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumesModificationsResult {
    pub next_token: Option<String>,
    pub volumes_modifications: Option<Vec<VolumeModification>>,
}
structure!(DescribeVolumesModificationsResult {
0 next_token,
1 volumes_modifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumesRequest {
    pub volume_ids: Option<Vec<String>>,
    pub include_managed_resources: Option<bool>,
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeVolumesRequest {
0 volume_ids,
1 include_managed_resources,
2 dry_run,
3 filters,
4 next_token,
5 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVolumesResult {
    pub next_token: Option<String>,
    pub volumes: Option<Vec<Volume>>,
}
structure!(DescribeVolumesResult {
0 next_token,
1 volumes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcAttributeRequest {
    pub attribute: Option<String>,
    pub vpc_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DescribeVpcAttributeRequest {
0 attribute,
1 vpc_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcAttributeResult {
    pub enable_dns_hostnames: Option<AttributeBooleanValue>,
    pub enable_dns_support: Option<AttributeBooleanValue>,
    pub enable_network_address_usage_metrics: Option<AttributeBooleanValue>,
    pub vpc_id: Option<String>,
}
structure!(DescribeVpcAttributeResult {
0 enable_dns_hostnames,
1 enable_dns_support,
2 enable_network_address_usage_metrics,
3 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointConnectionsRequest {
    pub dry_run: Option<bool>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointConnectionsRequest {
0 dry_run,
1 filters,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointConnectionsResult {
    pub vpc_endpoint_connections: Option<Vec<VpcEndpointConnection>>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointConnectionsResult {
0 vpc_endpoint_connections,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointServiceConfigurationsRequest {
    pub dry_run: Option<bool>,
    pub service_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointServiceConfigurationsRequest {
0 dry_run,
1 service_ids,
2 filters,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointServiceConfigurationsResult {
    pub service_configurations: Option<Vec<ServiceConfiguration>>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointServiceConfigurationsResult {
0 service_configurations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointServicePermissionsRequest {
    pub dry_run: Option<bool>,
    pub service_id: Option<String>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointServicePermissionsRequest {
0 dry_run,
1 service_id,
2 filters,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointServicePermissionsResult {
    pub allowed_principals: Option<Vec<AllowedPrincipal>>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointServicePermissionsResult {
0 allowed_principals,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointServicesRequest {
    pub dry_run: Option<bool>,
    pub service_names: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub service_regions: Option<Vec<String>>,
}
structure!(DescribeVpcEndpointServicesRequest {
0 dry_run,
1 service_names,
2 filters,
3 max_results,
4 next_token,
5 service_regions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointServicesResult {
    pub service_names: Option<Vec<String>>,
    pub service_details: Option<Vec<ServiceDetail>>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointServicesResult {
0 service_names,
1 service_details,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointsRequest {
    pub dry_run: Option<bool>,
    pub vpc_endpoint_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointsRequest {
0 dry_run,
1 vpc_endpoint_ids,
2 filters,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcEndpointsResult {
    pub vpc_endpoints: Option<Vec<VpcEndpoint>>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcEndpointsResult {
0 vpc_endpoints,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcPeeringConnectionsRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
    pub vpc_peering_connection_ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
}
structure!(DescribeVpcPeeringConnectionsRequest {
0 next_token,
1 max_results,
2 dry_run,
3 vpc_peering_connection_ids,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcPeeringConnectionsResult {
    pub vpc_peering_connections: Option<Vec<VpcPeeringConnection>>,
    pub next_token: Option<String>,
}
structure!(DescribeVpcPeeringConnectionsResult {
0 vpc_peering_connections,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcsRequest {
    pub filters: Option<Vec<Filter>>,
    pub vpc_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub dry_run: Option<bool>,
}
structure!(DescribeVpcsRequest {
0 filters,
1 vpc_ids,
2 next_token,
3 max_results,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeVpcsResult {
    pub next_token: Option<String>,
    pub vpcs: Option<Vec<Vpc>>,
}
structure!(DescribeVpcsResult {
0 next_token,
1 vpcs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DestinationOptionsRequest {
    pub file_format: Option<String>,
    pub hive_compatible_partitions: Option<bool>,
    pub per_hour_partition: Option<bool>,
}
structure!(DestinationOptionsRequest {
0 file_format,
1 hive_compatible_partitions,
2 per_hour_partition,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DestinationOptionsResponse {
    pub file_format: Option<String>,
    pub hive_compatible_partitions: Option<bool>,
    pub per_hour_partition: Option<bool>,
}
structure!(DestinationOptionsResponse {
0 file_format,
1 hive_compatible_partitions,
2 per_hour_partition,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetachInternetGatewayRequest {
    pub dry_run: Option<bool>,
    pub internet_gateway_id: Option<String>,
    pub vpc_id: Option<String>,
}
structure!(DetachInternetGatewayRequest {
0 dry_run,
1 internet_gateway_id,
2 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetachNetworkInterfaceRequest {
    pub dry_run: Option<bool>,
    pub attachment_id: Option<String>,
    pub force: Option<bool>,
}
structure!(DetachNetworkInterfaceRequest {
0 dry_run,
1 attachment_id,
2 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetachVolumeRequest {
    pub device: Option<String>,
    pub force: Option<bool>,
    pub instance_id: Option<String>,
    pub volume_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DetachVolumeRequest {
0 device,
1 force,
2 instance_id,
3 volume_id,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DhcpConfiguration {
    pub key: Option<String>,
    pub values: Option<Vec<AttributeValue>>,
}
structure!(DhcpConfiguration {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DhcpOptions {
    pub owner_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub dhcp_options_id: Option<String>,
    pub dhcp_configurations: Option<Vec<DhcpConfiguration>>,
}
structure!(DhcpOptions {
0 owner_id,
1 tags,
2 dhcp_options_id,
3 dhcp_configurations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableEbsEncryptionByDefaultRequest {
    pub dry_run: Option<bool>,
}
structure!(DisableEbsEncryptionByDefaultRequest {
0 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableEbsEncryptionByDefaultResult {
    pub ebs_encryption_by_default: Option<bool>,
}
structure!(DisableEbsEncryptionByDefaultResult {
0 ebs_encryption_by_default,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateAddressRequest {
    pub association_id: Option<String>,
    pub public_ip: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DisassociateAddressRequest {
0 association_id,
1 public_ip,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateIamInstanceProfileRequest {
    pub association_id: Option<String>,
}
structure!(DisassociateIamInstanceProfileRequest {
0 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateIamInstanceProfileResult {
    pub iam_instance_profile_association: Option<IamInstanceProfileAssociation>,
}
structure!(DisassociateIamInstanceProfileResult {
0 iam_instance_profile_association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateRouteTableRequest {
    pub dry_run: Option<bool>,
    pub association_id: Option<String>,
}
structure!(DisassociateRouteTableRequest {
0 dry_run,
1 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateSubnetCidrBlockRequest {
    pub association_id: Option<String>,
}
structure!(DisassociateSubnetCidrBlockRequest {
0 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateSubnetCidrBlockResult {
    pub ipv6_cidr_block_association: Option<SubnetIpv6CidrBlockAssociation>,
    pub subnet_id: Option<String>,
}
structure!(DisassociateSubnetCidrBlockResult {
0 ipv6_cidr_block_association,
1 subnet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateVpcCidrBlockRequest {
    pub association_id: Option<String>,
}
structure!(DisassociateVpcCidrBlockRequest {
0 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateVpcCidrBlockResult {
    pub ipv6_cidr_block_association: Option<VpcIpv6CidrBlockAssociation>,
    pub cidr_block_association: Option<VpcCidrBlockAssociation>,
    pub vpc_id: Option<String>,
}
structure!(DisassociateVpcCidrBlockResult {
0 ipv6_cidr_block_association,
1 cidr_block_association,
2 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiskInfo {
    pub size_in_gb: Option<i64>,
    pub count: Option<i32>,
    pub type_: Option<String>,
}
structure!(DiskInfo {
0 size_in_gb,
1 count,
2 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DnsEntry {
    pub dns_name: Option<String>,
    pub hosted_zone_id: Option<String>,
}
structure!(DnsEntry {
0 dns_name,
1 hosted_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DnsOptions {
    pub dns_record_ip_type: Option<String>,
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    pub private_dns_preference: Option<String>,
    pub private_dns_specified_domains: Option<Vec<String>>,
}
structure!(DnsOptions {
0 dns_record_ip_type,
1 private_dns_only_for_inbound_resolver_endpoint,
2 private_dns_preference,
3 private_dns_specified_domains,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DnsOptionsSpecification {
    pub dns_record_ip_type: Option<String>,
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    pub private_dns_preference: Option<String>,
    pub private_dns_specified_domains: Option<Vec<String>>,
}
structure!(DnsOptionsSpecification {
0 dns_record_ip_type,
1 private_dns_only_for_inbound_resolver_endpoint,
2 private_dns_preference,
3 private_dns_specified_domains,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsBlockDevice {
    pub delete_on_termination: Option<bool>,
    pub iops: Option<i32>,
    pub snapshot_id: Option<String>,
    pub volume_size: Option<i32>,
    pub volume_type: Option<String>,
    pub kms_key_id: Option<String>,
    pub throughput: Option<i32>,
    pub outpost_arn: Option<String>,
    pub availability_zone: Option<String>,
    pub encrypted: Option<bool>,
    pub volume_initialization_rate: Option<i32>,
    pub availability_zone_id: Option<String>,
    pub ebs_card_index: Option<i32>,
}
structure!(EbsBlockDevice {
0 delete_on_termination,
1 iops,
2 snapshot_id,
3 volume_size,
4 volume_type,
5 kms_key_id,
6 throughput,
7 outpost_arn,
8 availability_zone,
9 encrypted,
10 volume_initialization_rate,
11 availability_zone_id,
12 ebs_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsBlockDeviceResponse {
    pub encrypted: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub volume_size: Option<i32>,
    pub volume_type: Option<String>,
}
structure!(EbsBlockDeviceResponse {
0 encrypted,
1 delete_on_termination,
2 iops,
3 throughput,
4 kms_key_id,
5 snapshot_id,
6 volume_size,
7 volume_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsCardInfo {
    pub ebs_card_index: Option<i32>,
    pub baseline_bandwidth_in_mbps: Option<i32>,
    pub baseline_throughput_in_m_bps: Option<f64>,
    pub baseline_iops: Option<i32>,
    pub maximum_bandwidth_in_mbps: Option<i32>,
    pub maximum_throughput_in_m_bps: Option<f64>,
    pub maximum_iops: Option<i32>,
}
structure!(EbsCardInfo {
0 ebs_card_index,
1 baseline_bandwidth_in_mbps,
2 baseline_throughput_in_m_bps,
3 baseline_iops,
4 maximum_bandwidth_in_mbps,
5 maximum_throughput_in_m_bps,
6 maximum_iops,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsInfo {
    pub ebs_optimized_support: Option<String>,
    pub encryption_support: Option<String>,
    pub ebs_optimized_info: Option<EbsOptimizedInfo>,
    pub nvme_support: Option<String>,
    pub maximum_ebs_attachments: Option<i32>,
    pub attachment_limit_type: Option<String>,
    pub maximum_ebs_cards: Option<i32>,
    pub ebs_cards: Option<Vec<EbsCardInfo>>,
}
structure!(EbsInfo {
0 ebs_optimized_support,
1 encryption_support,
2 ebs_optimized_info,
3 nvme_support,
4 maximum_ebs_attachments,
5 attachment_limit_type,
6 maximum_ebs_cards,
7 ebs_cards,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsInstanceBlockDevice {
    pub attach_time: Option<Timestamp>,
    pub delete_on_termination: Option<bool>,
    pub status: Option<String>,
    pub volume_id: Option<String>,
    pub associated_resource: Option<String>,
    pub volume_owner_id: Option<String>,
    pub operator: Option<OperatorResponse>,
    pub ebs_card_index: Option<i32>,
}
structure!(EbsInstanceBlockDevice {
0 attach_time,
1 delete_on_termination,
2 status,
3 volume_id,
4 associated_resource,
5 volume_owner_id,
6 operator,
7 ebs_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsInstanceBlockDeviceSpecification {
    pub volume_id: Option<String>,
    pub delete_on_termination: Option<bool>,
}
structure!(EbsInstanceBlockDeviceSpecification {
0 volume_id,
1 delete_on_termination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsOptimizedInfo {
    pub baseline_bandwidth_in_mbps: Option<i32>,
    pub baseline_throughput_in_m_bps: Option<f64>,
    pub baseline_iops: Option<i32>,
    pub maximum_bandwidth_in_mbps: Option<i32>,
    pub maximum_throughput_in_m_bps: Option<f64>,
    pub maximum_iops: Option<i32>,
}
structure!(EbsOptimizedInfo {
0 baseline_bandwidth_in_mbps,
1 baseline_throughput_in_m_bps,
2 baseline_iops,
3 maximum_bandwidth_in_mbps,
4 maximum_throughput_in_m_bps,
5 maximum_iops,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsStatusDetails {
    pub impaired_since: Option<Timestamp>,
    pub name: Option<String>,
    pub status: Option<String>,
}
structure!(EbsStatusDetails {
0 impaired_since,
1 name,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EbsStatusSummary {
    pub details: Option<Vec<EbsStatusDetails>>,
    pub status: Option<String>,
}
structure!(EbsStatusSummary {
0 details,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EfaInfo {
    pub maximum_efa_interfaces: Option<i32>,
}
structure!(EfaInfo {
0 maximum_efa_interfaces,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EgressOnlyInternetGateway {
    pub attachments: Option<Vec<InternetGatewayAttachment>>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(EgressOnlyInternetGateway {
0 attachments,
1 egress_only_internet_gateway_id,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticGpuAssociation {
    pub elastic_gpu_id: Option<String>,
    pub elastic_gpu_association_id: Option<String>,
    pub elastic_gpu_association_state: Option<String>,
    pub elastic_gpu_association_time: Option<String>,
}
structure!(ElasticGpuAssociation {
0 elastic_gpu_id,
1 elastic_gpu_association_id,
2 elastic_gpu_association_state,
3 elastic_gpu_association_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticGpuSpecification {
    pub type_: Option<String>,
}
structure!(ElasticGpuSpecification {
0 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticGpuSpecificationResponse {
    pub type_: Option<String>,
}
structure!(ElasticGpuSpecificationResponse {
0 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticInferenceAccelerator {
    pub type_: Option<String>,
    pub count: Option<i32>,
}
structure!(ElasticInferenceAccelerator {
0 type_,
1 count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticInferenceAcceleratorAssociation {
    pub elastic_inference_accelerator_arn: Option<String>,
    pub elastic_inference_accelerator_association_id: Option<String>,
    pub elastic_inference_accelerator_association_state: Option<String>,
    pub elastic_inference_accelerator_association_time: Option<Timestamp>,
}
structure!(ElasticInferenceAcceleratorAssociation {
0 elastic_inference_accelerator_arn,
1 elastic_inference_accelerator_association_id,
2 elastic_inference_accelerator_association_state,
3 elastic_inference_accelerator_association_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnaSrdSpecification {
    pub ena_srd_enabled: Option<bool>,
    pub ena_srd_udp_specification: Option<EnaSrdUdpSpecification>,
}
structure!(EnaSrdSpecification {
0 ena_srd_enabled,
1 ena_srd_udp_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnaSrdSpecificationRequest {
    pub ena_srd_enabled: Option<bool>,
    pub ena_srd_udp_specification: Option<EnaSrdUdpSpecificationRequest>,
}
structure!(EnaSrdSpecificationRequest {
0 ena_srd_enabled,
1 ena_srd_udp_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnaSrdUdpSpecification {
    pub ena_srd_udp_enabled: Option<bool>,
}
structure!(EnaSrdUdpSpecification {
0 ena_srd_udp_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnaSrdUdpSpecificationRequest {
    pub ena_srd_udp_enabled: Option<bool>,
}
structure!(EnaSrdUdpSpecificationRequest {
0 ena_srd_udp_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableEbsEncryptionByDefaultRequest {
    pub dry_run: Option<bool>,
}
structure!(EnableEbsEncryptionByDefaultRequest {
0 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableEbsEncryptionByDefaultResult {
    pub ebs_encryption_by_default: Option<bool>,
}
structure!(EnableEbsEncryptionByDefaultResult {
0 ebs_encryption_by_default,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnclaveOptions {
    pub enabled: Option<bool>,
}
structure!(EnclaveOptions {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnclaveOptionsRequest {
    pub enabled: Option<bool>,
}
structure!(EnclaveOptionsRequest {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub name: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(Filter {
0 name,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetBlockDeviceMappingRequest {
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
    pub ebs: Option<FleetEbsBlockDeviceRequest>,
    pub no_device: Option<String>,
}
structure!(FleetBlockDeviceMappingRequest {
0 device_name,
1 virtual_name,
2 ebs,
3 no_device,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetCapacityReservationTargetRequest {
    pub capacity_reservation_ids: Option<Vec<String>>,
    pub capacity_reservation_resource_group_arns: Option<Vec<String>>,
}
structure!(FleetCapacityReservationTargetRequest {
0 capacity_reservation_ids,
1 capacity_reservation_resource_group_arns,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetData {
    pub activity_status: Option<String>,
    pub create_time: Option<Timestamp>,
    pub fleet_id: Option<String>,
    pub fleet_state: Option<String>,
    pub client_token: Option<String>,
    pub excess_capacity_termination_policy: Option<String>,
    pub fulfilled_capacity: Option<f64>,
    pub fulfilled_on_demand_capacity: Option<f64>,
    pub launch_template_configs: Option<Vec<FleetLaunchTemplateConfig>>,
    pub target_capacity_specification: Option<TargetCapacitySpecification>,
    pub terminate_instances_with_expiration: Option<bool>,
    pub type_: Option<String>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub replace_unhealthy_instances: Option<bool>,
    pub spot_options: Option<SpotOptions>,
    pub on_demand_options: Option<OnDemandOptions>,
    pub reserved_capacity_options: Option<ReservedCapacityOptions>,
    pub tags: Option<Vec<Tag>>,
    pub errors: Option<Vec<DescribeFleetError>>,
    pub instances: Option<Vec<DescribeFleetsInstances>>,
    pub context: Option<String>,
}
structure!(FleetData {
0 activity_status,
1 create_time,
2 fleet_id,
3 fleet_state,
4 client_token,
5 excess_capacity_termination_policy,
6 fulfilled_capacity,
7 fulfilled_on_demand_capacity,
8 launch_template_configs,
9 target_capacity_specification,
10 terminate_instances_with_expiration,
11 type_,
12 valid_from,
13 valid_until,
14 replace_unhealthy_instances,
15 spot_options,
16 on_demand_options,
17 reserved_capacity_options,
18 tags,
19 errors,
20 instances,
21 context,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetEbsBlockDeviceRequest {
    pub encrypted: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub volume_size: Option<i32>,
    pub volume_type: Option<String>,
}
structure!(FleetEbsBlockDeviceRequest {
0 encrypted,
1 delete_on_termination,
2 iops,
3 throughput,
4 kms_key_id,
5 snapshot_id,
6 volume_size,
7 volume_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetIamInstanceProfileSpecificationRequest {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(FleetIamInstanceProfileSpecificationRequest {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetInstanceMetadataOptionsRequest {
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
}
structure!(FleetInstanceMetadataOptionsRequest {
0 http_tokens,
1 http_put_response_hop_limit,
2 http_endpoint,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaunchTemplateConfig {
    pub launch_template_specification: Option<FleetLaunchTemplateSpecification>,
    pub overrides: Option<Vec<FleetLaunchTemplateOverrides>>,
}
structure!(FleetLaunchTemplateConfig {
0 launch_template_specification,
1 overrides,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaunchTemplateConfigRequest {
    pub launch_template_specification: Option<FleetLaunchTemplateSpecificationRequest>,
    pub overrides: Option<Vec<FleetLaunchTemplateOverridesRequest>>,
}
structure!(FleetLaunchTemplateConfigRequest {
0 launch_template_specification,
1 overrides,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaunchTemplateOverrides {
    pub instance_type: Option<String>,
    pub max_price: Option<String>,
    pub subnet_id: Option<String>,
    pub availability_zone: Option<String>,
    pub weighted_capacity: Option<f64>,
    pub priority: Option<f64>,
    pub placement: Option<PlacementResponse>,
    pub instance_requirements: Option<InstanceRequirements>,
    pub image_id: Option<String>,
    pub block_device_mappings: Option<Vec<BlockDeviceMappingResponse>>,
    pub availability_zone_id: Option<String>,
}
structure!(FleetLaunchTemplateOverrides {
0 instance_type,
1 max_price,
2 subnet_id,
3 availability_zone,
4 weighted_capacity,
5 priority,
6 placement,
7 instance_requirements,
8 image_id,
9 block_device_mappings,
10 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaunchTemplateOverridesRequest {
    pub instance_type: Option<String>,
    pub max_price: Option<String>,
    pub subnet_id: Option<String>,
    pub availability_zone: Option<String>,
    pub weighted_capacity: Option<f64>,
    pub priority: Option<f64>,
    pub placement: Option<Placement>,
    pub key_name: Option<String>,
    pub block_device_mappings: Option<Vec<FleetBlockDeviceMappingRequest>>,
    pub iam_instance_profile: Option<FleetIamInstanceProfileSpecificationRequest>,
    pub metadata_options: Option<FleetInstanceMetadataOptionsRequest>,
    pub instance_requirements: Option<InstanceRequirementsRequest>,
    pub image_id: Option<String>,
    pub availability_zone_id: Option<String>,
}
structure!(FleetLaunchTemplateOverridesRequest {
0 instance_type,
1 max_price,
2 subnet_id,
3 availability_zone,
4 weighted_capacity,
5 priority,
6 placement,
7 key_name,
8 block_device_mappings,
9 iam_instance_profile,
10 metadata_options,
11 instance_requirements,
12 image_id,
13 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaunchTemplateSpecification {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version: Option<String>,
}
structure!(FleetLaunchTemplateSpecification {
0 launch_template_id,
1 launch_template_name,
2 version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaunchTemplateSpecificationRequest {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version: Option<String>,
    pub launch_template_specification_user_data: Option<String>,
}
structure!(FleetLaunchTemplateSpecificationRequest {
0 launch_template_id,
1 launch_template_name,
2 version,
3 launch_template_specification_user_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetSpotCapacityRebalance {
    pub replacement_strategy: Option<String>,
    pub termination_delay: Option<i32>,
}
structure!(FleetSpotCapacityRebalance {
0 replacement_strategy,
1 termination_delay,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetSpotCapacityRebalanceRequest {
    pub replacement_strategy: Option<String>,
    pub termination_delay: Option<i32>,
}
structure!(FleetSpotCapacityRebalanceRequest {
0 replacement_strategy,
1 termination_delay,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetSpotMaintenanceStrategies {
    pub capacity_rebalance: Option<FleetSpotCapacityRebalance>,
}
structure!(FleetSpotMaintenanceStrategies {
0 capacity_rebalance,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetSpotMaintenanceStrategiesRequest {
    pub capacity_rebalance: Option<FleetSpotCapacityRebalanceRequest>,
}
structure!(FleetSpotMaintenanceStrategiesRequest {
0 capacity_rebalance,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowLog {
    pub creation_time: Option<Timestamp>,
    pub deliver_logs_error_message: Option<String>,
    pub deliver_logs_permission_arn: Option<String>,
    pub deliver_cross_account_role: Option<String>,
    pub deliver_logs_status: Option<String>,
    pub flow_log_id: Option<String>,
    pub flow_log_status: Option<String>,
    pub log_group_name: Option<String>,
    pub resource_id: Option<String>,
    pub traffic_type: Option<String>,
    pub log_destination_type: Option<String>,
    pub log_destination: Option<String>,
    pub log_format: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub max_aggregation_interval: Option<i32>,
    pub destination_options: Option<DestinationOptionsResponse>,
    pub tag_field_specifications: Option<Vec<TagFieldSpecificationResponse>>,
}
structure!(FlowLog {
0 creation_time,
1 deliver_logs_error_message,
2 deliver_logs_permission_arn,
3 deliver_cross_account_role,
4 deliver_logs_status,
5 flow_log_id,
6 flow_log_status,
7 log_group_name,
8 resource_id,
9 traffic_type,
10 log_destination_type,
11 log_destination,
12 log_format,
13 tags,
14 max_aggregation_interval,
15 destination_options,
16 tag_field_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FpgaDeviceInfo {
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub count: Option<i32>,
    pub memory_info: Option<FpgaDeviceMemoryInfo>,
}
structure!(FpgaDeviceInfo {
0 name,
1 manufacturer,
2 count,
3 memory_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FpgaDeviceMemoryInfo {
    pub size_in_mi_b: Option<i32>,
}
structure!(FpgaDeviceMemoryInfo {
0 size_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FpgaInfo {
    pub fpgas: Option<Vec<FpgaDeviceInfo>>,
    pub total_fpga_memory_in_mi_b: Option<i32>,
}
structure!(FpgaInfo {
0 fpgas,
1 total_fpga_memory_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetConsoleOutputRequest {
    pub instance_id: Option<String>,
    pub latest: Option<bool>,
    pub dry_run: Option<bool>,
}
structure!(GetConsoleOutputRequest {
0 instance_id,
1 latest,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetConsoleOutputResult {
    pub instance_id: Option<String>,
    pub timestamp: Option<Timestamp>,
    pub output: Option<String>,
}
structure!(GetConsoleOutputResult {
0 instance_id,
1 timestamp,
2 output,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEbsDefaultKmsKeyIdRequest {
    pub dry_run: Option<bool>,
}
structure!(GetEbsDefaultKmsKeyIdRequest {
0 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEbsDefaultKmsKeyIdResult {
    pub kms_key_id: Option<String>,
}
structure!(GetEbsDefaultKmsKeyIdResult {
0 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEbsEncryptionByDefaultRequest {
    pub dry_run: Option<bool>,
}
structure!(GetEbsEncryptionByDefaultRequest {
0 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEbsEncryptionByDefaultResult {
    pub ebs_encryption_by_default: Option<bool>,
    pub sse_type: Option<String>,
}
structure!(GetEbsEncryptionByDefaultResult {
0 ebs_encryption_by_default,
1 sse_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLaunchTemplateDataRequest {
    pub dry_run: Option<bool>,
    pub instance_id: Option<String>,
}
structure!(GetLaunchTemplateDataRequest {
0 dry_run,
1 instance_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLaunchTemplateDataResult {
    pub launch_template_data: Option<ResponseLaunchTemplateData>,
}
structure!(GetLaunchTemplateDataResult {
0 launch_template_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetManagedPrefixListAssociationsRequest {
    pub dry_run: Option<bool>,
    pub prefix_list_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(GetManagedPrefixListAssociationsRequest {
0 dry_run,
1 prefix_list_id,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetManagedPrefixListAssociationsResult {
    pub prefix_list_associations: Option<Vec<PrefixListAssociation>>,
    pub next_token: Option<String>,
}
structure!(GetManagedPrefixListAssociationsResult {
0 prefix_list_associations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetManagedPrefixListEntriesRequest {
    pub dry_run: Option<bool>,
    pub prefix_list_id: Option<String>,
    pub target_version: Option<i64>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(GetManagedPrefixListEntriesRequest {
0 dry_run,
1 prefix_list_id,
2 target_version,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetManagedPrefixListEntriesResult {
    pub entries: Option<Vec<PrefixListEntry>>,
    pub next_token: Option<String>,
}
structure!(GetManagedPrefixListEntriesResult {
0 entries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSecurityGroupsForVpcRequest {
    pub vpc_id: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub filters: Option<Vec<Filter>>,
    pub dry_run: Option<bool>,
}
structure!(GetSecurityGroupsForVpcRequest {
0 vpc_id,
1 next_token,
2 max_results,
3 filters,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSecurityGroupsForVpcResult {
    pub next_token: Option<String>,
    pub security_group_for_vpcs: Option<Vec<SecurityGroupForVpc>>,
}
structure!(GetSecurityGroupsForVpcResult {
0 next_token,
1 security_group_for_vpcs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSubnetCidrReservationsRequest {
    pub filters: Option<Vec<Filter>>,
    pub subnet_id: Option<String>,
    pub dry_run: Option<bool>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(GetSubnetCidrReservationsRequest {
0 filters,
1 subnet_id,
2 dry_run,
3 next_token,
4 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSubnetCidrReservationsResult {
    pub subnet_ipv4_cidr_reservations: Option<Vec<SubnetCidrReservation>>,
    pub subnet_ipv6_cidr_reservations: Option<Vec<SubnetCidrReservation>>,
    pub next_token: Option<String>,
}
structure!(GetSubnetCidrReservationsResult {
0 subnet_ipv4_cidr_reservations,
1 subnet_ipv6_cidr_reservations,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuDeviceInfo {
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub count: Option<i32>,
    pub logical_gpu_count: Option<i32>,
    pub gpu_partition_size: Option<f64>,
    pub workloads: Option<Vec<String>>,
    pub memory_info: Option<GpuDeviceMemoryInfo>,
}
structure!(GpuDeviceInfo {
0 name,
1 manufacturer,
2 count,
3 logical_gpu_count,
4 gpu_partition_size,
5 workloads,
6 memory_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuDeviceMemoryInfo {
    pub size_in_mi_b: Option<i32>,
}
structure!(GpuDeviceMemoryInfo {
0 size_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GpuInfo {
    pub gpus: Option<Vec<GpuDeviceInfo>>,
    pub total_gpu_memory_in_mi_b: Option<i32>,
}
structure!(GpuInfo {
0 gpus,
1 total_gpu_memory_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupIdentifier {
    pub group_id: Option<String>,
    pub group_name: Option<String>,
}
structure!(GroupIdentifier {
0 group_id,
1 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HibernationOptions {
    pub configured: Option<bool>,
}
structure!(HibernationOptions {
0 configured,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HibernationOptionsRequest {
    pub configured: Option<bool>,
}
structure!(HibernationOptionsRequest {
0 configured,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IamInstanceProfile {
    pub arn: Option<String>,
    pub id: Option<String>,
}
structure!(IamInstanceProfile {
0 arn,
1 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IamInstanceProfileAssociation {
    pub association_id: Option<String>,
    pub instance_id: Option<String>,
    pub iam_instance_profile: Option<IamInstanceProfile>,
    pub state: Option<String>,
    pub timestamp: Option<Timestamp>,
}
structure!(IamInstanceProfileAssociation {
0 association_id,
1 instance_id,
2 iam_instance_profile,
3 state,
4 timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IamInstanceProfileSpecification {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(IamInstanceProfileSpecification {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IcmpTypeCode {
    pub code: Option<i32>,
    pub type_: Option<i32>,
}
structure!(IcmpTypeCode {
0 code,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    pub platform_details: Option<String>,
    pub usage_operation: Option<String>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
    pub description: Option<String>,
    pub ena_support: Option<bool>,
    pub hypervisor: Option<String>,
    pub image_owner_alias: Option<String>,
    pub name: Option<String>,
    pub root_device_name: Option<String>,
    pub root_device_type: Option<String>,
    pub sriov_net_support: Option<String>,
    pub state_reason: Option<StateReason>,
    pub tags: Option<Vec<Tag>>,
    pub virtualization_type: Option<String>,
    pub boot_mode: Option<String>,
    pub tpm_support: Option<String>,
    pub deprecation_time: Option<String>,
    pub imds_support: Option<String>,
    pub source_instance_id: Option<String>,
    pub deregistration_protection: Option<String>,
    pub last_launched_time: Option<String>,
    pub image_allowed: Option<bool>,
    pub source_image_id: Option<String>,
    pub source_image_region: Option<String>,
    pub free_tier_eligible: Option<bool>,
    pub public_ssm_parameter_name: Option<String>,
    pub image_watermarks: Option<Vec<ImageWatermark>>,
    pub scan_results: Option<ScanResults>,
    pub instance_type_specification: Option<InstanceTypeSpecification>,
    pub image_id: Option<String>,
    pub image_location: Option<String>,
    pub state: Option<String>,
    pub owner_id: Option<String>,
    pub creation_date: Option<String>,
    pub public: Option<bool>,
    pub product_codes: Option<Vec<ProductCode>>,
    pub architecture: Option<String>,
    pub image_type: Option<String>,
    pub kernel_id: Option<String>,
    pub ramdisk_id: Option<String>,
    pub platform: Option<String>,
}
structure!(Image {
0 platform_details,
1 usage_operation,
2 block_device_mappings,
3 description,
4 ena_support,
5 hypervisor,
6 image_owner_alias,
7 name,
8 root_device_name,
9 root_device_type,
10 sriov_net_support,
11 state_reason,
12 tags,
13 virtualization_type,
14 boot_mode,
15 tpm_support,
16 deprecation_time,
17 imds_support,
18 source_instance_id,
19 deregistration_protection,
20 last_launched_time,
21 image_allowed,
22 source_image_id,
23 source_image_region,
24 free_tier_eligible,
25 public_ssm_parameter_name,
26 image_watermarks,
27 scan_results,
28 instance_type_specification,
29 image_id,
30 image_location,
31 state,
32 owner_id,
33 creation_date,
34 public,
35 product_codes,
36 architecture,
37 image_type,
38 kernel_id,
39 ramdisk_id,
40 platform,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageAttribute {
    pub description: Option<AttributeValue>,
    pub kernel_id: Option<AttributeValue>,
    pub ramdisk_id: Option<AttributeValue>,
    pub sriov_net_support: Option<AttributeValue>,
    pub boot_mode: Option<AttributeValue>,
    pub tpm_support: Option<AttributeValue>,
    pub uefi_data: Option<AttributeValue>,
    pub last_launched_time: Option<AttributeValue>,
    pub imds_support: Option<AttributeValue>,
    pub deregistration_protection: Option<AttributeValue>,
    pub image_id: Option<String>,
    pub launch_permissions: Option<Vec<LaunchPermission>>,
    pub product_codes: Option<Vec<ProductCode>>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
}
structure!(ImageAttribute {
0 description,
1 kernel_id,
2 ramdisk_id,
3 sriov_net_support,
4 boot_mode,
5 tpm_support,
6 uefi_data,
7 last_launched_time,
8 imds_support,
9 deregistration_protection,
10 image_id,
11 launch_permissions,
12 product_codes,
13 block_device_mappings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageWatermark {
    pub watermark_key: Option<String>,
    pub source_image_region: Option<String>,
    pub source_image_id: Option<String>,
    pub source_image_creation_time: Option<Timestamp>,
    pub watermark_creation_time: Option<Timestamp>,
}
structure!(ImageWatermark {
0 watermark_key,
1 source_image_region,
2 source_image_id,
3 source_image_creation_time,
4 watermark_creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportKeyPairRequest {
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
    pub key_name: Option<String>,
    pub public_key_material: Option<Vec<u8>>,
}
structure!(ImportKeyPairRequest {
0 tag_specifications,
1 dry_run,
2 key_name,
3 public_key_material,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportKeyPairResult {
    pub key_fingerprint: Option<String>,
    pub key_name: Option<String>,
    pub key_pair_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(ImportKeyPairResult {
0 key_fingerprint,
1 key_name,
2 key_pair_id,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InferenceAcceleratorInfo {
    pub accelerators: Option<Vec<InferenceDeviceInfo>>,
    pub total_inference_memory_in_mi_b: Option<i32>,
}
structure!(InferenceAcceleratorInfo {
0 accelerators,
1 total_inference_memory_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InferenceDeviceInfo {
    pub count: Option<i32>,
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub memory_info: Option<InferenceDeviceMemoryInfo>,
}
structure!(InferenceDeviceInfo {
0 count,
1 name,
2 manufacturer,
3 memory_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InferenceDeviceMemoryInfo {
    pub size_in_mi_b: Option<i32>,
}
structure!(InferenceDeviceMemoryInfo {
0 size_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InitializationStatusDetails {
    pub initialization_type: Option<String>,
    pub progress: Option<i64>,
    pub estimated_time_to_complete_in_seconds: Option<i64>,
}
structure!(InitializationStatusDetails {
0 initialization_type,
1 progress,
2 estimated_time_to_complete_in_seconds,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Instance {
    pub architecture: Option<String>,
    pub block_device_mappings: Option<Vec<InstanceBlockDeviceMapping>>,
    pub client_token: Option<String>,
    pub ebs_optimized: Option<bool>,
    pub ena_support: Option<bool>,
    pub hypervisor: Option<String>,
    pub iam_instance_profile: Option<IamInstanceProfile>,
    pub instance_lifecycle: Option<String>,
    pub elastic_gpu_associations: Option<Vec<ElasticGpuAssociation>>,
    pub elastic_inference_accelerator_associations:
        Option<Vec<ElasticInferenceAcceleratorAssociation>>,
    pub network_interfaces: Option<Vec<InstanceNetworkInterface>>,
    pub outpost_arn: Option<String>,
    pub root_device_name: Option<String>,
    pub root_device_type: Option<String>,
    pub security_groups: Option<Vec<GroupIdentifier>>,
    pub source_dest_check: Option<bool>,
    pub spot_instance_request_id: Option<String>,
    pub sriov_net_support: Option<String>,
    pub state_reason: Option<StateReason>,
    pub tags: Option<Vec<Tag>>,
    pub virtualization_type: Option<String>,
    pub cpu_options: Option<CpuOptions>,
    pub capacity_block_id: Option<String>,
    pub capacity_reservation_id: Option<String>,
    pub capacity_reservation_specification: Option<CapacityReservationSpecificationResponse>,
    pub hibernation_options: Option<HibernationOptions>,
    pub licenses: Option<Vec<LicenseConfiguration>>,
    pub metadata_options: Option<InstanceMetadataOptionsResponse>,
    pub enclave_options: Option<EnclaveOptions>,
    pub boot_mode: Option<String>,
    pub platform_details: Option<String>,
    pub usage_operation: Option<String>,
    pub usage_operation_update_time: Option<Timestamp>,
    pub private_dns_name_options: Option<PrivateDnsNameOptionsResponse>,
    pub ipv6_address: Option<String>,
    pub tpm_support: Option<String>,
    pub maintenance_options: Option<InstanceMaintenanceOptions>,
    pub current_instance_boot_mode: Option<String>,
    pub network_performance_options: Option<InstanceNetworkPerformanceOptions>,
    pub operator: Option<OperatorResponse>,
    pub secondary_interfaces: Option<Vec<InstanceSecondaryInterface>>,
    pub instance_id: Option<String>,
    pub image_id: Option<String>,
    pub state: Option<InstanceState>,
    pub private_dns_name: Option<String>,
    pub public_dns_name: Option<String>,
    pub state_transition_reason: Option<String>,
    pub key_name: Option<String>,
    pub ami_launch_index: Option<i32>,
    pub product_codes: Option<Vec<ProductCode>>,
    pub instance_type: Option<String>,
    pub launch_time: Option<Timestamp>,
    pub placement: Option<Placement>,
    pub kernel_id: Option<String>,
    pub ramdisk_id: Option<String>,
    pub platform: Option<String>,
    pub monitoring: Option<Monitoring>,
    pub subnet_id: Option<String>,
    pub vpc_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub public_ip_address: Option<String>,
}
structure!(Instance {
0 architecture,
1 block_device_mappings,
2 client_token,
3 ebs_optimized,
4 ena_support,
5 hypervisor,
6 iam_instance_profile,
7 instance_lifecycle,
8 elastic_gpu_associations,
9 elastic_inference_accelerator_associations,
10 network_interfaces,
11 outpost_arn,
12 root_device_name,
13 root_device_type,
14 security_groups,
15 source_dest_check,
16 spot_instance_request_id,
17 sriov_net_support,
18 state_reason,
19 tags,
20 virtualization_type,
21 cpu_options,
22 capacity_block_id,
23 capacity_reservation_id,
24 capacity_reservation_specification,
25 hibernation_options,
26 licenses,
27 metadata_options,
28 enclave_options,
29 boot_mode,
30 platform_details,
31 usage_operation,
32 usage_operation_update_time,
33 private_dns_name_options,
34 ipv6_address,
35 tpm_support,
36 maintenance_options,
37 current_instance_boot_mode,
38 network_performance_options,
39 operator,
40 secondary_interfaces,
41 instance_id,
42 image_id,
43 state,
44 private_dns_name,
45 public_dns_name,
46 state_transition_reason,
47 key_name,
48 ami_launch_index,
49 product_codes,
50 instance_type,
51 launch_time,
52 placement,
53 kernel_id,
54 ramdisk_id,
55 platform,
56 monitoring,
57 subnet_id,
58 vpc_id,
59 private_ip_address,
60 public_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceAttachmentEnaSrdSpecification {
    pub ena_srd_enabled: Option<bool>,
    pub ena_srd_udp_specification: Option<InstanceAttachmentEnaSrdUdpSpecification>,
}
structure!(InstanceAttachmentEnaSrdSpecification {
0 ena_srd_enabled,
1 ena_srd_udp_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceAttachmentEnaSrdUdpSpecification {
    pub ena_srd_udp_enabled: Option<bool>,
}
structure!(InstanceAttachmentEnaSrdUdpSpecification {
0 ena_srd_udp_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceAttribute {
    pub block_device_mappings: Option<Vec<InstanceBlockDeviceMapping>>,
    pub disable_api_termination: Option<AttributeBooleanValue>,
    pub ena_support: Option<AttributeBooleanValue>,
    pub enclave_options: Option<EnclaveOptions>,
    pub ebs_optimized: Option<AttributeBooleanValue>,
    pub instance_id: Option<String>,
    pub instance_initiated_shutdown_behavior: Option<AttributeValue>,
    pub instance_type: Option<AttributeValue>,
    pub kernel_id: Option<AttributeValue>,
    pub product_codes: Option<Vec<ProductCode>>,
    pub ramdisk_id: Option<AttributeValue>,
    pub root_device_name: Option<AttributeValue>,
    pub source_dest_check: Option<AttributeBooleanValue>,
    pub sriov_net_support: Option<AttributeValue>,
    pub user_data: Option<AttributeValue>,
    pub disable_api_stop: Option<AttributeBooleanValue>,
    pub groups: Option<Vec<GroupIdentifier>>,
}
structure!(InstanceAttribute {
0 block_device_mappings,
1 disable_api_termination,
2 ena_support,
3 enclave_options,
4 ebs_optimized,
5 instance_id,
6 instance_initiated_shutdown_behavior,
7 instance_type,
8 kernel_id,
9 product_codes,
10 ramdisk_id,
11 root_device_name,
12 source_dest_check,
13 sriov_net_support,
14 user_data,
15 disable_api_stop,
16 groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceBlockDeviceMapping {
    pub device_name: Option<String>,
    pub ebs: Option<EbsInstanceBlockDevice>,
}
structure!(InstanceBlockDeviceMapping {
0 device_name,
1 ebs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceBlockDeviceMappingSpecification {
    pub device_name: Option<String>,
    pub ebs: Option<EbsInstanceBlockDeviceSpecification>,
    pub virtual_name: Option<String>,
    pub no_device: Option<String>,
}
structure!(InstanceBlockDeviceMappingSpecification {
0 device_name,
1 ebs,
2 virtual_name,
3 no_device,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceCreditSpecification {
    pub instance_id: Option<String>,
    pub cpu_credits: Option<String>,
}
structure!(InstanceCreditSpecification {
0 instance_id,
1 cpu_credits,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceIpv4Prefix {
    pub ipv4_prefix: Option<String>,
}
structure!(InstanceIpv4Prefix {
0 ipv4_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceIpv6Address {
    pub ipv6_address: Option<String>,
    pub is_primary_ipv6: Option<bool>,
}
structure!(InstanceIpv6Address {
0 ipv6_address,
1 is_primary_ipv6,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceIpv6AddressRequest {
    pub ipv6_address: Option<String>,
}
structure!(InstanceIpv6AddressRequest {
0 ipv6_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceIpv6Prefix {
    pub ipv6_prefix: Option<String>,
}
structure!(InstanceIpv6Prefix {
0 ipv6_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceMaintenanceOptions {
    pub auto_recovery: Option<String>,
    pub reboot_migration: Option<String>,
}
structure!(InstanceMaintenanceOptions {
0 auto_recovery,
1 reboot_migration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceMaintenanceOptionsRequest {
    pub auto_recovery: Option<String>,
}
structure!(InstanceMaintenanceOptionsRequest {
0 auto_recovery,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceMarketOptionsRequest {
    pub market_type: Option<String>,
    pub spot_options: Option<SpotMarketOptions>,
}
structure!(InstanceMarketOptionsRequest {
0 market_type,
1 spot_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceMetadataOptionsRequest {
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub instance_metadata_tags: Option<String>,
}
structure!(InstanceMetadataOptionsRequest {
0 http_tokens,
1 http_put_response_hop_limit,
2 http_endpoint,
3 http_protocol_ipv6,
4 instance_metadata_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceMetadataOptionsResponse {
    pub state: Option<String>,
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub instance_metadata_tags: Option<String>,
}
structure!(InstanceMetadataOptionsResponse {
0 state,
1 http_tokens,
2 http_put_response_hop_limit,
3 http_endpoint,
4 http_protocol_ipv6,
5 instance_metadata_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceMonitoring {
    pub instance_id: Option<String>,
    pub monitoring: Option<Monitoring>,
}
structure!(InstanceMonitoring {
0 instance_id,
1 monitoring,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceNetworkInterface {
    pub association: Option<InstanceNetworkInterfaceAssociation>,
    pub attachment: Option<InstanceNetworkInterfaceAttachment>,
    pub description: Option<String>,
    pub groups: Option<Vec<GroupIdentifier>>,
    pub ipv6_addresses: Option<Vec<InstanceIpv6Address>>,
    pub mac_address: Option<String>,
    pub network_interface_id: Option<String>,
    pub owner_id: Option<String>,
    pub private_dns_name: Option<String>,
    pub private_ip_address: Option<String>,
    pub private_ip_addresses: Option<Vec<InstancePrivateIpAddress>>,
    pub source_dest_check: Option<bool>,
    pub status: Option<String>,
    pub subnet_id: Option<String>,
    pub vpc_id: Option<String>,
    pub interface_type: Option<String>,
    pub ipv4_prefixes: Option<Vec<InstanceIpv4Prefix>>,
    pub ipv6_prefixes: Option<Vec<InstanceIpv6Prefix>>,
    pub connection_tracking_configuration: Option<ConnectionTrackingSpecificationResponse>,
    pub operator: Option<OperatorResponse>,
}
structure!(InstanceNetworkInterface {
0 association,
1 attachment,
2 description,
3 groups,
4 ipv6_addresses,
5 mac_address,
6 network_interface_id,
7 owner_id,
8 private_dns_name,
9 private_ip_address,
10 private_ip_addresses,
11 source_dest_check,
12 status,
13 subnet_id,
14 vpc_id,
15 interface_type,
16 ipv4_prefixes,
17 ipv6_prefixes,
18 connection_tracking_configuration,
19 operator,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceNetworkInterfaceAssociation {
    pub carrier_ip: Option<String>,
    pub customer_owned_ip: Option<String>,
    pub ip_owner_id: Option<String>,
    pub public_dns_name: Option<String>,
    pub public_ip: Option<String>,
}
structure!(InstanceNetworkInterfaceAssociation {
0 carrier_ip,
1 customer_owned_ip,
2 ip_owner_id,
3 public_dns_name,
4 public_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceNetworkInterfaceAttachment {
    pub attach_time: Option<Timestamp>,
    pub attachment_id: Option<String>,
    pub delete_on_termination: Option<bool>,
    pub device_index: Option<i32>,
    pub status: Option<String>,
    pub network_card_index: Option<i32>,
    pub ena_srd_specification: Option<InstanceAttachmentEnaSrdSpecification>,
    pub ena_queue_count: Option<i32>,
}
structure!(InstanceNetworkInterfaceAttachment {
0 attach_time,
1 attachment_id,
2 delete_on_termination,
3 device_index,
4 status,
5 network_card_index,
6 ena_srd_specification,
7 ena_queue_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceNetworkInterfaceSpecification {
    pub associate_public_ip_address: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub description: Option<String>,
    pub device_index: Option<i32>,
    pub groups: Option<Vec<String>>,
    pub ipv6_address_count: Option<i32>,
    pub ipv6_addresses: Option<Vec<InstanceIpv6Address>>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub private_ip_addresses: Option<Vec<PrivateIpAddressSpecification>>,
    pub secondary_private_ip_address_count: Option<i32>,
    pub subnet_id: Option<String>,
    pub associate_carrier_ip_address: Option<bool>,
    pub interface_type: Option<String>,
    pub network_card_index: Option<i32>,
    pub ipv4_prefixes: Option<Vec<Ipv4PrefixSpecificationRequest>>,
    pub ipv4_prefix_count: Option<i32>,
    pub ipv6_prefixes: Option<Vec<Ipv6PrefixSpecificationRequest>>,
    pub ipv6_prefix_count: Option<i32>,
    pub primary_ipv6: Option<bool>,
    pub ena_srd_specification: Option<EnaSrdSpecificationRequest>,
    pub connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest>,
    pub ena_queue_count: Option<i32>,
}
structure!(InstanceNetworkInterfaceSpecification {
0 associate_public_ip_address,
1 delete_on_termination,
2 description,
3 device_index,
4 groups,
5 ipv6_address_count,
6 ipv6_addresses,
7 network_interface_id,
8 private_ip_address,
9 private_ip_addresses,
10 secondary_private_ip_address_count,
11 subnet_id,
12 associate_carrier_ip_address,
13 interface_type,
14 network_card_index,
15 ipv4_prefixes,
16 ipv4_prefix_count,
17 ipv6_prefixes,
18 ipv6_prefix_count,
19 primary_ipv6,
20 ena_srd_specification,
21 connection_tracking_specification,
22 ena_queue_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceNetworkPerformanceOptions {
    pub bandwidth_weighting: Option<String>,
}
structure!(InstanceNetworkPerformanceOptions {
0 bandwidth_weighting,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceNetworkPerformanceOptionsRequest {
    pub bandwidth_weighting: Option<String>,
}
structure!(InstanceNetworkPerformanceOptionsRequest {
0 bandwidth_weighting,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstancePrivateIpAddress {
    pub association: Option<InstanceNetworkInterfaceAssociation>,
    pub primary: Option<bool>,
    pub private_dns_name: Option<String>,
    pub private_ip_address: Option<String>,
}
structure!(InstancePrivateIpAddress {
0 association,
1 primary,
2 private_dns_name,
3 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceRequirements {
    pub v_cpu_count: Option<VCpuCountRange>,
    pub memory_mi_b: Option<MemoryMiB>,
    pub cpu_manufacturers: Option<Vec<String>>,
    pub memory_gi_b_per_v_cpu: Option<MemoryGiBPerVCpu>,
    pub excluded_instance_types: Option<Vec<String>>,
    pub instance_generations: Option<Vec<String>>,
    pub spot_max_price_percentage_over_lowest_price: Option<i32>,
    pub on_demand_max_price_percentage_over_lowest_price: Option<i32>,
    pub bare_metal: Option<String>,
    pub burstable_performance: Option<String>,
    pub require_hibernate_support: Option<bool>,
    pub network_interface_count: Option<NetworkInterfaceCount>,
    pub local_storage: Option<String>,
    pub local_storage_types: Option<Vec<String>>,
    pub total_local_storage_gb: Option<TotalLocalStorageGB>,
    pub baseline_ebs_bandwidth_mbps: Option<BaselineEbsBandwidthMbps>,
    pub accelerator_types: Option<Vec<String>>,
    pub accelerator_count: Option<AcceleratorCount>,
    pub accelerator_manufacturers: Option<Vec<String>>,
    pub accelerator_names: Option<Vec<String>>,
    pub accelerator_total_memory_mi_b: Option<AcceleratorTotalMemoryMiB>,
    pub network_bandwidth_gbps: Option<NetworkBandwidthGbps>,
    pub allowed_instance_types: Option<Vec<String>>,
    pub max_spot_price_as_percentage_of_optimal_on_demand_price: Option<i32>,
    pub baseline_performance_factors: Option<BaselinePerformanceFactors>,
    pub require_encryption_in_transit: Option<bool>,
}
structure!(InstanceRequirements {
0 v_cpu_count,
1 memory_mi_b,
2 cpu_manufacturers,
3 memory_gi_b_per_v_cpu,
4 excluded_instance_types,
5 instance_generations,
6 spot_max_price_percentage_over_lowest_price,
7 on_demand_max_price_percentage_over_lowest_price,
8 bare_metal,
9 burstable_performance,
10 require_hibernate_support,
11 network_interface_count,
12 local_storage,
13 local_storage_types,
14 total_local_storage_gb,
15 baseline_ebs_bandwidth_mbps,
16 accelerator_types,
17 accelerator_count,
18 accelerator_manufacturers,
19 accelerator_names,
20 accelerator_total_memory_mi_b,
21 network_bandwidth_gbps,
22 allowed_instance_types,
23 max_spot_price_as_percentage_of_optimal_on_demand_price,
24 baseline_performance_factors,
25 require_encryption_in_transit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceRequirementsRequest {
    pub v_cpu_count: Option<VCpuCountRangeRequest>,
    pub memory_mi_b: Option<MemoryMiBRequest>,
    pub cpu_manufacturers: Option<Vec<String>>,
    pub memory_gi_b_per_v_cpu: Option<MemoryGiBPerVCpuRequest>,
    pub excluded_instance_types: Option<Vec<String>>,
    pub instance_generations: Option<Vec<String>>,
    pub spot_max_price_percentage_over_lowest_price: Option<i32>,
    pub on_demand_max_price_percentage_over_lowest_price: Option<i32>,
    pub bare_metal: Option<String>,
    pub burstable_performance: Option<String>,
    pub require_hibernate_support: Option<bool>,
    pub network_interface_count: Option<NetworkInterfaceCountRequest>,
    pub local_storage: Option<String>,
    pub local_storage_types: Option<Vec<String>>,
    pub total_local_storage_gb: Option<TotalLocalStorageGBRequest>,
    pub baseline_ebs_bandwidth_mbps: Option<BaselineEbsBandwidthMbpsRequest>,
    pub accelerator_types: Option<Vec<String>>,
    pub accelerator_count: Option<AcceleratorCountRequest>,
    pub accelerator_manufacturers: Option<Vec<String>>,
    pub accelerator_names: Option<Vec<String>>,
    pub accelerator_total_memory_mi_b: Option<AcceleratorTotalMemoryMiBRequest>,
    pub network_bandwidth_gbps: Option<NetworkBandwidthGbpsRequest>,
    pub allowed_instance_types: Option<Vec<String>>,
    pub max_spot_price_as_percentage_of_optimal_on_demand_price: Option<i32>,
    pub baseline_performance_factors: Option<BaselinePerformanceFactorsRequest>,
    pub require_encryption_in_transit: Option<bool>,
}
structure!(InstanceRequirementsRequest {
0 v_cpu_count,
1 memory_mi_b,
2 cpu_manufacturers,
3 memory_gi_b_per_v_cpu,
4 excluded_instance_types,
5 instance_generations,
6 spot_max_price_percentage_over_lowest_price,
7 on_demand_max_price_percentage_over_lowest_price,
8 bare_metal,
9 burstable_performance,
10 require_hibernate_support,
11 network_interface_count,
12 local_storage,
13 local_storage_types,
14 total_local_storage_gb,
15 baseline_ebs_bandwidth_mbps,
16 accelerator_types,
17 accelerator_count,
18 accelerator_manufacturers,
19 accelerator_names,
20 accelerator_total_memory_mi_b,
21 network_bandwidth_gbps,
22 allowed_instance_types,
23 max_spot_price_as_percentage_of_optimal_on_demand_price,
24 baseline_performance_factors,
25 require_encryption_in_transit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceSecondaryInterface {
    pub attachment: Option<InstanceSecondaryInterfaceAttachment>,
    pub mac_address: Option<String>,
    pub secondary_interface_id: Option<String>,
    pub owner_id: Option<String>,
    pub private_ip_addresses: Option<Vec<InstanceSecondaryInterfacePrivateIpAddress>>,
    pub source_dest_check: Option<bool>,
    pub status: Option<String>,
    pub secondary_subnet_id: Option<String>,
    pub secondary_network_id: Option<String>,
    pub interface_type: Option<String>,
}
structure!(InstanceSecondaryInterface {
0 attachment,
1 mac_address,
2 secondary_interface_id,
3 owner_id,
4 private_ip_addresses,
5 source_dest_check,
6 status,
7 secondary_subnet_id,
8 secondary_network_id,
9 interface_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceSecondaryInterfaceAttachment {
    pub attach_time: Option<Timestamp>,
    pub attachment_id: Option<String>,
    pub delete_on_termination: Option<bool>,
    pub device_index: Option<i32>,
    pub status: Option<String>,
    pub network_card_index: Option<i32>,
}
structure!(InstanceSecondaryInterfaceAttachment {
0 attach_time,
1 attachment_id,
2 delete_on_termination,
3 device_index,
4 status,
5 network_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceSecondaryInterfacePrivateIpAddress {
    pub private_ip_address: Option<String>,
}
structure!(InstanceSecondaryInterfacePrivateIpAddress {
0 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceSecondaryInterfacePrivateIpAddressRequest {
    pub private_ip_address: Option<String>,
}
structure!(InstanceSecondaryInterfacePrivateIpAddressRequest {
0 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceSecondaryInterfaceSpecificationRequest {
    pub delete_on_termination: Option<bool>,
    pub device_index: Option<i32>,
    pub private_ip_addresses: Option<Vec<InstanceSecondaryInterfacePrivateIpAddressRequest>>,
    pub private_ip_address_count: Option<i32>,
    pub secondary_subnet_id: Option<String>,
    pub interface_type: Option<String>,
    pub network_card_index: Option<i32>,
}
structure!(InstanceSecondaryInterfaceSpecificationRequest {
0 delete_on_termination,
1 device_index,
2 private_ip_addresses,
3 private_ip_address_count,
4 secondary_subnet_id,
5 interface_type,
6 network_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceSpecification {
    pub instance_id: Option<String>,
    pub exclude_boot_volume: Option<bool>,
    pub exclude_data_volume_ids: Option<Vec<String>>,
}
structure!(InstanceSpecification {
0 instance_id,
1 exclude_boot_volume,
2 exclude_data_volume_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceState {
    pub code: Option<i32>,
    pub name: Option<String>,
}
structure!(InstanceState {
0 code,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceStateChange {
    pub instance_id: Option<String>,
    pub current_state: Option<InstanceState>,
    pub previous_state: Option<InstanceState>,
}
structure!(InstanceStateChange {
0 instance_id,
1 current_state,
2 previous_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceStatus {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub outpost_arn: Option<String>,
    pub operator: Option<OperatorResponse>,
    pub events: Option<Vec<InstanceStatusEvent>>,
    pub instance_id: Option<String>,
    pub instance_state: Option<InstanceState>,
    pub instance_status: Option<InstanceStatusSummary>,
    pub system_status: Option<InstanceStatusSummary>,
    pub attached_ebs_status: Option<EbsStatusSummary>,
    pub application_status: Option<ApplicationStatusSummary>,
    pub performance_status: Option<PerformanceStatusSummary>,
}
structure!(InstanceStatus {
0 availability_zone,
1 availability_zone_id,
2 outpost_arn,
3 operator,
4 events,
5 instance_id,
6 instance_state,
7 instance_status,
8 system_status,
9 attached_ebs_status,
10 application_status,
11 performance_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceStatusDetails {
    pub impaired_since: Option<Timestamp>,
    pub name: Option<String>,
    pub status: Option<String>,
}
structure!(InstanceStatusDetails {
0 impaired_since,
1 name,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceStatusEvent {
    pub instance_event_id: Option<String>,
    pub code: Option<String>,
    pub description: Option<String>,
    pub not_after: Option<Timestamp>,
    pub not_before: Option<Timestamp>,
    pub not_before_deadline: Option<Timestamp>,
}
structure!(InstanceStatusEvent {
0 instance_event_id,
1 code,
2 description,
3 not_after,
4 not_before,
5 not_before_deadline,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceStatusSummary {
    pub details: Option<Vec<InstanceStatusDetails>>,
    pub status: Option<String>,
}
structure!(InstanceStatusSummary {
0 details,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceStorageInfo {
    pub total_size_in_gb: Option<i64>,
    pub disks: Option<Vec<DiskInfo>>,
    pub nvme_support: Option<String>,
    pub encryption_support: Option<String>,
}
structure!(InstanceStorageInfo {
0 total_size_in_gb,
1 disks,
2 nvme_support,
3 encryption_support,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceTypeInfo {
    pub instance_type: Option<String>,
    pub current_generation: Option<bool>,
    pub free_tier_eligible: Option<bool>,
    pub supported_usage_classes: Option<Vec<String>>,
    pub supported_root_device_types: Option<Vec<String>>,
    pub supported_virtualization_types: Option<Vec<String>>,
    pub bare_metal: Option<bool>,
    pub hypervisor: Option<String>,
    pub processor_info: Option<ProcessorInfo>,
    pub v_cpu_info: Option<VCpuInfo>,
    pub memory_info: Option<MemoryInfo>,
    pub instance_storage_supported: Option<bool>,
    pub instance_storage_info: Option<InstanceStorageInfo>,
    pub ebs_info: Option<EbsInfo>,
    pub network_info: Option<NetworkInfo>,
    pub gpu_info: Option<GpuInfo>,
    pub fpga_info: Option<FpgaInfo>,
    pub placement_group_info: Option<PlacementGroupInfo>,
    pub inference_accelerator_info: Option<InferenceAcceleratorInfo>,
    pub hibernation_supported: Option<bool>,
    pub burstable_performance_supported: Option<bool>,
    pub dedicated_hosts_supported: Option<bool>,
    pub auto_recovery_supported: Option<bool>,
    pub supported_boot_modes: Option<Vec<String>>,
    pub nitro_enclaves_support: Option<String>,
    pub nitro_tpm_support: Option<String>,
    pub nitro_tpm_info: Option<NitroTpmInfo>,
    pub media_accelerator_info: Option<MediaAcceleratorInfo>,
    pub neuron_info: Option<NeuronInfo>,
    pub phc_support: Option<String>,
    pub reboot_migration_support: Option<String>,
    pub supported_in_region: Option<bool>,
}
structure!(InstanceTypeInfo {
0 instance_type,
1 current_generation,
2 free_tier_eligible,
3 supported_usage_classes,
4 supported_root_device_types,
5 supported_virtualization_types,
6 bare_metal,
7 hypervisor,
8 processor_info,
9 v_cpu_info,
10 memory_info,
11 instance_storage_supported,
12 instance_storage_info,
13 ebs_info,
14 network_info,
15 gpu_info,
16 fpga_info,
17 placement_group_info,
18 inference_accelerator_info,
19 hibernation_supported,
20 burstable_performance_supported,
21 dedicated_hosts_supported,
22 auto_recovery_supported,
23 supported_boot_modes,
24 nitro_enclaves_support,
25 nitro_tpm_support,
26 nitro_tpm_info,
27 media_accelerator_info,
28 neuron_info,
29 phc_support,
30 reboot_migration_support,
31 supported_in_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceTypeItem {
    pub instance_type: Option<String>,
}
structure!(InstanceTypeItem {
0 instance_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceTypeOffering {
    pub instance_type: Option<String>,
    pub location_type: Option<String>,
    pub location: Option<String>,
}
structure!(InstanceTypeOffering {
0 instance_type,
1 location_type,
2 location,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceTypeSpecification {
    pub supported_instance_types: Option<Vec<InstanceTypeItem>>,
    pub unsupported_instance_types: Option<Vec<InstanceTypeItem>>,
}
structure!(InstanceTypeSpecification {
0 supported_instance_types,
1 unsupported_instance_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InternetGateway {
    pub attachments: Option<Vec<InternetGatewayAttachment>>,
    pub internet_gateway_id: Option<String>,
    pub owner_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(InternetGateway {
0 attachments,
1 internet_gateway_id,
2 owner_id,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InternetGatewayAttachment {
    pub state: Option<String>,
    pub vpc_id: Option<String>,
}
structure!(InternetGatewayAttachment {
0 state,
1 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IpPermission {
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub user_id_group_pairs: Option<Vec<UserIdGroupPair>>,
    pub ip_ranges: Option<Vec<IpRange>>,
    pub ipv6_ranges: Option<Vec<Ipv6Range>>,
    pub prefix_list_ids: Option<Vec<PrefixListId>>,
}
structure!(IpPermission {
0 ip_protocol,
1 from_port,
2 to_port,
3 user_id_group_pairs,
4 ip_ranges,
5 ipv6_ranges,
6 prefix_list_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IpRange {
    pub description: Option<String>,
    pub cidr_ip: Option<String>,
}
structure!(IpRange {
0 description,
1 cidr_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv4PrefixSpecification {
    pub ipv4_prefix: Option<String>,
}
structure!(Ipv4PrefixSpecification {
0 ipv4_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv4PrefixSpecificationRequest {
    pub ipv4_prefix: Option<String>,
}
structure!(Ipv4PrefixSpecificationRequest {
0 ipv4_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv4PrefixSpecificationResponse {
    pub ipv4_prefix: Option<String>,
}
structure!(Ipv4PrefixSpecificationResponse {
0 ipv4_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv6CidrBlock {
    pub ipv6_cidr_block: Option<String>,
}
structure!(Ipv6CidrBlock {
0 ipv6_cidr_block,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv6PrefixSpecification {
    pub ipv6_prefix: Option<String>,
}
structure!(Ipv6PrefixSpecification {
0 ipv6_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv6PrefixSpecificationRequest {
    pub ipv6_prefix: Option<String>,
}
structure!(Ipv6PrefixSpecificationRequest {
0 ipv6_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv6PrefixSpecificationResponse {
    pub ipv6_prefix: Option<String>,
}
structure!(Ipv6PrefixSpecificationResponse {
0 ipv6_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ipv6Range {
    pub description: Option<String>,
    pub cidr_ipv6: Option<String>,
}
structure!(Ipv6Range {
0 description,
1 cidr_ipv6,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyPair {
    pub key_pair_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub key_name: Option<String>,
    pub key_fingerprint: Option<String>,
    pub key_material: Option<String>,
}
structure!(KeyPair {
0 key_pair_id,
1 tags,
2 key_name,
3 key_fingerprint,
4 key_material,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyPairInfo {
    pub key_pair_id: Option<String>,
    pub key_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub public_key: Option<String>,
    pub create_time: Option<Timestamp>,
    pub key_name: Option<String>,
    pub key_fingerprint: Option<String>,
}
structure!(KeyPairInfo {
0 key_pair_id,
1 key_type,
2 tags,
3 public_key,
4 create_time,
5 key_name,
6 key_fingerprint,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LastError {
    pub message: Option<String>,
    pub code: Option<String>,
}
structure!(LastError {
0 message,
1 code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchPermission {
    pub organization_arn: Option<String>,
    pub organizational_unit_arn: Option<String>,
    pub user_id: Option<String>,
    pub group: Option<String>,
}
structure!(LaunchPermission {
0 organization_arn,
1 organizational_unit_arn,
2 user_id,
3 group,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchPermissionModifications {
    pub add: Option<Vec<LaunchPermission>>,
    pub remove: Option<Vec<LaunchPermission>>,
}
structure!(LaunchPermissionModifications {
0 add,
1 remove,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchSpecification {
    pub user_data: Option<String>,
    pub addressing_type: Option<String>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
    pub ebs_optimized: Option<bool>,
    pub iam_instance_profile: Option<IamInstanceProfileSpecification>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub kernel_id: Option<String>,
    pub key_name: Option<String>,
    pub network_interfaces: Option<Vec<InstanceNetworkInterfaceSpecification>>,
    pub placement: Option<SpotPlacement>,
    pub ramdisk_id: Option<String>,
    pub subnet_id: Option<String>,
    pub security_groups: Option<Vec<GroupIdentifier>>,
    pub monitoring: Option<RunInstancesMonitoringEnabled>,
}
structure!(LaunchSpecification {
0 user_data,
1 addressing_type,
2 block_device_mappings,
3 ebs_optimized,
4 iam_instance_profile,
5 image_id,
6 instance_type,
7 kernel_id,
8 key_name,
9 network_interfaces,
10 placement,
11 ramdisk_id,
12 subnet_id,
13 security_groups,
14 monitoring,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplate {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub create_time: Option<Timestamp>,
    pub created_by: Option<String>,
    pub default_version_number: Option<i64>,
    pub latest_version_number: Option<i64>,
    pub tags: Option<Vec<Tag>>,
    pub operator: Option<OperatorResponse>,
}
structure!(LaunchTemplate {
0 launch_template_id,
1 launch_template_name,
2 create_time,
3 created_by,
4 default_version_number,
5 latest_version_number,
6 tags,
7 operator,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateAndOverridesResponse {
    pub launch_template_specification: Option<FleetLaunchTemplateSpecification>,
    pub overrides: Option<FleetLaunchTemplateOverrides>,
}
structure!(LaunchTemplateAndOverridesResponse {
0 launch_template_specification,
1 overrides,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateBlockDeviceMapping {
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
    pub ebs: Option<LaunchTemplateEbsBlockDevice>,
    pub no_device: Option<String>,
}
structure!(LaunchTemplateBlockDeviceMapping {
0 device_name,
1 virtual_name,
2 ebs,
3 no_device,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateBlockDeviceMappingRequest {
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
    pub ebs: Option<LaunchTemplateEbsBlockDeviceRequest>,
    pub no_device: Option<String>,
}
structure!(LaunchTemplateBlockDeviceMappingRequest {
0 device_name,
1 virtual_name,
2 ebs,
3 no_device,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateCapacityReservationSpecificationRequest {
    pub capacity_reservation_preference: Option<String>,
    pub capacity_reservation_target: Option<CapacityReservationTarget>,
}
structure!(LaunchTemplateCapacityReservationSpecificationRequest {
0 capacity_reservation_preference,
1 capacity_reservation_target,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateCapacityReservationSpecificationResponse {
    pub capacity_reservation_preference: Option<String>,
    pub capacity_reservation_target: Option<CapacityReservationTargetResponse>,
}
structure!(LaunchTemplateCapacityReservationSpecificationResponse {
0 capacity_reservation_preference,
1 capacity_reservation_target,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateConfig {
    pub launch_template_specification: Option<FleetLaunchTemplateSpecification>,
    pub overrides: Option<Vec<LaunchTemplateOverrides>>,
}
structure!(LaunchTemplateConfig {
0 launch_template_specification,
1 overrides,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateCpuOptions {
    pub core_count: Option<i32>,
    pub threads_per_core: Option<i32>,
    pub amd_sev_snp: Option<String>,
    pub nested_virtualization: Option<String>,
}
structure!(LaunchTemplateCpuOptions {
0 core_count,
1 threads_per_core,
2 amd_sev_snp,
3 nested_virtualization,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateCpuOptionsRequest {
    pub core_count: Option<i32>,
    pub threads_per_core: Option<i32>,
    pub amd_sev_snp: Option<String>,
    pub nested_virtualization: Option<String>,
}
structure!(LaunchTemplateCpuOptionsRequest {
0 core_count,
1 threads_per_core,
2 amd_sev_snp,
3 nested_virtualization,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateEbsBlockDevice {
    pub encrypted: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub iops: Option<i32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub volume_size: Option<i32>,
    pub volume_type: Option<String>,
    pub throughput: Option<i32>,
    pub volume_initialization_rate: Option<i32>,
    pub ebs_card_index: Option<i32>,
}
structure!(LaunchTemplateEbsBlockDevice {
0 encrypted,
1 delete_on_termination,
2 iops,
3 kms_key_id,
4 snapshot_id,
5 volume_size,
6 volume_type,
7 throughput,
8 volume_initialization_rate,
9 ebs_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateEbsBlockDeviceRequest {
    pub encrypted: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub iops: Option<i32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub volume_size: Option<i32>,
    pub volume_type: Option<String>,
    pub throughput: Option<i32>,
    pub volume_initialization_rate: Option<i32>,
    pub ebs_card_index: Option<i32>,
}
structure!(LaunchTemplateEbsBlockDeviceRequest {
0 encrypted,
1 delete_on_termination,
2 iops,
3 kms_key_id,
4 snapshot_id,
5 volume_size,
6 volume_type,
7 throughput,
8 volume_initialization_rate,
9 ebs_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateElasticInferenceAccelerator {
    pub type_: Option<String>,
    pub count: Option<i32>,
}
structure!(LaunchTemplateElasticInferenceAccelerator {
0 type_,
1 count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateElasticInferenceAcceleratorResponse {
    pub type_: Option<String>,
    pub count: Option<i32>,
}
structure!(LaunchTemplateElasticInferenceAcceleratorResponse {
0 type_,
1 count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateEnaSrdSpecification {
    pub ena_srd_enabled: Option<bool>,
    pub ena_srd_udp_specification: Option<LaunchTemplateEnaSrdUdpSpecification>,
}
structure!(LaunchTemplateEnaSrdSpecification {
0 ena_srd_enabled,
1 ena_srd_udp_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateEnaSrdUdpSpecification {
    pub ena_srd_udp_enabled: Option<bool>,
}
structure!(LaunchTemplateEnaSrdUdpSpecification {
0 ena_srd_udp_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateEnclaveOptions {
    pub enabled: Option<bool>,
}
structure!(LaunchTemplateEnclaveOptions {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateEnclaveOptionsRequest {
    pub enabled: Option<bool>,
}
structure!(LaunchTemplateEnclaveOptionsRequest {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateHibernationOptions {
    pub configured: Option<bool>,
}
structure!(LaunchTemplateHibernationOptions {
0 configured,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateHibernationOptionsRequest {
    pub configured: Option<bool>,
}
structure!(LaunchTemplateHibernationOptionsRequest {
0 configured,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateIamInstanceProfileSpecification {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(LaunchTemplateIamInstanceProfileSpecification {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateIamInstanceProfileSpecificationRequest {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(LaunchTemplateIamInstanceProfileSpecificationRequest {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceMaintenanceOptions {
    pub auto_recovery: Option<String>,
}
structure!(LaunchTemplateInstanceMaintenanceOptions {
0 auto_recovery,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceMaintenanceOptionsRequest {
    pub auto_recovery: Option<String>,
}
structure!(LaunchTemplateInstanceMaintenanceOptionsRequest {
0 auto_recovery,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceMarketOptions {
    pub market_type: Option<String>,
    pub spot_options: Option<LaunchTemplateSpotMarketOptions>,
}
structure!(LaunchTemplateInstanceMarketOptions {
0 market_type,
1 spot_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceMarketOptionsRequest {
    pub market_type: Option<String>,
    pub spot_options: Option<LaunchTemplateSpotMarketOptionsRequest>,
}
structure!(LaunchTemplateInstanceMarketOptionsRequest {
0 market_type,
1 spot_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceMetadataOptions {
    pub state: Option<String>,
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub instance_metadata_tags: Option<String>,
}
structure!(LaunchTemplateInstanceMetadataOptions {
0 state,
1 http_tokens,
2 http_put_response_hop_limit,
3 http_endpoint,
4 http_protocol_ipv6,
5 instance_metadata_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceMetadataOptionsRequest {
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub instance_metadata_tags: Option<String>,
}
structure!(LaunchTemplateInstanceMetadataOptionsRequest {
0 http_tokens,
1 http_put_response_hop_limit,
2 http_endpoint,
3 http_protocol_ipv6,
4 instance_metadata_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceNetworkInterfaceSpecification {
    pub associate_carrier_ip_address: Option<bool>,
    pub associate_public_ip_address: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub description: Option<String>,
    pub device_index: Option<i32>,
    pub groups: Option<Vec<String>>,
    pub interface_type: Option<String>,
    pub ipv6_address_count: Option<i32>,
    pub ipv6_addresses: Option<Vec<InstanceIpv6Address>>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub private_ip_addresses: Option<Vec<PrivateIpAddressSpecification>>,
    pub secondary_private_ip_address_count: Option<i32>,
    pub subnet_id: Option<String>,
    pub network_card_index: Option<i32>,
    pub ipv4_prefixes: Option<Vec<Ipv4PrefixSpecificationResponse>>,
    pub ipv4_prefix_count: Option<i32>,
    pub ipv6_prefixes: Option<Vec<Ipv6PrefixSpecificationResponse>>,
    pub ipv6_prefix_count: Option<i32>,
    pub primary_ipv6: Option<bool>,
    pub ena_srd_specification: Option<LaunchTemplateEnaSrdSpecification>,
    pub connection_tracking_specification: Option<ConnectionTrackingSpecification>,
    pub ena_queue_count: Option<i32>,
}
structure!(LaunchTemplateInstanceNetworkInterfaceSpecification {
0 associate_carrier_ip_address,
1 associate_public_ip_address,
2 delete_on_termination,
3 description,
4 device_index,
5 groups,
6 interface_type,
7 ipv6_address_count,
8 ipv6_addresses,
9 network_interface_id,
10 private_ip_address,
11 private_ip_addresses,
12 secondary_private_ip_address_count,
13 subnet_id,
14 network_card_index,
15 ipv4_prefixes,
16 ipv4_prefix_count,
17 ipv6_prefixes,
18 ipv6_prefix_count,
19 primary_ipv6,
20 ena_srd_specification,
21 connection_tracking_specification,
22 ena_queue_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
    pub associate_carrier_ip_address: Option<bool>,
    pub associate_public_ip_address: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub description: Option<String>,
    pub device_index: Option<i32>,
    pub groups: Option<Vec<String>>,
    pub interface_type: Option<String>,
    pub ipv6_address_count: Option<i32>,
    pub ipv6_addresses: Option<Vec<InstanceIpv6AddressRequest>>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub private_ip_addresses: Option<Vec<PrivateIpAddressSpecification>>,
    pub secondary_private_ip_address_count: Option<i32>,
    pub subnet_id: Option<String>,
    pub network_card_index: Option<i32>,
    pub ipv4_prefixes: Option<Vec<Ipv4PrefixSpecificationRequest>>,
    pub ipv4_prefix_count: Option<i32>,
    pub ipv6_prefixes: Option<Vec<Ipv6PrefixSpecificationRequest>>,
    pub ipv6_prefix_count: Option<i32>,
    pub primary_ipv6: Option<bool>,
    pub ena_srd_specification: Option<EnaSrdSpecificationRequest>,
    pub connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest>,
    pub ena_queue_count: Option<i32>,
}
structure!(LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
0 associate_carrier_ip_address,
1 associate_public_ip_address,
2 delete_on_termination,
3 description,
4 device_index,
5 groups,
6 interface_type,
7 ipv6_address_count,
8 ipv6_addresses,
9 network_interface_id,
10 private_ip_address,
11 private_ip_addresses,
12 secondary_private_ip_address_count,
13 subnet_id,
14 network_card_index,
15 ipv4_prefixes,
16 ipv4_prefix_count,
17 ipv6_prefixes,
18 ipv6_prefix_count,
19 primary_ipv6,
20 ena_srd_specification,
21 connection_tracking_specification,
22 ena_queue_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceSecondaryInterfaceSpecification {
    pub delete_on_termination: Option<bool>,
    pub device_index: Option<i32>,
    pub private_ip_addresses: Option<Vec<SecondaryInterfacePrivateIpAddressSpecification>>,
    pub private_ip_address_count: Option<i32>,
    pub secondary_subnet_id: Option<String>,
    pub interface_type: Option<String>,
    pub network_card_index: Option<i32>,
}
structure!(LaunchTemplateInstanceSecondaryInterfaceSpecification {
0 delete_on_termination,
1 device_index,
2 private_ip_addresses,
3 private_ip_address_count,
4 secondary_subnet_id,
5 interface_type,
6 network_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest {
    pub delete_on_termination: Option<bool>,
    pub device_index: Option<i32>,
    pub private_ip_addresses: Option<Vec<SecondaryInterfacePrivateIpAddressSpecificationRequest>>,
    pub private_ip_address_count: Option<i32>,
    pub secondary_subnet_id: Option<String>,
    pub interface_type: Option<String>,
    pub network_card_index: Option<i32>,
}
structure!(LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest {
0 delete_on_termination,
1 device_index,
2 private_ip_addresses,
3 private_ip_address_count,
4 secondary_subnet_id,
5 interface_type,
6 network_card_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateLicenseConfiguration {
    pub license_configuration_arn: Option<String>,
}
structure!(LaunchTemplateLicenseConfiguration {
0 license_configuration_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateLicenseConfigurationRequest {
    pub license_configuration_arn: Option<String>,
}
structure!(LaunchTemplateLicenseConfigurationRequest {
0 license_configuration_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateNetworkPerformanceOptions {
    pub bandwidth_weighting: Option<String>,
}
structure!(LaunchTemplateNetworkPerformanceOptions {
0 bandwidth_weighting,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateNetworkPerformanceOptionsRequest {
    pub bandwidth_weighting: Option<String>,
}
structure!(LaunchTemplateNetworkPerformanceOptionsRequest {
0 bandwidth_weighting,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateOverrides {
    pub instance_type: Option<String>,
    pub spot_price: Option<String>,
    pub subnet_id: Option<String>,
    pub availability_zone: Option<String>,
    pub weighted_capacity: Option<f64>,
    pub priority: Option<f64>,
    pub instance_requirements: Option<InstanceRequirements>,
    pub availability_zone_id: Option<String>,
}
structure!(LaunchTemplateOverrides {
0 instance_type,
1 spot_price,
2 subnet_id,
3 availability_zone,
4 weighted_capacity,
5 priority,
6 instance_requirements,
7 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplatePlacement {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub affinity: Option<String>,
    pub group_name: Option<String>,
    pub host_id: Option<String>,
    pub tenancy: Option<String>,
    pub spread_domain: Option<String>,
    pub host_resource_group_arn: Option<String>,
    pub partition_number: Option<i32>,
    pub group_id: Option<String>,
}
structure!(LaunchTemplatePlacement {
0 availability_zone,
1 availability_zone_id,
2 affinity,
3 group_name,
4 host_id,
5 tenancy,
6 spread_domain,
7 host_resource_group_arn,
8 partition_number,
9 group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplatePlacementRequest {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub affinity: Option<String>,
    pub group_name: Option<String>,
    pub host_id: Option<String>,
    pub tenancy: Option<String>,
    pub spread_domain: Option<String>,
    pub host_resource_group_arn: Option<String>,
    pub partition_number: Option<i32>,
    pub group_id: Option<String>,
}
structure!(LaunchTemplatePlacementRequest {
0 availability_zone,
1 availability_zone_id,
2 affinity,
3 group_name,
4 host_id,
5 tenancy,
6 spread_domain,
7 host_resource_group_arn,
8 partition_number,
9 group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplatePrivateDnsNameOptions {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}
structure!(LaunchTemplatePrivateDnsNameOptions {
0 hostname_type,
1 enable_resource_name_dns_a_record,
2 enable_resource_name_dns_aaaa_record,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplatePrivateDnsNameOptionsRequest {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}
structure!(LaunchTemplatePrivateDnsNameOptionsRequest {
0 hostname_type,
1 enable_resource_name_dns_a_record,
2 enable_resource_name_dns_aaaa_record,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateSpecification {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version: Option<String>,
}
structure!(LaunchTemplateSpecification {
0 launch_template_id,
1 launch_template_name,
2 version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateSpotMarketOptions {
    pub max_price: Option<String>,
    pub spot_instance_type: Option<String>,
    pub block_duration_minutes: Option<i32>,
    pub valid_until: Option<Timestamp>,
    pub instance_interruption_behavior: Option<String>,
}
structure!(LaunchTemplateSpotMarketOptions {
0 max_price,
1 spot_instance_type,
2 block_duration_minutes,
3 valid_until,
4 instance_interruption_behavior,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateSpotMarketOptionsRequest {
    pub max_price: Option<String>,
    pub spot_instance_type: Option<String>,
    pub block_duration_minutes: Option<i32>,
    pub valid_until: Option<Timestamp>,
    pub instance_interruption_behavior: Option<String>,
}
structure!(LaunchTemplateSpotMarketOptionsRequest {
0 max_price,
1 spot_instance_type,
2 block_duration_minutes,
3 valid_until,
4 instance_interruption_behavior,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateTagSpecification {
    pub resource_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(LaunchTemplateTagSpecification {
0 resource_type,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateTagSpecificationRequest {
    pub resource_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(LaunchTemplateTagSpecificationRequest {
0 resource_type,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateVersion {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version_number: Option<i64>,
    pub version_description: Option<String>,
    pub create_time: Option<Timestamp>,
    pub created_by: Option<String>,
    pub default_version: Option<bool>,
    pub launch_template_data: Option<ResponseLaunchTemplateData>,
    pub operator: Option<OperatorResponse>,
}
structure!(LaunchTemplateVersion {
0 launch_template_id,
1 launch_template_name,
2 version_number,
3 version_description,
4 create_time,
5 created_by,
6 default_version,
7 launch_template_data,
8 operator,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplatesMonitoring {
    pub enabled: Option<bool>,
    pub metric_category_ids: Option<Vec<String>>,
}
structure!(LaunchTemplatesMonitoring {
0 enabled,
1 metric_category_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplatesMonitoringRequest {
    pub enabled: Option<bool>,
    pub metric_category_ids: Option<Vec<String>>,
}
structure!(LaunchTemplatesMonitoringRequest {
0 enabled,
1 metric_category_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LicenseConfiguration {
    pub license_configuration_arn: Option<String>,
}
structure!(LicenseConfiguration {
0 license_configuration_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LicenseConfigurationRequest {
    pub license_configuration_arn: Option<String>,
}
structure!(LicenseConfigurationRequest {
0 license_configuration_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadBalancersConfig {
    pub classic_load_balancers_config: Option<ClassicLoadBalancersConfig>,
    pub target_groups_config: Option<TargetGroupsConfig>,
}
structure!(LoadBalancersConfig {
0 classic_load_balancers_config,
1 target_groups_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedPrefixList {
    pub prefix_list_id: Option<String>,
    pub address_family: Option<String>,
    pub state: Option<String>,
    pub state_message: Option<String>,
    pub prefix_list_arn: Option<String>,
    pub prefix_list_name: Option<String>,
    pub max_entries: Option<i32>,
    pub version: Option<i64>,
    pub tags: Option<Vec<Tag>>,
    pub owner_id: Option<String>,
    pub ipam_prefix_list_resolver_target_id: Option<String>,
    pub ipam_prefix_list_resolver_sync_enabled: Option<bool>,
}
structure!(ManagedPrefixList {
0 prefix_list_id,
1 address_family,
2 state,
3 state_message,
4 prefix_list_arn,
5 prefix_list_name,
6 max_entries,
7 version,
8 tags,
9 owner_id,
10 ipam_prefix_list_resolver_target_id,
11 ipam_prefix_list_resolver_sync_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MediaAcceleratorInfo {
    pub accelerators: Option<Vec<MediaDeviceInfo>>,
    pub total_media_memory_in_mi_b: Option<i32>,
}
structure!(MediaAcceleratorInfo {
0 accelerators,
1 total_media_memory_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MediaDeviceInfo {
    pub count: Option<i32>,
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub memory_info: Option<MediaDeviceMemoryInfo>,
}
structure!(MediaDeviceInfo {
0 count,
1 name,
2 manufacturer,
3 memory_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MediaDeviceMemoryInfo {
    pub size_in_mi_b: Option<i32>,
}
structure!(MediaDeviceMemoryInfo {
0 size_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryGiBPerVCpu {
    pub min: Option<f64>,
    pub max: Option<f64>,
}
structure!(MemoryGiBPerVCpu {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryGiBPerVCpuRequest {
    pub min: Option<f64>,
    pub max: Option<f64>,
}
structure!(MemoryGiBPerVCpuRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryInfo {
    pub size_in_mi_b: Option<i64>,
}
structure!(MemoryInfo {
0 size_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryMiB {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(MemoryMiB {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryMiBRequest {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(MemoryMiBRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyAddressAttributeRequest {
    pub allocation_id: Option<String>,
    pub domain_name: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ModifyAddressAttributeRequest {
0 allocation_id,
1 domain_name,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyAddressAttributeResult {
    pub address: Option<AddressAttribute>,
}
structure!(ModifyAddressAttributeResult {
0 address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyEbsDefaultKmsKeyIdRequest {
    pub kms_key_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ModifyEbsDefaultKmsKeyIdRequest {
0 kms_key_id,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyEbsDefaultKmsKeyIdResult {
    pub kms_key_id: Option<String>,
}
structure!(ModifyEbsDefaultKmsKeyIdResult {
0 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyImageAttributeRequest {
    pub attribute: Option<String>,
    pub description: Option<AttributeValue>,
    pub image_id: Option<String>,
    pub launch_permission: Option<LaunchPermissionModifications>,
    pub operation_type: Option<String>,
    pub product_codes: Option<Vec<String>>,
    pub user_groups: Option<Vec<String>>,
    pub user_ids: Option<Vec<String>>,
    pub value: Option<String>,
    pub organization_arns: Option<Vec<String>>,
    pub organizational_unit_arns: Option<Vec<String>>,
    pub imds_support: Option<AttributeValue>,
    pub dry_run: Option<bool>,
}
structure!(ModifyImageAttributeRequest {
0 attribute,
1 description,
2 image_id,
3 launch_permission,
4 operation_type,
5 product_codes,
6 user_groups,
7 user_ids,
8 value,
9 organization_arns,
10 organizational_unit_arns,
11 imds_support,
12 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyInstanceAttributeRequest {
    pub source_dest_check: Option<AttributeBooleanValue>,
    pub enclave_options: Option<EnclaveOptionsRequest>,
    pub disable_api_stop: Option<AttributeBooleanValue>,
    pub dry_run: Option<bool>,
    pub instance_id: Option<String>,
    pub attribute: Option<String>,
    pub value: Option<String>,
    pub block_device_mappings: Option<Vec<InstanceBlockDeviceMappingSpecification>>,
    pub disable_api_termination: Option<AttributeBooleanValue>,
    pub instance_type: Option<AttributeValue>,
    pub kernel: Option<AttributeValue>,
    pub ramdisk: Option<AttributeValue>,
    pub user_data: Option<SecureBlobAttributeValue>,
    pub instance_initiated_shutdown_behavior: Option<AttributeValue>,
    pub groups: Option<Vec<String>>,
    pub ebs_optimized: Option<AttributeBooleanValue>,
    pub sriov_net_support: Option<AttributeValue>,
    pub ena_support: Option<AttributeBooleanValue>,
}
structure!(ModifyInstanceAttributeRequest {
0 source_dest_check,
1 enclave_options,
2 disable_api_stop,
3 dry_run,
4 instance_id,
5 attribute,
6 value,
7 block_device_mappings,
8 disable_api_termination,
9 instance_type,
10 kernel,
11 ramdisk,
12 user_data,
13 instance_initiated_shutdown_behavior,
14 groups,
15 ebs_optimized,
16 sriov_net_support,
17 ena_support,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyInstanceMetadataOptionsRequest {
    pub instance_id: Option<String>,
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    pub http_endpoint: Option<String>,
    pub dry_run: Option<bool>,
    pub http_protocol_ipv6: Option<String>,
    pub instance_metadata_tags: Option<String>,
}
structure!(ModifyInstanceMetadataOptionsRequest {
0 instance_id,
1 http_tokens,
2 http_put_response_hop_limit,
3 http_endpoint,
4 dry_run,
5 http_protocol_ipv6,
6 instance_metadata_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyInstanceMetadataOptionsResult {
    pub instance_id: Option<String>,
    pub instance_metadata_options: Option<InstanceMetadataOptionsResponse>,
}
structure!(ModifyInstanceMetadataOptionsResult {
0 instance_id,
1 instance_metadata_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyInstancePlacementRequest {
    pub group_name: Option<String>,
    pub partition_number: Option<i32>,
    pub host_resource_group_arn: Option<String>,
    pub group_id: Option<String>,
    pub instance_id: Option<String>,
    pub tenancy: Option<String>,
    pub affinity: Option<String>,
    pub host_id: Option<String>,
}
structure!(ModifyInstancePlacementRequest {
0 group_name,
1 partition_number,
2 host_resource_group_arn,
3 group_id,
4 instance_id,
5 tenancy,
6 affinity,
7 host_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyInstancePlacementResult {
    pub return_: Option<bool>,
}
structure!(ModifyInstancePlacementResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyLaunchTemplateRequest {
    pub dry_run: Option<bool>,
    pub client_token: Option<String>,
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub default_version: Option<String>,
}
structure!(ModifyLaunchTemplateRequest {
0 dry_run,
1 client_token,
2 launch_template_id,
3 launch_template_name,
4 default_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyLaunchTemplateResult {
    pub launch_template: Option<LaunchTemplate>,
}
structure!(ModifyLaunchTemplateResult {
0 launch_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyManagedPrefixListRequest {
    pub dry_run: Option<bool>,
    pub prefix_list_id: Option<String>,
    pub current_version: Option<i64>,
    pub prefix_list_name: Option<String>,
    pub add_entries: Option<Vec<AddPrefixListEntry>>,
    pub remove_entries: Option<Vec<RemovePrefixListEntry>>,
    pub max_entries: Option<i32>,
    pub ipam_prefix_list_resolver_sync_enabled: Option<bool>,
}
structure!(ModifyManagedPrefixListRequest {
0 dry_run,
1 prefix_list_id,
2 current_version,
3 prefix_list_name,
4 add_entries,
5 remove_entries,
6 max_entries,
7 ipam_prefix_list_resolver_sync_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyManagedPrefixListResult {
    pub prefix_list: Option<ManagedPrefixList>,
}
structure!(ModifyManagedPrefixListResult {
0 prefix_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyNetworkInterfaceAttributeRequest {
    pub ena_srd_specification: Option<EnaSrdSpecification>,
    pub enable_primary_ipv6: Option<bool>,
    pub connection_tracking_specification: Option<ConnectionTrackingSpecificationRequest>,
    pub associate_public_ip_address: Option<bool>,
    pub associated_subnet_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub network_interface_id: Option<String>,
    pub description: Option<AttributeValue>,
    pub source_dest_check: Option<AttributeBooleanValue>,
    pub groups: Option<Vec<String>>,
    pub attachment: Option<NetworkInterfaceAttachmentChanges>,
}
structure!(ModifyNetworkInterfaceAttributeRequest {
0 ena_srd_specification,
1 enable_primary_ipv6,
2 connection_tracking_specification,
3 associate_public_ip_address,
4 associated_subnet_ids,
5 dry_run,
6 network_interface_id,
7 description,
8 source_dest_check,
9 groups,
10 attachment,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifySecurityGroupRulesRequest {
    pub group_id: Option<String>,
    pub security_group_rules: Option<Vec<SecurityGroupRuleUpdate>>,
    pub dry_run: Option<bool>,
}
structure!(ModifySecurityGroupRulesRequest {
0 group_id,
1 security_group_rules,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifySecurityGroupRulesResult {
    pub return_: Option<bool>,
}
structure!(ModifySecurityGroupRulesResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifySnapshotAttributeRequest {
    pub attribute: Option<String>,
    pub create_volume_permission: Option<CreateVolumePermissionModifications>,
    pub group_names: Option<Vec<String>>,
    pub operation_type: Option<String>,
    pub snapshot_id: Option<String>,
    pub user_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(ModifySnapshotAttributeRequest {
0 attribute,
1 create_volume_permission,
2 group_names,
3 operation_type,
4 snapshot_id,
5 user_ids,
6 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifySpotFleetRequestRequest {
    pub launch_template_configs: Option<Vec<LaunchTemplateConfig>>,
    pub on_demand_target_capacity: Option<i32>,
    pub context: Option<String>,
    pub spot_fleet_request_id: Option<String>,
    pub target_capacity: Option<i32>,
    pub excess_capacity_termination_policy: Option<String>,
}
structure!(ModifySpotFleetRequestRequest {
0 launch_template_configs,
1 on_demand_target_capacity,
2 context,
3 spot_fleet_request_id,
4 target_capacity,
5 excess_capacity_termination_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifySpotFleetRequestResponse {
    pub return_: Option<bool>,
}
structure!(ModifySpotFleetRequestResponse {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifySubnetAttributeRequest {
    pub assign_ipv6_address_on_creation: Option<AttributeBooleanValue>,
    pub map_public_ip_on_launch: Option<AttributeBooleanValue>,
    pub subnet_id: Option<String>,
    pub map_customer_owned_ip_on_launch: Option<AttributeBooleanValue>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub enable_dns64: Option<AttributeBooleanValue>,
    pub private_dns_hostname_type_on_launch: Option<String>,
    pub enable_resource_name_dns_a_record_on_launch: Option<AttributeBooleanValue>,
    pub enable_resource_name_dns_aaaa_record_on_launch: Option<AttributeBooleanValue>,
    pub enable_lni_at_device_index: Option<i32>,
    pub disable_lni_at_device_index: Option<AttributeBooleanValue>,
}
structure!(ModifySubnetAttributeRequest {
0 assign_ipv6_address_on_creation,
1 map_public_ip_on_launch,
2 subnet_id,
3 map_customer_owned_ip_on_launch,
4 customer_owned_ipv4_pool,
5 enable_dns64,
6 private_dns_hostname_type_on_launch,
7 enable_resource_name_dns_a_record_on_launch,
8 enable_resource_name_dns_aaaa_record_on_launch,
9 enable_lni_at_device_index,
10 disable_lni_at_device_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVolumeAttributeRequest {
    pub auto_enable_io: Option<AttributeBooleanValue>,
    pub volume_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ModifyVolumeAttributeRequest {
0 auto_enable_io,
1 volume_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVolumeRequest {
    pub dry_run: Option<bool>,
    pub volume_id: Option<String>,
    pub size: Option<i32>,
    pub volume_type: Option<String>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub multi_attach_enabled: Option<bool>,
}
structure!(ModifyVolumeRequest {
0 dry_run,
1 volume_id,
2 size,
3 volume_type,
4 iops,
5 throughput,
6 multi_attach_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVolumeResult {
    pub volume_modification: Option<VolumeModification>,
}
structure!(ModifyVolumeResult {
0 volume_modification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcAttributeRequest {
    pub enable_dns_hostnames: Option<AttributeBooleanValue>,
    pub enable_dns_support: Option<AttributeBooleanValue>,
    pub vpc_id: Option<String>,
    pub enable_network_address_usage_metrics: Option<AttributeBooleanValue>,
}
structure!(ModifyVpcAttributeRequest {
0 enable_dns_hostnames,
1 enable_dns_support,
2 vpc_id,
3 enable_network_address_usage_metrics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcEndpointRequest {
    pub dry_run: Option<bool>,
    pub vpc_endpoint_id: Option<String>,
    pub reset_policy: Option<bool>,
    pub policy_document: Option<String>,
    pub add_route_table_ids: Option<Vec<String>>,
    pub remove_route_table_ids: Option<Vec<String>>,
    pub add_subnet_ids: Option<Vec<String>>,
    pub remove_subnet_ids: Option<Vec<String>>,
    pub add_security_group_ids: Option<Vec<String>>,
    pub remove_security_group_ids: Option<Vec<String>>,
    pub ip_address_type: Option<String>,
    pub dns_options: Option<DnsOptionsSpecification>,
    pub private_dns_enabled: Option<bool>,
    pub subnet_configurations: Option<Vec<SubnetConfiguration>>,
}
structure!(ModifyVpcEndpointRequest {
0 dry_run,
1 vpc_endpoint_id,
2 reset_policy,
3 policy_document,
4 add_route_table_ids,
5 remove_route_table_ids,
6 add_subnet_ids,
7 remove_subnet_ids,
8 add_security_group_ids,
9 remove_security_group_ids,
10 ip_address_type,
11 dns_options,
12 private_dns_enabled,
13 subnet_configurations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcEndpointResult {
    pub return_: Option<bool>,
}
structure!(ModifyVpcEndpointResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcEndpointServiceConfigurationRequest {
    pub dry_run: Option<bool>,
    pub service_id: Option<String>,
    pub private_dns_name: Option<String>,
    pub remove_private_dns_name: Option<bool>,
    pub acceptance_required: Option<bool>,
    pub add_network_load_balancer_arns: Option<Vec<String>>,
    pub remove_network_load_balancer_arns: Option<Vec<String>>,
    pub add_gateway_load_balancer_arns: Option<Vec<String>>,
    pub remove_gateway_load_balancer_arns: Option<Vec<String>>,
    pub add_supported_ip_address_types: Option<Vec<String>>,
    pub remove_supported_ip_address_types: Option<Vec<String>>,
    pub add_supported_regions: Option<Vec<String>>,
    pub remove_supported_regions: Option<Vec<String>>,
}
structure!(ModifyVpcEndpointServiceConfigurationRequest {
0 dry_run,
1 service_id,
2 private_dns_name,
3 remove_private_dns_name,
4 acceptance_required,
5 add_network_load_balancer_arns,
6 remove_network_load_balancer_arns,
7 add_gateway_load_balancer_arns,
8 remove_gateway_load_balancer_arns,
9 add_supported_ip_address_types,
10 remove_supported_ip_address_types,
11 add_supported_regions,
12 remove_supported_regions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcEndpointServiceConfigurationResult {
    pub return_: Option<bool>,
}
structure!(ModifyVpcEndpointServiceConfigurationResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcEndpointServicePermissionsRequest {
    pub dry_run: Option<bool>,
    pub service_id: Option<String>,
    pub add_allowed_principals: Option<Vec<String>>,
    pub remove_allowed_principals: Option<Vec<String>>,
    pub permission_type: Option<String>,
}
structure!(ModifyVpcEndpointServicePermissionsRequest {
0 dry_run,
1 service_id,
2 add_allowed_principals,
3 remove_allowed_principals,
4 permission_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcEndpointServicePermissionsResult {
    pub added_principals: Option<Vec<AddedPrincipal>>,
    pub return_value: Option<bool>,
}
structure!(ModifyVpcEndpointServicePermissionsResult {
0 added_principals,
1 return_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcPeeringConnectionOptionsRequest {
    pub accepter_peering_connection_options: Option<PeeringConnectionOptionsRequest>,
    pub dry_run: Option<bool>,
    pub requester_peering_connection_options: Option<PeeringConnectionOptionsRequest>,
    pub vpc_peering_connection_id: Option<String>,
}
structure!(ModifyVpcPeeringConnectionOptionsRequest {
0 accepter_peering_connection_options,
1 dry_run,
2 requester_peering_connection_options,
3 vpc_peering_connection_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcPeeringConnectionOptionsResult {
    pub accepter_peering_connection_options: Option<PeeringConnectionOptions>,
    pub requester_peering_connection_options: Option<PeeringConnectionOptions>,
}
structure!(ModifyVpcPeeringConnectionOptionsResult {
0 accepter_peering_connection_options,
1 requester_peering_connection_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcTenancyRequest {
    pub vpc_id: Option<String>,
    pub instance_tenancy: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ModifyVpcTenancyRequest {
0 vpc_id,
1 instance_tenancy,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyVpcTenancyResult {
    pub return_value: Option<bool>,
}
structure!(ModifyVpcTenancyResult {
0 return_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonitorInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub metric_category_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(MonitorInstancesRequest {
0 instance_ids,
1 metric_category_ids,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonitorInstancesResult {
    pub instance_monitorings: Option<Vec<InstanceMonitoring>>,
}
structure!(MonitorInstancesResult {
0 instance_monitorings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monitoring {
    pub metric_category_ids: Option<Vec<String>>,
    pub state: Option<String>,
}
structure!(Monitoring {
0 metric_category_ids,
1 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NatGateway {
    pub create_time: Option<Timestamp>,
    pub delete_time: Option<Timestamp>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub nat_gateway_addresses: Option<Vec<NatGatewayAddress>>,
    pub nat_gateway_id: Option<String>,
    pub provisioned_bandwidth: Option<ProvisionedBandwidth>,
    pub state: Option<String>,
    pub subnet_id: Option<String>,
    pub vpc_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub connectivity_type: Option<String>,
    pub availability_mode: Option<String>,
    pub auto_scaling_ips: Option<String>,
    pub auto_provision_zones: Option<String>,
    pub attached_appliances: Option<Vec<NatGatewayAttachedAppliance>>,
    pub route_table_id: Option<String>,
}
structure!(NatGateway {
0 create_time,
1 delete_time,
2 failure_code,
3 failure_message,
4 nat_gateway_addresses,
5 nat_gateway_id,
6 provisioned_bandwidth,
7 state,
8 subnet_id,
9 vpc_id,
10 tags,
11 connectivity_type,
12 availability_mode,
13 auto_scaling_ips,
14 auto_provision_zones,
15 attached_appliances,
16 route_table_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NatGatewayAddress {
    pub allocation_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub private_ip: Option<String>,
    pub public_ip: Option<String>,
    pub association_id: Option<String>,
    pub is_primary: Option<bool>,
    pub failure_message: Option<String>,
    pub status: Option<String>,
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
}
structure!(NatGatewayAddress {
0 allocation_id,
1 network_interface_id,
2 private_ip,
3 public_ip,
4 association_id,
5 is_primary,
6 failure_message,
7 status,
8 availability_zone,
9 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NatGatewayAttachedAppliance {
    pub type_: Option<String>,
    pub appliance_arn: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub attachment_state: Option<String>,
    pub modification_state: Option<String>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
}
structure!(NatGatewayAttachedAppliance {
0 type_,
1 appliance_arn,
2 vpc_endpoint_id,
3 attachment_state,
4 modification_state,
5 failure_code,
6 failure_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkAcl {
    pub associations: Option<Vec<NetworkAclAssociation>>,
    pub entries: Option<Vec<NetworkAclEntry>>,
    pub is_default: Option<bool>,
    pub network_acl_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub vpc_id: Option<String>,
    pub owner_id: Option<String>,
}
structure!(NetworkAcl {
0 associations,
1 entries,
2 is_default,
3 network_acl_id,
4 tags,
5 vpc_id,
6 owner_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkAclAssociation {
    pub network_acl_association_id: Option<String>,
    pub network_acl_id: Option<String>,
    pub subnet_id: Option<String>,
}
structure!(NetworkAclAssociation {
0 network_acl_association_id,
1 network_acl_id,
2 subnet_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkAclEntry {
    pub cidr_block: Option<String>,
    pub egress: Option<bool>,
    pub icmp_type_code: Option<IcmpTypeCode>,
    pub ipv6_cidr_block: Option<String>,
    pub port_range: Option<PortRange>,
    pub protocol: Option<String>,
    pub rule_action: Option<String>,
    pub rule_number: Option<i32>,
}
structure!(NetworkAclEntry {
0 cidr_block,
1 egress,
2 icmp_type_code,
3 ipv6_cidr_block,
4 port_range,
5 protocol,
6 rule_action,
7 rule_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkBandwidthGbps {
    pub min: Option<f64>,
    pub max: Option<f64>,
}
structure!(NetworkBandwidthGbps {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkBandwidthGbpsRequest {
    pub min: Option<f64>,
    pub max: Option<f64>,
}
structure!(NetworkBandwidthGbpsRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkCardInfo {
    pub network_card_index: Option<i32>,
    pub network_performance: Option<String>,
    pub maximum_network_interfaces: Option<i32>,
    pub additional_flexible_network_interfaces: Option<i32>,
    pub baseline_bandwidth_in_gbps: Option<f64>,
    pub peak_bandwidth_in_gbps: Option<f64>,
    pub default_ena_queue_count_per_interface: Option<i32>,
    pub maximum_ena_queue_count: Option<i32>,
    pub maximum_ena_queue_count_per_interface: Option<i32>,
    pub interface_types: Option<Vec<String>>,
}
structure!(NetworkCardInfo {
0 network_card_index,
1 network_performance,
2 maximum_network_interfaces,
3 additional_flexible_network_interfaces,
4 baseline_bandwidth_in_gbps,
5 peak_bandwidth_in_gbps,
6 default_ena_queue_count_per_interface,
7 maximum_ena_queue_count,
8 maximum_ena_queue_count_per_interface,
9 interface_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInfo {
    pub network_performance: Option<String>,
    pub maximum_network_interfaces: Option<i32>,
    pub maximum_network_cards: Option<i32>,
    pub default_network_card_index: Option<i32>,
    pub network_cards: Option<Vec<NetworkCardInfo>>,
    pub ipv4_addresses_per_interface: Option<i32>,
    pub ipv6_addresses_per_interface: Option<i32>,
    pub ipv6_supported: Option<bool>,
    pub ena_support: Option<String>,
    pub efa_supported: Option<bool>,
    pub efa_info: Option<EfaInfo>,
    pub encryption_in_transit_supported: Option<bool>,
    pub ena_srd_supported: Option<bool>,
    pub bandwidth_weightings: Option<Vec<String>>,
    pub flexible_ena_queues_support: Option<String>,
    pub connection_tracking_configuration: Option<DefaultConnectionTrackingConfiguration>,
    pub secondary_network_supported: Option<bool>,
    pub maximum_secondary_network_interfaces: Option<i32>,
    pub ipv4_addresses_per_secondary_interface: Option<i32>,
}
structure!(NetworkInfo {
0 network_performance,
1 maximum_network_interfaces,
2 maximum_network_cards,
3 default_network_card_index,
4 network_cards,
5 ipv4_addresses_per_interface,
6 ipv6_addresses_per_interface,
7 ipv6_supported,
8 ena_support,
9 efa_supported,
10 efa_info,
11 encryption_in_transit_supported,
12 ena_srd_supported,
13 bandwidth_weightings,
14 flexible_ena_queues_support,
15 connection_tracking_configuration,
16 secondary_network_supported,
17 maximum_secondary_network_interfaces,
18 ipv4_addresses_per_secondary_interface,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterface {
    pub association: Option<NetworkInterfaceAssociation>,
    pub attachment: Option<NetworkInterfaceAttachment>,
    pub availability_zone: Option<String>,
    pub connection_tracking_configuration: Option<ConnectionTrackingConfiguration>,
    pub description: Option<String>,
    pub groups: Option<Vec<GroupIdentifier>>,
    pub interface_type: Option<String>,
    pub ipv6_addresses: Option<Vec<NetworkInterfaceIpv6Address>>,
    pub mac_address: Option<String>,
    pub network_interface_id: Option<String>,
    pub outpost_arn: Option<String>,
    pub owner_id: Option<String>,
    pub private_dns_name: Option<String>,
    pub public_dns_name: Option<String>,
    pub public_ip_dns_name_options: Option<PublicIpDnsNameOptions>,
    pub private_ip_address: Option<String>,
    pub private_ip_addresses: Option<Vec<NetworkInterfacePrivateIpAddress>>,
    pub ipv4_prefixes: Option<Vec<Ipv4PrefixSpecification>>,
    pub ipv6_prefixes: Option<Vec<Ipv6PrefixSpecification>>,
    pub requester_id: Option<String>,
    pub requester_managed: Option<bool>,
    pub source_dest_check: Option<bool>,
    pub status: Option<String>,
    pub subnet_id: Option<String>,
    pub tag_set: Option<Vec<Tag>>,
    pub vpc_id: Option<String>,
    pub deny_all_igw_traffic: Option<bool>,
    pub ipv6_native: Option<bool>,
    pub ipv6_address: Option<String>,
    pub operator: Option<OperatorResponse>,
    pub associated_subnets: Option<Vec<String>>,
    pub availability_zone_id: Option<String>,
}
structure!(NetworkInterface {
0 association,
1 attachment,
2 availability_zone,
3 connection_tracking_configuration,
4 description,
5 groups,
6 interface_type,
7 ipv6_addresses,
8 mac_address,
9 network_interface_id,
10 outpost_arn,
11 owner_id,
12 private_dns_name,
13 public_dns_name,
14 public_ip_dns_name_options,
15 private_ip_address,
16 private_ip_addresses,
17 ipv4_prefixes,
18 ipv6_prefixes,
19 requester_id,
20 requester_managed,
21 source_dest_check,
22 status,
23 subnet_id,
24 tag_set,
25 vpc_id,
26 deny_all_igw_traffic,
27 ipv6_native,
28 ipv6_address,
29 operator,
30 associated_subnets,
31 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfaceAssociation {
    pub allocation_id: Option<String>,
    pub association_id: Option<String>,
    pub ip_owner_id: Option<String>,
    pub public_dns_name: Option<String>,
    pub public_ip: Option<String>,
    pub customer_owned_ip: Option<String>,
    pub carrier_ip: Option<String>,
}
structure!(NetworkInterfaceAssociation {
0 allocation_id,
1 association_id,
2 ip_owner_id,
3 public_dns_name,
4 public_ip,
5 customer_owned_ip,
6 carrier_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfaceAttachment {
    pub attach_time: Option<Timestamp>,
    pub attachment_id: Option<String>,
    pub delete_on_termination: Option<bool>,
    pub device_index: Option<i32>,
    pub network_card_index: Option<i32>,
    pub instance_id: Option<String>,
    pub instance_owner_id: Option<String>,
    pub status: Option<String>,
    pub ena_srd_specification: Option<AttachmentEnaSrdSpecification>,
    pub ena_queue_count: Option<i32>,
}
structure!(NetworkInterfaceAttachment {
0 attach_time,
1 attachment_id,
2 delete_on_termination,
3 device_index,
4 network_card_index,
5 instance_id,
6 instance_owner_id,
7 status,
8 ena_srd_specification,
9 ena_queue_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfaceAttachmentChanges {
    pub default_ena_queue_count: Option<bool>,
    pub ena_queue_count: Option<i32>,
    pub attachment_id: Option<String>,
    pub delete_on_termination: Option<bool>,
}
structure!(NetworkInterfaceAttachmentChanges {
0 default_ena_queue_count,
1 ena_queue_count,
2 attachment_id,
3 delete_on_termination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfaceCount {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(NetworkInterfaceCount {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfaceCountRequest {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(NetworkInterfaceCountRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfaceIpv6Address {
    pub ipv6_address: Option<String>,
    pub public_ipv6_dns_name: Option<String>,
    pub is_primary_ipv6: Option<bool>,
}
structure!(NetworkInterfaceIpv6Address {
0 ipv6_address,
1 public_ipv6_dns_name,
2 is_primary_ipv6,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfacePermission {
    pub network_interface_permission_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub aws_account_id: Option<String>,
    pub aws_service: Option<String>,
    pub permission: Option<String>,
    pub permission_state: Option<NetworkInterfacePermissionState>,
}
structure!(NetworkInterfacePermission {
0 network_interface_permission_id,
1 network_interface_id,
2 aws_account_id,
3 aws_service,
4 permission,
5 permission_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfacePermissionState {
    pub state: Option<String>,
    pub status_message: Option<String>,
}
structure!(NetworkInterfacePermissionState {
0 state,
1 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkInterfacePrivateIpAddress {
    pub association: Option<NetworkInterfaceAssociation>,
    pub primary: Option<bool>,
    pub private_dns_name: Option<String>,
    pub private_ip_address: Option<String>,
}
structure!(NetworkInterfacePrivateIpAddress {
0 association,
1 primary,
2 private_dns_name,
3 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NeuronDeviceCoreInfo {
    pub count: Option<i32>,
    pub version: Option<i32>,
}
structure!(NeuronDeviceCoreInfo {
0 count,
1 version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NeuronDeviceInfo {
    pub count: Option<i32>,
    pub name: Option<String>,
    pub core_info: Option<NeuronDeviceCoreInfo>,
    pub memory_info: Option<NeuronDeviceMemoryInfo>,
}
structure!(NeuronDeviceInfo {
0 count,
1 name,
2 core_info,
3 memory_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NeuronDeviceMemoryInfo {
    pub size_in_mi_b: Option<i32>,
}
structure!(NeuronDeviceMemoryInfo {
0 size_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NeuronInfo {
    pub neuron_devices: Option<Vec<NeuronDeviceInfo>>,
    pub total_neuron_device_memory_in_mi_b: Option<i32>,
}
structure!(NeuronInfo {
0 neuron_devices,
1 total_neuron_device_memory_in_mi_b,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewDhcpConfiguration {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(NewDhcpConfiguration {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NitroTpmInfo {
    pub supported_versions: Option<Vec<String>>,
}
structure!(NitroTpmInfo {
0 supported_versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnDemandOptions {
    pub allocation_strategy: Option<String>,
    pub capacity_reservation_options: Option<CapacityReservationOptions>,
    pub single_instance_type: Option<bool>,
    pub single_availability_zone: Option<bool>,
    pub min_target_capacity: Option<i32>,
    pub max_total_price: Option<String>,
}
structure!(OnDemandOptions {
0 allocation_strategy,
1 capacity_reservation_options,
2 single_instance_type,
3 single_availability_zone,
4 min_target_capacity,
5 max_total_price,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnDemandOptionsRequest {
    pub allocation_strategy: Option<String>,
    pub capacity_reservation_options: Option<CapacityReservationOptionsRequest>,
    pub single_instance_type: Option<bool>,
    pub single_availability_zone: Option<bool>,
    pub min_target_capacity: Option<i32>,
    pub max_total_price: Option<String>,
}
structure!(OnDemandOptionsRequest {
0 allocation_strategy,
1 capacity_reservation_options,
2 single_instance_type,
3 single_availability_zone,
4 min_target_capacity,
5 max_total_price,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorRequest {
    pub principal: Option<String>,
}
structure!(OperatorRequest {
0 principal,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorResponse {
    pub managed: Option<bool>,
    pub principal: Option<String>,
    pub hidden_by_default: Option<bool>,
}
structure!(OperatorResponse {
0 managed,
1 principal,
2 hidden_by_default,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PayerResponsibilityEntry {
    pub scope: Option<String>,
    pub payer_responsibility_type: Option<String>,
}
structure!(PayerResponsibilityEntry {
0 scope,
1 payer_responsibility_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeeringConnectionOptions {
    pub allow_dns_resolution_from_remote_vpc: Option<bool>,
    pub allow_egress_from_local_classic_link_to_remote_vpc: Option<bool>,
    pub allow_egress_from_local_vpc_to_remote_classic_link: Option<bool>,
    pub allow_multipath_resilience: Option<bool>,
    pub multipath_resilience_mode: Option<String>,
}
structure!(PeeringConnectionOptions {
0 allow_dns_resolution_from_remote_vpc,
1 allow_egress_from_local_classic_link_to_remote_vpc,
2 allow_egress_from_local_vpc_to_remote_classic_link,
3 allow_multipath_resilience,
4 multipath_resilience_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeeringConnectionOptionsRequest {
    pub allow_dns_resolution_from_remote_vpc: Option<bool>,
    pub allow_egress_from_local_classic_link_to_remote_vpc: Option<bool>,
    pub allow_egress_from_local_vpc_to_remote_classic_link: Option<bool>,
    pub allow_multipath_resilience: Option<bool>,
    pub multipath_resilience_mode: Option<String>,
}
structure!(PeeringConnectionOptionsRequest {
0 allow_dns_resolution_from_remote_vpc,
1 allow_egress_from_local_classic_link_to_remote_vpc,
2 allow_egress_from_local_vpc_to_remote_classic_link,
3 allow_multipath_resilience,
4 multipath_resilience_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PerformanceFactorReference {
    pub instance_family: Option<String>,
}
structure!(PerformanceFactorReference {
0 instance_family,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PerformanceFactorReferenceRequest {
    pub instance_family: Option<String>,
}
structure!(PerformanceFactorReferenceRequest {
0 instance_family,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PerformanceStatusSummary {
    pub status: Option<String>,
    pub impaired_since: Option<Timestamp>,
    pub remediation: Option<String>,
}
structure!(PerformanceStatusSummary {
0 status,
1 impaired_since,
2 remediation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Placement {
    pub availability_zone_id: Option<String>,
    pub affinity: Option<String>,
    pub group_name: Option<String>,
    pub partition_number: Option<i32>,
    pub host_id: Option<String>,
    pub tenancy: Option<String>,
    pub spread_domain: Option<String>,
    pub host_resource_group_arn: Option<String>,
    pub group_id: Option<String>,
    pub availability_zone: Option<String>,
}
structure!(Placement {
0 availability_zone_id,
1 affinity,
2 group_name,
3 partition_number,
4 host_id,
5 tenancy,
6 spread_domain,
7 host_resource_group_arn,
8 group_id,
9 availability_zone,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementGroup {
    pub group_name: Option<String>,
    pub state: Option<String>,
    pub strategy: Option<String>,
    pub partition_count: Option<i32>,
    pub group_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub group_arn: Option<String>,
    pub spread_level: Option<String>,
    pub linked_group_id: Option<String>,
    pub operator: Option<OperatorResponse>,
    pub parent_group_id: Option<String>,
}
structure!(PlacementGroup {
0 group_name,
1 state,
2 strategy,
3 partition_count,
4 group_id,
5 tags,
6 group_arn,
7 spread_level,
8 linked_group_id,
9 operator,
10 parent_group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementGroupInfo {
    pub supported_strategies: Option<Vec<String>>,
}
structure!(PlacementGroupInfo {
0 supported_strategies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementResponse {
    pub group_name: Option<String>,
}
structure!(PlacementResponse {
0 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortRange {
    pub from: Option<i32>,
    pub to: Option<i32>,
}
structure!(PortRange {
0 from,
1 to,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrefixList {
    pub cidrs: Option<Vec<String>>,
    pub prefix_list_id: Option<String>,
    pub prefix_list_name: Option<String>,
}
structure!(PrefixList {
0 cidrs,
1 prefix_list_id,
2 prefix_list_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrefixListAssociation {
    pub resource_id: Option<String>,
    pub resource_owner: Option<String>,
}
structure!(PrefixListAssociation {
0 resource_id,
1 resource_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrefixListEntry {
    pub cidr: Option<String>,
    pub description: Option<String>,
}
structure!(PrefixListEntry {
0 cidr,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrefixListId {
    pub description: Option<String>,
    pub prefix_list_id: Option<String>,
}
structure!(PrefixListId {
0 description,
1 prefix_list_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivateDnsDetails {
    pub private_dns_name: Option<String>,
}
structure!(PrivateDnsDetails {
0 private_dns_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivateDnsNameConfiguration {
    pub state: Option<String>,
    pub type_: Option<String>,
    pub value: Option<String>,
    pub name: Option<String>,
}
structure!(PrivateDnsNameConfiguration {
0 state,
1 type_,
2 value,
3 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivateDnsNameOptionsOnLaunch {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}
structure!(PrivateDnsNameOptionsOnLaunch {
0 hostname_type,
1 enable_resource_name_dns_a_record,
2 enable_resource_name_dns_aaaa_record,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivateDnsNameOptionsRequest {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}
structure!(PrivateDnsNameOptionsRequest {
0 hostname_type,
1 enable_resource_name_dns_a_record,
2 enable_resource_name_dns_aaaa_record,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivateDnsNameOptionsResponse {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}
structure!(PrivateDnsNameOptionsResponse {
0 hostname_type,
1 enable_resource_name_dns_a_record,
2 enable_resource_name_dns_aaaa_record,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrivateIpAddressSpecification {
    pub primary: Option<bool>,
    pub private_ip_address: Option<String>,
}
structure!(PrivateIpAddressSpecification {
0 primary,
1 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessorInfo {
    pub supported_architectures: Option<Vec<String>>,
    pub sustained_clock_speed_in_ghz: Option<f64>,
    pub supported_features: Option<Vec<String>>,
    pub manufacturer: Option<String>,
}
structure!(ProcessorInfo {
0 supported_architectures,
1 sustained_clock_speed_in_ghz,
2 supported_features,
3 manufacturer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductCode {
    pub product_code_id: Option<String>,
    pub product_code_type: Option<String>,
}
structure!(ProductCode {
0 product_code_id,
1 product_code_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PropagatingVgw {
    pub gateway_id: Option<String>,
}
structure!(PropagatingVgw {
0 gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProvisionedBandwidth {
    pub provision_time: Option<Timestamp>,
    pub provisioned: Option<String>,
    pub request_time: Option<Timestamp>,
    pub requested: Option<String>,
    pub status: Option<String>,
}
structure!(ProvisionedBandwidth {
0 provision_time,
1 provisioned,
2 request_time,
3 requested,
4 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PtrUpdateStatus {
    pub value: Option<String>,
    pub status: Option<String>,
    pub reason: Option<String>,
}
structure!(PtrUpdateStatus {
0 value,
1 status,
2 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublicIpDnsNameOptions {
    pub dns_hostname_type: Option<String>,
    pub public_ipv4_dns_name: Option<String>,
    pub public_ipv6_dns_name: Option<String>,
    pub public_dual_stack_dns_name: Option<String>,
}
structure!(PublicIpDnsNameOptions {
0 dns_hostname_type,
1 public_ipv4_dns_name,
2 public_ipv6_dns_name,
3 public_dual_stack_dns_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RebootInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(RebootInstancesRequest {
0 instance_ids,
1 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReferencedSecurityGroup {
    pub group_id: Option<String>,
    pub peering_status: Option<String>,
    pub user_id: Option<String>,
    pub vpc_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
}
structure!(ReferencedSecurityGroup {
0 group_id,
1 peering_status,
2 user_id,
3 vpc_id,
4 vpc_peering_connection_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Region {
    pub opt_in_status: Option<String>,
    pub geography: Option<Vec<RegionGeography>>,
    pub region_name: Option<String>,
    pub endpoint: Option<String>,
}
structure!(Region {
0 opt_in_status,
1 geography,
2 region_name,
3 endpoint,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegionGeography {
    pub name: Option<String>,
}
structure!(RegionGeography {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterImageRequest {
    pub image_location: Option<String>,
    pub billing_products: Option<Vec<String>>,
    pub boot_mode: Option<String>,
    pub tpm_support: Option<String>,
    pub uefi_data: Option<String>,
    pub imds_support: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub dry_run: Option<bool>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub architecture: Option<String>,
    pub kernel_id: Option<String>,
    pub ramdisk_id: Option<String>,
    pub root_device_name: Option<String>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
    pub virtualization_type: Option<String>,
    pub sriov_net_support: Option<String>,
    pub ena_support: Option<bool>,
}
structure!(RegisterImageRequest {
0 image_location,
1 billing_products,
2 boot_mode,
3 tpm_support,
4 uefi_data,
5 imds_support,
6 tag_specifications,
7 dry_run,
8 name,
9 description,
10 architecture,
11 kernel_id,
12 ramdisk_id,
13 root_device_name,
14 block_device_mappings,
15 virtualization_type,
16 sriov_net_support,
17 ena_support,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterImageResult {
    pub image_id: Option<String>,
}
structure!(RegisterImageResult {
0 image_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectVpcEndpointConnectionsRequest {
    pub dry_run: Option<bool>,
    pub service_id: Option<String>,
    pub vpc_endpoint_ids: Option<Vec<String>>,
    pub transit_gateway_attachment_ids: Option<Vec<String>>,
}
structure!(RejectVpcEndpointConnectionsRequest {
0 dry_run,
1 service_id,
2 vpc_endpoint_ids,
3 transit_gateway_attachment_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectVpcEndpointConnectionsResult {
    pub unsuccessful: Option<Vec<UnsuccessfulItem>>,
}
structure!(RejectVpcEndpointConnectionsResult {
0 unsuccessful,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectVpcPeeringConnectionRequest {
    pub dry_run: Option<bool>,
    pub vpc_peering_connection_id: Option<String>,
}
structure!(RejectVpcPeeringConnectionRequest {
0 dry_run,
1 vpc_peering_connection_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectVpcPeeringConnectionResult {
    pub return_: Option<bool>,
}
structure!(RejectVpcPeeringConnectionResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReleaseAddressRequest {
    pub allocation_id: Option<String>,
    pub public_ip: Option<String>,
    pub network_border_group: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ReleaseAddressRequest {
0 allocation_id,
1 public_ip,
2 network_border_group,
3 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemovePrefixListEntry {
    pub cidr: Option<String>,
}
structure!(RemovePrefixListEntry {
0 cidr,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceIamInstanceProfileAssociationRequest {
    pub iam_instance_profile: Option<IamInstanceProfileSpecification>,
    pub association_id: Option<String>,
}
structure!(ReplaceIamInstanceProfileAssociationRequest {
0 iam_instance_profile,
1 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceIamInstanceProfileAssociationResult {
    pub iam_instance_profile_association: Option<IamInstanceProfileAssociation>,
}
structure!(ReplaceIamInstanceProfileAssociationResult {
0 iam_instance_profile_association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceNetworkAclAssociationRequest {
    pub dry_run: Option<bool>,
    pub association_id: Option<String>,
    pub network_acl_id: Option<String>,
}
structure!(ReplaceNetworkAclAssociationRequest {
0 dry_run,
1 association_id,
2 network_acl_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceNetworkAclAssociationResult {
    pub new_association_id: Option<String>,
}
structure!(ReplaceNetworkAclAssociationResult {
0 new_association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceNetworkAclEntryRequest {
    pub dry_run: Option<bool>,
    pub network_acl_id: Option<String>,
    pub rule_number: Option<i32>,
    pub protocol: Option<String>,
    pub rule_action: Option<String>,
    pub egress: Option<bool>,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub icmp_type_code: Option<IcmpTypeCode>,
    pub port_range: Option<PortRange>,
}
structure!(ReplaceNetworkAclEntryRequest {
0 dry_run,
1 network_acl_id,
2 rule_number,
3 protocol,
4 rule_action,
5 egress,
6 cidr_block,
7 ipv6_cidr_block,
8 icmp_type_code,
9 port_range,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceRouteRequest {
    pub destination_prefix_list_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub local_target: Option<bool>,
    pub transit_gateway_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub odb_network_arn: Option<String>,
    pub dry_run: Option<bool>,
    pub route_table_id: Option<String>,
    pub destination_cidr_block: Option<String>,
    pub gateway_id: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub instance_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub nat_gateway_id: Option<String>,
}
structure!(ReplaceRouteRequest {
0 destination_prefix_list_id,
1 vpc_endpoint_id,
2 local_target,
3 transit_gateway_id,
4 local_gateway_id,
5 carrier_gateway_id,
6 core_network_arn,
7 odb_network_arn,
8 dry_run,
9 route_table_id,
10 destination_cidr_block,
11 gateway_id,
12 destination_ipv6_cidr_block,
13 egress_only_internet_gateway_id,
14 instance_id,
15 network_interface_id,
16 vpc_peering_connection_id,
17 nat_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceRouteTableAssociationRequest {
    pub dry_run: Option<bool>,
    pub association_id: Option<String>,
    pub route_table_id: Option<String>,
}
structure!(ReplaceRouteTableAssociationRequest {
0 dry_run,
1 association_id,
2 route_table_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaceRouteTableAssociationResult {
    pub new_association_id: Option<String>,
    pub association_state: Option<RouteTableAssociationState>,
}
structure!(ReplaceRouteTableAssociationResult {
0 new_association_id,
1 association_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestLaunchTemplateData {
    pub kernel_id: Option<String>,
    pub ebs_optimized: Option<bool>,
    pub iam_instance_profile: Option<LaunchTemplateIamInstanceProfileSpecificationRequest>,
    pub block_device_mappings: Option<Vec<LaunchTemplateBlockDeviceMappingRequest>>,
    pub network_interfaces: Option<Vec<LaunchTemplateInstanceNetworkInterfaceSpecificationRequest>>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub monitoring: Option<LaunchTemplatesMonitoringRequest>,
    pub placement: Option<LaunchTemplatePlacementRequest>,
    pub ram_disk_id: Option<String>,
    pub disable_api_termination: Option<bool>,
    pub instance_initiated_shutdown_behavior: Option<String>,
    pub user_data: Option<String>,
    pub tag_specifications: Option<Vec<LaunchTemplateTagSpecificationRequest>>,
    pub elastic_gpu_specifications: Option<Vec<ElasticGpuSpecification>>,
    pub elastic_inference_accelerators: Option<Vec<LaunchTemplateElasticInferenceAccelerator>>,
    pub security_group_ids: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    pub instance_market_options: Option<LaunchTemplateInstanceMarketOptionsRequest>,
    pub credit_specification: Option<CreditSpecificationRequest>,
    pub cpu_options: Option<LaunchTemplateCpuOptionsRequest>,
    pub capacity_reservation_specification:
        Option<LaunchTemplateCapacityReservationSpecificationRequest>,
    pub license_specifications: Option<Vec<LaunchTemplateLicenseConfigurationRequest>>,
    pub hibernation_options: Option<LaunchTemplateHibernationOptionsRequest>,
    pub metadata_options: Option<LaunchTemplateInstanceMetadataOptionsRequest>,
    pub enclave_options: Option<LaunchTemplateEnclaveOptionsRequest>,
    pub instance_requirements: Option<InstanceRequirementsRequest>,
    pub private_dns_name_options: Option<LaunchTemplatePrivateDnsNameOptionsRequest>,
    pub maintenance_options: Option<LaunchTemplateInstanceMaintenanceOptionsRequest>,
    pub disable_api_stop: Option<bool>,
    pub operator: Option<OperatorRequest>,
    pub network_performance_options: Option<LaunchTemplateNetworkPerformanceOptionsRequest>,
    pub secondary_interfaces:
        Option<Vec<LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest>>,
}
structure!(RequestLaunchTemplateData {
0 kernel_id,
1 ebs_optimized,
2 iam_instance_profile,
3 block_device_mappings,
4 network_interfaces,
5 image_id,
6 instance_type,
7 key_name,
8 monitoring,
9 placement,
10 ram_disk_id,
11 disable_api_termination,
12 instance_initiated_shutdown_behavior,
13 user_data,
14 tag_specifications,
15 elastic_gpu_specifications,
16 elastic_inference_accelerators,
17 security_group_ids,
18 security_groups,
19 instance_market_options,
20 credit_specification,
21 cpu_options,
22 capacity_reservation_specification,
23 license_specifications,
24 hibernation_options,
25 metadata_options,
26 enclave_options,
27 instance_requirements,
28 private_dns_name_options,
29 maintenance_options,
30 disable_api_stop,
31 operator,
32 network_performance_options,
33 secondary_interfaces,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpotFleetRequest {
    pub dry_run: Option<bool>,
    pub spot_fleet_request_config: Option<SpotFleetRequestConfigData>,
}
structure!(RequestSpotFleetRequest {
0 dry_run,
1 spot_fleet_request_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpotFleetResponse {
    pub spot_fleet_request_id: Option<String>,
}
structure!(RequestSpotFleetResponse {
0 spot_fleet_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpotInstancesRequest {
    pub launch_specification: Option<RequestSpotLaunchSpecification>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub instance_interruption_behavior: Option<String>,
    pub dry_run: Option<bool>,
    pub spot_price: Option<String>,
    pub client_token: Option<String>,
    pub instance_count: Option<i32>,
    pub type_: Option<String>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub launch_group: Option<String>,
    pub availability_zone_group: Option<String>,
    pub block_duration_minutes: Option<i32>,
}
structure!(RequestSpotInstancesRequest {
0 launch_specification,
1 tag_specifications,
2 instance_interruption_behavior,
3 dry_run,
4 spot_price,
5 client_token,
6 instance_count,
7 type_,
8 valid_from,
9 valid_until,
10 launch_group,
11 availability_zone_group,
12 block_duration_minutes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpotInstancesResult {
    pub spot_instance_requests: Option<Vec<SpotInstanceRequest>>,
}
structure!(RequestSpotInstancesResult {
0 spot_instance_requests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpotLaunchSpecification {
    pub security_group_ids: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    pub addressing_type: Option<String>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
    pub ebs_optimized: Option<bool>,
    pub iam_instance_profile: Option<IamInstanceProfileSpecification>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub kernel_id: Option<String>,
    pub key_name: Option<String>,
    pub monitoring: Option<RunInstancesMonitoringEnabled>,
    pub network_interfaces: Option<Vec<InstanceNetworkInterfaceSpecification>>,
    pub placement: Option<SpotPlacement>,
    pub ramdisk_id: Option<String>,
    pub subnet_id: Option<String>,
    pub user_data: Option<String>,
}
structure!(RequestSpotLaunchSpecification {
0 security_group_ids,
1 security_groups,
2 addressing_type,
3 block_device_mappings,
4 ebs_optimized,
5 iam_instance_profile,
6 image_id,
7 instance_type,
8 kernel_id,
9 key_name,
10 monitoring,
11 network_interfaces,
12 placement,
13 ramdisk_id,
14 subnet_id,
15 user_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reservation {
    pub reservation_id: Option<String>,
    pub owner_id: Option<String>,
    pub requester_id: Option<String>,
    pub groups: Option<Vec<GroupIdentifier>>,
    pub instances: Option<Vec<Instance>>,
}
structure!(Reservation {
0 reservation_id,
1 owner_id,
2 requester_id,
3 groups,
4 instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReservedCapacityFallbackOptions {
    pub market_types: Option<Vec<String>>,
}
structure!(ReservedCapacityFallbackOptions {
0 market_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReservedCapacityFallbackOptionsRequest {
    pub market_types: Option<Vec<String>>,
}
structure!(ReservedCapacityFallbackOptionsRequest {
0 market_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReservedCapacityOptions {
    pub allocation_strategy: Option<String>,
    pub reservation_types: Option<Vec<String>>,
    pub reserved_capacity_fallback_options: Option<ReservedCapacityFallbackOptions>,
}
structure!(ReservedCapacityOptions {
0 allocation_strategy,
1 reservation_types,
2 reserved_capacity_fallback_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReservedCapacityOptionsRequest {
    pub allocation_strategy: Option<String>,
    pub reservation_types: Option<Vec<String>>,
    pub capacity_reservation_target: Option<FleetCapacityReservationTargetRequest>,
    pub reserved_capacity_fallback_options: Option<ReservedCapacityFallbackOptionsRequest>,
}
structure!(ReservedCapacityOptionsRequest {
0 allocation_strategy,
1 reservation_types,
2 capacity_reservation_target,
3 reserved_capacity_fallback_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetAddressAttributeRequest {
    pub allocation_id: Option<String>,
    pub attribute: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ResetAddressAttributeRequest {
0 allocation_id,
1 attribute,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetAddressAttributeResult {
    pub address: Option<AddressAttribute>,
}
structure!(ResetAddressAttributeResult {
0 address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetEbsDefaultKmsKeyIdRequest {
    pub dry_run: Option<bool>,
}
structure!(ResetEbsDefaultKmsKeyIdRequest {
0 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetEbsDefaultKmsKeyIdResult {
    pub kms_key_id: Option<String>,
}
structure!(ResetEbsDefaultKmsKeyIdResult {
0 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetImageAttributeRequest {
    pub attribute: Option<String>,
    pub image_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ResetImageAttributeRequest {
0 attribute,
1 image_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetInstanceAttributeRequest {
    pub dry_run: Option<bool>,
    pub instance_id: Option<String>,
    pub attribute: Option<String>,
}
structure!(ResetInstanceAttributeRequest {
0 dry_run,
1 instance_id,
2 attribute,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetNetworkInterfaceAttributeRequest {
    pub dry_run: Option<bool>,
    pub network_interface_id: Option<String>,
    pub source_dest_check: Option<String>,
}
structure!(ResetNetworkInterfaceAttributeRequest {
0 dry_run,
1 network_interface_id,
2 source_dest_check,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetSnapshotAttributeRequest {
    pub attribute: Option<String>,
    pub snapshot_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(ResetSnapshotAttributeRequest {
0 attribute,
1 snapshot_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResponseError {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(ResponseError {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResponseLaunchTemplateData {
    pub kernel_id: Option<String>,
    pub ebs_optimized: Option<bool>,
    pub iam_instance_profile: Option<LaunchTemplateIamInstanceProfileSpecification>,
    pub block_device_mappings: Option<Vec<LaunchTemplateBlockDeviceMapping>>,
    pub network_interfaces: Option<Vec<LaunchTemplateInstanceNetworkInterfaceSpecification>>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub monitoring: Option<LaunchTemplatesMonitoring>,
    pub placement: Option<LaunchTemplatePlacement>,
    pub ram_disk_id: Option<String>,
    pub disable_api_termination: Option<bool>,
    pub instance_initiated_shutdown_behavior: Option<String>,
    pub user_data: Option<String>,
    pub tag_specifications: Option<Vec<LaunchTemplateTagSpecification>>,
    pub elastic_gpu_specifications: Option<Vec<ElasticGpuSpecificationResponse>>,
    pub elastic_inference_accelerators:
        Option<Vec<LaunchTemplateElasticInferenceAcceleratorResponse>>,
    pub security_group_ids: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    pub instance_market_options: Option<LaunchTemplateInstanceMarketOptions>,
    pub credit_specification: Option<CreditSpecification>,
    pub cpu_options: Option<LaunchTemplateCpuOptions>,
    pub capacity_reservation_specification:
        Option<LaunchTemplateCapacityReservationSpecificationResponse>,
    pub license_specifications: Option<Vec<LaunchTemplateLicenseConfiguration>>,
    pub hibernation_options: Option<LaunchTemplateHibernationOptions>,
    pub metadata_options: Option<LaunchTemplateInstanceMetadataOptions>,
    pub enclave_options: Option<LaunchTemplateEnclaveOptions>,
    pub instance_requirements: Option<InstanceRequirements>,
    pub private_dns_name_options: Option<LaunchTemplatePrivateDnsNameOptions>,
    pub maintenance_options: Option<LaunchTemplateInstanceMaintenanceOptions>,
    pub disable_api_stop: Option<bool>,
    pub operator: Option<OperatorResponse>,
    pub network_performance_options: Option<LaunchTemplateNetworkPerformanceOptions>,
    pub secondary_interfaces: Option<Vec<LaunchTemplateInstanceSecondaryInterfaceSpecification>>,
}
structure!(ResponseLaunchTemplateData {
0 kernel_id,
1 ebs_optimized,
2 iam_instance_profile,
3 block_device_mappings,
4 network_interfaces,
5 image_id,
6 instance_type,
7 key_name,
8 monitoring,
9 placement,
10 ram_disk_id,
11 disable_api_termination,
12 instance_initiated_shutdown_behavior,
13 user_data,
14 tag_specifications,
15 elastic_gpu_specifications,
16 elastic_inference_accelerators,
17 security_group_ids,
18 security_groups,
19 instance_market_options,
20 credit_specification,
21 cpu_options,
22 capacity_reservation_specification,
23 license_specifications,
24 hibernation_options,
25 metadata_options,
26 enclave_options,
27 instance_requirements,
28 private_dns_name_options,
29 maintenance_options,
30 disable_api_stop,
31 operator,
32 network_performance_options,
33 secondary_interfaces,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeSecurityGroupEgressRequest {
    pub security_group_rule_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub group_id: Option<String>,
    pub source_security_group_name: Option<String>,
    pub source_security_group_owner_id: Option<String>,
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr_ip: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
}
structure!(RevokeSecurityGroupEgressRequest {
0 security_group_rule_ids,
1 dry_run,
2 group_id,
3 source_security_group_name,
4 source_security_group_owner_id,
5 ip_protocol,
6 from_port,
7 to_port,
8 cidr_ip,
9 ip_permissions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeSecurityGroupEgressResult {
    pub return_: Option<bool>,
    pub unknown_ip_permissions: Option<Vec<IpPermission>>,
    pub revoked_security_group_rules: Option<Vec<RevokedSecurityGroupRule>>,
}
structure!(RevokeSecurityGroupEgressResult {
0 return_,
1 unknown_ip_permissions,
2 revoked_security_group_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeSecurityGroupIngressRequest {
    pub cidr_ip: Option<String>,
    pub from_port: Option<i32>,
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
    pub ip_protocol: Option<String>,
    pub source_security_group_name: Option<String>,
    pub source_security_group_owner_id: Option<String>,
    pub to_port: Option<i32>,
    pub security_group_rule_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(RevokeSecurityGroupIngressRequest {
0 cidr_ip,
1 from_port,
2 group_id,
3 group_name,
4 ip_permissions,
5 ip_protocol,
6 source_security_group_name,
7 source_security_group_owner_id,
8 to_port,
9 security_group_rule_ids,
10 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeSecurityGroupIngressResult {
    pub return_: Option<bool>,
    pub unknown_ip_permissions: Option<Vec<IpPermission>>,
    pub revoked_security_group_rules: Option<Vec<RevokedSecurityGroupRule>>,
}
structure!(RevokeSecurityGroupIngressResult {
0 return_,
1 unknown_ip_permissions,
2 revoked_security_group_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokedSecurityGroupRule {
    pub security_group_rule_id: Option<String>,
    pub group_id: Option<String>,
    pub is_egress: Option<bool>,
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr_ipv4: Option<String>,
    pub cidr_ipv6: Option<String>,
    pub prefix_list_id: Option<String>,
    pub referenced_group_id: Option<String>,
    pub description: Option<String>,
}
structure!(RevokedSecurityGroupRule {
0 security_group_rule_id,
1 group_id,
2 is_egress,
3 ip_protocol,
4 from_port,
5 to_port,
6 cidr_ipv4,
7 cidr_ipv6,
8 prefix_list_id,
9 referenced_group_id,
10 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Route {
    pub destination_cidr_block: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
    pub destination_prefix_list_id: Option<String>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub gateway_id: Option<String>,
    pub instance_id: Option<String>,
    pub instance_owner_id: Option<String>,
    pub nat_gateway_id: Option<String>,
    pub transit_gateway_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub origin: Option<String>,
    pub state: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub odb_network_arn: Option<String>,
    pub ip_address: Option<String>,
}
structure!(Route {
0 destination_cidr_block,
1 destination_ipv6_cidr_block,
2 destination_prefix_list_id,
3 egress_only_internet_gateway_id,
4 gateway_id,
5 instance_id,
6 instance_owner_id,
7 nat_gateway_id,
8 transit_gateway_id,
9 local_gateway_id,
10 carrier_gateway_id,
11 network_interface_id,
12 origin,
13 state,
14 vpc_peering_connection_id,
15 core_network_arn,
16 odb_network_arn,
17 ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RouteTable {
    pub associations: Option<Vec<RouteTableAssociation>>,
    pub propagating_vgws: Option<Vec<PropagatingVgw>>,
    pub route_table_id: Option<String>,
    pub routes: Option<Vec<Route>>,
    pub tags: Option<Vec<Tag>>,
    pub vpc_id: Option<String>,
    pub owner_id: Option<String>,
}
structure!(RouteTable {
0 associations,
1 propagating_vgws,
2 route_table_id,
3 routes,
4 tags,
5 vpc_id,
6 owner_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RouteTableAssociation {
    pub main: Option<bool>,
    pub route_table_association_id: Option<String>,
    pub route_table_id: Option<String>,
    pub subnet_id: Option<String>,
    pub gateway_id: Option<String>,
    pub public_ipv4_pool: Option<String>,
    pub association_state: Option<RouteTableAssociationState>,
}
structure!(RouteTableAssociation {
0 main,
1 route_table_association_id,
2 route_table_id,
3 subnet_id,
4 gateway_id,
5 public_ipv4_pool,
6 association_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RouteTableAssociationState {
    pub state: Option<String>,
    pub status_message: Option<String>,
}
structure!(RouteTableAssociationState {
0 state,
1 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunInstancesMonitoringEnabled {
    pub metric_category_ids: Option<Vec<String>>,
    pub enabled: Option<bool>,
}
structure!(RunInstancesMonitoringEnabled {
0 metric_category_ids,
1 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunInstancesRequest {
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub ipv6_address_count: Option<i32>,
    pub ipv6_addresses: Option<Vec<InstanceIpv6Address>>,
    pub kernel_id: Option<String>,
    pub key_name: Option<String>,
    pub max_count: Option<i32>,
    pub min_count: Option<i32>,
    pub monitoring: Option<RunInstancesMonitoringEnabled>,
    pub placement: Option<Placement>,
    pub ramdisk_id: Option<String>,
    pub security_group_ids: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    pub subnet_id: Option<String>,
    pub user_data: Option<String>,
    pub elastic_gpu_specification: Option<Vec<ElasticGpuSpecification>>,
    pub elastic_inference_accelerators: Option<Vec<ElasticInferenceAccelerator>>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub instance_market_options: Option<InstanceMarketOptionsRequest>,
    pub credit_specification: Option<CreditSpecificationRequest>,
    pub cpu_options: Option<CpuOptionsRequest>,
    pub capacity_reservation_specification: Option<CapacityReservationSpecification>,
    pub hibernation_options: Option<HibernationOptionsRequest>,
    pub license_specifications: Option<Vec<LicenseConfigurationRequest>>,
    pub metadata_options: Option<InstanceMetadataOptionsRequest>,
    pub enclave_options: Option<EnclaveOptionsRequest>,
    pub private_dns_name_options: Option<PrivateDnsNameOptionsRequest>,
    pub maintenance_options: Option<InstanceMaintenanceOptionsRequest>,
    pub disable_api_stop: Option<bool>,
    pub enable_primary_ipv6: Option<bool>,
    pub network_performance_options: Option<InstanceNetworkPerformanceOptionsRequest>,
    pub operator: Option<OperatorRequest>,
    pub secondary_interfaces: Option<Vec<InstanceSecondaryInterfaceSpecificationRequest>>,
    pub dry_run: Option<bool>,
    pub disable_api_termination: Option<bool>,
    pub instance_initiated_shutdown_behavior: Option<String>,
    pub private_ip_address: Option<String>,
    pub client_token: Option<String>,
    pub additional_info: Option<String>,
    pub network_interfaces: Option<Vec<InstanceNetworkInterfaceSpecification>>,
    pub iam_instance_profile: Option<IamInstanceProfileSpecification>,
    pub ebs_optimized: Option<bool>,
}
structure!(RunInstancesRequest {
0 block_device_mappings,
1 image_id,
2 instance_type,
3 ipv6_address_count,
4 ipv6_addresses,
5 kernel_id,
6 key_name,
7 max_count,
8 min_count,
9 monitoring,
10 placement,
11 ramdisk_id,
12 security_group_ids,
13 security_groups,
14 subnet_id,
15 user_data,
16 elastic_gpu_specification,
17 elastic_inference_accelerators,
18 tag_specifications,
19 launch_template,
20 instance_market_options,
21 credit_specification,
22 cpu_options,
23 capacity_reservation_specification,
24 hibernation_options,
25 license_specifications,
26 metadata_options,
27 enclave_options,
28 private_dns_name_options,
29 maintenance_options,
30 disable_api_stop,
31 enable_primary_ipv6,
32 network_performance_options,
33 operator,
34 secondary_interfaces,
35 dry_run,
36 disable_api_termination,
37 instance_initiated_shutdown_behavior,
38 private_ip_address,
39 client_token,
40 additional_info,
41 network_interfaces,
42 iam_instance_profile,
43 ebs_optimized,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanResults {
    pub highest_finding_severity_label: Option<String>,
    pub finding_scan_date: Option<Timestamp>,
    pub informational_fix_available_since: Option<Timestamp>,
    pub low_fix_available_since: Option<Timestamp>,
    pub medium_fix_available_since: Option<Timestamp>,
    pub high_fix_available_since: Option<Timestamp>,
    pub critical_fix_available_since: Option<Timestamp>,
}
structure!(ScanResults {
0 highest_finding_severity_label,
1 finding_scan_date,
2 informational_fix_available_since,
3 low_fix_available_since,
4 medium_fix_available_since,
5 high_fix_available_since,
6 critical_fix_available_since,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecondaryInterfacePrivateIpAddressSpecification {
    pub private_ip_address: Option<String>,
}
structure!(SecondaryInterfacePrivateIpAddressSpecification {
0 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecondaryInterfacePrivateIpAddressSpecificationRequest {
    pub private_ip_address: Option<String>,
}
structure!(SecondaryInterfacePrivateIpAddressSpecificationRequest {
0 private_ip_address,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecureBlobAttributeValue {
    pub value: Option<Vec<u8>>,
}
structure!(SecureBlobAttributeValue {
0 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroup {
    pub group_id: Option<String>,
    pub ip_permissions_egress: Option<Vec<IpPermission>>,
    pub tags: Option<Vec<Tag>>,
    pub vpc_id: Option<String>,
    pub security_group_arn: Option<String>,
    pub owner_id: Option<String>,
    pub group_name: Option<String>,
    pub description: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
}
structure!(SecurityGroup {
0 group_id,
1 ip_permissions_egress,
2 tags,
3 vpc_id,
4 security_group_arn,
5 owner_id,
6 group_name,
7 description,
8 ip_permissions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupForVpc {
    pub description: Option<String>,
    pub group_name: Option<String>,
    pub owner_id: Option<String>,
    pub group_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub primary_vpc_id: Option<String>,
}
structure!(SecurityGroupForVpc {
0 description,
1 group_name,
2 owner_id,
3 group_id,
4 tags,
5 primary_vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupIdentifier {
    pub group_id: Option<String>,
    pub group_name: Option<String>,
}
structure!(SecurityGroupIdentifier {
0 group_id,
1 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupReference {
    pub group_id: Option<String>,
    pub referencing_vpc_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub transit_gateway_id: Option<String>,
}
structure!(SecurityGroupReference {
0 group_id,
1 referencing_vpc_id,
2 vpc_peering_connection_id,
3 transit_gateway_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupRule {
    pub security_group_rule_id: Option<String>,
    pub group_id: Option<String>,
    pub group_owner_id: Option<String>,
    pub is_egress: Option<bool>,
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr_ipv4: Option<String>,
    pub cidr_ipv6: Option<String>,
    pub prefix_list_id: Option<String>,
    pub referenced_group_info: Option<ReferencedSecurityGroup>,
    pub description: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub security_group_rule_arn: Option<String>,
}
structure!(SecurityGroupRule {
0 security_group_rule_id,
1 group_id,
2 group_owner_id,
3 is_egress,
4 ip_protocol,
5 from_port,
6 to_port,
7 cidr_ipv4,
8 cidr_ipv6,
9 prefix_list_id,
10 referenced_group_info,
11 description,
12 tags,
13 security_group_rule_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupRuleDescription {
    pub security_group_rule_id: Option<String>,
    pub description: Option<String>,
}
structure!(SecurityGroupRuleDescription {
0 security_group_rule_id,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupRuleRequest {
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr_ipv4: Option<String>,
    pub cidr_ipv6: Option<String>,
    pub prefix_list_id: Option<String>,
    pub referenced_group_id: Option<String>,
    pub description: Option<String>,
}
structure!(SecurityGroupRuleRequest {
0 ip_protocol,
1 from_port,
2 to_port,
3 cidr_ipv4,
4 cidr_ipv6,
5 prefix_list_id,
6 referenced_group_id,
7 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupRuleUpdate {
    pub security_group_rule_id: Option<String>,
    pub security_group_rule: Option<SecurityGroupRuleRequest>,
}
structure!(SecurityGroupRuleUpdate {
0 security_group_rule_id,
1 security_group_rule,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityGroupVpcAssociation {
    pub group_id: Option<String>,
    pub vpc_id: Option<String>,
    pub vpc_owner_id: Option<String>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    pub group_owner_id: Option<String>,
}
structure!(SecurityGroupVpcAssociation {
0 group_id,
1 vpc_id,
2 vpc_owner_id,
3 state,
4 state_reason,
5 group_owner_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceConfiguration {
    pub service_type: Option<Vec<ServiceTypeDetail>>,
    pub service_id: Option<String>,
    pub service_name: Option<String>,
    pub service_state: Option<String>,
    pub availability_zone_ids: Option<Vec<String>>,
    pub availability_zones: Option<Vec<String>>,
    pub acceptance_required: Option<bool>,
    pub manages_vpc_endpoints: Option<bool>,
    pub network_load_balancer_arns: Option<Vec<String>>,
    pub gateway_load_balancer_arns: Option<Vec<String>>,
    pub supported_ip_address_types: Option<Vec<String>>,
    pub base_endpoint_dns_names: Option<Vec<String>>,
    pub private_dns_name: Option<String>,
    pub private_dns_name_configuration: Option<PrivateDnsNameConfiguration>,
    pub payer_responsibility: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub supported_regions: Option<Vec<SupportedRegionDetail>>,
    pub remote_access_enabled: Option<bool>,
}
structure!(ServiceConfiguration {
0 service_type,
1 service_id,
2 service_name,
3 service_state,
4 availability_zone_ids,
5 availability_zones,
6 acceptance_required,
7 manages_vpc_endpoints,
8 network_load_balancer_arns,
9 gateway_load_balancer_arns,
10 supported_ip_address_types,
11 base_endpoint_dns_names,
12 private_dns_name,
13 private_dns_name_configuration,
14 payer_responsibility,
15 tags,
16 supported_regions,
17 remote_access_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceDetail {
    pub service_name: Option<String>,
    pub service_id: Option<String>,
    pub service_type: Option<Vec<ServiceTypeDetail>>,
    pub service_region: Option<String>,
    pub availability_zone_ids: Option<Vec<String>>,
    pub availability_zones: Option<Vec<String>>,
    pub owner: Option<String>,
    pub base_endpoint_dns_names: Option<Vec<String>>,
    pub private_dns_name: Option<String>,
    pub private_dns_names: Option<Vec<PrivateDnsDetails>>,
    pub vpc_endpoint_policy_supported: Option<bool>,
    pub acceptance_required: Option<bool>,
    pub manages_vpc_endpoints: Option<bool>,
    pub payer_responsibility: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub private_dns_name_verification_state: Option<String>,
    pub supported_ip_address_types: Option<Vec<String>>,
}
structure!(ServiceDetail {
0 service_name,
1 service_id,
2 service_type,
3 service_region,
4 availability_zone_ids,
5 availability_zones,
6 owner,
7 base_endpoint_dns_names,
8 private_dns_name,
9 private_dns_names,
10 vpc_endpoint_policy_supported,
11 acceptance_required,
12 manages_vpc_endpoints,
13 payer_responsibility,
14 tags,
15 private_dns_name_verification_state,
16 supported_ip_address_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceTypeDetail {
    pub service_type: Option<String>,
}
structure!(ServiceTypeDetail {
0 service_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    pub owner_alias: Option<String>,
    pub outpost_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub storage_tier: Option<String>,
    pub restore_expiry_time: Option<Timestamp>,
    pub sse_type: Option<String>,
    pub availability_zone: Option<String>,
    pub transfer_type: Option<String>,
    pub completion_duration_minutes: Option<i32>,
    pub completion_time: Option<Timestamp>,
    pub full_snapshot_size_in_bytes: Option<i64>,
    pub associated_kms_keys: Option<Vec<AssociatedKmsKey>>,
    pub snapshot_id: Option<String>,
    pub volume_id: Option<String>,
    pub state: Option<String>,
    pub state_message: Option<String>,
    pub start_time: Option<Timestamp>,
    pub progress: Option<String>,
    pub owner_id: Option<String>,
    pub description: Option<String>,
    pub volume_size: Option<i32>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
    pub data_encryption_key_id: Option<String>,
}
structure!(Snapshot {
0 owner_alias,
1 outpost_arn,
2 tags,
3 storage_tier,
4 restore_expiry_time,
5 sse_type,
6 availability_zone,
7 transfer_type,
8 completion_duration_minutes,
9 completion_time,
10 full_snapshot_size_in_bytes,
11 associated_kms_keys,
12 snapshot_id,
13 volume_id,
14 state,
15 state_message,
16 start_time,
17 progress,
18 owner_id,
19 description,
20 volume_size,
21 encrypted,
22 kms_key_id,
23 data_encryption_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SnapshotInfo {
    pub description: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub encrypted: Option<bool>,
    pub volume_id: Option<String>,
    pub state: Option<String>,
    pub volume_size: Option<i32>,
    pub start_time: Option<Timestamp>,
    pub progress: Option<String>,
    pub owner_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub outpost_arn: Option<String>,
    pub sse_type: Option<String>,
    pub availability_zone: Option<String>,
}
structure!(SnapshotInfo {
0 description,
1 tags,
2 encrypted,
3 volume_id,
4 state,
5 volume_size,
6 start_time,
7 progress,
8 owner_id,
9 snapshot_id,
10 outpost_arn,
11 sse_type,
12 availability_zone,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotCapacityRebalance {
    pub replacement_strategy: Option<String>,
    pub termination_delay: Option<i32>,
}
structure!(SpotCapacityRebalance {
0 replacement_strategy,
1 termination_delay,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotFleetLaunchSpecification {
    pub addressing_type: Option<String>,
    pub block_device_mappings: Option<Vec<BlockDeviceMapping>>,
    pub ebs_optimized: Option<bool>,
    pub iam_instance_profile: Option<IamInstanceProfileSpecification>,
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub kernel_id: Option<String>,
    pub key_name: Option<String>,
    pub monitoring: Option<SpotFleetMonitoring>,
    pub network_interfaces: Option<Vec<InstanceNetworkInterfaceSpecification>>,
    pub placement: Option<SpotPlacement>,
    pub ramdisk_id: Option<String>,
    pub spot_price: Option<String>,
    pub subnet_id: Option<String>,
    pub user_data: Option<String>,
    pub weighted_capacity: Option<f64>,
    pub tag_specifications: Option<Vec<SpotFleetTagSpecification>>,
    pub instance_requirements: Option<InstanceRequirements>,
    pub security_groups: Option<Vec<GroupIdentifier>>,
}
structure!(SpotFleetLaunchSpecification {
0 addressing_type,
1 block_device_mappings,
2 ebs_optimized,
3 iam_instance_profile,
4 image_id,
5 instance_type,
6 kernel_id,
7 key_name,
8 monitoring,
9 network_interfaces,
10 placement,
11 ramdisk_id,
12 spot_price,
13 subnet_id,
14 user_data,
15 weighted_capacity,
16 tag_specifications,
17 instance_requirements,
18 security_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotFleetMonitoring {
    pub enabled: Option<bool>,
}
structure!(SpotFleetMonitoring {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotFleetRequestConfig {
    pub activity_status: Option<String>,
    pub create_time: Option<Timestamp>,
    pub spot_fleet_request_config: Option<SpotFleetRequestConfigData>,
    pub spot_fleet_request_id: Option<String>,
    pub spot_fleet_request_state: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(SpotFleetRequestConfig {
0 activity_status,
1 create_time,
2 spot_fleet_request_config,
3 spot_fleet_request_id,
4 spot_fleet_request_state,
5 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotFleetRequestConfigData {
    pub allocation_strategy: Option<String>,
    pub on_demand_allocation_strategy: Option<String>,
    pub spot_maintenance_strategies: Option<SpotMaintenanceStrategies>,
    pub client_token: Option<String>,
    pub excess_capacity_termination_policy: Option<String>,
    pub fulfilled_capacity: Option<f64>,
    pub on_demand_fulfilled_capacity: Option<f64>,
    pub iam_fleet_role: Option<String>,
    pub launch_specifications: Option<Vec<SpotFleetLaunchSpecification>>,
    pub launch_template_configs: Option<Vec<LaunchTemplateConfig>>,
    pub spot_price: Option<String>,
    pub target_capacity: Option<i32>,
    pub on_demand_target_capacity: Option<i32>,
    pub on_demand_max_total_price: Option<String>,
    pub spot_max_total_price: Option<String>,
    pub terminate_instances_with_expiration: Option<bool>,
    pub type_: Option<String>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub replace_unhealthy_instances: Option<bool>,
    pub instance_interruption_behavior: Option<String>,
    pub load_balancers_config: Option<LoadBalancersConfig>,
    pub instance_pools_to_use_count: Option<i32>,
    pub context: Option<String>,
    pub target_capacity_unit_type: Option<String>,
    pub tag_specifications: Option<Vec<TagSpecification>>,
}
structure!(SpotFleetRequestConfigData {
0 allocation_strategy,
1 on_demand_allocation_strategy,
2 spot_maintenance_strategies,
3 client_token,
4 excess_capacity_termination_policy,
5 fulfilled_capacity,
6 on_demand_fulfilled_capacity,
7 iam_fleet_role,
8 launch_specifications,
9 launch_template_configs,
10 spot_price,
11 target_capacity,
12 on_demand_target_capacity,
13 on_demand_max_total_price,
14 spot_max_total_price,
15 terminate_instances_with_expiration,
16 type_,
17 valid_from,
18 valid_until,
19 replace_unhealthy_instances,
20 instance_interruption_behavior,
21 load_balancers_config,
22 instance_pools_to_use_count,
23 context,
24 target_capacity_unit_type,
25 tag_specifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotFleetTagSpecification {
    pub resource_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(SpotFleetTagSpecification {
0 resource_type,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotInstanceRequest {
    pub actual_block_hourly_price: Option<String>,
    pub availability_zone_group: Option<String>,
    pub block_duration_minutes: Option<i32>,
    pub create_time: Option<Timestamp>,
    pub fault: Option<SpotInstanceStateFault>,
    pub instance_id: Option<String>,
    pub launch_group: Option<String>,
    pub launch_specification: Option<LaunchSpecification>,
    pub launched_availability_zone: Option<String>,
    pub launched_availability_zone_id: Option<String>,
    pub product_description: Option<String>,
    pub spot_instance_request_id: Option<String>,
    pub spot_price: Option<String>,
    pub state: Option<String>,
    pub status: Option<SpotInstanceStatus>,
    pub tags: Option<Vec<Tag>>,
    pub type_: Option<String>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub instance_interruption_behavior: Option<String>,
}
structure!(SpotInstanceRequest {
0 actual_block_hourly_price,
1 availability_zone_group,
2 block_duration_minutes,
3 create_time,
4 fault,
5 instance_id,
6 launch_group,
7 launch_specification,
8 launched_availability_zone,
9 launched_availability_zone_id,
10 product_description,
11 spot_instance_request_id,
12 spot_price,
13 state,
14 status,
15 tags,
16 type_,
17 valid_from,
18 valid_until,
19 instance_interruption_behavior,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotInstanceStateFault {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(SpotInstanceStateFault {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotInstanceStatus {
    pub code: Option<String>,
    pub message: Option<String>,
    pub update_time: Option<Timestamp>,
}
structure!(SpotInstanceStatus {
0 code,
1 message,
2 update_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotMaintenanceStrategies {
    pub capacity_rebalance: Option<SpotCapacityRebalance>,
}
structure!(SpotMaintenanceStrategies {
0 capacity_rebalance,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotMarketOptions {
    pub max_price: Option<String>,
    pub spot_instance_type: Option<String>,
    pub block_duration_minutes: Option<i32>,
    pub valid_until: Option<Timestamp>,
    pub instance_interruption_behavior: Option<String>,
}
structure!(SpotMarketOptions {
0 max_price,
1 spot_instance_type,
2 block_duration_minutes,
3 valid_until,
4 instance_interruption_behavior,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotOptions {
    pub allocation_strategy: Option<String>,
    pub maintenance_strategies: Option<FleetSpotMaintenanceStrategies>,
    pub instance_interruption_behavior: Option<String>,
    pub instance_pools_to_use_count: Option<i32>,
    pub single_instance_type: Option<bool>,
    pub single_availability_zone: Option<bool>,
    pub min_target_capacity: Option<i32>,
    pub max_total_price: Option<String>,
}
structure!(SpotOptions {
0 allocation_strategy,
1 maintenance_strategies,
2 instance_interruption_behavior,
3 instance_pools_to_use_count,
4 single_instance_type,
5 single_availability_zone,
6 min_target_capacity,
7 max_total_price,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotOptionsRequest {
    pub allocation_strategy: Option<String>,
    pub maintenance_strategies: Option<FleetSpotMaintenanceStrategiesRequest>,
    pub instance_interruption_behavior: Option<String>,
    pub instance_pools_to_use_count: Option<i32>,
    pub single_instance_type: Option<bool>,
    pub single_availability_zone: Option<bool>,
    pub min_target_capacity: Option<i32>,
    pub max_total_price: Option<String>,
}
structure!(SpotOptionsRequest {
0 allocation_strategy,
1 maintenance_strategies,
2 instance_interruption_behavior,
3 instance_pools_to_use_count,
4 single_instance_type,
5 single_availability_zone,
6 min_target_capacity,
7 max_total_price,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotPlacement {
    pub availability_zone: Option<String>,
    pub group_name: Option<String>,
    pub tenancy: Option<String>,
    pub availability_zone_id: Option<String>,
}
structure!(SpotPlacement {
0 availability_zone,
1 group_name,
2 tenancy,
3 availability_zone_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpotPrice {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub instance_type: Option<String>,
    pub product_description: Option<String>,
    pub spot_price: Option<String>,
    pub timestamp: Option<Timestamp>,
}
structure!(SpotPrice {
0 availability_zone,
1 availability_zone_id,
2 instance_type,
3 product_description,
4 spot_price,
5 timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StaleIpPermission {
    pub from_port: Option<i32>,
    pub ip_protocol: Option<String>,
    pub ip_ranges: Option<Vec<String>>,
    pub prefix_list_ids: Option<Vec<String>>,
    pub to_port: Option<i32>,
    pub user_id_group_pairs: Option<Vec<UserIdGroupPair>>,
}
structure!(StaleIpPermission {
0 from_port,
1 ip_protocol,
2 ip_ranges,
3 prefix_list_ids,
4 to_port,
5 user_id_group_pairs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StaleSecurityGroup {
    pub description: Option<String>,
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub stale_ip_permissions: Option<Vec<StaleIpPermission>>,
    pub stale_ip_permissions_egress: Option<Vec<StaleIpPermission>>,
    pub vpc_id: Option<String>,
}
structure!(StaleSecurityGroup {
0 description,
1 group_id,
2 group_name,
3 stale_ip_permissions,
4 stale_ip_permissions_egress,
5 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub additional_info: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(StartInstancesRequest {
0 instance_ids,
1 additional_info,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartInstancesResult {
    pub starting_instances: Option<Vec<InstanceStateChange>>,
}
structure!(StartInstancesResult {
0 starting_instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartVpcEndpointServicePrivateDnsVerificationRequest {
    pub dry_run: Option<bool>,
    pub service_id: Option<String>,
}
structure!(StartVpcEndpointServicePrivateDnsVerificationRequest {
0 dry_run,
1 service_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartVpcEndpointServicePrivateDnsVerificationResult {
    pub return_value: Option<bool>,
}
structure!(StartVpcEndpointServicePrivateDnsVerificationResult {
0 return_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StateReason {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(StateReason {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub hibernate: Option<bool>,
    pub skip_os_shutdown: Option<bool>,
    pub dry_run: Option<bool>,
    pub force: Option<bool>,
}
structure!(StopInstancesRequest {
0 instance_ids,
1 hibernate,
2 skip_os_shutdown,
3 dry_run,
4 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopInstancesResult {
    pub stopping_instances: Option<Vec<InstanceStateChange>>,
}
structure!(StopInstancesResult {
0 stopping_instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subnet {
    pub availability_zone_id: Option<String>,
    pub enable_lni_at_device_index: Option<i32>,
    pub map_customer_owned_ip_on_launch: Option<bool>,
    pub customer_owned_ipv4_pool: Option<String>,
    pub owner_id: Option<String>,
    pub assign_ipv6_address_on_creation: Option<bool>,
    pub ipv6_cidr_block_association_set: Option<Vec<SubnetIpv6CidrBlockAssociation>>,
    pub tags: Option<Vec<Tag>>,
    pub subnet_arn: Option<String>,
    pub outpost_arn: Option<String>,
    pub enable_dns64: Option<bool>,
    pub ipv6_native: Option<bool>,
    pub private_dns_name_options_on_launch: Option<PrivateDnsNameOptionsOnLaunch>,
    pub block_public_access_states: Option<BlockPublicAccessStates>,
    pub type_: Option<String>,
    pub subnet_id: Option<String>,
    pub state: Option<String>,
    pub vpc_id: Option<String>,
    pub cidr_block: Option<String>,
    pub available_ip_address_count: Option<i32>,
    pub availability_zone: Option<String>,
    pub default_for_az: Option<bool>,
    pub map_public_ip_on_launch: Option<bool>,
}
structure!(Subnet {
0 availability_zone_id,
1 enable_lni_at_device_index,
2 map_customer_owned_ip_on_launch,
3 customer_owned_ipv4_pool,
4 owner_id,
5 assign_ipv6_address_on_creation,
6 ipv6_cidr_block_association_set,
7 tags,
8 subnet_arn,
9 outpost_arn,
10 enable_dns64,
11 ipv6_native,
12 private_dns_name_options_on_launch,
13 block_public_access_states,
14 type_,
15 subnet_id,
16 state,
17 vpc_id,
18 cidr_block,
19 available_ip_address_count,
20 availability_zone,
21 default_for_az,
22 map_public_ip_on_launch,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubnetCidrBlockState {
    pub state: Option<String>,
    pub status_message: Option<String>,
}
structure!(SubnetCidrBlockState {
0 state,
1 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubnetCidrReservation {
    pub subnet_cidr_reservation_id: Option<String>,
    pub subnet_id: Option<String>,
    pub cidr: Option<String>,
    pub reservation_type: Option<String>,
    pub owner_id: Option<String>,
    pub description: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(SubnetCidrReservation {
0 subnet_cidr_reservation_id,
1 subnet_id,
2 cidr,
3 reservation_type,
4 owner_id,
5 description,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubnetConfiguration {
    pub subnet_id: Option<String>,
    pub ipv4: Option<String>,
    pub ipv6: Option<String>,
}
structure!(SubnetConfiguration {
0 subnet_id,
1 ipv4,
2 ipv6,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubnetIpPrefixes {
    pub subnet_id: Option<String>,
    pub ip_prefixes: Option<Vec<String>>,
}
structure!(SubnetIpPrefixes {
0 subnet_id,
1 ip_prefixes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubnetIpv6CidrBlockAssociation {
    pub association_id: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub ipv6_cidr_block_state: Option<SubnetCidrBlockState>,
    pub ipv6_address_attribute: Option<String>,
    pub ip_source: Option<String>,
}
structure!(SubnetIpv6CidrBlockAssociation {
0 association_id,
1 ipv6_cidr_block,
2 ipv6_cidr_block_state,
3 ipv6_address_attribute,
4 ip_source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SupportedRegionDetail {
    pub region: Option<String>,
    pub service_state: Option<String>,
}
structure!(SupportedRegionDetail {
0 region,
1 service_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagDescription {
    pub key: Option<String>,
    pub resource_id: Option<String>,
    pub resource_type: Option<String>,
    pub value: Option<String>,
}
structure!(TagDescription {
0 key,
1 resource_id,
2 resource_type,
3 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagFieldSpecificationRequest {
    pub resource_type: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(TagFieldSpecificationRequest {
0 resource_type,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagFieldSpecificationResponse {
    pub resource_type: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(TagFieldSpecificationResponse {
0 resource_type,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagSpecification {
    pub resource_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagSpecification {
0 resource_type,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetCapacitySpecification {
    pub total_target_capacity: Option<i32>,
    pub on_demand_target_capacity: Option<i32>,
    pub spot_target_capacity: Option<i32>,
    pub default_target_capacity_type: Option<String>,
    pub target_capacity_unit_type: Option<String>,
}
structure!(TargetCapacitySpecification {
0 total_target_capacity,
1 on_demand_target_capacity,
2 spot_target_capacity,
3 default_target_capacity_type,
4 target_capacity_unit_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetCapacitySpecificationRequest {
    pub total_target_capacity: Option<i32>,
    pub on_demand_target_capacity: Option<i32>,
    pub spot_target_capacity: Option<i32>,
    pub default_target_capacity_type: Option<String>,
    pub target_capacity_unit_type: Option<String>,
}
structure!(TargetCapacitySpecificationRequest {
0 total_target_capacity,
1 on_demand_target_capacity,
2 spot_target_capacity,
3 default_target_capacity_type,
4 target_capacity_unit_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetGroup {
    pub arn: Option<String>,
}
structure!(TargetGroup {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetGroupsConfig {
    pub target_groups: Option<Vec<TargetGroup>>,
}
structure!(TargetGroupsConfig {
0 target_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerminateInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub force: Option<bool>,
    pub skip_os_shutdown: Option<bool>,
    pub dry_run: Option<bool>,
}
structure!(TerminateInstancesRequest {
0 instance_ids,
1 force,
2 skip_os_shutdown,
3 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerminateInstancesResult {
    pub terminating_instances: Option<Vec<InstanceStateChange>>,
}
structure!(TerminateInstancesResult {
0 terminating_instances,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TotalLocalStorageGB {
    pub min: Option<f64>,
    pub max: Option<f64>,
}
structure!(TotalLocalStorageGB {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TotalLocalStorageGBRequest {
    pub min: Option<f64>,
    pub max: Option<f64>,
}
structure!(TotalLocalStorageGBRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnassignIpv6AddressesRequest {
    pub ipv6_prefixes: Option<Vec<String>>,
    pub network_interface_id: Option<String>,
    pub ipv6_addresses: Option<Vec<String>>,
}
structure!(UnassignIpv6AddressesRequest {
0 ipv6_prefixes,
1 network_interface_id,
2 ipv6_addresses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnassignIpv6AddressesResult {
    pub network_interface_id: Option<String>,
    pub unassigned_ipv6_addresses: Option<Vec<String>>,
    pub unassigned_ipv6_prefixes: Option<Vec<String>>,
}
structure!(UnassignIpv6AddressesResult {
0 network_interface_id,
1 unassigned_ipv6_addresses,
2 unassigned_ipv6_prefixes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnassignPrivateIpAddressesRequest {
    pub ipv4_prefixes: Option<Vec<String>>,
    pub network_interface_id: Option<String>,
    pub private_ip_addresses: Option<Vec<String>>,
}
structure!(UnassignPrivateIpAddressesRequest {
0 ipv4_prefixes,
1 network_interface_id,
2 private_ip_addresses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnmonitorInstancesRequest {
    pub instance_ids: Option<Vec<String>>,
    pub metric_category_ids: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(UnmonitorInstancesRequest {
0 instance_ids,
1 metric_category_ids,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnmonitorInstancesResult {
    pub instance_monitorings: Option<Vec<InstanceMonitoring>>,
}
structure!(UnmonitorInstancesResult {
0 instance_monitorings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnsuccessfulItem {
    pub error: Option<UnsuccessfulItemError>,
    pub resource_id: Option<String>,
}
structure!(UnsuccessfulItem {
0 error,
1 resource_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnsuccessfulItemError {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(UnsuccessfulItemError {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecurityGroupRuleDescriptionsEgressRequest {
    pub dry_run: Option<bool>,
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
    pub security_group_rule_descriptions: Option<Vec<SecurityGroupRuleDescription>>,
}
structure!(UpdateSecurityGroupRuleDescriptionsEgressRequest {
0 dry_run,
1 group_id,
2 group_name,
3 ip_permissions,
4 security_group_rule_descriptions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecurityGroupRuleDescriptionsEgressResult {
    pub return_: Option<bool>,
}
structure!(UpdateSecurityGroupRuleDescriptionsEgressResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecurityGroupRuleDescriptionsIngressRequest {
    pub dry_run: Option<bool>,
    pub group_id: Option<String>,
    pub group_name: Option<String>,
    pub ip_permissions: Option<Vec<IpPermission>>,
    pub security_group_rule_descriptions: Option<Vec<SecurityGroupRuleDescription>>,
}
structure!(UpdateSecurityGroupRuleDescriptionsIngressRequest {
0 dry_run,
1 group_id,
2 group_name,
3 ip_permissions,
4 security_group_rule_descriptions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecurityGroupRuleDescriptionsIngressResult {
    pub return_: Option<bool>,
}
structure!(UpdateSecurityGroupRuleDescriptionsIngressResult {
0 return_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserIdGroupPair {
    pub description: Option<String>,
    pub user_id: Option<String>,
    pub group_name: Option<String>,
    pub group_id: Option<String>,
    pub vpc_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub peering_status: Option<String>,
}
structure!(UserIdGroupPair {
0 description,
1 user_id,
2 group_name,
3 group_id,
4 vpc_id,
5 vpc_peering_connection_id,
6 peering_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VCpuCountRange {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(VCpuCountRange {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VCpuCountRangeRequest {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(VCpuCountRangeRequest {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VCpuInfo {
    pub default_v_cpus: Option<i32>,
    pub default_cores: Option<i32>,
    pub default_threads_per_core: Option<i32>,
    pub valid_cores: Option<Vec<i32>>,
    pub valid_threads_per_core: Option<Vec<i32>>,
}
structure!(VCpuInfo {
0 default_v_cpus,
1 default_cores,
2 default_threads_per_core,
3 valid_cores,
4 valid_threads_per_core,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidationError {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(ValidationError {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidationWarning {
    pub errors: Option<Vec<ValidationError>>,
}
structure!(ValidationWarning {
0 errors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Volume {
    pub availability_zone_id: Option<String>,
    pub outpost_arn: Option<String>,
    pub source_volume_id: Option<String>,
    pub iops: Option<i32>,
    pub tags: Option<Vec<Tag>>,
    pub volume_type: Option<String>,
    pub fast_restored: Option<bool>,
    pub multi_attach_enabled: Option<bool>,
    pub throughput: Option<i32>,
    pub sse_type: Option<String>,
    pub operator: Option<OperatorResponse>,
    pub volume_initialization_rate: Option<i32>,
    pub volume_arn: Option<String>,
    pub owner_id: Option<String>,
    pub volume_id: Option<String>,
    pub size: Option<i32>,
    pub snapshot_id: Option<String>,
    pub availability_zone: Option<String>,
    pub state: Option<String>,
    pub create_time: Option<Timestamp>,
    pub attachments: Option<Vec<VolumeAttachment>>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
}
structure!(Volume {
0 availability_zone_id,
1 outpost_arn,
2 source_volume_id,
3 iops,
4 tags,
5 volume_type,
6 fast_restored,
7 multi_attach_enabled,
8 throughput,
9 sse_type,
10 operator,
11 volume_initialization_rate,
12 volume_arn,
13 owner_id,
14 volume_id,
15 size,
16 snapshot_id,
17 availability_zone,
18 state,
19 create_time,
20 attachments,
21 encrypted,
22 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeAttachment {
    pub delete_on_termination: Option<bool>,
    pub associated_resource: Option<String>,
    pub instance_owning_service: Option<String>,
    pub ebs_card_index: Option<i32>,
    pub volume_id: Option<String>,
    pub instance_id: Option<String>,
    pub device: Option<String>,
    pub state: Option<String>,
    pub attach_time: Option<Timestamp>,
}
structure!(VolumeAttachment {
0 delete_on_termination,
1 associated_resource,
2 instance_owning_service,
3 ebs_card_index,
4 volume_id,
5 instance_id,
6 device,
7 state,
8 attach_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeModification {
    pub volume_id: Option<String>,
    pub modification_state: Option<String>,
    pub status_message: Option<String>,
    pub target_size: Option<i32>,
    pub target_iops: Option<i32>,
    pub target_volume_type: Option<String>,
    pub target_throughput: Option<i32>,
    pub target_multi_attach_enabled: Option<bool>,
    pub original_size: Option<i32>,
    pub original_iops: Option<i32>,
    pub original_volume_type: Option<String>,
    pub original_throughput: Option<i32>,
    pub original_multi_attach_enabled: Option<bool>,
    pub progress: Option<i64>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub operator: Option<OperatorResponse>,
}
structure!(VolumeModification {
0 volume_id,
1 modification_state,
2 status_message,
3 target_size,
4 target_iops,
5 target_volume_type,
6 target_throughput,
7 target_multi_attach_enabled,
8 original_size,
9 original_iops,
10 original_volume_type,
11 original_throughput,
12 original_multi_attach_enabled,
13 progress,
14 start_time,
15 end_time,
16 operator,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeStatusAction {
    pub code: Option<String>,
    pub description: Option<String>,
    pub event_id: Option<String>,
    pub event_type: Option<String>,
}
structure!(VolumeStatusAction {
0 code,
1 description,
2 event_id,
3 event_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeStatusAttachmentStatus {
    pub io_performance: Option<String>,
    pub instance_id: Option<String>,
}
structure!(VolumeStatusAttachmentStatus {
0 io_performance,
1 instance_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeStatusDetails {
    pub name: Option<String>,
    pub status: Option<String>,
}
structure!(VolumeStatusDetails {
0 name,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeStatusEvent {
    pub description: Option<String>,
    pub event_id: Option<String>,
    pub event_type: Option<String>,
    pub not_after: Option<Timestamp>,
    pub not_before: Option<Timestamp>,
    pub instance_id: Option<String>,
}
structure!(VolumeStatusEvent {
0 description,
1 event_id,
2 event_type,
3 not_after,
4 not_before,
5 instance_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeStatusInfo {
    pub details: Option<Vec<VolumeStatusDetails>>,
    pub status: Option<String>,
}
structure!(VolumeStatusInfo {
0 details,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeStatusItem {
    pub actions: Option<Vec<VolumeStatusAction>>,
    pub availability_zone: Option<String>,
    pub outpost_arn: Option<String>,
    pub events: Option<Vec<VolumeStatusEvent>>,
    pub volume_id: Option<String>,
    pub volume_status: Option<VolumeStatusInfo>,
    pub attachment_statuses: Option<Vec<VolumeStatusAttachmentStatus>>,
    pub initialization_status_details: Option<InitializationStatusDetails>,
    pub availability_zone_id: Option<String>,
    pub operator: Option<OperatorResponse>,
}
structure!(VolumeStatusItem {
0 actions,
1 availability_zone,
2 outpost_arn,
3 events,
4 volume_id,
5 volume_status,
6 attachment_statuses,
7 initialization_status_details,
8 availability_zone_id,
9 operator,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vpc {
    pub owner_id: Option<String>,
    pub instance_tenancy: Option<String>,
    pub ipv6_cidr_block_association_set: Option<Vec<VpcIpv6CidrBlockAssociation>>,
    pub cidr_block_association_set: Option<Vec<VpcCidrBlockAssociation>>,
    pub is_default: Option<bool>,
    pub encryption_control: Option<VpcEncryptionControl>,
    pub tags: Option<Vec<Tag>>,
    pub block_public_access_states: Option<BlockPublicAccessStates>,
    pub vpc_id: Option<String>,
    pub state: Option<String>,
    pub cidr_block: Option<String>,
    pub dhcp_options_id: Option<String>,
}
structure!(Vpc {
0 owner_id,
1 instance_tenancy,
2 ipv6_cidr_block_association_set,
3 cidr_block_association_set,
4 is_default,
5 encryption_control,
6 tags,
7 block_public_access_states,
8 vpc_id,
9 state,
10 cidr_block,
11 dhcp_options_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcCidrBlockAssociation {
    pub association_id: Option<String>,
    pub cidr_block: Option<String>,
    pub cidr_block_state: Option<VpcCidrBlockState>,
}
structure!(VpcCidrBlockAssociation {
0 association_id,
1 cidr_block,
2 cidr_block_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcCidrBlockState {
    pub state: Option<String>,
    pub status_message: Option<String>,
}
structure!(VpcCidrBlockState {
0 state,
1 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcEncryptionControl {
    pub vpc_id: Option<String>,
    pub vpc_encryption_control_id: Option<String>,
    pub mode: Option<String>,
    pub state: Option<String>,
    pub state_message: Option<String>,
    pub resource_exclusions: Option<VpcEncryptionControlExclusions>,
    pub tags: Option<Vec<Tag>>,
}
structure!(VpcEncryptionControl {
0 vpc_id,
1 vpc_encryption_control_id,
2 mode,
3 state,
4 state_message,
5 resource_exclusions,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcEncryptionControlConfiguration {
    pub mode: Option<String>,
    pub internet_gateway_exclusion: Option<String>,
    pub egress_only_internet_gateway_exclusion: Option<String>,
    pub nat_gateway_exclusion: Option<String>,
    pub virtual_private_gateway_exclusion: Option<String>,
    pub vpc_peering_exclusion: Option<String>,
    pub lambda_exclusion: Option<String>,
    pub vpc_lattice_exclusion: Option<String>,
    pub elastic_file_system_exclusion: Option<String>,
    pub global_accelerator_exclusion: Option<String>,
    pub api_gateway_v2_exclusion: Option<String>,
}
structure!(VpcEncryptionControlConfiguration {
0 mode,
1 internet_gateway_exclusion,
2 egress_only_internet_gateway_exclusion,
3 nat_gateway_exclusion,
4 virtual_private_gateway_exclusion,
5 vpc_peering_exclusion,
6 lambda_exclusion,
7 vpc_lattice_exclusion,
8 elastic_file_system_exclusion,
9 global_accelerator_exclusion,
10 api_gateway_v2_exclusion,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcEncryptionControlExclusion {
    pub state: Option<String>,
    pub state_message: Option<String>,
}
structure!(VpcEncryptionControlExclusion {
0 state,
1 state_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcEncryptionControlExclusions {
    pub internet_gateway: Option<VpcEncryptionControlExclusion>,
    pub egress_only_internet_gateway: Option<VpcEncryptionControlExclusion>,
    pub nat_gateway: Option<VpcEncryptionControlExclusion>,
    pub virtual_private_gateway: Option<VpcEncryptionControlExclusion>,
    pub vpc_peering: Option<VpcEncryptionControlExclusion>,
    pub lambda: Option<VpcEncryptionControlExclusion>,
    pub vpc_lattice: Option<VpcEncryptionControlExclusion>,
    pub elastic_file_system: Option<VpcEncryptionControlExclusion>,
    pub global_accelerator: Option<VpcEncryptionControlExclusion>,
    pub api_gateway_v2: Option<VpcEncryptionControlExclusion>,
}
structure!(VpcEncryptionControlExclusions {
0 internet_gateway,
1 egress_only_internet_gateway,
2 nat_gateway,
3 virtual_private_gateway,
4 vpc_peering,
5 lambda,
6 vpc_lattice,
7 elastic_file_system,
8 global_accelerator,
9 api_gateway_v2,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcEndpoint {
    pub vpc_endpoint_id: Option<String>,
    pub vpc_endpoint_type: Option<String>,
    pub vpc_id: Option<String>,
    pub service_name: Option<String>,
    pub state: Option<String>,
    pub policy_document: Option<String>,
    pub route_table_ids: Option<Vec<String>>,
    pub subnet_ids: Option<Vec<String>>,
    pub groups: Option<Vec<SecurityGroupIdentifier>>,
    pub ip_address_type: Option<String>,
    pub dns_options: Option<DnsOptions>,
    pub private_dns_enabled: Option<bool>,
    pub requester_managed: Option<bool>,
    pub network_interface_ids: Option<Vec<String>>,
    pub dns_entries: Option<Vec<DnsEntry>>,
    pub creation_timestamp: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
    pub owner_id: Option<String>,
    pub last_error: Option<LastError>,
    pub ipv4_prefixes: Option<Vec<SubnetIpPrefixes>>,
    pub ipv6_prefixes: Option<Vec<SubnetIpPrefixes>>,
    pub failure_reason: Option<String>,
    pub service_network_arn: Option<String>,
    pub resource_configuration_arn: Option<String>,
    pub service_region: Option<String>,
    pub payer_responsibilities: Option<Vec<PayerResponsibilityEntry>>,
}
structure!(VpcEndpoint {
0 vpc_endpoint_id,
1 vpc_endpoint_type,
2 vpc_id,
3 service_name,
4 state,
5 policy_document,
6 route_table_ids,
7 subnet_ids,
8 groups,
9 ip_address_type,
10 dns_options,
11 private_dns_enabled,
12 requester_managed,
13 network_interface_ids,
14 dns_entries,
15 creation_timestamp,
16 tags,
17 owner_id,
18 last_error,
19 ipv4_prefixes,
20 ipv6_prefixes,
21 failure_reason,
22 service_network_arn,
23 resource_configuration_arn,
24 service_region,
25 payer_responsibilities,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcEndpointConnection {
    pub service_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub vpc_endpoint_owner: Option<String>,
    pub vpc_endpoint_state: Option<String>,
    pub creation_timestamp: Option<Timestamp>,
    pub dns_entries: Option<Vec<DnsEntry>>,
    pub network_load_balancer_arns: Option<Vec<String>>,
    pub gateway_load_balancer_arns: Option<Vec<String>>,
    pub ip_address_type: Option<String>,
    pub vpc_endpoint_connection_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub vpc_endpoint_region: Option<String>,
    pub payer_responsibilities: Option<Vec<PayerResponsibilityEntry>>,
    pub transit_gateway_attachment_id: Option<String>,
    pub transit_gateway_attachment_owner: Option<String>,
}
structure!(VpcEndpointConnection {
0 service_id,
1 vpc_endpoint_id,
2 vpc_endpoint_owner,
3 vpc_endpoint_state,
4 creation_timestamp,
5 dns_entries,
6 network_load_balancer_arns,
7 gateway_load_balancer_arns,
8 ip_address_type,
9 vpc_endpoint_connection_id,
10 tags,
11 vpc_endpoint_region,
12 payer_responsibilities,
13 transit_gateway_attachment_id,
14 transit_gateway_attachment_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcIpv6CidrBlockAssociation {
    pub association_id: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub ipv6_cidr_block_state: Option<VpcCidrBlockState>,
    pub network_border_group: Option<String>,
    pub ipv6_pool: Option<String>,
    pub ipv6_address_attribute: Option<String>,
    pub ip_source: Option<String>,
}
structure!(VpcIpv6CidrBlockAssociation {
0 association_id,
1 ipv6_cidr_block,
2 ipv6_cidr_block_state,
3 network_border_group,
4 ipv6_pool,
5 ipv6_address_attribute,
6 ip_source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcPeeringConnection {
    pub accepter_vpc_info: Option<VpcPeeringConnectionVpcInfo>,
    pub expiration_time: Option<Timestamp>,
    pub requester_vpc_info: Option<VpcPeeringConnectionVpcInfo>,
    pub status: Option<VpcPeeringConnectionStateReason>,
    pub tags: Option<Vec<Tag>>,
    pub vpc_peering_connection_id: Option<String>,
    pub multipath_resilience_status: Option<String>,
}
structure!(VpcPeeringConnection {
0 accepter_vpc_info,
1 expiration_time,
2 requester_vpc_info,
3 status,
4 tags,
5 vpc_peering_connection_id,
6 multipath_resilience_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcPeeringConnectionOptionsDescription {
    pub allow_dns_resolution_from_remote_vpc: Option<bool>,
    pub allow_egress_from_local_classic_link_to_remote_vpc: Option<bool>,
    pub allow_egress_from_local_vpc_to_remote_classic_link: Option<bool>,
    pub allow_multipath_resilience: Option<bool>,
    pub multipath_resilience_mode: Option<String>,
}
structure!(VpcPeeringConnectionOptionsDescription {
0 allow_dns_resolution_from_remote_vpc,
1 allow_egress_from_local_classic_link_to_remote_vpc,
2 allow_egress_from_local_vpc_to_remote_classic_link,
3 allow_multipath_resilience,
4 multipath_resilience_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcPeeringConnectionStateReason {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(VpcPeeringConnectionStateReason {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcPeeringConnectionVpcInfo {
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block_set: Option<Vec<Ipv6CidrBlock>>,
    pub cidr_block_set: Option<Vec<CidrBlock>>,
    pub owner_id: Option<String>,
    pub peering_options: Option<VpcPeeringConnectionOptionsDescription>,
    pub vpc_id: Option<String>,
    pub region: Option<String>,
}
structure!(VpcPeeringConnectionVpcInfo {
0 cidr_block,
1 ipv6_cidr_block_set,
2 cidr_block_set,
3 owner_id,
4 peering_options,
5 vpc_id,
6 region,
});
