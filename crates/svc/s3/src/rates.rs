//! How many requests are taken a second.

use wharf_service::rates::{Rate, Rates};

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>: 5,500 reads and 3,500
/// writes a second for each prefix, of which there may be any number; here an account has what ten of them have.
pub const RATES: Rates = Rates::of(&[], Rate::even(55_000.0), Rate::even(35_000.0));
