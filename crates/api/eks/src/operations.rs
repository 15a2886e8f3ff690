// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Eks`](crate::Eks) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Eks] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod activate_certificate_authority {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ActivateCertificateAuthorityRequest;
        pub type Output = ActivateCertificateAuthorityResponse;
    }

    pub mod associate_access_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateAccessPolicyRequest;
        pub type Output = AssociateAccessPolicyResponse;
    }

    pub mod associate_encryption_config {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateEncryptionConfigRequest;
        pub type Output = AssociateEncryptionConfigResponse;
    }

    pub mod associate_identity_provider_config {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateIdentityProviderConfigRequest;
        pub type Output = AssociateIdentityProviderConfigResponse;
    }

    pub mod cancel_update {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelUpdateRequest;
        pub type Output = CancelUpdateResponse;
    }

    pub mod create_access_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAccessEntryRequest;
        pub type Output = CreateAccessEntryResponse;
    }

    pub mod create_addon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAddonRequest;
        pub type Output = CreateAddonResponse;
    }

    pub mod create_capability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateCapabilityRequest;
        pub type Output = CreateCapabilityResponse;
    }

    pub mod create_certificate_authority {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateCertificateAuthorityRequest;
        pub type Output = CreateCertificateAuthorityResponse;
    }

    pub mod create_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateClusterRequest;
        pub type Output = CreateClusterResponse;
    }

    pub mod create_eks_anywhere_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateEksAnywhereSubscriptionRequest;
        pub type Output = CreateEksAnywhereSubscriptionResponse;
    }

    pub mod create_fargate_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateFargateProfileRequest;
        pub type Output = CreateFargateProfileResponse;
    }

    pub mod create_nodegroup {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateNodegroupRequest;
        pub type Output = CreateNodegroupResponse;
    }

    pub mod create_pod_identity_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreatePodIdentityAssociationRequest;
        pub type Output = CreatePodIdentityAssociationResponse;
    }

    pub mod delete_access_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAccessEntryRequest;
        pub type Output = DeleteAccessEntryResponse;
    }

    pub mod delete_addon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAddonRequest;
        pub type Output = DeleteAddonResponse;
    }

    pub mod delete_capability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteCapabilityRequest;
        pub type Output = DeleteCapabilityResponse;
    }

    pub mod delete_certificate_authority {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteCertificateAuthorityRequest;
        pub type Output = DeleteCertificateAuthorityResponse;
    }

    pub mod delete_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteClusterRequest;
        pub type Output = DeleteClusterResponse;
    }

    pub mod delete_eks_anywhere_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteEksAnywhereSubscriptionRequest;
        pub type Output = DeleteEksAnywhereSubscriptionResponse;
    }

    pub mod delete_fargate_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteFargateProfileRequest;
        pub type Output = DeleteFargateProfileResponse;
    }

    pub mod delete_nodegroup {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNodegroupRequest;
        pub type Output = DeleteNodegroupResponse;
    }

    pub mod delete_pod_identity_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePodIdentityAssociationRequest;
        pub type Output = DeletePodIdentityAssociationResponse;
    }

    pub mod deregister_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterClusterRequest;
        pub type Output = DeregisterClusterResponse;
    }

    pub mod describe_access_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccessEntryRequest;
        pub type Output = DescribeAccessEntryResponse;
    }

    pub mod describe_addon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAddonRequest;
        pub type Output = DescribeAddonResponse;
    }

    pub mod describe_addon_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAddonConfigurationRequest;
        pub type Output = DescribeAddonConfigurationResponse;
    }

    pub mod describe_addon_versions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAddonVersionsRequest;
        pub type Output = DescribeAddonVersionsResponse;
    }

    pub mod describe_capability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeCapabilityRequest;
        pub type Output = DescribeCapabilityResponse;
    }

    pub mod describe_certificate_authority {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeCertificateAuthorityRequest;
        pub type Output = DescribeCertificateAuthorityResponse;
    }

    pub mod describe_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeClusterRequest;
        pub type Output = DescribeClusterResponse;
    }

    pub mod describe_cluster_versions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeClusterVersionsRequest;
        pub type Output = DescribeClusterVersionsResponse;
    }

    pub mod describe_eks_anywhere_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeEksAnywhereSubscriptionRequest;
        pub type Output = DescribeEksAnywhereSubscriptionResponse;
    }

    pub mod describe_fargate_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFargateProfileRequest;
        pub type Output = DescribeFargateProfileResponse;
    }

    pub mod describe_identity_provider_config {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeIdentityProviderConfigRequest;
        pub type Output = DescribeIdentityProviderConfigResponse;
    }

    pub mod describe_insight {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInsightRequest;
        pub type Output = DescribeInsightResponse;
    }

    pub mod describe_insights_refresh {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInsightsRefreshRequest;
        pub type Output = DescribeInsightsRefreshResponse;
    }

    pub mod describe_nodegroup {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNodegroupRequest;
        pub type Output = DescribeNodegroupResponse;
    }

    pub mod describe_pod_identity_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribePodIdentityAssociationRequest;
        pub type Output = DescribePodIdentityAssociationResponse;
    }

    pub mod describe_update {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeUpdateRequest;
        pub type Output = DescribeUpdateResponse;
    }

    pub mod disassociate_access_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateAccessPolicyRequest;
        pub type Output = DisassociateAccessPolicyResponse;
    }

    pub mod disassociate_identity_provider_config {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateIdentityProviderConfigRequest;
        pub type Output = DisassociateIdentityProviderConfigResponse;
    }

    pub mod list_access_entries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccessEntriesRequest;
        pub type Output = ListAccessEntriesResponse;
    }

    pub mod list_access_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccessPoliciesRequest;
        pub type Output = ListAccessPoliciesResponse;
    }

    pub mod list_addons {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAddonsRequest;
        pub type Output = ListAddonsResponse;
    }

    pub mod list_associated_access_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAssociatedAccessPoliciesRequest;
        pub type Output = ListAssociatedAccessPoliciesResponse;
    }

    pub mod list_capabilities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCapabilitiesRequest;
        pub type Output = ListCapabilitiesResponse;
    }

    pub mod list_certificate_authorities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCertificateAuthoritiesRequest;
        pub type Output = ListCertificateAuthoritiesResponse;
    }

    pub mod list_clusters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListClustersRequest;
        pub type Output = ListClustersResponse;
    }

    pub mod list_eks_anywhere_subscriptions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListEksAnywhereSubscriptionsRequest;
        pub type Output = ListEksAnywhereSubscriptionsResponse;
    }

    pub mod list_fargate_profiles {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListFargateProfilesRequest;
        pub type Output = ListFargateProfilesResponse;
    }

    pub mod list_identity_provider_configs {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListIdentityProviderConfigsRequest;
        pub type Output = ListIdentityProviderConfigsResponse;
    }

    pub mod list_insights {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListInsightsRequest;
        pub type Output = ListInsightsResponse;
    }

    pub mod list_nodegroups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListNodegroupsRequest;
        pub type Output = ListNodegroupsResponse;
    }

    pub mod list_pod_identity_associations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPodIdentityAssociationsRequest;
        pub type Output = ListPodIdentityAssociationsResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod list_updates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListUpdatesRequest;
        pub type Output = ListUpdatesResponse;
    }

    pub mod register_cluster {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterClusterRequest;
        pub type Output = RegisterClusterResponse;
    }

    pub mod start_insights_refresh {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartInsightsRefreshRequest;
        pub type Output = StartInsightsRefreshResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }

    pub mod update_access_entry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAccessEntryRequest;
        pub type Output = UpdateAccessEntryResponse;
    }

    pub mod update_addon {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAddonRequest;
        pub type Output = UpdateAddonResponse;
    }

    pub mod update_capability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateCapabilityRequest;
        pub type Output = UpdateCapabilityResponse;
    }

    pub mod update_cluster_config {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateClusterConfigRequest;
        pub type Output = UpdateClusterConfigResponse;
    }

    pub mod update_cluster_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateClusterVersionRequest;
        pub type Output = UpdateClusterVersionResponse;
    }

    pub mod update_eks_anywhere_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateEksAnywhereSubscriptionRequest;
        pub type Output = UpdateEksAnywhereSubscriptionResponse;
    }

    pub mod update_nodegroup_config {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateNodegroupConfigRequest;
        pub type Output = UpdateNodegroupConfigResponse;
    }

    pub mod update_nodegroup_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateNodegroupVersionRequest;
        pub type Output = UpdateNodegroupVersionResponse;
    }

    pub mod update_pod_identity_association {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdatePodIdentityAssociationRequest;
        pub type Output = UpdatePodIdentityAssociationResponse;
    }
}
