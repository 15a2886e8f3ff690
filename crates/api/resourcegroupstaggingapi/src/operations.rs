// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Resourcegroupstaggingapi`](crate::Resourcegroupstaggingapi) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Resourcegroupstaggingapi] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod get_resources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetResourcesInput;
        pub type Output = GetResourcesOutput;
    }

    pub mod get_tag_keys {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTagKeysInput;
        pub type Output = GetTagKeysOutput;
    }

    pub mod get_tag_values {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTagValuesInput;
        pub type Output = GetTagValuesOutput;
    }

    pub mod tag_resources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourcesInput;
        pub type Output = TagResourcesOutput;
    }

    pub mod untag_resources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourcesInput;
        pub type Output = UntagResourcesOutput;
    }
}
