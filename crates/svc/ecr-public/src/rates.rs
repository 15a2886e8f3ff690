//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html>: rates a second,
/// which are taken for the size too.
pub const RATES: Rates = Rates::with(&[
    Class::of_one(&["BatchCheckLayerAvailability"], Rate::even(200.0)),
    Class::of_one(&["CompleteLayerUpload"], Rate::even(10.0)),
    Class::of_one(&["GetAuthorizationToken"], Rate::even(200.0)),
    Class::of_one(&["InitiateLayerUpload"], Rate::even(200.0)),
    Class::of_one(&["PutImage"], Rate::even(10.0)),
    Class::of_one(&["UploadLayerPart"], Rate::even(260.0)),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_ecr_public::schema::SERVICE), None);
    }
}
