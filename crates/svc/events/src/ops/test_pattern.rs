//! TestEventPattern.

use serde_json::Value;
use wharf_api_events::{TestEventPatternRequest, TestEventPatternResponse};
use wharf_patterns::Pattern;
use wharf_service::Faults as _;
use wharf_wire::{Call, Fault};

use crate::{
    compiled::{self, Origin},
    core::Core,
    event,
    fault::{self, EventsFaults},
};

/// What an event has.
const FIELDS: [&str; 7] = [
    "id",
    "account",
    "source",
    "time",
    "region",
    "resources",
    "detail-type",
];

pub async fn test_event_pattern(
    _: &Core,
    call: &Call,
    input: TestEventPatternRequest,
) -> Result<TestEventPatternResponse, Fault> {
    let pattern = input.event_pattern.unwrap_or_default();
    let pattern = Pattern::parse(&pattern).map_err(|why| fault::not_a_pattern(&why))?;
    let event = input.event.unwrap_or_default();
    // No event that arrives is larger.
    if event.len() > event::MOST_BYTES {
        return Err(fault::invalid(
            "Parameter Event is not valid. Reason: it is larger than an event may be.",
        ));
    }
    let event: Value = serde_json::from_str(&event)
        .map_err(|_| fault::invalid("Parameter Event is not valid."))?;
    if let Some(missing) = FIELDS.iter().find(|name| event.get(name).is_none()) {
        return Err(fault::invalid(format!(
            "Parameter Event is not valid. Reason: {missing} is a required field."
        )));
    }
    let comparisons = pattern.tests().saturating_mul(compiled::values(&event));
    let fits = compiled::apart(Origin::Call, &call.account, comparisons, move || {
        pattern.matches(&event)
    });
    let fits = fits.await.map_err(|error| EventsFaults::internal(&error))?;
    Ok(TestEventPatternResponse { result: Some(fits) })
}
