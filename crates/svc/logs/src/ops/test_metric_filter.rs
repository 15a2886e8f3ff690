//! TestMetricFilter: a pattern tried on messages that come with the call.

use wharf_api_logs::types::{
    MetricFilterMatchRecord, TestMetricFilterRequest, TestMetricFilterResponse,
};
use wharf_wire::{Call, Fault};

use crate::{
    LogsService, fault,
    pattern::{Message, Pattern},
};

pub async fn test_metric_filter(
    _: &LogsService,
    _: &Call,
    input: TestMetricFilterRequest,
) -> Result<TestMetricFilterResponse, Fault> {
    let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|cause| fault::bad_pattern(&cause))?;
    let matches = input
        .log_event_messages
        .unwrap_or_default()
        .into_iter()
        .zip(1..)
        .filter(|(message, _)| pattern.matches(&Message::new(message)))
        .map(|(message, number)| MetricFilterMatchRecord {
            event_number: Some(number),
            extracted_values: Some(pattern.extract(&Message::new(&message))),
            event_message: Some(message),
        })
        .collect();
    Ok(TestMetricFilterResponse {
        matches: Some(matches),
    })
}
