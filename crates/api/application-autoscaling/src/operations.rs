// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`ApplicationAutoscaling`](crate::ApplicationAutoscaling) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate ApplicationAutoscaling] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod delete_scaling_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteScalingPolicyRequest;
        pub type Output = DeleteScalingPolicyResponse;
    }

    pub mod delete_scheduled_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteScheduledActionRequest;
        pub type Output = DeleteScheduledActionResponse;
    }

    pub mod deregister_scalable_target {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterScalableTargetRequest;
        pub type Output = DeregisterScalableTargetResponse;
    }

    pub mod describe_scalable_targets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeScalableTargetsRequest;
        pub type Output = DescribeScalableTargetsResponse;
    }

    pub mod describe_scaling_activities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeScalingActivitiesRequest;
        pub type Output = DescribeScalingActivitiesResponse;
    }

    pub mod describe_scaling_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeScalingPoliciesRequest;
        pub type Output = DescribeScalingPoliciesResponse;
    }

    pub mod describe_scheduled_actions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeScheduledActionsRequest;
        pub type Output = DescribeScheduledActionsResponse;
    }

    pub mod get_predictive_scaling_forecast {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetPredictiveScalingForecastRequest;
        pub type Output = GetPredictiveScalingForecastResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod put_scaling_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutScalingPolicyRequest;
        pub type Output = PutScalingPolicyResponse;
    }

    pub mod put_scheduled_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutScheduledActionRequest;
        pub type Output = PutScheduledActionResponse;
    }

    pub mod register_scalable_target {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterScalableTargetRequest;
        pub type Output = RegisterScalableTargetResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }
}
