// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Cloudtrail`](crate::Cloudtrail) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Cloudtrail] $($service)* }
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
