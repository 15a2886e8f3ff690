// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Sts`](crate::Sts) for a type: its authorisation rows, its own words for refusals if it
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
        impl $crate::Sts for $service {
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
    pub mod assume_role {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssumeRoleRequest;
        pub type Output = AssumeRoleResponse;
    }

    pub mod assume_role_with_saml {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssumeRoleWithSAMLRequest;
        pub type Output = AssumeRoleWithSAMLResponse;
    }

    pub mod assume_role_with_web_identity {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssumeRoleWithWebIdentityRequest;
        pub type Output = AssumeRoleWithWebIdentityResponse;
    }

    pub mod assume_root {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssumeRootRequest;
        pub type Output = AssumeRootResponse;
    }

    pub mod decode_authorization_message {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DecodeAuthorizationMessageRequest;
        pub type Output = DecodeAuthorizationMessageResponse;
    }

    pub mod get_access_key_info {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAccessKeyInfoRequest;
        pub type Output = GetAccessKeyInfoResponse;
    }

    pub mod get_caller_identity {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCallerIdentityRequest;
        pub type Output = GetCallerIdentityResponse;
    }

    pub mod get_delegated_access_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDelegatedAccessTokenRequest;
        pub type Output = GetDelegatedAccessTokenResponse;
    }

    pub mod get_federation_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetFederationTokenRequest;
        pub type Output = GetFederationTokenResponse;
    }

    pub mod get_session_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSessionTokenRequest;
        pub type Output = GetSessionTokenResponse;
    }

    pub mod get_web_identity_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetWebIdentityTokenRequest;
        pub type Output = GetWebIdentityTokenResponse;
    }
}
