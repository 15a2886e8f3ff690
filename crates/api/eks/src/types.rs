// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessConfigResponse {
    pub bootstrap_cluster_creator_admin_permissions: Option<bool>,
    pub authentication_mode: Option<String>,
}
structure!(AccessConfigResponse {
0 bootstrap_cluster_creator_admin_permissions,
1 authentication_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessEntry {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub kubernetes_groups: Option<Vec<String>>,
    pub access_entry_arn: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub tags: Option<BTreeMap<String, String>>,
    pub username: Option<String>,
    pub type_: Option<String>,
}
structure!(AccessEntry {
0 cluster_name,
1 principal_arn,
2 kubernetes_groups,
3 access_entry_arn,
4 created_at,
5 modified_at,
6 tags,
7 username,
8 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessPolicy {
    pub name: Option<String>,
    pub arn: Option<String>,
}
structure!(AccessPolicy {
0 name,
1 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessScope {
    pub type_: Option<String>,
    pub namespaces: Option<Vec<String>>,
}
structure!(AccessScope {
0 type_,
1 namespaces,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AckConfigRequest {
    pub enable_cross_namespace: Option<bool>,
    pub disabled_services: Option<Vec<String>>,
}
structure!(AckConfigRequest {
0 enable_cross_namespace,
1 disabled_services,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AckConfigResponse {
    pub enable_cross_namespace: Option<bool>,
    pub disabled_services: Option<Vec<String>>,
}
structure!(AckConfigResponse {
0 enable_cross_namespace,
1 disabled_services,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActivateCertificateAuthorityRequest {
    pub cluster_name: Option<String>,
    pub certificate_authority_id: Option<String>,
    pub client_request_token: Option<String>,
}
structure!(ActivateCertificateAuthorityRequest {
0 cluster_name,
1 certificate_authority_id,
2 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActivateCertificateAuthorityResponse {
    pub update: Option<Update>,
    pub certificate_authority: Option<CertificateAuthoritySummary>,
}
structure!(ActivateCertificateAuthorityResponse {
0 update,
1 certificate_authority,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActiveCertificateAuthority {
    pub id: Option<String>,
    pub activated_by: Option<String>,
}
structure!(ActiveCertificateAuthority {
0 id,
1 activated_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Addon {
    pub addon_name: Option<String>,
    pub cluster_name: Option<String>,
    pub status: Option<String>,
    pub addon_version: Option<String>,
    pub health: Option<AddonHealth>,
    pub addon_arn: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub service_account_role_arn: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub publisher: Option<String>,
    pub owner: Option<String>,
    pub marketplace_information: Option<MarketplaceInformation>,
    pub configuration_values: Option<String>,
    pub pod_identity_associations: Option<Vec<String>>,
    pub namespace_config: Option<AddonNamespaceConfigResponse>,
}
structure!(Addon {
0 addon_name,
1 cluster_name,
2 status,
3 addon_version,
4 health,
5 addon_arn,
6 created_at,
7 modified_at,
8 service_account_role_arn,
9 tags,
10 publisher,
11 owner,
12 marketplace_information,
13 configuration_values,
14 pod_identity_associations,
15 namespace_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonCompatibilityDetail {
    pub name: Option<String>,
    pub compatible_versions: Option<Vec<String>>,
}
structure!(AddonCompatibilityDetail {
0 name,
1 compatible_versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonHealth {
    pub issues: Option<Vec<AddonIssue>>,
}
structure!(AddonHealth {
0 issues,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonInfo {
    pub addon_name: Option<String>,
    pub type_: Option<String>,
    pub addon_versions: Option<Vec<AddonVersionInfo>>,
    pub publisher: Option<String>,
    pub owner: Option<String>,
    pub marketplace_information: Option<MarketplaceInformation>,
    pub default_namespace: Option<String>,
}
structure!(AddonInfo {
0 addon_name,
1 type_,
2 addon_versions,
3 publisher,
4 owner,
5 marketplace_information,
6 default_namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonIssue {
    pub code: Option<String>,
    pub message: Option<String>,
    pub resource_ids: Option<Vec<String>>,
}
structure!(AddonIssue {
0 code,
1 message,
2 resource_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonNamespaceConfigRequest {
    pub namespace: Option<String>,
}
structure!(AddonNamespaceConfigRequest {
0 namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonNamespaceConfigResponse {
    pub namespace: Option<String>,
}
structure!(AddonNamespaceConfigResponse {
0 namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonPodIdentityAssociations {
    pub service_account: Option<String>,
    pub role_arn: Option<String>,
}
structure!(AddonPodIdentityAssociations {
0 service_account,
1 role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonPodIdentityConfiguration {
    pub service_account: Option<String>,
    pub recommended_managed_policies: Option<Vec<String>>,
}
structure!(AddonPodIdentityConfiguration {
0 service_account,
1 recommended_managed_policies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddonVersionInfo {
    pub addon_version: Option<String>,
    pub architecture: Option<Vec<String>>,
    pub compute_types: Option<Vec<String>>,
    pub compatibilities: Option<Vec<Compatibility>>,
    pub requires_configuration: Option<bool>,
    pub requires_iam_permissions: Option<bool>,
}
structure!(AddonVersionInfo {
0 addon_version,
1 architecture,
2 compute_types,
3 compatibilities,
4 requires_configuration,
5 requires_iam_permissions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllowedValuesConstraint {
    pub allowed_values: Option<Vec<String>>,
}
structure!(AllowedValuesConstraint {
0 allowed_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdAwsIdcConfigRequest {
    pub idc_instance_arn: Option<String>,
    pub idc_region: Option<String>,
}
structure!(ArgoCdAwsIdcConfigRequest {
0 idc_instance_arn,
1 idc_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdAwsIdcConfigResponse {
    pub idc_instance_arn: Option<String>,
    pub idc_region: Option<String>,
    pub idc_managed_application_arn: Option<String>,
}
structure!(ArgoCdAwsIdcConfigResponse {
0 idc_instance_arn,
1 idc_region,
2 idc_managed_application_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdConfigRequest {
    pub namespace: Option<String>,
    pub aws_idc: Option<ArgoCdAwsIdcConfigRequest>,
    pub rbac_role_mappings: Option<Vec<ArgoCdRoleMapping>>,
    pub network_access: Option<ArgoCdNetworkAccessConfigRequest>,
    pub endpoint_prefix: Option<String>,
}
structure!(ArgoCdConfigRequest {
0 namespace,
1 aws_idc,
2 rbac_role_mappings,
3 network_access,
4 endpoint_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdConfigResponse {
    pub namespace: Option<String>,
    pub aws_idc: Option<ArgoCdAwsIdcConfigResponse>,
    pub rbac_role_mappings: Option<Vec<ArgoCdRoleMapping>>,
    pub network_access: Option<ArgoCdNetworkAccessConfigResponse>,
    pub server_url: Option<String>,
    pub endpoint_prefix: Option<String>,
}
structure!(ArgoCdConfigResponse {
0 namespace,
1 aws_idc,
2 rbac_role_mappings,
3 network_access,
4 server_url,
5 endpoint_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdNetworkAccessConfigRequest {
    pub vpce_ids: Option<Vec<String>>,
}
structure!(ArgoCdNetworkAccessConfigRequest {
0 vpce_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdNetworkAccessConfigResponse {
    pub vpce_ids: Option<Vec<String>>,
}
structure!(ArgoCdNetworkAccessConfigResponse {
0 vpce_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgoCdRoleMapping {
    pub role: Option<String>,
    pub identities: Option<Vec<SsoIdentity>>,
}
structure!(ArgoCdRoleMapping {
0 role,
1 identities,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateAccessPolicyRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub policy_arn: Option<String>,
    pub access_scope: Option<AccessScope>,
}
structure!(AssociateAccessPolicyRequest {
0 cluster_name,
1 principal_arn,
2 policy_arn,
3 access_scope,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateAccessPolicyResponse {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub associated_access_policy: Option<AssociatedAccessPolicy>,
}
structure!(AssociateAccessPolicyResponse {
0 cluster_name,
1 principal_arn,
2 associated_access_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateEncryptionConfigRequest {
    pub cluster_name: Option<String>,
    pub encryption_config: Option<Vec<EncryptionConfig>>,
    pub client_request_token: Option<String>,
}
structure!(AssociateEncryptionConfigRequest {
0 cluster_name,
1 encryption_config,
2 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateEncryptionConfigResponse {
    pub update: Option<Update>,
}
structure!(AssociateEncryptionConfigResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateIdentityProviderConfigRequest {
    pub cluster_name: Option<String>,
    pub oidc: Option<OidcIdentityProviderConfigRequest>,
    pub tags: Option<BTreeMap<String, String>>,
    pub client_request_token: Option<String>,
}
structure!(AssociateIdentityProviderConfigRequest {
0 cluster_name,
1 oidc,
2 tags,
3 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateIdentityProviderConfigResponse {
    pub update: Option<Update>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(AssociateIdentityProviderConfigResponse {
0 update,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociatedAccessPolicy {
    pub policy_arn: Option<String>,
    pub access_scope: Option<AccessScope>,
    pub associated_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}
structure!(AssociatedAccessPolicy {
0 policy_arn,
1 access_scope,
2 associated_at,
3 modified_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AutoScalingGroup {
    pub name: Option<String>,
}
structure!(AutoScalingGroup {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockStorage {
    pub enabled: Option<bool>,
}
structure!(BlockStorage {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelUpdateRequest {
    pub name: Option<String>,
    pub update_id: Option<String>,
    pub client_request_token: Option<String>,
}
structure!(CancelUpdateRequest {
0 name,
1 update_id,
2 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelUpdateResponse {
    pub update: Option<Update>,
}
structure!(CancelUpdateResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cancellation {
    pub status: Option<String>,
    pub reason: Option<String>,
}
structure!(Cancellation {
0 status,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Capability {
    pub capability_name: Option<String>,
    pub arn: Option<String>,
    pub cluster_name: Option<String>,
    pub type_: Option<String>,
    pub role_arn: Option<String>,
    pub status: Option<String>,
    pub version: Option<String>,
    pub configuration: Option<CapabilityConfigurationResponse>,
    pub tags: Option<BTreeMap<String, String>>,
    pub health: Option<CapabilityHealth>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub delete_propagation_policy: Option<String>,
}
structure!(Capability {
0 capability_name,
1 arn,
2 cluster_name,
3 type_,
4 role_arn,
5 status,
6 version,
7 configuration,
8 tags,
9 health,
10 created_at,
11 modified_at,
12 delete_propagation_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapabilityConfigurationRequest {
    pub argo_cd: Option<ArgoCdConfigRequest>,
    pub ack: Option<AckConfigRequest>,
}
structure!(CapabilityConfigurationRequest {
0 argo_cd,
1 ack,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapabilityConfigurationResponse {
    pub argo_cd: Option<ArgoCdConfigResponse>,
    pub ack: Option<AckConfigResponse>,
}
structure!(CapabilityConfigurationResponse {
0 argo_cd,
1 ack,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapabilityHealth {
    pub issues: Option<Vec<CapabilityIssue>>,
}
structure!(CapabilityHealth {
0 issues,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapabilityIssue {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(CapabilityIssue {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapabilitySummary {
    pub capability_name: Option<String>,
    pub arn: Option<String>,
    pub type_: Option<String>,
    pub status: Option<String>,
    pub version: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}
structure!(CapabilitySummary {
0 capability_name,
1 arn,
2 type_,
3 status,
4 version,
5 created_at,
6 modified_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Certificate {
    pub data: Option<String>,
    pub active: Option<ActiveCertificateAuthority>,
}
structure!(Certificate {
0 data,
1 active,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateAuthority {
    pub id: Option<String>,
    pub created_at: Option<Timestamp>,
    pub created_by: Option<String>,
    pub activated_at: Option<Timestamp>,
    pub activated_by: Option<String>,
    pub signing_status: Option<String>,
    pub distribution_status: Option<String>,
    pub validity: Option<CertificateAuthorityValidity>,
    pub scheduled_events: Option<CertificateAuthorityScheduledEvents>,
    pub rollback_available: Option<bool>,
    pub data: Option<String>,
}
structure!(CertificateAuthority {
0 id,
1 created_at,
2 created_by,
3 activated_at,
4 activated_by,
5 signing_status,
6 distribution_status,
7 validity,
8 scheduled_events,
9 rollback_available,
10 data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateAuthorityScheduledEvents {
    pub first_auto_activation: Option<Timestamp>,
    pub final_auto_activation: Option<Timestamp>,
}
structure!(CertificateAuthorityScheduledEvents {
0 first_auto_activation,
1 final_auto_activation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateAuthoritySummary {
    pub id: Option<String>,
    pub created_at: Option<Timestamp>,
    pub created_by: Option<String>,
    pub activated_at: Option<Timestamp>,
    pub activated_by: Option<String>,
    pub signing_status: Option<String>,
    pub distribution_status: Option<String>,
}
structure!(CertificateAuthoritySummary {
0 id,
1 created_at,
2 created_by,
3 activated_at,
4 activated_by,
5 signing_status,
6 distribution_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CertificateAuthorityValidity {
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
}
structure!(CertificateAuthorityValidity {
0 not_before,
1 not_after,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClientStat {
    pub user_agent: Option<String>,
    pub number_of_requests_last30_days: Option<i32>,
    pub last_request_time: Option<Timestamp>,
}
structure!(ClientStat {
0 user_agent,
1 number_of_requests_last30_days,
2 last_request_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub created_at: Option<Timestamp>,
    pub version: Option<String>,
    pub endpoint: Option<String>,
    pub role_arn: Option<String>,
    pub resources_vpc_config: Option<VpcConfigResponse>,
    pub kubernetes_network_config: Option<KubernetesNetworkConfigResponse>,
    pub logging: Option<Logging>,
    pub identity: Option<Identity>,
    pub status: Option<String>,
    pub certificate_authority: Option<Certificate>,
    pub client_request_token: Option<String>,
    pub platform_version: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub encryption_config: Option<Vec<EncryptionConfig>>,
    pub connector_config: Option<ConnectorConfigResponse>,
    pub id: Option<String>,
    pub health: Option<ClusterHealth>,
    pub outpost_config: Option<OutpostConfigResponse>,
    pub access_config: Option<AccessConfigResponse>,
    pub upgrade_policy: Option<UpgradePolicyResponse>,
    pub zonal_shift_config: Option<ZonalShiftConfigResponse>,
    pub remote_network_config: Option<RemoteNetworkConfigResponse>,
    pub compute_config: Option<ComputeConfigResponse>,
    pub storage_config: Option<StorageConfigResponse>,
    pub deletion_protection: Option<bool>,
    pub control_plane_scaling_config: Option<ControlPlaneScalingConfig>,
    pub kube_api_server_config: Option<KubeApiServerConfigResponse>,
    pub kube_scheduler_config: Option<KubeSchedulerConfigResponse>,
    pub kube_controller_manager_config: Option<KubeControllerManagerConfigResponse>,
}
structure!(Cluster {
0 name,
1 arn,
2 created_at,
3 version,
4 endpoint,
5 role_arn,
6 resources_vpc_config,
7 kubernetes_network_config,
8 logging,
9 identity,
10 status,
11 certificate_authority,
12 client_request_token,
13 platform_version,
14 tags,
15 encryption_config,
16 connector_config,
17 id,
18 health,
19 outpost_config,
20 access_config,
21 upgrade_policy,
22 zonal_shift_config,
23 remote_network_config,
24 compute_config,
25 storage_config,
26 deletion_protection,
27 control_plane_scaling_config,
28 kube_api_server_config,
29 kube_scheduler_config,
30 kube_controller_manager_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterHealth {
    pub issues: Option<Vec<ClusterIssue>>,
}
structure!(ClusterHealth {
0 issues,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterIssue {
    pub code: Option<String>,
    pub message: Option<String>,
    pub resource_ids: Option<Vec<String>>,
}
structure!(ClusterIssue {
0 code,
1 message,
2 resource_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterVersionInformation {
    pub cluster_version: Option<String>,
    pub cluster_type: Option<String>,
    pub default_platform_version: Option<String>,
    pub default_version: Option<bool>,
    pub release_date: Option<Timestamp>,
    pub end_of_standard_support_date: Option<Timestamp>,
    pub end_of_extended_support_date: Option<Timestamp>,
    pub status: Option<String>,
    pub version_status: Option<String>,
    pub kubernetes_patch_version: Option<String>,
    pub control_plane_scaling_tiers: Option<Vec<ControlPlaneScalingTierInfo>>,
    pub control_plane_component_config: Option<ControlPlaneConfigInfo>,
}
structure!(ClusterVersionInformation {
0 cluster_version,
1 cluster_type,
2 default_platform_version,
3 default_version,
4 release_date,
5 end_of_standard_support_date,
6 end_of_extended_support_date,
7 status,
8 version_status,
9 kubernetes_patch_version,
10 control_plane_scaling_tiers,
11 control_plane_component_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compatibility {
    pub cluster_version: Option<String>,
    pub platform_versions: Option<Vec<String>>,
    pub default_version: Option<bool>,
}
structure!(Compatibility {
0 cluster_version,
1 platform_versions,
2 default_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComputeConfigRequest {
    pub enabled: Option<bool>,
    pub node_pools: Option<Vec<String>>,
    pub node_role_arn: Option<String>,
}
structure!(ComputeConfigRequest {
0 enabled,
1 node_pools,
2 node_role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComputeConfigResponse {
    pub enabled: Option<bool>,
    pub node_pools: Option<Vec<String>>,
    pub node_role_arn: Option<String>,
}
structure!(ComputeConfigResponse {
0 enabled,
1 node_pools,
2 node_role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectorConfigRequest {
    pub role_arn: Option<String>,
    pub provider: Option<String>,
}
structure!(ConnectorConfigRequest {
0 role_arn,
1 provider,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectorConfigResponse {
    pub activation_id: Option<String>,
    pub activation_code: Option<String>,
    pub activation_expiry: Option<Timestamp>,
    pub provider: Option<String>,
    pub role_arn: Option<String>,
}
structure!(ConnectorConfigResponse {
0 activation_id,
1 activation_code,
2 activation_expiry,
3 provider,
4 role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlPlaneConfigInfo {
    pub kube_api_server_config: Option<KubeApiServerVersionConfig>,
    pub kube_scheduler_config: Option<KubeSchedulerVersionConfig>,
    pub kube_controller_manager_config: Option<KubeControllerManagerVersionConfig>,
}
structure!(ControlPlaneConfigInfo {
0 kube_api_server_config,
1 kube_scheduler_config,
2 kube_controller_manager_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlPlanePlacementRequest {
    pub group_name: Option<String>,
    pub spread_level: Option<String>,
}
structure!(ControlPlanePlacementRequest {
0 group_name,
1 spread_level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlPlanePlacementResponse {
    pub group_name: Option<String>,
    pub spread_level: Option<String>,
}
structure!(ControlPlanePlacementResponse {
0 group_name,
1 spread_level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlPlaneScalingConfig {
    pub tier: Option<String>,
}
structure!(ControlPlaneScalingConfig {
0 tier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlPlaneScalingTierInfo {
    pub tier_name: Option<String>,
    pub api_request_concurrency: Option<i32>,
    pub pod_scheduling_rate_per_second: Option<i32>,
    pub cluster_database_size_gb: Option<i32>,
    pub control_plane_component_config_overrides: Option<ControlPlaneConfigInfo>,
}
structure!(ControlPlaneScalingTierInfo {
0 tier_name,
1 api_request_concurrency,
2 pod_scheduling_rate_per_second,
3 cluster_database_size_gb,
4 control_plane_component_config_overrides,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CrdManagementConfiguration {
    pub managed: Option<bool>,
}
structure!(CrdManagementConfiguration {
0 managed,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccessConfigRequest {
    pub bootstrap_cluster_creator_admin_permissions: Option<bool>,
    pub authentication_mode: Option<String>,
}
structure!(CreateAccessConfigRequest {
0 bootstrap_cluster_creator_admin_permissions,
1 authentication_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccessEntryRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub kubernetes_groups: Option<Vec<String>>,
    pub tags: Option<BTreeMap<String, String>>,
    pub client_request_token: Option<String>,
    pub username: Option<String>,
    pub type_: Option<String>,
}
structure!(CreateAccessEntryRequest {
0 cluster_name,
1 principal_arn,
2 kubernetes_groups,
3 tags,
4 client_request_token,
5 username,
6 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccessEntryResponse {
    pub access_entry: Option<AccessEntry>,
}
structure!(CreateAccessEntryResponse {
0 access_entry,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAddonRequest {
    pub cluster_name: Option<String>,
    pub addon_name: Option<String>,
    pub addon_version: Option<String>,
    pub service_account_role_arn: Option<String>,
    pub resolve_conflicts: Option<String>,
    pub client_request_token: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub configuration_values: Option<String>,
    pub pod_identity_associations: Option<Vec<AddonPodIdentityAssociations>>,
    pub namespace_config: Option<AddonNamespaceConfigRequest>,
}
structure!(CreateAddonRequest {
0 cluster_name,
1 addon_name,
2 addon_version,
3 service_account_role_arn,
4 resolve_conflicts,
5 client_request_token,
6 tags,
7 configuration_values,
8 pod_identity_associations,
9 namespace_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAddonResponse {
    pub addon: Option<Addon>,
}
structure!(CreateAddonResponse {
0 addon,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateCapabilityRequest {
    pub capability_name: Option<String>,
    pub cluster_name: Option<String>,
    pub client_request_token: Option<String>,
    pub type_: Option<String>,
    pub role_arn: Option<String>,
    pub configuration: Option<CapabilityConfigurationRequest>,
    pub tags: Option<BTreeMap<String, String>>,
    pub delete_propagation_policy: Option<String>,
}
structure!(CreateCapabilityRequest {
0 capability_name,
1 cluster_name,
2 client_request_token,
3 type_,
4 role_arn,
5 configuration,
6 tags,
7 delete_propagation_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateCapabilityResponse {
    pub capability: Option<Capability>,
}
structure!(CreateCapabilityResponse {
0 capability,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateCertificateAuthorityRequest {
    pub cluster_name: Option<String>,
    pub client_request_token: Option<String>,
}
structure!(CreateCertificateAuthorityRequest {
0 cluster_name,
1 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateCertificateAuthorityResponse {
    pub update: Option<Update>,
    pub certificate_authority: Option<CertificateAuthoritySummary>,
}
structure!(CreateCertificateAuthorityResponse {
0 update,
1 certificate_authority,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateClusterRequest {
    pub name: Option<String>,
    pub version: Option<String>,
    pub role_arn: Option<String>,
    pub resources_vpc_config: Option<VpcConfigRequest>,
    pub kubernetes_network_config: Option<KubernetesNetworkConfigRequest>,
    pub logging: Option<Logging>,
    pub client_request_token: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub encryption_config: Option<Vec<EncryptionConfig>>,
    pub outpost_config: Option<OutpostConfigRequest>,
    pub access_config: Option<CreateAccessConfigRequest>,
    pub bootstrap_self_managed_addons: Option<bool>,
    pub upgrade_policy: Option<UpgradePolicyRequest>,
    pub zonal_shift_config: Option<ZonalShiftConfigRequest>,
    pub remote_network_config: Option<RemoteNetworkConfigRequest>,
    pub compute_config: Option<ComputeConfigRequest>,
    pub storage_config: Option<StorageConfigRequest>,
    pub deletion_protection: Option<bool>,
    pub control_plane_scaling_config: Option<ControlPlaneScalingConfig>,
    pub kube_api_server_config: Option<KubeApiServerConfigRequest>,
    pub kube_scheduler_config: Option<KubeSchedulerConfigRequest>,
    pub kube_controller_manager_config: Option<KubeControllerManagerConfigRequest>,
}
structure!(CreateClusterRequest {
0 name,
1 version,
2 role_arn,
3 resources_vpc_config,
4 kubernetes_network_config,
5 logging,
6 client_request_token,
7 tags,
8 encryption_config,
9 outpost_config,
10 access_config,
11 bootstrap_self_managed_addons,
12 upgrade_policy,
13 zonal_shift_config,
14 remote_network_config,
15 compute_config,
16 storage_config,
17 deletion_protection,
18 control_plane_scaling_config,
19 kube_api_server_config,
20 kube_scheduler_config,
21 kube_controller_manager_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateClusterResponse {
    pub cluster: Option<Cluster>,
}
structure!(CreateClusterResponse {
0 cluster,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEksAnywhereSubscriptionRequest {
    pub name: Option<String>,
    pub term: Option<EksAnywhereSubscriptionTerm>,
    pub license_quantity: Option<i32>,
    pub license_type: Option<String>,
    pub auto_renew: Option<bool>,
    pub client_request_token: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateEksAnywhereSubscriptionRequest {
0 name,
1 term,
2 license_quantity,
3 license_type,
4 auto_renew,
5 client_request_token,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateEksAnywhereSubscriptionResponse {
    pub subscription: Option<EksAnywhereSubscription>,
}
structure!(CreateEksAnywhereSubscriptionResponse {
0 subscription,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFargateProfileRequest {
    pub fargate_profile_name: Option<String>,
    pub cluster_name: Option<String>,
    pub pod_execution_role_arn: Option<String>,
    pub subnets: Option<Vec<String>>,
    pub selectors: Option<Vec<FargateProfileSelector>>,
    pub client_request_token: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateFargateProfileRequest {
0 fargate_profile_name,
1 cluster_name,
2 pod_execution_role_arn,
3 subnets,
4 selectors,
5 client_request_token,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFargateProfileResponse {
    pub fargate_profile: Option<FargateProfile>,
}
structure!(CreateFargateProfileResponse {
0 fargate_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNodegroupRequest {
    pub cluster_name: Option<String>,
    pub nodegroup_name: Option<String>,
    pub scaling_config: Option<NodegroupScalingConfig>,
    pub disk_size: Option<i32>,
    pub subnets: Option<Vec<String>>,
    pub instance_types: Option<Vec<String>>,
    pub ami_type: Option<String>,
    pub remote_access: Option<RemoteAccessConfig>,
    pub node_role: Option<String>,
    pub labels: Option<BTreeMap<String, String>>,
    pub taints: Option<Vec<Taint>>,
    pub tags: Option<BTreeMap<String, String>>,
    pub client_request_token: Option<String>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub update_config: Option<NodegroupUpdateConfig>,
    pub node_repair_config: Option<NodeRepairConfig>,
    pub capacity_type: Option<String>,
    pub version: Option<String>,
    pub release_version: Option<String>,
    pub warm_pool_config: Option<WarmPoolConfig>,
}
structure!(CreateNodegroupRequest {
0 cluster_name,
1 nodegroup_name,
2 scaling_config,
3 disk_size,
4 subnets,
5 instance_types,
6 ami_type,
7 remote_access,
8 node_role,
9 labels,
10 taints,
11 tags,
12 client_request_token,
13 launch_template,
14 update_config,
15 node_repair_config,
16 capacity_type,
17 version,
18 release_version,
19 warm_pool_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateNodegroupResponse {
    pub nodegroup: Option<Nodegroup>,
}
structure!(CreateNodegroupResponse {
0 nodegroup,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePodIdentityAssociationRequest {
    pub cluster_name: Option<String>,
    pub namespace: Option<String>,
    pub service_account: Option<String>,
    pub role_arn: Option<String>,
    pub client_request_token: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub disable_session_tags: Option<bool>,
    pub target_role_arn: Option<String>,
    pub policy: Option<String>,
}
structure!(CreatePodIdentityAssociationRequest {
0 cluster_name,
1 namespace,
2 service_account,
3 role_arn,
4 client_request_token,
5 tags,
6 disable_session_tags,
7 target_role_arn,
8 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePodIdentityAssociationResponse {
    pub association: Option<PodIdentityAssociation>,
}
structure!(CreatePodIdentityAssociationResponse {
0 association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccessEntryRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
}
structure!(DeleteAccessEntryRequest {
0 cluster_name,
1 principal_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccessEntryResponse {}
structure!(DeleteAccessEntryResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAddonRequest {
    pub cluster_name: Option<String>,
    pub addon_name: Option<String>,
    pub preserve: Option<bool>,
}
structure!(DeleteAddonRequest {
0 cluster_name,
1 addon_name,
2 preserve,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAddonResponse {
    pub addon: Option<Addon>,
}
structure!(DeleteAddonResponse {
0 addon,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCapabilityRequest {
    pub cluster_name: Option<String>,
    pub capability_name: Option<String>,
}
structure!(DeleteCapabilityRequest {
0 cluster_name,
1 capability_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCapabilityResponse {
    pub capability: Option<Capability>,
}
structure!(DeleteCapabilityResponse {
0 capability,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCertificateAuthorityRequest {
    pub cluster_name: Option<String>,
    pub certificate_authority_id: Option<String>,
    pub client_request_token: Option<String>,
}
structure!(DeleteCertificateAuthorityRequest {
0 cluster_name,
1 certificate_authority_id,
2 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCertificateAuthorityResponse {
    pub update: Option<Update>,
    pub certificate_authority: Option<CertificateAuthoritySummary>,
}
structure!(DeleteCertificateAuthorityResponse {
0 update,
1 certificate_authority,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteClusterRequest {
    pub name: Option<String>,
}
structure!(DeleteClusterRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteClusterResponse {
    pub cluster: Option<Cluster>,
}
structure!(DeleteClusterResponse {
0 cluster,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEksAnywhereSubscriptionRequest {
    pub id: Option<String>,
}
structure!(DeleteEksAnywhereSubscriptionRequest {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteEksAnywhereSubscriptionResponse {
    pub subscription: Option<EksAnywhereSubscription>,
}
structure!(DeleteEksAnywhereSubscriptionResponse {
0 subscription,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFargateProfileRequest {
    pub cluster_name: Option<String>,
    pub fargate_profile_name: Option<String>,
}
structure!(DeleteFargateProfileRequest {
0 cluster_name,
1 fargate_profile_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFargateProfileResponse {
    pub fargate_profile: Option<FargateProfile>,
}
structure!(DeleteFargateProfileResponse {
0 fargate_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNodegroupRequest {
    pub cluster_name: Option<String>,
    pub nodegroup_name: Option<String>,
}
structure!(DeleteNodegroupRequest {
0 cluster_name,
1 nodegroup_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteNodegroupResponse {
    pub nodegroup: Option<Nodegroup>,
}
structure!(DeleteNodegroupResponse {
0 nodegroup,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePodIdentityAssociationRequest {
    pub cluster_name: Option<String>,
    pub association_id: Option<String>,
}
structure!(DeletePodIdentityAssociationRequest {
0 cluster_name,
1 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePodIdentityAssociationResponse {
    pub association: Option<PodIdentityAssociation>,
}
structure!(DeletePodIdentityAssociationResponse {
0 association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeprecationDetail {
    pub usage: Option<String>,
    pub replaced_with: Option<String>,
    pub stop_serving_version: Option<String>,
    pub start_serving_replacement_version: Option<String>,
    pub client_stats: Option<Vec<ClientStat>>,
}
structure!(DeprecationDetail {
0 usage,
1 replaced_with,
2 stop_serving_version,
3 start_serving_replacement_version,
4 client_stats,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterClusterRequest {
    pub name: Option<String>,
}
structure!(DeregisterClusterRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterClusterResponse {
    pub cluster: Option<Cluster>,
}
structure!(DeregisterClusterResponse {
0 cluster,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccessEntryRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
}
structure!(DescribeAccessEntryRequest {
0 cluster_name,
1 principal_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccessEntryResponse {
    pub access_entry: Option<AccessEntry>,
}
structure!(DescribeAccessEntryResponse {
0 access_entry,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddonConfigurationRequest {
    pub addon_name: Option<String>,
    pub addon_version: Option<String>,
}
structure!(DescribeAddonConfigurationRequest {
0 addon_name,
1 addon_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddonConfigurationResponse {
    pub addon_name: Option<String>,
    pub addon_version: Option<String>,
    pub configuration_schema: Option<String>,
    pub pod_identity_configuration: Option<Vec<AddonPodIdentityConfiguration>>,
}
structure!(DescribeAddonConfigurationResponse {
0 addon_name,
1 addon_version,
2 configuration_schema,
3 pod_identity_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddonRequest {
    pub cluster_name: Option<String>,
    pub addon_name: Option<String>,
}
structure!(DescribeAddonRequest {
0 cluster_name,
1 addon_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddonResponse {
    pub addon: Option<Addon>,
}
structure!(DescribeAddonResponse {
0 addon,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddonVersionsRequest {
    pub kubernetes_version: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub addon_name: Option<String>,
    pub types: Option<Vec<String>>,
    pub publishers: Option<Vec<String>>,
    pub owners: Option<Vec<String>>,
}
structure!(DescribeAddonVersionsRequest {
0 kubernetes_version,
1 max_results,
2 next_token,
3 addon_name,
4 types,
5 publishers,
6 owners,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAddonVersionsResponse {
    pub addons: Option<Vec<AddonInfo>>,
    pub next_token: Option<String>,
}
structure!(DescribeAddonVersionsResponse {
0 addons,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCapabilityRequest {
    pub cluster_name: Option<String>,
    pub capability_name: Option<String>,
}
structure!(DescribeCapabilityRequest {
0 cluster_name,
1 capability_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCapabilityResponse {
    pub capability: Option<Capability>,
}
structure!(DescribeCapabilityResponse {
0 capability,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCertificateAuthorityRequest {
    pub cluster_name: Option<String>,
    pub certificate_authority_id: Option<String>,
}
structure!(DescribeCertificateAuthorityRequest {
0 cluster_name,
1 certificate_authority_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCertificateAuthorityResponse {
    pub certificate_authority: Option<CertificateAuthority>,
}
structure!(DescribeCertificateAuthorityResponse {
0 certificate_authority,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeClusterRequest {
    pub name: Option<String>,
}
structure!(DescribeClusterRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeClusterResponse {
    pub cluster: Option<Cluster>,
}
structure!(DescribeClusterResponse {
0 cluster,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeClusterVersionsRequest {
    pub cluster_type: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub default_only: Option<bool>,
    pub include_all: Option<bool>,
    pub cluster_versions: Option<Vec<String>>,
    pub status: Option<String>,
    pub version_status: Option<String>,
}
structure!(DescribeClusterVersionsRequest {
0 cluster_type,
1 max_results,
2 next_token,
3 default_only,
4 include_all,
5 cluster_versions,
6 status,
7 version_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeClusterVersionsResponse {
    pub next_token: Option<String>,
    pub cluster_versions: Option<Vec<ClusterVersionInformation>>,
}
structure!(DescribeClusterVersionsResponse {
0 next_token,
1 cluster_versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEksAnywhereSubscriptionRequest {
    pub id: Option<String>,
}
structure!(DescribeEksAnywhereSubscriptionRequest {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeEksAnywhereSubscriptionResponse {
    pub subscription: Option<EksAnywhereSubscription>,
}
structure!(DescribeEksAnywhereSubscriptionResponse {
0 subscription,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFargateProfileRequest {
    pub cluster_name: Option<String>,
    pub fargate_profile_name: Option<String>,
}
structure!(DescribeFargateProfileRequest {
0 cluster_name,
1 fargate_profile_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFargateProfileResponse {
    pub fargate_profile: Option<FargateProfile>,
}
structure!(DescribeFargateProfileResponse {
0 fargate_profile,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeIdentityProviderConfigRequest {
    pub cluster_name: Option<String>,
    pub identity_provider_config: Option<IdentityProviderConfig>,
}
structure!(DescribeIdentityProviderConfigRequest {
0 cluster_name,
1 identity_provider_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeIdentityProviderConfigResponse {
    pub identity_provider_config: Option<IdentityProviderConfigResponse>,
}
structure!(DescribeIdentityProviderConfigResponse {
0 identity_provider_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInsightRequest {
    pub cluster_name: Option<String>,
    pub id: Option<String>,
}
structure!(DescribeInsightRequest {
0 cluster_name,
1 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInsightResponse {
    pub insight: Option<Insight>,
}
structure!(DescribeInsightResponse {
0 insight,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInsightsRefreshRequest {
    pub cluster_name: Option<String>,
}
structure!(DescribeInsightsRefreshRequest {
0 cluster_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInsightsRefreshResponse {
    pub message: Option<String>,
    pub status: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}
structure!(DescribeInsightsRefreshResponse {
0 message,
1 status,
2 started_at,
3 ended_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNodegroupRequest {
    pub cluster_name: Option<String>,
    pub nodegroup_name: Option<String>,
}
structure!(DescribeNodegroupRequest {
0 cluster_name,
1 nodegroup_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeNodegroupResponse {
    pub nodegroup: Option<Nodegroup>,
}
structure!(DescribeNodegroupResponse {
0 nodegroup,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePodIdentityAssociationRequest {
    pub cluster_name: Option<String>,
    pub association_id: Option<String>,
}
structure!(DescribePodIdentityAssociationRequest {
0 cluster_name,
1 association_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePodIdentityAssociationResponse {
    pub association: Option<PodIdentityAssociation>,
}
structure!(DescribePodIdentityAssociationResponse {
0 association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeUpdateRequest {
    pub name: Option<String>,
    pub update_id: Option<String>,
    pub nodegroup_name: Option<String>,
    pub addon_name: Option<String>,
    pub capability_name: Option<String>,
}
structure!(DescribeUpdateRequest {
0 name,
1 update_id,
2 nodegroup_name,
3 addon_name,
4 capability_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeUpdateResponse {
    pub update: Option<Update>,
}
structure!(DescribeUpdateResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateAccessPolicyRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub policy_arn: Option<String>,
}
structure!(DisassociateAccessPolicyRequest {
0 cluster_name,
1 principal_arn,
2 policy_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateAccessPolicyResponse {}
structure!(DisassociateAccessPolicyResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateIdentityProviderConfigRequest {
    pub cluster_name: Option<String>,
    pub identity_provider_config: Option<IdentityProviderConfig>,
    pub client_request_token: Option<String>,
}
structure!(DisassociateIdentityProviderConfigRequest {
0 cluster_name,
1 identity_provider_config,
2 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateIdentityProviderConfigResponse {
    pub update: Option<Update>,
}
structure!(DisassociateIdentityProviderConfigResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DurationConstraints {
    pub min: Option<String>,
    pub max: Option<String>,
}
structure!(DurationConstraints {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DurationParameterConfig {
    pub default_value: Option<String>,
    pub constraints: Option<DurationConstraints>,
}
structure!(DurationParameterConfig {
0 default_value,
1 constraints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EksAnywhereSubscription {
    pub id: Option<String>,
    pub arn: Option<String>,
    pub created_at: Option<Timestamp>,
    pub effective_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub license_quantity: Option<i32>,
    pub license_type: Option<String>,
    pub term: Option<EksAnywhereSubscriptionTerm>,
    pub status: Option<String>,
    pub auto_renew: Option<bool>,
    pub license_arns: Option<Vec<String>>,
    pub licenses: Option<Vec<License>>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(EksAnywhereSubscription {
0 id,
1 arn,
2 created_at,
3 effective_date,
4 expiration_date,
5 license_quantity,
6 license_type,
7 term,
8 status,
9 auto_renew,
10 license_arns,
11 licenses,
12 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EksAnywhereSubscriptionTerm {
    pub duration: Option<i32>,
    pub unit: Option<String>,
}
structure!(EksAnywhereSubscriptionTerm {
0 duration,
1 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticLoadBalancing {
    pub enabled: Option<bool>,
    pub gateway_api: Option<GatewayApiConfiguration>,
}
structure!(ElasticLoadBalancing {
0 enabled,
1 gateway_api,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncryptionConfig {
    pub resources: Option<Vec<String>>,
    pub provider: Option<Provider>,
}
structure!(EncryptionConfig {
0 resources,
1 provider,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorDetail {
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub resource_ids: Option<Vec<String>>,
}
structure!(ErrorDetail {
0 error_code,
1 error_message,
2 resource_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EtcdPlacementRequest {
    pub spread_level: Option<String>,
}
structure!(EtcdPlacementRequest {
0 spread_level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EtcdPlacementResponse {
    pub spread_level: Option<String>,
}
structure!(EtcdPlacementResponse {
0 spread_level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargateProfile {
    pub fargate_profile_name: Option<String>,
    pub fargate_profile_arn: Option<String>,
    pub cluster_name: Option<String>,
    pub created_at: Option<Timestamp>,
    pub pod_execution_role_arn: Option<String>,
    pub subnets: Option<Vec<String>>,
    pub selectors: Option<Vec<FargateProfileSelector>>,
    pub status: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub health: Option<FargateProfileHealth>,
}
structure!(FargateProfile {
0 fargate_profile_name,
1 fargate_profile_arn,
2 cluster_name,
3 created_at,
4 pod_execution_role_arn,
5 subnets,
6 selectors,
7 status,
8 tags,
9 health,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargateProfileHealth {
    pub issues: Option<Vec<FargateProfileIssue>>,
}
structure!(FargateProfileHealth {
0 issues,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargateProfileIssue {
    pub code: Option<String>,
    pub message: Option<String>,
    pub resource_ids: Option<Vec<String>>,
}
structure!(FargateProfileIssue {
0 code,
1 message,
2 resource_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FargateProfileSelector {
    pub namespace: Option<String>,
    pub labels: Option<BTreeMap<String, String>>,
}
structure!(FargateProfileSelector {
0 namespace,
1 labels,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GatewayApiConfiguration {
    pub crds: Option<CrdManagementConfiguration>,
}
structure!(GatewayApiConfiguration {
0 crds,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HorizontalPodAutoscalerControllerConfigRequest {
    pub horizontal_pod_autoscaler_sync_period: Option<String>,
}
structure!(HorizontalPodAutoscalerControllerConfigRequest {
0 horizontal_pod_autoscaler_sync_period,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HorizontalPodAutoscalerControllerConfigResponse {
    pub horizontal_pod_autoscaler_sync_period: Option<String>,
}
structure!(HorizontalPodAutoscalerControllerConfigResponse {
0 horizontal_pod_autoscaler_sync_period,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HorizontalPodAutoscalerControllerVersionConfig {
    pub horizontal_pod_autoscaler_sync_period: Option<DurationParameterConfig>,
}
structure!(HorizontalPodAutoscalerControllerVersionConfig {
0 horizontal_pod_autoscaler_sync_period,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identity {
    pub oidc: Option<OIDC>,
}
structure!(Identity {
0 oidc,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentityProviderConfig {
    pub type_: Option<String>,
    pub name: Option<String>,
}
structure!(IdentityProviderConfig {
0 type_,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentityProviderConfigResponse {
    pub oidc: Option<OidcIdentityProviderConfig>,
}
structure!(IdentityProviderConfigResponse {
0 oidc,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Insight {
    pub id: Option<String>,
    pub name: Option<String>,
    pub category: Option<String>,
    pub kubernetes_version: Option<String>,
    pub last_refresh_time: Option<Timestamp>,
    pub last_transition_time: Option<Timestamp>,
    pub description: Option<String>,
    pub insight_status: Option<InsightStatus>,
    pub recommendation: Option<String>,
    pub additional_info: Option<BTreeMap<String, String>>,
    pub resources: Option<Vec<InsightResourceDetail>>,
    pub category_specific_summary: Option<InsightCategorySpecificSummary>,
}
structure!(Insight {
0 id,
1 name,
2 category,
3 kubernetes_version,
4 last_refresh_time,
5 last_transition_time,
6 description,
7 insight_status,
8 recommendation,
9 additional_info,
10 resources,
11 category_specific_summary,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightCategorySpecificSummary {
    pub deprecation_details: Option<Vec<DeprecationDetail>>,
    pub addon_compatibility_details: Option<Vec<AddonCompatibilityDetail>>,
}
structure!(InsightCategorySpecificSummary {
0 deprecation_details,
1 addon_compatibility_details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightResourceDetail {
    pub insight_status: Option<InsightStatus>,
    pub kubernetes_resource_uri: Option<String>,
    pub arn: Option<String>,
}
structure!(InsightResourceDetail {
0 insight_status,
1 kubernetes_resource_uri,
2 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightStatus {
    pub status: Option<String>,
    pub reason: Option<String>,
}
structure!(InsightStatus {
0 status,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightSummary {
    pub id: Option<String>,
    pub name: Option<String>,
    pub category: Option<String>,
    pub kubernetes_version: Option<String>,
    pub last_refresh_time: Option<Timestamp>,
    pub last_transition_time: Option<Timestamp>,
    pub description: Option<String>,
    pub insight_status: Option<InsightStatus>,
}
structure!(InsightSummary {
0 id,
1 name,
2 category,
3 kubernetes_version,
4 last_refresh_time,
5 last_transition_time,
6 description,
7 insight_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightsFilter {
    pub categories: Option<Vec<String>>,
    pub kubernetes_versions: Option<Vec<String>>,
    pub statuses: Option<Vec<String>>,
}
structure!(InsightsFilter {
0 categories,
1 kubernetes_versions,
2 statuses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntegerConstraints {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(IntegerConstraints {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntegerParameterConfig {
    pub default_value: Option<i32>,
    pub constraints: Option<IntegerConstraints>,
}
structure!(IntegerParameterConfig {
0 default_value,
1 constraints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntegerRangeConstraint {
    pub min: Option<i32>,
    pub max: Option<i32>,
}
structure!(IntegerRangeConstraint {
0 min,
1 max,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Issue {
    pub code: Option<String>,
    pub message: Option<String>,
    pub resource_ids: Option<Vec<String>>,
}
structure!(Issue {
0 code,
1 message,
2 resource_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeApiServerConfigRequest {
    pub event_ttl: Option<String>,
    pub service_node_port_range: Option<ServiceNodePortRange>,
}
structure!(KubeApiServerConfigRequest {
0 event_ttl,
1 service_node_port_range,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeApiServerConfigResponse {
    pub event_ttl: Option<String>,
    pub service_node_port_range: Option<ServiceNodePortRange>,
}
structure!(KubeApiServerConfigResponse {
0 event_ttl,
1 service_node_port_range,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeApiServerVersionConfig {
    pub event_ttl: Option<DurationParameterConfig>,
    pub service_node_port_range: Option<PortRangeParameterConfig>,
}
structure!(KubeApiServerVersionConfig {
0 event_ttl,
1 service_node_port_range,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeControllerManagerConfigRequest {
    pub pod_gc_controller_config: Option<PodGcControllerConfigRequest>,
    pub horizontal_pod_autoscaler_controller_config:
        Option<HorizontalPodAutoscalerControllerConfigRequest>,
}
structure!(KubeControllerManagerConfigRequest {
0 pod_gc_controller_config,
1 horizontal_pod_autoscaler_controller_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeControllerManagerConfigResponse {
    pub pod_gc_controller_config: Option<PodGcControllerConfigResponse>,
    pub horizontal_pod_autoscaler_controller_config:
        Option<HorizontalPodAutoscalerControllerConfigResponse>,
}
structure!(KubeControllerManagerConfigResponse {
0 pod_gc_controller_config,
1 horizontal_pod_autoscaler_controller_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeControllerManagerVersionConfig {
    pub pod_gc_controller_config: Option<PodGcControllerVersionConfig>,
    pub horizontal_pod_autoscaler_controller_config:
        Option<HorizontalPodAutoscalerControllerVersionConfig>,
}
structure!(KubeControllerManagerVersionConfig {
0 pod_gc_controller_config,
1 horizontal_pod_autoscaler_controller_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeSchedulerConfigRequest {
    pub node_resources_fit: Option<NodeResourcesFitConfig>,
}
structure!(KubeSchedulerConfigRequest {
0 node_resources_fit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeSchedulerConfigResponse {
    pub node_resources_fit: Option<NodeResourcesFitConfig>,
}
structure!(KubeSchedulerConfigResponse {
0 node_resources_fit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubeSchedulerVersionConfig {
    pub node_resources_fit: Option<NodeResourcesFitVersionConfig>,
}
structure!(KubeSchedulerVersionConfig {
0 node_resources_fit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubernetesNetworkConfigRequest {
    pub service_ipv4_cidr: Option<String>,
    pub ip_family: Option<String>,
    pub elastic_load_balancing: Option<ElasticLoadBalancing>,
}
structure!(KubernetesNetworkConfigRequest {
0 service_ipv4_cidr,
1 ip_family,
2 elastic_load_balancing,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KubernetesNetworkConfigResponse {
    pub service_ipv4_cidr: Option<String>,
    pub service_ipv6_cidr: Option<String>,
    pub ip_family: Option<String>,
    pub elastic_load_balancing: Option<ElasticLoadBalancing>,
}
structure!(KubernetesNetworkConfigResponse {
0 service_ipv4_cidr,
1 service_ipv6_cidr,
2 ip_family,
3 elastic_load_balancing,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchTemplateSpecification {
    pub name: Option<String>,
    pub version: Option<String>,
    pub id: Option<String>,
}
structure!(LaunchTemplateSpecification {
0 name,
1 version,
2 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct License {
    pub id: Option<String>,
    pub token: Option<String>,
}
structure!(License {
0 id,
1 token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccessEntriesRequest {
    pub cluster_name: Option<String>,
    pub associated_policy_arn: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAccessEntriesRequest {
0 cluster_name,
1 associated_policy_arn,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccessEntriesResponse {
    pub access_entries: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListAccessEntriesResponse {
0 access_entries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccessPoliciesRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAccessPoliciesRequest {
0 max_results,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccessPoliciesResponse {
    pub access_policies: Option<Vec<AccessPolicy>>,
    pub next_token: Option<String>,
}
structure!(ListAccessPoliciesResponse {
0 access_policies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAddonsRequest {
    pub cluster_name: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAddonsRequest {
0 cluster_name,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAddonsResponse {
    pub addons: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListAddonsResponse {
0 addons,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAssociatedAccessPoliciesRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAssociatedAccessPoliciesRequest {
0 cluster_name,
1 principal_arn,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAssociatedAccessPoliciesResponse {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub next_token: Option<String>,
    pub associated_access_policies: Option<Vec<AssociatedAccessPolicy>>,
}
structure!(ListAssociatedAccessPoliciesResponse {
0 cluster_name,
1 principal_arn,
2 next_token,
3 associated_access_policies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCapabilitiesRequest {
    pub cluster_name: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListCapabilitiesRequest {
0 cluster_name,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCapabilitiesResponse {
    pub capabilities: Option<Vec<CapabilitySummary>>,
    pub next_token: Option<String>,
}
structure!(ListCapabilitiesResponse {
0 capabilities,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCertificateAuthoritiesRequest {
    pub cluster_name: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListCertificateAuthoritiesRequest {
0 cluster_name,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCertificateAuthoritiesResponse {
    pub certificate_authorities: Option<Vec<CertificateAuthoritySummary>>,
    pub next_token: Option<String>,
}
structure!(ListCertificateAuthoritiesResponse {
0 certificate_authorities,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListClustersRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub include: Option<Vec<String>>,
}
structure!(ListClustersRequest {
0 max_results,
1 next_token,
2 include,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListClustersResponse {
    pub clusters: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListClustersResponse {
0 clusters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEksAnywhereSubscriptionsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub include_status: Option<Vec<String>>,
}
structure!(ListEksAnywhereSubscriptionsRequest {
0 max_results,
1 next_token,
2 include_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListEksAnywhereSubscriptionsResponse {
    pub subscriptions: Option<Vec<EksAnywhereSubscription>>,
    pub next_token: Option<String>,
}
structure!(ListEksAnywhereSubscriptionsResponse {
0 subscriptions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFargateProfilesRequest {
    pub cluster_name: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListFargateProfilesRequest {
0 cluster_name,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFargateProfilesResponse {
    pub fargate_profile_names: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListFargateProfilesResponse {
0 fargate_profile_names,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListIdentityProviderConfigsRequest {
    pub cluster_name: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListIdentityProviderConfigsRequest {
0 cluster_name,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListIdentityProviderConfigsResponse {
    pub identity_provider_configs: Option<Vec<IdentityProviderConfig>>,
    pub next_token: Option<String>,
}
structure!(ListIdentityProviderConfigsResponse {
0 identity_provider_configs,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInsightsRequest {
    pub cluster_name: Option<String>,
    pub filter: Option<InsightsFilter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListInsightsRequest {
0 cluster_name,
1 filter,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListInsightsResponse {
    pub insights: Option<Vec<InsightSummary>>,
    pub next_token: Option<String>,
}
structure!(ListInsightsResponse {
0 insights,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListNodegroupsRequest {
    pub cluster_name: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListNodegroupsRequest {
0 cluster_name,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListNodegroupsResponse {
    pub nodegroups: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListNodegroupsResponse {
0 nodegroups,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPodIdentityAssociationsRequest {
    pub cluster_name: Option<String>,
    pub namespace: Option<String>,
    pub service_account: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListPodIdentityAssociationsRequest {
0 cluster_name,
1 namespace,
2 service_account,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPodIdentityAssociationsResponse {
    pub associations: Option<Vec<PodIdentityAssociationSummary>>,
    pub next_token: Option<String>,
}
structure!(ListPodIdentityAssociationsResponse {
0 associations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_arn: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResponse {
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(ListTagsForResourceResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUpdatesRequest {
    pub name: Option<String>,
    pub nodegroup_name: Option<String>,
    pub addon_name: Option<String>,
    pub capability_name: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListUpdatesRequest {
0 name,
1 nodegroup_name,
2 addon_name,
3 capability_name,
4 next_token,
5 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUpdatesResponse {
    pub update_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListUpdatesResponse {
0 update_ids,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogSetup {
    pub types: Option<Vec<String>>,
    pub enabled: Option<bool>,
}
structure!(LogSetup {
0 types,
1 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logging {
    pub cluster_logging: Option<Vec<LogSetup>>,
}
structure!(Logging {
0 cluster_logging,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MarketplaceInformation {
    pub product_id: Option<String>,
    pub product_url: Option<String>,
}
structure!(MarketplaceInformation {
0 product_id,
1 product_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeRepairConfig {
    pub enabled: Option<bool>,
    pub max_unhealthy_node_threshold_count: Option<i32>,
    pub max_unhealthy_node_threshold_percentage: Option<i32>,
    pub max_parallel_nodes_repaired_count: Option<i32>,
    pub max_parallel_nodes_repaired_percentage: Option<i32>,
    pub node_repair_config_overrides: Option<Vec<NodeRepairConfigOverrides>>,
}
structure!(NodeRepairConfig {
0 enabled,
1 max_unhealthy_node_threshold_count,
2 max_unhealthy_node_threshold_percentage,
3 max_parallel_nodes_repaired_count,
4 max_parallel_nodes_repaired_percentage,
5 node_repair_config_overrides,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeRepairConfigOverrides {
    pub node_monitoring_condition: Option<String>,
    pub node_unhealthy_reason: Option<String>,
    pub min_repair_wait_time_mins: Option<i32>,
    pub repair_action: Option<String>,
}
structure!(NodeRepairConfigOverrides {
0 node_monitoring_condition,
1 node_unhealthy_reason,
2 min_repair_wait_time_mins,
3 repair_action,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeResourcesFitConfig {
    pub scoring_strategy: Option<ScoringStrategy>,
}
structure!(NodeResourcesFitConfig {
0 scoring_strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeResourcesFitVersionConfig {
    pub scoring_strategy: Option<ScoringStrategyConfig>,
}
structure!(NodeResourcesFitVersionConfig {
0 scoring_strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nodegroup {
    pub nodegroup_name: Option<String>,
    pub nodegroup_arn: Option<String>,
    pub cluster_name: Option<String>,
    pub version: Option<String>,
    pub release_version: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub status: Option<String>,
    pub capacity_type: Option<String>,
    pub scaling_config: Option<NodegroupScalingConfig>,
    pub instance_types: Option<Vec<String>>,
    pub subnets: Option<Vec<String>>,
    pub remote_access: Option<RemoteAccessConfig>,
    pub ami_type: Option<String>,
    pub node_role: Option<String>,
    pub labels: Option<BTreeMap<String, String>>,
    pub taints: Option<Vec<Taint>>,
    pub resources: Option<NodegroupResources>,
    pub disk_size: Option<i32>,
    pub health: Option<NodegroupHealth>,
    pub update_config: Option<NodegroupUpdateConfig>,
    pub node_repair_config: Option<NodeRepairConfig>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub tags: Option<BTreeMap<String, String>>,
    pub warm_pool_config: Option<WarmPoolConfig>,
}
structure!(Nodegroup {
0 nodegroup_name,
1 nodegroup_arn,
2 cluster_name,
3 version,
4 release_version,
5 created_at,
6 modified_at,
7 status,
8 capacity_type,
9 scaling_config,
10 instance_types,
11 subnets,
12 remote_access,
13 ami_type,
14 node_role,
15 labels,
16 taints,
17 resources,
18 disk_size,
19 health,
20 update_config,
21 node_repair_config,
22 launch_template,
23 tags,
24 warm_pool_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodegroupHealth {
    pub issues: Option<Vec<Issue>>,
}
structure!(NodegroupHealth {
0 issues,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodegroupResources {
    pub auto_scaling_groups: Option<Vec<AutoScalingGroup>>,
    pub remote_access_security_group: Option<String>,
}
structure!(NodegroupResources {
0 auto_scaling_groups,
1 remote_access_security_group,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodegroupScalingConfig {
    pub min_size: Option<i32>,
    pub max_size: Option<i32>,
    pub desired_size: Option<i32>,
}
structure!(NodegroupScalingConfig {
0 min_size,
1 max_size,
2 desired_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodegroupUpdateConfig {
    pub max_unavailable: Option<i32>,
    pub max_unavailable_percentage: Option<i32>,
    pub update_strategy: Option<String>,
}
structure!(NodegroupUpdateConfig {
0 max_unavailable,
1 max_unavailable_percentage,
2 update_strategy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OIDC {
    pub issuer: Option<String>,
}
structure!(OIDC {
0 issuer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OidcIdentityProviderConfig {
    pub identity_provider_config_name: Option<String>,
    pub identity_provider_config_arn: Option<String>,
    pub cluster_name: Option<String>,
    pub issuer_url: Option<String>,
    pub client_id: Option<String>,
    pub username_claim: Option<String>,
    pub username_prefix: Option<String>,
    pub groups_claim: Option<String>,
    pub groups_prefix: Option<String>,
    pub required_claims: Option<BTreeMap<String, String>>,
    pub tags: Option<BTreeMap<String, String>>,
    pub status: Option<String>,
}
structure!(OidcIdentityProviderConfig {
0 identity_provider_config_name,
1 identity_provider_config_arn,
2 cluster_name,
3 issuer_url,
4 client_id,
5 username_claim,
6 username_prefix,
7 groups_claim,
8 groups_prefix,
9 required_claims,
10 tags,
11 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OidcIdentityProviderConfigRequest {
    pub identity_provider_config_name: Option<String>,
    pub issuer_url: Option<String>,
    pub client_id: Option<String>,
    pub username_claim: Option<String>,
    pub username_prefix: Option<String>,
    pub groups_claim: Option<String>,
    pub groups_prefix: Option<String>,
    pub required_claims: Option<BTreeMap<String, String>>,
}
structure!(OidcIdentityProviderConfigRequest {
0 identity_provider_config_name,
1 issuer_url,
2 client_id,
3 username_claim,
4 username_prefix,
5 groups_claim,
6 groups_prefix,
7 required_claims,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutpostConfigRequest {
    pub outpost_arns: Option<Vec<String>>,
    pub control_plane_instance_type: Option<String>,
    pub control_plane_placement: Option<ControlPlanePlacementRequest>,
    pub etcd_instance_type: Option<String>,
    pub etcd_placement: Option<EtcdPlacementRequest>,
}
structure!(OutpostConfigRequest {
0 outpost_arns,
1 control_plane_instance_type,
2 control_plane_placement,
3 etcd_instance_type,
4 etcd_placement,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutpostConfigResponse {
    pub outpost_arns: Option<Vec<String>>,
    pub control_plane_instance_type: Option<String>,
    pub control_plane_placement: Option<ControlPlanePlacementResponse>,
    pub etcd_instance_type: Option<String>,
    pub etcd_placement: Option<EtcdPlacementResponse>,
}
structure!(OutpostConfigResponse {
0 outpost_arns,
1 control_plane_instance_type,
2 control_plane_placement,
3 etcd_instance_type,
4 etcd_placement,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodGcControllerConfigRequest {
    pub terminated_pod_gc_threshold: Option<i32>,
}
structure!(PodGcControllerConfigRequest {
0 terminated_pod_gc_threshold,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodGcControllerConfigResponse {
    pub terminated_pod_gc_threshold: Option<i32>,
}
structure!(PodGcControllerConfigResponse {
0 terminated_pod_gc_threshold,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodGcControllerVersionConfig {
    pub terminated_pod_gc_threshold: Option<IntegerParameterConfig>,
}
structure!(PodGcControllerVersionConfig {
0 terminated_pod_gc_threshold,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodIdentityAssociation {
    pub cluster_name: Option<String>,
    pub namespace: Option<String>,
    pub service_account: Option<String>,
    pub role_arn: Option<String>,
    pub association_arn: Option<String>,
    pub association_id: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub owner_arn: Option<String>,
    pub disable_session_tags: Option<bool>,
    pub target_role_arn: Option<String>,
    pub external_id: Option<String>,
    pub policy: Option<String>,
}
structure!(PodIdentityAssociation {
0 cluster_name,
1 namespace,
2 service_account,
3 role_arn,
4 association_arn,
5 association_id,
6 tags,
7 created_at,
8 modified_at,
9 owner_arn,
10 disable_session_tags,
11 target_role_arn,
12 external_id,
13 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodIdentityAssociationSummary {
    pub cluster_name: Option<String>,
    pub namespace: Option<String>,
    pub service_account: Option<String>,
    pub association_arn: Option<String>,
    pub association_id: Option<String>,
    pub owner_arn: Option<String>,
}
structure!(PodIdentityAssociationSummary {
0 cluster_name,
1 namespace,
2 service_account,
3 association_arn,
4 association_id,
5 owner_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortRangeConstraints {
    pub min_port: Option<IntegerRangeConstraint>,
    pub max_port: Option<IntegerRangeConstraint>,
}
structure!(PortRangeConstraints {
0 min_port,
1 max_port,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortRangeParameterConfig {
    pub default_value: Option<ServiceNodePortRange>,
    pub constraints: Option<PortRangeConstraints>,
}
structure!(PortRangeParameterConfig {
0 default_value,
1 constraints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provider {
    pub key_arn: Option<String>,
}
structure!(Provider {
0 key_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterClusterRequest {
    pub name: Option<String>,
    pub connector_config: Option<ConnectorConfigRequest>,
    pub client_request_token: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(RegisterClusterRequest {
0 name,
1 connector_config,
2 client_request_token,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterClusterResponse {
    pub cluster: Option<Cluster>,
}
structure!(RegisterClusterResponse {
0 cluster,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteAccessConfig {
    pub ec2_ssh_key: Option<String>,
    pub source_security_groups: Option<Vec<String>>,
}
structure!(RemoteAccessConfig {
0 ec2_ssh_key,
1 source_security_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteNetworkConfigRequest {
    pub remote_node_networks: Option<Vec<RemoteNodeNetwork>>,
    pub remote_pod_networks: Option<Vec<RemotePodNetwork>>,
}
structure!(RemoteNetworkConfigRequest {
0 remote_node_networks,
1 remote_pod_networks,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteNetworkConfigResponse {
    pub remote_node_networks: Option<Vec<RemoteNodeNetwork>>,
    pub remote_pod_networks: Option<Vec<RemotePodNetwork>>,
}
structure!(RemoteNetworkConfigResponse {
0 remote_node_networks,
1 remote_pod_networks,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteNodeNetwork {
    pub cidrs: Option<Vec<String>>,
}
structure!(RemoteNodeNetwork {
0 cidrs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemotePodNetwork {
    pub cidrs: Option<Vec<String>>,
}
structure!(RemotePodNetwork {
0 cidrs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceConstraints {
    pub name: Option<AllowedValuesConstraint>,
    pub weight: Option<IntegerRangeConstraint>,
}
structure!(ResourceConstraints {
0 name,
1 weight,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceWeight {
    pub name: Option<String>,
    pub weight: Option<i32>,
}
structure!(ResourceWeight {
0 name,
1 weight,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RollbackConfig {
    pub timeout_minutes: Option<i32>,
}
structure!(RollbackConfig {
0 timeout_minutes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoringStrategy {
    pub type_: Option<String>,
    pub resources: Option<Vec<ResourceWeight>>,
}
structure!(ScoringStrategy {
0 type_,
1 resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoringStrategyConfig {
    pub default_value: Option<ScoringStrategy>,
    pub constraints: Option<ScoringStrategyConstraints>,
}
structure!(ScoringStrategyConfig {
0 default_value,
1 constraints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoringStrategyConstraints {
    pub scoring_strategy: Option<AllowedValuesConstraint>,
    pub resources: Option<ResourceConstraints>,
}
structure!(ScoringStrategyConstraints {
0 scoring_strategy,
1 resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceNodePortRange {
    pub min_port: Option<i32>,
    pub max_port: Option<i32>,
}
structure!(ServiceNodePortRange {
0 min_port,
1 max_port,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SsoIdentity {
    pub id: Option<String>,
    pub type_: Option<String>,
}
structure!(SsoIdentity {
0 id,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartInsightsRefreshRequest {
    pub cluster_name: Option<String>,
}
structure!(StartInsightsRefreshRequest {
0 cluster_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartInsightsRefreshResponse {
    pub message: Option<String>,
    pub status: Option<String>,
}
structure!(StartInsightsRefreshResponse {
0 message,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StorageConfigRequest {
    pub block_storage: Option<BlockStorage>,
}
structure!(StorageConfigRequest {
0 block_storage,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StorageConfigResponse {
    pub block_storage: Option<BlockStorage>,
}
structure!(StorageConfigResponse {
0 block_storage,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Taint {
    pub key: Option<String>,
    pub value: Option<String>,
    pub effect: Option<String>,
}
structure!(Taint {
0 key,
1 value,
2 effect,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceResponse {}
structure!(UntagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Update {
    pub id: Option<String>,
    pub status: Option<String>,
    pub type_: Option<String>,
    pub params: Option<Vec<UpdateParam>>,
    pub created_at: Option<Timestamp>,
    pub errors: Option<Vec<ErrorDetail>>,
    pub cancellation: Option<Cancellation>,
}
structure!(Update {
0 id,
1 status,
2 type_,
3 params,
4 created_at,
5 errors,
6 cancellation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAccessConfigRequest {
    pub authentication_mode: Option<String>,
}
structure!(UpdateAccessConfigRequest {
0 authentication_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAccessEntryRequest {
    pub cluster_name: Option<String>,
    pub principal_arn: Option<String>,
    pub kubernetes_groups: Option<Vec<String>>,
    pub client_request_token: Option<String>,
    pub username: Option<String>,
}
structure!(UpdateAccessEntryRequest {
0 cluster_name,
1 principal_arn,
2 kubernetes_groups,
3 client_request_token,
4 username,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAccessEntryResponse {
    pub access_entry: Option<AccessEntry>,
}
structure!(UpdateAccessEntryResponse {
0 access_entry,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAckConfig {
    pub enable_cross_namespace: Option<bool>,
    pub disabled_services: Option<Vec<String>>,
}
structure!(UpdateAckConfig {
0 enable_cross_namespace,
1 disabled_services,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAddonRequest {
    pub cluster_name: Option<String>,
    pub addon_name: Option<String>,
    pub addon_version: Option<String>,
    pub service_account_role_arn: Option<String>,
    pub resolve_conflicts: Option<String>,
    pub client_request_token: Option<String>,
    pub configuration_values: Option<String>,
    pub pod_identity_associations: Option<Vec<AddonPodIdentityAssociations>>,
}
structure!(UpdateAddonRequest {
0 cluster_name,
1 addon_name,
2 addon_version,
3 service_account_role_arn,
4 resolve_conflicts,
5 client_request_token,
6 configuration_values,
7 pod_identity_associations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAddonResponse {
    pub update: Option<Update>,
}
structure!(UpdateAddonResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateArgoCdConfig {
    pub rbac_role_mappings: Option<UpdateRoleMappings>,
    pub network_access: Option<ArgoCdNetworkAccessConfigRequest>,
}
structure!(UpdateArgoCdConfig {
0 rbac_role_mappings,
1 network_access,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCapabilityConfiguration {
    pub argo_cd: Option<UpdateArgoCdConfig>,
    pub ack: Option<UpdateAckConfig>,
}
structure!(UpdateCapabilityConfiguration {
0 argo_cd,
1 ack,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCapabilityRequest {
    pub cluster_name: Option<String>,
    pub capability_name: Option<String>,
    pub role_arn: Option<String>,
    pub configuration: Option<UpdateCapabilityConfiguration>,
    pub client_request_token: Option<String>,
    pub delete_propagation_policy: Option<String>,
}
structure!(UpdateCapabilityRequest {
0 cluster_name,
1 capability_name,
2 role_arn,
3 configuration,
4 client_request_token,
5 delete_propagation_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCapabilityResponse {
    pub update: Option<Update>,
}
structure!(UpdateCapabilityResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateClusterConfigRequest {
    pub name: Option<String>,
    pub resources_vpc_config: Option<VpcConfigRequest>,
    pub logging: Option<Logging>,
    pub client_request_token: Option<String>,
    pub access_config: Option<UpdateAccessConfigRequest>,
    pub upgrade_policy: Option<UpgradePolicyRequest>,
    pub zonal_shift_config: Option<ZonalShiftConfigRequest>,
    pub compute_config: Option<ComputeConfigRequest>,
    pub kubernetes_network_config: Option<KubernetesNetworkConfigRequest>,
    pub storage_config: Option<StorageConfigRequest>,
    pub remote_network_config: Option<RemoteNetworkConfigRequest>,
    pub deletion_protection: Option<bool>,
    pub control_plane_scaling_config: Option<ControlPlaneScalingConfig>,
    pub kube_api_server_config: Option<KubeApiServerConfigRequest>,
    pub kube_scheduler_config: Option<KubeSchedulerConfigRequest>,
    pub kube_controller_manager_config: Option<KubeControllerManagerConfigRequest>,
}
structure!(UpdateClusterConfigRequest {
0 name,
1 resources_vpc_config,
2 logging,
3 client_request_token,
4 access_config,
5 upgrade_policy,
6 zonal_shift_config,
7 compute_config,
8 kubernetes_network_config,
9 storage_config,
10 remote_network_config,
11 deletion_protection,
12 control_plane_scaling_config,
13 kube_api_server_config,
14 kube_scheduler_config,
15 kube_controller_manager_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateClusterConfigResponse {
    pub update: Option<Update>,
}
structure!(UpdateClusterConfigResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateClusterVersionRequest {
    pub name: Option<String>,
    pub version: Option<String>,
    pub client_request_token: Option<String>,
    pub force: Option<bool>,
    pub rollback_config: Option<RollbackConfig>,
}
structure!(UpdateClusterVersionRequest {
0 name,
1 version,
2 client_request_token,
3 force,
4 rollback_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateClusterVersionResponse {
    pub update: Option<Update>,
}
structure!(UpdateClusterVersionResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEksAnywhereSubscriptionRequest {
    pub id: Option<String>,
    pub auto_renew: Option<bool>,
    pub client_request_token: Option<String>,
}
structure!(UpdateEksAnywhereSubscriptionRequest {
0 id,
1 auto_renew,
2 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEksAnywhereSubscriptionResponse {
    pub subscription: Option<EksAnywhereSubscription>,
}
structure!(UpdateEksAnywhereSubscriptionResponse {
0 subscription,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateLabelsPayload {
    pub add_or_update_labels: Option<BTreeMap<String, String>>,
    pub remove_labels: Option<Vec<String>>,
}
structure!(UpdateLabelsPayload {
0 add_or_update_labels,
1 remove_labels,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateNodegroupConfigRequest {
    pub cluster_name: Option<String>,
    pub nodegroup_name: Option<String>,
    pub labels: Option<UpdateLabelsPayload>,
    pub taints: Option<UpdateTaintsPayload>,
    pub scaling_config: Option<NodegroupScalingConfig>,
    pub update_config: Option<NodegroupUpdateConfig>,
    pub node_repair_config: Option<NodeRepairConfig>,
    pub warm_pool_config: Option<WarmPoolConfig>,
    pub client_request_token: Option<String>,
}
structure!(UpdateNodegroupConfigRequest {
0 cluster_name,
1 nodegroup_name,
2 labels,
3 taints,
4 scaling_config,
5 update_config,
6 node_repair_config,
7 warm_pool_config,
8 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateNodegroupConfigResponse {
    pub update: Option<Update>,
}
structure!(UpdateNodegroupConfigResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateNodegroupVersionRequest {
    pub cluster_name: Option<String>,
    pub nodegroup_name: Option<String>,
    pub version: Option<String>,
    pub release_version: Option<String>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub force: Option<bool>,
    pub client_request_token: Option<String>,
}
structure!(UpdateNodegroupVersionRequest {
0 cluster_name,
1 nodegroup_name,
2 version,
3 release_version,
4 launch_template,
5 force,
6 client_request_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateNodegroupVersionResponse {
    pub update: Option<Update>,
}
structure!(UpdateNodegroupVersionResponse {
0 update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateParam {
    pub type_: Option<String>,
    pub value: Option<String>,
}
structure!(UpdateParam {
0 type_,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdatePodIdentityAssociationRequest {
    pub cluster_name: Option<String>,
    pub association_id: Option<String>,
    pub role_arn: Option<String>,
    pub client_request_token: Option<String>,
    pub disable_session_tags: Option<bool>,
    pub target_role_arn: Option<String>,
    pub policy: Option<String>,
}
structure!(UpdatePodIdentityAssociationRequest {
0 cluster_name,
1 association_id,
2 role_arn,
3 client_request_token,
4 disable_session_tags,
5 target_role_arn,
6 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdatePodIdentityAssociationResponse {
    pub association: Option<PodIdentityAssociation>,
}
structure!(UpdatePodIdentityAssociationResponse {
0 association,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRoleMappings {
    pub add_or_update_role_mappings: Option<Vec<ArgoCdRoleMapping>>,
    pub remove_role_mappings: Option<Vec<ArgoCdRoleMapping>>,
}
structure!(UpdateRoleMappings {
0 add_or_update_role_mappings,
1 remove_role_mappings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateTaintsPayload {
    pub add_or_update_taints: Option<Vec<Taint>>,
    pub remove_taints: Option<Vec<Taint>>,
}
structure!(UpdateTaintsPayload {
0 add_or_update_taints,
1 remove_taints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpgradePolicyRequest {
    pub support_type: Option<String>,
}
structure!(UpgradePolicyRequest {
0 support_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpgradePolicyResponse {
    pub support_type: Option<String>,
}
structure!(UpgradePolicyResponse {
0 support_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcConfigRequest {
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub endpoint_public_access: Option<bool>,
    pub endpoint_private_access: Option<bool>,
    pub public_access_cidrs: Option<Vec<String>>,
    pub control_plane_egress_mode: Option<String>,
}
structure!(VpcConfigRequest {
0 subnet_ids,
1 security_group_ids,
2 endpoint_public_access,
3 endpoint_private_access,
4 public_access_cidrs,
5 control_plane_egress_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VpcConfigResponse {
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub cluster_security_group_id: Option<String>,
    pub vpc_id: Option<String>,
    pub endpoint_public_access: Option<bool>,
    pub endpoint_private_access: Option<bool>,
    pub public_access_cidrs: Option<Vec<String>>,
    pub control_plane_egress_mode: Option<String>,
}
structure!(VpcConfigResponse {
0 subnet_ids,
1 security_group_ids,
2 cluster_security_group_id,
3 vpc_id,
4 endpoint_public_access,
5 endpoint_private_access,
6 public_access_cidrs,
7 control_plane_egress_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct WarmPoolConfig {
    pub enabled: Option<bool>,
    pub min_size: Option<i32>,
    pub max_group_prepared_capacity: Option<i32>,
    pub pool_state: Option<String>,
    pub reuse_on_scale_in: Option<bool>,
}
structure!(WarmPoolConfig {
0 enabled,
1 min_size,
2 max_group_prepared_capacity,
3 pool_state,
4 reuse_on_scale_in,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ZonalShiftConfigRequest {
    pub enabled: Option<bool>,
}
structure!(ZonalShiftConfigRequest {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ZonalShiftConfigResponse {
    pub enabled: Option<bool>,
}
structure!(ZonalShiftConfigResponse {
0 enabled,
});
