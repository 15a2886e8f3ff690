//! The service: one line names each operation's function.

use std::sync::Arc;

use wharf_api_iam::{Iam, Input, types::*};
use wharf_base::{Permit, Timestamp};
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{
    actions,
    directory::Directory,
    ops::{
        absent, access_keys, account, attachments, boundaries, details, groups, inline,
        instance_profiles, password_policy, policies, policy_entities, roles, server_certificates,
        service_linked, simulate, tags, users, versions,
    },
    paging::Page,
};

/// IAM over a store.
#[derive(Debug, Clone)]
pub struct IamService {
    directory: Arc<Directory>,
}

impl IamService {
    pub fn new(directory: Arc<Directory>) -> Self {
        Self { directory }
    }
}

/// What an operation works with.
pub(crate) struct Cx<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) call: &'a Call,
}

impl<'a> Cx<'a> {
    pub(crate) fn store(&self) -> &'a Store {
        self.directory.store()
    }

    pub(crate) fn account(&self) -> &'a str {
        &self.call.account
    }

    pub(crate) fn permit(&self) -> &'a Permit {
        &self.call.permit
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.call.now
    }

    /// The page asked for of `list`, which names the operation and what filters it.
    pub(crate) fn page(
        &self,
        list: &[&str],
        marker: Option<String>,
        max_items: Option<i32>,
    ) -> Result<Page<'a>, Fault> {
        let list: Vec<&str> = [self.account()]
            .into_iter()
            .chain(list.iter().copied())
            .collect();
        let keyring: &Keyring = self.directory.keyring();
        Page::new(keyring, &list, marker, max_items)
    }
}

macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $function:path;)*) => {
        #[async_trait]
        impl Iam for IamService {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                actions::authorize(&self.directory, cx, input).await
            }

            $(async fn $name(&self, call: &Call, input: $input) -> Result<$output, Fault> {
                $function(&Cx { directory: &self.directory, call }, input).await
            })*
        }
    };
}

operations! {
    create_user(CreateUserRequest) -> CreateUserResponse = users::create;
    get_user(GetUserRequest) -> GetUserResponse = users::get;
    update_user(UpdateUserRequest) -> () = users::update;
    delete_user(DeleteUserRequest) -> () = users::delete;
    list_users(ListUsersRequest) -> ListUsersResponse = users::list;

    create_access_key(CreateAccessKeyRequest) -> CreateAccessKeyResponse = access_keys::create;
    update_access_key(UpdateAccessKeyRequest) -> () = access_keys::update;
    delete_access_key(DeleteAccessKeyRequest) -> () = access_keys::delete;
    list_access_keys(ListAccessKeysRequest) -> ListAccessKeysResponse = access_keys::list;
    get_access_key_last_used(GetAccessKeyLastUsedRequest) -> GetAccessKeyLastUsedResponse
        = access_keys::last_used;

    list_mfa_devices(ListMFADevicesRequest) -> ListMFADevicesResponse = absent::mfa_devices;
    list_virtual_mfa_devices(ListVirtualMFADevicesRequest) -> ListVirtualMFADevicesResponse
        = absent::virtual_mfa_devices;
    list_ssh_public_keys(ListSSHPublicKeysRequest) -> ListSSHPublicKeysResponse = absent::ssh_keys;
    list_signing_certificates(ListSigningCertificatesRequest) -> ListSigningCertificatesResponse
        = absent::signing_certificates;
    list_service_specific_credentials(ListServiceSpecificCredentialsRequest)
        -> ListServiceSpecificCredentialsResponse = absent::service_credentials;
    get_login_profile(GetLoginProfileRequest) -> GetLoginProfileResponse
        = absent::get_login_profile;
    delete_login_profile(DeleteLoginProfileRequest) -> () = absent::delete_login_profile;

    create_group(CreateGroupRequest) -> CreateGroupResponse = groups::create;
    get_group(GetGroupRequest) -> GetGroupResponse = groups::get;
    update_group(UpdateGroupRequest) -> () = groups::update;
    delete_group(DeleteGroupRequest) -> () = groups::delete;
    list_groups(ListGroupsRequest) -> ListGroupsResponse = groups::list;
    add_user_to_group(AddUserToGroupRequest) -> () = groups::add_user;
    remove_user_from_group(RemoveUserFromGroupRequest) -> () = groups::remove_user;
    list_groups_for_user(ListGroupsForUserRequest) -> ListGroupsForUserResponse
        = groups::list_for_user;

    create_role(CreateRoleRequest) -> CreateRoleResponse = roles::create;
    get_role(GetRoleRequest) -> GetRoleResponse = roles::get;
    update_role(UpdateRoleRequest) -> UpdateRoleResponse = roles::update;
    update_role_description(UpdateRoleDescriptionRequest) -> UpdateRoleDescriptionResponse
        = roles::update_description;
    update_assume_role_policy(UpdateAssumeRolePolicyRequest) -> () = roles::update_trust;
    delete_role(DeleteRoleRequest) -> () = roles::delete;
    list_roles(ListRolesRequest) -> ListRolesResponse = roles::list;
    create_service_linked_role(CreateServiceLinkedRoleRequest) -> CreateServiceLinkedRoleResponse
        = service_linked::create;
    delete_service_linked_role(DeleteServiceLinkedRoleRequest) -> DeleteServiceLinkedRoleResponse
        = service_linked::delete;
    get_service_linked_role_deletion_status(GetServiceLinkedRoleDeletionStatusRequest)
        -> GetServiceLinkedRoleDeletionStatusResponse = service_linked::deletion_status;

    put_user_policy(PutUserPolicyRequest) -> () = inline::put_user;
    get_user_policy(GetUserPolicyRequest) -> GetUserPolicyResponse = inline::get_user;
    delete_user_policy(DeleteUserPolicyRequest) -> () = inline::delete_user;
    list_user_policies(ListUserPoliciesRequest) -> ListUserPoliciesResponse = inline::list_user;
    put_role_policy(PutRolePolicyRequest) -> () = inline::put_role;
    get_role_policy(GetRolePolicyRequest) -> GetRolePolicyResponse = inline::get_role;
    delete_role_policy(DeleteRolePolicyRequest) -> () = inline::delete_role;
    list_role_policies(ListRolePoliciesRequest) -> ListRolePoliciesResponse = inline::list_role;
    put_group_policy(PutGroupPolicyRequest) -> () = inline::put_group;
    get_group_policy(GetGroupPolicyRequest) -> GetGroupPolicyResponse = inline::get_group;
    delete_group_policy(DeleteGroupPolicyRequest) -> () = inline::delete_group;
    list_group_policies(ListGroupPoliciesRequest) -> ListGroupPoliciesResponse
        = inline::list_group;

    upload_server_certificate(UploadServerCertificateRequest) -> UploadServerCertificateResponse
        = server_certificates::upload;
    get_server_certificate(GetServerCertificateRequest) -> GetServerCertificateResponse
        = server_certificates::get;
    list_server_certificates(ListServerCertificatesRequest) -> ListServerCertificatesResponse
        = server_certificates::list;
    delete_server_certificate(DeleteServerCertificateRequest) -> () = server_certificates::delete;
    tag_server_certificate(TagServerCertificateRequest) -> () = tags::tag_server_certificate;
    untag_server_certificate(UntagServerCertificateRequest) -> () = tags::untag_server_certificate;
    list_server_certificate_tags(ListServerCertificateTagsRequest)
        -> ListServerCertificateTagsResponse = tags::list_server_certificate_tags;

    create_policy(CreatePolicyRequest) -> CreatePolicyResponse = policies::create;
    get_policy(GetPolicyRequest) -> GetPolicyResponse = policies::get;
    delete_policy(DeletePolicyRequest) -> () = policies::delete;
    list_policies(ListPoliciesRequest) -> ListPoliciesResponse = policies::list;
    list_entities_for_policy(ListEntitiesForPolicyRequest) -> ListEntitiesForPolicyResponse
        = policy_entities::list;
    create_policy_version(CreatePolicyVersionRequest) -> CreatePolicyVersionResponse
        = versions::create;
    get_policy_version(GetPolicyVersionRequest) -> GetPolicyVersionResponse = versions::get;
    delete_policy_version(DeletePolicyVersionRequest) -> () = versions::delete;
    list_policy_versions(ListPolicyVersionsRequest) -> ListPolicyVersionsResponse
        = versions::list;
    set_default_policy_version(SetDefaultPolicyVersionRequest) -> () = versions::set_default;

    attach_user_policy(AttachUserPolicyRequest) -> () = attachments::attach_user;
    detach_user_policy(DetachUserPolicyRequest) -> () = attachments::detach_user;
    list_attached_user_policies(ListAttachedUserPoliciesRequest)
        -> ListAttachedUserPoliciesResponse = attachments::list_user;
    attach_role_policy(AttachRolePolicyRequest) -> () = attachments::attach_role;
    detach_role_policy(DetachRolePolicyRequest) -> () = attachments::detach_role;
    list_attached_role_policies(ListAttachedRolePoliciesRequest)
        -> ListAttachedRolePoliciesResponse = attachments::list_role;
    attach_group_policy(AttachGroupPolicyRequest) -> () = attachments::attach_group;
    detach_group_policy(DetachGroupPolicyRequest) -> () = attachments::detach_group;
    list_attached_group_policies(ListAttachedGroupPoliciesRequest)
        -> ListAttachedGroupPoliciesResponse = attachments::list_group;

    put_user_permissions_boundary(PutUserPermissionsBoundaryRequest) -> () = boundaries::put_user;
    delete_user_permissions_boundary(DeleteUserPermissionsBoundaryRequest) -> ()
        = boundaries::delete_user;
    put_role_permissions_boundary(PutRolePermissionsBoundaryRequest) -> () = boundaries::put_role;
    delete_role_permissions_boundary(DeleteRolePermissionsBoundaryRequest) -> ()
        = boundaries::delete_role;

    tag_user(TagUserRequest) -> () = tags::tag_user;
    untag_user(UntagUserRequest) -> () = tags::untag_user;
    list_user_tags(ListUserTagsRequest) -> ListUserTagsResponse = tags::list_user;
    tag_role(TagRoleRequest) -> () = tags::tag_role;
    untag_role(UntagRoleRequest) -> () = tags::untag_role;
    list_role_tags(ListRoleTagsRequest) -> ListRoleTagsResponse = tags::list_role;
    tag_policy(TagPolicyRequest) -> () = tags::tag_policy;
    untag_policy(UntagPolicyRequest) -> () = tags::untag_policy;
    list_policy_tags(ListPolicyTagsRequest) -> ListPolicyTagsResponse = tags::list_policy;
    tag_instance_profile(TagInstanceProfileRequest) -> () = tags::tag_instance_profile;
    untag_instance_profile(UntagInstanceProfileRequest) -> () = tags::untag_instance_profile;
    list_instance_profile_tags(ListInstanceProfileTagsRequest) -> ListInstanceProfileTagsResponse
        = tags::list_instance_profile;

    create_instance_profile(CreateInstanceProfileRequest) -> CreateInstanceProfileResponse
        = instance_profiles::create;
    get_instance_profile(GetInstanceProfileRequest) -> GetInstanceProfileResponse
        = instance_profiles::get;
    delete_instance_profile(DeleteInstanceProfileRequest) -> () = instance_profiles::delete;
    list_instance_profiles(ListInstanceProfilesRequest) -> ListInstanceProfilesResponse
        = instance_profiles::list;
    list_instance_profiles_for_role(ListInstanceProfilesForRoleRequest)
        -> ListInstanceProfilesForRoleResponse = instance_profiles::list_for_role;
    add_role_to_instance_profile(AddRoleToInstanceProfileRequest) -> ()
        = instance_profiles::add_role;
    remove_role_from_instance_profile(RemoveRoleFromInstanceProfileRequest) -> ()
        = instance_profiles::remove_role;

    simulate_principal_policy(SimulatePrincipalPolicyRequest) -> SimulatePolicyResponse
        = simulate::principal;
    simulate_custom_policy(SimulateCustomPolicyRequest) -> SimulatePolicyResponse
        = simulate::custom;
    get_context_keys_for_custom_policy(GetContextKeysForCustomPolicyRequest)
        -> GetContextKeysForPolicyResponse = simulate::custom_keys;
    get_context_keys_for_principal_policy(GetContextKeysForPrincipalPolicyRequest)
        -> GetContextKeysForPolicyResponse = simulate::principal_keys;
    get_account_authorization_details(GetAccountAuthorizationDetailsRequest)
        -> GetAccountAuthorizationDetailsResponse = details::get;
    get_account_password_policy(()) -> GetAccountPasswordPolicyResponse = password_policy::get;
    update_account_password_policy(UpdateAccountPasswordPolicyRequest) -> ()
        = password_policy::update;
    delete_account_password_policy(()) -> () = password_policy::delete;
    get_account_summary(()) -> GetAccountSummaryResponse = account::summary;
    create_account_alias(CreateAccountAliasRequest) -> () = account::create_alias;
    delete_account_alias(DeleteAccountAliasRequest) -> () = account::delete_alias;
    list_account_aliases(ListAccountAliasesRequest) -> ListAccountAliasesResponse
        = account::list_aliases;
}
