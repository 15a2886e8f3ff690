// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcceptDelegationRequestRequest {
    pub delegation_request_id: Option<String>,
}
structure!(AcceptDelegationRequestRequest {
0 delegation_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessDetail {
    pub service_name: Option<String>,
    pub service_namespace: Option<String>,
    pub region: Option<String>,
    pub entity_path: Option<String>,
    pub last_authenticated_time: Option<Timestamp>,
    pub total_authenticated_entities: Option<i32>,
}
structure!(AccessDetail {
0 service_name,
1 service_namespace,
2 region,
3 entity_path,
4 last_authenticated_time,
5 total_authenticated_entities,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessKey {
    pub user_name: Option<String>,
    pub access_key_id: Option<String>,
    pub status: Option<String>,
    pub secret_access_key: Option<String>,
    pub create_date: Option<Timestamp>,
}
structure!(AccessKey {
0 user_name,
1 access_key_id,
2 status,
3 secret_access_key,
4 create_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessKeyLastUsed {
    pub last_used_date: Option<Timestamp>,
    pub service_name: Option<String>,
    pub region: Option<String>,
}
structure!(AccessKeyLastUsed {
0 last_used_date,
1 service_name,
2 region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessKeyMetadata {
    pub user_name: Option<String>,
    pub access_key_id: Option<String>,
    pub status: Option<String>,
    pub create_date: Option<Timestamp>,
}
structure!(AccessKeyMetadata {
0 user_name,
1 access_key_id,
2 status,
3 create_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcquireRoleRequest {
    pub template_arn: Option<String>,
    pub template_minor_version: Option<i32>,
    pub replacement_values: Option<BTreeMap<String, ReplacementValueEntry>>,
}
structure!(AcquireRoleRequest {
0 template_arn,
1 template_minor_version,
2 replacement_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AcquireRoleResponse {
    pub role: Option<Role>,
}
structure!(AcquireRoleResponse {
0 role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddClientIDToOpenIDConnectProviderRequest {
    pub open_id_connect_provider_arn: Option<String>,
    pub client_id: Option<String>,
}
structure!(AddClientIDToOpenIDConnectProviderRequest {
0 open_id_connect_provider_arn,
1 client_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddRoleToInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
    pub role_name: Option<String>,
}
structure!(AddRoleToInstanceProfileRequest {
0 instance_profile_name,
1 role_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddUserToGroupRequest {
    pub group_name: Option<String>,
    pub user_name: Option<String>,
}
structure!(AddUserToGroupRequest {
0 group_name,
1 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateDelegationRequestRequest {
    pub delegation_request_id: Option<String>,
}
structure!(AssociateDelegationRequestRequest {
0 delegation_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachGroupPolicyRequest {
    pub group_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(AttachGroupPolicyRequest {
0 group_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachRolePolicyRequest {
    pub role_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(AttachRolePolicyRequest {
0 role_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachUserPolicyRequest {
    pub user_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(AttachUserPolicyRequest {
0 user_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachedPermissionsBoundary {
    pub permissions_boundary_type: Option<String>,
    pub permissions_boundary_arn: Option<String>,
}
structure!(AttachedPermissionsBoundary {
0 permissions_boundary_type,
1 permissions_boundary_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachedPolicy {
    pub policy_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(AttachedPolicy {
0 policy_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangePasswordRequest {
    pub old_password: Option<String>,
    pub new_password: Option<String>,
}
structure!(ChangePasswordRequest {
0 old_password,
1 new_password,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContextEntry {
    pub context_key_name: Option<String>,
    pub context_key_values: Option<Vec<String>>,
    pub context_key_type: Option<String>,
}
structure!(ContextEntry {
0 context_key_name,
1 context_key_values,
2 context_key_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccessKeyRequest {
    pub user_name: Option<String>,
}
structure!(CreateAccessKeyRequest {
0 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccessKeyResponse {
    pub access_key: Option<AccessKey>,
}
structure!(CreateAccessKeyResponse {
0 access_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccountAliasRequest {
    pub account_alias: Option<String>,
}
structure!(CreateAccountAliasRequest {
0 account_alias,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDelegationRequestRequest {
    pub owner_account_id: Option<String>,
    pub description: Option<String>,
    pub permissions: Option<DelegationPermission>,
    pub request_message: Option<String>,
    pub requestor_workflow_id: Option<String>,
    pub redirect_url: Option<String>,
    pub notification_channel: Option<String>,
    pub session_duration: Option<i32>,
    pub only_send_by_owner: Option<bool>,
}
structure!(CreateDelegationRequestRequest {
0 owner_account_id,
1 description,
2 permissions,
3 request_message,
4 requestor_workflow_id,
5 redirect_url,
6 notification_channel,
7 session_duration,
8 only_send_by_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDelegationRequestResponse {
    pub console_deep_link: Option<String>,
    pub delegation_request_id: Option<String>,
}
structure!(CreateDelegationRequestResponse {
0 console_deep_link,
1 delegation_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateGroupRequest {
    pub path: Option<String>,
    pub group_name: Option<String>,
}
structure!(CreateGroupRequest {
0 path,
1 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateGroupResponse {
    pub group: Option<Group>,
}
structure!(CreateGroupResponse {
0 group,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
    pub path: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateInstanceProfileRequest {
0 instance_profile_name,
1 path,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateInstanceProfileResponse {
    pub instance_profile: Option<InstanceProfile>,
}
structure!(CreateInstanceProfileResponse {
0 instance_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLoginProfileRequest {
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub password_reset_required: Option<bool>,
}
structure!(CreateLoginProfileRequest {
0 user_name,
1 password,
2 password_reset_required,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLoginProfileResponse {
    pub login_profile: Option<LoginProfile>,
}
structure!(CreateLoginProfileResponse {
0 login_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateOpenIDConnectProviderRequest {
    pub url: Option<String>,
    pub client_id_list: Option<Vec<String>>,
    pub thumbprint_list: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateOpenIDConnectProviderRequest {
0 url,
1 client_id_list,
2 thumbprint_list,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateOpenIDConnectProviderResponse {
    pub open_id_connect_provider_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateOpenIDConnectProviderResponse {
0 open_id_connect_provider_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePolicyRequest {
    pub policy_name: Option<String>,
    pub path: Option<String>,
    pub policy_document: Option<String>,
    pub description: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreatePolicyRequest {
0 policy_name,
1 path,
2 policy_document,
3 description,
4 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePolicyResponse {
    pub policy: Option<Policy>,
}
structure!(CreatePolicyResponse {
0 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePolicyVersionRequest {
    pub policy_arn: Option<String>,
    pub policy_document: Option<String>,
    pub set_as_default: Option<bool>,
}
structure!(CreatePolicyVersionRequest {
0 policy_arn,
1 policy_document,
2 set_as_default,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePolicyVersionResponse {
    pub policy_version: Option<PolicyVersion>,
}
structure!(CreatePolicyVersionResponse {
0 policy_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRoleRequest {
    pub path: Option<String>,
    pub role_name: Option<String>,
    pub assume_role_policy_document: Option<String>,
    pub description: Option<String>,
    pub max_session_duration: Option<i32>,
    pub permissions_boundary: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateRoleRequest {
0 path,
1 role_name,
2 assume_role_policy_document,
3 description,
4 max_session_duration,
5 permissions_boundary,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRoleResponse {
    pub role: Option<Role>,
}
structure!(CreateRoleResponse {
0 role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSAMLProviderRequest {
    pub saml_metadata_document: Option<String>,
    pub name: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub assertion_encryption_mode: Option<String>,
    pub add_private_key: Option<String>,
}
structure!(CreateSAMLProviderRequest {
0 saml_metadata_document,
1 name,
2 tags,
3 assertion_encryption_mode,
4 add_private_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSAMLProviderResponse {
    pub saml_provider_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateSAMLProviderResponse {
0 saml_provider_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateServiceLinkedRoleRequest {
    pub aws_service_name: Option<String>,
    pub description: Option<String>,
    pub custom_suffix: Option<String>,
}
structure!(CreateServiceLinkedRoleRequest {
0 aws_service_name,
1 description,
2 custom_suffix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateServiceLinkedRoleResponse {
    pub role: Option<Role>,
}
structure!(CreateServiceLinkedRoleResponse {
0 role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateServiceSpecificCredentialRequest {
    pub user_name: Option<String>,
    pub service_name: Option<String>,
    pub credential_age_days: Option<i32>,
}
structure!(CreateServiceSpecificCredentialRequest {
0 user_name,
1 service_name,
2 credential_age_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateServiceSpecificCredentialResponse {
    pub service_specific_credential: Option<ServiceSpecificCredential>,
}
structure!(CreateServiceSpecificCredentialResponse {
0 service_specific_credential,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateUserRequest {
    pub path: Option<String>,
    pub user_name: Option<String>,
    pub permissions_boundary: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateUserRequest {
0 path,
1 user_name,
2 permissions_boundary,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateUserResponse {
    pub user: Option<User>,
}
structure!(CreateUserResponse {
0 user,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVirtualMFADeviceRequest {
    pub path: Option<String>,
    pub virtual_mfa_device_name: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateVirtualMFADeviceRequest {
0 path,
1 virtual_mfa_device_name,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateVirtualMFADeviceResponse {
    pub virtual_mfa_device: Option<VirtualMFADevice>,
}
structure!(CreateVirtualMFADeviceResponse {
0 virtual_mfa_device,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeactivateMFADeviceRequest {
    pub user_name: Option<String>,
    pub serial_number: Option<String>,
}
structure!(DeactivateMFADeviceRequest {
0 user_name,
1 serial_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DelegationPermission {
    pub policy_template_arn: Option<String>,
    pub parameters: Option<Vec<PolicyParameter>>,
}
structure!(DelegationPermission {
0 policy_template_arn,
1 parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DelegationRequest {
    pub delegation_request_id: Option<String>,
    pub owner_account_id: Option<String>,
    pub description: Option<String>,
    pub request_message: Option<String>,
    pub permissions: Option<DelegationPermission>,
    pub permission_policy: Option<String>,
    pub role_permission_restriction_arns: Option<Vec<String>>,
    pub owner_id: Option<String>,
    pub approver_id: Option<String>,
    pub state: Option<String>,
    pub expiration_time: Option<Timestamp>,
    pub requestor_id: Option<String>,
    pub requestor_name: Option<String>,
    pub create_date: Option<Timestamp>,
    pub session_duration: Option<i32>,
    pub redirect_url: Option<String>,
    pub notes: Option<String>,
    pub rejection_reason: Option<String>,
    pub only_send_by_owner: Option<bool>,
    pub updated_time: Option<Timestamp>,
}
structure!(DelegationRequest {
0 delegation_request_id,
1 owner_account_id,
2 description,
3 request_message,
4 permissions,
5 permission_policy,
6 role_permission_restriction_arns,
7 owner_id,
8 approver_id,
9 state,
10 expiration_time,
11 requestor_id,
12 requestor_name,
13 create_date,
14 session_duration,
15 redirect_url,
16 notes,
17 rejection_reason,
18 only_send_by_owner,
19 updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccessKeyRequest {
    pub user_name: Option<String>,
    pub access_key_id: Option<String>,
}
structure!(DeleteAccessKeyRequest {
0 user_name,
1 access_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccountAliasRequest {
    pub account_alias: Option<String>,
}
structure!(DeleteAccountAliasRequest {
0 account_alias,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteGroupPolicyRequest {
    pub group_name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(DeleteGroupPolicyRequest {
0 group_name,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteGroupRequest {
    pub group_name: Option<String>,
}
structure!(DeleteGroupRequest {
0 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
}
structure!(DeleteInstanceProfileRequest {
0 instance_profile_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLoginProfileRequest {
    pub user_name: Option<String>,
}
structure!(DeleteLoginProfileRequest {
0 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteOpenIDConnectProviderRequest {
    pub open_id_connect_provider_arn: Option<String>,
}
structure!(DeleteOpenIDConnectProviderRequest {
0 open_id_connect_provider_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePolicyRequest {
    pub policy_arn: Option<String>,
}
structure!(DeletePolicyRequest {
0 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePolicyVersionRequest {
    pub policy_arn: Option<String>,
    pub version_id: Option<String>,
}
structure!(DeletePolicyVersionRequest {
0 policy_arn,
1 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRolePermissionsBoundaryRequest {
    pub role_name: Option<String>,
}
structure!(DeleteRolePermissionsBoundaryRequest {
0 role_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRolePolicyRequest {
    pub role_name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(DeleteRolePolicyRequest {
0 role_name,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRoleRequest {
    pub role_name: Option<String>,
}
structure!(DeleteRoleRequest {
0 role_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSAMLProviderRequest {
    pub saml_provider_arn: Option<String>,
}
structure!(DeleteSAMLProviderRequest {
0 saml_provider_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSSHPublicKeyRequest {
    pub user_name: Option<String>,
    pub ssh_public_key_id: Option<String>,
}
structure!(DeleteSSHPublicKeyRequest {
0 user_name,
1 ssh_public_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteServerCertificateRequest {
    pub server_certificate_name: Option<String>,
}
structure!(DeleteServerCertificateRequest {
0 server_certificate_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteServiceLinkedRoleRequest {
    pub role_name: Option<String>,
}
structure!(DeleteServiceLinkedRoleRequest {
0 role_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteServiceLinkedRoleResponse {
    pub deletion_task_id: Option<String>,
}
structure!(DeleteServiceLinkedRoleResponse {
0 deletion_task_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteServiceSpecificCredentialRequest {
    pub user_name: Option<String>,
    pub service_specific_credential_id: Option<String>,
}
structure!(DeleteServiceSpecificCredentialRequest {
0 user_name,
1 service_specific_credential_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSigningCertificateRequest {
    pub user_name: Option<String>,
    pub certificate_id: Option<String>,
}
structure!(DeleteSigningCertificateRequest {
0 user_name,
1 certificate_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteUserPermissionsBoundaryRequest {
    pub user_name: Option<String>,
}
structure!(DeleteUserPermissionsBoundaryRequest {
0 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteUserPolicyRequest {
    pub user_name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(DeleteUserPolicyRequest {
0 user_name,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteUserRequest {
    pub user_name: Option<String>,
}
structure!(DeleteUserRequest {
0 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteVirtualMFADeviceRequest {
    pub serial_number: Option<String>,
}
structure!(DeleteVirtualMFADeviceRequest {
0 serial_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletionTaskFailureReasonType {
    pub reason: Option<String>,
    pub role_usage_list: Option<Vec<RoleUsageType>>,
}
structure!(DeletionTaskFailureReasonType {
0 reason,
1 role_usage_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetachGroupPolicyRequest {
    pub group_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(DetachGroupPolicyRequest {
0 group_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetachRolePolicyRequest {
    pub role_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(DetachRolePolicyRequest {
0 role_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetachUserPolicyRequest {
    pub user_name: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(DetachUserPolicyRequest {
0 user_name,
1 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableOrganizationsRootCredentialsManagementRequest {}
structure!(DisableOrganizationsRootCredentialsManagementRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableOrganizationsRootCredentialsManagementResponse {
    pub organization_id: Option<String>,
    pub enabled_features: Option<Vec<String>>,
}
structure!(DisableOrganizationsRootCredentialsManagementResponse {
0 organization_id,
1 enabled_features,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableOrganizationsRootSessionsRequest {}
structure!(DisableOrganizationsRootSessionsRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableOrganizationsRootSessionsResponse {
    pub organization_id: Option<String>,
    pub enabled_features: Option<Vec<String>>,
}
structure!(DisableOrganizationsRootSessionsResponse {
0 organization_id,
1 enabled_features,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableMFADeviceRequest {
    pub user_name: Option<String>,
    pub serial_number: Option<String>,
    pub authentication_code1: Option<String>,
    pub authentication_code2: Option<String>,
}
structure!(EnableMFADeviceRequest {
0 user_name,
1 serial_number,
2 authentication_code1,
3 authentication_code2,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableOrganizationsRootCredentialsManagementRequest {}
structure!(EnableOrganizationsRootCredentialsManagementRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableOrganizationsRootCredentialsManagementResponse {
    pub organization_id: Option<String>,
    pub enabled_features: Option<Vec<String>>,
}
structure!(EnableOrganizationsRootCredentialsManagementResponse {
0 organization_id,
1 enabled_features,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableOrganizationsRootSessionsRequest {}
structure!(EnableOrganizationsRootSessionsRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableOrganizationsRootSessionsResponse {
    pub organization_id: Option<String>,
    pub enabled_features: Option<Vec<String>>,
}
structure!(EnableOrganizationsRootSessionsResponse {
0 organization_id,
1 enabled_features,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableOutboundWebIdentityFederationResponse {
    pub issuer_identifier: Option<String>,
}
structure!(EnableOutboundWebIdentityFederationResponse {
0 issuer_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntityDetails {
    pub entity_info: Option<EntityInfo>,
    pub last_authenticated: Option<Timestamp>,
}
structure!(EntityDetails {
0 entity_info,
1 last_authenticated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntityInfo {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub type_: Option<String>,
    pub id: Option<String>,
    pub path: Option<String>,
}
structure!(EntityInfo {
0 arn,
1 name,
2 type_,
3 id,
4 path,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorDetails {
    pub message: Option<String>,
    pub code: Option<String>,
}
structure!(ErrorDetails {
0 message,
1 code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvaluationResult {
    pub eval_action_name: Option<String>,
    pub eval_resource_name: Option<String>,
    pub eval_decision: Option<String>,
    pub matched_statements: Option<Vec<Statement>>,
    pub missing_context_values: Option<Vec<String>>,
    pub organizations_decision_detail: Option<OrganizationsDecisionDetail>,
    pub permissions_boundary_decision_detail: Option<PermissionsBoundaryDecisionDetail>,
    pub eval_decision_details: Option<BTreeMap<String, String>>,
    pub resource_specific_results: Option<Vec<ResourceSpecificResult>>,
}
structure!(EvaluationResult {
0 eval_action_name,
1 eval_resource_name,
2 eval_decision,
3 matched_statements,
4 missing_context_values,
5 organizations_decision_detail,
6 permissions_boundary_decision_detail,
7 eval_decision_details,
8 resource_specific_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateCredentialReportResponse {
    pub state: Option<String>,
    pub description: Option<String>,
}
structure!(GenerateCredentialReportResponse {
0 state,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateOrganizationsAccessReportRequest {
    pub entity_path: Option<String>,
    pub organizations_policy_id: Option<String>,
}
structure!(GenerateOrganizationsAccessReportRequest {
0 entity_path,
1 organizations_policy_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateOrganizationsAccessReportResponse {
    pub job_id: Option<String>,
}
structure!(GenerateOrganizationsAccessReportResponse {
0 job_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateServiceLastAccessedDetailsRequest {
    pub arn: Option<String>,
    pub granularity: Option<String>,
}
structure!(GenerateServiceLastAccessedDetailsRequest {
0 arn,
1 granularity,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateServiceLastAccessedDetailsResponse {
    pub job_id: Option<String>,
}
structure!(GenerateServiceLastAccessedDetailsResponse {
0 job_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccessKeyLastUsedRequest {
    pub access_key_id: Option<String>,
}
structure!(GetAccessKeyLastUsedRequest {
0 access_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccessKeyLastUsedResponse {
    pub user_name: Option<String>,
    pub access_key_last_used: Option<AccessKeyLastUsed>,
}
structure!(GetAccessKeyLastUsedResponse {
0 user_name,
1 access_key_last_used,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountAuthorizationDetailsRequest {
    pub filter: Option<Vec<String>>,
    pub max_items: Option<i32>,
    pub marker: Option<String>,
}
structure!(GetAccountAuthorizationDetailsRequest {
0 filter,
1 max_items,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountAuthorizationDetailsResponse {
    pub user_detail_list: Option<Vec<UserDetail>>,
    pub group_detail_list: Option<Vec<GroupDetail>>,
    pub role_detail_list: Option<Vec<RoleDetail>>,
    pub policies: Option<Vec<ManagedPolicyDetail>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(GetAccountAuthorizationDetailsResponse {
0 user_detail_list,
1 group_detail_list,
2 role_detail_list,
3 policies,
4 is_truncated,
5 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountPasswordPolicyResponse {
    pub password_policy: Option<PasswordPolicy>,
}
structure!(GetAccountPasswordPolicyResponse {
0 password_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountPropertiesRequest {}
structure!(GetAccountPropertiesRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountPropertiesResponse {
    pub properties: Option<BTreeMap<String, String>>,
}
structure!(GetAccountPropertiesResponse {
0 properties,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountSummaryResponse {
    pub summary_map: Option<BTreeMap<String, i32>>,
}
structure!(GetAccountSummaryResponse {
0 summary_map,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetContextKeysForCustomPolicyRequest {
    pub policy_input_list: Option<Vec<String>>,
}
structure!(GetContextKeysForCustomPolicyRequest {
0 policy_input_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetContextKeysForPolicyResponse {
    pub context_key_names: Option<Vec<String>>,
}
structure!(GetContextKeysForPolicyResponse {
0 context_key_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetContextKeysForPrincipalPolicyRequest {
    pub policy_source_arn: Option<String>,
    pub policy_input_list: Option<Vec<String>>,
}
structure!(GetContextKeysForPrincipalPolicyRequest {
0 policy_source_arn,
1 policy_input_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCredentialReportResponse {
    pub content: Option<Vec<u8>>,
    pub report_format: Option<String>,
    pub generated_time: Option<Timestamp>,
}
structure!(GetCredentialReportResponse {
0 content,
1 report_format,
2 generated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDelegationRequestRequest {
    pub delegation_request_id: Option<String>,
    pub delegation_permission_check: Option<bool>,
}
structure!(GetDelegationRequestRequest {
0 delegation_request_id,
1 delegation_permission_check,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDelegationRequestResponse {
    pub delegation_request: Option<DelegationRequest>,
    pub permission_check_status: Option<String>,
    pub permission_check_result: Option<String>,
}
structure!(GetDelegationRequestResponse {
0 delegation_request,
1 permission_check_status,
2 permission_check_result,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetGroupPolicyRequest {
    pub group_name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetGroupPolicyRequest {
0 group_name,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetGroupPolicyResponse {
    pub group_name: Option<String>,
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(GetGroupPolicyResponse {
0 group_name,
1 policy_name,
2 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetGroupRequest {
    pub group_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(GetGroupRequest {
0 group_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetGroupResponse {
    pub group: Option<Group>,
    pub users: Option<Vec<User>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(GetGroupResponse {
0 group,
1 users,
2 is_truncated,
3 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetHumanReadableSummaryRequest {
    pub entity_arn: Option<String>,
    pub locale: Option<String>,
}
structure!(GetHumanReadableSummaryRequest {
0 entity_arn,
1 locale,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetHumanReadableSummaryResponse {
    pub summary_content: Option<String>,
    pub locale: Option<String>,
    pub summary_state: Option<String>,
}
structure!(GetHumanReadableSummaryResponse {
0 summary_content,
1 locale,
2 summary_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
}
structure!(GetInstanceProfileRequest {
0 instance_profile_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetInstanceProfileResponse {
    pub instance_profile: Option<InstanceProfile>,
}
structure!(GetInstanceProfileResponse {
0 instance_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLoginProfileRequest {
    pub user_name: Option<String>,
}
structure!(GetLoginProfileRequest {
0 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLoginProfileResponse {
    pub login_profile: Option<LoginProfile>,
}
structure!(GetLoginProfileResponse {
0 login_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMFADeviceRequest {
    pub serial_number: Option<String>,
    pub user_name: Option<String>,
}
structure!(GetMFADeviceRequest {
0 serial_number,
1 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMFADeviceResponse {
    pub user_name: Option<String>,
    pub serial_number: Option<String>,
    pub enable_date: Option<Timestamp>,
    pub certifications: Option<BTreeMap<String, String>>,
}
structure!(GetMFADeviceResponse {
0 user_name,
1 serial_number,
2 enable_date,
3 certifications,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOpenIDConnectProviderRequest {
    pub open_id_connect_provider_arn: Option<String>,
}
structure!(GetOpenIDConnectProviderRequest {
0 open_id_connect_provider_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOpenIDConnectProviderResponse {
    pub url: Option<String>,
    pub client_id_list: Option<Vec<String>>,
    pub thumbprint_list: Option<Vec<String>>,
    pub create_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
}
structure!(GetOpenIDConnectProviderResponse {
0 url,
1 client_id_list,
2 thumbprint_list,
3 create_date,
4 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOrganizationsAccessReportRequest {
    pub job_id: Option<String>,
    pub max_items: Option<i32>,
    pub marker: Option<String>,
    pub sort_key: Option<String>,
}
structure!(GetOrganizationsAccessReportRequest {
0 job_id,
1 max_items,
2 marker,
3 sort_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOrganizationsAccessReportResponse {
    pub job_status: Option<String>,
    pub job_creation_date: Option<Timestamp>,
    pub job_completion_date: Option<Timestamp>,
    pub number_of_services_accessible: Option<i32>,
    pub number_of_services_not_accessed: Option<i32>,
    pub access_details: Option<Vec<AccessDetail>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
    pub error_details: Option<ErrorDetails>,
}
structure!(GetOrganizationsAccessReportResponse {
0 job_status,
1 job_creation_date,
2 job_completion_date,
3 number_of_services_accessible,
4 number_of_services_not_accessed,
5 access_details,
6 is_truncated,
7 marker,
8 error_details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOutboundWebIdentityFederationInfoResponse {
    pub issuer_identifier: Option<String>,
    pub jwt_vending_enabled: Option<bool>,
}
structure!(GetOutboundWebIdentityFederationInfoResponse {
0 issuer_identifier,
1 jwt_vending_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPolicyRequest {
    pub policy_arn: Option<String>,
}
structure!(GetPolicyRequest {
0 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPolicyResponse {
    pub policy: Option<Policy>,
}
structure!(GetPolicyResponse {
0 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPolicyVersionRequest {
    pub policy_arn: Option<String>,
    pub version_id: Option<String>,
}
structure!(GetPolicyVersionRequest {
0 policy_arn,
1 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPolicyVersionResponse {
    pub policy_version: Option<PolicyVersion>,
}
structure!(GetPolicyVersionResponse {
0 policy_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRolePolicyRequest {
    pub role_name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetRolePolicyRequest {
0 role_name,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRolePolicyResponse {
    pub role_name: Option<String>,
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(GetRolePolicyResponse {
0 role_name,
1 policy_name,
2 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRoleRequest {
    pub role_name: Option<String>,
}
structure!(GetRoleRequest {
0 role_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRoleResponse {
    pub role: Option<Role>,
}
structure!(GetRoleResponse {
0 role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRoleTemplateVersionRequest {
    pub template_arn: Option<String>,
    pub minor_version: Option<i32>,
}
structure!(GetRoleTemplateVersionRequest {
0 template_arn,
1 minor_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRoleTemplateVersionResponse {
    pub role_template_version: Option<RoleTemplateVersion>,
}
structure!(GetRoleTemplateVersionResponse {
0 role_template_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSAMLProviderRequest {
    pub saml_provider_arn: Option<String>,
}
structure!(GetSAMLProviderRequest {
0 saml_provider_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSAMLProviderResponse {
    pub saml_provider_uuid: Option<String>,
    pub saml_metadata_document: Option<String>,
    pub create_date: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
    pub assertion_encryption_mode: Option<String>,
    pub private_key_list: Option<Vec<SAMLPrivateKey>>,
}
structure!(GetSAMLProviderResponse {
0 saml_provider_uuid,
1 saml_metadata_document,
2 create_date,
3 valid_until,
4 tags,
5 assertion_encryption_mode,
6 private_key_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSSHPublicKeyRequest {
    pub user_name: Option<String>,
    pub ssh_public_key_id: Option<String>,
    pub encoding: Option<String>,
}
structure!(GetSSHPublicKeyRequest {
0 user_name,
1 ssh_public_key_id,
2 encoding,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSSHPublicKeyResponse {
    pub ssh_public_key: Option<SSHPublicKey>,
}
structure!(GetSSHPublicKeyResponse {
0 ssh_public_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServerCertificateRequest {
    pub server_certificate_name: Option<String>,
}
structure!(GetServerCertificateRequest {
0 server_certificate_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServerCertificateResponse {
    pub server_certificate: Option<ServerCertificate>,
}
structure!(GetServerCertificateResponse {
0 server_certificate,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceLastAccessedDetailsRequest {
    pub job_id: Option<String>,
    pub max_items: Option<i32>,
    pub marker: Option<String>,
}
structure!(GetServiceLastAccessedDetailsRequest {
0 job_id,
1 max_items,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceLastAccessedDetailsResponse {
    pub job_status: Option<String>,
    pub job_type: Option<String>,
    pub job_creation_date: Option<Timestamp>,
    pub services_last_accessed: Option<Vec<ServiceLastAccessed>>,
    pub job_completion_date: Option<Timestamp>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
    pub error: Option<ErrorDetails>,
}
structure!(GetServiceLastAccessedDetailsResponse {
0 job_status,
1 job_type,
2 job_creation_date,
3 services_last_accessed,
4 job_completion_date,
5 is_truncated,
6 marker,
7 error,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceLastAccessedDetailsWithEntitiesRequest {
    pub job_id: Option<String>,
    pub service_namespace: Option<String>,
    pub max_items: Option<i32>,
    pub marker: Option<String>,
}
structure!(GetServiceLastAccessedDetailsWithEntitiesRequest {
0 job_id,
1 service_namespace,
2 max_items,
3 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceLastAccessedDetailsWithEntitiesResponse {
    pub job_status: Option<String>,
    pub job_creation_date: Option<Timestamp>,
    pub job_completion_date: Option<Timestamp>,
    pub entity_details_list: Option<Vec<EntityDetails>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
    pub error: Option<ErrorDetails>,
}
structure!(GetServiceLastAccessedDetailsWithEntitiesResponse {
0 job_status,
1 job_creation_date,
2 job_completion_date,
3 entity_details_list,
4 is_truncated,
5 marker,
6 error,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceLinkedRoleDeletionStatusRequest {
    pub deletion_task_id: Option<String>,
}
structure!(GetServiceLinkedRoleDeletionStatusRequest {
0 deletion_task_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceLinkedRoleDeletionStatusResponse {
    pub status: Option<String>,
    pub reason: Option<DeletionTaskFailureReasonType>,
}
structure!(GetServiceLinkedRoleDeletionStatusResponse {
0 status,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUserPolicyRequest {
    pub user_name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetUserPolicyRequest {
0 user_name,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUserPolicyResponse {
    pub user_name: Option<String>,
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(GetUserPolicyResponse {
0 user_name,
1 policy_name,
2 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUserRequest {
    pub user_name: Option<String>,
}
structure!(GetUserRequest {
0 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUserResponse {
    pub user: Option<User>,
}
structure!(GetUserResponse {
0 user,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    pub path: Option<String>,
    pub group_name: Option<String>,
    pub group_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
}
structure!(Group {
0 path,
1 group_name,
2 group_id,
3 arn,
4 create_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupDetail {
    pub path: Option<String>,
    pub group_name: Option<String>,
    pub group_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
    pub group_policy_list: Option<Vec<PolicyDetail>>,
    pub attached_managed_policies: Option<Vec<AttachedPolicy>>,
}
structure!(GroupDetail {
0 path,
1 group_name,
2 group_id,
3 arn,
4 create_date,
5 group_policy_list,
6 attached_managed_policies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InlinePolicy {
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(InlinePolicy {
0 policy_name,
1 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InlinePolicyIdentifierType {
    pub policy_name: Option<String>,
    pub attachment_type: Option<String>,
    pub attachment_name: Option<String>,
}
structure!(InlinePolicyIdentifierType {
0 policy_name,
1 attachment_type,
2 attachment_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceProfile {
    pub path: Option<String>,
    pub instance_profile_name: Option<String>,
    pub instance_profile_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
    pub roles: Option<Vec<Role>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(InstanceProfile {
0 path,
1 instance_profile_name,
2 instance_profile_id,
3 arn,
4 create_date,
5 roles,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccessKeysRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListAccessKeysRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccessKeysResponse {
    pub access_key_metadata: Option<Vec<AccessKeyMetadata>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListAccessKeysResponse {
0 access_key_metadata,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccountAliasesRequest {
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListAccountAliasesRequest {
0 marker,
1 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccountAliasesResponse {
    pub account_aliases: Option<Vec<String>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListAccountAliasesResponse {
0 account_aliases,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAttachedGroupPoliciesRequest {
    pub group_name: Option<String>,
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListAttachedGroupPoliciesRequest {
0 group_name,
1 path_prefix,
2 marker,
3 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAttachedGroupPoliciesResponse {
    pub attached_policies: Option<Vec<AttachedPolicy>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListAttachedGroupPoliciesResponse {
0 attached_policies,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAttachedRolePoliciesRequest {
    pub role_name: Option<String>,
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListAttachedRolePoliciesRequest {
0 role_name,
1 path_prefix,
2 marker,
3 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAttachedRolePoliciesResponse {
    pub attached_policies: Option<Vec<AttachedPolicy>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListAttachedRolePoliciesResponse {
0 attached_policies,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAttachedUserPoliciesRequest {
    pub user_name: Option<String>,
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListAttachedUserPoliciesRequest {
0 user_name,
1 path_prefix,
2 marker,
3 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAttachedUserPoliciesResponse {
    pub attached_policies: Option<Vec<AttachedPolicy>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListAttachedUserPoliciesResponse {
0 attached_policies,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDelegationRequestsRequest {
    pub owner_id: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListDelegationRequestsRequest {
0 owner_id,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDelegationRequestsResponse {
    pub delegation_requests: Option<Vec<DelegationRequest>>,
    pub marker: Option<String>,
    pub is_truncated: Option<bool>,
}
structure!(ListDelegationRequestsResponse {
0 delegation_requests,
1 marker,
2 is_truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEntitiesForPolicyRequest {
    pub policy_arn: Option<String>,
    pub entity_filter: Option<String>,
    pub path_prefix: Option<String>,
    pub policy_usage_filter: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListEntitiesForPolicyRequest {
0 policy_arn,
1 entity_filter,
2 path_prefix,
3 policy_usage_filter,
4 marker,
5 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEntitiesForPolicyResponse {
    pub policy_groups: Option<Vec<PolicyGroup>>,
    pub policy_users: Option<Vec<PolicyUser>>,
    pub policy_roles: Option<Vec<PolicyRole>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListEntitiesForPolicyResponse {
0 policy_groups,
1 policy_users,
2 policy_roles,
3 is_truncated,
4 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGroupPoliciesRequest {
    pub group_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListGroupPoliciesRequest {
0 group_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGroupPoliciesResponse {
    pub policy_names: Option<Vec<String>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListGroupPoliciesResponse {
0 policy_names,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGroupsForUserRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListGroupsForUserRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGroupsForUserResponse {
    pub groups: Option<Vec<Group>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListGroupsForUserResponse {
0 groups,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGroupsRequest {
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListGroupsRequest {
0 path_prefix,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGroupsResponse {
    pub groups: Option<Vec<Group>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListGroupsResponse {
0 groups,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInstanceProfileTagsRequest {
    pub instance_profile_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListInstanceProfileTagsRequest {
0 instance_profile_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInstanceProfileTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListInstanceProfileTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInstanceProfilesForRoleRequest {
    pub role_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListInstanceProfilesForRoleRequest {
0 role_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInstanceProfilesForRoleResponse {
    pub instance_profiles: Option<Vec<InstanceProfile>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListInstanceProfilesForRoleResponse {
0 instance_profiles,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInstanceProfilesRequest {
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListInstanceProfilesRequest {
0 path_prefix,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInstanceProfilesResponse {
    pub instance_profiles: Option<Vec<InstanceProfile>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListInstanceProfilesResponse {
0 instance_profiles,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMFADeviceTagsRequest {
    pub serial_number: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListMFADeviceTagsRequest {
0 serial_number,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMFADeviceTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListMFADeviceTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMFADevicesRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListMFADevicesRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMFADevicesResponse {
    pub mfa_devices: Option<Vec<MFADevice>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListMFADevicesResponse {
0 mfa_devices,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOpenIDConnectProviderTagsRequest {
    pub open_id_connect_provider_arn: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListOpenIDConnectProviderTagsRequest {
0 open_id_connect_provider_arn,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOpenIDConnectProviderTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListOpenIDConnectProviderTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOpenIDConnectProvidersRequest {}
structure!(ListOpenIDConnectProvidersRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOpenIDConnectProvidersResponse {
    pub open_id_connect_provider_list: Option<Vec<OpenIDConnectProviderListEntry>>,
}
structure!(ListOpenIDConnectProvidersResponse {
0 open_id_connect_provider_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOrganizationsFeaturesRequest {}
structure!(ListOrganizationsFeaturesRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOrganizationsFeaturesResponse {
    pub organization_id: Option<String>,
    pub enabled_features: Option<Vec<String>>,
}
structure!(ListOrganizationsFeaturesResponse {
0 organization_id,
1 enabled_features,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPoliciesGrantingServiceAccessEntry {
    pub service_namespace: Option<String>,
    pub policies: Option<Vec<PolicyGrantingServiceAccess>>,
}
structure!(ListPoliciesGrantingServiceAccessEntry {
0 service_namespace,
1 policies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPoliciesGrantingServiceAccessRequest {
    pub marker: Option<String>,
    pub arn: Option<String>,
    pub service_namespaces: Option<Vec<String>>,
}
structure!(ListPoliciesGrantingServiceAccessRequest {
0 marker,
1 arn,
2 service_namespaces,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPoliciesGrantingServiceAccessResponse {
    pub policies_granting_service_access: Option<Vec<ListPoliciesGrantingServiceAccessEntry>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListPoliciesGrantingServiceAccessResponse {
0 policies_granting_service_access,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPoliciesRequest {
    pub scope: Option<String>,
    pub only_attached: Option<bool>,
    pub path_prefix: Option<String>,
    pub policy_usage_filter: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListPoliciesRequest {
0 scope,
1 only_attached,
2 path_prefix,
3 policy_usage_filter,
4 marker,
5 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPoliciesResponse {
    pub policies: Option<Vec<Policy>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListPoliciesResponse {
0 policies,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPolicyTagsRequest {
    pub policy_arn: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListPolicyTagsRequest {
0 policy_arn,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPolicyTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListPolicyTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPolicyVersionsRequest {
    pub policy_arn: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListPolicyVersionsRequest {
0 policy_arn,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPolicyVersionsResponse {
    pub versions: Option<Vec<PolicyVersion>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListPolicyVersionsResponse {
0 versions,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRolePoliciesRequest {
    pub role_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListRolePoliciesRequest {
0 role_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRolePoliciesResponse {
    pub policy_names: Option<Vec<String>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListRolePoliciesResponse {
0 policy_names,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRoleTagsRequest {
    pub role_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListRoleTagsRequest {
0 role_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRoleTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListRoleTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRolesRequest {
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListRolesRequest {
0 path_prefix,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRolesResponse {
    pub roles: Option<Vec<Role>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListRolesResponse {
0 roles,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSAMLProviderTagsRequest {
    pub saml_provider_arn: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListSAMLProviderTagsRequest {
0 saml_provider_arn,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSAMLProviderTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListSAMLProviderTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSAMLProvidersRequest {}
structure!(ListSAMLProvidersRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSAMLProvidersResponse {
    pub saml_provider_list: Option<Vec<SAMLProviderListEntry>>,
}
structure!(ListSAMLProvidersResponse {
0 saml_provider_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSSHPublicKeysRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListSSHPublicKeysRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSSHPublicKeysResponse {
    pub ssh_public_keys: Option<Vec<SSHPublicKeyMetadata>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListSSHPublicKeysResponse {
0 ssh_public_keys,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListServerCertificateTagsRequest {
    pub server_certificate_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListServerCertificateTagsRequest {
0 server_certificate_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListServerCertificateTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListServerCertificateTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListServerCertificatesRequest {
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListServerCertificatesRequest {
0 path_prefix,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListServerCertificatesResponse {
    pub server_certificate_metadata_list: Option<Vec<ServerCertificateMetadata>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListServerCertificatesResponse {
0 server_certificate_metadata_list,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListServiceSpecificCredentialsRequest {
    pub user_name: Option<String>,
    pub service_name: Option<String>,
    pub all_users: Option<bool>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListServiceSpecificCredentialsRequest {
0 user_name,
1 service_name,
2 all_users,
3 marker,
4 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListServiceSpecificCredentialsResponse {
    pub service_specific_credentials: Option<Vec<ServiceSpecificCredentialMetadata>>,
    pub marker: Option<String>,
    pub is_truncated: Option<bool>,
}
structure!(ListServiceSpecificCredentialsResponse {
0 service_specific_credentials,
1 marker,
2 is_truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSigningCertificatesRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListSigningCertificatesRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSigningCertificatesResponse {
    pub certificates: Option<Vec<SigningCertificate>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListSigningCertificatesResponse {
0 certificates,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUserPoliciesRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListUserPoliciesRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUserPoliciesResponse {
    pub policy_names: Option<Vec<String>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListUserPoliciesResponse {
0 policy_names,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUserTagsRequest {
    pub user_name: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListUserTagsRequest {
0 user_name,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUserTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListUserTagsResponse {
0 tags,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUsersRequest {
    pub path_prefix: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListUsersRequest {
0 path_prefix,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUsersResponse {
    pub users: Option<Vec<User>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListUsersResponse {
0 users,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListVirtualMFADevicesRequest {
    pub assignment_status: Option<String>,
    pub marker: Option<String>,
    pub max_items: Option<i32>,
}
structure!(ListVirtualMFADevicesRequest {
0 assignment_status,
1 marker,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListVirtualMFADevicesResponse {
    pub virtual_mfa_devices: Option<Vec<VirtualMFADevice>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(ListVirtualMFADevicesResponse {
0 virtual_mfa_devices,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoginProfile {
    pub user_name: Option<String>,
    pub create_date: Option<Timestamp>,
    pub password_reset_required: Option<bool>,
}
structure!(LoginProfile {
0 user_name,
1 create_date,
2 password_reset_required,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MFADevice {
    pub user_name: Option<String>,
    pub serial_number: Option<String>,
    pub enable_date: Option<Timestamp>,
}
structure!(MFADevice {
0 user_name,
1 serial_number,
2 enable_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedPolicyDetail {
    pub policy_name: Option<String>,
    pub policy_id: Option<String>,
    pub arn: Option<String>,
    pub path: Option<String>,
    pub default_version_id: Option<String>,
    pub attachment_count: Option<i32>,
    pub permissions_boundary_usage_count: Option<i32>,
    pub is_attachable: Option<bool>,
    pub description: Option<String>,
    pub create_date: Option<Timestamp>,
    pub update_date: Option<Timestamp>,
    pub policy_version_list: Option<Vec<PolicyVersion>>,
}
structure!(ManagedPolicyDetail {
0 policy_name,
1 policy_id,
2 arn,
3 path,
4 default_version_id,
5 attachment_count,
6 permissions_boundary_usage_count,
7 is_attachable,
8 description,
9 create_date,
10 update_date,
11 policy_version_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenIDConnectProviderListEntry {
    pub arn: Option<String>,
}
structure!(OpenIDConnectProviderListEntry {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderedOrganizationPolicyType {
    pub service_control_policy_input_list: Option<Vec<String>>,
}
structure!(OrderedOrganizationPolicyType {
0 service_control_policy_input_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrganizationsDecisionDetail {
    pub allowed_by_organizations: Option<bool>,
}
structure!(OrganizationsDecisionDetail {
0 allowed_by_organizations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterDefinition {
    pub name: Option<String>,
    pub type_: Option<String>,
    pub sub_type: Option<String>,
    pub description: Option<String>,
    pub is_required: Option<bool>,
    pub default_value: Option<String>,
    pub immutable: Option<bool>,
}
structure!(ParameterDefinition {
0 name,
1 type_,
2 sub_type,
3 description,
4 is_required,
5 default_value,
6 immutable,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PasswordPolicy {
    pub minimum_password_length: Option<i32>,
    pub require_symbols: Option<bool>,
    pub require_numbers: Option<bool>,
    pub require_uppercase_characters: Option<bool>,
    pub require_lowercase_characters: Option<bool>,
    pub allow_users_to_change_password: Option<bool>,
    pub expire_passwords: Option<bool>,
    pub max_password_age: Option<i32>,
    pub password_reuse_prevention: Option<i32>,
    pub hard_expiry: Option<bool>,
}
structure!(PasswordPolicy {
0 minimum_password_length,
1 require_symbols,
2 require_numbers,
3 require_uppercase_characters,
4 require_lowercase_characters,
5 allow_users_to_change_password,
6 expire_passwords,
7 max_password_age,
8 password_reuse_prevention,
9 hard_expiry,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PermissionsBoundaryDecisionDetail {
    pub allowed_by_permissions_boundary: Option<bool>,
}
structure!(PermissionsBoundaryDecisionDetail {
0 allowed_by_permissions_boundary,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    pub policy_name: Option<String>,
    pub policy_id: Option<String>,
    pub arn: Option<String>,
    pub path: Option<String>,
    pub default_version_id: Option<String>,
    pub attachment_count: Option<i32>,
    pub permissions_boundary_usage_count: Option<i32>,
    pub is_attachable: Option<bool>,
    pub description: Option<String>,
    pub create_date: Option<Timestamp>,
    pub update_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
}
structure!(Policy {
0 policy_name,
1 policy_id,
2 arn,
3 path,
4 default_version_id,
5 attachment_count,
6 permissions_boundary_usage_count,
7 is_attachable,
8 description,
9 create_date,
10 update_date,
11 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyDetail {
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(PolicyDetail {
0 policy_name,
1 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyGrantingServiceAccess {
    pub policy_name: Option<String>,
    pub policy_type: Option<String>,
    pub policy_arn: Option<String>,
    pub entity_type: Option<String>,
    pub entity_name: Option<String>,
}
structure!(PolicyGrantingServiceAccess {
0 policy_name,
1 policy_type,
2 policy_arn,
3 entity_type,
4 entity_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyGroup {
    pub group_name: Option<String>,
    pub group_id: Option<String>,
}
structure!(PolicyGroup {
0 group_name,
1 group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyIdentifier {
    pub policy_type: Option<String>,
    pub policy_arn: Option<String>,
    pub inline_policy_identifier: Option<InlinePolicyIdentifierType>,
}
structure!(PolicyIdentifier {
0 policy_type,
1 policy_arn,
2 inline_policy_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyParameter {
    pub name: Option<String>,
    pub values: Option<Vec<String>>,
    pub type_: Option<String>,
}
structure!(PolicyParameter {
0 name,
1 values,
2 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyRole {
    pub role_name: Option<String>,
    pub role_id: Option<String>,
}
structure!(PolicyRole {
0 role_name,
1 role_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyUser {
    pub user_name: Option<String>,
    pub user_id: Option<String>,
}
structure!(PolicyUser {
0 user_name,
1 user_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyVersion {
    pub document: Option<String>,
    pub version_id: Option<String>,
    pub is_default_version: Option<bool>,
    pub create_date: Option<Timestamp>,
}
structure!(PolicyVersion {
0 document,
1 version_id,
2 is_default_version,
3 create_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Position {
    pub line: Option<i32>,
    pub column: Option<i32>,
}
structure!(Position {
0 line,
1 column,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountPropertiesRequest {
    pub properties: Option<BTreeMap<String, String>>,
}
structure!(PutAccountPropertiesRequest {
0 properties,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountPropertiesResponse {}
structure!(PutAccountPropertiesResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutGroupPolicyRequest {
    pub group_name: Option<String>,
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(PutGroupPolicyRequest {
0 group_name,
1 policy_name,
2 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRolePermissionsBoundaryRequest {
    pub role_name: Option<String>,
    pub permissions_boundary: Option<String>,
}
structure!(PutRolePermissionsBoundaryRequest {
0 role_name,
1 permissions_boundary,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRolePolicyRequest {
    pub role_name: Option<String>,
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(PutRolePolicyRequest {
0 role_name,
1 policy_name,
2 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutUserPermissionsBoundaryRequest {
    pub user_name: Option<String>,
    pub permissions_boundary: Option<String>,
}
structure!(PutUserPermissionsBoundaryRequest {
0 user_name,
1 permissions_boundary,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutUserPolicyRequest {
    pub user_name: Option<String>,
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(PutUserPolicyRequest {
0 user_name,
1 policy_name,
2 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectDelegationRequestRequest {
    pub delegation_request_id: Option<String>,
    pub notes: Option<String>,
}
structure!(RejectDelegationRequestRequest {
0 delegation_request_id,
1 notes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveClientIDFromOpenIDConnectProviderRequest {
    pub open_id_connect_provider_arn: Option<String>,
    pub client_id: Option<String>,
}
structure!(RemoveClientIDFromOpenIDConnectProviderRequest {
0 open_id_connect_provider_arn,
1 client_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveRoleFromInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
    pub role_name: Option<String>,
}
structure!(RemoveRoleFromInstanceProfileRequest {
0 instance_profile_name,
1 role_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveUserFromGroupRequest {
    pub group_name: Option<String>,
    pub user_name: Option<String>,
}
structure!(RemoveUserFromGroupRequest {
0 group_name,
1 user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplacementValueEntry {
    pub values: Option<Vec<String>>,
}
structure!(ReplacementValueEntry {
0 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetServiceSpecificCredentialRequest {
    pub user_name: Option<String>,
    pub service_specific_credential_id: Option<String>,
}
structure!(ResetServiceSpecificCredentialRequest {
0 user_name,
1 service_specific_credential_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetServiceSpecificCredentialResponse {
    pub service_specific_credential: Option<ServiceSpecificCredential>,
}
structure!(ResetServiceSpecificCredentialResponse {
0 service_specific_credential,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceSpecificResult {
    pub eval_resource_name: Option<String>,
    pub eval_resource_decision: Option<String>,
    pub matched_statements: Option<Vec<Statement>>,
    pub missing_context_values: Option<Vec<String>>,
    pub eval_decision_details: Option<BTreeMap<String, String>>,
    pub permissions_boundary_decision_detail: Option<PermissionsBoundaryDecisionDetail>,
}
structure!(ResourceSpecificResult {
0 eval_resource_name,
1 eval_resource_decision,
2 matched_statements,
3 missing_context_values,
4 eval_decision_details,
5 permissions_boundary_decision_detail,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResyncMFADeviceRequest {
    pub user_name: Option<String>,
    pub serial_number: Option<String>,
    pub authentication_code1: Option<String>,
    pub authentication_code2: Option<String>,
}
structure!(ResyncMFADeviceRequest {
0 user_name,
1 serial_number,
2 authentication_code1,
3 authentication_code2,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Role {
    pub path: Option<String>,
    pub role_name: Option<String>,
    pub role_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
    pub assume_role_policy_document: Option<String>,
    pub description: Option<String>,
    pub max_session_duration: Option<i32>,
    pub permissions_boundary: Option<AttachedPermissionsBoundary>,
    pub tags: Option<Vec<Tag>>,
    pub role_last_used: Option<RoleLastUsed>,
    pub source_role_template: Option<SourceRoleTemplate>,
}
structure!(Role {
0 path,
1 role_name,
2 role_id,
3 arn,
4 create_date,
5 assume_role_policy_document,
6 description,
7 max_session_duration,
8 permissions_boundary,
9 tags,
10 role_last_used,
11 source_role_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoleDetail {
    pub path: Option<String>,
    pub role_name: Option<String>,
    pub role_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
    pub assume_role_policy_document: Option<String>,
    pub instance_profile_list: Option<Vec<InstanceProfile>>,
    pub role_policy_list: Option<Vec<PolicyDetail>>,
    pub attached_managed_policies: Option<Vec<AttachedPolicy>>,
    pub permissions_boundary: Option<AttachedPermissionsBoundary>,
    pub tags: Option<Vec<Tag>>,
    pub role_last_used: Option<RoleLastUsed>,
}
structure!(RoleDetail {
0 path,
1 role_name,
2 role_id,
3 arn,
4 create_date,
5 assume_role_policy_document,
6 instance_profile_list,
7 role_policy_list,
8 attached_managed_policies,
9 permissions_boundary,
10 tags,
11 role_last_used,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoleLastUsed {
    pub last_used_date: Option<Timestamp>,
    pub region: Option<String>,
}
structure!(RoleLastUsed {
0 last_used_date,
1 region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoleTemplateVersion {
    pub template_arn: Option<String>,
    pub template_name: Option<String>,
    pub template_version_id: Option<String>,
    pub description: Option<String>,
    pub major_version: Option<i32>,
    pub default_minor_version: Option<i32>,
    pub managed_by_type: Option<String>,
    pub managed_by_value: Option<String>,
    pub enabled: Option<bool>,
    pub minor_version: Option<i32>,
    pub role_name_pattern: Option<String>,
    pub role_path_pattern: Option<String>,
    pub role_description_pattern: Option<String>,
    pub assume_role_policy_document_template: Option<String>,
    pub inline_policy_templates: Option<Vec<InlinePolicy>>,
    pub managed_policy_arns: Option<Vec<String>>,
    pub permission_boundary_arn: Option<String>,
    pub parameters_definition: Option<Vec<ParameterDefinition>>,
    pub role_tags_template: Option<Vec<TagTemplate>>,
    pub max_session_duration: Option<i32>,
    pub version_enabled: Option<bool>,
    pub create_timestamp: Option<Timestamp>,
    pub update_timestamp: Option<Timestamp>,
}
structure!(RoleTemplateVersion {
0 template_arn,
1 template_name,
2 template_version_id,
3 description,
4 major_version,
5 default_minor_version,
6 managed_by_type,
7 managed_by_value,
8 enabled,
9 minor_version,
10 role_name_pattern,
11 role_path_pattern,
12 role_description_pattern,
13 assume_role_policy_document_template,
14 inline_policy_templates,
15 managed_policy_arns,
16 permission_boundary_arn,
17 parameters_definition,
18 role_tags_template,
19 max_session_duration,
20 version_enabled,
21 create_timestamp,
22 update_timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoleUsageType {
    pub region: Option<String>,
    pub resources: Option<Vec<String>>,
}
structure!(RoleUsageType {
0 region,
1 resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SAMLPrivateKey {
    pub key_id: Option<String>,
    pub timestamp: Option<Timestamp>,
}
structure!(SAMLPrivateKey {
0 key_id,
1 timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SAMLProviderListEntry {
    pub arn: Option<String>,
    pub valid_until: Option<Timestamp>,
    pub create_date: Option<Timestamp>,
}
structure!(SAMLProviderListEntry {
0 arn,
1 valid_until,
2 create_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SSHPublicKey {
    pub user_name: Option<String>,
    pub ssh_public_key_id: Option<String>,
    pub fingerprint: Option<String>,
    pub ssh_public_key_body: Option<String>,
    pub status: Option<String>,
    pub upload_date: Option<Timestamp>,
}
structure!(SSHPublicKey {
0 user_name,
1 ssh_public_key_id,
2 fingerprint,
3 ssh_public_key_body,
4 status,
5 upload_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SSHPublicKeyMetadata {
    pub user_name: Option<String>,
    pub ssh_public_key_id: Option<String>,
    pub status: Option<String>,
    pub upload_date: Option<Timestamp>,
}
structure!(SSHPublicKeyMetadata {
0 user_name,
1 ssh_public_key_id,
2 status,
3 upload_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendDelegationTokenRequest {
    pub delegation_request_id: Option<String>,
}
structure!(SendDelegationTokenRequest {
0 delegation_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerCertificate {
    pub server_certificate_metadata: Option<ServerCertificateMetadata>,
    pub certificate_body: Option<String>,
    pub certificate_chain: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(ServerCertificate {
0 server_certificate_metadata,
1 certificate_body,
2 certificate_chain,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerCertificateMetadata {
    pub path: Option<String>,
    pub server_certificate_name: Option<String>,
    pub server_certificate_id: Option<String>,
    pub arn: Option<String>,
    pub upload_date: Option<Timestamp>,
    pub expiration: Option<Timestamp>,
}
structure!(ServerCertificateMetadata {
0 path,
1 server_certificate_name,
2 server_certificate_id,
3 arn,
4 upload_date,
5 expiration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceLastAccessed {
    pub service_name: Option<String>,
    pub last_authenticated: Option<Timestamp>,
    pub service_namespace: Option<String>,
    pub last_authenticated_entity: Option<String>,
    pub last_authenticated_region: Option<String>,
    pub total_authenticated_entities: Option<i32>,
    pub tracked_actions_last_accessed: Option<Vec<TrackedActionLastAccessed>>,
}
structure!(ServiceLastAccessed {
0 service_name,
1 last_authenticated,
2 service_namespace,
3 last_authenticated_entity,
4 last_authenticated_region,
5 total_authenticated_entities,
6 tracked_actions_last_accessed,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceSpecificCredential {
    pub create_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub service_name: Option<String>,
    pub service_user_name: Option<String>,
    pub service_password: Option<String>,
    pub service_credential_alias: Option<String>,
    pub service_credential_secret: Option<String>,
    pub service_specific_credential_id: Option<String>,
    pub user_name: Option<String>,
    pub status: Option<String>,
}
structure!(ServiceSpecificCredential {
0 create_date,
1 expiration_date,
2 service_name,
3 service_user_name,
4 service_password,
5 service_credential_alias,
6 service_credential_secret,
7 service_specific_credential_id,
8 user_name,
9 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceSpecificCredentialMetadata {
    pub user_name: Option<String>,
    pub status: Option<String>,
    pub service_user_name: Option<String>,
    pub service_credential_alias: Option<String>,
    pub create_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub service_specific_credential_id: Option<String>,
    pub service_name: Option<String>,
}
structure!(ServiceSpecificCredentialMetadata {
0 user_name,
1 status,
2 service_user_name,
3 service_credential_alias,
4 create_date,
5 expiration_date,
6 service_specific_credential_id,
7 service_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetDefaultPolicyVersionRequest {
    pub policy_arn: Option<String>,
    pub version_id: Option<String>,
}
structure!(SetDefaultPolicyVersionRequest {
0 policy_arn,
1 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetSecurityTokenServicePreferencesRequest {
    pub global_endpoint_token_version: Option<String>,
}
structure!(SetSecurityTokenServicePreferencesRequest {
0 global_endpoint_token_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SigningCertificate {
    pub user_name: Option<String>,
    pub certificate_id: Option<String>,
    pub certificate_body: Option<String>,
    pub status: Option<String>,
    pub upload_date: Option<Timestamp>,
}
structure!(SigningCertificate {
0 user_name,
1 certificate_id,
2 certificate_body,
3 status,
4 upload_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimulateCustomPolicyRequest {
    pub policy_input_list: Option<Vec<String>>,
    pub permissions_boundary_policy_input_list: Option<Vec<String>>,
    pub ordered_organization_policy_input_list: Option<Vec<OrderedOrganizationPolicyType>>,
    pub action_names: Option<Vec<String>>,
    pub resource_arns: Option<Vec<String>>,
    pub resource_policy: Option<String>,
    pub resource_owner: Option<String>,
    pub caller_arn: Option<String>,
    pub context_entries: Option<Vec<ContextEntry>>,
    pub resource_handling_option: Option<String>,
    pub max_items: Option<i32>,
    pub marker: Option<String>,
}
structure!(SimulateCustomPolicyRequest {
0 policy_input_list,
1 permissions_boundary_policy_input_list,
2 ordered_organization_policy_input_list,
3 action_names,
4 resource_arns,
5 resource_policy,
6 resource_owner,
7 caller_arn,
8 context_entries,
9 resource_handling_option,
10 max_items,
11 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimulatePolicyResponse {
    pub evaluation_results: Option<Vec<EvaluationResult>>,
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
}
structure!(SimulatePolicyResponse {
0 evaluation_results,
1 is_truncated,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimulatePrincipalPolicyRequest {
    pub policy_source_arn: Option<String>,
    pub policy_input_list: Option<Vec<String>>,
    pub permissions_boundary_policy_input_list: Option<Vec<String>>,
    pub policy_exclusion_list: Option<Vec<PolicyIdentifier>>,
    pub action_names: Option<Vec<String>>,
    pub resource_arns: Option<Vec<String>>,
    pub resource_policy: Option<String>,
    pub resource_owner: Option<String>,
    pub caller_arn: Option<String>,
    pub context_entries: Option<Vec<ContextEntry>>,
    pub resource_handling_option: Option<String>,
    pub max_items: Option<i32>,
    pub marker: Option<String>,
}
structure!(SimulatePrincipalPolicyRequest {
0 policy_source_arn,
1 policy_input_list,
2 permissions_boundary_policy_input_list,
3 policy_exclusion_list,
4 action_names,
5 resource_arns,
6 resource_policy,
7 resource_owner,
8 caller_arn,
9 context_entries,
10 resource_handling_option,
11 max_items,
12 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceRoleTemplate {
    pub template_arn: Option<String>,
    pub template_minor_version: Option<i32>,
}
structure!(SourceRoleTemplate {
0 template_arn,
1 template_minor_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statement {
    pub source_policy_id: Option<String>,
    pub source_policy_type: Option<String>,
    pub start_position: Option<Position>,
    pub end_position: Option<Position>,
}
structure!(Statement {
0 source_policy_id,
1 source_policy_type,
2 start_position,
3 end_position,
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
pub struct TagInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagInstanceProfileRequest {
0 instance_profile_name,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagMFADeviceRequest {
    pub serial_number: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagMFADeviceRequest {
0 serial_number,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagOpenIDConnectProviderRequest {
    pub open_id_connect_provider_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagOpenIDConnectProviderRequest {
0 open_id_connect_provider_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagPolicyRequest {
    pub policy_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagPolicyRequest {
0 policy_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagRoleRequest {
    pub role_name: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagRoleRequest {
0 role_name,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagSAMLProviderRequest {
    pub saml_provider_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagSAMLProviderRequest {
0 saml_provider_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagServerCertificateRequest {
    pub server_certificate_name: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagServerCertificateRequest {
0 server_certificate_name,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagTemplate {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(TagTemplate {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagUserRequest {
    pub user_name: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagUserRequest {
0 user_name,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrackedActionLastAccessed {
    pub action_name: Option<String>,
    pub last_accessed_entity: Option<String>,
    pub last_accessed_time: Option<Timestamp>,
    pub last_accessed_region: Option<String>,
}
structure!(TrackedActionLastAccessed {
0 action_name,
1 last_accessed_entity,
2 last_accessed_time,
3 last_accessed_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagInstanceProfileRequest {
    pub instance_profile_name: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagInstanceProfileRequest {
0 instance_profile_name,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagMFADeviceRequest {
    pub serial_number: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagMFADeviceRequest {
0 serial_number,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagOpenIDConnectProviderRequest {
    pub open_id_connect_provider_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagOpenIDConnectProviderRequest {
0 open_id_connect_provider_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagPolicyRequest {
    pub policy_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagPolicyRequest {
0 policy_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagRoleRequest {
    pub role_name: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagRoleRequest {
0 role_name,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagSAMLProviderRequest {
    pub saml_provider_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagSAMLProviderRequest {
0 saml_provider_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagServerCertificateRequest {
    pub server_certificate_name: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagServerCertificateRequest {
0 server_certificate_name,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagUserRequest {
    pub user_name: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagUserRequest {
0 user_name,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAccessKeyRequest {
    pub user_name: Option<String>,
    pub access_key_id: Option<String>,
    pub status: Option<String>,
}
structure!(UpdateAccessKeyRequest {
0 user_name,
1 access_key_id,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAccountPasswordPolicyRequest {
    pub minimum_password_length: Option<i32>,
    pub require_symbols: Option<bool>,
    pub require_numbers: Option<bool>,
    pub require_uppercase_characters: Option<bool>,
    pub require_lowercase_characters: Option<bool>,
    pub allow_users_to_change_password: Option<bool>,
    pub max_password_age: Option<i32>,
    pub password_reuse_prevention: Option<i32>,
    pub hard_expiry: Option<bool>,
}
structure!(UpdateAccountPasswordPolicyRequest {
0 minimum_password_length,
1 require_symbols,
2 require_numbers,
3 require_uppercase_characters,
4 require_lowercase_characters,
5 allow_users_to_change_password,
6 max_password_age,
7 password_reuse_prevention,
8 hard_expiry,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAssumeRolePolicyRequest {
    pub role_name: Option<String>,
    pub policy_document: Option<String>,
}
structure!(UpdateAssumeRolePolicyRequest {
0 role_name,
1 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDelegationRequestRequest {
    pub delegation_request_id: Option<String>,
    pub notes: Option<String>,
}
structure!(UpdateDelegationRequestRequest {
0 delegation_request_id,
1 notes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateGroupRequest {
    pub group_name: Option<String>,
    pub new_path: Option<String>,
    pub new_group_name: Option<String>,
}
structure!(UpdateGroupRequest {
0 group_name,
1 new_path,
2 new_group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateLoginProfileRequest {
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub password_reset_required: Option<bool>,
}
structure!(UpdateLoginProfileRequest {
0 user_name,
1 password,
2 password_reset_required,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateOpenIDConnectProviderThumbprintRequest {
    pub open_id_connect_provider_arn: Option<String>,
    pub thumbprint_list: Option<Vec<String>>,
}
structure!(UpdateOpenIDConnectProviderThumbprintRequest {
0 open_id_connect_provider_arn,
1 thumbprint_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRoleDescriptionRequest {
    pub role_name: Option<String>,
    pub description: Option<String>,
}
structure!(UpdateRoleDescriptionRequest {
0 role_name,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRoleDescriptionResponse {
    pub role: Option<Role>,
}
structure!(UpdateRoleDescriptionResponse {
0 role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRoleRequest {
    pub role_name: Option<String>,
    pub description: Option<String>,
    pub max_session_duration: Option<i32>,
}
structure!(UpdateRoleRequest {
0 role_name,
1 description,
2 max_session_duration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRoleResponse {}
structure!(UpdateRoleResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSAMLProviderRequest {
    pub saml_metadata_document: Option<String>,
    pub saml_provider_arn: Option<String>,
    pub assertion_encryption_mode: Option<String>,
    pub add_private_key: Option<String>,
    pub remove_private_key: Option<String>,
}
structure!(UpdateSAMLProviderRequest {
0 saml_metadata_document,
1 saml_provider_arn,
2 assertion_encryption_mode,
3 add_private_key,
4 remove_private_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSAMLProviderResponse {
    pub saml_provider_arn: Option<String>,
}
structure!(UpdateSAMLProviderResponse {
0 saml_provider_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSSHPublicKeyRequest {
    pub user_name: Option<String>,
    pub ssh_public_key_id: Option<String>,
    pub status: Option<String>,
}
structure!(UpdateSSHPublicKeyRequest {
0 user_name,
1 ssh_public_key_id,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateServerCertificateRequest {
    pub server_certificate_name: Option<String>,
    pub new_path: Option<String>,
    pub new_server_certificate_name: Option<String>,
}
structure!(UpdateServerCertificateRequest {
0 server_certificate_name,
1 new_path,
2 new_server_certificate_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateServiceSpecificCredentialRequest {
    pub user_name: Option<String>,
    pub service_specific_credential_id: Option<String>,
    pub status: Option<String>,
}
structure!(UpdateServiceSpecificCredentialRequest {
0 user_name,
1 service_specific_credential_id,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSigningCertificateRequest {
    pub user_name: Option<String>,
    pub certificate_id: Option<String>,
    pub status: Option<String>,
}
structure!(UpdateSigningCertificateRequest {
0 user_name,
1 certificate_id,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateUserRequest {
    pub user_name: Option<String>,
    pub new_path: Option<String>,
    pub new_user_name: Option<String>,
}
structure!(UpdateUserRequest {
0 user_name,
1 new_path,
2 new_user_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadSSHPublicKeyRequest {
    pub user_name: Option<String>,
    pub ssh_public_key_body: Option<String>,
}
structure!(UploadSSHPublicKeyRequest {
0 user_name,
1 ssh_public_key_body,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadSSHPublicKeyResponse {
    pub ssh_public_key: Option<SSHPublicKey>,
}
structure!(UploadSSHPublicKeyResponse {
0 ssh_public_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadServerCertificateRequest {
    pub path: Option<String>,
    pub server_certificate_name: Option<String>,
    pub certificate_body: Option<String>,
    pub private_key: Option<String>,
    pub certificate_chain: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(UploadServerCertificateRequest {
0 path,
1 server_certificate_name,
2 certificate_body,
3 private_key,
4 certificate_chain,
5 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadServerCertificateResponse {
    pub server_certificate_metadata: Option<ServerCertificateMetadata>,
    pub tags: Option<Vec<Tag>>,
}
structure!(UploadServerCertificateResponse {
0 server_certificate_metadata,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadSigningCertificateRequest {
    pub user_name: Option<String>,
    pub certificate_body: Option<String>,
}
structure!(UploadSigningCertificateRequest {
0 user_name,
1 certificate_body,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadSigningCertificateResponse {
    pub certificate: Option<SigningCertificate>,
}
structure!(UploadSigningCertificateResponse {
0 certificate,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct User {
    pub path: Option<String>,
    pub user_name: Option<String>,
    pub user_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
    pub password_last_used: Option<Timestamp>,
    pub permissions_boundary: Option<AttachedPermissionsBoundary>,
    pub tags: Option<Vec<Tag>>,
}
structure!(User {
0 path,
1 user_name,
2 user_id,
3 arn,
4 create_date,
5 password_last_used,
6 permissions_boundary,
7 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserDetail {
    pub path: Option<String>,
    pub user_name: Option<String>,
    pub user_id: Option<String>,
    pub arn: Option<String>,
    pub create_date: Option<Timestamp>,
    pub user_policy_list: Option<Vec<PolicyDetail>>,
    pub group_list: Option<Vec<String>>,
    pub attached_managed_policies: Option<Vec<AttachedPolicy>>,
    pub permissions_boundary: Option<AttachedPermissionsBoundary>,
    pub tags: Option<Vec<Tag>>,
}
structure!(UserDetail {
0 path,
1 user_name,
2 user_id,
3 arn,
4 create_date,
5 user_policy_list,
6 group_list,
7 attached_managed_policies,
8 permissions_boundary,
9 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VirtualMFADevice {
    pub serial_number: Option<String>,
    pub base32_string_seed: Option<Vec<u8>>,
    pub qr_code_png: Option<Vec<u8>>,
    pub user: Option<User>,
    pub enable_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
}
structure!(VirtualMFADevice {
0 serial_number,
1 base32_string_seed,
2 qr_code_png,
3 user,
4 enable_date,
5 tags,
});
