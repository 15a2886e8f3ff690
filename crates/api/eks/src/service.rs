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
    ActivateCertificateAuthority(&'a ActivateCertificateAuthorityRequest),
    AssociateAccessPolicy(&'a AssociateAccessPolicyRequest),
    AssociateEncryptionConfig(&'a AssociateEncryptionConfigRequest),
    AssociateIdentityProviderConfig(&'a AssociateIdentityProviderConfigRequest),
    CancelUpdate(&'a CancelUpdateRequest),
    CreateAccessEntry(&'a CreateAccessEntryRequest),
    CreateAddon(&'a CreateAddonRequest),
    CreateCapability(&'a CreateCapabilityRequest),
    CreateCertificateAuthority(&'a CreateCertificateAuthorityRequest),
    CreateCluster(&'a CreateClusterRequest),
    CreateEksAnywhereSubscription(&'a CreateEksAnywhereSubscriptionRequest),
    CreateFargateProfile(&'a CreateFargateProfileRequest),
    CreateNodegroup(&'a CreateNodegroupRequest),
    CreatePodIdentityAssociation(&'a CreatePodIdentityAssociationRequest),
    DeleteAccessEntry(&'a DeleteAccessEntryRequest),
    DeleteAddon(&'a DeleteAddonRequest),
    DeleteCapability(&'a DeleteCapabilityRequest),
    DeleteCertificateAuthority(&'a DeleteCertificateAuthorityRequest),
    DeleteCluster(&'a DeleteClusterRequest),
    DeleteEksAnywhereSubscription(&'a DeleteEksAnywhereSubscriptionRequest),
    DeleteFargateProfile(&'a DeleteFargateProfileRequest),
    DeleteNodegroup(&'a DeleteNodegroupRequest),
    DeletePodIdentityAssociation(&'a DeletePodIdentityAssociationRequest),
    DeregisterCluster(&'a DeregisterClusterRequest),
    DescribeAccessEntry(&'a DescribeAccessEntryRequest),
    DescribeAddon(&'a DescribeAddonRequest),
    DescribeAddonConfiguration(&'a DescribeAddonConfigurationRequest),
    DescribeAddonVersions(&'a DescribeAddonVersionsRequest),
    DescribeCapability(&'a DescribeCapabilityRequest),
    DescribeCertificateAuthority(&'a DescribeCertificateAuthorityRequest),
    DescribeCluster(&'a DescribeClusterRequest),
    DescribeClusterVersions(&'a DescribeClusterVersionsRequest),
    DescribeEksAnywhereSubscription(&'a DescribeEksAnywhereSubscriptionRequest),
    DescribeFargateProfile(&'a DescribeFargateProfileRequest),
    DescribeIdentityProviderConfig(&'a DescribeIdentityProviderConfigRequest),
    DescribeInsight(&'a DescribeInsightRequest),
    DescribeInsightsRefresh(&'a DescribeInsightsRefreshRequest),
    DescribeNodegroup(&'a DescribeNodegroupRequest),
    DescribePodIdentityAssociation(&'a DescribePodIdentityAssociationRequest),
    DescribeUpdate(&'a DescribeUpdateRequest),
    DisassociateAccessPolicy(&'a DisassociateAccessPolicyRequest),
    DisassociateIdentityProviderConfig(&'a DisassociateIdentityProviderConfigRequest),
    ListAccessEntries(&'a ListAccessEntriesRequest),
    ListAccessPolicies(&'a ListAccessPoliciesRequest),
    ListAddons(&'a ListAddonsRequest),
    ListAssociatedAccessPolicies(&'a ListAssociatedAccessPoliciesRequest),
    ListCapabilities(&'a ListCapabilitiesRequest),
    ListCertificateAuthorities(&'a ListCertificateAuthoritiesRequest),
    ListClusters(&'a ListClustersRequest),
    ListEksAnywhereSubscriptions(&'a ListEksAnywhereSubscriptionsRequest),
    ListFargateProfiles(&'a ListFargateProfilesRequest),
    ListIdentityProviderConfigs(&'a ListIdentityProviderConfigsRequest),
    ListInsights(&'a ListInsightsRequest),
    ListNodegroups(&'a ListNodegroupsRequest),
    ListPodIdentityAssociations(&'a ListPodIdentityAssociationsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ListUpdates(&'a ListUpdatesRequest),
    RegisterCluster(&'a RegisterClusterRequest),
    StartInsightsRefresh(&'a StartInsightsRefreshRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateAccessEntry(&'a UpdateAccessEntryRequest),
    UpdateAddon(&'a UpdateAddonRequest),
    UpdateCapability(&'a UpdateCapabilityRequest),
    UpdateClusterConfig(&'a UpdateClusterConfigRequest),
    UpdateClusterVersion(&'a UpdateClusterVersionRequest),
    UpdateEksAnywhereSubscription(&'a UpdateEksAnywhereSubscriptionRequest),
    UpdateNodegroupConfig(&'a UpdateNodegroupConfigRequest),
    UpdateNodegroupVersion(&'a UpdateNodegroupVersionRequest),
    UpdatePodIdentityAssociation(&'a UpdatePodIdentityAssociationRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::ActivateCertificateAuthority(_) => "ActivateCertificateAuthority",
            Self::AssociateAccessPolicy(_) => "AssociateAccessPolicy",
            Self::AssociateEncryptionConfig(_) => "AssociateEncryptionConfig",
            Self::AssociateIdentityProviderConfig(_) => "AssociateIdentityProviderConfig",
            Self::CancelUpdate(_) => "CancelUpdate",
            Self::CreateAccessEntry(_) => "CreateAccessEntry",
            Self::CreateAddon(_) => "CreateAddon",
            Self::CreateCapability(_) => "CreateCapability",
            Self::CreateCertificateAuthority(_) => "CreateCertificateAuthority",
            Self::CreateCluster(_) => "CreateCluster",
            Self::CreateEksAnywhereSubscription(_) => "CreateEksAnywhereSubscription",
            Self::CreateFargateProfile(_) => "CreateFargateProfile",
            Self::CreateNodegroup(_) => "CreateNodegroup",
            Self::CreatePodIdentityAssociation(_) => "CreatePodIdentityAssociation",
            Self::DeleteAccessEntry(_) => "DeleteAccessEntry",
            Self::DeleteAddon(_) => "DeleteAddon",
            Self::DeleteCapability(_) => "DeleteCapability",
            Self::DeleteCertificateAuthority(_) => "DeleteCertificateAuthority",
            Self::DeleteCluster(_) => "DeleteCluster",
            Self::DeleteEksAnywhereSubscription(_) => "DeleteEksAnywhereSubscription",
            Self::DeleteFargateProfile(_) => "DeleteFargateProfile",
            Self::DeleteNodegroup(_) => "DeleteNodegroup",
            Self::DeletePodIdentityAssociation(_) => "DeletePodIdentityAssociation",
            Self::DeregisterCluster(_) => "DeregisterCluster",
            Self::DescribeAccessEntry(_) => "DescribeAccessEntry",
            Self::DescribeAddon(_) => "DescribeAddon",
            Self::DescribeAddonConfiguration(_) => "DescribeAddonConfiguration",
            Self::DescribeAddonVersions(_) => "DescribeAddonVersions",
            Self::DescribeCapability(_) => "DescribeCapability",
            Self::DescribeCertificateAuthority(_) => "DescribeCertificateAuthority",
            Self::DescribeCluster(_) => "DescribeCluster",
            Self::DescribeClusterVersions(_) => "DescribeClusterVersions",
            Self::DescribeEksAnywhereSubscription(_) => "DescribeEksAnywhereSubscription",
            Self::DescribeFargateProfile(_) => "DescribeFargateProfile",
            Self::DescribeIdentityProviderConfig(_) => "DescribeIdentityProviderConfig",
            Self::DescribeInsight(_) => "DescribeInsight",
            Self::DescribeInsightsRefresh(_) => "DescribeInsightsRefresh",
            Self::DescribeNodegroup(_) => "DescribeNodegroup",
            Self::DescribePodIdentityAssociation(_) => "DescribePodIdentityAssociation",
            Self::DescribeUpdate(_) => "DescribeUpdate",
            Self::DisassociateAccessPolicy(_) => "DisassociateAccessPolicy",
            Self::DisassociateIdentityProviderConfig(_) => "DisassociateIdentityProviderConfig",
            Self::ListAccessEntries(_) => "ListAccessEntries",
            Self::ListAccessPolicies(_) => "ListAccessPolicies",
            Self::ListAddons(_) => "ListAddons",
            Self::ListAssociatedAccessPolicies(_) => "ListAssociatedAccessPolicies",
            Self::ListCapabilities(_) => "ListCapabilities",
            Self::ListCertificateAuthorities(_) => "ListCertificateAuthorities",
            Self::ListClusters(_) => "ListClusters",
            Self::ListEksAnywhereSubscriptions(_) => "ListEksAnywhereSubscriptions",
            Self::ListFargateProfiles(_) => "ListFargateProfiles",
            Self::ListIdentityProviderConfigs(_) => "ListIdentityProviderConfigs",
            Self::ListInsights(_) => "ListInsights",
            Self::ListNodegroups(_) => "ListNodegroups",
            Self::ListPodIdentityAssociations(_) => "ListPodIdentityAssociations",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ListUpdates(_) => "ListUpdates",
            Self::RegisterCluster(_) => "RegisterCluster",
            Self::StartInsightsRefresh(_) => "StartInsightsRefresh",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateAccessEntry(_) => "UpdateAccessEntry",
            Self::UpdateAddon(_) => "UpdateAddon",
            Self::UpdateCapability(_) => "UpdateCapability",
            Self::UpdateClusterConfig(_) => "UpdateClusterConfig",
            Self::UpdateClusterVersion(_) => "UpdateClusterVersion",
            Self::UpdateEksAnywhereSubscription(_) => "UpdateEksAnywhereSubscription",
            Self::UpdateNodegroupConfig(_) => "UpdateNodegroupConfig",
            Self::UpdateNodegroupVersion(_) => "UpdateNodegroupVersion",
            Self::UpdatePodIdentityAssociation(_) => "UpdatePodIdentityAssociation",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("eks:{}", self.operation())
    }
}

#[async_trait]
pub trait Eks: Send + Sync + 'static {
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

    async fn activate_certificate_authority(
        &self,
        call: &Call,
        input: ActivateCertificateAuthorityRequest,
    ) -> Result<ActivateCertificateAuthorityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ActivateCertificateAuthority"))
    }

    async fn associate_access_policy(
        &self,
        call: &Call,
        input: AssociateAccessPolicyRequest,
    ) -> Result<AssociateAccessPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "AssociateAccessPolicy"))
    }

    async fn associate_encryption_config(
        &self,
        call: &Call,
        input: AssociateEncryptionConfigRequest,
    ) -> Result<AssociateEncryptionConfigResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "AssociateEncryptionConfig"))
    }

    async fn associate_identity_provider_config(
        &self,
        call: &Call,
        input: AssociateIdentityProviderConfigRequest,
    ) -> Result<AssociateIdentityProviderConfigResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "AssociateIdentityProviderConfig"))
    }

    async fn cancel_update(
        &self,
        call: &Call,
        input: CancelUpdateRequest,
    ) -> Result<CancelUpdateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CancelUpdate"))
    }

    async fn create_access_entry(
        &self,
        call: &Call,
        input: CreateAccessEntryRequest,
    ) -> Result<CreateAccessEntryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateAccessEntry"))
    }

    async fn create_addon(
        &self,
        call: &Call,
        input: CreateAddonRequest,
    ) -> Result<CreateAddonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateAddon"))
    }

    async fn create_capability(
        &self,
        call: &Call,
        input: CreateCapabilityRequest,
    ) -> Result<CreateCapabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateCapability"))
    }

    async fn create_certificate_authority(
        &self,
        call: &Call,
        input: CreateCertificateAuthorityRequest,
    ) -> Result<CreateCertificateAuthorityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateCertificateAuthority"))
    }

    async fn create_cluster(
        &self,
        call: &Call,
        input: CreateClusterRequest,
    ) -> Result<CreateClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateCluster"))
    }

    async fn create_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: CreateEksAnywhereSubscriptionRequest,
    ) -> Result<CreateEksAnywhereSubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateEksAnywhereSubscription"))
    }

    async fn create_fargate_profile(
        &self,
        call: &Call,
        input: CreateFargateProfileRequest,
    ) -> Result<CreateFargateProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateFargateProfile"))
    }

    async fn create_nodegroup(
        &self,
        call: &Call,
        input: CreateNodegroupRequest,
    ) -> Result<CreateNodegroupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreateNodegroup"))
    }

    async fn create_pod_identity_association(
        &self,
        call: &Call,
        input: CreatePodIdentityAssociationRequest,
    ) -> Result<CreatePodIdentityAssociationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "CreatePodIdentityAssociation"))
    }

    async fn delete_access_entry(
        &self,
        call: &Call,
        input: DeleteAccessEntryRequest,
    ) -> Result<DeleteAccessEntryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteAccessEntry"))
    }

    async fn delete_addon(
        &self,
        call: &Call,
        input: DeleteAddonRequest,
    ) -> Result<DeleteAddonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteAddon"))
    }

    async fn delete_capability(
        &self,
        call: &Call,
        input: DeleteCapabilityRequest,
    ) -> Result<DeleteCapabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteCapability"))
    }

    async fn delete_certificate_authority(
        &self,
        call: &Call,
        input: DeleteCertificateAuthorityRequest,
    ) -> Result<DeleteCertificateAuthorityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteCertificateAuthority"))
    }

    async fn delete_cluster(
        &self,
        call: &Call,
        input: DeleteClusterRequest,
    ) -> Result<DeleteClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteCluster"))
    }

    async fn delete_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: DeleteEksAnywhereSubscriptionRequest,
    ) -> Result<DeleteEksAnywhereSubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteEksAnywhereSubscription"))
    }

    async fn delete_fargate_profile(
        &self,
        call: &Call,
        input: DeleteFargateProfileRequest,
    ) -> Result<DeleteFargateProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteFargateProfile"))
    }

    async fn delete_nodegroup(
        &self,
        call: &Call,
        input: DeleteNodegroupRequest,
    ) -> Result<DeleteNodegroupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeleteNodegroup"))
    }

    async fn delete_pod_identity_association(
        &self,
        call: &Call,
        input: DeletePodIdentityAssociationRequest,
    ) -> Result<DeletePodIdentityAssociationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeletePodIdentityAssociation"))
    }

    async fn deregister_cluster(
        &self,
        call: &Call,
        input: DeregisterClusterRequest,
    ) -> Result<DeregisterClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DeregisterCluster"))
    }

    async fn describe_access_entry(
        &self,
        call: &Call,
        input: DescribeAccessEntryRequest,
    ) -> Result<DescribeAccessEntryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeAccessEntry"))
    }

    async fn describe_addon(
        &self,
        call: &Call,
        input: DescribeAddonRequest,
    ) -> Result<DescribeAddonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeAddon"))
    }

    async fn describe_addon_configuration(
        &self,
        call: &Call,
        input: DescribeAddonConfigurationRequest,
    ) -> Result<DescribeAddonConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeAddonConfiguration"))
    }

    async fn describe_addon_versions(
        &self,
        call: &Call,
        input: DescribeAddonVersionsRequest,
    ) -> Result<DescribeAddonVersionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeAddonVersions"))
    }

    async fn describe_capability(
        &self,
        call: &Call,
        input: DescribeCapabilityRequest,
    ) -> Result<DescribeCapabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeCapability"))
    }

    async fn describe_certificate_authority(
        &self,
        call: &Call,
        input: DescribeCertificateAuthorityRequest,
    ) -> Result<DescribeCertificateAuthorityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeCertificateAuthority"))
    }

    async fn describe_cluster(
        &self,
        call: &Call,
        input: DescribeClusterRequest,
    ) -> Result<DescribeClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeCluster"))
    }

    async fn describe_cluster_versions(
        &self,
        call: &Call,
        input: DescribeClusterVersionsRequest,
    ) -> Result<DescribeClusterVersionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeClusterVersions"))
    }

    async fn describe_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: DescribeEksAnywhereSubscriptionRequest,
    ) -> Result<DescribeEksAnywhereSubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeEksAnywhereSubscription"))
    }

    async fn describe_fargate_profile(
        &self,
        call: &Call,
        input: DescribeFargateProfileRequest,
    ) -> Result<DescribeFargateProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeFargateProfile"))
    }

    async fn describe_identity_provider_config(
        &self,
        call: &Call,
        input: DescribeIdentityProviderConfigRequest,
    ) -> Result<DescribeIdentityProviderConfigResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeIdentityProviderConfig"))
    }

    async fn describe_insight(
        &self,
        call: &Call,
        input: DescribeInsightRequest,
    ) -> Result<DescribeInsightResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeInsight"))
    }

    async fn describe_insights_refresh(
        &self,
        call: &Call,
        input: DescribeInsightsRefreshRequest,
    ) -> Result<DescribeInsightsRefreshResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeInsightsRefresh"))
    }

    async fn describe_nodegroup(
        &self,
        call: &Call,
        input: DescribeNodegroupRequest,
    ) -> Result<DescribeNodegroupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeNodegroup"))
    }

    async fn describe_pod_identity_association(
        &self,
        call: &Call,
        input: DescribePodIdentityAssociationRequest,
    ) -> Result<DescribePodIdentityAssociationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribePodIdentityAssociation"))
    }

    async fn describe_update(
        &self,
        call: &Call,
        input: DescribeUpdateRequest,
    ) -> Result<DescribeUpdateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DescribeUpdate"))
    }

    async fn disassociate_access_policy(
        &self,
        call: &Call,
        input: DisassociateAccessPolicyRequest,
    ) -> Result<DisassociateAccessPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "DisassociateAccessPolicy"))
    }

    async fn disassociate_identity_provider_config(
        &self,
        call: &Call,
        input: DisassociateIdentityProviderConfigRequest,
    ) -> Result<DisassociateIdentityProviderConfigResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "eks",
            "DisassociateIdentityProviderConfig",
        ))
    }

    async fn list_access_entries(
        &self,
        call: &Call,
        input: ListAccessEntriesRequest,
    ) -> Result<ListAccessEntriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListAccessEntries"))
    }

    async fn list_access_policies(
        &self,
        call: &Call,
        input: ListAccessPoliciesRequest,
    ) -> Result<ListAccessPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListAccessPolicies"))
    }

    async fn list_addons(
        &self,
        call: &Call,
        input: ListAddonsRequest,
    ) -> Result<ListAddonsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListAddons"))
    }

    async fn list_associated_access_policies(
        &self,
        call: &Call,
        input: ListAssociatedAccessPoliciesRequest,
    ) -> Result<ListAssociatedAccessPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListAssociatedAccessPolicies"))
    }

    async fn list_capabilities(
        &self,
        call: &Call,
        input: ListCapabilitiesRequest,
    ) -> Result<ListCapabilitiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListCapabilities"))
    }

    async fn list_certificate_authorities(
        &self,
        call: &Call,
        input: ListCertificateAuthoritiesRequest,
    ) -> Result<ListCertificateAuthoritiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListCertificateAuthorities"))
    }

    async fn list_clusters(
        &self,
        call: &Call,
        input: ListClustersRequest,
    ) -> Result<ListClustersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListClusters"))
    }

    async fn list_eks_anywhere_subscriptions(
        &self,
        call: &Call,
        input: ListEksAnywhereSubscriptionsRequest,
    ) -> Result<ListEksAnywhereSubscriptionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListEksAnywhereSubscriptions"))
    }

    async fn list_fargate_profiles(
        &self,
        call: &Call,
        input: ListFargateProfilesRequest,
    ) -> Result<ListFargateProfilesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListFargateProfiles"))
    }

    async fn list_identity_provider_configs(
        &self,
        call: &Call,
        input: ListIdentityProviderConfigsRequest,
    ) -> Result<ListIdentityProviderConfigsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListIdentityProviderConfigs"))
    }

    async fn list_insights(
        &self,
        call: &Call,
        input: ListInsightsRequest,
    ) -> Result<ListInsightsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListInsights"))
    }

    async fn list_nodegroups(
        &self,
        call: &Call,
        input: ListNodegroupsRequest,
    ) -> Result<ListNodegroupsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListNodegroups"))
    }

    async fn list_pod_identity_associations(
        &self,
        call: &Call,
        input: ListPodIdentityAssociationsRequest,
    ) -> Result<ListPodIdentityAssociationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListPodIdentityAssociations"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListTagsForResource"))
    }

    async fn list_updates(
        &self,
        call: &Call,
        input: ListUpdatesRequest,
    ) -> Result<ListUpdatesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "ListUpdates"))
    }

    async fn register_cluster(
        &self,
        call: &Call,
        input: RegisterClusterRequest,
    ) -> Result<RegisterClusterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "RegisterCluster"))
    }

    async fn start_insights_refresh(
        &self,
        call: &Call,
        input: StartInsightsRefreshRequest,
    ) -> Result<StartInsightsRefreshResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "StartInsightsRefresh"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UntagResource"))
    }

    async fn update_access_entry(
        &self,
        call: &Call,
        input: UpdateAccessEntryRequest,
    ) -> Result<UpdateAccessEntryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateAccessEntry"))
    }

    async fn update_addon(
        &self,
        call: &Call,
        input: UpdateAddonRequest,
    ) -> Result<UpdateAddonResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateAddon"))
    }

    async fn update_capability(
        &self,
        call: &Call,
        input: UpdateCapabilityRequest,
    ) -> Result<UpdateCapabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateCapability"))
    }

    async fn update_cluster_config(
        &self,
        call: &Call,
        input: UpdateClusterConfigRequest,
    ) -> Result<UpdateClusterConfigResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateClusterConfig"))
    }

    async fn update_cluster_version(
        &self,
        call: &Call,
        input: UpdateClusterVersionRequest,
    ) -> Result<UpdateClusterVersionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateClusterVersion"))
    }

    async fn update_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: UpdateEksAnywhereSubscriptionRequest,
    ) -> Result<UpdateEksAnywhereSubscriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateEksAnywhereSubscription"))
    }

    async fn update_nodegroup_config(
        &self,
        call: &Call,
        input: UpdateNodegroupConfigRequest,
    ) -> Result<UpdateNodegroupConfigResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateNodegroupConfig"))
    }

    async fn update_nodegroup_version(
        &self,
        call: &Call,
        input: UpdateNodegroupVersionRequest,
    ) -> Result<UpdateNodegroupVersionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdateNodegroupVersion"))
    }

    async fn update_pod_identity_association(
        &self,
        call: &Call,
        input: UpdatePodIdentityAssociationRequest,
    ) -> Result<UpdatePodIdentityAssociationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("eks", "UpdatePodIdentityAssociation"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Eks>);

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
            0 => Box::new(ActivateCertificateAuthorityRequest::default()),
            1 => Box::new(AssociateAccessPolicyRequest::default()),
            2 => Box::new(AssociateEncryptionConfigRequest::default()),
            3 => Box::new(AssociateIdentityProviderConfigRequest::default()),
            4 => Box::new(CancelUpdateRequest::default()),
            5 => Box::new(CreateAccessEntryRequest::default()),
            6 => Box::new(CreateAddonRequest::default()),
            7 => Box::new(CreateCapabilityRequest::default()),
            8 => Box::new(CreateCertificateAuthorityRequest::default()),
            9 => Box::new(CreateClusterRequest::default()),
            10 => Box::new(CreateEksAnywhereSubscriptionRequest::default()),
            11 => Box::new(CreateFargateProfileRequest::default()),
            12 => Box::new(CreateNodegroupRequest::default()),
            13 => Box::new(CreatePodIdentityAssociationRequest::default()),
            14 => Box::new(DeleteAccessEntryRequest::default()),
            15 => Box::new(DeleteAddonRequest::default()),
            16 => Box::new(DeleteCapabilityRequest::default()),
            17 => Box::new(DeleteCertificateAuthorityRequest::default()),
            18 => Box::new(DeleteClusterRequest::default()),
            19 => Box::new(DeleteEksAnywhereSubscriptionRequest::default()),
            20 => Box::new(DeleteFargateProfileRequest::default()),
            21 => Box::new(DeleteNodegroupRequest::default()),
            22 => Box::new(DeletePodIdentityAssociationRequest::default()),
            23 => Box::new(DeregisterClusterRequest::default()),
            24 => Box::new(DescribeAccessEntryRequest::default()),
            25 => Box::new(DescribeAddonRequest::default()),
            26 => Box::new(DescribeAddonConfigurationRequest::default()),
            27 => Box::new(DescribeAddonVersionsRequest::default()),
            28 => Box::new(DescribeCapabilityRequest::default()),
            29 => Box::new(DescribeCertificateAuthorityRequest::default()),
            30 => Box::new(DescribeClusterRequest::default()),
            31 => Box::new(DescribeClusterVersionsRequest::default()),
            32 => Box::new(DescribeEksAnywhereSubscriptionRequest::default()),
            33 => Box::new(DescribeFargateProfileRequest::default()),
            34 => Box::new(DescribeIdentityProviderConfigRequest::default()),
            35 => Box::new(DescribeInsightRequest::default()),
            36 => Box::new(DescribeInsightsRefreshRequest::default()),
            37 => Box::new(DescribeNodegroupRequest::default()),
            38 => Box::new(DescribePodIdentityAssociationRequest::default()),
            39 => Box::new(DescribeUpdateRequest::default()),
            40 => Box::new(DisassociateAccessPolicyRequest::default()),
            41 => Box::new(DisassociateIdentityProviderConfigRequest::default()),
            42 => Box::new(ListAccessEntriesRequest::default()),
            43 => Box::new(ListAccessPoliciesRequest::default()),
            44 => Box::new(ListAddonsRequest::default()),
            45 => Box::new(ListAssociatedAccessPoliciesRequest::default()),
            46 => Box::new(ListCapabilitiesRequest::default()),
            47 => Box::new(ListCertificateAuthoritiesRequest::default()),
            48 => Box::new(ListClustersRequest::default()),
            49 => Box::new(ListEksAnywhereSubscriptionsRequest::default()),
            50 => Box::new(ListFargateProfilesRequest::default()),
            51 => Box::new(ListIdentityProviderConfigsRequest::default()),
            52 => Box::new(ListInsightsRequest::default()),
            53 => Box::new(ListNodegroupsRequest::default()),
            54 => Box::new(ListPodIdentityAssociationsRequest::default()),
            55 => Box::new(ListTagsForResourceRequest::default()),
            56 => Box::new(ListUpdatesRequest::default()),
            57 => Box::new(RegisterClusterRequest::default()),
            58 => Box::new(StartInsightsRefreshRequest::default()),
            59 => Box::new(TagResourceRequest::default()),
            60 => Box::new(UntagResourceRequest::default()),
            61 => Box::new(UpdateAccessEntryRequest::default()),
            62 => Box::new(UpdateAddonRequest::default()),
            63 => Box::new(UpdateCapabilityRequest::default()),
            64 => Box::new(UpdateClusterConfigRequest::default()),
            65 => Box::new(UpdateClusterVersionRequest::default()),
            66 => Box::new(UpdateEksAnywhereSubscriptionRequest::default()),
            67 => Box::new(UpdateNodegroupConfigRequest::default()),
            68 => Box::new(UpdateNodegroupVersionRequest::default()),
            69 => Box::new(UpdatePodIdentityAssociationRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(ActivateCertificateAuthorityResponse::default()),
            1 => Box::new(AssociateAccessPolicyResponse::default()),
            2 => Box::new(AssociateEncryptionConfigResponse::default()),
            3 => Box::new(AssociateIdentityProviderConfigResponse::default()),
            4 => Box::new(CancelUpdateResponse::default()),
            5 => Box::new(CreateAccessEntryResponse::default()),
            6 => Box::new(CreateAddonResponse::default()),
            7 => Box::new(CreateCapabilityResponse::default()),
            8 => Box::new(CreateCertificateAuthorityResponse::default()),
            9 => Box::new(CreateClusterResponse::default()),
            10 => Box::new(CreateEksAnywhereSubscriptionResponse::default()),
            11 => Box::new(CreateFargateProfileResponse::default()),
            12 => Box::new(CreateNodegroupResponse::default()),
            13 => Box::new(CreatePodIdentityAssociationResponse::default()),
            14 => Box::new(DeleteAccessEntryResponse::default()),
            15 => Box::new(DeleteAddonResponse::default()),
            16 => Box::new(DeleteCapabilityResponse::default()),
            17 => Box::new(DeleteCertificateAuthorityResponse::default()),
            18 => Box::new(DeleteClusterResponse::default()),
            19 => Box::new(DeleteEksAnywhereSubscriptionResponse::default()),
            20 => Box::new(DeleteFargateProfileResponse::default()),
            21 => Box::new(DeleteNodegroupResponse::default()),
            22 => Box::new(DeletePodIdentityAssociationResponse::default()),
            23 => Box::new(DeregisterClusterResponse::default()),
            24 => Box::new(DescribeAccessEntryResponse::default()),
            25 => Box::new(DescribeAddonResponse::default()),
            26 => Box::new(DescribeAddonConfigurationResponse::default()),
            27 => Box::new(DescribeAddonVersionsResponse::default()),
            28 => Box::new(DescribeCapabilityResponse::default()),
            29 => Box::new(DescribeCertificateAuthorityResponse::default()),
            30 => Box::new(DescribeClusterResponse::default()),
            31 => Box::new(DescribeClusterVersionsResponse::default()),
            32 => Box::new(DescribeEksAnywhereSubscriptionResponse::default()),
            33 => Box::new(DescribeFargateProfileResponse::default()),
            34 => Box::new(DescribeIdentityProviderConfigResponse::default()),
            35 => Box::new(DescribeInsightResponse::default()),
            36 => Box::new(DescribeInsightsRefreshResponse::default()),
            37 => Box::new(DescribeNodegroupResponse::default()),
            38 => Box::new(DescribePodIdentityAssociationResponse::default()),
            39 => Box::new(DescribeUpdateResponse::default()),
            40 => Box::new(DisassociateAccessPolicyResponse::default()),
            41 => Box::new(DisassociateIdentityProviderConfigResponse::default()),
            42 => Box::new(ListAccessEntriesResponse::default()),
            43 => Box::new(ListAccessPoliciesResponse::default()),
            44 => Box::new(ListAddonsResponse::default()),
            45 => Box::new(ListAssociatedAccessPoliciesResponse::default()),
            46 => Box::new(ListCapabilitiesResponse::default()),
            47 => Box::new(ListCertificateAuthoritiesResponse::default()),
            48 => Box::new(ListClustersResponse::default()),
            49 => Box::new(ListEksAnywhereSubscriptionsResponse::default()),
            50 => Box::new(ListFargateProfilesResponse::default()),
            51 => Box::new(ListIdentityProviderConfigsResponse::default()),
            52 => Box::new(ListInsightsResponse::default()),
            53 => Box::new(ListNodegroupsResponse::default()),
            54 => Box::new(ListPodIdentityAssociationsResponse::default()),
            55 => Box::new(ListTagsForResourceResponse::default()),
            56 => Box::new(ListUpdatesResponse::default()),
            57 => Box::new(RegisterClusterResponse::default()),
            58 => Box::new(StartInsightsRefreshResponse::default()),
            59 => Box::new(TagResourceResponse::default()),
            60 => Box::new(UntagResourceResponse::default()),
            61 => Box::new(UpdateAccessEntryResponse::default()),
            62 => Box::new(UpdateAddonResponse::default()),
            63 => Box::new(UpdateCapabilityResponse::default()),
            64 => Box::new(UpdateClusterConfigResponse::default()),
            65 => Box::new(UpdateClusterVersionResponse::default()),
            66 => Box::new(UpdateEksAnywhereSubscriptionResponse::default()),
            67 => Box::new(UpdateNodegroupConfigResponse::default()),
            68 => Box::new(UpdateNodegroupVersionResponse::default()),
            69 => Box::new(UpdatePodIdentityAssociationResponse::default()),
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
            0 => Input::ActivateCertificateAuthority(borrowed(input)),
            1 => Input::AssociateAccessPolicy(borrowed(input)),
            2 => Input::AssociateEncryptionConfig(borrowed(input)),
            3 => Input::AssociateIdentityProviderConfig(borrowed(input)),
            4 => Input::CancelUpdate(borrowed(input)),
            5 => Input::CreateAccessEntry(borrowed(input)),
            6 => Input::CreateAddon(borrowed(input)),
            7 => Input::CreateCapability(borrowed(input)),
            8 => Input::CreateCertificateAuthority(borrowed(input)),
            9 => Input::CreateCluster(borrowed(input)),
            10 => Input::CreateEksAnywhereSubscription(borrowed(input)),
            11 => Input::CreateFargateProfile(borrowed(input)),
            12 => Input::CreateNodegroup(borrowed(input)),
            13 => Input::CreatePodIdentityAssociation(borrowed(input)),
            14 => Input::DeleteAccessEntry(borrowed(input)),
            15 => Input::DeleteAddon(borrowed(input)),
            16 => Input::DeleteCapability(borrowed(input)),
            17 => Input::DeleteCertificateAuthority(borrowed(input)),
            18 => Input::DeleteCluster(borrowed(input)),
            19 => Input::DeleteEksAnywhereSubscription(borrowed(input)),
            20 => Input::DeleteFargateProfile(borrowed(input)),
            21 => Input::DeleteNodegroup(borrowed(input)),
            22 => Input::DeletePodIdentityAssociation(borrowed(input)),
            23 => Input::DeregisterCluster(borrowed(input)),
            24 => Input::DescribeAccessEntry(borrowed(input)),
            25 => Input::DescribeAddon(borrowed(input)),
            26 => Input::DescribeAddonConfiguration(borrowed(input)),
            27 => Input::DescribeAddonVersions(borrowed(input)),
            28 => Input::DescribeCapability(borrowed(input)),
            29 => Input::DescribeCertificateAuthority(borrowed(input)),
            30 => Input::DescribeCluster(borrowed(input)),
            31 => Input::DescribeClusterVersions(borrowed(input)),
            32 => Input::DescribeEksAnywhereSubscription(borrowed(input)),
            33 => Input::DescribeFargateProfile(borrowed(input)),
            34 => Input::DescribeIdentityProviderConfig(borrowed(input)),
            35 => Input::DescribeInsight(borrowed(input)),
            36 => Input::DescribeInsightsRefresh(borrowed(input)),
            37 => Input::DescribeNodegroup(borrowed(input)),
            38 => Input::DescribePodIdentityAssociation(borrowed(input)),
            39 => Input::DescribeUpdate(borrowed(input)),
            40 => Input::DisassociateAccessPolicy(borrowed(input)),
            41 => Input::DisassociateIdentityProviderConfig(borrowed(input)),
            42 => Input::ListAccessEntries(borrowed(input)),
            43 => Input::ListAccessPolicies(borrowed(input)),
            44 => Input::ListAddons(borrowed(input)),
            45 => Input::ListAssociatedAccessPolicies(borrowed(input)),
            46 => Input::ListCapabilities(borrowed(input)),
            47 => Input::ListCertificateAuthorities(borrowed(input)),
            48 => Input::ListClusters(borrowed(input)),
            49 => Input::ListEksAnywhereSubscriptions(borrowed(input)),
            50 => Input::ListFargateProfiles(borrowed(input)),
            51 => Input::ListIdentityProviderConfigs(borrowed(input)),
            52 => Input::ListInsights(borrowed(input)),
            53 => Input::ListNodegroups(borrowed(input)),
            54 => Input::ListPodIdentityAssociations(borrowed(input)),
            55 => Input::ListTagsForResource(borrowed(input)),
            56 => Input::ListUpdates(borrowed(input)),
            57 => Input::RegisterCluster(borrowed(input)),
            58 => Input::StartInsightsRefresh(borrowed(input)),
            59 => Input::TagResource(borrowed(input)),
            60 => Input::UntagResource(borrowed(input)),
            61 => Input::UpdateAccessEntry(borrowed(input)),
            62 => Input::UpdateAddon(borrowed(input)),
            63 => Input::UpdateCapability(borrowed(input)),
            64 => Input::UpdateClusterConfig(borrowed(input)),
            65 => Input::UpdateClusterVersion(borrowed(input)),
            66 => Input::UpdateEksAnywhereSubscription(borrowed(input)),
            67 => Input::UpdateNodegroupConfig(borrowed(input)),
            68 => Input::UpdateNodegroupVersion(borrowed(input)),
            69 => Input::UpdatePodIdentityAssociation(borrowed(input)),
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
                    .activate_certificate_authority(call, typed(input))
                    .await?,
            ),
            1 => Box::new(self.0.associate_access_policy(call, typed(input)).await?),
            2 => Box::new(
                self.0
                    .associate_encryption_config(call, typed(input))
                    .await?,
            ),
            3 => Box::new(
                self.0
                    .associate_identity_provider_config(call, typed(input))
                    .await?,
            ),
            4 => Box::new(self.0.cancel_update(call, typed(input)).await?),
            5 => Box::new(self.0.create_access_entry(call, typed(input)).await?),
            6 => Box::new(self.0.create_addon(call, typed(input)).await?),
            7 => Box::new(self.0.create_capability(call, typed(input)).await?),
            8 => Box::new(
                self.0
                    .create_certificate_authority(call, typed(input))
                    .await?,
            ),
            9 => Box::new(self.0.create_cluster(call, typed(input)).await?),
            10 => Box::new(
                self.0
                    .create_eks_anywhere_subscription(call, typed(input))
                    .await?,
            ),
            11 => Box::new(self.0.create_fargate_profile(call, typed(input)).await?),
            12 => Box::new(self.0.create_nodegroup(call, typed(input)).await?),
            13 => Box::new(
                self.0
                    .create_pod_identity_association(call, typed(input))
                    .await?,
            ),
            14 => Box::new(self.0.delete_access_entry(call, typed(input)).await?),
            15 => Box::new(self.0.delete_addon(call, typed(input)).await?),
            16 => Box::new(self.0.delete_capability(call, typed(input)).await?),
            17 => Box::new(
                self.0
                    .delete_certificate_authority(call, typed(input))
                    .await?,
            ),
            18 => Box::new(self.0.delete_cluster(call, typed(input)).await?),
            19 => Box::new(
                self.0
                    .delete_eks_anywhere_subscription(call, typed(input))
                    .await?,
            ),
            20 => Box::new(self.0.delete_fargate_profile(call, typed(input)).await?),
            21 => Box::new(self.0.delete_nodegroup(call, typed(input)).await?),
            22 => Box::new(
                self.0
                    .delete_pod_identity_association(call, typed(input))
                    .await?,
            ),
            23 => Box::new(self.0.deregister_cluster(call, typed(input)).await?),
            24 => Box::new(self.0.describe_access_entry(call, typed(input)).await?),
            25 => Box::new(self.0.describe_addon(call, typed(input)).await?),
            26 => Box::new(
                self.0
                    .describe_addon_configuration(call, typed(input))
                    .await?,
            ),
            27 => Box::new(self.0.describe_addon_versions(call, typed(input)).await?),
            28 => Box::new(self.0.describe_capability(call, typed(input)).await?),
            29 => Box::new(
                self.0
                    .describe_certificate_authority(call, typed(input))
                    .await?,
            ),
            30 => Box::new(self.0.describe_cluster(call, typed(input)).await?),
            31 => Box::new(self.0.describe_cluster_versions(call, typed(input)).await?),
            32 => Box::new(
                self.0
                    .describe_eks_anywhere_subscription(call, typed(input))
                    .await?,
            ),
            33 => Box::new(self.0.describe_fargate_profile(call, typed(input)).await?),
            34 => Box::new(
                self.0
                    .describe_identity_provider_config(call, typed(input))
                    .await?,
            ),
            35 => Box::new(self.0.describe_insight(call, typed(input)).await?),
            36 => Box::new(self.0.describe_insights_refresh(call, typed(input)).await?),
            37 => Box::new(self.0.describe_nodegroup(call, typed(input)).await?),
            38 => Box::new(
                self.0
                    .describe_pod_identity_association(call, typed(input))
                    .await?,
            ),
            39 => Box::new(self.0.describe_update(call, typed(input)).await?),
            40 => Box::new(
                self.0
                    .disassociate_access_policy(call, typed(input))
                    .await?,
            ),
            41 => Box::new(
                self.0
                    .disassociate_identity_provider_config(call, typed(input))
                    .await?,
            ),
            42 => Box::new(self.0.list_access_entries(call, typed(input)).await?),
            43 => Box::new(self.0.list_access_policies(call, typed(input)).await?),
            44 => Box::new(self.0.list_addons(call, typed(input)).await?),
            45 => Box::new(
                self.0
                    .list_associated_access_policies(call, typed(input))
                    .await?,
            ),
            46 => Box::new(self.0.list_capabilities(call, typed(input)).await?),
            47 => Box::new(
                self.0
                    .list_certificate_authorities(call, typed(input))
                    .await?,
            ),
            48 => Box::new(self.0.list_clusters(call, typed(input)).await?),
            49 => Box::new(
                self.0
                    .list_eks_anywhere_subscriptions(call, typed(input))
                    .await?,
            ),
            50 => Box::new(self.0.list_fargate_profiles(call, typed(input)).await?),
            51 => Box::new(
                self.0
                    .list_identity_provider_configs(call, typed(input))
                    .await?,
            ),
            52 => Box::new(self.0.list_insights(call, typed(input)).await?),
            53 => Box::new(self.0.list_nodegroups(call, typed(input)).await?),
            54 => Box::new(
                self.0
                    .list_pod_identity_associations(call, typed(input))
                    .await?,
            ),
            55 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            56 => Box::new(self.0.list_updates(call, typed(input)).await?),
            57 => Box::new(self.0.register_cluster(call, typed(input)).await?),
            58 => Box::new(self.0.start_insights_refresh(call, typed(input)).await?),
            59 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            60 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            61 => Box::new(self.0.update_access_entry(call, typed(input)).await?),
            62 => Box::new(self.0.update_addon(call, typed(input)).await?),
            63 => Box::new(self.0.update_capability(call, typed(input)).await?),
            64 => Box::new(self.0.update_cluster_config(call, typed(input)).await?),
            65 => Box::new(self.0.update_cluster_version(call, typed(input)).await?),
            66 => Box::new(
                self.0
                    .update_eks_anywhere_subscription(call, typed(input))
                    .await?,
            ),
            67 => Box::new(self.0.update_nodegroup_config(call, typed(input)).await?),
            68 => Box::new(self.0.update_nodegroup_version(call, typed(input)).await?),
            69 => Box::new(
                self.0
                    .update_pod_identity_association(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Eks>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Eks>, dispatcher: Dispatcher) -> Self {
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
impl Eks for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn activate_certificate_authority(
        &self,
        call: &Call,
        input: ActivateCertificateAuthorityRequest,
    ) -> Result<ActivateCertificateAuthorityResponse, Fault> {
        let call = self
            .admit(call, Input::ActivateCertificateAuthority(&input), 0, &input)
            .await?;
        self.inner
            .activate_certificate_authority(&call, input)
            .await
    }

    async fn associate_access_policy(
        &self,
        call: &Call,
        input: AssociateAccessPolicyRequest,
    ) -> Result<AssociateAccessPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::AssociateAccessPolicy(&input), 1, &input)
            .await?;
        self.inner.associate_access_policy(&call, input).await
    }

    async fn associate_encryption_config(
        &self,
        call: &Call,
        input: AssociateEncryptionConfigRequest,
    ) -> Result<AssociateEncryptionConfigResponse, Fault> {
        let call = self
            .admit(call, Input::AssociateEncryptionConfig(&input), 2, &input)
            .await?;
        self.inner.associate_encryption_config(&call, input).await
    }

    async fn associate_identity_provider_config(
        &self,
        call: &Call,
        input: AssociateIdentityProviderConfigRequest,
    ) -> Result<AssociateIdentityProviderConfigResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::AssociateIdentityProviderConfig(&input),
                3,
                &input,
            )
            .await?;
        self.inner
            .associate_identity_provider_config(&call, input)
            .await
    }

    async fn cancel_update(
        &self,
        call: &Call,
        input: CancelUpdateRequest,
    ) -> Result<CancelUpdateResponse, Fault> {
        let call = self
            .admit(call, Input::CancelUpdate(&input), 4, &input)
            .await?;
        self.inner.cancel_update(&call, input).await
    }

    async fn create_access_entry(
        &self,
        call: &Call,
        input: CreateAccessEntryRequest,
    ) -> Result<CreateAccessEntryResponse, Fault> {
        let call = self
            .admit(call, Input::CreateAccessEntry(&input), 5, &input)
            .await?;
        self.inner.create_access_entry(&call, input).await
    }

    async fn create_addon(
        &self,
        call: &Call,
        input: CreateAddonRequest,
    ) -> Result<CreateAddonResponse, Fault> {
        let call = self
            .admit(call, Input::CreateAddon(&input), 6, &input)
            .await?;
        self.inner.create_addon(&call, input).await
    }

    async fn create_capability(
        &self,
        call: &Call,
        input: CreateCapabilityRequest,
    ) -> Result<CreateCapabilityResponse, Fault> {
        let call = self
            .admit(call, Input::CreateCapability(&input), 7, &input)
            .await?;
        self.inner.create_capability(&call, input).await
    }

    async fn create_certificate_authority(
        &self,
        call: &Call,
        input: CreateCertificateAuthorityRequest,
    ) -> Result<CreateCertificateAuthorityResponse, Fault> {
        let call = self
            .admit(call, Input::CreateCertificateAuthority(&input), 8, &input)
            .await?;
        self.inner.create_certificate_authority(&call, input).await
    }

    async fn create_cluster(
        &self,
        call: &Call,
        input: CreateClusterRequest,
    ) -> Result<CreateClusterResponse, Fault> {
        let call = self
            .admit(call, Input::CreateCluster(&input), 9, &input)
            .await?;
        self.inner.create_cluster(&call, input).await
    }

    async fn create_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: CreateEksAnywhereSubscriptionRequest,
    ) -> Result<CreateEksAnywhereSubscriptionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateEksAnywhereSubscription(&input),
                10,
                &input,
            )
            .await?;
        self.inner
            .create_eks_anywhere_subscription(&call, input)
            .await
    }

    async fn create_fargate_profile(
        &self,
        call: &Call,
        input: CreateFargateProfileRequest,
    ) -> Result<CreateFargateProfileResponse, Fault> {
        let call = self
            .admit(call, Input::CreateFargateProfile(&input), 11, &input)
            .await?;
        self.inner.create_fargate_profile(&call, input).await
    }

    async fn create_nodegroup(
        &self,
        call: &Call,
        input: CreateNodegroupRequest,
    ) -> Result<CreateNodegroupResponse, Fault> {
        let call = self
            .admit(call, Input::CreateNodegroup(&input), 12, &input)
            .await?;
        self.inner.create_nodegroup(&call, input).await
    }

    async fn create_pod_identity_association(
        &self,
        call: &Call,
        input: CreatePodIdentityAssociationRequest,
    ) -> Result<CreatePodIdentityAssociationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::CreatePodIdentityAssociation(&input),
                13,
                &input,
            )
            .await?;
        self.inner
            .create_pod_identity_association(&call, input)
            .await
    }

    async fn delete_access_entry(
        &self,
        call: &Call,
        input: DeleteAccessEntryRequest,
    ) -> Result<DeleteAccessEntryResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAccessEntry(&input), 14, &input)
            .await?;
        self.inner.delete_access_entry(&call, input).await
    }

    async fn delete_addon(
        &self,
        call: &Call,
        input: DeleteAddonRequest,
    ) -> Result<DeleteAddonResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAddon(&input), 15, &input)
            .await?;
        self.inner.delete_addon(&call, input).await
    }

    async fn delete_capability(
        &self,
        call: &Call,
        input: DeleteCapabilityRequest,
    ) -> Result<DeleteCapabilityResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteCapability(&input), 16, &input)
            .await?;
        self.inner.delete_capability(&call, input).await
    }

    async fn delete_certificate_authority(
        &self,
        call: &Call,
        input: DeleteCertificateAuthorityRequest,
    ) -> Result<DeleteCertificateAuthorityResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteCertificateAuthority(&input), 17, &input)
            .await?;
        self.inner.delete_certificate_authority(&call, input).await
    }

    async fn delete_cluster(
        &self,
        call: &Call,
        input: DeleteClusterRequest,
    ) -> Result<DeleteClusterResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteCluster(&input), 18, &input)
            .await?;
        self.inner.delete_cluster(&call, input).await
    }

    async fn delete_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: DeleteEksAnywhereSubscriptionRequest,
    ) -> Result<DeleteEksAnywhereSubscriptionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteEksAnywhereSubscription(&input),
                19,
                &input,
            )
            .await?;
        self.inner
            .delete_eks_anywhere_subscription(&call, input)
            .await
    }

    async fn delete_fargate_profile(
        &self,
        call: &Call,
        input: DeleteFargateProfileRequest,
    ) -> Result<DeleteFargateProfileResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteFargateProfile(&input), 20, &input)
            .await?;
        self.inner.delete_fargate_profile(&call, input).await
    }

    async fn delete_nodegroup(
        &self,
        call: &Call,
        input: DeleteNodegroupRequest,
    ) -> Result<DeleteNodegroupResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteNodegroup(&input), 21, &input)
            .await?;
        self.inner.delete_nodegroup(&call, input).await
    }

    async fn delete_pod_identity_association(
        &self,
        call: &Call,
        input: DeletePodIdentityAssociationRequest,
    ) -> Result<DeletePodIdentityAssociationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DeletePodIdentityAssociation(&input),
                22,
                &input,
            )
            .await?;
        self.inner
            .delete_pod_identity_association(&call, input)
            .await
    }

    async fn deregister_cluster(
        &self,
        call: &Call,
        input: DeregisterClusterRequest,
    ) -> Result<DeregisterClusterResponse, Fault> {
        let call = self
            .admit(call, Input::DeregisterCluster(&input), 23, &input)
            .await?;
        self.inner.deregister_cluster(&call, input).await
    }

    async fn describe_access_entry(
        &self,
        call: &Call,
        input: DescribeAccessEntryRequest,
    ) -> Result<DescribeAccessEntryResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAccessEntry(&input), 24, &input)
            .await?;
        self.inner.describe_access_entry(&call, input).await
    }

    async fn describe_addon(
        &self,
        call: &Call,
        input: DescribeAddonRequest,
    ) -> Result<DescribeAddonResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAddon(&input), 25, &input)
            .await?;
        self.inner.describe_addon(&call, input).await
    }

    async fn describe_addon_configuration(
        &self,
        call: &Call,
        input: DescribeAddonConfigurationRequest,
    ) -> Result<DescribeAddonConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAddonConfiguration(&input), 26, &input)
            .await?;
        self.inner.describe_addon_configuration(&call, input).await
    }

    async fn describe_addon_versions(
        &self,
        call: &Call,
        input: DescribeAddonVersionsRequest,
    ) -> Result<DescribeAddonVersionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAddonVersions(&input), 27, &input)
            .await?;
        self.inner.describe_addon_versions(&call, input).await
    }

    async fn describe_capability(
        &self,
        call: &Call,
        input: DescribeCapabilityRequest,
    ) -> Result<DescribeCapabilityResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeCapability(&input), 28, &input)
            .await?;
        self.inner.describe_capability(&call, input).await
    }

    async fn describe_certificate_authority(
        &self,
        call: &Call,
        input: DescribeCertificateAuthorityRequest,
    ) -> Result<DescribeCertificateAuthorityResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeCertificateAuthority(&input),
                29,
                &input,
            )
            .await?;
        self.inner
            .describe_certificate_authority(&call, input)
            .await
    }

    async fn describe_cluster(
        &self,
        call: &Call,
        input: DescribeClusterRequest,
    ) -> Result<DescribeClusterResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeCluster(&input), 30, &input)
            .await?;
        self.inner.describe_cluster(&call, input).await
    }

    async fn describe_cluster_versions(
        &self,
        call: &Call,
        input: DescribeClusterVersionsRequest,
    ) -> Result<DescribeClusterVersionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeClusterVersions(&input), 31, &input)
            .await?;
        self.inner.describe_cluster_versions(&call, input).await
    }

    async fn describe_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: DescribeEksAnywhereSubscriptionRequest,
    ) -> Result<DescribeEksAnywhereSubscriptionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeEksAnywhereSubscription(&input),
                32,
                &input,
            )
            .await?;
        self.inner
            .describe_eks_anywhere_subscription(&call, input)
            .await
    }

    async fn describe_fargate_profile(
        &self,
        call: &Call,
        input: DescribeFargateProfileRequest,
    ) -> Result<DescribeFargateProfileResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeFargateProfile(&input), 33, &input)
            .await?;
        self.inner.describe_fargate_profile(&call, input).await
    }

    async fn describe_identity_provider_config(
        &self,
        call: &Call,
        input: DescribeIdentityProviderConfigRequest,
    ) -> Result<DescribeIdentityProviderConfigResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeIdentityProviderConfig(&input),
                34,
                &input,
            )
            .await?;
        self.inner
            .describe_identity_provider_config(&call, input)
            .await
    }

    async fn describe_insight(
        &self,
        call: &Call,
        input: DescribeInsightRequest,
    ) -> Result<DescribeInsightResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeInsight(&input), 35, &input)
            .await?;
        self.inner.describe_insight(&call, input).await
    }

    async fn describe_insights_refresh(
        &self,
        call: &Call,
        input: DescribeInsightsRefreshRequest,
    ) -> Result<DescribeInsightsRefreshResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeInsightsRefresh(&input), 36, &input)
            .await?;
        self.inner.describe_insights_refresh(&call, input).await
    }

    async fn describe_nodegroup(
        &self,
        call: &Call,
        input: DescribeNodegroupRequest,
    ) -> Result<DescribeNodegroupResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeNodegroup(&input), 37, &input)
            .await?;
        self.inner.describe_nodegroup(&call, input).await
    }

    async fn describe_pod_identity_association(
        &self,
        call: &Call,
        input: DescribePodIdentityAssociationRequest,
    ) -> Result<DescribePodIdentityAssociationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribePodIdentityAssociation(&input),
                38,
                &input,
            )
            .await?;
        self.inner
            .describe_pod_identity_association(&call, input)
            .await
    }

    async fn describe_update(
        &self,
        call: &Call,
        input: DescribeUpdateRequest,
    ) -> Result<DescribeUpdateResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeUpdate(&input), 39, &input)
            .await?;
        self.inner.describe_update(&call, input).await
    }

    async fn disassociate_access_policy(
        &self,
        call: &Call,
        input: DisassociateAccessPolicyRequest,
    ) -> Result<DisassociateAccessPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DisassociateAccessPolicy(&input), 40, &input)
            .await?;
        self.inner.disassociate_access_policy(&call, input).await
    }

    async fn disassociate_identity_provider_config(
        &self,
        call: &Call,
        input: DisassociateIdentityProviderConfigRequest,
    ) -> Result<DisassociateIdentityProviderConfigResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DisassociateIdentityProviderConfig(&input),
                41,
                &input,
            )
            .await?;
        self.inner
            .disassociate_identity_provider_config(&call, input)
            .await
    }

    async fn list_access_entries(
        &self,
        call: &Call,
        input: ListAccessEntriesRequest,
    ) -> Result<ListAccessEntriesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccessEntries(&input), 42, &input)
            .await?;
        self.inner.list_access_entries(&call, input).await
    }

    async fn list_access_policies(
        &self,
        call: &Call,
        input: ListAccessPoliciesRequest,
    ) -> Result<ListAccessPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccessPolicies(&input), 43, &input)
            .await?;
        self.inner.list_access_policies(&call, input).await
    }

    async fn list_addons(
        &self,
        call: &Call,
        input: ListAddonsRequest,
    ) -> Result<ListAddonsResponse, Fault> {
        let call = self
            .admit(call, Input::ListAddons(&input), 44, &input)
            .await?;
        self.inner.list_addons(&call, input).await
    }

    async fn list_associated_access_policies(
        &self,
        call: &Call,
        input: ListAssociatedAccessPoliciesRequest,
    ) -> Result<ListAssociatedAccessPoliciesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListAssociatedAccessPolicies(&input),
                45,
                &input,
            )
            .await?;
        self.inner
            .list_associated_access_policies(&call, input)
            .await
    }

    async fn list_capabilities(
        &self,
        call: &Call,
        input: ListCapabilitiesRequest,
    ) -> Result<ListCapabilitiesResponse, Fault> {
        let call = self
            .admit(call, Input::ListCapabilities(&input), 46, &input)
            .await?;
        self.inner.list_capabilities(&call, input).await
    }

    async fn list_certificate_authorities(
        &self,
        call: &Call,
        input: ListCertificateAuthoritiesRequest,
    ) -> Result<ListCertificateAuthoritiesResponse, Fault> {
        let call = self
            .admit(call, Input::ListCertificateAuthorities(&input), 47, &input)
            .await?;
        self.inner.list_certificate_authorities(&call, input).await
    }

    async fn list_clusters(
        &self,
        call: &Call,
        input: ListClustersRequest,
    ) -> Result<ListClustersResponse, Fault> {
        let call = self
            .admit(call, Input::ListClusters(&input), 48, &input)
            .await?;
        self.inner.list_clusters(&call, input).await
    }

    async fn list_eks_anywhere_subscriptions(
        &self,
        call: &Call,
        input: ListEksAnywhereSubscriptionsRequest,
    ) -> Result<ListEksAnywhereSubscriptionsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListEksAnywhereSubscriptions(&input),
                49,
                &input,
            )
            .await?;
        self.inner
            .list_eks_anywhere_subscriptions(&call, input)
            .await
    }

    async fn list_fargate_profiles(
        &self,
        call: &Call,
        input: ListFargateProfilesRequest,
    ) -> Result<ListFargateProfilesResponse, Fault> {
        let call = self
            .admit(call, Input::ListFargateProfiles(&input), 50, &input)
            .await?;
        self.inner.list_fargate_profiles(&call, input).await
    }

    async fn list_identity_provider_configs(
        &self,
        call: &Call,
        input: ListIdentityProviderConfigsRequest,
    ) -> Result<ListIdentityProviderConfigsResponse, Fault> {
        let call = self
            .admit(call, Input::ListIdentityProviderConfigs(&input), 51, &input)
            .await?;
        self.inner
            .list_identity_provider_configs(&call, input)
            .await
    }

    async fn list_insights(
        &self,
        call: &Call,
        input: ListInsightsRequest,
    ) -> Result<ListInsightsResponse, Fault> {
        let call = self
            .admit(call, Input::ListInsights(&input), 52, &input)
            .await?;
        self.inner.list_insights(&call, input).await
    }

    async fn list_nodegroups(
        &self,
        call: &Call,
        input: ListNodegroupsRequest,
    ) -> Result<ListNodegroupsResponse, Fault> {
        let call = self
            .admit(call, Input::ListNodegroups(&input), 53, &input)
            .await?;
        self.inner.list_nodegroups(&call, input).await
    }

    async fn list_pod_identity_associations(
        &self,
        call: &Call,
        input: ListPodIdentityAssociationsRequest,
    ) -> Result<ListPodIdentityAssociationsResponse, Fault> {
        let call = self
            .admit(call, Input::ListPodIdentityAssociations(&input), 54, &input)
            .await?;
        self.inner
            .list_pod_identity_associations(&call, input)
            .await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 55, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn list_updates(
        &self,
        call: &Call,
        input: ListUpdatesRequest,
    ) -> Result<ListUpdatesResponse, Fault> {
        let call = self
            .admit(call, Input::ListUpdates(&input), 56, &input)
            .await?;
        self.inner.list_updates(&call, input).await
    }

    async fn register_cluster(
        &self,
        call: &Call,
        input: RegisterClusterRequest,
    ) -> Result<RegisterClusterResponse, Fault> {
        let call = self
            .admit(call, Input::RegisterCluster(&input), 57, &input)
            .await?;
        self.inner.register_cluster(&call, input).await
    }

    async fn start_insights_refresh(
        &self,
        call: &Call,
        input: StartInsightsRefreshRequest,
    ) -> Result<StartInsightsRefreshResponse, Fault> {
        let call = self
            .admit(call, Input::StartInsightsRefresh(&input), 58, &input)
            .await?;
        self.inner.start_insights_refresh(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 59, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 60, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_access_entry(
        &self,
        call: &Call,
        input: UpdateAccessEntryRequest,
    ) -> Result<UpdateAccessEntryResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateAccessEntry(&input), 61, &input)
            .await?;
        self.inner.update_access_entry(&call, input).await
    }

    async fn update_addon(
        &self,
        call: &Call,
        input: UpdateAddonRequest,
    ) -> Result<UpdateAddonResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateAddon(&input), 62, &input)
            .await?;
        self.inner.update_addon(&call, input).await
    }

    async fn update_capability(
        &self,
        call: &Call,
        input: UpdateCapabilityRequest,
    ) -> Result<UpdateCapabilityResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateCapability(&input), 63, &input)
            .await?;
        self.inner.update_capability(&call, input).await
    }

    async fn update_cluster_config(
        &self,
        call: &Call,
        input: UpdateClusterConfigRequest,
    ) -> Result<UpdateClusterConfigResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateClusterConfig(&input), 64, &input)
            .await?;
        self.inner.update_cluster_config(&call, input).await
    }

    async fn update_cluster_version(
        &self,
        call: &Call,
        input: UpdateClusterVersionRequest,
    ) -> Result<UpdateClusterVersionResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateClusterVersion(&input), 65, &input)
            .await?;
        self.inner.update_cluster_version(&call, input).await
    }

    async fn update_eks_anywhere_subscription(
        &self,
        call: &Call,
        input: UpdateEksAnywhereSubscriptionRequest,
    ) -> Result<UpdateEksAnywhereSubscriptionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateEksAnywhereSubscription(&input),
                66,
                &input,
            )
            .await?;
        self.inner
            .update_eks_anywhere_subscription(&call, input)
            .await
    }

    async fn update_nodegroup_config(
        &self,
        call: &Call,
        input: UpdateNodegroupConfigRequest,
    ) -> Result<UpdateNodegroupConfigResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateNodegroupConfig(&input), 67, &input)
            .await?;
        self.inner.update_nodegroup_config(&call, input).await
    }

    async fn update_nodegroup_version(
        &self,
        call: &Call,
        input: UpdateNodegroupVersionRequest,
    ) -> Result<UpdateNodegroupVersionResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateNodegroupVersion(&input), 68, &input)
            .await?;
        self.inner.update_nodegroup_version(&call, input).await
    }

    async fn update_pod_identity_association(
        &self,
        call: &Call,
        input: UpdatePodIdentityAssociationRequest,
    ) -> Result<UpdatePodIdentityAssociationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdatePodIdentityAssociation(&input),
                69,
                &input,
            )
            .await?;
        self.inner
            .update_pod_identity_association(&call, input)
            .await
    }
}
