// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AliasListEntry {
    pub alias_name: Option<String>,
    pub alias_arn: Option<String>,
    pub target_key_id: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_updated_date: Option<Timestamp>,
}
structure!(AliasListEntry {
0 alias_name,
1 alias_arn,
2 target_key_id,
3 creation_date,
4 last_updated_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelKeyDeletionRequest {
    pub key_id: Option<String>,
}
structure!(CancelKeyDeletionRequest {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelKeyDeletionResponse {
    pub key_id: Option<String>,
}
structure!(CancelKeyDeletionResponse {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAliasRequest {
    pub alias_name: Option<String>,
    pub target_key_id: Option<String>,
}
structure!(CreateAliasRequest {
0 alias_name,
1 target_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateGrantRequest {
    pub key_id: Option<String>,
    pub grantee_principal: Option<String>,
    pub retiring_principal: Option<String>,
    pub operations: Option<Vec<String>>,
    pub constraints: Option<GrantConstraints>,
    pub grant_tokens: Option<Vec<String>>,
    pub name: Option<String>,
    pub dry_run: Option<bool>,
    pub grantee_service_principal: Option<String>,
    pub retiring_service_principal: Option<String>,
}
structure!(CreateGrantRequest {
0 key_id,
1 grantee_principal,
2 retiring_principal,
3 operations,
4 constraints,
5 grant_tokens,
6 name,
7 dry_run,
8 grantee_service_principal,
9 retiring_service_principal,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateGrantResponse {
    pub grant_token: Option<String>,
    pub grant_id: Option<String>,
}
structure!(CreateGrantResponse {
0 grant_token,
1 grant_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateKeyRequest {
    pub policy: Option<String>,
    pub description: Option<String>,
    pub key_usage: Option<String>,
    pub customer_master_key_spec: Option<String>,
    pub key_spec: Option<String>,
    pub origin: Option<String>,
    pub custom_key_store_id: Option<String>,
    pub bypass_policy_lockout_safety_check: Option<bool>,
    pub tags: Option<Vec<Tag>>,
    pub multi_region: Option<bool>,
    pub xks_key_id: Option<String>,
}
structure!(CreateKeyRequest {
0 policy,
1 description,
2 key_usage,
3 customer_master_key_spec,
4 key_spec,
5 origin,
6 custom_key_store_id,
7 bypass_policy_lockout_safety_check,
8 tags,
9 multi_region,
10 xks_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateKeyResponse {
    pub key_metadata: Option<KeyMetadata>,
}
structure!(CreateKeyResponse {
0 key_metadata,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecryptRequest {
    pub ciphertext_blob: Option<Vec<u8>>,
    pub encryption_context: Option<BTreeMap<String, String>>,
    pub grant_tokens: Option<Vec<String>>,
    pub key_id: Option<String>,
    pub encryption_algorithm: Option<String>,
    pub recipient: Option<RecipientInfo>,
    pub dry_run: Option<bool>,
    pub dry_run_modifiers: Option<Vec<String>>,
}
structure!(DecryptRequest {
0 ciphertext_blob,
1 encryption_context,
2 grant_tokens,
3 key_id,
4 encryption_algorithm,
5 recipient,
6 dry_run,
7 dry_run_modifiers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecryptResponse {
    pub key_id: Option<String>,
    pub plaintext: Option<Vec<u8>>,
    pub encryption_algorithm: Option<String>,
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    pub key_material_id: Option<String>,
}
structure!(DecryptResponse {
0 key_id,
1 plaintext,
2 encryption_algorithm,
3 ciphertext_for_recipient,
4 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAliasRequest {
    pub alias_name: Option<String>,
}
structure!(DeleteAliasRequest {
0 alias_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteImportedKeyMaterialRequest {
    pub key_id: Option<String>,
    pub key_material_id: Option<String>,
}
structure!(DeleteImportedKeyMaterialRequest {
0 key_id,
1 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteImportedKeyMaterialResponse {
    pub key_id: Option<String>,
    pub key_material_id: Option<String>,
}
structure!(DeleteImportedKeyMaterialResponse {
0 key_id,
1 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeriveSharedSecretRequest {
    pub key_id: Option<String>,
    pub key_agreement_algorithm: Option<String>,
    pub public_key: Option<Vec<u8>>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub recipient: Option<RecipientInfo>,
}
structure!(DeriveSharedSecretRequest {
0 key_id,
1 key_agreement_algorithm,
2 public_key,
3 grant_tokens,
4 dry_run,
5 recipient,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeriveSharedSecretResponse {
    pub key_id: Option<String>,
    pub shared_secret: Option<Vec<u8>>,
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    pub key_agreement_algorithm: Option<String>,
    pub key_origin: Option<String>,
}
structure!(DeriveSharedSecretResponse {
0 key_id,
1 shared_secret,
2 ciphertext_for_recipient,
3 key_agreement_algorithm,
4 key_origin,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeKeyRequest {
    pub key_id: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
}
structure!(DescribeKeyRequest {
0 key_id,
1 grant_tokens,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeKeyResponse {
    pub key_metadata: Option<KeyMetadata>,
}
structure!(DescribeKeyResponse {
0 key_metadata,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableKeyRequest {
    pub key_id: Option<String>,
}
structure!(DisableKeyRequest {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableKeyRotationRequest {
    pub key_id: Option<String>,
}
structure!(DisableKeyRotationRequest {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableKeyRequest {
    pub key_id: Option<String>,
}
structure!(EnableKeyRequest {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableKeyRotationRequest {
    pub key_id: Option<String>,
    pub rotation_period_in_days: Option<i32>,
}
structure!(EnableKeyRotationRequest {
0 key_id,
1 rotation_period_in_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncryptRequest {
    pub key_id: Option<String>,
    pub plaintext: Option<Vec<u8>>,
    pub encryption_context: Option<BTreeMap<String, String>>,
    pub grant_tokens: Option<Vec<String>>,
    pub encryption_algorithm: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(EncryptRequest {
0 key_id,
1 plaintext,
2 encryption_context,
3 grant_tokens,
4 encryption_algorithm,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncryptResponse {
    pub ciphertext_blob: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub encryption_algorithm: Option<String>,
}
structure!(EncryptResponse {
0 ciphertext_blob,
1 key_id,
2 encryption_algorithm,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyPairRequest {
    pub encryption_context: Option<BTreeMap<String, String>>,
    pub key_id: Option<String>,
    pub key_pair_spec: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub recipient: Option<RecipientInfo>,
    pub dry_run: Option<bool>,
}
structure!(GenerateDataKeyPairRequest {
0 encryption_context,
1 key_id,
2 key_pair_spec,
3 grant_tokens,
4 recipient,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyPairResponse {
    pub private_key_ciphertext_blob: Option<Vec<u8>>,
    pub private_key_plaintext: Option<Vec<u8>>,
    pub public_key: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub key_pair_spec: Option<String>,
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    pub key_material_id: Option<String>,
}
structure!(GenerateDataKeyPairResponse {
0 private_key_ciphertext_blob,
1 private_key_plaintext,
2 public_key,
3 key_id,
4 key_pair_spec,
5 ciphertext_for_recipient,
6 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyPairWithoutPlaintextRequest {
    pub encryption_context: Option<BTreeMap<String, String>>,
    pub key_id: Option<String>,
    pub key_pair_spec: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(GenerateDataKeyPairWithoutPlaintextRequest {
0 encryption_context,
1 key_id,
2 key_pair_spec,
3 grant_tokens,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyPairWithoutPlaintextResponse {
    pub private_key_ciphertext_blob: Option<Vec<u8>>,
    pub public_key: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub key_pair_spec: Option<String>,
    pub key_material_id: Option<String>,
}
structure!(GenerateDataKeyPairWithoutPlaintextResponse {
0 private_key_ciphertext_blob,
1 public_key,
2 key_id,
3 key_pair_spec,
4 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyRequest {
    pub key_id: Option<String>,
    pub encryption_context: Option<BTreeMap<String, String>>,
    pub number_of_bytes: Option<i32>,
    pub key_spec: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub recipient: Option<RecipientInfo>,
    pub dry_run: Option<bool>,
}
structure!(GenerateDataKeyRequest {
0 key_id,
1 encryption_context,
2 number_of_bytes,
3 key_spec,
4 grant_tokens,
5 recipient,
6 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyResponse {
    pub ciphertext_blob: Option<Vec<u8>>,
    pub plaintext: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    pub key_material_id: Option<String>,
}
structure!(GenerateDataKeyResponse {
0 ciphertext_blob,
1 plaintext,
2 key_id,
3 ciphertext_for_recipient,
4 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyWithoutPlaintextRequest {
    pub key_id: Option<String>,
    pub encryption_context: Option<BTreeMap<String, String>>,
    pub key_spec: Option<String>,
    pub number_of_bytes: Option<i32>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(GenerateDataKeyWithoutPlaintextRequest {
0 key_id,
1 encryption_context,
2 key_spec,
3 number_of_bytes,
4 grant_tokens,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateDataKeyWithoutPlaintextResponse {
    pub ciphertext_blob: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub key_material_id: Option<String>,
}
structure!(GenerateDataKeyWithoutPlaintextResponse {
0 ciphertext_blob,
1 key_id,
2 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateMacRequest {
    pub message: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub mac_algorithm: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(GenerateMacRequest {
0 message,
1 key_id,
2 mac_algorithm,
3 grant_tokens,
4 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateMacResponse {
    pub mac: Option<Vec<u8>>,
    pub mac_algorithm: Option<String>,
    pub key_id: Option<String>,
}
structure!(GenerateMacResponse {
0 mac,
1 mac_algorithm,
2 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateRandomRequest {
    pub number_of_bytes: Option<i32>,
    pub custom_key_store_id: Option<String>,
    pub recipient: Option<RecipientInfo>,
}
structure!(GenerateRandomRequest {
0 number_of_bytes,
1 custom_key_store_id,
2 recipient,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateRandomResponse {
    pub plaintext: Option<Vec<u8>>,
    pub ciphertext_for_recipient: Option<Vec<u8>>,
}
structure!(GenerateRandomResponse {
0 plaintext,
1 ciphertext_for_recipient,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetKeyPolicyRequest {
    pub key_id: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetKeyPolicyRequest {
0 key_id,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetKeyPolicyResponse {
    pub policy: Option<String>,
    pub policy_name: Option<String>,
}
structure!(GetKeyPolicyResponse {
0 policy,
1 policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetKeyRotationStatusRequest {
    pub key_id: Option<String>,
}
structure!(GetKeyRotationStatusRequest {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetKeyRotationStatusResponse {
    pub key_rotation_enabled: Option<bool>,
    pub key_id: Option<String>,
    pub rotation_period_in_days: Option<i32>,
    pub next_rotation_date: Option<Timestamp>,
    pub on_demand_rotation_start_date: Option<Timestamp>,
}
structure!(GetKeyRotationStatusResponse {
0 key_rotation_enabled,
1 key_id,
2 rotation_period_in_days,
3 next_rotation_date,
4 on_demand_rotation_start_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParametersForImportRequest {
    pub key_id: Option<String>,
    pub wrapping_algorithm: Option<String>,
    pub wrapping_key_spec: Option<String>,
}
structure!(GetParametersForImportRequest {
0 key_id,
1 wrapping_algorithm,
2 wrapping_key_spec,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParametersForImportResponse {
    pub key_id: Option<String>,
    pub import_token: Option<Vec<u8>>,
    pub public_key: Option<Vec<u8>>,
    pub parameters_valid_to: Option<Timestamp>,
}
structure!(GetParametersForImportResponse {
0 key_id,
1 import_token,
2 public_key,
3 parameters_valid_to,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPublicKeyRequest {
    pub key_id: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
}
structure!(GetPublicKeyRequest {
0 key_id,
1 grant_tokens,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPublicKeyResponse {
    pub key_id: Option<String>,
    pub public_key: Option<Vec<u8>>,
    pub customer_master_key_spec: Option<String>,
    pub key_spec: Option<String>,
    pub key_usage: Option<String>,
    pub encryption_algorithms: Option<Vec<String>>,
    pub signing_algorithms: Option<Vec<String>>,
    pub key_agreement_algorithms: Option<Vec<String>>,
    pub encapsulation_algorithms: Option<Vec<String>>,
}
structure!(GetPublicKeyResponse {
0 key_id,
1 public_key,
2 customer_master_key_spec,
3 key_spec,
4 key_usage,
5 encryption_algorithms,
6 signing_algorithms,
7 key_agreement_algorithms,
8 encapsulation_algorithms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GrantConstraints {
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    pub source_arn: Option<String>,
}
structure!(GrantConstraints {
0 encryption_context_subset,
1 encryption_context_equals,
2 source_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GrantListEntry {
    pub key_id: Option<String>,
    pub grant_id: Option<String>,
    pub name: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub grantee_principal: Option<String>,
    pub retiring_principal: Option<String>,
    pub issuing_account: Option<String>,
    pub operations: Option<Vec<String>>,
    pub constraints: Option<GrantConstraints>,
    pub grantee_service_principal: Option<String>,
    pub retiring_service_principal: Option<String>,
}
structure!(GrantListEntry {
0 key_id,
1 grant_id,
2 name,
3 creation_date,
4 grantee_principal,
5 retiring_principal,
6 issuing_account,
7 operations,
8 constraints,
9 grantee_service_principal,
10 retiring_service_principal,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportKeyMaterialRequest {
    pub key_id: Option<String>,
    pub import_token: Option<Vec<u8>>,
    pub encrypted_key_material: Option<Vec<u8>>,
    pub valid_to: Option<Timestamp>,
    pub expiration_model: Option<String>,
    pub import_type: Option<String>,
    pub key_material_description: Option<String>,
    pub key_material_id: Option<String>,
}
structure!(ImportKeyMaterialRequest {
0 key_id,
1 import_token,
2 encrypted_key_material,
3 valid_to,
4 expiration_model,
5 import_type,
6 key_material_description,
7 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportKeyMaterialResponse {
    pub key_id: Option<String>,
    pub key_material_id: Option<String>,
}
structure!(ImportKeyMaterialResponse {
0 key_id,
1 key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyListEntry {
    pub key_id: Option<String>,
    pub key_arn: Option<String>,
}
structure!(KeyListEntry {
0 key_id,
1 key_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyMetadata {
    pub aws_account_id: Option<String>,
    pub key_id: Option<String>,
    pub arn: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub enabled: Option<bool>,
    pub description: Option<String>,
    pub key_usage: Option<String>,
    pub key_state: Option<String>,
    pub deletion_date: Option<Timestamp>,
    pub valid_to: Option<Timestamp>,
    pub origin: Option<String>,
    pub custom_key_store_id: Option<String>,
    pub cloud_hsm_cluster_id: Option<String>,
    pub expiration_model: Option<String>,
    pub key_manager: Option<String>,
    pub customer_master_key_spec: Option<String>,
    pub key_spec: Option<String>,
    pub encryption_algorithms: Option<Vec<String>>,
    pub signing_algorithms: Option<Vec<String>>,
    pub key_agreement_algorithms: Option<Vec<String>>,
    pub encapsulation_algorithms: Option<Vec<String>>,
    pub multi_region: Option<bool>,
    pub multi_region_configuration: Option<MultiRegionConfiguration>,
    pub pending_deletion_window_in_days: Option<i32>,
    pub mac_algorithms: Option<Vec<String>>,
    pub xks_key_configuration: Option<XksKeyConfigurationType>,
    pub current_key_material_id: Option<String>,
}
structure!(KeyMetadata {
0 aws_account_id,
1 key_id,
2 arn,
3 creation_date,
4 enabled,
5 description,
6 key_usage,
7 key_state,
8 deletion_date,
9 valid_to,
10 origin,
11 custom_key_store_id,
12 cloud_hsm_cluster_id,
13 expiration_model,
14 key_manager,
15 customer_master_key_spec,
16 key_spec,
17 encryption_algorithms,
18 signing_algorithms,
19 key_agreement_algorithms,
20 encapsulation_algorithms,
21 multi_region,
22 multi_region_configuration,
23 pending_deletion_window_in_days,
24 mac_algorithms,
25 xks_key_configuration,
26 current_key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAliasesRequest {
    pub key_id: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}
structure!(ListAliasesRequest {
0 key_id,
1 limit,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAliasesResponse {
    pub aliases: Option<Vec<AliasListEntry>>,
    pub next_marker: Option<String>,
    pub truncated: Option<bool>,
}
structure!(ListAliasesResponse {
0 aliases,
1 next_marker,
2 truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGrantsRequest {
    pub limit: Option<i32>,
    pub marker: Option<String>,
    pub key_id: Option<String>,
    pub grant_id: Option<String>,
    pub grantee_principal: Option<String>,
    pub grantee_service_principal: Option<String>,
}
structure!(ListGrantsRequest {
0 limit,
1 marker,
2 key_id,
3 grant_id,
4 grantee_principal,
5 grantee_service_principal,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListGrantsResponse {
    pub grants: Option<Vec<GrantListEntry>>,
    pub next_marker: Option<String>,
    pub truncated: Option<bool>,
}
structure!(ListGrantsResponse {
0 grants,
1 next_marker,
2 truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeyPoliciesRequest {
    pub key_id: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}
structure!(ListKeyPoliciesRequest {
0 key_id,
1 limit,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeyPoliciesResponse {
    pub policy_names: Option<Vec<String>>,
    pub next_marker: Option<String>,
    pub truncated: Option<bool>,
}
structure!(ListKeyPoliciesResponse {
0 policy_names,
1 next_marker,
2 truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeyRotationsRequest {
    pub key_id: Option<String>,
    pub include_key_material: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}
structure!(ListKeyRotationsRequest {
0 key_id,
1 include_key_material,
2 limit,
3 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeyRotationsResponse {
    pub rotations: Option<Vec<RotationsListEntry>>,
    pub next_marker: Option<String>,
    pub truncated: Option<bool>,
}
structure!(ListKeyRotationsResponse {
0 rotations,
1 next_marker,
2 truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeysRequest {
    pub limit: Option<i32>,
    pub marker: Option<String>,
    pub resource_owners: Option<Vec<String>>,
}
structure!(ListKeysRequest {
0 limit,
1 marker,
2 resource_owners,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListKeysResponse {
    pub keys: Option<Vec<KeyListEntry>>,
    pub next_marker: Option<String>,
    pub truncated: Option<bool>,
}
structure!(ListKeysResponse {
0 keys,
1 next_marker,
2 truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListResourceTagsRequest {
    pub key_id: Option<String>,
    pub limit: Option<i32>,
    pub marker: Option<String>,
}
structure!(ListResourceTagsRequest {
0 key_id,
1 limit,
2 marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListResourceTagsResponse {
    pub tags: Option<Vec<Tag>>,
    pub next_marker: Option<String>,
    pub truncated: Option<bool>,
}
structure!(ListResourceTagsResponse {
0 tags,
1 next_marker,
2 truncated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRetirableGrantsRequest {
    pub limit: Option<i32>,
    pub marker: Option<String>,
    pub retiring_principal: Option<String>,
    pub retiring_service_principal: Option<String>,
}
structure!(ListRetirableGrantsRequest {
0 limit,
1 marker,
2 retiring_principal,
3 retiring_service_principal,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MultiRegionConfiguration {
    pub multi_region_key_type: Option<String>,
    pub primary_key: Option<MultiRegionKey>,
    pub replica_keys: Option<Vec<MultiRegionKey>>,
}
structure!(MultiRegionConfiguration {
0 multi_region_key_type,
1 primary_key,
2 replica_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MultiRegionKey {
    pub arn: Option<String>,
    pub region: Option<String>,
}
structure!(MultiRegionKey {
0 arn,
1 region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutKeyPolicyRequest {
    pub key_id: Option<String>,
    pub policy_name: Option<String>,
    pub policy: Option<String>,
    pub bypass_policy_lockout_safety_check: Option<bool>,
}
structure!(PutKeyPolicyRequest {
0 key_id,
1 policy_name,
2 policy,
3 bypass_policy_lockout_safety_check,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReEncryptRequest {
    pub ciphertext_blob: Option<Vec<u8>>,
    pub source_encryption_context: Option<BTreeMap<String, String>>,
    pub source_key_id: Option<String>,
    pub destination_key_id: Option<String>,
    pub destination_encryption_context: Option<BTreeMap<String, String>>,
    pub source_encryption_algorithm: Option<String>,
    pub destination_encryption_algorithm: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
    pub dry_run_modifiers: Option<Vec<String>>,
}
structure!(ReEncryptRequest {
0 ciphertext_blob,
1 source_encryption_context,
2 source_key_id,
3 destination_key_id,
4 destination_encryption_context,
5 source_encryption_algorithm,
6 destination_encryption_algorithm,
7 grant_tokens,
8 dry_run,
9 dry_run_modifiers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReEncryptResponse {
    pub ciphertext_blob: Option<Vec<u8>>,
    pub source_key_id: Option<String>,
    pub key_id: Option<String>,
    pub source_encryption_algorithm: Option<String>,
    pub destination_encryption_algorithm: Option<String>,
    pub source_key_material_id: Option<String>,
    pub destination_key_material_id: Option<String>,
}
structure!(ReEncryptResponse {
0 ciphertext_blob,
1 source_key_id,
2 key_id,
3 source_encryption_algorithm,
4 destination_encryption_algorithm,
5 source_key_material_id,
6 destination_key_material_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecipientInfo {
    pub key_encryption_algorithm: Option<String>,
    pub attestation_document: Option<Vec<u8>>,
}
structure!(RecipientInfo {
0 key_encryption_algorithm,
1 attestation_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicateKeyRequest {
    pub key_id: Option<String>,
    pub replica_region: Option<String>,
    pub policy: Option<String>,
    pub bypass_policy_lockout_safety_check: Option<bool>,
    pub description: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(ReplicateKeyRequest {
0 key_id,
1 replica_region,
2 policy,
3 bypass_policy_lockout_safety_check,
4 description,
5 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicateKeyResponse {
    pub replica_key_metadata: Option<KeyMetadata>,
    pub replica_policy: Option<String>,
    pub replica_tags: Option<Vec<Tag>>,
}
structure!(ReplicateKeyResponse {
0 replica_key_metadata,
1 replica_policy,
2 replica_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetireGrantRequest {
    pub grant_token: Option<String>,
    pub key_id: Option<String>,
    pub grant_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(RetireGrantRequest {
0 grant_token,
1 key_id,
2 grant_id,
3 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevokeGrantRequest {
    pub key_id: Option<String>,
    pub grant_id: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(RevokeGrantRequest {
0 key_id,
1 grant_id,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotateKeyOnDemandRequest {
    pub key_id: Option<String>,
}
structure!(RotateKeyOnDemandRequest {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotateKeyOnDemandResponse {
    pub key_id: Option<String>,
}
structure!(RotateKeyOnDemandResponse {
0 key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RotationsListEntry {
    pub key_id: Option<String>,
    pub key_material_id: Option<String>,
    pub key_material_description: Option<String>,
    pub import_state: Option<String>,
    pub key_material_state: Option<String>,
    pub expiration_model: Option<String>,
    pub valid_to: Option<Timestamp>,
    pub rotation_date: Option<Timestamp>,
    pub rotation_type: Option<String>,
}
structure!(RotationsListEntry {
0 key_id,
1 key_material_id,
2 key_material_description,
3 import_state,
4 key_material_state,
5 expiration_model,
6 valid_to,
7 rotation_date,
8 rotation_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleKeyDeletionRequest {
    pub key_id: Option<String>,
    pub pending_window_in_days: Option<i32>,
}
structure!(ScheduleKeyDeletionRequest {
0 key_id,
1 pending_window_in_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleKeyDeletionResponse {
    pub key_id: Option<String>,
    pub deletion_date: Option<Timestamp>,
    pub key_state: Option<String>,
    pub pending_window_in_days: Option<i32>,
}
structure!(ScheduleKeyDeletionResponse {
0 key_id,
1 deletion_date,
2 key_state,
3 pending_window_in_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignRequest {
    pub key_id: Option<String>,
    pub message: Option<Vec<u8>>,
    pub message_type: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub signing_algorithm: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(SignRequest {
0 key_id,
1 message,
2 message_type,
3 grant_tokens,
4 signing_algorithm,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignResponse {
    pub key_id: Option<String>,
    pub signature: Option<Vec<u8>>,
    pub signing_algorithm: Option<String>,
}
structure!(SignResponse {
0 key_id,
1 signature,
2 signing_algorithm,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub tag_key: Option<String>,
    pub tag_value: Option<String>,
}
structure!(Tag {
0 tag_key,
1 tag_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub key_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 key_id,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub key_id: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 key_id,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAliasRequest {
    pub alias_name: Option<String>,
    pub target_key_id: Option<String>,
}
structure!(UpdateAliasRequest {
0 alias_name,
1 target_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateKeyDescriptionRequest {
    pub key_id: Option<String>,
    pub description: Option<String>,
}
structure!(UpdateKeyDescriptionRequest {
0 key_id,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdatePrimaryRegionRequest {
    pub key_id: Option<String>,
    pub primary_region: Option<String>,
}
structure!(UpdatePrimaryRegionRequest {
0 key_id,
1 primary_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyMacRequest {
    pub message: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub mac_algorithm: Option<String>,
    pub mac: Option<Vec<u8>>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(VerifyMacRequest {
0 message,
1 key_id,
2 mac_algorithm,
3 mac,
4 grant_tokens,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyMacResponse {
    pub key_id: Option<String>,
    pub mac_valid: Option<bool>,
    pub mac_algorithm: Option<String>,
}
structure!(VerifyMacResponse {
0 key_id,
1 mac_valid,
2 mac_algorithm,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyRequest {
    pub key_id: Option<String>,
    pub message: Option<Vec<u8>>,
    pub message_type: Option<String>,
    pub signature: Option<Vec<u8>>,
    pub signing_algorithm: Option<String>,
    pub grant_tokens: Option<Vec<String>>,
    pub dry_run: Option<bool>,
}
structure!(VerifyRequest {
0 key_id,
1 message,
2 message_type,
3 signature,
4 signing_algorithm,
5 grant_tokens,
6 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyResponse {
    pub key_id: Option<String>,
    pub signature_valid: Option<bool>,
    pub signing_algorithm: Option<String>,
}
structure!(VerifyResponse {
0 key_id,
1 signature_valid,
2 signing_algorithm,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct XksKeyConfigurationType {
    pub id: Option<String>,
}
structure!(XksKeyConfigurationType {
0 id,
});
