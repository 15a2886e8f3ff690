//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>: rates a second,
/// which are taken for the size too.
pub const RATES: Rates = Rates::with(&[
    Class::new(
        "value read",
        Rate::even(10_000.0),
        &["DescribeSecret", "GetSecretValue"],
    ),
    Class::of_one(&["BatchGetSecretValue"], Rate::even(100.0)),
    Class::of_one(&["CreateSecret"], Rate::even(50.0)),
    Class::of_one(&["DeleteSecret"], Rate::even(50.0)),
    Class::of_one(&["GetRandomPassword"], Rate::even(50.0)),
    Class::of_one(&["ListSecretVersionIds"], Rate::even(50.0)),
    Class::of_one(&["ListSecrets"], Rate::even(100.0)),
    Class::new(
        "policy",
        Rate::even(50.0),
        &[
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "PutResourcePolicy",
            "ValidateResourcePolicy",
        ],
    ),
    Class::new(
        "secret modify",
        Rate::even(50.0),
        &[
            "PutSecretValue",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "StopReplicationToReplica",
            "UpdateSecret",
            "UpdateSecretVersionStage",
        ],
    ),
    Class::of_one(&["RestoreSecret"], Rate::even(50.0)),
    Class::new(
        "rotation",
        Rate::even(50.0),
        &["CancelRotateSecret", "RotateSecret"],
    ),
    Class::new(
        "tag modify",
        Rate::even(50.0),
        &["TagResource", "UntagResource"],
    ),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(
            RATES.unknown(&wharf_api_secretsmanager::schema::SERVICE),
            None
        );
    }
}
