//! TestMetricFilter: a pattern tried on messages that come with the call.

use wharf_api_logs::types::{
    MetricFilterMatchRecord, TestMetricFilterRequest, TestMetricFilterResponse,
};
use wharf_wire::{Call, Fault};

use super::transformers::fit_a_test;
use crate::{
    LogsService, fault,
    pattern::{Message, Pattern},
};

pub async fn test_metric_filter(
    service: &LogsService,
    call: &Call,
    input: TestMetricFilterRequest,
) -> Result<TestMetricFilterResponse, Fault> {
    let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|cause| fault::bad_pattern(&cause))?;
    let messages = input.log_event_messages.unwrap_or_default();
    fit_a_test(&messages)?;
    let matches = service.desk.work(&call.account, move || {
        let numbered = messages.into_iter().zip(1..);
        let matching = numbered.filter(|(message, _)| pattern.matches(&Message::new(message)));
        let records = matching.map(|(message, number)| MetricFilterMatchRecord {
            event_number: Some(number),
            extracted_values: Some(pattern.extract(&Message::new(&message))),
            event_message: Some(message),
        });
        records.collect()
    });
    let matches = matches.await.map_err(|cause| fault::unreadable(&cause))?;
    Ok(TestMetricFilterResponse {
        matches: Some(matches),
    })
}
