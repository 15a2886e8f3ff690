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
    AcceptDelegationRequest(&'a AcceptDelegationRequestRequest),
    AcquireRole(&'a AcquireRoleRequest),
    AddClientIDToOpenIDConnectProvider(&'a AddClientIDToOpenIDConnectProviderRequest),
    AddRoleToInstanceProfile(&'a AddRoleToInstanceProfileRequest),
    AddUserToGroup(&'a AddUserToGroupRequest),
    AssociateDelegationRequest(&'a AssociateDelegationRequestRequest),
    AttachGroupPolicy(&'a AttachGroupPolicyRequest),
    AttachRolePolicy(&'a AttachRolePolicyRequest),
    AttachUserPolicy(&'a AttachUserPolicyRequest),
    ChangePassword(&'a ChangePasswordRequest),
    CreateAccessKey(&'a CreateAccessKeyRequest),
    CreateAccountAlias(&'a CreateAccountAliasRequest),
    CreateDelegationRequest(&'a CreateDelegationRequestRequest),
    CreateGroup(&'a CreateGroupRequest),
    CreateInstanceProfile(&'a CreateInstanceProfileRequest),
    CreateLoginProfile(&'a CreateLoginProfileRequest),
    CreateOpenIDConnectProvider(&'a CreateOpenIDConnectProviderRequest),
    CreatePolicy(&'a CreatePolicyRequest),
    CreatePolicyVersion(&'a CreatePolicyVersionRequest),
    CreateRole(&'a CreateRoleRequest),
    CreateSAMLProvider(&'a CreateSAMLProviderRequest),
    CreateServiceLinkedRole(&'a CreateServiceLinkedRoleRequest),
    CreateServiceSpecificCredential(&'a CreateServiceSpecificCredentialRequest),
    CreateUser(&'a CreateUserRequest),
    CreateVirtualMFADevice(&'a CreateVirtualMFADeviceRequest),
    DeactivateMFADevice(&'a DeactivateMFADeviceRequest),
    DeleteAccessKey(&'a DeleteAccessKeyRequest),
    DeleteAccountAlias(&'a DeleteAccountAliasRequest),
    DeleteAccountPasswordPolicy(&'a ()),
    DeleteGroup(&'a DeleteGroupRequest),
    DeleteGroupPolicy(&'a DeleteGroupPolicyRequest),
    DeleteInstanceProfile(&'a DeleteInstanceProfileRequest),
    DeleteLoginProfile(&'a DeleteLoginProfileRequest),
    DeleteOpenIDConnectProvider(&'a DeleteOpenIDConnectProviderRequest),
    DeletePolicy(&'a DeletePolicyRequest),
    DeletePolicyVersion(&'a DeletePolicyVersionRequest),
    DeleteRole(&'a DeleteRoleRequest),
    DeleteRolePermissionsBoundary(&'a DeleteRolePermissionsBoundaryRequest),
    DeleteRolePolicy(&'a DeleteRolePolicyRequest),
    DeleteSAMLProvider(&'a DeleteSAMLProviderRequest),
    DeleteSSHPublicKey(&'a DeleteSSHPublicKeyRequest),
    DeleteServerCertificate(&'a DeleteServerCertificateRequest),
    DeleteServiceLinkedRole(&'a DeleteServiceLinkedRoleRequest),
    DeleteServiceSpecificCredential(&'a DeleteServiceSpecificCredentialRequest),
    DeleteSigningCertificate(&'a DeleteSigningCertificateRequest),
    DeleteUser(&'a DeleteUserRequest),
    DeleteUserPermissionsBoundary(&'a DeleteUserPermissionsBoundaryRequest),
    DeleteUserPolicy(&'a DeleteUserPolicyRequest),
    DeleteVirtualMFADevice(&'a DeleteVirtualMFADeviceRequest),
    DetachGroupPolicy(&'a DetachGroupPolicyRequest),
    DetachRolePolicy(&'a DetachRolePolicyRequest),
    DetachUserPolicy(&'a DetachUserPolicyRequest),
    DisableOrganizationsRootCredentialsManagement(
        &'a DisableOrganizationsRootCredentialsManagementRequest,
    ),
    DisableOrganizationsRootSessions(&'a DisableOrganizationsRootSessionsRequest),
    DisableOutboundWebIdentityFederation(&'a ()),
    EnableMFADevice(&'a EnableMFADeviceRequest),
    EnableOrganizationsRootCredentialsManagement(
        &'a EnableOrganizationsRootCredentialsManagementRequest,
    ),
    EnableOrganizationsRootSessions(&'a EnableOrganizationsRootSessionsRequest),
    EnableOutboundWebIdentityFederation(&'a ()),
    GenerateCredentialReport(&'a ()),
    GenerateOrganizationsAccessReport(&'a GenerateOrganizationsAccessReportRequest),
    GenerateServiceLastAccessedDetails(&'a GenerateServiceLastAccessedDetailsRequest),
    GetAccessKeyLastUsed(&'a GetAccessKeyLastUsedRequest),
    GetAccountAuthorizationDetails(&'a GetAccountAuthorizationDetailsRequest),
    GetAccountPasswordPolicy(&'a ()),
    GetAccountProperties(&'a GetAccountPropertiesRequest),
    GetAccountSummary(&'a ()),
    GetContextKeysForCustomPolicy(&'a GetContextKeysForCustomPolicyRequest),
    GetContextKeysForPrincipalPolicy(&'a GetContextKeysForPrincipalPolicyRequest),
    GetCredentialReport(&'a ()),
    GetDelegationRequest(&'a GetDelegationRequestRequest),
    GetGroup(&'a GetGroupRequest),
    GetGroupPolicy(&'a GetGroupPolicyRequest),
    GetHumanReadableSummary(&'a GetHumanReadableSummaryRequest),
    GetInstanceProfile(&'a GetInstanceProfileRequest),
    GetLoginProfile(&'a GetLoginProfileRequest),
    GetMFADevice(&'a GetMFADeviceRequest),
    GetOpenIDConnectProvider(&'a GetOpenIDConnectProviderRequest),
    GetOrganizationsAccessReport(&'a GetOrganizationsAccessReportRequest),
    GetOutboundWebIdentityFederationInfo(&'a ()),
    GetPolicy(&'a GetPolicyRequest),
    GetPolicyVersion(&'a GetPolicyVersionRequest),
    GetRole(&'a GetRoleRequest),
    GetRolePolicy(&'a GetRolePolicyRequest),
    GetRoleTemplateVersion(&'a GetRoleTemplateVersionRequest),
    GetSAMLProvider(&'a GetSAMLProviderRequest),
    GetSSHPublicKey(&'a GetSSHPublicKeyRequest),
    GetServerCertificate(&'a GetServerCertificateRequest),
    GetServiceLastAccessedDetails(&'a GetServiceLastAccessedDetailsRequest),
    GetServiceLastAccessedDetailsWithEntities(&'a GetServiceLastAccessedDetailsWithEntitiesRequest),
    GetServiceLinkedRoleDeletionStatus(&'a GetServiceLinkedRoleDeletionStatusRequest),
    GetUser(&'a GetUserRequest),
    GetUserPolicy(&'a GetUserPolicyRequest),
    ListAccessKeys(&'a ListAccessKeysRequest),
    ListAccountAliases(&'a ListAccountAliasesRequest),
    ListAttachedGroupPolicies(&'a ListAttachedGroupPoliciesRequest),
    ListAttachedRolePolicies(&'a ListAttachedRolePoliciesRequest),
    ListAttachedUserPolicies(&'a ListAttachedUserPoliciesRequest),
    ListDelegationRequests(&'a ListDelegationRequestsRequest),
    ListEntitiesForPolicy(&'a ListEntitiesForPolicyRequest),
    ListGroupPolicies(&'a ListGroupPoliciesRequest),
    ListGroups(&'a ListGroupsRequest),
    ListGroupsForUser(&'a ListGroupsForUserRequest),
    ListInstanceProfileTags(&'a ListInstanceProfileTagsRequest),
    ListInstanceProfiles(&'a ListInstanceProfilesRequest),
    ListInstanceProfilesForRole(&'a ListInstanceProfilesForRoleRequest),
    ListMFADeviceTags(&'a ListMFADeviceTagsRequest),
    ListMFADevices(&'a ListMFADevicesRequest),
    ListOpenIDConnectProviderTags(&'a ListOpenIDConnectProviderTagsRequest),
    ListOpenIDConnectProviders(&'a ListOpenIDConnectProvidersRequest),
    ListOrganizationsFeatures(&'a ListOrganizationsFeaturesRequest),
    ListPolicies(&'a ListPoliciesRequest),
    ListPoliciesGrantingServiceAccess(&'a ListPoliciesGrantingServiceAccessRequest),
    ListPolicyTags(&'a ListPolicyTagsRequest),
    ListPolicyVersions(&'a ListPolicyVersionsRequest),
    ListRolePolicies(&'a ListRolePoliciesRequest),
    ListRoleTags(&'a ListRoleTagsRequest),
    ListRoles(&'a ListRolesRequest),
    ListSAMLProviderTags(&'a ListSAMLProviderTagsRequest),
    ListSAMLProviders(&'a ListSAMLProvidersRequest),
    ListSSHPublicKeys(&'a ListSSHPublicKeysRequest),
    ListServerCertificateTags(&'a ListServerCertificateTagsRequest),
    ListServerCertificates(&'a ListServerCertificatesRequest),
    ListServiceSpecificCredentials(&'a ListServiceSpecificCredentialsRequest),
    ListSigningCertificates(&'a ListSigningCertificatesRequest),
    ListUserPolicies(&'a ListUserPoliciesRequest),
    ListUserTags(&'a ListUserTagsRequest),
    ListUsers(&'a ListUsersRequest),
    ListVirtualMFADevices(&'a ListVirtualMFADevicesRequest),
    PutAccountProperties(&'a PutAccountPropertiesRequest),
    PutGroupPolicy(&'a PutGroupPolicyRequest),
    PutRolePermissionsBoundary(&'a PutRolePermissionsBoundaryRequest),
    PutRolePolicy(&'a PutRolePolicyRequest),
    PutUserPermissionsBoundary(&'a PutUserPermissionsBoundaryRequest),
    PutUserPolicy(&'a PutUserPolicyRequest),
    RejectDelegationRequest(&'a RejectDelegationRequestRequest),
    RemoveClientIDFromOpenIDConnectProvider(&'a RemoveClientIDFromOpenIDConnectProviderRequest),
    RemoveRoleFromInstanceProfile(&'a RemoveRoleFromInstanceProfileRequest),
    RemoveUserFromGroup(&'a RemoveUserFromGroupRequest),
    ResetServiceSpecificCredential(&'a ResetServiceSpecificCredentialRequest),
    ResyncMFADevice(&'a ResyncMFADeviceRequest),
    SendDelegationToken(&'a SendDelegationTokenRequest),
    SetDefaultPolicyVersion(&'a SetDefaultPolicyVersionRequest),
    SetSecurityTokenServicePreferences(&'a SetSecurityTokenServicePreferencesRequest),
    SimulateCustomPolicy(&'a SimulateCustomPolicyRequest),
    SimulatePrincipalPolicy(&'a SimulatePrincipalPolicyRequest),
    TagInstanceProfile(&'a TagInstanceProfileRequest),
    TagMFADevice(&'a TagMFADeviceRequest),
    TagOpenIDConnectProvider(&'a TagOpenIDConnectProviderRequest),
    TagPolicy(&'a TagPolicyRequest),
    TagRole(&'a TagRoleRequest),
    TagSAMLProvider(&'a TagSAMLProviderRequest),
    TagServerCertificate(&'a TagServerCertificateRequest),
    TagUser(&'a TagUserRequest),
    UntagInstanceProfile(&'a UntagInstanceProfileRequest),
    UntagMFADevice(&'a UntagMFADeviceRequest),
    UntagOpenIDConnectProvider(&'a UntagOpenIDConnectProviderRequest),
    UntagPolicy(&'a UntagPolicyRequest),
    UntagRole(&'a UntagRoleRequest),
    UntagSAMLProvider(&'a UntagSAMLProviderRequest),
    UntagServerCertificate(&'a UntagServerCertificateRequest),
    UntagUser(&'a UntagUserRequest),
    UpdateAccessKey(&'a UpdateAccessKeyRequest),
    UpdateAccountPasswordPolicy(&'a UpdateAccountPasswordPolicyRequest),
    UpdateAssumeRolePolicy(&'a UpdateAssumeRolePolicyRequest),
    UpdateDelegationRequest(&'a UpdateDelegationRequestRequest),
    UpdateGroup(&'a UpdateGroupRequest),
    UpdateLoginProfile(&'a UpdateLoginProfileRequest),
    UpdateOpenIDConnectProviderThumbprint(&'a UpdateOpenIDConnectProviderThumbprintRequest),
    UpdateRole(&'a UpdateRoleRequest),
    UpdateRoleDescription(&'a UpdateRoleDescriptionRequest),
    UpdateSAMLProvider(&'a UpdateSAMLProviderRequest),
    UpdateSSHPublicKey(&'a UpdateSSHPublicKeyRequest),
    UpdateServerCertificate(&'a UpdateServerCertificateRequest),
    UpdateServiceSpecificCredential(&'a UpdateServiceSpecificCredentialRequest),
    UpdateSigningCertificate(&'a UpdateSigningCertificateRequest),
    UpdateUser(&'a UpdateUserRequest),
    UploadSSHPublicKey(&'a UploadSSHPublicKeyRequest),
    UploadServerCertificate(&'a UploadServerCertificateRequest),
    UploadSigningCertificate(&'a UploadSigningCertificateRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AcceptDelegationRequest(_) => "AcceptDelegationRequest",
            Self::AcquireRole(_) => "AcquireRole",
            Self::AddClientIDToOpenIDConnectProvider(_) => "AddClientIDToOpenIDConnectProvider",
            Self::AddRoleToInstanceProfile(_) => "AddRoleToInstanceProfile",
            Self::AddUserToGroup(_) => "AddUserToGroup",
            Self::AssociateDelegationRequest(_) => "AssociateDelegationRequest",
            Self::AttachGroupPolicy(_) => "AttachGroupPolicy",
            Self::AttachRolePolicy(_) => "AttachRolePolicy",
            Self::AttachUserPolicy(_) => "AttachUserPolicy",
            Self::ChangePassword(_) => "ChangePassword",
            Self::CreateAccessKey(_) => "CreateAccessKey",
            Self::CreateAccountAlias(_) => "CreateAccountAlias",
            Self::CreateDelegationRequest(_) => "CreateDelegationRequest",
            Self::CreateGroup(_) => "CreateGroup",
            Self::CreateInstanceProfile(_) => "CreateInstanceProfile",
            Self::CreateLoginProfile(_) => "CreateLoginProfile",
            Self::CreateOpenIDConnectProvider(_) => "CreateOpenIDConnectProvider",
            Self::CreatePolicy(_) => "CreatePolicy",
            Self::CreatePolicyVersion(_) => "CreatePolicyVersion",
            Self::CreateRole(_) => "CreateRole",
            Self::CreateSAMLProvider(_) => "CreateSAMLProvider",
            Self::CreateServiceLinkedRole(_) => "CreateServiceLinkedRole",
            Self::CreateServiceSpecificCredential(_) => "CreateServiceSpecificCredential",
            Self::CreateUser(_) => "CreateUser",
            Self::CreateVirtualMFADevice(_) => "CreateVirtualMFADevice",
            Self::DeactivateMFADevice(_) => "DeactivateMFADevice",
            Self::DeleteAccessKey(_) => "DeleteAccessKey",
            Self::DeleteAccountAlias(_) => "DeleteAccountAlias",
            Self::DeleteAccountPasswordPolicy(_) => "DeleteAccountPasswordPolicy",
            Self::DeleteGroup(_) => "DeleteGroup",
            Self::DeleteGroupPolicy(_) => "DeleteGroupPolicy",
            Self::DeleteInstanceProfile(_) => "DeleteInstanceProfile",
            Self::DeleteLoginProfile(_) => "DeleteLoginProfile",
            Self::DeleteOpenIDConnectProvider(_) => "DeleteOpenIDConnectProvider",
            Self::DeletePolicy(_) => "DeletePolicy",
            Self::DeletePolicyVersion(_) => "DeletePolicyVersion",
            Self::DeleteRole(_) => "DeleteRole",
            Self::DeleteRolePermissionsBoundary(_) => "DeleteRolePermissionsBoundary",
            Self::DeleteRolePolicy(_) => "DeleteRolePolicy",
            Self::DeleteSAMLProvider(_) => "DeleteSAMLProvider",
            Self::DeleteSSHPublicKey(_) => "DeleteSSHPublicKey",
            Self::DeleteServerCertificate(_) => "DeleteServerCertificate",
            Self::DeleteServiceLinkedRole(_) => "DeleteServiceLinkedRole",
            Self::DeleteServiceSpecificCredential(_) => "DeleteServiceSpecificCredential",
            Self::DeleteSigningCertificate(_) => "DeleteSigningCertificate",
            Self::DeleteUser(_) => "DeleteUser",
            Self::DeleteUserPermissionsBoundary(_) => "DeleteUserPermissionsBoundary",
            Self::DeleteUserPolicy(_) => "DeleteUserPolicy",
            Self::DeleteVirtualMFADevice(_) => "DeleteVirtualMFADevice",
            Self::DetachGroupPolicy(_) => "DetachGroupPolicy",
            Self::DetachRolePolicy(_) => "DetachRolePolicy",
            Self::DetachUserPolicy(_) => "DetachUserPolicy",
            Self::DisableOrganizationsRootCredentialsManagement(_) => {
                "DisableOrganizationsRootCredentialsManagement"
            }
            Self::DisableOrganizationsRootSessions(_) => "DisableOrganizationsRootSessions",
            Self::DisableOutboundWebIdentityFederation(_) => "DisableOutboundWebIdentityFederation",
            Self::EnableMFADevice(_) => "EnableMFADevice",
            Self::EnableOrganizationsRootCredentialsManagement(_) => {
                "EnableOrganizationsRootCredentialsManagement"
            }
            Self::EnableOrganizationsRootSessions(_) => "EnableOrganizationsRootSessions",
            Self::EnableOutboundWebIdentityFederation(_) => "EnableOutboundWebIdentityFederation",
            Self::GenerateCredentialReport(_) => "GenerateCredentialReport",
            Self::GenerateOrganizationsAccessReport(_) => "GenerateOrganizationsAccessReport",
            Self::GenerateServiceLastAccessedDetails(_) => "GenerateServiceLastAccessedDetails",
            Self::GetAccessKeyLastUsed(_) => "GetAccessKeyLastUsed",
            Self::GetAccountAuthorizationDetails(_) => "GetAccountAuthorizationDetails",
            Self::GetAccountPasswordPolicy(_) => "GetAccountPasswordPolicy",
            Self::GetAccountProperties(_) => "GetAccountProperties",
            Self::GetAccountSummary(_) => "GetAccountSummary",
            Self::GetContextKeysForCustomPolicy(_) => "GetContextKeysForCustomPolicy",
            Self::GetContextKeysForPrincipalPolicy(_) => "GetContextKeysForPrincipalPolicy",
            Self::GetCredentialReport(_) => "GetCredentialReport",
            Self::GetDelegationRequest(_) => "GetDelegationRequest",
            Self::GetGroup(_) => "GetGroup",
            Self::GetGroupPolicy(_) => "GetGroupPolicy",
            Self::GetHumanReadableSummary(_) => "GetHumanReadableSummary",
            Self::GetInstanceProfile(_) => "GetInstanceProfile",
            Self::GetLoginProfile(_) => "GetLoginProfile",
            Self::GetMFADevice(_) => "GetMFADevice",
            Self::GetOpenIDConnectProvider(_) => "GetOpenIDConnectProvider",
            Self::GetOrganizationsAccessReport(_) => "GetOrganizationsAccessReport",
            Self::GetOutboundWebIdentityFederationInfo(_) => "GetOutboundWebIdentityFederationInfo",
            Self::GetPolicy(_) => "GetPolicy",
            Self::GetPolicyVersion(_) => "GetPolicyVersion",
            Self::GetRole(_) => "GetRole",
            Self::GetRolePolicy(_) => "GetRolePolicy",
            Self::GetRoleTemplateVersion(_) => "GetRoleTemplateVersion",
            Self::GetSAMLProvider(_) => "GetSAMLProvider",
            Self::GetSSHPublicKey(_) => "GetSSHPublicKey",
            Self::GetServerCertificate(_) => "GetServerCertificate",
            Self::GetServiceLastAccessedDetails(_) => "GetServiceLastAccessedDetails",
            Self::GetServiceLastAccessedDetailsWithEntities(_) => {
                "GetServiceLastAccessedDetailsWithEntities"
            }
            Self::GetServiceLinkedRoleDeletionStatus(_) => "GetServiceLinkedRoleDeletionStatus",
            Self::GetUser(_) => "GetUser",
            Self::GetUserPolicy(_) => "GetUserPolicy",
            Self::ListAccessKeys(_) => "ListAccessKeys",
            Self::ListAccountAliases(_) => "ListAccountAliases",
            Self::ListAttachedGroupPolicies(_) => "ListAttachedGroupPolicies",
            Self::ListAttachedRolePolicies(_) => "ListAttachedRolePolicies",
            Self::ListAttachedUserPolicies(_) => "ListAttachedUserPolicies",
            Self::ListDelegationRequests(_) => "ListDelegationRequests",
            Self::ListEntitiesForPolicy(_) => "ListEntitiesForPolicy",
            Self::ListGroupPolicies(_) => "ListGroupPolicies",
            Self::ListGroups(_) => "ListGroups",
            Self::ListGroupsForUser(_) => "ListGroupsForUser",
            Self::ListInstanceProfileTags(_) => "ListInstanceProfileTags",
            Self::ListInstanceProfiles(_) => "ListInstanceProfiles",
            Self::ListInstanceProfilesForRole(_) => "ListInstanceProfilesForRole",
            Self::ListMFADeviceTags(_) => "ListMFADeviceTags",
            Self::ListMFADevices(_) => "ListMFADevices",
            Self::ListOpenIDConnectProviderTags(_) => "ListOpenIDConnectProviderTags",
            Self::ListOpenIDConnectProviders(_) => "ListOpenIDConnectProviders",
            Self::ListOrganizationsFeatures(_) => "ListOrganizationsFeatures",
            Self::ListPolicies(_) => "ListPolicies",
            Self::ListPoliciesGrantingServiceAccess(_) => "ListPoliciesGrantingServiceAccess",
            Self::ListPolicyTags(_) => "ListPolicyTags",
            Self::ListPolicyVersions(_) => "ListPolicyVersions",
            Self::ListRolePolicies(_) => "ListRolePolicies",
            Self::ListRoleTags(_) => "ListRoleTags",
            Self::ListRoles(_) => "ListRoles",
            Self::ListSAMLProviderTags(_) => "ListSAMLProviderTags",
            Self::ListSAMLProviders(_) => "ListSAMLProviders",
            Self::ListSSHPublicKeys(_) => "ListSSHPublicKeys",
            Self::ListServerCertificateTags(_) => "ListServerCertificateTags",
            Self::ListServerCertificates(_) => "ListServerCertificates",
            Self::ListServiceSpecificCredentials(_) => "ListServiceSpecificCredentials",
            Self::ListSigningCertificates(_) => "ListSigningCertificates",
            Self::ListUserPolicies(_) => "ListUserPolicies",
            Self::ListUserTags(_) => "ListUserTags",
            Self::ListUsers(_) => "ListUsers",
            Self::ListVirtualMFADevices(_) => "ListVirtualMFADevices",
            Self::PutAccountProperties(_) => "PutAccountProperties",
            Self::PutGroupPolicy(_) => "PutGroupPolicy",
            Self::PutRolePermissionsBoundary(_) => "PutRolePermissionsBoundary",
            Self::PutRolePolicy(_) => "PutRolePolicy",
            Self::PutUserPermissionsBoundary(_) => "PutUserPermissionsBoundary",
            Self::PutUserPolicy(_) => "PutUserPolicy",
            Self::RejectDelegationRequest(_) => "RejectDelegationRequest",
            Self::RemoveClientIDFromOpenIDConnectProvider(_) => {
                "RemoveClientIDFromOpenIDConnectProvider"
            }
            Self::RemoveRoleFromInstanceProfile(_) => "RemoveRoleFromInstanceProfile",
            Self::RemoveUserFromGroup(_) => "RemoveUserFromGroup",
            Self::ResetServiceSpecificCredential(_) => "ResetServiceSpecificCredential",
            Self::ResyncMFADevice(_) => "ResyncMFADevice",
            Self::SendDelegationToken(_) => "SendDelegationToken",
            Self::SetDefaultPolicyVersion(_) => "SetDefaultPolicyVersion",
            Self::SetSecurityTokenServicePreferences(_) => "SetSecurityTokenServicePreferences",
            Self::SimulateCustomPolicy(_) => "SimulateCustomPolicy",
            Self::SimulatePrincipalPolicy(_) => "SimulatePrincipalPolicy",
            Self::TagInstanceProfile(_) => "TagInstanceProfile",
            Self::TagMFADevice(_) => "TagMFADevice",
            Self::TagOpenIDConnectProvider(_) => "TagOpenIDConnectProvider",
            Self::TagPolicy(_) => "TagPolicy",
            Self::TagRole(_) => "TagRole",
            Self::TagSAMLProvider(_) => "TagSAMLProvider",
            Self::TagServerCertificate(_) => "TagServerCertificate",
            Self::TagUser(_) => "TagUser",
            Self::UntagInstanceProfile(_) => "UntagInstanceProfile",
            Self::UntagMFADevice(_) => "UntagMFADevice",
            Self::UntagOpenIDConnectProvider(_) => "UntagOpenIDConnectProvider",
            Self::UntagPolicy(_) => "UntagPolicy",
            Self::UntagRole(_) => "UntagRole",
            Self::UntagSAMLProvider(_) => "UntagSAMLProvider",
            Self::UntagServerCertificate(_) => "UntagServerCertificate",
            Self::UntagUser(_) => "UntagUser",
            Self::UpdateAccessKey(_) => "UpdateAccessKey",
            Self::UpdateAccountPasswordPolicy(_) => "UpdateAccountPasswordPolicy",
            Self::UpdateAssumeRolePolicy(_) => "UpdateAssumeRolePolicy",
            Self::UpdateDelegationRequest(_) => "UpdateDelegationRequest",
            Self::UpdateGroup(_) => "UpdateGroup",
            Self::UpdateLoginProfile(_) => "UpdateLoginProfile",
            Self::UpdateOpenIDConnectProviderThumbprint(_) => {
                "UpdateOpenIDConnectProviderThumbprint"
            }
            Self::UpdateRole(_) => "UpdateRole",
            Self::UpdateRoleDescription(_) => "UpdateRoleDescription",
            Self::UpdateSAMLProvider(_) => "UpdateSAMLProvider",
            Self::UpdateSSHPublicKey(_) => "UpdateSSHPublicKey",
            Self::UpdateServerCertificate(_) => "UpdateServerCertificate",
            Self::UpdateServiceSpecificCredential(_) => "UpdateServiceSpecificCredential",
            Self::UpdateSigningCertificate(_) => "UpdateSigningCertificate",
            Self::UpdateUser(_) => "UpdateUser",
            Self::UploadSSHPublicKey(_) => "UploadSSHPublicKey",
            Self::UploadServerCertificate(_) => "UploadServerCertificate",
            Self::UploadSigningCertificate(_) => "UploadSigningCertificate",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("iam:{}", self.operation())
    }
}

#[async_trait]
pub trait Iam: Send + Sync + 'static {
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

    async fn accept_delegation_request(
        &self,
        call: &Call,
        input: AcceptDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AcceptDelegationRequest"))
    }

    async fn acquire_role(
        &self,
        call: &Call,
        input: AcquireRoleRequest,
    ) -> Result<AcquireRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AcquireRole"))
    }

    async fn add_client_id_to_open_id_connect_provider(
        &self,
        call: &Call,
        input: AddClientIDToOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "AddClientIDToOpenIDConnectProvider",
        ))
    }

    async fn add_role_to_instance_profile(
        &self,
        call: &Call,
        input: AddRoleToInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AddRoleToInstanceProfile"))
    }

    async fn add_user_to_group(
        &self,
        call: &Call,
        input: AddUserToGroupRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AddUserToGroup"))
    }

    async fn associate_delegation_request(
        &self,
        call: &Call,
        input: AssociateDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AssociateDelegationRequest"))
    }

    async fn attach_group_policy(
        &self,
        call: &Call,
        input: AttachGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AttachGroupPolicy"))
    }

    async fn attach_role_policy(
        &self,
        call: &Call,
        input: AttachRolePolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AttachRolePolicy"))
    }

    async fn attach_user_policy(
        &self,
        call: &Call,
        input: AttachUserPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "AttachUserPolicy"))
    }

    async fn change_password(
        &self,
        call: &Call,
        input: ChangePasswordRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ChangePassword"))
    }

    async fn create_access_key(
        &self,
        call: &Call,
        input: CreateAccessKeyRequest,
    ) -> Result<CreateAccessKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateAccessKey"))
    }

    async fn create_account_alias(
        &self,
        call: &Call,
        input: CreateAccountAliasRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateAccountAlias"))
    }

    async fn create_delegation_request(
        &self,
        call: &Call,
        input: CreateDelegationRequestRequest,
    ) -> Result<CreateDelegationRequestResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateDelegationRequest"))
    }

    async fn create_group(
        &self,
        call: &Call,
        input: CreateGroupRequest,
    ) -> Result<CreateGroupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateGroup"))
    }

    async fn create_instance_profile(
        &self,
        call: &Call,
        input: CreateInstanceProfileRequest,
    ) -> Result<CreateInstanceProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateInstanceProfile"))
    }

    async fn create_login_profile(
        &self,
        call: &Call,
        input: CreateLoginProfileRequest,
    ) -> Result<CreateLoginProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateLoginProfile"))
    }

    async fn create_open_id_connect_provider(
        &self,
        call: &Call,
        input: CreateOpenIDConnectProviderRequest,
    ) -> Result<CreateOpenIDConnectProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateOpenIDConnectProvider"))
    }

    async fn create_policy(
        &self,
        call: &Call,
        input: CreatePolicyRequest,
    ) -> Result<CreatePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreatePolicy"))
    }

    async fn create_policy_version(
        &self,
        call: &Call,
        input: CreatePolicyVersionRequest,
    ) -> Result<CreatePolicyVersionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreatePolicyVersion"))
    }

    async fn create_role(
        &self,
        call: &Call,
        input: CreateRoleRequest,
    ) -> Result<CreateRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateRole"))
    }

    async fn create_saml_provider(
        &self,
        call: &Call,
        input: CreateSAMLProviderRequest,
    ) -> Result<CreateSAMLProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateSAMLProvider"))
    }

    async fn create_service_linked_role(
        &self,
        call: &Call,
        input: CreateServiceLinkedRoleRequest,
    ) -> Result<CreateServiceLinkedRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateServiceLinkedRole"))
    }

    async fn create_service_specific_credential(
        &self,
        call: &Call,
        input: CreateServiceSpecificCredentialRequest,
    ) -> Result<CreateServiceSpecificCredentialResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateServiceSpecificCredential"))
    }

    async fn create_user(
        &self,
        call: &Call,
        input: CreateUserRequest,
    ) -> Result<CreateUserResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateUser"))
    }

    async fn create_virtual_mfa_device(
        &self,
        call: &Call,
        input: CreateVirtualMFADeviceRequest,
    ) -> Result<CreateVirtualMFADeviceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "CreateVirtualMFADevice"))
    }

    async fn deactivate_mfa_device(
        &self,
        call: &Call,
        input: DeactivateMFADeviceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeactivateMFADevice"))
    }

    async fn delete_access_key(
        &self,
        call: &Call,
        input: DeleteAccessKeyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteAccessKey"))
    }

    async fn delete_account_alias(
        &self,
        call: &Call,
        input: DeleteAccountAliasRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteAccountAlias"))
    }

    async fn delete_account_password_policy(&self, call: &Call, input: ()) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteAccountPasswordPolicy"))
    }

    async fn delete_group(&self, call: &Call, input: DeleteGroupRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteGroup"))
    }

    async fn delete_group_policy(
        &self,
        call: &Call,
        input: DeleteGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteGroupPolicy"))
    }

    async fn delete_instance_profile(
        &self,
        call: &Call,
        input: DeleteInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteInstanceProfile"))
    }

    async fn delete_login_profile(
        &self,
        call: &Call,
        input: DeleteLoginProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteLoginProfile"))
    }

    async fn delete_open_id_connect_provider(
        &self,
        call: &Call,
        input: DeleteOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteOpenIDConnectProvider"))
    }

    async fn delete_policy(&self, call: &Call, input: DeletePolicyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeletePolicy"))
    }

    async fn delete_policy_version(
        &self,
        call: &Call,
        input: DeletePolicyVersionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeletePolicyVersion"))
    }

    async fn delete_role(&self, call: &Call, input: DeleteRoleRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteRole"))
    }

    async fn delete_role_permissions_boundary(
        &self,
        call: &Call,
        input: DeleteRolePermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteRolePermissionsBoundary"))
    }

    async fn delete_role_policy(
        &self,
        call: &Call,
        input: DeleteRolePolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteRolePolicy"))
    }

    async fn delete_saml_provider(
        &self,
        call: &Call,
        input: DeleteSAMLProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteSAMLProvider"))
    }

    async fn delete_ssh_public_key(
        &self,
        call: &Call,
        input: DeleteSSHPublicKeyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteSSHPublicKey"))
    }

    async fn delete_server_certificate(
        &self,
        call: &Call,
        input: DeleteServerCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteServerCertificate"))
    }

    async fn delete_service_linked_role(
        &self,
        call: &Call,
        input: DeleteServiceLinkedRoleRequest,
    ) -> Result<DeleteServiceLinkedRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteServiceLinkedRole"))
    }

    async fn delete_service_specific_credential(
        &self,
        call: &Call,
        input: DeleteServiceSpecificCredentialRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteServiceSpecificCredential"))
    }

    async fn delete_signing_certificate(
        &self,
        call: &Call,
        input: DeleteSigningCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteSigningCertificate"))
    }

    async fn delete_user(&self, call: &Call, input: DeleteUserRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteUser"))
    }

    async fn delete_user_permissions_boundary(
        &self,
        call: &Call,
        input: DeleteUserPermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteUserPermissionsBoundary"))
    }

    async fn delete_user_policy(
        &self,
        call: &Call,
        input: DeleteUserPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteUserPolicy"))
    }

    async fn delete_virtual_mfa_device(
        &self,
        call: &Call,
        input: DeleteVirtualMFADeviceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DeleteVirtualMFADevice"))
    }

    async fn detach_group_policy(
        &self,
        call: &Call,
        input: DetachGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DetachGroupPolicy"))
    }

    async fn detach_role_policy(
        &self,
        call: &Call,
        input: DetachRolePolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DetachRolePolicy"))
    }

    async fn detach_user_policy(
        &self,
        call: &Call,
        input: DetachUserPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "DetachUserPolicy"))
    }

    async fn disable_organizations_root_credentials_management(
        &self,
        call: &Call,
        input: DisableOrganizationsRootCredentialsManagementRequest,
    ) -> Result<DisableOrganizationsRootCredentialsManagementResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "DisableOrganizationsRootCredentialsManagement",
        ))
    }

    async fn disable_organizations_root_sessions(
        &self,
        call: &Call,
        input: DisableOrganizationsRootSessionsRequest,
    ) -> Result<DisableOrganizationsRootSessionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "DisableOrganizationsRootSessions",
        ))
    }

    async fn disable_outbound_web_identity_federation(
        &self,
        call: &Call,
        input: (),
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "DisableOutboundWebIdentityFederation",
        ))
    }

    async fn enable_mfa_device(
        &self,
        call: &Call,
        input: EnableMFADeviceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "EnableMFADevice"))
    }

    async fn enable_organizations_root_credentials_management(
        &self,
        call: &Call,
        input: EnableOrganizationsRootCredentialsManagementRequest,
    ) -> Result<EnableOrganizationsRootCredentialsManagementResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "EnableOrganizationsRootCredentialsManagement",
        ))
    }

    async fn enable_organizations_root_sessions(
        &self,
        call: &Call,
        input: EnableOrganizationsRootSessionsRequest,
    ) -> Result<EnableOrganizationsRootSessionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "EnableOrganizationsRootSessions"))
    }

    async fn enable_outbound_web_identity_federation(
        &self,
        call: &Call,
        input: (),
    ) -> Result<EnableOutboundWebIdentityFederationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "EnableOutboundWebIdentityFederation",
        ))
    }

    async fn generate_credential_report(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GenerateCredentialReportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GenerateCredentialReport"))
    }

    async fn generate_organizations_access_report(
        &self,
        call: &Call,
        input: GenerateOrganizationsAccessReportRequest,
    ) -> Result<GenerateOrganizationsAccessReportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "GenerateOrganizationsAccessReport",
        ))
    }

    async fn generate_service_last_accessed_details(
        &self,
        call: &Call,
        input: GenerateServiceLastAccessedDetailsRequest,
    ) -> Result<GenerateServiceLastAccessedDetailsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "GenerateServiceLastAccessedDetails",
        ))
    }

    async fn get_access_key_last_used(
        &self,
        call: &Call,
        input: GetAccessKeyLastUsedRequest,
    ) -> Result<GetAccessKeyLastUsedResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetAccessKeyLastUsed"))
    }

    async fn get_account_authorization_details(
        &self,
        call: &Call,
        input: GetAccountAuthorizationDetailsRequest,
    ) -> Result<GetAccountAuthorizationDetailsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetAccountAuthorizationDetails"))
    }

    async fn get_account_password_policy(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetAccountPasswordPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetAccountPasswordPolicy"))
    }

    async fn get_account_properties(
        &self,
        call: &Call,
        input: GetAccountPropertiesRequest,
    ) -> Result<GetAccountPropertiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetAccountProperties"))
    }

    async fn get_account_summary(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetAccountSummaryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetAccountSummary"))
    }

    async fn get_context_keys_for_custom_policy(
        &self,
        call: &Call,
        input: GetContextKeysForCustomPolicyRequest,
    ) -> Result<GetContextKeysForPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetContextKeysForCustomPolicy"))
    }

    async fn get_context_keys_for_principal_policy(
        &self,
        call: &Call,
        input: GetContextKeysForPrincipalPolicyRequest,
    ) -> Result<GetContextKeysForPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "GetContextKeysForPrincipalPolicy",
        ))
    }

    async fn get_credential_report(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetCredentialReportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetCredentialReport"))
    }

    async fn get_delegation_request(
        &self,
        call: &Call,
        input: GetDelegationRequestRequest,
    ) -> Result<GetDelegationRequestResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetDelegationRequest"))
    }

    async fn get_group(
        &self,
        call: &Call,
        input: GetGroupRequest,
    ) -> Result<GetGroupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetGroup"))
    }

    async fn get_group_policy(
        &self,
        call: &Call,
        input: GetGroupPolicyRequest,
    ) -> Result<GetGroupPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetGroupPolicy"))
    }

    async fn get_human_readable_summary(
        &self,
        call: &Call,
        input: GetHumanReadableSummaryRequest,
    ) -> Result<GetHumanReadableSummaryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetHumanReadableSummary"))
    }

    async fn get_instance_profile(
        &self,
        call: &Call,
        input: GetInstanceProfileRequest,
    ) -> Result<GetInstanceProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetInstanceProfile"))
    }

    async fn get_login_profile(
        &self,
        call: &Call,
        input: GetLoginProfileRequest,
    ) -> Result<GetLoginProfileResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetLoginProfile"))
    }

    async fn get_mfa_device(
        &self,
        call: &Call,
        input: GetMFADeviceRequest,
    ) -> Result<GetMFADeviceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetMFADevice"))
    }

    async fn get_open_id_connect_provider(
        &self,
        call: &Call,
        input: GetOpenIDConnectProviderRequest,
    ) -> Result<GetOpenIDConnectProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetOpenIDConnectProvider"))
    }

    async fn get_organizations_access_report(
        &self,
        call: &Call,
        input: GetOrganizationsAccessReportRequest,
    ) -> Result<GetOrganizationsAccessReportResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetOrganizationsAccessReport"))
    }

    async fn get_outbound_web_identity_federation_info(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetOutboundWebIdentityFederationInfoResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "GetOutboundWebIdentityFederationInfo",
        ))
    }

    async fn get_policy(
        &self,
        call: &Call,
        input: GetPolicyRequest,
    ) -> Result<GetPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetPolicy"))
    }

    async fn get_policy_version(
        &self,
        call: &Call,
        input: GetPolicyVersionRequest,
    ) -> Result<GetPolicyVersionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetPolicyVersion"))
    }

    async fn get_role(&self, call: &Call, input: GetRoleRequest) -> Result<GetRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetRole"))
    }

    async fn get_role_policy(
        &self,
        call: &Call,
        input: GetRolePolicyRequest,
    ) -> Result<GetRolePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetRolePolicy"))
    }

    async fn get_role_template_version(
        &self,
        call: &Call,
        input: GetRoleTemplateVersionRequest,
    ) -> Result<GetRoleTemplateVersionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetRoleTemplateVersion"))
    }

    async fn get_saml_provider(
        &self,
        call: &Call,
        input: GetSAMLProviderRequest,
    ) -> Result<GetSAMLProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetSAMLProvider"))
    }

    async fn get_ssh_public_key(
        &self,
        call: &Call,
        input: GetSSHPublicKeyRequest,
    ) -> Result<GetSSHPublicKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetSSHPublicKey"))
    }

    async fn get_server_certificate(
        &self,
        call: &Call,
        input: GetServerCertificateRequest,
    ) -> Result<GetServerCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetServerCertificate"))
    }

    async fn get_service_last_accessed_details(
        &self,
        call: &Call,
        input: GetServiceLastAccessedDetailsRequest,
    ) -> Result<GetServiceLastAccessedDetailsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetServiceLastAccessedDetails"))
    }

    async fn get_service_last_accessed_details_with_entities(
        &self,
        call: &Call,
        input: GetServiceLastAccessedDetailsWithEntitiesRequest,
    ) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "GetServiceLastAccessedDetailsWithEntities",
        ))
    }

    async fn get_service_linked_role_deletion_status(
        &self,
        call: &Call,
        input: GetServiceLinkedRoleDeletionStatusRequest,
    ) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "GetServiceLinkedRoleDeletionStatus",
        ))
    }

    async fn get_user(&self, call: &Call, input: GetUserRequest) -> Result<GetUserResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetUser"))
    }

    async fn get_user_policy(
        &self,
        call: &Call,
        input: GetUserPolicyRequest,
    ) -> Result<GetUserPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "GetUserPolicy"))
    }

    async fn list_access_keys(
        &self,
        call: &Call,
        input: ListAccessKeysRequest,
    ) -> Result<ListAccessKeysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListAccessKeys"))
    }

    async fn list_account_aliases(
        &self,
        call: &Call,
        input: ListAccountAliasesRequest,
    ) -> Result<ListAccountAliasesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListAccountAliases"))
    }

    async fn list_attached_group_policies(
        &self,
        call: &Call,
        input: ListAttachedGroupPoliciesRequest,
    ) -> Result<ListAttachedGroupPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListAttachedGroupPolicies"))
    }

    async fn list_attached_role_policies(
        &self,
        call: &Call,
        input: ListAttachedRolePoliciesRequest,
    ) -> Result<ListAttachedRolePoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListAttachedRolePolicies"))
    }

    async fn list_attached_user_policies(
        &self,
        call: &Call,
        input: ListAttachedUserPoliciesRequest,
    ) -> Result<ListAttachedUserPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListAttachedUserPolicies"))
    }

    async fn list_delegation_requests(
        &self,
        call: &Call,
        input: ListDelegationRequestsRequest,
    ) -> Result<ListDelegationRequestsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListDelegationRequests"))
    }

    async fn list_entities_for_policy(
        &self,
        call: &Call,
        input: ListEntitiesForPolicyRequest,
    ) -> Result<ListEntitiesForPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListEntitiesForPolicy"))
    }

    async fn list_group_policies(
        &self,
        call: &Call,
        input: ListGroupPoliciesRequest,
    ) -> Result<ListGroupPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListGroupPolicies"))
    }

    async fn list_groups(
        &self,
        call: &Call,
        input: ListGroupsRequest,
    ) -> Result<ListGroupsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListGroups"))
    }

    async fn list_groups_for_user(
        &self,
        call: &Call,
        input: ListGroupsForUserRequest,
    ) -> Result<ListGroupsForUserResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListGroupsForUser"))
    }

    async fn list_instance_profile_tags(
        &self,
        call: &Call,
        input: ListInstanceProfileTagsRequest,
    ) -> Result<ListInstanceProfileTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListInstanceProfileTags"))
    }

    async fn list_instance_profiles(
        &self,
        call: &Call,
        input: ListInstanceProfilesRequest,
    ) -> Result<ListInstanceProfilesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListInstanceProfiles"))
    }

    async fn list_instance_profiles_for_role(
        &self,
        call: &Call,
        input: ListInstanceProfilesForRoleRequest,
    ) -> Result<ListInstanceProfilesForRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListInstanceProfilesForRole"))
    }

    async fn list_mfa_device_tags(
        &self,
        call: &Call,
        input: ListMFADeviceTagsRequest,
    ) -> Result<ListMFADeviceTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListMFADeviceTags"))
    }

    async fn list_mfa_devices(
        &self,
        call: &Call,
        input: ListMFADevicesRequest,
    ) -> Result<ListMFADevicesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListMFADevices"))
    }

    async fn list_open_id_connect_provider_tags(
        &self,
        call: &Call,
        input: ListOpenIDConnectProviderTagsRequest,
    ) -> Result<ListOpenIDConnectProviderTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListOpenIDConnectProviderTags"))
    }

    async fn list_open_id_connect_providers(
        &self,
        call: &Call,
        input: ListOpenIDConnectProvidersRequest,
    ) -> Result<ListOpenIDConnectProvidersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListOpenIDConnectProviders"))
    }

    async fn list_organizations_features(
        &self,
        call: &Call,
        input: ListOrganizationsFeaturesRequest,
    ) -> Result<ListOrganizationsFeaturesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListOrganizationsFeatures"))
    }

    async fn list_policies(
        &self,
        call: &Call,
        input: ListPoliciesRequest,
    ) -> Result<ListPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListPolicies"))
    }

    async fn list_policies_granting_service_access(
        &self,
        call: &Call,
        input: ListPoliciesGrantingServiceAccessRequest,
    ) -> Result<ListPoliciesGrantingServiceAccessResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "ListPoliciesGrantingServiceAccess",
        ))
    }

    async fn list_policy_tags(
        &self,
        call: &Call,
        input: ListPolicyTagsRequest,
    ) -> Result<ListPolicyTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListPolicyTags"))
    }

    async fn list_policy_versions(
        &self,
        call: &Call,
        input: ListPolicyVersionsRequest,
    ) -> Result<ListPolicyVersionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListPolicyVersions"))
    }

    async fn list_role_policies(
        &self,
        call: &Call,
        input: ListRolePoliciesRequest,
    ) -> Result<ListRolePoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListRolePolicies"))
    }

    async fn list_role_tags(
        &self,
        call: &Call,
        input: ListRoleTagsRequest,
    ) -> Result<ListRoleTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListRoleTags"))
    }

    async fn list_roles(
        &self,
        call: &Call,
        input: ListRolesRequest,
    ) -> Result<ListRolesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListRoles"))
    }

    async fn list_saml_provider_tags(
        &self,
        call: &Call,
        input: ListSAMLProviderTagsRequest,
    ) -> Result<ListSAMLProviderTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListSAMLProviderTags"))
    }

    async fn list_saml_providers(
        &self,
        call: &Call,
        input: ListSAMLProvidersRequest,
    ) -> Result<ListSAMLProvidersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListSAMLProviders"))
    }

    async fn list_ssh_public_keys(
        &self,
        call: &Call,
        input: ListSSHPublicKeysRequest,
    ) -> Result<ListSSHPublicKeysResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListSSHPublicKeys"))
    }

    async fn list_server_certificate_tags(
        &self,
        call: &Call,
        input: ListServerCertificateTagsRequest,
    ) -> Result<ListServerCertificateTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListServerCertificateTags"))
    }

    async fn list_server_certificates(
        &self,
        call: &Call,
        input: ListServerCertificatesRequest,
    ) -> Result<ListServerCertificatesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListServerCertificates"))
    }

    async fn list_service_specific_credentials(
        &self,
        call: &Call,
        input: ListServiceSpecificCredentialsRequest,
    ) -> Result<ListServiceSpecificCredentialsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListServiceSpecificCredentials"))
    }

    async fn list_signing_certificates(
        &self,
        call: &Call,
        input: ListSigningCertificatesRequest,
    ) -> Result<ListSigningCertificatesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListSigningCertificates"))
    }

    async fn list_user_policies(
        &self,
        call: &Call,
        input: ListUserPoliciesRequest,
    ) -> Result<ListUserPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListUserPolicies"))
    }

    async fn list_user_tags(
        &self,
        call: &Call,
        input: ListUserTagsRequest,
    ) -> Result<ListUserTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListUserTags"))
    }

    async fn list_users(
        &self,
        call: &Call,
        input: ListUsersRequest,
    ) -> Result<ListUsersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListUsers"))
    }

    async fn list_virtual_mfa_devices(
        &self,
        call: &Call,
        input: ListVirtualMFADevicesRequest,
    ) -> Result<ListVirtualMFADevicesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ListVirtualMFADevices"))
    }

    async fn put_account_properties(
        &self,
        call: &Call,
        input: PutAccountPropertiesRequest,
    ) -> Result<PutAccountPropertiesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "PutAccountProperties"))
    }

    async fn put_group_policy(
        &self,
        call: &Call,
        input: PutGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "PutGroupPolicy"))
    }

    async fn put_role_permissions_boundary(
        &self,
        call: &Call,
        input: PutRolePermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "PutRolePermissionsBoundary"))
    }

    async fn put_role_policy(&self, call: &Call, input: PutRolePolicyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "PutRolePolicy"))
    }

    async fn put_user_permissions_boundary(
        &self,
        call: &Call,
        input: PutUserPermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "PutUserPermissionsBoundary"))
    }

    async fn put_user_policy(&self, call: &Call, input: PutUserPolicyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "PutUserPolicy"))
    }

    async fn reject_delegation_request(
        &self,
        call: &Call,
        input: RejectDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "RejectDelegationRequest"))
    }

    async fn remove_client_id_from_open_id_connect_provider(
        &self,
        call: &Call,
        input: RemoveClientIDFromOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "RemoveClientIDFromOpenIDConnectProvider",
        ))
    }

    async fn remove_role_from_instance_profile(
        &self,
        call: &Call,
        input: RemoveRoleFromInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "RemoveRoleFromInstanceProfile"))
    }

    async fn remove_user_from_group(
        &self,
        call: &Call,
        input: RemoveUserFromGroupRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "RemoveUserFromGroup"))
    }

    async fn reset_service_specific_credential(
        &self,
        call: &Call,
        input: ResetServiceSpecificCredentialRequest,
    ) -> Result<ResetServiceSpecificCredentialResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ResetServiceSpecificCredential"))
    }

    async fn resync_mfa_device(
        &self,
        call: &Call,
        input: ResyncMFADeviceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "ResyncMFADevice"))
    }

    async fn send_delegation_token(
        &self,
        call: &Call,
        input: SendDelegationTokenRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "SendDelegationToken"))
    }

    async fn set_default_policy_version(
        &self,
        call: &Call,
        input: SetDefaultPolicyVersionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "SetDefaultPolicyVersion"))
    }

    async fn set_security_token_service_preferences(
        &self,
        call: &Call,
        input: SetSecurityTokenServicePreferencesRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "SetSecurityTokenServicePreferences",
        ))
    }

    async fn simulate_custom_policy(
        &self,
        call: &Call,
        input: SimulateCustomPolicyRequest,
    ) -> Result<SimulatePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "SimulateCustomPolicy"))
    }

    async fn simulate_principal_policy(
        &self,
        call: &Call,
        input: SimulatePrincipalPolicyRequest,
    ) -> Result<SimulatePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "SimulatePrincipalPolicy"))
    }

    async fn tag_instance_profile(
        &self,
        call: &Call,
        input: TagInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagInstanceProfile"))
    }

    async fn tag_mfa_device(&self, call: &Call, input: TagMFADeviceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagMFADevice"))
    }

    async fn tag_open_id_connect_provider(
        &self,
        call: &Call,
        input: TagOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagOpenIDConnectProvider"))
    }

    async fn tag_policy(&self, call: &Call, input: TagPolicyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagPolicy"))
    }

    async fn tag_role(&self, call: &Call, input: TagRoleRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagRole"))
    }

    async fn tag_saml_provider(
        &self,
        call: &Call,
        input: TagSAMLProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagSAMLProvider"))
    }

    async fn tag_server_certificate(
        &self,
        call: &Call,
        input: TagServerCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagServerCertificate"))
    }

    async fn tag_user(&self, call: &Call, input: TagUserRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "TagUser"))
    }

    async fn untag_instance_profile(
        &self,
        call: &Call,
        input: UntagInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagInstanceProfile"))
    }

    async fn untag_mfa_device(
        &self,
        call: &Call,
        input: UntagMFADeviceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagMFADevice"))
    }

    async fn untag_open_id_connect_provider(
        &self,
        call: &Call,
        input: UntagOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagOpenIDConnectProvider"))
    }

    async fn untag_policy(&self, call: &Call, input: UntagPolicyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagPolicy"))
    }

    async fn untag_role(&self, call: &Call, input: UntagRoleRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagRole"))
    }

    async fn untag_saml_provider(
        &self,
        call: &Call,
        input: UntagSAMLProviderRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagSAMLProvider"))
    }

    async fn untag_server_certificate(
        &self,
        call: &Call,
        input: UntagServerCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagServerCertificate"))
    }

    async fn untag_user(&self, call: &Call, input: UntagUserRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UntagUser"))
    }

    async fn update_access_key(
        &self,
        call: &Call,
        input: UpdateAccessKeyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateAccessKey"))
    }

    async fn update_account_password_policy(
        &self,
        call: &Call,
        input: UpdateAccountPasswordPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateAccountPasswordPolicy"))
    }

    async fn update_assume_role_policy(
        &self,
        call: &Call,
        input: UpdateAssumeRolePolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateAssumeRolePolicy"))
    }

    async fn update_delegation_request(
        &self,
        call: &Call,
        input: UpdateDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateDelegationRequest"))
    }

    async fn update_group(&self, call: &Call, input: UpdateGroupRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateGroup"))
    }

    async fn update_login_profile(
        &self,
        call: &Call,
        input: UpdateLoginProfileRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateLoginProfile"))
    }

    async fn update_open_id_connect_provider_thumbprint(
        &self,
        call: &Call,
        input: UpdateOpenIDConnectProviderThumbprintRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "iam",
            "UpdateOpenIDConnectProviderThumbprint",
        ))
    }

    async fn update_role(
        &self,
        call: &Call,
        input: UpdateRoleRequest,
    ) -> Result<UpdateRoleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateRole"))
    }

    async fn update_role_description(
        &self,
        call: &Call,
        input: UpdateRoleDescriptionRequest,
    ) -> Result<UpdateRoleDescriptionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateRoleDescription"))
    }

    async fn update_saml_provider(
        &self,
        call: &Call,
        input: UpdateSAMLProviderRequest,
    ) -> Result<UpdateSAMLProviderResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateSAMLProvider"))
    }

    async fn update_ssh_public_key(
        &self,
        call: &Call,
        input: UpdateSSHPublicKeyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateSSHPublicKey"))
    }

    async fn update_server_certificate(
        &self,
        call: &Call,
        input: UpdateServerCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateServerCertificate"))
    }

    async fn update_service_specific_credential(
        &self,
        call: &Call,
        input: UpdateServiceSpecificCredentialRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateServiceSpecificCredential"))
    }

    async fn update_signing_certificate(
        &self,
        call: &Call,
        input: UpdateSigningCertificateRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateSigningCertificate"))
    }

    async fn update_user(&self, call: &Call, input: UpdateUserRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UpdateUser"))
    }

    async fn upload_ssh_public_key(
        &self,
        call: &Call,
        input: UploadSSHPublicKeyRequest,
    ) -> Result<UploadSSHPublicKeyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UploadSSHPublicKey"))
    }

    async fn upload_server_certificate(
        &self,
        call: &Call,
        input: UploadServerCertificateRequest,
    ) -> Result<UploadServerCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UploadServerCertificate"))
    }

    async fn upload_signing_certificate(
        &self,
        call: &Call,
        input: UploadSigningCertificateRequest,
    ) -> Result<UploadSigningCertificateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("iam", "UploadSigningCertificate"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Iam>);

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
            0 => Box::new(AcceptDelegationRequestRequest::default()),
            1 => Box::new(AcquireRoleRequest::default()),
            2 => Box::new(AddClientIDToOpenIDConnectProviderRequest::default()),
            3 => Box::new(AddRoleToInstanceProfileRequest::default()),
            4 => Box::new(AddUserToGroupRequest::default()),
            5 => Box::new(AssociateDelegationRequestRequest::default()),
            6 => Box::new(AttachGroupPolicyRequest::default()),
            7 => Box::new(AttachRolePolicyRequest::default()),
            8 => Box::new(AttachUserPolicyRequest::default()),
            9 => Box::new(ChangePasswordRequest::default()),
            10 => Box::new(CreateAccessKeyRequest::default()),
            11 => Box::new(CreateAccountAliasRequest::default()),
            12 => Box::new(CreateDelegationRequestRequest::default()),
            13 => Box::new(CreateGroupRequest::default()),
            14 => Box::new(CreateInstanceProfileRequest::default()),
            15 => Box::new(CreateLoginProfileRequest::default()),
            16 => Box::new(CreateOpenIDConnectProviderRequest::default()),
            17 => Box::new(CreatePolicyRequest::default()),
            18 => Box::new(CreatePolicyVersionRequest::default()),
            19 => Box::new(CreateRoleRequest::default()),
            20 => Box::new(CreateSAMLProviderRequest::default()),
            21 => Box::new(CreateServiceLinkedRoleRequest::default()),
            22 => Box::new(CreateServiceSpecificCredentialRequest::default()),
            23 => Box::new(CreateUserRequest::default()),
            24 => Box::new(CreateVirtualMFADeviceRequest::default()),
            25 => Box::new(DeactivateMFADeviceRequest::default()),
            26 => Box::new(DeleteAccessKeyRequest::default()),
            27 => Box::new(DeleteAccountAliasRequest::default()),
            29 => Box::new(DeleteGroupRequest::default()),
            30 => Box::new(DeleteGroupPolicyRequest::default()),
            31 => Box::new(DeleteInstanceProfileRequest::default()),
            32 => Box::new(DeleteLoginProfileRequest::default()),
            33 => Box::new(DeleteOpenIDConnectProviderRequest::default()),
            34 => Box::new(DeletePolicyRequest::default()),
            35 => Box::new(DeletePolicyVersionRequest::default()),
            36 => Box::new(DeleteRoleRequest::default()),
            37 => Box::new(DeleteRolePermissionsBoundaryRequest::default()),
            38 => Box::new(DeleteRolePolicyRequest::default()),
            39 => Box::new(DeleteSAMLProviderRequest::default()),
            40 => Box::new(DeleteSSHPublicKeyRequest::default()),
            41 => Box::new(DeleteServerCertificateRequest::default()),
            42 => Box::new(DeleteServiceLinkedRoleRequest::default()),
            43 => Box::new(DeleteServiceSpecificCredentialRequest::default()),
            44 => Box::new(DeleteSigningCertificateRequest::default()),
            45 => Box::new(DeleteUserRequest::default()),
            46 => Box::new(DeleteUserPermissionsBoundaryRequest::default()),
            47 => Box::new(DeleteUserPolicyRequest::default()),
            48 => Box::new(DeleteVirtualMFADeviceRequest::default()),
            49 => Box::new(DetachGroupPolicyRequest::default()),
            50 => Box::new(DetachRolePolicyRequest::default()),
            51 => Box::new(DetachUserPolicyRequest::default()),
            52 => Box::new(DisableOrganizationsRootCredentialsManagementRequest::default()),
            53 => Box::new(DisableOrganizationsRootSessionsRequest::default()),
            55 => Box::new(EnableMFADeviceRequest::default()),
            56 => Box::new(EnableOrganizationsRootCredentialsManagementRequest::default()),
            57 => Box::new(EnableOrganizationsRootSessionsRequest::default()),
            60 => Box::new(GenerateOrganizationsAccessReportRequest::default()),
            61 => Box::new(GenerateServiceLastAccessedDetailsRequest::default()),
            62 => Box::new(GetAccessKeyLastUsedRequest::default()),
            63 => Box::new(GetAccountAuthorizationDetailsRequest::default()),
            65 => Box::new(GetAccountPropertiesRequest::default()),
            67 => Box::new(GetContextKeysForCustomPolicyRequest::default()),
            68 => Box::new(GetContextKeysForPrincipalPolicyRequest::default()),
            70 => Box::new(GetDelegationRequestRequest::default()),
            71 => Box::new(GetGroupRequest::default()),
            72 => Box::new(GetGroupPolicyRequest::default()),
            73 => Box::new(GetHumanReadableSummaryRequest::default()),
            74 => Box::new(GetInstanceProfileRequest::default()),
            75 => Box::new(GetLoginProfileRequest::default()),
            76 => Box::new(GetMFADeviceRequest::default()),
            77 => Box::new(GetOpenIDConnectProviderRequest::default()),
            78 => Box::new(GetOrganizationsAccessReportRequest::default()),
            80 => Box::new(GetPolicyRequest::default()),
            81 => Box::new(GetPolicyVersionRequest::default()),
            82 => Box::new(GetRoleRequest::default()),
            83 => Box::new(GetRolePolicyRequest::default()),
            84 => Box::new(GetRoleTemplateVersionRequest::default()),
            85 => Box::new(GetSAMLProviderRequest::default()),
            86 => Box::new(GetSSHPublicKeyRequest::default()),
            87 => Box::new(GetServerCertificateRequest::default()),
            88 => Box::new(GetServiceLastAccessedDetailsRequest::default()),
            89 => Box::new(GetServiceLastAccessedDetailsWithEntitiesRequest::default()),
            90 => Box::new(GetServiceLinkedRoleDeletionStatusRequest::default()),
            91 => Box::new(GetUserRequest::default()),
            92 => Box::new(GetUserPolicyRequest::default()),
            93 => Box::new(ListAccessKeysRequest::default()),
            94 => Box::new(ListAccountAliasesRequest::default()),
            95 => Box::new(ListAttachedGroupPoliciesRequest::default()),
            96 => Box::new(ListAttachedRolePoliciesRequest::default()),
            97 => Box::new(ListAttachedUserPoliciesRequest::default()),
            98 => Box::new(ListDelegationRequestsRequest::default()),
            99 => Box::new(ListEntitiesForPolicyRequest::default()),
            100 => Box::new(ListGroupPoliciesRequest::default()),
            101 => Box::new(ListGroupsRequest::default()),
            102 => Box::new(ListGroupsForUserRequest::default()),
            103 => Box::new(ListInstanceProfileTagsRequest::default()),
            104 => Box::new(ListInstanceProfilesRequest::default()),
            105 => Box::new(ListInstanceProfilesForRoleRequest::default()),
            106 => Box::new(ListMFADeviceTagsRequest::default()),
            107 => Box::new(ListMFADevicesRequest::default()),
            108 => Box::new(ListOpenIDConnectProviderTagsRequest::default()),
            109 => Box::new(ListOpenIDConnectProvidersRequest::default()),
            110 => Box::new(ListOrganizationsFeaturesRequest::default()),
            111 => Box::new(ListPoliciesRequest::default()),
            112 => Box::new(ListPoliciesGrantingServiceAccessRequest::default()),
            113 => Box::new(ListPolicyTagsRequest::default()),
            114 => Box::new(ListPolicyVersionsRequest::default()),
            115 => Box::new(ListRolePoliciesRequest::default()),
            116 => Box::new(ListRoleTagsRequest::default()),
            117 => Box::new(ListRolesRequest::default()),
            118 => Box::new(ListSAMLProviderTagsRequest::default()),
            119 => Box::new(ListSAMLProvidersRequest::default()),
            120 => Box::new(ListSSHPublicKeysRequest::default()),
            121 => Box::new(ListServerCertificateTagsRequest::default()),
            122 => Box::new(ListServerCertificatesRequest::default()),
            123 => Box::new(ListServiceSpecificCredentialsRequest::default()),
            124 => Box::new(ListSigningCertificatesRequest::default()),
            125 => Box::new(ListUserPoliciesRequest::default()),
            126 => Box::new(ListUserTagsRequest::default()),
            127 => Box::new(ListUsersRequest::default()),
            128 => Box::new(ListVirtualMFADevicesRequest::default()),
            129 => Box::new(PutAccountPropertiesRequest::default()),
            130 => Box::new(PutGroupPolicyRequest::default()),
            131 => Box::new(PutRolePermissionsBoundaryRequest::default()),
            132 => Box::new(PutRolePolicyRequest::default()),
            133 => Box::new(PutUserPermissionsBoundaryRequest::default()),
            134 => Box::new(PutUserPolicyRequest::default()),
            135 => Box::new(RejectDelegationRequestRequest::default()),
            136 => Box::new(RemoveClientIDFromOpenIDConnectProviderRequest::default()),
            137 => Box::new(RemoveRoleFromInstanceProfileRequest::default()),
            138 => Box::new(RemoveUserFromGroupRequest::default()),
            139 => Box::new(ResetServiceSpecificCredentialRequest::default()),
            140 => Box::new(ResyncMFADeviceRequest::default()),
            141 => Box::new(SendDelegationTokenRequest::default()),
            142 => Box::new(SetDefaultPolicyVersionRequest::default()),
            143 => Box::new(SetSecurityTokenServicePreferencesRequest::default()),
            144 => Box::new(SimulateCustomPolicyRequest::default()),
            145 => Box::new(SimulatePrincipalPolicyRequest::default()),
            146 => Box::new(TagInstanceProfileRequest::default()),
            147 => Box::new(TagMFADeviceRequest::default()),
            148 => Box::new(TagOpenIDConnectProviderRequest::default()),
            149 => Box::new(TagPolicyRequest::default()),
            150 => Box::new(TagRoleRequest::default()),
            151 => Box::new(TagSAMLProviderRequest::default()),
            152 => Box::new(TagServerCertificateRequest::default()),
            153 => Box::new(TagUserRequest::default()),
            154 => Box::new(UntagInstanceProfileRequest::default()),
            155 => Box::new(UntagMFADeviceRequest::default()),
            156 => Box::new(UntagOpenIDConnectProviderRequest::default()),
            157 => Box::new(UntagPolicyRequest::default()),
            158 => Box::new(UntagRoleRequest::default()),
            159 => Box::new(UntagSAMLProviderRequest::default()),
            160 => Box::new(UntagServerCertificateRequest::default()),
            161 => Box::new(UntagUserRequest::default()),
            162 => Box::new(UpdateAccessKeyRequest::default()),
            163 => Box::new(UpdateAccountPasswordPolicyRequest::default()),
            164 => Box::new(UpdateAssumeRolePolicyRequest::default()),
            165 => Box::new(UpdateDelegationRequestRequest::default()),
            166 => Box::new(UpdateGroupRequest::default()),
            167 => Box::new(UpdateLoginProfileRequest::default()),
            168 => Box::new(UpdateOpenIDConnectProviderThumbprintRequest::default()),
            169 => Box::new(UpdateRoleRequest::default()),
            170 => Box::new(UpdateRoleDescriptionRequest::default()),
            171 => Box::new(UpdateSAMLProviderRequest::default()),
            172 => Box::new(UpdateSSHPublicKeyRequest::default()),
            173 => Box::new(UpdateServerCertificateRequest::default()),
            174 => Box::new(UpdateServiceSpecificCredentialRequest::default()),
            175 => Box::new(UpdateSigningCertificateRequest::default()),
            176 => Box::new(UpdateUserRequest::default()),
            177 => Box::new(UploadSSHPublicKeyRequest::default()),
            178 => Box::new(UploadServerCertificateRequest::default()),
            179 => Box::new(UploadSigningCertificateRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            1 => Box::new(AcquireRoleResponse::default()),
            10 => Box::new(CreateAccessKeyResponse::default()),
            12 => Box::new(CreateDelegationRequestResponse::default()),
            13 => Box::new(CreateGroupResponse::default()),
            14 => Box::new(CreateInstanceProfileResponse::default()),
            15 => Box::new(CreateLoginProfileResponse::default()),
            16 => Box::new(CreateOpenIDConnectProviderResponse::default()),
            17 => Box::new(CreatePolicyResponse::default()),
            18 => Box::new(CreatePolicyVersionResponse::default()),
            19 => Box::new(CreateRoleResponse::default()),
            20 => Box::new(CreateSAMLProviderResponse::default()),
            21 => Box::new(CreateServiceLinkedRoleResponse::default()),
            22 => Box::new(CreateServiceSpecificCredentialResponse::default()),
            23 => Box::new(CreateUserResponse::default()),
            24 => Box::new(CreateVirtualMFADeviceResponse::default()),
            42 => Box::new(DeleteServiceLinkedRoleResponse::default()),
            52 => Box::new(DisableOrganizationsRootCredentialsManagementResponse::default()),
            53 => Box::new(DisableOrganizationsRootSessionsResponse::default()),
            56 => Box::new(EnableOrganizationsRootCredentialsManagementResponse::default()),
            57 => Box::new(EnableOrganizationsRootSessionsResponse::default()),
            58 => Box::new(EnableOutboundWebIdentityFederationResponse::default()),
            59 => Box::new(GenerateCredentialReportResponse::default()),
            60 => Box::new(GenerateOrganizationsAccessReportResponse::default()),
            61 => Box::new(GenerateServiceLastAccessedDetailsResponse::default()),
            62 => Box::new(GetAccessKeyLastUsedResponse::default()),
            63 => Box::new(GetAccountAuthorizationDetailsResponse::default()),
            64 => Box::new(GetAccountPasswordPolicyResponse::default()),
            65 => Box::new(GetAccountPropertiesResponse::default()),
            66 => Box::new(GetAccountSummaryResponse::default()),
            67 => Box::new(GetContextKeysForPolicyResponse::default()),
            68 => Box::new(GetContextKeysForPolicyResponse::default()),
            69 => Box::new(GetCredentialReportResponse::default()),
            70 => Box::new(GetDelegationRequestResponse::default()),
            71 => Box::new(GetGroupResponse::default()),
            72 => Box::new(GetGroupPolicyResponse::default()),
            73 => Box::new(GetHumanReadableSummaryResponse::default()),
            74 => Box::new(GetInstanceProfileResponse::default()),
            75 => Box::new(GetLoginProfileResponse::default()),
            76 => Box::new(GetMFADeviceResponse::default()),
            77 => Box::new(GetOpenIDConnectProviderResponse::default()),
            78 => Box::new(GetOrganizationsAccessReportResponse::default()),
            79 => Box::new(GetOutboundWebIdentityFederationInfoResponse::default()),
            80 => Box::new(GetPolicyResponse::default()),
            81 => Box::new(GetPolicyVersionResponse::default()),
            82 => Box::new(GetRoleResponse::default()),
            83 => Box::new(GetRolePolicyResponse::default()),
            84 => Box::new(GetRoleTemplateVersionResponse::default()),
            85 => Box::new(GetSAMLProviderResponse::default()),
            86 => Box::new(GetSSHPublicKeyResponse::default()),
            87 => Box::new(GetServerCertificateResponse::default()),
            88 => Box::new(GetServiceLastAccessedDetailsResponse::default()),
            89 => Box::new(GetServiceLastAccessedDetailsWithEntitiesResponse::default()),
            90 => Box::new(GetServiceLinkedRoleDeletionStatusResponse::default()),
            91 => Box::new(GetUserResponse::default()),
            92 => Box::new(GetUserPolicyResponse::default()),
            93 => Box::new(ListAccessKeysResponse::default()),
            94 => Box::new(ListAccountAliasesResponse::default()),
            95 => Box::new(ListAttachedGroupPoliciesResponse::default()),
            96 => Box::new(ListAttachedRolePoliciesResponse::default()),
            97 => Box::new(ListAttachedUserPoliciesResponse::default()),
            98 => Box::new(ListDelegationRequestsResponse::default()),
            99 => Box::new(ListEntitiesForPolicyResponse::default()),
            100 => Box::new(ListGroupPoliciesResponse::default()),
            101 => Box::new(ListGroupsResponse::default()),
            102 => Box::new(ListGroupsForUserResponse::default()),
            103 => Box::new(ListInstanceProfileTagsResponse::default()),
            104 => Box::new(ListInstanceProfilesResponse::default()),
            105 => Box::new(ListInstanceProfilesForRoleResponse::default()),
            106 => Box::new(ListMFADeviceTagsResponse::default()),
            107 => Box::new(ListMFADevicesResponse::default()),
            108 => Box::new(ListOpenIDConnectProviderTagsResponse::default()),
            109 => Box::new(ListOpenIDConnectProvidersResponse::default()),
            110 => Box::new(ListOrganizationsFeaturesResponse::default()),
            111 => Box::new(ListPoliciesResponse::default()),
            112 => Box::new(ListPoliciesGrantingServiceAccessResponse::default()),
            113 => Box::new(ListPolicyTagsResponse::default()),
            114 => Box::new(ListPolicyVersionsResponse::default()),
            115 => Box::new(ListRolePoliciesResponse::default()),
            116 => Box::new(ListRoleTagsResponse::default()),
            117 => Box::new(ListRolesResponse::default()),
            118 => Box::new(ListSAMLProviderTagsResponse::default()),
            119 => Box::new(ListSAMLProvidersResponse::default()),
            120 => Box::new(ListSSHPublicKeysResponse::default()),
            121 => Box::new(ListServerCertificateTagsResponse::default()),
            122 => Box::new(ListServerCertificatesResponse::default()),
            123 => Box::new(ListServiceSpecificCredentialsResponse::default()),
            124 => Box::new(ListSigningCertificatesResponse::default()),
            125 => Box::new(ListUserPoliciesResponse::default()),
            126 => Box::new(ListUserTagsResponse::default()),
            127 => Box::new(ListUsersResponse::default()),
            128 => Box::new(ListVirtualMFADevicesResponse::default()),
            129 => Box::new(PutAccountPropertiesResponse::default()),
            139 => Box::new(ResetServiceSpecificCredentialResponse::default()),
            144 => Box::new(SimulatePolicyResponse::default()),
            145 => Box::new(SimulatePolicyResponse::default()),
            169 => Box::new(UpdateRoleResponse::default()),
            170 => Box::new(UpdateRoleDescriptionResponse::default()),
            171 => Box::new(UpdateSAMLProviderResponse::default()),
            177 => Box::new(UploadSSHPublicKeyResponse::default()),
            178 => Box::new(UploadServerCertificateResponse::default()),
            179 => Box::new(UploadSigningCertificateResponse::default()),
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
            0 => Input::AcceptDelegationRequest(borrowed(input)),
            1 => Input::AcquireRole(borrowed(input)),
            2 => Input::AddClientIDToOpenIDConnectProvider(borrowed(input)),
            3 => Input::AddRoleToInstanceProfile(borrowed(input)),
            4 => Input::AddUserToGroup(borrowed(input)),
            5 => Input::AssociateDelegationRequest(borrowed(input)),
            6 => Input::AttachGroupPolicy(borrowed(input)),
            7 => Input::AttachRolePolicy(borrowed(input)),
            8 => Input::AttachUserPolicy(borrowed(input)),
            9 => Input::ChangePassword(borrowed(input)),
            10 => Input::CreateAccessKey(borrowed(input)),
            11 => Input::CreateAccountAlias(borrowed(input)),
            12 => Input::CreateDelegationRequest(borrowed(input)),
            13 => Input::CreateGroup(borrowed(input)),
            14 => Input::CreateInstanceProfile(borrowed(input)),
            15 => Input::CreateLoginProfile(borrowed(input)),
            16 => Input::CreateOpenIDConnectProvider(borrowed(input)),
            17 => Input::CreatePolicy(borrowed(input)),
            18 => Input::CreatePolicyVersion(borrowed(input)),
            19 => Input::CreateRole(borrowed(input)),
            20 => Input::CreateSAMLProvider(borrowed(input)),
            21 => Input::CreateServiceLinkedRole(borrowed(input)),
            22 => Input::CreateServiceSpecificCredential(borrowed(input)),
            23 => Input::CreateUser(borrowed(input)),
            24 => Input::CreateVirtualMFADevice(borrowed(input)),
            25 => Input::DeactivateMFADevice(borrowed(input)),
            26 => Input::DeleteAccessKey(borrowed(input)),
            27 => Input::DeleteAccountAlias(borrowed(input)),
            28 => Input::DeleteAccountPasswordPolicy(borrowed(input)),
            29 => Input::DeleteGroup(borrowed(input)),
            30 => Input::DeleteGroupPolicy(borrowed(input)),
            31 => Input::DeleteInstanceProfile(borrowed(input)),
            32 => Input::DeleteLoginProfile(borrowed(input)),
            33 => Input::DeleteOpenIDConnectProvider(borrowed(input)),
            34 => Input::DeletePolicy(borrowed(input)),
            35 => Input::DeletePolicyVersion(borrowed(input)),
            36 => Input::DeleteRole(borrowed(input)),
            37 => Input::DeleteRolePermissionsBoundary(borrowed(input)),
            38 => Input::DeleteRolePolicy(borrowed(input)),
            39 => Input::DeleteSAMLProvider(borrowed(input)),
            40 => Input::DeleteSSHPublicKey(borrowed(input)),
            41 => Input::DeleteServerCertificate(borrowed(input)),
            42 => Input::DeleteServiceLinkedRole(borrowed(input)),
            43 => Input::DeleteServiceSpecificCredential(borrowed(input)),
            44 => Input::DeleteSigningCertificate(borrowed(input)),
            45 => Input::DeleteUser(borrowed(input)),
            46 => Input::DeleteUserPermissionsBoundary(borrowed(input)),
            47 => Input::DeleteUserPolicy(borrowed(input)),
            48 => Input::DeleteVirtualMFADevice(borrowed(input)),
            49 => Input::DetachGroupPolicy(borrowed(input)),
            50 => Input::DetachRolePolicy(borrowed(input)),
            51 => Input::DetachUserPolicy(borrowed(input)),
            52 => Input::DisableOrganizationsRootCredentialsManagement(borrowed(input)),
            53 => Input::DisableOrganizationsRootSessions(borrowed(input)),
            54 => Input::DisableOutboundWebIdentityFederation(borrowed(input)),
            55 => Input::EnableMFADevice(borrowed(input)),
            56 => Input::EnableOrganizationsRootCredentialsManagement(borrowed(input)),
            57 => Input::EnableOrganizationsRootSessions(borrowed(input)),
            58 => Input::EnableOutboundWebIdentityFederation(borrowed(input)),
            59 => Input::GenerateCredentialReport(borrowed(input)),
            60 => Input::GenerateOrganizationsAccessReport(borrowed(input)),
            61 => Input::GenerateServiceLastAccessedDetails(borrowed(input)),
            62 => Input::GetAccessKeyLastUsed(borrowed(input)),
            63 => Input::GetAccountAuthorizationDetails(borrowed(input)),
            64 => Input::GetAccountPasswordPolicy(borrowed(input)),
            65 => Input::GetAccountProperties(borrowed(input)),
            66 => Input::GetAccountSummary(borrowed(input)),
            67 => Input::GetContextKeysForCustomPolicy(borrowed(input)),
            68 => Input::GetContextKeysForPrincipalPolicy(borrowed(input)),
            69 => Input::GetCredentialReport(borrowed(input)),
            70 => Input::GetDelegationRequest(borrowed(input)),
            71 => Input::GetGroup(borrowed(input)),
            72 => Input::GetGroupPolicy(borrowed(input)),
            73 => Input::GetHumanReadableSummary(borrowed(input)),
            74 => Input::GetInstanceProfile(borrowed(input)),
            75 => Input::GetLoginProfile(borrowed(input)),
            76 => Input::GetMFADevice(borrowed(input)),
            77 => Input::GetOpenIDConnectProvider(borrowed(input)),
            78 => Input::GetOrganizationsAccessReport(borrowed(input)),
            79 => Input::GetOutboundWebIdentityFederationInfo(borrowed(input)),
            80 => Input::GetPolicy(borrowed(input)),
            81 => Input::GetPolicyVersion(borrowed(input)),
            82 => Input::GetRole(borrowed(input)),
            83 => Input::GetRolePolicy(borrowed(input)),
            84 => Input::GetRoleTemplateVersion(borrowed(input)),
            85 => Input::GetSAMLProvider(borrowed(input)),
            86 => Input::GetSSHPublicKey(borrowed(input)),
            87 => Input::GetServerCertificate(borrowed(input)),
            88 => Input::GetServiceLastAccessedDetails(borrowed(input)),
            89 => Input::GetServiceLastAccessedDetailsWithEntities(borrowed(input)),
            90 => Input::GetServiceLinkedRoleDeletionStatus(borrowed(input)),
            91 => Input::GetUser(borrowed(input)),
            92 => Input::GetUserPolicy(borrowed(input)),
            93 => Input::ListAccessKeys(borrowed(input)),
            94 => Input::ListAccountAliases(borrowed(input)),
            95 => Input::ListAttachedGroupPolicies(borrowed(input)),
            96 => Input::ListAttachedRolePolicies(borrowed(input)),
            97 => Input::ListAttachedUserPolicies(borrowed(input)),
            98 => Input::ListDelegationRequests(borrowed(input)),
            99 => Input::ListEntitiesForPolicy(borrowed(input)),
            100 => Input::ListGroupPolicies(borrowed(input)),
            101 => Input::ListGroups(borrowed(input)),
            102 => Input::ListGroupsForUser(borrowed(input)),
            103 => Input::ListInstanceProfileTags(borrowed(input)),
            104 => Input::ListInstanceProfiles(borrowed(input)),
            105 => Input::ListInstanceProfilesForRole(borrowed(input)),
            106 => Input::ListMFADeviceTags(borrowed(input)),
            107 => Input::ListMFADevices(borrowed(input)),
            108 => Input::ListOpenIDConnectProviderTags(borrowed(input)),
            109 => Input::ListOpenIDConnectProviders(borrowed(input)),
            110 => Input::ListOrganizationsFeatures(borrowed(input)),
            111 => Input::ListPolicies(borrowed(input)),
            112 => Input::ListPoliciesGrantingServiceAccess(borrowed(input)),
            113 => Input::ListPolicyTags(borrowed(input)),
            114 => Input::ListPolicyVersions(borrowed(input)),
            115 => Input::ListRolePolicies(borrowed(input)),
            116 => Input::ListRoleTags(borrowed(input)),
            117 => Input::ListRoles(borrowed(input)),
            118 => Input::ListSAMLProviderTags(borrowed(input)),
            119 => Input::ListSAMLProviders(borrowed(input)),
            120 => Input::ListSSHPublicKeys(borrowed(input)),
            121 => Input::ListServerCertificateTags(borrowed(input)),
            122 => Input::ListServerCertificates(borrowed(input)),
            123 => Input::ListServiceSpecificCredentials(borrowed(input)),
            124 => Input::ListSigningCertificates(borrowed(input)),
            125 => Input::ListUserPolicies(borrowed(input)),
            126 => Input::ListUserTags(borrowed(input)),
            127 => Input::ListUsers(borrowed(input)),
            128 => Input::ListVirtualMFADevices(borrowed(input)),
            129 => Input::PutAccountProperties(borrowed(input)),
            130 => Input::PutGroupPolicy(borrowed(input)),
            131 => Input::PutRolePermissionsBoundary(borrowed(input)),
            132 => Input::PutRolePolicy(borrowed(input)),
            133 => Input::PutUserPermissionsBoundary(borrowed(input)),
            134 => Input::PutUserPolicy(borrowed(input)),
            135 => Input::RejectDelegationRequest(borrowed(input)),
            136 => Input::RemoveClientIDFromOpenIDConnectProvider(borrowed(input)),
            137 => Input::RemoveRoleFromInstanceProfile(borrowed(input)),
            138 => Input::RemoveUserFromGroup(borrowed(input)),
            139 => Input::ResetServiceSpecificCredential(borrowed(input)),
            140 => Input::ResyncMFADevice(borrowed(input)),
            141 => Input::SendDelegationToken(borrowed(input)),
            142 => Input::SetDefaultPolicyVersion(borrowed(input)),
            143 => Input::SetSecurityTokenServicePreferences(borrowed(input)),
            144 => Input::SimulateCustomPolicy(borrowed(input)),
            145 => Input::SimulatePrincipalPolicy(borrowed(input)),
            146 => Input::TagInstanceProfile(borrowed(input)),
            147 => Input::TagMFADevice(borrowed(input)),
            148 => Input::TagOpenIDConnectProvider(borrowed(input)),
            149 => Input::TagPolicy(borrowed(input)),
            150 => Input::TagRole(borrowed(input)),
            151 => Input::TagSAMLProvider(borrowed(input)),
            152 => Input::TagServerCertificate(borrowed(input)),
            153 => Input::TagUser(borrowed(input)),
            154 => Input::UntagInstanceProfile(borrowed(input)),
            155 => Input::UntagMFADevice(borrowed(input)),
            156 => Input::UntagOpenIDConnectProvider(borrowed(input)),
            157 => Input::UntagPolicy(borrowed(input)),
            158 => Input::UntagRole(borrowed(input)),
            159 => Input::UntagSAMLProvider(borrowed(input)),
            160 => Input::UntagServerCertificate(borrowed(input)),
            161 => Input::UntagUser(borrowed(input)),
            162 => Input::UpdateAccessKey(borrowed(input)),
            163 => Input::UpdateAccountPasswordPolicy(borrowed(input)),
            164 => Input::UpdateAssumeRolePolicy(borrowed(input)),
            165 => Input::UpdateDelegationRequest(borrowed(input)),
            166 => Input::UpdateGroup(borrowed(input)),
            167 => Input::UpdateLoginProfile(borrowed(input)),
            168 => Input::UpdateOpenIDConnectProviderThumbprint(borrowed(input)),
            169 => Input::UpdateRole(borrowed(input)),
            170 => Input::UpdateRoleDescription(borrowed(input)),
            171 => Input::UpdateSAMLProvider(borrowed(input)),
            172 => Input::UpdateSSHPublicKey(borrowed(input)),
            173 => Input::UpdateServerCertificate(borrowed(input)),
            174 => Input::UpdateServiceSpecificCredential(borrowed(input)),
            175 => Input::UpdateSigningCertificate(borrowed(input)),
            176 => Input::UpdateUser(borrowed(input)),
            177 => Input::UploadSSHPublicKey(borrowed(input)),
            178 => Input::UploadServerCertificate(borrowed(input)),
            179 => Input::UploadSigningCertificate(borrowed(input)),
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
            0 => Box::new(self.0.accept_delegation_request(call, typed(input)).await?),
            1 => Box::new(self.0.acquire_role(call, typed(input)).await?),
            2 => Box::new(
                self.0
                    .add_client_id_to_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            3 => Box::new(
                self.0
                    .add_role_to_instance_profile(call, typed(input))
                    .await?,
            ),
            4 => Box::new(self.0.add_user_to_group(call, typed(input)).await?),
            5 => Box::new(
                self.0
                    .associate_delegation_request(call, typed(input))
                    .await?,
            ),
            6 => Box::new(self.0.attach_group_policy(call, typed(input)).await?),
            7 => Box::new(self.0.attach_role_policy(call, typed(input)).await?),
            8 => Box::new(self.0.attach_user_policy(call, typed(input)).await?),
            9 => Box::new(self.0.change_password(call, typed(input)).await?),
            10 => Box::new(self.0.create_access_key(call, typed(input)).await?),
            11 => Box::new(self.0.create_account_alias(call, typed(input)).await?),
            12 => Box::new(self.0.create_delegation_request(call, typed(input)).await?),
            13 => Box::new(self.0.create_group(call, typed(input)).await?),
            14 => Box::new(self.0.create_instance_profile(call, typed(input)).await?),
            15 => Box::new(self.0.create_login_profile(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .create_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            17 => Box::new(self.0.create_policy(call, typed(input)).await?),
            18 => Box::new(self.0.create_policy_version(call, typed(input)).await?),
            19 => Box::new(self.0.create_role(call, typed(input)).await?),
            20 => Box::new(self.0.create_saml_provider(call, typed(input)).await?),
            21 => Box::new(
                self.0
                    .create_service_linked_role(call, typed(input))
                    .await?,
            ),
            22 => Box::new(
                self.0
                    .create_service_specific_credential(call, typed(input))
                    .await?,
            ),
            23 => Box::new(self.0.create_user(call, typed(input)).await?),
            24 => Box::new(self.0.create_virtual_mfa_device(call, typed(input)).await?),
            25 => Box::new(self.0.deactivate_mfa_device(call, typed(input)).await?),
            26 => Box::new(self.0.delete_access_key(call, typed(input)).await?),
            27 => Box::new(self.0.delete_account_alias(call, typed(input)).await?),
            28 => Box::new(
                self.0
                    .delete_account_password_policy(call, typed(input))
                    .await?,
            ),
            29 => Box::new(self.0.delete_group(call, typed(input)).await?),
            30 => Box::new(self.0.delete_group_policy(call, typed(input)).await?),
            31 => Box::new(self.0.delete_instance_profile(call, typed(input)).await?),
            32 => Box::new(self.0.delete_login_profile(call, typed(input)).await?),
            33 => Box::new(
                self.0
                    .delete_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            34 => Box::new(self.0.delete_policy(call, typed(input)).await?),
            35 => Box::new(self.0.delete_policy_version(call, typed(input)).await?),
            36 => Box::new(self.0.delete_role(call, typed(input)).await?),
            37 => Box::new(
                self.0
                    .delete_role_permissions_boundary(call, typed(input))
                    .await?,
            ),
            38 => Box::new(self.0.delete_role_policy(call, typed(input)).await?),
            39 => Box::new(self.0.delete_saml_provider(call, typed(input)).await?),
            40 => Box::new(self.0.delete_ssh_public_key(call, typed(input)).await?),
            41 => Box::new(self.0.delete_server_certificate(call, typed(input)).await?),
            42 => Box::new(
                self.0
                    .delete_service_linked_role(call, typed(input))
                    .await?,
            ),
            43 => Box::new(
                self.0
                    .delete_service_specific_credential(call, typed(input))
                    .await?,
            ),
            44 => Box::new(
                self.0
                    .delete_signing_certificate(call, typed(input))
                    .await?,
            ),
            45 => Box::new(self.0.delete_user(call, typed(input)).await?),
            46 => Box::new(
                self.0
                    .delete_user_permissions_boundary(call, typed(input))
                    .await?,
            ),
            47 => Box::new(self.0.delete_user_policy(call, typed(input)).await?),
            48 => Box::new(self.0.delete_virtual_mfa_device(call, typed(input)).await?),
            49 => Box::new(self.0.detach_group_policy(call, typed(input)).await?),
            50 => Box::new(self.0.detach_role_policy(call, typed(input)).await?),
            51 => Box::new(self.0.detach_user_policy(call, typed(input)).await?),
            52 => Box::new(
                self.0
                    .disable_organizations_root_credentials_management(call, typed(input))
                    .await?,
            ),
            53 => Box::new(
                self.0
                    .disable_organizations_root_sessions(call, typed(input))
                    .await?,
            ),
            54 => Box::new(
                self.0
                    .disable_outbound_web_identity_federation(call, typed(input))
                    .await?,
            ),
            55 => Box::new(self.0.enable_mfa_device(call, typed(input)).await?),
            56 => Box::new(
                self.0
                    .enable_organizations_root_credentials_management(call, typed(input))
                    .await?,
            ),
            57 => Box::new(
                self.0
                    .enable_organizations_root_sessions(call, typed(input))
                    .await?,
            ),
            58 => Box::new(
                self.0
                    .enable_outbound_web_identity_federation(call, typed(input))
                    .await?,
            ),
            59 => Box::new(
                self.0
                    .generate_credential_report(call, typed(input))
                    .await?,
            ),
            60 => Box::new(
                self.0
                    .generate_organizations_access_report(call, typed(input))
                    .await?,
            ),
            61 => Box::new(
                self.0
                    .generate_service_last_accessed_details(call, typed(input))
                    .await?,
            ),
            62 => Box::new(self.0.get_access_key_last_used(call, typed(input)).await?),
            63 => Box::new(
                self.0
                    .get_account_authorization_details(call, typed(input))
                    .await?,
            ),
            64 => Box::new(
                self.0
                    .get_account_password_policy(call, typed(input))
                    .await?,
            ),
            65 => Box::new(self.0.get_account_properties(call, typed(input)).await?),
            66 => Box::new(self.0.get_account_summary(call, typed(input)).await?),
            67 => Box::new(
                self.0
                    .get_context_keys_for_custom_policy(call, typed(input))
                    .await?,
            ),
            68 => Box::new(
                self.0
                    .get_context_keys_for_principal_policy(call, typed(input))
                    .await?,
            ),
            69 => Box::new(self.0.get_credential_report(call, typed(input)).await?),
            70 => Box::new(self.0.get_delegation_request(call, typed(input)).await?),
            71 => Box::new(self.0.get_group(call, typed(input)).await?),
            72 => Box::new(self.0.get_group_policy(call, typed(input)).await?),
            73 => Box::new(
                self.0
                    .get_human_readable_summary(call, typed(input))
                    .await?,
            ),
            74 => Box::new(self.0.get_instance_profile(call, typed(input)).await?),
            75 => Box::new(self.0.get_login_profile(call, typed(input)).await?),
            76 => Box::new(self.0.get_mfa_device(call, typed(input)).await?),
            77 => Box::new(
                self.0
                    .get_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            78 => Box::new(
                self.0
                    .get_organizations_access_report(call, typed(input))
                    .await?,
            ),
            79 => Box::new(
                self.0
                    .get_outbound_web_identity_federation_info(call, typed(input))
                    .await?,
            ),
            80 => Box::new(self.0.get_policy(call, typed(input)).await?),
            81 => Box::new(self.0.get_policy_version(call, typed(input)).await?),
            82 => Box::new(self.0.get_role(call, typed(input)).await?),
            83 => Box::new(self.0.get_role_policy(call, typed(input)).await?),
            84 => Box::new(self.0.get_role_template_version(call, typed(input)).await?),
            85 => Box::new(self.0.get_saml_provider(call, typed(input)).await?),
            86 => Box::new(self.0.get_ssh_public_key(call, typed(input)).await?),
            87 => Box::new(self.0.get_server_certificate(call, typed(input)).await?),
            88 => Box::new(
                self.0
                    .get_service_last_accessed_details(call, typed(input))
                    .await?,
            ),
            89 => Box::new(
                self.0
                    .get_service_last_accessed_details_with_entities(call, typed(input))
                    .await?,
            ),
            90 => Box::new(
                self.0
                    .get_service_linked_role_deletion_status(call, typed(input))
                    .await?,
            ),
            91 => Box::new(self.0.get_user(call, typed(input)).await?),
            92 => Box::new(self.0.get_user_policy(call, typed(input)).await?),
            93 => Box::new(self.0.list_access_keys(call, typed(input)).await?),
            94 => Box::new(self.0.list_account_aliases(call, typed(input)).await?),
            95 => Box::new(
                self.0
                    .list_attached_group_policies(call, typed(input))
                    .await?,
            ),
            96 => Box::new(
                self.0
                    .list_attached_role_policies(call, typed(input))
                    .await?,
            ),
            97 => Box::new(
                self.0
                    .list_attached_user_policies(call, typed(input))
                    .await?,
            ),
            98 => Box::new(self.0.list_delegation_requests(call, typed(input)).await?),
            99 => Box::new(self.0.list_entities_for_policy(call, typed(input)).await?),
            100 => Box::new(self.0.list_group_policies(call, typed(input)).await?),
            101 => Box::new(self.0.list_groups(call, typed(input)).await?),
            102 => Box::new(self.0.list_groups_for_user(call, typed(input)).await?),
            103 => Box::new(
                self.0
                    .list_instance_profile_tags(call, typed(input))
                    .await?,
            ),
            104 => Box::new(self.0.list_instance_profiles(call, typed(input)).await?),
            105 => Box::new(
                self.0
                    .list_instance_profiles_for_role(call, typed(input))
                    .await?,
            ),
            106 => Box::new(self.0.list_mfa_device_tags(call, typed(input)).await?),
            107 => Box::new(self.0.list_mfa_devices(call, typed(input)).await?),
            108 => Box::new(
                self.0
                    .list_open_id_connect_provider_tags(call, typed(input))
                    .await?,
            ),
            109 => Box::new(
                self.0
                    .list_open_id_connect_providers(call, typed(input))
                    .await?,
            ),
            110 => Box::new(
                self.0
                    .list_organizations_features(call, typed(input))
                    .await?,
            ),
            111 => Box::new(self.0.list_policies(call, typed(input)).await?),
            112 => Box::new(
                self.0
                    .list_policies_granting_service_access(call, typed(input))
                    .await?,
            ),
            113 => Box::new(self.0.list_policy_tags(call, typed(input)).await?),
            114 => Box::new(self.0.list_policy_versions(call, typed(input)).await?),
            115 => Box::new(self.0.list_role_policies(call, typed(input)).await?),
            116 => Box::new(self.0.list_role_tags(call, typed(input)).await?),
            117 => Box::new(self.0.list_roles(call, typed(input)).await?),
            118 => Box::new(self.0.list_saml_provider_tags(call, typed(input)).await?),
            119 => Box::new(self.0.list_saml_providers(call, typed(input)).await?),
            120 => Box::new(self.0.list_ssh_public_keys(call, typed(input)).await?),
            121 => Box::new(
                self.0
                    .list_server_certificate_tags(call, typed(input))
                    .await?,
            ),
            122 => Box::new(self.0.list_server_certificates(call, typed(input)).await?),
            123 => Box::new(
                self.0
                    .list_service_specific_credentials(call, typed(input))
                    .await?,
            ),
            124 => Box::new(self.0.list_signing_certificates(call, typed(input)).await?),
            125 => Box::new(self.0.list_user_policies(call, typed(input)).await?),
            126 => Box::new(self.0.list_user_tags(call, typed(input)).await?),
            127 => Box::new(self.0.list_users(call, typed(input)).await?),
            128 => Box::new(self.0.list_virtual_mfa_devices(call, typed(input)).await?),
            129 => Box::new(self.0.put_account_properties(call, typed(input)).await?),
            130 => Box::new(self.0.put_group_policy(call, typed(input)).await?),
            131 => Box::new(
                self.0
                    .put_role_permissions_boundary(call, typed(input))
                    .await?,
            ),
            132 => Box::new(self.0.put_role_policy(call, typed(input)).await?),
            133 => Box::new(
                self.0
                    .put_user_permissions_boundary(call, typed(input))
                    .await?,
            ),
            134 => Box::new(self.0.put_user_policy(call, typed(input)).await?),
            135 => Box::new(self.0.reject_delegation_request(call, typed(input)).await?),
            136 => Box::new(
                self.0
                    .remove_client_id_from_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            137 => Box::new(
                self.0
                    .remove_role_from_instance_profile(call, typed(input))
                    .await?,
            ),
            138 => Box::new(self.0.remove_user_from_group(call, typed(input)).await?),
            139 => Box::new(
                self.0
                    .reset_service_specific_credential(call, typed(input))
                    .await?,
            ),
            140 => Box::new(self.0.resync_mfa_device(call, typed(input)).await?),
            141 => Box::new(self.0.send_delegation_token(call, typed(input)).await?),
            142 => Box::new(
                self.0
                    .set_default_policy_version(call, typed(input))
                    .await?,
            ),
            143 => Box::new(
                self.0
                    .set_security_token_service_preferences(call, typed(input))
                    .await?,
            ),
            144 => Box::new(self.0.simulate_custom_policy(call, typed(input)).await?),
            145 => Box::new(self.0.simulate_principal_policy(call, typed(input)).await?),
            146 => Box::new(self.0.tag_instance_profile(call, typed(input)).await?),
            147 => Box::new(self.0.tag_mfa_device(call, typed(input)).await?),
            148 => Box::new(
                self.0
                    .tag_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            149 => Box::new(self.0.tag_policy(call, typed(input)).await?),
            150 => Box::new(self.0.tag_role(call, typed(input)).await?),
            151 => Box::new(self.0.tag_saml_provider(call, typed(input)).await?),
            152 => Box::new(self.0.tag_server_certificate(call, typed(input)).await?),
            153 => Box::new(self.0.tag_user(call, typed(input)).await?),
            154 => Box::new(self.0.untag_instance_profile(call, typed(input)).await?),
            155 => Box::new(self.0.untag_mfa_device(call, typed(input)).await?),
            156 => Box::new(
                self.0
                    .untag_open_id_connect_provider(call, typed(input))
                    .await?,
            ),
            157 => Box::new(self.0.untag_policy(call, typed(input)).await?),
            158 => Box::new(self.0.untag_role(call, typed(input)).await?),
            159 => Box::new(self.0.untag_saml_provider(call, typed(input)).await?),
            160 => Box::new(self.0.untag_server_certificate(call, typed(input)).await?),
            161 => Box::new(self.0.untag_user(call, typed(input)).await?),
            162 => Box::new(self.0.update_access_key(call, typed(input)).await?),
            163 => Box::new(
                self.0
                    .update_account_password_policy(call, typed(input))
                    .await?,
            ),
            164 => Box::new(self.0.update_assume_role_policy(call, typed(input)).await?),
            165 => Box::new(self.0.update_delegation_request(call, typed(input)).await?),
            166 => Box::new(self.0.update_group(call, typed(input)).await?),
            167 => Box::new(self.0.update_login_profile(call, typed(input)).await?),
            168 => Box::new(
                self.0
                    .update_open_id_connect_provider_thumbprint(call, typed(input))
                    .await?,
            ),
            169 => Box::new(self.0.update_role(call, typed(input)).await?),
            170 => Box::new(self.0.update_role_description(call, typed(input)).await?),
            171 => Box::new(self.0.update_saml_provider(call, typed(input)).await?),
            172 => Box::new(self.0.update_ssh_public_key(call, typed(input)).await?),
            173 => Box::new(self.0.update_server_certificate(call, typed(input)).await?),
            174 => Box::new(
                self.0
                    .update_service_specific_credential(call, typed(input))
                    .await?,
            ),
            175 => Box::new(
                self.0
                    .update_signing_certificate(call, typed(input))
                    .await?,
            ),
            176 => Box::new(self.0.update_user(call, typed(input)).await?),
            177 => Box::new(self.0.upload_ssh_public_key(call, typed(input)).await?),
            178 => Box::new(self.0.upload_server_certificate(call, typed(input)).await?),
            179 => Box::new(
                self.0
                    .upload_signing_certificate(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Iam>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Iam>, dispatcher: Dispatcher) -> Self {
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
impl Iam for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn accept_delegation_request(
        &self,
        call: &Call,
        input: AcceptDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AcceptDelegationRequest(&input), 0, &input)
            .await?;
        self.inner.accept_delegation_request(&call, input).await
    }

    async fn acquire_role(
        &self,
        call: &Call,
        input: AcquireRoleRequest,
    ) -> Result<AcquireRoleResponse, Fault> {
        let call = self
            .admit(call, Input::AcquireRole(&input), 1, &input)
            .await?;
        self.inner.acquire_role(&call, input).await
    }

    async fn add_client_id_to_open_id_connect_provider(
        &self,
        call: &Call,
        input: AddClientIDToOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::AddClientIDToOpenIDConnectProvider(&input),
                2,
                &input,
            )
            .await?;
        self.inner
            .add_client_id_to_open_id_connect_provider(&call, input)
            .await
    }

    async fn add_role_to_instance_profile(
        &self,
        call: &Call,
        input: AddRoleToInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AddRoleToInstanceProfile(&input), 3, &input)
            .await?;
        self.inner.add_role_to_instance_profile(&call, input).await
    }

    async fn add_user_to_group(
        &self,
        call: &Call,
        input: AddUserToGroupRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AddUserToGroup(&input), 4, &input)
            .await?;
        self.inner.add_user_to_group(&call, input).await
    }

    async fn associate_delegation_request(
        &self,
        call: &Call,
        input: AssociateDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AssociateDelegationRequest(&input), 5, &input)
            .await?;
        self.inner.associate_delegation_request(&call, input).await
    }

    async fn attach_group_policy(
        &self,
        call: &Call,
        input: AttachGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AttachGroupPolicy(&input), 6, &input)
            .await?;
        self.inner.attach_group_policy(&call, input).await
    }

    async fn attach_role_policy(
        &self,
        call: &Call,
        input: AttachRolePolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AttachRolePolicy(&input), 7, &input)
            .await?;
        self.inner.attach_role_policy(&call, input).await
    }

    async fn attach_user_policy(
        &self,
        call: &Call,
        input: AttachUserPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AttachUserPolicy(&input), 8, &input)
            .await?;
        self.inner.attach_user_policy(&call, input).await
    }

    async fn change_password(
        &self,
        call: &Call,
        input: ChangePasswordRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ChangePassword(&input), 9, &input)
            .await?;
        self.inner.change_password(&call, input).await
    }

    async fn create_access_key(
        &self,
        call: &Call,
        input: CreateAccessKeyRequest,
    ) -> Result<CreateAccessKeyResponse, Fault> {
        let call = self
            .admit(call, Input::CreateAccessKey(&input), 10, &input)
            .await?;
        self.inner.create_access_key(&call, input).await
    }

    async fn create_account_alias(
        &self,
        call: &Call,
        input: CreateAccountAliasRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateAccountAlias(&input), 11, &input)
            .await?;
        self.inner.create_account_alias(&call, input).await
    }

    async fn create_delegation_request(
        &self,
        call: &Call,
        input: CreateDelegationRequestRequest,
    ) -> Result<CreateDelegationRequestResponse, Fault> {
        let call = self
            .admit(call, Input::CreateDelegationRequest(&input), 12, &input)
            .await?;
        self.inner.create_delegation_request(&call, input).await
    }

    async fn create_group(
        &self,
        call: &Call,
        input: CreateGroupRequest,
    ) -> Result<CreateGroupResponse, Fault> {
        let call = self
            .admit(call, Input::CreateGroup(&input), 13, &input)
            .await?;
        self.inner.create_group(&call, input).await
    }

    async fn create_instance_profile(
        &self,
        call: &Call,
        input: CreateInstanceProfileRequest,
    ) -> Result<CreateInstanceProfileResponse, Fault> {
        let call = self
            .admit(call, Input::CreateInstanceProfile(&input), 14, &input)
            .await?;
        self.inner.create_instance_profile(&call, input).await
    }

    async fn create_login_profile(
        &self,
        call: &Call,
        input: CreateLoginProfileRequest,
    ) -> Result<CreateLoginProfileResponse, Fault> {
        let call = self
            .admit(call, Input::CreateLoginProfile(&input), 15, &input)
            .await?;
        self.inner.create_login_profile(&call, input).await
    }

    async fn create_open_id_connect_provider(
        &self,
        call: &Call,
        input: CreateOpenIDConnectProviderRequest,
    ) -> Result<CreateOpenIDConnectProviderResponse, Fault> {
        let call = self
            .admit(call, Input::CreateOpenIDConnectProvider(&input), 16, &input)
            .await?;
        self.inner
            .create_open_id_connect_provider(&call, input)
            .await
    }

    async fn create_policy(
        &self,
        call: &Call,
        input: CreatePolicyRequest,
    ) -> Result<CreatePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::CreatePolicy(&input), 17, &input)
            .await?;
        self.inner.create_policy(&call, input).await
    }

    async fn create_policy_version(
        &self,
        call: &Call,
        input: CreatePolicyVersionRequest,
    ) -> Result<CreatePolicyVersionResponse, Fault> {
        let call = self
            .admit(call, Input::CreatePolicyVersion(&input), 18, &input)
            .await?;
        self.inner.create_policy_version(&call, input).await
    }

    async fn create_role(
        &self,
        call: &Call,
        input: CreateRoleRequest,
    ) -> Result<CreateRoleResponse, Fault> {
        let call = self
            .admit(call, Input::CreateRole(&input), 19, &input)
            .await?;
        self.inner.create_role(&call, input).await
    }

    async fn create_saml_provider(
        &self,
        call: &Call,
        input: CreateSAMLProviderRequest,
    ) -> Result<CreateSAMLProviderResponse, Fault> {
        let call = self
            .admit(call, Input::CreateSAMLProvider(&input), 20, &input)
            .await?;
        self.inner.create_saml_provider(&call, input).await
    }

    async fn create_service_linked_role(
        &self,
        call: &Call,
        input: CreateServiceLinkedRoleRequest,
    ) -> Result<CreateServiceLinkedRoleResponse, Fault> {
        let call = self
            .admit(call, Input::CreateServiceLinkedRole(&input), 21, &input)
            .await?;
        self.inner.create_service_linked_role(&call, input).await
    }

    async fn create_service_specific_credential(
        &self,
        call: &Call,
        input: CreateServiceSpecificCredentialRequest,
    ) -> Result<CreateServiceSpecificCredentialResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateServiceSpecificCredential(&input),
                22,
                &input,
            )
            .await?;
        self.inner
            .create_service_specific_credential(&call, input)
            .await
    }

    async fn create_user(
        &self,
        call: &Call,
        input: CreateUserRequest,
    ) -> Result<CreateUserResponse, Fault> {
        let call = self
            .admit(call, Input::CreateUser(&input), 23, &input)
            .await?;
        self.inner.create_user(&call, input).await
    }

    async fn create_virtual_mfa_device(
        &self,
        call: &Call,
        input: CreateVirtualMFADeviceRequest,
    ) -> Result<CreateVirtualMFADeviceResponse, Fault> {
        let call = self
            .admit(call, Input::CreateVirtualMFADevice(&input), 24, &input)
            .await?;
        self.inner.create_virtual_mfa_device(&call, input).await
    }

    async fn deactivate_mfa_device(
        &self,
        call: &Call,
        input: DeactivateMFADeviceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeactivateMFADevice(&input), 25, &input)
            .await?;
        self.inner.deactivate_mfa_device(&call, input).await
    }

    async fn delete_access_key(
        &self,
        call: &Call,
        input: DeleteAccessKeyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAccessKey(&input), 26, &input)
            .await?;
        self.inner.delete_access_key(&call, input).await
    }

    async fn delete_account_alias(
        &self,
        call: &Call,
        input: DeleteAccountAliasRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAccountAlias(&input), 27, &input)
            .await?;
        self.inner.delete_account_alias(&call, input).await
    }

    async fn delete_account_password_policy(&self, call: &Call, input: ()) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAccountPasswordPolicy(&input), 28, &input)
            .await?;
        self.inner
            .delete_account_password_policy(&call, input)
            .await
    }

    async fn delete_group(&self, call: &Call, input: DeleteGroupRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteGroup(&input), 29, &input)
            .await?;
        self.inner.delete_group(&call, input).await
    }

    async fn delete_group_policy(
        &self,
        call: &Call,
        input: DeleteGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteGroupPolicy(&input), 30, &input)
            .await?;
        self.inner.delete_group_policy(&call, input).await
    }

    async fn delete_instance_profile(
        &self,
        call: &Call,
        input: DeleteInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteInstanceProfile(&input), 31, &input)
            .await?;
        self.inner.delete_instance_profile(&call, input).await
    }

    async fn delete_login_profile(
        &self,
        call: &Call,
        input: DeleteLoginProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteLoginProfile(&input), 32, &input)
            .await?;
        self.inner.delete_login_profile(&call, input).await
    }

    async fn delete_open_id_connect_provider(
        &self,
        call: &Call,
        input: DeleteOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteOpenIDConnectProvider(&input), 33, &input)
            .await?;
        self.inner
            .delete_open_id_connect_provider(&call, input)
            .await
    }

    async fn delete_policy(&self, call: &Call, input: DeletePolicyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeletePolicy(&input), 34, &input)
            .await?;
        self.inner.delete_policy(&call, input).await
    }

    async fn delete_policy_version(
        &self,
        call: &Call,
        input: DeletePolicyVersionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeletePolicyVersion(&input), 35, &input)
            .await?;
        self.inner.delete_policy_version(&call, input).await
    }

    async fn delete_role(&self, call: &Call, input: DeleteRoleRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteRole(&input), 36, &input)
            .await?;
        self.inner.delete_role(&call, input).await
    }

    async fn delete_role_permissions_boundary(
        &self,
        call: &Call,
        input: DeleteRolePermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteRolePermissionsBoundary(&input),
                37,
                &input,
            )
            .await?;
        self.inner
            .delete_role_permissions_boundary(&call, input)
            .await
    }

    async fn delete_role_policy(
        &self,
        call: &Call,
        input: DeleteRolePolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteRolePolicy(&input), 38, &input)
            .await?;
        self.inner.delete_role_policy(&call, input).await
    }

    async fn delete_saml_provider(
        &self,
        call: &Call,
        input: DeleteSAMLProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSAMLProvider(&input), 39, &input)
            .await?;
        self.inner.delete_saml_provider(&call, input).await
    }

    async fn delete_ssh_public_key(
        &self,
        call: &Call,
        input: DeleteSSHPublicKeyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSSHPublicKey(&input), 40, &input)
            .await?;
        self.inner.delete_ssh_public_key(&call, input).await
    }

    async fn delete_server_certificate(
        &self,
        call: &Call,
        input: DeleteServerCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteServerCertificate(&input), 41, &input)
            .await?;
        self.inner.delete_server_certificate(&call, input).await
    }

    async fn delete_service_linked_role(
        &self,
        call: &Call,
        input: DeleteServiceLinkedRoleRequest,
    ) -> Result<DeleteServiceLinkedRoleResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteServiceLinkedRole(&input), 42, &input)
            .await?;
        self.inner.delete_service_linked_role(&call, input).await
    }

    async fn delete_service_specific_credential(
        &self,
        call: &Call,
        input: DeleteServiceSpecificCredentialRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteServiceSpecificCredential(&input),
                43,
                &input,
            )
            .await?;
        self.inner
            .delete_service_specific_credential(&call, input)
            .await
    }

    async fn delete_signing_certificate(
        &self,
        call: &Call,
        input: DeleteSigningCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSigningCertificate(&input), 44, &input)
            .await?;
        self.inner.delete_signing_certificate(&call, input).await
    }

    async fn delete_user(&self, call: &Call, input: DeleteUserRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteUser(&input), 45, &input)
            .await?;
        self.inner.delete_user(&call, input).await
    }

    async fn delete_user_permissions_boundary(
        &self,
        call: &Call,
        input: DeleteUserPermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteUserPermissionsBoundary(&input),
                46,
                &input,
            )
            .await?;
        self.inner
            .delete_user_permissions_boundary(&call, input)
            .await
    }

    async fn delete_user_policy(
        &self,
        call: &Call,
        input: DeleteUserPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteUserPolicy(&input), 47, &input)
            .await?;
        self.inner.delete_user_policy(&call, input).await
    }

    async fn delete_virtual_mfa_device(
        &self,
        call: &Call,
        input: DeleteVirtualMFADeviceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteVirtualMFADevice(&input), 48, &input)
            .await?;
        self.inner.delete_virtual_mfa_device(&call, input).await
    }

    async fn detach_group_policy(
        &self,
        call: &Call,
        input: DetachGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachGroupPolicy(&input), 49, &input)
            .await?;
        self.inner.detach_group_policy(&call, input).await
    }

    async fn detach_role_policy(
        &self,
        call: &Call,
        input: DetachRolePolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachRolePolicy(&input), 50, &input)
            .await?;
        self.inner.detach_role_policy(&call, input).await
    }

    async fn detach_user_policy(
        &self,
        call: &Call,
        input: DetachUserPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DetachUserPolicy(&input), 51, &input)
            .await?;
        self.inner.detach_user_policy(&call, input).await
    }

    async fn disable_organizations_root_credentials_management(
        &self,
        call: &Call,
        input: DisableOrganizationsRootCredentialsManagementRequest,
    ) -> Result<DisableOrganizationsRootCredentialsManagementResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DisableOrganizationsRootCredentialsManagement(&input),
                52,
                &input,
            )
            .await?;
        self.inner
            .disable_organizations_root_credentials_management(&call, input)
            .await
    }

    async fn disable_organizations_root_sessions(
        &self,
        call: &Call,
        input: DisableOrganizationsRootSessionsRequest,
    ) -> Result<DisableOrganizationsRootSessionsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DisableOrganizationsRootSessions(&input),
                53,
                &input,
            )
            .await?;
        self.inner
            .disable_organizations_root_sessions(&call, input)
            .await
    }

    async fn disable_outbound_web_identity_federation(
        &self,
        call: &Call,
        input: (),
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DisableOutboundWebIdentityFederation(&input),
                54,
                &input,
            )
            .await?;
        self.inner
            .disable_outbound_web_identity_federation(&call, input)
            .await
    }

    async fn enable_mfa_device(
        &self,
        call: &Call,
        input: EnableMFADeviceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::EnableMFADevice(&input), 55, &input)
            .await?;
        self.inner.enable_mfa_device(&call, input).await
    }

    async fn enable_organizations_root_credentials_management(
        &self,
        call: &Call,
        input: EnableOrganizationsRootCredentialsManagementRequest,
    ) -> Result<EnableOrganizationsRootCredentialsManagementResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::EnableOrganizationsRootCredentialsManagement(&input),
                56,
                &input,
            )
            .await?;
        self.inner
            .enable_organizations_root_credentials_management(&call, input)
            .await
    }

    async fn enable_organizations_root_sessions(
        &self,
        call: &Call,
        input: EnableOrganizationsRootSessionsRequest,
    ) -> Result<EnableOrganizationsRootSessionsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::EnableOrganizationsRootSessions(&input),
                57,
                &input,
            )
            .await?;
        self.inner
            .enable_organizations_root_sessions(&call, input)
            .await
    }

    async fn enable_outbound_web_identity_federation(
        &self,
        call: &Call,
        input: (),
    ) -> Result<EnableOutboundWebIdentityFederationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::EnableOutboundWebIdentityFederation(&input),
                58,
                &input,
            )
            .await?;
        self.inner
            .enable_outbound_web_identity_federation(&call, input)
            .await
    }

    async fn generate_credential_report(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GenerateCredentialReportResponse, Fault> {
        let call = self
            .admit(call, Input::GenerateCredentialReport(&input), 59, &input)
            .await?;
        self.inner.generate_credential_report(&call, input).await
    }

    async fn generate_organizations_access_report(
        &self,
        call: &Call,
        input: GenerateOrganizationsAccessReportRequest,
    ) -> Result<GenerateOrganizationsAccessReportResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GenerateOrganizationsAccessReport(&input),
                60,
                &input,
            )
            .await?;
        self.inner
            .generate_organizations_access_report(&call, input)
            .await
    }

    async fn generate_service_last_accessed_details(
        &self,
        call: &Call,
        input: GenerateServiceLastAccessedDetailsRequest,
    ) -> Result<GenerateServiceLastAccessedDetailsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GenerateServiceLastAccessedDetails(&input),
                61,
                &input,
            )
            .await?;
        self.inner
            .generate_service_last_accessed_details(&call, input)
            .await
    }

    async fn get_access_key_last_used(
        &self,
        call: &Call,
        input: GetAccessKeyLastUsedRequest,
    ) -> Result<GetAccessKeyLastUsedResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccessKeyLastUsed(&input), 62, &input)
            .await?;
        self.inner.get_access_key_last_used(&call, input).await
    }

    async fn get_account_authorization_details(
        &self,
        call: &Call,
        input: GetAccountAuthorizationDetailsRequest,
    ) -> Result<GetAccountAuthorizationDetailsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetAccountAuthorizationDetails(&input),
                63,
                &input,
            )
            .await?;
        self.inner
            .get_account_authorization_details(&call, input)
            .await
    }

    async fn get_account_password_policy(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetAccountPasswordPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccountPasswordPolicy(&input), 64, &input)
            .await?;
        self.inner.get_account_password_policy(&call, input).await
    }

    async fn get_account_properties(
        &self,
        call: &Call,
        input: GetAccountPropertiesRequest,
    ) -> Result<GetAccountPropertiesResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccountProperties(&input), 65, &input)
            .await?;
        self.inner.get_account_properties(&call, input).await
    }

    async fn get_account_summary(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetAccountSummaryResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccountSummary(&input), 66, &input)
            .await?;
        self.inner.get_account_summary(&call, input).await
    }

    async fn get_context_keys_for_custom_policy(
        &self,
        call: &Call,
        input: GetContextKeysForCustomPolicyRequest,
    ) -> Result<GetContextKeysForPolicyResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetContextKeysForCustomPolicy(&input),
                67,
                &input,
            )
            .await?;
        self.inner
            .get_context_keys_for_custom_policy(&call, input)
            .await
    }

    async fn get_context_keys_for_principal_policy(
        &self,
        call: &Call,
        input: GetContextKeysForPrincipalPolicyRequest,
    ) -> Result<GetContextKeysForPolicyResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetContextKeysForPrincipalPolicy(&input),
                68,
                &input,
            )
            .await?;
        self.inner
            .get_context_keys_for_principal_policy(&call, input)
            .await
    }

    async fn get_credential_report(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetCredentialReportResponse, Fault> {
        let call = self
            .admit(call, Input::GetCredentialReport(&input), 69, &input)
            .await?;
        self.inner.get_credential_report(&call, input).await
    }

    async fn get_delegation_request(
        &self,
        call: &Call,
        input: GetDelegationRequestRequest,
    ) -> Result<GetDelegationRequestResponse, Fault> {
        let call = self
            .admit(call, Input::GetDelegationRequest(&input), 70, &input)
            .await?;
        self.inner.get_delegation_request(&call, input).await
    }

    async fn get_group(
        &self,
        call: &Call,
        input: GetGroupRequest,
    ) -> Result<GetGroupResponse, Fault> {
        let call = self
            .admit(call, Input::GetGroup(&input), 71, &input)
            .await?;
        self.inner.get_group(&call, input).await
    }

    async fn get_group_policy(
        &self,
        call: &Call,
        input: GetGroupPolicyRequest,
    ) -> Result<GetGroupPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetGroupPolicy(&input), 72, &input)
            .await?;
        self.inner.get_group_policy(&call, input).await
    }

    async fn get_human_readable_summary(
        &self,
        call: &Call,
        input: GetHumanReadableSummaryRequest,
    ) -> Result<GetHumanReadableSummaryResponse, Fault> {
        let call = self
            .admit(call, Input::GetHumanReadableSummary(&input), 73, &input)
            .await?;
        self.inner.get_human_readable_summary(&call, input).await
    }

    async fn get_instance_profile(
        &self,
        call: &Call,
        input: GetInstanceProfileRequest,
    ) -> Result<GetInstanceProfileResponse, Fault> {
        let call = self
            .admit(call, Input::GetInstanceProfile(&input), 74, &input)
            .await?;
        self.inner.get_instance_profile(&call, input).await
    }

    async fn get_login_profile(
        &self,
        call: &Call,
        input: GetLoginProfileRequest,
    ) -> Result<GetLoginProfileResponse, Fault> {
        let call = self
            .admit(call, Input::GetLoginProfile(&input), 75, &input)
            .await?;
        self.inner.get_login_profile(&call, input).await
    }

    async fn get_mfa_device(
        &self,
        call: &Call,
        input: GetMFADeviceRequest,
    ) -> Result<GetMFADeviceResponse, Fault> {
        let call = self
            .admit(call, Input::GetMFADevice(&input), 76, &input)
            .await?;
        self.inner.get_mfa_device(&call, input).await
    }

    async fn get_open_id_connect_provider(
        &self,
        call: &Call,
        input: GetOpenIDConnectProviderRequest,
    ) -> Result<GetOpenIDConnectProviderResponse, Fault> {
        let call = self
            .admit(call, Input::GetOpenIDConnectProvider(&input), 77, &input)
            .await?;
        self.inner.get_open_id_connect_provider(&call, input).await
    }

    async fn get_organizations_access_report(
        &self,
        call: &Call,
        input: GetOrganizationsAccessReportRequest,
    ) -> Result<GetOrganizationsAccessReportResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetOrganizationsAccessReport(&input),
                78,
                &input,
            )
            .await?;
        self.inner
            .get_organizations_access_report(&call, input)
            .await
    }

    async fn get_outbound_web_identity_federation_info(
        &self,
        call: &Call,
        input: (),
    ) -> Result<GetOutboundWebIdentityFederationInfoResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetOutboundWebIdentityFederationInfo(&input),
                79,
                &input,
            )
            .await?;
        self.inner
            .get_outbound_web_identity_federation_info(&call, input)
            .await
    }

    async fn get_policy(
        &self,
        call: &Call,
        input: GetPolicyRequest,
    ) -> Result<GetPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetPolicy(&input), 80, &input)
            .await?;
        self.inner.get_policy(&call, input).await
    }

    async fn get_policy_version(
        &self,
        call: &Call,
        input: GetPolicyVersionRequest,
    ) -> Result<GetPolicyVersionResponse, Fault> {
        let call = self
            .admit(call, Input::GetPolicyVersion(&input), 81, &input)
            .await?;
        self.inner.get_policy_version(&call, input).await
    }

    async fn get_role(&self, call: &Call, input: GetRoleRequest) -> Result<GetRoleResponse, Fault> {
        let call = self.admit(call, Input::GetRole(&input), 82, &input).await?;
        self.inner.get_role(&call, input).await
    }

    async fn get_role_policy(
        &self,
        call: &Call,
        input: GetRolePolicyRequest,
    ) -> Result<GetRolePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetRolePolicy(&input), 83, &input)
            .await?;
        self.inner.get_role_policy(&call, input).await
    }

    async fn get_role_template_version(
        &self,
        call: &Call,
        input: GetRoleTemplateVersionRequest,
    ) -> Result<GetRoleTemplateVersionResponse, Fault> {
        let call = self
            .admit(call, Input::GetRoleTemplateVersion(&input), 84, &input)
            .await?;
        self.inner.get_role_template_version(&call, input).await
    }

    async fn get_saml_provider(
        &self,
        call: &Call,
        input: GetSAMLProviderRequest,
    ) -> Result<GetSAMLProviderResponse, Fault> {
        let call = self
            .admit(call, Input::GetSAMLProvider(&input), 85, &input)
            .await?;
        self.inner.get_saml_provider(&call, input).await
    }

    async fn get_ssh_public_key(
        &self,
        call: &Call,
        input: GetSSHPublicKeyRequest,
    ) -> Result<GetSSHPublicKeyResponse, Fault> {
        let call = self
            .admit(call, Input::GetSSHPublicKey(&input), 86, &input)
            .await?;
        self.inner.get_ssh_public_key(&call, input).await
    }

    async fn get_server_certificate(
        &self,
        call: &Call,
        input: GetServerCertificateRequest,
    ) -> Result<GetServerCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::GetServerCertificate(&input), 87, &input)
            .await?;
        self.inner.get_server_certificate(&call, input).await
    }

    async fn get_service_last_accessed_details(
        &self,
        call: &Call,
        input: GetServiceLastAccessedDetailsRequest,
    ) -> Result<GetServiceLastAccessedDetailsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetServiceLastAccessedDetails(&input),
                88,
                &input,
            )
            .await?;
        self.inner
            .get_service_last_accessed_details(&call, input)
            .await
    }

    async fn get_service_last_accessed_details_with_entities(
        &self,
        call: &Call,
        input: GetServiceLastAccessedDetailsWithEntitiesRequest,
    ) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetServiceLastAccessedDetailsWithEntities(&input),
                89,
                &input,
            )
            .await?;
        self.inner
            .get_service_last_accessed_details_with_entities(&call, input)
            .await
    }

    async fn get_service_linked_role_deletion_status(
        &self,
        call: &Call,
        input: GetServiceLinkedRoleDeletionStatusRequest,
    ) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetServiceLinkedRoleDeletionStatus(&input),
                90,
                &input,
            )
            .await?;
        self.inner
            .get_service_linked_role_deletion_status(&call, input)
            .await
    }

    async fn get_user(&self, call: &Call, input: GetUserRequest) -> Result<GetUserResponse, Fault> {
        let call = self.admit(call, Input::GetUser(&input), 91, &input).await?;
        self.inner.get_user(&call, input).await
    }

    async fn get_user_policy(
        &self,
        call: &Call,
        input: GetUserPolicyRequest,
    ) -> Result<GetUserPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetUserPolicy(&input), 92, &input)
            .await?;
        self.inner.get_user_policy(&call, input).await
    }

    async fn list_access_keys(
        &self,
        call: &Call,
        input: ListAccessKeysRequest,
    ) -> Result<ListAccessKeysResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccessKeys(&input), 93, &input)
            .await?;
        self.inner.list_access_keys(&call, input).await
    }

    async fn list_account_aliases(
        &self,
        call: &Call,
        input: ListAccountAliasesRequest,
    ) -> Result<ListAccountAliasesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAccountAliases(&input), 94, &input)
            .await?;
        self.inner.list_account_aliases(&call, input).await
    }

    async fn list_attached_group_policies(
        &self,
        call: &Call,
        input: ListAttachedGroupPoliciesRequest,
    ) -> Result<ListAttachedGroupPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAttachedGroupPolicies(&input), 95, &input)
            .await?;
        self.inner.list_attached_group_policies(&call, input).await
    }

    async fn list_attached_role_policies(
        &self,
        call: &Call,
        input: ListAttachedRolePoliciesRequest,
    ) -> Result<ListAttachedRolePoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAttachedRolePolicies(&input), 96, &input)
            .await?;
        self.inner.list_attached_role_policies(&call, input).await
    }

    async fn list_attached_user_policies(
        &self,
        call: &Call,
        input: ListAttachedUserPoliciesRequest,
    ) -> Result<ListAttachedUserPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAttachedUserPolicies(&input), 97, &input)
            .await?;
        self.inner.list_attached_user_policies(&call, input).await
    }

    async fn list_delegation_requests(
        &self,
        call: &Call,
        input: ListDelegationRequestsRequest,
    ) -> Result<ListDelegationRequestsResponse, Fault> {
        let call = self
            .admit(call, Input::ListDelegationRequests(&input), 98, &input)
            .await?;
        self.inner.list_delegation_requests(&call, input).await
    }

    async fn list_entities_for_policy(
        &self,
        call: &Call,
        input: ListEntitiesForPolicyRequest,
    ) -> Result<ListEntitiesForPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::ListEntitiesForPolicy(&input), 99, &input)
            .await?;
        self.inner.list_entities_for_policy(&call, input).await
    }

    async fn list_group_policies(
        &self,
        call: &Call,
        input: ListGroupPoliciesRequest,
    ) -> Result<ListGroupPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListGroupPolicies(&input), 100, &input)
            .await?;
        self.inner.list_group_policies(&call, input).await
    }

    async fn list_groups(
        &self,
        call: &Call,
        input: ListGroupsRequest,
    ) -> Result<ListGroupsResponse, Fault> {
        let call = self
            .admit(call, Input::ListGroups(&input), 101, &input)
            .await?;
        self.inner.list_groups(&call, input).await
    }

    async fn list_groups_for_user(
        &self,
        call: &Call,
        input: ListGroupsForUserRequest,
    ) -> Result<ListGroupsForUserResponse, Fault> {
        let call = self
            .admit(call, Input::ListGroupsForUser(&input), 102, &input)
            .await?;
        self.inner.list_groups_for_user(&call, input).await
    }

    async fn list_instance_profile_tags(
        &self,
        call: &Call,
        input: ListInstanceProfileTagsRequest,
    ) -> Result<ListInstanceProfileTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListInstanceProfileTags(&input), 103, &input)
            .await?;
        self.inner.list_instance_profile_tags(&call, input).await
    }

    async fn list_instance_profiles(
        &self,
        call: &Call,
        input: ListInstanceProfilesRequest,
    ) -> Result<ListInstanceProfilesResponse, Fault> {
        let call = self
            .admit(call, Input::ListInstanceProfiles(&input), 104, &input)
            .await?;
        self.inner.list_instance_profiles(&call, input).await
    }

    async fn list_instance_profiles_for_role(
        &self,
        call: &Call,
        input: ListInstanceProfilesForRoleRequest,
    ) -> Result<ListInstanceProfilesForRoleResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListInstanceProfilesForRole(&input),
                105,
                &input,
            )
            .await?;
        self.inner
            .list_instance_profiles_for_role(&call, input)
            .await
    }

    async fn list_mfa_device_tags(
        &self,
        call: &Call,
        input: ListMFADeviceTagsRequest,
    ) -> Result<ListMFADeviceTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListMFADeviceTags(&input), 106, &input)
            .await?;
        self.inner.list_mfa_device_tags(&call, input).await
    }

    async fn list_mfa_devices(
        &self,
        call: &Call,
        input: ListMFADevicesRequest,
    ) -> Result<ListMFADevicesResponse, Fault> {
        let call = self
            .admit(call, Input::ListMFADevices(&input), 107, &input)
            .await?;
        self.inner.list_mfa_devices(&call, input).await
    }

    async fn list_open_id_connect_provider_tags(
        &self,
        call: &Call,
        input: ListOpenIDConnectProviderTagsRequest,
    ) -> Result<ListOpenIDConnectProviderTagsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListOpenIDConnectProviderTags(&input),
                108,
                &input,
            )
            .await?;
        self.inner
            .list_open_id_connect_provider_tags(&call, input)
            .await
    }

    async fn list_open_id_connect_providers(
        &self,
        call: &Call,
        input: ListOpenIDConnectProvidersRequest,
    ) -> Result<ListOpenIDConnectProvidersResponse, Fault> {
        let call = self
            .admit(call, Input::ListOpenIDConnectProviders(&input), 109, &input)
            .await?;
        self.inner
            .list_open_id_connect_providers(&call, input)
            .await
    }

    async fn list_organizations_features(
        &self,
        call: &Call,
        input: ListOrganizationsFeaturesRequest,
    ) -> Result<ListOrganizationsFeaturesResponse, Fault> {
        let call = self
            .admit(call, Input::ListOrganizationsFeatures(&input), 110, &input)
            .await?;
        self.inner.list_organizations_features(&call, input).await
    }

    async fn list_policies(
        &self,
        call: &Call,
        input: ListPoliciesRequest,
    ) -> Result<ListPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListPolicies(&input), 111, &input)
            .await?;
        self.inner.list_policies(&call, input).await
    }

    async fn list_policies_granting_service_access(
        &self,
        call: &Call,
        input: ListPoliciesGrantingServiceAccessRequest,
    ) -> Result<ListPoliciesGrantingServiceAccessResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListPoliciesGrantingServiceAccess(&input),
                112,
                &input,
            )
            .await?;
        self.inner
            .list_policies_granting_service_access(&call, input)
            .await
    }

    async fn list_policy_tags(
        &self,
        call: &Call,
        input: ListPolicyTagsRequest,
    ) -> Result<ListPolicyTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListPolicyTags(&input), 113, &input)
            .await?;
        self.inner.list_policy_tags(&call, input).await
    }

    async fn list_policy_versions(
        &self,
        call: &Call,
        input: ListPolicyVersionsRequest,
    ) -> Result<ListPolicyVersionsResponse, Fault> {
        let call = self
            .admit(call, Input::ListPolicyVersions(&input), 114, &input)
            .await?;
        self.inner.list_policy_versions(&call, input).await
    }

    async fn list_role_policies(
        &self,
        call: &Call,
        input: ListRolePoliciesRequest,
    ) -> Result<ListRolePoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListRolePolicies(&input), 115, &input)
            .await?;
        self.inner.list_role_policies(&call, input).await
    }

    async fn list_role_tags(
        &self,
        call: &Call,
        input: ListRoleTagsRequest,
    ) -> Result<ListRoleTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListRoleTags(&input), 116, &input)
            .await?;
        self.inner.list_role_tags(&call, input).await
    }

    async fn list_roles(
        &self,
        call: &Call,
        input: ListRolesRequest,
    ) -> Result<ListRolesResponse, Fault> {
        let call = self
            .admit(call, Input::ListRoles(&input), 117, &input)
            .await?;
        self.inner.list_roles(&call, input).await
    }

    async fn list_saml_provider_tags(
        &self,
        call: &Call,
        input: ListSAMLProviderTagsRequest,
    ) -> Result<ListSAMLProviderTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListSAMLProviderTags(&input), 118, &input)
            .await?;
        self.inner.list_saml_provider_tags(&call, input).await
    }

    async fn list_saml_providers(
        &self,
        call: &Call,
        input: ListSAMLProvidersRequest,
    ) -> Result<ListSAMLProvidersResponse, Fault> {
        let call = self
            .admit(call, Input::ListSAMLProviders(&input), 119, &input)
            .await?;
        self.inner.list_saml_providers(&call, input).await
    }

    async fn list_ssh_public_keys(
        &self,
        call: &Call,
        input: ListSSHPublicKeysRequest,
    ) -> Result<ListSSHPublicKeysResponse, Fault> {
        let call = self
            .admit(call, Input::ListSSHPublicKeys(&input), 120, &input)
            .await?;
        self.inner.list_ssh_public_keys(&call, input).await
    }

    async fn list_server_certificate_tags(
        &self,
        call: &Call,
        input: ListServerCertificateTagsRequest,
    ) -> Result<ListServerCertificateTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListServerCertificateTags(&input), 121, &input)
            .await?;
        self.inner.list_server_certificate_tags(&call, input).await
    }

    async fn list_server_certificates(
        &self,
        call: &Call,
        input: ListServerCertificatesRequest,
    ) -> Result<ListServerCertificatesResponse, Fault> {
        let call = self
            .admit(call, Input::ListServerCertificates(&input), 122, &input)
            .await?;
        self.inner.list_server_certificates(&call, input).await
    }

    async fn list_service_specific_credentials(
        &self,
        call: &Call,
        input: ListServiceSpecificCredentialsRequest,
    ) -> Result<ListServiceSpecificCredentialsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListServiceSpecificCredentials(&input),
                123,
                &input,
            )
            .await?;
        self.inner
            .list_service_specific_credentials(&call, input)
            .await
    }

    async fn list_signing_certificates(
        &self,
        call: &Call,
        input: ListSigningCertificatesRequest,
    ) -> Result<ListSigningCertificatesResponse, Fault> {
        let call = self
            .admit(call, Input::ListSigningCertificates(&input), 124, &input)
            .await?;
        self.inner.list_signing_certificates(&call, input).await
    }

    async fn list_user_policies(
        &self,
        call: &Call,
        input: ListUserPoliciesRequest,
    ) -> Result<ListUserPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::ListUserPolicies(&input), 125, &input)
            .await?;
        self.inner.list_user_policies(&call, input).await
    }

    async fn list_user_tags(
        &self,
        call: &Call,
        input: ListUserTagsRequest,
    ) -> Result<ListUserTagsResponse, Fault> {
        let call = self
            .admit(call, Input::ListUserTags(&input), 126, &input)
            .await?;
        self.inner.list_user_tags(&call, input).await
    }

    async fn list_users(
        &self,
        call: &Call,
        input: ListUsersRequest,
    ) -> Result<ListUsersResponse, Fault> {
        let call = self
            .admit(call, Input::ListUsers(&input), 127, &input)
            .await?;
        self.inner.list_users(&call, input).await
    }

    async fn list_virtual_mfa_devices(
        &self,
        call: &Call,
        input: ListVirtualMFADevicesRequest,
    ) -> Result<ListVirtualMFADevicesResponse, Fault> {
        let call = self
            .admit(call, Input::ListVirtualMFADevices(&input), 128, &input)
            .await?;
        self.inner.list_virtual_mfa_devices(&call, input).await
    }

    async fn put_account_properties(
        &self,
        call: &Call,
        input: PutAccountPropertiesRequest,
    ) -> Result<PutAccountPropertiesResponse, Fault> {
        let call = self
            .admit(call, Input::PutAccountProperties(&input), 129, &input)
            .await?;
        self.inner.put_account_properties(&call, input).await
    }

    async fn put_group_policy(
        &self,
        call: &Call,
        input: PutGroupPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutGroupPolicy(&input), 130, &input)
            .await?;
        self.inner.put_group_policy(&call, input).await
    }

    async fn put_role_permissions_boundary(
        &self,
        call: &Call,
        input: PutRolePermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutRolePermissionsBoundary(&input), 131, &input)
            .await?;
        self.inner.put_role_permissions_boundary(&call, input).await
    }

    async fn put_role_policy(&self, call: &Call, input: PutRolePolicyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutRolePolicy(&input), 132, &input)
            .await?;
        self.inner.put_role_policy(&call, input).await
    }

    async fn put_user_permissions_boundary(
        &self,
        call: &Call,
        input: PutUserPermissionsBoundaryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutUserPermissionsBoundary(&input), 133, &input)
            .await?;
        self.inner.put_user_permissions_boundary(&call, input).await
    }

    async fn put_user_policy(&self, call: &Call, input: PutUserPolicyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutUserPolicy(&input), 134, &input)
            .await?;
        self.inner.put_user_policy(&call, input).await
    }

    async fn reject_delegation_request(
        &self,
        call: &Call,
        input: RejectDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RejectDelegationRequest(&input), 135, &input)
            .await?;
        self.inner.reject_delegation_request(&call, input).await
    }

    async fn remove_client_id_from_open_id_connect_provider(
        &self,
        call: &Call,
        input: RemoveClientIDFromOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::RemoveClientIDFromOpenIDConnectProvider(&input),
                136,
                &input,
            )
            .await?;
        self.inner
            .remove_client_id_from_open_id_connect_provider(&call, input)
            .await
    }

    async fn remove_role_from_instance_profile(
        &self,
        call: &Call,
        input: RemoveRoleFromInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::RemoveRoleFromInstanceProfile(&input),
                137,
                &input,
            )
            .await?;
        self.inner
            .remove_role_from_instance_profile(&call, input)
            .await
    }

    async fn remove_user_from_group(
        &self,
        call: &Call,
        input: RemoveUserFromGroupRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::RemoveUserFromGroup(&input), 138, &input)
            .await?;
        self.inner.remove_user_from_group(&call, input).await
    }

    async fn reset_service_specific_credential(
        &self,
        call: &Call,
        input: ResetServiceSpecificCredentialRequest,
    ) -> Result<ResetServiceSpecificCredentialResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ResetServiceSpecificCredential(&input),
                139,
                &input,
            )
            .await?;
        self.inner
            .reset_service_specific_credential(&call, input)
            .await
    }

    async fn resync_mfa_device(
        &self,
        call: &Call,
        input: ResyncMFADeviceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ResyncMFADevice(&input), 140, &input)
            .await?;
        self.inner.resync_mfa_device(&call, input).await
    }

    async fn send_delegation_token(
        &self,
        call: &Call,
        input: SendDelegationTokenRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SendDelegationToken(&input), 141, &input)
            .await?;
        self.inner.send_delegation_token(&call, input).await
    }

    async fn set_default_policy_version(
        &self,
        call: &Call,
        input: SetDefaultPolicyVersionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetDefaultPolicyVersion(&input), 142, &input)
            .await?;
        self.inner.set_default_policy_version(&call, input).await
    }

    async fn set_security_token_service_preferences(
        &self,
        call: &Call,
        input: SetSecurityTokenServicePreferencesRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::SetSecurityTokenServicePreferences(&input),
                143,
                &input,
            )
            .await?;
        self.inner
            .set_security_token_service_preferences(&call, input)
            .await
    }

    async fn simulate_custom_policy(
        &self,
        call: &Call,
        input: SimulateCustomPolicyRequest,
    ) -> Result<SimulatePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::SimulateCustomPolicy(&input), 144, &input)
            .await?;
        self.inner.simulate_custom_policy(&call, input).await
    }

    async fn simulate_principal_policy(
        &self,
        call: &Call,
        input: SimulatePrincipalPolicyRequest,
    ) -> Result<SimulatePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::SimulatePrincipalPolicy(&input), 145, &input)
            .await?;
        self.inner.simulate_principal_policy(&call, input).await
    }

    async fn tag_instance_profile(
        &self,
        call: &Call,
        input: TagInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagInstanceProfile(&input), 146, &input)
            .await?;
        self.inner.tag_instance_profile(&call, input).await
    }

    async fn tag_mfa_device(&self, call: &Call, input: TagMFADeviceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagMFADevice(&input), 147, &input)
            .await?;
        self.inner.tag_mfa_device(&call, input).await
    }

    async fn tag_open_id_connect_provider(
        &self,
        call: &Call,
        input: TagOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagOpenIDConnectProvider(&input), 148, &input)
            .await?;
        self.inner.tag_open_id_connect_provider(&call, input).await
    }

    async fn tag_policy(&self, call: &Call, input: TagPolicyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagPolicy(&input), 149, &input)
            .await?;
        self.inner.tag_policy(&call, input).await
    }

    async fn tag_role(&self, call: &Call, input: TagRoleRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagRole(&input), 150, &input)
            .await?;
        self.inner.tag_role(&call, input).await
    }

    async fn tag_saml_provider(
        &self,
        call: &Call,
        input: TagSAMLProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagSAMLProvider(&input), 151, &input)
            .await?;
        self.inner.tag_saml_provider(&call, input).await
    }

    async fn tag_server_certificate(
        &self,
        call: &Call,
        input: TagServerCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagServerCertificate(&input), 152, &input)
            .await?;
        self.inner.tag_server_certificate(&call, input).await
    }

    async fn tag_user(&self, call: &Call, input: TagUserRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagUser(&input), 153, &input)
            .await?;
        self.inner.tag_user(&call, input).await
    }

    async fn untag_instance_profile(
        &self,
        call: &Call,
        input: UntagInstanceProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagInstanceProfile(&input), 154, &input)
            .await?;
        self.inner.untag_instance_profile(&call, input).await
    }

    async fn untag_mfa_device(
        &self,
        call: &Call,
        input: UntagMFADeviceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagMFADevice(&input), 155, &input)
            .await?;
        self.inner.untag_mfa_device(&call, input).await
    }

    async fn untag_open_id_connect_provider(
        &self,
        call: &Call,
        input: UntagOpenIDConnectProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagOpenIDConnectProvider(&input), 156, &input)
            .await?;
        self.inner
            .untag_open_id_connect_provider(&call, input)
            .await
    }

    async fn untag_policy(&self, call: &Call, input: UntagPolicyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagPolicy(&input), 157, &input)
            .await?;
        self.inner.untag_policy(&call, input).await
    }

    async fn untag_role(&self, call: &Call, input: UntagRoleRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagRole(&input), 158, &input)
            .await?;
        self.inner.untag_role(&call, input).await
    }

    async fn untag_saml_provider(
        &self,
        call: &Call,
        input: UntagSAMLProviderRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagSAMLProvider(&input), 159, &input)
            .await?;
        self.inner.untag_saml_provider(&call, input).await
    }

    async fn untag_server_certificate(
        &self,
        call: &Call,
        input: UntagServerCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagServerCertificate(&input), 160, &input)
            .await?;
        self.inner.untag_server_certificate(&call, input).await
    }

    async fn untag_user(&self, call: &Call, input: UntagUserRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagUser(&input), 161, &input)
            .await?;
        self.inner.untag_user(&call, input).await
    }

    async fn update_access_key(
        &self,
        call: &Call,
        input: UpdateAccessKeyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateAccessKey(&input), 162, &input)
            .await?;
        self.inner.update_access_key(&call, input).await
    }

    async fn update_account_password_policy(
        &self,
        call: &Call,
        input: UpdateAccountPasswordPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateAccountPasswordPolicy(&input),
                163,
                &input,
            )
            .await?;
        self.inner
            .update_account_password_policy(&call, input)
            .await
    }

    async fn update_assume_role_policy(
        &self,
        call: &Call,
        input: UpdateAssumeRolePolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateAssumeRolePolicy(&input), 164, &input)
            .await?;
        self.inner.update_assume_role_policy(&call, input).await
    }

    async fn update_delegation_request(
        &self,
        call: &Call,
        input: UpdateDelegationRequestRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateDelegationRequest(&input), 165, &input)
            .await?;
        self.inner.update_delegation_request(&call, input).await
    }

    async fn update_group(&self, call: &Call, input: UpdateGroupRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateGroup(&input), 166, &input)
            .await?;
        self.inner.update_group(&call, input).await
    }

    async fn update_login_profile(
        &self,
        call: &Call,
        input: UpdateLoginProfileRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateLoginProfile(&input), 167, &input)
            .await?;
        self.inner.update_login_profile(&call, input).await
    }

    async fn update_open_id_connect_provider_thumbprint(
        &self,
        call: &Call,
        input: UpdateOpenIDConnectProviderThumbprintRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateOpenIDConnectProviderThumbprint(&input),
                168,
                &input,
            )
            .await?;
        self.inner
            .update_open_id_connect_provider_thumbprint(&call, input)
            .await
    }

    async fn update_role(
        &self,
        call: &Call,
        input: UpdateRoleRequest,
    ) -> Result<UpdateRoleResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateRole(&input), 169, &input)
            .await?;
        self.inner.update_role(&call, input).await
    }

    async fn update_role_description(
        &self,
        call: &Call,
        input: UpdateRoleDescriptionRequest,
    ) -> Result<UpdateRoleDescriptionResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateRoleDescription(&input), 170, &input)
            .await?;
        self.inner.update_role_description(&call, input).await
    }

    async fn update_saml_provider(
        &self,
        call: &Call,
        input: UpdateSAMLProviderRequest,
    ) -> Result<UpdateSAMLProviderResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateSAMLProvider(&input), 171, &input)
            .await?;
        self.inner.update_saml_provider(&call, input).await
    }

    async fn update_ssh_public_key(
        &self,
        call: &Call,
        input: UpdateSSHPublicKeyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateSSHPublicKey(&input), 172, &input)
            .await?;
        self.inner.update_ssh_public_key(&call, input).await
    }

    async fn update_server_certificate(
        &self,
        call: &Call,
        input: UpdateServerCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateServerCertificate(&input), 173, &input)
            .await?;
        self.inner.update_server_certificate(&call, input).await
    }

    async fn update_service_specific_credential(
        &self,
        call: &Call,
        input: UpdateServiceSpecificCredentialRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateServiceSpecificCredential(&input),
                174,
                &input,
            )
            .await?;
        self.inner
            .update_service_specific_credential(&call, input)
            .await
    }

    async fn update_signing_certificate(
        &self,
        call: &Call,
        input: UpdateSigningCertificateRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateSigningCertificate(&input), 175, &input)
            .await?;
        self.inner.update_signing_certificate(&call, input).await
    }

    async fn update_user(&self, call: &Call, input: UpdateUserRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateUser(&input), 176, &input)
            .await?;
        self.inner.update_user(&call, input).await
    }

    async fn upload_ssh_public_key(
        &self,
        call: &Call,
        input: UploadSSHPublicKeyRequest,
    ) -> Result<UploadSSHPublicKeyResponse, Fault> {
        let call = self
            .admit(call, Input::UploadSSHPublicKey(&input), 177, &input)
            .await?;
        self.inner.upload_ssh_public_key(&call, input).await
    }

    async fn upload_server_certificate(
        &self,
        call: &Call,
        input: UploadServerCertificateRequest,
    ) -> Result<UploadServerCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::UploadServerCertificate(&input), 178, &input)
            .await?;
        self.inner.upload_server_certificate(&call, input).await
    }

    async fn upload_signing_certificate(
        &self,
        call: &Call,
        input: UploadSigningCertificateRequest,
    ) -> Result<UploadSigningCertificateResponse, Fault> {
        let call = self
            .admit(call, Input::UploadSigningCertificate(&input), 179, &input)
            .await?;
        self.inner.upload_signing_certificate(&call, input).await
    }
}
