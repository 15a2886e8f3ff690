//! How many requests a second an account may send, by AWS's request quotas:
//! <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>. As there, what services ask of keys in
//! the account's name counts too.

use wharf_service::rates::{Class, Rate, Rates};

const SYMMETRIC: [&str; 8] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "ReEncrypt",
    "VerifyMac",
];
const ASYMMETRIC: [&str; 3] = ["DeriveSharedSecret", "Sign", "Verify"];

pub const RATES: Rates = Rates::of(
    &[
        // AWS's quota in most regions.
        Class::new("symmetric", Rate::even(10_000.0), &SYMMETRIC),
        // AWS takes 1,000 a second with RSA keys and 1,000 with those of elliptic curves. Before it is read nobody knows which a
        // request names.
        Class::new("asymmetric", Rate::even(2_000.0), &ASYMMETRIC),
        // That of elliptic curves; RSA keys are made one after the other.
        Class::new(
            "data key pairs",
            Rate::even(100.0),
            &["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"],
        ),
        Class::of_one(&["CreateGrant"], Rate::even(50.0)),
        Class::of_one(&["DescribeKey"], Rate::even(2_000.0)),
        Class::of_one(&["GetKeyPolicy"], Rate::even(1_000.0)),
        Class::of_one(&["GetKeyRotationStatus"], Rate::even(1_000.0)),
        Class::of_one(&["GetPublicKey"], Rate::even(2_000.0)),
        Class::of_one(&["ListAliases"], Rate::even(500.0)),
        Class::of_one(&["ListKeys"], Rate::even(500.0)),
        Class::of_one(&["ListResourceTags"], Rate::even(2_000.0)),
        Class::new("retired grants", Rate::even(30.0), &["RetireGrant"]),
        Class::new("revoked grants", Rate::even(30.0), &["RevokeGrant"]),
    ],
    // Lists of grants, policies and rotations have 100 each.
    Rate::even(100.0),
    // From 5 to 15 a second for each operation; here they share.
    Rate::new(50.0, 15.0),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_kms::schema::SERVICE), None);
    }

    #[test]
    fn uses_of_symmetric_keys_share() {
        let rate = |operation| RATES.find(operation, false);
        assert_eq!(rate("Decrypt"), rate("GenerateDataKey"));
        assert_eq!(rate("Decrypt").1.per_second, 10_000.0);
        assert_ne!(rate("Decrypt"), rate("Sign"));
    }
}
