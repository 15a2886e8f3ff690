//! How many requests are taken a second.

use wharf_service::rates::{Rate, Rates};

/// Reads and writes are of one size.
pub const RATES: Rates = Rates::of(&[], Rate::new(40.0, 10.0), Rate::new(40.0, 10.0));
