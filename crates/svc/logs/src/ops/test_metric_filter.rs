//! TestMetricFilter: a pattern tried on messages that come with the call.

use wharf_api_logs::types::{
    MetricFilterMatchRecord, TestMetricFilterRequest, TestMetricFilterResponse,
};
use wharf_wire::{Call, Fault};

use super::transformers::fit_a_test;
use crate::{
    LogsService, fault,
    pattern::{Message, Pattern, Room, TooMuch},
};

/// What the values of one answer may take together, with what each costs besides.
const MAX_EXTRACTED_BYTES: usize = 8 << 20;

pub async fn test_metric_filter(
    service: &LogsService,
    call: &Call,
    input: TestMetricFilterRequest,
) -> Result<TestMetricFilterResponse, Fault> {
    let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|cause| fault::bad_pattern(&cause))?;
    let messages = input.log_event_messages.unwrap_or_default();
    fit_a_test(&messages)?;
    let tried = service
        .desk
        .work(&call.account, move || tried(&pattern, messages));
    let matches = tried.await.map_err(|cause| fault::unreadable(&cause))?;
    let matches = matches.map_err(|TooMuch| {
        fault::invalid(format!(
            "The values that the filter pattern extracts take more than {MAX_EXTRACTED_BYTES} bytes together."
        ))
    })?;
    Ok(TestMetricFilterResponse {
        matches: Some(matches),
    })
}

/// The messages that a pattern matches, with what it extracts of them.
fn tried(
    pattern: &Pattern,
    messages: Vec<String>,
) -> Result<Vec<MetricFilterMatchRecord>, TooMuch> {
    let (mut room, mut records) = (Room::new(MAX_EXTRACTED_BYTES), Vec::new());
    for (number, text) in (1..).zip(messages) {
        let message = Message::new(&text);
        if !pattern.matches(&message) {
            continue;
        }
        let values = pattern.extract(&message, &mut room)?;
        records.push(MetricFilterMatchRecord {
            event_number: Some(number),
            extracted_values: Some(values),
            event_message: Some(text),
        });
    }
    Ok(records)
}
