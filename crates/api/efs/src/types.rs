// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessPointDescription {
    pub client_token: Option<String>,
    pub name: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub access_point_id: Option<String>,
    pub access_point_arn: Option<String>,
    pub file_system_id: Option<String>,
    pub posix_user: Option<PosixUser>,
    pub root_directory: Option<RootDirectory>,
    pub owner_id: Option<String>,
    pub life_cycle_state: Option<String>,
}
structure!(AccessPointDescription {
0 client_token,
1 name,
2 tags,
3 access_point_id,
4 access_point_arn,
5 file_system_id,
6 posix_user,
7 root_directory,
8 owner_id,
9 life_cycle_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackupPolicy {
    pub status: Option<String>,
}
structure!(BackupPolicy {
0 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackupPolicyDescription {
    pub backup_policy: Option<BackupPolicy>,
}
structure!(BackupPolicyDescription {
0 backup_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAccessPointRequest {
    pub client_token: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub file_system_id: Option<String>,
    pub posix_user: Option<PosixUser>,
    pub root_directory: Option<RootDirectory>,
}
structure!(CreateAccessPointRequest {
0 client_token,
1 tags,
2 file_system_id,
3 posix_user,
4 root_directory,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFileSystemRequest {
    pub creation_token: Option<String>,
    pub performance_mode: Option<String>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
    pub throughput_mode: Option<String>,
    pub provisioned_throughput_in_mibps: Option<f64>,
    pub availability_zone_name: Option<String>,
    pub backup: Option<bool>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateFileSystemRequest {
0 creation_token,
1 performance_mode,
2 encrypted,
3 kms_key_id,
4 throughput_mode,
5 provisioned_throughput_in_mibps,
6 availability_zone_name,
7 backup,
8 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateMountTargetRequest {
    pub file_system_id: Option<String>,
    pub subnet_id: Option<String>,
    pub ip_address: Option<String>,
    pub ipv6_address: Option<String>,
    pub ip_address_type: Option<String>,
    pub security_groups: Option<Vec<String>>,
}
structure!(CreateMountTargetRequest {
0 file_system_id,
1 subnet_id,
2 ip_address,
3 ipv6_address,
4 ip_address_type,
5 security_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateReplicationConfigurationRequest {
    pub source_file_system_id: Option<String>,
    pub destinations: Option<Vec<DestinationToCreate>>,
}
structure!(CreateReplicationConfigurationRequest {
0 source_file_system_id,
1 destinations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTagsRequest {
    pub file_system_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateTagsRequest {
0 file_system_id,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreationInfo {
    pub owner_uid: Option<i64>,
    pub owner_gid: Option<i64>,
    pub permissions: Option<String>,
}
structure!(CreationInfo {
0 owner_uid,
1 owner_gid,
2 permissions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccessPointRequest {
    pub access_point_id: Option<String>,
}
structure!(DeleteAccessPointRequest {
0 access_point_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFileSystemPolicyRequest {
    pub file_system_id: Option<String>,
}
structure!(DeleteFileSystemPolicyRequest {
0 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFileSystemRequest {
    pub file_system_id: Option<String>,
}
structure!(DeleteFileSystemRequest {
0 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMountTargetRequest {
    pub mount_target_id: Option<String>,
}
structure!(DeleteMountTargetRequest {
0 mount_target_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteReplicationConfigurationRequest {
    pub source_file_system_id: Option<String>,
    pub deletion_mode: Option<String>,
}
structure!(DeleteReplicationConfigurationRequest {
0 source_file_system_id,
1 deletion_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTagsRequest {
    pub file_system_id: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(DeleteTagsRequest {
0 file_system_id,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccessPointsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub access_point_id: Option<String>,
    pub file_system_id: Option<String>,
}
structure!(DescribeAccessPointsRequest {
0 max_results,
1 next_token,
2 access_point_id,
3 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccessPointsResponse {
    pub access_points: Option<Vec<AccessPointDescription>>,
    pub next_token: Option<String>,
}
structure!(DescribeAccessPointsResponse {
0 access_points,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountPreferencesRequest {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeAccountPreferencesRequest {
0 next_token,
1 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountPreferencesResponse {
    pub resource_id_preference: Option<ResourceIdPreference>,
    pub next_token: Option<String>,
}
structure!(DescribeAccountPreferencesResponse {
0 resource_id_preference,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeBackupPolicyRequest {
    pub file_system_id: Option<String>,
}
structure!(DescribeBackupPolicyRequest {
0 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFileSystemPolicyRequest {
    pub file_system_id: Option<String>,
}
structure!(DescribeFileSystemPolicyRequest {
0 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFileSystemsRequest {
    pub max_items: Option<i32>,
    pub marker: Option<String>,
    pub creation_token: Option<String>,
    pub file_system_id: Option<String>,
}
structure!(DescribeFileSystemsRequest {
0 max_items,
1 marker,
2 creation_token,
3 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFileSystemsResponse {
    pub marker: Option<String>,
    pub file_systems: Option<Vec<FileSystemDescription>>,
    pub next_marker: Option<String>,
}
structure!(DescribeFileSystemsResponse {
0 marker,
1 file_systems,
2 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLifecycleConfigurationRequest {
    pub file_system_id: Option<String>,
}
structure!(DescribeLifecycleConfigurationRequest {
0 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeMountTargetSecurityGroupsRequest {
    pub mount_target_id: Option<String>,
}
structure!(DescribeMountTargetSecurityGroupsRequest {
0 mount_target_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeMountTargetSecurityGroupsResponse {
    pub security_groups: Option<Vec<String>>,
}
structure!(DescribeMountTargetSecurityGroupsResponse {
0 security_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeMountTargetsRequest {
    pub max_items: Option<i32>,
    pub marker: Option<String>,
    pub file_system_id: Option<String>,
    pub mount_target_id: Option<String>,
    pub access_point_id: Option<String>,
}
structure!(DescribeMountTargetsRequest {
0 max_items,
1 marker,
2 file_system_id,
3 mount_target_id,
4 access_point_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeMountTargetsResponse {
    pub marker: Option<String>,
    pub mount_targets: Option<Vec<MountTargetDescription>>,
    pub next_marker: Option<String>,
}
structure!(DescribeMountTargetsResponse {
0 marker,
1 mount_targets,
2 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeReplicationConfigurationsRequest {
    pub file_system_id: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeReplicationConfigurationsRequest {
0 file_system_id,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeReplicationConfigurationsResponse {
    pub replications: Option<Vec<ReplicationConfigurationDescription>>,
    pub next_token: Option<String>,
}
structure!(DescribeReplicationConfigurationsResponse {
0 replications,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTagsRequest {
    pub max_items: Option<i32>,
    pub marker: Option<String>,
    pub file_system_id: Option<String>,
}
structure!(DescribeTagsRequest {
0 max_items,
1 marker,
2 file_system_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTagsResponse {
    pub marker: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub next_marker: Option<String>,
}
structure!(DescribeTagsResponse {
0 marker,
1 tags,
2 next_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Destination {
    pub status: Option<String>,
    pub file_system_id: Option<String>,
    pub region: Option<String>,
    pub last_replicated_timestamp: Option<Timestamp>,
    pub owner_id: Option<String>,
    pub status_message: Option<String>,
    pub role_arn: Option<String>,
}
structure!(Destination {
0 status,
1 file_system_id,
2 region,
3 last_replicated_timestamp,
4 owner_id,
5 status_message,
6 role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DestinationToCreate {
    pub region: Option<String>,
    pub availability_zone_name: Option<String>,
    pub kms_key_id: Option<String>,
    pub file_system_id: Option<String>,
    pub role_arn: Option<String>,
}
structure!(DestinationToCreate {
0 region,
1 availability_zone_name,
2 kms_key_id,
3 file_system_id,
4 role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileSystemDescription {
    pub owner_id: Option<String>,
    pub creation_token: Option<String>,
    pub file_system_id: Option<String>,
    pub file_system_arn: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub life_cycle_state: Option<String>,
    pub name: Option<String>,
    pub number_of_mount_targets: Option<i32>,
    pub size_in_bytes: Option<FileSystemSize>,
    pub performance_mode: Option<String>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
    pub throughput_mode: Option<String>,
    pub provisioned_throughput_in_mibps: Option<f64>,
    pub availability_zone_name: Option<String>,
    pub availability_zone_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub file_system_protection: Option<FileSystemProtectionDescription>,
}
structure!(FileSystemDescription {
0 owner_id,
1 creation_token,
2 file_system_id,
3 file_system_arn,
4 creation_time,
5 life_cycle_state,
6 name,
7 number_of_mount_targets,
8 size_in_bytes,
9 performance_mode,
10 encrypted,
11 kms_key_id,
12 throughput_mode,
13 provisioned_throughput_in_mibps,
14 availability_zone_name,
15 availability_zone_id,
16 tags,
17 file_system_protection,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileSystemPolicyDescription {
    pub file_system_id: Option<String>,
    pub policy: Option<String>,
}
structure!(FileSystemPolicyDescription {
0 file_system_id,
1 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileSystemProtectionDescription {
    pub replication_overwrite_protection: Option<String>,
}
structure!(FileSystemProtectionDescription {
0 replication_overwrite_protection,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileSystemSize {
    pub value: Option<i64>,
    pub timestamp: Option<Timestamp>,
    pub value_in_ia: Option<i64>,
    pub value_in_standard: Option<i64>,
    pub value_in_archive: Option<i64>,
}
structure!(FileSystemSize {
0 value,
1 timestamp,
2 value_in_ia,
3 value_in_standard,
4 value_in_archive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecycleConfigurationDescription {
    pub lifecycle_policies: Option<Vec<LifecyclePolicy>>,
}
structure!(LifecycleConfigurationDescription {
0 lifecycle_policies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecyclePolicy {
    pub transition_to_ia: Option<String>,
    pub transition_to_primary_storage_class: Option<String>,
    pub transition_to_archive: Option<String>,
}
structure!(LifecyclePolicy {
0 transition_to_ia,
1 transition_to_primary_storage_class,
2 transition_to_archive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_id,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResponse {
    pub tags: Option<Vec<Tag>>,
    pub next_token: Option<String>,
}
structure!(ListTagsForResourceResponse {
0 tags,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModifyMountTargetSecurityGroupsRequest {
    pub mount_target_id: Option<String>,
    pub security_groups: Option<Vec<String>>,
}
structure!(ModifyMountTargetSecurityGroupsRequest {
0 mount_target_id,
1 security_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MountTargetDescription {
    pub owner_id: Option<String>,
    pub mount_target_id: Option<String>,
    pub file_system_id: Option<String>,
    pub subnet_id: Option<String>,
    pub life_cycle_state: Option<String>,
    pub ip_address: Option<String>,
    pub ipv6_address: Option<String>,
    pub network_interface_id: Option<String>,
    pub availability_zone_id: Option<String>,
    pub availability_zone_name: Option<String>,
    pub vpc_id: Option<String>,
}
structure!(MountTargetDescription {
0 owner_id,
1 mount_target_id,
2 file_system_id,
3 subnet_id,
4 life_cycle_state,
5 ip_address,
6 ipv6_address,
7 network_interface_id,
8 availability_zone_id,
9 availability_zone_name,
10 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PosixUser {
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub secondary_gids: Option<Vec<i64>>,
}
structure!(PosixUser {
0 uid,
1 gid,
2 secondary_gids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountPreferencesRequest {
    pub resource_id_type: Option<String>,
}
structure!(PutAccountPreferencesRequest {
0 resource_id_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountPreferencesResponse {
    pub resource_id_preference: Option<ResourceIdPreference>,
}
structure!(PutAccountPreferencesResponse {
0 resource_id_preference,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBackupPolicyRequest {
    pub file_system_id: Option<String>,
    pub backup_policy: Option<BackupPolicy>,
}
structure!(PutBackupPolicyRequest {
0 file_system_id,
1 backup_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutFileSystemPolicyRequest {
    pub file_system_id: Option<String>,
    pub policy: Option<String>,
    pub bypass_policy_lockout_safety_check: Option<bool>,
}
structure!(PutFileSystemPolicyRequest {
0 file_system_id,
1 policy,
2 bypass_policy_lockout_safety_check,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLifecycleConfigurationRequest {
    pub file_system_id: Option<String>,
    pub lifecycle_policies: Option<Vec<LifecyclePolicy>>,
}
structure!(PutLifecycleConfigurationRequest {
0 file_system_id,
1 lifecycle_policies,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationConfigurationDescription {
    pub source_file_system_id: Option<String>,
    pub source_file_system_region: Option<String>,
    pub source_file_system_arn: Option<String>,
    pub original_source_file_system_arn: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub destinations: Option<Vec<Destination>>,
    pub source_file_system_owner_id: Option<String>,
}
structure!(ReplicationConfigurationDescription {
0 source_file_system_id,
1 source_file_system_region,
2 source_file_system_arn,
3 original_source_file_system_arn,
4 creation_time,
5 destinations,
6 source_file_system_owner_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceIdPreference {
    pub resource_id_type: Option<String>,
    pub resources: Option<Vec<String>>,
}
structure!(ResourceIdPreference {
0 resource_id_type,
1 resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootDirectory {
    pub path: Option<String>,
    pub creation_info: Option<CreationInfo>,
}
structure!(RootDirectory {
0 path,
1 creation_info,
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
pub struct TagResourceRequest {
    pub resource_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 resource_id,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_id: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_id,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateFileSystemProtectionRequest {
    pub file_system_id: Option<String>,
    pub replication_overwrite_protection: Option<String>,
}
structure!(UpdateFileSystemProtectionRequest {
0 file_system_id,
1 replication_overwrite_protection,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateFileSystemRequest {
    pub file_system_id: Option<String>,
    pub throughput_mode: Option<String>,
    pub provisioned_throughput_in_mibps: Option<f64>,
}
structure!(UpdateFileSystemRequest {
0 file_system_id,
1 throughput_mode,
2 provisioned_throughput_in_mibps,
});
