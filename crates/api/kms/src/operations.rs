// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Kms`](crate::Kms) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Kms] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod cancel_key_deletion {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelKeyDeletionRequest;
        pub type Output = CancelKeyDeletionResponse;
    }

    pub mod create_alias {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAliasRequest;
        pub type Output = ();
    }

    pub mod create_grant {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateGrantRequest;
        pub type Output = CreateGrantResponse;
    }

    pub mod create_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateKeyRequest;
        pub type Output = CreateKeyResponse;
    }

    pub mod decrypt {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DecryptRequest;
        pub type Output = DecryptResponse;
    }

    pub mod delete_alias {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAliasRequest;
        pub type Output = ();
    }

    pub mod delete_imported_key_material {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteImportedKeyMaterialRequest;
        pub type Output = DeleteImportedKeyMaterialResponse;
    }

    pub mod derive_shared_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeriveSharedSecretRequest;
        pub type Output = DeriveSharedSecretResponse;
    }

    pub mod describe_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeKeyRequest;
        pub type Output = DescribeKeyResponse;
    }

    pub mod disable_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableKeyRequest;
        pub type Output = ();
    }

    pub mod disable_key_rotation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableKeyRotationRequest;
        pub type Output = ();
    }

    pub mod enable_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableKeyRequest;
        pub type Output = ();
    }

    pub mod enable_key_rotation {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableKeyRotationRequest;
        pub type Output = ();
    }

    pub mod encrypt {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EncryptRequest;
        pub type Output = EncryptResponse;
    }

    pub mod generate_data_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateDataKeyRequest;
        pub type Output = GenerateDataKeyResponse;
    }

    pub mod generate_data_key_pair {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateDataKeyPairRequest;
        pub type Output = GenerateDataKeyPairResponse;
    }

    pub mod generate_data_key_pair_without_plaintext {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateDataKeyPairWithoutPlaintextRequest;
        pub type Output = GenerateDataKeyPairWithoutPlaintextResponse;
    }

    pub mod generate_data_key_without_plaintext {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateDataKeyWithoutPlaintextRequest;
        pub type Output = GenerateDataKeyWithoutPlaintextResponse;
    }

    pub mod generate_mac {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateMacRequest;
        pub type Output = GenerateMacResponse;
    }

    pub mod generate_random {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GenerateRandomRequest;
        pub type Output = GenerateRandomResponse;
    }

    pub mod get_key_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetKeyPolicyRequest;
        pub type Output = GetKeyPolicyResponse;
    }

    pub mod get_key_rotation_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetKeyRotationStatusRequest;
        pub type Output = GetKeyRotationStatusResponse;
    }

    pub mod get_parameters_for_import {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetParametersForImportRequest;
        pub type Output = GetParametersForImportResponse;
    }

    pub mod get_public_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetPublicKeyRequest;
        pub type Output = GetPublicKeyResponse;
    }

    pub mod import_key_material {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ImportKeyMaterialRequest;
        pub type Output = ImportKeyMaterialResponse;
    }

    pub mod list_aliases {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAliasesRequest;
        pub type Output = ListAliasesResponse;
    }

    pub mod list_grants {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListGrantsRequest;
        pub type Output = ListGrantsResponse;
    }

    pub mod list_key_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListKeyPoliciesRequest;
        pub type Output = ListKeyPoliciesResponse;
    }

    pub mod list_key_rotations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListKeyRotationsRequest;
        pub type Output = ListKeyRotationsResponse;
    }

    pub mod list_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListKeysRequest;
        pub type Output = ListKeysResponse;
    }

    pub mod list_resource_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListResourceTagsRequest;
        pub type Output = ListResourceTagsResponse;
    }

    pub mod list_retirable_grants {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListRetirableGrantsRequest;
        pub type Output = ListGrantsResponse;
    }

    pub mod put_key_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutKeyPolicyRequest;
        pub type Output = ();
    }

    pub mod re_encrypt {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReEncryptRequest;
        pub type Output = ReEncryptResponse;
    }

    pub mod replicate_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplicateKeyRequest;
        pub type Output = ReplicateKeyResponse;
    }

    pub mod retire_grant {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RetireGrantRequest;
        pub type Output = ();
    }

    pub mod revoke_grant {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RevokeGrantRequest;
        pub type Output = ();
    }

    pub mod rotate_key_on_demand {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RotateKeyOnDemandRequest;
        pub type Output = RotateKeyOnDemandResponse;
    }

    pub mod schedule_key_deletion {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ScheduleKeyDeletionRequest;
        pub type Output = ScheduleKeyDeletionResponse;
    }

    pub mod sign {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SignRequest;
        pub type Output = SignResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = ();
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = ();
    }

    pub mod update_alias {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAliasRequest;
        pub type Output = ();
    }

    pub mod update_key_description {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateKeyDescriptionRequest;
        pub type Output = ();
    }

    pub mod update_primary_region {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdatePrimaryRegionRequest;
        pub type Output = ();
    }

    pub mod verify {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = VerifyRequest;
        pub type Output = VerifyResponse;
    }

    pub mod verify_mac {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = VerifyMacRequest;
        pub type Output = VerifyMacResponse;
    }
}
