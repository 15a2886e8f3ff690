// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Wharf`](crate::Wharf) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Wharf] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod backup {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BackupRequest;
        pub type Output = BackupResponse;
    }

    pub mod close_account {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CloseAccountRequest;
        pub type Output = CloseAccountResponse;
    }

    pub mod create_account {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAccountRequest;
        pub type Output = CreateAccountResponse;
    }

    pub mod create_join_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateJoinTokenRequest;
        pub type Output = CreateJoinTokenResponse;
    }

    pub mod create_signing_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateSigningProfileRequest;
        pub type Output = CreateSigningProfileResponse;
    }

    pub mod dedicate_node {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DedicateNodeRequest;
        pub type Output = DedicateNodeResponse;
    }

    pub mod delete_admission_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAdmissionRuleRequest;
        pub type Output = DeleteAdmissionRuleResponse;
    }

    pub mod delete_signing_profile {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSigningProfileRequest;
        pub type Output = DeleteSigningProfileResponse;
    }

    pub mod explain {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ExplainRequest;
        pub type Output = ExplainResponse;
    }

    pub mod get_backup {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBackupRequest;
        pub type Output = GetBackupResponse;
    }

    pub mod get_certificate_authority {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCertificateAuthorityRequest;
        pub type Output = GetCertificateAuthorityResponse;
    }

    pub mod list_accounts {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAccountsRequest;
        pub type Output = ListAccountsResponse;
    }

    pub mod list_admission_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAdmissionRulesRequest;
        pub type Output = ListAdmissionRulesResponse;
    }

    pub mod list_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListKeysRequest;
        pub type Output = ListKeysResponse;
    }

    pub mod list_nodes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListNodesRequest;
        pub type Output = ListNodesResponse;
    }

    pub mod list_outside_access {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListOutsideAccessRequest;
        pub type Output = ListOutsideAccessResponse;
    }

    pub mod list_signing_profiles {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSigningProfilesRequest;
        pub type Output = ListSigningProfilesResponse;
    }

    pub mod overview {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = OverviewRequest;
        pub type Output = OverviewResponse;
    }

    pub mod put_admission_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAdmissionRuleRequest;
        pub type Output = PutAdmissionRuleResponse;
    }

    pub mod remove_node {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveNodeRequest;
        pub type Output = RemoveNodeResponse;
    }

    pub mod retire_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RetireKeysRequest;
        pub type Output = RetireKeysResponse;
    }

    pub mod retire_node {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RetireNodeRequest;
        pub type Output = RetireNodeResponse;
    }

    pub mod rotate_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RotateKeysRequest;
        pub type Output = RotateKeysResponse;
    }
}
