//! The service: one line names each operation's function.

use std::sync::Arc;

use wharf_base::{Permit, Timestamp, arn::as_seen_from};
use wharf_service::{Page, Pages};
use wharf_wire::{Call, Fault};

use crate::{
    actions,
    directory::Directory,
    fault::IamFaults,
    names,
    ops::{
        absent, access_keys, account, attachments, boundaries, credential_report, details, groups,
        inline, instance_profiles, last_accessed, last_accessed::KnownService, login_profiles,
        mfa_devices, oidc_providers, password_policy, policies, policy_entities, roles,
        saml_providers, server_certificates, service_linked, simulate, tags, user_keys, users,
        versions,
    },
    partitions,
    table::Records,
};

/// IAM over a store.
#[derive(Debug, Clone)]
pub struct IamService {
    directory: Arc<Directory>,
    /// What reports of last uses are about.
    services: Arc<[KnownService]>,
}

impl IamService {
    pub fn new(directory: Arc<Directory>) -> Self {
        Self {
            directory,
            services: Arc::default(),
        }
    }

    /// With the services that reports of last uses list.
    #[must_use]
    pub fn knowing(self, services: impl IntoIterator<Item = KnownService>) -> Self {
        Self {
            services: services.into_iter().collect(),
            ..self
        }
    }
}

/// The model's default of MaxItems, and its maximum.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1_000;

/// What an operation works with.
pub(crate) struct Cx<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) services: &'a [KnownService],
    pub(crate) call: &'a Call,
}

impl<'a> Cx<'a> {
    pub(crate) fn store(&self) -> &'a Records {
        self.directory.records()
    }

    pub(crate) fn account(&self) -> &'a str {
        &self.call.account
    }

    pub(crate) fn permit(&self) -> &'a Permit {
        &self.call.permit
    }

    /// A canonical ARN with the partition of the call's region.
    pub(crate) fn seen(&self, arn: impl AsRef<str>) -> String {
        as_seen_from(&self.call.region, arn.as_ref()).into_owned()
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
    ) -> Result<Page<'a, IamFaults>, Fault> {
        let size = max_items.map_or(PAGE, |n| usize::try_from(n).unwrap_or(1).clamp(1, MAX_PAGE));
        // IAM has no regions: wherever a caller is, its lists are the same.
        let (keyring, account) = (self.directory.keyring(), self.account());
        Pages::at(keyring, account, "", "iam", list).page(marker.as_deref(), size)
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_iam::operations! {
    impl IamService;
    authorize(self, cx, input) = actions::authorize(&self.directory, cx, input).await;
    refuse = names::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = {
        let input = partitions::canonical(input);
        let answer = operation(&Cx { directory: &self.directory, services: &self.services, call }, input).await;
        answer.map_err(|fault| partitions::seen(call, fault))
    };

    create_user = users::create;
    get_user = users::get;
    update_user = users::update;
    delete_user = users::delete;
    list_users = users::list;

    create_access_key = access_keys::create;
    update_access_key = access_keys::update;
    delete_access_key = access_keys::delete;
    list_access_keys = access_keys::list;
    get_access_key_last_used = access_keys::last_used;

    create_virtual_mfa_device = mfa_devices::create;
    delete_virtual_mfa_device = mfa_devices::delete;
    enable_mfa_device = mfa_devices::enable;
    resync_mfa_device = mfa_devices::resync;
    deactivate_mfa_device = mfa_devices::deactivate;
    get_mfa_device = mfa_devices::get;
    list_mfa_devices = mfa_devices::list;
    list_virtual_mfa_devices = mfa_devices::list_virtual;
    tag_mfa_device = tags::tag_mfa_device;
    untag_mfa_device = tags::untag_mfa_device;
    list_mfa_device_tags = tags::list_mfa_device_tags;
    create_login_profile = login_profiles::create;
    get_login_profile = login_profiles::get;
    update_login_profile = login_profiles::update;
    delete_login_profile = login_profiles::delete;
    change_password = login_profiles::change;
    upload_ssh_public_key = user_keys::upload_ssh;
    get_ssh_public_key = user_keys::get_ssh;
    list_ssh_public_keys = user_keys::list_ssh;
    update_ssh_public_key = user_keys::update_ssh;
    delete_ssh_public_key = user_keys::delete_ssh;
    upload_signing_certificate = user_keys::upload_certificate;
    list_signing_certificates = user_keys::list_certificates;
    update_signing_certificate = user_keys::update_certificate;
    delete_signing_certificate = user_keys::delete_certificate;
    generate_service_last_accessed_details = last_accessed::generate;
    get_service_last_accessed_details = last_accessed::get;
    get_service_last_accessed_details_with_entities = last_accessed::get_with_entities;
    list_policies_granting_service_access = last_accessed::granting::list;
    generate_credential_report = credential_report::generate;
    get_credential_report = credential_report::get;
    list_service_specific_credentials = absent::service_credentials;

    create_group = groups::create;
    get_group = groups::get;
    update_group = groups::update;
    delete_group = groups::delete;
    list_groups = groups::list;
    add_user_to_group = groups::add_user;
    remove_user_from_group = groups::remove_user;
    list_groups_for_user = groups::list_for_user;

    create_role = roles::create;
    get_role = roles::get;
    update_role = roles::update;
    update_role_description = roles::update_description;
    update_assume_role_policy = roles::update_trust;
    delete_role = roles::delete;
    list_roles = roles::list;
    create_service_linked_role = service_linked::create;
    delete_service_linked_role = service_linked::delete;
    get_service_linked_role_deletion_status = service_linked::deletion_status;

    put_user_policy = inline::put_user;
    get_user_policy = inline::get_user;
    delete_user_policy = inline::delete_user;
    list_user_policies = inline::list_user;
    put_role_policy = inline::put_role;
    get_role_policy = inline::get_role;
    delete_role_policy = inline::delete_role;
    list_role_policies = inline::list_role;
    put_group_policy = inline::put_group;
    get_group_policy = inline::get_group;
    delete_group_policy = inline::delete_group;
    list_group_policies = inline::list_group;

    upload_server_certificate = server_certificates::upload;
    get_server_certificate = server_certificates::get;
    list_server_certificates = server_certificates::list;
    update_server_certificate = server_certificates::update;
    delete_server_certificate = server_certificates::delete;
    tag_server_certificate = tags::tag_server_certificate;
    untag_server_certificate = tags::untag_server_certificate;
    list_server_certificate_tags = tags::list_server_certificate_tags;

    create_open_id_connect_provider = oidc_providers::create;
    get_open_id_connect_provider = oidc_providers::get;
    list_open_id_connect_providers = oidc_providers::list;
    delete_open_id_connect_provider = oidc_providers::delete;
    add_client_id_to_open_id_connect_provider = oidc_providers::add_client;
    remove_client_id_from_open_id_connect_provider = oidc_providers::remove_client;
    update_open_id_connect_provider_thumbprint = oidc_providers::update_thumbprints;
    create_saml_provider = saml_providers::create;
    update_saml_provider = saml_providers::update;
    get_saml_provider = saml_providers::get;
    list_saml_providers = saml_providers::list;
    delete_saml_provider = saml_providers::delete;
    tag_saml_provider = tags::tag_saml_provider;
    untag_saml_provider = tags::untag_saml_provider;
    list_saml_provider_tags = tags::list_saml_provider_tags;
    tag_open_id_connect_provider = tags::tag_oidc_provider;
    untag_open_id_connect_provider = tags::untag_oidc_provider;
    list_open_id_connect_provider_tags = tags::list_oidc_provider_tags;

    create_policy = policies::create;
    get_policy = policies::get;
    delete_policy = policies::delete;
    list_policies = policies::list;
    list_entities_for_policy = policy_entities::list;
    create_policy_version = versions::create;
    get_policy_version = versions::get;
    delete_policy_version = versions::delete;
    list_policy_versions = versions::list;
    set_default_policy_version = versions::set_default;

    attach_user_policy = attachments::attach_user;
    detach_user_policy = attachments::detach_user;
    list_attached_user_policies = attachments::list_user;
    attach_role_policy = attachments::attach_role;
    detach_role_policy = attachments::detach_role;
    list_attached_role_policies = attachments::list_role;
    attach_group_policy = attachments::attach_group;
    detach_group_policy = attachments::detach_group;
    list_attached_group_policies = attachments::list_group;

    put_user_permissions_boundary = boundaries::put_user;
    delete_user_permissions_boundary = boundaries::delete_user;
    put_role_permissions_boundary = boundaries::put_role;
    delete_role_permissions_boundary = boundaries::delete_role;

    tag_user = tags::tag_user;
    untag_user = tags::untag_user;
    list_user_tags = tags::list_user;
    tag_role = tags::tag_role;
    untag_role = tags::untag_role;
    list_role_tags = tags::list_role;
    tag_policy = tags::tag_policy;
    untag_policy = tags::untag_policy;
    list_policy_tags = tags::list_policy;
    tag_instance_profile = tags::tag_instance_profile;
    untag_instance_profile = tags::untag_instance_profile;
    list_instance_profile_tags = tags::list_instance_profile;

    create_instance_profile = instance_profiles::create;
    get_instance_profile = instance_profiles::get;
    delete_instance_profile = instance_profiles::delete;
    list_instance_profiles = instance_profiles::list;
    list_instance_profiles_for_role = instance_profiles::list_for_role;
    add_role_to_instance_profile = instance_profiles::add_role;
    remove_role_from_instance_profile = instance_profiles::remove_role;

    simulate_principal_policy = simulate::principal;
    simulate_custom_policy = simulate::custom;
    get_context_keys_for_custom_policy = simulate::custom_keys;
    get_context_keys_for_principal_policy = simulate::principal_keys;
    get_account_authorization_details = details::get;
    get_account_password_policy = password_policy::get;
    update_account_password_policy = password_policy::update;
    delete_account_password_policy = password_policy::delete;
    get_account_summary = account::summary;
    create_account_alias = account::create_alias;
    delete_account_alias = account::delete_alias;
    list_account_aliases = account::list_aliases;
}
