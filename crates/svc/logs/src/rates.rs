//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.
/// PutLogEvents has limits of its own in the service: bytes count there, too.
pub const RATES: Rates = Rates::with(&[
    Class::of_one(&["PutLogEvents"], Rate::even(5000.0)),
    Class::of_one(&["CreateLogStream"], Rate::even(50.0)),
    Class::of_one(&["CreateLogGroup"], Rate::even(10.0)),
    Class::of_one(&["DescribeLogGroups"], Rate::even(10.0)),
    Class::of_one(&["DescribeLogStreams"], Rate::even(25.0)),
    Class::of_one(&["FilterLogEvents"], Rate::even(25.0)),
    Class::of_one(&["GetLogEvents"], Rate::even(25.0)),
    Class::of_one(&["StartQuery"], Rate::even(10.0)),
    Class::of_one(&["GetQueryResults"], Rate::even(10.0)),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_logs::schema::SERVICE), None);
    }
}
