//! Topics, as CloudWatch tells their number.

use wharf_records::Record as _;
use wharf_service::{Counted, Counting};

use crate::{names::SERVICE, records::Topic};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "SNS",
    resources: &[Counting::all(Topic::KIND, "ApproximateNumberOfTopics")],
};
