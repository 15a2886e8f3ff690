// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`EksAuth`](crate::EksAuth) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate EksAuth] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod assume_role_for_pod_identity {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssumeRoleForPodIdentityRequest;
        pub type Output = AssumeRoleForPodIdentityResponse;
    }
}
