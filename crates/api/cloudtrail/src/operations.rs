// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Cloudtrail`](crate::Cloudtrail) for a type: its authorisation rows, its own words for refusals if it
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
        impl $crate::Cloudtrail for $service {
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
    pub mod add_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AddTagsRequest;
        pub type Output = AddTagsResponse;
    }

    pub mod create_trail {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTrailRequest;
        pub type Output = CreateTrailResponse;
    }

    pub mod delete_trail {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTrailRequest;
        pub type Output = DeleteTrailResponse;
    }

    pub mod describe_trails {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTrailsRequest;
        pub type Output = DescribeTrailsResponse;
    }

    pub mod get_event_selectors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetEventSelectorsRequest;
        pub type Output = GetEventSelectorsResponse;
    }

    pub mod get_trail {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTrailRequest;
        pub type Output = GetTrailResponse;
    }

    pub mod get_trail_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTrailStatusRequest;
        pub type Output = GetTrailStatusResponse;
    }

    pub mod list_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsRequest;
        pub type Output = ListTagsResponse;
    }

    pub mod list_trails {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTrailsRequest;
        pub type Output = ListTrailsResponse;
    }

    pub mod lookup_events {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = LookupEventsRequest;
        pub type Output = LookupEventsResponse;
    }

    pub mod put_event_selectors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutEventSelectorsRequest;
        pub type Output = PutEventSelectorsResponse;
    }

    pub mod remove_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RemoveTagsRequest;
        pub type Output = RemoveTagsResponse;
    }

    pub mod start_logging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartLoggingRequest;
        pub type Output = StartLoggingResponse;
    }

    pub mod stop_logging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopLoggingRequest;
        pub type Output = StopLoggingResponse;
    }

    pub mod update_trail {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateTrailRequest;
        pub type Output = UpdateTrailResponse;
    }
}
