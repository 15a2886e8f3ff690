//! Where topics and rules of events deliver to, and how.

use crate::input;

/// Policies of topics and subscriptions.
pub fn delivery_policy(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_svc_sns::fuzz::policy(text);
    }
}

/// Addresses of subscribers.
pub fn subscriber(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_svc_sns::fuzz::endpoint(text);
    }
}

/// An address of a destination of events, then what a target says of its requests.
pub fn destination(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_svc_events::fuzz::destination(text);
    }
}
