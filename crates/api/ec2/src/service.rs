// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait, constraints::Violation,
    node::Payload, schema::ServiceSchema,
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    AllocateAddress(&'a AllocateAddressRequest),
    AssignPrivateIpAddresses(&'a AssignPrivateIpAddressesRequest),
    AssociateAddress(&'a AssociateAddressRequest),
    AssociateIamInstanceProfile(&'a AssociateIamInstanceProfileRequest),
    AssociateRouteTable(&'a AssociateRouteTableRequest),
    AssociateVpcCidrBlock(&'a AssociateVpcCidrBlockRequest),
    AttachInternetGateway(&'a AttachInternetGatewayRequest),
    AttachNetworkInterface(&'a AttachNetworkInterfaceRequest),
    AttachVolume(&'a AttachVolumeRequest),
    AuthorizeSecurityGroupEgress(&'a AuthorizeSecurityGroupEgressRequest),
    AuthorizeSecurityGroupIngress(&'a AuthorizeSecurityGroupIngressRequest),
    CreateDefaultSubnet(&'a CreateDefaultSubnetRequest),
    CreateDefaultVpc(&'a CreateDefaultVpcRequest),
    CreateInternetGateway(&'a CreateInternetGatewayRequest),
    CreateKeyPair(&'a CreateKeyPairRequest),
    CreateLaunchTemplate(&'a CreateLaunchTemplateRequest),
    CreateLaunchTemplateVersion(&'a CreateLaunchTemplateVersionRequest),
    CreateNatGateway(&'a CreateNatGatewayRequest),
    CreateNetworkInterface(&'a CreateNetworkInterfaceRequest),
    CreateNetworkInterfacePermission(&'a CreateNetworkInterfacePermissionRequest),
    CreateRoute(&'a CreateRouteRequest),
    CreateRouteTable(&'a CreateRouteTableRequest),
    CreateSecurityGroup(&'a CreateSecurityGroupRequest),
    CreateSnapshot(&'a CreateSnapshotRequest),
    CreateSubnet(&'a CreateSubnetRequest),
    CreateTags(&'a CreateTagsRequest),
    CreateVolume(&'a CreateVolumeRequest),
    CreateVpc(&'a CreateVpcRequest),
    CreateVpcEndpoint(&'a CreateVpcEndpointRequest),
    DeleteInternetGateway(&'a DeleteInternetGatewayRequest),
    DeleteKeyPair(&'a DeleteKeyPairRequest),
    DeleteLaunchTemplate(&'a DeleteLaunchTemplateRequest),
    DeleteLaunchTemplateVersions(&'a DeleteLaunchTemplateVersionsRequest),
    DeleteNatGateway(&'a DeleteNatGatewayRequest),
    DeleteNetworkInterface(&'a DeleteNetworkInterfaceRequest),
    DeleteRoute(&'a DeleteRouteRequest),
    DeleteRouteTable(&'a DeleteRouteTableRequest),
    DeleteSecurityGroup(&'a DeleteSecurityGroupRequest),
    DeleteSnapshot(&'a DeleteSnapshotRequest),
    DeleteSubnet(&'a DeleteSubnetRequest),
    DeleteTags(&'a DeleteTagsRequest),
    DeleteVolume(&'a DeleteVolumeRequest),
    DeleteVpc(&'a DeleteVpcRequest),
    DeleteVpcEndpoints(&'a DeleteVpcEndpointsRequest),
    DescribeAccountAttributes(&'a DescribeAccountAttributesRequest),
    DescribeAddresses(&'a DescribeAddressesRequest),
    DescribeAvailabilityZones(&'a DescribeAvailabilityZonesRequest),
    DescribeDhcpOptions(&'a DescribeDhcpOptionsRequest),
    DescribeIamInstanceProfileAssociations(&'a DescribeIamInstanceProfileAssociationsRequest),
    DescribeImages(&'a DescribeImagesRequest),
    DescribeInstanceAttribute(&'a DescribeInstanceAttributeRequest),
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
    DescribeNetworkInterfaces(&'a DescribeNetworkInterfacesRequest),
    DescribePrefixLists(&'a DescribePrefixListsRequest),
    DescribeRegions(&'a DescribeRegionsRequest),
    DescribeRouteTables(&'a DescribeRouteTablesRequest),
    DescribeSecurityGroupRules(&'a DescribeSecurityGroupRulesRequest),
    DescribeSecurityGroups(&'a DescribeSecurityGroupsRequest),
    DescribeSnapshots(&'a DescribeSnapshotsRequest),
    DescribeSubnets(&'a DescribeSubnetsRequest),
    DescribeTags(&'a DescribeTagsRequest),
    DescribeVolumes(&'a DescribeVolumesRequest),
    DescribeVpcAttribute(&'a DescribeVpcAttributeRequest),
    DescribeVpcEndpoints(&'a DescribeVpcEndpointsRequest),
    DescribeVpcs(&'a DescribeVpcsRequest),
    DetachInternetGateway(&'a DetachInternetGatewayRequest),
    DetachNetworkInterface(&'a DetachNetworkInterfaceRequest),
    DetachVolume(&'a DetachVolumeRequest),
    DisassociateAddress(&'a DisassociateAddressRequest),
    DisassociateIamInstanceProfile(&'a DisassociateIamInstanceProfileRequest),
    DisassociateRouteTable(&'a DisassociateRouteTableRequest),
    DisassociateVpcCidrBlock(&'a DisassociateVpcCidrBlockRequest),
    GetConsoleOutput(&'a GetConsoleOutputRequest),
    GetLaunchTemplateData(&'a GetLaunchTemplateDataRequest),
    ImportKeyPair(&'a ImportKeyPairRequest),
    ModifyInstanceAttribute(&'a ModifyInstanceAttributeRequest),
    ModifyInstanceMetadataOptions(&'a ModifyInstanceMetadataOptionsRequest),
    ModifyLaunchTemplate(&'a ModifyLaunchTemplateRequest),
    ModifyNetworkInterfaceAttribute(&'a ModifyNetworkInterfaceAttributeRequest),
    ModifySecurityGroupRules(&'a ModifySecurityGroupRulesRequest),
    ModifySubnetAttribute(&'a ModifySubnetAttributeRequest),
    ModifyVolume(&'a ModifyVolumeRequest),
    ModifyVpcAttribute(&'a ModifyVpcAttributeRequest),
    ModifyVpcEndpoint(&'a ModifyVpcEndpointRequest),
    RebootInstances(&'a RebootInstancesRequest),
    ReleaseAddress(&'a ReleaseAddressRequest),
    ReplaceIamInstanceProfileAssociation(&'a ReplaceIamInstanceProfileAssociationRequest),
    ReplaceRoute(&'a ReplaceRouteRequest),
    RevokeSecurityGroupEgress(&'a RevokeSecurityGroupEgressRequest),
    RevokeSecurityGroupIngress(&'a RevokeSecurityGroupIngressRequest),
    RunInstances(&'a RunInstancesRequest),
    StartInstances(&'a StartInstancesRequest),
    StopInstances(&'a StopInstancesRequest),
    TerminateInstances(&'a TerminateInstancesRequest),
    UnassignPrivateIpAddresses(&'a UnassignPrivateIpAddressesRequest),
    UpdateSecurityGroupRuleDescriptionsEgress(&'a UpdateSecurityGroupRuleDescriptionsEgressRequest),
    UpdateSecurityGroupRuleDescriptionsIngress(
        &'a UpdateSecurityGroupRuleDescriptionsIngressRequest,
    ),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AllocateAddress(_) => "AllocateAddress",
            Self::AssignPrivateIpAddresses(_) => "AssignPrivateIpAddresses",
            Self::AssociateAddress(_) => "AssociateAddress",
            Self::AssociateIamInstanceProfile(_) => "AssociateIamInstanceProfile",
            Self::AssociateRouteTable(_) => "AssociateRouteTable",
            Self::AssociateVpcCidrBlock(_) => "AssociateVpcCidrBlock",
            Self::AttachInternetGateway(_) => "AttachInternetGateway",
            Self::AttachNetworkInterface(_) => "AttachNetworkInterface",
            Self::AttachVolume(_) => "AttachVolume",
            Self::AuthorizeSecurityGroupEgress(_) => "AuthorizeSecurityGroupEgress",
            Self::AuthorizeSecurityGroupIngress(_) => "AuthorizeSecurityGroupIngress",
            Self::CreateDefaultSubnet(_) => "CreateDefaultSubnet",
            Self::CreateDefaultVpc(_) => "CreateDefaultVpc",
            Self::CreateInternetGateway(_) => "CreateInternetGateway",
            Self::CreateKeyPair(_) => "CreateKeyPair",
            Self::CreateLaunchTemplate(_) => "CreateLaunchTemplate",
            Self::CreateLaunchTemplateVersion(_) => "CreateLaunchTemplateVersion",
            Self::CreateNatGateway(_) => "CreateNatGateway",
            Self::CreateNetworkInterface(_) => "CreateNetworkInterface",
            Self::CreateNetworkInterfacePermission(_) => "CreateNetworkInterfacePermission",
            Self::CreateRoute(_) => "CreateRoute",
            Self::CreateRouteTable(_) => "CreateRouteTable",
            Self::CreateSecurityGroup(_) => "CreateSecurityGroup",
            Self::CreateSnapshot(_) => "CreateSnapshot",
            Self::CreateSubnet(_) => "CreateSubnet",
            Self::CreateTags(_) => "CreateTags",
            Self::CreateVolume(_) => "CreateVolume",
            Self::CreateVpc(_) => "CreateVpc",
            Self::CreateVpcEndpoint(_) => "CreateVpcEndpoint",
            Self::DeleteInternetGateway(_) => "DeleteInternetGateway",
            Self::DeleteKeyPair(_) => "DeleteKeyPair",
            Self::DeleteLaunchTemplate(_) => "DeleteLaunchTemplate",
            Self::DeleteLaunchTemplateVersions(_) => "DeleteLaunchTemplateVersions",
            Self::DeleteNatGateway(_) => "DeleteNatGateway",
            Self::DeleteNetworkInterface(_) => "DeleteNetworkInterface",
            Self::DeleteRoute(_) => "DeleteRoute",
            Self::DeleteRouteTable(_) => "DeleteRouteTable",
            Self::DeleteSecurityGroup(_) => "DeleteSecurityGroup",
            Self::DeleteSnapshot(_) => "DeleteSnapshot",
            Self::DeleteSubnet(_) => "DeleteSubnet",
            Self::DeleteTags(_) => "DeleteTags",
            Self::DeleteVolume(_) => "DeleteVolume",
            Self::DeleteVpc(_) => "DeleteVpc",
            Self::DeleteVpcEndpoints(_) => "DeleteVpcEndpoints",
            Self::DescribeAccountAttributes(_) => "DescribeAccountAttributes",
            Self::DescribeAddresses(_) => "DescribeAddresses",
            Self::DescribeAvailabilityZones(_) => "DescribeAvailabilityZones",
            Self::DescribeDhcpOptions(_) => "DescribeDhcpOptions",
            Self::DescribeIamInstanceProfileAssociations(_) => {
                "DescribeIamInstanceProfileAssociations"
            }
            Self::DescribeImages(_) => "DescribeImages",
            Self::DescribeInstanceAttribute(_) => "DescribeInstanceAttribute",
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
            Self::DescribeNetworkInterfaces(_) => "DescribeNetworkInterfaces",
            Self::DescribePrefixLists(_) => "DescribePrefixLists",
            Self::DescribeRegions(_) => "DescribeRegions",
            Self::DescribeRouteTables(_) => "DescribeRouteTables",
            Self::DescribeSecurityGroupRules(_) => "DescribeSecurityGroupRules",
            Self::DescribeSecurityGroups(_) => "DescribeSecurityGroups",
            Self::DescribeSnapshots(_) => "DescribeSnapshots",
            Self::DescribeSubnets(_) => "DescribeSubnets",
            Self::DescribeTags(_) => "DescribeTags",
            Self::DescribeVolumes(_) => "DescribeVolumes",
            Self::DescribeVpcAttribute(_) => "DescribeVpcAttribute",
            Self::DescribeVpcEndpoints(_) => "DescribeVpcEndpoints",
            Self::DescribeVpcs(_) => "DescribeVpcs",
            Self::DetachInternetGateway(_) => "DetachInternetGateway",
            Self::DetachNetworkInterface(_) => "DetachNetworkInterface",
            Self::DetachVolume(_) => "DetachVolume",
            Self::DisassociateAddress(_) => "DisassociateAddress",
            Self::DisassociateIamInstanceProfile(_) => "DisassociateIamInstanceProfile",
            Self::DisassociateRouteTable(_) => "DisassociateRouteTable",
            Self::DisassociateVpcCidrBlock(_) => "DisassociateVpcCidrBlock",
            Self::GetConsoleOutput(_) => "GetConsoleOutput",
            Self::GetLaunchTemplateData(_) => "GetLaunchTemplateData",
            Self::ImportKeyPair(_) => "ImportKeyPair",
            Self::ModifyInstanceAttribute(_) => "ModifyInstanceAttribute",
            Self::ModifyInstanceMetadataOptions(_) => "ModifyInstanceMetadataOptions",
            Self::ModifyLaunchTemplate(_) => "ModifyLaunchTemplate",
            Self::ModifyNetworkInterfaceAttribute(_) => "ModifyNetworkInterfaceAttribute",
            Self::ModifySecurityGroupRules(_) => "ModifySecurityGroupRules",
            Self::ModifySubnetAttribute(_) => "ModifySubnetAttribute",
            Self::ModifyVolume(_) => "ModifyVolume",
            Self::ModifyVpcAttribute(_) => "ModifyVpcAttribute",
            Self::ModifyVpcEndpoint(_) => "ModifyVpcEndpoint",
            Self::RebootInstances(_) => "RebootInstances",
            Self::ReleaseAddress(_) => "ReleaseAddress",
            Self::ReplaceIamInstanceProfileAssociation(_) => "ReplaceIamInstanceProfileAssociation",
            Self::ReplaceRoute(_) => "ReplaceRoute",
            Self::RevokeSecurityGroupEgress(_) => "RevokeSecurityGroupEgress",
            Self::RevokeSecurityGroupIngress(_) => "RevokeSecurityGroupIngress",
            Self::RunInstances(_) => "RunInstances",
            Self::StartInstances(_) => "StartInstances",
            Self::StopInstances(_) => "StopInstances",
            Self::TerminateInstances(_) => "TerminateInstances",
            Self::UnassignPrivateIpAddresses(_) => "UnassignPrivateIpAddresses",
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

    async fn allocate_address(
        &self,
        call: &Call,
        input: AllocateAddressRequest,
    ) -> Result<AllocateAddressResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "AllocateAddress"))
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

    async fn create_nat_gateway(
        &self,
        call: &Call,
        input: CreateNatGatewayRequest,
    ) -> Result<CreateNatGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateNatGateway"))
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

    async fn create_subnet(
        &self,
        call: &Call,
        input: CreateSubnetRequest,
    ) -> Result<CreateSubnetResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "CreateSubnet"))
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

    async fn delete_nat_gateway(
        &self,
        call: &Call,
        input: DeleteNatGatewayRequest,
    ) -> Result<DeleteNatGatewayResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteNatGateway"))
    }

    async fn delete_network_interface(
        &self,
        call: &Call,
        input: DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteNetworkInterface"))
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

    async fn delete_vpc_endpoints(
        &self,
        call: &Call,
        input: DeleteVpcEndpointsRequest,
    ) -> Result<DeleteVpcEndpointsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DeleteVpcEndpoints"))
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

    async fn describe_network_interfaces(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacesRequest,
    ) -> Result<DescribeNetworkInterfacesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeNetworkInterfaces"))
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

    async fn describe_security_group_rules(
        &self,
        call: &Call,
        input: DescribeSecurityGroupRulesRequest,
    ) -> Result<DescribeSecurityGroupRulesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSecurityGroupRules"))
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSecurityGroups"))
    }

    async fn describe_snapshots(
        &self,
        call: &Call,
        input: DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeSnapshots"))
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

    async fn describe_volumes(
        &self,
        call: &Call,
        input: DescribeVolumesRequest,
    ) -> Result<DescribeVolumesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVolumes"))
    }

    async fn describe_vpc_attribute(
        &self,
        call: &Call,
        input: DescribeVpcAttributeRequest,
    ) -> Result<DescribeVpcAttributeResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcAttribute"))
    }

    async fn describe_vpc_endpoints(
        &self,
        call: &Call,
        input: DescribeVpcEndpointsRequest,
    ) -> Result<DescribeVpcEndpointsResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DescribeVpcEndpoints"))
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

    async fn disassociate_vpc_cidr_block(
        &self,
        call: &Call,
        input: DisassociateVpcCidrBlockRequest,
    ) -> Result<DisassociateVpcCidrBlockResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "DisassociateVpcCidrBlock"))
    }

    async fn get_console_output(
        &self,
        call: &Call,
        input: GetConsoleOutputRequest,
    ) -> Result<GetConsoleOutputResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetConsoleOutput"))
    }

    async fn get_launch_template_data(
        &self,
        call: &Call,
        input: GetLaunchTemplateDataRequest,
    ) -> Result<GetLaunchTemplateDataResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "GetLaunchTemplateData"))
    }

    async fn import_key_pair(
        &self,
        call: &Call,
        input: ImportKeyPairRequest,
    ) -> Result<ImportKeyPairResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ImportKeyPair"))
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

    async fn modify_launch_template(
        &self,
        call: &Call,
        input: ModifyLaunchTemplateRequest,
    ) -> Result<ModifyLaunchTemplateResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ModifyLaunchTemplate"))
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

    async fn reboot_instances(
        &self,
        call: &Call,
        input: RebootInstancesRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "RebootInstances"))
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

    async fn replace_route(&self, call: &Call, input: ReplaceRouteRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "ReplaceRoute"))
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

    async fn unassign_private_ip_addresses(
        &self,
        call: &Call,
        input: UnassignPrivateIpAddressesRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ec2", "UnassignPrivateIpAddresses"))
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
            0 => Box::new(AllocateAddressRequest::default()),
            1 => Box::new(AssignPrivateIpAddressesRequest::default()),
            2 => Box::new(AssociateAddressRequest::default()),
            3 => Box::new(AssociateIamInstanceProfileRequest::default()),
            4 => Box::new(AssociateRouteTableRequest::default()),
            5 => Box::new(AssociateVpcCidrBlockRequest::default()),
            6 => Box::new(AttachInternetGatewayRequest::default()),
            7 => Box::new(AttachNetworkInterfaceRequest::default()),
            8 => Box::new(AttachVolumeRequest::default()),
            9 => Box::new(AuthorizeSecurityGroupEgressRequest::default()),
            10 => Box::new(AuthorizeSecurityGroupIngressRequest::default()),
            11 => Box::new(CreateDefaultSubnetRequest::default()),
            12 => Box::new(CreateDefaultVpcRequest::default()),
            13 => Box::new(CreateInternetGatewayRequest::default()),
            14 => Box::new(CreateKeyPairRequest::default()),
            15 => Box::new(CreateLaunchTemplateRequest::default()),
            16 => Box::new(CreateLaunchTemplateVersionRequest::default()),
            17 => Box::new(CreateNatGatewayRequest::default()),
            18 => Box::new(CreateNetworkInterfaceRequest::default()),
            19 => Box::new(CreateNetworkInterfacePermissionRequest::default()),
            20 => Box::new(CreateRouteRequest::default()),
            21 => Box::new(CreateRouteTableRequest::default()),
            22 => Box::new(CreateSecurityGroupRequest::default()),
            23 => Box::new(CreateSnapshotRequest::default()),
            24 => Box::new(CreateSubnetRequest::default()),
            25 => Box::new(CreateTagsRequest::default()),
            26 => Box::new(CreateVolumeRequest::default()),
            27 => Box::new(CreateVpcRequest::default()),
            28 => Box::new(CreateVpcEndpointRequest::default()),
            29 => Box::new(DeleteInternetGatewayRequest::default()),
            30 => Box::new(DeleteKeyPairRequest::default()),
            31 => Box::new(DeleteLaunchTemplateRequest::default()),
            32 => Box::new(DeleteLaunchTemplateVersionsRequest::default()),
            33 => Box::new(DeleteNatGatewayRequest::default()),
            34 => Box::new(DeleteNetworkInterfaceRequest::default()),
            35 => Box::new(DeleteRouteRequest::default()),
            36 => Box::new(DeleteRouteTableRequest::default()),
            37 => Box::new(DeleteSecurityGroupRequest::default()),
            38 => Box::new(DeleteSnapshotRequest::default()),
            39 => Box::new(DeleteSubnetRequest::default()),
            40 => Box::new(DeleteTagsRequest::default()),
            41 => Box::new(DeleteVolumeRequest::default()),
            42 => Box::new(DeleteVpcRequest::default()),
            43 => Box::new(DeleteVpcEndpointsRequest::default()),
            44 => Box::new(DescribeAccountAttributesRequest::default()),
            45 => Box::new(DescribeAddressesRequest::default()),
            46 => Box::new(DescribeAvailabilityZonesRequest::default()),
            47 => Box::new(DescribeDhcpOptionsRequest::default()),
            48 => Box::new(DescribeIamInstanceProfileAssociationsRequest::default()),
            49 => Box::new(DescribeImagesRequest::default()),
            50 => Box::new(DescribeInstanceAttributeRequest::default()),
            51 => Box::new(DescribeInstanceStatusRequest::default()),
            52 => Box::new(DescribeInstanceTypeOfferingsRequest::default()),
            53 => Box::new(DescribeInstanceTypesRequest::default()),
            54 => Box::new(DescribeInstancesRequest::default()),
            55 => Box::new(DescribeInternetGatewaysRequest::default()),
            56 => Box::new(DescribeKeyPairsRequest::default()),
            57 => Box::new(DescribeLaunchTemplateVersionsRequest::default()),
            58 => Box::new(DescribeLaunchTemplatesRequest::default()),
            59 => Box::new(DescribeManagedPrefixListsRequest::default()),
            60 => Box::new(DescribeNatGatewaysRequest::default()),
            61 => Box::new(DescribeNetworkAclsRequest::default()),
            62 => Box::new(DescribeNetworkInterfacesRequest::default()),
            63 => Box::new(DescribePrefixListsRequest::default()),
            64 => Box::new(DescribeRegionsRequest::default()),
            65 => Box::new(DescribeRouteTablesRequest::default()),
            66 => Box::new(DescribeSecurityGroupRulesRequest::default()),
            67 => Box::new(DescribeSecurityGroupsRequest::default()),
            68 => Box::new(DescribeSnapshotsRequest::default()),
            69 => Box::new(DescribeSubnetsRequest::default()),
            70 => Box::new(DescribeTagsRequest::default()),
            71 => Box::new(DescribeVolumesRequest::default()),
            72 => Box::new(DescribeVpcAttributeRequest::default()),
            73 => Box::new(DescribeVpcEndpointsRequest::default()),
            74 => Box::new(DescribeVpcsRequest::default()),
            75 => Box::new(DetachInternetGatewayRequest::default()),
            76 => Box::new(DetachNetworkInterfaceRequest::default()),
            77 => Box::new(DetachVolumeRequest::default()),
            78 => Box::new(DisassociateAddressRequest::default()),
            79 => Box::new(DisassociateIamInstanceProfileRequest::default()),
            80 => Box::new(DisassociateRouteTableRequest::default()),
            81 => Box::new(DisassociateVpcCidrBlockRequest::default()),
            82 => Box::new(GetConsoleOutputRequest::default()),
            83 => Box::new(GetLaunchTemplateDataRequest::default()),
            84 => Box::new(ImportKeyPairRequest::default()),
            85 => Box::new(ModifyInstanceAttributeRequest::default()),
            86 => Box::new(ModifyInstanceMetadataOptionsRequest::default()),
            87 => Box::new(ModifyLaunchTemplateRequest::default()),
            88 => Box::new(ModifyNetworkInterfaceAttributeRequest::default()),
            89 => Box::new(ModifySecurityGroupRulesRequest::default()),
            90 => Box::new(ModifySubnetAttributeRequest::default()),
            91 => Box::new(ModifyVolumeRequest::default()),
            92 => Box::new(ModifyVpcAttributeRequest::default()),
            93 => Box::new(ModifyVpcEndpointRequest::default()),
            94 => Box::new(RebootInstancesRequest::default()),
            95 => Box::new(ReleaseAddressRequest::default()),
            96 => Box::new(ReplaceIamInstanceProfileAssociationRequest::default()),
            97 => Box::new(ReplaceRouteRequest::default()),
            98 => Box::new(RevokeSecurityGroupEgressRequest::default()),
            99 => Box::new(RevokeSecurityGroupIngressRequest::default()),
            100 => Box::new(RunInstancesRequest::default()),
            101 => Box::new(StartInstancesRequest::default()),
            102 => Box::new(StopInstancesRequest::default()),
            103 => Box::new(TerminateInstancesRequest::default()),
            104 => Box::new(UnassignPrivateIpAddressesRequest::default()),
            105 => Box::new(UpdateSecurityGroupRuleDescriptionsEgressRequest::default()),
            106 => Box::new(UpdateSecurityGroupRuleDescriptionsIngressRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AllocateAddressResult::default()),
            1 => Box::new(AssignPrivateIpAddressesResult::default()),
            2 => Box::new(AssociateAddressResult::default()),
            3 => Box::new(AssociateIamInstanceProfileResult::default()),
            4 => Box::new(AssociateRouteTableResult::default()),
            5 => Box::new(AssociateVpcCidrBlockResult::default()),
            7 => Box::new(AttachNetworkInterfaceResult::default()),
            8 => Box::new(VolumeAttachment::default()),
            9 => Box::new(AuthorizeSecurityGroupEgressResult::default()),
            10 => Box::new(AuthorizeSecurityGroupIngressResult::default()),
            11 => Box::new(CreateDefaultSubnetResult::default()),
            12 => Box::new(CreateDefaultVpcResult::default()),
            13 => Box::new(CreateInternetGatewayResult::default()),
            14 => Box::new(KeyPair::default()),
            15 => Box::new(CreateLaunchTemplateResult::default()),
            16 => Box::new(CreateLaunchTemplateVersionResult::default()),
            17 => Box::new(CreateNatGatewayResult::default()),
            18 => Box::new(CreateNetworkInterfaceResult::default()),
            19 => Box::new(CreateNetworkInterfacePermissionResult::default()),
            20 => Box::new(CreateRouteResult::default()),
            21 => Box::new(CreateRouteTableResult::default()),
            22 => Box::new(CreateSecurityGroupResult::default()),
            23 => Box::new(Snapshot::default()),
            24 => Box::new(CreateSubnetResult::default()),
            26 => Box::new(Volume::default()),
            27 => Box::new(CreateVpcResult::default()),
            28 => Box::new(CreateVpcEndpointResult::default()),
            30 => Box::new(DeleteKeyPairResult::default()),
            31 => Box::new(DeleteLaunchTemplateResult::default()),
            32 => Box::new(DeleteLaunchTemplateVersionsResult::default()),
            33 => Box::new(DeleteNatGatewayResult::default()),
            37 => Box::new(DeleteSecurityGroupResult::default()),
            43 => Box::new(DeleteVpcEndpointsResult::default()),
            44 => Box::new(DescribeAccountAttributesResult::default()),
            45 => Box::new(DescribeAddressesResult::default()),
            46 => Box::new(DescribeAvailabilityZonesResult::default()),
            47 => Box::new(DescribeDhcpOptionsResult::default()),
            48 => Box::new(DescribeIamInstanceProfileAssociationsResult::default()),
            49 => Box::new(DescribeImagesResult::default()),
            50 => Box::new(InstanceAttribute::default()),
            51 => Box::new(DescribeInstanceStatusResult::default()),
            52 => Box::new(DescribeInstanceTypeOfferingsResult::default()),
            53 => Box::new(DescribeInstanceTypesResult::default()),
            54 => Box::new(DescribeInstancesResult::default()),
            55 => Box::new(DescribeInternetGatewaysResult::default()),
            56 => Box::new(DescribeKeyPairsResult::default()),
            57 => Box::new(DescribeLaunchTemplateVersionsResult::default()),
            58 => Box::new(DescribeLaunchTemplatesResult::default()),
            59 => Box::new(DescribeManagedPrefixListsResult::default()),
            60 => Box::new(DescribeNatGatewaysResult::default()),
            61 => Box::new(DescribeNetworkAclsResult::default()),
            62 => Box::new(DescribeNetworkInterfacesResult::default()),
            63 => Box::new(DescribePrefixListsResult::default()),
            64 => Box::new(DescribeRegionsResult::default()),
            65 => Box::new(DescribeRouteTablesResult::default()),
            66 => Box::new(DescribeSecurityGroupRulesResult::default()),
            67 => Box::new(DescribeSecurityGroupsResult::default()),
            68 => Box::new(DescribeSnapshotsResult::default()),
            69 => Box::new(DescribeSubnetsResult::default()),
            70 => Box::new(DescribeTagsResult::default()),
            71 => Box::new(DescribeVolumesResult::default()),
            72 => Box::new(DescribeVpcAttributeResult::default()),
            73 => Box::new(DescribeVpcEndpointsResult::default()),
            74 => Box::new(DescribeVpcsResult::default()),
            77 => Box::new(VolumeAttachment::default()),
            79 => Box::new(DisassociateIamInstanceProfileResult::default()),
            81 => Box::new(DisassociateVpcCidrBlockResult::default()),
            82 => Box::new(GetConsoleOutputResult::default()),
            83 => Box::new(GetLaunchTemplateDataResult::default()),
            84 => Box::new(ImportKeyPairResult::default()),
            86 => Box::new(ModifyInstanceMetadataOptionsResult::default()),
            87 => Box::new(ModifyLaunchTemplateResult::default()),
            89 => Box::new(ModifySecurityGroupRulesResult::default()),
            91 => Box::new(ModifyVolumeResult::default()),
            93 => Box::new(ModifyVpcEndpointResult::default()),
            96 => Box::new(ReplaceIamInstanceProfileAssociationResult::default()),
            98 => Box::new(RevokeSecurityGroupEgressResult::default()),
            99 => Box::new(RevokeSecurityGroupIngressResult::default()),
            100 => Box::new(Reservation::default()),
            101 => Box::new(StartInstancesResult::default()),
            102 => Box::new(StopInstancesResult::default()),
            103 => Box::new(TerminateInstancesResult::default()),
            105 => Box::new(UpdateSecurityGroupRuleDescriptionsEgressResult::default()),
            106 => Box::new(UpdateSecurityGroupRuleDescriptionsIngressResult::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::AllocateAddress(borrowed(input)),
            1 => Input::AssignPrivateIpAddresses(borrowed(input)),
            2 => Input::AssociateAddress(borrowed(input)),
            3 => Input::AssociateIamInstanceProfile(borrowed(input)),
            4 => Input::AssociateRouteTable(borrowed(input)),
            5 => Input::AssociateVpcCidrBlock(borrowed(input)),
            6 => Input::AttachInternetGateway(borrowed(input)),
            7 => Input::AttachNetworkInterface(borrowed(input)),
            8 => Input::AttachVolume(borrowed(input)),
            9 => Input::AuthorizeSecurityGroupEgress(borrowed(input)),
            10 => Input::AuthorizeSecurityGroupIngress(borrowed(input)),
            11 => Input::CreateDefaultSubnet(borrowed(input)),
            12 => Input::CreateDefaultVpc(borrowed(input)),
            13 => Input::CreateInternetGateway(borrowed(input)),
            14 => Input::CreateKeyPair(borrowed(input)),
            15 => Input::CreateLaunchTemplate(borrowed(input)),
            16 => Input::CreateLaunchTemplateVersion(borrowed(input)),
            17 => Input::CreateNatGateway(borrowed(input)),
            18 => Input::CreateNetworkInterface(borrowed(input)),
            19 => Input::CreateNetworkInterfacePermission(borrowed(input)),
            20 => Input::CreateRoute(borrowed(input)),
            21 => Input::CreateRouteTable(borrowed(input)),
            22 => Input::CreateSecurityGroup(borrowed(input)),
            23 => Input::CreateSnapshot(borrowed(input)),
            24 => Input::CreateSubnet(borrowed(input)),
            25 => Input::CreateTags(borrowed(input)),
            26 => Input::CreateVolume(borrowed(input)),
            27 => Input::CreateVpc(borrowed(input)),
            28 => Input::CreateVpcEndpoint(borrowed(input)),
            29 => Input::DeleteInternetGateway(borrowed(input)),
            30 => Input::DeleteKeyPair(borrowed(input)),
            31 => Input::DeleteLaunchTemplate(borrowed(input)),
            32 => Input::DeleteLaunchTemplateVersions(borrowed(input)),
            33 => Input::DeleteNatGateway(borrowed(input)),
            34 => Input::DeleteNetworkInterface(borrowed(input)),
            35 => Input::DeleteRoute(borrowed(input)),
            36 => Input::DeleteRouteTable(borrowed(input)),
            37 => Input::DeleteSecurityGroup(borrowed(input)),
            38 => Input::DeleteSnapshot(borrowed(input)),
            39 => Input::DeleteSubnet(borrowed(input)),
            40 => Input::DeleteTags(borrowed(input)),
            41 => Input::DeleteVolume(borrowed(input)),
            42 => Input::DeleteVpc(borrowed(input)),
            43 => Input::DeleteVpcEndpoints(borrowed(input)),
            44 => Input::DescribeAccountAttributes(borrowed(input)),
            45 => Input::DescribeAddresses(borrowed(input)),
            46 => Input::DescribeAvailabilityZones(borrowed(input)),
            47 => Input::DescribeDhcpOptions(borrowed(input)),
            48 => Input::DescribeIamInstanceProfileAssociations(borrowed(input)),
            49 => Input::DescribeImages(borrowed(input)),
            50 => Input::DescribeInstanceAttribute(borrowed(input)),
            51 => Input::DescribeInstanceStatus(borrowed(input)),
            52 => Input::DescribeInstanceTypeOfferings(borrowed(input)),
            53 => Input::DescribeInstanceTypes(borrowed(input)),
            54 => Input::DescribeInstances(borrowed(input)),
            55 => Input::DescribeInternetGateways(borrowed(input)),
            56 => Input::DescribeKeyPairs(borrowed(input)),
            57 => Input::DescribeLaunchTemplateVersions(borrowed(input)),
            58 => Input::DescribeLaunchTemplates(borrowed(input)),
            59 => Input::DescribeManagedPrefixLists(borrowed(input)),
            60 => Input::DescribeNatGateways(borrowed(input)),
            61 => Input::DescribeNetworkAcls(borrowed(input)),
            62 => Input::DescribeNetworkInterfaces(borrowed(input)),
            63 => Input::DescribePrefixLists(borrowed(input)),
            64 => Input::DescribeRegions(borrowed(input)),
            65 => Input::DescribeRouteTables(borrowed(input)),
            66 => Input::DescribeSecurityGroupRules(borrowed(input)),
            67 => Input::DescribeSecurityGroups(borrowed(input)),
            68 => Input::DescribeSnapshots(borrowed(input)),
            69 => Input::DescribeSubnets(borrowed(input)),
            70 => Input::DescribeTags(borrowed(input)),
            71 => Input::DescribeVolumes(borrowed(input)),
            72 => Input::DescribeVpcAttribute(borrowed(input)),
            73 => Input::DescribeVpcEndpoints(borrowed(input)),
            74 => Input::DescribeVpcs(borrowed(input)),
            75 => Input::DetachInternetGateway(borrowed(input)),
            76 => Input::DetachNetworkInterface(borrowed(input)),
            77 => Input::DetachVolume(borrowed(input)),
            78 => Input::DisassociateAddress(borrowed(input)),
            79 => Input::DisassociateIamInstanceProfile(borrowed(input)),
            80 => Input::DisassociateRouteTable(borrowed(input)),
            81 => Input::DisassociateVpcCidrBlock(borrowed(input)),
            82 => Input::GetConsoleOutput(borrowed(input)),
            83 => Input::GetLaunchTemplateData(borrowed(input)),
            84 => Input::ImportKeyPair(borrowed(input)),
            85 => Input::ModifyInstanceAttribute(borrowed(input)),
            86 => Input::ModifyInstanceMetadataOptions(borrowed(input)),
            87 => Input::ModifyLaunchTemplate(borrowed(input)),
            88 => Input::ModifyNetworkInterfaceAttribute(borrowed(input)),
            89 => Input::ModifySecurityGroupRules(borrowed(input)),
            90 => Input::ModifySubnetAttribute(borrowed(input)),
            91 => Input::ModifyVolume(borrowed(input)),
            92 => Input::ModifyVpcAttribute(borrowed(input)),
            93 => Input::ModifyVpcEndpoint(borrowed(input)),
            94 => Input::RebootInstances(borrowed(input)),
            95 => Input::ReleaseAddress(borrowed(input)),
            96 => Input::ReplaceIamInstanceProfileAssociation(borrowed(input)),
            97 => Input::ReplaceRoute(borrowed(input)),
            98 => Input::RevokeSecurityGroupEgress(borrowed(input)),
            99 => Input::RevokeSecurityGroupIngress(borrowed(input)),
            100 => Input::RunInstances(borrowed(input)),
            101 => Input::StartInstances(borrowed(input)),
            102 => Input::StopInstances(borrowed(input)),
            103 => Input::TerminateInstances(borrowed(input)),
            104 => Input::UnassignPrivateIpAddresses(borrowed(input)),
            105 => Input::UpdateSecurityGroupRuleDescriptionsEgress(borrowed(input)),
            106 => Input::UpdateSecurityGroupRuleDescriptionsIngress(borrowed(input)),
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
            0 => Box::new(self.0.allocate_address(call, typed(input)).await?),
            1 => Box::new(
                self.0
                    .assign_private_ip_addresses(call, typed(input))
                    .await?,
            ),
            2 => Box::new(self.0.associate_address(call, typed(input)).await?),
            3 => Box::new(
                self.0
                    .associate_iam_instance_profile(call, typed(input))
                    .await?,
            ),
            4 => Box::new(self.0.associate_route_table(call, typed(input)).await?),
            5 => Box::new(self.0.associate_vpc_cidr_block(call, typed(input)).await?),
            6 => Box::new(self.0.attach_internet_gateway(call, typed(input)).await?),
            7 => Box::new(self.0.attach_network_interface(call, typed(input)).await?),
            8 => Box::new(self.0.attach_volume(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .authorize_security_group_egress(call, typed(input))
                    .await?,
            ),
            10 => Box::new(
                self.0
                    .authorize_security_group_ingress(call, typed(input))
                    .await?,
            ),
            11 => Box::new(self.0.create_default_subnet(call, typed(input)).await?),
            12 => Box::new(self.0.create_default_vpc(call, typed(input)).await?),
            13 => Box::new(self.0.create_internet_gateway(call, typed(input)).await?),
            14 => Box::new(self.0.create_key_pair(call, typed(input)).await?),
            15 => Box::new(self.0.create_launch_template(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .create_launch_template_version(call, typed(input))
                    .await?,
            ),
            17 => Box::new(self.0.create_nat_gateway(call, typed(input)).await?),
            18 => Box::new(self.0.create_network_interface(call, typed(input)).await?),
            19 => Box::new(
                self.0
                    .create_network_interface_permission(call, typed(input))
                    .await?,
            ),
            20 => Box::new(self.0.create_route(call, typed(input)).await?),
            21 => Box::new(self.0.create_route_table(call, typed(input)).await?),
            22 => Box::new(self.0.create_security_group(call, typed(input)).await?),
            23 => Box::new(self.0.create_snapshot(call, typed(input)).await?),
            24 => Box::new(self.0.create_subnet(call, typed(input)).await?),
            25 => Box::new(self.0.create_tags(call, typed(input)).await?),
            26 => Box::new(self.0.create_volume(call, typed(input)).await?),
            27 => Box::new(self.0.create_vpc(call, typed(input)).await?),
            28 => Box::new(self.0.create_vpc_endpoint(call, typed(input)).await?),
            29 => Box::new(self.0.delete_internet_gateway(call, typed(input)).await?),
            30 => Box::new(self.0.delete_key_pair(call, typed(input)).await?),
            31 => Box::new(self.0.delete_launch_template(call, typed(input)).await?),
            32 => Box::new(
                self.0
                    .delete_launch_template_versions(call, typed(input))
                    .await?,
            ),
            33 => Box::new(self.0.delete_nat_gateway(call, typed(input)).await?),
            34 => Box::new(self.0.delete_network_interface(call, typed(input)).await?),
            35 => Box::new(self.0.delete_route(call, typed(input)).await?),
            36 => Box::new(self.0.delete_route_table(call, typed(input)).await?),
            37 => Box::new(self.0.delete_security_group(call, typed(input)).await?),
            38 => Box::new(self.0.delete_snapshot(call, typed(input)).await?),
            39 => Box::new(self.0.delete_subnet(call, typed(input)).await?),
            40 => Box::new(self.0.delete_tags(call, typed(input)).await?),
            41 => Box::new(self.0.delete_volume(call, typed(input)).await?),
            42 => Box::new(self.0.delete_vpc(call, typed(input)).await?),
            43 => Box::new(self.0.delete_vpc_endpoints(call, typed(input)).await?),
            44 => Box::new(
                self.0
                    .describe_account_attributes(call, typed(input))
                    .await?,
            ),
            45 => Box::new(self.0.describe_addresses(call, typed(input)).await?),
            46 => Box::new(
                self.0
                    .describe_availability_zones(call, typed(input))
                    .await?,
            ),
            47 => Box::new(self.0.describe_dhcp_options(call, typed(input)).await?),
            48 => Box::new(
                self.0
                    .describe_iam_instance_profile_associations(call, typed(input))
                    .await?,
            ),
            49 => Box::new(self.0.describe_images(call, typed(input)).await?),
            50 => Box::new(
                self.0
                    .describe_instance_attribute(call, typed(input))
                    .await?,
            ),
            51 => Box::new(self.0.describe_instance_status(call, typed(input)).await?),
            52 => Box::new(
                self.0
                    .describe_instance_type_offerings(call, typed(input))
                    .await?,
            ),
            53 => Box::new(self.0.describe_instance_types(call, typed(input)).await?),
            54 => Box::new(self.0.describe_instances(call, typed(input)).await?),
            55 => Box::new(
                self.0
                    .describe_internet_gateways(call, typed(input))
                    .await?,
            ),
            56 => Box::new(self.0.describe_key_pairs(call, typed(input)).await?),
            57 => Box::new(
                self.0
                    .describe_launch_template_versions(call, typed(input))
                    .await?,
            ),
            58 => Box::new(self.0.describe_launch_templates(call, typed(input)).await?),
            59 => Box::new(
                self.0
                    .describe_managed_prefix_lists(call, typed(input))
                    .await?,
            ),
            60 => Box::new(self.0.describe_nat_gateways(call, typed(input)).await?),
            61 => Box::new(self.0.describe_network_acls(call, typed(input)).await?),
            62 => Box::new(
                self.0
                    .describe_network_interfaces(call, typed(input))
                    .await?,
            ),
            63 => Box::new(self.0.describe_prefix_lists(call, typed(input)).await?),
            64 => Box::new(self.0.describe_regions(call, typed(input)).await?),
            65 => Box::new(self.0.describe_route_tables(call, typed(input)).await?),
            66 => Box::new(
                self.0
                    .describe_security_group_rules(call, typed(input))
                    .await?,
            ),
            67 => Box::new(self.0.describe_security_groups(call, typed(input)).await?),
            68 => Box::new(self.0.describe_snapshots(call, typed(input)).await?),
            69 => Box::new(self.0.describe_subnets(call, typed(input)).await?),
            70 => Box::new(self.0.describe_tags(call, typed(input)).await?),
            71 => Box::new(self.0.describe_volumes(call, typed(input)).await?),
            72 => Box::new(self.0.describe_vpc_attribute(call, typed(input)).await?),
            73 => Box::new(self.0.describe_vpc_endpoints(call, typed(input)).await?),
            74 => Box::new(self.0.describe_vpcs(call, typed(input)).await?),
            75 => Box::new(self.0.detach_internet_gateway(call, typed(input)).await?),
            76 => Box::new(self.0.detach_network_interface(call, typed(input)).await?),
            77 => Box::new(self.0.detach_volume(call, typed(input)).await?),
            78 => Box::new(self.0.disassociate_address(call, typed(input)).await?),
            79 => Box::new(
                self.0
                    .disassociate_iam_instance_profile(call, typed(input))
                    .await?,
            ),
            80 => Box::new(self.0.disassociate_route_table(call, typed(input)).await?),
            81 => Box::new(
                self.0
                    .disassociate_vpc_cidr_block(call, typed(input))
                    .await?,
            ),
            82 => Box::new(self.0.get_console_output(call, typed(input)).await?),
            83 => Box::new(self.0.get_launch_template_data(call, typed(input)).await?),
            84 => Box::new(self.0.import_key_pair(call, typed(input)).await?),
            85 => Box::new(self.0.modify_instance_attribute(call, typed(input)).await?),
            86 => Box::new(
                self.0
                    .modify_instance_metadata_options(call, typed(input))
                    .await?,
            ),
            87 => Box::new(self.0.modify_launch_template(call, typed(input)).await?),
            88 => Box::new(
                self.0
                    .modify_network_interface_attribute(call, typed(input))
                    .await?,
            ),
            89 => Box::new(
                self.0
                    .modify_security_group_rules(call, typed(input))
                    .await?,
            ),
            90 => Box::new(self.0.modify_subnet_attribute(call, typed(input)).await?),
            91 => Box::new(self.0.modify_volume(call, typed(input)).await?),
            92 => Box::new(self.0.modify_vpc_attribute(call, typed(input)).await?),
            93 => Box::new(self.0.modify_vpc_endpoint(call, typed(input)).await?),
            94 => Box::new(self.0.reboot_instances(call, typed(input)).await?),
            95 => Box::new(self.0.release_address(call, typed(input)).await?),
            96 => Box::new(
                self.0
                    .replace_iam_instance_profile_association(call, typed(input))
                    .await?,
            ),
            97 => Box::new(self.0.replace_route(call, typed(input)).await?),
            98 => Box::new(
                self.0
                    .revoke_security_group_egress(call, typed(input))
                    .await?,
            ),
            99 => Box::new(
                self.0
                    .revoke_security_group_ingress(call, typed(input))
                    .await?,
            ),
            100 => Box::new(self.0.run_instances(call, typed(input)).await?),
            101 => Box::new(self.0.start_instances(call, typed(input)).await?),
            102 => Box::new(self.0.stop_instances(call, typed(input)).await?),
            103 => Box::new(self.0.terminate_instances(call, typed(input)).await?),
            104 => Box::new(
                self.0
                    .unassign_private_ip_addresses(call, typed(input))
                    .await?,
            ),
            105 => Box::new(
                self.0
                    .update_security_group_rule_descriptions_egress(call, typed(input))
                    .await?,
            ),
            106 => Box::new(
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

    async fn admit(&self, call: &Call, input: Input<'_>) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        self.dispatcher.admit(&SERVICE, call, &checks).await
    }
}

#[async_trait]
impl Ec2 for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn allocate_address(
        &self,
        call: &Call,
        input: AllocateAddressRequest,
    ) -> Result<AllocateAddressResult, Fault> {
        let call = self.admit(call, Input::AllocateAddress(&input)).await?;
        self.inner.allocate_address(&call, input).await
    }

    async fn assign_private_ip_addresses(
        &self,
        call: &Call,
        input: AssignPrivateIpAddressesRequest,
    ) -> Result<AssignPrivateIpAddressesResult, Fault> {
        let call = self
            .admit(call, Input::AssignPrivateIpAddresses(&input))
            .await?;
        self.inner.assign_private_ip_addresses(&call, input).await
    }

    async fn associate_address(
        &self,
        call: &Call,
        input: AssociateAddressRequest,
    ) -> Result<AssociateAddressResult, Fault> {
        let call = self.admit(call, Input::AssociateAddress(&input)).await?;
        self.inner.associate_address(&call, input).await
    }

    async fn associate_iam_instance_profile(
        &self,
        call: &Call,
        input: AssociateIamInstanceProfileRequest,
    ) -> Result<AssociateIamInstanceProfileResult, Fault> {
        let call = self
            .admit(call, Input::AssociateIamInstanceProfile(&input))
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
        let call = self.admit(call, Input::AssociateRouteTable(&input)).await?;
        self.inner.associate_route_table(&call, input).await
    }

    async fn associate_vpc_cidr_block(
        &self,
        call: &Call,
        input: AssociateVpcCidrBlockRequest,
    ) -> Result<AssociateVpcCidrBlockResult, Fault> {
        let call = self
            .admit(call, Input::AssociateVpcCidrBlock(&input))
            .await?;
        self.inner.associate_vpc_cidr_block(&call, input).await
    }

    async fn attach_internet_gateway(
        &self,
        call: &Call,
        input: AttachInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AttachInternetGateway(&input))
            .await?;
        self.inner.attach_internet_gateway(&call, input).await
    }

    async fn attach_network_interface(
        &self,
        call: &Call,
        input: AttachNetworkInterfaceRequest,
    ) -> Result<AttachNetworkInterfaceResult, Fault> {
        let call = self
            .admit(call, Input::AttachNetworkInterface(&input))
            .await?;
        self.inner.attach_network_interface(&call, input).await
    }

    async fn attach_volume(
        &self,
        call: &Call,
        input: AttachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let call = self.admit(call, Input::AttachVolume(&input)).await?;
        self.inner.attach_volume(&call, input).await
    }

    async fn authorize_security_group_egress(
        &self,
        call: &Call,
        input: AuthorizeSecurityGroupEgressRequest,
    ) -> Result<AuthorizeSecurityGroupEgressResult, Fault> {
        let call = self
            .admit(call, Input::AuthorizeSecurityGroupEgress(&input))
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
            .admit(call, Input::AuthorizeSecurityGroupIngress(&input))
            .await?;
        self.inner
            .authorize_security_group_ingress(&call, input)
            .await
    }

    async fn create_default_subnet(
        &self,
        call: &Call,
        input: CreateDefaultSubnetRequest,
    ) -> Result<CreateDefaultSubnetResult, Fault> {
        let call = self.admit(call, Input::CreateDefaultSubnet(&input)).await?;
        self.inner.create_default_subnet(&call, input).await
    }

    async fn create_default_vpc(
        &self,
        call: &Call,
        input: CreateDefaultVpcRequest,
    ) -> Result<CreateDefaultVpcResult, Fault> {
        let call = self.admit(call, Input::CreateDefaultVpc(&input)).await?;
        self.inner.create_default_vpc(&call, input).await
    }

    async fn create_internet_gateway(
        &self,
        call: &Call,
        input: CreateInternetGatewayRequest,
    ) -> Result<CreateInternetGatewayResult, Fault> {
        let call = self
            .admit(call, Input::CreateInternetGateway(&input))
            .await?;
        self.inner.create_internet_gateway(&call, input).await
    }

    async fn create_key_pair(
        &self,
        call: &Call,
        input: CreateKeyPairRequest,
    ) -> Result<KeyPair, Fault> {
        let call = self.admit(call, Input::CreateKeyPair(&input)).await?;
        self.inner.create_key_pair(&call, input).await
    }

    async fn create_launch_template(
        &self,
        call: &Call,
        input: CreateLaunchTemplateRequest,
    ) -> Result<CreateLaunchTemplateResult, Fault> {
        let call = self
            .admit(call, Input::CreateLaunchTemplate(&input))
            .await?;
        self.inner.create_launch_template(&call, input).await
    }

    async fn create_launch_template_version(
        &self,
        call: &Call,
        input: CreateLaunchTemplateVersionRequest,
    ) -> Result<CreateLaunchTemplateVersionResult, Fault> {
        let call = self
            .admit(call, Input::CreateLaunchTemplateVersion(&input))
            .await?;
        self.inner
            .create_launch_template_version(&call, input)
            .await
    }

    async fn create_nat_gateway(
        &self,
        call: &Call,
        input: CreateNatGatewayRequest,
    ) -> Result<CreateNatGatewayResult, Fault> {
        let call = self.admit(call, Input::CreateNatGateway(&input)).await?;
        self.inner.create_nat_gateway(&call, input).await
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: CreateNetworkInterfaceRequest,
    ) -> Result<CreateNetworkInterfaceResult, Fault> {
        let call = self
            .admit(call, Input::CreateNetworkInterface(&input))
            .await?;
        self.inner.create_network_interface(&call, input).await
    }

    async fn create_network_interface_permission(
        &self,
        call: &Call,
        input: CreateNetworkInterfacePermissionRequest,
    ) -> Result<CreateNetworkInterfacePermissionResult, Fault> {
        let call = self
            .admit(call, Input::CreateNetworkInterfacePermission(&input))
            .await?;
        self.inner
            .create_network_interface_permission(&call, input)
            .await
    }

    async fn create_route(
        &self,
        call: &Call,
        input: CreateRouteRequest,
    ) -> Result<CreateRouteResult, Fault> {
        let call = self.admit(call, Input::CreateRoute(&input)).await?;
        self.inner.create_route(&call, input).await
    }

    async fn create_route_table(
        &self,
        call: &Call,
        input: CreateRouteTableRequest,
    ) -> Result<CreateRouteTableResult, Fault> {
        let call = self.admit(call, Input::CreateRouteTable(&input)).await?;
        self.inner.create_route_table(&call, input).await
    }

    async fn create_security_group(
        &self,
        call: &Call,
        input: CreateSecurityGroupRequest,
    ) -> Result<CreateSecurityGroupResult, Fault> {
        let call = self.admit(call, Input::CreateSecurityGroup(&input)).await?;
        self.inner.create_security_group(&call, input).await
    }

    async fn create_snapshot(
        &self,
        call: &Call,
        input: CreateSnapshotRequest,
    ) -> Result<Snapshot, Fault> {
        let call = self.admit(call, Input::CreateSnapshot(&input)).await?;
        self.inner.create_snapshot(&call, input).await
    }

    async fn create_subnet(
        &self,
        call: &Call,
        input: CreateSubnetRequest,
    ) -> Result<CreateSubnetResult, Fault> {
        let call = self.admit(call, Input::CreateSubnet(&input)).await?;
        self.inner.create_subnet(&call, input).await
    }

    async fn create_tags(&self, call: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::CreateTags(&input)).await?;
        self.inner.create_tags(&call, input).await
    }

    async fn create_volume(
        &self,
        call: &Call,
        input: CreateVolumeRequest,
    ) -> Result<Volume, Fault> {
        let call = self.admit(call, Input::CreateVolume(&input)).await?;
        self.inner.create_volume(&call, input).await
    }

    async fn create_vpc(
        &self,
        call: &Call,
        input: CreateVpcRequest,
    ) -> Result<CreateVpcResult, Fault> {
        let call = self.admit(call, Input::CreateVpc(&input)).await?;
        self.inner.create_vpc(&call, input).await
    }

    async fn create_vpc_endpoint(
        &self,
        call: &Call,
        input: CreateVpcEndpointRequest,
    ) -> Result<CreateVpcEndpointResult, Fault> {
        let call = self.admit(call, Input::CreateVpcEndpoint(&input)).await?;
        self.inner.create_vpc_endpoint(&call, input).await
    }

    async fn delete_internet_gateway(
        &self,
        call: &Call,
        input: DeleteInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteInternetGateway(&input))
            .await?;
        self.inner.delete_internet_gateway(&call, input).await
    }

    async fn delete_key_pair(
        &self,
        call: &Call,
        input: DeleteKeyPairRequest,
    ) -> Result<DeleteKeyPairResult, Fault> {
        let call = self.admit(call, Input::DeleteKeyPair(&input)).await?;
        self.inner.delete_key_pair(&call, input).await
    }

    async fn delete_launch_template(
        &self,
        call: &Call,
        input: DeleteLaunchTemplateRequest,
    ) -> Result<DeleteLaunchTemplateResult, Fault> {
        let call = self
            .admit(call, Input::DeleteLaunchTemplate(&input))
            .await?;
        self.inner.delete_launch_template(&call, input).await
    }

    async fn delete_launch_template_versions(
        &self,
        call: &Call,
        input: DeleteLaunchTemplateVersionsRequest,
    ) -> Result<DeleteLaunchTemplateVersionsResult, Fault> {
        let call = self
            .admit(call, Input::DeleteLaunchTemplateVersions(&input))
            .await?;
        self.inner
            .delete_launch_template_versions(&call, input)
            .await
    }

    async fn delete_nat_gateway(
        &self,
        call: &Call,
        input: DeleteNatGatewayRequest,
    ) -> Result<DeleteNatGatewayResult, Fault> {
        let call = self.admit(call, Input::DeleteNatGateway(&input)).await?;
        self.inner.delete_nat_gateway(&call, input).await
    }

    async fn delete_network_interface(
        &self,
        call: &Call,
        input: DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteNetworkInterface(&input))
            .await?;
        self.inner.delete_network_interface(&call, input).await
    }

    async fn delete_route(&self, call: &Call, input: DeleteRouteRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteRoute(&input)).await?;
        self.inner.delete_route(&call, input).await
    }

    async fn delete_route_table(
        &self,
        call: &Call,
        input: DeleteRouteTableRequest,
    ) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteRouteTable(&input)).await?;
        self.inner.delete_route_table(&call, input).await
    }

    async fn delete_security_group(
        &self,
        call: &Call,
        input: DeleteSecurityGroupRequest,
    ) -> Result<DeleteSecurityGroupResult, Fault> {
        let call = self.admit(call, Input::DeleteSecurityGroup(&input)).await?;
        self.inner.delete_security_group(&call, input).await
    }

    async fn delete_snapshot(
        &self,
        call: &Call,
        input: DeleteSnapshotRequest,
    ) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteSnapshot(&input)).await?;
        self.inner.delete_snapshot(&call, input).await
    }

    async fn delete_subnet(&self, call: &Call, input: DeleteSubnetRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteSubnet(&input)).await?;
        self.inner.delete_subnet(&call, input).await
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteTags(&input)).await?;
        self.inner.delete_tags(&call, input).await
    }

    async fn delete_volume(&self, call: &Call, input: DeleteVolumeRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteVolume(&input)).await?;
        self.inner.delete_volume(&call, input).await
    }

    async fn delete_vpc(&self, call: &Call, input: DeleteVpcRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::DeleteVpc(&input)).await?;
        self.inner.delete_vpc(&call, input).await
    }

    async fn delete_vpc_endpoints(
        &self,
        call: &Call,
        input: DeleteVpcEndpointsRequest,
    ) -> Result<DeleteVpcEndpointsResult, Fault> {
        let call = self.admit(call, Input::DeleteVpcEndpoints(&input)).await?;
        self.inner.delete_vpc_endpoints(&call, input).await
    }

    async fn describe_account_attributes(
        &self,
        call: &Call,
        input: DescribeAccountAttributesRequest,
    ) -> Result<DescribeAccountAttributesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountAttributes(&input))
            .await?;
        self.inner.describe_account_attributes(&call, input).await
    }

    async fn describe_addresses(
        &self,
        call: &Call,
        input: DescribeAddressesRequest,
    ) -> Result<DescribeAddressesResult, Fault> {
        let call = self.admit(call, Input::DescribeAddresses(&input)).await?;
        self.inner.describe_addresses(&call, input).await
    }

    async fn describe_availability_zones(
        &self,
        call: &Call,
        input: DescribeAvailabilityZonesRequest,
    ) -> Result<DescribeAvailabilityZonesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeAvailabilityZones(&input))
            .await?;
        self.inner.describe_availability_zones(&call, input).await
    }

    async fn describe_dhcp_options(
        &self,
        call: &Call,
        input: DescribeDhcpOptionsRequest,
    ) -> Result<DescribeDhcpOptionsResult, Fault> {
        let call = self.admit(call, Input::DescribeDhcpOptions(&input)).await?;
        self.inner.describe_dhcp_options(&call, input).await
    }

    async fn describe_iam_instance_profile_associations(
        &self,
        call: &Call,
        input: DescribeIamInstanceProfileAssociationsRequest,
    ) -> Result<DescribeIamInstanceProfileAssociationsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeIamInstanceProfileAssociations(&input))
            .await?;
        self.inner
            .describe_iam_instance_profile_associations(&call, input)
            .await
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResult, Fault> {
        let call = self.admit(call, Input::DescribeImages(&input)).await?;
        self.inner.describe_images(&call, input).await
    }

    async fn describe_instance_attribute(
        &self,
        call: &Call,
        input: DescribeInstanceAttributeRequest,
    ) -> Result<InstanceAttribute, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceAttribute(&input))
            .await?;
        self.inner.describe_instance_attribute(&call, input).await
    }

    async fn describe_instance_status(
        &self,
        call: &Call,
        input: DescribeInstanceStatusRequest,
    ) -> Result<DescribeInstanceStatusResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceStatus(&input))
            .await?;
        self.inner.describe_instance_status(&call, input).await
    }

    async fn describe_instance_type_offerings(
        &self,
        call: &Call,
        input: DescribeInstanceTypeOfferingsRequest,
    ) -> Result<DescribeInstanceTypeOfferingsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceTypeOfferings(&input))
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
            .admit(call, Input::DescribeInstanceTypes(&input))
            .await?;
        self.inner.describe_instance_types(&call, input).await
    }

    async fn describe_instances(
        &self,
        call: &Call,
        input: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResult, Fault> {
        let call = self.admit(call, Input::DescribeInstances(&input)).await?;
        self.inner.describe_instances(&call, input).await
    }

    async fn describe_internet_gateways(
        &self,
        call: &Call,
        input: DescribeInternetGatewaysRequest,
    ) -> Result<DescribeInternetGatewaysResult, Fault> {
        let call = self
            .admit(call, Input::DescribeInternetGateways(&input))
            .await?;
        self.inner.describe_internet_gateways(&call, input).await
    }

    async fn describe_key_pairs(
        &self,
        call: &Call,
        input: DescribeKeyPairsRequest,
    ) -> Result<DescribeKeyPairsResult, Fault> {
        let call = self.admit(call, Input::DescribeKeyPairs(&input)).await?;
        self.inner.describe_key_pairs(&call, input).await
    }

    async fn describe_launch_template_versions(
        &self,
        call: &Call,
        input: DescribeLaunchTemplateVersionsRequest,
    ) -> Result<DescribeLaunchTemplateVersionsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeLaunchTemplateVersions(&input))
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
            .admit(call, Input::DescribeLaunchTemplates(&input))
            .await?;
        self.inner.describe_launch_templates(&call, input).await
    }

    async fn describe_managed_prefix_lists(
        &self,
        call: &Call,
        input: DescribeManagedPrefixListsRequest,
    ) -> Result<DescribeManagedPrefixListsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeManagedPrefixLists(&input))
            .await?;
        self.inner.describe_managed_prefix_lists(&call, input).await
    }

    async fn describe_nat_gateways(
        &self,
        call: &Call,
        input: DescribeNatGatewaysRequest,
    ) -> Result<DescribeNatGatewaysResult, Fault> {
        let call = self.admit(call, Input::DescribeNatGateways(&input)).await?;
        self.inner.describe_nat_gateways(&call, input).await
    }

    async fn describe_network_acls(
        &self,
        call: &Call,
        input: DescribeNetworkAclsRequest,
    ) -> Result<DescribeNetworkAclsResult, Fault> {
        let call = self.admit(call, Input::DescribeNetworkAcls(&input)).await?;
        self.inner.describe_network_acls(&call, input).await
    }

    async fn describe_network_interfaces(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacesRequest,
    ) -> Result<DescribeNetworkInterfacesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeNetworkInterfaces(&input))
            .await?;
        self.inner.describe_network_interfaces(&call, input).await
    }

    async fn describe_prefix_lists(
        &self,
        call: &Call,
        input: DescribePrefixListsRequest,
    ) -> Result<DescribePrefixListsResult, Fault> {
        let call = self.admit(call, Input::DescribePrefixLists(&input)).await?;
        self.inner.describe_prefix_lists(&call, input).await
    }

    async fn describe_regions(
        &self,
        call: &Call,
        input: DescribeRegionsRequest,
    ) -> Result<DescribeRegionsResult, Fault> {
        let call = self.admit(call, Input::DescribeRegions(&input)).await?;
        self.inner.describe_regions(&call, input).await
    }

    async fn describe_route_tables(
        &self,
        call: &Call,
        input: DescribeRouteTablesRequest,
    ) -> Result<DescribeRouteTablesResult, Fault> {
        let call = self.admit(call, Input::DescribeRouteTables(&input)).await?;
        self.inner.describe_route_tables(&call, input).await
    }

    async fn describe_security_group_rules(
        &self,
        call: &Call,
        input: DescribeSecurityGroupRulesRequest,
    ) -> Result<DescribeSecurityGroupRulesResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSecurityGroupRules(&input))
            .await?;
        self.inner.describe_security_group_rules(&call, input).await
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeSecurityGroups(&input))
            .await?;
        self.inner.describe_security_groups(&call, input).await
    }

    async fn describe_snapshots(
        &self,
        call: &Call,
        input: DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsResult, Fault> {
        let call = self.admit(call, Input::DescribeSnapshots(&input)).await?;
        self.inner.describe_snapshots(&call, input).await
    }

    async fn describe_subnets(
        &self,
        call: &Call,
        input: DescribeSubnetsRequest,
    ) -> Result<DescribeSubnetsResult, Fault> {
        let call = self.admit(call, Input::DescribeSubnets(&input)).await?;
        self.inner.describe_subnets(&call, input).await
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsRequest,
    ) -> Result<DescribeTagsResult, Fault> {
        let call = self.admit(call, Input::DescribeTags(&input)).await?;
        self.inner.describe_tags(&call, input).await
    }

    async fn describe_volumes(
        &self,
        call: &Call,
        input: DescribeVolumesRequest,
    ) -> Result<DescribeVolumesResult, Fault> {
        let call = self.admit(call, Input::DescribeVolumes(&input)).await?;
        self.inner.describe_volumes(&call, input).await
    }

    async fn describe_vpc_attribute(
        &self,
        call: &Call,
        input: DescribeVpcAttributeRequest,
    ) -> Result<DescribeVpcAttributeResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVpcAttribute(&input))
            .await?;
        self.inner.describe_vpc_attribute(&call, input).await
    }

    async fn describe_vpc_endpoints(
        &self,
        call: &Call,
        input: DescribeVpcEndpointsRequest,
    ) -> Result<DescribeVpcEndpointsResult, Fault> {
        let call = self
            .admit(call, Input::DescribeVpcEndpoints(&input))
            .await?;
        self.inner.describe_vpc_endpoints(&call, input).await
    }

    async fn describe_vpcs(
        &self,
        call: &Call,
        input: DescribeVpcsRequest,
    ) -> Result<DescribeVpcsResult, Fault> {
        let call = self.admit(call, Input::DescribeVpcs(&input)).await?;
        self.inner.describe_vpcs(&call, input).await
    }

    async fn detach_internet_gateway(
        &self,
        call: &Call,
        input: DetachInternetGatewayRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachInternetGateway(&input))
            .await?;
        self.inner.detach_internet_gateway(&call, input).await
    }

    async fn detach_network_interface(
        &self,
        call: &Call,
        input: DetachNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachNetworkInterface(&input))
            .await?;
        self.inner.detach_network_interface(&call, input).await
    }

    async fn detach_volume(
        &self,
        call: &Call,
        input: DetachVolumeRequest,
    ) -> Result<VolumeAttachment, Fault> {
        let call = self.admit(call, Input::DetachVolume(&input)).await?;
        self.inner.detach_volume(&call, input).await
    }

    async fn disassociate_address(
        &self,
        call: &Call,
        input: DisassociateAddressRequest,
    ) -> Result<(), Fault> {
        let call = self.admit(call, Input::DisassociateAddress(&input)).await?;
        self.inner.disassociate_address(&call, input).await
    }

    async fn disassociate_iam_instance_profile(
        &self,
        call: &Call,
        input: DisassociateIamInstanceProfileRequest,
    ) -> Result<DisassociateIamInstanceProfileResult, Fault> {
        let call = self
            .admit(call, Input::DisassociateIamInstanceProfile(&input))
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
            .admit(call, Input::DisassociateRouteTable(&input))
            .await?;
        self.inner.disassociate_route_table(&call, input).await
    }

    async fn disassociate_vpc_cidr_block(
        &self,
        call: &Call,
        input: DisassociateVpcCidrBlockRequest,
    ) -> Result<DisassociateVpcCidrBlockResult, Fault> {
        let call = self
            .admit(call, Input::DisassociateVpcCidrBlock(&input))
            .await?;
        self.inner.disassociate_vpc_cidr_block(&call, input).await
    }

    async fn get_console_output(
        &self,
        call: &Call,
        input: GetConsoleOutputRequest,
    ) -> Result<GetConsoleOutputResult, Fault> {
        let call = self.admit(call, Input::GetConsoleOutput(&input)).await?;
        self.inner.get_console_output(&call, input).await
    }

    async fn get_launch_template_data(
        &self,
        call: &Call,
        input: GetLaunchTemplateDataRequest,
    ) -> Result<GetLaunchTemplateDataResult, Fault> {
        let call = self
            .admit(call, Input::GetLaunchTemplateData(&input))
            .await?;
        self.inner.get_launch_template_data(&call, input).await
    }

    async fn import_key_pair(
        &self,
        call: &Call,
        input: ImportKeyPairRequest,
    ) -> Result<ImportKeyPairResult, Fault> {
        let call = self.admit(call, Input::ImportKeyPair(&input)).await?;
        self.inner.import_key_pair(&call, input).await
    }

    async fn modify_instance_attribute(
        &self,
        call: &Call,
        input: ModifyInstanceAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifyInstanceAttribute(&input))
            .await?;
        self.inner.modify_instance_attribute(&call, input).await
    }

    async fn modify_instance_metadata_options(
        &self,
        call: &Call,
        input: ModifyInstanceMetadataOptionsRequest,
    ) -> Result<ModifyInstanceMetadataOptionsResult, Fault> {
        let call = self
            .admit(call, Input::ModifyInstanceMetadataOptions(&input))
            .await?;
        self.inner
            .modify_instance_metadata_options(&call, input)
            .await
    }

    async fn modify_launch_template(
        &self,
        call: &Call,
        input: ModifyLaunchTemplateRequest,
    ) -> Result<ModifyLaunchTemplateResult, Fault> {
        let call = self
            .admit(call, Input::ModifyLaunchTemplate(&input))
            .await?;
        self.inner.modify_launch_template(&call, input).await
    }

    async fn modify_network_interface_attribute(
        &self,
        call: &Call,
        input: ModifyNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifyNetworkInterfaceAttribute(&input))
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
            .admit(call, Input::ModifySecurityGroupRules(&input))
            .await?;
        self.inner.modify_security_group_rules(&call, input).await
    }

    async fn modify_subnet_attribute(
        &self,
        call: &Call,
        input: ModifySubnetAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ModifySubnetAttribute(&input))
            .await?;
        self.inner.modify_subnet_attribute(&call, input).await
    }

    async fn modify_volume(
        &self,
        call: &Call,
        input: ModifyVolumeRequest,
    ) -> Result<ModifyVolumeResult, Fault> {
        let call = self.admit(call, Input::ModifyVolume(&input)).await?;
        self.inner.modify_volume(&call, input).await
    }

    async fn modify_vpc_attribute(
        &self,
        call: &Call,
        input: ModifyVpcAttributeRequest,
    ) -> Result<(), Fault> {
        let call = self.admit(call, Input::ModifyVpcAttribute(&input)).await?;
        self.inner.modify_vpc_attribute(&call, input).await
    }

    async fn modify_vpc_endpoint(
        &self,
        call: &Call,
        input: ModifyVpcEndpointRequest,
    ) -> Result<ModifyVpcEndpointResult, Fault> {
        let call = self.admit(call, Input::ModifyVpcEndpoint(&input)).await?;
        self.inner.modify_vpc_endpoint(&call, input).await
    }

    async fn reboot_instances(
        &self,
        call: &Call,
        input: RebootInstancesRequest,
    ) -> Result<(), Fault> {
        let call = self.admit(call, Input::RebootInstances(&input)).await?;
        self.inner.reboot_instances(&call, input).await
    }

    async fn release_address(
        &self,
        call: &Call,
        input: ReleaseAddressRequest,
    ) -> Result<(), Fault> {
        let call = self.admit(call, Input::ReleaseAddress(&input)).await?;
        self.inner.release_address(&call, input).await
    }

    async fn replace_iam_instance_profile_association(
        &self,
        call: &Call,
        input: ReplaceIamInstanceProfileAssociationRequest,
    ) -> Result<ReplaceIamInstanceProfileAssociationResult, Fault> {
        let call = self
            .admit(call, Input::ReplaceIamInstanceProfileAssociation(&input))
            .await?;
        self.inner
            .replace_iam_instance_profile_association(&call, input)
            .await
    }

    async fn replace_route(&self, call: &Call, input: ReplaceRouteRequest) -> Result<(), Fault> {
        let call = self.admit(call, Input::ReplaceRoute(&input)).await?;
        self.inner.replace_route(&call, input).await
    }

    async fn revoke_security_group_egress(
        &self,
        call: &Call,
        input: RevokeSecurityGroupEgressRequest,
    ) -> Result<RevokeSecurityGroupEgressResult, Fault> {
        let call = self
            .admit(call, Input::RevokeSecurityGroupEgress(&input))
            .await?;
        self.inner.revoke_security_group_egress(&call, input).await
    }

    async fn revoke_security_group_ingress(
        &self,
        call: &Call,
        input: RevokeSecurityGroupIngressRequest,
    ) -> Result<RevokeSecurityGroupIngressResult, Fault> {
        let call = self
            .admit(call, Input::RevokeSecurityGroupIngress(&input))
            .await?;
        self.inner.revoke_security_group_ingress(&call, input).await
    }

    async fn run_instances(
        &self,
        call: &Call,
        input: RunInstancesRequest,
    ) -> Result<Reservation, Fault> {
        let call = self.admit(call, Input::RunInstances(&input)).await?;
        self.inner.run_instances(&call, input).await
    }

    async fn start_instances(
        &self,
        call: &Call,
        input: StartInstancesRequest,
    ) -> Result<StartInstancesResult, Fault> {
        let call = self.admit(call, Input::StartInstances(&input)).await?;
        self.inner.start_instances(&call, input).await
    }

    async fn stop_instances(
        &self,
        call: &Call,
        input: StopInstancesRequest,
    ) -> Result<StopInstancesResult, Fault> {
        let call = self.admit(call, Input::StopInstances(&input)).await?;
        self.inner.stop_instances(&call, input).await
    }

    async fn terminate_instances(
        &self,
        call: &Call,
        input: TerminateInstancesRequest,
    ) -> Result<TerminateInstancesResult, Fault> {
        let call = self.admit(call, Input::TerminateInstances(&input)).await?;
        self.inner.terminate_instances(&call, input).await
    }

    async fn unassign_private_ip_addresses(
        &self,
        call: &Call,
        input: UnassignPrivateIpAddressesRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UnassignPrivateIpAddresses(&input))
            .await?;
        self.inner.unassign_private_ip_addresses(&call, input).await
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
            )
            .await?;
        self.inner
            .update_security_group_rule_descriptions_ingress(&call, input)
            .await
    }
}
