//! Rules of Contributor Insights, as CloudWatch tells their number.

use wharf_service::{Counted, Counting};

use crate::{names::SERVICE, ops::insight_rules::MOST};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "CloudWatch",
    resources: &[Counting::all("insight-rule", "InsightRule").at_most(MOST)],
};
