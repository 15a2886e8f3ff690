// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Ce`](crate::Ce) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Ce] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod create_anomaly_monitor {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAnomalyMonitorRequest;
        pub type Output = CreateAnomalyMonitorResponse;
    }

    pub mod create_anomaly_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAnomalySubscriptionRequest;
        pub type Output = CreateAnomalySubscriptionResponse;
    }

    pub mod create_cost_category_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateCostCategoryDefinitionRequest;
        pub type Output = CreateCostCategoryDefinitionResponse;
    }

    pub mod delete_anomaly_monitor {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAnomalyMonitorRequest;
        pub type Output = DeleteAnomalyMonitorResponse;
    }

    pub mod delete_anomaly_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAnomalySubscriptionRequest;
        pub type Output = DeleteAnomalySubscriptionResponse;
    }

    pub mod delete_cost_category_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteCostCategoryDefinitionRequest;
        pub type Output = DeleteCostCategoryDefinitionResponse;
    }

    pub mod describe_cost_category_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeCostCategoryDefinitionRequest;
        pub type Output = DescribeCostCategoryDefinitionResponse;
    }

    pub mod get_anomalies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAnomaliesRequest;
        pub type Output = GetAnomaliesResponse;
    }

    pub mod get_anomaly_monitors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAnomalyMonitorsRequest;
        pub type Output = GetAnomalyMonitorsResponse;
    }

    pub mod get_anomaly_subscriptions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAnomalySubscriptionsRequest;
        pub type Output = GetAnomalySubscriptionsResponse;
    }

    pub mod get_cost_and_usage {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCostAndUsageRequest;
        pub type Output = GetCostAndUsageResponse;
    }

    pub mod get_cost_and_usage_with_resources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCostAndUsageWithResourcesRequest;
        pub type Output = GetCostAndUsageWithResourcesResponse;
    }

    pub mod get_cost_categories {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCostCategoriesRequest;
        pub type Output = GetCostCategoriesResponse;
    }

    pub mod get_cost_forecast {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetCostForecastRequest;
        pub type Output = GetCostForecastResponse;
    }

    pub mod get_dimension_values {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDimensionValuesRequest;
        pub type Output = GetDimensionValuesResponse;
    }

    pub mod get_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTagsRequest;
        pub type Output = GetTagsResponse;
    }

    pub mod get_usage_forecast {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetUsageForecastRequest;
        pub type Output = GetUsageForecastResponse;
    }

    pub mod list_cost_allocation_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCostAllocationTagsRequest;
        pub type Output = ListCostAllocationTagsResponse;
    }

    pub mod list_cost_category_definitions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListCostCategoryDefinitionsRequest;
        pub type Output = ListCostCategoryDefinitionsResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
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

    pub mod update_anomaly_monitor {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAnomalyMonitorRequest;
        pub type Output = UpdateAnomalyMonitorResponse;
    }

    pub mod update_anomaly_subscription {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAnomalySubscriptionRequest;
        pub type Output = UpdateAnomalySubscriptionResponse;
    }

    pub mod update_cost_allocation_tags_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateCostAllocationTagsStatusRequest;
        pub type Output = UpdateCostAllocationTagsStatusResponse;
    }

    pub mod update_cost_category_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateCostCategoryDefinitionRequest;
        pub type Output = UpdateCostCategoryDefinitionResponse;
    }
}
