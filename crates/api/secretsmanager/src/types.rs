// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct APIErrorType {
    pub secret_id: Option<String>,
    pub error_code: Option<String>,
    pub message: Option<String>,
}
structure!(APIErrorType {
0 secret_id,
1 error_code,
2 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateCrossAccountReplicaRequest {
    pub secret_id: Option<String>,
    pub cross_account_replica_arn: Option<String>,
    pub replica_restriction: Option<String>,
    pub replication_role_arn: Option<String>,
}
structure!(AssociateCrossAccountReplicaRequest {
0 secret_id,
1 cross_account_replica_arn,
2 replica_restriction,
3 replication_role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateCrossAccountReplicaResponse {
    pub arn: Option<String>,
    pub cross_account_replica_arn: Option<String>,
    pub replication_status: Option<String>,
}
structure!(AssociateCrossAccountReplicaResponse {
0 arn,
1 cross_account_replica_arn,
2 replication_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetSecretValueRequest {
    pub secret_id_list: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(BatchGetSecretValueRequest {
0 secret_id_list,
1 filters,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetSecretValueResponse {
    pub secret_values: Option<Vec<SecretValueEntry>>,
    pub next_token: Option<String>,
    pub errors: Option<Vec<APIErrorType>>,
}
structure!(BatchGetSecretValueResponse {
0 secret_values,
1 next_token,
2 errors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelRotateSecretRequest {
    pub secret_id: Option<String>,
}
structure!(CancelRotateSecretRequest {
0 secret_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelRotateSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
}
structure!(CancelRotateSecretResponse {
0 arn,
1 name,
2 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSecretRequest {
    pub name: Option<String>,
    pub client_request_token: Option<String>,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    pub secret_binary: Option<Vec<u8>>,
    pub secret_string: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub add_replica_regions: Option<Vec<ReplicaRegionType>>,
    pub force_overwrite_replica_secret: Option<bool>,
    pub type_: Option<String>,
    pub cross_account_primary_arn: Option<String>,
}
structure!(CreateSecretRequest {
0 name,
1 client_request_token,
2 description,
3 kms_key_id,
4 secret_binary,
5 secret_string,
6 tags,
7 add_replica_regions,
8 force_overwrite_replica_secret,
9 type_,
10 cross_account_primary_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
    pub replication_status: Option<Vec<ReplicationStatusType>>,
}
structure!(CreateSecretResponse {
0 arn,
1 name,
2 version_id,
3 replication_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CrossAccountPrimaryType {
    pub primary_secret_arn: Option<String>,
    pub replication_status: Option<String>,
    pub status_message: Option<String>,
}
structure!(CrossAccountPrimaryType {
0 primary_secret_arn,
1 replication_status,
2 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CrossAccountReplicaEntry {
    pub replica_secret_arn: Option<String>,
    pub replication_role_arn: Option<String>,
    pub replication_status: Option<String>,
    pub status_message: Option<String>,
}
structure!(CrossAccountReplicaEntry {
0 replica_secret_arn,
1 replication_role_arn,
2 replication_status,
3 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteResourcePolicyRequest {
    pub secret_id: Option<String>,
    pub policy_name: Option<String>,
}
structure!(DeleteResourcePolicyRequest {
0 secret_id,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteResourcePolicyResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(DeleteResourcePolicyResponse {
0 arn,
1 name,
2 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSecretRequest {
    pub secret_id: Option<String>,
    pub recovery_window_in_days: Option<i64>,
    pub force_delete_without_recovery: Option<bool>,
}
structure!(DeleteSecretRequest {
0 secret_id,
1 recovery_window_in_days,
2 force_delete_without_recovery,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub deletion_date: Option<Timestamp>,
}
structure!(DeleteSecretResponse {
0 arn,
1 name,
2 deletion_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecretRequest {
    pub secret_id: Option<String>,
}
structure!(DescribeSecretRequest {
0 secret_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub type_: Option<String>,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    pub rotation_enabled: Option<bool>,
    pub rotation_lambda_arn: Option<String>,
    pub rotation_rules: Option<RotationRulesType>,
    pub external_secret_rotation_metadata: Option<Vec<ExternalSecretRotationMetadataItem>>,
    pub external_secret_rotation_role_arn: Option<String>,
    pub last_rotated_date: Option<Timestamp>,
    pub last_changed_date: Option<Timestamp>,
    pub last_accessed_date: Option<Timestamp>,
    pub deleted_date: Option<Timestamp>,
    pub next_rotation_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
    pub version_ids_to_stages: Option<BTreeMap<String, Vec<String>>>,
    pub owning_service: Option<String>,
    pub created_date: Option<Timestamp>,
    pub primary_region: Option<String>,
    pub replication_status: Option<Vec<ReplicationStatusType>>,
    pub cross_account_primary: Option<CrossAccountPrimaryType>,
    pub cross_account_replicas: Option<Vec<CrossAccountReplicaEntry>>,
}
structure!(DescribeSecretResponse {
0 arn,
1 name,
2 type_,
3 description,
4 kms_key_id,
5 rotation_enabled,
6 rotation_lambda_arn,
7 rotation_rules,
8 external_secret_rotation_metadata,
9 external_secret_rotation_role_arn,
10 last_rotated_date,
11 last_changed_date,
12 last_accessed_date,
13 deleted_date,
14 next_rotation_date,
15 tags,
16 version_ids_to_stages,
17 owning_service,
18 created_date,
19 primary_region,
20 replication_status,
21 cross_account_primary,
22 cross_account_replicas,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateCrossAccountReplicaRequest {
    pub secret_id: Option<String>,
    pub cross_account_replica_arn: Option<String>,
}
structure!(DisassociateCrossAccountReplicaRequest {
0 secret_id,
1 cross_account_replica_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateCrossAccountReplicaResponse {
    pub arn: Option<String>,
    pub cross_account_replica_arn: Option<String>,
}
structure!(DisassociateCrossAccountReplicaResponse {
0 arn,
1 cross_account_replica_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExternalSecretRotationMetadataItem {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(ExternalSecretRotationMetadataItem {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(Filter {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRandomPasswordRequest {
    pub password_length: Option<i64>,
    pub exclude_characters: Option<String>,
    pub exclude_numbers: Option<bool>,
    pub exclude_punctuation: Option<bool>,
    pub exclude_uppercase: Option<bool>,
    pub exclude_lowercase: Option<bool>,
    pub include_space: Option<bool>,
    pub require_each_included_type: Option<bool>,
}
structure!(GetRandomPasswordRequest {
0 password_length,
1 exclude_characters,
2 exclude_numbers,
3 exclude_punctuation,
4 exclude_uppercase,
5 exclude_lowercase,
6 include_space,
7 require_each_included_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRandomPasswordResponse {
    pub random_password: Option<String>,
}
structure!(GetRandomPasswordResponse {
0 random_password,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcePolicyRequest {
    pub secret_id: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetResourcePolicyRequest {
0 secret_id,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcePolicyResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub resource_policy: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetResourcePolicyResponse {
0 arn,
1 name,
2 resource_policy,
3 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSecretValueRequest {
    pub secret_id: Option<String>,
    pub version_id: Option<String>,
    pub version_stage: Option<String>,
}
structure!(GetSecretValueRequest {
0 secret_id,
1 version_id,
2 version_stage,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSecretValueResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
    pub secret_binary: Option<Vec<u8>>,
    pub secret_string: Option<String>,
    pub version_stages: Option<Vec<String>>,
    pub created_date: Option<Timestamp>,
}
structure!(GetSecretValueResponse {
0 arn,
1 name,
2 version_id,
3 secret_binary,
4 secret_string,
5 version_stages,
6 created_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListResourcePoliciesRequest {
    pub secret_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListResourcePoliciesRequest {
0 secret_id,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListResourcePoliciesResponse {
    pub resource_policies: Option<Vec<ResourcePolicySummary>>,
    pub next_token: Option<String>,
}
structure!(ListResourcePoliciesResponse {
0 resource_policies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSecretVersionIdsRequest {
    pub secret_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub include_deprecated: Option<bool>,
}
structure!(ListSecretVersionIdsRequest {
0 secret_id,
1 max_results,
2 next_token,
3 include_deprecated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSecretVersionIdsResponse {
    pub versions: Option<Vec<SecretVersionsListEntry>>,
    pub next_token: Option<String>,
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(ListSecretVersionIdsResponse {
0 versions,
1 next_token,
2 arn,
3 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSecretsRequest {
    pub include_planned_deletion: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filters: Option<Vec<Filter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(ListSecretsRequest {
0 include_planned_deletion,
1 max_results,
2 next_token,
3 filters,
4 sort_order,
5 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSecretsResponse {
    pub secret_list: Option<Vec<SecretListEntry>>,
    pub next_token: Option<String>,
}
structure!(ListSecretsResponse {
0 secret_list,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutResourcePolicyRequest {
    pub secret_id: Option<String>,
    pub resource_policy: Option<String>,
    pub policy_name: Option<String>,
    pub block_public_policy: Option<bool>,
}
structure!(PutResourcePolicyRequest {
0 secret_id,
1 resource_policy,
2 policy_name,
3 block_public_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutResourcePolicyResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub policy_name: Option<String>,
}
structure!(PutResourcePolicyResponse {
0 arn,
1 name,
2 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSecretValueRequest {
    pub secret_id: Option<String>,
    pub client_request_token: Option<String>,
    pub secret_binary: Option<Vec<u8>>,
    pub secret_string: Option<String>,
    pub version_stages: Option<Vec<String>>,
    pub rotation_token: Option<String>,
}
structure!(PutSecretValueRequest {
0 secret_id,
1 client_request_token,
2 secret_binary,
3 secret_string,
4 version_stages,
5 rotation_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSecretValueResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
    pub version_stages: Option<Vec<String>>,
}
structure!(PutSecretValueResponse {
0 arn,
1 name,
2 version_id,
3 version_stages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveRegionsFromReplicationRequest {
    pub secret_id: Option<String>,
    pub remove_replica_regions: Option<Vec<String>>,
}
structure!(RemoveRegionsFromReplicationRequest {
0 secret_id,
1 remove_replica_regions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveRegionsFromReplicationResponse {
    pub arn: Option<String>,
    pub replication_status: Option<Vec<ReplicationStatusType>>,
}
structure!(RemoveRegionsFromReplicationResponse {
0 arn,
1 replication_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicaRegionType {
    pub region: Option<String>,
    pub kms_key_id: Option<String>,
}
structure!(ReplicaRegionType {
0 region,
1 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicateSecretToRegionsRequest {
    pub secret_id: Option<String>,
    pub add_replica_regions: Option<Vec<ReplicaRegionType>>,
    pub force_overwrite_replica_secret: Option<bool>,
}
structure!(ReplicateSecretToRegionsRequest {
0 secret_id,
1 add_replica_regions,
2 force_overwrite_replica_secret,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicateSecretToRegionsResponse {
    pub arn: Option<String>,
    pub replication_status: Option<Vec<ReplicationStatusType>>,
}
structure!(ReplicateSecretToRegionsResponse {
0 arn,
1 replication_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationStatusType {
    pub region: Option<String>,
    pub kms_key_id: Option<String>,
    pub status: Option<String>,
    pub status_message: Option<String>,
    pub last_accessed_date: Option<Timestamp>,
}
structure!(ReplicationStatusType {
0 region,
1 kms_key_id,
2 status,
3 status_message,
4 last_accessed_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourcePolicySummary {
    pub policy_name: Option<String>,
}
structure!(ResourcePolicySummary {
0 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RestoreSecretRequest {
    pub secret_id: Option<String>,
}
structure!(RestoreSecretRequest {
0 secret_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RestoreSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(RestoreSecretResponse {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotateSecretRequest {
    pub secret_id: Option<String>,
    pub client_request_token: Option<String>,
    pub rotation_lambda_arn: Option<String>,
    pub rotation_rules: Option<RotationRulesType>,
    pub external_secret_rotation_metadata: Option<Vec<ExternalSecretRotationMetadataItem>>,
    pub external_secret_rotation_role_arn: Option<String>,
    pub rotate_immediately: Option<bool>,
}
structure!(RotateSecretRequest {
0 secret_id,
1 client_request_token,
2 rotation_lambda_arn,
3 rotation_rules,
4 external_secret_rotation_metadata,
5 external_secret_rotation_role_arn,
6 rotate_immediately,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotateSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
}
structure!(RotateSecretResponse {
0 arn,
1 name,
2 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotationRulesType {
    pub automatically_after_days: Option<i64>,
    pub duration: Option<String>,
    pub schedule_expression: Option<String>,
}
structure!(RotationRulesType {
0 automatically_after_days,
1 duration,
2 schedule_expression,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecretListEntry {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub type_: Option<String>,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    pub rotation_enabled: Option<bool>,
    pub rotation_lambda_arn: Option<String>,
    pub rotation_rules: Option<RotationRulesType>,
    pub external_secret_rotation_metadata: Option<Vec<ExternalSecretRotationMetadataItem>>,
    pub external_secret_rotation_role_arn: Option<String>,
    pub last_rotated_date: Option<Timestamp>,
    pub last_changed_date: Option<Timestamp>,
    pub last_accessed_date: Option<Timestamp>,
    pub deleted_date: Option<Timestamp>,
    pub next_rotation_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
    pub secret_versions_to_stages: Option<BTreeMap<String, Vec<String>>>,
    pub owning_service: Option<String>,
    pub created_date: Option<Timestamp>,
    pub primary_region: Option<String>,
}
structure!(SecretListEntry {
0 arn,
1 name,
2 type_,
3 description,
4 kms_key_id,
5 rotation_enabled,
6 rotation_lambda_arn,
7 rotation_rules,
8 external_secret_rotation_metadata,
9 external_secret_rotation_role_arn,
10 last_rotated_date,
11 last_changed_date,
12 last_accessed_date,
13 deleted_date,
14 next_rotation_date,
15 tags,
16 secret_versions_to_stages,
17 owning_service,
18 created_date,
19 primary_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecretValueEntry {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
    pub secret_binary: Option<Vec<u8>>,
    pub secret_string: Option<String>,
    pub version_stages: Option<Vec<String>>,
    pub created_date: Option<Timestamp>,
}
structure!(SecretValueEntry {
0 arn,
1 name,
2 version_id,
3 secret_binary,
4 secret_string,
5 version_stages,
6 created_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecretVersionsListEntry {
    pub version_id: Option<String>,
    pub version_stages: Option<Vec<String>>,
    pub last_accessed_date: Option<Timestamp>,
    pub created_date: Option<Timestamp>,
    pub kms_key_ids: Option<Vec<String>>,
}
structure!(SecretVersionsListEntry {
0 version_id,
1 version_stages,
2 last_accessed_date,
3 created_date,
4 kms_key_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopReplicationToReplicaRequest {
    pub secret_id: Option<String>,
}
structure!(StopReplicationToReplicaRequest {
0 secret_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopReplicationToReplicaResponse {
    pub arn: Option<String>,
}
structure!(StopReplicationToReplicaResponse {
0 arn,
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
    pub secret_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 secret_id,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub secret_id: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 secret_id,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecretRequest {
    pub secret_id: Option<String>,
    pub client_request_token: Option<String>,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    pub secret_binary: Option<Vec<u8>>,
    pub secret_string: Option<String>,
    pub type_: Option<String>,
}
structure!(UpdateSecretRequest {
0 secret_id,
1 client_request_token,
2 description,
3 kms_key_id,
4 secret_binary,
5 secret_string,
6 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecretResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub version_id: Option<String>,
}
structure!(UpdateSecretResponse {
0 arn,
1 name,
2 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecretVersionStageRequest {
    pub secret_id: Option<String>,
    pub version_stage: Option<String>,
    pub remove_from_version_id: Option<String>,
    pub move_to_version_id: Option<String>,
}
structure!(UpdateSecretVersionStageRequest {
0 secret_id,
1 version_stage,
2 remove_from_version_id,
3 move_to_version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateSecretVersionStageResponse {
    pub arn: Option<String>,
    pub name: Option<String>,
}
structure!(UpdateSecretVersionStageResponse {
0 arn,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidateResourcePolicyRequest {
    pub secret_id: Option<String>,
    pub resource_policy: Option<String>,
}
structure!(ValidateResourcePolicyRequest {
0 secret_id,
1 resource_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidateResourcePolicyResponse {
    pub policy_validation_passed: Option<bool>,
    pub validation_errors: Option<Vec<ValidationErrorsEntry>>,
}
structure!(ValidateResourcePolicyResponse {
0 policy_validation_passed,
1 validation_errors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidationErrorsEntry {
    pub check_name: Option<String>,
    pub error_message: Option<String>,
}
structure!(ValidationErrorsEntry {
0 check_name,
1 error_message,
});
