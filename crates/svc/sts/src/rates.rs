//! How many requests are taken a second.

use wharf_service::rates::{Rate, Rates};

/// All operations share one quota.
pub const RATES: Rates = Rates::shared(Rate::even(600.0));
