// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Sts`](crate::Sts) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Sts] $($service)* }
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
