// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Wharf`](crate::Wharf) for a type: its authorisation rows, its own words for refusals if it
/// has any, how each function is run, and a line for each operation it has.
#[macro_export]
macro_rules! operations {
    (
        impl $service:ty;
        authorize($of:ident, $cx:ident, $asked:ident) = $rows:expr;
        $(refuse = $refuse:path;)?
        run($self:ident, $operation:ident, $call:ident, $input:ident) = $run:expr;
        $($name:ident = $function:path;)*
    ) => {
        #[$crate::async_trait]
        impl $crate::Wharf for $service {
            async fn authorize(
                &$of,
                $cx: &$crate::wire::Context,
                $asked: $crate::Input<'_>,
            ) -> Result<Vec<$crate::wire::Check>, $crate::wire::Fault> {
                $rows
            }

            $(fn refuse(
                &self,
                operation: &'static str,
                violations: &[$crate::wire::constraints::Violation],
            ) -> Option<$crate::wire::Fault> {
                $refuse(operation, violations)
            })?

            $(async fn $name(
                &$self,
                $call: &$crate::wire::Call,
                $input: $crate::operations::io::$name::Input,
            ) -> Result<$crate::operations::io::$name::Output, $crate::wire::Fault> {
                let $operation = $function;
                Ok($run?)
            })*
        }
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

    pub mod create_join_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateJoinTokenRequest;
        pub type Output = CreateJoinTokenResponse;
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

    pub mod overview {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = OverviewRequest;
        pub type Output = OverviewResponse;
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

    pub mod rotate_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RotateKeysRequest;
        pub type Output = RotateKeysResponse;
    }
}
