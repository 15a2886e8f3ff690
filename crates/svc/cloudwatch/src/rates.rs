//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>: rates a second, which are
/// taken for the size too.
pub const RATES: Rates = Rates::with(&[
    Class::of_one(&["PutMetricData"], Rate::even(500.0)),
    Class::of_one(&["GetMetricData"], Rate::even(50.0)),
    Class::of_one(&["GetMetricStatistics"], Rate::even(400.0)),
    Class::of_one(&["GetMetricWidgetImage"], Rate::even(20.0)),
    Class::of_one(&["ListMetrics"], Rate::even(25.0)),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_cloudwatch::schema::SERVICE), None);
    }
}
