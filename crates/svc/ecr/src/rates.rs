//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>: rates a second,
/// which are taken for the size too.
pub const RATES: Rates = Rates::with(&[
    Class::of_one(&["BatchCheckLayerAvailability"], Rate::even(1000.0)),
    Class::of_one(&["BatchGetImage"], Rate::even(2000.0)),
    Class::of_one(&["CompleteLayerUpload"], Rate::even(100.0)),
    Class::of_one(&["DescribeImages"], Rate::even(1000.0)),
    Class::of_one(&["GetAuthorizationToken"], Rate::even(500.0)),
    Class::of_one(&["GetDownloadUrlForLayer"], Rate::even(3000.0)),
    Class::of_one(&["InitiateLayerUpload"], Rate::even(100.0)),
    Class::of_one(&["PutImage"], Rate::even(10.0)),
    Class::of_one(&["UploadLayerPart"], Rate::even(500.0)),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_ecr::schema::SERVICE), None);
    }
}
