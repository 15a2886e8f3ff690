// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    AcceptVpcEndpointConnections(&'a AcceptVpcEndpointConnectionsRequest),
    AcceptVpcPeeringConnection(&'a AcceptVpcPeeringConnectionRequest),
    AllocateAddress(&'a AllocateAddressRequest),
    AssignIpv6Addresses(&'a AssignIpv6AddressesRequest),
    AssignPrivateIpAddresses(&'a AssignPrivateIpAddressesRequest),
    AssociateAddress(&'a AssociateAddressRequest),
    AssociateDhcpOptions(&'a AssociateDhcpOptionsRequest),
    AssociateIamInstanceProfile(&'a AssociateIamInstanceProfileRequest),
    AssociateRouteTable(&'a AssociateRouteTableRequest),
    AssociateSubnetCidrBlock(&'a AssociateSubnetCidrBlockRequest),
    AssociateVpcCidrBlock(&'a AssociateVpcCidrBlockRequest),
    AttachInternetGateway(&'a AttachInternetGatewayRequest),
    AttachNetworkInterface(&'a AttachNetworkInterfaceRequest),
    AttachVolume(&'a AttachVolumeRequest),
    AuthorizeSecurityGroupEgress(&'a AuthorizeSecurityGroupEgressRequest),
    AuthorizeSecurityGroupIngress(&'a AuthorizeSecurityGroupIngressRequest),
    CancelSpotFleetRequests(&'a CancelSpotFleetRequestsRequest),
    CancelSpotInstanceRequests(&'a CancelSpotInstanceRequestsRequest),
    CopyImage(&'a CopyImageRequest),
    CopySnapshot(&'a CopySnapshotRequest),
    CreateDefaultSubnet(&'a CreateDefaultSubnetRequest),
    CreateDefaultVpc(&'a CreateDefaultVpcRequest),
    CreateDhcpOptions(&'a CreateDhcpOptionsRequest),
    CreateEgressOnlyInternetGateway(&'a CreateEgressOnlyInternetGatewayRequest),
    CreateFleet(&'a CreateFleetRequest),
    CreateFlowLogs(&'a CreateFlowLogsRequest),
    CreateImage(&'a CreateImageRequest),
    CreateInternetGateway(&'a CreateInternetGatewayRequest),
    CreateKeyPair(&'a CreateKeyPairRequest),
    CreateLaunchTemplate(&'a CreateLaunchTemplateRequest),
    CreateLaunchTemplateVersion(&'a CreateLaunchTemplateVersionRequest),
    CreateManagedPrefixList(&'a CreateManagedPrefixListRequest),
    CreateNatGateway(&'a CreateNatGatewayRequest),
    CreateNetworkAcl(&'a CreateNetworkAclRequest),
    CreateNetworkAclEntry(&'a CreateNetworkAclEntryRequest),
    CreateNetworkInterface(&'a CreateNetworkInterfaceRequest),
    CreateNetworkInterfacePermission(&'a CreateNetworkInterfacePermissionRequest),
    CreatePlacementGroup(&'a CreatePlacementGroupRequest),
    CreateRoute(&'a CreateRouteRequest),
    CreateRouteTable(&'a CreateRouteTableRequest),
    CreateSecurityGroup(&'a CreateSecurityGroupRequest),
    CreateSnapshot(&'a CreateSnapshotRequest),
    CreateSnapshots(&'a CreateSnapshotsRequest),
    CreateSubnet(&'a CreateSubnetRequest),
    CreateSubnetCidrReservation(&'a CreateSubnetCidrReservationRequest),
    CreateTags(&'a CreateTagsRequest),
    CreateVolume(&'a CreateVolumeRequest),
    CreateVpc(&'a CreateVpcRequest),
    CreateVpcEndpoint(&'a CreateVpcEndpointRequest),
    CreateVpcEndpointServiceConfiguration(&'a CreateVpcEndpointServiceConfigurationRequest),
    CreateVpcPeeringConnection(&'a CreateVpcPeeringConnectionRequest),
    DeleteDhcpOptions(&'a DeleteDhcpOptionsRequest),
    DeleteEgressOnlyInternetGateway(&'a DeleteEgressOnlyInternetGatewayRequest),
    DeleteFleets(&'a DeleteFleetsRequest),
    DeleteFlowLogs(&'a DeleteFlowLogsRequest),
    DeleteInternetGateway(&'a DeleteInternetGatewayRequest),
    DeleteKeyPair(&'a DeleteKeyPairRequest),
    DeleteLaunchTemplate(&'a DeleteLaunchTemplateRequest),
    DeleteLaunchTemplateVersions(&'a DeleteLaunchTemplateVersionsRequest),
    DeleteManagedPrefixList(&'a DeleteManagedPrefixListRequest),
    DeleteNatGateway(&'a DeleteNatGatewayRequest),
    DeleteNetworkAcl(&'a DeleteNetworkAclRequest),
    DeleteNetworkAclEntry(&'a DeleteNetworkAclEntryRequest),
    DeleteNetworkInterface(&'a DeleteNetworkInterfaceRequest),
    DeleteNetworkInterfacePermission(&'a DeleteNetworkInterfacePermissionRequest),
    DeletePlacementGroup(&'a DeletePlacementGroupRequest),
    DeleteRoute(&'a DeleteRouteRequest),
    DeleteRouteTable(&'a DeleteRouteTableRequest),
    DeleteSecurityGroup(&'a DeleteSecurityGroupRequest),
    DeleteSnapshot(&'a DeleteSnapshotRequest),
    DeleteSubnet(&'a DeleteSubnetRequest),
    DeleteSubnetCidrReservation(&'a DeleteSubnetCidrReservationRequest),
    DeleteTags(&'a DeleteTagsRequest),
    DeleteVolume(&'a DeleteVolumeRequest),
    DeleteVpc(&'a DeleteVpcRequest),
    DeleteVpcEndpointServiceConfigurations(&'a DeleteVpcEndpointServiceConfigurationsRequest),
    DeleteVpcEndpoints(&'a DeleteVpcEndpointsRequest),
    DeleteVpcPeeringConnection(&'a DeleteVpcPeeringConnectionRequest),
    DeregisterImage(&'a DeregisterImageRequest),
    DescribeAccountAttributes(&'a DescribeAccountAttributesRequest),
    DescribeAddresses(&'a DescribeAddressesRequest),
    DescribeAddressesAttribute(&'a DescribeAddressesAttributeRequest),
    DescribeAvailabilityZones(&'a DescribeAvailabilityZonesRequest),
    DescribeDhcpOptions(&'a DescribeDhcpOptionsRequest),
    DescribeEgressOnlyInternetGateways(&'a DescribeEgressOnlyInternetGatewaysRequest),
    DescribeFleetInstances(&'a DescribeFleetInstancesRequest),
    DescribeFleets(&'a DescribeFleetsRequest),
    DescribeFlowLogs(&'a DescribeFlowLogsRequest),
    DescribeIamInstanceProfileAssociations(&'a DescribeIamInstanceProfileAssociationsRequest),
    DescribeImageAttribute(&'a DescribeImageAttributeRequest),
    DescribeImages(&'a DescribeImagesRequest),
    DescribeInstanceAttribute(&'a DescribeInstanceAttributeRequest),
    DescribeInstanceCreditSpecifications(&'a DescribeInstanceCreditSpecificationsRequest),
    DescribeInstanceStatus(&'a DescribeInstanceStatusRequest),
    DescribeInstanceTypeOfferings(&'a DescribeInstanceTypeOfferingsRequest),
    DescribeInstanceTypes(&'a DescribeInstanceTypesRequest),
    DescribeInstances(&'a DescribeInstancesRequest),
    DescribeInternetGateways(&'a DescribeInternetGatewaysRequest),
    DescribeKeyPairs(&'a DescribeKeyPairsRequest),
    DescribeLaunchTemplateVersions(&'a DescribeLaunchTemplateVersionsRequest),
    DescribeLaunchTemplates(&'a DescribeLaunchTemplatesRequest),
    DescribeManagedPrefixLists(&'a DescribeManagedPrefixListsRequest),
    DescribeNatGateways(&'a DescribeNatGatewaysRequest),
    DescribeNetworkAcls(&'a DescribeNetworkAclsRequest),
    DescribeNetworkInterfaceAttribute(&'a DescribeNetworkInterfaceAttributeRequest),
    DescribeNetworkInterfacePermissions(&'a DescribeNetworkInterfacePermissionsRequest),
    DescribeNetworkInterfaces(&'a DescribeNetworkInterfacesRequest),
    DescribePlacementGroups(&'a DescribePlacementGroupsRequest),
    DescribePrefixLists(&'a DescribePrefixListsRequest),
    DescribeRegions(&'a DescribeRegionsRequest),
    DescribeRouteTables(&'a DescribeRouteTablesRequest),
    DescribeSecurityGroupReferences(&'a DescribeSecurityGroupReferencesRequest),
    DescribeSecurityGroupRules(&'a DescribeSecurityGroupRulesRequest),
    DescribeSecurityGroupVpcAssociations(&'a DescribeSecurityGroupVpcAssociationsRequest),
    DescribeSecurityGroups(&'a DescribeSecurityGroupsRequest),
    DescribeSnapshotAttribute(&'a DescribeSnapshotAttributeRequest),
    DescribeSnapshots(&'a DescribeSnapshotsRequest),
    DescribeSpotFleetInstances(&'a DescribeSpotFleetInstancesRequest),
    DescribeSpotFleetRequests(&'a DescribeSpotFleetRequestsRequest),
    DescribeSpotInstanceRequests(&'a DescribeSpotInstanceRequestsRequest),
    DescribeSpotPriceHistory(&'a DescribeSpotPriceHistoryRequest),
    DescribeStaleSecurityGroups(&'a DescribeStaleSecurityGroupsRequest),
    DescribeSubnets(&'a DescribeSubnetsRequest),
    DescribeTags(&'a DescribeTagsRequest),
    DescribeVolumeAttribute(&'a DescribeVolumeAttributeRequest),
    DescribeVolumeStatus(&'a DescribeVolumeStatusRequest),
    DescribeVolumes(&'a DescribeVolumesRequest),
    DescribeVolumesModifications(&'a DescribeVolumesModificationsRequest),
    DescribeVpcAttribute(&'a DescribeVpcAttributeRequest),
    DescribeVpcEndpointConnections(&'a DescribeVpcEndpointConnectionsRequest),
    DescribeVpcEndpointServiceConfigurations(&'a DescribeVpcEndpointServiceConfigurationsRequest),
    DescribeVpcEndpointServicePermissions(&'a DescribeVpcEndpointServicePermissionsRequest),
    DescribeVpcEndpointServices(&'a DescribeVpcEndpointServicesRequest),
    DescribeVpcEndpoints(&'a DescribeVpcEndpointsRequest),
    DescribeVpcPeeringConnections(&'a DescribeVpcPeeringConnectionsRequest),
    DescribeVpcs(&'a DescribeVpcsRequest),
    DetachInternetGateway(&'a DetachInternetGatewayRequest),
    DetachNetworkInterface(&'a DetachNetworkInterfaceRequest),
    DetachVolume(&'a DetachVolumeRequest),
    DisableEbsEncryptionByDefault(&'a DisableEbsEncryptionByDefaultRequest),
    DisassociateAddress(&'a DisassociateAddressRequest),
    DisassociateIamInstanceProfile(&'a DisassociateIamInstanceProfileRequest),
    DisassociateRouteTable(&'a DisassociateRouteTableRequest),
    DisassociateSubnetCidrBlock(&'a DisassociateSubnetCidrBlockRequest),
    DisassociateVpcCidrBlock(&'a DisassociateVpcCidrBlockRequest),
    EnableEbsEncryptionByDefault(&'a EnableEbsEncryptionByDefaultRequest),
    GetConsoleOutput(&'a GetConsoleOutputRequest),
    GetEbsDefaultKmsKeyId(&'a GetEbsDefaultKmsKeyIdRequest),
    GetEbsEncryptionByDefault(&'a GetEbsEncryptionByDefaultRequest),
    GetLaunchTemplateData(&'a GetLaunchTemplateDataRequest),
    GetManagedPrefixListAssociations(&'a GetManagedPrefixListAssociationsRequest),
    GetManagedPrefixListEntries(&'a GetManagedPrefixListEntriesRequest),
    GetSecurityGroupsForVpc(&'a GetSecurityGroupsForVpcRequest),
    GetSubnetCidrReservations(&'a GetSubnetCidrReservationsRequest),
    ImportKeyPair(&'a ImportKeyPairRequest),
    ModifyAddressAttribute(&'a ModifyAddressAttributeRequest),
    ModifyEbsDefaultKmsKeyId(&'a ModifyEbsDefaultKmsKeyIdRequest),
    ModifyImageAttribute(&'a ModifyImageAttributeRequest),
    ModifyInstanceAttribute(&'a ModifyInstanceAttributeRequest),
    ModifyInstanceMetadataOptions(&'a ModifyInstanceMetadataOptionsRequest),
    ModifyInstancePlacement(&'a ModifyInstancePlacementRequest),
    ModifyLaunchTemplate(&'a ModifyLaunchTemplateRequest),
    ModifyManagedPrefixList(&'a ModifyManagedPrefixListRequest),
    ModifyNetworkInterfaceAttribute(&'a ModifyNetworkInterfaceAttributeRequest),
    ModifySecurityGroupRules(&'a ModifySecurityGroupRulesRequest),
    ModifySnapshotAttribute(&'a ModifySnapshotAttributeRequest),
    ModifySpotFleetRequest(&'a ModifySpotFleetRequestRequest),
    ModifySubnetAttribute(&'a ModifySubnetAttributeRequest),
    ModifyVolume(&'a ModifyVolumeRequest),
    ModifyVolumeAttribute(&'a ModifyVolumeAttributeRequest),
    ModifyVpcAttribute(&'a ModifyVpcAttributeRequest),
    ModifyVpcEndpoint(&'a ModifyVpcEndpointRequest),
    ModifyVpcEndpointServiceConfiguration(&'a ModifyVpcEndpointServiceConfigurationRequest),
    ModifyVpcEndpointServicePermissions(&'a ModifyVpcEndpointServicePermissionsRequest),
    ModifyVpcPeeringConnectionOptions(&'a ModifyVpcPeeringConnectionOptionsRequest),
    ModifyVpcTenancy(&'a ModifyVpcTenancyRequest),
    MonitorInstances(&'a MonitorInstancesRequest),
    RebootInstances(&'a RebootInstancesRequest),
    RegisterImage(&'a RegisterImageRequest),
    RejectVpcEndpointConnections(&'a RejectVpcEndpointConnectionsRequest),
    RejectVpcPeeringConnection(&'a RejectVpcPeeringConnectionRequest),
    ReleaseAddress(&'a ReleaseAddressRequest),
    ReplaceIamInstanceProfileAssociation(&'a ReplaceIamInstanceProfileAssociationRequest),
    ReplaceNetworkAclAssociation(&'a ReplaceNetworkAclAssociationRequest),
    ReplaceNetworkAclEntry(&'a ReplaceNetworkAclEntryRequest),
    ReplaceRoute(&'a ReplaceRouteRequest),
    ReplaceRouteTableAssociation(&'a ReplaceRouteTableAssociationRequest),
    RequestSpotFleet(&'a RequestSpotFleetRequest),
    RequestSpotInstances(&'a RequestSpotInstancesRequest),
    ResetAddressAttribute(&'a ResetAddressAttributeRequest),
    ResetEbsDefaultKmsKeyId(&'a ResetEbsDefaultKmsKeyIdRequest),
    ResetImageAttribute(&'a ResetImageAttributeRequest),
    ResetInstanceAttribute(&'a ResetInstanceAttributeRequest),
    ResetNetworkInterfaceAttribute(&'a ResetNetworkInterfaceAttributeRequest),
    ResetSnapshotAttribute(&'a ResetSnapshotAttributeRequest),
    RevokeSecurityGroupEgress(&'a RevokeSecurityGroupEgressRequest),
    RevokeSecurityGroupIngress(&'a RevokeSecurityGroupIngressRequest),
    RunInstances(&'a RunInstancesRequest),
    StartInstances(&'a StartInstancesRequest),
    StartVpcEndpointServicePrivateDnsVerification(
        &'a StartVpcEndpointServicePrivateDnsVerificationRequest,
    ),
    StopInstances(&'a StopInstancesRequest),
    TerminateInstances(&'a TerminateInstancesRequest),
    UnassignIpv6Addresses(&'a UnassignIpv6AddressesRequest),
    UnassignPrivateIpAddresses(&'a UnassignPrivateIpAddressesRequest),
    UnmonitorInstances(&'a UnmonitorInstancesRequest),
    UpdateSecurityGroupRuleDescriptionsEgress(&'a UpdateSecurityGroupRuleDescriptionsEgressRequest),
    UpdateSecurityGroupRuleDescriptionsIngress(
        &'a UpdateSecurityGroupRuleDescriptionsIngressRequest,
    ),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AcceptVpcEndpointConnections(_) => "AcceptVpcEndpointConnections",
            Self::AcceptVpcPeeringConnection(_) => "AcceptVpcPeeringConnection",
            Self::AllocateAddress(_) => "AllocateAddress",
            Self::AssignIpv6Addresses(_) => "AssignIpv6Addresses",
            Self::AssignPrivateIpAddresses(_) => "AssignPrivateIpAddresses",
            Self::AssociateAddress(_) => "AssociateAddress",
            Self::AssociateDhcpOptions(_) => "AssociateDhcpOptions",
            Self::AssociateIamInstanceProfile(_) => "AssociateIamInstanceProfile",
            Self::AssociateRouteTable(_) => "AssociateRouteTable",
            Self::AssociateSubnetCidrBlock(_) => "AssociateSubnetCidrBlock",
            Self::AssociateVpcCidrBlock(_) => "AssociateVpcCidrBlock",
            Self::AttachInternetGateway(_) => "AttachInternetGateway",
            Self::AttachNetworkInterface(_) => "AttachNetworkInterface",
            Self::AttachVolume(_) => "AttachVolume",
            Self::AuthorizeSecurityGroupEgress(_) => "AuthorizeSecurityGroupEgress",
            Self::AuthorizeSecurityGroupIngress(_) => "AuthorizeSecurityGroupIngress",
            Self::CancelSpotFleetRequests(_) => "CancelSpotFleetRequests",
            Self::CancelSpotInstanceRequests(_) => "CancelSpotInstanceRequests",
            Self::CopyImage(_) => "CopyImage",
            Self::CopySnapshot(_) => "CopySnapshot",
            Self::CreateDefaultSubnet(_) => "CreateDefaultSubnet",
            Self::CreateDefaultVpc(_) => "CreateDefaultVpc",
            Self::CreateDhcpOptions(_) => "CreateDhcpOptions",
            Self::CreateEgressOnlyInternetGateway(_) => "CreateEgressOnlyInternetGateway",
            Self::CreateFleet(_) => "CreateFleet",
            Self::CreateFlowLogs(_) => "CreateFlowLogs",
            Self::CreateImage(_) => "CreateImage",
            Self::CreateInternetGateway(_) => "CreateInternetGateway",
            Self::CreateKeyPair(_) => "CreateKeyPair",
            Self::CreateLaunchTemplate(_) => "CreateLaunchTemplate",
            Self::CreateLaunchTemplateVersion(_) => "CreateLaunchTemplateVersion",
            Self::CreateManagedPrefixList(_) => "CreateManagedPrefixList",
            Self::CreateNatGateway(_) => "CreateNatGateway",
            Self::CreateNetworkAcl(_) => "CreateNetworkAcl",
            Self::CreateNetworkAclEntry(_) => "CreateNetworkAclEntry",
            Self::CreateNetworkInterface(_) => "CreateNetworkInterface",
            Self::CreateNetworkInterfacePermission(_) => "CreateNetworkInterfacePermission",
            Self::CreatePlacementGroup(_) => "CreatePlacementGroup",
            Self::CreateRoute(_) => "CreateRoute",
            Self::CreateRouteTable(_) => "CreateRouteTable",
            Self::CreateSecurityGroup(_) => "CreateSecurityGroup",
            Self::CreateSnapshot(_) => "CreateSnapshot",
            Self::CreateSnapshots(_) => "CreateSnapshots",
            Self::CreateSubnet(_) => "CreateSubnet",
            Self::CreateSubnetCidrReservation(_) => "CreateSubnetCidrReservation",
            Self::CreateTags(_) => "CreateTags",
            Self::CreateVolume(_) => "CreateVolume",
            Self::CreateVpc(_) => "CreateVpc",
            Self::CreateVpcEndpoint(_) => "CreateVpcEndpoint",
            Self::CreateVpcEndpointServiceConfiguration(_) => {
                "CreateVpcEndpointServiceConfiguration"
            }
            Self::CreateVpcPeeringConnection(_) => "CreateVpcPeeringConnection",
            Self::DeleteDhcpOptions(_) => "DeleteDhcpOptions",
            Self::DeleteEgressOnlyInternetGateway(_) => "DeleteEgressOnlyInternetGateway",
            Self::DeleteFleets(_) => "DeleteFleets",
            Self::DeleteFlowLogs(_) => "DeleteFlowLogs",
            Self::DeleteInternetGateway(_) => "DeleteInternetGateway",
            Self::DeleteKeyPair(_) => "DeleteKeyPair",
            Self::DeleteLaunchTemplate(_) => "DeleteLaunchTemplate",
            Self::DeleteLaunchTemplateVersions(_) => "DeleteLaunchTemplateVersions",
            Self::DeleteManagedPrefixList(_) => "DeleteManagedPrefixList",
            Self::DeleteNatGateway(_) => "DeleteNatGateway",
            Self::DeleteNetworkAcl(_) => "DeleteNetworkAcl",
            Self::DeleteNetworkAclEntry(_) => "DeleteNetworkAclEntry",
            Self::DeleteNetworkInterface(_) => "DeleteNetworkInterface",
            Self::DeleteNetworkInterfacePermission(_) => "DeleteNetworkInterfacePermission",
            Self::DeletePlacementGroup(_) => "DeletePlacementGroup",
            Self::DeleteRoute(_) => "DeleteRoute",
            Self::DeleteRouteTable(_) => "DeleteRouteTable",
            Self::DeleteSecurityGroup(_) => "DeleteSecurityGroup",
            Self::DeleteSnapshot(_) => "DeleteSnapshot",
            Self::DeleteSubnet(_) => "DeleteSubnet",
            Self::DeleteSubnetCidrReservation(_) => "DeleteSubnetCidrReservation",
            Self::DeleteTags(_) => "DeleteTags",
            Self::DeleteVolume(_) => "DeleteVolume",
            Self::DeleteVpc(_) => "DeleteVpc",
            Self::DeleteVpcEndpointServiceConfigurations(_) => {
                "DeleteVpcEndpointServiceConfigurations"
            }
            Self::DeleteVpcEndpoints(_) => "DeleteVpcEndpoints",
            Self::DeleteVpcPeeringConnection(_) => "DeleteVpcPeeringConnection",
            Self::DeregisterImage(_) => "DeregisterImage",
            Self::DescribeAccountAttributes(_) => "DescribeAccountAttributes",
            Self::DescribeAddresses(_) => "DescribeAddresses",
            Self::DescribeAddressesAttribute(_) => "DescribeAddressesAttribute",
            Self::DescribeAvailabilityZones(_) => "DescribeAvailabilityZones",
            Self::DescribeDhcpOptions(_) => "DescribeDhcpOptions",
            Self::DescribeEgressOnlyInternetGateways(_) => "DescribeEgressOnlyInternetGateways",
            Self::DescribeFleetInstances(_) => "DescribeFleetInstances",
            Self::DescribeFleets(_) => "DescribeFleets",
            Self::DescribeFlowLogs(_) => "DescribeFlowLogs",
            Self::DescribeIamInstanceProfileAssociations(_) => {
                "DescribeIamInstanceProfileAssociations"
            }
            Self::DescribeImageAttribute(_) => "DescribeImageAttribute",
            Self::DescribeImages(_) => "DescribeImages",
            Self::DescribeInstanceAttribute(_) => "DescribeInstanceAttribute",
            Self::DescribeInstanceCreditSpecifications(_) => "DescribeInstanceCreditSpecifications",
            Self::DescribeInstanceStatus(_) => "DescribeInstanceStatus",
            Self::DescribeInstanceTypeOfferings(_) => "DescribeInstanceTypeOfferings",
            Self::DescribeInstanceTypes(_) => "DescribeInstanceTypes",
            Self::DescribeInstances(_) => "DescribeInstances",
            Self::DescribeInternetGateways(_) => "DescribeInternetGateways",
            Self::DescribeKeyPairs(_) => "DescribeKeyPairs",
            Self::DescribeLaunchTemplateVersions(_) => "DescribeLaunchTemplateVersions",
            Self::DescribeLaunchTemplates(_) => "DescribeLaunchTemplates",
            Self::DescribeManagedPrefixLists(_) => "DescribeManagedPrefixLists",
            Self::DescribeNatGateways(_) => "DescribeNatGateways",
            Self::DescribeNetworkAcls(_) => "DescribeNetworkAcls",
            Self::DescribeNetworkInterfaceAttribute(_) => "DescribeNetworkInterfaceAttribute",
            Self::DescribeNetworkInterfacePermissions(_) => "DescribeNetworkInterfacePermissions",
            Self::DescribeNetworkInterfaces(_) => "DescribeNetworkInterfaces",
            Self::DescribePlacementGroups(_) => "DescribePlacementGroups",
            Self::DescribePrefixLists(_) => "DescribePrefixLists",
            Self::DescribeRegions(_) => "DescribeRegions",
            Self::DescribeRouteTables(_) => "DescribeRouteTables",
            Self::DescribeSecurityGroupReferences(_) => "DescribeSecurityGroupReferences",
            Self::DescribeSecurityGroupRules(_) => "DescribeSecurityGroupRules",
            Self::DescribeSecurityGroupVpcAssociations(_) => "DescribeSecurityGroupVpcAssociations",
            Self::DescribeSecurityGroups(_) => "DescribeSecurityGroups",
            Self::DescribeSnapshotAttribute(_) => "DescribeSnapshotAttribute",
            Self::DescribeSnapshots(_) => "DescribeSnapshots",
            Self::DescribeSpotFleetInstances(_) => "DescribeSpotFleetInstances",
            Self::DescribeSpotFleetRequests(_) => "DescribeSpotFleetRequests",
            Self::DescribeSpotInstanceRequests(_) => "DescribeSpotInstanceRequests",
            Self::DescribeSpotPriceHistory(_) => "DescribeSpotPriceHistory",
            Self::DescribeStaleSecurityGroups(_) => "DescribeStaleSecurityGroups",
            Self::DescribeSubnets(_) => "DescribeSubnets",
            Self::DescribeTags(_) => "DescribeTags",
            Self::DescribeVolumeAttribute(_) => "DescribeVolumeAttribute",
            Self::DescribeVolumeStatus(_) => "DescribeVolumeStatus",
            Self::DescribeVolumes(_) => "DescribeVolumes",
            Self::DescribeVolumesModifications(_) => "DescribeVolumesModifications",
            Self::DescribeVpcAttribute(_) => "DescribeVpcAttribute",
            Self::DescribeVpcEndpointConnections(_) => "DescribeVpcEndpointConnections",
            Self::DescribeVpcEndpointServiceConfigurations(_) => {
                "DescribeVpcEndpointServiceConfigurations"
            }
            Self::DescribeVpcEndpointServicePermissions(_) => {
                "DescribeVpcEndpointServicePermissions"
            }
            Self::DescribeVpcEndpointServices(_) => "DescribeVpcEndpointServices",
            Self::DescribeVpcEndpoints(_) => "DescribeVpcEndpoints",
            Self::DescribeVpcPeeringConnections(_) => "DescribeVpcPeeringConnections",
            Self::DescribeVpcs(_) => "DescribeVpcs",
            Self::DetachInternetGateway(_) => "DetachInternetGateway",
            Self::DetachNetworkInterface(_) => "DetachNetworkInterface",
            Self::DetachVolume(_) => "DetachVolume",
            Self::DisableEbsEncryptionByDefault(_) => "DisableEbsEncryptionByDefault",
            Self::DisassociateAddress(_) => "DisassociateAddress",
            Self::DisassociateIamInstanceProfile(_) => "DisassociateIamInstanceProfile",
            Self::DisassociateRouteTable(_) => "DisassociateRouteTable",
            Self::DisassociateSubnetCidrBlock(_) => "DisassociateSubnetCidrBlock",
            Self::DisassociateVpcCidrBlock(_) => "DisassociateVpcCidrBlock",
            Self::EnableEbsEncryptionByDefault(_) => "EnableEbsEncryptionByDefault",
            Self::GetConsoleOutput(_) => "GetConsoleOutput",
            Self::GetEbsDefaultKmsKeyId(_) => "GetEbsDefaultKmsKeyId",
            Self::GetEbsEncryptionByDefault(_) => "GetEbsEncryptionByDefault",
            Self::GetLaunchTemplateData(_) => "GetLaunchTemplateData",
            Self::GetManagedPrefixListAssociations(_) => "GetManagedPrefixListAssociations",
            Self::GetManagedPrefixListEntries(_) => "GetManagedPrefixListEntries",
            Self::GetSecurityGroupsForVpc(_) => "GetSecurityGroupsForVpc",
            Self::GetSubnetCidrReservations(_) => "GetSubnetCidrReservations",
            Self::ImportKeyPair(_) => "ImportKeyPair",
            Self::ModifyAddressAttribute(_) => "ModifyAddressAttribute",
            Self::ModifyEbsDefaultKmsKeyId(_) => "ModifyEbsDefaultKmsKeyId",
            Self::ModifyImageAttribute(_) => "ModifyImageAttribute",
            Self::ModifyInstanceAttribute(_) => "ModifyInstanceAttribute",
            Self::ModifyInstanceMetadataOptions(_) => "ModifyInstanceMetadataOptions",
            Self::ModifyInstancePlacement(_) => "ModifyInstancePlacement",
            Self::ModifyLaunchTemplate(_) => "ModifyLaunchTemplate",
            Self::ModifyManagedPrefixList(_) => "ModifyManagedPrefixList",
            Self::ModifyNetworkInterfaceAttribute(_) => "ModifyNetworkInterfaceAttribute",
            Self::ModifySecurityGroupRules(_) => "ModifySecurityGroupRules",
            Self::ModifySnapshotAttribute(_) => "ModifySnapshotAttribute",
            Self::ModifySpotFleetRequest(_) => "ModifySpotFleetRequest",
            Self::ModifySubnetAttribute(_) => "ModifySubnetAttribute",
            Self::ModifyVolume(_) => "ModifyVolume",
            Self::ModifyVolumeAttribute(_) => "ModifyVolumeAttribute",
            Self::ModifyVpcAttribute(_) => "ModifyVpcAttribute",
            Self::ModifyVpcEndpoint(_) => "ModifyVpcEndpoint",
            Self::ModifyVpcEndpointServiceConfiguration(_) => {
                "ModifyVpcEndpointServiceConfiguration"
            }
            Self::ModifyVpcEndpointServicePermissions(_) => "ModifyVpcEndpointServicePermissions",
            Self::ModifyVpcPeeringConnectionOptions(_) => "ModifyVpcPeeringConnectionOptions",
            Self::ModifyVpcTenancy(_) => "ModifyVpcTenancy",
            Self::MonitorInstances(_) => "MonitorInstances",
            Self::RebootInstances(_) => "RebootInstances",
            Self::RegisterImage(_) => "RegisterImage",
            Self::RejectVpcEndpointConnections(_) => "RejectVpcEndpointConnections",
            Self::RejectVpcPeeringConnection(_) => "RejectVpcPeeringConnection",
            Self::ReleaseAddress(_) => "ReleaseAddress",
            Self::ReplaceIamInstanceProfileAssociation(_) => "ReplaceIamInstanceProfileAssociation",
            Self::ReplaceNetworkAclAssociation(_) => "ReplaceNetworkAclAssociation",
            Self::ReplaceNetworkAclEntry(_) => "ReplaceNetworkAclEntry",
            Self::ReplaceRoute(_) => "ReplaceRoute",
            Self::ReplaceRouteTableAssociation(_) => "ReplaceRouteTableAssociation",
            Self::RequestSpotFleet(_) => "RequestSpotFleet",
            Self::RequestSpotInstances(_) => "RequestSpotInstances",
            Self::ResetAddressAttribute(_) => "ResetAddressAttribute",
            Self::ResetEbsDefaultKmsKeyId(_) => "ResetEbsDefaultKmsKeyId",
            Self::ResetImageAttribute(_) => "ResetImageAttribute",
            Self::ResetInstanceAttribute(_) => "ResetInstanceAttribute",
            Self::ResetNetworkInterfaceAttribute(_) => "ResetNetworkInterfaceAttribute",
            Self::ResetSnapshotAttribute(_) => "ResetSnapshotAttribute",
            Self::RevokeSecurityGroupEgress(_) => "RevokeSecurityGroupEgress",
            Self::RevokeSecurityGroupIngress(_) => "RevokeSecurityGroupIngress",
            Self::RunInstances(_) => "RunInstances",
            Self::StartInstances(_) => "StartInstances",
            Self::StartVpcEndpointServicePrivateDnsVerification(_) => {
                "StartVpcEndpointServicePrivateDnsVerification"
            }
            Self::StopInstances(_) => "StopInstances",
            Self::TerminateInstances(_) => "TerminateInstances",
            Self::UnassignIpv6Addresses(_) => "UnassignIpv6Addresses",
            Self::UnassignPrivateIpAddresses(_) => "UnassignPrivateIpAddresses",
            Self::UnmonitorInstances(_) => "UnmonitorInstances",
            Self::UpdateSecurityGroupRuleDescriptionsEgress(_) => {
                "UpdateSecurityGroupRuleDescriptionsEgress"
            }
            Self::UpdateSecurityGroupRuleDescriptionsIngress(_) => {
                "UpdateSecurityGroupRuleDescriptionsIngress"
            }
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("ec2:{}", self.operation())
    }
}

#[async_trait]
pub trait Ec2: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn accept_vpc_endpoint_connections(
        &self,
        call: &Call,
        input: AcceptVpcEndpointConnectionsRequest,
    ) -> Result<AcceptVpcEndpointConnectionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AcceptVpcEndpointConnections"))
    }

    async fn accept_vpc_peering_connection(
        &self,
        call: &Call,
        input: AcceptVpcPeeringConnectionRequest,
    ) -> Result<AcceptVpcPeeringConnectionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AcceptVpcPeeringConnection"))
    }

    async fn allocate_address(
        &self,
        call: &Call,
        input: AllocateAddressRequest,
    ) -> Result<AllocateAddressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AllocateAddress"))
    }

    async fn assign_ipv6_addresses(
        &self,
        call: &Call,
        input: AssignIpv6AddressesRequest,
    ) -> Result<AssignIpv6AddressesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssignIpv6Addresses"))
    }

    async fn assign_private_ip_addresses(
        &self,
        call: &Call,
        input: AssignPrivateIpAddressesRequest,
    ) -> Result<AssignPrivateIpAddressesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssignPrivateIpAddresses"))
    }

    async fn associate_address(
        &self,
        call: &Call,
        input: AssociateAddressRequest,
    ) -> Result<AssociateAddressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssociateAddress"))
    }

    async fn associate_dhcp_options(
        &self,
        call: &Call,
        input: AssociateDhcpOptionsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssociateDhcpOptions"))
    }

    async fn associate_iam_instance_profile(
        &self,
        call: &Call,
        input: AssociateIamInstanceProfileRequest,
    ) -> Result<AssociateIamInstanceProfileResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssociateIamInstanceProfile"))
    }

    async fn associate_route_table(
        &self,
        call: &Call,
        input: AssociateRouteTableRequest,
    ) -> Result<AssociateRouteTableResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssociateRouteTable"))
    }

    async fn associate_subnet_cidr_block(
        &self,
        call: &Call,
        input: AssociateSubnetCidrBlockRequest,
    ) -> Result<AssociateSubnetCidrBlockResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssociateSubnetCidrBlock"))
    }

    async fn associate_vpc_cidr_block(
        &self,
        call: &Call,
        input: AssociateVpcCidrBlockRequest,
    ) -> Result<AssociateVpcCidrBlockResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AssociateVpcCidrBlock"))
    }

    async fn attach_internet_gateway(
        &self,
        call: &Call,
        input: AttachInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AttachInternetGateway"))
    }

    async fn attach_network_interface(
        &self,
        call: &Call,
        input: AttachNetworkInterfaceRequest,
    ) -> Result<AttachNetworkInterfaceResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AttachNetworkInterface"))
    }

    async fn attach_volume(
        &self,
        call: &Call,
        input: AttachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AttachVolume"))
    }

    async fn authorize_security_group_egress(
        &self,
        call: &Call,
        input: AuthorizeSecurityGroupEgressRequest,
    ) -> Result<AuthorizeSecurityGroupEgressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AuthorizeSecurityGroupEgress"))
    }

    async fn authorize_security_group_ingress(
        &self,
        call: &Call,
        input: AuthorizeSecurityGroupIngressRequest,
    ) -> Result<AuthorizeSecurityGroupIngressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AuthorizeSecurityGroupIngress"))
    }

    async fn cancel_spot_fleet_requests(
        &self,
        call: &Call,
        input: CancelSpotFleetRequestsRequest,
    ) -> Result<CancelSpotFleetRequestsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CancelSpotFleetRequests"))
    }

    async fn cancel_spot_instance_requests(
        &self,
        call: &Call,
        input: CancelSpotInstanceRequestsRequest,
    ) -> Result<CancelSpotInstanceRequestsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CancelSpotInstanceRequests"))
    }

    async fn copy_image(
        &self,
        call: &Call,
        input: CopyImageRequest,
    ) -> Result<CopyImageResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CopyImage"))
    }

    async fn copy_snapshot(
        &self,
        call: &Call,
        input: CopySnapshotRequest,
    ) -> Result<CopySnapshotResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CopySnapshot"))
    }

    async fn create_default_subnet(
        &self,
        call: &Call,
        input: CreateDefaultSubnetRequest,
    ) -> Result<CreateDefaultSubnetResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateDefaultSubnet"))
    }

    async fn create_default_vpc(
        &self,
        call: &Call,
        input: CreateDefaultVpcRequest,
    ) -> Result<CreateDefaultVpcResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateDefaultVpc"))
    }

    async fn create_dhcp_options(
        &self,
        call: &Call,
        input: CreateDhcpOptionsRequest,
    ) -> Result<CreateDhcpOptionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateDhcpOptions"))
    }

    async fn create_egress_only_internet_gateway(
        &self,
        call: &Call,
        input: CreateEgressOnlyInternetGatewayRequest,
    ) -> Result<CreateEgressOnlyInternetGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateEgressOnlyInternetGateway"))
    }

    async fn create_fleet(
        &self,
        call: &Call,
        input: CreateFleetRequest,
    ) -> Result<CreateFleetResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateFleet"))
    }

    async fn create_flow_logs(
        &self,
        call: &Call,
        input: CreateFlowLogsRequest,
    ) -> Result<CreateFlowLogsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateFlowLogs"))
    }

    async fn create_image(
        &self,
        call: &Call,
        input: CreateImageRequest,
    ) -> Result<CreateImageResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateImage"))
    }

    async fn create_internet_gateway(
        &self,
        call: &Call,
        input: CreateInternetGatewayRequest,
    ) -> Result<CreateInternetGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateInternetGateway"))
    }

    async fn create_key_pair(
        &self,
        call: &Call,
        input: CreateKeyPairRequest,
    ) -> Result<KeyPair, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateKeyPair"))
    }

    async fn create_launch_template(
        &self,
        call: &Call,
        input: CreateLaunchTemplateRequest,
    ) -> Result<CreateLaunchTemplateResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateLaunchTemplate"))
    }

    async fn create_launch_template_version(
        &self,
        call: &Call,
        input: CreateLaunchTemplateVersionRequest,
    ) -> Result<CreateLaunchTemplateVersionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateLaunchTemplateVersion"))
    }

    async fn create_managed_prefix_list(
        &self,
        call: &Call,
        input: CreateManagedPrefixListRequest,
    ) -> Result<CreateManagedPrefixListResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateManagedPrefixList"))
    }

    async fn create_nat_gateway(
        &self,
        call: &Call,
        input: CreateNatGatewayRequest,
    ) -> Result<CreateNatGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateNatGateway"))
    }

    async fn create_network_acl(
        &self,
        call: &Call,
        input: CreateNetworkAclRequest,
    ) -> Result<CreateNetworkAclResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateNetworkAcl"))
    }

    async fn create_network_acl_entry(
        &self,
        call: &Call,
        input: CreateNetworkAclEntryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateNetworkAclEntry"))
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: CreateNetworkInterfaceRequest,
    ) -> Result<CreateNetworkInterfaceResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateNetworkInterface"))
    }

    async fn create_network_interface_permission(
        &self,
        call: &Call,
        input: CreateNetworkInterfacePermissionRequest,
    ) -> Result<CreateNetworkInterfacePermissionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "CreateNetworkInterfacePermission",
        ))
    }

    async fn create_placement_group(
        &self,
        call: &Call,
        input: CreatePlacementGroupRequest,
    ) -> Result<CreatePlacementGroupResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreatePlacementGroup"))
    }

    async fn create_route(
        &self,
        call: &Call,
        input: CreateRouteRequest,
    ) -> Result<CreateRouteResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateRoute"))
    }

    async fn create_route_table(
        &self,
        call: &Call,
        input: CreateRouteTableRequest,
    ) -> Result<CreateRouteTableResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateRouteTable"))
    }

    async fn create_security_group(
        &self,
        call: &Call,
        input: CreateSecurityGroupRequest,
    ) -> Result<CreateSecurityGroupResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateSecurityGroup"))
    }

    async fn create_snapshot(
        &self,
        call: &Call,
        input: CreateSnapshotRequest,
    ) -> Result<Snapshot, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateSnapshot"))
    }

    async fn create_snapshots(
        &self,
        call: &Call,
        input: CreateSnapshotsRequest,
    ) -> Result<CreateSnapshotsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateSnapshots"))
    }

    async fn create_subnet(
        &self,
        call: &Call,
        input: CreateSubnetRequest,
    ) -> Result<CreateSubnetResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateSubnet"))
    }

    async fn create_subnet_cidr_reservation(
        &self,
        call: &Call,
        input: CreateSubnetCidrReservationRequest,
    ) -> Result<CreateSubnetCidrReservationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateSubnetCidrReservation"))
    }

    async fn create_tags(&self, call: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateTags"))
    }

    async fn create_volume(
        &self,
        call: &Call,
        input: CreateVolumeRequest,
    ) -> Result<Volume, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateVolume"))
    }

    async fn create_vpc(
        &self,
        call: &Call,
        input: CreateVpcRequest,
    ) -> Result<CreateVpcResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateVpc"))
    }

    async fn create_vpc_endpoint(
        &self,
        call: &Call,
        input: CreateVpcEndpointRequest,
    ) -> Result<CreateVpcEndpointResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateVpcEndpoint"))
    }

    async fn create_vpc_endpoint_service_configuration(
        &self,
        call: &Call,
        input: CreateVpcEndpointServiceConfigurationRequest,
    ) -> Result<CreateVpcEndpointServiceConfigurationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "CreateVpcEndpointServiceConfiguration",
        ))
    }

    async fn create_vpc_peering_connection(
        &self,
        call: &Call,
        input: CreateVpcPeeringConnectionRequest,
    ) -> Result<CreateVpcPeeringConnectionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateVpcPeeringConnection"))
    }

    async fn delete_dhcp_options(
        &self,
        call: &Call,
        input: DeleteDhcpOptionsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteDhcpOptions"))
    }

    async fn delete_egress_only_internet_gateway(
        &self,
        call: &Call,
        input: DeleteEgressOnlyInternetGatewayRequest,
    ) -> Result<DeleteEgressOnlyInternetGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteEgressOnlyInternetGateway"))
    }

    async fn delete_fleets(
        &self,
        call: &Call,
        input: DeleteFleetsRequest,
    ) -> Result<DeleteFleetsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteFleets"))
    }

    async fn delete_flow_logs(
        &self,
        call: &Call,
        input: DeleteFlowLogsRequest,
    ) -> Result<DeleteFlowLogsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteFlowLogs"))
    }

    async fn delete_internet_gateway(
        &self,
        call: &Call,
        input: DeleteInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteInternetGateway"))
    }

    async fn delete_key_pair(
        &self,
        call: &Call,
        input: DeleteKeyPairRequest,
    ) -> Result<DeleteKeyPairResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteKeyPair"))
    }

    async fn delete_launch_template(
        &self,
        call: &Call,
        input: DeleteLaunchTemplateRequest,
    ) -> Result<DeleteLaunchTemplateResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteLaunchTemplate"))
    }

    async fn delete_launch_template_versions(
        &self,
        call: &Call,
        input: DeleteLaunchTemplateVersionsRequest,
    ) -> Result<DeleteLaunchTemplateVersionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteLaunchTemplateVersions"))
    }

    async fn delete_managed_prefix_list(
        &self,
        call: &Call,
        input: DeleteManagedPrefixListRequest,
    ) -> Result<DeleteManagedPrefixListResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteManagedPrefixList"))
    }

    async fn delete_nat_gateway(
        &self,
        call: &Call,
        input: DeleteNatGatewayRequest,
    ) -> Result<DeleteNatGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteNatGateway"))
    }

    async fn delete_network_acl(
        &self,
        call: &Call,
        input: DeleteNetworkAclRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteNetworkAcl"))
    }

    async fn delete_network_acl_entry(
        &self,
        call: &Call,
        input: DeleteNetworkAclEntryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteNetworkAclEntry"))
    }

    async fn delete_network_interface(
        &self,
        call: &Call,
        input: DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteNetworkInterface"))
    }

    async fn delete_network_interface_permission(
        &self,
        call: &Call,
        input: DeleteNetworkInterfacePermissionRequest,
    ) -> Result<DeleteNetworkInterfacePermissionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DeleteNetworkInterfacePermission",
        ))
    }

    async fn delete_placement_group(
        &self,
        call: &Call,
        input: DeletePlacementGroupRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeletePlacementGroup"))
    }

    async fn delete_route(&self, call: &Call, input: DeleteRouteRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteRoute"))
    }

    async fn delete_route_table(
        &self,
        call: &Call,
        input: DeleteRouteTableRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteRouteTable"))
    }

    async fn delete_security_group(
        &self,
        call: &Call,
        input: DeleteSecurityGroupRequest,
    ) -> Result<DeleteSecurityGroupResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteSecurityGroup"))
    }

    async fn delete_snapshot(
        &self,
        call: &Call,
        input: DeleteSnapshotRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteSnapshot"))
    }

    async fn delete_subnet(&self, call: &Call, input: DeleteSubnetRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteSubnet"))
    }

    async fn delete_subnet_cidr_reservation(
        &self,
        call: &Call,
        input: DeleteSubnetCidrReservationRequest,
    ) -> Result<DeleteSubnetCidrReservationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteSubnetCidrReservation"))
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteTags"))
    }

    async fn delete_volume(&self, call: &Call, input: DeleteVolumeRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteVolume"))
    }

    async fn delete_vpc(&self, call: &Call, input: DeleteVpcRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteVpc"))
    }

    async fn delete_vpc_endpoint_service_configurations(
        &self,
        call: &Call,
        input: DeleteVpcEndpointServiceConfigurationsRequest,
    ) -> Result<DeleteVpcEndpointServiceConfigurationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DeleteVpcEndpointServiceConfigurations",
        ))
    }

    async fn delete_vpc_endpoints(
        &self,
        call: &Call,
        input: DeleteVpcEndpointsRequest,
    ) -> Result<DeleteVpcEndpointsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteVpcEndpoints"))
    }

    async fn delete_vpc_peering_connection(
        &self,
        call: &Call,
        input: DeleteVpcPeeringConnectionRequest,
    ) -> Result<DeleteVpcPeeringConnectionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteVpcPeeringConnection"))
    }

    async fn deregister_image(
        &self,
        call: &Call,
        input: DeregisterImageRequest,
    ) -> Result<DeregisterImageResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeregisterImage"))
    }

    async fn describe_account_attributes(
        &self,
        call: &Call,
        input: DescribeAccountAttributesRequest,
    ) -> Result<DescribeAccountAttributesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeAccountAttributes"))
    }

    async fn describe_addresses(
        &self,
        call: &Call,
        input: DescribeAddressesRequest,
    ) -> Result<DescribeAddressesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeAddresses"))
    }

    async fn describe_addresses_attribute(
        &self,
        call: &Call,
        input: DescribeAddressesAttributeRequest,
    ) -> Result<DescribeAddressesAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeAddressesAttribute"))
    }

    async fn describe_availability_zones(
        &self,
        call: &Call,
        input: DescribeAvailabilityZonesRequest,
    ) -> Result<DescribeAvailabilityZonesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeAvailabilityZones"))
    }

    async fn describe_dhcp_options(
        &self,
        call: &Call,
        input: DescribeDhcpOptionsRequest,
    ) -> Result<DescribeDhcpOptionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeDhcpOptions"))
    }

    async fn describe_egress_only_internet_gateways(
        &self,
        call: &Call,
        input: DescribeEgressOnlyInternetGatewaysRequest,
    ) -> Result<DescribeEgressOnlyInternetGatewaysResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeEgressOnlyInternetGateways",
        ))
    }

    async fn describe_fleet_instances(
        &self,
        call: &Call,
        input: DescribeFleetInstancesRequest,
    ) -> Result<DescribeFleetInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeFleetInstances"))
    }

    async fn describe_fleets(
        &self,
        call: &Call,
        input: DescribeFleetsRequest,
    ) -> Result<DescribeFleetsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeFleets"))
    }

    async fn describe_flow_logs(
        &self,
        call: &Call,
        input: DescribeFlowLogsRequest,
    ) -> Result<DescribeFlowLogsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeFlowLogs"))
    }

    async fn describe_iam_instance_profile_associations(
        &self,
        call: &Call,
        input: DescribeIamInstanceProfileAssociationsRequest,
    ) -> Result<DescribeIamInstanceProfileAssociationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeIamInstanceProfileAssociations",
        ))
    }

    async fn describe_image_attribute(
        &self,
        call: &Call,
        input: DescribeImageAttributeRequest,
    ) -> Result<ImageAttribute, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeImageAttribute"))
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeImages"))
    }

    async fn describe_instance_attribute(
        &self,
        call: &Call,
        input: DescribeInstanceAttributeRequest,
    ) -> Result<InstanceAttribute, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeInstanceAttribute"))
    }

    async fn describe_instance_credit_specifications(
        &self,
        call: &Call,
        input: DescribeInstanceCreditSpecificationsRequest,
    ) -> Result<DescribeInstanceCreditSpecificationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeInstanceCreditSpecifications",
        ))
    }

    async fn describe_instance_status(
        &self,
        call: &Call,
        input: DescribeInstanceStatusRequest,
    ) -> Result<DescribeInstanceStatusResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeInstanceStatus"))
    }

    async fn describe_instance_type_offerings(
        &self,
        call: &Call,
        input: DescribeInstanceTypeOfferingsRequest,
    ) -> Result<DescribeInstanceTypeOfferingsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeInstanceTypeOfferings"))
    }

    async fn describe_instance_types(
        &self,
        call: &Call,
        input: DescribeInstanceTypesRequest,
    ) -> Result<DescribeInstanceTypesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeInstanceTypes"))
    }

    async fn describe_instances(
        &self,
        call: &Call,
        input: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeInstances"))
    }

    async fn describe_internet_gateways(
        &self,
        call: &Call,
        input: DescribeInternetGatewaysRequest,
    ) -> Result<DescribeInternetGatewaysResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeInternetGateways"))
    }

    async fn describe_key_pairs(
        &self,
        call: &Call,
        input: DescribeKeyPairsRequest,
    ) -> Result<DescribeKeyPairsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeKeyPairs"))
    }

    async fn describe_launch_template_versions(
        &self,
        call: &Call,
        input: DescribeLaunchTemplateVersionsRequest,
    ) -> Result<DescribeLaunchTemplateVersionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeLaunchTemplateVersions"))
    }

    async fn describe_launch_templates(
        &self,
        call: &Call,
        input: DescribeLaunchTemplatesRequest,
    ) -> Result<DescribeLaunchTemplatesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeLaunchTemplates"))
    }

    async fn describe_managed_prefix_lists(
        &self,
        call: &Call,
        input: DescribeManagedPrefixListsRequest,
    ) -> Result<DescribeManagedPrefixListsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeManagedPrefixLists"))
    }

    async fn describe_nat_gateways(
        &self,
        call: &Call,
        input: DescribeNatGatewaysRequest,
    ) -> Result<DescribeNatGatewaysResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeNatGateways"))
    }

    async fn describe_network_acls(
        &self,
        call: &Call,
        input: DescribeNetworkAclsRequest,
    ) -> Result<DescribeNetworkAclsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeNetworkAcls"))
    }

    async fn describe_network_interface_attribute(
        &self,
        call: &Call,
        input: DescribeNetworkInterfaceAttributeRequest,
    ) -> Result<DescribeNetworkInterfaceAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeNetworkInterfaceAttribute",
        ))
    }

    async fn describe_network_interface_permissions(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacePermissionsRequest,
    ) -> Result<DescribeNetworkInterfacePermissionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeNetworkInterfacePermissions",
        ))
    }

    async fn describe_network_interfaces(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacesRequest,
    ) -> Result<DescribeNetworkInterfacesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeNetworkInterfaces"))
    }

    async fn describe_placement_groups(
        &self,
        call: &Call,
        input: DescribePlacementGroupsRequest,
    ) -> Result<DescribePlacementGroupsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribePlacementGroups"))
    }

    async fn describe_prefix_lists(
        &self,
        call: &Call,
        input: DescribePrefixListsRequest,
    ) -> Result<DescribePrefixListsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribePrefixLists"))
    }

    async fn describe_regions(
        &self,
        call: &Call,
        input: DescribeRegionsRequest,
    ) -> Result<DescribeRegionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeRegions"))
    }

    async fn describe_route_tables(
        &self,
        call: &Call,
        input: DescribeRouteTablesRequest,
    ) -> Result<DescribeRouteTablesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeRouteTables"))
    }

    async fn describe_security_group_references(
        &self,
        call: &Call,
        input: DescribeSecurityGroupReferencesRequest,
    ) -> Result<DescribeSecurityGroupReferencesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSecurityGroupReferences"))
    }

    async fn describe_security_group_rules(
        &self,
        call: &Call,
        input: DescribeSecurityGroupRulesRequest,
    ) -> Result<DescribeSecurityGroupRulesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSecurityGroupRules"))
    }

    async fn describe_security_group_vpc_associations(
        &self,
        call: &Call,
        input: DescribeSecurityGroupVpcAssociationsRequest,
    ) -> Result<DescribeSecurityGroupVpcAssociationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeSecurityGroupVpcAssociations",
        ))
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSecurityGroups"))
    }

    async fn describe_snapshot_attribute(
        &self,
        call: &Call,
        input: DescribeSnapshotAttributeRequest,
    ) -> Result<DescribeSnapshotAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSnapshotAttribute"))
    }

    async fn describe_snapshots(
        &self,
        call: &Call,
        input: DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSnapshots"))
    }

    async fn describe_spot_fleet_instances(
        &self,
        call: &Call,
        input: DescribeSpotFleetInstancesRequest,
    ) -> Result<DescribeSpotFleetInstancesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSpotFleetInstances"))
    }

    async fn describe_spot_fleet_requests(
        &self,
        call: &Call,
        input: DescribeSpotFleetRequestsRequest,
    ) -> Result<DescribeSpotFleetRequestsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSpotFleetRequests"))
    }

    async fn describe_spot_instance_requests(
        &self,
        call: &Call,
        input: DescribeSpotInstanceRequestsRequest,
    ) -> Result<DescribeSpotInstanceRequestsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSpotInstanceRequests"))
    }

    async fn describe_spot_price_history(
        &self,
        call: &Call,
        input: DescribeSpotPriceHistoryRequest,
    ) -> Result<DescribeSpotPriceHistoryResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSpotPriceHistory"))
    }

    async fn describe_stale_security_groups(
        &self,
        call: &Call,
        input: DescribeStaleSecurityGroupsRequest,
    ) -> Result<DescribeStaleSecurityGroupsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeStaleSecurityGroups"))
    }

    async fn describe_subnets(
        &self,
        call: &Call,
        input: DescribeSubnetsRequest,
    ) -> Result<DescribeSubnetsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSubnets"))
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsRequest,
    ) -> Result<DescribeTagsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeTags"))
    }

    async fn describe_volume_attribute(
        &self,
        call: &Call,
        input: DescribeVolumeAttributeRequest,
    ) -> Result<DescribeVolumeAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVolumeAttribute"))
    }

    async fn describe_volume_status(
        &self,
        call: &Call,
        input: DescribeVolumeStatusRequest,
    ) -> Result<DescribeVolumeStatusResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVolumeStatus"))
    }

    async fn describe_volumes(
        &self,
        call: &Call,
        input: DescribeVolumesRequest,
    ) -> Result<DescribeVolumesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVolumes"))
    }

    async fn describe_volumes_modifications(
        &self,
        call: &Call,
        input: DescribeVolumesModificationsRequest,
    ) -> Result<DescribeVolumesModificationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVolumesModifications"))
    }

    async fn describe_vpc_attribute(
        &self,
        call: &Call,
        input: DescribeVpcAttributeRequest,
    ) -> Result<DescribeVpcAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcAttribute"))
    }

    async fn describe_vpc_endpoint_connections(
        &self,
        call: &Call,
        input: DescribeVpcEndpointConnectionsRequest,
    ) -> Result<DescribeVpcEndpointConnectionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcEndpointConnections"))
    }

    async fn describe_vpc_endpoint_service_configurations(
        &self,
        call: &Call,
        input: DescribeVpcEndpointServiceConfigurationsRequest,
    ) -> Result<DescribeVpcEndpointServiceConfigurationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeVpcEndpointServiceConfigurations",
        ))
    }

    async fn describe_vpc_endpoint_service_permissions(
        &self,
        call: &Call,
        input: DescribeVpcEndpointServicePermissionsRequest,
    ) -> Result<DescribeVpcEndpointServicePermissionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "DescribeVpcEndpointServicePermissions",
        ))
    }

    async fn describe_vpc_endpoint_services(
        &self,
        call: &Call,
        input: DescribeVpcEndpointServicesRequest,
    ) -> Result<DescribeVpcEndpointServicesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcEndpointServices"))
    }

    async fn describe_vpc_endpoints(
        &self,
        call: &Call,
        input: DescribeVpcEndpointsRequest,
    ) -> Result<DescribeVpcEndpointsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcEndpoints"))
    }

    async fn describe_vpc_peering_connections(
        &self,
        call: &Call,
        input: DescribeVpcPeeringConnectionsRequest,
    ) -> Result<DescribeVpcPeeringConnectionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcPeeringConnections"))
    }

    async fn describe_vpcs(
        &self,
        call: &Call,
        input: DescribeVpcsRequest,
    ) -> Result<DescribeVpcsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcs"))
    }

    async fn detach_internet_gateway(
        &self,
        call: &Call,
        input: DetachInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DetachInternetGateway"))
    }

    async fn detach_network_interface(
        &self,
        call: &Call,
        input: DetachNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DetachNetworkInterface"))
    }

    async fn detach_volume(
        &self,
        call: &Call,
        input: DetachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DetachVolume"))
    }

    async fn disable_ebs_encryption_by_default(
        &self,
        call: &Call,
        input: DisableEbsEncryptionByDefaultRequest,
    ) -> Result<DisableEbsEncryptionByDefaultResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisableEbsEncryptionByDefault"))
    }

    async fn disassociate_address(
        &self,
        call: &Call,
        input: DisassociateAddressRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisassociateAddress"))
    }

    async fn disassociate_iam_instance_profile(
        &self,
        call: &Call,
        input: DisassociateIamInstanceProfileRequest,
    ) -> Result<DisassociateIamInstanceProfileResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisassociateIamInstanceProfile"))
    }

    async fn disassociate_route_table(
        &self,
        call: &Call,
        input: DisassociateRouteTableRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisassociateRouteTable"))
    }

    async fn disassociate_subnet_cidr_block(
        &self,
        call: &Call,
        input: DisassociateSubnetCidrBlockRequest,
    ) -> Result<DisassociateSubnetCidrBlockResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisassociateSubnetCidrBlock"))
    }

    async fn disassociate_vpc_cidr_block(
        &self,
        call: &Call,
        input: DisassociateVpcCidrBlockRequest,
    ) -> Result<DisassociateVpcCidrBlockResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisassociateVpcCidrBlock"))
    }

    async fn enable_ebs_encryption_by_default(
        &self,
        call: &Call,
        input: EnableEbsEncryptionByDefaultRequest,
    ) -> Result<EnableEbsEncryptionByDefaultResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "EnableEbsEncryptionByDefault"))
    }

    async fn get_console_output(
        &self,
        call: &Call,
        input: GetConsoleOutputRequest,
    ) -> Result<GetConsoleOutputResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetConsoleOutput"))
    }

    async fn get_ebs_default_kms_key_id(
        &self,
        call: &Call,
        input: GetEbsDefaultKmsKeyIdRequest,
    ) -> Result<GetEbsDefaultKmsKeyIdResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetEbsDefaultKmsKeyId"))
    }

    async fn get_ebs_encryption_by_default(
        &self,
        call: &Call,
        input: GetEbsEncryptionByDefaultRequest,
    ) -> Result<GetEbsEncryptionByDefaultResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetEbsEncryptionByDefault"))
    }

    async fn get_launch_template_data(
        &self,
        call: &Call,
        input: GetLaunchTemplateDataRequest,
    ) -> Result<GetLaunchTemplateDataResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetLaunchTemplateData"))
    }

    async fn get_managed_prefix_list_associations(
        &self,
        call: &Call,
        input: GetManagedPrefixListAssociationsRequest,
    ) -> Result<GetManagedPrefixListAssociationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "GetManagedPrefixListAssociations",
        ))
    }

    async fn get_managed_prefix_list_entries(
        &self,
        call: &Call,
        input: GetManagedPrefixListEntriesRequest,
    ) -> Result<GetManagedPrefixListEntriesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetManagedPrefixListEntries"))
    }

    async fn get_security_groups_for_vpc(
        &self,
        call: &Call,
        input: GetSecurityGroupsForVpcRequest,
    ) -> Result<GetSecurityGroupsForVpcResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetSecurityGroupsForVpc"))
    }

    async fn get_subnet_cidr_reservations(
        &self,
        call: &Call,
        input: GetSubnetCidrReservationsRequest,
    ) -> Result<GetSubnetCidrReservationsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetSubnetCidrReservations"))
    }

    async fn import_key_pair(
        &self,
        call: &Call,
        input: ImportKeyPairRequest,
    ) -> Result<ImportKeyPairResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ImportKeyPair"))
    }

    async fn modify_address_attribute(
        &self,
        call: &Call,
        input: ModifyAddressAttributeRequest,
    ) -> Result<ModifyAddressAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyAddressAttribute"))
    }

    async fn modify_ebs_default_kms_key_id(
        &self,
        call: &Call,
        input: ModifyEbsDefaultKmsKeyIdRequest,
    ) -> Result<ModifyEbsDefaultKmsKeyIdResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyEbsDefaultKmsKeyId"))
    }

    async fn modify_image_attribute(
        &self,
        call: &Call,
        input: ModifyImageAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyImageAttribute"))
    }

    async fn modify_instance_attribute(
        &self,
        call: &Call,
        input: ModifyInstanceAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyInstanceAttribute"))
    }

    async fn modify_instance_metadata_options(
        &self,
        call: &Call,
        input: ModifyInstanceMetadataOptionsRequest,
    ) -> Result<ModifyInstanceMetadataOptionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyInstanceMetadataOptions"))
    }

    async fn modify_instance_placement(
        &self,
        call: &Call,
        input: ModifyInstancePlacementRequest,
    ) -> Result<ModifyInstancePlacementResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyInstancePlacement"))
    }

    async fn modify_launch_template(
        &self,
        call: &Call,
        input: ModifyLaunchTemplateRequest,
    ) -> Result<ModifyLaunchTemplateResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyLaunchTemplate"))
    }

    async fn modify_managed_prefix_list(
        &self,
        call: &Call,
        input: ModifyManagedPrefixListRequest,
    ) -> Result<ModifyManagedPrefixListResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyManagedPrefixList"))
    }

    async fn modify_network_interface_attribute(
        &self,
        call: &Call,
        input: ModifyNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyNetworkInterfaceAttribute"))
    }

    async fn modify_security_group_rules(
        &self,
        call: &Call,
        input: ModifySecurityGroupRulesRequest,
    ) -> Result<ModifySecurityGroupRulesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifySecurityGroupRules"))
    }

    async fn modify_snapshot_attribute(
        &self,
        call: &Call,
        input: ModifySnapshotAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifySnapshotAttribute"))
    }

    async fn modify_spot_fleet_request(
        &self,
        call: &Call,
        input: ModifySpotFleetRequestRequest,
    ) -> Result<ModifySpotFleetRequestResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifySpotFleetRequest"))
    }

    async fn modify_subnet_attribute(
        &self,
        call: &Call,
        input: ModifySubnetAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifySubnetAttribute"))
    }

    async fn modify_volume(
        &self,
        call: &Call,
        input: ModifyVolumeRequest,
    ) -> Result<ModifyVolumeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyVolume"))
    }

    async fn modify_volume_attribute(
        &self,
        call: &Call,
        input: ModifyVolumeAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyVolumeAttribute"))
    }

    async fn modify_vpc_attribute(
        &self,
        call: &Call,
        input: ModifyVpcAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyVpcAttribute"))
    }

    async fn modify_vpc_endpoint(
        &self,
        call: &Call,
        input: ModifyVpcEndpointRequest,
    ) -> Result<ModifyVpcEndpointResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyVpcEndpoint"))
    }

    async fn modify_vpc_endpoint_service_configuration(
        &self,
        call: &Call,
        input: ModifyVpcEndpointServiceConfigurationRequest,
    ) -> Result<ModifyVpcEndpointServiceConfigurationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "ModifyVpcEndpointServiceConfiguration",
        ))
    }

    async fn modify_vpc_endpoint_service_permissions(
        &self,
        call: &Call,
        input: ModifyVpcEndpointServicePermissionsRequest,
    ) -> Result<ModifyVpcEndpointServicePermissionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "ModifyVpcEndpointServicePermissions",
        ))
    }

    async fn modify_vpc_peering_connection_options(
        &self,
        call: &Call,
        input: ModifyVpcPeeringConnectionOptionsRequest,
    ) -> Result<ModifyVpcPeeringConnectionOptionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "ModifyVpcPeeringConnectionOptions",
        ))
    }

    async fn modify_vpc_tenancy(
        &self,
        call: &Call,
        input: ModifyVpcTenancyRequest,
    ) -> Result<ModifyVpcTenancyResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyVpcTenancy"))
    }

    async fn monitor_instances(
        &self,
        call: &Call,
        input: MonitorInstancesRequest,
    ) -> Result<MonitorInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "MonitorInstances"))
    }

    async fn reboot_instances(
        &self,
        call: &Call,
        input: RebootInstancesRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RebootInstances"))
    }

    async fn register_image(
        &self,
        call: &Call,
        input: RegisterImageRequest,
    ) -> Result<RegisterImageResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RegisterImage"))
    }

    async fn reject_vpc_endpoint_connections(
        &self,
        call: &Call,
        input: RejectVpcEndpointConnectionsRequest,
    ) -> Result<RejectVpcEndpointConnectionsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RejectVpcEndpointConnections"))
    }

    async fn reject_vpc_peering_connection(
        &self,
        call: &Call,
        input: RejectVpcPeeringConnectionRequest,
    ) -> Result<RejectVpcPeeringConnectionResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RejectVpcPeeringConnection"))
    }

    async fn release_address(
        &self,
        call: &Call,
        input: ReleaseAddressRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ReleaseAddress"))
    }

    async fn replace_iam_instance_profile_association(
        &self,
        call: &Call,
        input: ReplaceIamInstanceProfileAssociationRequest,
    ) -> Result<ReplaceIamInstanceProfileAssociationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "ReplaceIamInstanceProfileAssociation",
        ))
    }

    async fn replace_network_acl_association(
        &self,
        call: &Call,
        input: ReplaceNetworkAclAssociationRequest,
    ) -> Result<ReplaceNetworkAclAssociationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ReplaceNetworkAclAssociation"))
    }

    async fn replace_network_acl_entry(
        &self,
        call: &Call,
        input: ReplaceNetworkAclEntryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ReplaceNetworkAclEntry"))
    }

    async fn replace_route(&self, call: &Call, input: ReplaceRouteRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ReplaceRoute"))
    }

    async fn replace_route_table_association(
        &self,
        call: &Call,
        input: ReplaceRouteTableAssociationRequest,
    ) -> Result<ReplaceRouteTableAssociationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ReplaceRouteTableAssociation"))
    }

    async fn request_spot_fleet(
        &self,
        call: &Call,
        input: RequestSpotFleetRequest,
    ) -> Result<RequestSpotFleetResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RequestSpotFleet"))
    }

    async fn request_spot_instances(
        &self,
        call: &Call,
        input: RequestSpotInstancesRequest,
    ) -> Result<RequestSpotInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RequestSpotInstances"))
    }

    async fn reset_address_attribute(
        &self,
        call: &Call,
        input: ResetAddressAttributeRequest,
    ) -> Result<ResetAddressAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ResetAddressAttribute"))
    }

    async fn reset_ebs_default_kms_key_id(
        &self,
        call: &Call,
        input: ResetEbsDefaultKmsKeyIdRequest,
    ) -> Result<ResetEbsDefaultKmsKeyIdResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ResetEbsDefaultKmsKeyId"))
    }

    async fn reset_image_attribute(
        &self,
        call: &Call,
        input: ResetImageAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ResetImageAttribute"))
    }

    async fn reset_instance_attribute(
        &self,
        call: &Call,
        input: ResetInstanceAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ResetInstanceAttribute"))
    }

    async fn reset_network_interface_attribute(
        &self,
        call: &Call,
        input: ResetNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ResetNetworkInterfaceAttribute"))
    }

    async fn reset_snapshot_attribute(
        &self,
        call: &Call,
        input: ResetSnapshotAttributeRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ResetSnapshotAttribute"))
    }

    async fn revoke_security_group_egress(
        &self,
        call: &Call,
        input: RevokeSecurityGroupEgressRequest,
    ) -> Result<RevokeSecurityGroupEgressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RevokeSecurityGroupEgress"))
    }

    async fn revoke_security_group_ingress(
        &self,
        call: &Call,
        input: RevokeSecurityGroupIngressRequest,
    ) -> Result<RevokeSecurityGroupIngressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RevokeSecurityGroupIngress"))
    }

    async fn run_instances(
        &self,
        call: &Call,
        input: RunInstancesRequest,
    ) -> Result<Reservation, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RunInstances"))
    }

    async fn start_instances(
        &self,
        call: &Call,
        input: StartInstancesRequest,
    ) -> Result<StartInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "StartInstances"))
    }

    async fn start_vpc_endpoint_service_private_dns_verification(
        &self,
        call: &Call,
        input: StartVpcEndpointServicePrivateDnsVerificationRequest,
    ) -> Result<StartVpcEndpointServicePrivateDnsVerificationResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "StartVpcEndpointServicePrivateDnsVerification",
        ))
    }

    async fn stop_instances(
        &self,
        call: &Call,
        input: StopInstancesRequest,
    ) -> Result<StopInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "StopInstances"))
    }

    async fn terminate_instances(
        &self,
        call: &Call,
        input: TerminateInstancesRequest,
    ) -> Result<TerminateInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "TerminateInstances"))
    }

    async fn unassign_ipv6_addresses(
        &self,
        call: &Call,
        input: UnassignIpv6AddressesRequest,
    ) -> Result<UnassignIpv6AddressesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "UnassignIpv6Addresses"))
    }

    async fn unassign_private_ip_addresses(
        &self,
        call: &Call,
        input: UnassignPrivateIpAddressesRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "UnassignPrivateIpAddresses"))
    }

    async fn unmonitor_instances(
        &self,
        call: &Call,
        input: UnmonitorInstancesRequest,
    ) -> Result<UnmonitorInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "UnmonitorInstances"))
    }

    async fn update_security_group_rule_descriptions_egress(
        &self,
        call: &Call,
        input: UpdateSecurityGroupRuleDescriptionsEgressRequest,
    ) -> Result<UpdateSecurityGroupRuleDescriptionsEgressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "UpdateSecurityGroupRuleDescriptionsEgress",
        ))
    }

    async fn update_security_group_rule_descriptions_ingress(
        &self,
        call: &Call,
        input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
    ) -> Result<UpdateSecurityGroupRuleDescriptionsIngressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ec2",
            "UpdateSecurityGroupRuleDescriptionsIngress",
        ))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Ec2>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AcceptVpcEndpointConnectionsRequest::default()),
            1 => Box::new(AcceptVpcPeeringConnectionRequest::default()),
            2 => Box::new(AllocateAddressRequest::default()),
            3 => Box::new(AssignIpv6AddressesRequest::default()),
            4 => Box::new(AssignPrivateIpAddressesRequest::default()),
            5 => Box::new(AssociateAddressRequest::default()),
            6 => Box::new(AssociateDhcpOptionsRequest::default()),
            7 => Box::new(AssociateIamInstanceProfileRequest::default()),
            8 => Box::new(AssociateRouteTableRequest::default()),
            9 => Box::new(AssociateSubnetCidrBlockRequest::default()),
            10 => Box::new(AssociateVpcCidrBlockRequest::default()),
            11 => Box::new(AttachInternetGatewayRequest::default()),
            12 => Box::new(AttachNetworkInterfaceRequest::default()),
            13 => Box::new(AttachVolumeRequest::default()),
            14 => Box::new(AuthorizeSecurityGroupEgressRequest::default()),
            15 => Box::new(AuthorizeSecurityGroupIngressRequest::default()),
            16 => Box::new(CancelSpotFleetRequestsRequest::default()),
            17 => Box::new(CancelSpotInstanceRequestsRequest::default()),
            18 => Box::new(CopyImageRequest::default()),
            19 => Box::new(CopySnapshotRequest::default()),
            20 => Box::new(CreateDefaultSubnetRequest::default()),
            21 => Box::new(CreateDefaultVpcRequest::default()),
            22 => Box::new(CreateDhcpOptionsRequest::default()),
            23 => Box::new(CreateEgressOnlyInternetGatewayRequest::default()),
            24 => Box::new(CreateFleetRequest::default()),
            25 => Box::new(CreateFlowLogsRequest::default()),
            26 => Box::new(CreateImageRequest::default()),
            27 => Box::new(CreateInternetGatewayRequest::default()),
            28 => Box::new(CreateKeyPairRequest::default()),
            29 => Box::new(CreateLaunchTemplateRequest::default()),
            30 => Box::new(CreateLaunchTemplateVersionRequest::default()),
            31 => Box::new(CreateManagedPrefixListRequest::default()),
            32 => Box::new(CreateNatGatewayRequest::default()),
            33 => Box::new(CreateNetworkAclRequest::default()),
            34 => Box::new(CreateNetworkAclEntryRequest::default()),
            35 => Box::new(CreateNetworkInterfaceRequest::default()),
            36 => Box::new(CreateNetworkInterfacePermissionRequest::default()),
            37 => Box::new(CreatePlacementGroupRequest::default()),
            38 => Box::new(CreateRouteRequest::default()),
            39 => Box::new(CreateRouteTableRequest::default()),
            40 => Box::new(CreateSecurityGroupRequest::default()),
            41 => Box::new(CreateSnapshotRequest::default()),
            42 => Box::new(CreateSnapshotsRequest::default()),
            43 => Box::new(CreateSubnetRequest::default()),
            44 => Box::new(CreateSubnetCidrReservationRequest::default()),
            45 => Box::new(CreateTagsRequest::default()),
            46 => Box::new(CreateVolumeRequest::default()),
            47 => Box::new(CreateVpcRequest::default()),
            48 => Box::new(CreateVpcEndpointRequest::default()),
            49 => Box::new(CreateVpcEndpointServiceConfigurationRequest::default()),
            50 => Box::new(CreateVpcPeeringConnectionRequest::default()),
            51 => Box::new(DeleteDhcpOptionsRequest::default()),
            52 => Box::new(DeleteEgressOnlyInternetGatewayRequest::default()),
            53 => Box::new(DeleteFleetsRequest::default()),
            54 => Box::new(DeleteFlowLogsRequest::default()),
            55 => Box::new(DeleteInternetGatewayRequest::default()),
            56 => Box::new(DeleteKeyPairRequest::default()),
            57 => Box::new(DeleteLaunchTemplateRequest::default()),
            58 => Box::new(DeleteLaunchTemplateVersionsRequest::default()),
            59 => Box::new(DeleteManagedPrefixListRequest::default()),
            60 => Box::new(DeleteNatGatewayRequest::default()),
            61 => Box::new(DeleteNetworkAclRequest::default()),
            62 => Box::new(DeleteNetworkAclEntryRequest::default()),
            63 => Box::new(DeleteNetworkInterfaceRequest::default()),
            64 => Box::new(DeleteNetworkInterfacePermissionRequest::default()),
            65 => Box::new(DeletePlacementGroupRequest::default()),
            66 => Box::new(DeleteRouteRequest::default()),
            67 => Box::new(DeleteRouteTableRequest::default()),
            68 => Box::new(DeleteSecurityGroupRequest::default()),
            69 => Box::new(DeleteSnapshotRequest::default()),
            70 => Box::new(DeleteSubnetRequest::default()),
            71 => Box::new(DeleteSubnetCidrReservationRequest::default()),
            72 => Box::new(DeleteTagsRequest::default()),
            73 => Box::new(DeleteVolumeRequest::default()),
            74 => Box::new(DeleteVpcRequest::default()),
            75 => Box::new(DeleteVpcEndpointServiceConfigurationsRequest::default()),
            76 => Box::new(DeleteVpcEndpointsRequest::default()),
            77 => Box::new(DeleteVpcPeeringConnectionRequest::default()),
            78 => Box::new(DeregisterImageRequest::default()),
            79 => Box::new(DescribeAccountAttributesRequest::default()),
            80 => Box::new(DescribeAddressesRequest::default()),
            81 => Box::new(DescribeAddressesAttributeRequest::default()),
            82 => Box::new(DescribeAvailabilityZonesRequest::default()),
            83 => Box::new(DescribeDhcpOptionsRequest::default()),
            84 => Box::new(DescribeEgressOnlyInternetGatewaysRequest::default()),
            85 => Box::new(DescribeFleetInstancesRequest::default()),
            86 => Box::new(DescribeFleetsRequest::default()),
            87 => Box::new(DescribeFlowLogsRequest::default()),
            88 => Box::new(DescribeIamInstanceProfileAssociationsRequest::default()),
            89 => Box::new(DescribeImageAttributeRequest::default()),
            90 => Box::new(DescribeImagesRequest::default()),
            91 => Box::new(DescribeInstanceAttributeRequest::default()),
            92 => Box::new(DescribeInstanceCreditSpecificationsRequest::default()),
            93 => Box::new(DescribeInstanceStatusRequest::default()),
            94 => Box::new(DescribeInstanceTypeOfferingsRequest::default()),
            95 => Box::new(DescribeInstanceTypesRequest::default()),
            96 => Box::new(DescribeInstancesRequest::default()),
            97 => Box::new(DescribeInternetGatewaysRequest::default()),
            98 => Box::new(DescribeKeyPairsRequest::default()),
            99 => Box::new(DescribeLaunchTemplateVersionsRequest::default()),
            100 => Box::new(DescribeLaunchTemplatesRequest::default()),
            101 => Box::new(DescribeManagedPrefixListsRequest::default()),
            102 => Box::new(DescribeNatGatewaysRequest::default()),
            103 => Box::new(DescribeNetworkAclsRequest::default()),
            104 => Box::new(DescribeNetworkInterfaceAttributeRequest::default()),
            105 => Box::new(DescribeNetworkInterfacePermissionsRequest::default()),
            106 => Box::new(DescribeNetworkInterfacesRequest::default()),
            107 => Box::new(DescribePlacementGroupsRequest::default()),
            108 => Box::new(DescribePrefixListsRequest::default()),
            109 => Box::new(DescribeRegionsRequest::default()),
            110 => Box::new(DescribeRouteTablesRequest::default()),
            111 => Box::new(DescribeSecurityGroupReferencesRequest::default()),
            112 => Box::new(DescribeSecurityGroupRulesRequest::default()),
            113 => Box::new(DescribeSecurityGroupVpcAssociationsRequest::default()),
            114 => Box::new(DescribeSecurityGroupsRequest::default()),
            115 => Box::new(DescribeSnapshotAttributeRequest::default()),
            116 => Box::new(DescribeSnapshotsRequest::default()),
            117 => Box::new(DescribeSpotFleetInstancesRequest::default()),
            118 => Box::new(DescribeSpotFleetRequestsRequest::default()),
            119 => Box::new(DescribeSpotInstanceRequestsRequest::default()),
            120 => Box::new(DescribeSpotPriceHistoryRequest::default()),
            121 => Box::new(DescribeStaleSecurityGroupsRequest::default()),
            122 => Box::new(DescribeSubnetsRequest::default()),
            123 => Box::new(DescribeTagsRequest::default()),
            124 => Box::new(DescribeVolumeAttributeRequest::default()),
            125 => Box::new(DescribeVolumeStatusRequest::default()),
            126 => Box::new(DescribeVolumesRequest::default()),
            127 => Box::new(DescribeVolumesModificationsRequest::default()),
            128 => Box::new(DescribeVpcAttributeRequest::default()),
            129 => Box::new(DescribeVpcEndpointConnectionsRequest::default()),
            130 => Box::new(DescribeVpcEndpointServiceConfigurationsRequest::default()),
            131 => Box::new(DescribeVpcEndpointServicePermissionsRequest::default()),
            132 => Box::new(DescribeVpcEndpointServicesRequest::default()),
            133 => Box::new(DescribeVpcEndpointsRequest::default()),
            134 => Box::new(DescribeVpcPeeringConnectionsRequest::default()),
            135 => Box::new(DescribeVpcsRequest::default()),
            136 => Box::new(DetachInternetGatewayRequest::default()),
            137 => Box::new(DetachNetworkInterfaceRequest::default()),
            138 => Box::new(DetachVolumeRequest::default()),
            139 => Box::new(DisableEbsEncryptionByDefaultRequest::default()),
            140 => Box::new(DisassociateAddressRequest::default()),
            141 => Box::new(DisassociateIamInstanceProfileRequest::default()),
            142 => Box::new(DisassociateRouteTableRequest::default()),
            143 => Box::new(DisassociateSubnetCidrBlockRequest::default()),
            144 => Box::new(DisassociateVpcCidrBlockRequest::default()),
            145 => Box::new(EnableEbsEncryptionByDefaultRequest::default()),
            146 => Box::new(GetConsoleOutputRequest::default()),
            147 => Box::new(GetEbsDefaultKmsKeyIdRequest::default()),
            148 => Box::new(GetEbsEncryptionByDefaultRequest::default()),
            149 => Box::new(GetLaunchTemplateDataRequest::default()),
            150 => Box::new(GetManagedPrefixListAssociationsRequest::default()),
            151 => Box::new(GetManagedPrefixListEntriesRequest::default()),
            152 => Box::new(GetSecurityGroupsForVpcRequest::default()),
            153 => Box::new(GetSubnetCidrReservationsRequest::default()),
            154 => Box::new(ImportKeyPairRequest::default()),
            155 => Box::new(ModifyAddressAttributeRequest::default()),
            156 => Box::new(ModifyEbsDefaultKmsKeyIdRequest::default()),
            157 => Box::new(ModifyImageAttributeRequest::default()),
            158 => Box::new(ModifyInstanceAttributeRequest::default()),
            159 => Box::new(ModifyInstanceMetadataOptionsRequest::default()),
            160 => Box::new(ModifyInstancePlacementRequest::default()),
            161 => Box::new(ModifyLaunchTemplateRequest::default()),
            162 => Box::new(ModifyManagedPrefixListRequest::default()),
            163 => Box::new(ModifyNetworkInterfaceAttributeRequest::default()),
            164 => Box::new(ModifySecurityGroupRulesRequest::default()),
            165 => Box::new(ModifySnapshotAttributeRequest::default()),
            166 => Box::new(ModifySpotFleetRequestRequest::default()),
            167 => Box::new(ModifySubnetAttributeRequest::default()),
            168 => Box::new(ModifyVolumeRequest::default()),
            169 => Box::new(ModifyVolumeAttributeRequest::default()),
            170 => Box::new(ModifyVpcAttributeRequest::default()),
            171 => Box::new(ModifyVpcEndpointRequest::default()),
            172 => Box::new(ModifyVpcEndpointServiceConfigurationRequest::default()),
            173 => Box::new(ModifyVpcEndpointServicePermissionsRequest::default()),
            174 => Box::new(ModifyVpcPeeringConnectionOptionsRequest::default()),
            175 => Box::new(ModifyVpcTenancyRequest::default()),
            176 => Box::new(MonitorInstancesRequest::default()),
            177 => Box::new(RebootInstancesRequest::default()),
            178 => Box::new(RegisterImageRequest::default()),
            179 => Box::new(RejectVpcEndpointConnectionsRequest::default()),
            180 => Box::new(RejectVpcPeeringConnectionRequest::default()),
            181 => Box::new(ReleaseAddressRequest::default()),
            182 => Box::new(ReplaceIamInstanceProfileAssociationRequest::default()),
            183 => Box::new(ReplaceNetworkAclAssociationRequest::default()),
            184 => Box::new(ReplaceNetworkAclEntryRequest::default()),
            185 => Box::new(ReplaceRouteRequest::default()),
            186 => Box::new(ReplaceRouteTableAssociationRequest::default()),
            187 => Box::new(RequestSpotFleetRequest::default()),
            188 => Box::new(RequestSpotInstancesRequest::default()),
            189 => Box::new(ResetAddressAttributeRequest::default()),
            190 => Box::new(ResetEbsDefaultKmsKeyIdRequest::default()),
            191 => Box::new(ResetImageAttributeRequest::default()),
            192 => Box::new(ResetInstanceAttributeRequest::default()),
            193 => Box::new(ResetNetworkInterfaceAttributeRequest::default()),
            194 => Box::new(ResetSnapshotAttributeRequest::default()),
            195 => Box::new(RevokeSecurityGroupEgressRequest::default()),
            196 => Box::new(RevokeSecurityGroupIngressRequest::default()),
            197 => Box::new(RunInstancesRequest::default()),
            198 => Box::new(StartInstancesRequest::default()),
            199 => Box::new(StartVpcEndpointServicePrivateDnsVerificationRequest::default()),
            200 => Box::new(StopInstancesRequest::default()),
            201 => Box::new(TerminateInstancesRequest::default()),
            202 => Box::new(UnassignIpv6AddressesRequest::default()),
            203 => Box::new(UnassignPrivateIpAddressesRequest::default()),
            204 => Box::new(UnmonitorInstancesRequest::default()),
            205 => Box::new(UpdateSecurityGroupRuleDescriptionsEgressRequest::default()),
            206 => Box::new(UpdateSecurityGroupRuleDescriptionsIngressRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AcceptVpcEndpointConnectionsResult::default()),
            1 => Box::new(AcceptVpcPeeringConnectionResult::default()),
            2 => Box::new(AllocateAddressResult::default()),
            3 => Box::new(AssignIpv6AddressesResult::default()),
            4 => Box::new(AssignPrivateIpAddressesResult::default()),
            5 => Box::new(AssociateAddressResult::default()),
            7 => Box::new(AssociateIamInstanceProfileResult::default()),
            8 => Box::new(AssociateRouteTableResult::default()),
            9 => Box::new(AssociateSubnetCidrBlockResult::default()),
            10 => Box::new(AssociateVpcCidrBlockResult::default()),
            12 => Box::new(AttachNetworkInterfaceResult::default()),
            13 => Box::new(VolumeAttachment::default()),
            14 => Box::new(AuthorizeSecurityGroupEgressResult::default()),
            15 => Box::new(AuthorizeSecurityGroupIngressResult::default()),
            16 => Box::new(CancelSpotFleetRequestsResponse::default()),
            17 => Box::new(CancelSpotInstanceRequestsResult::default()),
            18 => Box::new(CopyImageResult::default()),
            19 => Box::new(CopySnapshotResult::default()),
            20 => Box::new(CreateDefaultSubnetResult::default()),
            21 => Box::new(CreateDefaultVpcResult::default()),
            22 => Box::new(CreateDhcpOptionsResult::default()),
            23 => Box::new(CreateEgressOnlyInternetGatewayResult::default()),
            24 => Box::new(CreateFleetResult::default()),
            25 => Box::new(CreateFlowLogsResult::default()),
            26 => Box::new(CreateImageResult::default()),
            27 => Box::new(CreateInternetGatewayResult::default()),
            28 => Box::new(KeyPair::default()),
            29 => Box::new(CreateLaunchTemplateResult::default()),
            30 => Box::new(CreateLaunchTemplateVersionResult::default()),
            31 => Box::new(CreateManagedPrefixListResult::default()),
            32 => Box::new(CreateNatGatewayResult::default()),
            33 => Box::new(CreateNetworkAclResult::default()),
            35 => Box::new(CreateNetworkInterfaceResult::default()),
            36 => Box::new(CreateNetworkInterfacePermissionResult::default()),
            37 => Box::new(CreatePlacementGroupResult::default()),
            38 => Box::new(CreateRouteResult::default()),
            39 => Box::new(CreateRouteTableResult::default()),
            40 => Box::new(CreateSecurityGroupResult::default()),
            41 => Box::new(Snapshot::default()),
            42 => Box::new(CreateSnapshotsResult::default()),
            43 => Box::new(CreateSubnetResult::default()),
            44 => Box::new(CreateSubnetCidrReservationResult::default()),
            46 => Box::new(Volume::default()),
            47 => Box::new(CreateVpcResult::default()),
            48 => Box::new(CreateVpcEndpointResult::default()),
            49 => Box::new(CreateVpcEndpointServiceConfigurationResult::default()),
            50 => Box::new(CreateVpcPeeringConnectionResult::default()),
            52 => Box::new(DeleteEgressOnlyInternetGatewayResult::default()),
            53 => Box::new(DeleteFleetsResult::default()),
            54 => Box::new(DeleteFlowLogsResult::default()),
            56 => Box::new(DeleteKeyPairResult::default()),
            57 => Box::new(DeleteLaunchTemplateResult::default()),
            58 => Box::new(DeleteLaunchTemplateVersionsResult::default()),
            59 => Box::new(DeleteManagedPrefixListResult::default()),
            60 => Box::new(DeleteNatGatewayResult::default()),
            64 => Box::new(DeleteNetworkInterfacePermissionResult::default()),
            68 => Box::new(DeleteSecurityGroupResult::default()),
            71 => Box::new(DeleteSubnetCidrReservationResult::default()),
            75 => Box::new(DeleteVpcEndpointServiceConfigurationsResult::default()),
            76 => Box::new(DeleteVpcEndpointsResult::default()),
            77 => Box::new(DeleteVpcPeeringConnectionResult::default()),
            78 => Box::new(DeregisterImageResult::default()),
            79 => Box::new(DescribeAccountAttributesResult::default()),
            80 => Box::new(DescribeAddressesResult::default()),
            81 => Box::new(DescribeAddressesAttributeResult::default()),
            82 => Box::new(DescribeAvailabilityZonesResult::default()),
            83 => Box::new(DescribeDhcpOptionsResult::default()),
            84 => Box::new(DescribeEgressOnlyInternetGatewaysResult::default()),
            85 => Box::new(DescribeFleetInstancesResult::default()),
            86 => Box::new(DescribeFleetsResult::default()),
            87 => Box::new(DescribeFlowLogsResult::default()),
            88 => Box::new(DescribeIamInstanceProfileAssociationsResult::default()),
            89 => Box::new(ImageAttribute::default()),
            90 => Box::new(DescribeImagesResult::default()),
            91 => Box::new(InstanceAttribute::default()),
            92 => Box::new(DescribeInstanceCreditSpecificationsResult::default()),
            93 => Box::new(DescribeInstanceStatusResult::default()),
            94 => Box::new(DescribeInstanceTypeOfferingsResult::default()),
            95 => Box::new(DescribeInstanceTypesResult::default()),
            96 => Box::new(DescribeInstancesResult::default()),
            97 => Box::new(DescribeInternetGatewaysResult::default()),
            98 => Box::new(DescribeKeyPairsResult::default()),
            99 => Box::new(DescribeLaunchTemplateVersionsResult::default()),
            100 => Box::new(DescribeLaunchTemplatesResult::default()),
            101 => Box::new(DescribeManagedPrefixListsResult::default()),
            102 => Box::new(DescribeNatGatewaysResult::default()),
            103 => Box::new(DescribeNetworkAclsResult::default()),
            104 => Box::new(DescribeNetworkInterfaceAttributeResult::default()),
            105 => Box::new(DescribeNetworkInterfacePermissionsResult::default()),
            106 => Box::new(DescribeNetworkInterfacesResult::default()),
            107 => Box::new(DescribePlacementGroupsResult::default()),
            108 => Box::new(DescribePrefixListsResult::default()),
            109 => Box::new(DescribeRegionsResult::default()),
            110 => Box::new(DescribeRouteTablesResult::default()),
            111 => Box::new(DescribeSecurityGroupReferencesResult::default()),
            112 => Box::new(DescribeSecurityGroupRulesResult::default()),
            113 => Box::new(DescribeSecurityGroupVpcAssociationsResult::default()),
            114 => Box::new(DescribeSecurityGroupsResult::default()),
            115 => Box::new(DescribeSnapshotAttributeResult::default()),
            116 => Box::new(DescribeSnapshotsResult::default()),
            117 => Box::new(DescribeSpotFleetInstancesResponse::default()),
            118 => Box::new(DescribeSpotFleetRequestsResponse::default()),
            119 => Box::new(DescribeSpotInstanceRequestsResult::default()),
            120 => Box::new(DescribeSpotPriceHistoryResult::default()),
            121 => Box::new(DescribeStaleSecurityGroupsResult::default()),
            122 => Box::new(DescribeSubnetsResult::default()),
            123 => Box::new(DescribeTagsResult::default()),
            124 => Box::new(DescribeVolumeAttributeResult::default()),
            125 => Box::new(DescribeVolumeStatusResult::default()),
            126 => Box::new(DescribeVolumesResult::default()),
            127 => Box::new(DescribeVolumesModificationsResult::default()),
            128 => Box::new(DescribeVpcAttributeResult::default()),
            129 => Box::new(DescribeVpcEndpointConnectionsResult::default()),
            130 => Box::new(DescribeVpcEndpointServiceConfigurationsResult::default()),
            131 => Box::new(DescribeVpcEndpointServicePermissionsResult::default()),
            132 => Box::new(DescribeVpcEndpointServicesResult::default()),
            133 => Box::new(DescribeVpcEndpointsResult::default()),
            134 => Box::new(DescribeVpcPeeringConnectionsResult::default()),
            135 => Box::new(DescribeVpcsResult::default()),
            138 => Box::new(VolumeAttachment::default()),
            139 => Box::new(DisableEbsEncryptionByDefaultResult::default()),
            141 => Box::new(DisassociateIamInstanceProfileResult::default()),
            143 => Box::new(DisassociateSubnetCidrBlockResult::default()),
            144 => Box::new(DisassociateVpcCidrBlockResult::default()),
            145 => Box::new(EnableEbsEncryptionByDefaultResult::default()),
            146 => Box::new(GetConsoleOutputResult::default()),
            147 => Box::new(GetEbsDefaultKmsKeyIdResult::default()),
            148 => Box::new(GetEbsEncryptionByDefaultResult::default()),
            149 => Box::new(GetLaunchTemplateDataResult::default()),
            150 => Box::new(GetManagedPrefixListAssociationsResult::default()),
            151 => Box::new(GetManagedPrefixListEntriesResult::default()),
            152 => Box::new(GetSecurityGroupsForVpcResult::default()),
            153 => Box::new(GetSubnetCidrReservationsResult::default()),
            154 => Box::new(ImportKeyPairResult::default()),
            155 => Box::new(ModifyAddressAttributeResult::default()),
            156 => Box::new(ModifyEbsDefaultKmsKeyIdResult::default()),
            159 => Box::new(ModifyInstanceMetadataOptionsResult::default()),
            160 => Box::new(ModifyInstancePlacementResult::default()),
            161 => Box::new(ModifyLaunchTemplateResult::default()),
            162 => Box::new(ModifyManagedPrefixListResult::default()),
            164 => Box::new(ModifySecurityGroupRulesResult::default()),
            166 => Box::new(ModifySpotFleetRequestResponse::default()),
            168 => Box::new(ModifyVolumeResult::default()),
            171 => Box::new(ModifyVpcEndpointResult::default()),
            172 => Box::new(ModifyVpcEndpointServiceConfigurationResult::default()),
            173 => Box::new(ModifyVpcEndpointServicePermissionsResult::default()),
            174 => Box::new(ModifyVpcPeeringConnectionOptionsResult::default()),
            175 => Box::new(ModifyVpcTenancyResult::default()),
            176 => Box::new(MonitorInstancesResult::default()),
            178 => Box::new(RegisterImageResult::default()),
            179 => Box::new(RejectVpcEndpointConnectionsResult::default()),
            180 => Box::new(RejectVpcPeeringConnectionResult::default()),
            182 => Box::new(ReplaceIamInstanceProfileAssociationResult::default()),
            183 => Box::new(ReplaceNetworkAclAssociationResult::default()),
            186 => Box::new(ReplaceRouteTableAssociationResult::default()),
            187 => Box::new(RequestSpotFleetResponse::default()),
            188 => Box::new(RequestSpotInstancesResult::default()),
            189 => Box::new(ResetAddressAttributeResult::default()),
            190 => Box::new(ResetEbsDefaultKmsKeyIdResult::default()),
            195 => Box::new(RevokeSecurityGroupEgressResult::default()),
            196 => Box::new(RevokeSecurityGroupIngressResult::default()),
            197 => Box::new(Reservation::default()),
            198 => Box::new(StartInstancesResult::default()),
            199 => Box::new(StartVpcEndpointServicePrivateDnsVerificationResult::default()),
            200 => Box::new(StopInstancesResult::default()),
            201 => Box::new(TerminateInstancesResult::default()),
            202 => Box::new(UnassignIpv6AddressesResult::default()),
            204 => Box::new(UnmonitorInstancesResult::default()),
            205 => Box::new(UpdateSecurityGroupRuleDescriptionsEgressResult::default()),
            206 => Box::new(UpdateSecurityGroupRuleDescriptionsIngressResult::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::AcceptVpcEndpointConnections(borrowed(input)),
            1 => Input::AcceptVpcPeeringConnection(borrowed(input)),
            2 => Input::AllocateAddress(borrowed(input)),
            3 => Input::AssignIpv6Addresses(borrowed(input)),
            4 => Input::AssignPrivateIpAddresses(borrowed(input)),
            5 => Input::AssociateAddress(borrowed(input)),
            6 => Input::AssociateDhcpOptions(borrowed(input)),
            7 => Input::AssociateIamInstanceProfile(borrowed(input)),
            8 => Input::AssociateRouteTable(borrowed(input)),
            9 => Input::AssociateSubnetCidrBlock(borrowed(input)),
            10 => Input::AssociateVpcCidrBlock(borrowed(input)),
            11 => Input::AttachInternetGateway(borrowed(input)),
            12 => Input::AttachNetworkInterface(borrowed(input)),
            13 => Input::AttachVolume(borrowed(input)),
            14 => Input::AuthorizeSecurityGroupEgress(borrowed(input)),
            15 => Input::AuthorizeSecurityGroupIngress(borrowed(input)),
            16 => Input::CancelSpotFleetRequests(borrowed(input)),
            17 => Input::CancelSpotInstanceRequests(borrowed(input)),
            18 => Input::CopyImage(borrowed(input)),
            19 => Input::CopySnapshot(borrowed(input)),
            20 => Input::CreateDefaultSubnet(borrowed(input)),
            21 => Input::CreateDefaultVpc(borrowed(input)),
            22 => Input::CreateDhcpOptions(borrowed(input)),
            23 => Input::CreateEgressOnlyInternetGateway(borrowed(input)),
            24 => Input::CreateFleet(borrowed(input)),
            25 => Input::CreateFlowLogs(borrowed(input)),
            26 => Input::CreateImage(borrowed(input)),
            27 => Input::CreateInternetGateway(borrowed(input)),
            28 => Input::CreateKeyPair(borrowed(input)),
            29 => Input::CreateLaunchTemplate(borrowed(input)),
            30 => Input::CreateLaunchTemplateVersion(borrowed(input)),
            31 => Input::CreateManagedPrefixList(borrowed(input)),
            32 => Input::CreateNatGateway(borrowed(input)),
            33 => Input::CreateNetworkAcl(borrowed(input)),
            34 => Input::CreateNetworkAclEntry(borrowed(input)),
            35 => Input::CreateNetworkInterface(borrowed(input)),
            36 => Input::CreateNetworkInterfacePermission(borrowed(input)),
            37 => Input::CreatePlacementGroup(borrowed(input)),
            38 => Input::CreateRoute(borrowed(input)),
            39 => Input::CreateRouteTable(borrowed(input)),
            40 => Input::CreateSecurityGroup(borrowed(input)),
            41 => Input::CreateSnapshot(borrowed(input)),
            42 => Input::CreateSnapshots(borrowed(input)),
            43 => Input::CreateSubnet(borrowed(input)),
            44 => Input::CreateSubnetCidrReservation(borrowed(input)),
            45 => Input::CreateTags(borrowed(input)),
            46 => Input::CreateVolume(borrowed(input)),
            47 => Input::CreateVpc(borrowed(input)),
            48 => Input::CreateVpcEndpoint(borrowed(input)),
            49 => Input::CreateVpcEndpointServiceConfiguration(borrowed(input)),
            50 => Input::CreateVpcPeeringConnection(borrowed(input)),
            51 => Input::DeleteDhcpOptions(borrowed(input)),
            52 => Input::DeleteEgressOnlyInternetGateway(borrowed(input)),
            53 => Input::DeleteFleets(borrowed(input)),
            54 => Input::DeleteFlowLogs(borrowed(input)),
            55 => Input::DeleteInternetGateway(borrowed(input)),
            56 => Input::DeleteKeyPair(borrowed(input)),
            57 => Input::DeleteLaunchTemplate(borrowed(input)),
            58 => Input::DeleteLaunchTemplateVersions(borrowed(input)),
            59 => Input::DeleteManagedPrefixList(borrowed(input)),
            60 => Input::DeleteNatGateway(borrowed(input)),
            61 => Input::DeleteNetworkAcl(borrowed(input)),
            62 => Input::DeleteNetworkAclEntry(borrowed(input)),
            63 => Input::DeleteNetworkInterface(borrowed(input)),
            64 => Input::DeleteNetworkInterfacePermission(borrowed(input)),
            65 => Input::DeletePlacementGroup(borrowed(input)),
            66 => Input::DeleteRoute(borrowed(input)),
            67 => Input::DeleteRouteTable(borrowed(input)),
            68 => Input::DeleteSecurityGroup(borrowed(input)),
            69 => Input::DeleteSnapshot(borrowed(input)),
            70 => Input::DeleteSubnet(borrowed(input)),
            71 => Input::DeleteSubnetCidrReservation(borrowed(input)),
            72 => Input::DeleteTags(borrowed(input)),
            73 => Input::DeleteVolume(borrowed(input)),
            74 => Input::DeleteVpc(borrowed(input)),
            75 => Input::DeleteVpcEndpointServiceConfigurations(borrowed(input)),
            76 => Input::DeleteVpcEndpoints(borrowed(input)),
            77 => Input::DeleteVpcPeeringConnection(borrowed(input)),
            78 => Input::DeregisterImage(borrowed(input)),
            79 => Input::DescribeAccountAttributes(borrowed(input)),
            80 => Input::DescribeAddresses(borrowed(input)),
            81 => Input::DescribeAddressesAttribute(borrowed(input)),
            82 => Input::DescribeAvailabilityZones(borrowed(input)),
            83 => Input::DescribeDhcpOptions(borrowed(input)),
            84 => Input::DescribeEgressOnlyInternetGateways(borrowed(input)),
            85 => Input::DescribeFleetInstances(borrowed(input)),
            86 => Input::DescribeFleets(borrowed(input)),
            87 => Input::DescribeFlowLogs(borrowed(input)),
            88 => Input::DescribeIamInstanceProfileAssociations(borrowed(input)),
            89 => Input::DescribeImageAttribute(borrowed(input)),
            90 => Input::DescribeImages(borrowed(input)),
            91 => Input::DescribeInstanceAttribute(borrowed(input)),
            92 => Input::DescribeInstanceCreditSpecifications(borrowed(input)),
            93 => Input::DescribeInstanceStatus(borrowed(input)),
            94 => Input::DescribeInstanceTypeOfferings(borrowed(input)),
            95 => Input::DescribeInstanceTypes(borrowed(input)),
            96 => Input::DescribeInstances(borrowed(input)),
            97 => Input::DescribeInternetGateways(borrowed(input)),
            98 => Input::DescribeKeyPairs(borrowed(input)),
            99 => Input::DescribeLaunchTemplateVersions(borrowed(input)),
            100 => Input::DescribeLaunchTemplates(borrowed(input)),
            101 => Input::DescribeManagedPrefixLists(borrowed(input)),
            102 => Input::DescribeNatGateways(borrowed(input)),
            103 => Input::DescribeNetworkAcls(borrowed(input)),
            104 => Input::DescribeNetworkInterfaceAttribute(borrowed(input)),
            105 => Input::DescribeNetworkInterfacePermissions(borrowed(input)),
            106 => Input::DescribeNetworkInterfaces(borrowed(input)),
            107 => Input::DescribePlacementGroups(borrowed(input)),
            108 => Input::DescribePrefixLists(borrowed(input)),
            109 => Input::DescribeRegions(borrowed(input)),
            110 => Input::DescribeRouteTables(borrowed(input)),
            111 => Input::DescribeSecurityGroupReferences(borrowed(input)),
            112 => Input::DescribeSecurityGroupRules(borrowed(input)),
            113 => Input::DescribeSecurityGroupVpcAssociations(borrowed(input)),
            114 => Input::DescribeSecurityGroups(borrowed(input)),
            115 => Input::DescribeSnapshotAttribute(borrowed(input)),
            116 => Input::DescribeSnapshots(borrowed(input)),
            117 => Input::DescribeSpotFleetInstances(borrowed(input)),
            118 => Input::DescribeSpotFleetRequests(borrowed(input)),
            119 => Input::DescribeSpotInstanceRequests(borrowed(input)),
            120 => Input::DescribeSpotPriceHistory(borrowed(input)),
            121 => Input::DescribeStaleSecurityGroups(borrowed(input)),
            122 => Input::DescribeSubnets(borrowed(input)),
            123 => Input::DescribeTags(borrowed(input)),
            124 => Input::DescribeVolumeAttribute(borrowed(input)),
            125 => Input::DescribeVolumeStatus(borrowed(input)),
            126 => Input::DescribeVolumes(borrowed(input)),
            127 => Input::DescribeVolumesModifications(borrowed(input)),
            128 => Input::DescribeVpcAttribute(borrowed(input)),
            129 => Input::DescribeVpcEndpointConnections(borrowed(input)),
            130 => Input::DescribeVpcEndpointServiceConfigurations(borrowed(input)),
            131 => Input::DescribeVpcEndpointServicePermissions(borrowed(input)),
            132 => Input::DescribeVpcEndpointServices(borrowed(input)),
            133 => Input::DescribeVpcEndpoints(borrowed(input)),
            134 => Input::DescribeVpcPeeringConnections(borrowed(input)),
            135 => Input::DescribeVpcs(borrowed(input)),
            136 => Input::DetachInternetGateway(borrowed(input)),
            137 => Input::DetachNetworkInterface(borrowed(input)),
            138 => Input::DetachVolume(borrowed(input)),
            139 => Input::DisableEbsEncryptionByDefault(borrowed(input)),
            140 => Input::DisassociateAddress(borrowed(input)),
            141 => Input::DisassociateIamInstanceProfile(borrowed(input)),
            142 => Input::DisassociateRouteTable(borrowed(input)),
            143 => Input::DisassociateSubnetCidrBlock(borrowed(input)),
            144 => Input::DisassociateVpcCidrBlock(borrowed(input)),
            145 => Input::EnableEbsEncryptionByDefault(borrowed(input)),
            146 => Input::GetConsoleOutput(borrowed(input)),
            147 => Input::GetEbsDefaultKmsKeyId(borrowed(input)),
            148 => Input::GetEbsEncryptionByDefault(borrowed(input)),
            149 => Input::GetLaunchTemplateData(borrowed(input)),
            150 => Input::GetManagedPrefixListAssociations(borrowed(input)),
            151 => Input::GetManagedPrefixListEntries(borrowed(input)),
            152 => Input::GetSecurityGroupsForVpc(borrowed(input)),
            153 => Input::GetSubnetCidrReservations(borrowed(input)),
            154 => Input::ImportKeyPair(borrowed(input)),
            155 => Input::ModifyAddressAttribute(borrowed(input)),
            156 => Input::ModifyEbsDefaultKmsKeyId(borrowed(input)),
            157 => Input::ModifyImageAttribute(borrowed(input)),
            158 => Input::ModifyInstanceAttribute(borrowed(input)),
            159 => Input::ModifyInstanceMetadataOptions(borrowed(input)),
            160 => Input::ModifyInstancePlacement(borrowed(input)),
            161 => Input::ModifyLaunchTemplate(borrowed(input)),
            162 => Input::ModifyManagedPrefixList(borrowed(input)),
            163 => Input::ModifyNetworkInterfaceAttribute(borrowed(input)),
            164 => Input::ModifySecurityGroupRules(borrowed(input)),
            165 => Input::ModifySnapshotAttribute(borrowed(input)),
            166 => Input::ModifySpotFleetRequest(borrowed(input)),
            167 => Input::ModifySubnetAttribute(borrowed(input)),
            168 => Input::ModifyVolume(borrowed(input)),
            169 => Input::ModifyVolumeAttribute(borrowed(input)),
            170 => Input::ModifyVpcAttribute(borrowed(input)),
            171 => Input::ModifyVpcEndpoint(borrowed(input)),
            172 => Input::ModifyVpcEndpointServiceConfiguration(borrowed(input)),
            173 => Input::ModifyVpcEndpointServicePermissions(borrowed(input)),
            174 => Input::ModifyVpcPeeringConnectionOptions(borrowed(input)),
            175 => Input::ModifyVpcTenancy(borrowed(input)),
            176 => Input::MonitorInstances(borrowed(input)),
            177 => Input::RebootInstances(borrowed(input)),
            178 => Input::RegisterImage(borrowed(input)),
            179 => Input::RejectVpcEndpointConnections(borrowed(input)),
            180 => Input::RejectVpcPeeringConnection(borrowed(input)),
            181 => Input::ReleaseAddress(borrowed(input)),
            182 => Input::ReplaceIamInstanceProfileAssociation(borrowed(input)),
            183 => Input::ReplaceNetworkAclAssociation(borrowed(input)),
            184 => Input::ReplaceNetworkAclEntry(borrowed(input)),
            185 => Input::ReplaceRoute(borrowed(input)),
            186 => Input::ReplaceRouteTableAssociation(borrowed(input)),
            187 => Input::RequestSpotFleet(borrowed(input)),
            188 => Input::RequestSpotInstances(borrowed(input)),
            189 => Input::ResetAddressAttribute(borrowed(input)),
            190 => Input::ResetEbsDefaultKmsKeyId(borrowed(input)),
            191 => Input::ResetImageAttribute(borrowed(input)),
            192 => Input::ResetInstanceAttribute(borrowed(input)),
            193 => Input::ResetNetworkInterfaceAttribute(borrowed(input)),
            194 => Input::ResetSnapshotAttribute(borrowed(input)),
            195 => Input::RevokeSecurityGroupEgress(borrowed(input)),
            196 => Input::RevokeSecurityGroupIngress(borrowed(input)),
            197 => Input::RunInstances(borrowed(input)),
            198 => Input::StartInstances(borrowed(input)),
            199 => Input::StartVpcEndpointServicePrivateDnsVerification(borrowed(input)),
            200 => Input::StopInstances(borrowed(input)),
            201 => Input::TerminateInstances(borrowed(input)),
            202 => Input::UnassignIpv6Addresses(borrowed(input)),
            203 => Input::UnassignPrivateIpAddresses(borrowed(input)),
            204 => Input::UnmonitorInstances(borrowed(input)),
            205 => Input::UpdateSecurityGroupRuleDescriptionsEgress(borrowed(input)),
            206 => Input::UpdateSecurityGroupRuleDescriptionsIngress(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(
                self.0
                    .accept_vpc_endpoint_connections(call, typed(input))
                    .await?,
            ),
            1 => Box::new(
                self.0
                    .accept_vpc_peering_connection(call, typed(input))
                    .await?,
            ),
            2 => Box::new(self.0.allocate_address(call, typed(input)).await?),
            3 => Box::new(self.0.assign_ipv6_addresses(call, typed(input)).await?),
            4 => Box::new(
                self.0
                    .assign_private_ip_addresses(call, typed(input))
                    .await?,
            ),
            5 => Box::new(self.0.associate_address(call, typed(input)).await?),
            6 => Box::new(self.0.associate_dhcp_options(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .associate_iam_instance_profile(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.associate_route_table(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .associate_subnet_cidr_block(call, typed(input))
                    .await?,
            ),
            10 => Box::new(self.0.associate_vpc_cidr_block(call, typed(input)).await?),
            11 => Box::new(self.0.attach_internet_gateway(call, typed(input)).await?),
            12 => Box::new(self.0.attach_network_interface(call, typed(input)).await?),
            13 => Box::new(self.0.attach_volume(call, typed(input)).await?),
            14 => Box::new(
                self.0
                    .authorize_security_group_egress(call, typed(input))
                    .await?,
            ),
            15 => Box::new(
                self.0
                    .authorize_security_group_ingress(call, typed(input))
                    .await?,
            ),
            16 => Box::new(
                self.0
                    .cancel_spot_fleet_requests(call, typed(input))
                    .await?,
            ),
            17 => Box::new(
                self.0
                    .cancel_spot_instance_requests(call, typed(input))
                    .await?,
            ),
            18 => Box::new(self.0.copy_image(call, typed(input)).await?),
            19 => Box::new(self.0.copy_snapshot(call, typed(input)).await?),
            20 => Box::new(self.0.create_default_subnet(call, typed(input)).await?),
            21 => Box::new(self.0.create_default_vpc(call, typed(input)).await?),
            22 => Box::new(self.0.create_dhcp_options(call, typed(input)).await?),
            23 => Box::new(
                self.0
                    .create_egress_only_internet_gateway(call, typed(input))
                    .await?,
            ),
            24 => Box::new(self.0.create_fleet(call, typed(input)).await?),
            25 => Box::new(self.0.create_flow_logs(call, typed(input)).await?),
            26 => Box::new(self.0.create_image(call, typed(input)).await?),
            27 => Box::new(self.0.create_internet_gateway(call, typed(input)).await?),
            28 => Box::new(self.0.create_key_pair(call, typed(input)).await?),
            29 => Box::new(self.0.create_launch_template(call, typed(input)).await?),
            30 => Box::new(
                self.0
                    .create_launch_template_version(call, typed(input))
                    .await?,
            ),
            31 => Box::new(
                self.0
                    .create_managed_prefix_list(call, typed(input))
                    .await?,
            ),
            32 => Box::new(self.0.create_nat_gateway(call, typed(input)).await?),
            33 => Box::new(self.0.create_network_acl(call, typed(input)).await?),
            34 => Box::new(self.0.create_network_acl_entry(call, typed(input)).await?),
            35 => Box::new(self.0.create_network_interface(call, typed(input)).await?),
            36 => Box::new(
                self.0
                    .create_network_interface_permission(call, typed(input))
                    .await?,
            ),
            37 => Box::new(self.0.create_placement_group(call, typed(input)).await?),
            38 => Box::new(self.0.create_route(call, typed(input)).await?),
            39 => Box::new(self.0.create_route_table(call, typed(input)).await?),
            40 => Box::new(self.0.create_security_group(call, typed(input)).await?),
            41 => Box::new(self.0.create_snapshot(call, typed(input)).await?),
            42 => Box::new(self.0.create_snapshots(call, typed(input)).await?),
            43 => Box::new(self.0.create_subnet(call, typed(input)).await?),
            44 => Box::new(
                self.0
                    .create_subnet_cidr_reservation(call, typed(input))
                    .await?,
            ),
            45 => Box::new(self.0.create_tags(call, typed(input)).await?),
            46 => Box::new(self.0.create_volume(call, typed(input)).await?),
            47 => Box::new(self.0.create_vpc(call, typed(input)).await?),
            48 => Box::new(self.0.create_vpc_endpoint(call, typed(input)).await?),
            49 => Box::new(
                self.0
                    .create_vpc_endpoint_service_configuration(call, typed(input))
                    .await?,
            ),
            50 => Box::new(
                self.0
                    .create_vpc_peering_connection(call, typed(input))
                    .await?,
            ),
            51 => Box::new(self.0.delete_dhcp_options(call, typed(input)).await?),
            52 => Box::new(
                self.0
                    .delete_egress_only_internet_gateway(call, typed(input))
                    .await?,
            ),
            53 => Box::new(self.0.delete_fleets(call, typed(input)).await?),
            54 => Box::new(self.0.delete_flow_logs(call, typed(input)).await?),
            55 => Box::new(self.0.delete_internet_gateway(call, typed(input)).await?),
            56 => Box::new(self.0.delete_key_pair(call, typed(input)).await?),
            57 => Box::new(self.0.delete_launch_template(call, typed(input)).await?),
            58 => Box::new(
                self.0
                    .delete_launch_template_versions(call, typed(input))
                    .await?,
            ),
            59 => Box::new(
                self.0
                    .delete_managed_prefix_list(call, typed(input))
                    .await?,
            ),
            60 => Box::new(self.0.delete_nat_gateway(call, typed(input)).await?),
            61 => Box::new(self.0.delete_network_acl(call, typed(input)).await?),
            62 => Box::new(self.0.delete_network_acl_entry(call, typed(input)).await?),
            63 => Box::new(self.0.delete_network_interface(call, typed(input)).await?),
            64 => Box::new(
                self.0
                    .delete_network_interface_permission(call, typed(input))
                    .await?,
            ),
            65 => Box::new(self.0.delete_placement_group(call, typed(input)).await?),
            66 => Box::new(self.0.delete_route(call, typed(input)).await?),
            67 => Box::new(self.0.delete_route_table(call, typed(input)).await?),
            68 => Box::new(self.0.delete_security_group(call, typed(input)).await?),
            69 => Box::new(self.0.delete_snapshot(call, typed(input)).await?),
            70 => Box::new(self.0.delete_subnet(call, typed(input)).await?),
            71 => Box::new(
                self.0
                    .delete_subnet_cidr_reservation(call, typed(input))
                    .await?,
            ),
            72 => Box::new(self.0.delete_tags(call, typed(input)).await?),
            73 => Box::new(self.0.delete_volume(call, typed(input)).await?),
            74 => Box::new(self.0.delete_vpc(call, typed(input)).await?),
            75 => Box::new(
                self.0
                    .delete_vpc_endpoint_service_configurations(call, typed(input))
                    .await?,
            ),
            76 => Box::new(self.0.delete_vpc_endpoints(call, typed(input)).await?),
            77 => Box::new(
                self.0
                    .delete_vpc_peering_connection(call, typed(input))
                    .await?,
            ),
            78 => Box::new(self.0.deregister_image(call, typed(input)).await?),
            79 => Box::new(
                self.0
                    .describe_account_attributes(call, typed(input))
                    .await?,
            ),
            80 => Box::new(self.0.describe_addresses(call, typed(input)).await?),
            81 => Box::new(
                self.0
                    .describe_addresses_attribute(call, typed(input))
                    .await?,
            ),
            82 => Box::new(
                self.0
                    .describe_availability_zones(call, typed(input))
                    .await?,
            ),
            83 => Box::new(self.0.describe_dhcp_options(call, typed(input)).await?),
            84 => Box::new(
                self.0
                    .describe_egress_only_internet_gateways(call, typed(input))
                    .await?,
            ),
            85 => Box::new(self.0.describe_fleet_instances(call, typed(input)).await?),
            86 => Box::new(self.0.describe_fleets(call, typed(input)).await?),
            87 => Box::new(self.0.describe_flow_logs(call, typed(input)).await?),
            88 => Box::new(
                self.0
                    .describe_iam_instance_profile_associations(call, typed(input))
                    .await?,
            ),
            89 => Box::new(self.0.describe_image_attribute(call, typed(input)).await?),
            90 => Box::new(self.0.describe_images(call, typed(input)).await?),
            91 => Box::new(
                self.0
                    .describe_instance_attribute(call, typed(input))
                    .await?,
            ),
            92 => Box::new(
                self.0
                    .describe_instance_credit_specifications(call, typed(input))
                    .await?,
            ),
            93 => Box::new(self.0.describe_instance_status(call, typed(input)).await?),
            94 => Box::new(
                self.0
                    .describe_instance_type_offerings(call, typed(input))
                    .await?,
            ),
            95 => Box::new(self.0.describe_instance_types(call, typed(input)).await?),
            96 => Box::new(self.0.describe_instances(call, typed(input)).await?),
            97 => Box::new(
                self.0
                    .describe_internet_gateways(call, typed(input))
                    .await?,
            ),
            98 => Box::new(self.0.describe_key_pairs(call, typed(input)).await?),
            99 => Box::new(
                self.0
                    .describe_launch_template_versions(call, typed(input))
                    .await?,
            ),
            100 => Box::new(self.0.describe_launch_templates(call, typed(input)).await?),
            101 => Box::new(
                self.0
                    .describe_managed_prefix_lists(call, typed(input))
                    .await?,
            ),
            102 => Box::new(self.0.describe_nat_gateways(call, typed(input)).await?),
            103 => Box::new(self.0.describe_network_acls(call, typed(input)).await?),
            104 => Box::new(
                self.0
                    .describe_network_interface_attribute(call, typed(input))
                    .await?,
            ),
            105 => Box::new(
                self.0
                    .describe_network_interface_permissions(call, typed(input))
                    .await?,
            ),
            106 => Box::new(
                self.0
                    .describe_network_interfaces(call, typed(input))
                    .await?,
            ),
            107 => Box::new(self.0.describe_placement_groups(call, typed(input)).await?),
            108 => Box::new(self.0.describe_prefix_lists(call, typed(input)).await?),
            109 => Box::new(self.0.describe_regions(call, typed(input)).await?),
            110 => Box::new(self.0.describe_route_tables(call, typed(input)).await?),
            111 => Box::new(
                self.0
                    .describe_security_group_references(call, typed(input))
                    .await?,
            ),
            112 => Box::new(
                self.0
                    .describe_security_group_rules(call, typed(input))
                    .await?,
            ),
            113 => Box::new(
                self.0
                    .describe_security_group_vpc_associations(call, typed(input))
                    .await?,
            ),
            114 => Box::new(self.0.describe_security_groups(call, typed(input)).await?),
            115 => Box::new(
                self.0
                    .describe_snapshot_attribute(call, typed(input))
                    .await?,
            ),
            116 => Box::new(self.0.describe_snapshots(call, typed(input)).await?),
            117 => Box::new(
                self.0
                    .describe_spot_fleet_instances(call, typed(input))
                    .await?,
            ),
            118 => Box::new(
                self.0
                    .describe_spot_fleet_requests(call, typed(input))
                    .await?,
            ),
            119 => Box::new(
                self.0
                    .describe_spot_instance_requests(call, typed(input))
                    .await?,
            ),
            120 => Box::new(
                self.0
                    .describe_spot_price_history(call, typed(input))
                    .await?,
            ),
            121 => Box::new(
                self.0
                    .describe_stale_security_groups(call, typed(input))
                    .await?,
            ),
            122 => Box::new(self.0.describe_subnets(call, typed(input)).await?),
            123 => Box::new(self.0.describe_tags(call, typed(input)).await?),
            124 => Box::new(self.0.describe_volume_attribute(call, typed(input)).await?),
            125 => Box::new(self.0.describe_volume_status(call, typed(input)).await?),
            126 => Box::new(self.0.describe_volumes(call, typed(input)).await?),
            127 => Box::new(
                self.0
                    .describe_volumes_modifications(call, typed(input))
                    .await?,
            ),
            128 => Box::new(self.0.describe_vpc_attribute(call, typed(input)).await?),
            129 => Box::new(
                self.0
                    .describe_vpc_endpoint_connections(call, typed(input))
                    .await?,
            ),
            130 => Box::new(
                self.0
                    .describe_vpc_endpoint_service_configurations(call, typed(input))
                    .await?,
            ),
            131 => Box::new(
                self.0
                    .describe_vpc_endpoint_service_permissions(call, typed(input))
                    .await?,
            ),
            132 => Box::new(
                self.0
                    .describe_vpc_endpoint_services(call, typed(input))
                    .await?,
            ),
            133 => Box::new(self.0.describe_vpc_endpoints(call, typed(input)).await?),
            134 => Box::new(
                self.0
                    .describe_vpc_peering_connections(call, typed(input))
                    .await?,
            ),
            135 => Box::new(self.0.describe_vpcs(call, typed(input)).await?),
            136 => Box::new(self.0.detach_internet_gateway(call, typed(input)).await?),
            137 => Box::new(self.0.detach_network_interface(call, typed(input)).await?),
            138 => Box::new(self.0.detach_volume(call, typed(input)).await?),
            139 => Box::new(
                self.0
                    .disable_ebs_encryption_by_default(call, typed(input))
                    .await?,
            ),
            140 => Box::new(self.0.disassociate_address(call, typed(input)).await?),
            141 => Box::new(
                self.0
                    .disassociate_iam_instance_profile(call, typed(input))
                    .await?,
            ),
            142 => Box::new(self.0.disassociate_route_table(call, typed(input)).await?),
            143 => Box::new(
                self.0
                    .disassociate_subnet_cidr_block(call, typed(input))
                    .await?,
            ),
            144 => Box::new(
                self.0
                    .disassociate_vpc_cidr_block(call, typed(input))
                    .await?,
            ),
            145 => Box::new(
                self.0
                    .enable_ebs_encryption_by_default(call, typed(input))
                    .await?,
            ),
            146 => Box::new(self.0.get_console_output(call, typed(input)).await?),
            147 => Box::new(
                self.0
                    .get_ebs_default_kms_key_id(call, typed(input))
                    .await?,
            ),
            148 => Box::new(
                self.0
                    .get_ebs_encryption_by_default(call, typed(input))
                    .await?,
            ),
            149 => Box::new(self.0.get_launch_template_data(call, typed(input)).await?),
            150 => Box::new(
                self.0
                    .get_managed_prefix_list_associations(call, typed(input))
                    .await?,
            ),
            151 => Box::new(
                self.0
                    .get_managed_prefix_list_entries(call, typed(input))
                    .await?,
            ),
            152 => Box::new(
                self.0
                    .get_security_groups_for_vpc(call, typed(input))
                    .await?,
            ),
            153 => Box::new(
                self.0
                    .get_subnet_cidr_reservations(call, typed(input))
                    .await?,
            ),
            154 => Box::new(self.0.import_key_pair(call, typed(input)).await?),
            155 => Box::new(self.0.modify_address_attribute(call, typed(input)).await?),
            156 => Box::new(
                self.0
                    .modify_ebs_default_kms_key_id(call, typed(input))
                    .await?,
            ),
            157 => Box::new(self.0.modify_image_attribute(call, typed(input)).await?),
            158 => Box::new(self.0.modify_instance_attribute(call, typed(input)).await?),
            159 => Box::new(
                self.0
                    .modify_instance_metadata_options(call, typed(input))
                    .await?,
            ),
            160 => Box::new(self.0.modify_instance_placement(call, typed(input)).await?),
            161 => Box::new(self.0.modify_launch_template(call, typed(input)).await?),
            162 => Box::new(
                self.0
                    .modify_managed_prefix_list(call, typed(input))
                    .await?,
            ),
            163 => Box::new(
                self.0
                    .modify_network_interface_attribute(call, typed(input))
                    .await?,
            ),
            164 => Box::new(
                self.0
                    .modify_security_group_rules(call, typed(input))
                    .await?,
            ),
            165 => Box::new(self.0.modify_snapshot_attribute(call, typed(input)).await?),
            166 => Box::new(self.0.modify_spot_fleet_request(call, typed(input)).await?),
            167 => Box::new(self.0.modify_subnet_attribute(call, typed(input)).await?),
            168 => Box::new(self.0.modify_volume(call, typed(input)).await?),
            169 => Box::new(self.0.modify_volume_attribute(call, typed(input)).await?),
            170 => Box::new(self.0.modify_vpc_attribute(call, typed(input)).await?),
            171 => Box::new(self.0.modify_vpc_endpoint(call, typed(input)).await?),
            172 => Box::new(
                self.0
                    .modify_vpc_endpoint_service_configuration(call, typed(input))
                    .await?,
            ),
            173 => Box::new(
                self.0
                    .modify_vpc_endpoint_service_permissions(call, typed(input))
                    .await?,
            ),
            174 => Box::new(
                self.0
                    .modify_vpc_peering_connection_options(call, typed(input))
                    .await?,
            ),
            175 => Box::new(self.0.modify_vpc_tenancy(call, typed(input)).await?),
            176 => Box::new(self.0.monitor_instances(call, typed(input)).await?),
            177 => Box::new(self.0.reboot_instances(call, typed(input)).await?),
            178 => Box::new(self.0.register_image(call, typed(input)).await?),
            179 => Box::new(
                self.0
                    .reject_vpc_endpoint_connections(call, typed(input))
                    .await?,
            ),
            180 => Box::new(
                self.0
                    .reject_vpc_peering_connection(call, typed(input))
                    .await?,
            ),
            181 => Box::new(self.0.release_address(call, typed(input)).await?),
            182 => Box::new(
                self.0
                    .replace_iam_instance_profile_association(call, typed(input))
                    .await?,
            ),
            183 => Box::new(
                self.0
                    .replace_network_acl_association(call, typed(input))
                    .await?,
            ),
            184 => Box::new(self.0.replace_network_acl_entry(call, typed(input)).await?),
            185 => Box::new(self.0.replace_route(call, typed(input)).await?),
            186 => Box::new(
                self.0
                    .replace_route_table_association(call, typed(input))
                    .await?,
            ),
            187 => Box::new(self.0.request_spot_fleet(call, typed(input)).await?),
            188 => Box::new(self.0.request_spot_instances(call, typed(input)).await?),
            189 => Box::new(self.0.reset_address_attribute(call, typed(input)).await?),
            190 => Box::new(
                self.0
                    .reset_ebs_default_kms_key_id(call, typed(input))
                    .await?,
            ),
            191 => Box::new(self.0.reset_image_attribute(call, typed(input)).await?),
            192 => Box::new(self.0.reset_instance_attribute(call, typed(input)).await?),
            193 => Box::new(
                self.0
                    .reset_network_interface_attribute(call, typed(input))
                    .await?,
            ),
            194 => Box::new(self.0.reset_snapshot_attribute(call, typed(input)).await?),
            195 => Box::new(
                self.0
                    .revoke_security_group_egress(call, typed(input))
                    .await?,
            ),
            196 => Box::new(
                self.0
                    .revoke_security_group_ingress(call, typed(input))
                    .await?,
            ),
            197 => Box::new(self.0.run_instances(call, typed(input)).await?),
            198 => Box::new(self.0.start_instances(call, typed(input)).await?),
            199 => Box::new(
                self.0
                    .start_vpc_endpoint_service_private_dns_verification(call, typed(input))
                    .await?,
            ),
            200 => Box::new(self.0.stop_instances(call, typed(input)).await?),
            201 => Box::new(self.0.terminate_instances(call, typed(input)).await?),
            202 => Box::new(self.0.unassign_ipv6_addresses(call, typed(input)).await?),
            203 => Box::new(
                self.0
                    .unassign_private_ip_addresses(call, typed(input))
                    .await?,
            ),
            204 => Box::new(self.0.unmonitor_instances(call, typed(input)).await?),
            205 => Box::new(
                self.0
                    .update_security_group_rule_descriptions_egress(call, typed(input))
                    .await?,
            ),
            206 => Box::new(
                self.0
                    .update_security_group_rule_descriptions_ingress(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Ec2>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Ec2>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl Ec2 for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn accept_vpc_endpoint_connections(
        &self,
        call: &Call,
        input: AcceptVpcEndpointConnectionsRequest,
    ) -> Result<AcceptVpcEndpointConnectionsResult, Fault> {
        let call = self
            .admit(call, Input::AcceptVpcEndpointConnections(&input), 0, &input)
            .await?;
        self.inner
            .accept_vpc_endpoint_connections(&call, input)
            .await
    }

    async fn accept_vpc_peering_connection(
        &self,
        call: &Call,
        input: AcceptVpcPeeringConnectionRequest,
    ) -> Result<AcceptVpcPeeringConnectionResult, Fault> {
        let call = self
            .admit(call, Input::AcceptVpcPeeringConnection(&input), 1, &input)
            .await?;
        self.inner.accept_vpc_peering_connection(&call, input).await
    }

    async fn allocate_address(
        &self,
        call: &Call,
        input: AllocateAddressRequest,
    ) -> Result<AllocateAddressResult, Fault> {
        let call = self
            .admit(call, Input::AllocateAddress(&input), 2, &input)
            .await?;
        self.inner.allocate_address(&call, input).await
    }

    async fn assign_ipv6_addresses(
        &self,
        call: &Call,
        input: AssignIpv6AddressesRequest,
    ) -> Result<AssignIpv6AddressesResult, Fault> {
        let call = self
            .admit(call, Input::AssignIpv6Addresses(&input), 3, &input)
            .await?;
        self.inner.assign_ipv6_addresses(&call, input).await
    }

    async fn assign_private_ip_addresses(
        &self,
        call: &Call,
        input: AssignPrivateIpAddressesRequest,
    ) -> Result<AssignPrivateIpAddressesResult, Fault> {
        let call = self
            .admit(call, Input::AssignPrivateIpAddresses(&input), 4, &input)
            .await?;
        self.inner.assign_private_ip_addresses(&call, input).await
    }

    async fn associate_address(
        &self,
        call: &Call,
        input: AssociateAddressRequest,
    ) -> Result<AssociateAddressResult, Fault> {
        let call = self
            .admit(call, Input::AssociateAddress(&input), 5, &input)
            .await?;
        self.inner.associate_address(&call, input).await
    }

    async fn associate_dhcp_options(
        &self,
        call: &Call,
        input: AssociateDhcpOptionsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AssociateDhcpOptions(&input), 6, &input)
            .await?;
        self.inner.associate_dhcp_options(&call, input).await
    }

    async fn associate_iam_instance_profile(
        &self,
        call: &Call,
        input: AssociateIamInstanceProfileRequest,
    ) -> Result<AssociateIamInstanceProfileResult, Fault> {
        let call = self
            .admit(call, Input::AssociateIamInstanceProfile(&input), 7, &input)
            .await?;
        self.inner
            .associate_iam_instance_profile(&call, input)
            .await
    }

    async fn associate_route_table(
        &self,
        call: &Call,
        input: AssociateRouteTableRequest,
    ) -> Result<AssociateRouteTableResult, Fault> {
        let call = self
            .admit(call, Input::AssociateRouteTable(&input), 8, &input)
            .await?;
        self.inner.associate_route_table(&call, input).await
    }

    async fn associate_subnet_cidr_block(
        &self,
        call: &Call,
        input: AssociateSubnetCidrBlockRequest,
    ) -> Result<AssociateSubnetCidrBlockResult, Fault> {
        let call = self
            .admit(call, Input::AssociateSubnetCidrBlock(&input), 9, &input)
            .await?;
        self.inner.associate_subnet_cidr_block(&call, input).await
    }

    async fn associate_vpc_cidr_block(
        &self,
        call: &Call,
        input: AssociateVpcCidrBlockRequest,
    ) -> Result<AssociateVpcCidrBlockResult, Fault> {
        let call = self
            .admit(call, Input::AssociateVpcCidrBlock(&input), 10, &input)
            .await?;
        self.inner.associate_vpc_cidr_block(&call, input).await
    }

    async fn attach_internet_gateway(
        &self,
        call: &Call,
        input: AttachInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AttachInternetGateway(&input), 11, &input)
            .await?;
        self.inner.attach_internet_gateway(&call, input).await
    }

    async fn attach_network_interface(
        &self,
        call: &Call,
        input: AttachNetworkInterfaceRequest,
    ) -> Result<AttachNetworkInterfaceResult, Fault> {
        let call = self
            .admit(call, Input::AttachNetworkInterface(&input), 12, &input)
            .await?;
        self.inner.attach_network_interface(&call, input).await
    }

    async fn attach_volume(
        &self,
        call: &Call,
        input: AttachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let call = self
            .admit(call, Input::AttachVolume(&input), 13, &input)
            .await?;
        self.inner.attach_volume(&call, input).await
    }

    async fn authorize_security_group_egress(
        &self,
        call: &Call,
        input: AuthorizeSecurityGroupEgressRequest,
    ) -> Result<AuthorizeSecurityGroupEgressResult, Fault> {
        let call = self
            .admit(
                call,
                Input::AuthorizeSecurityGroupEgress(&input),
                14,
                &input,
            )
            .await?;
        self.inner
            .authorize_security_group_egress(&call, input)
            .await
    }

    async fn authorize_security_group_ingress(
        &self,
        call: &Call,
        input: AuthorizeSecurityGroupIngressRequest,
    ) -> Result<AuthorizeSecurityGroupIngressResult, Fault> {
        let call = self
            .admit(
                call,
                Input::AuthorizeSecurityGroupIngress(&input),
                15,
                &input,
            )
            .await?;
        self.inner
            .authorize_security_group_ingress(&call, input)
            .await
    }

    async fn cancel_spot_fleet_requests(
        &self,
        call: &Call,
        input: CancelSpotFleetRequestsRequest,
    ) -> Result<CancelSpotFleetRequestsResponse, Fault> {
        let call = self
            .admit(call, Input::CancelSpotFleetRequests(&input), 16, &input)
            .await?;
        self.inner.cancel_spot_fleet_requests(&call, input).await
    }

    async fn cancel_spot_instance_requests(
        &self,
        call: &Call,
        input: CancelSpotInstanceRequestsRequest,
    ) -> Result<CancelSpotInstanceRequestsResult, Fault> {
        let call = self
            .admit(call, Input::CancelSpotInstanceRequests(&input), 17, &input)
            .await?;
        self.inner.cancel_spot_instance_requests(&call, input).await
    }

    async fn copy_image(
        &self,
        call: &Call,
        input: CopyImageRequest,
    ) -> Result<CopyImageResult, Fault> {
        let call = self
            .admit(call, Input::CopyImage(&input), 18, &input)
            .await?;
        self.inner.copy_image(&call, input).await
    }

    async fn copy_snapshot(
        &self,
        call: &Call,
        input: CopySnapshotRequest,
    ) -> Result<CopySnapshotResult, Fault> {
        let call = self
            .admit(call, Input::CopySnapshot(&input), 19, &input)
            .await?;
        self.inner.copy_snapshot(&call, input).await
    }

    async fn create_default_subnet(
        &self,
        call: &Call,
        input: CreateDefaultSubnetRequest,
    ) -> Result<CreateDefaultSubnetResult, Fault> {
        let call = self
            .admit(call, Input::CreateDefaultSubnet(&input), 20, &input)
            .await?;
        self.inner.create_default_subnet(&call, input).await
    }

    async fn create_default_vpc(
        &self,
        call: &Call,
        input: CreateDefaultVpcRequest,
    ) -> Result<CreateDefaultVpcResult, Fault> {
        let call = self
            .admit(call, Input::CreateDefaultVpc(&input), 21, &input)
            .await?;
        self.inner.create_default_vpc(&call, input).await
    }

    async fn create_dhcp_options(
        &self,
        call: &Call,
        input: CreateDhcpOptionsRequest,
    ) -> Result<CreateDhcpOptionsResult, Fault> {
        let call = self
            .admit(call, Input::CreateDhcpOptions(&input), 22, &input)
            .await?;
        self.inner.create_dhcp_options(&call, input).await
    }

    async fn create_egress_only_internet_gateway(
        &self,
        call: &Call,
        input: CreateEgressOnlyInternetGatewayRequest,
    ) -> Result<CreateEgressOnlyInternetGatewayResult, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateEgressOnlyInternetGateway(&input),
                23,
                &input,
            )
            .await?;
        self.inner
            .create_egress_only_internet_gateway(&call, input)
            .await
    }

    async fn create_fleet(
        &self,
        call: &Call,
        input: CreateFleetRequest,
    ) -> Result<CreateFleetResult, Fault> {
        let call = self
            .admit(call, Input::CreateFleet(&input), 24, &input)
            .await?;
        self.inner.create_fleet(&call, input).await
    }

    async fn create_flow_logs(
        &self,
        call: &Call,
        input: CreateFlowLogsRequest,
    ) -> Result<CreateFlowLogsResult, Fault> {
        let call = self
            .admit(call, Input::CreateFlowLogs(&input), 25, &input)
            .await?;
        self.inner.create_flow_logs(&call, input).await
    }

    async fn create_image(
        &self,
        call: &Call,
        input: CreateImageRequest,
    ) -> Result<CreateImageResult, Fault> {
        let call = self
            .admit(call, Input::CreateImage(&input), 26, &input)
            .await?;
        self.inner.create_image(&call, input).await
    }

    async fn create_internet_gateway(
        &self,
        call: &Call,
        input: CreateInternetGatewayRequest,
    ) -> Result<CreateInternetGatewayResult, Fault> {
        let call = self
            .admit(call, Input::CreateInternetGateway(&input), 27, &input)
            .await?;
        self.inner.create_internet_gateway(&call, input).await
    }

    async fn create_key_pair(
        &self,
        call: &Call,
        input: CreateKeyPairRequest,
    ) -> Result<KeyPair, Fault> {
        let call = self
            .admit(call, Input::CreateKeyPair(&input), 28, &input)
            .await?;
        self.inner.create_key_pair(&call, input).await
    }

    async fn create_launch_template(
        &self,
        call: &Call,
        input: CreateLaunchTemplateRequest,
    ) -> Result<CreateLaunchTemplateResult, Fault> {
        let call = self
            .admit(call, Input::CreateLaunchTemplate(&input), 29, &input)
            .await?;
        self.inner.create_launch_template(&call, input).await
    }

    async fn create_launch_template_version(
        &self,
        call: &Call,
        input: CreateLaunchTemplateVersionRequest,
    ) -> Result<CreateLaunchTemplateVersionResult, Fault> {
        let call = self
            .admit(call, Input::CreateLaunchTemplateVersion(&input), 30, &input)
            .await?;
        self.inner
            .create_launch_template_version(&call, input)
            .await
    }

    async fn create_managed_prefix_list(
        &self,
        call: &Call,
        input: CreateManagedPrefixListRequest,
    ) -> Result<CreateManagedPrefixListResult, Fault> {
        let call = self
            .admit(call, Input::CreateManagedPrefixList(&input), 31, &input)
            .await?;
        self.inner.create_managed_prefix_list(&call, input).await
    }

    async fn create_nat_gateway(
        &self,
        call: &Call,
        input: CreateNatGatewayRequest,
    ) -> Result<CreateNatGatewayResult, Fault> {
        let call = self
            .admit(call, Input::CreateNatGateway(&input), 32, &input)
            .await?;
        self.inner.create_nat_gateway(&call, input).await
    }

    async fn create_network_acl(
        &self,
        call: &Call,
        input: CreateNetworkAclRequest,
    ) -> Result<CreateNetworkAclResult, Fault> {
        let call = self
            .admit(call, Input::CreateNetworkAcl(&input), 33, &input)
            .await?;
        self.inner.create_network_acl(&call, input).await
    }

    async fn create_network_acl_entry(
        &self,
        call: &Call,
        input: CreateNetworkAclEntryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateNetworkAclEntry(&input), 34, &input)
            .await?;
        self.inner.create_network_acl_entry(&call, input).await
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: CreateNetworkInterfaceRequest,
    ) -> Result<CreateNetworkInterfaceResult, Fault> {
        let call = self
            .admit(call, Input::CreateNetworkInterface(&input), 35, &input)
            .await?;
        self.inner.create_network_interface(&call, input).await
    }

    async fn create_network_interface_permission(
        &self,
        call: &Call,
        input: CreateNetworkInterfacePermissionRequest,
    ) -> Result<CreateNetworkInterfacePermissionResult, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateNetworkInterfacePermission(&input),
                36,
                &input,
            )
            .await?;
        self.inner
            .create_network_interface_permission(&call, input)
            .await
    }

    async fn create_placement_group(
        &self,
        call: &Call,
        input: CreatePlacementGroupRequest,
    ) -> Result<CreatePlacementGroupResult, Fault> {
        let call = self
            .admit(call, Input::CreatePlacementGroup(&input), 37, &input)
            .await?;
        self.inner.create_placement_group(&call, input).await
    }

    async fn create_route(
        &self,
        call: &Call,
        input: CreateRouteRequest,
    ) -> Result<CreateRouteResult, Fault> {
        let call = self
            .admit(call, Input::CreateRoute(&input), 38, &input)
            .await?;
        self.inner.create_route(&call, input).await
    }

    async fn create_route_table(
        &self,
        call: &Call,
        input: CreateRouteTableRequest,
    ) -> Result<CreateRouteTableResult, Fault> {
        let call = self
            .admit(call, Input::CreateRouteTable(&input), 39, &input)
            .await?;
        self.inner.create_route_table(&call, input).await
    }

    async fn create_security_group(
        &self,
        call: &Call,
        input: CreateSecurityGroupRequest,
    ) -> Result<CreateSecurityGroupResult, Fault> {
        let call = self
            .admit(call, Input::CreateSecurityGroup(&input), 40, &input)
            .await?;
        self.inner.create_security_group(&call, input).await
    }

    async fn create_snapshot(
        &self,
        call: &Call,
        input: CreateSnapshotRequest,
    ) -> Result<Snapshot, Fault> {
        let call = self
            .admit(call, Input::CreateSnapshot(&input), 41, &input)
            .await?;
        self.inner.create_snapshot(&call, input).await
    }

    async fn create_snapshots(
        &self,
        call: &Call,
        input: CreateSnapshotsRequest,
    ) -> Result<CreateSnapshotsResult, Fault> {
        let call = self
            .admit(call, Input::CreateSnapshots(&input), 42, &input)
            .await?;
        self.inner.create_snapshots(&call, input).await
    }

    async fn create_subnet(
        &self,
        call: &Call,
        input: CreateSubnetRequest,
    ) -> Result<CreateSubnetResult, Fault> {
        let call = self
            .admit(call, Input::CreateSubnet(&input), 43, &input)
            .await?;
        self.inner.create_subnet(&call, input).await
    }

    async fn create_subnet_cidr_reservation(
        &self,
        call: &Call,
        input: CreateSubnetCidrReservationRequest,
    ) -> Result<CreateSubnetCidrReservationResult, Fault> {
        let call = self
            .admit(call, Input::CreateSubnetCidrReservation(&input), 44, &input)
            .await?;
        self.inner
            .create_subnet_cidr_reservation(&call, input)
            .await
    }

    async fn create_tags(&self, call: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateTags(&input), 45, &input)
            .await?;
        self.inner.create_tags(&call, input).await
    }

    async fn create_volume(
        &self,
        call: &Call,
        input: CreateVolumeRequest,
    ) -> Result<Volume, Fault> {
        let call = self
            .admit(call, Input::CreateVolume(&input), 46, &input)
            .await?;
        self.inner.create_volume(&call, input).await
    }

    async fn create_vpc(
        &self,
        call: &Call,
        input: CreateVpcRequest,
    ) -> Result<CreateVpcResult, Fault> {
        let call = self
            .admit(call, Input::CreateVpc(&input), 47, &input)
            .await?;
        self.inner.create_vpc(&call, input).await
    }

    async fn create_vpc_endpoint(
        &self,
        call: &Call,
        input: CreateVpcEndpointRequest,
    ) -> Result<CreateVpcEndpointResult, Fault> {
        let call = self
            .admit(call, Input::CreateVpcEndpoint(&input), 48, &input)
            .await?;
        self.inner.create_vpc_endpoint(&call, input).await
    }

    async fn create_vpc_endpoint_service_configuration(
        &self,
        call: &Call,
        input: CreateVpcEndpointServiceConfigurationRequest,
    ) -> Result<CreateVpcEndpointServiceConfigurationResult, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateVpcEndpointServiceConfiguration(&input),
                49,
                &input,
            )
            .await?;
        self.inner
            .create_vpc_endpoint_service_configuration(&call, input)
            .await
    }

    async fn create_vpc_peering_connection(
        &self,
        call: &Call,
        input: CreateVpcPeeringConnectionRequest,
    ) -> Result<CreateVpcPeeringConnectionResult, Fault> {
        let call = self
            .admit(call, Input::CreateVpcPeeringConnection(&input), 50, &input)
            .await?;
        self.inner.create_vpc_peering_connection(&call, input).await
    }

    async fn delete_dhcp_options(
        &self,
        call: &Call,
        input: DeleteDhcpOptionsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteDhcpOptions(&input), 51, &input)
            .await?;
        self.inner.delete_dhcp_options(&call, input).await
    }

    async fn delete_egress_only_internet_gateway(
        &self,
        call: &Call,
        input: DeleteEgressOnlyInternetGatewayRequest,
    ) -> Result<DeleteEgressOnlyInternetGatewayResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteEgressOnlyInternetGateway(&input),
                52,
                &input,
            )
            .await?;
        self.inner
            .delete_egress_only_internet_gateway(&call, input)
            .await
    }

    async fn delete_fleets(
        &self,
        call: &Call,
        input: DeleteFleetsRequest,
    ) -> Result<DeleteFleetsResult, Fault> {
        let call = self
            .admit(call, Input::DeleteFleets(&input), 53, &input)
            .await?;
        self.inner.delete_fleets(&call, input).await
    }

    async fn delete_flow_logs(
        &self,
        call: &Call,
        input: DeleteFlowLogsRequest,
    ) -> Result<DeleteFlowLogsResult, Fault> {
        let call = self
            .admit(call, Input::DeleteFlowLogs(&input), 54, &input)
            .await?;
        self.inner.delete_flow_logs(&call, input).await
    }

    async fn delete_internet_gateway(
        &self,
        call: &Call,
        input: DeleteInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteInternetGateway(&input), 55, &input)
            .await?;
        self.inner.delete_internet_gateway(&call, input).await
    }

    async fn delete_key_pair(
        &self,
        call: &Call,
        input: DeleteKeyPairRequest,
    ) -> Result<DeleteKeyPairResult, Fault> {
        let call = self
            .admit(call, Input::DeleteKeyPair(&input), 56, &input)
            .await?;
        self.inner.delete_key_pair(&call, input).await
    }

    async fn delete_launch_template(
        &self,
        call: &Call,
        input: DeleteLaunchTemplateRequest,
    ) -> Result<DeleteLaunchTemplateResult, Fault> {
        let call = self
            .admit(call, Input::DeleteLaunchTemplate(&input), 57, &input)
            .await?;
        self.inner.delete_launch_template(&call, input).await
    }

    async fn delete_launch_template_versions(
        &self,
        call: &Call,
        input: DeleteLaunchTemplateVersionsRequest,
    ) -> Result<DeleteLaunchTemplateVersionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteLaunchTemplateVersions(&input),
                58,
                &input,
            )
            .await?;
        self.inner
            .delete_launch_template_versions(&call, input)
            .await
    }

    async fn delete_managed_prefix_list(
        &self,
        call: &Call,
        input: DeleteManagedPrefixListRequest,
    ) -> Result<DeleteManagedPrefixListResult, Fault> {
        let call = self
            .admit(call, Input::DeleteManagedPrefixList(&input), 59, &input)
            .await?;
        self.inner.delete_managed_prefix_list(&call, input).await
    }

    async fn delete_nat_gateway(
        &self,
        call: &Call,
        input: DeleteNatGatewayRequest,
    ) -> Result<DeleteNatGatewayResult, Fault> {
        let call = self
            .admit(call, Input::DeleteNatGateway(&input), 60, &input)
            .await?;
        self.inner.delete_nat_gateway(&call, input).await
    }

    async fn delete_network_acl(
        &self,
        call: &Call,
        input: DeleteNetworkAclRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteNetworkAcl(&input), 61, &input)
            .await?;
        self.inner.delete_network_acl(&call, input).await
    }

    async fn delete_network_acl_entry(
        &self,
        call: &Call,
        input: DeleteNetworkAclEntryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteNetworkAclEntry(&input), 62, &input)
            .await?;
        self.inner.delete_network_acl_entry(&call, input).await
    }

    async fn delete_network_interface(
        &self,
        call: &Call,
        input: DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteNetworkInterface(&input), 63, &input)
            .await?;
        self.inner.delete_network_interface(&call, input).await
    }

    async fn delete_network_interface_permission(
        &self,
        call: &Call,
        input: DeleteNetworkInterfacePermissionRequest,
    ) -> Result<DeleteNetworkInterfacePermissionResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteNetworkInterfacePermission(&input),
                64,
                &input,
            )
            .await?;
        self.inner
            .delete_network_interface_permission(&call, input)
            .await
    }

    async fn delete_placement_group(
        &self,
        call: &Call,
        input: DeletePlacementGroupRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeletePlacementGroup(&input), 65, &input)
            .await?;
        self.inner.delete_placement_group(&call, input).await
    }

    async fn delete_route(&self, call: &Call, input: DeleteRouteRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteRoute(&input), 66, &input)
            .await?;
        self.inner.delete_route(&call, input).await
    }

    async fn delete_route_table(
        &self,
        call: &Call,
        input: DeleteRouteTableRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteRouteTable(&input), 67, &input)
            .await?;
        self.inner.delete_route_table(&call, input).await
    }

    async fn delete_security_group(
        &self,
        call: &Call,
        input: DeleteSecurityGroupRequest,
    ) -> Result<DeleteSecurityGroupResult, Fault> {
        let call = self
            .admit(call, Input::DeleteSecurityGroup(&input), 68, &input)
            .await?;
        self.inner.delete_security_group(&call, input).await
    }

    async fn delete_snapshot(
        &self,
        call: &Call,
        input: DeleteSnapshotRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSnapshot(&input), 69, &input)
            .await?;
        self.inner.delete_snapshot(&call, input).await
    }

    async fn delete_subnet(&self, call: &Call, input: DeleteSubnetRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSubnet(&input), 70, &input)
            .await?;
        self.inner.delete_subnet(&call, input).await
    }

    async fn delete_subnet_cidr_reservation(
        &self,
        call: &Call,
        input: DeleteSubnetCidrReservationRequest,
    ) -> Result<DeleteSubnetCidrReservationResult, Fault> {
        let call = self
            .admit(call, Input::DeleteSubnetCidrReservation(&input), 71, &input)
            .await?;
        self.inner
            .delete_subnet_cidr_reservation(&call, input)
            .await
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteTags(&input), 72, &input)
            .await?;
        self.inner.delete_tags(&call, input).await
    }

    async fn delete_volume(&self, call: &Call, input: DeleteVolumeRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteVolume(&input), 73, &input)
            .await?;
        self.inner.delete_volume(&call, input).await
    }

    async fn delete_vpc(&self, call: &Call, input: DeleteVpcRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteVpc(&input), 74, &input)
            .await?;
        self.inner.delete_vpc(&call, input).await
    }

    async fn delete_vpc_endpoint_service_configurations(
        &self,
        call: &Call,
        input: DeleteVpcEndpointServiceConfigurationsRequest,
    ) -> Result<DeleteVpcEndpointServiceConfigurationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteVpcEndpointServiceConfigurations(&input),
                75,
                &input,
            )
            .await?;
        self.inner
            .delete_vpc_endpoint_service_configurations(&call, input)
            .await
    }

    async fn delete_vpc_endpoints(
        &self,
        call: &Call,
        input: DeleteVpcEndpointsRequest,
    ) -> Result<DeleteVpcEndpointsResult, Fault> {
        let call = self
            .admit(call, Input::DeleteVpcEndpoints(&input), 76, &input)
            .await?;
        self.inner.delete_vpc_endpoints(&call, input).await
    }

    async fn delete_vpc_peering_connection(
        &self,
        call: &Call,
        input: DeleteVpcPeeringConnectionRequest,
    ) -> Result<DeleteVpcPeeringConnectionResult, Fault> {
        let call = self
            .admit(call, Input::DeleteVpcPeeringConnection(&input), 77, &input)
            .await?;
        self.inner.delete_vpc_peering_connection(&call, input).await
    }

    async fn deregister_image(
        &self,
        call: &Call,
        input: DeregisterImageRequest,
    ) -> Result<DeregisterImageResult, Fault> {
        let call = self
            .admit(call, Input::DeregisterImage(&input), 78, &input)
            .await?;
        self.inner.deregister_image(&call, input).await
    }

    async fn describe_account_attributes(
        &self,
        call: &Call,
        input: DescribeAccountAttributesRequest,
    ) -> Result<DescribeAccountAttributesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountAttributes(&input), 79, &input)
            .await?;
        self.inner.describe_account_attributes(&call, input).await
    }

    async fn describe_addresses(
        &self,
        call: &Call,
        input: DescribeAddressesRequest,
    ) -> Result<DescribeAddressesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeAddresses(&input), 80, &input)
            .await?;
        self.inner.describe_addresses(&call, input).await
    }

    async fn describe_addresses_attribute(
        &self,
        call: &Call,
        input: DescribeAddressesAttributeRequest,
    ) -> Result<DescribeAddressesAttributeResult, Fault> {
        let call = self
            .admit(call, Input::DescribeAddressesAttribute(&input), 81, &input)
            .await?;
        self.inner.describe_addresses_attribute(&call, input).await
    }

    async fn describe_availability_zones(
        &self,
        call: &Call,
        input: DescribeAvailabilityZonesRequest,
    ) -> Result<DescribeAvailabilityZonesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeAvailabilityZones(&input), 82, &input)
            .await?;
        self.inner.describe_availability_zones(&call, input).await
    }

    async fn describe_dhcp_options(
        &self,
        call: &Call,
        input: DescribeDhcpOptionsRequest,
    ) -> Result<DescribeDhcpOptionsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeDhcpOptions(&input), 83, &input)
            .await?;
        self.inner.describe_dhcp_options(&call, input).await
    }

    async fn describe_egress_only_internet_gateways(
        &self,
        call: &Call,
        input: DescribeEgressOnlyInternetGatewaysRequest,
    ) -> Result<DescribeEgressOnlyInternetGatewaysResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeEgressOnlyInternetGateways(&input),
                84,
                &input,
            )
            .await?;
        self.inner
            .describe_egress_only_internet_gateways(&call, input)
            .await
    }

    async fn describe_fleet_instances(
        &self,
        call: &Call,
        input: DescribeFleetInstancesRequest,
    ) -> Result<DescribeFleetInstancesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeFleetInstances(&input), 85, &input)
            .await?;
        self.inner.describe_fleet_instances(&call, input).await
    }

    async fn describe_fleets(
        &self,
        call: &Call,
        input: DescribeFleetsRequest,
    ) -> Result<DescribeFleetsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeFleets(&input), 86, &input)
            .await?;
        self.inner.describe_fleets(&call, input).await
    }

    async fn describe_flow_logs(
        &self,
        call: &Call,
        input: DescribeFlowLogsRequest,
    ) -> Result<DescribeFlowLogsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeFlowLogs(&input), 87, &input)
            .await?;
        self.inner.describe_flow_logs(&call, input).await
    }

    async fn describe_iam_instance_profile_associations(
        &self,
        call: &Call,
        input: DescribeIamInstanceProfileAssociationsRequest,
    ) -> Result<DescribeIamInstanceProfileAssociationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeIamInstanceProfileAssociations(&input),
                88,
                &input,
            )
            .await?;
        self.inner
            .describe_iam_instance_profile_associations(&call, input)
            .await
    }

    async fn describe_image_attribute(
        &self,
        call: &Call,
        input: DescribeImageAttributeRequest,
    ) -> Result<ImageAttribute, Fault> {
        let call = self
            .admit(call, Input::DescribeImageAttribute(&input), 89, &input)
            .await?;
        self.inner.describe_image_attribute(&call, input).await
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeImages(&input), 90, &input)
            .await?;
        self.inner.describe_images(&call, input).await
    }

    async fn describe_instance_attribute(
        &self,
        call: &Call,
        input: DescribeInstanceAttributeRequest,
    ) -> Result<InstanceAttribute, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceAttribute(&input), 91, &input)
            .await?;
        self.inner.describe_instance_attribute(&call, input).await
    }

    async fn describe_instance_credit_specifications(
        &self,
        call: &Call,
        input: DescribeInstanceCreditSpecificationsRequest,
    ) -> Result<DescribeInstanceCreditSpecificationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeInstanceCreditSpecifications(&input),
                92,
                &input,
            )
            .await?;
        self.inner
            .describe_instance_credit_specifications(&call, input)
            .await
    }

    async fn describe_instance_status(
        &self,
        call: &Call,
        input: DescribeInstanceStatusRequest,
    ) -> Result<DescribeInstanceStatusResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceStatus(&input), 93, &input)
            .await?;
        self.inner.describe_instance_status(&call, input).await
    }

    async fn describe_instance_type_offerings(
        &self,
        call: &Call,
        input: DescribeInstanceTypeOfferingsRequest,
    ) -> Result<DescribeInstanceTypeOfferingsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeInstanceTypeOfferings(&input),
                94,
                &input,
            )
            .await?;
        self.inner
            .describe_instance_type_offerings(&call, input)
            .await
    }

    async fn describe_instance_types(
        &self,
        call: &Call,
        input: DescribeInstanceTypesRequest,
    ) -> Result<DescribeInstanceTypesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceTypes(&input), 95, &input)
            .await?;
        self.inner.describe_instance_types(&call, input).await
    }

    async fn describe_instances(
        &self,
        call: &Call,
        input: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInstances(&input), 96, &input)
            .await?;
        self.inner.describe_instances(&call, input).await
    }

    async fn describe_internet_gateways(
        &self,
        call: &Call,
        input: DescribeInternetGatewaysRequest,
    ) -> Result<DescribeInternetGatewaysResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInternetGateways(&input), 97, &input)
            .await?;
        self.inner.describe_internet_gateways(&call, input).await
    }

    async fn describe_key_pairs(
        &self,
        call: &Call,
        input: DescribeKeyPairsRequest,
    ) -> Result<DescribeKeyPairsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeKeyPairs(&input), 98, &input)
            .await?;
        self.inner.describe_key_pairs(&call, input).await
    }

    async fn describe_launch_template_versions(
        &self,
        call: &Call,
        input: DescribeLaunchTemplateVersionsRequest,
    ) -> Result<DescribeLaunchTemplateVersionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeLaunchTemplateVersions(&input),
                99,
                &input,
            )
            .await?;
        self.inner
            .describe_launch_template_versions(&call, input)
            .await
    }

    async fn describe_launch_templates(
        &self,
        call: &Call,
        input: DescribeLaunchTemplatesRequest,
    ) -> Result<DescribeLaunchTemplatesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeLaunchTemplates(&input), 100, &input)
            .await?;
        self.inner.describe_launch_templates(&call, input).await
    }

    async fn describe_managed_prefix_lists(
        &self,
        call: &Call,
        input: DescribeManagedPrefixListsRequest,
    ) -> Result<DescribeManagedPrefixListsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeManagedPrefixLists(&input), 101, &input)
            .await?;
        self.inner.describe_managed_prefix_lists(&call, input).await
    }

    async fn describe_nat_gateways(
        &self,
        call: &Call,
        input: DescribeNatGatewaysRequest,
    ) -> Result<DescribeNatGatewaysResult, Fault> {
        let call = self
            .admit(call, Input::DescribeNatGateways(&input), 102, &input)
            .await?;
        self.inner.describe_nat_gateways(&call, input).await
    }

    async fn describe_network_acls(
        &self,
        call: &Call,
        input: DescribeNetworkAclsRequest,
    ) -> Result<DescribeNetworkAclsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeNetworkAcls(&input), 103, &input)
            .await?;
        self.inner.describe_network_acls(&call, input).await
    }

    async fn describe_network_interface_attribute(
        &self,
        call: &Call,
        input: DescribeNetworkInterfaceAttributeRequest,
    ) -> Result<DescribeNetworkInterfaceAttributeResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeNetworkInterfaceAttribute(&input),
                104,
                &input,
            )
            .await?;
        self.inner
            .describe_network_interface_attribute(&call, input)
            .await
    }

    async fn describe_network_interface_permissions(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacePermissionsRequest,
    ) -> Result<DescribeNetworkInterfacePermissionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeNetworkInterfacePermissions(&input),
                105,
                &input,
            )
            .await?;
        self.inner
            .describe_network_interface_permissions(&call, input)
            .await
    }

    async fn describe_network_interfaces(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacesRequest,
    ) -> Result<DescribeNetworkInterfacesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeNetworkInterfaces(&input), 106, &input)
            .await?;
        self.inner.describe_network_interfaces(&call, input).await
    }

    async fn describe_placement_groups(
        &self,
        call: &Call,
        input: DescribePlacementGroupsRequest,
    ) -> Result<DescribePlacementGroupsResult, Fault> {
        let call = self
            .admit(call, Input::DescribePlacementGroups(&input), 107, &input)
            .await?;
        self.inner.describe_placement_groups(&call, input).await
    }

    async fn describe_prefix_lists(
        &self,
        call: &Call,
        input: DescribePrefixListsRequest,
    ) -> Result<DescribePrefixListsResult, Fault> {
        let call = self
            .admit(call, Input::DescribePrefixLists(&input), 108, &input)
            .await?;
        self.inner.describe_prefix_lists(&call, input).await
    }

    async fn describe_regions(
        &self,
        call: &Call,
        input: DescribeRegionsRequest,
    ) -> Result<DescribeRegionsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeRegions(&input), 109, &input)
            .await?;
        self.inner.describe_regions(&call, input).await
    }

    async fn describe_route_tables(
        &self,
        call: &Call,
        input: DescribeRouteTablesRequest,
    ) -> Result<DescribeRouteTablesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeRouteTables(&input), 110, &input)
            .await?;
        self.inner.describe_route_tables(&call, input).await
    }

    async fn describe_security_group_references(
        &self,
        call: &Call,
        input: DescribeSecurityGroupReferencesRequest,
    ) -> Result<DescribeSecurityGroupReferencesResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeSecurityGroupReferences(&input),
                111,
                &input,
            )
            .await?;
        self.inner
            .describe_security_group_references(&call, input)
            .await
    }

    async fn describe_security_group_rules(
        &self,
        call: &Call,
        input: DescribeSecurityGroupRulesRequest,
    ) -> Result<DescribeSecurityGroupRulesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSecurityGroupRules(&input), 112, &input)
            .await?;
        self.inner.describe_security_group_rules(&call, input).await
    }

    async fn describe_security_group_vpc_associations(
        &self,
        call: &Call,
        input: DescribeSecurityGroupVpcAssociationsRequest,
    ) -> Result<DescribeSecurityGroupVpcAssociationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeSecurityGroupVpcAssociations(&input),
                113,
                &input,
            )
            .await?;
        self.inner
            .describe_security_group_vpc_associations(&call, input)
            .await
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSecurityGroups(&input), 114, &input)
            .await?;
        self.inner.describe_security_groups(&call, input).await
    }

    async fn describe_snapshot_attribute(
        &self,
        call: &Call,
        input: DescribeSnapshotAttributeRequest,
    ) -> Result<DescribeSnapshotAttributeResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSnapshotAttribute(&input), 115, &input)
            .await?;
        self.inner.describe_snapshot_attribute(&call, input).await
    }

    async fn describe_snapshots(
        &self,
        call: &Call,
        input: DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSnapshots(&input), 116, &input)
            .await?;
        self.inner.describe_snapshots(&call, input).await
    }

    async fn describe_spot_fleet_instances(
        &self,
        call: &Call,
        input: DescribeSpotFleetInstancesRequest,
    ) -> Result<DescribeSpotFleetInstancesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeSpotFleetInstances(&input), 117, &input)
            .await?;
        self.inner.describe_spot_fleet_instances(&call, input).await
    }

    async fn describe_spot_fleet_requests(
        &self,
        call: &Call,
        input: DescribeSpotFleetRequestsRequest,
    ) -> Result<DescribeSpotFleetRequestsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeSpotFleetRequests(&input), 118, &input)
            .await?;
        self.inner.describe_spot_fleet_requests(&call, input).await
    }

    async fn describe_spot_instance_requests(
        &self,
        call: &Call,
        input: DescribeSpotInstanceRequestsRequest,
    ) -> Result<DescribeSpotInstanceRequestsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeSpotInstanceRequests(&input),
                119,
                &input,
            )
            .await?;
        self.inner
            .describe_spot_instance_requests(&call, input)
            .await
    }

    async fn describe_spot_price_history(
        &self,
        call: &Call,
        input: DescribeSpotPriceHistoryRequest,
    ) -> Result<DescribeSpotPriceHistoryResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSpotPriceHistory(&input), 120, &input)
            .await?;
        self.inner.describe_spot_price_history(&call, input).await
    }

    async fn describe_stale_security_groups(
        &self,
        call: &Call,
        input: DescribeStaleSecurityGroupsRequest,
    ) -> Result<DescribeStaleSecurityGroupsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeStaleSecurityGroups(&input),
                121,
                &input,
            )
            .await?;
        self.inner
            .describe_stale_security_groups(&call, input)
            .await
    }

    async fn describe_subnets(
        &self,
        call: &Call,
        input: DescribeSubnetsRequest,
    ) -> Result<DescribeSubnetsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSubnets(&input), 122, &input)
            .await?;
        self.inner.describe_subnets(&call, input).await
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsRequest,
    ) -> Result<DescribeTagsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeTags(&input), 123, &input)
            .await?;
        self.inner.describe_tags(&call, input).await
    }

    async fn describe_volume_attribute(
        &self,
        call: &Call,
        input: DescribeVolumeAttributeRequest,
    ) -> Result<DescribeVolumeAttributeResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVolumeAttribute(&input), 124, &input)
            .await?;
        self.inner.describe_volume_attribute(&call, input).await
    }

    async fn describe_volume_status(
        &self,
        call: &Call,
        input: DescribeVolumeStatusRequest,
    ) -> Result<DescribeVolumeStatusResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVolumeStatus(&input), 125, &input)
            .await?;
        self.inner.describe_volume_status(&call, input).await
    }

    async fn describe_volumes(
        &self,
        call: &Call,
        input: DescribeVolumesRequest,
    ) -> Result<DescribeVolumesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVolumes(&input), 126, &input)
            .await?;
        self.inner.describe_volumes(&call, input).await
    }

    async fn describe_volumes_modifications(
        &self,
        call: &Call,
        input: DescribeVolumesModificationsRequest,
    ) -> Result<DescribeVolumesModificationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeVolumesModifications(&input),
                127,
                &input,
            )
            .await?;
        self.inner
            .describe_volumes_modifications(&call, input)
            .await
    }

    async fn describe_vpc_attribute(
        &self,
        call: &Call,
        input: DescribeVpcAttributeRequest,
    ) -> Result<DescribeVpcAttributeResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVpcAttribute(&input), 128, &input)
            .await?;
        self.inner.describe_vpc_attribute(&call, input).await
    }

    async fn describe_vpc_endpoint_connections(
        &self,
        call: &Call,
        input: DescribeVpcEndpointConnectionsRequest,
    ) -> Result<DescribeVpcEndpointConnectionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeVpcEndpointConnections(&input),
                129,
                &input,
            )
            .await?;
        self.inner
            .describe_vpc_endpoint_connections(&call, input)
            .await
    }

    async fn describe_vpc_endpoint_service_configurations(
        &self,
        call: &Call,
        input: DescribeVpcEndpointServiceConfigurationsRequest,
    ) -> Result<DescribeVpcEndpointServiceConfigurationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeVpcEndpointServiceConfigurations(&input),
                130,
                &input,
            )
            .await?;
        self.inner
            .describe_vpc_endpoint_service_configurations(&call, input)
            .await
    }

    async fn describe_vpc_endpoint_service_permissions(
        &self,
        call: &Call,
        input: DescribeVpcEndpointServicePermissionsRequest,
    ) -> Result<DescribeVpcEndpointServicePermissionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeVpcEndpointServicePermissions(&input),
                131,
                &input,
            )
            .await?;
        self.inner
            .describe_vpc_endpoint_service_permissions(&call, input)
            .await
    }

    async fn describe_vpc_endpoint_services(
        &self,
        call: &Call,
        input: DescribeVpcEndpointServicesRequest,
    ) -> Result<DescribeVpcEndpointServicesResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeVpcEndpointServices(&input),
                132,
                &input,
            )
            .await?;
        self.inner
            .describe_vpc_endpoint_services(&call, input)
            .await
    }

    async fn describe_vpc_endpoints(
        &self,
        call: &Call,
        input: DescribeVpcEndpointsRequest,
    ) -> Result<DescribeVpcEndpointsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVpcEndpoints(&input), 133, &input)
            .await?;
        self.inner.describe_vpc_endpoints(&call, input).await
    }

    async fn describe_vpc_peering_connections(
        &self,
        call: &Call,
        input: DescribeVpcPeeringConnectionsRequest,
    ) -> Result<DescribeVpcPeeringConnectionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeVpcPeeringConnections(&input),
                134,
                &input,
            )
            .await?;
        self.inner
            .describe_vpc_peering_connections(&call, input)
            .await
    }

    async fn describe_vpcs(
        &self,
        call: &Call,
        input: DescribeVpcsRequest,
    ) -> Result<DescribeVpcsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVpcs(&input), 135, &input)
            .await?;
        self.inner.describe_vpcs(&call, input).await
    }

    async fn detach_internet_gateway(
        &self,
        call: &Call,
        input: DetachInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachInternetGateway(&input), 136, &input)
            .await?;
        self.inner.detach_internet_gateway(&call, input).await
    }

    async fn detach_network_interface(
        &self,
        call: &Call,
        input: DetachNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachNetworkInterface(&input), 137, &input)
            .await?;
        self.inner.detach_network_interface(&call, input).await
    }

    async fn detach_volume(
        &self,
        call: &Call,
        input: DetachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let call = self
            .admit(call, Input::DetachVolume(&input), 138, &input)
            .await?;
        self.inner.detach_volume(&call, input).await
    }

    async fn disable_ebs_encryption_by_default(
        &self,
        call: &Call,
        input: DisableEbsEncryptionByDefaultRequest,
    ) -> Result<DisableEbsEncryptionByDefaultResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DisableEbsEncryptionByDefault(&input),
                139,
                &input,
            )
            .await?;
        self.inner
            .disable_ebs_encryption_by_default(&call, input)
            .await
    }

    async fn disassociate_address(
        &self,
        call: &Call,
        input: DisassociateAddressRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisassociateAddress(&input), 140, &input)
            .await?;
        self.inner.disassociate_address(&call, input).await
    }

    async fn disassociate_iam_instance_profile(
        &self,
        call: &Call,
        input: DisassociateIamInstanceProfileRequest,
    ) -> Result<DisassociateIamInstanceProfileResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DisassociateIamInstanceProfile(&input),
                141,
                &input,
            )
            .await?;
        self.inner
            .disassociate_iam_instance_profile(&call, input)
            .await
    }

    async fn disassociate_route_table(
        &self,
        call: &Call,
        input: DisassociateRouteTableRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisassociateRouteTable(&input), 142, &input)
            .await?;
        self.inner.disassociate_route_table(&call, input).await
    }

    async fn disassociate_subnet_cidr_block(
        &self,
        call: &Call,
        input: DisassociateSubnetCidrBlockRequest,
    ) -> Result<DisassociateSubnetCidrBlockResult, Fault> {
        let call = self
            .admit(
                call,
                Input::DisassociateSubnetCidrBlock(&input),
                143,
                &input,
            )
            .await?;
        self.inner
            .disassociate_subnet_cidr_block(&call, input)
            .await
    }

    async fn disassociate_vpc_cidr_block(
        &self,
        call: &Call,
        input: DisassociateVpcCidrBlockRequest,
    ) -> Result<DisassociateVpcCidrBlockResult, Fault> {
        let call = self
            .admit(call, Input::DisassociateVpcCidrBlock(&input), 144, &input)
            .await?;
        self.inner.disassociate_vpc_cidr_block(&call, input).await
    }

    async fn enable_ebs_encryption_by_default(
        &self,
        call: &Call,
        input: EnableEbsEncryptionByDefaultRequest,
    ) -> Result<EnableEbsEncryptionByDefaultResult, Fault> {
        let call = self
            .admit(
                call,
                Input::EnableEbsEncryptionByDefault(&input),
                145,
                &input,
            )
            .await?;
        self.inner
            .enable_ebs_encryption_by_default(&call, input)
            .await
    }

    async fn get_console_output(
        &self,
        call: &Call,
        input: GetConsoleOutputRequest,
    ) -> Result<GetConsoleOutputResult, Fault> {
        let call = self
            .admit(call, Input::GetConsoleOutput(&input), 146, &input)
            .await?;
        self.inner.get_console_output(&call, input).await
    }

    async fn get_ebs_default_kms_key_id(
        &self,
        call: &Call,
        input: GetEbsDefaultKmsKeyIdRequest,
    ) -> Result<GetEbsDefaultKmsKeyIdResult, Fault> {
        let call = self
            .admit(call, Input::GetEbsDefaultKmsKeyId(&input), 147, &input)
            .await?;
        self.inner.get_ebs_default_kms_key_id(&call, input).await
    }

    async fn get_ebs_encryption_by_default(
        &self,
        call: &Call,
        input: GetEbsEncryptionByDefaultRequest,
    ) -> Result<GetEbsEncryptionByDefaultResult, Fault> {
        let call = self
            .admit(call, Input::GetEbsEncryptionByDefault(&input), 148, &input)
            .await?;
        self.inner.get_ebs_encryption_by_default(&call, input).await
    }

    async fn get_launch_template_data(
        &self,
        call: &Call,
        input: GetLaunchTemplateDataRequest,
    ) -> Result<GetLaunchTemplateDataResult, Fault> {
        let call = self
            .admit(call, Input::GetLaunchTemplateData(&input), 149, &input)
            .await?;
        self.inner.get_launch_template_data(&call, input).await
    }

    async fn get_managed_prefix_list_associations(
        &self,
        call: &Call,
        input: GetManagedPrefixListAssociationsRequest,
    ) -> Result<GetManagedPrefixListAssociationsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::GetManagedPrefixListAssociations(&input),
                150,
                &input,
            )
            .await?;
        self.inner
            .get_managed_prefix_list_associations(&call, input)
            .await
    }

    async fn get_managed_prefix_list_entries(
        &self,
        call: &Call,
        input: GetManagedPrefixListEntriesRequest,
    ) -> Result<GetManagedPrefixListEntriesResult, Fault> {
        let call = self
            .admit(
                call,
                Input::GetManagedPrefixListEntries(&input),
                151,
                &input,
            )
            .await?;
        self.inner
            .get_managed_prefix_list_entries(&call, input)
            .await
    }

    async fn get_security_groups_for_vpc(
        &self,
        call: &Call,
        input: GetSecurityGroupsForVpcRequest,
    ) -> Result<GetSecurityGroupsForVpcResult, Fault> {
        let call = self
            .admit(call, Input::GetSecurityGroupsForVpc(&input), 152, &input)
            .await?;
        self.inner.get_security_groups_for_vpc(&call, input).await
    }

    async fn get_subnet_cidr_reservations(
        &self,
        call: &Call,
        input: GetSubnetCidrReservationsRequest,
    ) -> Result<GetSubnetCidrReservationsResult, Fault> {
        let call = self
            .admit(call, Input::GetSubnetCidrReservations(&input), 153, &input)
            .await?;
        self.inner.get_subnet_cidr_reservations(&call, input).await
    }

    async fn import_key_pair(
        &self,
        call: &Call,
        input: ImportKeyPairRequest,
    ) -> Result<ImportKeyPairResult, Fault> {
        let call = self
            .admit(call, Input::ImportKeyPair(&input), 154, &input)
            .await?;
        self.inner.import_key_pair(&call, input).await
    }

    async fn modify_address_attribute(
        &self,
        call: &Call,
        input: ModifyAddressAttributeRequest,
    ) -> Result<ModifyAddressAttributeResult, Fault> {
        let call = self
            .admit(call, Input::ModifyAddressAttribute(&input), 155, &input)
            .await?;
        self.inner.modify_address_attribute(&call, input).await
    }

    async fn modify_ebs_default_kms_key_id(
        &self,
        call: &Call,
        input: ModifyEbsDefaultKmsKeyIdRequest,
    ) -> Result<ModifyEbsDefaultKmsKeyIdResult, Fault> {
        let call = self
            .admit(call, Input::ModifyEbsDefaultKmsKeyId(&input), 156, &input)
            .await?;
        self.inner.modify_ebs_default_kms_key_id(&call, input).await
    }

    async fn modify_image_attribute(
        &self,
        call: &Call,
        input: ModifyImageAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifyImageAttribute(&input), 157, &input)
            .await?;
        self.inner.modify_image_attribute(&call, input).await
    }

    async fn modify_instance_attribute(
        &self,
        call: &Call,
        input: ModifyInstanceAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifyInstanceAttribute(&input), 158, &input)
            .await?;
        self.inner.modify_instance_attribute(&call, input).await
    }

    async fn modify_instance_metadata_options(
        &self,
        call: &Call,
        input: ModifyInstanceMetadataOptionsRequest,
    ) -> Result<ModifyInstanceMetadataOptionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyInstanceMetadataOptions(&input),
                159,
                &input,
            )
            .await?;
        self.inner
            .modify_instance_metadata_options(&call, input)
            .await
    }

    async fn modify_instance_placement(
        &self,
        call: &Call,
        input: ModifyInstancePlacementRequest,
    ) -> Result<ModifyInstancePlacementResult, Fault> {
        let call = self
            .admit(call, Input::ModifyInstancePlacement(&input), 160, &input)
            .await?;
        self.inner.modify_instance_placement(&call, input).await
    }

    async fn modify_launch_template(
        &self,
        call: &Call,
        input: ModifyLaunchTemplateRequest,
    ) -> Result<ModifyLaunchTemplateResult, Fault> {
        let call = self
            .admit(call, Input::ModifyLaunchTemplate(&input), 161, &input)
            .await?;
        self.inner.modify_launch_template(&call, input).await
    }

    async fn modify_managed_prefix_list(
        &self,
        call: &Call,
        input: ModifyManagedPrefixListRequest,
    ) -> Result<ModifyManagedPrefixListResult, Fault> {
        let call = self
            .admit(call, Input::ModifyManagedPrefixList(&input), 162, &input)
            .await?;
        self.inner.modify_managed_prefix_list(&call, input).await
    }

    async fn modify_network_interface_attribute(
        &self,
        call: &Call,
        input: ModifyNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyNetworkInterfaceAttribute(&input),
                163,
                &input,
            )
            .await?;
        self.inner
            .modify_network_interface_attribute(&call, input)
            .await
    }

    async fn modify_security_group_rules(
        &self,
        call: &Call,
        input: ModifySecurityGroupRulesRequest,
    ) -> Result<ModifySecurityGroupRulesResult, Fault> {
        let call = self
            .admit(call, Input::ModifySecurityGroupRules(&input), 164, &input)
            .await?;
        self.inner.modify_security_group_rules(&call, input).await
    }

    async fn modify_snapshot_attribute(
        &self,
        call: &Call,
        input: ModifySnapshotAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifySnapshotAttribute(&input), 165, &input)
            .await?;
        self.inner.modify_snapshot_attribute(&call, input).await
    }

    async fn modify_spot_fleet_request(
        &self,
        call: &Call,
        input: ModifySpotFleetRequestRequest,
    ) -> Result<ModifySpotFleetRequestResponse, Fault> {
        let call = self
            .admit(call, Input::ModifySpotFleetRequest(&input), 166, &input)
            .await?;
        self.inner.modify_spot_fleet_request(&call, input).await
    }

    async fn modify_subnet_attribute(
        &self,
        call: &Call,
        input: ModifySubnetAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifySubnetAttribute(&input), 167, &input)
            .await?;
        self.inner.modify_subnet_attribute(&call, input).await
    }

    async fn modify_volume(
        &self,
        call: &Call,
        input: ModifyVolumeRequest,
    ) -> Result<ModifyVolumeResult, Fault> {
        let call = self
            .admit(call, Input::ModifyVolume(&input), 168, &input)
            .await?;
        self.inner.modify_volume(&call, input).await
    }

    async fn modify_volume_attribute(
        &self,
        call: &Call,
        input: ModifyVolumeAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifyVolumeAttribute(&input), 169, &input)
            .await?;
        self.inner.modify_volume_attribute(&call, input).await
    }

    async fn modify_vpc_attribute(
        &self,
        call: &Call,
        input: ModifyVpcAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifyVpcAttribute(&input), 170, &input)
            .await?;
        self.inner.modify_vpc_attribute(&call, input).await
    }

    async fn modify_vpc_endpoint(
        &self,
        call: &Call,
        input: ModifyVpcEndpointRequest,
    ) -> Result<ModifyVpcEndpointResult, Fault> {
        let call = self
            .admit(call, Input::ModifyVpcEndpoint(&input), 171, &input)
            .await?;
        self.inner.modify_vpc_endpoint(&call, input).await
    }

    async fn modify_vpc_endpoint_service_configuration(
        &self,
        call: &Call,
        input: ModifyVpcEndpointServiceConfigurationRequest,
    ) -> Result<ModifyVpcEndpointServiceConfigurationResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyVpcEndpointServiceConfiguration(&input),
                172,
                &input,
            )
            .await?;
        self.inner
            .modify_vpc_endpoint_service_configuration(&call, input)
            .await
    }

    async fn modify_vpc_endpoint_service_permissions(
        &self,
        call: &Call,
        input: ModifyVpcEndpointServicePermissionsRequest,
    ) -> Result<ModifyVpcEndpointServicePermissionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyVpcEndpointServicePermissions(&input),
                173,
                &input,
            )
            .await?;
        self.inner
            .modify_vpc_endpoint_service_permissions(&call, input)
            .await
    }

    async fn modify_vpc_peering_connection_options(
        &self,
        call: &Call,
        input: ModifyVpcPeeringConnectionOptionsRequest,
    ) -> Result<ModifyVpcPeeringConnectionOptionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyVpcPeeringConnectionOptions(&input),
                174,
                &input,
            )
            .await?;
        self.inner
            .modify_vpc_peering_connection_options(&call, input)
            .await
    }

    async fn modify_vpc_tenancy(
        &self,
        call: &Call,
        input: ModifyVpcTenancyRequest,
    ) -> Result<ModifyVpcTenancyResult, Fault> {
        let call = self
            .admit(call, Input::ModifyVpcTenancy(&input), 175, &input)
            .await?;
        self.inner.modify_vpc_tenancy(&call, input).await
    }

    async fn monitor_instances(
        &self,
        call: &Call,
        input: MonitorInstancesRequest,
    ) -> Result<MonitorInstancesResult, Fault> {
        let call = self
            .admit(call, Input::MonitorInstances(&input), 176, &input)
            .await?;
        self.inner.monitor_instances(&call, input).await
    }

    async fn reboot_instances(
        &self,
        call: &Call,
        input: RebootInstancesRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RebootInstances(&input), 177, &input)
            .await?;
        self.inner.reboot_instances(&call, input).await
    }

    async fn register_image(
        &self,
        call: &Call,
        input: RegisterImageRequest,
    ) -> Result<RegisterImageResult, Fault> {
        let call = self
            .admit(call, Input::RegisterImage(&input), 178, &input)
            .await?;
        self.inner.register_image(&call, input).await
    }

    async fn reject_vpc_endpoint_connections(
        &self,
        call: &Call,
        input: RejectVpcEndpointConnectionsRequest,
    ) -> Result<RejectVpcEndpointConnectionsResult, Fault> {
        let call = self
            .admit(
                call,
                Input::RejectVpcEndpointConnections(&input),
                179,
                &input,
            )
            .await?;
        self.inner
            .reject_vpc_endpoint_connections(&call, input)
            .await
    }

    async fn reject_vpc_peering_connection(
        &self,
        call: &Call,
        input: RejectVpcPeeringConnectionRequest,
    ) -> Result<RejectVpcPeeringConnectionResult, Fault> {
        let call = self
            .admit(call, Input::RejectVpcPeeringConnection(&input), 180, &input)
            .await?;
        self.inner.reject_vpc_peering_connection(&call, input).await
    }

    async fn release_address(
        &self,
        call: &Call,
        input: ReleaseAddressRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ReleaseAddress(&input), 181, &input)
            .await?;
        self.inner.release_address(&call, input).await
    }

    async fn replace_iam_instance_profile_association(
        &self,
        call: &Call,
        input: ReplaceIamInstanceProfileAssociationRequest,
    ) -> Result<ReplaceIamInstanceProfileAssociationResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ReplaceIamInstanceProfileAssociation(&input),
                182,
                &input,
            )
            .await?;
        self.inner
            .replace_iam_instance_profile_association(&call, input)
            .await
    }

    async fn replace_network_acl_association(
        &self,
        call: &Call,
        input: ReplaceNetworkAclAssociationRequest,
    ) -> Result<ReplaceNetworkAclAssociationResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ReplaceNetworkAclAssociation(&input),
                183,
                &input,
            )
            .await?;
        self.inner
            .replace_network_acl_association(&call, input)
            .await
    }

    async fn replace_network_acl_entry(
        &self,
        call: &Call,
        input: ReplaceNetworkAclEntryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ReplaceNetworkAclEntry(&input), 184, &input)
            .await?;
        self.inner.replace_network_acl_entry(&call, input).await
    }

    async fn replace_route(&self, call: &Call, input: ReplaceRouteRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ReplaceRoute(&input), 185, &input)
            .await?;
        self.inner.replace_route(&call, input).await
    }

    async fn replace_route_table_association(
        &self,
        call: &Call,
        input: ReplaceRouteTableAssociationRequest,
    ) -> Result<ReplaceRouteTableAssociationResult, Fault> {
        let call = self
            .admit(
                call,
                Input::ReplaceRouteTableAssociation(&input),
                186,
                &input,
            )
            .await?;
        self.inner
            .replace_route_table_association(&call, input)
            .await
    }

    async fn request_spot_fleet(
        &self,
        call: &Call,
        input: RequestSpotFleetRequest,
    ) -> Result<RequestSpotFleetResponse, Fault> {
        let call = self
            .admit(call, Input::RequestSpotFleet(&input), 187, &input)
            .await?;
        self.inner.request_spot_fleet(&call, input).await
    }

    async fn request_spot_instances(
        &self,
        call: &Call,
        input: RequestSpotInstancesRequest,
    ) -> Result<RequestSpotInstancesResult, Fault> {
        let call = self
            .admit(call, Input::RequestSpotInstances(&input), 188, &input)
            .await?;
        self.inner.request_spot_instances(&call, input).await
    }

    async fn reset_address_attribute(
        &self,
        call: &Call,
        input: ResetAddressAttributeRequest,
    ) -> Result<ResetAddressAttributeResult, Fault> {
        let call = self
            .admit(call, Input::ResetAddressAttribute(&input), 189, &input)
            .await?;
        self.inner.reset_address_attribute(&call, input).await
    }

    async fn reset_ebs_default_kms_key_id(
        &self,
        call: &Call,
        input: ResetEbsDefaultKmsKeyIdRequest,
    ) -> Result<ResetEbsDefaultKmsKeyIdResult, Fault> {
        let call = self
            .admit(call, Input::ResetEbsDefaultKmsKeyId(&input), 190, &input)
            .await?;
        self.inner.reset_ebs_default_kms_key_id(&call, input).await
    }

    async fn reset_image_attribute(
        &self,
        call: &Call,
        input: ResetImageAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ResetImageAttribute(&input), 191, &input)
            .await?;
        self.inner.reset_image_attribute(&call, input).await
    }

    async fn reset_instance_attribute(
        &self,
        call: &Call,
        input: ResetInstanceAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ResetInstanceAttribute(&input), 192, &input)
            .await?;
        self.inner.reset_instance_attribute(&call, input).await
    }

    async fn reset_network_interface_attribute(
        &self,
        call: &Call,
        input: ResetNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::ResetNetworkInterfaceAttribute(&input),
                193,
                &input,
            )
            .await?;
        self.inner
            .reset_network_interface_attribute(&call, input)
            .await
    }

    async fn reset_snapshot_attribute(
        &self,
        call: &Call,
        input: ResetSnapshotAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ResetSnapshotAttribute(&input), 194, &input)
            .await?;
        self.inner.reset_snapshot_attribute(&call, input).await
    }

    async fn revoke_security_group_egress(
        &self,
        call: &Call,
        input: RevokeSecurityGroupEgressRequest,
    ) -> Result<RevokeSecurityGroupEgressResult, Fault> {
        let call = self
            .admit(call, Input::RevokeSecurityGroupEgress(&input), 195, &input)
            .await?;
        self.inner.revoke_security_group_egress(&call, input).await
    }

    async fn revoke_security_group_ingress(
        &self,
        call: &Call,
        input: RevokeSecurityGroupIngressRequest,
    ) -> Result<RevokeSecurityGroupIngressResult, Fault> {
        let call = self
            .admit(call, Input::RevokeSecurityGroupIngress(&input), 196, &input)
            .await?;
        self.inner.revoke_security_group_ingress(&call, input).await
    }

    async fn run_instances(
        &self,
        call: &Call,
        input: RunInstancesRequest,
    ) -> Result<Reservation, Fault> {
        let call = self
            .admit(call, Input::RunInstances(&input), 197, &input)
            .await?;
        self.inner.run_instances(&call, input).await
    }

    async fn start_instances(
        &self,
        call: &Call,
        input: StartInstancesRequest,
    ) -> Result<StartInstancesResult, Fault> {
        let call = self
            .admit(call, Input::StartInstances(&input), 198, &input)
            .await?;
        self.inner.start_instances(&call, input).await
    }

    async fn start_vpc_endpoint_service_private_dns_verification(
        &self,
        call: &Call,
        input: StartVpcEndpointServicePrivateDnsVerificationRequest,
    ) -> Result<StartVpcEndpointServicePrivateDnsVerificationResult, Fault> {
        let call = self
            .admit(
                call,
                Input::StartVpcEndpointServicePrivateDnsVerification(&input),
                199,
                &input,
            )
            .await?;
        self.inner
            .start_vpc_endpoint_service_private_dns_verification(&call, input)
            .await
    }

    async fn stop_instances(
        &self,
        call: &Call,
        input: StopInstancesRequest,
    ) -> Result<StopInstancesResult, Fault> {
        let call = self
            .admit(call, Input::StopInstances(&input), 200, &input)
            .await?;
        self.inner.stop_instances(&call, input).await
    }

    async fn terminate_instances(
        &self,
        call: &Call,
        input: TerminateInstancesRequest,
    ) -> Result<TerminateInstancesResult, Fault> {
        let call = self
            .admit(call, Input::TerminateInstances(&input), 201, &input)
            .await?;
        self.inner.terminate_instances(&call, input).await
    }

    async fn unassign_ipv6_addresses(
        &self,
        call: &Call,
        input: UnassignIpv6AddressesRequest,
    ) -> Result<UnassignIpv6AddressesResult, Fault> {
        let call = self
            .admit(call, Input::UnassignIpv6Addresses(&input), 202, &input)
            .await?;
        self.inner.unassign_ipv6_addresses(&call, input).await
    }

    async fn unassign_private_ip_addresses(
        &self,
        call: &Call,
        input: UnassignPrivateIpAddressesRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UnassignPrivateIpAddresses(&input), 203, &input)
            .await?;
        self.inner.unassign_private_ip_addresses(&call, input).await
    }

    async fn unmonitor_instances(
        &self,
        call: &Call,
        input: UnmonitorInstancesRequest,
    ) -> Result<UnmonitorInstancesResult, Fault> {
        let call = self
            .admit(call, Input::UnmonitorInstances(&input), 204, &input)
            .await?;
        self.inner.unmonitor_instances(&call, input).await
    }

    async fn update_security_group_rule_descriptions_egress(
        &self,
        call: &Call,
        input: UpdateSecurityGroupRuleDescriptionsEgressRequest,
    ) -> Result<UpdateSecurityGroupRuleDescriptionsEgressResult, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateSecurityGroupRuleDescriptionsEgress(&input),
                205,
                &input,
            )
            .await?;
        self.inner
            .update_security_group_rule_descriptions_egress(&call, input)
            .await
    }

    async fn update_security_group_rule_descriptions_ingress(
        &self,
        call: &Call,
        input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
    ) -> Result<UpdateSecurityGroupRuleDescriptionsIngressResult, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateSecurityGroupRuleDescriptionsIngress(&input),
                206,
                &input,
            )
            .await?;
        self.inner
            .update_security_group_rule_descriptions_ingress(&call, input)
            .await
    }
}
