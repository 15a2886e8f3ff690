// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Secretsmanager`](crate::Secretsmanager) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Secretsmanager] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod associate_cross_account_replica {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateCrossAccountReplicaRequest;
        pub type Output = AssociateCrossAccountReplicaResponse;
    }

    pub mod batch_get_secret_value {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchGetSecretValueRequest;
        pub type Output = BatchGetSecretValueResponse;
    }

    pub mod cancel_rotate_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelRotateSecretRequest;
        pub type Output = CancelRotateSecretResponse;
    }

    pub mod create_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSecretRequest;
        pub type Output = CreateSecretResponse;
    }

    pub mod delete_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteResourcePolicyRequest;
        pub type Output = DeleteResourcePolicyResponse;
    }

    pub mod delete_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSecretRequest;
        pub type Output = DeleteSecretResponse;
    }

    pub mod describe_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSecretRequest;
        pub type Output = DescribeSecretResponse;
    }

    pub mod disassociate_cross_account_replica {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateCrossAccountReplicaRequest;
        pub type Output = DisassociateCrossAccountReplicaResponse;
    }

    pub mod get_random_password {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRandomPasswordRequest;
        pub type Output = GetRandomPasswordResponse;
    }

    pub mod get_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetResourcePolicyRequest;
        pub type Output = GetResourcePolicyResponse;
    }

    pub mod get_secret_value {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSecretValueRequest;
        pub type Output = GetSecretValueResponse;
    }

    pub mod list_resource_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListResourcePoliciesRequest;
        pub type Output = ListResourcePoliciesResponse;
    }

    pub mod list_secret_version_ids {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSecretVersionIdsRequest;
        pub type Output = ListSecretVersionIdsResponse;
    }

    pub mod list_secrets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSecretsRequest;
        pub type Output = ListSecretsResponse;
    }

    pub mod put_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutResourcePolicyRequest;
        pub type Output = PutResourcePolicyResponse;
    }

    pub mod put_secret_value {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutSecretValueRequest;
        pub type Output = PutSecretValueResponse;
    }

    pub mod remove_regions_from_replication {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveRegionsFromReplicationRequest;
        pub type Output = RemoveRegionsFromReplicationResponse;
    }

    pub mod replicate_secret_to_regions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ReplicateSecretToRegionsRequest;
        pub type Output = ReplicateSecretToRegionsResponse;
    }

    pub mod restore_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RestoreSecretRequest;
        pub type Output = RestoreSecretResponse;
    }

    pub mod rotate_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RotateSecretRequest;
        pub type Output = RotateSecretResponse;
    }

    pub mod stop_replication_to_replica {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopReplicationToReplicaRequest;
        pub type Output = StopReplicationToReplicaResponse;
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

    pub mod update_secret {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSecretRequest;
        pub type Output = UpdateSecretResponse;
    }

    pub mod update_secret_version_stage {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateSecretVersionStageRequest;
        pub type Output = UpdateSecretVersionStageResponse;
    }

    pub mod validate_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ValidateResourcePolicyRequest;
        pub type Output = ValidateResourcePolicyResponse;
    }
}
