// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Iam`](crate::Iam) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Iam] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod accept_delegation_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AcceptDelegationRequestRequest;
        pub type Output = ();
    }

    pub mod acquire_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AcquireRoleRequest;
        pub type Output = AcquireRoleResponse;
    }

    pub mod add_client_id_to_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddClientIDToOpenIDConnectProviderRequest;
        pub type Output = ();
    }

    pub mod add_role_to_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddRoleToInstanceProfileRequest;
        pub type Output = ();
    }

    pub mod add_user_to_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddUserToGroupRequest;
        pub type Output = ();
    }

    pub mod associate_delegation_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateDelegationRequestRequest;
        pub type Output = ();
    }

    pub mod attach_group_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachGroupPolicyRequest;
        pub type Output = ();
    }

    pub mod attach_role_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachRolePolicyRequest;
        pub type Output = ();
    }

    pub mod attach_user_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachUserPolicyRequest;
        pub type Output = ();
    }

    pub mod change_password {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ChangePasswordRequest;
        pub type Output = ();
    }

    pub mod create_access_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAccessKeyRequest;
        pub type Output = CreateAccessKeyResponse;
    }

    pub mod create_account_alias {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAccountAliasRequest;
        pub type Output = ();
    }

    pub mod create_delegation_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDelegationRequestRequest;
        pub type Output = CreateDelegationRequestResponse;
    }

    pub mod create_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateGroupRequest;
        pub type Output = CreateGroupResponse;
    }

    pub mod create_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateInstanceProfileRequest;
        pub type Output = CreateInstanceProfileResponse;
    }

    pub mod create_login_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLoginProfileRequest;
        pub type Output = CreateLoginProfileResponse;
    }

    pub mod create_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateOpenIDConnectProviderRequest;
        pub type Output = CreateOpenIDConnectProviderResponse;
    }

    pub mod create_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreatePolicyRequest;
        pub type Output = CreatePolicyResponse;
    }

    pub mod create_policy_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreatePolicyVersionRequest;
        pub type Output = CreatePolicyVersionResponse;
    }

    pub mod create_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRoleRequest;
        pub type Output = CreateRoleResponse;
    }

    pub mod create_saml_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSAMLProviderRequest;
        pub type Output = CreateSAMLProviderResponse;
    }

    pub mod create_service_linked_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateServiceLinkedRoleRequest;
        pub type Output = CreateServiceLinkedRoleResponse;
    }

    pub mod create_service_specific_credential {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateServiceSpecificCredentialRequest;
        pub type Output = CreateServiceSpecificCredentialResponse;
    }

    pub mod create_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateUserRequest;
        pub type Output = CreateUserResponse;
    }

    pub mod create_virtual_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateVirtualMFADeviceRequest;
        pub type Output = CreateVirtualMFADeviceResponse;
    }

    pub mod deactivate_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeactivateMFADeviceRequest;
        pub type Output = ();
    }

    pub mod delete_access_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAccessKeyRequest;
        pub type Output = ();
    }

    pub mod delete_account_alias {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAccountAliasRequest;
        pub type Output = ();
    }

    pub mod delete_account_password_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = ();
    }

    pub mod delete_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteGroupRequest;
        pub type Output = ();
    }

    pub mod delete_group_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteGroupPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteInstanceProfileRequest;
        pub type Output = ();
    }

    pub mod delete_login_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLoginProfileRequest;
        pub type Output = ();
    }

    pub mod delete_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteOpenIDConnectProviderRequest;
        pub type Output = ();
    }

    pub mod delete_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePolicyRequest;
        pub type Output = ();
    }

    pub mod delete_policy_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePolicyVersionRequest;
        pub type Output = ();
    }

    pub mod delete_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRoleRequest;
        pub type Output = ();
    }

    pub mod delete_role_permissions_boundary {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRolePermissionsBoundaryRequest;
        pub type Output = ();
    }

    pub mod delete_role_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRolePolicyRequest;
        pub type Output = ();
    }

    pub mod delete_saml_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSAMLProviderRequest;
        pub type Output = ();
    }

    pub mod delete_ssh_public_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSSHPublicKeyRequest;
        pub type Output = ();
    }

    pub mod delete_server_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteServerCertificateRequest;
        pub type Output = ();
    }

    pub mod delete_service_linked_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteServiceLinkedRoleRequest;
        pub type Output = DeleteServiceLinkedRoleResponse;
    }

    pub mod delete_service_specific_credential {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteServiceSpecificCredentialRequest;
        pub type Output = ();
    }

    pub mod delete_signing_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSigningCertificateRequest;
        pub type Output = ();
    }

    pub mod delete_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteUserRequest;
        pub type Output = ();
    }

    pub mod delete_user_permissions_boundary {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteUserPermissionsBoundaryRequest;
        pub type Output = ();
    }

    pub mod delete_user_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteUserPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_virtual_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteVirtualMFADeviceRequest;
        pub type Output = ();
    }

    pub mod detach_group_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachGroupPolicyRequest;
        pub type Output = ();
    }

    pub mod detach_role_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachRolePolicyRequest;
        pub type Output = ();
    }

    pub mod detach_user_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachUserPolicyRequest;
        pub type Output = ();
    }

    pub mod disable_organizations_root_credentials_management {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableOrganizationsRootCredentialsManagementRequest;
        pub type Output = DisableOrganizationsRootCredentialsManagementResponse;
    }

    pub mod disable_organizations_root_sessions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableOrganizationsRootSessionsRequest;
        pub type Output = DisableOrganizationsRootSessionsResponse;
    }

    pub mod disable_outbound_web_identity_federation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = ();
    }

    pub mod enable_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableMFADeviceRequest;
        pub type Output = ();
    }

    pub mod enable_organizations_root_credentials_management {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableOrganizationsRootCredentialsManagementRequest;
        pub type Output = EnableOrganizationsRootCredentialsManagementResponse;
    }

    pub mod enable_organizations_root_sessions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableOrganizationsRootSessionsRequest;
        pub type Output = EnableOrganizationsRootSessionsResponse;
    }

    pub mod enable_outbound_web_identity_federation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = EnableOutboundWebIdentityFederationResponse;
    }

    pub mod generate_credential_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = GenerateCredentialReportResponse;
    }

    pub mod generate_organizations_access_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateOrganizationsAccessReportRequest;
        pub type Output = GenerateOrganizationsAccessReportResponse;
    }

    pub mod generate_service_last_accessed_details {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateServiceLastAccessedDetailsRequest;
        pub type Output = GenerateServiceLastAccessedDetailsResponse;
    }

    pub mod get_access_key_last_used {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAccessKeyLastUsedRequest;
        pub type Output = GetAccessKeyLastUsedResponse;
    }

    pub mod get_account_authorization_details {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAccountAuthorizationDetailsRequest;
        pub type Output = GetAccountAuthorizationDetailsResponse;
    }

    pub mod get_account_password_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = GetAccountPasswordPolicyResponse;
    }

    pub mod get_account_properties {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAccountPropertiesRequest;
        pub type Output = GetAccountPropertiesResponse;
    }

    pub mod get_account_summary {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = GetAccountSummaryResponse;
    }

    pub mod get_context_keys_for_custom_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetContextKeysForCustomPolicyRequest;
        pub type Output = GetContextKeysForPolicyResponse;
    }

    pub mod get_context_keys_for_principal_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetContextKeysForPrincipalPolicyRequest;
        pub type Output = GetContextKeysForPolicyResponse;
    }

    pub mod get_credential_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = GetCredentialReportResponse;
    }

    pub mod get_delegation_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDelegationRequestRequest;
        pub type Output = GetDelegationRequestResponse;
    }

    pub mod get_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetGroupRequest;
        pub type Output = GetGroupResponse;
    }

    pub mod get_group_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetGroupPolicyRequest;
        pub type Output = GetGroupPolicyResponse;
    }

    pub mod get_human_readable_summary {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetHumanReadableSummaryRequest;
        pub type Output = GetHumanReadableSummaryResponse;
    }

    pub mod get_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetInstanceProfileRequest;
        pub type Output = GetInstanceProfileResponse;
    }

    pub mod get_login_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLoginProfileRequest;
        pub type Output = GetLoginProfileResponse;
    }

    pub mod get_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetMFADeviceRequest;
        pub type Output = GetMFADeviceResponse;
    }

    pub mod get_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetOpenIDConnectProviderRequest;
        pub type Output = GetOpenIDConnectProviderResponse;
    }

    pub mod get_organizations_access_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetOrganizationsAccessReportRequest;
        pub type Output = GetOrganizationsAccessReportResponse;
    }

    pub mod get_outbound_web_identity_federation_info {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = GetOutboundWebIdentityFederationInfoResponse;
    }

    pub mod get_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetPolicyRequest;
        pub type Output = GetPolicyResponse;
    }

    pub mod get_policy_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetPolicyVersionRequest;
        pub type Output = GetPolicyVersionResponse;
    }

    pub mod get_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRoleRequest;
        pub type Output = GetRoleResponse;
    }

    pub mod get_role_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRolePolicyRequest;
        pub type Output = GetRolePolicyResponse;
    }

    pub mod get_role_template_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRoleTemplateVersionRequest;
        pub type Output = GetRoleTemplateVersionResponse;
    }

    pub mod get_saml_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSAMLProviderRequest;
        pub type Output = GetSAMLProviderResponse;
    }

    pub mod get_ssh_public_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSSHPublicKeyRequest;
        pub type Output = GetSSHPublicKeyResponse;
    }

    pub mod get_server_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetServerCertificateRequest;
        pub type Output = GetServerCertificateResponse;
    }

    pub mod get_service_last_accessed_details {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetServiceLastAccessedDetailsRequest;
        pub type Output = GetServiceLastAccessedDetailsResponse;
    }

    pub mod get_service_last_accessed_details_with_entities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetServiceLastAccessedDetailsWithEntitiesRequest;
        pub type Output = GetServiceLastAccessedDetailsWithEntitiesResponse;
    }

    pub mod get_service_linked_role_deletion_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetServiceLinkedRoleDeletionStatusRequest;
        pub type Output = GetServiceLinkedRoleDeletionStatusResponse;
    }

    pub mod get_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetUserRequest;
        pub type Output = GetUserResponse;
    }

    pub mod get_user_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetUserPolicyRequest;
        pub type Output = GetUserPolicyResponse;
    }

    pub mod list_access_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccessKeysRequest;
        pub type Output = ListAccessKeysResponse;
    }

    pub mod list_account_aliases {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccountAliasesRequest;
        pub type Output = ListAccountAliasesResponse;
    }

    pub mod list_attached_group_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAttachedGroupPoliciesRequest;
        pub type Output = ListAttachedGroupPoliciesResponse;
    }

    pub mod list_attached_role_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAttachedRolePoliciesRequest;
        pub type Output = ListAttachedRolePoliciesResponse;
    }

    pub mod list_attached_user_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAttachedUserPoliciesRequest;
        pub type Output = ListAttachedUserPoliciesResponse;
    }

    pub mod list_delegation_requests {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDelegationRequestsRequest;
        pub type Output = ListDelegationRequestsResponse;
    }

    pub mod list_entities_for_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListEntitiesForPolicyRequest;
        pub type Output = ListEntitiesForPolicyResponse;
    }

    pub mod list_group_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGroupPoliciesRequest;
        pub type Output = ListGroupPoliciesResponse;
    }

    pub mod list_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGroupsRequest;
        pub type Output = ListGroupsResponse;
    }

    pub mod list_groups_for_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGroupsForUserRequest;
        pub type Output = ListGroupsForUserResponse;
    }

    pub mod list_instance_profile_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListInstanceProfileTagsRequest;
        pub type Output = ListInstanceProfileTagsResponse;
    }

    pub mod list_instance_profiles {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListInstanceProfilesRequest;
        pub type Output = ListInstanceProfilesResponse;
    }

    pub mod list_instance_profiles_for_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListInstanceProfilesForRoleRequest;
        pub type Output = ListInstanceProfilesForRoleResponse;
    }

    pub mod list_mfa_device_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMFADeviceTagsRequest;
        pub type Output = ListMFADeviceTagsResponse;
    }

    pub mod list_mfa_devices {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMFADevicesRequest;
        pub type Output = ListMFADevicesResponse;
    }

    pub mod list_open_id_connect_provider_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListOpenIDConnectProviderTagsRequest;
        pub type Output = ListOpenIDConnectProviderTagsResponse;
    }

    pub mod list_open_id_connect_providers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListOpenIDConnectProvidersRequest;
        pub type Output = ListOpenIDConnectProvidersResponse;
    }

    pub mod list_organizations_features {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListOrganizationsFeaturesRequest;
        pub type Output = ListOrganizationsFeaturesResponse;
    }

    pub mod list_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPoliciesRequest;
        pub type Output = ListPoliciesResponse;
    }

    pub mod list_policies_granting_service_access {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPoliciesGrantingServiceAccessRequest;
        pub type Output = ListPoliciesGrantingServiceAccessResponse;
    }

    pub mod list_policy_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPolicyTagsRequest;
        pub type Output = ListPolicyTagsResponse;
    }

    pub mod list_policy_versions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPolicyVersionsRequest;
        pub type Output = ListPolicyVersionsResponse;
    }

    pub mod list_role_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListRolePoliciesRequest;
        pub type Output = ListRolePoliciesResponse;
    }

    pub mod list_role_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListRoleTagsRequest;
        pub type Output = ListRoleTagsResponse;
    }

    pub mod list_roles {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListRolesRequest;
        pub type Output = ListRolesResponse;
    }

    pub mod list_saml_provider_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSAMLProviderTagsRequest;
        pub type Output = ListSAMLProviderTagsResponse;
    }

    pub mod list_saml_providers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSAMLProvidersRequest;
        pub type Output = ListSAMLProvidersResponse;
    }

    pub mod list_ssh_public_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSSHPublicKeysRequest;
        pub type Output = ListSSHPublicKeysResponse;
    }

    pub mod list_server_certificate_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListServerCertificateTagsRequest;
        pub type Output = ListServerCertificateTagsResponse;
    }

    pub mod list_server_certificates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListServerCertificatesRequest;
        pub type Output = ListServerCertificatesResponse;
    }

    pub mod list_service_specific_credentials {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListServiceSpecificCredentialsRequest;
        pub type Output = ListServiceSpecificCredentialsResponse;
    }

    pub mod list_signing_certificates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSigningCertificatesRequest;
        pub type Output = ListSigningCertificatesResponse;
    }

    pub mod list_user_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListUserPoliciesRequest;
        pub type Output = ListUserPoliciesResponse;
    }

    pub mod list_user_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListUserTagsRequest;
        pub type Output = ListUserTagsResponse;
    }

    pub mod list_users {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListUsersRequest;
        pub type Output = ListUsersResponse;
    }

    pub mod list_virtual_mfa_devices {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListVirtualMFADevicesRequest;
        pub type Output = ListVirtualMFADevicesResponse;
    }

    pub mod put_account_properties {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountPropertiesRequest;
        pub type Output = PutAccountPropertiesResponse;
    }

    pub mod put_group_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutGroupPolicyRequest;
        pub type Output = ();
    }

    pub mod put_role_permissions_boundary {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRolePermissionsBoundaryRequest;
        pub type Output = ();
    }

    pub mod put_role_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRolePolicyRequest;
        pub type Output = ();
    }

    pub mod put_user_permissions_boundary {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutUserPermissionsBoundaryRequest;
        pub type Output = ();
    }

    pub mod put_user_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutUserPolicyRequest;
        pub type Output = ();
    }

    pub mod reject_delegation_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RejectDelegationRequestRequest;
        pub type Output = ();
    }

    pub mod remove_client_id_from_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveClientIDFromOpenIDConnectProviderRequest;
        pub type Output = ();
    }

    pub mod remove_role_from_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveRoleFromInstanceProfileRequest;
        pub type Output = ();
    }

    pub mod remove_user_from_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveUserFromGroupRequest;
        pub type Output = ();
    }

    pub mod reset_service_specific_credential {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResetServiceSpecificCredentialRequest;
        pub type Output = ResetServiceSpecificCredentialResponse;
    }

    pub mod resync_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ResyncMFADeviceRequest;
        pub type Output = ();
    }

    pub mod send_delegation_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SendDelegationTokenRequest;
        pub type Output = ();
    }

    pub mod set_default_policy_version {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetDefaultPolicyVersionRequest;
        pub type Output = ();
    }

    pub mod set_security_token_service_preferences {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetSecurityTokenServicePreferencesRequest;
        pub type Output = ();
    }

    pub mod simulate_custom_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SimulateCustomPolicyRequest;
        pub type Output = SimulatePolicyResponse;
    }

    pub mod simulate_principal_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SimulatePrincipalPolicyRequest;
        pub type Output = SimulatePolicyResponse;
    }

    pub mod tag_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagInstanceProfileRequest;
        pub type Output = ();
    }

    pub mod tag_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagMFADeviceRequest;
        pub type Output = ();
    }

    pub mod tag_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagOpenIDConnectProviderRequest;
        pub type Output = ();
    }

    pub mod tag_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagPolicyRequest;
        pub type Output = ();
    }

    pub mod tag_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagRoleRequest;
        pub type Output = ();
    }

    pub mod tag_saml_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagSAMLProviderRequest;
        pub type Output = ();
    }

    pub mod tag_server_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagServerCertificateRequest;
        pub type Output = ();
    }

    pub mod tag_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagUserRequest;
        pub type Output = ();
    }

    pub mod untag_instance_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagInstanceProfileRequest;
        pub type Output = ();
    }

    pub mod untag_mfa_device {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagMFADeviceRequest;
        pub type Output = ();
    }

    pub mod untag_open_id_connect_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagOpenIDConnectProviderRequest;
        pub type Output = ();
    }

    pub mod untag_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagPolicyRequest;
        pub type Output = ();
    }

    pub mod untag_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagRoleRequest;
        pub type Output = ();
    }

    pub mod untag_saml_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagSAMLProviderRequest;
        pub type Output = ();
    }

    pub mod untag_server_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagServerCertificateRequest;
        pub type Output = ();
    }

    pub mod untag_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagUserRequest;
        pub type Output = ();
    }

    pub mod update_access_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAccessKeyRequest;
        pub type Output = ();
    }

    pub mod update_account_password_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAccountPasswordPolicyRequest;
        pub type Output = ();
    }

    pub mod update_assume_role_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAssumeRolePolicyRequest;
        pub type Output = ();
    }

    pub mod update_delegation_request {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateDelegationRequestRequest;
        pub type Output = ();
    }

    pub mod update_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateGroupRequest;
        pub type Output = ();
    }

    pub mod update_login_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateLoginProfileRequest;
        pub type Output = ();
    }

    pub mod update_open_id_connect_provider_thumbprint {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateOpenIDConnectProviderThumbprintRequest;
        pub type Output = ();
    }

    pub mod update_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateRoleRequest;
        pub type Output = UpdateRoleResponse;
    }

    pub mod update_role_description {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateRoleDescriptionRequest;
        pub type Output = UpdateRoleDescriptionResponse;
    }

    pub mod update_saml_provider {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSAMLProviderRequest;
        pub type Output = UpdateSAMLProviderResponse;
    }

    pub mod update_ssh_public_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSSHPublicKeyRequest;
        pub type Output = ();
    }

    pub mod update_server_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateServerCertificateRequest;
        pub type Output = ();
    }

    pub mod update_service_specific_credential {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateServiceSpecificCredentialRequest;
        pub type Output = ();
    }

    pub mod update_signing_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSigningCertificateRequest;
        pub type Output = ();
    }

    pub mod update_user {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateUserRequest;
        pub type Output = ();
    }

    pub mod upload_ssh_public_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadSSHPublicKeyRequest;
        pub type Output = UploadSSHPublicKeyResponse;
    }

    pub mod upload_server_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadServerCertificateRequest;
        pub type Output = UploadServerCertificateResponse;
    }

    pub mod upload_signing_certificate {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadSigningCertificateRequest;
        pub type Output = UploadSigningCertificateResponse;
    }
}
