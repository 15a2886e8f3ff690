//! DescribeMetricFilters and DescribeSubscriptionFilters: nobody can make any, so no group has one.

use wharf_api_logs::types::{
    DescribeMetricFiltersRequest, DescribeMetricFiltersResponse,
    DescribeSubscriptionFiltersRequest, DescribeSubscriptionFiltersResponse,
};
use wharf_wire::{Call, Fault};

use crate::{LogsService, fault};

pub async fn metric_filters(
    service: &LogsService,
    call: &Call,
    input: DescribeMetricFiltersRequest,
) -> Result<DescribeMetricFiltersResponse, Fault> {
    if let Some(name) = &input.log_group_name {
        service.group(call, name).await?;
    }
    if input.metric_name.is_some() != input.metric_namespace.is_some() {
        return Err(fault::invalid(
            "metricName and metricNamespace must be given together.",
        ));
    }
    first_page(input.next_token.as_ref())?;
    Ok(DescribeMetricFiltersResponse {
        metric_filters: Some(vec![]),
        next_token: None,
    })
}

pub async fn subscription_filters(
    service: &LogsService,
    call: &Call,
    input: DescribeSubscriptionFiltersRequest,
) -> Result<DescribeSubscriptionFiltersResponse, Fault> {
    let name = input.log_group_name.as_deref().unwrap_or_default();
    service.group(call, name).await?;
    first_page(input.next_token.as_ref())?;
    Ok(DescribeSubscriptionFiltersResponse {
        subscription_filters: Some(vec![]),
        next_token: None,
    })
}

/// A page of nothing has no second one, so every token is from elsewhere.
fn first_page(token: Option<&String>) -> Result<(), Fault> {
    match token {
        Some(_) => Err(fault::bad_token()),
        None => Ok(()),
    }
}
