//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// Standard queues take nearly any number of messages; this is beyond what one server takes.
pub const RATES: Rates = Rates::with(&[Class::new(
    "messages",
    Rate::even(1_000_000.0),
    &[
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
    ],
)]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_sqs::schema::SERVICE), None);
    }
}
