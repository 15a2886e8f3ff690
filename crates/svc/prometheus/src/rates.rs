//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/prometheus/latest/userguide/AMP_quotas.html> has rates of samples and of series; these are
/// as much for a server that sends a few thousand samples a request.
pub const RATES: Rates = Rates::with(&[
    Class::of_one(&["RemoteWrite"], Rate::new(1000.0, 200.0)),
    Class::new(
        "queries",
        Rate::new(400.0, 100.0),
        &[
            "QueryMetrics",
            "GetLabels",
            "GetSeries",
            "GetMetricMetadata",
        ],
    ),
]);
